//! The named options of what can be said, for chats that show a field for each part (Discord).
//!
//! Must never hold a rule about a value: what a value may be, its reader says.

use super::{BreakglassKeyword, Keyword, Keywords};
use crate::breakglass::LevelWord;

/// One named part of what can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// What the field is called: lower case, 1 to 32 characters.
    pub name: &'static str,
    /// What to write there, in at most 100 characters.
    pub description: &'static str,
    /// What it takes.
    pub kind: OptKind,
    /// Whether the chat insists on it. A reason that only policy may ask for is not required here: the door asks.
    pub required: bool,
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptKind {
    /// An account's id, name or alias.
    Account,
    /// A permission set's name.
    PermissionSet,
    /// A group's name.
    Group,
    /// A bundle's name.
    Bundle,
    /// When it is to begin.
    Start,
    /// How long, or until when.
    Duration,
    /// A ticket or an incident, one word.
    Ticket,
    /// Why, or what there is to say, in the person's own words.
    Reason,
    /// The id of a request.
    Request,
    /// The id of an emergency.
    Emergency,
    /// An emergency federation's name.
    Federation,
    /// A level of emergency access.
    Level,
    /// One or several people, as mentions or addresses.
    People,
    /// One person, as a mention or an address.
    Person,
    /// Whether open sessions are ended, too.
    Sessions,
    /// Whether it is surely meant.
    Confirm,
    /// A word that there is help about with `/elevate`.
    ElevateTopic,
    /// A word that there is help about with `/breakglass`.
    BreakglassTopic,
}

impl OptKind {
    /// Whether the door offers values while one types. What is offered is only help: any text may be sent.
    #[must_use]
    pub const fn is_completed(self) -> bool {
        match self {
            Self::Account
            | Self::Duration
            | Self::PermissionSet
            | Self::Group
            | Self::Bundle
            | Self::Request
            | Self::Emergency
            | Self::Federation => true,
            Self::Start
            | Self::Ticket
            | Self::Reason
            | Self::Level
            | Self::People
            | Self::Person
            | Self::Sessions
            | Self::Confirm
            | Self::ElevateTopic
            | Self::BreakglassTopic => false,
        }
    }

    /// The only values that there are, if they are few and the same everywhere.
    #[must_use]
    pub fn choices(self) -> Vec<&'static str> {
        match self {
            Self::Sessions => vec![CUT],
            Self::Confirm => vec![CONFIRMED],
            Self::Level => LevelWord::ALL.iter().map(|level| level.word()).collect(),
            Self::ElevateTopic => Keyword::ALL.iter().map(|topic| topic.word()).collect(),
            Self::BreakglassTopic => BreakglassKeyword::ALL.iter().map(|topic| topic.word()).collect(),
            Self::Account
            | Self::PermissionSet
            | Self::Group
            | Self::Bundle
            | Self::Start
            | Self::Duration
            | Self::Ticket
            | Self::Reason
            | Self::Request
            | Self::Emergency
            | Self::Federation
            | Self::People
            | Self::Person => Vec::new(),
        }
    }
}

/// The word that ends open sessions, too.
pub(crate) const CUT: &str = "cut";
/// The word that says that it is surely meant.
pub(crate) const CONFIRMED: &str = "confirm";

const fn required(name: &'static str, kind: OptKind, description: &'static str) -> Opt {
    Opt { name, description, kind, required: true }
}

const fn optional(name: &'static str, kind: OptKind, description: &'static str) -> Opt {
    Opt { name, description, kind, required: false }
}

pub(super) const ACCOUNT: Opt =
    required("account", OptKind::Account, "the account: its id, its name or an alias");
pub(super) const PERMISSION_SET: Opt =
    required("permission-set", OptKind::PermissionSet, "the permission set: its name or the beginning of it");
pub(super) const DURATION: Opt =
    required("duration", OptKind::Duration, "how long, like 30m, 1h30m, 2h or until 18:00");
