//! What Discord's headers say about limits, read leniently: a header that cannot be read says nothing.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// Longest time in a header that is believed.
const SECONDS_MAX: f64 = 86_400.0;

/// How Discord counts the bucket that a call fell into.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// Discord's name for it, the same for all calls that share it.
    pub(super) bucket: String,
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) reset_after: Duration,
}

impl Seen {
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        Some(Self {
            bucket: text(headers, "x-ratelimit-bucket")?.to_owned(),
            limit: text(headers, "x-ratelimit-limit")?.parse().ok()?,
            remaining: text(headers, "x-ratelimit-remaining")?.parse().ok()?,
            reset_after: seconds(text(headers, "x-ratelimit-reset-after")?.parse().ok()?)?,
        })
    }
}

/// What a 429 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// This bucket, by us.
    Bucket,
    /// This bucket, by everybody: not our doing, and not counted as refused.
    Shared,
    /// The whole bot.
    Global,
    /// This machine's address: the answer is Cloudflare's and not Discord's.
    Address,
}

/// A 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) scope: Scope,
    pub(super) retry_after: Option<Duration>,
}

impl TooMany {
    pub(super) fn read(headers: &HeaderMap, body: &Value) -> Self {
        let global = text(headers, "x-ratelimit-global").is_some_and(|value| value == "true")
            || body.get("global").and_then(Value::as_bool) == Some(true);
        let scope = match text(headers, "x-ratelimit-scope") {
            Some("shared") => Scope::Shared,
            Some("global") => Scope::Global,
            _ if global => Scope::Global,
            Some(_) => Scope::Bucket,
            None if body.get("retry_after").is_some() => Scope::Bucket,
            None => Scope::Address,
        };
        let header = || text(headers, RETRY_AFTER.as_str()).and_then(|value| value.parse().ok());
        let said = body.get("retry_after").and_then(Value::as_f64).or_else(header);
        Self { scope, retry_after: said.and_then(seconds) }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn seconds(seconds: f64) -> Option<Duration> {
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(SECONDS_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;
    use serde_json::json;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_429_says_whose_it_is_and_for_how_long() {
        let json = json!({"message": "slow", "retry_after": 1.25, "global": false});
        for (pairs, body, scope, retry_after) in [
            (
                vec![("x-ratelimit-scope", "user"), ("retry-after", "2")],
                json.clone(),
                Scope::Bucket,
                Some(1_250),
            ),
            (vec![("x-ratelimit-scope", "shared")], json.clone(), Scope::Shared, Some(1_250)),
            (vec![("x-ratelimit-scope", "global")], json.clone(), Scope::Global, Some(1_250)),
            (vec![("x-ratelimit-global", "true")], Value::Null, Scope::Global, None),
            (vec![], json!({"retry_after": 3, "global": true}), Scope::Global, Some(3_000)),
            (vec![], json, Scope::Bucket, Some(1_250)),
            (vec![("retry-after", "60")], Value::Null, Scope::Address, Some(60_000)),
            (vec![("retry-after", "soon")], Value::Null, Scope::Address, None),
            (vec![("retry-after", "-1")], Value::Null, Scope::Address, None),
            (vec![("retry-after", "NaN")], Value::Null, Scope::Address, None),
        ] {
            let retry_after = retry_after.map(Duration::from_millis);
            assert_eq!(TooMany::read(&headers(&pairs), &body), TooMany { scope, retry_after }, "{pairs:?}");
        }
    }

    #[test]
    fn a_bucket_is_known_only_when_all_of_it_is_said() {
        let all = [
            ("x-ratelimit-bucket", "abcd"),
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "4"),
            ("x-ratelimit-reset-after", "0.75"),
        ];
        let seen = Seen::read(&headers(&all)).unwrap();
        assert_eq!((seen.limit, seen.remaining, seen.reset_after), (5, 4, Duration::from_millis(750)));
        for missing in 0..all.len() {
            let mut some = all.to_vec();
            some.remove(missing);
            assert_eq!(Seen::read(&headers(&some)), None);
        }
        let forever = [all[0], all[1], all[2], ("x-ratelimit-reset-after", "1e300")];
        assert_eq!(Seen::read(&headers(&forever)).unwrap().reset_after, Duration::from_secs(86_400));
    }
}
