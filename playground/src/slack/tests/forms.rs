//! Forms field by field, selects whose options the bot brings, and the Home tab.

use serde_json::{Value, json};

use super::client::{Socket, call, good_message};
use super::{background, twin};
use crate::slack::{Click, Place, SlackOptions, SlackTwin};

fn option(label: &str, value: &str) -> Value {
    json!({ "text": { "type": "plain_text", "text": label }, "value": value })
}

fn input(block: &str, element: Value) -> Value {
    json!({ "type": "input", "block_id": block, "label": { "type": "plain_text", "text": block }, "element": element })
}

/// Account by type-ahead, which the bot hears of at once; length, start and reason.
fn form() -> Value {
    let mut account =
        input("account", json!({ "type": "external_select", "action_id": "search", "min_query_length": 1 }));
    account["dispatch_action"] = json!(true);
    let lengths = json!([option("1 hour", "1h"), option("4 hours", "4h")]);
    let mut start = input("start", json!({ "type": "datetimepicker", "action_id": "at" }));
    start["optional"] = json!(true);
    json!({
        "type": "modal", "title": { "type": "plain_text", "text": "Request access" },
        "submit": { "type": "plain_text", "text": "Request" },
        "blocks": [
            account,
            input("length", json!({ "type": "static_select", "action_id": "for", "options": lengths })),
            start,
            input("why", json!({ "type": "plain_text_input", "action_id": "reason" })),
        ],
    })
}

