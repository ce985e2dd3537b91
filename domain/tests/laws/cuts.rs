//! Sessions that outlive access: one denial for each holding, true while it is said, and taken back.

use glasskey_domain::command::NewRequest;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::request::Cutting;
use glasskey_domain::sessions::CutState;
use glasskey_domain::*;

use crate::town::*;

fn town() -> Town {
    let mut town = Town::new(0);
    town.settings.cut_sessions = true;
    town
}

fn anas() -> Holding {
    holding("ana")
}

/// ana's access is ended, and gone, with its sessions to be cut; AWS was not asked yet.
fn ordered(town: &mut Town, id: &str) -> RequestId {
    let id = town.granted(&wish(id, 1));
    town.ends("ana", &id, true).unwrap();
    while town.step(&anas()) {}
    assert!(town.request(&id).cut.is_under_way());
    id
}

fn cut(town: &Town) -> (CutState, jiff::Timestamp) {
    let cut = town.book.cut(&anas()).unwrap();
    (cut.state, cut.before)
}

#[test]
fn sessions_are_denied_when_the_access_is_gone_and_freed_after_twelve_hours() {
    let mut town = town();
    let id = ordered(&mut town, "AR-0001");
    let before = town.now;
    town.pass(5);
    town.settle();
    assert_eq!(town.denied.get(&anas()), Some(&before));
    assert!(matches!(town.request(&id).cut, Cutting::Done { at } if at == town.now));
    assert_eq!(town.heard(NoticeKind::SessionsCut), 2, "to ana, and under the card");
    town.pass(12 * 3600 - 6);
    town.settle();
    assert!(town.denied.contains_key(&anas()));
    town.pass(1);
    town.crashes();
    town.settle();
    assert!(town.denied.is_empty());
    assert_eq!(town.book.cuts().count() + town.book.due().count(), 0);
    town.agrees();
}

#[test]
fn nothing_is_cut_where_the_configuration_does_not_say_so() {
    let mut town = Town::new(0);
    town.rules.terms.cut_sessions = true;
    let id = town.granted(&wish("AR-0001", 1));
    assert_eq!(town.request(&id).cut, Cutting::No);
    assert_eq!(town.ends("ana", &id, true), Err(Refusal::CannotCutSessions));
    assert!(town.ends("ana", &id, false).is_ok());
}

#[test]
fn policy_cuts_the_sessions_of_what_expires() {
    let mut town = town();
    town.rules.terms.cut_sessions = true;
    town.granted(&wish("AR-0001", 1));
    town.pass(3600);
    town.settle();
    assert_eq!(town.denied.get(&anas()), Some(&town.now));
}

/// P5: sessions that begin with a later grant are not denied.
#[test]
fn a_new_grant_meanwhile_has_sessions_of_its_own() {
    let mut town = town();
    ordered(&mut town, "AR-0001");
    let before = town.now;
    town.settle();
    town.pass(60);
    town.granted(&wish("AR-0002", 1));
    assert_eq!((town.denied.get(&anas()), cut(&town)), (Some(&before), (CutState::InForce, before)));
    town.pass(3600);
    town.settle();
    assert_eq!(cut(&town), (CutState::InForce, before), "its end cuts nothing: nobody asked for that");
}

/// P5: what another request keeps is not cut, and neither is what stood before.
#[test]
fn what_another_request_keeps_is_not_cut() {
    let mut town = town();
    let short = town.granted(&wish("AR-0001", 1));
    town.granted(&wish("AR-0002", 3));
    town.ends("ana", &short, true).unwrap();
    town.settle();
    assert_eq!(town.book.cuts().count(), 0);
    let short = town.granted(&bundle("AR-0003", &[target(), target_with(READER)]));
    town.ends("ana", &short, true).unwrap();
    town.settle();
    let all: Vec<_> = town.denied.keys().cloned().collect();
    assert_eq!(all, [held_by("ana", target_with(READER))], "only what is gone");
}

#[test]
fn what_stood_before_is_not_cut() {
    let mut town = town();
    town.provider.has.insert(anas());
    let both = town.granted(&bundle("AR-0001", &[target(), target_with(READER)]));
    town.ends("ana", &both, true).unwrap();
    town.settle();
    let all: Vec<_> = town.denied.keys().cloned().collect();
    assert_eq!(all, [held_by("ana", target_with(READER))]);
    assert!(town.provider.has.contains(&anas()));
}

