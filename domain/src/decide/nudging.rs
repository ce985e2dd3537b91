//! Time alone reminds, escalates, warns, and begins what was scheduled. A timer that comes early changes nothing.

use super::approvers::members_who_may;
use super::permission::permitted_with_approvals;
use super::requests::grant;
use super::settle;
use super::{Decision, Draft, Reply, World};
use crate::event::Event;
use crate::ids::RequestId;
use crate::request::{AccessRequest, EndCause, State, UrgentReview};
use crate::rules::Question;
use crate::settings::CALLED_MAX;
use crate::timers;

/// Somebody is reminded of a request, asked because others did not answer, or warned.
pub(super) fn nudge(world: &World<'_>, id: &RequestId) -> Decision {
    let mut draft = Draft::about_request(world, id);
    if let Some(request) = world.book.request(id) {
        waiting(world, &mut draft, request);
        let over = |at: Option<jiff::Timestamp>| at.is_some_and(|at| at <= world.now);
        if over(timers::extension_lapses_at(request)) {
            draft.emit(Event::ExtensionDropped { id: id.clone(), withdrawn: false });
        }
        if over(timers::warn_at(request)) {
            draft.emit(Event::Warned { id: id.clone() });
        }
        if let UrgentReview::Wanted { remind_at, reminded } = &request.review
            && *remind_at <= world.now
        {
            draft.emit(Event::Reminded { id: id.clone(), nth: reminded.saturating_add(1) });
        }
    }
    draft.decided(Reply::Noted)
}

/// One that waits for approval: whoever may give it and did not answer is reminded, or others are asked.
fn waiting(world: &World<'_>, draft: &mut Draft, request: &AccessRequest) {
    let id = &request.ask.id;
    if let Some((at, escalation)) = timers::escalate_at(request)
        && at <= world.now
    {
        let questions: Vec<Question> = request.questions(world.now, world.emergency_on).collect();
        let mut people = members_who_may(world, &request.ask.requester, &questions, &escalation.group);
        people.truncate(CALLED_MAX);
        let nth = request.escalated.saturating_add(1);
        draft.emit(Event::Escalated { id: id.clone(), nth, people });
    }
    if timers::remind_at(request).is_some_and(|at| at <= world.now) {
        draft.emit(Event::Reminded { id: id.clone(), nth: request.reminded.saturating_add(1) });
    }
}

/// The time of a scheduled request has come: whether it may be granted is asked once more, now (P1). Its deadline stays where
/// it was put with the approval (P2, pitfall 27).
pub(super) fn start(world: &World<'_>, id: &RequestId) -> Decision {
    let mut draft = Draft::about_request(world, id);
    let Some(request) = world.book.request(id) else { return draft.decided(Reply::Noted) };
    if let State::Scheduled { starts_at, deadline } = &request.state {
        if *deadline <= world.now {
            settle::end(&mut draft, id, EndCause::Expired);
        } else if *starts_at <= world.now {
            begin(world, &mut draft, request, *deadline);
        }
    }
    draft.decided(Reply::Noted)
}

fn begin(world: &World<'_>, draft: &mut Draft, request: &AccessRequest, deadline: jiff::Timestamp) {
    let id = &request.ask.id;
    let questions: Vec<Question> = request.questions(world.now, world.emergency_on).collect();
    match permitted_with_approvals(world, request, &questions) {
        Ok(terms) => grant(world, draft, id, &terms, deadline),
        Err(why) => settle::end(draft, id, EndCause::NoLongerPermitted { why }),
    }
}
