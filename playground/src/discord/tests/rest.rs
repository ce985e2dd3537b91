//! REST: what is where, messages, pins, conversations, commands, limits, faults.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{call, command, get, good, post, register, send, text, with_buttons};
use super::{ACCESS, ANA, BO, PATIENCE, twin, twin_with};
use crate::discord::{DiscordOptions, DiscordTwin, Fault, Operation};

#[tokio::test]
async fn the_guild_and_what_is_in_it_can_be_read() {
    let twin = twin().await;
    let guild = twin.guild_id();
    assert_eq!(get(&twin, "/applications/@me").await.id(), twin.application_id());
    assert_eq!(get(&twin, &format!("/guilds/{guild}")).await.json()["name"], "Acme");
    assert_eq!(get(&twin, "/guilds/77").await.refusal(), (404, 10_004));
    let channels = get(&twin, &format!("/guilds/{guild}/channels")).await.json();
    let names: Vec<&str> = channels.as_array().expect("a list").iter().map(|c| text(c, "name")).collect();
    assert_eq!(names, ["access", "incidents", "prod-access"]);
    assert_eq!(get(&twin, &format!("/channels/{ACCESS}")).await.json()["guild_id"], guild);
    let member = get(&twin, &format!("/guilds/{guild}/members/{ANA}")).await.json();
    assert_eq!((text(&member["user"], "username"), &member["roles"]), ("ana", &json!([])));
    assert!(twin.set_member("ana", |ana| ana.is_member = false));
    assert_eq!(get(&twin, &format!("/guilds/{guild}/members/{ANA}")).await.refusal(), (404, 10_007));
    assert_eq!(twin.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_token_and_a_route_that_is_not_there_are_refused() {
    let twin = twin().await;
    let wrong = send(&twin, "another", "GET", "/users/@me", None).await.expect("an answer");
    assert_eq!((wrong.status, wrong.json()), (401, json!({ "message": "401: Unauthorized", "code": 0 })));
    assert_eq!(get(&twin, "/voice/regions").await.status, 404);
    assert!(twin.violations()[0].contains("no such route"));
    assert_eq!(twin.invalid_calls(), 1);
}

#[tokio::test]
async fn a_message_is_posted_changed_and_deleted() {
    let twin = twin().await;
    let id = post(&twin, ACCESS, &with_buttons("first", &["Approve"])).await.id();
    let path = format!("/channels/{ACCESS}/messages/{id}");
    let changed =
        call(&twin, "PATCH", &path, &json!({ "content": "second", "allowed_mentions": { "parse": [] } }))
            .await;
    assert_eq!(changed.json()["content"], "second");
    let message = twin.messages("access")[0].clone();
    assert_eq!((message.words().as_str(), message.edits), ("second\nApprove", 1));
    assert_eq!(message.buttons(), ["Approve"], "what a change does not name stays");
    assert_eq!(get(&twin, &path).await.json()["edited_timestamp"].as_str().map(str::len), Some(29));
    let nothing = json!({ "content": "", "components": [], "allowed_mentions": { "parse": [] } });
    assert_eq!(call(&twin, "PATCH", &path, &nothing).await.refusal(), (400, 50_006));
    assert_eq!(call(&twin, "DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(get(&twin, &path).await.refusal(), (404, 10_008));
    let theirs = twin.say("bo", "access", "mine").expect("said");
    let path = format!("/channels/{ACCESS}/messages/{theirs}");
    assert_eq!(call(&twin, "PATCH", &path, &good("ours")).await.refusal(), (403, 50_005));
}

#[tokio::test]
async fn the_same_nonce_within_minutes_is_the_same_message_when_that_is_enforced() {
    let twin = twin().await;
    let mut body = good("once");
    body["nonce"] = "n-1".into();
    body["enforce_nonce"] = true.into();
    let first = post(&twin, ACCESS, &body).await.id();
    assert_eq!(post(&twin, ACCESS, &body).await.id(), first);
    twin.advance_clock(Duration::from_secs(6 * 60));
    assert_ne!(post(&twin, ACCESS, &body).await.id(), first, "forgotten after minutes");
    body["enforce_nonce"] = false.into();
    post(&twin, ACCESS, &body).await;
    assert_eq!(twin.messages("access").len(), 3);
}

#[tokio::test]
async fn messages_are_listed_newest_first_from_after_an_id() {
    let twin = twin().await;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(post(&twin, ACCESS, &good(&format!("{n}"))).await.id());
    }
    twin.say("bo", "access", "what people write is not for the bot");
    let listed = |reply: Value| -> Vec<String> {
        reply.as_array().expect("a list").iter().map(|m| text(m, "content").to_owned()).collect()
    };
    let path = format!("/channels/{ACCESS}/messages");
    assert_eq!(listed(get(&twin, &format!("{path}?after={}&limit=2", ids[0])).await.json()), ["2", "1"]);
    assert_eq!(listed(get(&twin, &format!("{path}?limit=2")).await.json()), ["", "3"]);
    assert_eq!(listed(get(&twin, &format!("{path}?before={}", ids[1])).await.json()), ["0"]);
    assert_eq!(get(&twin, &format!("{path}?limit=101")).await.refusal(), (400, 50_035));
}

#[tokio::test]
async fn both_paths_of_pins_lead_to_the_same_pins() {
    let twin = twin().await;
    let (one, two) = (post(&twin, ACCESS, &good("1")).await.id(), post(&twin, ACCESS, &good("2")).await.id());
    let (old, new) = (format!("/channels/{ACCESS}/pins"), format!("/channels/{ACCESS}/messages/pins"));
    assert_eq!(call(&twin, "PUT", &format!("{old}/{one}"), &Value::Null).await.status, 204);
    assert_eq!(call(&twin, "PUT", &format!("{new}/{two}"), &Value::Null).await.status, 204);
    assert_eq!(twin.pins("access"), [one.clone(), two.clone()]);
    assert_eq!(get(&twin, &old).await.json()[0]["id"], json!(two));
    assert_eq!(get(&twin, &new).await.json()["items"][1]["message"]["id"], json!(one));
    let listed = get(&twin, &format!("/channels/{ACCESS}/messages")).await.json();
    assert_eq!(listed[0]["type"], 6, "Discord says in the channel who pinned");
    assert_eq!(twin.messages("access").len(), 2);
    assert_eq!(call(&twin, "DELETE", &format!("{new}/{one}"), &Value::Null).await.status, 204);
    assert_eq!(twin.pins("access"), [two]);
    assert!(twin.set_channel("access", |c| c.forbids_pins = true));
    assert_eq!(call(&twin, "PUT", &format!("{old}/{one}"), &Value::Null).await.refusal(), (403, 50_013));
}

#[tokio::test]
async fn a_direct_message_reaches_members_who_take_them() {
    let twin = twin().await;
    let open =
        async |user: &str| call(&twin, "POST", "/users/@me/channels", &json!({ "recipient_id": user })).await;
    let channel = open(ANA).await.id();
    assert_eq!(open(ANA).await.id(), channel, "there is one for each person");
    assert_eq!(post(&twin, &channel, &good("hello")).await.status, 200);
    assert_eq!(twin.direct_messages("ana")[0].content, "hello");
    assert!(twin.set_member("ana", |ana| ana.closes_direct = true));
    assert_eq!(post(&twin, &channel, &good("hello")).await.refusal(), (403, 50_007));
    assert!(twin.set_member("bo", |bo| bo.is_member = false));
    let channel = open(BO).await.id();
    assert_eq!(post(&twin, &channel, &good("hello")).await.refusal(), (403, 50_278));
    assert_eq!(open("77").await.refusal(), (400, 50_033));
}

#[tokio::test]
async fn a_channel_that_the_bot_does_not_see_or_may_not_write_in_refuses() {
    let twin = twin().await;
    assert!(twin.set_channel("access", |c| c.is_read_only = true));
    assert_eq!(post(&twin, ACCESS, &good("x")).await.refusal(), (403, 50_013));
    assert!(twin.set_channel("access", |c| c.is_hidden = true));
    assert_eq!(post(&twin, ACCESS, &good("x")).await.refusal(), (403, 50_001));
    assert_eq!(post(&twin, "77", &good("x")).await.refusal(), (404, 10_003));
    assert_eq!(twin.invalid_calls(), 2);
}

#[tokio::test]
async fn an_overwrite_keeps_the_ids_of_commands_and_drops_what_it_does_not_name() {
    let twin = twin().await;
    let first = register(&twin, &json!([command()])).await.json();
    let mut other = command();
    other["name"] = "breakglass".into();
    let second = register(&twin, &json!([command(), other])).await.json();
    assert_eq!(first[0]["id"], second[0]["id"]);
    assert_eq!(second[0]["guild_id"], twin.guild_id());
    register(&twin, &json!([])).await;
    assert!(twin.commands().is_empty());
    assert_eq!(twin.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn two_hundred_commands_are_made_in_a_day_and_no_more() {
    let twin = twin().await;
    for n in 0..200 {
        let mut one = command();
        one["name"] = format!("c{n}").into();
        assert_eq!(register(&twin, &json!([one])).await.status, 200);
    }
    assert_eq!(register(&twin, &json!([command()])).await.refusal(), (400, 30_034));
    twin.advance_clock(Duration::from_secs(24 * 60 * 60));
    assert_eq!(register(&twin, &json!([command()])).await.status, 200);
}

#[tokio::test]
async fn a_bucket_tells_what_is_left_refuses_and_fills_again() {
    let twin = twin_with(DiscordOptions { rate_limits: true, ..DiscordOptions::default() }).await;
    for left in (0..5).rev() {
        let reply = post(&twin, ACCESS, &good("x")).await;
        assert_eq!(reply.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
        assert!(
            reply.header("x-ratelimit-bucket").is_some() && reply.header("x-ratelimit-reset-after").is_some()
        );
    }
    let refused = post(&twin, ACCESS, &good("x")).await;
    assert_eq!((refused.status, refused.header("x-ratelimit-scope")), (429, Some("user")));
    assert!(refused.json()["retry_after"].as_f64().expect("a number") > 0.0);
    assert_eq!(refused.json()["global"], false);
    assert_eq!(
        post(&twin, "1290000000000000102", &good("x")).await.status,
        200,
        "another channel, another bucket"
    );
    twin.advance_clock(Duration::from_secs(5));
    assert_eq!(post(&twin, ACCESS, &good("x")).await.status, 200);
    assert_eq!(twin.messages("access").len(), 6);
}

#[tokio::test]
async fn the_global_limit_is_for_all_routes_together() {
    let options = DiscordOptions { rate_limits: true, global_limit: 2, ..DiscordOptions::default() };
    let twin = twin_with(options).await;
    get(&twin, "/users/@me").await;
    get(&twin, "/applications/@me").await;
    let refused = get(&twin, &format!("/channels/{ACCESS}")).await;
    assert_eq!((refused.status, refused.header("x-ratelimit-global")), (429, Some("true")));
    assert_eq!(refused.json()["global"], true);
    twin.advance_clock(Duration::from_secs(1));
    assert_eq!(get(&twin, &format!("/channels/{ACCESS}")).await.status, 200);
}

#[tokio::test]
async fn each_fault_meets_its_call_once() {
    let twin = twin().await;
    let body = good("x");
    twin.fault(Operation::Post, Fault::RateLimited { wait: Duration::from_millis(1_500), global: true });
    let refused = post(&twin, ACCESS, &body).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("2")));
    twin.fault_in(Operation::Post, "incidents", Fault::Status(502));
    assert_eq!(post(&twin, ACCESS, &body).await.status, 200, "another channel is not concerned");
    assert_eq!(post(&twin, "1290000000000000102", &body).await.status, 502);
    twin.fault_any(Fault::Refused { status: 403, code: 50_001 });
    assert_eq!(post(&twin, ACCESS, &body).await.refusal(), (403, 50_001));
    let lost = |twin: &DiscordTwin| {
        let (twin, body) = (twin.clone(), body.to_string());
        async move {
            send(&twin, twin.bot_token(), "POST", &format!("/channels/{ACCESS}/messages"), Some(&body)).await
        }
    };
    let before = twin.messages("access").len();
    twin.fault(Operation::Post, Fault::DropBefore);
    assert!(lost(&twin).await.is_none());
    assert_eq!(twin.messages("access").len(), before);
    twin.fault(Operation::Post, Fault::AcceptThenDrop);
    assert!(lost(&twin).await.is_none());
    assert_eq!(twin.messages("access").len(), before + 1, "it happened, and the answer was lost");
    twin.fault(Operation::Post, Fault::Hang);
    let hanging = tokio::spawn(lost(&twin));
    let seen = |t: &DiscordTwin| t.calls().last().filter(|c| c.outcome == "hang").map(|_| ());
    twin.wait_for(PATIENCE, seen).await.expect("it hangs");
    hanging.abort();
}
