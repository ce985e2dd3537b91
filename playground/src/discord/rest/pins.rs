//! Pins, by the older path and the newer one, which share a bucket and differ in the list they answer with.

use serde_json::{Value, json};

use super::Reply;
use super::messages::enter;
use crate::discord::clock::written;
use crate::discord::error::RestError;
use crate::discord::records::Message;
use crate::discord::routes::Request;
use crate::discord::world::{APPLICATION, World};

/// Pins of one channel.
const PINS_MAX: usize = 250;

/// "… pinned a message to this channel".
const PINNED: u8 = 6;

fn may_pin(world: &World, channel: &str) -> Result<(), RestError> {
    enter(world, channel, false)?;
    let forbids = world.channels.get(channel).is_some_and(|c| c.flags.forbids_pins);
    if forbids { Err(RestError::missing_permissions()) } else { Ok(()) }
}

pub(super) fn pin(world: &mut World, request: &Request) -> Reply {
    let (channel, id) = (request.route.id(0).to_owned(), request.route.id(1).to_owned());
    may_pin(world, &channel)?;
    let message = world.message_mut(&channel, &id).filter(|m| m.only_for.is_none());
    message.ok_or_else(RestError::unknown_message)?.pinned = true;
    let pins = world.pins.entry(channel.clone()).or_default();
    if pins.contains(&id) {
        return Ok(None);
    }
    if pins.len() >= PINS_MAX {
        return Err(RestError::new(400, 30_003, "Maximum number of pinned messages reached (250)"));
    }
    pins.push(id.clone());
    // Discord says so in the channel, in the name of who pinned.
    let notice = Message {
        id: world.clock.snowflake(),
        channel: channel.clone(),
        author: APPLICATION.to_owned(),
        kind: PINNED,
        refers_to: Some(id),
        made_ms: world.clock.now_ms(),
        ..Message::default()
    };
    world.messages.entry(channel).or_default().push(notice);
    Ok(None)
}

pub(super) fn unpin(world: &mut World, request: &Request) -> Reply {
    let (channel, id) = (request.route.id(0), request.route.id(1));
    may_pin(world, channel)?;
    world.message_mut(channel, id).ok_or_else(RestError::unknown_message)?.pinned = false;
    if let Some(pins) = world.pins.get_mut(channel) {
        pins.retain(|pin| pin != id);
    }
    Ok(None)
}

/// The last pinned first.
pub(super) fn list(world: &World, request: &Request) -> Reply {
    let channel = request.route.id(0);
    enter(world, channel, false)?;
    let ids = world.pins.get(channel).into_iter().flatten().rev();
    let messages: Vec<Value> =
        ids.filter_map(|id| world.message(channel, id)).map(|m| world.message_object(m)).collect();
    if !request.is_new_path {
        return Ok(Some(messages.into()));
    }
    let at = written(world.clock.now_ms());
    let items: Vec<Value> = messages.into_iter().map(|m| json!({ "pinned_at": at, "message": m })).collect();
    Ok(Some(json!({ "items": items, "has_more": false })))
}
