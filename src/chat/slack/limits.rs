//! When Slack may be asked: what it told us to wait for, per method and channel, and our own pace for posting.
//!
//! Must never wait: a caller gets the remaining time at once and schedules itself, so that one slow channel holds nobody
//! else up and nothing recurses (pitfall 30).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Wait when Slack says 429 without a readable `Retry-After`: its windows are minutes (platform-rules §1.5).
pub const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(30);
/// Least wait honoured: `Retry-After: 0` must not become a spin.
pub const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
/// Most wait honoured: a wrong header must not silence a channel for a day.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);
/// The method that is paced.
pub(super) const POST_MESSAGE: &str = "chat.postMessage";
/// `chat.postMessage`: one message a second and channel (platform-rules §1.5).
pub const POST_INTERVAL: Duration = Duration::from_secs(1);
/// Messages at once in a channel that was quiet: "short bursts" are allowed, unnumbered; a card and its first notices.
pub const POST_BURST: u32 = 3;
/// Gates remembered; past ones are dropped first. One per channel we are active in, so far more than ever needed.
pub const GATES_MAX: usize = 10_000;

type Key = (&'static str, String);

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Not before this, because Slack said so.
    closed_until: Instant,
    /// When the pace would be used up to nothing (generic cell rate algorithm).
    paced_until: Instant,
}

/// The gate in front of the Web API.
#[derive(Debug)]
pub struct Gate {
    slots: Mutex<BTreeMap<Key, Slot>>,
    paced: bool,
}

impl Gate {
    /// A gate; `paced` switches our own pace for `chat.postMessage` on.
    #[must_use]
    pub fn new(paced: bool) -> Self {
        Self { slots: Mutex::new(BTreeMap::new()), paced }
    }

    /// Takes a place for one call now.
    ///
    /// # Errors
    /// The time to wait, when this method is closed for this channel.
    pub fn admit(&self, method: &'static str, channel: Option<&str>, now: Instant) -> Result<(), Duration> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (method, channel.unwrap_or_default().to_owned());
        let slot = slots.get(&key).copied().unwrap_or(Slot { closed_until: now, paced_until: now });
        self.open(method, slot, now)?;
        if self.paces(method) {
            make_room(&mut slots, now);
            slots.insert(key, Slot { paced_until: slot.paced_until.max(now) + POST_INTERVAL, ..slot });
        }
        Ok(())
    }

    /// Whether there is a place for a call now, without taking it.
    ///
    /// # Errors
    /// The time to wait.
    pub fn ask(&self, method: &'static str, channel: &str, now: Instant) -> Result<(), Duration> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get(&(method, channel.to_owned())).map_or(Ok(()), |slot| self.open(method, *slot, now))
    }

    fn open(&self, method: &'static str, slot: Slot, now: Instant) -> Result<(), Duration> {
        let allowed = POST_INTERVAL * POST_BURST.saturating_sub(1);
        let ahead = slot.paced_until.saturating_duration_since(now).saturating_sub(allowed);
        let paced = if self.paces(method) { ahead } else { Duration::ZERO };
        let wait = slot.closed_until.saturating_duration_since(now).max(paced);
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    fn paces(&self, method: &'static str) -> bool {
        self.paced && method == POST_MESSAGE
    }

    /// Closes a method for a channel, because Slack answered 429. Returns the wait as honoured.
    pub fn close(
        &self,
        method: &'static str,
        channel: Option<&str>,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> Duration {
        let wait = retry_after.unwrap_or(RETRY_AFTER_DEFAULT).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut slots, now);
        let slot = slots
            .entry((method, channel.unwrap_or_default().to_owned()))
            .or_insert(Slot { closed_until: now, paced_until: now });
        slot.closed_until = slot.closed_until.max(now + wait);
        wait
    }
}

/// Keeps the gates bounded: those that are open and rested say nothing, and go first.
fn make_room(slots: &mut BTreeMap<Key, Slot>, now: Instant) {
    if slots.len() < GATES_MAX {
        return;
    }
    slots.retain(|_, slot| slot.closed_until > now || slot.paced_until > now);
    while slots.len() >= GATES_MAX {
        slots.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = POST_MESSAGE;

    #[test]
    fn a_closed_channel_closes_neither_another_channel_nor_another_method() {
        let (gate, now) = (Gate::new(false), Instant::now());
        assert_eq!(gate.close(POST, Some("C1"), Some(Duration::from_secs(7)), now), Duration::from_secs(7));
        assert_eq!(gate.admit(POST, Some("C1"), now), Err(Duration::from_secs(7)));
        assert_eq!(gate.admit(POST, Some("C2"), now), Ok(()));
        assert_eq!(gate.admit("chat.update", Some("C1"), now), Ok(()));
        assert_eq!(gate.admit(POST, Some("C1"), now + Duration::from_secs(7)), Ok(()));
    }

    #[test]
    fn a_wait_of_nothing_or_of_years_is_brought_within_reason() {
        let (gate, now) = (Gate::new(false), Instant::now());
        assert_eq!(gate.close(POST, None, Some(Duration::ZERO), now), RETRY_AFTER_MIN);
        assert_eq!(gate.close(POST, None, Some(Duration::from_secs(u64::MAX)), now), RETRY_AFTER_MAX);
        assert_eq!(gate.close(POST, None, None, now), RETRY_AFTER_DEFAULT);
        assert_eq!(gate.admit(POST, None, now), Err(RETRY_AFTER_MAX), "a shorter wait opened the gate early");
    }

    #[test]
    fn posts_keep_their_pace_per_channel_after_a_short_burst() {
        let (gate, now) = (Gate::new(true), Instant::now());
        for _ in 0..POST_BURST {
            assert_eq!(gate.admit(POST, Some("C1"), now), Ok(()));
        }
        assert_eq!(gate.admit(POST, Some("C1"), now), Err(POST_INTERVAL));
        assert_eq!(gate.admit(POST, Some("C2"), now), Ok(()));
        assert_eq!(gate.admit(POST, Some("C1"), now + POST_INTERVAL), Ok(()));
        assert_eq!(gate.admit(POST, Some("C1"), now + POST_INTERVAL), Err(POST_INTERVAL));
        assert_eq!(gate.ask(POST, "C1", now), Err(POST_INTERVAL * 2), "asking takes no place");
        let later = now + POST_INTERVAL * 2;
        assert_eq!((gate.ask(POST, "C1", later), gate.ask(POST, "C1", later)), (Ok(()), Ok(())));
        assert_eq!(gate.ask(POST, "C9", now), Ok(()), "nothing is known of it");
        let unpaced = Gate::new(false);
        assert!((0..100).all(|_| unpaced.admit(POST, Some("C1"), now).is_ok()));
    }

    #[test]
    fn the_gates_stay_bounded() {
        let (gate, now) = (Gate::new(true), Instant::now());
        for n in 0..GATES_MAX + 10 {
            gate.close(POST, Some(&n.to_string()), None, now);
        }
        assert_eq!(gate.slots.lock().unwrap().len(), GATES_MAX);
    }
}
