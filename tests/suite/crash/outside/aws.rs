//! The provider of assignments: what is there, what is under way, and what people did by hand.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{Holding, PermissionSetArn};
use jiff::{SignedDuration, Timestamp};

/// A change under way, or over.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) holding: Holding,
    pub(super) change: Change,
    pub(super) begins: Timestamp,
    pub(super) ends: Timestamp,
    pub(super) failure: Option<String>,
    pub(super) ended: bool,
}

/// A provider of assignments that keeps a set, and shows it late.
#[derive(Default)]
pub(super) struct Aws {
    /// Every change of the set, in order: lists show an older state for a while.
    pub(super) history: Vec<(Timestamp, Holding, bool)>,
    pub(super) operations: BTreeMap<OperationId, Running>,
    pub(super) deleted: Vec<Holding>,
    /// What people assigned in the console, and when.
    pub(super) by_hand: Vec<(Timestamp, Holding)>,
    /// Whose sessions from before when are denied, by the permission set whose policy says so.
    pub(super) denied: BTreeMap<PermissionSetArn, BTreeSet<(Holding, Timestamp)>>,
    pub(super) looks: usize,
    pub(super) stale: SignedDuration,
    pub(super) operation_takes: SignedDuration,
}

impl Aws {
    /// Whether it shows it.
    pub(super) fn shows(&self, holding: &Holding, at: Timestamp) -> bool {
        let mut of_it = self.history.iter().filter(|(when, which, _)| which == holding && *when <= at);
        of_it.next_back().is_some_and(|(.., present)| *present)
    }

    /// All that it shows.
    pub(super) fn all(&self, at: Timestamp) -> BTreeSet<Holding> {
        let ever: BTreeSet<&Holding> = self.history.iter().map(|(_, holding, _)| holding).collect();
        ever.into_iter().filter(|holding| self.shows(holding, at)).cloned().collect()
    }

    /// What came to create it.
    pub(super) fn creates(&self, holding: &Holding) -> impl Iterator<Item = &Running> {
        self.operations.values().filter(move |r| r.holding == *holding && r.change == Change::Create)
    }

    /// Since when it is there because somebody assigned it in the console, if that is why.
    pub(super) fn is_by_hand(&self, holding: &Holding) -> Option<Timestamp> {
        let (at, ..) = self.history.iter().rfind(|(_, which, present)| which == holding && *present)?;
        self.by_hand.iter().any(|(when, which)| when == at && which == holding).then_some(*at)
    }

    /// What is over by now has had its effect.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let mut due: Vec<(Timestamp, OperationId)> = self
            .operations
            .iter()
            .filter(|(_, running)| !running.ended && running.ends <= now)
            .map(|(id, running)| (running.ends, id.clone()))
            .collect();
        due.sort();
        for (ends, id) in due {
            let running = self.operations.get_mut(&id).unwrap();
            running.ended = true;
            if running.failure.is_none() {
                let (holding, present) = (running.holding.clone(), running.change == Change::Create);
                self.history.push((ends, holding, present));
            }
        }
    }
}
