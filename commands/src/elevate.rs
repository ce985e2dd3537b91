//! `/elevate`: from what was typed after it to what is said.
//!
//! The first word decides: a keyword of the table, or else a request. Keywords always win over names, so that the
//! same words always do the same; a name that is a keyword goes in quotes. The exception is a longer account name
//! that begins with a keyword ("End User Services").
//!
//! Must never guess between two things that would be done: where it is unclear, it asks.

mod draft;
mod options;
mod request;

use crate::definition::{ELEVATE, Keyword, Keywords};
use crate::keyword::{self, arguments, nearest, own_form};
use crate::length::Length;
use crate::parts::reason_alone;
use crate::selector::{AccountSelector, PermissionSetSelector, RequestRef};
use crate::usage::{Fault, Numbered, Usage};
use crate::vocabulary::Vocabulary;
use crate::words::{TEXT_CHARS_MAX, Word, clean, quote, split};
use draft::Draft;
use std::fmt;

pub use options::from_options;

/// What was said with `/elevate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elevate {
    /// Nothing: show the form.
    Form,
    /// Ask for access.
    Request(RequestWords),
    /// Which requests concern me.
    List,
    /// Show one request.
    Show(RequestRef),
    /// End the access of a request now.
    End(RequestRef),
    /// An approver's yes.
    Approve(RequestRef),
    /// An approver's no.
    Deny {
        /// The request.
        id: RequestRef,
        /// What the requester will read; never empty.
        why: String,
    },
    /// The requester takes it back.
    Withdraw(RequestRef),
    /// What policy would say.
    Why {
        /// The account.
        account: AccountSelector,
        /// The permission set.
        permission_set: PermissionSetSelector,
    },
    /// Connect this chat account to the person.
    Link,
    /// Take that back.
    Unlink,
    /// The help, of one topic or in short.
    Help(Option<Keyword>),
}

/// The words of a request for access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestWords {
    /// The account that was typed.
    pub account: AccountSelector,
    /// The permission set that was typed.
    pub permission_set: PermissionSetSelector,
    /// How long.
    pub length: Length,
    /// The first ticket that was typed, if any. When it stands within the reason it also stays there.
    pub ticket: Option<String>,
    /// Why, on one line, unescaped; empty only where the vocabulary says that it may be, or where it came by named
    /// options, after which the door asks for what is missing.
    pub reason: String,
}

impl fmt::Display for Elevate {
    /// The canonical text after `/elevate`: reading it gives the same value again, whatever the vocabulary knows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => Ok(()),
            Self::Request(words) => words.fmt(f),
            Self::List => f.write_str(Keyword::List.word()),
            Self::Show(id) => write!(f, "{} {id}", Keyword::Show.word()),
            Self::End(id) => write!(f, "{} {id}", Keyword::End.word()),
            Self::Approve(id) => write!(f, "{} {id}", Keyword::Approve.word()),
            Self::Deny { id, why } => write!(f, "{} {id} reason: {why}", Keyword::Deny.word()),
            Self::Withdraw(id) => write!(f, "{} {id}", Keyword::Withdraw.word()),
            Self::Why { account, permission_set } => {
                let (account, set) = (quote(account.as_str()), quote(permission_set.as_str()));
                write!(f, "{} {account} {set}", Keyword::Why.word())
            }
            Self::Link => f.write_str(Keyword::Link.word()),
            Self::Unlink => f.write_str(Keyword::Unlink.word()),
            Self::Help(None) => f.write_str(Keyword::Help.word()),
            Self::Help(Some(topic)) => write!(f, "{} {}", Keyword::Help.word(), topic.word()),
        }
    }
}

impl fmt::Display for RequestWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (account, set) = (quote(self.account.as_str()), quote(self.permission_set.as_str()));
        write!(f, "{account} {set} {}", self.length)?;
        self.ticket.iter().try_for_each(|ticket| write!(f, " {ticket}"))?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, " reason: {}", self.reason) }
    }
}

