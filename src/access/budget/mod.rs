//! Whose turn it is: AWS's budgets of calls and of operations under way, shared by everything that calls.
//!
//! Taking access away goes first. It must never let more through than AWS allows, and never forget a turn: a caller that
//! goes away while it waits, or after it was let through, gives back what it holds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use glasskey_domain::ids::OperationId;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::ports::Urgency;

mod line;
mod tokens;

use line::{Line, Ticket};
use tokens::Tokens;

/// Calls per second of all IAM Identity Center APIs together ("Quotas", platform-rules 3.2; reads can be raised by AWS).
pub const IDENTITY_CENTER_CALLS_PER_SECOND: u32 = 20;
/// Assignment operations under way at once; AWS does not raise it ("Quotas", platform-rules 3.2).
pub const OUTSTANDING_MAX: usize = 15;
/// Calls per second of each Identity Store API that a reading of the directory takes: half of AWS's 20, for the company has
/// other callers too.
pub const IDENTITY_STORE_CALLS_PER_SECOND: u32 = 10;
/// Calls per second of Organizations: AWS publishes no figure (platform-rules 3.10), so few.
pub const ORGANIZATIONS_CALLS_PER_SECOND: u32 = 5;
/// Calls per second of everything that can wait, of all APIs together: reading the directory, reconciliation, drift. The company has
/// other callers, and nobody hurries here: 5,000 people with 500 groups and 1,000 accounts take 800 calls, a minute and a half.
pub const BACKGROUND_CALLS_PER_SECOND: u32 = 10;
/// Calls per second of STS and IAM in the emergency account: AWS publishes no figure; the ten roles of a plan are read and
/// written within two seconds.
pub const EMERGENCY_CALLS_PER_SECOND: u32 = 10;

/// Of the operations under way, so many may only take access away: slow creates must not stand in the way of an end.
pub const OUTSTANDING_KEPT_FOR_ENDING: usize = 3;
/// A background call that waited so long goes before giving access (never before taking it away).
pub const BACKGROUND_WAIT_MAX: Duration = Duration::from_secs(30);
/// An operation that nobody asked about for so long is taken for over: AWS ends them within minutes.
pub const OPERATION_LEASE: Duration = Duration::from_secs(300);
/// An operation whose name was lost is taken for under way for so long.
pub const LOST_LEASE: Duration = Duration::from_secs(60);

/// What AWS allows. `None` lifts a limit: for measuring only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls per second.
    pub calls_per_second: Option<u32>,
    /// Assignment operations under way.
    pub outstanding: Option<usize>,
    /// One call after the other, also after a pause: else half a second's calls may come at once, and a second then has half as
    /// many again.
    pub evenly: bool,
}

impl Limits {
    /// So many calls a second, and no operations to count.
    #[must_use]
    pub const fn calls(per_second: u32) -> Self {
        Self { calls_per_second: Some(per_second), outstanding: None, evenly: false }
    }

    /// So many calls in any second.
    #[must_use]
    pub const fn evenly(per_second: u32) -> Self {
        Self { evenly: true, ..Self::calls(per_second) }
    }
}

/// Who goes first, first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Beginning to take access away.
    EndingStart,
    /// Following up on it.
    Ending,
    /// Break-glass.
    Emergency,
    /// Giving access.
    Granting,
    /// The rest.
    Background,
}

impl Rank {
    /// The rank of a call that asks.
    #[must_use]
    pub const fn asking(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Ending => Self::Ending,
            Urgency::Emergency => Self::Emergency,
            Urgency::Granting => Self::Granting,
            Urgency::Background => Self::Background,
        }
    }

    /// The rank of a call that begins a change: an end begins before others are followed up.
    #[must_use]
    pub const fn starting(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Ending => Self::EndingStart,
            Urgency::Emergency | Urgency::Granting | Urgency::Background => Self::asking(urgency),
        }
    }
}

/// One budget. Clones share it.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    tokens: Tokens,
    outstanding_max: Option<usize>,
    leases: std::collections::BTreeMap<Lease, Instant>,
    line: Line,
    next: u64,
}

/// What holds one of the operations under way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lease {
    /// A call that was let through, or one whose answer was lost.
    Unnamed(u64),
    /// An operation that AWS named.
    Named(OperationId),
}

/// What a caller learns when it asks for its turn.
enum Turn {
    Now,
    /// Not before this instant, unless woken.
    At(Instant),
    /// When woken.
    Woken,
}

/// The right to have one more operation under way. Dropped without a word it is held for [`LOST_LEASE`]: the caller may have
/// gone after the call left.
#[derive(Debug)]
#[must_use]
pub struct Slot {
    budget: Budget,
    lease: u64,
}

