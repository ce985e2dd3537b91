//! Opening a store: lock, check the journal, cut a torn tail, settle the state, start the writer. In that order, and
//! nothing is changed before the journal is known to be sound.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::derived::{Derived, StateHead};
use super::disk::{self, Disk, Lock, RealDisk};
use super::documents::documents_dir;
use super::fault::{JournalFault, OpenFault};
use super::handle::{Ledger, Parts};
use super::journal::{Journal, walk_records};
use super::migrate::Migrations;
use super::scan::{JournalScan, Torn, scan_journal};
use super::segment::journal_dir;
pub use super::state::{RebuildReason, StateReport};
use super::state::{Source, move_aside, state_dir};
use super::types::{Head, Projection};
pub use super::watchdog::OnStall;
use super::watchdog::{STALL, Watchdog, abort};

/// Records at the end of the journal whose hash chain is followed at open; `glasskey audit verify` follows all of it.
const CHAIN_CHECKED: u64 = 1_000;

/// How a store is opened. The default is right for the bot.
#[derive(Clone)]
pub struct OpenOptions {
    /// The formats of record bodies.
    pub migrations: Migrations,
    /// The owner's version of what the tables hold: raise it when `evolve` or a table's format changes, and the state is
    /// rebuilt from the journal.
    pub state_version: u32,
    /// Longest segment, in bytes; `None` is 64 MiB.
    pub segment_bytes_max: Option<u64>,
    /// How the journal reaches the disk.
    pub disk: Arc<dyn Disk>,
    /// Without progress for this long the writer is given up.
    pub stall: Duration,
    /// What is done then; the default ends the process.
    pub on_stall: OnStall,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            migrations: Migrations::default(),
            state_version: 2,
            segment_bytes_max: None,
            disk: Arc::new(RealDisk),
            stall: STALL,
            on_stall: abort(),
        }
    }
}

/// A torn tail that was cut off. It was never acknowledged, unless the state knew it ([`RebuildReason::Ahead`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The segment file.
    pub segment: PathBuf,
    /// Where it was cut, in bytes.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
    /// The first record that is gone.
    pub seq: u64,
    /// What was wrong with it.
    pub what: String,
    /// Where the bytes are kept.
    pub kept: PathBuf,
}

/// What an open found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// The last record.
    pub head: Head,
    /// Segments of the journal.
    pub segments: usize,
    /// A torn tail that was cut.
    pub cut: Option<Cut>,
    /// How the state came to the journal's head.
    pub state: StateReport,
}

impl OpenReport {
    /// What an operator must hear about, loudly; empty after a quiet open.
    #[must_use]
    pub fn alerts(&self) -> Vec<String> {
        let cut = self.cut.iter().map(|cut| {
            format!(
                "the journal ended in a torn record {} ({}): {} bytes were cut from `{}` at byte {} and are kept in `{}`",
                cut.seq,
                cut.what,
                cut.bytes,
                cut.segment.display(),
                cut.offset,
                cut.kept.display()
            )
        });
        let rebuilt = match &self.state {
            StateReport::Rebuilt { reason: RebuildReason::Asked | RebuildReason::OtherVersion, .. }
            | StateReport::Current
            | StateReport::New
            | StateReport::Replayed { .. } => None,
            StateReport::Rebuilt { reason, aside } => {
                let aside = aside.as_ref().map(|path| format!("; the old one is in `{}`", path.display()));
                Some(format!("the state was rebuilt from the journal: {reason}{}", aside.unwrap_or_default()))
            }
        };
        cut.chain(rebuilt).collect()
    }
}

