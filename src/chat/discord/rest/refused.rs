//! How many of our calls Discord refused lately (401, 403, 429): at 10,000 within 10 minutes Cloudflare bans the address for
//! an hour, and with it everything else we run there.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::call::Urgency;

/// Refused calls within [`WINDOW`] at which answers to people stop too: Discord's own limit is 10,000.
pub const REFUSED_MAX: u32 = 8_000;
/// Refused calls at which all but answers to people stops: half of Discord's limit.
pub const REFUSED_STOP: u32 = 5_000;
/// Refused calls at which an operator is told: nothing that is set up well comes near.
pub const REFUSED_WARN: u32 = 500;
/// Discord's window.
pub const WINDOW: Duration = Duration::from_secs(600);
/// Refusals are counted together for so long, so that few numbers are kept.
const SLOT: Duration = Duration::from_secs(10);

/// The refused calls of the last ten minutes.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// When a slot began, and how many fell into it; oldest first.
    slots: VecDeque<(Instant, u32)>,
}

impl Refused {
    /// Counts one. Returns how many there are now.
    pub(super) fn add(&mut self, now: Instant) -> u32 {
        match self.slots.back_mut() {
            Some((began, count)) if now < *began + SLOT => *count = count.saturating_add(1),
            _ => self.slots.push_back((now, 1)),
        }
        self.count(now)
    }

    /// How many there were within the window.
    pub(super) fn count(&mut self, now: Instant) -> u32 {
        while self.slots.front().is_some_and(|(began, _)| *began + SLOT + WINDOW <= now) {
            self.slots.pop_front();
        }
        self.slots.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Whether a call may still be made.
    ///
    /// # Errors
    /// How long until the oldest refusals are forgotten.
    pub(super) fn admit(&mut self, urgency: Urgency, now: Instant) -> Result<(), Duration> {
        let most = match urgency {
            Urgency::Answer => REFUSED_MAX,
            Urgency::Person | Urgency::Background => REFUSED_STOP,
        };
        if self.count(now) < most {
            return Ok(());
        }
        let until = self.slots.front().map_or(now, |(began, _)| *began + SLOT + WINDOW);
        Err(until.saturating_duration_since(now).max(SLOT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_stop_well_before_the_ban_and_answers_to_people_last() {
        let (mut refused, now) = (Refused::default(), Instant::now());
        for _ in 1..REFUSED_STOP {
            refused.add(now);
        }
        assert_eq!(refused.admit(Urgency::Background, now), Ok(()));
        refused.add(now);
        assert_eq!(refused.admit(Urgency::Background, now), Err(WINDOW + SLOT));
        assert!(refused.admit(Urgency::Person, now).is_err());
        assert_eq!(refused.admit(Urgency::Answer, now), Ok(()));
        for _ in REFUSED_STOP..REFUSED_MAX {
            refused.add(now);
        }
        assert!(refused.admit(Urgency::Answer, now).is_err());
        const { assert!(REFUSED_MAX < 10_000 && REFUSED_STOP < REFUSED_MAX && REFUSED_WARN < REFUSED_STOP) };
    }

    #[test]
    fn refusals_are_forgotten_after_discords_window_and_not_before() {
        let (mut refused, now) = (Refused::default(), Instant::now());
        refused.add(now);
        refused.add(now + SLOT - Duration::from_millis(1));
        assert_eq!(refused.count(now + WINDOW + SLOT - Duration::from_millis(1)), 2);
        assert_eq!(refused.count(now + WINDOW + SLOT), 0);
        for n in 0..10_000 {
            refused.add(now + Duration::from_secs(n));
        }
        assert!(refused.slots.len() < 70);
    }
}
