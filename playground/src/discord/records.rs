//! What tests and the page read back from the twin. Plain data; nothing here may reach into the guild.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// Flag of a message that one person sees.
pub(crate) const EPHEMERAL: u64 = 1 << 6;

/// Flag of a message that shows "is thinking".
pub(crate) const LOADING: u64 = 1 << 7;

/// Flag of a message that is made of components alone.
pub(crate) const COMPONENTS_V2: u64 = 1 << 15;

/// A message as it stands now in a channel.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Message {
    /// Its snowflake.
    pub id: String,
    /// Channel id.
    pub channel: String,
    /// User id of the author (the bot's user for the bot).
    pub author: String,
    /// 0 said, 6 "pinned a message", 19 a reply, 20 an answer to a command.
    pub kind: u8,
    /// Content (markdown).
    pub content: String,
    /// Embeds.
    pub embeds: Vec<Value>,
    /// Components with the ids Discord gave them.
    pub components: Vec<Value>,
    /// Message flags.
    pub flags: u64,
    /// The nonce it was made with.
    pub nonce: Option<String>,
    /// The message it refers to.
    pub refers_to: Option<String>,
    /// The interaction that it answers.
    pub interaction: Option<String>,
    /// The one who sees it, when it is ephemeral.
    pub only_for: Option<String>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// How often it was changed after it was made.
    pub edits: u32,
    /// When it was made, milliseconds since the epoch.
    pub made_ms: i64,
    /// When it was changed last.
    pub edited_ms: Option<i64>,
    /// Users whom it notified.
    pub pinged: Vec<String>,
    /// True when Discord itself speaks (the application did not respond), not the bot.
    pub from_discord: bool,
}

impl Message {
    /// True while the person sees "is thinking".
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.flags & LOADING != 0
    }

    /// All that a person can read in it, one line for each text.
    #[must_use]
    pub fn words(&self) -> String {
        let mut lines = vec![self.content.clone()];
        self.embeds.iter().for_each(|embed| embed_words(embed, &mut lines));
        self.components.iter().for_each(|component| component_words(component, &mut lines));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// Labels of the buttons, in order.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        let all = inner(&self.components);
        let buttons = all.iter().filter(|c| c.get("type").and_then(Value::as_u64) == Some(2));
        buttons.filter_map(|c| c.get("label").and_then(Value::as_str).map(str::to_owned)).collect()
    }
}

/// Components within rows, containers and sections, outer ones first.
pub(crate) fn inner(components: &[Value]) -> Vec<Value> {
    let mut found = Vec::new();
    for component in components {
        found.push(component.clone());
        for key in ["components", "component", "accessory"] {
            match component.get(key) {
                Some(Value::Array(list)) => found.extend(inner(list)),
                Some(one @ Value::Object(_)) => found.extend(inner(std::slice::from_ref(one))),
                _ => {}
            }
        }
    }
    found
}

fn embed_words(embed: &Value, lines: &mut Vec<String>) {
    let mut say = |at: &str| {
        lines.extend(embed.pointer(at).and_then(Value::as_str).map(str::to_owned));
    };
    ["/author/name", "/title", "/description"].into_iter().for_each(&mut say);
    let fields = embed.get("fields").and_then(Value::as_array).map_or(0, Vec::len);
    for n in 0..fields {
        say(&format!("/fields/{n}/name"));
        say(&format!("/fields/{n}/value"));
    }
    say("/footer/text");
}

fn component_words(component: &Value, lines: &mut Vec<String>) {
    for one in inner(std::slice::from_ref(component)) {
        for key in ["content", "label", "description", "placeholder"] {
            lines.extend(one.get(key).and_then(Value::as_str).map(str::to_owned));
        }
    }
}

/// A slash command as a person typed it; nobody else sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Typed {
    /// Snowflake of the moment.
    pub id: String,
    /// Where.
    pub channel: String,
    /// Who.
    pub user: String,
    /// The line: `/elevate request account: payments-prod`.
    pub line: String,
}

/// A modal that a person has before them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenModal {
    /// The interaction that opened it.
    pub interaction: String,
    /// Whose screen it is on.
    pub user: String,
    /// Title, `custom_id` and components, as the bot sent them.
    pub content: Value,
    /// True after a submission that the bot did not answer in time.
    pub failed: bool,
}

/// One call of the REST interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What it is, `None` for a route that this twin does not have.
    pub operation: Option<super::Operation>,
    /// `POST`.
    pub method: String,
    /// Path below `/api/v10`, query left out.
    pub path: String,
    /// Query, by name.
    pub query: BTreeMap<String, String>,
    /// Body, null when there was none.
    pub body: Value,
    /// `200`, or `400 50035`, or the fault that was played.
    pub outcome: String,
    /// When it arrived, milliseconds since the epoch.
    pub at_ms: i64,
}

/// What the bot answered to an interaction, at first.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A message (type 4).
    Message(Box<Message>),
    /// "Is thinking" (type 5); the message comes later.
    Deferred {
        /// Whether the asker alone will see it.
        ephemeral: bool,
    },
    /// The message that was clicked will be changed later, or not at all (type 6).
    DeferredUpdate,
    /// The message that was clicked as it is now (type 7).
    Update(Box<Message>),
    /// Choices of an autocomplete (type 8).
    Choices(Vec<Value>),
    /// A modal (type 9).
    Modal(Value),
}

/// What a person saw of a command, a click or a submission.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InteractionResult {
    /// The interaction that went out; empty when nothing was sent.
    pub interaction: String,
    /// Time until the first answer, `None` when it did not come in time.
    pub answered_after: Option<Duration>,
    /// The first answer.
    pub answer: Option<Answer>,
    /// What Discord's client told the person instead: `did_not_respond`, `no_session`, `required: account` and the like.
    pub failure: Option<String>,
}

impl InteractionResult {
    /// True when the person saw that the application did not respond.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.failure.as_deref() == Some("did_not_respond")
    }

    /// All that the first answer says; empty when it was deferred.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.answer {
            Some(Answer::Message(message) | Answer::Update(message)) => message.words(),
            Some(Answer::Modal(content)) => {
                let mut lines: Vec<String> =
                    content.get("title").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
                let parts = content.get("components").and_then(Value::as_array).cloned().unwrap_or_default();
                parts.iter().for_each(|part| component_words(part, &mut lines));
                lines.join("\n")
            }
            Some(Answer::Choices(choices)) => {
                let names = choices.iter().filter_map(|c| c.get("name").and_then(Value::as_str));
                names.collect::<Vec<_>>().join("\n")
            }
            Some(Answer::Deferred { .. } | Answer::DeferredUpdate) | None => String::new(),
        }
    }

    pub(crate) fn failed(interaction: &str, why: impl Into<String>) -> Self {
        Self { interaction: interaction.to_owned(), failure: Some(why.into()), ..Self::default() }
    }
}
