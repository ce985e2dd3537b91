//! One thing that is asked for, with the names it had at that time. A bundle has several.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::target::Target;
use crate::time::Seconds;

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ItemRow", into = "ItemRow")]
pub struct Item {
    /// What.
    pub target: Target,
    /// Its name at that time.
    pub name: ItemName,
    /// How long its sessions may outlive the end. Zero where that is not known: a group may open anything.
    pub session: Seconds,
}

/// What a thing was called when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemName {
    /// A permission set in an account.
    Assignment {
        /// The account's name.
        account: String,
        /// The permission set's name.
        permission_set: String,
    },
    /// A group.
    Group {
        /// Its name.
        group: String,
    },
}

/// `ReadOnly in prod`, `group payments-oncall`: for lists and logs.
impl fmt::Display for ItemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assignment { account, permission_set } => write!(f, "{permission_set} in {account}"),
            Self::Group { group } => write!(f, "group {group}"),
        }
    }
}

/// As the journal writes it: the names of an assignment as they were written before there was anything else.
#[derive(Clone, Serialize, Deserialize)]
struct ItemRow {
    target: Target,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permission_set_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    session: Seconds,
}

impl From<Item> for ItemRow {
    fn from(item: Item) -> Self {
        let Item { target, name, session } = item;
        let (account_name, permission_set_name, group_name) = match name {
            ItemName::Assignment { account, permission_set } => (Some(account), Some(permission_set), None),
            ItemName::Group { group } => (None, None, Some(group)),
        };
        Self { target, account_name, permission_set_name, group_name, session }
    }
}

impl TryFrom<ItemRow> for Item {
    type Error = &'static str;

    fn try_from(row: ItemRow) -> Result<Self, Self::Error> {
        let name = match (row.account_name, row.permission_set_name, row.group_name) {
            (Some(account), Some(permission_set), None) => ItemName::Assignment { account, permission_set },
            (None, None, Some(group)) => ItemName::Group { group },
            _ => return Err("it needs the names of an account and a permission set, or the name of a group"),
        };
        Ok(Self { target: row.target, name, session: row.session })
    }
}
