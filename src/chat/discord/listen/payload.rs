//! An interaction as Discord describes it, read leniently: what is missing is read as the unsafe one, and only what an
//! answer needs must be there. Names are to show, and nothing else of a person is read.
//!
//! Shapes: docs.discord.com, receiving and responding to interactions.

use std::collections::BTreeMap;
use std::time::Instant;

use glasskey_commands::Said;
use glasskey_domain::{ChatAccount, Door};
use secrecy::SecretString;
use serde_json::Value;
use serenity::model::id::{ApplicationId, InteractionId, UserId};
use tokio::sync::watch;

use crate::chat::discord::gateway::Dispatch;
use crate::chat::discord::people::User;
use crate::chat::discord::rest::id;
use crate::chat::hall::{Speaker, Whisper};

/// In a channel of a guild. Source: interaction context types.
const IN_GUILD: u64 = 0;
/// In a direct message with our own bot. Same source.
const WITH_BOT: u64 = 1;
/// Who installed the app, of what is done in a direct message with its bot: no guild in particular.
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object>
const NO_GUILD: &str = "0";
/// Flag of a message that one person sees.
const EPHEMERAL: u64 = 1 << 6;
/// An option that is a keyword with options of its own.
const KEYWORD: u64 = 1;

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// They sent a command.
    Command,
    /// They clicked.
    Click,
    /// They type, and want to choose.
    Choices,
    /// They sent a form.
    Form,
}

impl Kind {
    fn of(number: u64) -> Option<Self> {
        match number {
            2 => Some(Self::Command),
            3 => Some(Self::Click),
            4 => Some(Self::Choices),
            5 => Some(Self::Form),
            _other => None,
        }
    }
}

/// An interaction.
pub(super) struct Interaction {
    pub(super) id: InteractionId,
    pub(super) token: SecretString,
    pub(super) kind: Kind,
    pub(super) received_at: Instant,
    pub(super) user: User,
    /// Where; none in direct messages.
    pub(super) guild: Option<String>,
    /// Discord says itself that it was in a channel of the guild.
    pub(super) in_guild: bool,
    /// Discord says itself that it was in a direct message with our bot.
    with_bot: bool,
    /// The guild that installed the app with which it was done; none, when a user did.
    pub(super) owner: Option<String>,
    channel: Option<String>,
    /// Whether what was clicked is a message that they alone see.
    pub(super) on_whisper: bool,
    /// Whether there is a message that was clicked, or whose form it is.
    pub(super) on_message: bool,
    /// What was sent.
    pub(super) data: Value,
    application: Option<ApplicationId>,
    /// Gone with the interaction: when its first answer was given, or cannot be given any more.
    open: watch::Sender<()>,
}

impl Interaction {
    /// The interaction that was dispatched; nothing, when it cannot be answered or nobody did it.
    pub(super) fn read(dispatch: &Dispatch) -> Option<Self> {
        let mut payload: Value = serde_json::from_str(&dispatch.raw).ok()?;
        let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let number = |pointer: &str| payload.pointer(pointer).and_then(Value::as_u64);
        let user = payload.pointer("/member/user").or_else(|| payload.get("user"))?;
        Some(Self {
            id: id(&text("/id")?)?,
            token: text("/token")?.into(),
            kind: Kind::of(number("/type")?)?,
            received_at: dispatch.received_at,
            user: described(user)?,
            guild: text("/guild_id"),
            in_guild: number("/context") == Some(IN_GUILD),
            with_bot: number("/context") == Some(WITH_BOT),
            owner: text("/authorizing_integration_owners/0"),
            channel: text("/channel_id"),
            on_whisper: number("/message/flags").is_some_and(|flags| flags & EPHEMERAL != 0),
            on_message: payload.get("message").is_some_and(Value::is_object),
            application: text("/application_id").and_then(|text| id(&text)),
            open: watch::Sender::new(()),
            data: payload.get_mut("data").map(Value::take).unwrap_or_default(),
        })
    }

    /// Whether it is a click on a button under a direct message of ours, or the form that it opened. Only we write there, and
    /// only to people who are linked.
    pub(super) fn answers_us(&self) -> bool {
        let on_ours = matches!(self.kind, Kind::Click | Kind::Form) && self.on_message;
        let directly = self.with_bot && self.guild.is_none() && self.owner.as_deref() == Some(NO_GUILD);
        on_ours && directly
    }

