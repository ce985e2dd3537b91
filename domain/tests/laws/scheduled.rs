//! Access that begins later: whatever happens before, it begins in its time and under policy, or not at all.

use glasskey_domain::command::NewRequest;
use glasskey_domain::person::Employment;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::settings::START_AHEAD_MAX;
use glasskey_domain::*;

use crate::town::*;

/// For an hour, two hours from now.
fn later(town: &Town) -> NewRequest {
    NewRequest { starts_at: Some(Seconds::hours(2).after(town.now)), ..wish("AR-7K3Q", 1) }
}

fn scheduled() -> (Town, RequestId) {
    let mut town = Town::new(1);
    let new = later(&town);
    town.wishes("ana", &new).unwrap();
    town.says_yes("bo", &new.id).unwrap();
    assert_eq!(town.state(&new.id).word(), StateWord::Scheduled);
    (town, new.id)
}

#[test]
fn it_begins_when_its_time_comes_and_ends_an_hour_later() {
    let (mut town, id) = scheduled();
    assert_eq!(town.deadline(&id), Seconds::hours(3).after(town.now), "durable with the approval (P2)");
    town.pass(2 * 3600 - 1);
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Scheduled);
    assert_eq!(town.book.holdings().count(), 0, "nothing is touched before its time");
    town.pass(1);
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Active);
    town.pass(3600);
    town.settle();
    assert!(matches!(town.state(&id), State::Ended { cause: EndCause::Expired, .. }));
    assert!(town.provider.has.is_empty());
}

/// pitfall 27: scheduled × expiry × restart. Whenever it stops, and whenever it starts again, the access is there inside its
/// window or not at all, and the request comes to its end.
#[test]
fn whenever_the_bot_stands_still_what_was_scheduled_comes_to_its_end() {
    let minutes = [0, 30, 119, 120, 121, 150, 179, 180, 181, 300];
    for stops in minutes {
        for stands in minutes {
            let (mut town, id) = scheduled();
            let (starts, ends) = (Seconds::hours(2).after(town.now), Seconds::hours(3).after(town.now));
            town.pass(stops * 60);
            town.settle();
            town.pass(stands * 60);
            town.crashes();
            town.settle();
            let inside = starts <= town.now && town.now < ends;
            assert_eq!(!town.provider.has.is_empty(), inside, "stops at {stops}, stands still for {stands}");
            town.pass(5 * 3600);
            town.settle();
            assert!(town.state(&id).is_terminal(), "stops at {stops}, stands still for {stands}");
            assert!(town.provider.has.is_empty());
            assert_eq!(town.book.due().count(), 0);
        }
    }
}

/// pitfall 27
#[test]
fn what_begins_late_ends_when_it_should_have() {
    let (mut town, id) = scheduled();
    let ends = town.deadline(&id);
    town.pass(2 * 3600 + 1800);
    town.crashes();
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Active);
    assert_eq!(town.deadline(&id), ends);
}

/// pitfall 27
#[test]
fn a_window_that_passed_unseen_is_told_and_nothing_is_called() {
    let (mut town, id) = scheduled();
    town.pass(3 * 3600);
    town.inside(Command::Start { id: id.clone() });
    town.settle();
    assert!(matches!(town.state(&id), State::Failed { cause: EndCause::Expired, .. }));
    let calls = town.journal.iter().flat_map(|record| &record.events);
    assert_eq!(
        calls
            .filter(|event| matches!(event, Event::ChangeIntended { .. } | Event::GrantOrdered { .. }))
            .count(),
        0
    );
    assert_eq!(town.heard(NoticeKind::Failed), 1);
}

/// P1: what was permitted when it was asked is asked about again when it begins.
#[test]
fn policy_and_approvals_are_asked_again_when_it_begins() {
    type Change = fn(&mut Town);
    let changes: [(Change, NotPermitted); 4] = [
        (|town| town.rules.may_request.clear(), NotPermitted::NoPolicy),
        (|town| town.rules.may_approve.clear(), NotPermitted::ApprovalsGone { needed: 1, counting: 0 }),
        (|town| town.rules.terms.approvals = 2, NotPermitted::ApprovalsGone { needed: 2, counting: 1 }),
        (
            |town| town.directory.people.get_mut(&person("ana")).unwrap().employment = Employment::Unknown,
            NotPermitted::Gone,
        ),
    ];
    for (change, why) in changes {
        let (mut town, id) = scheduled();
        change(&mut town);
        town.pass(2 * 3600);
        town.settle();
        let cause = EndCause::NoLongerPermitted { why };
        assert!(
            matches!(town.state(&id), State::Failed { cause: is, .. } if is == cause),
            "{:?}",
            town.state(&id)
        );
        assert!(town.provider.has.is_empty());
    }
}

#[test]
fn a_clock_that_is_set_back_begins_nothing_early() {
    let (mut town, id) = scheduled();
    town.pass(3600);
    town.inside(Command::Start { id: id.clone() });
    town.inside(Command::Expire { id: id.clone() });
    assert_eq!(town.state(&id).word(), StateWord::Scheduled);
}

#[test]
fn what_is_scheduled_can_be_taken_back_and_ended() {
    let (mut town, id) = scheduled();
    assert_eq!(
        town.does("ana", Command::Withdraw { id: id.clone() }),
        Ok(Reply::Withdrawn { id: id.clone() })
    );
    town.pass(2 * 3600);
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Withdrawn);
    let (mut town, id) = scheduled();
    assert_eq!(town.ends("bo", &id, false), Ok(Reply::NothingToEnd { id: id.clone() }));
    assert!(matches!(town.state(&id), State::Ended { granted_at: None, .. }));
    town.pass(2 * 3600);
    town.settle();
    assert!(town.provider.has.is_empty());
}

#[test]
fn a_start_is_not_promised_for_a_time_that_nobody_knows() {
    let mut town = Town::new(1);
    let start = START_AHEAD_MAX.after(town.now);
    let just = NewRequest { starts_at: Some(start), ..wish("AR-0001", 1) };
    assert!(town.wishes("ana", &just).is_ok());
    let too_far = NewRequest { starts_at: Some(Seconds(1).after(start)), ..wish("AR-0002", 1) };
    assert_eq!(town.wishes("ana", &too_far), Err(Refusal::StartNotPossible { ahead: START_AHEAD_MAX }));
    let past = NewRequest { starts_at: Some(town.now), ..wish("AR-0003", 1) };
    town.wishes("ana", &past).unwrap();
    assert_eq!(town.request(&past.id).ask.starts_at, None, "now is no start in the future");
}

#[test]
fn a_request_for_later_waits_for_approval_until_it_would_begin() {
    let mut town = Town::new(1);
    let new = later(&town);
    town.wishes("ana", &new).unwrap();
    town.pass(2 * 3600 - 1);
    town.settle();
    assert_eq!(town.state(&new.id).word(), StateWord::Pending);
    town.pass(1);
    assert!(matches!(town.says_yes("bo", &new.id), Err(Refusal::TooLate { state: StateWord::Lapsed, .. })));
}
