//! What is at Discord: the token, the server, the channels and what the bot may do there, the sessions left, the commands.
//! Posts nothing, registers nothing, opens no connection of the gateway.

use std::collections::BTreeSet;

use serenity::model::id::{ApplicationId, ChannelId, GuildId};

use super::{Check, Outcome};
use crate::chat::discord::permissions::{self, ADMINISTRATOR};
use crate::chat::discord::register;
use crate::chat::discord::rest::fault::{DiscordFault, FaultKind};
use crate::chat::discord::rest::models::{Application, Channel, Guild, Member};
use crate::chat::discord::rest::{DiscordRest, RestConfig, id};
use crate::config::{self, Config, Secrets};

/// Kinds of channels that messages of a server can be posted in: text, and announcements.
const KINDS: [u8; 2] = [0, 5];
/// New sessions that are enough for a bad day. Discord gives 1,000 a day, and resets the token of whoever takes more.
const SESSIONS_LOW: u64 = 50;
/// What mends most that is wrong with how the bot is in the server.
const INVITE: &str = "invite the bot with the link in docs/discord.md";

/// All of them. Without the token Discord is not asked.
pub(super) async fn checks(config: &Config, secrets: Option<&Secrets>) -> Vec<Check> {
    let token = secrets.and_then(|secrets| secrets.discord.as_ref());
    let Some((discord, token)) = config.discord.as_ref().zip(token) else { return Vec::new() };
    let rest = match DiscordRest::new(RestConfig::new(discord.api_url.clone(), token.to_secret_string())) {
        Ok(rest) => rest,
        Err(why) => {
            return vec![Check::fail("discord", why.to_string(), "correct the token or discord.api_url")];
        }
    };
    let application = rest.application().await;
    let token = token_of(&application);
    let Ok(application) = application else { return vec![token] };
    let mut checks = vec![token, app(&application), sessions(&rest).await];
    let Some(guild) = id::<GuildId>(&discord.guild) else { return checks };
    checks.extend(at_guild(&rest, &application, guild, channels(config, discord)).await);
    checks
}

/// Where cards go, and where emergencies are announced, each once.
fn channels(config: &Config, discord: &config::Discord) -> BTreeSet<String> {
    let federations = config.breakglass.federations.values();
    let announced = federations.filter_map(|one| one.settings.place.discord_channel.clone());
    announced.chain([discord.channel.clone()]).collect()
}

fn token_of(application: &Result<Application, DiscordFault>) -> Check {
    const NAME: &str = "discord token";
    match application {
        Ok(application) => Check::ok(NAME, application.name.clone()),
        Err(fault) => failed(
            NAME,
            fault,
            "reset the token in the developer portal, and put the new one where discord.token says",
        ),
    }
}

/// How the application is set up in the developer portal.
fn app(application: &Application) -> Check {
    const NAME: &str = "discord app";
    if application.interactions_endpoint_url.as_ref().is_some_and(|url| !url.is_empty()) {
        return Check::fail(
            NAME,
            "it has an interactions endpoint URL, so Discord sends nothing over the gateway",
            "empty that field in the developer portal",
        );
    }
    if application.bot.is_none() {
        return Check::fail(NAME, "it has no bot", "add one in the developer portal");
    }
    if application.bot_public != Some(false) {
        return Check::warn(
            NAME,
            "anybody may add it to a server of theirs; it serves only the one configured",
            "switch Public Bot off in the developer portal",
        );
    }
    Check::ok(NAME, "it listens to the gateway, and nobody else can add it")
}

async fn sessions(rest: &DiscordRest) -> Check {
    const NAME: &str = "discord gateway";
    match rest.gateway_bot().await {
        Ok(gateway) => judged(NAME, gateway.session_start_limit.remaining, gateway.session_start_limit.total),
        Err(fault) => failed(NAME, &fault, "check discord.api_url"),
    }
}

fn judged(name: &str, left: u64, total: u64) -> Check {
    let found = format!("{left} of {total} new sessions are left today");
    if left > SESSIONS_LOW {
        return Check::ok(name, found);
    }
    Check::warn(name, found, "see what restarts the bot so often, or who else uses its token")
}

async fn at_guild(
    rest: &DiscordRest,
    application: &Application,
    guild: GuildId,
    channels: BTreeSet<String>,
) -> Vec<Check> {
    const NAME: &str = "discord server";
    let found = match rest.guild(guild).await {
        Ok(found) => found,
        Err(fault) => return vec![failed(NAME, &fault, &format!("correct discord.guild, or {INVITE}"))],
    };
    let mut checks = vec![Check::ok(NAME, found.name.clone())];
    checks.push(commands(rest, application.id, guild).await);
    let Some(bot) = &application.bot else { return checks };
    match rest.member(guild, bot.id).await {
        Ok(Some(bot)) => {
            for channel in channels {
                checks.push(in_channel(rest, &found, &bot, &channel).await);
            }
        }
        Ok(None) => checks.push(Check::fail(NAME, "the bot is no member of it", INVITE)),
        Err(fault) => checks.push(failed(NAME, &fault, INVITE)),
    }
    checks
}

async fn commands(rest: &DiscordRest, application: ApplicationId, guild: GuildId) -> Check {
    const NAME: &str = "discord commands";
    let there = rest.guild_commands(application, guild).await;
    match there.and_then(|there| Ok((there.len(), register::is_registered(&there)?))) {
        Ok((_, true)) => Check::ok(NAME, "registered as they should be"),
        Ok((0, false)) => Check::ok(NAME, "not registered yet; the bot does it when it starts"),
        Ok((_, false)) => {
            Check::ok(NAME, "others than these are registered; the bot changes them when it starts")
        }
        Err(fault) => failed(NAME, &fault, &format!("{INVITE}: its scope applications.commands is missing")),
    }
}