pub(super) fn open(
    store: &Path,
    options: OpenOptions,
    projection: &mut dyn Projection,
    rebuild: bool,
) -> Result<(Ledger, OpenReport), OpenFault> {
    disk::create_folder(store)?;
    let lock = Lock::take(store)?;
    let dir = journal_dir(store);
    disk::create_folder(&dir)?;
    disk::create_folder(&documents_dir(store))?;
    let scan = scan_journal(&dir)?;
    refuse_the_future(&scan, options.migrations)?;
    refuse_a_lost_journal(store, &scan, options.state_version)?;
    let cut = cut_torn_tail(store, &scan)?;
    let journal = Journal::resume(dir, scan, Arc::clone(&options.disk), options.segment_bytes_max)?;
    let (head, segments) = (journal.head(), journal.segments());
    check_last_records(&journal_dir(store), &journal)?;

    let opening = Arc::new(AtomicBool::new(true));
    let on_stall = aside_while_opening(store, Arc::clone(&opening), Arc::clone(&options.on_stall));
    let watchdog = Watchdog::start(options.stall, on_stall)
        .map_err(|fault| OpenFault::State { path: state_dir(store), why: fault.to_string() })?;
    let source = Source {
        store,
        segments: &segments,
        head,
        migrations: options.migrations,
        version: options.state_version,
        pulse: &watchdog.pulse,
    };
    let (state, settled) = if rebuild {
        source.rebuild(RebuildReason::Asked, projection)?
    } else {
        source.settle(projection)?
    };
    watchdog.pulse.rest();
    opening.store(false, Ordering::SeqCst);
    let count = segments.read().unwrap_or_else(std::sync::PoisonError::into_inner).len();
    let report = OpenReport { head, segments: count, cut, state: settled };
    let migrations = options.migrations;
    let ledger =
        Ledger::start(Parts { store: store.to_path_buf(), lock, journal, state, migrations, watchdog })?;
    Ok((ledger, report))
}

/// A state on which an open hangs would hang the next open too: it is moved aside before the process ends.
fn aside_while_opening(store: &Path, opening: Arc<AtomicBool>, on_stall: OnStall) -> OnStall {
    let store = store.to_path_buf();
    Arc::new(move |still| {
        if opening.load(Ordering::SeqCst) {
            let aside = move_aside(&store);
            tracing::error!(
                ?aside,
                "opening the state hangs; it was moved aside so that the next start rebuilds it"
            );
        }
        on_stall(still);
    })
}

fn refuse_the_future(scan: &JournalScan, migrations: Migrations) -> Result<(), JournalFault> {
    let known = migrations.current();
    match scan.newest {
        Some((seq, found)) if found > known => Err(JournalFault::RecordFromTheFuture { seq, found, known }),
        Some(_) | None => Ok(()),
    }
}

/// An empty journal beside a state is refused before a first segment is created, so that a second try says the same.
fn refuse_a_lost_journal(store: &Path, scan: &JournalScan, version: u32) -> Result<(), OpenFault> {
    let path = state_dir(store);
    if scan.head != Head::EMPTY || !path.exists() {
        return Ok(());
    }
    match Derived::open(&path, version).and_then(|state| state.head()) {
        Ok(Some(StateHead { head: Head { seq: state_seq, .. }, .. })) if state_seq > 0 => {
            Err(OpenFault::JournalGone { path: journal_dir(store), state_seq })
        }
        // An unreadable state knows nothing that could be forgotten: it is moved aside and reported.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Keeps the bytes of a torn tail beside the journal, durably, and only then cuts them off.
fn cut_torn_tail(store: &Path, scan: &JournalScan) -> Result<Option<Cut>, JournalFault> {
    let (Some(torn), Some(last)) = (&scan.torn, scan.segments.last()) else { return Ok(None) };
    let segment = last.path.clone();
    let bytes = read_from(&segment, torn.offset).map_err(JournalFault::io("read", &segment))?;
    let dir = store.join("cut");
    disk::create_folder(&dir)?;
    let kept = free_name(&dir, last.header.number, torn.offset);
    disk::write_whole(&kept, &bytes)?;
    let cut = File::options().write(true).open(&segment).and_then(|file| {
        file.set_len(torn.offset)?;
        file.sync_all()
    });
    cut.map_err(JournalFault::io("cut", &segment))?;
    let Torn { offset, seq, what } = torn.clone();
    Ok(Some(Cut { segment, offset, bytes: bytes.len() as u64, seq, what, kept }))
}

fn free_name(dir: &Path, segment: u32, offset: u64) -> PathBuf {
    let named = |suffix: u32| dir.join(format!("{segment:08}-{offset}-{suffix}.torn"));
    (1..u32::MAX).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(u32::MAX))
}

fn read_from(path: &Path, offset: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn check_last_records(dir: &Path, journal: &Journal) -> Result<(), JournalFault> {
    let head = journal.head();
    let from = head.seq.saturating_sub(CHAIN_CHECKED).max(1);
    let mut last = Head::EMPTY;
    walk_records(&journal.segments(), from, head.seq, |record| {
        last = Head { seq: record.frame.seq, hash: record.hash };
        Ok::<bool, JournalFault>(true)
    })?;
    if last == head {
        Ok(())
    } else {
        Err(JournalFault::damaged(dir, head.seq, 0, "it changed while it was read"))
    }
}
