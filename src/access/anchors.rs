//! Anchors: an empty group that is assigned to what can be asked for, so that the IAM role is there before anybody needs it, and
//! keeps its name (platform-rules 3.4, Rule E). Nobody gets access by them, because nobody is in the group.
//!
//! It never assigns a user, and never touches an assignment of anybody but the group it is given.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ssoadmin::types::{PrincipalType, StatusValues};
use glasskey_domain::holding::Change;
use glasskey_domain::{AccountId, GroupId, PermissionSetArn};

use super::assignments::{Assignee, Assignment};
use super::aws::AwsClients;
use super::budget::Rank;
use super::failure::{Failure, Kind};
use super::operation::Op;
use crate::ports::Fault;

/// Pauses between two questions how an assignment is doing, in milliseconds; the first use of a permission set in an account takes
/// up to a minute, because the role is made.
const POLL_PAUSES: [u64; 10] = [500, 1_000, 2_000, 3_000, 5_000, 8_000, 10_000, 15_000, 20_000, 30_000];

/// A permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The account.
    pub account: AccountId,
    /// The permission set.
    pub permission_set: PermissionSetArn,
}

/// Anchors in one instance of Identity Center.
#[derive(Debug, Clone)]
pub struct Anchors {
    aws: AwsClients,
}

impl Anchors {
    /// Through these clients.
    #[must_use]
    pub fn new(aws: AwsClients) -> Self {
        Self { aws }
    }

    /// Makes the group.
    ///
    /// # Errors
    /// When it was not made, or may not have been.
    pub async fn make_group(&self, name: &str) -> Result<GroupId, Fault> {
        let request = self
            .aws
            .identity_store
            .create_group()
            .identity_store_id(self.aws.identity_store_id())
            .display_name(name)
            .description("Empty, and to stay so: Glasskey keeps IAM roles by assigning it");
        let made = self.aws.call(Op::CreateGroup, Rank::Background, request.send()).await;
        Ok(GroupId::new(made.map_err(|failure| failure.changing())?.group_id))
    }

    /// What the group is assigned to, of these permission sets.
    ///
    /// # Errors
    /// When not all of it could be read.
    pub async fn held(
        &self,
        group: &GroupId,
        sets: impl Iterator<Item = &PermissionSetArn>,
    ) -> Result<BTreeSet<Pair>, Fault> {
        let mut held = BTreeSet::new();
        for set in sets {
            let rows = self.aws.rows_of(set).await.map_err(|failure| failure.reading())?;
            let ours =
                rows.iter().filter(|row| row.kind == PrincipalType::Group && row.principal == group.as_str());
            for row in ours {
                let garbled = |_| {
                    Failure::garbled(Op::ListAccountAssignments, "an account without a proper id").reading()
                };
                let account = AccountId::parse(&row.account).map_err(garbled)?;
                held.insert(Pair { account, permission_set: set.clone() });
            }
        }
        Ok(held)
    }

    /// Makes an anchor, or removes it, and waits until AWS says that it is done.
    ///
    /// # Errors
    /// Why it is not done, or may not be.
    pub async fn change(&self, change: Change, group: &GroupId, pair: &Pair) -> Result<(), Fault> {
        let assignment = Assignment {
            assignee: Assignee::Group(group),
            account: &pair.account,
            permission_set: &pair.permission_set,
        };
        let rank = Rank::Background;
        let operation = match self.aws.begin_assignment(change, &assignment, rank).await {
            Ok(operation) => operation,
            Err(failure) if change == Change::Delete && failure.kind == Kind::NotFound => return Ok(()),
            Err(failure) => return Err(failure.changing()),
        };
        for pause in POLL_PAUSES {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let status = self.aws.assignment_status(change, &operation, rank).await;
            let status = status.map_err(|failure| failure.reading())?;
            match status.status() {
                Some(StatusValues::InProgress) => {}
                Some(StatusValues::Succeeded) => {
                    self.aws.identity_center_budget().over(&operation);
                    return Ok(());
                }
                Some(_) | None => {
                    self.aws.identity_center_budget().over(&operation);
                    let what = status.failure_reason().unwrap_or("AWS gives no reason").to_owned();
                    return Err(Fault::Permanent { what });
                }
            }
        }
        let what = "AWS is still at it; look again later with `glasskey anchors plan`".to_owned();
        Err(Fault::Transient { what, retry_after: None })
    }
}
