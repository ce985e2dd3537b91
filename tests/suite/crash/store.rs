//! Where decisions are kept while bots come and go: on a real disk, or in memory for the many rounds of a simulation.
//! What it gives back of the past is read from there, never from a bot.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use glasskey::audit::{ExportFormat, ExportOptions, export};
use glasskey::ledger::{self, Vault};
use glasskey::ports::{Answer, Entry, Fault, Ledger};
use glasskey_domain::book::{Row, RowKey};
use glasskey_domain::{AccessRequest, Book, Emergency, EmergencyId, Record, RequestId};
use tempfile::TempDir;

/// How long a commit in memory takes before it is durable, and again before its answer comes.
const COMMIT: Duration = Duration::from_millis(1);

/// A store that outlives the bots that use it.
#[derive(Clone)]
pub(crate) enum Store {
    /// The real ledger, in a folder.
    Disk(Arc<TempDir>),
    /// Records as text, and the rows that a bot would load.
    Memory(Arc<Memory>),
}

/// See [`Store::Memory`].
#[derive(Default)]
pub(crate) struct Memory {
    records: Mutex<Vec<String>>,
    rows: Mutex<BTreeMap<RowKey, Row>>,
    /// What the records give so far, so that looking at it needs no replay.
    book: Mutex<Book>,
    documents: Mutex<BTreeMap<String, Vec<u8>>>,
}

/// A store that a bot has opened.
pub(crate) struct Opened {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) book: Book,
    /// Gone when nothing of the bot can touch the store any more.
    pub(crate) in_use: Weak<()>,
}

impl Store {
    pub(crate) fn on_disk() -> Self {
        Self::Disk(Arc::new(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn in_memory() -> Self {
        Self::Memory(Arc::default())
    }

    fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::Disk(folder) => Some(folder.path().join("ledger")),
            Self::Memory(_) => None,
        }
    }

    /// Opens it for a bot. The book is the one that the store itself gives (sled, or the rows).
    pub(crate) fn open(&self) -> Opened {
        let alive = Arc::new(());
        let in_use = Arc::downgrade(&alive);
        match self {
            Self::Disk(_) => {
                let opened = ledger::open(&self.folder().unwrap()).unwrap();
                let ledger = Arc::new(OnDisk { vault: opened.vault, alive });
                Opened { ledger, book: opened.book, in_use }
            }
            Self::Memory(memory) => {
                let ledger = Arc::new(InMemory { memory: Arc::clone(memory), _alive: alive });
                Opened { ledger, book: memory.loaded(), in_use }
            }
        }
    }

    /// Every durable record, in order, whether or not a bot is at work on it.
    pub(crate) fn records(&self) -> Vec<Record> {
        match self {
            Self::Memory(memory) => {
                let records = memory.records.lock().unwrap();
                records.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
            }
            Self::Disk(_) => self.exported().iter().map(body).collect(),
        }
    }

    /// The journal as the auditor gets it.
    fn exported(&self) -> Vec<serde_json::Value> {
        let folder = self.folder().unwrap();
        if !folder.join("journal").exists() {
            return Vec::new();
        }
        let options = ExportOptions { since: None, format: ExportFormat::JsonLines, columns: Vec::new() };
        let mut out = Vec::new();
        export(&folder, &options, &mut out).unwrap();
        out.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    /// The book that the journal alone gives.
    pub(crate) fn replayed(&self) -> Book {
        replay(&self.records())
    }

    /// Looks at the book that is durable now.
    pub(crate) fn durable<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        match self {
            Self::Memory(memory) => look(&memory.book.lock().unwrap()),
            Self::Disk(_) => look(&self.replayed()),
        }
    }

    /// The book that a bot would load, and whether the chain is whole. Nobody may have the store open.
    pub(crate) fn reopened(&self) -> Book {
        match self {
            Self::Memory(memory) => memory.loaded(),
            Self::Disk(_) => {
                let folder = self.folder().unwrap();
                let report = ledger::verify(&folder, None).unwrap();
                assert!(report.is_whole() && report.records == self.records().len() as u64, "{report:?}");
                ledger::open(&folder).unwrap().book
            }
        }
    }
}

fn body(line: &serde_json::Value) -> Record {
    serde_json::from_value(line["body"].clone()).unwrap()
}

pub(crate) fn replay(records: &[Record]) -> Book {
    let mut book = Book::default();
    for record in records {
        book.apply(record);
    }
    book
}

impl Memory {
    fn loaded(&self) -> Book {
        let mut book = Book::default();
        for row in self.rows.lock().unwrap().values() {
            book.load(row.clone());
        }
        book.loaded();
        book
    }

