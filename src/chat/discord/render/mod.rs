//! Text and cards → what Discord shows. The last step: everything is escaped and cut here, and nothing is decided.
//!
//! Limits: platform-rules §2 and Discord's OpenAPI document. All are counted in UTF-16 units, of which there are never
//! fewer than characters.

mod buttons;
mod markdown;

use glasskey_domain::Subject;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub use buttons::{Clicked, clicked, sure};
pub use markdown::Names;

use crate::notices::{Card, Entry, Message, Section, Span, Text, Tone, quoted};
use markdown::{CUT, cut, lines, plain, shortened, size, words};

/// Longest content of a message.
const CONTENT_MAX: usize = 2_000;
/// Longest description of an embed.
const DESCRIPTION_MAX: usize = 4_096;
/// Longest sum over all that is in the embeds of a message.
const EMBEDS_MAX: usize = 6_000;
/// Longest title of an embed.
const TITLE_MAX: usize = 256;
/// Most fields of an embed.
const FIELDS_MAX: usize = 25;
/// Longest value of a field.
const FIELD_MAX: usize = 1_024;
/// Room for the status of a card: three times the longest that we write.
const STATUS_MAX: usize = 1_600;
/// Room for a reason of 500 characters, all of them escaped.
const REASON_MAX: usize = 1_100;
/// Room for the small print of a card, where Discord would take 2,048: the facts need it more.
const SMALL_PRINT_MAX: usize = 600;
/// Room for saying how much was left out.
const LEFT_OUT_MAX: usize = 80;
/// Shows no preview of a link: a page of somebody else's has no place under a message of ours.
const SUPPRESS_EMBEDS: u32 = 1 << 2;
/// Crockford base 32, without the letters that are taken for digits.
const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// What makes a line small print.
const SMALL: &str = "-# ";
/// Symbols of a mark: 40 bits, for a few hundred messages among which it is looked for.
const MARK_SYMBOLS: usize = 8;

/// The mark by which a message is found again: it is made of the message's key, and of nothing else.
#[must_use]
pub fn mark(key: &str) -> String {
    let hash = Sha256::digest(key.as_bytes());
    let symbol = |byte: &u8| SYMBOLS.get(usize::from(byte % 32)).copied().map(char::from);
    hash.iter().take(MARK_SYMBOLS).filter_map(symbol).collect()
}

/// The last line of a message that has a mark. No line of it is a person's, so nobody can write one.
#[must_use]
pub fn mark_line(id: &Subject, mark: &str) -> String {
    format!("{SMALL}{id} · {mark}")
}

/// Whether a message of ours, as Discord keeps it, has this mark.
#[must_use]
pub fn bears(message: &Value, mark: &str) -> bool {
    let last = |pointer: &str| message.pointer(pointer).and_then(Value::as_str)?.lines().last();
    let ends = |line: &str| line.ends_with(&format!(" · {mark}"));
    // Small print at the beginning of a line is ours: what people typed is escaped.
    let small = last("/content").is_some_and(|line| line.starts_with(SMALL) && ends(line));
    small || last("/embeds/0/footer/text").is_some_and(ends)
}

/// Nobody is shouted at by a message, whatever it says.
fn nobody() -> Value {
    json!({ "parse": [] })
}

/// A message of text alone, with its mark line if it has one: as content, or in embeds when it is long. What is longer
/// still is cut at a line, with a mark that says so.
#[must_use]
pub fn message(text: &Text, names: &dyn Names, mark_line: Option<&str>) -> Value {
    let rendered = lines(text, names);
    let whole: Vec<String> = rendered.iter().map(|line| line.within(DESCRIPTION_MAX)).collect();
    let small = mark_line.map(str::to_owned).unwrap_or_default();
    let content =
        whole.iter().map(String::as_str).chain(mark_line).collect::<Vec<_>>().join("\n").trim().to_owned();
    if size(&content) <= CONTENT_MAX {
        return json!({
            "content": content, "embeds": [], "components": [], "flags": SUPPRESS_EMBEDS, "allowed_mentions": nobody(),
        });
    }
    let embeds: Vec<Value> =
        pages(whole).into_iter().map(|description| json!({ "description": description })).collect();
    json!({ "content": small, "embeds": embeds, "components": [], "flags": 0, "allowed_mentions": nobody() })
}

/// What concerns one person, with what can be done about the first of it: more buttons than fit are not shown, and their
/// commands do the same.
#[must_use]
pub fn mine(sections: &[Section], names: &dyn Names) -> Value {
    let mut text = Text::new();
    for section in sections {
        text = text.bold(section.title).line();
        if section.entries.is_empty() {
            text = text.say("Nothing now.").line();
        }
        for entry in &section.entries {
            text = text.and(entry.text.clone()).line();
        }
        if section.more > 0 {
            text = text
                .say(format!("and {} more; ", section.more))
                .hint("`/elevate list` shows the rest")
                .line();
        }
    }
    let mut message = message(&text, names, None);
    let entries = sections.iter().flat_map(|section| &section.entries);
    let acting: Vec<&Entry> = entries.filter(|entry| !entry.buttons.is_empty()).collect();
    if let Some(fields) = message.as_object_mut() {
        fields.insert("components".to_owned(), json!(buttons::rows_of(&acting)));
    }
    message
}

