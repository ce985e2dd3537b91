//! The first answer to an interaction: once, within three seconds, and of a kind that fits.

use serde_json::{Value, json};

use super::Reply;
use super::messages::{change, empty};
use crate::discord::check::{self, Purpose, number};
use crate::discord::error::RestError;
use crate::discord::interaction::{AUTOCOMPLETE, COMMAND, COMPONENT, Interaction, MODAL_SUBMIT};
use crate::discord::options::DiscordOptions;
use crate::discord::records::{Answer, COMPONENTS_V2, EPHEMERAL, LOADING, Message, OpenModal};
use crate::discord::routes::Request;
use crate::discord::world::{Draft, World, is_empty};

const MESSAGE: u64 = 4;
const DEFERRED: u64 = 5;
const DEFERRED_UPDATE: u64 = 6;
const UPDATE: u64 = 7;
const CHOICES: u64 = 8;
const MODAL: u64 = 9;

/// Kinds of the messages that answer: to a command, and to a click.
const ANSWER_TO_COMMAND: u8 = 20;
const ANSWER_TO_CLICK: u8 = 19;

pub(super) fn answer(options: &DiscordOptions, world: &mut World, request: &Request) -> Reply {
    let known = world.interactions.get(request.route.id(0)).filter(|i| i.token == request.route.id(1));
    let Some(asked) = known.cloned() else {
        world.violation("callback: to an interaction that nobody made");
        return Err(RestError::unknown_interaction());
    };
    if asked.answer.is_some() {
        world.violation(format!("callback: interaction {} was answered before", asked.id));
        return Err(RestError::new(400, 40_060, "Interaction has already been acknowledged."));
    }
    let now = world.clock.now_ms();
    let limit_ms = i64::try_from(options.answer_limit.as_millis()).unwrap_or(i64::MAX);
    // A late answer is bad luck as often as a fault: the person was told, and the bot is, by this.
    if now - asked.made_ms > limit_ms {
        return Err(RestError::unknown_interaction());
    }
    let kind = number(&request.body, "type");
    if !fits(&asked, kind) {
        world.violation(format!(
            "callback: type {kind} does not answer an interaction of type {}",
            asked.kind
        ));
        return Err(RestError::form([(
            "type",
            "BASE_TYPE_CHOICES",
            "This type of answer does not fit the interaction.",
        )]));
    }
    let data = request.body.get("data").filter(|d| !d.is_null()).cloned().unwrap_or_else(|| json!({}));
    let (answer, original) = perform(world, &asked, kind, &data)?;
    let body = request.query.get("with_response").is_some_and(|v| v == "true");
    let body = body.then(|| described(world, &asked, kind, original.as_deref()));
    if let Some(interaction) = world.interactions.get_mut(&asked.id) {
        interaction.answer = Some((answer, now));
        interaction.original = original;
    }
    Ok(body)
}

fn fits(asked: &Interaction, kind: u64) -> bool {
    match asked.kind {
        COMMAND => matches!(kind, MESSAGE | DEFERRED | MODAL),
        COMPONENT => matches!(kind, MESSAGE | DEFERRED | DEFERRED_UPDATE | UPDATE | MODAL),
        AUTOCOMPLETE => kind == CHOICES,
        // A modal does not open a modal; it updates the message that it was opened from, if there is one.
        MODAL_SUBMIT => {
            matches!(kind, MESSAGE | DEFERRED)
                || (asked.source.is_some() && matches!(kind, DEFERRED_UPDATE | UPDATE))
        }
        _ => false,
    }
}

/// The answer, and the message that `@original` means from now on.
fn perform(
    world: &mut World,
    asked: &Interaction,
    kind: u64,
    data: &Value,
) -> Result<(Answer, Option<String>), RestError> {
    match kind {
        MESSAGE => {
            world.judge("callback", &check::message(data, Purpose::Answer, false).within("data"))?;
            if is_empty(data) {
                world.violation("callback: an empty message");
                return Err(empty());
            }
            let message = say(world, asked, data, number(data, "flags") & (EPHEMERAL | COMPONENTS_V2));
            let id = message.id.clone();
            Ok((Answer::Message(Box::new(message)), Some(id)))
        }
        DEFERRED => {
            let flags = number(data, "flags");
            if flags & !EPHEMERAL != 0 {
                world.violation(format!(
                    "callback: flags {flags} on a deferred answer, which may be ephemeral and no more"
                ));
            }
            let ephemeral = flags & EPHEMERAL != 0;
            let message = say(world, asked, &json!({}), (flags & EPHEMERAL) | LOADING);
            Ok((Answer::Deferred { ephemeral }, Some(message.id)))
        }
        DEFERRED_UPDATE => Ok((Answer::DeferredUpdate, asked.source.clone())),
        UPDATE => {
            let id = asked.source.clone().unwrap_or_default();
            let clicked =
                world.message(&asked.spot.channel, &id).cloned().ok_or_else(RestError::unknown_message)?;
            change(world, "callback", &clicked, data)?;
            let now = world.message(&asked.spot.channel, &id).cloned().unwrap_or(clicked);
            Ok((Answer::Update(Box::new(now)), Some(id)))
        }
        CHOICES => {
            world.judge("callback", &check::choices(data).within("data"))?;
            Ok((Answer::Choices(check::list(data, "choices").to_vec()), None))
        }
        _ => {
            world.judge("callback", &check::modal(data).within("data"))?;
            let modal = OpenModal {
                interaction: asked.id.clone(),
                user: asked.user.clone(),
                content: data.clone(),
                failed: false,
            };
            // A person has one modal before them: a second takes the place of the first.
            world.modals.retain(|open| open.user != asked.user);
            world.modals.push(modal);
            Ok((Answer::Modal(data.clone()), None))
        }
    }
}

/// The message of an answer.
fn say(world: &mut World, asked: &Interaction, body: &Value, flags: u64) -> Message {
    let kind = if asked.source.is_some() { ANSWER_TO_CLICK } else { ANSWER_TO_COMMAND };
    let only_for = (flags & EPHEMERAL != 0).then(|| asked.user.clone());
    let interaction = Some(asked.id.clone());
    world.put(&Draft { channel: &asked.spot.channel, body, kind, interaction, only_for, flags })
}

/// The body of `?with_response=true`.
fn described(world: &World, asked: &Interaction, kind: u64, original: Option<&str>) -> Value {
    let message = original.and_then(|id| world.message(&asked.spot.channel, id));
    let mut interaction = json!({ "id": asked.id, "type": asked.kind, "channel_id": asked.spot.channel });
    if let (Some(fields), Some(guild)) = (interaction.as_object_mut(), &asked.spot.guild) {
        fields.insert("guild_id".into(), guild.clone().into());
    }
    let Some(message) = message else { return json!({ "interaction": interaction }) };
    if let Some(fields) = interaction.as_object_mut() {
        fields.insert("response_message_id".into(), message.id.clone().into());
        fields.insert("response_message_loading".into(), message.is_loading().into());
        fields.insert("response_message_ephemeral".into(), message.only_for.is_some().into());
    }
    let resource = json!({ "type": kind, "message": world.message_object(message) });
    json!({ "interaction": interaction, "resource": resource })
}
