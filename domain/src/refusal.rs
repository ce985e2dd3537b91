//! Glasskey's own no to a person: typed here, put into words by `notices`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::directory::Feed;
use crate::ids::{AccountId, EmergencyId, FederationId, GroupId, PersonId, RequestId};
use crate::rules::{NotPermitted, Quorum};
use crate::settings::StepUpAction;
use crate::time::Seconds;

/// Why a command was refused. Nothing has changed when one of these is answered, except that the journal has it (P7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum Refusal {
    /// The chat account could not be taken for a person of the company.
    Stranger {
        /// Why not.
        why: StrangerWhy,
    },
    /// Somebody who is mentioned could not be taken for a person of the company.
    NamedStranger {
        /// Whom: their account in chat, and the name it shows.
        named: String,
        /// Why not.
        why: StrangerWhy,
    },
    /// The words could not be read; the door shows the right form.
    Unreadable {
        /// The sentence of the parser.
        sentence: String,
    },
    /// What was typed names no, or several, or nothing we could ask about.
    Unresolved {
        /// `account`, `permission set` or `request`.
        what: Kind,
        /// What was typed.
        typed: String,
        /// What it could be: none for "no such", several for "which?".
        candidates: Vec<String>,
    },
    /// The directory was never read, so nothing can be decided.
    DirectoryNotRead,
    /// The person is not in the directory.
    NotInDirectory,
    /// The company says that the person is disabled, or does not say that they are enabled.
    NotEnabled {
        /// Who.
        person: PersonId,
    },
    /// The account is closed or its state is unknown.
    AccountNotActive {
        /// Which one.
        account: AccountId,
    },
    /// A delegated administrator may assign nothing in the management account.
    ManagementAccount {
        /// Which one.
        account: AccountId,
    },
    /// The account or the permission set is no longer in the directory.
    TargetGone,
    /// No reason, or one too short.
    ReasonTooShort {
        /// Fewest characters.
        min: usize,
    },
    /// The reason is longer than a card can show.
    ReasonTooLong {
        /// Most characters.
        max: usize,
    },
    /// A ticket is needed.
    TicketMissing {
        /// What one looks like, when the configuration says.
        pattern: Option<String>,
    },
    /// The ticket does not look like one.
    TicketMalformed {
        /// What was given.
        ticket: String,
        /// What one looks like.
        pattern: String,
    },
    /// Shorter than the shortest grant.
    TooShort {
        /// The shortest.
        min: Seconds,
    },
    /// Longer than the longest grant of the configuration.
    TooLong {
        /// The longest.
        max: Seconds,
    },
    /// Policy says no.
    NotPermitted {
        /// Why.
        why: NotPermitted,
    },
    /// Fewer people could approve than policy asks for.
    NobodyCouldApprove {
        /// How many it asks for.
        needed: u32,
        /// How many there are, without the requester.
        found: u32,
    },
    /// The same person already waits for the same access.
    AlreadyAsked {
        /// The request that waits.
        id: RequestId,
    },
    /// The person has too many requests open.
    TooManyOpen {
        /// The limit.
        max: usize,
    },
    /// No request has this id.
    NoSuchRequest {
        /// The id.
        id: RequestId,
    },
    /// Nobody approves what they asked for themselves (P1, pitfall 13).
    OwnRequest,
    /// Policy does not let this person approve it.
    NotAnApprover {
        /// Why.
        why: NotPermitted,
    },
    /// This person has approved it before; more of the same does not count (P1).
    AlreadyApproved {
        /// How many approvals are still missing.
        missing: u32,
    },
    /// The request is past the point at which this can be done.
    TooLate {
        /// Where it is now.
        state: StateWord,
        /// Since when, where that is known.
        since: Option<Timestamp>,
        /// By whom, where somebody did it.
        by: Option<PersonId>,
    },
    /// The request is not yet where this can be done.
    TooEarly {
        /// Where it is now.
        state: StateWord,
    },
    /// Nothing was asked for, or more things at once than one request takes.
    TooManyThings {
        /// Most.
        max: usize,
    },
    /// What decides who is in the group would undo it.
    GroupIsFed {
        /// Which.
        group: GroupId,
        /// What decides who is in it.
        by: Feed,
    },
    /// The access cannot begin then.
    StartNotPossible {
        /// How far ahead it may be.
        ahead: Seconds,
    },
    /// Access that is granted at once begins at once.
    UrgentIsNow,
    /// Policy wants approvals of certain groups, and this person is in none that is still missing.
    NotOfTheGroups {
        /// Of which groups approvals are still missing.
        groups: Vec<Quorum>,
    },
    /// The length that an approver says is none they can say.
    LengthNotLess {
        /// What was asked for.
        asked: Seconds,
    },
    /// An extension waits for approval already.
    ExtensionWaits {
        /// Until when.
        lapses_at: Timestamp,
    },
    /// The grant cannot be extended so far.
    ExtensionTooLong {
        /// The longest that it may be, all in all.
        max: Seconds,
        /// Which policy or setting says so.
        policy: String,
    },
    /// It does not wait for anybody to look at it.
    NothingToAcknowledge {
        /// Which.
        id: RequestId,
    },
    /// Cutting sessions is not configured.
    CannotCutSessions,
    /// There is no such access that no request explains.
    NoSuchDrift,
    /// The person never asked for anything that could be asked for again.
    NothingAsked,
    /// Only the requester withdraws.
    NotTheRequester,
    /// The requester withdraws, instead of denying their own.
    WithdrawInstead,
    /// Policy does not let this person end it.
    MayNotEnd {
        /// Why.
        why: NotPermitted,
    },
    /// The host's user is not linked to a person, so cannot do what only people do.
    LocalUserUnknown {
        /// The Unix user.
        user: String,
    },
    /// The thing is done in a place which is not served.
    NotServedHere {
        /// Why this place is not.
        why: PlaceWhy,
    },
    /// Policy no longer permits the request that waits.
    NoLongerPermitted {
        /// Why.
        why: NotPermitted,
    },
    /// The bot is as full as it may be.
    Full,
    /// No emergency federation is configured.
    NoFederation,
    /// Several are configured, and none was named; or one was named that is not.
    WhichFederation {
        /// What was named.
        named: Option<FederationId>,
        /// Those there are.
        known: Vec<FederationId>,
    },
    /// An emergency is on in this federation, or is being opened.
    EmergencyIsOn {
        /// Which.
        id: EmergencyId,
        /// Until when.
        until: Timestamp,
    },
    /// An emergency waits in this federation for another person's yes.
    EmergencyIsProposed {
        /// Which.
        id: EmergencyId,
    },
    /// There is no emergency for which this could be done.
    NoEmergency,
    /// The emergency is not where this can be done.
    EmergencyTooLate {
        /// Which.
        id: EmergencyId,
        /// Where it is now.
        state: EmergencyWord,
    },
    /// Policy does not let this person open, extend or people an emergency.
    MayNotBreakGlass {
        /// Why.
        why: NotPermitted,
    },
    /// Policy does not let this person confirm it.
    MayNotConfirm {
        /// Why.
        why: NotPermitted,
    },
    /// Who opened it, or gets the access, does not confirm, extend or review it (P1).
    OwnEmergency,
    /// The opener may go on alone, but not yet.
    AloneTooEarly {
        /// From when; never, when there is none.
        from: Option<Timestamp>,
    },
    /// Policy does not let this person close it, and they have no part in it.
    MayNotClose,
    /// Nobody of those named is in it.
    NobodyToRemove,
    /// Everybody named is in it already.
    AlreadyIn,
    /// More people than an emergency takes.
    TooManyPeople {
        /// Most.
        max: usize,
    },
    /// The federation has no group of this level.
    NoSuchLevel {
        /// Which.
        level: crate::emergency::Level,
    },
    /// It does not wait for a review.
    NothingToReview {
        /// Which.
        id: EmergencyId,
    },
    /// Policy does not make this person an auditor.
    NotAnAuditor {
        /// Why.
        why: NotPermitted,
    },
    /// Policy does not make this person an administrator.
    NotAnAdministrator {
        /// Why.
        why: NotPermitted,
    },
    /// The configuration wants a fresh sign-in for this.
    SignInNeeded {
        /// For what.
        action: StepUpAction,
    },
    /// The sign-in is too old, or the identity provider does not say when it was.
    SignInNotFresh {
        /// How old it may be.
        fresh: Seconds,
    },
    /// Somebody else signed in than the one who acts, or somebody whom the directory does not know by that address.
    SignedInAsAnother {
        /// As whom, when the identity provider says so.
        email: Option<String>,
    },
    /// Nobody signed in.
    NotSignedIn {
        /// Why, in words: said no, ran out of time, or the identity provider could not be asked.
        why: NoSignIn,
    },
    /// Accounts of this platform are found by their e-mail address, and not linked.
    NotLinkable,
    /// The account is another person's.
    AccountIsLinked {
        /// Whose.
        person: PersonId,
    },
    /// The person has another account there.
    PersonIsLinked {
        /// Who.
        person: PersonId,
        /// Which: the platform's id of the user.
        user: String,
    },
    /// The account is nobody's.
    NotLinked,
}

