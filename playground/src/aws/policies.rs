//! The policies that sessions meet: inline policies of permission sets, which version of each an account has, the
//! provisionings that bring a newer one there, and service control policies. Pure but for the time it is given.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::world::{OperationStatus, World, request_id};
use crate::company::{Assignment, Company, ServiceControlPolicy};

/// Ended provisionings whose status can still be asked for; AWS does not say how long it keeps them.
const PROVISIONINGS_KEPT_MAX: usize = 10_000;

/// Bits that tell ids of provisionings from those of assignment operations.
const PROVISIONING_IDS: u64 = 1 << 40;

/// A permission set in an account: account id and ARN.
type Role = (String, String);

/// One asynchronous provisioning of a permission set.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Provisioning {
    /// Request id, a UUID.
    pub id: String,
    /// ARN of the permission set.
    pub permission_set: String,
    /// The accounts it goes to.
    pub accounts: BTreeSet<String>,
    /// The account asked for; `None` for all provisioned ones.
    pub account: Option<String>,
    /// How far it is.
    pub state: OperationStatus,
    /// Seconds since 1970.
    pub created_at: f64,
    #[serde(skip)]
    pub(super) end: Instant,
    #[serde(skip)]
    failure: Option<String>,
}

/// Everything about policies.
#[derive(Debug, Default)]
pub(super) struct Policies {
    /// By ARN of the permission set; one without has no inline policy.
    pub(super) inline: BTreeMap<String, String>,
    /// What each role was given when it was provisioned last; `None` when there was no inline policy.
    roles: BTreeMap<Role, Option<String>>,
    /// By id.
    pub(super) provisionings: BTreeMap<String, Provisioning>,
    pub(super) service_control: BTreeMap<String, ServiceControlPolicy>,
    begun: u64,
}

impl Policies {
    pub(super) fn of(company: &Company) -> Self {
        let policies = company.service_control_policies.iter().map(|p| (p.id.clone(), p.clone()));
        let roles = company.assignments.iter().map(|a| ((a.account.clone(), a.permission_set.clone()), None));
        Self { service_control: policies.collect(), roles: roles.collect(), ..Self::default() }
    }

    /// The first assignment of a permission set in an account makes the role with the policy of that moment; the last
    /// one to go takes the role with it (platform-rules 3.4).
    pub(super) fn assigned(&mut self, assignment: &Assignment, present: bool, held: &BTreeSet<Assignment>) {
        let role = (assignment.account.clone(), assignment.permission_set.clone());
        let same = |a: &&Assignment| a.account == role.0 && a.permission_set == role.1;
        if present {
            let policy = self.inline.get(&role.1).cloned();
            self.roles.entry(role).or_insert(policy);
        } else if !held.iter().any(|a| same(&a)) {
            self.roles.remove(&role);
        }
    }

    /// What the role in this account was given last; `None` when there is no such role or it has no inline policy.
    pub(super) fn in_force(&self, account: &str, permission_set: &str) -> Option<&String> {
        self.roles.get(&(account.to_owned(), permission_set.to_owned()))?.as_ref()
    }

    /// Accounts that have this permission set, and whether each has its latest version.
    pub(super) fn accounts_with<'p>(
        &'p self,
        permission_set: &'p str,
    ) -> impl Iterator<Item = (&'p String, bool)> {
        let latest = self.inline.get(permission_set);
        let roles = self.roles.iter().filter(move |((_, set), _)| set == permission_set);
        roles.map(move |((account, _), given)| (account, given.as_ref() == latest))
    }

    /// Whether the account has the latest version of this permission set.
    pub(super) fn is_latest(&self, account: &str, permission_set: &str) -> bool {
        self.in_force(account, permission_set) == self.inline.get(permission_set)
    }

    /// Provisionings that have not ended.
    pub(super) fn under_way(&self) -> impl Iterator<Item = &Provisioning> {
        self.provisionings.values().filter(|p| p.state == OperationStatus::InProgress)
    }

    /// Ends what is due; true when something was.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        let due: Vec<Provisioning> = self.under_way().filter(|p| p.end <= now).cloned().collect();
        for provisioning in &due {
            self.finish(provisioning);
        }
        !due.is_empty()
    }

    fn finish(&mut self, ended: &Provisioning) {
        let policy = self.inline.get(&ended.permission_set).cloned();
        if ended.failure.is_none() {
            for account in &ended.accounts {
                let role = (account.clone(), ended.permission_set.clone());
                if let Some(given) = self.roles.get_mut(&role) {
                    given.clone_from(&policy);
                }
            }
        }
        if let Some(provisioning) = self.provisionings.get_mut(&ended.id) {
            provisioning.state = match provisioning.failure.take() {
                Some(reason) => OperationStatus::Failed(reason),
                None => OperationStatus::Succeeded,
            };
        }
        while self.provisionings.len() > PROVISIONINGS_KEPT_MAX {
            self.provisionings.pop_first();
        }
    }
}

impl World {
    /// Starts a provisioning to these accounts.
    pub(super) fn provision(
        &mut self,
        permission_set: &str,
        account: Option<&str>,
        accounts: BTreeSet<String>,
    ) -> Provisioning {
        self.policies.begun += 1;
        let provisioning = Provisioning {
            id: request_id(PROVISIONING_IDS + self.policies.begun),
            permission_set: permission_set.to_owned(),
            accounts,
            account: account.map(str::to_owned),
            state: OperationStatus::InProgress,
            created_at: self.calendar.epoch_seconds(self.now),
            end: self.now + self.options.operation_delay,
            failure: self.fail_next.take(),
        };
        self.began = Some(provisioning.end);
        self.policies.provisionings.insert(provisioning.id.clone(), provisioning.clone());
        provisioning
    }
}
