//! What follows for a holding from what is known, before anything outside is asked.

use jiff::{SignedDuration, Timestamp};

use super::permission::still_permitted;
use super::{Draft, World, sessions};
use crate::event::{DriftFact, Event};
use crate::holding::{Change, Operation, Sight};
use crate::ids::RequestId;
use crate::reconcile::{self, Due};
use crate::request::{AccessRequest, Cutting, EndCause, PartState, State};
use crate::target::{Holding, Target, Via};
use crate::time::milliseconds_between;
use crate::wanted::{wanted, wants};

/// A holding settles within a few rounds, and so do those it shares requests with; more of them are a bug, and then the next
/// outcome goes on where this stopped.
const ROUNDS_MAX: usize = 8;

/// Writes down all that follows, until the next step is one outside: for the holdings that the draft is about, and those
/// that its bundles share with them.
pub(super) fn settle(world: &World<'_>, draft: &mut Draft) {
    for _ in 0..ROUNDS_MAX {
        let before = draft.events.len();
        let holdings: Vec<Holding> = draft.book.holdings().map(|state| state.holding.clone()).collect();
        for holding in &holdings {
            settle_one(world, draft, holding);
        }
        if draft.events.len() == before {
            return;
        }
    }
}

fn settle_one(world: &World<'_>, draft: &mut Draft, holding: &Holding) {
    for _ in 0..ROUNDS_MAX {
        expire_due(draft, holding);
        close_kept(draft, holding);
        let Some(state) = draft.book.holding(holding) else { return };
        let wanted = wanted(&draft.book, holding, draft.now);
        let some_there = !claims(draft, holding, is_there).is_empty();
        match reconcile::due(state, wanted, some_there) {
            Due::Nothing => return,
            Due::Create => create(world, draft, holding),
            Due::Delete => {
                draft.emit(Event::ChangeIntended { holding: holding.clone(), change: Change::Delete })
            }
            Due::ConfirmGrants => {
                if !confirm_grants(draft, holding) {
                    return;
                }
            }
            Due::ConfirmEnds | Due::LetGo => {
                confirm_ends(draft, holding);
                return;
            }
            Due::RemovedByHand => removed_by_hand(draft, holding),
        }
    }
}

fn claims(
    draft: &Draft,
    holding: &Holding,
    which: impl Fn(&AccessRequest, &Target) -> bool,
) -> Vec<RequestId> {
    draft
        .book
        .claims(holding)
        .filter(|request| which(request, &holding.target))
        .map(|request| request.ask.id.clone())
        .collect()
}

/// The time is up whether or not its timer came first.
fn expire_due(draft: &mut Draft, holding: &Holding) {
    let now = draft.now;
    let over = claims(draft, holding, |request, _| {
        request.is_live() && request.deadline().is_some_and(|deadline| deadline <= now)
    });
    for id in over {
        end(draft, &id, EndCause::Expired);
    }
}

/// A request that ends while another of the same person still wants the same access ends at once: the access stays, and
/// is the other's (P5).
fn close_kept(draft: &mut Draft, holding: &Holding) {
    let now = draft.now;
    let keeper = claims(draft, holding, |request, target| wants(request, target, now)).into_iter().next();
    if let Some(keeper) = keeper {
        for id in claims(draft, holding, is_leaving) {
            out(draft, &id, holding, Some(&keeper));
        }
    }
}

/// Whether what it gives of this is being taken away.
fn is_leaving(request: &AccessRequest, target: &Target) -> bool {
    match request.part(target) {
        Some(PartState::Leaving { .. }) => true,
        Some(PartState::Wanted | PartState::There { .. }) => matches!(request.state, State::Ending { .. }),
        Some(PartState::Out { .. }) | None => false,
    }
}

/// Whether it waits for this.
pub(super) fn is_granting(request: &AccessRequest, target: &Target) -> bool {
    matches!(request.state, State::Granting { .. }) && matches!(request.part(target), Some(PartState::Wanted))
}

/// Whether it has this.
fn is_there(request: &AccessRequest, target: &Target) -> bool {
    request.is_live() && matches!(request.part(target), Some(PartState::There { .. }))
}

/// Policy and directory are asked once more when the access is about to be created, and never after (P1, P3).
fn create(world: &World<'_>, draft: &mut Draft, holding: &Holding) {
    if draft.book.holding(holding).is_some_and(|state| state.drift && state.sight == Sight::Absent) {
        // What no request explained is gone; from here on it is the request's.
        draft.emit(Event::Drift { fact: DriftFact::Removed { holding: holding.clone() } });
    }
    end_no_longer_permitted(world, draft, holding);
    if !claims(draft, holding, is_granting).is_empty() {
        draft.emit(Event::ChangeIntended { holding: holding.clone(), change: Change::Create });
    }
}

