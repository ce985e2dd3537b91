//! What every command does with its first word: find it in the table, or the nearest to it, and read the ids and
//! topics that may follow.
//!
//! Must never know what a keyword does.

use crate::definition::{Command, Keywords};
use crate::help::form;
use crate::usage::{Fault, Numbered};
use crate::words::Word;
use std::cmp::Reverse;

/// The form of one keyword as the help shows it, without the command's name.
pub(crate) fn own_form<K: Keywords>(command: &Command<K>, keyword: K) -> String {
    let entry = command.uses.iter().find(|entry| entry.keyword == keyword);
    let text = entry.map(|entry| form(command, entry)).unwrap_or_default();
    text.split_once(' ').map(|(_, after)| after.to_owned()).unwrap_or_default()
}

/// What the keyword takes, as the help shows it.
pub(crate) fn arguments<K: Keywords>(command: &Command<K>, keyword: K) -> &'static str {
    command.uses.iter().find(|entry| entry.keyword == keyword).map_or("", |entry| entry.arguments)
}

/// The keyword that a lower-case word is nearly, and its word or the other word that is meant.
pub(crate) fn nearest<K: Keywords>(key: &str) -> Option<(K, &'static str)> {
    // One slip in a short word, two in a longer one: `lst`, `aprove`, `withdarw`.
    let slips_max = if key.chars().count() <= 4 { 1 } else { 2 };
    // Every word of two letters is one slip from `on` or `no`; it is meant only if its beginning says so.
    let two_letters = key.chars().count() <= 2;
    let words = K::ALL.iter().flat_map(|keyword| {
        let named = keyword.also().iter().copied().filter(|word| word.starts_with(char::is_alphabetic));
        std::iter::once(keyword.word()).chain(named).map(|word| (*keyword, word))
    });
    words
        .map(|(keyword, word)| {
            ((strsim::osa_distance(key, word), Reverse(same_start(key, word))), keyword, word)
        })
        .filter(|((slips, Reverse(same)), _, _)| *slips <= slips_max && (*same > 0 || !two_letters))
        .min()
        .map(|(_, keyword, word)| (keyword, word))
}

/// A slip at the beginning is rarer than one after it: `of` is `off` and not `on`.
fn same_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// What `help` is about, and the words after it.
pub(crate) fn topic<K: Keywords>(rest: &[Word]) -> Result<(Option<K>, &[Word]), Fault> {
    let Some((typed, after)) = rest.split_first() else { return Ok((None, rest)) };
    // A keyword of two words: `help end all`.
    let two = after.split_first().and_then(|(second, after)| {
        let named = K::named(&format!("{}-{}", typed.key(), second.key()))?;
        Some((Some(named), after))
    });
    if let Some(found) = two {
        return Ok(found);
    }
    match K::named(&typed.key()) {
        Some(topic) => Ok((Some(topic), after)),
        None => Err(Fault::UnknownTopic { typed: typed.raw.clone() }),
    }
}

/// The id that must follow a keyword, and the words after it.
pub(crate) fn id<K: Keywords, R>(
    keyword: K,
    of: Numbered,
    rest: &[Word],
    parse: impl Fn(&str) -> Option<R>,
) -> Result<(R, &[Word]), Fault> {
    let keyword = keyword.word();
    let Some((typed, after)) = rest.split_first() else { return Err(Fault::MissingId { keyword, of }) };
    match parse(&typed.text) {
        Some(id) => Ok((id, after)),
        None => Err(Fault::MalformedId { of, typed: typed.raw.clone() }),
    }
}
