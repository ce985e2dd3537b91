//! Doing one job. Every outcome goes back through the clerk before the next step, so that a crash between any two
//! steps loses nothing; every job can be done twice.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use glasskey_domain::command::EmergencyCommand;
use glasskey_domain::holding::{Change, Sight};
use glasskey_domain::ids::OperationId;
use glasskey_domain::person::Employment;
use glasskey_domain::reconcile::{Step, next_step};
use glasskey_domain::wanted::wanted;
use glasskey_domain::{Command, GroupId, Holding, Job, Outcome};

use super::{Engine, Stopped, emergency, measure, sessions, speak};
use crate::ports::{Fault, LivePerson, Progress, Seen, Started, Urgency};

/// Pauses between two questions how an asynchronous operation is doing, in milliseconds: most are done within seconds,
/// and 15 of them polled every second would use up the provider's whole budget.
const POLL_PAUSES: [u64; 6] = [300, 500, 800, 1_300, 2_000, 3_000];
/// Pauses between two looks when a list lags behind a change that succeeded, in milliseconds.
pub(super) const LOOK_PAUSES: [u64; 5] = [200, 400, 800, 1_600, 3_000];
/// Steps of one performer; after so many it makes room and comes again, so that no holding keeps a place for ever.
pub(super) const STEPS_MAX: usize = 64;

/// How a job went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Performed {
    /// As far as it could be done now.
    Done,
    /// To be tried again, not before the other side wants, and not at once.
    Again {
        /// What the other side asked for.
        after: Option<Duration>,
    },
}

pub(super) const AGAIN: Performed = Performed::Again { after: None };

/// Does a job that is due.
pub(super) async fn perform(engine: &Engine, job: Job) -> Performed {
    let done = match job {
        Job::Reconcile { holding, .. } => reconcile(engine, &holding).await,
        Job::Expire { id } => timer(engine, Command::Expire { id }).await,
        Job::Overdue { id } => timer(engine, Command::Overdue { id }).await,
        Job::Lapse { id } => timer(engine, Command::Lapse { id }).await,
        Job::Start { id } => timer(engine, Command::Start { id }).await,
        Job::Nudge { id } => timer(engine, Command::Nudge { id }).await,
        Job::EndAll => timer(engine, Command::GoOnEnding).await,
        Job::Sessions { holding } => sessions::sessions(engine, &holding).await,
        Job::Card { id, on } => speak::card(engine, &id, on).await,
        Job::Tell { tell } => speak::say(engine, tell).await,
        Job::Federation { id, .. } => emergency::federation(engine, &id).await,
        Job::EmergencyTimer { id } => timer(engine, Command::Emergency(EmergencyCommand::Tick { id })).await,
    };
    // A stopped engine performs nothing more; the job is due again at the next start.
    done.unwrap_or(Performed::Done)
}

async fn timer(engine: &Engine, command: Command) -> Result<Performed, Stopped> {
    engine.inside(command).await?;
    Ok(Performed::Done)
}

pub(super) async fn outcome(engine: &Engine, outcome: Outcome) -> Result<(), Stopped> {
    engine.inside(Command::Outcome(outcome)).await.map(|_answer| ())
}

/// Makes the provider agree with what is wanted: step by step, each committed.
async fn reconcile(engine: &Engine, holding: &Holding) -> Result<Performed, Stopped> {
    let mut polls = 0;
    for _ in 0..STEPS_MAX {
        if *engine.shared.draining.borrow() {
            return Ok(Performed::Done);
        }
        let (step, urgency, looks) = next(engine, holding).await;
        let performed = match step {
            Step::Rest | Step::Wait { .. } => return Ok(Performed::Done),
            Step::Look => {
                pause(&LOOK_PAUSES, looks).await;
                look(engine, holding, urgency).await?
            }
            Step::Call { change } => call(engine, holding, change, urgency).await?,
            Step::Poll { change, operation } => {
                if polls > 0 {
                    pause(&POLL_PAUSES, polls).await;
                }
                polls += 1;
                poll(engine, holding, change, &operation, urgency).await?
            }
        };
        if let Some(performed) = performed {
            return Ok(performed);
        }
    }
    Ok(AGAIN)
}

async fn next(engine: &Engine, holding: &Holding) -> (Step, Urgency, usize) {
    let book = engine.book().await;
    let now = engine.now();
    let urgency = if wanted(&book, holding, now) { Urgency::Granting } else { Urgency::Ending };
    let looks = match book.holding(holding).map(|state| state.sight) {
        Some(Sight::Unknown { looks, .. }) => usize::try_from(looks).unwrap_or(usize::MAX),
        Some(Sight::Present | Sight::Absent) | None => 0,
    };
    (next_step(&book, holding, now), urgency, looks)
}

/// The pause before try `nth`; none before the first.
pub(super) async fn pause(pauses: &[u64], nth: usize) {
    let index = nth.min(pauses.len()).checked_sub(1);
    if let Some(pause) = index.and_then(|index| pauses.get(index)) {
        tokio::time::sleep(Duration::from_millis(*pause)).await;
    }
}

async fn look(engine: &Engine, holding: &Holding, urgency: Urgency) -> Result<Option<Performed>, Stopped> {
    match engine.shared.access.look(holding, urgency).await {
        Ok(seen) => {
            let Seen { direct, groups, member } = seen;
            outcome(engine, Outcome::Looked { holding: holding.clone(), direct, groups, member }).await?;
            Ok(None)
        }
        Err(fault) => faulted(engine, holding, &fault).await,
    }
}

