//! Corners that random histories reach too rarely: each was found by breaking a line on purpose and seeing nothing fail.

use glasskey_domain::event::Record;
use glasskey_domain::holding::Change;
use glasskey_domain::reconcile::{LOOKS_MAX, Step, next_step};
use glasskey_domain::refusal::StateWord;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::*;

use crate::town::*;

fn looked(town: &mut Town, direct: bool) {
    town.outcome(Outcome::Looked { holding: holding("ana"), direct, groups: Vec::new(), member: None });
}

fn done(town: &mut Town, change: Change) {
    town.outcome(Outcome::Succeeded { holding: holding("ana"), change });
}

/// What the bot does next outside.
fn next(town: &Town) -> Step {
    next_step(&town.book, &holding("ana"), town.now)
}

/// A town in which the create of ana's request is written down.
fn about_to_create() -> (Town, RequestId) {
    let mut town = Town::new(0);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    looked(&mut town, false);
    (town, id)
}

/// The delete is done and a look shows nothing; a loose create may still come.
fn deleted_and_not_seen(town: &mut Town) {
    done(town, Change::Delete);
    looked(town, false);
}

fn ends_only_when_settled(town: &mut Town, id: &RequestId) {
    assert_eq!(town.state(id).word(), StateWord::Ending, "absence is believed too early");
    town.pass(51);
    looked(town, false);
    assert_eq!(town.state(id).word(), StateWord::Ended);
}

#[test]
fn policy_is_asked_again_before_a_create_is_tried_again() {
    let (mut town, id) = about_to_create();
    town.rules.may_request.clear();
    town.outcome(Outcome::Trouble { holding: holding("ana"), what: Some("throttled".to_owned()) });
    let why = NotPermitted::NoPolicy;
    let cause = EndCause::NoLongerPermitted { why };
    assert!(
        matches!(town.state(&id), State::Ending { cause: is, .. } if is == cause),
        "{:?}",
        town.state(&id)
    );
}

/// A create that AWS did not take, and then nothing for long.
fn not_taken_for_long(town: &mut Town) {
    town.pass(51);
    town.outcome(Outcome::AboutToCreate { holding: holding("ana") });
}

/// pitfall 19
#[test]
fn what_somebody_assigns_while_a_create_is_not_taken_is_theirs() {
    let (mut town, id) = about_to_create();
    not_taken_for_long(&mut town);
    assert_eq!(next(&town), Step::Look, "before the next try");
    looked(&mut town, true);
    assert_eq!(town.state(&id).word(), StateWord::Ended);
    assert_eq!(next(&town), Step::Rest, "nothing is created, and nothing taken away");
}

#[test]
fn a_create_that_was_not_taken_is_made_after_a_new_look_and_is_ours() {
    let (mut town, id) = about_to_create();
    not_taken_for_long(&mut town);
    looked(&mut town, false);
    assert_eq!(next(&town), Step::Call { change: Change::Create });
    done(&mut town, Change::Create);
    looked(&mut town, true);
    assert_eq!(town.state(&id).word(), StateWord::Active);
    town.does("ana", Command::End { id, cut: false }).unwrap();
    assert_eq!(next(&town), Step::Call { change: Change::Delete });
}

/// Lists lag: a look right after another could show what we deleted before, and it would be taken for theirs.
#[test]
fn a_create_that_is_tried_again_soon_needs_no_new_look() {
    let (mut town, _id) = about_to_create();
    town.pass(49);
    town.outcome(Outcome::AboutToCreate { holding: holding("ana") });
    assert_eq!(next(&town), Step::Call { change: Change::Create });
}

/// P3: after a lost reply whatever is there may be ours.
#[test]
fn what_is_seen_after_a_create_whose_reply_was_lost_is_ours() {
    let (mut town, id) = about_to_create();
    town.outcome(Outcome::ReplyLost { holding: holding("ana"), change: Change::Create });
    not_taken_for_long(&mut town);
    assert_eq!(next(&town), Step::Look);
    looked(&mut town, true);
    assert_eq!(town.state(&id).word(), StateWord::Active);
    town.does("ana", Command::End { id, cut: false }).unwrap();
    assert_eq!(next(&town), Step::Call { change: Change::Delete });
}

