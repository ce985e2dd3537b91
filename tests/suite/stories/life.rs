//! The ordinary life of a request, to each of its ends.

use std::time::Duration;

use glasskey_domain::refusal::StateWord;
use glasskey_domain::settings::SETTLE_AFTER;
use glasskey_playground::aws::FaultKind;
use jiff::ToSpan as _;

use crate::town::{ACME, Platform, Town};

on_each_platform! {
    access_is_asked_for_approved_granted_and_gone_at_its_end,
    the_time_on_the_card_is_the_time_at_which_it_ends,
    what_needs_no_approval_is_granted_at_once,
    a_denial_asks_why_and_the_requester_reads_it,
    a_withdrawn_request_can_be_approved_by_nobody,
    a_request_that_nobody_answers_lapses_whatever_the_card_shows,
    the_requester_ends_their_access_early,
    an_approver_ends_the_access_early_and_another_engineer_may_not,
    an_end_while_the_grant_is_in_flight_leaves_no_orphan,
    an_end_before_aws_has_answered_the_create_is_ended_when_nothing_can_come_any_more,
    two_approvals_are_two_people,
}

/// pitfall 5, pitfall 22
fn access_is_asked_for_approved_granted_and_gone_at_its_end(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card_says(&it, "Waits for 1 approval");
    assert!(town.aws().has_nothing_for("ana"), "nothing is given before approval");
    town.bo().approves(&it).says("needs no further approval");
    let deadline = town.becomes(&it, StateWord::Active).deadline().unwrap();
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    town.card_says(&it, "Active");
    town.settle();
    let told = town.told("ana");
    assert!(told[0].contains("Granted") && told[0].contains("acme.awsapps.com/start/#/console"), "{told:?}");

    town.pass(59.minutes());
    town.settle();
    assert_eq!(town.state(&it), StateWord::Active);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"), "not before its time");

    town.pass(1.minutes());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    assert!(town.now() >= deadline);
    town.settle();
    let card = town.card_says(&it, "AWS confirms that it is gone");
    assert_eq!(card.buttons(), ["Repeat…"]);
    assert!(town.told("ana").last().unwrap().contains("Ended"));
    assert_eq!(town.cards(&it).len(), 1);
}

/// pitfall 31: the deadline that people read, the one that is kept and the one that happens are one.
fn the_time_on_the_card_is_the_time_at_which_it_ends(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h30m INC-7 look at refunds");
    town.bo().approves(&it);
    let deadline = town.becomes(&it, StateWord::Active).deadline().unwrap();
    let card = town.card_says(&it, "Active");
    assert!(card.words().contains(&town.time(deadline)), "{}", card.words());
    assert!(card.words().contains("1 h 30 min"), "{}", card.words());
    let left = deadline.duration_since(town.now());
    assert!(left.as_secs() <= 5_400 && left.as_secs() > 5_390, "{left:?}");
}

fn what_needs_no_approval_is_granted_at_once(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("sandbox-ana PowerUser 30m trying out a queue");
    town.becomes(&it, StateWord::Active);
    assert!(town.aws().has("ana", "sandbox-ana", "PowerUser"));
}

fn a_denial_asks_why_and_the_requester_reads_it(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod PowerUser 1h INC-7 change a flag");
    town.bo().denies(&it, "use the staging account");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Denied);
    town.card_says(&it, "use the staging account");
    assert!(town.told("ana")[0].contains("use the staging account"));
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn a_withdrawn_request_can_be_approved_by_nobody(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.ana().withdraws(&it).says("is withdrawn");
    town.bo().says(&format!("/elevate approve {}", it.id)).says("too late: this request was withdrawn");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Withdrawn);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

/// pitfall 15
fn a_request_that_nobody_answers_lapses_whatever_the_card_shows(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    town.settle();
    town.pass(1.hour());
    town.becomes(&it, StateWord::Lapsed);
    town.settle();
    assert!(town.told("ana")[0].contains("lapsed"));
    town.bo().says(&format!("/elevate approve {}", it.id)).says("too late: this request has lapsed");
}

fn the_requester_ends_their_access_early(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 4h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.ana().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    town.card_says(&it, "ended early by");
}

fn an_approver_ends_the_access_early_and_another_engineer_may_not(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 4h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.cy().ends(&it).says("may end this");
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    town.bo().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

/// pitfall 11
fn an_end_while_the_grant_is_in_flight_leaves_no_orphan(on: Platform) {
    let town = Town::on(on);
    town.aws().set_options(|options| options.operation_delay = Duration::from_millis(700));
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.follows_an_operation();
    town.ana().says(&format!("/elevate end {}", it.id)).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    town.settle();
    assert!(town.aws().has_nothing_for("ana"));
    assert_eq!(town.aws().count("CreateAccountAssignment"), 1);
    town.card_says(&it, "Ended");
}

/// pitfall 11: nobody knows yet whether AWS took the create, so it is believed to come late until it cannot any more.
fn an_end_before_aws_has_answered_the_create_is_ended_when_nothing_can_come_any_more(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    town.aws_meets("CreateAccountAssignment", 1, FaultKind::AcceptThenDropConnection);
    town.aws().set_options(|options| options.operation_delay = Duration::from_millis(700));
    town.bo().approves(&it);
    town.aws_shows("the create in flight", |aws| !aws.in_flight().is_empty());
    town.ana().says(&format!("/elevate end {}", it.id)).says("is being ended");
    town.aws_shows("the create done or taken back", |aws| aws.in_flight().is_empty());
    town.settle();
    town.pass((i64::from(SETTLE_AFTER.0) + 1).seconds());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

fn two_approvals_are_two_people(on: Platform) {
    let town = Town::with_policies(
        on,
        &ACME.replacen(
            "@id(\"payments-prod-read\")\n@max_duration(\"4h\")\n@approvals(\"1\")",
            "@id(\"payments-prod-read\")\n@max_duration(\"4h\")\n@approvals(\"2\")",
            1,
        ),
    );
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card_says(&it, "Waits for 2 approvals");
    town.bo().approves(&it).says("1 more approval is needed");
    town.bo().approves(&it).says("you have approved this already");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Pending);
    town.dee().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
}
