//! Forms that were sent, to their answers. What is wrong with one is told at its field, where the door can.

use glasskey_domain::command::{EmergencyCommand, Which};
use glasskey_domain::{Actor, Command, PersonId, Refusal, event};

use super::forms::{self, Filled, Form};
use super::{Hall, Known, Speaker};
use crate::chat::{asking, breakglass};
use crate::notices::{self, Text};

/// What is wrong with a form that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// At which field.
    pub field: &'static str,
    /// In words.
    pub text: Text,
}

impl Hall {
    /// A form that was sent. `people`: who those are that were chosen in it.
    ///
    /// # Errors
    /// What is wrong with it. `None`: nothing was committed, so nothing may be acknowledged.
    pub async fn sent(
        &self,
        speaker: &Speaker,
        known: &Known,
        form: &Form,
        (filled, people): (&Filled, Result<Vec<PersonId>, Refusal>),
    ) -> Result<Text, Option<Wrong>> {
        let command = people.and_then(|people| self.meant(known, form, filled, people));
        let command =
            command.unwrap_or_else(|refusal| Command::Refuse { verb: form.verb().to_owned(), refusal });
        let by = Actor::person(known.person.clone(), self.door);
        match self.submit(speaker, by, command.clone()).await {
            Ok(event::Answer::Refused(Refusal::SignInNeeded { action })) => {
                let said = self.step_up(speaker, known, action, command).await;
                said.map_err(|why| why.map(|text| Wrong { field: form.field(), text }))
            }
            Ok(event::Answer::Done(reply)) => Ok(notices::reply(&reply, &self.directory())),
            Ok(event::Answer::Refused(refusal)) => {
                let field = form.field_of(&refusal, self.settings());
                Err(Some(Wrong { field, text: notices::refusal(&refusal, &self.directory()) }))
            }
            Err(_stopped) => Err(None),
        }
    }

    fn meant(
        &self,
        known: &Known,
        form: &Form,
        filled: &Filled,
        people: Vec<PersonId>,
    ) -> Result<Command, Refusal> {
        let command = match form {
            Form::Deny(id) => {
                let why = filled.text(forms::WHY).unwrap_or_default();
                return Ok(Command::Deny { id: id.clone(), why });
            }
            Form::Reason { account, permission_set, length } => {
                let directory = self.directory();
                let ear = self.ear(&directory, known.zone.clone());
                let (reason, ticket) = (filled.text(forms::REASON), filled.text(forms::TICKET));
                let target = asking::target(&ear, account, permission_set)?;
                return Ok(asking::request(target, *length, reason.unwrap_or_default(), ticket));
            }
            Form::Decline(id) => {
                let why = filled.text(forms::WHY);
                EmergencyCommand::Decline { which: Which::Id(id.clone()), why }
            }
            Form::Review(id) => EmergencyCommand::Review { id: id.clone(), note: filled.text(forms::NOTE) },
            Form::Open { federation, .. } => EmergencyCommand::Open(breakglass::incident(
                federation.clone().or_else(|| filled.federation()),
                filled.level(),
                filled.length(),
                filled.text(forms::INCIDENT),
                filled.text(forms::REASON).unwrap_or_default(),
                people,
            )),
        };
        Ok(Command::Emergency(command))
    }
}
