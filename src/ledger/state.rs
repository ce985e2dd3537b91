//! Bringing the state to the journal's head: compare, replay, or move aside and rebuild. Never touches the journal.

use std::fs;
use std::path::{Path, PathBuf};

use super::derived::{Derived, Sum, guarded};
use super::disk;
use super::fault::{JournalFault, OpenFault};
use super::journal::{Segments, walk_records};
use super::migrate::Migrations;
use super::types::{Head, Projection, Put, Table, check_put};
use super::watchdog::Pulse;

/// Records per transaction while replaying or rebuilding, each followed by a flush: with 1,000 sled hung in 6 of 20
/// runs, with up to 100 in none of 36 (`reference/libraries.md` §0).
const RECORDS_PER_FLUSH: usize = 50;
/// Puts after which such a transaction is closed early, so that its memory stays bounded.
const PUTS_PER_FLUSH: usize = 4_096;
/// States that are kept for the investigation; older ones are removed so that a crash loop cannot fill the disk.
const ASIDE_MAX: usize = 3;

/// Why the state was built anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RebuildReason {
    /// It was asked for.
    Asked,
    /// There was none beside a journal with records: a restored back-up, or a lost folder.
    Missing,
    /// sled could not read it, or its rows are not those its head sums up.
    Broken(String),
    /// Another release keeps its state differently.
    OtherVersion,
    /// It holds records that the journal has lost: decisions that were told to people are gone.
    Ahead {
        /// The last record that the state contained.
        state_seq: u64,
        /// The last record of the journal.
        journal_seq: u64,
    },
    /// It was derived from another history than the journal's.
    OtherHistory {
        /// The last record that the state contained.
        state_seq: u64,
    },
}

impl std::fmt::Display for RebuildReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Asked => write!(f, "it was asked for"),
            Self::Missing => write!(f, "there was no state beside the journal"),
            Self::Broken(why) => write!(f, "the state was broken ({why})"),
            Self::OtherVersion => write!(f, "another release wrote the state"),
            Self::Ahead { state_seq, journal_seq } => write!(
                f,
                "the journal has lost records {} to {state_seq}, which the state knew: compare the state moved aside \
                 and AWS for access that only they knew of",
                journal_seq + 1
            ),
            Self::OtherHistory { state_seq } => {
                write!(
                    f,
                    "record {state_seq} of the state is not that of the journal: one of them was exchanged"
                )
            }
        }
    }
}

/// How the state came to the journal's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateReport {
    /// It was there.
    Current,
    /// A new store: nothing to derive from.
    New,
    /// It was behind, as after a kill; these records were applied.
    Replayed {
        /// First record applied.
        from: u64,
        /// Last record applied.
        to: u64,
    },
    /// It was derived again from the first record on.
    Rebuilt {
        /// Why.
        reason: RebuildReason,
        /// Where the old one is.
        aside: Option<PathBuf>,
    },
}

/// All that deriving needs.
pub(crate) struct Source<'a> {
    pub(crate) store: &'a Path,
    pub(crate) segments: &'a Segments,
    pub(crate) head: Head,
    pub(crate) migrations: Migrations,
    pub(crate) version: u32,
    pub(crate) pulse: &'a Pulse,
}

/// Where a store keeps its state.
pub(crate) fn state_dir(store: &Path) -> PathBuf {
    store.join("state")
}

