//! Slash commands, to their answers: who, what was said, what is meant, decided, answered.

use glasskey_commands::breakglass::Breakglass;
use glasskey_domain::{Actor, Command, Door, Refusal};
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Listener, Said, Speaker, delivery, ephemeral};
use crate::chat::asking::{Ear, Misheard, Wish, understand};
use crate::chat::breakglass::{self, Crowd};
use crate::chat::reading;
use crate::chat::slack::envelope::{Ack, Envelope};
use crate::chat::slack::{forms, render};
use crate::notices;

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
            team: slash.team_id.clone(),
            user: slash.user_id.clone(),
            channel: Some(slash.channel_id.clone()),
            interaction: delivery(envelope),
        };
        let text = render::unescape(&slash.text);
        let said = match slash.command.as_str() {
            "/elevate" => self.elevate(&speaker, &text).await,
            "/breakglass" => match self.breakglass(&speaker, &text).await {
                Some(said) => said,
                None => return self.show_form(slash),
            },
            other => {
                let sentence = format!(
                    "there is no command `{other}` in this release; `/elevate help` and `/breakglass help` show what there is"
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

    async fn elevate(&self, speaker: &Speaker, text: &str) -> Said {
        let known = self.meet(speaker, "elevate").await?;
        let directory = self.directory();
        let heard = understand(&self.ear(&directory, known.zone.clone()), text);
        match heard {
            Ok(Wish::Decide(command)) => {
                self.decide(speaker, Actor::person(known.person.clone(), Door::Slack), command).await
            }
            Ok(wish) => reading::answer(&self.engine, &known.person, Door::Slack, wish).await.map_err(Some),
            Err(Misheard::Words(usage)) => self.misheard(speaker, &known, "elevate", &usage).await,
            Err(Misheard::Names(refusal)) => self.refuse(speaker, Some(&known), "elevate", refusal).await,
        }
    }

    /// What was said with `/breakglass`; `None` when the answer is the form.
    async fn breakglass(&self, speaker: &Speaker, text: &str) -> Option<Said> {
        let directory = self.directory();
        // Whose zone it is turns out with the speaker; no word is read by it.
        let ear = self.ear(&directory, TimeZone::UTC);
        let said = breakglass::read(&ear, text);
        let some_federation = !ear.settings.federations.is_empty();
        if matches!(said, Ok(Breakglass::Form)) && some_federation && self.people.serves(&speaker.team) {
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
        let said = match said {
            Ok(said) => said,
            Err(usage) => return Some(self.misheard(speaker, &known, breakglass::VERB, &usage).await),
        };
        let crowd = Crowd {
            mentioned: self.people.mentioned(&self.engine, &mentioned, &profiles).await,
            names_count: false,
        };
        let ear = Ear { zone: known.zone.clone(), ..ear };
        let wish = breakglass::wish(&ear, &*self.engine.book().await, said, &crowd);
        Some(match wish {
            Ok(breakglass::Wish::Decide(command)) => {
                let by = Actor::person(known.person, Door::Slack);
                self.decide(speaker, by, Command::Emergency(command)).await
            }
            Ok(breakglass::Wish::Status(federation)) => {
                match reading::status(&self.engine, federation.as_ref()).await {
                    Ok((text, _)) => Ok(text),
                    Err(refusal) => self.refuse(speaker, Some(&known), breakglass::VERB, refusal).await,
                }
            }
            Ok(breakglass::Wish::Help(topic)) => Ok(reading::breakglass_help(topic)),
            // A form with nothing to choose from helps nobody.
            Ok(breakglass::Wish::Form) => {
                self.refuse(speaker, Some(&known), breakglass::VERB, Refusal::NoFederation).await
            }
            Err(refusal) => self.refuse(speaker, Some(&known), breakglass::VERB, refusal).await,
        })
    }

    fn ear<'a>(&'a self, directory: &'a glasskey_domain::Directory, zone: TimeZone) -> Ear<'a> {
        let (aliases, settings) = (&self.aliases, self.engine.settings());
        Ear { directory, aliases, settings, now: self.engine.now(), zone }
    }

    /// The journal gets the sentence; the person also gets the right form.
    async fn misheard(
        &self,
        speaker: &Speaker,
        known: &super::Known,
        verb: &str,
        usage: &glasskey_commands::Usage,
    ) -> Said {
        let refusal = Refusal::Unreadable { sentence: usage.sentence() };
        match self.refuse(speaker, Some(known), verb, refusal).await {
            Err(None) => Err(None),
            Ok(_) | Err(Some(_)) => Err(Some(notices::usage(usage))),
        }
    }

    /// Opens the form of `/breakglass`. Nothing is decided yet, so nothing is committed, and the trigger lives three
    /// seconds: this is the first call. Who it is and what they may do is asked when the form is sent.
    fn show_form(&self, slash: Slash) -> Ack {
        let Some(trigger_id) = slash.trigger_id else { return Ack::Empty };
        let form = forms::open_form(self.engine.settings(), &slash.channel_id);
        let instead = "the form did not open; `/breakglass on ro for 1h INC-7 why` does the same";
        self.open(trigger_id, form, slash.response_url, instead);
        Ack::Empty
    }
}
