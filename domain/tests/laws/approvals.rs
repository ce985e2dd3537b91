//! Who says yes: how many, of which groups, for how long.

use glasskey_domain::command::NewRequest;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::rules::{Escalation, NotPermitted, Quorum};
use glasskey_domain::*;

use crate::town::*;

/// bo is of the leads, cy of security, dee of both.
fn of_two_groups() -> Town {
    let mut town = Town::new(1);
    town.rules.may_approve.insert(person("cy"));
    town.rules.terms = quorums(&[(1, "leads"), (1, "security")]);
    town
}

fn leave(town: &mut Town, who: &str, group: &str) {
    assert!(town.directory.memberships.get_mut(&person(who)).unwrap().remove(&GroupId::new(group)));
}

#[test]
fn who_is_in_both_groups_takes_one_seat() {
    let mut town = of_two_groups();
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    assert_eq!(town.says_yes("dee", &id), Ok(Reply::Approved { id: id.clone(), missing: 1 }));
    assert_eq!(town.says_yes("dee", &id), Err(Refusal::AlreadyApproved { missing: 1 }));
    assert_eq!(town.says_yes("bo", &id), Ok(Reply::Granting { id }));
}

#[test]
fn a_second_yes_of_the_same_group_is_refused_and_says_of_whom_one_is_missing() {
    let mut town = of_two_groups();
    town.rules.may_approve.insert(person("eli"));
    let mut eli = town.directory.people[&person("bo")].clone();
    eli.id = person("eli");
    town.directory.people.insert(person("eli"), eli);
    town.directory.memberships.entry(person("eli")).or_default().insert(GroupId::new("leads"));
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.says_yes("bo", &id).unwrap();
    let missing = vec![Quorum { needed: 1, group: "security".to_owned() }];
    assert_eq!(town.says_yes("eli", &id), Err(Refusal::NotOfTheGroups { groups: missing }));
    assert_eq!(town.request(&id).approvals.len(), 1);
    assert_eq!(town.says_yes("cy", &id), Ok(Reply::Granting { id }));
}

/// pitfall 12: whoever comes first in the same millisecond, two of the three are enough, and the third is told so.
#[test]
fn in_every_order_two_of_three_approvers_fill_two_groups() {
    let names = ["bo", "cy", "dee"];
    for first in 0..3 {
        for second in (0..3).filter(|second| *second != first) {
            let mut town = of_two_groups();
            let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
            let third = names[3 - first - second];
            assert_eq!(town.says_yes(names[first], &id), Ok(Reply::Approved { id: id.clone(), missing: 1 }));
            assert_eq!(town.says_yes(names[second], &id), Ok(Reply::Granting { id: id.clone() }));
            let late = town.says_yes(third, &id);
            assert!(
                matches!(late, Err(Refusal::TooLate { state: StateWord::Granting, by: Some(by), .. }) if by == person(names[second]))
            );
        }
    }
}

#[test]
fn a_yes_of_somebody_who_left_the_group_meanwhile_fills_no_seat() {
    let mut town = of_two_groups();
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.says_yes("bo", &id).unwrap();
    leave(&mut town, "bo", "leads");
    assert_eq!(town.says_yes("cy", &id), Ok(Reply::Approved { id: id.clone(), missing: 1 }));
    assert_eq!(town.says_yes("dee", &id), Ok(Reply::Granting { id }));
}

#[test]
fn a_yes_of_somebody_who_may_not_approve_any_more_does_not_count() {
    let mut town = Town::new(2);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.says_yes("bo", &id).unwrap();
    town.rules.may_approve = [person("cy"), person("dee")].into();
    assert_eq!(town.says_yes("dee", &id), Ok(Reply::Approved { id: id.clone(), missing: 1 }));
    assert_eq!(town.says_yes("cy", &id), Ok(Reply::Granting { id }));
}

