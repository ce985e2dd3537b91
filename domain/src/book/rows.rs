//! The state as rows of a stored copy, and back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Binding, Book, DirectoryRef, Owner, Touched};
use crate::drift::Drift;
use crate::emergency::Emergency;
use crate::event::Answer;
use crate::holding::HoldingState;
use crate::ids::{EmergencyId, InteractionId, RequestId};
use crate::job::Job;
use crate::person::ChatAccount;
use crate::request::AccessRequest;
use crate::sessions::SessionCut;
use crate::target::Holding;
use crate::watch::Watch;

/// Which row of a stored copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    /// A request that is not finished.
    Request(RequestId),
    /// A request that is finished.
    Closed(RequestId),
    /// A holding.
    Holding(Holding),
    /// A chat account and its person.
    Binding(ChatAccount),
    /// A remembered delivery.
    Interaction(InteractionId),
    /// A job, with its due time.
    Job(Timestamp, Job),
    /// The directory in force.
    Directory,
    /// An emergency that is not finished.
    Emergency(EmergencyId),
    /// An emergency that is finished.
    ClosedEmergency(EmergencyId),
    /// What is watched.
    Watch,
    /// Cut sessions.
    Cut(Holding),
    /// Access that no request explains.
    Drift(Holding),
}

/// One row of a stored copy, given back before [`Book::loaded`]. Finished requests are stored too, but never loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A request that is finished.
    Closed(Box<AccessRequest>),
    /// A request that is not finished.
    Request(Box<AccessRequest>),
    /// A holding.
    Holding(Box<HoldingState>),
    /// A chat account and its person.
    Binding(ChatAccount, Binding),
    /// A remembered delivery.
    Interaction(InteractionId, Timestamp, Box<Answer>),
    /// A job, with its due time.
    Job(Timestamp, Job),
    /// The directory in force.
    Directory(DirectoryRef),
    /// An emergency that is not finished.
    Emergency(Box<Emergency>),
    /// An emergency that is finished.
    ClosedEmergency(Box<Emergency>),
    /// What is watched.
    Watch(Box<Watch>),
    /// Cut sessions.
    Cut(Box<SessionCut>),
    /// Access that no request explains.
    Drift(Box<Drift>),
}

impl Book {
    /// What a stored copy must change after a record was applied: each row with what it is now, or without when it is gone.
    #[must_use]
    pub fn changes(&self, touched: &Touched) -> Vec<(RowKey, Option<Row>)> {
        let mut rows = Vec::new();
        for id in &touched.requests {
            let row = self.requests.get(id).map(|request| Row::Request(Box::new(request.clone())));
            rows.push((RowKey::Request(id.clone()), row));
        }
        for request in &touched.closed {
            rows.push((RowKey::Request(request.ask.id.clone()), None));
            rows.push((RowKey::Closed(request.ask.id.clone()), Some(Row::Closed(Box::new(request.clone())))));
        }
        for holding in &touched.holdings {
            let row = self.holdings.get(holding).map(|state| Row::Holding(Box::new(state.clone())));
            rows.push((RowKey::Holding(holding.clone()), row));
        }
        for account in &touched.bindings {
            let row =
                self.bindings.get(account).map(|binding| Row::Binding(account.clone(), binding.clone()));
            rows.push((RowKey::Binding(account.clone()), row));
        }
        for id in &touched.interactions {
            let row = self.interactions.get(id);
            let row = row.map(|(at, answer)| Row::Interaction(id.clone(), *at, Box::new(answer.clone())));
            rows.push((RowKey::Interaction(id.clone()), row));
        }
        rows.extend(touched.jobs_gone.iter().map(|(at, job)| (RowKey::Job(*at, job.clone()), None)));
        for (at, job) in &touched.jobs_new {
            rows.push((RowKey::Job(*at, job.clone()), Some(Row::Job(*at, job.clone()))));
        }
        if touched.directory {
            rows.push((RowKey::Directory, self.directory.clone().map(Row::Directory)));
        }
        for holding in &touched.cuts {
            let row = self.cuts.get(holding).map(|cut| Row::Cut(Box::new(cut.clone())));
            rows.push((RowKey::Cut(holding.clone()), row));
        }
        for holding in &touched.drifts {
            let row = self.drifts.get(holding).map(|drift| Row::Drift(Box::new(drift.clone())));
            rows.push((RowKey::Drift(holding.clone()), row));
        }
        self.emergency_changes(touched, &mut rows);
        rows
    }

