//! What the outside answered. Never refused; what no longer fits changes nothing.

use jiff::Timestamp;

use super::settle::{held, is_granting, leave, settle, settle_before_retry};
use super::{Decision, Draft, Reply, World, conditions, sessions};
use crate::command::Outcome;
use crate::event::Event;
use crate::holding::{Change, Operation, Origin, Sight};
use crate::ids::{GroupId, MemberId, OperationId, Subject};
use crate::job::Tell;
use crate::request::EndCause;
use crate::settings::SETTLE_AFTER;
use crate::target::{Holding, Via};
use crate::wanted::wants;

/// Decides what follows from an outcome.
pub(super) fn outcome(world: &World<'_>, outcome: &Outcome) -> Decision {
    match outcome {
        Outcome::Looked { holding, direct, groups, member } => {
            looked(world, holding, *direct, groups, member.as_ref())
        }
        Outcome::Running { holding, change, operation } => running(world, holding, *change, operation),
        Outcome::Succeeded { holding, change } => succeeded(world, holding, *change),
        Outcome::Failed { holding, change, why } => failed(world, holding, *change, why),
        Outcome::ReplyLost { holding, change } => reply_lost(world, holding, *change),
        Outcome::AboutToCreate { holding } => about_to_create(world, holding),
        Outcome::Trouble { holding, what } => trouble(world, holding, what.as_deref()),
        Outcome::PersonRead { holding, employment, lost } => {
            conditions::person_read(world, holding, *employment, lost)
        }
        Outcome::SessionsCut { .. }
        | Outcome::SessionsFreed { .. }
        | Outcome::SessionsNotCut { .. }
        | Outcome::SessionsTrouble { .. } => sessions::outcome(world, outcome),
        Outcome::FederationLooked { id, looked, fault } => {
            super::emergency::looked(world, id, looked, fault.as_deref())
        }
        Outcome::FederationMade { id, results } => super::emergency::made(world, id, results),
        Outcome::MetadataFetched { id, fault } => super::emergency::metadata(world, id, fault.as_deref()),
        Outcome::CardIntended { id, on } => {
            if_open(world, id, Event::CardIntended { id: id.clone(), on: *on })
        }
        Outcome::CardShown { id, on, version, message } => {
            let event =
                Event::CardShown { id: id.clone(), on: *on, version: *version, message: message.clone() };
            if_open(world, id, event)
        }
        Outcome::CardUndeliverable { id, on, why } => {
            if_open(world, id, Event::CardUndeliverable { id: id.clone(), on: *on, why: why.clone() })
        }
        Outcome::TellIntended { tell } => if_untold(world, tell, Event::TellIntended { tell: tell.clone() }),
        Outcome::Told { tell } => if_untold(world, tell, Event::Told { tell: tell.clone() }),
        Outcome::Undeliverable { tell, why } => {
            if_untold(world, tell, Event::Undeliverable { tell: tell.clone(), why: why.clone() })
        }
    }
}

fn one(event: Event) -> Decision {
    Decision { events: vec![event], reply: Reply::Noted }
}

fn nothing() -> Decision {
    Decision { events: Vec::new(), reply: Reply::Noted }
}

fn if_open(world: &World<'_>, id: &Subject, event: Event) -> Decision {
    let open = match id {
        Subject::Request(id) => world.book.request(id).is_some(),
        Subject::Emergency(id) => world.book.emergency(id).is_some(),
        Subject::Watch => false,
    };
    if open { one(event) } else { nothing() }
}

fn if_untold(world: &World<'_>, tell: &Tell, event: Event) -> Decision {
    let waits = match &tell.id {
        Subject::Request(id) => {
            world.book.request(id).is_some_and(|request| request.untold.contains_key(tell))
        }
        Subject::Emergency(id) => {
            world.book.emergency(id).is_some_and(|emergency| emergency.untold.contains_key(tell))
        }
        Subject::Watch => world.book.watch().untold.contains_key(tell),
    };
    if waits { one(event) } else { nothing() }
}

/// The change under way, and its name if the provider gave one.
fn operation<'a>(world: &World<'a>, holding: &Holding) -> Option<(Change, Option<&'a OperationId>)> {
    match &world.book.holding(holding)?.operation {
        Operation::None => None,
        Operation::Intended { change, .. } => Some((*change, None)),
        Operation::Running { change, operation, .. } => Some((*change, Some(operation))),
    }
}

