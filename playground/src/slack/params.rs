//! Arguments of a Web API call, from a JSON or a form body, and the shape of answers and errors.
//! It must never guess: an argument of the wrong kind is `invalid_arguments`.

use axum::body::to_bytes;
use axum::extract::{Form, FromRequest, Query, Request};
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

/// Slack takes no larger body than this for a JSON call; far above the largest view (250 kB).
const BODY_BYTES_MAX: usize = 1_000_000;

/// Slack's own no: `{"ok": false, "error": code, …}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlackError {
    pub(crate) code: String,
    pub(crate) details: Map<String, Value>,
}

pub(crate) type Answer = Result<Value, SlackError>;

impl SlackError {
    pub(crate) fn new(code: &str) -> Self {
        Self { code: code.to_owned(), details: Map::new() }
    }

    /// An error with the messages that Slack puts into `response_metadata`.
    pub(crate) fn explained(code: &str, faults: &[String]) -> Self {
        let messages: Vec<String> = faults.iter().map(|fault| format!("[ERROR] {fault}")).collect();
        Self::new(code)
            .with("errors", json!(faults))
            .with("response_metadata", json!({ "messages": messages }))
    }

    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "ok": false, "error": self.code });
        if let Some(fields) = body.as_object_mut() {
            fields.extend(self.details.clone());
        }
        body
    }
}

/// The arguments of one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(pub(crate) Map<String, Value>);

impl Params {
    /// Reads the query string and a JSON or form body.
    pub(crate) async fn of(request: Request) -> Result<Self, SlackError> {
        let mut fields = pairs(Query::<Vec<(String, String)>>::try_from_uri(request.uri()).ok().map(|q| q.0));
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if kind.starts_with("application/json") {
            let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX)
                .await
                .map_err(|_| SlackError::new("invalid_json"))?;
            match serde_json::from_slice(&bytes) {
                Ok(Value::Object(body)) => fields.extend(body),
                Ok(_) => return Err(SlackError::new("json_not_object")),
                Err(_) => return Err(SlackError::new("invalid_json")),
            }
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
            fields.extend(pairs(Some(form.map_err(|_| SlackError::new("invalid_form_data"))?.0)));
        }
        Ok(Self(fields))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|s| !s.is_empty())
    }

    pub(crate) fn need(&self, name: &str, otherwise: &str) -> Result<&str, SlackError> {
        self.text(name).ok_or_else(|| SlackError::new(otherwise))
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) => Some(matches!(word.as_str(), "true" | "1")),
            other => other.as_i64().map(|n| n != 0),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        let value = self.0.get(name)?;
        value.as_u64().and_then(|n| usize::try_from(n).ok()).or_else(|| value.as_str()?.parse().ok())
    }

    /// A structured argument; in forms (and, as Slack allows, in JSON too) it is a string that contains JSON.
    pub(crate) fn structure(&self, name: &str, otherwise: &str) -> Result<Option<Value>, SlackError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => {
                serde_json::from_str(text).map(Some).map_err(|_| SlackError::new(otherwise))
            }
            Some(value) => Ok(Some(value.clone())),
        }
    }
}

fn pairs(pairs: Option<Vec<(String, String)>>) -> Map<String, Value> {
    pairs.into_iter().flatten().map(|(name, value)| (name, Value::from(value))).collect()
}
