//! What can be read: apps, groups, users, the log; in pages, late, and as Okta shapes its errors.

use std::time::Duration;

use serde_json::json;

use super::{APP, RO, Rig, SOON};
use crate::okta::{OktaOptions, SSWS_TOKEN, UserStatus};

#[tokio::test]
async fn the_metadata_of_a_sleeping_app_is_xml() {
    let rig = Rig::start(OktaOptions::default()).await;
    let authorization = format!("SSWS {SSWS_TOKEN}");
    let path = format!("{APP}/sso/saml/metadata");
    let ask = |path: String, accept: &'static str| {
        let headers = [("authorization", authorization.clone()), ("accept", accept.to_owned())];
        let rig = &rig;
        async move {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            rig.send("GET", &path, &headers, "").await.expect("an answer")
        }
    };
    let xml = ask(path.clone(), "application/xml").await;
    assert_eq!((xml.status, xml.header("content-type")), (200, "application/xml;charset=utf-8"));
    assert!(xml.body.contains("<md:EntityDescriptor entityID=\"http://www.okta.com/exk1emergency\""));
    assert!(
        xml.body.contains(&format!("Location=\"{}/app/amazon_aws/exk1emergency/sso/saml\"", rig.twin.url()))
    );
    assert_eq!(ask(path, "application/json").await.error(), (400, "E0000054".into()));
    let unknown = ask("/api/v1/apps/0oaother/sso/saml/metadata".into(), "application/xml").await;
    assert_eq!(unknown.error(), (404, "E0000007".into()));
}

#[tokio::test]
async fn the_app_tells_its_groups_and_each_group_its_name() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert_eq!(rig.get(&format!("{APP}/groups")).await.ids(), ["00gro", "00gops"]);
    assert_eq!(rig.all(&format!("{APP}/groups?limit=1")).await.concat(), ["00gro", "00gops"]);
    let ops = rig.get("/api/v1/groups/00gops").await.json();
    assert_eq!(ops["profile"]["name"], "aws#EmergencyAccess_Role1_Ops#222222222222");
    assert_eq!(rig.get(&format!("{APP}/groups?q=aws%23EmergencyAccess_Role1_R")).await.ids(), ["00gro"]);
}

#[tokio::test]
async fn pages_are_followed_by_their_links_whatever_comes_and_goes() {
    let rig = Rig::start(OktaOptions::default()).await;
    for user in ["ana", "bo", "cy", "dee"] {
        assert!(rig.okta.add_by_hand(user, "00gro"));
    }
    let first = rig.get(&format!("{RO}/users?limit=2")).await;
    assert_eq!(first.ids(), ["00uana", "00ubo"]);
    assert!(first.all("link")[0].ends_with("/users?limit=2>; rel=\"self\""), "{}", first.head);
    assert!(rig.okta.remove_by_hand("ana", "00gro"), "a row of the page that was read goes");
    let second = rig.get(&first.next().expect("a next page")).await;
    assert_eq!((second.ids(), second.next()), (vec!["00ucy".to_owned(), "00udee".into()], None));
    rig.okta.set_options(|o| o.page_rows_max = 1);
    let pages = rig.all(&format!("{RO}/users?limit=1000")).await;
    assert_eq!(
        pages.iter().map(Vec::len).collect::<Vec<_>>(),
        [1, 1, 1],
        "pages may be smaller than asked for"
    );
    for wrong in ["limit=0", "limit=1001", "limit=x", "after=00ucy", "after=r0"] {
        let refused = rig.get(&format!("{RO}/users?{wrong}")).await;
        assert_eq!(refused.error(), (400, "E0000001".into()), "{wrong}");
    }
}

/// pitfall 18
#[tokio::test]
async fn an_empty_page_may_have_a_next_link() {
    let rig = Rig::start(OktaOptions { empty_pages: true, ..OktaOptions::default() }).await;
    for user in ["ana", "bo", "cy"] {
        assert!(rig.okta.add_by_hand(user, "00gro"));
    }
    let pages = rig.all(&format!("{RO}/users?limit=2")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 0, 1]);
}

#[tokio::test]
async fn a_user_is_found_by_id_login_and_short_login() {
    let rig = Rig::start(OktaOptions::default()).await;
    for word in ["00uana", "ana@acme.example", "ana%40acme.example", "ANA@acme.example", "ana"] {
        let ana = rig.get(&format!("/api/v1/users/{word}")).await.json();
        assert_eq!((&ana["id"], &ana["status"]), (&json!("00uana"), &json!("ACTIVE")), "{word}");
        assert_eq!(ana["profile"]["firstName"], "Ana");
    }
    let unknown = rig.get("/api/v1/users/eve@partner.example").await;
    assert_eq!(unknown.error(), (404, "E0000007".into()));
    let body = unknown.json();
    assert_eq!(body["errorSummary"], "Not found: Resource not found: eve@partner.example (User)");
    assert!(
        body["errorLink"] == "E0000007" && body["errorId"].is_string() && body["errorCauses"] == json!([])
    );
}

