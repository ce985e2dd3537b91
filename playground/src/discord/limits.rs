//! Rate limits: a bucket for each route and major parameter, 50 calls a second over all, and the headers that tell of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::json;

use super::routes::{Operation, Route};

/// Window of the global limit.
const GLOBAL_MS: i64 = 1_000;

/// What the headers say of every bucket while limits are off.
const UNLIMITED: u32 = 10_000;

/// Calls and milliseconds of a bucket. Discord does not publish them and changes them; clients must read the headers.
const fn size(operation: Operation) -> (u32, i64) {
    match operation {
        Operation::Post | Operation::Edit | Operation::EditOriginal | Operation::FollowUp => (5, 5_000),
        Operation::Pin | Operation::Unpin => (5, 4_000),
        Operation::PutCommands | Operation::OpenDirect => (5, 20_000),
        _ => (10, 5_000),
    }
}

/// Routes that share a bucket have the same name.
fn name(operation: Operation) -> String {
    let key = if operation == Operation::Unpin { Operation::Pin } else { operation };
    format!("b{:02x}f00dcafe{:04x}", key as u8, u16::from(key as u8) * 257)
}

#[derive(Debug)]
struct Bucket {
    left: u32,
    resets_ms: i64,
}

/// What a call meets.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) headers: Vec<(&'static str, String)>,
    /// How long to wait, and whether the whole bot must.
    pub(crate) refused: Option<(Duration, bool)>,
}

/// The memory of the limits.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) enforced: bool,
    pub(crate) global_limit: usize,
    buckets: BTreeMap<(String, String), Bucket>,
    recent: VecDeque<i64>,
}

impl Limits {
    pub(crate) fn new(enforced: bool, global_limit: usize) -> Self {
        Self { enforced, global_limit, ..Self::default() }
    }

    /// Counts a call.
    pub(crate) fn count(&mut self, route: &Route, now_ms: i64) -> Verdict {
        if self.enforced && !route.operation.is_interaction() {
            while self.recent.front().is_some_and(|at| *at <= now_ms - GLOBAL_MS) {
                self.recent.pop_front();
            }
            if self.recent.len() >= self.global_limit {
                let wait_ms = self.recent.front().map_or(GLOBAL_MS, |at| at + GLOBAL_MS - now_ms);
                return Verdict { headers: Vec::new(), refused: Some((wait(wait_ms), true)) };
            }
            self.recent.push_back(now_ms);
        }
        // The first answer to an interaction is in no bucket.
        if route.operation == Operation::Callback { Verdict::default() } else { self.bucket(route, now_ms) }
    }

    fn bucket(&mut self, route: &Route, now_ms: i64) -> Verdict {
        let (most, window_ms) = size(route.operation);
        let most = if self.enforced { most } else { UNLIMITED };
        let name = name(route.operation);
        let key = (name.clone(), route.major.clone());
        let fresh = || Bucket { left: most, resets_ms: now_ms + window_ms };
        let bucket = self.buckets.entry(key).or_insert_with(fresh);
        if bucket.resets_ms <= now_ms {
            *bucket = fresh();
        }
        let refused = bucket.left == 0 && self.enforced;
        bucket.left = bucket.left.saturating_sub(1);
        let after = wait(bucket.resets_ms - now_ms);
        let headers = headers(most, bucket, &name);
        Verdict { headers, refused: refused.then_some((after, false)) }
    }
}

fn wait(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default().max(1))
}

fn headers(most: u32, bucket: &Bucket, name: &str) -> Vec<(&'static str, String)> {
    let seconds = |ms: i64| format!("{}.{:03}", ms / 1000, ms % 1000);
    vec![
        ("x-ratelimit-limit", most.to_string()),
        ("x-ratelimit-remaining", bucket.left.to_string()),
        ("x-ratelimit-reset", seconds(bucket.resets_ms)),
        ("x-ratelimit-bucket", name.to_owned()),
    ]
}

/// Headers and body of a 429.
pub(crate) fn refusal(after: Duration, global: bool) -> (Vec<(&'static str, String)>, String) {
    let scope = if global { "global" } else { "user" };
    let mut headers = vec![
        ("retry-after", after.as_millis().div_ceil(1000).to_string()),
        ("x-ratelimit-scope", scope.to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    if global {
        headers.push(("x-ratelimit-global", "true".to_owned()));
    }
    let body = json!({
        "message": "You are being rate limited.", "retry_after": after.as_secs_f64(), "global": global,
    });
    (headers, body.to_string())
}
