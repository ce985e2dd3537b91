//! The one way to Okta: in turn, with a token, bounded, counted. A call is sent once, and again only when Okta said that it
//! did not look at it: the token was not accepted, or the proof wanted another nonce.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use super::budget::{Budget, Rank};
use super::dpop::{Dpop, Server};
use super::failure::{self, Thing};
use super::operation::Op;
use super::settings::OktaSettings;
use super::token::{Access, Tokens};
use crate::access::http::{Failure, Http, Kind, Reply, below, count, is_safe};
use crate::ports::{Clock, Fault, READ_ONLY};

/// The provider's label in metrics.
const PROVIDER: &str = "okta";

/// One Okta, reached.
#[derive(Clone)]
pub(super) struct Connection {
    http: Http,
    pub(super) base: Url,
    budget: Budget,
    clock: Arc<dyn Clock>,
    pub(super) tokens: Arc<Tokens>,
    /// Made when Okta asks for proof for the first time.
    dpop: Arc<OnceLock<Dpop>>,
    /// By how many seconds Okta's clock is ahead of ours.
    ahead_s: Arc<AtomicI64>,
}

/// One call to be made.
#[derive(Debug, Clone)]
pub(super) struct Call<'a> {
    pub(super) op: Op,
    pub(super) rank: Rank,
    pub(super) thing: Thing<'a>,
    pub(super) url: Url,
}

