//! fact → emergency. Total: a fact that does not fit changes nothing, and a terminal state is never changed again.

mod closing;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::federation as provider;
use crate::book::{Book, Touched};
use crate::emergency::{
    Emergency, EmergencyAsk, EmergencyState, EmergencyTerms, Happening, Level, Moment, Review, Seat,
};
use crate::event::EmergencyFact;
use crate::federation::{READ_ONLY, View};
use crate::ids::{EmergencyId, PersonId, Subject};
use crate::job::{NoticeKind, Recipient, Tell};
use crate::person::{Platform, Who};
use crate::request::{Cards, Posting};
use crate::settings::{ENDS_SOON_BEFORE, PROPOSAL_REMIND_EVERY, STILL_ON_EVERY, TIMELINE_MAX};
use crate::timers;

/// Confirmers who are told directly: more of them nobody needs, and each is a message.
const CONFIRMERS_TOLD_MAX: usize = 10;

/// Changes an emergency by one fact.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each fact, so that none is without")]
pub(super) fn evolve(
    book: &mut Book,
    at: Timestamp,
    id: &EmergencyId,
    fact: &EmergencyFact,
    touched: &mut Touched,
) {
    if let EmergencyFact::Proposed { ask, terms, confirmers, lapses_at, alone_from, drill_due } = fact {
        if let Some(due) = drill_due {
            book.watch.drill_due.insert(ask.federation.clone(), *due);
            touched.watch = true;
        }
        let state = EmergencyState::Proposed {
            lapses_at: *lapses_at,
            alone_from: *alone_from,
            reminded: 0,
            remind_at: PROPOSAL_REMIND_EVERY.after(at),
        };
        let cards = Cards::on_each(&book.watch.served.0);
        let emergency = proposed(ask, terms, confirmers, state, cards);
        book.emergencies.entry(id.clone()).or_insert(emergency);
        touched.emergencies.insert(id.clone());
        return;
    }
    let Some(emergency) = book.emergencies.get_mut(id) else { return };
    touched.emergencies.insert(id.clone());
    match fact {
        EmergencyFact::Proposed { .. } => {}
        EmergencyFact::Confirmed { approval } => {
            emergency.confirmations.retain(|earlier| earlier.by != approval.by);
            emergency.confirmations.push(approval.clone());
            note(emergency, at, Happening::Confirmed { by: approval.by.clone() });
        }
        EmergencyFact::WentAlone { by } => {
            emergency.alone = true;
            note(emergency, at, Happening::Alone { by: by.clone() });
        }
        EmergencyFact::AloneOffered => {
            emergency.alone_offered = true;
            shown(emergency);
        }
        EmergencyFact::Declined { by, why } => {
            refused(emergency, EmergencyState::Declined { at, by: by.clone(), why: why.clone() });
        }
        EmergencyFact::Withdrawn => refused(emergency, EmergencyState::Withdrawn { at }),
        EmergencyFact::Lapsed => refused(emergency, EmergencyState::Lapsed { at }),
        EmergencyFact::ProposalReminded { nth, again_at } => proposal_reminded(emergency, *nth, *again_at),
        EmergencyFact::Ordered { deadline, .. } => ordered(emergency, at, *deadline),
        EmergencyFact::TakenOver { by } => closing::taken_over(book, at, id, by, touched),
        EmergencyFact::SeatGiven { person, level, by } => seat_given(emergency, at, person, *level, by),
        EmergencyFact::SeatsTaken { person, by } => seats_taken(emergency, at, person, by),
        EmergencyFact::Extended { deadline, by } => extended(emergency, at, *deadline, by),
        EmergencyFact::ChangesIntended { changes } => provider::intended(emergency, changes),
        EmergencyFact::ChangesMade { results } => provider::made(emergency, at, results),
        EmergencyFact::Looked { looked } => provider::looked(emergency, at, looked),
        EmergencyFact::Trouble { what, read_only } => trouble(emergency, at, what.as_deref(), *read_only),
        EmergencyFact::StrangersSeen { level, members } => {
            provider::strangers(emergency, at, *level, members);
        }
        EmergencyFact::Recognised { person, member } => provider::recognised(emergency, person, member),
        EmergencyFact::SeatConfirmed { person, level } => {
            provider::seat_confirmed(emergency, at, person, *level);
        }
        EmergencyFact::SeatGone { person, level } => provider::seat_gone(emergency, at, person, *level),
        EmergencyFact::OnConfirmed { deadline } => on_confirmed(emergency, at, *deadline),
        EmergencyFact::Reminded { nth, again_at } => reminded(emergency, *nth, *again_at),
        EmergencyFact::EndAnnounced => end_announced(emergency),
        EmergencyFact::AskedToClose => asked_to_close(emergency),
        EmergencyFact::MetadataFetched { fault } => {
            emergency.view.metadata = true;
            note(emergency, at, Happening::Metadata { fault: fault.clone() });
        }
        EmergencyFact::CloseOrdered { cause, due } => closing::close_ordered(emergency, at, cause, *due),
        EmergencyFact::OffConfirmed { lateness_ms } => {
            closing::off(book, at, id, *lateness_ms, None, touched)
        }
        EmergencyFact::OverdueTold { nth, again_at } => closing::overdue_told(emergency, *nth, *again_at),
        EmergencyFact::ReviewReminded { nth, again_at } => {
            if let Review::Wanted { reminded, remind_at } = &mut emergency.review {
                (*reminded, *remind_at) = (*nth, *again_at);
                drop_unposted(emergency, |kind| matches!(kind, NoticeKind::ReviewDue { .. }));
                loudly(emergency, NoticeKind::ReviewDue { nth: *nth });
            }
        }
        EmergencyFact::Reviewed { by, note } => {
            if let Review::Wanted { .. } = emergency.review {
                emergency.review = Review::Done { by: by.clone(), at, note: note.clone() };
                drop_unposted(emergency, |kind| matches!(kind, NoticeKind::ReviewDue { .. }));
                aloud(emergency, NoticeKind::Reviewed);
                shown(emergency);
            }
        }
    }
}

