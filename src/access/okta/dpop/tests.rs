use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::*;

const NOW_S: i64 = 1_795_000_000;

/// A proof, verified with the key that it brings along, by a library that we did not write.
fn proven(dpop: &Dpop, server: Server, url: &str, token: Option<&str>) -> Value {
    let now = Timestamp::from_second(NOW_S).unwrap();
    let proof = dpop.proof(server, "POST", &Url::parse(url).unwrap(), token, now).unwrap();
    let header = decode_header(&proof).unwrap();
    assert_eq!(header.typ.as_deref(), Some("dpop+jwt"));
    let jwk = header.jwk.unwrap();
    assert!(!serde_json::to_string(&jwk).unwrap().contains("\"d\""), "only the public half");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    decode(&proof, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap().claims
}

#[test]
fn a_proof_is_for_one_request_and_one_token() {
    let dpop = Dpop::new().unwrap();
    let url = "https://acme.okta.com/api/v1/groups/00g/users?limit=200#x";
    let first = proven(&dpop, Server::Api, url, Some("the-token"));
    assert_eq!(first["htm"], "POST");
    assert_eq!(first["htu"], "https://acme.okta.com/api/v1/groups/00g/users", "without the query");
    assert_eq!(first["iat"], NOW_S);
    // SHA-256 of `the-token`, computed with another tool.
    assert_eq!(first["ath"], "wqc_z2HfvcrceaELozCy7162b8Cmc17Wm3lrs8l7l64");
    assert!(first.get("nonce").is_none());
    let second = proven(&dpop, Server::Api, url, Some("the-token"));
    assert_ne!(first["jti"], second["jti"]);
    assert!(proven(&dpop, Server::Authorization, url, None).get("ath").is_none());
}

#[test]
fn each_server_gets_the_nonce_that_it_handed_out_last() {
    let dpop = Dpop::new().unwrap();
    for nonce in ["stale", "a-1"] {
        dpop.remember(Server::Authorization, nonce);
    }
    let url = "https://acme.okta.com/oauth2/v1/token";
    assert_eq!(proven(&dpop, Server::Authorization, url, None)["nonce"], "a-1");
    assert!(proven(&dpop, Server::Api, url, None).get("nonce").is_none());
    dpop.remember(Server::Api, "b-1");
    assert_eq!(proven(&dpop, Server::Api, url, None)["nonce"], "b-1");
    assert_eq!(proven(&dpop, Server::Authorization, url, None)["nonce"], "a-1");
}
