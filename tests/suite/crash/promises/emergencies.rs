//! The promises, of emergencies.

use glasskey::ports::Entry;
use glasskey_domain::book::Row;
use glasskey_domain::emergency::{CloseCause, Emergency, EmergencyState, Seat};
use glasskey_domain::event::EmergencyFact;
use glasskey_domain::federation::{FederationChange, wanted_open};
use glasskey_domain::settings::ENDS_SOON_BEFORE;
use glasskey_domain::{EmergencyId, Event, PersonId, Record, Who};
use jiff::{SignedDuration, Timestamp};

use super::{LOOK_AGE_MAX, Past};
use crate::crash::company::AUDITOR;
use crate::crash::outside::{Fact, Outside};

/// The emergencies of which a record tells something.
pub(super) fn concerned(record: &Record) -> impl Iterator<Item = &EmergencyId> {
    record.events.iter().filter_map(|event| match event {
        Event::Emergency { id, .. } => Some(id),
        _ => None,
    })
}

fn in_batch<'a>(entry: &'a Entry, id: &EmergencyId) -> &'a Emergency {
    let found = entry.rows.iter().find_map(|(_, row)| match row {
        Some(Row::Emergency(one) | Row::ClosedEmergency(one)) if one.ask.id == *id => Some(&**one),
        _ => None,
    });
    found.expect("an emergency in the batch")
}

/// P4: what is confirmed is true.
pub(super) fn witness(outside: &Outside, entry: &Entry, id: &EmergencyId, fact: &EmergencyFact) {
    let since = outside.time.truth() - LOOK_AGE_MAX;
    let is_in = |one: &Emergency, seat: &Seat| {
        let group = &one.ask.place.groups[&seat.level];
        outside.federated_since(&Fact::is_in(group, seat.person.as_str()), since)
    };
    let lie = match fact {
        EmergencyFact::OnConfirmed { .. } => {
            let one = in_batch(entry, id);
            let awaited = |seat: &&Seat| {
                !seat.gone_by_hand && seat.trouble.as_ref().is_none_or(|trouble| !trouble.for_good)
            };
            let nobody = one.seats_given().find(awaited).is_none();
            let first = one.seats_given().any(|seat| is_in(one, seat));
            (!outside.federated_since(&Fact::App, since) || !(nobody || first)).then_some("on")
        }
        EmergencyFact::SeatConfirmed { person, level } => {
            let one = in_batch(entry, id);
            let seat = one.seats.iter().find(|seat| seat.person == *person && seat.level == *level);
            (!seat.is_some_and(|seat| is_in(one, seat))).then_some("somebody's")
        }
        EmergencyFact::OffConfirmed { .. } => {
            let one = in_batch(entry, id);
            let open = !outside.open_by_us().is_empty() || !outside.open_by_hand_before(since).is_empty();
            let cuts = one.ask.place.cut.is_some() && !one.is_drill();
            (open || (cuts && !outside.is_cut())).then_some("off")
        }
        _ => None,
    };
    if let Some(lie) = lie {
        outside.blame(format!("P4: {id} is called {lie} and the provider has {:?}", outside.open_now()));
    }
}

/// One step of one emergency: from whom and when it may come, and what it may do.
pub(super) fn step(before: Option<&Emergency>, after: &Emergency, at: Timestamp, fact: &EmergencyFact) {
    let id = &after.ask.id;
    if let Some(before) = before.filter(|before| before.state.is_terminal()) {
        assert_eq!(before.state, after.state, "{id} was over");
    }
    match fact {
        EmergencyFact::Ordered { deadline, .. } => ordered(after, at, *deadline),
        EmergencyFact::ChangesIntended { changes } => {
            let opens = changes.iter().any(FederationChange::opens);
            assert!(!opens || wanted_open(after, at), "P2: {id} intends {changes:?} in {:?}", after.state);
        }
        EmergencyFact::OnConfirmed { deadline } => {
            let whole = after.ask.length.after(at);
            assert!(after.extended > 0 || *deadline <= whole, "P2: the deadline of {id} moved too far");
        }
        EmergencyFact::Reviewed { by, .. } => assert_eq!(by.as_str(), AUDITOR, "{id}"),
        _ => {}
    }
    if let Some(due) = before.and_then(|before| due(before, fact)) {
        assert!(due <= at, "{id}: {fact:?} came before its time");
    }
}

/// P1 and P2, at the moment at which opening is ordered.
fn ordered(one: &Emergency, at: Timestamp, deadline: Timestamp) {
    let id = &one.ask.id;
    let counts = |by: &&PersonId| {
        let opener = one.ask.by == Who::Person { person: (**by).clone() };
        !opener && !one.seats_given().any(|seat| seat.person == **by)
    };
    let people = one.confirmations.iter().map(|yes| &yes.by).filter(counts).count();
    let alone = one.alone && one.terms.solo_after.is_some_and(|after| after.after(one.ask.at) <= at);
    assert!(alone || people >= one.terms.approvals as usize, "P1: {id} lacks a confirmation");
    assert_eq!(deadline, one.ask.length.after(at), "P2: the deadline of {id}");
}

/// When a fact that only time brings was due.
fn due(before: &Emergency, fact: &EmergencyFact) -> Option<Timestamp> {
    match (&before.state, fact) {
        (EmergencyState::Proposed { lapses_at, .. }, EmergencyFact::Lapsed) => Some(*lapses_at),
        (EmergencyState::Proposed { remind_at, .. }, EmergencyFact::ProposalReminded { .. })
        | (EmergencyState::On { remind_at, .. }, EmergencyFact::Reminded { .. }) => Some(*remind_at),
        (EmergencyState::Proposed { alone_from, .. }, EmergencyFact::AloneOffered) => *alone_from,
        (EmergencyState::On { deadline, .. }, EmergencyFact::EndAnnounced) => {
            Some(*deadline - SignedDuration::from_secs(ENDS_SOON_BEFORE.0.into()))
        }
        (
            EmergencyState::On { deadline, .. } | EmergencyState::Opening { deadline, .. },
            EmergencyFact::CloseOrdered { cause: CloseCause::Deadline, .. },
        ) => Some(*deadline),
        (EmergencyState::Closing { tell_overdue_at, .. }, EmergencyFact::OverdueTold { .. }) => {
            Some(*tell_overdue_at)
        }
        _ => None,
    }
}

/// P1 and P3: when all is quiet nothing is open that we opened.
pub(super) fn are_over(past: &Past, outside: &Outside) {
    assert!(outside.open_by_us().is_empty(), "P3: left open: {:?}", outside.open_by_us());
    for one in &past.emergencies {
        assert!(one.state.is_terminal(), "{one:?}");
    }
    let ever = past.emergencies.iter().any(|one| matches!(one.state, EmergencyState::Off { .. }));
    assert!(ever || outside.activations() == 0, "P1: nobody ordered it and the app was activated");
}