pub(super) const REQUEST: Opt = required("id", OptKind::Request, "the request's id, like AR-7K3Q");
pub(super) const TICKET: Opt = optional("ticket", OptKind::Ticket, "the ticket that it is for, like INC-7");
pub(super) const REASON: Opt =
    optional("reason", OptKind::Reason, "why; what is missing here and must be there is asked for");
pub(super) const DENY_WHY: Opt = required("why", OptKind::Reason, "why not; the requester reads it");
pub(super) const GROUP: Opt =
    required("group", OptKind::Group, "the group: its name in the Identity Store or in Okta");
pub(super) const BUNDLE: Opt = required("bundle", OptKind::Bundle, "the bundle: its name");
pub(super) const THIS_ACCOUNT: Opt = optional("account", ACCOUNT.kind, ACCOUNT.description);
pub(super) const THIS_PERMISSION_SET: Opt =
    optional("permission-set", PERMISSION_SET.kind, PERMISSION_SET.description);
pub(super) const OR_GROUP: Opt = optional("group", OptKind::Group, "or else a group: its name");
pub(super) const OR_BUNDLE: Opt = optional("bundle", OptKind::Bundle, "or else a bundle: its name");
pub(super) const AT: Opt =
    optional("at", OptKind::Start, "when it begins, like 02:00, tomorrow 02:00 or 2026-12-01T02:00Z");
pub(super) const LAST_REQUEST: Opt =
    optional("id", OptKind::Request, "the request to repeat, like AR-7K3Q; without it, your last one");
pub(super) const FOR_LESS: Opt =
    optional("duration", OptKind::Duration, "for less time than was asked for, like 30m or until 18:00");
pub(super) const EXTEND_REASON: Opt = optional("reason", OptKind::Reason, "why it takes longer");
pub(super) const SESSIONS: Opt =
    optional("sessions", OptKind::Sessions, "cut: sessions that are open end, too");
pub(super) const OF_PERSON: Opt =
    optional("person", OptKind::Person, "all of one person: a mention or an e-mail address");
pub(super) const OF_ACCOUNT: Opt =
    optional("account", OptKind::Account, "all to one account: its id, its name or an alias");
pub(super) const CONFIRM: Opt =
    optional("confirm", OptKind::Confirm, "confirm: end it without being asked once more");
pub(super) const OBJECT_WHY: Opt =
    required("why", OptKind::Reason, "what was not right; who asked for it reads it");
pub(super) const ELEVATE_TOPIC: Opt =
    optional("topic", OptKind::ElevateTopic, "one of the words of this command");

pub(super) const FEDERATION: Opt =
    optional("federation", OptKind::Federation, "which emergency federation, where there are several");
pub(super) const LEVEL: Opt =
    optional("level", OptKind::Level, "ro reads, ops repairs; without either it is ro");
pub(super) const LASTING: Opt = optional("duration", DURATION.kind, DURATION.description);
pub(super) const INCIDENT: Opt = optional("incident", OptKind::Ticket, "the incident, like INC-7");
pub(super) const PEOPLE: Opt =
    required("people", OptKind::People, "whom: one or several mentions or e-mail addresses");
pub(super) const FOR_PEOPLE: Opt =
    optional("people", OptKind::People, "who gets it: one or several mentions or e-mail addresses");
pub(super) const OFF_REASON: Opt = optional("reason", OptKind::Reason, "why it can be closed");
pub(super) const DECLINE_WHY: Opt = optional("why", OptKind::Reason, "why not; who asked for it reads it");
pub(super) const EMERGENCY: Opt = required("id", OptKind::Emergency, "the emergency's id, like BG-7K3Q");
pub(super) const NOTE: Opt = optional("note", OptKind::Reason, "what there is to say about it");
pub(super) const BREAKGLASS_TOPIC: Opt =
    optional("topic", OptKind::BreakglassTopic, "one of the words of this command");
