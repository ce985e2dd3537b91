//! The bundles in force while the bot runs: read at the start, replaced whole or not at all, as the policies are. A file that
//! cannot be used keeps nobody from starting: taking access back never waits for it (P3).

use std::collections::BTreeMap;

use glasskey_domain::settings::Bundle;

use super::Bot;
use crate::config::{Config, ConfigFault, ConfigFaults};
use crate::telemetry::health::Health;

/// What `/readyz` calls it.
const NOTE: &str = "bundles";

/// The bundles; none, when the file cannot be used.
pub(super) fn load(config: &Config, health: &Health) -> BTreeMap<String, Bundle> {
    config.bundles().unwrap_or_else(|faults| {
        let why = told(&faults);
        tracing::error!(why, "the bundles cannot be used; there are none until they are mended");
        health.note(NOTE, Some(format!("there are none, because the file cannot be used: {why}")));
        BTreeMap::new()
    })
}

/// On one line.
fn told(faults: &ConfigFaults) -> String {
    let one = |fault: &ConfigFault| fault.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    faults.list().iter().map(one).collect::<Vec<_>>().join("; ")
}

impl Bot {
    /// Puts changed bundles in force, whole or not at all.
    pub(super) fn reload_bundles(&self, config: &Config, health: &Health) {
        match config.bundles() {
            Ok(bundles) => {
                health.note(NOTE, None);
                if bundles != self.engine.settings().bundles {
                    let count = bundles.len();
                    self.engine.set_bundles(bundles);
                    tracing::warn!(count, "other bundles are in force now");
                }
            }
            Err(faults) => {
                let why = told(&faults);
                tracing::error!(
                    why,
                    "the bundles were changed and cannot be used; the old ones stay in force"
                );
                let count = self.engine.settings().bundles.len();
                health.note(
                    NOTE,
                    Some(format!("the {count} from before stay in force; the file cannot be used: {why}")),
                );
            }
        }
    }
}
