//! The Web API: tokens, shapes, messages, faults, limits.

use std::time::Duration;

use serde_json::json;

use super::client::{call, good_message, post};
use super::{PATIENCE, twin, twin_with};
use crate::slack::{Fault, SlackOptions};

#[tokio::test]
async fn every_kind_of_wrong_token_gets_its_own_error() {
    let twin = twin().await;
    let url = format!("{}/auth.test", twin.url());
    let error = async |token: Option<&str>| {
        post(&url, token, "application/json", "{}").await.expect("answer").error()
    };
    assert_eq!(error(None).await, "not_authed");
    assert_eq!(error(Some("xoxb-other")).await, "invalid_auth");
    assert_eq!(error(Some(twin.app_token())).await, "not_allowed_token_type");
    assert_eq!(error(Some(twin.bot_token())).await, "none");
    twin.revoke_token();
    assert_eq!(error(Some(twin.bot_token())).await, "token_revoked");
}

#[tokio::test]
async fn the_app_level_token_counts_in_the_header_only() {
    let twin = twin().await;
    let url = format!("{}/apps.connections.open", twin.url());
    let body = format!("token={}", twin.app_token());
    let reply = post(&url, None, "application/x-www-form-urlencoded", &body).await.expect("answer");
    assert_eq!(reply.error(), "not_authed");
}

#[tokio::test]
async fn a_form_body_says_the_same_as_a_json_body() {
    let twin = twin().await;
    let url = format!("{}/chat.postMessage", twin.url());
    let blocks = "%5B%7B%22type%22%3A%22divider%22%7D%5D";
    let body = format!(
        "token={}&channel=C0ACCESS&text=a%26b+c&unfurl_links=false&blocks={blocks}",
        twin.bot_token()
    );
    let reply = post(&url, None, "application/x-www-form-urlencoded", &body).await.expect("answer").json();
    assert_eq!(reply["ok"], true);
    let message = twin.messages("access").pop().expect("posted");
    assert_eq!((message.text.as_str(), message.blocks[0]["type"].as_str()), ("a&b c", Some("divider")));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let mut options = SlackOptions::default();
    options.scopes.remove("users:read.email");
    let twin = twin_with(options).await;
    let reply = call(&twin, "users.lookupByEmail", &json!({ "email": "ana@acme.example" })).await;
    assert_eq!(
        (reply.error().as_str(), reply.json()["needed"].as_str()),
        ("missing_scope", Some("users:read.email"))
    );
    let ana = call(&twin, "users.info", &json!({ "user": "U0ANA" })).await.json();
    assert_eq!(ana["user"]["profile"].get("email"), None);
}

#[tokio::test]
async fn guests_and_deactivated_people_look_as_they_do_in_slack() {
    let twin = twin().await;
    let eve = call(&twin, "users.info", &json!({ "user": "U0EVE" })).await.json();
    assert_eq!(eve["user"]["is_restricted"], true);
    assert!(twin.set_user("bo", |flags| flags.deleted = true));
    let bo = call(&twin, "users.info", &json!({ "user": "U0BO" })).await.json();
    assert_eq!((bo["user"]["deleted"].as_bool(), bo["user"].get("is_restricted")), (Some(true), None));
    let gone = call(&twin, "users.lookupByEmail", &json!({ "email": "bo@acme.example" })).await;
    assert_eq!(gone.error(), "users_not_found");
}

#[tokio::test]
async fn pages_together_hold_everybody_once() {
    let twin = twin().await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = call(&twin, "users.list", &json!({ "limit": 2, "cursor": cursor })).await.json();
        let members = page["members"].as_array().expect("members");
        assert!(members.len() <= 2);
        seen.extend(members.iter().map(|m| m["id"].as_str().expect("id").to_owned()));
        page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().clone_into(&mut cursor);
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["U0ANA", "U0BO", "U0CY", "U0DEE", "U0EVE", "U0GLASSKEY"]);
}

