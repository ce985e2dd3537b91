//! What the title and the status of a card do not say, in the order of what matters.

use glasskey_domain::request::{Approval, Cutting, UrgentReview};
use glasskey_domain::{AccessRequest, Directory, EndCause, Item, ItemName, PartState, Seconds, State};
use jiff::Timestamp;

use super::why::why_ended;
use super::{id_of, more, provider_of, sessions_until, thing};
use crate::notices::Text;

/// Approvals that are shown one by one: more of them nobody reads, and the journal has all.
const APPROVALS_SHOWN_MAX: usize = 10;

/// A label and its value.
type Fact = (&'static str, Text);

/// What the title does not say: it has the permission set and the length already, and ten seconds are short.
pub(super) fn facts(request: &AccessRequest, directory: &Directory) -> Vec<Fact> {
    let ask = &request.ask;
    let email = directory.people.get(&ask.requester).map_or("", |person| person.email());
    let mut facts = vec![("Who", Text::new().person(&ask.requester, directory).say(" ").code(email))];
    match ask.items.more.is_empty() && ask.bundle.is_none() {
        true => facts.push(single(&ask.items.first)),
        false => facts.extend(ask.items.iter().map(|item| ("Part", part(item, request, directory)))),
    }
    if let Some(ticket) = &ask.ticket {
        facts.push(("Ticket", Text::new().code(ticket)));
    }
    if !request.approvals.is_empty() {
        facts.push(("Approved by", approved(&request.approvals, directory)));
    }
    facts.extend(
        request
            .extension
            .as_ref()
            .filter(|extension| !extension.approvals.is_empty())
            .map(|extension| ("More time approved by", approved(&extension.approvals, directory))),
    );
    facts.extend(review(&request.review, directory));
    facts.extend(sessions(request));
    facts
}

fn single(item: &Item) -> Fact {
    match &item.name {
        ItemName::Assignment { account, .. } => {
            ("Account", id_of(Text::new().say(format!("{account} ")), &item.target))
        }
        ItemName::Group { group } => ("Group", id_of(Text::new().say(format!("{group} ")), &item.target)),
    }
}

/// One thing of a bundle, and where it is when that is not what the whole is.
fn part(item: &Item, request: &AccessRequest, directory: &Directory) -> Text {
    let text = thing(item);
    let at = provider_of(&item.target, directory);
    let partly = request.parts.iter().any(|part| !part.state.is_meant());
    match (request.part(&item.target), &request.state) {
        (Some(PartState::There { .. }), State::Active { .. }) if partly => text.say(" · there"),
        (Some(PartState::Wanted), State::Granting { .. }) => text.say(" · not there yet"),
        (Some(PartState::There { since }), State::Granting { .. }) => {
            text.say(" · there since ").time(*since)
        }
        (Some(PartState::Leaving { cause }), _) => {
            text.say(" · is being taken away: ").and(why_ended(cause, directory, at))
        }
        (Some(PartState::Out { kept_by: Some(other), .. }), _) => {
            text.say(" · stays, because ").code(other.as_str()).say(" still needs it")
        }
        (Some(PartState::Out { cause: Some(cause @ EndCause::AlreadyHeld { .. }), .. }), _) => {
            text.say(" · not given: ").and(why_ended(cause, directory, at))
        }
        (Some(PartState::Out { cause: Some(cause), .. }), _) => {
            text.say(" · not there: ").and(why_ended(cause, directory, at))
        }
        (Some(PartState::Out { .. }), State::Ending { .. }) => text.say(" · gone"),
        (Some(PartState::Wanted | PartState::There { .. } | PartState::Out { .. }) | None, _) => text,
    }
}

/// Who said yes, when, to how much, and under which policy they may.
fn approved(given: &[Approval], directory: &Directory) -> Text {
    let mut text = Text::new();
    for (place, approval) in given.iter().take(APPROVALS_SHOWN_MAX).enumerate() {
        text = if place > 0 { text.line() } else { text };
        text = text.person(&approval.by, directory).say(", ").time(approval.at);
        if let Some(length) = &approval.length {
            text = text.say(", for ").bold(format!("{length} at most"));
        }
        if !approval.policies.is_empty() {
            text = text.say(", by policy ").code(approval.policies.join(", "));
        }
    }
    more(text, given.len().saturating_sub(APPROVALS_SHOWN_MAX))
}

fn review(review: &UrgentReview, directory: &Directory) -> Option<Fact> {
    let text = Text::new();
    let text = match review {
        // The status says that it is wanted.
        UrgentReview::NotNeeded | UrgentReview::Wanted { .. } => return None,
        UrgentReview::Acknowledged { by, at, note } => {
            let text = text.person(by, directory).say(" acknowledged it, ").time(*at);
            note.iter().fold(text, |text, note| text.say(": ").quote(note))
        }
        UrgentReview::Objected { by, at, why } => {
            text.person(by, directory).say(" objected, ").time(*at).say(": ").quote(why)
        }
    };
    Some(("Review", text))
}

/// Whether sessions outlive the access, until when, and what is done about it.
fn sessions(request: &AccessRequest) -> Option<Fact> {
    let text = Text::new();
    let end = end(request);
    let until = end.and_then(|end| sessions_until(request, end));
    let text = match (&request.cut, until) {
        (Cutting::Asked, _) => text.say("are cut when it ends"),
        (Cutting::UnderWay, Some(until)) => {
            text.say("are being cut; uncut, they may live until ").time(until)
        }
        (Cutting::UnderWay, None) => text.say("are being cut"),
        (Cutting::Done { at }, _) => {
            text.say("were cut ").time(*at).say(": what was begun before the end works no more")
        }
        (Cutting::Failed { why }, until) => {
            let text = text.bold("not cut").say(": ").code(why);
            until.into_iter().fold(text, |text, until| text.say("; they may live until ").time(until))
        }
        (Cutting::No, Some(until)) => text.say("may outlive it, until ").time(until),
        (Cutting::No, None) if outlasts(request) => outlasting(text, request.ask.session()),
        (Cutting::No, None) => return None,
    };
    Some(("Sessions", text))
}

/// When the access ends, or ended, where that is known and there was or will be any.
fn end(request: &AccessRequest) -> Option<Timestamp> {
    match &request.state {
        State::Ended { at, granted_at: Some(_), kept_by: None, .. } => Some(*at),
        // Once it is overdue, nobody knows when the last session was begun.
        State::Ending { due, granted_at: Some(_), overdue_told: 0, .. } => Some(*due),
        State::Scheduled { deadline, .. }
        | State::Granting { deadline, .. }
        | State::Active { deadline, .. } => Some(*deadline),
        State::Pending { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => None,
    }
}

/// Whether something may live on, though it is not known until when.
fn outlasts(request: &AccessRequest) -> bool {
    match &request.state {
        State::Pending { .. } => true,
        State::Scheduled { .. } | State::Granting { .. } | State::Active { .. } | State::Ending { .. } => {
            request.ask.session() == Seconds::default()
        }
        State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => false,
    }
}

fn outlasting(text: Text, session: Seconds) -> Text {
    match session {
        Seconds(0) => text.say("what is opened through a group may outlive it"),
        session => text.say(format!("may outlive the end by up to {session}")),
    }
}
