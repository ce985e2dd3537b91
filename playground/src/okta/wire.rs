//! What goes over the wire besides routes: Okta's error shapes, answers, and text in URLs and forms.

use serde_json::{Value, json};

/// An answer that is not an error.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Reply {
    /// 200 with JSON.
    pub(super) fn json(body: &Value) -> Self {
        Self { status: 200, content_type: "application/json", headers: Vec::new(), body: body.to_string() }
    }

    /// 200 with XML.
    pub(super) fn xml(body: String) -> Self {
        Self { status: 200, content_type: "application/xml;charset=utf-8", headers: Vec::new(), body }
    }

    /// 204.
    pub(super) fn nothing() -> Self {
        Self { status: 204, content_type: "", headers: Vec::new(), body: String::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// An error answer: Okta's own shape for the Management API, OAuth's for the authorization server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    /// On the heap: what goes well should not carry room for what does not.
    pub(super) body: Box<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// `{"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"}`.
    pub(super) fn api(status: u16, code: &str, summary: &str, causes: &[String]) -> Self {
        let causes: Vec<Value> = causes.iter().map(|cause| json!({ "errorSummary": cause })).collect();
        let body = json!({
            "errorCode": code,
            "errorSummary": summary,
            "errorLink": code,
            "errorId": format!("oae-twin-{code}"),
            "errorCauses": causes,
        });
        Self { status, code: code.to_owned(), body: Box::new(body), headers: Vec::new() }
    }

    /// `{"error", "error_description"}`.
    pub(super) fn oauth(status: u16, error: &str, description: &str) -> Self {
        let body = json!({ "error": error, "error_description": description });
        Self { status, code: error.to_owned(), body: Box::new(body), headers: Vec::new() }
    }

    /// `kind` is Okta's word for what is missing: `UserGroup`, `AppInstance`, `User`.
    pub(super) fn not_found(kind: &str, id: &str) -> Self {
        Self::api(404, "E0000007", &format!("Not found: Resource not found: {id} ({kind})"), &[])
    }

    /// An argument that Okta does not take.
    pub(super) fn invalid(what: &str, why: &str) -> Self {
        let cause = format!("{what}: {why}");
        Self::api(400, "E0000001", &format!("Api validation failed: {what}"), &[cause])
    }

    pub(super) fn forbidden(causes: &[String]) -> Self {
        Self::api(403, "E0000006", "You do not have permission to perform the requested action", causes)
    }

    pub(super) fn too_many() -> Self {
        Self::api(429, "E0000047", "API call exceeded rate limit due to too many requests.", &[])
    }

    pub(super) fn internal() -> Self {
        Self::api(500, "E0000009", "Internal Server Error", &[])
    }

    /// Okta's table of error codes has it as "Read only database exception", 503.
    pub(super) fn read_only() -> Self {
        Self::api(503, "E0000010", "Service is in read only mode", &[])
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Undoes percent-encoding; `None` when it is broken. `plus_is_space` holds for queries and forms, not for paths.
pub(super) fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The fields of a query or a form, in their order; `None` when one is broken.
pub(super) fn fields(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name, true)?, decode(value, true)?))
        })
        .collect()
}

/// Text as it stands in a query.
pub(super) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, fields};

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let text = "profile.email eq \"åsa+1@acme.example\" & 100%";
        assert_eq!(decode(&encode(text), true).as_deref(), Some(text));
        assert_eq!(decode("a+b", false).as_deref(), Some("a+b"), "a plus in a path is a plus");
        assert_eq!(decode("%4", true), None);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(fields("a=1&b=x+y&c"), Some(vec![pair("a", "1"), pair("b", "x y"), pair("c", "")]));
    }
}
