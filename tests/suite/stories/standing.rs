//! Access that Glasskey did not give, and access that several requests share (P5).

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use jiff::ToSpan as _;

use crate::town::{ACME, Platform, Town};

on_each_platform! {
    access_that_stood_before_is_recognised_and_left_alone,
    access_through_a_group_is_recognised_and_the_group_is_named,
    two_requests_for_the_same_access_do_not_cut_each_other_short,
    the_same_thing_is_not_asked_for_twice_while_it_waits,
    what_somebody_removes_by_hand_is_noticed_told_and_not_put_back,
    what_somebody_removes_by_hand_is_noticed_when_what_is_held_is_looked_at,
    what_was_removed_by_hand_ends_quietly_at_its_end,
    what_somebody_assigns_by_hand_while_a_request_waits_is_theirs,
    what_somebody_assigns_by_hand_while_aws_takes_no_creates_is_theirs,
}

/// pitfall 19
fn access_that_stood_before_is_recognised_and_left_alone(on: Platform) {
    let town = Town::on(on);
    let it = town.cy().asks("data-prod ReadOnly 1h INC-7 look at pipelines");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "already has this access directly");
    town.settle();
    assert!(town.told("cy")[0].contains("already has this access directly"));
    town.pass(2.hours());
    town.settle();
    assert!(town.aws().has("cy", "data-prod", "ReadOnly"));
    assert_eq!(town.aws().count("CreateAccountAssignment") + town.aws().count("DeleteAccountAssignment"), 0);
}

/// pitfall 19
fn access_through_a_group_is_recognised_and_the_group_is_named(on: Platform) {
    let town = Town::with_policies(
        on,
        &ACME.replace(
            r#") when { context.permissionSet == "PowerUser" };

// Production"#,
            ");\n\n// Production",
        ),
    );
    let it = town.ana().asks("payments-staging ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "through `payments-engineers`");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

/// pitfall 19
fn two_requests_for_the_same_access_do_not_cut_each_other_short(on: Platform) {
    let town = Town::on(on);
    let short = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&short);
    town.becomes(&short, StateWord::Active);
    let long = town.ana().asks("payments-prod ReadOnly 3h INC-8 look at more refunds");
    town.bo().approves(&long);
    town.becomes(&long, StateWord::Active);
    town.pass(61.minutes());
    town.becomes(&short, StateWord::Ended);
    town.settle();
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    town.card_says(&short, "still needs it");
    town.ana().says(&format!("/elevate end {}", long.id)).says("is being ended");
    town.becomes(&long, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    assert_eq!(town.aws().count("CreateAccountAssignment"), 1);
}

fn the_same_thing_is_not_asked_for_twice_while_it_waits(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.ana()
        .says("/elevate payments-prod ReadOnly 2h INC-7 look at refunds")
        .says("you already asked for this")
        .says(it.id.as_str());
}

fn what_somebody_removes_by_hand_is_noticed_told_and_not_put_back(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    town.removed_by_hand("ana", "payments-prod", "ReadOnly");
    // Whoever looks next notices: here the second request for the same.
    let next = town.ana().asks("payments-prod ReadOnly 3h INC-8 look at more refunds");
    town.bo().approves(&next);
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "somebody removed it at AWS");
    town.settle();
    assert!(town.told("ana").iter().any(|told| told.contains("Removed by hand")));
}

fn what_somebody_removes_by_hand_is_noticed_when_what_is_held_is_looked_at(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    town.looks_at_what_is_held();
    town.settle();
    assert_eq!(town.state(&it), StateWord::Active);
    // Could not ask is not "gone" (pitfall 25), and one list that lags is not either.
    town.aws_meets("ListAccountAssignmentsForPrincipal", 1, FaultKind::Internal500);
    town.looks_at_what_is_held();
    assert_eq!(town.state(&it), StateWord::Active);
    town.removed_by_hand("ana", "payments-prod", "ReadOnly");
    town.looks_at_what_is_held();
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "somebody removed it at AWS");
    town.settle();
    assert!(town.told("ana").iter().any(|told| told.contains("Removed by hand")));
    assert!(town.aws().has_nothing_for("ana"));
}

fn what_was_removed_by_hand_ends_quietly_at_its_end(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    town.removed_by_hand("ana", "payments-prod", "ReadOnly");
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    town.settle();
    assert!(town.aws().has_nothing_for("ana"));
}

/// pitfall 20: what is there without our doing is not ours to remove, however often we look.
fn what_somebody_assigns_by_hand_while_a_request_waits_is_theirs(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    town.assigned_by_hand("ana", "payments-prod", "ReadOnly");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "already has this access directly");
    town.pass(2.hours());
    town.settle();
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
}

/// pitfall 19: approved, and AWS throttles for so long that an administrator helps out by hand.
fn what_somebody_assigns_by_hand_while_aws_takes_no_creates_is_theirs(on: Platform) {
    let town = Town::on(on);
    town.aws_meets("CreateAccountAssignment", u32::MAX, FaultKind::Throttle);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.card_says(&it, "throttles");
    town.assigned_by_hand("ana", "payments-prod", "ReadOnly");
    town.pass(1.minute());
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "already has this access directly");
    town.pass(2.hours());
    town.settle();
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    assert_eq!(town.aws().count("DeleteAccountAssignment"), 0);
}
