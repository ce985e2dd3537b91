//! What the engine tells people, in Slack. Posts have no idempotency key, so whoever comes here after a lost answer looks
//! for our own mark before posting again.

use std::collections::BTreeMap;
use std::sync::Arc;

use glasskey_domain::request::{CardState, MessageRef, Posting};
use glasskey_domain::{Directory, Emergency, PersonId, Platform, Recipient, Tell, Who};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::fault::{FaultKind, SlackFault};
use super::models::{Metadata, Post, Posted, Sought};
use super::people::{NAMED_MAX, People};
use super::pins::Pins;
use super::render;
use super::web::SlackWeb;
use crate::notices::{self, Card, Setting};
use crate::ports::{About, Answer, Chat, Fault};

/// The mark of a card, and of a message.
const CARD: &str = "glasskey_card";
const NOTICE: &str = "glasskey_notice";
/// Where in the mark the name of the thing is.
const KEY: &str = "key";
/// Clocks differ: look this much before the intent, in seconds.
const LOOK_BEFORE: i64 = 120;

/// Sends to Slack.
pub struct Sender {
    web: SlackWeb,
    people: Arc<People>,
    channel: String,
    /// Who we are to Slack; asked when it is first needed, and then kept.
    bot_id: OnceCell<String>,
    setting: Setting,
    pins: Pins,
}

impl Sender {
    /// Sends cards to `channel`.
    #[must_use]
    pub fn new(web: SlackWeb, people: Arc<People>, channel: String, setting: Setting) -> Self {
        Self { web, people, channel, bot_id: OnceCell::new(), setting, pins: Pins::default() }
    }

