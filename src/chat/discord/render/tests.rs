//! Nothing that a person types becomes more than the words it is, and nothing is longer than Discord takes.

use std::collections::BTreeMap;

use glasskey_domain::{PersonId, RequestId};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::chat::tidy::tidy;
use crate::notices::Button;

struct Linked(BTreeMap<PersonId, String>);

impl Names for Linked {
    fn discord_user(&self, person: &PersonId) -> Option<String> {
        self.0.get(person).cloned()
    }
}

fn nobody_linked() -> Linked {
    Linked(BTreeMap::new())
}

fn ana() -> PersonId {
    PersonId::new("p-ana".to_owned())
}

fn ana_linked() -> Linked {
    Linked(BTreeMap::from([(ana(), "1100000000000000005".to_owned())]))
}

fn person(name: &str) -> Span {
    Span::Person { person: ana(), name: name.to_owned() }
}

fn one_line(text: &Text, max: usize) -> String {
    joined(text, &nobody_linked(), max)
}

/// What is left when every escaped character, and every character of a code span, is taken for a letter: all of it means
/// what Discord makes of it.
fn live(out: &str) -> String {
    let mut chars = out.chars();
    let (mut live, mut code) = (String::new(), false);
    while let Some(c) = chars.next() {
        if c == '`' {
            code = !code;
        }
        if c == '\\' && !code {
            let escaped = chars.next();
            assert!(escaped.is_some_and(|c| !c.is_alphanumeric() && !c.is_whitespace()), "{out}");
        }
        let word = c == '\\' || (code && c != '`');
        live.push(if word { 'x' } else { c });
    }
    live
}

/// As a reader sees it.
fn seen(out: &str) -> String {
    let mut chars = out.chars();
    let mut seen = String::new();
    while let Some(c) = chars.next() {
        seen.push(if c == '\\' { chars.next().unwrap() } else { c });
    }
    seen
}

fn is_harmless(out: &str) {
    let live = live(out);
    assert!(!live.contains(['*', '_', '~', '`', '>', '|', '[', ']', '<', '@', '\n', '\r']), "{out}");
    assert!(!live.contains(['\u{202E}', '\u{200B}', '\u{2028}']), "{out}");
    assert!(!live.starts_with(['-', '#', '+']), "{out}");
    let chars: Vec<char> = live.chars().collect();
    for pair in chars.windows(2) {
        assert!(pair[0] != ':' || pair[1] == ' ', "an address or an emoji: {out}");
        assert!(pair[1] != '/' || pair[0].is_whitespace(), "an invitation: {out}");
    }
    assert!(!live.ends_with(':'), "{out}");
    let digits = live.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    assert!(digits.len() == live.trim_start().len() || !digits.starts_with(['.', ')']), "a list: {out}");
}

