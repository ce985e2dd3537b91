//! How the bot shows a provider who it is: OAuth 2.0 client credentials, with a secret or with a signed assertion
//! (`private_key_jwt`), and one access token that all calls share until it ends.
//!
//! It must never show a secret, a key, an assertion or a token: only the provider's name for what is wrong with them.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::http::{Failure, Http, Kind, Reply, Silence, count, fit};
use crate::ports::{Clock, Fault};

/// A token is asked for anew so long before it ends: calls under way finish with it.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// How long a token is good for when the provider does not say.
const TOKEN_LIFETIME_UNSAID: Duration = Duration::from_secs(60);
/// Random bytes of an assertion's id: 128 bits never come twice.
const ASSERTION_ID_BYTES: usize = 16;
/// What an assertion is, in the words of RFC 7523.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What proves who the bot is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A client secret.
    Secret(SecretString),
    /// A private key in PEM (RSA, or elliptic curve P-256), with its certificate behind or before it where the provider
    /// knows the bot by certificate.
    Key(SecretString),
}

/// Where tokens are had, and how an assertion must look there.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// The provider, for people.
    pub(crate) provider: &'static str,
    /// The provider, in metrics.
    pub(crate) label: &'static str,
    /// Where tokens are had.
    pub(crate) url: Url,
    /// Whom an assertion is for.
    pub(crate) audience: String,
    /// Who the bot is.
    pub(crate) client_id: String,
    /// What is asked for, where it must be said.
    pub(crate) scope: Option<String>,
    /// Whether the provider knows keys by their certificates (Entra ID): PS256, and the certificate's hash.
    pub(crate) by_certificate: bool,
    /// How long an assertion is good for: no longer than the provider takes.
    pub(crate) assertion_lifetime: Duration,
    /// Which settings to look at when it does not know us.
    pub(crate) settings: &'static str,
}

/// Who the bot is at one provider.
pub(crate) struct Tokens {
    http: Http,
    endpoint: Endpoint,
    proof: Proof,
    clock: Arc<dyn Clock>,
    held: Mutex<Option<Held>>,
}

enum Proof {
    Secret(SecretString),
    Key { key: Box<EncodingKey>, header: Box<Header> },
}

