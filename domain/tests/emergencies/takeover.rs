//! Drills, and what goes on where another was not closed yet.

use glasskey_domain::command::{EmergencyCommand, Incoming, NewEmergency};
use glasskey_domain::emergency::{CloseCause, EmergencyState, Level, Review};
use glasskey_domain::federation::FederationChange;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::*;

use crate::life::Life;
use crate::stage::*;
use crate::town::*;

fn drilling() -> Life {
    let mut life = Life::fine(1);
    life.opens(drill(0)).unwrap();
    life
}

#[test]
fn a_drill_goes_on_and_off_with_nobody_in_it_and_needs_nobody_else() {
    let mut life = drilling();
    life.rest();
    assert!(matches!(
        life.one(0).state,
        EmergencyState::Off { cause: CloseCause::DrillDone, on_since: Some(_), .. }
    ));
    assert_eq!(life.one(0).review, Review::NotNeeded);
    assert_eq!(life.drilled(), None);
    assert!(life.twin.is_closed());
    assert!(life.town.closed.contains_key(&id(0)));
}

#[test]
fn a_drill_by_schedule_puts_in_its_canary_and_takes_them_out() {
    let mut life = Life::fine(1);
    let canary = NewEmergency { people: vec![person("dee")], due: Some(life.town.now), ..drill(0) };
    life.send(Incoming::inside(Command::Emergency(EmergencyCommand::Open(canary)))).unwrap();
    for _ in 0..2 {
        life.step(0);
    }
    assert!(life.twin.has_in(Level::Ops, &person("dee")));
    life.rest();
    assert!(life.twin.is_closed());
    assert_eq!(life.drilled(), None);
    assert_eq!(life.town.book.watch().drill_due[&federation()], after(life.town.now, 0));
}

/// P1: a drill asks nobody, so nobody names themselves a canary.
#[test]
fn nobody_gets_access_by_naming_somebody_in_a_drill() {
    let mut life = Life::fine(1);
    let naming = |who: &str, level| NewEmergency { people: vec![person(who)], level, ..drill(0) };
    let why = NotPermitted::ApprovalsGone { needed: 1, counting: 0 };
    let refused = Err(Refusal::MayNotBreakGlass { why });
    assert_eq!(life.opens(naming("ana", Level::Ro)), refused);
    life.town.settings.federations.get_mut(&federation()).unwrap().canary =
        Some("Dee@acme.example".to_owned());
    assert_eq!(life.opens(naming("ana", Level::Ro)), refused);
    assert_eq!(life.opens(naming("dee", Level::Ops)), refused, "the canary looks, and does not operate");
    assert!(life.opens(naming("dee", Level::Ro)).is_ok());
}

#[test]
fn a_drill_that_is_not_on_in_time_ends_by_itself_and_is_said_to_have_failed() {
    let mut life = drilling();
    life.twin.read_only = true;
    life.rest();
    life.wait(900);
    life.tick(0);
    life.twin.read_only = false;
    life.rest();
    life.wait(60);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert_eq!(life.drilled().as_deref(), Some("it was not on in time"));
}

#[test]
fn a_drill_whose_metadata_is_not_fetched_in_time_was_on() {
    let mut life = drilling();
    for _ in 0..3 {
        life.step(0);
    }
    assert_eq!(life.word(0), EmergencyWord::On);
    life.wait(900);
    life.tick(0);
    life.rest();
    assert_eq!(life.drilled().as_deref(), Some("its sign-in metadata was not fetched in time"));
}

#[test]
fn a_drill_without_metadata_fails_and_is_closed() {
    let mut life = drilling();
    for _ in 0..3 {
        life.step(0);
    }
    life.said(Outcome::MetadataFetched { id: id(0), fault: Some("no certificate".to_owned()) });
    life.rest();
    assert_eq!(life.drilled().as_deref(), Some("no certificate"));
    assert!(life.twin.is_closed());
}

#[test]
fn nothing_is_added_to_a_drill_and_it_is_not_extended() {
    let mut life = drilling();
    let late = Err(Refusal::EmergencyTooLate { id: id(0), state: EmergencyWord::Opening });
    assert_eq!(life.adds("ana", "ana", Level::Ro), late);
    assert_eq!(life.extends("bo", 60), late);
}

#[test]
fn an_incident_takes_a_drill_over_whatever_it_is_at() {
    for steps in 0..8 {
        let mut life = Life::fine(0);
        life.opens(drill(0)).unwrap();
        for _ in 0..steps {
            life.step(0);
        }
        if life.word(0) == EmergencyWord::Off {
            continue;
        }
        life.opens(new(1, &["cy"])).unwrap();
        assert!(
            matches!(&life.one(0).state, EmergencyState::Off { taken_over_by: Some(by), .. } if *by == id(1))
        );
        assert_eq!(life.drilled().as_deref(), Some("an incident came first"), "after {steps} steps");
        life.rest();
        assert_eq!(life.word(1), EmergencyWord::On, "after {steps} steps");
        life.off("ana").unwrap();
        life.wait(60);
        life.rest();
        assert!(life.twin.is_closed());
    }
}

/// On for cy and dee, and ordered to close.
fn closing() -> Life {
    let mut life = Life::on(&["cy", "dee"]);
    life.wait(60);
    life.off("ana").unwrap();
    assert_eq!(life.word(0), EmergencyWord::Closing);
    life
}

