//! What comes in from Discord: a command, a click, a form, a question of a field. Made durable, then answered, within
//! Discord's three seconds.
//!
//! Trusted bytes → who, where, what was said → command → engine → answer. Never decides; never answers what was not
//! committed, except what needs no decision (help, lists, forms, choices).

mod answers;
mod choices;
mod clicks;
mod forms;
mod payload;
mod seen;
mod slash;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use glasskey_domain::refusal::{PlaceWhy, StrangerWhy};
use glasskey_domain::{AccountId, Door, InteractionId, Refusal};
use sha2::{Digest as _, Sha256};

use super::gateway::{Dispatch, DispatchHandler};
use super::people::People;
use super::rest::DiscordRest;
use crate::chat::hall::{Hall, Known, Said, SignIns, Speaker};
use crate::engine::Engine;
use crate::notices::Text;

use answers::Answer;
use payload::{Interaction, Kind};
use seen::Seen;

/// Listens to Discord.
pub struct Listener {
    rest: DiscordRest,
    people: Arc<People>,
    hall: Hall,
    seen: Seen,
}

impl Listener {
    /// Listens with this engine.
    #[must_use]
    pub fn new(
        rest: DiscordRest,
        people: Arc<People>,
        engine: Engine,
        aliases: BTreeMap<String, AccountId>,
        sign_ins: Arc<SignIns>,
    ) -> Self {
        let hall = Hall::new(engine, aliases, Door::Discord, sign_ins);
        Self { rest, people, hall, seen: Seen::default() }
    }

    /// Who this is and whether they may speak here; a refusal is written down.
    async fn meet(&self, asked: &Interaction, speaker: &Speaker, verb: &str) -> Result<Known, Option<Text>> {
        self.is_served(asked, speaker, verb).await?;
        let person = self.people.person(self.hall.engine(), &asked.user).await;
        self.hall.meet(speaker, verb, person, Ok(())).await
    }

    /// Whether it was said in our own guild, with the app that the guild installed, or clicked under a direct message of ours;
    /// a refusal is written down. Asked before anything else: elsewhere nobody is told whether they are linked here.
    async fn is_served(
        &self,
        asked: &Interaction,
        speaker: &Speaker,
        verb: &str,
    ) -> Result<(), Option<Text>> {
        let refusal = match &asked.guild {
            Some(guild) if !self.people.serves(guild) => {
                Refusal::Stranger { why: StrangerWhy::OtherWorkspace }
            }
            Some(guild) if asked.in_guild && asked.owner.as_deref() == Some(guild) => return Ok(()),
            // Discord says nothing there of who is in the guild, so it is asked.
            None if asked.answers_us() => match self.people.is_member(&asked.user).await {
                Some(true) => return Ok(()),
                Some(false) => Refusal::Stranger { why: StrangerWhy::OtherWorkspace },
                None => Refusal::Stranger { why: StrangerWhy::CouldNotAsk },
            },
            Some(_) | None => Refusal::NotServedHere { why: PlaceWhy::NotOurServer },
        };
        match self.hall.refuse(speaker, None, verb, refusal).await {
            Ok(text) | Err(Some(text)) => Err(Some(text)),
            Err(None) => Err(None),
        }
    }

    /// What is answered; nothing, when nothing was committed.
    async fn hear(&self, asked: &Interaction) -> Option<Answer> {
        match asked.kind {
            Kind::Command => self.slash(asked).await,
            Kind::Click => self.click(asked).await,
            Kind::Choices => Some(Answer::Choices(self.choices(asked).await)),
            Kind::Form => self.form(asked).await,
        }
    }

    /// A payload that we cannot read is written down, and changes nothing.
    async fn unreadable(&self, interaction: InteractionId) -> Option<Answer> {
        let sentence = "a payload of discord's could not be read".to_owned();
        tracing::error!(%interaction, "{sentence}; it is written down and otherwise ignored");
        said(self.hall.unreadable(interaction, sentence).await)
    }

    async fn take(&self, dispatch: Dispatch) {
        let Some(asked) = Interaction::read(&dispatch) else {
            // Where who asked cannot be answered, nothing but the journal learns of it.
            let digest = Sha256::digest(dispatch.raw.as_bytes());
            let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            self.unreadable(InteractionId::new(format!("discord:unreadable:{name}"))).await;
            return;
        };
        // After a resume it may come again, and an answer counts once.
        if !self.seen.begin(asked.id) {
            tracing::debug!(interaction = %asked.id, "discord delivered an interaction again");
            return;
        }
        match self.hear(&asked).await {
            Some(answer) => self.answer(&asked, answer).await,
            None => self.seen.forget(asked.id),
        }
    }
}

impl DispatchHandler for Listener {
    fn handle(&self, dispatch: Dispatch) -> BoxFuture<'_, ()> {
        Box::pin(self.take(dispatch))
    }
}

/// Words as an answer; nothing, when nothing was committed.
fn said(said: Said) -> Option<Answer> {
    match said {
        Ok(text) => Some(Answer::Say(text)),
        Err(text) => text.map(Answer::Say),
    }
}
