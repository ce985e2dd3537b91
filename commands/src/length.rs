//! How long: durations as people write them, and the one way Glasskey writes a duration for people.
//!
//! Must never lose or invent a second: what is printed is what will happen (pitfall 31).

use crate::words::Word;
use jiff::civil::Time;
use std::fmt;

/// The shortest access, in seconds: Identity Center itself takes seconds to a minute to create an assignment, so
/// anything shorter would end before it can be used.
pub const LENGTH_SECONDS_MIN: u64 = 60;
/// The longest access that can be typed, in seconds (7 days): longer needs are standing access, not elevation.
/// Policy usually allows much less.
pub const LENGTH_SECONDS_MAX: u64 = 7 * DAY;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// How long the access is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// For this many seconds, within [`LENGTH_SECONDS_MIN`] and [`LENGTH_SECONDS_MAX`].
    For(u64),
    /// Until this time of day, next time the clock shows it where the person is.
    Until(Time),
}

impl fmt::Display for Length {
    /// The form that is typed: `1h30m`, `until 18:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(seconds) => f.write_str(&written(*seconds, "", "", ["d", "h", "m", "s"])),
            Self::Until(time) => write!(f, "until {:02}:{:02}", time.hour(), time.minute()),
        }
    }
}

/// A duration for people: `45 s`, `30 min`, `1 h 30 min`, `2 d 3 h`. Every second is shown; nothing is rounded.
#[must_use]
pub fn print_length(seconds: u64) -> String {
    written(seconds, " ", " ", ["d", "h", "min", "s"])
}

fn written(seconds: u64, before_unit: &str, between: &str, units: [&str; 4]) -> String {
    let counts = [seconds / DAY, seconds % DAY / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE];
    let parts: Vec<String> = counts
        .into_iter()
        .zip(units)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{before_unit}{unit}"))
        .collect();
    if parts.is_empty() { format!("0{before_unit}s") } else { parts.join(between) }
}

/// What is wrong with words that have the shape of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthFault {
    TooShort,
    TooLong,
    NoSuchTime,
}

/// Words recognised as a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) length: Result<Length, LengthFault>,
    /// How many words it takes, at least 1.
    pub(crate) words: usize,
}

/// The duration that begins at the first of these words, if they have its shape.
pub(crate) fn read(words: &[Word]) -> Option<Found> {
    let first = words.first()?;
    if first.quoted {
        return None;
    }
    if matches!(first.key().as_str(), "until" | "till" | "til") { until(words) } else { lasting(words) }
}

// ---- "1h30m", "1 h 30 min", "1 hour and 30 minutes" ----------------------------------------------------------

/// A number with its unit; `seconds` is `None` past every limit.
#[derive(Clone, Copy)]
struct Part {
    seconds: Option<u64>,
    unit: u64,
}

fn lasting(words: &[Word]) -> Option<Found> {
    let (mut parts, mut used) = parts_at(words)?;
    loop {
        let rest = words.get(used..).unwrap_or_default();
        let and = usize::from(rest.first().is_some_and(|word| word.key() == "and"));
        let Some((more, more_used)) = rest.get(and..).and_then(parts_at) else { break };
        let smaller = parts.last().zip(more.first()).is_some_and(|(last, next)| next.unit < last.unit);
        if !smaller {
            break;
        }
        parts.extend(more);
        used += and + more_used;
    }
    let total = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.seconds?));
    let length = match total {
        Some(seconds) if seconds < LENGTH_SECONDS_MIN => Err(LengthFault::TooShort),
        Some(seconds) if seconds <= LENGTH_SECONDS_MAX => Ok(Length::For(seconds)),
        Some(_) | None => Err(LengthFault::TooLong),
    };
    Some(Found { length, words: used })
}

