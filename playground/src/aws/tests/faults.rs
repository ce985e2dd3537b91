//! What goes wrong on purpose: each fault as the SDK meets it, and the twin's own record of it.

use std::time::Duration;

use aws_sdk_ssoadmin::error::SdkError;

use super::{Rig, SOON};
use crate::aws::{AwsOptions, AwsTwin, Fault, FaultKind, OperationStatus, Outcome};

/// Long enough for any answer on loopback, short enough to wait for one that never comes.
const PATIENCE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn scripted_errors_parse_as_the_sdks_exceptions_and_are_used_up() {
    let rig = Rig::start(AwsOptions::quick()).await;
    for kind in [FaultKind::Throttle, FaultKind::Conflict, FaultKind::AccessDenied, FaultKind::Internal500] {
        rig.aws.fault(Fault::once("CreateAccountAssignment", kind));
    }
    let mut met = Vec::new();
    for _ in 0..4 {
        met.push(rig.create("ana", "data-prod", "Admin").await.expect_err("a fault"));
    }
    assert!(met[0].is_throttling_exception() && met[1].is_conflict_exception(), "{met:?}");
    assert!(met[2].is_access_denied_exception() && met[3].is_internal_server_exception(), "{met:?}");
    assert!(rig.aws.operations().is_empty(), "none of them had an effect");
    rig.create("ana", "data-prod", "Admin").await.expect("used up");
    rig.aws.fault(Fault { operation: "*".into(), times: u32::MAX, kind: FaultKind::Throttle });
    let busy = rig.organizations.list_accounts().send().await.expect_err("a fault").into_service_error();
    assert!(busy.is_too_many_requests_exception(), "{busy:?}");
    let busy = rig.store.list_users().identity_store_id(&rig.acme.identity_store_id).send().await;
    let busy = busy.expect_err("a fault").into_service_error();
    assert!(busy.is_throttling_exception(), "{busy:?}");
    assert!(rig.sts.get_caller_identity().send().await.is_err());
    rig.aws.clear_faults();
    rig.sts.get_caller_identity().send().await.expect("the outage is over");
}

/// pitfall 11
#[tokio::test]
async fn a_create_whose_reply_is_lost_has_happened_all_the_same() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.aws.fault(Fault::once("CreateAccountAssignment", FaultKind::AcceptThenDropConnection));
    let call = rig.sso.create_account_assignment().instance_arn(&rig.acme.instance_arn);
    let call = call.target_id(rig.account("data-prod")).target_type(super::TargetType::AwsAccount);
    let call = call.principal_id(rig.user("ana")).principal_type(super::PrincipalType::User);
    let lost = call.permission_set_arn(rig.permission_set("Admin")).send().await.expect_err("no reply");
    assert!(matches!(lost, SdkError::DispatchFailure(_)), "cut before a byte of the reply: {lost:?}");
    rig.aws.wait_for(SOON, |aws| aws.has("ana", "data-prod", "Admin")).await.expect("it was accepted");
    assert_eq!(rig.aws.operations()[0].state, OperationStatus::Succeeded);
    assert_eq!(rig.aws.calls()[0].outcome, Outcome::ReplyLost);
    rig.sso.list_instances().send().await.expect("the next connection is whole");
}

#[tokio::test]
async fn a_lost_reply_to_a_refused_call_is_the_refusal() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.aws.fault(Fault::once("DeleteAccountAssignment", FaultKind::AcceptThenDropConnection));
    let refused = rig.delete("ana", "data-prod", "Admin").await.expect_err("nothing to delete");
    assert!(refused.is_resource_not_found_exception(), "{refused:?}");
}

#[tokio::test]
async fn a_hanging_call_is_never_answered_and_holds_nobody_else_up() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.aws.fault(Fault::once("ListPermissionSets", FaultKind::Hang));
    let hanging = rig.sso.list_permission_sets().instance_arn(&rig.acme.instance_arn).send();
    assert!(tokio::time::timeout(PATIENCE, hanging).await.is_err(), "no answer");
    rig.sso.list_permission_sets().instance_arn(&rig.acme.instance_arn).send().await.expect("others go on");
    assert_eq!(rig.aws.calls()[0].outcome, Outcome::Hung);
}

