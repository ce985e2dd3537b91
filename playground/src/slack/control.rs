//! What a test does to the workspace from outside: faults, profiles, revoked tokens, sockets that break.

use std::time::Duration;

use serde_json::Value;

use super::SlackTwin;
use super::envelope::Order;
use super::faults::{Fault, Scripted};
use super::people::{ChannelFlags, UserFlags};
use super::records::Message;
use super::socket;
use super::world::BOT_USER;

impl SlackTwin {
    /// The next call of this method meets the fault; `*` stands for any method. Faults queue up.
    pub fn fault(&self, method: &str, fault: Fault) {
        let scripted = Scripted { method: method.to_owned(), channel: None, fault };
        self.shared.change(|w| w.weather.script(scripted));
    }

    /// The next call of this method for this channel id meets the fault.
    pub fn fault_in(&self, method: &str, channel: &str, fault: Fault) {
        let scripted = Scripted { method: method.to_owned(), channel: Some(channel.to_owned()), fault };
        self.shared.change(|w| w.weather.script(scripted));
    }

    /// Takes back every fault that was not met yet.
    pub fn clear_faults(&self) {
        self.shared.change(|w| w.weather.clear());
    }

    /// Every answer of this method is that late from now on; `*` stands for all others.
    pub fn set_latency(&self, method: &str, latency: Duration) {
        self.shared.change(|w| w.weather.set_latency(method, latency));
    }

    /// Turns Slack's rate limits on or off.
    pub fn enforce_limits(&self, on: bool) {
        self.shared.change(|w| w.weather.limits = on);
    }

    /// Pushes the workspace's clock forward, for triggers and `response_url`s to grow old.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.change(|w| w.clock.push_forward(by));
    }

    /// Changes a profile. False when there is no such user. The bot is not told; `announce_user` does that.
    #[must_use]
    pub fn set_user(&self, user: &str, change: impl FnOnce(&mut UserFlags)) -> bool {
        self.shared.change(|w| {
            let id = w.user(user).map(|u| u.id.clone()).unwrap_or_default();
            w.users.get_mut(&id).map(|user| change(&mut user.flags)).is_some()
        })
    }

    /// Sends the event `user_change` for this user. `None` when nobody is connected or there is no such user.
    #[must_use]
    pub fn announce_user(&self, user: &str) -> Option<String> {
        self.shared.change(|w| {
            let user = w.user(user).cloned()?;
            let payload = w.user_change_payload(&user);
            w.send(&self.shared.options, "events_api", payload)
        })
    }

    /// Changes how a channel is shared. False when there is no such channel.
    #[must_use]
    pub fn set_channel(&self, channel: &str, change: impl FnOnce(&mut ChannelFlags)) -> bool {
        self.shared.change(|w| {
            let id = w.channel_id(channel).unwrap_or_default();
            w.channels.get_mut(&id).map(|channel| change(&mut channel.flags)).is_some()
        })
    }

    /// A person says something in a channel; returns its timestamp.
    pub fn say(&self, user: &str, channel: &str, text: &str) -> String {
        self.shared.change(|w| {
            let ts = w.stamp();
            let channel = w.channel_id(channel).unwrap_or_else(|| channel.to_owned());
            let user = w.user(user).map_or_else(|| BOT_USER.to_owned(), |u| u.id.clone());
            let message = Message {
                ts: ts.clone(),
                channel: channel.clone(),
                user,
                text: super::mrkdwn::escape(text),
                blocks: Vec::new(),
                metadata: None,
                thread_ts: None,
                edits: 0,
                edited_ts: None,
            };
            w.messages.entry(channel).or_default().push(message);
            ts
        })
    }

    /// Every call with either token is refused with `token_revoked` from now on; the sockets stay, as at Slack, until
    /// `disable_link`.
    pub fn revoke_token(&self) {
        self.shared.change(|w| w.revoked = Some("token_revoked".into()));
    }

    /// Tells every connection that Socket Mode was switched off, and refuses new ones.
    pub fn disable_link(&self) {
        self.shared.change(|w| w.tickets.clear());
        self.leave("link_disabled");
        self.shared.change(|w| w.revoked = Some("not_allowed_token_type".into()));
    }

    /// Breaks every TCP connection of Socket Mode without a close frame. Returns how many there were.
    #[must_use]
    pub fn drop_sockets(&self) -> usize {
        self.order_all(|| Order::Drop)
    }

    /// Asks every connection to reconnect (`refresh_requested`) and closes it some seconds later.
    #[must_use]
    pub fn refresh_sockets(&self) -> usize {
        self.leave("refresh_requested")
    }

    /// Announces to every connection that it will soon be asked to reconnect (`warning`).
    #[must_use]
    pub fn warn_sockets(&self) -> usize {
        self.order_all(|| Order::Frame(socket::disconnect("warning")))
    }

    /// Every open connection stays open but is dead from now on: nothing is read, written, pinged.
    #[must_use]
    pub fn freeze_sockets(&self) -> usize {
        self.order_all(|| Order::Freeze)
    }

    /// Open connections now.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.shared.read(|w| w.sockets.len())
    }

    /// Connections that were ever opened.
    #[must_use]
    pub fn sockets_opened(&self) -> u64 {
        self.shared.read(|w| w.sockets_opened)
    }

    /// Pongs that came back over the connections open now.
    #[must_use]
    pub fn pongs(&self) -> u64 {
        self.shared.read(|w| w.sockets.values().map(|socket| socket.pongs).sum())
    }

    /// Sends an envelope again, under the same id. False when there is no such envelope or no connection.
    #[must_use]
    pub fn redeliver(&self, envelope_id: &str) -> bool {
        self.shared.change(|w| w.deliver(&self.shared.options, envelope_id, Some((1, "timeout"))))
    }

    /// Sends any payload in an envelope of this kind, as Slack would; returns the envelope's id, or `None` when nobody is
    /// connected.
    #[must_use]
    pub fn deliver(&self, kind: &'static str, payload: Value) -> Option<String> {
        self.shared.change(|w| w.send(&self.shared.options, kind, payload))
    }

    /// Sends any JSON as a frame over one connection, for malformed payloads. False when there is no connection.
    #[must_use]
    pub fn deliver_raw(&self, frame: &Value) -> bool {
        self.deliver_text(&frame.to_string())
    }

    /// Sends any text as a frame over one connection.
    #[must_use]
    pub fn deliver_text(&self, frame: &str) -> bool {
        self.shared.change(|w| {
            let first = w.sockets.keys().next().copied();
            first.is_some_and(|number| w.order(number, Order::Frame(frame.to_owned())))
        })
    }

    fn leave(&self, reason: &str) -> usize {
        self.shared.change(|w| w.sockets.values_mut().for_each(|socket| socket.leaving = true));
        self.order_all(|| Order::Leave(socket::disconnect(reason)))
    }

    fn order_all(&self, order: impl Fn() -> Order) -> usize {
        self.shared.read(|w| w.sockets.keys().filter(|number| w.order(**number, order())).count())
    }
}
