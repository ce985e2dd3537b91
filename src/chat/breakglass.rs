//! `/breakglass`, from what a person said to what is decided: federations, people and lengths. The same for every door.
//!
//! It decides nothing and asks nothing of the outside: who a mention is, the door has found out before (P9), and everybody
//! else is looked up in the directory of the ledger (P8).

use std::collections::BTreeMap;

use glasskey_commands::breakglass::{self, Breakglass, LevelWord, OnWords};
use glasskey_commands::definition::BreakglassKeyword;
use glasskey_commands::{EmergencyRef, Length, PersonRef, Usage};
use glasskey_domain::command::{EmergencyCommand, NewEmergency, Which};
use glasskey_domain::emergency::{Level, Purpose};
use glasskey_domain::refusal::Kind;
use glasskey_domain::{Book, EmergencyId, FederationId, PersonId, Refusal, Seconds};

use super::asking::{Ear, length};
use crate::directory::resolve;

/// The verb of what is refused before it is known what was meant, for the journal.
pub const VERB: &str = "breakglass";

/// What a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Something to decide.
    Decide(EmergencyCommand),
    /// To know how things are: of one federation, or of all.
    Status(Option<FederationId>),
    /// To be helped; with the part they want to know about.
    Help(Option<BreakglassKeyword>),
    /// To fill in a form, where the door has one.
    Form,
}

/// Who is meant by what only the door understands.
#[derive(Debug, Clone, Default)]
pub struct Crowd {
    /// Whom the mentions of this chat point at, by the chat's own user id.
    pub mentioned: BTreeMap<String, Result<PersonId, Refusal>>,
    /// Whether `@name` is a user name of the company. In chat it is not: there people name themselves.
    pub names_count: bool,
}

/// Reads what was typed after `/breakglass`.
///
/// # Errors
/// When the words do not make a command; nothing has been decided then.
pub fn read(ear: &Ear<'_>, text: &str) -> Result<Breakglass, Usage> {
    breakglass::parse(text, ear)
}

/// The chat's user ids of those who are mentioned, for the door to find out who they are.
#[must_use]
pub fn mentions(said: &Breakglass) -> Vec<String> {
    let people = match said {
        Breakglass::On(words) => words.people.as_slice(),
        Breakglass::Add { people, .. } | Breakglass::Remove { people, .. } => people.as_slice(),
        Breakglass::Form
        | Breakglass::Help(_)
        | Breakglass::Off { .. }
        | Breakglass::Status { .. }
        | Breakglass::Extend { .. }
        | Breakglass::Confirm { .. }
        | Breakglass::Decline { .. }
        | Breakglass::Drill { .. }
        | Breakglass::Review { .. } => &[],
    };
    let ids = people.iter().filter_map(|person| match person {
        PersonRef::Mention(id) => Some(id.clone()),
        PersonRef::Email(_) | PersonRef::Name(_) => None,
    });
    ids.collect()
}

/// What was said, with all that it names found. The book is asked for nothing but when an emergency ends.
///
/// # Errors
/// When a name in it leads nowhere, or to several.
pub fn wish(ear: &Ear<'_>, book: &Book, said: Breakglass, crowd: &Crowd) -> Result<Wish, Refusal> {
    let command = match said {
        Breakglass::Form => return Ok(Wish::Form),
        Breakglass::Help(topic) => return Ok(Wish::Help(topic)),
        Breakglass::Status { federation } => return Ok(Wish::Status(named(ear, federation))),
        Breakglass::On(words) => EmergencyCommand::Open(opening(ear, words, crowd)?),
        Breakglass::Drill { federation } => EmergencyCommand::Open(drill(ear, named(ear, federation))?),
        Breakglass::Off { federation, reason } => {
            EmergencyCommand::Off { which: which(ear, federation), reason }
        }
        Breakglass::Add { federation, people, level } => EmergencyCommand::Add {
            which: which(ear, federation),
            people: everybody(ear, &people, crowd)?,
            level: level_of(level),
        },
        Breakglass::Remove { federation, people } => EmergencyCommand::Remove {
            which: which(ear, federation),
            people: everybody(ear, &people, crowd)?,
        },
        Breakglass::Extend { federation, length } => {
            let which = which(ear, federation);
            let by = longer(ear, book, &which, length)?;
            EmergencyCommand::Extend { which, by }
        }
        Breakglass::Confirm { federation } => EmergencyCommand::Confirm { which: which(ear, federation) },
        Breakglass::Decline { federation, why } => {
            EmergencyCommand::Decline { which: which(ear, federation), why }
        }
        Breakglass::Review { id, note } => EmergencyCommand::Review { id: emergency_id(&id)?, note },
    };
    Ok(Wish::Decide(command))
}

