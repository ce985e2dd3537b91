//! `pins.*`: messages that stay at the top of a channel.

use serde_json::json;

use crate::slack::params::{Answer, Params, SlackError};
use crate::slack::world::World;

/// Pins of one channel. Source: docs.slack.dev, pins.add (`too_many_pins`).
const PINS_MAX: usize = 100;

pub(super) fn add(world: &mut World, params: &Params) -> Answer {
    let (channel, ts) = message(world, params)?;
    let pinned = world.pins.entry(channel).or_default();
    if pinned.contains(&ts) {
        return Err(SlackError::new("already_pinned"));
    }
    if pinned.len() >= PINS_MAX {
        return Err(SlackError::new("too_many_pins"));
    }
    pinned.push(ts);
    Ok(json!({ "ok": true }))
}

pub(super) fn remove(world: &mut World, params: &Params) -> Answer {
    let (channel, ts) = message(world, params)?;
    let pinned = world.pins.entry(channel).or_default();
    let before = pinned.len();
    pinned.retain(|pin| *pin != ts);
    if pinned.len() == before {
        return Err(SlackError::new("no_pin"));
    }
    Ok(json!({ "ok": true }))
}

/// The message of the call, which must be there, in a channel that the bot is in.
fn message(world: &mut World, params: &Params) -> Result<(String, String), SlackError> {
    let channel = params.need("channel", "channel_not_found")?.to_owned();
    let known = world.channels.get(&channel).ok_or_else(|| SlackError::new("channel_not_found"))?;
    if known.flags.is_archived {
        return Err(SlackError::new("is_archived"));
    }
    if known.flags.bot_is_absent {
        return Err(SlackError::new("not_in_channel"));
    }
    let ts = params.need("timestamp", "no_item_specified")?.to_owned();
    if world.message_mut(&channel, &ts).is_none() {
        return Err(SlackError::new("message_not_found"));
    }
    Ok((channel, ts))
}
