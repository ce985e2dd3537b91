//! The ledger as the engine knows it: decisions in, durable; the book out, after a restart.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use glasskey_domain::event::Record as Decision;
use glasskey_domain::{AccessRequest, Book, Directory, Emergency, EmergencyId, Event, RequestId};

use super::fault::JournalFault;
use super::journal::walk_segment;
use super::rows::BY_TIME;
use super::segment::{SegmentReader, journal_dir, list_segments};
use super::{
    Batch, Hash, Head, Ledger, NewRecord, OpenFault, OpenOptions, OpenReport, Projection, Put, Record, Table,
};
use super::{documents, rows};
use crate::ports::{self, Answer, Entry, Fault};

/// The kind of the documents that hold the directory.
const DIRECTORY: &str = "directory";
/// The format of the bodies of records, as this release writes them.
const VERSION: u16 = 1;

/// The book, derived from the journal.
#[derive(Default)]
struct Derived {
    book: Book,
    /// Rows were loaded and what follows from them was not yet derived.
    half_loaded: bool,
}

impl Derived {
    fn complete(&mut self) {
        if std::mem::take(&mut self.half_loaded) {
            self.book.loaded();
        }
    }
}

impl Projection for Derived {
    fn reset(&mut self) {
        *self = Self::default();
    }

    fn load(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), String> {
        if let Some(row) = rows::row(table, key, value)? {
            self.half_loaded = true;
            self.book.load(row);
        }
        Ok(())
    }

    fn apply(&mut self, record: &Record) -> Result<Vec<Put>, String> {
        self.complete();
        let decision: Decision = rows::decode(&record.body)?;
        let touched = self.book.apply(&decision);
        let changes = self.book.changes(&touched);
        encode_rows(&changes).map_err(|error| error.to_string())
    }
}

fn encode_rows(
    changes: &[(glasskey_domain::book::RowKey, Option<glasskey_domain::book::Row>)],
) -> Result<Vec<Put>, serde_json::Error> {
    let mut puts = Vec::with_capacity(changes.len());
    for (key, row) in changes {
        puts.extend(rows::puts(key, row.as_ref())?);
    }
    Ok(puts)
}

/// An opened ledger with the state it holds.
pub struct Opened {
    /// The ledger.
    pub vault: Vault,
    /// The state.
    pub book: Book,
    /// What the opening found and did.
    pub report: OpenReport,
}

/// The ledger, for the engine. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    ledger: Arc<Ledger>,
}

/// Opens the ledger, or makes an empty one. Blocks on the disk.
///
/// # Errors
/// Another process has it, the journal is damaged in the middle, or the disk says no: see [`OpenFault`].
pub fn open(path: &Path) -> Result<Opened, OpenFault> {
    let mut derived = Derived::default();
    let (ledger, report) = Ledger::open(path, OpenOptions::default(), &mut derived)?;
    derived.complete();
    Ok(Opened { vault: Vault { ledger: Arc::new(ledger) }, book: derived.book, report })
}

/// Moves sled's part aside and makes it anew from the journal. Blocks on the disk.
///
/// # Errors
/// As [`open`].
pub fn rebuild(path: &Path) -> Result<OpenReport, OpenFault> {
    let mut derived = Derived::default();
    let (_ledger, report) = Ledger::rebuild(path, OpenOptions::default(), &mut derived)?;
    Ok(report)
}

/// The directory that was last read, without opening the ledger: for commands beside a running bot.
///
/// # Errors
/// When the journal, or the document that it names, cannot be read.
pub fn last_directory(store: &Path) -> Result<Option<Directory>, String> {
    let mut last: Option<Vec<u8>> = None;
    let text = |fault: JournalFault| fault.to_string();
    for path in list_segments(&journal_dir(store)).map_err(text)? {
        let (_, mut reader) = SegmentReader::open(&path).map_err(text)?;
        walk_segment(&mut reader, &path, &mut None, |record| {
            // Most records are about something else; only the last of those that may be it is read as JSON.
            let body = record.frame.body;
            if body.windows(MARK.len()).any(|part| part == MARK) {
                last = Some(body.to_vec());
            }
            Ok::<bool, JournalFault>(true)
        })
        .map_err(text)?;
    }
    let events =
        last.map(|body| rows::decode::<Decision>(&body)).transpose()?.map(|decision| decision.events);
    let mut named = events.into_iter().flatten().filter_map(|event| {
        if let Event::DirectoryRead { document, .. } = event { Some(document) } else { None }
    });
    let Some(document) = named.next() else { return Ok(None) };
    let hash: Hash = document.parse()?;
    let bytes = documents::get(&documents::documents_dir(store), DIRECTORY, hash)
        .map_err(|fault| fault.to_string())?;
    rows::decode(&bytes).map(Some)
}