impl Source<'_> {
    /// Opens the state and brings it to the journal's head, whatever it takes.
    pub(crate) fn settle(
        &self,
        projection: &mut dyn Projection,
    ) -> Result<(Derived, StateReport), OpenFault> {
        let path = state_dir(self.store);
        let existed = path.exists();
        if !existed && self.head == Head::EMPTY {
            projection.reset();
            return Ok((self.create(&path)?, StateReport::New));
        }
        let reason = if existed {
            // Guarded as a whole: a broken sled may also panic when it is closed.
            match guarded(|| Ok(self.take_over(&path, projection))) {
                Ok(Ok(Ok(done))) => return Ok(done),
                Ok(Ok(Err(reason))) => reason,
                Ok(Err(fault)) => return Err(fault),
                Err(why) => RebuildReason::Broken(why),
            }
        } else {
            RebuildReason::Missing
        };
        self.rebuild(reason, projection)
    }

    /// Uses the state that is there, or says why not.
    /// Two kinds of no: the store cannot open, or this state cannot be used.
    fn take_over(
        &self,
        path: &Path,
        projection: &mut dyn Projection,
    ) -> Result<Result<(Derived, StateReport), RebuildReason>, OpenFault> {
        self.pulse.beat();
        let opened = Derived::open(path, self.version).and_then(|state| Ok((state.head()?, state)));
        let (head, state) = match opened {
            Ok((Some(head), state)) => (head, state),
            // sled forgot everything, or was never written to: everything is replayed.
            Ok((None, state)) if self.head == Head::EMPTY => return Ok(Ok((state, StateReport::New))),
            Ok((None, _)) => return Ok(Err(RebuildReason::Missing)),
            Err(why) => return Ok(Err(RebuildReason::Broken(why))),
        };
        if head.version != self.version {
            return Ok(Err(RebuildReason::OtherVersion));
        }
        if let Some(reason) = self.compare(head.head)? {
            return Ok(Err(reason));
        }
        projection.reset();
        if let Err(why) = self.load(&state, &head.sums, projection) {
            return Ok(Err(RebuildReason::Broken(why)));
        }
        if head.head.seq == self.head.seq {
            return Ok(Ok((state, StateReport::Current)));
        }
        let from = head.head.seq + 1;
        self.replay(&state, from, projection)?;
        Ok(Ok((state, StateReport::Replayed { from, to: self.head.seq })))
    }

    /// Whether the state was derived from this journal, and not from more of it.
    fn compare(&self, state: Head) -> Result<Option<RebuildReason>, JournalFault> {
        let (state_seq, journal_seq) = (state.seq, self.head.seq);
        if state_seq > journal_seq {
            return Ok(Some(RebuildReason::Ahead { state_seq, journal_seq }));
        }
        let mut same = state == Head::EMPTY;
        walk_records(self.segments, state_seq, state_seq, |record| {
            same = record.hash == state.hash;
            Ok::<bool, JournalFault>(true)
        })?;
        Ok((!same).then_some(RebuildReason::OtherHistory { state_seq }))
    }

    fn load(&self, state: &Derived, sums: &[Sum], projection: &mut dyn Projection) -> Result<(), String> {
        for (table, wanted) in Table::ALL.into_iter().zip(sums).filter(|(table, _)| table.is_checked()) {
            self.pulse.beat();
            let found = state.walk(table, |key, value| match table.is_loaded() {
                true => projection.load(table, key, value),
                false => Ok(()),
            })?;
            if found != *wanted {
                return Err(format!("`{}` has lost or gained rows", table.name()));
            }
        }
        Ok(())
    }

    /// Moves the state aside and derives it from the first record on.
    pub(crate) fn rebuild(
        &self,
        reason: RebuildReason,
        projection: &mut dyn Projection,
    ) -> Result<(Derived, StateReport), OpenFault> {
        let aside = move_aside(self.store)?;
        let state = self.create(&state_dir(self.store))?;
        projection.reset();
        self.replay(&state, 1, projection)?;
        Ok((state, StateReport::Rebuilt { reason, aside }))
    }

    fn create(&self, path: &Path) -> Result<Derived, OpenFault> {
        let state = Derived::open(path, self.version).map_err(|why| self.unwritable(why))?;
        disk::sync_folder(path)?;
        disk::sync_folder(self.store)?;
        Ok(state)
    }

    fn unwritable(&self, why: String) -> OpenFault {
        OpenFault::State { path: state_dir(self.store), why }
    }

    /// Applies records `from` to the head, a few at a time.
    fn replay(&self, state: &Derived, from: u64, projection: &mut dyn Projection) -> Result<(), OpenFault> {
        let mut puts: Vec<Put> = Vec::new();
        let mut records = 0;
        walk_records(self.segments, from, self.head.seq, |raw| {
            let record = raw.bring_up(&self.migrations)?;
            let seq = record.seq;
            let derived = projection.apply(&record).map_err(|why| OpenFault::Projection { seq, why })?;
            for put in &derived {
                check_put(put).map_err(|fault| OpenFault::Projection { seq, why: fault.to_string() })?;
            }
            puts.extend(derived);
            records += 1;
            if records == RECORDS_PER_FLUSH || puts.len() >= PUTS_PER_FLUSH || seq == self.head.seq {
                self.pulse.beat();
                let applied = state.apply(puts.iter(), Head { seq, hash: record.hash });
                applied.and_then(|()| state.flush_buffers()).map_err(|why| self.unwritable(why))?;
                puts.clear();
                records = 0;
            }
            Ok::<bool, OpenFault>(true)
        })?;
        state.flush().map_err(|why| self.unwritable(why))
    }
}

/// Moves the state to the next free `state.broken-<n>`, and removes the oldest of too many.
pub(crate) fn move_aside(store: &Path) -> Result<Option<PathBuf>, JournalFault> {
    let path = state_dir(store);
    if !path.exists() {
        return Ok(None);
    }
    let mut numbers = Vec::new();
    for entry in fs::read_dir(store).map_err(JournalFault::io("read", store))? {
        let name = entry.map_err(JournalFault::io("read", store))?.file_name();
        numbers
            .extend(name.to_str().and_then(|name| name.strip_prefix("state.broken-")?.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    let named = |number: u32| store.join(format!("state.broken-{number}"));
    let aside = named(numbers.last().map_or(1, |last| last + 1));
    fs::rename(&path, &aside).map_err(JournalFault::io("move aside", &path))?;
    disk::sync_folder(store)?;
    let surplus = (numbers.len() + 1).saturating_sub(ASIDE_MAX);
    for old in numbers.into_iter().take(surplus).map(named) {
        fs::remove_dir_all(&old).map_err(JournalFault::io("remove", &old))?;
    }
    Ok(Some(aside))
}
