//! Discord's tab: what a person sees there, and what they do, handed to the Discord twin as that person.
//! Nothing here decides anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::PageParts;
use crate::company::Person;
use crate::discord::{Answer, InteractionResult};

/// A line said in a conversation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saying {
    #[serde(rename = "as")]
    person: String,
    channel: String,
    text: String,
}

/// A command typed, by the names that are registered. `focused` is the option that is being typed, while it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typing {
    #[serde(rename = "as")]
    person: String,
    channel: String,
    command: String,
    #[serde(default)]
    values: Value,
    #[serde(default)]
    focused: String,
}

/// A button pressed, or values chosen in a select.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Press {
    #[serde(rename = "as")]
    person: String,
    channel: String,
    message: String,
    what: String,
    chosen: Option<Vec<String>>,
}

/// A modal filled in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    #[serde(rename = "as")]
    person: String,
    values: Value,
}

/// A modal closed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closing {
    #[serde(rename = "as")]
    person: String,
}

/// Discord as this person sees it.
pub(super) fn seen(parts: &PageParts, me: &Person) -> Value {
    let mut seen = parts.discord.seen_by(&me.discord_user_id).unwrap_or_else(|| json!({}));
    let waiting = |person: &Person| parts.discord.direct_messages(&person.discord_user_id).len();
    let direct: serde_json::Map<String, Value> =
        parts.company.people.iter().map(|p| (p.handle.clone(), waiting(p).into())).collect();
    if let Some(fields) = seen.as_object_mut() {
        fields.insert("direct_counts".into(), direct.into());
        fields.insert("examples".into(), parts.discord_examples.clone().into());
    }
    seen
}

pub(super) async fn say(State(parts): State<Arc<PageParts>>, Json(said): Json<Saying>) -> Json<Value> {
    let message = parts.discord.say(&said.person, &said.channel, &said.text);
    Json(json!({ "failure": message.is_none().then_some("no_such_channel") }))
}

pub(super) async fn slash(State(parts): State<Arc<PageParts>>, Json(typing): Json<Typing>) -> Json<Value> {
    let Typing { person, channel, command, values, focused: _ } = typing;
    told(&parts.discord.slash(&person, &channel, &command, &values).await)
}

pub(super) async fn suggest(State(parts): State<Arc<PageParts>>, Json(typing): Json<Typing>) -> Json<Value> {
    let Typing { person, channel, command, values, focused } = typing;
    told(&parts.discord.autocomplete(&person, &channel, &command, &values, &focused).await)
}

pub(super) async fn click(State(parts): State<Arc<PageParts>>, Json(press): Json<Press>) -> Json<Value> {
    let Press { person, channel, message, what, chosen } = press;
    let result = match chosen {
        None => parts.discord.click(&person, &channel, &message, &what).await,
        Some(chosen) => {
            let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
            parts.discord.choose(&person, &channel, &message, &what, &chosen).await
        }
    };
    told(&result)
}

pub(super) async fn submit(State(parts): State<Arc<PageParts>>, Json(form): Json<Form>) -> Json<Value> {
    told(&parts.discord.submit_modal(&form.person, &form.values).await)
}

pub(super) async fn close(State(parts): State<Arc<PageParts>>, Json(closing): Json<Closing>) -> Json<Value> {
    let closed = parts.discord.close_modal(&closing.person);
    Json(json!({ "failure": (!closed).then_some("no_open_modal") }))
}

/// What the person saw at once; everything else comes over the stream.
fn told(result: &InteractionResult) -> Json<Value> {
    let choices = match &result.answer {
        Some(Answer::Choices(choices)) => choices.as_slice(),
        _ => &[],
    };
    Json(json!({ "failure": result.failure, "choices": choices }))
}
