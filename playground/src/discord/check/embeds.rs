//! Limits of embeds (platform-rules §2): title 256, description 4096, 25 fields of 256/1024, footer 2048, author 256,
//! 10 embeds, 6000 characters over all of them.

use serde_json::Value;

use super::{Findings, list};

const EMBEDS_MAX: usize = 10;
const SUM_MAX: usize = 6_000;
const TITLE_MAX: usize = 256;
const DESCRIPTION_MAX: usize = 4_096;
const FIELDS_MAX: usize = 25;
const NAME_MAX: usize = 256;
const VALUE_MAX: usize = 1_024;
const FOOTER_MAX: usize = 2_048;
const URL_MAX: usize = 2_048;
const COLOUR_MAX: i64 = 0x00ff_ffff;

pub(super) fn embeds(found: &mut Findings, body: &Value) {
    found.count("embeds", body.get("embeds"), 0, EMBEDS_MAX);
    let mut sum = 0;
    for (n, embed) in list(body, "embeds").iter().enumerate() {
        sum += one(found, &format!("embeds.{n}"), embed);
    }
    if sum > SUM_MAX {
        let message = format!("Embed size exceeds maximum size of {SUM_MAX}");
        found.fault("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
}

/// Characters that count towards the sum.
fn one(found: &mut Findings, path: &str, embed: &Value) -> usize {
    let mut sum = found.text(&format!("{path}.title"), embed.get("title"), 0, TITLE_MAX);
    sum += found.text(&format!("{path}.description"), embed.get("description"), 0, DESCRIPTION_MAX);
    found.count(&format!("{path}.fields"), embed.get("fields"), 0, FIELDS_MAX);
    for (n, field) in list(embed, "fields").iter().enumerate() {
        let path = format!("{path}.fields.{n}");
        sum += found.text(&format!("{path}.name"), field.get("name"), 1, NAME_MAX);
        sum += found.text(&format!("{path}.value"), field.get("value"), 1, VALUE_MAX);
        found.flag(&format!("{path}.inline"), field.get("inline"));
    }
    if let Some(footer) = embed.get("footer").filter(|f| !f.is_null()) {
        sum += found.text(&format!("{path}.footer.text"), footer.get("text"), 1, FOOTER_MAX);
    }
    if let Some(author) = embed.get("author").filter(|a| !a.is_null()) {
        sum += found.text(&format!("{path}.author.name"), author.get("name"), 1, NAME_MAX);
    }
    found.number(&format!("{path}.color"), embed.get("color"), 0, COLOUR_MAX);
    found.free_text(&format!("{path}.url"), embed.get("url"), URL_MAX);
    if let Some(at) = embed.get("timestamp").filter(|t| !t.is_null()) {
        let is_time = at.as_str().is_some_and(|t| t.parse::<jiff::Timestamp>().is_ok());
        if !is_time {
            let path = format!("{path}.timestamp");
            found.fault(&path, "DATE_TIME_TYPE_PARSE", "Could not parse. Should be ISO8601.");
        }
    }
    sum
}