    fn emergency_changes(&self, touched: &Touched, rows: &mut Vec<(RowKey, Option<Row>)>) {
        for id in &touched.emergencies {
            let row = self.emergencies.get(id).map(|emergency| Row::Emergency(Box::new(emergency.clone())));
            rows.push((RowKey::Emergency(id.clone()), row));
        }
        for emergency in &touched.closed_emergencies {
            let id = &emergency.ask.id;
            rows.push((RowKey::Emergency(id.clone()), None));
            let row = Row::ClosedEmergency(Box::new(emergency.clone()));
            rows.push((RowKey::ClosedEmergency(id.clone()), Some(row)));
        }
        if touched.watch {
            rows.push((RowKey::Watch, Some(Row::Watch(Box::new(self.watch.clone())))));
        }
    }

    /// Takes one row of a stored copy.
    pub fn load(&mut self, row: Row) {
        match row {
            Row::Closed(_) | Row::ClosedEmergency(_) => {}
            Row::Emergency(emergency) => {
                self.emergencies.insert(emergency.ask.id.clone(), *emergency);
            }
            Row::Watch(watch) => self.watch = *watch,
            Row::Cut(cut) => {
                self.cuts.insert(cut.holding.clone(), *cut);
            }
            Row::Drift(drift) => {
                self.drifts.insert(drift.holding.clone(), *drift);
            }
            Row::Request(request) => {
                self.requests.insert(request.ask.id.clone(), *request);
            }
            Row::Holding(state) => {
                self.holdings.insert(state.holding.clone(), *state);
            }
            Row::Binding(account, binding) => {
                self.bindings.insert(account, binding);
            }
            Row::Interaction(interaction, at, answer) => {
                self.interactions.insert(interaction, (at, *answer));
            }
            Row::Job(at, job) => {
                self.due.insert((at, job));
            }
            Row::Directory(directory) => self.directory = Some(directory),
        }
    }

    /// Completes the loading: derives what is not stored, and derives the jobs anew, so that a row that went missing
    /// cannot lose one. Due times that were stored are kept.
    pub fn loaded(&mut self) {
        let stored: BTreeMap<Job, Timestamp> =
            std::mem::take(&mut self.due).into_iter().map(|(at, job)| (job, at)).collect();
        self.interactions_by_age = self.interactions.iter().map(|(id, (at, _))| (*at, id.clone())).collect();
        let mut touched = Touched::default();
        for id in self.requests.keys().cloned().collect::<Vec<_>>() {
            self.index_person(&id);
            let jobs = stored_times(self.jobs_of_request(&id, Timestamp::UNIX_EPOCH), &stored);
            self.set_jobs(Owner::Request(id), jobs, &mut touched);
        }
        for holding in self.holdings.keys().cloned().collect::<Vec<_>>() {
            let jobs = stored_times(self.jobs_of_holding(&holding, Timestamp::UNIX_EPOCH), &stored);
            self.set_jobs(Owner::Holding(holding), jobs, &mut touched);
        }
        for id in self.emergencies.keys().cloned().collect::<Vec<_>>() {
            let jobs = stored_times(self.jobs_of_emergency(&id, Timestamp::UNIX_EPOCH), &stored);
            self.set_jobs(Owner::Emergency(id), jobs, &mut touched);
        }
        for holding in self.cuts.keys().cloned().collect::<Vec<_>>() {
            let jobs = stored_times(self.jobs_of_cut(&holding, Timestamp::UNIX_EPOCH), &stored);
            self.set_jobs(Owner::Cut(holding), jobs, &mut touched);
        }
        let jobs = stored_times(self.jobs_of_watch(Timestamp::UNIX_EPOCH), &stored);
        self.set_jobs(Owner::Watch, jobs, &mut touched);
    }
}

fn stored_times(jobs: Vec<(Timestamp, Job)>, stored: &BTreeMap<Job, Timestamp>) -> Vec<(Timestamp, Job)> {
    jobs.into_iter().map(|(at, job)| (stored.get(&job).copied().unwrap_or(at), job)).collect()
}
