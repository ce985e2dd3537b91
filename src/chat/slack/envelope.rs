//! What arrives on a Socket Mode socket, read only as far as the transport needs: the payload stays raw.
//!
//! Must never judge a payload (an unknown one is still somebody's click) and never print one (it holds what people typed).

use std::time::Instant;

use futures_util::future::BoxFuture;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What kind of envelope Slack says it is (`type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// A slash command.
    SlashCommands,
    /// A click, a form, a type-ahead question.
    Interactive,
    /// An event of the Events API.
    EventsApi,
    /// A kind this version does not know; handed on all the same.
    Other(String),
}

impl EnvelopeKind {
    fn read(kind: &str) -> Self {
        match kind {
            "slash_commands" => Self::SlashCommands,
            "interactive" => Self::Interactive,
            "events_api" => Self::EventsApi,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The label in metrics. Bounded: what Slack invents tomorrow is `other`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::SlashCommands => "slash_commands",
            Self::Interactive => "interactive",
            Self::EventsApi => "events_api",
            Self::Other(_) => "other",
        }
    }
}

/// One envelope of Socket Mode, as it came.
#[derive(Clone)]
pub struct Envelope {
    /// Slack's id of this delivery; a redelivery carries the same one.
    pub envelope_id: String,
    /// What Slack says it is.
    pub kind: EnvelopeKind,
    /// The payload, untouched.
    pub payload: Value,
    /// How often Slack tried before; 0 for the first delivery.
    pub retry_attempt: u32,
    /// Why Slack tries again, in its words.
    pub retry_reason: Option<String>,
    /// Whether the acknowledgement may carry an answer.
    pub accepts_response_payload: bool,
    /// When the frame was read from the socket.
    pub received_at: Instant,
}

/// By hand, because the payload holds what people typed, `response_url` and `trigger_id`.
impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("envelope_id", &self.envelope_id)
            .field("kind", &self.kind)
            .field("retry_attempt", &self.retry_attempt)
            .field("accepts_response_payload", &self.accepts_response_payload)
            .finish_non_exhaustive()
    }
}

/// What to answer on the socket, once the handler is done.
#[derive(Clone, PartialEq)]
pub enum Ack {
    /// Acknowledge, nothing more to say.
    Empty,
    /// Acknowledge with an answer (form errors, type-ahead options). Without effect, and logged, where
    /// `accepts_response_payload` is false: the acknowledgement then goes out empty.
    Payload(Value),
    /// Do not acknowledge: nothing was made durable. Slack shows its own error and may deliver again.
    None,
}

/// Takes envelopes. Called once per delivery, each call in its own task; redeliveries come again.
pub trait EnvelopeHandler: Send + Sync + 'static {
    /// Makes the envelope durable, then says what to acknowledge. The acknowledgement leaves when this returns, so it must
    /// return within Slack's 3 s (platform-rules §1.1) and must not return before the commit.
    fn handle(&self, envelope: Envelope) -> BoxFuture<'_, Ack>;
}

/// One frame of Slack's, sorted.
pub(super) enum Frame {
    Hello(Hello),
    Disconnect { reason: String },
    Envelope(Box<Envelope>),
    Unreadable(Unreadable),
}

/// Slack's greeting: the socket counts from here.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hello {
    /// Sockets open on this app token, this one included.
    pub(super) connections: Option<usize>,
    /// How long Slack means to keep this socket, in seconds.
    pub(super) lifetime_s: Option<u64>,
}

/// A frame that is none of ours, described without its content.
pub(super) struct Unreadable {
    pub(super) why: &'static str,
    pub(super) bytes: usize,
    /// First 8 bytes of SHA-256, to recognise the same frame again.
    pub(super) sha256: String,
}

impl Frame {
    pub(super) fn read(raw: &[u8], received_at: Instant) -> Self {
        match serde_json::from_slice::<Value>(raw) {
            Ok(Value::Object(object)) => Self::sort(object, raw, received_at),
            Ok(_) => Self::unreadable("not a JSON object", raw),
            Err(_) => Self::unreadable("not JSON", raw),
        }
    }

    fn sort(mut object: serde_json::Map<String, Value>, raw: &[u8], received_at: Instant) -> Self {
        let kind = object.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if kind == "hello" {
            return Self::Hello(Hello {
                connections: object
                    .get("num_connections")
                    .and_then(Value::as_u64)
                    .and_then(|n| usize::try_from(n).ok()),
                lifetime_s: object
                    .get("debug_info")
                    .and_then(|d| d.get("approximate_connection_time"))
                    .and_then(Value::as_u64),
            });
        }
        if kind == "disconnect" {
            let reason = object.get("reason").and_then(Value::as_str).unwrap_or_default();
            return Self::Disconnect { reason: reason.to_owned() };
        }
        let Some(envelope_id) = object.get("envelope_id").and_then(Value::as_str).filter(|id| !id.is_empty())
        else {
            return Self::unreadable("no envelope_id", raw);
        };
        Self::Envelope(Box::new(Envelope {
            envelope_id: envelope_id.to_owned(),
            kind: EnvelopeKind::read(&kind),
            retry_attempt: object
                .get("retry_attempt")
                .and_then(Value::as_u64)
                .map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            retry_reason: object
                .get("retry_reason")
                .and_then(Value::as_str)
                .filter(|reason| !reason.is_empty())
                .map(str::to_owned),
            accepts_response_payload: object
                .get("accepts_response_payload")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            payload: object.remove("payload").unwrap_or(Value::Null),
            received_at,
        }))
    }

    fn unreadable(why: &'static str, raw: &[u8]) -> Self {
        let digest = Sha256::digest(raw);
        let sha256 = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self::Unreadable(Unreadable { why, bytes: raw.len(), sha256 })
    }
}

/// The text of an acknowledgement; `None` where nothing is to be sent.
pub(super) fn ack_text(envelope_id: &str, accepts_payload: bool, ack: Ack) -> Option<String> {
    match ack {
        Ack::None => None,
        Ack::Payload(payload) if accepts_payload => {
            Some(serde_json::json!({ "envelope_id": envelope_id, "payload": payload }).to_string())
        }
        Ack::Payload(_) => {
            tracing::warn!(envelope_id, "answer dropped: slack takes no payload with this acknowledgement");
            Some(serde_json::json!({ "envelope_id": envelope_id }).to_string())
        }
        Ack::Empty => Some(serde_json::json!({ "envelope_id": envelope_id }).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Frame {
        Frame::read(raw.as_bytes(), Instant::now())
    }

    #[test]
    fn a_frame_without_an_envelope_id_is_described_but_not_quoted() {
        for (raw, why) in [
            ("hunter2", "not JSON"),
            ("[1,2]", "not a JSON object"),
            (r#"{"type":"interactive","payload":{"secret":"hunter2"}}"#, "no envelope_id"),
            (r#"{"type":"interactive","envelope_id":""}"#, "no envelope_id"),
            (r#"{"type":"interactive","envelope_id":7}"#, "no envelope_id"),
        ] {
            let Frame::Unreadable(unreadable) = read(raw) else { panic!("read {raw}") };
            assert_eq!((unreadable.why, unreadable.bytes), (why, raw.len()));
            assert_eq!(unreadable.sha256.len(), 16);
        }
    }

    #[test]
    fn an_unknown_kind_with_a_strange_payload_is_kept_whole() {
        let Frame::Envelope(envelope) = read(
            r#"{"envelope_id":"e1","type":"telepathy","payload":{"metadata":{"event_payload":{"n":7}}}}"#,
        ) else {
            panic!("not an envelope")
        };
        assert_eq!(envelope.kind, EnvelopeKind::Other("telepathy".into()));
        assert_eq!(envelope.kind.label(), "other");
        assert_eq!(envelope.payload["metadata"]["event_payload"]["n"], 7);
        assert!(!format!("{envelope:?}").contains("event_payload"));
    }

    #[test]
    fn an_answer_goes_out_only_where_slack_takes_one() {
        let answer = || Ack::Payload(serde_json::json!({"errors": {}}));
        assert_eq!(ack_text("e", true, answer()).unwrap(), r#"{"envelope_id":"e","payload":{"errors":{}}}"#);
        assert_eq!(ack_text("e", false, answer()).unwrap(), r#"{"envelope_id":"e"}"#);
        assert_eq!(ack_text("e", true, Ack::None), None);
    }
}
