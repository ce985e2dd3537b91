//! App Home, and what concerns one person in a message to them alone.
//!
//! Shapes: docs.slack.dev, App Home and `views.publish`.

use glasskey_domain::Subject;
use serde_json::{Value, json};

use super::render::{self, Names, button};
use crate::notices::{Section, Text};

/// Blocks of a view (platform-rules §1.4: 100), and of a message (50). What is shown stays below the smaller.
const BLOCKS_MAX: usize = 48;
/// What notifications and screen readers get of a message with these blocks.
pub(super) const FALLBACK: &str = "Your access and your requests";
/// The name of the button by which one asks for access.
pub(super) const ASK: &str = "home.ask";

/// What concerns a person, in blocks.
pub(super) fn blocks(sections: &[Section], names: &dyn Names) -> Value {
    let mut blocks = Vec::new();
    for section in sections {
        blocks.push(json!({ "type": "header", "text": { "type": "plain_text", "text": section.title } }));
        if section.entries.is_empty() {
            blocks.push(render::section("_Nothing now._"));
        }
        for entry in &section.entries {
            blocks.push(render::section(&render::mrkdwn(&entry.text, names)));
            let id = Subject::Request(entry.id.clone());
            let buttons: Vec<Value> = entry.buttons.iter().map(|shown| button(*shown, &id)).collect();
            if !buttons.is_empty() {
                blocks.push(json!({ "type": "actions", "elements": buttons }));
            }
        }
        if section.more > 0 {
            let words = Text::new().hint("`/elevate list` shows the rest");
            blocks.push(render::section(&format!(
                "and {} more; {}",
                section.more,
                render::mrkdwn(&words, names)
            )));
        }
    }
    blocks.truncate(BLOCKS_MAX);
    json!(blocks)
}

/// The whole of App Home. `said`: what came of what the person just did there.
pub(super) fn view(sections: &[Section], said: Option<&Text>, names: &dyn Names) -> Value {
    let mut all = Vec::new();
    if let Some(text) = said.filter(|text| !text.is_empty()) {
        all.push(render::section(&render::mrkdwn(text, names)));
    }
    all.push(json!({ "type": "actions", "elements": [{
        "type": "button",
        "style": "primary",
        "action_id": ASK,
        "text": { "type": "plain_text", "text": "Request access" },
    }] }));
    if let Value::Array(shown) = blocks(sections, names) {
        all.extend(shown);
    }
    json!({ "type": "home", "blocks": all })
}