/// What was not created at the first try is asked about again before the next, which can be hours later (P1).
pub(super) fn settle_before_retry(world: &World<'_>, draft: &mut Draft, holding: &Holding) {
    let not_created =
        draft.book.holding(holding).is_some_and(|state| match (&state.operation, state.sight) {
            (Operation::Intended { change, .. }, _) => *change == Change::Create,
            (Operation::None, Sight::Unknown { after, .. }) => after != Some(Change::Create),
            (Operation::None, Sight::Present | Sight::Absent) => true,
            (Operation::Running { .. }, _) => false,
        });
    if not_created {
        end_no_longer_permitted(world, draft, holding);
    }
    settle(world, draft);
}

pub(super) fn end_no_longer_permitted(world: &World<'_>, draft: &mut Draft, holding: &Holding) {
    for id in claims(draft, holding, is_granting) {
        let Some(request) = draft.book.request(&id) else { continue };
        if let Err(why) = still_permitted(world, request, &holding.target) {
            leave(draft, &id, &holding.target, EndCause::NoLongerPermitted { why });
        }
    }
}

/// Who reads the person anew is about to call, and has not: what was written down for nobody any more was never begun, and its end
/// waits for nothing. Where an earlier call may have been taken, it is ended like what is there.
pub(super) fn forgo_uncalled(draft: &mut Draft, holding: &Holding) {
    let uncalled = draft.book.holding(holding).is_some_and(|state| {
        let intended = matches!(state.operation, Operation::Intended { change: Change::Create, .. });
        intended && state.sight == Sight::Absent && state.loose_create.is_none()
    });
    if uncalled && claims(draft, holding, is_granting).is_empty() {
        draft.emit(Event::CreateForgone { holding: holding.clone() });
    }
}

/// A request ends, with all of its things.
pub(super) fn end(draft: &mut Draft, id: &RequestId, cause: EndCause) {
    let Some(request) = draft.book.request(id) else { return };
    let due = end_due(request, draft.now);
    // Nothing was there yet, and nothing was called: its end needs nobody's confirmation.
    let untouched = matches!(request.state, State::Pending { .. } | State::Scheduled { .. });
    draft.emit(Event::EndOrdered { id: id.clone(), cause, due });
    if untouched {
        draft.emit(Event::EndConfirmed { id: id.clone(), lateness_ms: 0, kept_by: None });
    }
}

/// One of its things does not stay: all of the request, where that is all of it.
pub(super) fn leave(draft: &mut Draft, id: &RequestId, target: &Target, cause: EndCause) {
    let Some(request) = draft.book.request(id) else { return };
    if request.parts.len() == 1 {
        end(draft, id, cause);
        return;
    }
    draft.emit(Event::PartEnding { id: id.clone(), target: target.clone(), cause });
    after_parts(draft, id);
}

/// One of its things was there before us.
pub(super) fn held(draft: &mut Draft, id: &RequestId, target: &Target, via: &Via) {
    let Some(request) = draft.book.request(id) else { return };
    let (id, via) = (id.clone(), via.clone());
    if request.parts.len() == 1 {
        draft.emit(Event::AlreadyHeld { id, via });
        return;
    }
    draft.emit(Event::PartHeld { id: id.clone(), target: target.clone(), via });
    after_parts(draft, &id);
}

/// One of its things is not there, as the provider confirmed, or is another's.
fn out(draft: &mut Draft, id: &RequestId, holding: &Holding, kept_by: Option<&RequestId>) {
    let Some(request) = draft.book.request(id) else { return };
    if request.parts.len() == 1 {
        confirm_end(draft, id, kept_by.cloned());
        return;
    }
    draft.emit(Event::PartOut { id: id.clone(), target: holding.target.clone(), kept_by: kept_by.cloned() });
    after_parts(draft, id);
}

