//! fact → what is known of the identity provider.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::emergency::{aloud, drop_sign_in, note, to_person};
use crate::emergency::{Emergency, EmergencyState, Happening, Level, Member, Seat, SeatTrouble};
use crate::federation::{FederationChange, LOOKS_MAX, Looked, Made, Sight};
use crate::ids::{MemberId, PersonId};
use crate::job::NoticeKind;

/// Changes are written down, and perhaps made.
pub(super) fn intended(emergency: &mut Emergency, changes: &[FederationChange]) {
    for change in changes {
        match change {
            // What was opened again after it was seen closed must be cut anew.
            FederationChange::Deactivate | FederationChange::Remove { .. } => {
                emergency.view.cut_before = None
            }
            FederationChange::Cut { before } => emergency.view.cut_before = Some(*before),
            FederationChange::Activate | FederationChange::Add { .. } => {}
        }
    }
    emergency.view.intended = changes.to_vec();
}

/// What the provider answered. A part that was changed, or may have been, must be looked at.
pub(super) fn made(emergency: &mut Emergency, at: Timestamp, results: &[(FederationChange, Made)]) {
    for (change, made) in results {
        emergency.view.intended.retain(|intended| intended != change);
        // Done after the order to close: it is loose like one whose answer was lost.
        let too_late = emergency.deadline().is_none_or(|deadline| deadline <= at) || is_closing(emergency);
        let sure = matches!(made, Made::Done { .. });
        let lost = matches!(made, Made::Lost { .. });
        if change.opens() && (lost || (sure && too_late)) {
            loosen(emergency, Some(at));
        } else if !change.opens() && !sure && is_closing(emergency) {
            // What a look shows closed without us may be from before it was opened.
            loosen(emergency, emergency.view.opened);
        }
        if change.opens() && sure {
            emergency.view.opened = emergency.view.opened.max(Some(at));
        }
        match change {
            FederationChange::Activate => {
                emergency.view.activated |= sure;
                emergency.view.app = unknown(sure);
            }
            FederationChange::Deactivate => emergency.view.app = unknown(sure),
            FederationChange::Remove { level, member } => {
                unsee(emergency, *level, sure);
                if sure {
                    taken_out(emergency, *level, member);
                }
            }
            FederationChange::Add { level, person } => {
                unsee(emergency, *level, sure);
                seat_made(emergency, *level, person, made);
            }
            FederationChange::Cut { .. } => emergency.view.cut = Sight::never(),
        }
    }
}

/// Something may still open until it is settled, counted from then.
fn loosen(emergency: &mut Emergency, at: Option<Timestamp>) {
    emergency.view.loose = emergency.view.loose.max(at);
}

fn is_closing(emergency: &Emergency) -> bool {
    matches!(emergency.state, EmergencyState::Closing { .. })
}

fn unknown<T>(changed: bool) -> Sight<T> {
    if changed { Sight::changed() } else { Sight::never() }
}

/// The provider says that they are out; who is given the seat again is put in anew.
fn taken_out(emergency: &mut Emergency, level: Level, member: &Member) {
    emergency.view.taken_out.entry(level).or_default().insert(member.id.clone());
    for seat in emergency.seats.iter_mut().filter(|seat| seat.level == level && seat.taken_by.is_some()) {
        if seat.member.as_ref().is_some_and(|known| known.id == member.id) {
            seat.put_in = false;
        }
    }
}

fn unsee(emergency: &mut Emergency, level: Level, changed: bool) {
    if let Some(sight) = emergency.view.groups.get_mut(&level) {
        let keep_changed = matches!(sight, Sight::Unknown { changed: true, .. });
        *sight = unknown(changed || keep_changed);
    }
}

fn seat_made(emergency: &mut Emergency, level: Level, person: &PersonId, made: &Made) {
    let trouble = match made {
        Made::Done { .. } => None,
        Made::Lost { what } | Made::NotDone { what } => {
            Some(SeatTrouble { what: what.clone(), for_good: false })
        }
        Made::Refused { what } => Some(SeatTrouble { what: what.clone(), for_good: true }),
    };
    let mut taken_in = None;
    for seat in emergency.seats.iter_mut().filter(|seat| seat.person == *person) {
        if let Made::Done { member: Some(member) } = made {
            seat.member = Some(member.clone());
            taken_in = Some(member.clone());
        }
        if seat.level == level {
            seat.trouble.clone_from(&trouble);
            seat.put_in |= matches!(made, Made::Done { .. });
        }
    }
    if let (Some(member), Some(strangers)) = (taken_in, emergency.strangers.get_mut(&level)) {
        strangers.remove(&member);
    }
    super::emergency::shown(emergency);
}

/// What a look showed.
pub(super) fn looked(emergency: &mut Emergency, at: Timestamp, looked: &Looked) {
    if let Some(active) = looked.app {
        see_app(emergency, at, active);
    }
    for (level, members) in &looked.groups {
        see_group(emergency, at, *level, members);
    }
    if let Some(cut) = looked.cut {
        let new = emergency.view.cut.seen() != Some(&cut);
        emergency.view.cut = Sight::Seen { value: cut, at };
        if let (crate::federation::CutSeen::Before(before), true) = (cut, new) {
            note(emergency, at, Happening::Cut { before });
        }
    }
}

