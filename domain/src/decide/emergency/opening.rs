//! Opening an emergency, another person's yes and going on alone.

use jiff::Timestamp;

use super::settle::settle;
use super::{Desk, federation, find, level_of, question, too_late};
use crate::command::{NewEmergency, Which};
use crate::decide::{Decision, Draft, Reply, World, enabled_person, reason_in_order};
use crate::emergency::{Emergency, EmergencyAsk, EmergencyState, EmergencyTerms, Level, Purpose};
use crate::event::EmergencyFact;
use crate::ids::{EmergencyId, FederationId, PersonId};
use crate::person::{Actor, Who};
use crate::refusal::Refusal;
use crate::request::Approval;
use crate::rules::{EmergencyQuestion, NotPermitted};
use crate::settings::{
    DRILL_LENGTH, FederationSettings, LENGTH_MIN, PROPOSAL_LAPSES_AFTER, SEATS_MAX, TICKET_LENGTH_MAX,
};
use crate::time::Seconds;

/// Confirmers named on a card: more than these nobody reads.
const CONFIRMERS_SHOWN_MAX: usize = 20;

/// `/breakglass on`, and drills.
pub(super) fn open(world: &World<'_>, by: &Actor, new: &NewEmergency) -> Result<Decision, Refusal> {
    let (name, settings) = federation(world, new.federation.as_ref())?;
    let before = free(world, (name, settings), new.purpose)?;
    let people = people(world, by, new)?;
    words_in_order(world, settings, new)?;
    if !people.is_empty() && !settings.place.groups.contains_key(&new.level) {
        return Err(Refusal::NoSuchLevel { level: new.level });
    }
    let mut ask = ask(world, by, new, name, settings);
    // Sessions that the one before would have cut are cut with this one's.
    ask.place.cut = ask.place.cut.or_else(|| before.and_then(|before| before.ask.place.cut.clone()));
    let (terms, confirmers) = terms(world, by, &ask, new.level, &people)?;
    let missing = terms.approvals;
    let id = ask.id.clone();
    let before = before.map(|before| &before.ask.id);
    let mut desk = Desk { world, draft: draft(world, before), id: id.clone() };
    let lapses_at = PROPOSAL_LAPSES_AFTER.after(world.now);
    let alone_from = terms.solo_after.filter(|_| missing > 0).map(|after| after.after(world.now));
    desk.emit(EmergencyFact::Proposed {
        ask,
        terms: terms.clone(),
        confirmers: confirmers.clone(),
        lapses_at,
        alone_from,
        drill_due: new.due,
    });
    for person in &people {
        let (person, by) = (person.clone(), by.who.clone());
        desk.emit(EmergencyFact::SeatGiven { person, level: new.level, by });
    }
    if missing > 0 {
        return Ok(desk.decided(Reply::EmergencyWaiting { id, missing, confirmers, alone_from, lapses_at }));
    }
    order(&mut desk, &terms);
    let reply = opened(&desk);
    Ok(desk.decided(reply))
}

/// What the federation is busy with, when it may be taken over: a drill, or one that is being closed.
fn free<'a>(
    world: &World<'a>,
    (name, settings): (&FederationId, &FederationSettings),
    purpose: Purpose,
) -> Result<Option<&'a Emergency>, Refusal> {
    let Some(busy) = world.book.open_emergency(name) else { return Ok(None) };
    let id = busy.ask.id.clone();
    // Who takes over closes what is closed here: the same app and the same groups (P3).
    let (was, is) = (&busy.ask.place, &settings.place);
    let same_place = (was.provider, &was.app, &was.groups) == (is.provider, &is.app, &is.groups);
    let may_take_over = purpose == Purpose::Incident && same_place;
    match &busy.state {
        EmergencyState::Closing { .. } if may_take_over => Ok(Some(busy)),
        EmergencyState::Opening { .. } | EmergencyState::On { .. } if may_take_over && busy.is_drill() => {
            Ok(Some(busy))
        }
        EmergencyState::Proposed { .. } => Err(Refusal::EmergencyIsProposed { id }),
        EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => {
            Err(Refusal::EmergencyIsOn { id, until: busy.deadline().unwrap_or(world.now) })
        }
    }
}

