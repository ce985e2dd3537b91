//! The pretend company: its people, groups, accounts and permission sets, as plain data that every twin reads.
//!
//! It must never hold behaviour of a platform: what AWS or Slack does with these facts is the twins' business.

use std::collections::{BTreeMap, BTreeSet};

mod acme;
mod large;
mod okta;

pub use okta::{OktaApp, OktaGroup, OktaGroupKind, OktaOrg, OktaRule};

/// One human of the company, as all platforms together know them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Person {
    /// Short handle for tests and the page: `ana`.
    pub handle: String,
    /// What people call them: `Ana Ferreira`.
    pub name: String,
    /// Work e-mail, as Slack and the Identity Store hold it.
    pub email: String,
    /// One line for the page: `engineer, payments`.
    pub role: String,
    /// IANA time zone: `Europe/Lisbon`.
    pub time_zone: String,
    /// Slack user id: `U0ANA`.
    pub slack_user_id: String,
    /// True for a single- or multi-channel guest in Slack.
    pub slack_guest: bool,
    /// Discord user id, a snowflake: `1290000000000001001`.
    pub discord_user_id: String,
    /// User id in the Identity Store; `None` when the company's directory does not know them.
    pub identity_user_id: Option<String>,
    /// False when the Identity Store has the user as `DISABLED`.
    pub enabled: bool,
    /// User id in Okta, where their login is their e-mail; `None` when Okta does not know them.
    pub okta_user_id: Option<String>,
}

/// A group of the Identity Store with its members.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Group {
    /// Group id in the Identity Store.
    pub id: String,
    /// Display name: `sre-leads`.
    pub name: String,
    /// Identity Store user ids.
    pub members: BTreeSet<String>,
    /// The identity provider's own id for it, when that one pushes it by SCIM; `None` when it was made at AWS.
    pub external_id: Option<String>,
}

/// A service control policy of the organization.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServiceControlPolicy {
    /// `p-…`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The policy document, JSON.
    pub content: String,
    /// Ids of the roots, OUs and accounts it is attached to.
    pub targets: BTreeSet<String>,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OrganizationalUnit {
    /// `ou-<root suffix>-<8 characters>`.
    pub id: String,
    /// `Prod`.
    pub name: String,
    /// Id of the root or of another OU.
    pub parent: String,
}

/// State of an account in AWS Organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// In use.
    Active,
    /// Suspended by AWS.
    Suspended,
    /// Closed by its owner, and in the organization for ninety days more.
    Closed,
}

/// An AWS account.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// `payments-prod`.
    pub name: String,
    /// Id of the root or OU it is in.
    pub parent: String,
    /// Whether it is in use.
    pub state: AccountState,
}

/// A permission set of IAM Identity Center.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PermissionSet {
    /// `arn:aws:sso:::permissionSet/ssoins-…/ps-…`.
    pub arn: String,
    /// `ReadOnly`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// ISO 8601 duration: `PT1H`.
    pub session_duration: String,
}

/// Who holds an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(tag = "type", content = "id", rename_all = "UPPERCASE")]
pub enum Principal {
    /// Identity Store user id.
    User(String),
    /// Identity Store group id.
    Group(String),
}

impl Principal {
    /// The id without its kind.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::User(id) | Self::Group(id) => id,
        }
    }

    /// `USER` or `GROUP`, as AWS spells it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "USER",
            Self::Group(_) => "GROUP",
        }
    }
}

/// One account assignment: a principal may use a permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Assignment {
    /// Who holds it.
    pub principal: Principal,
    /// Account id, twelve digits.
    pub account: String,
    /// ARN of the permission set.
    pub permission_set: String,
}

