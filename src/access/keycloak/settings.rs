//! What is needed to reach Keycloak. Plain data.

use crate::access::oauth::Credential;
use crate::access::settings::Timeouts;

/// Keycloak publishes no limit, for it is the company's own server; so many calls a second leave it to the people who sign
/// in.
pub const CALLS_PER_SECOND: u32 = 50;

/// What is needed to reach Keycloak.
#[derive(Debug, Clone)]
pub struct KeycloakSettings {
    /// Where Keycloak is, with its relative path where it has one (`https://sso.acme.example/auth`).
    pub url: String,
    /// Where the admin API is, when that is another host (`--hostname-admin`).
    pub admin_url: Option<String>,
    /// The realm with the emergency client, its groups and the bot's own client.
    pub realm: String,
    /// The bot's client id, with a service account.
    pub client_id: String,
    /// A client secret; or a private key whose public part the client has ("Signed JWT").
    pub credential: Credential,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// How many calls there may be; `None` for measuring against twins.
    pub calls_per_second: Option<u32>,
}

impl KeycloakSettings {
    /// A realm at that place, with the ordinary limits.
    #[must_use]
    pub fn in_realm(url: &str, realm: &str, client_id: &str, credential: Credential) -> Self {
        Self {
            url: url.to_owned(),
            admin_url: None,
            realm: realm.to_owned(),
            client_id: client_id.to_owned(),
            credential,
            timeouts: Timeouts::default(),
            calls_per_second: Some(CALLS_PER_SECOND),
        }
    }
}
