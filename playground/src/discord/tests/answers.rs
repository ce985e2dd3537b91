//! Answers to interactions: once, in time, of a kind that fits; and what may follow for a quarter of an hour.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::client::{
    Gateway, call, callback, command, get, good, post, register, text, webhook, with_buttons,
};
use super::{ACCESS, PATIENCE, background, twin, twin_with};
use crate::discord::{Answer, DiscordOptions, DiscordTwin, InteractionResult};

/// A guild with its command, a connection, and a person who has just typed it.
async fn typed(twin: &DiscordTwin) -> (Gateway, Value, JoinHandle<InteractionResult>) {
    register(twin, &json!([command()])).await;
    let (mut gateway, _) = Gateway::ready(twin).await;
    let typed =
        background(twin, |t| async move { t.slash("ana", "access", "elevate list", &json!({})).await });
    let interaction = gateway.interaction().await;
    (gateway, interaction, typed)
}

fn modal() -> Value {
    json!({ "custom_id": "m1", "title": "Reason", "components": [
        { "type": 18, "label": "Why", "component": { "type": 4, "custom_id": "why", "style": 2, "max_length": 20 } },
    ] })
}

#[tokio::test]
async fn an_answer_is_seen_once_and_a_second_is_refused() {
    let twin = twin().await;
    let (_gateway, interaction, typed) = typed(&twin).await;
    assert_eq!(callback(&twin, &interaction, 4, &good("one")).await.status, 204);
    let result = typed.await.expect("done");
    assert!(matches!(result.answer, Some(Answer::Message(_))) && result.words() == "one");
    assert_eq!(twin.messages("access")[0].words(), "one");
    assert_eq!(twin.violations(), Vec::<String>::new());
    assert_eq!(callback(&twin, &interaction, 4, &good("two")).await.refusal(), (400, 40_060));
    assert_eq!(twin.violations().len(), 1);
}

#[tokio::test]
async fn an_answer_after_three_seconds_is_to_nobody() {
    let answer_limit = Duration::from_millis(200);
    let twin = twin_with(DiscordOptions { answer_limit, ..DiscordOptions::default() }).await;
    let (_gateway, interaction, typed) = typed(&twin).await;
    assert!(typed.await.expect("done").timed_out());
    assert_eq!(twin.ephemerals("ana")[0].content, "The application did not respond");
    assert_eq!(callback(&twin, &interaction, 4, &good("late")).await.refusal(), (404, 10_062));
    assert_eq!(
        webhook(&twin, &interaction, "PATCH", "/messages/@original", &good("late")).await.refusal(),
        (404, 10_015)
    );
    assert_eq!(twin.violations(), Vec::<String>::new(), "late is not wrong");
}

#[tokio::test]
async fn a_deferred_answer_is_filled_in_later_for_the_one_who_asked() {
    let twin = twin().await;
    let (_gateway, interaction, typed) = typed(&twin).await;
    assert_eq!(callback(&twin, &interaction, 5, &json!({ "flags": 64 })).await.status, 204);
    let result = typed.await.expect("done");
    assert_eq!(result.answer, Some(Answer::Deferred { ephemeral: true }));
    assert!(twin.ephemerals("ana")[0].is_loading());
    let filled = webhook(&twin, &interaction, "PATCH", "/messages/@original", &good("for ana")).await;
    assert_eq!((filled.status, &filled.json()["flags"]), (200, &json!(64)));
    let settled = twin.settled(&result.interaction, PATIENCE).await.expect("filled in");
    assert_eq!((settled.words().as_str(), settled.edits), ("for ana", 0));
    assert!(twin.ephemerals("bo").is_empty() && twin.messages("access").is_empty());
    let path = format!("/channels/{ACCESS}/messages/{}", settled.id);
    assert_eq!(get(&twin, &path).await.refusal(), (404, 10_008), "REST does not know it");
    let shown = json!({ "content": "to all", "flags": 64, "allowed_mentions": { "parse": [] } });
    webhook(&twin, &interaction, "PATCH", "/messages/@original", &shown).await;
    assert!(twin.violations()[0].contains("flags"), "who sees it was settled by the first answer");
}

#[tokio::test]
async fn what_follows_thinking_takes_its_place_and_the_next_stands_beside_it() {
    let twin = twin().await;
    let (_gateway, interaction, typed) = typed(&twin).await;
    callback(&twin, &interaction, 5, &json!({})).await;
    typed.await.expect("done");
    webhook(&twin, &interaction, "POST", "", &good("first")).await;
    let mut whispered = good("second");
    whispered["flags"] = 64.into();
    webhook(&twin, &interaction, "POST", "", &whispered).await;
    assert_eq!(twin.messages("access").iter().map(|m| m.content.clone()).collect::<Vec<_>>(), ["first"]);
    assert_eq!(twin.ephemerals("ana")[0].content, "second");
    assert_eq!(
        webhook(&twin, &interaction, "GET", "/messages/@original", &Value::Null).await.json()["content"],
        "first"
    );
    assert_eq!(webhook(&twin, &interaction, "DELETE", "/messages/@original", &Value::Null).await.status, 204);
    assert!(twin.messages("access").is_empty());
}

