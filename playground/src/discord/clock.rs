//! The only place of the Discord twin that reads the time. Nothing else here may ask what time it is.

use std::time::Duration;

/// The first millisecond of 2015, from which Discord counts in its ids.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// The wall clock, which a test may push forward to see a token grow old or a bucket fill again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    ahead: Duration,
    last_id: u64,
}

impl Clock {
    /// Milliseconds since the epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the one place of this twin that reads the time")]
        let now = jiff::Timestamp::now().as_millisecond();
        now.saturating_add(i64::try_from(self.ahead.as_millis()).unwrap_or(i64::MAX))
    }

    pub(crate) fn push_forward(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// A fresh id: the time now, made unique, so that a later message has the larger id.
    pub(crate) fn snowflake(&mut self) -> String {
        let since = u64::try_from(self.now_ms() - DISCORD_EPOCH_MS).unwrap_or_default();
        self.last_id = (since << 22).max(self.last_id + 1);
        self.last_id.to_string()
    }
}

/// A time as Discord writes it.
pub(crate) fn written(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|t| format!("{t:.3}").replace('Z', "+00:00"))
        .unwrap_or_default()
}
