//! What can be changed: the app's life cycle and who is in a group, and what Okta refuses to change.

use std::collections::BTreeSet;

use serde_json::json;

use super::{APP, RO, Rig};
use crate::company::{Company, OktaGroupKind};
use crate::okta::{OktaOptions, UserStatus};

fn logins(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("{name}@acme.example")).collect()
}

#[tokio::test]
async fn the_app_wakes_and_sleeps_and_doing_it_twice_changes_nothing() {
    let rig = Rig::start(OktaOptions::default()).await;
    let app = rig.get(APP).await.json();
    assert_eq!((&app["status"], &app["label"]), (&json!("INACTIVE"), &json!("AWS emergency access")));
    for (turn, status) in [("activate", "ACTIVE"), ("deactivate", "INACTIVE")] {
        for _ in 0..2 {
            let done = rig.call("POST", &format!("{APP}/lifecycle/{turn}")).await;
            assert_eq!((done.status, done.body.as_str()), (200, "{}"));
        }
        assert_eq!(rig.get(APP).await.json()["status"], status);
        assert_eq!(rig.okta.is_active("AWS emergency access"), status == "ACTIVE");
    }
    let events: Vec<String> = rig.okta.events().into_iter().map(|e| e.event_type).collect();
    assert_eq!(events, ["application.lifecycle.activate", "application.lifecycle.deactivate"]);
    let unknown = rig.call("POST", "/api/v1/apps/0oaother/lifecycle/activate").await;
    assert_eq!(unknown.error(), (404, "E0000007".into()));
    assert_eq!(unknown.json()["errorSummary"], "Not found: Resource not found: 0oaother (AppInstance)");
}

#[tokio::test]
async fn a_member_is_put_in_once_and_taken_out_once() {
    let rig = Rig::start(OktaOptions::default()).await;
    let ana = format!("{RO}/users/00uana");
    for _ in 0..2 {
        let put = rig.call("PUT", &ana).await;
        assert_eq!((put.status, put.body.as_str()), (204, ""));
    }
    assert_eq!(rig.okta.members("00gro"), logins(&["ana"]));
    assert!(rig.okta.has_member("aws#EmergencyAccess_Role1_RO#222222222222", "ana"));
    let listed = rig.get(&format!("{RO}/users")).await.json();
    assert_eq!(listed[0]["profile"]["login"], "ana@acme.example");
    for _ in 0..2 {
        assert_eq!(rig.call("DELETE", &ana).await.status, 204);
    }
    assert_eq!(rig.get(&format!("{RO}/users")).await.body, "[]");
    let events = rig.okta.events();
    let types: Vec<&str> = events.iter().map(|e| e.event_type.as_str()).collect();
    assert_eq!(types, ["group.user_membership.add", "group.user_membership.remove"]);
    assert_eq!(events[0].actor.alternate_id, "dee@acme.example", "the admin behind the token");
}

#[tokio::test]
async fn only_ids_of_users_and_groups_that_exist_are_taken() {
    let rig = Rig::start(OktaOptions::default()).await;
    for method in ["PUT", "DELETE"] {
        for path in ["00gro/users/00unobody", "00gro/users/ana@acme.example", "00gother/users/00uana"] {
            let refused = rig.call(method, &format!("/api/v1/groups/{path}")).await;
            assert_eq!(refused.error(), (404, "E0000007".into()), "{method} {path}");
        }
    }
    for path in ["/api/v1/groups/00gother", "/api/v1/groups/00gother/users", "/api/v1/apps/0oa1/groups"] {
        assert_eq!(rig.get(path).await.error(), (404, "E0000007".into()), "{path}");
    }
}

#[tokio::test]
async fn groups_that_apps_or_okta_manage_are_refused() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert!(rig.okta.set_group_kind("00gro", OktaGroupKind::AppGroup));
    for (group, kind) in [("00gro", "APP_GROUP"), ("00geveryone", "BUILT_IN"), ("00gops", "OKTA_GROUP")] {
        assert_eq!(rig.get(&format!("/api/v1/groups/{group}")).await.json()["type"], kind);
    }
    for group in ["00gro", "00geveryone"] {
        for method in ["PUT", "DELETE"] {
            let refused = rig.call(method, &format!("/api/v1/groups/{group}/users/00uana")).await;
            assert_eq!(refused.error(), (403, "E0000006".into()), "{method} {group}");
        }
    }
    assert!(rig.okta.members("00gro").is_empty() && rig.okta.has_member("Everyone", "ana"));
}

