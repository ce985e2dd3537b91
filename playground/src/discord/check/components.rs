//! Components of messages: rows of buttons or one select, and the newer ones that lay a message out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Findings, list, number, word};

pub(super) const ROW: u64 = 1;
const BUTTON: u64 = 2;
pub(super) const SELECT: u64 = 3;
pub(super) const TEXT_DISPLAY: u64 = 10;

/// Rows of a message without `IS_COMPONENTS_V2`.
const ROWS_MAX: usize = 5;
/// Components of a message with it, nested ones counted.
const ALL_MAX: usize = 40;
const BUTTONS_MAX: usize = 5;
const LABEL_MAX: usize = 80;
const URL_MAX: usize = 512;
pub(super) const ID_MAX: usize = 100;
const OPTIONS_MAX: usize = 25;
const OPTION_MAX: usize = 100;
const PLACEHOLDER_MAX: usize = 150;
/// Characters of one text display, and of all texts of a message together.
pub(super) const TEXT_MAX: usize = 4_000;

/// What stands at the top of a message of components: row, section, text, media, file, separator, container.
const LAYOUT: [u64; 7] = [ROW, 9, TEXT_DISPLAY, 12, 13, 14, 17];

/// Components of a message.
pub(super) fn components(found: &mut Findings, body: &Value, is_v2: bool) {
    let most = if is_v2 { ALL_MAX } else { ROWS_MAX };
    found.count("components", body.get("components"), 0, most);
    let mut ids = BTreeSet::new();
    let mut counted = 0;
    for (n, component) in list(body, "components").iter().enumerate() {
        let path = format!("components.{n}");
        let known = if is_v2 {
            LAYOUT.contains(&number(component, "type"))
        } else {
            number(component, "type") == ROW
        };
        if known {
            one(found, &path, component, &mut ids, &mut counted);
        } else {
            found.fault(
                &format!("{path}.type"),
                "UNION_TYPE_CHOICES",
                "Value of field \"type\" is not allowed here.",
            );
        }
    }
    if counted > ALL_MAX {
        found.fault(
            "components",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            "The total number of components exceeds 40",
        );
    }
}

fn one(found: &mut Findings, path: &str, component: &Value, ids: &mut BTreeSet<String>, counted: &mut usize) {
    *counted += 1;
    match number(component, "type") {
        ROW => row(found, path, component, ids, counted),
        TEXT_DISPLAY => {
            found.text(&format!("{path}.content"), component.get("content"), 1, TEXT_MAX);
        }
        9 => {
            found.count(&format!("{path}.components"), component.get("components"), 1, 3);
            nested(found, path, component, ids, counted);
            match component.get("accessory") {
                Some(accessory) if number(accessory, "type") == BUTTON => {
                    button(found, &format!("{path}.accessory"), accessory, ids);
                }
                Some(_) => {}
                None => {
                    found.fault(&format!("{path}.accessory"), "BASE_TYPE_REQUIRED", "This field is required")
                }
            }
        }
        17 => {
            found.count(&format!("{path}.components"), component.get("components"), 1, ALL_MAX);
            nested(found, path, component, ids, counted);
        }
        _ => {}
    }
}

fn nested(
    found: &mut Findings,
    path: &str,
    component: &Value,
    ids: &mut BTreeSet<String>,
    counted: &mut usize,
) {
    for (n, inner) in list(component, "components").iter().enumerate() {
        one(found, &format!("{path}.components.{n}"), inner, ids, counted);
    }
}

/// One to five buttons, or one select.
fn row(found: &mut Findings, path: &str, row: &Value, ids: &mut BTreeSet<String>, counted: &mut usize) {
    let path = format!("{path}.components");
    found.count(&path, row.get("components"), 1, BUTTONS_MAX);
    let items = list(row, "components");
    *counted += items.len();
    for (n, item) in items.iter().enumerate() {
        let path = format!("{path}.{n}");
        match number(item, "type") {
            BUTTON => button(found, &path, item, ids),
            SELECT | 5..=8 => {
                if items.len() > 1 {
                    found.fault(
                        &path,
                        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                        "The specified component exceeds the maximum width",
                    );
                }
                select(found, &path, item, ids);
            }
            _ => found.fault(
                &format!("{path}.type"),
                "UNION_TYPE_CHOICES",
                "Value of field \"type\" is not allowed here.",
            ),
        }
    }
}

fn button(found: &mut Findings, path: &str, button: &Value, ids: &mut BTreeSet<String>) {
    found.text(&format!("{path}.label"), button.get("label"), 0, LABEL_MAX);
    if word(button, "label").is_empty() && button.get("emoji").is_none_or(Value::is_null) {
        found.fault(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or an emoji is required");
    }
    found.flag(&format!("{path}.disabled"), button.get("disabled"));
    match found.number(&format!("{path}.style"), button.get("style"), 1, 6) {
        None if button.get("style").is_none() => {
            found.fault(&format!("{path}.style"), "BASE_TYPE_REQUIRED", "This field is required");
        }
        Some(1..=4) => {
            custom_id(found, path, button, ids);
            if button.get("url").is_some_and(|url| !url.is_null()) {
                found.fault(
                    path,
                    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                    "A custom id and url cannot both be specified",
                );
            }
        }
        Some(5) => {
            found.text(&format!("{path}.url"), button.get("url"), 1, URL_MAX);
            if button.get("custom_id").is_some_and(|id| !id.is_null()) {
                found.fault(
                    path,
                    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                    "A custom id and url cannot both be specified",
                );
            }
        }
        Some(_) | None => {}
    }
}

/// A select of any kind, in a message or a modal.
pub(super) fn select(found: &mut Findings, path: &str, select: &Value, ids: &mut BTreeSet<String>) {
    custom_id(found, path, select, ids);
    found.free_text(&format!("{path}.placeholder"), select.get("placeholder"), PLACEHOLDER_MAX);
    let least = found.number(&format!("{path}.min_values"), select.get("min_values"), 0, 25).unwrap_or(1);
    let most = found.number(&format!("{path}.max_values"), select.get("max_values"), 1, 25).unwrap_or(1);
    if least > most {
        found.fault(
            &format!("{path}.min_values"),
            "BASE_TYPE_CHOICES",
            "min_values is larger than max_values",
        );
    }
    if number(select, "type") == SELECT {
        options(found, path, select);
    }
}

/// Options of a select, or of radio buttons and check boxes.
pub(super) fn options(found: &mut Findings, path: &str, select: &Value) {
    let path = format!("{path}.options");
    found.count(&path, select.get("options"), 1, OPTIONS_MAX);
    let mut values = BTreeSet::new();
    for (n, option) in list(select, "options").iter().enumerate() {
        let path = format!("{path}.{n}");
        found.text(&format!("{path}.label"), option.get("label"), 1, OPTION_MAX);
        found.text(&format!("{path}.value"), option.get("value"), 1, OPTION_MAX);
        found.free_text(&format!("{path}.description"), option.get("description"), OPTION_MAX);
        if !values.insert(word(option, "value").to_owned()) {
            found.fault(
                &format!("{path}.value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            );
        }
    }
}

/// 1 to 100 characters, once in a message or modal.
pub(super) fn custom_id(found: &mut Findings, path: &str, component: &Value, ids: &mut BTreeSet<String>) {
    let path = format!("{path}.custom_id");
    found.text(&path, component.get("custom_id"), 1, ID_MAX);
    let id = word(component, "custom_id");
    if !id.is_empty() && !ids.insert(id.to_owned()) {
        found.fault(&path, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    }
}
