//! The promises, looked at after every record. Each is written down a second time here, in words of its own.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::command::Incoming;
use glasskey_domain::emergency::{EmergencyState, Happening, Level, Review};
use glasskey_domain::event::{EmergencyFact, Event, Record};
use glasskey_domain::federation::FederationChange;
use glasskey_domain::job::Job;
use glasskey_domain::person::Employment;
use glasskey_domain::settings::{OVERDUE_REPEAT_MAX, REVIEW_REMIND_EVERY};
use glasskey_domain::*;
use jiff::Timestamp;

use crate::town::Town;
use crate::truth;
use crate::twin::Twin;

pub type Law = Result<(), String>;

pub fn holds(yes: bool, law: impl Into<String>) -> Law {
    if yes { Ok(()) } else { Err(law.into()) }
}

/// What must be remembered to judge.
#[derive(Default)]
pub struct Watch {
    terminal: BTreeMap<EmergencyId, Emergency>,
    ordered: BTreeSet<EmergencyId>,
    /// How many times each message was put on the list, and how many times there was a reason for it.
    pub told: BTreeMap<Tell, u32>,
    pub seats: BTreeMap<(EmergencyId, PersonId, Level), u32>,
}

impl Watch {
    /// After a record; `before` is the book that it changed.
    pub fn record(
        &mut self,
        town: &Town,
        twin: &Twin,
        before: &Book,
        incoming: &Incoming,
        record: &Record,
    ) -> Law {
        for event in &record.events {
            if let Event::Emergency { id, fact } = event {
                self.fact(town, before, incoming, id, fact)?;
                truth::fact(town, twin, id, fact)?;
            }
        }
        let same = before.emergencies().eq(town.book.emergencies()) && before.watch() == town.book.watch();
        holds(same || !record.events.is_empty(), "P7: the state changed and no event says so")?;
        self.notices(town, twin, before)?;
        self.terminal_is_immutable(town)?;
        one_at_most(&town.book)?;
        town.book.emergencies().try_for_each(|one| has_its_jobs(&town.book, one, town.now))
    }

    fn fact(
        &mut self,
        town: &Town,
        before: &Book,
        by: &Incoming,
        id: &EmergencyId,
        fact: &EmergencyFact,
    ) -> Law {
        let one = town.emergency(id);
        match fact {
            EmergencyFact::Ordered { deadline, .. } => {
                holds(*deadline > town.now, format!("P2: {id} is ordered without time left"))?;
                self.ordered.insert(id.clone());
                ordered_lawfully(town, one, by)
            }
            EmergencyFact::SeatGiven { person, level, .. } => {
                *self.seats.entry((id.clone(), person.clone(), *level)).or_default() += 1;
                holds(enabled(town, person), format!("P9: {person} is not enabled and gets a seat"))?;
                if before.emergency(id).is_some_and(|was| was.state.holds_federation()) {
                    return added_lawfully(town, one, by);
                }
                Ok(())
            }
            EmergencyFact::ChangesIntended { changes } => {
                let opens = changes.iter().any(FederationChange::opens);
                holds(!opens || self.ordered.contains(id), format!("P1: {id} opens and was not ordered"))
            }
            EmergencyFact::Extended { deadline, .. } => extended_lawfully(town, before, one, by, *deadline),
            EmergencyFact::CloseOrdered { due, .. } => {
                let was = before.emergency(id).and_then(Emergency::deadline).unwrap_or(town.now);
                holds(
                    *due <= town.now && *due <= was.max(town.now),
                    format!("P2: {id} is to be closed at {due}"),
                )
            }
            EmergencyFact::Reviewed { by, .. } => reviewed_lawfully(town, one, by),
            _ => Ok(()),
        }
    }

    fn terminal_is_immutable(&mut self, town: &Town) -> Law {
        for (id, was) in &self.terminal {
            let is = town.emergency(id);
            let same = is.state == was.state
                && is.seats == was.seats
                && is.confirmations == was.confirmations
                && is.timeline == was.timeline
                && is.strangers == was.strangers
                && is.trouble == was.trouble
                && is.view == was.view;
            holds(same, format!("pitfall 26: {id} was {was:#?} and is {is:#?}"))?;
        }
        for one in town.book.emergencies().chain(town.closed.values()).filter(|one| one.state.is_terminal()) {
            self.terminal.entry(one.ask.id.clone()).or_insert_with(|| one.clone());
        }
        Ok(())
    }

