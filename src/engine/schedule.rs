//! The one who looks at the clock: performs jobs when they are due, each thing by one performer at a time, the ending of
//! access before everything else.
//!
//! It decides nothing. Its memory (what runs, what failed how often) may be lost at any time: after a restart all that
//! is due is simply tried again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use glasskey_domain::Job;
use glasskey_domain::event::Answer;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinSet};

use super::backoff;
use super::kinds::{Class, Key, class, key, places};
use super::perform::{self, Performed};
use super::{Engine, Shared};
use crate::ports::Fault;

/// Longest sleep: the wall clock may be set while we sleep, and a deadline is a time of the wall clock.
pub(super) const BEAT: Duration = Duration::from_millis(250);
/// Pause after a job that was done and yet is there.
const DONE_PAUSE: Duration = Duration::from_millis(20);
/// A step back of the clock from which on pauses are forgotten: they end at times of the clock as it was before. Smaller
/// ones are the slewing of a healthy clock.
const STEP_BACK: SignedDuration = SignedDuration::from_secs(1);

/// What the clerk tells about jobs, after the commit.
pub(super) enum Change {
    /// These are no more, and these are new.
    Jobs {
        /// No more.
        gone: Vec<(Timestamp, Job)>,
        /// New.
        new: Vec<(Timestamp, Job)>,
    },
}

/// One thing to do.
struct Task {
    job: Job,
    due: Timestamp,
    not_before: Timestamp,
    attempts: u32,
    running: bool,
    /// It is no more, but its performer is still at work: nobody else may work on the same thing until they are back.
    gone: bool,
}

impl Task {
    fn at(&self) -> Timestamp {
        self.due.max(self.not_before)
    }
}

/// What is to be done, and what is being done.
#[derive(Default)]
struct Plan {
    tasks: BTreeMap<Key, Task>,
    /// Waiting ones only, in the order in which they are performed.
    queue: BTreeMap<Class, BTreeSet<(Timestamp, Key)>>,
    running: BTreeMap<Class, usize>,
}

impl Plan {
    fn enqueue(&mut self, key: &Key) {
        if let Some(task) = self.tasks.get(key).filter(|task| !task.running && !task.gone) {
            self.queue.entry(class(&task.job)).or_default().insert((task.at(), key.clone()));
        }
    }

    fn dequeue(&mut self, key: &Key) {
        if let Some(task) = self.tasks.get(key)
            && let Some(queue) = self.queue.get_mut(&class(&task.job))
        {
            queue.remove(&(task.at(), key.clone()));
        }
    }

    fn add(&mut self, due: Timestamp, job: Job) {
        let key = key(&job);
        self.dequeue(&key);
        let fresh = Task { job, due, not_before: Timestamp::MIN, attempts: 0, running: false, gone: false };
        let task = match self.tasks.remove(&key) {
            None => fresh,
            // What must end is not held back by how its granting went.
            Some(before) if is_ending(&fresh.job) && !is_ending(&before.job) => {
                Task { running: before.running, ..fresh }
            }
            Some(before) => Task {
                not_before: before.not_before,
                attempts: before.attempts,
                running: before.running,
                ..fresh
            },
        };
        self.tasks.insert(key.clone(), task);
        self.enqueue(&key);
    }

    fn remove(&mut self, due: Timestamp, job: &Job) {
        let key = key(job);
        self.dequeue(&key);
        match self.tasks.get_mut(&key) {
            Some(task) if task.due != due || task.job != *job => self.enqueue(&key),
            Some(task) if task.running => task.gone = true,
            Some(_) => drop(self.tasks.remove(&key)),
            None => {}
        }
    }

