//! REST, one call at a time: its turn, timeout, fault. What is asked is in `methods` and `interactions`.
//!
//! Over our own HTTP client and not serenity's: that one hides the headers which limits are in, sends to discord.com
//! whatever it is told while its limiter is on, and writes bodies and tokens of interactions into spans (libraries §3).
//! Must never log a token, a URL or a body, and never send anything to another place than the one configured.

mod call;
pub mod fault;
mod headers;
mod interactions;
pub mod limits;
mod methods;
pub mod models;
pub mod refused;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use self::call::Call;
use self::fault::{DiscordFault, FaultKind};
use self::headers::{Scope, Seen, TooMany};
use self::limits::{Gate, Pass};
use self::refused::{REFUSED_STOP, REFUSED_WARN, Refused};
use crate::chat::tls;

pub use self::models::id;

/// Longest wait for one call, from dialling to the last byte.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a connection. Shorter, because a call that never connected certainly did nothing.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Largest answer that is read: a hundred messages with full embeds fit several times.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How often a call is sent that Discord answers with 429 and a short wait. It was not done, so this doubles nothing.
const SENDS_MAX: u32 = 3;
/// After the token was refused only one call in so long asks again: each refusal counts against our address.
pub const REVOKED_PAUSE: Duration = Duration::from_secs(30);
/// The version of Discord's API that we speak.
const API_PATH: &str = "/api/v10";
/// In the form that Discord asks for; without it Cloudflare may refuse us.
const USER_AGENT: &str = concat!("DiscordBot (https://glasskey.invalid, ", env!("CARGO_PKG_VERSION"), ")");

/// How to reach Discord.
pub struct RestConfig {
    /// `https://discord.com`; plain `http` only on this machine.
    pub api_url: Url,
    /// The bot's token, without `Bot `.
    pub token: SecretString,
    /// Longest wait for one call.
    pub call_timeout: Duration,
}

impl RestConfig {
    /// Discord with the standard limits.
    #[must_use]
    pub fn new(api_url: Url, token: SecretString) -> Self {
        Self { api_url, token, call_timeout: CALL_TIMEOUT }
    }
}

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum RestSetupFault {
    /// The base URL would send the token in the clear.
    #[error("discord api_url must be https, or http on this machine")]
    UnsafeUrl,
    /// A token that no HTTP header can carry (a line break at the end of a secret file, most often).
    #[error("discord token has characters that no token has (a line break?)")]
    BadToken,
    /// No TLS.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// No HTTP.
    #[error("the HTTP client cannot be set up")]
    Http,
}

/// What `/readyz` and the operator need to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestHealth {
    /// Why nothing will work until an operator acts.
    pub fatal: Option<String>,
    /// Calls that Discord refused in the last ten minutes (401, 403, 429): at 10,000 it bans this machine's address.
    pub refused: u32,
}

/// The REST client. Cheap to clone; clones share the limits.
#[derive(Clone)]
pub struct DiscordRest {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    /// Without a slash at its end.
    base: String,
    authorization: HeaderValue,
    token: SecretString,
    gate: Gate,
    strikes: Mutex<Strikes>,
    health: watch::Sender<RestHealth>,
}

/// What went wrong lately.
#[derive(Default)]
struct Strikes {
    refused: Refused,
    /// The token was refused: who asks before this is told so without a call.
    revoked_until: Option<Instant>,
}

/// By hand: tokens print nothing, and neither does the rest.
impl std::fmt::Debug for DiscordRest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiscordRest").finish_non_exhaustive()
    }
}

