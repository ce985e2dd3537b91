//! Modals: title 45, 1–5 components, labels of 45 with a description of 100 around one input each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::components::{ID_MAX, ROW, TEXT_DISPLAY, TEXT_MAX, custom_id, options, select};
use super::{Findings, list, number};

const TITLE_MAX: usize = 45;
const PARTS_MAX: usize = 5;
const LABEL_MAX: usize = 45;
const DESCRIPTION_MAX: usize = 100;
const INPUT_MAX: i64 = 4_000;
const PLACEHOLDER_MAX: usize = 100;

const TEXT_INPUT: u64 = 4;
const LABEL: u64 = 18;

/// `data` of an answer of type 9.
pub(crate) fn modal(data: &Value) -> Findings {
    let mut found = Findings::default();
    found.text("custom_id", data.get("custom_id"), 1, ID_MAX);
    found.text("title", data.get("title"), 1, TITLE_MAX);
    found.count("components", data.get("components"), 1, PARTS_MAX);
    let mut ids = BTreeSet::new();
    for (n, part) in list(data, "components").iter().enumerate() {
        let path = format!("components.{n}");
        match number(part, "type") {
            LABEL => label(&mut found, &path, part, &mut ids),
            ROW => row(&mut found, &path, part, &mut ids),
            TEXT_DISPLAY => {
                found.text(&format!("{path}.content"), part.get("content"), 1, TEXT_MAX);
            }
            _ => not_here(&mut found, &path),
        }
    }
    found
}

fn not_here(found: &mut Findings, path: &str) {
    found.fault(
        &format!("{path}.type"),
        "UNION_TYPE_CHOICES",
        "Value of field \"type\" is not allowed here.",
    );
}

fn label(found: &mut Findings, path: &str, label: &Value, ids: &mut BTreeSet<String>) {
    found.text(&format!("{path}.label"), label.get("label"), 1, LABEL_MAX);
    found.free_text(&format!("{path}.description"), label.get("description"), DESCRIPTION_MAX);
    let path = format!("{path}.component");
    let Some(inner) = label.get("component") else {
        return found.fault(&path, "BASE_TYPE_REQUIRED", "This field is required");
    };
    match number(inner, "type") {
        TEXT_INPUT => {
            text_input(found, &path, inner, ids);
            if inner.get("label").is_some_and(|l| !l.is_null()) {
                let message = "A text input in a label component has no label of its own";
                found.fault(&format!("{path}.label"), "TEXT_INPUT_LABEL_NOT_ALLOWED", message);
            }
        }
        3 | 5..=8 => {
            select(found, &path, inner, ids);
            if inner.get("disabled") == Some(&Value::Bool(true)) {
                found.fault(
                    &format!("{path}.disabled"),
                    "COMPONENT_DISABLED_IN_MODAL",
                    "A select in a modal cannot be disabled",
                );
            }
        }
        21 | 22 => {
            custom_id(found, &path, inner, ids);
            options(found, &path, inner);
        }
        19 | 23 => custom_id(found, &path, inner, ids),
        _ => not_here(found, &path),
    }
}

/// The older form: a row with one text input, which has its label itself.
fn row(found: &mut Findings, path: &str, row: &Value, ids: &mut BTreeSet<String>) {
    let path = format!("{path}.components");
    found.count(&path, row.get("components"), 1, 1);
    for (n, inner) in list(row, "components").iter().enumerate() {
        let path = format!("{path}.{n}");
        if number(inner, "type") == TEXT_INPUT {
            found.text(&format!("{path}.label"), inner.get("label"), 1, LABEL_MAX);
            text_input(found, &path, inner, ids);
        } else {
            not_here(found, &path);
        }
    }
}

fn text_input(found: &mut Findings, path: &str, input: &Value, ids: &mut BTreeSet<String>) {
    custom_id(found, path, input, ids);
    if input.get("style").is_none() {
        found.fault(&format!("{path}.style"), "BASE_TYPE_REQUIRED", "This field is required");
    }
    found.number(&format!("{path}.style"), input.get("style"), 1, 2);
    let least =
        found.number(&format!("{path}.min_length"), input.get("min_length"), 0, INPUT_MAX).unwrap_or(0);
    let most = found
        .number(&format!("{path}.max_length"), input.get("max_length"), 1, INPUT_MAX)
        .unwrap_or(INPUT_MAX);
    if least > most {
        found.fault(
            &format!("{path}.min_length"),
            "BASE_TYPE_CHOICES",
            "min_length is larger than max_length",
        );
    }
    found.text(&format!("{path}.value"), input.get("value"), 0, usize::try_from(most).unwrap_or_default());
    found.free_text(&format!("{path}.placeholder"), input.get("placeholder"), PLACEHOLDER_MAX);
    found.flag(&format!("{path}.required"), input.get("required"));
}
