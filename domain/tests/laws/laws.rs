//! The promises over random histories.

use glasskey_domain::Record;
use glasskey_domain::event::Event;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError};

use crate::acts::{Act, history};
use crate::life::Life;
use crate::watch::Law;

fn told(life: &Life, law: Law) -> Result<(), TestCaseError> {
    law.map_err(|law| {
        let story = life.story.join("\n    ");
        TestCaseError::fail(format!("{law}\n\n  what happened:\n    {story}\n"))
    })
}

fn live(acts: &[Act]) -> Result<Life, TestCaseError> {
    let mut life = Life::new();
    for act in acts {
        let law = life.act(act);
        told(&life, law)?;
    }
    let law = life.comes_to_its_end();
    told(&life, law)?;
    Ok(life)
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() }
}

proptest! {
    #![proptest_config(config(1500))]

    /// P1 to P7. pitfall 1, pitfall 3, pitfall 10, pitfall 11, pitfall 15, pitfall 19, pitfall 20, pitfall 26, pitfall 35:
    /// people, time, policy, a provider in bad weather, crashes, everything twice; see `watch.rs` for the laws.
    #[test]
    fn whatever_happens_the_promises_hold(acts in history(1..70)) {
        live(&acts)?;
    }
}

/// Histories that never grant would prove nothing: over a fixed set of them, everything that can happen happens.
#[test]
fn the_histories_reach_every_part_of_a_life() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for _ in 0..300 {
        let acts = history(60..70).new_tree(&mut runner).unwrap().current();
        let life = live(&acts).unwrap();
        for event in life.town.journal.iter().flat_map(|record: &Record| &record.events) {
            *seen.entry(word(event)).or_default() += 1;
        }
    }
    let wanted = [
        "requested",
        "refused",
        "approved",
        "denied",
        "withdrawn",
        "lapsed",
        "grant-ordered",
        "already-held",
        "change-intended",
        "change-running",
        "reply-lost",
        "create-forgone",
        "change-succeeded",
        "change-failed",
        "looked",
        "trouble",
        "grant-confirmed",
        "end-ordered",
        "removed-by-hand",
        "end-confirmed",
        "overdue-told",
        "card-shown",
        "told",
        "scheduled",
        "urgent-used",
        "acknowledged",
        "objected",
        "reminded",
        "escalated",
        "warned",
        "extension-asked",
        "extension-approved",
        "extension-denied",
        "extension-dropped",
        "extended",
        "part-held",
        "part-confirmed",
        "part-ending",
        "part-out",
        "doubted",
        "doubt-over",
        "stricter",
        "end-all-ordered",
        "end-all-done",
        "cut-asked",
        "sessions cut-ordered",
        "sessions cut",
        "sessions not-cut",
        "sessions lifting",
        "sessions lifted",
        "drift seen",
        "drift confirmed",
        "drift gone",
        "drift removal-ordered",
        "drift removed",
    ];
    let rare: Vec<_> = wanted.iter().filter(|word| seen.get(**word).is_none_or(|times| *times < 3)).collect();
    assert!(rare.is_empty(), "{rare:?} are rare: {seen:#?}");
}

fn word(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap();
    let fact = value["fact"]["fact"].as_str().unwrap_or_default();
    format!("{} {fact}", value["event"].as_str().unwrap()).trim_end().to_owned()
}
