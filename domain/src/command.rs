//! What can come in: from people, from timers, from the outside. An outcome is a command too, so that there is one way in.

mod emergency;

use jiff::Timestamp;

use crate::federation::{FederationChange, Looked, Made};
use crate::holding::Change;
use serde::{Deserialize, Serialize};

use crate::ids::{
    AccountId, EmergencyId, FederationId, GroupId, InteractionId, MemberId, OperationId, PermissionSetArn,
    PersonId, RequestId, Subject,
};
use crate::job::Tell;
use crate::person::{Actor, ChatAccount, Employment, Platform, SignIn};
use crate::refusal::Refusal;
use crate::request::MessageRef;
use crate::target::{Holding, Target};
use crate::time::Seconds;
use crate::watch::Served;

pub use emergency::{EmergencyCommand, NewEmergency, Which};

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

/// What of a request an approver's yes or no is about. A button and its form say which, so that an old one means nothing that
/// came since (P1); who types names the request alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// What waits now.
    Now,
    /// The request itself.
    Request,
    /// More time.
    Extension {
        /// The first, the second…
        nth: u32,
    },
}

/// What somebody asks for, with names resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// A free id.
    pub id: RequestId,
    /// For what: at least one; several for a bundle.
    pub targets: Vec<Target>,
    /// The bundle that was asked for by its name.
    pub bundle: Option<String>,
    /// For how long.
    pub length: Seconds,
    /// From when, if not at once.
    pub starts_at: Option<Timestamp>,
    /// Whether it is to be granted at once and looked at afterwards.
    pub urgent: bool,
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
        /// Which of its matters.
        matter: Matter,
        /// For how long at most; as asked, when not said.
        length: Option<Seconds>,
    },
    /// A person denies.
    Deny {
        /// What.
        id: RequestId,
        /// Which of its matters.
        matter: Matter,
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
        /// Whether sessions that outlive it are to be cut.
        cut: bool,
    },
    /// An administrator ends many grants at once.
    EndAll {
        /// Which.
        scope: EndScope,
    },
    /// More time is asked for.
    Extend {
        /// For which.
        id: RequestId,
        /// How much.
        by: Seconds,
        /// Why, if they said so.
        reason: Option<String>,
    },
    /// An approver says that what was granted at once was right.
    Acknowledge {
        /// Which.
        id: RequestId,
        /// What they noted.
        note: Option<String>,
    },
    /// An approver objects to what was granted at once: it ends.
    Object {
        /// To which.
        id: RequestId,
        /// Why.
        why: String,
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
    /// It is time for a scheduled request.
    Start {
        /// Which.
        id: RequestId,
    },
    /// Somebody is to be reminded of a request, or warned.
    Nudge {
        /// Of which.
        id: RequestId,
    },
    /// What is left of an order to end many grants.
    GoOnEnding,
    /// No session that a denial is for can live any more.
    LiftCut {
        /// Of which holding.
        holding: Holding,
    },
    /// The directory, or policy, is new: whether what was granted could still be so.
    Recheck {
        /// Which.
        ids: Vec<RequestId>,
    },
    /// Something about access that no request explains.
    Drift(DriftCommand),
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
    /// A chat account is to be taken for a person, where the platform cannot say whose it is.
    Link {
        /// The account.
        account: ChatAccount,
        /// The person.
        person: PersonId,
        /// The sign-in that proves it; without one, an administrator says so.
        sign_in: Option<SignIn>,
    },
    /// A chat account is to be nobody's.
    Unlink {
        /// The account.
        account: ChatAccount,
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
        /// The chat platforms that it serves.
        platforms: Served,
    },
    /// The bot stops.
    Stopped,
    /// Something about break-glass.
    Emergency(EmergencyCommand),
    /// Identity Center began, or ceased, to answer.
    Center {
        /// Whether it answers.
        answers: bool,
        /// Since when.
        since: Timestamp,
    },
    /// A drill was not held when it should have been: nobody was there to hold it.
    DrillMissed {
        /// Of which federation.
        federation: FederationId,
        /// When.
        due: Timestamp,
    },
    /// What the outside answered.
    Outcome(Outcome),
}

/// Which grants are ended together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum EndScope {
    /// All of them.
    Everything,
    /// Those of one person.
    Person {
        /// Who.
        person: PersonId,
    },
    /// Those in one account.
    Account {
        /// Which.
        account: AccountId,
    },
}

/// What is seen of, and said about, access that no request explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriftCommand {
    /// All assignments to users of some permission sets were listed.
    Listed {
        /// Of which permission sets, all of them complete.
        of: Vec<PermissionSetArn>,
        /// Whom they are assigned to, and where.
        seen: Vec<Holding>,
    },
    /// A person says that it is known and shall stay.
    Adopt {
        /// What.
        holding: Holding,
        /// Why.
        reason: String,
    },
    /// The weekly report is due.
    Report {
        /// How many assignments to users there are that no request explains, adopted or not.
        standing: u32,
        /// Some of them.
        some: Vec<Holding>,
    },
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
        /// Who the user is there, if that was found out.
        member: Option<MemberId>,
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
    /// A create is about to be called, and no try at it so far was taken, as far as was heard.
    AboutToCreate {
        /// Of what.
        holding: Holding,
    },
    /// The provider cannot be asked, or asks us to come again; `None` when that is over.
    Trouble {
        /// About what.
        holding: Holding,
        /// What it says.
        what: Option<String>,
    },
    /// Who asks was read anew from the provider, right before their access is created.
    PersonRead {
        /// For which holding.
        holding: Holding,
        /// Whether they work here.
        employment: Employment,
        /// Which of the groups that permitted it they are not in any more.
        lost: Vec<GroupId>,
    },
    /// Sessions that began before the end are denied.
    SessionsCut {
        /// Of which holding.
        holding: Holding,
        /// Those from before this: another end of the same access may have come meanwhile.
        before: Timestamp,
    },
    /// Nothing of it is denied any more.
    SessionsFreed {
        /// Of which holding.
        holding: Holding,
    },
    /// They cannot be cut.
    SessionsNotCut {
        /// Of which holding.
        holding: Holding,
        /// Those from before this.
        before: Timestamp,
        /// Why.
        why: String,
    },
    /// The provider cannot be asked about sessions, or asks us to come again.
    SessionsTrouble {
        /// Of which holding.
        holding: Holding,
        /// What it says.
        what: String,
    },
    /// A look at the federation of an emergency.
    FederationLooked {
        /// Whose.
        id: EmergencyId,
        /// What was seen, as far as it could be.
        looked: Looked,
        /// What could not be read, and why.
        fault: Option<String>,
    },
    /// Changes at the identity provider were made, or not.
    FederationMade {
        /// For which emergency.
        id: EmergencyId,
        /// Each with how it went.
        results: Vec<(FederationChange, Made)>,
    },
    /// The sign-in metadata was fetched, or could not be.
    MetadataFetched {
        /// For which emergency.
        id: EmergencyId,
        /// Why not.
        fault: Option<String>,
    },
    /// A card is about to be posted.
    CardIntended {
        /// Whose.
        id: Subject,
        /// On which platform.
        on: Platform,
    },
    /// A card shows a version.
    CardShown {
        /// Whose.
        id: Subject,
        /// On which platform.
        on: Platform,
        /// Which.
        version: u64,
        /// Where.
        message: MessageRef,
    },
    /// A card can never be shown.
    CardUndeliverable {
        /// Whose.
        id: Subject,
        /// On which platform.
        on: Platform,
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