/// Where an emergency is, for sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmergencyWord {
    /// Waits for another person's yes.
    Proposed,
    /// Ordered.
    Opening,
    /// On.
    On,
    /// Being closed.
    Closing,
    /// Off.
    Off,
    /// Somebody said no.
    Declined,
    /// The opener took it back.
    Withdrawn,
    /// Nobody answered in time.
    Lapsed,
}

/// What a selector selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An account.
    Account,
    /// A permission set.
    PermissionSet,
    /// A group.
    Group,
    /// A bundle.
    Bundle,
    /// An access request.
    Request,
    /// A person.
    Person,
    /// An emergency.
    Emergency,
}

/// Why a chat account is not taken for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum StrangerWhy {
    /// It belongs to another workspace.
    OtherWorkspace,
    /// It is a guest.
    Guest,
    /// It is a bot or an app.
    Bot,
    /// It is deactivated.
    Deactivated,
    /// Its e-mail address is missing or not confirmed.
    EmailNotConfirmed,
    /// Nobody in the directory has its e-mail address.
    NobodyHasEmail {
        /// The address.
        email: String,
    },
    /// Several people in the directory have its e-mail address.
    SeveralHaveEmail {
        /// The address.
        email: String,
    },
    /// It was bound to one person and its e-mail address is another's now: alarmed, and refused.
    BindingChanged {
        /// The person it is bound to.
        bound: PersonId,
    },
    /// The platform did not answer who this is: could not ask is never "somebody".
    CouldNotAsk,
    /// The platform cannot say who this is, and nobody has linked the account.
    NotLinked,
}

/// Why nobody signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum NoSignIn {
    /// The configuration names no identity provider for it.
    NotConfigured,
    /// They said no there.
    Denied,
    /// They took too long.
    Expired,
    /// The identity provider's answer is none that we may believe.
    Unacceptable {
        /// What is wrong with it.
        what: String,
    },
    /// The identity provider could not be asked.
    CouldNotAsk,
}

/// Why a place is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceWhy {
    /// The channel is shared with another company.
    SharedExternally,
    /// We could not learn whether it is.
    CouldNotAsk,
    /// It is a direct message, or the app was installed by a user: commands are taken in our own server alone.
    NotOurServer,
}

/// The states, without what is true in them, for sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateWord {
    /// Waits for approvals.
    Pending,
    /// Approved; its time has not come.
    Scheduled,
    /// Approved; the access is being created.
    Granting,
    /// The access is there.
    Active,
    /// The access is being taken away.
    Ending,
    /// The access is gone.
    Ended,
    /// An approver said no.
    Denied,
    /// The requester took it back.
    Withdrawn,
    /// Nobody answered in time.
    Lapsed,
    /// The access could not be created.
    Failed,
}
