//! An emergency: one use of break-glass, from `on` to `off`, with all that is true of it.
//!
//! ```text
//! Proposed ──► Opening ──► On ──► Closing ──► Off ──(review)──► finished
//!   │ │ │         └──────────────►  │           ▲
//!   │ │ └► Lapsed                   └───────────┘ until the provider shows that it is closed (P3)
//!   │ └──► Withdrawn     Off, Declined, Withdrawn, Lapsed are terminal and immutable.
//!   └────► Declined      Nobody is asked for a second yes: it begins with Opening.
//! ```

mod state;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::federation::View;
use crate::ids::{EmergencyId, FederationId, MemberId, PersonId};
use crate::job::Tell;
use crate::person::{Door, Platform, Who};
use crate::request::{Approval, Cards, Posting};
use crate::settings::OVERDUE_AFTER;
use crate::time::Seconds;

pub use state::{CloseCause, EmergencyState};

/// How much an emergency group may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Look.
    Ro,
    /// Operate.
    Ops,
}

impl Level {
    /// Both, the smaller first.
    pub const ALL: [Self; 2] = [Self::Ro, Self::Ops];

    /// As people type it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ro => "ro",
            Self::Ops => "ops",
        }
    }
}

/// A user of the identity provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// The provider's immutable id.
    pub id: MemberId,
    /// How they sign in there; what people read.
    pub login: String,
}

/// Which identity provider holds the federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// Keycloak.
    Keycloak,
}

impl Provider {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Microsoft Entra ID",
            Self::Keycloak => "Keycloak",
        }
    }
}

/// How sessions that outlive an emergency are cut: in the emergency account, whose roles we may write to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CutPlan {
    /// The role to assume there.
    pub assume: String,
    /// Names of the emergency roles that get the deny.
    pub roles: Vec<String>,
}

/// Where an emergency takes effect. Written down when it is opened, so that closing it needs no configuration (P3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which identity provider.
    pub provider: Provider,
    /// Its id of the federation app.
    pub app: String,
    /// Its ids of the emergency groups.
    pub groups: BTreeMap<Level, String>,
    /// The longest session of the emergency roles: AWS sessions may outlive the closing by so much.
    pub session: Seconds,
    /// The incident channel in Slack, as the configuration names it; the access channel there, when it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The same in Discord.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discord_channel: Option<String>,
    /// Whether and how sessions are cut at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<CutPlan>,
}

impl Place {
    /// The incident channel on a platform; the access channel there, when none is named.
    #[must_use]
    pub fn channel_on(&self, platform: Platform) -> Option<&str> {
        match platform {
            Platform::Slack => self.channel.as_deref(),
            Platform::Discord => self.discord_channel.as_deref(),
        }
    }
}

/// What it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// An incident.
    Incident,
    /// A rehearsal: on and off at once, with nobody in the groups, or a canary.
    Drill,
}

/// What was asked. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyAsk {
    /// Its name.
    pub id: EmergencyId,
    /// Which federation.
    pub federation: FederationId,
    /// Where that is.
    pub place: Place,
    /// What for.
    pub purpose: Purpose,
    /// Who asked.
    pub by: Who,
    /// Through which door.
    pub door: Door,
    /// When.
    pub at: Timestamp,
    /// For how long.
    pub length: Seconds,
    /// Which incident.
    pub incident: Option<String>,
    /// Why: the person's own words.
    pub reason: String,
}

/// The limits that bind it: those of the policy that authorised it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EmergencyTerms {
    /// The policies that determined the answer.
    pub policies: Vec<String>,
    /// Hash of the policy set they are from.
    pub set: String,
    /// How many other people must confirm; 0 = none.
    pub approvals: u32,
    /// Longest emergency, from its opening to its last extension.
    pub max_length: Seconds,
    /// After this long without a confirmation the opener may go on alone; never, when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solo_after: Option<Seconds>,
    /// More channels to tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<String>,
}

/// Why somebody's seat is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatTrouble {
    /// What the provider said.
    pub what: String,
    /// Whether trying again is of no use.
    pub for_good: bool,
}

/// Somebody's place in an emergency group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Whose.
    pub person: PersonId,
    /// In which group.
    pub level: Level,
    /// Who gave it to them.
    pub by: Who,
    /// When that was.
    pub at: Timestamp,
    /// Who took it from them again, if somebody did.
    pub taken_by: Option<Who>,
    /// The provider's user, as soon as it is known.
    pub member: Option<Member>,
    /// Whether the provider said that it put them in. Who is seen in without may be seen as it was before (P4).
    #[serde(default)]
    pub put_in: bool,
    /// Since when the provider shows them in the group.
    pub confirmed_at: Option<Timestamp>,
    /// Looks in a row that did not show them, after they had been there.
    pub missed: u32,
    /// Whether somebody took them out at the provider: not put back.
    pub gone_by_hand: bool,
    /// What is in the way.
    pub trouble: Option<SeatTrouble>,
}

/// Whether an auditor looked at it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "review", rename_all = "kebab-case")]
pub enum Review {
    /// Nothing to look at yet, or ever (a drill, an emergency that never opened).
    NotNeeded,
    /// Somebody must.
    Wanted {
        /// How many times that was said.
        reminded: u32,
        /// When it is said (again).
        remind_at: Timestamp,
    },
    /// Somebody did.
    Done {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
        /// What they noted.
        note: Option<String>,
    },
}

