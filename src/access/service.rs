//! One provider's API as a service account sees it: its turn in the budget, its token, one call, and what its failure means.
//!
//! It must never repeat a call that may have been taken: each try is decided and written down before.

use std::time::Duration;

use glasskey_domain::Person;
use glasskey_domain::emergency::Level;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::budget::{Budget, Limits, Rank};
use super::http::{Failure, Http, Kind, Reply, Silence, count, fit};
use super::oauth::Tokens;
use crate::ports::Finding;

/// Calls on the wire at once; more would only wait at the other end.
pub(crate) const CALLS_AT_ONCE_MAX: usize = 24;
/// Longest wait for a turn: an `off` of 200 members passes within it at the slowest rate that throttling leaves.
const TURN_WAIT_MAX: Duration = Duration::from_secs(120);
/// More pages than the largest group has.
pub(crate) const PAGES_MAX: usize = 1_000;

/// What is asked, for people and for metrics.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    /// The label in metrics.
    pub(crate) operation: &'static str,
    /// When it is its turn.
    pub(crate) rank: Rank,
    /// What it is, as `asked to …` goes on.
    pub(crate) doing: String,
    /// The right it takes.
    pub(crate) right: &'static str,
}

/// What is sent.
pub(crate) struct Order<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<&'a Value>,
}

/// One provider.
pub(crate) struct Service {
    name: &'static str,
    label: &'static str,
    http: Http,
    tokens: Tokens,
    budget: Budget,
    /// Reads the provider's own words in an error: its name for it, and its sentence.
    words: fn(&Reply) -> (String, String),
}

impl Service {
    pub(crate) fn new(
        name: &'static str,
        label: &'static str,
        http: Http,
        tokens: Tokens,
        calls_per_second: Option<u32>,
        words: fn(&Reply) -> (String, String),
    ) -> Self {
        let budget =
            Budget::new(Limits { calls_per_second, outstanding: Some(CALLS_AT_ONCE_MAX), evenly: false });
        Self { name, label, http, tokens, budget, words }
    }

    /// Reads something.
    ///
    /// # Errors
    /// Whatever went wrong; also when what came is not what was asked for.
    pub(crate) async fn get<T: DeserializeOwned>(&self, errand: &Errand, url: Url) -> Result<T, Failure> {
        let reply = self.call(errand, &Order { method: Method::GET, url, body: None }).await?;
        reply.json().ok_or_else(|| self.counted(errand, self.silent(errand, Kind::Lost, "it cannot be read")))
    }

    /// Changes something; a success has nothing to say.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub(crate) async fn change(&self, errand: &Errand, order: &Order<'_>) -> Result<(), Failure> {
        let reply = self.call(errand, order).await?;
        if reply.body.is_empty() {
            return Ok(());
        }
        // The page of a proxy, most often.
        Err(self.counted(errand, self.silent(errand, Kind::Lost, "it should be empty and is not")))
    }

    /// Fetches something that everybody may read, without a token.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub(crate) async fn fetch(&self, errand: &Errand, url: Url) -> Result<Reply, Failure> {
        self.sent(errand, self.http.client().get(url)).await
    }

    /// A token, to look at what it allows.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn token(&self) -> Result<SecretString, Failure> {
        self.tokens.token().await
    }

    /// Something was read that cannot be what the provider means. Never taken for "none".
    pub(crate) fn garbled(&self, errand: &Errand, what: &str) -> Failure {
        self.silent(errand, Kind::Lost, what)
    }

    async fn call(&self, errand: &Errand, order: &Order<'_>) -> Result<Reply, Failure> {
        let token = self.tokens.token().await?;
        match self.once(errand, order, &token).await {
            // Not taken, so nothing was done: a token may end early, or be revoked with its key.
            Err(failure) if failure.kind == Kind::Credentials => {
                self.tokens.refused(&token).await;
                let token = self.tokens.token().await?;
                self.once(errand, order, &token).await
            }
            answer => answer,
        }
    }

    async fn once(&self, errand: &Errand, order: &Order<'_>, token: &SecretString) -> Result<Reply, Failure> {
        let unsendable = |_| self.silent(errand, Kind::NotSent, "its token is not text");
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(unsendable)?;
        bearer.set_sensitive(true);
        let request = self.http.client().request(order.method.clone(), order.url.clone());
        let mut request = request.header(AUTHORIZATION, bearer).header(ACCEPT, "application/json");
        if let Some(body) = order.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        self.sent(errand, request).await
    }

    async fn sent(&self, errand: &Errand, request: RequestBuilder) -> Result<Reply, Failure> {
        let turn = tokio::time::timeout(TURN_WAIT_MAX, self.budget.start(errand.rank)).await;
        let turn = turn.map_err(|_| {
            let waited = format!("no turn within the call budget for {} s", TURN_WAIT_MAX.as_secs());
            self.counted(errand, self.silent(errand, Kind::NotSent, &waited))
        })?;
        let answer = self.http.send(request).await;
        turn.unused();
        match answer {
            Ok(reply) if reply.status.is_success() => {
                count(self.label, errand.operation, "ok");
                Ok(reply)
            }
            Ok(reply) => {
                let failure = self.told(errand, &reply);
                if failure.kind == Kind::Throttled || failure.retry_after.is_some() {
                    self.budget.throttled(failure.retry_after);
                }
                Err(self.counted(errand, failure))
            }
            Err(Silence::NotSent(said)) => {
                Err(self.counted(errand, self.silent(errand, Kind::NotSent, &said)))
            }
            Err(Silence::Lost(said)) => Err(self.counted(errand, self.silent(errand, Kind::Lost, &said))),
        }
    }

    fn counted(&self, errand: &Errand, failure: Failure) -> Failure {
        count(self.label, errand.operation, failure.kind.label());
        tracing::debug!(
            provider = self.label,
            operation = errand.operation,
            outcome = failure.kind.label(),
            what = failure.what,
            "a call to the identity provider failed"
        );
        failure
    }

    fn silent(&self, errand: &Errand, kind: Kind, said: &str) -> Failure {
        self.failure(errand, kind, String::new(), said)
    }

    fn told(&self, errand: &Errand, reply: &Reply) -> Failure {
        let (code, message) = (self.words)(reply);
        let said = [code.as_str(), message.as_str()].into_iter().filter(|part| !part.is_empty());
        let said = said.collect::<Vec<_>>().join(": ");
        let said = if said.is_empty() { format!("HTTP {}", reply.status.as_u16()) } else { said };
        let failure = self.failure(errand, Kind::of_status(reply.status), code, &said);
        Failure { retry_after: reply.retry_after(), ..failure }
    }

    fn failure(&self, errand: &Errand, kind: Kind, code: String, said: &str) -> Failure {
        let (name, Errand { doing, right, .. }) = (self.name, errand);
        let (said, settings) = (fit(said), self.tokens.settings());
        let what = match kind {
            Kind::NotSent => format!("{name} could not be asked to {doing}: {said}"),
            Kind::Lost => format!("no usable answer of {name}, asked to {doing}: {said}"),
            Kind::Throttled => format!("{name} throttles us, asked to {doing}: {said}"),
            Kind::Trouble => format!("{name} is in trouble, asked to {doing}: {said}"),
            Kind::Credentials => {
                format!("{name} does not know us, asked to {doing}: {said}; check {settings}")
            }
            Kind::Denied => format!("{name} does not allow us to {doing}: {said}; it takes {right}"),
            Kind::NotFound => {
                format!("{name} does not find what it takes to {doing}: {said}; was it deleted?")
            }
            Kind::Refused => format!("{name} refuses to {doing}: {said}"),
        };
        Failure { kind, code, retry_after: None, what }
    }
}

