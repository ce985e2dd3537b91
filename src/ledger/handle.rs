//! An open ledger: commits go to the writer's queue, reads go to sled and to the segment files. Knows no domain.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::derived::Derived;
use super::disk::Lock;
use super::documents::{self, documents_dir};
use super::fault::{JournalFault, LedgerFault, OpenFault};
use super::journal::{Journal, Segments, walk_records};
use super::migrate::Migrations;
use super::open::{OpenOptions, OpenReport, open};
use super::state::state_dir;
use super::types::{Batch, Hash, Head, KeyValue, Projection, Record, Table};
use super::watchdog::Watchdog;
use super::writer::{Flusher, QUEUE_MAX, Shown, Waiting, Writer};

/// What the writer has done since the ledger was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Batches made durable.
    pub batches: u64,
    /// Syncs of the journal that it took.
    pub syncs: u64,
}

/// What an open hands over.
pub(super) struct Parts {
    pub(super) store: PathBuf,
    pub(super) lock: Lock,
    pub(super) journal: Journal,
    pub(super) state: Derived,
    pub(super) migrations: Migrations,
    pub(super) watchdog: Watchdog,
}

/// An open ledger. Dropping it writes what is queued and frees the store.
pub struct Ledger {
    queue: Option<mpsc::Sender<Waiting>>,
    writer: Option<JoinHandle<()>>,
    shown: Arc<Shown>,
    state: Arc<Derived>,
    segments: Segments,
    documents: PathBuf,
    migrations: Migrations,
    _watchdog: Watchdog,
    _lock: Lock,
}

impl Ledger {
    /// Opens a store, creating it if there is none. Blocks: it reads the whole journal once (about a second per 1,000,000
    /// records), so call it before the runtime serves anybody.
    ///
    /// # Errors
    /// Another process has it; the journal is damaged, lost or of a newer release; the state cannot be written.
    pub fn open(
        store: &Path,
        options: OpenOptions,
        projection: &mut dyn Projection,
    ) -> Result<(Self, OpenReport), OpenFault> {
        open(store, options, projection, false)
    }

    /// As [`Ledger::open`], but the state is moved aside and derived again in any case.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn rebuild(
        store: &Path,
        options: OpenOptions,
        projection: &mut dyn Projection,
    ) -> Result<(Self, OpenReport), OpenFault> {
        open(store, options, projection, true)
    }

    pub(super) fn start(parts: Parts) -> Result<Self, OpenFault> {
        let Parts { store, lock, journal, state, migrations, watchdog } = parts;
        let state = Arc::new(state);
        let shown = Arc::new(Shown::new(journal.head()));
        let segments = journal.segments();
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let (own_state, own_shown) = (Arc::clone(&state), Arc::clone(&shown));
        let no_thread =
            |fault: std::io::Error| OpenFault::State { path: state_dir(&store), why: fault.to_string() };
        let flusher = Flusher::start(Arc::clone(&state), Arc::clone(&shown)).map_err(no_thread)?;
        let pulse = Arc::clone(&watchdog.pulse);
        let writer = Writer { journal, state: own_state, flusher, shown: own_shown, pulse };
        let thread = std::thread::Builder::new().name("ledger-writer".to_owned());
        let thread = thread.spawn(move || writer.run(waiting)).map_err(no_thread)?;
        Ok(Self {
            queue: Some(queue),
            writer: Some(thread),
            shown,
            state,
            segments,
            documents: documents_dir(&store),
            migrations,
            _watchdog: watchdog,
            _lock: lock,
        })
    }

    /// Makes a batch durable and visible to reads. When this answers `Ok`, no crash loses it. A caller that stops waiting
    /// does not undo it. Answers the head behind the batch.
    ///
    /// # Errors
    /// A batch beyond the limits changes nothing. After [`LedgerFault::Poisoned`] it is unknown whether this batch is
    /// durable, and nothing more is taken: end the process, and a restart finds out.
    pub async fn commit(&self, batch: Batch) -> Result<Head, LedgerFault> {
        batch.check(self.migrations.current())?;
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(LedgerFault::WriterGone)?;
        queue.send(Waiting { batch, answer }).await.map_err(|_| self.shown.why_not())?;
        answered.await.unwrap_or_else(|_| Err(self.shown.why_not()))
    }

    /// The last durable record. Log it now and then: it is the anchor for [`super::verify()`].
    #[must_use]
    pub fn head(&self) -> Head {
        self.shown.head()
    }

    /// Why nothing more is written, if a write failed: the process should then end, and be restarted.
    #[must_use]
    pub fn poisoned(&self) -> Option<LedgerFault> {
        let is_over = self.writer.as_ref().is_none_or(JoinHandle::is_finished);
        match self.shown.why_not() {
            LedgerFault::WriterGone if !is_over => None,
            fault => Some(fault),
        }
    }

    /// Counters since the open.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Stats { batches: read(&self.shown.batches), syncs: read(&self.shown.syncs) }
    }

    /// One value of the state, as of the last answered commit.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerFault> {
        self.state.get(table, key).map_err(|why| LedgerFault::State { why })
    }

    /// Up to `limit` rows of a table, `from` included, in the order of keys.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<KeyValue>, LedgerFault> {
        self.state.scan(table, from, limit).map_err(|why| LedgerFault::State { why })
    }

    /// Up to `limit` durable records from `from_seq` on, migrated. Reads files: call it where blocking is allowed.
    ///
    /// # Errors
    /// The journal cannot be read, or was changed behind our back.
    pub fn records(&self, from_seq: u64, limit: usize) -> Result<Vec<Record>, LedgerFault> {
        let from = from_seq.max(1);
        let to = from.saturating_add(limit as u64).saturating_sub(1).min(self.head().seq);
        let mut records = Vec::new();
        if from <= to {
            walk_records(&self.segments, from, to, |raw| {
                records.push(raw.bring_up(&self.migrations)?);
                Ok::<bool, JournalFault>(true)
            })?;
        }
        Ok(records)
    }

    /// Writes a document durably and answers its hash. `name` is its kind: 1 to 32 of a-z, 0-9 and `-`. Blocks on the disk.
    ///
    /// # Errors
    /// A name that is no file name; a disk that says no.
    pub fn document_put(&self, name: &str, bytes: &[u8]) -> Result<Hash, LedgerFault> {
        documents::put(&self.documents, name, bytes)
    }

    /// Reads a document, and checks that it is the one named. Blocks on the disk.
    ///
    /// # Errors
    /// It is not there, or was changed.
    pub fn document_get(&self, name: &str, hash: Hash) -> Result<Vec<u8>, LedgerFault> {
        documents::get(&self.documents, name, hash)
    }

    /// Removes the documents of a kind that are not in `keep`; answers how many.
    ///
    /// # Errors
    /// A disk that says no.
    pub fn document_prune(&self, name: &str, keep: &BTreeSet<Hash>) -> Result<usize, LedgerFault> {
        documents::prune(&self.documents, name, keep)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // The writer ends when its queue is empty; a panic in it has been printed by its own hook.
            drop(writer.join());
        }
    }
}
