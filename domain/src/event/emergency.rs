//! Facts about emergencies.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::emergency::{CloseCause, EmergencyAsk, EmergencyTerms, Level, Member};
use crate::federation::{FederationChange, Looked, Made};
use crate::ids::{EmergencyId, PersonId};
use crate::person::Who;
use crate::request::Approval;

/// What can happen to an emergency.
#[expect(
    clippy::large_enum_variant,
    reason = "facts live for one commit; what was asked is most of what is written"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum EmergencyFact {
    /// Somebody asked, and may wait for another person's yes.
    Proposed {
        /// What.
        ask: EmergencyAsk,
        /// Under which terms.
        terms: EmergencyTerms,
        /// Who could confirm, for display.
        confirmers: Vec<PersonId>,
        /// Lapses then.
        lapses_at: Timestamp,
        /// From then on the opener may go on alone.
        alone_from: Option<Timestamp>,
        /// For a drill by schedule: when it was due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drill_due: Option<Timestamp>,
    },
    /// Another person said yes.
    Confirmed {
        /// The yes.
        approval: Approval,
    },
    /// The opener goes on alone.
    WentAlone {
        /// Who.
        by: PersonId,
    },
    /// Somebody said no.
    Declined {
        /// Who.
        by: Who,
        /// Why.
        why: Option<String>,
    },
    /// The opener took it back.
    Withdrawn,
    /// Nobody answered in time.
    Lapsed,
    /// People are reminded that it waits.
    ProposalReminded {
        /// The first, the second…
        nth: u32,
        /// When they are reminded again.
        again_at: Timestamp,
    },
    /// The opener may go on alone from now on: the card offers it.
    AloneOffered,
    /// It is opened: from here on access may exist, and it has a deadline (P2).
    Ordered {
        /// The deadline.
        deadline: Timestamp,
        /// The policies that permit it now.
        policies: Vec<String>,
        /// The hash of their set.
        set: String,
    },
    /// It goes on where another was not closed yet; that one is over.
    TakenOver {
        /// By which.
        by: EmergencyId,
    },
    /// Somebody is given a seat.
    SeatGiven {
        /// Who.
        person: PersonId,
        /// In which group.
        level: Level,
        /// By whom.
        by: Who,
    },
    /// Somebody's seats are taken back.
    SeatsTaken {
        /// Whose.
        person: PersonId,
        /// By whom.
        by: Who,
    },
    /// Its end is moved.
    Extended {
        /// Until then.
        deadline: Timestamp,
        /// By whom.
        by: Who,
    },
    /// We are about to change something at the provider; written before the calls.
    ChangesIntended {
        /// What.
        changes: Vec<FederationChange>,
    },
    /// What the provider answered.
    ChangesMade {
        /// Each with how it went.
        results: Vec<(FederationChange, Made)>,
    },
    /// What a look showed.
    Looked {
        /// As far as it could be read.
        looked: Looked,
    },
    /// The provider complained, or could not be asked; first of its kind. `None`: that is over.
    Trouble {
        /// What it said.
        what: Option<String>,
        /// Whether it said that it takes no changes now.
        read_only: bool,
    },
    /// Members are in a group whom Glasskey did not add.
    StrangersSeen {
        /// Which group.
        level: Level,
        /// Who.
        members: Vec<Member>,
    },
    /// A member of a group is the provider's user of somebody who has, or had, a seat.
    Recognised {
        /// Who.
        person: PersonId,
        /// The provider's user.
        member: Member,
    },
    /// The provider shows somebody in their group (P4).
    SeatConfirmed {
        /// Who.
        person: PersonId,
        /// Which.
        level: Level,
    },
    /// Somebody took a person out of a group at the provider; seen twice.
    SeatGone {
        /// Who.
        person: PersonId,
        /// Which.
        level: Level,
    },
    /// The provider shows the app active and the first person in (P4).
    OnConfirmed {
        /// The deadline, moved by as long as the opening took.
        deadline: Timestamp,
    },
    /// Everybody is reminded that it is on.
    Reminded {
        /// The first, the second…
        nth: u32,
        /// When again.
        again_at: Timestamp,
    },
    /// Its end is announced.
    EndAnnounced,
    /// The commander is asked to close.
    AskedToClose,
    /// The sign-in metadata was fetched, or could not be.
    MetadataFetched {
        /// Why not.
        fault: Option<String>,
    },
    /// It is to be closed.
    CloseOrdered {
        /// Why.
        cause: CloseCause,
        /// When it should be closed.
        due: Timestamp,
    },
    /// The provider shows that it is closed (P4).
    OffConfirmed {
        /// How late, in milliseconds.
        lateness_ms: u64,
    },
    /// Humans are told that it is OVERDUE.
    OverdueTold {
        /// The first, the second…
        nth: u32,
        /// When they are told again.
        again_at: Timestamp,
    },
    /// People are reminded that nobody reviewed it.
    ReviewReminded {
        /// The first, the second…
        nth: u32,
        /// When again.
        again_at: Timestamp,
    },
    /// An auditor acknowledged it.
    Reviewed {
        /// Who.
        by: PersonId,
        /// What they noted.
        note: Option<String>,
    },
}
