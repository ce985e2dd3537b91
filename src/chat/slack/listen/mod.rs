//! What comes in from Slack: a command, a click, a form. Made durable, then acknowledged, within Slack's three seconds.
//!
//! Trusted bytes → who, where, what was said → command → engine → answer. Never decides; never acknowledges what was not
//! committed, except what needs no decision (help, lists).

mod clicks;
mod forms;
mod slash;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use glasskey_domain::command::Incoming;
use glasskey_domain::refusal::StrangerWhy;
use glasskey_domain::{
    AccountId, Actor, ChatAccount, Command, Directory, Door, InteractionId, Refusal, Who, event,
};
use secrecy::SecretString;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::envelope::{Ack, Envelope, EnvelopeHandler, EnvelopeKind};
use super::models::{Reply, SlackUser};
use super::people::{Known, People};
use super::render;
use super::web::SlackWeb;
use crate::engine::{Engine, Stopped};
use crate::notices::{self, Text};

/// Longest name of a delivery: three times a UUID. A longer one is no key of the ledger, and would stop the bot.
const DELIVERY_BYTES_MAX: usize = 108;

/// Listens to Slack.
pub struct Listener {
    web: SlackWeb,
    people: Arc<People>,
    engine: Engine,
    aliases: BTreeMap<String, AccountId>,
}

/// Who speaks, where, through which delivery.
struct Speaker {
    team: String,
    user: String,
    channel: Option<String>,
    interaction: InteractionId,
}

impl Speaker {
    fn account(&self) -> ChatAccount {
        ChatAccount { door: Door::Slack, workspace: self.team.clone(), user: self.user.clone() }
    }
}

/// What could not be done, as an answer. `None`: nothing was committed, so nothing may be acknowledged.
type Said = Result<Text, Option<Text>>;

impl Listener {
    /// Listens with this engine.
    #[must_use]
    pub fn new(
        web: SlackWeb,
        people: Arc<People>,
        engine: Engine,
        aliases: BTreeMap<String, AccountId>,
    ) -> Self {
        Self { web, people, engine, aliases }
    }

    fn directory(&self) -> Arc<Directory> {
        self.engine.directory()
    }

    /// Writes a refusal down and answers it.
    async fn refuse(&self, speaker: &Speaker, person: Option<&Known>, verb: &str, refusal: Refusal) -> Said {
        let who = match person {
            Some(known) => Who::Person { person: known.person.clone() },
            None => Who::Stranger { account: speaker.account() },
        };
        let command = Command::Refuse { verb: verb.to_owned(), refusal };
        self.decide(speaker, Actor { who, door: Door::Slack, sign_in: None }, command).await
    }

    async fn decide(&self, speaker: &Speaker, by: Actor, command: Command) -> Said {
        match self.submit(speaker, by, command).await {
            Ok(event::Answer::Done(reply)) => Ok(notices::reply(&reply, &self.directory())),
            Ok(event::Answer::Refused(refusal)) => Err(Some(notices::refusal(&refusal, &self.directory()))),
            Err(_stopped) => Err(None),
        }
    }

    /// Gives a command to the engine: answered when it is durable.
    async fn submit(&self, speaker: &Speaker, by: Actor, command: Command) -> Result<event::Answer, Stopped> {
        let incoming = Incoming { by, interaction: Some(speaker.interaction.clone()), command };
        self.engine.submit(incoming).await
    }

