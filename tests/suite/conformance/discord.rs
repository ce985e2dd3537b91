//! Every call of Discord's side against Discord's own OpenAPI description: method, path, query and body.

use std::collections::{BTreeMap, BTreeSet};

use glasskey::chat::discord::rest::models::{Nonce, Posted};
use glasskey::chat::discord::rest::{DiscordRest, RestConfig, id};
use glasskey_playground::discord::{Call, DiscordTwin};
use secrecy::SecretString;
use serde_json::{Value, json};
use serenity::model::id::{ApplicationId, ChannelId, GuildId, MessageId};

use super::description;
use super::schema::Schemas;
use crate::discord_doors::day::{self, Day};

const FILE: &str = "discord-openapi.json";
/// What the bot asks of Discord, by Discord's names.
const OPERATIONS: [&str; 17] = [
    "bulk_set_guild_application_commands",
    "create_dm",
    "create_interaction_response",
    "create_message",
    "create_pin",
    "delete_pin",
    "execute_webhook",
    "get_bot_gateway",
    "get_channel",
    "get_guild",
    "get_guild_member",
    "get_my_application",
    "list_guild_application_commands",
    "list_guild_channels",
    "list_messages",
    "update_message",
    "update_original_webhook_message",
];
/// Types of first answers that a day brings: a message, a click's message anew, choices, a form.
const ANSWERS: [u64; 4] = [4, 7, 8, 9];

/// Everything that the client can ask, once; the names of its methods.
async fn every_method(twin: &DiscordTwin, day: &Day) -> BTreeSet<&'static str> {
    let token = SecretString::from(twin.bot_token().to_owned());
    let rest = DiscordRest::new(RestConfig::new(twin.url().parse().unwrap(), token)).unwrap();
    let guild: GuildId = id(&twin.guild_id()).unwrap();
    let channel: ChannelId = id(&day.channel).unwrap();
    let body = json!({ "content": "so it is" });
    rest.gateway_bot().await.unwrap();
    let application: ApplicationId = rest.application().await.unwrap().id;
    rest.guild(guild).await.unwrap();
    rest.guild_channels(guild).await.unwrap();
    rest.channel(channel).await.unwrap();
    rest.member(guild, id(&day.user).unwrap()).await.unwrap();
    let posted: Posted = rest.create_message(channel, &Nonce::of("conformance"), &body).await.unwrap();
    rest.edit_message(posted, &body).await.unwrap();
    rest.messages_after(channel, MessageId::new(1), 100).await.unwrap();
    rest.pin(posted).await.unwrap();
    rest.unpin(posted).await.unwrap();
    rest.open_dm(id(&day.user).unwrap()).await.unwrap();
    let commands = rest.guild_commands(application, guild).await.unwrap();
    assert_eq!(commands.len(), 2);
    let wanted: Vec<Value> = serde_json::from_str(&glasskey_commands::manifest::discord()).unwrap();
    rest.overwrite_guild_commands(application, guild, &wanted).await.unwrap();
    let (interaction, token) = (id(&day.interaction).unwrap(), SecretString::from(day.token.clone()));
    let again = rest.interaction_callback(interaction, &token, &json!({ "type": 4, "data": body })).await;
    assert!(again.is_err(), "it was answered before");
    rest.edit_original(application, &token, &body).await.unwrap();
    rest.followup(application, &token, &body).await.unwrap();
    BTreeSet::from([
        "gateway_bot",
        "application",
        "guild",
        "guild_channels",
        "channel",
        "member",
        "create_message",
        "edit_message",
        "messages_after",
        "pin",
        "unpin",
        "open_dm",
        "guild_commands",
        "overwrite_guild_commands",
        "interaction_callback",
        "edit_original",
        "followup",
    ])
}

/// The methods that the client has.
fn methods() -> BTreeSet<&'static str> {
    let sources = [
        include_str!("../../../src/chat/discord/rest/methods.rs"),
        include_str!("../../../src/chat/discord/rest/interactions.rs"),
    ];
    let rest = sources.into_iter().flat_map(|source| source.split("pub async fn ").skip(1));
    rest.map(|rest| rest.split('(').next().unwrap()).collect()
}

/// What is wrong with a call; the name of its operation where it has one.
fn judged<'a>(described: &'a Schemas, call: &Call) -> (Option<&'a str>, Vec<String>) {
    let Some((template, operation)) = described.operation(&call.method, &format!("/{}", call.path)) else {
        return (None, vec![format!("there is no {} /{}", call.method, call.path)]);
    };
    let mut faults = described.wrong_query(template, operation, &call.query);
    match described.body(operation) {
        Some(schema) => faults.extend(described.faults(schema, &call.body)),
        None if !call.body.is_null() => faults.push(format!("{template} takes no body")),
        None => {}
    }
    (operation["operationId"].as_str(), faults)
}

