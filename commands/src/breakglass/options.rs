//! `/breakglass` by named options: each part is read as what its field says.
//!
//! Must never pass over a word among the people: it may be the person who was meant.

use super::few::leads_to_people;
use super::{Breakglass, LevelWord, OnWords};
use crate::definition::{BREAKGLASS, BreakglassKeyword as Keyword, OptKind};
use crate::options::{Given, Instead, Said};
use crate::person::PersonRef;
use crate::selector::EmergencyRef;
use crate::usage::{Fault, Numbered, Slot, Usage};
use crate::words::split;

/// Reads what was said by named options. `on` with nothing filled in asks for the form, and `on` may lack its reason:
/// whether it needs one, and then asking for it, is the door's. Whether there is such a federation is decided elsewhere.
///
/// # Errors
///
/// [`Usage`], when the options say nothing that can be done; its right form is written with options, too.
pub fn from_options(said: &Said<'_>) -> Result<Breakglass, Usage> {
    let Some(given) = Given::of(&BREAKGLASS, said)? else { return Ok(Breakglass::Form) };
    let federation = given.owned(OptKind::Federation);
    let reason = || given.owned(OptKind::Reason);
    Ok(match given.keyword() {
        Keyword::On if given.is_empty() => Breakglass::Form,
        Keyword::On => Breakglass::On(OnWords {
            federation,
            level: level(&given)?,
            length: given.length()?,
            incident: given.ticket()?,
            reason: reason().unwrap_or_default(),
            people: people(&given)?,
        }),
        Keyword::Off => Breakglass::Off { federation, reason: reason() },
        Keyword::Status => Breakglass::Status { federation },
        Keyword::Add => Breakglass::Add { federation, people: somebody(&given)?, level: level(&given)? },
        Keyword::Remove => Breakglass::Remove { federation, people: somebody(&given)? },
        Keyword::Extend => {
            let length = given.length()?.ok_or_else(|| given.missing(&[]))?;
            Breakglass::Extend { federation, length }
        }
        Keyword::Confirm => Breakglass::Confirm { federation },
        Keyword::Decline => Breakglass::Decline { federation, why: reason() },
        Keyword::Drill => Breakglass::Drill { federation },
        Keyword::Review => {
            let id = given.id((OptKind::Emergency, Numbered::Emergency), EmergencyRef::parse)?;
            Breakglass::Review { id, note: reason() }
        }
        Keyword::Help => Breakglass::Help(given.topic(OptKind::BreakglassTopic)?),
    })
}

fn level(given: &Given<Keyword>) -> Result<Option<LevelWord>, Usage> {
    let Some(typed) = given.text(OptKind::Level) else { return Ok(None) };
    match LevelWord::named(&typed.to_lowercase()) {
        Some(level) => Ok(Some(level)),
        None => {
            Err(given.wrong_at(OptKind::Level, Fault::NotALevel { typed: typed.to_owned() }, Instead::Gap))
        }
    }
}

/// Each once, in the order they were typed; at least one.
fn somebody(given: &Given<Keyword>) -> Result<Vec<PersonRef>, Usage> {
    let people = people(given)?;
    if people.is_empty() {
        Err(given.wrong_at(OptKind::People, Fault::Missing(vec![Slot::Person]), Instead::Gap))
    } else {
        Ok(people)
    }
}

/// Each once, in the order they were typed.
fn people(given: &Given<Keyword>) -> Result<Vec<PersonRef>, Usage> {
    let typed = given.text(OptKind::People).unwrap_or_default();
    let mut people: Vec<PersonRef> = Vec::new();
    // Chats set no blank between two mentions that are chosen one after the other.
    for word in split(&typed.replace("><", "> <")) {
        match PersonRef::parse(&word.text) {
            Some(person) if people.contains(&person) => {}
            Some(person) => people.push(person),
            None if leads_to_people(&word) => {}
            None => {
                let fault = Fault::NotAPerson { typed: word.raw };
                let known = people.iter().map(PersonRef::to_string).collect::<Vec<_>>().join(" ");
                let instead = if known.is_empty() { Instead::Gap } else { Instead::Text(known) };
                return Err(given.wrong_at(OptKind::People, fault, instead));
            }
        }
    }
    Ok(people)
}
