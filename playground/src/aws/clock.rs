//! The one place of the twins that reads the wall clock, for the dates AWS puts into its answers.
//!
//! It must never decide anything: delays and limits run on tokio's clock, so that tests can hold it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Wall-clock time tied to tokio's clock: read once, then moved by what tokio says has passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    started: Instant,
    started_since_epoch: Duration,
}

impl Calendar {
    /// Reads the wall clock.
    pub(super) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the twin has no caller to take the date from")]
        let now = SystemTime::now();
        let started_since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), started_since_epoch }
    }

    /// Seconds since 1970 at `at`, to the millisecond, as AWS JSON spells dates.
    pub(super) fn epoch_seconds(&self, at: Instant) -> f64 {
        let since = self.started_since_epoch + at.saturating_duration_since(self.started);
        (since.as_secs_f64() * 1000.0).round() / 1000.0
    }

    /// Seconds since the twin's start.
    pub(super) fn seconds_since_start(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.started).as_secs_f64()
    }
}
