//! fact → the things of a bundle, one by one.

use jiff::Timestamp;

use super::holdings::{change_holding, release_claim};
use super::show_in;
use crate::book::{Book, Touched};
use crate::holding::Sight;
use crate::ids::RequestId;
use crate::refusal::StateWord;
use crate::request::{EndCause, PartState};
use crate::target::Target;

fn with_part(
    book: &mut Book,
    id: &RequestId,
    target: &Target,
    touched: &mut Touched,
    change: impl FnOnce(&PartState) -> Option<PartState>,
) {
    show_in(book, id, touched, &[StateWord::Granting, StateWord::Active, StateWord::Ending], |request| {
        let part = request.parts.iter_mut().find(|part| &part.target == target);
        if let Some(part) = part {
            // What is out stays out.
            if let Some(state) = change(&part.state).filter(|_| !part.state.is_out()) {
                part.state = state;
            }
        }
    });
}

pub(super) fn part_confirmed(
    book: &mut Book,
    at: Timestamp,
    id: &RequestId,
    target: &Target,
    touched: &mut Touched,
) {
    with_part(book, id, target, touched, |state| {
        matches!(state, PartState::Wanted).then_some(PartState::There { since: at })
    });
}

pub(super) fn part_ending(
    book: &mut Book,
    id: &RequestId,
    target: &Target,
    cause: &EndCause,
    touched: &mut Touched,
) {
    with_part(book, id, target, touched, |_| Some(PartState::Leaving { cause: cause.clone() }));
    let Some(holding) = book.request(id).map(|request| request.holding_of(target)) else { return };
    change_holding(book, &holding, touched, |state| {
        if *cause == EndCause::RemovedByHand {
            // Lists can lag, and then it would be there for ever: it is deleted all the same (P3).
            state.sight = Sight::NONE;
        }
    });
}

pub(super) fn part_out(
    book: &mut Book,
    id: &RequestId,
    target: &Target,
    cause: Option<EndCause>,
    kept_by: Option<RequestId>,
    touched: &mut Touched,
) {
    with_part(book, id, target, touched, |state| {
        let left = match state {
            PartState::Leaving { cause } => Some(cause.clone()),
            PartState::Wanted | PartState::There { .. } | PartState::Out { .. } => None,
        };
        Some(PartState::Out { cause: cause.or(left), kept_by })
    });
    if let Some(holding) = book.request(id).map(|request| request.holding_of(target)) {
        release_claim(book, id, &holding, touched);
    }
}
