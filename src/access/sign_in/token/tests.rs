use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;

fn expected() -> Expected<'static> {
    Expected {
        issuer: "https://sso.acme.example",
        client_id: "glasskey",
        nonce: "n-1",
        begun_at: Timestamp::from_second(NOW - 100).unwrap(),
        now: Timestamp::from_second(NOW).unwrap(),
    }
}

/// A good token's claims with these laid over; `null` takes one away.
fn with(over: &Value) -> Result<SignIn, String> {
    let mut claims = json!({
        "iss": "https://sso.acme.example", "sub": "00uana", "aud": "glasskey", "exp": NOW + 300, "iat": NOW,
        "auth_time": NOW - 20, "nonce": "n-1", "email": "Ana@Acme.Example", "email_verified": true,
    });
    let all = claims.as_object_mut().unwrap();
    for (name, value) in over.as_object().unwrap() {
        if value.is_null() {
            all.remove(name)
        } else {
            all.insert(name.clone(), value.clone())
        };
    }
    let claims: Claims = serde_json::from_value(claims).map_err(|error| error.to_string())?;
    believe(&claims, &expected())
}

fn wrong(over: &Value) -> String {
    with(over).map(|_| ()).expect_err(&over.to_string())
}

fn email(over: &Value) -> Option<String> {
    with(over).unwrap().email
}

#[test]
fn a_token_that_is_as_it_must_be_says_who_signed_in_and_when() {
    let at = Timestamp::from_second(NOW - 20).unwrap();
    let who = with(&json!({})).unwrap();
    assert_eq!((who.issuer.as_str(), who.subject.as_str()), ("https://sso.acme.example", "00uana"));
    assert_eq!((who.email.as_deref(), who.at, who.interactive), (Some("ana@acme.example"), at, true));
    let unsaid = with(&json!({ "auth_time": null, "iat": NOW - 7 })).unwrap();
    assert_eq!((unsaid.at, unsaid.interactive), (Timestamp::from_second(NOW - 7).unwrap(), false));
}

#[test]
fn it_is_of_this_issuer_for_this_client_and_for_nobody_else() {
    assert!(wrong(&json!({ "iss": "https://sso.acme.example/" })).contains("issuer"));
    assert!(wrong(&json!({ "aud": "another" })).contains("aud"));
    assert!(wrong(&json!({ "aud": [] })).contains("aud"));
    assert!(wrong(&json!({ "aud": ["another", "glasskey"] })).contains("azp"));
    assert!(wrong(&json!({ "azp": "another" })).contains("azp"));
    assert!(with(&json!({ "aud": ["glasskey"] })).is_ok());
    assert!(with(&json!({ "aud": ["another", "glasskey"], "azp": "glasskey" })).is_ok());
    assert!(wrong(&json!({ "aud": ["another", "glasskey"], "azp": "another" })).contains("azp"));
}

#[test]
fn a_nonce_that_is_there_is_ours() {
    assert!(wrong(&json!({ "nonce": "n-2" })).contains("nonce"));
    assert!(wrong(&json!({ "nonce": "" })).contains("nonce"));
    assert!(with(&json!({ "nonce": null })).is_ok(), "not every provider repeats it");
}

#[test]
fn its_times_are_those_of_this_sign_in_give_or_take_a_minute() {
    for (claim, edge, past) in [
        ("exp", NOW - 59, NOW - 60),
        ("iat", NOW + 60, NOW + 61),
        ("iat", NOW - 160, NOW - 161),
        ("nbf", NOW + 60, NOW + 61),
        ("auth_time", NOW + 60, NOW + 61),
        ("auth_time", 0, -1),
    ] {
        assert!(with(&json!({ claim: edge })).is_ok(), "{claim} {edge}");
        assert!(wrong(&json!({ claim: past })).contains("clocks"), "{claim} {past}");
    }
    let ahead = with(&json!({ "auth_time": NOW + 60 })).unwrap();
    assert_eq!(ahead.at.as_second(), NOW, "nobody signed in after now");
    for (claim, extreme) in [("exp", i64::MIN), ("iat", i64::MAX), ("iat", i64::MIN), ("auth_time", i64::MAX)]
    {
        assert!(with(&json!({ claim: extreme })).is_err(), "{claim} {extreme}");
    }
    assert!(with(&json!({ "exp": i64::MAX })).is_ok());
}

#[test]
fn it_says_who() {
    for nobody in ["", " ", "a\nb", &"x".repeat(256)] {
        assert!(wrong(&json!({ "sub": nobody })).contains("sub"), "{nobody:?}");
    }
    assert!(with(&json!({ "sub": "x".repeat(255) })).is_ok());
    for missing in ["iss", "sub", "aud", "exp", "iat"] {
        assert!(wrong(&json!({ missing: null })).contains(missing));
    }
}

#[test]
fn an_address_counts_when_the_provider_vouches_for_it() {
    for no in [json!(false), json!("false"), json!("no"), json!(0), json!([]), json!({ "a": true })] {
        assert_eq!(email(&json!({ "email_verified": no })), None, "{no}");
    }
    for yes in [json!(true), json!("true"), json!(1), json!(null)] {
        assert!(email(&json!({ "email_verified": yes })).is_some(), "{yes}");
    }
    for none in
        ["", "ana", "@acme.example", "ana@", "ana @acme.example", "ana@acme.example\u{7}", &"a@".repeat(200)]
    {
        assert_eq!(email(&json!({ "email": none })), None, "{none}");
    }
    assert_eq!(email(&json!({ "email": null })), None);
}

#[test]
fn at_entra_the_address_of_a_guest_is_not_taken_for_somebody_elses() {
    let entra = |more: Value| {
        let mut over = json!({
            "tid": "7a1c", "email_verified": null, "email": "boss@acme.example",
            "preferred_username": "Guest@Elsewhere.Example",
        });
        over.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        email(&over)
    };
    assert_eq!(entra(json!({})).as_deref(), Some("guest@elsewhere.example"));
    assert_eq!(entra(json!({ "xms_edov": false })).as_deref(), Some("guest@elsewhere.example"));
    assert_eq!(entra(json!({ "xms_edov": "1" })).as_deref(), Some("boss@acme.example"));
    assert_eq!(entra(json!({ "preferred_username": "+49 170 1234567" })), None);
    assert_eq!(entra(json!({ "preferred_username": null })), None);
}

#[test]
fn only_signatures_that_nobody_else_could_make_are_looked_at() {
    let header = |header: Value| {
        let token = format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()));
        signature(&SecretString::from(token))
    };
    let good = header(json!({ "alg": "RS256", "kid": "k1" })).unwrap();
    assert_eq!(good, Signature { algorithm: Algorithm::RS256, key_id: "k1".to_owned() });
    for alg in ["none", "None", "HS256", "HS512", "RS384", "RS1", "EdDSA", ""] {
        assert!(header(json!({ "alg": alg, "kid": "k1" })).unwrap_err().contains("RS256"), "{alg}");
    }
    assert!(header(json!({ "alg": "ES256" })).unwrap_err().contains("which key"));
    assert!(header(json!({ "alg": "ES256", "kid": "k", "crit": ["b64"] })).unwrap_err().contains("critical"));
    for none in ["", ".", "a.b.c", "not a token"] {
        assert!(signature(&SecretString::from(none)).unwrap_err().contains("not a JWT"), "{none}");
    }
}
