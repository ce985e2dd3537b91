//! Closing: never given up, and called off only when it is (P3, P4).

use std::collections::BTreeMap;

use glasskey_domain::command::{Incoming, NewEmergency};
use glasskey_domain::emergency::{CloseCause, EmergencyState, Level, Member, Review};
use glasskey_domain::event::EmergencyFact;
use glasskey_domain::federation::{CutSeen, FederationChange, FederationStep, LOOK_EVERY, Looked, next_step};
use glasskey_domain::ids::MemberId;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::settings::{OVERDUE_AFTER, SETTLE_AFTER};
use glasskey_domain::*;

use crate::life::Life;
use crate::stage::*;
use crate::town::*;
use crate::twin::member;

fn ends_only_when_settled(life: &mut Life) {
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Closing, "closed is believed too early");
    assert!(matches!(next_step(life.one(0), life.town.now), FederationStep::Wait { .. }));
    life.wait(i64::from(SETTLE_AFTER.0) - 1);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Closing, "closed is believed a second too early");
    life.wait(1);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert!(life.twin.is_closed());
}

#[test]
fn an_opening_that_is_in_flight_when_it_is_closed_is_waited_for() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy"])).unwrap();
    life.step(0);
    life.off("ana").unwrap();
    life.twin.take_later(after(life.town.now, 9), FederationChange::Activate);
    life.twin.take_later(after(life.town.now, 9), add("cy"));
    ends_only_when_settled(&mut life);
}

#[test]
fn one_that_was_never_called_for_closes_at_once() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy"])).unwrap();
    life.off("ana").unwrap();
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
}

#[test]
fn an_opening_that_is_called_done_after_the_order_to_close_is_waited_for() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy"])).unwrap();
    life.step(0);
    life.off("ana").unwrap();
    life.wait(30);
    life.made(0, add("cy"), done_add("cy"));
    ends_only_when_settled(&mut life);
}

#[test]
fn a_lost_activation_is_waited_for() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy"])).unwrap();
    life.step(0);
    life.made(0, FederationChange::Activate, lost());
    life.made(0, add("cy"), not_done());
    life.off("ana").unwrap();
    life.twin.take_later(after(life.town.now, 12), FederationChange::Activate);
    ends_only_when_settled(&mut life);
}

#[test]
fn what_was_opened_and_not_seen_yet_is_not_taken_for_closed() {
    let mut life = Life::fine(0);
    life.opens(new(0, &["cy"])).unwrap();
    life.step(0);
    life.wait(1);
    life.step(0);
    life.off("ana").unwrap();
    life.looked(0, 5);
    assert_eq!(life.word(0), EmergencyWord::Closing);
    life.rest();
    life.wait(50);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert!(life.twin.is_closed());
}

/// A look from before the opening must not pass for what we failed to close.
#[test]
fn what_could_not_be_closed_is_not_closed_because_an_old_list_says_so() {
    let mut life = Life::fine(0);
    life.wait(60);
    life.opens(new(0, &["cy"])).unwrap();
    life.step(0);
    life.wait(1);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On);
    life.wait(1);
    life.off("ana").unwrap();
    let results = vec![(FederationChange::Deactivate, not_done()), (remove("cy"), not_done())];
    life.said(Outcome::FederationMade { id: id(0), results });
    life.looked(0, 5);
    assert_eq!(life.word(0), EmergencyWord::Closing, "the app is active");
    life.wait(49);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert!(life.twin.is_closed());
}

#[test]
fn a_crash_before_anything_was_seen_again_does_not_make_an_old_list_true() {
    for closing in [true, false] {
        let mut life = Life::fine(0);
        life.wait(60);
        life.opens(new(0, &["cy"])).unwrap();
        life.step(0);
        life.wait(1);
        life.rest();
        life.wait(1);
        if closing {
            life.off("ana").unwrap();
            life.crashes().unwrap();
        } else {
            life.crashes().unwrap();
            life.off("ana").unwrap();
        }
        life.looked(0, 5);
        assert_eq!(life.word(0), EmergencyWord::Closing, "the app is active");
    }
}

#[test]
fn everybody_is_taken_out_and_what_is_not_seen_gone_is_taken_out_again() {
    let mut life = Life::on(&["cy"]);
    let zed = Member { id: MemberId::new("00uzed"), login: "zed@elsewhere.example".to_owned() };
    life.twin.has.groups.get_mut(&Level::Ro).unwrap().insert(zed.clone());
    life.wait(3600);
    life.tick(0);
    life.step(0);
    life.step(0);
    let out = FederationChange::Remove { level: Level::Ro, member: zed };
    assert!(life.one(0).view.intended.contains(&out));
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert!(life.twin.is_closed());
}

