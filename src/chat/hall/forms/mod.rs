//! Forms: what they ask, and what was filled in. A door dresses them; here is what is the same wherever they are shown.
//!
//! A form carries an opaque name and no authority; all that is filled in is a person's word, checked when it is sent.

mod access;

use std::collections::BTreeMap;

use glasskey_domain::emergency::Level;
use glasskey_domain::settings::{FederationSettings, REASON_LENGTH_MAX, SEATS_MAX, TICKET_LENGTH_MAX};
use glasskey_domain::{EmergencyId, FederationId, Matter, Refusal, RequestId, Seconds, Settings, Subject};

pub use access::{Asked, PLACE, Place, Prefill, SET, START, URGENT, length_choice};

use crate::chat::breakglass;
use crate::notices::{Button, Text, about, emergency, read_about};

/// The field: why not.
pub const WHY: &str = "why";
/// The field: what an auditor notes.
pub const NOTE: &str = "note";
/// The field: which federation.
pub const FEDERATION: &str = "federation";
/// The field: how much access.
pub const LEVEL: &str = "level";
/// The field: how long.
pub const LENGTH: &str = "length";
/// The field: which incident.
pub const INCIDENT: &str = "incident";
/// The field: what for.
pub const REASON: &str = "reason";
/// The field: who gets it.
pub const PEOPLE: &str = "people";
/// The field: which ticket.
pub const TICKET: &str = "ticket";

/// The names by which forms come back.
const DENY_FORM: &str = "request.deny.form";
const LESS_FORM: &str = "request.approve.form";
const ACCESS_FORM: &str = "request.form";
const EXTEND_FORM: &str = "request.extend.form";
const OBJECT_FORM: &str = "request.object.form";
const REASON_FORM: &str = "request.reason.form";
const DECLINE_FORM: &str = "emergency.decline.form";
const REVIEW_FORM: &str = "emergency.review.form";
const OPEN_FORM: &str = "emergency.open.form";

/// Lengths that are offered, up to the longest that is allowed: choosing is faster than typing.
pub(super) const LENGTHS: [Seconds; 6] = [
    Seconds::minutes(30),
    Seconds::hours(1),
    Seconds::hours(2),
    Seconds::hours(4),
    Seconds::hours(8),
    Seconds::hours(12),
];

/// A form, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Asks an approver why.
    Deny(RequestId, Matter),
    /// Asks an approver for how long, if for less.
    ApproveLess(RequestId),
    /// Asks for access.
    Access(Box<Prefill>),
    /// Asks for the reason of a request that was made with everything else.
    Reason(Asked),
    /// Asks for more time.
    Extend(RequestId),
    /// By which an approver objects to it.
    Object(RequestId),
    /// Lets the second person say why not.
    Decline(EmergencyId),
    /// By which an auditor acknowledges what was done.
    Review(EmergencyId),
    /// Opens an emergency.
    Open {
        /// Where it was asked for: a form itself is in no channel. Empty where the platform says it anyway.
        channel: String,
        /// Of this federation, when that was said already.
        federation: Option<FederationId>,
    },
}

impl Form {
    /// The form of such a name, about what it was made about.
    #[must_use]
    pub fn named(name: &str, about: &str) -> Option<Self> {
        let emergency = || EmergencyId::parse(about).ok();
        let request = || RequestId::parse(about).ok();
        match name {
            DENY_FORM => match read_about(about)? {
                (Subject::Request(id), nth) => {
                    let matter = nth.map_or(Matter::Request, |nth| Matter::Extension { nth });
                    Some(Self::Deny(id, matter))
                }
                (Subject::Emergency(_) | Subject::Watch, _) => None,
            },
            LESS_FORM => request().map(Self::ApproveLess),
            ACCESS_FORM => {
                let channel = about.to_owned();
                Some(Self::Access(Box::new(Prefill { channel, ..Prefill::default() })))
            }
            EXTEND_FORM => request().map(Self::Extend),
            OBJECT_FORM => request().map(Self::Object),
            REASON_FORM => Asked::of_about(about).map(Self::Reason),
            DECLINE_FORM => emergency().map(Self::Decline),
            REVIEW_FORM => emergency().map(Self::Review),
            OPEN_FORM => {
                let (channel, federation) = about.split_once(' ').unwrap_or((about, ""));
                let federation = Some(federation).filter(|name| !name.is_empty()).map(FederationId::new);
                Some(Self::Open { channel: channel.to_owned(), federation })
            }
            _other => None,
        }
    }

