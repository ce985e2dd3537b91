//! fact → access that no request explains.

use jiff::Timestamp;

use super::told::tell_access;
use crate::book::{Book, Touched};
use crate::drift::{Drift, DriftState, StandingReport};
use crate::event::DriftFact;
use crate::holding::{HoldingState, Origin, Sight};
use crate::job::NoticeKind;
use crate::target::Holding;

/// Changes the book by one fact.
pub(super) fn evolve(book: &mut Book, at: Timestamp, fact: &DriftFact, touched: &mut Touched) {
    match fact {
        DriftFact::Seen { holding } => {
            let drift = Drift { holding: holding.clone(), since: at, state: DriftState::Once };
            book.drifts.entry(holding.clone()).or_insert(drift);
            touched.drifts.insert(holding.clone());
        }
        DriftFact::Confirmed { holdings } => {
            for holding in holdings {
                change(book, holding, touched, DriftState::Told { at });
            }
            tell_access(book, touched, NoticeKind::Drift { at: at.as_second() });
        }
        DriftFact::Gone { holding } => {
            book.drifts.remove(holding);
            touched.drifts.insert(holding.clone());
        }
        DriftFact::Adopted { holding, by, reason } => {
            let state = DriftState::Adopted { at, by: by.clone(), reason: reason.clone() };
            change(book, holding, touched, state);
        }
        DriftFact::RemovalOrdered { holding } => {
            change(book, holding, touched, DriftState::Removing { since: at });
            let state = HoldingState {
                origin: Origin::Ours,
                sight: Sight::Present,
                drift: true,
                ..HoldingState::unseen(holding.clone())
            };
            book.holdings.entry(holding.clone()).or_insert(state);
            touched.holdings.insert(holding.clone());
        }
        DriftFact::Removed { holding } => {
            book.drifts.remove(holding);
            touched.drifts.insert(holding.clone());
            if let Some(state) = book.holdings.get_mut(holding) {
                state.drift = false;
                touched.holdings.insert(holding.clone());
            }
        }
        DriftFact::Reported { at, standing, some, unreviewed } => {
            book.watch.report = Some(StandingReport {
                at: *at,
                standing: *standing,
                some: some.clone(),
                unreviewed: unreviewed.clone(),
            });
            tell_access(book, touched, NoticeKind::StandingReport { at: at.as_second() });
        }
    }
}

fn change(book: &mut Book, holding: &Holding, touched: &mut Touched, state: DriftState) {
    if let Some(drift) = book.drifts.get_mut(holding) {
        drift.state = state;
        touched.drifts.insert(holding.clone());
    }
}
