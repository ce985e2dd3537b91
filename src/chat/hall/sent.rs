//! Forms that were sent, to their answers. What is wrong with one is told at its field, where the door can.

use glasskey_commands::Start;
use glasskey_domain::command::{EmergencyCommand, NewRequest, Which};
use glasskey_domain::refusal::Kind;
use glasskey_domain::settings::START_AHEAD_MAX;
use glasskey_domain::{Actor, Command, Matter, PersonId, Refusal, Target, event};
use jiff::Timestamp;

use super::forms::{self, Asked, Filled, Form, Place};
use super::{Hall, Known, Speaker};
use crate::chat::asking::Ear;
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
                let field = form.field_of(&refusal, &self.settings());
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
            Form::Deny(id, matter) => {
                let why = filled.text(forms::WHY).unwrap_or_default();
                return Ok(Command::Deny { id: id.clone(), matter: *matter, why });
            }
            Form::ApproveLess(id) => {
                let length = filled.length();
                return Ok(Command::Approve { id: id.clone(), matter: Matter::Request, length });
            }
            Form::Extend(id) => {
                let by = filled.length().unwrap_or_default();
                return Ok(Command::Extend { id: id.clone(), by, reason: filled.text(forms::REASON) });
            }
            Form::Object(id) => {
                let why = filled.text(forms::WHY).unwrap_or_default();
                return Ok(Command::Object { id: id.clone(), why });
            }
            Form::Access(_) => return self.asked(known, filled),
            Form::Reason(asked) => return self.asked_before(known, asked, filled),
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

    /// What the form that asks for access says.
    fn asked(&self, known: &Known, filled: &Filled) -> Result<Command, Refusal> {
        let directory = self.directory();
        let ear = self.ear(&directory, known.zone.clone());
        let nowhere = || unresolved(Kind::Account);
        let (targets, bundle) = targets(&ear, &filled.place().ok_or_else(nowhere)?, filled.permission_set())?;
        let starts_at = match filled.text(forms::START) {
            None => None,
            Some(typed) => {
                let said =
                    Start::parse(&typed).ok_or(Refusal::StartNotPossible { ahead: START_AHEAD_MAX })?;
                Some(asking::start(&ear, &said)?)
            }
        };
        let (reason, length) = (filled.text(forms::REASON), filled.length());
        Ok(Command::Request(NewRequest {
            bundle,
            starts_at,
            urgent: filled.urgent(),
            ticket: filled.text(forms::TICKET),
            ..asking::new_request(targets, length.unwrap_or_default(), reason.unwrap_or_default())
        }))
    }

    /// What was said with a command, and the reason that the form asked for.
    fn asked_before(&self, known: &Known, asked: &Asked, filled: &Filled) -> Result<Command, Refusal> {
        let directory = self.directory();
        let ear = self.ear(&directory, known.zone.clone());
        let (targets, bundle) = targets(&ear, &asked.place, asked.permission_set.as_deref())?;
        let ahead = START_AHEAD_MAX;
        let start = |at| Timestamp::from_second(at).map_err(|_beyond| Refusal::StartNotPossible { ahead });
        let reason = filled.text(forms::REASON).unwrap_or_default();
        Ok(Command::Request(NewRequest {
            bundle,
            starts_at: asked.starts_at.map(start).transpose()?,
            urgent: asked.urgent,
            ticket: filled.text(forms::TICKET),
            ..asking::new_request(targets, asked.length, reason)
        }))
    }
}

/// What is asked for at a place.
fn targets(
    ear: &Ear<'_>,
    place: &Place,
    permission_set: Option<&str>,
) -> Result<(Vec<Target>, Option<String>), Refusal> {
    match place {
        Place::Account(account) => {
            let set = permission_set.ok_or_else(|| unresolved(Kind::PermissionSet))?;
            Ok((vec![asking::target(ear, account.as_str(), set)?], None))
        }
        Place::Group(group) => Ok((vec![asking::membership(ear, group.as_str())?], None)),
        Place::Bundle(name) => asking::bundle(ear, name),
    }
}

/// Nothing was chosen.
fn unresolved(what: Kind) -> Refusal {
    Refusal::Unresolved { what, typed: String::new(), candidates: Vec::new() }
}
