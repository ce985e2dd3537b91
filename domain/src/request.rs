//! An access request: what was asked, under which terms, and where it is now.
//!
//! ```text
//! Pending ──► Granting ──► Active ──► Ending ──► Ended
//!   │ │ │         └───────────────────► │  └────► Failed (it was never there)
//!   │ │ └► Lapsed
//!   │ └──► Withdrawn          Ended, Denied, Withdrawn, Lapsed, Failed are terminal and immutable (pitfall 26).
//!   └────► Denied             OVERDUE is not a state but a fact: Ending, and past its end.
//! ```

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, RequestId};
use crate::job::Tell;
use crate::person::{Door, Platform};
use crate::refusal::StateWord;
use crate::rules::{NotPermitted, Question, Terms};
use crate::settings::OVERDUE_AFTER;
use crate::target::{Holding, Target, Via};
use crate::time::Seconds;

/// What was asked, as it was asked. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Its name.
    pub id: RequestId,
    /// Who asked, and would have the access.
    pub requester: PersonId,
    /// For what.
    pub target: Target,
    /// The account's name at that time.
    pub account_name: String,
    /// The permission set's name at that time.
    pub permission_set_name: String,
    /// How long its sessions may outlive the end.
    pub session: Seconds,
    /// For how long.
    pub length: Seconds,
    /// Why: the person's own words.
    pub reason: String,
    /// Under which ticket.
    pub ticket: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Through which door.
    pub door: Door,
}

/// One approver's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whose.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Through which door.
    pub door: Door,
    /// The policies that let them.
    pub policies: Vec<String>,
}

/// Why a grant ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "kebab-case")]
pub enum EndCause {
    /// Its time was up.
    Expired,
    /// Somebody ended it early.
    Revoked {
        /// Who: a person, or a local user of the host.
        by: crate::person::Who,
    },
    /// It could not be created; what may have been created is taken away.
    GrantFailed {
        /// What the provider said.
        why: String,
    },
    /// Policy, or the directory, said no when the access was about to be created.
    NoLongerPermitted {
        /// Why.
        why: NotPermitted,
    },
    /// Somebody removed it at the provider; it is not put back.
    RemovedByHand,
    /// The person had it before, and keeps it.
    AlreadyHeld {
        /// How.
        via: Via,
    },
}

/// Where a request is, with what is true there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// Waits for approvals.
    Pending {
        /// Lapses then.
        lapses_at: Timestamp,
    },
    /// Approved. From here on access may exist, and the deadline is durable (P2).
    Granting {
        /// Since when.
        since: Timestamp,
        /// Ends then, granted or not.
        deadline: Timestamp,
    },
    /// The provider confirmed the access (P4).
    Active {
        /// Since when.
        since: Timestamp,
        /// Ends then.
        deadline: Timestamp,
    },
    /// Access is being taken away, until the provider shows that it is gone (P3).
    Ending {
        /// When it should be gone.
        due: Timestamp,
        /// Why it ends.
        cause: EndCause,
        /// When it was confirmed, if it ever was.
        granted_at: Option<Timestamp>,
        /// How many times humans were told that it is OVERDUE.
        overdue_told: u32,
        /// When they are told (again).
        tell_overdue_at: Timestamp,
    },
    /// The provider confirmed that it is gone (P4).
    Ended {
        /// Since when.
        at: Timestamp,
        /// Why it ended.
        cause: EndCause,
        /// When it had been confirmed, if it ever was.
        granted_at: Option<Timestamp>,
        /// How late it was gone, in milliseconds after its end.
        lateness_ms: u64,
        /// Another request of the same person that still needs the same access, which therefore stays.
        kept_by: Option<RequestId>,
    },
    /// An approver said no.
    Denied {
        /// When.
        at: Timestamp,
        /// Who.
        by: PersonId,
        /// Why.
        why: String,
    },
    /// The requester took it back.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Nobody answered in time.
    Lapsed {
        /// When.
        at: Timestamp,
    },
    /// The access could not be created, and the provider confirmed that there is none.
    Failed {
        /// When.
        at: Timestamp,
        /// Why not.
        cause: EndCause,
    },
}

impl State {
    /// Its word.
    #[must_use]
    pub fn word(&self) -> StateWord {
        match self {
            Self::Pending { .. } => StateWord::Pending,
            Self::Granting { .. } => StateWord::Granting,
            Self::Active { .. } => StateWord::Active,
            Self::Ending { .. } => StateWord::Ending,
            Self::Ended { .. } => StateWord::Ended,
            Self::Denied { .. } => StateWord::Denied,
            Self::Withdrawn { .. } => StateWord::Withdrawn,
            Self::Lapsed { .. } => StateWord::Lapsed,
            Self::Failed { .. } => StateWord::Failed,
        }
    }

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Pending { .. } | Self::Granting { .. } | Self::Active { .. } | Self::Ending { .. } => false,
            Self::Ended { .. }
            | Self::Denied { .. }
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. }
            | Self::Failed { .. } => true,
        }
    }

    /// Since when it is there, for those that say.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Pending { .. } | Self::Ending { .. } => None,
            Self::Granting { since, .. } | Self::Active { since, .. } => Some(*since),
            Self::Ended { at, .. }
            | Self::Denied { at, .. }
            | Self::Withdrawn { at }
            | Self::Lapsed { at }
            | Self::Failed { at, .. } => Some(*at),
        }
    }
}

