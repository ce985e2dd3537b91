use serde_json::json;

use super::*;

#[test]
fn roles_that_take_the_realm_are_too_much() {
    let told = |roles: &[&str]| rights(Some(&roles.iter().map(|role| (*role).to_owned()).collect()));
    assert!(told(&["manage-clients", "manage-users"]).is_ok());
    for role in TOO_MUCH {
        assert!(told(&["manage-users", role]).unwrap_err().contains(role), "{role}");
    }
    assert!(rights(None).is_ok());
}

#[test]
fn a_client_that_does_not_say_whether_it_sleeps_is_not_ready() {
    let client = |value: Value| value.as_object().cloned().unwrap();
    assert!(is_asleep("c", &client(json!({ "enabled": false }))).is_ok());
    assert!(is_asleep("c", &client(json!({ "enabled": true }))).is_err());
    assert!(is_asleep("c", &client(json!({ "enabled": "false" }))).is_err());
    assert!(is_asleep("c", &client(json!({}))).is_err());
    assert!(signs_in_by_saml("c", &client(json!({ "protocol": "openid-connect" }))).is_err());
}
