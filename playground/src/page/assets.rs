//! The files of the page, compiled in. Nothing is read from disk or network.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const INDEX: &str = include_str!("assets/index.html");

/// Name, content type, content.
const FILES: [(&str, &str, &str); 22] = [
    ("platforms.js", SCRIPT, include_str!("assets/platforms.js")),
    ("style.css", STYLE, include_str!("assets/style.css")),
    ("discord.css", STYLE, include_str!("assets/discord.css")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ("app.js", SCRIPT, include_str!("assets/app.js")),
    ("aws.js", SCRIPT, include_str!("assets/aws.js")),
    ("blocks.js", SCRIPT, include_str!("assets/blocks.js")),
    ("chat.js", SCRIPT, include_str!("assets/chat.js")),
    ("combobox.js", SCRIPT, include_str!("assets/combobox.js")),
    ("discord.js", SCRIPT, include_str!("assets/discord.js")),
    ("discord-composer.js", SCRIPT, include_str!("assets/discord-composer.js")),
    ("discord-message.js", SCRIPT, include_str!("assets/discord-message.js")),
    ("discord-modal.js", SCRIPT, include_str!("assets/discord-modal.js")),
    ("dom.js", SCRIPT, include_str!("assets/dom.js")),
    ("emergency.js", SCRIPT, include_str!("assets/emergency.js")),
    ("home.js", SCRIPT, include_str!("assets/home.js")),
    ("journal.js", SCRIPT, include_str!("assets/journal.js")),
    ("log.js", SCRIPT, include_str!("assets/log.js")),
    ("modal.js", SCRIPT, include_str!("assets/modal.js")),
    ("markdown.js", SCRIPT, include_str!("assets/markdown.js")),
    ("mrkdwn.js", SCRIPT, include_str!("assets/mrkdwn.js")),
    ("okta.js", SCRIPT, include_str!("assets/okta.js")),
];

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) async fn index() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], INDEX).into_response()
}

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, kind, content)) => ([(header::CONTENT_TYPE, *kind)], *content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
