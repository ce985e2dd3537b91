//! Finds things in blocks: what a person can read, which buttons there are, and gives ids to what has none.
//! It must never change what a person sees.

use serde_json::{Map, Value, json};

/// All text of a message, one line for each text object; the fallback text only when there are no blocks.
pub(crate) fn words(text: &str, blocks: &[Value]) -> String {
    if blocks.is_empty() {
        return text.to_owned();
    }
    let mut lines = Vec::new();
    for block in blocks {
        collect_words(block, &mut lines);
    }
    lines.join("\n")
}

fn collect_words(value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_words(item, lines)),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            if let (true, Some(text)) =
                (matches!(kind, "plain_text" | "mrkdwn" | "text" | "markdown"), fields.get("text"))
            {
                lines.extend(text.as_str().map(str::to_owned));
                return;
            }
            fields.values().for_each(|field| collect_words(field, lines));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every interactive element with the id of its block, in order.
pub(crate) fn all(blocks: &[Value]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for block in blocks {
        let id = block.get("block_id").and_then(Value::as_str).unwrap_or_default();
        let listed = block.get("elements").and_then(Value::as_array).into_iter().flatten();
        let single = ["accessory", "element"].into_iter().filter_map(|name| block.get(name));
        for element in listed.chain(single).filter(|e| e.get("action_id").is_some()) {
            found.push((id.to_owned(), element.clone()));
        }
    }
    found
}

/// Labels of the buttons, in order.
pub(crate) fn buttons(blocks: &[Value]) -> Vec<String> {
    all(blocks).iter().filter(|(_, e)| kind(e) == "button").map(|(_, e)| label(e).to_owned()).collect()
}

pub(crate) fn kind(element: &Value) -> &str {
    element.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// The words on a button or option.
pub(crate) fn label(element: &Value) -> &str {
    element.pointer("/text/text").and_then(Value::as_str).unwrap_or_default()
}

/// The option with this value or label.
pub(crate) fn option(element: &Value, wanted: &str) -> Option<Value> {
    let grouped = element.get("option_groups").and_then(Value::as_array).into_iter().flatten();
    let lists = grouped.filter_map(|group| group.get("options")).chain(element.get("options"));
    lists
        .filter_map(Value::as_array)
        .flatten()
        .find(|o| o.get("value").and_then(Value::as_str) == Some(wanted) || label(o) == wanted)
        .cloned()
}

/// Gives ids to blocks and elements that have none, as Slack does; `next` makes a fresh one.
pub(crate) fn with_ids(blocks: &Value, mut next: impl FnMut() -> String) -> Vec<Value> {
    let mut blocks = blocks.as_array().cloned().unwrap_or_default();
    for block in &mut blocks {
        let Some(fields) = block.as_object_mut() else { continue };
        fields.entry("block_id").or_insert_with(|| Value::from(next()));
        for name in ["accessory", "element"] {
            if let Some(element) = fields.get_mut(name).and_then(Value::as_object_mut) {
                give_action_id(element, &mut next);
            }
        }
        if fields.get("type").and_then(Value::as_str) != Some("actions") {
            continue;
        }
        for element in fields.get_mut("elements").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(element) = element.as_object_mut() {
                give_action_id(element, &mut next);
            }
        }
    }
    blocks
}

fn give_action_id(element: &mut Map<String, Value>, next: &mut impl FnMut() -> String) {
    if element.get("type").and_then(Value::as_str) != Some("image") {
        element.entry("action_id").or_insert_with(|| Value::from(next()));
    }
}

/// The member of `actions` that a click on this element sends; `chosen` is the option, user or date picked, `offered` what
/// the app offered in an external select.
///
/// # Errors
///
/// When this cannot be chosen here.
pub(crate) fn action(
    element: &Value,
    block_id: &str,
    chosen: &str,
    offered: &[Value],
    action_ts: &str,
) -> Result<Value, String> {
    let mut action = state(element, chosen, offered)?;
    if let Some(fields) = action.as_object_mut() {
        for name in ["action_id", "text", "value", "style", "url", "placeholder", "confirm"] {
            if let Some(value) = element.get(name) {
                fields.entry(name).or_insert_with(|| value.clone());
            }
        }
        fields.insert("block_id".into(), Value::from(block_id));
        fields.insert("action_ts".into(), Value::from(action_ts));
    }
    Ok(action)
}

/// The state of an element in which a person chose or typed `chosen`; nothing chosen is `null`.
///
/// # Errors
///
/// When this cannot be chosen here: no such option, none that was offered, no date.
pub(crate) fn state(element: &Value, chosen: &str, offered: &[Value]) -> Result<Value, String> {
    let kind = kind(element);
    let word = |fits: fn(&str) -> bool, what: &str| match chosen {
        "" => Ok(Value::Null),
        _ if fits(chosen) => Ok(Value::from(chosen)),
        _ => Err(format!("{what}: {chosen}")),
    };
    let any = || word(|_| true, "");
    Ok(match kind {
        "button" => json!({ "type": kind }),
        "static_select" | "radio_buttons" | "overflow" => {
            json!({ "type": kind, "selected_option": picked(element, chosen)? })
        }
        "external_select" => json!({ "type": kind, "selected_option": brought(element, chosen, offered)? }),
        "users_select" => json!({ "type": kind, "selected_user": any()? }),
        "conversations_select" => json!({ "type": kind, "selected_conversation": any()? }),
        "channels_select" => json!({ "type": kind, "selected_channel": any()? }),
        "datepicker" => json!({ "type": kind, "selected_date": word(is_date, "no_date")? }),
        "timepicker" => json!({ "type": kind, "selected_time": word(is_time, "no_time")? }),
        "datetimepicker" => {
            let at = word(|text| text.parse::<i64>().is_ok(), "no_date_time")?;
            json!({ "type": kind, "selected_date_time": at.as_str().and_then(|t| t.parse::<i64>().ok()) })
        }
        "checkboxes" | "multi_static_select" => {
            let words = chosen.split(',').filter(|one| !one.is_empty());
            let options: Vec<Value> = words.map(|one| picked(element, one)).collect::<Result<_, _>>()?;
            json!({ "type": kind, "selected_options": options })
        }
        "multi_users_select" => {
            let users: Vec<&str> = chosen.split(',').filter(|user| !user.is_empty()).collect();
            json!({ "type": kind, "selected_users": users })
        }
        _ => json!({ "type": kind, "value": any()? }),
    })
}

/// An option of the element's own.
fn picked(element: &Value, chosen: &str) -> Result<Value, String> {
    if chosen.is_empty() {
        return Ok(Value::Null);
    }
    option(element, chosen).ok_or_else(|| format!("no_such_option: {chosen}"))
}

/// One of the options that the app brought, or the one that stood in the select from the start.
fn brought(element: &Value, chosen: &str, offered: &[Value]) -> Result<Value, String> {
    if chosen.is_empty() {
        return Ok(Value::Null);
    }
    let is_it = |o: &&Value| o.get("value").and_then(Value::as_str) == Some(chosen) || label(o) == chosen;
    let found = offered.iter().find(is_it).or_else(|| element.get("initial_option").filter(is_it));
    found.cloned().ok_or_else(|| format!("not_offered: {chosen}"))
}

/// `2026-12-01`.
fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10
}

/// `02:00`.
fn is_time(text: &str) -> bool {
    text.parse::<jiff::civil::Time>().is_ok() && text.len() == 5
}