    /// P3: while it should be closed and may not be, it is overdue, and people were told.
    pub fn overdue_is_told(&self, town: &Town) -> Law {
        for one in town.book.emergencies().filter(|one| one.is_overdue(town.now)) {
            let EmergencyState::Closing { overdue_told, .. } = &one.state else { continue };
            holds(*overdue_told > 0, format!("P3: {} is overdue and nobody was told", one.ask.id))?;
        }
        Ok(())
    }
}

pub fn enabled(town: &Town, person: &PersonId) -> bool {
    town.directory.people.get(person).is_some_and(|person| person.employment == Employment::Enabled)
}

fn level_of(one: &Emergency) -> Level {
    if one.seats_given().any(|seat| seat.level == Level::Ops) { Level::Ops } else { Level::Ro }
}

/// P1, in other words than `decide`'s.
fn ordered_lawfully(town: &Town, one: &Emergency, by: &Incoming) -> Law {
    let id = &one.ask.id;
    let canaries_alone =
        one.seats_given().all(|seat| seat.by == Who::Glasskey || seat.person.as_str() == "dee");
    if one.is_drill() {
        let agreed = town.rules.needed(Level::Ops, one.ask.length) == 0;
        return holds(
            canaries_alone || agreed,
            format!("P1: somebody who is no canary gets access by the drill {id}"),
        );
    }
    let Who::Person { person: opener } = &one.ask.by else {
        return Err(format!("P1: {id} was opened by nobody"));
    };
    let may = enabled(town, opener) && town.rules.may_open.contains(opener);
    holds(may && one.ask.length <= town.rules.max_length, format!("P1: {opener} may not open {id}"))?;
    let gone = one.seats_given().find(|seat| !enabled(town, &seat.person));
    holds(gone.is_none(), format!("P9: {gone:?} gets access by {id} and is not enabled"))?;
    let needed = one.terms.approvals.max(town.rules.needed(level_of(one), one.ask.length));
    if one.alone {
        let (Some(then), Some(now)) = (one.terms.solo_after, town.rules.solo_after) else {
            return Err(format!("P1: policy lets nobody go on alone with {id}"));
        };
        let in_time = then.max(now).after(one.ask.at) <= town.now;
        return holds(in_time && by.by.who == one.ask.by, format!("P1: {id} is opened alone"));
    }
    let mut others: BTreeSet<&PersonId> = one.confirmations.iter().map(|yes| &yes.by).collect();
    others
        .retain(|other| *other != opener && enabled(town, other) && town.rules.may_confirm.contains(*other));
    others.retain(|other| one.seats_given().all(|seat| seat.person != **other));
    holds(
        others.len() >= usize::try_from(needed).unwrap(),
        format!("P1: {id} needs {needed} and has {others:?}"),
    )
}

/// P1: what is opened for more, or for more people, was agreed to by as many as that needs.
fn added_lawfully(town: &Town, one: &Emergency, by: &Incoming) -> Law {
    let id = &one.ask.id;
    let may = by.by.as_person().is_some_and(|who| enabled(town, who) && town.rules.may_open.contains(who));
    holds(may, format!("P1: {:?} adds people to {id}", by.by))?;
    let needed = town.rules.needed(level_of(one), one.ask.length);
    let had = one.terms.approvals.max(u32::try_from(one.confirmations.len()).unwrap());
    holds(needed <= had, format!("P1: {id} was opened with {had} confirmations and now needs {needed}"))
}