    /// Who speaks. `whisper`: how more is said to them; `home`: our own guild, of which they are whom we write to directly.
    pub(super) fn speaker(&self, whisper: Whisper, home: &str) -> Speaker {
        let guild = self.guild.clone().or_else(|| self.answers_us().then(|| home.to_owned()));
        let (workspace, user) = (guild.unwrap_or_default(), self.user.id.clone());
        Speaker {
            account: ChatAccount { door: Door::Discord, workspace, user },
            channel: self.channel.clone(),
            interaction: self.name(),
            whisper: Some(whisper),
        }
    }

    /// What is needed to say more to who asked, when the first answer was given.
    pub(super) fn reply_to(&self) -> ReplyTo {
        ReplyTo {
            application: self.application,
            token: self.token.clone(),
            user: id(&self.user.id),
            answered: self.open.subscribe(),
        }
    }

    /// The name of the delivery: one that comes again has the same.
    pub(super) fn name(&self) -> glasskey_domain::InteractionId {
        glasskey_domain::InteractionId::new(format!("discord:{}", self.id))
    }

    /// Those whom Discord describes beside the values that name them.
    pub(super) fn described(&self) -> BTreeMap<String, User> {
        let users = self.data.pointer("/resolved/users").and_then(Value::as_object);
        let users = users.into_iter().flatten().filter_map(|(_, user)| described(user));
        users.map(|user| (user.id.clone(), user)).collect()
    }

    /// The command that was sent, or is being typed.
    pub(super) fn spoken(&self) -> Option<Spoken> {
        let command = self.data.get("name")?.as_str()?.to_owned();
        let options = self.data.get("options");
        let Some(options) = options else { return Some(Spoken { command, ..Spoken::default() }) };
        let [keyword] = options.as_array()?.as_slice() else { return None };
        if keyword.get("type")?.as_u64()? != KEYWORD {
            return None;
        }
        let inside = keyword.get("options").and_then(Value::as_array);
        let mut spoken =
            Spoken { command, keyword: keyword.get("name")?.as_str()?.to_owned(), ..Spoken::default() };
        for option in inside.into_iter().flatten() {
            let name = option.get("name")?.as_str()?.to_owned();
            if option.get("focused").and_then(Value::as_bool) == Some(true) {
                spoken.focused = Some(name.clone());
            }
            spoken.options.push((name, option.get("value")?.as_str()?.to_owned()));
        }
        Some(spoken)
    }
}

/// Who asked, and by which token more is said to them beside what they did.
#[derive(Clone)]
pub(super) struct ReplyTo {
    pub(super) application: Option<ApplicationId>,
    pub(super) token: SecretString,
    pub(super) user: Option<UserId>,
    answered: watch::Receiver<()>,
}

impl ReplyTo {
    /// Waits for the first answer: Discord takes no other one before.
    pub(super) async fn answered(&mut self) {
        while self.answered.changed().await.is_ok() {}
    }
}

fn described(user: &Value) -> Option<User> {
    let text = |key: &str| user.get(key).and_then(Value::as_str).map(str::to_owned);
    // Discord leaves it out of people; something there that is no yes or no is no person.
    let bot = user.get("bot").is_some_and(|bot| *bot != Value::Bool(false));
    let user_id: UserId = id(&text("id")?)?;
    Some(User { id: user_id.to_string(), name: text("global_name").or_else(|| text("username")), bot })
}

/// A command by its options. All of ours are texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) command: String,
    /// Empty, when nothing follows the command.
    pub(super) keyword: String,
    pub(super) options: Vec<(String, String)>,
    /// The option that is being typed.
    pub(super) focused: Option<String>,
}

