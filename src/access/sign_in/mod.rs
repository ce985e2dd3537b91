//! Signing in at the company's identity provider by device code (RFC 8628, OpenID Connect): a person opens a page of the
//! provider and types a code; the bot waits, and believes only a token that the provider signed for it.
//!
//! It must never show a code, a token or a secret, and never decide what a sign-in is good for.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use glasskey_domain::person::SignIn;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use url::Url;

use self::discovery::{DEVICE_GRANT, Discovery, Known};
use self::keys::Keys;
use self::pace::Pace;
use self::token::Expected;
use self::wire::{Refused, Wire};
use super::http::{Http, is_safe};
use crate::ports::{Answer, Clock, Fault, NotSignedIn, SignInOffer, SignInProvider, SignInTicket};

mod check;
mod discovery;
mod keys;
mod pace;
mod settings;
mod token;
mod wire;

pub use settings::{Pacing, SignInSettings};

/// Who the person is, their address, and their name for providers that have no verified address.
const SCOPE: &str = "openid email profile";
/// How often is asked when the provider does not say (RFC 8628 §3.2).
const INTERVAL_UNSAID: Duration = Duration::from_secs(5);
/// Longest offer: who needs more than half an hour begins anew.
const OFFER_LENGTH_MAX: Duration = Duration::from_secs(30 * 60);
/// Random bytes of a nonce: 128 bits never come twice.
const NONCE_BYTES: usize = 16;
/// Longest code that a person can be asked to type, and longest page to open; both go into chat.
const USER_CODE_LENGTH_MAX: usize = 64;
const PAGE_LENGTH_MAX: usize = 1_024;
/// Tries to read the keys once somebody has signed in: the code is used up by then, and they would have to begin anew.
const KEY_TRIES_MAX: u32 = 4;
/// And no longer than this, whatever the provider asks for: they sit and wait.
const KEY_WAIT_MAX: Duration = Duration::from_secs(60);

/// The company's identity provider, as people sign in there.
pub struct DeviceSignIn {
    settings: SignInSettings,
    wire: Wire,
    clock: Arc<dyn Clock>,
    discovery: Known,
    keys: Keys,
}

#[derive(Deserialize)]
struct Offered {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

#[derive(Deserialize)]
struct Granted {
    id_token: Option<SecretString>,
}

/// What a question whether somebody has signed in came to.
enum Polled {
    SignedIn(SecretString),
    Pending,
    SlowDown,
    Unanswered(Refused),
    Over(NotSignedIn),
}

impl DeviceSignIn {
    /// Asks nobody anything yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(settings: SignInSettings, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let wire = Wire::new(Http::new(settings.timeouts)?, &settings.issuer);
        Ok(Self { settings, wire, clock, discovery: Known::default(), keys: Keys::default() })
    }

    async fn discovery(&self) -> Result<Arc<Discovery>, Fault> {
        self.discovery.get(&self.wire, &self.settings.issuer).await
    }

