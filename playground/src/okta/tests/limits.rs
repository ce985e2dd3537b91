//! Budgets a minute, and too many calls at the same time.

use std::time::Duration;

use super::{APP, RO, Rig, SOON};
use crate::okta::{Fault, FaultKind, OktaOptions, RateLimits};

fn told(reply: &super::Reply) -> (u16, [i64; 3]) {
    let number = |name: &str| reply.header(name).parse().expect("a number");
    let names = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"];
    (reply.status, names.map(number))
}

#[tokio::test]
async fn every_answer_tells_the_budget_and_the_date_by_the_twins_clock() {
    let rig = Rig::with_service_app(|_| {}).await;
    let reset = rig.now_secs() + 60;
    let first = rig.get(APP).await;
    assert_eq!(told(&first), (200, [500, 499, reset]));
    assert_eq!(first.header("date"), "Sat, 21 Nov 2026 12:00:00 GMT");
    assert!(!first.header("x-okta-request-id").is_empty());
    assert_eq!(told(&rig.get("/api/v1/groups/00gother").await), (404, [1_200, 1_199, reset]));
    let unknown = rig.send("POST", "/oauth2/v1/token", &[], "").await.expect("an answer");
    assert_eq!(told(&unknown), (400, [2_000, 1_999, reset]));
    assert_eq!(told(&rig.call("PUT", &format!("{RO}/users/00uana")).await), (204, [500, 499, reset]));
}

#[tokio::test]
async fn a_call_past_the_budget_is_refused_until_the_reset() {
    let rig = Rig::with_service_app(|_| {}).await;
    let activate = format!("{APP}/lifecycle/activate");
    rig.okta.set_options(|o| {
        o.enforce_rate_limits = true;
        o.rate_limits = RateLimits { apps: 2, ..RateLimits::default().of_a_new_token() };
    });
    let reset = rig.now_secs() + 60;
    assert_eq!(told(&rig.call("POST", &format!("{APP}/lifecycle/deactivate")).await), (200, [2, 1, reset]));
    assert_eq!(told(&rig.get(&format!("{APP}/groups")).await), (200, [2, 0, reset]), "they share a bucket");
    rig.okta.push_clock(Duration::from_secs(59));
    let refused = rig.call("POST", &activate).await;
    assert_eq!(refused.error(), (429, "E0000047".into()));
    assert_eq!(told(&refused), (429, [2, 0, reset]));
    assert!(!rig.okta.is_active("0oa1emergency"), "it had no effect");
    assert_eq!(told(&rig.get(APP).await), (200, [250, 249, reset + 59]), "another bucket");
    rig.okta.push_clock(Duration::from_secs(1));
    assert_eq!(told(&rig.call("POST", &activate).await), (200, [2, 1, reset + 60]));
}

#[tokio::test]
async fn limits_are_told_but_not_enforced_unless_asked_for() {
    let rate_limits = RateLimits { app: 1, ..RateLimits::default() };
    let rig = Rig::start(OktaOptions { rate_limits, ..OktaOptions::default() }).await;
    for _ in 0..3 {
        let (status, [limit, remaining, _]) = told(&rig.get(APP).await);
        assert_eq!((status, limit, remaining), (200, 1, 0));
    }
}

#[tokio::test]
async fn too_many_calls_at_once_are_refused_with_a_limit_of_nothing() {
    let rig = Rig::start(OktaOptions { concurrent_max: Some(1), ..OktaOptions::default() }).await;
    rig.okta.fault(Fault::once("getGroup", FaultKind::Hang));
    let hanging = rig.get(RO);
    let other = async {
        rig.okta.wait_for(SOON, |o| o.count("getGroup") == 1).await.expect("it hangs");
        rig.get(APP).await
    };
    tokio::select! {
        answered = hanging => panic!("{answered:?}"),
        refused = other => {
            let (status, [limit, remaining, reset]) = told(&refused);
            assert_eq!((status, limit, remaining), (429, 0, 0));
            assert!(reset > 1_700_000_000);
            assert_eq!(refused.error().1, "E0000047");
        }
    }
    // The caller who hung has gone, which the twin sees when it sees the closed connection.
    let free = async { while rig.get(APP).await.status != 200 {} };
    tokio::time::timeout(SOON, free).await.expect("the place is free again");
    rig.okta.fault(Fault::once("*", FaultKind::TooManyAtOnce));
    assert_eq!(told(&rig.get(APP).await).1[0], 0);
}
