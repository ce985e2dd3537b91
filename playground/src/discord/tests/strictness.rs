//! Limits at the edge and one past it: what Discord refuses is refused in its form, and noted.

use serde_json::{Value, json};

use super::client::{Gateway, callback, command, good, post, register, with_buttons};
use super::{ACCESS, background, twin};
use crate::discord::DiscordTwin;

fn long(length: usize) -> String {
    "x".repeat(length)
}

/// A good message with this field.
fn having(key: &str, value: Value) -> Value {
    let mut body = good("x");
    body[key] = value;
    body
}

fn row(components: &[Value]) -> Value {
    having("components", json!([{ "type": 1, "components": components }]))
}

fn button(n: usize) -> Value {
    json!({ "type": 2, "style": 1, "label": "b", "custom_id": n.to_string() })
}

/// Posts both: the one goes through without a word, the other is refused and noted.
async fn at_the_edge(twin: &DiscordTwin, fits: &Value, too_much: &Value) {
    let noted = twin.violations().len();
    let reply = post(twin, ACCESS, fits).await;
    assert_eq!(reply.status, 200, "{} {fits}", reply.json());
    assert_eq!(twin.violations().len(), noted, "{:?}", twin.violations());
    let reply = post(twin, ACCESS, too_much).await;
    assert_eq!(reply.refusal(), (400, 50_035), "{too_much}");
    assert!(twin.violations().len() > noted);
}

#[tokio::test]
async fn texts_and_embeds_have_their_limits() {
    let twin = twin().await;
    let embed = |key: &str, value: Value| having("embeds", json!([{ key: value }]));
    let field =
        |name: usize, value: usize| embed("fields", json!([{ "name": long(name), "value": long(value) }]));
    let fields = |count: usize| embed("fields", json!(vec![json!({ "name": "n", "value": "v" }); count]));
    let sum = |last: usize| {
        having("embeds", json!([{ "description": long(4_000) }, { "description": long(last) }]))
    };
    for (fits, too_much) in [
        (having("content", long(2_000).into()), having("content", long(2_001).into())),
        (embed("title", long(256).into()), embed("title", long(257).into())),
        (embed("description", long(4_096).into()), embed("description", long(4_097).into())),
        (field(256, 1_024), field(257, 1_024)),
        (field(256, 1_024), field(256, 1_025)),
        (field(1, 1), field(1, 0)),
        (fields(25), fields(26)),
        (embed("footer", json!({ "text": long(2_048) })), embed("footer", json!({ "text": long(2_049) }))),
        (embed("author", json!({ "name": long(256) })), embed("author", json!({ "name": long(257) }))),
        (sum(2_000), sum(2_001)),
        (
            having("embeds", json!(vec![json!({ "title": "t" }); 10])),
            having("embeds", json!(vec![json!({ "title": "t" }); 11])),
        ),
        (having("nonce", long(25).into()), having("nonce", long(26).into())),
    ] {
        at_the_edge(&twin, &fits, &too_much).await;
    }
}

#[tokio::test]
async fn components_have_their_limits() {
    let twin = twin().await;
    let buttons = |count: usize| row(&(0..count).map(button).collect::<Vec<_>>());
    let labelled =
        |length: usize| row(&[json!({ "type": 2, "style": 1, "label": long(length), "custom_id": "a" })]);
    let named =
        |length: usize| row(&[json!({ "type": 2, "style": 1, "label": "b", "custom_id": long(length) })]);
    let options = |count: usize| -> Vec<Value> {
        (0..count).map(|n| json!({ "label": "l", "value": n.to_string() })).collect()
    };
    let select = |count: usize| row(&[json!({ "type": 3, "custom_id": "s", "options": options(count) })]);
    let rows = |count: usize| {
        having("components", (0..count).map(|n| json!({ "type": 1, "components": [button(n)] })).collect())
    };
    let link = json!({ "type": 2, "style": 5, "label": "b", "url": "https://example.org" });
    let link_with_id =
        json!({ "type": 2, "style": 5, "label": "b", "url": "https://example.org", "custom_id": "a" });
    for (fits, too_much) in [
        (buttons(5), buttons(6)),
        (labelled(80), labelled(81)),
        (named(100), named(101)),
        (select(25), select(26)),
        (rows(5), rows(6)),
        (row(&[button(1), button(2)]), row(&[button(1), button(1)])),
        (row(&[link]), row(&[link_with_id])),
        (buttons(1), row(&[button(1), json!({ "type": 3, "custom_id": "s", "options": options(1) })])),
        (buttons(1), row(&[json!({ "type": 2, "style": 1, "custom_id": "a" })])),
        (buttons(1), having("components", json!([button(1)]))),
    ] {
        at_the_edge(&twin, &fits, &too_much).await;
    }
}

