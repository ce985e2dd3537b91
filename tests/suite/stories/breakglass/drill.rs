//! Rehearsals.

use glasskey_domain::refusal::EmergencyWord;
use glasskey_playground::okta::FaultKind;
use jiff::ToSpan as _;

use crate::town::{ALONE, APP, OPS, Plan, Platform, RO, Town, rules};

on_each_platform! {
    a_drill_opens_and_closes_with_nobody_in_it,
    a_drill_is_held_by_schedule_and_one_that_was_missed_is_told,
}

fn last_fault(town: &Town) -> Option<Option<String>> {
    town.book_shows("the book", |book, _| {
        Some(book.watch().drills.values().next().map(|drill| drill.fault.clone()))
    })
}

fn a_drill_opens_and_closes_with_nobody_in_it(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = town.dee().says("/breakglass drill").emergency();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert_eq!(town.okta().count("activateApplication"), 1);
    assert!(town.okta().count("deactivateApplication") >= 1);
    assert_eq!(town.okta().count("assignUserToGroup"), 0);
    assert!(town.okta_sleeps());
    assert_eq!(last_fault(&town), Some(None));
    town.settle();
    let result = town.incident_says("Break-glass drill is off").words();
    assert!(result.contains("Passed"), "{result}");
    town.dee().says("/breakglass status").says("passed");
}

#[test]
fn a_drill_that_fails_is_told() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    town.okta_meets("activateApplication", u32::MAX, FaultKind::Internal500);
    let it = town.dee().says("/breakglass drill").emergency();
    town.incident_says("Break-glass does not open");
    town.pass(16.minutes());
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(last_fault(&town).unwrap().is_some());
    town.settle();
    assert!(town.incident_says("Break-glass drill is off").words().contains("Failed"));
}

/// An incident does not wait for a rehearsal.
#[test]
fn an_incident_takes_over_from_a_drill() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    town.okta_meets("activateApplication", 2, FaultKind::Internal500);
    let drill = town.dee().says("/breakglass drill").emergency();
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    town.pass(1.minutes());
    town.emergency_becomes(&it, EmergencyWord::On);
    town.emergency_becomes(&drill, EmergencyWord::Off);
    assert!(town.okta().is_active(APP) && town.okta().has_member(RO, "dee"));
    assert!(town.okta().members(OPS).is_empty());
    town.dee().says("/breakglass off");
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

fn a_drill_is_held_by_schedule_and_one_that_was_missed_is_told(on: Platform) {
    let mut town = Town::planned(Plan {
        policies: rules(ALONE),
        schedule: "drill = \"0 0 10 * * *\"\n".to_owned(),
        ..Plan::on(on)
    });
    town.pass(24.hours());
    town.incident_says("Break-glass drill is off");
    assert_eq!(last_fault(&town), Some(None));
    town.settle();
    let held = town.okta().count("activateApplication");
    town.kill();
    town.pass(30.hours());
    town.start();
    town.incident_says("A break-glass drill was missed");
    town.settle();
    assert_eq!(town.okta().count("activateApplication"), held, "not held late");
}