/// Everything the twins know at their start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Company {
    /// Slack workspace id.
    pub slack_team_id: String,
    /// Slack workspace name.
    pub slack_team_name: String,
    /// Discord guild id, a snowflake; the guild has the name of the workspace.
    pub discord_guild_id: String,
    /// AWS Organizations id: `o-…`.
    pub organization_id: String,
    /// Id of the organization's root: `r-…`.
    pub root_id: String,
    /// Account that owns the organization.
    pub management_account: String,
    /// Account as which the bot calls (delegated administrator of Identity Center).
    pub delegated_account: String,
    /// `arn:aws:sso:::instance/ssoins-…`.
    pub instance_arn: String,
    /// `d-…`.
    pub identity_store_id: String,
    /// All people.
    pub people: Vec<Person>,
    /// All groups of the Identity Store.
    pub groups: Vec<Group>,
    /// All organizational units, parents before children.
    pub organizational_units: Vec<OrganizationalUnit>,
    /// All accounts.
    pub accounts: Vec<Account>,
    /// All permission sets.
    pub permission_sets: Vec<PermissionSet>,
    /// Assignments that stand before the bot does anything.
    pub assignments: Vec<Assignment>,
    /// Service control policies made by the company.
    pub service_control_policies: Vec<ServiceControlPolicy>,
    /// What the identity provider holds beside the people.
    pub okta: OktaOrg,
}

