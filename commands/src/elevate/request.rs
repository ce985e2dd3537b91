//! Which word is which in a request: what is asked for, duration, start, ticket, and the rest, which is the reason.
//!
//! The words are cut into units. Account and permission set stand together: nothing but the duration, the start, a ticket
//! and small words (`to`, `in`, `as`, …) may be between them. They open the text, or the duration follows them; known
//! names anywhere else belong to the reason, so that `stagin Admn 1h as prod Admin is broken`, with its two slips,
//! cannot become a request for `prod`. Where the vocabulary knows neither, the first two words are meant. A group and a
//! bundle are one name, the first.
//!
//! Must never take a name out of the middle of a reason, and never pick one of two durations or starts by chance.

use super::choose::{self, Chosen};
use super::draft::{Draft, Named};
use super::{Elevate, RequestWords, Right, Wrong, keyword_at};
use crate::definition::{Keyword, Keywords};
use crate::length::{self, Found};
use crate::parts::{
    EXAMPLE_START, Lengths, Unit, at_marker, is_filler, joined, left, only_length, ticket_text, typed, units,
};
use crate::selector::{AccountSelector, GroupSelector, PermissionSetSelector, account_id};
use crate::start::{self, FoundStart, Start};
use crate::usage::{Fault, Slot};
use crate::vocabulary::Vocabulary;
use crate::words::Word;
use std::ops::Range;

/// How many unquoted words a name may have; AWS allows an account 50 characters, and longer names can be quoted.
const NAME_WORDS_MAX: usize = 8;

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Length(Found),
    Start(FoundStart),
    Ticket,
    Filler,
    Name(Known),
}

/// As what the vocabulary knows a name.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) account: bool,
    pub(super) set: bool,
}

/// What the words ask for, by those they begin with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Assignment,
    Group,
    Bundle,
}

impl Of {
    /// Without the keyword, if there is one.
    fn read<'w>(words: &'w [Word], vocabulary: &dyn Vocabulary) -> (Self, &'w [Word]) {
        let rest = words.get(1..).unwrap_or_default();
        match keyword_at(words, vocabulary) {
            Some(Keyword::Group) => (Self::Group, rest),
            Some(Keyword::Bundle) => (Self::Bundle, rest),
            Some(_) | None => (Self::Assignment, words),
        }
    }

    fn choose(self, units: &[Unit<Kind>]) -> Chosen {
        match self {
            Self::Assignment => choose::pair(units),
            Self::Group | Self::Bundle => choose::one(units),
        }
    }

    fn named(self, name: Option<String>, set: Option<String>) -> Named {
        match self {
            Self::Assignment => Named::Assignment {
                account: name.map(|name| AccountSelector::new(&name)),
                permission_set: set.map(|set| PermissionSetSelector::new(&set)),
            },
            Self::Group => Named::Group(name.map(|name| GroupSelector::new(&name))),
            Self::Bundle => Named::Bundle(name),
        }
    }
}

/// A request, without the word `request`: `group`, `bundle` and `urgent` say what of.
pub(super) fn read(words: &[Word], vocabulary: &dyn Vocabulary) -> Result<RequestWords, Wrong> {
    let urgent = keyword_at(words, vocabulary) == Some(Keyword::Urgent);
    let (of, words) = Of::read(words.get(usize::from(urgent)..).unwrap_or_default(), vocabulary);
    let (head, tail) = at_marker(words);
    let units = units(head, |rest| unit(rest, of, vocabulary));
    let chosen = of.choose(&units);
    let lengths = lengths(&units, &chosen.run, head);
    let starts = starts(&units, &chosen.run, head, urgent);
    let ticket = ticket(&units, &chosen.run);

    let mut used: Vec<usize> = chosen.name.into_iter().chain(chosen.set).chain(lengths.units).collect();
    used.extend(starts.units);
    used.extend(ticket.filter(|at| chosen.run.contains(at)));
    let text = |at: usize| units.get(at).map(|unit| name_of(head, unit)).unwrap_or_default();
    let draft = Draft {
        named: of.named(chosen.name.map(text), chosen.set.map(text)),
        urgent,
        length: lengths.length,
        start: starts.start,
        ticket: ticket.map(|at| ticket_text(&text(at)).to_owned()),
        ticket_in_reason: ticket.is_some_and(|at| !used.contains(&at)),
        reason: joined(&left(head, &units, &used, |at, kind| leads(head, &units, at, *kind)), &tail),
        reason_required: vocabulary.reason_required(),
    };
    match (lengths.fault.or(starts.fault), draft.complete()) {
        (None, Some(words)) => Ok(words),
        (Some(fault), _) => Err(Wrong { fault, right: Right::Request(Box::new(draft)) }),
        (None, None) => {
            Err(Wrong { fault: Fault::Missing(missing(&draft)), right: Right::Request(Box::new(draft)) })
        }
    }
}

