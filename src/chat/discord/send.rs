//! What the engine tells people, in Discord. A nonce makes a post that is sent twice within minutes one message; whoever
//! comes here later, after a lost answer or a crash, looks for our own mark before posting again.

use glasskey_domain::request::{CardState, MessageRef, Posting};
use glasskey_domain::{Directory, Emergency, Platform, Recipient, Subject, Tell};
use jiff::Timestamp;
use serde_json::{Value, json};
use serenity::model::id::{ChannelId, MessageId, UserId};
use std::sync::Arc;
use tokio::sync::OnceCell;

use super::faults::{fault_of, fault_of_ours};
use super::people::{NoEngine, People};
use super::pins::Pins;
use super::render;
use super::rest::fault::{DiscordFault, FaultKind};
use super::rest::models::{MESSAGES_MAX, Message, Nonce, Posted};
use super::rest::{DiscordRest, id};
use crate::notices::{self, Card, Setting};
use crate::ports::{About, Answer, Chat, Fault};

/// Clocks differ: look this much before the intent, in seconds.
const LOOK_BEFORE: i64 = 120;
/// Pages that are looked through for a mark: some thousand messages since a post was tried is a channel that nobody reads.
const PAGES_MAX: usize = 20;
/// Where Discord's ids begin to count, in milliseconds since 1970 (docs.discord.com, snowflakes).
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;
/// Bits of an id below its time.
const BELOW_TIME: u32 = 22;

/// Sends to Discord.
pub struct Sender {
    rest: DiscordRest,
    people: Arc<People>,
    channel: ChannelId,
    /// Who we are to Discord; asked when it is first needed, and then kept.
    own: OnceCell<UserId>,
    setting: Setting,
    pins: Pins,
}

/// Where a message goes.
struct Whereto {
    channel: ChannelId,
    /// The message that it answers.
    under: Option<MessageId>,
}

impl Whereto {
    fn channel(channel: ChannelId) -> Self {
        Self { channel, under: None }
    }
}

/// A message that must be there once.
struct Once<'a> {
    to: Whereto,
    key: &'a str,
    body: Value,
    look_since: Option<Timestamp>,
}

impl Sender {
    /// Sends cards to `channel`.
    #[must_use]
    pub fn new(rest: DiscordRest, people: Arc<People>, channel: ChannelId, setting: Setting) -> Self {
        Self { rest, people, channel, own: OnceCell::new(), setting, pins: Pins::default() }
    }

    async fn own(&self) -> Result<UserId, DiscordFault> {
        let asked = self.own.get_or_try_init(|| async {
            let application = self.rest.application().await?;
            let garbled = FaultKind::Garbled("an application without a bot");
            application.bot.map(|bot| bot.id).ok_or_else(|| DiscordFault::unknown("application", garbled))
        });
        asked.await.copied()
    }

    async fn post_once(&self, once: Once<'_>) -> Result<Posted, DiscordFault> {
        let mark = render::mark(once.key);
        if let Some(since) = once.look_since
            && let Some(found) = self.sought(once.to.channel, since, &mark).await?
        {
            return Ok(found);
        }
        let mut body = once.body;
        if let (Some(under), Some(fields)) = (once.to.under, body.as_object_mut()) {
            // A card that somebody deleted takes no message with it.
            let under = json!({ "message_id": under, "fail_if_not_exists": false });
            fields.insert("message_reference".to_owned(), under);
        }
        self.rest.create_message(once.to.channel, &Nonce::of(once.key), &body).await
    }

