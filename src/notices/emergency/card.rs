//! The card of an emergency: what is open, for whom, until when, and what can be done about it.

use glasskey_domain::emergency::{EmergencyState, Review, Seat};
use glasskey_domain::{Directory, Emergency, Subject};
use jiff::Timestamp;

use super::report::cause_words;
use super::{sessions, who};
use crate::notices::card::{Card, Tone};
use crate::notices::{Button, FederationWords, Setting, Text};

/// Seats that a card names one by one; `/breakglass status` has all.
const SEATS_SHOWN_MAX: usize = 20;

/// The card of an emergency, as it is.
#[must_use]
pub fn card(emergency: &Emergency, directory: &Directory, setting: &Setting) -> Card {
    let ask = &emergency.ask;
    let (tone, status) = status(emergency, directory);
    Card {
        id: Subject::Emergency(ask.id.clone()),
        version: emergency.version,
        tone,
        title: title(emergency, directory),
        status,
        reason: ask.reason.clone(),
        facts: facts(emergency, directory, setting.federations.get(&ask.federation)),
        footer: footer(emergency),
        buttons: buttons(emergency),
    }
}

/// Who does what to which federation, for how long, for which incident.
fn title(emergency: &Emergency, directory: &Directory) -> Text {
    let ask = &emergency.ask;
    let text = who(Text::new(), &ask.by, directory);
    if emergency.is_drill() {
        let verb = if emergency.state.is_terminal() { " held a " } else { " holds a " };
        return text.say(verb).bold("break-glass drill").say(" in ").code(ask.federation.as_str());
    }
    let verb = match &emergency.state {
        EmergencyState::Proposed { .. } => " wants to open ",
        EmergencyState::Opening { .. } => " opens ",
        EmergencyState::On { .. } => " opened ",
        EmergencyState::Closing { on_since, .. } | EmergencyState::Off { on_since, .. } => match on_since {
            Some(_) => " opened ",
            None => " tried to open ",
        },
        EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => " wanted to open ",
    };
    let text = text.say(verb).bold("break-glass").say(" in ").code(ask.federation.as_str()).say(" for ");
    let text = text.bold(ask.length.to_string());
    match &ask.incident {
        Some(incident) => text.say(", incident ").code(incident),
        None => text,
    }
}

fn status(emergency: &Emergency, directory: &Directory) -> (Tone, Text) {
    let (text, provider) = (Text::new(), emergency.ask.place.provider.name());
    let (tone, text) = match &emergency.state {
        EmergencyState::Proposed { lapses_at, alone_from, .. } => {
            (Tone::Waiting, proposed(emergency, *lapses_at, *alone_from))
        }
        EmergencyState::Opening { deadline, .. } => {
            let text = text.bold("Opening").say(format!(": {provider} does not show it open yet · until "));
            (Tone::Busy, text.time(*deadline))
        }
        EmergencyState::On { deadline, .. } => {
            // A drill frightens nobody.
            let tone = if emergency.is_drill() { Tone::Busy } else { Tone::Alarm };
            (tone, text.bold("ON").say(" until ").time(*deadline).say("; it ends by itself then"))
        }
        EmergencyState::Closing { due, overdue_told: 1.., .. } => {
            let text = text.bold("OVERDUE").say(": it should be closed since ").time(*due);
            let text = text.say(format!(" and {provider} does not show that it is; Glasskey keeps trying"));
            (Tone::Alarm, text)
        }
        EmergencyState::Closing { cause, .. } => {
            let text = text.bold("Closing").say(": ").and(cause_words(cause, directory));
            (Tone::Busy, text.say(format!("; {provider} does not show it closed yet")))
        }
        EmergencyState::Off { at, cause, taken_over_by, .. } => {
            let text = text.bold("Off").say(" since ").time(*at).say(": ").and(cause_words(cause, directory));
            let text = match taken_over_by {
                Some(next) => text.say("; ").code(next.as_str()).say(" goes on in its place"),
                None => text.say(format!("; {provider} shows the app inactive and the groups empty")),
            };
            (Tone::Done, text)
        }
        EmergencyState::Declined { by, why, .. } => {
            let text = who(text.bold("Declined").say(" by "), by, directory);
            (Tone::No, why.iter().fold(text, |text, why| text.say(": ").quote(why)))
        }
        EmergencyState::Withdrawn { .. } => (Tone::Done, text.bold("Withdrawn").say("; nothing was opened")),
        EmergencyState::Lapsed { .. } => (Tone::No, text.bold("Lapsed").say(": nobody confirmed it in time")),
    };
    match &emergency.trouble {
        Some(trouble) => (tone, text.line().say("It is tried again and again: ").code(trouble)),
        None => (tone, text),
    }
}

