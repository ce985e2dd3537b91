//! Who is in it, while it is on.

use glasskey_domain::command::{EmergencyCommand, NewEmergency};
use glasskey_domain::emergency::Level;
use glasskey_domain::event::EmergencyFact;
use glasskey_domain::federation::{FederationChange, LOOK_EVERY};
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::settings::SEATS_MAX;
use glasskey_domain::*;

use crate::life::Life;
use crate::stage::*;
use crate::town::*;
use crate::twin::member;

fn crowd(size: usize) -> Vec<PersonId> {
    (0..size).map(|number| PersonId::new(format!("p{number:03}"))).collect()
}

#[test]
fn an_emergency_takes_a_hundred_people_and_not_one_more() {
    let mut life = Life::fine(0);
    let of = |size| NewEmergency { people: crowd(size), ..new(0, &[]) };
    assert_eq!(life.opens(of(SEATS_MAX + 1)), Err(Refusal::TooManyPeople { max: SEATS_MAX }));
    assert!(Life::fine(0).opens(of(SEATS_MAX)).is_ok());
    life.opens(of(SEATS_MAX - 1)).unwrap();
    life.rest();
    assert!(life.adds("ana", "cy", Level::Ops).is_ok());
    assert_eq!(life.adds("ana", "dee", Level::Ops), Err(Refusal::TooManyPeople { max: SEATS_MAX }));
    life.rest();
    assert_eq!(life.twin.has.groups[&Level::Ops].len(), SEATS_MAX);
}

#[test]
fn the_same_person_has_a_seat_in_each_group_and_loses_both_at_once() {
    let mut life = Life::on(&["cy"]);
    life.adds("ana", "cy", Level::Ro).unwrap();
    life.rest();
    assert!(life.twin.has_in(Level::Ro, &person("cy")) && life.twin.has_in(Level::Ops, &person("cy")));
    assert_eq!(life.adds("ana", "cy", Level::Ro), Err(Refusal::AlreadyIn));
    life.removes("ana", "cy").unwrap();
    life.rest();
    assert!(!life.twin.has_in(Level::Ro, &person("cy")) && !life.twin.has_in(Level::Ops, &person("cy")));
    assert_eq!(life.removes("ana", "cy"), Err(Refusal::NobodyToRemove));
}

#[test]
fn somebody_named_twice_gets_one_seat() {
    let mut life = Life::on(&["cy", "cy"]);
    let people = vec![person("dee"), person("dee")];
    life.does("ana", EmergencyCommand::Add { which: open(), people, level: Level::Ro }).unwrap();
    assert_eq!(life.one(0).seats.len(), 2);
}

#[test]
fn who_is_removed_before_the_call_is_not_added_any_more() {
    let mut life = Life::on(&["cy"]);
    life.adds("ana", "dee", Level::Ops).unwrap();
    assert_eq!(life.one(0).view.intended, [add("dee")]);
    life.removes("ana", "dee").unwrap();
    assert!(life.one(0).view.intended.is_empty());
    life.rest();
    assert!(!life.twin.has_in(Level::Ops, &person("dee")));
}

#[test]
fn who_is_removed_while_the_call_is_in_flight_is_taken_out_again() {
    for hear in [true, false] {
        let mut life = Life::on(&["cy"]);
        life.adds("ana", "dee", Level::Ops).unwrap();
        life.twin.take(life.town.now, &add("dee"));
        life.removes("ana", "dee").unwrap();
        life.made(0, add("dee"), if hear { done_add("dee") } else { lost() });
        life.rest();
        assert!(!life.twin.has_in(Level::Ops, &person("dee")), "its answer was heard: {hear}");
        assert!(life.twin.has_in(Level::Ops, &person("cy")));
        assert_eq!(life.one(0).strangers.values().flatten().count(), 0, "dee is no stranger");
    }
}

#[test]
fn who_is_added_again_while_being_removed_is_in_at_the_end() {
    for lag in [0, 5] {
        let mut life = Life::on(&["cy", "dee"]);
        life.wait(60);
        life.removes("ana", "dee").unwrap();
        life.adds("ana", "dee", Level::Ops).unwrap();
        assert_eq!(life.one(0).view.intended, [remove("dee")]);
        assert!(
            life.one(0).seats.iter().all(|seat| seat.person != person("dee") || seat.confirmed_at.is_none())
        );
        life.step(0);
        // A list that lags still shows how it was before: dee is not in, whatever it says.
        life.looked(0, lag);
        assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::SeatConfirmed { person: who, .. } if *who == person("dee"))), 1);
        life.rest();
        assert!(life.twin.has_in(Level::Ops, &person("dee")), "lists lag {lag} s");
        let seat = life.one(0).seats_given().find(|seat| seat.person == person("dee")).unwrap();
        assert!(seat.confirmed_at.is_some() && !seat.gone_by_hand);
    }
}

/// Looks are two minutes apart.
fn two_looks(life: &mut Life) {
    for _ in 0..2 {
        life.wait(i64::from(LOOK_EVERY.0));
        life.rest();
    }
}

