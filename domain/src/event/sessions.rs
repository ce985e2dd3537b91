//! Facts about sessions that outlive the access they were begun with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::RequestId;

/// A fact about the sessions of one person with one permission set in one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum SessionsFact {
    /// The access is gone; sessions that began before are to be denied.
    CutOrdered {
        /// Sessions from before this are denied.
        before: Timestamp,
        /// For which request.
        id: RequestId,
    },
    /// They are denied.
    Cut,
    /// They cannot be denied.
    NotCut {
        /// Why.
        why: String,
    },
    /// The denial is to be taken back: no such session can live any more.
    Lifting,
    /// The denial is gone.
    Lifted,
    /// The provider cannot be asked, or asks us to come again; `None` when that is over.
    Trouble {
        /// What it says.
        what: Option<String>,
    },
}
