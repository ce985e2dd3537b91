//! What is watched beside requests and emergencies: whether Identity Center answers, and whether the drills were held.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{EmergencyId, FederationId};
use crate::job::Tell;
use crate::request::Posting;

/// Whether IAM Identity Center answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "center", rename_all = "kebab-case")]
pub enum Center {
    /// Nobody asked yet.
    #[default]
    Unknown,
    /// It answers.
    Answers {
        /// Since when.
        since: Timestamp,
    },
    /// It does not, and people were told so, once.
    Silent {
        /// Since when.
        since: Timestamp,
    },
}

/// The last drill of a federation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastDrill {
    /// Which.
    pub id: EmergencyId,
    /// When it ended.
    pub at: Timestamp,
    /// Why it failed, if it did.
    pub fault: Option<String>,
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Watch {
    /// Whether Identity Center answers.
    pub center: Center,
    /// The last drills.
    pub drills: BTreeMap<FederationId, LastDrill>,
    /// For which due time the schedule of drills was last served.
    pub drill_due: BTreeMap<FederationId, Timestamp>,
    /// Messages that must still be delivered, each exactly once.
    pub untold: BTreeMap<Tell, Posting>,
}