impl Company {
    /// The person with this handle (`ana`).
    #[must_use]
    pub fn person(&self, handle: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.handle == handle)
    }

    /// The person with this handle, to alter.
    pub fn person_mut(&mut self, handle: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|p| p.handle == handle)
    }

    /// The person with this Slack user id.
    #[must_use]
    pub fn by_slack(&self, slack_user_id: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.slack_user_id == slack_user_id)
    }

    /// The person with this Discord user id.
    #[must_use]
    pub fn by_discord(&self, discord_user_id: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.discord_user_id == discord_user_id)
    }

    /// The group with this name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }

    /// The group with this name, to alter.
    pub fn group_mut(&mut self, name: &str) -> Option<&mut Group> {
        self.groups.iter_mut().find(|g| g.name == name)
    }

    /// The account with this name or id.
    #[must_use]
    pub fn account(&self, name_or_id: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.name == name_or_id || a.id == name_or_id)
    }

    /// The account with this name or id, to alter.
    pub fn account_mut(&mut self, name_or_id: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|a| a.name == name_or_id || a.id == name_or_id)
    }

    /// The permission set with this name or ARN.
    #[must_use]
    pub fn permission_set(&self, name_or_arn: &str) -> Option<&PermissionSet> {
        self.permission_sets.iter().find(|p| p.name == name_or_arn || p.arn == name_or_arn)
    }

    /// The principal behind a person's handle, a group's name, or an Identity Store id of either.
    #[must_use]
    pub fn principal(&self, word: &str) -> Option<Principal> {
        let person = self.people.iter().find(|p| {
            p.identity_user_id.is_some() && (p.handle == word || p.identity_user_id.as_deref() == Some(word))
        });
        if let Some(id) = person.and_then(|p| p.identity_user_id.clone()) {
            return Some(Principal::User(id));
        }
        let group = self.groups.iter().find(|g| g.name == word || g.id == word)?;
        Some(Principal::Group(group.id.clone()))
    }

    /// The assignment these names (or ids) mean; `None` when one of them is unknown.
    #[must_use]
    pub fn assignment(&self, principal: &str, account: &str, permission_set: &str) -> Option<Assignment> {
        Some(Assignment {
            principal: self.principal(principal)?,
            account: self.account(account)?.id.clone(),
            permission_set: self.permission_set(permission_set)?.arn.clone(),
        })
    }

    /// Adds an assignment that stands before the bot does anything. Unknown names change nothing.
    #[must_use]
    pub fn with_standing(mut self, principal: &str, account: &str, permission_set: &str) -> Self {
        self.assignments.extend(self.assignment(principal, account, permission_set));
        self
    }

    /// Names from the root to the account's OU, the root left out: `["Workloads", "Prod"]`.
    #[must_use]
    pub fn ou_path(&self, account: &str) -> Vec<String> {
        let units: BTreeMap<&str, &OrganizationalUnit> =
            self.organizational_units.iter().map(|u| (u.id.as_str(), u)).collect();
        let mut path = Vec::new();
        let mut at = self.account(account).map(|a| a.parent.as_str());
        while let Some(unit) = at.and_then(|id| units.get(id)) {
            path.push(unit.name.clone());
            // A tree cannot be deeper than it has nodes; a loop in hand-made data must not hang a test.
            at = (path.len() < units.len()).then_some(unit.parent.as_str());
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_lead_to_the_same_assignment() {
        let acme = Company::acme();
        let by_name = acme.assignment("ana", "payments-prod", "ReadOnly").expect("known names");
        let by_id = acme.assignment(by_name.principal.id(), &by_name.account, &by_name.permission_set);
        assert_eq!(by_id, Some(by_name));
        assert_eq!(
            acme.assignment("eve", "payments-prod", "ReadOnly"),
            None,
            "eve is not in the Identity Store"
        );
    }

    #[test]
    fn the_ou_tree_is_nested_and_leads_from_the_root_down() {
        let acme = Company::acme();
        assert_eq!(acme.ou_path("payments-prod"), ["Workloads", "Prod"]);
        assert_eq!(acme.ou_path("acme-management"), Vec::<String>::new());
    }

    #[test]
    fn ids_are_unique_and_every_reference_leads_somewhere() {
        for company in [Company::acme(), Company::large(200, 20, 5, 50, 10)] {
            let users: BTreeSet<&str> =
                company.people.iter().filter_map(|p| p.identity_user_id.as_deref()).collect();
            let parents: BTreeSet<&str> = company
                .organizational_units
                .iter()
                .map(|u| u.id.as_str())
                .chain([company.root_id.as_str()])
                .collect();
            let accounts: BTreeSet<&str> = company.accounts.iter().map(|a| a.id.as_str()).collect();
            assert_eq!(accounts.len(), company.accounts.len());
            assert_eq!(parents.len(), company.organizational_units.len() + 1);
            assert!(company.accounts.iter().all(|a| parents.contains(a.parent.as_str()) && a.id.len() == 12));
            assert!(company.organizational_units.iter().all(|u| parents.contains(u.parent.as_str())));
            assert!(company.groups.iter().flat_map(|g| &g.members).all(|m| users.contains(m.as_str())));
            let okta_users: BTreeSet<&str> =
                company.people.iter().filter_map(|p| p.okta_user_id.as_deref()).collect();
            let okta_groups: BTreeSet<&str> = company.okta.groups.iter().map(|g| g.id.as_str()).collect();
            assert_eq!(okta_users.len(), users.len(), "who is in the one is in the other");
            let members = || company.okta.groups.iter().flat_map(|g| &g.members);
            assert!(members().all(|m| okta_users.contains(m.as_str())));
            assert!(
                company.okta.apps.iter().flat_map(|a| &a.groups).all(|g| okta_groups.contains(g.as_str()))
            );
            let emergency = company.okta.groups.iter().filter_map(|g| g.name.strip_prefix("aws#"));
            assert!(emergency.filter_map(|name| name.split('#').nth(1)).all(|a| accounts.contains(a)));
            assert!(accounts.contains(company.management_account.as_str()));
            assert!(accounts.contains(company.delegated_account.as_str()));
        }
    }

    #[test]
    fn a_large_company_has_the_sizes_asked_for() {
        let large = Company::large(200, 20, 5, 50, 10);
        let memberships: usize = large.groups.iter().map(|g| g.members.len()).sum();
        assert_eq!((large.people.len(), large.groups.len(), memberships), (200, 20, 1000));
        assert_eq!((large.accounts.len(), large.permission_sets.len()), (50, 10));
    }
}
