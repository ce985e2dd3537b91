//! More time: for the whole length under policy, with new approvals, and nothing touched outside.

use glasskey_domain::command::Incoming;
use glasskey_domain::ids::InteractionId;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::rules::{Escalation, NotPermitted};
use glasskey_domain::*;

use crate::town::*;

fn more(id: &RequestId, minutes: u32) -> Command {
    Command::Extend { id: id.clone(), by: Seconds::minutes(minutes), reason: None }
}

/// A town in which ana's hour is there, with bo's yes.
fn there() -> (Town, RequestId) {
    let mut town = Town::new(1);
    let id = town.granted(&wish("AR-7K3Q", 1));
    (town, id)
}

#[test]
fn more_time_needs_a_new_yes_and_touches_nothing_outside() {
    let (mut town, id) = there();
    let (deadline, before) = (town.deadline(&id), town.provider.clone());
    let waiting = town.does("ana", more(&id, 60)).unwrap();
    assert!(
        matches!(waiting, Reply::ExtensionWaiting { missing: 1, .. }),
        "bo's yes to the hour is not a yes to the next"
    );
    assert_eq!(town.says_yes("ana", &id), Err(Refusal::OwnRequest));
    assert_eq!(town.says_yes("cy", &id), Err(Refusal::NotAnApprover { why: NotPermitted::NoPolicy }));
    assert_eq!(town.deadline(&id), deadline);
    let later = Seconds::hours(1).after(deadline);
    assert_eq!(town.says_yes("bo", &id), Ok(Reply::Extended { id: id.clone(), deadline: later }));
    town.settle();
    assert_eq!(town.deadline(&id), later);
    assert_eq!((&town.provider.has, &town.provider.running), (&before.has, &before.running));
    town.pass(3600);
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Active);
    town.pass(3600);
    town.settle();
    assert!(town.provider.has.is_empty());
    town.agrees();
}

#[test]
fn two_approvals_are_two_people_for_more_time_too() {
    let (mut town, id) = there();
    town.rules.terms.approvals = 2;
    town.does("ana", more(&id, 60)).unwrap();
    town.says_yes("bo", &id).unwrap();
    assert_eq!(town.says_yes("bo", &id), Err(Refusal::AlreadyApproved { missing: 1 }));
    assert!(matches!(town.says_yes("dee", &id), Ok(Reply::Extended { .. })));
}

/// Many small extensions are no way around the longest grant.
#[test]
fn the_whole_length_is_what_policy_limits() {
    let (mut town, id) = there();
    town.rules.terms.approvals = 0;
    let too_long = |policy: &str, hours| {
        Err(Refusal::ExtensionTooLong { max: Seconds::hours(hours), policy: policy.to_owned() })
    };
    assert_eq!(town.does("ana", more(&id, 7 * 60 + 1)), too_long("table", 8));
    for _ in 0..7 {
        assert!(town.does("ana", more(&id, 60)).is_ok());
    }
    assert_eq!(town.does("ana", more(&id, 1)), too_long("table", 8));
    town.rules.terms.max_length = Seconds::hours(48);
    assert_eq!(town.does("ana", more(&id, 4 * 60 + 1)), too_long("[requests] max_duration", 12));
    assert!(town.does("ana", more(&id, 4 * 60)).is_ok());
}

#[test]
fn policy_is_asked_again_when_somebody_says_yes() {
    let (mut town, id) = there();
    town.does("ana", more(&id, 60)).unwrap();
    town.rules.terms.max_length = Seconds::minutes(119);
    assert!(matches!(town.says_yes("bo", &id), Err(Refusal::ExtensionTooLong { .. })));
    town.rules.terms.max_length = Seconds::hours(8);
    town.rules.may_request.remove(&person("ana"));
    assert!(matches!(town.says_yes("bo", &id), Err(Refusal::NotPermitted { .. })));
    assert_eq!(town.state(&id).word(), StateWord::Active, "what is there stays");
}

#[test]
fn an_approver_gives_less_than_was_asked_for() {
    let (mut town, id) = there();
    let deadline = town.deadline(&id);
    town.rules.terms.approvals = 2;
    town.does("ana", more(&id, 60)).unwrap();
    let yes = |minutes| Command::Approve {
        id: RequestId::parse("AR-7K3Q").unwrap(),
        matter: Matter::Now,
        length: Some(Seconds::minutes(minutes)),
    };
    assert_eq!(town.does("bo", yes(61)), Err(Refusal::LengthNotLess { asked: Seconds::hours(1) }));
    town.does("bo", yes(20)).unwrap();
    let later = Seconds::minutes(20).after(deadline);
    assert_eq!(town.does("dee", yes(30)), Ok(Reply::Extended { id: id.clone(), deadline: later }));
    assert_eq!(town.deadline(&id), later);
}

/// P1: a message about the request, or about the extension before, says nothing of the one that waits.
#[test]
fn a_yes_or_no_counts_for_what_it_was_said_to() {
    let (mut town, id) = there();
    town.does("ana", more(&id, 60)).unwrap();
    town.does("ana", Command::Withdraw { id: id.clone() }).unwrap();
    town.does("ana", more(&id, 30)).unwrap();
    let yes = |matter| Command::Approve { id: RequestId::parse("AR-7K3Q").unwrap(), matter, length: None };
    let no = |matter| Command::Deny {
        id: RequestId::parse("AR-7K3Q").unwrap(),
        matter,
        why: "not today".to_owned(),
    };
    for old in [Matter::Request, Matter::Extension { nth: 1 }, Matter::Extension { nth: 3 }] {
        for said in [yes(old), no(old)] {
            let refused = town.does("bo", said);
            assert!(
                matches!(refused, Err(Refusal::TooLate { state: StateWord::Active, .. })),
                "{old:?}: {refused:?}"
            );
        }
    }
    let later = Seconds::minutes(30).after(town.deadline(&id));
    let answer = town.does("bo", yes(Matter::Extension { nth: 2 }));
    assert_eq!(answer, Ok(Reply::Extended { id: id.clone(), deadline: later }));
    assert!(town.does("bo", no(Matter::Extension { nth: 2 })).is_err(), "it waits no more");
}

