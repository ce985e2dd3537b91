//! Who is in it, while it is on.

use super::opening::known_and_enabled;
use super::settle::settle;
use super::{Desk, closing, enough_confirmed, find, level_of, question, too_late};
use crate::command::Which;
use crate::decide::{Decision, Reply, World, enabled_person};
use crate::emergency::{Emergency, EmergencyState, Level};
use crate::event::EmergencyFact;
use crate::ids::PersonId;
use crate::person::Actor;
use crate::refusal::Refusal;
use crate::settings::SEATS_MAX;

/// Gives people the access: like opening it for them, so policy is asked the same.
pub(super) fn add(
    world: &World<'_>,
    by: &Actor,
    which: &Which,
    people: &[PersonId],
    level: Level,
) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let emergency = find(world, which)?;
    open_now(world, emergency)?;
    if !emergency.ask.place.groups.contains_key(&level) {
        return Err(Refusal::NoSuchLevel { level });
    }
    let highest = level_of(emergency).max(level);
    let asked = question(world, emergency, &person, highest, emergency.ask.length, by.door);
    let terms =
        world.rules.breakglass(world.directory, &asked).map_err(|why| Refusal::MayNotBreakGlass { why })?;
    enough_confirmed(emergency, terms.approvals, None)?;
    let mut added: Vec<PersonId> = Vec::new();
    for person in people {
        let known = known_and_enabled(world, person)?;
        if !added.contains(&known) && !sits(emergency, &known, level) {
            added.push(known);
        }
    }
    if added.is_empty() {
        return Err(Refusal::AlreadyIn);
    }
    if emergency.seats_given().count().saturating_add(added.len()) > SEATS_MAX {
        return Err(Refusal::TooManyPeople { max: SEATS_MAX });
    }
    let mut desk = Desk::about(world, &emergency.ask.id);
    for person in &added {
        let (person, by) = (person.clone(), by.who.clone());
        desk.emit(EmergencyFact::SeatGiven { person, level, by });
    }
    settle(&mut desk);
    let id = desk.id.clone();
    Ok(desk.decided(Reply::EmergencyAdding { id, people: added, level }))
}

/// Whether the person has this seat, and nothing is in the way of it that giving it again could mend.
fn sits(emergency: &Emergency, person: &PersonId, level: Level) -> bool {
    emergency.seats_given().any(|seat| {
        let broken = seat.gone_by_hand || seat.trouble.as_ref().is_some_and(|trouble| trouble.for_good);
        seat.person == *person && seat.level == level && !broken
    })
}

/// Opening or on, and its time not up, whether or not the timer came.
fn open_now(world: &World<'_>, emergency: &Emergency) -> Result<(), Refusal> {
    match &emergency.state {
        EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. }
            if world.now < *deadline && !emergency.is_drill() =>
        {
            Ok(())
        }
        EmergencyState::Proposed { .. }
        | EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => Err(too_late(emergency)),
    }
}

/// Takes the access from people; as closing it, it rests on policy only for those who have no part in it (P3).
pub(super) fn remove(
    world: &World<'_>,
    by: &Actor,
    which: &Which,
    people: &[PersonId],
) -> Result<Decision, Refusal> {
    let emergency = find(world, which)?;
    closing::may_close(world, by, emergency)?;
    match &emergency.state {
        EmergencyState::Opening { .. } | EmergencyState::On { .. } => {}
        EmergencyState::Proposed { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => return Err(too_late(emergency)),
    }
    let mut removed: Vec<PersonId> = Vec::new();
    for person in people {
        let sits = emergency.seats_given().any(|seat| seat.person == *person);
        if sits && !removed.contains(person) {
            removed.push(person.clone());
        }
    }
    if removed.is_empty() {
        return Err(Refusal::NobodyToRemove);
    }
    let mut desk = Desk::about(world, &emergency.ask.id);
    for person in &removed {
        let (person, by) = (person.clone(), by.who.clone());
        desk.emit(EmergencyFact::SeatsTaken { person, by });
    }
    settle(&mut desk);
    let id = desk.id.clone();
    Ok(desk.decided(Reply::EmergencyRemoving { id, people: removed }))
}
