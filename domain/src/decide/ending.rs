//! Taking access away. Asks policy only whether a third person may do it early; its end at the deadline asks nobody (P3).

use super::settle::{self, settle};
use super::{Decision, Draft, Reply, World, find};
use crate::event::Event;
use crate::ids::RequestId;
use crate::person::{Actor, Who};
use crate::refusal::Refusal;
use crate::request::{AccessRequest, EndCause, State};
use crate::rules::{NotPermitted, Verdict};
use crate::settings::{OVERDUE_REPEAT_FIRST, OVERDUE_REPEAT_MAX};
use crate::time::Seconds;

/// A person ends a grant early.
pub(super) fn end(world: &World<'_>, by: &Actor, id: &RequestId, cut: bool) -> Result<Decision, Refusal> {
    let request = find(world, id)?;
    may_end(world, by, request)?;
    let state = request.state.word();
    match &request.state {
        State::Scheduled { .. } | State::Granting { .. } | State::Active { .. } => {}
        State::Pending { .. } => return Err(Refusal::TooEarly { state }),
        State::Ending { cause, .. } | State::Ended { cause, .. } => {
            return Err(Refusal::TooLate { state, since: request.state.since(), by: who_ended(cause) });
        }
        State::Denied { .. } | State::Withdrawn { .. } | State::Lapsed { .. } | State::Failed { .. } => {
            return Err(Refusal::TooLate { state, since: request.state.since(), by: None });
        }
    }
    let session = request.ask.session();
    let mut draft = Draft::about_request(world, id);
    // A membership opens sessions that nobody can name: there is nothing to cut.
    if cut && request.ask.targets().any(|target| target.permission_set().is_some()) {
        if !world.settings.cut_sessions {
            return Err(Refusal::CannotCutSessions);
        }
        draft.emit(Event::CutAsked { id: id.clone() });
    }
    settle::end(&mut draft, id, EndCause::Revoked { by: by.who.clone() });
    settle(world, &mut draft);
    let reply = ended_reply(&draft, id, session);
    Ok(draft.decided(reply))
}

fn ended_reply(draft: &Draft, id: &RequestId, session: Seconds) -> Reply {
    let id = id.clone();
    match draft.book.request(&id).map(|request| &request.state) {
        Some(State::Ended { kept_by: Some(keeper), .. }) => Reply::Kept { id, by: keeper.clone() },
        Some(state) if state.is_terminal() => Reply::NothingToEnd { id },
        Some(_) | None => Reply::Ending { id, session },
    }
}

/// The requester, whoever approved it, whom policy lets, and who works on the host may end it.
pub(super) fn may_end(world: &World<'_>, by: &Actor, request: &AccessRequest) -> Result<(), Refusal> {
    let person = match &by.who {
        Who::Local { .. } | Who::Glasskey => return Ok(()),
        Who::Stranger { .. } => return Err(Refusal::NotInDirectory),
        Who::Person { person } => person,
    };
    if person == &request.ask.requester || request.approvals.iter().any(|approval| &approval.by == person) {
        return Ok(());
    }
    if world.directory.enabled(person).is_none() {
        return Err(Refusal::NotEnabled { person: person.clone() });
    }
    // Who may end one thing of it may end it: taking away is never the harder part.
    let mut why = NotPermitted::NoPolicy;
    for question in request.questions(world.now, world.emergency_on) {
        match world.rules.revoke(world.directory, &question, person) {
            Verdict::Permit(_) => return Ok(()),
            Verdict::Refuse(not) => why = not,
        }
    }
    Err(Refusal::MayNotEnd { why })
}

fn who_ended(cause: &EndCause) -> Option<crate::ids::PersonId> {
    match cause {
        EndCause::Revoked { by: Who::Person { person } } => Some(person.clone()),
        EndCause::Revoked { .. }
        | EndCause::Expired
        | EndCause::GrantFailed { .. }
        | EndCause::NoLongerPermitted { .. }
        | EndCause::RemovedByHand
        | EndCause::ConditionsChanged { .. }
        | EndCause::AlreadyHeld { .. } => None,
        EndCause::Objected { by, .. } => Some(by.clone()),
    }
}

/// A grant's time is up. A timer that comes early (a clock set back) changes nothing and comes again.
pub(super) fn expire(world: &World<'_>, id: &RequestId) -> Decision {
    let mut draft = Draft::about_request(world, id);
    if let Some(State::Scheduled { deadline, .. }) = world.book.request(id).map(|request| &request.state) {
        // Its time passed while nobody was there to begin it (pitfall 27).
        if *deadline <= world.now {
            settle::end(&mut draft, id, EndCause::Expired);
        }
    }
    settle(world, &mut draft);
    draft.decided(Reply::Noted)
}

/// Humans are told (again) that access which should be gone may still be there (P3).
pub(super) fn overdue(world: &World<'_>, id: &RequestId) -> Decision {
    let mut draft = Draft::about_request(world, id);
    let told = world.book.request(id).and_then(|request| match &request.state {
        State::Ending { overdue_told, tell_overdue_at, .. } if *tell_overdue_at <= world.now => {
            Some(*overdue_told)
        }
        State::Ending { .. }
        | State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => None,
    });
    if let Some(told) = told {
        let again_at = overdue_pause(told).after(world.now);
        draft.emit(Event::OverdueTold { id: id.clone(), nth: told.saturating_add(1), again_at });
    }
    settle(world, &mut draft);
    draft.decided(Reply::Noted)
}

/// 5, 10, 20, 30, 30 … minutes.
pub(super) fn overdue_pause(told: u32) -> Seconds {
    let factor = 1_u32.checked_shl(told.min(16)).unwrap_or(u32::MAX);
    Seconds(OVERDUE_REPEAT_FIRST.0.saturating_mul(factor)).min(OVERDUE_REPEAT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overdue_is_repeated_ever_more_slowly_but_never_less_than_every_half_hour() {
        let pauses: Vec<u32> = (0..6).map(|told| overdue_pause(told).0 / 60).collect();
        assert_eq!(pauses, [5, 10, 20, 30, 30, 30]);
        assert_eq!(overdue_pause(u32::MAX), OVERDUE_REPEAT_MAX);
    }
}
