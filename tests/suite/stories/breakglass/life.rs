//! The ordinary life of an emergency, to each of its ends.

use glasskey_domain::emergency::Review;
use glasskey_domain::refusal::EmergencyWord;
use jiff::ToSpan as _;

use crate::town::{ALONE, APP, OPS, Platform, RO, Town};

on_each_platform! {
    the_commander_opens_break_glass_and_it_ends_by_itself,
    off_empties_the_groups_of_everybody_and_says_who_they_were,
    while_it_is_on_everybody_is_reminded_and_warned_before_the_end,
    an_emergency_is_never_longer_than_policy_allows,
    people_are_added_and_removed_while_it_is_on,
    nobody_else_opens_it_and_it_opens_once,
    an_auditor_without_a_part_acknowledges_it_and_is_reminded_until_then,
}

fn the_commander_opens_break_glass_and_it_ends_by_itself(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = town.dee().opens("ops 2h INC-7 identity center is down <@U0ANA>");
    let on = town.emergency_becomes(&it, EmergencyWord::On);
    assert!(town.okta().is_active(APP));
    assert_eq!(town.okta().members(OPS), ["ana@acme.example".to_owned()].into());
    assert!(town.okta().members(RO).is_empty());
    town.settle();
    let announced = town.incident_says("BREAK-GLASS IS ON").words();
    for part in [
        "identity center is down",
        "INC-7",
        it.as_str(),
        "t ends by itself",
        "aws#EmergencyAccess_Role1_Ops#222222222222",
        "in the emergency account",
    ] {
        assert!(announced.contains(part), "{part} is not in {announced}");
    }
    town.access_says("BREAK-GLASS IS ON");
    let told = town.told("ana");
    assert!(told[0].contains("You are in") && told[0].contains("EmergencyAccess_Role1_Ops"), "{told:?}");
    town.emergency_card_says(&it, "*ON* until");

    town.pass(119.minutes());
    town.settle();
    assert!(town.okta().is_active(APP), "not before its time");
    town.pass(1.minutes());
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.now() >= on.deadline().unwrap());
    assert!(town.okta_sleeps());
    town.settle();
    town.incident_says("Break-glass is off");
    town.access_says("Break-glass is off");
    assert!(town.told("ana").last().unwrap().contains("is off"));
    let card = town.emergency_card_says(&it, "*Off* since");
    assert_eq!(card.buttons(), ["Acknowledge"]);
}

fn off_empties_the_groups_of_everybody_and_says_who_they_were(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = town.dee().opens("ro INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    assert!(town.okta().add_by_hand("cy", OPS));
    town.dee().says("/breakglass off it works again").says("is being closed");
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
    town.settle();
    let report = town.incident_says("Break-glass is off").words();
    for part in [
        "it works again",
        "Removed too, not added by Glasskey",
        "cy@acme.example",
        &town.mention("dee"),
        "Verified at Okta",
        "app inactive",
        "To be reviewed by an auditor",
        "Timeline",
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

fn while_it_is_on_everybody_is_reminded_and_warned_before_the_end(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = town.dee().opens("ro 2h INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    for nth in 1..=3 {
        town.pass(30.minutes());
        town.incident_says("is still on");
        town.settle();
        assert_eq!(town.said_in_incident("is still on"), nth);
    }
    assert_eq!(town.said_in_incident("ends soon"), 0);
    town.pass(20.minutes());
    town.incident_says("ends soon");
    town.dee().says("/breakglass extend 1h").says("is extended until");
    town.pass(11.minutes());
    town.settle();
    assert!(town.okta().is_active(APP));
    town.pass(49.minutes());
    town.settle();
    town.pass(1.hour());
    town.emergency_becomes(&it, EmergencyWord::Off);
}

fn an_emergency_is_never_longer_than_policy_allows(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    town.dee().says("/breakglass on ro 5h INC-7 identity center is down").says("4 h or less");
    let it = town.dee().opens("ro 3h INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.dee().says("/breakglass extend 2h").says("4 h");
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
}

fn people_are_added_and_removed_while_it_is_on(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = town.dee().opens("ro INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.ana().says("/breakglass add <@U0ANA> ops").says("you may not do this to break-glass");
    town.dee().says("/breakglass add <@U0ANA> <@U0BO> ops");
    town.okta_shows("both in ops", |okta| okta.members(OPS).len() == 2);
    town.settle();
    assert!(town.told("bo").iter().any(|words| words.contains("You are in")));
    town.dee().says("/breakglass remove <@U0BO>");
    town.okta_shows("bo gone", |okta| !okta.has_member(OPS, "bo"));
    assert!(town.okta().has_member(OPS, "ana"));
    // Who is in may close it.
    town.ana().says("/breakglass off").says("is being closed");
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

fn nobody_else_opens_it_and_it_opens_once(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    town.ana().says("/breakglass on ro INC-7 let me in please").says("you may not do this to break-glass");
    let stranger = match on {
        Platform::Slack => "guests of the workspace",
        Platform::Discord => "/elevate link",
    };
    town.eve().says("/breakglass on ro INC-7 let me in please").says(stranger);
    let it = town.dee().opens("ro INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.dee().says("/breakglass on ops INC-8 another one too").says("break-glass is open already");
    town.dee().says("/breakglass status").says("is on until");
    town.cy().says("/breakglass off").says("you have no part in this emergency");
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
    town.dee().says("/breakglass status").says("Break-glass is off");
    town.dee().says("/breakglass off").says("break-glass is not open");
}

fn an_auditor_without_a_part_acknowledges_it_and_is_reminded_until_then(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = town.dee().opens("ro INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
    town.pass(24.hours());
    town.incident_says("Not reviewed yet");
    town.dee().says(&format!("/breakglass review {it}")).says("somebody else has to do this");
    town.ana().says(&format!("/breakglass review {it}")).says("only an auditor");
    town.cy().says(&format!("/breakglass review {it} all as it should be")).says("is in the journal");
    town.incident_says("all as it should be");
    town.settle();
    assert!(matches!(town.emergency(&it).review, Review::Done { .. }));
    let before = town.said_in_incident("Not reviewed yet");
    town.pass(48.hours());
    town.settle();
    assert_eq!(town.said_in_incident("Not reviewed yet"), before);
}