fn extended_lawfully(town: &Town, before: &Book, one: &Emergency, by: &Incoming, until: Timestamp) -> Law {
    let id = &one.ask.id;
    let was = before.emergency(id).ok_or("extended out of nothing")?;
    holds(
        was.deadline().is_some_and(|was| town.now < was && was < until),
        format!("P2: {id} is extended too late"),
    )?;
    let since = match &was.state {
        EmergencyState::Opening { since, .. } | EmergencyState::On { since, .. } => *since,
        other => return Err(format!("{id} is extended in {other:?}")),
    };
    let whole = Seconds(u32::try_from(until.duration_since(since).as_secs()).unwrap());
    let most = town.rules.max_length.min(Seconds::hours(4));
    holds(whole <= most, format!("P1: {id} is extended to {whole}"))?;
    let who = by.by.as_person().ok_or("extended by nobody")?;
    let needed = town.rules.needed(level_of(was), whole);
    let others_needed = needed > 0 || (was.terms.approvals > 0 && !was.alone);
    let alone = was.alone && needed <= was.terms.approvals;
    if (!others_needed || alone) && town.rules.may_open.contains(who) {
        return Ok(());
    }
    let mut others: BTreeSet<&PersonId> = was.confirmations.iter().map(|yes| &yes.by).collect();
    others.insert(who);
    let enough =
        usize::try_from(needed).unwrap() <= others.len().max(usize::try_from(was.terms.approvals).unwrap());
    holds(enough, format!("P1: {id} extended to {whole} needs {needed} and has {others:?}"))?;
    let other = by.by.who != was.ask.by && was.seats_given().all(|seat| seat.person != *who);
    holds(other && town.rules.may_confirm.contains(who), format!("P1: {who} extends their own {id}"))
}

fn reviewed_lawfully(town: &Town, one: &Emergency, by: &PersonId) -> Law {
    let id = &one.ask.id;
    let who = Who::Person { person: by.clone() };
    holds(enabled(town, by) && town.rules.auditors.contains(by), format!("{by} is no auditor of {id}"))?;
    let part = one.ask.by == who
        || one.confirmations.iter().any(|yes| yes.by == *by)
        || one.seats.iter().any(|seat| seat.person == *by || seat.by == who)
        || one.timeline.iter().any(|at| matches!(&at.what, Happening::Extended { by, .. } if *by == who));
    holds(!part, format!("{by} had a part in {id} and reviews it"))
}

/// At most one holds the federation, and at most one waits for it.
fn one_at_most(book: &Book) -> Law {
    let holding = book.emergencies().filter(|one| one.state.holds_federation()).count();
    let waiting =
        book.emergencies().filter(|one| matches!(one.state, EmergencyState::Proposed { .. })).count();
    holds(holding <= 1 && waiting <= 1, format!("{holding} hold the federation and {waiting} wait for it"))
}

/// Nothing waits for ever: what is not at rest has a job.
fn has_its_jobs(book: &Book, one: &Emergency, now: Timestamp) -> Law {
    let id = one.ask.id.clone();
    let missing = |what: &str| format!("{id} has no job to {what}: {:?}", one.state);
    let timer = Job::EmergencyTimer { id: id.clone() };
    let timer_by = |most: Timestamp| book.due().any(|(at, job)| *job == timer && *at <= most);
    match &one.state {
        EmergencyState::Proposed { lapses_at, .. } => holds(timer_by(*lapses_at), missing("lapse"))?,
        EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => {
            holds(timer_by(*deadline), missing("end"))?;
        }
        EmergencyState::Closing { tell_overdue_at, .. } => {
            holds(timer_by(*tell_overdue_at), missing("be overdue"))?;
            let often = *tell_overdue_at <= OVERDUE_REPEAT_MAX.after(now);
            holds(often, format!("P3: {id} is silent until {tell_overdue_at}"))?;
        }
        EmergencyState::Off { .. } => {
            let waits = matches!(one.review, Review::Wanted { .. });
            holds(!(one.is_drill() && waits), format!("{id} is a drill and waits for a review"))?;
            holds(!waits || timer_by(REVIEW_REMIND_EVERY.after(now)), missing("be reviewed"))?;
        }
        EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => {}
    }
    let works = book.due().any(|(_, job)| matches!(job, Job::Federation { id, .. } if *id == one.ask.id));
    holds(works == one.state.holds_federation(), missing("reconcile, or has one too many"))?;
    for on in one.cards.outdated(one.version) {
        let card = Job::Card { id: id.clone().into(), on };
        holds(book.due().any(|(_, job)| *job == card), missing("show its card"))?;
    }
    let told = |tell: &Tell| book.due().any(|(_, job)| *job == Job::Tell { tell: tell.clone() });
    holds(one.untold.keys().all(told), missing("be told"))
}
