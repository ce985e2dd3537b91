//! What follows the first answer, by the interaction's token, for a quarter of an hour.

use super::Reply;
use super::messages::{change, empty, remove};
use crate::discord::check::{self, Purpose, number};
use crate::discord::error::RestError;
use crate::discord::interaction::{Interaction, TOKEN_MS};
use crate::discord::records::{COMPONENTS_V2, EPHEMERAL, Message};
use crate::discord::routes::Request;
use crate::discord::world::{APPLICATION, Draft, World, is_empty};

/// The interaction of a token that is alive: it was answered, and not long ago.
fn alive(world: &World, request: &Request) -> Result<Interaction, RestError> {
    let asked = world.by_token(request.route.id(1)).ok_or_else(RestError::unknown_webhook)?;
    if request.route.id(0) != APPLICATION || asked.answer.is_none() {
        return Err(RestError::unknown_webhook());
    }
    if world.clock.now_ms() - asked.made_ms > TOKEN_MS {
        return Err(RestError::new(401, 50_027, "Invalid Webhook Token"));
    }
    Ok(asked.clone())
}

/// `@original`, or a message that followed it.
fn target(world: &World, asked: &Interaction, word: &str) -> Result<Message, RestError> {
    let id = if word == "@original" { asked.original.as_deref().unwrap_or_default() } else { word };
    let message = world.message(&asked.spot.channel, id).ok_or_else(RestError::unknown_message)?;
    let is_its = Some(id) == asked.original.as_deref() || message.interaction.as_ref() == Some(&asked.id);
    if is_its { Ok(message.clone()) } else { Err(RestError::unknown_message()) }
}

pub(super) fn get(world: &World, request: &Request) -> Reply {
    let asked = alive(world, request)?;
    let message = target(world, &asked, request.route.id(2))?;
    Ok(Some(world.message_object(&message)))
}

pub(super) fn edit(world: &mut World, request: &Request) -> Reply {
    let asked = alive(world, request)?;
    let message = target(world, &asked, request.route.id(2))?;
    change(world, "PATCH answer", &message, &request.body)
}

pub(super) fn delete(world: &mut World, request: &Request) -> Reply {
    let asked = alive(world, request)?;
    let message = target(world, &asked, request.route.id(2))?;
    remove(world, &message.channel, &message.id);
    Ok(None)
}

pub(super) fn follow_up(world: &mut World, request: &Request) -> Reply {
    let asked = alive(world, request)?;
    let body = &request.body;
    let original = asked.original.as_deref().and_then(|id| world.message(&asked.spot.channel, id)).cloned();
    // As old clients expect: what follows "is thinking" first takes its place, and its visibility.
    if let Some(thinking) = original.filter(Message::is_loading) {
        world.judge("follow-up", &check::message(body, Purpose::Answer, false))?;
        let revised =
            world.revise(&thinking.channel, &thinking.id, body).ok_or_else(RestError::unknown_message)?;
        return Ok(Some(world.message_object(&revised)));
    }
    world.judge("follow-up", &check::message(body, Purpose::Answer, false))?;
    if is_empty(body) {
        world.violation("follow-up: an empty message");
        return Err(empty());
    }
    let flags = number(body, "flags") & (EPHEMERAL | COMPONENTS_V2);
    let only_for = (flags & EPHEMERAL != 0).then(|| asked.user.clone());
    let channel = &asked.spot.channel;
    let interaction = Some(asked.id.clone());
    let message = world.put(&Draft { channel, body, kind: 0, interaction, only_for, flags });
    Ok(Some(world.message_object(&message)))
}