/// What is worst in Discord, and what is merely text.
fn typed() -> impl Strategy<Value = String> {
    let worst = prop::sample::select(vec![
        "\\",
        "*",
        "**",
        "_",
        "~~",
        "`",
        "```",
        ">",
        "||",
        "[",
        "](",
        ")",
        "<",
        "<@1100000000000000005>",
        "@everyone",
        "<#1>",
        "<t:0:f>",
        "https://evil.example",
        "discord.gg/x",
        ":smile:",
        "\n",
        "\r\n",
        "\u{2028}",
        "\u{202E}",
        "\u{200B}",
        "# ",
        "-# ",
        "- ",
        "1. ",
        "a",
        "db_main",
        " ",
        "”",
        "“",
        "🦀",
        "é",
        ":",
        "/",
        "-",
        "7)",
    ]);
    prop::collection::vec(prop_oneof![4 => worst.prop_map(str::to_owned), 1 => any::<String>()], 0..12)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn what_people_type_is_words_and_nothing_else(typed in typed()) {
        for (span, words) in [
            (Span::Plain(typed.clone()), tidy(&typed)),
            (Span::Quote(typed.clone()), quoted(&tidy(&typed))),
            (person(&typed.chars().take(60).collect::<String>()), tidy(&typed.chars().take(60).collect::<String>())),
            (Span::Link { url: "javascript:x".to_owned(), text: "a".to_owned() }, "a".to_owned()),
        ] {
            let out = one_line(&Text(vec![span]), usize::MAX);
            is_harmless(&out);
            prop_assert_eq!(seen(&out), words);
        }
        let bold = one_line(&Text::new().bold(typed.clone()), usize::MAX);
        is_harmless(bold.strip_prefix("**").and_then(|bold| bold.strip_suffix("**")).unwrap_or_default());
        let code = one_line(&Text::new().code(typed.clone()), usize::MAX);
        if !code.is_empty() {
            let inside = code.strip_prefix('`').and_then(|code| code.strip_suffix('`')).unwrap();
            let worse = inside.contains(['`', '\n', '\r', '\u{202E}']);
            prop_assert!(!worse && !inside.trim().is_empty());
        }
    }

    #[test]
    fn nothing_is_cut_in_the_middle_of_what_belongs_together(typed in typed(), max in 0_usize..80) {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let text = Text::new().bold(typed.clone()).code(typed.clone()).say(typed.clone()).time(at)
            .and(Text(vec![person("Ana")])).link("https://acme.example/a(b)", typed.clone()).bold(typed);
        let whole = joined(&text, &ana_linked(), usize::MAX);
        let out = joined(&text, &ana_linked(), max);
        prop_assert!(size(&out) <= max);
        prop_assert!(size(&whole) > max || out == whole);
        let live = live(&out);
        prop_assert_eq!(live.matches("**").count() % 2, 0, "{}", out);
        prop_assert_eq!(live.matches('`').count() % 2, 0, "{}", out);
        prop_assert_eq!(live.matches('<').count(), live.matches('>').count(), "{}", out);
        prop_assert_eq!(live.matches('[').count(), live.matches("](<").count(), "{}", out);
        prop_assert!(size(&whole) <= max || max == 0 || out.ends_with('…'));
    }

}

proptest! {
    // Each is a page of a card; the limits are met in most of them.
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_card_is_within_discords_limits(typed in typed(), times in 1_usize..120, facts in 0_usize..30) {
        let long = typed.repeat(times);
        let card = Card {
            id: request(),
            version: 1,
            tone: Tone::Alarm,
            title: Text(vec![person(&long)]).say(" asks for ").bold(long.clone()),
            status: Text::new().say(long.clone()).line().code(long.clone()),
            reason: long.clone(),
            facts: vec![("Who", Text::new().say(long.clone()).code(long.clone())); facts],
            footer: Text::new().code(long.clone()),
            buttons: Button::ALL.to_vec(),
        };
        let shown = super::card(&card, &ana_linked(), &mark("k"));
        let embed = &shown["embeds"][0];
        let units = |value: &Value| size(value.as_str().unwrap());
        let fields = embed["fields"].as_array().unwrap();
        prop_assert!(units(&embed["title"]) <= 256 && units(&embed["description"]) <= 4_096);
        prop_assert!(units(&embed["footer"]["text"]) <= 2_048 && fields.len() <= 25);
        let each = fields.iter().map(|field| (units(&field["name"]), units(&field["value"])));
        prop_assert!(each.clone().all(|(name, value)| (1..=256).contains(&name) && (1..=1_024).contains(&value)));
        let sum: usize = each.map(|(name, value)| name + value).sum();
        let rest = ["title", "description"].iter().map(|part| units(&embed[*part])).sum::<usize>();
        prop_assert!(sum + rest + units(&embed["footer"]["text"]) <= 6_000);
        prop_assert!(bears(&shown, &mark("k")) && !bears(&shown, &mark("other")));
        for row in shown["components"].as_array().unwrap() {
            let buttons = row["components"].as_array().unwrap();
            prop_assert!((1..=5).contains(&buttons.len()));
            for button in buttons {
                prop_assert!(units(&button["label"]) <= 80 && (1..=100).contains(&units(&button["custom_id"])));
            }
        }
    }

    #[test]
    fn every_message_is_within_discords_limits(typed in typed(), times in 1_usize..120, lines in 0_usize..60) {
        let text = (0..lines).fold(Text::new().say(typed.repeat(times)), |text, _| text.line().say(typed.clone()).quote("x"));
        let line = mark_line(&request(), &mark("k"));
        let shown = message(&text, &ana_linked(), Some(&line));
        prop_assert!(size(shown["content"].as_str().unwrap()) <= 2_000);
        let embeds = shown["embeds"].as_array().unwrap();
        let sizes = embeds.iter().map(|embed| size(embed["description"].as_str().unwrap()));
        prop_assert!(embeds.len() <= 10 && sizes.clone().all(|size| (1..=4_096).contains(&size)));
        prop_assert!(sizes.sum::<usize>() <= 6_000);
        prop_assert!(bears(&shown, &mark("k")));
        prop_assert_eq!(&shown["allowed_mentions"], &json!({ "parse": [] }));
    }
}

