//! The panic switch: an administrator ends many grants at once. The order is durable, and what it means is ended bit by bit,
//! so that a crash between two bits loses nothing and nobody waits behind it.

use jiff::Timestamp;

use super::settle::{self, settle};
use super::{Decision, Draft, Reply, World};
use crate::book::Book;
use crate::command::EndScope;
use crate::event::Event;
use crate::ids::RequestId;
use crate::person::{Actor, Who};
use crate::refusal::Refusal;
use crate::request::{AccessRequest, EndCause, State};
use crate::settings::{END_ALL_MAX, ENDED_AT_ONCE_MAX};

/// An administrator, or who works on the host, ends many grants at once.
pub(super) fn end_all(world: &World<'_>, by: &Actor, scope: &EndScope) -> Result<Decision, Refusal> {
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
    if world.book.watch().ending.len() >= END_ALL_MAX {
        return Err(Refusal::Full);
    }
    let mut draft = Draft::about_watch(world);
    draft.emit(Event::EndAllOrdered { scope: scope.clone(), by: by.who.clone() });
    let count = ends(world.book, scope);
    Ok(draft.decided(Reply::EndingAll { count: u32::try_from(count).unwrap_or(u32::MAX) }))
}

/// How many grants an order would end: for the question that comes before it.
#[must_use]
pub fn ends(book: &Book, scope: &EndScope) -> usize {
    meant(book, scope, Timestamp::MAX).count()
}

/// What is not over, and was asked for before the order.
fn meant<'a>(
    book: &'a Book,
    scope: &'a EndScope,
    before: Timestamp,
) -> impl Iterator<Item = &'a AccessRequest> {
    book.requests().filter(move |request| is_meant(request, scope, before))
}

fn is_meant(request: &AccessRequest, scope: &EndScope, before: Timestamp) -> bool {
    let open = match &request.state {
        State::Pending { .. } | State::Scheduled { .. } | State::Granting { .. } | State::Active { .. } => {
            request.ask.at <= before
        }
        State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => false,
    };
    open && match scope {
        EndScope::Everything => true,
        EndScope::Person { person } => &request.ask.requester == person,
        EndScope::Account { account } => {
            request.ask.targets().any(|target| target.account() == Some(account))
        }
    }
}

/// The next bit of the oldest order.
pub(super) fn go_on(world: &World<'_>) -> Decision {
    let Some(order) = world.book.watch().ending.first() else {
        return Decision { events: Vec::new(), reply: Reply::Noted };
    };
    let ids: Vec<RequestId> = meant(world.book, &order.scope, order.at)
        .take(ENDED_AT_ONCE_MAX)
        .map(|request| request.ask.id.clone())
        .collect();
    let mut draft = Draft::about_requests(world, &ids);
    for id in &ids {
        settle::end(&mut draft, id, EndCause::Revoked { by: order.by.clone() });
    }
    settle(world, &mut draft);
    if ids.len() < ENDED_AT_ONCE_MAX {
        draft.emit(Event::EndAllDone { scope: order.scope.clone() });
    }
    draft.decided(Reply::Noted)
}