#[tokio::test]
async fn whom_a_rule_brings_in_cannot_be_taken_out() {
    let rig = Rig::start(OktaOptions::default()).await;
    let rule = rig.okta.add_group_rule("all of payments", "00gro", &["ana"]).expect("known names");
    let ana = format!("{RO}/users/00uana");
    assert_eq!(rig.okta.members("00gro"), logins(&["ana"]));
    let refused = rig.call("DELETE", &ana).await;
    assert_eq!(refused.error(), (403, "E0000006".into()));
    assert!(refused.body.contains("all of payments"), "{}", refused.body);
    assert_eq!(rig.call("PUT", &ana).await.status, 204, "already in");
    let rules = rig.get("/api/v1/groups/rules?search=payments").await.json();
    assert_eq!(rules[0]["actions"]["assignUserToGroups"]["groupIds"], json!(["00gro"]));
    assert_eq!((&rules[0]["status"], &rules[0]["type"]), (&json!("ACTIVE"), &json!("group_rule")));
    assert!(rig.okta.remove_group_rule(&rule));
    assert_eq!(rig.okta.members("00gro"), logins(&["ana"]), "put in as well");
    assert_eq!(rig.call("DELETE", &ana).await.status, 204);
    assert!(rig.okta.members("00gro").is_empty());
    assert_eq!(rig.okta.add_group_rule("x", "00gro", &["anna"]), None, "a misspelt name makes no rule");
}

#[tokio::test]
async fn rules_come_in_pages() {
    let rig = Rig::start(OktaOptions::default()).await;
    for n in 0..5 {
        rig.okta.add_group_rule(&format!("rule {n}"), "00gops", &["bo"]).expect("known names");
    }
    let pages = rig.all("/api/v1/groups/rules?limit=2").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2], "five, and the company's own");
    assert_eq!(rig.all("/api/v1/groups/rules?search=rule%203").await.concat().len(), 1);
}

#[tokio::test]
async fn who_left_cannot_be_put_in_but_can_be_taken_out() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert!(rig.okta.add_by_hand("cy", "00gro") && !rig.okta.add_by_hand("cy", "00gro"));
    for user in ["cy", "ana"] {
        assert!(rig.okta.set_user_status(user, UserStatus::Deprovisioned));
    }
    let refused = rig.call("PUT", &format!("{RO}/users/00uana")).await;
    assert_eq!(refused.error(), (403, "E0000038".into()));
    assert_eq!(rig.get(&format!("{RO}/users")).await.json()[0]["status"], "DEPROVISIONED");
    assert_eq!(rig.call("DELETE", &format!("{RO}/users/00ucy")).await.status, 204);
    assert!(rig.okta.members("00gro").is_empty());
}

#[tokio::test]
async fn read_only_mode_refuses_writes_and_nothing_else() {
    let rig = Rig::with_service_app(|_| {}).await;
    rig.okta.set_read_only(true);
    let writes = [
        ("POST", format!("{APP}/lifecycle/activate")),
        ("POST", format!("{APP}/lifecycle/deactivate")),
        ("PUT", format!("{RO}/users/00uana")),
        ("DELETE", format!("{RO}/users/00uana")),
    ];
    for (method, path) in &writes {
        let refused = rig.call(method, path).await;
        assert_eq!(refused.error(), (503, "E0000010".into()), "{method} {path}");
        assert_eq!(refused.json()["errorSummary"], "Service is in read only mode");
    }
    for path in [APP.to_owned(), RO.to_owned(), format!("{RO}/users"), "/api/v1/users/00uana".into()] {
        assert_eq!(rig.get(&path).await.status, 200, "{path}");
    }
    assert!(!rig.token("okta.apps.manage").await.is_empty(), "tokens are given out");
    assert!(!rig.okta.is_active("0oa1emergency") && rig.okta.members("00gro").is_empty());
    rig.okta.set_read_only(false);
    assert_eq!(rig.call("PUT", &format!("{RO}/users/00uana")).await.status, 204);
}

