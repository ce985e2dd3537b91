//! The bot dies, at the worst of times.

use glasskey_domain::refusal::EmergencyWord;
use glasskey_playground::okta::FaultKind;
use jiff::ToSpan as _;

use crate::town::{ALONE, APP, Plan, Platform, TWO, Town, rules};

on_each_platform! {
    a_deadline_that_passes_while_the_bot_is_dead_is_kept_at_the_next_start,
    a_proposal_survives_and_lapses_at_its_time,
    with_identity_center_cut_off_from_the_start_break_glass_works,
}

fn a_deadline_that_passes_while_the_bot_is_dead_is_kept_at_the_next_start(on: Platform) {
    let mut town = Town::with_break_glass(on, ALONE);
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.settle();
    town.kill();
    town.pass(3.hours());
    assert!(town.okta().is_active(APP));
    town.start();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
    town.settle();
    assert_eq!(town.said_in_incident("Break-glass is off"), 1);
}

#[test]
fn an_opening_that_is_cut_short_goes_on_after_the_restart() {
    let mut town = Town::with_break_glass(Platform::Slack, ALONE);
    town.okta_meets("activateApplication", 1, FaultKind::Hang);
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    town.okta_shows("the call", |okta| okta.count("activateApplication") > 0);
    town.restart();
    town.emergency_becomes(&it, EmergencyWord::On);
    town.settle();
    assert_eq!(town.said_in_incident("BREAK-GLASS IS ON"), 1);
    town.dee().says("/breakglass off");
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

#[test]
fn a_closing_that_is_cut_short_goes_on_after_the_restart() {
    let mut town = Town::with_break_glass(Platform::Slack, ALONE);
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.okta_meets("deactivateApplication", 1, FaultKind::Hang);
    town.dee().says("/breakglass off");
    town.okta_shows("the call", |okta| okta.count("deactivateApplication") > 0);
    town.restart();
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

fn a_proposal_survives_and_lapses_at_its_time(on: Platform) {
    let mut town = Town::with_break_glass(on, TWO);
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    town.settle();
    town.restart();
    town.bo().says("/breakglass confirm").says("is being opened");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
}

/// P8: Identity Center, the Identity Store and Organizations answer nothing from start-up on; identities come from the
/// ledger, and all of break-glass works.
fn with_identity_center_cut_off_from_the_start_break_glass_works(on: Platform) {
    let mut town = Town::planned(Plan { policies: rules(TWO), ..Plan::on(on) });
    town.kill();
    town.aws_goes_down();
    town.aws().forget_calls();
    town.start();
    let it = town.dee().opens("ops 2h INC-7 identity center is down <@U0ANA>");
    town.bo().says("/breakglass confirm").says("is being opened");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.dee().says("/breakglass add <@U0CY> ro");
    town.okta_shows("cy in", |okta| okta.has_member("00gro", "cy"));
    // Okta shows it before its answer is here; what is taken back meanwhile would have to settle.
    town.settle();
    town.dee().says("/breakglass remove <@U0CY>");
    town.okta_shows("cy out", |okta| !okta.has_member("00gro", "cy"));
    town.settle();
    town.bo().says("/breakglass extend 30m").says("is extended");
    town.dee().says("/breakglass status").says("is on until");
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
    let drill = town.dee().says("/breakglass drill").emergency();
    town.emergency_becomes(&drill, EmergencyWord::Off);
    // The directory is asked for on its own account; nothing else reached AWS.
    let others: Vec<String> = town
        .aws()
        .calls()
        .into_iter()
        .map(|call| call.operation)
        .filter(|operation| operation != "ListInstances")
        .collect();
    assert_eq!(others, Vec::<String>::new());
    town.aws_comes_back();
}
