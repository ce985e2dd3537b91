//! When: the start of an access as people write it, and the one way Glasskey writes it.
//!
//! Must never put a time into a zone: a time without one is the person's, and only the door knows where they are.

use crate::length::time_of_day;
use crate::words::{Word, clean, split};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use std::fmt;
use std::ops::RangeInclusive;

/// The years that a start may be in: outside them is a slip, and the calendar's own ends are far enough away that
/// whoever reckons with a start cannot run over them.
pub const START_YEARS: RangeInclusive<i16> = 2000..=9998;

/// When the access is to begin, as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this time of day, next time the clock shows it where the person is.
    Clock(Time),
    /// At this time of day tomorrow, where the person is.
    Tomorrow(Time),
    /// At this time of this day, where the person is.
    Local(DateTime),
    /// At this moment, wherever the person is.
    Instant(Timestamp),
}

impl fmt::Display for Start {
    /// The form that is typed: `at 02:00`, `at tomorrow 02:00`, `at 2026-12-01T02:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: &Time| format!("{:02}:{:02}", time.hour(), time.minute());
        // A whole minute is written without its seconds; what is finer was typed so.
        let short = |text: String| match text.split_once(":00Z") {
            Some((minute, "")) => format!("{minute}Z"),
            Some(_) | None => text,
        };
        match self {
            Self::Clock(time) => write!(f, "at {}", clock(time)),
            Self::Tomorrow(time) => write!(f, "at tomorrow {}", clock(time)),
            Self::Local(at) => write!(f, "at {}", short(format!("{at}Z")).trim_end_matches('Z')),
            Self::Instant(at) => write!(f, "at {}", short(at.to_string())),
        }
    }
}

impl Start {
    /// Reads what was typed where only a start belongs: `02:00`, `tomorrow 2 am`, `2026-12-01 02:00 UTC`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let alone = split(&clean(text));
        let led = split(&clean(&format!("at {text}")));
        [alone, led].iter().find_map(|words| {
            let found = read(words)?;
            found.start.ok().filter(|_| found.words == words.len())
        })
    }
}

/// Words that have the shape of a start, and name none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoStart;

/// Words recognised as a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FoundStart {
    pub(crate) start: Result<Start, NoStart>,
    /// How many words it takes, at least 1.
    pub(crate) words: usize,
}

