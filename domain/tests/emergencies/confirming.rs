//! Who must agree, to the person and to the second (P1).

use glasskey_domain::command::{EmergencyCommand, Incoming, NewEmergency};
use glasskey_domain::emergency::Level;
use glasskey_domain::person::Employment;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::*;

use crate::life::Life;
use crate::stage::*;
use crate::town::*;

fn proposed(approvals: u32, people: &[&str]) -> Life {
    let mut life = Life::fine(approvals);
    life.opens(new(0, people)).unwrap();
    assert_eq!(life.word(0), EmergencyWord::Proposed);
    life
}

fn employ(life: &mut Life, who: &str, employment: Employment) {
    life.town.directory.people.get_mut(&person(who)).unwrap().employment = employment;
}

#[test]
fn who_opened_it_does_not_confirm_it() {
    let mut life = proposed(1, &["cy"]);
    assert_eq!(life.confirms("ana"), Err(Refusal::AloneTooEarly { from: None }));
}

#[test]
fn who_gets_the_access_does_not_confirm_it() {
    let mut life = proposed(1, &["cy"]);
    assert_eq!(life.confirms("cy"), Err(Refusal::OwnEmergency));
    life.confirms("bo").unwrap();
    assert_eq!(life.word(0), EmergencyWord::Opening);
}

#[test]
fn the_same_person_through_two_doors_confirms_once() {
    let mut life = proposed(2, &[]);
    life.confirms("bo").unwrap();
    let by = Actor::person(person("bo"), Door::Discord);
    let command = Command::Emergency(EmergencyCommand::Confirm { which: by_id(0) });
    let again = life.answers(Incoming { by, interaction: None, command });
    assert_eq!(again, Err(Refusal::AlreadyApproved { missing: 1 }));
    life.confirms("cy").unwrap();
    assert_eq!(life.word(0), EmergencyWord::Opening);
}

#[test]
fn who_confirmed_and_left_meanwhile_does_not_count() {
    let mut life = proposed(2, &[]);
    life.confirms("bo").unwrap();
    employ(&mut life, "bo", Employment::Disabled);
    assert_eq!(life.confirms("cy"), Ok(Reply::EmergencyConfirmed { id: id(0), missing: 1 }));
    assert_eq!(life.word(0), EmergencyWord::Proposed);
}

#[test]
fn who_confirmed_and_may_not_any_more_does_not_count() {
    let mut life = proposed(2, &[]);
    life.confirms("bo").unwrap();
    life.town.rules.may_confirm.remove(&person("bo"));
    assert_eq!(life.confirms("cy"), Ok(Reply::EmergencyConfirmed { id: id(0), missing: 1 }));
}

#[test]
fn more_confirmations_are_needed_when_policy_asks_for_more_meanwhile_and_never_fewer() {
    let mut life = proposed(1, &[]);
    life.town.rules.approvals = [2, 2];
    assert_eq!(life.confirms("bo"), Ok(Reply::EmergencyConfirmed { id: id(0), missing: 1 }));
    let mut life = proposed(2, &[]);
    life.town.rules.approvals = [0, 0];
    assert_eq!(life.confirms("bo"), Ok(Reply::EmergencyConfirmed { id: id(0), missing: 1 }));
}

#[test]
fn an_opener_who_may_not_open_any_more_opens_nothing() {
    let mut life = proposed(1, &[]);
    life.town.rules.may_open.remove(&person("ana"));
    let no = Err(Refusal::MayNotBreakGlass { why: NotPermitted::NoPolicy });
    assert_eq!(life.confirms("bo"), no);
    let mut life = proposed(1, &[]);
    employ(&mut life, "ana", Employment::Disabled);
    assert_eq!(life.confirms("bo"), Err(Refusal::NotEnabled { person: person("ana") }));
}

#[test]
fn who_was_named_and_left_meanwhile_gets_nothing() {
    let mut life = proposed(1, &["cy", "dee"]);
    employ(&mut life, "dee", Employment::Unknown);
    life.confirms("bo").unwrap();
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
    assert!(life.twin.has_in(Level::Ops, &person("cy")));
    assert!(!life.twin.has_in(Level::Ops, &person("dee")));
}

#[test]
fn it_lapses_at_the_second_whether_or_not_the_timer_came() {
    let mut life = proposed(1, &[]);
    life.wait(599);
    assert_eq!(life.confirms("ana"), Err(Refusal::AloneTooEarly { from: None }));
    life.wait(1);
    let late = Err(Refusal::EmergencyTooLate { id: id(0), state: EmergencyWord::Proposed });
    assert_eq!(life.confirms("bo"), late);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Lapsed);
}

fn solo(seconds: u32) -> Life {
    let mut life = Life::fine(1);
    life.town.rules.solo_after = Some(Seconds(seconds));
    life.opens(new(0, &[])).unwrap();
    life
}

#[test]
fn the_opener_goes_on_alone_at_the_second_and_not_before() {
    let mut life = solo(300);
    let from = after(life.town.now, 300);
    life.wait(299);
    assert_eq!(life.confirms("ana"), Err(Refusal::AloneTooEarly { from: Some(from) }));
    life.wait(1);
    assert!(life.confirms("ana").is_ok());
    assert!(life.one(0).alone);
}

