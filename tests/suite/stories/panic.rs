//! The panic switch: an administrator ends everything, or all of one person, or all in one account.

use std::time::Duration;

use glasskey_domain::refusal::StateWord;
use jiff::ToSpan as _;

use crate::town::{ACCESS, Platform, Request, Town};

on_each_platform! {
    who_is_no_administrator_ends_nothing,
    all_access_is_ended_after_a_question_and_told,
    all_of_one_person_is_ended_and_nothing_of_another,
    all_in_one_account_is_ended_and_nothing_elsewhere,
    all_is_ended_though_the_bot_dies_in_the_middle,
}

/// Ana has two, Cy has one, and one of Cy's waits.
fn busy(on: Platform) -> (Town, [Request; 4]) {
    let town = Town::on(on);
    let lines = ["payments-prod ReadOnly 1h INC-7 look at refunds", "sandbox-ana PowerUser 1h try a queue"];
    let [prod, sandbox] = lines.map(|line| town.ana().asks(line));
    let [data, waits] =
        ["data-prod PowerUser 1h INC-7 move the tables", "data-staging ReadOnly 1h INC-8 compare them"]
            .map(|line| town.cy().asks(line));
    for it in [&prod, &data] {
        town.bo().approves(it);
    }
    for it in [&prod, &sandbox, &data] {
        town.becomes(it, StateWord::Active);
    }
    town.card(&waits);
    town.settle();
    (town, [prod, sandbox, data, waits])
}

fn states(town: &Town, all: &[Request; 4]) -> [StateWord; 4] {
    town.settle();
    all.each_ref().map(|it| town.state(it))
}

const UNTOUCHED: [StateWord; 4] =
    [StateWord::Active, StateWord::Active, StateWord::Active, StateWord::Pending];

fn who_is_no_administrator_ends_nothing(on: Platform) {
    let (town, all) = busy(on);
    for line in ["end all confirm", "end all payments-prod confirm", "end all <@U0CY> confirm"] {
        let said = town.bo().says(&format!("/elevate {line}"));
        said.says("policy does not make you an administrator of Glasskey");
    }
    assert_eq!(states(&town, &all), UNTOUCHED);
}

fn all_access_is_ended_after_a_question_and_told(on: Platform) {
    let (town, all) = busy(on);
    town.dee().says("/elevate end all").says("4 requests would end").says("confirm");
    assert_eq!(states(&town, &all), UNTOUCHED, "asked first");
    town.dee().says("/elevate end all confirm").says("4 requests are being ended");
    for it in &all[..3] {
        town.becomes(it, StateWord::Ended);
        let card = town.card_says(it, "ended early by").words();
        assert!(card.contains(&town.mention("dee")), "{card}");
    }
    assert!(town.aws().has_nothing_for("ana"));
    assert!(!town.aws().has("cy", "data-prod", "PowerUser"));
    assert!(town.aws().has("cy", "data-prod", "ReadOnly"), "what Glasskey did not give stays (P5)");
    let told = town.channel_says(on, ACCESS, "ALL ACCESS IS BEING ENDED").words();
    assert!(told.contains(&town.mention("dee")), "{told}");
    for who in ["ana", "cy"] {
        town.is_told(who, "Ended");
    }
    town.settle();
    assert!(town.request(&all[3]).state.is_terminal(), "what waited is closed, too");
    town.bo().says(&format!("/elevate approve {}", all[3].id)).says("too late");
    town.dee().says("/elevate end all confirm").says("There is nothing to end");
    // What is asked for afterwards is not part of it.
    let again = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&again);
    town.becomes(&again, StateWord::Active);
}

fn all_of_one_person_is_ended_and_nothing_of_another(on: Platform) {
    let (town, all) = busy(on);
    town.dee().says("/elevate end all <@U0ANA>").says("2 requests would end");
    town.dee().says("/elevate end all <@U0ANA> confirm").says("2 requests are being ended");
    for it in &all[..2] {
        town.becomes(it, StateWord::Ended);
    }
    assert!(town.aws().has_nothing_for("ana"));
    let told = town.channel_says(on, ACCESS, "ALL ACCESS IS BEING ENDED* of").words();
    assert!(told.contains(&town.mention("ana")), "{told}");
    assert_eq!(states(&town, &all)[2..], UNTOUCHED[2..]);
    assert!(town.aws().has("cy", "data-prod", "PowerUser"));
}

fn all_in_one_account_is_ended_and_nothing_elsewhere(on: Platform) {
    let (town, all) = busy(on);
    town.dee().says("/elevate end all payments-prod").says("1 request would end");
    town.dee().says("/elevate end all payments-prod confirm").says("1 request is being ended");
    town.becomes(&all[0], StateWord::Ended);
    town.channel_says(on, ACCESS, "ALL ACCESS IS BEING ENDED* in payments-prod");
    assert!(!town.aws().has("ana", "payments-prod", "ReadOnly"));
    assert_eq!(states(&town, &all)[1..], UNTOUCHED[1..]);
}

fn all_is_ended_though_the_bot_dies_in_the_middle(on: Platform) {
    let (mut town, all) = busy(on);
    town.aws().set_options(|options| options.operation_delay = Duration::from_secs(2));
    town.dee().says("/elevate end all confirm").says("4 requests are being ended");
    town.kill();
    town.aws().set_options(|options| options.operation_delay = Duration::ZERO);
    town.pass(1.minutes());
    town.start();
    for it in &all[..3] {
        town.becomes(it, StateWord::Ended);
    }
    assert!(town.aws().has_nothing_for("ana"));
    assert!(!town.aws().has("cy", "data-prod", "PowerUser"));
    town.settle();
    assert!(town.request(&all[3]).state.is_terminal());
    town.channel_says(on, ACCESS, "ALL ACCESS IS BEING ENDED");
    let told = town.posts().iter().filter(|one| one.words().contains("ALL ACCESS IS BEING ENDED")).count();
    assert_eq!(told, 1);
}
