//! Break-glass: opening, confirming, people, extending, closing, timers, what the identity provider answered.
//!
//! Closing asks policy only whether a third person may do it early; its end at the deadline asks nobody (P3). Nothing here
//! rests on Identity Center, the Identity Store or Organizations: people come from the ledger's directory (P8).

mod closing;
mod extending;
mod opening;
mod people;
mod provider;
mod settle;
mod timers;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub(super) use provider::{looked, made, metadata};

use super::{Decision, Draft, Reply, World, noted};
use crate::command::{EmergencyCommand, Which};
use crate::emergency::{Emergency, Level};
use crate::event::{EmergencyFact, Event};
use crate::ids::{EmergencyId, FederationId, PersonId};
use crate::person::{Actor, Door};
use crate::refusal::Refusal;
use crate::rules::{EmergencyQuestion, NotPermitted};
use crate::settings::FederationSettings;
use crate::time::Seconds;
use crate::watch::Center;

/// Decides what somebody says about an emergency, or what is due of one.
pub(super) fn emergency(
    world: &World<'_>,
    by: &Actor,
    command: &EmergencyCommand,
) -> Result<Decision, Refusal> {
    match command {
        EmergencyCommand::Open(new) => opening::open(world, by, new),
        EmergencyCommand::Confirm { which } => opening::confirm(world, by, which),
        EmergencyCommand::Decline { which, why } => closing::decline(world, by, which, why.as_deref()),
        EmergencyCommand::Off { which, reason } => closing::off(world, by, which, reason.as_deref()),
        EmergencyCommand::Add { which, people, level } => people::add(world, by, which, people, *level),
        EmergencyCommand::Remove { which, people } => people::remove(world, by, which, people),
        EmergencyCommand::Extend { which, by: length } => extending::extend(world, by, which, *length),
        EmergencyCommand::Review { id, note } => closing::review(world, by, id, note.as_deref()),
        EmergencyCommand::Tick { id } => Ok(timers::tick(world, id)),
    }
}

/// The verb, for the journal's fact of a refusal.
pub(super) fn verb(command: &EmergencyCommand) -> &'static str {
    match command {
        EmergencyCommand::Open(_) => "breakglass-on",
        EmergencyCommand::Confirm { .. } => "breakglass-confirm",
        EmergencyCommand::Decline { .. } => "breakglass-decline",
        EmergencyCommand::Off { .. } => "breakglass-off",
        EmergencyCommand::Add { .. } => "breakglass-add",
        EmergencyCommand::Remove { .. } => "breakglass-remove",
        EmergencyCommand::Extend { .. } => "breakglass-extend",
        EmergencyCommand::Review { .. } => "breakglass-review",
        EmergencyCommand::Tick { .. } => "breakglass-tick",
    }
}

/// Identity Center began, or ceased, to answer: written and told when that is news.
pub(super) fn center(world: &World<'_>, answers: bool, since: Timestamp) -> Decision {
    let channels = || {
        let places = world.settings.federations.values().map(|federation| &federation.place);
        let named = places.flat_map(|place| [place.channel.clone(), place.discord_channel.clone()]);
        let mut channels: Vec<String> = named.flatten().collect();
        channels.sort();
        channels.dedup();
        channels
    };
    let event = match (&world.book.watch().center, answers) {
        (Center::Silent { .. }, false) | (Center::Answers { .. }, true) => None,
        (Center::Unknown | Center::Answers { .. }, false) => {
            Some(Event::CenterSilent { since, channels: channels() })
        }
        (Center::Unknown, true) => Some(Event::CenterAnswers { since, channels: Vec::new() }),
        (Center::Silent { .. }, true) => Some(Event::CenterAnswers { since, channels: channels() }),
    };
    event.map_or_else(|| Decision { events: Vec::new(), reply: Reply::Noted }, noted)
}

/// A drill was not held when it was due; told once.
pub(super) fn drill_missed(world: &World<'_>, federation: &FederationId, due: Timestamp) -> Decision {
    let served = world.book.watch().drill_due.get(federation).is_some_and(|served| *served >= due);
    match world.settings.federations.get(federation).filter(|_| !served) {
        Some(settings) => noted(Event::DrillMissed {
            federation: federation.clone(),
            due,
            channel: settings.place.channel.clone(),
            discord_channel: settings.place.discord_channel.clone(),
        }),
        None => Decision { events: Vec::new(), reply: Reply::Noted },
    }
}

