//! What the identity provider has of an emergency, what it should have, and the next step between the two. Pure.
//!
//! Like a holding it is reconciled, not commanded: look, compare, write down what is changed, change, look again. Every
//! step can be repeated, so a crash between two of them loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::emergency::{Emergency, EmergencyState, Level, Member};
use crate::ids::{MemberId, PersonId};
use crate::settings::SETTLE_AFTER;
use crate::time::Seconds;

/// A provider that takes no changes now (disaster recovery) says so with this beginning, so that people are pointed to the
/// runbook. Okta: read-only mode.
pub const READ_ONLY: &str = "read-only:";
/// Lists lag behind changes; after so many looks that show the opposite, the change is made again.
pub const LOOKS_MAX: u32 = 5;
/// While it is on, the provider is looked at this often: what somebody changes by hand is told.
pub const LOOK_EVERY: Seconds = Seconds::minutes(2);

/// What was seen of the parts within this time is taken for one look: a part that could not be read is asked for again with all the others.
const SEEN_TOGETHER: Seconds = Seconds(5);

/// What is known of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sight", rename_all = "kebab-case")]
pub enum Sight<T> {
    /// Not looked at since the start, or since it was changed.
    Unknown {
        /// Whether we changed it, so that a look may show it as it was before.
        changed: bool,
        /// How many looks showed it as it was before.
        looks: u32,
    },
    /// Looked at.
    Seen {
        /// What was seen.
        value: T,
        /// When.
        at: Timestamp,
    },
}

impl<T> Sight<T> {
    /// Never looked at.
    #[must_use]
    pub const fn never() -> Self {
        Self::Unknown { changed: false, looks: 0 }
    }

    /// Changed by us; a look must show it.
    #[must_use]
    pub const fn changed() -> Self {
        Self::Unknown { changed: true, looks: 0 }
    }

    /// What was seen last, unless it was changed since.
    #[must_use]
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// When that was.
    #[must_use]
    pub fn seen_at(&self) -> Option<Timestamp> {
        match self {
            Self::Seen { at, .. } => Some(*at),
            Self::Unknown { .. } => None,
        }
    }
}

/// One change at the provider. Each is idempotent there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum FederationChange {
    /// Deactivate the app: before everything else when a budget is short.
    Deactivate,
    /// Activate the app.
    Activate,
    /// Take a member out of a group, whoever put them there.
    Remove {
        /// Which group.
        level: Level,
        /// Whom.
        member: Member,
    },
    /// Put a person into a group.
    Add {
        /// Which group.
        level: Level,
        /// Whom.
        person: PersonId,
    },
    /// Deny sessions that began before this, on the emergency roles.
    Cut {
        /// Before when, in whole seconds: AWS compares issue times to the second.
        before: Timestamp,
    },
}

/// How a change went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Made {
    /// Done, says the provider; a look must confirm it.
    Done {
        /// For [`FederationChange::Add`]: the provider's user.
        member: Option<Member>,
    },
    /// The answer was lost: its effect may still come.
    Lost {
        /// What is known.
        what: String,
    },
    /// Not done; it is tried again.
    NotDone {
        /// What it said.
        what: String,
    },
    /// Not done, and trying again is of no use until somebody mends something.
    Refused {
        /// What it said.
        what: String,
    },
}

/// What was last seen at the provider, and what is under way there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Whether the app is active.
    pub app: Sight<bool>,
    /// Whether the provider said that it activated the app. One that is seen active without may be seen as it was before
    /// another emergency closed it (P4).
    #[serde(default)]
    pub activated: bool,
    /// When the provider last said that it had opened something: a look right after it may show how it was before.
    #[serde(default)]
    pub opened: Option<Timestamp>,
    /// Who is in the groups.
    pub groups: BTreeMap<Level, Sight<BTreeMap<MemberId, String>>>,
    /// Whom the provider said it took out, and no look has shown out yet: a list that lags shows them still.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken_out: BTreeMap<Level, BTreeSet<MemberId>>,
    /// Sessions older than this are denied in the emergency account.
    pub cut: Sight<CutSeen>,
    /// Before when they are to be denied: when everything was first seen closed.
    pub cut_before: Option<Timestamp>,
    /// Looks in a row that showed the app inactive while it should be active.
    pub app_missed: u32,
    /// Changes that are written down and perhaps made.
    pub intended: Vec<FederationChange>,
    /// Since when an opening change may still take effect whose answer nobody heard: a look before
    /// [`SETTLE_AFTER`] has passed does not prove that it will not (P3).
    pub loose: Option<Timestamp>,
    /// Whether the sign-in metadata was fetched (in a drill).
    pub metadata: bool,
}

