//! Several people at the same request in the same millisecond: the writer brings them in some order, and in every order
//! exactly one thing happens and everybody else is told what.

use std::collections::BTreeSet;

use glasskey_domain::refusal::StateWord;
use glasskey_domain::*;

use crate::town::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Click {
    BoApproves,
    DeeApproves,
    CyDenies,
    AnaWithdraws,
}

const CLICKS: [Click; 4] = [Click::BoApproves, Click::DeeApproves, Click::CyDenies, Click::AnaWithdraws];

fn orders(clicks: &[Click]) -> Vec<Vec<Click>> {
    if clicks.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in clicks.iter().enumerate() {
        let rest: Vec<Click> =
            clicks.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, c)| *c).collect();
        all.extend(orders(&rest).into_iter().map(|order| [vec![*first], order].concat()));
    }
    all
}

fn click(town: &mut Town, click: Click, id: &RequestId) -> (PersonId, Result<Reply, Refusal>) {
    let id = id.clone();
    let (who, command) = match click {
        Click::BoApproves => ("bo", Command::Approve { id, matter: Matter::Now, length: None }),
        Click::DeeApproves => ("dee", Command::Approve { id, matter: Matter::Now, length: None }),
        Click::CyDenies => ("cy", Command::Deny { id, matter: Matter::Now, why: "not now".to_owned() }),
        Click::AnaWithdraws => ("ana", Command::Withdraw { id }),
    };
    (person(who), town.does(who, command))
}

/// pitfall 12
#[test]
fn in_every_order_one_wins_and_the_others_are_told_who() {
    for approvals in [1, 2] {
        let all = orders(&CLICKS);
        assert_eq!(all.len(), 24);
        for order in all {
            one_wins(approvals, &order);
        }
    }
}

fn one_wins(approvals: u32, order: &[Click]) {
    let mut town = Town::new(approvals);
    town.rules.may_approve.insert(person("cy"));
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    let mut winner: Option<(PersonId, StateWord)> = None;
    for next in order {
        let (who, answer) = click(&mut town, *next, &id);
        let state = town.state(&id).word();
        match &winner {
            Some((winner, word)) => {
                let Err(Refusal::TooLate { state, by, .. }) = answer else { panic!("{order:?}: {answer:?}") };
                assert_eq!((&state, by.as_ref()), (word, Some(winner)), "{order:?}");
            }
            None if state == StateWord::Pending => {
                assert_eq!(answer, Ok(Reply::Approved { id: id.clone(), missing: 1 }), "{order:?}");
            }
            None => {
                assert!(answer.is_ok(), "{order:?}: {answer:?}");
                winner = Some((who, state));
            }
        }
    }
    let (_, word) = winner.expect("four clicks decide a request");
    let decisive = [StateWord::Granting, StateWord::Denied, StateWord::Withdrawn];
    assert!(decisive.contains(&word), "{order:?}");
    let ends = town.journal.iter().flat_map(|record| &record.events).filter(|event| {
        matches!(event, Event::GrantOrdered { .. } | Event::Denied { .. } | Event::Withdrawn { .. })
    });
    assert_eq!(ends.count(), 1, "{order:?}");
}

/// One person on Slack and on Discord is one person (P1).
#[test]
fn the_same_person_through_two_doors_counts_once() {
    let mut town = Town::new(2);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    let answers: Vec<_> = [Door::Slack, Door::Discord]
        .map(|door| {
            let by = Actor::person(person("bo"), door);
            let command = Command::Approve { id: id.clone(), matter: Matter::Now, length: None };
            town.send(command::Incoming { by, interaction: None, command })
        })
        .into();
    assert_eq!(answers[1], Err(Refusal::AlreadyApproved { missing: 1 }));
    assert_eq!(town.state(&id).word(), StateWord::Pending);
    let by: BTreeSet<_> =
        town.book.request(&id).unwrap().approvals.iter().map(|approval| &approval.by).collect();
    assert_eq!(by.len(), 1);
}
