//! What a test does to the guild from outside: faults, accounts, a reset token, connections that break.

use std::time::Duration;

use serde_json::Value;

use super::DiscordTwin;
use super::faults::{Fault, Scripted};
use super::gateway;
use super::people::{ChannelFlags, MemberFlags};
use super::records::Message;
use super::routes::Operation;
use super::session::Order;

impl DiscordTwin {
    /// The next call of this operation meets the fault. Faults queue up.
    pub fn fault(&self, operation: Operation, fault: Fault) {
        self.script(Scripted { operation: Some(operation), channel: None, fault });
    }

    /// The next call of this operation in this channel (id or name) meets the fault.
    pub fn fault_in(&self, operation: Operation, channel: &str, fault: Fault) {
        let channel = self.shared.read(|w| w.channel_id(channel)).or_else(|| Some(channel.to_owned()));
        self.script(Scripted { operation: Some(operation), channel, fault });
    }

    /// The next call of any operation meets the fault.
    pub fn fault_any(&self, fault: Fault) {
        self.script(Scripted { operation: None, channel: None, fault });
    }

    fn script(&self, scripted: Scripted) {
        self.shared.change(|w| w.weather.script(scripted));
    }

    /// Takes back every fault that was not met yet, and every latency.
    pub fn clear_faults(&self) {
        self.shared.change(|w| w.weather.clear());
    }

    /// Every answer of this operation is that late from now on.
    pub fn set_latency(&self, operation: Operation, latency: Duration) {
        self.shared.change(|w| w.weather.set_latency(operation, latency));
    }

    /// Turns rate limits on or off.
    pub fn enforce_limits(&self, on: bool) {
        self.shared.change(|w| w.limits.enforced = on);
    }

    /// Pushes the guild's clock forward, for tokens to grow old and buckets to fill again.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.change(|w| w.clock.push_forward(by));
    }

    /// Changes an account. False when there is no such user. The bot is not told.
    #[must_use]
    pub fn set_member(&self, user: &str, change: impl FnOnce(&mut MemberFlags)) -> bool {
        self.shared.change(|w| {
            let id = w.member(user).map(|m| m.id.clone()).unwrap_or_default();
            w.members.get_mut(&id).map(|member| change(&mut member.flags)).is_some()
        })
    }

    /// Changes what the bot may do in a channel. False when there is no such channel.
    #[must_use]
    pub fn set_channel(&self, channel: &str, change: impl FnOnce(&mut ChannelFlags)) -> bool {
        self.shared.change(|w| {
            let id = w.channel_id(channel).unwrap_or_default();
            w.channels.get_mut(&id).map(|channel| change(&mut channel.flags)).is_some()
        })
    }

    /// A person says something in a channel; its id. `None` when there is no such person or channel.
    pub fn say(&self, user: &str, channel: &str, text: &str) -> Option<String> {
        self.shared.change(|w| {
            let (author, channel) = (w.member(user)?.id.clone(), w.channel_id(channel)?);
            let message = Message {
                id: w.clock.snowflake(),
                channel: channel.clone(),
                author,
                content: text.to_owned(),
                made_ms: w.clock.now_ms(),
                ..Message::default()
            };
            let id = message.id.clone();
            w.messages.entry(channel).or_default().push(message);
            Some(id)
        })
    }

    /// A moderator deletes a message. False when there is none such.
    #[must_use]
    pub fn delete_message(&self, id: &str) -> bool {
        self.shared.change(|w| {
            w.pins.values_mut().for_each(|pins| pins.retain(|pin| pin != id));
            w.messages.values_mut().any(|list| {
                let before = list.len();
                list.retain(|m| m.id != id);
                list.len() < before
            })
        })
    }

    /// The token is reset in the developer portal: REST answers 401, every connection closes with 4004.
    pub fn reset_token(&self) {
        self.shared.change(|w| {
            w.token_is_void = true;
            w.gateway.forget_sessions();
        });
        self.order_all(&Order::Close(Some(4004)));
    }

    /// Breaks every TCP connection of the gateway without a close frame. Returns how many there were.
    #[must_use]
    pub fn drop_gateways(&self) -> usize {
        self.order_all(&Order::Drop)
    }

    /// Closes every connection of the gateway, with this code or, as load balancers do, with none.
    #[must_use]
    pub fn close_gateways(&self, code: Option<u16>) -> usize {
        self.order_all(&Order::Close(code))
    }

    /// Asks every connection to reconnect and resume (op 7).
    #[must_use]
    pub fn ask_to_reconnect(&self) -> usize {
        self.order_all(&Order::Frame(gateway::reconnect()))
    }

    /// Tells every connection that its session is invalid (op 9), to be resumed or not.
    #[must_use]
    pub fn invalidate_sessions(&self, resumable: bool) -> usize {
        self.shared.change(|w| {
            if resumable {
                w.gateway.links.values_mut().for_each(|link| link.session = None);
            } else {
                w.gateway.forget_sessions();
            }
        });
        self.order_all(&Order::Frame(gateway::invalid(resumable)))
    }

    /// Sessions that nobody is told about cannot be resumed any more, as after a long outage.
    pub fn forget_sessions(&self) {
        self.shared.change(|w| w.gateway.forget_sessions());
    }

    /// Heartbeats of the connections open now are not acknowledged any more.
    pub fn stop_acknowledging(&self) {
        self.shared.change(|w| w.gateway.links.values_mut().for_each(|link| link.is_mute = true));
    }

    /// Every open connection stays open but is dead from now on: nothing is read or written.
    #[must_use]
    pub fn freeze_gateways(&self) -> usize {
        self.order_all(&Order::Freeze)
    }

    /// Dispatches wait, as in a slow gateway, until they are released.
    pub fn hold_dispatches(&self) {
        self.shared.change(|w| w.gateway.is_holding = true);
    }

    /// Sends what was held.
    pub fn release_dispatches(&self) {
        self.shared.change(|w| w.gateway.release());
    }

    /// Dispatches an interaction again, with the same id and token under a new number. False when there is none such, or no
    /// session.
    #[must_use]
    pub fn redeliver(&self, interaction: &str) -> bool {
        self.shared.change(|w| {
            let payload = w.interactions.get(interaction).map(|i| i.payload.clone());
            payload.is_some_and(|payload| w.gateway.dispatch("INTERACTION_CREATE", &payload))
        })
    }

    /// Dispatches any event, for those the bot does not know and payloads that are not as they should be. False when there is
    /// no session.
    #[must_use]
    pub fn dispatch(&self, event: &str, data: &Value) -> bool {
        self.shared.change(|w| w.gateway.dispatch(event, data))
    }

    /// Sends any text as a frame over every connection. Returns over how many.
    #[must_use]
    pub fn send_text(&self, frame: &str) -> usize {
        self.order_all(&Order::Frame(frame.to_owned()))
    }

    fn order_all(&self, order: &Order) -> usize {
        self.shared.read(|w| w.gateway.links.keys().filter(|n| w.gateway.order(**n, order.clone())).count())
    }
}
