//! What can come in: from people, from timers, from the outside. An outcome is a command too, so that there is one way in.

use crate::holding::Change;
use crate::ids::{GroupId, InteractionId, OperationId, PersonId, RequestId};
use crate::job::Tell;
use crate::person::{Actor, ChatAccount};
use crate::refusal::Refusal;
use crate::request::MessageRef;
use crate::target::{Holding, Target};
use crate::time::Seconds;

/// One thing to decide, with who brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Who.
    pub by: Actor,
    /// The delivery that carries it, for those that can come twice.
    pub interaction: Option<InteractionId>,
    /// What.
    pub command: Command,
}

impl Incoming {
    /// From inside: a timer or an outcome.
    #[must_use]
    pub fn inside(command: Command) -> Self {
        Self { by: Actor::glasskey(), interaction: None, command }
    }
}

/// What somebody asks for, with names resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// A free id.
    pub id: RequestId,
    /// For what.
    pub target: Target,
    /// For how long.
    pub length: Seconds,
    /// Why.
    pub reason: String,
    /// Under which ticket.
    pub ticket: Option<String>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A person asks for access.
    Request(NewRequest),
    /// A person approves.
    Approve {
        /// What.
        id: RequestId,
    },
    /// A person denies.
    Deny {
        /// What.
        id: RequestId,
        /// Why.
        why: String,
    },
    /// A person withdraws.
    Withdraw {
        /// What.
        id: RequestId,
    },
    /// A person ends a grant early.
    End {
        /// Which.
        id: RequestId,
    },
    /// A door refuses; the journal shall have it.
    Refuse {
        /// What was tried.
        verb: String,
        /// Why not.
        refusal: Refusal,
    },
    /// A request's time to be answered is up.
    Lapse {
        /// Which.
        id: RequestId,
    },
    /// A grant's time is up.
    Expire {
        /// Which.
        id: RequestId,
    },
    /// Access that should be gone may still be there.
    Overdue {
        /// Which.
        id: RequestId,
    },
    /// A chat account was taken for a person.
    Bind {
        /// The account.
        account: ChatAccount,
        /// The person.
        person: PersonId,
        /// By this address.
        email: String,
    },
    /// The directory was read whole.
    DirectoryRead {
        /// Hash of the document that holds it.
        document: String,
        /// How many people, groups, accounts, permission sets.
        counts: [u32; 4],
    },
    /// A policy set came into force.
    PolicyLoaded {
        /// Its hash.
        set: String,
        /// The files it was read from.
        files: Vec<String>,
    },
    /// The bot started.
    Started {
        /// Its version.
        version: String,
    },
    /// The bot stops.
    Stopped,
    /// What the outside answered.
    Outcome(Outcome),
}

/// What the outside answered to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A look at the provider.
    Looked {
        /// At what.
        holding: Holding,
        /// Whether it is assigned to the user.
        direct: bool,
        /// The user's groups to which it is assigned.
        groups: Vec<GroupId>,
    },
    /// The provider works on a change.
    Running {
        /// Of what.
        holding: Holding,
        /// Which.
        change: Change,
        /// Its name for it.
        operation: OperationId,
    },
    /// The provider says that a change is done (or that there was nothing to delete).
    Succeeded {
        /// Of what.
        holding: Holding,
        /// Which.
        change: Change,
    },
    /// The provider says that a change failed for good, or will not take it.
    Failed {
        /// Of what.
        holding: Holding,
        /// Which.
        change: Change,
        /// Why.
        why: String,
    },
    /// The answer to a change was lost.
    ReplyLost {
        /// Of what.
        holding: Holding,
        /// Which.
        change: Change,
    },
    /// The provider cannot be asked, or asks us to come again; `None` when that is over.
    Trouble {
        /// About what.
        holding: Holding,
        /// What it says.
        what: Option<String>,
    },
    /// A card is about to be posted.
    CardIntended {
        /// Whose.
        id: RequestId,
    },
    /// A card shows a version.
    CardShown {
        /// Whose.
        id: RequestId,
        /// Which.
        version: u64,
        /// Where.
        message: MessageRef,
    },
    /// A card can never be shown.
    CardUndeliverable {
        /// Whose.
        id: RequestId,
        /// What the platform said.
        why: String,
    },
    /// A message is about to be posted.
    TellIntended {
        /// Which.
        tell: Tell,
    },
    /// A message was delivered.
    Told {
        /// Which.
        tell: Tell,
    },
    /// A message can never be delivered.
    Undeliverable {
        /// Which.
        tell: Tell,
        /// What the platform said.
        why: String,
    },
}
