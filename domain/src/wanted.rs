//! Whether a (principal, target) should exist now.

use jiff::Timestamp;

use crate::book::Book;
use crate::request::{AccessRequest, PartState, State};
use crate::target::{Holding, Target};

/// Whether this request wants one of its things to exist at `now`. Time alone ends it: after the deadline nothing is wanted,
/// whether or not the timer has fired.
#[must_use]
pub fn wants(request: &AccessRequest, target: &Target, now: Timestamp) -> bool {
    match &request.state {
        State::Granting { deadline, .. } | State::Active { deadline, .. } => {
            now < *deadline && request.part(target).is_some_and(PartState::is_meant)
        }
        State::Pending { .. }
        | State::Scheduled { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => false,
    }
}

/// Whether anybody's request wants the holding to exist at `now`. The provider keeps a set and does not count: two requests can
/// share one assignment, so no request ends it alone (P5, pitfall 19).
#[must_use]
pub fn wanted(book: &Book, holding: &Holding, now: Timestamp) -> bool {
    book.claims(holding).any(|request| wants(request, &holding.target, now))
}