fn looked(
    world: &World<'_>,
    holding: &Holding,
    direct: bool,
    groups: &[GroupId],
    member: Option<&MemberId>,
) -> Decision {
    let mut draft = Draft::about_holding(world, holding);
    let Some(state) = world.book.holding(holding) else { return nothing() };
    if state.operation != Operation::None {
        // What was seen may be older than the change under way; but time has passed.
        settle(world, &mut draft);
        return draft.decided(Reply::Noted);
    }
    let nothing_new = member.is_none() || state.member.as_ref() == member;
    if state.origin == Origin::Ours && state.sight == Sight::Present && direct && nothing_new {
        settle(world, &mut draft);
        return draft.decided(Reply::Noted);
    }
    if state.origin == Origin::Unseen && (direct || !groups.is_empty()) {
        // Standing before us: never created, never removed (P5, pitfall 19).
        let via = if direct { Via::Direct } else { Via::Groups { groups: groups.to_vec() } };
        let waiting: Vec<_> =
            world.book.claims(holding).filter(|request| wants(request, &holding.target, world.now)).collect();
        for request in waiting {
            held(&mut draft, &request.ask.id, &holding.target, &via);
        }
    } else {
        // Only the assignment to the user is ours; what groups give is not counted as present.
        draft.emit(Event::Looked { holding: holding.clone(), present: direct, member: member.cloned() });
    }
    settle(world, &mut draft);
    draft.decided(Reply::Noted)
}

fn running(world: &World<'_>, holding: &Holding, change: Change, name: &OperationId) -> Decision {
    match operation(world, holding) {
        Some((under_way, None)) if under_way == change => {
            let event = Event::ChangeRunning { holding: holding.clone(), change, operation: name.clone() };
            followed(world, holding, event)
        }
        Some((_, Some(known))) if known == name => nothing(),
        // A second call, or one that was let go meanwhile: only one is followed, this one is loose.
        Some(_) | None => reply_lost(world, holding, change),
    }
}

/// Every create whose fate we shall not be told is remembered, whatever is under way now (P3).
fn reply_lost(world: &World<'_>, holding: &Holding, change: Change) -> Decision {
    match change {
        Change::Create => followed(world, holding, Event::ReplyLost { holding: holding.clone(), change }),
        Change::Delete => nothing(),
    }
}

/// A create is about to be called (again), on the word of an old look: another comes first, for what is there by then is not ours
/// (P5), unless a call whose reply was lost may have made it. Where lists may still show what we deleted, what was known stays.
fn about_to_create(world: &World<'_>, holding: &Holding) -> Decision {
    let is_old = |at: Timestamp| SETTLE_AFTER.after(at) <= world.now;
    let old = world.book.holding(holding).is_some_and(|state| match &state.operation {
        Operation::Intended { change: Change::Create, at } => {
            state.sight == Sight::Absent && is_old(*at) && state.loose_create.is_none_or(is_old)
        }
        Operation::Intended { change: Change::Delete, .. } | Operation::Running { .. } | Operation::None => {
            false
        }
    });
    if old { followed(world, holding, Event::CreateForgone { holding: holding.clone() }) } else { nothing() }
}

/// A fact about a holding, and what follows from it.
fn followed(world: &World<'_>, holding: &Holding, event: Event) -> Decision {
    if world.book.holding(holding).is_none() {
        return nothing();
    }
    let mut draft = Draft::about_holding(world, holding);
    draft.emit(event);
    settle(world, &mut draft);
    draft.decided(Reply::Noted)
}

fn succeeded(world: &World<'_>, holding: &Holding, change: Change) -> Decision {
    if operation(world, holding).is_none_or(|(under_way, _)| under_way != change) {
        return nothing();
    }
    let mut draft = Draft::about_holding(world, holding);
    draft.emit(Event::ChangeSucceeded { holding: holding.clone(), change });
    settle(world, &mut draft);
    draft.decided(Reply::Noted)
}

fn failed(world: &World<'_>, holding: &Holding, change: Change, why: &str) -> Decision {
    if operation(world, holding).is_none_or(|(under_way, _)| under_way != change) {
        return nothing();
    }
    let mut draft = Draft::about_holding(world, holding);
    draft.emit(Event::ChangeFailed { holding: holding.clone(), change, why: why.to_owned() });
    match change {
        Change::Create => {
            // The request fails; what may have been created all the same is looked for and taken away (P2, P3).
            let granting = world.book.claims(holding).filter(|request| is_granting(request, &holding.target));
            for request in granting {
                let cause = EndCause::GrantFailed { why: why.to_owned() };
                leave(&mut draft, &request.ask.id, &holding.target, cause);
            }
        }
        Change::Delete if is_known_trouble(world, holding, Some(why)) => {}
        Change::Delete => draft.emit(Event::Trouble { holding: holding.clone(), what: Some(why.to_owned()) }),
    }
    settle(world, &mut draft);
    draft.decided(Reply::Noted)
}

/// Written once for each new complaint, not for each try.
fn trouble(world: &World<'_>, holding: &Holding, what: Option<&str>) -> Decision {
    if world.book.holding(holding).is_none() {
        return nothing();
    }
    let mut draft = Draft::about_holding(world, holding);
    if !is_known_trouble(world, holding, what) {
        draft.emit(Event::Trouble { holding: holding.clone(), what: what.map(str::to_owned) });
    }
    settle_before_retry(world, &mut draft, holding);
    draft.decided(Reply::Noted)
}

fn is_known_trouble(world: &World<'_>, holding: &Holding, what: Option<&str>) -> bool {
    world.book.claims(holding).all(|request| request.trouble.as_deref() == what)
}