#[tokio::test]
async fn a_token_dies_after_a_quarter_of_an_hour_and_the_message_lives_on() {
    let twin = twin().await;
    let (_gateway, interaction, typed) = typed(&twin).await;
    callback(&twin, &interaction, 4, &good("card")).await;
    typed.await.expect("done");
    twin.advance_clock(Duration::from_secs(15 * 60 + 1));
    let dead = webhook(&twin, &interaction, "PATCH", "/messages/@original", &good("later")).await;
    assert_eq!(dead.refusal(), (401, 50_027));
    let path = format!("/channels/{ACCESS}/messages/{}", twin.messages("access")[0].id);
    assert_eq!(call(&twin, "PATCH", &path, &good("later")).await.status, 200);
}

#[tokio::test]
async fn a_response_can_be_asked_for_with_the_answer() {
    let twin = twin().await;
    let (_gateway, interaction, typed) = typed(&twin).await;
    let path = format!(
        "/interactions/{}/{}/callback?with_response=true",
        text(&interaction, "id"),
        text(&interaction, "token")
    );
    let reply = call(&twin, "POST", &path, &json!({ "type": 4, "data": good("here") })).await;
    typed.await.expect("done");
    let message = &twin.messages("access")[0];
    assert_eq!(reply.json()["interaction"]["response_message_id"], json!(message.id));
    assert_eq!(reply.json()["resource"]["message"]["content"], "here");
}

#[tokio::test]
async fn a_modal_is_a_first_answer_only_and_not_to_a_modal() {
    let twin = twin().await;
    let (mut gateway, interaction, typed) = typed(&twin).await;
    assert_eq!(callback(&twin, &interaction, 9, &modal()).await.status, 204);
    assert!(matches!(typed.await.expect("done").answer, Some(Answer::Modal(_))));
    let empty = twin.submit_modal("ana", &json!({})).await;
    assert_eq!(empty.failure.as_deref(), Some("required: why"));
    let long = twin.submit_modal("ana", &json!({ "why": "x".repeat(21) })).await;
    assert_eq!(long.failure.as_deref(), Some("too_long: why"));
    let submitted =
        background(&twin, |t| async move { t.submit_modal("ana", &json!({ "why": "INC-7" })).await });
    let submission = gateway.interaction().await;
    assert_eq!((&submission["type"], &submission["data"]["custom_id"]), (&json!(5), &json!("m1")));
    let part = &submission["data"]["components"][0];
    assert_eq!((&part["type"], &part["component"]["value"]), (&json!(18), &json!("INC-7")));
    assert_eq!(callback(&twin, &submission, 9, &modal()).await.refusal(), (400, 50_035));
    assert_eq!(callback(&twin, &submission, 7, &good("no message to update")).await.refusal(), (400, 50_035));
    assert_eq!(callback(&twin, &submission, 4, &good("thanks")).await.status, 204);
    assert_eq!(submitted.await.expect("done").words(), "thanks");
    let path = format!("/channels/{ACCESS}/messages/{}", twin.messages("access")[0].id);
    let metadata = get(&twin, &path).await.json()["interaction_metadata"].clone();
    assert_eq!((&metadata["type"], &metadata["id"]), (&json!(5), &submission["id"]));
    assert_eq!(metadata["triggering_interaction_metadata"]["id"], interaction["id"]);
    assert!(twin.open_modal("ana").is_none());
}

#[tokio::test]
async fn a_modal_after_a_deferral_is_refused() {
    let twin = twin().await;
    let (_gateway, interaction, typed) = typed(&twin).await;
    callback(&twin, &interaction, 5, &json!({})).await;
    typed.await.expect("done");
    assert_eq!(callback(&twin, &interaction, 9, &modal()).await.refusal(), (400, 40_060));
}

#[tokio::test]
async fn a_click_updates_its_message_now_or_later() {
    let twin = twin().await;
    let (mut gateway, _) = Gateway::ready(&twin).await;
    let card = post(&twin, ACCESS, &with_buttons("card", &["Approve", "Deny"])).await.id();
    let clicked = card.clone();
    let click = background(&twin, |t| async move { t.click("bo", "access", &clicked, "Approve").await });
    let interaction = gateway.interaction().await;
    assert_eq!((&interaction["type"], &interaction["data"]["custom_id"]), (&json!(3), &json!("approve")));
    assert_eq!(
        (&interaction["message"]["id"], text(&interaction["member"]["user"], "username")),
        (&json!(card), "bo")
    );
    assert_eq!(callback(&twin, &interaction, 8, &json!({ "choices": [] })).await.refusal(), (400, 50_035));
    callback(&twin, &interaction, 7, &good("approved")).await;
    let seen = click.await.expect("done");
    assert!(matches!(seen.answer, Some(Answer::Update(_))) && seen.words().starts_with("approved"));
    let clicked = card.clone();
    let click = background(&twin, |t| async move { t.click("bo", "access", &clicked, "Deny").await });
    let interaction = gateway.interaction().await;
    callback(&twin, &interaction, 6, &Value::Null).await;
    assert_eq!(click.await.expect("done").answer, Some(Answer::DeferredUpdate));
    webhook(&twin, &interaction, "PATCH", "/messages/@original", &good("denied")).await;
    assert!(twin.messages("access")[0].words().starts_with("denied"));
    assert_eq!(twin.messages("access").len(), 1);
}

#[tokio::test]
async fn a_token_that_nobody_has_is_nobodys() {
    let twin = twin().await;
    let made_up = json!({ "id": "1", "token": "made-up" });
    assert_eq!(callback(&twin, &made_up, 4, &good("x")).await.refusal(), (404, 10_062));
    assert_eq!(webhook(&twin, &made_up, "POST", "", &good("x")).await.refusal(), (404, 10_015));
    assert_eq!(twin.violations().len(), 1);
}
