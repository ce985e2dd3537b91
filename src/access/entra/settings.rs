//! What is needed to reach Microsoft Entra ID. Plain data.

use crate::access::oauth::Credential;
use crate::access::settings::Timeouts;

/// Microsoft Graph, of the public cloud.
pub const GRAPH_URL: &str = "https://graph.microsoft.com/v1.0";
/// Where tokens and metadata are had, of the public cloud.
pub const LOGIN_URL: &str = "https://login.microsoftonline.com";
/// Graph takes 3,000 writes of one app in 150 seconds ("Microsoft Graph throttling limits", identity and access).
pub const CALLS_PER_SECOND: u32 = 20;

/// What is needed to reach Entra ID.
#[derive(Debug, Clone)]
pub struct EntraSettings {
    /// The tenant: its id, or one of its domains.
    pub tenant: String,
    /// The bot's application (client) id.
    pub client_id: String,
    /// A client secret; or the private key with its certificate, which Microsoft recommends.
    pub credential: Credential,
    /// Microsoft Graph with its version: [`GRAPH_URL`], or that of a national cloud.
    pub graph_url: String,
    /// Where tokens are had: [`LOGIN_URL`], or that of a national cloud.
    pub login_url: String,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// How many calls there may be; `None` for measuring against twins.
    pub calls_per_second: Option<u32>,
}

impl EntraSettings {
    /// The public cloud, with the ordinary limits.
    #[must_use]
    pub fn in_tenant(tenant: &str, client_id: &str, credential: Credential) -> Self {
        Self {
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            credential,
            graph_url: GRAPH_URL.to_owned(),
            login_url: LOGIN_URL.to_owned(),
            timeouts: Timeouts::default(),
            calls_per_second: Some(CALLS_PER_SECOND),
        }
    }
}
