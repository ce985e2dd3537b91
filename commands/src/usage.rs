//! What is wrong with what was typed, and what to type instead.
//!
//! Must never blame, name a type of ours, or let typed text end the code marks it is shown in. Escaping for a
//! platform is the door's work.

use crate::length::{LENGTH_SECONDS_MAX, LENGTH_SECONDS_MIN, print_length};
use crate::selector::RequestRef;
use crate::words::TEXT_CHARS_MAX;
use std::fmt;

/// How many characters of the right form a sentence shows: enough to recognise it, short enough to read.
const SHOWN_FORM_CHARS_MAX: usize = 300;
/// How many characters of a typed word a sentence shows.
const SHOWN_WORD_CHARS_MAX: usize = 60;

/// A command that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Usage {
    fault: Fault,
    right_form: String,
}

impl Usage {
    pub(crate) fn new(fault: Fault, right_form: String) -> Self {
        Self { fault, right_form }
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The whole command as it should be typed, with the person's own words in it.
    #[must_use]
    pub fn right_form(&self) -> &str {
        &self.right_form
    }

    /// One sentence: what is wrong and what to type. Lower case, no full stop, typed text in code marks.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}; try {}", self.fault, shown(&self.right_form, SHOWN_FORM_CHARS_MAX))
    }
}

/// A part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The account.
    Account,
    /// The permission set.
    PermissionSet,
    /// The group.
    Group,
    /// The bundle.
    Bundle,
    /// The duration.
    Duration,
    /// The reason.
    Reason,
    /// At least one person.
    Person,
}

impl Slot {
    const fn noun(self) -> &'static str {
        match self {
            Self::Account => "an account",
            Self::PermissionSet => "a permission set",
            Self::Group => "a group",
            Self::Bundle => "a bundle",
            Self::Duration => "a duration",
            Self::Reason => "a reason",
            Self::Person => "a person",
        }
    }
}

/// What has an id that people type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// A request for access.
    Request,
    /// One use of break-glass.
    Emergency,
}

impl Numbered {
    const fn noun(self) -> &'static str {
        match self {
            Self::Request => "a request",
            Self::Emergency => "an emergency",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Request => "AR-7K3Q",
            Self::Emergency => "BG-7K3Q",
        }
    }
}

/// What can be wrong with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Longer than [`TEXT_CHARS_MAX`].
    TooLong {
        /// The characters that were typed.
        chars: usize,
    },
    /// Parts that are not there; in the order of the right form, at least one.
    Missing(Vec<Slot>),
    /// Two durations, and nothing says which is meant.
    TwoDurations {
        /// As typed.
        first: String,
        /// As typed.
        second: String,
    },
    /// Shorter than [`LENGTH_SECONDS_MIN`].
    DurationTooShort {
        /// As typed.
        typed: String,
    },
    /// Longer than [`LENGTH_SECONDS_MAX`].
    DurationTooLong {
        /// As typed.
        typed: String,
    },
    /// `until` and something that is not a time of day.
    NoSuchTime {
        /// As typed.
        typed: String,
    },
    /// Two starts, and nothing says which is meant.
    TwoStarts {
        /// As typed.
        first: String,
        /// As typed.
        second: String,
    },
    /// Words with the shape of a start that name none, or one of several.
    NoSuchStart {
        /// As typed.
        typed: String,
    },
    /// A start where it may be words of the reason.
    StartInReason {
        /// As typed.
        typed: String,
    },
    /// A start of urgent access.
    UrgentStart {
        /// As typed.
        typed: String,
    },
    /// Two options of which there can be one.
    Together {
        /// The option's name.
        first: &'static str,
        /// The option's name.
        second: &'static str,
    },
    /// A text where a duration must be, and nothing else.
    NotADuration {
        /// As typed.
        typed: String,
    },
    /// Several words where a ticket must be.
    NotATicket {
        /// As typed.
        typed: String,
    },
    /// Another text than the option's only choice.
    NotAChoice {
        /// The option's name.
        option: &'static str,
        /// As typed.
        typed: String,
    },
    /// A text where a level must be.
    NotALevel {
        /// As typed.
        typed: String,
    },
    /// A first word that is nearly one of the keywords.
    UnknownWord {
        /// As typed.
        typed: String,
        /// The keyword it is nearest to.
        nearest: &'static str,
    },
    /// A first word that is nothing like a keyword.
    NoKeyword {
        /// The command's name.
        command: &'static str,
        /// As typed.
        typed: String,
    },
    /// `help` about something that is no keyword.
    UnknownTopic {
        /// As typed.
        typed: String,
    },
    /// A keyword that needs an id, alone.
    MissingId {
        /// The keyword.
        keyword: &'static str,
        /// What the id is of.
        of: Numbered,
    },
    /// A keyword that needs an id, and something that is none.
    MalformedId {
        /// What the id is of.
        of: Numbered,
        /// As typed.
        typed: String,
    },
    /// `deny` or `object` without a why.
    MissingWhy {
        /// The keyword.
        keyword: &'static str,
        /// The request.
        id: RequestRef,
    },
    /// More words than the keyword takes.
    Extra {
        /// The keyword.
        keyword: &'static str,
        /// What it takes, as the help shows it.
        takes: &'static str,
        /// The first word too many, as typed.
        typed: String,
        /// Whether it takes names, which quotes can hold together.
        name: bool,
    },
    /// Two levels, and nothing says which is meant.
    TwoLevels {
        /// As typed.
        first: String,
        /// As typed.
        second: String,
    },
    /// A level at the end, where it may be a word of the reason.
    LevelAfterReason {
        /// As typed.
        typed: String,
    },
    /// Two federations, and nothing says which is meant.
    TwoFederations {
        /// As typed.
        first: String,
        /// As typed.
        second: String,
    },
    /// Something that names no single person, where a person must be.
    NotAPerson {
        /// As typed.
        typed: String,
    },
}

