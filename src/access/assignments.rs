//! Account assignments as AWS has them, of users and of groups: the calls themselves, shared by everything that needs them.

use aws_sdk_ssoadmin::types::{AccountAssignmentOperationStatus, PrincipalType, TargetType};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{AccountId, GroupId, Holding, PermissionSetArn, PersonId, Target};

use super::aws::AwsClients;
use super::budget::Rank;
use super::failure::Failure;
use super::operation::Op;
use super::pages::{Page, all_pages};
use super::retry::patiently;
use crate::ports::{Answer, AssignmentList, Fault};

/// Who is assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assignee<'a> {
    /// A user.
    User(&'a PersonId),
    /// A group.
    Group(&'a GroupId),
}

/// One assignment, to be made or to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Assignment<'a> {
    pub(crate) assignee: Assignee<'a>,
    pub(crate) account: &'a AccountId,
    pub(crate) permission_set: &'a PermissionSetArn,
}

/// One assignment, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) account: String,
    pub(crate) permission_set: String,
    pub(crate) kind: PrincipalType,
    pub(crate) principal: String,
}

impl Assignee<'_> {
    fn parts(&self) -> (PrincipalType, &str) {
        match self {
            Self::User(person) => (PrincipalType::User, person.as_str()),
            Self::Group(group) => (PrincipalType::Group, group.as_str()),
        }
    }
}

impl AwsClients {
    /// Begins to make an assignment, or to end it.
    ///
    /// # Errors
    /// Whatever went wrong, as what follows from it.
    pub(crate) async fn begin_assignment(
        &self,
        change: Change,
        assignment: &Assignment<'_>,
        rank: Rank,
    ) -> Result<OperationId, Failure> {
        match change {
            Change::Create => self.create_assignment(assignment, rank).await,
            Change::Delete => self.delete_assignment(assignment, rank).await,
        }
    }

    async fn create_assignment(
        &self,
        assignment: &Assignment<'_>,
        rank: Rank,
    ) -> Result<OperationId, Failure> {
        let op = Op::CreateAccountAssignment;
        let (kind, principal) = assignment.assignee.parts();
        let request = self
            .sso
            .create_account_assignment()
            .instance_arn(self.instance_arn())
            .target_type(TargetType::AwsAccount)
            .target_id(assignment.account.as_str())
            .permission_set_arn(assignment.permission_set.as_str())
            .principal_type(kind)
            .principal_id(principal);
        let (answer, slot) = self.begin(op, rank, request.send()).await?;
        let operation = name_of(op, answer.account_assignment_creation_status)?;
        slot.named(&operation);
        Ok(operation)
    }

    async fn delete_assignment(
        &self,
        assignment: &Assignment<'_>,
        rank: Rank,
    ) -> Result<OperationId, Failure> {
        let op = Op::DeleteAccountAssignment;
        let (kind, principal) = assignment.assignee.parts();
        let request = self
            .sso
            .delete_account_assignment()
            .instance_arn(self.instance_arn())
            .target_type(TargetType::AwsAccount)
            .target_id(assignment.account.as_str())
            .permission_set_arn(assignment.permission_set.as_str())
            .principal_type(kind)
            .principal_id(principal);
        let (answer, slot) = self.begin(op, rank, request.send()).await?;
        let operation = name_of(op, answer.account_assignment_deletion_status)?;
        slot.named(&operation);
        Ok(operation)
    }

    /// How an operation is doing, as AWS says it.
    ///
    /// # Errors
    /// Whatever went wrong; [`super::failure::Kind::NotFound`] when AWS does not know it.
    pub(crate) async fn assignment_status(
        &self,
        change: Change,
        operation: &OperationId,
        rank: Rank,
    ) -> Result<AccountAssignmentOperationStatus, Failure> {
        match change {
            Change::Create => self.creation_status(operation, rank).await,
            Change::Delete => self.deletion_status(operation, rank).await,
        }
    }

    async fn creation_status(
        &self,
        operation: &OperationId,
        rank: Rank,
    ) -> Result<AccountAssignmentOperationStatus, Failure> {
        let op = Op::DescribeAccountAssignmentCreationStatus;
        let request = self
            .sso
            .describe_account_assignment_creation_status()
            .instance_arn(self.instance_arn())
            .account_assignment_creation_request_id(operation.as_str());
        let answer = self.call(op, rank, request.send()).await?;
        answer.account_assignment_creation_status.ok_or_else(|| Failure::garbled(op, "no status"))
    }

    async fn deletion_status(
        &self,
        operation: &OperationId,
        rank: Rank,
    ) -> Result<AccountAssignmentOperationStatus, Failure> {
        let op = Op::DescribeAccountAssignmentDeletionStatus;
        let request = self
            .sso
            .describe_account_assignment_deletion_status()
            .instance_arn(self.instance_arn())
            .account_assignment_deletion_request_id(operation.as_str());
        let answer = self.call(op, rank, request.send()).await?;
        answer.account_assignment_deletion_status.ok_or_else(|| Failure::garbled(op, "no status"))
    }

