//! Where a request is: the first thing that is read after its title.

use glasskey_domain::quorum::{Unmet, unmet};
use glasskey_domain::request::{Approval, Cutting, Doubt, Extension, UrgentReview};
use glasskey_domain::{AccessRequest, Directory, EndCause, PersonId, RequestId, State, Terms};
use jiff::Timestamp;

use super::why::{lost, why_ended};
use super::{approvals, named, named_quietly, provider, quorums};
use crate::notices::card::Tone;
use crate::notices::{Text, refusals};

/// Where it is, and how that should look.
pub(super) fn status(request: &AccessRequest, directory: &Directory) -> (Tone, Text) {
    let (text, at) = (Text::new(), provider(request, directory));
    match &request.state {
        State::Pending { lapses_at } => (Tone::Waiting, pending(request, directory, *lapses_at)),
        State::Scheduled { starts_at, deadline } => {
            let text =
                text.bold("Approved").say(": begins ").time(*starts_at).say(", until ").time(*deadline);
            watched(Tone::Busy, text, request, directory)
        }
        State::Granting { .. } => {
            let head = if request.ask.urgent { "Urgent" } else { "Approved" };
            let text = text.bold(head).say(format!(": the access is being created at {at}"));
            watched(Tone::Busy, with_trouble(text, request), request, directory)
        }
        State::Active { deadline, .. } => active(request, directory, *deadline),
        State::Ending { due, overdue_told: 1.., .. } => {
            let text = text
                .bold("OVERDUE")
                .say(": the access should be gone since ")
                .time(*due)
                .say(format!(" and {at} does not confirm that it is; Glasskey keeps trying"));
            (Tone::Alarm, with_trouble(text, request))
        }
        State::Ending { cause, .. } => {
            let text = text.bold("Ending").say(": ").and(why_ended(cause, directory, at));
            (Tone::Busy, with_trouble(text.say(format!("; the access is being removed at {at}")), request))
        }
        State::Ended { at: when, cause, granted_at, kept_by, .. } => {
            let text = text.bold("Ended").say(" ").time(*when).say(": ").and(why_ended(cause, directory, at));
            let (tone, text) = ended(text, cause, granted_at.is_some(), kept_by.as_ref(), at);
            let not_cut = matches!(request.cut, Cutting::Failed { .. });
            watched(if not_cut { Tone::Alarm } else { tone }, text, request, directory)
        }
        State::Denied { at, by, why } => {
            let text = text.bold("Denied").say(" by ").person(by, directory).say(" ").time(*at);
            (Tone::No, text.say(": ").quote(why))
        }
        State::Withdrawn { at } => (Tone::Done, text.bold("Withdrawn").say(" ").time(*at)),
        State::Lapsed { at } => {
            (Tone::No, text.bold("Lapsed").say(" ").time(*at).say(": ").say(unanswered(request)))
        }
        State::Failed { at: when, cause } => {
            let text =
                text.bold("Failed").say(" ").time(*when).say(": ").and(why_ended(cause, directory, at));
            (Tone::Alarm, text.say("; ").say(not_there(request, at)))
        }
    }
}

/// Why one can be sure that nothing is there: what was never begun was asked of nobody (P4).
pub(super) fn not_there(request: &AccessRequest, provider: &str) -> String {
    match request.granted {
        None => "it was never begun, so nothing was created".to_owned(),
        Some(_) => format!("{provider} confirms that there is no access"),
    }
}

/// Why it lapsed.
pub(super) fn unanswered(request: &AccessRequest) -> String {
    match request.approvals.len() {
        0 => "nobody answered in time".to_owned(),
        had => format!("{had} of {} came in time", approvals(request.terms.approvals)),
    }
}

fn pending(request: &AccessRequest, directory: &Directory, lapses_at: Timestamp) -> Text {
    let also: Vec<&str> = request.escalated_to().collect();
    let missing = missing(&request.terms, &request.approvals, directory, &also);
    let text = Text::new().bold(format!("Waits for {}", approvals(missing.people)));
    let text = of_groups(text, &missing).say(" · may approve: ");
    let text = named(text, &request.approvers, directory);
    let text = match request.quiet.is_empty() {
        true => text,
        false => named_quietly(text.say(" · also: "), &request.quiet, directory),
    };
    let text = text.say(" · lapses ").time(lapses_at);
    match also.is_empty() {
        true => text,
        false => {
            let text = text.line().say("Not enough answers yet, so asked as well: ").code(also.join(", "));
            let any =
                if request.terms.from.is_empty() { "" } else { ", whose approval counts for any group" };
            text.say(any)
        }
    }
}

