//! The few settings that decisions depend on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::emergency::Place;
use crate::ids::FederationId;
use crate::time::Seconds;

/// What the configuration says about requests (`[requests]`).
#[derive(Debug, Clone)]
pub struct Settings {
    /// A request that nobody answers lapses after this.
    pub lapse_after: Seconds,
    /// No grant is longer than this, whatever policy says.
    pub max_length: Seconds,
    /// Whether a reason must be given.
    pub reason_required: bool,
    /// Fewest characters of a reason.
    pub reason_length_min: usize,
    /// Whether a ticket must be given.
    pub ticket_required: bool,
    /// What a ticket looks like.
    pub ticket_pattern: Option<regex_lite::Regex>,
    /// For what a fresh sign-in is asked (`[sign_in] step_up`).
    pub step_up: Vec<StepUp>,
    /// How old such a sign-in may be.
    pub sign_in_fresh: Seconds,
    /// Sets of things that are asked for by one name (`bundles.toml`).
    pub bundles: BTreeMap<String, Bundle>,
    /// Whether sessions that outlive access can be cut (`[requests] cut_sessions`).
    pub cut_sessions: bool,
    /// Whether access that no request explains is removed (`[drift] remove`).
    pub drift_remove: bool,
    /// The emergency federations (`[breakglass.*]`).
    pub federations: BTreeMap<FederationId, FederationSettings>,
}

/// A set of things that are asked for by one name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// What it is for, in a sentence.
    pub description: String,
    /// What is in it, as it was written: found in the directory when it is asked for.
    pub items: Vec<BundleItem>,
}

/// One thing of a bundle, by names or ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleItem {
    /// A permission set in an account.
    Assignment {
        /// The account.
        account: String,
        /// The permission set.
        permission_set: String,
    },
    /// Being in a group.
    Group(String),
}

/// Something for which a fresh sign-in is asked before it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepUp {
    /// What.
    pub action: StepUpAction,
    /// Where: an account, by name or id, or an organizational unit, by name or id. Everywhere, when there is none.
    pub scope: Option<String>,
}

/// What a fresh sign-in can be asked for. Never for taking access away (P3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepUpAction {
    /// Asking for access.
    Request,
    /// Approving a request.
    Approve,
    /// Opening, confirming and extending an emergency, and adding people to it.
    Breakglass,
}

impl StepUpAction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Request, Self::Approve, Self::Breakglass];

    /// Its word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Approve => "approve",
            Self::Breakglass => "breakglass",
        }
    }
}

/// What the configuration says about one emergency federation (`[breakglass.<name>]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederationSettings {
    /// Where it is.
    pub place: Place,
    /// No emergency is longer, whatever policy says.
    pub max_length: Seconds,
    /// How long one is when nobody says.
    pub length: Seconds,
    /// Who is put into the read-only group in a drill: an e-mail address or a user name. Nobody, when there is none.
    pub canary: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lapse_after: Seconds::hours(1),
            max_length: Seconds::hours(12),
            reason_required: true,
            reason_length_min: 8,
            ticket_required: false,
            ticket_pattern: None,
            step_up: Vec::new(),
            sign_in_fresh: Seconds::minutes(5),
            bundles: BTreeMap::new(),
            cut_sessions: false,
            drift_remove: false,
            federations: BTreeMap::new(),
        }
    }
}

/// How much the identity provider's clock may be ahead of ours in what it says about a sign-in.
pub const SIGN_IN_AHEAD_MAX: Seconds = Seconds::minutes(1);
/// Longest reason kept: what fits a card with all the rest of it (Slack: 3,000 characters a section).
pub const REASON_LENGTH_MAX: usize = 500;
/// Longest ticket kept: longer than any tracker's, shorter than a place to hide text in.
pub const TICKET_LENGTH_MAX: usize = 64;
/// Things in one bundle: more of them do not fit a card, and nobody reads them.
pub const BUNDLE_MAX: usize = 10;
/// How far ahead access can be asked for: whoever approves today cannot know about next month.
pub const START_AHEAD_MAX: Seconds = Seconds::hours(24 * 14);
/// Approvers who are reminded, or told of urgent access, by message: more of them and nobody feels meant.
pub const CALLED_MAX: usize = 10;
/// Orders to end many grants that are under way at once: each is one row.
pub const END_ALL_MAX: usize = 20;
/// Grants ended by one record of such an order: what fits a batch, and takes no time that others notice.
pub const ENDED_AT_ONCE_MAX: usize = 50;
/// Grants rechecked by one command, for the same reason.
pub const RECHECKED_AT_ONCE_MAX: usize = 50;
/// Access that no request explains, remembered: a company with more has another problem first.
pub const DRIFT_MAX: usize = 1_000;
/// No session lives longer than this (permission sets allow 1 h to 12 h), so a denial of older ones is lifted then.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html>
pub const SESSION_MAX: Seconds = Seconds::hours(12);
/// Shortest grant: below a minute the granting takes longer than the grant.
pub const LENGTH_MIN: Seconds = Seconds::minutes(1);
/// Open requests of one person: a person who needs more of them at once has a script, and the channel suffers.
pub const OPEN_PER_PERSON_MAX: usize = 20;
/// Access that should be gone is OVERDUE this long after its end: an ordinary removal takes some seconds.
pub const OVERDUE_AFTER: Seconds = Seconds::minutes(1);
/// First repetition of the OVERDUE notice; it doubles from there.
pub const OVERDUE_REPEAT_FIRST: Seconds = Seconds::minutes(5);
/// Longest silence between two OVERDUE notices.
pub const OVERDUE_REPEAT_MAX: Seconds = Seconds::minutes(30);
/// A create whose reply was lost may still take effect for this long; absence is believed only after it. Longer than a
/// call may take (10 s), an ordinary provisioning and a lagging list together; shorter than [`OVERDUE_AFTER`], so that an
/// end right after an approval is not called overdue.
pub const SETTLE_AFTER: Seconds = Seconds(50);
/// A proposed emergency lapses after this: who has not answered by then is not there.
pub const PROPOSAL_LAPSES_AFTER: Seconds = Seconds::minutes(10);
/// While it waits, people are reminded this often.
pub const PROPOSAL_REMIND_EVERY: Seconds = Seconds::minutes(2);
/// While an emergency is on, everybody is reminded this often (DESIGN §6).
pub const STILL_ON_EVERY: Seconds = Seconds::minutes(30);
/// Its end is announced this long before.
pub const ENDS_SOON_BEFORE: Seconds = Seconds::minutes(10);
/// Identity Center must have been well for this long before the commander is asked to close.
pub const CENTER_WELL_FOR: Seconds = Seconds::minutes(15);
/// An emergency that nobody looked at afterwards is told this often.
pub const REVIEW_REMIND_EVERY: Seconds = Seconds::hours(24);
/// A drill that is not on after this has failed, and is closed: longer than a provider's bad minute.
pub const DRILL_LENGTH: Seconds = Seconds::minutes(15);
/// People in one emergency: more of them do not help, and each is a call to the provider.
pub const SEATS_MAX: usize = 100;
/// Lines of a timeline kept: the rest is in the journal.
pub const TIMELINE_MAX: usize = 500;
/// Interactions are remembered this long, to recognise a delivery that comes again.
pub const INTERACTIONS_KEPT: Seconds = Seconds::hours(24);
/// And at most so many of them, so that a flood cannot fill the memory.
pub const INTERACTIONS_MAX: usize = 50_000;
/// Forgotten by one record at most: faster than they come, and 32 records at once stay far below what a batch takes.
pub const INTERACTIONS_FORGOTTEN_AT_ONCE: usize = 64;
