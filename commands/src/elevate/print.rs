//! What was said with `/elevate`, as it is typed: the one form in which each is printed.
//!
//! Reading what is printed gives the same value again, whatever the vocabulary knows.

use super::{Elevate, EndScope, RequestWords, What};
use crate::definition::{Keyword, Keywords};
use crate::length::Length;
use crate::words::quote;
use std::fmt;

impl fmt::Display for Elevate {
    /// The canonical text after `/elevate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => Ok(()),
            Self::Request(words) => words.fmt(f),
            Self::Again(id) => {
                f.write_str(Keyword::Again.word())?;
                id.iter().try_for_each(|id| write!(f, " {id}"))
            }
            Self::Mine => f.write_str(Keyword::Mine.word()),
            Self::List => f.write_str(Keyword::List.word()),
            Self::Show(id) => write!(f, "{} {id}", Keyword::Show.word()),
            Self::End { id, cut } => {
                let cut = if *cut { " cut" } else { "" };
                write!(f, "{} {id}{cut}", Keyword::End.word())
            }
            Self::EndAll { scope, confirmed } => {
                let confirmed = if *confirmed { " confirm" } else { "" };
                write!(f, "{}{scope}{confirmed}", Keyword::EndAll.typed())
            }
            Self::Approve { id, length } => {
                write!(f, "{} {id}", Keyword::Approve.word())?;
                match length {
                    None => Ok(()),
                    Some(length @ Length::For(_)) => write!(f, " for {length}"),
                    Some(length @ Length::Until(_)) => write!(f, " {length}"),
                }
            }
            Self::Deny { id, why } => write!(f, "{} {id} reason: {why}", Keyword::Deny.word()),
            Self::Withdraw(id) => write!(f, "{} {id}", Keyword::Withdraw.word()),
            Self::Extend { id, length, reason } => {
                write!(f, "{} {id} {length}", Keyword::Extend.word())?;
                marked(reason.as_deref(), f)
            }
            Self::Acknowledge { id, note } => {
                write!(f, "{} {id}", Keyword::Acknowledge.word())?;
                marked(note.as_deref(), f)
            }
            Self::Object { id, why } => write!(f, "{} {id} reason: {why}", Keyword::Object.word()),
            Self::Why(what) => write!(f, "{} {what}", Keyword::Why.word()),
            Self::Link => f.write_str(Keyword::Link.word()),
            Self::Unlink => f.write_str(Keyword::Unlink.word()),
            Self::Help(None) => f.write_str(Keyword::Help.word()),
            Self::Help(Some(topic)) => write!(f, "{} {}", Keyword::Help.word(), topic.word()),
        }
    }
}

impl fmt::Display for RequestWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.urgent {
            write!(f, "{} ", Keyword::Urgent.word())?;
        }
        write!(f, "{} {}", self.what, self.length)?;
        self.start.iter().try_for_each(|start| write!(f, " {start}"))?;
        self.ticket.iter().try_for_each(|ticket| write!(f, " {ticket}"))?;
        marked(Some(self.reason.as_str()).filter(|reason| !reason.is_empty()), f)
    }
}

impl fmt::Display for What {
    /// As it is asked for: two names, `group` and its name, `bundle` and its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assignment { account, permission_set } => {
                write!(f, "{} {}", quote(account.as_str()), quote(permission_set.as_str()))
            }
            Self::Group(group) => write!(f, "{} {}", Keyword::Group.word(), quote(group.as_str())),
            Self::Bundle(name) => write!(f, "{} {}", Keyword::Bundle.word(), quote(name)),
        }
    }
}

impl fmt::Display for EndScope {
    /// What follows `end all`, with a space before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => Ok(()),
            Self::Person(person) => write!(f, " {person}"),
            Self::Account(account) => write!(f, " {}", quote(account.as_str())),
        }
    }
}

fn marked(reason: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    reason.map_or(Ok(()), |reason| write!(f, " reason: {reason}"))
}
