//! What each method of the Web API does. One file a family; each takes the workspace and the arguments, and does no I/O.

use serde_json::{Value, json};

use super::Shared;
use super::params::{Answer, Params, SlackError};
use super::world::{BOT_ID, BOT_USER, World};

mod chat;
pub(crate) use chat::content;
mod conversations;
mod pins;
mod users;
mod views;

/// Scopes of which one is needed; empty means that any bot token will do.
pub(crate) fn scopes(method: &str, channel: &str) -> &'static [&'static str] {
    match method {
        "chat.postMessage" | "chat.update" | "chat.postEphemeral" | "chat.delete" => &["chat:write"],
        "users.info" | "users.list" => &["users:read"],
        "users.lookupByEmail" => &["users:read.email"],
        "conversations.open" => &["im:write"],
        "conversations.info" | "conversations.list" => &["channels:read", "groups:read", "im:read"],
        "pins.add" | "pins.remove" => &["pins:write"],
        "conversations.history" if channel.starts_with('D') => &["im:history"],
        "conversations.history" => &["channels:history", "groups:history"],
        _ => &[],
    }
}

pub(crate) fn call(shared: &Shared, method: &str, params: &Params) -> Answer {
    let act = |act: fn(&mut World, &Params) -> Answer| shared.change(|world| act(world, params));
    let look = |look: fn(&World, &Params) -> Answer| shared.read(|world| look(world, params));
    match method {
        "auth.test" => shared.read(auth_test),
        "apps.connections.open" => shared.change(|world| connections_open(shared, world)),
        "chat.postMessage" => act(chat::post_message),
        "chat.update" => act(chat::update),
        "chat.delete" => act(chat::delete),
        "chat.postEphemeral" => act(chat::post_ephemeral),
        "chat.getPermalink" => look(chat::permalink),
        "views.open" => act(views::open),
        "views.push" => act(views::push),
        "views.update" => act(views::update),
        "views.publish" if !shared.options.home_tab => Err(SlackError::new("not_enabled")),
        "views.publish" => act(views::publish),
        "pins.add" => act(pins::add),
        "pins.remove" => act(pins::remove),
        "users.info" => shared.read(|world| users::info(world, params, sees_email(shared))),
        "users.list" => shared.read(|world| users::list(world, params, sees_email(shared))),
        "users.lookupByEmail" => look(users::lookup_by_email),
        "conversations.open" => act(conversations::open),
        "conversations.info" => look(conversations::info),
        "conversations.list" => look(conversations::list),
        "conversations.history" => look(conversations::history),
        _ => Err(SlackError::new("unknown_method").with("req_method", Value::from(method))),
    }
}

fn sees_email(shared: &Shared) -> bool {
    shared.options.scopes.contains("users:read.email")
}

fn auth_test(world: &World) -> Answer {
    Ok(json!({
        "ok": true, "url": format!("https://{}.slack.com/", world.domain()), "team": world.team_name,
        "user": "glasskey", "team_id": world.team, "user_id": BOT_USER, "bot_id": BOT_ID,
        "is_enterprise_install": false,
    }))
}

fn connections_open(shared: &Shared, world: &mut World) -> Answer {
    let ticket = format!("{:016x}{:08x}", world.clock.now_us(), world.next());
    world.tickets.insert(ticket.clone(), shared.options.socket_lifetime);
    let app = "e3b0c44298fc1c14";
    Ok(json!({ "ok": true, "url": format!("ws://{}/link/?ticket={ticket}&app_id={app}", shared.address) }))
}

/// A page of `items`, and the cursor of the next one; the cursor is opaque to callers, as Slack's is.
fn page<T>(items: Vec<T>, params: &Params, most: usize) -> Result<(Vec<T>, String), SlackError> {
    let start = match params.text("cursor") {
        None => 0,
        Some(cursor) => cursor
            .strip_prefix("bmV4dDo=")
            .and_then(|n| n.parse::<usize>().ok())
            .ok_or_else(|| SlackError::new("invalid_cursor"))?,
    };
    let limit = params.number("limit").filter(|n| *n > 0).unwrap_or(most).min(most);
    let more = items.len() > start + limit;
    let next = if more { format!("bmV4dDo={}", start + limit) } else { String::new() };
    Ok((items.into_iter().skip(start).take(limit).collect(), next))
}