    /// Who has a permission set in an account: all pages.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub(crate) async fn rows_of_account(
        &self,
        account: &str,
        permission_set: &str,
        rank: Rank,
    ) -> Result<Vec<Row>, Failure> {
        let op = Op::ListAccountAssignments;
        all_pages(op, async |token| {
            let request = self
                .sso
                .list_account_assignments()
                .instance_arn(self.instance_arn())
                .account_id(account)
                .permission_set_arn(permission_set)
                .max_results(100)
                .set_next_token(token);
            let answer = self.call(op, rank, request.send()).await?;
            let rows = answer.account_assignments.ok_or_else(|| Failure::garbled(op, "no list"))?;
            let rows = rows.into_iter().map(|row| {
                whole(op, (row.account_id, row.permission_set_arn, row.principal_type, row.principal_id))
            });
            Ok(Page { rows: rows.collect::<Result<_, _>>()?, next: answer.next_token })
        })
        .await
    }

    /// The accounts in which a permission set is in use: all pages.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub(crate) async fn accounts_with(
        &self,
        permission_set: &str,
        rank: Rank,
    ) -> Result<Vec<String>, Failure> {
        let op = Op::ListAccountsForProvisionedPermissionSet;
        all_pages(op, async |token| {
            let request = self
                .sso
                .list_accounts_for_provisioned_permission_set()
                .instance_arn(self.instance_arn())
                .permission_set_arn(permission_set)
                .max_results(100)
                .set_next_token(token);
            let answer = self.call(op, rank, request.send()).await?;
            let rows = answer.account_ids.ok_or_else(|| Failure::garbled(op, "no list"))?;
            Ok(Page { rows, next: answer.next_token })
        })
        .await
    }

    /// Everybody who has a permission set, wherever it is in use, behind all other calls. It goes one account after the other:
    /// nobody waits for it.
    ///
    /// # Errors
    /// Whatever went wrong: part of a list is none.
    pub(crate) async fn rows_of(&self, permission_set: &PermissionSetArn) -> Result<Vec<Row>, Failure> {
        let set = permission_set.as_str();
        let mut rows = Vec::new();
        for account in patiently(|| self.accounts_with(set, Rank::Background)).await? {
            rows.extend(patiently(|| self.rows_of_account(&account, set, Rank::Background)).await?);
        }
        Ok(rows)
    }
}

type Cells = (Option<String>, Option<String>, Option<PrincipalType>, Option<String>);

/// A row that lacks a part could be ours: it is not skipped.
pub(crate) fn whole(op: Op, cells: Cells) -> Result<Row, Failure> {
    let (Some(account), Some(permission_set), Some(kind), Some(principal)) = cells else {
        return Err(Failure::garbled(op, "an assignment with a part missing"));
    };
    Ok(Row { account, permission_set, kind, principal })
}

/// The name of an operation that AWS took. Without one it was taken all the same: lost, not failed.
fn name_of(op: Op, status: Option<AccountAssignmentOperationStatus>) -> Result<OperationId, Failure> {
    let name = status.and_then(|status| status.request_id).filter(|name| !name.is_empty());
    name.map(OperationId::new).ok_or_else(|| Failure::garbled(op, "no request id"))
}

/// The assignments of one instance of Identity Center to users, permission set by permission set.
#[derive(Debug, Clone)]
pub struct Assignments {
    aws: AwsClients,
}

impl Assignments {
    /// Through these clients.
    #[must_use]
    pub fn new(aws: AwsClients) -> Self {
        Self { aws }
    }
}

impl AssignmentList for Assignments {
    fn list<'a>(&'a self, permission_set: &'a PermissionSetArn) -> Answer<'a, Result<Vec<Holding>, Fault>> {
        Box::pin(async move {
            let rows = self.aws.rows_of(permission_set).await.map_err(|failure| failure.reading())?;
            rows.into_iter().filter(|row| row.kind == PrincipalType::User).map(held).collect()
        })
    }
}

fn held(row: Row) -> Result<Holding, Fault> {
    let garbled =
        |_| Failure::garbled(Op::ListAccountAssignments, "an account without a proper id").reading();
    let account = AccountId::parse(&row.account).map_err(garbled)?;
    let target = Target::Assignment { account, permission_set: PermissionSetArn::new(row.permission_set) };
    Ok(Holding { principal: PersonId::new(row.principal), target })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Fault;

    #[test]
    fn an_operation_without_a_name_is_lost_and_not_failed() {
        let unnamed = AccountAssignmentOperationStatus::builder().request_id("").build();
        for answer in [None, Some(unnamed)] {
            let failure = name_of(Op::CreateAccountAssignment, answer).unwrap_err();
            assert!(matches!(failure.changing(), Fault::Lost { .. }));
        }
    }

    /// pitfall 21
    #[test]
    fn half_a_row_is_no_row_to_pass_over() {
        let cells = |principal: Option<&str>| {
            let kind = Some(PrincipalType::User);
            (Some("111111111111".to_owned()), Some("arn".to_owned()), kind, principal.map(str::to_owned))
        };
        assert!(whole(Op::ListAccountAssignments, cells(Some("u-1"))).is_ok());
        assert!(whole(Op::ListAccountAssignments, cells(None)).is_err());
    }
}
