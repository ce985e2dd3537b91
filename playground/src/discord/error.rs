//! How Discord says no: a status, its own number, and for forms the path to each fault.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// What a call may answer instead of its result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RestError {
    pub(crate) status: u16,
    pub(crate) code: u64,
    pub(crate) message: String,
    errors: Option<Value>,
}

impl RestError {
    pub(crate) fn new(status: u16, code: u64, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), errors: None }
    }

    /// 400 with 50035 and where each fault is. Paths are written `embeds.0.title`.
    pub(crate) fn form<'a>(faults: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let mut tree = json!({});
        for (path, code, message) in faults {
            let mut at = &mut tree;
            for word in path.split('.').filter(|word| !word.is_empty()) {
                at = child(at, word);
            }
            if let Some(list) = slot(at, "_errors", || json!([])).as_array_mut() {
                list.push(json!({ "code": code, "message": message }));
            }
        }
        Self { errors: Some(tree), ..Self::new(400, 50_035, "Invalid Form Body") }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, 0, "401: Unauthorized")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, 0, "404: Not Found")
    }

    pub(crate) fn unknown_channel() -> Self {
        Self::new(404, 10_003, "Unknown Channel")
    }

    pub(crate) fn unknown_message() -> Self {
        Self::new(404, 10_008, "Unknown Message")
    }

    pub(crate) fn unknown_webhook() -> Self {
        Self::new(404, 10_015, "Unknown Webhook")
    }

    pub(crate) fn unknown_interaction() -> Self {
        Self::new(404, 10_062, "Unknown interaction")
    }

    pub(crate) fn missing_access() -> Self {
        Self::new(403, 50_001, "Missing Access")
    }

    pub(crate) fn missing_permissions() -> Self {
        Self::new(403, 50_013, "Missing Permissions")
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "message": self.message, "code": self.code });
        if let (Some(errors), Some(fields)) = (&self.errors, body.as_object_mut()) {
            fields.insert("errors".into(), errors.clone());
        }
        body
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [("content-type", "application/json")], self.body().to_string()).into_response()
    }
}

fn child<'a>(at: &'a mut Value, word: &str) -> &'a mut Value {
    slot(at, word, || json!({}))
}

fn slot<'a>(at: &'a mut Value, word: &str, empty: impl FnOnce() -> Value) -> &'a mut Value {
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    match at {
        Value::Object(fields) => fields.entry(word).or_insert_with(empty),
        other => other,
    }
}