fn missing(draft: &Draft) -> Vec<Slot> {
    let mut slots = draft.named.missing();
    slots.extend(draft.length.is_none().then_some(Slot::Duration));
    slots.extend((draft.reason_required && draft.reason.is_empty()).then_some(Slot::Reason));
    slots
}

/// Whether words are the beginning of what this keyword takes, and of nothing else: a group or a bundle that there is,
/// or after `urgent` what a request begins with.
pub(super) fn begins(keyword: Keyword, words: &[Word], vocabulary: &dyn Vocabulary) -> bool {
    let Some(first) = words.first() else { return false };
    if keyword == Keyword::Group {
        known_words(words, |name| vocabulary.is_group(name)).is_some()
    } else if keyword == Keyword::Bundle {
        known_words(words, |name| vocabulary.is_bundle(name)).is_some()
    } else if keyword == Keyword::Urgent {
        account_words(words, vocabulary).is_some()
            || vocabulary.is_permission_set(&first.text)
            || Of::read(words, vocabulary).0 != Of::Assignment
    } else {
        false
    }
}

/// `why <account> <permission set>`, `why group <group>`, `why bundle <bundle>`: the names and nothing else.
pub(super) fn why(words: &[Word], vocabulary: &dyn Vocabulary) -> Result<Elevate, Wrong> {
    let (of, words) = Of::read(words, vocabulary);
    let units = units(words, |rest| unit(rest, of, vocabulary));
    let chosen = of.choose(&units);
    let text = |at: usize| units.get(at).map(|unit| name_of(words, unit)).unwrap_or_default();
    let named = of.named(chosen.name.map(text), chosen.set.map(text));
    let right = Right::Text(format!("{} {}", Keyword::Why.word(), named.short()));

    let used: Vec<usize> = chosen.name.into_iter().chain(chosen.set).collect();
    match (named.complete(), left(words, &units, &used, |at, kind| leads(words, &units, at, *kind)).first()) {
        (Some(what), None) => Ok(Elevate::Why(what)),
        (Some(_), Some(extra)) => Err(Wrong { fault: super::extra(Keyword::Why, extra), right }),
        (None, _) => Err(Wrong { fault: Fault::Missing(named.missing()), right }),
    }
}

// ---- units ---------------------------------------------------------------------------------------------------

/// Whether this is a small word that leads to the next unit. To a duration only `for` leads: the `in` of
/// `nobody can sign in for 1h` belongs to the reason.
fn leads(words: &[Word], units: &[Unit<Kind>], at: usize, kind: Kind) -> bool {
    let Kind::Filler = kind else { return false };
    match units.get(at + 1).map(|unit| unit.kind) {
        Some(Kind::Length(_)) => {
            let word = units.get(at).and_then(|unit| words.get(unit.words.start));
            word.is_some_and(|word| word.key() == "for")
        }
        Some(Kind::Ticket | Kind::Name(_)) => true,
        Some(Kind::Start(_) | Kind::Filler) | None => false,
    }
}

fn unit(rest: &[Word], of: Of, vocabulary: &dyn Vocabulary) -> (Kind, usize) {
    if let Some(found) = length::read(rest) {
        return (Kind::Length(found), found.words);
    }
    if let Some(found) = start::read(rest) {
        return (Kind::Start(found), found.words);
    }
    let name = |account: bool, set: bool| Kind::Name(Known { account, set });
    let known = match of {
        Of::Assignment => account_words(rest, vocabulary),
        Of::Group => known_words(rest, |text| vocabulary.is_group(text)),
        Of::Bundle => known_words(rest, |text| vocabulary.is_bundle(text)),
    };
    let first_is_set =
        of == Of::Assignment && rest.first().is_some_and(|word| vocabulary.is_permission_set(&word.text));
    if let Some(count) = known {
        return (name(of == Of::Assignment, count == 1 && first_is_set), count);
    }
    let Some(word) = rest.first() else { return (Kind::Filler, 1) };
    let kind = if is_filler(word) {
        Kind::Filler
    } else if !word.quoted && !first_is_set && vocabulary.is_ticket(ticket_text(&word.text)) {
        Kind::Ticket
    } else {
        name(false, first_is_set)
    };
    (kind, 1)
}

