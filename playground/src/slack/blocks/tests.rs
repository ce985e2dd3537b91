//! Block Kit at the limit and one past it.

use serde_json::{Value, json};

use super::{message, suggestions, view};

fn section(characters: usize) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": "x".repeat(characters) } })
}

fn button(label: usize, value: usize) -> Value {
    json!({ "type": "button", "text": { "type": "plain_text", "text": "x".repeat(label) }, "value": "v".repeat(value) })
}

fn actions(elements: Vec<Value>) -> Value {
    json!({ "type": "actions", "elements": elements })
}

fn faults(blocks: Value) -> Vec<String> {
    message(&blocks).faults
}

#[test]
fn limits_hold_at_the_limit_and_not_one_past_it() {
    let context = |n: usize| json!({ "type": "context", "elements": vec![json!({ "type": "mrkdwn", "text": "x" }); n] });
    let header =
        |n: usize| json!({ "type": "header", "text": { "type": "plain_text", "text": "x".repeat(n) } });
    let named = |n: usize| json!({ "type": "divider", "block_id": "b".repeat(n) });
    let cases = [
        (section(3000), section(3001)),
        (actions(vec![button(75, 2000)]), actions(vec![button(76, 2000)])),
        (actions(vec![button(1, 2000)]), actions(vec![button(1, 2001)])),
        (actions(vec![button(1, 1); 25]), actions(vec![button(1, 1); 26])),
        (context(10), context(11)),
        (header(150), header(151)),
        (named(255), named(256)),
    ];
    for (good, bad) in cases {
        assert_eq!(faults(json!([good])), Vec::<String>::new());
        assert_eq!(faults(json!([bad])).len(), 1, "{bad}");
    }
    let dividers = |n: usize| Value::from(vec![json!({ "type": "divider" }); n]);
    assert_eq!((faults(dividers(50)).len(), faults(dividers(51)).len()), (0, 1));
}

#[test]
fn what_is_unknown_missing_or_of_the_wrong_kind_is_named() {
    let cases = [
        (json!([{ "type": "sectoin" }]), "unsupported type: sectoin"),
        (json!([{ "type": "section" }]), "text or fields"),
        (json!([{ "type": "divider", "colour": "red" }]), "invalid additional property: colour"),
        (
            json!([{ "type": "header", "text": { "type": "mrkdwn", "text": "x" } }]),
            "must be a plain_text object",
        ),
        (json!([section(0)]), "more than 0 characters"),
        (json!([actions(vec![])]), "at least 1 item"),
        (json!([actions(vec![json!({ "type": "plain_text_input" })])]), "not allowed here"),
        (
            json!([{ "type": "divider", "block_id": "a" }, { "type": "divider", "block_id": "a" }]),
            "block_id already",
        ),
        (json!({ "type": "divider" }), "must be an array"),
    ];
    for (blocks, expected) in cases {
        let found = faults(blocks.clone());
        assert!(found.iter().any(|f| f.contains(expected)), "{blocks}: {found:?}");
    }
    let twice = json!({ "type": "button", "action_id": "a", "text": { "type": "plain_text", "text": "x" } });
    assert!(faults(json!([actions(vec![twice.clone(), twice])]))[0].contains("action_id already"));
    let styled =
        json!({ "type": "button", "style": "default", "text": { "type": "plain_text", "text": "x" } });
    assert!(faults(json!([actions(vec![styled])]))[0].contains("primary, danger"));
}

#[test]
fn all_the_text_of_a_message_together_has_a_limit() {
    let blocks = |last: usize| {
        Value::from(vec![section(3000), section(3000), section(3000), section(3000), section(last)])
    };
    assert!(!message(&blocks(1200)).too_long());
    assert!(message(&blocks(1201)).too_long());
}

#[test]
fn mentions_fire_in_mrkdwn_and_broadcast_elements_but_not_in_plain_text() {
    let shout = "<!channel>";
    let plain = json!([{ "type": "section", "text": { "type": "plain_text", "text": shout } }]);
    assert!(message(&plain).mentions.is_empty());
    let loud = json!([{ "type": "section", "fields": [{ "type": "mrkdwn", "text": shout }] }]);
    assert_eq!(message(&loud).mentions, [shout]);
    let rich = json!([{ "type": "rich_text", "elements": [{ "type": "rich_text_section", "elements": [
        { "type": "broadcast", "range": "here" }] }] }]);
    assert_eq!(message(&rich).mentions.len(), 1);
}

#[test]
fn a_view_needs_its_title_and_with_inputs_a_submit() {
    let input = json!({ "type": "input", "label": { "type": "plain_text", "text": "Why" },
        "element": { "type": "plain_text_input", "action_id": "why" } });
    let title = |n: usize| json!({ "type": "plain_text", "text": "x".repeat(n) });
    let good = json!({ "type": "modal", "title": title(24), "submit": title(24), "blocks": [input],
        "private_metadata": "x".repeat(3000) });
    assert_eq!(view(&good, "modal").faults, Vec::<String>::new());
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        view(&changed, "modal").faults.len()
    };
    assert_eq!(with("title", title(25)), 1);
    assert_eq!(with("private_metadata", json!("x".repeat(3001))), 1);
    assert_eq!(with("type", json!("dialog")), 1);
    let mut without = good.clone();
    without.as_object_mut().expect("object").remove("submit");
    assert!(view(&without, "modal").faults[0].contains("needs submit"));
    let mut huge = good;
    huge["blocks"] = Value::from(vec![section(3000); 90]);
    assert_eq!(view(&huge, "modal").faults[0], "view_too_large");
}

#[test]
fn suggestions_are_at_most_a_hundred_and_may_be_none() {
    let options = |n: usize| {
        let one = json!({ "text": { "type": "plain_text", "text": "x" }, "value": "v" });
        json!({ "options": vec![one; n] })
    };
    assert_eq!(suggestions(&options(0)).faults, Vec::<String>::new());
    assert_eq!(suggestions(&options(100)).faults, Vec::<String>::new());
    assert_eq!(suggestions(&options(101)).faults.len(), 1);
    assert_eq!(suggestions(&json!({})).faults.len(), 1);
}
