//! The card of an emergency: what is open, for whom, until when, and what can be done about it.

use glasskey_domain::emergency::{EmergencyState, Review, Seat};
use glasskey_domain::{Directory, Emergency, Subject};

use super::report::cause_words;
use super::{noun, sessions, who};
use crate::notices::card::{Button, Card, Tone};
use crate::notices::{FederationWords, Setting, Text};

/// Seats that a card names one by one; `/breakglass status` has all.
const SEATS_SHOWN_MAX: usize = 20;

/// The card of an emergency, as it is.
#[must_use]
pub fn card(emergency: &Emergency, directory: &Directory, setting: &Setting) -> Card {
    let ask = &emergency.ask;
    let title = who(Text::new(), &ask.by, directory);
    let title = match &emergency.state {
        EmergencyState::Proposed { .. } => title.say(" wants to open "),
        EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. } => title.say(" opened "),
        EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => title.say(" wanted to open "),
    };
    let title =
        title.bold(noun(emergency)).say(format!(" ({}) for ", ask.federation)).bold(ask.length.to_string());
    let title = match &ask.incident {
        Some(incident) => title.say(" for ").bold(incident),
        None => title,
    };
    let (tone, status) = status(emergency, directory);
    Card {
        id: Subject::Emergency(ask.id.clone()),
        version: emergency.version,
        tone,
        title,
        status,
        reason: ask.reason.clone(),
        facts: facts(emergency, directory, setting.federations.get(&ask.federation)),
        footer: footer(emergency),
        buttons: buttons(emergency),
    }
}

fn status(emergency: &Emergency, directory: &Directory) -> (Tone, Text) {
    let text = Text::new();
    let (tone, text) = match &emergency.state {
        EmergencyState::Proposed { lapses_at, alone_from, .. } => {
            let missing = emergency.confirmations_missing();
            let people =
                if missing == 1 { "one more person".to_owned() } else { format!("{missing} people") };
            let text =
                text.bold("Waits").say(format!(" for {people} to confirm, until ")).time(*lapses_at).say(".");
            let text = match alone_from {
                Some(from) if !emergency.alone_offered => {
                    text.say(" The opener may go on alone from ").time(*from).say(".")
                }
                Some(_) => text.say(" The opener may go on alone now."),
                None => text,
            };
            (Tone::Waiting, text)
        }
        EmergencyState::Opening { deadline, .. } => {
            (Tone::Busy, text.bold("Opening").say("… It ends by itself at ").time(*deadline).say("."))
        }
        EmergencyState::On { deadline, .. } => {
            (Tone::Alarm, text.bold("ON").say(" until ").time(*deadline).say("; it ends by itself then."))
        }
        EmergencyState::Closing { cause, due, overdue_told, .. } => {
            let text = if *overdue_told > 0 { text.bold("OVERDUE") } else { text.bold("Closing") };
            let tone = if *overdue_told > 0 { Tone::Alarm } else { Tone::Busy };
            let text = text.say("… ").and(cause_words(cause, directory)).say("; due ").time(*due).say(".");
            (tone, text)
        }
        EmergencyState::Off { at, cause, taken_over_by, .. } => {
            let text = text.bold("Off").say(" since ").time(*at).say(": ").and(cause_words(cause, directory));
            let text = match taken_over_by {
                Some(next) => text.say("; ").code(next.as_str()).say(" goes on in its place."),
                None => text.say(". The app is inactive and the groups are empty."),
            };
            (Tone::Done, text)
        }
        EmergencyState::Declined { by, why, .. } => {
            let text = who(text.bold("Declined").say(" by "), by, directory);
            let text = match why {
                Some(why) => text.say(": ").say(why),
                None => text.say("."),
            };
            (Tone::No, text)
        }
        EmergencyState::Withdrawn { .. } => (Tone::No, text.bold("Withdrawn").say("; nothing was opened.")),
        EmergencyState::Lapsed { .. } => {
            (Tone::No, text.bold("Lapsed").say(": nobody confirmed it in time."))
        }
    };
    match &emergency.trouble {
        Some(trouble) => (tone, text.line().bold("Trouble").say(": ").code(trouble)),
        None => (tone, text),
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
        facts.push(("Not added by Glasskey", Text::new().say(format!("{strangers} in the groups"))));
    }
    let confirmed: Vec<_> = emergency.confirmations.iter().map(|yes| yes.by.clone()).collect();
    if !confirmed.is_empty() {
        facts.push(("Confirmed by", Text::new().people(&confirmed, directory)));
    } else if emergency.alone {
        facts.push(("Confirmed by", Text::new().say("nobody: the opener went on alone")));
    } else if matches!(emergency.state, EmergencyState::Proposed { .. }) {
        facts.push(("May confirm", Text::new().people(&emergency.confirmers, directory)));
    }
    if let Some(link) = words.and_then(|words| words.app_link.as_ref())
        && matches!(emergency.state, EmergencyState::On { .. })
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
        (None, None, Some(trouble)) => text.say(": ").say(&trouble.what),
        (None, None, None) if over => text.say(", never in"),
        (None, None, None) => text.say(", not in yet"),
    }
}

fn footer(emergency: &Emergency) -> Text {
    let ask = &emergency.ask;
    let text = Text::new().code(ask.id.as_str()).say(" · asked ").time(ask.at).say(" · ");
    let text = text.and(sessions(emergency));
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