/// What the body of a record has that says that the directory was read.
const MARK: &[u8] = b"\"directory-read\"";

impl Vault {
    /// The last durable record: logged now and then, it anchors the journal outside of itself.
    #[must_use]
    pub fn head(&self) -> Head {
        self.ledger.head()
    }

    async fn write(&self, entries: Vec<Entry>) -> Result<(), Fault> {
        let mut batch = Batch { records: Vec::with_capacity(entries.len()), puts: Vec::new() };
        for entry in entries {
            let body = serde_json::to_vec(&entry.record).map_err(unwritable)?;
            batch.records.push(NewRecord { at: entry.record.at, version: VERSION, body });
            batch.puts.extend(encode_rows(&entry.rows).map_err(unwritable)?);
        }
        self.ledger
            .commit(batch)
            .await
            .map(|_head| ())
            .map_err(|fault| Fault::Permanent { what: fault.to_string() })
    }

    fn read_closed(&self, id: &str) -> Result<Option<AccessRequest>, Fault> {
        let value = self.ledger.get(Table::Closed, &rows::closed_key(id)).map_err(unreadable)?;
        value.map(|value| rows::decode(&value)).transpose().map_err(unreadable)
    }
}

impl Vault {
    fn read_closed_emergency(&self, id: &str) -> Result<Option<Emergency>, Fault> {
        let value = self.ledger.get(Table::Emergencies, &rows::closed_key(id)).map_err(unreadable)?;
        value.map(|value| rows::decode(&value)).transpose().map_err(unreadable)
    }
}

fn unwritable(error: serde_json::Error) -> Fault {
    Fault::Permanent { what: format!("a decision cannot be written down: {error}") }
}

fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::Transient { what: format!("the ledger cannot be read: {error}"), retry_after: None }
}

impl ports::Ledger for Vault {
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>> {
        Box::pin(self.write(batch))
    }

    fn closed(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        self.read_closed(id.as_str())
    }

    fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault> {
        let rows = self.ledger.scan(Table::Closed, BY_TIME.as_bytes(), most).map_err(unreadable)?;
        let ids = rows.into_iter().take_while(|(key, _)| key.starts_with(BY_TIME.as_bytes()));
        let mut requests = Vec::new();
        for (_, id) in ids {
            let id = String::from_utf8(id).map_err(unreadable)?;
            requests.extend(self.read_closed(&id)?);
        }
        Ok(requests)
    }

    fn closed_emergency(&self, id: &EmergencyId) -> Result<Option<Emergency>, Fault> {
        self.read_closed_emergency(id.as_str())
    }

    fn recently_closed_emergencies(&self, most: usize) -> Result<Vec<Emergency>, Fault> {
        let rows = self.ledger.scan(Table::Emergencies, BY_TIME.as_bytes(), most).map_err(unreadable)?;
        let ids = rows.into_iter().take_while(|(key, _)| key.starts_with(BY_TIME.as_bytes()));
        let mut emergencies = Vec::new();
        for (_, id) in ids {
            let id = String::from_utf8(id).map_err(unreadable)?;
            emergencies.extend(self.read_closed_emergency(&id)?);
        }
        Ok(emergencies)
    }

    fn keep(&self, bytes: Vec<u8>) -> Answer<'_, Result<String, Fault>> {
        let ledger = Arc::clone(&self.ledger);
        Box::pin(async move {
            let kept = tokio::task::spawn_blocking(move || ledger.document_put(DIRECTORY, &bytes)).await;
            let hash = kept.map_err(unreadable)?.map_err(unreadable)?;
            Ok(hash.to_string())
        })
    }

    fn kept<'a>(&'a self, hash: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>> {
        let ledger = Arc::clone(&self.ledger);
        let hash: Result<Hash, String> = hash.parse();
        Box::pin(async move {
            let hash = hash.map_err(unreadable)?;
            let read = tokio::task::spawn_blocking(move || ledger.document_get(DIRECTORY, hash)).await;
            read.map_err(unreadable)?.map_err(unreadable)
        })
    }

    fn forget_others<'a>(&'a self, keep: &'a [String]) -> Answer<'a, Result<(), Fault>> {
        let ledger = Arc::clone(&self.ledger);
        let keep: Result<BTreeSet<Hash>, String> = keep.iter().map(|hash| hash.parse()).collect();
        Box::pin(async move {
            let keep = keep.map_err(unreadable)?;
            let pruned = tokio::task::spawn_blocking(move || ledger.document_prune(DIRECTORY, &keep)).await;
            pruned.map_err(unreadable)?.map(|_gone| ()).map_err(unreadable)
        })
    }
}
