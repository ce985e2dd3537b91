//! What is needed to reach an Okta: where it is, who we are there, how long and how many calls may be.

use secrecy::SecretString;
use url::Url;

use crate::access::settings::Timeouts;

/// Calls under way at once: Okta answers the 16th with 429 in its smallest plan, and people work beside us.
pub const IN_FLIGHT_MAX: usize = 10;

/// Who we are at Okta.
#[derive(Debug, Clone)]
pub enum Auth {
    /// An SSWS token: has all rights of the person who made it, and ends with them.
    Token(SecretString),
    /// A service app (OAuth 2.0 client credentials, `private_key_jwt`).
    Service {
        /// Its client id.
        client_id: String,
        /// Its private key: PEM (PKCS #8, or PKCS #1 for RSA) or JWK; RSA or P-256.
        key: SecretString,
        /// The key's id at Okta, when the key itself does not say.
        key_id: Option<String>,
    },
}

/// How many calls there may be, beside what Okta says with every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OktaLimits {
    /// Calls under way at once.
    pub in_flight: usize,
    /// Calls of ours a minute in each of Okta's buckets; `None`: as many as Okta lets through.
    pub calls_per_minute: Option<u32>,
}

impl Default for OktaLimits {
    fn default() -> Self {
        Self { in_flight: IN_FLIGHT_MAX, calls_per_minute: None }
    }
}

/// What is needed to reach an Okta.
#[derive(Debug, Clone)]
pub struct OktaSettings {
    /// `https://acme.okta.com`: not the `-admin` host, which answers with a redirection.
    pub url: Url,
    /// Who we are there.
    pub auth: Auth,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// How many calls there may be.
    pub limits: OktaLimits,
}
