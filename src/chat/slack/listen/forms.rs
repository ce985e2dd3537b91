//! Forms that were sent. What is wrong with one is shown at its field, and the form stays open with what was filled in.

use glasskey_domain::command::{EmergencyCommand, Which};
use glasskey_domain::{Actor, Command, Door, EmergencyId, PersonId, Refusal, RequestId, event};

use super::clicks::Interaction;
use super::{Listener, Speaker};
use crate::chat::breakglass;
use crate::chat::slack::envelope::Ack;
use crate::chat::slack::forms::{self, Filled};
use crate::notices::{self, Button};

impl Listener {
    pub(super) async fn form(&self, speaker: Speaker, interaction: &Interaction) -> Ack {
        let Some(filled) = interaction.view.as_ref().map(Filled::new) else { return Ack::Empty };
        let about = filled.about();
        let emergency = || EmergencyId::parse(about).ok();
        match filled.form() {
            forms::DENY_FORM => {
                let Ok(id) = RequestId::parse(about) else { return Ack::Empty };
                let why = filled.text(forms::WHY).unwrap_or_default();
                self.sent(&speaker, Button::Deny, Command::Deny { id, why }, forms::WHY).await
            }
            forms::DECLINE_FORM => {
                let Some(id) = emergency() else { return Ack::Empty };
                let why = filled.text(forms::WHY);
                let command = EmergencyCommand::Decline { which: Which::Id(id), why };
                self.sent(&speaker, Button::Decline, Command::Emergency(command), forms::WHY).await
            }
            forms::REVIEW_FORM => {
                let Some(id) = emergency() else { return Ack::Empty };
                let command = EmergencyCommand::Review { id, note: filled.text(forms::NOTE) };
                self.sent(&speaker, Button::Review, Command::Emergency(command), forms::NOTE).await
            }
            forms::OPEN_FORM => {
                // Where it was asked for counts as where it is done: a form itself is in no channel.
                let channel = Some(about.to_owned()).filter(|channel| !channel.is_empty());
                self.opening(&Speaker { channel, ..speaker }, &filled).await
            }
            _other => Ack::Empty,
        }
    }

    /// A form about a card, with one field.
    async fn sent(&self, speaker: &Speaker, button: Button, command: Command, field: &str) -> Ack {
        let said = match self.meet(speaker, button.action()).await {
            Ok(known) => self.decide(speaker, Actor::person(known.person, Door::Slack), command).await,
            Err(said) => Err(said),
        };
        match said {
            Ok(_) => Ack::Empty,
            Err(Some(text)) => Ack::Payload(forms::wrong(field, &text)),
            Err(None) => Ack::None,
        }
    }

    /// The form of `/breakglass`: the same as the line, with what is wrong told at its field.
    async fn opening(&self, speaker: &Speaker, filled: &Filled<'_>) -> Ack {
        let named = filled.people();
        let (known, profiles) =
            tokio::join!(self.meet(speaker, breakglass::VERB), self.people.profiles(&named));
        let known = match known {
            Ok(known) => known,
            Err(Some(text)) => return Ack::Payload(forms::wrong(forms::REASON, &text)),
            Err(None) => return Ack::None,
        };
        let found = self.people.mentioned(&self.engine, &named, &profiles).await;
        let people: Result<Vec<PersonId>, Refusal> = found.into_values().collect();
        let command = match people {
            Ok(people) => Command::Emergency(EmergencyCommand::Open(breakglass::incident(
                filled.federation(),
                filled.level(),
                filled.length(),
                filled.text(forms::INCIDENT),
                filled.text(forms::REASON).unwrap_or_default(),
                people,
            ))),
            Err(refusal) => Command::Refuse { verb: breakglass::VERB.to_owned(), refusal },
        };
        match self.submit(speaker, Actor::person(known.person, Door::Slack), command).await {
            Ok(event::Answer::Done(reply)) => {
                let text = notices::reply(&reply, &self.directory());
                Ack::Payload(forms::taken(&text, &self.people))
            }
            Ok(event::Answer::Refused(refusal)) => {
                let several = self.engine.settings().federations.len() > 1;
                let field = forms::field_of(&refusal, several);
                Ack::Payload(forms::wrong(field, &notices::refusal(&refusal, &self.directory())))
            }
            Err(_stopped) => Ack::None,
        }
    }
}
