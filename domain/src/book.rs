//! The current state: everything that is not finished, and the jobs that follow from it.
//!
//! It changes by [`Book::apply`] alone, live and in replay, so that a rebuilt book equals the one that was lost.

mod jobs;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::drift::Drift;
use crate::emergency::Emergency;
use crate::event::{Answer, Event, Record};
use crate::evolve;
use crate::holding::HoldingState;
use crate::ids::{EmergencyId, FederationId, InteractionId, PersonId, RequestId};
use crate::job::Job;
use crate::person::{ChatAccount, SignIn};
use crate::request::AccessRequest;
use crate::sessions::SessionCut;
use crate::settings::{INTERACTIONS_FORGOTTEN_AT_ONCE, INTERACTIONS_KEPT, INTERACTIONS_MAX};
use crate::target::Holding;
use crate::timers;
use crate::watch::Watch;

pub use rows::{Row, RowKey};

/// A chat account's person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The person.
    pub person: PersonId,
    /// How that is known.
    pub proof: Proof,
    /// Since when.
    pub at: Timestamp,
}

/// How it is known whose a chat account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "kebab-case")]
pub enum Proof {
    /// The platform confirmed the person's e-mail address.
    Email {
        /// The address.
        email: String,
    },
    /// The person signed in at the company.
    SignIn {
        /// How.
        sign_in: SignIn,
    },
    /// An administrator said so.
    Administrator,
}

/// Which directory is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryRef {
    /// Hash of its document.
    pub document: String,
    /// When it was read.
    pub at: Timestamp,
}

/// What one record changed, for whoever keeps a copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// Requests that changed and are still in the book.
    pub requests: BTreeSet<RequestId>,
    /// Requests that left the book, as they were at the end.
    pub closed: Vec<AccessRequest>,
    /// Holdings that changed, or left.
    pub holdings: BTreeSet<Holding>,
    /// Jobs that are no more.
    pub jobs_gone: Vec<(Timestamp, Job)>,
    /// Jobs that are new.
    pub jobs_new: Vec<(Timestamp, Job)>,
    /// Chat accounts that were bound.
    pub bindings: Vec<ChatAccount>,
    /// Interactions that are remembered, or forgotten.
    pub interactions: Vec<InteractionId>,
    /// Whether the directory in force changed.
    pub directory: bool,
    /// Emergencies that changed and are still in the book.
    pub emergencies: BTreeSet<EmergencyId>,
    /// Emergencies that left the book, as they were at the end.
    pub closed_emergencies: Vec<Emergency>,
    /// Whether what is watched changed.
    pub watch: bool,
    /// Cut sessions that changed, or left.
    pub cuts: BTreeSet<Holding>,
    /// Access without a request that changed, or left.
    pub drifts: BTreeSet<Holding>,
}

/// Whose a job is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Request(RequestId),
    Holding(Holding),
    Emergency(EmergencyId),
    Watch,
    Cut(Holding),
}

/// The current state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    pub(crate) requests: BTreeMap<RequestId, AccessRequest>,
    pub(crate) holdings: BTreeMap<Holding, HoldingState>,
    pub(crate) bindings: BTreeMap<ChatAccount, Binding>,
    pub(crate) directory: Option<DirectoryRef>,
    pub(crate) emergencies: BTreeMap<EmergencyId, Emergency>,
    pub(crate) watch: Watch,
    pub(crate) cuts: BTreeMap<Holding, SessionCut>,
    pub(crate) drifts: BTreeMap<Holding, Drift>,
    interactions: BTreeMap<InteractionId, (Timestamp, Answer)>,
    interactions_by_age: BTreeSet<(Timestamp, InteractionId)>,
    open_by_person: BTreeMap<PersonId, BTreeSet<RequestId>>,
    jobs: BTreeMap<Owner, Vec<(Timestamp, Job)>>,
    due: BTreeSet<(Timestamp, Job)>,
}

impl Book {
    /// A request that is not finished.
    #[must_use]
    pub fn request(&self, id: &RequestId) -> Option<&AccessRequest> {
        self.requests.get(id)
    }

    /// All requests that are not finished.
    pub fn requests(&self) -> impl Iterator<Item = &AccessRequest> {
        self.requests.values()
    }

