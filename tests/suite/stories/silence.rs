//! The chat in trouble: access is given and taken in time all the same, and afterwards the cards show the truth.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::slack::Fault;
use jiff::ToSpan as _;

use crate::town::{Plan, Platform, Sending, Silence, Town};

on_each_platform! {
    access_is_granted_and_ends_in_time_while_the_chat_takes_no_message,
    a_card_whose_answer_was_lost_is_posted_once,
}

/// Enough that nothing gets through until they are taken back.
const ALL: usize = 200;

fn access_is_granted_and_ends_in_time_while_the_chat_takes_no_message(on: Platform) {
    for silence in [Silence::Error, Silence::TooMany, Silence::Hang, Silence::Garbage] {
        let town = Town::on(on);
        let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
        town.card(&it);
        town.settle();
        for sending in [Sending::Post, Sending::Edit] {
            town.sending_meets(on, sending, ALL, silence);
        }
        town.bo().approves(&it);
        town.becomes(&it, StateWord::Active);
        town.pass(1.hour());
        town.becomes(&it, StateWord::Ended);
        assert!(town.aws().has_nothing_for("ana"), "{silence:?}");
        town.chat_is_well(on);
        town.pass(5.minutes());
        town.settle();
        let card = town.card_says(&it, "Ended");
        assert_eq!(card.edits, 1, "one update brings the card to its last state");
        assert_eq!(town.cards(&it).len(), 1);
        let told = town.told("ana");
        assert_eq!(told.iter().filter(|told| told.contains("Ended")).count(), 1, "{silence:?} {told:?}");
        assert!(told.iter().filter(|told| told.contains("Granted")).count() <= 1, "{silence:?} {told:?}");
    }
}

fn a_card_whose_answer_was_lost_is_posted_once(on: Platform) {
    let town = Town::on(on);
    town.sending_meets(on, Sending::Post, 1, Silence::LostAnswer);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.settle();
    assert_eq!(town.cards(&it).len(), 1);
    town.sending_meets(on, Sending::Post, 1, Silence::LostAnswer);
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    assert_eq!(town.told("ana").len(), 1, "{:?}", town.told("ana"));
}

#[test]
fn many_cards_at_once_keep_slacks_pace_and_all_arrive() {
    let town = Town::planned(Plan { paced: true, ..Plan::on(Platform::Slack) });
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
    let town = Town::on(Platform::Slack);
    town.slack_meets("users.info", 1, &Fault::Http500);
    town.ana()
        .says("/elevate payments-prod ReadOnly 1h INC-7 look at refunds")
        .says("the chat did not answer who you are");
    town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
}