    /// The next thing to do at `now`, as far as the limits let.
    fn take(&mut self, now: Timestamp) -> Option<(Key, Job)> {
        let classes: Vec<Class> = self.queue.keys().copied().collect();
        for class in classes {
            let due = self
                .queue
                .get(&class)
                .and_then(BTreeSet::first)
                .filter(|(at, _)| *at <= now && !self.full(class));
            let Some((_, key)) = due.cloned() else { continue };
            self.dequeue(&key);
            let Some(task) = self.tasks.get_mut(&key) else { continue };
            task.running = true;
            let taken = (key, task.job.clone());
            *self.running.entry(class).or_default() += 1;
            return Some(taken);
        }
        None
    }

    fn full(&self, class: Class) -> bool {
        self.running.get(&class).is_some_and(|running| *running >= places(class))
    }

    /// A performer is back. What is still to be done is tried again, later if it failed.
    fn back(&mut self, key: &Key, class: Class, performed: Performed, now: Timestamp) {
        if let Some(running) = self.running.get_mut(&class) {
            *running = running.saturating_sub(1);
        }
        let Some(task) = self.tasks.get_mut(key) else { return };
        task.running = false;
        if task.gone {
            self.tasks.remove(key);
            return;
        }
        // What its granting came to must not hold back an ending that was ordered meanwhile (P3).
        let performed =
            if is_ending(&task.job) && class != Class::Ending { Performed::Done } else { performed };
        match performed {
            Performed::Done => {
                task.attempts = 0;
                // Done, and something is left to do (a card that moved on meanwhile): soon, but never in a circle.
                task.not_before = later(now, DONE_PAUSE);
            }
            Performed::Again { after } => {
                let pause = backoff::pause(task.attempts, after, backoff::dice());
                task.attempts = task.attempts.saturating_add(1);
                task.not_before = later(now, pause);
            }
        }
        self.enqueue(key);
    }

    /// When something is next to be done. What waits for a place is woken by who leaves one, and must not make the others
    /// be looked at less often.
    fn next(&self) -> Option<Timestamp> {
        let free = self.queue.iter().filter(|(class, _)| !self.full(**class));
        free.filter_map(|(_, queue)| queue.first()).map(|(at, _)| *at).min()
    }

    /// The clock was set back: pauses would end at times that are now far away, perhaps by years. All are forgotten.
    fn forget_pauses(&mut self) {
        self.queue.clear();
        for task in self.tasks.values_mut() {
            task.not_before = Timestamp::MIN;
        }
        let keys: Vec<Key> = self.tasks.keys().cloned().collect();
        for key in &keys {
            self.enqueue(key);
        }
    }

    fn waiting(&self) -> usize {
        self.queue.values().map(BTreeSet::len).sum()
    }
}

