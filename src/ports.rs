//! What the engine needs from outside, in the words of the domain. Implemented by the rooms that touch the outside;
//! never knows how.

mod offering;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use glasskey_domain::book::{Row, RowKey};
use glasskey_domain::drift::Drift;
use glasskey_domain::emergency::{CutPlan, Level, Member};
use glasskey_domain::federation::CutSeen;
pub use glasskey_domain::federation::READ_ONLY;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::{MemberId, OperationId};
use glasskey_domain::person::{Employment, SignIn};
use glasskey_domain::request::MessageRef;
use glasskey_domain::sessions::SessionCut;
use glasskey_domain::watch::Watch;
use glasskey_domain::{
    AccessRequest, Directory, Emergency, EmergencyId, GroupId, Holding, PermissionSetArn, Person, PersonId,
    Record, RequestId, Tell,
};
use jiff::Timestamp;
use secrecy::SecretString;

pub use self::offering::{Asking, Bounds, Choosing, Offer, Offered, OfferedLength, Offering, Offers, Query};

/// A boxed future, so that ports can be trait objects.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something outside did not do what it was asked. For the operator, never for the person alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may work later. Of a change of access: nothing was done. Of anything else: or doing it again is harmless.
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
    /// The user's immutable id there, where it is another than the directory's.
    pub member: Option<MemberId>,
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

/// What became of sessions that were to be denied, or not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// AWS has it, in every account where it matters.
    InForce,
    /// It cannot be done, ever, with the reason. Nothing is left half done that matters.
    Refused {
        /// Why.
        why: String,
    },
}

/// Where sessions that outlive an assignment are denied. Idempotent: it makes what is denied as it should be.
pub trait AssignmentSessions: Send + Sync {
    /// Makes AWS deny exactly the sessions of `wanted`, which are all those of one permission set, and provisions the account of
    /// `holding`. No two calls at once.
    fn deny<'a>(
        &'a self,
        holding: &'a Holding,
        wanted: &'a [SessionCut],
    ) -> Answer<'a, Result<Denial, Fault>>;
}

/// What the provider says of a person now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePerson {
    /// Whether they work here.
    pub employment: Employment,
    /// Of the groups that were asked about, those they are not in.
    pub lost: Vec<GroupId>,
}

/// Where a person is read anew, right before their access is created.
pub trait LivePeople: Send + Sync {
    /// What the provider says of a person and some of their groups now.
    fn read<'a>(
        &'a self,
        person: &'a PersonId,
        groups: &'a [GroupId],
    ) -> Answer<'a, Result<LivePerson, Fault>>;
}

/// Where all assignments of a permission set to users are listed.
pub trait AssignmentList: Send + Sync {
    /// All of them, in all accounts, complete or not at all; behind everything else that the provider is asked for.
    fn list<'a>(&'a self, permission_set: &'a PermissionSetArn) -> Answer<'a, Result<Vec<Holding>, Fault>>;
}

/// What an identity provider needs to know of a federation to look at it.
#[derive(Debug, Clone, Copy)]
pub struct Federation<'a> {
    /// The provider's id of the app.
    pub app: &'a str,
    /// The provider's ids of the groups.
    pub groups: &'a BTreeMap<Level, String>,
}

/// What was seen of a federation, part by part: what could not be read says why, and is never taken for empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Whether the app is active.
    pub app: Result<bool, Fault>,
    /// Who is in the groups: all pages.
    pub groups: BTreeMap<Level, Result<Vec<Member>, Fault>>,
}

/// One line of what `glasskey breakglass check` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in three to six words.
    pub what: String,
    /// How it is; in `Err`, what is wrong and what to do.
    pub how: Result<String, String>,
}

/// Where emergency access is opened: an app that federates into AWS, and groups. Okta, Entra ID, Keycloak. Never decides;
/// each call is idempotent at the provider, bounded in time, and never repeated by the implementation after it may have
/// been taken (except what changes nothing). All calls that can run side by side do; closing goes before opening when the
/// provider's budget is short.
pub trait IdentityProvider: Send + Sync {
    /// What the provider has, read back. All parts side by side.
    fn observe<'a>(&'a self, federation: Federation<'a>, urgency: Urgency) -> Answer<'a, Observed>;
    /// Activates the app.
    fn activate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>>;
    /// Deactivates the app: before everything else.
    fn deactivate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>>;
    /// Puts a person into a group, and answers who they are there. `Fault::Permanent`: there is no such active user, or
    /// several, or the provider refuses it for good.
    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>>;
    /// Takes a member out of a group; that they are not in it is success.
    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>>;
    /// Fetches the metadata that the AWS side trusts, as a sign-in would need it: proof that the app can federate.
    fn metadata<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>>;
    /// Readiness: credentials and their rights, app there and inactive, groups there, plain, empty and fed by no rule.
    fn check<'a>(&'a self, federation: Federation<'a>) -> Answer<'a, Vec<Finding>>;
    /// Where people sign in to the app, when the provider says.
    fn sign_in_link<'a>(&'a self, app: &'a str) -> Answer<'a, Result<Option<String>, Fault>>;
}

