//! What is said to the provider: pages that everybody may read, and forms. Every sentence about it names the provider and
//! shows nothing that was sent.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::access::http::{Http, Kind, Reply, Silence, count, fit};
use crate::ports::Fault;

/// Its label in metrics.
const LABEL: &str = "sign-in";
/// Largest answer: discovery and keys of the largest providers have some ten thousand bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The provider, as it is spoken to.
pub(super) struct Wire {
    http: Http,
    issuer: String,
}

/// A form that was not answered with success.
#[derive(Debug)]
pub(super) struct Refused {
    /// The provider's name for what is wrong (RFC 6749 §5.2); empty when there was no such answer.
    pub(super) error: String,
    /// It asked to be left alone for so long.
    pub(super) retry_after: Option<Duration>,
    /// The same, as the fault that it is.
    pub(super) fault: Fault,
}

#[derive(Default, Deserialize)]
struct Said {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Wire {
    pub(super) fn new(http: Http, issuer: &str) -> Self {
        Self { http, issuer: issuer.to_owned() }
    }

    /// Reads a page.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        url: Url,
    ) -> Result<T, Fault> {
        let answer = self.sent(self.http.client().get(url)).await.and_then(|reply| {
            if !reply.status.is_success() {
                let said = format!("HTTP {} for its {operation}", reply.status.as_u16());
                return Err(self.transient(reply.retry_after(), &said));
            }
            reply.json().ok_or_else(|| self.transient(None, &format!("its {operation} cannot be read")))
        });
        count(LABEL, operation, if answer.is_ok() { "ok" } else { "failed" });
        answer
    }

    /// Sends a form. Nothing of `secrets` is in what is said of it, also when the provider repeats it.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        url: Url,
        form: &[(&str, &str)],
        secrets: &[&SecretString],
    ) -> Result<T, Refused> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self
            .http
            .client()
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(body);
        let answer = match self.sent(request).await {
            Err(fault) => Err(Refused { error: String::new(), retry_after: None, fault }),
            Ok(reply) if reply.status.is_success() => reply.json().ok_or_else(|| Refused {
                error: String::new(),
                retry_after: None,
                fault: self.transient(None, "its answer cannot be read"),
            }),
            Ok(reply) => Err(self.told(&reply, secrets)),
        };
        count(LABEL, operation, answer.as_ref().map_or_else(Refused::label, |_| "ok"));
        answer
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Reply, Fault> {
        let reply = self.http.send(request).await.map_err(|silence| {
            let (Silence::NotSent(said) | Silence::Lost(said)) = silence;
            self.transient(None, &said)
        })?;
        if reply.body.len() > ANSWER_BYTES_MAX {
            return Err(self.transient(None, &format!("an answer of more than {ANSWER_BYTES_MAX} bytes")));
        }
        Ok(reply)
    }

    fn told(&self, reply: &Reply, secrets: &[&SecretString]) -> Refused {
        let Said { error, error_description } = reply.json().unwrap_or_default();
        let retry_after = reply.retry_after();
        let mut said = format!("HTTP {} {error} {error_description}", reply.status.as_u16());
        for secret in secrets {
            said = said.replace(secret.expose_secret(), "***");
        }
        let passes = match Kind::of_status(reply.status) {
            Kind::NotSent | Kind::Lost | Kind::Throttled | Kind::Trouble => true,
            Kind::Credentials | Kind::Denied | Kind::NotFound | Kind::Refused => false,
        };
        let fault = if passes {
            self.transient(retry_after, said.trim())
        } else {
            let (issuer, said) = (&self.issuer, fit(said.trim()));
            let what = format!(
                "{issuer} refuses: {said}; check `client_id` and `client_secret` of `[sign_in]`, and that the client \
                 may sign people in by device code"
            );
            Fault::Permanent { what }
        };
        // Only what passes may be asked again: an error in the answer of a server in trouble says nothing of the code.
        let error = if passes { String::new() } else { error };
        Refused { error, retry_after, fault }
    }

    /// Something that may work later.
    pub(super) fn transient(&self, retry_after: Option<Duration>, said: &str) -> Fault {
        let what = format!("{} could not be asked about a sign-in: {}", self.issuer, fit(said));
        Fault::Transient { what, retry_after }
    }

    /// Something that an operator must mend.
    pub(super) fn permanent(&self, said: &str) -> Fault {
        Fault::Permanent { what: format!("nobody can sign in at {}: {said}", self.issuer) }
    }
}

impl Refused {
    fn label(&self) -> &'static str {
        match (&self.fault, self.error.as_str()) {
            (_, "authorization_pending" | "slow_down") => "pending",
            (Fault::Permanent { .. }, _) => "refused",
            (Fault::Transient { .. } | Fault::Lost { .. }, _) => "failed",
        }
    }
}