/// Who was asked instead of others waits for nobody when more time is asked for.
#[test]
fn the_group_that_was_asked_instead_counts_for_the_grant_alone() {
    let mut town = Town::new(1);
    let escalate = vec![Escalation { after: Seconds::minutes(20), group: "security".to_owned() }];
    town.rules.may_approve.insert(person("cy"));
    town.rules.terms = Terms { escalate, ..quorums(&[(1, "leads")]) };
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.pass(20 * 60);
    town.settle();
    town.says_yes("cy", &id).unwrap();
    town.settle();
    town.does("ana", more(&id, 60)).unwrap();
    assert!(matches!(town.says_yes("cy", &id), Err(Refusal::NotOfTheGroups { .. })));
    assert!(matches!(town.says_yes("bo", &id), Ok(Reply::Extended { .. })));
}

#[test]
fn nobody_extends_what_is_not_there() {
    let (mut town, id) = there();
    assert_eq!(
        town.does("ana", Command::Extend { id: id.clone(), by: Seconds(59), reason: None }),
        Err(Refusal::TooShort { min: Seconds(60) })
    );
    town.pass(3600);
    let late = town.does("ana", more(&id, 60));
    assert!(
        matches!(late, Err(Refusal::TooLate { state: StateWord::Active, .. })),
        "the timer has not come: {late:?}"
    );
    town.settle();
    assert!(matches!(town.does("ana", more(&id, 60)), Err(Refusal::TooLate { state: StateWord::Ended, .. })));
}

#[test]
fn a_yes_that_comes_after_the_end_moves_nothing() {
    let (mut town, id) = there();
    town.does("ana", more(&id, 60)).unwrap();
    town.pass(3600);
    assert!(matches!(town.says_yes("bo", &id), Err(Refusal::TooLate { .. })));
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Ended);
    assert!(town.provider.has.is_empty());
}

#[test]
fn an_extension_that_nobody_answers_lapses_and_the_grant_ends_as_it_would() {
    let mut town = Town::new(1);
    let id = town.granted(&wish("AR-7K3Q", 3));
    town.does("ana", more(&id, 60)).unwrap();
    assert!(matches!(town.does("ana", more(&id, 30)), Err(Refusal::ExtensionWaits { .. })));
    town.pass(3599);
    town.settle();
    assert!(town.request(&id).extension.is_some());
    town.pass(1);
    assert!(
        matches!(town.says_yes("bo", &id), Err(Refusal::TooLate { .. })),
        "whether or not the timer came"
    );
    town.settle();
    assert!(town.request(&id).extension.is_none());
    assert_eq!(town.heard(NoticeKind::ExtensionLapsed { nth: 1 }), 1);
    town.pass(2 * 3600);
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Ended);
}

#[test]
fn an_extension_ends_with_what_it_would_extend() {
    let (mut town, id) = there();
    town.does("ana", more(&id, 60)).unwrap();
    town.ends("bo", &id, false).unwrap();
    assert!(town.request(&id).extension.is_none());
    assert!(matches!(town.says_yes("dee", &id), Err(Refusal::TooLate { .. })));
    town.settle();
    assert!(town.provider.has.is_empty());
}

/// Each end is warned of once, with a message of its own.
#[test]
fn after_an_extension_the_new_end_is_warned_of_too() {
    let (mut town, id) = there();
    town.does("ana", more(&id, 60)).unwrap();
    town.pass(50 * 60);
    town.settle();
    assert_eq!(town.heard(NoticeKind::EndsSoon { nth: 0 }), 1);
    town.says_yes("bo", &id).unwrap();
    town.pass(60 * 60);
    town.settle();
    assert_eq!(town.heard(NoticeKind::EndsSoon { nth: 1 }), 1, "by another key than the first");
    assert_eq!(town.heard(NoticeKind::EndsSoon { nth: 0 }), 1);
}

#[test]
fn what_is_hardly_longer_than_the_warning_is_not_warned_of() {
    let mut town = Town::new(1);
    let id = town.granted(&command::NewRequest { length: Seconds::minutes(10), ..wish("AR-7K3Q", 1) });
    town.pass(10 * 60 - 1);
    town.settle();
    assert_eq!(town.heard(NoticeKind::EndsSoon { nth: 0 }), 0, "{id}");
}

/// P6
#[test]
fn a_click_for_more_time_that_comes_twice_extends_once() {
    let (mut town, id) = there();
    town.rules.terms.approvals = 0;
    let deadline = town.deadline(&id);
    let click = Incoming {
        by: Actor::person(person("ana"), Door::Slack),
        interaction: Some(InteractionId::new("click-1")),
        command: more(&id, 30),
    };
    let first = town.send(click.clone());
    assert_eq!(town.send(click), first);
    assert_eq!(town.deadline(&id), Seconds::minutes(30).after(deadline));
}
