//! Journals of the first release are read, and what is as it was is written as it was.

use glasskey_domain::event::Record;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::*;
use serde_json::{Value, json};

use crate::town::*;

/// As the first release wrote a request that bo approved.
const FIRST_RELEASE: [&str; 2] = [
    r#"{"at":"2026-11-01T10:00:00Z","by":{"who":{"kind":"person","person":"ana"},"door":"slack"},"events":[{"event":"requested","ask":{"id":"AR-7K3Q","requester":"ana","target":{"kind":"assignment","account":"222222222222","permission_set":"arn:aws:sso:::permissionSet/ssoins-1/ps-admin"},"account_name":"payments-prod","permission_set_name":"Admin","length":3600,"session":3600,"reason":"mend the pipeline","ticket":null,"at":"2026-11-01T10:00:00Z","door":"slack"},"terms":{"policies":["table"],"set":"set-1","approvals":1,"max_length":28800},"lapses_at":"2026-11-01T11:00:00Z","approvers":["bo"]}]}"#,
    r#"{"at":"2026-11-01T10:01:00Z","by":{"who":{"kind":"person","person":"bo"},"door":"slack"},"events":[{"event":"approved","id":"AR-7K3Q","approval":{"by":"bo","at":"2026-11-01T10:01:00Z","door":"slack","policies":["table"]}},{"event":"grant-ordered","id":"AR-7K3Q","deadline":"2026-11-01T11:01:00Z","policies":["table"],"set":"set-1"}]}"#,
];

fn read(records: &[&str]) -> Book {
    let mut book = Book::default();
    for record in records {
        let record: Record = serde_json::from_str(record).unwrap();
        book.apply(&record);
    }
    book
}

#[test]
fn a_journal_of_the_first_release_still_tells_its_book() {
    let book = read(&FIRST_RELEASE);
    let request = book.request(&RequestId::parse("AR-7K3Q").unwrap()).unwrap();
    assert_eq!(request.state.word(), StateWord::Granting);
    assert_eq!(request.ask.title(), "Admin in payments-prod");
    assert_eq!((request.parts.len(), request.ask.bundle.as_ref(), request.ask.urgent), (1, None, false));
    assert_eq!(request.ask.session(), Seconds::hours(1));
    assert_eq!(request.length(), Seconds::hours(1));
    assert!(book.holding(&holding("ana")).is_some());
}

#[test]
fn a_journal_of_the_first_release_is_written_as_it_was_read() {
    for text in FIRST_RELEASE {
        let (before, record): (Value, Record) =
            (serde_json::from_str(text).unwrap(), serde_json::from_str(text).unwrap());
        assert_eq!(serde_json::to_value(record).unwrap(), before);
    }
}

/// Who reads the journal with tools of the first release still finds what they knew.
#[test]
fn a_single_request_is_written_as_the_first_release_wrote_it() {
    let mut town = Town::new(1);
    town.asks("ana", "AR-7K3Q", 1).unwrap();
    let written = serde_json::to_value(&town.journal[0]).unwrap();
    let now = town.now.to_string();
    let ask = json!({
        "id": "AR-7K3Q",
        "requester": "ana",
        "target": {"kind": "assignment", "account": "222222222222", "permission_set": ADMIN},
        "account_name": "payments-prod",
        "permission_set_name": "Admin",
        "session": 3600,
        "length": 3600,
        "reason": "mend the pipeline",
        "ticket": null,
        "at": now,
        "door": "slack",
    });
    assert_eq!(written["events"][0]["ask"], ask);
    let terms = json!({"policies": ["table"], "set": "set-1", "approvals": 1, "max_length": 28800});
    assert_eq!(written["events"][0]["terms"], terms);
}

#[test]
fn a_bundle_adds_to_what_is_written_and_reads_back() {
    let mut town = Town::new(1);
    town.wishes("ana", &bundle("AR-7K3Q", &[target(), group("oncall")])).unwrap();
    let written = serde_json::to_value(&town.journal[0]).unwrap();
    let ask = &written["events"][0]["ask"];
    assert_eq!((&ask["account_name"], &ask["bundle"]), (&json!("payments-prod"), &json!("oncall-payments")));
    assert_eq!(ask["more"][0]["group_name"], json!("oncall"));
    town.agrees();
}

#[test]
fn a_thing_without_its_names_is_no_record() {
    for (with, without) in [("account_name", "permission_set_name"), ("permission_set_name", "account_name")]
    {
        let mut record: Value = serde_json::from_str(FIRST_RELEASE[0]).unwrap();
        let ask = record["events"][0]["ask"].as_object_mut().unwrap();
        assert!(ask.contains_key(with) && ask.remove(without).is_some());
        assert!(serde_json::from_value::<Record>(record).is_err());
    }
}
