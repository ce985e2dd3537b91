//! The payloads that Slack sends when people type, click, submit and search, with the fields Slack puts in.
//! Nothing is sent from here; `drive.rs` does.

use serde_json::{Value, json};

use super::elements;
use super::mrkdwn;
use super::options::SlackOptions;
use super::people::User;
use super::records::{Ephemeral, Message};
use super::world::{APP_ID, ReplyTo, ViewRecord, World};

/// The verification token that Slack still sends and that nobody may rely on.
const OLD_TOKEN: &str = "playground-verification-token";

/// What was clicked in.
#[derive(Debug, Clone)]
pub(crate) enum Surface {
    Message(Message),
    Ephemeral(Ephemeral),
    View(ViewRecord),
}

impl Surface {
    /// Id of the view, or timestamp of the message.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Message(message) => &message.ts,
            Self::Ephemeral(seen) => &seen.ts,
            Self::View(view) => &view.id,
        }
    }
}

impl World {
    /// A `response_url` for this person and place.
    fn reply_url(
        &mut self,
        base: &str,
        kind: &str,
        channel: &str,
        user: &str,
        original: Option<&str>,
    ) -> String {
        let key = format!("{}/{:016x}", self.next(), self.clock.now_us());
        let made_ms = self.clock.now_ms();
        let original = original.map(str::to_owned);
        let place =
            ReplyTo { channel: channel.to_owned(), user: user.to_owned(), original, made_ms, uses: 0 };
        self.reply_urls.insert(key.clone(), place);
        format!("http://{base}/{kind}/{}/{key}", self.team)
    }

    /// Payload of a slash command.
    pub(crate) fn command_payload(
        &mut self,
        base: &str,
        options: &SlackOptions,
        user: &User,
        channel: &str,
        command: &str,
        text: &str,
    ) -> Value {
        let names = self.users.values().map(|u| (u.name.clone(), u.id.clone())).collect();
        let channels = self.channels.values().map(|c| (c.name.clone(), c.id.clone())).collect();
        let channel_name = self.channels.get(channel).map_or("", |c| c.payload_name()).to_owned();
        json!({
            "token": OLD_TOKEN, "team_id": self.team, "team_domain": self.domain(),
            "channel_id": channel, "channel_name": channel_name,
            "user_id": user.id, "user_name": user.name, "command": command,
            "text": mrkdwn::typed(text, options.should_escape, &names, &channels),
            "api_app_id": APP_ID, "is_enterprise_install": "false",
            "response_url": self.reply_url(base, "commands", channel, &user.id, None),
            "trigger_id": self.trigger(&user.id),
        })
    }

    /// Payload of a click, or of a choice in a select.
    pub(crate) fn click_payload(
        &mut self,
        base: &str,
        user: &User,
        surface: &Surface,
        block_id: &str,
        element: &Value,
        chosen: &str,
    ) -> Result<Value, String> {
        let action_ts = self.stamp();
        let offered = self.options_for(&user.id, surface, block_id, element);
        let action = elements::action(element, block_id, chosen, &offered, &action_ts)?;
        let mut payload = self.common("block_actions", user);
        let extra = json!({
            "trigger_id": self.trigger(&user.id),
            "container": container(surface),
            "actions": [action],
        });
        extend(&mut payload, extra);
        extend(&mut payload, self.place(base, user, surface));
        Ok(payload)
    }

    /// Payload of a search in an external select.
    pub(crate) fn suggestion_payload(
        &mut self,
        base: &str,
        user: &User,
        surface: &Surface,
        block_id: &str,
        action_id: &str,
        query: &str,
    ) -> Value {
        let mut payload = self.common("block_suggestion", user);
        let extra = json!({
            "container": container(surface), "action_id": action_id, "block_id": block_id, "value": query,
        });
        extend(&mut payload, extra);
        let mut place = self.place(base, user, surface);
        if let Some(fields) = place.as_object_mut() {
            fields.remove("response_url");
        }
        extend(&mut payload, place);
        payload
    }

