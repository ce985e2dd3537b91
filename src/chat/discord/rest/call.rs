//! One call to Discord, described: where to, what with, and how it counts against the limits.
//!
//! Must never let a piece of a path lead elsewhere: the token of an interaction is a piece of a path.

use std::time::Duration;

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::fault::DiscordFault;

/// Longest token of an interaction that is believed; they have about 200 characters.
const TOKEN_BYTES_MAX: usize = 1_024;

/// Who waits for a call, which says how much of the limits it may use and how long it may wait for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Somebody sees a spinner, and Discord gives up after 3 s. Exempt from the global limit (platform-rules §2).
    Answer,
    /// Something cannot go on without it.
    Person,
    /// A job that comes again by itself.
    Background,
}

impl Urgency {
    /// Longest wait for its turn. A job waits in the ledger and not here, or one full channel would hold up the others;
    /// but a moment is waited for, because coming again costs more: a job that was sent away comes later each time.
    pub(super) const fn wait_max(self) -> Duration {
        match self {
            Self::Answer => Duration::from_secs(1),
            Self::Person => Duration::from_secs(2),
            Self::Background => Duration::from_millis(500),
        }
    }
}

/// A call, before it is made.
pub(super) struct Call {
    /// Our name for it, which is also how it is told apart until Discord has named its bucket.
    pub(super) method: &'static str,
    pub(super) verb: Method,
    /// Behind `/api/v10`; may hold the token of an interaction.
    pub(super) path: SecretString,
    pub(super) query: Vec<(&'static str, String)>,
    /// What Discord counts apart within a bucket: channel, guild, or the token of an interaction (its digest).
    pub(super) major: String,
    pub(super) body: Option<Value>,
    /// Whether the bot's token goes along. Where the path holds a token of its own it does not.
    pub(super) with_token: bool,
    pub(super) urgency: Urgency,
}

impl Call {
    /// A call with the bot's token.
    pub(super) fn new(method: &'static str, verb: Method, path: String, major: impl ToString) -> Self {
        Self {
            method,
            verb,
            path: path.into(),
            query: Vec::new(),
            major: major.to_string(),
            body: None,
            with_token: true,
            urgency: Urgency::Person,
        }
    }

    /// A call that the token of an interaction allows.
    pub(super) fn with_interaction_token(
        method: &'static str,
        verb: Method,
        token: &SecretString,
        path: impl FnOnce(&str) -> String,
    ) -> Result<Self, DiscordFault> {
        let text = token.expose_secret();
        // Two points would climb out of the path, and all the rest ends it.
        let fits = |c: u8| c.is_ascii_alphanumeric() || b"-_=:+".contains(&c);
        if text.is_empty() || text.len() > TOKEN_BYTES_MAX || !text.bytes().all(|c| fits(c) || c == b'.') {
            return Err(DiscordFault::not_made(method, "this is not the token of an interaction"));
        }
        if text.split('.').any(str::is_empty) {
            return Err(DiscordFault::not_made(method, "this is not the token of an interaction"));
        }
        let digest = Sha256::digest(text.as_bytes());
        let major: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let call = Self::new(method, verb, path(text), major);
        Ok(Self { with_token: false, urgency: Urgency::Answer, ..call })
    }

    /// With a body.
    pub(super) fn body(mut self, body: &impl Serialize) -> Result<Self, DiscordFault> {
        let body = serde_json::to_value(body)
            .map_err(|_| DiscordFault::not_made(self.method, "the body cannot be written as JSON"))?;
        self.body = Some(body);
        Ok(self)
    }

    /// With a message as its body: whatever it says, it mentions nobody (P10).
    pub(super) fn message(self, body: &impl Serialize) -> Result<Self, DiscordFault> {
        let mut call = self.body(body)?;
        call.put("allowed_mentions", mentions_nobody());
        Ok(call)
    }

    /// Puts a field into the body.
    pub(super) fn put(&mut self, key: &str, value: Value) {
        if let Some(Value::Object(body)) = &mut self.body {
            body.insert(key.to_owned(), value);
        }
    }

    /// A job that comes again by itself.
    pub(super) fn in_background(self) -> Self {
        Self { urgency: Urgency::Background, ..self }
    }
}

/// What every message of ours says about mentions. Discord's default for messages of bots is to parse all of them.
pub(super) fn mentions_nobody() -> Value {
    serde_json::json!({ "parse": [] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_would_lead_elsewhere_is_no_token() {
        let path = |text: &str| {
            let token = SecretString::from(text.to_owned());
            Call::with_interaction_token("followup", Method::POST, &token, |token| {
                format!("/webhooks/1/{token}")
            })
            .map(|call| call.path.expose_secret().to_owned())
        };
        assert_eq!(path("aW50.ZX-J_=:+9").unwrap(), "/webhooks/1/aW50.ZX-J_=:+9");
        for bad in ["", ".", "..", "a..b", "a/b", "a?b", "a#b", "a%2fb", "a b", "a\\b", &"a".repeat(1_025)] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_interactions_are_counted_apart_without_keeping_their_tokens() {
        let major = |text: &str| {
            let token = SecretString::from(text.to_owned());
            Call::with_interaction_token("followup", Method::POST, &token, str::to_owned).unwrap().major
        };
        assert_ne!(major("token-a"), major("token-b"));
        assert!(!major("token-a").contains("token"));
    }
}
