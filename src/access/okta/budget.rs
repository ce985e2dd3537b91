//! Whose turn it is at Okta: as many calls under way as it bears, and in each of its buckets as many as it says are left.
//!
//! Closing goes first, and opening leaves some for it. A caller that goes away gives back what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::settings::OktaLimits;
use crate::ports::Urgency;

mod window;

use window::Window;
pub(super) use window::{MINUTE, RateSeen};

/// What Okta counts together (platform-rules 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bucket {
    /// `/oauth2/v1`.
    Token,
    /// `/api/v1/apps` and what is below an app: the smallest, and the life cycle is in it.
    Apps,
    /// `/api/v1/apps/{id}`.
    App,
    /// What is below a group, and the rules.
    Groups,
    /// `/api/v1/groups/{id}`.
    Group,
    /// `/api/v1/users/{id}`.
    User,
}

/// Who goes first, first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Without a token nothing goes.
    Token,
    /// Closing the door for all.
    Deactivate,
    /// Taking somebody out.
    Remove,
    /// Seeing that it is closed.
    LookClosing,
    /// Opening the door.
    Activate,
    /// Letting somebody in.
    Add,
    /// Seeing that it is open.
    Look,
    /// Everything that can wait.
    Check,
}

impl Rank {
    /// The rank of a look.
    #[must_use]
    pub(super) const fn looking(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Ending => Self::LookClosing,
            Urgency::Emergency | Urgency::Granting => Self::Look,
            Urgency::Background => Self::Check,
        }
    }

    /// How much of a bucket it leaves to those before it.
    const fn leaves(self, limit: u32) -> u32 {
        match self {
            Self::Token | Self::Deactivate | Self::Remove | Self::LookClosing => 0,
            Self::Activate | Self::Add | Self::Look => limit / 10,
            Self::Check => limit / 4,
        }
    }

    /// Longest wait for a turn. Closing keeps its place, which a new try would lose; the longest that a bucket is empty fits
    /// twice. Opening is decided anew after a while.
    #[must_use]
    pub(super) const fn wait_max(self) -> Duration {
        match self {
            Self::Token | Self::Deactivate | Self::Remove | Self::LookClosing => Duration::from_secs(250),
            Self::Activate | Self::Add | Self::Look => Duration::from_secs(30),
            Self::Check => Duration::from_secs(75),
        }
    }
}

/// The budget of one Okta. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    limits: OktaLimits,
    in_flight: usize,
    windows: BTreeMap<Bucket, Window>,
    line: BTreeMap<(Rank, u64), Ticket>,
    next: u64,
}

#[derive(Debug, Clone)]
struct Ticket {
    bucket: Bucket,
    wake: Arc<Notify>,
}

/// The right to one call, given back when dropped.
#[derive(Debug)]
#[must_use]
pub(super) struct Permit {
    budget: Budget,
    bucket: Bucket,
}

/// A place in the line, left when dropped.
struct Place<'a> {
    budget: &'a Budget,
    key: (Rank, u64),
    wake: Arc<Notify>,
}

/// What a caller learns when it asks for its turn.
enum Turn {
    Now,
    /// Not before this instant, unless woken.
    At(Instant),
    /// When woken.
    Woken,
}

impl Budget {
    /// A full budget.
    #[must_use]
    pub(super) fn new(limits: OktaLimits) -> Self {
        let limits = OktaLimits { in_flight: limits.in_flight.max(1), ..limits };
        let (windows, line) = (BTreeMap::new(), BTreeMap::new());
        Self { shared: Arc::new(Mutex::new(State { limits, in_flight: 0, windows, line, next: 0 })) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is whole before anything can panic.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the right to one call.
    pub(super) async fn turn(&self, bucket: Bucket, rank: Rank) -> Permit {
        let place = self.join(bucket, rank);
        loop {
            let woken = place.wake.notified();
            let turn = self.state().turn_of(place.key, bucket, Instant::now());
            match turn {
                Turn::Now => return Permit { budget: self.clone(), bucket },
                Turn::Woken => woken.await,
                Turn::At(instant) => {
                    // Either is a reason to look again.
                    let _ = tokio::time::timeout_at(instant, woken).await;
                }
            }
        }
    }

    /// What an answer said of its bucket.
    pub(super) fn seen(&self, bucket: Bucket, seen: RateSeen) {
        let mut state = self.state();
        state.window(bucket).seen(seen, Instant::now());
        state.wake_first(Instant::now());
    }

    /// Okta said that it was too much.
    pub(super) fn throttled(&self, bucket: Bucket, retry_after: Duration) {
        self.state().window(bucket).throttled(Instant::now() + retry_after);
    }

    fn join(&self, bucket: Bucket, rank: Rank) -> Place<'_> {
        let mut state = self.state();
        let key = (rank, state.next);
        state.next = state.next.wrapping_add(1);
        let wake = Arc::new(Notify::new());
        state.line.insert(key, Ticket { bucket, wake: Arc::clone(&wake) });
        Place { budget: self, key, wake }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.line.remove(&self.key);
        state.wake_first(Instant::now());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.window(self.bucket).over();
        state.wake_first(Instant::now());
    }
}

impl State {
    fn window(&mut self, bucket: Bucket) -> &mut Window {
        let most = self.limits.calls_per_minute;
        self.windows.entry(bucket).or_insert_with(|| Window::new(most))
    }

    /// When this rank may call, as far as the bucket goes; `None`: now.
    fn opens(&self, rank: Rank, bucket: Bucket, now: Instant) -> Option<Instant> {
        self.windows.get(&bucket).and_then(|window| window.opens(|limit| rank.leaves(limit), now))
    }

    /// Who goes next: the first in the line whose bucket lets them.
    fn first(&self, now: Instant) -> Option<((Rank, u64), &Ticket)> {
        if self.in_flight >= self.limits.in_flight {
            return None;
        }
        let ready = |(key, ticket): &(&(Rank, u64), &Ticket)| self.opens(key.0, ticket.bucket, now).is_none();
        self.line.iter().find(ready).map(|(key, ticket)| (*key, ticket))
    }

    /// Wakes who goes next. While all wait for time to pass, one for each bucket must know until when.
    fn wake_first(&self, now: Instant) {
        if let Some((_, ticket)) = self.first(now) {
            ticket.wake.notify_one();
        } else if self.in_flight < self.limits.in_flight {
            let mut known = BTreeSet::new();
            for ticket in self.line.values().filter(|ticket| known.insert(ticket.bucket)) {
                ticket.wake.notify_one();
            }
        }
    }

    fn turn_of(&mut self, key: (Rank, u64), bucket: Bucket, now: Instant) -> Turn {
        if self.first(now).is_some_and(|(first, _)| first == key) {
            self.line.remove(&key);
            self.in_flight += 1;
            self.window(bucket).take(now);
            return Turn::Now;
        }
        self.opens(key.0, bucket, now).map_or(Turn::Woken, Turn::At)
    }
}

#[cfg(test)]
mod tests;