#[tokio::test]
async fn users_are_searched_and_filtered() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert!(rig.okta.set_user_status("cy", UserStatus::Deprovisioned));
    let cases = [
        ("", &["00uana", "00ubo", "00udee"][..]),
        ("?search=profile.email%20eq%20%22ANA%40acme.example%22", &["00uana"]),
        ("?filter=profile.email+eq+%22ana%40acme.example%22", &["00uana"]),
        ("?filter=profile.email+eq+%22ANA%40acme.example%22", &[]),
        ("?search=status+eq+%22DEPROVISIONED%22", &["00ucy"]),
        ("?search=profile.login+sw+%22b%22+or+id+eq+%2200udee%22", &["00ubo", "00udee"]),
        ("?q=ana", &["00uana"]),
    ];
    for (query, found) in cases {
        assert_eq!(rig.get(&format!("/api/v1/users{query}")).await.ids(), found, "{query}");
    }
    assert_eq!(rig.get("/api/v1/users?filter=profile.email").await.error(), (400, "E0000031".into()));
    assert_eq!(rig.all("/api/v1/users?limit=1").await.len(), 3);
}

#[tokio::test]
async fn the_log_says_what_happened_since_when() {
    let rig = Rig::with_service_app(|_| {}).await;
    assert!(rig.okta.activate_by_hand("0oa1emergency"));
    rig.okta.push_clock(Duration::from_secs(60));
    assert_eq!(rig.call("PUT", &format!("{RO}/users/00uana")).await.status, 204);
    rig.okta.push_clock(Duration::from_secs(1));
    let types = |reply: super::Reply| -> Vec<String> {
        let events = reply.json().as_array().cloned().expect("a list");
        events.iter().map(|e| e["eventType"].as_str().expect("a type").to_owned()).collect()
    };
    let (on, add) = ("application.lifecycle.activate", "group.user_membership.add");
    let whole = rig.get("/api/v1/logs").await;
    assert!(whole.next().is_some(), "a reader without `until` polls for what comes");
    let event = whole.json()[1].clone();
    assert_eq!(
        (&event["actor"]["alternateId"], &event["actor"]["type"]),
        (&json!("dee@acme.example"), &json!("User"))
    );
    assert_eq!((&event["target"][0]["id"], &event["target"][1]["id"]), (&json!("00uana"), &json!("00gro")));
    let later = rig.get(&whole.next().expect("a link")).await;
    assert_eq!(later.json(), json!([]));
    assert!(rig.okta.deactivate_by_hand("0oa1emergency"));
    let polled = rig.get(&later.next().expect("a link")).await;
    assert_eq!(types(polled), ["application.lifecycle.deactivate"]);
    let until = "2026-11-21T12:01:00.500Z";
    for (query, expected) in [
        ("since=2026-11-21T12:00:30.000Z&until=2026-11-21T12:01:00.500Z", vec![add]),
        ("until=2026-11-21T12:01:00.500Z&sortOrder=DESCENDING", vec![add, on]),
        ("until=2026-11-21T12:01:00.500Z&limit=1", vec![on]),
        ("filter=eventType+eq+%22group.user_membership.add%22", vec![add]),
        ("filter=target.id+eq+%220oa1emergency%22&until=2026-11-21T12:01:00.000Z", vec![on]),
        ("q=ana", vec![add]),
    ] {
        assert_eq!(types(rig.get(&format!("/api/v1/logs?{query}")).await), expected, "{query}");
    }
    assert_eq!(rig.get(&format!("/api/v1/logs?until={until}")).await.next(), None, "bounded");
    for wrong in ["since=yesterday", "limit=1001", "sortOrder=UP"] {
        assert_eq!(
            rig.get(&format!("/api/v1/logs?{wrong}")).await.error(),
            (400, "E0000001".into()),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn reads_show_a_change_only_after_so_many_of_them() {
    let rig = Rig::start(OktaOptions { stale_reads: 2, ..OktaOptions::default() }).await;
    assert_eq!(rig.call("PUT", &format!("{RO}/users/00uana")).await.status, 204);
    assert_eq!(rig.call("POST", &format!("{APP}/lifecycle/activate")).await.status, 200);
    for shown in [false, false, true] {
        let members = rig.get(&format!("{RO}/users")).await.ids();
        assert_eq!(members.len(), usize::from(shown));
        let status = if shown { "ACTIVE" } else { "INACTIVE" };
        assert_eq!(rig.get(APP).await.json()["status"], status);
    }
    assert_eq!(rig.call("PUT", &format!("{RO}/users/00ubo")).await.status, 204);
    assert!(rig.okta.remove_by_hand("bo", "00gro") && rig.okta.add_by_hand("bo", "00gro"));
    assert_eq!(rig.get(&format!("{RO}/users")).await.ids(), ["00uana", "00ubo"], "by hand it shows at once");
}

#[tokio::test]
async fn reads_show_a_change_only_after_so_long() {
    let rig = Rig::with_service_app(|_| {}).await;
    rig.okta.set_options(|o| o.stale_for = Duration::from_secs(5));
    assert!(rig.okta.add_by_hand("ana", "00gro"));
    assert_eq!(rig.call("DELETE", &format!("{RO}/users/00uana")).await.status, 204);
    assert!(!rig.okta.has_member("00gro", "ana"), "gone all the same");
    rig.okta.push_clock(Duration::from_millis(4_999));
    assert_eq!(rig.get(&format!("{RO}/users")).await.ids(), ["00uana"]);
    rig.okta.push_clock(Duration::from_millis(1));
    assert_eq!(rig.get(&format!("{RO}/users")).await.body, "[]");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_by_name() {
    let rig = Rig::start(OktaOptions::default()).await;
    assert_eq!(rig.get("/api/v1/nothing").await.error(), (404, "E0000008".into()));
    assert_eq!(rig.get(&format!("{APP}/lifecycle/activate")).await.error(), (405, "E0000022".into()));
    assert!(!rig.okta.is_active("0oa1emergency"));
    assert_eq!(rig.okta.calls()[0].operation, "unknown");
}

#[tokio::test]
async fn the_record_of_calls_and_the_snapshot_say_what_was_asked_and_what_is() {
    let rig = Rig::with_service_app(|_| {}).await;
    let token = rig.token("okta.groups.manage").await;
    let mark = rig.okta.latest_call();
    assert_eq!(rig.bearing(&token, "PUT", &format!("{RO}/users/00uana?x=1")).await.status, 204);
    let calls = rig.okta.calls_since(mark);
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!((call.method.as_str(), call.path.as_str()), ("PUT", "/api/v1/groups/00gro/users/00uana?x=1"));
    assert_eq!(
        (call.operation.as_str(), call.scheme.as_str(), call.status),
        ("assignUserToGroup", "Bearer", Some(204))
    );
    assert_eq!(call.at_ms, rig.now_secs() * 1_000);
    let asked = &rig.okta.calls()[0];
    assert!(asked.body.contains("scope=okta.groups.manage") && asked.body.ends_with("client_assertion=***"));
    assert_eq!((rig.okta.count("token"), rig.okta.count("getApplication")), (1, 0));
    rig.okta.add_group_rule("r", "00gops", &["bo"]).expect("known names");
    let snapshot = rig.okta.snapshot_json();
    assert_eq!(snapshot["apps"][0]["active"], false);
    let groups = snapshot["groups"].as_array().expect("groups");
    let group = |id: &str| groups.iter().find(|g| g["id"] == id).expect("a group").clone();
    assert_eq!(group("00gro")["members"][0]["name"], "Ana Ferreira");
    assert_eq!(
        (&group("00gro")["members"][0]["by_rule"], &group("00gops")["members"][0]["by_rule"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(snapshot["events"][0]["event_type"], "group.user_membership.add");
    assert_eq!(snapshot["calls"][0]["outcome"], "answered");
    assert!(!snapshot.to_string().contains(&token), "the page shows no secret");
    rig.okta.forget_calls();
    assert!(rig.okta.calls().is_empty());
}

#[tokio::test]
async fn what_is_waited_for_is_told_and_in_vain_says_what_was_seen() {
    let rig = Rig::start(OktaOptions::default()).await;
    let okta = rig.okta.clone();
    let waiting = tokio::spawn(async move { okta.wait_for(SOON, |o| o.has_member("00gro", "ana")).await });
    assert_eq!(rig.call("PUT", &format!("{RO}/users/00uana")).await.status, 204);
    waiting.await.expect("no panic").expect("it happened");
    let never = rig.okta.wait_for(Duration::from_millis(10), |o| o.is_active("0oa1emergency")).await;
    assert!(never.expect_err("nobody asked for it").to_string().contains("AWS emergency access"));
}
