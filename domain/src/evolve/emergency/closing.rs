//! fact → an emergency that is being closed, is off, or is taken over by another.

use jiff::Timestamp;

use super::{aloud, drop_unposted, loudly, note, shown, tell, to_opener};
use crate::book::{Book, Touched};
use crate::emergency::{CloseCause, Emergency, EmergencyState, Happening, Review, Seat};
use crate::evolve::federation as provider;
use crate::ids::EmergencyId;
use crate::job::{NoticeKind, Recipient};
use crate::person::Who;
use crate::settings::{OVERDUE_AFTER, REVIEW_REMIND_EVERY};
use crate::watch::LastDrill;

/// Why a drill that was taken over does not count.
const AN_INCIDENT_CAME_FIRST: &str = "an incident came first";

pub(super) fn close_ordered(emergency: &mut Emergency, at: Timestamp, cause: &CloseCause, due: Timestamp) {
    let on_since = match &emergency.state {
        EmergencyState::On { since, .. } => Some(*since),
        EmergencyState::Opening { .. } => None,
        EmergencyState::Proposed { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => return,
    };
    let cause = cause.clone();
    emergency.state = EmergencyState::Closing {
        due,
        cause: cause.clone(),
        on_since,
        overdue_told: 0,
        tell_overdue_at: OVERDUE_AFTER.after(due),
    };
    provider::closing(emergency, at);
    drop_unposted(emergency, says_that_it_is_open);
    note(emergency, at, Happening::CloseOrdered { cause });
}

fn says_that_it_is_open(kind: &NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::EmergencyOn
            | NoticeKind::SignIn { .. }
            | NoticeKind::EmergencyStuck
            | NoticeKind::StillOn { .. }
            | NoticeKind::Extended { .. }
            | NoticeKind::EndsSoon { .. }
            | NoticeKind::CloseNow
    )
}

pub(super) fn taken_over(
    book: &mut Book,
    at: Timestamp,
    id: &EmergencyId,
    by: &EmergencyId,
    touched: &mut Touched,
) {
    let Some(before) = book.emergencies.get_mut(id).filter(|before| before.state.holds_federation()) else {
        return;
    };
    provider::closing(before, at);
    let loose = before.view.loose.max(before.view.opened);
    let seats = before.seats.clone();
    if let EmergencyState::Opening { .. } | EmergencyState::On { .. } = before.state {
        close_ordered(before, at, &CloseCause::DrillFailed { why: AN_INCIDENT_CAME_FIRST.to_owned() }, at);
    }
    off(book, at, id, 0, Some(by.clone()), touched);
    // What may still come of the one before is the business of the one that goes on.
    if let Some(next) = book.emergencies.get_mut(by) {
        next.view.loose = next.view.loose.max(loose);
        inherit(next, seats);
        touched.emergencies.insert(by.clone());
    }
}

/// Who was in the one before, and has no seat in this one, is taken out: their time is up (P3).
fn inherit(next: &mut Emergency, seats: Vec<Seat>) {
    for mut seat in seats {
        match next.seats.iter_mut().find(|own| own.person == seat.person && own.level == seat.level) {
            Some(own) => own.member = own.member.take().or(seat.member),
            None => {
                seat.taken_by.get_or_insert(Who::Glasskey);
                (seat.put_in, seat.confirmed_at) = (false, None);
                next.seats.push(seat);
            }
        }
    }
}

pub(super) fn off(
    book: &mut Book,
    at: Timestamp,
    id: &EmergencyId,
    lateness_ms: u64,
    taken_over_by: Option<EmergencyId>,
    touched: &mut Touched,
) {
    let Some(emergency) = book.emergencies.get_mut(id) else { return };
    let EmergencyState::Closing { cause, on_since, overdue_told, .. } = emergency.state.clone() else {
        return;
    };
    let was_taken_over = taken_over_by.is_some();
    emergency.state = EmergencyState::Off { at, cause: cause.clone(), on_since, lateness_ms, taken_over_by };
    emergency.trouble = None;
    drop_unposted(emergency, |kind| says_that_it_is_open(kind) || matches!(kind, NoticeKind::Overdue { .. }));
    if overdue_told > 0 {
        aloud(emergency, NoticeKind::OverdueOver);
    }
    if emergency.is_drill() {
        let fault = drill_fault(&cause, on_since, was_taken_over);
        aloud(emergency, NoticeKind::EmergencyOff);
        book.watch.drills.insert(emergency.ask.federation.clone(), LastDrill { id: id.clone(), at, fault });
        touched.watch = true;
    } else {
        emergency.review = Review::Wanted { reminded: 0, remind_at: REVIEW_REMIND_EVERY.after(at) };
        loudly(emergency, NoticeKind::EmergencyOff);
        let were_in = emergency.seats.iter().filter(|seat| seat.confirmed_at.is_some());
        for person in were_in.map(|seat| seat.person.clone()).collect::<Vec<_>>() {
            tell(emergency, NoticeKind::EmergencyOff, Recipient::Person { person });
        }
        to_opener(emergency, NoticeKind::EmergencyOff);
    }
    shown(emergency);
}

/// Why a drill does not count.
fn drill_fault(cause: &CloseCause, on_since: Option<Timestamp>, taken_over: bool) -> Option<String> {
    let why = match cause {
        CloseCause::DrillFailed { why } => why.as_str(),
        CloseCause::Deadline if on_since.is_some() => "its sign-in metadata was not fetched in time",
        CloseCause::Deadline => "it was not on in time",
        CloseCause::Ordered { .. } | CloseCause::ByHand => "somebody closed it",
        CloseCause::DrillDone if taken_over => AN_INCIDENT_CAME_FIRST,
        CloseCause::DrillDone => return None,
    };
    Some(why.to_owned())
}

pub(super) fn overdue_told(emergency: &mut Emergency, nth: u32, again_at: Timestamp) {
    if let EmergencyState::Closing { overdue_told, tell_overdue_at, .. } = &mut emergency.state {
        (*overdue_told, *tell_overdue_at) = (nth, again_at);
        drop_unposted(emergency, |kind| matches!(kind, NoticeKind::Overdue { .. }));
        loudly(emergency, NoticeKind::Overdue { nth });
        to_opener(emergency, NoticeKind::Overdue { nth });
        shown(emergency);
    }
}