#[tokio::test]
async fn a_message_is_changed_in_place_and_keeps_its_metadata() {
    let twin = twin().await;
    let mut message = good_message("C0ACCESS", "asked");
    message["metadata"] = json!({ "event_type": "access_request", "event_payload": { "id": "AR-7K3Q" } });
    let ts = call(&twin, "chat.postMessage", &message).await.json()["ts"].as_str().expect("ts").to_owned();
    let changed = json!({ "channel": "C0ACCESS", "ts": ts, "text": "granted" });
    assert_eq!(call(&twin, "chat.update", &changed).await.json()["ok"], true);
    let history = json!({ "channel": "C0ACCESS", "include_all_metadata": true });
    let found = call(&twin, "conversations.history", &history).await.json();
    let list = found["messages"].as_array().expect("messages");
    assert_eq!((list.len(), &list[0]["text"]), (1, &json!("granted")));
    assert_eq!(list[0]["metadata"]["event_payload"]["id"], "AR-7K3Q");
    let without = call(&twin, "conversations.history", &json!({ "channel": "C0ACCESS" })).await.json();
    assert_eq!(without["messages"][0].get("metadata"), None);
    let lost = json!({ "channel": "C0ACCESS", "ts": "1.0", "text": "x" });
    assert_eq!(call(&twin, "chat.update", &lost).await.error(), "message_not_found");
}

#[tokio::test]
async fn history_after_a_timestamp_leaves_out_what_was_before() {
    let twin = twin().await;
    let first = call(&twin, "chat.postMessage", &good_message("C0ACCESS", "one")).await.json();
    call(&twin, "chat.postMessage", &good_message("C0ACCESS", "two")).await;
    let later = json!({ "channel": "C0ACCESS", "oldest": first["ts"] });
    let found = call(&twin, "conversations.history", &later).await.json();
    let texts: Vec<_> =
        found["messages"].as_array().expect("list").iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["two"]);
}

#[tokio::test]
async fn what_slack_would_refuse_is_refused_and_recorded() {
    let twin = twin().await;
    let mut message = good_message("C0ACCESS", "text");
    message["blocks"] = json!([{ "type": "section" }, { "type": "sectoin" }]);
    let reply = call(&twin, "chat.postMessage", &message).await;
    assert_eq!(reply.error(), "invalid_blocks");
    assert_eq!(twin.violations().len(), 2, "{:?}", twin.violations());
    assert!(twin.messages("access").is_empty());
}

#[tokio::test]
async fn links_must_not_unfold_and_mentions_of_many_are_seen() {
    let twin = twin().await;
    let unfolds = json!({ "channel": "C0ACCESS", "text": "x" });
    assert_eq!(call(&twin, "chat.postMessage", &unfolds).await.error(), "invalid_arguments");
    call(&twin, "chat.postMessage", &good_message("C0ACCESS", "&lt;!here&gt; is text")).await;
    assert!(twin.mentions_fired().is_empty());
    call(&twin, "chat.postMessage", &good_message("C0ACCESS", "reason: <!here>")).await;
    assert_eq!(twin.mentions_fired().len(), 1);
}

#[tokio::test]
async fn a_lost_reply_leaves_its_effect_behind() {
    let twin = twin().await;
    twin.fault("chat.postMessage", Fault::AcceptThenDrop);
    let url = format!("{}/chat.postMessage", twin.url());
    let body = good_message("C0ACCESS", "posted").to_string();
    let reply = post(&url, Some(twin.bot_token()), "application/json", &body).await;
    assert!(reply.is_none(), "the answer must not arrive");
    assert_eq!(twin.messages("access").len(), 1);
}