    /// Who this is and whether they may speak here; a refusal is written down.
    async fn meet(&self, speaker: &Speaker, verb: &str) -> Result<Known, Option<Text>> {
        let stranger = |why: StrangerWhy| Refusal::Stranger { why };
        // Both at once: one after the other could take longer than the three seconds that Slack waits.
        let place = async {
            match &speaker.channel {
                Some(channel) if self.people.serves(&speaker.team) => self.people.place(channel).await,
                Some(_) | None => Ok(()),
            }
        };
        let person = self.people.person(&self.engine, &speaker.team, &speaker.user);
        let (person, place) = tokio::join!(person, place);
        let known = match person {
            Ok(known) => known,
            // Slack did answer: it is our own directory that was never read.
            Err(StrangerWhy::CouldNotAsk) if self.directory().is_empty() => {
                return Err(refused(self.refuse(speaker, None, verb, Refusal::DirectoryNotRead).await));
            }
            Err(why) => return Err(refused(self.refuse(speaker, None, verb, stranger(why)).await)),
        };
        if let Err(why) = place {
            let refusal = Refusal::NotServedHere { why };
            return Err(refused(self.refuse(speaker, Some(&known), verb, refusal).await));
        }
        Ok(known)
    }

    /// Answers one person beside the acknowledgement; best effort, because the card says what is true anyway.
    fn answer(&self, response_url: Option<SecretString>, text: &Text) {
        let Some(url) = response_url.filter(|_| !text.is_empty()) else { return };
        let (web, fallback, blocks) =
            (self.web.clone(), render::fallback(text), render::message(text, &*self.people));
        tokio::spawn(async move { respond(&web, &url, &fallback, &blocks).await });
    }

    /// Opens a form, or says what does the same. The trigger lives three seconds, so nothing is asked before.
    fn open(
        &self,
        trigger_id: SecretString,
        form: Value,
        response_url: Option<SecretString>,
        instead: &'static str,
    ) {
        let web = self.web.clone();
        let (fallback, blocks) = (
            render::fallback(&Text::new().say(instead)),
            render::message(&Text::new().say(instead), &*self.people),
        );
        tokio::spawn(async move {
            let Err(fault) = web.views_open(&trigger_id, &form).await else { return };
            tracing::warn!(%fault, instead, "a form did not open");
            if let Some(url) = response_url {
                respond(&web, &url, &fallback, &blocks).await;
            }
        });
    }

    fn event(&self, envelope: &Envelope) -> Ack {
        let event = envelope.payload.get("event");
        if event.and_then(|event| event.get("type")).and_then(Value::as_str) == Some("user_change") {
            let user = event.and_then(|event| event.get("user"));
            if let Some(user) = user.and_then(|user| SlackUser::deserialize(user).ok()) {
                self.people.learn(user, envelope.received_at.into());
            }
        }
        Ack::Empty
    }

    /// A payload that we cannot read is written down, and changes nothing.
    async fn unreadable(&self, envelope: &Envelope) -> Ack {
        let sentence = format!("a payload of kind {} could not be read", envelope.kind.label());
        tracing::error!(envelope = %envelope.envelope_id, "{sentence}; it is written down and otherwise ignored");
        let account = ChatAccount { door: Door::Slack, workspace: String::new(), user: String::new() };
        let by = Actor { who: Who::Stranger { account }, door: Door::Slack, sign_in: None };
        let command = Command::Refuse {
            verb: "unreadable-payload".to_owned(),
            refusal: Refusal::Unreadable { sentence },
        };
        let incoming = Incoming { by, interaction: Some(delivery(envelope)), command };
        match self.engine.submit(incoming).await {
            Ok(_) => Ack::Empty,
            Err(_stopped) => Ack::None,
        }
    }
}

async fn respond(web: &SlackWeb, url: &SecretString, text: &str, blocks: &Value) {
    let reply = Reply { text, blocks: Some(blocks), in_channel: false, replace_original: false };
    if let Err(fault) = web.respond(url, &reply).await {
        tracing::warn!(%fault, "an answer to one person was not delivered");
    }
}

/// The words of a refusal that was written down; nothing when it could not be.
fn refused(said: Said) -> Option<Text> {
    match said {
        Ok(text) => Some(text),
        Err(said) => said,
    }
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
                EnvelopeKind::EventsApi => self.event(&envelope),
                EnvelopeKind::Other(_) => self.unreadable(&envelope).await,
            }
        })
    }
}