    async fn offer(&self) -> Result<SignInOffer, Fault> {
        let discovery = self.discovery().await?;
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| self.wire.transient(None, "no randomness for a nonce"))?;
        let nonce = URL_SAFE_NO_PAD.encode(nonce);
        let begun_at = self.clock.now();
        let form = [("client_id", self.settings.client_id.as_str()), ("scope", SCOPE), ("nonce", &nonce)];
        let offered: Offered =
            self.send("device", &discovery.device, &form, &[]).await.map_err(|no| no.fault)?;
        let ends = Duration::from_secs(offered.expires_in).min(OFFER_LENGTH_MAX);
        let expires_at = SignedDuration::try_from(ends).ok().and_then(|ends| begun_at.checked_add(ends).ok());
        let expires_at = expires_at.ok_or_else(|| self.wire.permanent("its codes never end"))?;
        if !is_fit(&offered) {
            return Err(self.wire.permanent("its code or its page is not one to show to people"));
        }
        let ticket = SignInTicket {
            device_code: offered.device_code,
            interval: offered.interval.map_or(INTERVAL_UNSAID, Duration::from_secs),
            nonce,
            begun_at,
        };
        let Offered { user_code, verification_uri, verification_uri_complete, .. } = offered;
        Ok(SignInOffer::new(user_code, verification_uri, verification_uri_complete, expires_at, ticket))
    }

    async fn wait(&self, offer: &SignInOffer) -> Result<SignIn, NotSignedIn> {
        let deadline = Instant::now() + until(self.clock.now(), offer.expires_at);
        let mut pace = Pace::new(offer.ticket().interval, self.settings.pacing);
        // What is told when the time is up: silence of the provider is not the person's.
        let mut over = NotSignedIn::Expired;
        loop {
            let next = Instant::now() + pace.interval();
            sleep_until(next.min(deadline)).await;
            if next >= deadline {
                return Err(over);
            }
            let Ok(polled) = timeout_at(deadline, self.poll(offer)).await else { return Err(over) };
            over = NotSignedIn::Expired;
            match polled {
                Polled::SignedIn(token) => return self.believe(&token, offer).await,
                Polled::Over(why) => return Err(why),
                Polled::Pending => {}
                Polled::SlowDown => pace.slow_down(),
                Polled::Unanswered(refused) => {
                    pace.back_off(refused.retry_after);
                    over = NotSignedIn::CouldNotAsk(refused.fault);
                }
            }
        }
    }

    async fn poll(&self, offer: &SignInOffer) -> Polled {
        let discovery = match self.discovery().await {
            Ok(discovery) => discovery,
            Err(fault) => {
                return Polled::Unanswered(Refused { error: String::new(), retry_after: None, fault });
            }
        };
        let code = &offer.ticket().device_code;
        let form = [
            ("grant_type", DEVICE_GRANT),
            ("client_id", &self.settings.client_id),
            ("device_code", code.expose_secret()),
        ];
        match self.send::<Granted>("token", &discovery.token, &form, &[code]).await {
            Ok(Granted { id_token: Some(token) }) => Polled::SignedIn(token),
            Ok(Granted { id_token: None }) => Polled::Over(unacceptable(
                "there is no ID token with it; is the scope openid allowed to the client?",
            )),
            Err(refused) => match refused.error.as_str() {
                "authorization_pending" => Polled::Pending,
                "slow_down" => Polled::SlowDown,
                // The second is Entra ID's word.
                "access_denied" | "authorization_declined" => Polled::Over(NotSignedIn::Denied),
                // The others are what Okta and Keycloak, and Entra ID, say of codes that they have forgotten.
                "expired_token" | "invalid_grant" | "bad_verification_code" => {
                    Polled::Over(NotSignedIn::Expired)
                }
                _ => match refused.fault {
                    Fault::Permanent { .. } => Polled::Over(NotSignedIn::CouldNotAsk(refused.fault)),
                    Fault::Transient { .. } | Fault::Lost { .. } => Polled::Unanswered(refused),
                },
            },
        }
    }

    async fn believe(&self, token: &SecretString, offer: &SignInOffer) -> Result<SignIn, NotSignedIn> {
        let signature = token::signature(token).map_err(unacceptable)?;
        let key = timeout(KEY_WAIT_MAX, self.key(&signature.key_id)).await;
        let late = |_| Err(self.wire.transient(None, "its keys did not come in time"));
        let key = key.unwrap_or_else(late).map_err(NotSignedIn::CouldNotAsk)?;
        let key = key.ok_or_else(|| unacceptable("its ID token is signed with a key that is not its own"))?;
        let proof = key.proves(signature.algorithm);
        let proof = proof.ok_or_else(|| unacceptable("its ID token is signed as that key does not sign"))?;
        let claims = token::claims(token, signature.algorithm, proof).map_err(unacceptable)?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: &offer.ticket().nonce,
            begun_at: offer.ticket().begun_at,
            now: self.clock.now(),
        };
        token::believe(&claims, &expected).map_err(unacceptable)
    }

    async fn key(&self, id: &str) -> Result<Option<keys::Key>, Fault> {
        let mut pace = Pace::new(self.settings.pacing.interval_min, self.settings.pacing);
        let mut tries = 0;
        loop {
            tries += 1;
            let found = async { self.keys.get(&self.wire, &self.discovery().await?.keys, id).await };
            match found.await {
                Err(Fault::Transient { retry_after, .. }) if tries < KEY_TRIES_MAX => {
                    pace.back_off(retry_after)
                }
                answer => return answer,
            }
            tokio::time::sleep(pace.interval()).await;
        }
    }

    /// Sends a form, with the client's secret where it has one.
    async fn send<T: serde::de::DeserializeOwned>(
        &self,
        operation: &'static str,
        url: &Url,
        form: &[(&str, &str)],
        secrets: &[&SecretString],
    ) -> Result<T, Refused> {
        let (mut form, mut secrets) = (form.to_vec(), secrets.to_vec());
        if let Some(secret) = &self.settings.client_secret {
            form.push(("client_secret", secret.expose_secret()));
            secrets.push(secret);
        }
        self.wire.send(operation, url.clone(), &form, &secrets).await
    }
}

fn unacceptable(why: impl Into<String>) -> NotSignedIn {
    NotSignedIn::Unacceptable { why: why.into() }
}

/// The time from one moment to another; none, when it has passed.
fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

/// Whether what is shown to people can be: a code to type, and pages that nobody on the way can change.
fn is_fit(offered: &Offered) -> bool {
    let code = &offered.user_code;
    let typed =
        code.chars().all(|c| c.is_ascii_graphic()) && (1..=USER_CODE_LENGTH_MAX).contains(&code.len());
    let page = |text: &str| text.len() <= PAGE_LENGTH_MAX && Url::parse(text).is_ok_and(|url| is_safe(&url));
    typed && page(&offered.verification_uri) && offered.verification_uri_complete.as_deref().is_none_or(page)
}

impl SignInProvider for DeviceSignIn {
    fn begin(&self) -> Answer<'_, Result<SignInOffer, Fault>> {
        Box::pin(self.offer())
    }

    fn finish<'a>(&'a self, offer: &'a SignInOffer) -> Answer<'a, Result<SignIn, NotSignedIn>> {
        Box::pin(self.wait(offer))
    }
}
