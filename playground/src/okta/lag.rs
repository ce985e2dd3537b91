//! Reads that still show what was before a change, as Okta's do for a while: a change is not proven by its answer.

use std::collections::{BTreeMap, BTreeSet};

/// A fact that reads may show late.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// The app is active.
    Active { app: String },
    /// The user is a member of the group.
    Member { group: String, user: String },
}

/// How long reads lag behind a change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lateness {
    pub(super) reads: u32,
    pub(super) until_ms: i64,
}

#[derive(Debug, Clone, Copy)]
struct Shown {
    value: bool,
    late: Lateness,
}

impl Shown {
    fn is_late(&self, now_ms: i64) -> bool {
        self.late.reads > 0 || self.late.until_ms > now_ms
    }

    /// Counts one read.
    fn read(&mut self) -> bool {
        self.late.reads = self.late.reads.saturating_sub(1);
        self.value
    }
}

/// What reads show although it is otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Lag(BTreeMap<Fact, Shown>);

impl Lag {
    /// The fact became `value`; reads show it `late`.
    pub(super) fn changed(&mut self, fact: Fact, value: bool, late: Lateness, now_ms: i64) {
        // What was never seen is not shown afterwards: put in and out again within the lag, it shows nothing.
        let shown = self.0.get(&fact).filter(|s| s.is_late(now_ms)).map_or(!value, |s| s.value);
        let shown = Shown { value: shown, late };
        if shown.value == value || !shown.is_late(now_ms) {
            self.0.remove(&fact);
        } else {
            self.0.insert(fact, shown);
        }
    }

    /// Reads at once what the fact is, from now on.
    pub(super) fn forget(&mut self, fact: &Fact) {
        self.0.remove(fact);
    }

    /// What a read of the app shows.
    pub(super) fn active(&mut self, app: &str, value: bool, now_ms: i64) -> bool {
        self.0.retain(|_, shown| shown.is_late(now_ms));
        self.0.get_mut(&Fact::Active { app: app.to_owned() }).map_or(value, Shown::read)
    }

    /// What a read of the group's members shows.
    pub(super) fn members(
        &mut self,
        group: &str,
        mut members: BTreeSet<String>,
        now_ms: i64,
    ) -> BTreeSet<String> {
        self.0.retain(|_, shown| shown.is_late(now_ms));
        for (fact, shown) in &mut self.0 {
            let Fact::Member { group: of, user } = fact else { continue };
            if of != group {
                continue;
            }
            if shown.read() {
                members.insert(user.clone());
            } else {
                members.remove(user);
            }
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_READS: Lateness = Lateness { reads: 2, until_ms: 0 };

    fn ana() -> Fact {
        Fact::Member { group: "g".into(), user: "ana".into() }
    }

    #[test]
    fn a_change_shows_after_so_many_reads() {
        let mut lag = Lag::default();
        lag.changed(ana(), true, TWO_READS, 0);
        let held: BTreeSet<String> = ["ana".to_owned()].into();
        let shown: Vec<usize> = (0..3).map(|_| lag.members("g", held.clone(), 0).len()).collect();
        assert_eq!(shown, [0, 0, 1]);
        assert_eq!(lag.members("other", BTreeSet::new(), 0).len(), 0);
    }

    #[test]
    fn a_change_shows_after_so_long_whoever_reads() {
        let mut lag = Lag::default();
        lag.changed(Fact::Active { app: "a".into() }, true, Lateness { reads: 0, until_ms: 1_000 }, 0);
        assert!(!lag.active("a", true, 999));
        assert!(lag.active("a", true, 1_000));
    }

    #[test]
    fn what_was_put_in_and_out_again_within_the_lag_was_never_seen() {
        let mut lag = Lag::default();
        lag.changed(ana(), true, TWO_READS, 0);
        lag.changed(ana(), false, TWO_READS, 0);
        assert!(lag.members("g", BTreeSet::new(), 0).is_empty());
    }
}
