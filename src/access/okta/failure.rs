//! What Okta's answers mean, read once: what went wrong, at what, and what to do.
//!
//! It must never say "nothing there" for an answer that did not come from Okta, and never put a body into a sentence.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::StatusCode;
use serde::Deserialize;

use super::budget::{MINUTE, RateSeen};
use super::operation::Op;
use crate::access::http::{Failure, Kind, Reply, Silence, fit};
use crate::ports::READ_ONLY;

/// Shortest and longest time for which Okta may ask to be left alone: its windows are a minute, and clocks differ.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);
/// After too many calls at once: they end within seconds.
const CONCURRENCY_PAUSE: Duration = Duration::from_secs(2);

/// "Service is in read-only mode", with 503 (Okta's list of error codes): nothing was done.
const E_READ_ONLY: &str = "E0000010";
/// "This operation is not allowed in the user's current status", with 403: not a matter of rights.
const E_USER_STATUS: &str = "E0000038";

/// What a call names, for the sentence.
#[derive(Debug, Clone, Copy)]
pub(super) enum Thing<'a> {
    /// An app.
    App(&'a str),
    /// A group.
    Group(&'a str),
    /// A user in a group.
    Membership {
        /// The group.
        group: &'a str,
        /// The user.
        user: &'a str,
    },
    /// A user.
    User,
    /// Nothing of its own.
    Nothing,
}

/// An error as Okta writes it: of the management API, or of OAuth.
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default, rename = "errorCode")]
    code: String,
    #[serde(default, rename = "errorSummary")]
    summary: String,
    #[serde(default, rename = "errorCauses")]
    causes: Vec<Cause>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

#[derive(Debug, Default, Deserialize)]
struct Cause {
    #[serde(default, rename = "errorSummary")]
    summary: String,
}

impl ErrorBody {
    fn of(reply: &Reply) -> Self {
        reply.json().unwrap_or_default()
    }

    fn code(&self) -> &str {
        if self.code.is_empty() { &self.error } else { &self.code }
    }

    fn said(&self, status: StatusCode) -> String {
        let summary = if self.summary.is_empty() { &self.error_description } else { &self.summary };
        let cause = self.causes.first().map(|cause| format!(" ({})", cause.summary)).unwrap_or_default();
        match (self.code(), summary.as_str()) {
            ("", _) => format!("HTTP {} without an error code", status.as_u16()),
            (code, "") => code.to_owned(),
            (code, summary) => format!("{code}: {summary}{cause}"),
        }
    }
}

/// No answer came.
pub(super) fn silent(op: Op, silence: &Silence) -> Failure {
    let (kind, what) = match silence {
        Silence::NotSent(why) => (Kind::NotSent, format!("Okta could not be asked for `{op}`: {why}")),
        Silence::Lost(why) => (Kind::Lost, format!("no usable answer of Okta to `{op}`: {why}")),
    };
    Failure { kind, code: String::new(), retry_after: None, what }
}

/// Nothing was sent.
pub(super) fn not_sent(op: Op, why: &str) -> Failure {
    silent(op, &Silence::NotSent(why.to_owned()))
}

/// An answer came that cannot be what Okta means. Never taken for "none".
pub(super) fn garbled(op: Op, why: &str) -> Failure {
    silent(op, &Silence::Lost(why.to_owned()))
}

/// Reads an answer that is not success.
pub(super) fn answered(op: Op, thing: Thing<'_>, reply: &Reply, now: Timestamp) -> Failure {
    let body = ErrorBody::of(reply);
    let code = body.code().to_owned();
    let read_only = is_read_only(reply.status, &body);
    let kind = match Kind::of_status(reply.status) {
        _ if read_only => Kind::Denied,
        // Whoever answers without a code is not Okta.
        Kind::Refused if code.is_empty() => Kind::Lost,
        Kind::Denied if code == E_USER_STATUS => Kind::Refused,
        kind => kind,
    };
    let said = fit(&body.said(reply.status));
    let what = if read_only {
        format!(
            "{READ_ONLY} Okta takes no changes now, `{op}`: {said}; follow the runbook for the day Okta is down"
        )
    } else {
        sentence(op, thing, kind, &said)
    };
    let retry_after = (kind == Kind::Throttled).then(|| retry_after(reply, now));
    Failure { kind, code, retry_after, what }
}

