//! The words that the company Acme uses, for all these tests.

use glasskey_commands::{Elevate, RequestWords, Vocabulary, elevate};

pub(crate) const ACCOUNTS: &[&str] = &[
    "prod",
    "staging",
    "prod eu",
    "Data Lake",
    "list",
    "SANDBOX-12",
    "End User Services",
    "Log in prod",
    "Operator",
];
pub(crate) const SETS: &[&str] = &["ReadOnly", "Admin", "Operator"];

pub(crate) struct Acme;

impl Vocabulary for Acme {
    fn is_account(&self, text: &str) -> bool {
        ACCOUNTS.iter().any(|name| name.eq_ignore_ascii_case(text))
    }

    fn is_permission_set(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        text.len() >= 3 && SETS.iter().filter(|name| name.to_lowercase().starts_with(&text)).count() == 1
    }
}

/// Reads a request and writes it on one line: `account | set | length | ticket | reason`.
pub(crate) fn heard(text: &str, vocabulary: &dyn Vocabulary) -> String {
    match elevate::parse(text, vocabulary) {
        Ok(Elevate::Request(RequestWords { account, permission_set, length, ticket, reason })) => {
            format!("{account} | {permission_set} | {length} | {} | {reason}", ticket.unwrap_or_default())
        }
        Ok(other) => format!("/elevate {other}"),
        Err(wrong) => wrong.sentence(),
    }
}
