//! How Okta knows us: a token made by a person, or one of a service app, asked for with a signed assertion and again before
//! it expires. Must never say a token or a key.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use super::budget::Rank;
use super::connection::{Call, Connection, Refusal};
use super::dpop::{Server, unique};
use super::failure::{self, Thing};
use super::key::SigningKey;
use super::operation::Op;
use super::settings::Auth;
use crate::access::http::{Failure, Kind, Reply};

/// What we ask to be allowed, and nothing else. `manage` is for changing; reading has scopes of its own.
pub(super) const SCOPES: &[&str] =
    &["okta.apps.read", "okta.apps.manage", "okta.groups.read", "okta.groups.manage", "okta.users.read"];
/// Longest life of an assertion; Okta allows an hour.
const ASSERTION_LIFE_S: i64 = 300;
/// A token that ends sooner is not used: a call may wait so long for its turn.
const RENEW_BEFORE: Duration = Duration::from_secs(300);
/// Life of a token that does not say: Okta's are an hour.
const LIFE: Duration = Duration::from_secs(3600);
/// Tries at one token: without proof, with proof, with the nonce that the proof wants.
const TRIES_MAX: usize = 3;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Names of errors of OAuth (RFC 6749 §5.2, RFC 9449 §5).
const E_PROOF: &str = "invalid_dpop_proof";
const E_SCOPE: &str = "invalid_scope";
const E_CLIENT: &str = "invalid_client";

/// What is shown to Okta with a call.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) secret: SecretString,
    pub(super) scheme: &'static str,
    /// Which token it is; 0: the one that does not change.
    number: u64,
    renew_at: Option<Instant>,
}

impl Access {
    /// Whether calls with it must come with a proof.
    pub(super) fn proves(&self) -> bool {
        self.scheme == "DPoP"
    }
}

/// Where tokens come from.
#[derive(Debug)]
pub(super) enum Tokens {
    /// It is the token.
    Fixed(SecretString),
    /// It is asked for.
    Asked {
        /// The service app.
        client_id: String,
        /// Its key.
        key: SigningKey,
        /// The last one, and how many there were. One asks, the others wait for the answer.
        last: Mutex<(Option<Access>, u64)>,
    },
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    #[serde(default)]
    token_type: String,
    expires_in: Option<u64>,
}

impl Tokens {
    /// Reads the key.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(auth: Auth) -> Result<Self, String> {
        Ok(match auth {
            Auth::Token(token) => Self::Fixed(token),
            Auth::Service { client_id, key, key_id } => {
                let key = SigningKey::read(&key, key_id.as_deref())?;
                Self::Asked { client_id, key, last: Mutex::new((None, 0)) }
            }
        })
    }

    /// Okta does not accept this token: whether another can be asked for.
    pub(super) async fn forget(&self, access: &Access) -> bool {
        let Self::Asked { last, .. } = self else { return false };
        let mut last = last.lock().await;
        if last.0.as_ref().is_some_and(|known| known.number == access.number) {
            last.0 = None;
        }
        true
    }
}

impl Connection {
    /// A token for a call of this operation.
    ///
    /// # Errors
    /// When there is none. The call itself was not sent.
    pub(super) async fn access(&self, op: Op) -> Result<Access, Failure> {
        let (client_id, key, last) = match &*self.tokens {
            Tokens::Fixed(token) => {
                return Ok(Access { secret: token.clone(), scheme: "SSWS", number: 0, renew_at: None });
            }
            Tokens::Asked { client_id, key, last } => (client_id, key, last),
        };
        let mut last = last.lock().await;
        let fresh = |access: &&Access| access.renew_at.is_some_and(|at| Instant::now() < at);
        if let Some(access) = last.0.as_ref().filter(fresh) {
            return Ok(access.clone());
        }
        let reply = self.ask(client_id, key, SCOPES).await.map_err(|failure| unsent(op, failure))?;
        let number = last.1 + 1;
        let access = access_of(&reply, number)
            .ok_or_else(|| failure::not_sent(op, "Okta's answer to the request for a token is no token"))?;
        *last = (Some(access.clone()), number);
        Ok(access)
    }