/// A reply that was lost long ago, or a stop between the call and its answer, does not keep what is theirs from being seen.
#[test]
fn what_somebody_assigns_long_after_a_reply_was_lost_is_theirs() {
    let (mut town, id) = about_to_create();
    let platforms = Served::default();
    town.inside(Command::Started { version: "0.1.0".to_owned(), platforms });
    not_taken_for_long(&mut town);
    for _ in 0..2 {
        assert_eq!(next(&town), Step::Look);
        looked(&mut town, false);
    }
    assert_eq!(next(&town), Step::Call { change: Change::Create }, "what was lost did not come");
    not_taken_for_long(&mut town);
    looked(&mut town, true);
    assert_eq!(town.state(&id).word(), StateWord::Ended);
    assert_eq!(next(&town), Step::Rest);
}

/// P3: what was deleted and is still listed may be there after all.
#[test]
fn a_create_after_a_delete_that_lists_do_not_show_is_never_taken_for_anothers() {
    let (mut town, first) = about_to_create();
    done(&mut town, Change::Create);
    looked(&mut town, true);
    town.does("ana", Command::End { id: first, cut: false }).unwrap();
    done(&mut town, Change::Delete);
    town.asks("ana", "AR-0002", 1).unwrap();
    for _ in 0..LOOKS_MAX {
        looked(&mut town, true);
    }
    assert_eq!(next(&town), Step::Call { change: Change::Create });
    not_taken_for_long(&mut town);
    assert_eq!(next(&town), Step::Call { change: Change::Create });
}

#[test]
fn access_that_is_seen_may_be_the_work_of_the_second_call_while_the_first_still_comes() {
    let (mut town, id) = about_to_create();
    town.outcome(Outcome::ReplyLost { holding: holding("ana"), change: Change::Create });
    town.step(&holding("ana"));
    done(&mut town, Change::Create);
    looked(&mut town, true);
    assert_eq!(town.state(&id).word(), StateWord::Active);
    town.does("ana", Command::End { id: id.clone(), cut: false }).unwrap();
    deleted_and_not_seen(&mut town);
    ends_only_when_settled(&mut town, &id);
}

/// pitfall 11
#[test]
fn a_create_that_is_taken_back_was_perhaps_called() {
    let (mut town, id) = about_to_create();
    town.does("ana", Command::End { id: id.clone(), cut: false }).unwrap();
    deleted_and_not_seen(&mut town);
    ends_only_when_settled(&mut town, &id);
}

#[test]
fn a_create_before_a_stop_was_perhaps_called() {
    let (mut town, id) = about_to_create();
    town.send(command::Incoming::inside(Command::Started {
        version: "0.1.0".to_owned(),
        platforms: Served::default(),
    }))
    .unwrap();
    town.outcome(Outcome::Failed {
        holding: holding("ana"),
        change: Change::Create,
        why: "quota".to_owned(),
    });
    looked(&mut town, false);
    assert_eq!(town.state(&id).word(), StateWord::Ending, "the first call may still come");
    town.pass(51);
    looked(&mut town, false);
    assert_eq!(town.state(&id).word(), StateWord::Failed);
}

/// pitfall 3
#[test]
fn what_was_deleted_and_is_still_listed_is_not_access_for_who_comes_next() {
    let (mut town, first) = about_to_create();
    done(&mut town, Change::Create);
    looked(&mut town, true);
    town.does("ana", Command::End { id: first, cut: false }).unwrap();
    done(&mut town, Change::Delete);
    let second = town.asks("ana", "AR-0002", 1).unwrap();
    for _ in 0..LOOKS_MAX {
        looked(&mut town, true);
        assert_eq!(town.state(&second).word(), StateWord::Granting);
    }
    assert_eq!(next(&town), Step::Call { change: Change::Create });
}

/// pitfall 15
#[test]
fn a_request_whose_time_is_up_has_lapsed_whether_or_not_the_timer_came() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.pass(3599);
    assert!(town.book.request(&id).is_some());
    town.pass(1);
    let late = Err(Refusal::TooLate { state: StateWord::Lapsed, since: Some(town.now), by: None });
    assert_eq!(town.does("bo", Command::Approve { id: id.clone(), matter: Matter::Now, length: None }), late);
    assert_eq!(
        town.does("bo", Command::Deny { id: id.clone(), matter: Matter::Now, why: "no".to_owned() }),
        late
    );
    assert_eq!(town.does("ana", Command::Withdraw { id }), late);
}

#[test]
fn an_end_that_another_request_outlives_says_so() {
    let mut town = Town::new(0);
    let first = town.asks("ana", "AR-0001", 1).unwrap();
    town.settle();
    let second = town.asks("ana", "AR-0002", 2).unwrap();
    town.settle();
    let kept = Reply::Kept { id: first.clone(), by: second };
    assert_eq!(town.does("ana", Command::End { id: first, cut: false }), Ok(kept));
    assert!(town.provider.has.contains(&holding("ana")));
}

