//! What was said by named options: the texts of each, and what is wrong with them, shown as the chat shows options.
//!
//! Every option stands for one part and nothing else, so a text is never searched for other parts: a reason that reads
//! `until 18:00` is a reason. Must never trust what the chat has checked: an old registration, or another program, may
//! send anything.

use crate::definition::{Command, Keywords, Opt, OptKind, Use};
use crate::keyword::{arguments, nearest};
use crate::length::{self, Length};
use crate::parts::{EXAMPLE_LENGTH, one_length, ticket_text};
use crate::usage::{Fault, Numbered, Slot, Usage};
use crate::words::{TEXT_CHARS_MAX, clean, split};

/// What was chosen after a command in a chat that shows a field for each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// The keyword; empty when nothing follows the command.
    pub keyword: &'a str,
    /// The options that were filled in: name and text.
    pub options: &'a [(&'a str, &'a str)],
}

/// The options of one keyword as far as they were filled in.
pub(crate) struct Given<K: 'static> {
    command: &'static Command<K>,
    entry: &'static Use<K>,
    /// Clean and not empty, each option once.
    texts: Vec<(&'static Opt, String)>,
}

impl<K: Keywords> Given<K> {
    /// Finds everything in the table; `None` when nothing was said.
    pub(crate) fn of(command: &'static Command<K>, said: &Said<'_>) -> Result<Option<Self>, Usage> {
        if said.keyword.is_empty() {
            return Ok(None);
        }
        let named = K::named(said.keyword);
        let entry = named.and_then(|named| command.uses.iter().find(|entry| entry.keyword == named));
        let Some(entry) = entry else { return Err(unknown(command, said.keyword)) };
        let mut given = Self { command, entry, texts: Vec::new() };
        let chars = said.options.iter().map(|(_, text)| text.chars().count()).sum();
        if chars > TEXT_CHARS_MAX {
            return Err(given.wrong(Fault::TooLong { chars }));
        }
        let mut extra = None;
        for (name, text) in said.options {
            let text = clean(text);
            match entry.options.iter().find(|option| option.name == *name) {
                Some(option) if given.text(option.kind).is_none() => {
                    given.texts.extend((!text.is_empty()).then_some((option, text)));
                }
                Some(_) | None => extra = extra.or_else(|| Some(clean(&format!("{name}:{text}")))),
            }
        }
        match extra {
            None => Ok(Some(given)),
            Some(typed) => {
                let takes = arguments(command, entry.keyword);
                let keyword = entry.keyword.word();
                Err(given.wrong(Fault::Extra { keyword, takes, typed, name: false }))
            }
        }
    }

