//! Answers, as Discord takes them: the first one within three seconds, by the interaction's token. What was decided stands,
//! whether its answer arrives or not; where it does not, it is said by direct message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use serenity::model::id::UserId;

use super::Listener;
use super::payload::{Interaction, Kind, ReplyTo};
use crate::chat::discord::people::People;
use crate::chat::discord::render;
use crate::chat::discord::rest::fault::DiscordFault;
use crate::chat::discord::rest::models::Nonce;
use crate::chat::discord::rest::{DiscordRest, id};
use crate::chat::hall::Whisper;
use crate::chat::hall::forms::Form;
use crate::notices::{Section, Text};

/// Types of answers. Source: interaction callback types.
const MESSAGE: u8 = 4;
const NOTHING_NEW: u8 = 6;
const UPDATE: u8 = 7;
const CHOICES: u8 = 8;
const MODAL: u8 = 9;
/// Flag of a message that one person sees.
const EPHEMERAL: u64 = 1 << 6;
/// The interaction was answered already: by us, before an answer of Discord's was lost or the bot was restarted.
const ANSWERED_ALREADY: u64 = 40_060;
/// How long Discord waits for the first answer (platform-rules §2).
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How often an answer is sent whose fate is not known: Discord takes the second one as little as we would want it to.
const TRIES_MAX: u32 = 2;

/// What is answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// Words, to who asked alone.
    Say(Text),
    /// A form, as Discord shows it.
    Ask(Form, Value),
    /// The question before a click that is not easily taken back, as Discord shows it.
    Sure(Value),
    /// What concerns who asked.
    Mine(Vec<Section>),
    /// What can be chosen.
    Choices(Vec<Value>),
    /// Nothing: it meant nothing.
    Nothing,
}

impl Listener {
    /// Answers an interaction.
    pub(super) async fn answer(&self, asked: &Interaction, answer: Answer) {
        let body = self.body(asked, &answer).await;
        let Err(fault) = self.first_answer(asked, &body).await else { return };
        let kind = asked.kind;
        tracing::warn!(interaction = %asked.id, ?kind, %fault, "an answer did not reach who asked");
        match answer {
            Answer::Say(text) => self.say_directly(asked, &text).await,
            Answer::Ask(form, _) => {
                let instead = Text::new().say(form.instead());
                let body = self.body(asked, &Answer::Say(instead.clone())).await;
                if self.first_answer(asked, &body).await.is_err() {
                    self.say_directly(asked, &instead).await;
                }
            }
            // Nothing was decided, and who still wants it clicks again.
            Answer::Mine(_) | Answer::Sure(_) | Answer::Choices(_) | Answer::Nothing => {}
        }
    }

    async fn body(&self, asked: &Interaction, answer: &Answer) -> Value {
        match answer {
            Answer::Say(text) if text.is_empty() => nothing(asked),
            Answer::Say(text) => {
                let message = self.people.named(|names| render::message(text, names, None)).await;
                if asked.on_whisper && asked.kind == Kind::Click {
                    // The question is answered, and its button gone. Who sees it stays as it was.
                    return json!({ "type": UPDATE, "data": message });
                }
                json!({ "type": MESSAGE, "data": to_one(message) })
            }
            Answer::Ask(_, modal) => json!({ "type": MODAL, "data": modal }),
            Answer::Sure(question) => json!({ "type": MESSAGE, "data": to_one(question.clone()) }),
            Answer::Mine(sections) => {
                let message = self.people.named(|names| render::mine(sections, names)).await;
                json!({ "type": MESSAGE, "data": to_one(message) })
            }
            Answer::Choices(choices) => json!({ "type": CHOICES, "data": { "choices": choices } }),
            Answer::Nothing => nothing(asked),
        }
    }

    async fn first_answer(&self, asked: &Interaction, body: &Value) -> Result<(), DiscordFault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let Err(fault) = self.rest.interaction_callback(asked.id, &asked.token, body).await else {
                return Ok(());
            };
            if fault.code() == Some(ANSWERED_ALREADY) {
                return Ok(());
            }
            let again = fault.is_transient() && asked.received_at.elapsed() < ANSWER_MAX;
            if tries >= TRIES_MAX || !again {
                return Err(fault);
            }
        }
    }

    /// What was decided, to people of our guild alone: best effort, because the card says what is true anyway.
    async fn say_directly(&self, asked: &Interaction, text: &Text) {
        let in_guild = asked.guild.as_deref().is_some_and(|guild| self.people.serves(guild));
        let ours = in_guild || asked.answers_us();
        let Some(user) = id(&asked.user.id).filter(|_| ours && !asked.user.bot && !text.is_empty()) else {
            return;
        };
        let message = self.people.named(|names| render::message(text, names, None)).await;
        // The same answer is the same message, however often it is tried.
        let nonce = Nonce::of(&asked.name().to_string());
        directly(&self.rest, &self.people, (user, &nonce, &message)).await;
    }

    /// How more is said to who asked, later: beside what they did, or directly where that is too long ago.
    pub(super) fn whisper(&self, asked: &Interaction) -> Whisper {
        let (rest, people, to) = (self.rest.clone(), Arc::clone(&self.people), asked.reply_to());
        let (name, said) = (asked.name(), Arc::new(AtomicU32::new(0)));
        Whisper::new(move |text| {
            let (rest, people, mut to) = (rest.clone(), Arc::clone(&people), to.clone());
            // Each of them is a message of its own.
            let nonce = Nonce::of(&format!("{name}:{}", said.fetch_add(1, Ordering::Relaxed)));
            Box::pin(async move {
                to.answered().await;
                let message = people.named(|names| render::message(&text, names, None)).await;
                if beside(&rest, &to, &message).await {
                    return;
                }
                if let Some(user) = to.user {
                    directly(&rest, &people, (user, &nonce, &message)).await;
                }
            })
        })
    }
}

/// Says more beside what somebody did. Whether it worked, or may have.
async fn beside(rest: &DiscordRest, to: &ReplyTo, message: &Value) -> bool {
    let Some(application) = to.application else { return false };
    match rest.followup(application, &to.token, &to_one(message.clone())).await {
        Ok(_) => true,
        Err(fault) => {
            tracing::debug!(%fault, "more could not be said beside what was done; it is said directly");
            fault.reply_lost()
        }
    }
}

async fn directly(rest: &DiscordRest, people: &People, (user, nonce, message): (UserId, &Nonce, &Value)) {
    let posted = async {
        let channel = people.direct(user).await?;
        rest.create_message(channel, nonce, message).await
    };
    if let Err(fault) = posted.await {
        tracing::warn!(%fault, "an answer was not delivered by direct message either");
    }
}

/// To who asked alone.
fn to_one(mut message: Value) -> Value {
    let flags = message.get("flags").and_then(Value::as_u64).unwrap_or(0);
    if let Some(fields) = message.as_object_mut() {
        fields.insert("flags".to_owned(), json!(flags | EPHEMERAL));
    }
    message
}

/// That it was heard, and changes nothing. To a command and to a form without a message there is no such answer.
fn nothing(asked: &Interaction) -> Value {
    if asked.on_message {
        return json!({ "type": NOTHING_NEW });
    }
    json!({ "type": MESSAGE, "data": { "content": "Nothing was done.", "flags": EPHEMERAL } })
}
