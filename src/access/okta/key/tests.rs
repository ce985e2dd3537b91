//! Keys as people paste them. The RSA key was made for these tests and opens nothing.

use jsonwebtoken::{DecodingKey, Validation, decode};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::*;

const RSA_PEM: &str = include_str!("test_rsa.pem");
const RSA_JWK: &str = include_str!("test_rsa.json");

fn read(text: &str, id: Option<&str>) -> Result<SigningKey, String> {
    SigningKey::read(&SecretString::from(text), id)
}

/// Signs, and has a library that we did not write verify it.
fn verified(key: &SigningKey, public: &DecodingKey) -> Value {
    let signed = key.sign(&key.header(), &json!({"iss": "0oa"})).unwrap();
    let mut validation = Validation::new(key.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    decode::<Value>(&signed, public, &validation).unwrap().claims
}

fn rsa_public() -> DecodingKey {
    let jwk: Value = serde_json::from_str(RSA_JWK).unwrap();
    DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap()).unwrap()
}

/// A new key: PKCS #8, and the JWK of the same.
fn ec() -> (Vec<u8>, Value) {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let der = document.as_ref().to_vec();
    let (d, point) = (&der[36..68], &der[der.len() - 64..]);
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk =
        json!({"kty": "EC", "crv": "P-256", "d": text(d), "x": text(&point[..32]), "y": text(&point[32..])});
    (der, jwk)
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[test]
fn an_rsa_key_signs_whether_it_comes_as_pem_or_as_jwk() {
    let jwk: Jwk = serde_json::from_str(RSA_JWK).unwrap();
    let pkcs1 = pem("RSA PRIVATE KEY", &jwk.rsa_der().unwrap());
    for text in [RSA_PEM, RSA_JWK, &pkcs1, &format!("\n  {RSA_JWK}\n\n")] {
        let key = read(text, None).unwrap();
        assert_eq!(key.algorithm, Algorithm::RS256);
        assert_eq!(verified(&key, &rsa_public())["iss"], "0oa");
    }
}

#[test]
fn a_p_256_key_signs_whether_it_comes_as_pem_or_as_jwk() {
    // Some coordinates begin with zeroes, some with a set bit.
    for _ in 0..20 {
        let (der, jwk) = ec();
        let public =
            DecodingKey::from_ec_components(jwk["x"].as_str().unwrap(), jwk["y"].as_str().unwrap()).unwrap();
        for text in [pem("PRIVATE KEY", &der), jwk.to_string()] {
            let key = read(&text, None).unwrap();
            assert_eq!(key.algorithm, Algorithm::ES256);
            assert_eq!(verified(&key, &public)["iss"], "0oa");
        }
    }
}

#[test]
fn okta_is_told_which_key_it_is_and_what_is_configured_counts() {
    assert_eq!(read(RSA_PEM, None).unwrap().header().kid, None);
    assert_eq!(read(RSA_JWK, None).unwrap().header().kid.as_deref(), Some("of-the-jwk"));
    assert_eq!(read(RSA_JWK, Some("mine")).unwrap().header().kid.as_deref(), Some("mine"));
}

#[test]
fn what_is_no_private_key_is_told_and_never_shown() {
    let mut public: Value = serde_json::from_str(RSA_JWK).unwrap();
    public.as_object_mut().unwrap().remove("d");
    let (_, mut wrong_curve) = ec();
    wrong_curve["crv"] = json!("P-384");
    let (_, mut short) = ec();
    short["d"] = json!("c2hvcnQ");
    let cases = [
        ("s3cr3t-but-no-key".to_owned(), "neither"),
        (pem("PRIVATE KEY", b"s3cr3t"), "neither"),
        (r#"{"kty": "RSA", "s3cr3t": "#.to_owned(), "not a JWK"),
        (public.to_string(), "public half"),
        (wrong_curve.to_string(), "P-256"),
        (short.to_string(), "cannot sign"),
    ];
    for (text, why) in cases {
        let error = read(&text, None).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
    let shown = format!("{:?}", read(RSA_JWK, None).unwrap());
    let jwk: Value = serde_json::from_str(RSA_JWK).unwrap();
    assert!(!shown.contains(jwk["d"].as_str().unwrap()) && shown.len() < 60, "{shown}");
}
