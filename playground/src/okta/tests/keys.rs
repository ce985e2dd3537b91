//! Keys made for these tests, used nowhere else, and what is signed with them.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use super::Rig;
use crate::okta::jwt;

const RSA: &str = include_str!("service_app_rsa.pem");
const EC: &str = include_str!("service_app_ec.pem");

const N: &str = "\
    pVu68vGhKxgZ3-aFXmgpn5cFg_ZvdO08_I2ybrlhDnMAOOyFtDVm3bKat2pJXCyLBzperF-CZhRdCyiR6TwGsP\
    y3Zl7eapv3FlSmKwheNuPqz4VAqCGGRmL2M-SPe91z2T9zhrpPsy22XegzYY4VmTUBd3uP6FbwOBJDwXZCKTkA\
    VW24qao2blv3slngD9ebR99pnH7HrgqQKO4qXAl8_MjTynWr4uxgYIqIftOTR_35VdTk6eDv4Ff4dXf25TbyHX\
    qTh9hy5rkewWRUzq0fJ7HjJwbxiP2e72se28jU6-wqcwmKDDIWYzDQhyBsoh2yMDXT4PPnBNuHSw2gzYMBaw";

/// The client id of the service app in these tests.
pub(super) const CLIENT: &str = "0oa1glasskey";

pub(super) fn rsa_jwk() -> Value {
    json!({ "kty": "RSA", "kid": "rsa-1", "use": "sig", "alg": "RS256", "e": "AQAB", "n": N })
}

pub(super) fn ec_jwk() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "p7kfTQHav8Q7Cb4WX7Nnnfjt2II3RQMPBnokezHz9lY",
        "y": "WmRms_FUwog6Hoq-71sQWdWewWEWYSZ8tLfHgM5Zt20",
    })
}

pub(super) fn rsa_key() -> EncodingKey {
    EncodingKey::from_rsa_pem(RSA.as_bytes()).expect("a key")
}

pub(super) fn ec_key() -> EncodingKey {
    EncodingKey::from_ec_pem(EC.as_bytes()).expect("a key")
}

/// Signs these claims as they are.
pub(super) fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).expect("signed")
}

/// A good client assertion, but for what `change` does to its claims.
pub(super) fn assertion(rig: &Rig, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let now = rig.now_secs();
    let mut claims = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": format!("{}/oauth2/v1/token", rig.twin.url()),
        "iat": now, "exp": now + 300, "jti": rig.fresh_id(),
    });
    change(claims.as_object_mut().expect("claims"));
    signed(&Header::new(Algorithm::RS256), &claims, &rsa_key())
}

/// A good proof by the P-256 key, but for what `change` does to its header and claims.
pub(super) fn proof(
    rig: &Rig,
    method: &str,
    path: &str,
    token: Option<&str>,
    change: impl FnOnce(&mut Header, &mut Map<String, Value>),
) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some("dpop+jwt".into());
    header.jwk = Some(serde_json::from_value(ec_jwk()).expect("a key"));
    let mut claims = json!({
        "htm": method, "htu": format!("{}{path}", rig.twin.url()), "iat": rig.now_secs(), "jti": rig.fresh_id(),
    });
    let fields = claims.as_object_mut().expect("claims");
    if let Some(token) = token {
        fields.insert("ath".into(), json!(jwt::digest(token)));
    }
    change(&mut header, fields);
    signed(&header, &claims, &ec_key())
}
