use glasskey_domain::PersonId;
use glasskey_domain::person::Employment;

use super::*;

fn user(id: &str, login: &str, email: Option<&str>, status: &str) -> User {
    let profile = Profile { login: login.to_owned(), email: email.map(str::to_owned) };
    User { id: id.to_owned(), status: status.to_owned(), profile }
}

fn ana() -> Person {
    Person {
        id: PersonId::new("u-ana"),
        user_name: "ana@acme.example".to_owned(),
        display_name: "Ana".to_owned(),
        emails: vec!["ana.m@acme.example".to_owned()],
        employment: Employment::Enabled,
    }
}

fn chosen(users: &[User]) -> Result<String, String> {
    the_one(&ana(), &["ana@acme.example", "ana.m@acme.example"], users)
        .map(|member| member.id.as_str().to_owned())
}

#[test]
fn okta_must_answer_with_who_was_asked_for() {
    let ana = user("00u1", "Ana@acme.example", Some("ana.m@acme.example"), "ACTIVE");
    assert!(ana.is_called("ana@ACME.example"), "logins have no case");
    assert!(ana.is_called("ana.m@acme.example"));
    assert!(!ana.is_called("ana"), "the beginning of a login is somebody else's user name");
    assert!(!ana.is_called("me"), "whoever asks");
}

#[test]
fn only_one_active_user_is_a_person() {
    let active = user("00u1", "ana@acme.example", None, "ACTIVE");
    let other = user("00u2", "ana.m@acme.example", None, "ACTIVE");
    let left = user("00u3", "ana.m@acme.example", None, "DEPROVISIONED");
    assert_eq!(chosen(std::slice::from_ref(&active)), Ok("00u1".to_owned()));
    assert_eq!(
        chosen(&[left.clone(), active.clone()]),
        Ok("00u1".to_owned()),
        "the old account does not count"
    );
    let several = chosen(&[active, other]).unwrap_err();
    assert!(several.contains("several") && several.contains("`ana.m@acme.example`"), "{several}");
    for status in ["DEPROVISIONED", "SUSPENDED", "LOCKED_OUT", "STAGED", "PASSWORD_EXPIRED", ""] {
        let refused = chosen(&[user("00u1", "ana@acme.example", None, status)]).unwrap_err();
        assert!(refused.contains(status) && refused.contains("ana@acme.example"), "{refused}");
    }
    let nobody = chosen(&[left]).unwrap_err();
    assert!(nobody.contains("DEPROVISIONED"), "{nobody}");
    let nobody = chosen(&[]).unwrap_err();
    assert!(nobody.contains("`ana@acme.example`, `ana.m@acme.example`"), "it says what was asked: {nobody}");
}
