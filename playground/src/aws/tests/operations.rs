//! Creating and deleting assignments: asynchronous, one at a time for one assignment, fifteen at a time in all.

use std::time::Duration;

use aws_sdk_ssoadmin::types::{
    ListAccountAssignmentsFilter, OperationStatusFilter, PrincipalType, StatusValues,
};

use super::{Rig, SOON, request_of};
use crate::aws::world::World;
use crate::aws::{AwsOptions, Fault, FaultKind, OperationKind, OperationStatus};
use crate::company::Company;

/// An operation that ends only when the test lets it.
const NEVER: Duration = Duration::from_secs(3600);

/// pitfall 3
#[tokio::test]
async fn a_create_is_in_progress_first_and_its_effect_comes_with_success() {
    let rig =
        Rig::start(AwsOptions { operation_delay: Duration::from_millis(80), ..AwsOptions::quick() }).await;
    let request = request_of(&rig.create("ana", "payments-prod", "ReadOnly").await.expect("accepted"));
    assert!(!rig.aws.has("ana", "payments-prod", "ReadOnly"), "accepted is not done");
    assert_eq!(rig.creation(&request).await.0, StatusValues::InProgress);
    rig.aws.wait_for(SOON, |aws| aws.has("ana", "payments-prod", "ReadOnly")).await.expect("done by itself");
    assert_eq!(rig.creation(&request).await, (StatusValues::Succeeded, None));
    assert_eq!(
        rig.listed("ana").await.iter().filter(|a| a.principal_type() == Some(&PrincipalType::User)).count(),
        1
    );
}

#[tokio::test]
async fn creating_what_is_there_succeeds_and_changes_nothing() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let before = rig.aws.assignments();
    let request = request_of(&rig.create("cy", "data-prod", "ReadOnly").await.expect("accepted"));
    assert_eq!(rig.creation(&request).await.0, StatusValues::Succeeded);
    assert_eq!(rig.aws.assignments(), before);
}

#[tokio::test]
async fn deleting_what_is_absent_is_not_found_or_fails_late_as_asked() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let refused = rig.delete("ana", "payments-prod", "Admin").await.expect_err("nothing to delete");
    assert!(refused.is_resource_not_found_exception(), "{refused:?}");
    rig.aws.set_options(|o| o.absent_delete_fails_late = true);
    rig.delete("ana", "payments-prod", "Admin").await.expect("accepted");
    let failed =
        |o: &crate::aws::Operation| matches!(&o.state, OperationStatus::Failed(why) if why.contains("404"));
    rig.aws.wait_for(SOON, |aws| aws.operations().iter().any(failed)).await.expect("FAILED");
}

#[tokio::test]
async fn a_second_operation_on_the_same_assignment_conflicts_while_the_first_is_in_flight() {
    let rig = Rig::start(AwsOptions { operation_delay: NEVER, ..AwsOptions::quick() }).await;
    rig.create("ana", "payments-prod", "ReadOnly").await.expect("accepted");
    let again = rig.create("ana", "payments-prod", "ReadOnly").await.expect_err("in flight");
    assert!(again.is_conflict_exception(), "{again:?}");
    let taken_back = rig.delete("ana", "payments-prod", "ReadOnly").await.expect_err("in flight");
    assert!(taken_back.is_conflict_exception(), "{taken_back:?}");
    rig.create("ana", "payments-prod", "Billing").await.expect("another assignment is free");
}

#[tokio::test]
async fn the_sixteenth_outstanding_operation_is_throttled_and_the_fifteenth_is_not() {
    let options = AwsOptions { operation_delay: NEVER, outstanding_max: Some(15), ..AwsOptions::quick() };
    let rig = Rig::of(Company::large(16, 0, 0, 4, 1), options).await;
    for n in 0..15 {
        rig.create(&format!("person-{n}"), "account-2", "PermissionSet0").await.expect("within the cap");
    }
    let refused = rig.create("person-15", "account-2", "PermissionSet0").await.expect_err("over the cap");
    assert!(refused.is_throttling_exception(), "{refused:?}");
    assert_eq!(rig.aws.in_flight().len(), 15);
    rig.aws.set_options(|o| o.outstanding_max = None);
    rig.create("person-15", "account-2", "PermissionSet0").await.expect("the cap is lifted");
}

