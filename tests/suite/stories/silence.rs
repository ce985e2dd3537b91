//! Slack in trouble: access is given and taken in time all the same, and afterwards the cards show the truth.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::slack::Fault;
use jiff::ToSpan as _;

use crate::town::{Plan, Town};

/// Enough that nothing gets through until they are taken back.
const ALL: usize = 200;

#[test]
fn access_is_granted_and_ends_in_time_while_slack_takes_no_message() {
    for fault in [Fault::Http500, Fault::RateLimited { secs: 1 }, Fault::Hang, Fault::Garbage] {
        let town = Town::new();
        let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
        town.card(&it);
        town.settle();
        for method in ["chat.postMessage", "chat.update"] {
            town.slack_meets(method, ALL, &fault);
        }
        town.bo().approves(&it);
        town.becomes(&it, StateWord::Active);
        town.pass(1.hour());
        town.becomes(&it, StateWord::Ended);
        assert!(town.aws().has_nothing_for("ana"), "{fault:?}");
        town.slack().clear_faults();
        town.pass(5.minutes());
        town.settle();
        let card = town.card_says(&it, "Ended");
        assert_eq!(card.edits, 1, "one update brings the card to its last state");
        assert_eq!(town.cards(&it).len(), 1);
        let told = town.told("ana");
        assert_eq!(told.iter().filter(|told| told.contains("Ended")).count(), 1, "{fault:?} {told:?}");
        assert!(told.iter().filter(|told| told.contains("Granted")).count() <= 1, "{fault:?} {told:?}");
    }
}

#[test]
fn a_card_whose_answer_was_lost_is_posted_once() {
    let town = Town::new();
    town.slack_meets("chat.postMessage", 1, &Fault::AcceptThenDrop);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.settle();
    assert_eq!(town.cards(&it).len(), 1);
    town.slack_meets("chat.postMessage", 1, &Fault::AcceptThenDrop);
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    assert_eq!(town.told("ana").len(), 1, "{:?}", town.told("ana"));
}

#[test]
fn many_cards_at_once_keep_slacks_pace_and_all_arrive() {
    let town = Town::planned(Plan { paced: true, ..Plan::default() });
    town.slack().enforce_limits(true);
    let lines = [
        "payments-prod ReadOnly 1h",
        "payments-prod PowerUser 1h",
        "payments-staging PowerUser 1h",
        "sandbox-ana ReadOnly 1h",
        "sandbox-ana PowerUser 1h",
    ];
    let all: Vec<_> =
        lines.iter().map(|line| town.ana().asks(&format!("{line} INC-7 look at refunds"))).collect();
    town.settle();
    for it in &all {
        assert_eq!(town.cards(it).len(), 1);
    }
}

#[test]
fn who_cannot_be_asked_about_is_nobody() {
    let town = Town::new();
    town.slack_meets("users.info", 1, &Fault::Http500);
    town.ana()
        .says("/elevate payments-prod ReadOnly 1h INC-7 look at refunds")
        .says("Slack did not answer who you are");
    town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
}
