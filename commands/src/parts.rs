//! The parts that commands have in common: words cut into units, one duration chosen among several, and the reason.
//!
//! Must never drop a word of a reason, and never pick one of two durations by chance.

use crate::length::{Found, LENGTH_SECONDS_MAX, LENGTH_SECONDS_MIN, Length, LengthFault};
use crate::start::Start;
use crate::usage::Fault;
use crate::words::Word;
use std::ops::Range;

/// The duration that the right form shows when none was typed: an hour, the example that every help uses.
pub(crate) const EXAMPLE_LENGTH: Length = Length::For(3600);
/// The start that the right form shows in place of one that names none.
pub(crate) const EXAMPLE_START: Start = Start::Clock(jiff::civil::Time::constant(2, 0, 0, 0));
/// Words that people put between the parts of a command.
const FILLERS: &[&str] = &["to", "in", "as", "on", "for", "with"];

/// Whether a word only leads to another.
pub(crate) fn is_filler(word: &Word) -> bool {
    !word.quoted && FILLERS.contains(&word.key().as_str())
}

/// Consecutive words that belong together.
pub(crate) struct Unit<K> {
    pub(crate) kind: K,
    pub(crate) words: Range<usize>,
}

/// Cuts words into units; `unit` tells what stands first, and how many words it takes.
pub(crate) fn units<K>(words: &[Word], unit: impl Fn(&[Word]) -> (K, usize)) -> Vec<Unit<K>> {
    let mut units = Vec::new();
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, count) = unit(rest);
        units.push(Unit { kind, words: at..at + count });
        at += count;
    }
    units
}

/// The words that are in no used unit, without the small words that lead to one: those units for which `leads_on`
/// says so, before a used unit or another such.
pub(crate) fn left<'w, K>(
    words: &'w [Word],
    units: &[Unit<K>],
    used: &[usize],
    leads_on: impl Fn(usize, &K) -> bool,
) -> Vec<&'w Word> {
    let mut kept: Vec<&Unit<K>> = Vec::new();
    let mut leads = false;
    for (at, unit) in units.iter().enumerate().rev() {
        leads = used.contains(&at) || (leads && leads_on(at, &unit.kind));
        if !leads {
            kept.push(unit);
        }
    }
    kept.iter().rev().filter_map(|unit| words.get(unit.words.clone())).flatten().collect()
}

/// The words as they were typed, joined by one space.
pub(crate) fn typed(words: &[Word]) -> String {
    words.iter().map(|word| word.raw.as_str()).collect::<Vec<_>>().join(" ")
}

/// A ticket without the marks that people put around it.
pub(crate) fn ticket_text(word: &str) -> &str {
    word.trim_matches(['(', ')', '[', ']', ',', ';', ':', '.', '#'])
}

// ---- duration ------------------------------------------------------------------------------------------------

/// What was found about a duration.
#[derive(Default)]
pub(crate) struct Lengths {
    /// The duration; where there is a fault, the one that the right form shows.
    pub(crate) length: Option<Length>,
    /// The units to keep out of the reason.
    pub(crate) units: Vec<usize>,
    pub(crate) fault: Option<Fault>,
}

/// The only one of the durations at these units, or the fault that there are two.
pub(crate) fn only_length<K>(candidates: &[(usize, Found)], units: &[Unit<K>], words: &[Word]) -> Lengths {
    let typed =
        |at: usize| typed(units.get(at).and_then(|unit| words.get(unit.words.clone())).unwrap_or_default());
    match candidates {
        [] => Lengths::default(),
        [(at, found)] => one_length(*at, found.length, typed(*at)),
        [(a, found), (b, _), ..] => Lengths {
            length: found.length.ok(),
            units: vec![*a, *b],
            fault: Some(Fault::TwoDurations { first: typed(*a), second: typed(*b) }),
        },
    }
}

/// The duration, or the fault with the one that the right form shows.
pub(crate) fn one_length(at: usize, length: Result<Length, LengthFault>, typed: String) -> Lengths {
    let (length, fault) = match length {
        Ok(length) => (Some(length), None),
        Err(LengthFault::TooShort) => {
            (Some(Length::For(LENGTH_SECONDS_MIN)), Some(Fault::DurationTooShort { typed }))
        }
        Err(LengthFault::TooLong) => {
            (Some(Length::For(LENGTH_SECONDS_MAX)), Some(Fault::DurationTooLong { typed }))
        }
        Err(LengthFault::NoSuchTime) => (None, Some(Fault::NoSuchTime { typed })),
    };
    Lengths { length, units: vec![at], fault }
}

// ---- the reason ----------------------------------------------------------------------------------------------

/// A reason where nothing else can be: after `deny ID`.
pub(crate) fn reason_alone(words: &[Word]) -> String {
    let (head, tail) = at_marker(words);
    joined(&head.iter().collect::<Vec<_>>(), &tail)
}

/// The words before `reason:`, and the text after it, which is taken literally.
pub(crate) fn at_marker(words: &[Word]) -> (&[Word], String) {
    let glued = |word: &Word| {
        let marker = word.raw.get(.."reason:".len()).filter(|_| !word.quoted)?;
        let is_marker = marker.eq_ignore_ascii_case("reason:") || marker.eq_ignore_ascii_case("reason=");
        is_marker.then(|| word.raw.get("reason:".len()..).unwrap_or_default().to_owned())
    };
    let found = words.iter().enumerate().find_map(|(at, word)| glued(word).map(|rest| (at, rest)));
    let Some((at, rest)) = found else { return (words, String::new()) };
    let after = words.iter().skip(at + 1).map(|word| word.raw.as_str());
    let tail: Vec<&str> =
        std::iter::once(rest.as_str()).chain(after).filter(|part| !part.is_empty()).collect();
    (words.get(..at).unwrap_or_default(), tail.join(" "))
}

/// The reason: what is left, without a leading `because` or dash, and the text after `reason:`.
pub(crate) fn joined(left: &[&Word], tail: &str) -> String {
    let leading = |word: &&&Word| {
        let bare = word.raw.trim_matches(['-', '–', '—', ':', ',', ';', '.']);
        bare.is_empty() || (!word.quoted && bare.eq_ignore_ascii_case("because"))
    };
    let words = left.iter().skip_while(leading).map(|word| word.raw.as_str());
    words.chain([tail]).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