fn schemas() -> Option<Schemas> {
    description(FILE).map(Schemas)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_to_discord_is_one_that_discord_describes() {
    let Some(described) = schemas() else { return };
    let (twin, lived) = day::lived().await;
    let real = twin.calls().len();
    assert_eq!(every_method(&twin, &lived).await, methods(), "a method of the client is not compared");
    let (mut operations, mut bodies) = (BTreeMap::<String, usize>::new(), 0);
    let (mut answers, mut wrong) = (BTreeSet::new(), Vec::new());
    let calls = twin.calls();
    for call in &calls {
        let (operation, faults) = judged(&described, call);
        wrong.extend(faults.into_iter().map(|fault| format!("{} /{}: {fault}", call.method, call.path)));
        bodies += usize::from(!call.body.is_null());
        answers
            .extend(call.body["type"].as_u64().filter(|_| operation == Some("create_interaction_response")));
        *operations.entry(operation.unwrap_or_default().to_owned()).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "Discord: {} operations in {} requests ({real} of them of a day of the bot) and {bodies} bodies conform",
        operations.len(),
        calls.len()
    );
    assert_eq!(operations.keys().map(String::as_str).collect::<Vec<_>>(), OPERATIONS);
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), ANSWERS);
    assert!(bodies >= 30, "{bodies}");
}

/// The check itself sees what is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_discord_does_not_describe_is_seen() {
    let Some(described) = schemas() else { return };
    let (twin, lived) = day::lived().await;
    every_method(&twin, &lived).await;
    let calls = twin.calls();
    let made = |method: &str, part: &str, pointer: &str| {
        let fits = |call: &&Call| {
            call.method == method && call.path.contains(part) && call.body.pointer(pointer).is_some()
        };
        calls.iter().find(fits).unwrap_or_else(|| panic!("{method} {part} {pointer}")).clone()
    };
    let long = |length: usize| Value::from("x".repeat(length));
    let changed: [(&str, &str, &str, Value); 14] = [
        ("POST", "/messages", "/nonce", long(26)),
        ("POST", "/messages", "/enforce_nonce", json!("yes")),
        ("POST", "/messages", "/content", json!(7)),
        ("POST", "/messages", "/allowed_mentions/parse", json!(["somebody"])),
        ("POST", "/messages", "/embeds/0/title", long(257)),
        ("POST", "/messages", "/embeds/0/fields", json!(vec![json!({ "name": "a", "value": "b" }); 26])),
        ("POST", "/messages", "/components/0/components/0/style", json!(9)),
        ("POST", "/messages", "/components/0/components/0/custom_id", long(101)),
        ("POST", "/messages", "/components/0/components/0/label", long(81)),
        ("POST", "/callback", "/data/title", long(46)),
        ("POST", "/callback", "/data/choices", json!(vec![json!({ "name": "a", "value": "b" }); 26])),
        ("POST", "users/@me/channels", "/recipient_id", json!("ana")),
        ("PUT", "/commands", "/0/options/0/type", json!(99)),
        ("PUT", "/commands", "/0/description", long(101)),
    ];
    for (method, part, pointer, value) in changed {
        let mut call = made(method, part, pointer);
        assert_eq!(judged(&described, &call).1, Vec::<String>::new());
        *call.body.pointer_mut(pointer).unwrap() = value;
        assert!(!judged(&described, &call).1.is_empty(), "{method} {part} {pointer}");
    }
    // A misspelt field, at the top and deep below, and a needed one that is gone.
    let mut call = made("POST", "/messages", "/embeds/0/footer/text");
    call.body["contents"] = json!("x");
    assert!(!judged(&described, &call).1.is_empty());
    let mut call = made("POST", "/messages", "/embeds/0/footer/text");
    call.body["embeds"][0]["footer"] = json!({ "texts": "x" });
    assert!(!judged(&described, &call).1.is_empty());
    let mut call = made("PUT", "/commands", "/0/name");
    call.body[0].as_object_mut().unwrap().remove("name");
    assert!(!judged(&described, &call).1.is_empty());
    // Another path, another method, an unknown or an impossible query, a body where there is none.
    for change in [
        (|call: &mut Call| call.path.push_str("/more")) as fn(&mut Call),
        |call| call.method = "PATCH".to_owned(),
        |call| drop(call.query.insert("size".to_owned(), "1".to_owned())),
        |call| drop(call.query.insert("limit".to_owned(), "101".to_owned())),
        |call| drop(call.query.insert("after".to_owned(), "long ago".to_owned())),
        |call| call.body = json!({}),
    ] {
        let mut call = calls.iter().find(|call| call.query.contains_key("after")).unwrap().clone();
        assert_eq!(judged(&described, &call).1, Vec::<String>::new());
        change(&mut call);
        assert!(!judged(&described, &call).1.is_empty(), "{call:?}");
    }
}
