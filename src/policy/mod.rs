//! Who may: policies in Cedar, and the limits that their annotations bind.
//!
//! Loading is whole or not at all; answering is a pure function of the set, the directory and the question. This room
//! never acts, never asks the network, and never is asked before access is taken away (P3).

pub mod annotations;
mod candidates;
pub mod cases;
mod check;
mod company;
mod emergencies;
mod entities;
mod expected;
mod explain;
mod fault;
mod groups_said;
#[cfg(test)]
mod laws;
mod literals;
mod load;
mod lookup;
mod offers;
mod ruleset;
mod shared;
mod terms;
mod things;
mod verdict;

pub use check::{Report, check, check_against};
pub use company::company;
pub use explain::{Explanation, Fit, Weighed, explain, explain_emergency};
pub use fault::PolicyFault;
pub use load::{FILE_BYTES_MAX, FILES_MAX, POLICIES_MAX, SCHEMA, Source, read_dir};
pub use lookup::{
    NotFound, account, emergency_question, group, group_question, permission_set, person, question,
};
pub use offers::LENGTHS;
pub use ruleset::RuleSet;
pub use shared::{Changed, Fingerprint, SharedRules, fingerprint};
