//! The promises, looked at after every record. Each is written down a second time here, in words of its own.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::command::Incoming;
use glasskey_domain::event::Record;
use glasskey_domain::holding::Change;
use glasskey_domain::reconcile::{Step, next_step};
use glasskey_domain::refusal::StateWord;
use glasskey_domain::settings::OVERDUE_REPEAT_MAX;
use glasskey_domain::*;
use jiff::Timestamp;

use crate::town::Town;

pub type Law = Result<(), String>;

pub fn holds(yes: bool, law: impl Into<String>) -> Law {
    if yes { Ok(()) } else { Err(law.into()) }
}

/// What must be remembered to judge.
#[derive(Default)]
pub struct Watch {
    terminal: BTreeMap<RequestId, State>,
    /// Holdings of which a create was written down since they are in the book.
    ours: BTreeSet<Holding>,
}

impl Watch {
    /// After a record; `before` is the book that it changed.
    pub fn record(&mut self, town: &Town, before: &Book, incoming: &Incoming, record: &Record) -> Law {
        for event in &record.events {
            self.event(town, before, incoming, event)?;
        }
        let same = before.requests().eq(town.book.requests()) && before.holdings().eq(town.book.holdings());
        holds(same || !record.events.is_empty(), "P7: the state changed and no event says so")?;
        self.ours.retain(|holding| town.book.holding(holding).is_some());
        self.terminal_is_immutable(town)?;
        has_its_jobs(&town.book, town.now)
    }

    fn event(&mut self, town: &Town, before: &Book, incoming: &Incoming, event: &Event) -> Law {
        match event {
            Event::GrantOrdered { id, deadline, .. } => {
                holds(*deadline > town.now, format!("P2: {id} is ordered without time left"))?;
                approved_by_others(town, id)
            }
            Event::ChangeIntended { holding, change: Change::Create } => {
                self.ours.insert(holding.clone());
                let granting: Vec<_> = with_state(&town.book, holding, StateWord::Granting);
                holds(!granting.is_empty(), format!("P2: a create of {holding} without a request"))?;
                granting.iter().try_for_each(|id| approved_by_others(town, id))
            }
            Event::ChangeIntended { holding, change: Change::Delete } => {
                holds(self.ours.contains(holding), format!("P5: a delete of {holding}, which is not ours"))
            }
            Event::GrantConfirmed { id, .. } => {
                let seen =
                    matches!(&incoming.command, Command::Outcome(Outcome::Looked { direct: true, .. }));
                holds(seen, format!("P4: {id} is granted and nobody saw it"))
            }
            Event::EndConfirmed { id, kept_by, .. } => {
                end_is_true(town, before, incoming, id, kept_by.as_ref())
            }
            _ => Ok(()),
        }
    }

    fn terminal_is_immutable(&mut self, town: &Town) -> Law {
        for (id, state) in &self.terminal {
            let now = town.book.request(id).or_else(|| town.closed.get(id)).map(|request| &request.state);
            holds(now == Some(state), format!("pitfall 26: {id} was {state:?} and is {now:?}"))?;
        }
        let new =
            town.book.requests().chain(town.closed.values()).filter(|request| request.state.is_terminal());
        self.terminal.extend(new.map(|request| (request.ask.id.clone(), request.state.clone())));
        Ok(())
    }

    /// Before a call that changes something outside.
    pub fn call(&self, town: &Town, holding: &Holding, change: Change) -> Law {
        match change {
            Change::Create => {
                let deadline = town.book.claims(holding).any(|request| {
                    matches!(request.state, State::Granting { deadline, .. } if town.now < deadline)
                });
                holds(deadline, format!("P2: {holding} is created without a deadline in the book"))
            }
            Change::Delete => {
                let active = town.book.claims(holding).any(
                    |request| matches!(request.state, State::Active { deadline, .. } if town.now < deadline),
                );
                holds(!active, format!("P5: {holding} is deleted before its deadline"))
            }
        }
    }
}

