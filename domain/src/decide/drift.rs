//! Access that no request explains: told after it was seen twice, removed only where the configuration says so, and never while
//! a grant of it is under way.

use std::collections::BTreeSet;

use super::settle::settle;
use super::{Decision, Draft, Reply, World};
use crate::command::DriftCommand;
use crate::drift::DriftState;
use crate::event::{DriftFact, Event};
use crate::ids::{PermissionSetArn, RequestId};
use crate::person::{Actor, Who};
use crate::refusal::Refusal;
use crate::settings::{DRIFT_MAX, REASON_LENGTH_MAX};
use crate::target::Holding;

/// Lines of a report: the rest is counted.
const REPORT_LINES_MAX: usize = 20;

/// What was seen of it, or is said about it.
pub(super) fn drift(world: &World<'_>, by: &Actor, command: &DriftCommand) -> Result<Decision, Refusal> {
    match command {
        DriftCommand::Listed { of, seen } => Ok(listed(world, of, seen)),
        DriftCommand::Adopt { holding, reason } => adopt(world, by, holding, reason),
        DriftCommand::Report { standing, some } => Ok(report(world, *standing, some)),
    }
}

/// A listing of everything that some permission sets are assigned for.
fn listed(world: &World<'_>, of: &[PermissionSetArn], seen: &[Holding]) -> Decision {
    let mut draft = Draft::about_watch(world);
    let seen: BTreeSet<&Holding> = seen.iter().collect();
    let in_listing = |holding: &Holding| holding.target.permission_set().is_some_and(|set| of.contains(set));
    let gone: Vec<Holding> = world
        .book
        .drifts()
        .filter(|drift| in_listing(&drift.holding) && !matches!(drift.state, DriftState::Removing { .. }))
        .filter(|drift| {
            // A request for what is adopted changes nothing about it: it is left alone then, and afterwards (P5).
            let adopted = matches!(drift.state, DriftState::Adopted { .. });
            !seen.contains(&drift.holding) || (is_explained(world, &drift.holding) && !adopted)
        })
        .map(|drift| drift.holding.clone())
        .collect();
    for holding in gone {
        draft.emit(Event::Drift { fact: DriftFact::Gone { holding } });
    }
    let (mut again, mut told) = (Vec::new(), Vec::new());
    let mut room = DRIFT_MAX.saturating_sub(world.book.drifts().count());
    for holding in seen.into_iter().filter(|holding| in_listing(holding) && !is_explained(world, holding)) {
        match world.book.drift(holding).map(|drift| &drift.state) {
            None if room > 0 => {
                room = room.saturating_sub(1);
                draft.emit(Event::Drift { fact: DriftFact::Seen { holding: holding.clone() } });
            }
            Some(DriftState::Once) => again.push(holding.clone()),
            Some(DriftState::Told { .. }) => told.push(holding.clone()),
            None | Some(DriftState::Adopted { .. } | DriftState::Removing { .. }) => {}
        }
    }
    if !again.is_empty() {
        draft.emit(Event::Drift { fact: DriftFact::Confirmed { holdings: again.clone() } });
    }
    // Also what was told while the configuration did not want it removed.
    if world.settings.drift_remove {
        for holding in again.into_iter().chain(told) {
            draft.emit(Event::Drift { fact: DriftFact::RemovalOrdered { holding } });
        }
        settle(world, &mut draft);
    }
    draft.decided(Reply::Noted)
}

/// Whether a request has to do with it: also one that is under way, whose effect may be seen before it is confirmed.
fn is_explained(world: &World<'_>, holding: &Holding) -> bool {
    world.book.holding(holding).is_some_and(|state| !state.drift)
}

/// Somebody says that it is known and shall stay: an administrator, or who works on the host.
fn adopt(world: &World<'_>, by: &Actor, holding: &Holding, reason: &str) -> Result<Decision, Refusal> {
    match &by.who {
        Who::Local { .. } => {}
        Who::Stranger { .. } | Who::Glasskey => return Err(Refusal::NotInDirectory),
        Who::Person { person } => {
            world.directory.works_here(person)?;
            world
                .rules
                .administer(world.directory, person, by.door, world.now)
                .map_err(|why| Refusal::NotAnAdministrator { why })?;
        }
    }
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::ReasonTooShort { min: 1 });
    }
    if reason.chars().count() > REASON_LENGTH_MAX {
        return Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX });
    }
    match world.book.drift(holding).map(|drift| &drift.state) {
        Some(DriftState::Once | DriftState::Told { .. } | DriftState::Adopted { .. }) => {}
        Some(DriftState::Removing { .. }) | None => return Err(Refusal::NoSuchDrift),
    }
    let fact = DriftFact::Adopted { holding: holding.clone(), by: by.who.clone(), reason: reason.to_owned() };
    let mut draft = Draft::about_watch(world);
    draft.emit(Event::Drift { fact });
    Ok(draft.decided(Reply::Adopted { holding: holding.clone() }))
}

fn report(world: &World<'_>, standing: u32, some: &[Holding]) -> Decision {
    let unreviewed: Vec<RequestId> = world
        .book
        .requests()
        .filter(|request| request.review.is_wanted())
        .map(|request| request.ask.id.clone())
        .take(REPORT_LINES_MAX)
        .collect();
    let some = some.iter().take(REPORT_LINES_MAX).cloned().collect();
    let fact = DriftFact::Reported { at: world.now, standing, some, unreviewed };
    let mut draft = Draft::about_watch(world);
    draft.emit(Event::Drift { fact });
    draft.decided(Reply::Noted)
}
