//! The jobs that follow from the state. By the state alone, so that the same jobs follow whenever they are derived.

use jiff::Timestamp;

use super::{Book, Owner, Touched};
use crate::ids::{EmergencyId, RequestId, Subject};
use crate::job::Job;
use crate::reconcile;
use crate::request::{AccessRequest, State};
use crate::sessions::CutState;
use crate::target::Holding;
use crate::timers;

impl Book {
    pub(super) fn jobs_of_emergency(&self, id: &EmergencyId, at: Timestamp) -> Vec<(Timestamp, Job)> {
        let Some(emergency) = self.emergencies.get(id) else { return Vec::new() };
        let mut jobs = Vec::new();
        if let Some(due) = timers::next(emergency, &self.watch) {
            jobs.push((due, Job::EmergencyTimer { id: id.clone() }));
        }
        if let Some(due) = timers::federation_due(emergency, at) {
            let closing = timers::is_closing(emergency);
            jobs.push((due, Job::Federation { id: id.clone(), closing }));
        }
        let subject = || Subject::Emergency(id.clone());
        jobs.extend(
            emergency.cards.outdated(emergency.version).map(|on| (at, Job::Card { id: subject(), on })),
        );
        jobs.extend(emergency.untold.keys().map(|tell| (at, Job::Tell { tell: tell.clone() })));
        jobs
    }

    pub(super) fn jobs_of_watch(&self, at: Timestamp) -> Vec<(Timestamp, Job)> {
        let ending = self.watch.ending.first().map(|_| (at, Job::EndAll));
        let tells = self.watch.untold.keys().map(|tell| (at, Job::Tell { tell: tell.clone() }));
        ending.into_iter().chain(tells).collect()
    }

    pub(super) fn jobs_of_cut(&self, holding: &Holding, at: Timestamp) -> Vec<(Timestamp, Job)> {
        let Some(cut) = self.cuts.get(holding) else { return Vec::new() };
        let due = match cut.state {
            CutState::Placing | CutState::Lifting => at,
            CutState::InForce => cut.lift_at(),
        };
        vec![(due, Job::Sessions { holding: holding.clone() })]
    }

    pub(super) fn jobs_of_request(&self, id: &RequestId, at: Timestamp) -> Vec<(Timestamp, Job)> {
        let Some(request) = self.requests.get(id) else { return Vec::new() };
        let id = id.clone();
        let mut jobs = Vec::new();
        match &request.state {
            State::Pending { lapses_at } => jobs.push((*lapses_at, Job::Lapse { id: id.clone() })),
            State::Scheduled { starts_at, deadline } => {
                jobs.push((*starts_at, Job::Start { id: id.clone() }));
                jobs.push((*deadline, Job::Expire { id: id.clone() }));
            }
            State::Granting { deadline, .. } | State::Active { deadline, .. } => {
                jobs.push((*deadline, Job::Expire { id: id.clone() }));
            }
            State::Ending { tell_overdue_at, .. } => {
                jobs.push((*tell_overdue_at, Job::Overdue { id: id.clone() }))
            }
            State::Ended { .. }
            | State::Denied { .. }
            | State::Withdrawn { .. }
            | State::Lapsed { .. }
            | State::Failed { .. } => {}
        }
        jobs.extend(timers::next_nudge(request).map(|due| (due, Job::Nudge { id: id.clone() })));
        let subject = || Subject::Request(id.clone());
        jobs.extend(request.cards.outdated(request.version).map(|on| (at, Job::Card { id: subject(), on })));
        jobs.extend(request.untold.keys().map(|tell| (at, Job::Tell { tell: tell.clone() })));
        jobs
    }

    pub(super) fn jobs_of_holding(&self, holding: &Holding, at: Timestamp) -> Vec<(Timestamp, Job)> {
        let due = match reconcile::next_step(self, holding, at) {
            reconcile::Step::Rest => return Vec::new(),
            reconcile::Step::Wait { until } => until,
            reconcile::Step::Look | reconcile::Step::Call { .. } | reconcile::Step::Poll { .. } => at,
        };
        // By the states alone, so that the same jobs follow whenever they are derived; time moves states by `Expire`.
        let leaves = |request: &AccessRequest| {
            matches!(request.state, State::Ending { .. })
                || request.part(&holding.target).is_some_and(|part| !part.is_meant())
        };
        let ending = self.claims(holding).all(leaves);
        vec![(due, Job::Reconcile { holding: holding.clone(), ending })]
    }

    /// Replaces the jobs of an owner. A message that was due already keeps its place.
    pub(super) fn set_jobs(&mut self, owner: Owner, wanted: Vec<(Timestamp, Job)>, touched: &mut Touched) {
        let old = self.jobs.remove(&owner).unwrap_or_default();
        let new: Vec<(Timestamp, Job)> = wanted
            .into_iter()
            .map(|(at, job)| {
                let before = old.iter().find(|(_, was)| *was == job).map(|(was, _)| *was);
                let keeps = matches!(job, Job::Card { .. } | Job::Tell { .. });
                (before.filter(|was| keeps && *was < at).unwrap_or(at), job)
            })
            .collect();
        for gone in old.iter().filter(|job| !new.contains(job)) {
            self.due.remove(gone);
            touched.jobs_gone.push(gone.clone());
        }
        for job in new.iter().filter(|job| !old.contains(job)) {
            self.due.insert(job.clone());
            touched.jobs_new.push(job.clone());
        }
        if !new.is_empty() {
            self.jobs.insert(owner, new);
        }
    }
}
