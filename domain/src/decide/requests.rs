//! Asking, approving, denying, withdrawing, lapsing.

use super::permission::{counting, permitted_now, target};
use super::settle::settle;
use super::{Decision, Draft, Reply, World, enabled_person, find, reason_in_order};
use crate::command::NewRequest;
use crate::event::Event;
use crate::ids::{PersonId, RequestId};
use crate::person::Actor;
use crate::refusal::{Refusal, StateWord};
use crate::request::{AccessRequest, Approval, Ask, State};
use crate::rules::{Question, Terms, Verdict};
use crate::settings::{LENGTH_MIN, OPEN_PER_PERSON_MAX, REASON_LENGTH_MAX, Settings, TICKET_LENGTH_MAX};

/// Approvers named on a card: more than these nobody reads, and finding one is cheaper than finding all.
const APPROVERS_SHOWN_MAX: usize = 20;
/// Open requests of everybody together: what fits the memory we promise, with room.
pub(crate) const OPEN_MAX: usize = 50_000;

/// A person asks for access.
pub(super) fn request(world: &World<'_>, by: &Actor, new: &NewRequest) -> Result<Decision, Refusal> {
    let requester = enabled_person(world, by)?;
    let ask = ask(world, by, requester, new)?;
    words_in_order(world.settings, new)?;
    no_duplicate(world, &ask)?;
    let question = question(world, &ask);
    let terms = match world.rules.request(world.directory, &question) {
        Verdict::Permit(terms) => terms,
        Verdict::Refuse(why) => return Err(Refusal::NotPermitted { why }),
    };
    let approvers = approvers(world, &question, &terms)?;
    let id = ask.id.clone();
    let holding = crate::target::Holding { principal: ask.requester.clone(), target: ask.target.clone() };
    let mut draft =
        Draft { book: world.book.excerpt(None, Some(&holding)), now: world.now, events: Vec::new() };
    let lapses_at = world.settings.lapse_after.after(world.now);
    let missing = terms.approvals;
    draft.emit(Event::Requested { ask, terms: terms.clone(), lapses_at, approvers: approvers.clone() });
    if missing > 0 {
        return Ok(draft.decided(Reply::Waiting { id, missing, approvers }));
    }
    order_grant(world, &mut draft, &id, &terms);
    Ok(draft.decided(Reply::Granting { id }))
}

fn ask(world: &World<'_>, by: &Actor, requester: PersonId, new: &NewRequest) -> Result<Ask, Refusal> {
    let (account, permission_set) = target(world, &new.target)?;
    Ok(Ask {
        id: new.id.clone(),
        requester,
        target: new.target.clone(),
        account_name: account.name.clone(),
        permission_set_name: permission_set.name.clone(),
        session: permission_set.session,
        length: new.length,
        reason: new.reason.clone(),
        ticket: new.ticket.clone(),
        at: world.now,
        door: by.door,
    })
}

fn question(world: &World<'_>, ask: &Ask) -> Question {
    Question {
        requester: ask.requester.clone(),
        target: ask.target.clone(),
        length: ask.length,
        ticket: ask.ticket.clone(),
        door: ask.door,
        at: world.now,
        emergency_on: world.emergency_on,
    }
}

/// Length, reason and ticket as the configuration asks for them.
fn words_in_order(settings: &Settings, new: &NewRequest) -> Result<(), Refusal> {
    if new.length < LENGTH_MIN {
        return Err(Refusal::TooShort { min: LENGTH_MIN });
    }
    if new.length > settings.max_length {
        return Err(Refusal::TooLong { max: settings.max_length });
    }
    reason_in_order(settings, &new.reason)?;
    ticket_in_order(settings, new.ticket.as_deref())
}

fn ticket_in_order(settings: &Settings, ticket: Option<&str>) -> Result<(), Refusal> {
    let pattern = settings.ticket_pattern.as_ref();
    match ticket {
        None if settings.ticket_required => {
            Err(Refusal::TicketMissing { pattern: pattern.map(|pattern| pattern.as_str().to_owned()) })
        }
        None => Ok(()),
        Some(ticket) => {
            let fits = pattern.is_none_or(|pattern| pattern.is_match(ticket));
            if fits && ticket.len() <= TICKET_LENGTH_MAX {
                return Ok(());
            }
            let pattern = pattern
                .map_or_else(|| format!("at most {TICKET_LENGTH_MAX} characters"), ToString::to_string);
            Err(Refusal::TicketMalformed {
                ticket: ticket.chars().take(TICKET_LENGTH_MAX).collect(),
                pattern,
            })
        }
    }
}

fn no_duplicate(world: &World<'_>, ask: &Ask) -> Result<(), Refusal> {
    if world.book.open_count() >= OPEN_MAX {
        return Err(Refusal::Full);
    }
    let taken = world.book.request(&ask.id).or(world.closed.filter(|closed| closed.ask.id == ask.id));
    if taken.is_some() {
        // Ids are given out free; one that is not is an ask that came before.
        return Err(Refusal::AlreadyAsked { id: ask.id.clone() });
    }
    let open: Vec<&AccessRequest> =
        world.book.requests_of(&ask.requester).filter(|request| !request.state.is_terminal()).collect();
    let waits = open.iter().find(|request| {
        request.ask.target == ask.target
            && matches!(request.state, State::Pending { .. } | State::Granting { .. })
    });
    if let Some(waits) = waits {
        return Err(Refusal::AlreadyAsked { id: waits.ask.id.clone() });
    }
    if open.len() >= OPEN_PER_PERSON_MAX {
        return Err(Refusal::TooManyOpen { max: OPEN_PER_PERSON_MAX });
    }
    Ok(())
}

