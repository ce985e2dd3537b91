//! Answers to who asked, and the lists they can ask for.

use glasskey_domain::refusal::StateWord;
use glasskey_domain::{AccessRequest, Directory, PersonId, Reply, Terms};

use super::{Text, card, emergency, links};

/// An answer in words; empty when there is nothing to say.
#[must_use]
pub fn reply(reply: &Reply, directory: &Directory) -> Text {
    let text = Text::new();
    match reply {
        Reply::Waiting { id, missing, approvers } => {
            let word = if *missing == 1 { "approval" } else { "approvals" };
            let text = text
                .say("Request ")
                .code(id.as_str())
                .say(format!(" waits for {missing} {word}. May approve: "));
            text.people(approvers, directory).say(".")
        }
        Reply::Granting { id } => text.code(id.as_str()).say(
            " needs no further approval; the access is being created, and its card says so when AWS confirms it.",
        ),
        Reply::Approved { id, missing } => {
            let word = if *missing == 1 { "approval is" } else { "approvals are" };
            text.say("Your approval of ")
                .code(id.as_str())
                .say(format!(" counts; {missing} more {word} needed."))
        }
        Reply::Denied { id } => text.code(id.as_str()).say(" is denied; the requester is told why."),
        Reply::Withdrawn { id } => text.code(id.as_str()).say(" is withdrawn."),
        Reply::Ending { id, session } => text
            .code(id.as_str())
            .say(format!(" is being ended; sessions that are open may live on for up to {session}.")),
        Reply::Kept { id, by } => text
            .code(id.as_str())
            .say(" is ended; the access itself stays, because ")
            .code(by.as_str())
            .say(" still needs it. End that one too to take the access away."),
        Reply::NothingToEnd { id } => text.code(id.as_str()).say(" is ended; nothing had been created yet."),
        Reply::Scheduled { id, starts_at } => {
            text.code(id.as_str()).say(" needs no further approval; the access begins ").time(*starts_at).say(".")
        }
        Reply::ExtensionWaiting { id, missing, approvers } => {
            let word = if *missing == 1 { "approval" } else { "approvals" };
            text.say("More time for ")
                .code(id.as_str())
                .say(format!(" waits for {missing} {word}. May approve: "))
                .people(approvers, directory)
                .say(".")
        }
        Reply::Extended { id, deadline } => {
            text.code(id.as_str()).say(" is extended until ").time(*deadline).say(".")
        }
        Reply::ExtensionDenied { id } => {
            text.say("More time for ").code(id.as_str()).say(" is denied; the requester is told why.")
        }
        Reply::Acknowledged { id } => text.say("You acknowledged ").code(id.as_str()).say("."),
        Reply::Objected { id, ended: true } => {
            text.say("You objected to ").code(id.as_str()).say("; the access is being taken away.")
        }
        Reply::Objected { id, ended: false } => {
            text.say("You objected to ").code(id.as_str()).say("; the access was over already.")
        }
        Reply::EndingAll { count: 0 } => text.say("There is nothing to end."),
        Reply::EndingAll { count } => text.say(format!(
            "{count} request{} being ended; the access channel says when all of them are.",
            if *count == 1 { " is" } else { "s are" }
        )),
        Reply::Adopted { .. } => text.say("It is noted as known, and is not reported any more."),
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
            .say(format!(" · {} · {} · ", ask.title(), ask.length))
            .bold(state_word(request.state.word()));
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
    let card = card::card(request, directory);
    let mut text = card.title.line().and(card.status).line().say("Reason: ").say(card.reason);
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
    let word = if terms.approvals == 1 { "approval" } else { "approvals" };
    text.say(format!(", with {} {word}. May approve: ", terms.approvals))
        .people(approvers, directory)
        .say(".")
}
