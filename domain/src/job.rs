//! Jobs: what is to be done at or after a time. Timers are nothing but jobs with a future due time.
//!
//! They are derived from the state and never carry facts of their own, so none can be lost, and doing one twice is
//! harmless: a job says "look whether this is as it should be".

mod tell;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::emergency::Level;
use crate::ids::{EmergencyId, PersonId, RequestId, Subject};
use crate::person::Platform;
use crate::target::Holding;

pub use tell::Tell;

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum Recipient {
    /// A person, directly.
    Person {
        /// Who.
        person: PersonId,
    },
    /// Under the card.
    Thread,
    /// The access channel, for all to see.
    Access,
    /// A channel named by policy (`@notify`) or by the configuration.
    Channel {
        /// As the policy writes it.
        name: String,
    },
}

impl Recipient {
    /// Whether there can be such a recipient on a platform: the id of a channel belongs to one of them.
    #[must_use]
    pub fn can_be_on(&self, platform: Platform) -> bool {
        match self {
            Self::Person { .. } | Self::Thread | Self::Access => true,
            Self::Channel { name } => Platform::of_channel(name).is_none_or(|of| of == platform),
        }
    }
}

/// What a message says. The words are made by `notices` out of the request as it is then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The access is there.
    Granted,
    /// The access is gone.
    Ended,
    /// An approver said no.
    Denied,
    /// Nobody answered in time.
    Lapsed,
    /// The access could not be created.
    Failed,
    /// The person had it before.
    AlreadyHeld,
    /// Somebody removed it at the provider.
    RemovedByHand,
    /// It should be gone and may not be; said again and again (P3).
    Overdue {
        /// The first, the second…
        nth: u32,
    },
    /// Overdue access is gone at last.
    OverdueOver,
    /// It was approved, and begins later.
    Scheduled,
    /// It still waits for somebody's approval.
    ApprovalDue {
        /// The first, the second…
        nth: u32,
    },
    /// Nobody answered: now they are asked.
    Escalated {
        /// Which group of `@escalate`: the first, the second…
        nth: u32,
    },
    /// More time is asked for, and waits for approval.
    ExtensionAsked {
        /// The first, the second…
        nth: u32,
    },
    /// An approver said no to more time.
    ExtensionDenied {
        /// Which one.
        nth: u32,
    },
    /// Nobody answered the extension in time.
    ExtensionLapsed {
        /// Which one.
        nth: u32,
    },
    /// It was granted at once: somebody must look at it.
    Urgent,
    /// An approver objected to it.
    Objected,
    /// Whether it may stay cannot be seen: the provider does not say.
    Unsure {
        /// Since which reading of the directory, in seconds since 1970.
        since: i64,
    },
    /// Policy would not permit it any more.
    Stricter {
        /// Which version of the request says so.
        version: u64,
    },
    /// Sessions that outlived it are denied.
    SessionsCut,
    /// They could not be.
    SessionsNotCut,
    /// Access that no request explains was seen.
    Drift {
        /// When, in seconds since 1970.
        at: i64,
    },
    /// The weekly report of standing access.
    StandingReport {
        /// When, in seconds since 1970.
        at: i64,
    },
    /// All that an administrator wanted to end is ordered to.
    EndedAll {
        /// Its number: when that was asked, in seconds since 1970, or a little more.
        at: i64,
    },
    /// An emergency waits for another person's yes.
    Proposed {
        /// How many times it was said before.
        nth: u32,
    },
    /// An emergency is on.
    EmergencyOn,
    /// Its opener went on without the confirmation that policy asks for.
    EmergencyAlone,
    /// Somebody is in an emergency group now: how to sign in.
    SignIn {
        /// Which group.
        level: Level,
    },
    /// The provider stands in the way of opening.
    EmergencyStuck,
    /// Somebody is in an emergency group whom Glasskey did not add.
    Strangers {
        /// How many of them were seen so far.
        seen: u32,
    },
    /// An emergency is still on.
    StillOn {
        /// The first, the second…
        nth: u32,
    },
    /// It was extended.
    Extended {
        /// The first, the second…
        nth: u32,
    },
    /// It ends soon.
    EndsSoon {
        /// How many times it was extended before.
        nth: u32,
    },
    /// Identity Center is well again: it can be closed.
    CloseNow,
    /// It is off: the report.
    EmergencyOff,
    /// Nobody looked at it afterwards yet.
    ReviewDue {
        /// The first, the second…
        nth: u32,
    },
    /// Somebody looked at it.
    Reviewed,
    /// Identity Center does not answer.
    CenterSilent {
        /// Since when, in seconds since 1970: the name of this silence.
        since: i64,
    },
    /// It answers again.
    CenterAnswers {
        /// Since when, in seconds since 1970.
        since: i64,
    },
    /// A drill was not held when it should have been.
    DrillMissed {
        /// When that was, in seconds since 1970.
        due: i64,
    },
    /// A chat account is the person's from now on.
    Linked {
        /// Discord's id of it.
        user: u64,
        /// When, in seconds since 1970: the same account can be linked again.
        at: i64,
    },
    /// A chat account is not the person's any more.
    Unlinked {
        /// Discord's id of it; 0 for an account of another platform.
        user: u64,
        /// When, in seconds since 1970.
        at: i64,
    },
}

/// One thing to do at or after a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "kebab-case")]
pub enum Job {
    /// Make the provider agree with what is wanted.
    Reconcile {
        /// Of what.
        holding: Holding,
        /// Whether it is there to take access away: that goes first when a budget is short.
        ending: bool,
    },
    /// A grant's time is up.
    Expire {
        /// Whose.
        id: RequestId,
    },
    /// Access that should be gone may still be there: say so (again).
    Overdue {
        /// Whose.
        id: RequestId,
    },
    /// Nobody answered in time.
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
    /// An administrator's order to end many grants is not done.
    EndAll,
    /// Make the provider deny the sessions of a holding that is gone, or not any more.
    Sessions {
        /// Of which.
        holding: Holding,
    },
    /// Make the card show the request, or the emergency, as it is.
    Card {
        /// Whose.
        id: Subject,
        /// On which platform.
        on: Platform,
    },
    /// Deliver a message.
    Tell {
        /// Which.
        tell: Tell,
    },
    /// Make the identity provider agree with what an emergency wants.
    Federation {
        /// Which.
        id: EmergencyId,
        /// Whether it is there to close: that goes first when a budget is short.
        closing: bool,
    },
    /// Something about an emergency is due: its end, a reminder, a lapse.
    EmergencyTimer {
        /// Which.
        id: EmergencyId,
    },
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reconcile { holding, ending: true } => write!(f, "end {holding}"),
            Self::Reconcile { holding, ending: false } => write!(f, "grant {holding}"),
            Self::Expire { id } => write!(f, "expire {id}"),
            Self::Overdue { id } => write!(f, "overdue {id}"),
            Self::Lapse { id } => write!(f, "lapse {id}"),
            Self::Start { id } => write!(f, "start {id}"),
            Self::Nudge { id } => write!(f, "remind of {id}"),
            Self::EndAll => write!(f, "end all"),
            Self::Sessions { holding } => write!(f, "sessions of {holding}"),
            Self::Card { id, on } => write!(f, "card {id} in {on}"),
            Self::Tell { tell } => write!(f, "tell {}", tell.key()),
            Self::Federation { id, closing: true } => write!(f, "close {id}"),
            Self::Federation { id, closing: false } => write!(f, "open {id}"),
            Self::EmergencyTimer { id } => write!(f, "look after {id}"),
        }
    }
}