/// The parts in one word (`1h30m`), or in a number and a unit standing apart (`30 min`).
fn parts_at(words: &[Word]) -> Option<(Vec<Part>, usize)> {
    let first = words.first()?.key();
    if let Some(parts) = compound(&first) {
        return Some((parts, 1));
    }
    let unit = unit_seconds(&words.get(1)?.key())?;
    Some((vec![part(&first, unit)?], 2))
}

fn compound(word: &str) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (number, after) = split_while(rest, |c| c.is_ascii_digit() || c == '.' || c == ',');
        let (name, after) = split_while(after, |c| !c.is_ascii_digit());
        let before = parts.last().map(|part| part.unit);
        // `1h30` is how many write an hour and a half.
        let unit = if name.is_empty() && before == Some(HOUR) { MINUTE } else { unit_seconds(name)? };
        if before.is_some_and(|before| unit >= before) {
            return None;
        }
        parts.push(part(number, unit)?);
        rest = after;
    }
    (!parts.is_empty()).then_some(parts)
}

fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !keep(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A whole number, or one with one or two decimals (`1.5`, `1,5`), times its unit.
fn part(number: &str, unit: u64) -> Option<Part> {
    let (whole, decimals) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let tenths = if decimals.len() == 1 { 10 } else { 1 };
    let hundredths = decimals.parse::<u64>().ok()? * tenths;
    let seconds = whole
        .parse::<u64>()
        .ok()
        .and_then(|whole| whole.checked_mul(100)?.checked_add(hundredths)?.checked_mul(unit))
        .map(|seconds| seconds / 100);
    Some(Part { seconds, unit })
}

fn unit_seconds(name: &str) -> Option<u64> {
    match name {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(MINUTE),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(HOUR),
        "d" | "day" | "days" => Some(DAY),
        "w" | "week" | "weeks" => Some(WEEK),
        _ => None,
    }
}

// ---- "until 18:00", "until 6 pm" -----------------------------------------------------------------------------

fn until(words: &[Word]) -> Option<Found> {
    let time = words.get(1)?.key();
    if !time.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let apart = words.get(2).map(Word::key).filter(|key| key == "am" || key == "pm");
    let bare = !time.ends_with('m');
    let (text, used) = match apart {
        Some(half) if bare => (format!("{time}{half}"), 3),
        Some(_) | None => (time, 2),
    };
    let length = time_of_day(&text).map(Length::Until).ok_or(LengthFault::NoSuchTime);
    Some(Found { length, words: used })
}

/// `18:00`, `6pm`, `6:30pm`. A bare `6` is no time: it could be morning or evening.
pub(crate) fn time_of_day(text: &str) -> Option<Time> {
    let (clock, noon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        (None, None) => (text, None),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, number_of_two(minute)?),
        Some(_) => return None,
        None if noon.is_some() => (clock, 0),
        None => return None,
    };
    let hour = number_of_two(hour)?;
    let hour = match noon {
        None => hour,
        Some(shift) if (1..=12).contains(&hour) => hour % 12 + shift,
        Some(_) => return None,
    };
    Time::new(hour, minute, 0, 0).ok()
}

