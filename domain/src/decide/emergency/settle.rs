//! What follows for an emergency from what is known, before anything outside is asked.

use super::Desk;
use crate::emergency::{CloseCause, EmergencyState, Member, Seat};
use crate::event::EmergencyFact;
use crate::federation::{Sight, differences, is_closed};
use crate::time::milliseconds_between;

/// Looks in a row that must show the opposite before it is believed that somebody changed it by hand (pitfall 20).
const SIGHTINGS: u32 = 2;

/// Writes down all that follows, until the next step is one outside.
pub(super) fn settle(desk: &mut Desk<'_>) {
    expire(desk);
    recognise(desk);
    strangers(desk);
    seats(desk);
    closed_by_hand(desk);
    confirm_on(desk);
    confirm_off(desk);
    intend(desk);
}

/// The time is up whether or not its timer came first.
fn expire(desk: &mut Desk<'_>) {
    let now = desk.world.now;
    let Some(emergency) = desk.emergency() else { return };
    let over = match &emergency.state {
        EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => {
            Some(*deadline).filter(|deadline| *deadline <= now)
        }
        EmergencyState::Proposed { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => None,
    };
    if let Some(due) = over {
        desk.emit(EmergencyFact::CloseOrdered { cause: CloseCause::Deadline, due });
    }
}

/// Members who are somebody with a seat, by how they sign in: a reply may have been lost, or they were there before us.
fn recognise(desk: &mut Desk<'_>) {
    let Some(emergency) = desk.emergency() else { return };
    let unknown = |seat: &&Seat| seat.member.is_none();
    let mut found = Vec::new();
    for seat in emergency.seats.iter().filter(unknown) {
        let Some(person) = desk.world.directory.people.get(&seat.person) else { continue };
        let members = emergency.view.groups.get(&seat.level).and_then(Sight::seen).into_iter().flatten();
        let theirs = members.filter(|(_, login)| {
            let login = login.to_lowercase();
            person.user_name.to_lowercase() == login || person.emails.contains(&login)
        });
        if let Some((id, login)) = theirs.map(|(id, login)| (id.clone(), login.clone())).next() {
            found.push((seat.person.clone(), Member { id, login }));
        }
    }
    for (person, member) in found {
        desk.emit(EmergencyFact::Recognised { person, member });
    }
}

/// Members whom Glasskey did not add: left where they are while it is on, and told.
fn strangers(desk: &mut Desk<'_>) {
    let Some(emergency) = desk.emergency() else { return };
    let mut found = Vec::new();
    for (level, sight) in &emergency.view.groups {
        let known = emergency.strangers.get(level);
        let members = sight.seen().into_iter().flatten();
        let new: Vec<Member> = members
            .map(|(id, login)| Member { id: id.clone(), login: login.clone() })
            .filter(|member| !known.is_some_and(|known| known.iter().any(|other| other.id == member.id)))
            .filter(|member| !has_seat(&emergency.seats, member))
            .collect();
        if !new.is_empty() {
            found.push((*level, new));
        }
    }
    for (level, members) in found {
        desk.emit(EmergencyFact::StrangersSeen { level, members });
    }
}

fn has_seat(seats: &[Seat], member: &Member) -> bool {
    seats.iter().filter_map(|seat| seat.member.as_ref()).any(|known| known.id == member.id)
}

/// Who is in now, and who is no more.
fn seats(desk: &mut Desk<'_>) {
    let Some(emergency) = desk.emergency() else { return };
    if !matches!(emergency.state, EmergencyState::Opening { .. } | EmergencyState::On { .. }) {
        return;
    }
    let mut facts = Vec::new();
    for seat in emergency.seats_given() {
        let members = emergency.view.groups.get(&seat.level).and_then(Sight::seen);
        let is_in =
            seat.member.as_ref().zip(members).is_some_and(|(member, all)| all.contains_key(&member.id));
        let (person, level) = (seat.person.clone(), seat.level);
        if is_in && seat.put_in && seat.confirmed_at.is_none() {
            facts.push(EmergencyFact::SeatConfirmed { person, level });
        } else if seat.missed >= SIGHTINGS && !seat.gone_by_hand {
            facts.push(EmergencyFact::SeatGone { person, level });
        }
    }
    for fact in facts {
        desk.emit(fact);
    }
}

/// Somebody deactivated the app at the provider: it is not activated again, and all the rest is closed too.
fn closed_by_hand(desk: &mut Desk<'_>) {
    let Some(emergency) = desk.emergency() else { return };
    let on = matches!(emergency.state, EmergencyState::On { .. });
    if on && emergency.view.app_missed >= SIGHTINGS {
        let due = desk.world.now;
        desk.emit(EmergencyFact::CloseOrdered { cause: CloseCause::ByHand, due });
    }
}

/// On is said when the provider showed the app active and the first person in, or nobody is waited for (P4).
fn confirm_on(desk: &mut Desk<'_>) {
    let now = desk.world.now;
    let Some(emergency) = desk.emergency() else { return };
    let opening = matches!(emergency.state, EmergencyState::Opening { .. });
    let active = emergency.view.activated && emergency.view.app.seen() == Some(&true);
    let nobody_awaited = emergency
        .seats_given()
        .all(|seat| seat.gone_by_hand || seat.trouble.as_ref().is_some_and(|trouble| trouble.for_good));
    let one_in = emergency.seats_given().any(|seat| {
        let members = emergency.view.groups.get(&seat.level).and_then(Sight::seen);
        let is_in =
            seat.member.as_ref().zip(members).is_some_and(|(member, all)| all.contains_key(&member.id));
        is_in && seat.confirmed_at.is_some() && !seat.gone_by_hand
    });
    if !(opening && active && (one_in || nobody_awaited)) {
        return;
    }
    // Counted from the confirmation: moved once, by no more than the opening took. A drill has no time of its own, and an
    // end that somebody moved stays where it is.
    let whole = emergency.ask.length.after(now);
    let stays = emergency.is_drill() || emergency.extended > 0;
    let deadline = emergency.deadline().filter(|_| stays).unwrap_or(whole);
    let trouble = emergency.trouble.is_some();
    desk.emit(EmergencyFact::OnConfirmed { deadline });
    if trouble {
        desk.emit(EmergencyFact::Trouble { what: None, read_only: false });
    }
}

fn confirm_off(desk: &mut Desk<'_>) {
    let now = desk.world.now;
    let Some(emergency) = desk.emergency() else { return };
    if let EmergencyState::Closing { due, .. } = &emergency.state
        && is_closed(emergency, now)
    {
        let lateness_ms = milliseconds_between(*due, now);
        desk.emit(EmergencyFact::OffConfirmed { lateness_ms });
    }
}

/// What is to be changed is written down before it is changed (P7).
fn intend(desk: &mut Desk<'_>) {
    let now = desk.world.now;
    let Some(emergency) = desk.emergency() else { return };
    if !emergency.view.intended.is_empty() {
        return;
    }
    let changes = differences(emergency, now);
    if !changes.is_empty() {
        desk.emit(EmergencyFact::ChangesIntended { changes });
    }
}
