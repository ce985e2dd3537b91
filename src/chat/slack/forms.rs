//! Forms (modals) in Block Kit: how they look, and what was filled in.

use std::collections::BTreeMap;

use glasskey_domain::Settings;
use serde_json::{Map, Value, json};

use super::people::People;
use super::render;
use crate::chat::hall::Wrong;
use crate::chat::hall::forms::{Ask, Choice, Field, Filled, Form};
use crate::notices::Text;

/// Options of one select. Source: Block Kit reference (platform-rules §1.4).
const OPTIONS_MAX: usize = 100;
/// Longest label of an option. Same source.
const OPTION_CHARS_MAX: usize = 75;
/// Longest error under a field: one line is read, and Slack names no limit.
const ERROR_MAX: usize = 600;

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

pub(super) fn option(choice: &Choice) -> Value {
    json!({ "text": plain(&render::cut(&choice.label, OPTION_CHARS_MAX)), "value": choice.value })
}

/// A form, to be shown.
pub(super) fn modal(form: &Form, settings: &Settings, people: &People) -> Value {
    let layout = form.layout(settings);
    let intro = layout.intro.map(|intro| render::section(&render::mrkdwn(&intro, people)));
    let blocks: Vec<Value> = intro.into_iter().chain(layout.fields.iter().map(input)).collect();
    json!({
        "type": "modal",
        "callback_id": form.name(),
        "private_metadata": form.about(),
        "title": plain(layout.title),
        "submit": plain(layout.submit),
        "close": plain("Back"),
        "blocks": blocks,
    })
}

/// An input block whose element is called as the block is.
fn input(field: &Field) -> Value {
    let mut element = element(&field.ask);
    element.insert("action_id".to_owned(), json!(field.name));
    json!({
        "type": "input",
        "block_id": field.name,
        "label": plain(field.label),
        "optional": field.optional,
        "element": element,
    })
}

fn element(ask: &Ask) -> Map<String, Value> {
    let mut element = Map::new();
    let mut set = |key: &str, value: Value| {
        element.insert(key.to_owned(), value);
    };
    let hint = match ask {
        Ask::Words { least, most, said } => {
            set("type", json!("plain_text_input"));
            set("multiline", json!(true));
            set("min_length", json!(least));
            set("max_length", json!(most));
            // Only one of them is in a form, and one types at once.
            set("focus_on_load", json!(true));
            if let Some(said) = said {
                set("initial_value", json!(render::cut(said, *most)));
            }
            None
        }
        Ask::Said { most, hint, said } => {
            set("type", json!("plain_text_input"));
            set("max_length", json!(most));
            if let Some(said) = said {
                set("initial_value", json!(render::cut(said, *most)));
            }
            *hint
        }
        Ask::Search { hint, chosen } => {
            set("type", json!("external_select"));
            // Choices are there before anything was typed.
            set("min_query_length", json!(0));
            if let Some(chosen) = chosen {
                set("initial_option", option(chosen));
            }
            Some(*hint)
        }
        Ask::Word { most, hint } => {
            set("type", json!("plain_text_input"));
            set("max_length", json!(most));
            *hint
        }
        Ask::One { choices, hint, few, .. } => {
            set("type", json!(if *few { "radio_buttons" } else { "static_select" }));
            let options: Vec<Value> = choices.iter().take(OPTIONS_MAX).map(option).collect();
            set("options", json!(options));
            *hint
        }
        Ask::People { most, hint } => {
            set("type", json!("multi_users_select"));
            set("max_selected_items", json!(most));
            Some(*hint)
        }
    };
    if let Some(hint) = hint {
        set("placeholder", plain(hint));
    }
    if let Ask::One { chosen: Some(chosen), .. } = ask {
        set("initial_option", option(chosen));
    }
    element
}

/// What a form that was taken turns into: what happens now. There is no other place to say it to this person alone.
pub(super) fn taken(text: &Text, people: &People) -> Value {
    let view = json!({
        "type": "modal",
        "title": plain("Break-glass"),
        "close": plain("Close"),
        "blocks": render::message(text, people),
    });
    json!({ "response_action": "update", "view": view })
}

/// What is wrong, at the field that it is about.
pub(super) fn wrong(wrong: &Wrong) -> Value {
    let words = render::cut(&wrong.text.plain(), ERROR_MAX);
    json!({ "response_action": "errors", "errors": { (wrong.field): words } })
}

/// Which form it was that was sent, if one of ours.
pub(super) fn form(view: &Value) -> Option<Form> {
    let text = |key: &str| view.get(key).and_then(Value::as_str).unwrap_or_default();
    Form::named(text("callback_id"), text("private_metadata"))
}

/// What was filled in. What is not of the right kind was not.
pub(super) fn filled(view: &Value) -> Filled {
    let blocks = view.pointer("/state/values").and_then(Value::as_object);
    let answers = blocks.into_iter().flatten().filter_map(|(name, block)| {
        let answer = answer(block.get(name)?);
        Some((name.clone(), answer)).filter(|(_, answer)| !answer.is_empty())
    });
    Filled(answers.collect::<BTreeMap<_, _>>())
}

/// What was typed into an element, or chosen in it.
fn answer(element: &Value) -> Vec<String> {
    let one = element.get("value").or_else(|| element.pointer("/selected_option/value"));
    let several = element.get("selected_users").and_then(Value::as_array);
    let texts = one.into_iter().chain(several.into_iter().flatten());
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_is_none_of_ours_is_filled_with_nothing() {
        for view in [
            json!({ "callback_id": 7, "state": { "values": [] } }),
            json!(null),
            json!({ "state": { "values": { "why": { "why": { "value": 3 } }, "people": { "people": { "selected_users": "U1" } } } } }),
        ] {
            assert_eq!(form(&view), None);
            assert_eq!(filled(&view), Filled::default());
        }
    }

    #[test]
    fn what_was_typed_and_chosen_is_read() {
        let view = json!({ "state": { "values": {
            "reason": { "reason": { "type": "plain_text_input", "value": "nobody can sign in" } },
            "length": { "length": { "type": "static_select", "selected_option": { "text": {}, "value": "3600" } } },
            "level": { "level": { "type": "radio_buttons", "selected_option": null } },
            "people": { "people": { "type": "multi_users_select", "selected_users": ["U1", "U2"] } },
        } } });
        let filled = filled(&view);
        assert_eq!(filled.text("reason").as_deref(), Some("nobody can sign in"));
        assert_eq!(filled.length(), Some(glasskey_domain::Seconds::hours(1)));
        assert_eq!(filled.people(), ["U1", "U2"]);
        assert_eq!(filled.0.len(), 3);
    }
}
