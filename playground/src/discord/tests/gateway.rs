//! The gateway: sessions, resumes, and every way a connection ends.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Gateway, callback, command, get, good, register, text};
use super::{PATIENCE, background, twin, twin_with};
use crate::discord::{DiscordOptions, DiscordTwin};

async fn gateway_url(twin: &DiscordTwin) -> String {
    text(&get(twin, "/gateway/bot").await.json(), "url").to_owned()
}

#[tokio::test]
async fn ready_names_the_session_and_another_address_to_resume_it_at() {
    let twin = twin().await;
    let (_gateway, ready) = Gateway::ready(&twin).await;
    assert_eq!(ready["application"]["id"], twin.application_id());
    assert_eq!(ready["guilds"][0], json!({ "id": twin.guild_id(), "unavailable": true }));
    assert_ne!(text(&ready, "resume_gateway_url"), gateway_url(&twin).await);
    assert_eq!((twin.gateways(), twin.identifies()), (1, 1));
    assert_eq!(twin.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn heartbeats_are_acknowledged_until_the_twin_is_told_otherwise() {
    let twin = twin().await;
    let (mut gateway, _) = Gateway::ready(&twin).await;
    gateway.send(1, &json!(1)).await;
    assert_eq!(gateway.frame().await.expect("an answer")["op"], 11);
    twin.stop_acknowledging();
    gateway.send(1, &json!(1)).await;
    assert!(twin.dispatch("AFTER_THE_HEARTBEAT", &Value::Null));
    assert_eq!(gateway.frame().await.expect("a dispatch")["t"], "AFTER_THE_HEARTBEAT");
    twin.wait_for(PATIENCE, |t| (t.heartbeats() == 2).then_some(())).await.expect("both came");
}

#[tokio::test]
async fn what_was_missed_comes_with_the_resume_and_nothing_twice() {
    let twin = twin().await;
    let (gateway, ready) = Gateway::ready(&twin).await;
    assert_eq!(twin.drop_gateways(), 1);
    drop(gateway);
    twin.wait_for(PATIENCE, |t| (t.gateways() == 0).then_some(())).await.expect("gone");
    assert!(twin.dispatch("MISSED", &json!({ "n": 1 })));
    assert!(twin.dispatch("MISSED", &json!({ "n": 2 })));
    let mut gateway = Gateway::resume(&twin, &ready, 1).await;
    let (one, two) = (gateway.frame().await.expect("one"), gateway.frame().await.expect("two"));
    assert_eq!((&one["d"]["n"], &one["s"], &two["s"]), (&json!(1), &json!(2), &json!(3)));
    assert_eq!(gateway.frame().await.expect("the end of it")["t"], "RESUMED");
    gateway.send(1, &json!(4)).await;
    assert_eq!(gateway.frame().await.expect("nothing else before")["op"], 11);
    assert_eq!((twin.resumes(), twin.identifies()), (1, 1));
}

#[tokio::test]
async fn a_command_that_was_typed_while_nobody_was_connected_is_answered_after_the_resume() {
    let twin = twin().await;
    register(&twin, &json!([command()])).await;
    let (gateway, ready) = Gateway::ready(&twin).await;
    assert_eq!(twin.close_gateways(None), 1);
    drop(gateway);
    twin.wait_for(PATIENCE, |t| (t.gateways() == 0).then_some(())).await.expect("gone");
    let typed =
        background(&twin, |t| async move { t.slash("ana", "access", "elevate list", &json!({})).await });
    twin.wait_for(PATIENCE, |t| (!t.typed("ana").is_empty()).then_some(())).await.expect("typed");
    let mut gateway = Gateway::resume(&twin, &ready, 1).await;
    let interaction = gateway.interaction().await;
    assert_eq!(callback(&twin, &interaction, 4, &good("here")).await.status, 204);
    assert_eq!(typed.await.expect("done").words(), "here");
}

#[tokio::test]
async fn a_client_that_resumes_at_the_first_address_is_seen() {
    let twin = twin().await;
    let (gateway, ready) = Gateway::ready(&twin).await;
    gateway.close(4000).await;
    let mut gateway = Gateway::open(&gateway_url(&twin).await).await;
    gateway.send(6, &json!({ "token": twin.bot_token(), "session_id": ready["session_id"], "seq": 1 })).await;
    assert_eq!(gateway.frame().await.expect("resumed")["t"], "RESUMED");
    assert!(twin.violations()[0].contains("resume_gateway_url"));
}

#[tokio::test]
async fn a_client_that_says_goodbye_loses_its_session() {
    let twin = twin().await;
    for (code, answer) in [(1000, json!(false)), (1001, json!(false)), (4000, Value::Null)] {
        let (gateway, ready) = Gateway::ready(&twin).await;
        gateway.close(code).await;
        let closed =
            |t: &DiscordTwin| (t.closed_by_client().last() == Some(&code) && t.gateways() == 0).then_some(());
        twin.wait_for(PATIENCE, closed).await.expect("closed");
        let frame = Gateway::resume(&twin, &ready, 1).await.frame().await.expect("an answer");
        assert_eq!(if frame["op"] == 9 { frame["d"].clone() } else { Value::Null }, answer, "{code}");
    }
}

#[tokio::test]
async fn every_way_to_end_a_connection_is_at_hand() {
    let twin = twin().await;
    let (mut gateway, _) = Gateway::ready(&twin).await;
    assert_eq!(twin.ask_to_reconnect(), 1);
    assert_eq!(gateway.frame().await.expect("op 7")["op"], 7);
    assert_eq!(twin.close_gateways(Some(4008)), 1);
    assert_eq!(gateway.next().await, Err(4008));
    let (mut gateway, _) = Gateway::ready(&twin).await;
    assert_eq!(twin.close_gateways(None), 1);
    assert_eq!(gateway.next().await, Err(1005));
    let (mut gateway, _) = Gateway::ready(&twin).await;
    assert_eq!(twin.drop_gateways(), 1);
    assert_eq!(gateway.next().await, Err(0));
    let (mut gateway, ready) = Gateway::ready(&twin).await;
    assert_eq!(twin.invalidate_sessions(false), 1);
    let frame = gateway.frame().await.expect("op 9");
    assert_eq!((&frame["op"], &frame["d"]), (&json!(9), &json!(false)));
    let frame = Gateway::resume(&twin, &ready, 1).await.frame().await.expect("an answer");
    assert_eq!((&frame["op"], &frame["d"]), (&json!(9), &json!(false)));
    let (mut gateway, ready) = Gateway::ready(&twin).await;
    assert!(twin.invalidate_sessions(true) > 0);
    assert_eq!(gateway.frame().await.expect("op 9")["d"], true);
    gateway.send(6, &json!({ "token": twin.bot_token(), "session_id": ready["session_id"], "seq": 1 })).await;
    assert_eq!(gateway.frame().await.expect("resumed")["t"], "RESUMED");
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_closed_with_the_code_for_it() {
    let twin = twin().await;
    let url = gateway_url(&twin).await;
    let mut wrong_token = Gateway::open(&url).await;
    wrong_token.identify("another").await;
    assert_eq!(wrong_token.next().await, Err(4004));
    let mut early = Gateway::open(&url).await;
    early.send(3, &json!({})).await;
    assert_eq!(early.next().await, Err(4003));
    let mut unknown = Gateway::open(&url).await;
    unknown.send(99, &Value::Null).await;
    assert_eq!(unknown.next().await, Err(4001));
    let (mut twice, ready) = Gateway::ready(&twin).await;
    twice.identify(twin.bot_token()).await;
    assert_eq!(twice.next().await, Err(4005));
    let mut ahead = Gateway::resume(&twin, &ready, 99).await;
    assert_eq!(ahead.next().await, Err(4007));
    let (mut loud, _) = Gateway::ready(&twin).await;
    for _ in 0..120 {
        loud.send(1, &json!(1)).await;
    }
    let end = loop {
        if let Err(code) = loud.next().await {
            break code;
        }
    };
    assert_eq!(end, 4008, "IDENTIFY was the first of 120");
}

#[tokio::test]
async fn silence_for_two_intervals_ends_the_connection() {
    let heartbeat = Duration::from_millis(20);
    let twin = twin_with(DiscordOptions { heartbeat, ..DiscordOptions::default() }).await;
    let (mut gateway, ready) = Gateway::ready(&twin).await;
    assert_eq!(gateway.next().await, Err(4000));
    let mut gateway = Gateway::resume(&twin, &ready, 1).await;
    assert_eq!(gateway.frame().await.expect("the session lives")["t"], "RESUMED");
}

#[tokio::test]
async fn the_budget_of_identify_counts_and_its_end_costs_the_token() {
    let identify_spacing = Duration::ZERO;
    let twin =
        twin_with(DiscordOptions { identifies: 2, identify_spacing, ..DiscordOptions::default() }).await;
    let (_one, _) = Gateway::ready(&twin).await;
    let start = get(&twin, "/gateway/bot").await.json()["session_start_limit"].clone();
    assert_eq!(
        (&start["total"], &start["remaining"], &start["max_concurrency"]),
        (&json!(2), &json!(1), &json!(1))
    );
    let (_two, _) = Gateway::ready(&twin).await;
    twin.advance_clock(Duration::from_secs(24 * 60 * 60));
    let start = get(&twin, "/gateway/bot").await.json()["session_start_limit"].clone();
    assert_eq!(start["remaining"], 2, "a day later");
    let (_three, _) = Gateway::ready(&twin).await;
    let (_four, _) = Gateway::ready(&twin).await;
    let mut five = Gateway::open(&gateway_url(&twin).await).await;
    five.identify(twin.bot_token()).await;
    assert_eq!(five.next().await, Err(4004));
    assert_eq!(get(&twin, "/gateway/bot").await.status, 401, "the token was reset");
}

#[tokio::test]
async fn two_identifies_within_five_seconds_are_one_too_many() {
    let twin = twin_with(DiscordOptions::default()).await;
    let (_first, _) = Gateway::ready(&twin).await;
    let mut second = Gateway::open(&gateway_url(&twin).await).await;
    second.identify(twin.bot_token()).await;
    assert_eq!(second.frame().await.expect("an answer")["op"], 9);
    twin.advance_clock(Duration::from_secs(5));
    second.identify(twin.bot_token()).await;
    assert_eq!(second.frame().await.expect("an answer")["t"], "READY");
}

#[tokio::test]
async fn dispatches_can_be_held_and_sent_twice() {
    let twin = twin().await;
    register(&twin, &json!([command()])).await;
    let (mut gateway, _) = Gateway::ready(&twin).await;
    twin.hold_dispatches();
    let typed =
        background(&twin, |t| async move { t.slash("ana", "access", "elevate list", &json!({})).await });
    twin.wait_for(PATIENCE, |t| (!t.typed("ana").is_empty()).then_some(())).await.expect("typed");
    gateway.send(1, &json!(1)).await;
    assert_eq!(gateway.frame().await.expect("no dispatch before")["op"], 11);
    twin.release_dispatches();
    let first = gateway.interaction().await;
    assert!(twin.redeliver(text(&first, "id")));
    assert_eq!(gateway.interaction().await, first);
    callback(&twin, &first, 4, &good("once")).await;
    assert_eq!(typed.await.expect("done").words(), "once");
}

#[tokio::test]
async fn a_reset_token_ends_everything() {
    let twin = twin().await;
    let (mut gateway, _) = Gateway::ready(&twin).await;
    twin.reset_token();
    assert_eq!(gateway.next().await, Err(4004));
    assert_eq!(get(&twin, "/users/@me").await.refusal(), (401, 0));
    assert_eq!(twin.invalid_calls(), 1);
}
