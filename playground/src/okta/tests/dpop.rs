//! Proof of possession: the nonce handshake, tokens bound to a key, and every proof that does not hold.

use std::time::Duration;

use jsonwebtoken::Header;
use serde_json::{Map, Value, json};

use super::keys::{assertion, ec_jwk, ec_key, proof, rsa_jwk, rsa_key, signed};
use super::{APP, Reply, Rig};

const TOKEN: &str = "/oauth2/v1/token";

async fn rig() -> Rig {
    Rig::with_service_app(|app| app.dpop_required = true).await
}

fn with_nonce(nonce: &str) -> impl FnOnce(&mut Header, &mut Map<String, Value>) {
    move |_, claims| _ = claims.insert("nonce".into(), json!(nonce))
}

/// The whole handshake; the token.
async fn bound_token(rig: &Rig) -> String {
    let bare = proof(rig, "POST", TOKEN, None, |_, _| {});
    let first = rig.ask("okta.apps.read", &assertion(rig, |_| {}), Some(&bare)).await;
    assert_eq!(first.error(), (400, "use_dpop_nonce".into()));
    let nonce = first.header("dpop-nonce");
    let proof = proof(rig, "POST", TOKEN, None, with_nonce(nonce));
    let given = rig.ask("okta.apps.read", &assertion(rig, |_| {}), Some(&proof)).await.json();
    assert_eq!(given["token_type"], "DPoP", "{given}");
    given["access_token"].as_str().expect("a token").to_owned()
}

