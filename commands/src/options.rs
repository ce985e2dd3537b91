//! What was said by named options: the texts of each, and what is wrong with them, shown as the chat shows options.
//!
//! Every option stands for one part and nothing else, so a text is never searched for other parts: a reason that reads
//! `until 18:00` is a reason. Must never trust what the chat has checked: an old registration, or another program, may
//! send anything.

use crate::definition::{Command, Keywords, Opt, OptKind, Use};
use crate::keyword::{arguments, nearest};
use crate::length::{self, Length};
use crate::parts::{EXAMPLE_LENGTH, one_length, ticket_text};
use crate::start::{self, Start};
use crate::usage::{Fault, Numbered, Slot, Usage};
use crate::words::{TEXT_CHARS_MAX, Word, clean, split};

/// What was chosen after a command in a chat that shows a field for each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// The keyword; empty when nothing follows the command.
    pub keyword: &'a str,
    /// The options that were filled in: name and text.
    pub options: &'a [(&'a str, &'a str)],
}

/// What the right form has in place of what an option says.
pub(crate) enum Instead {
    /// What is to be filled in.
    Gap,
    /// This.
    Text(String),
    /// The option is left out.
    Nothing,
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
            return Err(self.wrong_at(kind, fault, Instead::Gap));
        };
        let read = one_length(0, found.length, typed.to_owned());
        match read.fault {
            None => Ok(read.length),
            Some(fault) => {
                let instead = read.length.map_or(Instead::Gap, |length| Instead::Text(length.to_string()));
                Err(self.wrong_at(kind, fault, instead))
            }
        }
    }

    /// The start, if there is one; its `at` may be left out, since the field says it.
    pub(crate) fn start(&self) -> Result<Option<Start>, Usage> {
        let Some(typed) = self.text(OptKind::Start) else { return Ok(None) };
        let words = split(typed);
        let with_at = split(&format!("at {typed}"));
        let whole = |words: &[Word]| start::read(words).filter(|found| found.words == words.len());
        match whole(&words).or_else(|| whole(&with_at)).map(|found| found.start) {
            Some(Ok(start)) => Ok(Some(start)),
            Some(Err(_)) | None => {
                let fault = Fault::NoSuchStart { typed: typed.to_owned() };
                Err(self.wrong_at(OptKind::Start, fault, Instead::Gap))
            }
        }
    }

    /// Whether the only choice of an option was chosen.
    pub(crate) fn chosen(&self, kind: OptKind) -> Result<bool, Usage> {
        let Some(typed) = self.text(kind) else { return Ok(false) };
        let choices = kind.choices();
        if choices.contains(&typed.to_lowercase().as_str()) {
            return Ok(true);
        }
        let instead = choices.first().map_or(Instead::Nothing, |choice| Instead::Text((*choice).to_owned()));
        let name = self.name(kind);
        let typed = typed.to_owned();
        Err(self.wrong_at(kind, Fault::NotAChoice { option: name, typed }, instead))
    }

    /// Refuses two options of which there can be one; the right form has the first.
    pub(crate) fn not_both(&self, first: OptKind, second: OptKind) -> Result<(), Usage> {
        if self.text(first).is_none() || self.text(second).is_none() {
            return Ok(());
        }
        let fault = Fault::Together { first: self.name(first), second: self.name(second) };
        Err(self.wrong_at(second, fault, Instead::Nothing))
    }

    /// What the option of this kind is called here.
    fn name(&self, kind: OptKind) -> &'static str {
        self.entry.options.iter().find(|option| option.kind == kind).map_or("", |option| option.name)
    }

    /// The ticket, if there is one. Whether it is one of the company's, its pattern says.
    pub(crate) fn ticket(&self) -> Result<Option<String>, Usage> {
        let Some(typed) = self.text(OptKind::Ticket) else { return Ok(None) };
        let ticket = ticket_text(typed);
        if ticket.is_empty() || ticket.contains(' ') {
            let fault = Fault::NotATicket { typed: typed.to_owned() };
            return Err(self.wrong_at(OptKind::Ticket, fault, Instead::Gap));
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
        parse(typed).ok_or_else(|| {
            self.wrong_at(kind, Fault::MalformedId { of, typed: typed.to_owned() }, Instead::Gap)
        })
    }

    /// What `help` is about, if that was chosen.
    pub(crate) fn topic(&self, kind: OptKind) -> Result<Option<K>, Usage> {
        let Some(typed) = self.text(kind) else { return Ok(None) };
        match K::named(&typed.to_lowercase()) {
            Some(topic) => Ok(Some(topic)),
            None => Err(self.wrong_at(kind, Fault::UnknownTopic { typed: typed.to_owned() }, Instead::Gap)),
        }
    }

    /// All that must be there and is not; besides what is required, these, which others could have stood for.
    pub(crate) fn missing(&self, also: &[OptKind]) -> Usage {
        let options = self.entry.options.iter();
        let missing = options.filter(|option| option.required || also.contains(&option.kind));
        let missing: Vec<OptKind> =
            missing.map(|option| option.kind).filter(|kind| self.text(*kind).is_none()).collect();
        let mut slots: Vec<Slot> = missing.iter().filter_map(|kind| slot(*kind)).collect();
        slots.sort_unstable();
        let instead: Vec<(OptKind, Instead)> = missing.into_iter().map(|kind| (kind, Instead::Gap)).collect();
        Usage::new(Fault::Missing(slots), self.form(&instead))
    }

    /// A fault, with the right form of all that was filled in.
    pub(crate) fn wrong(&self, fault: Fault) -> Usage {
        Usage::new(fault, self.form(&[]))
    }

    /// A fault of one option, with the right form of the others, and of this one what is to be there instead.
    pub(crate) fn wrong_at(&self, kind: OptKind, fault: Fault, instead: Instead) -> Usage {
        Usage::new(fault, self.form(&[(kind, instead)]))
    }

    /// `/elevate show id:AR-7K3Q`, as the chat shows it.
    fn form(&self, but: &[(OptKind, Instead)]) -> String {
        let gap = |option: &Opt| {
            let example = (option.kind == OptKind::Duration).then(|| EXAMPLE_LENGTH.to_string());
            example.unwrap_or_else(|| format!("<{}>", option.name))
        };
        let shown = |option: &Opt| {
            let instead = but.iter().find(|(kind, _)| *kind == option.kind).map(|(_, instead)| instead);
            match (instead, self.text(option.kind)) {
                (Some(Instead::Gap), _) => Some(gap(option)),
                (Some(Instead::Text(text)), _) => Some(text.clone()),
                (Some(Instead::Nothing), _) => None,
                (None, Some(text)) => Some(text.to_owned()),
                (None, None) => option.required.then(|| gap(option)),
            }
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
        OptKind::Group => Some(Slot::Group),
        OptKind::Bundle => Some(Slot::Bundle),
        OptKind::Duration => Some(Slot::Duration),
        OptKind::People => Some(Slot::Person),
        OptKind::Start
        | OptKind::Ticket
        | OptKind::Reason
        | OptKind::Request
        | OptKind::Emergency
        | OptKind::Federation
        | OptKind::Level
        | OptKind::Person
        | OptKind::Sessions
        | OptKind::Confirm
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
