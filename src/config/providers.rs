//! The identity providers: `[okta]`, `[entra]`, `[keycloak]`. Says which are there and how they are reached; asks none.

use url::Url;

use super::Need;
use super::environment::Environment;
use super::keys::{self, Key};
use super::reader::Reader;
use super::secret::SecretSource;
use super::secret_keys as secret;
use super::values;

/// How the bot proves at an identity provider who it is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// With a secret that the provider has too.
    Secret(SecretSource),
    /// With a private key whose public half the provider has.
    PrivateKey(SecretSource),
}

impl Credential {
    /// Where the secret, or the key, is kept.
    #[must_use]
    pub fn source(&self) -> &SecretSource {
        match self {
            Self::Secret(source) | Self::PrivateKey(source) => source,
        }
    }
}

/// Who the bot is at Okta.
#[derive(Debug, Clone)]
pub enum OktaAuth {
    /// An API token (SSWS) of some administrator.
    Token(SecretSource),
    /// A service app of its own.
    Service {
        /// Its client id.
        client_id: String,
        /// Where its private key is kept: PEM or JWK.
        private_key: SecretSource,
        /// The key's id at Okta, when the key itself does not say.
        key_id: Option<String>,
    },
}

impl OktaAuth {
    /// Where the token, or the key, is kept.
    #[must_use]
    pub fn source(&self) -> &SecretSource {
        match self {
            Self::Token(source) | Self::Service { private_key: source, .. } => source,
        }
    }
}

/// `[okta]`.
#[derive(Debug, Clone)]
pub struct Okta {
    /// The organization at Okta.
    pub url: Url,
    /// Who the bot is there.
    pub auth: OktaAuth,
    /// Which of its groups can be asked for, if any.
    pub groups: Option<OktaGroups>,
}

/// Groups of an Okta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OktaGroups {
    /// All of them.
    All,
    /// Those of these names.
    Named(Vec<String>),
}

/// `[entra]`.
#[derive(Debug, Clone)]
pub struct Entra {
    /// The tenant's id, or one of its domains.
    pub tenant: String,
    /// The bot's app registration.
    pub client_id: String,
    /// A client secret, or a private key with its certificate.
    pub credential: Credential,
    /// Microsoft Graph, where it is not that of the public cloud.
    pub graph_url: Option<Url>,
    /// Where tokens are had, where it is not that of the public cloud.
    pub login_url: Option<Url>,
}

/// `[keycloak]`.
#[derive(Debug, Clone)]
pub struct Keycloak {
    /// Where it is.
    pub url: Url,
    /// Where its admin API is, when that is another host.
    pub admin_url: Option<Url>,
    /// The realm.
    pub realm: String,
    /// The bot's own client.
    pub client_id: String,
    /// A client secret, or a private key.
    pub credential: Credential,
}

/// The identity providers that the file has.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    /// `[okta]`.
    pub okta: Option<Okta>,
    /// `[entra]`.
    pub entra: Option<Entra>,
    /// `[keycloak]`.
    pub keycloak: Option<Keycloak>,
}

pub(super) fn providers(reader: &mut Reader<'_>, environment: &Environment, need: Need) -> Providers {
    Providers {
        okta: okta(reader, environment, need),
        entra: entra(reader, environment, need),
        keycloak: keycloak(reader, environment, need),
    }
}

