//! What tests and the page read back from the twin. Plain data; nothing here may reach into the workspace.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// A message as it stands now in a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Channel id.
    pub channel: String,
    /// Timestamp that is its id in the channel.
    pub ts: String,
    /// User id of the author (the bot's user for the bot).
    pub user: String,
    /// Fallback text (mrkdwn).
    pub text: String,
    /// Blocks with the ids Slack gave them.
    pub blocks: Vec<Value>,
    /// Message metadata, `{event_type, event_payload}`.
    pub metadata: Option<Value>,
    /// Parent of a thread reply.
    pub thread_ts: Option<String>,
    /// How often it was changed after it was posted.
    pub edits: u32,
    /// When it was changed last, in the form of a message timestamp.
    pub edited_ts: Option<String>,
}

impl Message {
    /// All that a person can read in it, one line for each text object.
    #[must_use]
    pub fn words(&self) -> String {
        super::elements::words(&self.text, &self.blocks)
    }

    /// Labels of the buttons, in order.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        super::elements::buttons(&self.blocks)
    }
}

/// A message that only one person sees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ephemeral {
    /// Its id (Slack's `message_ts`).
    pub ts: String,
    /// Channel in which it shows.
    pub channel: String,
    /// The one who sees it.
    pub user: String,
    /// Fallback text (mrkdwn).
    pub text: String,
    /// Blocks.
    pub blocks: Vec<Value>,
    /// True when Slack itself speaks (a time-out, an unknown command), not the bot.
    pub from_slack: bool,
}

impl Ephemeral {
    /// All that a person can read in it, one line for each text object.
    #[must_use]
    pub fn words(&self) -> String {
        super::elements::words(&self.text, &self.blocks)
    }

    /// Labels of the buttons, in order.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        super::elements::buttons(&self.blocks)
    }
}

/// A slash command as a person typed it; nobody else sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Typed {
    /// When, in the form of a message timestamp.
    pub ts: String,
    /// Where.
    pub channel: String,
    /// Who.
    pub user: String,
    /// The line: `/elevate list`.
    pub line: String,
}

/// A modal that a person has before them, or their Home tab of the app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenView {
    /// View id.
    pub id: String,
    /// Whose screen it is on.
    pub user: String,
    /// The view object as Slack returns it.
    pub view: Value,
    /// What the bot said is wrong, by block id.
    pub errors: Value,
}

impl OpenView {
    /// All that a person can read in it, one line for each text object.
    #[must_use]
    pub fn words(&self) -> String {
        super::elements::words("", self.blocks())
    }

    /// Labels of the buttons, in order.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        super::elements::buttons(self.blocks())
    }

    fn blocks(&self) -> &[Value] {
        self.view.get("blocks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

/// One call of the Web API.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Method: `chat.postMessage`.
    pub method: String,
    /// Arguments, the token left out.
    pub arguments: Value,
    /// `ok`, or the error code, or the fault that was played.
    pub outcome: String,
    /// When it arrived, milliseconds since the epoch.
    pub at_ms: i64,
}

/// One acknowledgement that came back over a socket.
#[derive(Debug, Clone, PartialEq)]
pub struct Ack {
    /// Envelope that it answers.
    pub envelope_id: String,
    /// `slash_commands`, `interactive`, `events_api`, or `unknown` when no such envelope was sent.
    pub kind: String,
    /// Number of the connection that it came over, from 1.
    pub socket: u64,
    /// Time since the envelope was last sent.
    pub after: Duration,
    /// It came after the limit: the person has seen `operation_timeout`.
    pub late: bool,
    /// Another acknowledgement of the same envelope came before.
    pub repeated: bool,
    /// Response payload.
    pub payload: Option<Value>,
}

/// What a person saw of a command or a click.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InteractionResult {
    /// The envelope that went out; empty when nothing was sent.
    pub envelope_id: String,
    /// Time until the acknowledgement, `None` when it did not come in time.
    pub acked_after: Option<Duration>,
    /// Text of the response payload.
    pub text: Option<String>,
    /// Blocks of the response payload.
    pub blocks: Vec<Value>,
    /// The whole response payload.
    pub payload: Option<Value>,
    /// What Slack told the person instead: `operation_timeout`, `dispatch_failed`, `no_such_button: …` and the like.
    pub failure: Option<String>,
}

impl InteractionResult {
    /// True when the person saw that their command did not get through in time.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.failure.as_deref() == Some("operation_timeout")
    }

    /// All that the response payload says.
    #[must_use]
    pub fn words(&self) -> String {
        super::elements::words(self.text.as_deref().unwrap_or_default(), &self.blocks)
    }

    pub(crate) fn failed(envelope_id: &str, why: impl Into<String>) -> Self {
        Self { envelope_id: envelope_id.to_owned(), failure: Some(why.into()), ..Self::default() }
    }
}
