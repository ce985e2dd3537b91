//! The promises of DESIGN §1, looked at from outside: in the journal, at the provider, in chat.

mod emergencies;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use glasskey::ports::{Answer, Entry, Fault, Ledger};
use glasskey_domain::book::Row;
use glasskey_domain::{
    AccessRequest, Book, Emergency, EmergencyId, Event, Holding, PartState, Record, RequestId,
};
use jiff::SignedDuration;

use super::company::standing;
use super::outside::Outside;
use super::store::Store;
pub(crate) use told::Said;

/// A look, its decision and its commit take no longer than this.
const LOOK_AGE_MAX: SignedDuration = SignedDuration::from_secs(10);

/// Stands between the engine and its store, and sees with its own eyes whether what is confirmed is true (P4).
pub(crate) struct Witness {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) outside: Arc<Outside>,
}

fn in_batch<'e>(entry: &'e Entry, id: &RequestId) -> &'e AccessRequest {
    let request = entry.rows.iter().find_map(|(_, row)| match row {
        Some(Row::Request(request) | Row::Closed(request)) if request.ask.id == *id => Some(request),
        _ => None,
    });
    request.expect("a request in the batch")
}

impl Witness {
    fn look_at(&self, entry: &Entry) {
        for event in &entry.record.events {
            match event {
                Event::GrantConfirmed { id, .. } => self.is_granted(in_batch(entry, id)),
                // Of several things each is called gone by itself, and may be another request's by now.
                Event::EndConfirmed { id, kept_by: None, .. } => {
                    let request = in_batch(entry, id);
                    let single = request.holdings().next().filter(|_| request.parts.len() == 1);
                    single.into_iter().for_each(|holding| self.is_gone(request, &holding));
                }
                Event::PartOut { id, target, kept_by: None } => {
                    let request = in_batch(entry, id);
                    let of_it = request.holdings().filter(|holding| holding.target == *target);
                    of_it.for_each(|holding| self.is_gone(request, &holding));
                }
                Event::Emergency { id, fact } => emergencies::witness(&self.outside, entry, id, fact),
                _ => {}
            }
        }
    }
}

impl Witness {
    /// Of several things each is there when it is confirmed; of what is taken away by hand after that, the next look tells.
    fn is_granted(&self, request: &AccessRequest) {
        let now = self.outside.time.truth();
        for holding in request.holdings() {
            let since = match request.part(&holding.target) {
                Some(PartState::There { since }) => *since,
                // The row may show what came after it, in the same batch.
                _ if request.parts.len() == 1 => now,
                _ => continue,
            };
            if !self.outside.had_since(&holding, since.min(now) - LOOK_AGE_MAX) {
                let id = &request.ask.id;
                self.outside.blame(format!("P4: {id} is called granted and {holding} is not there"));
            }
        }
    }

    /// What somebody puts there after the look is theirs, and so is what is there of something that was never begun.
    fn is_gone(&self, request: &AccessRequest, holding: &Holding) {
        let id = &request.ask.id;
        let begun =
            request.granted.is_some() && self.outside.created_since(holding, request.ask.at - LOOK_AGE_MAX);
        if !begun {
            return;
        }
        let there = self.outside.has(holding) || self.outside.is_changing(holding);
        let since = self.outside.time.truth() - LOOK_AGE_MAX;
        let theirs = standing().contains(holding) || self.outside.was_assigned_by_hand_since(holding, since);
        if there && !theirs {
            self.outside.blame(format!("P4: {id} is called ended and {holding} is there"));
        }
    }
}

impl Ledger for Witness {
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>> {
        batch.iter().for_each(|entry| self.look_at(entry));
        self.ledger.commit(batch)
    }

    fn closed(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        self.ledger.closed(id)
    }

    fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault> {
        self.ledger.recently_closed(most)
    }

    fn closed_emergency(&self, id: &EmergencyId) -> Result<Option<Emergency>, Fault> {
        self.ledger.closed_emergency(id)
    }

    fn recently_closed_emergencies(&self, most: usize) -> Result<Vec<Emergency>, Fault> {
        self.ledger.recently_closed_emergencies(most)
    }

    fn keep(&self, bytes: Vec<u8>) -> Answer<'_, Result<String, Fault>> {
        self.ledger.keep(bytes)
    }

    fn forget_others<'a>(&'a self, keep: &'a [String]) -> Answer<'a, Result<(), Fault>> {
        self.ledger.forget_others(keep)
    }

    fn kept<'a>(&'a self, hash: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>> {
        self.ledger.kept(hash)
    }
}

/// Everything that ever was, as the journal tells it.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Requests as they were at the end, in the order in which they were asked.
    pub(crate) requests: Vec<AccessRequest>,
    /// Emergencies likewise.
    pub(crate) emergencies: Vec<Emergency>,
    /// What the journal says was said, where, and to whom.
    pub(crate) said: Said,
}

