//! `/breakglass`: from what was typed after it to what is said.
//!
//! The first word decides, and it is never left out: opening emergency access is not what a slip does. A first word
//! that is no keyword is refused with the nearest one, or with `on` before it if opening was surely meant.
//!
//! Must never guess between two things that would be done: where it is unclear, it asks.

mod few;
mod on;
mod options;

use crate::definition::{BREAKGLASS, BreakglassKeyword as Keyword, Keywords};
use crate::keyword::{self, arguments, nearest, own_form};
use crate::length::Length;
use crate::parts::{reason_alone, typed};
use crate::person::PersonRef;
use crate::selector::EmergencyRef;
use crate::usage::{Fault, Numbered, Usage};
use crate::vocabulary::Vocabulary;
use crate::words::{TEXT_CHARS_MAX, Word, clean, quote, split};
use std::fmt;

pub use options::from_options;

/// What was said with `/breakglass`. A federation is there if it was typed, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breakglass {
    /// Nothing: show the form.
    Form,
    /// The help, of one topic or in short.
    Help(Option<Keyword>),
    /// Open emergency access.
    On(OnWords),
    /// Close it.
    Off {
        /// The federation.
        federation: Option<String>,
        /// Why; never empty.
        reason: Option<String>,
    },
    /// Where it stands.
    Status {
        /// The federation.
        federation: Option<String>,
    },
    /// Give it to more people.
    Add {
        /// The federation.
        federation: Option<String>,
        /// Each once, in the order they were typed; at least one.
        people: Vec<PersonRef>,
        /// The level, if it was typed.
        level: Option<LevelWord>,
    },
    /// Take it from people.
    Remove {
        /// The federation.
        federation: Option<String>,
        /// Each once, in the order they were typed; at least one.
        people: Vec<PersonRef>,
    },
    /// Keep it open for longer.
    Extend {
        /// The federation.
        federation: Option<String>,
        /// How much longer, or until when.
        length: Length,
    },
    /// The second person's yes, or the opener's going on alone where policy lets them.
    Confirm {
        /// The federation.
        federation: Option<String>,
    },
    /// The second person's no.
    Decline {
        /// The federation.
        federation: Option<String>,
        /// Why; never empty.
        why: Option<String>,
    },
    /// Open and close it with nobody in it.
    Drill {
        /// The federation.
        federation: Option<String>,
    },
    /// An auditor has looked at a finished emergency.
    Review {
        /// The emergency.
        id: EmergencyRef,
        /// What there is to say about it; never empty.
        note: Option<String>,
    },
}

/// The words with which emergency access is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnWords {
    /// The federation, if it was typed.
    pub federation: Option<String>,
    /// The level, if it was typed.
    pub level: Option<LevelWord>,
    /// How long, if it was typed.
    pub length: Option<Length>,
    /// The first incident that was typed, if any. When it stands within the reason it also stays there.
    pub incident: Option<String>,
    /// Why, on one line, unescaped; empty only where the vocabulary says that it may be, or where it came by named
    /// options, after which the door asks for what is missing.
    pub reason: String,
    /// Who is to have the access, each once, in the order they were typed; nobody who is only in the reason.
    pub people: Vec<PersonRef>,
}

/// How much the access allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LevelWord {
    /// To read.
    Ro,
    /// To repair.
    Ops,
}

impl LevelWord {
    /// Every level, the smaller first.
    pub const ALL: &'static [Self] = &[Self::Ro, Self::Ops];

    /// The word as it is typed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ro => "ro",
            Self::Ops => "ops",
        }
    }

    /// The level that this lower-case word is.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "ro" | "readonly" | "read-only" => Some(Self::Ro),
            "ops" | "operations" | "rw" => Some(Self::Ops),
            _ => None,
        }
    }
}

