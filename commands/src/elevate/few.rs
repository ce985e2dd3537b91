//! The commands that take an id and a few words: `approve`, `extend`, `end`, … and `end all`, which takes no id.
//!
//! Must never pass over a word that it does not understand, and never end more than what was named.

use super::request::{account_words, name_of_words};
use super::{Elevate, EndScope, Right, Wrong, extra, id, no_more, only_id, surely_id, wrong};
use crate::definition::{CONFIRMED, CUT, Keyword, Keywords};
use crate::length::{self, Found};
use crate::parts::{
    EXAMPLE_LENGTH, Unit, at_marker, is_filler, joined, left, one_length, only_length, reason_alone, typed,
    units,
};
use crate::person::PersonRef;
use crate::selector::{AccountSelector, RequestRef};
use crate::usage::{Fault, Slot};
use crate::vocabulary::Vocabulary;
use crate::words::Word;

/// Words that lead to a duration after an id: `approve ID only for 30m`, `extend ID by another 1h`.
const TO_LENGTH: &[&str] = &["for", "by", "only", "just", "another"];
/// Words that lead to whom or what `end all` is about, besides those of every command.
const TO_SCOPE: &[&str] = &["of", "from", "by", "account", "person"];

fn leads_to_length(word: &Word) -> bool {
    TO_LENGTH.contains(&word.key().as_str())
}

/// `again`, or with an id.
pub(super) fn again(first: &Word, rest: &[Word]) -> Result<Elevate, Wrong> {
    if rest.is_empty() {
        Ok(Elevate::Again(None))
    } else {
        only_id(Keyword::Again, first, rest).map(|id| Elevate::Again(Some(id)))
    }
}

/// An id, and a duration if the approval is for another one than was asked for.
pub(super) fn approve(first: &Word, rest: &[Word]) -> Result<Elevate, Wrong> {
    let (id, after) = id(Keyword::Approve, rest)?;
    let leading = after.iter().take_while(|word| leads_to_length(word)).count();
    let words = after.get(leading..).unwrap_or_default();
    let Some(found) = length::read(words) else {
        return no_more(after, Keyword::Approve, first, rest).map(|()| Elevate::Approve { id, length: None });
    };
    let (of_length, more) = words.split_at_checked(found.words).unwrap_or((words, &[]));
    let read = one_length(0, found.length, typed(of_length));
    let fault = read.fault.or_else(|| {
        let second = length::read(more)?;
        let second = typed(more.get(..second.words).unwrap_or_default());
        Some(Fault::TwoDurations { first: typed(of_length), second })
    });
    if let Some(fault) = fault {
        let length = Some(read.length.unwrap_or(EXAMPLE_LENGTH));
        return Err(Wrong { fault, right: Right::Text(Elevate::Approve { id, length }.to_string()) });
    }
    no_more(more, Keyword::Approve, first, rest).map(|()| Elevate::Approve { id, length: read.length })
}

enum Kind {
    Length(Found),
    Leads,
    Other,
}

/// An id, how much longer, and a reason. The duration that stands before the reason counts, or else the only one.
pub(super) fn extend(rest: &[Word]) -> Result<Elevate, Wrong> {
    let (id, after) = id(Keyword::Extend, rest)?;
    let (head, tail) = at_marker(after);
    let units = units(head, |rest| match (length::read(rest), rest.first()) {
        (Some(found), _) => (Kind::Length(found), found.words),
        (None, Some(word)) if leads_to_length(word) => (Kind::Leads, 1),
        (None, _) => (Kind::Other, 1),
    });
    let reason_at = units.iter().position(|unit| matches!(unit.kind, Kind::Other)).unwrap_or(units.len());
    let all = lengths(&units);
    let (near, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|(at, _)| *at < reason_at);
    let lengths = only_length(if near.is_empty() { &later } else { &near }, &units, head);
    let left = left(head, &units, &lengths.units, |_, kind| matches!(kind, Kind::Leads));
    let reason = Some(joined(&left, &tail)).filter(|reason| !reason.is_empty());
    let missing = lengths.length.is_none().then(|| Fault::Missing(vec![Slot::Duration]));
    let said = Elevate::Extend { id, length: lengths.length.unwrap_or(EXAMPLE_LENGTH), reason };
    match lengths.fault.or(missing) {
        None => Ok(said),
        Some(fault) => Err(Wrong { fault, right: Right::Text(said.to_string()) }),
    }
}

