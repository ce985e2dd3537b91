//! What Discord's client makes of a modal that was filled in, and of a choice in a select.
//! Like the real one it refuses to send what is missing or too long.

use serde_json::{Map, Value, json};

use super::check::{list, number, word};
use super::typing::resolve;
use super::world::{World, with_ids};

const ROW: u64 = 1;
const STRING_SELECT: u64 = 3;
const TEXT_INPUT: u64 = 4;
const USER_SELECT: u64 = 5;
const LABEL: u64 = 18;
const RADIO: u64 = 21;
const CHECKBOX: u64 = 23;

/// Data of a submission. `values` maps `custom_id`s to what was typed or chosen; what is not named keeps its first value.
pub(crate) fn submission(world: &World, modal: &Value, values: &Value) -> Result<Value, String> {
    let mut resolved = Map::new();
    let mut next = 0;
    let mut known = Vec::new();
    let mut parts = Vec::new();
    for part in list(modal, "components") {
        let part = with_ids(part, &mut next);
        let mut seen = json!({ "type": part.get("type"), "id": part.get("id") });
        let Some(fields) = seen.as_object_mut() else { continue };
        match number(&part, "type") {
            LABEL => {
                let inner = part.get("component").cloned().unwrap_or_default();
                known.push(word(&inner, "custom_id").to_owned());
                fields.insert("component".into(), filled(world, &inner, values, &mut resolved)?);
            }
            ROW => {
                let mut inner = Vec::new();
                for one in list(&part, "components") {
                    known.push(word(one, "custom_id").to_owned());
                    inner.push(filled(world, one, values, &mut resolved)?);
                }
                fields.insert("components".into(), inner.into());
            }
            _ => {}
        }
        parts.push(seen);
    }
    if let Some(stranger) = values.as_object().into_iter().flat_map(Map::keys).find(|k| !known.contains(k)) {
        return Err(format!("no_such_input: {stranger} (there are: {})", known.join(", ")));
    }
    let mut data = json!({ "custom_id": modal.get("custom_id"), "components": parts });
    if let (false, Some(fields)) = (resolved.is_empty(), data.as_object_mut()) {
        fields.insert("resolved".into(), resolved.into());
    }
    Ok(data)
}

fn filled(
    world: &World,
    input: &Value,
    values: &Value,
    resolved: &mut Map<String, Value>,
) -> Result<Value, String> {
    let (id, kind) = (word(input, "custom_id"), number(input, "type"));
    let given = values.get(id).filter(|v| !v.is_null());
    let mut seen = json!({ "type": kind, "id": input.get("id"), "custom_id": id });
    let (key, value) = match kind {
        TEXT_INPUT => {
            let text = given.or_else(|| input.get("value")).and_then(Value::as_str).unwrap_or_default();
            ("value", typed(input, text)?)
        }
        RADIO => (
            "value",
            chosen(world, input, given, resolved)?.into_iter().next().map_or(Value::Null, Value::from),
        ),
        CHECKBOX => ("value", given.cloned().unwrap_or(Value::Bool(false))),
        _ => ("values", chosen(world, input, given, resolved)?.into()),
    };
    if let Some(fields) = seen.as_object_mut() {
        fields.insert(key.into(), value);
    }
    Ok(seen)
}

fn is_required(input: &Value) -> bool {
    input.get("required") != Some(&Value::Bool(false))
}

fn typed(input: &Value, text: &str) -> Result<Value, String> {
    let (id, length) = (word(input, "custom_id"), text.chars().count() as u64);
    if text.trim().is_empty() && is_required(input) {
        return Err(format!("required: {id}"));
    }
    if input.get("max_length").and_then(Value::as_u64).is_some_and(|most| length > most) {
        return Err(format!("too_long: {id}"));
    }
    if length > 0 && length < number(input, "min_length") {
        return Err(format!("too_short: {id}"));
    }
    Ok(Value::from(text))
}

/// The values of a choice: one word or several, each the value or the label of an option, or who is meant.
pub(crate) fn chosen(
    world: &World,
    select: &Value,
    given: Option<&Value>,
    resolved: &mut Map<String, Value>,
) -> Result<Vec<String>, String> {
    let id = word(select, "custom_id");
    let words: Vec<&str> = match given {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => defaults(select),
    };
    let least = select.get("min_values").and_then(Value::as_u64).unwrap_or(1);
    if words.is_empty() && is_required(select) && least > 0 {
        return Err(format!("required: {id}"));
    }
    let most = select.get("max_values").and_then(Value::as_u64).unwrap_or(1);
    if words.len() as u64 > most {
        return Err(format!("too_many: {id}"));
    }
    let one = |text: &str| match number(select, "type") {
        USER_SELECT => {
            let member = world.member(text.trim_start_matches('@'))?;
            resolve(resolved, member);
            Some(member.id.clone())
        }
        STRING_SELECT | RADIO | 22 => {
            let option = list(select, "options")
                .iter()
                .find(|o| word(o, "value") == text || word(o, "label") == text)?;
            Some(word(option, "value").to_owned())
        }
        _ => Some(text.to_owned()),
    };
    let found: Option<Vec<String>> = words.into_iter().map(one).collect();
    found.ok_or_else(|| format!("no_such_choice: {id}"))
}

fn defaults(select: &Value) -> Vec<&str> {
    let options = list(select, "options").iter().filter(|o| o.get("default") == Some(&Value::Bool(true)));
    let people = list(select, "default_values").iter().map(|d| word(d, "id"));
    options.map(|o| word(o, "value")).chain(people).collect()
}
