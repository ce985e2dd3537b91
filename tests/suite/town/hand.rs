//! A hand between the bot and the outside: it sees every step that leaves the house, before it is made and after, and
//! may hold it for ever, as a process that died there would have.

use std::sync::{Arc, Mutex, PoisonError};

use glasskey::cli::run::Ports;
use glasskey::ports::{Access, Answer, Chat, Entry, Fault, Ledger, Progress, Seen, Started, Urgency};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::request::MessageRef;
use glasskey_domain::{AccessRequest, Directory, Holding, RequestId, Tell};
use jiff::Timestamp;
use tokio::sync::watch;

/// One step that leaves the house, in the order in which they were made: `before start create`, `after commit`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step(pub(crate) String);

/// Says whether a step is stopped at; asked with the number of the step (from 0) and its name.
type Stops = dyn Fn(usize, &Step) -> bool + Send + Sync;

/// See the top of this file. Clones are one hand.
#[derive(Clone)]
pub(crate) struct Hand {
    steps: Arc<Mutex<Vec<Step>>>,
    stops: Arc<Mutex<Arc<Stops>>>,
    stopped: Arc<watch::Sender<Option<Step>>>,
}

impl Hand {
    /// A hand that only looks on.
    pub(crate) fn that_looks_on() -> Self {
        Self::that_stops(|_, _| false)
    }

    /// A hand that stops the bot at a step, for ever: from then on nothing leaves the house.
    pub(crate) fn that_stops(at: impl Fn(usize, &Step) -> bool + Send + Sync + 'static) -> Self {
        Self {
            steps: Arc::default(),
            stops: Arc::new(Mutex::new(Arc::new(at))),
            stopped: Arc::new(watch::Sender::new(None)),
        }
    }

    /// Lets go: what starts from now on only is looked at.
    pub(crate) fn lets_go(&self) {
        *self.stops.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(|_, _| false);
        self.stopped.send_replace(None);
    }

    /// The steps so far.
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The step at which the bot was stopped, when it was.
    pub(crate) fn stopped(&self) -> watch::Receiver<Option<Step>> {
        self.stopped.subscribe()
    }

    async fn at(&self, name: String) {
        let step = Step(name);
        let dead = {
            let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
            if self.stopped.borrow().is_some() {
                true
            } else {
                let stops = self.stops.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let dead = stops(steps.len(), &step);
                steps.push(step.clone());
                if dead {
                    self.stopped.send_replace(Some(step));
                }
                dead
            }
        };
        if dead {
            std::future::pending::<()>().await;
        }
    }

    async fn around<T>(&self, name: String, made: impl Future<Output = T>) -> T {
        self.at(format!("before {name}")).await;
        let answer = made.await;
        self.at(format!("after {name}")).await;
        answer
    }

    /// Puts the hand between.
    pub(super) fn between(self, ports: Ports) -> Ports {
        let Ports { ledger, access, chat } = ports;
        Ports {
            ledger: Arc::new(Watched { hand: self.clone(), port: ledger }),
            access: Arc::new(Watched { hand: self.clone(), port: access }),
            chat: Arc::new(Watched { hand: self, port: chat }),
        }
    }
}

struct Watched<P: ?Sized> {
    hand: Hand,
    port: Arc<P>,
}

impl Access for Watched<dyn Access> {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(self.hand.around("look".to_owned(), self.port.look(holding, urgency)))
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        let name = format!("start {change:?}").to_lowercase();
        Box::pin(self.hand.around(name, self.port.start(holding, change, urgency)))
    }

    fn poll<'a>(
        &'a self,
        change: Change,
        operation: &'a OperationId,
        urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        let name = format!("poll {change:?}").to_lowercase();
        Box::pin(self.hand.around(name, self.port.poll(change, operation, urgency)))
    }
}

impl Chat for Watched<dyn Chat> {
    fn post_card<'a>(
        &'a self,
        request: &'a AccessRequest,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>> {
        let made = self.port.post_card(request, directory, look_since);
        Box::pin(self.hand.around("post card".to_owned(), made))
    }

    fn update_card<'a>(
        &'a self,
        request: &'a AccessRequest,
        directory: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>> {
        let made = self.port.update_card(request, directory, message);
        Box::pin(self.hand.around("update card".to_owned(), made))
    }

    fn tell<'a>(
        &'a self,
        tell: &'a Tell,
        request: &'a AccessRequest,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<(), Fault>> {
        let made = self.port.tell(tell, request, directory, look_since);
        Box::pin(self.hand.around("tell".to_owned(), made))
    }
}

impl Ledger for Watched<dyn Ledger> {
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>> {
        Box::pin(async move {
            let first = batch.iter().flat_map(|entry| &entry.record.events).next();
            let kind = first.and_then(|event| {
                let event = serde_json::to_value(event).ok()?;
                event.get("event").and_then(|kind| kind.as_str()).map(str::to_owned)
            });
            let name = format!("commit {}", kind.unwrap_or_default());
            self.hand.around(name, self.port.commit(batch)).await
        })
    }

    fn closed(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        self.port.closed(id)
    }

    fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault> {
        self.port.recently_closed(most)
    }

    fn keep(&self, bytes: Vec<u8>) -> Answer<'_, Result<String, Fault>> {
        Box::pin(self.hand.around("keep".to_owned(), self.port.keep(bytes)))
    }

    fn forget_others<'a>(&'a self, keep: &'a [String]) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.hand.around("forget".to_owned(), self.port.forget_others(keep)))
    }

    fn kept<'a>(&'a self, hash: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>> {
        self.port.kept(hash)
    }
}
