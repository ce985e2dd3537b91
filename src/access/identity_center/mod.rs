//! Account assignments in IAM Identity Center, behind [`Access`]: look, start a change, ask how it does.
//!
//! It never decides, never repeats a change, and never takes an answer that it cannot read for "nothing there".

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ssoadmin::types::{AccountAssignmentOperationStatus, StatusValues};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{AccountId, GroupId, Holding, PermissionSetArn, PersonId, Target};

use super::assignments::{Assignee, Assignment};
use super::aws::AwsClients;
use super::budget::Rank;
use super::failure::{Failure, Kind};
use super::operation::Op;
use crate::ports::{Access, Answer, Fault, Progress, Seen, Started, Urgency};

mod running;
mod sight;

pub use running::Found;
pub use sight::{GroupsOf, Sight};

/// The assignments of one instance of Identity Center.
pub struct IdentityCenter {
    aws: AwsClients,
    sight: Sight,
    groups_of: GroupsOf,
}

impl std::fmt::Debug for IdentityCenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityCenter").field("sight", &self.sight).finish_non_exhaustive()
    }
}

impl IdentityCenter {
    /// Tries which list answers here, and looks through that one from then on. `groups_of` tells the groups of a person as
    /// last read, for the list that does not.
    ///
    /// # Errors
    /// When neither list answers.
    pub async fn connect(aws: AwsClients, groups_of: GroupsOf) -> Result<Self, Fault> {
        let mut center = Self { aws, sight: Sight::ByPrincipal, groups_of };
        center.sight = center.choose_sight().await?;
        Ok(center)
    }

    /// Through which list it looks.
    #[must_use]
    pub fn sight(&self) -> Sight {
        self.sight
    }

    async fn begin(&self, holding: &Holding, change: Change, urgency: Urgency) -> Result<Started, Fault> {
        let rank = match change {
            Change::Delete => Rank::starting(urgency),
            // A create is never among the first, whatever the caller thinks of it.
            Change::Create => Rank::asking(urgency).max(Rank::Emergency),
        };
        let (account, permission_set) = assigned(holding)?;
        let assignment = Assignment { assignee: Assignee::User(&holding.principal), account, permission_set };
        match self.aws.begin_assignment(change, &assignment, rank).await {
            Ok(operation) => Ok(Started::Running(operation)),
            Err(failure) => not_begun(change, &failure),
        }
    }

    async fn progress(&self, change: Change, operation: &OperationId, rank: Rank) -> Result<Progress, Fault> {
        let budget = self.aws.identity_center_budget();
        let progress = match self.aws.assignment_status(change, operation, rank).await {
            Ok(status) => progress_of(change, operation, &status).map_err(|failure| failure.reading())?,
            Err(failure) if failure.kind == Kind::NotFound => Progress::Unknown,
            Err(failure) => return Err(failure.reading()),
        };
        match progress {
            Progress::Running => budget.running(operation),
            Progress::Succeeded | Progress::Failed { .. } | Progress::Unknown => budget.over(operation),
        }
        Ok(progress)
    }
}

impl Access for IdentityCenter {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(async move { self.see(holding, Rank::asking(urgency)).await })
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(self.begin(holding, change, urgency))
    }

    fn find<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Option<OperationId>, Fault>> {
        Box::pin(async move {
            Ok(match self.find_running(holding, change, urgency).await? {
                Found::Running(operation) => Some(operation),
                Found::None | Found::CannotTell => None,
            })
        })
    }

    fn poll<'a>(
        &'a self,
        change: Change,
        operation: &'a OperationId,
        urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(self.progress(change, operation, Rank::asking(urgency)))
    }
}

/// What follows from a change that AWS did not take up. A create may be refused for good; a delete never is (P3).
pub(super) fn not_begun(change: Change, failure: &Failure) -> Result<Started, Fault> {
    let for_good =
        matches!(failure.kind, Kind::Denied | Kind::Key | Kind::NotFound | Kind::Invalid | Kind::Quota);
    match change {
        Change::Create if for_good => Ok(Started::Refused { why: failure.to_string() }),
        Change::Delete if failure.kind == Kind::NotFound => Ok(Started::NothingThere),
        Change::Create | Change::Delete => Err(failure.changing()),
    }
}