struct Held {
    token: SecretString,
    until: Instant,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: Option<u64>,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Tokens {
    /// Reads the key, and asks for nothing yet.
    ///
    /// # Errors
    /// When the key is not one, or has no certificate where it must.
    pub(crate) fn new(
        http: Http,
        endpoint: Endpoint,
        credential: &Credential,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let proof = match credential {
            Credential::Secret(secret) => Proof::Secret(secret.clone()),
            Credential::Key(pem) => {
                read_key(pem, endpoint.by_certificate).map_err(|wrong| Fault::Permanent {
                    what: format!("{}: {wrong}; see {}", endpoint.provider, endpoint.settings),
                })?
            }
        };
        Ok(Self { http, endpoint, proof, clock, held: Mutex::new(None) })
    }

    /// A token that is good for now. Who waits for one while it is asked for gets the same one.
    ///
    /// # Errors
    /// When there is none to be had. Nothing was asked of the API then.
    pub(crate) async fn token(&self) -> Result<SecretString, Failure> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| Instant::now() < held.until) {
            return Ok(held.token.clone());
        }
        let answer = self.ask().await;
        count(
            self.endpoint.label,
            "token",
            answer.as_ref().map_or_else(|failure| failure.kind.label(), |_| "ok"),
        );
        let granted = answer?;
        let lifetime = granted.expires_in.map_or(TOKEN_LIFETIME_UNSAID, Duration::from_secs);
        // Half of a life shorter than the margin: a token that is good for nothing would be asked for without end.
        let until = Instant::now() + lifetime.saturating_sub(TOKEN_MARGIN).max(lifetime / 2);
        *held = Some(Held { token: granted.access_token.clone(), until });
        Ok(granted.access_token)
    }

    /// The API did not take this token: the next call gets another.
    pub(crate) async fn refused(&self, token: &SecretString) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.token.expose_secret() == token.expose_secret()) {
            *held = None;
        }
    }

    /// Which settings hold what proves who the bot is.
    pub(crate) fn settings(&self) -> &'static str {
        self.endpoint.settings
    }

    async fn ask(&self) -> Result<Granted, Failure> {
        let Endpoint { client_id, scope, url, .. } = &self.endpoint;
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", client_id)];
        form.extend(scope.as_deref().map(|scope| ("scope", scope)));
        let assertion;
        match &self.proof {
            Proof::Secret(secret) => form.push(("client_secret", secret.expose_secret())),
            Proof::Key { key, header } => {
                assertion = self.assertion(key, header)?;
                form.push(("client_assertion_type", ASSERTION_TYPE));
                form.push(("client_assertion", assertion.expose_secret()));
            }
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.client().post(url.clone());
        let request = request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json");
        match self.http.send(request.body(body)).await {
            Ok(reply) if reply.status.is_success() => {
                reply.json().ok_or_else(|| self.failure(Kind::NotSent, None, "not the JSON of a token"))
            }
            Ok(reply) => Err(self.told(&reply)),
            // Whatever became of this request, the call it was for was not sent.
            Err(Silence::NotSent(said) | Silence::Lost(said)) => {
                Err(self.failure(Kind::NotSent, None, &said))
            }
        }
    }

    fn assertion(&self, key: &EncodingKey, header: &Header) -> Result<SecretString, Failure> {
        let unmade = |said: &str| self.failure(Kind::NotSent, None, said);
        let mut id = [0_u8; ASSERTION_ID_BYTES];
        getrandom::fill(&mut id).map_err(|_| unmade("no randomness for an assertion"))?;
        let now = self.clock.now().as_second();
        let lifetime = i64::try_from(self.endpoint.assertion_lifetime.as_secs()).unwrap_or_default();
        let client = &self.endpoint.client_id;
        let claims = Claims {
            iss: client,
            sub: client,
            aud: &self.endpoint.audience,
            jti: u128::from_be_bytes(id).to_string(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(lifetime),
        };
        let signed = jsonwebtoken::encode(header, &claims, key);
        signed.map(SecretString::from).map_err(|_| unmade("the private key cannot sign"))
    }

    fn told(&self, reply: &Reply) -> Failure {
        let Refused { error, error_description } = reply.json().unwrap_or_default();
        let said = format!("HTTP {} {error} {error_description}", reply.status.as_u16());
        let kind = match Kind::of_status(reply.status) {
            Kind::Throttled => Kind::Throttled,
            Kind::Trouble | Kind::Lost | Kind::NotSent => Kind::NotSent,
            Kind::Credentials | Kind::Denied | Kind::NotFound | Kind::Refused => Kind::Credentials,
        };
        self.failure(kind, reply.retry_after(), said.trim())
    }

    fn failure(&self, kind: Kind, retry_after: Option<Duration>, said: &str) -> Failure {
        let Endpoint { provider, settings, .. } = &self.endpoint;
        let said = fit(said);
        let what = match kind {
            Kind::Credentials => format!(
                "{provider} gives no token: {said}; check {settings}, their expiry, and the bot's clock"
            ),
            Kind::Throttled
            | Kind::NotSent
            | Kind::Lost
            | Kind::Trouble
            | Kind::Denied
            | Kind::NotFound
            | Kind::Refused => format!("{provider} could not be asked for a token: {said}"),
        };
        Failure { kind, code: String::new(), retry_after, what }
    }
}

fn read_key(pem: &SecretString, by_certificate: bool) -> Result<Proof, &'static str> {
    let pem = pem.expose_secret();
    let block = private_key_block(pem).ok_or("there is no private key in PEM")?;
    let (key, algorithm) = if let Ok(key) = EncodingKey::from_rsa_pem(block.as_bytes()) {
        (key, if by_certificate { Algorithm::PS256 } else { Algorithm::RS256 })
    } else {
        let key = EncodingKey::from_ec_pem(block.as_bytes());
        (key.map_err(|_| "the private key is neither RSA nor elliptic curve in PKCS#8")?, Algorithm::ES256)
    };
    let mut header = Header::new(algorithm);
    if by_certificate {
        if algorithm == Algorithm::ES256 {
            return Err("the private key must be RSA");
        }
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
        let certificate = certificate.map_err(|_| "there is no certificate in PEM beside the private key")?;
        header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate)));
    }
    Ok(Proof::Key { key: Box::new(key), header: Box::new(header) })
}

/// From `-----BEGIN … PRIVATE KEY-----` to its end: a certificate may stand before or behind it.
fn private_key_block(pem: &str) -> Option<&str> {
    const BEGIN: &str = "-----BEGIN ";
    let starts = pem.match_indices(BEGIN).map(|(at, _)| at);
    starts.into_iter().find_map(|start| {
        let rest = pem.get(start..)?;
        let name = rest.get(BEGIN.len()..)?.split("-----").next()?;
        let end = format!("-----END {name}-----");
        let length = rest.find(&end)? + end.len();
        rest.get(..length).filter(|_| name.ends_with("PRIVATE KEY"))
    })
}

/// What a token says of itself, where it is a JWT. For telling people only: the provider decides what it is good for.
pub(crate) fn claims_of(token: &SecretString) -> Option<serde_json::Value> {
    let payload = token.expose_secret().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests;
