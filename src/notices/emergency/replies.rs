//! Answers to who gave a command about break-glass.

use glasskey_domain::emergency::{EmergencyState, Review};
use glasskey_domain::watch::{Center, Watch};
use glasskey_domain::{Directory, Emergency, PersonId, Reply};

use super::report::happening;
use super::{about, each, level, noun, sessions, who, word};
use crate::notices::Text;

/// An answer in words.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each, so that none is without words")]
pub(in crate::notices) fn reply(reply: &Reply, directory: &Directory) -> Option<Text> {
    let text = Text::new();
    Some(match reply {
        Reply::EmergencyWaiting { id, missing, confirmers, alone_from, lapses_at } => {
            let people =
                if *missing == 1 { "another person".to_owned() } else { format!("{missing} other people") };
            let text = text
                .code(id.as_str())
                .say(format!(" waits for {people} to confirm it, until "))
                .time(*lapses_at)
                .say(".");
            let text = if confirmers.is_empty() {
                text.say(" Nobody else may confirm it now.")
            } else {
                text.say(" May confirm: ").people(confirmers, directory).say(".")
            };
            match alone_from {
                Some(from) => text.say(" If nobody answers, you may go on alone from ").time(*from).say("."),
                None => text,
            }
        }
        Reply::EmergencyOpening { id, deadline, people } => {
            let text = text.say("Break-glass ").code(id.as_str()).say(" is being opened for ");
            let people = people.iter().map(|(person, group)| (person, format!(" ({})", group.word())));
            each(text, people, directory).say(", until ").time(*deadline).say(
                ". It is announced as soon as the identity provider shows it; those who are in get a message how to sign in.",
            )
        }
        Reply::DrillOpening { id } => text
            .say("The drill ")
            .code(id.as_str())
            .say(" is being held: on and off again; its result comes to the incident channel."),
        Reply::EmergencyConfirmed { id, missing } => text
            .say("Your confirmation of ")
            .code(id.as_str())
            .say(format!(" counts; {missing} more needed.")),
        Reply::EmergencyDropped { id } => {
            text.code(id.as_str()).say(" is off the table; nothing was opened.")
        }
        Reply::EmergencyClosing { id, session, cut } => {
            let text = text
                .code(id.as_str())
                .say(" is being closed: the app is deactivated and its groups are emptied; a report follows when the identity provider shows it.");
            if *cut {
                text.say(" AWS sessions are cut then; those begun from them in workload accounts may live on for up to 1 h.")
            } else {
                text.say(format!(" AWS sessions that are open may live on for up to {session}."))
            }
        }
        Reply::EmergencyAdding { id, people, level: group } => all(text, people, directory)
            .say(format!(": {} of ", level(*group)))
            .code(id.as_str())
            .say("; they get a message how to sign in as soon as they are in."),
        Reply::EmergencyRemoving { id, people } => {
            let verb = if people.len() == 1 { " is" } else { " are" };
            all(text, people, directory)
                .say(format!("{verb} being taken out of "))
                .code(id.as_str())
                .say("; AWS sessions that they have may live on.")
        }
        Reply::EmergencyExtended { id, deadline } => {
            text.code(id.as_str()).say(" is extended until ").time(*deadline).say(".")
        }
        Reply::EmergencyReviewed { id } => {
            text.say("Thank you: your review of ").code(id.as_str()).say(" is in the journal.")
        }
        Reply::Scheduled { .. }
        | Reply::ExtensionWaiting { .. }
        | Reply::Extended { .. }
        | Reply::ExtensionDenied { .. }
        | Reply::Acknowledged { .. }
        | Reply::Objected { .. }
        | Reply::EndingAll { .. }
        | Reply::Adopted { .. }
        | Reply::Waiting { .. }
        | Reply::Granting { .. }
        | Reply::Approved { .. }
        | Reply::Denied { .. }
        | Reply::Withdrawn { .. }
        | Reply::Ending { .. }
        | Reply::Kept { .. }
        | Reply::NothingToEnd { .. }
        | Reply::Linked { .. }
        | Reply::Unlinked { .. }
        | Reply::Noted => return None,
    })
}