    /// Whether Okta gives the service app a token with these scopes; `None` for a token that has no scopes. Keeps nothing.
    ///
    /// # Errors
    /// When it could not be found out.
    pub(super) async fn is_granted(&self, scopes: &[&str]) -> Result<Option<bool>, Failure> {
        let Tokens::Asked { client_id, key, .. } = &*self.tokens else { return Ok(None) };
        match self.ask(client_id, key, scopes).await {
            Ok(_) => Ok(Some(true)),
            Err(failure) if failure.code == E_SCOPE => Ok(Some(false)),
            Err(failure) => Err(failure),
        }
    }

    async fn ask(&self, client_id: &str, key: &SigningKey, scopes: &[&str]) -> Result<Reply, Failure> {
        let url = self.url(&["oauth2", "v1", "token"]);
        let call = Call { op: Op::Token, rank: Rank::Token, thing: Thing::Nothing, url };
        let mut tries = 1;
        loop {
            // Others may have begun to prove in the meantime.
            let mut proved = false;
            let sent = self.exchange(&call, Server::Authorization, |http| {
                let form = self.form(client_id, key, scopes, call.url.as_str())?;
                let proof = self.proof(Server::Authorization, &Op::Token.method(), &call.url, None)?;
                proved = proof.is_some();
                let request = http
                    .client()
                    .post(call.url.clone())
                    .header("accept", "application/json")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form);
                Ok(proof.into_iter().fold(request, |request, proof| request.header("dpop", proof)))
            });
            let refusal = match sent.await {
                Ok(reply) => return Ok(reply),
                Err(refusal) => refusal,
            };
            if tries == TRIES_MAX || !self.can_prove(&refusal, proved)? {
                return Err(explained(refusal.failure, client_id, scopes));
            }
            tries += 1;
        }
    }

    /// Whether Okta wants a proof, or another one, and the next try will have it.
    fn can_prove(&self, refusal: &Refusal, proved: bool) -> Result<bool, Failure> {
        let Some(reply) = &refusal.reply else { return Ok(false) };
        let nonce = failure::wants_nonce(reply);
        if !nonce && (refusal.failure.code != E_PROOF || proved) {
            return Ok(false);
        }
        self.begin_to_prove().map_err(|why| failure::not_sent(Op::Token, &why))?;
        self.remember_nonce(reply);
        Ok(true)
    }

    fn form(
        &self,
        client_id: &str,
        key: &SigningKey,
        scopes: &[&str],
        audience: &str,
    ) -> Result<String, String> {
        let now = self.now().as_second();
        let assertion = Assertion {
            iss: client_id,
            sub: client_id,
            aud: audience,
            iat: now,
            exp: now.saturating_add(ASSERTION_LIFE_S),
            jti: unique()?,
        };
        Ok(Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &scopes.join(" "))
            .append_pair("client_assertion_type", ASSERTION_TYPE)
            .append_pair("client_assertion", &key.sign(&key.header(), &assertion)?)
            .finish())
    }
}

fn access_of(reply: &Reply, number: u64) -> Option<Access> {
    let answer: Answer = reply.json()?;
    let life = answer.expires_in.map_or(LIFE, Duration::from_secs);
    // A token that lives shortly is used for half of its life.
    let renew_at = Instant::now() + life.saturating_sub(RENEW_BEFORE).max(life / 2);
    let scheme = if answer.token_type.eq_ignore_ascii_case("dpop") { "DPoP" } else { "Bearer" };
    Some(Access { secret: answer.access_token, scheme, number, renew_at: Some(renew_at) })
}

/// As the failure of a call that was therefore never sent: nothing was done.
fn unsent(op: Op, failure: Failure) -> Failure {
    let kind =
        if failure.may_be_done() || failure.kind == Kind::Refused { Kind::NotSent } else { failure.kind };
    Failure { kind, what: format!("no token for `{op}`: {}", failure.what), ..failure }
}

/// With what to do about it.
fn explained(failure: Failure, client_id: &str, scopes: &[&str]) -> Failure {
    let hint = match failure.code.as_str() {
        E_SCOPE => format!(
            "; grant the service app `{client_id}` these scopes under Okta API Scopes: {}",
            scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(", ")
        ),
        E_CLIENT => format!(
            "; is `{client_id}` the active service app, with the public half of our key, and `key_id` the id of that key there?"
        ),
        _ => String::new(),
    };
    let kind = if failure.code == E_CLIENT { Kind::Credentials } else { failure.kind };
    Failure { kind, what: failure.what + &hint, ..failure }
}
