//! `chat.*`: posting, changing and whispering messages.

use serde_json::{Value, json};

use crate::slack::blocks;
use crate::slack::mrkdwn;
use crate::slack::params::{Answer, Params, SlackError};
use crate::slack::records::Message;
use crate::slack::world::{BOT_USER, World};

/// `chat.postMessage` cuts longer text (platform-rules §1.4).
const POST_TEXT_MAX: usize = 40_000;

/// `chat.update` refuses longer text (platform-rules §1.4).
const UPDATE_TEXT_MAX: usize = 4_000;

/// What a message says: fallback text and blocks.
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) blocks: Option<Vec<Value>>,
}

/// Reads and judges the content of a message; `place` names the call in `violations()`.
pub(crate) fn content(world: &mut World, params: &Params, place: &str) -> Result<Content, SlackError> {
    let text = params.text("text").unwrap_or_default().to_owned();
    world.mentions.extend(mrkdwn::broadcasts(&text).into_iter().map(|m| format!("{place} text: {m}")));
    let blocks = match params.structure("blocks", "invalid_blocks_format")? {
        None => None,
        Some(given) => {
            world.judge(place, blocks::message(&given), "invalid_blocks")?;
            Some(world.with_ids(&given))
        }
    };
    let has_blocks = blocks.as_ref().is_some_and(|list| !list.is_empty());
    if text.is_empty() && !has_blocks {
        return Err(SlackError::new("no_text"));
    }
    if text.is_empty() {
        // Slack only warns, but screen readers and notifications then have nothing to say.
        world.violations.push(format!("{place}: missing_text_in_message"));
    }
    Ok(Content { text, blocks })
}

pub(super) fn post_message(world: &mut World, params: &Params) -> Answer {
    let channel = writable(world, params)?;
    forbid_parsing(world, params)?;
    let mut content = content(world, params, "chat.postMessage")?;
    if content.text.chars().count() > POST_TEXT_MAX {
        content.text = content.text.chars().take(POST_TEXT_MAX).collect();
    }
    let metadata = metadata(params)?;
    let thread_ts = params.text("thread_ts").map(str::to_owned);
    if let Some(thread) = &thread_ts
        && world.message_mut(&channel, thread).is_none()
    {
        return Err(SlackError::new("thread_not_found"));
    }
    let message = Message {
        ts: world.stamp(),
        user: BOT_USER.to_owned(),
        text: content.text,
        blocks: content.blocks.unwrap_or_default(),
        channel: channel.clone(),
        metadata,
        thread_ts,
        edits: 0,
        edited_ts: None,
    };
    let object = world.message_object(&message, true);
    let ts = message.ts.clone();
    world.messages.entry(channel.clone()).or_default().push(message);
    Ok(json!({ "ok": true, "channel": channel, "ts": ts, "message": object }))
}

pub(super) fn update(world: &mut World, params: &Params) -> Answer {
    let channel = writable(world, params)?;
    let ts = params.need("ts", "message_not_found")?.to_owned();
    if world.message_mut(&channel, &ts).is_none() {
        return Err(SlackError::new("message_not_found"));
    }
    let content = content(world, params, "chat.update")?;
    if content.text.chars().count() > UPDATE_TEXT_MAX {
        world.violations.push("chat.update: msg_too_long".into());
        return Err(SlackError::new("msg_too_long"));
    }
    let metadata = metadata(params)?;
    let edited = world.stamp();
    let Some(message) = world.message_mut(&channel, &ts) else {
        return Err(SlackError::new("message_not_found"));
    };
    message.text = content.text;
    // Blocks that are not given stay; an empty list removes them.
    message.blocks = content.blocks.unwrap_or_else(|| std::mem::take(&mut message.blocks));
    message.metadata = metadata.or_else(|| message.metadata.take());
    message.edits += 1;
    message.edited_ts = Some(edited);
    let message = message.clone();
    let object = world.message_object(&message, true);
    Ok(json!({ "ok": true, "channel": channel, "ts": ts, "text": message.text, "message": object }))
}

pub(super) fn delete(world: &mut World, params: &Params) -> Answer {
    let channel = writable(world, params)?;
    let ts = params.need("ts", "message_not_found")?;
    let messages = world.messages.entry(channel.clone()).or_default();
    let before = messages.len();
    messages.retain(|message| message.ts != ts);
    if messages.len() == before {
        return Err(SlackError::new("message_not_found"));
    }
    Ok(json!({ "ok": true, "channel": channel, "ts": ts }))
}

pub(super) fn post_ephemeral(world: &mut World, params: &Params) -> Answer {
    let channel = writable(world, params)?;
    let user = params.need("user", "user_not_in_channel")?.to_owned();
    if !world.users.contains_key(&user) {
        return Err(SlackError::new("user_not_in_channel"));
    }
    let content = content(world, params, "chat.postEphemeral")?;
    let ts = world.whisper(&channel, &user, &content.text, content.blocks.unwrap_or_default(), false);
    Ok(json!({ "ok": true, "message_ts": ts }))
}

pub(super) fn permalink(world: &World, params: &Params) -> Answer {
    let channel = params.need("channel", "channel_not_found")?;
    let ts = params.need("message_ts", "message_not_found")?;
    if !world.channels.contains_key(channel) {
        return Err(SlackError::new("channel_not_found"));
    }
    if !world.messages.get(channel).is_some_and(|list| list.iter().any(|m| m.ts == ts)) {
        return Err(SlackError::new("message_not_found"));
    }
    let link = format!("https://{}.slack.com/archives/{channel}/p{}", world.domain(), ts.replace('.', ""));
    Ok(json!({ "ok": true, "channel": channel, "permalink": link }))
}

/// The channel of the call, when the bot may write there. A user id means the conversation with that user.
fn writable(world: &mut World, params: &Params) -> Result<String, SlackError> {
    let given = params.need("channel", "channel_not_found")?;
    let id = if world.users.contains_key(given) { world.direct(given) } else { given.to_owned() };
    let channel = world.channels.get(&id).ok_or_else(|| SlackError::new("channel_not_found"))?;
    if channel.flags.is_archived {
        return Err(SlackError::new("is_archived"));
    }
    if channel.flags.bot_is_absent {
        return Err(SlackError::new("not_in_channel"));
    }
    Ok(id)
}

/// Slack would fetch links and show previews of text that a person wrote; the house rule says never
/// (platform-rules §1.7), and the twin holds the bot to it.
fn forbid_parsing(world: &mut World, params: &Params) -> Result<(), SlackError> {
    let mut wrong = Vec::new();
    if params.flag("unfurl_links") != Some(false) {
        wrong.push("unfurl_links must be false".to_owned());
    }
    if params.flag("unfurl_media") == Some(true) {
        wrong.push("unfurl_media must not be true".to_owned());
    }
    if params.flag("link_names") == Some(true) || params.text("parse") == Some("full") {
        wrong.push("link_names and parse=full turn names in text into mentions".to_owned());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    world.violations.extend(wrong.iter().map(|fault| format!("chat.postMessage: {fault}")));
    Err(SlackError::explained("invalid_arguments", &wrong))
}

fn metadata(params: &Params) -> Result<Option<Value>, SlackError> {
    let Some(metadata) = params.structure("metadata", "invalid_metadata_format")? else { return Ok(None) };
    let named = metadata.get("event_type").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if !named || !metadata.get("event_payload").is_some_and(Value::is_object) {
        return Err(SlackError::new("invalid_metadata_format"));
    }
    Ok(Some(metadata))
}
