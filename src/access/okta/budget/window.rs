//! One bucket: what Okta says is left of it until it is full again, and what we ourselves took.

use std::time::Duration;

use tokio::time::Instant;

/// Okta counts by the minute.
pub(in super::super) const MINUTE: Duration = Duration::from_secs(60);
/// Ends of windows come in whole seconds; what differs by less is the same one.
const SAME_WINDOW: Duration = Duration::from_secs(5);

/// What an answer said of its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct RateSeen {
    /// Calls a window.
    pub(in super::super) limit: u32,
    /// Calls left in this one.
    pub(in super::super) left: u32,
    /// Until it is full again.
    pub(in super::super) resets_in: Duration,
}

#[derive(Debug)]
pub(super) struct Window {
    limit: u32,
    /// What is left until `ends`.
    left: Option<u32>,
    ends: Instant,
    closed_until: Option<Instant>,
    in_flight: u32,
    /// Our own limit, and what we took of it until `ours_until`.
    ours_max: Option<u32>,
    ours: u32,
    ours_until: Instant,
}

impl Window {
    pub(super) fn new(ours_max: Option<u32>) -> Self {
        let now = Instant::now();
        Self {
            limit: 0,
            left: None,
            ends: now,
            closed_until: None,
            in_flight: 0,
            ours_max,
            ours: 0,
            ours_until: now,
        }
    }

    /// When a call may be made that leaves some; `None`: now.
    pub(super) fn opens(&self, leaves: impl Fn(u32) -> u32, now: Instant) -> Option<Instant> {
        let closed = self.closed_until;
        let empty = self.left.is_some_and(|left| left <= leaves(self.limit)).then_some(self.ends);
        // Small limits leave at least one, or opening would never leave any.
        let full = self.ours_max.is_some_and(|max| self.ours + leaves(max).min(max - 1) >= max.max(1));
        let full = full.then_some(self.ours_until);
        closed.into_iter().chain(empty).chain(full).filter(|until| now < *until).max()
    }

    pub(super) fn take(&mut self, now: Instant) {
        if now >= self.ours_until {
            (self.ours, self.ours_until) = (0, now + MINUTE);
        }
        if now >= self.ends {
            self.left = None;
        }
        self.ours += 1;
        self.in_flight += 1;
        self.left = self.left.map(|left| left.saturating_sub(1));
    }

    pub(super) fn over(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) fn seen(&mut self, seen: RateSeen, now: Instant) {
        let ends = now + seen.resets_in;
        // Others that are under way are not counted in what it says is left; the one that it answers is.
        let left = seen.left.saturating_sub(self.in_flight.saturating_sub(1));
        let known = self.left.filter(|_| now < self.ends && ends < self.ends + SAME_WINDOW);
        // Of two answers the one with less left counts, and when that is over: Okta may count in smaller buckets than ours.
        if known.is_none_or(|known| seen.left <= known) {
            (self.left, self.ends) = (Some(known.map_or(left, |known| known.min(left))), ends);
        }
        self.limit = seen.limit;
    }

    pub(super) fn throttled(&mut self, until: Instant) {
        self.closed_until = self.closed_until.max(Some(until));
    }
}
