//! The keys that the twins sign tokens with. Made for them only; nothing anywhere else believes them.

use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

/// All public halves, by name.
const PUBLIC: &str = include_str!("keys/public.json");

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// RSA, RS256.
    Rs256,
    /// RSA, PS256.
    Ps256,
    /// Elliptic curve P-256.
    Es256,
    /// Another RSA key, RS256: the one that comes after the first.
    Next,
}

impl Signer {
    pub(super) const fn algorithm(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 | Self::Next => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Rs256 | Self::Ps256 => "one",
            Self::Next => "two",
            Self::Es256 => "curve",
        }
    }

    /// The key's id.
    pub(super) fn id(self) -> String {
        format!("twin-key-{}", self.name())
    }

    /// The half that signs.
    pub(super) fn private(self) -> Option<EncodingKey> {
        match self {
            Self::Rs256 | Self::Ps256 => EncodingKey::from_rsa_pem(include_bytes!("keys/one.pem")).ok(),
            Self::Next => EncodingKey::from_rsa_pem(include_bytes!("keys/two.pem")).ok(),
            Self::Es256 => EncodingKey::from_ec_pem(include_bytes!("keys/curve.pem")).ok(),
        }
    }

    /// The half that proves, as a JWK; with its algorithm where the provider writes it.
    pub(super) fn public(self, with_algorithm: bool) -> Value {
        let all: Value = serde_json::from_str(PUBLIC).unwrap_or_default();
        let mut jwk = all.get(self.name()).cloned().unwrap_or_default();
        if let Some(jwk) = jwk.as_object_mut() {
            jwk.insert("kid".to_owned(), self.id().into());
            jwk.insert("use".to_owned(), "sig".into());
            if with_algorithm {
                jwk.insert("alg".to_owned(), format!("{:?}", self.algorithm()).into());
            }
        }
        jwk
    }
}

/// Keys that sign nothing and stand beside those that do, as Keycloak's do.
pub(super) fn others() -> Vec<Value> {
    let mut lock = Signer::Next.public(false);
    if let Some(lock) = lock.as_object_mut() {
        lock.insert("use".to_owned(), "enc".into());
        lock.insert("alg".to_owned(), "RSA-OAEP".into());
        lock.insert("kid".to_owned(), "twin-key-lock".into());
    }
    vec![lock, json!({ "kty": "OKP", "crv": "Ed448", "kid": "twin-key-new", "use": "sig", "x": "AA" })]
}
