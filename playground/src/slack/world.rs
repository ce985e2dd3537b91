//! The workspace: everything that Slack would remember. Only data and the few rules that keep it consistent;
//! what a call means is said in `methods`, what a socket does in `socket`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::blocks::Findings;
use super::clock::Clock;
use super::elements;
use super::envelope::{Envelope, Socket};
use super::faults::Weather;
use super::form::{Draft, Select};
use super::options::SlackOptions;
use super::params::SlackError;
use super::people::{Channel, ChannelKind, User};
use super::records::{Ack, Call, Ephemeral, Message, Typed};
use crate::company::Company;

pub(crate) const APP_ID: &str = "A0GLASSKEY";
pub(crate) const BOT_ID: &str = "B0GLASSKEY";
pub(crate) const BOT_USER: &str = "U0GLASSKEY";

/// A `trigger_id` can be exchanged for this long (platform-rules §1.1).
const TRIGGER_MS: i64 = 3_000;

/// A permission to open one modal.
#[derive(Debug, Clone)]
pub(crate) struct Trigger {
    pub(crate) user: String,
    expires_ms: i64,
    used: bool,
}

/// Where a `response_url` leads.
#[derive(Debug, Clone)]
pub(crate) struct ReplyTo {
    pub(crate) channel: String,
    pub(crate) user: String,
    /// The message or ephemeral message that was clicked; `None` for a slash command.
    pub(crate) original: Option<String>,
    pub(crate) made_ms: i64,
    pub(crate) uses: usize,
}

/// A modal on somebody's screen, or their Home tab of the app.
#[derive(Debug, Clone)]
pub(crate) struct ViewRecord {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) root: String,
    pub(crate) previous: Option<String>,
    /// What the bot sent, with ids given.
    pub(crate) content: Value,
    pub(crate) hash: String,
    pub(crate) errors: Value,
    /// What the person has filled in so far.
    pub(crate) draft: Draft,
}

impl ViewRecord {
    /// `modal` or `home`.
    pub(crate) fn kind(&self) -> &str {
        self.content.get("type").and_then(Value::as_str).unwrap_or_default()
    }
}

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) team: String,
    pub(crate) team_name: String,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) messages: BTreeMap<String, Vec<Message>>,
    /// Timestamps of the pinned messages of each channel, the last pinned last.
    pub(crate) pins: BTreeMap<String, Vec<String>>,
    pub(crate) ephemerals: Vec<Ephemeral>,
    pub(crate) typed: Vec<Typed>,
    pub(crate) views: Vec<ViewRecord>,
    /// The app's Home tab of each person, once it was published.
    pub(crate) homes: BTreeMap<String, ViewRecord>,
    /// What the app offered in external selects.
    pub(crate) offered: BTreeMap<Select, Vec<Value>>,
    pub(crate) triggers: BTreeMap<String, Trigger>,
    pub(crate) reply_urls: BTreeMap<String, ReplyTo>,
    pub(crate) calls: Vec<Call>,
    pub(crate) acks: Vec<Ack>,
    pub(crate) violations: Vec<String>,
    pub(crate) mentions: Vec<String>,
    pub(crate) weather: Weather,
    /// The error that every call with the bot token meets from now on.
    pub(crate) revoked: Option<String>,
    pub(crate) tickets: BTreeMap<String, Duration>,
    pub(crate) sockets: BTreeMap<u64, Socket>,
    pub(crate) sockets_opened: u64,
    pub(crate) envelopes: BTreeMap<String, Envelope>,
    pub(crate) turn: usize,
    counter: u64,
    last_us: i64,
}

impl World {
    pub(crate) fn new(company: &Company, options: &SlackOptions) -> Self {
        let team = company.slack_team_id.clone();
        let people = company.people.iter().map(|p| User::from_person(p, &team));
        let everybody = people.chain([User::bot(BOT_USER, &team)]);
        Self {
            clock: Clock::default(),
            team_name: company.slack_team_name.clone(),
            users: everybody.map(|user| (user.id.clone(), user)).collect(),
            channels: options
                .channels
                .iter()
                .map(|(id, name)| (id.clone(), Channel::named(id, name)))
                .collect(),
            team,
            messages: BTreeMap::new(),
            pins: BTreeMap::new(),
            ephemerals: Vec::new(),
            typed: Vec::new(),
            views: Vec::new(),
            homes: BTreeMap::new(),
            offered: BTreeMap::new(),
            triggers: BTreeMap::new(),
            reply_urls: BTreeMap::new(),
            calls: Vec::new(),
            acks: Vec::new(),
            violations: Vec::new(),
            mentions: Vec::new(),
            weather: Weather::with_limits(options.rate_limits),
            revoked: None,
            tickets: BTreeMap::new(),
            sockets: BTreeMap::new(),
            sockets_opened: 0,
            envelopes: BTreeMap::new(),
            turn: 0,
            counter: 0,
            last_us: 0,
        }
    }

    /// The workspace's subdomain of slack.com.
    pub(crate) fn domain(&self) -> String {
        self.team_name.to_lowercase().replace(' ', "-")
    }

    /// A number that was not given before.
    pub(crate) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A message timestamp: the time now, made unique.
    pub(crate) fn stamp(&mut self) -> String {
        self.last_us = self.clock.now_us().max(self.last_us + 1);
        format!("{}.{:06}", self.last_us / 1_000_000, self.last_us % 1_000_000)
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1000
    }

    /// The user with this id or handle.
    pub(crate) fn user(&self, word: &str) -> Option<&User> {
        self.users.get(word).or_else(|| self.users.values().find(|user| user.name == word))
    }