fn proposed(
    ask: &EmergencyAsk,
    terms: &EmergencyTerms,
    confirmers: &[PersonId],
    state: EmergencyState,
    cards: Cards,
) -> Emergency {
    let mut emergency = Emergency {
        ask: ask.clone(),
        terms: terms.clone(),
        confirmers: confirmers.to_vec(),
        confirmations: Vec::new(),
        alone_offered: false,
        alone: false,
        seats: Vec::new(),
        strangers: BTreeMap::new(),
        state,
        view: View::unknown(ask.place.groups.keys().copied()),
        trouble: None,
        read_only: false,
        extended: 0,
        review: Review::NotNeeded,
        timeline: Vec::new(),
        version: 1,
        cards,
        untold: BTreeMap::new(),
    };
    if terms.approvals > 0 {
        ask_for_confirmation(&mut emergency, 0);
    }
    emergency
}

/// Says in the incident channel, and to those who could confirm, that somebody's yes is waited for.
fn ask_for_confirmation(emergency: &mut Emergency, nth: u32) {
    aloud(emergency, NoticeKind::Proposed { nth });
    if nth == 0 {
        for person in emergency.confirmers.clone().into_iter().take(CONFIRMERS_TOLD_MAX) {
            tell(emergency, NoticeKind::Proposed { nth }, Recipient::Person { person });
        }
    }
}

fn proposal_reminded(emergency: &mut Emergency, nth: u32, again_at: Timestamp) {
    if let EmergencyState::Proposed { reminded, remind_at, .. } = &mut emergency.state {
        (*reminded, *remind_at) = (nth, again_at);
        drop_unposted(emergency, |kind| matches!(kind, NoticeKind::Proposed { nth: 1.. }));
        ask_for_confirmation(emergency, nth);
    }
}

/// It never opened.
fn refused(emergency: &mut Emergency, state: EmergencyState) {
    if matches!(emergency.state, EmergencyState::Proposed { .. }) {
        emergency.state = state;
        drop_unposted(emergency, |kind| matches!(kind, NoticeKind::Proposed { .. }));
        aloud(emergency, NoticeKind::EmergencyOff);
        to_opener(emergency, NoticeKind::EmergencyOff);
        shown(emergency);
    }
}

