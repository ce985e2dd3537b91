//! Access first, approval after: it is announced to everybody who would have approved, and somebody must look at it.

use super::permission::may_approve;
use super::settle::{self, settle};
use super::{Decision, Draft, Reply, World, enabled_person, find};
use crate::event::Event;
use crate::ids::{PersonId, RequestId};
use crate::person::Actor;
use crate::refusal::Refusal;
use crate::request::{AccessRequest, EndCause};
use crate::rules::Question;
use crate::settings::REASON_LENGTH_MAX;

/// Says so in every channel where incidents are talked about.
pub(super) fn announce(world: &World<'_>, draft: &mut Draft, id: &RequestId) {
    let places = world.settings.federations.values().map(|federation| &federation.place);
    let mut channels: Vec<String> =
        places.flat_map(|place| [place.channel.clone(), place.discord_channel.clone()]).flatten().collect();
    channels.sort();
    channels.dedup();
    draft.emit(Event::UrgentUsed { id: id.clone(), channels });
}

/// An approver says that it was right.
pub(super) fn acknowledge(
    world: &World<'_>,
    by: &Actor,
    id: &RequestId,
    note: Option<&str>,
) -> Result<Decision, Refusal> {
    let person = reviewer(world, by, id)?;
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > REASON_LENGTH_MAX) {
        return Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX });
    }
    let mut draft = Draft::about_request(world, id);
    draft.emit(Event::Acknowledged { id: id.clone(), by: person, note: note.map(str::to_owned) });
    Ok(draft.decided(Reply::Acknowledged { id: id.clone() }))
}

/// An approver says that it was not right: if it is still there, it ends.
pub(super) fn object(world: &World<'_>, by: &Actor, id: &RequestId, why: &str) -> Result<Decision, Refusal> {
    let person = reviewer(world, by, id)?;
    let why = why.trim().to_owned();
    match why.chars().count() {
        0 => return Err(Refusal::ReasonTooShort { min: 1 }),
        length if length > REASON_LENGTH_MAX => {
            return Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX });
        }
        _ => {}
    }
    let mut draft = Draft::about_request(world, id);
    let live = world.book.request(id).is_some_and(AccessRequest::is_live);
    draft.emit(Event::Objected { id: id.clone(), by: person.clone(), why: why.clone() });
    if live {
        settle::end(&mut draft, id, EndCause::Objected { by: person, why });
        settle(world, &mut draft);
    }
    Ok(draft.decided(Reply::Objected { id: id.clone(), ended: live }))
}

/// Who may approve it may look at it, and is not who used it (P1).
fn reviewer(world: &World<'_>, by: &Actor, id: &RequestId) -> Result<PersonId, Refusal> {
    let person = enabled_person(world, by)?;
    let request = find(world, id)?;
    if person == request.ask.requester {
        return Err(Refusal::OwnRequest);
    }
    if !request.review.is_wanted() {
        return Err(Refusal::NothingToAcknowledge { id: id.clone() });
    }
    let questions: Vec<Question> = request.questions(world.now, world.emergency_on).collect();
    may_approve(world, &questions, &person).map_err(|why| Refusal::NotAnApprover { why })?;
    Ok(person)
}
