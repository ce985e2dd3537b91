//! How a call to Discord fails, in terms of what to do next.
//!
//! Must never carry a token, an interaction's token or a body: faults are logged and shown. Discord's notes on single
//! fields quote what was sent, so only their places and codes are kept.

use std::time::Duration;

use serde_json::Value;

/// Longest piece of Discord's own explanation kept in a fault, in characters.
const DETAIL_CHARS_MAX: usize = 300;
/// Fields named in a fault: enough to mend a form by.
const FIELDS_MAX: usize = 5;
/// Deepest note on a field that is looked for: `data.components[0].components[0].options[0].label` is half of it.
const DEPTH_MAX: usize = 16;

/// `Missing Access`: the bot is not in the channel, or was taken out of the guild.
const MISSING_ACCESS: u64 = 50_001;
/// `Missing Permissions`.
const MISSING_PERMISSIONS: u64 = 50_013;

/// A call to Discord that did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("discord {method}: {kind}")]
pub struct DiscordFault {
    /// Our name for the call.
    pub method: &'static str,
    /// What went wrong.
    pub kind: FaultKind,
    /// Whether the call may have taken effect all the same.
    reply_lost: bool,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// Not now: Discord said so, or our own gate knew that it would.
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
    /// The bot's token is no longer good: an operator must act.
    #[error("token refused: `{0}`")]
    Revoked(String),
    /// What was asked for does not exist (any more).
    #[error("not found: `{code}` {message}")]
    NotFound {
        /// Discord's error code; 0 where it gave none.
        code: u64,
        /// Discord's explanation.
        message: String,
    },
    /// Discord refused for good; the same call will be refused again.
    #[error("refused with status {status}: `{code}` {message}")]
    Rejected {
        /// Discord's error code; 0 where it gave none, or where the call was not made.
        code: u64,
        /// HTTP status; 0 where the call was not made.
        status: u16,
        /// Discord's explanation, and which fields are wrong.
        message: String,
    },
    /// Discord itself failed.
    #[error("discord failed with status {status}")]
    Server {
        /// HTTP status.
        status: u16,
    },
    /// An answer that is not what Discord documents.
    #[error("unreadable answer ({0})")]
    Garbled(&'static str),
}

impl DiscordFault {
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

    /// A call that was not made, because it cannot be right.
    pub(super) fn not_made(method: &'static str, why: &str) -> Self {
        let kind = FaultKind::Rejected { code: 0, status: 0, message: why.to_owned() };
        Self::not_done(method, kind)
    }

    /// Whether the same call may work later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind {
            FaultKind::RateLimited { .. }
            | FaultKind::Timeout
            | FaultKind::Unreachable(_)
            | FaultKind::Server { .. }
            | FaultKind::Garbled(_) => true,
            FaultKind::Revoked(_) | FaultKind::NotFound { .. } | FaultKind::Rejected { .. } => false,
        }
    }

    /// Whether the call may have taken effect although it failed: look before doing it again, or send the same nonce.
    #[must_use]
    pub fn reply_lost(&self) -> bool {
        self.reply_lost
    }

    /// Whether Discord said that the thing asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, FaultKind::NotFound { .. })
    }

    /// How long to wait, where Discord (or our gate) said.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            FaultKind::RateLimited { retry_after } => Some(retry_after),
            _ => None,
        }
    }

    /// Discord's error code, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<u64> {
        match self.kind {
            FaultKind::NotFound { code, .. } | FaultKind::Rejected { code, .. } if code > 0 => Some(code),
            _ => None,
        }
    }

    /// Whether this cannot work until an operator acts: the token, the bot's place in the guild, its permissions.
    #[must_use]
    pub fn needs_operator(&self) -> bool {
        match self.kind {
            FaultKind::Revoked(_) => true,
            FaultKind::Rejected { code, .. } => code == MISSING_ACCESS || code == MISSING_PERMISSIONS,
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
            FaultKind::NotFound { .. } => "not_found",
            FaultKind::Rejected { .. } => "rejected",
            FaultKind::Server { .. } => "server",
            FaultKind::Garbled(_) => "garbled",
        }
    }

    /// Sorts an answer that is no success and no 429. `with_token` says whether the bot's token went along.
    pub(super) fn from_status(method: &'static str, status: u16, body: &Value, with_token: bool) -> Self {
        if status == 408 || status >= 500 {
            return Self::unknown(method, FaultKind::Server { status });
        }
        if status < 400 {
            return Self::unknown(method, FaultKind::Garbled("neither success nor error"));
        }
        // Discord's errors always say something; a bare status is from something between us, and says nothing for good.
        let Some(message) = body.get("message").and_then(Value::as_str) else {
            return Self::not_done(method, FaultKind::Garbled("an error page that is not Discord's"));
        };
        let code = body.get("code").and_then(Value::as_u64).unwrap_or(0);
        let message = explained(message, body);
        let kind = match status {
            401 if with_token => FaultKind::Revoked(message),
            404 => FaultKind::NotFound { code, message },
            _ => FaultKind::Rejected { code, status, message },
        };
        Self::not_done(method, kind)
    }
}

