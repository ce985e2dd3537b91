//! Which word is which in `on`: federation, level, duration, incident, people, and the rest, which is the reason.
//!
//! The parts stand around the reason: before its first word, or, for durations and people, after its last. What
//! stands within the reason belongs to it, so that `on ro sso fails for <@U1> as for ops since 2h ago` gives nobody
//! anything. A level after the reason is asked about: `sso fails, call ops` would open more than was meant.
//!
//! Must never take a level, a federation or a person out of the middle of a reason.

use super::{Breakglass, Keyword, LevelWord, OnWords, Right, Wrong, read as read_text};
use crate::definition::Keywords;
use crate::length::{self, Found};
use crate::parts::{Unit, at_marker, is_filler, joined, left, only_length, ticket_text, units};
use crate::person::{self, PersonRef};
use crate::usage::{Fault, Slot};
use crate::vocabulary::Vocabulary;
use crate::words::{Word, needs_quotes, quote};

/// Between people: `@bo and @cy`.
const AND: &str = "and";

enum Kind {
    Length(Found),
    Level(LevelWord),
    Person(PersonRef),
    Group,
    Federation,
    Incident,
    Filler,
    Text,
}

/// `on` as far as it was understood, to show the right form with the person's own words in it.
pub(super) struct Draft {
    words: OnWords,
    /// Whether the incident stands within the reason, where it was typed.
    incident_in_reason: bool,
    reason_required: bool,
}

impl Draft {
    /// The right form: as short as people write it if that is read back as the same, or else in full.
    pub(super) fn written(&self, vocabulary: &dyn Vocabulary) -> String {
        let short = self.short();
        let meant = Breakglass::On(self.words.clone());
        if self.lacks_reason() || read_text(&short, vocabulary).is_ok_and(|said| said == meant) {
            short
        } else {
            meant.to_string()
        }
    }

    fn lacks_reason(&self) -> bool {
        self.reason_required && self.words.reason.is_empty()
    }

    fn short(&self) -> String {
        let words = &self.words;
        let mut parts = vec![Keyword::On.word().to_owned()];
        parts.extend(words.federation.as_deref().map(name));
        parts.extend(words.level.map(|level| level.to_string()));
        parts.extend(words.length.map(|length| length.to_string()));
        parts.extend(words.incident.clone().filter(|_| !self.incident_in_reason));
        if self.lacks_reason() {
            parts.push("<reason>".to_owned());
        } else if !words.reason.is_empty() {
            parts.push(words.reason.clone());
        }
        parts.extend(words.people.iter().map(PersonRef::to_string));
        parts.join(" ")
    }
}

/// A federation's name as it can be typed: bare if that is enough.
fn name(text: &str) -> String {
    let level = LevelWord::named(&text.to_lowercase()).is_some();
    if level || needs_quotes(text) { quote(text) } else { text.to_owned() }
}

pub(super) fn read(words: &[Word], vocabulary: &dyn Vocabulary) -> Result<OnWords, Wrong> {
    let (words, tail) = at_marker(words);
    let around = Around::of(words, units(words, |rest| unit(rest, vocabulary)));
    let federations = around.before(|kind| matches!(kind, Kind::Federation));
    let levels = around.before(|kind| matches!(kind, Kind::Level(_)));
    let people = around.either(|kind| matches!(kind, Kind::Person(_)));
    let lengths = only_length(&around.lengths(), &around.units, words);
    let incident = around.incident();

    let mut used: Vec<usize> = [federations.as_slice(), &levels, &people, &lengths.units].concat();
    used.extend(incident.filter(|at| *at < around.reason.0));
    let fault = around.not_a_person().or_else(|| around.two(&federations, &levels)).or(lengths.fault);
    let late = around.late_level().filter(|_| levels.is_empty() && fault.is_none());
    used.extend(late);

    let text = |at: usize| around.word(at).map(|word| word.text.clone());
    let level = levels.first().copied().or(late).and_then(|at| around.level(at));
    let draft = Draft {
        words: OnWords {
            federation: federations.first().copied().and_then(text),
            level,
            length: lengths.length,
            incident: incident.and_then(text).map(|text| ticket_text(&text).to_owned()),
            reason: joined(&left(words, &around.units, &used, |at, kind| around.leads(at, kind)), &tail),
            people: around.people(&people),
        },
        incident_in_reason: incident.is_some_and(|at| !used.contains(&at)),
        reason_required: vocabulary.reason_required(),
    };
    let late =
        late.and_then(|at| around.word(at)).map(|word| Fault::LevelAfterReason { typed: word.raw.clone() });
    let missing = draft.lacks_reason().then(|| Fault::Missing(vec![Slot::Reason]));
    match fault.or(late).or(missing) {
        None => Ok(draft.words),
        Some(fault) => Err(Wrong { fault, right: Right::On(Box::new(draft)) }),
    }
}

fn unit(rest: &[Word], vocabulary: &dyn Vocabulary) -> (Kind, usize) {
    if let Some(found) = length::read(rest) {
        return (Kind::Length(found), found.words);
    }
    let Some(word) = rest.first() else { return (Kind::Filler, 1) };
    let bare = Some(word).filter(|word| !word.quoted);
    let key = word.key();
    let kind = if let Some(level) = LevelWord::named(&key) {
        Kind::Level(level)
    } else if let Some(person) = bare.and_then(|word| PersonRef::parse(&word.text)) {
        Kind::Person(person)
    } else if bare.is_some_and(|word| person::is_group(&word.text)) {
        Kind::Group
    } else if is_filler(word) || key == AND {
        Kind::Filler
    } else if vocabulary.is_federation(&word.text) {
        Kind::Federation
    } else if bare.is_some_and(|word| vocabulary.is_ticket(ticket_text(&word.text))) {
        Kind::Incident
    } else {
        Kind::Text
    };
    (kind, 1)
}