/// How many of the first words make the longest account that the vocabulary knows, or an account's id.
pub(super) fn account_words(words: &[Word], vocabulary: &dyn Vocabulary) -> Option<usize> {
    let is_id = |word: &&Word| account_id(&word.text).is_some() && !is_filler(word);
    known_words(words, |text| vocabulary.is_account(text)).or_else(|| words.first().filter(is_id).map(|_| 1))
}

/// How many of the first words make the longest name that is known.
fn known_words(words: &[Word], is_known: impl Fn(&str) -> bool) -> Option<usize> {
    let first = words.first()?;
    let bare = words.iter().take(NAME_WORDS_MAX).take_while(|word| !word.quoted).count();
    let several = (2..=bare)
        .rev()
        .find(|count| words.get(..*count).is_some_and(|words| is_known(&name_of_words(words))));
    several.or((!is_filler(first) && is_known(&first.text)).then_some(1))
}

fn name_of(words: &[Word], unit: &Unit<Kind>) -> String {
    words.get(unit.words.clone()).map(name_of_words).unwrap_or_default()
}

pub(super) fn name_of_words(words: &[Word]) -> String {
    let Some((last, before)) = words.split_last() else { return String::new() };
    before.iter().map(|word| word.raw.as_str()).chain([last.text.as_str()]).collect::<Vec<_>>().join(" ")
}

// ---- duration, start and ticket ------------------------------------------------------------------------------

/// What was found about a start.
#[derive(Default)]
struct Starts {
    /// The start; where there is a fault, the one that the right form shows.
    start: Option<Start>,
    /// The units to keep out of the reason.
    units: Vec<usize>,
    fault: Option<Fault>,
}

/// The start that stands with the names. One before them or at the end could be meant or not, and is asked about; one
/// within the reason belongs to it. Urgent access has none.
fn starts(units: &[Unit<Kind>], run: &Range<usize>, words: &[Word], urgent: bool) -> Starts {
    let all: Vec<(usize, FoundStart)> = units
        .iter()
        .enumerate()
        .filter_map(|(at, unit)| if let Kind::Start(found) = unit.kind { Some((at, found)) } else { None })
        .collect();
    let near: Vec<_> = all.iter().copied().filter(|(at, _)| run.contains(at)).collect();
    let typed =
        |at: usize| typed(units.get(at).and_then(|unit| words.get(unit.words.clone())).unwrap_or_default());
    let is_end = |at: usize| !units.iter().skip(at + 1).any(|unit| matches!(unit.kind, Kind::Name(_)));
    let unclear = || all.iter().find(|(at, _)| *at < run.start || is_end(*at));
    let one =
        |at: usize, start: Option<Start>, fault: Option<Fault>| Starts { start, units: vec![at], fault };
    match near.as_slice() {
        [(at, _), ..] if urgent => one(*at, None, Some(Fault::UrgentStart { typed: typed(*at) })),
        [(at, found)] => match found.start {
            Ok(start) => one(*at, Some(start), None),
            Err(_) => one(*at, Some(EXAMPLE_START), Some(Fault::NoSuchStart { typed: typed(*at) })),
        },
        [(a, found), (b, _), ..] => Starts {
            start: found.start.ok(),
            units: vec![*a, *b],
            fault: Some(Fault::TwoStarts { first: typed(*a), second: typed(*b) }),
        },
        [] => match unclear().filter(|_| !urgent) {
            Some((at, found)) => one(*at, found.start.ok(), Some(Fault::StartInReason { typed: typed(*at) })),
            None => Starts::default(),
        },
    }
}

/// The duration that stands with the names, or else the only one there is.
fn lengths(units: &[Unit<Kind>], run: &Range<usize>, words: &[Word]) -> Lengths {
    let all: Vec<(usize, Found)> = units
        .iter()
        .enumerate()
        .filter_map(|(at, unit)| if let Kind::Length(found) = unit.kind { Some((at, found)) } else { None })
        .collect();
    let near: Vec<_> = all.iter().copied().filter(|(at, _)| run.contains(at)).collect();
    let good: Vec<_> = all.iter().copied().filter(|(_, found)| found.length.is_ok()).collect();
    let candidates = if !near.is_empty() {
        near
    } else if !good.is_empty() {
        good
    } else {
        all.iter().copied().take(1).collect()
    };
    only_length(&candidates, units, words)
}

/// The first ticket that stands with the names, or else the first.
fn ticket(units: &[Unit<Kind>], run: &Range<usize>) -> Option<usize> {
    let all =
        || units.iter().enumerate().filter(|(_, unit)| matches!(unit.kind, Kind::Ticket)).map(|(at, _)| at);
    all().find(|at| run.contains(at)).or_else(|| all().next())
}
