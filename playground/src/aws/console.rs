//! What administrators do in AWS's consoles behind the bot's back, and what a test reads there: people, groups, accounts,
//! permission sets and their policies. Every change shows at once.
//!
//! Names are taken as people say them, and a change answers whether it changed anything, as everywhere in the control.

use std::collections::BTreeSet;

use super::control::AwsControl;
use super::policies::Provisioning;
use super::world::World;
use crate::company::{AccountState, Assignment};

impl AwsControl {
    /// Sets a user's `UserStatus`.
    pub fn set_user_enabled(&self, user: &str, enabled: bool) -> bool {
        self.change(|world| {
            let id = world.directory.user_id(user);
            let person = id.and_then(|id| world.directory.users.get_mut(&id));
            person.is_some_and(|p| std::mem::replace(&mut p.enabled, enabled) != enabled)
        })
    }

    /// Gives a user another e-mail.
    pub fn set_user_email(&self, user: &str, email: &str) -> bool {
        self.change(|world| {
            let id = world.directory.user_id(user);
            let person = id.and_then(|id| world.directory.users.get_mut(&id));
            person.is_some_and(|p| std::mem::replace(&mut p.email, email.to_owned()) != email)
        })
    }

    /// Deletes a user and their memberships; their assignments stay, as AWS leaves them.
    pub fn delete_user(&self, user: &str) -> bool {
        self.change(|world| {
            let Some(id) = world.directory.user_id(user) else { return false };
            for group in world.directory.groups.values_mut() {
                group.members.remove(&id);
            }
            world.directory.users.remove(&id).is_some()
        })
    }

    /// Makes a user a member of a group.
    pub fn add_to_group(&self, user: &str, group: &str) -> bool {
        self.set_member_by_hand(user, group, true)
    }

    /// Takes a user out of a group.
    pub fn remove_from_group(&self, user: &str, group: &str) -> bool {
        self.set_member_by_hand(user, group, false)
    }

    fn set_member_by_hand(&self, user: &str, group: &str, member: bool) -> bool {
        self.change(|world| {
            let both = world.directory.user_id(user).zip(world.directory.group_id(group));
            both.is_some_and(|(user, group)| world.set_member(&group, &user, member, false))
        })
    }

    /// Handles of everybody in the group now, whatever late reads show; nobody is in an unknown group.
    #[must_use]
    pub fn group_members(&self, group: &str) -> BTreeSet<String> {
        self.look(|world| {
            let group = world.directory.group_id(group).and_then(|id| world.directory.groups.get(&id));
            let members = group.into_iter().flat_map(|g| &g.members);
            members.filter_map(|id| Some(world.directory.users.get(id)?.handle.clone())).collect()
        })
    }

    /// Whether this user is in this group now; false for unknown names.
    #[must_use]
    pub fn is_in_group(&self, user: &str, group: &str) -> bool {
        self.look(|world| {
            let group = world.directory.group_id(group).and_then(|id| world.directory.groups.get(&id));
            group
                .zip(world.directory.user_id(user))
                .is_some_and(|(group, user)| group.members.contains(&user))
        })
    }

    /// Makes an empty group; false when the name is taken.
    pub fn add_group(&self, name: &str) -> bool {
        self.change(|world| {
            let is_free = world.directory.group_id(name).is_none();
            if is_free {
                world.make_group(name);
            }
            is_free
        })
    }

    /// Deletes a group and its memberships; assignments to it stay, as AWS leaves them.
    pub fn delete_group(&self, group: &str) -> bool {
        self.change(|world| {
            let id = world.directory.group_id(group);
            id.is_some_and(|id| world.directory.groups.remove(&id).is_some())
        })
    }

    /// From now on the group is one that an identity provider pushes by SCIM, or is none any more.
    pub fn set_fed_by_scim(&self, group: &str, fed: bool) -> bool {
        self.change(|world| {
            let id = world.directory.group_id(group);
            let Some(group) = id.and_then(|id| world.directory.groups.get_mut(&id)) else { return false };
            let was = group.external_id.take().is_some();
            group.external_id = fed.then(|| format!("00g{}", group.name));
            was != fed
        })
    }

