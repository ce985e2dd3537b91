//! Clicks on cards. A click carries an opaque id and nothing else that is believed (pitfall 14).

use glasskey_domain::command::{EmergencyCommand, Which};
use glasskey_domain::settings::REASON_LENGTH_MAX;
use glasskey_domain::{Actor, Command, Door, EmergencyId, RequestId, Subject};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{Listener, Speaker, delivery};
use crate::chat::slack::envelope::{Ack, Envelope};
use crate::chat::slack::forms;
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
    trigger_id: Option<SecretString>,
    response_url: Option<SecretString>,
    pub(super) view: Option<Value>,
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
            team: team.unwrap_or_default(),
            user: interaction.user.id.clone(),
            channel: interaction.channel.as_ref().map(|channel| channel.id.clone()),
            interaction: delivery(envelope),
        };
        match interaction.kind.as_str() {
            "block_actions" => self.click(&speaker, interaction).await,
            "view_submission" => self.form(speaker, &interaction).await,
            _closed_or_new => Ack::Empty,
        }
    }

    async fn click(&self, speaker: &Speaker, interaction: Interaction) -> Ack {
        let Some(clicked) = interaction.actions.first() else { return Ack::Empty };
        let button = Button::of_action(&clicked.action_id);
        let id = clicked.value.clone().and_then(|value| Subject::try_from(value).ok());
        let (Some(button), Some(id)) = (button, id) else { return Ack::Empty };
        let known = match self.meet(speaker, button.action()).await {
            Ok(known) => known,
            Err(said) => return self.said(said, interaction.response_url),
        };
        let command = match (button, id) {
            (Button::Deny, Subject::Request(id)) => {
                let instead = "the form did not open; `/elevate deny ID why` does the same";
                let form = forms::deny_form(id.as_str(), REASON_LENGTH_MAX);
                return self.ask(interaction, form, instead);
            }
            (Button::Decline, Subject::Emergency(id)) => {
                let instead = "the form did not open; `/breakglass decline why` does the same";
                return self.ask(interaction, forms::decline_form(&id), instead);
            }
            (Button::Review, Subject::Emergency(id)) => {
                let instead = "the form did not open; `/breakglass review ID` does the same";
                return self.ask(interaction, forms::review_form(&id), instead);
            }
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

    /// Opens a form that asks something first. Nothing is decided yet, so nothing is committed.
    fn ask(&self, interaction: Interaction, form: Value, instead: &'static str) -> Ack {
        if let Some(trigger_id) = interaction.trigger_id {
            self.open(trigger_id, form, interaction.response_url, instead);
        }
        Ack::Empty
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
    let which = Which::Id(id);
    let command = match button {
        Button::Confirm | Button::Alone => EmergencyCommand::Confirm { which },
        Button::Off => EmergencyCommand::Off { which, reason: None },
        Button::Approve
        | Button::Deny
        | Button::Withdraw
        | Button::End
        | Button::Decline
        | Button::Review => {
            return None;
        }
    };
    Some(Command::Emergency(command))
}