/// Opens the form for Ana; its view id.
async fn open(twin: &SlackTwin, socket: &mut Socket, view: Value) -> String {
    let typed = background(twin, move |t| async move { t.slash("ana", "access", "/elevate", "").await });
    let envelope = socket.answer(None).await;
    typed.await.expect("done");
    let opened = json!({ "trigger_id": envelope["payload"]["trigger_id"], "view": view });
    let opened = call(twin, "views.open", &opened).await.json();
    opened["view"]["id"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned()
}

async fn search(
    twin: &SlackTwin,
    socket: &mut Socket,
    place: &Place,
    query: &str,
    answer: Value,
) -> Option<String> {
    let (place, query) = (place.clone(), query.to_owned());
    let asked = background(twin, move |t| async move { t.suggest("ana", &place, "search", &query).await });
    let envelope = socket.answer(Some(answer)).await;
    assert_eq!(envelope["payload"]["type"], "block_suggestion");
    asked.await.expect("done").failure
}

#[tokio::test]
async fn only_what_was_offered_can_be_chosen_and_the_form_has_it_whole() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let place = Place::View { id: open(&twin, &mut socket, form()).await };
    assert_eq!(
        twin.fill("ana", "account", "333333333333").await.failure.as_deref(),
        Some("not_offered: 333333333333")
    );
    let offer =
        json!({ "options": [option("payments-prod", "333333333333"), option("data-prod", "555555555555")] });
    assert_eq!(search(&twin, &mut socket, &place, "p", offer).await, None);
    let filled = background(&twin, move |t| async move { t.fill("ana", "account", "payments-prod").await });
    let heard = socket.answer(None).await["payload"].clone();
    assert_eq!(filled.await.expect("done").failure, None);
    assert_eq!(heard["actions"][0]["selected_option"]["value"], "333333333333");
    let state = &heard["view"]["state"]["values"];
    assert_eq!(state["account"]["search"]["selected_option"]["text"]["text"], "payments-prod");
    assert_eq!(state["length"]["for"]["selected_option"], Value::Null, "not chosen yet");
    // These fields tell nobody until the form is sent.
    assert_eq!(twin.fill("ana", "length", "4 hours").await.failure, None);
    assert_eq!(twin.fill("ana", "length", "5h").await.failure.as_deref(), Some("no_such_option: 5h"));
    assert_eq!(
        twin.fill("ana", "start", "tomorrow").await.failure.as_deref(),
        Some("no_date_time: tomorrow")
    );
    let submit = background(&twin, move |t| async move {
        t.submit_view("ana", &json!({ "why": "INC-7", "start": "1796090400" })).await
    });
    let sent = socket.answer(None).await["payload"]["view"]["state"]["values"].clone();
    assert_eq!(submit.await.expect("done").failure, None);
    assert_eq!(sent["length"]["for"]["selected_option"]["value"], "4h");
    assert_eq!(sent["account"]["search"]["selected_option"]["value"], "333333333333");
    assert_eq!(sent["start"]["at"]["selected_date_time"], 1_796_090_400);
    assert_eq!(twin.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_filled_in_outlives_an_update_and_an_error_but_not_its_field() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let id = open(&twin, &mut socket, form()).await;
    for (field, chosen) in [("length", "4h"), ("reason", "INC-7")] {
        assert_eq!(twin.fill("ana", field, chosen).await.failure, None);
    }
    let mut changed = form();
    changed["blocks"][1]["block_id"] = json!("length-2");
    changed["blocks"][0]["optional"] = json!(true);
    let update = json!({ "view_id": id, "view": changed });
    assert_eq!(call(&twin, "views.update", &update).await.error(), "none");
    let now = twin.open_views("ana")[0].view["state"]["values"].clone();
    assert_eq!(now["why"]["reason"]["value"], "INC-7");
    assert_eq!(now["length-2"]["for"]["selected_option"], Value::Null, "a new block is a new field");
    assert_eq!(call(&twin, "views.update", &json!({ "view_id": id, "view": form() })).await.error(), "none");
    let back = twin.open_views("ana")[0].view["state"]["values"].clone();
    assert_eq!(back["length"]["for"]["selected_option"], Value::Null, "a field that went has forgotten");
    assert_eq!(call(&twin, "views.update", &update).await.error(), "none");
    let submit =
        background(&twin, move |t| async move { t.submit_view("ana", &json!({ "length-2": "1h" })).await });
    let errors = json!({ "response_action": "errors", "errors": { "length-2": "not for this account" } });
    socket.answer(Some(errors)).await;
    submit.await.expect("done");
    let view = &twin.open_views("ana")[0];
    assert_eq!(view.errors["length-2"], "not for this account");
    let kept = &view.view["state"]["values"];
    assert_eq!(kept["why"]["reason"]["value"], "INC-7");
    assert_eq!(kept["length-2"]["for"]["selected_option"], Value::Null, "what a test names holds for once");
}

#[tokio::test]
async fn options_come_in_time_in_number_and_in_size_or_it_is_a_violation() {
    let options =
        SlackOptions { ack_limit: std::time::Duration::from_millis(150), ..SlackOptions::default() };
    let twin = SlackTwin::start(&crate::company::Company::acme(), options).await.expect("a free port");
    let mut socket = Socket::open(&twin).await;
    let place = Place::View { id: open(&twin, &mut socket, form()).await };
    let many = |n: usize| json!({ "options": vec![option("x", "y"); n] });
    assert_eq!(search(&twin, &mut socket, &place, "a", many(100)).await, None);
    assert_eq!(search(&twin, &mut socket, &place, "a", json!({ "options": [] })).await, None, "nothing fits");
    assert_eq!(
        search(&twin, &mut socket, &place, "a", json!({ "options": [option(&"x".repeat(75), "y")] })).await,
        None
    );
    assert_eq!(twin.violations(), Vec::<String>::new());
    for wrong in [
        many(101),
        json!({ "options": [option(&"x".repeat(76), "y")] }),
        json!({ "options": [option("x", &"y".repeat(76))] }),
    ] {
        let before = twin.violations().len();
        assert_eq!(search(&twin, &mut socket, &place, "a", wrong).await.as_deref(), Some("invalid_options"));
        assert_eq!(twin.violations().len(), before + 1);
    }
    let before = twin.violations().len();
    let late = twin.suggest("ana", &place, "search", "a").await;
    assert!(late.timed_out());
    assert_eq!(twin.violations().len(), before + 1);
    let short = twin.suggest("ana", &place, "search", "").await.failure;
    assert!(
        short.expect("too short").starts_with("query_too_short"),
        "Slack does not ask the app for so little"
    );
    let other = twin.suggest("ana", &place, "for", "a").await.failure;
    assert_eq!(other.as_deref(), Some("no_external_select: for"));
}

fn home(words: &str) -> Value {
    json!({ "type": "home", "blocks": [
        { "type": "section", "text": { "type": "mrkdwn", "text": words } },
        { "type": "actions", "block_id": "mine", "elements": [
            { "type": "button", "action_id": "end", "value": "AR-7K3Q", "text": { "type": "plain_text", "text": "End now" } },
            { "type": "static_select", "action_id": "extend", "options": [option("30 minutes", "30m"), option("1 hour", "1h")] },
        ] },
    ] })
}

#[tokio::test]
async fn the_home_tab_is_published_opened_and_clicked_in() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let opened = background(&twin, move |t| async move { t.open_home("ana").await });
    let event = socket.answer(None).await["payload"].clone();
    assert_eq!(opened.await.expect("done").failure, None);
    assert_eq!(
        (&event["event"]["type"], &event["event"]["tab"]),
        (&json!("app_home_opened"), &json!("home"))
    );
    assert_eq!(event["event"]["user"], "U0ANA");
    assert_eq!(event["event"]["channel"], json!(twin.direct_channel("ana")));
    assert!(event["event"].get("view").is_none() && twin.home("ana").is_none(), "nothing was published yet");
    let first =
        call(&twin, "views.publish", &json!({ "user_id": "U0ANA", "view": home("No grants") })).await.json();
    let again = json!({ "user_id": "U0ANA", "view": home("One grant"), "hash": first["view"]["hash"] });
    let second = call(&twin, "views.publish", &again).await.json();
    assert_eq!(first["view"]["id"], second["view"]["id"], "one tab, published again");
    assert_eq!(call(&twin, "views.publish", &again).await.error(), "hash_conflict", "an older page");
    let seen = twin.home("ana").expect("published");
    assert!(seen.words().contains("One grant"), "{}", seen.words());
    assert_eq!(seen.buttons(), ["End now"]);
    assert!(twin.home("bo").is_none() && twin.open_views("ana").is_empty());
    for (what, chosen) in [("End now", ""), ("extend", "1 hour")] {
        let click = Click { place: Place::Home, what: what.into(), block_id: None, chosen: chosen.into() };
        let used = background(&twin, move |t| async move { t.act("ana", &click).await });
        let payload = socket.answer(None).await["payload"].clone();
        assert_eq!(used.await.expect("done").failure, None);
        assert_eq!(
            (&payload["container"]["type"], &payload["view"]["type"]),
            (&json!("view"), &json!("home"))
        );
        assert_eq!(payload["view"]["id"], first["view"]["id"]);
        assert!(payload.get("response_url").is_none(), "there is no message to answer");
        assert_eq!(payload["trigger_id"].as_str().map(|t| t.is_empty()), Some(false), "a form can be opened");
    }
    let opened = background(&twin, move |t| async move { t.open_home("ana").await });
    let event = socket.answer(None).await["payload"]["event"].clone();
    opened.await.expect("done");
    assert_eq!(event["view"]["id"], first["view"]["id"]);
    let update = json!({ "view_id": first["view"]["id"], "view": home("Two grants") });
    assert_eq!(call(&twin, "views.update", &update).await.error(), "none");
    assert!(twin.home("ana").expect("there").words().contains("Two grants"));
    assert_eq!(twin.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_home_tab_has_a_hundred_blocks_and_is_no_dialog() {
    let twin = twin().await;
    let publish = async |user: &str, view: Value| {
        call(&twin, "views.publish", &json!({ "user_id": user, "view": view })).await.error()
    };
    let dividers = |n: usize| json!({ "type": "home", "blocks": vec![json!({ "type": "divider" }); n] });
    assert_eq!(publish("U0ANA", dividers(100)).await, "none");
    assert_eq!(publish("U0ANA", dividers(101)).await, "invalid_arguments");
    assert_eq!(publish("U0ANA", form()).await, "invalid_arguments", "a modal is none");
    let mut titled = home("x");
    titled["title"] = json!({ "type": "plain_text", "text": "Home" });
    assert_eq!(publish("U0ANA", titled).await, "invalid_arguments");
    assert_eq!(publish("U0MALLORY", home("x")).await, "user_not_found");
    assert!(twin.set_user("ana", |u| u.deleted = true));
    assert_eq!(publish("U0ANA", home("x")).await, "user_not_found", "who left has no tab");
    let without = SlackOptions { home_tab: false, ..SlackOptions::default() };
    let without = SlackTwin::start(&crate::company::Company::acme(), without).await.expect("a free port");
    let refused = call(&without, "views.publish", &json!({ "user_id": "U0ANA", "view": home("x") })).await;
    assert_eq!(refused.error(), "not_enabled");
    assert_eq!(without.open_home("ana").await.failure.as_deref(), Some("no_home_tab"));
}

#[tokio::test]
async fn a_message_may_have_a_select_and_an_overflow_menu() {
    let twin = twin().await;
    let mut socket = Socket::open(&twin).await;
    let mut message = good_message("C0ACCESS", "card");
    message["blocks"] = json!([{ "type": "actions", "elements": [
        { "type": "static_select", "action_id": "less", "options": [option("1 hour", "1h")] },
        { "type": "overflow", "action_id": "more", "options": [option("Withdraw", "withdraw")] },
    ] }]);
    let ts = call(&twin, "chat.postMessage", &message).await.json()["ts"].as_str().expect("ts").to_owned();
    for (what, chosen, value) in [("less", "1h", "1h"), ("more", "Withdraw", "withdraw")] {
        let place = Place::Message { channel: "access".into(), ts: ts.clone() };
        let click = Click { place, what: what.into(), block_id: None, chosen: chosen.into() };
        let used = background(&twin, move |t| async move { t.act("bo", &click).await });
        let payload = socket.answer(None).await["payload"].clone();
        used.await.expect("done");
        assert_eq!(payload["actions"][0]["selected_option"]["value"], value);
    }
    let place = Place::Message { channel: "access".into(), ts };
    let click = Click { place, what: "less".into(), block_id: None, chosen: "9h".into() };
    assert_eq!(twin.act("bo", &click).await.failure.as_deref(), Some("no_such_option: 9h"));
}

#[tokio::test]
async fn a_person_has_a_time_zone_and_its_offset() {
    let twin = twin().await;
    for (user, zone, offsets) in [
        ("U0ANA", "Europe/Lisbon", [0, 3600]),
        ("U0DEE", "America/New_York", [-18_000, -14_400]),
        ("U0CY", "Africa/Lagos", [3600; 2]),
    ] {
        let told = call(&twin, "users.info", &json!({ "user": user })).await.json();
        assert_eq!(told["user"]["tz"], zone);
        let offset = told["user"]["tz_offset"].as_i64().expect("seconds");
        assert!(offsets.contains(&offset), "{zone}: {offset} is neither its winter nor its summer");
    }
}
