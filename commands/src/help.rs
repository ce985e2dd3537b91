//! The help, written from the table of definitions.
//!
//! Must never know a command that the table does not. Plain text; `<` and `>` are escaped by the doors.

use crate::definition::{Command, Keywords, Use};

/// The help for a command: all of it in short, or one topic in full. Lines end with `\n`, the last one too.
#[must_use]
pub fn help<K: Keywords>(command: &Command<K>, topic: Option<K>) -> String {
    match topic.and_then(|topic| command.uses.iter().find(|entry| entry.keyword == topic)) {
        Some(entry) => in_full(command, entry),
        None => in_short(command),
    }
}

fn in_short<K: Keywords>(command: &Command<K>) -> String {
    let mut out = format!("`/{}`: {}\n", command.name, command.summary);
    for entry in command.uses {
        out.push_str(&format!("• `{}`: {}\n", form(command, entry), entry.summary));
    }
    out
}

fn in_full<K: Keywords>(command: &Command<K>, entry: &Use<K>) -> String {
    let mut out = format!("`{}`\n{}\n", form(command, entry), entry.summary);
    for detail in entry.details {
        out.push_str(&format!("• {detail}\n"));
    }
    for example in entry.examples {
        out.push_str(&format!("for example `/{} {example}`\n", command.name));
    }
    out
}

/// How one thing is said: `/elevate show <id>`. A word that may be left out is, as people type it.
pub(crate) fn form<K: Keywords>(command: &Command<K>, entry: &Use<K>) -> String {
    let keyword = if entry.keyword.implied() { "" } else { entry.keyword.word() };
    ["/", command.name, " ", keyword, " ", entry.arguments]
        .concat()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
