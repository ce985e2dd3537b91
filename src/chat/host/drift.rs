//! Access that no request explains, as local users see and adopt it.

use glasskey_domain::drift::{Drift, DriftState};
use glasskey_domain::{Command, Directory, DriftCommand, Holding, Refusal, Target, Who};
use serde_json::json;

use super::desk::Desk;
use super::{HostResponse, LocalUser};
use crate::directory::resolve;

/// The verb, for the journal.
const ADOPT: &str = "adopt";

/// What is adopted, as it was typed.
pub(super) struct Named {
    pub(super) person: String,
    pub(super) account: String,
    pub(super) permission_set: String,
}

impl Desk {
    /// All that is known of it.
    pub(super) async fn drift(&self) -> HostResponse {
        let drifts: Vec<Drift> = self.engine.book().await.drifts().cloned().collect();
        let directory = self.engine.directory();
        let lines = if drifts.is_empty() {
            vec!["every assignment to a user is explained by a request, as of the last look".to_owned()]
        } else {
            drifts.iter().map(|drift| line(drift, &directory)).collect()
        };
        HostResponse::said(lines, json!(drifts))
    }

    /// It is known and shall stay.
    pub(super) async fn adopt(&self, user: &LocalUser, what: &Named, reason: String) -> HostResponse {
        let command = match self.holding(&self.engine.directory(), what) {
            Ok(holding) => Command::Drift(DriftCommand::Adopt { holding, reason }),
            Err(refusal) => Command::Refuse { verb: ADOPT.to_owned(), refusal },
        };
        self.decide(self.actor(user), command).await
    }

    fn holding(&self, directory: &Directory, what: &Named) -> Result<Holding, Refusal> {
        let principal = resolve::person_by(directory, &what.person)?;
        let account = resolve::account(directory, &self.aliases, &what.account)?;
        let permission_set = resolve::permission_set(directory, &what.permission_set)?;
        Ok(Holding { principal, target: Target::Assignment { account, permission_set } })
    }
}

/// `ana@acme.example: Admin in prod, seen since 2026-11-21T01:02:03Z; told`. With the names that `adopt` takes.
fn line(drift: &Drift, directory: &Directory) -> String {
    let Holding { principal, target } = &drift.holding;
    let person =
        directory.people.get(principal).map_or_else(|| principal.to_string(), |p| p.email().to_owned());
    let what = match target {
        Target::Assignment { account, permission_set } => {
            let set = directory.permission_sets.get(permission_set);
            let set = set.map_or_else(|| permission_set.to_string(), |set| set.name.clone());
            let account_name = directory.accounts.get(account).map(|account| account.name.as_str());
            format!("{set} in {} ({account})", account_name.unwrap_or("an unknown account"))
        }
        Target::Membership { group } => format!("group {}", directory.group_name(group)),
    };
    let state = match &drift.state {
        DriftState::Once => "seen once; told when it is seen again".to_owned(),
        DriftState::Told { at } => format!("told {at}"),
        DriftState::Adopted { at, by, reason } => {
            format!("adopted {at} by {}: {reason}", who(by, directory))
        }
        DriftState::Removing { since } => format!("being removed since {since}"),
    };
    format!("{person}: {what}, seen since {}; {state}", drift.since)
}

fn who(who: &Who, directory: &Directory) -> String {
    match who {
        Who::Person { person } => directory.name_of(person),
        Who::Local { user } => format!("{user} on the host"),
        Who::Stranger { .. } => "a stranger".to_owned(),
        Who::Glasskey => "Glasskey".to_owned(),
    }
}
