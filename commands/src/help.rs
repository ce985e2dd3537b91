//! The help, written from the table of definitions.
//!
//! Must never know a command that the table does not. Plain text; `<` and `>` are escaped by the doors.

use crate::definition::{Command, Keywords, Opt, Section, Use};

/// The help for a command: all of it in short, or one topic in full. Lines end with `\n`, the last one too.
#[must_use]
pub fn help<K: Keywords>(command: &Command<K>, topic: Option<K>) -> String {
    match topic.and_then(|topic| command.uses.iter().find(|entry| entry.keyword == topic)) {
        Some(entry) => in_full(command, entry),
        None => all(command, How::Typed),
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
        None => all(command, How::ByFields),
    }
}

/// How things are said where the help is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Typed on one line.
    Typed,
    /// With a field for each part.
    ByFields,
}

impl How {
    fn word<K: Keywords>(self, keyword: K) -> &'static str {
        match self {
            Self::Typed => keyword.typed(),
            Self::ByFields => keyword.word(),
        }
    }

    fn line<K: Keywords>(self, command: &Command<K>, entry: &Use<K>) -> String {
        let form = match self {
            Self::Typed => form(command, entry),
            Self::ByFields => fields(command, entry),
        };
        format!("`{form}`: {}", entry.summary)
    }
}

/// Everything in short: what people need every day a line each, and the other words together.
fn all<K: Keywords>(command: &Command<K>, how: How) -> String {
    let name = command.name;
    let mut out = format!("`/{name}`: {}\n", command.summary);
    if how == How::Typed && !command.alone.is_empty() {
        out.push_str(&listed([format!("`/{name}` alone: {}", command.alone)].into_iter()));
    }
    if command.sections.is_empty() {
        out.push_str(&listed(command.uses.iter().map(|entry| how.line(command, entry))));
    }
    let (brief, daily): (Vec<_>, Vec<_>) = command.sections.iter().partition(|section| section.brief);
    for Section { title, keywords, .. } in daily {
        let uses = command.uses.iter().filter(|entry| keywords.contains(&entry.keyword));
        out.push_str(&format!("{title}\n{}", listed(uses.map(|entry| how.line(command, entry)))));
    }
    let words = |keywords: &[K]| {
        let words: Vec<String> = keywords.iter().map(|keyword| format!("`{}`", how.word(*keyword))).collect();
        words.join(", ")
    };
    if !brief.is_empty() {
        out.push_str(&format!("More; `/{name} help` with one of these words tells all about it\n"));
    }
    out.push_str(&listed(
        brief.iter().map(|section| format!("{}: {}", words(section.keywords), section.title)),
    ));
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