/// Words that lead to a start, two at most: `at`, `starting at`.
const LEADS: &[&str] = &["at", "from", "on", "start", "starting"];
/// A day that comes every week could be this week's or the next one's: these are asked about.
const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Words for Coordinated Universal Time.
const UTC: &[&str] = &["utc", "gmt", "z"];
/// Zones by letters, some of which are several: these are asked about.
const OTHER_ZONES: &[&str] =
    &["cet", "cest", "bst", "ist", "jst", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt"];

/// The start that begins at the first of these words, if they have its shape.
pub(crate) fn read(words: &[Word]) -> Option<FoundStart> {
    let keys: Vec<String> = words.iter().take(KEYS_MAX).map(Word::key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let lead = keys.iter().take(2).take_while(|key| LEADS.contains(key)).count();
    let led_by = lead.checked_sub(1).and_then(|last| keys.get(last)).copied();
    let (start, used) = after_lead(keys.get(lead..)?, led_by)?;
    Some(FoundStart { start, words: lead + used })
}

/// The words of the longest start: `starting at 2 am on 2026-12-01 utc` has seven.
const KEYS_MAX: usize = 8;

type Read = (Result<Start, NoStart>, usize);

fn after_lead(keys: &[&str], led_by: Option<&str>) -> Option<Read> {
    let first = keys.first()?;
    if let Some(found) = in_one_word(first) {
        return Some((found, 1));
    }
    if let Some(day) = Day::of(first) {
        let at = usize::from(keys.get(1) == Some(&"at"));
        let clock = keys.get(1 + at..).and_then(|rest| Clock::of(rest, false));
        return match clock {
            Some((clock, used)) => Some((day.at(clock), 1 + at + used)),
            None => led_by.map(|_| (Err(NoStart), 1)),
        };
    }
    let (clock, used) = Clock::of(keys, led_by? == "at")?;
    let rest = keys.get(used..).unwrap_or_default();
    let on = usize::from(rest.first() == Some(&"on"));
    match rest.get(on).and_then(|key| Day::of(key)) {
        Some(day) => {
            let after =
                rest.get(on + 1).filter(|_| clock.zone == Zone::Here).map_or(Zone::Here, |key| Zone::of(key));
            let zone = usize::from(after != Zone::Here);
            let clock = if zone == 0 { clock } else { Clock { zone: after, ..clock } };
            Some((day.at(clock), used + on + 1 + zone))
        }
        None => Some((clock.alone(), used)),
    }
}

/// `2026-12-01T02:00Z`, `2026-12-01t02:00`, by its shape.
fn in_one_word(key: &str) -> Option<Result<Start, NoStart>> {
    let (date, time) = key.split_once('t')?;
    iso_date(date).filter(|_| time.starts_with(|c: char| c.is_ascii_digit()))?;
    if let Ok(at) = key.parse::<Timestamp>() {
        return Some(instant(at));
    }
    let zoneless = time.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.'));
    let local = key.parse::<DateTime>().ok().filter(|_| zoneless);
    Some(local.ok_or(NoStart).and_then(self::local))
}

fn instant(at: Timestamp) -> Result<Start, NoStart> {
    let year = at.to_zoned(jiff::tz::TimeZone::UTC).year();
    if START_YEARS.contains(&year) { Ok(Start::Instant(at)) } else { Err(NoStart) }
}

fn local(at: DateTime) -> Result<Start, NoStart> {
    if START_YEARS.contains(&at.year()) { Ok(Start::Local(at)) } else { Err(NoStart) }
}

/// Four digits, two, and two. `None` inside: there is no such day.
fn iso_date(key: &str) -> Option<Option<Date>> {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = key.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let date = || Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    (digits(year, 4) && digits(month, 2) && digits(day, 2)).then(date)
}

#[derive(Clone, Copy)]
enum Day {
    Tomorrow,
    Date(Date),
    /// One of several, or none.
    Unclear,
}

impl Day {
    fn of(key: &str) -> Option<Self> {
        match iso_date(key) {
            Some(Some(date)) => Some(Self::Date(date)),
            Some(None) => Some(Self::Unclear),
            None if key == "tomorrow" => Some(Self::Tomorrow),
            None => WEEKDAYS.contains(&key).then_some(Self::Unclear),
        }
    }

    fn at(self, clock: Clock) -> Result<Start, NoStart> {
        let time = clock.time?;
        match (self, clock.zone) {
            (Self::Tomorrow, Zone::Here) => Ok(Start::Tomorrow(time)),
            (Self::Date(date), Zone::Here) => local(date.to_datetime(time)),
            (Self::Date(date), Zone::Utc) => {
                let at = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(time));
                at.map_err(|_beyond| NoStart).and_then(instant)
            }
            (Self::Unclear, _) | (Self::Tomorrow, Zone::Utc) | (_, Zone::Unclear) => Err(NoStart),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// The person's, where no zone was typed.
    Here,
    Utc,
    Unclear,
}

impl Zone {
    fn of(key: &str) -> Self {
        if UTC.contains(&key) {
            Self::Utc
        } else if OTHER_ZONES.contains(&key) {
            Self::Unclear
        } else {
            Self::Here
        }
    }
}

#[derive(Clone, Copy)]
struct Clock {
    time: Result<Time, NoStart>,
    zone: Zone,
}

impl Clock {
    /// `02:00`, `2am`, `2 am`, `noon`, each with `z` or `utc` or without. `bare`: whether a number alone has the shape,
    /// too.
    fn of(keys: &[&str], bare: bool) -> Option<(Self, usize)> {
        let first = *keys.first()?;
        let half = keys.get(1).filter(|key| matches!(**key, "am" | "pm"));
        let (text, glued) = match first.strip_suffix('z') {
            Some(text) => (text, Zone::Utc),
            None => (first, Zone::Here),
        };
        let number = text.starts_with(|c: char| c.is_ascii_digit());
        let shape = matches!(text, "noon" | "midnight")
            || (number && (text.contains(':') || text.ends_with("am") || text.ends_with("pm")))
            || (number && text.bytes().all(|b| b.is_ascii_digit()) && (bare || half.is_some()));
        if !shape {
            return None;
        }
        let (time, used) = match (text, half) {
            ("noon", _) => (Ok(Time::constant(12, 0, 0, 0)), 1),
            ("midnight", _) => (Ok(Time::midnight()), 1),
            (text, Some(half)) if !text.ends_with('m') => {
                (time_of_day(&format!("{text}{half}")).ok_or(NoStart), 2)
            }
            (text, _) => (time_of_day(text).ok_or(NoStart), 1),
        };
        let apart = keys.get(used).map_or(Zone::Here, |key| Zone::of(key));
        match glued {
            Zone::Utc | Zone::Unclear => Some((Self { time, zone: glued }, used)),
            Zone::Here => Some((Self { time, zone: apart }, used + usize::from(apart != Zone::Here))),
        }
    }

    /// A time of day of another zone names no day of the person's.
    fn alone(self) -> Result<Start, NoStart> {
        match self.zone {
            Zone::Here => self.time.map(Start::Clock),
            Zone::Utc | Zone::Unclear => Err(NoStart),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{clean, split};
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    fn read_text(text: &str) -> Option<(Result<Start, NoStart>, usize)> {
        read(&split(&clean(text))).map(|found| (found.start, found.words))
    }

    fn utc(text: &str) -> Start {
        Start::Instant(text.parse().unwrap())
    }

    #[test]
    fn starts_are_found_in_the_ways_people_write_them() {
        let clock = |hour, minute| Start::Clock(time(hour, minute, 0, 0));
        let tomorrow = |hour, minute| Start::Tomorrow(time(hour, minute, 0, 0));
        let first = Start::Local(date(2026, 12, 1).at(2, 0, 0, 0));
        for (typed, start, words) in [
            ("at 02:00", clock(2, 0), 2),
            ("At 2:30, x", clock(2, 30), 2),
            ("at 6pm", clock(18, 0), 2),
            ("at 6 pm fix", clock(18, 0), 3),
            ("from 18:00 until 20:00", clock(18, 0), 2),
            ("starting at 18:00", clock(18, 0), 3),
            ("at noon", clock(12, 0), 2),
            ("at midnight", clock(0, 0), 2),
            ("tomorrow 02:00", tomorrow(2, 0), 2),
            ("at tomorrow 02:00", tomorrow(2, 0), 3),
            ("tomorrow at 2 am", tomorrow(2, 0), 4),
            ("at 02:00 tomorrow", tomorrow(2, 0), 3),
            ("at 2026-12-01T02:00Z", utc("2026-12-01T02:00:00Z"), 2),
            ("2026-12-01T02:00:30Z", utc("2026-12-01T02:00:30Z"), 1),
            ("at 2026-12-01T02:00+01:00", utc("2026-12-01T01:00:00Z"), 2),
            ("at 2026-12-01T02:00", first, 2),
            ("2026-12-01 02:00", first, 2),
            ("on 2026-12-01 at 2 am", first, 5),
            ("at 02:00 on 2026-12-01", first, 4),
            ("at 2026-12-01 02:00Z", utc("2026-12-01T02:00:00Z"), 3),
            ("2026-12-01 02:00 UTC", utc("2026-12-01T02:00:00Z"), 3),
            ("at 2 am on 2026-12-01 utc, x", utc("2026-12-01T02:00:00Z"), 6),
        ] {
            assert_eq!(read_text(typed), Some((Ok(start), words)), "{typed}");
        }
    }

    #[test]
    fn a_start_that_could_be_several_or_none_is_said_to_be_none() {
        for (typed, words) in [
            ("at 25:00", 2),
            ("at 18:60", 2),
            ("at 2", 2),
            ("at 1400", 2),
            ("at 13pm", 2),
            ("at tomorrow", 2),
            ("on Monday", 2),
            ("Monday 02:00", 2),
            ("at 02:00 on Monday", 4),
            ("at 02:00 UTC", 3),
            ("at 02:00Z", 2),
            ("at 02:00 CET", 3),
            ("tomorrow 02:00 UTC", 3),
            ("at 2026-12-01", 2),
            ("at 2026-02-30 02:00", 3),
            ("2026-12-01T25:00Z", 1),
            ("2026-12-01T02:00[Europe/Berlin]", 1),
            ("1999-12-31T23:59Z", 1),
            ("9999-01-01 00:00", 2),
        ] {
            assert_eq!(read_text(typed), Some((Err(NoStart), words)), "{typed}");
        }
    }

    #[test]
    fn other_words_are_no_starts() {
        for typed in [
            "",
            "at",
            "at work",
            "at once",
            "tomorrow",
            "tomorrow we see",
            "2026-12-01",
            "02:00",
            "from 5 pods",
            "on call",
            "starting",
            "start the job",
            "at \"02:00\"",
            "\"at\" 02:00",
            "noon",
            "monday",
            "at INC-7",
            "at 5h",
            "t02:00",
        ] {
            assert_eq!(read_text(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_start_is_written_as_people_type_it() {
        for (start, text) in [
            (Start::Clock(time(2, 0, 0, 0)), "at 02:00"),
            (Start::Tomorrow(time(14, 5, 0, 0)), "at tomorrow 14:05"),
            (Start::Local(date(2026, 12, 1).at(2, 0, 0, 0)), "at 2026-12-01T02:00"),
            (Start::Local(date(2026, 12, 1).at(2, 0, 9, 0)), "at 2026-12-01T02:00:09"),
            (utc("2026-12-01T02:00:00Z"), "at 2026-12-01T02:00Z"),
            (utc("2026-12-01T00:00:00.5Z"), "at 2026-12-01T00:00:00.5Z"),
        ] {
            assert_eq!(start.to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn a_written_start_is_read_back(second in 946_684_800_i64..253_370_764_799, hour in 0_i8..24, minute in 0_i8..60) {
            let at = Timestamp::from_second(second).unwrap();
            let (clock, local) = (time(hour, minute, 0, 0), jiff::tz::Offset::UTC.to_datetime(at));
            for start in [Start::Instant(at), Start::Local(local), Start::Clock(clock), Start::Tomorrow(clock)] {
                let words = start.to_string().split(' ').count();
                prop_assert_eq!(read_text(&start.to_string()), Some((Ok(start), words)), "{}", start);
            }
        }
    }
}
