//! Slash commands, to their answers: who, what was said, what is meant, decided, answered.

use glasskey_commands::elevate::Elevate;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Listener, account, delivery, ephemeral, respond};
use crate::chat::asking;
use crate::chat::breakglass::{self, Crowd};
use crate::chat::hall::forms::{Form, Prefill};
use crate::chat::hall::{ELEVATE, Heard, Said, Speaker};
use crate::chat::slack::envelope::{Ack, Envelope};
use crate::chat::slack::{home, render};
use crate::notices::Section;

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
    trigger_id: Option<SecretString>,
}

impl Listener {
    pub(super) async fn slash(&self, envelope: &Envelope) -> Ack {
        let Ok(slash) = Slash::deserialize(&envelope.payload) else { return self.unreadable(envelope).await };
        let speaker = Speaker {
            account: account(slash.team_id.clone(), slash.user_id.clone()),
            channel: Some(slash.channel_id.clone()),
            interaction: delivery(envelope),
            whisper: Some(self.whisper(&slash.user_id, slash.response_url.clone())),
        };
        let text = render::unescape(&slash.text);
        let said = match slash.command.as_str() {
            "/elevate" => match self.elevate(&speaker, &text, &slash).await {
                Ok(said) => said,
                Err(ack) => return ack,
            },
            "/breakglass" => match self.breakglass(&speaker, &text).await {
                Some(said) => said,
                None => return self.show_form(slash),
            },
            other => self.hall.no_such_command(&speaker, other).await,
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

    /// What was said with `/elevate`; in `Err` what is answered when that is more than words.
    async fn elevate(&self, speaker: &Speaker, text: &str, slash: &Slash) -> Result<Said, Ack> {
        let directory = self.hall.directory();
        // Whose zone it is turns out with the speaker; no word is read by it.
        let said = asking::read(&self.hall.ear(&directory, TimeZone::UTC), text);
        if matches!(said, Ok(Elevate::Form)) && self.people.serves(&speaker.account.workspace) {
            // The trigger lives three seconds, so nothing is asked before. Who it is and what they may do is asked when they type,
            // and that and whose channel it is when the form is sent.
            let channel = slash.channel_id.clone();
            let form = Form::Access(Box::new(Prefill { channel, ..Prefill::default() }));
            return Err(self.show(slash, &form));
        }
        let mentioned = said.as_ref().map(asking::mentions).unwrap_or_default();
        // Both at once: Slack waits for three seconds and no longer.
        let (known, profiles) = tokio::join!(self.meet(speaker, ELEVATE), self.people.profiles(&mentioned));
        let known = match known {
            Ok(known) => known,
            Err(said) => return Ok(Err(said)),
        };
        let mentioned = self.people.mentioned(self.hall.engine(), &mentioned, &profiles).await;
        let crowd = Crowd { mentioned, names_count: false };
        match self.hall.elevate(speaker, &known, |_ear| said, &crowd).await {
            Ok(Heard::Say(text)) => Ok(Ok(text)),
            Ok(Heard::Ask(form, _)) => Err(self.show(slash, &form)),
            Ok(Heard::Mine(sections)) => Err(self.show_mine(slash, &sections)),
            Err(said) => Ok(Err(said)),
        }
    }

    fn show(&self, slash: &Slash, form: &Form) -> Ack {
        if let Some(trigger_id) = slash.trigger_id.clone() {
            self.open(trigger_id, form, slash.response_url.clone());
        }
        Ack::Empty
    }

    /// What concerns the person, to them alone.
    fn show_mine(&self, slash: &Slash, sections: &[Section]) -> Ack {
        let blocks = home::blocks(sections, &*self.people);
        let Some(url) = slash.response_url.clone() else { return Ack::Empty };
        let web = self.web.clone();
        tokio::spawn(async move { respond(&web, &url, home::FALLBACK, &blocks).await });
        Ack::Empty
    }

    /// What was said with `/breakglass`; `None` when the answer is the form.
    async fn breakglass(&self, speaker: &Speaker, text: &str) -> Option<Said> {
        let directory = self.hall.directory();
        // Whose zone it is turns out with the speaker; no word is read by it.
        let said = breakglass::read(&self.hall.ear(&directory, TimeZone::UTC), text);
        if self.hall.wants_form(&said) && self.people.serves(&speaker.account.workspace) {
            return None;
        }
        let mentioned = said.as_ref().map(breakglass::mentions).unwrap_or_default();
        // Both at once: Slack waits for three seconds and no longer.
        let (known, profiles) =
            tokio::join!(self.meet(speaker, breakglass::VERB), self.people.profiles(&mentioned));
        let known = match known {
            Ok(known) => known,
            Err(said) => return Some(Err(said)),
        };
        let mentioned = self.people.mentioned(self.hall.engine(), &mentioned, &profiles).await;
        let crowd = Crowd { mentioned, names_count: false };
        Some(self.hall.breakglass(speaker, &known, said, &crowd).await)
    }

    /// Opens the form of `/breakglass`. Nothing is decided yet, so nothing is committed, and the trigger lives three
    /// seconds: this is the first call. Who it is and what they may do is asked when the form is sent.
    fn show_form(&self, slash: Slash) -> Ack {
        let Some(trigger_id) = slash.trigger_id else { return Ack::Empty };
        let form = Form::Open { channel: slash.channel_id, federation: None };
        self.open(trigger_id, &form, slash.response_url);
        Ack::Empty
    }
}
