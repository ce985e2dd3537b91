//! What can come up once a request was asked: extensions, reviews, doubts, cut sessions.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Approval;
use crate::ids::{GroupId, PersonId};
use crate::person::Door;
use crate::rules::Terms;
use crate::time::Seconds;

/// What permits something, at the moment at which it is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permitted {
    /// The policies.
    pub policies: Vec<String>,
    /// Hash of the set they are from.
    pub set: String,
    /// The requester's groups that these policies name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// Whether an emergency is on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emergency_on: bool,
}

/// Under what a request was granted, or extended: what is compared later with how things are then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// When.
    pub at: Timestamp,
    /// By what.
    #[serde(flatten)]
    pub under: Permitted,
    /// How long it comes to with the extension; as asked for, and approved, when it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Seconds>,
}

/// More time that was asked for and waits for approvals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// How much more.
    pub by: Seconds,
    /// Why, if the person said so.
    pub reason: Option<String>,
    /// When it was asked for.
    pub at: Timestamp,
    /// Through which door.
    pub door: Door,
    /// Nobody can approve it from then on.
    pub lapses_at: Timestamp,
    /// Under which terms.
    pub terms: Terms,
    /// Who could approve and is called upon: for display only.
    pub approvers: Vec<PersonId>,
    /// Who approved.
    pub approvals: Vec<Approval>,
}

/// An approver's no to more time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoMoreTime {
    /// Who.
    pub by: PersonId,
    /// Why.
    pub why: String,
}

impl Extension {
    /// How much more is given: what was asked for, or the least that an approver said.
    #[must_use]
    pub fn length(&self) -> Seconds {
        super::least(self.by, &self.approvals)
    }

    /// How many more approvals it needs, as its terms say.
    #[must_use]
    pub fn approvals_missing(&self) -> u32 {
        super::missing(&self.terms, &self.approvals)
    }
}

/// Whether somebody must look, or looked, at what was granted at once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "review", rename_all = "kebab-case")]
pub enum UrgentReview {
    /// It was approved before it was granted.
    #[default]
    NotNeeded,
    /// Nobody looked at it yet.
    Wanted {
        /// People are reminded then.
        remind_at: Timestamp,
        /// How many times they were.
        reminded: u32,
    },
    /// An approver says that it was right.
    Acknowledged {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
        /// What they noted.
        note: Option<String>,
    },
    /// An approver says that it was not right.
    Objected {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
        /// Why.
        why: String,
    },
}

impl UrgentReview {
    /// Whether somebody must look at it.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        matches!(self, Self::Wanted { .. })
    }
}

/// Something for which a grant was permitted and that is not so any more, or cannot be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "lost", rename_all = "kebab-case")]
pub enum Lost {
    /// The person is not in the directory.
    PersonGone,
    /// The company says that the person is disabled.
    PersonDisabled,
    /// The company does not say whether the person is enabled. Ends nothing.
    PersonUnknown,
    /// The account is not in the directory.
    AccountGone,
    /// The account is closed, or being closed.
    AccountClosed,
    /// The account's state is one that we do not know. Ends nothing.
    AccountUnknown,
    /// The permission set is not in the directory.
    PermissionSetGone,
    /// The group that was asked for is not in the directory.
    GroupGone,
    /// The person is not in the group that permitted it, and nothing else permits it.
    Permission {
        /// The groups that are lost.
        groups: Vec<GroupId>,
    },
}

impl Lost {
    /// Whether it only means that we do not know. Could not see is not "gone".
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::PersonUnknown | Self::AccountUnknown)
    }
}

/// In a few words, for the log.
impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PersonGone => "the person is gone",
            Self::PersonDisabled => "the person is disabled",
            Self::PersonUnknown => "whether the person is enabled is unknown",
            Self::AccountGone => "the account is gone",
            Self::AccountClosed => "the account is closed",
            Self::AccountUnknown => "the state of the account is unknown",
            Self::PermissionSetGone => "the permission set is gone",
            Self::GroupGone => "the group is gone",
            Self::Permission { .. } => "the group that permitted it is lost",
        })
    }
}

/// What one reading of the directory showed, and the next may confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// What is not so.
    pub lost: Lost,
    /// In which reading it was seen first: when that was made.
    pub read_at: Timestamp,
}

/// Whether sessions that outlive the end are cut.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "cut", rename_all = "kebab-case")]
pub enum Cutting {
    /// They live until their own end.
    #[default]
    No,
    /// They will be cut when the access is gone.
    Asked,
    /// They are being cut.
    UnderWay,
    /// They were cut.
    Done {
        /// When AWS confirmed it.
        at: Timestamp,
    },
    /// They could not be cut.
    Failed {
        /// Why not.
        why: String,
    },
}

impl Cutting {
    /// Whether it is being done.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::UnderWay)
    }
}
