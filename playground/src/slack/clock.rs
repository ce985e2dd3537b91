//! The only place of the Slack twin that reads the time. Nothing else here may ask what time it is.

use std::time::Duration;

/// The wall clock, which a test may push forward to see a trigger or a `response_url` grow old.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    ahead: Duration,
}

impl Clock {
    /// Microseconds since the epoch.
    pub(crate) fn now_us(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the one place of this twin that reads the time")]
        let now = jiff::Timestamp::now().as_microsecond();
        now.saturating_add(i64::try_from(self.ahead.as_micros()).unwrap_or(i64::MAX))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now_us() / 1000
    }

    pub(crate) fn push_forward(&mut self, by: Duration) {
        self.ahead += by;
    }
}