#[test]
fn who_is_taken_out_by_hand_is_noticed_at_the_second_look_and_not_put_back() {
    let mut life = Life::on(&["cy", "dee"]);
    life.twin.by_hand(life.town.now, &remove("dee"));
    life.wait(i64::from(LOOK_EVERY.0));
    life.rest();
    assert!(life.one(0).seats.iter().all(|seat| !seat.gone_by_hand), "one look can lag");
    two_looks(&mut life);
    assert!(life.one(0).seats.iter().any(|seat| seat.gone_by_hand && seat.person == person("dee")));
    assert!(!life.twin.has_in(Level::Ops, &person("dee")));
    life.adds("ana", "dee", Level::Ops).unwrap();
    life.rest();
    assert!(life.twin.has_in(Level::Ops, &person("dee")), "somebody who is added again is put in again");
}

#[test]
fn absence_right_after_something_was_opened_is_nobodys_deed() {
    let mut life = Life::on(&["cy"]);
    life.wait(3600 - 1800);
    life.adds("ana", "dee", Level::Ops).unwrap();
    life.step(0);
    life.wait(2);
    // Two looks from before the emergency: the app inactive, the groups empty.
    for _ in 0..2 {
        life.looked(0, 1830);
    }
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
    assert!(life.one(0).seats.iter().all(|seat| !seat.gone_by_hand));
}

#[test]
fn how_to_sign_in_is_told_when_one_can_and_not_to_who_was_removed() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy", "dee"])).unwrap();
    let sign_in = NoticeKind::SignIn { level: Level::Ops };
    life.step(0);
    life.twin.take(life.town.now, &add("cy"));
    life.made(0, add("cy"), done_add("cy"));
    life.made(0, add("dee"), not_done());
    life.made(0, FederationChange::Activate, not_done());
    life.step(0);
    assert_eq!(life.untold(0, sign_in), 0, "the app is not active yet");
    life.step(0);
    life.step(0);
    assert_eq!(life.word(0), EmergencyWord::On);
    assert_eq!(life.untold(0, sign_in), 2);
    life.removes("ana", "dee").unwrap();
    assert_eq!(life.untold(0, sign_in), 1);
}

#[test]
fn strangers_are_told_left_while_it_is_on_and_taken_out_with_everybody() {
    let mut life = Life::on(&["cy"]);
    life.twin.by_hand(life.town.now, &add("dee"));
    life.wait(i64::from(LOOK_EVERY.0));
    life.step(0);
    assert_eq!(life.untold(0, NoticeKind::Strangers { seen: 1 }), 1);
    life.rest();
    assert!(life.twin.has_in(Level::Ops, &person("dee")));
    two_looks(&mut life);
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::StrangersSeen { .. })), 1, "told once");
    life.off("ana").unwrap();
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert!(life.twin.is_closed());
    assert!(
        life.one(0).strangers[&Level::Ops].contains(&member(&person("dee"))),
        "and the report says who they were"
    );
}

#[test]
fn a_stranger_who_is_given_a_seat_is_none_any_more() {
    let mut life = Life::on(&["cy"]);
    life.twin.by_hand(life.town.now, &add("dee"));
    life.wait(i64::from(LOOK_EVERY.0));
    life.rest();
    life.adds("ana", "dee", Level::Ops).unwrap();
    life.rest();
    assert_eq!(life.one(0).strangers.values().flatten().count(), 0);
    life.twin.by_hand(life.town.now, &add("eve"));
    life.wait(i64::from(LOOK_EVERY.0));
    life.step(0);
    assert_eq!(
        life.untold(0, NoticeKind::Strangers { seen: 2 }),
        1,
        "another one is told of under another name"
    );
}

#[test]
fn a_lost_reply_does_not_make_a_stranger_of_somebody_whose_login_the_directory_knows() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy"])).unwrap();
    life.step(0);
    life.twin.take(life.town.now, &add("cy"));
    life.made(0, add("cy"), lost());
    life.step(0);
    life.looked(0, 0);
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::Recognised { .. })), 1);
    assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::StrangersSeen { .. })), 0);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
}

#[test]
fn who_waits_to_be_added_again_does_not_hold_up_who_is_in() {
    let mut life = Life::on(&["cy", "dee"]);
    life.removes("ana", "dee").unwrap();
    life.rest();
    life.adds("ana", "eve", Level::Ops).unwrap();
    life.adds("ana", "dee", Level::Ops).unwrap();
    assert_eq!(life.one(0).view.intended, [add("eve")]);
    life.step(0);
    life.step(0);
    let eve = life.one(0).seats_given().find(|seat| seat.person == person("eve")).unwrap();
    assert!(eve.confirmed_at.is_some());
}

#[test]
fn two_people_who_are_one_user_at_the_provider_do_not_cut_each_other_short() {
    let mut life = Life::on(&["cy"]);
    life.adds("ana", "p119", Level::Ops).unwrap();
    life.rest();
    life.removes("ana", "p119").unwrap();
    life.rest();
    assert!(life.twin.has_in(Level::Ops, &person("cy")));
    life.removes("ana", "cy").unwrap();
    life.rest();
    assert!(!life.twin.has_in(Level::Ops, &person("cy")));
}

#[test]
fn who_was_taken_out_by_hand_before_it_was_told_is_not_told_how_to_sign_in() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy"])).unwrap();
    for _ in 0..3 {
        life.step(0);
    }
    let sign_in = NoticeKind::SignIn { level: Level::Ops };
    assert_eq!(life.untold(0, sign_in), 1);
    life.twin.by_hand(life.town.now, &remove("cy"));
    for _ in 0..2 {
        life.wait(i64::from(LOOK_EVERY.0));
        life.step(0);
    }
    assert_eq!(life.untold(0, sign_in), 0);
}
