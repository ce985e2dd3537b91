//! Keeping the directory fresh: at the start, then by schedule, one reading at a time.

use std::sync::Arc;
use std::time::Duration;

use glasskey_domain::{Command, Directory};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Engine, recheck};
use crate::ports::{DirectorySource, Fault, Ledger};

/// When the next reading is due, given when the last one was.
pub type NextAt = Box<dyn Fn(Timestamp) -> Timestamp + Send>;

/// Before the first reading has succeeded, it is tried again this often: nobody can be served until then.
const FIRST_RETRY: Duration = Duration::from_secs(5);
/// Longest sleep, so that a wall clock that was set is noticed.
const NAP_MAX: Duration = Duration::from_secs(1);

/// A step back that a healthy clock may make.
const CLOCK_SLEW: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);

/// How the reading goes, for `/readyz` and `check`.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// When it last succeeded.
    pub read_at: Option<Timestamp>,
    /// Why it last failed, if that was later.
    pub fault: Option<String>,
}

/// The directory last kept, for a start without the network (P8).
///
/// # Errors
/// When the ledger has one but it cannot be read.
pub async fn last_kept(ledger: &dyn Ledger, document: &str) -> Result<Directory, Fault> {
    let bytes = ledger.kept(document).await?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::Permanent {
        what: format!("the kept directory {document} cannot be read: {error}; it is read anew from AWS"),
    })
}

/// Reads now and then by schedule, until drained.
pub async fn run(
    engine: Engine,
    source: Arc<dyn DirectorySource>,
    next_at: NextAt,
    freshness: watch::Sender<Freshness>,
) {
    let mut draining = engine.draining();
    while !*draining.borrow() {
        let wait = match read_once(&engine, &*source).await {
            Ok(read_at) => {
                freshness.send_replace(Freshness { read_at: Some(read_at), fault: None });
                None
            }
            Err(fault) => {
                tracing::error!(%fault, "the directory was not read; the last one stays in force");
                freshness.send_modify(|freshness| freshness.fault = Some(fault.to_string()));
                freshness.borrow().read_at.is_none().then_some(FIRST_RETRY)
            }
        };
        let due = wait.map_or_else(|| next_at(engine.now()), |wait| add(engine.now(), wait));
        if sleep_until(&engine, due, &mut draining).await.is_err() {
            return;
        }
    }
}

/// The engine is being drained.
pub(super) struct Draining;

/// Sleeps until a time of the wall clock, which may be set meanwhile.
pub(super) async fn sleep_until(
    engine: &Engine,
    due: Timestamp,
    draining: &mut watch::Receiver<bool>,
) -> Result<(), Draining> {
    let mut before = engine.now();
    // A clock that was set back would put `due` off, perhaps by years: then it is due at once instead.
    while before < due && engine.now() >= before.checked_sub(CLOCK_SLEW).unwrap_or(Timestamp::MIN) {
        before = engine.now();
        let left = Duration::try_from(due.duration_since(engine.now())).unwrap_or(NAP_MAX);
        tokio::select! {
            _ = draining.changed() => return Err(Draining),
            () = tokio::time::sleep(left.min(NAP_MAX)) => {}
        }
    }
    Ok(())
}

fn add(now: Timestamp, wait: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now)
}

/// Reads the directory, keeps it, lets the journal know, and puts it in force: in this order.
///
/// # Errors
/// When it could not be read whole, or not be kept. The last one stays in force.
pub async fn read_once(engine: &Engine, source: &dyn DirectorySource) -> Result<Timestamp, Fault> {
    let directory = source.read(engine.now()).await?;
    let read_at = directory.read_at;
    let bytes = serde_json::to_vec(&directory).map_err(|error| Fault::Permanent {
        what: format!("the directory cannot be written down: {error}"),
    })?;
    let document = engine.shared.ledger.keep(bytes).await?;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let counts = [
        count(directory.people.len()),
        count(directory.groups.len()),
        count(directory.accounts.len()),
        count(directory.permission_sets.len()),
    ];
    let before = engine.book().await.directory().map(|directory| directory.document.clone());
    let stopped = |_stopped| Fault::Transient { what: "glasskey is stopping".to_owned(), retry_after: None };
    let keep: Vec<String> = before.into_iter().chain([document.clone()]).collect();
    engine.inside(Command::DirectoryRead { document, counts }).await.map_err(stopped)?;
    engine.shared.set_directory(Arc::new(directory));
    recheck::all(engine).await;
    if let Err(fault) = engine.shared.ledger.forget_others(&keep).await {
        tracing::warn!(%fault, "older directories could not be removed; they only take up room");
    }
    Ok(read_at)
}
