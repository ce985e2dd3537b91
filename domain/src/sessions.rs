//! Sessions that outlive the access they were begun with, and how they are cut.
//!
//! ```text
//! Placing ──► InForce ──► Lifting ──► (forgotten)
//!    └── refused, and perhaps made ──►┘      ▲
//!    └── refused, and surely not made ───────┘
//! ```
//!
//! AWS cannot end a session; a policy can deny what began before some time. The denial stays until no such session can live any
//! more, and is then taken back.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::RequestId;
use crate::settings::SESSION_MAX;
use crate::target::Holding;

/// The sessions of one person with one permission set in one account, and their denial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCut {
    /// Whose, with what, where.
    pub holding: Holding,
    /// Sessions from before this are denied.
    pub before: Timestamp,
    /// Sessions from before this were denied already, for an earlier end of the same access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Timestamp>,
    /// How far it is.
    pub state: CutState,
    /// The requests that wait for it.
    pub requests: BTreeSet<RequestId>,
    /// Whether AWS may have taken a try at it whose answer nobody heard: then it is taken back, and not just forgotten, when a
    /// later try is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unheard: bool,
    /// What the provider last complained about.
    pub trouble: Option<String>,
}

/// How far a denial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cut", rename_all = "kebab-case")]
pub enum CutState {
    /// It is being made.
    Placing,
    /// AWS confirmed it.
    InForce,
    /// It is being taken back.
    Lifting,
}

impl SessionCut {
    /// When no session that it denies can live any more.
    #[must_use]
    pub fn lift_at(&self) -> Timestamp {
        SESSION_MAX.after(self.before)
    }

    /// Whether the denial should be there.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        match self.state {
            CutState::Placing | CutState::InForce => true,
            CutState::Lifting => false,
        }
    }
}