/// Reads what was typed after `/elevate`. Text from Slack must have been unescaped before (`&amp;` to `&`);
/// mentions such as `<@U123>` are words like others.
///
/// # Errors
///
/// [`Usage`], when the text says nothing that can be done, or could mean two things.
pub fn parse(text: &str, vocabulary: &dyn Vocabulary) -> Result<Elevate, Usage> {
    read(text, vocabulary).map_err(|wrong| {
        let right = wrong.right.written(vocabulary);
        Usage::new(wrong.fault, format!("/{} {right}", ELEVATE.name))
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
    /// A request with the parts that were understood.
    Request(Box<Draft>),
    /// This text if it can be read, or else the second.
    IfRead(String, String),
}

impl Right {
    fn written(self, vocabulary: &dyn Vocabulary) -> String {
        match self {
            Self::Text(text) => text,
            Self::Request(draft) => draft.written(vocabulary),
            Self::IfRead(text, otherwise) => match read(&text, vocabulary) {
                Ok(_) => text,
                Err(_) => otherwise,
            },
        }
    }
}

fn read(text: &str, vocabulary: &dyn Vocabulary) -> Result<Elevate, Wrong> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return Err(wrong(Fault::TooLong { chars }, Keyword::Request));
    }
    let words = split(&clean(text));
    let Some((first, rest)) = words.split_first() else { return Ok(Elevate::Form) };
    let long_name = request::account_words(&words, vocabulary).is_some_and(|count| count > 1);
    let Some(keyword) = Keyword::named(&first.key()).filter(|_| !long_name) else {
        return match typo(first, rest, vocabulary) {
            Some(wrong) => Err(wrong),
            None => request::read(&words, vocabulary).map(Elevate::Request),
        };
    };
    match keyword {
        Keyword::Request => request::read(rest, vocabulary).map(Elevate::Request),
        Keyword::List => no_more(rest, keyword, first, rest).map(|()| Elevate::List),
        Keyword::Show => only_id(keyword, first, rest).map(Elevate::Show),
        Keyword::Approve => only_id(keyword, first, rest).map(Elevate::Approve),
        Keyword::Withdraw => only_id(keyword, first, rest).map(Elevate::Withdraw),
        Keyword::End => only_id(keyword, first, rest).map(Elevate::End),
        Keyword::Deny => deny(first, rest),
        Keyword::Why => request::why(rest, vocabulary),
        Keyword::Link => no_more(rest, keyword, first, rest).map(|()| Elevate::Link),
        Keyword::Unlink => no_more(rest, keyword, first, rest).map(|()| Elevate::Unlink),
        Keyword::Help => topic(first, rest),
    }
}

/// A fault whose right form is the keyword's own, as the help shows it.
fn wrong(fault: Fault, keyword: Keyword) -> Wrong {
    Wrong { fault, right: Right::Text(own_form(&ELEVATE, keyword)) }
}

/// A first word that is nearly a keyword, when nothing or an id follows: only then is it no account.
fn typo(first: &Word, rest: &[Word], vocabulary: &dyn Vocabulary) -> Option<Wrong> {
    let known = vocabulary.is_account(&first.text) || vocabulary.is_permission_set(&first.text);
    let follows = match rest {
        [] => true,
        [only] => {
            surely_id(&only.text) || only.text.contains(|c: char| c.is_ascii_digit()) && is_id(&only.text)
        }
        [id, ..] => surely_id(&id.text),
    };
    if first.quoted || known || !follows {
        return None;
    }
    let (nearest, word) = nearest::<Keyword>(&first.key())?;
    let mut meant = vec![word];
    meant.extend(rest.iter().map(|word| word.raw.as_str()));
    let right = Right::IfRead(meant.join(" "), own_form(&ELEVATE, nearest));
    Some(Wrong { fault: Fault::UnknownWord { typed: first.raw.clone(), nearest: word }, right })
}

fn is_id(text: &str) -> bool {
    RequestRef::parse(text).is_some()
}

fn surely_id(text: &str) -> bool {
    is_id(text) && text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("AR-"))
}

/// Refuses words after those that the keyword takes. If all of it can be read as a request once the first word is
/// quoted, that is shown: an account may be called `list`.
fn no_more(after: &[Word], keyword: Keyword, first: &Word, rest: &[Word]) -> Result<(), Wrong> {
    let Some(extra) = after.first() else { return Ok(()) };
    let mut quoted = vec![quote(&first.text)];
    quoted.extend(rest.iter().map(|word| word.raw.clone()));
    let taken = rest.iter().take(rest.len() - after.len()).map(|word| word.raw.as_str());
    let without: Vec<&str> = std::iter::once(keyword.word()).chain(taken).collect();
    let right = Right::IfRead(quoted.join(" "), without.join(" "));
    Err(Wrong { fault: self::extra(keyword, extra), right })
}

fn only_id(keyword: Keyword, first: &Word, rest: &[Word]) -> Result<RequestRef, Wrong> {
    let (id, after) = id(keyword, rest)?;
    no_more(after, keyword, first, rest).map(|()| id)
}

fn id(keyword: Keyword, rest: &[Word]) -> Result<(RequestRef, &[Word]), Wrong> {
    keyword::id(keyword, Numbered::Request, rest, RequestRef::parse).map_err(|fault| wrong(fault, keyword))
}

fn extra(keyword: Keyword, extra: &Word) -> Fault {
    let takes = arguments(&ELEVATE, keyword);
    Fault::Extra { keyword: keyword.word(), takes, typed: extra.raw.clone(), name: true }
}

fn deny(first: &Word, rest: &[Word]) -> Result<Elevate, Wrong> {
    let (id, after) = id(Keyword::Deny, rest)?;
    let why = reason_alone(after);
    if why.is_empty() {
        let right = Right::Text(format!("{} {id} <why>", first.text));
        return Err(Wrong { fault: Fault::MissingWhy { id }, right });
    }
    Ok(Elevate::Deny { id, why })
}

fn topic(first: &Word, rest: &[Word]) -> Result<Elevate, Wrong> {
    let (topic, after) = keyword::topic(rest)
        .map_err(|fault| Wrong { fault, right: Right::Text(Keyword::Help.word().to_owned()) })?;
    no_more(after, Keyword::Help, first, rest).map(|()| Elevate::Help(topic))
}
