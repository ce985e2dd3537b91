//! What one person sees, as JSON: for the page's scripts and for browser tests (`/ui/state?as=ana`).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PageParts, discord};
use crate::company::Person;

/// Messages of one conversation that the page shows; older ones scroll out, as in any chat.
const SHOWN_MAX: usize = 200;

/// The bot's Slack user, to tell its messages from people's.
const BOT_USER: &str = "U0GLASSKEY";

/// `?as=ana` or `?as=U0ANA`.
#[derive(Debug, Deserialize)]
pub(super) struct As {
    #[serde(rename = "as")]
    pub(super) person: String,
}

/// `GET /ui/state?as=ana`: everything at once.
pub(super) async fn state(State(parts): State<Arc<PageParts>>, Query(who): Query<As>) -> Response {
    let Some(person) = person(&parts, &who.person) else {
        return (StatusCode::NOT_FOUND, "nobody of that name").into_response();
    };
    let state = json!({
        "slack": slack(&parts, &person),
        "discord": discord::seen(&parts, &person),
        "aws": (parts.aws.snapshot)(),
        "okta": (parts.okta.snapshot)(),
        "bot": parts.feed.bot().borrow().json(),
        "log": parts.feed.after(0),
        "violations": parts.slack.violations(),
        "mentions_fired": parts.slack.mentions_fired(),
        "discord_violations": parts.discord.violations(),
        "discord_mentions_fired": parts.discord.mentions_fired(),
    });
    Json(state).into_response()
}

/// The person with this handle or Slack id.
pub(super) fn person(parts: &PageParts, word: &str) -> Option<Person> {
    parts.company.people.iter().find(|p| p.handle == word || p.slack_user_id == word).cloned()
}

/// The chat as this person sees it.
pub(super) fn slack(parts: &PageParts, me: &Person) -> Value {
    let direct = parts.slack.direct_channel(&me.slack_user_id).unwrap_or_default();
    let channels: Vec<Value> =
        parts.channels.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    let people: Vec<Value> = parts.company.people.iter().map(|p| face(parts, p)).collect();
    json!({
        "me": face(parts, me),
        "people": people,
        "bot": BOT_USER,
        "channels": channels,
        "direct": direct,
        "timeline": timeline(parts, me, &direct),
        "views": parts.slack.open_views(&me.slack_user_id),
        "home": parts.slack.home(&me.slack_user_id),
        "examples": parts.examples,
    })
}

fn face(parts: &PageParts, person: &Person) -> Value {
    json!({
        "id": person.slack_user_id, "handle": person.handle, "name": person.name, "role": person.role,
        "identity": person.identity_user_id, "guest": person.slack_guest, "direct_count": parts.slack.direct_messages(&person.slack_user_id).len(),
    })
}

/// Messages, whispers and typed commands of all conversations of this person, in order of time.
fn timeline(parts: &PageParts, me: &Person, direct: &str) -> Vec<Value> {
    let id = &me.slack_user_id;
    let mut items: Vec<Value> = Vec::new();
    for channel in parts.channels.iter().map(|(id, _)| id.as_str()).chain([direct]) {
        let messages = parts.slack.messages(channel);
        let skip = messages.len().saturating_sub(SHOWN_MAX);
        items.extend(messages.into_iter().skip(skip).map(|m| {
            json!({ "kind": "message", "ts": m.ts, "channel": m.channel, "user": m.user, "text": m.text,
                "blocks": m.blocks, "edits": m.edits })
        }));
    }
    items.extend(parts.slack.ephemerals(id).into_iter().map(|e| {
        json!({ "kind": "ephemeral", "ts": e.ts, "channel": e.channel, "user": e.user, "text": e.text,
            "blocks": e.blocks, "edits": 0, "from_slack": e.from_slack })
    }));
    items.extend(parts.slack.typed(id).into_iter().map(|t| {
        json!({ "kind": "typed", "ts": t.ts, "channel": t.channel, "user": t.user, "text": t.line, "blocks": [],
            "edits": 0 })
    }));
    items.sort_by(|a, b| stamp(a).cmp(stamp(b)));
    items
}

fn stamp(item: &Value) -> &str {
    item.get("ts").and_then(Value::as_str).unwrap_or_default()
}
