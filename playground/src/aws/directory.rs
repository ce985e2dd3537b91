//! The company as AWS holds it now: indexed, and open to live change. No assignment lives here.

use std::collections::BTreeMap;

use crate::company::{
    Account, Assignment, Company, Group, OrganizationalUnit, PermissionSet, Person, Principal,
};

/// Users, groups, accounts, OUs and permission sets, by id.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) organization_id: String,
    pub(super) root_id: String,
    pub(super) management_account: String,
    pub(super) delegated_account: String,
    pub(super) instance_arn: String,
    pub(super) identity_store_id: String,
    pub(super) users: BTreeMap<String, Person>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) units: BTreeMap<String, OrganizationalUnit>,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) permission_sets: BTreeMap<String, PermissionSet>,
}

impl Directory {
    pub(super) fn of(company: &Company) -> Self {
        let users = company.people.iter().filter_map(|p| Some((p.identity_user_id.clone()?, p.clone())));
        Self {
            organization_id: company.organization_id.clone(),
            root_id: company.root_id.clone(),
            management_account: company.management_account.clone(),
            delegated_account: company.delegated_account.clone(),
            instance_arn: company.instance_arn.clone(),
            identity_store_id: company.identity_store_id.clone(),
            users: users.collect(),
            groups: company.groups.iter().map(|g| (g.id.clone(), g.clone())).collect(),
            units: company.organizational_units.iter().map(|u| (u.id.clone(), u.clone())).collect(),
            accounts: company.accounts.iter().map(|a| (a.id.clone(), a.clone())).collect(),
            permission_sets: company.permission_sets.iter().map(|p| (p.arn.clone(), p.clone())).collect(),
        }
    }

    /// By id, handle or e-mail.
    pub(super) fn user_id(&self, word: &str) -> Option<String> {
        if self.users.contains_key(word) {
            return Some(word.to_owned());
        }
        let found = self.users.iter().find(|(_, p)| p.handle == word || p.email == word)?;
        Some(found.0.clone())
    }

    /// By id or name.
    pub(super) fn group_id(&self, word: &str) -> Option<String> {
        if self.groups.contains_key(word) {
            return Some(word.to_owned());
        }
        self.groups.values().find(|g| g.name == word).map(|g| g.id.clone())
    }

    /// By id or name.
    pub(super) fn account_id(&self, word: &str) -> Option<String> {
        if self.accounts.contains_key(word) {
            return Some(word.to_owned());
        }
        self.accounts.values().find(|a| a.name == word).map(|a| a.id.clone())
    }

    /// By ARN or name.
    pub(super) fn permission_set_arn(&self, word: &str) -> Option<String> {
        if self.permission_sets.contains_key(word) {
            return Some(word.to_owned());
        }
        self.permission_sets.values().find(|p| p.name == word).map(|p| p.arn.clone())
    }

    /// The assignment these ids or names mean: a user before a group of the same name.
    pub(super) fn assignment(
        &self,
        principal: &str,
        account: &str,
        permission_set: &str,
    ) -> Option<Assignment> {
        let user = self.user_id(principal).map(Principal::User);
        Some(Assignment {
            principal: user.or_else(|| self.group_id(principal).map(Principal::Group))?,
            account: self.account_id(account)?,
            permission_set: self.permission_set_arn(permission_set)?,
        })
    }

    pub(super) fn knows(&self, principal: &Principal) -> bool {
        match principal {
            Principal::User(id) => self.users.contains_key(id),
            Principal::Group(id) => self.groups.contains_key(id),
        }
    }

    /// What people call this principal; its id when it is gone.
    pub(super) fn principal_name(&self, principal: &Principal) -> String {
        let name = match principal {
            Principal::User(id) => self.users.get(id).map(|p| p.name.clone()),
            Principal::Group(id) => self.groups.get(id).map(|g| g.name.clone()),
        };
        name.unwrap_or_else(|| principal.id().to_owned())
    }

    /// The OUs above `parent`, top first, `parent` included and the root left out.
    pub(super) fn units_above(&self, parent: &str) -> Vec<&OrganizationalUnit> {
        let mut units = Vec::new();
        let mut at = self.units.get(parent);
        while let Some(unit) = at {
            units.push(unit);
            // Hand-made data may hold a loop, which must not hang the twin.
            at = (units.len() <= self.units.len()).then(|| self.units.get(&unit.parent)).flatten();
        }
        units.reverse();
        units
    }
}
