//! Which word is which in a request: account, permission set, duration, ticket, and the rest, which is the reason.
//!
//! The words are cut into units. Account and permission set stand together: nothing but the duration, a ticket and
//! small words (`to`, `in`, `as`, …) may be between them. They open the text, or the duration follows them; known
//! names anywhere else belong to the reason, so that `stagin Admn 1h as prod Admin is broken`, with its two slips,
//! cannot become a request for `prod`. Where the vocabulary knows neither, the first two words are meant.
//!
//! Must never take a name out of the middle of a reason, and never pick one of two durations by chance.

use super::draft::{Draft, name};
use super::{Elevate, RequestWords, Right, Wrong};
use crate::definition::{Keyword, Keywords};
use crate::length::{self, Found};
use crate::parts::{Lengths, Unit, at_marker, is_filler, joined, left, only_length, ticket_text, units};
use crate::selector::{AccountSelector, PermissionSetSelector, account_id};
use crate::usage::{Fault, Slot};
use crate::vocabulary::Vocabulary;
use crate::words::Word;
use std::ops::Range;

/// How many unquoted words an account's name may have; AWS allows 50 characters, and longer names can be quoted.
const ACCOUNT_WORDS_MAX: usize = 8;

#[derive(Clone, Copy)]
enum Kind {
    Length(Found),
    Ticket,
    Filler,
    Name(Known),
}

/// As what the vocabulary knows a name.
#[derive(Clone, Copy)]
struct Known {
    account: bool,
    set: bool,
}

pub(super) fn read(words: &[Word], vocabulary: &dyn Vocabulary) -> Result<RequestWords, Wrong> {
    let (head, tail) = at_marker(words);
    let units = units(head, |rest| unit(rest, vocabulary));
    let chosen = choose(&units);
    let lengths = lengths(&units, &chosen.run, head);
    let ticket = ticket(&units, &chosen.run);

    let mut used: Vec<usize> = chosen.account.into_iter().chain(chosen.set).chain(lengths.units).collect();
    used.extend(ticket.filter(|at| chosen.run.contains(at)));
    let text = |at: usize| units.get(at).map(|unit| name_of(head, unit)).unwrap_or_default();
    let draft = Draft {
        account: chosen.account.map(|at| AccountSelector::new(&text(at))),
        permission_set: chosen.set.map(|at| PermissionSetSelector::new(&text(at))),
        length: lengths.length,
        ticket: ticket.map(|at| ticket_text(&text(at)).to_owned()),
        ticket_in_reason: ticket.is_some_and(|at| !used.contains(&at)),
        reason: joined(&left(head, &units, &used, |at, kind| leads(head, &units, at, *kind)), &tail),
        reason_required: vocabulary.reason_required(),
    };
    match (lengths.fault, draft.complete()) {
        (None, Some(words)) => Ok(words),
        (Some(fault), _) => Err(Wrong { fault, right: Right::Request(Box::new(draft)) }),
        (None, None) => {
            Err(Wrong { fault: Fault::Missing(missing(&draft)), right: Right::Request(Box::new(draft)) })
        }
    }
}

fn missing(draft: &Draft) -> Vec<Slot> {
    [
        (Slot::Account, draft.account.is_none()),
        (Slot::PermissionSet, draft.permission_set.is_none()),
        (Slot::Duration, draft.length.is_none()),
        (Slot::Reason, draft.reason_required && draft.reason.is_empty()),
    ]
    .into_iter()
    .filter_map(|(slot, missing)| missing.then_some(slot))
    .collect()
}

/// `why <account> <permission set>`: the two names and nothing else.
pub(super) fn why(words: &[Word], vocabulary: &dyn Vocabulary) -> Result<Elevate, Wrong> {
    let units = units(words, |rest| unit(rest, vocabulary));
    let chosen = choose(&units);
    let text = |at: usize| units.get(at).map(|unit| name_of(words, unit)).unwrap_or_default();
    let (account, set) = (chosen.account.map(text), chosen.set.map(text));
    let shown = |part: &Option<String>, or: &str| part.as_deref().map_or(or.to_owned(), name);
    let (shown_account, shown_set) = (shown(&account, "<account>"), shown(&set, "<permission set>"));
    let right = Right::Text(format!("{} {shown_account} {shown_set}", Keyword::Why.word()));

    let used: Vec<usize> = chosen.account.into_iter().chain(chosen.set).collect();
    match (account, set, left(words, &units, &used, |at, kind| leads(words, &units, at, *kind)).first()) {
        (Some(account), Some(set), None) => Ok(Elevate::Why {
            account: AccountSelector::new(&account),
            permission_set: PermissionSetSelector::new(&set),
        }),
        (Some(_), Some(_), Some(extra)) => Err(Wrong { fault: super::extra(Keyword::Why, extra), right }),
        (account, set, _) => {
            let slots = [(Slot::Account, account.is_none()), (Slot::PermissionSet, set.is_none())];
            let missing = slots.into_iter().filter_map(|(slot, missing)| missing.then_some(slot)).collect();
            Err(Wrong { fault: Fault::Missing(missing), right })
        }
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
        Some(Kind::Filler) | None => false,
    }
}