    /// The id of the channel with this id or name.
    pub(crate) fn channel_id(&self, word: &str) -> Option<String> {
        let by_name = || self.channels.values().find(|c| c.kind == ChannelKind::Named && c.name == word);
        self.channels.get(word).or_else(by_name).map(|channel| channel.id.clone())
    }

    /// The conversation between the bot and a user, opened when there is none yet.
    pub(crate) fn direct(&mut self, user: &str) -> String {
        let id = format!("D0{}", user.trim_start_matches(['U', '0']));
        self.channels.entry(id.clone()).or_insert_with(|| Channel::direct(&id, user));
        id
    }

    /// Judges blocks: notes what is wrong or shouts, and says no as Slack does.
    pub(crate) fn judge(&mut self, place: &str, found: Findings, code: &str) -> Result<(), SlackError> {
        let too_long = found.too_long();
        self.mentions.extend(found.mentions.into_iter().map(|m| format!("{place}: {m}")));
        self.violations.extend(found.faults.iter().map(|fault| format!("{place}: {fault}")));
        if found.faults.first().is_some_and(|fault| fault == "view_too_large") {
            return Err(SlackError::new("view_too_large"));
        }
        if !found.faults.is_empty() {
            return Err(SlackError::explained(code, &found.faults));
        }
        if too_long {
            self.violations.push(format!("{place}: msg_blocks_too_long"));
            return Err(SlackError::new("msg_blocks_too_long"));
        }
        Ok(())
    }

    /// Blocks with ids for everything that came without.
    pub(crate) fn with_ids(&mut self, blocks: &Value) -> Vec<Value> {
        elements::with_ids(blocks, || format!("x{}", self.next()))
    }

    pub(crate) fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.messages.get_mut(channel)?.iter_mut().find(|m| m.ts == ts)
    }

    /// Modals and Home tabs.
    pub(crate) fn all_views(&self) -> impl Iterator<Item = &ViewRecord> {
        self.views.iter().chain(self.homes.values())
    }

    pub(crate) fn view_mut(&mut self, id: &str) -> Option<&mut ViewRecord> {
        self.views.iter_mut().chain(self.homes.values_mut()).find(|view| view.id == id)
    }

    /// A fresh trigger for a person.
    pub(crate) fn trigger(&mut self, user: &str) -> String {
        let id = format!("{}.{}.{:016x}", self.next(), self.now_s(), self.clock.now_us());
        let expires_ms = self.clock.now_ms() + TRIGGER_MS;
        self.triggers.insert(id.clone(), Trigger { user: user.to_owned(), expires_ms, used: false });
        id
    }

    /// Exchanges a trigger for the person it belongs to. The codes are those of `views.open`.
    pub(crate) fn exchange(&mut self, trigger: &str) -> Result<String, SlackError> {
        let now = self.clock.now_ms();
        match self.triggers.get_mut(trigger) {
            None => Err(SlackError::new("invalid_trigger_id")),
            Some(trigger) if trigger.used => Err(SlackError::new("exchanged_trigger_id")),
            Some(trigger) if now > trigger.expires_ms => Err(SlackError::new("expired_trigger_id")),
            Some(trigger) => {
                trigger.used = true;
                Ok(trigger.user.clone())
            }
        }
    }

    /// Shows a message to one person only.
    pub(crate) fn whisper(
        &mut self,
        channel: &str,
        user: &str,
        text: &str,
        blocks: Vec<Value>,
        from_slack: bool,
    ) -> String {
        let ts = self.stamp();
        let (channel, user, text) = (channel.to_owned(), user.to_owned(), text.to_owned());
        self.ephemerals.push(Ephemeral { ts: ts.clone(), channel, user, text, blocks, from_slack });
        ts
    }

    /// The message object of the Web API and of payloads.
    pub(crate) fn message_object(&self, message: &Message, with_metadata: bool) -> Value {
        let mut object = json!({
            "type": "message", "user": message.user, "ts": message.ts, "bot_id": BOT_ID, "app_id": APP_ID,
            "text": message.text, "team": self.team, "blocks": message.blocks,
            "bot_profile": { "id": BOT_ID, "app_id": APP_ID, "name": "Glasskey", "deleted": false,
                "user_id": BOT_USER, "team_id": self.team, "updated": 1_732_147_200, "icons": {} },
        });
        if let Some(fields) = object.as_object_mut() {
            if let Some(ts) = &message.edited_ts {
                fields.insert("edited".into(), json!({ "user": message.user, "ts": ts }));
            }
            if let Some(thread) = &message.thread_ts {
                fields.insert("thread_ts".into(), Value::from(thread.clone()));
            }
            if let (true, Some(metadata)) = (with_metadata, &message.metadata) {
                fields.insert("metadata".into(), metadata.clone());
            }
        }
        object
    }

    /// The view object of the Web API and of payloads.
    pub(crate) fn view_object(&self, view: &ViewRecord, values: Value) -> Value {
        let mut object = json!({
            "id": view.id, "team_id": self.team, "type": "modal", "private_metadata": "", "callback_id": "",
            "state": { "values": values }, "hash": view.hash, "submit": null, "close": null,
            "clear_on_close": false, "notify_on_close": false, "submit_disabled": false,
            "previous_view_id": view.previous, "root_view_id": view.root, "app_id": APP_ID, "external_id": "",
            "app_installed_team_id": self.team, "bot_id": BOT_ID,
        });
        if let (Some(fields), Some(content)) = (object.as_object_mut(), view.content.as_object()) {
            fields.extend(content.clone());
        }
        object
    }
}