impl DiscordRest {
    /// A client. Opens nothing yet; dials directly, whatever proxies the environment names.
    ///
    /// # Errors
    /// When the base URL or the token cannot be used, or TLS cannot be set up.
    pub fn new(config: RestConfig) -> Result<Self, RestSetupFault> {
        if !tls::is_safe(&config.api_url) {
            return Err(RestSetupFault::UnsafeUrl);
        }
        let token = config.token.expose_secret();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RestSetupFault::BadToken);
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bot {token}")).map_err(|_| RestSetupFault::BadToken)?;
        authorization.set_sensitive(true);
        let client = Client::builder()
            .use_preconfigured_tls(tls::client_config()?)
            .connect_timeout(CONNECT_TIMEOUT.min(config.call_timeout))
            .timeout(config.call_timeout)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(USER_AGENT)
            .build()
            .map_err(|_| RestSetupFault::Http)?;
        Ok(Self {
            inner: Arc::new(Inner {
                client,
                base: format!("{}{API_PATH}", config.api_url.as_str().trim_end_matches('/')),
                authorization,
                token: config.token,
                gate: Gate::new(Instant::now()),
                strikes: Mutex::default(),
                health: watch::Sender::new(RestHealth::default()),
            }),
        })
    }

    /// The health of the client, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<RestHealth> {
        self.inner.health.subscribe()
    }

    /// The gateway takes it in its first frame.
    pub(super) fn token(&self) -> &SecretString {
        &self.inner.token
    }

    /// Makes a call when it is its turn.
    async fn call(&self, call: Call) -> Result<Value, DiscordFault> {
        let answer = self.in_turn(&call).await;
        let outcome = answer.as_ref().map_or_else(DiscordFault::label, |_| "ok");
        metrics::counter!("glasskey_provider_calls_total",
            "provider" => "discord", "operation" => call.method, "outcome" => outcome)
        .increment(1);
        answer
    }

    async fn in_turn(&self, call: &Call) -> Result<Value, DiscordFault> {
        let deadline = Instant::now() + call.urgency.wait_max();
        let mut sends = 0;
        loop {
            let wait = match self.admit(call)? {
                Err(wait) => wait,
                Ok(pass) => {
                    sends += 1;
                    match self.send(call, &pass).await {
                        Err(fault) if sends < SENDS_MAX => fault.retry_after().ok_or(fault)?,
                        answer => return answer,
                    }
                }
            };
            if Instant::now() + wait > deadline {
                let kind = FaultKind::RateLimited { retry_after: wait };
                return Err(DiscordFault::not_done(call.method, kind));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// A place for the call, or how long until there may be one.
    fn admit(&self, call: &Call) -> Result<Result<Pass, Duration>, DiscordFault> {
        let now = Instant::now();
        let mut strikes = self.strikes();
        if call.with_token {
            if strikes.revoked_until.is_some_and(|until| until > now) {
                let why = "refused a moment ago, not asked again yet".to_owned();
                return Err(DiscordFault::not_done(call.method, FaultKind::Revoked(why)));
            }
            if strikes.revoked_until.is_some() {
                // This one asks; until it is answered the others do not.
                strikes.revoked_until = Some(now + REVOKED_PAUSE);
            }
        }
        if let Err(retry_after) = strikes.refused.admit(call.urgency, now) {
            return Err(DiscordFault::not_done(call.method, FaultKind::RateLimited { retry_after }));
        }
        let refused = strikes.refused.count(now);
        drop(strikes);
        self.tell(|health| health.refused = refused);
        Ok(self.inner.gate.admit(call.method, &call.major, call.urgency, now))
    }

    async fn send(&self, call: &Call, pass: &Pass) -> Result<Value, DiscordFault> {
        let sent = self.request(call).send().await;
        let response = sent.map_err(|error| silence(call.method, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        // Also of a body that breaks off: the headers count.
        let body = read(call.method, response).await;
        if let Some(seen) = Seen::read(&headers) {
            self.inner.gate.learn(pass, &seen, Instant::now());
        }
        let json = body.as_ref().ok().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let said = json.clone().unwrap_or(Value::Null);
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.too_many(call, pass, TooMany::read(&headers, &said)));
        }
        if status.is_success() {
            self.welcome(call);
            return match body?.is_empty() {
                true => Ok(Value::Null),
                false => json.ok_or_else(|| garbled(call.method, "not JSON")),
            };
        }
        let fault = DiscordFault::from_status(call.method, status.as_u16(), &said, call.with_token);
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            self.refused(call.method);
        }
        if let FaultKind::Revoked(_) = fault.kind {
            self.strikes().revoked_until = Some(Instant::now() + REVOKED_PAUSE);
            tracing::error!("discord refuses the bot's token: an operator must act");
            self.tell(|health| health.fatal = Some(fault.to_string()));
        }
        Err(fault)
    }

    fn request(&self, call: &Call) -> RequestBuilder {
        let url = format!("{}{}", self.inner.base, call.path.expose_secret());
        let mut request = self.inner.client.request(call.verb.clone(), url);
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        if call.with_token {
            request = request.header(AUTHORIZATION, self.inner.authorization.clone());
        }
        match &call.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.to_string()),
            None => request,
        }
    }

    fn too_many(&self, call: &Call, pass: &Pass, limit: TooMany) -> DiscordFault {
        let retry_after = self.inner.gate.close(pass, limit, Instant::now());
        let (method, scope) = (call.method, limit.scope);
        tracing::warn!(method, ?scope, retry_after_ms = retry_after.as_millis(), "discord limits this call");
        if scope != Scope::Shared {
            self.refused(method);
        }
        DiscordFault::not_done(method, FaultKind::RateLimited { retry_after })
    }

    /// Counts a refused call, and says so while it can still be mended.
    fn refused(&self, method: &'static str) {
        let refused = self.strikes().refused.add(Instant::now());
        if refused == REFUSED_WARN {
            tracing::error!(
                method,
                refused,
                "discord refuses many calls; it bans this address at 10,000 in 10 min"
            );
        }
        if refused == REFUSED_STOP {
            tracing::error!(method, refused, "calls to discord stopped before it bans this address");
        }
        self.tell(|health| health.refused = refused);
    }

    /// The token is good.
    fn welcome(&self, call: &Call) {
        if call.with_token && self.strikes().revoked_until.take().is_some() {
            tracing::info!("discord takes the bot's token again");
            self.tell(|health| health.fatal = None);
        }
    }

    fn strikes(&self) -> std::sync::MutexGuard<'_, Strikes> {
        self.inner.strikes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: impl FnOnce(&mut RestHealth)) {
        self.inner.health.send_if_modified(|health| {
            let before = health.clone();
            change(health);
            *health != before
        });
    }
}

async fn read(method: &'static str, mut response: Response) -> Result<Vec<u8>, DiscordFault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silence(method, &error))? {
        if body.len().saturating_add(chunk.len()) > BODY_BYTES_MAX {
            return Err(garbled(method, "too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The library's error as ours. Its own text names the URL, which may hold a token.
fn silence(method: &'static str, error: &reqwest::Error) -> DiscordFault {
    if error.is_builder() {
        DiscordFault::not_done(method, FaultKind::Unreachable("request cannot be built"))
    } else if error.is_connect() {
        DiscordFault::not_done(method, FaultKind::Unreachable("no connection"))
    } else if error.is_timeout() {
        DiscordFault::unknown(method, FaultKind::Timeout)
    } else {
        DiscordFault::unknown(method, FaultKind::Unreachable("connection lost"))
    }
}

fn garbled(method: &'static str, why: &'static str) -> DiscordFault {
    DiscordFault::unknown(method, FaultKind::Garbled(why))
}
