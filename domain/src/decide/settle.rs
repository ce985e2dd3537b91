//! What follows for a holding from what is known, before anything outside is asked.

use jiff::Timestamp;

use super::permission::still_permitted;
use super::{Draft, World};
use crate::event::Event;
use crate::holding::{Change, Operation, Sight};
use crate::ids::RequestId;
use crate::reconcile::{self, Due};
use crate::request::{AccessRequest, EndCause, State};
use crate::target::Holding;
use crate::time::milliseconds_between;
use crate::wanted::{wanted, wants};

/// A holding settles within a few rounds; more of them are a bug, and then the next outcome goes on where this stopped.
const ROUNDS_MAX: usize = 8;

/// Writes down all that follows, until the next step is one outside.
pub(super) fn settle(world: &World<'_>, draft: &mut Draft, holding: &Holding) {
    for _ in 0..ROUNDS_MAX {
        expire_due(draft, holding);
        close_kept(draft, holding);
        let Some(state) = draft.book.holding(holding) else { return };
        let wanted = wanted(&draft.book, holding, draft.now);
        let some_active =
            draft.book.claims(holding).any(|request| matches!(request.state, State::Active { .. }));
        match reconcile::due(state, wanted, some_active) {
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

fn claims(draft: &Draft, holding: &Holding, which: impl Fn(&AccessRequest) -> bool) -> Vec<RequestId> {
    draft
        .book
        .claims(holding)
        .filter(|request| which(request))
        .map(|request| request.ask.id.clone())
        .collect()
}

/// The time is up whether or not its timer came first.
fn expire_due(draft: &mut Draft, holding: &Holding) {
    let now = draft.now;
    let over = claims(draft, holding, |request| match &request.state {
        State::Granting { deadline, .. } | State::Active { deadline, .. } => *deadline <= now,
        State::Pending { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => false,
    });
    for id in over {
        let due = draft.book.request(&id).and_then(AccessRequest::deadline).unwrap_or(now);
        draft.emit(Event::EndOrdered { id, cause: EndCause::Expired, due });
    }
}

/// A request that ends while another of the same person still wants the same access ends at once: the access stays, and
/// is the other's (P5).
fn close_kept(draft: &mut Draft, holding: &Holding) {
    let now = draft.now;
    let keeper = claims(draft, holding, |request| wants(request, now)).into_iter().next();
    if let Some(keeper) = keeper {
        for id in claims(draft, holding, is_ending) {
            draft.emit(Event::EndConfirmed { id, lateness_ms: 0, kept_by: Some(keeper.clone()) });
        }
    }
}

fn is_ending(request: &AccessRequest) -> bool {
    matches!(request.state, State::Ending { .. })
}

fn is_granting(request: &AccessRequest) -> bool {
    matches!(request.state, State::Granting { .. })
}

/// Policy and directory are asked once more when the access is about to be created, and never after (P1, P3).
fn create(world: &World<'_>, draft: &mut Draft, holding: &Holding) {
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
    settle(world, draft, holding);
}

fn end_no_longer_permitted(world: &World<'_>, draft: &mut Draft, holding: &Holding) {
    for id in claims(draft, holding, is_granting) {
        let Some(request) = draft.book.request(&id) else { continue };
        if let Err(why) = still_permitted(world, request) {
            let due = end_due(request, draft.now);
            draft.emit(Event::EndOrdered { id, cause: EndCause::NoLongerPermitted { why }, due });
        }
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
        if let Some(request) = draft.book.request(id) {
            // Counted from the confirmation, so that the person has the time that was approved: moved once, by no more
            // than the granting took.
            let deadline = request.ask.length.after(draft.now);
            draft.emit(Event::GrantConfirmed { id: id.clone(), deadline });
        }
    }
    !waiting.is_empty()
}

fn confirm_ends(draft: &mut Draft, holding: &Holding) {
    for id in claims(draft, holding, is_ending) {
        let due = draft.book.request(&id).and_then(AccessRequest::deadline).unwrap_or(draft.now);
        let lateness_ms = milliseconds_between(due, draft.now);
        draft.emit(Event::EndConfirmed { id, lateness_ms, kept_by: None });
    }
}

fn removed_by_hand(draft: &mut Draft, holding: &Holding) {
    for id in claims(draft, holding, |request| matches!(request.state, State::Active { .. })) {
        draft.emit(Event::RemovedByHand { id });
    }
}
