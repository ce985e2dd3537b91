//! The commands as they are registered, and who may use them where.

use glasskey_playground::discord::{DiscordTwin, Operation, Scene};
use serde_json::json;

use super::house::{ACCESS, House};

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_registered_once_and_not_again_when_the_gateway_comes_back() {
    let house = House::new().await;
    // At the start, when the gateway was there, and when it was there again.
    let looked = |times: usize| {
        move |discord: &DiscordTwin| (discord.calls_of(Operation::ListCommands).len() >= times).then_some(())
    };
    house.shows(looked(2)).await;
    assert!(house.discord.drop_gateways() > 0);
    house.shows(looked(3)).await;
    assert_eq!(house.healthy().await, "connected");
    assert_eq!(house.discord.calls_of(Operation::PutCommands).len(), 1);
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_keyword_is_answered() {
    let house = House::new().await;
    for (who, line, values, words) in [
        ("ana", "elevate list", json!({}), "no open requests"),
        ("ana", "elevate why", json!({ "account": "prod", "permission-set": "ReadOnly" }), "payments-read"),
        ("ana", "elevate help", json!({ "topic": "request" }), "`permission-set`"),
        ("ana", "elevate show", json!({ "id": "AR-0000" }), "(no-such-request)"),
        ("ana", "elevate show", json!({ "id": "!!!" }), "AR-7K3Q"),
        (
            "ana",
            "elevate request",
            json!({ "account": "nix", "permission-set": "ReadOnly", "duration": "1h" }),
            "nix",
        ),
        ("dee", "breakglass status", json!({}), "Break-glass is off"),
        ("dee", "breakglass help", json!({ "topic": "on" }), "/breakglass on"),
        ("dee", "breakglass off", json!({}), "("),
        ("ana", "breakglass on", json!({ "reason": "nobody can sign in" }), "("),
    ] {
        let said = house.says(who, line, values.clone()).await;
        assert!(said.contains(words), "{line} {values}: {said}");
    }
    house.check();
}

/// Only in our own guild, with the app that the guild installed; only people who are linked, and no bots.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_served_reads_why_and_it_is_written_down() {
    let house = House::new().await;
    let elsewhere = house.says_in("ana", &Scene::OtherGuild, "elevate list").await;
    assert!(elsewhere.contains("another workspace"), "{elsewhere}");
    let direct = house.says_in("ana", &Scene::Direct, "elevate list").await;
    assert!(direct.contains("not in direct messages"), "{direct}");
    let unlinked = house.says("eve", "elevate list", json!({})).await;
    assert!(unlinked.contains("/elevate link"), "{unlinked}");
    assert!(house.discord.set_member("bo", |flags| flags.is_bot = true));
    let bot = house.says_in("bo", &Scene::Channel(ACCESS.to_owned()), "elevate list").await;
    assert!(bot.contains("bots"), "{bot}");
    // P8, P9: not even an administrator of the guild is anybody to us.
    assert!(house.discord.set_member("eve", |flags| flags.is_administrator = true));
    assert!(house.says("eve", "breakglass on", json!({})).await.contains("/elevate link"));
    house.check();
}
