//! `glasskey breakglass check`: would it open if it had to, tonight? Works without the bot. Changes nothing.

use std::fs;
use std::path::Path;

use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{Directory, FederationId};
use jiff::Timestamp;

use super::callers::callers;
use super::runbook::workload;
use super::{emergency_account, mapping};
use crate::cli::check::Check;
use crate::cli::check::local::try_write;
use crate::cli::federations::{Providers, connect};
use crate::clock::SystemClock;
use crate::config::{Config, Federation, Secrets};
use crate::engine::emergency::Federations;
use crate::ledger;
use crate::policy::RuleSet;
use crate::ports;

/// All of them, for every federation. Without secrets the providers are not asked.
pub(in crate::cli) async fn checks(config: &Config, secrets: Option<&Secrets>, now: Timestamp) -> Vec<Check> {
    let mut checks = Vec::new();
    let connected =
        secrets.map(|secrets| connect(Providers::of(config, secrets), std::sync::Arc::new(SystemClock)));
    let federations = match connected {
        Some(Ok(reached)) => Some(reached.federations),
        Some(Err(why)) => {
            checks.push(Check::fail("identity provider", why, "correct its section in the configuration"));
            None
        }
        None => None,
    };
    let policy = Policy::of(config);
    for (name, federation) in &config.breakglass.federations {
        checks.extend(at_provider(name, &federation.settings, federations.as_ref()).await);
        checks.push(groups_lead(name, federation, policy.directory.as_ref()));
        checks.push(policy.commanders(name, &federation.settings, now));
        checks.extend(canary(name, &federation.settings, policy.directory.as_ref()));
        checks.push(Check::warn(
            &format!("{name}: trust policies"),
            "not looked at",
            "compare the roles with deploy/cloudformation, and hold a drill: `glasskey breakglass drill`",
        ));
    }
    checks.push(paper(&config.breakglass.runbook));
    checks
}

async fn at_provider(
    name: &FederationId,
    settings: &FederationSettings,
    federations: Option<&Federations>,
) -> Vec<Check> {
    let place = &settings.place;
    let Some(provider) = federations.and_then(|all| all.providers.get(&place.provider)) else {
        return Vec::new();
    };
    let findings = provider.check(ports::Federation { app: &place.app, groups: &place.groups }).await;
    let as_check = |finding: ports::Finding| {
        let what = format!("{name}: {}", finding.what);
        match finding.how {
            Ok(found) => Check::ok(&what, found),
            Err(found) => Check::fail_plain(&what, found),
        }
    };
    findings.into_iter().map(as_check).collect()
}

/// Whether the names of the groups lead to the roles that they should.
fn groups_lead(name: &FederationId, federation: &Federation, directory: Option<&Directory>) -> Check {
    let what = format!("{name}: group names");
    let missing =
        federation.settings.place.groups.keys().any(|level| !federation.group_names.contains_key(level));
    if missing {
        return Check::warn(
            &what,
            "not all are in the configuration",
            "write them into group_names: people read there which role they get, and the runbook has them",
        );
    }
    let accounts = directory.map(workload).unwrap_or_default();
    let account = emergency_account(federation);
    match mapping::mapping(&federation.group_names, account.as_ref(), &accounts) {
        Ok(paths) => {
            let roles: Vec<&str> = paths.iter().map(|path| path.role.as_str()).collect();
            Check::ok(&what, format!("lead to {}", roles.join(", ")))
        }
        Err(faults) => {
            let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Check::fail(
                &what,
                said.join("; "),
                "rename the groups as aws#Role#Account (deploy/okta), or correct group_names",
            )
        }
    }
}

/// Who may open it, as the bot would decide with what is on this machine.
struct Policy {
    rules: Option<RuleSet>,
    directory: Option<Directory>,
}

impl Policy {
    fn of(config: &Config) -> Self {
        // That they cannot be used is told by the check of the policies.
        let rules = RuleSet::load(&config.policy.dir, config.policy.time_zone.clone()).ok();
        let directory = ledger::last_directory(&config.store).ok().flatten();
        Self { rules, directory }
    }

