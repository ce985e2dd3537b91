//! Several things in one request: given and taken one by one, told together.

use glasskey_domain::command::NewRequest;
use glasskey_domain::holding::Change;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::settings::BUNDLE_MAX;
use glasskey_domain::target::Via;
use glasskey_domain::*;

use crate::town::*;

fn things() -> [Target; 3] {
    [target(), target_with(READER), group("oncall")]
}

fn anas(target: &Target) -> Holding {
    held_by("ana", target.clone())
}

/// A town in which ana's three things are approved, and nothing is done yet.
fn approved() -> (Town, RequestId) {
    let mut town = Town::new(1);
    let all = bundle("AR-7K3Q", &things());
    town.wishes("ana", &all).unwrap();
    town.says_yes("bo", &all.id).unwrap();
    (town, all.id)
}

fn work(town: &mut Town, target: &Target) {
    while town.step(&anas(target)) {}
}

fn fail(town: &mut Town, target: &Target) {
    town.step(&anas(target));
    town.outcome(Outcome::Failed { holding: anas(target), change: Change::Create, why: "quota".to_owned() });
    work(town, target);
}

fn orders() -> Vec<[usize; 3]> {
    vec![[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
}

/// P4
#[test]
fn granted_is_said_when_all_of_it_is_there_in_whatever_order() {
    for order in orders() {
        let (mut town, id) = approved();
        for (done, place) in order.into_iter().enumerate() {
            assert_eq!(town.state(&id).word(), StateWord::Granting, "{done} of 3 in {order:?}");
            assert_eq!(town.heard(NoticeKind::Granted), 0);
            town.pass(5);
            work(&mut town, &things()[place]);
        }
        let State::Active { since, deadline, .. } = town.state(&id) else { panic!("{:?}", town.state(&id)) };
        assert_eq!(deadline, Seconds::hours(1).after(since), "the time that was approved, for all of it");
        town.settle();
        assert_eq!(town.heard(NoticeKind::Granted), 1);
        town.pass(3600);
        town.settle();
        assert!(town.provider.has.is_empty());
        assert_eq!(town.heard(NoticeKind::Ended), 1);
        assert_eq!(town.book.due().count() + town.book.holdings().count(), 0);
        town.agrees();
    }
}

/// P4: whatever becomes of each of them, in whatever order, it is told when nothing is open, and what is there is taken away.
#[test]
fn every_order_of_outcomes_comes_to_one_end() {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Fate {
        Works,
        Fails,
        Stood,
    }
    let fates = [Fate::Works, Fate::Fails, Fate::Stood];
    for order in orders() {
        for (one, two, three) in (0..27).map(|n| (fates[n % 3], fates[n / 3 % 3], fates[n / 9])) {
            let all = [one, two, three];
            let (mut town, id) = approved();
            let stood = |place: &usize| all[*place] == Fate::Stood;
            town.provider.has.extend((0..3).filter(stood).map(|place| anas(&things()[place])));
            for place in order {
                assert_eq!(town.state(&id).word(), StateWord::Granting, "{all:?} in {order:?}");
                match all[place] {
                    Fate::Works | Fate::Stood => work(&mut town, &things()[place]),
                    Fate::Fails => fail(&mut town, &things()[place]),
                }
            }
            town.settle();
            let expected = match (all.contains(&Fate::Works), all.contains(&Fate::Fails)) {
                (true, _) => StateWord::Active,
                (false, true) => StateWord::Failed,
                (false, false) => StateWord::Ended,
            };
            assert_eq!(town.state(&id).word(), expected, "{all:?} in {order:?}");
            let there: Vec<bool> =
                things().iter().map(|thing| town.provider.has.contains(&anas(thing))).collect();
            assert_eq!(there, all.map(|fate| fate != Fate::Fails), "{all:?} in {order:?}");
            town.pass(3600);
            town.settle();
            assert!(town.state(&id).is_terminal());
            let left: Vec<bool> =
                things().iter().map(|thing| town.provider.has.contains(&anas(thing))).collect();
            assert_eq!(left, all.map(|fate| fate == Fate::Stood), "P5: {all:?} in {order:?}");
            assert_eq!(town.book.due().count() + town.book.holdings().count(), 0);
        }
    }
}

#[test]
fn people_see_which_of_it_failed_and_which_they_had() {
    let (mut town, id) = approved();
    town.provider.has.insert(anas(&things()[1]));
    fail(&mut town, &things()[0]);
    work(&mut town, &things()[1]);
    work(&mut town, &things()[2]);
    let request = town.request(&id);
    let out = |cause| PartState::Out { cause: Some(cause), kept_by: None };
    assert_eq!(request.part(&things()[0]), Some(&out(EndCause::GrantFailed { why: "quota".to_owned() })));
    assert_eq!(request.part(&things()[1]), Some(&out(EndCause::AlreadyHeld { via: Via::Direct })));
    assert!(matches!(request.part(&things()[2]), Some(PartState::There { .. })));
}

#[test]
fn what_all_stood_before_is_told_as_such() {
    let (mut town, id) = approved();
    town.provider.has.extend(things().iter().map(anas));
    town.settle();
    assert!(matches!(town.state(&id), State::Ended { cause: EndCause::AlreadyHeld { .. }, .. }));
    assert_eq!((town.heard(NoticeKind::AlreadyHeld), town.heard(NoticeKind::Ended)), (1, 0));
    assert_eq!(town.provider.has.len(), 3);
}

#[test]
fn what_of_it_is_removed_by_hand_is_not_put_back_and_the_rest_stays() {
    let (mut town, id) = approved();
    town.settle();
    town.provider.has.remove(&anas(&things()[1]));
    for _ in 0..3 {
        town.outcome(Outcome::Looked {
            holding: anas(&things()[1]),
            direct: false,
            groups: Vec::new(),
            member: None,
        });
    }
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Active);
    let out = PartState::Out { cause: Some(EndCause::RemovedByHand), kept_by: None };
    assert_eq!(town.request(&id).part(&things()[1]), Some(&out));
    assert_eq!(town.provider.has.len(), 2);
    for other in [0, 2] {
        town.provider.has.remove(&anas(&things()[other]));
        for _ in 0..3 {
            town.outcome(Outcome::Looked {
                holding: anas(&things()[other]),
                direct: false,
                groups: Vec::new(),
                member: None,
            });
        }
    }
    town.settle();
    assert!(matches!(town.state(&id), State::Ended { cause: EndCause::RemovedByHand, .. }));
    assert_eq!(town.heard(NoticeKind::RemovedByHand), 1);
}

/// P5, pitfall 19: a bundle and a single request share a thing, and neither cuts the other short.
#[test]
fn a_thing_that_two_requests_share_goes_with_the_later_of_them() {
    for bundle_first in [true, false] {
        let mut town = Town::new(0);
        let (short, long) = if bundle_first {
            (bundle("AR-0001", &things()), wish("AR-0002", 3))
        } else {
            (wish("AR-0001", 1), NewRequest { length: Seconds::hours(3), ..bundle("AR-0002", &things()) })
        };
        town.granted(&short);
        town.granted(&long);
        town.pass(3600);
        town.settle();
        assert!(town.state(&short.id).is_terminal());
        assert!(town.provider.has.contains(&anas(&target())), "the other still gives it");
        assert_eq!(town.provider.has.len(), if bundle_first { 1 } else { 3 });
        if bundle_first {
            let kept = PartState::Out { cause: None, kept_by: Some(long.id.clone()) };
            assert_eq!(town.request(&short.id).part(&target()), Some(&kept));
            assert!(
                matches!(town.state(&short.id), State::Ended { kept_by: None, .. }),
                "the rest of it is gone"
            );
        }
        town.pass(2 * 3600);
        town.settle();
        assert!(town.provider.has.is_empty());
        assert_eq!(town.book.holdings().count(), 0);
    }
}

#[test]
fn a_bundle_of_which_another_keeps_everything_says_so() {
    let mut town = Town::new(0);
    let short = bundle("AR-0001", &things()[..2]);
    town.granted(&short);
    let long = NewRequest { length: Seconds::hours(3), ..bundle("AR-0002", &things()) };
    town.granted(&long);
    let kept = Reply::Kept { id: short.id.clone(), by: long.id.clone() };
    assert_eq!(town.ends("ana", &short.id, false), Ok(kept));
    assert!(
        matches!(town.state(&short.id), State::Ended { kept_by: Some(by), lateness_ms: 0, .. } if by == long.id)
    );
    assert_eq!(town.provider.has.len(), 3);
}

#[test]
fn an_end_while_half_of_it_is_there_leaves_nothing() {
    for steps in 0..12 {
        let (mut town, id) = approved();
        for step in 0..steps {
            town.step(&anas(&things()[step % 3]));
        }
        town.ends("ana", &id, false).unwrap();
        town.settle();
        town.pass(60);
        town.settle();
        assert!(town.state(&id).is_terminal(), "after {steps} steps");
        assert!(town.provider.has.is_empty(), "after {steps} steps");
    }
}

/// The deadline is there before the first call, and holds for what never came too.
#[test]
fn what_of_it_was_there_is_taken_away_at_the_deadline_though_the_rest_never_came() {
    let (mut town, id) = approved();
    work(&mut town, &things()[0]);
    let deadline = town.deadline(&id);
    assert_eq!(deadline, Seconds::hours(1).after(town.now));
    town.pass(3600);
    town.inside(Command::Expire { id: id.clone() });
    town.settle();
    assert!(town.provider.has.is_empty());
    assert!(
        matches!(town.state(&id), State::Ended { granted_at: Some(_), .. }),
        "some of it was there: {:?}",
        town.state(&id)
    );
}

#[test]
fn a_bundle_has_no_more_things_than_a_card_and_each_once() {
    let mut town = Town::new(0);
    let twice = bundle("AR-0001", &[target(), target(), target_with(READER)]);
    town.granted(&twice);
    assert_eq!(town.request(&twice.id).parts.len(), 2);
    assert_eq!(town.wishes("ana", &bundle("AR-0002", &[])), Err(Refusal::TooManyThings { max: BUNDLE_MAX }));
    let many: Vec<Target> = (0..=BUNDLE_MAX).map(|nth| target_with(&format!("arn:{nth}"))).collect();
    assert_eq!(
        town.wishes("ana", &bundle("AR-0003", &many)),
        Err(Refusal::TooManyThings { max: BUNDLE_MAX })
    );
}

/// P1: each thing of it must be permitted, and approved by who may approve all of it.
#[test]
fn one_thing_that_is_not_permitted_refuses_all_of_it() {
    let mut town = Town::new(1);
    let forbidden = Terms { max_length: Seconds::minutes(30), ..town.rules.terms.clone() };
    town.rules.of_target.insert(target_with(READER), forbidden);
    assert!(matches!(town.wishes("ana", &bundle("AR-0001", &things())), Err(Refusal::NotPermitted { .. })));
}

/// P1: each of several permissions binds, so the strictest of each limit does.
#[test]
fn a_bundle_is_under_the_strictest_of_all_its_terms() {
    let mut town = Town::new(1);
    let quiet = |groups: &[&str]| groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>();
    let loose = Terms { quiet: quiet(&["leads", "security"]), ..quorums(&[(1, "leads")]) };
    let strict = Terms {
        quiet: quiet(&["security"]),
        cut_sessions: true,
        max_length: Seconds::hours(2),
        groups: vec![GroupId::new("security")],
        notify: vec!["#prod-access".to_owned()],
        ..quorums(&[(2, "leads")])
    };
    town.directory.memberships.entry(person("cy")).or_default().insert(GroupId::new("leads"));
    town.directory.memberships.entry(person("ana")).or_default().insert(GroupId::new("security"));
    for order in [[target(), target_with(READER)], [target_with(READER), target()]] {
        town.rules.of_target = [(target(), loose.clone()), (target_with(READER), strict.clone())].into();
        let both = NewRequest {
            id: RequestId::from_bits(u64::from(order[0] == target()), 4),
            ..bundle("AR-0001", &order)
        };
        town.wishes("ana", &both).unwrap();
        let terms = &town.request(&both.id).terms;
        assert_eq!((terms.approvals, &terms.from), (2, &quorums(&[(2, "leads")]).from), "{order:?}");
        assert_eq!((terms.max_length, terms.cut_sessions), (Seconds::hours(2), true));
        assert_eq!(terms.quiet, ["security"], "who must be called for one of them is called");
        assert_eq!((&terms.groups, &terms.notify), (&strict.groups, &strict.notify));
        town.does("ana", Command::Withdraw { id: both.id }).unwrap();
    }
}

/// P3: two lists said that it is gone, and both lagged behind: it is taken away all the same.
#[test]
fn what_of_it_seems_removed_by_hand_and_is_not_is_taken_away() {
    let (mut town, id) = approved();
    town.settle();
    for _ in 0..2 {
        town.outcome(Outcome::Looked {
            holding: anas(&things()[1]),
            direct: false,
            groups: Vec::new(),
            member: None,
        });
    }
    town.settle();
    assert!(!town.provider.has.contains(&anas(&things()[1])));
    let out = PartState::Out { cause: Some(EndCause::RemovedByHand), kept_by: None };
    assert_eq!(town.request(&id).part(&things()[1]), Some(&out));
}
