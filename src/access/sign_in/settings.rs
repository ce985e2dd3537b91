//! What is needed to let people sign in. Plain data.

use std::time::Duration;

use secrecy::SecretString;

use crate::access::settings::Timeouts;

/// What is needed to let people sign in.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// The identity provider, spelled exactly as it calls itself.
    pub issuer: String,
    /// The bot's client there.
    pub client_id: String,
    /// Its secret, where it has one.
    pub client_secret: Option<SecretString>,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// How often is asked whether somebody has signed in.
    pub pacing: Pacing,
}

/// How often is asked whether somebody has signed in. What the provider says goes before it; tests shorten it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacing {
    /// Never more often, whatever the provider allows.
    pub interval_min: Duration,
    /// `slow_down` makes the interval longer by this, for good.
    pub slower_by: Duration,
}

impl Default for Pacing {
    /// RFC 8628 §3.5 has the five seconds.
    fn default() -> Self {
        Self { interval_min: Duration::from_secs(1), slower_by: Duration::from_secs(5) }
    }
}

impl SignInSettings {
    /// A client of that provider, with the ordinary times.
    #[must_use]
    pub fn at(issuer: &str, client_id: &str, client_secret: Option<SecretString>) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            timeouts: Timeouts::default(),
            pacing: Pacing::default(),
        }
    }
}
