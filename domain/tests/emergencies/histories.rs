//! The promises over random histories.

use std::collections::BTreeMap;

use glasskey_domain::event::Event;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::acts::{Act, act};
use crate::laws::Law;
use crate::life::Life;

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
    #![proptest_config(config(400))]

    /// P1 to P7 of break-glass: people, time, policy, a provider in bad weather, crashes, everything twice; see `laws.rs`,
    /// `truth.rs` and `notices.rs` for the laws.
    #[test]
    fn whatever_happens_the_promises_hold(acts in prop::collection::vec(act(), 1..60)) {
        live(&acts)?;
    }
}

/// Histories that never open would prove nothing: over a fixed set of them, everything that can happen happens.
#[test]
fn the_histories_reach_every_part_of_an_emergency() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::<String, u32>::new();
    for _ in 0..300 {
        let acts = prop::collection::vec(act(), 40..60).new_tree(&mut runner).unwrap().current();
        let life = live(&acts).unwrap();
        for event in life.town.journal.iter().flat_map(|record| &record.events) {
            *seen.entry(word(event)).or_default() += 1;
        }
    }
    let wanted = [
        "refused",
        "proposed",
        "confirmed",
        "went-alone",
        "declined",
        "withdrawn",
        "lapsed",
        "proposal-reminded",
        "alone-offered",
        "ordered",
        "taken-over",
        "seat-given",
        "seats-taken",
        "extended",
        "changes-intended",
        "changes-made",
        "looked",
        "trouble",
        "strangers-seen",
        "recognised",
        "seat-confirmed",
        "seat-gone",
        "on-confirmed",
        "reminded",
        "end-announced",
        "asked-to-close",
        "metadata-fetched",
        "close-ordered",
        "off-confirmed",
        "overdue-told",
        "review-reminded",
        "reviewed",
        "center-silent",
        "center-answers",
        "card-shown",
        "told",
    ];
    let rare: Vec<_> = wanted.iter().filter(|word| seen.get(**word).is_none_or(|times| *times < 5)).collect();
    assert!(rare.is_empty(), "{rare:?} are rare: {seen:#?}");
}

fn word(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap();
    let fact = value["fact"]["fact"].as_str().or_else(|| value["event"].as_str());
    fact.unwrap().to_owned()
}
