//! What is asked for, and what a person may come to hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, GroupId, PermissionSetArn, PersonId};

/// What is asked for. Entitlements join when their back end does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Target {
    /// A permission set in an account, assigned to the user.
    Assignment {
        /// The account.
        account: AccountId,
        /// The permission set.
        permission_set: PermissionSetArn,
    },
    /// Being in a group, of the Identity Store or of the identity provider.
    Membership {
        /// The group.
        group: GroupId,
    },
}

impl Target {
    /// The account it is in, where it is in one.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Assignment { account, .. } => Some(account),
            Self::Membership { .. } => None,
        }
    }

    /// The permission set it gives, where it gives one.
    #[must_use]
    pub fn permission_set(&self) -> Option<&PermissionSetArn> {
        match self {
            Self::Assignment { permission_set, .. } => Some(permission_set),
            Self::Membership { .. } => None,
        }
    }

    /// The group it is being in, where it is that.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::Membership { group } => Some(group),
            Self::Assignment { .. } => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assignment { account, permission_set } => write!(f, "{account}|{permission_set}"),
            Self::Membership { group } => write!(f, "group|{group}"),
        }
    }
}

/// A (principal, target) pair: what the provider keeps a set of, without counting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Holding {
    /// Who holds it.
    pub principal: PersonId,
    /// What is held.
    pub target: Target,
}

impl fmt::Display for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.principal, self.target)
    }
}

/// How somebody has access that stood before us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "kebab-case")]
pub enum Via {
    /// Assigned to the user.
    Direct,
    /// Through groups.
    Groups {
        /// Which ones.
        groups: Vec<GroupId>,
    },
}
