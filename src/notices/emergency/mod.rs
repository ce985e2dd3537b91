//! Words about break-glass: loud, short, and true in the ledger when they are written.

mod card;
mod refusals;
mod replies;
mod report;
mod tells;

use glasskey_domain::emergency::{EmergencyState, Level, Purpose};
use glasskey_domain::person::Who;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::{Directory, Emergency};

use super::Text;

pub use card::card;
pub(super) use refusals::refusal;
pub(super) use replies::reply;
pub use replies::{status, timeline};
pub use report::CHECKLIST;
pub use tells::{tell, watch};

/// `BG-7K3Q (main, INC-7)`.
pub(super) fn about(emergency: &Emergency) -> Text {
    let ask = &emergency.ask;
    let text = Text::new().code(ask.id.as_str()).say(format!(" ({}", ask.federation));
    match &ask.incident {
        Some(incident) => text.say(", ").code(incident).say(")"),
        None => text.say(")"),
    }
}

/// Break-glass, or a drill of it.
pub(super) fn noun(emergency: &Emergency) -> &'static str {
    match emergency.ask.purpose {
        Purpose::Incident => "Break-glass",
        Purpose::Drill => "Break-glass drill",
    }
}

/// Who did it.
pub(super) fn who(text: Text, who: &Who, directory: &Directory) -> Text {
    match who {
        Who::Person { person } => text.person(person, directory),
        Who::Local { user } => text.say("local user ").code(user),
        Who::Stranger { account } => text.code(account.to_string()),
        Who::Glasskey => text.say("Glasskey"),
    }
}

/// What a level is called.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Ro => "read-only (ro)",
        Level::Ops => "operations (ops)",
    }
}

/// Where an emergency is.
pub(super) fn word(word: EmergencyWord) -> &'static str {
    match word {
        EmergencyWord::Proposed => "waits for another person's confirmation",
        EmergencyWord::Opening => "is being opened",
        EmergencyWord::On => "is on",
        EmergencyWord::Closing => "is being closed",
        EmergencyWord::Off => "is off",
        EmergencyWord::Declined => "was declined",
        EmergencyWord::Withdrawn => "was withdrawn",
        EmergencyWord::Lapsed => "has lapsed",
    }
}

/// Until when AWS sessions that were begun may live.
pub(super) fn sessions(emergency: &Emergency) -> Text {
    let session = emergency.ask.place.session;
    let text = Text::new();
    let end = match &emergency.state {
        EmergencyState::Off { at, .. } => Some(session.after(*at)),
        EmergencyState::Opening { deadline, .. } | EmergencyState::On { deadline, .. } => {
            Some(session.after(*deadline))
        }
        EmergencyState::Proposed { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => None,
    };
    let cut = emergency.ask.place.cut.is_some();
    match (cut, end) {
        (true, _) => text.say("AWS sessions are cut when it is closed"),
        (false, Some(end)) => text
            .say(format!("AWS sessions that are open then may live on for up to {session}, until "))
            .time(end),
        (false, None) => text.say(format!("AWS sessions that are open then may live on for up to {session}")),
    }
}
