//! Inline policies of permission sets, how they reach accounts, service control policies, and what hands do to both.

use std::time::Duration;

use aws_sdk_organizations::types::PolicyType;
use aws_sdk_ssoadmin::error::ProvideErrorMetadata;
use aws_sdk_ssoadmin::operation::provision_permission_set::ProvisionPermissionSetError;
use aws_sdk_ssoadmin::operation::put_inline_policy_to_permission_set::PutInlinePolicyToPermissionSetError;
use aws_sdk_ssoadmin::types::{
    PermissionSetProvisioningStatus, PrincipalType, ProvisionTargetType, ProvisioningStatus, StatusValues,
    TargetType,
};

use super::{Rig, SOON};
use crate::aws::{AwsOptions, Fault, FaultKind, OperationStatus};

/// An operation that ends only when the test lets it.
const NEVER: Duration = Duration::from_secs(3600);

const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// A policy with so many characters that are no white space.
fn policy_of(characters: usize) -> String {
    let sid = "x".repeat(characters - DENY.len() - r#""Sid":"","#.len());
    DENY.replacen(r#"{"Effect""#, &format!(r#"{{"Sid":"{sid}","Effect""#), 1)
}

impl Rig {
    async fn put(&self, set: &str, policy: &str) -> Result<(), PutInlinePolicyToPermissionSetError> {
        let call = self.sso.put_inline_policy_to_permission_set().instance_arn(&self.acme.instance_arn);
        let call = call.permission_set_arn(self.permission_set(set)).inline_policy(policy);
        call.send().await.map(drop).map_err(|e| e.into_service_error())
    }

    async fn read(&self, set: &str) -> String {
        let call = self.sso.get_inline_policy_for_permission_set().instance_arn(&self.acme.instance_arn);
        let call = call.permission_set_arn(self.permission_set(set));
        call.send().await.expect("a policy").inline_policy.unwrap_or_default()
    }

    async fn provision(
        &self,
        set: &str,
        account: Option<&str>,
    ) -> Result<PermissionSetProvisioningStatus, ProvisionPermissionSetError> {
        let call = self.sso.provision_permission_set().instance_arn(&self.acme.instance_arn);
        let call = call.permission_set_arn(self.permission_set(set));
        let call = match account {
            Some(account) => {
                call.target_id(self.account(account)).target_type(ProvisionTargetType::AwsAccount)
            }
            None => call.target_type(ProvisionTargetType::AllProvisionedAccounts),
        };
        let sent = call.send().await.map_err(|e| e.into_service_error())?;
        Ok(sent.permission_set_provisioning_status.expect("a status"))
    }

    async fn provisioning(
        &self,
        request: &PermissionSetProvisioningStatus,
    ) -> (StatusValues, Option<String>) {
        let call = self.sso.describe_permission_set_provisioning_status();
        let call = call.instance_arn(&self.acme.instance_arn);
        let sent =
            call.provision_permission_set_request_id(request.request_id().expect("an id")).send().await;
        let status = sent.expect("known").permission_set_provisioning_status.expect("a status");
        (status.status.expect("a word"), status.failure_reason)
    }

    async fn accounts_with(&self, set: &str, status: Option<ProvisioningStatus>) -> Vec<String> {
        let call = self.sso.list_accounts_for_provisioned_permission_set();
        let call = call.instance_arn(&self.acme.instance_arn).permission_set_arn(self.permission_set(set));
        call.set_provisioning_status(status).send().await.expect("a list").account_ids.unwrap_or_default()
    }
}

#[tokio::test]
async fn a_changed_policy_is_in_force_only_when_it_was_provisioned() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let behind = Some(ProvisioningStatus::LatestPermissionSetNotProvisioned);
    assert_eq!(rig.read("ReadOnly").await, "");
    rig.put("ReadOnly", DENY).await.expect("taken");
    assert_eq!(rig.read("ReadOnly").await, DENY);
    assert_eq!(rig.aws.policy_in_force("data-prod", "ReadOnly"), None, "nowhere yet");
    let both = [rig.account("payments-staging"), rig.account("data-prod")];
    assert_eq!(rig.accounts_with("ReadOnly", None).await, both);
    assert_eq!(rig.accounts_with("ReadOnly", behind.clone()).await, both);
    rig.aws.set_options(|o| o.operation_delay = Duration::from_millis(60));
    let request = rig.provision("ReadOnly", Some("data-prod")).await.expect("accepted");
    assert_eq!(request.status(), Some(&StatusValues::InProgress), "never at once");
    rig.aws
        .wait_for(SOON, |aws| aws.policy_in_force("data-prod", "ReadOnly").as_deref() == Some(DENY))
        .await
        .expect("done by itself");
    assert_eq!(rig.provisioning(&request).await, (StatusValues::Succeeded, None));
    assert_eq!(rig.accounts_with("ReadOnly", behind).await, both[..1]);
    assert_eq!(rig.aws.policy_in_force("payments-staging", "ReadOnly"), None, "not asked for");
    assert!(
        rig.provision("Billing", Some("data-prod"))
            .await
            .expect_err("not there")
            .is_resource_not_found_exception()
    );
    assert!(rig.provision("ReadOnly", None).await.is_ok(), "all that have it");
}

#[tokio::test]
async fn a_role_is_made_with_the_policy_of_its_first_assignment() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.put("Admin", DENY).await.expect("taken");
    assert!(rig.aws.add_by_hand("ana", "payments-prod", "Admin"));
    assert_eq!(rig.aws.policy_in_force("payments-prod", "Admin").as_deref(), Some(DENY));
    let delete = rig.sso.delete_inline_policy_from_permission_set().instance_arn(&rig.acme.instance_arn);
    let delete = delete.permission_set_arn(rig.permission_set("Admin"));
    delete.clone().send().await.expect("there");
    let again = delete.send().await.expect_err("gone").into_service_error();
    assert!(again.is_resource_not_found_exception(), "{again:?}");
    assert!(rig.aws.add_by_hand("bo", "payments-prod", "Admin"));
    assert_eq!(rig.aws.policy_in_force("payments-prod", "Admin").as_deref(), Some(DENY), "still the old one");
    assert!(rig.aws.remove_by_hand("ana", "payments-prod", "Admin"));
    assert!(rig.aws.policy_in_force("payments-prod", "Admin").is_some(), "somebody has it still");
    assert!(rig.aws.remove_by_hand("bo", "payments-prod", "Admin"));
    assert!(rig.accounts_with("Admin", None).await.is_empty(), "the role goes with its last assignment");
}

