//! `response_url`: five answers within thirty minutes, to the one who asked or to the channel.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Shared;
use super::methods::content;
use super::params::{Params, SlackError};
use super::records::{Call, Message};
use super::world::{BOT_USER, ReplyTo, World};

/// Answers that one `response_url` takes (platform-rules §1.1).
const USES_MAX: usize = 5;

/// How long it takes them.
const LIFE_MS: i64 = 30 * 60 * 1000;

pub(crate) async fn post(
    State(shared): State<Arc<Shared>>,
    Path((_team, id, secret)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let params = match Params::of(request).await {
        Ok(params) => params,
        Err(error) => return (StatusCode::BAD_REQUEST, error.body().to_string()).into_response(),
    };
    let outcome = shared.change(|world| {
        let outcome = answer(world, &format!("{id}/{secret}"), &params);
        let at_ms = world.clock.now_ms();
        let word = outcome.as_ref().map_or_else(|e| e.code.clone(), |()| "ok".to_owned());
        let arguments = Value::Object(params.0.clone());
        world.calls.push(Call { method: "response_url".into(), arguments, outcome: word, at_ms });
        outcome
    });
    match outcome {
        Ok(()) => "ok".into_response(),
        Err(error) if error.code.ends_with("_url") => {
            (StatusCode::NOT_FOUND, error.body().to_string()).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.body().to_string()).into_response(),
    }
}

fn answer(world: &mut World, key: &str, params: &Params) -> Result<(), SlackError> {
    let now_ms = world.clock.now_ms();
    let Some(place) = world.reply_urls.get_mut(key) else {
        return Err(SlackError::new("invalid_url"));
    };
    if now_ms - place.made_ms > LIFE_MS {
        return Err(SlackError::new("expired_url"));
    }
    if place.uses >= USES_MAX {
        return Err(SlackError::new("used_url"));
    }
    place.uses += 1;
    let place = place.clone();
    if params.flag("delete_original") == Some(true) {
        remove(world, &place);
        return Ok(());
    }
    let content = content(world, params, "response_url")?;
    let blocks = content.blocks.unwrap_or_default();
    if params.flag("replace_original") == Some(true) && replace(world, &place, &content.text, &blocks) {
        return Ok(());
    }
    say(world, &place, params.text("response_type") == Some("in_channel"), content.text, blocks);
    Ok(())
}

/// Says something where the person asked: to everybody or to them alone.
pub(crate) fn say(world: &mut World, place: &ReplyTo, to_all: bool, text: String, blocks: Vec<Value>) {
    if !to_all {
        world.whisper(&place.channel, &place.user, &text, blocks, false);
        return;
    }
    let message = Message {
        ts: world.stamp(),
        channel: place.channel.clone(),
        user: BOT_USER.to_owned(),
        text,
        blocks,
        metadata: None,
        thread_ts: None,
        edits: 0,
        edited_ts: None,
    };
    world.messages.entry(place.channel.clone()).or_default().push(message);
}

fn replace(world: &mut World, place: &ReplyTo, text: &str, blocks: &[Value]) -> bool {
    let Some(original) = &place.original else { return false };
    let edited = world.stamp();
    if let Some(message) = world.message_mut(&place.channel, original) {
        message.text = text.to_owned();
        message.blocks = blocks.to_vec();
        message.edits += 1;
        message.edited_ts = Some(edited);
        return true;
    }
    let found = world.ephemerals.iter_mut().find(|e| e.ts == *original);
    found.is_some_and(|ephemeral| {
        text.clone_into(&mut ephemeral.text);
        ephemeral.blocks = blocks.to_vec();
        true
    })
}

fn remove(world: &mut World, place: &ReplyTo) {
    let Some(original) = &place.original else { return };
    world.ephemerals.retain(|ephemeral| ephemeral.ts != *original);
    if let Some(list) = world.messages.get_mut(&place.channel) {
        list.retain(|message| message.ts != *original);
    }
}
