//! The policies in force while the bot runs: loaded at the start, replaced whole or not at all. Taking access back never
//! waits for them (P3).

use std::path::Path;

use glasskey_domain::Command;
use jiff::tz::TimeZone;

use super::{Bot, RunFault};
use crate::config::Config;
use crate::engine::recheck;
use crate::policy::{Changed, PolicyFault, RuleSet};
use crate::telemetry::health::{Health, Part};

/// The policies. Ones that cannot be used do not keep the bot from starting, because taking access back does not depend on
/// policy (P3): nothing is permitted then, until they are mended, which is noticed.
pub(super) fn load(dir: &Path, zone: &TimeZone, health: &Health) -> Result<RuleSet, RunFault> {
    let faults = match RuleSet::load(dir, zone.clone()) {
        Ok(rules) => {
            health.well(Part::Policy, format!("{} policies, set {}", rules.policy_count(), rules.hash()));
            return Ok(rules);
        }
        Err(faults) => told(&faults),
    };
    tracing::error!(
        faults,
        "the policies cannot be used; nothing is permitted until they are mended; access is taken back all the same"
    );
    health.ill(Part::Policy, format!("nothing is permitted, because the policies cannot be used: {faults}"));
    RuleSet::from_sources(&[], zone.clone()).map_err(|faults| RunFault::Start(told(&faults)))
}

fn told(faults: &[PolicyFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Bot {
    /// Puts changed policies in force, whole or not at all, and lets the journal know first.
    pub(super) async fn reload_policies(&self, config: &Config, health: &Health) {
        match self.rules.reload(&config.policy.dir) {
            Ok(Changed::Same) => {
                self.engine.set_rules(self.rules.current());
                health.well(Part::Policy, format!("set {}", self.rules.current().hash()));
            }
            Ok(Changed::Now { set, files, policies }) => {
                let loaded = Command::PolicyLoaded { set: set.clone(), files };
                if self.engine.inside(loaded).await.is_ok() {
                    self.engine.set_rules(self.rules.current());
                    recheck::all(&self.engine).await;
                    self.paper.notify_one();
                    health.well(Part::Policy, format!("{policies} policies, set {set}"));
                    tracing::warn!(set, policies, "other policies are in force now");
                }
            }
            Err(faults) => {
                let why = told(&faults);
                tracing::error!(
                    why,
                    "the policies were changed and cannot be used; the old ones stay in force"
                );
                let current = self.rules.current();
                if current.policy_count() == 0 {
                    health.ill(
                        Part::Policy,
                        format!("nothing is permitted, because the policies cannot be used: {why}"),
                    );
                } else {
                    let set = current.hash();
                    health.well(
                        Part::Policy,
                        format!("set {set}; the files say something that cannot be used: {why}"),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taking access back does not depend on policy (P3), also not at the start.
    #[test]
    fn policies_that_cannot_be_used_permit_nothing_and_keep_nobody_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.cedar");
        std::fs::write(&file, "permit(principal, action, resource").unwrap();
        let health = Health::new(vec![], vec![]);
        let how = |health: &Health| {
            health.report().parts.into_iter().find(|part| part.part == Part::Policy).unwrap()
        };
        for dir in [folder.path(), &folder.path().join("nowhere")] {
            assert_eq!(load(dir, &TimeZone::UTC, &health).unwrap().policy_count(), 0);
            assert!(!how(&health).ok && how(&health).why.contains("nothing is permitted"));
        }
        std::fs::write(&file, "permit(principal, action == Action::\"revoke\", resource);").unwrap();
        assert_eq!(load(folder.path(), &TimeZone::UTC, &health).unwrap().policy_count(), 1);
        assert!(how(&health).ok);
    }
}
