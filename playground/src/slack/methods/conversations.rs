//! `conversations.*`: channels, and what was said in them.

use serde_json::{Value, json};

use super::page;
use crate::slack::params::{Answer, Params, SlackError};
use crate::slack::people::{Channel, ChannelKind};
use crate::slack::world::World;

/// Messages on one page of `conversations.history`: 100 unless told, never more than 999.
const HISTORY_DEFAULT: usize = 100;
const HISTORY_MAX: usize = 999;

/// Channels on one page of `conversations.list`.
const LIST_MAX: usize = 1000;

pub(super) fn open(world: &mut World, params: &Params) -> Answer {
    let users = params.need("users", "users_list_not_supplied")?;
    let user = match users.split(',').map(str::trim).collect::<Vec<_>>().as_slice() {
        [one] => world.users.get(*one).cloned().ok_or_else(|| SlackError::new("user_not_found"))?,
        _ => return Err(SlackError::new("missing_scope").with("needed", Value::from("mpim:write"))),
    };
    if user.flags.is_bot {
        return Err(SlackError::new("cannot_dm_bot"));
    }
    if user.flags.deleted {
        return Err(SlackError::new("user_disabled"));
    }
    let id = world.direct(&user.id);
    let full = world.channels.get(&id).filter(|_| params.flag("return_im") == Some(true));
    let channel = full.map_or_else(|| json!({ "id": id }), |channel| channel.object(&world.team));
    Ok(json!({ "ok": true, "channel": channel }))
}

pub(super) fn info(world: &World, params: &Params) -> Answer {
    Ok(json!({ "ok": true, "channel": known(world, params)?.object(&world.team) }))
}

pub(super) fn list(world: &World, params: &Params) -> Answer {
    let types = params.text("types").unwrap_or("public_channel");
    let kind = |channel: &Channel| match (&channel.kind, channel.flags.is_private) {
        (ChannelKind::Direct(_), _) => "im",
        (ChannelKind::Named, true) => "private_channel",
        (ChannelKind::Named, false) => "public_channel",
    };
    let wanted: Vec<&Channel> = world
        .channels
        .values()
        .filter(|c| types.split(',').any(|t| t.trim() == kind(c)))
        .filter(|c| params.flag("exclude_archived") != Some(true) || !c.flags.is_archived)
        .collect();
    let (channels, next) = page(wanted, params, LIST_MAX)?;
    let channels: Vec<Value> = channels.iter().map(|c| c.object(&world.team)).collect();
    Ok(json!({ "ok": true, "channels": channels, "response_metadata": { "next_cursor": next } }))
}

pub(super) fn history(world: &World, params: &Params) -> Answer {
    let channel = known(world, params)?;
    if channel.flags.bot_is_absent {
        return Err(SlackError::new("not_in_channel"));
    }
    let inclusive = params.flag("inclusive") == Some(true);
    let after = |ts: &str, edge: &str| ts > edge || (inclusive && ts == edge);
    // Timestamps have ten digits, a point and six more, so that their order is that of their text.
    let (oldest, latest) = (params.text("oldest").map(padded), params.text("latest").map(padded));
    let messages = world.messages.get(&channel.id).map(Vec::as_slice).unwrap_or_default();
    let wanted: Vec<_> = messages
        .iter()
        .rev()
        .filter(|m| m.thread_ts.as_ref().is_none_or(|thread| *thread == m.ts))
        .filter(|m| oldest.as_deref().is_none_or(|edge| after(&m.ts, edge)))
        .filter(|m| latest.as_deref().is_none_or(|edge| after(edge, &m.ts)))
        .collect();
    let mut params = params.clone();
    params.0.entry("limit").or_insert_with(|| Value::from(HISTORY_DEFAULT));
    let (found, next) = page(wanted, &params, HISTORY_MAX)?;
    let with_metadata = params.flag("include_all_metadata") == Some(true);
    let found: Vec<Value> = found.iter().map(|m| world.message_object(m, with_metadata)).collect();
    Ok(json!({
        "ok": true, "messages": found, "has_more": !next.is_empty(), "pin_count": 0,
        "response_metadata": { "next_cursor": next },
    }))
}

/// `1732150000` and `1732150000.5` are timestamps too.
fn padded(ts: &str) -> String {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    format!("{seconds:0>10}.{fraction:0<6}")
}

fn known<'a>(world: &'a World, params: &Params) -> Result<&'a Channel, SlackError> {
    let id = params.need("channel", "channel_not_found")?;
    world.channels.get(id).ok_or_else(|| SlackError::new("channel_not_found"))
}