impl View {
    /// Whether what we opened shows by now, wherever one looks: absence is what somebody else did.
    #[must_use]
    pub fn is_settled(&self, at: Timestamp) -> bool {
        self.opened.is_none_or(|opened| SETTLE_AFTER.after(opened) <= at)
    }

    /// Nothing is known.
    #[must_use]
    pub fn unknown(levels: impl IntoIterator<Item = Level>) -> Self {
        Self {
            app: Sight::never(),
            activated: false,
            opened: None,
            groups: levels.into_iter().map(|level| (level, Sight::never())).collect(),
            taken_out: BTreeMap::new(),
            cut: Sight::never(),
            cut_before: None,
            app_missed: 0,
            intended: Vec::new(),
            loose: None,
            metadata: false,
        }
    }
}

/// What a look showed. What could not be read is not there: "could not ask" is never "none".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Looked {
    /// Whether the app is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<bool>,
    /// Who is in the groups.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<Level, Vec<Member>>,
    /// Sessions older than this are denied, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<CutSeen>,
}

/// Whether sessions are denied in the emergency account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutSeen {
    /// They are not, or not on every role.
    Not,
    /// Those older than this are.
    Before(Timestamp),
}

/// What to do outside next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FederationStep {
    /// Look what the provider has.
    Look {
        /// How many looks in a row showed what was there before a change of ours.
        looks: u32,
    },
    /// Make the changes that are written down, side by side.
    Make {
        /// Which, in the order of their urgency.
        changes: Vec<FederationChange>,
    },
    /// Fetch the sign-in metadata.
    Metadata,
    /// Look, but not before this.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Nothing.
    Rest,
}

/// Whether the app should be active and the seats taken.
#[must_use]
pub fn wanted_open(emergency: &Emergency, now: Timestamp) -> bool {
    match &emergency.state {
        EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => now < *deadline,
        EmergencyState::Proposed { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => false,
    }
}

/// The changes that lead from what was seen to what is wanted, as far as it was seen.
#[must_use]
pub fn differences(emergency: &Emergency, now: Timestamp) -> Vec<FederationChange> {
    if !emergency.state.holds_federation() {
        return Vec::new();
    }
    let mut changes = if wanted_open(emergency, now) { to_open(emergency) } else { to_close(emergency) };
    changes.sort();
    changes
}

fn to_open(emergency: &Emergency) -> Vec<FederationChange> {
    let mut changes = Vec::new();
    // What somebody deactivated by hand is not activated again: only an opening activates.
    let opening = matches!(emergency.state, EmergencyState::Opening { .. });
    if opening && emergency.view.app.seen().is_some_and(|active| !active || !emergency.view.activated) {
        changes.push(FederationChange::Activate);
    }
    for seat in &emergency.seats {
        let members = emergency.view.groups.get(&seat.level).and_then(Sight::seen);
        let is_in =
            seat.member.as_ref().zip(members).is_some_and(|(member, all)| all.contains_key(&member.id));
        let for_good = seat.trouble.as_ref().is_some_and(|trouble| trouble.for_good);
        match (&seat.taken_by, &seat.member) {
            // Once confirmed and gone again, somebody removed them by hand: not put back.
            (None, _)
                if members.is_some()
                    && seat.confirmed_at.is_none()
                    && !(for_good || (is_in && seat.put_in)) =>
            {
                changes.push(FederationChange::Add { level: seat.level, person: seat.person.clone() });
            }
            // The provider's word that they were put in is enough to take them out: that waits for no look.
            (Some(_), Some(member))
                if (is_in || seat.put_in) && !is_given(emergency, seat.level, &member.id) =>
            {
                changes.push(FederationChange::Remove { level: seat.level, member: member.clone() });
            }
            (None | Some(_), _) => {}
        }
    }
    changes
}

/// Whether another seat, that nobody took back, is the same member's in the same group.
fn is_given(emergency: &Emergency, level: Level, id: &MemberId) -> bool {
    emergency
        .seats_given()
        .any(|seat| seat.level == level && seat.member.as_ref().is_some_and(|member| member.id == *id))
}

fn to_close(emergency: &Emergency) -> Vec<FederationChange> {
    let view = &emergency.view;
    let mut changes: Vec<FederationChange> =
        cut_due(emergency).map(|before| FederationChange::Cut { before }).into_iter().collect();
    if view.app.seen() == Some(&true) {
        changes.push(FederationChange::Deactivate);
    }
    for (level, sight) in &view.groups {
        for (id, login) in sight.seen().into_iter().flatten() {
            let member = Member { id: id.clone(), login: login.clone() };
            changes.push(FederationChange::Remove { level: *level, member });
        }
    }
    changes
}

/// Whether nothing is left of it at the provider, as far as was seen; since when.
#[must_use]
pub fn closed_since(view: &View) -> Option<Timestamp> {
    let app = (view.app.seen() == Some(&false)).then(|| view.app.seen_at()).flatten()?;
    view.groups.values().try_fold(app, |last, sight| {
        let empty = sight.seen().is_some_and(BTreeMap::is_empty);
        let at = sight.seen_at().filter(|_| empty)?;
        Some(last.max(at))
    })
}

/// Before when sessions are to be denied, when that is to be done and was not yet: everything was closed by then.
#[must_use]
pub fn cut_due(emergency: &Emergency) -> Option<Timestamp> {
    let closed = closed_since(&emergency.view).filter(|_| cuts(emergency))?;
    let seen = *emergency.view.cut.seen()?;
    let wanted = emergency.view.cut_before.unwrap_or_else(|| whole_second_after(closed));
    (seen < CutSeen::Before(wanted)).then_some(wanted)
}

fn cuts(emergency: &Emergency) -> bool {
    emergency.ask.place.cut.is_some() && !emergency.is_drill()
}

/// Sessions of the same second are older too.
fn whole_second_after(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().saturating_add(1)).unwrap_or(Timestamp::MAX)
}

