//! Forms that are opened, and forms that were sent. What is wrong with one is shown at its field, and the form stays
//! open with what was filled in.

use glasskey_domain::{PersonId, Refusal};
use secrecy::SecretString;

use super::clicks::Interaction;
use super::{Listener, respond};
use crate::chat::hall::forms::Form;
use crate::chat::hall::{Speaker, Wrong};
use crate::chat::slack::envelope::Ack;
use crate::chat::slack::{forms, render};
use crate::notices::Text;

impl Listener {
    /// Opens a form, or says what does the same. The trigger lives three seconds, so nothing is asked before.
    pub(super) fn open(&self, trigger_id: SecretString, form: &Form, response_url: Option<SecretString>) {
        let (web, instead) = (self.web.clone(), form.instead());
        let form = forms::modal(form, &self.hall.settings(), &self.people);
        let words = Text::new().say(instead);
        let (fallback, blocks) = (render::fallback(&words), render::message(&words, &*self.people));
        tokio::spawn(async move {
            let Err(fault) = web.views_open(&trigger_id, &form).await else { return };
            tracing::warn!(%fault, instead, "a form did not open");
            if let Some(url) = response_url {
                respond(&web, &url, &fallback, &blocks).await;
            }
        });
    }

    pub(super) async fn form(&self, mut speaker: Speaker, interaction: &Interaction) -> Ack {
        let Some(view) = &interaction.view else { return Ack::Empty };
        let Some(form) = forms::form(view) else { return Ack::Empty };
        // Where it was asked for counts as where it is done: a form itself is in no channel.
        let asked_in = match &form {
            Form::Open { channel, .. } => channel.clone(),
            Form::Access(prefill) => prefill.channel.clone(),
            Form::Deny(..)
            | Form::ApproveLess(_)
            | Form::Extend(_)
            | Form::Object(_)
            | Form::Reason(_)
            | Form::Decline(_)
            | Form::Review(_) => String::new(),
        };
        speaker.channel = Some(asked_in).filter(|channel| !channel.is_empty());
        let filled = forms::filled(view);
        let named = filled.people();
        let (known, profiles) = tokio::join!(self.meet(&speaker, form.verb()), self.people.profiles(named));
        let known = match known {
            Ok(known) => known,
            Err(Some(text)) => return Ack::Payload(forms::wrong(&Wrong { field: form.field(), text })),
            Err(None) => return Ack::None,
        };
        let found = self.people.mentioned(self.hall.engine(), named, &profiles).await;
        let people: Result<Vec<PersonId>, Refusal> = found.into_values().collect();
        let sent = self.hall.sent(&speaker, &known, &form, (&filled, people)).await;
        if sent.is_ok() {
            // It may have been opened from App Home, which does not say so.
            self.publish(&speaker.account.user, &known, None);
        }
        match (sent, form) {
            (Ok(text), Form::Open { .. }) => Ack::Payload(forms::taken(&text, &self.people)),
            // A form is closed when it is taken, and has no place of its own: what was asked for is said to them alone.
            (Ok(text), Form::Access(_) | Form::Reason(_)) => {
                if let Some(whisper) = speaker.whisper {
                    tokio::spawn(async move { whisper.say(text).await });
                }
                Ack::Empty
            }
            // The card of it says what became of it.
            (
                Ok(_),
                Form::Deny(..)
                | Form::ApproveLess(_)
                | Form::Extend(_)
                | Form::Object(_)
                | Form::Decline(_)
                | Form::Review(_),
            ) => Ack::Empty,
            (Err(Some(wrong)), _) => Ack::Payload(forms::wrong(&wrong)),
            (Err(None), _) => Ack::None,
        }
    }
}
