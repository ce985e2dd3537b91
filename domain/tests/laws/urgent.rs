//! Access first, approval after: somebody else must be able to look, and looks once.

use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::ids::InteractionId;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::request::UrgentReview;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::*;

use crate::town::*;

fn urgent() -> NewRequest {
    NewRequest { urgent: true, ..wish("AR-7K3Q", 1) }
}

/// ana has it at once, and bo or dee must look at it.
fn used() -> (Town, RequestId) {
    let mut town = Town::new(2);
    let id = town.granted(&urgent());
    (town, id)
}

fn acknowledge(id: &RequestId) -> Command {
    Command::Acknowledge { id: id.clone(), note: Some("the pager rang".to_owned()) }
}

fn object(id: &RequestId) -> Command {
    Command::Object { id: id.clone(), why: "there was no incident".to_owned() }
}

#[test]
fn it_is_granted_at_once_and_told_to_whoever_could_have_approved() {
    let (town, id) = used();
    assert!(town.request(&id).approvals.is_empty());
    assert!(town.request(&id).review.is_wanted());
    assert_eq!(town.heard(NoticeKind::Urgent), 2, "to bo and dee");
}

#[test]
fn who_may_have_it_with_an_approval_may_not_have_it_without() {
    let mut town = Town::new(1);
    town.rules.may_urgently.clear();
    assert_eq!(town.wishes("ana", &urgent()), Err(Refusal::NotPermitted { why: NotPermitted::NoPolicy }));
}

#[test]
fn it_is_refused_where_nobody_else_could_look_at_it() {
    let mut town = Town::new(0);
    town.rules.may_approve = [person("ana")].into();
    assert_eq!(town.wishes("ana", &urgent()), Err(Refusal::NobodyCouldApprove { needed: 1, found: 0 }));
}

#[test]
fn what_is_urgent_does_not_begin_later() {
    let mut town = Town::new(1);
    let later = NewRequest { starts_at: Some(Seconds::hours(1).after(town.now)), ..urgent() };
    assert_eq!(town.wishes("ana", &later), Err(Refusal::UrgentIsNow));
}

/// P1
#[test]
fn nobody_looks_at_their_own_use_nor_who_could_not_have_approved_it() {
    let (mut town, id) = used();
    for look in [acknowledge, object] {
        assert_eq!(town.does("ana", look(&id)), Err(Refusal::OwnRequest));
        assert_eq!(town.does("cy", look(&id)), Err(Refusal::NotAnApprover { why: NotPermitted::NoPolicy }));
    }
    assert!(town.request(&id).review.is_wanted());
}

#[test]
fn who_acknowledges_leaves_it_as_it_is() {
    let (mut town, id) = used();
    assert_eq!(town.does("bo", acknowledge(&id)), Ok(Reply::Acknowledged { id: id.clone() }));
    assert!(
        matches!(&town.request(&id).review, UrgentReview::Acknowledged { by, .. } if *by == person("bo"))
    );
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Active);
    for look in [acknowledge, object] {
        assert_eq!(town.does("dee", look(&id)), Err(Refusal::NothingToAcknowledge { id: id.clone() }));
    }
    assert_eq!(town.state(&id).word(), StateWord::Active);
}

#[test]
fn who_objects_ends_it() {
    let (mut town, id) = used();
    assert_eq!(town.does("dee", object(&id)), Ok(Reply::Objected { id: id.clone(), ended: true }));
    assert_eq!(town.does("bo", object(&id)), Err(Refusal::NothingToAcknowledge { id: id.clone() }));
    town.settle();
    assert!(
        matches!(town.state(&id), State::Ended { cause: EndCause::Objected { by, .. }, .. } if by == person("dee"))
    );
    assert!(town.provider.has.is_empty());
    assert_eq!(town.heard(NoticeKind::Objected), 1);
}

#[test]
fn what_is_over_must_still_be_looked_at_and_is_reminded_of_every_day() {
    let (mut town, id) = used();
    town.ends("ana", &id, false).unwrap();
    town.settle();
    for day in 1..=3 {
        town.pass(24 * 3600);
        town.settle();
        assert!(town.book.request(&id).is_some(), "it stays in sight");
        assert_eq!(town.heard(NoticeKind::ReviewDue { nth: day }), 3, "bo, dee, and under the card");
    }
    town.crashes();
    assert_eq!(town.does("dee", object(&id)), Ok(Reply::Objected { id: id.clone(), ended: false }));
    town.settle();
    assert!(town.book.request(&id).is_none());
    assert_eq!(town.book.due().count(), 0);
    assert_eq!(town.does("bo", acknowledge(&id)), Err(Refusal::NothingToAcknowledge { id }));
}

/// P6
#[test]
fn a_click_that_comes_twice_is_answered_the_same_and_counts_once() {
    for look in [acknowledge, object] {
        let (mut town, id) = used();
        let by = Actor::person(person("bo"), Door::Slack);
        let click = Incoming { by, interaction: Some(InteractionId::new("click-1")), command: look(&id) };
        let first = town.send(click.clone());
        assert!(first.is_ok());
        let records = town.journal.len();
        assert_eq!(town.send(click), first);
        assert_eq!(town.journal.len(), records);
    }
}

#[test]
fn an_objection_says_why() {
    let (mut town, id) = used();
    let silent = Command::Object { id: id.clone(), why: "  ".to_owned() };
    assert_eq!(town.does("bo", silent), Err(Refusal::ReasonTooShort { min: 1 }));
    let endless = Command::Object { id: id.clone(), why: "x".repeat(501) };
    assert_eq!(town.does("bo", endless), Err(Refusal::ReasonTooLong { max: 500 }));
    assert_eq!(town.state(&id).word(), StateWord::Active);
}

/// P1: nobody approved it, and policy must still permit it when it is created.
#[test]
fn policy_is_asked_again_before_it_is_created() {
    let mut town = Town::new(1);
    town.wishes("ana", &urgent()).unwrap();
    town.rules.may_urgently.clear();
    town.settle();
    assert_eq!(town.state(&urgent().id).word(), StateWord::Failed);
    assert!(town.provider.has.is_empty());
}
