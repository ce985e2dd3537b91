//! What people do on the page, handed to the Slack twin as that person. Nothing here decides anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::PageParts;
use super::hands::Happening;
use crate::slack::{Click, InteractionResult, Place};

/// A line typed in a conversation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    #[serde(rename = "as")]
    person: String,
    channel: String,
    line: String,
}

/// A message, a modal, or the person's Home tab.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum At {
    Message { channel: String, ts: String },
    View { view: String },
    Tab { tab: Tab },
}

/// A page of the app's own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tab {
    Home,
}

impl From<At> for Place {
    fn from(at: At) -> Self {
        match at {
            At::Message { channel, ts } => Self::Message { channel, ts },
            At::View { view } => Self::View { id: view },
            At::Tab { tab: Tab::Home } => Self::Home,
        }
    }
}

/// A button pressed or an option chosen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Press {
    #[serde(rename = "as")]
    person: String,
    place: At,
    block_id: Option<String>,
    action_id: String,
    #[serde(default)]
    chosen: String,
}

/// A modal filled in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    #[serde(rename = "as")]
    person: String,
    values: Value,
}

/// One field of a modal filled in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filling {
    #[serde(rename = "as")]
    person: String,
    view: String,
    field: String,
    chosen: String,
}

/// Somebody who closes their modal, or opens their Home tab.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Somebody {
    #[serde(rename = "as")]
    person: String,
}

/// Something typed into a select.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    #[serde(rename = "as")]
    person: String,
    place: At,
    action_id: String,
    query: String,
}

pub(super) async fn slash(State(parts): State<Arc<PageParts>>, Json(said): Json<Line>) -> Json<Value> {
    let line = said.line.trim();
    if !line.starts_with('/') {
        parts.slack.say(&said.person, &said.channel, line);
        return Json(json!({ "failure": null }));
    }
    let (command, text) = line.split_once(' ').unwrap_or((line, ""));
    seen(parts.slack.slash(&said.person, &said.channel, command, text.trim()).await)
}

pub(super) async fn click(State(parts): State<Arc<PageParts>>, Json(press): Json<Press>) -> Json<Value> {
    let click = Click {
        place: press.place.into(),
        what: press.action_id,
        block_id: press.block_id,
        chosen: press.chosen,
    };
    seen(parts.slack.act(&press.person, &click).await)
}

pub(super) async fn submit(State(parts): State<Arc<PageParts>>, Json(form): Json<Form>) -> Json<Value> {
    seen(parts.slack.submit_view(&form.person, &form.values).await)
}

/// A field is left when its form closes, too; what it says then is of no use to anybody.
pub(super) async fn fill(State(parts): State<Arc<PageParts>>, Json(filling): Json<Filling>) -> Json<Value> {
    let top = parts.slack.open_views(&filling.person).pop();
    if top.is_none_or(|view| view.id != filling.view) {
        return Json(json!({ "failure": null }));
    }
    seen(parts.slack.fill(&filling.person, &filling.field, &filling.chosen).await)
}

pub(super) async fn close(State(parts): State<Arc<PageParts>>, Json(who): Json<Somebody>) -> Json<Value> {
    seen(parts.slack.close_view(&who.person).await)
}

pub(super) async fn home(State(parts): State<Arc<PageParts>>, Json(who): Json<Somebody>) -> Json<Value> {
    seen(parts.slack.open_home(&who.person).await)
}

pub(super) async fn suggest(State(parts): State<Arc<PageParts>>, Json(search): Json<Search>) -> Json<Value> {
    seen(parts.slack.suggest(&search.person, &search.place.into(), &search.action_id, &search.query).await)
}

/// Something that happens behind the bot's back; false when nothing changed by it.
pub(super) async fn happen(
    State(parts): State<Arc<PageParts>>,
    Json(happening): Json<Happening>,
) -> Json<Value> {
    let changed = parts.hands.bring_about(&happening);
    Json(json!({ "failure": (!changed).then_some("nothing changed by it") }))
}

/// What the person saw at once; everything else comes over the stream.
fn seen(result: InteractionResult) -> Json<Value> {
    let after_ms = result.acked_after.map(|after| after.as_secs_f64() * 1000.0);
    Json(json!({ "failure": result.failure, "acked_after_ms": after_ms, "payload": result.payload }))
}
