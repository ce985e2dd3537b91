//! The words that the company Acme uses, for all these tests.

use glasskey_commands::{Breakglass, Elevate, OnWords, RequestWords, Vocabulary, What, breakglass, elevate};
use std::fmt::Display;

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

pub(crate) const GROUPS: &[&str] = &["sre-leads", "Payments On Call", "urgent", "SRE-7"];
pub(crate) const BUNDLES: &[&str] = &["oncall-payments", "on call", "list"];

pub(crate) const FEDERATIONS: &[&str] = &["main", "partner-eu", "ops", "off", "INC-9"];

pub(crate) struct Acme;

impl Vocabulary for Acme {
    fn is_account(&self, text: &str) -> bool {
        ACCOUNTS.iter().any(|name| name.eq_ignore_ascii_case(text))
    }

    fn is_permission_set(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        text.len() >= 3 && SETS.iter().filter(|name| name.to_lowercase().starts_with(&text)).count() == 1
    }

    fn is_group(&self, text: &str) -> bool {
        GROUPS.iter().any(|name| name.eq_ignore_ascii_case(text))
    }

    fn is_bundle(&self, text: &str) -> bool {
        BUNDLES.contains(&text)
    }

    fn is_federation(&self, text: &str) -> bool {
        FEDERATIONS.contains(&text)
    }
}

/// Reads a request and writes it on one line: `account | set | length and start | ticket | reason`, with `group name` or
/// `bundle name` in place of account and set, and `urgent` before it.
pub(crate) fn heard(text: &str, vocabulary: &dyn Vocabulary) -> String {
    match elevate::parse(text, vocabulary) {
        Ok(Elevate::Request(RequestWords { what, urgent, length, start, ticket, reason })) => {
            let urgent = if urgent { "urgent " } else { "" };
            let what = match what {
                What::Assignment { account, permission_set } => format!("{account} | {permission_set}"),
                What::Group(group) => format!("group {group}"),
                What::Bundle(name) => format!("bundle {name}"),
            };
            let start = start.map(|start| format!(" {start}")).unwrap_or_default();
            format!("{urgent}{what} | {length}{start} | {} | {reason}", ticket.unwrap_or_default())
        }
        Ok(other) => format!("/elevate {other}"),
        Err(wrong) => wrong.sentence(),
    }
}

/// What is heard, row by row.
pub(crate) fn table(vocabulary: &dyn Vocabulary, rows: &[(&str, &str)]) {
    for (typed, expected) in rows {
        assert_eq!(heard(typed, vocabulary), *expected, "{typed}");
    }
}

/// Reads what follows `/breakglass` and writes `on` on one line:
/// `on federation | level | length | incident | people | reason`.
pub(crate) fn heard_emergency(text: &str, vocabulary: &dyn Vocabulary) -> String {
    match breakglass::parse(text, vocabulary) {
        Ok(Breakglass::On(OnWords { federation, level, length, incident, reason, people })) => {
            let people: Vec<String> = people.iter().map(ToString::to_string).collect();
            [
                format!("on {}", federation.unwrap_or_default()),
                shown(level),
                shown(length),
                incident.unwrap_or_default(),
                people.join(" "),
                reason,
            ]
            .join(" | ")
        }
        Ok(other) => format!("/breakglass {other}"),
        Err(wrong) => wrong.sentence(),
    }
}

fn shown(part: Option<impl Display>) -> String {
    part.map(|part| part.to_string()).unwrap_or_default()
}
