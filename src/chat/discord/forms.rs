//! Forms (modals) in Discord: how they look, and what was filled in.
//!
//! Shapes: Discord's OpenAPI document, `LabelComponentForModalRequest` and its like; docs.discord.com, component
//! reference. Limits: platform-rules §2.

use std::collections::BTreeMap;

use glasskey_domain::Settings;
use serde_json::{Map, Value, json};

use super::render::{self, Names};
use crate::chat::hall::forms::{Ask, Choice, Field, Filled, Form};

/// Types of components.
const STRING_SELECT: u8 = 3;
const TEXT_INPUT: u8 = 4;
const USER_SELECT: u8 = 5;
const TEXT_DISPLAY: u8 = 10;
const LABEL: u8 = 18;
/// Styles of text inputs.
const SHORT: u8 = 1;
const PARAGRAPH: u8 = 2;
/// Components of one modal.
const COMPONENTS_MAX: usize = 5;
/// Options of one select, and most that can be chosen of them.
const OPTIONS_MAX: usize = 25;
/// Longest custom id.
const CUSTOM_ID_MAX: usize = 100;

/// A form, to be shown; nothing, when it asks more than a modal of Discord can. With several federations, which one is
/// said with the command.
#[must_use]
pub fn modal(form: &Form, settings: &Settings, names: &dyn Names) -> Option<Value> {
    let layout = form.layout(settings);
    let intro =
        layout.intro.map(|intro| json!({ "type": TEXT_DISPLAY, "content": render::words_of(&intro, names) }));
    let components: Vec<Value> = intro.into_iter().chain(layout.fields.iter().map(label)).collect();
    let custom_id = format!("{}:{}", form.name(), form.about());
    let fits = components.len() <= COMPONENTS_MAX && custom_id.chars().count() <= CUSTOM_ID_MAX;
    fits.then(|| json!({ "custom_id": custom_id, "title": layout.title, "components": components }))
}

/// A question, with its answer beneath.
fn label(field: &Field) -> Value {
    let mut component = component(&field.ask, field.optional);
    component.insert("custom_id".to_owned(), json!(field.name));
    component.insert("required".to_owned(), json!(!field.optional));
    json!({ "type": LABEL, "label": field.label, "component": component })
}

fn component(ask: &Ask, optional: bool) -> Map<String, Value> {
    let mut component = Map::new();
    let mut set = |key: &str, value: Value| {
        component.insert(key.to_owned(), value);
    };
    // Who must choose nothing may choose nothing.
    let least_chosen = u8::from(!optional);
    let hint = match ask {
        Ask::Words { least, most, .. } => {
            set("type", json!(TEXT_INPUT));
            set("style", json!(PARAGRAPH));
            set("min_length", json!(least));
            set("max_length", json!(most));
            None
        }
        // Discord looks nothing up while somebody types in a form; what is looked up is typed in the command.
        Ask::Search { hint, .. } => {
            set("type", json!(TEXT_INPUT));
            set("style", json!(SHORT));
            Some(*hint)
        }
        Ask::Word { most, hint } | Ask::Said { most, hint, .. } => {
            set("type", json!(TEXT_INPUT));
            set("style", json!(SHORT));
            set("max_length", json!(most));
            *hint
        }
        Ask::One { choices, chosen, hint, .. } => {
            let option = |choice: &Choice| json!({ "label": choice.label, "value": choice.value, "default": chosen.as_ref() == Some(choice) });
            let options: Vec<Value> = choices.iter().take(OPTIONS_MAX).map(option).collect();
            set("type", json!(STRING_SELECT));
            set("options", json!(options));
            set("min_values", json!(least_chosen));
            set("max_values", json!(1));
            *hint
        }
        Ask::People { most, hint } => {
            set("type", json!(USER_SELECT));
            set("min_values", json!(least_chosen));
            set("max_values", json!((*most).min(OPTIONS_MAX)));
            Some(*hint)
        }
    };
    if let Some(hint) = hint {
        set("placeholder", json!(hint));
    }
    component
}

/// Which form it was that was sent, if one of ours. `data`: of the interaction.
#[must_use]
pub fn form(data: &Value) -> Option<Form> {
    let (name, about) = data.get("custom_id")?.as_str()?.split_once(':')?;
    Form::named(name, about)
}

/// What was filled in. What is not of the right kind was not.
#[must_use]
pub fn filled(data: &Value) -> Filled {
    let labels = data.get("components").and_then(Value::as_array);
    let answers = labels.into_iter().flatten().filter_map(|label| {
        let component = label.get("component")?;
        let name = component.get("custom_id")?.as_str()?.to_owned();
        Some((name, answer(component))).filter(|(_, answer)| !answer.is_empty())
    });
    Filled(answers.collect::<BTreeMap<_, _>>())
}

/// What was typed into a component, or chosen in it.
fn answer(component: &Value) -> Vec<String> {
    let several = component.get("values").and_then(Value::as_array);
    let texts = component.get("value").into_iter().chain(several.into_iter().flatten());
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
