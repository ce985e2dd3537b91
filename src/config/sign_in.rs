//! `[sign_in]`: where people show who they are, and what they must do so for anew. Asks nobody.

use glasskey_domain::Seconds;
use glasskey_domain::settings::StepUp;

use super::Need;
use super::environment::Environment;
use super::keys;
use super::reader::Reader;
use super::secret::SecretSource;
use super::secret_keys as secret;
use super::values;

/// How old a sign-in may be, unless told otherwise: time to find the way back to chat.
const FRESH_DEFAULT: Seconds = Seconds::minutes(5);

/// `[sign_in]`.
#[derive(Debug, Clone)]
pub struct SignInConfig {
    /// The identity provider, exactly as it calls itself.
    pub issuer: String,
    /// The client that signs people in.
    pub client_id: String,
    /// Its secret, where it has one.
    pub client_secret: Option<SecretSource>,
    /// What takes a fresh sign-in.
    pub step_up: Vec<StepUp>,
    /// How old a sign-in may be and still be fresh.
    pub fresh: Seconds,
}

pub(super) fn sign_in(
    reader: &mut Reader<'_>,
    environment: &Environment,
    need: Need,
) -> Option<SignInConfig> {
    if !reader.has_section("sign_in") {
        return None;
    }
    let issuer = reader.needed(&keys::SIGN_IN_ISSUER, values::issuer);
    let client_id = reader.needed(&keys::SIGN_IN_CLIENT_ID, values::plain_name);
    let client_secret = secret::maybe(reader, &keys::SIGN_IN_CLIENT_SECRET, environment, need);
    let step_up = reader.maybe(&keys::SIGN_IN_STEP_UP, values::step_ups).unwrap_or_default();
    let fresh = reader.maybe(&keys::SIGN_IN_FRESH, values::fresh);
    if step_up.is_empty() && fresh.is_some() {
        reader.advise(&keys::SIGN_IN_FRESH, "has no effect: nothing in `step_up` takes a fresh sign-in");
    }
    let fresh = fresh.unwrap_or(FRESH_DEFAULT);
    Some(SignInConfig { issuer: issuer?, client_id: client_id?, client_secret, step_up, fresh })
}
