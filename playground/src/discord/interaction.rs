//! Interactions: the payloads that Discord sends when people type, click, submit and search, and what became of each.
//! Nothing is decided here about what the bot may answer; `rest/callback.rs` does.

use serde_json::{Value, json};

use super::people::Member;
use super::records::Answer;
use super::world::{APPLICATION, World};

/// A token lives this long after the interaction (platform-rules §2).
pub(crate) const TOKEN_MS: i64 = 15 * 60 * 1000;

pub(crate) const COMMAND: u64 = 2;
pub(crate) const COMPONENT: u64 = 3;
pub(crate) const AUTOCOMPLETE: u64 = 4;
pub(crate) const MODAL_SUBMIT: u64 = 5;

/// Attachments that a person without a subscription may send, bytes.
const ATTACHMENT_MAX: u64 = 10_485_760;

/// What the bot may do in a channel, and `MENTION_EVERYONE` is not among it.
const BOT_PERMISSIONS: &str = "2815010432445504";

/// Where something was done: a channel, and the guild when it is in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) guild: Option<String>,
    pub(crate) channel: String,
    /// By an installation of the person's own, not of the guild.
    pub(crate) is_personal: bool,
}

/// An interaction and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Interaction {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) kind: u64,
    pub(crate) user: String,
    pub(crate) spot: Spot,
    /// The message that was clicked, or whose modal was submitted.
    pub(crate) source: Option<String>,
    /// The interaction that opened the modal, for a submission.
    pub(crate) opener: Option<String>,
    pub(crate) made_ms: i64,
    /// The first answer, and when it came.
    pub(crate) answer: Option<(Answer, i64)>,
    /// The message that `@original` means.
    pub(crate) original: Option<String>,
    pub(crate) payload: Value,
}

impl Interaction {
    /// `authorizing_integration_owners`: which installation stands behind it.
    pub(crate) fn owners(&self, world: &World) -> Value {
        owners(&self.spot, &self.user, world)
    }
}

fn owners(spot: &Spot, user: &str, world: &World) -> Value {
    if spot.is_personal {
        return json!({ "1": user });
    }
    match &spot.guild {
        Some(guild) => json!({ "0": guild }),
        None if world.channels.contains_key(&spot.channel) => json!({ "0": "0" }),
        None => json!({}),
    }
}

impl World {
    /// Makes an interaction and dispatches it. `None` when there is no session to dispatch it to.
    pub(crate) fn interact(
        &mut self,
        kind: u64,
        user: &Member,
        spot: &Spot,
        source: Option<&str>,
        data: Value,
    ) -> Option<String> {
        let id = self.clock.snowflake();
        let token = format!("aW50ZXJhY3Rpb246{id}x{:016x}", self.clock.now_ms());
        let payload = self.payload(&id, &token, kind, user, spot, source, data);
        let interaction = Interaction {
            id: id.clone(),
            token,
            kind,
            user: user.id.clone(),
            spot: spot.clone(),
            source: source.map(str::to_owned),
            opener: None,
            made_ms: self.clock.now_ms(),
            answer: None,
            original: None,
            payload: payload.clone(),
        };
        self.interactions.insert(id.clone(), interaction);
        self.gateway.dispatch("INTERACTION_CREATE", &payload).then_some(id)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one payload, used once")]
    fn payload(
        &self,
        id: &str,
        token: &str,
        kind: u64,
        user: &Member,
        spot: &Spot,
        source: Option<&str>,
        data: Value,
    ) -> Value {
        let channel = self.channels.get(&spot.channel).map(|c| self.channel_object(c));
        let elsewhere = json!({ "id": spot.channel, "type": 0, "flags": 0, "name": "general" });
        let mut payload = json!({
            "id": id, "application_id": APPLICATION, "type": kind, "token": token, "version": 1, "data": data,
            "channel_id": spot.channel, "channel": channel.unwrap_or(elsewhere), "app_permissions": BOT_PERMISSIONS,
            "locale": "en-GB", "entitlements": [], "authorizing_integration_owners": owners(spot, &user.id, self),
            "context": if spot.guild.is_some() { 0 } else { 1 }, "attachment_size_limit": ATTACHMENT_MAX,
        });
        let Some(fields) = payload.as_object_mut() else { return payload };
        if let Some(guild) = &spot.guild {
            fields.insert("guild_id".into(), guild.clone().into());
            fields.insert("guild".into(), json!({ "id": guild, "locale": "en-US", "features": [] }));
            fields.insert("guild_locale".into(), "en-US".into());
            fields.insert("member".into(), user.in_interaction());
        } else {
            fields.insert("user".into(), user.user());
        }
        if let Some(message) = source.and_then(|id| self.message(&spot.channel, id)) {
            fields.insert("message".into(), self.message_object(message));
        }
        payload
    }

    /// The interaction of this token.
    pub(crate) fn by_token(&self, token: &str) -> Option<&Interaction> {
        self.interactions.values().find(|i| i.token == token)
    }
}
