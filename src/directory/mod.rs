//! People, groups, accounts, OUs and permission sets: reading and resolving.

pub mod people;
pub mod resolve;
