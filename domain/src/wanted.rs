//! Whether a (principal, target) should exist now.

use jiff::Timestamp;

use crate::book::Book;
use crate::request::{AccessRequest, State};
use crate::target::Holding;

/// Whether this request wants its holding to exist at `now`. Time alone ends it: after the deadline nothing is wanted,
/// whether or not the timer has fired.
#[must_use]
pub fn wants(request: &AccessRequest, now: Timestamp) -> bool {
    match &request.state {
        State::Granting { deadline, .. } | State::Active { deadline, .. } => now < *deadline,
        State::Pending { .. }
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
    book.claims(holding).any(|request| wants(request, now))
}