    /// The name by which it comes back.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deny(..) => DENY_FORM,
            Self::ApproveLess(_) => LESS_FORM,
            Self::Access(_) => ACCESS_FORM,
            Self::Extend(_) => EXTEND_FORM,
            Self::Object(_) => OBJECT_FORM,
            Self::Reason(_) => REASON_FORM,
            Self::Decline(_) => DECLINE_FORM,
            Self::Review(_) => REVIEW_FORM,
            Self::Open { .. } => OPEN_FORM,
        }
    }

    /// What it is about, to come back with it.
    #[must_use]
    pub fn about(&self) -> String {
        match self {
            Self::Deny(id, matter) => {
                let nth = match matter {
                    Matter::Now | Matter::Request => None,
                    Matter::Extension { nth } => Some(*nth),
                };
                about(&Subject::Request(id.clone()), nth)
            }
            Self::ApproveLess(id) | Self::Extend(id) | Self::Object(id) => id.to_string(),
            Self::Access(prefill) => prefill.channel.clone(),
            Self::Reason(asked) => asked.about(),
            Self::Decline(id) | Self::Review(id) => id.to_string(),
            Self::Open { channel, federation: None } => channel.clone(),
            Self::Open { channel, federation: Some(federation) } => format!("{channel} {federation}"),
        }
    }

    /// What somebody wants who sends it, for the journal.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Deny(..) => Button::Deny.action(),
            Self::ApproveLess(_) => Button::Approve.action(),
            Self::Extend(_) => "request.extend",
            Self::Object(_) => "request.object",
            Self::Access(_) | Self::Reason(_) => super::ELEVATE,
            Self::Decline(_) => Button::Decline.action(),
            Self::Review(_) => Button::Review.action(),
            Self::Open { .. } => breakglass::VERB,
        }
    }

    /// What to say when it does not open.
    #[must_use]
    pub fn instead(&self) -> &'static str {
        match self {
            Self::Deny(..) => "the form did not open; `/elevate deny ID why` does the same",
            Self::ApproveLess(_) => "the form did not open; `/elevate approve ID for 1h` does the same",
            Self::Access(_) => "the form did not open; `/elevate prod ReadOnly 1h INC-7 why` does the same",
            Self::Extend(_) => "the form did not open; `/elevate extend ID 1h` does the same",
            Self::Object(_) => "the form did not open; `/elevate object ID why` does the same",
            Self::Reason(_) => "the form did not open; say the reason with the command",
            Self::Decline(_) => "the form did not open; `/breakglass decline why` does the same",
            Self::Review(_) => "the form did not open; `/breakglass review ID` does the same",
            Self::Open { .. } => "the form did not open; `/breakglass on ro for 1h INC-7 why` does the same",
        }
    }

    /// The field at which one looks for what is wrong with the whole: the last that is typed.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Deny(..) | Self::Decline(_) | Self::Object(_) => WHY,
            Self::Review(_) => NOTE,
            Self::Extend(_) | Self::ApproveLess(_) => LENGTH,
            Self::Access(_) | Self::Reason(_) | Self::Open { .. } => REASON,
        }
    }

    /// The field that a refusal is about.
    #[must_use]
    pub fn field_of(&self, refusal: &Refusal, settings: &Settings) -> &'static str {
        let ticket = matches!(refusal, Refusal::TicketMissing { .. } | Refusal::TicketMalformed { .. });
        match self {
            Self::Deny(..) | Self::Decline(_) | Self::Review(_) | Self::ApproveLess(_) | Self::Object(_) => {
                self.field()
            }
            Self::Extend(_) if matches!(refusal, Refusal::ReasonTooLong { .. }) => REASON,
            Self::Extend(_) => self.field(),
            Self::Access(_) => access::asking_field(refusal).unwrap_or_else(|| self.field()),
            Self::Reason(_) if ticket => TICKET,
            Self::Reason(_) => self.field(),
            Self::Open { federation, .. } => {
                let asked = federation.is_none() && settings.federations.len() > 1;
                opening_field(refusal, asked).unwrap_or_else(|| self.field())
            }
        }
    }

    /// How it looks.
    #[must_use]
    pub fn layout(&self, settings: &Settings) -> Layout {
        match self {
            Self::Deny(id, Matter::Extension { .. }) => {
                let intro = Text::new()
                    .code(id.as_str())
                    .say(" keeps the time that it has, and gets no more; the requester is told why.");
                Layout::new("Deny more time", "Deny", vec![words(WHY, "Why?", 1)]).about(intro)
            }
            Self::Deny(id, Matter::Now | Matter::Request) => {
                let intro =
                    Text::new().code(id.as_str()).say(" is denied for good; the requester is told why.");
                Layout::new("Deny request", "Deny", vec![words(WHY, "Why?", 1)]).about(intro)
            }
            Self::ApproveLess(id) => access::approving_less(settings, id),
            Self::Access(prefill) => access::asking(settings, prefill),
            Self::Extend(id) => access::extending(settings, id),
            Self::Object(id) => access::objecting(id),
            Self::Reason(_) => Layout::new("Ask for access", "Ask", reason_fields(settings)),
            Self::Decline(id) => {
                let intro = Text::new().code(id.as_str()).say(
                    " is not opened, and everybody who was asked is told. Who asked for it may ask again.",
                );
                Layout::new("Decline break-glass", "Decline", vec![words(WHY, "Why?", 0)]).about(intro)
            }
            Self::Review(id) => {
                let intro = Text::new()
                    .say("By acknowledging ")
                    .code(id.as_str())
                    .say(" you say that you looked at this:");
                let intro = emergency::CHECKLIST
                    .into_iter()
                    .fold(intro, |intro, item| intro.line().say("• ").say(item));
                let fields = vec![words(NOTE, "What is to be noted?", 0)];
                Layout::new("Review break-glass", "Acknowledge", fields).about(intro)
            }
            Self::Open { federation, .. } => {
                Layout::new("Break-glass", "Open", opening_fields(settings, federation.as_ref()))
            }
        }
    }
}