fn unit(rest: &[Word], vocabulary: &dyn Vocabulary) -> (Kind, usize) {
    if let Some(found) = length::read(rest) {
        return (Kind::Length(found), found.words);
    }
    if let Some(count) = account_words(rest, vocabulary) {
        let set = count == 1 && rest.first().is_some_and(|word| vocabulary.is_permission_set(&word.text));
        return (Kind::Name(Known { account: true, set }), count);
    }
    let Some(word) = rest.first() else { return (Kind::Filler, 1) };
    let set = vocabulary.is_permission_set(&word.text);
    let kind = if is_filler(word) {
        Kind::Filler
    } else if !word.quoted && !set && vocabulary.is_ticket(ticket_text(&word.text)) {
        Kind::Ticket
    } else {
        Kind::Name(Known { account: false, set })
    };
    (kind, 1)
}

/// How many of the first words make the longest account that the vocabulary knows.
pub(super) fn account_words(words: &[Word], vocabulary: &dyn Vocabulary) -> Option<usize> {
    let first = words.first()?;
    let bare = words.iter().take(ACCOUNT_WORDS_MAX).take_while(|word| !word.quoted).count();
    let several = (2..=bare)
        .rev()
        .find(|count| words.get(..*count).is_some_and(|words| vocabulary.is_account(&name_of_words(words))));
    let filler = is_filler(first);
    let one = !filler && (account_id(&first.text).is_some() || vocabulary.is_account(&first.text));
    several.or(one.then_some(1))
}

fn name_of(words: &[Word], unit: &Unit<Kind>) -> String {
    words.get(unit.words.clone()).map(name_of_words).unwrap_or_default()
}

fn name_of_words(words: &[Word]) -> String {
    let Some((last, before)) = words.split_last() else { return String::new() };
    before.iter().map(|word| word.raw.as_str()).chain([last.text.as_str()]).collect::<Vec<_>>().join(" ")
}

// ---- account and permission set ------------------------------------------------------------------------------

struct Chosen {
    account: Option<usize>,
    set: Option<usize>,
    /// The units around them, up to the next name on either side.
    run: Range<usize>,
}

fn choose(units: &[Unit<Kind>]) -> Chosen {
    let names: Vec<(usize, Known)> = units
        .iter()
        .enumerate()
        .filter_map(|(at, unit)| if let Kind::Name(known) = unit.kind { Some((at, known)) } else { None })
        .collect();
    let place = |k: usize| names.get(k).map(|(at, _)| *at);
    let run = |k: usize| {
        k.checked_sub(1).and_then(place).map_or(0, |at| at + 1)..place(k + 2).unwrap_or(units.len())
    };
    let is_length = |unit: &Unit<Kind>| matches!(unit.kind, Kind::Length(_));

    // Only the first known name may open the pair: an earlier one would be a part of another request.
    let first_known = names.iter().position(|(_, known)| known.account || known.set);
    let pair = first_known.filter(|k| {
        let fits = matches!((names.get(*k), names.get(k + 1)), (Some((_, a)), Some((_, b))) if fits(*a, *b) || fits(*b, *a));
        let with_length = units.get(place(*k).unwrap_or(0)..run(*k).end).is_some_and(|run| run.iter().any(is_length));
        fits && (*k == 0 || with_length || !units.iter().any(is_length))
    });
    let k = pair.unwrap_or(0);
    let (account, set) = match (names.get(k), names.get(k + 1)) {
        (None, _) => (None, None),
        (Some((at, known)), None) if known.set && !known.account => (None, Some(*at)),
        (Some((at, _)), None) => (Some(*at), None),
        (Some((a, first)), Some((b, second))) if swapped(*first, *second) => (Some(*b), Some(*a)),
        (Some((a, _)), Some((b, _))) => (Some(*a), Some(*b)),
    };
    Chosen { account, set, run: run(k) }
}

fn fits(account: Known, set: Known) -> bool {
    account.account && set.set
}

/// Whether the permission set was typed before the account, as far as anything tells.
fn swapped(first: Known, second: Known) -> bool {
    if fits(first, second) {
        return false;
    }
    fits(second, first) || (!first.account && !second.set && (first.set || second.account))
}

// ---- duration and ticket -------------------------------------------------------------------------------------

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