/// What is still missing, as the people are today. For display: what counts is decided at the click.
fn missing(terms: &Terms, given: &[Approval], directory: &Directory, also: &[&str]) -> Unmet {
    let people: Vec<&PersonId> = given.iter().map(|approval| &approval.by).collect();
    unmet(directory, terms, &people, also)
}

fn of_groups(text: Text, missing: &Unmet) -> Text {
    if missing.groups.is_empty() { text } else { quorums(text.say(": "), &missing.groups) }
}

fn with_trouble(text: Text, request: &AccessRequest) -> Text {
    match &request.trouble {
        Some(trouble) => text.line().say("It takes longer, and is tried again and again: ").code(trouble),
        None => text,
    }
}

fn active(request: &AccessRequest, directory: &Directory, deadline: Timestamp) -> (Tone, Text) {
    let text = Text::new().bold("Active").say(" until ").time(deadline);
    let there = request.parts.iter().filter(|part| part.state.is_meant()).count();
    let text = match request.parts.len() {
        all if there < all => text.say(" · ").bold(format!("{there} of {all} things")).say(" (see below)"),
        _all => text,
    };
    let (tone, text) = match &request.extension {
        Some(extension) => (Tone::Waiting, extending(text.line(), extension, directory, deadline)),
        None => (Tone::Open, text),
    };
    watched(tone, text, request, directory)
}

fn extending(text: Text, extension: &Extension, directory: &Directory, deadline: Timestamp) -> Text {
    let text = text
        .bold(format!("{} more is asked for", extension.by))
        .say(", until ")
        .time(extension.by.after(deadline));
    let text = match &extension.reason {
        Some(reason) => text.say(": ").quote(reason),
        None => text,
    };
    let missing = missing(&extension.terms, &extension.approvals, directory, &[]);
    let text = text.say(format!(" · waits for {}", approvals(missing.people)));
    let text = named(of_groups(text, &missing).say(" · may approve: "), &extension.approvers, directory);
    text.say(" · lapses ").time(extension.lapses_at)
}

/// What somebody must look at while it goes on.
fn watched(tone: Tone, text: Text, request: &AccessRequest, directory: &Directory) -> (Tone, Text) {
    let (mut tone, mut text) = (tone, text);
    if let UrgentReview::Wanted { reminded, .. } = &request.review {
        tone = Tone::Waiting;
        text = text.line().bold("Nobody has looked at it yet");
        text = match reminded {
            0 => text.say(": "),
            1 => text.say(", after 1 reminder: "),
            times => text.say(format!(", after {times} reminders: ")),
        };
        text = named(text, &request.approvers, directory)
            .say(", or another approver, acknowledges it or objects");
    }
    if let Some(why) = &request.stricter {
        tone = Tone::Alarm;
        text = text.line().bold("Policy has become stricter").say(", and would not permit it now: ");
        text = text.and(refusals::not_permitted(why)).say("; it goes on to its end, unless somebody ends it");
    }
    if let Some(doubt) = &request.doubt {
        tone = Tone::Alarm;
        text = doubted(text.line(), doubt, directory);
    }
    (tone, text)
}

/// What one reading of the directory showed.
pub(super) fn doubted(text: Text, doubt: &Doubt, directory: &Directory) -> Text {
    let unknown = doubt.lost.is_unknown();
    let text = text.bold(if unknown { "Unsure" } else { "In doubt" }).say(": ");
    let text = lost(text, &doubt.lost, directory).say(" (read ").time(doubt.read_at).say(")");
    text.say(match unknown {
        true => "; that ends nothing, so somebody must look at it",
        false => "; if the next reading says the same, the access is ended",
    })
}

fn ended(
    text: Text,
    cause: &EndCause,
    was_there: bool,
    kept_by: Option<&RequestId>,
    provider: &str,
) -> (Tone, Text) {
    if let Some(other) = kept_by {
        let text = text.say("; the access itself stays, because ").code(other.as_str());
        return (Tone::Done, text.say(" still needs it"));
    }
    match cause {
        EndCause::AlreadyHeld { .. } => (Tone::Done, text),
        EndCause::RemovedByHand => (Tone::Alarm, text),
        EndCause::Expired
        | EndCause::Revoked { .. }
        | EndCause::GrantFailed { .. }
        | EndCause::ConditionsChanged { .. }
        | EndCause::Objected { .. }
        | EndCause::NoLongerPermitted { .. } => {
            let last = match was_there {
                true => format!("; {provider} confirms that it is gone"),
                false => "; there was no access yet".to_owned(),
            };
            (Tone::Done, text.say(last))
        }
    }
}