/// P5: one thing of a bundle is long gone, and another request gives it again, when the rest is gone at last.
#[test]
fn sessions_of_a_grant_that_came_before_the_bundle_was_all_gone_live_on() {
    let mut town = town();
    let both = town.granted(&bundle("AR-0001", &[target(), target_with(READER)]));
    town.ends("ana", &both, true).unwrap();
    while town.step(&anas()) {}
    town.pass(60);
    let since = town.now;
    town.asks("ana", "AR-0002", 1).unwrap();
    while town.step(&anas()) {}
    town.pass(60);
    town.settle();
    assert_eq!(town.denied.get(&anas()), Some(&since), "what began with the first is denied, and no more");
    assert_eq!(town.denied.get(&held_by("ana", target_with(READER))), Some(&town.now));
}

/// P5: more time for a grant does not make it younger than its sessions.
#[test]
fn sessions_of_a_grant_that_was_extended_since_live_on() {
    let mut town = town();
    let both = town.granted(&bundle("AR-0001", &[target(), target_with(READER)]));
    town.provider.has.remove(&anas());
    for _ in 0..3 {
        town.outcome(Outcome::Looked { holding: anas(), direct: false, groups: Vec::new(), member: None });
    }
    town.settle();
    town.pass(60);
    let since = town.now;
    let other = town.granted(&wish("AR-0002", 1));
    town.pass(1200);
    town.does("ana", Command::Extend { id: other.clone(), by: Seconds::minutes(30), reason: None }).unwrap();
    town.pass(60);
    town.ends("ana", &both, true).unwrap();
    town.settle();
    assert_eq!(town.state(&other).word(), StateWord::Active);
    assert!(town.denied.get(&anas()).is_none_or(|before| *before <= since), "{:?}", town.denied);
    assert!(town.denied.contains_key(&held_by("ana", target_with(READER))));
}

#[test]
fn a_membership_opens_no_session_that_could_be_cut() {
    let mut town = town();
    let both = town.granted(&bundle("AR-0001", &[group("oncall"), target()]));
    town.ends("ana", &both, true).unwrap();
    town.settle();
    assert_eq!(town.book.cuts().map(|cut| cut.holding.clone()).collect::<Vec<_>>(), [anas()]);
    assert!(matches!(town.request(&both).cut, Cutting::Done { .. }));
}

/// P4: a bundle's sessions are told to be cut when all of them are.
#[test]
fn a_bundle_is_told_once_when_all_its_sessions_are_cut() {
    let mut town = town();
    let both = town.granted(&bundle("AR-0001", &[target(), target_with(READER)]));
    town.ends("ana", &both, true).unwrap();
    while town.step(&anas()) {}
    while town.step(&held_by("ana", target_with(READER))) {}
    let before = town.now;
    town.outcome(Outcome::SessionsCut { holding: anas(), before });
    assert!(town.request(&both).cut.is_under_way());
    town.outcome(Outcome::SessionsCut { holding: held_by("ana", target_with(READER)), before });
    assert!(matches!(town.request(&both).cut, Cutting::Done { .. }));
    town.settle();
    assert_eq!(town.heard(NoticeKind::SessionsCut), 2);
}

/// P4: an answer about an earlier end says nothing about the later one.
#[test]
fn an_answer_that_comes_late_is_not_taken_for_the_later_cut() {
    for cut_then in [true, false] {
        let mut town = town();
        ordered(&mut town, "AR-0001");
        let first = town.now;
        town.pass(60);
        let second = ordered_again(&mut town);
        let holding = anas();
        town.outcome(if cut_then {
            Outcome::SessionsCut { holding, before: first }
        } else {
            Outcome::SessionsNotCut { holding, before: first, why: "full".to_owned() }
        });
        assert_eq!(cut(&town), (CutState::Placing, town.now));
        assert!(town.request(&second).cut.is_under_way());
        town.settle();
        assert_eq!(town.denied.get(&anas()), Some(&town.now));
    }
}

fn ordered_again(town: &mut Town) -> RequestId {
    let id = town.asks("ana", "AR-0002", 1).unwrap();
    while town.step(&anas()) {}
    town.ends("ana", &id, true).unwrap();
    while town.step(&anas()) {}
    id
}

/// What is denied is remembered until it is not: a cut that fails does not forget the one before.
#[test]
fn what_was_denied_before_a_cut_that_failed_is_still_taken_back() {
    let mut town = town();
    ordered(&mut town, "AR-0001");
    let first = town.now;
    town.settle();
    town.pass(60);
    let second = ordered_again(&mut town);
    let before = town.now;
    town.outcome(Outcome::SessionsNotCut { holding: anas(), before, why: "the policy is full".to_owned() });
    assert!(matches!(&town.request(&second).cut, Cutting::Failed { why } if why == "the policy is full"));
    assert_eq!(cut(&town), (CutState::InForce, first));
    town.settle();
    town.pass(12 * 3600 - 60);
    town.settle();
    assert!(town.denied.is_empty());
    assert_eq!(town.book.cuts().count(), 0);
    town.agrees();
}