/// What went wrong, and the answer that said so.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    pub(super) reply: Option<Reply>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, reply: None }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Connection {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub(super) fn new(settings: OktaSettings, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let OktaSettings { url, auth, timeouts, limits } = settings;
        if !is_safe(&url) || !url.username().is_empty() || url.password().is_some() {
            let what = format!(
                "`okta.url` must be `https://` and a host, such as `https://acme.okta.com`, not `{}`",
                url.host_str().unwrap_or_default()
            );
            return Err(Fault::Permanent { what });
        }
        let tokens = Tokens::new(auth).map_err(|why| Fault::Permanent {
            what: format!("the private key for Okta cannot be used: {why}"),
        })?;
        Ok(Self {
            http: Http::new(timeouts)?,
            base: url,
            budget: Budget::new(limits),
            clock,
            tokens: Arc::new(tokens),
            dpop: Arc::new(OnceLock::new()),
            ahead_s: Arc::new(AtomicI64::new(0)),
        })
    }

    /// The URL of a path, each part escaped.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        below(&self.base, path)
    }

    /// The time as Okta has it.
    pub(super) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead_s.load(Ordering::Relaxed));
        let now = self.clock.now();
        now.checked_add(ahead).unwrap_or(now)
    }

    /// By how many seconds Okta's clock is ahead of ours, as of the last answer.
    pub(super) fn ahead_s(&self) -> i64 {
        self.ahead_s.load(Ordering::Relaxed)
    }

    /// Whether tokens are bound to a key.
    pub(super) fn proves(&self) -> bool {
        self.dpop.get().is_some()
    }

    /// From now on we prove that we hold a key.
    ///
    /// # Errors
    /// When none can be made.
    pub(super) fn begin_to_prove(&self) -> Result<(), String> {
        if self.dpop.get().is_none() {
            // Another may have been quicker; its key is as good.
            drop(self.dpop.set(Dpop::new()?));
        }
        Ok(())
    }

    /// Proofs for the token end point contain the nonce that came with this answer.
    pub(super) fn remember_nonce(&self, reply: &Reply) {
        if let (Some(dpop), Some(nonce)) = (self.dpop.get(), reply.header("dpop-nonce")) {
            dpop.remember(Server::Authorization, nonce);
        }
    }

    /// The proof for a request, when Okta asks for proof.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn proof(
        &self,
        server: Server,
        method: &Method,
        url: &Url,
        token: Option<&str>,
    ) -> Result<Option<String>, String> {
        let proof = |dpop: &Dpop| dpop.proof(server, method.as_str(), url, token, self.now());
        self.dpop.get().map(proof).transpose()
    }

    /// Makes a call, when it is its turn.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Reply, Failure> {
        let (mut fresh_token, mut fresh_nonce) = (false, false);
        loop {
            let access = self.access(call.op).await?;
            let sent = self.exchange(call, Server::Api, |http| self.authorized(http, call, &access)).await;
            let refusal = match sent {
                Ok(reply) => return Ok(reply),
                Err(refusal) => refusal,
            };
            let nonce = refusal.reply.as_ref().is_some_and(failure::wants_nonce);
            if nonce && access.proves() && !fresh_nonce {
                fresh_nonce = true;
            } else if refusal.failure.kind == Kind::Credentials
                && !fresh_token
                && self.tokens.forget(&access).await
            {
                fresh_token = true;
            } else {
                return Err(refusal.failure);
            }
        }
    }

    /// Makes a call, and reads the JSON that it answers.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Failure> {
        let reply = self.call(call).await?;
        reply.json().ok_or_else(|| failure::garbled(call.op, "it is not what Okta's description says"))
    }

    fn authorized(&self, http: &Http, call: &Call<'_>, access: &Access) -> Result<RequestBuilder, String> {
        let method = call.op.method();
        let accept = if call.op == Op::PreviewSamlMetadata { "application/xml" } else { "application/json" };
        let token = access.secret.expose_secret();
        let mut value = reqwest::header::HeaderValue::from_str(&format!("{} {token}", access.scheme))
            .map_err(|_| "the token has characters that no token has".to_owned())?;
        value.set_sensitive(true);
        let proof =
            if access.proves() { self.proof(Server::Api, &method, &call.url, Some(token))? } else { None };
        let request = http.client().request(method, call.url.clone());
        let request = request.header("accept", accept).header("authorization", value);
        Ok(proof.into_iter().fold(request, |request, proof| request.header("dpop", proof)))
    }

    /// Sends one request when it is its turn, and learns from the answer whatever it is.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        server: Server,
        build: impl FnOnce(&Http) -> Result<RequestBuilder, String>,
    ) -> Result<Reply, Refusal> {
        let Call { op, rank, .. } = *call;
        let turn = tokio::time::timeout(rank.wait_max(), self.budget.turn(op.bucket(), rank)).await;
        // Held until what the answer says of the budget is known: who goes next must know it too.
        let Ok(_permit) = turn else {
            let waited = format!("no turn within the call budget for {} s", rank.wait_max().as_secs());
            return Err(counted(op, failure::not_sent(op, &waited)).into());
        };
        let request = build(&self.http).map_err(|why| counted(op, failure::not_sent(op, &why)))?;
        let began = Instant::now();
        let answer = self.http.send(request).await;
        let labels = [("provider", PROVIDER), ("operation", op.name())];
        metrics::histogram!("glasskey_provider_call_seconds", &labels).record(began.elapsed().as_secs_f64());
        let reply = answer.map_err(|silence| counted(op, failure::silent(op, &silence)))?;
        self.learn(op, server, &reply);
        if op.changes() && !is_done(&reply) {
            return Err(counted(op, failure::garbled(op, "whoever said yes is not Okta")).into());
        }
        if reply.status.is_success() {
            count(PROVIDER, op.name(), "ok");
            return Ok(reply);
        }
        let failure = failure::answered(op, call.thing, &reply, self.clock.now());
        if let Some(wait) = failure.retry_after {
            self.budget.throttled(op.bucket(), wait);
        }
        Err(Refusal { failure: counted(op, failure), reply: Some(reply) })
    }

    fn learn(&self, op: Op, server: Server, reply: &Reply) {
        let now = self.clock.now();
        if let Some(date) = failure::date(reply) {
            self.ahead_s.store(date.as_second().saturating_sub(now.as_second()), Ordering::Relaxed);
        }
        if let Some(seen) = failure::rate_seen(reply, now) {
            self.budget.seen(op.bucket(), seen);
        }
        if let (Some(dpop), Some(nonce)) = (self.dpop.get(), reply.header("dpop-nonce")) {
            dpop.remember(server, nonce);
        }
    }
}

/// Okta says yes to a change with nothing, or with an empty object. A page of somebody on the way is not that.
fn is_done(reply: &Reply) -> bool {
    !reply.status.is_success() || reply.body.is_empty() || reply.json::<serde_json::Value>().is_some()
}

fn counted(op: Op, failure: Failure) -> Failure {
    let outcome = if failure.what.starts_with(READ_ONLY) { "read-only" } else { failure.kind.label() };
    count(PROVIDER, op.name(), outcome);
    tracing::debug!(operation = op.name(), outcome, what = failure.what, "a call to Okta failed");
    failure
}
