//! Proof of possession (RFC 9449): a token that is of use only to who holds this key, made anew at every start.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType,
    Jwk,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use url::Url;

/// Bytes of a coordinate of P-256.
const COORDINATE_BYTES: usize = 32;

/// The key, and what each server wants to see in the next proof.
pub(super) struct Dpop {
    key: EncodingKey,
    header: Header,
    nonces: Mutex<[Option<String>; 2]>,
}

/// Who asks for proof: they hand out nonces of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// The token end point.
    Authorization,
    /// The management API.
    Api,
}

#[derive(Serialize)]
struct Proof<'a> {
    jti: String,
    htm: &'a str,
    htu: String,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
}

impl std::fmt::Debug for Dpop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dpop")
    }
}

impl Dpop {
    /// Makes a key.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub(super) fn new() -> Result<Self, String> {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let no_key = |_| "no key could be made".to_owned();
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).map_err(no_key)?;
        let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random)
            .map_err(|_| "no key could be made".to_owned())?;
        // 04, x, y.
        let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(COORDINATE_BYTES).unwrap_or_default();
        let jwk = Jwk {
            common: CommonParameters::default(),
            algorithm: AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve: EllipticCurve::P256,
                x: URL_SAFE_NO_PAD.encode(x),
                y: URL_SAFE_NO_PAD.encode(y),
            }),
        };
        let header =
            Header { typ: Some("dpop+jwt".to_owned()), jwk: Some(jwk), ..Header::new(Algorithm::ES256) };
        let key = EncodingKey::from_ec_der(document.as_ref());
        Ok(Self { key, header, nonces: Mutex::new([None, None]) })
    }

    /// What the next proof for this server must contain.
    pub(super) fn remember(&self, server: Server, nonce: &str) {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let [authorization, api] = &mut *nonces;
        let slot = if server == Server::Authorization { authorization } else { api };
        *slot = Some(nonce.to_owned());
    }

    /// The proof for one request, with the token that goes along, if any.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn proof(
        &self,
        server: Server,
        method: &str,
        url: &Url,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<String, String> {
        let nonce = {
            let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            let [authorization, api] = &*nonces;
            if server == Server::Authorization { authorization.clone() } else { api.clone() }
        };
        let proof = Proof {
            jti: unique()?,
            htm: method,
            htu: without_query(url),
            iat: now.as_second(),
            nonce,
            ath: token.map(|token| URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))),
        };
        jsonwebtoken::encode(&self.header, &proof, &self.key).map_err(|_| "no proof could be made".to_owned())
    }
}

/// As RFC 9449 wants it: neither query nor fragment.
fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// What no other token of ours is called.
///
/// # Errors
/// When the machine has no randomness.
pub(super) fn unique() -> Result<String, String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| "the machine has no randomness".to_owned())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests;
