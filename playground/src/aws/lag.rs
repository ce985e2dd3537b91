//! What lists still show of something that changed: so many reads late, or for so long. Pure but for the time given.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::options::AwsOptions;

/// Changes that lists do not show yet.
#[derive(Debug, Clone)]
pub(super) struct Lag<K>(BTreeMap<K, Stale>);

/// What is shown although it changed.
#[derive(Debug, Clone)]
struct Stale {
    shown: bool,
    reads_left: u32,
    until: Instant,
}

impl<K> Default for Lag<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Lag<K> {
    /// Notes that this came or went at `from`; without a time lists know of it at once.
    pub(super) fn changed(&mut self, what: &K, present: bool, from: Option<Instant>, options: &AwsOptions) {
        let (reads_left, lag) = (options.stale_reads, options.stale_for);
        match from.filter(|_| reads_left > 0 || !lag.is_zero()) {
            Some(from) => {
                self.0.insert(what.clone(), Stale { shown: !present, reads_left, until: from + lag });
            }
            None => {
                self.0.remove(what);
            }
        }
    }

    /// These rows as a list shows them that covers what `covered` says; it counts as one read of that.
    pub(super) fn shown(
        &mut self,
        mut rows: BTreeSet<K>,
        covered: impl Fn(&K) -> bool,
        now: Instant,
    ) -> BTreeSet<K> {
        self.0.retain(|what, stale| {
            if stale.reads_left == 0 && stale.until <= now {
                return false;
            }
            if covered(what) {
                stale.reads_left = stale.reads_left.saturating_sub(1);
                if stale.shown {
                    rows.insert(what.clone());
                } else {
                    rows.remove(what);
                }
            }
            true
        });
        rows
    }
}