fn proposed(emergency: &Emergency, lapses_at: Timestamp, alone_from: Option<Timestamp>) -> Text {
    let missing = emergency.confirmations_missing();
    let word = if missing == 1 { "confirmation" } else { "confirmations" };
    let text = Text::new().bold(format!("Waits for {missing} {word}")).say(" · lapses ").time(lapses_at);
    match alone_from {
        Some(_) if emergency.alone_offered => text.say(" · the opener may go on alone now"),
        Some(from) => text.say(" · the opener may go on alone from ").time(from),
        None => text,
    }
}

fn facts(
    emergency: &Emergency,
    directory: &Directory,
    words: Option<&FederationWords>,
) -> Vec<(&'static str, Text)> {
    let mut facts = Vec::new();
    let mut people = Text::new();
    for (place, seat) in emergency.seats.iter().take(SEATS_SHOWN_MAX).enumerate() {
        people = if place > 0 { people.line() } else { people };
        people = people.and(seat_words(seat, emergency, directory));
    }
    let more = emergency.seats.len().saturating_sub(SEATS_SHOWN_MAX);
    people = if more > 0 { people.line().say(format!("and {more} more")) } else { people };
    if !emergency.seats.is_empty() {
        facts.push(("People", people));
    }
    let strangers: usize = emergency.strangers.values().map(std::collections::BTreeSet::len).sum();
    if strangers > 0 {
        let text = super::strangers(Text::new(), emergency);
        facts.push(("In the groups, not added by Glasskey", text));
    }
    let confirmed: Vec<_> = emergency.confirmations.iter().map(|yes| yes.by.clone()).collect();
    if !confirmed.is_empty() {
        facts.push(("Confirmed by", Text::new().people(&confirmed, directory)));
    } else if emergency.alone {
        facts.push(("Confirmed by", Text::new().say("nobody: the opener went on alone")));
    } else if matches!(emergency.state, EmergencyState::Proposed { .. }) && !emergency.confirmers.is_empty() {
        facts.push(("May confirm", Text::new().people(&emergency.confirmers, directory)));
    }
    if let Some(link) = words.and_then(|words| words.app_link.as_ref())
        && matches!(emergency.state, EmergencyState::On { .. })
        && !emergency.is_drill()
    {
        facts.push(("Sign in", Text::new().link(link, "emergency app")));
    }
    match &emergency.review {
        Review::NotNeeded => {}
        Review::Wanted { .. } => facts.push(("Review", Text::new().say("waits for an auditor"))),
        Review::Done { by, at, .. } => {
            facts.push(("Review", Text::new().person(by, directory).say(", ").time(*at)));
        }
    }
    facts
}

fn seat_words(seat: &Seat, emergency: &Emergency, directory: &Directory) -> Text {
    let text = Text::new().person(&seat.person, directory).say(format!(" ({})", seat.level.word()));
    let over = emergency.state.is_terminal();
    match (&seat.taken_by, &seat.confirmed_at, &seat.trouble) {
        (Some(by), _, _) => who(text.say(", taken out by "), by, directory),
        (None, _, _) if seat.gone_by_hand => text.say(", taken out by hand"),
        (None, Some(_), _) if over => text.say(", was in"),
        (None, Some(_), _) => text.say(", in"),
        (None, None, Some(trouble)) => text.say(", not in: ").code(&trouble.what),
        (None, None, None) if over => text.say(", never in"),
        (None, None, None) => text.say(", not in yet"),
    }
}

fn footer(emergency: &Emergency) -> Text {
    let ask = &emergency.ask;
    let text = Text::new().code(ask.id.as_str()).say(" · asked ").time(ask.at);
    let never = matches!(
        emergency.state,
        EmergencyState::Declined { .. } | EmergencyState::Withdrawn { .. } | EmergencyState::Lapsed { .. }
    );
    // Nobody has a session of what nobody was in.
    let text =
        if never || emergency.seats.is_empty() { text } else { text.say(" · ").and(sessions(emergency)) };
    match emergency.terms.policies.is_empty() {
        true => text,
        false => text.say(" · policy ").code(emergency.terms.policies.join(", ")),
    }
}

fn buttons(emergency: &Emergency) -> Vec<Button> {
    match &emergency.state {
        EmergencyState::Proposed { .. } if emergency.alone_offered => {
            vec![Button::Confirm, Button::Alone, Button::Decline]
        }
        EmergencyState::Proposed { .. } => vec![Button::Confirm, Button::Decline],
        EmergencyState::Opening { .. } | EmergencyState::On { .. } => vec![Button::Off],
        EmergencyState::Off { .. } if matches!(emergency.review, Review::Wanted { .. }) => {
            vec![Button::Review]
        }
        EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => Vec::new(),
    }
}