fn draft(world: &World<'_>, before: Option<&EmergencyId>) -> Draft {
    Draft::about_emergencies(world, &before.into_iter().collect::<Vec<_>>())
}

/// Who gets the access: those named, else the opener; in a drill nobody, or the canary that was named.
fn people(world: &World<'_>, by: &Actor, new: &NewEmergency) -> Result<Vec<PersonId>, Refusal> {
    let mut people: Vec<PersonId> = Vec::new();
    for person in &new.people {
        if !people.contains(person) {
            people.push(known_and_enabled(world, person)?);
        }
    }
    if people.is_empty() && new.purpose == Purpose::Incident {
        people.push(enabled_person(world, by)?);
    }
    if people.len() > SEATS_MAX {
        return Err(Refusal::TooManyPeople { max: SEATS_MAX });
    }
    Ok(people)
}

/// Somebody who is named, as an enabled person of the company.
pub(super) fn known_and_enabled(world: &World<'_>, person: &PersonId) -> Result<PersonId, Refusal> {
    match world.directory.enabled(person) {
        Some(known) => Ok(known.id.clone()),
        None => Err(Refusal::NotEnabled { person: person.clone() }),
    }
}

fn words_in_order(
    world: &World<'_>,
    settings: &FederationSettings,
    new: &NewEmergency,
) -> Result<(), Refusal> {
    if new.purpose == Purpose::Drill {
        return Ok(());
    }
    reason_in_order(world.settings, &new.reason)?;
    if let Some(incident) = new.incident.as_ref().filter(|incident| incident.len() > TICKET_LENGTH_MAX) {
        let ticket = incident.chars().take(TICKET_LENGTH_MAX).collect();
        let pattern = format!("at most {TICKET_LENGTH_MAX} characters");
        return Err(Refusal::TicketMalformed { ticket, pattern });
    }
    length_in_order(settings.max_length, new.length.unwrap_or(settings.length))
}

pub(super) fn length_in_order(max: Seconds, length: Seconds) -> Result<(), Refusal> {
    if length < LENGTH_MIN {
        return Err(Refusal::TooShort { min: LENGTH_MIN });
    }
    if length > max {
        return Err(Refusal::TooLong { max });
    }
    Ok(())
}

fn ask(
    world: &World<'_>,
    by: &Actor,
    new: &NewEmergency,
    name: &FederationId,
    settings: &FederationSettings,
) -> EmergencyAsk {
    let length = match new.purpose {
        Purpose::Drill => DRILL_LENGTH,
        Purpose::Incident => new.length.unwrap_or(settings.length),
    };
    EmergencyAsk {
        id: new.id.clone(),
        federation: name.clone(),
        place: settings.place.clone(),
        purpose: new.purpose,
        by: by.who.clone(),
        door: by.door,
        at: world.now,
        length,
        incident: new.incident.clone(),
        reason: new.reason.trim().to_owned(),
    }
}

/// Policy's terms, and who could confirm. A drill by schedule is the operator's own configuration: nobody asks for it, and
/// nobody but a configured canary gets anything.
fn terms(
    world: &World<'_>,
    by: &Actor,
    ask: &EmergencyAsk,
    level: Level,
    people: &[PersonId],
) -> Result<(EmergencyTerms, Vec<PersonId>), Refusal> {
    if by.who == Who::Glasskey && ask.purpose == Purpose::Drill {
        return Ok((EmergencyTerms::default(), Vec::new()));
    }
    let opener = enabled_person(world, by)?;
    let asked = EmergencyQuestion {
        opener,
        federation: ask.federation.clone(),
        level,
        length: ask.length,
        incident: ask.incident.clone(),
        drill: ask.purpose == Purpose::Drill,
        door: by.door,
        at: world.now,
        emergency_on: world.emergency_on,
    };
    let may_not = |why| Refusal::MayNotBreakGlass { why };
    let mut terms = world.rules.breakglass(world.directory, &asked).map_err(may_not)?;
    if ask.purpose == Purpose::Drill {
        // Nobody but the operator's canary gets access by it, so nobody else has to agree (P1).
        let canaries =
            people.iter().all(|person| level == Level::Ro && is_canary(world, &ask.federation, person));
        if !canaries && terms.approvals > 0 {
            return Err(may_not(NotPermitted::ApprovalsGone { needed: terms.approvals, counting: 0 }));
        }
        terms.approvals = 0;
        return Ok((terms, Vec::new()));
    }
    let confirmers = confirmers(world, &asked, &terms, people)?;
    Ok((terms, confirmers))
}