/// The federation that is meant: the named one, or the only one.
fn federation<'a>(
    world: &World<'a>,
    named: Option<&FederationId>,
) -> Result<(&'a FederationId, &'a FederationSettings), Refusal> {
    let all = &world.settings.federations;
    let found = match named {
        Some(named) => all.get_key_value(named),
        None if all.len() == 1 => all.first_key_value(),
        None => None,
    };
    found.ok_or_else(|| {
        if all.is_empty() {
            Refusal::NoFederation
        } else {
            Refusal::WhichFederation { named: named.cloned(), known: all.keys().cloned().collect() }
        }
    })
}

/// The emergency that is meant. Open ones need no configuration: what they need is written in them.
fn find<'a>(world: &World<'a>, which: &Which) -> Result<&'a Emergency, Refusal> {
    match which {
        Which::Id(id) => world.book.emergency(id).ok_or(Refusal::NoEmergency),
        Which::Open(Some(named)) => world.book.open_emergency(named).ok_or(Refusal::NoEmergency),
        Which::Open(None) => {
            let open = world.book.emergencies().filter(|emergency| !emergency.state.is_terminal());
            let known: BTreeSet<&FederationId> = open.map(|emergency| &emergency.ask.federation).collect();
            match (known.first(), known.len()) {
                (Some(only), 1) => world.book.open_emergency(only).ok_or(Refusal::NoEmergency),
                (None, _) => Err(Refusal::NoEmergency),
                (Some(_), _) => {
                    let known = known.into_iter().cloned().collect();
                    Err(Refusal::WhichFederation { named: None, known })
                }
            }
        }
    }
}

fn too_late(emergency: &Emergency) -> Refusal {
    Refusal::EmergencyTooLate { id: emergency.ask.id.clone(), state: emergency.state.word() }
}

/// The question that policy is asked about an emergency as it is, or would be.
fn question(
    world: &World<'_>,
    emergency: &Emergency,
    opener: &PersonId,
    level: Level,
    length: Seconds,
    door: Door,
) -> EmergencyQuestion {
    EmergencyQuestion {
        opener: opener.clone(),
        federation: emergency.ask.federation.clone(),
        level,
        length,
        incident: emergency.ask.incident.clone(),
        drill: emergency.is_drill(),
        door,
        at: world.now,
        emergency_on: world.emergency_on,
    }
}

/// What would have needed more people's yes to be opened is not reached by opening less and going on from there (P1).
fn enough_confirmed(emergency: &Emergency, needed: u32, another: Option<&PersonId>) -> Result<(), Refusal> {
    let people = emergency.confirmations.iter().map(|yes| &yes.by).chain(another);
    let counting = people.collect::<BTreeSet<_>>().len();
    let counting = u32::try_from(counting).unwrap_or(u32::MAX).max(emergency.terms.approvals);
    if needed > counting {
        let why = NotPermitted::ApprovalsGone { needed, counting };
        return Err(Refusal::MayNotBreakGlass { why });
    }
    Ok(())
}

/// The most that anybody in it may do.
fn level_of(emergency: &Emergency) -> Level {
    emergency.seats_given().map(|seat| seat.level).max().unwrap_or(Level::Ro)
}

/// A decision in the making about one emergency.
struct Desk<'w> {
    world: &'w World<'w>,
    draft: Draft,
    id: EmergencyId,
}

impl<'w> Desk<'w> {
    fn about(world: &'w World<'w>, id: &EmergencyId) -> Self {
        Self { world, draft: Draft::about_emergencies(world, &[id]), id: id.clone() }
    }

    fn emit(&mut self, fact: EmergencyFact) {
        self.draft.emit(Event::Emergency { id: self.id.clone(), fact });
    }

    fn emergency(&self) -> Option<&Emergency> {
        self.draft.book.emergency(&self.id)
    }

    fn decided(self, reply: Reply) -> Decision {
        self.draft.decided(reply)
    }
}