#[tokio::test]
async fn a_refusal_names_the_path_of_each_fault() {
    let twin = twin().await;
    let mut body = with_buttons("x", &["Approve"]);
    body["embeds"] = json!([{ "title": "t" }, { "title": long(257) }]);
    body["components"][0]["components"][0]["label"] = long(81).into();
    let errors = post(&twin, ACCESS, &body).await.json()["errors"].clone();
    assert_eq!(errors["embeds"]["1"]["title"]["_errors"][0]["code"], "BASE_TYPE_MAX_LENGTH");
    let label = &errors["components"]["0"]["components"]["0"]["label"]["_errors"][0];
    assert_eq!(label["message"], "Must be 80 or fewer in length.");
}

#[tokio::test]
async fn mentions_that_are_not_shut_are_noted_and_fire() {
    let twin = twin().await;
    post(&twin, ACCESS, &json!({ "content": "@everyone" })).await;
    post(&twin, ACCESS, &json!({ "content": "@here", "allowed_mentions": { "parse": ["everyone"] } })).await;
    assert_eq!((twin.violations().len(), twin.mentions_fired().len()), (2, 2));
    let named = json!({ "content": "<@1290000000000001002> @everyone", "allowed_mentions": { "parse": [], "users": ["1290000000000001002"] } });
    post(&twin, ACCESS, &named).await;
    assert_eq!((twin.violations().len(), twin.mentions_fired().len()), (2, 2));
    assert_eq!(twin.messages("access")[2].pinged, ["1290000000000001002"]);
}

#[tokio::test]
async fn an_empty_message_is_refused() {
    let twin = twin().await;
    assert_eq!(post(&twin, ACCESS, &good("  ")).await.refusal(), (400, 50_006));
    assert_eq!(twin.violations().len(), 1);
}

#[tokio::test]
async fn a_message_of_components_has_nothing_else() {
    let twin = twin().await;
    let parts = json!([{ "type": 17, "components": [{ "type": 10, "content": "text" }, { "type": 1, "components": [button(1)] }] }]);
    let made = json!({ "flags": 32_768, "components": parts, "allowed_mentions": { "parse": [] } });
    let mixed =
        json!({ "flags": 32_768, "content": "x", "components": parts, "allowed_mentions": { "parse": [] } });
    at_the_edge(&twin, &made, &mixed).await;
    assert_eq!(twin.messages("access")[0].words(), "text\nb");
}

#[tokio::test]
async fn commands_have_their_limits() {
    let twin = twin().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut one = command();
        change(&mut one);
        json!([one])
    };
    let option = |n: usize| json!({ "type": 3, "name": format!("o{n}"), "description": "d" });
    let options = |count: usize| (0..count).map(option).collect::<Value>();
    let choices = |count: usize| -> Value {
        (0..count).map(|n| json!({ "name": format!("c{n}"), "value": "v" })).collect()
    };
    let heavy = |names: usize| -> Value {
        let choices: Vec<Value> =
            (0..25).map(|_| json!({ "name": long(100), "value": long(names) })).collect();
        json!([{ "type": 3, "name": "a", "description": "d", "choices": choices },
            { "type": 3, "name": "b", "description": "d", "choices": choices }])
    };
    for (fits, too_much) in [
        (with(&|c| c["name"] = long(32).into()), with(&|c| c["name"] = long(33).into())),
        (with(&|_| ()), with(&|c| c["name"] = "Elevate".into())),
        (with(&|c| c["description"] = long(100).into()), with(&|c| c["description"] = long(101).into())),
        (with(&|c| c["options"] = options(25)), with(&|c| c["options"] = options(26))),
        (
            with(&|c| c["options"][0]["options"][3]["choices"] = choices(25)),
            with(&|c| c["options"][0]["options"][3]["choices"] = choices(26)),
        ),
        (with(&|c| c["options"] = heavy(59)), with(&|c| c["options"] = heavy(61))),
        (with(&|_| ()), with(&|c| c["options"][1] = option(1))),
        (
            with(&|_| ()),
            with(&|c| {
                c["options"][0]["options"][1]["required"] = {
                    c["options"][0]["options"][0]["required"] = false.into();
                    true.into()
                }
            }),
        ),
        (with(&|_| ()), with(&|c| c["options"][0]["options"][3]["autocomplete"] = true.into())),
        (with(&|_| ()), json!([command(), command()])),
    ] {
        let noted = twin.violations().len();
        let reply = register(&twin, &fits).await;
        assert_eq!((reply.status, twin.violations().len()), (200, noted), "{}", reply.json());
        assert_eq!(register(&twin, &too_much).await.refusal(), (400, 50_035), "{too_much}");
        assert!(twin.violations().len() > noted);
    }
}