fn all(text: Text, people: &[PersonId], directory: &Directory) -> Text {
    each(text, people.iter().map(|person| (person, String::new())), directory)
}

/// `/breakglass status`: what is open, what waits for a review, whether Identity Center answers, and the last drill.
#[must_use]
pub fn status(emergencies: &[&Emergency], watch: &Watch, directory: &Directory) -> Text {
    let mut text = Text::new();
    let open: Vec<&&Emergency> =
        emergencies.iter().filter(|emergency| !emergency.state.is_terminal()).collect();
    if open.is_empty() {
        text = text.bold("Break-glass is off.");
    }
    for (place, emergency) in open.iter().enumerate() {
        text = if place > 0 { text.line() } else { text };
        text = text.and(line(emergency, directory));
    }
    for emergency in emergencies.iter().filter(|emergency| matches!(emergency.review, Review::Wanted { .. }))
    {
        text = text
            .line()
            .and(about(emergency))
            .say(" waits for an auditor's review: ")
            .code(format!("/breakglass review {}", emergency.ask.id));
    }
    text = match &watch.center {
        Center::Unknown => text,
        Center::Answers { since } => text.line().say("Identity Center answers, since ").time(*since).say("."),
        Center::Silent { since } => {
            text.line().bold("Identity Center does not answer").say(" since ").time(*since).say(".")
        }
    };
    for (federation, drill) in &watch.drills {
        text = text
            .line()
            .say("Last drill of ")
            .code(federation.as_str())
            .say(": ")
            .code(drill.id.as_str())
            .say(", ")
            .time(drill.at);
        text = match &drill.fault {
            Some(fault) => text.say(", ").bold("failed").say(": ").code(fault).say("."),
            None => text.say(", passed."),
        };
    }
    text
}

fn line(emergency: &Emergency, directory: &Directory) -> Text {
    let text = Text::new()
        .bold(noun(emergency))
        .say(" ")
        .and(about(emergency))
        .say(format!(" {}", word(emergency.state.word())));
    let text = match &emergency.state {
        EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => {
            text.say(" until ").time(*deadline)
        }
        EmergencyState::Proposed { lapses_at, .. } => text.say(" until ").time(*lapses_at),
        EmergencyState::Closing { due, .. } => text.say(", due ").time(*due),
        EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => text,
    };
    let verb = match &emergency.state {
        EmergencyState::Proposed { .. } => "; asked for by ",
        EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => "; opened by ",
    };
    let mut text = who(text.say(verb), &emergency.ask.by, directory).say(": ").quote(&emergency.ask.reason);
    for seat in emergency.seats_given() {
        text = text.line().say("• ").person(&seat.person, directory).say(format!(" ({})", seat.level.word()));
        text = match (&seat.confirmed_at, &seat.trouble, seat.gone_by_hand) {
            (_, _, true) => text.say(", taken out by hand"),
            (Some(_), _, _) => text.say(", in"),
            (None, Some(trouble), _) => text.say(", ").code(&trouble.what),
            (None, None, _) => text.say(", not in yet"),
        };
    }
    let text = match &emergency.trouble {
        Some(trouble) => text.line().bold("Trouble").say(": ").code(trouble),
        None => text,
    };
    if matches!(emergency.state, EmergencyState::Opening { .. } | EmergencyState::On { .. }) {
        text.line().and(sessions(emergency)).say(".")
    } else {
        text
    }
}

/// What happened, a line each.
#[must_use]
pub fn timeline(emergency: &Emergency, directory: &Directory) -> Text {
    let mut text = Text::new();
    for (place, moment) in emergency.timeline.iter().enumerate() {
        text = if place > 0 { text.line() } else { text };
        text = text.time(moment.at).say(" ").and(happening(&moment.what, directory));
    }
    text
}