fn is_read_only(status: StatusCode, body: &ErrorBody) -> bool {
    let summary = body.summary.to_lowercase().replace('-', " ");
    body.code == E_READ_ONLY || (status.as_u16() >= 400 && summary.contains("read only mode"))
}

fn sentence(op: Op, thing: Thing<'_>, kind: Kind, said: &str) -> String {
    match kind {
        Kind::NotSent => format!("Okta could not be asked for `{op}`: {said}"),
        Kind::Lost => format!("no usable answer of Okta to `{op}`: {said}"),
        Kind::Throttled => format!("Okta throttles `{op}`: {said}"),
        Kind::Trouble => format!("Okta is in trouble with `{op}`: {said}"),
        Kind::Credentials => format!(
            "Okta does not know us for `{op}`: {said}; was the token revoked, the key taken out of the service app, or is the \
             clock wrong? `glasskey breakglass check` says more"
        ),
        Kind::Denied => format!("Okta denies `{op}`: {said}; {}", needs(op, thing)),
        Kind::NotFound => match thing {
            Thing::App(app) => {
                format!("no such app `{app}` in Okta, or not for us: was it deleted? ({said})")
            }
            Thing::Group(group) => {
                format!("no such group `{group}` in Okta, or not for us: was it deleted? ({said})")
            }
            Thing::Membership { group, user } => {
                format!("Okta finds either the group `{group}` or the user `{user}` no more: {said}")
            }
            Thing::User | Thing::Nothing => format!("Okta does not find what `{op}` names: {said}"),
        },
        Kind::Refused => format!("Okta refuses `{op}`: {said}"),
    }
}

/// What is missing when Okta denies.
fn needs(op: Op, thing: Thing<'_>) -> String {
    let scope = op.scope().map(|scope| format!("the scope `{scope}`"));
    let on = match thing {
        Thing::App(app) => format!("the app `{app}`"),
        Thing::Group(group) => format!("the group `{group}`"),
        Thing::Membership { group, .. } => format!("members of the group `{group}`"),
        Thing::User => "users".to_owned(),
        Thing::Nothing => "what it asks for".to_owned(),
    };
    let scope = scope.unwrap_or_else(|| "its scopes".to_owned());
    format!("it takes {scope} and an admin role whose resource set has {on}; compare with `deploy/okta`")
}

/// What an answer says of its bucket.
pub(super) fn rate_seen(reply: &Reply, now: Timestamp) -> Option<RateSeen> {
    let number = |name: &str| reply.header(name)?.trim().parse::<u32>().ok();
    let (limit, left) = (number("x-rate-limit-limit")?, number("x-rate-limit-remaining")?);
    // Too many calls at once are told with a limit of 0, which says nothing of the minute.
    (limit > 0).then(|| RateSeen { limit, left, resets_in: resets_in(reply, now).unwrap_or(MINUTE) })
}

fn retry_after(reply: &Reply, now: Timestamp) -> Duration {
    if reply.header("x-rate-limit-limit").is_some_and(|limit| limit.trim() == "0") {
        return CONCURRENCY_PAUSE;
    }
    resets_in(reply, now).or_else(|| reply.retry_after()).unwrap_or(MINUTE)
}

/// Until a bucket is full again, by Okta's own clock, which tells the time in whole seconds.
fn resets_in(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let at: i64 = reply.header("x-rate-limit-reset")?.trim().parse().ok()?;
    let now = date(reply).unwrap_or(now).as_second();
    let seconds = u64::try_from(at.saturating_sub(now)).unwrap_or_default();
    Some(Duration::from_secs(seconds).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX))
}

/// When Okta says that it is.
pub(super) fn date(reply: &Reply) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(reply.header("date")?).ok()
}

/// Whether a proof with the nonce that came along will do.
pub(super) fn wants_nonce(reply: &Reply) -> bool {
    const WANTED: &str = "use_dpop_nonce";
    let body = ErrorBody::of(reply);
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    reply.headers.contains_key("dpop-nonce") && (body.code() == WANTED || challenge.contains(WANTED))
}

#[cfg(test)]
mod tests;