/// Whether all that must be seen before it is called closed was seen, late enough to be believed, and together: what was seen of
/// one part before another could be read may have been changed by hand meanwhile (P4).
#[must_use]
pub fn is_closed(emergency: &Emergency, now: Timestamp) -> bool {
    let view = &emergency.view;
    let together = earliest_look(view).is_some_and(|looked| now <= SEEN_TOGETHER.after(looked));
    let settled = view.loose.map(|at| SETTLE_AFTER.after(at));
    let late_enough =
        settled.is_none_or(|settled| earliest_look(view).is_some_and(|looked| looked >= settled));
    let cut = !cuts(emergency) || (view.cut.seen().is_some() && cut_due(emergency).is_none());
    view.intended.is_empty() && closed_since(view).is_some() && late_enough && together && cut
}

/// When the part that was looked at longest ago was looked at; none when one was not, or was changed since.
fn earliest_look(view: &View) -> Option<Timestamp> {
    let app = view.app.seen_at()?;
    view.groups.values().try_fold(app, |first, sight| sight.seen_at().map(|at| first.min(at)))
}

/// The next step outside. What can be decided without one was decided before (`decide`), so that this needs no policy.
#[must_use]
pub fn next_step(emergency: &Emergency, now: Timestamp) -> FederationStep {
    if !emergency.state.holds_federation() {
        return FederationStep::Rest;
    }
    let view = &emergency.view;
    let open = wanted_open(emergency, now);
    if !view.intended.is_empty() && (open || !view.intended.iter().any(FederationChange::opens)) {
        return FederationStep::Make { changes: view.intended.clone() };
    }
    let looks = FederationStep::Look { looks: looks_of(view) };
    let Some(looked) = earliest_look(view) else { return looks };
    if cuts(emergency) && !open && view.cut.seen().is_none() {
        return looks;
    }
    match &emergency.state {
        EmergencyState::On { .. } if emergency.is_drill() && !view.metadata => FederationStep::Metadata,
        EmergencyState::Opening { .. } | EmergencyState::On { .. } if open => {
            let until = LOOK_EVERY.after(looked);
            if now < until { FederationStep::Wait { until } } else { looks }
        }
        // Whatever is closed already was decided; what is loose is waited for, and then looked at once more.
        EmergencyState::Opening { .. } | EmergencyState::On { .. } | EmergencyState::Closing { .. } => {
            match view.loose.map(|at| SETTLE_AFTER.after(at)).filter(|until| looked < *until) {
                Some(until) if now < until => FederationStep::Wait { until },
                Some(_) | None => looks,
            }
        }
        EmergencyState::Proposed { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => FederationStep::Rest,
    }
}

fn looks_of(view: &View) -> u32 {
    let of = |looks: &u32| *looks;
    let groups = view.groups.values().map(|sight| match sight {
        Sight::Unknown { looks, .. } => of(looks),
        Sight::Seen { .. } => 0,
    });
    let app = match &view.app {
        Sight::Unknown { looks, .. } => of(looks),
        Sight::Seen { .. } => 0,
    };
    groups.chain([app]).max().unwrap_or(0)
}

impl FederationChange {
    /// Whether it can open access.
    #[must_use]
    pub fn opens(&self) -> bool {
        match self {
            Self::Activate | Self::Add { .. } => true,
            Self::Deactivate | Self::Remove { .. } | Self::Cut { .. } => false,
        }
    }
}
