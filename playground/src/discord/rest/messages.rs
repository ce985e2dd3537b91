//! Messages of channels: made, changed, taken away, read.

use serde_json::Value;

use super::Reply;
use crate::discord::Message;
use crate::discord::check::{self, Purpose, number};
use crate::discord::error::RestError;
use crate::discord::people::ChannelKind;
use crate::discord::records::COMPONENTS_V2;
use crate::discord::routes::Request;
use crate::discord::world::{APPLICATION, Draft, World, answered, is_empty};

/// The same nonce within this time is the same message ("the past few minutes").
const NONCE_MS: i64 = 5 * 60 * 1000;

/// Messages of one page.
const PAGE_MAX: usize = 100;
const PAGE: usize = 50;

/// Whether the bot sees this channel, and may write in it when `writes`.
pub(super) fn enter(world: &World, channel: &str, writes: bool) -> Result<(), RestError> {
    let channel = world.channels.get(channel).ok_or_else(RestError::unknown_channel)?;
    if channel.flags.is_hidden {
        return Err(RestError::missing_access());
    }
    if writes && channel.flags.is_read_only {
        return Err(RestError::missing_permissions());
    }
    if let (true, ChannelKind::Direct(user)) = (writes, &channel.kind) {
        let member = world.members.get(user).ok_or_else(RestError::unknown_channel)?;
        if !member.flags.is_member {
            let message = "Cannot send messages to this user due to having no mutual guilds";
            return Err(RestError::new(403, 50_278, message));
        }
        if member.flags.closes_direct || member.flags.is_bot {
            return Err(RestError::new(403, 50_007, "Cannot send messages to this user"));
        }
    }
    Ok(())
}

pub(super) fn empty() -> RestError {
    RestError::new(400, 50_006, "Cannot send an empty message")
}

pub(super) fn post(world: &mut World, request: &Request) -> Reply {
    let (channel, body) = (request.route.id(0), &request.body);
    enter(world, channel, true)?;
    world.judge("POST message", &check::message(body, Purpose::Post, false))?;
    if is_empty(body) {
        world.violation("POST message: empty");
        return Err(empty());
    }
    let must_be_there = body.pointer("/message_reference/fail_if_not_exists") != Some(&Value::Bool(false));
    if must_be_there && answered(body).is_some_and(|id| world.message(channel, id).is_none()) {
        return Err(RestError::form([("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")]));
    }
    if let Some(known) = same_nonce(world, channel, body) {
        return Ok(Some(world.message_object(&known)));
    }
    let flags = number(body, "flags") & COMPONENTS_V2;
    let message = world.put(&Draft { channel, body, kind: 0, interaction: None, only_for: None, flags });
    Ok(Some(world.message_object(&message)))
}

fn same_nonce(world: &World, channel: &str, body: &Value) -> Option<Message> {
    if body.get("enforce_nonce") != Some(&Value::Bool(true)) {
        return None;
    }
    let nonce = body.get("nonce").filter(|n| !n.is_null())?;
    let nonce = nonce.as_str().map_or_else(|| nonce.to_string(), str::to_owned);
    let since = world.clock.now_ms() - NONCE_MS;
    let messages = world.messages.get(channel)?;
    messages.iter().find(|m| m.nonce.as_ref() == Some(&nonce) && m.made_ms >= since).cloned()
}

/// A message that REST shows: ephemeral ones it does not.
fn visible(world: &World, channel: &str, id: &str) -> Result<Message, RestError> {
    let found = world.message(channel, id).filter(|m| m.only_for.is_none());
    found.cloned().ok_or_else(RestError::unknown_message)
}

pub(super) fn edit(world: &mut World, request: &Request) -> Reply {
    let (channel, id, body) = (request.route.id(0), request.route.id(1), &request.body);
    enter(world, channel, false)?;
    let message = visible(world, channel, id)?;
    if message.author != APPLICATION {
        return Err(RestError::new(403, 50_005, "Cannot edit a message authored by another user"));
    }
    change(world, "PATCH message", &message, body)
}

