//! What a test or the page reads back. Everything is a copy: looking never changes the guild.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::DiscordTwin;
use super::people::ChannelKind;
use super::records::{Call, Message, OpenModal, Typed};
use super::routes::Operation;
use super::world::World;

/// "… pinned a message to this channel", which is not one of anybody's own.
const PINNED: u8 = 6;

impl World {
    fn id_of(&self, user: &str) -> String {
        self.member(user).map(|m| m.id.clone()).unwrap_or_default()
    }
}

impl DiscordTwin {
    /// Messages of a channel (id or name) that everybody in it sees, oldest first; Discord's own notices left out.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.shared.read(|w| {
            let id = w.channel_id(channel).unwrap_or_default();
            let all = w.messages.get(&id).into_iter().flatten();
            all.filter(|m| m.only_for.is_none() && m.kind != PINNED).cloned().collect()
        })
    }

    /// The message with this id, wherever it is.
    #[must_use]
    pub fn message(&self, id: &str) -> Option<Message> {
        self.shared.read(|w| w.messages.values().flatten().find(|m| m.id == id).cloned())
    }

    /// Ids of the pinned messages of a channel (id or name), the last pinned last.
    #[must_use]
    pub fn pins(&self, channel: &str) -> Vec<String> {
        self.shared.read(|w| {
            let id = w.channel_id(channel).unwrap_or_default();
            w.pins.get(&id).cloned().unwrap_or_default()
        })
    }

    /// Messages between the bot and a person, oldest first.
    #[must_use]
    pub fn direct_messages(&self, user: &str) -> Vec<Message> {
        self.shared.read(|w| {
            let user = w.id_of(user);
            let direct = w.channels.values().find(|c| c.kind == ChannelKind::Direct(user.clone()));
            let all = direct.and_then(|c| w.messages.get(&c.id)).into_iter().flatten();
            all.filter(|m| m.only_for.is_none()).cloned().collect()
        })
    }

    /// Id of the conversation between the bot and a person; it is opened when there is none yet.
    #[must_use]
    pub fn direct_channel(&self, user: &str) -> Option<String> {
        let known = self.shared.read(|w| {
            let user = w.id_of(user);
            w.channels.values().find(|c| c.kind == ChannelKind::Direct(user.clone())).map(|c| c.id.clone())
        });
        // Looking must not move the counter of changes, or who waits for a change would look for ever.
        known.or_else(|| {
            self.shared.change(|w| {
                let user = w.member(user)?.id.clone();
                Some(w.direct(&user))
            })
        })
    }

    /// Id of the channel of this name.
    #[must_use]
    pub fn channel_id(&self, name: &str) -> Option<String> {
        self.shared.read(|w| w.channel_id(name))
    }

    /// Messages only this person sees, in whatever channel, oldest first; Discord's own among them.
    #[must_use]
    pub fn ephemerals(&self, user: &str) -> Vec<Message> {
        self.shared.read(|w| {
            let id = w.id_of(user);
            let mine = |m: &&Message| m.only_for.as_ref() == Some(&id);
            let mut found: Vec<Message> = w.messages.values().flatten().filter(mine).cloned().collect();
            found.sort_by_key(|m| m.id.parse::<u64>().unwrap_or_default());
            found
        })
    }

    /// Slash commands this person typed, oldest first.
    #[must_use]
    pub fn typed(&self, user: &str) -> Vec<Typed> {
        self.shared.read(|w| {
            let id = w.id_of(user);
            w.typed.iter().filter(|t| t.user == id).cloned().collect()
        })
    }

    /// How often this person typed, clicked, chose, submitted or searched, as far as it went out.
    #[must_use]
    pub fn acts(&self, user: &str) -> usize {
        self.shared.read(|w| {
            let id = w.id_of(user);
            w.interactions.values().filter(|asked| asked.user == id).count()
        })
    }

    /// The modal before this person.
    #[must_use]
    pub fn open_modal(&self, user: &str) -> Option<OpenModal> {
        self.shared.read(|w| {
            let id = w.id_of(user);
            w.modals.iter().find(|m| m.user == id).cloned()
        })
    }

    /// Commands that are registered, those of the guild and those of all guilds.
    #[must_use]
    pub fn commands(&self) -> Vec<Value> {
        self.shared.read(|w| w.commands.values().flatten().cloned().collect())
    }

    /// The payload of an interaction as it was dispatched.
    #[must_use]
    pub fn interaction(&self, id: &str) -> Option<Value> {
        self.shared.read(|w| w.interactions.get(id).map(|i| i.payload.clone()))
    }

    /// Every call of REST, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.read(|w| w.calls.clone())
    }

    /// Calls of one operation.
    #[must_use]
    pub fn calls_of(&self, operation: Operation) -> Vec<Call> {
        self.shared.read(|w| w.calls.iter().filter(|c| c.operation == Some(operation)).cloned().collect())
    }

    /// Everything the bot sent that Discord would refuse or that a house rule forbids. Tests assert that it is empty.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.read(|w| w.violations.clone())
    }

    /// Every mention of many (`@everyone`, a role) that fired. Tests assert that it is empty.
    #[must_use]
    pub fn mentions_fired(&self) -> Vec<String> {
        self.shared.read(|w| w.mentions.clone())
    }

    /// Answers with 401, 403 and 429 so far; ten thousand of them in ten minutes would ban the address.
    #[must_use]
    pub fn invalid_calls(&self) -> u64 {
        self.shared.read(|w| w.invalid_calls)
    }

    /// Open connections of the gateway that speak for a session.
    #[must_use]
    pub fn gateways(&self) -> usize {
        self.shared.read(|w| w.gateway.links.values().filter(|link| link.session.is_some()).count())
    }

    /// Connections that were ever opened.
    #[must_use]
    pub fn gateways_opened(&self) -> u64 {
        self.shared.read(|w| w.gateway.opened)
    }

    /// `IDENTIFY`s so far.
    #[must_use]
    pub fn identifies(&self) -> u64 {
        self.shared.read(|w| w.gateway.identifies)
    }

    /// `RESUME`s that were accepted so far.
    #[must_use]
    pub fn resumes(&self) -> u64 {
        self.shared.read(|w| w.gateway.resumes)
    }

    /// Heartbeats so far.
    #[must_use]
    pub fn heartbeats(&self) -> u64 {
        self.shared.read(|w| w.gateway.heartbeats)
    }

    /// Codes that clients closed connections with; 1005 stands for none.
    #[must_use]
    pub fn closed_by_client(&self) -> Vec<u16> {
        self.shared.read(|w| w.gateway.closed_by_client.clone())
    }

    /// Waits until the message that answers an interaction is more than "is thinking".
    ///
    /// # Errors
    /// When it was not there in time: a summary of the guild for the failing test's output.
    pub async fn settled(&self, interaction: &str, most: Duration) -> Result<Message, String> {
        let found = self.shared.until(|w| {
            let asked = w.interactions.get(interaction)?;
            let message = w.message(&asked.spot.channel, asked.original.as_ref()?)?;
            (!message.is_loading()).then(|| message.clone())
        });
        timeout(most, found).await.map_err(|_| self.summary(most))
    }

    /// Waits until `look` finds something; it is asked again after every change, and nothing sleeps.
    ///
    /// # Errors
    /// When it found nothing in time: a summary of the guild for the failing test's output.
    pub async fn wait_for<T>(&self, most: Duration, look: impl Fn(&Self) -> Option<T>) -> Result<T, String> {
        let mut changes = self.changes();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = look(self) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        match timeout(most, found).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) | Err(_) => Err(self.summary(most)),
        }
    }

    fn summary(&self, waited: Duration) -> String {
        self.shared.read(|w| {
            let messages: Vec<String> = w.messages.values().flatten().map(Message::words).collect();
            let calls: Vec<String> =
                w.calls.iter().map(|c| format!("{} /{} {}", c.method, c.path, c.outcome)).collect();
            format!(
                "not seen within {waited:?}\nmessages: {messages:#?}\ncalls: {calls:#?}\nviolations: {:#?}",
                w.violations
            )
        })
    }
}