/// The units around the reason.
struct Around<'w> {
    words: &'w [Word],
    units: Vec<Unit<Kind>>,
    /// The unit that begins the reason, and the one after its end; both past the last where there is none.
    reason: (usize, usize),
}

impl<'w> Around<'w> {
    fn of(words: &'w [Word], units: Vec<Unit<Kind>>) -> Self {
        let is_text = |unit: &Unit<Kind>| matches!(unit.kind, Kind::Text);
        let start = units.iter().position(is_text).unwrap_or(units.len());
        let end = units.iter().rposition(is_text).map_or(units.len(), |last| last + 1);
        Self { words, units, reason: (start, end) }
    }

    fn places(&self, is: impl Fn(usize, &Kind) -> bool) -> Vec<usize> {
        self.units.iter().enumerate().filter(|(at, unit)| is(*at, &unit.kind)).map(|(at, _)| at).collect()
    }

    fn before(&self, is: impl Fn(&Kind) -> bool) -> Vec<usize> {
        self.places(|at, kind| at < self.reason.0 && is(kind))
    }

    fn after(&self, is: impl Fn(&Kind) -> bool) -> Vec<usize> {
        self.places(|at, kind| at >= self.reason.1 && is(kind))
    }

    fn either(&self, is: impl Fn(&Kind) -> bool) -> Vec<usize> {
        self.places(|at, kind| !(self.reason.0..self.reason.1).contains(&at) && is(kind))
    }

    fn word(&self, at: usize) -> Option<&'w Word> {
        self.units.get(at).and_then(|unit| self.words.get(unit.words.start))
    }

    /// Whether this is a small word that leads to the next unit. After the reason only those do that can say nothing
    /// else: the `in` of `nobody can sign in for 2h` belongs to the reason.
    fn leads(&self, at: usize, kind: &Kind) -> bool {
        let Kind::Filler = kind else { return false };
        let key = self.word(at).map(Word::key).unwrap_or_default();
        let after: &[&str] = match self.units.get(at + 1).map(|unit| &unit.kind) {
            Some(Kind::Length(_)) => &["for"],
            Some(Kind::Person(_)) => &["for", "with", AND],
            Some(Kind::Level(_)) => &["as"],
            Some(Kind::Group | Kind::Federation | Kind::Incident | Kind::Filler | Kind::Text) | None => &[],
        };
        at < self.reason.0 || after.contains(&key.as_str())
    }

    /// The durations before the reason, or else those after it.
    fn lengths(&self) -> Vec<(usize, Found)> {
        let is = |kind: &Kind| matches!(kind, Kind::Length(_));
        let before = self.before(is);
        let places = if before.is_empty() { self.after(is) } else { before };
        let found = |at: usize| match self.units.get(at).map(|unit| &unit.kind) {
            Some(Kind::Length(found)) => Some((at, *found)),
            Some(_) | None => None,
        };
        places.into_iter().filter_map(found).collect()
    }

    /// The first incident: what stands before the reason comes first in any case.
    fn incident(&self) -> Option<usize> {
        self.places(|_, kind| matches!(kind, Kind::Incident)).first().copied()
    }

    fn level(&self, at: usize) -> Option<LevelWord> {
        match self.units.get(at).map(|unit| &unit.kind) {
            Some(Kind::Level(level)) => Some(*level),
            Some(_) | None => None,
        }
    }

    fn late_level(&self) -> Option<usize> {
        self.after(|kind| matches!(kind, Kind::Level(_))).first().copied()
    }

    fn people(&self, places: &[usize]) -> Vec<PersonRef> {
        let mut people: Vec<PersonRef> = Vec::new();
        for at in places {
            if let Some(Kind::Person(person)) = self.units.get(*at).map(|unit| &unit.kind)
                && !people.contains(person)
            {
                people.push(person.clone());
            }
        }
        people
    }

    fn not_a_person(&self) -> Option<Fault> {
        let group = self.either(|kind| matches!(kind, Kind::Group)).first().copied()?;
        self.word(group).map(|word| Fault::NotAPerson { typed: word.raw.clone() })
    }

    /// Two federations or two levels that differ.
    fn two(&self, federations: &[usize], levels: &[usize]) -> Option<Fault> {
        let differs = |places: &[usize], same: &dyn Fn(usize, usize) -> bool| {
            let first = places.first().copied()?;
            let second = places.iter().copied().find(|at| !same(first, *at))?;
            Some((self.word(first)?.raw.clone(), self.word(second)?.raw.clone()))
        };
        let same_name = |a: usize, b: usize| self.word(a).map(|w| &w.text) == self.word(b).map(|w| &w.text);
        let same_level = |a: usize, b: usize| self.level(a) == self.level(b);
        differs(federations, &same_name)
            .map(|(first, second)| Fault::TwoFederations { first, second })
            .or_else(|| {
                differs(levels, &same_level).map(|(first, second)| Fault::TwoLevels { first, second })
            })
    }
}
