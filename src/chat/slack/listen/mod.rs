//! What comes in from Slack: a command, a click, a form. Made durable, then acknowledged, within Slack's three seconds.
//!
//! Trusted bytes → who, where, what was said → command → engine → answer. Never decides; never acknowledges what was not
//! committed, except what needs no decision (help, lists).

mod clicks;
mod forms;
mod home;
mod slash;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use glasskey_domain::{AccountId, ChatAccount, Door, InteractionId};
use secrecy::SecretString;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::envelope::{Ack, Envelope, EnvelopeHandler, EnvelopeKind};
use super::models::{Post, Reply, SlackUser};
use super::people::People;
use super::render;
use super::web::SlackWeb;
use crate::chat::hall::{Hall, Known, SignIns, Speaker, Whisper};
use crate::engine::Engine;
use crate::notices::Text;

/// Longest name of a delivery: three times a UUID. A longer one is no key of the ledger, and would stop the bot.
const DELIVERY_BYTES_MAX: usize = 108;

/// Listens to Slack.
pub struct Listener {
    web: SlackWeb,
    people: Arc<People>,
    hall: Arc<Hall>,
    homes: Arc<home::Homes>,
}

impl Listener {
    /// Listens with this engine.
    #[must_use]
    pub fn new(
        web: SlackWeb,
        people: Arc<People>,
        engine: Engine,
        aliases: BTreeMap<String, AccountId>,
        sign_ins: Arc<SignIns>,
    ) -> Self {
        let hall = Arc::new(Hall::new(engine, aliases, Door::Slack, sign_ins));
        Self { web, people, hall, homes: Arc::default() }
    }

    /// Says more to one person, later: beside what they did, or directly where that has no place of its own.
    fn whisper(&self, user: &str, response_url: Option<SecretString>) -> Whisper {
        let (web, people, user) = (self.web.clone(), Arc::clone(&self.people), user.to_owned());
        Whisper::new(move |text| {
            let (web, people) = (web.clone(), Arc::clone(&people));
            let (user, response_url) = (user.clone(), response_url.clone());
            Box::pin(async move {
                let (fallback, blocks) = (render::fallback(&text), render::message(&text, &*people));
                match response_url {
                    Some(url) => respond(&web, &url, &fallback, &blocks).await,
                    None => send_directly(&web, &people, &user, (&fallback, &blocks)).await,
                }
            })
        })
    }

    /// Who this is and whether they may speak here; a refusal is written down.
    async fn meet(&self, speaker: &Speaker, verb: &str) -> Result<Known, Option<Text>> {
        let (team, user) = (&speaker.account.workspace, &speaker.account.user);
        // Both at once: one after the other could take longer than the three seconds that Slack waits.
        let place = async {
            match &speaker.channel {
                Some(channel) if self.people.serves(team) => self.people.place(channel).await,
                Some(_) | None => Ok(()),
            }
        };
        let person = self.people.person(self.hall.engine(), team, user);
        let (person, place) = tokio::join!(person, place);
        self.hall.meet(speaker, verb, person, place).await
    }

    /// Answers one person beside the acknowledgement; best effort, because the card says what is true anyway.
    fn answer(&self, response_url: Option<SecretString>, text: &Text) {
        let Some(url) = response_url.filter(|_| !text.is_empty()) else { return };
        let (web, fallback, blocks) =
            (self.web.clone(), render::fallback(text), render::message(text, &*self.people));
        tokio::spawn(async move { respond(&web, &url, &fallback, &blocks).await });
    }

    async fn event(&self, envelope: &Envelope) -> Ack {
        let event = envelope.payload.get("event");
        match event.and_then(|event| event.get("type")).and_then(Value::as_str) {
            Some("user_change") => {
                let user = event.and_then(|event| event.get("user"));
                if let Some(user) = user.and_then(|user| SlackUser::deserialize(user).ok()) {
                    self.people.learn(user, envelope.received_at.into());
                }
            }
            Some("app_home_opened") => self.home_opened(envelope).await,
            Some(_) | None => {}
        }
        Ack::Empty
    }

    /// A payload that we cannot read is written down, and changes nothing.
    async fn unreadable(&self, envelope: &Envelope) -> Ack {
        let sentence = format!("a payload of kind {} could not be read", envelope.kind.label());
        tracing::error!(envelope = %envelope.envelope_id, "{sentence}; it is written down and otherwise ignored");
        match self.hall.unreadable(delivery(envelope), sentence).await {
            Ok(_) | Err(Some(_)) => Ack::Empty,
            Err(None) => Ack::None,
        }
    }
}

async fn respond(web: &SlackWeb, url: &SecretString, text: &str, blocks: &Value) {
    let reply = Reply { text, blocks: Some(blocks), in_channel: false, replace_original: false };
    if let Err(fault) = web.respond(url, &reply).await {
        tracing::warn!(%fault, "an answer to one person was not delivered");
    }
}

async fn send_directly(web: &SlackWeb, people: &People, user: &str, (text, blocks): (&str, &Value)) {
    let sent = async {
        let channel = people.direct(user).await?;
        let blocks = Some(blocks);
        web.post_message(&Post { channel: &channel, text, blocks, metadata: None, thread_ts: None }).await
    };
    if let Err(fault) = sent.await {
        tracing::warn!(%fault, "a message to one person was not delivered");
    }
}

fn account(team: String, user: String) -> ChatAccount {
    ChatAccount { door: Door::Slack, workspace: team, user }
}

fn ephemeral(text: &Text, people: &People) -> Value {
    if text.is_empty() {
        return json!({});
    }
    json!({ "response_type": "ephemeral", "text": render::fallback(text), "blocks": render::message(text, people) })
}

/// The name of a delivery: a delivery that comes again has the same (libraries.md §2).
fn delivery(envelope: &Envelope) -> InteractionId {
    InteractionId::new(format!("slack:{}", envelope.envelope_id))
}

impl EnvelopeHandler for Listener {
    fn handle(&self, envelope: Envelope) -> BoxFuture<'_, Ack> {
        Box::pin(async move {
            if envelope.envelope_id.len() > DELIVERY_BYTES_MAX {
                tracing::error!("a delivery with a name that is none of Slack's is not taken");
                return Ack::None;
            }
            match &envelope.kind {
                EnvelopeKind::SlashCommands => self.slash(&envelope).await,
                EnvelopeKind::Interactive => self.interactive(&envelope).await,
                EnvelopeKind::EventsApi => self.event(&envelope).await,
                EnvelopeKind::Other(_) => self.unreadable(&envelope).await,
            }
        })
    }
}
