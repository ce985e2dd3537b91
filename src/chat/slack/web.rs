//! The Web API, one call at a time: timeout, gate, fault. What is asked is in `methods`.
//!
//! Over slack-morphism's connector, whose own session would log query strings (e-mail addresses) and `response_url`.
//! Must never log a token, a URL with a secret in it, or a body; must never wait out a rate limit.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use slack_morphism::errors::SlackClientError;
use slack_morphism::hyper_tokio::SlackClientHyperConnector;
use slack_morphism::{
    SlackApiToken, SlackApiTokenValue, SlackClientApiCallContext, SlackClientHttpConnector as _,
};
use tokio::time::{Instant, timeout};
use url::Url;

use super::fault::{FaultKind, SlackFault};
use super::limits::{Gate, POST_MESSAGE};
use crate::chat::tls;

/// Longest wait for one call, from dialling to the last byte: the library has none at all (libraries §2).
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a connection. Shorter, because a call that never connected certainly did nothing.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How to reach Slack.
pub struct WebConfig {
    /// `https://slack.com/api`; plain `http` only on this machine.
    pub api_url: Url,
    /// `xapp-…`, for `apps.connections.open`.
    pub app_token: SecretString,
    /// `xoxb-…`, for everything else.
    pub bot_token: SecretString,
    /// Longest wait for one call.
    pub call_timeout: Duration,
    /// Whether to keep our own pace for `chat.postMessage`.
    pub paced: bool,
}

impl WebConfig {
    /// Slack with the standard limits.
    #[must_use]
    pub fn new(api_url: Url, app_token: SecretString, bot_token: SecretString) -> Self {
        Self { api_url, app_token, bot_token, call_timeout: CALL_TIMEOUT, paced: true }
    }
}

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum WebSetupFault {
    /// The base URL would send tokens in the clear.
    #[error("slack api_url must be https, or http on this machine")]
    UnsafeUrl,
    /// A token that no HTTP header can carry (a line break at the end of a secret file, most often).
    #[error("slack {0} token has characters that no token has (a line break?)")]
    BadToken(&'static str),
    /// No TLS.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// The Web API client. Cheap to clone; clones share the gate.
#[derive(Clone)]
pub struct SlackWeb {
    inner: Arc<Inner>,
}

struct Inner {
    connector: SlackClientHyperConnector<HttpsConnector<HttpConnector>>,
    config: WebConfig,
    gate: Gate,
}

/// By hand: tokens print nothing, and neither does the rest.
impl std::fmt::Debug for SlackWeb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlackWeb").finish_non_exhaustive()
    }
}

/// Which token a call is made with.
#[derive(Clone, Copy)]
pub(super) enum Token {
    App,
    Bot,
}