fn see_app(emergency: &mut Emergency, at: Timestamp, active: bool) {
    let expected = !is_closing(emergency);
    let before = emergency.view.app.clone();
    // Lists and statuses lag: what still shows the time before our change is looked at again, some times.
    if let Sight::Unknown { changed: true, looks } = before
        && active != expected
        && looks < LOOKS_MAX
    {
        emergency.view.app = Sight::Unknown { changed: true, looks: looks.saturating_add(1) };
        return;
    }
    let on = matches!(emergency.state, EmergencyState::On { .. }) && emergency.view.is_settled(at);
    emergency.view.app_missed = if on && !active { emergency.view.app_missed.saturating_add(1) } else { 0 };
    emergency.view.app = Sight::Seen { value: active, at };
    if before.seen() != Some(&active) {
        let what = if active { Happening::AppActive } else { Happening::AppInactive };
        note_once(emergency, at, what);
    }
}

/// The timeline says a thing once in a row: it is seen again and again.
fn note_once(emergency: &mut Emergency, at: Timestamp, what: Happening) {
    let is_state = |what: &Happening| matches!(what, Happening::AppActive | Happening::AppInactive);
    let last = emergency.timeline.iter().rev().map(|moment| &moment.what).find(|what| is_state(what));
    let first_inactive = last.is_none() && what == Happening::AppInactive && !is_closing(emergency);
    if last != Some(&what) && !first_inactive {
        note(emergency, at, what);
    }
}

fn see_group(emergency: &mut Emergency, at: Timestamp, level: Level, members: &[Member]) {
    let mut now: BTreeMap<MemberId, String> =
        members.iter().map(|member| (member.id.clone(), member.login.clone())).collect();
    let lags = emergency.view.taken_out.get(&level);
    let others = now.keys().any(|id| lags.is_none_or(|taken| !taken.contains(id))) && is_closing(emergency);
    if let (true, Some(taken)) = (others, lags) {
        // Whom we took out and who is listed still waits for a list that has caught up; the others wait for nothing (P3).
        now.retain(|id, _| !taken.contains(id));
    }
    let settled = emergency.view.is_settled(at);
    let as_changed = group_is_as_changed(emergency, level, &now);
    let Some(sight) = emergency.view.groups.get_mut(&level) else { return };
    if let Sight::Unknown { changed: true, looks } = sight
        && !(as_changed || others)
        && *looks < LOOKS_MAX
    {
        *looks = looks.saturating_add(1);
        return;
    }
    if !others {
        emergency.view.taken_out.remove(&level);
    }
    let was_full = !matches!(sight, Sight::Seen { value, .. } if value.is_empty());
    *sight = Sight::Seen { value: now.clone(), at };
    for seat in emergency.seats.iter_mut().filter(|seat| seat.level == level) {
        let is_in = seat.member.as_ref().is_some_and(|member| now.contains_key(&member.id));
        let misses = settled && seat.confirmed_at.is_some() && seat.taken_by.is_none() && !is_in;
        seat.missed = if misses { seat.missed.saturating_add(1) } else { 0 };
    }
    if is_closing(emergency) && now.is_empty() && was_full {
        note(emergency, at, Happening::Emptied { level });
    }
}

/// Whether a look shows our last changes to the group.
fn group_is_as_changed(emergency: &Emergency, level: Level, now: &BTreeMap<MemberId, String>) -> bool {
    if is_closing(emergency) {
        return now.is_empty();
    }
    emergency.seats.iter().filter(|seat| seat.level == level).all(|seat| {
        let is_in = |member: &Member| now.contains_key(&member.id);
        match (&seat.member, &seat.taken_by) {
            (Some(member), None) => {
                !seat.put_in || is_in(member) || seat.trouble.is_some() || seat.gone_by_hand
            }
            (Some(member), Some(_)) => {
                seat.put_in || !is_in(member) || given_again(emergency, level, &member.id)
            }
            (None, _) => true,
        }
    })
}

fn given_again(emergency: &Emergency, level: Level, id: &MemberId) -> bool {
    emergency
        .seats_given()
        .any(|seat| seat.level == level && seat.member.as_ref().is_some_and(|member| member.id == *id))
}

/// Members whom Glasskey did not add.
pub(super) fn strangers(emergency: &mut Emergency, at: Timestamp, level: Level, members: &[Member]) {
    for member in members {
        emergency.strangers.entry(level).or_default().insert(member.clone());
        note(emergency, at, Happening::Stranger { login: member.login.clone(), level });
    }
    if !is_closing(emergency) {
        // Counted as they were seen: one who is given a seat is none any more, and the count names the message.
        let is_stranger = |what: &Happening| matches!(what, Happening::Stranger { .. });
        let seen = emergency.timeline.iter().filter(|moment| is_stranger(&moment.what)).count();
        aloud(emergency, NoticeKind::Strangers { seen: u32::try_from(seen).unwrap_or(u32::MAX) });
    }
}

