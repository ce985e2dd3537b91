//! Slash commands, to their answers: who, what was said, what is meant, decided, answered.

use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Listener, account, delivery, ephemeral};
use crate::chat::asking;
use crate::chat::breakglass::{self, Crowd};
use crate::chat::hall::forms::Form;
use crate::chat::hall::{ELEVATE, Said, Speaker};
use crate::chat::slack::envelope::{Ack, Envelope};
use crate::chat::slack::render;

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
            "/elevate" => self.elevate(&speaker, &text).await,
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

    async fn elevate(&self, speaker: &Speaker, text: &str) -> Said {
        let known = self.meet(speaker, ELEVATE).await?;
        self.hall.elevate(speaker, &known, |ear| asking::read(ear, text)).await
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
