//! How a call to Slack fails, in terms of what to do next.
//!
//! Must never carry a token, a `response_url`, a `trigger_id` or a body: faults are logged and shown.

use std::time::Duration;

/// Longest piece of Slack's own explanation kept in a fault, in characters: enough for a few `[json-pointer:…]` notes.
const DETAIL_CHARS_MAX: usize = 300;

/// A call to Slack that did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("slack {method}: {kind}")]
pub struct SlackFault {
    /// The Web API method, or `response_url`.
    pub method: &'static str,
    /// What went wrong.
    pub kind: FaultKind,
    /// Whether the call may have taken effect all the same.
    reply_lost: bool,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// Not now: Slack said so, or our own gate knew that it would.
    #[error("rate limited, again in {} ms", .retry_after.as_millis())]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// No answer in time; what became of the call is unknown.
    #[error("no answer in time")]
    Timeout,
    /// The network failed, before or after the call was sent.
    #[error("unreachable ({0})")]
    Unreachable(&'static str),
    /// The token is no longer good: an operator must act.
    #[error("token refused: `{0}`")]
    Revoked(String),
    /// What was asked for does not exist.
    #[error("not found: `{0}`")]
    NotFound(String),
    /// Slack refused for good; the same call will be refused again.
    #[error("refused: `{code}`{}", .detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default())]
    Rejected {
        /// Slack's error code.
        code: String,
        /// Slack's explanation: scopes needed and provided, or which field is wrong.
        detail: Option<String>,
    },
    /// Slack itself failed.
    #[error("slack failed with status {status}{}", .code.as_ref().map(|c| format!(" `{c}`")).unwrap_or_default())]
    Server {
        /// HTTP status.
        status: u16,
        /// Slack's error code, where it gave one.
        code: Option<String>,
    },
    /// An answer that is not what Slack documents.
    #[error("unreadable answer ({0})")]
    Garbled(&'static str),
}

impl SlackFault {
    /// A call that certainly did nothing.
    #[must_use]
    pub fn not_done(method: &'static str, kind: FaultKind) -> Self {
        Self { method, kind, reply_lost: false }
    }

    /// A call that may have done what it was asked to.
    #[must_use]
    pub fn unknown(method: &'static str, kind: FaultKind) -> Self {
        Self { method, kind, reply_lost: true }
    }

    /// Whether the same call may work later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::RateLimited { .. }
                | FaultKind::Timeout
                | FaultKind::Unreachable(_)
                | FaultKind::Server { .. }
                | FaultKind::Garbled(_)
        )
    }

    /// Whether the call may have taken effect although it failed: look before doing it again.
    #[must_use]
    pub fn reply_lost(&self) -> bool {
        self.reply_lost
    }

    /// Whether Slack said that the thing asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, FaultKind::NotFound(_))
    }

    /// How long to wait, where Slack (or our gate) said.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            FaultKind::RateLimited { retry_after } => Some(retry_after),
            _ => None,
        }
    }

    /// Whether no call with this app's token and scopes can work until an operator acts.
    #[must_use]
    pub fn needs_operator(&self) -> bool {
        match &self.kind {
            FaultKind::Revoked(_) => true,
            FaultKind::Rejected { code, .. } => code == "missing_scope",
            _ => false,
        }
    }

    /// The outcome label in metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self.kind {
            FaultKind::RateLimited { .. } => "rate_limited",
            FaultKind::Timeout => "timeout",
            FaultKind::Unreachable(_) => "unreachable",
            FaultKind::Revoked(_) => "revoked",
            FaultKind::NotFound(_) => "not_found",
            FaultKind::Rejected { .. } => "rejected",
            FaultKind::Server { .. } => "server",
            FaultKind::Garbled(_) => "garbled",
        }
    }

    /// Sorts an `"ok": false` answer by its code.
    pub(super) fn from_code(method: &'static str, status: u16, code: &str, body: &serde_json::Value) -> Self {
        let code = plain(code);
        match code.as_str() {
            "ratelimited" | "rate_limited" => {
                let retry_after = super::limits::RETRY_AFTER_DEFAULT;
                Self::not_done(method, FaultKind::RateLimited { retry_after })
            }
            "invalid_auth"
            | "not_authed"
            | "account_inactive"
            | "token_revoked"
            | "token_expired"
            | "not_allowed_token_type"
            | "org_login_required"
            | "ekm_access_denied"
            | "forbidden_team"
            | "team_access_not_granted" => Self::not_done(method, FaultKind::Revoked(code)),
            "user_not_found" | "users_not_found" | "message_not_found" | "thread_not_found"
            | "view_not_found" => Self::not_done(method, FaultKind::NotFound(code)),
            // Slack of these: "it's possible some aspect of the operation succeeded before the error was raised".
            "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout"
            | "team_added_to_org" => Self::unknown(method, FaultKind::Server { status, code: Some(code) }),
            _ => Self::not_done(method, FaultKind::Rejected { code, detail: detail(body) }),
        }
    }
}

/// Slack's explanation of a refusal: scopes, or the messages of `response_metadata`.
fn detail(body: &serde_json::Value) -> Option<String> {
    let text = |key: &str| body.get(key).and_then(serde_json::Value::as_str);
    if let Some(needed) = text("needed") {
        return Some(plain(&format!("needed {needed}, provided {}", text("provided").unwrap_or("unknown"))));
    }
    let messages = body.pointer("/response_metadata/messages")?.as_array()?;
    let joined: Vec<&str> = messages.iter().filter_map(serde_json::Value::as_str).collect();
    (!joined.is_empty()).then(|| plain(&joined.join("; ")))
}

/// Cut to length, without characters that could forge a log line.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(code: &str, body: serde_json::Value) -> SlackFault {
        SlackFault::from_code("chat.postMessage", 200, code, &body)
    }

    #[test]
    fn codes_are_sorted_by_what_to_do_next() {
        for (code, transient, lost, operator) in [
            ("token_revoked", false, false, true),
            ("missing_scope", false, false, true),
            ("invalid_blocks", false, false, false),
            ("users_not_found", false, false, false),
            ("internal_error", true, true, false),
            ("ratelimited", true, false, false),
        ] {
            let fault = fault(code, json!({}));
            assert_eq!(
                (fault.is_transient(), fault.reply_lost(), fault.needs_operator()),
                (transient, lost, operator),
                "{code}"
            );
        }
    }

    #[test]
    fn a_missing_scope_says_which_and_cannot_forge_a_log_line() {
        let fault = fault("missing_scope", json!({"needed": "im:write", "provided": "commands\nERROR fake"}));
        assert_eq!(
            fault.to_string(),
            "slack chat.postMessage: refused: `missing_scope` (needed im:write, provided commandsERROR fake)"
        );
    }
}
