//! The hands of the people: typing commands, clicking, choosing, submitting modals, searching in options.
//! Each returns what that person saw. People are named by id or handle, channels by id or name.

use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::DiscordTwin;
use super::check::{number, word};
use super::fill;
use super::interaction::{AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Spot};
use super::people::{ChannelKind, Member};
use super::records::{InteractionResult, Message, Typed, inner};
use super::typing;
use super::world::{OTHER_CHANNEL, OTHER_GUILD, World};

const BUTTON: u64 = 2;

/// Style of a button that leads to an address and tells the bot nothing.
const LINK: u64 = 5;

/// Where a command is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// A channel of the company's guild, id or name.
    Channel(String),
    /// A guild that is not the company's, and has the bot too.
    OtherGuild,
    /// The conversation with the bot.
    Direct,
    /// A channel of the company's guild (id or name), by an installation of the person's own.
    PersonalInstall(String),
}

/// What was found to act on, or why not.
type Found<T> = Result<T, String>;

impl DiscordTwin {
    /// Types a command in a channel: `elevate request` with `{"account": "payments-prod"}`, by the names that are registered.
    /// Returns what the person saw first, once it was there or the time was up.
    pub async fn slash(&self, user: &str, channel: &str, line: &str, values: &Value) -> InteractionResult {
        self.slash_in(user, &Scene::Channel(channel.to_owned()), line, values).await
    }

    /// Types a command anywhere.
    pub async fn slash_in(&self, user: &str, scene: &Scene, line: &str, values: &Value) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let (user, spot) = place(w, user, scene)?;
            let data = typing::data(w, line, values, None)?;
            let typed = Typed {
                id: w.clock.snowflake(),
                channel: spot.channel.clone(),
                user: user.id.clone(),
                line: written(line, values),
            };
            w.typed.push(typed);
            w.interact(COMMAND, &user, &spot, None, data).ok_or_else(|| "no_session".to_owned())
        });
        self.finish(sent).await
    }

    /// Types into an option of a command; the choices are the answer.
    pub async fn autocomplete(
        &self,
        user: &str,
        channel: &str,
        line: &str,
        values: &Value,
        focused: &str,
    ) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let (user, spot) = place(w, user, &Scene::Channel(channel.to_owned()))?;
            let data = typing::data(w, line, values, Some(focused))?;
            w.interact(AUTOCOMPLETE, &user, &spot, None, data).ok_or_else(|| "no_session".to_owned())
        });
        self.finish(sent).await
    }

    /// Clicks a button of a message, by `custom_id` or label.
    pub async fn click(&self, user: &str, channel: &str, message: &str, what: &str) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let (user, spot, message) = surface(w, user, channel, message)?;
            let button = component(&message, what, |kind| kind == BUTTON)?;
            if number(&button, "style") == LINK {
                return Err(format!("a_link: {what}"));
            }
            let data = json!({
                "custom_id": button.get("custom_id"), "component_type": BUTTON, "id": button.get("id"),
            });
            w.interact(COMPONENT, &user, &spot, Some(&message.id), data)
                .ok_or_else(|| "no_session".to_owned())
        });
        self.finish(sent).await
    }

    /// Chooses in a select of a message: values, labels, or people.
    pub async fn choose(
        &self,
        user: &str,
        channel: &str,
        message: &str,
        what: &str,
        values: &[&str],
    ) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let (user, spot, message) = surface(w, user, channel, message)?;
            let select = component(&message, what, |kind| matches!(kind, 3 | 5..=8))?;
            let mut resolved = Map::new();
            let values = fill::chosen(w, &select, Some(&json!(values)), &mut resolved)?;
            let mut data = json!({
                "custom_id": select.get("custom_id"), "component_type": select.get("type"), "id": select.get("id"),
                "values": values,
            });
            if let (false, Some(fields)) = (resolved.is_empty(), data.as_object_mut()) {
                fields.insert("resolved".into(), resolved.into());
            }
            w.interact(COMPONENT, &user, &spot, Some(&message.id), data).ok_or_else(|| "no_session".to_owned())
        });
        self.finish(sent).await
    }

    /// Fills and submits the modal before a person. `values` maps `custom_id`s to what was typed or chosen. It goes away
    /// when the bot has answered, and stays when it has not.
    pub async fn submit_modal(&self, user: &str, values: &Value) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let user = w.member(user).cloned().ok_or("no_such_user")?;
            let modal = w.modals.iter().find(|m| m.user == user.id).cloned().ok_or("no_open_modal")?;
            let data = fill::submission(w, &modal.content, values)?;
            let opened = w.interactions.get(&modal.interaction).cloned().ok_or("no_open_modal")?;
            let id = w.interact(MODAL_SUBMIT, &user, &opened.spot, opened.source.as_deref(), data);
            if let Some(submission) = id.as_ref().and_then(|id| w.interactions.get_mut(id)) {
                submission.opener = Some(modal.interaction.clone());
            }
            id.map(|id| (id, modal)).ok_or_else(|| "no_session".to_owned())
        });
        let (id, modal) = match sent {
            Err(failure) => return InteractionResult::failed("", failure),
            Ok(sent) => sent,
        };
        let result = self.finish(Ok(id)).await;
        self.shared.change(|w| {
            if result.failure.is_none() {
                w.modals.retain(|open| open.interaction != modal.interaction);
            } else if let Some(open) = w.modals.iter_mut().find(|m| m.interaction == modal.interaction) {
                open.failed = true;
            }
        });
        result
    }

    /// Closes the modal before a person; the bot is not told. False when there is none.
    pub fn close_modal(&self, user: &str) -> bool {
        self.shared.change(|w| {
            let id = w.member(user).map(|m| m.id.clone()).unwrap_or_default();
            let before = w.modals.len();
            w.modals.retain(|open| open.user != id);
            w.modals.len() < before
        })
    }

    /// Waits for the first answer, as long as Discord does.
    async fn finish(&self, sent: Found<String>) -> InteractionResult {
        let id = match sent {
            Err(failure) => return InteractionResult::failed("", failure),
            Ok(id) => id,
        };
        let answered = self.shared.until(|w| {
            let asked = w.interactions.get(&id)?;
            let (answer, at_ms) = asked.answer.clone()?;
            Some((answer, u64::try_from(at_ms - asked.made_ms).unwrap_or_default()))
        });
        let Ok((answer, after_ms)) = timeout(self.shared.options.answer_limit, answered).await else {
            self.shared.change(|w| {
                let Some(asked) = w.interactions.get(&id).cloned() else { return };
                if asked.kind != AUTOCOMPLETE {
                    w.whisper(&asked.spot.channel, &asked.user, "The application did not respond");
                }
            });
            return InteractionResult::failed(&id, "did_not_respond");
        };
        InteractionResult {
            interaction: id,
            answered_after: Some(std::time::Duration::from_millis(after_ms)),
            answer: Some(answer),
            failure: None,
        }
    }
}

