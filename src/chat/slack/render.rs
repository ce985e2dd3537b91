//! Text and cards → Block Kit. The last step: everything is escaped and cut here, and nothing is decided.

use glasskey_domain::{PersonId, Subject};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::chat::hall::asked_first;
use crate::chat::tidy::tidy;
use crate::notices::{Button, Card, Message, Span, Text, Tone, quoted};

/// Longest text of a section. Source: Block Kit reference (platform-rules §1.4).
const SECTION_MAX: usize = 3_000;
/// Longest text of one field of a section. Same source.
const FIELD_MAX: usize = 2_000;
/// Most fields of a section, and elements of a row of buttons. Same source.
const FIELDS_MAX: usize = 10;
const BUTTONS_MAX: usize = 25;
/// Room for the title, the reason and the small print of a card: more than ours ever need, so that all facts have some.
const TITLE_MAX: usize = 1_200;
const REASON_MAX: usize = 1_000;
const FOOTER_MAX: usize = 1_000;
/// Longest fallback text: longer ones are refused by `chat.update` (platform-rules §1.4).
const FALLBACK_MAX: usize = 3_900;
/// Longest text of a message of ours, all blocks together. Slack refuses more than some 13,200 characters, which it
/// documents nowhere (platform-rules §1.4).
const MESSAGE_MAX: usize = 12_000;
/// Longest name of a person that is shown: theirs may be a page.
const NAME_MAX: usize = 80;
/// What shows that something was cut.
const CUT: char = '…';

/// Knows the Slack user of a person, when there is one.
pub(super) trait Names {
    /// The Slack user id.
    fn slack_user(&self, person: &PersonId) -> Option<String>;
}

/// Exactly the three that Slack asks for. Source: docs.slack.dev, formatting message text.
pub(super) fn escape(text: &str) -> String {
    tidy(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The other way round, for what Slack sends with `should_escape`: once, and `&amp;` last.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Cut at a character, with a mark. Never inside an escape such as `&lt;`, nor inside `<…>`; what is code stays code, or what
/// is in it would come to life.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept = whole_within(text, max.saturating_sub(1));
    if kept.matches('`').count().is_multiple_of(2) {
        return format!("{kept}{CUT}");
    }
    let kept = whole_within(text, max.saturating_sub(2));
    let close = if kept.matches('`').count().is_multiple_of(2) { "" } else { "`" };
    format!("{kept}{CUT}{close}")
}

/// The first so many characters, less what would be cut in two.
fn whole_within(text: &str, max: usize) -> String {
    let mut kept: String = text.chars().take(max).collect();
    for (open, close) in [('&', ';'), ('<', '>')] {
        if let Some(start) = kept.rfind(open)
            && !kept.split_at(start).1.contains(close)
        {
            kept.truncate(start);
        }
    }
    kept
}

/// Slack's `mrkdwn`.
pub(super) fn mrkdwn(text: &Text, names: &dyn Names) -> String {
    let mut out = String::new();
    for span in &text.0 {
        match span {
            Span::Plain(words) => out.push_str(&escape(words)),
            Span::Bold(words) => {
                out.push('*');
                out.push_str(&escape(words).replace('*', "∗"));
                out.push('*');
            }
            Span::Code(words) if words.trim().is_empty() => {}
            Span::Code(words) => {
                out.push('`');
                out.push_str(&escape(words).replace('`', "'"));
                out.push('`');
            }
            Span::Quote(typed) => out.push_str(&flat(&quoted(&escape(typed)))),
            Span::Person { person, name } => match names.slack_user(person) {
                Some(user) => out.push_str(&format!("<@{}>", escape(&user))),
                None => out.push_str(&display_name(name)),
            },
            Span::Name(name) => out.push_str(&display_name(name)),
            Span::Time(at) => out.push_str(&date(*at)),
            Span::Link { url, text } => {
                out.push_str(&format!("<{}|{}>", link(url), escape(text).replace('|', "¦")))
            }
            Span::Line => out.push('\n'),
        }
    }
    out
}

/// A display name is free text: no formatting may come out of it.
fn display_name(name: &str) -> String {
    escape(&cut(name, NAME_MAX)).replace(['*', '_', '~', '`'], "")
}

/// Without the marks that `mrkdwn` makes something of; the text stays readable, and `db_main` what it is.
fn flat(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let inside = |place: usize| {
        let word =
            |place: Option<usize>| place.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphanumeric());
        word(place.checked_sub(1)) && word(place.checked_add(1))
    };
    let mark = |(place, c): (usize, &char)| match c {
        '*' => '∗',
        '~' => '∼',
        '`' => '\'',
        '_' if !inside(place) => '＿',
        other => *other,
    };
    text.iter().enumerate().map(mark).collect()
}

/// Addresses are ours, but no character of one may end the link.
fn link(url: &str) -> String {
    url.replace('&', "&amp;").replace('<', "%3C").replace('>', "%3E").replace('|', "%7C")
}

/// A time that each reader sees in their own zone. Source: docs.slack.dev, date formatting.
fn date(at: Timestamp) -> String {
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{}>", at.as_second(), at.strftime("%Y-%m-%d %H:%M UTC"))
}

