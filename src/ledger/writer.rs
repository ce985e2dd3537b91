//! The one thread that writes. Journal first, then the state, then the answer, then the state's own sync, beside the next
//! group's journal but before anything more is put into the state. After the first failure it writes nothing more: what a
//! failed sync left on the disk nobody knows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::derived::Derived;
use super::fault::LedgerFault;
use super::frame::GROUP_FILL_BYTES;
use super::journal::Journal;
use super::types::{Batch, Head};
use super::watchdog::Pulse;

/// Most batches in one sync. Measured: waiting commits then share about one millisecond (`DESIGN` §3).
const GROUP_BATCHES_MAX: usize = 32;
/// Batches that may wait for the writer; who comes later waits to be let in, so that memory stays bounded.
pub(crate) const QUEUE_MAX: usize = 256;

/// A batch, and where its answer goes.
pub(crate) struct Waiting {
    pub(crate) batch: Batch,
    pub(crate) answer: oneshot::Sender<Result<Head, LedgerFault>>,
}

/// What the writer shows to others.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The last record that is durable and in the state.
    pub(crate) head: Mutex<Head>,
    /// Why nothing more is written.
    pub(crate) poison: Mutex<Option<String>>,
    pub(crate) batches: AtomicU64,
    pub(crate) syncs: AtomicU64,
}

impl Shown {
    pub(crate) const fn new(head: Head) -> Self {
        let (batches, syncs) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { head: Mutex::new(head), poison: Mutex::new(None), batches, syncs }
    }

    pub(crate) fn head(&self) -> Head {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poison(&self, why: &str) {
        tracing::error!(why, "the ledger could not write; it takes nothing more until a restart");
        let mut poison = self.poison.lock().unwrap_or_else(PoisonError::into_inner);
        poison.get_or_insert_with(|| why.to_owned());
    }

    /// Why a commit cannot be taken.
    pub(crate) fn why_not(&self) -> LedgerFault {
        match self.poison.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            Some(why) => LedgerFault::Poisoned { why },
            None => LedgerFault::WriterGone,
        }
    }
}

/// The writer's own.
pub(crate) struct Writer {
    pub(crate) journal: Journal,
    pub(crate) state: Arc<Derived>,
    pub(crate) flusher: Flusher,
    pub(crate) shown: Arc<Shown>,
    pub(crate) pulse: Arc<Pulse>,
}

impl Writer {
    /// Serves until the queue is closed and empty, or a write fails.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        while let Some(first) = queue.blocking_recv() {
            self.pulse.beat();
            let group = gather(first, &mut queue);
            let written = self.write(group);
            if let Err(why) = written {
                self.refuse_all(why, queue);
                break;
            }
            self.pulse.rest();
        }
        self.pulse.beat();
        // A failure of it was told by the flusher itself, and nobody waits for an answer any more.
        drop(self.flusher.finish());
        self.pulse.rest();
    }

    fn write(&mut self, group: Vec<Waiting>) -> Result<(), String> {
        let appended = self
            .journal
            .append(group.iter().map(|waiting| &waiting.batch))
            .map_err(|fault| fault.to_string());
        let applied = appended.and_then(|heads| {
            self.pulse.beat();
            self.flusher.finish()?;
            self.pulse.beat();
            let puts = group.iter().flat_map(|waiting| &waiting.batch.puts);
            self.state.apply(puts, self.journal.head()).map(|()| heads)
        });
        let heads = match applied {
            Ok(heads) => heads,
            Err(why) => {
                // Before anybody hears of it, so that nobody who does can get another batch in.
                self.shown.poison(&why);
                for waiting in group {
                    answer(waiting, Err(LedgerFault::Poisoned { why: why.clone() }));
                }
                return Err(why);
            }
        };
        self.shown.batches.fetch_add(heads.len() as u64, Ordering::Relaxed);
        self.shown.syncs.fetch_add(1, Ordering::Relaxed);
        *self.shown.head.lock().unwrap_or_else(PoisonError::into_inner) = self.journal.head();
        for (waiting, head) in group.into_iter().zip(heads) {
            answer(waiting, Ok(head));
        }
        self.flusher.begin();
        Ok(())
    }

    /// Answers everybody who waits, and closes the door.
    fn refuse_all(&self, why: String, mut queue: mpsc::Receiver<Waiting>) {
        self.shown.poison(&why);
        queue.close();
        while let Some(waiting) = queue.blocking_recv() {
            answer(waiting, Err(LedgerFault::Poisoned { why: why.clone() }));
        }
    }
}

/// Syncs the state beside the writer: the journal's sync of the next group need not wait for it. One sync at a time, and
/// never while the state is changed.
pub(crate) struct Flusher {
    ask: Option<std::sync::mpsc::Sender<()>>,
    done: std::sync::mpsc::Receiver<Result<(), String>>,
    owed: bool,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    pub(crate) fn start(state: Arc<Derived>, shown: Arc<Shown>) -> std::io::Result<Self> {
        let (ask, asked) = std::sync::mpsc::channel();
        let (tell, done) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("ledger-flusher".to_owned());
        let thread = thread.spawn(move || {
            while asked.recv().is_ok() {
                let flushed = state.flush();
                if let Err(why) = &flushed {
                    shown.poison(why);
                }
                if tell.send(flushed).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { ask: Some(ask), done, owed: false, thread: Some(thread) })
    }

    /// Begins to make durable what the state has. If the thread is gone, [`Self::finish`] says so.
    fn begin(&mut self) {
        self.owed = true;
        if let Some(ask) = &self.ask {
            let _gone = ask.send(());
        }
    }

    /// Waits until what was begun is done.
    fn finish(&mut self) -> Result<(), String> {
        if !std::mem::take(&mut self.owed) {
            return Ok(());
        }
        self.done.recv().unwrap_or_else(|_| Err("the thread that syncs the state is gone".to_owned()))
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            // Joined, so that whoever opens the store next finds it free; a panic was printed by its own hook.
            drop(thread.join());
        }
    }
}

/// The first batch and those that wait behind it, up to the limits of a group.
fn gather(first: Waiting, queue: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let mut bytes = first.batch.bytes();
    let mut group = vec![first];
    while group.len() < GROUP_BATCHES_MAX && bytes < GROUP_FILL_BYTES {
        let Ok(next) = queue.try_recv() else { break };
        bytes += next.batch.bytes();
        group.push(next);
    }
    group
}

/// Who no longer waits for the answer finds the commit in the journal all the same.
fn answer(waiting: Waiting, answer: Result<Head, LedgerFault>) {
    drop(waiting.answer.send(answer));
}