    fn closed_rows(&self) -> BTreeMap<RequestId, AccessRequest> {
        let rows = self.rows.lock().unwrap();
        rows.values()
            .filter_map(|row| match row {
                Row::Closed(request) => Some((request.ask.id.clone(), (**request).clone())),
                _ => None,
            })
            .collect()
    }
}

struct InMemory {
    memory: Arc<Memory>,
    _alive: Arc<()>,
}

impl Ledger for InMemory {
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>> {
        Box::pin(async move {
            tokio::time::sleep(COMMIT).await;
            {
                let mut records = self.memory.records.lock().unwrap();
                let mut rows = self.memory.rows.lock().unwrap();
                for entry in batch {
                    let text = serde_json::to_string(&entry.record).unwrap();
                    self.memory.book.lock().unwrap().apply(&serde_json::from_str(&text).unwrap());
                    records.push(text);
                    for (key, row) in entry.rows {
                        match row {
                            Some(row) => rows.insert(key, row),
                            None => rows.remove(&key),
                        };
                    }
                }
            }
            tokio::time::sleep(COMMIT).await;
            Ok(())
        })
    }

    fn closed(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        let rows = self.memory.rows.lock().unwrap();
        Ok(match rows.get(&RowKey::Closed(id.clone())) {
            Some(Row::Closed(request)) => Some((**request).clone()),
            _ => None,
        })
    }

    fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault> {
        Ok(self.memory.closed_rows().into_values().take(most).collect())
    }

    fn closed_emergency(&self, id: &EmergencyId) -> Result<Option<Emergency>, Fault> {
        let rows = self.memory.rows.lock().unwrap();
        Ok(match rows.get(&RowKey::ClosedEmergency(id.clone())) {
            Some(Row::ClosedEmergency(emergency)) => Some((**emergency).clone()),
            _ => None,
        })
    }

    fn recently_closed_emergencies(&self, most: usize) -> Result<Vec<Emergency>, Fault> {
        let rows = self.memory.rows.lock().unwrap();
        let closed = rows.values().filter_map(|row| match row {
            Row::ClosedEmergency(emergency) => Some((**emergency).clone()),
            _ => None,
        });
        Ok(closed.take(most).collect())
    }

    fn keep(&self, bytes: Vec<u8>) -> Answer<'_, Result<String, Fault>> {
        let mut documents = self.memory.documents.lock().unwrap();
        let name = format!("document-{}", documents.len());
        documents.insert(name.clone(), bytes);
        Box::pin(async move { Ok(name) })
    }

    fn forget_others<'a>(&'a self, keep: &'a [String]) -> Answer<'a, Result<(), Fault>> {
        self.memory.documents.lock().unwrap().retain(|name, _| keep.contains(name));
        Box::pin(async { Ok(()) })
    }

    fn kept<'a>(&'a self, hash: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>> {
        let found = self.memory.documents.lock().unwrap().get(hash).cloned();
        Box::pin(async move { found.ok_or(Fault::Permanent { what: "no such document".to_owned() }) })
    }
}

/// The real ledger, for a runtime whose time stands still while somebody works: its writer is a thread of its own, and
/// tokio's time would run away while we wait for it, unless a blocking task does the waiting.
struct OnDisk {
    vault: Vault,
    alive: Arc<()>,
}

impl Ledger for OnDisk {
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>> {
        let (vault, alive) = (self.vault.clone(), Arc::clone(&self.alive));
        let runtime = tokio::runtime::Handle::current();
        Box::pin(async move {
            let written = tokio::task::spawn_blocking(move || {
                let written = runtime.block_on(vault.commit(batch));
                drop((vault, alive));
                written
            });
            written.await.unwrap()
        })
    }

    fn closed(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        self.vault.closed(id)
    }

    fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault> {
        self.vault.recently_closed(most)
    }

    fn closed_emergency(&self, id: &EmergencyId) -> Result<Option<Emergency>, Fault> {
        self.vault.closed_emergency(id)
    }

    fn recently_closed_emergencies(&self, most: usize) -> Result<Vec<Emergency>, Fault> {
        self.vault.recently_closed_emergencies(most)
    }

    fn keep(&self, bytes: Vec<u8>) -> Answer<'_, Result<String, Fault>> {
        self.vault.keep(bytes)
    }

    fn forget_others<'a>(&'a self, keep: &'a [String]) -> Answer<'a, Result<(), Fault>> {
        self.vault.forget_others(keep)
    }

    fn kept<'a>(&'a self, hash: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>> {
        self.vault.kept(hash)
    }
}
