//! How much we may write: Discord closes a connection on which more than 120 frames come within 60 s.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Frames within [`WINDOW`].
pub(super) const SENDS_MAX: usize = 120;
/// How many of these may be heartbeats that Discord asks for: our own must always fit, or we would be taken for dead.
pub(super) const ASKED_MAX: usize = 100;
/// Discord's window.
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// When the frames of one connection left.
#[derive(Debug, Default)]
pub(super) struct Sends {
    left: VecDeque<Instant>,
}

impl Sends {
    /// Takes a place for a frame, where fewer than `most` left lately.
    pub(super) fn admit(&mut self, most: usize, now: Instant) -> bool {
        while self.left.front().is_some_and(|left| *left + WINDOW <= now) {
            self.left.pop_front();
        }
        let fits = self.left.len() < most;
        if fits {
            self.left.push_back(now);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_that_discord_asks_for_leave_room_for_our_own() {
        let (mut sends, now) = (Sends::default(), Instant::now());
        assert_eq!((0..200).filter(|_| sends.admit(ASKED_MAX, now)).count(), ASKED_MAX);
        assert_eq!((0..200).filter(|_| sends.admit(SENDS_MAX, now)).count(), SENDS_MAX - ASKED_MAX);
        let later = now + WINDOW;
        assert!(!sends.admit(SENDS_MAX, later - Duration::from_millis(1)));
        assert!(sends.admit(SENDS_MAX, later));
    }
}