fn okta(reader: &mut Reader<'_>, environment: &Environment, need: Need) -> Option<Okta> {
    if !reader.has_section("okta") {
        return None;
    }
    let url = reader.needed(&keys::OKTA_URL, values::okta_url);
    let service = [&keys::OKTA_CLIENT_ID, &keys::OKTA_PRIVATE_KEY, &keys::OKTA_KEY_ID];
    let first_of_service = service.into_iter().find(|key| reader.has(key));
    let auth = match (reader.has(&keys::OKTA_TOKEN), first_of_service) {
        (true, Some(other)) => {
            let line = reader.line_of(other);
            let is = "beside `okta.token`".to_owned();
            reader.note(line, other.full(), is, "either a token, or client_id and private_key; not both");
            None
        }
        (false, None) => {
            let line = reader.section_line(keys::OKTA_TOKEN.parts());
            let must =
                "client_id and private_key of an API service app (better), or the token of an administrator";
            reader.note(line, "okta.private_key".to_owned(), "missing".to_owned(), must);
            None
        }
        (true, None) => {
            reader.advise(
                &keys::OKTA_TOKEN,
                "a token has all rights of the administrator who made it, ends with them, and lapses when it is not used for 30 days; better a service app (deploy/okta)",
            );
            secret::needed(reader, &keys::OKTA_TOKEN, environment, need).map(OktaAuth::Token)
        }
        (false, Some(_)) => {
            let client_id = reader.needed(&keys::OKTA_CLIENT_ID, values::object_id);
            let private_key = secret::needed(reader, &keys::OKTA_PRIVATE_KEY, environment, need);
            let key_id = reader.maybe(&keys::OKTA_KEY_ID, values::object_id);
            client_id.zip(private_key).map(|(client_id, private_key)| OktaAuth::Service {
                client_id,
                private_key,
                key_id,
            })
        }
    };
    let groups = reader.maybe(&keys::OKTA_GROUPS, values::okta_groups).flatten();
    Some(Okta { url: url?, auth: auth?, groups })
}

fn entra(reader: &mut Reader<'_>, environment: &Environment, need: Need) -> Option<Entra> {
    if !reader.has_section("entra") {
        return None;
    }
    let tenant = reader.needed(&keys::ENTRA_TENANT, values::plain_name);
    let client_id = reader.needed(&keys::ENTRA_CLIENT_ID, values::object_id);
    let credential = credential(reader, &keys::ENTRA_SECRET, &keys::ENTRA_PRIVATE_KEY, environment, need);
    let graph_url = reader.maybe(&keys::ENTRA_GRAPH_URL, values::url);
    let login_url = reader.maybe(&keys::ENTRA_LOGIN_URL, values::url);
    Some(Entra { tenant: tenant?, client_id: client_id?, credential: credential?, graph_url, login_url })
}

fn keycloak(reader: &mut Reader<'_>, environment: &Environment, need: Need) -> Option<Keycloak> {
    if !reader.has_section("keycloak") {
        return None;
    }
    let url = reader.needed(&keys::KEYCLOAK_URL, values::url);
    let admin_url = reader.maybe(&keys::KEYCLOAK_ADMIN_URL, values::url);
    let realm = reader.needed(&keys::KEYCLOAK_REALM, values::plain_name);
    let client_id = reader.needed(&keys::KEYCLOAK_CLIENT_ID, values::plain_name);
    let credential =
        credential(reader, &keys::KEYCLOAK_SECRET, &keys::KEYCLOAK_PRIVATE_KEY, environment, need);
    Some(Keycloak { url: url?, admin_url, realm: realm?, client_id: client_id?, credential: credential? })
}

/// A secret or a private key: one of them.
fn credential(
    reader: &mut Reader<'_>,
    by_secret: &Key<'_>,
    by_key: &Key<'_>,
    environment: &Environment,
    need: Need,
) -> Option<Credential> {
    match (reader.has(by_secret), reader.has(by_key)) {
        (true, true) => {
            let (line, is) = (reader.line_of(by_secret), format!("beside `{}`", by_key.full()));
            reader.note(line, by_secret.full(), is, "either a secret or a private key, not both");
            None
        }
        (false, false) => {
            let line = reader.section_line(by_key.parts());
            reader.note(line, by_key.full(), "missing".to_owned(), "a private key (better) or a secret");
            None
        }
        (true, false) => secret::needed(reader, by_secret, environment, need).map(Credential::Secret),
        (false, true) => secret::needed(reader, by_key, environment, need).map(Credential::PrivateKey),
    }
}