    /// Suspends an account.
    pub fn suspend_account(&self, account: &str) -> bool {
        self.set_account_state(account, AccountState::Suspended)
    }

    /// Closes an account; it stays in the organization, closed, with its assignments.
    pub fn close_account(&self, account: &str) -> bool {
        self.set_account_state(account, AccountState::Closed)
    }

    fn set_account_state(&self, account: &str, state: AccountState) -> bool {
        self.change(|world| {
            let id = world.directory.account_id(account);
            let found = id.and_then(|id| world.directory.accounts.get_mut(&id));
            found.is_some_and(|a| std::mem::replace(&mut a.state, state) != state)
        })
    }

    /// Removes an account from the organization, with the assignments in it.
    pub fn delete_account(&self, account: &str) -> bool {
        self.change(|world| {
            let Some(id) = world.directory.account_id(account) else { return false };
            take_away(world, |a| a.account == id);
            world.directory.accounts.remove(&id).is_some()
        })
    }

    /// Deletes a permission set, with the assignments of it and its inline policy.
    pub fn delete_permission_set(&self, permission_set: &str) -> bool {
        self.change(|world| {
            let Some(arn) = world.directory.permission_set_arn(permission_set) else { return false };
            take_away(world, |a| a.permission_set == arn);
            world.policies.inline.remove(&arn);
            world.directory.permission_sets.remove(&arn).is_some()
        })
    }

    /// The inline policy of a permission set, in force or not.
    #[must_use]
    pub fn inline_policy(&self, permission_set: &str) -> Option<String> {
        self.look(|world| {
            let arn = world.directory.permission_set_arn(permission_set)?;
            world.policies.inline.get(&arn).cloned()
        })
    }

    /// The inline policy that is in force in an account: the one that was provisioned there last.
    #[must_use]
    pub fn policy_in_force(&self, account: &str, permission_set: &str) -> Option<String> {
        self.look(|world| {
            let account = world.directory.account_id(account)?;
            let arn = world.directory.permission_set_arn(permission_set)?;
            world.policies.in_force(&account, &arn).cloned()
        })
    }

    /// Writes the inline policy of a permission set; `None` takes it away. It is provisioned nowhere by that.
    pub fn set_inline_policy(&self, permission_set: &str, policy: Option<&str>) -> bool {
        self.change(|world| {
            let Some(arn) = world.directory.permission_set_arn(permission_set) else { return false };
            let before = match policy {
                Some(policy) => world.policies.inline.insert(arn, policy.to_owned()),
                None => world.policies.inline.remove(&arn),
            };
            before.as_deref() != policy
        })
    }

    /// Every provisioning AWS still tells the status of, in no order of time.
    #[must_use]
    pub fn provisionings(&self) -> Vec<Provisioning> {
        self.look(|world| world.policies.provisionings.values().cloned().collect())
    }

    /// The content of a service control policy, by id or name.
    #[must_use]
    pub fn service_control_policy(&self, policy: &str) -> Option<String> {
        self.look(|world| {
            let mut all = world.policies.service_control.values();
            all.find(|p| p.id == policy || p.name == policy).map(|p| p.content.clone())
        })
    }

    /// Writes the content of a service control policy, by id or name.
    pub fn set_service_control_policy(&self, policy: &str, content: &str) -> bool {
        self.change(|world| {
            let mut all = world.policies.service_control.values_mut();
            let found = all.find(|p| p.id == policy || p.name == policy);
            found.is_some_and(|p| std::mem::replace(&mut p.content, content.to_owned()) != content)
        })
    }
}

fn take_away(world: &mut World, which: impl Fn(&Assignment) -> bool) {
    let gone: Vec<Assignment> = world.held().iter().filter(|a| which(a)).cloned().collect();
    for assignment in &gone {
        world.put_by_hand(assignment, false);
    }
}
