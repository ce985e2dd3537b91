//! The identity providers of the configuration as the engine's ports. Connects to none at start: the bot must start, and
//! close what is open, also while one is down.

use std::sync::Arc;

use glasskey_domain::emergency::Provider;
use url::Url;

use crate::access::entra::{Entra, EntraSettings};
use crate::access::keycloak::{Keycloak, KeycloakSettings};
use crate::access::oauth;
use crate::access::okta::{Auth, Okta, OktaLimits, OktaSettings};
use crate::access::settings::Timeouts;
use crate::config::{self, Config, OktaAuth, Secret, Secrets};
use crate::engine::emergency::Federations;
use crate::notices::{FederationWords, Setting};
use crate::ports::{Clock, IdentityProvider};

/// How the identity providers are reached. Plain settings, so that tests can shorten the times.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    /// Okta.
    pub okta: Option<OktaSettings>,
    /// Microsoft Entra ID.
    pub entra: Option<EntraSettings>,
    /// Keycloak.
    pub keycloak: Option<KeycloakSettings>,
}

impl Providers {
    /// As the configuration says.
    #[must_use]
    pub fn of(config: &Config, secrets: &Secrets) -> Self {
        let from = &config.providers;
        Self {
            okta: from
                .okta
                .as_ref()
                .zip(secrets.okta.as_ref())
                .map(|(okta, secret)| okta_settings(okta, secret)),
            entra: from
                .entra
                .as_ref()
                .zip(secrets.entra.as_ref())
                .map(|(entra, secret)| entra_settings(entra, secret)),
            keycloak: from
                .keycloak
                .as_ref()
                .zip(secrets.keycloak.as_ref())
                .map(|(keycloak, secret)| keycloak_settings(keycloak, secret)),
        }
    }
}

fn okta_settings(okta: &config::Okta, secret: &Secret) -> OktaSettings {
    let auth = match &okta.auth {
        OktaAuth::Token(_) => Auth::Token(secret.to_secret_string()),
        OktaAuth::Service { client_id, key_id, .. } => Auth::Service {
            client_id: client_id.clone(),
            key: secret.to_secret_string(),
            key_id: key_id.clone(),
        },
    };
    OktaSettings { url: okta.url.clone(), auth, timeouts: Timeouts::default(), limits: OktaLimits::default() }
}

fn entra_settings(entra: &config::Entra, secret: &Secret) -> EntraSettings {
    let credential = credential(&entra.credential, secret);
    let mut settings = EntraSettings::in_tenant(&entra.tenant, &entra.client_id, credential);
    if let Some(url) = &entra.graph_url {
        settings.graph_url = text(url);
    }
    if let Some(url) = &entra.login_url {
        settings.login_url = text(url);
    }
    settings
}

fn keycloak_settings(keycloak: &config::Keycloak, secret: &Secret) -> KeycloakSettings {
    let credential = credential(&keycloak.credential, secret);
    let url = text(&keycloak.url);
    let mut settings = KeycloakSettings::in_realm(&url, &keycloak.realm, &keycloak.client_id, credential);
    settings.admin_url = keycloak.admin_url.as_ref().map(text);
    settings
}

fn credential(credential: &config::Credential, secret: &Secret) -> oauth::Credential {
    match credential {
        config::Credential::Secret(_) => oauth::Credential::Secret(secret.to_secret_string()),
        config::Credential::PrivateKey(_) => oauth::Credential::Key(secret.to_secret_string()),
    }
}

fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// The identity providers, reached by nobody yet.
pub struct Reached {
    /// Where emergencies are opened.
    pub federations: Federations,
    /// Okta, for its groups: through the same connection, so that there is one budget.
    pub okta: Option<Okta>,
}

/// Makes the clients, and asks nobody anything yet.
///
/// # Errors
/// What is wrong with the settings, for people: a key that is none.
pub fn connect(providers: Providers, clock: Arc<dyn Clock>) -> Result<Reached, String> {
    let mut federations = Federations::default();
    let said = |section: &str, why: &dyn std::fmt::Display| format!("[{section}] cannot be used: {why}");
    let mut add =
        |provider, client: Arc<dyn IdentityProvider>| federations.providers.insert(provider, client);
    let okta = providers.okta.map(|settings| Okta::new(settings, Arc::clone(&clock))).transpose();
    let okta = okta.map_err(|why| said("okta", &why))?;
    if let Some(okta) = okta.clone() {
        add(Provider::Okta, Arc::new(okta));
    }
    if let Some(settings) = providers.entra {
        let entra = Entra::new(&settings, Arc::clone(&clock)).map_err(|why| said("entra", &why))?;
        add(Provider::Entra, Arc::new(entra));
    }
    if let Some(settings) = providers.keycloak {
        let keycloak = Keycloak::new(&settings, clock).map_err(|why| said("keycloak", &why))?;
        add(Provider::Keycloak, Arc::new(keycloak));
    }
    Ok(Reached { federations, okta })
}

/// What the words for people need to know of the configuration.
#[must_use]
pub fn setting(config: &Config) -> Setting {
    let words = |federation: &config::Federation| FederationWords {
        app_link: federation.app_link.as_ref().map(ToString::to_string),
        groups: federation.group_names.clone(),
    };
    let federations = &config.breakglass.federations;
    Setting {
        portal_url: config.aws.portal_url.as_ref().map(ToString::to_string),
        region: config.aws.region.clone(),
        federations: federations.iter().map(|(name, one)| (name.clone(), words(one))).collect(),
        runbook: (!federations.is_empty()).then(|| config.breakglass.runbook.display().to_string()),
        cut_sessions: config.requests.cut_sessions,
    }
}