fn progress_of(
    change: Change,
    operation: &OperationId,
    status: &AccountAssignmentOperationStatus,
) -> Result<Progress, Failure> {
    let op = match change {
        Change::Create => Op::DescribeAccountAssignmentCreationStatus,
        Change::Delete => Op::DescribeAccountAssignmentDeletionStatus,
    };
    if status.request_id().is_some_and(|name| name != operation.as_str()) {
        return Err(Failure::garbled(op, "the status of another operation"));
    }
    match status.status() {
        Some(StatusValues::InProgress) => Ok(Progress::Running),
        Some(StatusValues::Succeeded) => Ok(Progress::Succeeded),
        Some(StatusValues::Failed) => {
            let why = status.failure_reason().unwrap_or("AWS gives no reason").to_owned();
            Ok(Progress::Failed { why })
        }
        Some(other) => {
            Err(Failure::garbled(op, &format!("the status `{}`, which we do not know", other.as_str())))
        }
        None => Err(Failure::garbled(op, "no status")),
    }
}

/// The groups of people, as the directory last read them, for [`IdentityCenter::connect`].
pub fn groups_from(
    groups: impl Fn(&PersonId) -> Option<BTreeSet<GroupId>> + Send + Sync + 'static,
) -> GroupsOf {
    Arc::new(groups)
}

/// Said of a holding that another back end should have been asked about.
const NOT_AN_ASSIGNMENT: &str = "this is no account assignment";

/// The account and the permission set of an assignment; what else there is goes to other back ends.
fn assigned(holding: &Holding) -> Result<(&AccountId, &PermissionSetArn), Fault> {
    match &holding.target {
        Target::Assignment { account, permission_set } => Ok((account, permission_set)),
        Target::Membership { .. } => Err(Fault::Permanent { what: NOT_AN_ASSIGNMENT.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(word: Option<StatusValues>) -> AccountAssignmentOperationStatus {
        AccountAssignmentOperationStatus::builder().request_id("op-1").set_status(word).build()
    }

    fn of(status: &AccountAssignmentOperationStatus) -> Result<Progress, Failure> {
        progress_of(Change::Create, &OperationId::new("op-1"), status)
    }

    /// pitfall 3: only `SUCCEEDED` is success.
    #[test]
    fn only_a_status_that_says_so_is_success() {
        assert_eq!(of(&status(Some(StatusValues::Succeeded))), Ok(Progress::Succeeded));
        assert_eq!(of(&status(Some(StatusValues::InProgress))), Ok(Progress::Running));
        assert!(matches!(of(&status(Some(StatusValues::Failed))), Ok(Progress::Failed { .. })));
        assert!(of(&status(None)).is_err());
        assert!(of(&status(Some(StatusValues::from("SUCCEEDING")))).is_err());
        let of_another = AccountAssignmentOperationStatus::builder()
            .request_id("op-2")
            .status(StatusValues::Succeeded)
            .build();
        assert!(of(&of_another).is_err(), "another operation's success is not ours");
    }

    /// P3: there is no way to refuse a delete for good.
    #[test]
    fn a_delete_is_never_refused() {
        let failed = |kind: Kind| {
            let mut failure = Failure::garbled(Op::DeleteAccountAssignment, "no");
            failure.kind = kind;
            not_begun(Change::Delete, &failure)
        };
        for kind in [Kind::Denied, Kind::Key, Kind::Invalid, Kind::Quota, Kind::Other, Kind::Credentials] {
            assert!(matches!(failed(kind), Err(Fault::Permanent { .. })), "{kind:?}");
        }
        assert_eq!(failed(Kind::NotFound), Ok(Started::NothingThere));
        assert!(matches!(failed(Kind::Lost), Err(Fault::Lost { .. })));
        assert!(matches!(failed(Kind::Conflict), Err(Fault::Transient { .. })));
    }
}
