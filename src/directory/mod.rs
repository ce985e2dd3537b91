//! People, groups, accounts, OUs and permission sets: reading and resolving. Never guesses: "no such", "several" and "could
//! not ask" are three answers.

pub mod people;
pub mod read;
pub mod resolve;