fn number_of_two(text: &str) -> Option<i8> {
    let plausible = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plausible.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{clean, split};
    use jiff::civil::time;
    use proptest::prelude::*;

    fn read_text(text: &str) -> Option<(Result<Length, LengthFault>, usize)> {
        read(&split(&clean(text))).map(|found| (found.length, found.words))
    }

    #[test]
    fn durations_are_found_in_the_ways_people_write_them() {
        for (typed, seconds, words) in [
            ("30m", 1800, 1),
            ("1h30m", 5400, 1),
            ("1h30", 5400, 1),
            ("2h", 7200, 1),
            ("90min", 5400, 1),
            ("2H", 7200, 1),
            ("1 hour", 3600, 2),
            ("1 h 30 min", 5400, 4),
            ("1h 30m", 5400, 2),
            ("2 hours and 15 minutes", 8100, 5),
            ("1.5h", 5400, 1),
            ("0,25h", 900, 1),
            ("1d", 86400, 1),
            ("1w", 604_800, 1),
            ("90s", 90, 1),
            ("2h, please", 7200, 1),
            ("1h 2h", 3600, 1),
            ("1h and more", 3600, 1),
            ("1h30m 5m", 5400, 1),
        ] {
            assert_eq!(read_text(typed), Some((Ok(Length::For(seconds)), words)), "{typed}");
        }
    }

    #[test]
    fn other_words_are_not_durations() {
        for typed in [
            "prod",
            "60",
            "h",
            "1",
            "30m1h",
            "1h1h",
            "1hx",
            "v1.2",
            "3rd",
            "\"1h\"",
            "1..5h",
            "1.555h",
            "",
            "until",
            "until Friday",
            "-1h",
            "١h",
            "until \"18:00\"",
        ] {
            assert_eq!(read_text(typed), None, "{typed}");
        }
    }

    #[test]
    fn lengths_at_the_limits_are_taken_and_one_past_them_refused() {
        assert_eq!(read_text("60s"), Some((Ok(Length::For(LENGTH_SECONDS_MIN)), 1)));
        assert_eq!(read_text("59s"), Some((Err(LengthFault::TooShort), 1)));
        assert_eq!(read_text("0h"), Some((Err(LengthFault::TooShort), 1)));
        assert_eq!(read_text("7d"), Some((Ok(Length::For(LENGTH_SECONDS_MAX)), 1)));
        assert_eq!(read_text("168h1s"), Some((Err(LengthFault::TooLong), 1)));
        for huge in [
            "18446744073709551615h",
            "99999999999999999999999999h",
            "18446744073709551615s",
            "51240955760305h",
        ] {
            assert_eq!(read_text(huge), Some((Err(LengthFault::TooLong), 1)), "{huge}");
        }
    }

    #[test]
    fn times_of_day_are_found_in_the_ways_people_write_them() {
        for (typed, hour, minute, words) in [
            ("until 18:00", 18, 0, 2),
            ("until 6pm", 18, 0, 2),
            ("until 6 PM", 18, 0, 3),
            ("till 6:30pm", 18, 30, 2),
            ("until 12am", 0, 0, 2),
            ("until 12pm", 12, 0, 2),
            ("until 9:05", 9, 5, 2),
            ("until 00:00", 0, 0, 2),
            ("until 18:00, x", 18, 0, 2),
        ] {
            assert_eq!(
                read_text(typed),
                Some((Ok(Length::Until(time(hour, minute, 0, 0))), words)),
                "{typed}"
            );
        }
        for typed in [
            "until 25:00",
            "until 18:60",
            "until 13pm",
            "until 0am",
            "until 6",
            "until 18:0",
            "until 2026-11-20",
            "until 999:00",
        ] {
            assert_eq!(read_text(typed), Some((Err(LengthFault::NoSuchTime), 2)), "{typed}");
        }
    }

    #[test]
    fn a_duration_is_printed_for_people() {
        for (seconds, text) in [
            (0, "0 s"),
            (45, "45 s"),
            (1800, "30 min"),
            (5400, "1 h 30 min"),
            (97_200, "1 d 3 h"),
            (86_461, "1 d 1 min 1 s"),
        ] {
            assert_eq!(print_length(seconds), text);
        }
    }

    proptest! {
        /// pitfall 31
        #[test]
        fn a_printed_duration_is_read_back_to_the_second(seconds in LENGTH_SECONDS_MIN..=LENGTH_SECONDS_MAX) {
            let found = |text: &str| read_text(text).map(|(length, _)| length);
            prop_assert_eq!(found(&print_length(seconds)), Some(Ok(Length::For(seconds))));
            prop_assert_eq!(found(&Length::For(seconds).to_string()), Some(Ok(Length::For(seconds))));
        }

        /// pitfall 31
        #[test]
        fn every_length_has_its_own_text(a in any::<u64>(), b in any::<u64>()) {
            prop_assert_eq!(a == b, print_length(a) == print_length(b));
        }
    }
}