/// The text that notifications and screen readers get.
pub(super) fn fallback(text: &Text) -> String {
    cut(&escape(&text.plain()), FALLBACK_MAX)
}

/// A text object. `verbatim`, because otherwise Slack makes links of addresses and names of channels, and mentions of some
/// words, that people typed (P10). Source: docs.slack.dev, text object.
fn words(text: &str, max: usize) -> Value {
    json!({ "type": "mrkdwn", "text": cut(text, max), "verbatim": true })
}

pub(super) fn section(text: &str) -> Value {
    json!({ "type": "section", "text": words(text, SECTION_MAX) })
}

/// A message of text alone: a long one in several sections, and one that is longer than Slack takes cut at a line, with a
/// mark that says so.
pub(super) fn message(text: &Text, names: &dyn Names) -> Value {
    let rendered = mrkdwn(text, names);
    let (mut sections, mut open, mut length, mut left_out) = (Vec::new(), String::new(), 0, 0);
    for line in rendered.split('\n').map(|line| cut(line, SECTION_MAX)) {
        let more = line.chars().count() + 1;
        length += more;
        if left_out > 0 || length > MESSAGE_MAX {
            left_out += 1;
            continue;
        }
        if open.chars().count() + more > SECTION_MAX {
            sections.push(std::mem::take(&mut open));
        }
        if !open.is_empty() {
            open.push('\n');
        }
        open.push_str(&line);
    }
    sections.push(open);
    if left_out > 0 {
        let lines = if left_out == 1 { "line" } else { "lines" };
        sections.push(format!("{CUT} and {left_out} more {lines}, which do not fit a message of Slack"));
    }
    sections.iter().filter(|text| !text.trim().is_empty()).map(|text| section(text)).collect()
}

/// A message with its buttons, which are about `id`.
pub(super) fn message_with(message: &Message, id: &Subject, names: &dyn Names) -> Value {
    let mut blocks = self::message(&message.text, names);
    if let (Some(blocks), false) = (blocks.as_array_mut(), message.buttons.is_empty()) {
        blocks.push(actions(&format!("{id}.actions"), &message.buttons, id));
    }
    blocks
}

/// What an approver sees first: whether they must act.
fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Waiting => ":large_yellow_circle:",
        Tone::Busy => ":hourglass_flowing_sand:",
        Tone::Open => ":large_green_circle:",
        Tone::Done => ":white_check_mark:",
        Tone::No => ":no_entry_sign:",
        Tone::Alarm => ":rotating_light:",
    }
}

/// A card.
pub(super) fn card(card: &Card, names: &dyn Names) -> Value {
    // New block ids with each version: with the old ones Slack clients keep old input (platform-rules §1.4).
    let block = |part: &str| format!("{}.{}.{part}", card.id, card.version);
    let reason = cut(&quoted(&tidy(&card.reason)), REASON_MAX);
    let title = cut(&format!("{} {}", mark(card.tone), mrkdwn(&card.title, names)), TITLE_MAX);
    let status = cut(&mrkdwn(&card.status, names), SECTION_MAX);
    let footer = cut(&mrkdwn(&card.footer, names), FOOTER_MAX);
    let used: usize = [&title, &status, &reason, &footer].iter().map(|text| text.chars().count()).sum();
    let fields = fields(card, names, MESSAGE_MAX.saturating_sub(used));
    let mut blocks = vec![
        json!({ "type": "section", "block_id": block("title"), "text": words(&title, SECTION_MAX) }),
        json!({ "type": "section", "block_id": block("status"), "text": words(&status, SECTION_MAX) }),
    ];
    if !card.reason.trim().is_empty() {
        blocks.push(json!({ "type": "section", "block_id": block("reason"), "text": { "type": "plain_text", "text": reason, "emoji": false } }));
    }
    // Slack takes no section without anything in it.
    for (place, fields) in fields.chunks(FIELDS_MAX).enumerate() {
        let part = if place == 0 { "facts".to_owned() } else { format!("facts{place}") };
        blocks.push(json!({ "type": "section", "block_id": block(&part), "fields": fields }));
    }
    if !card.buttons.is_empty() {
        blocks.push(actions(&block("actions"), &card.buttons, &card.id));
    }
    blocks.push(json!({
        "type": "context",
        "block_id": block("footer"),
        "elements": [words(&footer, FIELD_MAX)],
    }));
    Value::Array(blocks)
}

/// The facts, each with its share of the room there is: what one does not need, those after it have.
fn fields(card: &Card, names: &dyn Names, mut left: usize) -> Vec<Value> {
    let mut fields = Vec::new();
    for (place, (label, value)) in card.facts.iter().enumerate() {
        let share = left / card.facts.len().saturating_sub(place).max(1);
        let text = cut(&format!("*{label}*\n{}", mrkdwn(value, names)), share.min(FIELD_MAX));
        left = left.saturating_sub(text.chars().count());
        fields.push(words(&text, FIELD_MAX));
    }
    fields
}

/// The text that notifications get of a card.
pub(super) fn card_fallback(card: &Card) -> String {
    fallback(&card.title.clone().say(" · ").and(card.status.clone()))
}