    fn commanders(&self, name: &FederationId, settings: &FederationSettings, now: Timestamp) -> Check {
        let what = format!("{name}: commanders");
        let Some(rules) = &self.rules else {
            return Check::fail(&what, "the policies cannot be used", "see `glasskey policy check`");
        };
        let Some(directory) = self.directory.as_ref().filter(|directory| !directory.is_empty()) else {
            return Check::warn(
                &what,
                "not known, because the company was never read",
                "start the bot once where AWS answers",
            );
        };
        let found = callers(rules, directory, name, settings, now);
        if found.commanders.is_empty() {
            return Check::fail(
                &what,
                "policy lets nobody open it",
                "permit the action breakglass to your incident commanders (docs/POLICY.md)",
            );
        }
        let stuck = found.commanders.iter().find(|commander| {
            let needed = usize::try_from(commander.terms.approvals).unwrap_or(usize::MAX);
            found.confirmers_beside(commander) < needed
        });
        if let Some(stuck) = stuck {
            let said = format!(
                "{} needs {} to confirm, and policy has {}",
                directory.name_of(&stuck.person),
                stuck.terms.approvals,
                found.confirmers_beside(stuck)
            );
            let mend = "permit approveBreakglass to more people (docs/POLICY.md)";
            // Where the commander may go on alone after a while, it opens, but late.
            return match stuck.terms.solo_after {
                Some(_) => Check::warn(&what, said, mend),
                None => Check::fail(&what, said, mend),
            };
        }
        let more = if found.more { " or more" } else { "" };
        let count = found.commanders.len();
        if count == 1 {
            return Check::warn(
                &what,
                "only one person may open it",
                "permit it to at least two: people sleep",
            );
        }
        if found.auditors.is_empty() {
            return Check::warn(
                &what,
                "nobody may review it afterwards",
                "permit the action audit to somebody",
            );
        }
        let confirmers = found.confirmers.len();
        Check::ok(&what, format!("{count}{more} may open it, {confirmers} may confirm"))
    }
}

fn canary(
    name: &FederationId,
    settings: &FederationSettings,
    directory: Option<&Directory>,
) -> Option<Check> {
    let canary = settings.canary.as_ref()?;
    let directory = directory.filter(|directory| !directory.is_empty())?;
    let what = format!("{name}: canary");
    let by_name = directory.people.values().filter(|person| person.user_name == *canary);
    let mut found = directory.by_email(canary);
    found.extend(by_name);
    found.dedup_by_key(|person| &person.id);
    Some(match found.as_slice() {
        [one] if directory.enabled(&one.id).is_some() => Check::ok(&what, directory.name_of(&one.id)),
        [_] => Check::fail(&what, format!("{canary} is not enabled"), "enable them, or name another canary"),
        [] => Check::fail(&what, format!("the company has no {canary}"), "correct the canary's address"),
        _several => {
            Check::fail(&what, format!("{canary} is several people"), "name an address that only one has")
        }
    })
}

/// Whether the runbook can be written, and since when there is one.
fn paper(path: &Path) -> Check {
    const NAME: &str = "runbook";
    let folder = path.parent().unwrap_or_else(|| Path::new("/"));
    // A folder that is not there yet is made, so the nearest one above it must be writable.
    let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder);
    if let Err(why) = try_write(there) {
        return Check::fail(
            NAME,
            format!("{} cannot be written: {why}", path.display()),
            "give its folder to the bot's own user, or choose another `breakglass.runbook`",
        );
    }
    let written = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    match written.and_then(|time| Timestamp::try_from(time).ok()) {
        Some(at) => Check::ok(NAME, format!("{}, of {}", path.display(), at.strftime("%Y-%m-%d %H:%M UTC"))),
        None => Check::warn(
            NAME,
            format!("{} is not there yet", path.display()),
            "start the bot once, then print it and keep it where the commanders are",
        ),
    }
}