#[tokio::test]
async fn faults_have_no_effect_and_are_used_up() {
    let twin = twin().await;
    twin.fault("chat.postMessage", Fault::RateLimited { secs: 7 });
    twin.fault("chat.postMessage", Fault::Http500);
    twin.fault_in("chat.postMessage", "C0ACCESS", Fault::Error("fatal_error".into()));
    let message = good_message("C0ACCESS", "x");
    let limited = call(&twin, "chat.postMessage", &message).await;
    assert!(limited.status == 429 && limited.head.contains("retry-after: 7"), "{}", limited.head);
    assert_eq!(call(&twin, "chat.postMessage", &message).await.status, 500);
    assert_eq!(call(&twin, "chat.postMessage", &message).await.error(), "fatal_error");
    assert!(twin.messages("access").is_empty());
    assert_eq!(call(&twin, "chat.postMessage", &message).await.error(), "none");
    let outcomes: Vec<String> = twin.calls().into_iter().map(|c| c.outcome).collect();
    assert_eq!(outcomes, ["ratelimited", "http_500", "fatal_error", "ok"]);
}

#[tokio::test]
async fn limits_hold_when_they_are_switched_on() {
    let twin = twin().await;
    twin.enforce_limits(true);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(call(&twin, "chat.postMessage", &good_message("C0ACCESS", "x")).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[tokio::test]
async fn a_hanging_call_is_never_answered() {
    let twin = twin().await;
    twin.fault("auth.test", Fault::Hang);
    let other = twin.clone();
    let hanging = tokio::spawn(async move { call(&other, "auth.test", &json!({})).await.status });
    twin.wait_for(PATIENCE, |t| t.calls().iter().any(|c| c.outcome == "hang").then_some(()))
        .await
        .expect("seen");
    assert_eq!(call(&twin, "auth.test", &json!({})).await.status, 200, "others are served meanwhile");
    assert!(!hanging.is_finished());
}

#[tokio::test]
async fn latency_is_added_to_the_methods_it_is_set_for() {
    let twin = twin().await;
    twin.set_latency("auth.test", Duration::from_millis(40));
    let start = tokio::time::Instant::now();
    call(&twin, "auth.test", &json!({})).await;
    assert!(start.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn direct_messages_have_one_channel_a_person() {
    let twin = twin().await;
    let open = json!({ "users": "U0ANA" });
    let first = call(&twin, "conversations.open", &open).await.json();
    let again = call(&twin, "conversations.open", &open).await.json();
    assert_eq!(first["channel"]["id"], again["channel"]["id"]);
    let id = first["channel"]["id"].as_str().expect("id");
    call(&twin, "chat.postMessage", &good_message(id, "granted")).await;
    call(&twin, "chat.postMessage", &good_message("U0ANA", "ended")).await;
    let texts: Vec<String> = twin.direct_messages("ana").into_iter().map(|m| m.text).collect();
    assert_eq!(texts, ["granted", "ended"]);
    assert_eq!(
        call(&twin, "conversations.open", &json!({ "users": "U0NOBODY" })).await.error(),
        "user_not_found"
    );
}

#[tokio::test]
async fn how_a_channel_is_shared_can_be_seen() {
    let twin = twin().await;
    assert!(twin.set_channel("access", |flags| flags.is_ext_shared = true));
    let info = call(&twin, "conversations.info", &json!({ "channel": "C0ACCESS" })).await.json();
    assert_eq!(
        (&info["channel"]["is_ext_shared"], &info["channel"]["is_shared"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        call(&twin, "conversations.info", &json!({ "channel": "C0NONE" })).await.error(),
        "channel_not_found"
    );
}

#[tokio::test]
async fn a_message_is_pinned_once_and_unpinned_once() {
    let twin = twin().await;
    let posted = call(&twin, "chat.postMessage", &good_message("C0ACCESS", "hello")).await.json();
    let pin = json!({ "channel": "C0ACCESS", "timestamp": posted["ts"] });
    for (method, outcome) in [
        ("pins.remove", "no_pin"),
        ("pins.add", "none"),
        ("pins.add", "already_pinned"),
        ("pins.remove", "none"),
        ("pins.remove", "no_pin"),
    ] {
        assert_eq!(call(&twin, method, &pin).await.error(), outcome, "{method}");
    }
    let nowhere = json!({ "channel": "C0ACCESS", "timestamp": "1.000000" });
    assert_eq!(call(&twin, "pins.add", &nowhere).await.error(), "message_not_found");
    assert_eq!(twin.pins("access"), Vec::<String>::new());
}
