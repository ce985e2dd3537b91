//! Signed tokens of callers: reading them, and believing them only when a key says so. No clock in here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Algorithms of `private_key_jwt` and DPoP that the twin verifies.
pub(super) const ALGORITHMS: [(&str, Algorithm); 2] =
    [("RS256", Algorithm::RS256), ("ES256", Algorithm::ES256)];

/// The header of a token, believed by nobody yet.
pub(super) fn header(token: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The claims of a token that this key signed; times and audiences are the caller's to check.
pub(super) fn claims(token: &str, jwk: &Value) -> Option<Map<String, Value>> {
    let named = header(token)?.get("alg")?.as_str()?.to_owned();
    let (_, algorithm) = ALGORITHMS.into_iter().find(|(name, _)| *name == named)?;
    let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    // Off because the twin's own clock decides, and the audience depends on the port.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    jsonwebtoken::decode(token, &key, &validation).ok().map(|decoded| decoded.claims)
}

/// SHA-256 in base64url, as `ath` and thumbprints want it.
pub(super) fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// Thumbprint of a public key (RFC 7638); `None` for a key of another kind.
pub(super) fn thumbprint(jwk: &Value) -> Option<String> {
    let part = |name: &str| jwk.get(name)?.as_str().map(str::to_owned);
    // The members in alphabetical order, without spaces: `serde_json` keeps its maps sorted.
    let canonical = match part("kty")?.as_str() {
        "RSA" => json!({ "e": part("e")?, "kty": "RSA", "n": part("n")? }),
        "EC" => json!({ "crv": part("crv")?, "kty": "EC", "x": part("x")?, "y": part("y")? }),
        _ => return None,
    };
    Some(digest(&canonical.to_string()))
}

/// Whether a JWK carries more than its public half.
pub(super) fn is_private(jwk: &Value) -> bool {
    ["d", "p", "q", "k"].iter().any(|name| jwk.get(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7638, section 3.1.
    #[test]
    fn a_thumbprint_is_that_of_the_standard() {
        let jwk = json!({
            "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_\
                  BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_\
                  FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4\
                  vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        assert_eq!(thumbprint(&jwk).as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        assert_eq!(thumbprint(&json!({ "kty": "oct", "k": "AA" })), None);
    }
}