/// The field of the opening form that a refusal is about; `asked`: whether the federation is a field.
fn opening_field(refusal: &Refusal, asked: bool) -> Option<&'static str> {
    use glasskey_domain::rules::NotPermitted;
    match refusal {
        Refusal::WhichFederation { .. }
        | Refusal::EmergencyIsOn { .. }
        | Refusal::EmergencyIsProposed { .. }
            if asked =>
        {
            Some(FEDERATION)
        }
        Refusal::NoSuchLevel { .. } => Some(LEVEL),
        Refusal::TooShort { .. }
        | Refusal::TooLong { .. }
        | Refusal::MayNotBreakGlass { why: NotPermitted::TooLong { .. } } => Some(LENGTH),
        Refusal::TicketMissing { .. } | Refusal::TicketMalformed { .. } => Some(INCIDENT),
        Refusal::NamedStranger { .. }
        | Refusal::NotEnabled { .. }
        | Refusal::Unresolved { .. }
        | Refusal::TooManyPeople { .. } => Some(PEOPLE),
        // The rest is about the whole of it.
        _other => None,
    }
}

/// How a form looks on every platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Its head.
    pub title: &'static str,
    /// What is on the button that sends it.
    pub submit: &'static str,
    /// What is said before anything is asked.
    pub intro: Option<Text>,
    /// What is asked.
    pub fields: Vec<Field>,
}

impl Layout {
    fn new(title: &'static str, submit: &'static str, fields: Vec<Field>) -> Self {
        Self { title, submit, intro: None, fields }
    }

    fn about(self, intro: Text) -> Self {
        Self { intro: Some(intro), ..self }
    }
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name by which it comes back.
    pub name: &'static str,
    /// The question.
    pub label: &'static str,
    /// Whether the form can be sent without.
    pub optional: bool,
    /// How it is answered.
    pub ask: Ask,
}

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// In sentences.
    Words {
        /// Fewest characters.
        least: usize,
        /// Most characters.
        most: usize,
        /// What stands there already.
        said: Option<String>,
    },
    /// In a word that may stand there already.
    Said {
        /// Most characters.
        most: usize,
        /// What one looks like.
        hint: Option<&'static str>,
        /// What stands there already.
        said: Option<String>,
    },
    /// By one of many, which are looked for while one types.
    Search {
        /// Which is chosen before anybody did.
        chosen: Option<Choice>,
        /// What to type.
        hint: &'static str,
    },
    /// In a word.
    Word {
        /// Most characters.
        most: usize,
        /// What one looks like.
        hint: Option<&'static str>,
    },
    /// By one of several.
    One {
        /// Which there are; at least one.
        choices: Vec<Choice>,
        /// Which is chosen before anybody did.
        chosen: Option<Choice>,
        /// What it means to choose none.
        hint: Option<&'static str>,
        /// Whether they are few, and best seen side by side.
        few: bool,
    },
    /// By people of the chat.
    People {
        /// At most so many.
        most: usize,
        /// What it means to choose none.
        hint: &'static str,
    },
}

/// One of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is read.
    pub label: String,
    /// What comes back.
    pub value: String,
}

