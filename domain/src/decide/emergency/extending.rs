//! Moving the end of an emergency.

use super::opening::length_in_order;
use super::{Desk, enough_confirmed, find, level_of, question, too_late};
use crate::command::Which;
use crate::decide::{Decision, Reply, World, enabled_person};
use crate::emergency::{Emergency, EmergencyState};
use crate::event::EmergencyFact;
use crate::ids::PersonId;
use crate::person::{Actor, Who};
use crate::refusal::Refusal;
use crate::settings::LENGTH_MIN;
use crate::time::Seconds;

/// Moves the end. Where policy wants two people, somebody who could confirm moves it, and not its opener (P1).
pub(super) fn extend(
    world: &World<'_>,
    by: &Actor,
    which: &Which,
    length: Seconds,
) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let emergency = find(world, which)?;
    let (since, deadline) = match &emergency.state {
        EmergencyState::Opening { since, deadline } => (*since, *deadline),
        EmergencyState::On { since, deadline, .. } => (*since, *deadline),
        EmergencyState::Proposed { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => return Err(too_late(emergency)),
    };
    if deadline <= world.now || emergency.is_drill() {
        return Err(too_late(emergency));
    }
    if length < LENGTH_MIN {
        return Err(Refusal::TooShort { min: LENGTH_MIN });
    }
    let until = length.after(deadline);
    let whole = until.as_second().saturating_sub(since.as_second());
    let whole = Seconds(u32::try_from(whole).unwrap_or(u32::MAX));
    if let Some(settings) = world.settings.federations.get(&emergency.ask.federation) {
        length_in_order(settings.max_length, whole)?;
    }
    may_extend(world, by, emergency, &person, whole)?;
    let mut desk = Desk::about(world, &emergency.ask.id);
    desk.emit(EmergencyFact::Extended { deadline: until, by: by.who.clone() });
    let id = desk.id.clone();
    Ok(desk.decided(Reply::EmergencyExtended { id, deadline: until }))
}

fn may_extend(
    world: &World<'_>,
    by: &Actor,
    emergency: &Emergency,
    person: &PersonId,
    whole: Seconds,
) -> Result<(), Refusal> {
    let level = level_of(emergency);
    let may_not = |why| Refusal::MayNotBreakGlass { why };
    let Who::Person { person: opener } = &emergency.ask.by else { return Err(Refusal::NoEmergency) };
    // The opener's own right must reach as far, when another extends it.
    let asked = question(world, emergency, opener, level, whole, by.door);
    let confirms = world.rules.confirm(world.directory, &asked, person);
    if emergency.terms.approvals == 0 || emergency.alone {
        let own = question(world, emergency, person, level, whole, by.door);
        match world.rules.breakglass(world.directory, &own) {
            Ok(terms) if terms.approvals <= emergency.terms.approvals => return Ok(()),
            Err(why) if confirms.is_err() => return Err(may_not(why)),
            Ok(_) | Err(_) => {}
        }
    }
    if person == opener || emergency.seats_given().any(|seat| seat.person == *person) {
        return Err(Refusal::OwnEmergency);
    }
    let terms = world.rules.breakglass(world.directory, &asked).map_err(may_not)?;
    enough_confirmed(emergency, terms.approvals, Some(person))?;
    confirms.map_err(|why| Refusal::MayNotConfirm { why })?;
    Ok(())
}
