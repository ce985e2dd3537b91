//! Answers to who asked, and the lists they can ask for.

use glasskey_domain::refusal::StateWord;
use glasskey_domain::{AccessRequest, Directory, PersonId, Reply, RequestId, Seconds, State, Terms};

use super::request::{approvals, card, quorums};
use super::{Setting, Text, emergency, links, watch};

/// People named in an answer: the card has the rest.
const NAMED_MAX: usize = 20;

/// An answer in words; empty when there is nothing to say.
#[must_use]
pub fn reply(reply: &Reply, directory: &Directory) -> Text {
    let text = Text::new();
    match reply {
        Reply::Waiting { id, missing, approvers } => {
            let text = text.say("Request ").code(id.as_str());
            let text = text.say(format!(" waits for {}. May approve: ", approvals(*missing)));
            first(text, approvers, directory).say(".")
        }
        Reply::Granting { id } => text.code(id.as_str()).say(
            " needs no further approval; the access is being created, and its card says so when that is confirmed.",
        ),
        Reply::Scheduled { id, starts_at } => text
            .code(id.as_str())
            .say(" needs no further approval; the access begins ")
            .time(*starts_at)
            .say(", if policy still permits it then."),
        Reply::Approved { id, missing } => {
            let word = if *missing == 1 { "approval is" } else { "approvals are" };
            text.say("Your approval of ")
                .code(id.as_str())
                .say(format!(" counts; {missing} more {word} needed, and the card says whose."))
        }
        Reply::Denied { id } => text.code(id.as_str()).say(" is denied; the requester is told why."),
        Reply::Withdrawn { id } => text.say("What you asked for with ").code(id.as_str()).say(" is withdrawn."),
        Reply::Ending { id, session } => ending(text, id, *session),
        Reply::Kept { id, by } => text
            .code(id.as_str())
            .say(" is ended; the access itself stays, because ")
            .code(by.as_str())
            .say(" still needs it. End that one too to take the access away."),
        Reply::NothingToEnd { id } => text.code(id.as_str()).say(" is ended; nothing had been created yet."),
        Reply::ExtensionWaiting { .. } | Reply::Extended { .. } | Reply::ExtensionDenied { .. } => {
            extension(reply, directory)
        }
        Reply::Acknowledged { id } => {
            text.say("You acknowledged ").code(id.as_str()).say("; its card and the journal say so.")
        }
        Reply::Objected { id, ended: true } => {
            text.say("You objected to ").code(id.as_str()).say("; the access is being taken away.")
        }
        Reply::Objected { id, ended: false } => text.say("You objected to ").code(id.as_str()).say(
            "; the access was over already, so nothing is taken away. The requester and the journal have your words.",
        ),
        Reply::EndingAll { count: 0 } => text.say("There is nothing to end."),
        Reply::EndingAll { count } => text.say(format!(
            "{count} request{} being ended; the access channel says when all of them are, and each card when that is confirmed.",
            if *count == 1 { " is" } else { "s are" }
        )),
        Reply::Adopted { holding } => watch::holding(text, holding, directory)
            .say(" is noted as known: it stays, and is not reported as drift any more."),
        Reply::EmergencyWaiting { .. }
        | Reply::EmergencyOpening { .. }
        | Reply::DrillOpening { .. }
        | Reply::EmergencyConfirmed { .. }
        | Reply::EmergencyDropped { .. }
        | Reply::EmergencyClosing { .. }
        | Reply::EmergencyAdding { .. }
        | Reply::EmergencyRemoving { .. }
        | Reply::EmergencyExtended { .. }
        | Reply::EmergencyReviewed { .. } => emergency::reply(reply, directory).unwrap_or(text),
        Reply::Linked { .. } | Reply::Unlinked { .. } => links::reply(reply, directory).unwrap_or(text),
        Reply::Noted => text,
    }
}

fn ending(text: Text, id: &RequestId, session: Seconds) -> Text {
    let text = text.code(id.as_str()).say(" is being ended");
    if session == Seconds::default() {
        return text.say("; what was opened through it may live on for a while.");
    }
    text.say(format!("; sessions that are open may live on for up to {session}, unless they are cut."))
}

