//! What a test or the page reads back. Everything is a copy: looking never changes the workspace.

use std::time::Duration;

use tokio::time::timeout;

use super::SlackTwin;
use super::people::ChannelKind;
use super::records::{Ack, Call, Ephemeral, Message, OpenView, Typed};
use super::world::{ViewRecord, World};

impl SlackTwin {
    /// Messages of a channel (id or name), oldest first.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.shared.read(|w| {
            let id = w.channel_id(channel).unwrap_or_default();
            w.messages.get(&id).cloned().unwrap_or_default()
        })
    }

    /// Timestamps of the pinned messages of a channel (id or name), the last pinned last.
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
            let Some(user) = w.user(user) else { return Vec::new() };
            let direct = w.channels.values().find(|c| c.kind == ChannelKind::Direct(user.id.clone()));
            direct.and_then(|c| w.messages.get(&c.id)).cloned().unwrap_or_default()
        })
    }

    /// Id of the conversation between the bot and a person; it is opened when there is none yet.
    #[must_use]
    pub fn direct_channel(&self, user: &str) -> Option<String> {
        if let Some(id) = self.shared.read(|w| {
            let user = w.user(user)?.id.clone();
            w.channels.values().find(|c| c.kind == ChannelKind::Direct(user.clone())).map(|c| c.id.clone())
        }) {
            return Some(id);
        }
        self.shared.change(|w| {
            let user = w.user(user)?.id.clone();
            Some(w.direct(&user))
        })
    }

    /// Messages only this person sees, oldest first.
    #[must_use]
    pub fn ephemerals(&self, user: &str) -> Vec<Ephemeral> {
        self.shared.read(|w| {
            let id = w.user(user).map(|u| u.id.clone()).unwrap_or_default();
            w.ephemerals.iter().filter(|e| e.user == id).cloned().collect()
        })
    }

    /// Slash commands this person typed, oldest first.
    #[must_use]
    pub fn typed(&self, user: &str) -> Vec<Typed> {
        self.shared.read(|w| {
            let id = w.user(user).map(|u| u.id.clone()).unwrap_or_default();
            w.typed.iter().filter(|t| t.user == id).cloned().collect()
        })
    }

    /// Modals before this person, the top one last.
    #[must_use]
    pub fn open_views(&self, user: &str) -> Vec<OpenView> {
        self.shared.read(|w| {
            let id = w.user(user).map(|u| u.id.clone()).unwrap_or_default();
            w.views.iter().filter(|v| v.user == id).map(|v| shown(w, v)).collect()
        })
    }

    /// The app's Home tab of this person; `None` until the app published one.
    #[must_use]
    pub fn home(&self, user: &str) -> Option<OpenView> {
        self.shared.read(|w| {
            let id = w.user(user)?.id.clone();
            w.homes.get(&id).map(|v| shown(w, v))
        })
    }

    /// Every call of the Web API and of a `response_url`, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.read(|w| w.calls.clone())
    }

    /// Calls of one method.
    #[must_use]
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.shared.read(|w| w.calls.iter().filter(|c| c.method == method).cloned().collect())
    }

    /// The latest call of one method.
    #[must_use]
    pub fn last_call_of(&self, method: &str) -> Option<Call> {
        self.shared.read(|w| w.calls.iter().rfind(|c| c.method == method).cloned())
    }

    /// Every acknowledgement, in order of arrival.
    #[must_use]
    pub fn acks(&self) -> Vec<Ack> {
        self.shared.read(|w| w.acks.clone())
    }

    /// Everything the bot sent that Slack would refuse or that a house rule forbids. Tests assert that it is empty.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.read(|w| w.violations.clone())
    }

    /// Every mention of many (`<!channel>` and its like) that fired. Tests assert that it is empty.
    #[must_use]
    pub fn mentions_fired(&self) -> Vec<String> {
        self.shared.read(|w| w.mentions.clone())
    }

    /// Waits until `look` finds something; it is asked again after every change, and nothing sleeps.
    ///
    /// # Errors
    /// When it found nothing in time: a summary of the workspace for the failing test's output.
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
            let whispers: Vec<String> = w.ephemerals.iter().map(Ephemeral::words).collect();
            let calls: Vec<String> = w.calls.iter().map(|c| format!("{} {}", c.method, c.outcome)).collect();
            format!(
                "not seen within {waited:?}\nmessages: {messages:#?}\nephemeral: {whispers:#?}\ncalls: {calls:#?}\n\
                 violations: {:#?}",
                w.violations
            )
        })
    }
}

fn shown(world: &World, view: &ViewRecord) -> OpenView {
    OpenView {
        id: view.id.clone(),
        user: view.user.clone(),
        view: world.view_object(view, world.current(view)),
        errors: view.errors.clone(),
    }
}
