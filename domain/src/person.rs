//! People, the doors they come through, and who did a thing.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::PersonId;

/// Whether the company says that a person still works here. Unknown means no (P9, pitfall 25).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Employment {
    /// The Identity Store says `ENABLED`.
    Enabled,
    /// The Identity Store says `DISABLED`.
    Disabled,
    /// The Identity Store does not say.
    Unknown,
}

/// A human as the company knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The immutable user id of the Identity Store.
    pub id: PersonId,
    /// The user name, often but not always an e-mail address.
    pub user_name: String,
    /// What the company shows; free text, never compared.
    pub display_name: String,
    /// Every e-mail address of the record, lower case, the primary one first.
    pub emails: Vec<String>,
    /// Whether they still work here.
    pub employment: Employment,
}

impl Person {
    /// The primary e-mail address, or the user name when there is none.
    #[must_use]
    pub fn email(&self) -> &str {
        self.emails.first().map_or(self.user_name.as_str(), String::as_str)
    }
}

/// Where a command came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// Slack.
    Slack,
    /// Discord.
    Discord,
    /// The Unix socket on the host.
    Host,
    /// Nobody's: a timer or an outcome.
    Inside,
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Host => "host",
            Self::Inside => "inside",
        })
    }
}

/// A chat platform: where cards and messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Slack. The only one of the first release: facts that name none are about it.
    #[default]
    Slack,
    /// Discord.
    Discord,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Slack, Self::Discord];

    /// Whether facts that name no platform are about this one.
    pub(crate) const fn is_first(&self) -> bool {
        match self {
            Self::Slack => true,
            Self::Discord => false,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slack => "Slack",
            Self::Discord => "Discord",
        }
    }

    /// Its word in keys of messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
        }
    }

    /// The door through which its people come.
    #[must_use]
    pub const fn door(self) -> Door {
        match self {
            Self::Slack => Door::Slack,
            Self::Discord => Door::Discord,
        }
    }

    /// The platform of a door, where it is one.
    #[must_use]
    pub const fn of_door(door: Door) -> Option<Self> {
        match door {
            Door::Slack => Some(Self::Slack),
            Door::Discord => Some(Self::Discord),
            Door::Host | Door::Inside => None,
        }
    }

    /// The platform whose id of a channel this is: Discord's are numbers (snowflakes), Slack's are not. A `#name` may be
    /// either's.
    #[must_use]
    pub fn of_channel(name: &str) -> Option<Self> {
        let number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        match name.strip_prefix('#') {
            Some(_) => None,
            None if number => Some(Self::Discord),
            None => Some(Self::Slack),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An account on a chat platform. Both parts are immutable there; names and e-mail addresses are not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChatAccount {
    /// The platform.
    pub door: Door,
    /// Slack team or Discord guild.
    pub workspace: String,
    /// The platform's user id.
    pub user: String,
}

impl fmt::Display for ChatAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.door, self.workspace, self.user)
    }
}

/// Who did a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Who {
    /// A person, by corporate identity.
    Person {
        /// Which one.
        person: PersonId,
    },
    /// Somebody in chat whom we could not take for a person of the company.
    Stranger {
        /// Their account.
        account: ChatAccount,
    },
    /// A local user of the host, through the socket.
    Local {
        /// The Unix user name.
        user: String,
    },
    /// Glasskey itself: a timer, an outcome.
    Glasskey,
}

/// A sign-in at the company's identity provider, as its token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The identity provider: `iss` of the token.
    pub issuer: String,
    /// Its name for the person: `sub` of the token.
    pub subject: String,
    /// The e-mail address that it vouches for, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// When they signed in; when the token was made, where it does not say.
    pub at: Timestamp,
    /// Whether the token says when they signed in.
    pub interactive: bool,
}

/// Who did a thing, and through which door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// Through which door.
    pub door: Door,
    /// How they proved anew who they are, where that was asked for (step-up).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignIn>,
}

impl Actor {
    /// A person through a door.
    #[must_use]
    pub fn person(person: PersonId, door: Door) -> Self {
        Self { who: Who::Person { person }, door, sign_in: None }
    }

    /// Glasskey itself.
    #[must_use]
    pub fn glasskey() -> Self {
        Self { who: Who::Glasskey, door: Door::Inside, sign_in: None }
    }

    /// The person, when it is one.
    #[must_use]
    pub fn as_person(&self) -> Option<&PersonId> {
        match &self.who {
            Who::Person { person } => Some(person),
            Who::Stranger { .. } | Who::Local { .. } | Who::Glasskey => None,
        }
    }
}