/// A member is the provider's user of somebody who has, or had, a seat.
pub(super) fn recognised(emergency: &mut Emergency, person: &PersonId, member: &Member) {
    for seat in emergency.seats.iter_mut().filter(|seat| seat.person == *person) {
        seat.member.get_or_insert_with(|| member.clone());
    }
    for strangers in emergency.strangers.values_mut() {
        strangers.remove(member);
    }
}

/// Somebody is in their group.
pub(super) fn seat_confirmed(emergency: &mut Emergency, at: Timestamp, person: &PersonId, level: Level) {
    // Before it is on nobody can sign in: then they are told with everybody else.
    let is_on = matches!(emergency.state, EmergencyState::On { .. });
    let drill = emergency.is_drill();
    if let Some(seat) = seat(emergency, person, level) {
        seat.confirmed_at = Some(at);
        seat.trouble = None;
        note(emergency, at, Happening::In { person: person.clone(), level });
        if is_on && !drill {
            to_person(emergency, NoticeKind::SignIn { level }, person);
        }
    }
}

/// Somebody was taken out by hand: not put back.
pub(super) fn seat_gone(emergency: &mut Emergency, at: Timestamp, person: &PersonId, level: Level) {
    if let Some(seat) = seat(emergency, person, level) {
        seat.gone_by_hand = true;
        drop_sign_in(emergency, person);
        note(emergency, at, Happening::GoneByHand { person: person.clone(), level });
    }
}

fn seat<'a>(emergency: &'a mut Emergency, person: &PersonId, level: Level) -> Option<&'a mut Seat> {
    emergency.seats.iter_mut().find(|seat| seat.person == *person && seat.level == level)
}

/// It is to be closed. What was about to open, or was just opened and not seen yet, may still take effect (P3); what was
/// seen closed must be seen so again.
pub(super) fn closing(emergency: &mut Emergency, at: Timestamp) {
    interrupted(emergency, at);
    unproven(emergency, at);
    if !shows_what_was_opened(emergency) {
        loosen(emergency, emergency.view.opened);
    }
    let view = &mut emergency.view;
    if view.app.seen() != Some(&true) {
        view.app = Sight::never();
    }
    for sight in view.groups.values_mut() {
        if sight.seen().is_none_or(BTreeMap::is_empty) {
            *sight = Sight::never();
        }
    }
    view.taken_out.clear();
    view.cut = Sight::never();
    view.cut_before = None;
}

/// Changes that were written down were perhaps made, and nobody will hear the answer.
pub(super) fn interrupted(emergency: &mut Emergency, at: Timestamp) {
    let intended = std::mem::take(&mut emergency.view.intended);
    if intended.iter().any(FederationChange::opens) {
        loosen(emergency, Some(at));
    }
}

/// What was opened and never seen open: a look may still show how it was before, and must not pass for closed.
fn unproven(emergency: &mut Emergency, at: Timestamp) {
    let view = &emergency.view;
    let app = matches!(view.app, Sight::Unknown { changed: true, .. });
    let groups = view.groups.values().any(|sight| matches!(sight, Sight::Unknown { changed: true, .. }));
    if app || groups {
        loosen(emergency, Some(at));
    }
}

/// Whether all that we opened was seen open last: then it is taken away because of that, whatever the next look shows.
fn shows_what_was_opened(emergency: &Emergency) -> bool {
    let view = &emergency.view;
    let app = !view.activated || view.app.seen() == Some(&true);
    let full =
        |level| view.groups.get(level).and_then(Sight::seen).is_some_and(|members| !members.is_empty());
    app && emergency.seats.iter().filter(|seat| seat.put_in).all(|seat| full(&seat.level))
}

/// A change that would give access to somebody who was removed is not made any more; perhaps it was.
pub(super) fn not_added(emergency: &mut Emergency, at: Timestamp, person: &PersonId) {
    let theirs = |change: &FederationChange| matches!(change, FederationChange::Add { person: whose, .. } if whose == person);
    let (adds, rest): (Vec<_>, Vec<_>) =
        std::mem::take(&mut emergency.view.intended).into_iter().partition(theirs);
    emergency.view.intended = rest;
    for add in adds {
        if let FederationChange::Add { level, .. } = add {
            unsee(emergency, level, false);
            loosen(emergency, Some(at));
        }
    }
}

/// The bot started again: nothing that was seen before is taken for granted.
pub(super) fn started(emergency: &mut Emergency, at: Timestamp) {
    interrupted(emergency, at);
    // Changes that close need no such care: what a look shows too much is taken away again.
    if is_closing(emergency) {
        loosen(emergency, emergency.view.opened);
    } else {
        unproven(emergency, at);
    }
    emergency.view.app = Sight::never();
    for sight in emergency.view.groups.values_mut() {
        *sight = Sight::never();
    }
    emergency.view.taken_out.clear();
    emergency.view.cut = Sight::never();
}
