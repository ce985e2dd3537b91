//! The loop: take a command, decide, commit, perform what is due.
//!
//! It sees the ledger, AWS and chat only as ports. Nothing is told to anybody, and nothing outside is touched, before
//! the decision it follows from is durable.

mod backoff;
mod clerk;
pub mod drift;
pub mod drills;
pub mod emergency;
#[cfg(test)]
mod fakes;
mod kinds;
mod measure;
mod perform;
pub mod recheck;
pub mod refresh;
mod schedule;
mod sessions;
mod speak;
pub mod sweep;
pub mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock as StdRwLock, Weak};
use std::time::Duration;

use glasskey_domain::command::Incoming;
use glasskey_domain::event::Answer;
use glasskey_domain::settings::Bundle;
use glasskey_domain::{
    AccessRequest, Book, Command, Directory, Emergency, EndScope, Platform, RequestId, Rules, Served,
    Settings,
};
use tokio::sync::watch as latest;
use tokio::sync::{RwLock, RwLockReadGuard, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::ports::{Access, AssignmentSessions, Chat, Clock, Fault, Ledger, LivePeople, Offering};
use emergency::Federations;

/// Commands that may wait to be decided: more than any burst of people, and a bound on memory.
const WAITING_MAX: usize = 4_096;
/// How long a drain waits for steps under way: longer than one call to a provider may take.
const DRAIN_MAX: Duration = Duration::from_secs(15);

/// The chat platforms that are served.
pub type Chats = BTreeMap<Platform, Arc<dyn Chat>>;

/// Policy as it is shared by who decides and who explains.
pub type SharedRules = Arc<dyn Rules + Send + Sync>;

/// The engine is gone: nothing can be decided. The process is about to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("glasskey is stopping; nothing was done")]
pub struct Stopped;

/// What the engine works with.
pub struct Parts {
    /// Where decisions are kept.
    pub ledger: Arc<dyn Ledger>,
    /// Where access is held.
    pub access: Arc<dyn Access>,
    /// What else the provider of access can do, where it is configured.
    pub extras: Extras,
    /// Where emergencies are opened.
    pub federations: Federations,
    /// Where people are told, on each platform that is served.
    pub chats: Chats,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub settings: Settings,
    /// The state, as the ledger gave it at the opening.
    pub book: Book,
    /// The directory last known.
    pub directory: Directory,
    /// Policy in force.
    pub rules: SharedRules,
}

/// What the provider of access can do beside giving and taking it.
#[derive(Clone, Default)]
pub struct Extras {
    /// Where sessions that outlive access are denied.
    pub sessions: Option<Arc<dyn AssignmentSessions>>,
    /// Where a person is read anew.
    pub people: Option<Arc<dyn LivePeople>>,
    /// What people may ask for now.
    pub offering: Option<Arc<dyn Offering>>,
}

/// What all parts of the engine share.
pub(crate) struct Shared {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) access: Arc<dyn Access>,
    pub(crate) extras: Extras,
    pub(crate) federations: Federations,
    pub(crate) chats: Chats,
    pub(crate) clock: Arc<dyn Clock>,
    settings: StdRwLock<Arc<Settings>>,
    /// Written only by the clerk, who holds it until the commit: readers see durable state only.
    pub(crate) book: RwLock<Book>,
    directory: StdRwLock<Arc<Directory>>,
    rules: StdRwLock<SharedRules>,
    commands: mpsc::Sender<Waiting>,
    pub(crate) draining: latest::Receiver<bool>,
    drain: latest::Sender<bool>,
    pub(crate) beats: Beats,
}

/// When each loop last came round: boot and `/readyz` assert that all of them run (pitfall 22).
#[derive(Debug)]
pub struct Beats {
    clerk: latest::Sender<jiff::Timestamp>,
    scheduler: latest::Sender<jiff::Timestamp>,
    center: latest::Sender<jiff::Timestamp>,
    drills: latest::Sender<jiff::Timestamp>,
}

