//! When Discord may be asked: its buckets as its headers describe them, the limit of the whole bot, and what it told us to
//! wait for. No number of Discord's buckets is written down here: they change without notice (platform-rules §2).
//!
//! Must never wait itself: a caller gets the remaining time at once, so that one full channel holds nobody else up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::call::Urgency;
use super::headers::{Scope, Seen, TooMany};

/// Calls of one bot within [`GLOBAL_WINDOW`]; endpoints of interactions are exempt.
pub const GLOBAL_MAX: usize = 50;
/// How many of these jobs may use: the rest is for what people wait for.
pub const GLOBAL_BACKGROUND_MAX: usize = 40;
/// Discord's window.
pub const GLOBAL_WINDOW: Duration = Duration::from_secs(1);
/// Calls at once into a bucket of which nothing is known yet: the smallest common bucket takes five.
pub const UNKNOWN_MAX: u32 = 5;
/// Wait for a bucket of which nothing is known: about one answer of Discord's, which then says more.
pub const UNKNOWN_WAIT: Duration = Duration::from_millis(250);
/// Wait when Discord says 429 and not for how long.
pub const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(5);
/// Least wait honoured: a wait of nothing must not become a spin.
pub const RETRY_AFTER_MIN: Duration = Duration::from_millis(50);
/// Most wait honoured: a wrong header must not silence a channel for a day.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// Two ends of a window that are nearer than this are the same end, told at two times.
const SAME_WINDOW: Duration = Duration::from_millis(500);
/// Buckets remembered; rested ones are dropped first. One per channel and open interaction, so far more than needed.
pub const BUCKETS_MAX: usize = 10_000;

/// A bucket: Discord's name for it (ours until it is known), and what is counted apart within it.
type Key = (String, String);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: Option<u32>,
    remaining: u32,
    window: Duration,
    reset_at: Instant,
    closed_until: Instant,
    /// Calls that left and are not answered.
    in_flight: u32,
}

impl Bucket {
    fn new(now: Instant) -> Self {
        let window = Duration::ZERO;
        Self { limit: None, remaining: 0, window, reset_at: now, closed_until: now, in_flight: 0 }
    }

    fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        if self.closed_until > now {
            return Err(self.closed_until - now);
        }
        match self.limit {
            None if self.in_flight >= UNKNOWN_MAX => return Err(UNKNOWN_WAIT),
            None => {}
            Some(limit) => {
                if self.reset_at <= now {
                    // A new window, of which Discord will tell us. Calls on their way may be counted into it.
                    self.remaining = limit.saturating_sub(self.in_flight);
                    self.reset_at = now + self.window.max(RETRY_AFTER_MIN);
                }
                self.remaining = self.remaining.checked_sub(1).ok_or(self.reset_at - now)?;
            }
        }
        self.in_flight = self.in_flight.saturating_add(1);
        Ok(())
    }

    fn learn(&mut self, seen: &Seen, now: Instant) {
        let reset_at = now + seen.reset_after;
        // Answers overtake each other: within a window what is left only falls.
        if self.limit.is_some() && reset_at <= self.reset_at + SAME_WINDOW {
            self.remaining = self.remaining.min(seen.remaining);
        } else {
            self.remaining = seen.remaining.saturating_sub(self.in_flight);
            self.reset_at = reset_at;
        }
        self.window = self.window.max(seen.reset_after);
        self.limit = Some(seen.limit.max(1));
    }

    fn is_rested(&self, now: Instant) -> bool {
        self.in_flight == 0 && self.closed_until <= now && self.reset_at <= now
    }
}

#[derive(Debug)]
struct State {
    /// Our name of a call → Discord's name of its bucket.
    names: BTreeMap<&'static str, String>,
    buckets: BTreeMap<Key, Bucket>,
    /// When calls that count against the global limit left, within its window.
    sent: VecDeque<Instant>,
    bot_closed_until: Instant,
    address_closed_until: Instant,
}

impl State {
    fn key(&self, method: &'static str, major: &str) -> Key {
        let name = self.names.get(method).cloned().unwrap_or_else(|| method.to_owned());
        (name, major.to_owned())
    }

