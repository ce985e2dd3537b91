//! Words about break-glass: loud, short, and true in the ledger when they are written.

mod card;
mod refusals;
mod replies;
mod report;
mod tells;

use glasskey_domain::emergency::{EmergencyState, Level, Purpose};
use glasskey_domain::person::Who;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::{Directory, Emergency, PersonId};

use super::Text;

pub use card::card;
pub(super) use refusals::refusal;
pub(super) use replies::reply;
pub use replies::{status, timeline};
pub use report::CHECKLIST;
pub use tells::{tell, watch};

/// The id, the federation and the incident: `BG-7K3Q` (`main`, `INC-7`).
pub(super) fn about(emergency: &Emergency) -> Text {
    let ask = &emergency.ask;
    let text = Text::new().code(ask.id.as_str()).say(" (").code(ask.federation.as_str());
    match &ask.incident {
        Some(incident) => text.say(", ").code(incident).say(")"),
        None => text.say(")"),
    }
}

/// Break-glass, or a drill of it, as the beginning of a sentence.
pub(super) fn noun(emergency: &Emergency) -> &'static str {
    match emergency.ask.purpose {
        Purpose::Incident => "Break-glass",
        Purpose::Drill => "Break-glass drill",
    }
}

/// People named one by one in one message: more of them nobody reads, and `/breakglass status` and the card have them.
pub(super) const NAMED_MAX: usize = 40;
/// Members of the groups named one by one whom Glasskey did not add: a group may hold the company.
const STRANGERS_MAX: usize = 20;

/// `In it: `; how many they are, when they are many: the end of a long line may be cut.
pub(super) fn in_it(text: Text, people: usize) -> Text {
    if people > NAMED_MAX { text.say(format!("In it ({people} people): ")) } else { text.say("In it: ") }
}

/// People, each with a word about them; the rest are counted.
pub(super) fn each<'a>(
    text: Text,
    people: impl Iterator<Item = (&'a PersonId, String)>,
    directory: &Directory,
) -> Text {
    let people: Vec<_> = people.collect();
    let mut text = text;
    for (place, (person, words)) in people.iter().take(NAMED_MAX).enumerate() {
        text = if place > 0 { text.say(", ") } else { text };
        text = text.person(person, directory).say(words);
    }
    let more = people.len().saturating_sub(NAMED_MAX);
    if more > 0 { text.say(format!(" and {more} more")) } else { text }
}

/// Who is in the groups without our doing; the rest are counted.
pub(super) fn strangers(text: Text, emergency: &Emergency) -> Text {
    let all = || {
        emergency.strangers.iter().flat_map(|(level, members)| members.iter().map(move |one| (level, one)))
    };
    let mut text = text;
    for (place, (level, member)) in all().take(STRANGERS_MAX).enumerate() {
        text = if place > 0 { text.say(", ") } else { text };
        text = text.code(&member.login).say(format!(" ({})", level.word()));
    }
    let more = all().count().saturating_sub(STRANGERS_MAX);
    if more > 0 { text.say(format!(" and {more} more")) } else { text }
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
        (true, _) => text.say("AWS sessions are cut when it is closed; those begun from them in workload accounts may live on for up to 1 h"),
        (false, Some(end)) => text
            .say(format!("AWS sessions that are open then may live on for up to {session}, until "))
            .time(end),
        (false, None) => text.say(format!("AWS sessions that are open then may live on for up to {session}")),
    }
}
