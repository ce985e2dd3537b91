//! What can go wrong with the Web API: scripted faults, latency, and Slack's rate limits.
//! Off unless a test or the page asks for it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A fault that the next matching call meets, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After`; the call has no effect.
    RateLimited {
        /// Value of `Retry-After`, seconds.
        secs: u64,
    },
    /// 500 with a page that is not JSON; no effect.
    Http500,
    /// Never answered; no effect.
    Hang,
    /// The effect happens, and the connection breaks before the answer arrives.
    AcceptThenDrop,
    /// 200 with `{"ok": false, "error": …}`; no effect.
    Error(String),
    /// 200 with a body that is not JSON (a proxy's page); no effect.
    Garbage,
}

/// Which calls a fault or limit is about.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    pub(crate) method: String,
    pub(crate) channel: Option<String>,
    pub(crate) fault: Fault,
}

/// Messages that may be posted at once to a channel before one per second applies ("short bursts").
const POST_BURST: usize = 3;

/// Calls of a method that Slack takes in a minute: tiers of platform-rules §1.5.
fn per_minute(method: &str) -> usize {
    const TIER_2: [&str; 2] = ["users.list", "conversations.list"];
    const TIER_4: [&str; 8] = [
        "chat.postEphemeral",
        "views.open",
        "views.update",
        "views.push",
        "views.publish",
        "users.info",
        "auth.test",
        "conversations.members",
    ];
    if TIER_2.contains(&method) {
        20
    } else if TIER_4.contains(&method) {
        100
    } else {
        50
    }
}

/// Scripted faults, latencies and the memory of the rate limits.
#[derive(Debug, Default)]
pub(crate) struct Weather {
    scripted: VecDeque<Scripted>,
    latency: BTreeMap<String, Duration>,
    pub(crate) limits: bool,
    recent: BTreeMap<String, VecDeque<i64>>,
}

impl Weather {
    pub(crate) fn with_limits(limits: bool) -> Self {
        Self { limits, ..Self::default() }
    }

    pub(crate) fn script(&mut self, scripted: Scripted) {
        self.scripted.push_back(scripted);
    }

    pub(crate) fn clear(&mut self) {
        self.scripted.clear();
    }

    pub(crate) fn set_latency(&mut self, method: &str, latency: Duration) {
        self.latency.insert(method.to_owned(), latency);
    }

    /// Latency of this method; `*` stands for every method that has none of its own.
    pub(crate) fn latency(&self, method: &str) -> Duration {
        self.latency.get(method).or_else(|| self.latency.get("*")).copied().unwrap_or_default()
    }

    /// Takes the first fault that is meant for this call.
    pub(crate) fn take(&mut self, method: &str, channel: Option<&str>) -> Option<Fault> {
        let at = self.scripted.iter().position(|s| {
            (s.method == method || s.method == "*") && s.channel.as_deref().is_none_or(|c| Some(c) == channel)
        })?;
        self.scripted.remove(at).map(|s| s.fault)
    }

    /// Counts the call; `Some(seconds)` when it is one too many.
    pub(crate) fn count(&mut self, method: &str, channel: Option<&str>, now_ms: i64) -> Option<u64> {
        if !self.limits {
            return None;
        }
        let (key, most, window_ms) = match (method, channel) {
            ("chat.postMessage", Some(channel)) => (format!("{method} {channel}"), POST_BURST, 3_000),
            _ => (method.to_owned(), per_minute(method), 60_000),
        };
        let recent = self.recent.entry(key).or_default();
        while recent.front().is_some_and(|at| *at <= now_ms - window_ms) {
            recent.pop_front();
        }
        if recent.len() >= most {
            let wait_ms = recent.front().map_or(1000, |at| at + window_ms - now_ms);
            return Some(u64::try_from(wait_ms).unwrap_or(1).div_ceil(1000).max(1));
        }
        recent.push_back(now_ms);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_a_second_and_channel_after_a_short_burst() {
        let mut weather = Weather { limits: true, ..Weather::default() };
        let posts: Vec<Option<u64>> =
            (0..4).map(|_| weather.count("chat.postMessage", Some("C1"), 1_000)).collect();
        assert_eq!(posts, [None, None, None, Some(3)]);
        assert_eq!(
            weather.count("chat.postMessage", Some("C2"), 1_000),
            None,
            "another channel is not concerned"
        );
        assert_eq!(weather.count("chat.postMessage", Some("C1"), 4_000), None);
    }

    #[test]
    fn a_fault_is_for_its_method_and_channel_and_is_used_up() {
        let mut weather = Weather::default();
        let fault = Fault::Error("fatal_error".into());
        let channel = Some("C1".to_owned());
        weather.script(Scripted { method: "chat.update".into(), channel, fault: fault.clone() });
        assert_eq!(weather.take("chat.postMessage", Some("C1")), None);
        assert_eq!(weather.take("chat.update", Some("C2")), None);
        assert_eq!(weather.take("chat.update", Some("C1")), Some(fault));
        assert_eq!(weather.take("chat.update", Some("C1")), None);
    }
}
