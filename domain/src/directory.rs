//! A snapshot of people, groups, accounts, organizational units and permission sets, as plain data.
//!
//! It answers what it holds; "could not ask" never becomes "none" here, because a snapshot that could not be read
//! whole is not made at all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, GroupId, OuId, PermissionSetArn, PersonId};
use crate::person::{Employment, Person};
use crate::refusal::Refusal;
use crate::time::Seconds;

/// Whether an account can be used. The values of Organizations `Account.State` (its `Status` is retired since 9 Sep 2026).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// `ACTIVE`.
    Active,
    /// `SUSPENDED`, `PENDING_CLOSURE` or `CLOSED`.
    Closed,
    /// `PENDING_ACTIVATION`, or a value we do not know.
    Unknown,
}

/// An AWS account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// Its name; not unique by AWS's rules.
    pub name: String,
    /// Whether it can be used.
    pub state: AccountState,
    /// The organizational unit (or root) in which it is.
    pub parent: OuId,
    /// The management account of the organization, where a delegated administrator may assign nothing.
    pub management: bool,
}

/// An organizational unit, or a root (which has no parent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ou {
    /// Its id.
    pub id: OuId,
    /// Its name.
    pub name: String,
    /// Where it hangs.
    pub parent: Option<OuId>,
}

/// A group of the Identity Store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its display name, unique in the store.
    pub name: String,
}

/// A permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionSet {
    /// Its ARN.
    pub arn: PermissionSetArn,
    /// Its name, unique in the instance.
    pub name: String,
    /// How long a session made with it may live, also after the assignment is gone: 1 h to 12 h.
    pub session: Seconds,
}

/// The company as it was read at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// When the reading was complete.
    pub read_at: Timestamp,
    /// ARN of the Identity Center instance.
    pub instance: String,
    /// The Identity Store of that instance.
    pub identity_store: String,
    /// People by id.
    pub people: BTreeMap<PersonId, Person>,
    /// Groups by id.
    pub groups: BTreeMap<GroupId, Group>,
    /// The groups of each person.
    pub memberships: BTreeMap<PersonId, BTreeSet<GroupId>>,
    /// Accounts by id.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Organizational units and roots by id.
    pub ous: BTreeMap<OuId, Ou>,
    /// Permission sets by ARN.
    pub permission_sets: BTreeMap<PermissionSetArn, PermissionSet>,
}

/// Organizations nests units five deep under the root; more than this many steps is a loop in bad data.
const OU_DEPTH_MAX: usize = 16;

impl Directory {
    /// A directory of nobody and nothing, for a bot that has not read one yet: everything is refused.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            read_at: Timestamp::UNIX_EPOCH,
            instance: String::new(),
            identity_store: String::new(),
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            memberships: BTreeMap::new(),
            accounts: BTreeMap::new(),
            ous: BTreeMap::new(),
            permission_sets: BTreeMap::new(),
        }
    }

    /// Whether it was ever read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// The person, if they are known and the company says that they are enabled.
    #[must_use]
    pub fn enabled(&self, id: &PersonId) -> Option<&Person> {
        self.people.get(id).filter(|person| person.employment == Employment::Enabled)
    }

    /// The person, as somebody who works here now. Unknown is no (P9).
    ///
    /// # Errors
    /// What stands against it.
    pub fn works_here(&self, id: &PersonId) -> Result<&Person, Refusal> {
        if self.is_empty() {
            return Err(Refusal::DirectoryNotRead);
        }
        if !self.people.contains_key(id) {
            return Err(Refusal::NotInDirectory);
        }
        self.enabled(id).ok_or_else(|| Refusal::NotEnabled { person: id.clone() })
    }

    /// Everybody who has this e-mail address (compared in lower case). More than one is ambiguous, and so is no.
    #[must_use]
    pub fn by_email(&self, email: &str) -> Vec<&Person> {
        let email = email.to_lowercase();
        self.people.values().filter(|person| person.emails.contains(&email)).collect()
    }

    /// The groups of a person.
    pub fn groups_of(&self, id: &PersonId) -> impl Iterator<Item = &GroupId> {
        self.memberships.get(id).into_iter().flatten()
    }

    /// The units above an account, nearest first, ending with the root.
    #[must_use]
    pub fn ous_above(&self, account: &AccountId) -> Vec<&Ou> {
        let mut path = Vec::new();
        let mut next = self.accounts.get(account).map(|account| &account.parent);
        while let Some(ou) = next.and_then(|id| self.ous.get(id)) {
            if path.len() >= OU_DEPTH_MAX {
                break;
            }
            path.push(ou);
            next = ou.parent.as_ref();
        }
        path
    }

    /// Whether an account is the one, or below the unit, that is called so: by id, or by name in any case of letters.
    #[must_use]
    pub fn is_within(&self, account: &AccountId, called: &str) -> bool {
        let own =
            self.accounts.get(account).is_some_and(|found| is_called(found.id.as_str(), &found.name, called));
        own || self.ous_above(account).iter().any(|ou| is_called(ou.id.as_str(), &ou.name, called))
    }

    /// Whether there is an account or a unit that is called so, as [`Self::is_within`] means it.
    #[must_use]
    pub fn has_place(&self, called: &str) -> bool {
        let mut ous = self.ous.values();
        let mut accounts = self.accounts.values();
        ous.any(|ou| is_called(ou.id.as_str(), &ou.name, called))
            || accounts.any(|account| is_called(account.id.as_str(), &account.name, called))
    }

    /// A person's name for people: display name, else e-mail, else the id.
    #[must_use]
    pub fn name_of(&self, id: &PersonId) -> String {
        self.people.get(id).map_or_else(
            || id.to_string(),
            |person| {
                if person.display_name.is_empty() {
                    person.email().to_owned()
                } else {
                    person.display_name.clone()
                }
            },
        )
    }

    /// A group's name for people.
    #[must_use]
    pub fn group_name(&self, id: &GroupId) -> String {
        self.groups.get(id).map_or_else(|| id.to_string(), |group| group.name.clone())
    }
}

fn is_called(id: &str, name: &str, called: &str) -> bool {
    id == called || name.eq_ignore_ascii_case(called)
}