#[test]
fn going_on_alone_is_loudly_told() {
    let mut life = solo(300);
    life.wait(300);
    life.confirms("ana").unwrap();
    for _ in 0..3 {
        life.step(0);
    }
    assert_eq!(life.untold(0, NoticeKind::EmergencyAlone), 2, "the incident channel and the access channel");
}

#[test]
fn nobody_goes_on_alone_when_policy_does_not_let_them_any_more() {
    let mut life = solo(300);
    life.wait(300);
    life.town.rules.solo_after = None;
    assert_eq!(life.confirms("ana"), Err(Refusal::AloneTooEarly { from: None }));
    life.town.rules.solo_after = Some(Seconds(301));
    assert_eq!(life.confirms("ana"), Err(Refusal::AloneTooEarly { from: Some(after(life.town.now, 1)) }));
}

#[test]
fn only_the_opener_goes_on_alone() {
    let mut life = Life::fine(2);
    life.town.rules.solo_after = Some(Seconds(60));
    life.opens(new(0, &[])).unwrap();
    life.wait(60);
    assert_eq!(life.confirms("bo"), Ok(Reply::EmergencyConfirmed { id: id(0), missing: 1 }));
}

#[test]
fn that_nobody_could_confirm_is_said_at_once() {
    let mut life = Life::fine(1);
    life.town.rules.may_confirm = [person("ana"), person("cy")].into();
    let nobody = Err(Refusal::NobodyCouldApprove { needed: 1, found: 0 });
    assert_eq!(life.opens(new(0, &["cy"])), nobody);
    life.town.rules.solo_after = Some(Seconds(60));
    assert!(life.opens(new(0, &["cy"])).is_ok());
}

/// An emergency that two agreed to is on for an hour, for ana.
fn agreed() -> Life {
    let mut life = proposed(1, &[]);
    life.confirms("bo").unwrap();
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
    life
}

#[test]
fn where_two_must_agree_the_opener_does_not_extend() {
    let mut life = agreed();
    assert_eq!(life.extends("ana", 600), Err(Refusal::OwnEmergency));
    assert!(life.extends("cy", 600).is_ok());
}

#[test]
fn who_sits_in_it_does_not_extend_where_two_must_agree() {
    let mut life = agreed();
    life.adds("ana", "cy", Level::Ro).unwrap();
    assert_eq!(life.extends("cy", 600), Err(Refusal::OwnEmergency));
    let cannot = Err(Refusal::MayNotConfirm { why: NotPermitted::NoPolicy });
    assert_eq!(life.extends("aud", 600), cannot);
}

#[test]
fn an_extension_reaches_the_longest_to_the_second() {
    let mut life = Life::on(&[]);
    let three_hours = 3 * 3600;
    assert_eq!(life.extends("ana", three_hours + 1), Err(Refusal::TooLong { max: Seconds::hours(4) }));
    let until = after(life.deadline(0), i64::from(three_hours));
    assert_eq!(life.extends("ana", three_hours), Ok(Reply::EmergencyExtended { id: id(0), deadline: until }));
    assert_eq!(life.extends("ana", 60), Err(Refusal::TooLong { max: Seconds::hours(4) }));
    assert_eq!(life.extends("ana", 59), Err(Refusal::TooShort { min: Seconds(60) }));
}

#[test]
fn at_its_deadline_nothing_is_extended() {
    let mut life = Life::on(&[]);
    life.wait(3600);
    let late = Err(Refusal::EmergencyTooLate { id: id(0), state: EmergencyWord::On });
    assert_eq!(life.extends("ana", 60), late);
}

/// P1: what needs two is not reached by opening what needs one and going on from there.
#[test]
fn what_needs_another_is_not_reached_by_adding_to_what_needs_none() {
    let mut life = Life::fine(0);
    life.town.rules.approvals = [0, 1];
    life.opens(NewEmergency { level: Level::Ro, ..new(0, &[]) }).unwrap();
    life.rest();
    let why = NotPermitted::ApprovalsGone { needed: 1, counting: 0 };
    assert_eq!(life.adds("ana", "ana", Level::Ops), Err(Refusal::MayNotBreakGlass { why }));
    assert!(life.adds("ana", "cy", Level::Ro).is_ok());
}

/// P1
#[test]
fn what_needs_another_is_not_reached_by_extending_what_needs_none() {
    let mut life = Life::fine(0);
    life.town.rules.approvals_long = 1;
    life.opens(new(0, &[])).unwrap();
    life.rest();
    assert_eq!(life.extends("ana", 60), Err(Refusal::OwnEmergency));
    life.town.rules.approvals_long = 2;
    let why = NotPermitted::ApprovalsGone { needed: 2, counting: 1 };
    assert_eq!(life.extends("cy", 60), Err(Refusal::MayNotBreakGlass { why }));
    life.town.rules.approvals_long = 1;
    assert!(life.extends("cy", 60).is_ok());
}

#[test]
fn who_went_on_alone_may_extend_and_add_under_the_same_terms() {
    let mut life = solo(60);
    life.wait(60);
    life.confirms("ana").unwrap();
    life.rest();
    assert!(life.extends("ana", 60).is_ok());
    assert!(life.adds("ana", "dee", Level::Ops).is_ok());
}
