//! ID tokens, each provider's own, and what may be wrong with one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use super::keys::Signer;
use super::{Desk, Flavour, Offer};
use crate::idp::User;

/// How long a token is good for, seconds.
const TOKEN_SECS: i64 = 3_600;

/// What is wrong with the next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is for another client.
    AnotherAudience,
    /// It is for two, and given to another.
    AnotherParty,
    /// Another issuer made it.
    AnotherIssuer,
    /// It answers another sign-in.
    AnotherNonce,
    /// It was over an hour ago.
    Over,
    /// It is of the next hour.
    OfTheFuture,
    /// It is of the last hour, and still good.
    Old,
    /// The sign-in is in the future.
    SignedInLater,
    /// It names nobody.
    Nobody,
    /// There is no e-mail address in it.
    NoAddress,
    /// The address is not verified.
    AddressNotVerified,
    /// It does not say when they signed in.
    NoTimeOfSignIn,
    /// `alg` is `none`.
    Unsigned,
    /// Signed by HMAC, with the public key for a secret.
    SharedSecret,
    /// Signed by another key under the id of the right one.
    AnotherKey,
    /// Signed by a key that is not published.
    UnknownKey,
    /// Changed after it was signed.
    Tampered,
    /// There is none at all.
    Missing,
}

/// The token for who signed in.
pub(super) fn id_token(
    desk: &Desk,
    offer: &Offer,
    user: &User,
    at_secs: i64,
    now_secs: i64,
) -> Option<String> {
    let flaw = desk.flaw;
    let mut claims = claims(desk, offer, user, at_secs, now_secs);
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    match flaw {
        Some(Flaw::Missing) => return None,
        Some(Flaw::AnotherAudience) => drop(set("aud", "another-client".into())),
        Some(Flaw::AnotherParty) => {
            set("aud", json!([desk.client_id, "another-client"]));
            set("azp", "another-client".into());
        }
        Some(Flaw::AnotherIssuer) => drop(set("iss", "https://another.example".into())),
        Some(Flaw::AnotherNonce) => drop(set("nonce", "another-nonce".into())),
        Some(Flaw::Over) => drop(set("exp", (now_secs - TOKEN_SECS).into())),
        Some(Flaw::OfTheFuture) => drop(set("iat", (now_secs + TOKEN_SECS).into())),
        Some(Flaw::Old) => drop(set("iat", (now_secs - TOKEN_SECS).into())),
        Some(Flaw::SignedInLater) => drop(set("auth_time", (now_secs + TOKEN_SECS).into())),
        Some(Flaw::Nobody) => drop(set("sub", "".into())),
        Some(Flaw::AddressNotVerified) => drop(set("email_verified", false.into())),
        Some(Flaw::NoAddress) => {
            claims.remove("email");
            claims.remove("preferred_username");
        }
        Some(Flaw::NoTimeOfSignIn) => drop(claims.remove("auth_time")),
        Some(Flaw::Unsigned | Flaw::SharedSecret | Flaw::AnotherKey | Flaw::UnknownKey | Flaw::Tampered)
        | None => {}
    }
    sign(desk.signer, flaw, &claims)
}

fn claims(desk: &Desk, offer: &Offer, user: &User, at_secs: i64, now_secs: i64) -> Map<String, Value> {
    let mut claims = json!({
        "iss": desk.issuer, "aud": desk.client_id, "iat": now_secs, "exp": now_secs + TOKEN_SECS,
        "preferred_username": user.login, "email": user.mail,
    });
    let own = match desk.flavour {
        Flavour::Okta => json!({
            "sub": user.id, "ver": 1, "auth_time": at_secs, "amr": ["pwd"], "email_verified": true,
            "nonce": offer.nonce,
        }),
        Flavour::Keycloak => json!({
            "sub": user.id, "typ": "ID", "azp": desk.client_id, "auth_time": at_secs, "acr": "1",
            "email_verified": true, "nonce": offer.nonce,
        }),
        // Its subject is another for each client, it repeats no nonce, and says nothing of when and whether.
        Flavour::Entra => json!({
            "sub": format!("pairwise-{}", user.id), "oid": user.id, "tid": crate::entra::TENANT, "ver": "2.0",
            "nbf": now_secs,
        }),
    };
    let claims = claims.as_object_mut().map(std::mem::take).unwrap_or_default();
    let own = own.as_object().cloned().unwrap_or_default();
    claims.into_iter().chain(own).filter(|(_, value)| !value.is_null()).collect()
}

fn sign(signer: Signer, flaw: Option<Flaw>, claims: &Map<String, Value>) -> Option<String> {
    let header = |algorithm, id| Header { kid: Some(id), ..Header::new(algorithm) };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let by = |signer: Signer, id: String| {
        jsonwebtoken::encode(&header(signer.algorithm(), id), claims, &signer.private()?).ok()
    };
    match flaw {
        Some(Flaw::Unsigned) => {
            let head = part(&json!({ "alg": "none", "typ": "JWT", "kid": signer.id() }));
            Some(format!("{head}.{}.", part(&Value::Object(claims.clone()))))
        }
        Some(Flaw::SharedSecret) => {
            let public = signer.public(false);
            let secret = EncodingKey::from_secret(public.to_string().as_bytes());
            jsonwebtoken::encode(&header(Algorithm::HS256, signer.id()), claims, &secret).ok()
        }
        Some(Flaw::AnotherKey) => by(Signer::Next, signer.id()),
        Some(Flaw::UnknownKey) => by(Signer::Next, Signer::Next.id()),
        Some(Flaw::Tampered) => {
            let signed = by(signer, signer.id())?;
            let (head, rest) = signed.split_once('.')?;
            let (_, signature) = rest.split_once('.')?;
            let mut claims = claims.clone();
            claims.insert("sub".to_owned(), "somebody-else".into());
            Some(format!("{head}.{}.{signature}", part(&Value::Object(claims))))
        }
        Some(_) | None => by(signer, signer.id()),
    }
}