/// Changes a message, unless nothing would be left of it.
pub(super) fn change(world: &mut World, place: &str, message: &Message, body: &Value) -> Reply {
    let was_v2 = message.flags & COMPONENTS_V2 != 0;
    world.judge(place, &check::message(body, Purpose::Edit, was_v2))?;
    let gone = |key: &str, had: bool| match body.get(key) {
        None => !had,
        Some(value) => {
            value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
        }
    };
    let nothing_left = gone("content", !message.content.is_empty())
        && gone("embeds", !message.embeds.is_empty())
        && gone("components", !message.components.is_empty());
    if nothing_left {
        world.violation(format!("{place}: leaves an empty message"));
        return Err(empty());
    }
    let revised = world.revise(&message.channel, &message.id, body).ok_or_else(RestError::unknown_message)?;
    Ok(Some(world.message_object(&revised)))
}

pub(super) fn delete(world: &mut World, request: &Request) -> Reply {
    let (channel, id) = (request.route.id(0), request.route.id(1));
    enter(world, channel, false)?;
    let message = visible(world, channel, id)?;
    if message.author != APPLICATION {
        return Err(RestError::missing_permissions());
    }
    remove(world, channel, id);
    Ok(None)
}

/// Takes a message away, and its pin with it.
pub(super) fn remove(world: &mut World, channel: &str, id: &str) {
    if let Some(messages) = world.messages.get_mut(channel) {
        messages.retain(|m| m.id != id);
    }
    if let Some(pins) = world.pins.get_mut(channel) {
        pins.retain(|pin| pin != id);
    }
}

pub(super) fn get(world: &World, request: &Request) -> Reply {
    let (channel, id) = (request.route.id(0), request.route.id(1));
    enter(world, channel, false)?;
    let message = visible(world, channel, id)?;
    Ok(Some(shown(world, &message)))
}

/// What people write is not shown to an app without the intent for it, except in direct messages or when they mention it.
fn shown(world: &World, message: &Message) -> Value {
    let mut object = world.message_object(message);
    let is_direct = world.channels.get(&message.channel).is_some_and(|c| c.kind != ChannelKind::Text);
    let mentions_bot = message.content.contains(&format!("<@{APPLICATION}>"));
    let is_hidden = message.author != APPLICATION && !is_direct && !mentions_bot;
    if let (true, Some(fields)) = (is_hidden, object.as_object_mut()) {
        fields.insert("content".into(), "".into());
    }
    object
}

/// `?after=`, `?before=`, `?limit=`: the newest first, always.
pub(super) fn list(world: &World, request: &Request) -> Reply {
    let channel = request.route.id(0);
    enter(world, channel, false)?;
    let query = |key: &str| request.query.get(key).map(|value| value.parse::<u64>());
    let limit = match query("limit") {
        None => PAGE,
        Some(Ok(limit)) if (1..=PAGE_MAX as u64).contains(&limit) => usize::try_from(limit).unwrap_or(PAGE),
        Some(_) => {
            let fault = ("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.");
            return Err(RestError::form([fault]));
        }
    };
    let (after, before) = (query("after").and_then(Result::ok), query("before").and_then(Result::ok));
    let fits = |message: &&Message| {
        let id = message.id.parse::<u64>().unwrap_or_default();
        message.only_for.is_none() && after.is_none_or(|a| id > a) && before.is_none_or(|b| id < b)
    };
    let found: Vec<&Message> = world.messages.get(channel).into_iter().flatten().filter(fits).collect();
    let page: Vec<Value> = if after.is_some() {
        found.iter().take(limit).rev().map(|m| shown(world, m)).collect()
    } else {
        found.iter().rev().take(limit).map(|m| shown(world, m)).collect()
    };
    Ok(Some(page.into()))
}
