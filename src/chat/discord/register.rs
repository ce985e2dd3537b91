//! The commands of the guild: registered from `commands/`, and only when Discord has others, for it counts how many are
//! made in a day (platform-rules §2).
//!
//! Discord writes more into a command than it was given, so the two are compared by what they say.

use std::time::Duration;

use glasskey_commands::manifest;
use serde_json::{Map, Value};
use serenity::model::id::GuildId;
use tokio::sync::watch;

use super::gateway::GatewayHealth;
use super::rest::DiscordRest;
use super::rest::fault::{DiscordFault, FaultKind};

/// First pause after a failure; doubles from there.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
/// Longest pause after a failure.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// What Discord adds to a command, and nobody told it.
const ADDED: [&str; 4] = ["id", "application_id", "guild_id", "version"];
/// What Discord says only of commands that are not a guild's: here it may leave it out.
const MAY_BE_LEFT_OUT: [&str; 2] = ["contexts", "integration_types"];
/// What is true when Discord does not say otherwise.
const USUALLY_TRUE: [&str; 2] = ["dm_permission", "default_permission"];

/// What is wrong with the commands, until they are as they should be.
pub(super) type Registration = watch::Receiver<Option<String>>;

/// Keeps the commands of a guild as they should be.
pub(super) struct Registrar {
    rest: DiscordRest,
    guild: GuildId,
    told: watch::Sender<Option<String>>,
}

impl Registrar {
    /// For this guild. Nothing is asked yet.
    pub(super) fn new(rest: DiscordRest, guild: GuildId) -> Self {
        let told = watch::Sender::new(Some("the commands are not registered yet".to_owned()));
        Self { rest, guild, told }
    }

    /// How it goes, now and from now on.
    pub(super) fn told(&self) -> Registration {
        self.told.subscribe()
    }

    /// Looks at the start and whenever the gateway was connected anew, and registers what is not as it should be. Until
    /// the gateway is gone.
    pub(super) async fn keep(self, mut gateway: watch::Receiver<GatewayHealth>) {
        loop {
            let ready = gateway.borrow_and_update().last_ready;
            self.until_registered().await;
            let other = |health: &GatewayHealth| health.last_ready.is_some() && health.last_ready != ready;
            if gateway.wait_for(other).await.is_err() {
                return;
            }
        }
    }

    async fn until_registered(&self) {
        let mut pause = PAUSE_FIRST;
        while let Err(fault) = self.register().await {
            tracing::error!(%fault, "the commands are not registered in discord; trying again");
            self.told.send_replace(Some(format!("the commands are not registered: {fault}")));
            tokio::time::sleep(pause.max(fault.retry_after().unwrap_or_default())).await;
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
        }
        self.told.send_replace(None);
    }

    async fn register(&self) -> Result<(), DiscordFault> {
        let wanted = wanted()?;
        let application = self.rest.application().await?.id;
        let there = self.rest.guild_commands(application, self.guild).await?;
        if are_the_same(&wanted, &there) {
            return Ok(());
        }
        let now = self.rest.overwrite_guild_commands(application, self.guild, &wanted).await?;
        tracing::info!(commands = now.len(), "the commands are registered in discord");
        if !are_the_same(&wanted, &now) {
            // Not a reason to try again: it would go on for ever, and count.
            tracing::warn!("discord says other commands than it was given");
        }
        Ok(())
    }
}

/// The commands as they should be.
fn wanted() -> Result<Vec<Value>, DiscordFault> {
    let garbled = FaultKind::Garbled("our own commands are no JSON");
    serde_json::from_str(&manifest::discord())
        .map_err(|_| DiscordFault::not_done("overwrite_guild_commands", garbled))
}

/// Whether Discord has these commands and no others, in any order.
fn are_the_same(wanted: &[Value], there: &[Value]) -> bool {
    let has = |command: &Value| there.iter().any(|other| says_the_same(command, other));
    wanted.len() == there.len() && wanted.iter().all(has)
}

