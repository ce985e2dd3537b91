//! How long to wait before trying again.

use std::time::Duration;

/// First pause: long enough for a hiccup to pass.
const FIRST: Duration = Duration::from_millis(500);
/// Longest pause: taking access back is tried at least this often, for ever (P3).
pub(super) const MAX: Duration = Duration::from_secs(300);

/// The pause before try `attempts` + 1, with `dice` (0..=u32::MAX) spread over its upper half, so that many who failed
/// together do not come again together.
pub(super) fn pause(attempts: u32, asked: Option<Duration>, dice: u32) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32.checked_shl(attempts.min(20)).unwrap_or(u32::MAX)).min(MAX);
    let half = doubled / 2;
    let spread = half.mul_f64(f64::from(dice) / f64::from(u32::MAX));
    // What the other side asks for is honoured, but a mistaken answer of theirs must not become silence for days.
    asked.map_or(half + spread, |asked| asked.min(MAX).max(half + spread))
}

/// Random bits for [`pause`]. Without randomness all wait the longest, which is safe.
pub(super) fn dice() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// pitfall 30
    #[test]
    fn pauses_grow_are_spread_and_never_pass_five_minutes() {
        for attempts in 0..100 {
            let (low, high) = (pause(attempts, None, 0), pause(attempts, None, u32::MAX));
            assert!(low >= FIRST / 2 && low <= high && high <= MAX, "{attempts}: {low:?} {high:?}");
        }
        assert_eq!(pause(u32::MAX, None, u32::MAX), MAX);
        assert!(pause(3, None, u32::MAX) > pause(2, None, u32::MAX));
    }

    #[test]
    fn what_the_other_side_asks_for_is_honoured() {
        assert_eq!(pause(0, Some(Duration::from_secs(42)), 0), Duration::from_secs(42));
        assert_eq!(pause(0, Some(Duration::from_secs(86_400)), 0), MAX);
    }
}