/// Where sessions that outlive an emergency are cut.
pub trait SessionCutter: Send + Sync {
    /// Denies sessions that began before `before`, on every role of the plan.
    fn cut<'a>(&'a self, plan: &'a CutPlan, before: Timestamp) -> Answer<'a, Result<(), Fault>>;
    /// What is denied on every role of the plan: the earliest of their times, or `Not` when one has none.
    fn look<'a>(&'a self, plan: &'a CutPlan) -> Answer<'a, Result<CutSeen, Fault>>;
}

/// A part of Identity Center that answers, or does not, for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CenterPart {
    /// What assigns access.
    Center,
    /// The Identity Store.
    Store,
}

/// Who hears how the ordinary calls to Identity Center go. Nobody waits for it.
pub trait CenterEar: Send + Sync {
    /// A call was answered, or was not: no connection, no answer in time, or trouble on their side. What says nothing of
    /// how Identity Center is (too many calls, no rights, given up by us) is not heard.
    fn heard(&self, part: CenterPart, answered: bool);
}

/// Identity Center, to be asked whether it is there.
pub trait Center: Send + Sync {
    /// Asks it something small, behind everything else; how that went is heard by a [`CenterEar`].
    fn ask(&self) -> Answer<'_, Result<(), Fault>>;
}

/// What a person is to do to sign in: open the page, and type the code there.
#[derive(Clone)]
pub struct SignInOffer {
    /// What they type. For their eyes alone: whoever signs in with it does so for them.
    pub user_code: String,
    /// Where they type it.
    pub verification_uri: String,
    /// The same page with the code filled in, when the provider has one.
    pub verification_uri_complete: Option<String>,
    /// From then on the code is good for nothing.
    pub expires_at: Timestamp,
    ticket: SignInTicket,
}

/// By what a [`SignInProvider`] knows its own offer again. Nobody else's business.
#[derive(Clone)]
pub struct SignInTicket {
    /// With which the token is asked for.
    pub device_code: SecretString,
    /// How often it may be asked for.
    pub interval: Duration,
    /// What the token repeats, where the provider does that.
    pub nonce: String,
    /// When it began: no token is older.
    pub begun_at: Timestamp,
}

impl SignInOffer {
    /// An offer of somebody who holds this ticket.
    #[must_use]
    pub fn new(
        user_code: String,
        verification_uri: String,
        verification_uri_complete: Option<String>,
        expires_at: Timestamp,
        ticket: SignInTicket,
    ) -> Self {
        Self { user_code, verification_uri, verification_uri_complete, expires_at, ticket }
    }

    /// For the provider that made it.
    #[must_use]
    pub fn ticket(&self) -> &SignInTicket {
        &self.ticket
    }
}

impl std::fmt::Debug for SignInOffer {
    /// Without codes: who has them signs in for somebody else.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInOffer").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Why nobody signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSignedIn {
    /// The person said no.
    #[error("the sign-in was denied")]
    Denied,
    /// Nobody signed in in time, or the code is no longer good.
    #[error("nobody signed in in time")]
    Expired,
    /// Somebody signed in, and the token is not one that may be believed.
    #[error("the sign-in cannot be accepted: {why}")]
    Unacceptable {
        /// What is wrong with it, and what to do where that is known. No part of the token.
        why: String,
    },
    /// The provider could not be asked.
    #[error(transparent)]
    CouldNotAsk(Fault),
}

/// Where people sign in to show who they are: the company's identity provider, by device code (RFC 8628). Never decides what
/// a sign-in is good for. Who calls it bounds how many offers are open at once.
pub trait SignInProvider: Send + Sync {
    /// Asks for a code.
    fn begin(&self) -> Answer<'_, Result<SignInOffer, Fault>>;
    /// Waits until the person has signed in, said no, or the offer has expired.
    fn finish<'a>(&'a self, offer: &'a SignInOffer) -> Answer<'a, Result<SignIn, NotSignedIn>>;
}

/// Where the directory is read.
pub trait DirectorySource: Send + Sync {
    /// Reads all of it, complete or not at all. `read_at` of the answer is `now`.
    fn read<'a>(&'a self, now: Timestamp) -> Answer<'a, Result<Directory, Fault>>;
}

/// What a card or a message is about.
#[derive(Debug, Clone, Copy)]
pub enum About<'a> {
    /// An access request.
    Request(&'a AccessRequest),
    /// An emergency.
    Emergency(&'a Emergency),
    /// What is watched; it has messages and no card.
    Watch(Watched<'a>),
}

/// What is watched, with what was seen that no request explains.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    /// What is watched.
    pub watch: &'a Watch,
    /// Access that no request explains.
    pub drifts: &'a [Drift],
}

/// Where people are told things. The words are the door's business (it takes them from `notices`).
pub trait Chat: Send + Sync {
    /// Posts the card. `look_since`: an earlier try since then may have succeeded, so look before posting.
    fn post_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>>;
    /// Makes a posted card show the request, or the emergency, as it is.
    fn update_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>>;
    /// Delivers a message. `look_since` as above.
    fn tell<'a>(
        &'a self,
        tell: &'a Tell,
        about: About<'a>,
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
    /// An emergency that is finished.
    ///
    /// # Errors
    /// When it could not be read: that is not "there is none".
    fn closed_emergency(&self, id: &EmergencyId) -> Result<Option<Emergency>, Fault>;
    /// The emergencies that finished last, newest first, up to `most`.
    ///
    /// # Errors
    /// When they could not be read.
    fn recently_closed_emergencies(&self, most: usize) -> Result<Vec<Emergency>, Fault>;
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
