//! fact → what is known of a holding.

use jiff::Timestamp;

use super::federation;
use crate::book::{Book, Touched};
use crate::holding::{Change, HoldingState, Operation, Origin, Sight};
use crate::ids::{EmergencyId, RequestId};
use crate::settings::SETTLE_AFTER;
use crate::target::Holding;

pub(super) fn change_holding(
    book: &mut Book,
    holding: &Holding,
    touched: &mut Touched,
    change: impl FnOnce(&mut HoldingState),
) {
    if let Some(state) = book.holdings.get_mut(holding) {
        change(state);
        touched.holdings.insert(holding.clone());
    }
}

pub(super) fn claims(book: &Book, holding: &Holding) -> Vec<RequestId> {
    book.holding(holding).map(|state| state.claims.iter().cloned().collect()).unwrap_or_default()
}

pub(super) fn holdings(book: &Book, id: &RequestId) -> Vec<Holding> {
    book.request(id).map(|request| request.holdings().collect()).unwrap_or_default()
}

pub(super) fn release_claims(book: &mut Book, id: &RequestId, touched: &mut Touched) {
    for holding in holdings(book, id) {
        release_claim(book, id, &holding, touched);
    }
}

pub(super) fn release_claim(book: &mut Book, id: &RequestId, holding: &Holding, touched: &mut Touched) {
    change_holding(book, holding, touched, |state| {
        state.claims.remove(id);
    });
}

/// A create that was written down before the stop was perhaps called (again), and the answer died with the process: it
/// is loose.
pub(super) fn started(book: &mut Book, at: Timestamp, touched: &mut Touched) {
    for (holding, state) in &mut book.holdings {
        let create = match &state.operation {
            Operation::Intended { change, .. } | Operation::Running { change, .. } => {
                *change == Change::Create
            }
            Operation::None => false,
        };
        if create {
            state.loose_create = Some(at);
            touched.holdings.insert(holding.clone());
        }
    }
    let open: Vec<EmergencyId> = book
        .emergencies
        .values()
        .filter(|emergency| emergency.state.holds_federation())
        .map(|emergency| emergency.ask.id.clone())
        .collect();
    for id in open {
        if let Some(emergency) = book.emergencies.get_mut(&id) {
            federation::started(emergency, at);
            touched.emergencies.insert(id);
        }
    }
}

/// The change whose effect may still show, unseen, when `next` is begun instead: one that was perhaps called and is taken
/// back, or one that the provider called done and that lists did not show.
pub(super) fn unsettled(state: &HoldingState, next: Change) -> Option<Change> {
    match (&state.operation, state.sight, next) {
        (Operation::Intended { change, .. }, _, Change::Delete) => Some(*change),
        (Operation::None, Sight::Unknown { after, .. }, Change::Create) => after,
        (Operation::Intended { .. } | Operation::Running { .. } | Operation::None, _, _) => None,
    }
}

pub(super) fn looked(state: &mut HoldingState, at: Timestamp, present: bool) {
    // An absence that a create with a lost reply may still end is not believed; `reconcile` waits until it is settled.
    // Nor is it settled by presence: what we see may be the work of a second call.
    if state.loose_create.is_some_and(|loose| SETTLE_AFTER.after(loose) <= at) {
        state.loose_create = None;
    }
    state.sight = match (state.sight, present) {
        (Sight::Unknown { after: Some(Change::Create), looks }, false) => {
            Sight::Unknown { after: Some(Change::Create), looks: looks.saturating_add(1) }
        }
        (Sight::Unknown { after: Some(Change::Delete), looks }, true) => {
            Sight::Unknown { after: Some(Change::Delete), looks: looks.saturating_add(1) }
        }
        // What was there is gone only when two looks say so (pitfall 20).
        (Sight::Unknown { after: None, looks: 0 } | Sight::Present, false)
            if state.origin == Origin::Ours =>
        {
            Sight::Unknown { after: None, looks: 1 }
        }
        (_, true) => Sight::Present,
        (_, false) => Sight::Absent,
    };
}
