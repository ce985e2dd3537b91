use glasskey_domain::PersonId;
use glasskey_domain::person::Employment;

use super::*;

fn person(user_name: &str, emails: &[&str]) -> Person {
    Person {
        id: PersonId::new("p-1"),
        user_name: user_name.to_owned(),
        display_name: "Ana".to_owned(),
        emails: emails.iter().map(|mail| (*mail).to_owned()).collect(),
        employment: Employment::Enabled,
    }
}

fn user(id: &str, login: &str, mail: &str, enabled: Option<bool>) -> Candidate {
    Candidate { id: id.to_owned(), login: login.to_owned(), mail: mail.to_owned(), enabled }
}

fn found(users: &[Candidate]) -> Result<String, String> {
    let ana = person("ana", &["ana@acme.example"]);
    one_of("Keycloak", &ana, &names_of(&ana), users.to_vec()).map(|user| user.id)
}

#[test]
fn names_are_asked_for_once_each_and_not_without_end() {
    let names = names_of(&person(" Ana@Acme.example ", &["ana@acme.example", "a@acme.example", ""]));
    assert_eq!(names, ["ana@acme.example", "a@acme.example"]);
    let many: Vec<String> = (0..20).map(|n| format!("a{n}@acme.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(names_of(&person("ana", &many)).len(), NAMES_MAX);
}

#[test]
fn the_one_active_user_is_taken_and_nobody_else() {
    let ana = user("1", "ana", "ana@acme.example", Some(true));
    assert_eq!(found(std::slice::from_ref(&ana)), Ok("1".to_owned()));
    assert_eq!(found(&[ana.clone(), ana.clone()]), Ok("1".to_owned()), "found by both names");
    let old = user("0", "ana@acme.example", "", Some(false));
    assert_eq!(
        found(&[old.clone(), ana.clone()]),
        Ok("1".to_owned()),
        "an account that was closed is not meant"
    );
    let other = user("2", "ana2", "ANA@acme.example", Some(true));
    assert!(found(&[ana, other]).unwrap_err().contains("several"));
    assert!(found(&[old]).unwrap_err().contains("not enabled"));
    assert!(found(&[]).unwrap_err().contains("no user"));
}

#[test]
fn unknown_means_no_and_what_was_not_asked_for_is_nobody() {
    assert!(found(&[user("1", "ana", "", None)]).unwrap_err().contains("not enabled"));
    assert!(
        found(&[user("1", "anabel", "anabel@acme.example", Some(true))]).unwrap_err().contains("no user")
    );
    assert!(found(&[user("1", "", "", Some(true))]).unwrap_err().contains("no user"));
}

#[test]
fn a_query_holds_what_it_was_given_and_no_more() {
    let url = Url::parse("https://graph.example/v1.0/users").unwrap();
    let url = with_query(url, &[("$filter", "mail eq 'a+b&c#d'"), ("$top", "9")]);
    assert_eq!(url.query(), Some("$filter=mail%20eq%20%27a%2Bb%26c%23d%27&$top=9"));
}