async fn call(rig: &Rig, token: &str, proofs: &[&str]) -> Reply {
    let authorization = format!("DPoP {token}");
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
    rig.send("GET", APP, &headers, "").await.expect("a whole answer")
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_that_proved_itself_with_the_nonce() {
    let rig = rig().await;
    let token = bound_token(&rig).await;
    assert_eq!(call(&rig, &token, &[&proof(&rig, "GET", APP, Some(&token), |_, _| {})]).await.status, 200);
    let as_bearer = rig.bearing(&token, "GET", APP).await;
    assert_eq!(as_bearer.error(), (401, "E0000011".into()), "a stolen token is no use");
}

#[tokio::test]
async fn without_a_proof_there_is_no_token() {
    let rig = rig().await;
    let bare = rig.ask("okta.apps.read", &assertion(&rig, |_| {}), None).await;
    assert_eq!(bare.error(), (400, "invalid_dpop_proof".into()));
    assert_eq!(bare.header("dpop-nonce"), "", "a nonce is only for who proves a key");
}

#[tokio::test]
async fn the_assertion_of_the_first_try_is_used_up_by_it() {
    let rig = rig().await;
    let once = assertion(&rig, |_| {});
    let asked = rig.ask("okta.apps.read", &once, Some(&proof(&rig, "POST", TOKEN, None, |_, _| {}))).await;
    let nonce = asked.header("dpop-nonce");
    let again =
        rig.ask("okta.apps.read", &once, Some(&proof(&rig, "POST", TOKEN, None, with_nonce(nonce)))).await;
    assert_eq!(again.error(), (401, "invalid_client".into()));
}

#[tokio::test]
async fn a_nonce_of_yesterday_is_asked_for_anew() {
    let rig = rig().await;
    let bare = proof(&rig, "POST", TOKEN, None, |_, _| {});
    let first = rig.ask("okta.apps.read", &assertion(&rig, |_| {}), Some(&bare)).await;
    let nonce = first.header("dpop-nonce").to_owned();
    rig.okta.renew_nonce();
    let late = proof(&rig, "POST", TOKEN, None, with_nonce(&nonce));
    let asked = rig.ask("okta.apps.read", &assertion(&rig, |_| {}), Some(&late)).await;
    assert_eq!(asked.error(), (400, "use_dpop_nonce".into()));
    assert_ne!(asked.header("dpop-nonce"), nonce);
}

#[tokio::test]
async fn an_app_that_need_not_prove_may_and_is_bound_by_it() {
    let rig = Rig::with_service_app(|_| {}).await;
    let token = bound_token(&rig).await;
    assert_eq!(call(&rig, &token, &[]).await.error(), (400, "invalid_dpop_proof".into()));
    let bearer = rig.token("okta.apps.read").await;
    let proven = proof(&rig, "GET", APP, Some(&bearer), |_, _| {});
    assert_eq!(
        call(&rig, &bearer, &[&proven]).await.error(),
        (401, "E0000011".into()),
        "it is a bearer token"
    );
}

#[tokio::test]
async fn a_proof_that_is_not_of_this_call_is_refused() {
    let rig = rig().await;
    let token = bound_token(&rig).await;
    let now = rig.now_secs();
    let claim = |name: &'static str, value: Value| {
        proof(&rig, "GET", APP, Some(&token), move |_, claims| _ = claims.insert(name.into(), value))
    };
    let by_another_key = {
        let mut header = Header::new(jsonwebtoken::Algorithm::RS256);
        header.typ = Some("dpop+jwt".into());
        header.jwk = Some(serde_json::from_value(rsa_jwk()).expect("a key"));
        let ath = crate::okta::jwt::digest(&token);
        let htu = format!("{}{APP}", rig.twin.url());
        signed(&header, &json!({ "htm": "GET", "htu": htu, "iat": now, "jti": "x", "ath": ath }), &rsa_key())
    };
    let wrong = [
        ("method", proof(&rig, "POST", APP, Some(&token), |_, _| {})),
        ("path", proof(&rig, "GET", "/api/v1/apps/0oaother", Some(&token), |_, _| {})),
        ("host", claim("htu", json!(format!("https://acme.okta.com{APP}")))),
        ("too old", claim("iat", json!(now - 301))),
        ("of tomorrow", claim("iat", json!(now + 301))),
        ("no token named", proof(&rig, "GET", APP, None, |_, _| {})),
        ("another token named", proof(&rig, "GET", APP, Some("another"), |_, _| {})),
        ("no id", proof(&rig, "GET", APP, Some(&token), |_, claims| _ = claims.remove("jti"))),
        ("another type", proof(&rig, "GET", APP, Some(&token), |header, _| header.typ = Some("JWT".into()))),
        ("no key", proof(&rig, "GET", APP, Some(&token), |header, _| header.jwk = None)),
        (
            "another key's signature",
            proof(&rig, "GET", APP, Some(&token), |header, _| {
                header.jwk = Some(
                    serde_json::from_value(json!({
                        "kty": "EC", "crv": "P-256", "x": ec_jwk()["y"], "y": ec_jwk()["x"],
                    }))
                    .expect("a key"),
                );
            }),
        ),
        ("another key", by_another_key),
        ("nonsense", "abc".into()),
    ];
    for (why, wrong) in &wrong {
        let refused = call(&rig, &token, &[wrong]).await;
        assert_eq!(refused.error(), (400, "invalid_dpop_proof".into()), "{why}");
        assert!(
            refused.header("www-authenticate").starts_with("DPoP algs=\"RS256 ES256\""),
            "{}",
            refused.head
        );
    }
    let (one, two) = (claim("n", json!(1)), claim("n", json!(2)));
    assert_eq!(call(&rig, &token, &[&one, &two]).await.error(), (400, "invalid_dpop_proof".into()), "two");
    assert_eq!(call(&rig, &token, &[&one]).await.status, 200);
    assert_eq!(call(&rig, &token, &[&one]).await.error(), (400, "invalid_dpop_proof".into()), "replayed");
}

#[tokio::test]
async fn a_private_key_in_a_proof_is_refused() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let rig = rig().await;
    let mut jwk = ec_jwk();
    jwk["d"] = json!("AA");
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }).to_string();
    let claims = json!({
        "htm": "POST", "htu": format!("{}{TOKEN}", rig.twin.url()), "iat": rig.now_secs(), "jti": "x",
    });
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &ec_key(), jsonwebtoken::Algorithm::ES256);
    let leaking = format!("{message}.{}", signature.expect("signed"));
    let refused = rig.ask("okta.apps.read", &assertion(&rig, |_| {}), Some(&leaking)).await;
    assert_eq!(refused.json()["error_description"], "The 'jwk' of the DPoP proof JWT must be a public key.");
}

#[tokio::test]
async fn a_bound_token_expires_like_any_other() {
    let rig = rig().await;
    let token = bound_token(&rig).await;
    rig.okta.push_clock(Duration::from_secs(3_600));
    let expired = call(&rig, &token, &[&proof(&rig, "GET", APP, Some(&token), |_, _| {})]).await;
    assert_eq!(expired.error(), (401, "E0000011".into()));
    assert!(expired.header("www-authenticate").starts_with("DPoP "), "{}", expired.head);
}
