use std::collections::BTreeSet;

use glasskey_domain::sessions::CutState;
use glasskey_domain::{PersonId, Target};
use serde_json::{Value, json};

use super::*;

const OTHERS: &str = r#"{ "Version": "2012-10-17", "Id": "x", "Statement": [ {"Sid":"Theirs",  "Effect":"Allow","Action":"s3:*","Resource":"*"} ] }"#;

fn set() -> PermissionSetArn {
    PermissionSetArn::new("arn:aws:sso:::permissionSet/ssoins-1/ps-1")
}

fn cut(person: &str, account: &str, before: &str) -> SessionCut {
    let account = AccountId::parse(account).unwrap();
    let target = Target::Assignment { account, permission_set: set() };
    let holding = Holding { principal: PersonId::new(person), target };
    let before = before.parse().unwrap();
    SessionCut {
        unheard: false,
        holding,
        before,
        denied: None,
        state: CutState::Placing,
        requests: BTreeSet::new(),
        trouble: None,
    }
}

fn statements(cuts: &[SessionCut]) -> Vec<Statement> {
    Statement::of(&set(), cuts.iter(), None)
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const AT: &str = "2026-11-21T01:02:03Z";

#[test]
fn what_others_wrote_is_kept_letter_by_letter_and_ours_is_taken_out_again() {
    let wanted = statements(&[cut("u-ana", "222222222222", AT)]);
    let held = Document::parse(Some(OTHERS)).unwrap();
    assert!(!held.has_exactly(Statement::SID, &wanted));
    let text = held.with(Statement::SID, &wanted).unwrap();
    assert!(text.contains(r#"{"Sid":"Theirs",  "Effect":"Allow","Action":"s3:*","Resource":"*"}"#), "{text}");
    let ours = &read(&text)["Statement"][1];
    assert_eq!(ours["Condition"]["DateLessThan"]["aws:TokenIssueTime"], json!(AT));
    assert_eq!(ours["Condition"]["StringEquals"]["identitystore:userId"], json!(["u-ana"]));
    assert_eq!(ours["Condition"]["StringEquals"]["aws:PrincipalAccount"], json!("222222222222"));
    assert_eq!((&ours["Effect"], &ours["Action"]), (&json!("Deny"), &json!("*")));
    let held = Document::parse(Some(&text)).unwrap();
    assert!(held.has_exactly(Statement::SID, &wanted));
    let freed = held.with(Statement::SID, &[]).unwrap();
    assert_eq!(read(&freed), read(OTHERS));
}

#[test]
fn a_policy_of_our_own_goes_when_nothing_is_denied_any_more() {
    let nothing = Document::parse(None).unwrap();
    assert!(nothing.has_exactly(Statement::SID, &[]), "and so nothing is written");
    let text = nothing.with(Statement::SID, &statements(&[cut("u-ana", "222222222222", AT)])).unwrap();
    assert_eq!(read(&text)["Version"], json!("2012-10-17"));
    assert_eq!(Document::parse(Some(&text)).unwrap().with(Statement::SID, &[]), None);
}

#[test]
fn one_statement_that_is_not_in_a_list_is_read_and_what_is_no_policy_is_refused() {
    let single = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let with = Document::parse(Some(single)).unwrap();
    let with = with.with(Statement::SID, &statements(&[cut("u-ana", "222222222222", AT)])).unwrap();
    assert_eq!(read(&with)["Statement"].as_array().unwrap().len(), 2);
    assert_eq!(read(&with).get("Version"), None, "an older policy language is not made a newer one");
    for text in ["[]", "{}", "policy", r#"{"Version":"2012-10-17"}"#] {
        assert!(Document::parse(Some(text)).is_err(), "{text}");
    }
}

/// Each statement is some 300 of 10,240 characters, and a person 40.
#[test]
fn people_who_are_cut_at_the_same_time_in_the_same_account_share_a_statement() {
    let cuts = [
        cut("u-bo", "222222222222", "2026-11-21T01:02:02.5Z"),
        cut("u-ana", "222222222222", AT),
        cut("u-ana", "333333333333", AT),
        cut("u-cy", "222222222222", "2026-11-21T01:02:03.1Z"),
    ];
    let people: Vec<Value> = statements(&cuts)
        .iter()
        .map(|one| read(&Document::parse(None).unwrap().with("", std::slice::from_ref(one)).unwrap()))
        .map(|policy| policy["Statement"][0]["Condition"]["StringEquals"]["identitystore:userId"].clone())
        .collect();
    assert_eq!(people, [json!(["u-ana", "u-bo"]), json!(["u-cy"]), json!(["u-ana"])]);
}

#[test]
fn names_are_unique_and_what_iam_takes() {
    let cuts = [cut("u-ana", "222222222222", AT), cut("u-ana", "333333333333", AT)];
    let text = Document::parse(None).unwrap().with(Statement::SID, &statements(&cuts)).unwrap();
    let policy = read(&text);
    let names: BTreeSet<&str> =
        policy["Statement"].as_array().unwrap().iter().map(|one| one["Sid"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{names:?}");
}

/// In a policy that is shared, only the statements of this permission set are ours to change.
#[test]
fn another_permission_set_is_left_alone_in_a_shared_policy() {
    let other = PermissionSetArn::new("arn:aws:sso:::permissionSet/ssoins-1/ps-2");
    let theirs = Statement::of(&other, [cut("u-bo", "222222222222", AT)].iter(), Some("Admin"));
    let shared = Document::parse(Some(Statement::NOTHING)).unwrap();
    let text = shared.with(&Statement::sid_of(&other), &theirs).unwrap();
    let shared = Document::parse(Some(&text)).unwrap();
    let ours = Statement::of(&set(), [cut("u-ana", "222222222222", AT)].iter(), Some("ReadOnly"));
    let text = shared.with(&Statement::sid_of(&set()), &ours).unwrap();
    let shared = Document::parse(Some(&text)).unwrap();
    assert!(shared.has_exactly(&Statement::sid_of(&set()), &ours));
    assert!(shared.has_exactly(&Statement::sid_of(&other), &theirs));
    assert!(text.contains("role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_ReadOnly_????????????????"));
    let freed = shared.with(&Statement::sid_of(&set()), &[]).unwrap();
    assert!(Document::parse(Some(&freed)).unwrap().has_exactly(&Statement::sid_of(&other), &theirs));
}

#[test]
fn a_policy_that_would_be_too_long_is_refused_with_the_limit() {
    assert!(fits("it", &"x".repeat(INLINE_CHARACTERS_MAX), INLINE_CHARACTERS_MAX).is_ok());
    assert!(fits("it", &format!(" \n{}", "x".repeat(10)), 10).is_ok(), "white space is not counted");
    let Err(Stopped::Refused(why)) =
        fits("it", &"x".repeat(INLINE_CHARACTERS_MAX + 1), INLINE_CHARACTERS_MAX)
    else {
        panic!("it does not fit")
    };
    assert!(why.contains("10241") && why.contains("10240"), "{why}");
}
