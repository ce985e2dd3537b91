//! What is asked for, and what a person may come to hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, GroupId, PermissionSetArn, PersonId};

/// What is asked for. Memberships and entitlements join when their back ends do.
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
}

impl Target {
    /// The account it is in.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Assignment { account, .. } => account,
        }
    }

    /// The permission set it gives.
    #[must_use]
    pub fn permission_set(&self) -> &PermissionSetArn {
        match self {
            Self::Assignment { permission_set, .. } => permission_set,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assignment { account, permission_set } => write!(f, "{account}|{permission_set}"),
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
