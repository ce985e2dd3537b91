//! What comes in from Slack: a command, a click, a form. Made durable, then acknowledged, within Slack's three seconds.
//!
//! Trusted bytes → who, where, what was said → command → engine → answer. Never decides; never acknowledges what was not
//! committed, except what needs no decision (help, lists).

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use glasskey_domain::command::{EmergencyCommand, Incoming, Which};
use glasskey_domain::refusal::StrangerWhy;
use glasskey_domain::settings::REASON_LENGTH_MAX;
use glasskey_domain::{
    AccountId, Actor, ChatAccount, Command, Directory, Door, EmergencyId, InteractionId, Refusal, RequestId,
    Subject, Who, event,
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::envelope::{Ack, Envelope, EnvelopeHandler, EnvelopeKind};
use super::models::{Reply, SlackUser};
use super::people::{Known, People};
use super::render;
use super::web::SlackWeb;
use crate::chat::asking::{Ear, Misheard, Wish, understand};
use crate::chat::reading;
use crate::engine::Engine;
use crate::notices::{self, Button, Text};

/// Longest name of a delivery: three times a UUID. A longer one is no key of the ledger, and would stop the bot.
const DELIVERY_BYTES_MAX: usize = 108;

/// Listens to Slack.
pub struct Listener {
    web: SlackWeb,
    people: Arc<People>,
    engine: Engine,
    aliases: BTreeMap<String, AccountId>,
}

/// A slash command. Source: docs.slack.dev, implementing slash commands. `user_name` and `token` are not read on purpose.
#[derive(Deserialize)]
struct Slash {
    team_id: String,
    user_id: String,
    channel_id: String,
    command: String,
    #[serde(default)]
    text: String,
    response_url: Option<SecretString>,
}

#[derive(Deserialize)]
struct UserRef {
    id: String,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct IdRef {
    id: String,
}

#[derive(Deserialize)]
struct Clicked {
    action_id: String,
    value: Option<String>,
}

/// A click, or a form that was sent.
#[derive(Deserialize)]
struct Interaction {
    #[serde(rename = "type")]
    kind: String,
    team: Option<IdRef>,
    user: UserRef,
    channel: Option<IdRef>,
    #[serde(default)]
    actions: Vec<Clicked>,
    trigger_id: Option<SecretString>,
    response_url: Option<SecretString>,
    view: Option<Value>,
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
        self.decide(speaker, Actor { who, door: Door::Slack }, command).await
    }

    async fn decide(&self, speaker: &Speaker, by: Actor, command: Command) -> Said {
        let incoming = Incoming { by, interaction: Some(speaker.interaction.clone()), command };
        match self.engine.submit(incoming).await {
            Ok(event::Answer::Done(reply)) => Ok(notices::reply(&reply, &self.directory())),
            Ok(event::Answer::Refused(refusal)) => Err(Some(notices::refusal(&refusal, &self.directory()))),
            Err(_stopped) => Err(None),
        }
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

    /// A slash command, to its answer.
    async fn command(&self, speaker: &Speaker, text: &str) -> Said {
        let known = self.meet(speaker, "elevate").await?;
        let directory = self.directory();
        let ear = Ear {
            directory: &directory,
            aliases: &self.aliases,
            settings: self.engine.settings(),
            now: self.engine.now(),
            zone: known.zone.clone(),
        };
        let heard = understand(&ear, &render::unescape(text));
        match heard {
            Ok(Wish::Decide(command)) => {
                self.decide(speaker, Actor::person(known.person.clone(), Door::Slack), command).await
            }
            Ok(wish) => reading::answer(&self.engine, &known.person, Door::Slack, wish).await.map_err(Some),
            Err(Misheard::Words(usage)) => {
                let words = notices::usage(&usage);
                let refusal = Refusal::Unreadable { sentence: usage.sentence() };
                // The journal gets the sentence; the person also gets the right form.
                match self.refuse(speaker, Some(&known), "elevate", refusal).await {
                    Err(None) => Err(None),
                    Ok(_) | Err(Some(_)) => Err(Some(words)),
                }
            }
            Err(Misheard::Names(refusal)) => self.refuse(speaker, Some(&known), "elevate", refusal).await,
        }
    }

    async fn slash(&self, envelope: &Envelope) -> Ack {
        let Ok(slash) = Slash::deserialize(&envelope.payload) else { return self.unreadable(envelope).await };
        let speaker = Speaker {
            team: slash.team_id,
            user: slash.user_id,
            channel: Some(slash.channel_id),
            interaction: delivery(envelope),
        };
        let said = match slash.command.as_str() {
            "/elevate" => self.command(&speaker, &slash.text).await,
            other => {
                let sentence = format!(
                    "there is no command `{other}` in this release; `/elevate help` shows what there is"
                );
                self.refuse(&speaker, None, "unknown-command", Refusal::Unreadable { sentence }).await
            }
        };
        let text = match said {
            Ok(text) | Err(Some(text)) => text,
            Err(None) => return Ack::None,
        };
        if envelope.accepts_response_payload {
            return Ack::Payload(ephemeral(&text, &self.people));
        }
        self.answer(slash.response_url, &text);
        Ack::Empty
    }

    /// Answers one person beside the acknowledgement; best effort, because the card says what is true anyway.
    fn answer(&self, response_url: Option<SecretString>, text: &Text) {
        let Some(url) = response_url.filter(|_| !text.is_empty()) else { return };
        let (web, fallback, blocks) =
            (self.web.clone(), render::fallback(text), render::message(text, &*self.people));
        tokio::spawn(async move {
            let reply =
                Reply { text: &fallback, blocks: Some(&blocks), in_channel: false, replace_original: false };
            if let Err(fault) = web.respond(&url, &reply).await {
                tracing::warn!(%fault, "an answer to a click was not delivered");
            }
        });
    }

    async fn interactive(&self, envelope: &Envelope) -> Ack {
        let Ok(interaction) = Interaction::deserialize(&envelope.payload) else {
            return self.unreadable(envelope).await;
        };
        // The user's own workspace counts: in a shared channel it is not the one that the message is in.
        let team = interaction
            .user
            .team_id
            .clone()
            .or_else(|| interaction.team.as_ref().map(|team| team.id.clone()));
        let speaker = Speaker {
            team: team.unwrap_or_default(),
            user: interaction.user.id.clone(),
            channel: interaction.channel.as_ref().map(|channel| channel.id.clone()),
            interaction: delivery(envelope),
        };
        match interaction.kind.as_str() {
            "block_actions" => self.click(&speaker, interaction).await,
            "view_submission" => self.form(&speaker, &interaction).await,
            _closed_or_new => Ack::Empty,
        }
    }

    async fn click(&self, speaker: &Speaker, interaction: Interaction) -> Ack {
        let Some(clicked) = interaction.actions.first() else { return Ack::Empty };
        let button = Button::of_action(&clicked.action_id);
        let id = clicked.value.clone().and_then(|value| Subject::try_from(value).ok());
        let (Some(button), Some(id)) = (button, id) else { return Ack::Empty };
        let verb = button.action();
        let known = match self.meet(speaker, verb).await {
            Ok(known) => known,
            Err(said) => return self.said(said, interaction.response_url),
        };
        let command = match (button, id) {
            (Button::Deny, Subject::Request(id)) => return self.ask_why(interaction.trigger_id, &id),
            (button, Subject::Request(id)) => clicked_request(button, id),
            (button, Subject::Emergency(id)) => clicked_emergency(button, id),
            (_, Subject::Watch) => None,
        };
        let Some(command) = command else { return Ack::Empty };
        let by = Actor::person(known.person, Door::Slack);
        let said = match self.decide(speaker, by, command).await {
            Ok(text) => Some(text),
            Err(said) => said,
        };
        self.said(said, interaction.response_url)
    }

    fn said(&self, said: Option<Text>, response_url: Option<SecretString>) -> Ack {
        let Some(text) = said else { return Ack::None };
        self.answer(response_url, &text);
        Ack::Empty
    }

    /// Opens the form that asks why. Nothing is decided yet, so nothing is committed; the trigger lives three seconds, so
    /// this is the first call.
    fn ask_why(&self, trigger_id: Option<SecretString>, id: &RequestId) -> Ack {
        let Some(trigger_id) = trigger_id else { return Ack::Empty };
        let (web, form) = (self.web.clone(), render::deny_form(id.as_str(), REASON_LENGTH_MAX));
        tokio::spawn(async move {
            if let Err(fault) = web.views_open(&trigger_id, &form).await {
                tracing::warn!(%fault, "the form for a denial did not open; `/elevate deny ID why` does the same");
            }
        });
        Ack::Empty
    }

    async fn form(&self, speaker: &Speaker, interaction: &Interaction) -> Ack {
        let text = |pointer: &str| {
            interaction
                .view
                .as_ref()
                .and_then(|view| view.pointer(pointer))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let id = text("/private_metadata").and_then(|id| RequestId::parse(&id).ok());
        let (Some(render::DENY_FORM), Some(id)) = (text("/callback_id").as_deref(), id) else {
            return Ack::Empty;
        };
        let why = text(&format!("/state/values/{0}/{0}/value", render::DENY_WHY)).unwrap_or_default();
        let said = match self.meet(speaker, Button::Deny.action()).await {
            Ok(known) => {
                self.decide(speaker, Actor::person(known.person, Door::Slack), Command::Deny { id, why })
                    .await
            }
            Err(said) => Err(said),
        };
        match said {
            Ok(_) => Ack::Empty,
            Err(Some(text)) => {
                let errors =
                    json!({ "response_action": "errors", "errors": { (render::DENY_WHY): text.plain() } });
                Ack::Payload(errors)
            }
            Err(None) => Ack::None,
        }
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
        let by = Actor { who: Who::Stranger { account }, door: Door::Slack };
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

/// What a button on the card of a request means.
fn clicked_request(button: Button, id: RequestId) -> Option<Command> {
    match button {
        Button::Approve => Some(Command::Approve { id }),
        Button::Withdraw => Some(Command::Withdraw { id }),
        Button::End => Some(Command::End { id }),
        Button::Deny | Button::Confirm | Button::Alone | Button::Decline | Button::Off | Button::Review => {
            None
        }
    }
}

/// What a button on the card of an emergency means.
fn clicked_emergency(button: Button, id: EmergencyId) -> Option<Command> {
    let which = Which::Id(id.clone());
    let command = match button {
        Button::Confirm | Button::Alone => EmergencyCommand::Confirm { which },
        Button::Decline => EmergencyCommand::Decline { which, why: None },
        Button::Off => EmergencyCommand::Off { which, reason: None },
        Button::Review => EmergencyCommand::Review { id, note: None },
        Button::Approve | Button::Deny | Button::Withdraw | Button::End => return None,
    };
    Some(Command::Emergency(command))
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