impl Beats {
    fn new() -> Self {
        let never = || latest::Sender::new(jiff::Timestamp::UNIX_EPOCH);
        Self { clerk: never(), scheduler: never(), center: never(), drills: never() }
    }

    /// The loops with the time of their last round; the epoch for one that was never started.
    #[must_use]
    pub fn last(&self) -> [(&'static str, jiff::Timestamp); 4] {
        [
            ("clerk", *self.clerk.borrow()),
            ("scheduler", *self.scheduler.borrow()),
            ("center", *self.center.borrow()),
            ("drills", *self.drills.borrow()),
        ]
    }
}

pub(crate) struct Waiting {
    incoming: Incoming,
    answer: oneshot::Sender<Answer>,
}

/// The way in, for doors and for the engine's own outcomes.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// A way in that does not keep the engine alive, for what the engine itself holds.
#[derive(Clone)]
pub struct WeakEngine {
    shared: Weak<Shared>,
}

impl WeakEngine {
    /// The engine, as long as somebody else keeps it.
    #[must_use]
    pub fn upgrade(&self) -> Option<Engine> {
        self.shared.upgrade().map(|shared| Engine { shared })
    }
}

/// The running loops. Ends when one of them ends, which is a fault unless the engine was drained.
pub struct Running {
    tasks: JoinSet<Result<(), Fault>>,
}

impl Engine {
    /// Starts the loops. The journal learns of the start before anything is performed: what was under way when the bot
    /// stopped may have lost its answer, and whoever wires an engine must not be able to forget that.
    #[must_use]
    pub fn start(parts: Parts) -> (Self, Running) {
        let (commands, waiting) = mpsc::channel(WAITING_MAX);
        let (drain, draining) = latest::channel(false);
        let (changes, scheduled) = mpsc::unbounded_channel();
        measure::open(&parts.book, parts.clock.now());
        let shared = Arc::new(Shared {
            ledger: parts.ledger,
            access: parts.access,
            extras: parts.extras,
            federations: parts.federations,
            chats: parts.chats,
            clock: parts.clock,
            settings: StdRwLock::new(Arc::new(parts.settings)),
            book: RwLock::new(parts.book),
            directory: StdRwLock::new(Arc::new(parts.directory)),
            rules: StdRwLock::new(parts.rules),
            commands,
            draining,
            drain,
            beats: Beats::new(),
        });
        let engine = Self { shared };
        let written = engine.write_down_the_start();
        let mut tasks = JoinSet::new();
        tasks.spawn(clerk::run(Arc::clone(&engine.shared), waiting, changes.clone()));
        tasks.spawn(schedule::run(engine.clone(), written, changes, scheduled));
        (engine, Running { tasks })
    }

    /// A way in that does not keep the engine alive.
    #[must_use]
    pub fn downgrade(&self) -> WeakEngine {
        WeakEngine { shared: Arc::downgrade(&self.shared) }
    }

    /// The first of all commands, in a queue that is still empty.
    fn write_down_the_start(&self) -> oneshot::Receiver<Answer> {
        let (answer, written) = oneshot::channel();
        let platforms = Served(self.shared.chats.keys().copied().collect());
        let started = Command::Started { version: env!("CARGO_PKG_VERSION").to_owned(), platforms };
        let first = Waiting { incoming: Incoming::inside(started), answer };
        if self.shared.commands.try_send(first).is_err() {
            tracing::error!("a new queue takes nothing; the scheduler ends with it");
        }
        written
    }

    /// Decides a command and answers when the decision is durable.
    ///
    /// # Errors
    /// When the engine has stopped: nothing was done.
    pub async fn submit(&self, incoming: Incoming) -> Result<Answer, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.shared.commands.send(Waiting { incoming, answer }).await.map_err(|_closed| Stopped)?;
        answered.await.map_err(|_dropped| Stopped)
    }

