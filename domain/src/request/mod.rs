//! An access request: what was asked, under which terms, and where it is now.
//!
//! ```text
//! Pending ──► Scheduled ──► Granting ──► Active ──► Ending ──► Ended
//!   │ │ │ └───────────────────► │ └───────────────────► │  └────► Failed (it was never there)
//!   │ │ │         └► Withdrawn, Ended, Failed (nothing was there yet)
//!   │ │ └► Lapsed
//!   │ └──► Withdrawn          Ended, Denied, Withdrawn, Lapsed, Failed are terminal and immutable (pitfall 26).
//!   └────► Denied             OVERDUE is not a state but a fact: Ending, and past its end.
//! ```

mod ask;
mod cards;
mod later;
mod parts;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, RequestId};
use crate::job::Tell;
use crate::refusal::StateWord;
use crate::rules::{NotPermitted, Question, Terms};
use crate::settings::OVERDUE_AFTER;
use crate::target::{Holding, Target, Via};
use crate::time::Seconds;

pub use ask::{Approval, Ask, Items};
pub use cards::{CardState, Cards, MessageRef, Posting};
pub use later::{Cutting, Doubt, Extension, Granted, Lost, NoMoreTime, Permitted, UrgentReview};
pub use parts::{Part, PartState};

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
    /// What it was permitted for is not so any more: seen twice in the directory.
    ConditionsChanged {
        /// What is not so.
        lost: Lost,
    },
    /// An approver objected to what was granted at once.
    Objected {
        /// Who.
        by: PersonId,
        /// Why.
        why: String,
    },
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
    /// Approved, and its time has not come. Nothing is touched yet; the deadline is durable already (P2, pitfall 27).
    Scheduled {
        /// Access is created then, if policy still permits it.
        starts_at: Timestamp,
        /// Ends then, begun or not.
        deadline: Timestamp,
    },
    /// Approved, and it is time. From here on access may exist, and the deadline is durable (P2).
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
        /// Whether the person was told that it ends soon.
        #[serde(default)]
        warned: bool,
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
            Self::Scheduled { .. } => StateWord::Scheduled,
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
            Self::Pending { .. }
            | Self::Scheduled { .. }
            | Self::Granting { .. }
            | Self::Active { .. }
            | Self::Ending { .. } => false,
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
            Self::Pending { .. } | Self::Scheduled { .. } | Self::Ending { .. } => None,
            Self::Granting { since, .. } | Self::Active { since, .. } => Some(*since),
            Self::Ended { at, .. }
            | Self::Denied { at, .. }
            | Self::Withdrawn { at }
            | Self::Lapsed { at }
            | Self::Failed { at, .. } => Some(*at),
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
    /// Who could approve when it was asked, and is called upon: for display only, asked again at the click.
    pub approvers: Vec<PersonId>,
    /// Who could approve and is not called upon.
    pub quiet: Vec<PersonId>,
    /// Who approved.
    pub approvals: Vec<Approval>,
    /// Where it is.
    pub state: State,
    /// Where each of its things is, in their order.
    pub parts: Vec<Part>,
    /// Under what it was granted.
    pub granted: Option<Granted>,
    /// Under what it was extended last: what permitted all the time that it comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Granted>,
    /// How many times people were reminded that it waits.
    pub reminded: u32,
    /// How many of the groups of `@escalate` were asked.
    pub escalated: u32,
    /// An extension that waits for approvals.
    pub extension: Option<Extension>,
    /// How many times an extension was asked for, with or without success.
    pub extensions: u32,
    /// The last no to an extension: who asked for it reads why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_more: Option<NoMoreTime>,
    /// Whether somebody must look, or looked, at what was granted at once.
    pub review: UrgentReview,
    /// What was seen once that would end it, or could not be seen.
    pub doubt: Option<Doubt>,
    /// Why policy would not permit it any more, when that is because policy changed. It ends nothing.
    pub stricter: Option<NotPermitted>,
    /// Whether sessions that outlive the end are cut.
    pub cut: Cutting,
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
    /// A request that was just asked.
    #[must_use]
    pub fn asked(ask: Ask, terms: Terms, lapses_at: Timestamp, cards: Cards) -> Self {
        let parts = ask.targets().cloned().map(Part::wanted).collect();
        Self {
            ask,
            terms,
            approvers: Vec::new(),
            quiet: Vec::new(),
            approvals: Vec::new(),
            state: State::Pending { lapses_at },
            parts,
            granted: None,
            reminded: 0,
            escalated: 0,
            extension: None,
            extensions: 0,
            extended: None,
            no_more: None,
            review: UrgentReview::NotNeeded,
            doubt: None,
            stricter: None,
            cut: Cutting::No,
            trouble: None,
            version: 1,
            cards,
            untold: BTreeMap::new(),
        }
    }

    /// The holding that one of its things is.
    #[must_use]
    pub fn holding_of(&self, target: &Target) -> Holding {
        Holding { principal: self.ask.requester.clone(), target: target.clone() }
    }

    /// The holdings that it gives.
    pub fn holdings(&self) -> impl Iterator<Item = Holding> {
        self.ask.targets().map(|target| self.holding_of(target))
    }

    /// Where one of its things is.
    #[must_use]
    pub fn part(&self, target: &Target) -> Option<&PartState> {
        self.parts.iter().find(|part| &part.target == target).map(|part| &part.state)
    }

    /// Since when something of it is there.
    #[must_use]
    pub fn there_since(&self) -> Option<Timestamp> {
        let there = self.parts.iter().filter_map(|part| match &part.state {
            PartState::There { since } => Some(*since),
            PartState::Wanted | PartState::Leaving { .. } | PartState::Out { .. } => None,
        });
        there.min()
    }

    /// The questions that policy was and will be asked about it: one for each thing.
    pub fn questions(&self, at: Timestamp, emergency_on: bool) -> impl Iterator<Item = Question> {
        self.ask.targets().map(move |target| Question {
            requester: self.ask.requester.clone(),
            target: target.clone(),
            length: self.ask.length,
            ticket: self.ask.ticket.clone(),
            door: self.ask.door,
            at,
            starts_at: self.ask.starts_at,
            urgent: self.ask.urgent,
            emergency_on,
        })
    }

    /// For how long it is given: what was asked for, or the least that an approver said.
    #[must_use]
    pub fn length(&self) -> Seconds {
        least(self.ask.length, &self.approvals)
    }

    /// How many more approvals it needs, as its terms say. Which of them count is decided at the click.
    #[must_use]
    pub fn approvals_missing(&self) -> u32 {
        missing(&self.terms, &self.approvals)
    }

    /// The groups that were asked because nobody answered.
    pub fn escalated_to(&self) -> impl Iterator<Item = &str> {
        let asked = usize::try_from(self.escalated).unwrap_or(usize::MAX);
        self.terms.escalate.iter().take(asked).map(|escalation| escalation.group.as_str())
    }

    /// When access that may exist must be gone.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.state {
            State::Scheduled { deadline, .. }
            | State::Granting { deadline, .. }
            | State::Active { deadline, .. } => Some(*deadline),
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
        matches!(&self.state, State::Ending { due, .. } if OVERDUE_AFTER.after(*due) <= now)
    }

    /// Whether access through it may exist.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Granting { .. } | State::Active { .. })
    }

    /// Whether it can leave the hot state: nothing can happen to it and everybody was told.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state.is_terminal()
            && !self.review.is_wanted()
            && !self.cut.is_under_way()
            && self.cards.are_current(self.version)
            && self.untold.is_empty()
    }
}

fn least(asked: Seconds, approvals: &[Approval]) -> Seconds {
    approvals.iter().filter_map(|approval| approval.length).min().map_or(asked, |said| said.min(asked))
}

/// How many more people must say yes.
pub(crate) fn missing(terms: &Terms, approvals: &[Approval]) -> u32 {
    let people: BTreeSet<&PersonId> = approvals.iter().map(|approval| &approval.by).collect();
    terms.approvals.saturating_sub(u32::try_from(people.len()).unwrap_or(u32::MAX))
}
