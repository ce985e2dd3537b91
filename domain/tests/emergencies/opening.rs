//! Opening: what is done, in which order, and when it is called on (P2, P4).

use glasskey_domain::command::NewEmergency;
use glasskey_domain::emergency::{EmergencyState, Level};
use glasskey_domain::event::EmergencyFact;
use glasskey_domain::federation::{FederationChange, FederationStep, Made, READ_ONLY, next_step};
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::*;

use crate::life::Life;
use crate::stage::*;
use crate::town::*;

fn opening(people: &[&str]) -> Life {
    let mut life = Life::fine(0);
    life.opens(new(0, people)).unwrap();
    assert_eq!(life.word(0), EmergencyWord::Opening);
    life
}

#[test]
fn it_is_on_when_the_app_is_active_and_the_first_person_is_in() {
    let mut life = opening(&["cy", "dee"]);
    life.step(0);
    assert_eq!(
        life.one(0).view.intended,
        [FederationChange::Activate, add("cy"), add("dee")],
        "side by side"
    );
    life.twin.take(life.town.now, &FederationChange::Activate);
    life.twin.take(life.town.now, &add("dee"));
    let results =
        vec![(FederationChange::Activate, done()), (add("cy"), not_done()), (add("dee"), done_add("dee"))];
    life.said(Outcome::FederationMade { id: id(0), results });
    assert_eq!(life.word(0), EmergencyWord::Opening, "nobody saw it");
    life.step(0);
    assert_eq!(life.word(0), EmergencyWord::On);
}

#[test]
fn a_person_who_is_in_is_not_enough_without_the_app() {
    let mut life = opening(&["cy"]);
    life.step(0);
    life.twin.take(life.town.now, &add("cy"));
    let results = vec![(FederationChange::Activate, not_done()), (add("cy"), done_add("cy"))];
    life.said(Outcome::FederationMade { id: id(0), results });
    life.looked(0, 0);
    assert_eq!(life.word(0), EmergencyWord::Opening);
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::SeatConfirmed { .. })), 1);
}

#[test]
fn it_is_on_without_anybody_when_nobody_can_be_waited_for() {
    let mut life = opening(&["fay"]);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On, "others can be added");
    let trouble = life.one(0).seats[0].trouble.clone().unwrap();
    assert!(trouble.for_good);
    assert!(life.adds("ana", "fay", Level::Ops).is_ok(), "when somebody has mended it, they are added again");
}

#[test]
fn an_app_that_looks_active_is_activated_all_the_same() {
    let mut life = Life::on(&["cy"]);
    life.wait(60);
    life.off("ana").unwrap();
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    life.opens(new(1, &["cy"])).unwrap();
    // How it was before the one before was closed.
    life.wait(1);
    life.looked(1, 3);
    assert_eq!(life.word(1), EmergencyWord::Opening, "what is seen may be from before");
    assert_eq!(life.one(1).view.intended, [FederationChange::Activate, add("cy")]);
    life.rest();
    assert_eq!(life.word(1), EmergencyWord::On);
}

#[test]
fn the_time_counts_from_the_confirmation() {
    let mut life = opening(&["cy"]);
    assert_eq!(life.deadline(0), after(life.town.now, 3600));
    life.wait(40);
    life.rest();
    assert_eq!(life.deadline(0), after(life.town.now, 3600));
}

#[test]
fn an_end_that_somebody_moved_stays_where_it_is() {
    let mut life = opening(&["cy"]);
    life.extends("ana", 60).unwrap();
    let deadline = life.deadline(0);
    life.wait(40);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
    assert_eq!(life.deadline(0), deadline);
}

#[test]
fn at_its_deadline_nothing_is_opened_whether_or_not_the_timer_came() {
    let mut life = Life::fine(0);
    life.opens(NewEmergency { length: Some(Seconds(60)), ..new(0, &["cy"]) }).unwrap();
    life.step(0);
    let step = |life: &Life| next_step(life.one(0), life.town.now);
    life.wait(59);
    assert!(matches!(step(&life), FederationStep::Make { .. }));
    life.wait(1);
    assert!(matches!(step(&life), FederationStep::Look { .. }), "the deadline is exactly now");
    life.looked(0, 0);
    assert_eq!(life.word(0), EmergencyWord::Closing);
    assert!(!matches!(step(&life), FederationStep::Make { .. }));
    let late = Err(Refusal::EmergencyTooLate { id: id(0), state: EmergencyWord::Closing });
    assert_eq!(life.adds("ana", "dee", Level::Ops), late);
}