async fn in_channel(rest: &DiscordRest, guild: &Guild, bot: &Member, channel: &str) -> Check {
    let name = format!("discord channel {channel}");
    let asked = match id::<ChannelId>(channel) {
        Some(id) => rest.channel(id).await,
        None => return Check::fail(&name, "this is no id", "copy the channel's id in Discord"),
    };
    match asked {
        Ok(found) => permitted(&name, guild, bot, &found),
        Err(fault) => {
            failed(&name, &fault, "correct the id in the configuration, and let the bot see the channel")
        }
    }
}

/// Whether cards can go there.
fn permitted(name: &str, guild: &Guild, bot: &Member, channel: &Channel) -> Check {
    let label = channel.name.as_ref().map_or_else(|| channel.id.to_string(), |name| format!("#{name}"));
    if channel.guild_id != Some(guild.id) || !KINDS.contains(&channel.kind) {
        let found = format!("{label} is no text channel of this server");
        return Check::fail(name, found, "choose one of its text channels");
    }
    let held = permissions::held(guild, bot, channel);
    let missing: Vec<String> = permissions::NEEDED
        .iter()
        .filter(|(bit, _, _)| held & bit == 0)
        .map(|(_, permission, what_for)| format!("`{permission}` ({what_for})"))
        .collect();
    if !missing.is_empty() {
        let found = format!("missing in {label}: {}", missing.join(", "));
        return Check::fail(name, found, "give them to the bot's role, or to the bot in that channel");
    }
    if held & ADMINISTRATOR != 0 {
        let found = format!("{label}; the bot may do everything in this server, and needs almost nothing");
        return Check::warn(name, found, format!("take Administrator from its role, and {INVITE}"));
    }
    Check::ok(name, label)
}

fn failed(name: &str, fault: &DiscordFault, mend: &str) -> Check {
    let mend = match &fault.kind {
        FaultKind::Timeout | FaultKind::Unreachable(_) => "check the network, a proxy, and discord.api_url",
        FaultKind::RateLimited { .. } | FaultKind::Server { .. } => "try again later",
        FaultKind::Revoked(_)
        | FaultKind::NotFound { .. }
        | FaultKind::Rejected { .. }
        | FaultKind::Garbled(_) => mend,
    };
    Check {
        name: name.to_owned(),
        outcome: Outcome::Fail,
        found: fault.to_string(),
        mend: Some(mend.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn application(change: serde_json::Value) -> Application {
        let mut whole = json!({ "id": "1", "name": "Glasskey", "bot": { "id": "1" }, "bot_public": false });
        for (key, value) in change.as_object().unwrap() {
            whole[key] = value.clone();
        }
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn an_endpoint_for_interactions_makes_the_bot_deaf() {
        let endpoint = json!({ "interactions_endpoint_url": "https://elsewhere.example/" });
        assert_eq!(app(&application(endpoint)).outcome, Outcome::Fail);
        assert_eq!(app(&application(json!({ "interactions_endpoint_url": null }))).outcome, Outcome::Ok);
    }

    #[test]
    fn an_app_that_anybody_may_add_is_to_be_looked_at() {
        assert_eq!(app(&application(json!({ "bot_public": true }))).outcome, Outcome::Warn);
        assert_eq!(app(&application(json!({ "bot_public": null }))).outcome, Outcome::Warn);
        assert_eq!(app(&application(json!({ "bot": null }))).outcome, Outcome::Fail);
    }

    #[test]
    fn few_sessions_left_are_to_be_looked_at() {
        assert_eq!(judged("x", SESSIONS_LOW, 1_000).outcome, Outcome::Warn);
        assert_eq!(judged("x", SESSIONS_LOW + 1, 1_000).outcome, Outcome::Ok);
    }

    fn guild(permissions: u64) -> Guild {
        let role = json!({ "id": "1", "permissions": permissions.to_string() });
        serde_json::from_value(json!({ "id": "1", "name": "Acme", "owner_id": "9", "roles": [role] }))
            .unwrap()
    }

    fn judge(permissions: u64, channel: serde_json::Value) -> Check {
        let bot: Member = serde_json::from_value(json!({ "user": { "id": "7" } })).unwrap();
        let channel: Channel = serde_json::from_value(channel).unwrap();
        permitted("x", &guild(permissions), &bot, &channel)
    }

    #[test]
    fn every_permission_that_is_missing_is_named() {
        let access = json!({ "id": "2", "type": 0, "guild_id": "1", "name": "access" });
        assert_eq!(judge(permissions::needed(), access.clone()).outcome, Outcome::Ok);
        for (bit, name, _) in permissions::NEEDED {
            let check = judge(permissions::needed() & !bit, access.clone());
            assert_eq!(check.outcome, Outcome::Fail, "{name}");
            assert!(check.found.contains(name), "{}", check.found);
        }
        assert_eq!(judge(ADMINISTRATOR, access).outcome, Outcome::Warn);
    }

    #[test]
    fn a_channel_of_another_server_or_for_voice_is_none() {
        for wrong in [
            json!({ "id": "2", "type": 0, "guild_id": "3", "name": "access" }),
            json!({ "id": "2", "type": 0 }),
            json!({ "id": "2", "type": 2, "guild_id": "1", "name": "voice" }),
        ] {
            assert_eq!(judge(permissions::needed(), wrong).outcome, Outcome::Fail);
        }
    }
}