    /// Looks up those whom a card names, so that they are mentioned; one who is not found is shown by name. The channel too,
    /// so that the first click in it waits for nothing.
    async fn meet<'a>(
        &self,
        channel: &str,
        named: impl Iterator<Item = &'a PersonId>,
        directory: &Directory,
    ) {
        self.people.warm_place(channel).await;
        for person in named {
            if let Err(fault) = self.people.find(person, directory).await {
                tracing::warn!(%person, %fault, "somebody on a card could not be looked up in Slack; they are shown by name");
            }
        }
    }

    /// The same for those whom an emergency names: who opened it, may confirm it, and gets the access.
    async fn meet_all(&self, emergency: &Emergency, channel: &str, directory: &Directory) {
        let opener = match &emergency.ask.by {
            Who::Person { person } => Some(person),
            Who::Stranger { .. } | Who::Local { .. } | Who::Glasskey => None,
        };
        let confirmers = emergency.confirmers.iter().take(NAMED_MAX);
        let seats = emergency.seats.iter().map(|seat| &seat.person).take(NAMED_MAX);
        self.meet(channel, confirmers.chain(seats).chain(opener), directory).await;
    }

    async fn bot_id(&self) -> Result<&str, SlackFault> {
        let asked = self.bot_id.get_or_try_init(|| async {
            let who = self.web.auth_test().await?;
            who.bot_id.ok_or_else(|| SlackFault::unknown("auth.test", FaultKind::Garbled("no bot id")))
        });
        asked.await.map(String::as_str)
    }

    async fn post_once(&self, post: Once<'_>) -> Result<Posted, SlackFault> {
        if let Some(since) = post.look_since {
            // What cannot be posted now is looked for when it can: most of what waits, waits for its turn alone.
            self.web.can_post(post.channel)?;
            let since_ts = format!("{}.000000", since.as_second().saturating_sub(LOOK_BEFORE));
            let sought = Sought {
                channel: post.channel,
                thread_ts: post.thread,
                event_type: post.mark,
                key: KEY,
                value: post.key,
                since_ts: &since_ts,
                bot_id: self.bot_id().await?,
            };
            if let Some(ts) = self.web.find_by_metadata(&sought).await? {
                return Ok(Posted { channel: post.channel.to_owned(), ts });
            }
        }
        let event_payload = BTreeMap::from([(KEY.to_owned(), post.key.to_owned())]);
        let metadata = Metadata { event_type: post.mark.to_owned(), event_payload };
        let post = Post {
            channel: post.channel,
            text: &post.text,
            blocks: Some(&post.blocks),
            metadata: Some(&metadata),
            thread_ts: post.thread,
        };
        self.web.post_message(&post).await
    }

    /// The words of a card, and where it goes.
    async fn card_of(&self, about: About<'_>, directory: &Directory) -> Result<(Card, String), Fault> {
        match about {
            About::Request(request) => {
                let named = request.approvers.iter().take(NAMED_MAX).chain([&request.ask.requester]);
                self.meet(&self.channel, named, directory).await;
                Ok((notices::card(request, directory, &self.setting), self.channel.clone()))
            }
            About::Emergency(emergency) => {
                let channel = self.incidents(emergency).await?;
                self.meet_all(emergency, &channel, directory).await;
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
        let posted = self
            .post_once(Once {
                channel: &channel,
                thread: None,
                mark: CARD,
                key: &card.id.to_string(),
                text: render::card_fallback(&card),
                blocks: render::card(&card, &*self.people),
                look_since,
            })
            .await
            .map_err(|fault| fault_of_ours(&fault))?;
        self.pin(about, &posted).await;
        Ok(MessageRef { channel: posted.channel, message: posted.ts })
    }

    async fn update(
        &self,
        about: About<'_>,
        directory: &Directory,
        message: &MessageRef,
    ) -> Result<(), Fault> {
        let (card, _channel) = self.card_of(about, directory).await?;
        let at = Posted { channel: message.channel.clone(), ts: message.message.clone() };
        let blocks = render::card(&card, &*self.people);
        let updated = self.web.update_message(&at, &render::card_fallback(&card), Some(&blocks), None).await;
        updated.map_err(|fault| fault_of_ours(&fault))?;
        self.pin(about, &at).await;
        Ok(())
    }

    /// Only the card of an emergency is pinned: there are few of them, and they concern everybody.
    async fn pin(&self, about: About<'_>, at: &Posted) {
        match about {
            About::Emergency(emergency) => self.pins.keep(&self.web, emergency, at).await,
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
        // A mention is what people notice: whoever is to act must be mentioned, not named.
        if let About::Emergency(emergency) = about {
            self.meet_all(emergency, &self.channel, directory).await;
        }
        let (message, card) = match about {
            About::Request(request) => (
                notices::tell(tell.kind, request, directory, &self.setting),
                request.cards.on(Platform::Slack),
            ),
            About::Emergency(emergency) => (
                notices::emergency::tell(tell.kind, emergency, directory, &self.setting).into(),
                emergency.cards.on(Platform::Slack),
            ),
            About::Watch(seen) => (notices::watch(tell.kind, seen.watch, seen.drifts, directory), None),
        };
        if self.says_it_there_already(tell, about).await {
            return Ok(());
        }
        let (channel, thread) = self.whereto(&tell.to, card, directory).await?;
        let once = Once {
            channel: &channel,
            thread: thread.as_deref(),
            mark: NOTICE,
            key: &tell.key(),
            text: render::fallback(&message.text),
            blocks: render::message_with(&message, &tell.id, &*self.people),
            look_since,
        };
        self.post_once(once).await.map(|_posted| ()).map_err(|fault| match tell.to {
            Recipient::Person { .. } | Recipient::Thread | Recipient::Access => fault_of_ours(&fault),
            // Where an emergency is announced is ours too: an operator mends it, and nothing is lost meanwhile (P4).
            Recipient::Channel { .. } if tell.id.request().is_none() => fault_of_ours(&fault),
            Recipient::Channel { .. } => fault_of(&fault),
        })
    }

    /// What is told in the incident channel and in the access channel is told once, where they are the same.
    async fn says_it_there_already(&self, tell: &Tell, about: About<'_>) -> bool {
        let (Recipient::Access, About::Emergency(emergency)) = (&tell.to, about) else { return false };
        self.incidents(emergency).await.is_ok_and(|channel| channel == self.channel)
    }

    async fn whereto(
        &self,
        to: &Recipient,
        card: Option<&CardState>,
        directory: &Directory,
    ) -> Result<(String, Option<String>), Fault> {
        match to {
            Recipient::Person { person } => {
                let user = self.people.find(person, directory).await.map_err(|fault| fault_of(&fault))?;
                let user =
                    user.ok_or_else(|| Fault::Permanent { what: format!("{person} has no Slack account") })?;
                let channel = self.people.direct(&user).await.map_err(|fault| fault_of(&fault))?;
                Ok((channel, None))
            }
            Recipient::Thread => match card {
                Some(CardState { posting: Posting::Posted { message }, .. }) => {
                    Ok((message.channel.clone(), Some(message.message.clone())))
                }
                Some(CardState { undeliverable: Some(_), .. }) | None => Ok((self.channel.clone(), None)),
                Some(_) => {
                    Err(Fault::Transient { what: "the card is not posted yet".to_owned(), retry_after: None })
                }
            },
            Recipient::Access => Ok((self.channel.clone(), None)),
            Recipient::Channel { name } => Ok((self.channel_named(name).await?, None)),
        }
    }

    /// Where an emergency is announced: the access channel, when no other is named.
    async fn incidents(&self, emergency: &Emergency) -> Result<String, Fault> {
        match emergency.ask.place.channel_on(Platform::Slack) {
            Some(name) => self.channel_named(name).await,
            None => Ok(self.channel.clone()),
        }
    }

    async fn channel_named(&self, name: &str) -> Result<String, Fault> {
        let found = self.people.channel(name).await.map_err(|fault| fault_of(&fault))?;
        found.ok_or_else(|| Fault::Permanent {
            what: format!("there is no channel {name} that the bot can see"),
        })
    }
}

/// A message that must be there once.
struct Once<'a> {
    channel: &'a str,
    thread: Option<&'a str>,
    mark: &'a str,
    key: &'a str,
    text: String,
    blocks: Value,
    look_since: Option<Timestamp>,
}

/// Codes that say that the bot has no way into its own channel: somebody invites it, and then nothing was lost.
const SHUT_OUT: [&str; 4] = ["not_in_channel", "channel_not_found", "is_archived", "restricted_action"];

/// As [`fault_of`], for the access channel: being shut out of it is for an operator to mend, and nothing is dropped meanwhile.
fn fault_of_ours(fault: &SlackFault) -> Fault {
    let code = match &fault.kind {
        FaultKind::Rejected { code, .. } | FaultKind::NotFound(code) => code.as_str(),
        FaultKind::RateLimited { .. }
        | FaultKind::Timeout
        | FaultKind::Unreachable(_)
        | FaultKind::Revoked(_)
        | FaultKind::Server { .. }
        | FaultKind::Garbled(_) => "",
    };
    if SHUT_OUT.contains(&code) {
        tracing::error!(%fault, "the bot cannot write into the access channel; invite it");
        return Fault::Transient { what: fault.to_string(), retry_after: None };
    }
    fault_of(fault)
}

/// What a Slack fault means for a message: wait, look, or never.
fn fault_of(fault: &SlackFault) -> Fault {
    let what = fault.to_string();
    if fault.reply_lost() {
        return Fault::Lost { what };
    }
    let retry_after = fault.retry_after();
    match &fault.kind {
        FaultKind::RateLimited { .. }
        | FaultKind::Timeout
        | FaultKind::Unreachable(_)
        | FaultKind::Server { .. }
        | FaultKind::Garbled(_) => Fault::Transient { what, retry_after },
        // A token or a right that an operator mends: nothing may be lost until then.
        FaultKind::Revoked(_) => Fault::Transient { what, retry_after },
        FaultKind::Rejected { .. } if fault.needs_operator() => Fault::Transient { what, retry_after },
        FaultKind::Rejected { .. } | FaultKind::NotFound(_) => Fault::Permanent { what },
    }
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
