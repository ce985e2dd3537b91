//! Okta's rate limits: a budget a minute for each bucket, told of in the headers of every answer.

use std::collections::BTreeMap;

use super::options::RateLimits;

/// A window of Okta's.
const WINDOW_MS: i64 = 60_000;

/// Which operations share a budget (platform-rules 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bucket {
    Apps,
    App,
    Groups,
    User,
    Logs,
    OAuth2,
    Others,
}

impl RateLimits {
    pub(super) fn of(&self, bucket: Bucket) -> u32 {
        match bucket {
            Bucket::Apps => self.apps,
            Bucket::App => self.app,
            Bucket::Groups => self.groups,
            Bucket::User => self.user,
            Bucket::Logs => self.logs,
            Bucket::OAuth2 => self.oauth2,
            Bucket::Others => self.others,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends_ms: i64,
    used: u32,
}

/// What the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// Seconds since the epoch, UTC.
    pub(super) reset_secs: i64,
}

impl Budget {
    /// What Okta says when there are too many calls at the same time.
    pub(super) fn at_once(now_ms: i64) -> Self {
        Self { limit: 0, remaining: 0, reset_secs: now_ms.div_euclid(1_000) }
    }
}

/// The budgets in use.
#[derive(Debug, Clone, Default)]
pub(super) struct Budgets(BTreeMap<Bucket, Window>);

impl Budgets {
    /// Counts a call; false when it is one too many.
    pub(super) fn spend(&mut self, bucket: Bucket, limit: u32, now_ms: i64) -> (bool, Budget) {
        let window = self.0.entry(bucket).or_insert(Window { ends_ms: now_ms + WINDOW_MS, used: 0 });
        if window.ends_ms <= now_ms {
            *window = Window { ends_ms: now_ms + WINDOW_MS, used: 0 };
        }
        let within = window.used < limit;
        window.used = window.used.saturating_add(u32::from(within));
        // Rounded up: who waits until the reset must not come a moment early.
        let reset_secs = (window.ends_ms + 999).div_euclid(1_000);
        (within, Budget { limit, remaining: limit.saturating_sub(window.used), reset_secs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_calls_and_then_none_until_the_reset_it_told() {
        let mut budgets = Budgets::default();
        let told: Vec<(bool, u32)> = (0..4)
            .map(|_| budgets.spend(Bucket::Apps, 3, 1_500))
            .map(|(ok, budget)| (ok, budget.remaining))
            .collect();
        assert_eq!(told, [(true, 2), (true, 1), (true, 0), (false, 0)]);
        let (_, budget) = budgets.spend(Bucket::Apps, 3, 61_499);
        assert_eq!(budget.reset_secs, 62);
        assert!(budgets.spend(Bucket::Groups, 3, 1_500).0, "another bucket");
        assert!(budgets.spend(Bucket::Apps, 3, budget.reset_secs * 1_000).0);
    }
}
