//! The hands of the people: typing commands, clicking, submitting modals. Home tabs and single fields are in `home.rs`.
//! Each returns what that person saw. People are named by Slack id or handle, channels by id or name.

use serde_json::{Value, json};
use tokio::time::timeout;

use super::elements;
use super::interaction::Surface;
use super::modal;
use super::options::Redelivery;
use super::people::User;
use super::records::{Ack, InteractionResult, Typed};
use super::response_url;
use super::world::{ReplyTo, World};
use super::{SlackTwin, blocks};

/// Where something is clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A message or ephemeral message of a channel (id or name).
    Message {
        /// Channel id or name.
        channel: String,
        /// Its timestamp.
        ts: String,
    },
    /// A modal.
    View {
        /// View id.
        id: String,
    },
    /// The app's Home tab of the person who clicks.
    Home,
}

/// One click or choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Where.
    pub place: Place,
    /// `action_id` of the element, or the label of a button.
    pub what: String,
    /// The block, when several have the same `action_id`.
    pub block_id: Option<String>,
    /// Value or label of the option, user id or date that was chosen; empty for buttons.
    pub chosen: String,
}

impl SlackTwin {
    /// Types `/command text` in a channel; returns what the person saw once it was acknowledged or the time was up.
    pub async fn slash(&self, user: &str, channel: &str, command: &str, text: &str) -> InteractionResult {
        let sent = self.shared.change(|w| self.type_command(w, user, channel, command, text));
        match sent {
            Err(failure) => {
                self.tell_failure(user, channel, command, &failure);
                InteractionResult::failed("", failure)
            }
            Ok(id) => {
                let (mut result, _) = self.outcome(&id).await;
                self.show_answer(&mut result, user, channel, command);
                result
            }
        }
    }

    fn type_command(
        &self,
        world: &mut World,
        user: &str,
        channel: &str,
        command: &str,
        text: &str,
    ) -> Result<String, String> {
        let user = world.user(user).cloned().ok_or("no_such_user")?;
        let channel = world.channel_id(channel).ok_or("no_such_channel")?;
        let line = format!("{command} {text}").trim_end().to_owned();
        let (ts, typed_by) = (world.stamp(), user.id.clone());
        world.typed.push(Typed { ts, channel: channel.clone(), user: typed_by, line });
        let options = &self.shared.options;
        if !options.commands.iter().any(|known| known == command) {
            return Err("invalid_command".into());
        }
        let base = self.shared.address.to_string();
        let payload = world.command_payload(&base, options, &user, &channel, command, text);
        world.send(options, "slash_commands", payload).ok_or_else(|| "dispatch_failed".into())
    }

    /// What Slack itself tells a person whose command failed.
    fn tell_failure(&self, user: &str, channel: &str, command: &str, failure: &str) {
        let text = match failure {
            "invalid_command" => format!("`{command}` is not a valid command."),
            _ => format!("`{command}` failed with the error \"{failure}\""),
        };
        self.shared.change(|w| {
            let Some(user) = w.user(user).map(|u| u.id.clone()) else { return };
            let channel = w.channel_id(channel).unwrap_or_default();
            w.whisper(&channel, &user, &text, Vec::new(), true);
        });
    }

    /// Shows the payload of the acknowledgement, as Slack does: to the person, or to the channel when asked.
    fn show_answer(&self, result: &mut InteractionResult, user: &str, channel: &str, command: &str) {
        if let Some(failure) = &result.failure {
            return self.tell_failure(user, channel, command, failure);
        }
        let Some(payload) = result.payload.clone() else { return };
        let text = payload.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        let given = payload.get("blocks").cloned().unwrap_or_else(|| json!([]));
        let to_all = payload.get("response_type").and_then(Value::as_str) == Some("in_channel");
        let shown = self.shared.change(|w| {
            w.judge("slash command answer", blocks::message(&given), "invalid_blocks").map_err(|e| e.code)?;
            w.mentions.extend(super::mrkdwn::broadcasts(&text));
            let shown = w.with_ids(&given);
            let user = w.user(user).map(|u| u.id.clone()).unwrap_or_default();
            let channel = w.channel_id(channel).unwrap_or_default();
            let made_ms = w.clock.now_ms();
            let place = ReplyTo { channel, user, original: None, made_ms, uses: 0 };
            if !(text.is_empty() && shown.is_empty()) {
                response_url::say(w, &place, to_all, text.clone(), shown.clone());
            }
            Ok::<_, String>(shown)
        });
        match shown {
            Ok(blocks) => {
                result.blocks = blocks;
                result.text = (!text.is_empty()).then_some(text);
            }
            Err(code) => result.failure = Some(code),
        }
    }

    /// Clicks a button of a message (by `action_id` or by its label); confirmation dialogs are confirmed.
    pub async fn click(&self, user: &str, channel: &str, ts: &str, what: &str) -> InteractionResult {
        let place = Place::Message { channel: channel.to_owned(), ts: ts.to_owned() };
        self.act(user, &Click { place, what: what.to_owned(), block_id: None, chosen: String::new() }).await
    }

