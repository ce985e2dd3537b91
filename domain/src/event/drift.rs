//! Facts about access that no request explains.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::RequestId;
use crate::person::Who;
use crate::target::Holding;

/// A fact about access that no request explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum DriftFact {
    /// It was seen for the first time.
    Seen {
        /// What.
        holding: Holding,
    },
    /// It was seen again: people are told.
    Confirmed {
        /// What: all that one listing confirmed.
        holdings: Vec<Holding>,
    },
    /// It is not there any more, or a request explains it.
    Gone {
        /// What.
        holding: Holding,
    },
    /// It is known and shall stay.
    Adopted {
        /// What.
        holding: Holding,
        /// Who says so.
        by: Who,
        /// Why.
        reason: String,
    },
    /// It is to be removed, as the configuration wants.
    RemovalOrdered {
        /// What.
        holding: Holding,
    },
    /// The provider confirmed that it is gone.
    Removed {
        /// What.
        holding: Holding,
    },
    /// The weekly report.
    Reported {
        /// When.
        at: Timestamp,
        /// How many assignments to users no request explains.
        standing: u32,
        /// Some of them.
        some: Vec<Holding>,
        /// Requests that were granted at once, and nobody looked at.
        unreviewed: Vec<RequestId>,
    },
}
