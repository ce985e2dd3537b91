//! What a user has of one permission set in one account: directly, or through groups. One round trip.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ssoadmin::types::{ListAccountAssignmentsFilter, PrincipalType};
use glasskey_domain::{GroupId, Holding, PersonId};

use super::{IdentityCenter, NOT_AN_ASSIGNMENT, assigned};
use crate::access::assignments::{Row, whole};
use crate::access::budget::Rank;
use crate::access::failure::{Failure, Kind};
use crate::access::operation::Op;
use crate::access::pages::{Page, all_pages};
use crate::access::retry::patiently;
use crate::ports::{Fault, Seen};

/// The groups of a person as last read; `None` when they are not known, which is not "none".
pub type GroupsOf = Arc<dyn Fn(&PersonId) -> Option<BTreeSet<GroupId>> + Send + Sync>;

/// Through which list assignments are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// `ListAccountAssignmentsForPrincipal`: knows what groups bring.
    ByPrincipal,
    /// `ListAccountAssignments`, and the groups from the directory.
    ByAccount,
}

/// A well-formed id of nobody, to try a list with.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

impl IdentityCenter {
    /// AWS documents the better list for the management account only ("must be called from the management account"); a
    /// delegated administrator that is refused it, or a stand-in without it, gets the other.
    pub(super) async fn choose_sight(&self) -> Result<Sight, Fault> {
        let tried = patiently(|| self.rows_of_principal(NOBODY, None, Rank::Background)).await;
        match tried {
            Ok(_) => Ok(Sight::ByPrincipal),
            Err(failure) => match failure.kind {
                Kind::NotFound => Ok(Sight::ByPrincipal),
                Kind::Denied | Kind::NoSuchOperation => {
                    tracing::warn!(%failure, "assignments are looked at by account; groups are taken from the directory");
                    Ok(Sight::ByAccount)
                }
                Kind::NotSent
                | Kind::Lost
                | Kind::Throttled
                | Kind::Conflict
                | Kind::Trouble
                | Kind::Credentials
                | Kind::Key
                | Kind::Invalid
                | Kind::Quota
                | Kind::Other => Err(failure.reading()),
            },
        }
    }

    pub(super) async fn see(&self, holding: &Holding, rank: Rank) -> Result<Seen, Fault> {
        let seen = match self.sight {
            Sight::ByPrincipal => {
                let account = holding.target.account().map(|account| account.as_str());
                let rows = self.rows_of_principal(holding.principal.as_str(), account, rank).await;
                rows.map(|rows| seen(holding, &rows, |_| true))
            }
            Sight::ByAccount => {
                let groups = (self.groups_of)(&holding.principal);
                let seen = self.see_by_account(holding, groups.as_ref(), rank).await;
                // Somebody else's groups may be theirs: only for taking away does it not matter.
                if let (Ok(seen), None) = (&seen, &groups)
                    && !seen.direct
                    && !seen.groups.is_empty()
                    && rank > Rank::Ending
                {
                    let what =
                        "the groups of the person are not known: the directory must be read first".to_owned();
                    return Err(Fault::Transient { what, retry_after: None });
                }
                seen
            }
        };
        match seen {
            // Somebody or something named is gone; what they had may still be there.
            Err(failure) if failure.kind == Kind::NotFound => self.see_what_is_left(holding, rank).await,
            seen => seen.map_err(|failure| failure.reading()),
        }
    }

    /// With the groups that count; where they are not known, all.
    async fn see_by_account(
        &self,
        holding: &Holding,
        groups: Option<&BTreeSet<GroupId>>,
        rank: Rank,
    ) -> Result<Seen, Failure> {
        let (account, permission_set) =
            assigned(holding).map_err(|_| Failure::garbled(Op::ListAccountAssignments, NOT_AN_ASSIGNMENT))?;
        let rows = self.aws.rows_of_account(account.as_str(), permission_set.as_str(), rank).await?;
        Ok(seen(holding, &rows, |group| groups.is_none_or(|groups| groups.contains(group))))
    }

    /// An assignment outlives its user, so the account is looked at; and where the account or the permission set itself is gone,
    /// which must be shown, nothing can be left of it.
    async fn see_what_is_left(&self, holding: &Holding, rank: Rank) -> Result<Seen, Fault> {
        let (account, permission_set) = assigned(holding)?;
        let failure = match self.see_by_account(holding, Some(&BTreeSet::new()), rank).await {
            Ok(seen) => return Ok(seen),
            Err(failure) if failure.kind == Kind::NotFound => failure,
            Err(failure) => return Err(failure.reading()),
        };
        if self.permission_set_gone(permission_set.as_str(), rank).await?
            || self.account_gone(account.as_str(), rank).await?
        {
            return Ok(Seen { direct: false, groups: Vec::new(), member: None });
        }
        Err(failure.reading())
    }

    async fn permission_set_gone(&self, arn: &str, rank: Rank) -> Result<bool, Fault> {
        gone(self.aws.permission_set(arn, rank).await.map(|_| ()))
    }

    async fn account_gone(&self, account: &str, rank: Rank) -> Result<bool, Fault> {
        let request = self.aws.organizations.describe_account().account_id(account);
        gone(self.aws.call(Op::DescribeAccount, rank, request.send()).await.map(|_| ()))
    }

    async fn rows_of_principal(
        &self,
        principal: &str,
        account: Option<&str>,
        rank: Rank,
    ) -> Result<Vec<Row>, Failure> {
        let op = Op::ListAccountAssignmentsForPrincipal;
        all_pages(op, async |token| {
            let filter = account.map(|id| ListAccountAssignmentsFilter::builder().account_id(id).build());
            let request = self
                .aws
                .sso
                .list_account_assignments_for_principal()
                .instance_arn(self.aws.instance_arn())
                .principal_type(PrincipalType::User)
                .principal_id(principal)
                .set_filter(filter)
                .max_results(100)
                .set_next_token(token);
            let answer = self.aws.call(op, rank, request.send()).await?;
            let rows = answer.account_assignments.ok_or_else(|| Failure::garbled(op, "no list"))?;
            let rows = rows.into_iter().map(|row| {
                whole(op, (row.account_id, row.permission_set_arn, row.principal_type, row.principal_id))
            });
            Ok(Page { rows: rows.collect::<Result<_, _>>()?, next: answer.next_token })
        })
        .await
    }
}

fn seen(holding: &Holding, rows: &[Row], counts: impl Fn(&GroupId) -> bool) -> Seen {
    let (account, permission_set) = (holding.target.account(), holding.target.permission_set());
    let is_ours = |row: &&Row| {
        account.is_some_and(|account| row.account == account.as_str())
            && permission_set.is_some_and(|set| row.permission_set == set.as_str())
    };
    let ours = || rows.iter().filter(is_ours);
    let direct =
        ours().any(|row| row.kind == PrincipalType::User && row.principal == holding.principal.as_str());
    let groups: BTreeSet<GroupId> = ours()
        .filter(|row| row.kind == PrincipalType::Group)
        .map(|row| GroupId::new(row.principal.clone()))
        .filter(counts)
        .collect();
    Seen { direct, groups: groups.into_iter().collect(), member: None }
}

/// Gone only when AWS says so in so many words.
fn gone(answer: Result<(), Failure>) -> Result<bool, Fault> {
    match answer {
        Ok(()) => Ok(false),
        Err(failure) if failure.kind == Kind::NotFound => Ok(true),
        Err(failure) => Err(failure.reading()),
    }
}