/// Whom we took out may be listed still; whom somebody else put in waits for no list that lags.
#[test]
fn strangers_are_taken_out_at_the_first_look() {
    let mut life = Life::on(&["cy"]);
    life.wait(60);
    let zed = Member { id: MemberId::new("00uzed"), login: "zed@elsewhere.example".to_owned() };
    life.twin.has.groups.get_mut(&Level::Ops).unwrap().insert(zed.clone());
    life.off("ana").unwrap();
    life.step(0);
    life.step(0);
    let out = FederationChange::Remove { level: Level::Ops, member: zed };
    assert_eq!(life.one(0).view.intended, [out]);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert!(life.twin.is_closed());
}

#[test]
fn a_part_that_cannot_be_read_is_not_closed() {
    let mut life = Life::on(&["cy"]);
    life.wait(60);
    life.off("ana").unwrap();
    life.step(0);
    let mut looked = life.twin.shows(life.town.now, 0, true);
    looked.groups.remove(&Level::Ops);
    life.said(Outcome::FederationLooked { id: id(0), looked, fault: Some("429".to_owned()) });
    assert_eq!(life.word(0), EmergencyWord::Closing);
    assert_eq!(life.one(0).trouble.as_deref(), Some("429"));
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert_eq!(life.one(0).trouble, None);
}

/// P4: a group that was empty when it was last read may not be so when the rest can be read at last.
#[test]
fn parts_that_were_seen_closed_at_different_times_are_not_called_closed() {
    let mut life = Life::on(&["cy"]);
    life.wait(60);
    life.off("ana").unwrap();
    life.step(0);
    let closed = life.twin.shows(life.town.now, 0, true);
    let fault = || Some("429".to_owned());
    let without_app = Looked { app: None, ..closed.clone() };
    life.said(Outcome::FederationLooked { id: id(0), looked: without_app, fault: fault() });
    life.wait(6);
    life.twin.by_hand(life.town.now, &add("mallory"));
    let app_alone = Looked { groups: BTreeMap::new(), ..closed };
    life.said(Outcome::FederationLooked { id: id(0), looked: app_alone, fault: fault() });
    assert_eq!(life.word(0), EmergencyWord::Closing);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert!(life.twin.is_closed());
}

#[test]
fn overdue_is_told_at_the_second_and_again_and_that_it_is_over() {
    let mut life = Life::on(&["cy"]);
    life.twin.read_only = true;
    life.wait(60);
    life.off("ana").unwrap();
    life.wait(i64::from(OVERDUE_AFTER.0) - 1);
    life.tick(0);
    assert_eq!(life.overdue_told(0), 0);
    life.wait(1);
    life.tick(0);
    assert_eq!(life.overdue_told(0), 1);
    life.wait(299);
    life.tick(0);
    assert_eq!(life.overdue_told(0), 1);
    life.wait(1);
    life.tick(0);
    assert_eq!(life.overdue_told(0), 2);
    life.twin.read_only = false;
    life.step(0);
    life.step(0);
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert_eq!(life.untold(0, NoticeKind::OverdueOver), 1);
    let EmergencyState::Off { lateness_ms, .. } = life.one(0).state else { panic!("it is off") };
    assert_eq!(lateness_ms, 360_000);
}

#[test]
fn an_app_that_somebody_deactivated_closes_the_rest_at_the_second_look() {
    let mut life = Life::on(&["cy"]);
    life.wait(60);
    life.twin.by_hand(life.town.now, &FederationChange::Deactivate);
    life.wait(60);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::On, "one look can lag");
    life.wait(i64::from(LOOK_EVERY.0));
    life.rest();
    assert!(matches!(life.one(0).state, EmergencyState::Off { cause: CloseCause::ByHand, .. }));
    assert!(life.twin.is_closed());
}

#[test]
fn what_comes_after_it_is_off_changes_nothing() {
    let mut life = Life::on(&["cy"]);
    life.off("ana").unwrap();
    life.wait(60);
    life.rest();
    let was = life.one(0).clone();
    assert_eq!(was.state.word(), EmergencyWord::Off);
    life.made(0, FederationChange::Activate, lost());
    life.made(0, add("cy"), done_add("cy"));
    life.looked(0, 0);
    life.tick(0);
    assert_eq!(*life.one(0), was);
}

fn cutting() -> Life {
    let mut life = Life::fine(0);
    life.town.settings.federations.get_mut(&federation()).unwrap().place.cut = Some(cut_plan());
    life.opens(new(0, &["cy"])).unwrap();
    life.rest();
    life.wait(60);
    life
}

#[test]
fn sessions_are_cut_when_all_is_closed_and_read_back() {
    let mut life = cutting();
    life.off("ana").unwrap();
    life.step(0);
    assert_eq!(life.one(0).view.intended, [], "closed first");
    life.looked(0, 0);
    let before = after(life.town.now, 1);
    assert_eq!(
        life.one(0).view.intended,
        [FederationChange::Cut { before }],
        "with those of the same second"
    );
    life.step(0);
    assert_eq!(life.word(0), EmergencyWord::Closing, "nobody saw the cut");
    life.step(0);
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert_eq!(life.twin.has.cut, CutSeen::Before(before));
}