/// A new emergency for an incident.
#[must_use]
pub fn incident(
    federation: Option<FederationId>,
    level: Level,
    length: Option<Seconds>,
    incident: Option<String>,
    reason: String,
    people: Vec<PersonId>,
) -> NewEmergency {
    // The id is a place holder: the engine puts a free one here when it decides.
    let id = EmergencyId::from_bits(0, EmergencyId::SYMBOLS_MIN);
    let purpose = Purpose::Incident;
    NewEmergency { id, federation, purpose, level, length, incident, reason, people, due: None }
}

fn opening(ear: &Ear<'_>, words: OnWords, crowd: &Crowd) -> Result<NewEmergency, Refusal> {
    let people = everybody(ear, &words.people, crowd)?;
    let long = words.length.map(|said| length(ear, said));
    let federation = named(ear, words.federation);
    Ok(incident(federation, level_of(words.level), long, words.incident, words.reason, people))
}

/// A rehearsal, with the canary of the configuration in it, if there is one. A canary that cannot be found is told, because
/// a drill that leaves it out would prove less than people think.
fn drill(ear: &Ear<'_>, federation: Option<FederationId>) -> Result<NewEmergency, Refusal> {
    let all = &ear.settings.federations;
    let settings = match &federation {
        Some(named) => all.get(named),
        None => all.values().next().filter(|_| all.len() == 1),
    };
    let canary = settings.and_then(|settings| settings.canary.as_deref());
    let people = canary.map(|canary| by_directory(ear, canary)).transpose()?;
    let reason = "a drill".to_owned();
    Ok(NewEmergency {
        purpose: Purpose::Drill,
        ..incident(federation, Level::Ro, None, None, reason, people.into_iter().collect())
    })
}

/// Who says nothing gets the smaller one.
fn level_of(said: Option<LevelWord>) -> Level {
    match said {
        None | Some(LevelWord::Ro) => Level::Ro,
        Some(LevelWord::Ops) => Level::Ops,
    }
}

/// The federation as the configuration writes it: people in a hurry do not look at capitals.
fn named(ear: &Ear<'_>, typed: Option<String>) -> Option<FederationId> {
    typed.map(|typed| ear.federation(&typed).cloned().unwrap_or_else(|| FederationId::new(typed)))
}

fn which(ear: &Ear<'_>, federation: Option<String>) -> Which {
    Which::Open(named(ear, federation))
}

fn emergency_id(typed: &EmergencyRef) -> Result<EmergencyId, Refusal> {
    EmergencyId::parse(typed.as_str()).map_err(|not| Refusal::Unresolved {
        what: Kind::Emergency,
        typed: not.text,
        candidates: Vec::new(),
    })
}

fn everybody(ear: &Ear<'_>, people: &[PersonRef], crowd: &Crowd) -> Result<Vec<PersonId>, Refusal> {
    people.iter().map(|person| one(ear, person, crowd)).collect()
}

pub(super) fn one(ear: &Ear<'_>, person: &PersonRef, crowd: &Crowd) -> Result<PersonId, Refusal> {
    let nobody =
        || Refusal::Unresolved { what: Kind::Person, typed: person.to_string(), candidates: Vec::new() };
    match person {
        PersonRef::Mention(id) => crowd.mentioned.get(id).cloned().unwrap_or_else(|| Err(nobody())),
        PersonRef::Email(address) => by_directory(ear, address),
        PersonRef::Name(name) if crowd.names_count => by_directory(ear, name),
        PersonRef::Name(_) => Err(nobody()),
    }
}

fn by_directory(ear: &Ear<'_>, typed: &str) -> Result<PersonId, Refusal> {
    Ok(resolve::person_by(ear.directory, typed)?)
}

/// By how much an end moves. `until 18:00` is counted from the end that there is.
fn longer(ear: &Ear<'_>, book: &Book, which: &Which, said: Length) -> Result<Seconds, Refusal> {
    let from_now = length(ear, said);
    let Length::Until(time) = said else { return Ok(from_now) };
    let Some(deadline) = deadline(book, which) else { return Ok(from_now) };
    let more = from_now.after(ear.now).as_second().saturating_sub(deadline.as_second());
    match u32::try_from(more) {
        Ok(more) if more > 0 => Ok(Seconds(more)),
        Ok(_) | Err(_) => Err(Refusal::Unreadable {
            sentence: format!(
                "it stays open until {} anyway, so there is nothing to extend to {}; `/breakglass off` closes it early",
                deadline.strftime("%Y-%m-%d %H:%M UTC"),
                time.strftime("%H:%M"),
            ),
        }),
    }
}

/// When the emergency that is meant ends, if there is one and it has an end.
fn deadline(book: &Book, which: &Which) -> Option<jiff::Timestamp> {
    let open = |federation: &Option<FederationId>| {
        let mut meant = book.emergencies().filter(|emergency| {
            !emergency.state.is_terminal()
                && federation.as_ref().is_none_or(|federation| *federation == emergency.ask.federation)
        });
        // Several: which of them is meant is asked when it is decided.
        meant.next().filter(|_| meant.next().is_none())
    };
    let emergency = match which {
        Which::Id(id) => book.emergency(id),
        Which::Open(federation) => open(federation),
    };
    emergency?.deadline()
}