#[test]
fn a_request_id_that_is_taken_is_not_given_to_another() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.rules.terms.approvals = 0;
    assert_eq!(town.asks("bo", "AR-7K3Q", 1), Err(Refusal::AlreadyAsked { id: id.clone() }));
    assert_eq!(town.state(&id).word(), StateWord::Pending);
}

/// pitfall 26
#[test]
fn no_fact_changes_a_terminal_state() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.does("ana", Command::Withdraw { id: id.clone() }).unwrap();
    let terminal = town.book.clone();
    let deadline = town.now;
    let approval = request::Approval {
        by: person("bo"),
        at: town.now,
        door: Door::Slack,
        policies: Vec::new(),
        length: None,
    };
    let nothing = request::Permitted {
        policies: Vec::new(),
        set: String::new(),
        groups: Vec::new(),
        emergency_on: false,
    };
    let facts = [
        Event::Approved { id: id.clone(), approval },
        Event::Denied { id: id.clone(), by: person("bo"), why: "no".to_owned() },
        Event::Withdrawn { id: id.clone() },
        Event::Lapsed { id: id.clone() },
        Event::GrantOrdered { id: id.clone(), deadline, under: nothing.clone() },
        Event::AlreadyHeld { id: id.clone(), via: target::Via::Direct },
        Event::GrantConfirmed { id: id.clone(), deadline },
        Event::EndOrdered { id: id.clone(), cause: EndCause::Expired, due: deadline },
        Event::RemovedByHand { id: id.clone() },
        Event::EndConfirmed { id: id.clone(), lateness_ms: 0, kept_by: None },
        Event::OverdueTold { id: id.clone(), nth: 1, again_at: deadline },
        Event::Scheduled { id: id.clone(), starts_at: deadline, deadline },
        Event::UrgentUsed { id: id.clone(), channels: Vec::new() },
        Event::Acknowledged { id: id.clone(), by: person("bo"), note: None },
        Event::Objected { id: id.clone(), by: person("bo"), why: "no".to_owned() },
        Event::Reminded { id: id.clone(), nth: 1 },
        Event::Escalated { id: id.clone(), nth: 1, people: vec![person("bo")] },
        Event::Warned { id: id.clone() },
        Event::ExtensionDenied { id: id.clone(), by: person("bo"), why: "no".to_owned() },
        Event::ExtensionDropped { id: id.clone(), withdrawn: false },
        Event::Extended { id: id.clone(), deadline, under: nothing.clone() },
        Event::PartHeld { id: id.clone(), target: target(), via: target::Via::Direct },
        Event::PartConfirmed { id: id.clone(), target: target() },
        Event::PartEnding { id: id.clone(), target: target(), cause: EndCause::Expired },
        Event::PartOut { id: id.clone(), target: target(), kept_by: None },
        Event::Doubted { id: id.clone(), lost: request::Lost::PersonGone, read_at: deadline },
        Event::DoubtOver { id: id.clone() },
        Event::Stricter { id: id.clone(), why: Some(NotPermitted::NoPolicy) },
        Event::CutAsked { id: id.clone() },
    ];
    for fact in facts {
        let mut book = terminal.clone();
        let (at, by) = (town.now, Actor::glasskey());
        book.apply(&Record { at, by, interaction: None, answer: None, events: vec![fact.clone()] });
        assert_eq!(book, terminal, "{fact:?}");
    }
}

/// After a day of standstill everything remembered is old at once: one record that forgot it all would not fit a batch, and
/// the bot would not start again.
#[test]
fn deliveries_of_long_ago_are_forgotten_a_few_at_a_time() {
    let record = |second: i64, delivery: Option<i64>| Record {
        at: jiff::Timestamp::from_second(second).unwrap(),
        by: Actor::glasskey(),
        interaction: delivery.map(|number| InteractionId::new(format!("slack:{number}"))),
        answer: delivery.map(|_| Answer::Done(Reply::Noted)),
        events: Vec::new(),
    };
    let mut book = Book::default();
    for number in 0..10_000 {
        book.apply(&record(number, Some(number)));
    }
    let (mut forgotten, mut records) = (0, 0);
    while forgotten < 10_000 {
        let touched = book.apply(&record(200_000, None));
        assert!((1..=64).contains(&touched.interactions.len()), "{}", touched.interactions.len());
        forgotten += touched.interactions.len();
        records += 1;
    }
    assert_eq!(records, 157);
    assert!(book.answered(&InteractionId::new("slack:9999")).is_none());
}
