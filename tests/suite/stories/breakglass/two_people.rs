//! Where policy wants two people.

use glasskey_domain::refusal::EmergencyWord;
use jiff::ToSpan as _;

use crate::town::{APP, Platform, TWO, Town};

on_each_platform! {
    another_person_confirms_and_never_the_opener,
    who_gets_the_access_does_not_confirm_it,
    when_nobody_answers_the_commander_goes_on_alone_and_that_is_said_twice,
    a_proposal_lapses_after_ten_minutes_and_can_be_declined,
}

fn another_person_confirms_and_never_the_opener(on: Platform) {
    let town = Town::with_break_glass(on, TWO);
    let it = town.dee().opens("ops INC-7 identity center is down");
    town.incident_says("needs a second person");
    town.settle();
    assert!(!town.okta().is_active(APP), "nothing is opened before the yes");
    assert!(town.told("bo")[0].contains("needs a second person"));
    town.dee().says("/breakglass confirm").says("nobody confirms what they opened");
    town.ana().says("/breakglass confirm").says("you may not confirm this");
    town.bo().says("/breakglass confirm").says("is being opened");
    let on = town.emergency_becomes(&it, EmergencyWord::On);
    assert!(!on.alone && on.confirmations.len() == 1);
    town.incident_says("Confirmed by");
    town.bo().says("/breakglass confirm").says("cannot be done any more");
    town.dee().says("/breakglass extend 1h").says("somebody else has to do this");
    town.bo().says("/breakglass extend 1h").says("is extended until");
    town.bo().says("/breakglass off").says("is being closed");
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

fn who_gets_the_access_does_not_confirm_it(on: Platform) {
    let town = Town::with_break_glass(on, TWO);
    let it = town.dee().opens("ops INC-7 identity center is down <@U0BO>");
    town.bo().says("/breakglass confirm").says("somebody else has to do this");
    town.dee().says("/breakglass off").says("off the table");
    town.emergency_becomes(&it, EmergencyWord::Withdrawn);
    assert!(town.okta_sleeps());
}

fn when_nobody_answers_the_commander_goes_on_alone_and_that_is_said_twice(on: Platform) {
    let town = Town::with_break_glass(on, TWO);
    let it = town.dee().opens("ops INC-7 identity center is down");
    town.incident_says("needs a second person");
    town.settle();
    town.dee().says("/breakglass confirm").says("you may go on alone from");
    town.pass(5.minutes());
    town.incident_says("still waits");
    town.emergency_card_says(&it, "may go on alone now");
    town.dee().says("/breakglass confirm").says("is being opened");
    let on = town.emergency_becomes(&it, EmergencyWord::On);
    assert!(on.alone);
    for _channel in
        [town.incident_says("Opened by one person alone"), town.access_says("Opened by one person alone")]
    {
    }
    town.incident_says("BREAK-GLASS IS ON");
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
    town.settle();
    assert!(town.incident_says("Break-glass is off").words().contains("Nobody confirmed it"));
}

fn a_proposal_lapses_after_ten_minutes_and_can_be_declined(on: Platform) {
    let town = Town::with_break_glass(on, TWO);
    let it = town.dee().opens("ops INC-7 identity center is down");
    town.settle();
    for _ in 0..4 {
        town.pass(2.minutes());
        town.settle();
    }
    assert!(town.said_in_incident("still waits") >= 3, "loud reminders");
    town.pass(2.minutes());
    town.emergency_becomes(&it, EmergencyWord::Lapsed);
    town.bo().says("/breakglass confirm").says("break-glass is not open");
    town.incident_says("nobody confirmed it in time");
    let next = town.dee().opens("ops INC-7 identity center is still down");
    town.bo().says("/breakglass decline it is only the dashboard").says("off the table");
    town.emergency_becomes(&next, EmergencyWord::Declined);
    town.incident_says("it is only the dashboard");
    assert_eq!(town.okta().count("activateApplication"), 0);
}