#[tokio::test]
async fn a_garbage_body_is_an_error_to_the_sdk_not_an_empty_list() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.aws.fault(Fault::once("ListPermissionSets", FaultKind::GarbageBody));
    let garbage = rig.sso.list_permission_sets().instance_arn(&rig.acme.instance_arn).send().await;
    assert!(matches!(garbage, Err(SdkError::ResponseError(_) | SdkError::ServiceError(_))), "{garbage:?}");
    assert_eq!(rig.aws.calls()[0].outcome, Outcome::Garbage);
}

#[tokio::test]
async fn a_dropped_twin_answers_nobody_and_can_come_back_on_its_port() {
    let Rig { twin, sso, acme, .. } = Rig::start(AwsOptions::quick()).await;
    sso.list_instances().send().await.expect("a kept-alive connection");
    let port = twin.url().rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
    drop(twin);
    assert!(sso.list_instances().send().await.is_err(), "AWS is down");
    let back = AwsTwin::start_on(&acme, AwsOptions::quick(), port).await.expect("the port is free again");
    sso.list_instances().send().await.expect("AWS is back");
    drop(back);
}

#[tokio::test]
async fn latency_delays_the_answer_and_not_the_effect() {
    let latency = Duration::from_secs(3600);
    let rig = Rig::start(AwsOptions { latency, ..AwsOptions::quick() }).await;
    let answer = rig.create("ana", "data-prod", "Admin");
    let effect = rig.aws.wait_for(SOON, |aws| aws.has("ana", "data-prod", "Admin"));
    tokio::select! {
        _ = answer => panic!("the answer takes an hour"),
        happened = effect => happened.expect("the effect does not"),
    }
}

#[tokio::test]
async fn the_record_of_calls_and_the_snapshot_say_what_was_asked_and_what_is() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.create("ana", "payments-prod", "ReadOnly").await.expect("accepted");
    let call = rig.aws.calls()[0].clone();
    assert_eq!((call.service, call.operation.as_str()), ("sso-admin", "CreateAccountAssignment"));
    assert_eq!(call.account, Some(rig.account("payments-prod")));
    assert_eq!(call.principal, Some(rig.user("ana")));
    assert_eq!(call.outcome, Outcome::Answered);
    let snapshot = rig.aws.snapshot_json();
    let accounts = snapshot["accounts"].as_array().expect("accounts");
    let prod = accounts.iter().find(|a| a["name"] == "payments-prod").expect("payments-prod");
    assert_eq!(prod["ou_path"], serde_json::json!(["Workloads", "Prod"]));
    assert_eq!(prod["holders"][0]["name"], "Ana Ferreira");
    assert_eq!(prod["holders"][0]["permission_set"], "ReadOnly");
    assert_eq!(snapshot["operations"][0]["status"], "SUCCEEDED");
    assert_eq!(snapshot["calls"][0]["outcome"], "answered");
    assert!(rig.aws.remove_by_hand("ana", "payments-prod", "ReadOnly"));
    assert!(rig.aws.has_nothing_for("ana") && !rig.aws.has("ana", "payments-prod", "ReadOnly"));
    assert!(!rig.aws.remove_by_hand("ana", "payments-prod", "ReadOnly"), "already gone");
    assert!(!rig.aws.remove_by_hand("ana", "payments-prd", "ReadOnly"), "a misspelt name changes nothing");
}

#[tokio::test]
async fn what_is_waited_for_in_vain_says_what_was_seen() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let waited =
        rig.aws.wait_for(Duration::from_millis(10), |aws| aws.has("ana", "data-prod", "Admin")).await;
    assert!(waited.expect_err("nobody asked for it").to_string().contains("payments-staging"));
}
