//! The rules or the people change while a request is open.

use std::time::Duration;

use glasskey_domain::refusal::StateWord;
use jiff::ToSpan as _;

use crate::town::{ACME, Platform, Request, Town};

on_each_platform! {
    a_policy_that_forbids_now_forbids_the_approval_of_what_waits,
    a_policy_that_forbids_between_approval_and_creation_is_heeded,
    a_person_who_is_disabled_between_approval_and_creation_gets_nothing,
    a_policy_that_permits_more_changes_nothing_about_what_was_asked,
    a_policy_that_cannot_be_read_leaves_the_old_one_in_force,
}

fn forbidden() -> String {
    format!(
        "{ACME}\n@id(\"frozen\")\nforbid (principal, action == Action::\"request\", resource in Account::\"payments-prod\");\n"
    )
}

/// Approves, and holds AWS's answer to the first look back until `change` was made.
fn approved_and_meanwhile(town: &Town, it: &Request, change: impl FnOnce()) {
    town.aws().forget_calls();
    town.aws().set_options(|options| options.latency = Duration::from_millis(800));
    town.bo().approves(it);
    town.aws_shows("the first look", |aws| !aws.calls().is_empty());
    town.aws().set_options(|options| options.latency = Duration::ZERO);
    assert_eq!(town.state(it), StateWord::Granting);
    change();
}

/// pitfall 35, pitfall 6
fn a_policy_that_forbids_now_forbids_the_approval_of_what_waits(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    town.changes_policies(&forbidden());
    town.bo().approves(&it).says("frozen");
    town.settle();
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    assert_eq!(town.state(&it), StateWord::Pending);
    // What was loosened since does not help either: it lapses as ever, and nothing is stranded.
    town.pass(1.hour());
    town.becomes(&it, StateWord::Lapsed);
}

/// pitfall 35
fn a_policy_that_forbids_between_approval_and_creation_is_heeded(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    approved_and_meanwhile(&town, &it, || town.changes_policies(&forbidden()));
    town.becomes(&it, StateWord::Failed);
    town.card_says(&it, "frozen");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn a_person_who_is_disabled_between_approval_and_creation_gets_nothing(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    approved_and_meanwhile(&town, &it, || {
        assert!(town.aws().set_user_enabled("ana", false));
        town.reads_the_directory();
    });
    town.becomes(&it, StateWord::Failed);
    town.card_says(&it, "no longer enabled");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    town.settle();
    assert_eq!(town.cards(&it).len(), 1);
}

/// pitfall 33: what was asked stays as it was asked.
fn a_policy_that_permits_more_changes_nothing_about_what_was_asked(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod PowerUser 1h INC-7 change a flag");
    let before = town.request(&it);
    town.changes_policies(&ACME.replace("@max_duration(\"1h\")", "@max_duration(\"12h\")"));
    town.bo().approves(&it);
    let after = town.becomes(&it, StateWord::Active);
    assert_eq!((before.ask, before.terms), (after.ask, after.terms));
}

fn a_policy_that_cannot_be_read_leaves_the_old_one_in_force(on: Platform) {
    let town = Town::on(on);
    town.changes_policies("permit (principal, action,");
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
}
