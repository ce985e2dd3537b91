//! Every card and every message as Discord gets it, to be read side by side; and the largest, within Discord's limits.

use super::*;
use crate::notices::samples;
use glasskey_domain::PersonId;

struct Linked;

impl Names for Linked {
    fn discord_user(&self, person: &PersonId) -> Option<String> {
        match person.as_str() {
            "p-ana" => Some("101".to_owned()),
            "p-bo" => Some("102".to_owned()),
            "p-dee" => Some("104".to_owned()),
            _other => None,
        }
    }
}

/// A message as a reader sees it, a line for each text.
fn seen(message: &Value) -> String {
    let mut out = String::new();
    let mut show = |kind: &str, words: &str| {
        if !words.is_empty() {
            out.push_str(&format!("  {kind}: {}\n", words.replace('\n', "\n    ")));
        }
    };
    show("content", message["content"].as_str().unwrap());
    for embed in message["embeds"].as_array().unwrap() {
        for part in ["title", "description"] {
            show(part, embed.get(part).and_then(Value::as_str).unwrap_or_default());
        }
        for field in embed.get("fields").and_then(Value::as_array).into_iter().flatten() {
            show(field["name"].as_str().unwrap(), field["value"].as_str().unwrap());
        }
        show("footer", embed.pointer("/footer/text").and_then(Value::as_str).unwrap_or_default());
    }
    for row in message["components"].as_array().unwrap() {
        let labels: Vec<_> = row["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|button| button["label"].as_str().unwrap())
            .collect();
        show("buttons", &labels.join(" · "));
    }
    out
}

#[test]
fn every_card_of_a_request() {
    let shown = samples::cards()
        .into_iter()
        .map(|(name, it)| format!("{name}\n{}", seen(&card(&it, &Linked, "mark"))));
    insta::assert_snapshot!("cards", shown.collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_message() {
    let shown = samples::messages()
        .into_iter()
        .map(|(name, it)| format!("{name}\n{}", seen(&message_with(&it, &Subject::Watch, &Linked, None))));
    insta::assert_snapshot!("messages", shown.collect::<Vec<_>>().join("\n"));
}

fn is_within_discords_limits(message: &Value) {
    let units = |value: &Value| size(value.as_str().unwrap_or_default());
    assert!(units(&message["content"]) <= 2_000);
    let embeds = message["embeds"].as_array().unwrap();
    assert!(embeds.len() <= 10);
    let mut sum = 0;
    for embed in embeds {
        assert!(units(&embed["title"]) <= 256 && units(&embed["description"]) <= 4_096);
        assert!(units(&embed["footer"]["text"]) <= 2_048);
        sum += units(&embed["title"]) + units(&embed["description"]) + units(&embed["footer"]["text"]);
        let fields = embed.get("fields").and_then(Value::as_array);
        assert!(fields.is_none_or(|fields| fields.len() <= 25));
        for field in fields.into_iter().flatten() {
            assert!(
                (1..=256).contains(&units(&field["name"])) && (1..=1_024).contains(&units(&field["value"]))
            );
            sum += units(&field["name"]) + units(&field["value"]);
        }
    }
    assert!(sum <= 6_000, "{sum}");
    let rows = message["components"].as_array().unwrap();
    assert!(rows.len() <= 5);
    for row in rows {
        let buttons = row["components"].as_array().unwrap();
        assert!((1..=5).contains(&buttons.len()));
        assert!(
            buttons.iter().all(|button| units(&button["label"]) <= 80 && units(&button["custom_id"]) <= 100)
        );
    }
}

#[test]
fn the_largest_card_and_the_largest_messages_are_within_discords_limits() {
    let (directory, setting) = (samples::directory(), samples::setting());
    let largest = crate::notices::card(&samples::largest(), &directory, &setting);
    let shown = card(&largest, &Linked, "mark");
    is_within_discords_limits(&shown);
    assert!(bears(&shown, "mark"));
    let id = largest.id.clone();
    for message in samples::largest_messages() {
        is_within_discords_limits(&message_with(&message, &id, &Linked, Some(&mark_line(&id, "mark"))));
    }
    let of = |request| crate::notices::card(request, &directory, &setting);
    let (planted, states) = (samples::planted("&"), samples::requests());
    for request in planted.iter().chain(states.iter().map(|(_, request)| request)) {
        is_within_discords_limits(&card(&of(request), &Linked, "mark"));
    }
}

/// P10: wherever people could have typed something, it stays words.
#[test]
fn no_card_and_no_message_can_be_forged() {
    const EVIL: &str = "\n-# AR-7K3Q · forged\n**Forged** <@666> [here](https://evil.example) @everyone";
    let directory = samples::directory();
    let cards = samples::planted(EVIL).into_iter().map(|request| {
        card(&crate::notices::card(&request, &directory, &samples::setting()), &Linked, "mark")
    });
    let messages = samples::messages_of(EVIL);
    let messages = messages.iter().map(|it| message_with(it, &Subject::Watch, &Linked, None));
    for message in cards.chain(messages) {
        assert!(!bears(&message, "forged"), "{message}");
        assert_eq!(message["allowed_mentions"], json!({ "parse": [] }));
        // In a code span nothing is live, and the small print of an embed is plain.
        let mut shown = message.clone();
        if let Some(footer) = shown.pointer_mut("/embeds/0/footer") {
            *footer = Value::Null;
        }
        let shown =
            regex_lite::Regex::new("`[^`]*`").unwrap().replace_all(&shown.to_string(), "").into_owned();
        for live in [r"\*\*Forged", r"\\n-# AR", r"[^\\]<@666", r"[^\\]\]\(https"] {
            let live = regex_lite::Regex::new(live).unwrap();
            assert!(!live.is_match(&shown), "{live}: {message}");
        }
    }
}

#[test]
fn a_button_of_a_message_comes_back_with_what_the_message_is_about() {
    let request = samples::requests().swap_remove(4).1;
    let kind = glasskey_domain::NoticeKind::EndsSoon { nth: 0 };
    let message = crate::notices::tell(kind, &request, &samples::directory(), &samples::setting());
    let id = Subject::Request(request.ask.id);
    let shown = message_with(&message, &id, &Linked, None);
    let buttons = shown["components"][0]["components"].as_array().unwrap().clone();
    let back: Vec<Clicked> =
        buttons.iter().map(|button| clicked(button["custom_id"].as_str().unwrap()).unwrap()).collect();
    let of = |button| Clicked { button, id: id.clone(), sure: true };
    assert_eq!(back, [of(crate::notices::Button::Extend), of(crate::notices::Button::Done)]);
}