impl Spoken {
    /// Has it read as what was said.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Said<'_>) -> T) -> T {
        let options: Vec<(&str, &str)> =
            self.options.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        read(&Said { keyword: &self.keyword, options: &options })
    }

    /// The text of an option.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(other, _)| other == name).map(|(_, text)| text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(payload: &Value) -> Option<Interaction> {
        let raw = payload.to_string();
        let name = "INTERACTION_CREATE".to_owned();
        Interaction::read(&Dispatch { name, sequence: Some(1), raw, received_at: Instant::now() })
    }

    fn payload() -> Value {
        json!({
            "id": "1290000000000000777", "application_id": "1290000000000000001", "type": 2, "token": "aW50ZXI",
            "version": 1, "guild_id": "1290000000000000002", "channel_id": "1290000000000000101", "context": 0,
            "authorizing_integration_owners": { "0": "1290000000000000002" },
            "member": { "nick": "Dee", "user": { "id": "1290000000000001001", "username": "ana", "global_name": "Ana" } },
            "data": { "id": "7", "name": "elevate", "type": 1, "options": [
                { "name": "show", "type": 1, "options": [{ "name": "id", "type": 3, "value": "AR-7K3Q" }] },
            ] },
        })
    }

    #[test]
    fn a_documented_interaction_is_read_whatever_somebody_is_called() {
        let asked = read(&payload()).unwrap();
        assert_eq!((asked.kind, asked.in_guild), (Kind::Command, true));
        assert_eq!(asked.owner, asked.guild);
        assert_eq!(asked.user.id, "1290000000000001001");
        assert!(!asked.user.bot && !asked.on_whisper && !asked.on_message);
        assert_eq!(asked.name().to_string(), "discord:1290000000000000777");
        let spoken = asked.spoken().unwrap();
        assert_eq!((spoken.command.as_str(), spoken.keyword.as_str()), ("elevate", "show"));
        assert_eq!(spoken.text("id"), Some("AR-7K3Q"));
    }

    #[test]
    fn what_cannot_be_answered_or_has_nobody_behind_it_is_not_read() {
        for (pointer, value) in [
            ("/id", json!("x")),
            ("/id", json!("0")),
            ("/id", json!(7)),
            ("/token", Value::Null),
            ("/type", json!(1)),
            ("/type", json!("2")),
            ("/type", json!(99)),
            ("/member", Value::Null),
            ("/member/user/id", json!("ana")),
            ("/member/user/id", json!(1)),
        ] {
            let mut payload = payload();
            *payload.pointer_mut(pointer).unwrap() = value.clone();
            assert!(read(&payload).is_none(), "{pointer}: {value}");
        }
        assert!(read(&json!([])).is_none());
        assert!(read(&Value::Null).is_none());
    }

    #[test]
    fn a_missing_place_is_none_of_ours_and_a_strange_mark_is_a_bots() {
        let mut payload = payload();
        for name in ["guild_id", "context", "authorizing_integration_owners"] {
            payload.as_object_mut().unwrap().remove(name);
        }
        payload["member"]["user"]["bot"] = json!("yes");
        let asked = read(&payload).unwrap();
        assert!(asked.guild.is_none() && !asked.in_guild && asked.owner.is_none() && asked.user.bot);
    }

    #[test]
    fn a_click_under_a_direct_message_of_ours_is_ours_and_nothing_else_is() {
        let mut direct = payload();
        let fields = direct.as_object_mut().unwrap();
        fields.remove("guild_id");
        let user = fields.remove("member").unwrap()["user"].clone();
        fields.insert("user".to_owned(), user);
        for (name, value) in [
            ("type", json!(3)),
            ("context", json!(1)),
            ("authorizing_integration_owners", json!({ "0": "0" })),
            ("message", json!({ "id": "1290000000000000778", "flags": 0 })),
        ] {
            fields.insert(name.to_owned(), value);
        }
        assert!(read(&direct).unwrap().answers_us());
        let workspace = |payload: &Value| {
            let whisper = Whisper::new(|_| Box::pin(async {}));
            read(payload).unwrap().speaker(whisper, "home").account.workspace
        };
        assert_eq!(workspace(&direct), "home");
        for (name, value) in [
            // A command, and what is chosen while one types, name no message of ours.
            ("type", json!(2)),
            ("type", json!(4)),
            // In a guild, or between people.
            ("context", json!(0)),
            ("context", json!(2)),
            ("context", Value::Null),
            ("guild_id", json!("1290000000000000009")),
            // Installed by somebody for themselves.
            ("authorizing_integration_owners", json!({ "1": "1290000000000001001" })),
            ("authorizing_integration_owners", json!({})),
            ("message", Value::Null),
        ] {
            let mut other = direct.clone();
            other[name] = value.clone();
            assert!(!read(&other).unwrap().answers_us(), "{name}: {value}");
            assert_ne!(workspace(&other), "home", "{name}: {value}");
        }
    }

    #[test]
    fn a_command_of_another_shape_is_none() {
        for options in [
            json!({}),
            json!([]),
            json!([{ "name": "show", "type": 2, "options": [] }]),
            json!([{ "name": "show", "type": 1 }, { "name": "list", "type": 1 }]),
            json!([{ "type": 1 }]),
            json!([{ "name": "show", "type": 1, "options": [{ "name": "id", "type": 3 }] }]),
            json!([{ "name": "show", "type": 1, "options": [{ "name": "id", "type": 3, "value": { "a": "b" } }] }]),
        ] {
            let mut payload = payload();
            payload["data"]["options"] = options.clone();
            assert_eq!(read(&payload).unwrap().spoken(), None, "{options}");
        }
    }
}