/// What happened, for the report. Words are made by `notices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happening", rename_all = "kebab-case")]
pub enum Happening {
    /// Somebody confirmed.
    Confirmed {
        /// Who.
        by: PersonId,
    },
    /// The opener went on alone.
    Alone {
        /// Who.
        by: PersonId,
    },
    /// The order to open was given.
    Ordered,
    /// The provider shows the app active.
    AppActive,
    /// The provider shows somebody in a group.
    In {
        /// Who.
        person: PersonId,
        /// Which.
        level: Level,
    },
    /// Somebody gave a person a seat.
    Added {
        /// Who gave it.
        by: Who,
        /// To whom.
        person: PersonId,
        /// In which group.
        level: Level,
    },
    /// Somebody took a person's seats away.
    Removed {
        /// Who took them.
        by: Who,
        /// From whom.
        person: PersonId,
    },
    /// Somebody is in a group whom Glasskey did not add.
    Stranger {
        /// As they sign in.
        login: String,
        /// Which.
        level: Level,
    },
    /// Somebody was taken out of a group by hand.
    GoneByHand {
        /// Who.
        person: PersonId,
        /// Which.
        level: Level,
    },
    /// It was extended.
    Extended {
        /// By whom.
        by: Who,
        /// Until when.
        until: Timestamp,
    },
    /// The provider complained, or could not be asked.
    Trouble {
        /// What it said.
        what: String,
    },
    /// The order to close was given.
    CloseOrdered {
        /// Why.
        cause: CloseCause,
    },
    /// The provider shows the app inactive.
    AppInactive,
    /// The provider shows a group empty.
    Emptied {
        /// Which.
        level: Level,
    },
    /// Sessions older than this are denied in the emergency account.
    Cut {
        /// Older than what.
        before: Timestamp,
    },
    /// The sign-in metadata was fetched, or could not be.
    Metadata {
        /// Why not.
        fault: Option<String>,
    },
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// An emergency with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// What was asked.
    pub ask: EmergencyAsk,
    /// Under which terms.
    pub terms: EmergencyTerms,
    /// Who could confirm when it was asked: for display only, asked again at the click.
    pub confirmers: Vec<PersonId>,
    /// Who confirmed.
    pub confirmations: Vec<Approval>,
    /// Whether people were told that the opener may go on alone now.
    pub alone_offered: bool,
    /// Whether the opener went on without the confirmation that policy asks for.
    pub alone: bool,
    /// Who is to be in the groups, and who was.
    pub seats: Vec<Seat>,
    /// Members whom Glasskey did not add, as they were seen.
    pub strangers: BTreeMap<Level, BTreeSet<Member>>,
    /// Where it is.
    pub state: EmergencyState,
    /// What was last seen at the provider, and what is under way there.
    pub view: View,
    /// What the provider last complained about.
    pub trouble: Option<String>,
    /// Whether it said that it takes no changes now (disaster recovery).
    pub read_only: bool,
    /// How many times it was extended.
    pub extended: u32,
    /// Whether an auditor looked at it.
    pub review: Review,
    /// What happened.
    pub timeline: Vec<Moment>,
    /// Counts what is worth showing; a card that shows an older one is updated.
    pub version: u64,
    /// Its cards.
    pub cards: Cards,
    /// Messages that must still be delivered, each exactly once.
    pub untold: BTreeMap<Tell, Posting>,
}

impl Emergency {
    /// When access that may exist must be gone.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.state {
            EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => Some(*deadline),
            EmergencyState::Closing { due, .. } => Some(*due),
            EmergencyState::Proposed { .. }
            | EmergencyState::Off { .. }
            | EmergencyState::Declined { .. }
            | EmergencyState::Withdrawn { .. }
            | EmergencyState::Lapsed { .. } => None,
        }
    }

    /// Whether it should be closed and may not be, at `now`.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        match &self.state {
            EmergencyState::Closing { due, .. } => OVERDUE_AFTER.after(*due) <= now,
            EmergencyState::Proposed { .. }
            | EmergencyState::Opening { .. }
            | EmergencyState::On { .. }
            | EmergencyState::Off { .. }
            | EmergencyState::Declined { .. }
            | EmergencyState::Withdrawn { .. }
            | EmergencyState::Lapsed { .. } => false,
        }
    }

    /// Whether it is a rehearsal.
    #[must_use]
    pub fn is_drill(&self) -> bool {
        self.ask.purpose == Purpose::Drill
    }

    /// The seats that nobody took back.
    pub fn seats_given(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| seat.taken_by.is_none())
    }

    /// How many more people must confirm.
    #[must_use]
    pub fn confirmations_missing(&self) -> u32 {
        let people: BTreeSet<&PersonId> = self.confirmations.iter().map(|yes| &yes.by).collect();
        self.terms.approvals.saturating_sub(u32::try_from(people.len()).unwrap_or(u32::MAX))
    }

    /// Whether it can leave the hot state: closed, looked at, and everybody was told.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let waits = matches!(self.review, Review::Wanted { .. });
        self.state.is_terminal() && !waits && self.cards.are_current(self.version) && self.untold.is_empty()
    }
}
