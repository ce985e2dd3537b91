//! People at work: commands, clicks, modals, answers by `response_url`.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Socket, call, good_message, post};
use super::{background, twin};
use crate::slack::{Place, SlackTwin};

#[tokio::test]
async fn a_command_arrives_as_slack_sends_it_and_its_answer_is_seen_by_the_asker_alone() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let typed = background(&twin, move |t| async move {
        t.slash("ana", "access", "/elevate", "prod <!channel> with @bo").await
    });
    let envelope = socket.answer(Some(json!({ "text": "asked for *prod*" }))).await;
    let result = typed.await.expect("done");
    let payload = &envelope["payload"];
    assert_eq!(payload["text"], "prod &lt;!channel&gt; with <@U0BO|bo>");
    assert_eq!((&payload["user_id"], &payload["team_id"]), (&json!("U0ANA"), &json!("T0ACME")));
    assert_eq!(
        (&payload["channel_name"], &payload["is_enterprise_install"]),
        (&json!("access"), &json!("false"))
    );
    assert_eq!(result.text.as_deref(), Some("asked for *prod*"));
    assert_eq!(twin.ephemerals("ana")[0].text, "asked for *prod*");
    assert!(twin.ephemerals("bo").is_empty());
}

#[tokio::test]
async fn a_click_carries_who_where_and_what() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let mut message = good_message("C0ACCESS", "card");
    message["metadata"] = json!({ "event_type": "access_request", "event_payload": { "id": "AR-7K3Q" } });
    message["blocks"] = json!([{ "type": "actions", "elements": [
        { "type": "button", "text": { "type": "plain_text", "text": "Approve" }, "action_id": "approve", "value": "AR-7K3Q" }
    ] }]);
    let ts = call(&twin, "chat.postMessage", &message).await.json()["ts"].as_str().expect("ts").to_owned();
    let clicked = ts.clone();
    let click = background(&twin, move |t| async move { t.click("bo", "access", &clicked, "Approve").await });
    let payload = socket.answer(None).await["payload"].clone();
    assert!(click.await.expect("done").failure.is_none());
    assert_eq!((&payload["type"], &payload["user"]["id"]), (&json!("block_actions"), &json!("U0BO")));
    assert_eq!(payload["user"]["team_id"], "T0ACME");
    assert_eq!(payload["actions"][0]["value"], "AR-7K3Q");
    assert_eq!((&payload["message"]["ts"], &payload["container"]["message_ts"]), (&json!(ts), &json!(ts)));
    assert_eq!(payload["message"]["metadata"]["event_payload"]["id"], "AR-7K3Q");
    assert_eq!(payload["enterprise"], Value::Null);
    let missing = twin.click("bo", "access", &ts, "Reject").await;
    assert!(missing.failure.expect("no such").contains("there are: Approve"));
}

fn form() -> Value {
    json!({
        "type": "modal", "callback_id": "elevate",
        "title": { "type": "plain_text", "text": "Elevate" }, "submit": { "type": "plain_text", "text": "Ask" },
        "blocks": [
            { "type": "input", "block_id": "why", "label": { "type": "plain_text", "text": "Reason" },
              "element": { "type": "plain_text_input", "action_id": "reason", "max_length": 20 } },
            { "type": "input", "block_id": "how_long", "label": { "type": "plain_text", "text": "For" },
              "element": { "type": "static_select", "action_id": "for", "options": [
                { "text": { "type": "plain_text", "text": "1 hour" }, "value": "1h" },
                { "text": { "type": "plain_text", "text": "4 hours" }, "value": "4h" } ] } },
        ],
    })
}

async fn trigger(twin: &SlackTwin, socket: &mut Socket) -> String {
    let typed = background(twin, move |t| async move { t.slash("ana", "access", "/elevate", "").await });
    let envelope = socket.answer(None).await;
    typed.await.expect("done");
    envelope["payload"]["trigger_id"].as_str().expect("trigger").to_owned()
}