#[test]
fn a_cut_that_fails_is_told_and_forgotten() {
    let mut town = town();
    let id = ordered(&mut town, "AR-0001");
    let before = town.now;
    town.outcome(Outcome::SessionsNotCut { holding: anas(), before, why: "the policy is full".to_owned() });
    town.settle();
    assert_eq!(town.heard(NoticeKind::SessionsNotCut), 2);
    assert!(town.book.request(&id).is_none() && town.book.cuts().count() == 0);
}

/// AWS took the first try, and nobody heard of it; the next is refused. What may be denied is taken back.
#[test]
fn a_cut_that_was_perhaps_made_is_taken_back_when_it_fails() {
    let unheard: [fn(&mut Town); 2] = [
        |town| {
            let what = "no usable answer".to_owned();
            town.outcome(Outcome::SessionsTrouble { holding: anas(), what });
        },
        |town| {
            let platforms = Served::default();
            town.inside(Command::Started { version: "0.1.0".to_owned(), platforms });
        },
    ];
    for unheard in unheard {
        let mut town = town();
        ordered(&mut town, "AR-0001");
        let before = town.now;
        town.denied.insert(anas(), before);
        unheard(&mut town);
        town.outcome(Outcome::SessionsNotCut { holding: anas(), before, why: "not allowed".to_owned() });
        assert_eq!(cut(&town), (CutState::Lifting, before));
        town.settle();
        assert_eq!(town.heard(NoticeKind::SessionsNotCut), 2);
        assert!(town.denied.is_empty() && town.book.cuts().count() == 0);
        town.agrees();
    }
}

#[test]
fn trouble_is_written_once_and_the_cut_goes_on() {
    let mut town = town();
    ordered(&mut town, "AR-0001");
    let trouble = || Outcome::SessionsTrouble { holding: holding("ana"), what: "throttled".to_owned() };
    town.outcome(trouble());
    let records = town.journal.len();
    town.outcome(trouble());
    assert_eq!(town.journal.len(), records);
    assert_eq!(town.book.cut(&anas()).unwrap().trouble.as_deref(), Some("throttled"));
    town.settle();
    assert_eq!(town.book.cut(&anas()).unwrap().trouble, None);
}

#[test]
fn a_new_end_while_a_denial_is_taken_back_denies_again() {
    let mut town = town();
    ordered(&mut town, "AR-0001");
    town.settle();
    town.pass(12 * 3600);
    town.inside(Command::LiftCut { holding: anas() });
    assert_eq!(cut(&town).0, CutState::Lifting);
    ordered_again(&mut town);
    town.outcome(Outcome::SessionsFreed { holding: anas() });
    assert_eq!(cut(&town), (CutState::Placing, town.now), "the answer was about the one before");
    town.settle();
    assert_eq!(town.denied.get(&anas()), Some(&town.now));
}

#[test]
fn a_clock_that_is_set_back_lifts_nothing_early() {
    let mut town = town();
    ordered(&mut town, "AR-0001");
    town.settle();
    town.pass(12 * 3600 - 1);
    town.inside(Command::LiftCut { holding: anas() });
    assert_eq!(cut(&town).0, CutState::InForce);
}

/// A request that is not there any more is not needed to take its denial back.
#[test]
fn a_denial_outlives_its_request() {
    let mut town = town();
    let new = NewRequest { reason: "a short look".to_owned(), ..wish("AR-0001", 1) };
    let id = town.granted(&new);
    town.ends("ana", &id, true).unwrap();
    town.settle();
    assert!(town.book.request(&id).is_none());
    town.crashes();
    town.pass(12 * 3600);
    town.settle();
    assert!(town.denied.is_empty());
}

#[test]
fn a_request_stays_in_sight_until_its_sessions_are_cut() {
    let mut town = town();
    let id = ordered(&mut town, "AR-0001");
    let told = |job: &Job| matches!(job, Job::Card { .. } | Job::Tell { .. });
    let next = |town: &Town| town.book.due().map(|(_, job)| job).find(|job| told(job)).cloned();
    while let Some(job) = next(&town) {
        town.perform(&job);
    }
    assert!(town.book.request(&id).is_some());
    town.settle();
    assert!(town.book.request(&id).is_none());
}
