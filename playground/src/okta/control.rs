//! The hand that tests and the demo page hold: look, change, break, wait. It never goes over the wire.
//!
//! Names are taken as people say them: a user by handle, login or id, a group by name or id, an app by label or id. A
//! change answers whether it changed anything, so that a misspelt name in a test does not pass for a change.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::directory::{Group, User, UserStatus};
use super::options::{Fault, OktaOptions};
use super::serve::Shared;
use super::snapshot;
use super::world::{Actor, Call, LogEvent, Target, World};
use crate::company::OktaGroupKind;

/// A hand on a running twin; clones hold the same one.
#[derive(Debug, Clone)]
pub struct OktaControl {
    shared: Arc<Shared>,
}

/// What was waited for did not happen in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedOut {
    /// What Okta held and was asked, as text for the failing test.
    pub seen: String,
}

impl std::fmt::Display for TimedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "what was waited for did not happen at Okta; seen: {}", self.seen)
    }
}

impl std::error::Error for TimedOut {}

impl OktaControl {
    pub(super) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(super) fn change<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let answer = act(&mut self.shared.world());
        self.shared.tell();
        answer
    }

    /// Whether the app is active now, whatever late reads show; false for an unknown one.
    #[must_use]
    pub fn is_active(&self, app: &str) -> bool {
        self.shared.world().directory.app_named(app).is_some_and(|a| a.active)
    }

    /// Logins of everybody in the group now, whatever late reads show; nobody is in an unknown group.
    #[must_use]
    pub fn members(&self, group: &str) -> BTreeSet<String> {
        let world = self.shared.world();
        let Some(group) = world.directory.group_named(group) else { return BTreeSet::new() };
        let members = world.directory.members(&group.id);
        members.iter().filter_map(|id| Some(world.directory.users.get(id)?.login.clone())).collect()
    }

    /// Whether this user is in this group now; false for unknown names.
    #[must_use]
    pub fn has_member(&self, group: &str, user: &str) -> bool {
        let world = self.shared.world();
        let (group, user) = (world.directory.group_named(group), world.directory.user_named(user));
        group.zip(user).is_some_and(|(group, user)| world.directory.members(&group.id).contains(&user.id))
    }

    /// The user as Okta has them now.
    #[must_use]
    pub fn user(&self, user: &str) -> Option<User> {
        self.shared.world().directory.user_named(user).cloned()
    }

    /// Everybody Okta knows, by id.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        self.shared.world().directory.users.values().cloned().collect()
    }

    /// Activates an app in the console, behind the bot's back; reads show it at once.
    pub fn activate_by_hand(&self, app: &str) -> bool {
        self.set_active_by_hand(app, true)
    }

    /// Deactivates an app in the console, behind the bot's back; reads show it at once.
    pub fn deactivate_by_hand(&self, app: &str) -> bool {
        self.set_active_by_hand(app, false)
    }

    fn set_active_by_hand(&self, app: &str, active: bool) -> bool {
        self.change(|world| {
            let id = world.directory.app_named(app).map(|a| a.id.clone());
            id.is_some_and(|id| world.set_active(&id, active, Actor::console(), false))
        })
    }

    /// Puts a user into a group in the console, behind the bot's back; reads show it at once.
    pub fn add_by_hand(&self, user: &str, group: &str) -> bool {
        self.set_member_by_hand(user, group, true)
    }

    /// Takes a user out of a group in the console, behind the bot's back; reads show it at once.
    pub fn remove_by_hand(&self, user: &str, group: &str) -> bool {
        self.set_member_by_hand(user, group, false)
    }

    fn set_member_by_hand(&self, user: &str, group: &str, member: bool) -> bool {
        self.change(|world| {
            let group = world.directory.group_named(group).map(|g| g.id.clone());
            let user = world.directory.user_named(user).map(|u| u.id.clone());
            let both = group.zip(user);
            both.is_some_and(|(group, user)| world.set_member(&group, &user, member, Actor::console(), false))
        })
    }

    /// Sets a user's status: `Deprovisioned` for one who left. Groups keep them.
    pub fn set_user_status(&self, user: &str, status: UserStatus) -> bool {
        self.change(|world| {
            let now_ms = world.now_ms();
            let id = world.directory.user_named(user).map(|u| u.id.clone());
            let Some(user) = id.and_then(|id| world.directory.users.get_mut(&id)) else { return false };
            if user.status == status {
                return false;
            }
            (user.status, user.changed_ms) = (status, now_ms);
            let target = Target::new("User", &user.id, &user.name);
            let event = match status {
                UserStatus::Active => "user.lifecycle.activate",
                UserStatus::Suspended => "user.lifecycle.suspend",
                UserStatus::Deprovisioned => "user.lifecycle.deactivate",
            };
            world.log(event, Actor::console(), vec![target]);
            true
        })
    }

    /// Gives a user another login and e-mail address, as after a marriage; false when there is no such user, or the login is
    /// somebody's. The id stays.
    pub fn rename_by_hand(&self, user: &str, login: &str) -> bool {
        self.change(|world| {
            let now_ms = world.now_ms();
            let taken = world.directory.users.values().any(|user| user.login.eq_ignore_ascii_case(login));
            let id = world.directory.user_named(user).map(|user| user.id.clone()).filter(|_| !taken);
            let Some(user) = id.and_then(|id| world.directory.users.get_mut(&id)) else { return false };
            (user.login, user.email, user.changed_ms) = (login.to_owned(), login.to_owned(), now_ms);
            let target = Target::new("User", &user.id, &user.name);
            world.log("user.account.update_profile", Actor::console(), vec![target]);
            true
        })
    }

    /// Makes an empty group; false when the id is taken.
    pub fn add_group(&self, id: &str, name: &str, kind: OktaGroupKind) -> bool {
        self.change(|world| {
            let group = Group {
                id: id.to_owned(),
                name: name.to_owned(),
                kind,
                put_in: BTreeSet::new(),
                members_changed_ms: world.now_ms(),
            };
            let taken = world.directory.groups.contains_key(id);
            if !taken {
                world.directory.groups.insert(id.to_owned(), group);
            }
            !taken
        })
    }

    /// Deletes a group with its rules and its assignments to apps.
    pub fn delete_group(&self, group: &str) -> bool {
        self.change(|world| {
            let Some(id) = world.directory.group_named(group).map(|g| g.id.clone()) else { return false };
            world.directory.rules.retain(|_, rule| rule.group != id);
            for app in world.directory.apps.values_mut() {
                app.groups.retain(|assigned| *assigned != id);
            }
            world.directory.groups.remove(&id).is_some()
        })
    }

    /// Changes who manages the members of a group: `AppGroup` as if an app had imported it.
    pub fn set_group_kind(&self, group: &str, kind: OktaGroupKind) -> bool {
        self.change(|world| {
            let id = world.directory.group_named(group).map(|g| g.id.clone());
            let group = id.and_then(|id| world.directory.groups.get_mut(&id));
            group.is_some_and(|g| std::mem::replace(&mut g.kind, kind) != kind)
        })
    }

    /// Deletes an app, as an admin might; every call about it is 404 from then on.
    pub fn delete_app(&self, app: &str) -> bool {
        self.change(|world| {
            let id = world.directory.app_named(app).map(|a| a.id.clone());
            id.is_some_and(|id| world.directory.apps.remove(&id).is_some())
        })
    }

    /// Makes an active group rule that brings these users into the group; its id, or `None` for an unknown name.
    pub fn add_group_rule(&self, name: &str, group: &str, users: &[&str]) -> Option<String> {
        self.change(|world| {
            let group = world.directory.group_named(group)?.id.clone();
            let ids = users.iter().map(|user| Some(world.directory.user_named(user)?.id.clone()));
            let ids: BTreeSet<String> = ids.collect::<Option<_>>()?;
            let now_ms = world.now_ms();
            Some(world.directory.add_rule(name, group, ids, now_ms).id)
        })
    }

    /// Deletes a group rule; whom only it brought in is out.
    pub fn remove_group_rule(&self, id: &str) -> bool {
        self.change(|world| world.directory.rules.remove(id).is_some())
    }

    /// Revokes the SSWS token and every access token given out so far; new access tokens may be asked for.
    pub fn revoke_tokens(&self) {
        self.change(|world| {
            world.options.ssws_token = None;
            world.tokens.revoke_all();
        });
    }

    /// Revokes every access token given out so far and says how many they were.
    pub fn revoke_access_tokens(&self) -> usize {
        self.change(|world| world.tokens.revoke_all())
    }

    /// Makes the nonce of the token endpoint another one, as Okta does daily.
    pub fn renew_nonce(&self) {
        self.change(|world| {
            let now_ms = world.now_ms();
            world.tokens.renew_nonce(now_ms);
        });
    }

    /// Disaster recovery on or off: reads go on, writes are refused with 503 E0000010.
    pub fn set_read_only(&self, read_only: bool) {
        self.change(|world| world.options.read_only = read_only);
    }

    /// Changes the twin's behaviour from the next call on.
    pub fn set_options(&self, change: impl FnOnce(&mut OktaOptions)) {
        self.change(|world| change(&mut world.options));
    }

    /// Scripts a fault. Faults are met in the order they were scripted.
    pub fn fault(&self, fault: Fault) {
        self.change(|world| world.faults.push(fault));
    }

    /// Takes back every fault that was not met yet.
    pub fn clear_faults(&self) {
        self.change(|world| world.faults.clear());
    }

    /// From now on it is `at` for the twin, until somebody pushes its clock forward.
    pub fn stop_clock_at(&self, at: Timestamp) {
        self.change(|world| world.clock.stop_at(at));
    }

    /// Pushes the twin's clock forward: tokens expire, budgets refill, late reads catch up.
    pub fn push_clock(&self, by: Duration) {
        self.change(|world| world.clock.push_forward(by));
    }

    /// Every call that reached the twin, oldest first (the latest [`super::CALLS_KEPT_MAX`]).
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls_since(0)
    }

    /// The calls after the one with this number.
    #[must_use]
    pub fn calls_since(&self, number: u64) -> Vec<Call> {
        self.shared.world().calls.iter().filter(|c| c.number > number).cloned().collect()
    }

    /// Number of the latest call, to ask for [`Self::calls_since`] later; 0 before the first.
    #[must_use]
    pub fn latest_call(&self) -> u64 {
        self.shared.world().call_count
    }

    /// How many calls of this operation reached the twin, answered or not.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.shared.world().calls.iter().filter(|c| c.operation == operation).count()
    }

    /// Forgets the calls so far, so that a test can count from here. Their numbers go on.
    pub fn forget_calls(&self) {
        self.change(|world| world.calls.clear());
    }

    /// The System Log, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<LogEvent> {
        self.shared.world().events.iter().cloned().collect()
    }

    /// Waits until `happened` is true of the twin, looking after every change.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] when that is not so within `limit`, with what was seen.
    pub async fn wait_for(
        &self,
        limit: Duration,
        mut happened: impl FnMut(&Self) -> bool,
    ) -> Result<(), TimedOut> {
        let mut changes = self.subscribe();
        let wait = async {
            loop {
                changes.borrow_and_update();
                // The sender lives as long as `self`, so an error cannot come.
                if happened(self) || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let ended = tokio::time::timeout(limit, wait).await;
        ended.map_err(|_| TimedOut { seen: self.snapshot_json().to_string() })
    }

    /// A version that moves with every call and change; the page reads [`Self::snapshot_json`] again when it does.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.subscribe()
    }

    /// What Okta holds now, for the page; see `snapshot.rs` for its members.
    #[must_use]
    pub fn snapshot_json(&self) -> serde_json::Value {
        snapshot::of(&self.shared.world())
    }
}
