//! What was asked, and who said yes to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, RequestId};
use crate::item::Item;
use crate::person::Door;
use crate::target::Target;
use crate::time::Seconds;

/// The things that are asked for: at least one, several for a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Items {
    /// The first, which is all there is unless it is a bundle.
    #[serde(flatten)]
    pub first: Item,
    /// The others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Item>,
}

impl Items {
    /// One thing.
    #[must_use]
    pub fn one(item: Item) -> Self {
        Self { first: item, more: Vec::new() }
    }

    /// All of them, in the order in which they were asked for.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.more.len().saturating_add(1)
    }
}

/// What was asked, as it was asked. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Its name.
    pub id: RequestId,
    /// Who asked, and would have the access.
    pub requester: PersonId,
    /// For what.
    #[serde(flatten)]
    pub items: Items,
    /// The bundle that was asked for by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// For how long.
    pub length: Seconds,
    /// From when, if not from the approval on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Whether it was granted at once, to be looked at afterwards.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    /// Why: the person's own words.
    pub reason: String,
    /// Under which ticket.
    pub ticket: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Through which door.
    pub door: Door,
}

impl Ask {
    /// For what, without names.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.items.iter().map(|item| &item.target)
    }

    /// For how long its sessions may outlive the end: the longest of them.
    #[must_use]
    pub fn session(&self) -> Seconds {
        self.items.iter().map(|item| item.session).max().unwrap_or_default()
    }

    /// What it is for, in a few words: `ReadOnly in prod`, `group payments-oncall`, `bundle oncall-payments`.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.bundle {
            Some(bundle) => format!("bundle {bundle}"),
            None => self.items.first.name.to_string(),
        }
    }
}

/// One approver's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whose.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Through which door.
    pub door: Door,
    /// The policies that let them.
    pub policies: Vec<String>,
    /// For how long at most, where they said less than was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Seconds>,
}
