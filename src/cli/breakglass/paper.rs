//! The runbook as a file: written at every start and whenever it would say something else, so that it exists when nothing
//! else does. That it cannot be written is told, and stops nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use glasskey_domain::Directory;
use tokio::sync::{Notify, watch};

use super::runbook::{Made, Runbook, runbook};
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::refresh::Freshness;
use crate::policy::{RuleSet, SharedRules};
use crate::telemetry::health::Health;

/// The name of its note in `/readyz`.
const NOTE: &str = "runbook";

/// Keeps the file as it should be, until the engine is drained or gone.
pub struct Paper {
    /// What it is made from.
    pub config: Config,
    /// Where the directory is.
    pub engine: Engine,
    /// The policies in force.
    pub rules: Arc<SharedRules>,
    /// Where it is told that it could not be written.
    pub health: Health,
    /// Told when other policies are in force.
    pub changed: Arc<Notify>,
}

impl Paper {
    /// Writes it at once, then whenever policies or people changed.
    pub async fn keep(self, mut read: watch::Receiver<Freshness>) {
        let mut draining = self.engine.draining();
        let mut last: Option<(Arc<Directory>, Arc<RuleSet>)> = None;
        let mut written: Option<String> = None;
        loop {
            let (directory, rules) = (self.engine.directory(), self.rules.current());
            let same = last
                .as_ref()
                .is_some_and(|(before, by)| same_company(before, &directory) && by.hash() == rules.hash());
            if !same || written.is_none() {
                written = self.write(&directory, &rules, written).await;
                last = Some((directory, rules));
            }
            tokio::select! {
                () = self.changed.notified() => {}
                more = read.changed() => if more.is_err() { return },
                _ = draining.wait_for(|draining| *draining) => return,
            }
        }
    }

    /// Writes it unless it says the same as before; answers what stands there now.
    async fn write(
        &self,
        directory: &Arc<Directory>,
        rules: &Arc<RuleSet>,
        written: Option<String>,
    ) -> Option<String> {
        let (config, at) = (self.config.clone(), self.engine.now());
        let (directory, rules) = (Arc::clone(directory), Arc::clone(rules));
        let work = move || {
            let set = rules.hash();
            let made = Made { config: &config, directory: &directory, rules: &*rules, set, at };
            let Runbook { made, body } = runbook(&made);
            if written.as_ref() == Some(&body) {
                return Ok(body);
            }
            let path = &config.breakglass.runbook;
            let text = Runbook { made, body: body.clone() }.text();
            replace(path, text.as_bytes())
                .map_err(|why| format!("{} cannot be written: {why}", path.display()))?;
            tracing::info!(path = %path.display(), "the runbook was written");
            Ok(body)
        };
        let done: Result<String, String> =
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|why| Err(why.to_string()));
        match done {
            Ok(body) => {
                self.health.note(NOTE, None);
                Some(body)
            }
            Err(why) => {
                tracing::error!(
                    why,
                    "the runbook is not as it should be; print one with `glasskey breakglass runbook`"
                );
                self.health.note(NOTE, Some(why));
                None
            }
        }
    }
}

/// Whether two directories say the same about who is whom and what there is; when they were read is no difference.
fn same_company(one: &Directory, other: &Directory) -> bool {
    one.people == other.people
        && one.groups == other.groups
        && one.memberships == other.memberships
        && one.accounts == other.accounts
        && one.ous == other.ous
        && one.is_empty() == other.is_empty()
}

/// Writes a file whole or not at all: who opens it meanwhile finds the old one.
///
/// # Errors
/// When the system says no.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Best effort: what failed is told.
        drop(fs::remove_file(&beside));
        return written;
    }
    File::open(folder)?.sync_all()
}

/// People read it, also when the bot's own user is gone; it holds no secret.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o640).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/runbook.md");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runbook.md");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"one").is_err());
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