impl Errand {
    pub(crate) fn new(
        operation: &'static str,
        rank: Rank,
        right: &'static str,
        doing: impl Into<String>,
    ) -> Self {
        Self { operation, rank, doing: doing.into(), right }
    }
}

/// A URL with a query, where a space is `%20` and never `+`: OData reads it so everywhere.
pub(crate) fn with_query(mut url: Url, pairs: &[(&str, &str)]) -> Url {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(pairs).finish().replace('+', "%20").replace("%24", "$");
    url.set_query(Some(&query));
    url
}

/// The names by which a person may be known to a provider: the user name, and every e-mail address, once each.
pub(crate) fn names_of(person: &Person) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in [&person.user_name].into_iter().chain(&person.emails) {
        let name = name.trim().to_lowercase();
        if !name.is_empty() && !names.contains(&name) && names.len() < NAMES_MAX {
            names.push(name);
        }
    }
    names
}

/// Names of a person that are looked for: Graph takes no more than 15 comparisons in a filter, and each takes two.
const NAMES_MAX: usize = 7;

/// A user of a provider, as far as it matters who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) mail: String,
    /// `None`: the provider does not say. Unknown means no.
    pub(crate) enabled: Option<bool>,
}

/// The one active user who is this person. What a provider found by its own comparison is compared again.
///
/// # Errors
/// When there is none, or several: a sentence that says who, and what to do.
pub(crate) fn one_of(
    provider: &str,
    person: &Person,
    names: &[String],
    found: Vec<Candidate>,
) -> Result<Candidate, String> {
    let is_named = |user: &Candidate| {
        [&user.login, &user.mail].into_iter().any(|name| names.contains(&name.trim().to_lowercase()))
    };
    let mut users: Vec<Candidate> = found.into_iter().filter(is_named).collect();
    users.sort_by(|one, other| one.id.cmp(&other.id));
    users.dedup_by(|one, other| one.id == other.id);
    let who = format!("`{}` (`{}`)", person.user_name, person.email());
    let (active, others): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| user.enabled == Some(true));
    let logins = |users: &[Candidate]| {
        users.iter().map(|user| format!("`{}`", fit(&user.login))).collect::<Vec<_>>().join(", ")
    };
    match active.as_slice() {
        [one] => Ok(one.clone()),
        [] if others.is_empty() => Err(format!(
            "{provider} has no user {who}; add somebody it knows, or make their user name or e-mail address the same in both"
        )),
        [] => Err(format!(
            "{provider} has {who} only as a user who is not enabled ({}); enable them there, or add somebody else",
            logins(&others)
        )),
        several => Err(format!(
            "{provider} has several users {who}: {}; make user names and e-mail addresses unique there",
            logins(several)
        )),
    }
}

/// A line of what was found.
pub(crate) fn finding(what: impl Into<String>, how: Result<String, String>) -> Finding {
    Finding { what: what.into(), how }
}

/// Whether what was fetched is metadata that AWS can trust: an entity, with a certificate.
///
/// # Errors
/// What is missing.
pub(crate) fn is_metadata(reply: &Reply) -> Result<(), &'static str> {
    let text = String::from_utf8_lossy(&reply.body);
    if !text.contains("EntityDescriptor") {
        return Err("it is no SAML metadata: no EntityDescriptor");
    }
    if !text.contains("X509Certificate") {
        return Err("there is no signing certificate in the SAML metadata");
    }
    Ok(())
}

/// What a finding calls an emergency group.
pub(crate) fn group_name(level: Level) -> String {
    format!("the {} group", level.word())
}

#[cfg(test)]
mod tests;
