//! More time for a grant: under policy as it is now, for the whole length that it comes to, and with new approvals where
//! policy asks for them. Nothing is touched at the provider; only the deadline moves.

use jiff::Timestamp;

use super::approvers::callable;
use super::permission::{MAX_LENGTH_SETTING, all_permitted_now, counting, may_approve, still_unmet, under};
use super::requests::{less, too_late};
use super::{Decision, Draft, Reply, World, enabled_person, find};
use crate::event::Event;
use crate::ids::{PersonId, RequestId};
use crate::person::Actor;
use crate::refusal::Refusal;
use crate::request::{AccessRequest, Approval, Extension, State};
use crate::rules::{NotPermitted, Question, Terms};
use crate::settings::{LENGTH_MIN, REASON_LENGTH_MAX};
use crate::time::Seconds;

/// A person asks for more time.
pub(super) fn extend(
    world: &World<'_>,
    by: &Actor,
    id: &RequestId,
    more: Seconds,
    reason: Option<&str>,
) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let request = find(world, id)?;
    if person != request.ask.requester {
        return Err(Refusal::NotTheRequester);
    }
    let (since, deadline) = live(world, request)?;
    if let Some(extension) = request.extension.as_ref().filter(|_| waits(request, world.now)) {
        return Err(Refusal::ExtensionWaits { lapses_at: extension.lapses_at });
    }
    in_order(more, reason)?;
    let length = whole(since, deadline, more);
    let questions = questions(world, request, length);
    let terms = permitted(world, request, &questions, length)?;
    let callable = callable(world, &request.ask.requester, &questions, &terms)?;
    let mut draft = Draft::about_request(world, id);
    if terms.approvals == 0 {
        return Ok(extended(world, draft, id, more.after(deadline), &terms));
    }
    let missing = terms.approvals;
    let extension = Extension {
        by: more,
        reason: reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty()),
        at: world.now,
        door: by.door,
        lapses_at: world.settings.lapse_after.after(world.now).min(deadline),
        terms,
        approvers: callable.called.clone(),
        approvals: Vec::new(),
    };
    draft.emit(Event::ExtensionAsked { id: id.clone(), extension });
    Ok(draft.decided(Reply::ExtensionWaiting { id: id.clone(), missing, approvers: callable.called }))
}

/// Whether an extension waits for somebody's approval, and can still be approved.
pub(super) fn waits(request: &AccessRequest, now: Timestamp) -> bool {
    matches!(&request.state, State::Active { deadline, .. } if now < *deadline)
        && request.extension.as_ref().is_some_and(|extension| now < extension.lapses_at)
}

/// An approver says yes to the extension that waits. That they are not the requester was seen before.
pub(super) fn approve(
    world: &World<'_>,
    by: &Actor,
    request: &AccessRequest,
    person: PersonId,
    length: Option<Seconds>,
) -> Result<Decision, Refusal> {
    let (since, deadline) = live(world, request)?;
    let Some(extension) = &request.extension else { return Err(too_late(request)) };
    let said = less(extension.by, length)?;
    let length = whole(since, deadline, extension.by);
    let questions = questions(world, request, length);
    let terms = permitted(world, request, &questions, length)?;
    let policies = may_approve(world, &questions, &person).map_err(|why| Refusal::NotAnApprover { why })?;
    let mut counted = counting(world, &request.ask.requester, &extension.approvals, &questions);
    // Nobody was kept waiting for this one: the groups that were asked instead of others count for the grant alone.
    let before = still_unmet(world, &[], (&extension.terms, &terms), &counted);
    if counted.contains(&&person) {
        return Err(Refusal::AlreadyApproved { missing: before.people });
    }
    counted.push(&person);
    let missing = still_unmet(world, &[], (&extension.terms, &terms), &counted);
    if missing.people >= before.people && before.people > 0 {
        return Err(Refusal::NotOfTheGroups { groups: missing.groups });
    }
    let id = &request.ask.id;
    let mut draft = Draft::about_request(world, id);
    let approval = Approval { by: person.clone(), at: world.now, door: by.door, policies, length: said };
    draft.emit(Event::ExtensionApproved { id: id.clone(), approval });
    if missing.people > 0 {
        return Ok(draft.decided(Reply::Approved { id: id.clone(), missing: missing.people }));
    }
    let more = extension.length().min(said.unwrap_or(extension.by));
    Ok(extended(world, draft, id, more.after(deadline), &terms))
}

fn extended(
    world: &World<'_>,
    mut draft: Draft,
    id: &RequestId,
    deadline: Timestamp,
    terms: &Terms,
) -> Decision {
    draft.emit(Event::Extended { id: id.clone(), deadline, under: under(world, terms) });
    draft.decided(Reply::Extended { id: id.clone(), deadline })
}

/// Since when and until when it is there, if it is. Time alone ends it, whether or not the timer has fired.
fn live(world: &World<'_>, request: &AccessRequest) -> Result<(Timestamp, Timestamp), Refusal> {
    match &request.state {
        State::Active { since, deadline, .. } if world.now < *deadline => Ok((*since, *deadline)),
        State::Pending { .. } | State::Scheduled { .. } | State::Granting { .. } => {
            Err(Refusal::TooEarly { state: request.state.word() })
        }
        State::Active { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => Err(too_late(request)),
    }
}

fn in_order(more: Seconds, reason: Option<&str>) -> Result<(), Refusal> {
    if more < LENGTH_MIN {
        return Err(Refusal::TooShort { min: LENGTH_MIN });
    }
    if reason.is_some_and(|reason| reason.chars().count() > REASON_LENGTH_MAX) {
        return Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX });
    }
    Ok(())
}

/// How long it is all in all. Policy limits the whole, or many small extensions would be a way around it.
fn whole(since: Timestamp, deadline: Timestamp, more: Seconds) -> Seconds {
    Seconds(Seconds::between(since, deadline).0.saturating_add(more.0))
}

fn questions(world: &World<'_>, request: &AccessRequest, length: Seconds) -> Vec<Question> {
    request
        .questions(world.now, world.emergency_on)
        .map(|question| Question { length, starts_at: None, ..question })
        .collect()
}

fn permitted(
    world: &World<'_>,
    request: &AccessRequest,
    questions: &[Question],
    length: Seconds,
) -> Result<Terms, Refusal> {
    let max = world.settings.max_length;
    if max < length {
        return Err(Refusal::ExtensionTooLong { max, policy: MAX_LENGTH_SETTING.to_owned() });
    }
    all_permitted_now(world, request, questions).map_err(|why| match why {
        NotPermitted::TooLong { max, policy } => Refusal::ExtensionTooLong { max, policy },
        why @ (NotPermitted::NoPolicy
        | NotPermitted::Forbidden { .. }
        | NotPermitted::SessionTooLong { .. }
        | NotPermitted::ApprovalsGone { .. }
        | NotPermitted::Gone
        | NotPermitted::Erred { .. }) => Refusal::NotPermitted { why },
    })
}