/// A request that nobody could approve is refused at once, naming what is missing.
fn approvers(world: &World<'_>, question: &Question, terms: &Terms) -> Result<Vec<PersonId>, Refusal> {
    if terms.approvals == 0 {
        return Ok(Vec::new());
    }
    let needed = usize::try_from(terms.approvals).unwrap_or(usize::MAX);
    let found = world.rules.approvers(world.directory, question, needed.max(APPROVERS_SHOWN_MAX));
    if found.people.len() < needed {
        let found = u32::try_from(found.people.len()).unwrap_or(u32::MAX);
        return Err(Refusal::NobodyCouldApprove { needed: terms.approvals, found });
    }
    Ok(found.people)
}

fn order_grant(world: &World<'_>, draft: &mut Draft, id: &RequestId, terms: &Terms) {
    let Some(request) = draft.book.request(id) else { return };
    let (holding, deadline) = (request.holding(), request.ask.length.after(world.now));
    draft.emit(Event::GrantOrdered {
        id: id.clone(),
        deadline,
        policies: terms.policies.clone(),
        set: terms.set.clone(),
    });
    settle(world, draft, &holding);
}

/// Time alone lapses it, whether or not the timer has fired (pitfall 15).
fn still_pending(world: &World<'_>, request: &AccessRequest) -> Result<(), Refusal> {
    let state = request.state.word();
    let since = request.state.since();
    match &request.state {
        State::Pending { lapses_at } if *lapses_at <= world.now => {
            Err(Refusal::TooLate { state: StateWord::Lapsed, since: Some(*lapses_at), by: None })
        }
        State::Pending { .. } => Ok(()),
        State::Withdrawn { .. } => {
            Err(Refusal::TooLate { state, since, by: Some(request.ask.requester.clone()) })
        }
        State::Denied { by, .. } => Err(Refusal::TooLate { state, since, by: Some(by.clone()) }),
        State::Granting { .. } | State::Active { .. } => {
            let by = request.approvals.last().map(|approval| approval.by.clone());
            Err(Refusal::TooLate { state, since, by })
        }
        State::Ending { .. } | State::Ended { .. } | State::Lapsed { .. } | State::Failed { .. } => {
            Err(Refusal::TooLate { state, since, by: None })
        }
    }
}

/// A person approves. The requester is compared with who clicks, at this instant (P1, pitfall 13), before anything else
/// is said about the request's state.
pub(super) fn approve(world: &World<'_>, by: &Actor, id: &RequestId) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let request = find(world, id)?;
    if person == request.ask.requester {
        return Err(Refusal::OwnRequest);
    }
    still_pending(world, request)?;
    let question = request.question(world.now, world.emergency_on);
    let now_terms =
        permitted_now(world, request, &question).map_err(|why| Refusal::NoLongerPermitted { why })?;
    let policies = match world.rules.approve(world.directory, &question, &person) {
        Verdict::Permit(terms) => terms.policies,
        Verdict::Refuse(why) => return Err(Refusal::NotAnApprover { why }),
    };
    let counted: Vec<&PersonId> = counting(world, request, &question);
    let needed = request.terms.approvals.max(now_terms.approvals);
    let had = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    if counted.contains(&&person) {
        return Err(Refusal::AlreadyApproved { missing: needed.saturating_sub(had) });
    }
    let mut draft = Draft::about_request(world, id);
    let approval = Approval { by: person, at: world.now, door: by.door, policies };
    draft.emit(Event::Approved { id: id.clone(), approval });
    let missing = needed.saturating_sub(had.saturating_add(1));
    if missing > 0 {
        return Ok(draft.decided(Reply::Approved { id: id.clone(), missing }));
    }
    order_grant(world, &mut draft, id, &now_terms);
    Ok(draft.decided(Reply::Granting { id: id.clone() }))
}

fn lapsed(world: &World<'_>, request: &AccessRequest) -> bool {
    matches!(&request.state, State::Pending { lapses_at } if *lapses_at <= world.now)
}

/// A person who may approve says no.
pub(super) fn deny(world: &World<'_>, by: &Actor, id: &RequestId, why: &str) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let request = find(world, id)?;
    if person == request.ask.requester {
        return Err(Refusal::WithdrawInstead);
    }
    still_pending(world, request)?;
    let question = request.question(world.now, world.emergency_on);
    if let Verdict::Refuse(why) = world.rules.approve(world.directory, &question, &person) {
        return Err(Refusal::NotAnApprover { why });
    }
    let length = why.trim().chars().count();
    if length == 0 {
        return Err(Refusal::ReasonTooShort { min: 1 });
    }
    if length > REASON_LENGTH_MAX {
        return Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX });
    }
    let mut draft = Draft::about_request(world, id);
    draft.emit(Event::Denied { id: id.clone(), by: person, why: why.trim().to_owned() });
    Ok(draft.decided(Reply::Denied { id: id.clone() }))
}

/// The requester takes it back.
pub(super) fn withdraw(world: &World<'_>, by: &Actor, id: &RequestId) -> Result<Decision, Refusal> {
    let request = find(world, id)?;
    if by.as_person() != Some(&request.ask.requester) {
        return Err(Refusal::NotTheRequester);
    }
    still_pending(world, request)?;
    let mut draft = Draft::about_request(world, id);
    draft.emit(Event::Withdrawn { id: id.clone() });
    Ok(draft.decided(Reply::Withdrawn { id: id.clone() }))
}

/// Nobody answered in time. A timer that comes early changes nothing.
pub(super) fn lapse(world: &World<'_>, id: &RequestId) -> Decision {
    let mut draft = Draft::about_request(world, id);
    if world.book.request(id).is_some_and(|request| lapsed(world, request)) {
        draft.emit(Event::Lapsed { id: id.clone() });
    }
    draft.decided(Reply::Noted)
}
