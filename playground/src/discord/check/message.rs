//! Bodies that make or change a message, and answers to an autocomplete.

use serde_json::Value;

use super::{Findings, list, number, word};
use crate::discord::records::{COMPONENTS_V2, EPHEMERAL};

const CONTENT_MAX: usize = 2_000;
const NONCE_MAX: usize = 25;
const CHOICES_MAX: usize = 25;
const CHOICE_MAX: usize = 100;

/// `SUPPRESS_EMBEDS` and `SUPPRESS_NOTIFICATIONS`.
const SUPPRESSING: u64 = (1 << 2) | (1 << 12);

/// What the body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A message in a channel.
    Post,
    /// An answer to an interaction, or what follows it.
    Answer,
    /// A change of a message.
    Edit,
}

/// A body that makes or changes a message. `was_v2`: what is changed is made of components alone, and stays so.
pub(crate) fn message(body: &Value, purpose: Purpose, was_v2: bool) -> Findings {
    let mut found = Findings::default();
    let flags = number(body, "flags");
    let is_v2 = was_v2 || flags & COMPONENTS_V2 != 0;
    found.text("content", body.get("content"), 0, CONTENT_MAX);
    super::embeds::embeds(&mut found, body);
    super::components::components(&mut found, body, is_v2);
    allowed_mentions(&mut found, body.get("allowed_mentions"));
    let settable = match purpose {
        Purpose::Post => SUPPRESSING | COMPONENTS_V2,
        Purpose::Answer => SUPPRESSING | COMPONENTS_V2 | EPHEMERAL,
        Purpose::Edit => (1 << 2) | COMPONENTS_V2,
    };
    if flags & !settable != 0 {
        found.house(format!("flags: {flags} cannot be set here"));
    }
    if is_v2 && (!word(body, "content").is_empty() || !list(body, "embeds").is_empty()) {
        let message = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2";
        found.fault("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message);
    }
    if purpose == Purpose::Post {
        nonce(&mut found, body);
    }
    found
}

fn nonce(found: &mut Findings, body: &Value) {
    match body.get("nonce") {
        None | Some(Value::Null) => {
            if body.get("enforce_nonce") == Some(&Value::Bool(true)) {
                found.house("enforce_nonce without a nonce enforces nothing");
            }
        }
        Some(Value::String(nonce)) => {
            if nonce.chars().count() > NONCE_MAX {
                found.fault(
                    "nonce",
                    "BASE_TYPE_MAX_LENGTH",
                    format!("Must be {NONCE_MAX} or fewer in length."),
                );
            }
        }
        Some(Value::Number(_)) => {}
        Some(_) => found.fault("nonce", "STRING_TYPE_CONVERT", "Could not interpret value as string."),
    }
    found.flag("enforce_nonce", body.get("enforce_nonce"));
}

/// Discord takes a body without it, and then lets everything through; a rule of ours wants `parse: []` every time.
fn allowed_mentions(found: &mut Findings, given: Option<&Value>) {
    let Some(allowed) = given.filter(|a| !a.is_null()) else {
        return found.house("allowed_mentions is missing");
    };
    let Some(parse) = allowed.get("parse").and_then(Value::as_array) else {
        return found.house("allowed_mentions without parse");
    };
    if !parse.is_empty() {
        found.house(format!("allowed_mentions.parse is {}, not []", Value::from(parse.clone())));
    }
    for key in ["users", "roles"] {
        found.count(&format!("allowed_mentions.{key}"), allowed.get(key), 0, 100);
        if !list(allowed, key).is_empty() && parse.contains(&Value::from(key)) {
            found.fault(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                format!("parse:[\"{key}\"] and {key}: [ids...] are mutually exclusive."),
            );
        }
    }
}

/// `data` of an answer to an autocomplete.
pub(crate) fn choices(data: &Value) -> Findings {
    let mut found = Findings::default();
    found.count("choices", data.get("choices"), 0, CHOICES_MAX);
    if data.get("choices").is_none() {
        found.fault("choices", "BASE_TYPE_REQUIRED", "This field is required");
    }
    for (n, choice) in list(data, "choices").iter().enumerate() {
        let path = format!("choices.{n}");
        found.text(&format!("{path}.name"), choice.get("name"), 1, CHOICE_MAX);
        if choice.get("value").is_none_or(|v| v.is_string() || v.is_null()) {
            found.text(&format!("{path}.value"), choice.get("value"), 1, CHOICE_MAX);
        }
    }
    found
}