    fn bucket(&mut self, key: &Key, now: Instant) -> &mut Bucket {
        if self.buckets.len() >= BUCKETS_MAX && !self.buckets.contains_key(key) {
            self.buckets.retain(|_, bucket| !bucket.is_rested(now));
            while self.buckets.len() >= BUCKETS_MAX {
                self.buckets.pop_first();
            }
        }
        self.buckets.entry(key.clone()).or_insert_with(|| Bucket::new(now))
    }

    fn admit_global(&mut self, urgency: Urgency, now: Instant) -> Result<(), Duration> {
        let most = match urgency {
            Urgency::Answer => return Ok(()),
            Urgency::Person => GLOBAL_MAX,
            Urgency::Background => GLOBAL_BACKGROUND_MAX,
        };
        if self.bot_closed_until > now {
            return Err(self.bot_closed_until - now);
        }
        while self.sent.front().is_some_and(|left| *left + GLOBAL_WINDOW <= now) {
            self.sent.pop_front();
        }
        // The place of the call that must be forgotten before this one may go.
        match self.sent.len().checked_sub(most).and_then(|over| self.sent.get(over)) {
            Some(left) => Err(*left + GLOBAL_WINDOW - now),
            None => Ok(()),
        }
    }
}

/// The gate in front of Discord's REST API. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    state: Arc<Mutex<State>>,
}

/// A call that may be made. Dropped when it is answered or given up.
#[derive(Debug)]
pub(super) struct Pass {
    state: Arc<Mutex<State>>,
    method: &'static str,
    key: Key,
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(bucket) = lock(&self.state).buckets.get_mut(&self.key) {
            bucket.in_flight = bucket.in_flight.saturating_sub(1);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    pub(super) fn new(now: Instant) -> Self {
        let state = State {
            names: BTreeMap::new(),
            buckets: BTreeMap::new(),
            sent: VecDeque::new(),
            bot_closed_until: now,
            address_closed_until: now,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Takes a place for one call now.
    ///
    /// # Errors
    /// The time to wait before asking again.
    pub(super) fn admit(
        &self,
        method: &'static str,
        major: &str,
        urgency: Urgency,
        now: Instant,
    ) -> Result<Pass, Duration> {
        let mut state = lock(&self.state);
        if state.address_closed_until > now {
            return Err(state.address_closed_until - now);
        }
        state.admit_global(urgency, now)?;
        let key = state.key(method, major);
        state.bucket(&key, now).admit(now)?;
        if urgency != Urgency::Answer {
            state.sent.push_back(now);
        }
        Ok(Pass { state: Arc::clone(&self.state), method, key })
    }

    /// What an answer said about the bucket that it was counted in.
    pub(super) fn learn(&self, pass: &Pass, seen: &Seen, now: Instant) {
        let mut state = lock(&self.state);
        state.names.insert(pass.method, seen.bucket.clone());
        let key = state.key(pass.method, &pass.key.1);
        // The answered call is no longer on its way, which its pass takes off its own bucket when it is dropped.
        let own = u32::from(key == pass.key);
        let bucket = state.bucket(&key, now);
        bucket.in_flight = bucket.in_flight.saturating_sub(own);
        bucket.learn(seen, now);
        bucket.in_flight = bucket.in_flight.saturating_add(own);
    }

    /// Closes what a 429 is about. Returns the wait as honoured.
    pub(super) fn close(&self, pass: &Pass, limit: TooMany, now: Instant) -> Duration {
        let wait = limit.retry_after.unwrap_or(RETRY_AFTER_DEFAULT).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX);
        let until = now + wait;
        let mut state = lock(&self.state);
        let closed = match limit.scope {
            Scope::Global => &mut state.bot_closed_until,
            Scope::Address => &mut state.address_closed_until,
            Scope::Bucket | Scope::Shared => {
                let key = state.key(pass.method, &pass.key.1);
                &mut state.bucket(&key, now).closed_until
            }
        };
        *closed = until.max(*closed);
        wait
    }
}

#[cfg(test)]
mod tests;
