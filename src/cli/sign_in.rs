//! The identity provider of `[sign_in]` as the port. Connects to nobody at start: the bot must start also while it is down.

use std::sync::Arc;

use crate::access::sign_in::{DeviceSignIn, SignInSettings};
use crate::config::{Config, Secret, Secrets};
use crate::ports::Clock;

/// Makes the client, and asks nobody anything yet; `None` where the configuration has no `[sign_in]`.
///
/// # Errors
/// What is wrong, for people.
pub fn connect(
    config: &Config,
    secrets: &Secrets,
    clock: Arc<dyn Clock>,
) -> Option<Result<DeviceSignIn, String>> {
    let from = config.sign_in.as_ref()?;
    let secret = secrets.sign_in.as_ref().map(Secret::to_secret_string);
    let settings = SignInSettings::at(&from.issuer, &from.client_id, secret);
    let made = DeviceSignIn::new(settings, clock);
    Some(made.map_err(|why| format!("[sign_in] cannot be used: {why}")))
}
