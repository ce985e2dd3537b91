//! The hand that tests and the demo page hold: look, change, break, wait. It never goes over the wire; what it does to
//! people, groups, accounts and policies is in `console.rs`.
//!
//! Names are taken as people say them: a user by handle, e-mail or id, an account by name or id, and so on. A change
//! answers whether it changed anything, so that a misspelt name in a test does not pass for a change.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::options::{AwsOptions, Fault};
use super::serve::Shared;
use super::snapshot;
use super::world::{Call, Operation, World};
use crate::company::{Assignment, Principal};

/// A hand on a running twin; clones hold the same one.
#[derive(Debug, Clone)]
pub struct AwsControl {
    shared: Arc<Shared>,
}

/// What was waited for did not happen in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedOut {
    /// What AWS held and was asked, as text for the failing test.
    pub seen: String,
}

impl std::fmt::Display for TimedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "what was waited for did not happen at AWS; seen: {}", self.seen)
    }
}

impl std::error::Error for TimedOut {}

impl AwsControl {
    pub(super) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.shared.world())
    }

    pub(super) fn change<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let answer = act(&mut self.shared.world());
        self.shared.tell();
        answer
    }

    /// Everything assigned now, users before groups; what lists still show of the past is not in it.
    #[must_use]
    pub fn assignments(&self) -> Vec<Assignment> {
        self.shared.world().held().iter().cloned().collect()
    }

    /// The assignments of users only, which are the ones the bot makes.
    #[must_use]
    pub fn user_assignments(&self) -> Vec<Assignment> {
        let mut all = self.assignments();
        all.retain(|a| matches!(a.principal, Principal::User(_)));
        all
    }

    /// Whether this user (or group) itself holds this assignment now; false for unknown names.
    #[must_use]
    pub fn has(&self, principal: &str, account: &str, permission_set: &str) -> bool {
        let world = self.shared.world();
        let meant = world.directory.assignment(principal, account, permission_set);
        meant.is_some_and(|a| world.held().contains(&a))
    }

    /// Whether nothing is assigned to this user (or group) itself. Unknown names have nothing.
    #[must_use]
    pub fn has_nothing_for(&self, principal: &str) -> bool {
        let world = self.shared.world();
        let id = world.directory.user_id(principal).or_else(|| world.directory.group_id(principal));
        id.is_none_or(|id| !world.held().iter().any(|a| a.principal.id() == id))
    }

    /// Assigns in the console, behind the bot's back.
    pub fn add_by_hand(&self, principal: &str, account: &str, permission_set: &str) -> bool {
        self.put_by_hand(principal, account, permission_set, true)
    }

    /// Takes an assignment away in the console, behind the bot's back.
    pub fn remove_by_hand(&self, principal: &str, account: &str, permission_set: &str) -> bool {
        self.put_by_hand(principal, account, permission_set, false)
    }

    fn put_by_hand(&self, principal: &str, account: &str, permission_set: &str, present: bool) -> bool {
        self.change(|world| {
            let meant = world.directory.assignment(principal, account, permission_set);
            meant.is_some_and(|a| world.put_by_hand(&a, present))
        })
    }

    /// Changes the twin's behaviour from the next call on; operations in flight keep their end.
    pub fn set_options(&self, change: impl FnOnce(&mut AwsOptions)) {
        self.change(|world| change(&mut world.options));
    }

    /// Scripts a fault. Faults are met in the order they were scripted.
    pub fn fault(&self, fault: Fault) {
        self.change(|world| world.faults.push(fault));
    }

    /// Takes back every fault that was not met yet.
    pub fn clear_faults(&self) {
        self.change(|world| world.faults.clear());
    }

    /// Every call that reached the twin, oldest first (the latest [`super::CALLS_KEPT_MAX`]).
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.world().calls.iter().cloned().collect()
    }

    /// How many calls of this operation reached the twin, answered or not.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.shared.world().calls.iter().filter(|c| c.operation == operation).count()
    }

    /// Forgets the calls so far, so that a test can count from here.
    pub fn forget_calls(&self) {
        self.change(|world| world.calls.clear());
    }

    /// Assignment operations that have not ended, the first to end first.
    #[must_use]
    pub fn in_flight(&self) -> Vec<Operation> {
        self.shared.world().in_flight().cloned().collect()
    }

    /// Every assignment operation AWS still tells the status of, in no order of time.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.shared.world().operations().values().cloned().collect()
    }

    /// Waits until `happened` is true of the twin, looking after every change.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] when that is not so within `limit`, with what was seen.
    pub async fn wait_for(
        &self,
        limit: Duration,
        mut happened: impl FnMut(&Self) -> bool,
    ) -> Result<(), TimedOut> {
        let mut changes = self.subscribe();
        let wait = async {
            loop {
                changes.borrow_and_update();
                // The sender lives as long as `self`, so an error cannot come.
                if happened(self) || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let ended = tokio::time::timeout(limit, wait).await;
        ended.map_err(|_| TimedOut { seen: self.snapshot_json().to_string() })
    }

    /// A version that moves with every call and change; the page reads [`Self::snapshot_json`] again when it does.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.subscribe()
    }

    /// What AWS holds now, for the page; see `snapshot.rs` for its members.
    #[must_use]
    pub fn snapshot_json(&self) -> serde_json::Value {
        snapshot::of(&self.shared.world())
    }
}