    pub(crate) fn keyword(&self) -> K {
        self.entry.keyword
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The text of the option of this kind, if it was filled in.
    pub(crate) fn text(&self, kind: OptKind) -> Option<&str> {
        self.texts.iter().find(|(option, _)| option.kind == kind).map(|(_, text)| text.as_str())
    }

    pub(crate) fn owned(&self, kind: OptKind) -> Option<String> {
        self.text(kind).map(str::to_owned)
    }

    /// The duration, if there is one.
    pub(crate) fn length(&self) -> Result<Option<Length>, Usage> {
        let kind = OptKind::Duration;
        let Some(typed) = self.text(kind) else { return Ok(None) };
        let words = split(typed);
        let words = match words.split_first() {
            Some((first, rest)) if first.key() == "for" => rest,
            Some(_) | None => words.as_slice(),
        };
        let found = length::read(words).filter(|found| found.words == words.len());
        let Some(found) = found else {
            let fault = Fault::NotADuration { typed: typed.to_owned() };
            return Err(self.wrong_at(kind, fault, None));
        };
        let read = one_length(0, found.length, typed.to_owned());
        match read.fault {
            None => Ok(read.length),
            Some(fault) => Err(self.wrong_at(kind, fault, read.length.map(|length| length.to_string()))),
        }
    }

    /// The ticket, if there is one. Whether it is one of the company's, its pattern says.
    pub(crate) fn ticket(&self) -> Result<Option<String>, Usage> {
        let Some(typed) = self.text(OptKind::Ticket) else { return Ok(None) };
        let ticket = ticket_text(typed);
        if ticket.is_empty() || ticket.contains(' ') {
            let fault = Fault::NotATicket { typed: typed.to_owned() };
            return Err(self.wrong_at(OptKind::Ticket, fault, None));
        }
        Ok(Some(ticket.to_owned()))
    }

    /// The id that there must be.
    pub(crate) fn id<R>(
        &self,
        (kind, of): (OptKind, Numbered),
        parse: impl Fn(&str) -> Option<R>,
    ) -> Result<R, Usage> {
        let keyword = self.entry.keyword.word();
        let Some(typed) = self.text(kind) else { return Err(self.wrong(Fault::MissingId { keyword, of })) };
        parse(typed)
            .ok_or_else(|| self.wrong_at(kind, Fault::MalformedId { of, typed: typed.to_owned() }, None))
    }

    /// What `help` is about, if that was chosen.
    pub(crate) fn topic(&self, kind: OptKind) -> Result<Option<K>, Usage> {
        let Some(typed) = self.text(kind) else { return Ok(None) };
        match K::named(&typed.to_lowercase()) {
            Some(topic) => Ok(Some(topic)),
            None => Err(self.wrong_at(kind, Fault::UnknownTopic { typed: typed.to_owned() }, None)),
        }
    }

    /// All that must be there and is not.
    pub(crate) fn missing(&self) -> Usage {
        let missing = self.entry.options.iter().filter(|option| option.required);
        let missing = missing.map(|option| option.kind).filter(|kind| self.text(*kind).is_none());
        self.wrong(Fault::Missing(missing.filter_map(slot).collect()))
    }

    /// A fault, with the right form of all that was filled in.
    pub(crate) fn wrong(&self, fault: Fault) -> Usage {
        Usage::new(fault, self.form(None))
    }

    /// A fault of one option, with the right form of the others, and of this one what is to be there instead.
    pub(crate) fn wrong_at(&self, kind: OptKind, fault: Fault, instead: Option<String>) -> Usage {
        Usage::new(fault, self.form(Some((kind, instead))))
    }

    /// `/elevate show id:AR-7K3Q`, as the chat shows it.
    fn form(&self, but: Option<(OptKind, Option<String>)>) -> String {
        let gap = |option: &Opt| {
            let example = (option.kind == OptKind::Duration).then(|| EXAMPLE_LENGTH.to_string());
            example.unwrap_or_else(|| format!("<{}>", option.name))
        };
        let shown = |option: &Opt| match (&but, self.text(option.kind)) {
            (Some((kind, instead)), _) if *kind == option.kind => {
                Some(instead.clone().unwrap_or_else(|| gap(option)))
            }
            (_, Some(text)) => Some(text.to_owned()),
            (_, None) => option.required.then(|| gap(option)),
        };
        let options = self.entry.options.iter();
        let options = options.filter_map(|option| Some(format!(" {}:{}", option.name, shown(option)?)));
        format!("/{} {}{}", self.command.name, self.entry.keyword.word(), options.collect::<String>())
    }
}

/// The slot of what may be told to be missing; ids, reasons and what is never required have other faults, or none.
fn slot(kind: OptKind) -> Option<Slot> {
    match kind {
        OptKind::Account => Some(Slot::Account),
        OptKind::PermissionSet => Some(Slot::PermissionSet),
        OptKind::Duration => Some(Slot::Duration),
        OptKind::People => Some(Slot::Person),
        OptKind::Ticket
        | OptKind::Reason
        | OptKind::Request
        | OptKind::Emergency
        | OptKind::Federation
        | OptKind::Level
        | OptKind::ElevateTopic
        | OptKind::BreakglassTopic => None,
    }
}

fn unknown<K: Keywords>(command: &Command<K>, typed: &str) -> Usage {
    let typed = clean(typed);
    match nearest::<K>(&typed.to_lowercase()) {
        Some((keyword, nearest)) => {
            let right = format!("/{} {}", command.name, keyword.word());
            Usage::new(Fault::UnknownWord { typed, nearest }, right)
        }
        None => {
            Usage::new(Fault::NoKeyword { command: command.name, typed }, format!("/{} help", command.name))
        }
    }
}
