//! The groups of Okta beside what AWS has. When Okta does not answer, those last read stay, which is told; what AWS says never
//! waits for it for long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use glasskey_domain::directory::{Group, Keeper};
use glasskey_domain::{Directory, GroupId};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::access::okta::{Okta, OktaGroupsWanted};
use crate::ports::{Answer, DirectorySource, Fault};

/// Longest reading of the groups: ten pages and as many of rules take seconds; whoever is throttled waits a minute.
const READING_MAX: Duration = Duration::from_secs(120);

/// The directory last read, from which groups stay.
pub type LastRead = Arc<dyn Fn() -> Option<Arc<Directory>> + Send + Sync>;

/// A directory with the groups of Okta in it.
pub struct WithOkta {
    source: Arc<dyn DirectorySource>,
    okta: Okta,
    wanted: OktaGroupsWanted,
    /// The groups by which emergencies are opened.
    except: BTreeSet<String>,
    last: LastRead,
    fault: watch::Sender<Option<String>>,
}

impl WithOkta {
    /// What `source` reads, with the groups of Okta that are wanted, and without `except`.
    #[must_use]
    pub fn new(
        source: Arc<dyn DirectorySource>,
        okta: Okta,
        wanted: OktaGroupsWanted,
        except: BTreeSet<String>,
        last: LastRead,
    ) -> Self {
        Self { source, okta, wanted, except, last, fault: watch::Sender::new(None) }
    }

    /// Why the groups of Okta are those of an earlier reading, if they are.
    #[must_use]
    pub fn fault(&self) -> watch::Receiver<Option<String>> {
        self.fault.subscribe()
    }

    async fn groups(&self) -> BTreeMap<GroupId, Group> {
        let read = tokio::time::timeout(READING_MAX, self.okta.groups(&self.wanted, &self.except)).await;
        let read = read.unwrap_or_else(|_| {
            let what = format!("reading them took more than {} s", READING_MAX.as_secs());
            Err(Fault::Transient { what, retry_after: None })
        });
        match read {
            Ok(groups) => {
                self.fault.send_replace(None);
                groups
            }
            Err(fault) => {
                tracing::error!(%fault, "the groups of Okta were not read; those last read stay in force");
                self.fault.send_replace(Some(fault.what().to_owned()));
                let last = (self.last)();
                let groups = last.iter().flat_map(|last| last.groups.values());
                // The configuration may have changed since: what is not to be asked for any more does not stay.
                let stays = |group: &&Group| {
                    group.kept_in == Keeper::Okta
                        && !self.except.contains(group.id.as_str())
                        && self.is_wanted(&group.name)
                };
                groups.filter(stays).map(|group| (group.id.clone(), group.clone())).collect()
            }
        }
    }

    fn is_wanted(&self, name: &str) -> bool {
        match &self.wanted {
            OktaGroupsWanted::All => true,
            OktaGroupsWanted::Named(names) => names.iter().any(|one| one.eq_ignore_ascii_case(name)),
        }
    }
}

impl DirectorySource for WithOkta {
    fn read<'a>(&'a self, now: Timestamp) -> Answer<'a, Result<Directory, Fault>> {
        Box::pin(async move {
            let (directory, groups) = tokio::join!(self.source.read(now), self.groups());
            let mut directory = directory?;
            directory.groups.extend(groups);
            Ok(directory)
        })
    }
}