/// So many that no machine is slow enough for the budget to serve them all while they arrive.
const CALLS: usize = 200;

#[tokio::test]
async fn twenty_calls_a_second_are_answered_and_the_twenty_first_is_throttled() {
    let rig = Rig::start(AwsOptions { sso_calls_per_second: Some(20), ..AwsOptions::quick() }).await;
    let calls = (0..CALLS).map(|_| rig.sso.list_instances().send());
    let answers = futures_util::future::join_all(calls).await;
    let refused: Vec<_> =
        answers.into_iter().filter_map(Result::err).map(|e| e.into_service_error()).collect();
    assert!(refused.iter().all(|e| e.is_throttling_exception()), "{refused:?}");
    let (answered, took) = (CALLS - refused.len(), rig.aws.calls().last().map_or(0.0, |c| c.seconds));
    assert!(answered >= 20, "the burst of one second is served, not {answered}");
    assert!((answered as f64) <= 20.0 + 20.0 * took + 1.0, "{answered} calls answered in {took} s");
    assert!(!refused.is_empty());
}

#[tokio::test]
async fn the_management_account_is_denied_to_the_delegated_administrator() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let refused = rig.create("ana", "acme-management", "ReadOnly").await.expect_err("denied");
    assert!(refused.is_access_denied_exception(), "{refused:?}");
    rig.aws.set_options(|o| o.called_as_management = true);
    rig.create("ana", "acme-management", "ReadOnly").await.expect("the management account may");
}

#[tokio::test]
async fn a_suspended_account_and_a_scripted_failure_end_failed_with_the_reason() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let request = request_of(&rig.create("ana", "legacy-billing", "ReadOnly").await.expect("accepted"));
    let (status, reason) = rig.creation(&request).await;
    assert_eq!(status, StatusValues::Failed);
    assert!(reason.expect("a reason").contains("not active"));
    let quota = "Received a 409 status error: LimitExceeded: RolesPerAccount";
    rig.aws.fault(Fault::once("CreateAccountAssignment", FaultKind::FailAsync(quota.into())));
    let request = request_of(&rig.create("ana", "data-prod", "ReadOnly").await.expect("accepted"));
    assert_eq!(rig.creation(&request).await, (StatusValues::Failed, Some(quota.into())));
    assert!(!rig.aws.has("ana", "data-prod", "ReadOnly"));
    request_of(&rig.create("ana", "data-prod", "ReadOnly").await.expect("the fault is used up"));
    assert!(rig.aws.has("ana", "data-prod", "ReadOnly"));
}

/// pitfall 19
#[tokio::test]
async fn a_user_lists_what_their_groups_bring_as_rows_of_the_group() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let group = rig.acme.group("payments-engineers").expect("a group").id.clone();
    let rows = rig.listed("ana").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].principal_type(), Some(&PrincipalType::Group));
    assert_eq!(rows[0].principal_id(), Some(group.as_str()));
    assert_eq!(rows[0].account_id(), Some(rig.account("payments-staging").as_str()));
    assert!(rig.aws.add_by_hand("ana", "payments-staging", "ReadOnly"), "the same, directly");
    assert_eq!(rig.listed("ana").await.len(), 2, "two rows: one is the group's");
    assert!(rig.aws.remove_from_group("ana", "payments-engineers"));
    assert_eq!(rig.listed("ana").await[0].principal_type(), Some(&PrincipalType::User));
    let filter = ListAccountAssignmentsFilter::builder().account_id(rig.account("data-prod")).build();
    let call = rig.sso.list_account_assignments_for_principal().instance_arn(&rig.acme.instance_arn);
    let call = call.principal_id(rig.user("ana")).principal_type(PrincipalType::User).filter(filter);
    assert_eq!(call.send().await.expect("a list").account_assignments(), []);
}

