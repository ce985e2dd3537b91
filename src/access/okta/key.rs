//! The private key of the service app, as PEM or as the JWK that Okta's console shows once. Never printed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

/// A key that signs.
#[derive(Clone)]
pub(super) struct SigningKey {
    key: EncodingKey,
    algorithm: Algorithm,
    id: Option<String>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The members of a private JWK that are used. Its text is a secret, so no error shows it.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl SigningKey {
    /// Reads a key, and signs with it once, so that a key of no use is found at once.
    ///
    /// # Errors
    /// What is wrong with it, without its text.
    pub(super) fn read(text: &SecretString, id: Option<&str>) -> Result<Self, String> {
        let text = text.expose_secret().trim();
        let key = if text.starts_with('{') { Self::from_jwk(text, id)? } else { Self::from_pem(text, id)? };
        key.sign(&Header::new(key.algorithm), &"probe").map(|_| key)
    }

    fn from_pem(text: &str, id: Option<&str>) -> Result<Self, String> {
        let id = id.map(str::to_owned);
        if let Ok(key) = EncodingKey::from_rsa_pem(text.as_bytes()) {
            return Ok(Self { key, algorithm: Algorithm::RS256, id });
        }
        match EncodingKey::from_ec_pem(text.as_bytes()) {
            Ok(key) => Ok(Self { key, algorithm: Algorithm::ES256, id }),
            Err(_) => {
                Err("it is neither a JWK nor a PEM with a private key (PKCS #8, or PKCS #1 for RSA)"
                    .to_owned())
            }
        }
    }

    fn from_jwk(text: &str, id: Option<&str>) -> Result<Self, String> {
        let jwk: Jwk = serde_json::from_str(text).map_err(|_| "it is not a JWK".to_owned())?;
        let id = id.map(str::to_owned).or_else(|| jwk.kid.clone());
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                let der = jwk.rsa_der()?;
                Ok(Self { key: EncodingKey::from_rsa_der(&der), algorithm: Algorithm::RS256, id })
            }
            ("EC", Some("P-256")) => {
                let der = jwk.ec_der()?;
                Ok(Self { key: EncodingKey::from_ec_der(&der), algorithm: Algorithm::ES256, id })
            }
            _ => Err("the JWK is neither an RSA key nor one of the curve P-256".to_owned()),
        }
    }

    /// The header of an assertion.
    pub(super) fn header(&self) -> Header {
        Header { kid: self.id.clone(), ..Header::new(self.algorithm) }
    }

    /// A signed token.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub(super) fn sign<T: Serialize>(&self, header: &Header, claims: &T) -> Result<String, String> {
        jsonwebtoken::encode(header, claims, &self.key)
            .map_err(|_| "the key cannot sign with RS256 or ES256".to_owned())
    }
}

impl Jwk {
    fn part(name: &'static str, part: Option<&String>) -> Result<Zeroizing<Vec<u8>>, String> {
        let part = part.ok_or_else(|| format!("the JWK has no `{name}`: is it the public half?"))?;
        let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('='));
        bytes.map(Zeroizing::new).map_err(|_| format!("`{name}` of the JWK is not base64url"))
    }

    /// PKCS #1.
    fn rsa_der(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let parts = [
            ("n", &self.n),
            ("e", &self.e),
            ("d", &self.d),
            ("p", &self.p),
            ("q", &self.q),
            ("dp", &self.dp),
            ("dq", &self.dq),
            ("qi", &self.qi),
        ];
        let mut inside = integer(&[0]);
        for (name, part) in parts {
            inside.extend_from_slice(&integer(&Self::part(name, part.as_ref())?));
        }
        Ok(element(SEQUENCE, &inside))
    }

    /// PKCS #8.
    fn ec_der(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let (x, y) = (Self::part("x", self.x.as_ref())?, Self::part("y", self.y.as_ref())?);
        let point = [&[0, 4], x.as_slice(), y.as_slice()].concat();
        let public = element(CONTEXT_1, &element(BIT_STRING, &point));
        let private = element(OCTET_STRING, &Self::part("d", self.d.as_ref())?);
        let key = element(SEQUENCE, &[integer(&[1]).as_slice(), &private, &public].concat());
        let algorithm = element(SEQUENCE, &[EC_PUBLIC_KEY, P_256].concat());
        let inside =
            Zeroizing::new([integer(&[0]).as_slice(), &algorithm, &element(OCTET_STRING, &key)].concat());
        Ok(element(SEQUENCE, &inside))
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const CONTEXT_1: u8 = 0xa1;
/// The object identifiers 1.2.840.10045.2.1 and 1.2.840.10045.3.1.7, encoded.
const EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P_256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// A number without a sign: as few bytes as it needs, the first bit clear.
fn integer(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let number = bytes.get(start..).unwrap_or_default();
    let sign: &[u8] = if number.first().is_none_or(|byte| *byte >= 0x80) { &[0] } else { &[] };
    element(INTEGER, &Zeroizing::new([sign, number].concat()))
}

/// Tag, length, content.
fn element(tag: u8, content: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = content.len().to_be_bytes();
    let length = length.get(length.iter().take_while(|byte| **byte == 0).count()..).unwrap_or_default();
    let mut der = Zeroizing::new(vec![tag]);
    match (length, u8::try_from(length.len())) {
        ([], _) => der.push(0),
        ([short], _) if *short < 0x80 => der.push(*short),
        (long, count) => {
            der.push(0x80 | count.unwrap_or_default());
            der.extend_from_slice(long);
        }
    }
    der.extend_from_slice(content);
    der
}

#[cfg(test)]
mod tests;
