//! Whether an ID token may be believed (OpenID Connect Core §3.1.3.7), and what it says. Time comes in.
//!
//! It must never put a part of a token into a sentence: only which part is wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use glasskey_domain::person::SignIn;
use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

/// How far the clocks of the provider and of the bot may be apart, seconds.
const LEEWAY_SECS: i64 = 60;
/// Longest id of a person: OpenID Connect's own limit.
const SUBJECT_LENGTH_MAX: usize = 255;
/// Longest e-mail address there is.
const EMAIL_LENGTH_MAX: usize = 254;

/// What a token must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// When the sign-in was asked for.
    pub(super) begun_at: Timestamp,
    pub(super) now: Timestamp,
}

/// By what a token says it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Parts of the header that must be understood; none is.
    crit: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    auth_time: Option<i64>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
    preferred_username: Option<String>,
    /// The tenant: only Entra ID has it.
    tid: Option<String>,
    /// Entra ID: whether the owner of the address's domain is verified.
    xms_edov: Option<Value>,
}

/// By what a token says it is signed, when that is something to be believed at all.
///
/// # Errors
/// What is wrong with it.
pub(super) fn signature(token: &SecretString) -> Result<Signature, String> {
    let header = token.expose_secret().split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).ok();
    let header: Option<Header> = header.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let header = header.ok_or("its ID token is not a JWT")?;
    let algorithm = match header.alg.as_str() {
        "RS256" => Algorithm::RS256,
        "PS256" => Algorithm::PS256,
        "ES256" => Algorithm::ES256,
        _ => return Err("its ID token is not signed with RS256, PS256 or ES256".to_owned()),
    };
    if header.crit.is_some() {
        return Err("its ID token has a critical header that is not known".to_owned());
    }
    let key_id = header.kid.ok_or("its ID token does not say which key signed it")?;
    Ok(Signature { algorithm, key_id })
}

/// The claims of a token that this key signed.
///
/// # Errors
/// That it did not, or that they are not those of an ID token.
pub(super) fn claims(
    token: &SecretString,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<Claims, String> {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    // Off because they are checked below: by the bot's own clock, and with `azp`.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let decoded = jsonwebtoken::decode(token.expose_secret(), key, &validation);
    decoded.map(|decoded| decoded.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => "the signature of its ID token is wrong".to_owned(),
        _ => "its ID token lacks what every ID token has".to_owned(),
    })
}

/// Who signed in, when these claims are what was asked for.
///
/// # Errors
/// What is wrong.
pub(super) fn believe(claims: &Claims, expected: &Expected<'_>) -> Result<SignIn, String> {
    if claims.iss != expected.issuer {
        return Err("its ID token is of another issuer".to_owned());
    }
    audience(claims, expected.client_id)?;
    if claims.nonce.as_deref().is_some_and(|nonce| nonce != expected.nonce) {
        return Err("its ID token answers another sign-in (nonce)".to_owned());
    }
    let now = expected.now.as_second();
    times(claims, expected.begun_at.as_second(), now)?;
    let plain = !claims.sub.chars().any(char::is_control) && claims.sub.len() <= SUBJECT_LENGTH_MAX;
    if claims.sub.trim().is_empty() || !plain {
        return Err("its ID token does not say who signed in (sub)".to_owned());
    }
    let at = claims.auth_time.unwrap_or(claims.iat).min(now);
    let at = Timestamp::from_second(at).map_err(|_| "its ID token has a time that is none".to_owned())?;
    Ok(SignIn {
        issuer: claims.iss.clone(),
        subject: claims.sub.clone(),
        email: email(claims),
        at,
        interactive: claims.auth_time.is_some(),
    })
}

fn audience(claims: &Claims, client_id: &str) -> Result<(), String> {
    let several = match &claims.aud {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Several(several) => several.as_slice(),
    };
    if !several.iter().any(|audience| audience == client_id) {
        return Err("its ID token is for another client (aud)".to_owned());
    }
    match claims.azp.as_deref() {
        Some(party) if party == client_id => Ok(()),
        None if several.len() == 1 => Ok(()),
        Some(_) | None => Err("its ID token was given to another client (azp)".to_owned()),
    }
}

fn times(claims: &Claims, begun_at: i64, now: i64) -> Result<(), String> {
    const CLOCKS: &str = "; are the clocks of both right?";
    let not_later = |time: i64| time <= now.saturating_add(LEEWAY_SECS);
    if claims.exp.saturating_add(LEEWAY_SECS) <= now {
        return Err(format!("its ID token is over{CLOCKS}"));
    }
    if !not_later(claims.iat) || !claims.nbf.is_none_or(not_later) {
        return Err(format!("its ID token is of the future{CLOCKS}"));
    }
    if claims.iat.saturating_add(LEEWAY_SECS) < begun_at {
        return Err(format!("its ID token is older than the sign-in{CLOCKS}"));
    }
    if claims.auth_time.is_some_and(|at| at < 0 || !not_later(at)) {
        return Err(format!("its ID token has a time of sign-in that cannot be{CLOCKS}"));
    }
    Ok(())
}

/// The address that the provider vouches for.
///
/// Entra ID has no `email_verified`, and its `email` is whatever an administrator of the person's home tenant wrote: a guest's
/// could be anybody's. So there it counts only when `xms_edov` says that the domain is theirs; otherwise the user principal
/// name (`preferred_username`) does, whose domain the home tenant has proven to own. That it may change later does no harm:
/// it is compared once, and what is kept is the person.
fn email(claims: &Claims) -> Option<String> {
    let address = match (yes(claims.email_verified.as_ref()), &claims.tid) {
        (Some(true), _) => claims.email.as_deref(),
        (Some(false), _) => None,
        (None, None) => claims.email.as_deref(),
        (None, Some(_)) => match yes(claims.xms_edov.as_ref()) {
            Some(true) => claims.email.as_deref().or(claims.preferred_username.as_deref()),
            Some(false) | None => claims.preferred_username.as_deref(),
        },
    };
    let address = address?.trim();
    let (name, domain) = address.rsplit_once('@')?;
    let plain = !address.chars().any(|c| c.is_whitespace() || c.is_control());
    let whole = !name.is_empty() && !domain.is_empty() && address.len() <= EMAIL_LENGTH_MAX;
    (plain && whole).then(|| address.to_lowercase())
}

/// Providers write it as a boolean, a text or a number. What is none of them is a no; nothing is nothing.
fn yes(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Null => None,
        Value::Bool(yes) => Some(*yes),
        Value::String(text) => Some(text == "true" || text == "1"),
        Value::Number(number) => Some(number.as_i64() == Some(1)),
        Value::Array(_) | Value::Object(_) => Some(false),
    }
}

#[cfg(test)]
mod tests;
