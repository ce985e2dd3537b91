//! `/elevate`: from what was typed after it to what is said.
//!
//! The first word decides: a keyword of the table, or else a request. Keywords always win over names, so that the
//! same words always do the same; a name that is a keyword goes in quotes. The exception is a longer account name
//! that begins with a keyword ("End User Services").
//!
//! Must never guess between two things that would be done: where it is unclear, it asks.

mod choose;
mod draft;
mod few;
mod options;
mod print;
mod request;

use crate::definition::{ELEVATE, Keyword, Keywords};
use crate::keyword::{self, arguments, nearest, own_form};
use crate::length::Length;
use crate::person::PersonRef;
use crate::selector::{AccountSelector, GroupSelector, PermissionSetSelector, RequestRef};
use crate::start::Start;
use crate::usage::{Fault, Numbered, Usage};
use crate::vocabulary::Vocabulary;
use crate::words::{TEXT_CHARS_MAX, Word, clean, quote, split};
use draft::Draft;

pub use options::from_options;

/// What was said with `/elevate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elevate {
    /// Nothing: show the form.
    Form,
    /// Ask for access.
    Request(RequestWords),
    /// Ask for the same as in that request, or as in my last one: show the form with it.
    Again(Option<RequestRef>),
    /// What I have, what I wait for, and what waits for me.
    Mine,
    /// Which requests concern me.
    List,
    /// Show one request.
    Show(RequestRef),
    /// An approver's yes.
    Approve {
        /// The request.
        id: RequestRef,
        /// For how long, when that is not what was asked for.
        length: Option<Length>,
    },
    /// An approver's no.
    Deny {
        /// The request.
        id: RequestRef,
        /// What the requester will read; never empty.
        why: String,
    },
    /// The requester takes it back.
    Withdraw(RequestRef),
    /// Have the access for longer.
    Extend {
        /// The request.
        id: RequestRef,
        /// How much longer, or until when.
        length: Length,
        /// Why; never empty.
        reason: Option<String>,
    },
    /// End the access of a request now.
    End {
        /// The request.
        id: RequestRef,
        /// Whether sessions that are open end, too.
        cut: bool,
    },
    /// End access of many at once.
    EndAll {
        /// Which.
        scope: EndScope,
        /// Whether it was said to be surely meant; otherwise the door asks.
        confirmed: bool,
    },
    /// An approver has looked at urgent access, and it was right.
    Acknowledge {
        /// The request.
        id: RequestRef,
        /// What there is to say about it; never empty.
        note: Option<String>,
    },
    /// An approver has looked at urgent access, and it was not right.
    Object {
        /// The request.
        id: RequestRef,
        /// What the requester will read; never empty.
        why: String,
    },
    /// What policy would say.
    Why(What),
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
    /// What is asked for.
    pub what: What,
    /// Whether the access is to be there before anybody approves. It has no start then: it begins at once.
    pub urgent: bool,
    /// How long; `until` is the next such time after the start.
    pub length: Length,
    /// When it is to begin, when that is not as soon as it may.
    pub start: Option<Start>,
    /// The first ticket that was typed, if any. When it stands within the reason it also stays there.
    pub ticket: Option<String>,
    /// Why, on one line, unescaped; empty only where the vocabulary says that it may be, or where it came by named
    /// options, after which the door asks for what is missing.
    pub reason: String,
}

/// What is asked for, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A permission set in an account.
    Assignment {
        /// The account.
        account: AccountSelector,
        /// The permission set.
        permission_set: PermissionSetSelector,
    },
    /// To be in a group.
    Group(GroupSelector),
    /// All that a bundle names.
    Bundle(String),
}

/// Which access ends, where it is that of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndScope {
    /// All that there is.
    Everything,
    /// All of one person.
    Person(PersonRef),
    /// All to one account.
    Account(AccountSelector),
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
    let Some(keyword) = keyword_at(&words, vocabulary) else {
        return match typo(first, rest, vocabulary) {
            Some(wrong) => Err(wrong),
            None => request::read(&words, vocabulary).map(Elevate::Request),
        };
    };
    match keyword {
        Keyword::Request => request::read(rest, vocabulary).map(Elevate::Request),
        Keyword::Group | Keyword::Bundle | Keyword::Urgent => {
            request::read(&words, vocabulary).map(Elevate::Request)
        }
        Keyword::Again => few::again(first, rest),
        Keyword::Mine => no_more(rest, keyword, first, rest).map(|()| Elevate::Mine),
        Keyword::List => no_more(rest, keyword, first, rest).map(|()| Elevate::List),
        Keyword::Show => only_id(keyword, first, rest).map(Elevate::Show),
        Keyword::Approve => few::approve(first, rest),
        Keyword::Deny => few::with_why(keyword, first, rest).map(|(id, why)| Elevate::Deny { id, why }),
        Keyword::Withdraw => only_id(keyword, first, rest).map(Elevate::Withdraw),
        Keyword::Extend => few::extend(rest),
        Keyword::End => few::end(first, rest, vocabulary),
        Keyword::EndAll => few::end_all(rest, vocabulary),
        Keyword::Acknowledge => few::acknowledge(rest),
        Keyword::Object => few::with_why(keyword, first, rest).map(|(id, why)| Elevate::Object { id, why }),
        Keyword::Why => request::why(rest, vocabulary),
        Keyword::Link => no_more(rest, keyword, first, rest).map(|()| Elevate::Link),
        Keyword::Unlink => no_more(rest, keyword, first, rest).map(|()| Elevate::Unlink),
        Keyword::Help => topic(first, rest),
    }
}

/// The keyword that these words begin with, unless they begin with a longer account name.
fn keyword_at(words: &[Word], vocabulary: &dyn Vocabulary) -> Option<Keyword> {
    let keyword = Keyword::named(&words.first()?.key())?;
    let long_name = request::account_words(words, vocabulary).is_some_and(|count| count > 1);
    (!long_name).then_some(keyword)
}

/// A fault whose right form is the keyword's own, as the help shows it.
fn wrong(fault: Fault, keyword: Keyword) -> Wrong {
    Wrong { fault, right: Right::Text(own_form(&ELEVATE, keyword)) }
}

/// A first word that is nearly a keyword, when nothing, an id, or what only this keyword takes follows: only then is it
/// no account.
fn typo(first: &Word, rest: &[Word], vocabulary: &dyn Vocabulary) -> Option<Wrong> {
    let known = vocabulary.is_account(&first.text) || vocabulary.is_permission_set(&first.text);
    let (nearest, word) = nearest::<Keyword>(&first.key())?;
    let follows = match rest {
        [] => true,
        [only] if surely_id(&only.text) => true,
        [only] if only.text.contains(|c: char| c.is_ascii_digit()) && is_id(&only.text) => true,
        [id, ..] => surely_id(&id.text) || request::begins(nearest, rest, vocabulary),
    };
    if first.quoted || known || !follows {
        return None;
    }
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
    let without: Vec<&str> = std::iter::once(keyword.typed()).chain(taken).collect();
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
    Fault::Extra { keyword: keyword.typed(), takes, typed: extra.raw.clone(), name: true }
}

fn topic(first: &Word, rest: &[Word]) -> Result<Elevate, Wrong> {
    let (topic, after) = keyword::topic(rest)
        .map_err(|fault| Wrong { fault, right: Right::Text(Keyword::Help.word().to_owned()) })?;
    no_more(after, Keyword::Help, first, rest).map(|()| Elevate::Help(topic))
}
