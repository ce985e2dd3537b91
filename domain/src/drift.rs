//! Access that no request explains: seen, told, and left alone unless the configuration says otherwise.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::RequestId;
use crate::person::Who;
use crate::target::Holding;

/// One assignment that no request explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What.
    pub holding: Holding,
    /// When it was seen first.
    pub since: Timestamp,
    /// Where it is.
    pub state: DriftState,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "drift", rename_all = "kebab-case")]
pub enum DriftState {
    /// Seen once: a grant could have come in between.
    Once,
    /// Seen again, and told.
    Told {
        /// When.
        at: Timestamp,
    },
    /// Somebody says that it is known and shall stay.
    Adopted {
        /// When.
        at: Timestamp,
        /// Who.
        by: Who,
        /// Why.
        reason: String,
    },
    /// It is being removed.
    Removing {
        /// Since when.
        since: Timestamp,
    },
}

/// The last weekly report of standing access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingReport {
    /// When.
    pub at: Timestamp,
    /// How many assignments to users no request explains, adopted or not.
    pub standing: u32,
    /// Some of them.
    pub some: Vec<Holding>,
    /// Requests that were granted at once, and nobody looked at.
    pub unreviewed: Vec<RequestId>,
}