fn is_ending(job: &Job) -> bool {
    class(job) == Class::Ending
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause)
        .ok()
        .and_then(|pause| now.checked_add(pause).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Runs until drained, from when the start is written down.
pub(super) async fn run(
    engine: Engine,
    start_written: oneshot::Receiver<Answer>,
    _keep_open: mpsc::UnboundedSender<Change>,
    mut changes: mpsc::UnboundedReceiver<Change>,
) -> Result<(), Fault> {
    start_written
        .await
        .map_err(|_dropped| Fault::Permanent { what: "the start could not be written down".to_owned() })?;
    let shared = Arc::clone(&engine.shared);
    let mut draining = shared.draining.clone();
    let mut plan = Plan::default();
    for (due, job) in engine.book().await.due() {
        plan.add(*due, job.clone());
    }
    let mut performers: JoinSet<Performed> = JoinSet::new();
    let mut at_work: BTreeMap<Id, (Key, Class)> = BTreeMap::new();
    let mut before = shared.clock.now();
    loop {
        before = mind_the_clock(&mut plan, before, shared.clock.now());
        let drained = *draining.borrow();
        if drained && performers.is_empty() {
            return Ok(());
        }
        if !drained {
            start_due(&engine, &mut plan, &mut performers, &mut at_work);
        }
        beat(&shared, &plan);
        let pause = sleep_until(plan.next(), shared.clock.now());
        tokio::select! {
            Some(change) = changes.recv() => take_changes(&mut plan, change, &mut changes),
            Some(back) = performers.join_next_with_id() => {
                came_back(&mut plan, &mut at_work, back, shared.clock.now());
            }
            _ = draining.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn mind_the_clock(plan: &mut Plan, before: Timestamp, now: Timestamp) -> Timestamp {
    if before.duration_since(now) >= STEP_BACK {
        tracing::warn!(%before, %now, "the clock was set back; what waits to be tried again is tried now");
        plan.forget_pauses();
    }
    now
}

fn start_due(
    engine: &Engine,
    plan: &mut Plan,
    performers: &mut JoinSet<Performed>,
    at_work: &mut BTreeMap<Id, (Key, Class)>,
) {
    let now = engine.now();
    while let Some((key, job)) = plan.take(now) {
        let class = class(&job);
        let engine = engine.clone();
        let handle = performers.spawn(async move { perform::perform(&engine, job).await });
        at_work.insert(handle.id(), (key, class));
    }
}

fn take_changes(plan: &mut Plan, first: Change, changes: &mut mpsc::UnboundedReceiver<Change>) {
    let mut next = Some(first);
    while let Some(Change::Jobs { gone, new }) = next {
        for (due, job) in &gone {
            plan.remove(*due, job);
        }
        for (due, job) in new {
            plan.add(due, job);
        }
        next = changes.try_recv().ok();
    }
}

fn came_back(
    plan: &mut Plan,
    at_work: &mut BTreeMap<Id, (Key, Class)>,
    back: Result<(Id, Performed), tokio::task::JoinError>,
    now: Timestamp,
) {
    let (id, performed) = match back {
        Ok(back) => back,
        Err(failed) => {
            // A bug in one performer costs its own job some time, nothing else.
            tracing::error!(%failed, "a performer failed; its job is tried again");
            (failed.id(), Performed::Again { after: None })
        }
    };
    if let Some((key, class)) = at_work.remove(&id) {
        plan.back(&key, class, performed, now);
    }
}

fn beat(shared: &Shared, plan: &Plan) {
    shared.beats.scheduler.send_replace(shared.clock.now());
    #[expect(clippy::cast_precision_loss, reason = "a gauge of jobs, far below 2^52")]
    metrics::gauge!("glasskey_jobs_due").set(plan.waiting() as f64);
}

/// Until the next due time, but no longer than a beat; a job that is due but held back by a limit is not spun upon.
fn sleep_until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    let Some(next) = next else { return BEAT };
    if next <= now {
        return BEAT;
    }
    Duration::try_from(next.duration_since(now)).unwrap_or(BEAT).min(BEAT)
}

#[cfg(test)]
mod tests {
    use glasskey_domain::{
        AccountId, Holding, PermissionSetArn, PersonId, Platform, RequestId, Subject, Target,
    };

    use super::super::kinds::{ACCESS_RUNNING_MAX, CHAT_RUNNING_MAX};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn reconcile(ending: bool) -> Job {
        let target = Target::Assignment {
            account: AccountId::parse("222222222222").unwrap(),
            permission_set: PermissionSetArn::new("arn"),
        };
        Job::Reconcile { holding: Holding { principal: PersonId::new("ana"), target }, ending }
    }

    fn card(id: &str) -> Job {
        Job::Card { id: Subject::Request(RequestId::parse(id).unwrap()), on: Platform::Slack }
    }

    #[test]
    fn one_thing_is_never_performed_twice_at_once() {
        let mut plan = Plan::default();
        plan.add(at(1), reconcile(false));
        let (key, _) = plan.take(at(1)).unwrap();
        // Each committed step replaces the job by one that is due anew.
        plan.remove(at(1), &reconcile(false));
        plan.add(at(2), reconcile(true));
        assert!(plan.take(at(9)).is_none(), "its performer is still at work");
        plan.back(&key, Class::Granting, Performed::Done, at(9));
        assert!(plan.take(at(10)).is_some());
    }

    #[test]
    fn a_job_that_is_no_more_is_not_performed_when_its_performer_is_back() {
        let mut plan = Plan::default();
        plan.add(at(1), reconcile(false));
        let (key, _) = plan.take(at(1)).unwrap();
        plan.remove(at(1), &reconcile(false));
        plan.back(&key, Class::Granting, Performed::Again { after: None }, at(2));
        assert!(plan.take(at(1_000)).is_none() && plan.tasks.is_empty());
    }

    #[test]
    fn ending_goes_before_granting_and_chat_before_nothing() {
        let mut plan = Plan::default();
        plan.add(at(1), card("AR-0001"));
        plan.add(at(3), reconcile(true));
        assert!(matches!(plan.take(at(3)), Some((_, Job::Reconcile { ending: true, .. }))));
        assert!(matches!(plan.take(at(3)), Some((_, Job::Card { .. }))));
    }

    #[test]
    fn what_failed_waits_and_what_must_end_does_not_wait_for_how_granting_failed() {
        let mut plan = Plan::default();
        plan.add(at(1), reconcile(false));
        let (key, _) = plan.take(at(1)).unwrap();
        plan.back(&key, Class::Granting, Performed::Again { after: Some(Duration::from_secs(60)) }, at(1));
        assert!(plan.take(at(2)).is_none());
        plan.remove(at(1), &reconcile(false));
        plan.add(at(2), reconcile(true));
        assert!(plan.take(at(2)).is_some());
    }

    #[test]
    fn full_of_chat_there_is_still_room_for_access() {
        let mut plan = Plan::default();
        for number in 0..=CHAT_RUNNING_MAX {
            plan.add(at(1), card(RequestId::from_bits(number as u64, 4).as_str()));
        }
        while plan.take(at(1)).is_some() {}
        assert_eq!(plan.waiting(), 1);
        plan.add(at(1), reconcile(false));
        assert!(plan.take(at(1)).is_some());
    }

    #[test]
    fn hanging_grants_leave_places_for_endings() {
        let mut plan = Plan::default();
        plan.running.insert(Class::Granting, ACCESS_RUNNING_MAX);
        plan.add(at(1), reconcile(false));
        assert!(plan.take(at(1)).is_none());
        plan.remove(at(1), &reconcile(false));
        plan.add(at(2), reconcile(true));
        assert!(plan.take(at(2)).is_some());
    }

    #[test]
    fn what_waits_for_a_place_does_not_hide_when_an_ending_is_due() {
        let mut plan = Plan::default();
        plan.running.insert(Class::Chat(Platform::Slack), CHAT_RUNNING_MAX);
        plan.add(at(1), card("AR-0001"));
        plan.add(at(9), reconcile(true));
        assert_eq!(plan.next(), Some(at(9)));
    }

    #[test]
    fn an_ending_ordered_while_its_granting_fails_does_not_wait_for_what_granting_was_told() {
        let mut plan = Plan::default();
        plan.add(at(1), reconcile(false));
        let (key, _) = plan.take(at(1)).unwrap();
        plan.remove(at(1), &reconcile(false));
        plan.add(at(2), reconcile(true));
        plan.back(&key, Class::Granting, Performed::Again { after: Some(Duration::from_secs(300)) }, at(2));
        assert!(plan.take(at(3)).is_some());
    }

    #[test]
    fn a_pause_does_not_outlive_a_clock_that_is_set_back() {
        let year = 365 * 86_400;
        let mut plan = Plan::default();
        plan.add(at(1), reconcile(true));
        let (key, _) = plan.take(at(year)).unwrap();
        plan.back(&key, Class::Ending, Performed::Again { after: None }, at(year));
        assert_eq!(mind_the_clock(&mut plan, at(year), at(year)), at(year));
        assert!(plan.take(at(60)).is_none(), "it waits for a time of the wrong clock");
        assert_eq!(mind_the_clock(&mut plan, at(year), at(60)), at(60));
        assert!(plan.take(at(60)).is_some());
    }
}