/// Whether the configuration names this person as the one who is put into the read-only group in a drill.
fn is_canary(world: &World<'_>, federation: &FederationId, person: &PersonId) -> bool {
    let named = world.settings.federations.get(federation).and_then(|settings| settings.canary.as_ref());
    let person = world.directory.people.get(person);
    named.map(|name| name.to_lowercase()).zip(person).is_some_and(|(name, person)| {
        person.user_name.to_lowercase() == name || person.emails.contains(&name)
    })
}

/// An emergency that nobody could confirm is refused at once, unless the opener may go on alone after a while.
fn confirmers(
    world: &World<'_>,
    asked: &EmergencyQuestion,
    terms: &EmergencyTerms,
    people: &[PersonId],
) -> Result<Vec<PersonId>, Refusal> {
    if terms.approvals == 0 {
        return Ok(Vec::new());
    }
    let needed = usize::try_from(terms.approvals).unwrap_or(usize::MAX);
    let most = needed.max(CONFIRMERS_SHOWN_MAX).saturating_add(people.len());
    let mut found = world.rules.confirmers(world.directory, asked, most).people;
    // Who gets the access does not confirm it (P1).
    found.retain(|person| !people.contains(person));
    if found.len() < needed && terms.solo_after.is_none() {
        let found = u32::try_from(found.len()).unwrap_or(u32::MAX);
        return Err(Refusal::NobodyCouldApprove { needed: terms.approvals, found });
    }
    Ok(found)
}

/// From here on access may exist, and the deadline is durable (P2). What the federation was busy with is taken over: the
/// access of the one before becomes this one's to close.
fn order(desk: &mut Desk<'_>, terms: &EmergencyTerms) {
    let now = desk.world.now;
    let Some(emergency) = desk.emergency() else { return };
    let (deadline, federation) = (emergency.ask.length.after(now), emergency.ask.federation.clone());
    let (policies, set) = (terms.policies.clone(), terms.set.clone());
    let before = desk.draft.book.emergencies().find(|other| {
        other.ask.id != desk.id && other.ask.federation == federation && other.state.holds_federation()
    });
    let before = before.map(|other| other.ask.id.clone());
    take_seats_of_the_gone(desk);
    desk.emit(EmergencyFact::Ordered { deadline, policies, set });
    if let Some(before) = before {
        let by = desk.id.clone();
        desk.draft.emit(crate::event::Event::Emergency { id: before, fact: EmergencyFact::TakenOver { by } });
    }
    settle(desk);
}

/// Who was named and is no longer enabled gets nothing (P9); the others do not wait for that.
fn take_seats_of_the_gone(desk: &mut Desk<'_>) {
    let Some(emergency) = desk.emergency() else { return };
    let enabled = |person: &PersonId| desk.world.directory.enabled(person).is_some();
    let seated = emergency.seats_given().map(|seat| seat.person.clone());
    for person in seated.filter(|person| !enabled(person)).collect::<Vec<_>>() {
        desk.emit(EmergencyFact::SeatsTaken { person, by: Who::Glasskey });
    }
}

fn opened(desk: &Desk<'_>) -> Reply {
    let id = desk.id.clone();
    match desk.emergency() {
        Some(emergency) if emergency.is_drill() => Reply::DrillOpening { id },
        Some(emergency) => Reply::EmergencyOpening {
            id,
            deadline: emergency.deadline().unwrap_or(desk.world.now),
            people: emergency.seats_given().map(|seat| (seat.person.clone(), seat.level)).collect(),
        },
        None => Reply::Noted,
    }
}