#[tokio::test]
async fn commands_for_direct_messages_or_personal_installs_are_noted() {
    let twin = twin().await;
    for (key, value) in
        [("contexts", json!([0, 1])), ("integration_types", json!([0, 1])), ("contexts", Value::Null)]
    {
        let noted = twin.violations().len();
        let mut one = command();
        one[key] = value;
        assert_eq!(register(&twin, &json!([one])).await.status, 200);
        assert_eq!(twin.violations().len(), noted + 1);
    }
}

#[tokio::test]
async fn modals_and_choices_have_their_limits() {
    let twin = twin().await;
    register(&twin, &json!([command()])).await;
    let (mut gateway, _) = Gateway::ready(&twin).await;
    let part = |label: usize, id: usize| json!({ "type": 18, "label": long(label), "component": { "type": 4, "custom_id": format!("i{id}"), "style": 1 } });
    let modal = |title: usize, parts: Vec<Value>| json!({ "custom_id": "m", "title": long(title), "components": parts });
    let five: Vec<Value> = (0..5).map(|n| part(45, n)).collect();
    let six: Vec<Value> = (0..6).map(|n| part(45, n)).collect();
    let old =
        json!({ "type": 1, "components": [{ "type": 4, "custom_id": "i", "style": 1, "label": long(46) }] });
    let typed =
        background(&twin, |t| async move { t.slash("ana", "access", "elevate list", &json!({})).await });
    let sent = gateway.interaction().await;
    for wrong in [
        modal(46, five.clone()),
        modal(45, six),
        modal(45, Vec::new()),
        modal(45, vec![part(46, 0)]),
        modal(45, vec![part(1, 0), part(1, 0)]),
        modal(45, vec![old]),
    ] {
        assert_eq!(callback(&twin, &sent, 9, &wrong).await.refusal(), (400, 50_035), "{wrong}");
    }
    assert_eq!(callback(&twin, &sent, 9, &modal(45, five)).await.status, 204);
    typed.await.expect("done");
    let search = background(&twin, |t| async move {
        t.autocomplete("ana", "access", "elevate request", &json!({}), "account").await
    });
    let sent = gateway.interaction().await;
    let choices = |count: usize| json!({ "choices": vec![json!({ "name": "n", "value": "v" }); count] });
    assert_eq!(callback(&twin, &sent, 8, &choices(26)).await.refusal(), (400, 50_035));
    assert_eq!(callback(&twin, &sent, 8, &choices(25)).await.status, 204);
    search.await.expect("done");
}

#[tokio::test]
async fn a_deferred_answer_may_be_ephemeral_and_nothing_else() {
    let twin = twin().await;
    register(&twin, &json!([command()])).await;
    let (mut gateway, _) = Gateway::ready(&twin).await;
    let typed =
        background(&twin, |t| async move { t.slash("ana", "access", "elevate list", &json!({})).await });
    let sent = gateway.interaction().await;
    callback(&twin, &sent, 5, &json!({ "flags": 32_768 })).await;
    typed.await.expect("done");
    assert_eq!(twin.violations().len(), 1);
}