#[tokio::test]
async fn changes_by_hand_say_whether_they_changed_anything() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert!(rig.okta.activate_by_hand("0oa1emergency") && !rig.okta.activate_by_hand("0oa1emergency"));
    assert!(rig.okta.deactivate_by_hand("AWS emergency access"));
    assert!(!rig.okta.add_by_hand("anna", "00gro") && !rig.okta.add_by_hand("ana", "00gr0"));
    assert!(!rig.okta.remove_by_hand("ana", "00gro"), "not in it");
    assert!(rig.okta.add_group("00gx", "aws#Other#1", OktaGroupKind::OktaGroup));
    assert!(!rig.okta.add_group("00gx", "again", OktaGroupKind::OktaGroup));
    assert!(rig.okta.add_by_hand("bo", "aws#Other#1") && rig.okta.remove_by_hand("bo", "00gx"));
    assert!(rig.okta.delete_group("00gro") && !rig.okta.delete_group("00gro"));
    assert_eq!(rig.get(&format!("{APP}/groups")).await.ids(), ["00gops"]);
    assert!(rig.okta.delete_app("0oa1emergency"));
    assert_eq!(rig.get(APP).await.error(), (404, "E0000007".into()));
    assert_eq!(rig.okta.user("eve"), None, "the guest is not in Okta");
}

#[tokio::test]
async fn a_thousand_members_are_a_page_and_more_need_the_next() {
    let options = OktaOptions { ssws_user: "person-0".into(), ..OktaOptions::default() };
    let rig = Rig::of(&Company::large(1_201, 1, 0, 2, 1), options).await;
    let pages = rig.all("/api/v1/groups/00geveryone/users").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1_000, 201]);
    let distinct: BTreeSet<String> = pages.concat().into_iter().collect();
    assert_eq!(distinct.len(), 1_201);
}

#[tokio::test]
async fn groups_are_listed_by_name_by_kind_and_in_pages() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert!(rig.okta.add_group("00gimported", "oncall-windows", OktaGroupKind::AppGroup));
    let ids = async |query: &str| rig.get(&format!("/api/v1/groups?{query}")).await.ids();
    assert_eq!(ids("q=oncall").await, ["00gimported", "00goncall"]);
    assert_eq!(ids("q=oncall-okta").await, ["00goncall"], "one of them begins like this");
    assert!(ids("q=okta").await.is_empty(), "where a name ends is not asked for");
    assert_eq!(ids("search=profile.name%20eq%20%22Oncall-Okta%22").await, ["00goncall"]);
    assert_eq!(ids("filter=type%20eq%20%22APP_GROUP%22").await, ["00gimported"]);
    assert_eq!(ids("filter=type%20eq%20%22BUILT_IN%22").await, ["00geveryone"]);
    let pages = rig.all("/api/v1/groups?limit=4").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [4, 2]);
    assert_eq!(rig.get("/api/v1/groups?limit=10001").await.status, 400);
    assert_eq!(rig.get("/api/v1/groups?search=profile.name").await.error(), (400, "E0000031".into()));
}

#[tokio::test]
async fn the_company_has_a_plain_group_and_one_that_a_rule_feeds() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert!(rig.okta.members("oncall-okta").is_empty());
    assert_eq!(rig.okta.members("engineering-okta"), logins(&["ana", "cy"]));
    let rules = rig.get("/api/v1/groups/rules").await.json();
    assert_eq!(rules[0]["name"], "everybody in engineering");
    assert_eq!(rules[0]["actions"]["assignUserToGroups"]["groupIds"], json!(["00gengineering"]));
    assert_eq!(rig.call("PUT", "/api/v1/groups/00goncall/users/00uana").await.status, 204);
    assert!(rig.okta.has_member("oncall-okta", "ana"));
    let refused = rig.call("DELETE", "/api/v1/groups/00gengineering/users/00uana").await;
    assert_eq!(refused.error(), (403, "E0000006".into()));
}
