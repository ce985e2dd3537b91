//! How identity providers are spoken to: one client, bounded in time and in size, that follows nothing and repeats nothing.
//!
//! It must never put a body or a secret into a sentence, and never say of a call that may have been taken that it was not.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::ConfigBuilderExt as _;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Request, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use url::{Host, Url};

use super::settings::Timeouts;
use crate::ports::Fault;

/// Largest answer that is read: a page of 1,000 users with long profiles fits several times.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest text of a provider that is passed on: it goes into cards and logs.
const SAID_LENGTH_MAX: usize = 300;
/// Longest time for which a provider may ask to be left alone; more is taken for a mistake.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);

/// What an answer was, when it was one.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// It never left: nothing was done.
    NotSent(String),
    /// It left, or may have: it may have been done.
    Lost(String),
}

/// A client for one provider. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
}

impl Http {
    /// Opens nothing yet. Dials directly, as all doors of ours do, whatever proxies the environment names.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(timeouts: Timeouts) -> Result<Self, Fault> {
        let broken = |what: String| Fault::Permanent { what: format!("TLS cannot be set up: {what}") };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| broken(error.to_string()))?
            .with_webpki_roots()
            .with_no_client_auth();
        let client = Client::builder()
            .use_preconfigured_tls(tls)
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.attempt)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("glasskey/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| broken(error.to_string()))?;
        Ok(Self { client })
    }

    /// For building requests.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request, and reads the whole answer.
    ///
    /// # Errors
    /// When there is no usable answer: whether it may have been taken.
    pub async fn send(&self, request: RequestBuilder) -> Result<Reply, Silence> {
        let request: Request = request.build().map_err(|error| Silence::NotSent(cause(&error)))?;
        if !is_safe(request.url()) {
            return Err(Silence::NotSent("the address is not encrypted".to_owned()));
        }
        let response = self.client.execute(request).await.map_err(|error| silence(&error))?;
        read(response).await
    }
}

async fn read(mut response: Response) -> Result<Reply, Silence> {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silence(&error))? {
        if body.len().saturating_add(chunk.len()) > BODY_BYTES_MAX {
            return Err(Silence::Lost(format!("an answer of more than {BODY_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body })
}

fn silence(error: &reqwest::Error) -> Silence {
    if error.is_connect() {
        Silence::NotSent(cause(error))
    } else if error.is_timeout() {
        Silence::Lost("no answer in time".to_owned())
    } else {
        Silence::Lost(cause(error))
    }
}

/// The innermost reason. The outer ones name URLs, which hold people's names.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = error.source();
    let mut said = "the request failed".to_owned();
    while let Some(error) = inner {
        said = error.to_string();
        inner = error.source();
    }
    fit(&said)
}

impl std::fmt::Debug for Reply {
    /// Without headers and body: they hold tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status.as_u16(), self.body.len())
    }
}

impl Reply {
    /// The body, when it is the JSON that it should be.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A header, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// For how long it asks to be left alone, in seconds as every provider of ours says it; bounded.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.header(RETRY_AFTER.as_str())?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
    }
}

/// What went wrong, by what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It never left: nothing was done.
    NotSent,
    /// It left, and no usable answer came: it may have been done.
    Lost,
    /// Too many calls: nothing was done.
    Throttled,
    /// The provider is in trouble, and says so: it may have been done.
    Trouble,
    /// It does not know us (any more).
    Credentials,
    /// Not allowed.
    Denied,
    /// What was named does not exist.
    NotFound,
    /// Anything else that it answered on purpose.
    Refused,
}

impl Kind {
    /// What follows from a status that is not success.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Credentials,
            403 => Self::Denied,
            404 | 410 => Self::NotFound,
            429 => Self::Throttled,
            400..=499 if status != StatusCode::REQUEST_TIMEOUT => Self::Refused,
            // Also a success that is none, and a redirection: whoever answered is not who was asked.
            _ if status.is_server_error() => Self::Trouble,
            _ => Self::Lost,
        }
    }

    /// The `outcome` label in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Lost => "lost",
            Self::Throttled => "throttled",
            Self::Trouble => "trouble",
            Self::Credentials => "credentials",
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::Refused => "refused",
        }
    }
}

/// A call that did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What follows from it.
    pub kind: Kind,
    /// What it is called in the answer, where the provider names its errors.
    pub code: String,
    /// It asked to be left alone for so long.
    pub retry_after: Option<Duration>,
    /// Who failed at what, and what to do: fit for a card.
    pub what: String,
}

impl Failure {
    /// As the fault of a read: nothing that an operator mends is for good, for closing goes on until then (P3).
    #[must_use]
    pub fn reading(self) -> Fault {
        Fault::Transient { what: self.what, retry_after: self.retry_after }
    }

    /// As the fault of a change: what may have been done is lost.
    #[must_use]
    pub fn changing(self) -> Fault {
        if self.may_be_done() { Fault::Lost { what: self.what } } else { self.reading() }
    }

    /// As the fault of an addition: what was refused on purpose will be refused again.
    #[must_use]
    pub fn adding(self) -> Fault {
        if self.kind == Kind::Refused { Fault::Permanent { what: self.what } } else { self.changing() }
    }

    /// Whether it may have taken effect all the same.
    #[must_use]
    pub const fn may_be_done(&self) -> bool {
        matches!(self.kind, Kind::Lost | Kind::Trouble)
    }
}

/// Counts a call for `glasskey_provider_calls_total`.
pub fn count(provider: &'static str, operation: &'static str, outcome: &'static str) {
    let labels = [("provider", provider), ("operation", operation), ("outcome", outcome)];
    metrics::counter!("glasskey_provider_calls_total", &labels).increment(1);
}

/// Text of a provider as it may be passed on: one line, and not too long.
#[must_use]
pub fn fit(text: &str) -> String {
    let mut clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut cut: String = clean.by_ref().take(SAID_LENGTH_MAX).collect();
    if clean.next().is_some() {
        cut.push('…');
    }
    cut
}

/// Whether a URL is encrypted, or stays on this machine (twins and test servers).
#[must_use]
pub fn is_safe(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// A URL of the provider with path segments behind it, each escaped: what people are called never leads elsewhere.
#[must_use]
pub fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // Fails only for URLs without a host, which `is_safe` refuses when it is sent.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// A link to the next page, when it leads to where we are: a token goes along.
#[must_use]
pub fn next_page(base: &Url, link: &str) -> Option<Url> {
    Url::parse(link).ok().filter(|next| next.origin() == base.origin())
}

#[cfg(test)]
mod tests;
