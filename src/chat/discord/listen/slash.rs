//! Slash commands, to their answers: who, what was said, what is meant, decided, answered.

use glasskey_commands::breakglass::{self as grammar, Breakglass, OnWords};
use glasskey_commands::elevate::{self, Elevate, RequestWords};
use glasskey_commands::{Usage, definition};
use glasskey_domain::refusal::StrangerWhy;
use glasskey_domain::{FederationId, Refusal};

use super::answers::Answer;
use super::payload::{Interaction, Spoken};
use super::{Listener, said};
use crate::chat::asking;
use crate::chat::breakglass::{self, Crowd};
use crate::chat::hall::forms::{self, Filled, Form};
use crate::chat::hall::{ELEVATE, Heard, Known, Speaker};
use crate::notices::Text;

impl Listener {
    pub(super) async fn slash(&self, asked: &Interaction) -> Option<Answer> {
        let Some(spoken) = asked.spoken() else { return self.unreadable(asked.name()).await };
        let speaker = asked.speaker(self.whisper(asked), &self.people.guild());
        match spoken.command.as_str() {
            name if name == definition::ELEVATE.name => self.elevate(asked, &speaker, &spoken).await,
            name if name == definition::BREAKGLASS.name => self.breakglass(asked, &speaker, &spoken).await,
            other => said(self.hall.no_such_command(&speaker, &format!("/{other}")).await),
        }
    }

    async fn elevate(&self, asked: &Interaction, speaker: &Speaker, spoken: &Spoken) -> Option<Answer> {
        let read = spoken.read(elevate::from_options);
        if matches!(read, Ok(Elevate::Link)) {
            return self.link(asked, speaker).await;
        }
        let known = match self.meet(asked, speaker, ELEVATE).await {
            Ok(known) => known,
            Err(refused) => return refused.map(Answer::Say),
        };
        match &read {
            Ok(Elevate::Request(words)) if self.lacks(words) => {
                self.ask_for_reason(speaker, &known, words).await
            }
            Ok(_) | Err(_) => {
                let mentioned = read.as_ref().map(asking::mentions).unwrap_or_default();
                let mentioned =
                    self.people.mentioned(self.hall.engine(), &mentioned, &asked.described()).await;
                let crowd = Crowd { mentioned, names_count: false };
                match self.hall.elevate(speaker, &known, |_ear| read, &crowd).await {
                    Ok(heard) => self.heard(heard).await,
                    Err(refused) => refused.map(Answer::Say),
                }
            }
        }
    }

    pub(super) async fn heard(&self, heard: Heard) -> Option<Answer> {
        match heard {
            Heard::Say(text) => Some(Answer::Say(text)),
            Heard::Mine(sections) => Some(Answer::Mine(sections)),
            Heard::Ask(form, words) => {
                let typed = filled([(forms::REASON, words.reason), (forms::TICKET, words.ticket)]);
                let instead = Text::new().say(form.instead());
                Some(self.ask(form, &typed).await.unwrap_or(Answer::Say(instead)))
            }
        }
    }

    /// The one thing that people do here who are not linked.
    async fn link(&self, asked: &Interaction, speaker: &Speaker) -> Option<Answer> {
        if let Err(refused) = self.is_served(asked, speaker, ELEVATE).await {
            return refused.map(Answer::Say);
        }
        if asked.user.bot {
            let refusal = Refusal::Stranger { why: StrangerWhy::Bot };
            return said(self.hall.refuse(speaker, None, ELEVATE, refusal).await);
        }
        said(self.hall.link(speaker, Ok(())).await)
    }

    /// Whether a request lacks what the settings ask for, and a form can ask for.
    fn lacks(&self, words: &RequestWords) -> bool {
        let settings = self.hall.settings();
        (settings.reason_required && words.reason.is_empty())
            || (settings.ticket_required && words.ticket.is_none())
    }

    /// What was said already is in the form.
    async fn ask_for_reason(&self, speaker: &Speaker, known: &Known, words: &RequestWords) -> Option<Answer> {
        let form = match self.hall.reason_form(known, words) {
            Ok(form) => form,
            Err(refusal) => return said(self.hall.refuse(speaker, Some(known), ELEVATE, refusal).await),
        };
        let reason = Some(words.reason.clone()).filter(|reason| !reason.is_empty());
        let typed = filled([(forms::REASON, reason), (forms::TICKET, words.ticket.clone())]);
        let instead = Text::new().say(form.instead());
        Some(self.ask(form, &typed).await.unwrap_or(Answer::Say(instead)))
    }

    async fn breakglass(&self, asked: &Interaction, speaker: &Speaker, spoken: &Spoken) -> Option<Answer> {
        let known = match self.meet(asked, speaker, breakglass::VERB).await {
            Ok(known) => known,
            Err(refused) => return refused.map(Answer::Say),
        };
        let mut read = spoken.read(grammar::from_options);
        if let Some((form, typed)) = self.opening(&read) {
            let ask = self.ask(form, &typed).await;
            if ask.is_some() {
                return ask;
            }
            // Which federation is said with the command, where there are several: asked for like any other word.
            read = Ok(Breakglass::On(nothing_said()));
        }
        let mentioned = read.as_ref().map(breakglass::mentions).unwrap_or_default();
        let mentioned = self.people.mentioned(self.hall.engine(), &mentioned, &asked.described()).await;
        let crowd = Crowd { mentioned, names_count: false };
        said(self.hall.breakglass(speaker, &known, read, &crowd).await)
    }

    /// The form that opens an emergency, with what was said already, where what was said leaves out what must be there.
    fn opening(&self, read: &Result<Breakglass, Usage>) -> Option<(Form, Filled)> {
        let form = |federation: Option<FederationId>| Form::Open { channel: String::new(), federation };
        if self.hall.wants_form(read) {
            return Some((form(None), Filled::default()));
        }
        let Ok(Breakglass::On(words)) = read else { return None };
        // A form has no place for a length of one's own, nor for addresses; then the command is said once more.
        let fits = words.length.is_none() && words.people.is_empty();
        let settings = self.hall.settings();
        if !fits || !words.reason.is_empty() || !settings.reason_required {
            return None;
        }
        let named = words.federation.as_deref();
        let meant = settings
            .federations
            .keys()
            .find(|name| named.is_some_and(|typed| name.as_str().eq_ignore_ascii_case(typed)));
        // One that is not there is refused, and not asked about.
        if settings.federations.is_empty() || named.is_some() != meant.is_some() {
            return None;
        }
        let level = words.level.map(|level| level.word().to_owned());
        let typed = [(forms::LEVEL, level), (forms::INCIDENT, words.incident.clone())];
        Some((form(meant.cloned()), filled(typed)))
    }
}

fn filled(typed: [(&str, Option<String>); 2]) -> Filled {
    let typed = typed.into_iter().filter_map(|(name, text)| Some((name.to_owned(), vec![text?])));
    Filled(typed.collect())
}

fn nothing_said() -> OnWords {
    OnWords {
        federation: None,
        level: None,
        length: None,
        incident: None,
        reason: String::new(),
        people: Vec::new(),
    }
}
