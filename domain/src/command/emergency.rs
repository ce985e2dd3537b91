//! What people and timers say about emergencies.

use jiff::Timestamp;

use crate::emergency::{Level, Purpose};
use crate::ids::{EmergencyId, FederationId, PersonId};
use crate::time::Seconds;

/// What somebody asks for with `/breakglass on` or `drill`, with names resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEmergency {
    /// A free id.
    pub id: EmergencyId,
    /// Which federation; the only one, when none is named.
    pub federation: Option<FederationId>,
    /// What for.
    pub purpose: Purpose,
    /// What the people may do.
    pub level: Level,
    /// For how long; as configured, when not said.
    pub length: Option<Seconds>,
    /// Which incident.
    pub incident: Option<String>,
    /// Why.
    pub reason: String,
    /// Who gets the access; the opener, when nobody is named (nobody in a drill).
    pub people: Vec<PersonId>,
    /// For a drill by schedule: when it was due.
    pub due: Option<Timestamp>,
}

/// Which emergency is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one.
    Id(EmergencyId),
    /// The one that is open in this federation, or in the only one that has one.
    Open(Option<FederationId>),
}

/// What people and timers say about emergencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmergencyCommand {
    /// Open one, or rehearse.
    Open(NewEmergency),
    /// Another person's yes; the opener's, to go on alone.
    Confirm {
        /// Which.
        which: Which,
    },
    /// Another person's no.
    Decline {
        /// Which.
        which: Which,
        /// Why.
        why: Option<String>,
    },
    /// Close it.
    Off {
        /// Which.
        which: Which,
        /// Why.
        reason: Option<String>,
    },
    /// Give people the access.
    Add {
        /// Which.
        which: Which,
        /// Whom.
        people: Vec<PersonId>,
        /// What they may do.
        level: Level,
    },
    /// Take it from people.
    Remove {
        /// Which.
        which: Which,
        /// Whom.
        people: Vec<PersonId>,
    },
    /// Move its end.
    Extend {
        /// Which.
        which: Which,
        /// By how long.
        by: Seconds,
    },
    /// An auditor acknowledges what was done.
    Review {
        /// Which.
        id: EmergencyId,
        /// What they noted.
        note: Option<String>,
    },
    /// Something is due.
    Tick {
        /// Of which.
        id: EmergencyId,
    },
}