#[test]
fn who_was_in_the_one_before_is_taken_out_by_the_one_that_goes_on() {
    for steps in 0..2 {
        let mut life = closing();
        for _ in 0..steps {
            life.step(0);
        }
        life.opens(new(1, &["cy"])).unwrap();
        life.rest();
        assert_eq!(life.word(1), EmergencyWord::On);
        assert!(life.twin.has_in(Level::Ops, &person("cy")), "after {steps} steps");
        assert!(!life.twin.has_in(Level::Ops, &person("dee")), "after {steps} steps");
        assert_eq!(life.one(1).strangers.values().flatten().count(), 0, "dee is no stranger");
    }
}

#[test]
fn what_the_one_before_had_closed_is_opened_again_although_it_still_looks_open() {
    let mut life = closing();
    life.step(0);
    life.opens(new(1, &["cy"])).unwrap();
    life.wait(1);
    life.looked(1, 3);
    assert_eq!(life.word(1), EmergencyWord::Opening, "it is closed");
    life.rest();
    assert_eq!(life.word(1), EmergencyWord::On);
    assert!(life.twin.has.app && life.twin.has_in(Level::Ops, &person("cy")));
}

#[test]
fn what_the_one_before_had_opened_is_closed_although_it_still_looks_closed() {
    let mut life = Life::fine(0);
    life.wait(60);
    life.opens(drill(0)).unwrap();
    life.step(0);
    life.step(0);
    life.step(0);
    assert_eq!(life.word(0), EmergencyWord::On);
    life.wait(1);
    life.opens(new(1, &["cy"])).unwrap();
    life.off("ana").unwrap();
    life.looked(1, 4);
    assert_eq!(life.word(1), EmergencyWord::Closing, "the app is active");
    life.wait(50);
    life.rest();
    assert_eq!(life.word(1), EmergencyWord::Off);
    assert!(life.twin.is_closed());
}

#[test]
fn one_that_is_closed_elsewhere_is_not_taken_over() {
    let mut life = closing();
    life.town.settings.federations.get_mut(&federation()).unwrap().place.app = "0oa2".to_owned();
    let until = life.deadline(0);
    assert_eq!(life.opens(new(1, &["cy"])), Err(Refusal::EmergencyIsOn { id: id(0), until }));
    life.rest();
    assert!(life.opens(new(1, &["cy"])).is_ok());
}

#[test]
fn sessions_of_the_one_before_are_cut_with_those_of_the_one_that_goes_on() {
    let mut life = Life::fine(0);
    let place = |life: &mut Life, cut| {
        life.town.settings.federations.get_mut(&federation()).unwrap().place.cut = cut;
    };
    place(&mut life, Some(cut_plan()));
    life.opens(new(0, &["cy"])).unwrap();
    life.rest();
    life.off("ana").unwrap();
    place(&mut life, None);
    life.opens(new(1, &["cy"])).unwrap();
    assert_eq!(life.one(1).ask.place.cut, Some(cut_plan()));
}

#[test]
fn an_incident_is_not_taken_over_and_a_drill_takes_over_nothing() {
    let mut life = Life::on(&["cy"]);
    let until = life.deadline(0);
    let is_on = Err(Refusal::EmergencyIsOn { id: id(0), until });
    assert_eq!(life.opens(new(1, &["cy"])), is_on);
    assert_eq!(life.opens(drill(1)), is_on);
    life.wait(60);
    life.off("ana").unwrap();
    let is_on = Err(Refusal::EmergencyIsOn { id: id(0), until: life.town.now });
    assert_eq!(life.opens(drill(1)), is_on);
}

#[test]
fn while_one_is_closed_only_one_waits_to_take_over_and_it_is_the_one_that_is_meant() {
    let mut life = closing();
    life.town.rules.approvals = [1, 1];
    life.opens(new(1, &["cy"])).unwrap();
    assert_eq!(life.word(1), EmergencyWord::Proposed);
    assert_eq!(life.opens(new(2, &["cy"])), Err(Refusal::EmergencyIsProposed { id: id(1) }));
    life.confirms("bo").unwrap();
    assert_eq!(life.word(1), EmergencyWord::Opening);
    assert_eq!(life.word(0), EmergencyWord::Off);
}

#[test]
fn what_waits_to_take_over_is_ordered_by_itself_when_the_one_before_is_closed_meanwhile() {
    let mut life = closing();
    life.town.rules.approvals = [1, 1];
    life.opens(new(1, &["cy"])).unwrap();
    life.rest();
    assert!(matches!(life.one(0).state, EmergencyState::Off { taken_over_by: None, .. }));
    life.confirms("bo").unwrap();
    life.rest();
    assert_eq!(life.word(1), EmergencyWord::On);
}

#[test]
fn a_change_in_flight_of_the_one_before_does_not_end_the_one_that_goes_on() {
    let mut life = Life::fine(0);
    life.opens(drill(0)).unwrap();
    life.step(0);
    life.opens(new(1, &["cy"])).unwrap();
    life.twin.take(life.town.now, &FederationChange::Activate);
    life.made(0, FederationChange::Activate, done());
    assert_eq!(life.one(0).state.word(), EmergencyWord::Off);
    life.rest();
    assert_eq!(life.word(1), EmergencyWord::On);
}
