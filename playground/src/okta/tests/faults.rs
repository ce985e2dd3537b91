//! What goes wrong on purpose: each fault as a client meets it, and the twin's own record of it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{APP, RO, Rig, SOON};
use crate::company::Company;
use crate::okta::{Fault, FaultKind, OktaOptions, OktaTwin, Outcome};

/// Long enough for any answer on loopback, short enough to wait for one that never comes.
const PATIENCE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn scripted_refusals_have_no_effect_and_are_used_up() {
    let rig = Rig::start(OktaOptions::default()).await;
    let activate = format!("{APP}/lifecycle/activate");
    rig.okta.fault(Fault::once("activateApplication", FaultKind::RateLimited { reset_secs: 7 }));
    rig.okta.fault(Fault::once("activateApplication", FaultKind::Internal500));
    assert_eq!(rig.get(APP).await.status, 200, "another operation is not concerned");
    assert_eq!(rig.call("POST", &activate).await.error(), (429, "E0000047".into()));
    assert_eq!(rig.call("POST", &activate).await.error(), (500, "E0000009".into()));
    assert!(!rig.okta.is_active("0oa1emergency"));
    assert_eq!(rig.call("POST", &activate).await.status, 200, "used up");
    assert!(rig.okta.is_active("0oa1emergency"));
}

#[tokio::test]
async fn a_scripted_limit_names_its_reset_by_the_twins_clock() {
    let rig = Rig::with_service_app(|_| {}).await;
    rig.okta.fault(Fault::once("token", FaultKind::RateLimited { reset_secs: 7 }));
    let refused = rig.ask("okta.apps.read", "x", None).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("x-rate-limit-reset"), (rig.now_secs() + 7).to_string());
    assert_eq!(refused.header("x-rate-limit-remaining"), "0");
}

#[tokio::test]
async fn an_outage_lasts_until_it_is_taken_back() {
    let rig = Rig::start(OktaOptions::default()).await;
    rig.okta.fault(Fault { operation: "*".into(), times: u32::MAX, kind: FaultKind::Internal500 });
    for path in [APP, RO, "/api/v1/users/me", "/api/v1/logs", "/nowhere"] {
        assert_eq!(rig.get(path).await.status, 500, "{path}");
    }
    rig.okta.clear_faults();
    assert_eq!(rig.get(APP).await.status, 200);
    rig.okta.fault(Fault { operation: "getApplication".into(), times: 2, kind: FaultKind::Internal500 });
    let statuses = [rig.get(APP).await.status, rig.get(APP).await.status, rig.get(APP).await.status];
    assert_eq!(statuses, [500, 500, 200]);
}

/// pitfall 11
#[tokio::test]
async fn a_change_whose_reply_is_lost_has_happened_all_the_same() {
    let rig = Rig::start(OktaOptions::default()).await;
    let authorization = format!("SSWS {}", crate::okta::SSWS_TOKEN);
    let headers = [("authorization", authorization.as_str())];
    let ana = format!("{RO}/users/00uana");
    rig.okta.fault(Fault::once("assignUserToGroup", FaultKind::DropBeforeEffect));
    rig.okta.fault(Fault::once("assignUserToGroup", FaultKind::DropAfterEffect));
    assert!(rig.send("PUT", &ana, &headers, "").await.is_none(), "cut");
    assert!(!rig.okta.has_member("00gro", "ana"), "before the effect");
    assert!(rig.send("PUT", &ana, &headers, "").await.is_none(), "cut");
    assert!(rig.okta.has_member("00gro", "ana"), "after it");
    let outcomes: Vec<(Outcome, Option<u16>)> =
        rig.okta.calls().into_iter().map(|c| (c.outcome, c.status)).collect();
    assert_eq!(outcomes, [(Outcome::RequestLost, None), (Outcome::ReplyLost, None)]);
    assert_eq!(rig.call("PUT", &ana).await.status, 204, "the next connection is whole");
}

#[tokio::test]
async fn a_hanging_call_is_never_answered_and_holds_nobody_else_up() {
    let rig = Rig::start(OktaOptions::default()).await;
    rig.okta.fault(Fault::once("getApplication", FaultKind::Hang));
    assert!(tokio::time::timeout(PATIENCE, rig.get(APP)).await.is_err(), "no answer");
    assert_eq!(rig.get(APP).await.status, 200, "others go on");
    assert_eq!(rig.okta.calls()[0].outcome, Outcome::Hung);
}

#[tokio::test]
async fn a_garbage_body_is_a_page_and_no_effect() {
    let rig = Rig::start(OktaOptions::default()).await;
    rig.okta.fault(Fault::once("activateApplication", FaultKind::GarbageBody));
    let garbage = rig.call("POST", &format!("{APP}/lifecycle/activate")).await;
    assert_eq!((garbage.status, garbage.header("content-type")), (200, "text/html"));
    assert!(serde_json::from_str::<serde_json::Value>(&garbage.body).is_err());
    assert!(!rig.okta.is_active("0oa1emergency"));
    assert_eq!(rig.okta.calls()[0].outcome, Outcome::Garbage);
}

#[tokio::test]
async fn latency_and_a_late_answer_delay_the_answer_and_not_the_effect() {
    let hour = Duration::from_secs(3_600);
    for (latency, fault) in [(hour, None), (Duration::ZERO, Some(FaultKind::Late(hour)))] {
        let rig = Rig::start(OktaOptions { latency, ..OktaOptions::default() }).await;
        if let Some(kind) = fault {
            rig.okta.fault(Fault::once("activateApplication", kind));
        }
        let path = format!("{APP}/lifecycle/activate");
        let answer = rig.call("POST", &path);
        let effect = rig.okta.wait_for(SOON, |okta| okta.is_active("0oa1emergency"));
        tokio::select! {
            _ = answer => panic!("the answer takes an hour"),
            happened = effect => happened.expect("the effect does not"),
        }
    }
}

#[tokio::test]
async fn a_dropped_twin_answers_nobody_and_can_come_back_on_its_port() {
    let Rig { twin, .. } = Rig::start(OktaOptions::default()).await;
    let address = twin.url().trim_start_matches("http://").to_owned();
    let port = address.rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
    let request = format!("GET {APP} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut kept_alive = TcpStream::connect(&address).await.expect("the twin listens");
    kept_alive.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    kept_alive.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 401");
    drop(twin);
    kept_alive.write_all(request.as_bytes()).await.expect("sent");
    let mut rest = Vec::new();
    let _ = kept_alive.read_to_end(&mut rest).await;
    assert!(!String::from_utf8_lossy(&rest).contains("HTTP/1.1"), "Okta is down");
    let back =
        OktaTwin::start_on(&Company::acme(), OktaOptions::default(), port).await.expect("the port is free");
    let rig = Rig { okta: back.control(), twin: back, ids: 0.into() };
    assert_eq!(rig.get(APP).await.status, 200);
}
