//! The help, written from the table of definitions.
//!
//! Must never know a command that the table does not. Plain text; `<` and `>` are escaped by the doors.

use crate::definition::{Command, Keywords, Opt, Section, Use};

/// The help for a command: all of it in short, or one topic in full. Lines end with `\n`, the last one too.
#[must_use]
pub fn help<K: Keywords>(command: &Command<K>, topic: Option<K>) -> String {
    match topic.and_then(|topic| command.uses.iter().find(|entry| entry.keyword == topic)) {
        Some(entry) => in_full(command, entry),
        None => all(command, Keywords::typed, form),
    }
}

/// The same help where a chat shows a field for each part: what can be said is named with its fields.
#[must_use]
pub fn help_by_options<K: Keywords>(command: &Command<K>, topic: Option<K>) -> String {
    match topic.and_then(|topic| command.uses.iter().find(|entry| entry.keyword == topic)) {
        Some(entry) => {
            let options = entry.options.iter();
            let options = options.map(|option| format!("`{}`: {}", option.name, option.description));
            let details = options.chain(entry.details.iter().map(|detail| (*detail).to_owned()));
            format!("`{}`\n{}\n{}", fields(command, entry), entry.summary, listed(details))
        }
        None => all(command, Keywords::word, fields),
    }
}

/// Everything in short. `word`: how a keyword is named, `form`: how it is said.
fn all<K: Keywords>(
    command: &Command<K>,
    word: impl Fn(K) -> &'static str,
    form: impl Fn(&Command<K>, &Use<K>) -> String,
) -> String {
    let line = |entry: &Use<K>| format!("`{}`: {}", form(command, entry), entry.summary);
    let mut out = format!("`/{}`: {}\n", command.name, command.summary);
    if command.sections.is_empty() {
        out.push_str(&listed(command.uses.iter().map(line)));
    }
    let mut more = false;
    for Section { title, keywords, brief } in command.sections {
        if *brief {
            if !more {
                out.push_str(&format!("More, each with its `/{} help`\n", command.name));
            }
            more = true;
            let words: Vec<String> = keywords.iter().map(|keyword| format!("`{}`", word(*keyword))).collect();
            out.push_str(&format!("• {}: {title}\n", words.join(", ")));
        } else {
            out.push_str(&format!("{title}\n"));
            let uses = keywords
                .iter()
                .filter_map(|keyword| command.uses.iter().find(|entry| entry.keyword == *keyword));
            out.push_str(&listed(uses.map(line)));
        }
    }
    out
}

fn in_full<K: Keywords>(command: &Command<K>, entry: &Use<K>) -> String {
    let details = entry.details.iter().chain(entry.typing).map(|detail| (*detail).to_owned());
    let mut out = format!("`{}`\n{}\n{}", form(command, entry), entry.summary, listed(details));
    for example in entry.examples {
        out.push_str(&format!("for example `/{} {example}`\n", command.name));
    }
    out
}

fn listed(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| format!("• {line}\n")).collect()
}

/// How one thing is said with fields: `/elevate deny id: why:`, those that may be left out in brackets.
fn fields<K: Keywords>(command: &Command<K>, entry: &Use<K>) -> String {
    let field = |option: &Opt| {
        if option.required { format!(" {}:", option.name) } else { format!(" [{}:]", option.name) }
    };
    let fields: String = entry.options.iter().map(field).collect();
    format!("/{} {}{fields}", command.name, entry.keyword.word())
}

/// How one thing is said: `/elevate show <id>`. A word that may be left out is, as people type it.
pub(crate) fn form<K: Keywords>(command: &Command<K>, entry: &Use<K>) -> String {
    let keyword = if entry.keyword.implied() { "" } else { entry.keyword.typed() };
    ["/", command.name, " ", keyword, " ", entry.arguments]
        .concat()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