/// `/elevate request account: payments-prod`, as the client shows it.
fn written(line: &str, values: &Value) -> String {
    let given = values.as_object().into_iter().flatten();
    let options = given.map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!(" {name}: {value}")
    });
    format!("/{}{}", line.trim_start_matches('/'), options.collect::<String>())
}

fn place(world: &mut World, user: &str, scene: &Scene) -> Found<(Member, Spot)> {
    let user = world.member(user).cloned().ok_or("no_such_user")?;
    let (guild, channel) = match scene {
        Scene::Channel(channel) | Scene::PersonalInstall(channel) => {
            let id = world.channel_id(channel).ok_or("no_such_channel")?;
            let is_text = world.channels.get(&id).is_some_and(|c| c.kind == ChannelKind::Text);
            (is_text.then(|| world.guild.clone()), id)
        }
        Scene::OtherGuild => (Some(OTHER_GUILD.to_owned()), OTHER_CHANNEL.to_owned()),
        Scene::Direct => (None, world.direct(&user.id)),
    };
    let spot = Spot { guild, channel, is_personal: matches!(scene, Scene::PersonalInstall(_)) };
    Ok((user, spot))
}

/// The person, the place and the message that they see there.
fn surface(world: &mut World, user: &str, channel: &str, message: &str) -> Found<(Member, Spot, Message)> {
    let (user, spot) = place(world, user, &Scene::Channel(channel.to_owned()))?;
    let seen = |m: &&Message| m.only_for.as_ref().is_none_or(|who| *who == user.id);
    let message = world.message(&spot.channel, message).filter(seen).cloned().ok_or("no_such_message")?;
    Ok((user, spot, message))
}

fn component(message: &Message, what: &str, is_kind: impl Fn(u64) -> bool) -> Found<Value> {
    let all: Vec<Value> =
        inner(&message.components).into_iter().filter(|c| is_kind(number(c, "type"))).collect();
    let found = all.iter().find(|c| word(c, "custom_id") == what || word(c, "label") == what);
    let Some(found) = found else {
        let known: Vec<&str> = all.iter().map(|c| word(c, "label")).collect();
        return Err(format!("no_such_button: {what} (there are: {})", known.join(", ")));
    };
    if found.get("disabled") == Some(&Value::Bool(true)) {
        return Err(format!("disabled: {what}"));
    }
    Ok(found.clone())
}
