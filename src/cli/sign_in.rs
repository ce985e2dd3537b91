//! The identity provider of `[sign_in]` as the port. Connects to nobody at start: the bot must start also while it is down.

use std::sync::Arc;

use crate::access::sign_in::{DeviceSignIn, SignInSettings};
use crate::config::{Config, Secret, Secrets};
use crate::ports::Clock;

/// How it is reached; `None` where the configuration has no `[sign_in]`.
#[must_use]
pub fn settings(config: &Config, secrets: &Secrets) -> Option<SignInSettings> {
    let from = config.sign_in.as_ref()?;
    let secret = secrets.sign_in.as_ref().map(Secret::to_secret_string);
    Some(SignInSettings::at(&from.issuer, &from.client_id, secret))
}

/// Makes the client, and asks nobody anything yet.
///
/// # Errors
/// What is wrong, for people.
pub fn connect(settings: SignInSettings, clock: Arc<dyn Clock>) -> Result<DeviceSignIn, String> {
    DeviceSignIn::new(settings, clock).map_err(|why| format!("[sign_in] cannot be used: {why}"))
}
