//! The promises, looked at after every record. Each is written down a second time here, in words of its own.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::command::Incoming;
use glasskey_domain::drift::DriftState;
use glasskey_domain::event::{DriftFact, Record, SessionsFact};
use glasskey_domain::holding::{Change, Origin};
use glasskey_domain::refusal::StateWord;
use glasskey_domain::request::Lost;
use glasskey_domain::*;
use jiff::Timestamp;

use crate::approved::{approved_by_others, extension_approved};
use crate::due::has_its_jobs;
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
    /// What was seen once: of which request, what, in which reading.
    doubts: BTreeMap<RequestId, (Lost, Timestamp)>,
    /// Things of bundles that the provider showed to be there.
    there: BTreeSet<(RequestId, Target)>,
    /// Things of bundles that are told not to stay.
    leaving: BTreeSet<(RequestId, Target)>,
    /// Things of bundles that are out, in truth.
    out: BTreeSet<(RequestId, Target)>,
}

/// A record, with the book that it changed.
struct Turn<'a> {
    town: &'a Town,
    before: &'a Book,
    incoming: &'a Incoming,
}

impl Watch {
    /// After a record; `before` is the book that it changed.
    pub fn record(&mut self, town: &Town, before: &Book, incoming: &Incoming, record: &Record) -> Law {
        let change = Turn { town, before, incoming };
        for event in &record.events {
            self.event(&change, event)?;
        }
        let same = before.requests().eq(town.book.requests()) && before.holdings().eq(town.book.holdings());
        holds(same || !record.events.is_empty(), "P7: the state changed and no event says so")?;
        self.ours.retain(|holding| town.book.holding(holding).is_some());
        deadlines_move_by_two_facts_alone(&change, record)?;
        self.terminal_is_immutable(town)?;
        has_its_jobs(&town.book, town.now)
    }

    fn event(&mut self, change: &Turn<'_>, event: &Event) -> Law {
        let town = change.town;
        match event {
            Event::Scheduled { id, starts_at, deadline } => {
                holds(starts_at < deadline && town.now < *starts_at, format!("P2: {id} is scheduled wrongly"))
            }
            Event::GrantOrdered { id, deadline, .. } => {
                holds(*deadline > town.now, format!("P2: {id} is ordered without time left"))?;
                approved_by_others(town, id, None)?;
                urgent_is_looked_at(town, id)
            }
            Event::ChangeIntended { holding, change: Change::Create } => {
                self.ours.insert(holding.clone());
                let granting: Vec<_> = with_state(&town.book, holding, StateWord::Granting);
                holds(!granting.is_empty(), format!("P2: a create of {holding} without a request"))?;
                granting.iter().try_for_each(|id| approved_by_others(town, id, Some(&holding.target)))
            }
            Event::ChangeIntended { holding, change: Change::Delete } => {
                let drift = town.book.drift(holding).map(|drift| &drift.state);
                let drift = matches!(drift, Some(DriftState::Removing { .. }));
                let ours = self.ours.contains(holding) || drift;
                holds(ours, format!("P5: a delete of {holding}, which is not ours"))
            }
            Event::PartConfirmed { id, target } => {
                self.there.insert((id.clone(), target.clone()));
                holds(
                    seen(change.incoming, id, target, town, true),
                    format!("P4: {target} of {id} was not seen"),
                )
            }
            Event::GrantConfirmed { id, .. } => self.grant_is_true(change, id),
            Event::PartEnding { id, target, .. } => {
                self.leaving.insert((id.clone(), target.clone()));
                Ok(())
            }
            Event::PartHeld { id, target, .. } => {
                self.out.insert((id.clone(), target.clone()));
                Ok(())
            }
            Event::PartOut { id, target, kept_by } => {
                self.out.insert((id.clone(), target.clone()));
                out_is_true(change, id, target, kept_by.as_ref())
            }
            Event::EndConfirmed { id, kept_by, .. } => self.end_is_true(change, id, kept_by.as_ref()),
            Event::Doubted { id, lost, read_at } => {
                self.doubts.insert(id.clone(), (lost.clone(), *read_at));
                Ok(())
            }
            Event::DoubtOver { id } => {
                self.doubts.remove(id);
                Ok(())
            }
            Event::EndOrdered { id, cause, .. } => self.seen_twice(town, id, cause),
            Event::Extended { id, deadline, .. } => {
                extension_approved(town, change.before, change.incoming, id, *deadline)
            }
            event => beside(change, event),
        }
    }

