//! Closing an emergency, saying no to one that waits, and looking at it afterwards.

use super::settle::settle;
use super::{Desk, find, level_of, question, too_late};
use crate::command::Which;
use crate::decide::{Decision, Reply, World, enabled_person};
use crate::emergency::{CloseCause, Emergency, EmergencyState, Happening, Review};
use crate::event::EmergencyFact;
use crate::ids::EmergencyId;
use crate::person::{Actor, Door, Who};
use crate::refusal::Refusal;
use crate::settings::{LENGTH_MIN, REASON_LENGTH_MAX};

/// `/breakglass off`. One that waits is taken back, or declined.
pub(super) fn off(
    world: &World<'_>,
    by: &Actor,
    which: &Which,
    reason: Option<&str>,
) -> Result<Decision, Refusal> {
    let emergency = find(world, which)?;
    may_close(world, by, emergency)?;
    let reason = words(reason)?;
    match &emergency.state {
        EmergencyState::Proposed { .. } => Ok(drop_it(world, by, emergency, reason)),
        EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => {
            let due = world.now.min(*deadline);
            let cause = CloseCause::Ordered { by: by.who.clone(), reason };
            let mut desk = Desk::about(world, &emergency.ask.id);
            desk.emit(EmergencyFact::CloseOrdered { cause, due });
            settle(&mut desk);
            let place = &emergency.ask.place;
            let (id, session) = (desk.id.clone(), place.session);
            let cut = place.cut.is_some() && !emergency.is_drill();
            Ok(desk.decided(Reply::EmergencyClosing { id, session, cut }))
        }
        EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => Err(too_late(emergency)),
    }
}

fn words(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > REASON_LENGTH_MAX => {
            Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX })
        }
        other => Ok(other.map(str::to_owned)),
    }
}

fn drop_it(world: &World<'_>, by: &Actor, emergency: &Emergency, why: Option<String>) -> Decision {
    let mut desk = Desk::about(world, &emergency.ask.id);
    if by.who == emergency.ask.by {
        desk.emit(EmergencyFact::Withdrawn);
    } else {
        desk.emit(EmergencyFact::Declined { by: by.who.clone(), why });
    }
    let id = desk.id.clone();
    desk.decided(Reply::EmergencyDropped { id })
}

/// Whoever has a part in it, whoever policy lets open or confirm one, and who works on the host may close it: the fewer
/// questions, the better (P3).
pub(super) fn may_close(world: &World<'_>, by: &Actor, emergency: &Emergency) -> Result<(), Refusal> {
    // Who works on this machine could do as much without us, whoever they are.
    if by.door == Door::Host {
        return Ok(());
    }
    let person = match &by.who {
        Who::Local { .. } | Who::Glasskey => return Ok(()),
        Who::Stranger { .. } => return Err(Refusal::NotInDirectory),
        Who::Person { person } => person,
    };
    let opened = by.who == emergency.ask.by;
    let confirmed = emergency.confirmations.iter().any(|yes| yes.by == *person);
    let sits = emergency.seats.iter().any(|seat| seat.person == *person);
    if opened || confirmed || sits {
        return Ok(());
    }
    if world.directory.enabled(person).is_none() {
        return Err(Refusal::NotEnabled { person: person.clone() });
    }
    let asked = question(world, emergency, person, level_of(emergency), LENGTH_MIN, by.door);
    let may_open = world.rules.breakglass(world.directory, &asked).is_ok();
    if may_open || world.rules.confirm(world.directory, &asked, person).is_ok() {
        Ok(())
    } else {
        Err(Refusal::MayNotClose)
    }
}

/// Another person's no to one that waits.
pub(super) fn decline(
    world: &World<'_>,
    by: &Actor,
    which: &Which,
    why: Option<&str>,
) -> Result<Decision, Refusal> {
    let emergency = find(world, which)?;
    may_close(world, by, emergency)?;
    let why = words(why)?;
    match &emergency.state {
        EmergencyState::Proposed { .. } => Ok(drop_it(world, by, emergency, why)),
        EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => Err(too_late(emergency)),
    }
}

/// An auditor, who had no part in it, acknowledges what was done.
pub(super) fn review(
    world: &World<'_>,
    by: &Actor,
    id: &EmergencyId,
    note: Option<&str>,
) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let Some(emergency) = world.book.emergency(id) else {
        return Err(Refusal::NothingToReview { id: id.clone() });
    };
    if !matches!(emergency.review, Review::Wanted { .. }) {
        return Err(Refusal::NothingToReview { id: id.clone() });
    }
    let confirmed = emergency.confirmations.iter().any(|yes| yes.by == person);
    let sat = emergency.seats.iter().any(|seat| seat.person == person || seat.by == by.who);
    let extended = emergency
        .timeline
        .iter()
        .any(|moment| matches!(&moment.what, Happening::Extended { by: who, .. } if *who == by.who));
    if extended || by.who == emergency.ask.by || confirmed || sat {
        return Err(Refusal::OwnEmergency);
    }
    world
        .rules
        .audit(world.directory, &person, by.door, world.now)
        .map_err(|why| Refusal::NotAnAuditor { why })?;
    let note = words(note)?;
    let mut desk = Desk::about(world, id);
    desk.emit(EmergencyFact::Reviewed { by: person, note });
    Ok(desk.decided(Reply::EmergencyReviewed { id: id.clone() }))
}
