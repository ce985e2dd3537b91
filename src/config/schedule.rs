//! Cron schedules: text → the next instant after another. The only file that knows the `cron` crate and chrono.
//!
//! Never decides when access ends: an end is an instant in the ledger, not a schedule (libraries §9).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use jiff::Timestamp;

/// The days as the cron crate names them, in the order of Unix numbers (0 and 7 are Sunday).
const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/// Where the search for a first time starts when a schedule is read: 2026-01-01, any instant would do.
const SOME_INSTANT: i64 = 1_767_225_600;

/// When something is done again and again; in UTC, so that no hour is skipped or comes twice.
#[derive(Clone)]
pub struct Schedule {
    cron: cron::Schedule,
    text: String,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({})", self.text)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Schedule {
    /// Reads six fields, seconds first, or the five of Unix cron (which then means second 0).
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, rest, numbered_days) = match fields.as_slice() {
            rest if rest.len() == 5 => ("0", rest, true),
            [second, rest @ ..] if rest.len() == 5 => (*second, rest, false),
            _ => return Err(format!("{} fields; there must be six, or the five of Unix cron", fields.len())),
        };
        let [minute, hour, day, month, weekday] = rest else { return Err("not six fields".to_owned()) };
        let free = |field: &str| field == "*" || field == "?";
        if !free(day) && !free(weekday) {
            return Err(
                "both the day of the month and the day of the week are restricted, and crons disagree on what that \
                 means; leave one of them `*`"
                    .to_owned(),
            );
        }
        let weekday = if free(weekday) { "*".to_owned() } else { weekdays(weekday, numbered_days)? };
        let expression = format!("{second} {minute} {hour} {day} {month} {weekday}");
        let cron = cron::Schedule::from_str(&expression).map_err(|_| "not a cron schedule".to_owned())?;
        let schedule = Self { cron, text: text.to_owned() };
        match Timestamp::from_second(SOME_INSTANT).map(|start| schedule.next_after(start)) {
            Ok(first) if first < Timestamp::MAX => Ok(schedule),
            _ => Err("a schedule that never comes".to_owned()),
        }
    }

    /// The first time after `last`; always later than `last`. The end of time when there is none.
    #[must_use]
    pub fn next_after(&self, last: Timestamp) -> Timestamp {
        let Some(start) = DateTime::<Utc>::from_timestamp(last.as_second(), 0) else { return Timestamp::MAX };
        self.cron
            .after(&start)
            .filter_map(|next| Timestamp::from_second(next.timestamp()).ok())
            .find(|next| *next > last)
            .unwrap_or(Timestamp::MAX)
    }
}

/// A day-of-week field as a list of names: the crate counts Sunday as 1 and cannot pass the end of the week.
fn weekdays(field: &str, numbered: bool) -> Result<String, String> {
    let mut days = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)),
            None => (part, Some(1)),
        };
        let step = step.ok_or_else(|| format!("`{part}` is not a step of days"))?;
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (0, 6),
            Some((first, last)) => (weekday(first, numbered)?, weekday(last, numbered)?),
            None => (weekday(range, numbered)?, weekday(range, numbered)?),
        };
        let (first, length) = (first % 7, (last % 7 + 7 - first % 7) % 7);
        days.extend((0..=length).step_by(step).map(|day| (first + day) % 7));
    }
    let names: Vec<&str> = days.iter().filter_map(|day| DAYS.get(*day).copied()).collect();
    Ok(names.join(","))
}

/// A day of the week, 0 to 7 with Sunday at both ends.
fn weekday(text: &str, numbered: bool) -> Result<usize, String> {
    if let Ok(number) = text.parse::<usize>() {
        return match number {
            _ if !numbered => {
                Err("a day of the week as a number, which crons with seconds count differently; write Mon"
                    .to_owned())
            }
            0..=7 => Ok(number),
            _ => Err(format!("`{number}` is not a day of the week")),
        };
    }
    DAYS.iter()
        .position(|day| text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(day)))
        .ok_or_else(|| "a day of the week that has no such name; write Mon".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next(schedule: &str, last: &str) -> String {
        Schedule::parse(schedule).unwrap().next_after(last.parse().unwrap()).to_string()
    }

    #[test]
    fn six_fields_start_with_the_seconds() {
        assert_eq!(next("0 */5 * * * *", "2026-11-20T10:00:00Z"), "2026-11-20T10:05:00Z");
        assert_eq!(next("*/5 * * * * *", "2026-11-20T10:00:00.999Z"), "2026-11-20T10:00:05Z");
    }

    #[test]
    fn five_fields_are_those_of_unix() {
        assert_eq!(next("*/5 * * * *", "2026-11-20T10:01:00Z"), "2026-11-20T10:05:00Z");
        // 2026-11-20 is a Friday; 1 is Monday to Unix, and Sunday to the crate.
        assert_eq!(next("0 9 * * 1", "2026-11-20T10:00:00Z"), "2026-11-23T09:00:00Z");
        assert_eq!(next("0 9 * * 0", "2026-11-20T10:00:00Z"), "2026-11-22T09:00:00Z");
        assert_eq!(next("0 9 * * 7", "2026-11-20T10:00:00Z"), "2026-11-22T09:00:00Z");
        assert_eq!(next("0 9 * * 1-5", "2026-11-20T10:00:00Z"), "2026-11-23T09:00:00Z");
        assert_eq!(next("0 9 * * 6-1", "2026-11-20T10:00:00Z"), "2026-11-21T09:00:00Z");
        assert_eq!(next("0 9 * * Mon", "2026-11-20T10:00:00Z"), "2026-11-23T09:00:00Z");
    }

    #[test]
    fn what_crons_disagree_on_is_refused() {
        for (text, why) in [
            ("0 0 9 1 * Mon", "both"),
            ("0 0 9 * * 1", "number"),
            ("* * *", "3 fields"),
            ("0 0 9 * * Mox", "Mon"),
            ("0 0 9 * * 9", "number"),
            ("0 9 * * 9", "not a day"),
            ("0 9 * * */0", "step"),
            ("0 0 0 31 2 *", "never"),
            ("0 61 * * * *", "cron"),
            ("", "0 fields"),
        ] {
            let said = Schedule::parse(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn a_schedule_that_is_over_is_at_the_end_of_time() {
        let schedule = Schedule::parse("0 0 0 1 1 *").unwrap();
        assert_eq!(schedule.next_after("2500-01-01T00:00:00Z".parse().unwrap()), Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn time_only_goes_forward(seconds in 0i64..4_000_000_000, nanos in 0i32..1_000_000_000) {
            let last = Timestamp::new(seconds, nanos).unwrap();
            for text in ["0 */5 * * * *", "* * * * * *", "30 2 * * *", "0 0 9 * * Mon-Fri"] {
                let schedule = Schedule::parse(text).unwrap();
                let next = schedule.next_after(last);
                prop_assert!(next > last);
                prop_assert!(schedule.next_after(next) > next);
            }
        }
    }
}