/// P1, in other words than `decide`'s.
fn approved_by_others(town: &Town, id: &RequestId) -> Law {
    let request = town.book.request(id).ok_or_else(|| format!("P1: {id} is not in the book"))?;
    let enabled = |id: &PersonId| {
        town.directory.people.get(id).is_some_and(|person| person.employment == person::Employment::Enabled)
    };
    let asker = &request.ask.requester;
    let may = enabled(asker) && town.rules.may_request.contains(asker);
    holds(may, format!("P1: {asker} may not have what {id} gives"))?;
    let mut others: BTreeSet<PersonId> =
        request.approvals.iter().map(|approval| approval.by.clone()).collect();
    others.remove(asker);
    others.retain(|by| enabled(by) && town.rules.may_approve.contains(by));
    let needed = usize::try_from(request.terms.approvals.max(town.rules.terms.approvals)).unwrap();
    let law = format!("P1: {id} needs {needed} approvals and has {others:?}");
    holds(others.len() >= needed, law)
}

fn end_is_true(
    town: &Town,
    before: &Book,
    incoming: &Incoming,
    id: &RequestId,
    kept_by: Option<&RequestId>,
) -> Law {
    let request = town.book.request(id).or_else(|| town.closed.get(id)).expect("it was in the book");
    let holding = request.holdings().next().expect("it is for something");
    if let Some(keeper) = kept_by {
        let keeps = before.request(keeper).or_else(|| town.book.request(keeper));
        let keeps =
            keeps.is_some_and(|keeper| keeper.holdings().any(|kept| kept == holding) && keeper.ask.id != *id);
        return holds(keeps, format!("P5: {id} is said to be kept by {keeper}"));
    }
    let untouched = before.holding(&holding).is_none_or(|state| state.origin == holding::Origin::Unseen);
    let gone = matches!(&incoming.command, Command::Outcome(Outcome::Looked { direct: false, .. }));
    holds(untouched || gone, format!("P4: {id} is ended and nobody saw that it is gone"))
}

fn with_state(book: &Book, holding: &Holding, word: StateWord) -> Vec<RequestId> {
    let with = book.claims(holding).filter(|request| request.state.word() == word);
    with.map(|request| request.ask.id.clone()).collect()
}

/// Nothing waits for ever: what is not at rest has a job, and the job has something to do when it is due.
fn has_its_jobs(book: &Book, now: Timestamp) -> Law {
    for request in book.requests() {
        let id = request.ask.id.clone();
        let missing = |what: &str| format!("{id} has no job to {what}: {:?}", request.state);
        match &request.state {
            State::Pending { lapses_at } => {
                holds(book.has_job(*lapses_at, &Job::Lapse { id: id.clone() }), missing("lapse"))?;
            }
            State::Granting { deadline, .. } | State::Active { deadline, .. } => {
                holds(book.has_job(*deadline, &Job::Expire { id: id.clone() }), missing("expire"))?;
            }
            State::Ending { tell_overdue_at, .. } => {
                let told = book.has_job(*tell_overdue_at, &Job::Overdue { id: id.clone() });
                holds(told, missing("be overdue"))?;
                let often = *tell_overdue_at <= OVERDUE_REPEAT_MAX.after(now);
                holds(often, format!("P3: {id} is silent until {tell_overdue_at}"))?;
            }
            _ => {}
        }
        let works = |job: &Job| matches!(job, Job::Reconcile { holding, .. } if request.holdings().any(|own| own == *holding));
        let under_way = matches!(request.state, State::Granting { .. } | State::Ending { .. });
        let has = !under_way || book.due().any(|(_, job)| works(job));
        holds(has, missing("reconcile"))?;
        for on in request.cards.outdated(request.version) {
            let card = Job::Card { id: id.clone().into(), on };
            holds(book.due().any(|(_, job)| *job == card), missing("show its card"))?;
        }
        for tell in request.untold.keys() {
            holds(book.due().any(|(_, job)| *job == Job::Tell { tell: tell.clone() }), missing("be told"))?;
        }
    }
    for (at, job) in book.due() {
        if let Job::Reconcile { holding, .. } = job {
            let idle = next_step(book, holding, now.max(*at)) == Step::Rest;
            holds(!idle, format!("{job} is due at {at} and has nothing to do"))?;
        }
    }
    Ok(())
}

/// P3: while access that should be gone may be there, it is overdue, and people were told.
pub fn overdue_is_told(town: &Town) -> Law {
    for request in town.book.requests().filter(|request| request.is_overdue(town.now)) {
        let State::Ending { overdue_told, .. } = &request.state else { continue };
        holds(*overdue_told > 0, format!("P3: {} is overdue and nobody was told", request.ask.id))?;
    }
    Ok(())
}