/// A message with its buttons, which are about `id`.
#[must_use]
pub fn message_with(message: &Message, id: &Subject, names: &dyn Names, mark_line: Option<&str>) -> Value {
    let mut body = self::message(&message.text, names, mark_line);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("components".to_owned(), json!(buttons::rows(&message.buttons, id)));
    }
    body
}

/// Lines on as few pages as they need, all pages together within what a message takes.
fn pages(lines: Vec<String>) -> Vec<String> {
    let (mut pages, mut open, mut total, mut left_out) = (Vec::new(), String::new(), 0, 0);
    for line in lines {
        let more = size(&line) + 1;
        total += more;
        if left_out > 0 || total > EMBEDS_MAX - LEFT_OUT_MAX {
            left_out += 1;
            continue;
        }
        if size(&open) + more > DESCRIPTION_MAX {
            pages.push(std::mem::take(&mut open));
        }
        if !open.is_empty() {
            open.push('\n');
        }
        open.push_str(&line);
    }
    pages.push(open);
    if left_out > 0 {
        let lines = if left_out == 1 { "line" } else { "lines" };
        pages.push(format!("{CUT} and {left_out} more {lines}, which do not fit a message of Discord"));
    }
    pages.retain(|page| !page.trim().is_empty());
    pages
}

/// What an approver sees first: whether they must act.
fn look(tone: Tone) -> (&'static str, u32) {
    match tone {
        Tone::Waiting => ("🟡", 0x00F1_C40F),
        Tone::Busy => ("⏳", 0x0034_98DB),
        Tone::Open => ("🟢", 0x002E_CC71),
        Tone::Done => ("✅", 0x0095_A5A6),
        Tone::No => ("🚫", 0x0060_7D8B),
        Tone::Alarm => ("🚨", 0x00E7_4C3C),
    }
}

/// A card. `mark`: see [`mark`]; it ends the small print.
#[must_use]
pub fn card(card: &Card, names: &dyn Names, mark: &str) -> Value {
    let (sign, colour) = look(card.tone);
    let title = joined(&head(&card.title), names, TITLE_MAX - size(sign) - 1);
    let title = format!("{sign} {title}");
    let mut description = joined(&card.status, names, STATUS_MAX);
    if !card.reason.trim().is_empty() {
        description.push_str("\n> ");
        description.push_str(&words(&quoted(&card.reason), REASON_MAX));
    }
    let footer = format!("{} · {mark}", cut(&plain(&card.footer), SMALL_PRINT_MAX));
    let used = size(&title) + size(&description) + size(&footer);
    let fields = fields(card, names, EMBEDS_MAX.saturating_sub(used));
    let embed = json!({
        "title": title,
        "description": description,
        "color": colour,
        "fields": fields,
        "footer": { "text": footer },
    });
    let components = buttons::rows(&card.buttons, &card.id);
    json!({ "content": "", "embeds": [embed], "components": components, "allowed_mentions": nobody() })
}

/// The facts, as far as there is room. Discord takes no field without a name or a value.
fn fields(card: &Card, names: &dyn Names, mut left: usize) -> Vec<Value> {
    let mut fields = Vec::new();
    let shown = card.facts.len().min(FIELDS_MAX);
    for (place, (label, value)) in card.facts.iter().take(FIELDS_MAX).enumerate() {
        // Each has its share: what one does not need, those after it have.
        let share = left / shown.saturating_sub(place).max(1);
        let room = share.saturating_sub(size(label)).min(FIELD_MAX);
        let value = joined(value, names, room);
        if value.trim().is_empty() {
            continue;
        }
        left = left.saturating_sub(size(label) + size(&value));
        fields.push(json!({ "name": label, "value": value, "inline": true }));
    }
    fields
}

/// A text as content: where there is no message around it.
pub(super) fn words_of(text: &Text, names: &dyn Names) -> String {
    joined(text, names, CONTENT_MAX)
}

/// All lines of a text within so many units.
fn joined(text: &Text, names: &dyn Names, max: usize) -> String {
    let (mut out, mut left) = (String::new(), max);
    for (place, line) in lines(text, names).iter().enumerate() {
        if place > 0 {
            if left <= size(CUT) {
                break;
            }
            out.push('\n');
            left -= 1;
        }
        let taken = line.within(left);
        left = left.saturating_sub(size(&taken));
        out.push_str(&taken);
    }
    out
}

/// A text as the head of an embed, where Discord shows neither mentions nor times, and all is bold.
fn head(text: &Text) -> Text {
    let spans = text.0.iter().map(|span| match span {
        Span::Bold(words) => Span::Plain(words.clone()),
        Span::Person { name, .. } | Span::Name(name) => Span::Plain(shortened(name)),
        Span::Link { text, .. } => Span::Plain(text.clone()),
        Span::Time(at) => Span::Plain(at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        Span::Line => Span::Plain(" ".to_owned()),
        Span::Plain(_) | Span::Code(_) | Span::Quote(_) => span.clone(),
    });
    Text(spans.collect())
}

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod tests;
