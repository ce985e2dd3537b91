//! The bot dies and comes back, alone or with the world around it down.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use jiff::ToSpan as _;

use crate::town::{Plan, Platform, Town};

on_each_platform! {
    a_restart_keeps_what_waits_what_is_active_and_who_is_who,
    what_should_have_ended_while_the_bot_was_dead_ends_when_it_is_back,
    an_operation_in_flight_is_followed_to_its_end_by_the_next_bot,
    a_bot_that_knows_nobody_still_ends_what_must_end,
    access_that_ends_while_aws_is_down_is_gone_as_soon_as_aws_is_back,
}

/// pitfall 1
fn a_restart_keeps_what_waits_what_is_active_and_who_is_who(on: Platform) {
    let mut town = Town::on(on);
    let active = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&active);
    let before = town.becomes(&active, StateWord::Active);
    let waiting = town.ana().asks("payments-prod PowerUser 1h INC-8 change a flag");
    town.card(&waiting);
    town.settle();
    town.restart();
    assert_eq!(town.request(&active).deadline(), before.deadline());
    town.bo().approves(&waiting).says("needs no further approval");
    town.becomes(&waiting, StateWord::Active);
    town.pass(61.minutes());
    for it in [&active, &waiting] {
        town.becomes(it, StateWord::Ended);
    }
    assert!(town.aws().has_nothing_for("ana"));
}

/// pitfall 1, pitfall 23
fn what_should_have_ended_while_the_bot_was_dead_ends_when_it_is_back(on: Platform) {
    let mut town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.kill();
    town.pass(5.hours());
    town.start();
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

/// pitfall 3, pitfall 4
fn an_operation_in_flight_is_followed_to_its_end_by_the_next_bot(on: Platform) {
    let mut town = Town::on(on);
    town.aws().set_options(|options| options.operation_delay = std::time::Duration::from_secs(2));
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.follows_an_operation();
    town.restart();
    town.becomes(&it, StateWord::Active);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 1);
}

#[test]
fn a_bot_that_stops_in_good_order_says_so_in_the_journal() {
    let mut town = Town::on(Platform::Slack);
    town.stop();
    assert!(town.journal().contains("\"stopped\""));
    town.start();
}

#[test]
fn a_bot_that_starts_before_aws_refuses_everybody_and_serves_when_it_is_up() {
    let town = Town::planned(Plan { aws_down: true, ..Plan::on(Platform::Slack) });
    town.ana()
        .says("/elevate payments-prod ReadOnly 1h INC-7 look at refunds")
        .says("has not read the company's directory yet");
    town.aws_comes_back();
    town.pass(5.seconds());
    town.knows_the_company();
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
}

/// pitfall 9: no directory, no readers of it at AWS, and access ends all the same (P3).
fn a_bot_that_knows_nobody_still_ends_what_must_end(on: Platform) {
    let mut town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    town.kill();
    std::fs::remove_dir_all(town.store().join("documents")).unwrap();
    for operation in ["ListUsers", "ListGroups", "ListAccounts", "ListPermissionSets"] {
        town.aws_meets(operation, u32::MAX, FaultKind::Internal500);
    }
    town.pass(2.hours());
    town.start();
    assert!(town.engine().directory().is_empty());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

fn access_that_ends_while_aws_is_down_is_gone_as_soon_as_aws_is_back(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    town.aws_goes_down();
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ending);
    town.aws_comes_back();
    town.pass(1.minutes());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}
