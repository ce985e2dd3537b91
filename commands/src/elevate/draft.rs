//! A request as far as it was understood, to show the right form with the person's own words in it.
//!
//! Must never show a form that would be read as something else than what was understood.

use super::{Elevate, RequestWords, read};
use crate::definition::{Keyword, Keywords};
use crate::length::Length;
use crate::parts::EXAMPLE_LENGTH;
use crate::selector::{AccountSelector, PermissionSetSelector};
use crate::vocabulary::Vocabulary;
use crate::words::{needs_quotes, quote};

#[derive(Clone)]
pub(super) struct Draft {
    pub(super) account: Option<AccountSelector>,
    pub(super) permission_set: Option<PermissionSetSelector>,
    pub(super) length: Option<Length>,
    pub(super) ticket: Option<String>,
    /// Whether the ticket stands within the reason, where it was typed.
    pub(super) ticket_in_reason: bool,
    pub(super) reason: String,
    pub(super) reason_required: bool,
}

impl Draft {
    /// The words, if nothing that must be there is missing.
    pub(super) fn complete(&self) -> Option<RequestWords> {
        if self.reason.is_empty() && self.reason_required {
            return None;
        }
        Some(RequestWords {
            account: self.account.clone()?,
            permission_set: self.permission_set.clone()?,
            length: self.length?,
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
        let account = self.account.as_ref().map_or("<account>".to_owned(), |account| name(account.as_str()));
        let set =
            self.permission_set.as_ref().map_or("<permission set>".to_owned(), |set| name(set.as_str()));
        let mut parts = vec![account, set];
        parts.extend(self.length.map(|length| length.to_string()));
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
