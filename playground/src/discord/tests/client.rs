//! A client of Discord as small as can be: HTTP by hand, and a connection to the gateway that does as told.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::discord::DiscordTwin;

/// Status, headers in lower case, body.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    body: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Status and Discord's own code.
    pub(super) fn refusal(&self) -> (u16, u64) {
        (self.status, self.json()["code"].as_u64().expect("a code"))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(super) fn id(&self) -> String {
        self.json()["id"].as_str().expect("an id").to_owned()
    }
}

/// One request on a connection of its own; `None` when the connection broke before the whole answer was there.
pub(super) async fn send(
    twin: &DiscordTwin,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> Option<Reply> {
    let base = twin.url();
    let host = base.strip_prefix("http://").expect("an http url");
    let mut stream = TcpStream::connect(host).await.expect("the twin listens");
    let body = body.unwrap_or_default();
    let request = format!(
        "{method} /api/v10{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bot {token}\r\n\
         User-Agent: DiscordBot (https://example.org, 1.0)\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("the twin reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let head = head.to_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, head, body: body.to_owned() })
}

/// One call with the bot's token.
pub(super) async fn call(twin: &DiscordTwin, method: &str, path: &str, body: &Value) -> Reply {
    let text = (!body.is_null()).then(|| body.to_string());
    send(twin, twin.bot_token(), method, path, text.as_deref()).await.expect("a whole answer")
}

pub(super) async fn get(twin: &DiscordTwin, path: &str) -> Reply {
    call(twin, "GET", path, &Value::Null).await
}

/// A body with nothing wrong in it.
pub(super) fn good(content: &str) -> Value {
    json!({ "content": content, "allowed_mentions": { "parse": [] } })
}

/// A good body with one row of these buttons.
pub(super) fn with_buttons(content: &str, labels: &[&str]) -> Value {
    let mut body = good(content);
    let buttons: Vec<Value> = labels
        .iter()
        .map(|label| json!({ "type": 2, "style": 1, "label": label, "custom_id": label.to_lowercase() }))
        .collect();
    body["components"] = json!([{ "type": 1, "components": buttons }]);
    body
}

pub(super) async fn post(twin: &DiscordTwin, channel: &str, body: &Value) -> Reply {
    call(twin, "POST", &format!("/channels/{channel}/messages"), body).await
}

/// The first answer to an interaction.
pub(super) async fn callback(twin: &DiscordTwin, interaction: &Value, kind: u64, data: &Value) -> Reply {
    let (id, token) = (text(interaction, "id"), text(interaction, "token"));
    let path = format!("/interactions/{id}/{token}/callback");
    call(twin, "POST", &path, &json!({ "type": kind, "data": data })).await
}

/// What comes after the first answer: `""` follows it up, `/messages/@original` means it.
pub(super) async fn webhook(
    twin: &DiscordTwin,
    interaction: &Value,
    method: &str,
    rest: &str,
    body: &Value,
) -> Reply {
    let path = format!("/webhooks/{}/{}{rest}", twin.application_id(), text(interaction, "token"));
    call(twin, method, &path, body).await
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

/// A command with a subcommand, a search, a person and a number.
pub(super) fn command() -> Value {
    json!({
        "name": "elevate", "description": "Ask for access", "type": 1, "contexts": [0], "integration_types": [0],
        "options": [
            { "type": 1, "name": "request", "description": "Ask", "options": [
                { "type": 3, "name": "account", "description": "Which", "required": true, "autocomplete": true },
                { "type": 6, "name": "for", "description": "Whom" },
                { "type": 4, "name": "hours", "description": "How long" },
                { "type": 3, "name": "role", "description": "As what", "choices": [{ "name": "Read only", "value": "ro" }] },
            ] },
            { "type": 1, "name": "list", "description": "Look" },
        ],
    })
}

pub(super) async fn register(twin: &DiscordTwin, commands: &Value) -> Reply {
    let path = format!("/applications/{}/guilds/{}/commands", twin.application_id(), twin.guild_id());
    call(twin, "PUT", &path, commands).await
}

/// A connection to the gateway.
pub(super) struct Gateway {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Gateway {
    /// Opens and reads `HELLO`.
    pub(super) async fn open(url: &str) -> Self {
        let (stream, _) = connect_async(format!("{url}/?v=10&encoding=json")).await.expect("a websocket");
        let mut gateway = Self { stream };
        assert_eq!(gateway.frame().await.expect("hello")["op"], 10);
        gateway
    }

    /// Opens at the address of `/gateway/bot` and identifies; with `READY`.
    pub(super) async fn ready(twin: &DiscordTwin) -> (Self, Value) {
        let url = get(twin, "/gateway/bot").await.json()["url"].as_str().expect("a url").to_owned();
        let mut gateway = Self::open(&url).await;
        gateway.identify(twin.bot_token()).await;
        let ready = gateway.frame().await.expect("ready");
        assert_eq!(ready["t"], "READY");
        (gateway, ready["d"].clone())
    }

    /// Opens at the address of `READY` and resumes after the number that was seen.
    pub(super) async fn resume(twin: &DiscordTwin, ready: &Value, seq: u64) -> Self {
        let mut gateway = Self::open(text(ready, "resume_gateway_url")).await;
        let data = json!({ "token": twin.bot_token(), "session_id": ready["session_id"], "seq": seq });
        gateway.send(6, &data).await;
        gateway
    }

    pub(super) async fn send(&mut self, op: u64, data: &Value) {
        let frame = json!({ "op": op, "d": data }).to_string();
        self.stream.send(Frame::text(frame)).await.expect("the twin reads");
    }

    pub(super) async fn identify(&mut self, token: &str) {
        let properties = json!({ "os": "linux", "browser": "test", "device": "test" });
        self.send(2, &json!({ "token": token, "intents": 0, "properties": properties })).await;
    }

    /// The next frame; `None` when the connection ended.
    pub(super) async fn frame(&mut self) -> Option<Value> {
        self.next().await.ok()
    }

    /// The next frame, or how the connection ended: the close code, 1005 for none, 0 for no close frame.
    pub(super) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match self.stream.next().await {
                Some(Ok(Frame::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Frame::Close(frame))) => return Err(frame.map_or(1005, |f| f.code.into())),
                Some(Err(_)) | None => return Err(0),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The payload of the next interaction.
    pub(super) async fn interaction(&mut self) -> Value {
        let frame = self.frame().await.expect("a dispatch");
        assert_eq!(frame["t"], "INTERACTION_CREATE");
        frame["d"].clone()
    }

    pub(super) async fn close(mut self, code: u16) {
        let frame =
            tokio_tungstenite::tungstenite::protocol::CloseFrame { code: code.into(), reason: "".into() };
        self.stream.close(Some(frame)).await.expect("the twin reads");
        while self.stream.next().await.is_some_and(|frame| frame.is_ok()) {}
    }
}