async fn call(
    engine: &Engine,
    holding: &Holding,
    change: Change,
    urgency: Urgency,
) -> Result<Option<Performed>, Stopped> {
    // An ending never waits for this question: a delete is simply made (again).
    if change == Change::Create && perhaps_called(engine, holding).await {
        match engine.shared.access.find(holding, change, urgency).await {
            Ok(Some(operation)) => {
                outcome(engine, Outcome::Running { holding: holding.clone(), change, operation }).await?;
                return Ok(None);
            }
            Ok(None) => {}
            Err(fault) => return faulted(engine, holding, &fault).await,
        }
    }
    if change == Change::Create && !may_create(engine, holding).await? {
        // What follows was decided with what is known now; the next step is another.
        return Ok(None);
    }
    let started = Instant::now();
    let holding_owned = holding.clone();
    match engine.shared.access.start(holding, change, urgency).await {
        Ok(Started::Running(operation)) => {
            measure::call(change, started.elapsed());
            outcome(engine, Outcome::Running { holding: holding_owned, change, operation }).await?;
            // The first poll comes after the first pause: the provider never finishes at once.
            pause(&POLL_PAUSES, 1).await;
            Ok(None)
        }
        Ok(Started::NothingThere) => {
            outcome(engine, Outcome::Succeeded { holding: holding_owned, change }).await?;
            Ok(None)
        }
        Ok(Started::Refused { why }) => {
            outcome(engine, Outcome::Failed { holding: holding_owned, change, why }).await?;
            // A refused create is over; a refused delete is tried for ever, but not in a circle.
            Ok(if change == Change::Delete { Some(AGAIN) } else { None })
        }
        Err(fault) => {
            if matches!(fault, Fault::Lost { .. }) {
                outcome(engine, Outcome::ReplyLost { holding: holding_owned, change }).await?;
            }
            faulted(engine, holding, &fault).await
        }
    }
}

/// Whether the provider still says that the person works here and is in the groups that permitted it, when it answers (DESIGN
/// §5). When it does not, what was read last counts.
async fn still_here(engine: &Engine, holding: &Holding) -> Result<bool, Stopped> {
    let Some(people) = &engine.shared.extras.people else { return Ok(true) };
    let groups = determining_groups(engine, holding).await;
    match people.read(&holding.principal, &groups).await {
        Ok(person) if person.employment == Employment::Enabled && person.lost.is_empty() => Ok(true),
        Ok(LivePerson { employment, lost }) => {
            tracing::warn!(%holding, ?employment, ?lost, "the provider says otherwise than the directory");
            outcome(engine, Outcome::PersonRead { holding: holding.clone(), employment, lost }).await?;
            let book = engine.book().await;
            Ok(wanted(&book, holding, engine.now()))
        }
        Err(fault) => {
            tracing::warn!(%holding, %fault, "the person was not read anew; the directory counts");
            Ok(true)
        }
    }
}

/// Whether what was decided before still holds at the moment of the call.
async fn may_create(engine: &Engine, holding: &Holding) -> Result<bool, Stopped> {
    if !still_here(engine, holding).await? {
        return Ok(false);
    }
    outcome(engine, Outcome::AboutToCreate { holding: holding.clone() }).await?;
    Ok(still_due(engine, holding).await)
}

/// Whether it is still to be created. Questions take time, of which the last of the grant may be a part (P2).
async fn still_due(engine: &Engine, holding: &Holding) -> bool {
    let book = engine.book().await;
    next_step(&book, holding, engine.now()) == Step::Call { change: Change::Create }
}

/// The groups by which policy permits it, of those who wait for it.
async fn determining_groups(engine: &Engine, holding: &Holding) -> Vec<GroupId> {
    let book = engine.book().await;
    let granted = book.claims(holding).filter_map(|request| request.granted.as_ref());
    let groups: BTreeSet<GroupId> =
        granted.flat_map(|granted| granted.under.groups.iter().cloned()).collect();
    groups.into_iter().collect()
}

/// Whether an earlier create may have been taken whose answer nobody heard: it is followed rather than made again.
async fn perhaps_called(engine: &Engine, holding: &Holding) -> bool {
    engine.book().await.holding(holding).is_some_and(|state| state.loose_create.is_some())
}

async fn poll(
    engine: &Engine,
    holding: &Holding,
    change: Change,
    operation: &OperationId,
    urgency: Urgency,
) -> Result<Option<Performed>, Stopped> {
    let holding_owned = holding.clone();
    match engine.shared.access.poll(change, operation, urgency).await {
        Ok(Progress::Running) => Ok(None),
        // An operation that the provider has forgotten is over; the look that follows says how it went.
        Ok(Progress::Succeeded | Progress::Unknown) => {
            outcome(engine, Outcome::Succeeded { holding: holding_owned, change }).await?;
            Ok(None)
        }
        Ok(Progress::Failed { why }) => {
            outcome(engine, Outcome::Failed { holding: holding_owned, change, why }).await?;
            Ok(if change == Change::Delete { Some(AGAIN) } else { None })
        }
        Err(fault) => faulted(engine, holding, &fault).await,
    }
}

/// A fault is told once for each new complaint, and the job is tried again: nothing here gives up (P3).
async fn faulted(engine: &Engine, holding: &Holding, fault: &Fault) -> Result<Option<Performed>, Stopped> {
    let after = match fault {
        Fault::Transient { retry_after, .. } => *retry_after,
        Fault::Lost { .. } | Fault::Permanent { .. } => None,
    };
    tracing::warn!(%holding, %fault, "the provider did not do it; it is tried again");
    outcome(engine, Outcome::Trouble { holding: holding.clone(), what: Some(fault.what().to_owned()) })
        .await?;
    Ok(Some(Performed::Again { after }))
}
