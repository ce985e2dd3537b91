//! Asking, approving, denying, withdrawing, lapsing.

use jiff::Timestamp;

use super::approvers::callable;
use super::permission::{all_permitted_now, counting, item, may_approve, still_unmet, together, under};
use super::settle::settle;
use super::{Decision, Draft, Reply, World, enabled_person, extending, find, reason_in_order, urgent};
use crate::command::{Matter, NewRequest};
use crate::event::Event;
use crate::ids::{PersonId, RequestId};
use crate::person::Actor;
use crate::refusal::{Refusal, StateWord};
use crate::request::{AccessRequest, Approval, Ask, Cards, Items, State};
use crate::rules::{Question, Terms, Verdict};
use crate::settings::{
    BUNDLE_MAX, LENGTH_MIN, OPEN_PER_PERSON_MAX, REASON_LENGTH_MAX, START_AHEAD_MAX, Settings,
    TICKET_LENGTH_MAX,
};
use crate::target::Target;
use crate::time::Seconds;

/// Open requests of everybody together: what fits the memory we promise, with room.
pub(crate) const OPEN_MAX: usize = 50_000;

/// A person asks for access.
pub(super) fn request(world: &World<'_>, by: &Actor, new: &NewRequest) -> Result<Decision, Refusal> {
    let requester = enabled_person(world, by)?;
    let ask = ask(world, by, requester, new)?;
    words_in_order(world.settings, new)?;
    start_in_order(world, &ask)?;
    no_duplicate(world, &ask)?;
    let asked = AccessRequest::asked(ask, Terms::default(), world.now, Cards::default());
    let questions: Vec<Question> = asked.questions(world.now, world.emergency_on).collect();
    let mut terms = terms(world, &questions)?;
    let ask = asked.ask;
    if ask.urgent {
        // Somebody must look at it, once: whom policy lets approve it.
        terms = Terms { approvals: 1, from: Vec::new(), ..terms };
    }
    let callable = callable(world, &ask.requester, &questions, &terms)?;
    if ask.urgent {
        terms.approvals = 0;
    }
    let id = ask.id.clone();
    let holdings: Vec<_> =
        AccessRequest::asked(ask.clone(), terms.clone(), world.now, Cards::default()).holdings().collect();
    let mut draft = Draft::about_holdings(world, &holdings);
    let lapses_at = world.settings.lapse_after.after(world.now).max(ask.starts_at.unwrap_or(world.now));
    let (missing, urgent) = (terms.approvals, ask.urgent);
    draft.emit(Event::Requested {
        ask,
        terms: terms.clone(),
        lapses_at,
        approvers: callable.called.clone(),
        quiet: callable.quiet,
    });
    if missing > 0 {
        return Ok(draft.decided(Reply::Waiting { id, missing, approvers: callable.called }));
    }
    let reply = order_grant(world, &mut draft, &id, &terms);
    if urgent {
        urgent::announce(world, &mut draft, &id);
    }
    Ok(draft.decided(reply))
}

fn ask(world: &World<'_>, by: &Actor, requester: PersonId, new: &NewRequest) -> Result<Ask, Refusal> {
    let mut targets: Vec<&Target> = Vec::new();
    for target in &new.targets {
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    let (first, more) = match targets.split_first() {
        Some((first, more)) if more.len() < BUNDLE_MAX => (first, more),
        Some(_) | None => return Err(Refusal::TooManyThings { max: BUNDLE_MAX }),
    };
    let first = item(world, first)?;
    let more: Result<Vec<_>, Refusal> = more.iter().map(|target| item(world, target)).collect();
    Ok(Ask {
        id: new.id.clone(),
        requester,
        items: Items { first, more: more? },
        bundle: new.bundle.clone(),
        length: new.length,
        starts_at: new.starts_at.filter(|at| world.now < *at),
        urgent: new.urgent,
        reason: new.reason.clone(),
        ticket: new.ticket.clone(),
        at: world.now,
        door: by.door,
    })
}

fn terms(world: &World<'_>, questions: &[Question]) -> Result<Terms, Refusal> {
    let mut each = Vec::new();
    for question in questions {
        match world.rules.request(world.directory, question) {
            Verdict::Permit(terms) => each.push(terms),
            Verdict::Refuse(why) => return Err(Refusal::NotPermitted { why }),
        }
    }
    together(each).ok_or(Refusal::TooManyThings { max: BUNDLE_MAX })
}

/// A start that can be promised, and none for what cannot wait.
fn start_in_order(world: &World<'_>, ask: &Ask) -> Result<(), Refusal> {
    match ask.starts_at {
        None => Ok(()),
        Some(_) if ask.urgent => Err(Refusal::UrgentIsNow),
        Some(at) if START_AHEAD_MAX.after(world.now) < at => {
            Err(Refusal::StartNotPossible { ahead: START_AHEAD_MAX })
        }
        Some(_) => Ok(()),
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
        let same = request.ask.targets().any(|target| ask.targets().any(|other| other == target));
        same && request.ask.starts_at == ask.starts_at
            && matches!(
                request.state,
                State::Pending { .. } | State::Scheduled { .. } | State::Granting { .. }
            )
    });
    if let Some(waits) = waits {
        return Err(Refusal::AlreadyAsked { id: waits.ask.id.clone() });
    }
    if open.len() >= OPEN_PER_PERSON_MAX {
        return Err(Refusal::TooManyOpen { max: OPEN_PER_PERSON_MAX });
    }
    Ok(())
}