fn ordered(emergency: &mut Emergency, at: Timestamp, deadline: Timestamp) {
    if matches!(emergency.state, EmergencyState::Proposed { .. }) {
        emergency.state = EmergencyState::Opening { since: at, deadline };
        drop_unposted(emergency, |kind| matches!(kind, NoticeKind::Proposed { .. }));
        note(emergency, at, Happening::Ordered);
    }
}

fn seat_given(emergency: &mut Emergency, at: Timestamp, person: &PersonId, level: Level, by: &Who) {
    let known =
        emergency.seats.iter().find(|seat| seat.person == *person).and_then(|seat| seat.member.clone());
    emergency.seats.retain(|seat| seat.person != *person || seat.level != level);
    emergency.seats.push(Seat {
        person: person.clone(),
        level,
        by: by.clone(),
        at,
        taken_by: None,
        member: known,
        put_in: false,
        confirmed_at: None,
        missed: 0,
        gone_by_hand: false,
        trouble: None,
    });
    let (by, person) = (by.clone(), person.clone());
    note(emergency, at, Happening::Added { by, person, level });
}

fn seats_taken(emergency: &mut Emergency, at: Timestamp, person: &PersonId, by: &Who) {
    for seat in emergency.seats.iter_mut().filter(|seat| seat.person == *person) {
        seat.taken_by.get_or_insert_with(|| by.clone());
    }
    provider::not_added(emergency, at, person);
    drop_sign_in(emergency, person);
    note(emergency, at, Happening::Removed { by: by.clone(), person: person.clone() });
}

/// Who cannot sign in any more is not told how to.
pub(super) fn drop_sign_in(emergency: &mut Emergency, person: &PersonId) {
    emergency.untold.retain(|tell, posting| {
        let theirs = matches!(&tell.to, Recipient::Person { person: whose } if whose == person);
        !(theirs && matches!(tell.kind, NoticeKind::SignIn { .. }) && *posting == Posting::No)
    });
}