/// What follows for a bundle when one of its things moved: it is told together.
fn after_parts(draft: &mut Draft, id: &RequestId) {
    let Some(request) = draft.book.request(id) else { return };
    let any = |which: fn(&PartState) -> bool| request.parts.iter().any(|part| which(&part.state));
    let waits = any(|part| matches!(part, PartState::Wanted));
    let meant = any(PartState::is_meant);
    let all_out = request.parts.iter().all(|part| part.state.is_out());
    match &request.state {
        State::Granting { .. } | State::Active { .. } if !meant => {
            let whys = request.parts.iter().filter_map(|part| match &part.state {
                PartState::Leaving { cause } | PartState::Out { cause: Some(cause), .. } => Some(cause),
                PartState::Wanted | PartState::There { .. } | PartState::Out { cause: None, .. } => None,
            });
            // What went wrong is more worth telling than what was there anyway.
            let why = whys.min_by_key(|why| matches!(why, EndCause::AlreadyHeld { .. })).cloned();
            end(draft, id, why.unwrap_or(EndCause::Expired));
            if all_out {
                confirm_end(draft, id, None);
            }
        }
        State::Granting { .. } if !waits => confirm_grant(draft, id),
        State::Ending { .. } if all_out => {
            let keeper = keeper(request);
            confirm_end(draft, id, keeper);
        }
        State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => {}
    }
}

/// When access that ends at `now` should be gone: now, or at its deadline when that was before.
pub(super) fn end_due(request: &AccessRequest, now: Timestamp) -> Timestamp {
    request.deadline().map_or(now, |deadline| deadline.min(now))
}

/// Says whether anybody was waiting.
fn confirm_grants(draft: &mut Draft, holding: &Holding) -> bool {
    let waiting = claims(draft, holding, is_granting);
    for id in &waiting {
        if draft.book.request(id).is_some_and(|request| request.parts.len() == 1) {
            confirm_grant(draft, id);
        } else {
            draft.emit(Event::PartConfirmed { id: id.clone(), target: holding.target.clone() });
            after_parts(draft, id);
        }
    }
    !waiting.is_empty()
}

/// The deadline is counted from the confirmation, so that the person has the time that was approved: moved once, by no more
/// than the granting took.
fn confirm_grant(draft: &mut Draft, id: &RequestId) {
    let Some(State::Granting { since, deadline }) = draft.book.request(id).map(|request| &request.state)
    else {
        return;
    };
    let took = draft.now.duration_since(*since).max(SignedDuration::ZERO);
    let deadline = deadline.checked_add(took).unwrap_or(*deadline);
    draft.emit(Event::GrantConfirmed { id: id.clone(), deadline });
}

fn confirm_ends(draft: &mut Draft, holding: &Holding) {
    for id in claims(draft, holding, is_leaving) {
        out(draft, &id, holding, None);
    }
    if draft.book.holding(holding).is_some_and(|state| state.drift) {
        draft.emit(Event::Drift { fact: DriftFact::Removed { holding: holding.clone() } });
    }
}

fn confirm_end(draft: &mut Draft, id: &RequestId, kept_by: Option<RequestId>) {
    let Some(request) = draft.book.request(id) else { return };
    let due = request.deadline().unwrap_or(draft.now);
    let lateness_ms = if kept_by.is_some() { 0 } else { milliseconds_between(due, draft.now) };
    let cut = request.cut == Cutting::Asked && kept_by.is_none();
    let ours = request.parts.iter().filter(|part| !is_anothers(&part.state));
    let holdings: Vec<Holding> = ours.map(|part| request.holding_of(&part.target)).collect();
    draft.emit(Event::EndConfirmed { id: id.clone(), lateness_ms, kept_by });
    if cut {
        sessions::order(draft, id, holdings);
    }
}

/// Whether it is out and all the same there: another request's, or the person's own from before us (P5).
fn is_anothers(part: &PartState) -> bool {
    match part {
        PartState::Out { kept_by: Some(_), .. }
        | PartState::Out { cause: Some(EndCause::AlreadyHeld { .. }), .. } => true,
        PartState::Out { .. } | PartState::Wanted | PartState::There { .. } | PartState::Leaving { .. } => {
            false
        }
    }
}

/// Who keeps all of a bundle's access, if nothing of it was taken away with it.
fn keeper(request: &AccessRequest) -> Option<RequestId> {
    let gone = request.parts.iter().any(|part| {
        matches!(part.state, PartState::Out { cause: None, kept_by: None }) || !part.state.is_out()
    });
    let mut keepers = request.parts.iter().filter_map(|part| match &part.state {
        PartState::Out { kept_by, .. } => kept_by.clone(),
        PartState::Wanted | PartState::There { .. } | PartState::Leaving { .. } => None,
    });
    keepers.next().filter(|_| !gone)
}

fn removed_by_hand(draft: &mut Draft, holding: &Holding) {
    for id in claims(draft, holding, is_there) {
        if draft.book.request(&id).is_some_and(|request| request.parts.len() == 1) {
            draft.emit(Event::RemovedByHand { id });
        } else {
            leave(draft, &id, &holding.target, EndCause::RemovedByHand);
        }
    }
}