    /// How many requests are not finished.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.requests.len()
    }

    /// The requests of one person that are not finished.
    pub fn requests_of(&self, person: &PersonId) -> impl Iterator<Item = &AccessRequest> {
        self.open_by_person.get(person).into_iter().flatten().filter_map(|id| self.requests.get(id))
    }

    /// What is known of a holding.
    #[must_use]
    pub fn holding(&self, holding: &Holding) -> Option<&HoldingState> {
        self.holdings.get(holding)
    }

    /// All holdings we have to do with.
    pub fn holdings(&self) -> impl Iterator<Item = &HoldingState> {
        self.holdings.values()
    }

    /// The requests that have to do with a holding.
    pub fn claims(&self, holding: &Holding) -> impl Iterator<Item = &AccessRequest> {
        let claims = self.holdings.get(holding).map(|state| &state.claims);
        claims.into_iter().flatten().filter_map(|id| self.requests.get(id))
    }

    /// The person of a chat account.
    #[must_use]
    pub fn binding(&self, account: &ChatAccount) -> Option<&Binding> {
        self.bindings.get(account)
    }

    /// All chat accounts with their persons.
    pub fn bindings(&self) -> impl Iterator<Item = (&ChatAccount, &Binding)> {
        self.bindings.iter()
    }

    /// The directory in force.
    #[must_use]
    pub fn directory(&self) -> Option<&DirectoryRef> {
        self.directory.as_ref()
    }

    /// An emergency that is not finished.
    #[must_use]
    pub fn emergency(&self, id: &EmergencyId) -> Option<&Emergency> {
        self.emergencies.get(id)
    }

    /// All emergencies that are not finished: open, or not yet looked at by an auditor.
    pub fn emergencies(&self) -> impl Iterator<Item = &Emergency> {
        self.emergencies.values()
    }

    /// The emergency that is proposed or open in a federation. One that waits to take over a drill, or one that is not
    /// closed yet, stands before it.
    #[must_use]
    pub fn open_emergency(&self, federation: &FederationId) -> Option<&Emergency> {
        let of = |emergency: &&Emergency| emergency.ask.federation == *federation;
        let open = self.emergencies.values().filter(of).filter(|emergency| !emergency.state.is_terminal());
        open.min_by_key(|emergency| emergency.state.holds_federation())
    }

    /// Whether an emergency is on: policy may ask.
    #[must_use]
    pub fn emergency_on(&self) -> bool {
        self.emergencies.values().any(timers::is_on)
    }

    /// What is watched.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The sessions of a holding that are being, or were, cut.
    #[must_use]
    pub fn cut(&self, holding: &Holding) -> Option<&SessionCut> {
        self.cuts.get(holding)
    }

    /// All sessions that are being, or were, cut.
    pub fn cuts(&self) -> impl Iterator<Item = &SessionCut> {
        self.cuts.values()
    }

    /// Access that no request explains.
    #[must_use]
    pub fn drift(&self, holding: &Holding) -> Option<&Drift> {
        self.drifts.get(holding)
    }

    /// All access that no request explains.
    pub fn drifts(&self) -> impl Iterator<Item = &Drift> {
        self.drifts.values()
    }

    /// What was answered to a delivery that came before.
    #[must_use]
    pub fn answered(&self, interaction: &InteractionId) -> Option<&Answer> {
        self.interactions.get(interaction).map(|(_, answer)| answer)
    }

    /// With the time of it.
    #[must_use]
    pub fn interaction(&self, interaction: &InteractionId) -> Option<&(Timestamp, Answer)> {
        self.interactions.get(interaction)
    }

    /// Jobs in the order in which they are due.
    pub fn due(&self) -> impl Iterator<Item = &(Timestamp, Job)> {
        self.due.iter()
    }

    /// Whether a job still follows from the state.
    #[must_use]
    pub fn has_job(&self, at: Timestamp, job: &Job) -> bool {
        self.due.contains(&(at, job.clone()))
    }

    /// Changes the state by one record and says what changed. Total: a record that does not fit changes nothing.
    pub fn apply(&mut self, record: &Record) -> Touched {
        let mut touched = Touched::default();
        for event in &record.events {
            evolve::evolve(self, record.at, event, &mut touched);
        }
        if let (Some(interaction), Some(answer)) = (&record.interaction, &record.answer) {
            self.remember(interaction.clone(), record.at, answer.clone());
            touched.interactions.push(interaction.clone());
        }
        self.forget_interactions(record.at, &mut touched);
        self.refresh(record.at, &mut touched);
        touched
    }

    /// As [`Self::apply`] for one event, for a draft that nobody keeps a copy of.
    pub(crate) fn draft(&mut self, at: Timestamp, event: &Event) {
        let mut touched = Touched::default();
        evolve::evolve(self, at, event, &mut touched);
        for id in &touched.requests {
            self.index_person(id);
        }
    }

    /// The part of the book that a decision about these requests and holdings can look at: with all that shares a holding with
    /// them, however far, because what follows for one can follow for the next.
    #[must_use]
    pub(crate) fn excerpt(&self, ids: &[RequestId], holdings: &[Holding]) -> Self {
        let mut part = Self::default();
        part.watch.served = self.watch.served.clone();
        let mut requests: Vec<&RequestId> = ids.iter().collect();
        let mut waiting: Vec<Holding> = holdings.to_vec();
        loop {
            while let Some(id) = requests.pop() {
                if let Some(request) = self.requests.get(id).filter(|_| !part.requests.contains_key(id)) {
                    waiting.extend(request.holdings());
                    part.requests.insert(id.clone(), request.clone());
                }
            }
            let Some(holding) = waiting.pop() else { return part };
            let known = part.holdings.contains_key(&holding);
            if let Some(state) = self.holdings.get(&holding).filter(|_| !known) {
                requests.extend(&state.claims);
                part.holdings.insert(holding.clone(), state.clone());
            }
            if let Some(cut) = self.cuts.get(&holding) {
                part.cuts.insert(holding, cut.clone());
            }
        }
    }

    /// The part of the book that a decision about nobody's requests can look at.
    #[must_use]
    pub(crate) fn excerpt_drift(&self) -> Self {
        Self { watch: self.watch.clone(), drifts: self.drifts.clone(), ..Self::default() }
    }

    /// The part of the book that a decision about this emergency can look at.
    #[must_use]
    pub(crate) fn excerpt_emergencies(&self, ids: &[&EmergencyId]) -> Self {
        let chosen = ids.iter().filter_map(|id| self.emergencies.get(*id));
        let emergencies = chosen.map(|emergency| (emergency.ask.id.clone(), emergency.clone())).collect();
        Self { emergencies, watch: self.watch.clone(), ..Self::default() }
    }

    fn remember(&mut self, interaction: InteractionId, at: Timestamp, answer: Answer) {
        // The first answer stands: it is the one that had an effect (P6).
        if !self.interactions.contains_key(&interaction) {
            self.interactions_by_age.insert((at, interaction.clone()));
            self.interactions.insert(interaction, (at, answer));
        }
    }

    /// Only so many at a time: after a day of standstill all of them are old at once, and a batch has its limits. What is
    /// remembered longer than it must be does no harm, and each record adds but one.
    fn forget_interactions(&mut self, now: Timestamp, touched: &mut Touched) {
        for _ in 0..INTERACTIONS_FORGOTTEN_AT_ONCE {
            let Some((at, _)) = self.interactions_by_age.first() else { break };
            let full = self.interactions_by_age.len() > INTERACTIONS_MAX;
            if !full && now < INTERACTIONS_KEPT.after(*at) {
                break;
            }
            let Some((_, oldest)) = self.interactions_by_age.pop_first() else { break };
            self.interactions.remove(&oldest);
            touched.interactions.push(oldest);
        }
    }

    /// Lets finished requests and unclaimed holdings go, and derives the jobs of all that changed.
    fn refresh(&mut self, at: Timestamp, touched: &mut Touched) {
        for id in &touched.requests {
            self.index_person(id);
        }
        let finished: Vec<RequestId> = touched
            .requests
            .iter()
            .filter(|id| self.requests.get(*id).is_some_and(AccessRequest::is_finished))
            .cloned()
            .collect();
        for id in finished {
            touched.requests.remove(&id);
            self.set_jobs(Owner::Request(id.clone()), Vec::new(), touched);
            if let Some(request) = self.requests.remove(&id) {
                self.index_person_gone(&request);
                touched.closed.push(request);
            }
        }
        for id in touched.requests.clone() {
            let jobs = self.jobs_of_request(&id, at);
            self.set_jobs(Owner::Request(id), jobs, touched);
        }
        for holding in touched.holdings.clone() {
            if self.holdings.get(&holding).is_some_and(|state| state.claims.is_empty() && !state.drift) {
                self.holdings.remove(&holding);
            }
            let jobs = self.jobs_of_holding(&holding, at);
            self.set_jobs(Owner::Holding(holding), jobs, touched);
        }
        for holding in touched.cuts.clone() {
            let jobs = self.jobs_of_cut(&holding, at);
            self.set_jobs(Owner::Cut(holding), jobs, touched);
        }
        self.refresh_emergencies(at, touched);
    }

    fn refresh_emergencies(&mut self, at: Timestamp, touched: &mut Touched) {
        let finished: Vec<EmergencyId> = touched
            .emergencies
            .iter()
            .filter(|id| self.emergencies.get(*id).is_some_and(Emergency::is_finished))
            .cloned()
            .collect();
        for id in finished {
            touched.emergencies.remove(&id);
            self.set_jobs(Owner::Emergency(id.clone()), Vec::new(), touched);
            touched.closed_emergencies.extend(self.emergencies.remove(&id));
        }
        // Whether Identity Center is well moves a timer of those that are on.
        let concerned: Vec<EmergencyId> = if touched.watch {
            self.emergencies.keys().cloned().collect()
        } else {
            touched.emergencies.iter().cloned().collect()
        };
        for id in concerned {
            let jobs = self.jobs_of_emergency(&id, at);
            self.set_jobs(Owner::Emergency(id), jobs, touched);
        }
        if touched.watch {
            let jobs = self.jobs_of_watch(at);
            self.set_jobs(Owner::Watch, jobs, touched);
        }
    }

    fn index_person(&mut self, id: &RequestId) {
        if let Some(request) = self.requests.get(id) {
            self.open_by_person.entry(request.ask.requester.clone()).or_default().insert(id.clone());
        }
    }

    fn index_person_gone(&mut self, request: &AccessRequest) {
        if let Some(open) = self.open_by_person.get_mut(&request.ask.requester) {
            open.remove(&request.ask.id);
            if open.is_empty() {
                self.open_by_person.remove(&request.ask.requester);
            }
        }
    }
}
