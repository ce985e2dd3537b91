//! What is written down reads back, also what was written before there were emergencies.

use glasskey_domain::event::{Event, Record};
use glasskey_domain::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::acts::act;
use crate::life::Life;

fn reads_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

#[test]
fn emergencies_what_is_watched_and_all_facts_read_back() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..8 {
        let mut life = Life::new();
        for act in prop::collection::vec(act(), 40..60).new_tree(&mut runner).unwrap().current() {
            life.act(&act).unwrap();
            life.town.book.emergencies().for_each(reads_back);
            reads_back(life.town.book.watch());
        }
        life.town.closed.values().for_each(reads_back);
        life.town.journal.iter().for_each(reads_back);
        assert_eq!(life.town.replayed(), life.town.book);
        assert_eq!(life.town.reloaded(), life.town.book);
    }
}

#[test]
fn a_journal_from_before_there_were_emergencies_still_parses() {
    let request: Subject = RequestId::parse("AR-7K3Q").unwrap().into();
    let old = r##"{"at":"2026-11-21T08:00:00Z","by":{"who":{"kind":"glasskey"},"door":"inside"},"events":[
        {"event":"card-intended","id":"AR-7K3Q"},
        {"event":"card-shown","id":"AR-7K3Q","version":2,"message":{"channel":"C","message":"1"}},
        {"event":"card-undeliverable","id":"AR-7K3Q","why":"no channel"},
        {"event":"tell-intended","tell":"AR-7K3Q/granted/person/p-ana"},
        {"event":"told","tell":"AR-7K3Q/overdue-2/channel/#prod"},
        {"event":"undeliverable","tell":"AR-7K3Q/ended/thread","why":"no user"}]}"##;
    let record: Record = serde_json::from_str(old).unwrap();
    let about = |event: &Event| match event {
        Event::CardIntended { id, .. }
        | Event::CardShown { id, .. }
        | Event::CardUndeliverable { id, .. } => id.clone(),
        Event::TellIntended { tell } | Event::Told { tell } | Event::Undeliverable { tell, .. } => {
            tell.id.clone()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(record.events.len(), 6);
    assert!(record.events.iter().all(|event| about(event) == request));
}

/// What was written by the first version that knew emergencies: what a look meant then, it means now.
#[test]
fn a_view_and_a_seat_without_what_came_later_still_parse() {
    let view = r#"{"app":{"sight":"seen","value":true,"at":"2026-11-21T08:00:00Z"},"groups":{},
        "cut":{"sight":"unknown","changed":false,"looks":0},"cut_before":null,"app_missed":0,"intended":[],
        "loose":null,"metadata":false}"#;
    let view: federation::View = serde_json::from_str(view).unwrap();
    assert!(!view.activated && view.opened.is_none());
    let seat = r#"{"person":"p-ana","level":"ro","by":{"kind":"glasskey"},"at":"2026-11-21T08:00:00Z","taken_by":null,
        "member":null,"confirmed_at":null,"missed":0,"gone_by_hand":false,"trouble":null}"#;
    assert!(!serde_json::from_str::<emergency::Seat>(seat).unwrap().put_in);
}
