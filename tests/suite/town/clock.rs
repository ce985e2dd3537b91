//! The clock of a town: the machine's, and ahead of it by as much as was let pass. It never goes back.

use std::sync::atomic::{AtomicI64, Ordering};

use glasskey::clock::SystemClock;
use glasskey::ports::Clock;
use jiff::{SignedDuration, Timestamp};

/// See the top of this file. It keeps running, so that what is tried again later is tried again.
#[derive(Debug, Default)]
pub(crate) struct TownClock {
    ahead_ms: AtomicI64,
}

impl TownClock {
    /// Lets time pass at once.
    pub(crate) fn pass(&self, time: SignedDuration) {
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TownClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_millis(self.ahead_ms.load(Ordering::SeqCst))
    }
}
