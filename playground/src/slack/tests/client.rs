//! A client of Slack as small as can be: HTTP by hand, and a Socket Mode connection that answers as told.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::slack::SlackTwin;

/// Status, headers in lower case, body.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub(super) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or("none").to_owned()
    }
}

/// One request on a connection of its own; `None` when the connection broke before the whole answer was there.
pub(super) async fn post(url: &str, token: Option<&str>, kind: &str, body: &str) -> Option<Reply> {
    let (host, path) = url.strip_prefix("http://").and_then(|u| u.split_once('/')).expect("an http url");
    let mut stream = TcpStream::connect(host).await.expect("the twin listens");
    let authorization = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\n{authorization}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("the twin reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let head = head.to_lowercase();
    let whole = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "))
        .map_or_else(|| body.ends_with("0\r\n\r\n"), |length| length.parse() == Ok(body.len()));
    let status = head.split(' ').nth(1)?.parse().ok()?;
    whole.then(|| Reply { status, head: head.clone(), body: body.to_owned() })
}

/// Calls a method with a JSON body and the bot token.
pub(super) async fn call(twin: &SlackTwin, method: &str, arguments: &Value) -> Reply {
    let url = format!("{}/{method}", twin.url());
    post(&url, Some(twin.bot_token()), "application/json; charset=utf-8", &arguments.to_string())
        .await
        .expect("a whole answer")
}

/// Arguments of a message with nothing wrong in it.
pub(super) fn good_message(channel: &str, text: &str) -> Value {
    json!({ "channel": channel, "text": text, "unfurl_links": false, "unfurl_media": false })
}

/// A Socket Mode connection.
pub(super) struct Socket {
    pub(super) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub(super) async fn url(twin: &SlackTwin) -> String {
        let url = format!("{}/apps.connections.open", twin.url());
        let reply = post(&url, Some(twin.app_token()), "application/json", "{}").await.expect("an answer");
        reply.json()["url"].as_str().expect("a url").to_owned()
    }

    pub(super) async fn open(twin: &SlackTwin) -> Self {
        let mut socket = Self::open_silently(twin).await;
        let hello = socket.frame().await.expect("hello");
        assert_eq!(hello["type"], "hello");
        socket
    }

    pub(super) async fn open_silently(twin: &SlackTwin) -> Self {
        let (stream, _) = connect_async(Self::url(twin).await).await.expect("a websocket");
        Self { stream }
    }

    /// The next text frame; `None` when the connection ended.
    pub(super) async fn frame(&mut self) -> Option<Value> {
        loop {
            match self.stream.next().await {
                Some(Ok(Frame::Text(text))) => return Some(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(super) async fn ack(&mut self, envelope: &Value, payload: Option<Value>) {
        let mut ack = json!({ "envelope_id": envelope["envelope_id"] });
        if let Some(payload) = payload {
            ack["payload"] = payload;
        }
        self.stream.send(Frame::text(ack.to_string())).await.expect("the twin reads");
    }

    /// Takes the next envelope and acknowledges it.
    pub(super) async fn answer(&mut self, payload: Option<Value>) -> Value {
        let envelope = self.frame().await.expect("an envelope");
        self.ack(&envelope, payload).await;
        envelope
    }
}