#[test]
fn at_its_deadline_nobody_is_added_whether_or_not_the_timer_came() {
    let mut life = Life::on(&["cy"]);
    life.wait(3600);
    let late = Err(Refusal::EmergencyTooLate { id: id(0), state: EmergencyWord::On });
    assert_eq!(life.adds("ana", "dee", Level::Ops), late);
    life.tick(0);
    assert_eq!(life.word(0), EmergencyWord::Closing);
}

#[test]
fn an_emergency_lasts_from_a_minute_to_the_longest() {
    let mut life = Life::fine(0);
    let of = |seconds| NewEmergency { length: Some(Seconds(seconds)), ..new(0, &[]) };
    assert_eq!(life.opens(of(59)), Err(Refusal::TooShort { min: Seconds(60) }));
    assert_eq!(life.opens(of(4 * 3600 + 1)), Err(Refusal::TooLong { max: Seconds::hours(4) }));
    assert!(life.opens(of(4 * 3600)).is_ok());
}

#[test]
fn a_provider_in_the_way_is_told_once_and_once_more_when_it_is_its_disaster_recovery() {
    let mut life = opening(&["cy"]);
    life.step(0);
    let stuck = |life: &Life| life.untold(0, NoticeKind::EmergencyStuck);
    let says = |life: &mut Life, what: &str| {
        life.made(0, FederationChange::Activate, Made::NotDone { what: what.to_owned() });
    };
    says(&mut life, "429");
    assert_eq!(stuck(&life), 2, "the incident channel and the opener");
    let tells: Vec<Tell> = life.one(0).untold.keys().cloned().collect();
    for tell in tells {
        life.said(Outcome::Told { tell });
    }
    says(&mut life, "500");
    says(&mut life, "429");
    assert_eq!(stuck(&life), 0, "complaints alternate");
    says(&mut life, &format!("{READ_ONLY} disaster recovery"));
    assert_eq!(stuck(&life), 2);
    assert!(life.one(0).read_only);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
    assert!(!life.one(0).read_only && life.one(0).trouble.is_none());
}

#[test]
fn a_list_that_lags_is_looked_at_again_before_the_change_is_made_again() {
    let mut life = opening(&["cy"]);
    life.step(0);
    life.wait(1);
    life.step(0);
    for _ in 0..5 {
        assert!(matches!(next_step(life.one(0), life.town.now), FederationStep::Look { .. }));
        life.looked(0, 5);
    }
    assert_eq!(life.one(0).view.intended, []);
    life.looked(0, 5);
    assert_eq!(life.one(0).view.intended, [FederationChange::Activate, add("cy")]);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
}

#[test]
fn while_it_is_on_everybody_is_reminded_and_warned_of_its_end() {
    let mut life = Life::on(&["cy"]);
    life.wait(1799);
    life.rest();
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::Reminded { .. })), 0);
    life.wait(1);
    life.rest();
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::Reminded { .. })), 1);
    life.wait(1199);
    life.rest();
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::EndAnnounced)), 0);
    life.wait(1);
    life.rest();
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::EndAnnounced)), 1);
    life.extends("ana", 600).unwrap();
    life.wait(600);
    life.rest();
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::EndAnnounced)), 2, "of the new end, too");
}

#[test]
fn one_that_is_shorter_than_the_warning_is_not_warned_of() {
    let mut life = Life::fine(0);
    life.opens(NewEmergency { length: Some(Seconds(600)), ..new(0, &[]) }).unwrap();
    life.rest();
    assert!(matches!(life.one(0).state, EmergencyState::On { warned: true, .. }));
}

#[test]
fn the_commander_is_not_asked_to_close_what_was_just_opened() {
    let mut life = Life::fine(0);
    let since = life.town.now;
    life.send(command::Incoming::inside(Command::Center { answers: true, since })).unwrap();
    life.wait(3600);
    life.opens(new(0, &["cy"])).unwrap();
    life.rest();
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::AskedToClose)), 0);
    life.wait(900);
    life.rest();
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::AskedToClose)), 1);
}

#[test]
fn the_commander_is_asked_to_close_once_identity_center_is_well() {
    let mut life = Life::on(&["cy"]);
    let asked = |life: &Life| life.facts(|fact| matches!(fact, EmergencyFact::AskedToClose));
    let center = |life: &mut Life, answers| {
        let since = life.town.now;
        life.send(command::Incoming::inside(Command::Center { answers, since })).unwrap();
    };
    center(&mut life, false);
    life.wait(900);
    life.rest();
    assert_eq!(asked(&life), 0);
    center(&mut life, true);
    life.wait(899);
    life.rest();
    assert_eq!(asked(&life), 0);
    life.wait(1);
    life.rest();
    life.wait(1);
    life.rest();
    assert_eq!(asked(&life), 1);
}
