//! What the engine needs from outside, in the words of the domain. Implemented by the rooms that touch the outside;
//! never knows how.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::request::MessageRef;
use glasskey_domain::{AccessRequest, Directory, GroupId, Holding, Tell};
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

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