#[tokio::test]
async fn one_account_is_provisioned_once_at_a_time_and_the_policy_is_held_meanwhile() {
    let rig = Rig::start(AwsOptions { operation_delay: NEVER, ..AwsOptions::quick() }).await;
    assert!(rig.aws.add_by_hand("ana", "data-prod", "Billing"));
    rig.provision("ReadOnly", Some("data-prod")).await.expect("accepted");
    let other = rig.provision("Billing", Some("data-prod")).await.expect_err("the account is busy");
    assert!(other.is_conflict_exception(), "{other:?}");
    assert!(rig.provision("ReadOnly", None).await.expect_err("one of them is busy").is_conflict_exception());
    assert!(rig.put("ReadOnly", DENY).await.expect_err("under way").is_conflict_exception());
    rig.put("Billing", DENY).await.expect("another set");
    rig.aws.set_options(|o| o.provisionings_max = Some(1));
    let third = rig.provision("ReadOnly", Some("payments-staging")).await.expect_err("too many");
    assert!(third.is_throttling_exception(), "{third:?}");
    rig.aws.set_options(|o| o.provisionings_max = Some(2));
    rig.provision("ReadOnly", Some("payments-staging")).await.expect("within the cap");
}

#[tokio::test]
async fn a_provisioning_may_fail_and_then_nothing_is_in_force() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.put("ReadOnly", DENY).await.expect("taken");
    let why = "Received a 409 status error: LimitExceeded";
    rig.aws.fault(Fault::once("ProvisionPermissionSet", FaultKind::FailAsync(why.into())));
    let request = rig.provision("ReadOnly", Some("data-prod")).await.expect("accepted");
    assert_eq!(rig.provisioning(&request).await, (StatusValues::Failed, Some(why.into())));
    assert_eq!(rig.aws.policy_in_force("data-prod", "ReadOnly"), None);
    assert!(matches!(rig.aws.provisionings()[0].state, OperationStatus::Failed(_)));
    let listed = rig.sso.list_permission_set_provisioning_status().instance_arn(&rig.acme.instance_arn);
    let listed = listed.send().await.expect("a list");
    assert_eq!(listed.permission_sets_provisioning_status()[0].status(), Some(&StatusValues::Failed));
}

#[tokio::test]
async fn an_inline_policy_has_a_size_and_a_shape() {
    let rig = Rig::start(AwsOptions::quick()).await;
    rig.put("ReadOnly", &policy_of(10_240)).await.expect("just fits");
    let longer = rig.put("ReadOnly", &policy_of(10_241)).await.expect_err("one too many");
    assert!(longer.is_service_quota_exceeded_exception(), "{longer:?}");
    let padded = format!("{DENY}{}", " ".repeat(32_768 - DENY.len()));
    rig.put("ReadOnly", &padded).await.expect("white space counts for the other limit only");
    for wrong in [format!("{padded} "), "deny everything".into(), r#"{"Statement":[]}"#.into()] {
        assert!(rig.put("ReadOnly", &wrong).await.expect_err("refused").is_validation_exception());
    }
    assert_eq!(rig.aws.inline_policy("ReadOnly"), Some(padded), "nothing refused was kept");
    assert!(rig.aws.set_inline_policy("ReadOnly", None) && !rig.aws.set_inline_policy("ReadOnly", None));
}