#[tokio::test]
async fn lists_lag_behind_success_for_as_many_reads_as_set() {
    let rig = Rig::start(AwsOptions { stale_reads: 2, ..AwsOptions::quick() }).await;
    rig.create("dee", "payments-prod", "Admin").await.expect("accepted");
    assert!(rig.aws.has("dee", "payments-prod", "Admin"));
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(rig.listed("dee").await.len());
    }
    assert_eq!(seen, [0, 0, 1], "two reads late");
    rig.delete("dee", "payments-prod", "Admin").await.expect("accepted");
    assert!(!rig.aws.has("dee", "payments-prod", "Admin"));
    assert_eq!(rig.listed("dee").await.len(), 1, "still shown");
    assert_eq!(rig.listed("cy").await.len(), 1, "reads of others do not count");
    assert_eq!(rig.listed("dee").await.len(), 1, "still shown");
    assert_eq!(rig.listed("dee").await.len(), 0);
}

/// On the world itself, whose time is an argument: nothing to wait for.
#[test]
fn lists_lag_behind_success_for_as_long_as_set() {
    let (acme, lag) = (Company::acme(), Duration::from_millis(700));
    let mut world = World::new(&acme, AwsOptions { stale_for: lag, ..AwsOptions::quick() });
    let asked = acme.assignment("dee", "payments-prod", "Admin").expect("known names");
    let operation = world.begin(OperationKind::Create, asked.clone()).expect("accepted");
    world.settle(operation.end);
    assert!(world.held().contains(&asked));
    assert!(world.listed_for(&asked.principal).is_empty() && world.listed_in(&asked.account).is_empty());
    world.settle(operation.end + lag - Duration::from_millis(1));
    assert!(world.listed_for(&asked.principal).is_empty());
    world.settle(operation.end + lag);
    assert_eq!(world.listed_for(&asked.principal).len(), 1);
}

#[tokio::test]
async fn a_restarted_caller_finds_what_is_in_flight_by_listing_statuses() {
    let rig = Rig::start(AwsOptions::quick()).await;
    request_of(&rig.create("ana", "data-prod", "ReadOnly").await.expect("accepted"));
    rig.aws.set_options(|o| o.operation_delay = NEVER);
    let open = request_of(&rig.create("ana", "payments-prod", "ReadOnly").await.expect("accepted"));
    let filter = OperationStatusFilter::builder().status(StatusValues::InProgress).build();
    let call =
        rig.sso.list_account_assignment_creation_status().instance_arn(&rig.acme.instance_arn).filter(filter);
    let rows = call.send().await.expect("a list");
    let ids: Vec<_> =
        rows.account_assignments_creation_status().iter().filter_map(|s| s.request_id()).collect();
    assert_eq!(ids, [open.as_str()]);
    let deletions = rig.sso.list_account_assignment_deletion_status().instance_arn(&rig.acme.instance_arn);
    assert_eq!(deletions.send().await.expect("a list").account_assignments_deletion_status(), []);
    let wrong = rig.sso.describe_account_assignment_deletion_status().instance_arn(&rig.acme.instance_arn);
    let wrong =
        wrong.account_assignment_deletion_request_id(&open).send().await.expect_err("it is a creation");
    assert!(wrong.into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn operations_on_one_account_queue_behind_each_other_when_set() {
    let delay = Duration::from_secs(60);
    let options =
        AwsOptions { operation_delay: delay, one_operation_per_account: true, ..AwsOptions::quick() };
    let rig = Rig::start(options).await;
    rig.create("ana", "data-prod", "Admin").await.expect("accepted");
    rig.create("bo", "data-prod", "Admin").await.expect("accepted");
    rig.create("bo", "payments-prod", "Admin").await.expect("accepted");
    let ends: Vec<_> = rig.aws.in_flight().iter().map(|o| (o.assignment.account.clone(), o.end)).collect();
    assert_eq!(ends[2].0, rig.account("data-prod"), "the queued one ends last");
    assert_eq!(ends[2].1 - ends[0].1, delay);
    assert_eq!(ends[1].0, rig.account("payments-prod"), "another account does not wait");
}