    /// P4: "granted" is said when all of it was seen, but for what is told to be out.
    fn grant_is_true(&self, change: &Turn<'_>, id: &RequestId) -> Law {
        let request = change.town.book.request(id).or_else(|| change.town.closed.get(id)).unwrap();
        if let [one] = request.parts.as_slice() {
            let seen = seen(change.incoming, id, &one.target, change.town, true);
            return holds(seen, format!("P4: {id} is granted and nobody saw it"));
        }
        let of = |target: &Target| (id.clone(), target.clone());
        let all = request.parts.iter().all(|part| {
            self.leaving.contains(&of(&part.target))
                || self.there.contains(&of(&part.target))
                || self.out.contains(&of(&part.target))
        });
        holds(all, format!("P4: {id} is granted and not all of it was seen: {:?}", request.parts))
    }

    /// P4: "ended" is said when all of it is gone, or another's.
    fn end_is_true(&self, change: &Turn<'_>, id: &RequestId, kept_by: Option<&RequestId>) -> Law {
        let request = change.town.book.request(id).or_else(|| change.town.closed.get(id)).unwrap();
        let untouched = change
            .before
            .request(id)
            .is_some_and(|was| matches!(was.state, State::Pending { .. } | State::Scheduled { .. }));
        if let [one] = request.parts.as_slice() {
            return if untouched { Ok(()) } else { out_is_true(change, id, &one.target, kept_by) };
        }
        let out = request.ask.targets().all(|target| self.out.contains(&(id.clone(), target.clone())));
        holds(untouched || out, format!("P4: {id} is ended and not all of it is gone: {:?}", request.parts))
    }

    /// Access ends for changed conditions when two readings show the same, and never because something is unknown.
    fn seen_twice(&self, town: &Town, id: &RequestId, cause: &EndCause) -> Law {
        let EndCause::ConditionsChanged { lost } = cause else { return Ok(()) };
        let twice = self
            .doubts
            .get(id)
            .is_some_and(|(was, read_at)| was == lost && *read_at < town.directory.read_at);
        holds(twice && !lost.is_unknown(), format!("{id} ends because {lost}, which was not seen twice"))
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
                let there = |request: &AccessRequest| {
                    matches!(request.part(&holding.target), Some(PartState::There { .. }))
                        && request.is_live()
                        && request.deadline().is_some_and(|deadline| town.now < deadline)
                };
                let active = town.book.claims(holding).any(there);
                holds(!active, format!("P5: {holding} is deleted before its deadline"))
            }
        }
    }
}

/// What is not about one request: sessions, and access that no request explains.
fn beside(change: &Turn<'_>, event: &Event) -> Law {
    let town = change.town;
    match event {
        Event::Sessions { holding, fact: SessionsFact::CutOrdered { before, .. } } => {
            let hurt = town.book.claims(holding).find(|request| {
                wanted::wants(request, &holding.target, town.now)
                    && request.granted.as_ref().is_some_and(|granted| granted.at < *before)
            });
            let hurt = hurt.map(|request| &request.ask.id);
            holds(hurt.is_none(), format!("P5: sessions of {holding} are cut that {hurt:?} gives"))
        }
        Event::Drift { fact: DriftFact::RemovalOrdered { holding } } => {
            let ours = change.before.holding(holding).is_some();
            holds(town.settings.drift_remove && !ours, format!("P5: {holding} is removed as drift"))
        }
        Event::Drift { fact: DriftFact::Gone { holding } } => {
            let Command::Drift(DriftCommand::Listed { seen, .. }) = &change.incoming.command else {
                return Err(format!("{holding} was not looked for"));
            };
            let drift = change.before.drift(holding).map(|drift| &drift.state);
            let adopted = matches!(drift, Some(DriftState::Adopted { .. }));
            holds(!adopted || !seen.contains(holding), format!("P5: {holding} was adopted, and is forgotten"))
        }
        _ => Ok(()),
    }
}

