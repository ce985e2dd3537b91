//! The bundles while the bot runs: read at the start, replaced whole or not at all when their file changes.

use std::path::PathBuf;

use crate::config::{self, Config};
use crate::directory::bundles::{Bundle, Bundles, Selector, SharedBundles};

/// The file of the bundles.
pub(super) struct BundleFile {
    path: Option<PathBuf>,
    /// What stood there when it was last read; `None` for a file that could not be read.
    seen: Option<Vec<u8>>,
    shared: SharedBundles,
}

impl BundleFile {
    /// Reads it. What cannot be used is told, and keeps nobody from starting: taking access back needs no bundles (P3).
    pub(super) fn open(config: &Config) -> Self {
        let mut file =
            Self { path: config.bundles_file.clone(), seen: None, shared: SharedBundles::default() };
        file.reload();
        file
    }

    /// The bundles in force.
    pub(super) fn shared(&self) -> SharedBundles {
        self.shared.clone()
    }

    /// Reads it again if it changed.
    pub(super) fn look(&mut self) {
        let Some(path) = &self.path else { return };
        if std::fs::read(path).ok() != self.seen {
            self.reload();
        }
    }

    /// Reads it again.
    pub(super) fn reload(&mut self) {
        let Some(path) = &self.path else { return };
        self.seen = std::fs::read(path).ok();
        match config::bundles::load(path) {
            Ok(bundles) => {
                tracing::info!(bundles = bundles.len(), "the bundles are read");
                self.shared.replace(as_bundles(bundles));
            }
            Err(faults) => {
                let why = faults.to_string();
                tracing::error!(why, "the bundles cannot be used; those before stay in force");
            }
        }
    }
}

fn as_bundles(read: std::collections::BTreeMap<String, config::Bundle>) -> Bundles {
    let selector = |target| match target {
        config::BundleTarget::Assignment { account, permission_set } => {
            Selector::Assignment { account, permission_set }
        }
        config::BundleTarget::Group(group) => Selector::Group(group),
    };
    let bundle = |bundle: config::Bundle| Bundle {
        description: bundle.description,
        targets: bundle.targets.into_iter().map(selector).collect(),
    };
    read.into_iter().map(|(name, one)| (name, bundle(one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_that_cannot_be_used_leave_those_before_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundles.toml");
        let mut file = BundleFile { path: Some(path.clone()), seen: None, shared: SharedBundles::default() };
        let shared = file.shared();
        file.reload();
        assert!(shared.current().is_empty(), "and nobody is kept from starting");
        std::fs::write(&path, "[bundles.a]\ntargets = [{ group = \"g\" }]\n").unwrap();
        file.look();
        assert_eq!(shared.current().len(), 1);
        std::fs::write(&path, "[bundles.a]\ntargets = []\n[bundles.b]\ntargets = [{ group = \"g\" }]\n")
            .unwrap();
        file.look();
        assert_eq!(shared.current().keys().collect::<Vec<_>>(), ["a"], "whole or not at all");
    }
}
