//! The help, written from the table of definitions.
//!
//! Must never know a command that the table does not. Plain text; `<` and `>` are escaped by the doors.

use crate::definition::{Command, Keyword, Use};

/// The help for a command: all of it in short, or one topic in full. Lines end with `\n`, the last one too.
#[must_use]
pub fn help(command: &Command, topic: Option<Keyword>) -> String {
    match topic.and_then(|topic| command.uses.iter().find(|entry| entry.keyword == topic)) {
        Some(entry) => in_full(command, entry),
        None => in_short(command),
    }
}

fn in_short(command: &Command) -> String {
    let mut out = format!("`/{}`: {}\n", command.name, command.summary);
    for entry in command.uses {
        out.push_str(&format!("• `{}`: {}\n", form(command, entry), entry.summary));
    }
    out
}

fn in_full(command: &Command, entry: &Use) -> String {
    let mut out = format!("`{}`\n{}\n", form(command, entry), entry.summary);
    for detail in entry.details {
        out.push_str(&format!("• {detail}\n"));
    }
    for example in entry.examples {
        out.push_str(&format!("for example `/{} {example}`\n", command.name));
    }
    out
}

/// How one thing is said: `/elevate show <id>`. The word `request` is shown without itself, as people type it.
pub(crate) fn form(command: &Command, entry: &Use) -> String {
    let keyword = if entry.keyword == Keyword::Request { "" } else { entry.keyword.word() };
    ["/", command.name, " ", keyword, " ", entry.arguments]
        .concat()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
