//! People, groups, accounts, OUs and permission sets: reading and resolving.