impl SlackWeb {
    /// A client.
    ///
    /// # Errors
    /// When the base URL or a token cannot be used, or TLS cannot be set up.
    pub fn new(config: WebConfig) -> Result<Self, WebSetupFault> {
        if !tls::is_safe(&config.api_url) {
            return Err(WebSetupFault::UnsafeUrl);
        }
        for (name, token) in [("app", &config.app_token), ("bot", &config.bot_token)] {
            let token = token.expose_secret();
            if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(WebSetupFault::BadToken(name));
            }
        }
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT.min(config.call_timeout)));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client_config()?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let connector = SlackClientHyperConnector::with_connector(https)
            .with_slack_api_url(config.api_url.as_str().trim_end_matches('/'));
        Ok(Self { inner: Arc::new(Inner { connector, gate: Gate::new(config.paced), config }) })
    }

    pub(super) fn api_url(&self) -> &Url {
        &self.inner.config.api_url
    }

    /// A call that changes something; JSON in, JSON out.
    pub(super) async fn post(
        &self,
        method: &'static str,
        token: Token,
        channel: Option<&str>,
        body: &Value,
    ) -> Result<Value, SlackFault> {
        let token = self.token(token);
        let span = tracing::Span::none();
        let call = self.inner.connector.http_post(method, body, context(&span, Some(&token)));
        documented(method, self.call(method, channel, call).await?)
    }

    /// A call that reads. Slack takes arguments of these in the query string only.
    pub(super) async fn get(
        &self,
        method: &'static str,
        params: &[(&str, String)],
    ) -> Result<Value, SlackFault> {
        let token = self.token(Token::Bot);
        let span = tracing::Span::none();
        let params: Vec<(&str, Option<&str>)> = params.iter().map(|(k, v)| (*k, Some(v.as_str()))).collect();
        let call = self.inner.connector.http_get(method, &params, context(&span, Some(&token)));
        documented(method, self.call(method, None, call).await?)
    }

    /// A post to a URL that is itself the secret; no token goes along, and the answer may be a bare `ok`.
    pub(super) async fn post_url(
        &self,
        method: &'static str,
        url: Url,
        body: &Value,
    ) -> Result<(), SlackFault> {
        let span = tracing::Span::none();
        let call = self.inner.connector.http_post_uri(url, body, context(&span, None));
        self.call(method, None, call).await.map(|_: Value| ())
    }

    fn token(&self, token: Token) -> SlackApiToken {
        let secret = match token {
            Token::App => &self.inner.config.app_token,
            Token::Bot => &self.inner.config.bot_token,
        };
        SlackApiToken::new(SlackApiTokenValue(secret.expose_secret().to_owned()))
    }

    /// Whether a message to this channel would be sent now. Asks nobody.
    ///
    /// # Errors
    /// How long it has to wait.
    pub(crate) fn can_post(&self, channel: &str) -> Result<(), SlackFault> {
        let asked = self.inner.gate.ask(POST_MESSAGE, channel, Instant::now());
        asked
            .map_err(|retry_after| SlackFault::not_done(POST_MESSAGE, FaultKind::RateLimited { retry_after }))
    }

    async fn call(
        &self,
        method: &'static str,
        channel: Option<&str>,
        call: impl Future<Output = Result<Value, SlackClientError>>,
    ) -> Result<Value, SlackFault> {
        let answer = match self.inner.gate.admit(method, channel, Instant::now()) {
            Err(retry_after) => Err(SlackFault::not_done(method, FaultKind::RateLimited { retry_after })),
            Ok(()) => match timeout(self.inner.config.call_timeout, call).await {
                Err(_) => Err(SlackFault::unknown(method, FaultKind::Timeout)),
                Ok(Err(error)) => Err(self.sort(method, channel, error)),
                Ok(Ok(answer)) => Ok(answer),
            },
        };
        let outcome = answer.as_ref().map_or_else(SlackFault::label, |_| "ok");
        metrics::counter!("glasskey_provider_calls_total",
            "provider" => "slack", "operation" => method, "outcome" => outcome)
        .increment(1);
        answer
    }

    /// The library's error as ours. Its own text holds whole bodies and is never shown.
    fn sort(&self, method: &'static str, channel: Option<&str>, error: SlackClientError) -> SlackFault {
        match error {
            SlackClientError::RateLimitError(limit) => self.closed(method, channel, limit.retry_after),
            SlackClientError::ApiError(api) => {
                let body = parsed(api.http_response_body);
                let fault = SlackFault::from_code(method, 200, &api.code, &body);
                match fault.kind {
                    FaultKind::RateLimited { .. } => self.closed(method, channel, None),
                    _ => fault,
                }
            }
            SlackClientError::HttpError(http) => {
                from_status(method, http.status_code.as_u16(), &parsed(http.http_response_body))
            }
            SlackClientError::HttpProtocolError(error) => {
                let cause = error.cause.as_ref().map(|cause| cause.downcast_ref::<legacy::Error>());
                match cause {
                    Some(Some(hyper)) if hyper.is_connect() => {
                        SlackFault::not_done(method, FaultKind::Unreachable("no connection"))
                    }
                    Some(None) => {
                        SlackFault::not_done(method, FaultKind::Unreachable("request cannot be built"))
                    }
                    Some(Some(_)) | None => {
                        SlackFault::unknown(method, FaultKind::Unreachable("connection lost"))
                    }
                }
            }
            SlackClientError::EndOfStream(_) | SlackClientError::SystemError(_) => {
                SlackFault::unknown(method, FaultKind::Unreachable("answer cut off"))
            }
            // Also a 429 without a body: the library reads the body first. The wait is lost then, the call is not.
            SlackClientError::ProtocolError(_) | SlackClientError::SocketModeProtocolError(_) => {
                SlackFault::unknown(method, FaultKind::Garbled("not the JSON of an answer"))
            }
        }
    }

    fn closed(
        &self,
        method: &'static str,
        channel: Option<&str>,
        retry_after: Option<Duration>,
    ) -> SlackFault {
        let retry_after = self.inner.gate.close(method, channel, retry_after, Instant::now());
        tracing::warn!(method, channel, retry_after_ms = retry_after.as_millis(), "slack limits this method");
        SlackFault::not_done(method, FaultKind::RateLimited { retry_after })
    }
}

fn context<'a>(span: &'a tracing::Span, token: Option<&'a SlackApiToken>) -> SlackClientApiCallContext<'a> {
    SlackClientApiCallContext { rate_control_params: None, token, tracing_span: span, is_sensitive_url: true }
}

fn parsed(body: Option<String>) -> Value {
    body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or(Value::Null)
}

/// A 200 that does not say `"ok": true` (the page of a proxy, most often) is no answer of Slack's.
fn documented(method: &'static str, answer: Value) -> Result<Value, SlackFault> {
    if answer.get("ok").and_then(Value::as_bool) == Some(true) {
        return Ok(answer);
    }
    Err(SlackFault::unknown(method, FaultKind::Garbled("no `ok` in it")))
}

fn from_status(method: &'static str, status: u16, body: &Value) -> SlackFault {
    let code = body.get("error").and_then(Value::as_str);
    match (status, code) {
        (500.., _) | (408, _) => {
            let code = code.map(|code| code.chars().filter(|c| !c.is_control()).take(100).collect());
            SlackFault::unknown(method, FaultKind::Server { status, code })
        }
        (_, Some(code)) => SlackFault::from_code(method, status, code, body),
        (_, None) => {
            SlackFault::not_done(method, FaultKind::Rejected { code: format!("http_{status}"), detail: None })
        }
    }
}