/// A message that was posted: enough to update it, never to be read back (pitfalls 14, 15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// Channel.
    pub channel: String,
    /// The platform's id of the message in it.
    pub message: String,
}

/// What is known about one message that must exist exactly once. Posts have no idempotency key on Slack, so the intent
/// is written before and the reference after; an intent without a reference means: look before posting again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "posting", rename_all = "kebab-case")]
pub enum Posting {
    /// Not tried.
    #[default]
    No,
    /// About to be posted since then; it may be there.
    Intended {
        /// Since when.
        at: Timestamp,
    },
    /// It is there.
    Posted {
        /// Where.
        message: MessageRef,
    },
}

/// The card of a request in one place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CardState {
    /// Whether it is there.
    pub posting: Posting,
    /// The version of the request that it shows.
    pub shown: u64,
    /// Why it can never be shown, when the platform said so.
    pub undeliverable: Option<String>,
}

impl CardState {
    /// Whether it shows this version, or never will.
    #[must_use]
    pub fn is_current(&self, version: u64) -> bool {
        self.shown >= version || self.undeliverable.is_some()
    }
}

/// The cards of one thing: one on each platform that is served.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cards(BTreeMap<Platform, CardState>);

impl Cards {
    /// Cards that are not posted yet, one on each of these.
    #[must_use]
    pub fn on_each(platforms: &BTreeSet<Platform>) -> Self {
        Self(platforms.iter().map(|platform| (*platform, CardState::default())).collect())
    }

    /// The platforms that have one.
    pub fn platforms(&self) -> impl Iterator<Item = Platform> + '_ {
        self.0.keys().copied()
    }

    /// The card on a platform.
    #[must_use]
    pub fn on(&self, platform: Platform) -> Option<&CardState> {
        self.0.get(&platform)
    }

    pub(crate) fn on_mut(&mut self, platform: Platform) -> Option<&mut CardState> {
        self.0.get_mut(&platform)
    }

    /// The platforms whose card does not show this version and can.
    pub fn outdated(&self, version: u64) -> impl Iterator<Item = Platform> + '_ {
        self.0.iter().filter(move |(_, card)| !card.is_current(version)).map(|(platform, _)| *platform)
    }

    /// Whether all of them show this version, or never will.
    #[must_use]
    pub fn are_current(&self, version: u64) -> bool {
        self.outdated(version).next().is_none()
    }

    /// Has one on each of these platforms, and nowhere else. One that a platform got before it was taken away may still be
    /// there, as it was then: it is looked for, and not posted beside.
    pub(crate) fn serve(&mut self, platforms: &BTreeSet<Platform>, asked_at: Timestamp) {
        self.0.retain(|platform, _| platforms.contains(platform));
        for platform in platforms {
            let posting = Posting::Intended { at: asked_at };
            self.0.entry(*platform).or_insert(CardState { posting, ..CardState::default() });
        }
    }
}

/// A request with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRequest {
    /// What was asked.
    pub ask: Ask,
    /// Under which terms.
    pub terms: Terms,
    /// Who could approve when it was asked: for display only, asked again at the click.
    pub approvers: Vec<PersonId>,
    /// Who approved.
    pub approvals: Vec<Approval>,
    /// Where it is.
    pub state: State,
    /// What the provider last complained about while it was being granted or ended.
    pub trouble: Option<String>,
    /// Counts what is worth showing; a card that shows an older one is updated.
    pub version: u64,
    /// Its cards.
    pub cards: Cards,
    /// Messages that must still be delivered, each exactly once.
    pub untold: BTreeMap<Tell, Posting>,
}

impl AccessRequest {
    /// The holding that it gives.
    #[must_use]
    pub fn holding(&self) -> Holding {
        Holding { principal: self.ask.requester.clone(), target: self.ask.target.clone() }
    }

    /// The question that policy was and will be asked about it.
    #[must_use]
    pub fn question(&self, at: Timestamp, emergency_on: bool) -> Question {
        Question {
            requester: self.ask.requester.clone(),
            target: self.ask.target.clone(),
            length: self.ask.length,
            ticket: self.ask.ticket.clone(),
            door: self.ask.door,
            at,
            emergency_on,
        }
    }

    /// How many more approvals it needs.
    #[must_use]
    pub fn approvals_missing(&self) -> u32 {
        let people: BTreeSet<&PersonId> = self.approvals.iter().map(|approval| &approval.by).collect();
        self.terms.approvals.saturating_sub(u32::try_from(people.len()).unwrap_or(u32::MAX))
    }

    /// When access that may exist must be gone.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.state {
            State::Granting { deadline, .. } | State::Active { deadline, .. } => Some(*deadline),
            State::Ending { due, .. } => Some(*due),
            State::Pending { .. }
            | State::Ended { .. }
            | State::Denied { .. }
            | State::Withdrawn { .. }
            | State::Lapsed { .. }
            | State::Failed { .. } => None,
        }
    }

    /// Whether access that should be gone may still be there, at `now`.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Ending { due, .. } => OVERDUE_AFTER.after(*due) <= now,
            State::Pending { .. }
            | State::Granting { .. }
            | State::Active { .. }
            | State::Ended { .. }
            | State::Denied { .. }
            | State::Withdrawn { .. }
            | State::Lapsed { .. }
            | State::Failed { .. } => false,
        }
    }

    /// Whether it can leave the hot state: nothing can happen to it and everybody was told.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state.is_terminal() && self.cards.are_current(self.version) && self.untold.is_empty()
    }
}
