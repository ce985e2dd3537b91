//! A bucket of calls that fills at AWS's rate, and slower for a while after AWS said that it was too much.

use std::time::Duration;

use tokio::time::Instant;

use super::{Limits, Rank};

/// The bucket holds this share of a second's calls: AWS's own holds a whole second's, and the other half takes up what the
/// network does to the spacing of calls.
const BURST_SECONDS: f64 = 0.5;
/// Background calls leave so many in the bucket: an end finds its call at once.
const KEPT_FROM_BACKGROUND: f64 = 3.0;
/// Halved at most so often: an eighth of the rate still does something.
const HALVINGS_MAX: u32 = 3;
/// Calls that were under way together are throttled together: one sign, not several.
const HALVING_PAUSE: Duration = Duration::from_secs(1);
/// One halving is taken back after so long without throttling.
const RECOVERY: Duration = Duration::from_secs(5);
/// However long AWS asks to be left alone, an end tries again after this.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// What rounding may do to a token.
const NEARLY: f64 = 1e-9;

#[derive(Debug)]
pub(super) struct Tokens {
    per_second: Option<u32>,
    evenly: bool,
    held: f64,
    filled: Instant,
    halvings: u32,
    changed: Instant,
    paused_until: Instant,
}

impl Tokens {
    pub(super) fn full(limits: Limits, now: Instant) -> Self {
        let (per_second, evenly) = (limits.calls_per_second, limits.evenly);
        let mut tokens =
            Self { per_second, evenly, held: 0.0, filled: now, halvings: 0, changed: now, paused_until: now };
        tokens.held = per_second.map_or(0.0, |per_second| tokens.burst(per_second));
        tokens
    }

    fn burst(&self, per_second: u32) -> f64 {
        if self.evenly { 1.0 } else { (f64::from(per_second) * BURST_SECONDS).max(1.0) }
    }

    /// Takes one call; else tells when to ask again.
    pub(super) fn take(&mut self, rank: Rank, now: Instant) -> Result<(), Instant> {
        let Some(per_second) = self.per_second else { return Ok(()) };
        self.recover(now);
        if now < self.paused_until {
            return Err(self.paused_until);
        }
        let burst = self.burst(per_second);
        let rate = f64::from(per_second) / f64::from(1_u32 << self.halvings);
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * rate;
        self.held = (self.held + gained).min(burst);
        self.filled = now;
        let kept = if rank == Rank::Background { KEPT_FROM_BACKGROUND.min(burst - 1.0) } else { 0.0 };
        let missing = 1.0 + kept - self.held;
        if missing <= NEARLY {
            self.held -= 1.0;
            return Ok(());
        }
        Err(now + Duration::from_secs_f64(missing / rate))
    }

    pub(super) fn throttled(&mut self, retry_after: Option<Duration>, now: Instant) {
        self.recover(now);
        self.held = 0.0;
        self.filled = now;
        let pause = retry_after.unwrap_or_default().min(PAUSE_MAX);
        self.paused_until = self.paused_until.max(now + pause);
        let fresh = self.halvings == 0 || now.saturating_duration_since(self.changed) >= HALVING_PAUSE;
        if fresh && self.halvings < HALVINGS_MAX {
            self.halvings += 1;
        }
        if fresh {
            self.changed = now;
        }
    }

    fn recover(&mut self, now: Instant) {
        while self.halvings > 0 && now.saturating_duration_since(self.changed) >= RECOVERY {
            self.halvings -= 1;
            self.changed += RECOVERY;
        }
    }
}
