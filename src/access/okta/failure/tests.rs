use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;

use super::*;
use crate::ports::Fault;

const NOW_S: i64 = 1_795_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW_S).unwrap()
}

fn reply(status: u16, body: &str, headers: &[(&str, &str)]) -> Reply {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
    Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: body.as_bytes().to_vec() }
}

fn error(status: u16, code: &str, summary: &str) -> Reply {
    let body = json!({"errorCode": code, "errorSummary": summary, "errorCauses": []});
    reply(status, &body.to_string(), &[])
}

fn read(op: Op, reply: &Reply) -> Failure {
    answered(op, Thing::Membership { group: "00gro", user: "00uana" }, reply, now())
}

#[test]
fn what_okta_answers_decides_what_follows() {
    let cases = [
        (401, "E0000011", Kind::Credentials),
        (403, "E0000006", Kind::Denied),
        (403, "E0000038", Kind::Refused),
        (404, "E0000007", Kind::NotFound),
        (400, "E0000001", Kind::Refused),
        (429, "E0000047", Kind::Throttled),
        (500, "E0000009", Kind::Trouble),
        (400, "", Kind::Lost),
        (302, "", Kind::Lost),
        (502, "", Kind::Trouble),
    ];
    for (status, code, kind) in cases {
        let body =
            if code.is_empty() { reply(status, "<html>", &[]) } else { error(status, code, "so it is") };
        let failure = read(Op::AssignUserToGroup, &body);
        assert_eq!(failure.kind, kind, "{status} {code}");
        assert!(failure.what.contains("assignUserToGroup") || failure.what.contains("00gro"), "{failure:?}");
        assert!(!failure.what.contains("<html>"), "{failure:?}");
    }
}

#[test]
fn read_only_mode_is_recognised_and_nothing_was_done() {
    for body in [
        error(503, "E0000010", "Service is in read only mode"),
        error(403, "E0000099", "The service is in read-only mode."),
    ] {
        for fault in
            [read(Op::AssignUserToGroup, &body).adding(), read(Op::DeactivateApplication, &body).changing()]
        {
            assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
            assert!(fault.what().starts_with(READ_ONLY), "{fault}");
            assert!(fault.what().contains("runbook"), "{fault}");
        }
    }
    assert_eq!(read(Op::GetGroup, &error(503, "E0000012", "Overloaded")).kind, Kind::Trouble);
}

#[test]
fn a_right_that_is_missing_is_named() {
    let denied = error(403, "E0000006", "You do not have permission");
    let failure = read(Op::UnassignUserFromGroup, &denied);
    assert!(failure.what.contains("`okta.groups.manage`") && failure.what.contains("00gro"), "{failure:?}");
    let failure = answered(Op::DeactivateApplication, Thing::App("0oa1"), &denied, now());
    assert!(failure.what.contains("`okta.apps.manage`") && failure.what.contains("0oa1"), "{failure:?}");
}

#[test]
fn okta_says_for_how_long_it_wants_to_be_left_alone_by_its_own_clock() {
    let date = |s: i64| {
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&Timestamp::from_second(s).unwrap())
            .unwrap()
    };
    let wait = |limit: &str, reset: i64, date: &str| {
        let reset = reset.to_string();
        let headers = [("x-rate-limit-limit", limit), ("x-rate-limit-reset", &reset), ("date", date)];
        read(Op::GetGroup, &reply(429, r#"{"errorCode": "E0000047"}"#, &headers))
            .retry_after
            .unwrap()
            .as_secs()
    };
    assert_eq!(wait("100", NOW_S + 20, &date(NOW_S)), 20);
    assert_eq!(wait("100", NOW_S + 20, &date(NOW_S + 15)), 5, "its clock, not ours");
    assert_eq!(wait("100", NOW_S + 20, "never"), 20, "ours when it does not tell the time");
    assert_eq!(wait("100", NOW_S, &date(NOW_S)), 1, "at least a second");
    assert_eq!(wait("100", NOW_S - 500, &date(NOW_S)), 1, "also when that is over");
    assert_eq!(wait("100", NOW_S + 121, &date(NOW_S)), 120, "at most two minutes");
    assert_eq!(wait("0", NOW_S + 60, &date(NOW_S)), 2, "too many at once: a short while");
    let silent = read(Op::GetGroup, &reply(429, "", &[]));
    assert_eq!((silent.kind, silent.retry_after), (Kind::Throttled, Some(MINUTE)));
}

#[test]
fn what_is_left_of_a_bucket_is_read_and_half_a_truth_is_not() {
    let full = [
        ("x-rate-limit-limit", "100"),
        ("x-rate-limit-remaining", "99"),
        ("x-rate-limit-reset", "1795000030"),
    ];
    let seen = rate_seen(&reply(200, "", &full), now());
    assert_eq!(seen, Some(RateSeen { limit: 100, left: 99, resets_in: Duration::from_secs(30) }));
    assert_eq!(rate_seen(&reply(200, "", &full[..1]), now()), None);
    let none = [("x-rate-limit-limit", "0"), ("x-rate-limit-remaining", "0")];
    assert_eq!(rate_seen(&reply(429, "", &none), now()), None, "too many at once is not the minute's limit");
}

#[test]
fn what_okta_said_is_cut_and_cannot_break_a_line() {
    let failure = read(Op::GetGroup, &error(500, "E0000009", &format!("a\n\u{1b}[31m{}", "x".repeat(9_000))));
    assert!(failure.what.chars().count() < 400 && !failure.what.chars().any(char::is_control), "{failure:?}");
}

#[test]
fn a_nonce_is_wanted_only_when_one_came_along() {
    let body = r#"{"error": "use_dpop_nonce", "error_description": "d"}"#;
    assert!(wants_nonce(&reply(400, body, &[("dpop-nonce", "n")])));
    assert!(!wants_nonce(&reply(400, body, &[])));
    let challenge = [("dpop-nonce", "n"), ("www-authenticate", r#"DPoP error="use_dpop_nonce""#)];
    assert!(wants_nonce(&reply(401, "", &challenge)));
    assert!(!wants_nonce(&reply(401, "", &challenge[..1])));
}
