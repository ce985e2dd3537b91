//! What the engine needs from outside, in the words of the domain. Implemented by the rooms that touch the outside;
//! never knows how.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use glasskey_domain::book::{Row, RowKey};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::request::MessageRef;
use glasskey_domain::{AccessRequest, Directory, GroupId, Holding, Record, RequestId, Tell};
use jiff::Timestamp;

/// A boxed future, so that ports can be trait objects.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something outside did not do what it was asked. For the operator, never for the person alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may work later; nothing was done, or doing it again is harmless.
    #[error("{what}")]
    Transient {
        /// What it said, fit for a card: no secrets, no bodies.
        what: String,
        /// It asked to be left alone for so long.
        retry_after: Option<Duration>,
    },
    /// The answer was lost: it may have been done.
    #[error("{what}")]
    Lost {
        /// What is known.
        what: String,
    },
    /// It will not work until somebody mends something.
    #[error("{what}")]
    Permanent {
        /// What it said.
        what: String,
    },
}

impl Fault {
    /// What it said.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Self::Transient { what, .. } | Self::Lost { what } | Self::Permanent { what } => what,
        }
    }
}

/// How much a call matters when a budget is short: ending access, then break-glass, then granting, then the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Taking access away.
    Ending,
    /// Break-glass.
    Emergency,
    /// Giving access.
    Granting,
    /// Reading the directory, reconciliation.
    Background,
}

/// What a look at the provider showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whether the user has it directly.
    pub direct: bool,
    /// The groups of the user that have it.
    pub groups: Vec<GroupId>,
}

/// How a running change is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not done yet.
    Running,
    /// Done, says the provider; a look must confirm it.
    Succeeded,
    /// Failed, with the provider's reason.
    Failed {
        /// The reason.
        why: String,
    },
    /// The provider does not know the operation (any more).
    Unknown,
}

/// What the provider answered to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It works on it.
    Running(OperationId),
    /// There was nothing to delete.
    NothingThere,
    /// It will not do it, ever, with its reason. Nothing was done.
    Refused {
        /// The reason.
        why: String,
    },
}

/// Where access is held. Never decides; each call is bounded in time by the implementation.
pub trait Access: Send + Sync {
    /// What the provider has.
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>>;
    /// Starts a change. Never repeats a call by itself: each attempt is decided and written down before.
    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>>;
    /// The operation under way for this change, when an earlier try at it may have been taken and its answer was lost.
    /// `None`: there is none, or the provider cannot tell; then the change is tried again, which is harmless.
    fn find<'a>(
        &'a self,
        _holding: &'a Holding,
        _change: Change,
        _urgency: Urgency,
    ) -> Answer<'a, Result<Option<OperationId>, Fault>> {
        Box::pin(async { Ok(None) })
    }
    /// How a running change is doing.
    fn poll<'a>(
        &'a self,
        change: Change,
        operation: &'a OperationId,
        urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>>;
}

/// Where the directory is read.
pub trait DirectorySource: Send + Sync {
    /// Reads all of it, complete or not at all. `read_at` of the answer is `now`.
    fn read<'a>(&'a self, now: Timestamp) -> Answer<'a, Result<Directory, Fault>>;
}

/// Where people are told things. The words are the door's business (it takes them from `notices`).
pub trait Chat: Send + Sync {
    /// Posts the card of a request. `look_since`: an earlier try since then may have succeeded, so look before posting.
    fn post_card<'a>(
        &'a self,
        request: &'a AccessRequest,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>>;
    /// Makes a posted card show the request as it is.
    fn update_card<'a>(
        &'a self,
        request: &'a AccessRequest,
        directory: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>>;
    /// Delivers a message. `look_since` as above.
    fn tell<'a>(
        &'a self,
        tell: &'a Tell,
        request: &'a AccessRequest,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<(), Fault>>;
}

/// One decision on its way into the ledger: the record for the journal, and the rows of the state that follow from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was decided.
    pub record: Record,
    /// What the state is now where it changed.
    pub rows: Vec<(RowKey, Option<Row>)>,
}

/// Where decisions are kept. What [`Ledger::commit`] answered is durable.
pub trait Ledger: Send + Sync {
    /// Makes these decisions durable, in their order, as one batch. After an error nothing more may be decided: what is
    /// in memory is ahead of what is on disk.
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>>;
    /// A request that is finished.
    ///
    /// # Errors
    /// When it could not be read: that is not "there is none".
    fn closed(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault>;
    /// The requests that finished last, newest first, up to `most`.
    ///
    /// # Errors
    /// When they could not be read.
    fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault>;
    /// Keeps a document too large for a record, and answers the hash by which a record names it.
    fn keep(&self, bytes: Vec<u8>) -> Answer<'_, Result<String, Fault>>;
    /// Lets go of all kept documents but these.
    fn forget_others<'a>(&'a self, keep: &'a [String]) -> Answer<'a, Result<(), Fault>>;
    /// A kept document.
    fn kept<'a>(&'a self, hash: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>>;
}

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