fn extended(emergency: &mut Emergency, at: Timestamp, until: Timestamp, by: &Who) {
    match &mut emergency.state {
        EmergencyState::On { deadline, warned, .. } => {
            (*deadline, *warned) = (until, false);
        }
        EmergencyState::Opening { deadline, .. } => *deadline = until,
        EmergencyState::Proposed { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => return,
    }
    emergency.extended = emergency.extended.saturating_add(1);
    drop_unposted(emergency, |kind| matches!(kind, NoticeKind::EndsSoon { .. }));
    aloud(emergency, NoticeKind::Extended { nth: emergency.extended });
    note(emergency, at, Happening::Extended { by: by.clone(), until });
}

fn trouble(emergency: &mut Emergency, at: Timestamp, what: Option<&str>, read_only: bool) {
    let opening = matches!(emergency.state, EmergencyState::Opening { .. });
    // Said once, and once more when it is the disaster recovery that is in the way: complaints can alternate for hours.
    let known = |begins: &str| {
        let is = |what: &Happening| matches!(what, Happening::Trouble { what } if what.starts_with(begins));
        emergency.timeline.iter().any(|moment| is(&moment.what))
    };
    let news = (opening && !known("")) || (read_only && !known(READ_ONLY));
    emergency.trouble = what.map(str::to_owned);
    emergency.read_only = read_only;
    match what {
        Some(what) => {
            if news {
                aloud(emergency, NoticeKind::EmergencyStuck);
                to_opener(emergency, NoticeKind::EmergencyStuck);
            }
            note(emergency, at, Happening::Trouble { what: what.to_owned() });
        }
        None => shown(emergency),
    }
}

fn on_confirmed(emergency: &mut Emergency, at: Timestamp, deadline: Timestamp) {
    if !matches!(emergency.state, EmergencyState::Opening { .. }) {
        return;
    }
    emergency.state = EmergencyState::On {
        since: at,
        deadline,
        reminded: 0,
        remind_at: STILL_ON_EVERY.after(at),
        // One that is shorter than the warning would be warned of as it begins.
        warned: timers::before(ENDS_SOON_BEFORE, deadline) <= at,
        asked_to_close: false,
    };
    drop_unposted(emergency, |kind| matches!(kind, NoticeKind::EmergencyStuck));
    if !emergency.is_drill() {
        loudly(emergency, NoticeKind::EmergencyOn);
        tell_who_is_in(emergency);
        if emergency.alone {
            loudly(emergency, NoticeKind::EmergencyAlone);
        }
    }
    shown(emergency);
}

/// How to sign in, to those who are in already.
fn tell_who_is_in(emergency: &mut Emergency) {
    let is_in = |seat: &&Seat| seat.confirmed_at.is_some() && !seat.gone_by_hand;
    let in_now: Vec<_> =
        emergency.seats_given().filter(is_in).map(|seat| (seat.person.clone(), seat.level)).collect();
    for (person, level) in in_now {
        to_person(emergency, NoticeKind::SignIn { level }, &person);
    }
}

fn reminded(emergency: &mut Emergency, nth: u32, again_at: Timestamp) {
    if let EmergencyState::On { reminded, remind_at, .. } = &mut emergency.state {
        (*reminded, *remind_at) = (nth, again_at);
        drop_unposted(emergency, |kind| matches!(kind, NoticeKind::StillOn { .. }));
        aloud(emergency, NoticeKind::StillOn { nth });
    }
}

fn end_announced(emergency: &mut Emergency) {
    if let EmergencyState::On { warned, .. } = &mut emergency.state {
        *warned = true;
        let nth = emergency.extended;
        aloud(emergency, NoticeKind::EndsSoon { nth });
        to_opener(emergency, NoticeKind::EndsSoon { nth });
    }
}

fn asked_to_close(emergency: &mut Emergency) {
    if let EmergencyState::On { asked_to_close, .. } = &mut emergency.state {
        *asked_to_close = true;
        aloud(emergency, NoticeKind::CloseNow);
        to_opener(emergency, NoticeKind::CloseNow);
    }
}

/// Coalesced, not lost: what was never posted is replaced by what is true now.
fn drop_unposted(emergency: &mut Emergency, which: impl Fn(&NoticeKind) -> bool) {
    emergency.untold.retain(|tell, posting| !(which(&tell.kind) && *posting == Posting::No));
}

fn tell(emergency: &mut Emergency, kind: NoticeKind, to: Recipient) {
    for on in emergency.cards.platforms().filter(|platform| to.can_be_on(*platform)).collect::<Vec<_>>() {
        tell_on(emergency, on, kind, to.clone());
    }
}

fn tell_on(emergency: &mut Emergency, on: Platform, kind: NoticeKind, to: Recipient) {
    let id = Subject::Emergency(emergency.ask.id.clone());
    emergency.untold.entry(Tell { id, kind, to, on }).or_default();
}

/// In the incident channel of each platform; in its access channel, where the configuration names none.
pub(super) fn aloud(emergency: &mut Emergency, kind: NoticeKind) {
    for on in emergency.cards.platforms().collect::<Vec<_>>() {
        let incidents = emergency.ask.place.channel_on(on);
        let to = incidents.map_or(Recipient::Access, |name| Recipient::Channel { name: name.to_owned() });
        tell_on(emergency, on, kind, to);
    }
}

/// In the incident channel, in the access channel, and where policy says.
fn loudly(emergency: &mut Emergency, kind: NoticeKind) {
    aloud(emergency, kind);
    tell(emergency, kind, Recipient::Access);
    for name in emergency.terms.notify.clone() {
        tell(emergency, kind, Recipient::Channel { name });
    }
}

pub(super) fn to_person(emergency: &mut Emergency, kind: NoticeKind, person: &PersonId) {
    tell(emergency, kind, Recipient::Person { person: person.clone() });
}

fn to_opener(emergency: &mut Emergency, kind: NoticeKind) {
    if let Who::Person { person } = emergency.ask.by.clone() {
        to_person(emergency, kind, &person);
    }
}

/// Something that the card shows changed.
pub(super) fn shown(emergency: &mut Emergency) {
    emergency.version = emergency.version.saturating_add(1);
}

/// A line of the timeline, which the card shows too.
pub(super) fn note(emergency: &mut Emergency, at: Timestamp, what: Happening) {
    if emergency.timeline.len() < TIMELINE_MAX {
        emergency.timeline.push(Moment { at, what });
    }
    shown(emergency);
}
