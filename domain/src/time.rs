//! Lengths of time, and the one addition we use on instants. Never reads a clock.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A length of time in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

impl Seconds {
    /// So many minutes, held at the largest length there is.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes.saturating_mul(60))
    }

    /// So many hours, held at the largest length there is.
    #[must_use]
    pub const fn hours(hours: u32) -> Self {
        Self(hours.saturating_mul(3600))
    }

    /// From one instant to a later one, held at the largest length there is; nothing when it is not later.
    #[must_use]
    pub fn between(earlier: Timestamp, later: Timestamp) -> Self {
        let seconds = later.duration_since(earlier).as_secs().max(0);
        Self(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// The instant this long after another; the end of time when there is none such.
    #[must_use]
    pub fn after(self, instant: Timestamp) -> Timestamp {
        instant.checked_add(SignedDuration::from_secs(i64::from(self.0))).unwrap_or(Timestamp::MAX)
    }
}

/// How many milliseconds `later` is after `earlier`; zero when it is not after it.
#[must_use]
pub fn milliseconds_between(earlier: Timestamp, later: Timestamp) -> u64 {
    u64::try_from(later.as_millisecond().saturating_sub(earlier.as_millisecond())).unwrap_or(0)
}

/// `2 h`, `1 h 30 min`, `45 min`, `90 s` is `1 min 30 s`: the one way in which we write lengths of time (pitfall 31).
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        let mut parts = Vec::with_capacity(3);
        if hours > 0 {
            parts.push(format!("{hours} h"));
        }
        if minutes > 0 {
            parts.push(format!("{minutes} min"));
        }
        if seconds > 0 || parts.is_empty() {
            parts.push(format!("{seconds} s"));
        }
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// pitfall 31: what is printed adds up to what is stored, days and all.
        #[test]
        fn a_printed_length_adds_up_to_what_it_says(seconds in any::<u32>()) {
            let text = Seconds(seconds).to_string();
            let words: Vec<&str> = text.split(' ').collect();
            let total: u64 = words.chunks(2).map(|pair| {
                let number: u64 = pair[0].parse().unwrap();
                number * match pair[1] { "h" => 3600, "min" => 60, _ => 1 }
            }).sum();
            prop_assert_eq!(total, u64::from(seconds));
        }
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        assert_eq!(Seconds(u32::MAX).after(Timestamp::MAX), Timestamp::MAX);
    }
}
