//! Token buckets: how many calls a second AWS answers. A refused call costs nothing.

use tokio::time::Instant;

/// A bucket that holds one second's worth of calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(super) fn full(per_second: u32, now: Instant) -> Self {
        Self { tokens: f64::from(per_second), filled: now }
    }

    /// Takes one token; false when none is left.
    pub(super) fn take(&mut self, per_second: u32, now: Instant) -> bool {
        let rate = f64::from(per_second);
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * rate;
        self.tokens = (self.tokens + gained).min(rate);
        self.filled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_gives_a_burst_of_one_second_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::full(20, start);
        let burst = (0..30).filter(|_| bucket.take(20, start)).count();
        assert_eq!(burst, 20);
        assert!(!bucket.take(20, start + Duration::from_millis(49)), "49 ms are not yet a call");
        assert!(bucket.take(20, start + Duration::from_millis(51)));
        let later = start + Duration::from_secs(60);
        assert_eq!((0..30).filter(|_| bucket.take(20, later)).count(), 20, "a long rest does not save up");
    }
}