    /// Submits something from inside.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub async fn inside(&self, command: Command) -> Result<Answer, Stopped> {
        self.submit(Incoming::inside(command)).await
    }

    /// The state: durable only, because the clerk holds it until the commit.
    pub async fn book(&self) -> RwLockReadGuard<'_, Book> {
        self.shared.book.read().await
    }

    /// How many requests an order to end many would end now.
    pub async fn ends(&self, scope: &EndScope) -> usize {
        glasskey_domain::decide::ends(&*self.book().await, scope)
    }

    /// A request, finished or not.
    ///
    /// # Errors
    /// When the ledger could not be read: that is not "there is none".
    pub async fn request(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        if let Some(request) = self.book().await.request(id) {
            return Ok(Some(request.clone()));
        }
        self.shared.ledger.closed(id)
    }

    /// The requests that finished last, newest first.
    ///
    /// # Errors
    /// When the ledger could not be read.
    pub fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault> {
        self.shared.ledger.recently_closed(most)
    }

    /// The emergencies that finished last, newest first.
    ///
    /// # Errors
    /// When the ledger could not be read.
    pub fn recently_closed_emergencies(&self, most: usize) -> Result<Vec<Emergency>, Fault> {
        self.shared.ledger.recently_closed_emergencies(most)
    }

    /// Where emergencies are opened.
    #[must_use]
    pub fn federations(&self) -> &Federations {
        &self.shared.federations
    }

    /// The directory in force.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.shared.directory()
    }

    /// Policy in force.
    #[must_use]
    pub fn rules(&self) -> SharedRules {
        self.shared.rules()
    }

    /// Puts another policy in force. The journal is told by the caller, before.
    pub fn set_rules(&self, rules: SharedRules) {
        *self.shared.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// What people may ask for now, where that can be said.
    #[must_use]
    pub fn offering(&self) -> Option<Arc<dyn Offering>> {
        self.shared.extras.offering.clone()
    }

    /// Settings in force.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.shared.settings()
    }

    /// Puts other bundles in force. What was asked for by the name of one stays what it was.
    pub fn set_bundles(&self, bundles: BTreeMap<String, Bundle>) {
        let settings = Settings { bundles, ..(*self.settings()).clone() };
        *self.shared.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.shared.clock.now()
    }

    /// When each loop last came round.
    #[must_use]
    pub fn beats(&self) -> [(&'static str, jiff::Timestamp); 4] {
        self.shared.beats.last()
    }

    /// Moves whenever the clerk came round, at the latest after each decision: for who waits for the state to change.
    #[must_use]
    pub fn rounds(&self) -> latest::Receiver<jiff::Timestamp> {
        self.shared.beats.clerk.subscribe()
    }

    /// Whether the engine is being drained.
    #[must_use]
    pub fn draining(&self) -> latest::Receiver<bool> {
        self.shared.draining.clone()
    }

    /// Ends in good order: no new jobs, the steps under way finish, the journal learns of it.
    pub async fn drain(&self, mut running: Running) {
        self.shared.drain.send_replace(true);
        let finished = async {
            // The scheduler ends when its last performer has; the clerk when nobody can submit any more.
            while running.tasks.len() > 1 {
                if running.tasks.join_next().await.is_none() {
                    break;
                }
            }
        };
        if tokio::time::timeout(DRAIN_MAX, finished).await.is_err() {
            tracing::warn!(
                waited_s = DRAIN_MAX.as_secs(),
                "steps under way did not finish; they are resumed at the next start"
            );
        }
        if self.inside(Command::Stopped).await.is_err() {
            tracing::warn!("the journal could not be told that we stop");
        }
        running.tasks.shutdown().await;
    }
}

impl Running {
    /// Waits until a loop ends.
    ///
    /// # Errors
    /// What ended it. The process must end then: the state in memory may be ahead of the disk.
    pub async fn ended(&mut self) -> Result<(), Fault> {
        match self.tasks.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(failed)) => {
                Err(Fault::Permanent { what: format!("a loop of the engine failed: {failed}") })
            }
            None => Ok(()),
        }
    }
}

impl Shared {
    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_directory(&self, directory: Arc<Directory>) {
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = directory;
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn rules(&self) -> SharedRules {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }
}
