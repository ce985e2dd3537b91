//! The commands that take a few words in any order and nothing else: `add`, `remove`, `extend`.
//!
//! Must never pass over a word that it does not understand: one of them may be the person who was meant.

use super::{Breakglass, Keyword, LevelWord, Right, Wrong, extra, wrong};
use crate::length::{self, Found, Length};
use crate::parts::{EXAMPLE_LENGTH, Unit, is_filler, only_length, units};
use crate::person::PersonRef;
use crate::usage::{Fault, Slot};
use crate::vocabulary::Vocabulary;
use crate::words::Word;

/// Words between the parts that mean nothing here, besides those of every command.
const ALSO_FILLERS: &[&str] = &["and", "by", "from"];

/// Whether a word between people means nothing.
pub(super) fn leads_to_people(word: &Word) -> bool {
    is_filler(word) || ALSO_FILLERS.contains(&word.key().as_str())
}

enum Kind {
    Level(LevelWord),
    Length(Found),
    Person(PersonRef),
    Filler,
    Federation,
    Other,
}

/// What was understood.
struct Few<'w> {
    words: &'w [Word],
    units: Vec<Unit<Kind>>,
    federation: Option<String>,
    level: Option<LevelWord>,
    people: Vec<PersonRef>,
    /// The first thing that is wrong with it, whatever the command.
    fault: Option<Fault>,
}

pub(super) fn add(rest: &[Word], vocabulary: &dyn Vocabulary) -> Result<Breakglass, Wrong> {
    let few = Few::of(rest, vocabulary);
    let fault = few.not_a_person(|kind| matches!(kind, Kind::Length(_) | Kind::Other));
    let Few { federation, level, people, fault: other, .. } = few;
    people_of(Keyword::Add, other.or(fault), people, |people| Breakglass::Add { federation, people, level })
}

pub(super) fn remove(rest: &[Word], vocabulary: &dyn Vocabulary) -> Result<Breakglass, Wrong> {
    let few = Few::of(rest, vocabulary);
    let not_person = few.not_a_person(|kind| matches!(kind, Kind::Length(_) | Kind::Other));
    let level = few.first(|kind| matches!(kind, Kind::Level(_))).map(|word| extra(Keyword::Remove, word));
    let Few { federation, people, fault: other, .. } = few;
    let fault = not_person.or(level).or(other);
    people_of(Keyword::Remove, fault, people, |people| Breakglass::Remove { federation, people })
}

/// The command if there are people and no fault; or else the fault, with the people who were understood.
fn people_of(
    keyword: Keyword,
    fault: Option<Fault>,
    people: Vec<PersonRef>,
    command: impl FnOnce(Vec<PersonRef>) -> Breakglass,
) -> Result<Breakglass, Wrong> {
    let fault = fault.or_else(|| people.is_empty().then(|| Fault::Missing(vec![Slot::Person])));
    match fault {
        None => Ok(command(people)),
        Some(fault) if people.is_empty() => Err(wrong(fault, keyword)),
        Some(fault) => Err(Wrong { fault, right: Right::Text(command(people).to_string()) }),
    }
}

pub(super) fn extend(rest: &[Word], vocabulary: &dyn Vocabulary) -> Result<Breakglass, Wrong> {
    let few = Few::of(rest, vocabulary);
    let found = few.units.iter().enumerate().filter_map(|(at, unit)| match unit.kind {
        Kind::Length(found) => Some((at, found)),
        Kind::Level(_) | Kind::Person(_) | Kind::Filler | Kind::Federation | Kind::Other => None,
    });
    let lengths = only_length(&found.collect::<Vec<_>>(), &few.units, rest);
    let other = few.first(|kind| matches!(kind, Kind::Level(_) | Kind::Person(_) | Kind::Other));
    let fault = match (lengths.fault, other, lengths.length) {
        (Some(fault), _, _) => Some(fault),
        (None, Some(word), _) => Some(extra(Keyword::Extend, word)),
        (None, None, None) => Some(Fault::Missing(vec![Slot::Duration])),
        (None, None, Some(_)) => few.fault,
    };
    let length: Length = lengths.length.unwrap_or(EXAMPLE_LENGTH);
    let said = Breakglass::Extend { federation: few.federation, length };
    match fault {
        None => Ok(said),
        Some(fault) => Err(Wrong { fault, right: Right::Text(said.to_string()) }),
    }
}

impl<'w> Few<'w> {
    fn of(words: &'w [Word], vocabulary: &dyn Vocabulary) -> Self {
        let units = units(words, |rest| unit(rest, vocabulary));
        let mut few =
            Self { words, units: Vec::new(), federation: None, level: None, people: Vec::new(), fault: None };
        let mut first_level: Option<&Word> = None;
        for unit in &units {
            let Some(word) = words.get(unit.words.start) else { continue };
            match &unit.kind {
                Kind::Person(person) if !few.people.contains(person) => few.people.push(person.clone()),
                Kind::Level(level) => {
                    if let Some(first) = first_level.filter(|_| few.level != Some(*level)) {
                        let (first, second) = (first.raw.clone(), word.raw.clone());
                        few.fault.get_or_insert(Fault::TwoLevels { first, second });
                    }
                    few.level.get_or_insert(*level);
                    first_level.get_or_insert(word);
                }
                Kind::Federation => {
                    if let Some(first) = few.federation.clone().filter(|first| *first != word.text) {
                        few.fault.get_or_insert(Fault::TwoFederations { first, second: word.raw.clone() });
                    }
                    few.federation.get_or_insert_with(|| word.text.clone());
                }
                Kind::Person(_) | Kind::Length(_) | Kind::Filler | Kind::Other => {}
            }
        }
        Self { units, ..few }
    }

    /// The first word of the first unit that is one of these.
    fn first(&self, is: impl Fn(&Kind) -> bool) -> Option<&'w Word> {
        self.units.iter().find(|unit| is(&unit.kind)).and_then(|unit| self.words.get(unit.words.start))
    }

    fn not_a_person(&self, is: impl Fn(&Kind) -> bool) -> Option<Fault> {
        self.first(is).map(|word| Fault::NotAPerson { typed: word.raw.clone() })
    }
}

fn unit(rest: &[Word], vocabulary: &dyn Vocabulary) -> (Kind, usize) {
    if let Some(found) = length::read(rest) {
        return (Kind::Length(found), found.words);
    }
    let Some(word) = rest.first() else { return (Kind::Filler, 1) };
    let key = word.key();
    let kind = if let Some(level) = LevelWord::named(&key) {
        Kind::Level(level)
    } else if let Some(person) = PersonRef::parse(&word.text) {
        Kind::Person(person)
    } else if leads_to_people(word) {
        Kind::Filler
    } else if vocabulary.is_federation(&word.text) {
        Kind::Federation
    } else {
        Kind::Other
    };
    (kind, 1)
}