fn lengths(units: &[Unit<Kind>]) -> Vec<(usize, Found)> {
    let found = |(at, unit): (usize, &Unit<Kind>)| match unit.kind {
        Kind::Length(found) => Some((at, found)),
        Kind::Leads | Kind::Other => None,
    };
    units.iter().enumerate().filter_map(found).collect()
}

/// An id and a note.
pub(super) fn acknowledge(rest: &[Word]) -> Result<Elevate, Wrong> {
    let (id, after) = id(Keyword::Acknowledge, rest)?;
    Ok(Elevate::Acknowledge { id, note: Some(reason_alone(after)).filter(|note| !note.is_empty()) })
}

/// An id and why, which must be there.
pub(super) fn with_why(keyword: Keyword, first: &Word, rest: &[Word]) -> Result<(RequestRef, String), Wrong> {
    let (id, after) = id(keyword, rest)?;
    let why = reason_alone(after);
    if why.is_empty() {
        let right = Right::Text(format!("{} {id} <why>", first.text));
        return Err(Wrong { fault: Fault::MissingWhy { keyword: keyword.word(), id }, right });
    }
    Ok((id, why))
}

/// An id, and whether sessions are cut; or `all`.
pub(super) fn end(first: &Word, rest: &[Word], vocabulary: &dyn Vocabulary) -> Result<Elevate, Wrong> {
    if let Some((_, after)) = rest.split_first().filter(|(word, _)| word.key() == "all") {
        return end_all(after, vocabulary);
    }
    let (id, after) = id(Keyword::End, rest)?;
    let taken = cut_words(after);
    let more = after.get(taken..).unwrap_or_default();
    no_more(more, Keyword::End, first, rest).map(|()| Elevate::End { id, cut: taken > 0 })
}

/// How many of the first words say that sessions are cut: `cut`, `and cut sessions`, `cut the sessions`.
fn cut_words(words: &[Word]) -> usize {
    let is = |at: usize, keys: &[&str]| words.get(at).is_some_and(|word| keys.contains(&word.key().as_str()));
    let and = usize::from(is(0, &["and"]));
    if !is(and, &[CUT]) {
        return 0;
    }
    let the = usize::from(is(and + 1, &["the", "all", "open"]));
    if is(and + 1 + the, &["session", "sessions"]) { and + the + 2 } else { and + 1 }
}

/// Whose, or to which account; everything only where nothing is named. `rest`: what follows `end all`.
pub(super) fn end_all(rest: &[Word], vocabulary: &dyn Vocabulary) -> Result<Elevate, Wrong> {
    let last = rest.split_last().filter(|(last, _)| last.key() == CONFIRMED);
    let (confirmed, words) = (last.is_some(), last.map_or(rest, |(_, before)| before));
    let leads = |word: &&Word| is_filler(word) || TO_SCOPE.contains(&word.key().as_str());
    let leading = words.iter().take_while(leads).count();
    let named = words.get(leading..).unwrap_or_default();
    let scope = match (named, words.last()) {
        ([], None) => EndScope::Everything,
        ([], Some(only)) => return Err(wrong(extra(Keyword::EndAll, only), Keyword::EndAll)),
        ([word], _) => scope(word, vocabulary)?,
        ([_, second, ..], _) if account_words(named, vocabulary) != Some(named.len()) => {
            return Err(wrong(extra(Keyword::EndAll, second), Keyword::EndAll));
        }
        (several, _) => EndScope::Account(AccountSelector::new(&name_of_words(several))),
    };
    Ok(Elevate::EndAll { scope, confirmed })
}

/// A person by their shape, or an account.
fn scope(word: &Word, vocabulary: &dyn Vocabulary) -> Result<EndScope, Wrong> {
    let account = || EndScope::Account(AccountSelector::new(&word.text));
    if word.quoted || vocabulary.is_account(&word.text) {
        return Ok(account());
    }
    if let Some(person) = PersonRef::parse(&word.text) {
        return Ok(EndScope::Person(person));
    }
    if word.text.starts_with(['@', '<']) {
        return Err(wrong(Fault::NotAPerson { typed: word.raw.clone() }, Keyword::EndAll));
    }
    if surely_id(&word.text) {
        return Err(wrong(extra(Keyword::EndAll, word), Keyword::EndAll));
    }
    Ok(account())
}