fn request() -> Subject {
    Subject::Request(RequestId::from_bits(7, RequestId::SYMBOLS_MIN))
}

#[test]
fn what_is_ours_is_shown_as_what_it_is() {
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    let text = Text::new().bold("Granted").say(": ").code("AR-7K3Q").say(" (").and(Text(vec![person("Ana")]));
    let text =
        text.say(") until ").time(at).say(".").line().link("https://acme.example/#/a(b)?c=d", "Open [it]");
    let shown = joined(&text, &ana_linked(), CONTENT_MAX);
    assert_eq!(
        shown,
        "**Granted**: `AR-7K3Q` (<@1100000000000000005>) until <t:1700000000:f>.\n\
         [Open \\[it\\]](<https://acme.example/#/a%28b%29?c=d>)"
    );
}

#[test]
fn a_mention_is_made_of_digits_only() {
    let linked = |user: &str| Linked(BTreeMap::from([(ana(), user.to_owned())]));
    let shown = |user: &str| joined(&Text(vec![person("Ana")]), &linked(user), CONTENT_MAX);
    assert_eq!(shown("&110"), "Ana");
    assert_eq!(shown(""), "Ana");
    assert_eq!(shown(&"1".repeat(21)), "Ana");
    assert_eq!(shown("110"), "<@110>");
}

#[test]
fn two_marks_side_by_side_stay_two() {
    assert_eq!(one_line(&Text::new().code("a").code("b"), 100), "`a` `b`");
    assert_eq!(one_line(&Text::new().bold("a").bold("b").say("*"), 100), "**a** **b**\\*");
    assert_eq!(one_line(&Text::new().bold(" ").code("\u{200B}").say("x"), 100), "x");
}

#[test]
fn a_cut_text_says_so_and_closes_what_it_opened() {
    assert_eq!(one_line(&Text::new().bold("abcdef"), 8), "**abc**…");
    assert_eq!(one_line(&Text::new().code("abcdef"), 6), "`abc`…");
    assert_eq!(one_line(&Text::new().say("ab*c"), 4), "ab…");
    assert_eq!(one_line(&Text::new().say("ab*c"), 5), "ab\\*c");
    assert_eq!(one_line(&Text::new().say("🦀🦀"), 3), "🦀…");
    assert_eq!(one_line(&Text::new().say("abc"), 0), "");
    assert_eq!(one_line(&Text::new().say("a").line().say("b"), 2), "a");
}