/// All approvals are there: it is granted now, or when its time comes. The deadline is written with it (P2).
pub(super) fn order_grant(world: &World<'_>, draft: &mut Draft, id: &RequestId, terms: &Terms) -> Reply {
    let id = id.clone();
    let Some(request) = draft.book.request(&id) else { return Reply::Noted };
    let length = request.length();
    if let Some(starts_at) = request.ask.starts_at.filter(|at| world.now < *at) {
        let deadline = length.after(starts_at);
        draft.emit(Event::Scheduled { id: id.clone(), starts_at, deadline });
        return Reply::Scheduled { id, starts_at };
    }
    grant(world, draft, &id, terms, length.after(world.now));
    Reply::Granting { id }
}

pub(super) fn grant(
    world: &World<'_>,
    draft: &mut Draft,
    id: &RequestId,
    terms: &Terms,
    deadline: Timestamp,
) {
    draft.emit(Event::GrantOrdered { id: id.clone(), deadline, under: under(world, terms) });
    if terms.cut_sessions && world.settings.cut_sessions {
        draft.emit(Event::CutAsked { id: id.clone() });
    }
    settle(world, draft);
}

/// Time alone lapses it, whether or not the timer has fired (pitfall 15).
fn still_pending(world: &World<'_>, request: &AccessRequest) -> Result<(), Refusal> {
    match &request.state {
        State::Pending { lapses_at } if *lapses_at <= world.now => {
            Err(Refusal::TooLate { state: StateWord::Lapsed, since: Some(*lapses_at), by: None })
        }
        State::Pending { .. } => Ok(()),
        State::Withdrawn { .. }
        | State::Denied { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => Err(too_late(request)),
    }
}

/// Whether this is what waits. Not asked is whether anything does.
///
/// # Errors
/// How the request is, since when, and by whom, when something else has come up since.
pub fn matters(request: &AccessRequest, matter: Matter, now: Timestamp) -> Result<(), Refusal> {
    let extension = extending::waits(request, now).then_some(request.extensions);
    match (matter, extension) {
        (Matter::Now, _) | (Matter::Request, None) => Ok(()),
        (Matter::Extension { nth }, Some(waits)) if nth == waits => Ok(()),
        (Matter::Request, Some(_)) | (Matter::Extension { .. }, Some(_) | None) => Err(too_late(request)),
    }
}

/// What somebody is told who would decide about a request that is decided: how it is, since when, and by whom.
pub(super) fn too_late(request: &AccessRequest) -> Refusal {
    let by = match &request.state {
        State::Withdrawn { .. } => Some(&request.ask.requester),
        State::Denied { by, .. } => Some(by),
        State::Scheduled { .. } | State::Granting { .. } | State::Active { .. } => {
            request.approvals.last().map(|approval| &approval.by)
        }
        State::Pending { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => None,
    };
    Refusal::TooLate { state: request.state.word(), since: request.state.since(), by: by.cloned() }
}

/// A person approves. The requester is compared with who clicks, at this instant (P1, pitfall 13), before anything else
/// is said about the request's state.
pub(super) fn approve(
    world: &World<'_>,
    by: &Actor,
    (id, matter): (&RequestId, Matter),
    length: Option<Seconds>,
) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let request = find(world, id)?;
    if person == request.ask.requester {
        return Err(Refusal::OwnRequest);
    }
    matters(request, matter, world.now)?;
    if extending::waits(request, world.now) {
        return extending::approve(world, by, request, person, length);
    }
    still_pending(world, request)?;
    let length = less(request.ask.length, length)?;
    let questions: Vec<Question> = request.questions(world.now, world.emergency_on).collect();
    let now_terms =
        all_permitted_now(world, request, &questions).map_err(|why| Refusal::NoLongerPermitted { why })?;
    let policies = may_approve(world, &questions, &person).map_err(|why| Refusal::NotAnApprover { why })?;
    let mut counted = counting(world, &request.ask.requester, &request.approvals, &questions);
    let also: Vec<&str> = request.escalated_to().collect();
    let before = still_unmet(world, &also, (&request.terms, &now_terms), &counted);
    if counted.contains(&&person) {
        return Err(Refusal::AlreadyApproved { missing: before.people });
    }
    counted.push(&person);
    let missing = still_unmet(world, &also, (&request.terms, &now_terms), &counted);
    if missing.people >= before.people && before.people > 0 {
        return Err(Refusal::NotOfTheGroups { groups: missing.groups });
    }
    let mut draft = Draft::about_request(world, id);
    let approval = Approval { by: person.clone(), at: world.now, door: by.door, policies, length };
    draft.emit(Event::Approved { id: id.clone(), approval });
    if missing.people > 0 {
        return Ok(draft.decided(Reply::Approved { id: id.clone(), missing: missing.people }));
    }
    let reply = order_grant(world, &mut draft, id, &now_terms);
    Ok(draft.decided(reply))
}

/// A length that an approver says, if it is less than what was asked for.
pub(super) fn less(asked: Seconds, length: Option<Seconds>) -> Result<Option<Seconds>, Refusal> {
    match length {
        Some(length) if length < LENGTH_MIN => Err(Refusal::TooShort { min: LENGTH_MIN }),
        Some(length) if asked < length => Err(Refusal::LengthNotLess { asked }),
        Some(length) if length == asked => Ok(None),
        other => Ok(other),
    }
}

fn lapsed(world: &World<'_>, request: &AccessRequest) -> bool {
    matches!(&request.state, State::Pending { lapses_at } if *lapses_at <= world.now)
}

/// A person who may approve says no.
pub(super) fn deny(
    world: &World<'_>,
    by: &Actor,
    (id, matter): (&RequestId, Matter),
    why: &str,
) -> Result<Decision, Refusal> {
    let person = enabled_person(world, by)?;
    let request = find(world, id)?;
    if person == request.ask.requester {
        return Err(Refusal::WithdrawInstead);
    }
    matters(request, matter, world.now)?;
    let waits = extending::waits(request, world.now);
    if !waits {
        still_pending(world, request)?;
    }
    let questions: Vec<Question> = request.questions(world.now, world.emergency_on).collect();
    may_approve(world, &questions, &person).map_err(|why| Refusal::NotAnApprover { why })?;
    let length = why.trim().chars().count();
    if length == 0 {
        return Err(Refusal::ReasonTooShort { min: 1 });
    }
    if length > REASON_LENGTH_MAX {
        return Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX });
    }
    let mut draft = Draft::about_request(world, id);
    let (id, why) = (id.clone(), why.trim().to_owned());
    if waits {
        draft.emit(Event::ExtensionDenied { id: id.clone(), by: person, why });
        return Ok(draft.decided(Reply::ExtensionDenied { id }));
    }
    draft.emit(Event::Denied { id: id.clone(), by: person, why });
    Ok(draft.decided(Reply::Denied { id }))
}

/// The requester takes it back, or the extension that waits.
pub(super) fn withdraw(world: &World<'_>, by: &Actor, id: &RequestId) -> Result<Decision, Refusal> {
    let request = find(world, id)?;
    if by.as_person() != Some(&request.ask.requester) {
        return Err(Refusal::NotTheRequester);
    }
    let mut draft = Draft::about_request(world, id);
    if extending::waits(request, world.now) {
        draft.emit(Event::ExtensionDropped { id: id.clone(), withdrawn: true });
        return Ok(draft.decided(Reply::Withdrawn { id: id.clone() }));
    }
    if !matches!(request.state, State::Scheduled { .. }) {
        still_pending(world, request)?;
    }
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
