//! Where an emergency is, with what is true there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::EmergencyId;
use crate::person::Who;
use crate::refusal::EmergencyWord;

/// Why it closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "kebab-case")]
pub enum CloseCause {
    /// Its time was up.
    Deadline,
    /// Somebody closed it.
    Ordered {
        /// Who.
        by: Who,
        /// Why, when they said.
        reason: Option<String>,
    },
    /// The drill went well.
    DrillDone,
    /// The drill did not get as far as being on.
    DrillFailed {
        /// Why not.
        why: String,
    },
    /// Somebody deactivated the app at the provider.
    ByHand,
}

/// Where it is, with what is true there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum EmergencyState {
    /// Waits for another person's yes.
    Proposed {
        /// Lapses then.
        lapses_at: Timestamp,
        /// From then on the opener may go on alone.
        alone_from: Option<Timestamp>,
        /// How many times people were reminded.
        reminded: u32,
        /// When they are reminded (again).
        remind_at: Timestamp,
    },
    /// Ordered. From here on access may exist, and the deadline is durable (P2).
    Opening {
        /// Since when.
        since: Timestamp,
        /// Closes then, open or not.
        deadline: Timestamp,
    },
    /// The provider showed the app active and the first person in (P4).
    On {
        /// Since when.
        since: Timestamp,
        /// Closes then.
        deadline: Timestamp,
        /// How many times everybody was reminded that it is on.
        reminded: u32,
        /// When they are reminded again.
        remind_at: Timestamp,
        /// Whether its end was announced.
        warned: bool,
        /// Whether the commander was asked to close, because Identity Center is well again.
        asked_to_close: bool,
    },
    /// It is being closed, until the provider shows that it is (P3).
    Closing {
        /// When it should be closed.
        due: Timestamp,
        /// Why.
        cause: CloseCause,
        /// When it had been confirmed on, if it ever was.
        on_since: Option<Timestamp>,
        /// How many times humans were told that it is OVERDUE.
        overdue_told: u32,
        /// When they are told (again).
        tell_overdue_at: Timestamp,
    },
    /// The provider showed that it is closed (P4), or another emergency took it over.
    Off {
        /// Since when.
        at: Timestamp,
        /// Why it was closed.
        cause: CloseCause,
        /// When it had been confirmed on, if it ever was.
        on_since: Option<Timestamp>,
        /// How late it was closed, in milliseconds after its end.
        lateness_ms: u64,
        /// The emergency that went on where this one was not closed yet.
        taken_over_by: Option<EmergencyId>,
    },
    /// Somebody who could have confirmed said no.
    Declined {
        /// When.
        at: Timestamp,
        /// Who.
        by: Who,
        /// Why, when they said.
        why: Option<String>,
    },
    /// The opener took it back.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Nobody answered in time.
    Lapsed {
        /// When.
        at: Timestamp,
    },
}

impl EmergencyState {
    /// Whether the federation belongs to it: from the order to open until it is seen closed.
    #[must_use]
    pub fn holds_federation(&self) -> bool {
        match self {
            Self::Opening { .. } | Self::On { .. } | Self::Closing { .. } => true,
            Self::Proposed { .. }
            | Self::Off { .. }
            | Self::Declined { .. }
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. } => false,
        }
    }

    /// Its word.
    #[must_use]
    pub fn word(&self) -> EmergencyWord {
        match self {
            Self::Proposed { .. } => EmergencyWord::Proposed,
            Self::Opening { .. } => EmergencyWord::Opening,
            Self::On { .. } => EmergencyWord::On,
            Self::Closing { .. } => EmergencyWord::Closing,
            Self::Off { .. } => EmergencyWord::Off,
            Self::Declined { .. } => EmergencyWord::Declined,
            Self::Withdrawn { .. } => EmergencyWord::Withdrawn,
            Self::Lapsed { .. } => EmergencyWord::Lapsed,
        }
    }

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Proposed { .. } | Self::Opening { .. } | Self::On { .. } | Self::Closing { .. } => false,
            Self::Off { .. } | Self::Declined { .. } | Self::Withdrawn { .. } | Self::Lapsed { .. } => true,
        }
    }
}
