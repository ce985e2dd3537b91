//! AWS in trouble: slow, full, wrong, silent. Access ends all the same, and what is said is what is true.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use jiff::ToSpan as _;

use crate::town::{Platform, Request, Town};

on_each_platform! {
    a_create_that_fails_later_is_told_as_failed_and_never_as_granted,
    overdue_access_is_told_again_and_again_and_told_when_it_is_over,
    access_ends_when_policy_would_no_longer_let_anybody_do_anything,
}

fn granted(town: &Town) -> Request {
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    it
}

/// pitfall 3
fn a_create_that_fails_later_is_told_as_failed_and_never_as_granted(on: Platform) {
    let town = Town::on(on);
    let why = "Received a 404 status error: the role limit of the account is reached";
    town.aws_meets("CreateAccountAssignment", 1, FaultKind::FailAsync(why.to_owned()));
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Failed);
    town.card_says(&it, "the role limit of the account is reached");
    town.settle();
    let told = town.told("ana").join("\n");
    assert!(told.contains("Failed") && !told.contains("Granted"), "{told}");
    assert!(!town.journal().contains("grant-confirmed"));
}

/// pitfall 4, pitfall 21
#[test]
fn a_create_survives_throttling_conflicts_errors_silence_and_lost_replies() {
    let kinds = [
        FaultKind::Throttle,
        FaultKind::Conflict,
        FaultKind::Internal500,
        FaultKind::Hang,
        FaultKind::AcceptThenDropConnection,
        FaultKind::GarbageBody,
    ];
    for kind in kinds {
        let town = Town::on(Platform::Slack);
        town.aws_meets("CreateAccountAssignment", 1, kind.clone());
        let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
        town.bo().approves(&it);
        town.becomes(&it, StateWord::Active);
        assert!(town.aws().has("ana", "payments-prod", "ReadOnly"), "{kind:?}");
        town.pass(61.minutes());
        town.becomes(&it, StateWord::Ended);
        assert!(town.aws().has_nothing_for("ana"), "{kind:?}");
    }
}

/// pitfall 2, pitfall 10
#[test]
fn a_removal_survives_throttling_conflicts_errors_silence_and_lost_replies() {
    let kinds = [
        FaultKind::Throttle,
        FaultKind::Conflict,
        FaultKind::Internal500,
        FaultKind::Hang,
        FaultKind::AcceptThenDropConnection,
        FaultKind::GarbageBody,
        FaultKind::FailAsync("Received a 500 status error".to_owned()),
    ];
    for kind in kinds {
        let town = Town::on(Platform::Slack);
        let it = granted(&town);
        town.aws_meets("DeleteAccountAssignment", 2, kind.clone());
        town.pass(1.hour());
        town.becomes(&it, StateWord::Ended);
        assert!(town.aws().has_nothing_for("ana"), "{kind:?}");
    }
}

#[test]
fn looks_and_polls_that_fail_delay_and_change_nothing() {
    let town = Town::on(Platform::Slack);
    for operation in [
        "ListAccountAssignmentsForPrincipal",
        "ListAccountAssignments",
        "DescribeAccountAssignmentCreationStatus",
    ] {
        town.aws_meets(operation, 2, FaultKind::Internal500);
    }
    let it = granted(&town);
    town.aws_meets("DescribeAccountAssignmentDeletionStatus", 2, FaultKind::Throttle);
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

/// pitfall 3: a list that lags is looked at again before anything is said.
#[test]
fn lists_that_lag_behind_are_not_believed_too_early() {
    let town = Town::on(Platform::Slack);
    town.aws().set_options(|options| options.stale_reads = 3);
    let it = granted(&town);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

/// pitfall 2
fn overdue_access_is_told_again_and_again_and_told_when_it_is_over(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town);
    town.aws_meets("DeleteAccountAssignment", u32::MAX, FaultKind::AccessDenied);
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ending);
    town.pass(61.seconds());
    town.thread_says(&it, "OVERDUE");
    town.is_told("ana", "OVERDUE");
    let card = town.card_says(&it, "OVERDUE");
    assert!(card.words().contains("should be gone since"));
    assert!(town.overdue_metric() >= 1.0);
    town.pass(5.minutes());
    town.thread_says(&it, "told 2 times");
    town.pass(10.minutes());
    town.thread_says(&it, "told 3 times");
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));

    town.aws_comes_back();
    town.pass(5.minutes());
    let ended = town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    let glasskey_domain::State::Ended { lateness_ms, .. } = ended.state else { panic!("{ended:?}") };
    assert!(lateness_ms > 20 * 60 * 1_000, "{lateness_ms}");
    town.settle();
    assert!(town.thread(&it).last().unwrap().contains("No longer overdue"));
    assert!(town.told("ana").last().unwrap().contains("AWS confirms that it is gone"));
    assert!(town.overdue_metric() < 1.0);
}

/// pitfall 9
fn access_ends_when_policy_would_no_longer_let_anybody_do_anything(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town);
    town.changes_policies("@id(\"nobody\") forbid (principal, action, resource);");
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}