/// Discord's sentence, and the places of what is wrong.
fn explained(message: &str, body: &Value) -> String {
    let mut fields = Vec::new();
    if let Some(errors) = body.get("errors") {
        wrong_fields(errors, "", DEPTH_MAX, &mut fields);
    }
    if fields.is_empty() { plain(message) } else { plain(&format!("{message} ({})", fields.join("; "))) }
}

fn wrong_fields(errors: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
    let Some(object) = errors.as_object().filter(|_| depth > 0) else { return };
    for (key, inner) in object {
        if found.len() >= FIELDS_MAX {
            return;
        }
        if key != "_errors" {
            let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            wrong_fields(inner, &at, depth - 1, found);
            continue;
        }
        let codes: Vec<&str> = inner
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|note| note.get("code").and_then(Value::as_str))
            .take(FIELDS_MAX)
            .collect();
        found.push(format!("{at}: {}", codes.join(", ")));
    }
}

/// Cut to length, without characters that could forge a log line.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(status: u16, body: &Value) -> DiscordFault {
        DiscordFault::from_status("create_message", status, body, true)
    }

    #[test]
    fn answers_are_sorted_by_what_to_do_next() {
        for (status, code, transient, lost, operator, label) in [
            (401, 0, false, false, true, "revoked"),
            (403, 50_001, false, false, true, "rejected"),
            (403, 50_013, false, false, true, "rejected"),
            (403, 50_007, false, false, false, "rejected"),
            (404, 10_008, false, false, false, "not_found"),
            (400, 50_035, false, false, false, "rejected"),
            (408, 0, true, true, false, "server"),
            (500, 0, true, true, false, "server"),
            (302, 0, true, true, false, "garbled"),
        ] {
            let fault = fault(status, &json!({"code": code, "message": "words"}));
            assert_eq!(
                (fault.is_transient(), fault.reply_lost(), fault.needs_operator(), fault.label()),
                (transient, lost, operator, label),
                "{status} {code}"
            );
        }
    }

    #[test]
    fn an_error_page_of_somebody_between_us_says_nothing_for_good() {
        for status in [401, 403, 404] {
            let fault = fault(status, &Value::Null);
            assert_eq!(
                (fault.is_transient(), fault.needs_operator(), fault.is_not_found()),
                (true, false, false)
            );
        }
    }

    #[test]
    fn a_refused_token_of_an_interaction_is_not_the_bots_token() {
        let body = json!({"code": 50_027, "message": "Invalid Webhook Token"});
        let fault = DiscordFault::from_status("followup", 401, &body, false);
        assert!(!fault.needs_operator());
        assert_eq!(fault.code(), Some(50_027));
    }

    #[test]
    fn wrong_fields_are_named_and_not_quoted() {
        let fault = fault(
            400,
            &json!({"code": 50_035, "message": "Invalid Form Body\n", "errors": {"embeds": {"0": {"title": {
                "_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "\"s3cr3t\" is too long"}]}}}}}),
        );
        assert_eq!(
            fault.to_string(),
            "discord create_message: refused with status 400: `50035` Invalid Form Body \
             (embeds.0.title: BASE_TYPE_MAX_LENGTH)"
        );
    }
}