/// A row of buttons about something.
fn actions(block_id: &str, buttons: &[Button], id: &Subject) -> Value {
    let elements: Vec<Value> = buttons.iter().take(BUTTONS_MAX).map(|shown| button(*shown, id)).collect();
    json!({ "type": "actions", "block_id": block_id, "elements": elements })
}

pub(super) fn button(button: Button, id: &Subject) -> Value {
    // The value is an opaque id; who may do what is decided anew at the click.
    let mut element = json!({
        "type": "button",
        "action_id": button.action(),
        "text": { "type": "plain_text", "text": button.label(), "emoji": false },
        "value": button.value(id),
    });
    let Some(object) = element.as_object_mut() else { return element };
    if let Some(style) = style(button) {
        object.insert("style".to_owned(), json!(style));
    }
    if let Some(ask) = asked_first(button) {
        let plain = |text: &str| json!({ "type": "plain_text", "text": text });
        object.insert("confirm".to_owned(), json!({ "title": plain(ask.title), "text": plain(ask.text), "confirm": plain(ask.yes), "deny": plain(ask.no), "style": "danger" }));
    }
    element
}

fn style(button: Button) -> Option<&'static str> {
    match button {
        Button::Approve
        | Button::ApproveExtension { .. }
        | Button::Confirm
        | Button::Acknowledge
        | Button::Review => Some("primary"),
        Button::Deny
        | Button::DenyExtension { .. }
        | Button::Object
        | Button::Decline
        | Button::End
        | Button::EndAndCut
        | Button::Alone
        | Button::Off => Some("danger"),
        Button::ApproveLess
        | Button::Withdraw
        | Button::Extend
        | Button::CancelExtension
        | Button::Done
        | Button::Repeat => None,
    }
}

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;
    impl Names for Nobody {
        fn slack_user(&self, _: &PersonId) -> Option<String> {
            None
        }
    }

    #[test]
    fn what_people_type_cannot_become_a_mention_a_link_or_a_line() {
        for typed in
            ["<!channel>", "<@U1>", "<https://evil|https://console.aws.amazon.com>", "a\nb\r\nc", "\u{202E}x"]
        {
            for text in [
                Text::new().say(typed),
                Text::new().code(typed),
                Text::new().bold(typed),
                Text::new().quote(typed),
            ] {
                let out = mrkdwn(&text, &Nobody);
                assert!(!out.contains('<') && !out.contains('\n') && !out.contains('\u{202E}'), "{out}");
            }
        }
    }

    #[test]
    fn no_formatting_comes_out_of_a_quotation() {
        let out = mrkdwn(&Text::new().quote("*Confirmed* _by_ ~Bo~ of db_main `AR-7K3Q`” and “"), &Nobody);
        assert_eq!(out, "“∗Confirmed∗ ＿by＿ ∼Bo∼ of db_main 'AR-7K3Q'\" and \"”");
    }

    #[test]
    fn a_long_message_is_split_at_lines_and_says_what_it_left_out() {
        let line = "x".repeat(99);
        let text = |lines: usize| {
            (0..lines).fold(
                Text::new(),
                |text, nth| {
                    if nth > 0 { text.line().say(&line) } else { text.say(&line) }
                },
            )
        };
        let sizes = |value: &Value| -> Vec<usize> {
            let blocks = value.as_array().unwrap().iter();
            blocks.map(|block| block["text"]["text"].as_str().unwrap().chars().count()).collect()
        };
        assert_eq!(sizes(&message(&text(1), &Nobody)), [99]);
        assert_eq!(sizes(&message(&text(30), &Nobody)), [2_999]);
        assert_eq!(sizes(&message(&text(31), &Nobody)), [2_999, 99]);
        let long = message(&text(500), &Nobody);
        assert_eq!(sizes(&long)[..4], [2_999; 4]);
        assert_eq!(long[4]["text"]["text"], "… and 380 more lines, which do not fit a message of Slack");
        let one = message(&Text::new().say("x".repeat(20_000)), &Nobody);
        assert_eq!(sizes(&one), [SECTION_MAX]);
    }

    #[test]
    fn slack_is_told_to_make_nothing_of_what_people_typed() {
        let block = message(&Text::new().say("@here see https://evil.example #general"), &Nobody);
        assert_eq!(block.pointer("/0/text/verbatim"), Some(&json!(true)));
    }

    #[test]
    fn what_slack_escaped_is_read_once() {
        assert_eq!(unescape("a &amp;lt; b &lt;c&gt;"), "a &lt; b <c>");
        assert_eq!(escape(&unescape("a &lt;b&gt; &amp; c")), "a &lt;b&gt; &amp; c");
    }

    #[test]
    fn a_cut_text_says_so_and_cuts_no_escape() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("ab&lt;cdef", 6), "ab…");
        assert_eq!(cut("ab&lt;cdef", 8), "ab&lt;c…");
        assert_eq!(cut("ab<@U123>cdef", 6), "ab…");
        assert_eq!(cut("ab`cdef`", 6), "ab`c…`");
        assert_eq!(cut("`ab`cdef", 6), "`ab`c…");
    }
}
