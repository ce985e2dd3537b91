//! Nothing waits for ever: what is not at rest has a job, and the job has something to do when it is due.

use glasskey_domain::holding::{Operation, Sight};
use glasskey_domain::reconcile::{Step, next_step};
use glasskey_domain::sessions::CutState;
use glasskey_domain::settings::{OVERDUE_REPEAT_MAX, REVIEW_REMIND_EVERY, SESSION_MAX};
use glasskey_domain::*;
use jiff::Timestamp;

use crate::watch::{Law, holds};

fn has(book: &Book, which: impl Fn(&Job) -> bool) -> bool {
    book.due().any(|(_, job)| which(job))
}

pub fn has_its_jobs(book: &Book, now: Timestamp) -> Law {
    for request in book.requests() {
        state_has_its_jobs(book, request, now)?;
        what_waits_has_its_jobs(book, request)?;
    }
    for state in book.holdings() {
        holding_has_its_job(book, state, now)?;
    }
    for cut in book.cuts() {
        let at =
            book.due().find(|(_, job)| matches!(job, Job::Sessions { holding } if *holding == cut.holding));
        let at = at.map(|(at, _)| *at).ok_or_else(|| format!("the cut of {} has no job", cut.holding))?;
        let in_time = cut.state != CutState::InForce || at == SESSION_MAX.after(cut.before);
        holds(in_time, format!("the cut of {} is lifted at {at}", cut.holding))?;
    }
    let ends_all = book.watch().ending.is_empty() || has(book, |job| *job == Job::EndAll);
    holds(ends_all, "an order to end many grants has no job")?;
    for (at, job) in book.due() {
        if let Job::Reconcile { holding, .. } = job {
            let idle = next_step(book, holding, now.max(*at)) == Step::Rest;
            holds(!idle, format!("{job} is due at {at} and has nothing to do"))?;
        }
    }
    Ok(())
}

fn state_has_its_jobs(book: &Book, request: &AccessRequest, now: Timestamp) -> Law {
    let id = || request.ask.id.clone();
    let missing = |what: &str| format!("{} has no job to {what}: {:?}", id(), request.state);
    match &request.state {
        State::Pending { lapses_at } => {
            holds(book.has_job(*lapses_at, &Job::Lapse { id: id() }), missing("lapse"))
        }
        State::Scheduled { starts_at, deadline } => {
            holds(book.has_job(*starts_at, &Job::Start { id: id() }), missing("start"))?;
            holds(book.has_job(*deadline, &Job::Expire { id: id() }), missing("expire"))
        }
        State::Granting { deadline, .. } | State::Active { deadline, .. } => {
            holds(book.has_job(*deadline, &Job::Expire { id: id() }), missing("expire"))
        }
        State::Ending { tell_overdue_at, .. } => {
            let told = book.has_job(*tell_overdue_at, &Job::Overdue { id: id() });
            holds(told, missing("be overdue"))?;
            let often = *tell_overdue_at <= OVERDUE_REPEAT_MAX.after(now);
            holds(often, format!("P3: {} is silent until {tell_overdue_at}", id()))
        }
        State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => Ok(()),
    }
}

fn what_waits_has_its_jobs(book: &Book, request: &AccessRequest) -> Law {
    let id = &request.ask.id;
    let missing = |what: &str| format!("{id} has no job to {what}: {:?}", request.state);
    let nudge = |by: Timestamp| {
        book.due().any(|(at, job)| *at <= by && matches!(job, Job::Nudge { id: of } if of == id))
    };
    if let Some(extension) = &request.extension {
        holds(nudge(extension.lapses_at), missing("drop its extension"))?;
    }
    if let request::UrgentReview::Wanted { remind_at, .. } = &request.review {
        let known = *remind_at <= REVIEW_REMIND_EVERY.after(*remind_at);
        holds(known && nudge(*remind_at), missing("be looked at"))?;
    }
    if let State::Pending { lapses_at } = &request.state
        && request.reminded == 0
    {
        holds(nudge(*lapses_at), missing("remind people"))?;
    }
    if request.state.is_terminal() && request.cut.is_under_way() {
        let cut = book.cuts().any(|cut| cut.requests.contains(id));
        holds(cut, missing("cut its sessions"))?;
    }
    for on in request.cards.outdated(request.version) {
        let card = Job::Card { id: id.clone().into(), on };
        holds(has(book, |job| *job == card), missing("show its card"))?;
    }
    for tell in request.untold.keys() {
        holds(has(book, |job| *job == Job::Tell { tell: tell.clone() }), missing("be told"))?;
    }
    // What is not settled is worked at, each thing by itself.
    for part in &request.parts {
        let unsettled = match (&request.state, &part.state) {
            (State::Granting { .. }, PartState::Wanted)
            | (State::Granting { .. } | State::Active { .. }, PartState::Leaving { .. }) => true,
            (State::Ending { .. }, state) => !state.is_out(),
            _ => false,
        };
        let holding = request.holding_of(&part.target);
        let works = |job: &Job| matches!(job, Job::Reconcile { holding: of, .. } if *of == holding);
        holds(!unsettled || has(book, works), missing(&format!("reconcile {}", part.target)))?;
    }
    Ok(())
}

fn holding_has_its_job(book: &Book, state: &HoldingState, now: Timestamp) -> Law {
    let known: Vec<&RequestId> = state.claims.iter().filter(|id| book.request(id).is_none()).collect();
    holds(known.is_empty(), format!("{} is claimed by {known:?}, which are not there", state.holding))?;
    let wanted = wanted::wanted(book, &state.holding, now);
    let at_rest = matches!(state.operation, Operation::None) && wanted && state.sight == Sight::Present;
    // Its time can be up while nobody was there to see it: then a timer is due.
    let timer = book
        .claims(&state.holding)
        .any(|request| request.is_live() && request.deadline().is_some_and(|at| at <= now));
    let works = |job: &Job| matches!(job, Job::Reconcile { holding, .. } if *holding == state.holding);
    holds(
        at_rest || timer || has(book, works),
        format!("{} is not at rest and has no job: {state:?}", state.holding),
    )
}
