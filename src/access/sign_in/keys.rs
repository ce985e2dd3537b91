//! The keys that the provider signs tokens with, by their ids. A key that cannot sign, or that somebody could share with it,
//! is none.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::wire::Wire;
use crate::ports::Fault;

/// Keys are read again after this: one that the provider took back is believed no longer.
const KEPT: Duration = Duration::from_secs(3_600);
/// Keys that are not known make us read again, this often at most: tokens of strangers cannot make us flood the provider.
const ASK_ANEW_AFTER: Duration = Duration::from_secs(60);
/// Most keys that are looked at; providers have two to ten.
const KEYS_MAX: usize = 100;

/// A key, and what it may have signed.
#[derive(Clone)]
pub(super) struct Key {
    id: String,
    /// The only algorithm it is for, where the provider says so.
    only: Option<Algorithm>,
    kind: Kind,
    key: DecodingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
}

impl Key {
    /// The half that proves, when a signature by this algorithm may be this key's.
    pub(super) fn proves(&self, algorithm: Algorithm) -> Option<&DecodingKey> {
        let fits = match self.kind {
            Kind::Rsa => matches!(algorithm, Algorithm::RS256 | Algorithm::PS256),
            Kind::P256 => algorithm == Algorithm::ES256,
        };
        (fits && self.only.is_none_or(|only| only == algorithm)).then_some(&self.key)
    }

    fn read(jwk: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let common = &jwk.common;
        if common.public_key_use.as_ref().is_some_and(|is| *is != PublicKeyUse::Signature) {
            return None;
        }
        let only = match common.key_algorithm {
            None => None,
            Some(KeyAlgorithm::RS256) => Some(Algorithm::RS256),
            Some(KeyAlgorithm::PS256) => Some(Algorithm::PS256),
            Some(KeyAlgorithm::ES256) => Some(Algorithm::ES256),
            Some(_) => return None,
        };
        let kind = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Kind::Rsa,
            AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Kind::P256,
            AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKey(_)
            | AlgorithmParameters::OctetKeyPair(_) => return None,
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id?, only, kind, key })
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// The keys last read. Who waits for them while they are read gets the same ones.
#[derive(Default)]
pub(super) struct Keys {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    keys: Option<(Arc<[Key]>, Instant)>,
    asked_anew_at: Option<Instant>,
}

impl Keys {
    /// The key of this id; `None` when the provider has none.
    pub(super) async fn get(&self, wire: &Wire, url: &Url, id: &str) -> Result<Option<Key>, Fault> {
        let mut held = self.held.lock().await;
        let find = |keys: &[Key]| keys.iter().find(|key| key.id == id).cloned();
        if let Some((keys, read_at)) = &held.keys
            && read_at.elapsed() < KEPT
        {
            let found = find(keys);
            if found.is_some() || held.asked_anew_at.is_some_and(|at| at.elapsed() < ASK_ANEW_AFTER) {
                return Ok(found);
            }
            held.asked_anew_at = Some(Instant::now());
        }
        let keys = read(wire, url).await?;
        let found = find(&keys);
        held.keys = Some((keys, Instant::now()));
        Ok(found)
    }
}

/// The usable keys of the provider.
pub(super) async fn read(wire: &Wire, url: &Url) -> Result<Arc<[Key]>, Fault> {
    let document: Document = wire.read("keys", url.clone()).await?;
    let keys: Arc<[Key]> = document.keys.into_iter().take(KEYS_MAX).filter_map(Key::read).collect();
    if keys.is_empty() {
        return Err(wire.permanent("none of its keys signs with RS256, PS256 or ES256"));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(more: &Value) -> Value {
        let mut jwk = json!({ "kty": "RSA", "kid": "k", "n": "0vx7agoebGcQSuuPiLJXZQ", "e": "AQAB" });
        jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        jwk
    }

    #[test]
    fn a_key_proves_only_what_it_is_for() {
        let any = Key::read(rsa(&json!({}))).unwrap();
        assert!(any.proves(Algorithm::RS256).is_some() && any.proves(Algorithm::PS256).is_some());
        for never in [Algorithm::ES256, Algorithm::HS256, Algorithm::RS512, Algorithm::EdDSA] {
            assert!(any.proves(never).is_none(), "{never:?}");
        }
        let one = Key::read(rsa(&json!({ "alg": "PS256", "use": "sig" }))).unwrap();
        assert!(one.proves(Algorithm::PS256).is_some() && one.proves(Algorithm::RS256).is_none());
        let curve = json!({ "kty": "EC", "crv": "P-256", "kid": "e", "x": "AA", "y": "AA" });
        let curve = Key::read(curve).unwrap();
        assert!(curve.proves(Algorithm::ES256).is_some() && curve.proves(Algorithm::RS256).is_none());
    }

    #[test]
    fn what_is_no_signing_key_of_ours_is_none() {
        let others = [
            rsa(&json!({ "use": "enc" })),
            rsa(&json!({ "alg": "RSA-OAEP" })),
            rsa(&json!({ "alg": "RS512" })),
            rsa(&json!({ "alg": "HS256" })),
            rsa(&json!({ "kid": null })),
            json!({ "kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256" }),
            json!({ "kty": "EC", "crv": "P-384", "kid": "k", "x": "AA", "y": "AA" }),
            json!({ "kty": "new", "kid": "k" }),
            json!("not a key"),
        ];
        for other in others {
            assert!(Key::read(other.clone()).is_none(), "{other}");
        }
    }
}
