//! What truly passes, and what the bot's clock makes of it.

use std::sync::atomic::{AtomicI64, Ordering};

use glasskey::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Every town begins then.
pub(crate) const BEGINNING: i64 = 1_800_000_000;

/// The time: what truly passes (tokio's, and sleeps of the whole machine), and what the bot's clock makes of it.
pub(crate) struct Time {
    born: Instant,
    asleep_ms: AtomicI64,
    wrong_ms: AtomicI64,
    wrong_most_ms: AtomicI64,
}

impl Time {
    pub(super) fn new() -> Self {
        let still = || AtomicI64::new(0);
        Self { born: Instant::now(), asleep_ms: still(), wrong_ms: still(), wrong_most_ms: still() }
    }

    /// What a good clock would show.
    pub(crate) fn truth(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.born.elapsed()).unwrap();
        let asleep = SignedDuration::from_millis(self.asleep_ms.load(Ordering::SeqCst));
        Timestamp::from_second(BEGINNING).unwrap() + passed + asleep
    }

    /// The machine slept: time passed and no timer ran.
    pub(crate) fn sleep_of_the_machine(&self, length: SignedDuration) {
        self.asleep_ms.fetch_add(length.as_millis() as i64, Ordering::SeqCst);
    }

    /// The bot's clock is set: it shows so much more (or less) than the truth.
    pub(crate) fn set_wrong_by(&self, ms: i64) {
        self.wrong_ms.store(ms, Ordering::SeqCst);
        self.wrong_most_ms.fetch_max(ms.abs(), Ordering::SeqCst);
    }

    /// By how much the bot's clock was ever wrong.
    pub(crate) fn wrong_most(&self) -> SignedDuration {
        SignedDuration::from_millis(self.wrong_most_ms.load(Ordering::SeqCst))
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        self.truth() + SignedDuration::from_millis(self.wrong_ms.load(Ordering::SeqCst))
    }
}
