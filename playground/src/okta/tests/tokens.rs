//! Who may call: SSWS tokens, assertions, scopes, admin roles.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::keys::{self, assertion};
use super::{APP, RO, Rig};
use crate::okta::{OktaOptions, ServiceApp, UserStatus};

#[tokio::test]
async fn an_ssws_token_is_taken_until_it_is_revoked_or_its_admin_leaves() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert_eq!(rig.get(APP).await.status, 200);
    let headers: [&[(&str, &str)]; 4] = [
        &[],
        &[("authorization", "SSWS another")],
        &[("authorization", "Basic 00ssws-token-of-the-okta-twin")],
        &[("authorization", "Bearer 00ssws-token-of-the-okta-twin")],
    ];
    for headers in headers {
        let refused = rig.send("GET", APP, headers, "").await.expect("an answer");
        assert_eq!(refused.error(), (401, "E0000011".into()), "{headers:?}");
    }
    assert!(rig.okta.set_user_status("dee", UserStatus::Deprovisioned));
    assert_eq!(rig.get(APP).await.error(), (401, "E0000011".into()), "it dies with its admin");
    assert!(rig.okta.set_user_status("dee", UserStatus::Active));
    assert_eq!(rig.get("/api/v1/users/me").await.json()["profile"]["login"], "dee@acme.example");
    rig.okta.revoke_tokens();
    assert_eq!(rig.get(APP).await.error(), (401, "E0000011".into()));
}

#[tokio::test]
async fn a_service_app_gets_a_token_for_an_hour() {
    let rig = Rig::with_service_app(|_| {}).await;
    let given = rig.ask("okta.apps.read okta.groups.read", &assertion(&rig, |_| {}), None).await;
    let told = given.json();
    assert_eq!(
        (given.status, &told["token_type"], &told["expires_in"]),
        (200, &json!("Bearer"), &json!(3600))
    );
    assert_eq!(told["scope"], "okta.apps.read okta.groups.read");
    let token = told["access_token"].as_str().expect("a token");
    assert_eq!(rig.bearing(token, "GET", APP).await.status, 200);
    rig.okta.push_clock(Duration::from_secs(3_599));
    assert_eq!(rig.bearing(token, "GET", RO).await.status, 200);
    rig.okta.push_clock(Duration::from_secs(1));
    let expired = rig.bearing(token, "GET", RO).await;
    assert_eq!(expired.error(), (401, "E0000011".into()));
    assert!(expired.header("www-authenticate").contains("error=\"invalid_token\""), "{}", expired.head);
}

#[tokio::test]
async fn revoked_access_tokens_are_refused_and_new_ones_can_be_had() {
    let rig = Rig::with_service_app(|_| {}).await;
    let token = rig.token("okta.apps.read").await;
    assert_eq!(rig.okta.revoke_access_tokens(), 1);
    assert_eq!(rig.bearing(&token, "GET", APP).await.error(), (401, "E0000011".into()));
    let another = rig.token("okta.apps.read").await;
    assert_ne!(another, token);
    assert_eq!(rig.bearing(&another, "GET", APP).await.status, 200);
    assert_eq!(rig.bearing(&another, "GET", "/api/v1/users/me").await.error(), (403, "E0000006".into()));
}

#[tokio::test]
async fn a_p256_key_signs_as_well() {
    let rig = Rig::with_service_app(|app| app.public_jwk = keys::ec_jwk()).await;
    let by_rsa = assertion(&rig, |_| {});
    let refused = rig.ask("okta.apps.read", &by_rsa, None).await;
    assert_eq!(refused.error(), (401, "invalid_client".into()), "another key");
    let now = rig.now_secs();
    let claims = json!({
        "iss": keys::CLIENT, "sub": keys::CLIENT, "aud": [format!("{}/oauth2/v1/token", rig.twin.url())],
        "exp": now + 3_600,
    });
    let by_ec = keys::signed(&Header::new(Algorithm::ES256), &claims, &keys::ec_key());
    assert_eq!(
        rig.ask("okta.apps.read", &by_ec, None).await.status,
        200,
        "without a jti, for an hour, to a list"
    );
    assert_eq!(
        rig.ask("okta.apps.read", &by_ec, None).await.status,
        200,
        "without a jti it may be used again"
    );
}