/// One thing of a bundle needs somebody of security, the other two people of any group: two people, one of them of security.
#[test]
fn a_bundle_needs_as_many_as_the_thing_that_needs_most() {
    let mut town = of_two_groups();
    town.rules.may_approve.insert(person("eli"));
    let mut eli = town.directory.people[&person("bo")].clone();
    eli.id = person("eli");
    town.directory.people.insert(person("eli"), eli);
    let two = Terms { approvals: 2, from: Vec::new(), ..quorums(&[]) };
    let one_of_security = quorums(&[(1, "security")]);
    town.rules.of_target = [(target(), two), (target_with(READER), one_of_security)].into();
    let both = bundle("AR-0001", &[target(), target_with(READER)]);
    let waiting = town.wishes("ana", &both).unwrap();
    assert!(matches!(&waiting, Reply::Waiting { missing: 2, .. }), "{waiting:?}");
    let id = both.id.clone();
    assert_eq!(town.says_yes("cy", &id), Ok(Reply::Approved { id: id.clone(), missing: 1 }));
    assert_eq!(town.says_yes("eli", &id), Ok(Reply::Granting { id }), "of any group");
    let reversed = NewRequest { targets: vec![target_with(READER), target()], ..bundle("AR-0002", &[]) };
    assert!(matches!(town.wishes("bo", &reversed), Ok(Reply::Waiting { missing: 2, .. })));
    let id = reversed.id.clone();
    assert_eq!(town.says_yes("eli", &id), Ok(Reply::Approved { id: id.clone(), missing: 1 }));
    let missing = vec![Quorum { needed: 1, group: "security".to_owned() }];
    assert_eq!(town.says_yes("ana", &id), Err(Refusal::NotOfTheGroups { groups: missing }));
    assert_eq!(town.says_yes("dee", &id), Ok(Reply::Granting { id }));
}

#[test]
fn a_request_that_no_two_people_could_approve_is_refused_at_once() {
    let mut town = of_two_groups();
    leave(&mut town, "cy", "security");
    leave(&mut town, "dee", "security");
    let nobody = Err(Refusal::NobodyCouldApprove { needed: 2, found: 1 });
    assert_eq!(town.asks("ana", "AR-7K3Q", 1), nobody);
    assert_eq!(town.asks("bo", "AR-7K3Q", 1), nobody);
}

/// A group that is asked because nobody answered counts for every seat, from then on and as long as one is in it.
#[test]
fn whoever_is_asked_instead_counts_when_they_are_asked_and_while_they_are_of_that_group() {
    let mut town = Town::new(1);
    let escalate = vec![Escalation { after: Seconds::minutes(20), group: "security".to_owned() }];
    town.rules.may_approve.insert(person("cy"));
    town.rules.terms = Terms { escalate, ..quorums(&[(1, "leads")]) };
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    assert!(matches!(town.says_yes("cy", &id), Err(Refusal::NotOfTheGroups { .. })));
    town.pass(20 * 60 - 1);
    town.settle();
    assert!(matches!(town.says_yes("cy", &id), Err(Refusal::NotOfTheGroups { .. })));
    town.pass(1);
    town.settle();
    assert_eq!(town.request(&id).escalated, 1);
    assert!(town.heard(NoticeKind::Escalated { nth: 1 }) > 0);
    leave(&mut town, "cy", "security");
    assert!(matches!(town.says_yes("cy", &id), Err(Refusal::NotOfTheGroups { .. })));
    town.directory.memberships.get_mut(&person("cy")).unwrap().insert(GroupId::new("security"));
    assert_eq!(town.says_yes("cy", &id), Ok(Reply::Granting { id: id.clone() }));
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Active);
}

#[test]
fn people_are_reminded_once_at_half_time() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    for (seconds, times) in [(1799, 0), (1, 2), (60, 2), (1700, 2)] {
        town.pass(seconds);
        town.settle();
        assert_eq!(town.heard(NoticeKind::ApprovalDue { nth: 1 }), times, "to bo and dee");
    }
    assert_eq!(town.request(&id).reminded, 1);
}

#[test]
fn it_is_given_for_the_least_that_an_approver_says() {
    let mut town = Town::new(2);
    let id = town.asks("ana", "AR-7K3Q", 3).unwrap();
    let approve = |length| Command::Approve {
        id: RequestId::parse("AR-7K3Q").unwrap(),
        matter: Matter::Now,
        length: Some(length),
    };
    assert_eq!(
        town.does("bo", approve(Seconds::hours(4))),
        Err(Refusal::LengthNotLess { asked: Seconds::hours(3) })
    );
    assert_eq!(town.does("bo", approve(Seconds(59))), Err(Refusal::TooShort { min: Seconds::minutes(1) }));
    town.does("bo", approve(Seconds::hours(1))).unwrap();
    town.does("dee", approve(Seconds::hours(2))).unwrap();
    assert_eq!(town.deadline(&id), Seconds::hours(1).after(town.now));
    town.settle();
    assert_eq!(town.deadline(&id), Seconds::hours(1).after(town.now));
}

