//! What happened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DriftFact, EmergencyFact, SessionsFact};
use crate::command::EndScope;
use crate::holding::Change;
use crate::ids::{EmergencyId, FederationId, MemberId, OperationId, PersonId, RequestId, Subject};
use crate::job::Tell;
use crate::person::{ChatAccount, Platform, SignIn, Who};
use crate::refusal::Refusal;
use crate::request::{Approval, Ask, EndCause, Extension, Lost, MessageRef, Permitted};
use crate::rules::{NotPermitted, Terms};
use crate::target::{Holding, Target, Via};
use crate::watch::Served;

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Somebody asked, and may wait for approval.
    Requested {
        /// What.
        ask: Ask,
        /// Under which terms.
        terms: Terms,
        /// Lapses then.
        lapses_at: Timestamp,
        /// Who could approve and is called upon, for display.
        approvers: Vec<PersonId>,
        /// Who could approve and is not called upon.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quiet: Vec<PersonId>,
    },
    /// Somebody was refused (P7: also that is written).
    Refused {
        /// What they tried.
        verb: String,
        /// On which request, if one.
        id: Option<RequestId>,
        /// Why not.
        refusal: Refusal,
    },
    /// An approver said yes.
    Approved {
        /// To which request.
        id: RequestId,
        /// The approval.
        approval: Approval,
    },
    /// An approver said no.
    Denied {
        /// To which request.
        id: RequestId,
        /// Who.
        by: PersonId,
        /// Why.
        why: String,
    },
    /// The requester took it back.
    Withdrawn {
        /// Which.
        id: RequestId,
    },
    /// Nobody answered in time.
    Lapsed {
        /// Which.
        id: RequestId,
    },
    /// All approvals are there: from here on access may exist, and it has a deadline (P2).
    GrantOrdered {
        /// Which.
        id: RequestId,
        /// The deadline.
        deadline: Timestamp,
        /// What permits it now.
        #[serde(flatten)]
        under: Permitted,
    },
    /// All approvals are there, and its time has not come.
    Scheduled {
        /// Which.
        id: RequestId,
        /// When it begins.
        starts_at: Timestamp,
        /// The deadline, begun or not.
        deadline: Timestamp,
    },
    /// It was granted at once; somebody must look at it.
    UrgentUsed {
        /// Which.
        id: RequestId,
        /// Where it is announced, beside the access channel and those who could have approved.
        channels: Vec<String>,
    },
    /// An approver says that it was right.
    Acknowledged {
        /// Which.
        id: RequestId,
        /// Who.
        by: PersonId,
        /// What they noted.
        note: Option<String>,
    },
    /// An approver says that it was not right. If it was live, its end follows.
    Objected {
        /// Which.
        id: RequestId,
        /// Who.
        by: PersonId,
        /// Why.
        why: String,
    },
    /// People are reminded that it waits: for approval, or for a look at it.
    Reminded {
        /// Which.
        id: RequestId,
        /// The first, the second…
        nth: u32,
    },
    /// Nobody answered: the next group is asked.
    Escalated {
        /// Which.
        id: RequestId,
        /// Which group of `@escalate`: the first, the second…
        nth: u32,
        /// Who is asked.
        people: Vec<PersonId>,
    },
    /// The person is told that it ends soon.
    Warned {
        /// Which.
        id: RequestId,
    },
    /// More time was asked for, and waits for approvals.
    ExtensionAsked {
        /// For which.
        id: RequestId,
        /// What was asked.
        extension: Extension,
    },
    /// An approver said yes to the extension.
    ExtensionApproved {
        /// Of which.
        id: RequestId,
        /// The approval.
        approval: Approval,
    },
    /// An approver said no to the extension.
    ExtensionDenied {
        /// Of which.
        id: RequestId,
        /// Who.
        by: PersonId,
        /// Why.
        why: String,
    },
    /// The extension is off the table: nobody answered, or the person took it back.
    ExtensionDropped {
        /// Of which.
        id: RequestId,
        /// Whether the person took it back.
        withdrawn: bool,
    },
    /// The deadline moves, under policy. Nothing is touched at the provider.
    Extended {
        /// Which.
        id: RequestId,
        /// The deadline.
        deadline: Timestamp,
        /// What permits all the time that it comes to.
        #[serde(flatten)]
        under: Permitted,
    },
    /// One thing of a bundle was there before us (P5): left alone.
    PartHeld {
        /// Of which request.
        id: RequestId,
        /// Which thing.
        target: Target,
        /// How.
        via: Via,
    },
    /// The provider confirmed one thing of a bundle.
    PartConfirmed {
        /// Of which request.
        id: RequestId,
        /// Which thing.
        target: Target,
    },
    /// One thing of a bundle does not stay, though the rest does.
    PartEnding {
        /// Of which request.
        id: RequestId,
        /// Which thing.
        target: Target,
        /// Why.
        cause: EndCause,
    },
    /// The provider confirmed that one thing of a bundle is not there (any more), or another request keeps it.
    PartOut {
        /// Of which request.
        id: RequestId,
        /// Which thing.
        target: Target,
        /// The request that keeps it.
        kept_by: Option<RequestId>,
    },
    /// The directory does not show, for the first time, what the grant was permitted for; or it cannot be seen.
    Doubted {
        /// Which.
        id: RequestId,
        /// What.
        lost: Lost,
        /// In which reading.
        read_at: Timestamp,
    },
    /// The directory shows it (again).
    DoubtOver {
        /// Which.
        id: RequestId,
    },
    /// Policy changed, and would not permit it any more (`None`: would again). It ends nothing; people are told.
    Stricter {
        /// Which.
        id: RequestId,
        /// Why not.
        why: Option<NotPermitted>,
    },
    /// An administrator ends many grants at once.
    EndAllOrdered {
        /// Which.
        scope: EndScope,
        /// Who.
        by: Who,
    },
    /// All that such an order was about is ended.
    EndAllDone {
        /// Which.
        scope: EndScope,
    },
    /// Sessions that outlive the end will be cut.
    CutAsked {
        /// Of which request.
        id: RequestId,
    },
    /// Something happened to the sessions of a holding that is gone.
    Sessions {
        /// Of which.
        holding: Holding,
        /// What.
        fact: SessionsFact,
    },
    /// Something about access that no request explains.
    Drift {
        /// What.
        fact: DriftFact,
    },
    /// The person had it before us (P5): left alone.
    AlreadyHeld {
        /// Which.
        id: RequestId,
        /// How.
        via: Via,
    },
    /// We are about to change something at the provider; written before the call.
    ChangeIntended {
        /// Of which holding.
        holding: Holding,
        /// What.
        change: Change,
    },
    /// The provider took the change and works on it.
    ChangeRunning {
        /// Of which holding.
        holding: Holding,
        /// What.
        change: Change,
        /// The provider's name for it.
        operation: OperationId,
    },
    /// The provider's answer to a change was lost: its effect may still come.
    ReplyLost {
        /// Of which holding.
        holding: Holding,
        /// What.
        change: Change,
    },
    /// No try at a create was taken, as far as was heard, and the look before is old: another comes before the next try, for
    /// what somebody assigned by hand meanwhile is theirs (P5).
    CreateForgone {
        /// Of which holding.
        holding: Holding,
    },
    /// The provider says the change is done; a look must confirm it.
    ChangeSucceeded {
        /// Of which holding.
        holding: Holding,
        /// What.
        change: Change,
    },
    /// The provider says the change failed; a look must show what there is.
    ChangeFailed {
        /// Of which holding.
        holding: Holding,
        /// What.
        change: Change,
        /// Its reason.
        why: String,
    },
    /// A look showed something new.
    Looked {
        /// At which holding.
        holding: Holding,
        /// Whether it was there, assigned to the user.
        present: bool,
        /// Who the user is there, if that was found out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<MemberId>,
    },
    /// The provider cannot be asked, or says no to what we will ask again; first of its kind.
    Trouble {
        /// Which holding.
        holding: Holding,
        /// What it says; `None` when it is over.
        what: Option<String>,
    },
    /// The provider confirmed the access (P4).
    GrantConfirmed {
        /// Which.
        id: RequestId,
        /// The deadline, moved by as long as the granting took.
        deadline: Timestamp,
    },
    /// The access is to be taken away.
    EndOrdered {
        /// Which.
        id: RequestId,
        /// Why.
        cause: EndCause,
        /// When it should be gone.
        due: Timestamp,
    },
    /// Somebody removed it at the provider; seen twice. The request ends, and its end is confirmed like any other.
    RemovedByHand {
        /// Which.
        id: RequestId,
    },
    /// The provider confirmed that the access is gone (P4), or another request keeps it.
    EndConfirmed {
        /// Which.
        id: RequestId,
        /// How late, in milliseconds.
        lateness_ms: u64,
        /// The request that keeps it.
        kept_by: Option<RequestId>,
    },
    /// Humans are told that it is OVERDUE.
    OverdueTold {
        /// Which.
        id: RequestId,
        /// The first, the second…
        nth: u32,
        /// When they are told again.
        again_at: Timestamp,
    },
    /// The card is about to be posted.
    CardIntended {
        /// Whose.
        id: Subject,
        /// On which platform.
        #[serde(default, skip_serializing_if = "Platform::is_first")]
        on: Platform,
    },
    /// The card shows this version.
    CardShown {
        /// Whose.
        id: Subject,
        /// On which platform.
        #[serde(default, skip_serializing_if = "Platform::is_first")]
        on: Platform,
        /// Which version.
        version: u64,
        /// Where.
        message: MessageRef,
    },
    /// The card can never be shown.
    CardUndeliverable {
        /// Whose.
        id: Subject,
        /// On which platform.
        #[serde(default, skip_serializing_if = "Platform::is_first")]
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
    /// A chat account was taken for a person, for the first time or anew by an administrator.
    PersonBound {
        /// The account.
        account: ChatAccount,
        /// The person.
        person: PersonId,
        /// By this e-mail address.
        email: String,
    },
    /// A chat account is a person's, by a sign-in at the company, or because an administrator (the record's author) says so.
    PersonLinked {
        /// The account.
        account: ChatAccount,
        /// The person.
        person: PersonId,
        /// The sign-in, if it was by one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sign_in: Option<SignIn>,
    },
    /// A chat account is nobody's again.
    PersonUnlinked {
        /// The account.
        account: ChatAccount,
        /// Whose it was.
        person: PersonId,
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
    /// The bot started. Written before anything is performed: what was under way may have lost its answer.
    Started {
        /// Its version.
        version: String,
        /// The chat platforms that it serves; Slack, where a journal of the first release names none.
        #[serde(default, skip_serializing_if = "Served::is_first")]
        platforms: Served,
    },
    /// The bot stopped in good order.
    Stopped,
    /// Something happened to an emergency.
    Emergency {
        /// To which.
        id: EmergencyId,
        /// What.
        fact: EmergencyFact,
    },
    /// Identity Center does not answer; people are told, once.
    CenterSilent {
        /// Since when.
        since: Timestamp,
        /// The channels that are told.
        channels: Vec<String>,
    },
    /// Identity Center answers.
    CenterAnswers {
        /// Since when.
        since: Timestamp,
        /// The channels that are told, if they were told of a silence.
        channels: Vec<String>,
    },
    /// A drill was not held when it should have been.
    DrillMissed {
        /// Of which federation.
        federation: FederationId,
        /// When.
        due: Timestamp,
        /// The channel that is told in Slack.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
        /// The channel that is told in Discord.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discord_channel: Option<String>,
    },
}
