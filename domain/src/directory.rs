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

/// Who keeps a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// The Identity Store of IAM Identity Center.
    #[default]
    IdentityStore,
    /// Okta.
    Okta,
}

impl Keeper {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentityStore => "IAM Identity Center",
            Self::Okta => "Okta",
        }
    }
}

/// What decides who is in a group, where that is not people: whatever we put in would be taken out again, or back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "feed", rename_all = "kebab-case")]
pub enum Feed {
    /// The identity provider, by SCIM: the group of the Identity Store has an external id.
    Scim,
    /// A group rule of Okta.
    Rule {
        /// Its name.
        name: String,
    },
    /// An application (Okta's `APP_GROUP`).
    App,
    /// The provider itself (Okta's `BUILT_IN`: everyone, administrators).
    BuiltIn,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its display name, unique where it is kept.
    pub name: String,
    /// Who keeps it.
    #[serde(default)]
    pub kept_in: Keeper,
    /// What feeds it, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fed_by: Option<Feed>,
}

impl Group {
    /// A plain group of the Identity Store.
    #[must_use]
    pub fn plain(id: GroupId, name: String) -> Self {
        Self { id, name, kept_in: Keeper::IdentityStore, fed_by: None }
    }
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
    /// Groups by id: those of the Identity Store, and those of the identity provider that can be asked for.
    pub groups: BTreeMap<GroupId, Group>,
    /// The groups of the Identity Store of each person.
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

    /// The groups that are called so: by id, else by name in any case of letters, wherever they are kept.
    #[must_use]
    pub fn groups_called(&self, called: &str) -> Vec<&Group> {
        if let Some(group) = self.groups.get(&GroupId::new(called)) {
            return vec![group];
        }
        self.groups.values().filter(|group| group.name.eq_ignore_ascii_case(called)).collect()
    }

    /// Whether a person is in a group of the Identity Store.
    #[must_use]
    pub fn is_in(&self, person: &PersonId, group: &GroupId) -> bool {
        self.memberships.get(person).is_some_and(|groups| groups.contains(group))
    }

    /// The people who are in a group of the Identity Store, in the order of their ids.
    pub fn members_of<'a>(&'a self, group: &'a GroupId) -> impl Iterator<Item = &'a PersonId> {
        self.memberships.iter().filter(move |(_, groups)| groups.contains(group)).map(|(person, _)| person)
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