#[test]
fn as_long_as_asked_is_not_less() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 3).unwrap();
    town.does(
        "bo",
        Command::Approve { id: id.clone(), matter: Matter::Now, length: Some(Seconds::hours(3)) },
    )
    .unwrap();
    assert_eq!(town.request(&id).approvals[0].length, None);
}

#[test]
fn who_is_quiet_may_approve_and_is_not_called_unless_nobody_else_is_there() {
    let mut town = Town::new(1);
    town.rules.terms.quiet = vec!["security".to_owned()];
    let id = town.asks("ana", "AR-0001", 1).unwrap();
    assert_eq!(
        (town.request(&id).approvers.clone(), town.request(&id).quiet.clone()),
        (vec![person("bo")], vec![person("dee")])
    );
    assert!(town.says_yes("dee", &id).is_ok());
    town.rules.terms.quiet.push("leads".to_owned());
    let id = town.asks("bo", "AR-0002", 1).unwrap();
    let all = town.request(&id).clone();
    assert_eq!((all.approvers, all.quiet), (vec![person("ana")], vec![person("dee")]));
    town.rules.may_approve.remove(&person("ana"));
    town.does("bo", Command::Withdraw { id }).unwrap();
    let id = town.asks("bo", "AR-0003", 1).unwrap();
    assert_eq!(town.request(&id).approvers, [person("dee")]);
}

/// pitfall 32: a no is an approver's, a withdrawal the requester's, and nobody else's.
#[test]
fn only_an_approver_denies_and_only_the_requester_withdraws() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    let deny = || Command::Deny {
        id: RequestId::parse("AR-7K3Q").unwrap(),
        matter: Matter::Now,
        why: "not today".to_owned(),
    };
    let withdraw = || Command::Withdraw { id: RequestId::parse("AR-7K3Q").unwrap() };
    assert_eq!(town.does("cy", deny()), Err(Refusal::NotAnApprover { why: NotPermitted::NoPolicy }));
    assert_eq!(town.does("ana", deny()), Err(Refusal::WithdrawInstead));
    for who in ["bo", "cy", "dee"] {
        assert_eq!(town.does(who, withdraw()), Err(Refusal::NotTheRequester));
    }
    assert_eq!(town.state(&id).word(), StateWord::Pending);
    for empty in ["", "  \n"] {
        let deny = Command::Deny { id: id.clone(), matter: Matter::Now, why: empty.to_owned() };
        assert_eq!(town.does("bo", deny), Err(Refusal::ReasonTooShort { min: 1 }));
    }
    assert_eq!(town.does("bo", deny()), Ok(Reply::Denied { id }));
}

/// pitfall 32: the same for more time.
#[test]
fn only_an_approver_denies_more_time_and_only_the_requester_withdraws_it() {
    let mut town = Town::new(1);
    let id = town.granted(&wish("AR-7K3Q", 1));
    let more =
        || Command::Extend { id: RequestId::parse("AR-7K3Q").unwrap(), by: Seconds::hours(1), reason: None };
    let deny = || Command::Deny {
        id: RequestId::parse("AR-7K3Q").unwrap(),
        matter: Matter::Now,
        why: "not today".to_owned(),
    };
    assert_eq!(town.does("bo", more()), Err(Refusal::NotTheRequester));
    town.does("ana", more()).unwrap();
    assert_eq!(town.does("cy", deny()), Err(Refusal::NotAnApprover { why: NotPermitted::NoPolicy }));
    assert_eq!(town.does("ana", deny()), Err(Refusal::WithdrawInstead));
    assert_eq!(town.does("bo", Command::Withdraw { id: id.clone() }), Err(Refusal::NotTheRequester));
    assert!(town.request(&id).extension.is_some());
    assert_eq!(
        town.does("ana", Command::Withdraw { id: id.clone() }),
        Ok(Reply::Withdrawn { id: id.clone() })
    );
    assert_eq!(town.state(&id).word(), StateWord::Active, "only the extension is taken back");
    town.does("ana", more()).unwrap();
    assert_eq!(town.does("dee", deny()), Ok(Reply::ExtensionDenied { id: id.clone() }));
    assert_eq!(town.state(&id).word(), StateWord::Active);
    assert!(town.request(&id).extension.is_none());
}
