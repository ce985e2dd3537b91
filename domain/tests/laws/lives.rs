//! One life of a request at a time.

use glasskey_domain::refusal::StateWord;
use glasskey_domain::*;

use crate::town::*;

#[test]
fn a_request_lives_from_asking_to_its_end() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.settle();
    assert!(matches!(town.state(&id), State::Pending { .. }));
    town.does("bo", Command::Approve { id: id.clone(), matter: Matter::Now, length: None }).unwrap();
    town.settle();
    assert!(matches!(town.state(&id), State::Active { .. }), "{:?}", town.state(&id));
    assert!(town.provider.has.contains(&holding("ana")));
    town.pass(3599);
    town.settle();
    assert!(town.provider.has.contains(&holding("ana")));
    town.pass(1);
    town.settle();
    assert!(matches!(town.state(&id), State::Ended { cause: EndCause::Expired, .. }));
    assert!(town.provider.has.is_empty());
    assert_eq!(town.book.due().count(), 0);
    assert_eq!(town.book.holdings().count(), 0);
}

/// pitfall 13
#[test]
fn a_requester_cannot_approve_their_own_request() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    assert_eq!(
        town.does("ana", Command::Approve { id, matter: Matter::Now, length: None }),
        Err(Refusal::OwnRequest)
    );
}

#[test]
fn two_approvals_come_from_two_people() {
    let mut town = Town::new(2);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.does("bo", Command::Approve { id: id.clone(), matter: Matter::Now, length: None }).unwrap();
    assert_eq!(
        town.does("bo", Command::Approve { id: id.clone(), matter: Matter::Now, length: None }),
        Err(Refusal::AlreadyApproved { missing: 1 })
    );
    town.does("dee", Command::Approve { id: id.clone(), matter: Matter::Now, length: None }).unwrap();
    assert_eq!(town.state(&id).word(), StateWord::Granting);
}

/// pitfall 19
#[test]
fn access_that_stood_before_is_left_alone() {
    let mut town = Town::new(0);
    town.provider.has.insert(holding("ana"));
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.settle();
    assert!(matches!(town.state(&id), State::Ended { cause: EndCause::AlreadyHeld { .. }, .. }));
    town.pass(7200);
    town.settle();
    assert!(town.provider.has.contains(&holding("ana")));
}

/// pitfall 19
#[test]
fn two_requests_for_the_same_thing_never_cut_each_other_short() {
    let mut town = Town::new(0);
    let short = town.asks("ana", "AR-0001", 1).unwrap();
    town.settle();
    let long = town.asks("ana", "AR-0002", 3).unwrap();
    town.settle();
    assert_eq!(town.state(&long).word(), StateWord::Active);
    town.pass(3600);
    town.settle();
    assert!(matches!(town.state(&short), State::Ended { kept_by: Some(_), .. }));
    assert!(town.provider.has.contains(&holding("ana")));
    town.pass(2 * 3600);
    town.settle();
    assert!(matches!(town.state(&long), State::Ended { kept_by: None, .. }));
    assert!(town.provider.has.is_empty());
}

/// pitfall 11
#[test]
fn an_end_while_the_grant_is_in_flight_leaves_no_orphan() {
    for steps in 0..6 {
        let mut town = Town::new(0);
        let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
        for _ in 0..steps {
            town.step(&holding("ana"));
        }
        drop(town.does("ana", Command::End { id: id.clone(), cut: false }));
        town.settle();
        town.pass(60);
        town.settle();
        assert!(town.state(&id).is_terminal(), "after {steps} steps: {:?}", town.state(&id));
        assert!(town.provider.has.is_empty(), "after {steps} steps");
    }
}

#[test]
fn a_create_whose_reply_was_lost_and_which_comes_late_is_still_taken_away() {
    let mut town = Town::new(0);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.step(&holding("ana"));
    // The call reaches AWS, its reply does not reach us.
    town.provider.start(&holding("ana"), holding::Change::Create);
    town.outcome(Outcome::ReplyLost { holding: holding("ana"), change: holding::Change::Create });
    town.does("ana", Command::End { id: id.clone(), cut: false }).unwrap();
    town.settle();
    assert!(!town.state(&id).is_terminal(), "absence is not believed before it is settled");
    town.provider.finish_all();
    town.pass(51);
    town.settle();
    assert!(town.state(&id).is_terminal());
    assert!(town.provider.has.is_empty());
}

#[test]
fn what_is_removed_by_hand_is_noticed_and_not_put_back() {
    let mut town = Town::new(0);
    let first = town.asks("ana", "AR-0001", 2).unwrap();
    town.settle();
    town.provider.has.clear();
    let second = town.asks("ana", "AR-0002", 2).unwrap();
    town.settle();
    assert!(matches!(town.state(&first), State::Ended { cause: EndCause::RemovedByHand, .. }));
    assert_eq!(town.state(&second).word(), StateWord::Active, "the newcomer has a grant of its own");
}

#[test]
fn the_same_book_comes_out_of_the_journal() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.settle();
    town.does("bo", Command::Approve { id, matter: Matter::Now, length: None }).unwrap();
    town.settle();
    assert_eq!(town.replayed(), town.book);
    assert_eq!(town.reloaded(), town.book);
}
