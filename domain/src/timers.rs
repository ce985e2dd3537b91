//! When something about an emergency, or about a request, is due next. Pure, and by the state alone, so that the same timers follow whenever
//! they are derived.

use jiff::{SignedDuration, Timestamp};

use crate::emergency::{Emergency, EmergencyState, Review};
use crate::federation::{FederationStep, next_step};
use crate::request::{AccessRequest, State, UrgentReview};
use crate::rules::Escalation;
use crate::settings::{CENTER_WELL_FOR, ENDS_SOON_BEFORE};
use crate::time::Seconds;
use crate::watch::{Center, Watch};

/// Whether access through it may exist and is meant to.
pub(crate) fn is_on(emergency: &Emergency) -> bool {
    !emergency.is_drill()
        && matches!(emergency.state, EmergencyState::Opening { .. } | EmergencyState::On { .. })
}

/// Whether what is to be done for it takes access away.
pub(crate) fn is_closing(emergency: &Emergency) -> bool {
    matches!(emergency.state, EmergencyState::Closing { .. })
}

/// When the provider is next to be asked for it.
pub(crate) fn federation_due(emergency: &Emergency, at: Timestamp) -> Option<Timestamp> {
    match next_step(emergency, at) {
        FederationStep::Rest => None,
        FederationStep::Wait { until } => Some(until),
        FederationStep::Look { .. } | FederationStep::Make { .. } | FederationStep::Metadata => Some(at),
    }
}

/// When something of it is due that needs nobody outside.
pub(crate) fn next(emergency: &Emergency, watch: &Watch) -> Option<Timestamp> {
    match &emergency.state {
        EmergencyState::Proposed { lapses_at, remind_at, alone_from, .. } => {
            let alone = alone_from.filter(|_| !emergency.alone_offered);
            Some((*lapses_at).min(*remind_at).min(alone.unwrap_or(*lapses_at)))
        }
        EmergencyState::Opening { deadline, .. } => Some(*deadline),
        EmergencyState::On { deadline, .. } if emergency.is_drill() => Some(*deadline),
        EmergencyState::On { deadline, remind_at, warned, .. } => {
            let warn_at = (!warned).then(|| before(ENDS_SOON_BEFORE, *deadline));
            let due = [Some(*deadline), Some(*remind_at), warn_at, ask_to_close_at(emergency, watch)];
            due.into_iter().flatten().min()
        }
        EmergencyState::Closing { tell_overdue_at, .. } => Some(*tell_overdue_at),
        EmergencyState::Off { .. } => match &emergency.review {
            Review::Wanted { remind_at, .. } => Some(*remind_at),
            Review::NotNeeded | Review::Done { .. } => None,
        },
        EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => None,
    }
}

/// When the commander is to be asked to close because Identity Center is well, if that is known and was not done.
pub(crate) fn ask_to_close_at(emergency: &Emergency, watch: &Watch) -> Option<Timestamp> {
    match (&emergency.state, &watch.center) {
        (EmergencyState::On { since, asked_to_close: false, .. }, Center::Answers { since: well }) => {
            Some(CENTER_WELL_FOR.after((*since).max(*well)))
        }
        (
            EmergencyState::On { .. }
            | EmergencyState::Proposed { .. }
            | EmergencyState::Opening { .. }
            | EmergencyState::Closing { .. }
            | EmergencyState::Off { .. }
            | EmergencyState::Declined { .. }
            | EmergencyState::Withdrawn { .. }
            | EmergencyState::Lapsed { .. },
            Center::Unknown | Center::Answers { .. } | Center::Silent { .. },
        ) => None,
    }
}

/// The instant this long before another.
pub(crate) fn before(length: Seconds, instant: Timestamp) -> Timestamp {
    instant.checked_sub(SignedDuration::from_secs(i64::from(length.0))).unwrap_or(Timestamp::MIN)
}

/// When somebody is next to be reminded of a request, asked because others did not answer, or warned.
pub(crate) fn next_nudge(request: &AccessRequest) -> Option<Timestamp> {
    let review = match &request.review {
        UrgentReview::Wanted { remind_at, .. } => Some(*remind_at),
        UrgentReview::NotNeeded | UrgentReview::Acknowledged { .. } | UrgentReview::Objected { .. } => None,
    };
    let escalate = escalate_at(request).map(|(at, _)| at);
    let all = [remind_at(request), escalate, extension_lapses_at(request), warn_at(request), review];
    all.into_iter().flatten().min()
}

/// When those who may approve are reminded: once, at half time.
pub(crate) fn remind_at(request: &AccessRequest) -> Option<Timestamp> {
    let State::Pending { lapses_at } = &request.state else { return None };
    let half = lapses_at.duration_since(request.ask.at).as_secs() / 2;
    let at = request.ask.at.checked_add(SignedDuration::from_secs(half)).ok();
    at.filter(|_| request.reminded == 0)
}

/// When the next group is asked, and which.
pub(crate) fn escalate_at(request: &AccessRequest) -> Option<(Timestamp, &Escalation)> {
    let State::Pending { .. } = &request.state else { return None };
    let next = usize::try_from(request.escalated).ok()?;
    let escalation = request.terms.escalate.get(next)?;
    Some((escalation.after.after(request.ask.at), escalation))
}

/// When the person is warned that it ends soon. Not for what is hardly longer than the warning.
pub(crate) fn warn_at(request: &AccessRequest) -> Option<Timestamp> {
    match &request.state {
        State::Active { since, deadline, warned: false } => {
            let at = before(ENDS_SOON_BEFORE, *deadline);
            (*since < at).then_some(at)
        }
        State::Active { .. }
        | State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => None,
    }
}

/// When an extension that waits is off the table.
pub(crate) fn extension_lapses_at(request: &AccessRequest) -> Option<Timestamp> {
    let active = matches!(request.state, State::Active { .. });
    request.extension.as_ref().filter(|_| active).map(|extension| extension.lapses_at)
}
