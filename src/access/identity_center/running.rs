//! Finding an operation again whose name was lost with the reply.

use glasskey_domain::Holding;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;

use super::IdentityCenter;
use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, AccountAssignmentOperationStatusMetadata, OperationStatusFilter,
    PrincipalType, StatusValues,
};

use crate::access::budget::Rank;
use crate::access::failure::{Failure, Kind};
use crate::access::operation::Op;
use crate::access::pages::{Page, all_pages};
use crate::ports::{Fault, Urgency};

/// AWS lets 15 operations be under way (platform-rules 3.2); a list with many more is not what we think it is.
const OPERATIONS_MAX: usize = 60;

/// Whether an operation is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This one.
    Running(OperationId),
    /// None, at this moment.
    None,
    /// AWS does not let us see: only a look at the assignment itself tells.
    CannotTell,
}

impl IdentityCenter {
    /// The operation under way for this change of this holding, whoever began it.
    ///
    /// # Errors
    /// When AWS could not be asked.
    pub async fn find_running(
        &self,
        holding: &Holding,
        change: Change,
        urgency: Urgency,
    ) -> Result<Found, Fault> {
        let rank = Rank::asking(urgency);
        let rows = match change {
            Change::Create => self.creations(rank).await,
            Change::Delete => self.deletions(rank).await,
        };
        let rows = match rows {
            Ok(rows) => rows,
            Err(failure) if matches!(failure.kind, Kind::Denied | Kind::NoSuchOperation) => {
                return Ok(Found::CannotTell);
            }
            Err(failure) => return Err(failure.reading()),
        };
        if rows.len() > OPERATIONS_MAX {
            return Ok(Found::CannotTell);
        }
        // The filter is AWS's; a stand-in may not know it.
        let names = rows.into_iter().filter(|row| row.status == Some(StatusValues::InProgress));
        for name in names.filter_map(|row| row.request_id).map(OperationId::new) {
            match self.aws.assignment_status(change, &name, rank).await {
                Ok(status)
                    if is_about(&status, holding) && status.status == Some(StatusValues::InProgress) =>
                {
                    self.aws.identity_center_budget().running(&name);
                    return Ok(Found::Running(name));
                }
                Ok(_) => {}
                Err(failure) if failure.kind == Kind::NotFound => {}
                Err(failure) => return Err(failure.reading()),
            }
        }
        Ok(Found::None)
    }

    async fn creations(&self, rank: Rank) -> Result<Vec<AccountAssignmentOperationStatusMetadata>, Failure> {
        let op = Op::ListAccountAssignmentCreationStatus;
        all_pages(op, async |token| {
            let request = self
                .aws
                .sso
                .list_account_assignment_creation_status()
                .instance_arn(self.aws.instance_arn())
                .filter(in_progress())
                .max_results(100)
                .set_next_token(token);
            let answer = self.aws.call(op, rank, request.send()).await?;
            let rows = answer.account_assignments_creation_status;
            Ok(Page { rows: rows.ok_or_else(|| Failure::garbled(op, "no list"))?, next: answer.next_token })
        })
        .await
    }

    async fn deletions(&self, rank: Rank) -> Result<Vec<AccountAssignmentOperationStatusMetadata>, Failure> {
        let op = Op::ListAccountAssignmentDeletionStatus;
        all_pages(op, async |token| {
            let request = self
                .aws
                .sso
                .list_account_assignment_deletion_status()
                .instance_arn(self.aws.instance_arn())
                .filter(in_progress())
                .max_results(100)
                .set_next_token(token);
            let answer = self.aws.call(op, rank, request.send()).await?;
            let rows = answer.account_assignments_deletion_status;
            Ok(Page { rows: rows.ok_or_else(|| Failure::garbled(op, "no list"))?, next: answer.next_token })
        })
        .await
    }
}

fn in_progress() -> OperationStatusFilter {
    OperationStatusFilter::builder().status(StatusValues::InProgress).build()
}

fn is_about(status: &AccountAssignmentOperationStatus, holding: &Holding) -> bool {
    let account = holding.target.account().map(|account| account.as_str());
    let permission_set = holding.target.permission_set().map(|set| set.as_str());
    account.is_some()
        && status.target_id() == account
        && status.permission_set_arn() == permission_set
        && status.principal_type() == Some(&PrincipalType::User)
        && status.principal_id() == Some(holding.principal.as_str())
}