    /// Clicks or chooses anything anywhere.
    pub async fn act(&self, user: &str, click: &Click) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let (user, surface) = find(w, user, &click.place)?;
            let (block_id, element) = element_of(&surface, click)?;
            let base = self.shared.address.to_string();
            // A choice that cannot be made is not kept.
            let offered = w.options_for(&user.id, &surface, &block_id, &element);
            elements::state(&element, &click.chosen, &offered)?;
            w.keep(&surface, &block_id, &element, &click.chosen);
            let (_, surface) = find(w, &user.id, &click.place)?;
            let payload = w.click_payload(&base, &user, &surface, &block_id, &element, &click.chosen)?;
            w.send(&self.shared.options, "interactive", payload).ok_or_else(|| "dispatch_failed".to_owned())
        });
        match sent {
            Err(failure) => InteractionResult::failed("", failure),
            Ok(id) => self.outcome(&id).await.0,
        }
    }

    /// Fills and submits the top modal of a person. `values` maps block ids (or `action_id`s) to what was typed or chosen;
    /// inputs that are not named have what [`Self::fill`] put in, or their initial value.
    pub async fn submit_view(&self, user: &str, values: &Value) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let user = w.user(user).cloned().ok_or("no_such_user")?;
            let view = w.views.iter().rev().find(|v| v.user == user.id).cloned().ok_or("no_open_view")?;
            let view = w.filled(&view, values)?;
            let state = w.current(&view);
            let payload = w.view_payload("view_submission", &user, &view, state);
            let id = w.send(&self.shared.options, "interactive", payload);
            id.map(|id| (id, view.id)).ok_or_else(|| "dispatch_failed".to_owned())
        });
        match sent {
            Err(failure) => InteractionResult::failed("", failure),
            Ok((id, view)) => {
                let (mut result, ack) = self.outcome(&id).await;
                if ack.is_some() {
                    let answered = self.shared.change(|w| modal::answer(w, &view, result.payload.as_ref()));
                    result.failure = answered.err().map(|error| error.code);
                }
                result
            }
        }
    }

    /// Closes the top modal of a person; the bot hears of it when the view asked for that.
    pub async fn close_view(&self, user: &str) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let user = w.user(user).cloned().ok_or("no_such_user")?;
            let at = w.views.iter().rposition(|v| v.user == user.id).ok_or("no_open_view")?;
            let view = w.views.remove(at);
            if view.content.get("notify_on_close") != Some(&Value::Bool(true)) {
                return Ok(None);
            }
            let payload = w.view_payload("view_closed", &user, &view, json!({}));
            w.send(&self.shared.options, "interactive", payload)
                .map(Some)
                .ok_or_else(|| "dispatch_failed".to_owned())
        });
        match sent {
            Err(failure) => InteractionResult::failed("", failure),
            Ok(None) => InteractionResult::default(),
            Ok(Some(id)) => self.outcome(&id).await.0,
        }
    }

    /// Waits for the acknowledgement of an envelope, as long as Slack does.
    pub(super) async fn outcome(&self, id: &str) -> (InteractionResult, Option<Ack>) {
        let acked = self.shared.until(|w| w.envelopes.get(id)?.ack.clone());
        let Ok(ack) = timeout(self.shared.options.ack_limit, acked).await else {
            if self.shared.options.redelivery == Redelivery::Once {
                self.shared.change(|w| w.deliver(&self.shared.options, id, Some((1, "timeout"))));
            }
            return (InteractionResult::failed(id, "operation_timeout"), None);
        };
        let result = InteractionResult {
            envelope_id: id.to_owned(),
            acked_after: Some(ack.after),
            payload: ack.payload.clone(),
            ..InteractionResult::default()
        };
        (result, Some(ack))
    }
}

/// The person and the surface of a click.
pub(super) fn find(world: &World, user: &str, place: &Place) -> Result<(User, Surface), String> {
    let user = world.user(user).cloned().ok_or("no_such_user")?;
    let surface = match place {
        Place::View { id } => {
            let view = world.views.iter().find(|v| v.id == *id && v.user == user.id);
            Surface::View(view.cloned().ok_or("no_such_view")?)
        }
        Place::Home => Surface::View(world.homes.get(&user.id).cloned().ok_or("no_home_yet")?),
        Place::Message { channel, ts } => {
            let channel = world.channel_id(channel).ok_or("no_such_channel")?;
            let message = world.messages.get(&channel).and_then(|list| list.iter().find(|m| m.ts == *ts));
            let whispered = || world.ephemerals.iter().find(|e| e.ts == *ts && e.user == user.id);
            let found = message.cloned().map(Surface::Message);
            found.or_else(|| whispered().cloned().map(Surface::Ephemeral)).ok_or("no_such_message")?
        }
    };
    Ok((user, surface))
}

pub(super) fn element_of(surface: &Surface, click: &Click) -> Result<(String, Value), String> {
    let none = Vec::new();
    let blocks: &[Value] = match surface {
        Surface::Message(message) => &message.blocks,
        Surface::Ephemeral(seen) => &seen.blocks,
        Surface::View(view) => view.content.get("blocks").and_then(Value::as_array).unwrap_or(&none),
    };
    let all = elements::all(blocks);
    let labels: Vec<&str> = all.iter().map(|(_, e)| elements::label(e)).collect();
    let wanted = |(block, element): &&(String, Value)| {
        let named = element.get("action_id").and_then(Value::as_str) == Some(&click.what);
        let here = click.block_id.as_ref().is_none_or(|id| id == block);
        here && (named || elements::label(element) == click.what)
    };
    let found = all.iter().find(wanted).cloned();
    found.ok_or_else(|| format!("no_such_button: {} (there are: {})", click.what, labels.join(", ")))
}
