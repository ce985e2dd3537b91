//! Clicks on cards. A click carries an opaque id and nothing else that is believed (pitfall 14).

use glasskey_domain::Door;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{Listener, account, delivery};
use crate::chat::hall::forms::Form;
use crate::chat::hall::{Click, Speaker};
use crate::chat::slack::envelope::{Ack, Envelope};
use crate::chat::slack::home;
use crate::notices::{Button, Text};

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
pub(super) struct Interaction {
    #[serde(rename = "type")]
    kind: String,
    team: Option<IdRef>,
    user: UserRef,
    channel: Option<IdRef>,
    #[serde(default)]
    actions: Vec<Clicked>,
    pub(super) trigger_id: Option<SecretString>,
    pub(super) response_url: Option<SecretString>,
    pub(super) view: Option<Value>,
}

impl Interaction {
    /// Whether it came from App Home, where there is no message to answer beside.
    fn is_home(&self) -> bool {
        self.view.as_ref().and_then(|view| view.get("type")).and_then(Value::as_str) == Some("home")
    }
}

impl Listener {
    pub(super) async fn interactive(&self, envelope: &Envelope) -> Ack {
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
            account: account(team.unwrap_or_default(), interaction.user.id.clone()),
            channel: interaction.channel.as_ref().map(|channel| channel.id.clone()),
            interaction: delivery(envelope),
            whisper: Some(self.whisper(&interaction.user.id, interaction.response_url.clone())),
        };
        match interaction.kind.as_str() {
            "block_actions" => self.click(&speaker, interaction).await,
            "view_submission" => self.form(speaker, &interaction).await,
            "block_suggestion" => self.suggest(envelope, &speaker).await,
            _closed_or_new => Ack::Empty,
        }
    }

    async fn click(&self, speaker: &Speaker, interaction: Interaction) -> Ack {
        let Some(action) = interaction.actions.first() else { return Ack::Empty };
        if action.action_id == home::ASK && self.people.serves(&speaker.account.workspace) {
            return self.ask_for_access(interaction);
        }
        let value = action.value.as_deref().unwrap_or_default();
        let Some((button, id)) = Button::clicked(&action.action_id, value) else { return Ack::Empty };
        let known = match self.meet(speaker, button.action()).await {
            Ok(known) => known,
            Err(said) => return self.said(said, interaction.response_url),
        };
        let command = match self.hall.clicked(button, id).await {
            Some(Click::Decide(command)) => command,
            Some(Click::Ask(form)) => return self.show_form_of(interaction, &form),
            Some(Click::Again(id)) => match self.hall.again(&known, Some(&id)).await {
                Ok(again) => return self.show_form_of(interaction, &again.form(Door::Slack)),
                Err(refusal) => {
                    let said = self.hall.refuse(speaker, Some(&known), button.action(), refusal).await;
                    return self.said(said.map_or_else(|said| said, Some), interaction.response_url);
                }
            },
            None => return Ack::Empty,
        };
        let said = match self.hall.decide(speaker, &known, command).await {
            Ok(text) => Some(text),
            Err(said) => said,
        };
        if said.is_some() && interaction.is_home() {
            self.publish(&speaker.account.user, &known, said.as_ref());
        }
        self.said(said, interaction.response_url)
    }

    /// Opens a form. The trigger lives three seconds, so nothing is asked of the outside before.
    pub(super) fn show_form_of(&self, interaction: Interaction, form: &Form) -> Ack {
        if let Some(trigger_id) = interaction.trigger_id {
            self.open(trigger_id, form, interaction.response_url);
        }
        Ack::Empty
    }

    fn said(&self, said: Option<Text>, response_url: Option<SecretString>) -> Ack {
        let Some(text) = said else { return Ack::None };
        self.answer(response_url, &text);
        Ack::Empty
    }
}