fn extension(reply: &Reply, directory: &Directory) -> Text {
    let text = Text::new();
    match reply {
        Reply::ExtensionWaiting { id, missing, approvers } => {
            let text = text.say("More time for ").code(id.as_str());
            let text = text.say(format!(" waits for {}. May approve: ", approvals(*missing)));
            first(text, approvers, directory).say(". Until then it ends when it did.")
        }
        Reply::Extended { id, deadline } => {
            text.code(id.as_str()).say(" is extended until ").time(*deadline).say(".")
        }
        Reply::ExtensionDenied { id } => text
            .say("More time for ")
            .code(id.as_str())
            .say(" is denied, and the requester is told so; the access ends when it did before."),
        _other => text,
    }
}

/// The first of many people, and how many more there are.
fn first(text: Text, people: &[PersonId], directory: &Directory) -> Text {
    let shown: Vec<PersonId> = people.iter().take(NAMED_MAX).cloned().collect();
    let text = text.people(&shown, directory);
    match people.len().saturating_sub(shown.len()) {
        0 => text,
        more => text.say(format!(" and {more} more")),
    }
}

/// The word for where a request is.
#[must_use]
pub(super) fn state_word(word: StateWord) -> &'static str {
    match word {
        StateWord::Pending => "waits for approval",
        StateWord::Scheduled => "is approved and begins later",
        StateWord::Granting => "is being granted",
        StateWord::Active => "active",
        StateWord::Ending => "is being ended",
        StateWord::Ended => "ended",
        StateWord::Denied => "denied",
        StateWord::Withdrawn => "withdrawn",
        StateWord::Lapsed => "lapsed",
        StateWord::Failed => "failed",
    }
}

/// Requests listed in one answer: more do not fit a message that is read.
const LISTED_MAX: usize = 20;

/// A list of requests.
#[must_use]
pub fn list(requests: &[&AccessRequest], directory: &Directory) -> Text {
    if requests.is_empty() {
        return Text::new().say("There are no open requests of yours, and none that you approved.");
    }
    let mut text = Text::new();
    for (place, request) in requests.iter().take(LISTED_MAX).enumerate() {
        let ask = &request.ask;
        text = if place > 0 { text.line() } else { text };
        text = text
            .code(ask.id.as_str())
            .say(" ")
            .person(&ask.requester, directory)
            .say(format!(" · {} · {} · ", ask.title(), request.length()))
            .bold(state_word(request.state.word()));
        if let State::Scheduled { starts_at, .. } = &request.state {
            text = text.say(", ").time(*starts_at);
        }
        if let Some(deadline) = request.deadline() {
            text = text.say(" until ").time(deadline);
        }
    }
    let more = requests.len().saturating_sub(LISTED_MAX);
    if more > 0 { text.line().say(format!("and {more} more")) } else { text }
}

/// One request, whole.
#[must_use]
pub fn show(request: &AccessRequest, directory: &Directory) -> Text {
    let card = card(request, directory, &Setting::default());
    let mut text = card.title.line().and(card.status);
    if !card.reason.trim().is_empty() {
        text = text.line().say("Reason: ").quote(card.reason);
    }
    for (label, value) in card.facts {
        text = text.line().say(label).say(": ").and(value);
    }
    text.line().and(card.footer)
}

/// What policy says to somebody who asks why.
#[must_use]
pub fn permitted(terms: &Terms, approvers: &[PersonId], directory: &Directory) -> Text {
    let text = Text::new()
        .say("Policy ")
        .code(terms.policies.join(", "))
        .say(format!(" permits this for at most {}", terms.max_length));
    if terms.approvals == 0 {
        return text.say(", without approval.");
    }
    let text = text.say(format!(", with {}", approvals(terms.approvals)));
    let text = if terms.from.is_empty() { text } else { quorums(text.say(": "), &terms.from) };
    first(text.say(". May approve: "), approvers, directory).say(".")
}