/// Whether Discord says of this what we do, apart from what it adds and what it leaves out.
fn says_the_same(wanted: &Value, there: &Value) -> bool {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => members_agree(wanted, there),
        // The order of options and choices is the order in which they are shown.
        (Value::Array(wanted), Value::Array(there)) => {
            wanted.len() == there.len() && wanted.iter().zip(there).all(|(a, b)| says_the_same(a, b))
        }
        (wanted, there) => wanted == there,
    }
}

fn members_agree(wanted: &Map<String, Value>, there: &Map<String, Value>) -> bool {
    let said = wanted.iter().all(|(name, value)| match there.get(name) {
        Some(Value::Null) | None => says_nothing(value) || MAY_BE_LEFT_OUT.contains(&name.as_str()),
        Some(other) => says_the_same(value, other) || (says_nothing(value) && says_nothing(other)),
    });
    let more = there.iter().filter(|(name, _)| !wanted.contains_key(*name));
    said && more.into_iter().all(|(name, value)| is_usual(name, value))
}

/// Whether it is as good as not said.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether Discord says this of every command of a guild.
fn is_usual(name: &str, value: &Value) -> bool {
    let usually_true = USUALLY_TRUE.contains(&name) && *value == Value::Bool(true);
    ADDED.contains(&name) || usually_true || says_nothing(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As Discord answers: with more members, other orders, and what is usual left out or written out.
    fn stored() -> Vec<Value> {
        let mut stored = wanted().unwrap();
        stored.reverse();
        for command in &mut stored {
            let fields = command.as_object_mut().unwrap();
            fields.insert("id".to_owned(), json!("1290000000000000001"));
            fields.insert("application_id".to_owned(), json!("1290000000000000002"));
            fields.insert("guild_id".to_owned(), json!("1290000000000000003"));
            fields.insert("version".to_owned(), json!("1290000000000000004"));
            fields.insert("nsfw".to_owned(), json!(false));
            fields.insert("dm_permission".to_owned(), json!(true));
            fields.insert("name_localizations".to_owned(), Value::Null);
            fields.insert("contexts".to_owned(), Value::Null);
            fields.remove("integration_types");
            for option in fields["options"].as_array_mut().unwrap() {
                let option = option.as_object_mut().unwrap();
                option.insert("description_localizations".to_owned(), Value::Null);
                option.insert("required".to_owned(), json!(false));
                option.entry("options").or_insert_with(|| json!([]));
            }
        }
        stored
    }

    #[test]
    fn what_discord_adds_and_leaves_out_registers_nothing_again() {
        assert!(are_the_same(&wanted().unwrap(), &wanted().unwrap()));
        assert!(are_the_same(&wanted().unwrap(), &stored()));
    }

    #[test]
    fn whatever_says_something_else_is_registered_again() {
        let changes: [(&str, Value); 9] = [
            ("/0/description", json!("another")),
            ("/0/name", json!("other")),
            ("/0/default_member_permissions", json!("0")),
            ("/0/nsfw", json!(true)),
            ("/0/dm_permission", json!(false)),
            ("/0/contexts", json!([0, 1])),
            ("/0/options/0/description", json!("another")),
            ("/0/options/0/required", json!(true)),
            ("/0/options", json!([])),
        ];
        for (pointer, value) in changes {
            let mut there = json!(stored());
            *there.pointer_mut(pointer).unwrap() = value;
            assert!(!are_the_same(&wanted().unwrap(), there.as_array().unwrap()), "{pointer}");
        }
        let mut fewer = stored();
        fewer.pop();
        assert!(!are_the_same(&wanted().unwrap(), &fewer));
        let mut more = stored();
        more.push(json!({ "name": "old", "type": 1 }));
        assert!(!are_the_same(&wanted().unwrap(), &more));
    }

    #[test]
    fn options_in_another_order_are_other_options() {
        let mut there = stored();
        there[0]["options"].as_array_mut().unwrap().swap(0, 1);
        assert!(!are_the_same(&wanted().unwrap(), &there));
    }
}