impl Budget {
    /// A full budget.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let state = State {
            tokens: Tokens::full(limits, Instant::now()),
            outstanding_max: limits.outstanding,
            leases: std::collections::BTreeMap::new(),
            line: Line::default(),
            next: 0,
        };
        Self { shared: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is whole before anything can panic.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the right to one call.
    pub async fn call(&self, rank: Rank) {
        self.turn(rank, false).await;
    }

    /// Waits for the right to one call that begins an operation.
    pub async fn start(&self, rank: Rank) -> Slot {
        let lease = self.turn(rank, true).await;
        Slot { budget: self.clone(), lease }
    }

    /// AWS said that it was too much: fewer calls for a while, and none for as long as it asked.
    pub fn throttled(&self, retry_after: Option<Duration>) {
        self.state().tokens.throttled(retry_after, Instant::now());
    }

    /// AWS says that this operation is under way, also one that we did not begin in this process.
    pub fn running(&self, operation: &OperationId) {
        let until = Instant::now() + OPERATION_LEASE;
        self.state().leases.insert(Lease::Named(operation.clone()), until);
    }

    /// AWS says that this operation is over, or does not know it.
    pub fn over(&self, operation: &OperationId) {
        self.release(&Lease::Named(operation.clone()));
    }

    /// How many operations are taken for under way.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        let mut state = self.state();
        state.end_leases(Instant::now());
        state.leases.len()
    }

    fn release(&self, lease: &Lease) {
        let mut state = self.state();
        state.leases.remove(lease);
        state.wake_first(Instant::now());
    }

    async fn turn(&self, rank: Rank, starts: bool) -> u64 {
        let place = self.join(rank, starts);
        loop {
            let turn = {
                let mut state = self.state();
                state.turn_of(&place.ticket, Instant::now())
            };
            let woken = place.ticket.wake.notified();
            match turn {
                Turn::Now => return place.ticket.number,
                Turn::Woken => woken.await,
                Turn::At(instant) => {
                    // Either is a reason to look again.
                    let _ = tokio::time::timeout_at(instant, woken).await;
                }
            }
        }
    }

    fn join(&self, rank: Rank, starts: bool) -> Place<'_> {
        let mut state = self.state();
        let number = state.next;
        state.next = state.next.wrapping_add(1);
        let ticket = Ticket { rank, number, starts, since: Instant::now(), wake: Arc::new(Notify::new()) };
        state.line.join(ticket.clone());
        Place { budget: self, ticket }
    }
}

/// A place in the line, left when dropped.
struct Place<'a> {
    budget: &'a Budget,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.line.leave(&self.ticket);
        state.wake_first(Instant::now());
    }
}

impl State {
    fn end_leases(&mut self, now: Instant) {
        self.leases.retain(|_, until| now < *until);
    }

    /// How many more operations this rank may begin.
    fn room(&self, rank: Rank) -> bool {
        let kept = if rank == Rank::EndingStart { 0 } else { OUTSTANDING_KEPT_FOR_ENDING };
        self.outstanding_max.is_none_or(|max| self.leases.len() < max.saturating_sub(kept).max(1))
    }

    fn first(&self, now: Instant) -> Option<&Ticket> {
        self.line.first(now, |rank| self.room(rank))
    }

    fn wake_first(&mut self, now: Instant) {
        self.end_leases(now);
        if let Some(first) = self.first(now) {
            first.wake.notify_one();
        }
    }

    fn turn_of(&mut self, ticket: &Ticket, now: Instant) -> Turn {
        self.end_leases(now);
        if self.first(now).is_none_or(|first| first.number != ticket.number) {
            return self.wait_in_line(ticket, now);
        }
        match self.tokens.take(ticket.rank, now) {
            Ok(()) => {
                self.line.leave(ticket);
                if ticket.starts {
                    self.leases.insert(Lease::Unnamed(ticket.number), now + OPERATION_LEASE);
                }
                Turn::Now
            }
            Err(instant) => Turn::At(instant),
        }
    }

    /// Others wake it, except for what time alone brings about.
    fn wait_in_line(&self, ticket: &Ticket, now: Instant) -> Turn {
        let lease = ticket.starts.then(|| self.leases.values().min().copied()).flatten();
        let grown_old = ticket.since + BACKGROUND_WAIT_MAX;
        let grown_old = (ticket.rank == Rank::Background && now < grown_old).then_some(grown_old);
        lease.into_iter().chain(grown_old).min().map_or(Turn::Woken, Turn::At)
    }
}

impl Slot {
    /// AWS named the operation: it holds its place until it is over.
    pub fn named(self, operation: &OperationId) {
        let mut state = self.budget.state();
        state.leases.remove(&Lease::Unnamed(self.lease));
        state.leases.insert(Lease::Named(operation.clone()), Instant::now() + OPERATION_LEASE);
    }

    /// Nothing was begun.
    pub fn unused(self) {
        self.budget.release(&Lease::Unnamed(self.lease));
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        if let Some(until) = state.leases.get_mut(&Lease::Unnamed(self.lease)) {
            *until = Instant::now() + LOST_LEASE;
        }
    }
}

#[cfg(test)]
mod tests;
