//! Socket Mode: tickets, delivery, acknowledgements, and the ways a connection ends.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::connect_async;

use super::client::Socket;
use super::{PATIENCE, twin, twin_with};
use crate::slack::{Redelivery, Routing, SlackOptions, SlackTwin};

fn quick(redelivery: Redelivery) -> SlackOptions {
    SlackOptions { ack_limit: Duration::from_millis(150), redelivery, ..SlackOptions::default() }
}

/// A slash command in the background: what the person saw comes from the handle.
fn type_elevate(twin: &SlackTwin) -> tokio::task::JoinHandle<crate::slack::InteractionResult> {
    let twin = twin.clone();
    tokio::spawn(async move { twin.slash("ana", "access", "/elevate", "list").await })
}

#[tokio::test]
async fn a_ticket_opens_one_connection() {
    let twin = twin().await;
    let url = Socket::url(&twin).await;
    let (_first, _) = connect_async(url.as_str()).await.expect("the first time");
    assert!(connect_async(url.as_str()).await.is_err(), "the second time");
}

#[tokio::test]
async fn hello_counts_the_connections_and_the_eleventh_is_sent_away() {
    let twin = twin().await;
    let mut open = Vec::new();
    for n in 1..=10 {
        let mut socket = Socket::open_silently(&twin).await;
        assert_eq!(socket.frame().await.expect("hello")["num_connections"], n);
        open.push(socket);
    }
    let mut eleventh = Socket::open_silently(&twin).await;
    let frame = eleventh.frame().await.expect("a frame");
    assert_eq!((&frame["type"], &frame["reason"]), (&json!("disconnect"), &json!("too_many_websockets")));
    assert_eq!(eleventh.frame().await, None);
}

#[tokio::test]
async fn envelopes_go_to_any_connection_in_turn() {
    let twin = twin().await;
    let (mut first, mut second) = (Socket::open(&twin).await, Socket::open(&twin).await);
    let (one, two) = (type_elevate(&twin), type_elevate(&twin));
    let ids =
        (first.answer(None).await["envelope_id"].clone(), second.answer(None).await["envelope_id"].clone());
    assert_ne!(ids.0, ids.1);
    assert!(one.await.expect("done").failure.is_none() && two.await.expect("done").failure.is_none());
    let mut over: Vec<u64> = twin.acks().iter().map(|a| a.socket).collect();
    over.sort_unstable();
    assert_eq!(over, [1, 2]);
}

#[tokio::test]
async fn nobody_connected_is_a_failure_the_person_sees() {
    let twin = twin().await;
    let result = twin.slash("ana", "access", "/elevate", "list").await;
    assert_eq!(result.failure.as_deref(), Some("dispatch_failed"));
    assert!(twin.ephemerals("ana")[0].from_slack);
}

#[tokio::test]
async fn what_is_not_acknowledged_in_time_times_out_and_a_late_answer_is_marked() {
    let twin = twin_with(quick(Redelivery::Never)).await;
    let mut socket = Socket::open(&twin).await;
    let typed = type_elevate(&twin);
    let envelope = socket.frame().await.expect("an envelope");
    assert!(typed.await.expect("done").timed_out());
    socket.ack(&envelope, Some(json!({ "text": "too late" }))).await;
    let acks = twin.wait_for(PATIENCE, |t| Some(t.acks()).filter(|a| !a.is_empty())).await.expect("seen");
    assert!(acks[0].late && !acks[0].repeated);
    assert_eq!(twin.ephemerals("ana").len(), 1, "only Slack's own failure is shown");
}

#[tokio::test]
async fn redelivery_keeps_the_id_and_says_that_it_is_one() {
    let twin = twin_with(quick(Redelivery::Once)).await;
    let mut socket = Socket::open(&twin).await;
    let typed = type_elevate(&twin);
    let first = socket.frame().await.expect("an envelope");
    let again = socket.frame().await.expect("the same again");
    assert_eq!(first["envelope_id"], again["envelope_id"]);
    assert_eq!((first.get("retry_attempt"), &again["retry_attempt"]), (None, &json!(1)));
    assert!(typed.await.expect("done").timed_out());
}

#[tokio::test]
async fn a_broken_connection_hands_its_envelope_to_another_one() {
    let options =
        SlackOptions { redelivery: Redelivery::Once, routing: Routing::Oldest, ..SlackOptions::default() };
    let twin = twin_with(options).await;
    let (mut first, mut second) = (Socket::open(&twin).await, Socket::open(&twin).await);
    let typed = type_elevate(&twin);
    let lost = first.frame().await.expect("an envelope");
    drop(first);
    let again = second.answer(None).await;
    assert_eq!(lost["envelope_id"], again["envelope_id"]);
    assert!(typed.await.expect("done").failure.is_none());
}

#[tokio::test]
async fn an_envelope_can_be_delivered_again_and_the_second_answer_is_marked() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let typed = type_elevate(&twin);
    let envelope = socket.answer(None).await;
    typed.await.expect("done");
    assert!(twin.redeliver(envelope["envelope_id"].as_str().expect("id")));
    socket.answer(None).await;
    let acks = twin.wait_for(PATIENCE, |t| Some(t.acks()).filter(|a| a.len() == 2)).await.expect("seen");
    assert!(!acks[0].repeated && acks[1].repeated);
}

#[tokio::test]
async fn a_refresh_is_announced_and_new_envelopes_go_to_the_successor() {
    let twin = twin().await;
    let mut old = Socket::open(&twin).await;
    assert_eq!(twin.refresh_sockets(), 1);
    assert_eq!(old.frame().await.expect("a frame")["reason"], "refresh_requested");
    let mut new = Socket::open(&twin).await;
    let typed = [type_elevate(&twin), type_elevate(&twin)];
    new.answer(None).await;
    new.answer(None).await;
    for one in typed {
        assert!(one.await.expect("done").failure.is_none());
    }
}

#[tokio::test]
async fn dropped_connections_end_without_a_close_frame() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    assert_eq!(twin.drop_sockets(), 1);
    assert_eq!(socket.frame().await, None);
    twin.wait_for(PATIENCE, |t| (t.sockets() == 0).then_some(())).await.expect("gone");
}

#[tokio::test]
async fn a_frozen_connection_looks_open_and_hears_nothing() {
    let twin = twin_with(quick(Redelivery::Never)).await;
    let mut socket = Socket::open(&twin).await;
    assert_eq!(twin.freeze_sockets(), 1);
    assert!(twin.slash("ana", "access", "/elevate", "list").await.timed_out());
    assert_eq!(twin.sockets(), 1);
    assert_eq!(twin.drop_sockets(), 1, "and can still be broken");
    assert_eq!(socket.frame().await, None);
}

#[tokio::test]
async fn answers_to_nothing_are_violations() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    socket.ack(&json!({ "envelope_id": "never-sent" }), None).await;
    let found = twin.wait_for(PATIENCE, |t| t.violations().pop()).await.expect("recorded");
    assert!(found.contains("never-sent"), "{found}");
}

#[tokio::test]
async fn frames_of_any_shape_can_be_sent_and_profiles_announced() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    assert!(twin.deliver_raw(&json!({ "envelope_id": "E1", "type": "interactive", "payload": 7 })));
    assert_eq!(socket.frame().await.expect("a frame")["payload"], 7);
    let id = twin.announce_user("bo").expect("sent");
    let event = socket.answer(None).await;
    assert_eq!(event["envelope_id"], Value::from(id));
    assert_eq!(event["payload"]["event"]["user"]["id"], "U0BO");
}
