//! The set in force, and its replacement while the bot runs. A set that does not load whole never replaces one that did.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};

use super::fault::PolicyFault;
use super::load::read_dir;
use super::ruleset::RuleSet;

/// What a reload came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The files say what is in force already.
    Same,
    /// Another set is in force now.
    Now {
        /// Its hash.
        set: String,
        /// The files it was read from.
        files: Vec<String>,
        /// How many policies it has.
        policies: usize,
    },
}

/// The set in force. One decision takes it once, with [`SharedRules::current`], and so never sees two.
#[derive(Debug)]
pub struct SharedRules {
    current: RwLock<Arc<RuleSet>>,
}

impl SharedRules {
    /// Begins with a set that loaded.
    #[must_use]
    pub fn new(rules: RuleSet) -> Self {
        Self { current: RwLock::new(Arc::new(rules)) }
    }

    /// The set in force.
    #[must_use]
    pub fn current(&self) -> Arc<RuleSet> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the directory again, in the time zone of the set in force.
    ///
    /// # Errors
    /// Every fault; then the old set stays in force, and somebody must be told.
    pub fn reload(&self, dir: &Path) -> Result<Changed, Vec<PolicyFault>> {
        let old = self.current();
        let new = RuleSet::load(dir, old.zone().clone())?;
        let changed = if new.hash() == old.hash() {
            Changed::Same
        } else {
            Changed::Now {
                set: new.hash().to_owned(),
                files: new.files().to_vec(),
                policies: new.policy_count(),
            }
        };
        // Also when nothing changed in meaning: ids that are made of file and line may have moved.
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(changed)
    }
}

/// What the files of a policy directory are, byte for byte; equal as long as nobody touched them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

/// The fingerprint of a directory, for looking every few seconds whether a reload is due. It reads the files, a few
/// hundred kilobytes at most in practice: times of change are too coarse, and configuration maps are swapped by link.
/// A directory that cannot be read has a fingerprint too, so that its failing is seen as a change.
#[must_use]
pub fn fingerprint(dir: &Path) -> Fingerprint {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    };
    match read_dir(dir) {
        Ok(sources) => sources.iter().for_each(|source| {
            part(&source.file);
            part(&source.text);
        }),
        Err(faults) => faults.iter().for_each(|fault| part(&fault.to_string())),
    }
    Fingerprint(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
