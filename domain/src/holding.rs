//! What is known about one (principal, target) at the provider.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{MemberId, OperationId, RequestId};
use crate::target::Holding;

/// Create or delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Make it exist.
    Create,
    /// Make it not exist.
    Delete,
}

/// Whose the holding is. Decided by a look before the first create, or before the next try where none was taken for long (P5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Not looked yet: nothing may be created, and nothing removed.
    Unseen,
    /// It was absent when we looked, and from then on we may have made it: ours to remove.
    Ours,
}

/// The change under way at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at-work", rename_all = "kebab-case")]
pub enum Operation {
    /// None.
    None,
    /// Written down, and from then on perhaps called: whether the provider took it is unknown.
    Intended {
        /// Which.
        change: Change,
        /// Since when.
        at: Timestamp,
    },
    /// The provider took it and named it.
    Running {
        /// Which.
        change: Change,
        /// Its name there.
        operation: OperationId,
        /// Since when.
        at: Timestamp,
    },
}

/// What the last look after the last change showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sight", rename_all = "kebab-case")]
pub enum Sight {
    /// Not looked since, or only looks that showed the opposite of what the change should have brought: lists lag behind.
    Unknown {
        /// The change after which we look; `None` when a request joined a holding that was there.
        after: Option<Change>,
        /// How many looks showed the opposite.
        looks: u32,
    },
    /// It is there.
    Present,
    /// It is not there.
    Absent,
}

impl Sight {
    /// Not looked since the last change.
    pub const NONE: Self = Self::after(None);

    /// Not looked since this change.
    #[must_use]
    pub const fn after(after: Option<Change>) -> Self {
        Self::Unknown { after, looks: 0 }
    }
}

/// One (principal, target) that we have to do with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldingState {
    /// Which.
    pub holding: Holding,
    /// Whose.
    pub origin: Origin,
    /// What is under way.
    pub operation: Operation,
    /// What was last seen.
    pub sight: Sight,
    /// The principal's immutable id where it is held, if that is another than the directory's: written down by a look before the
    /// first create, so that a new name keeps nobody in (P3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
    /// The last create whose fate nobody told us: its effect may still come.
    pub loose_create: Option<Timestamp>,
    /// The requests that have to do with it: those between approval and their end.
    pub claims: BTreeSet<RequestId>,
    /// Whether it is access that no request explains, and that is removed because the configuration wants it.
    #[serde(default)]
    pub drift: bool,
}

impl HoldingState {
    /// A holding of which nothing is known.
    #[must_use]
    pub fn unseen(holding: Holding) -> Self {
        Self {
            holding,
            origin: Origin::Unseen,
            operation: Operation::None,
            sight: Sight::NONE,
            member: None,
            loose_create: None,
            claims: BTreeSet::new(),
            drift: false,
        }
    }
}