/// Sentences; optional, when none is needed.
fn words(name: &'static str, label: &'static str, least: usize) -> Field {
    Field {
        name,
        label,
        optional: least == 0,
        ask: Ask::Words { least, most: REASON_LENGTH_MAX, said: None },
    }
}

fn reason_field(settings: &Settings) -> Field {
    let least = if settings.reason_required { settings.reason_length_min } else { 0 };
    let field = words(REASON, "Why?", least.min(REASON_LENGTH_MAX));
    Field { optional: !settings.reason_required, ..field }
}

fn reason_fields(settings: &Settings) -> Vec<Field> {
    vec![reason_field(settings), access::ticket_field(settings)]
}

fn opening_fields(settings: &Settings, said: Option<&FederationId>) -> Vec<Field> {
    let meant: Vec<(&FederationId, &FederationSettings)> =
        settings.federations.iter().filter(|(name, _)| said.is_none_or(|said| said == *name)).collect();
    let mut fields = Vec::new();
    if meant.len() > 1 {
        let choices =
            meant.iter().map(|(name, _)| Choice { label: name.to_string(), value: name.to_string() });
        let ask = Ask::One { choices: choices.collect(), chosen: None, hint: None, few: false };
        fields.push(Field { name: FEDERATION, label: "Which federation?", optional: false, ask });
    }
    let meant: Vec<&FederationSettings> = meant.into_iter().map(|(_, settings)| settings).collect();
    let there = |level: &Level| meant.iter().any(|federation| federation.place.groups.contains_key(level));
    let levels: Vec<Choice> = Level::ALL.into_iter().filter(there).map(level_choice).collect();
    if let Some(first) = levels.first().cloned() {
        let ask = Ask::One { choices: levels, chosen: Some(first), hint: None, few: true };
        fields.push(Field { name: LEVEL, label: "What must people be able to do?", optional: false, ask });
    }
    fields.push(length_field(&meant));
    let incident = Ask::Word { most: TICKET_LENGTH_MAX, hint: Some("INC-7") };
    fields.push(Field { name: INCIDENT, label: "Incident", optional: true, ask: incident });
    fields.push(reason_field(settings));
    let people = Ask::People { most: SEATS_MAX, hint: "you, if nobody is chosen" };
    fields.push(Field { name: PEOPLE, label: "Who gets the access?", optional: true, ask: people });
    fields
}

fn level_choice(level: Level) -> Choice {
    let label = match level {
        Level::Ro => "Look (ro: read-only)",
        Level::Ops => "Repair (ops: operations)",
    };
    Choice { label: label.to_owned(), value: level.word().to_owned() }
}

/// With one federation its own length is chosen already; with several, who chooses nothing gets that of the federation.
fn length_field(meant: &[&FederationSettings]) -> Field {
    let most = meant.iter().map(|federation| federation.max_length).max().unwrap_or(Seconds(0));
    let mut lengths: Vec<Seconds> = LENGTHS.into_iter().filter(|length| *length <= most).collect();
    lengths.extend(meant.iter().map(|federation| federation.length));
    lengths.sort();
    lengths.dedup();
    let choice = |length: &Seconds| Choice { label: length.to_string(), value: length.0.to_string() };
    let chosen = match meant {
        [only] => Some(choice(&only.length)),
        _none_or_several => None,
    };
    let (optional, choices) = (chosen.is_none(), lengths.iter().map(choice).collect());
    let ask = Ask::One { choices, chosen, hint: Some("as configured"), few: false };
    Field { name: LENGTH, label: "For how long?", optional, ask }
}

/// A form as it was filled in, by field. What is not there, or not of the right kind, was not filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled(pub BTreeMap<String, Vec<String>>);

impl Filled {
    fn one(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str)
    }

    /// What was typed; nothing, when that is but blanks.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        let typed = self.one(name)?.trim();
        Some(typed.to_owned()).filter(|typed| !typed.is_empty())
    }

    /// The federation that was chosen.
    #[must_use]
    pub fn federation(&self) -> Option<FederationId> {
        self.one(FEDERATION).map(FederationId::new)
    }

    /// The level that was chosen; the smaller one, when none is.
    #[must_use]
    pub fn level(&self) -> Level {
        let chosen = self.one(LEVEL);
        Level::ALL.into_iter().find(|level| chosen == Some(level.word())).unwrap_or(Level::Ro)
    }

    /// The length that was chosen.
    #[must_use]
    pub fn length(&self) -> Option<Seconds> {
        self.one(LENGTH)?.parse().ok().map(Seconds)
    }

    /// The users of the chat who were chosen.
    #[must_use]
    pub fn people(&self) -> &[String] {
        self.0.get(PEOPLE).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
