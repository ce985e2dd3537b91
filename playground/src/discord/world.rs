//! The guild: everything that Discord would remember. Only data and the few rules that keep it consistent;
//! what a call means is said in `rest`, what a connection does in `gateway`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::check::{Findings, list, number, word};
use super::clock::Clock;
use super::error::RestError;
use super::faults::Weather;
use super::interaction::Interaction;
use super::limits::Limits;
use super::mentions;
use super::options::DiscordOptions;
use super::people::{self, Channel, ChannelKind, Member};
use super::records::{Call, LOADING, Message, OpenModal, Typed};
use super::session::Gateway;
use crate::company::Company;

/// Id of the application and of the bot's user, which Discord makes the same.
pub(crate) const APPLICATION: &str = "1290000000000000099";

/// Kind of a message that answers another.
const REPLY: u8 = 19;

/// A guild that has the bot too, and is not the company's.
pub(crate) const OTHER_GUILD: &str = "1290000000000000666";

/// A channel of that guild.
pub(crate) const OTHER_CHANNEL: &str = "1290000000000000667";

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) guild: String,
    pub(crate) guild_name: String,
    pub(crate) owner: String,
    pub(crate) members: BTreeMap<String, Member>,
    pub(crate) channels: BTreeMap<String, Channel>,
    /// Messages by channel, ephemeral ones among them, oldest first.
    pub(crate) messages: BTreeMap<String, Vec<Message>>,
    /// Ids of the pinned messages of each channel, the last pinned last.
    pub(crate) pins: BTreeMap<String, Vec<String>>,
    pub(crate) typed: Vec<Typed>,
    pub(crate) modals: Vec<OpenModal>,
    pub(crate) interactions: BTreeMap<String, Interaction>,
    /// Registered commands by guild; those of all guilds under the empty name.
    pub(crate) commands: BTreeMap<String, Vec<Value>>,
    /// When commands were made, for the limit of a day.
    pub(crate) commands_made_ms: Vec<i64>,
    pub(crate) calls: Vec<Call>,
    pub(crate) violations: Vec<String>,
    pub(crate) mentions: Vec<String>,
    pub(crate) weather: Weather,
    pub(crate) limits: Limits,
    /// Answers with 401, 403 and 429: ten thousand of them in ten minutes ban an address.
    pub(crate) invalid_calls: u64,
    /// The token was reset: nothing accepts it any more.
    pub(crate) token_is_void: bool,
    pub(crate) gateway: Gateway,
}

/// What a body makes of a message.
pub(crate) struct Draft<'a> {
    pub(crate) channel: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) kind: u8,
    pub(crate) interaction: Option<String>,
    pub(crate) only_for: Option<String>,
    pub(crate) flags: u64,
}

impl World {
    pub(crate) fn new(company: &Company, options: &DiscordOptions) -> Self {
        Self {
            clock: Clock::default(),
            guild: company.discord_guild_id.clone(),
            guild_name: company.slack_team_name.clone(),
            owner: company.people.last().map(|p| p.discord_user_id.clone()).unwrap_or_default(),
            members: people::members(company),
            channels: people::channels(options),
            messages: BTreeMap::new(),
            pins: BTreeMap::new(),
            typed: Vec::new(),
            modals: Vec::new(),
            interactions: BTreeMap::new(),
            commands: BTreeMap::new(),
            commands_made_ms: Vec::new(),
            calls: Vec::new(),
            violations: Vec::new(),
            mentions: Vec::new(),
            weather: Weather::default(),
            limits: Limits::new(options.rate_limits, options.global_limit),
            invalid_calls: 0,
            token_is_void: false,
            gateway: Gateway::default(),
        }
    }

    /// The account with this id or handle.
    pub(crate) fn member(&self, word: &str) -> Option<&Member> {
        self.members.get(word).or_else(|| self.members.values().find(|member| member.handle == word))
    }

    /// The id of the channel with this id or name.
    pub(crate) fn channel_id(&self, word: &str) -> Option<String> {
        let word = word.trim_start_matches('#');
        let by_name = || self.channels.values().find(|c| c.kind == ChannelKind::Text && c.name == word);
        self.channels.get(word).or_else(by_name).map(|channel| channel.id.clone())
    }

    /// The conversation between the bot and a user, opened when there is none yet.
    pub(crate) fn direct(&mut self, user: &str) -> String {
        let known = self.channels.values().find(|c| c.kind == ChannelKind::Direct(user.to_owned()));
        if let Some(channel) = known {
            return channel.id.clone();
        }
        let id = self.clock.snowflake();
        let kind = ChannelKind::Direct(user.to_owned());
        let channel =
            Channel { id: id.clone(), name: String::new(), kind, flags: people::ChannelFlags::default() };
        self.channels.insert(id.clone(), channel);
        id
    }

    /// Notes what is wrong, and says no as Discord does.
    pub(crate) fn judge(&mut self, place: &str, found: &Findings) -> Result<(), RestError> {
        self.violations.extend(found.lines().into_iter().map(|line| format!("{place}: {line}")));
        found.refusal().map_or(Ok(()), Err)
    }

