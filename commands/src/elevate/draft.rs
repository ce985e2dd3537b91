//! A request as far as it was understood, to show the right form with the person's own words in it.
//!
//! Must never show a form that would be read as something else than what was understood.

use super::{Elevate, RequestWords, What, read};
use crate::definition::{Keyword, Keywords};
use crate::length::Length;
use crate::parts::EXAMPLE_LENGTH;
use crate::selector::{AccountSelector, GroupSelector, PermissionSetSelector};
use crate::start::Start;
use crate::usage::Slot;
use crate::vocabulary::Vocabulary;
use crate::words::{needs_quotes, quote};

#[derive(Clone)]
pub(super) struct Draft {
    pub(super) named: Named,
    pub(super) urgent: bool,
    pub(super) length: Option<Length>,
    pub(super) start: Option<Start>,
    pub(super) ticket: Option<String>,
    /// Whether the ticket stands within the reason, where it was typed.
    pub(super) ticket_in_reason: bool,
    pub(super) reason: String,
    pub(super) reason_required: bool,
}

/// What is asked for, as far as it was understood.
#[derive(Clone)]
pub(super) enum Named {
    Assignment { account: Option<AccountSelector>, permission_set: Option<PermissionSetSelector> },
    Group(Option<GroupSelector>),
    Bundle(Option<String>),
}

impl Named {
    pub(super) fn complete(&self) -> Option<What> {
        Some(match self {
            Self::Assignment { account, permission_set } => {
                What::Assignment { account: account.clone()?, permission_set: permission_set.clone()? }
            }
            Self::Group(group) => What::Group(group.clone()?),
            Self::Bundle(name) => What::Bundle(name.clone()?),
        })
    }

    pub(super) fn missing(&self) -> Vec<Slot> {
        let slots = match self {
            Self::Assignment { account, permission_set } => {
                vec![(Slot::Account, account.is_none()), (Slot::PermissionSet, permission_set.is_none())]
            }
            Self::Group(group) => vec![(Slot::Group, group.is_none())],
            Self::Bundle(name) => vec![(Slot::Bundle, name.is_none())],
        };
        slots.into_iter().filter_map(|(slot, missing)| missing.then_some(slot)).collect()
    }

    /// As people type it, with what is missing between angle brackets.
    pub(super) fn short(&self) -> String {
        let shown = |part: Option<&str>, or: &str| part.map_or(or.to_owned(), name);
        match self {
            Self::Assignment { account, permission_set } => {
                let account = shown(account.as_ref().map(AccountSelector::as_str), "<account>");
                let set = permission_set.as_ref().map(PermissionSetSelector::as_str);
                format!("{account} {}", shown(set, "<permission set>"))
            }
            Self::Group(group) => {
                let group = shown(group.as_ref().map(GroupSelector::as_str), "<group>");
                format!("{} {group}", Keyword::Group.word())
            }
            Self::Bundle(bundle) => {
                format!("{} {}", Keyword::Bundle.word(), shown(bundle.as_deref(), "<bundle>"))
            }
        }
    }
}

impl Draft {
    /// The words, if nothing that must be there is missing.
    pub(super) fn complete(&self) -> Option<RequestWords> {
        if self.reason.is_empty() && self.reason_required {
            return None;
        }
        Some(RequestWords {
            what: self.named.complete()?,
            urgent: self.urgent,
            length: self.length?,
            start: self.start,
            ticket: self.ticket.clone(),
            reason: self.reason.clone(),
        })
    }

    /// The right form: as short as people write it if that is read back as the same, or else in full.
    pub(super) fn written(&self, vocabulary: &dyn Vocabulary) -> String {
        let with_length = Self { length: Some(self.length.unwrap_or(EXAMPLE_LENGTH)), ..self.clone() };
        let short = with_length.short();
        match with_length.complete().map(Elevate::Request) {
            Some(meant) if read(&short, vocabulary).ok().as_ref() != Some(&meant) => meant.to_string(),
            Some(_) | None => short,
        }
    }

    fn short(&self) -> String {
        let mut parts: Vec<String> =
            self.urgent.then(|| Keyword::Urgent.word().to_owned()).into_iter().collect();
        parts.push(self.named.short());
        parts.extend(self.length.map(|length| length.to_string()));
        parts.extend(self.start.map(|start| start.to_string()));
        parts.extend(self.ticket.clone().filter(|_| !self.ticket_in_reason));
        if !self.reason.is_empty() {
            parts.push(self.reason.clone());
        } else if self.reason_required {
            parts.push("<reason>".to_owned());
        }
        parts.join(" ")
    }
}

/// A name as it can be typed: bare if that is enough.
pub(super) fn name(text: &str) -> String {
    let keyword = Keyword::named(&text.to_lowercase()).is_some();
    if keyword || needs_quotes(text) { quote(text) } else { text.to_owned() }
}