#[tokio::test]
async fn an_assertion_that_is_not_quite_right_is_refused() {
    let rig = Rig::with_service_app(|_| {}).await;
    let now = rig.now_secs();
    let hmac = Header::new(Algorithm::HS256);
    let claims = json!({ "iss": keys::CLIENT, "sub": keys::CLIENT, "exp": now + 60 });
    let wrong = [
        ("another issuer", assertion(&rig, |c| _ = c.insert("iss".into(), json!("0oaother")))),
        ("another subject", assertion(&rig, |c| _ = c.insert("sub".into(), json!("0oaother")))),
        ("another audience", assertion(&rig, |c| _ = c.insert("aud".into(), json!("https://acme.okta.com")))),
        ("no audience", assertion(&rig, |c| _ = c.remove("aud"))),
        ("expired", assertion(&rig, |c| _ = c.insert("exp".into(), json!(now)))),
        ("no end", assertion(&rig, |c| _ = c.remove("exp"))),
        ("too long a life", assertion(&rig, |c| _ = c.insert("exp".into(), json!(now + 3_601)))),
        ("a shared secret", keys::signed(&hmac, &claims, &EncodingKey::from_secret(b"AQAB"))),
        ("nothing", String::new()),
        ("no token at all", "abc".into()),
    ];
    for (why, wrong) in wrong {
        assert_eq!(
            rig.ask("okta.apps.read", &wrong, None).await.error(),
            (401, "invalid_client".into()),
            "{why}"
        );
    }
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("rsa-0".into());
    let claims = json!({
        "iss": keys::CLIENT, "sub": keys::CLIENT, "exp": now + 60,
        "aud": format!("{}/oauth2/v1/token", rig.twin.url()),
    });
    let rotated = keys::signed(&header, &claims, &keys::rsa_key());
    assert_eq!(
        rig.ask("okta.apps.read", &rotated, None).await.error(),
        (401, "invalid_client".into()),
        "kid"
    );
    let once = assertion(&rig, |_| {});
    assert_eq!(rig.ask("okta.apps.read", &once, None).await.status, 200);
    assert_eq!(rig.ask("okta.apps.read", &once, None).await.error(), (401, "invalid_client".into()), "twice");
}

#[tokio::test]
async fn the_token_endpoint_takes_its_own_form_and_no_other() {
    let rig = Rig::with_service_app(|_| {}).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let path = "/oauth2/v1/token";
    let json =
        rig.send("POST", path, &[("content-type", "application/json")], "{}").await.expect("an answer");
    assert_eq!(json.error(), (400, "invalid_request".into()));
    let other = rig.send("POST", path, &[form], "grant_type=password").await.expect("an answer");
    assert_eq!(other.error(), (400, "unsupported_grant_type".into()));
    let secret = "grant_type=client_credentials&client_id=0oa1glasskey&client_secret=s&scope=okta.apps.read";
    let secret = rig.send("POST", path, &[form], secret).await.expect("an answer");
    assert_eq!(secret.error(), (401, "invalid_client".into()));
    rig.okta.set_options(|o| o.service_app = None);
    let gone = rig.ask("okta.apps.read", &assertion(&rig, |_| {}), None).await;
    assert_eq!(gone.error(), (401, "invalid_client".into()));
}

#[tokio::test]
async fn a_call_needs_its_scope_and_an_admin_role_that_allows_it() {
    let rig = Rig::with_service_app(|app: &mut ServiceApp| _ = app.scopes.remove("okta.logs.read")).await;
    for scope in ["okta.logs.read", "okta.apps.read okta.logs.read", "openid", ""] {
        let refused = rig.ask(scope, &assertion(&rig, |_| {}), None).await;
        assert_eq!(refused.error(), (400, "invalid_scope".into()), "{scope}");
    }
    let token = rig.token("okta.apps.read okta.groups.manage").await;
    let activate = format!("{APP}/lifecycle/activate");
    let refused = rig.bearing(&token, "POST", &activate).await;
    assert_eq!(refused.error(), (403, "E0000006".into()));
    let challenge = refused.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer ") && challenge.contains("error=\"insufficient_scope\""),
        "{challenge}"
    );
    assert!(challenge.contains("scope=\"okta.apps.manage\""), "{challenge}");
    assert!(!rig.okta.is_active("0oa1emergency"));
    let members = format!("{RO}/users/00uana");
    rig.okta.set_options(|o| o.forbidden = ["assignUserToGroup".to_owned()].into());
    assert_eq!(rig.bearing(&token, "PUT", &members).await.error(), (403, "E0000006".into()), "no role");
    rig.okta.set_options(|o| o.forbidden.clear());
    assert_eq!(rig.bearing(&token, "PUT", &members).await.status, 204);
    assert_eq!(rig.okta.events().last().expect("an event").actor.id, keys::CLIENT);
}