    /// The message of ours that bears a mark, among those since then.
    async fn sought(
        &self,
        channel: ChannelId,
        since: Timestamp,
        mark: &str,
    ) -> Result<Option<Posted>, DiscordFault> {
        let own = self.own().await?;
        let mut after = moment(since);
        for _page in 0..PAGES_MAX {
            let page = self.rest.messages_after(channel, after, MESSAGES_MAX).await?;
            let ours = page.iter().filter(|message| message.author.id == own);
            if let Some(found) = ours.into_iter().find(|message| bears(message, mark)) {
                return Ok(Some(found.at));
            }
            match page.last() {
                Some(last) if page.len() >= usize::from(MESSAGES_MAX) => after = last.at.message_id,
                Some(_) | None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The words of a card, and where it goes.
    async fn card_of(&self, about: About<'_>, directory: &Directory) -> Result<(Card, ChannelId), Fault> {
        match about {
            About::Request(request) => Ok((notices::card(request, directory, &self.setting), self.channel)),
            About::Emergency(emergency) => {
                let channel = self.incidents(emergency).await?;
                Ok((notices::emergency::card(emergency, directory, &self.setting), channel))
            }
            About::Watch(_) => Err(Fault::Permanent { what: "what is watched has no card".to_owned() }),
        }
    }

    async fn card(
        &self,
        about: About<'_>,
        directory: &Directory,
        look_since: Option<Timestamp>,
    ) -> Result<MessageRef, Fault> {
        let (card, channel) = self.card_of(about, directory).await?;
        let key = card_key(&card.id);
        let body = self.people.named(|names| render::card(&card, names, &render::mark(&key))).await;
        let once = Once { to: Whereto::channel(channel), key: &key, body, look_since };
        let posted = self.post_once(once).await.map_err(|fault| fault_of_ours(&fault))?;
        self.pin(about, posted).await;
        Ok(MessageRef { channel: posted.channel_id.to_string(), message: posted.message_id.to_string() })
    }

    async fn update(
        &self,
        about: About<'_>,
        directory: &Directory,
        message: &MessageRef,
    ) -> Result<(), Fault> {
        let (card, _channel) = self.card_of(about, directory).await?;
        let at = posted(message)?;
        let mark = render::mark(&card_key(&card.id));
        let body = self.people.named(|names| render::card(&card, names, &mark)).await;
        self.rest.edit_message(at, &body).await.map_err(|fault| fault_of_ours(&fault))?;
        self.pin(about, at).await;
        Ok(())
    }

    /// Only the card of an emergency is pinned: there are few of them, and they concern everybody.
    async fn pin(&self, about: About<'_>, at: Posted) {
        match about {
            About::Emergency(emergency) => self.pins.keep(&self.rest, emergency, at).await,
            About::Request(_) | About::Watch(_) => {}
        }
    }

    async fn say(
        &self,
        tell: &Tell,
        about: About<'_>,
        directory: &Directory,
        look_since: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let on = Platform::Discord;
        let (message, card) = match about {
            About::Request(request) => {
                (notices::tell(tell.kind, request, directory, &self.setting), request.cards.on(on))
            }
            About::Emergency(emergency) => (
                notices::emergency::tell(tell.kind, emergency, directory, &self.setting).into(),
                emergency.cards.on(on),
            ),
            About::Watch(seen) => (notices::watch(tell.kind, seen.watch, seen.drifts, directory), None),
        };
        if self.says_it_there_already(tell, about).await {
            return Ok(());
        }
        let to = self.whereto(&tell.to, card).await?;
        let key = tell.key();
        let line = render::mark_line(&tell.id, &render::mark(&key));
        let body =
            self.people.named(|names| render::message_with(&message, &tell.id, names, Some(&line))).await;
        let once = Once { to, key: &key, body, look_since };
        self.post_once(once).await.map(|_posted| ()).map_err(|fault| match tell.to {
            Recipient::Thread | Recipient::Access => fault_of_ours(&fault),
            // Where an emergency is announced is ours too: an operator mends it, and nothing is lost meanwhile (P4).
            Recipient::Channel { .. } if tell.id.request().is_none() => fault_of_ours(&fault),
            Recipient::Person { .. } | Recipient::Channel { .. } => fault_of(&fault),
        })
    }

    /// What is told in the incident channel and in the access channel is told once, where they are the same.
    async fn says_it_there_already(&self, tell: &Tell, about: About<'_>) -> bool {
        let (Recipient::Access, About::Emergency(emergency)) = (&tell.to, about) else { return false };
        self.incidents(emergency).await.is_ok_and(|channel| channel == self.channel)
    }

    async fn whereto(&self, to: &Recipient, card: Option<&CardState>) -> Result<Whereto, Fault> {
        match to {
            Recipient::Person { person } => {
                let found = self.people.find(person).await;
                let user = found.map_err(|NoEngine| later("discord is not listened to yet"))?;
                let user = user
                    .ok_or_else(|| Fault::Permanent { what: format!("{person} has no Discord account") })?;
                let channel = self.people.direct(user).await.map_err(|fault| fault_of(&fault))?;
                Ok(Whereto::channel(channel))
            }
            Recipient::Thread => match card {
                Some(CardState { posting: Posting::Posted { message }, .. }) => {
                    let card = posted(message)?;
                    Ok(Whereto { channel: card.channel_id, under: Some(card.message_id) })
                }
                Some(CardState { undeliverable: Some(_), .. }) | None => Ok(Whereto::channel(self.channel)),
                Some(_) => Err(later("the card is not posted yet")),
            },
            Recipient::Access => Ok(Whereto::channel(self.channel)),
            Recipient::Channel { name } => self.channel_named(name).await.map(Whereto::channel),
        }
    }

    /// Where an emergency is announced: the access channel, when no other is named.
    async fn incidents(&self, emergency: &Emergency) -> Result<ChannelId, Fault> {
        match emergency.ask.place.channel_on(Platform::Discord) {
            Some(name) => self.channel_named(name).await,
            None => Ok(self.channel),
        }
    }

    async fn channel_named(&self, name: &str) -> Result<ChannelId, Fault> {
        let found = self.people.channel(name).await.map_err(|fault| fault_of(&fault))?;
        found.ok_or_else(|| Fault::Permanent {
            what: format!("there is no channel {name} that the bot can see in Discord"),
        })
    }
}

/// What a card is known by: never that of a message about the same thing.
fn card_key(id: &Subject) -> String {
    format!("card:{id}")
}

fn bears(message: &Message, mark: &str) -> bool {
    render::bears(&json!({ "content": message.content, "embeds": message.embeds }), mark)
}

fn later(what: &str) -> Fault {
    Fault::Transient { what: what.to_owned(), retry_after: None }
}

/// A message that the ledger remembers.
fn posted(message: &MessageRef) -> Result<Posted, Fault> {
    let at = id(&message.channel).zip(id(&message.message));
    let at = at.map(|(channel_id, message_id)| Posted { channel_id, message_id });
    at.ok_or_else(|| Fault::Permanent { what: "this is no message of Discord's".to_owned() })
}

/// The first id that a message can have that is posted then, or a little before.
fn moment(since: Timestamp) -> MessageId {
    let ms = since.as_millisecond().saturating_sub(LOOK_BEFORE * 1_000).saturating_sub(DISCORD_EPOCH_MS);
    let id = u64::try_from(ms).unwrap_or(0) << BELOW_TIME;
    MessageId::new(id.max(1))
}

impl Chat for Sender {
    fn post_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>> {
        Box::pin(self.card(about, directory, look_since))
    }

    fn update_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.update(about, directory, message))
    }

    fn tell<'a>(
        &'a self,
        tell: &'a Tell,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.say(tell, about, directory, look_since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_begins_a_little_before_the_try() {
        // docs.discord.com, snowflakes: 175928847299117063 is of 2016-04-30 11:18:25.796 UTC.
        let at: Timestamp = "2016-04-30T11:18:25.796Z".parse().unwrap();
        let then = MessageId::new(175_928_847_299_117_063);
        assert!(moment(at) < then);
        let later = Timestamp::from_second(at.as_second() + LOOK_BEFORE + 1).unwrap();
        assert!(moment(later) > then);
        assert_eq!(moment(Timestamp::UNIX_EPOCH), MessageId::new(1));
    }

    #[test]
    fn a_reference_that_is_none_of_discords_is_no_message() {
        let at = |channel: &str, message: &str| {
            posted(&MessageRef { channel: channel.to_owned(), message: message.to_owned() }).is_ok()
        };
        assert!(at("1290000000000000101", "1290000000000000999"));
        assert!(!at("C0ACCESS", "1290000000000000999"));
        assert!(!at("1290000000000000101", "1548261231.000200"));
        assert!(!at("0", "1"));
    }
}
