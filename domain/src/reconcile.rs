//! Access is reconciled, not commanded: what the next step for a holding is, given what is committed.
//!
//! The provider keeps a set and does not count, so nothing here says "create" or "delete" for a request; it compares
//! what is wanted with what was seen. Every step can be repeated, and a crash between two of them loses nothing.

use jiff::Timestamp;

use crate::book::Book;
use crate::holding::{Change, HoldingState, Operation, Origin, Sight};
use crate::ids::OperationId;
use crate::settings::SETTLE_AFTER;
use crate::target::Holding;
use crate::wanted::wanted;

/// Lists lag behind changes; after so many looks that show the opposite, the change is made again.
pub const LOOKS_MAX: u32 = 5;

/// What to do outside next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Look what the provider has.
    Look,
    /// Make the change that was written down.
    Call {
        /// Which.
        change: Change,
    },
    /// Ask how a running change is doing.
    Poll {
        /// Which.
        change: Change,
        /// Its name at the provider.
        operation: OperationId,
    },
    /// Look, but not before this.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Nothing.
    Rest,
}

/// The next step outside for a holding. What can be decided without a step outside was decided before
/// (`decide::settle`), so that this needs no policy.
#[must_use]
pub fn next_step(book: &Book, holding: &Holding, now: Timestamp) -> Step {
    let Some(state) = book.holding(holding) else { return Step::Rest };
    match &state.operation {
        Operation::Running { change, operation, .. } => {
            Step::Poll { change: *change, operation: operation.clone() }
        }
        // Its time was up while nobody was there to act: nothing is created after the deadline (P2). What is seen leads
        // to the decision that takes the intention back.
        Operation::Intended { change: Change::Create, .. } if !wanted(book, holding, now) => Step::Look,
        Operation::Intended { change, .. } => Step::Call { change: *change },
        Operation::None => step_when_quiet(state, now),
    }
}

fn step_when_quiet(state: &HoldingState, now: Timestamp) -> Step {
    match (state.origin, state.sight) {
        (Origin::Unseen, _) | (Origin::Ours, Sight::Unknown { .. }) => Step::Look,
        (Origin::Ours, Sight::Absent) => match state.loose_create.map(|at| SETTLE_AFTER.after(at)) {
            Some(until) if now < until => Step::Wait { until },
            Some(_) => Step::Look,
            None => Step::Rest,
        },
        (Origin::Ours, Sight::Present) => Step::Rest,
    }
}

/// What the committed state asks to be written down next for a holding, without asking the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Write down that we create.
    Create,
    /// Write down that we delete.
    Delete,
    /// It is there and wanted: confirm those who wait for it.
    ConfirmGrants,
    /// It is not there and not wanted: confirm those who end.
    ConfirmEnds,
    /// It was there and is not: somebody removed it.
    RemovedByHand,
    /// It was not touched and is not wanted any more: let those who end go.
    LetGo,
    /// Nothing.
    Nothing,
}

/// See [`Due`].
pub(crate) fn due(state: &HoldingState, wanted: bool, some_active: bool) -> Due {
    match (state.origin, &state.operation, state.sight) {
        (Origin::Unseen, _, Sight::Absent) if wanted => Due::Create,
        (Origin::Unseen, _, _) => if_not(wanted, Due::LetGo),
        (Origin::Ours, Operation::Intended { change: Change::Create, .. }, _) => if_not(wanted, Due::Delete),
        (Origin::Ours, Operation::Intended { change: Change::Delete, .. } | Operation::Running { .. }, _) => {
            Due::Nothing
        }
        (Origin::Ours, Operation::None, Sight::Present) if wanted => Due::ConfirmGrants,
        (Origin::Ours, Operation::None, Sight::Present) => Due::Delete,
        (Origin::Ours, Operation::None, Sight::Absent) if wanted && some_active => Due::RemovedByHand,
        (Origin::Ours, Operation::None, Sight::Absent) if wanted => Due::Create,
        (Origin::Ours, Operation::None, Sight::Absent) if state.loose_create.is_some() => Due::Nothing,
        (Origin::Ours, Operation::None, Sight::Absent) => Due::ConfirmEnds,
        (Origin::Ours, Operation::None, Sight::Unknown { after, looks }) => match (after, wanted) {
            // Also after a delete: what was deleted and is still listed is not access that anybody has (P4).
            (Some(_), true) if looks >= LOOKS_MAX => Due::Create,
            (Some(Change::Delete), false) if looks >= LOOKS_MAX => Due::Delete,
            (Some(Change::Create), true) | (Some(Change::Delete), _) | (None, true) => Due::Nothing,
            (Some(Change::Create) | None, false) => Due::Delete,
        },
    }
}

fn if_not(wanted: bool, due: Due) -> Due {
    if wanted { Due::Nothing } else { due }
}