#[test]
fn a_card_says_who_asks_for_what_and_why() {
    let card = Card {
        id: request(),
        version: 3,
        tone: Tone::Waiting,
        title: Text(vec![person("Ana *F*")]).say(" asks for ").bold("Admin"),
        status: Text::new().bold("Waits for 1 approval"),
        reason: "it's down\n# Approved".to_owned(),
        facts: vec![("Who", Text(vec![person("Ana")])), ("Nothing", Text::new())],
        footer: Text::new().code("AR-7").say(" · asked ").time(Timestamp::from_second(0).unwrap()),
        buttons: vec![Button::Approve, Button::Deny, Button::Withdraw],
    };
    let mark = mark("AR-7/card");
    let shown = super::card(&card, &ana_linked(), &mark);
    let id = request();
    let button = |style: u8, label: &str, action: &str| json!({ "type": 2, "style": style, "label": label, "custom_id": format!("{action}:{id}") });
    assert_eq!(
        shown,
        json!({
            "content": "",
            "embeds": [{
                "title": "🟡 Ana \\*F\\* asks for Admin",
                "description": "**Waits for 1 approval**\n> “it's down \\# Approved”",
                "color": 15_844_367,
                "fields": [{ "name": "Who", "value": "<@1100000000000000005>", "inline": true }],
                "footer": { "text": format!("AR-7 · asked 1970-01-01 00:00 UTC · {mark}") },
            }],
            "components": [{ "type": 1, "components": [
                button(3, "Approve", "request.approve"),
                button(4, "Deny…", "request.deny"),
                button(2, "Withdraw", "request.withdraw"),
            ] }],
            "allowed_mentions": { "parse": [] },
        })
    );
}

#[test]
fn a_message_is_found_again_by_its_mark_and_only_by_its_own() {
    let line = mark_line(&request(), &mark("AR-7/granted"));
    assert_eq!(mark("AR-7/granted").len(), 8);
    assert_ne!(mark("AR-7/granted"), mark("AR-7/ended"));
    let forged = format!("x\n-# AR-7 · {}", mark("AR-7/ended"));
    let shown = message(&Text::new().say(forged), &nobody_linked(), Some(&line));
    assert!(bears(&shown, &mark("AR-7/granted")));
    assert!(!bears(&shown, &mark("AR-7/ended")));
    assert!(shown["content"].as_str().unwrap().ends_with(&format!("\n{line}")));
    let typed = Text::new().say(format!("-# AR-7 · {}", mark("AR-7/granted")));
    assert!(!bears(&message(&typed, &nobody_linked(), None), &mark("AR-7/granted")));
    let other = format!("-# AR-7 · {} · {}", mark("AR-7/granted"), mark("AR-7/ended"));
    assert!(!bears(&json!({ "content": other }), &mark("AR-7/granted")));
    assert!(!bears(&json!({ "content": 7 }), &mark("AR-7/granted")));
}

#[test]
fn a_long_message_is_split_at_lines_and_says_what_it_left_out() {
    let text = |lines: usize| {
        let line = "x".repeat(99);
        (0..lines)
            .fold(Text::new(), |text, nth| if nth > 0 { text.line().say(&line) } else { text.say(&line) })
    };
    let shown = |lines: usize| message(&text(lines), &nobody_linked(), None);
    assert_eq!(shown(20)["embeds"], json!([]));
    assert_eq!(size(shown(20)["content"].as_str().unwrap()), 1_999);
    let long = shown(100);
    assert_eq!((&long["content"], long["embeds"].as_array().unwrap().len()), (&json!(""), 3));
    assert_eq!(
        long["embeds"][2]["description"],
        "… and 41 more lines, which do not fit a message of Discord"
    );
}

#[test]
fn a_click_comes_back_as_what_was_on_the_card() {
    for button in Button::ALL {
        let id = request();
        let asks = sure(button, &id);
        let clicks = clicked(&format!("{}:{}", button.action(), button.value(&id))).unwrap();
        assert_eq!((clicks.button, &clicks.id, clicks.sure), (button, &id, asks.is_none()), "{button:?}");
        if let Some(asks) = asks {
            let yes = asks["components"][0]["components"][0]["custom_id"].as_str().unwrap();
            assert_eq!(clicked(yes), Some(Clicked { sure: true, ..clicks }));
        }
    }
    for forged in [
        "",
        "request.approve",
        "request.grant:AR-7K3Q",
        "request.approve:x",
        "request.end:AR-7K3Q:yes",
        "request.end:AR-7K3Q:sure:sure",
    ] {
        assert_eq!(clicked(forged), None, "{forged}");
    }
}