/// Reads the past and checks each step of it: P1, P2, P6.
pub(crate) fn past(records: &[Record]) -> Past {
    let mut book = Book::default();
    let (mut requests, mut emergencies) = (InOrder::default(), InOrder::default());
    let (mut said, mut deliveries) = (Said::default(), BTreeSet::new());
    for record in records {
        if let Some(delivery) = &record.interaction {
            assert!(deliveries.insert(delivery.clone()), "P6: {delivery} had an effect twice");
        }
        let before: BTreeMap<EmergencyId, Emergency> = emergencies::concerned(record)
            .filter_map(|id| Some((id.clone(), book.emergency(id)?.clone())))
            .collect();
        let touched = book.apply(record);
        said.serves(&book.watch().served.0);
        for id in &touched.requests {
            requests.is_now(id, book.request(id).cloned());
            book.request(id).into_iter().for_each(|request| said.request_is(request));
        }
        for request in &touched.closed {
            said.request_is(request);
            requests.is_now(&request.ask.id, Some(request.clone()));
        }
        for id in &touched.emergencies {
            emergencies.is_now(id, book.emergency(id).cloned());
            book.emergency(id).into_iter().for_each(|one| said.emergency_is(one));
        }
        for one in &touched.closed_emergencies {
            said.emergency_is(one);
            emergencies.is_now(&one.ask.id, Some(one.clone()));
        }
        for event in &record.events {
            match event {
                Event::Told { tell } => said.told(tell),
                Event::GrantOrdered { id, deadline, .. } => ordered(&book, record, id, *deadline),
                Event::Emergency { id, fact } => {
                    let after = emergencies.get(id).expect("an emergency of which something is told");
                    emergencies::step(before.get(id), after, record.at, fact);
                }
                _ => {}
            }
        }
    }
    Past { requests: requests.all(), emergencies: emergencies.all(), said }
}

/// Things as they were last, in the order in which they began.
struct InOrder<Id, T> {
    order: Vec<Id>,
    latest: BTreeMap<Id, T>,
}

impl<Id, T> Default for InOrder<Id, T> {
    fn default() -> Self {
        Self { order: Vec::new(), latest: BTreeMap::new() }
    }
}

impl<Id: Ord + Clone, T> InOrder<Id, T> {
    fn is_now(&mut self, id: &Id, thing: Option<T>) {
        let Some(thing) = thing else { return };
        if self.latest.insert(id.clone(), thing).is_none() {
            self.order.push(id.clone());
        }
    }

    fn get(&self, id: &Id) -> Option<&T> {
        self.latest.get(id)
    }

    fn all(mut self) -> Vec<T> {
        self.order.iter().filter_map(|id| self.latest.remove(id)).collect()
    }
}

/// P1 and P2, at the moment at which access is ordered.
fn ordered(book: &Book, record: &Record, id: &RequestId, deadline: jiff::Timestamp) {
    let request = book.request(id).expect("a request that is granted is open");
    let people: BTreeSet<_> = request.approvals.iter().map(|approval| &approval.by).collect();
    assert_eq!(people.len(), request.approvals.len(), "P1: one person's yes counts twice on {id}");
    let enough = request.ask.urgent || people.len() >= request.terms.approvals as usize;
    assert!(enough, "P1: {id} lacks approvals: {people:?}");
    assert!(!people.contains(&request.ask.requester), "P1: {id} is approved by who asks");
    // What begins later has its deadline from its start on, which nothing moves.
    let decided = request.approvals.last().map_or(request.ask.at, |approval| approval.at);
    let begins = request.ask.starts_at.filter(|at| decided < *at).unwrap_or(record.at);
    assert_eq!(deadline, request.length().after(begins), "P2: the deadline of {id}");
}

/// What must be true when all is quiet and nothing is left to do.
pub(crate) fn all_is_well(store: &Store, outside: &Outside) -> Past {
    let broken = outside.broken();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(outside.ours().is_empty(), "P3: left at the provider: {:?}", outside.ours());
    assert!(!outside.denies_somebody(), "sessions are still denied");
    assert!(outside.standing_untouched(), "P5: standing access was touched");
    let replayed = store.replayed();
    assert_eq!(replayed, store.reopened(), "P7: the journal and the state differ");
    assert_eq!(replayed.open_count(), 0, "left open: {:?}", replayed.requests().collect::<Vec<_>>());
    assert_eq!(replayed.holdings().count(), 0, "{:?}", replayed.holdings().collect::<Vec<_>>());
    assert_eq!(replayed.emergencies().count(), 0, "{:?}", replayed.emergencies().collect::<Vec<_>>());
    assert_eq!(replayed.cuts().count(), 0, "{:?}", replayed.cuts().collect::<Vec<_>>());
    assert_eq!(replayed.due().count(), 0, "{:?}", replayed.due().collect::<Vec<_>>());
    let past = past(&store.records());
    emergencies::are_over(&past, outside);
    for request in &past.requests {
        assert!(request.state.is_terminal(), "{request:?}");
    }
    told::as_it_should_be(&past, outside);
    past
}