#[test]
fn sessions_are_cut_anew_when_it_was_opened_again_meanwhile() {
    let mut life = cutting();
    life.off("ana").unwrap();
    life.step(0);
    life.looked(0, 0);
    life.twin.by_hand(life.town.now, &FederationChange::Activate);
    life.made(0, life.one(0).view.intended[0].clone(), not_done());
    life.wait(30);
    life.looked(0, 0);
    assert_eq!(life.one(0).view.intended, [FederationChange::Deactivate]);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
    assert_eq!(life.twin.has.cut, CutSeen::Before(after(life.town.now, 1)));
}

#[test]
fn a_look_that_does_not_show_the_cut_yet_does_not_end_it() {
    let mut life = cutting();
    life.off("ana").unwrap();
    life.step(0);
    life.looked(0, 0);
    life.wait(1);
    life.step(0);
    life.looked(0, 5);
    assert_eq!(life.word(0), EmergencyWord::Closing);
    life.rest();
    assert_eq!(life.word(0), EmergencyWord::Off);
}

#[test]
fn who_may_close_it() {
    let closes = |who: &str| Life::on(&["cy"]).off(who).is_ok();
    assert!(closes("ana") && closes("cy") && closes("bo") && closes("dee"));
    assert!(!closes("eve"));
    for (who, may) in [(Who::Local { user: "root".to_owned() }, true), (Who::Glasskey, true)] {
        let mut life = Life::on(&["cy"]);
        let command = command::EmergencyCommand::Off { which: open(), reason: None };
        let by = Actor { who, door: Door::Host, sign_in: None };
        let answer = life.answers(Incoming { by, interaction: None, command: Command::Emergency(command) });
        assert_eq!(answer.is_ok(), may);
    }
}

/// P3: who has a part in it may close it, whatever policy and directory say by now.
#[test]
fn closing_rests_on_nothing_for_those_who_have_a_part_in_it() {
    let mut life = Life::on(&["cy"]);
    (life.town.rules.may_open, life.town.rules.may_confirm) = Default::default();
    life.town.directory = Directory::empty();
    life.town.settings.federations.clear();
    assert!(life.off("cy").is_ok());
    life.wait(60);
    life.rest();
    assert!(life.twin.is_closed());
    assert_eq!(life.word(0), EmergencyWord::Off);
}

fn reviewed_by(who: &str) -> Result<Reply, Refusal> {
    let mut life = Life::fine(1);
    life.opens(new(0, &["aud"])).unwrap();
    life.confirms("bo").unwrap();
    life.rest();
    life.extends("cy", 60).unwrap();
    life.off("ana").unwrap();
    life.wait(60);
    life.rest();
    life.town.rules.auditors = ["ana", "bo", "cy", "aud", "zoe"].map(person).into();
    life.reviews(who, 0)
}

#[test]
fn only_an_auditor_who_had_no_part_in_it_reviews_it() {
    for part in ["ana", "bo", "cy", "aud"] {
        assert_eq!(reviewed_by(part), Err(Refusal::OwnEmergency), "{part}");
    }
    assert!(matches!(reviewed_by("dee"), Err(Refusal::NotAnAuditor { .. })));
    assert!(reviewed_by("zoe").is_ok());
}

#[test]
fn a_review_is_asked_for_every_day_until_it_is_done() {
    let mut life = Life::on(&["cy"]);
    life.off("ana").unwrap();
    life.wait(60);
    life.rest();
    for day in 1..4 {
        life.wait(24 * 3600 - 1);
        life.rest();
        assert_eq!(life.review_reminded(0), day - 1);
        life.wait(1);
        life.rest();
        assert_eq!(life.review_reminded(0), day);
    }
    life.reviews("zoe", 0).unwrap();
    assert!(matches!(life.one(0).review, Review::Done { .. }));
    life.rest();
    assert!(life.town.closed.contains_key(&id(0)), "it leaves the book");
    assert_eq!(life.reviews("zoe", 0), Err(Refusal::NothingToReview { id: id(0) }));
}

#[test]
fn one_that_waits_is_taken_back_by_its_opener_and_declined_by_others() {
    for (who, word) in [("ana", EmergencyWord::Withdrawn), ("bo", EmergencyWord::Declined)] {
        let mut life = Life::fine(1);
        life.opens(NewEmergency { level: Level::Ro, ..new(0, &[]) }).unwrap();
        life.off(who).unwrap();
        assert_eq!(life.word(0), word);
        life.rest();
        assert!(life.town.closed.contains_key(&id(0)));
        assert_eq!(life.facts(|fact| matches!(fact, EmergencyFact::Ordered { .. })), 0);
    }
}

#[test]
fn whoever_was_put_in_is_known_by_their_login() {
    assert_eq!(member(&person("cy")).login, "CY@Acme.example");
}