/// P2: a deadline that is written stays, but for what the granting took and for extensions.
fn deadlines_move_by_two_facts_alone(change: &Turn<'_>, record: &Record) -> Law {
    for was in change.before.requests() {
        let id = &was.ask.id;
        let lives = |state: &State| {
            matches!(state, State::Scheduled { .. } | State::Granting { .. } | State::Active { .. })
        };
        let Some(request) = change.town.book.request(id) else { continue };
        if !lives(&was.state) || !lives(&request.state) || was.deadline() == request.deadline() {
            continue;
        }
        let confirmed = record
            .events
            .iter()
            .any(|event| matches!(event, Event::GrantConfirmed { id: of, .. } if of == id));
        let extended =
            record.events.iter().any(|event| matches!(event, Event::Extended { id: of, .. } if of == id));
        let State::Granting { since, deadline } = was.state else {
            holds(extended, format!("P2: the deadline of {id} was moved"))?;
            continue;
        };
        let moved = request.deadline().unwrap().duration_since(deadline);
        let took = change.town.now.duration_since(since);
        holds(confirmed && moved <= took, format!("P2: the deadline of {id} was moved by {moved}"))?;
    }
    Ok(())
}

/// Whether the record is about a look at this thing, and what it showed.
fn seen(incoming: &Incoming, id: &RequestId, target: &Target, town: &Town, there: bool) -> bool {
    let request = town.book.request(id).or_else(|| town.closed.get(id)).unwrap();
    let own = request.holding_of(target);
    matches!(&incoming.command, Command::Outcome(Outcome::Looked { holding, direct, .. }) if *holding == own && *direct == there)
}

/// P4, P5: what is out was never touched, was seen to be gone, or is another's.
fn out_is_true(change: &Turn<'_>, id: &RequestId, target: &Target, kept_by: Option<&RequestId>) -> Law {
    let town = change.town;
    let request = town.book.request(id).or_else(|| town.closed.get(id)).expect("it was in the book");
    let holding = request.holding_of(target);
    if let Some(keeper) = kept_by {
        let keeps = change.before.request(keeper).or_else(|| town.book.request(keeper));
        let keeps = keeps.is_some_and(|keeper| {
            keeper.holdings().any(|kept| kept == holding)
                && keeper.ask.id != *id
                && !keeper.state.is_terminal()
        });
        return holds(keeps, format!("P5: {target} of {id} is said to be kept by {keeper}"));
    }
    let untouched = change.before.holding(&holding).is_none_or(|state| state.origin == Origin::Unseen);
    let gone = seen(change.incoming, id, target, town, false);
    holds(untouched || gone, format!("P4: {target} of {id} is out and nobody saw that it is gone"))
}

/// What is granted at once is looked at afterwards.
fn urgent_is_looked_at(town: &Town, id: &RequestId) -> Law {
    let Some(request) = town.book.request(id) else { return Ok(()) };
    let looked_at = request.review != request::UrgentReview::NotNeeded;
    holds(request.ask.urgent == looked_at, format!("P1: {id} is urgent, and nobody must look at it"))
}

fn with_state(book: &Book, holding: &Holding, word: StateWord) -> Vec<RequestId> {
    let with = book.claims(holding).filter(|request| request.state.word() == word);
    let meant = with.filter(|request| request.part(&holding.target).is_some_and(PartState::is_meant));
    meant.map(|request| request.ask.id.clone()).collect()
}

/// P3: while access that should be gone may be there, it is overdue, and people were told.
pub fn overdue_is_told(town: &Town) -> Law {
    for request in town.book.requests().filter(|request| request.is_overdue(town.now)) {
        let State::Ending { overdue_told, .. } = &request.state else { continue };
        holds(*overdue_told > 0, format!("P3: {} is overdue and nobody was told", request.ask.id))?;
    }
    Ok(())
}