impl fmt::Display for LevelWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Breakglass {
    /// The canonical text after `/breakglass`: reading it gives the same value again, with every vocabulary that
    /// knows the federation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => Ok(()),
            Self::Help(None) => f.write_str(Keyword::Help.word()),
            Self::Help(Some(topic)) => write!(f, "{} {}", Keyword::Help.word(), topic.word()),
            Self::On(words) => write!(f, "{}{words}", Keyword::On.word()),
            Self::Off { federation, reason } => {
                with_reason(Keyword::Off, federation.as_ref(), reason.as_ref(), f)
            }
            Self::Status { federation } => with_reason(Keyword::Status, federation.as_ref(), None, f),
            Self::Confirm { federation } => with_reason(Keyword::Confirm, federation.as_ref(), None, f),
            Self::Decline { federation, why } => {
                with_reason(Keyword::Decline, federation.as_ref(), why.as_ref(), f)
            }
            Self::Drill { federation } => with_reason(Keyword::Drill, federation.as_ref(), None, f),
            Self::Add { federation, people, level } => {
                start(Keyword::Add, federation.as_ref(), f)?;
                each(people, f)?;
                each(level, f)
            }
            Self::Remove { federation, people } => {
                start(Keyword::Remove, federation.as_ref(), f)?;
                each(people, f)
            }
            Self::Extend { federation, length } => {
                start(Keyword::Extend, federation.as_ref(), f)?;
                write!(f, " {length}")
            }
            Self::Review { id, note } => {
                write!(f, "{} {id}", Keyword::Review.word())?;
                marked(note.as_ref(), f)
            }
        }
    }
}

impl fmt::Display for OnWords {
    /// What follows `on`, each part with a space before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each(self.federation.as_deref().map(quote), f)?;
        each(self.level, f)?;
        each(self.length, f)?;
        each(&self.incident, f)?;
        each(&self.people, f)?;
        marked(Some(&self.reason).filter(|reason| !reason.is_empty()), f)
    }
}

fn with_reason(
    keyword: Keyword,
    federation: Option<&String>,
    reason: Option<&String>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    start(keyword, federation, f)?;
    marked(reason, f)
}

fn start(keyword: Keyword, federation: Option<&String>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(keyword.word())?;
    each(federation.map(|name| quote(name)), f)
}

fn each<T: fmt::Display>(parts: impl IntoIterator<Item = T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    parts.into_iter().try_for_each(|part| write!(f, " {part}"))
}

fn marked(reason: Option<&String>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    reason.map_or(Ok(()), |reason| write!(f, " reason: {reason}"))
}

/// Reads what was typed after `/breakglass`. Text from Slack must have been unescaped before (`&amp;` to `&`);
/// mentions such as `<@U123>` arrive as they are, and point at people.
///
/// # Errors
///
/// [`Usage`], when the text says nothing that can be done, or could mean two things.
pub fn parse(text: &str, vocabulary: &dyn Vocabulary) -> Result<Breakglass, Usage> {
    read(text, vocabulary).map_err(|wrong| {
        let right = wrong.right.written(vocabulary);
        Usage::new(wrong.fault, format!("/{} {right}", BREAKGLASS.name))
    })
}

/// A fault, and what is needed to write the right form.
struct Wrong {
    fault: Fault,
    right: Right,
}

enum Right {
    /// Just this.
    Text(String),
    /// `on` with the parts that were understood.
    On(Box<on::Draft>),
    /// This text if it can be read, or else the second.
    IfRead(String, String),
}

impl Right {
    fn written(self, vocabulary: &dyn Vocabulary) -> String {
        match self {
            Self::Text(text) => text,
            Self::On(draft) => draft.written(vocabulary),
            Self::IfRead(text, otherwise) => match read(&text, vocabulary) {
                Ok(_) => text,
                Err(_) => otherwise,
            },
        }
    }
}

