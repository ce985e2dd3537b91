//! Every card and every message as Slack gets it, to be read side by side; and the largest, within Slack's limits.

use super::*;
use crate::notices::samples;

struct Linked;

impl Names for Linked {
    fn slack_user(&self, person: &PersonId) -> Option<String> {
        ["p-ana", "p-bo", "p-dee"]
            .contains(&person.as_str())
            .then(|| person.as_str().replace("p-", "U0").to_uppercase())
    }
}

/// Blocks as a reader sees them, a line for each text.
fn seen(blocks: &Value) -> String {
    let mut out = String::new();
    for block in blocks.as_array().unwrap() {
        let kind = block["type"].as_str().unwrap();
        let text = block.get("text").into_iter();
        let parts = ["fields", "elements"].into_iter().filter_map(|key| block.get(key)?.as_array()).flatten();
        for part in text.chain(parts) {
            let words = part["text"].as_str().or_else(|| part["text"]["text"].as_str()).unwrap();
            let style = part.get("style").and_then(Value::as_str).map(|style| format!(" ({style})"));
            out.push_str(&format!(
                "  {kind}: {}{}\n",
                words.replace('\n', "\n    "),
                style.unwrap_or_default()
            ));
        }
    }
    out
}

#[test]
fn every_card_of_a_request() {
    let shown =
        samples::cards().into_iter().map(|(name, it)| format!("{name}\n{}", seen(&card(&it, &Linked))));
    insta::assert_snapshot!("cards", shown.collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_message() {
    let id = Subject::Watch;
    let shown = samples::messages()
        .into_iter()
        .map(|(name, it)| format!("{name}\n{}", seen(&message_with(&it, &id, &Linked))));
    insta::assert_snapshot!("messages", shown.collect::<Vec<_>>().join("\n"));
}

fn is_within_slacks_limits(blocks: &Value) {
    let blocks = blocks.as_array().unwrap();
    assert!(blocks.len() <= 50);
    let chars = |value: &Value| value.as_str().unwrap().chars().count();
    let mut sum = 0;
    for block in blocks {
        assert!(block.get("block_id").is_none_or(|id| chars(id) <= 255));
        if let Some(text) = block.get("text") {
            assert!((1..=3_000).contains(&chars(&text["text"])), "{text}");
            sum += chars(&text["text"]);
        }
        let fields = block.get("fields").and_then(Value::as_array);
        assert!(fields.is_none_or(|fields| (1..=10).contains(&fields.len())));
        for field in fields.into_iter().flatten() {
            assert!((1..=2_000).contains(&chars(&field["text"])), "{field}");
            sum += chars(&field["text"]);
        }
        if block["type"] == "actions" {
            let buttons = block["elements"].as_array().unwrap();
            assert!((1..=25).contains(&buttons.len()));
            for button in buttons {
                assert!(chars(&button["text"]["text"]) <= 75 && chars(&button["value"]) <= 2_000);
            }
        }
    }
    assert!(sum <= 13_200, "{sum}");
}

#[test]
fn the_largest_card_and_the_largest_messages_are_within_slacks_limits() {
    let setting = samples::setting();
    let largest = crate::notices::card(&samples::largest(), &samples::directory(), &setting);
    is_within_slacks_limits(&card(&largest, &Linked));
    assert!(card_fallback(&largest).chars().count() <= FALLBACK_MAX);
    let id = largest.id.clone();
    for message in samples::largest_messages() {
        is_within_slacks_limits(&message_with(&message, &id, &Linked));
    }
    let of = |request| crate::notices::card(request, &samples::directory(), &setting);
    let (planted, states) = (samples::planted("&"), samples::requests());
    for request in planted.iter().chain(states.iter().map(|(_, request)| request)) {
        is_within_slacks_limits(&card(&of(request), &Linked));
    }
}

/// P10: wherever people could have typed something, it stays words.
#[test]
fn no_card_and_no_message_can_be_forged() {
    const EVIL: &str = "\n*Forged* by `x` <!channel> <https://evil.example|here> <@U0EVE>";
    let directory = samples::directory();
    let cards = samples::planted(EVIL)
        .into_iter()
        .map(|request| card(&crate::notices::card(&request, &directory, &samples::setting()), &Linked));
    let messages = samples::messages_of(EVIL);
    let messages = messages.iter().map(|it| message_with(it, &Subject::Watch, &Linked));
    for blocks in cards.chain(messages) {
        let plain = |block: &Value| block["text"]["type"] == "plain_text";
        let shown: Value = blocks.as_array().unwrap().iter().filter(|block| !plain(block)).cloned().collect();
        // In a code span no mark is live.
        let shown =
            regex_lite::Regex::new("`[^`]*`").unwrap().replace_all(&shown.to_string(), "").into_owned();
        for live in ["<!channel", "<https://evil", "<@U0EVE", "*Forged"] {
            assert!(!shown.contains(live), "{live}: {shown}");
        }
    }
}

#[test]
fn a_button_of_a_message_comes_back_with_what_the_message_is_about() {
    let (kind, request) =
        (glasskey_domain::NoticeKind::EndsSoon { nth: 0 }, samples::requests().swap_remove(4).1);
    let message = crate::notices::tell(kind, &request, &samples::directory(), &samples::setting());
    let id = Subject::Request(request.ask.id);
    let blocks = message_with(&message, &id, &Linked);
    let buttons = blocks.as_array().unwrap().last().unwrap()["elements"].as_array().unwrap();
    let back: Vec<_> = buttons
        .iter()
        .map(|button| (button["action_id"].as_str().unwrap(), button["value"].as_str().unwrap()))
        .collect();
    assert_eq!(back, [("request.extend", "AR-7K3Q"), ("request.done", "AR-7K3Q")]);
}
