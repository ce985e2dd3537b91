//! The calls: inline policies and their provisioning, and the service control policy.

use aws_sdk_ssoadmin::types::{PermissionSetProvisioningStatus, ProvisionTargetType};
use glasskey_domain::{AccountId, PermissionSetArn};

use super::{SessionCuts, Stopped, not_changed};
use crate::access::budget::Rank;
use crate::access::failure::Failure;
use crate::access::operation::Op;
use crate::ports::Fault;

impl SessionCuts {
    /// The inline policy of a permission set; none is an empty text to AWS.
    pub(super) async fn inline_policy(&self, set: &PermissionSetArn) -> Result<Option<String>, Fault> {
        let request = self
            .aws
            .sso
            .get_inline_policy_for_permission_set()
            .instance_arn(self.aws.instance_arn())
            .permission_set_arn(set.as_str());
        let answer = self.aws.call(Op::GetInlinePolicyForPermissionSet, Rank::Ending, request.send()).await;
        Ok(answer.map_err(|failure| failure.reading())?.inline_policy)
    }

    pub(super) async fn put_inline_policy(&self, set: &PermissionSetArn, text: &str) -> Result<(), Stopped> {
        let request = self
            .aws
            .sso
            .put_inline_policy_to_permission_set()
            .instance_arn(self.aws.instance_arn())
            .permission_set_arn(set.as_str())
            .inline_policy(text);
        let put = self.aws.call(Op::PutInlinePolicyToPermissionSet, Rank::Ending, request.send()).await;
        put.map(drop).map_err(|failure| not_changed(&failure))
    }

    pub(super) async fn delete_inline_policy(&self, set: &PermissionSetArn) -> Result<(), Stopped> {
        let request = self
            .aws
            .sso
            .delete_inline_policy_from_permission_set()
            .instance_arn(self.aws.instance_arn())
            .permission_set_arn(set.as_str());
        let deleted =
            self.aws.call(Op::DeleteInlinePolicyFromPermissionSet, Rank::Ending, request.send()).await;
        deleted.map(drop).map_err(|failure| not_changed(&failure))
    }

    /// Begins to put the permission set as it is now in force in one account; the name of that.
    pub(super) async fn provision(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
    ) -> Result<String, Stopped> {
        let op = Op::ProvisionPermissionSet;
        let request = self
            .aws
            .sso
            .provision_permission_set()
            .instance_arn(self.aws.instance_arn())
            .permission_set_arn(set.as_str())
            .target_type(ProvisionTargetType::AwsAccount)
            .target_id(account.as_str());
        let answer = self.aws.call(op, Rank::Ending, request.send()).await;
        let status = answer.map_err(|failure| not_changed(&failure))?.permission_set_provisioning_status;
        let name = status.and_then(|status| status.request_id).filter(|name| !name.is_empty());
        name.ok_or_else(|| Stopped::Fault(Failure::garbled(op, "no request id").changing()))
    }

    pub(super) async fn provisioning(
        &self,
        operation: &str,
    ) -> Result<PermissionSetProvisioningStatus, Failure> {
        let op = Op::DescribePermissionSetProvisioningStatus;
        let request = self
            .aws
            .sso
            .describe_permission_set_provisioning_status()
            .instance_arn(self.aws.instance_arn())
            .provision_permission_set_request_id(operation);
        let answer = self.aws.call(op, Rank::Ending, request.send()).await?;
        answer.permission_set_provisioning_status.ok_or_else(|| Failure::garbled(op, "no status"))
    }

    pub(super) async fn service_control_policy(&self, policy: &str) -> Result<String, Stopped> {
        let op = Op::DescribePolicy;
        let request = self.aws.organizations.describe_policy().policy_id(policy);
        match self.aws.call(op, Rank::Ending, request.send()).await {
            Ok(answer) => {
                let content = answer.policy.and_then(|policy| policy.content);
                content.ok_or_else(|| Stopped::Fault(Failure::garbled(op, "no content").reading()))
            }
            Err(failure) if failure.passes() => Err(Stopped::Fault(failure.reading())),
            Err(failure) => Err(Stopped::Refused(failure.to_string())),
        }
    }

    pub(super) async fn update_service_control_policy(
        &self,
        policy: &str,
        text: &str,
    ) -> Result<(), Stopped> {
        let request = self.aws.organizations.update_policy().policy_id(policy).content(text);
        let updated = self.aws.call(Op::UpdatePolicy, Rank::Ending, request.send()).await;
        updated.map(drop).map_err(|failure| not_changed(&failure))
    }
}