/// Another person's yes; or the opener's, to go on alone when policy lets.
pub(super) fn confirm(world: &World<'_>, by: &Actor, which: &Which) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let emergency = find(world, which)?;
    let alone_from = waiting(world, emergency)?;
    let Who::Person { person: opener } = &emergency.ask.by else { return Err(Refusal::NoEmergency) };
    let level = level_of(emergency);
    let asked = question(world, emergency, opener, level, emergency.ask.length, by.door);
    // The opener may have lost the right meanwhile: it is asked again at the click (P1).
    let opener_is_enabled = world.directory.enabled(opener).is_some();
    let terms = world
        .rules
        .breakglass(world.directory, &asked)
        .map_err(|why| Refusal::MayNotBreakGlass { why })
        .and_then(|terms| {
            if opener_is_enabled { Ok(terms) } else { Err(Refusal::NotEnabled { person: opener.clone() }) }
        })?;
    let mut desk = about(world, emergency);
    if person == *opener {
        // Policy is asked as it is now, and may have become stricter meanwhile.
        let now = terms.solo_after.map(|after| after.after(emergency.ask.at));
        match alone_from.zip(now).map(|(then, now)| then.max(now)) {
            Some(from) if from <= world.now => desk.emit(EmergencyFact::WentAlone { by: person }),
            from => return Err(Refusal::AloneTooEarly { from }),
        }
    } else {
        count(&mut desk, by, person, &asked)?;
        let needed = emergency.terms.approvals.max(terms.approvals);
        let counting = counting(&desk, &asked);
        if counting < needed {
            let (id, missing) = (desk.id.clone(), needed.saturating_sub(counting));
            return Ok(desk.decided(Reply::EmergencyConfirmed { id, missing }));
        }
    }
    order(&mut desk, &terms);
    let reply = opened(&desk);
    Ok(desk.decided(reply))
}

fn about<'w>(world: &'w World<'w>, emergency: &Emergency) -> Desk<'w> {
    let others = world.book.emergencies().filter(|other| other.ask.federation == emergency.ask.federation);
    let ids: Vec<&EmergencyId> = others.map(|other| &other.ask.id).collect();
    Desk { world, draft: Draft::about_emergencies(world, &ids), id: emergency.ask.id.clone() }
}

/// That it waits; from when the opener may go on alone. Time alone lapses it, whether or not the timer has fired.
fn waiting(world: &World<'_>, emergency: &Emergency) -> Result<Option<Timestamp>, Refusal> {
    match &emergency.state {
        EmergencyState::Proposed { lapses_at, alone_from, .. } if world.now < *lapses_at => Ok(*alone_from),
        EmergencyState::Proposed { .. }
        | EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => Err(too_late(emergency)),
    }
}

/// One yes of somebody who may give it, and who gets nothing by it (P1).
fn count(
    desk: &mut Desk<'_>,
    by: &Actor,
    person: PersonId,
    asked: &EmergencyQuestion,
) -> Result<(), Refusal> {
    let world = desk.world;
    let Some(emergency) = desk.emergency() else { return Err(Refusal::NoEmergency) };
    if emergency.seats_given().any(|seat| seat.person == person) {
        return Err(Refusal::OwnEmergency);
    }
    let may_not = |why| Refusal::MayNotConfirm { why };
    let policies = world.rules.confirm(world.directory, asked, &person).map_err(may_not)?;
    if emergency.confirmations.iter().any(|earlier| earlier.by == person) {
        return Err(Refusal::AlreadyApproved { missing: emergency.confirmations_missing() });
    }
    let approval = Approval { by: person, at: world.now, door: by.door, policies, length: None };
    desk.emit(EmergencyFact::Confirmed { approval });
    Ok(())
}

/// The confirmations that count now: of enabled people who may give them *now*, and who get nothing by it (P1).
fn counting(desk: &Desk<'_>, asked: &EmergencyQuestion) -> u32 {
    let world = desk.world;
    let Some(emergency) = desk.emergency() else { return 0 };
    let counted = emergency.confirmations.iter().map(|yes| &yes.by).filter(|by| {
        **by != asked.opener
            && world.directory.enabled(by).is_some()
            && !emergency.seats_given().any(|seat| seat.person == **by)
            && world.rules.confirm(world.directory, asked, by).is_ok()
    });
    u32::try_from(counted.count()).unwrap_or(u32::MAX)
}
