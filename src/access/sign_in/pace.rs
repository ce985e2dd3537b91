//! How long to wait before the provider is asked again. Pure; it never gets faster.

use std::time::Duration;

use super::settings::Pacing;

/// Longest wait between two questions: a person who has signed in should not sit before a bot that does not notice.
pub(super) const INTERVAL_MAX: Duration = Duration::from_secs(60);

/// The pace of one sign-in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    interval: Duration,
    pacing: Pacing,
}

impl Pace {
    pub(super) fn new(interval: Duration, pacing: Pacing) -> Self {
        Self { interval: interval.clamp(pacing.interval_min, INTERVAL_MAX), pacing }
    }

    /// Before the next question.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// The provider said `slow_down`.
    pub(super) fn slow_down(&mut self) {
        self.interval = self.interval.saturating_add(self.pacing.slower_by).min(INTERVAL_MAX);
    }

    /// It did not answer, or asked to be left alone: twice the interval (RFC 8628 §3.5), and no less than it asked for.
    pub(super) fn back_off(&mut self, retry_after: Option<Duration>) {
        let twice = self.interval.saturating_mul(2).min(INTERVAL_MAX);
        self.interval = twice.max(retry_after.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_provider_sets_the_pace_and_nothing_makes_it_faster() {
        let mut pace = Pace::new(5 * SECOND, Pacing::default());
        assert_eq!(pace.interval(), 5 * SECOND);
        pace.slow_down();
        assert_eq!(pace.interval(), 10 * SECOND);
        pace.back_off(None);
        assert_eq!(pace.interval(), 20 * SECOND);
        pace.back_off(Some(SECOND));
        assert_eq!(pace.interval(), 40 * SECOND, "what it asks for is no reason to hurry");
        pace.back_off(Some(90 * SECOND));
        assert_eq!(pace.interval(), 90 * SECOND);
    }

    #[test]
    fn the_interval_has_two_ends() {
        assert_eq!(Pace::new(Duration::ZERO, Pacing::default()).interval(), SECOND);
        let mut pace = Pace::new(3_600 * SECOND, Pacing::default());
        assert_eq!(pace.interval(), INTERVAL_MAX);
        pace.slow_down();
        assert_eq!(pace.interval(), INTERVAL_MAX);
    }
}
