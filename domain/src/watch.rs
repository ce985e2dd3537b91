//! What is watched beside requests and emergencies: whether Identity Center answers, whether the drills were held, and
//! where people are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::command::EndScope;
use crate::ids::{EmergencyId, FederationId};
use crate::job::Tell;

use crate::drift::StandingReport;
use crate::person::{Platform, Who};
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

/// The chat platforms that are served. Slack alone, as long as nobody said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Served(pub BTreeSet<Platform>);

impl Default for Served {
    fn default() -> Self {
        Self(BTreeSet::from([Platform::Slack]))
    }
}

impl Served {
    /// Whether a fact that names none means these.
    pub(crate) fn is_first(&self) -> bool {
        *self == Self::default()
    }

    /// All there are.
    #[must_use]
    pub fn all() -> Self {
        Self(Platform::ALL.into_iter().collect())
    }
}

/// An order to end many grants at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndAll {
    /// Which.
    pub scope: EndScope,
    /// Who ordered it.
    pub by: Who,
    /// When: what is asked for later is not meant.
    pub at: Timestamp,
    /// Names the message about it: when that was, in seconds since 1970, or the next number that no order has.
    #[serde(default)]
    pub number: i64,
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
    /// The chat platforms that are served.
    #[serde(default)]
    pub served: Served,
    /// Orders to end many grants that are not done.
    #[serde(default)]
    pub ending: Vec<EndAll>,
    /// The last such order that is done, for the message about it.
    #[serde(default)]
    pub ended: Option<EndAll>,
    /// The last report of standing access.
    #[serde(default)]
    pub report: Option<StandingReport>,
    /// Messages that must still be delivered, each exactly once.
    pub untold: BTreeMap<Tell, Posting>,
}

impl Watch {
    /// Takes down an order to end many grants. Two of the same second are told as two.
    pub(crate) fn is_to_end(&mut self, scope: EndScope, by: Who, at: Timestamp) {
        let before = self.ending.last().or(self.ended.as_ref()).map(|order| order.number);
        let number = before.map_or(i64::MIN, |before| before.saturating_add(1)).max(at.as_second());
        self.ending.push(EndAll { scope, by, at, number });
    }
}
