//! What travels on the gateway, read only as far as the transport needs: what a dispatch says stays raw.
//!
//! Must never judge a payload (an unknown one is still somebody's click) and never print one (it holds what people typed,
//! and tokens).

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

/// One event of the gateway, as it came.
#[derive(Clone)]
pub struct Dispatch {
    /// What Discord calls it, `INTERACTION_CREATE` for one.
    pub name: String,
    /// Its place in the session. After a resume an event can come again, with the same number.
    pub sequence: Option<u64>,
    /// What it says: JSON, byte for byte.
    pub raw: String,
    /// When the frame was read from the connection.
    pub received_at: Instant,
}

/// By hand, because the payload holds what people typed, and the token of the interaction.
impl std::fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatch")
            .field("name", &self.name)
            .field("sequence", &self.sequence)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// What is needed to go on where the connection broke off.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) id: SecretString,
    pub(super) resume_url: String,
}

/// One frame of Discord's, sorted.
pub(super) enum Frame {
    Hello {
        heartbeat_every: Duration,
    },
    /// Discord wants a heartbeat now.
    HeartbeatWanted,
    HeartbeatAck,
    /// Close and resume.
    Reconnect,
    InvalidSession {
        resumable: bool,
    },
    Ready(Session),
    Resumed,
    Dispatch(Dispatch),
    /// An operation that this version does not know.
    Other,
    Unreadable(Unreadable),
}

/// A frame that is none of ours, described without its content.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) why: &'static str,
    pub(super) bytes: usize,
    /// First 8 bytes of SHA-256, to recognise the same frame again.
    pub(super) sha256: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    op: u8,
    s: Option<u64>,
    t: Option<String>,
    #[serde(borrow)]
    d: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Hello {
    heartbeat_interval: u64,
}

#[derive(Deserialize)]
struct Ready {
    session_id: SecretString,
    resume_gateway_url: String,
}

impl Frame {
    /// The frame, and its sequence number where it has one.
    pub(super) fn read(text: &str, received_at: Instant) -> (Self, Option<u64>) {
        match serde_json::from_str::<Envelope<'_>>(text) {
            Ok(envelope) => {
                let sequence = envelope.s;
                let frame = Self::sort(envelope, received_at);
                (frame.unwrap_or_else(|why| Self::Unreadable(Unreadable::new(why, text))), sequence)
            }
            Err(_) => (Self::Unreadable(Unreadable::new("not a frame of the gateway", text)), None),
        }
    }

    fn sort(envelope: Envelope<'_>, received_at: Instant) -> Result<Self, &'static str> {
        let data = envelope.d.map_or("null", RawValue::get);
        Ok(match envelope.op {
            0 => {
                let name = envelope.t.ok_or("a dispatch without a name")?;
                match name.as_str() {
                    "READY" => {
                        let ready: Ready =
                            serde_json::from_str(data).map_err(|_| "READY without a session")?;
                        Self::Ready(Session { id: ready.session_id, resume_url: ready.resume_gateway_url })
                    }
                    "RESUMED" => Self::Resumed,
                    _ => {
                        let (raw, sequence) = (data.to_owned(), envelope.s);
                        Self::Dispatch(Dispatch { name, sequence, raw, received_at })
                    }
                }
            }
            1 => Self::HeartbeatWanted,
            7 => Self::Reconnect,
            9 => Self::InvalidSession { resumable: data == "true" },
            10 => {
                let hello: Hello = serde_json::from_str(data).map_err(|_| "HELLO without an interval")?;
                // An interval of nothing would become a spin.
                Self::Hello { heartbeat_every: Duration::from_millis(hello.heartbeat_interval.max(1)) }
            }
            11 => Self::HeartbeatAck,
            _ => Self::Other,
        })
    }
}

impl Unreadable {
    pub(super) fn new(why: &'static str, text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let sha256 = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { why, bytes: text.len(), sha256 }
    }
}

/// A heartbeat: the last sequence number that was read.
pub(super) fn heartbeat(sequence: Option<u64>) -> String {
    json!({ "op": 1, "d": sequence }).to_string()
}

/// Begins a session. No intents: commands, clicks and forms come without (platform-rules §2).
pub(super) fn identify(token: &SecretString) -> String {
    let properties = json!({ "os": std::env::consts::OS, "browser": "glasskey", "device": "glasskey" });
    let data = json!({ "token": token.expose_secret(), "intents": 0, "properties": properties });
    json!({ "op": 2, "d": data }).to_string()
}

/// Goes on with a session.
pub(super) fn resume(token: &SecretString, session: &Session, sequence: Option<u64>) -> String {
    let data = json!({
        "token": token.expose_secret(), "session_id": session.id.expose_secret(), "seq": sequence,
    });
    json!({ "op": 6, "d": data }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Frame, Option<u64>) {
        Frame::read(text, Instant::now())
    }

    #[test]
    fn what_an_event_says_is_kept_byte_for_byte_and_not_printed() {
        let said = r#"{"id":"1",  "weird":[1.0e2,"hunter2"],"nested":{"n":7}}"#;
        let text = format!(r#"{{"t":"INTERACTION_CREATE","s":42,"op":0,"d":{said}}}"#);
        let (Frame::Dispatch(dispatch), Some(42)) = read(&text) else { panic!("not a dispatch") };
        assert_eq!((dispatch.name.as_str(), dispatch.sequence), ("INTERACTION_CREATE", Some(42)));
        assert_eq!(dispatch.raw, said);
        assert!(!format!("{dispatch:?}").contains("hunter2"));
    }

    #[test]
    fn a_frame_that_is_none_is_described_but_not_quoted() {
        for (text, why) in [
            ("hunter2", "not a frame of the gateway"),
            ("[1]", "not a frame of the gateway"),
            (r#"{"op":"0","d":"hunter2"}"#, "not a frame of the gateway"),
            (r#"{"op":0,"d":"hunter2"}"#, "a dispatch without a name"),
            (r#"{"op":0,"t":"READY","d":{"session_id":7}}"#, "READY without a session"),
            (r#"{"op":10,"d":{}}"#, "HELLO without an interval"),
        ] {
            let (Frame::Unreadable(unreadable), _) = read(text) else { panic!("read {text}") };
            assert_eq!((unreadable.why, unreadable.bytes), (why, text.len()));
            assert!(!format!("{unreadable:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_session_is_resumable_only_where_discord_says_true() {
        for (text, expected) in
            [("true", true), ("false", false), ("null", false), ("\"true\"", false), ("1", false)]
        {
            let (Frame::InvalidSession { resumable }, None) = read(&format!(r#"{{"op":9,"d":{text}}}"#))
            else {
                panic!("not op 9")
            };
            assert_eq!(resumable, expected, "{text}");
        }
        assert!(matches!(read(r#"{"op":9}"#).0, Frame::InvalidSession { resumable: false }));
    }

    #[test]
    fn an_unknown_event_and_an_unknown_operation_are_no_faults() {
        assert!(matches!(read(r#"{"op":0,"t":"TELEPATHY","s":1}"#).0, Frame::Dispatch(_)));
        assert!(matches!(read(r#"{"op":99,"d":{}}"#).0, Frame::Other));
    }
}