    /// Payload of a submitted modal (`view_submission`) or one closed by the person (`view_closed`).
    pub(crate) fn view_payload(
        &mut self,
        kind: &str,
        user: &User,
        view: &ViewRecord,
        values: Value,
    ) -> Value {
        let mut payload = self.common(kind, user);
        let view = self.view_object(view, values);
        extend(&mut payload, json!({ "view": view }));
        if kind == "view_submission" {
            extend(&mut payload, json!({ "trigger_id": self.trigger(&user.id), "response_urls": [] }));
        } else {
            extend(&mut payload, json!({ "is_cleared": false }));
        }
        payload
    }

    /// Payload of `app_home_opened`; it has the view once one was published.
    pub(crate) fn home_opened_payload(&mut self, user: &User) -> Value {
        let stamp = self.stamp();
        let channel = self.direct(&user.id);
        let mut event = json!({
            "type": "app_home_opened", "user": user.id, "channel": channel, "tab": "home", "event_ts": stamp,
        });
        let view = self.homes.get(&user.id).map(|view| self.view_object(view, self.current(view)));
        if let (Some(view), Some(fields)) = (view, event.as_object_mut()) {
            fields.insert("view".into(), view);
        }
        self.event_payload(event)
    }

    /// Payload of `user_change`.
    pub(crate) fn user_change_payload(&mut self, user: &User) -> Value {
        let (now, stamp) = (self.now_s(), self.stamp());
        let user = user.object(true, now);
        self.event_payload(json!({ "type": "user_change", "user": user, "cache_ts": now, "event_ts": stamp }))
    }

    /// What the Events API puts around an event.
    fn event_payload(&mut self, event: Value) -> Value {
        json!({
            "token": OLD_TOKEN, "team_id": self.team, "api_app_id": APP_ID, "type": "event_callback",
            "event": event, "event_id": format!("Ev0{:08}", self.next()), "event_time": self.now_s(),
            "is_ext_shared_channel": false,
            "authorizations": [{ "enterprise_id": null, "team_id": self.team, "user_id": super::world::BOT_USER,
                "is_bot": true, "is_enterprise_install": false }],
        })
    }

    fn common(&self, kind: &str, user: &User) -> Value {
        json!({
            "type": kind, "team": { "id": self.team, "domain": self.domain() }, "user": user.in_payload(),
            "api_app_id": APP_ID, "token": OLD_TOKEN, "enterprise": null, "is_enterprise_install": false,
        })
    }

    fn place(&mut self, base: &str, user: &User, surface: &Surface) -> Value {
        match surface {
            Surface::View(view) => json!({ "view": self.view_object(view, self.current(view)) }),
            Surface::Message(message) => {
                let channel = message.channel.clone();
                json!({
                    "channel": { "id": channel, "name": self.payload_name(&channel) },
                    "message": self.message_object(message, true), "state": { "values": {} },
                    "response_url": self.reply_url(base, "actions", &channel, &user.id, Some(&message.ts)),
                })
            }
            // Slack does not keep ephemeral messages, so their payload has no `message`.
            Surface::Ephemeral(seen) => json!({
                "channel": { "id": seen.channel, "name": self.payload_name(&seen.channel) }, "state": { "values": {} },
                "response_url": self.reply_url(base, "actions", &seen.channel, &user.id, Some(&seen.ts)),
            }),
        }
    }

    fn payload_name(&self, channel: &str) -> String {
        self.channels.get(channel).map_or("", |c| c.payload_name()).to_owned()
    }
}

fn container(surface: &Surface) -> Value {
    match surface {
        Surface::Message(message) => json!({
            "type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": false,
        }),
        Surface::Ephemeral(seen) => json!({
            "type": "message", "message_ts": seen.ts, "channel_id": seen.channel, "is_ephemeral": true,
        }),
        Surface::View(view) => json!({ "type": "view", "view_id": view.id }),
    }
}

fn extend(payload: &mut Value, extra: Value) {
    if let (Some(fields), Value::Object(extra)) = (payload.as_object_mut(), extra) {
        fields.extend(extra);
    }
}