fn read(text: &str, vocabulary: &dyn Vocabulary) -> Result<Breakglass, Wrong> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return Err(wrong(Fault::TooLong { chars }, Keyword::On));
    }
    let words = split(&clean(text));
    let Some((first, rest)) = words.split_first() else { return Ok(Breakglass::Form) };
    // No name stands first, so quotation marks change nothing: people copy `off` together with its code marks.
    let key = Word { quoted: false, ..first.clone() }.key();
    let Some(keyword) = Keyword::named(&key) else { return Err(unknown(&words, &key, vocabulary)) };
    match keyword {
        Keyword::On => on::read(rest, vocabulary).map(Breakglass::On),
        Keyword::Off => {
            let (federation, reason) = why(rest, vocabulary);
            Ok(Breakglass::Off { federation, reason })
        }
        Keyword::Decline => {
            let (federation, why) = why(rest, vocabulary);
            Ok(Breakglass::Decline { federation, why })
        }
        Keyword::Status => {
            alone(keyword, rest, vocabulary).map(|federation| Breakglass::Status { federation })
        }
        Keyword::Confirm => {
            alone(keyword, rest, vocabulary).map(|federation| Breakglass::Confirm { federation })
        }
        Keyword::Drill => alone(keyword, rest, vocabulary).map(|federation| Breakglass::Drill { federation }),
        Keyword::Add => few::add(rest, vocabulary),
        Keyword::Remove => few::remove(rest, vocabulary),
        Keyword::Extend => few::extend(rest, vocabulary),
        Keyword::Review => {
            let id = keyword::id(keyword, Numbered::Emergency, rest, EmergencyRef::parse);
            let (id, after) = id.map_err(|fault| wrong(fault, keyword))?;
            Ok(Breakglass::Review { id, note: some(reason_alone(after)) })
        }
        Keyword::Help => {
            let right = || Right::Text(keyword.word().to_owned());
            let (topic, after) = keyword::topic(rest).map_err(|fault| Wrong { fault, right: right() })?;
            let said = Breakglass::Help(topic);
            no_more(keyword, after, &said).map(|()| said)
        }
    }
}

/// A fault whose right form is the keyword's own, as the help shows it.
fn wrong(fault: Fault, keyword: Keyword) -> Wrong {
    Wrong { fault, right: Right::Text(own_form(&BREAKGLASS, keyword)) }
}

/// Words that begin with no keyword. People in a hurry forget the `on`; it is shown only where a level, a duration,
/// an incident or a federation says that opening is meant.
fn unknown(words: &[Word], key: &str, vocabulary: &dyn Vocabulary) -> Wrong {
    let (first, rest) = words.split_at_checked(1).unwrap_or_default();
    if let Some((keyword, nearest)) = nearest::<Keyword>(key) {
        let meant = format!("{nearest} {}", typed(rest)).trim_end().to_owned();
        let right = Right::IfRead(meant, own_form(&BREAKGLASS, keyword));
        return Wrong { fault: Fault::UnknownWord { typed: typed(first), nearest }, right };
    }
    let opening = on::read(words, vocabulary).is_ok_and(|on| {
        on.level.is_some() || on.length.is_some() || on.incident.is_some() || on.federation.is_some()
    });
    let right = if opening {
        format!("{} {}", Keyword::On.word(), typed(words))
    } else {
        Keyword::Help.word().to_owned()
    };
    Wrong {
        fault: Fault::NoKeyword { command: BREAKGLASS.name, typed: typed(first) },
        right: Right::Text(right),
    }
}

/// A federation that the vocabulary knows, where one may begin what follows the keyword, and the words after it.
fn federation<'w>(rest: &'w [Word], vocabulary: &dyn Vocabulary) -> (Option<String>, &'w [Word]) {
    match rest.split_first() {
        Some((first, after)) if vocabulary.is_federation(&first.text) => (Some(first.text.clone()), after),
        Some(_) | None => (None, rest),
    }
}

/// A federation, and whatever follows it as the reason.
fn why(rest: &[Word], vocabulary: &dyn Vocabulary) -> (Option<String>, Option<String>) {
    let (federation, after) = federation(rest, vocabulary);
    (federation, some(reason_alone(after)))
}

/// A federation, or nothing.
fn alone(keyword: Keyword, rest: &[Word], vocabulary: &dyn Vocabulary) -> Result<Option<String>, Wrong> {
    let (federation, after) = federation(rest, vocabulary);
    let taken = rest.len() - after.len();
    let right = format!("{} {}", keyword.word(), typed(rest.get(..taken).unwrap_or_default()));
    match after.first() {
        None => Ok(federation),
        Some(word) => {
            Err(Wrong { fault: extra(keyword, word), right: Right::Text(right.trim_end().to_owned()) })
        }
    }
}

fn no_more(keyword: Keyword, after: &[Word], said: &Breakglass) -> Result<(), Wrong> {
    match after.first() {
        None => Ok(()),
        Some(word) => Err(Wrong { fault: extra(keyword, word), right: Right::Text(said.to_string()) }),
    }
}

fn extra(keyword: Keyword, extra: &Word) -> Fault {
    let takes = arguments(&BREAKGLASS, keyword);
    Fault::Extra { keyword: keyword.word(), takes, typed: extra.raw.clone(), name: false }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