    /// Notes something that a rule forbids.
    pub(crate) fn violation(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    pub(crate) fn message(&self, channel: &str, id: &str) -> Option<&Message> {
        self.messages.get(channel)?.iter().find(|m| m.id == id)
    }

    pub(crate) fn message_mut(&mut self, channel: &str, id: &str) -> Option<&mut Message> {
        self.messages.get_mut(channel)?.iter_mut().find(|m| m.id == id)
    }

    /// Puts a message of the bot into a channel, notifies whom it notifies, and returns it.
    pub(crate) fn put(&mut self, draft: &Draft<'_>) -> Message {
        let body = draft.body;
        let nonce = body
            .get("nonce")
            .and_then(|n| n.as_str().map(str::to_owned).or_else(|| n.as_i64().map(|n| n.to_string())));
        let refers_to = answered(body).filter(|id| self.message(draft.channel, id).is_some());
        let mut message = Message {
            id: self.clock.snowflake(),
            channel: draft.channel.to_owned(),
            author: APPLICATION.to_owned(),
            kind: if refers_to.is_some() { REPLY } else { draft.kind },
            flags: draft.flags,
            nonce,
            refers_to: refers_to.map(str::to_owned),
            interaction: draft.interaction.clone(),
            only_for: draft.only_for.clone(),
            made_ms: self.clock.now_ms(),
            ..Message::default()
        };
        fill(&mut message, body);
        self.notify(&mut message, body);
        self.messages.entry(draft.channel.to_owned()).or_default().push(message.clone());
        message
    }

    /// Changes a message of the bot. What the body does not name stays.
    pub(crate) fn revise(&mut self, channel: &str, id: &str, body: &Value) -> Option<Message> {
        let now = self.clock.now_ms();
        let message = self.message_mut(channel, id)?;
        let was_loading = message.is_loading();
        message.flags &= !LOADING;
        message.flags |= number(body, "flags") & super::records::COMPONENTS_V2;
        fill(message, body);
        if !was_loading {
            message.edits += 1;
            message.edited_ms = Some(now);
        }
        let mut revised = message.clone();
        // Changing a text notifies nobody; the text that replaces "is thinking" is a first text.
        if was_loading {
            self.notify(&mut revised, body);
            if let Some(message) = self.message_mut(channel, id) {
                message.pinged.clone_from(&revised.pinged);
            }
        }
        Some(revised)
    }

    fn notify(&mut self, message: &mut Message, body: &Value) {
        let default: &[&str] =
            if message.interaction.is_some() { &["users"] } else { &["users", "roles", "everyone"] };
        let allowed = body.get("allowed_mentions").filter(|a| !a.is_null());
        let pings = mentions::fired(&message.content, allowed, default);
        message.pinged = pings.users;
        self.mentions.extend(pings.many.into_iter().map(|many| format!("message {}: {many}", message.id)));
    }

    /// Discord itself tells a person something.
    pub(crate) fn whisper(&mut self, channel: &str, user: &str, text: &str) {
        let message = Message {
            id: self.clock.snowflake(),
            channel: channel.to_owned(),
            author: APPLICATION.to_owned(),
            content: text.to_owned(),
            flags: super::records::EPHEMERAL,
            only_for: Some(user.to_owned()),
            made_ms: self.clock.now_ms(),
            from_discord: true,
            ..Message::default()
        };
        self.messages.entry(channel.to_owned()).or_default().push(message);
    }
}

/// The message that a body answers, if it answers one.
pub(crate) fn answered(body: &Value) -> Option<&str> {
    body.pointer("/message_reference/message_id").and_then(Value::as_str)
}

/// Takes over what a body says of a message.
fn fill(message: &mut Message, body: &Value) {
    if let Some(content) = body.get("content") {
        message.content = content.as_str().unwrap_or_default().to_owned();
    }
    if body.get("embeds").is_some() {
        message.embeds = list(body, "embeds").iter().map(with_type).collect();
    }
    if body.get("components").is_some() {
        let mut next = 0;
        message.components = list(body, "components").iter().map(|c| with_ids(c, &mut next)).collect();
    }
}

fn with_type(embed: &Value) -> Value {
    let mut embed = embed.clone();
    if let Some(fields) = embed.as_object_mut() {
        fields.entry("type").or_insert_with(|| "rich".into());
    }
    embed
}

/// Components with the numbers that Discord gives to those that came without.
pub(crate) fn with_ids(component: &Value, next: &mut u64) -> Value {
    let mut component = component.clone();
    let Some(fields) = component.as_object_mut() else { return component };
    *next += 1;
    let id = *next;
    fields.entry("id").or_insert_with(|| id.into());
    for key in ["components", "component", "accessory"] {
        match fields.get_mut(key) {
            Some(Value::Array(inner)) => {
                for one in inner.iter_mut() {
                    *one = with_ids(one, next);
                }
            }
            Some(one @ Value::Object(_)) => *one = with_ids(one, next),
            _ => {}
        }
    }
    component
}

/// True when a body would leave nothing to see.
pub(crate) fn is_empty(body: &Value) -> bool {
    word(body, "content").trim().is_empty()
        && list(body, "embeds").is_empty()
        && list(body, "components").is_empty()
}
