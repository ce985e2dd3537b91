//! The twin as the real AWS SDKs see it, over HTTP: if they parse it and it bites as AWS bites, the bot's tests mean something.

mod directory;
mod faults;
mod memberships;
mod operations;
mod policies;
mod raw;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_ssoadmin::config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_sdk_ssoadmin::operation::create_account_assignment::{
    CreateAccountAssignmentError, CreateAccountAssignmentOutput,
};
use aws_sdk_ssoadmin::operation::delete_account_assignment::{
    DeleteAccountAssignmentError, DeleteAccountAssignmentOutput,
};
use aws_sdk_ssoadmin::types::{AccountAssignmentForPrincipal, PrincipalType, StatusValues, TargetType};

use super::{AwsControl, AwsOptions, AwsTwin};
use crate::company::Company;

/// Longer than anything here takes; only a failing test waits for it.
const SOON: Duration = Duration::from_secs(10);

/// A twin of Acme with the SDKs pointed at it.
struct Rig {
    twin: AwsTwin,
    aws: AwsControl,
    acme: Company,
    sso: aws_sdk_ssoadmin::Client,
    store: aws_sdk_identitystore::Client,
    organizations: aws_sdk_organizations::Client,
    sts: aws_sdk_sts::Client,
}

macro_rules! client {
    ($sdk:ident, $url:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .region(Region::new("eu-west-1"))
                .credentials_provider(Credentials::new("AKIATEST", "secret", None, None, "test"))
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .retry_config(RetryConfig::disabled())
                .endpoint_url($url)
                .build(),
        )
    };
}

impl Rig {
    async fn start(options: AwsOptions) -> Self {
        Self::of(Company::acme(), options).await
    }

    async fn of(company: Company, options: AwsOptions) -> Self {
        let twin = AwsTwin::start(&company, options).await.expect("a free port");
        Self {
            aws: twin.control(),
            acme: company,
            sso: client!(aws_sdk_ssoadmin, twin.url()),
            store: client!(aws_sdk_identitystore, twin.url()),
            organizations: client!(aws_sdk_organizations, twin.url()),
            sts: client!(aws_sdk_sts, twin.url()),
            twin,
        }
    }

    fn account(&self, name: &str) -> String {
        self.acme.account(name).expect("a known account").id.clone()
    }

    fn permission_set(&self, name: &str) -> String {
        self.acme.permission_set(name).expect("a known permission set").arn.clone()
    }

    fn user(&self, handle: &str) -> String {
        self.acme.person(handle).and_then(|p| p.identity_user_id.clone()).expect("a known user")
    }

    async fn create(
        &self,
        user: &str,
        account: &str,
        set: &str,
    ) -> Result<CreateAccountAssignmentOutput, CreateAccountAssignmentError> {
        let call = self.sso.create_account_assignment().instance_arn(&self.acme.instance_arn);
        let call = call.target_id(self.account(account)).target_type(TargetType::AwsAccount);
        let call = call.principal_id(self.user(user)).principal_type(PrincipalType::User);
        let sent = call.permission_set_arn(self.permission_set(set)).send().await;
        sent.map_err(|e| e.into_service_error())
    }

    async fn delete(
        &self,
        user: &str,
        account: &str,
        set: &str,
    ) -> Result<DeleteAccountAssignmentOutput, DeleteAccountAssignmentError> {
        let call = self.sso.delete_account_assignment().instance_arn(&self.acme.instance_arn);
        let call = call.target_id(self.account(account)).target_type(TargetType::AwsAccount);
        let call = call.principal_id(self.user(user)).principal_type(PrincipalType::User);
        let sent = call.permission_set_arn(self.permission_set(set)).send().await;
        sent.map_err(|e| e.into_service_error())
    }

    /// Status and reason of a create.
    async fn creation(&self, request: &str) -> (StatusValues, Option<String>) {
        let call = self.sso.describe_account_assignment_creation_status();
        let call = call.instance_arn(&self.acme.instance_arn);
        let sent =
            call.account_assignment_creation_request_id(request).send().await.expect("a known request");
        let status = sent.account_assignment_creation_status.expect("a status");
        (status.status.expect("a word"), status.failure_reason)
    }

    async fn listed(&self, user: &str) -> Vec<AccountAssignmentForPrincipal> {
        let call = self.sso.list_account_assignments_for_principal().instance_arn(&self.acme.instance_arn);
        let call = call.principal_id(self.user(user)).principal_type(PrincipalType::User);
        let pages = call.into_paginator().items().send();
        pages.collect::<Result<Vec<_>, _>>().await.expect("a list")
    }
}

fn request_of(created: &CreateAccountAssignmentOutput) -> String {
    let status = created.account_assignment_creation_status().expect("a status");
    assert_eq!(status.status(), Some(&StatusValues::InProgress), "AWS never says done at once");
    status.request_id().expect("a request id").to_owned()
}