#[tokio::test]
async fn a_permission_set_of_the_management_account_is_not_the_delegates_to_change() {
    let rig = Rig::start(AwsOptions::quick()).await;
    assert!(rig.aws.add_by_hand("dee", "acme-management", "Billing"));
    assert!(rig.put("Billing", DENY).await.expect_err("denied").is_access_denied_exception());
    assert!(rig.provision("Billing", None).await.expect_err("denied").is_access_denied_exception());
    rig.aws.set_options(|o| o.called_as_management = true);
    rig.put("Billing", DENY).await.expect("the management account may");
}

#[tokio::test]
async fn a_service_control_policy_is_read_and_written_whole() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let before = rig.organizations.describe_policy().policy_id("p-glasskey1").send().await.expect("there");
    let content = before.policy.expect("a policy").content.expect("content");
    assert!(content.contains("identitystore:userId"), "{content}");
    let write = async |id: &str, content: &str| {
        let call = rig.organizations.update_policy().policy_id(id).content(content);
        let sent = call.send().await.map_err(|e| e.into_service_error());
        sent.map(drop).map_err(|e| e.code().unwrap_or_default().to_owned())
    };
    assert_eq!(write("p-glasskey1", &policy_of(5_120)).await, Ok(()));
    assert_eq!(write("p-glasskey1", &policy_of(5_121)).await, Err("ConstraintViolationException".into()));
    assert_eq!(write("p-glasskey1", "{}").await, Err("MalformedPolicyDocumentException".into()));
    assert_eq!(write("p-somethingelse", DENY).await, Err("PolicyNotFoundException".into()));
    rig.aws.fault(Fault::once("UpdatePolicy", FaultKind::Conflict));
    assert_eq!(write("p-glasskey1", DENY).await, Err("ConcurrentModificationException".into()));
    assert_eq!(rig.aws.service_control_policy("glasskey-ended-sessions"), Some(policy_of(5_120)));
    assert!(rig.aws.set_service_control_policy("p-glasskey1", DENY));
    let on = async |target: &str| {
        let call = rig.organizations.list_policies_for_target().target_id(target);
        let rows =
            call.filter(PolicyType::ServiceControlPolicy).send().await.map_err(|e| e.into_service_error());
        rows.map(|r| r.policies.unwrap_or_default().len())
    };
    assert_eq!(on("r-ac3e").await.expect("the root"), 1);
    assert_eq!(on("333333333333").await.expect("an account"), 0, "inherited, not attached");
    assert!(on("r-0000").await.expect_err("no such root").is_target_not_found_exception());
}

#[tokio::test]
async fn groups_are_assigned_and_unassigned_like_users() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let group = rig.acme.group("payments-oncall").expect("a group").id.clone();
    let create = rig.sso.create_account_assignment().instance_arn(&rig.acme.instance_arn);
    let create = create.target_id(rig.account("data-prod")).target_type(TargetType::AwsAccount);
    let create = create.principal_id(&group).principal_type(PrincipalType::Group);
    create.permission_set_arn(rig.permission_set("ReadOnly")).send().await.expect("accepted");
    rig.aws.wait_for(SOON, |a| a.has("payments-oncall", "data-prod", "ReadOnly")).await.expect("assigned");
    let delete = rig.sso.delete_account_assignment().instance_arn(&rig.acme.instance_arn);
    let delete = delete.target_id(rig.account("data-prod")).target_type(TargetType::AwsAccount);
    let delete = delete.principal_id(&group).principal_type(PrincipalType::Group);
    delete.permission_set_arn(rig.permission_set("ReadOnly")).send().await.expect("accepted");
    rig.aws.wait_for(SOON, |a| a.has_nothing_for("payments-oncall")).await.expect("gone");
}

#[tokio::test]
async fn accounts_close_and_permission_sets_go() {
    let rig = Rig::start(AwsOptions::quick()).await;
    assert!(rig.aws.close_account("data-prod") && !rig.aws.close_account("data-prod"));
    let account = rig.organizations.describe_account().account_id(rig.account("data-prod")).send().await;
    let account = account.expect("there").account.expect("an account");
    assert_eq!(account.state().map(|s| s.as_str()), Some("CLOSED"));
    assert!(rig.aws.has("cy", "data-prod", "ReadOnly"), "assignments stay in a closed account");
    rig.create("ana", "data-prod", "ReadOnly").await.expect("accepted");
    let failed = |aws: &crate::aws::AwsControl| {
        aws.operations()
            .iter()
            .any(|o| matches!(&o.state, OperationStatus::Failed(why) if why.contains("not active")))
    };
    rig.aws.wait_for(SOON, failed).await.expect("FAILED");
    assert!(rig.aws.delete_permission_set("ReadOnly") && !rig.aws.delete_permission_set("ReadOnly"));
    assert!(rig.aws.has_nothing_for("cy"));
    let gone = rig.create("ana", "payments-prod", "ReadOnly").await.expect_err("no such set");
    assert!(gone.is_resource_not_found_exception(), "{:?}", gone.code());
}
