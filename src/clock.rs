//! The only place that reads the time.

use jiff::Timestamp;

use crate::ports::Clock;

/// The clock of the machine, in whole milliseconds: what the journal stores, so that a replay sees the same times.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the only place")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}