#[tokio::test]
async fn a_modal_is_opened_once_refused_with_errors_and_closed_when_accepted() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let trigger = trigger(&twin, &mut socket).await;
    let open = json!({ "trigger_id": trigger, "view": form() });
    assert_eq!(call(&twin, "views.open", &open).await.error(), "none");
    assert_eq!(call(&twin, "views.open", &open).await.error(), "exchanged_trigger_id");
    let empty = twin.submit_view("ana", &json!({ "for": "1h" })).await;
    assert_eq!(empty.failure.as_deref(), Some("required: why"));
    let values = json!({ "reason": "INC-7 disk", "how_long": "4 hours" });
    let again = values.clone();
    let submit = background(&twin, move |t| async move { t.submit_view("ana", &values).await });
    let errors = json!({ "response_action": "errors", "errors": { "why": "say more" } });
    let payload = socket.answer(Some(errors)).await["payload"].clone();
    submit.await.expect("done");
    let state = &payload["view"]["state"]["values"];
    assert_eq!(state["why"]["reason"]["value"], "INC-7 disk");
    assert_eq!(state["how_long"]["for"]["selected_option"]["value"], "4h");
    assert_eq!(twin.open_views("ana")[0].errors["why"], "say more");
    let submit = background(&twin, move |t| async move { t.submit_view("ana", &again).await });
    socket.answer(None).await;
    submit.await.expect("done");
    assert!(twin.open_views("ana").is_empty());
    assert!(twin.violations().is_empty(), "{:?}", twin.violations());
}

#[tokio::test]
async fn an_old_trigger_opens_nothing() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let trigger = trigger(&twin, &mut socket).await;
    twin.advance_clock(Duration::from_millis(3_500));
    let open = json!({ "trigger_id": trigger, "view": form() });
    assert_eq!(call(&twin, "views.open", &open).await.error(), "expired_trigger_id");
}

#[tokio::test]
async fn a_search_in_a_select_brings_the_apps_options() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let trigger = trigger(&twin, &mut socket).await;
    let mut view = form();
    view["blocks"][1]["element"] =
        json!({ "type": "external_select", "action_id": "for", "min_query_length": 0 });
    let view = call(&twin, "views.open", &json!({ "trigger_id": trigger, "view": view })).await.json();
    let place = Place::View { id: view["view"]["id"].as_str().expect("id").to_owned() };
    let search = background(&twin, move |t| async move { t.suggest("ana", &place, "for", "pay").await });
    let options =
        json!({ "options": [{ "text": { "type": "plain_text", "text": "payments-prod" }, "value": "3" }] });
    let envelope = socket.answer(Some(options.clone())).await;
    assert_eq!(
        (&envelope["payload"]["type"], &envelope["payload"]["value"]),
        (&json!("block_suggestion"), &json!("pay"))
    );
    assert_eq!(search.await.expect("done").payload, Some(options));
}

#[tokio::test]
async fn a_response_url_takes_five_answers_within_thirty_minutes() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let mut urls = Vec::new();
    for _ in 0..2 {
        let typed =
            background(&twin, move |t| async move { t.slash("ana", "access", "/elevate", "list").await });
        let envelope = socket.answer(None).await;
        typed.await.expect("done");
        urls.push(envelope["payload"]["response_url"].as_str().expect("url").to_owned());
    }
    let answer = async |url: &str, text: &str| {
        post(url, None, "application/json", &json!({ "text": text }).to_string()).await.expect("an answer")
    };
    for n in 0..5 {
        assert_eq!(answer(&urls[0], &format!("answer {n}")).await.status, 200);
    }
    let sixth = answer(&urls[0], "one too many").await;
    assert_eq!((sixth.status, sixth.error().as_str()), (404, "used_url"));
    twin.advance_clock(Duration::from_secs(30 * 60 + 1));
    assert_eq!(answer(&urls[1], "too late").await.error(), "expired_url");
    assert_eq!(twin.ephemerals("ana").len(), 5);
}

#[tokio::test]
async fn a_command_that_the_app_does_not_have_never_leaves_slack() {
    let twin = twin().await;
    let result = twin.slash("ana", "access", "/elevator", "up").await;
    assert_eq!(result.failure.as_deref(), Some("invalid_command"));
    assert!(twin.ephemerals("ana")[0].text.contains("/elevator"));
}
