//! The only place of the Okta twin that reads the time: a clock that tests may stop, set and push on.

use std::time::Duration;

use jiff::Timestamp;

/// What time it is for this Okta: tokens, proofs, rate limits, late reads and the log go by it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    ahead_ms: i64,
    stopped_at_ms: Option<i64>,
}

impl Clock {
    /// Milliseconds since the epoch.
    pub(super) fn now_ms(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the one place of this twin that reads the time")]
        let wall_ms = || Timestamp::now().as_millisecond();
        self.stopped_at_ms.unwrap_or_else(wall_ms).saturating_add(self.ahead_ms)
    }

    /// From now on it is `at`, until somebody pushes the clock forward.
    pub(super) fn stop_at(&mut self, at: Timestamp) {
        *self = Self { ahead_ms: 0, stopped_at_ms: Some(at.as_millisecond()) };
    }

    pub(super) fn push_forward(&mut self, by: Duration) {
        self.ahead_ms = self.ahead_ms.saturating_add(millis(by));
    }
}

/// Whole milliseconds of a duration.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// `2026-11-21T12:00:00.000Z`, as Okta spells dates.
pub(super) fn iso(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `Sat, 21 Nov 2026 12:00:00 GMT`, as the header `Date` wants it.
pub(super) fn http_date(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
