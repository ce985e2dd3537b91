//! What Discord would refuse in a body, and what the rules of platform-rules §2 forbid beyond that.
//! The files below only look; the refusal is `World::judge`.

use serde_json::Value;

use super::error::RestError;

mod commands;
mod components;
mod embeds;
mod message;
mod modal;

pub(crate) use commands::commands;
pub(crate) use message::{Purpose, choices, message};
pub(crate) use modal::modal;

/// One fault, with the path to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    path: String,
    code: &'static str,
    message: String,
}

/// What was found in one body.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    faults: Vec<Fault>,
    /// What Discord would take and a rule forbids.
    house: Vec<String>,
}

impl Findings {
    pub(crate) fn fault(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault { path: path.to_owned(), code, message: message.into() });
    }

    pub(crate) fn house(&mut self, what: impl Into<String>) {
        self.house.push(what.into());
    }

    /// The same faults, of a body that lies in a field of another.
    pub(crate) fn within(mut self, field: &str) -> Self {
        for fault in &mut self.faults {
            fault.path = format!("{field}.{}", fault.path);
        }
        self
    }

    /// Everything, one line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let faults = self.faults.iter().map(|f| format!("{}: {} ({})", f.path, f.message, f.code));
        faults.chain(self.house.iter().cloned()).collect()
    }

    /// Discord's refusal, when it refuses.
    pub(crate) fn refusal(&self) -> Option<RestError> {
        let faults = self.faults.iter().map(|f| (f.path.as_str(), f.code, f.message.as_str()));
        (!self.faults.is_empty()).then(|| RestError::form(faults))
    }

    /// A text of `least` to `most` characters. Absent and null are faults when `least` is not 0.
    pub(crate) fn text(&mut self, path: &str, value: Option<&Value>, least: usize, most: usize) -> usize {
        match value {
            None | Some(Value::Null) => {
                if least > 0 {
                    self.fault(path, "BASE_TYPE_REQUIRED", "This field is required");
                }
                0
            }
            Some(Value::String(text)) => {
                let length = text.chars().count();
                if length > most {
                    let message = format!("Must be {most} or fewer in length.");
                    self.fault(path, "BASE_TYPE_MAX_LENGTH", message);
                } else if length < least || (least > 0 && text.trim().is_empty()) {
                    self.fault(path, "BASE_TYPE_REQUIRED", "This field is required");
                }
                length
            }
            Some(_) => {
                self.fault(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.");
                0
            }
        }
    }

    /// A text that may be left out, but not be empty.
    pub(crate) fn free_text(&mut self, path: &str, value: Option<&Value>, most: usize) {
        if value.is_some_and(|v| !v.is_null()) {
            self.text(path, value, 1, most);
        }
    }

    /// A list of `least` to `most` things.
    pub(crate) fn count(&mut self, path: &str, value: Option<&Value>, least: usize, most: usize) {
        match value {
            None | Some(Value::Null) if least == 0 => {}
            Some(Value::Array(items)) if (least..=most).contains(&items.len()) => {}
            Some(Value::Array(_)) => {
                let message = format!("Must be between {least} and {most} in length.");
                self.fault(path, "BASE_TYPE_BAD_LENGTH", message);
            }
            _ => self.fault(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"),
        }
    }

    /// A whole number within limits, when it is there.
    pub(crate) fn number(&mut self, path: &str, value: Option<&Value>, least: i64, most: i64) -> Option<i64> {
        let given = value.filter(|v| !v.is_null())?;
        match given.as_i64() {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(_) => {
                let message = format!("int value should be between {least} and {most}.");
                self.fault(path, "NUMBER_TYPE_COERCE", message);
                None
            }
            None => {
                self.fault(path, "NUMBER_TYPE_COERCE", "Value is not int.");
                None
            }
        }
    }

    /// `true`, `false`, or absent.
    pub(crate) fn flag(&mut self, path: &str, value: Option<&Value>) {
        if value.is_some_and(|v| !v.is_boolean() && !v.is_null()) {
            self.fault(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
        }
    }
}

/// The items of a list field; none when it is absent or no list.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A word of a field; empty when it is absent or no text.
pub(crate) fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A number of a field; 0 when it is absent or no number.
pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}
