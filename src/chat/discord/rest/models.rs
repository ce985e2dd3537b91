//! What Discord answers, as far as we need it. serenity's models ask for fields that Discord may leave out, and refuse
//! messages with components that are newer than they are; so these are ours, over serenity's ids.
//!
//! What Discord left out is `None`: whoever decides by it must say what a missing one means.

use std::num::NonZeroU64;

use serde::Deserialize;
use serde_json::Value;
use serenity::model::id::{ApplicationId, ChannelId, GuildId, MessageId, RoleId, UserId};
use sha2::{Digest as _, Sha256};

/// Characters of a nonce: all that Discord takes.
pub const NONCE_CHARS: usize = 25;
/// Messages of a page: all that Discord gives at once.
pub const MESSAGES_MAX: u8 = 100;

/// An id out of text, `None` when it is none. serenity's own constructors panic at 0.
#[must_use]
pub fn id<T: From<NonZeroU64>>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    text.parse::<NonZeroU64>().ok().filter(|_| digits).map(T::from)
}

/// What a message is sent under, so that sending it twice posts it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// The nonce of what `key` identifies: the same key, the same nonce.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(hex.chars().take(NONCE_CHARS).collect())
    }

    /// As it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who the bot's token is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Application {
    /// The application.
    pub id: ApplicationId,
    /// Its name, for people.
    pub name: String,
    /// The bot's own user.
    pub bot: Option<User>,
    /// Whether anybody may add the bot to a guild of theirs.
    pub bot_public: Option<bool>,
}

/// A guild.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Guild {
    /// The guild.
    pub id: GuildId,
    /// Its name, for people.
    pub name: String,
    /// Who owns it.
    pub owner_id: Option<UserId>,
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Channel {
    /// The channel.
    pub id: ChannelId,
    /// Discord's kind: 0 is text of a guild, 1 a direct message, 5 announcements.
    #[serde(rename = "type")]
    pub kind: u8,
    /// The guild; direct messages have none.
    pub guild_id: Option<GuildId>,
    /// Name without `#`; direct messages have none.
    pub name: Option<String>,
    /// Who may do what in it, as Discord says it.
    #[serde(default)]
    pub permission_overwrites: Vec<Value>,
}

/// A user. Names are set freely by their owner: to show, never to match on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// Unique, but can be given up and taken by another.
    pub username: Option<String>,
    /// What people see.
    pub global_name: Option<String>,
    /// A bot.
    pub bot: Option<bool>,
}

/// A member of a guild.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Who it is.
    pub user: User,
    /// What they are called in this guild.
    pub nick: Option<String>,
    /// Their roles.
    #[serde(default)]
    pub roles: Vec<RoleId>,
    /// Has not yet passed the guild's screening.
    pub pending: Option<bool>,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Posted {
    /// The channel.
    pub channel_id: ChannelId,
    /// The message within it.
    #[serde(rename = "id")]
    pub message_id: MessageId,
}

/// A message as it was read. It prints nothing of what people wrote.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Message {
    /// Where it is.
    #[serde(flatten)]
    pub at: Posted,
    /// Who wrote it.
    pub author: User,
    /// The words above the embeds.
    #[serde(default)]
    pub content: String,
    /// Embeds, as Discord says them.
    #[serde(default)]
    pub embeds: Vec<Value>,
    /// Buttons, as Discord says them.
    #[serde(default)]
    pub components: Vec<Value>,
}

/// By hand, because embeds hold what people typed.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("at", &self.at)
            .field("author", &self.author.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_short_enough_and_the_same_for_the_same_key() {
        let nonce = Nonce::of("card:R-1");
        assert_eq!(nonce.as_str().len(), NONCE_CHARS);
        assert_eq!(nonce, Nonce::of("card:R-1"));
        assert_ne!(nonce, Nonce::of("card:R-2"));
    }

    #[test]
    fn what_is_no_id_is_no_id() {
        assert_eq!(id::<UserId>("81384788765712384").unwrap().get(), 81_384_788_765_712_384);
        for bad in ["", "0", "-1", "+1", "1.5", "ana", "99999999999999999999999"] {
            assert_eq!(id::<UserId>(bad), None, "{bad}");
        }
    }
}