impl fmt::Display for Fault {
    /// What is wrong, without what to type instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { chars } => {
                write!(f, "the command has {chars} characters and at most {TEXT_CHARS_MAX} are read")
            }
            Self::Missing(slots) => missing(slots, f),
            Self::TwoDurations { first, second } => two("durations", first, second, f),
            Self::DurationTooShort { typed } => bound(typed, "short", "least", LENGTH_SECONDS_MIN, f),
            Self::DurationTooLong { typed } => bound(typed, "long", "most", LENGTH_SECONDS_MAX, f),
            Self::NoSuchTime { typed } => {
                write!(f, "{} names no time of day, such as `until 18:00` or `until 6pm`", word(typed))
            }
            Self::TwoStarts { first, second } => two("starts", first, second, f),
            Self::NoSuchStart { typed } => no_such_start(typed, f),
            Self::StartInReason { typed } => {
                write!(f, "{} could be the start or words of the reason", word(typed))?;
                f.write_str("; a start goes before the reason, and `reason:` begins a reason for certain")
            }
            Self::UrgentStart { typed } => {
                write!(f, "{} does not go with `urgent`, which begins at once", word(typed))
            }
            Self::Together { first, second } => {
                write!(f, "`{first}` and `{second}` are both given, and only one of them can be")
            }
            Self::NotADuration { typed } => {
                write!(f, "{} is not a duration, such as `1h30m` or `until 18:00`", word(typed))
            }
            Self::NotATicket { typed } => {
                write!(f, "{} is not a ticket, which is one word such as `INC-7`", word(typed))
            }
            Self::NotAChoice { option, typed } => write!(f, "{} is not a choice of `{option}`", word(typed)),
            Self::NotALevel { typed } => write!(f, "{} is not a level, which is `ro` or `ops`", word(typed)),
            Self::UnknownWord { typed, nearest } => {
                write!(f, "{} is unknown, and the nearest word is `{nearest}`", word(typed))
            }
            Self::NoKeyword { command, typed } => {
                write!(f, "{} is not among the words that `/{command}` begins with", word(typed))
            }
            Self::UnknownTopic { typed } => write!(f, "there is no help about {}", word(typed)),
            Self::MissingId { keyword, of } => {
                write!(f, "`{keyword}` needs the id of {}, such as `{}`", of.noun(), of.example())
            }
            Self::MalformedId { of, typed } => {
                write!(f, "{} is not the id of {}, which is like `{}`", word(typed), of.noun(), of.example())
            }
            Self::MissingWhy { keyword, id } => {
                write!(f, "`{keyword} {id}` needs a reason, which the requester will read")
            }
            Self::Extra { keyword, takes, typed, name } => extra(keyword, takes, typed, *name, f),
            Self::TwoLevels { first, second } => two("levels", first, second, f),
            Self::LevelAfterReason { typed } => {
                write!(f, "{} after the reason could be the level or a word of the reason", word(typed))?;
                f.write_str("; a level goes before the reason, and `reason:` begins a reason for certain")
            }
            Self::TwoFederations { first, second } => two("federations", first, second, f),
            Self::NotAPerson { typed } => {
                write!(
                    f,
                    "{} names no single person; a person is a mention or an e-mail address",
                    word(typed)
                )
            }
        }
    }
}

fn two(what: &str, first: &str, second: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "two {what} are given, {} and {}", word(first), word(second))
}

fn bound(typed: &str, too: &str, at: &str, seconds: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} is too {too}: access lasts at {at} {}", word(typed), print_length(seconds))
}

fn missing(slots: &[Slot], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let nouns: Vec<&str> = slots.iter().map(|slot| slot.noun()).collect();
    match nouns.split_last() {
        Some((only, [])) => write!(f, "{only} is missing")?,
        Some((last, others)) => write!(f, "{} and {last} are missing", others.join(", "))?,
        None => f.write_str("something is missing")?,
    }
    if slots == [Slot::Duration] { f.write_str(", such as `1h`") } else { Ok(()) }
}

fn no_such_start(typed: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} names no start, which is like `at 02:00`, `at tomorrow 02:00` or ", word(typed))?;
    f.write_str("`at 2026-12-01 02:00` where you are, or `at 2026-12-01T02:00Z`")
}

fn extra(keyword: &str, takes: &str, typed: &str, name: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let takes = if takes.is_empty() { "nothing".to_owned() } else { format!("`{takes}` and nothing more") };
    write!(f, "`{keyword}` takes {takes} after it, but {} follows", word(typed))?;
    if name {
        f.write_str("; a name of several words, or one that reads like a command, goes in quotes")?;
    }
    Ok(())
}

fn word(typed: &str) -> String {
    shown(typed, SHOWN_WORD_CHARS_MAX)
}

/// Typed text in code marks, cut with a mark, unable to end them.
fn shown(text: &str, chars_max: usize) -> String {
    let mut cut: String = text.chars().take(chars_max).map(|c| if c == '`' { '\'' } else { c }).collect();
    if text.chars().count() > chars_max {
        cut.push('…');
    }
    format!("`{cut}`")
}
