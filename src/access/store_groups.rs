//! Memberships of groups of the Identity Store, behind [`Access`]. A change is done when it is answered: its operation is over
//! as soon as it has a name.
//!
//! It never decides, never repeats a change, and never takes an answer that it cannot read for "not in it".

use aws_sdk_identitystore::types::MemberId;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{GroupId, Holding};

use super::aws::AwsClients;
use super::budget::Rank;
use super::failure::{Failure, Kind};
use super::identity_center::not_begun;
use super::operation::Op;
use super::router::{done, membership_of, never_running};
use crate::ports::{Access, Answer, Fault, Progress, Seen, Started, Urgency};

/// The groups of one Identity Store.
#[derive(Debug, Clone)]
pub struct StoreGroups {
    aws: AwsClients,
}

impl StoreGroups {
    /// Through these clients.
    #[must_use]
    pub fn new(aws: AwsClients) -> Self {
        Self { aws }
    }

    async fn see(&self, holding: &Holding, rank: Rank) -> Result<Seen, Fault> {
        let group = membership_of(holding)?;
        let person = holding.principal.as_str();
        let direct = match self.aws.groups_in(person, std::slice::from_ref(group), rank).await {
            Ok(groups) => !groups.is_empty(),
            // Somebody or something named is gone. Memberships go with either, once it is shown.
            Err(failure) if failure.kind == Kind::NotFound => {
                let gone = self.group_gone(group, rank).await? || self.user_gone(person, rank).await?;
                if !gone {
                    return Err(failure.reading());
                }
                false
            }
            Err(failure) => return Err(failure.reading()),
        };
        Ok(Seen { direct, groups: Vec::new(), member: None })
    }

    async fn group_gone(&self, group: &GroupId, rank: Rank) -> Result<bool, Fault> {
        let request = self
            .aws
            .identity_store
            .describe_group()
            .identity_store_id(self.aws.identity_store_id())
            .group_id(group.as_str());
        gone(self.aws.call(Op::DescribeGroup, rank, request.send()).await.map(drop))
    }

    async fn user_gone(&self, person: &str, rank: Rank) -> Result<bool, Fault> {
        gone(self.aws.user(person, rank).await.map(drop))
    }

    async fn begin(&self, holding: &Holding, change: Change, urgency: Urgency) -> Result<Started, Fault> {
        let group = membership_of(holding)?;
        let person = holding.principal.as_str();
        let begun = match change {
            // A create is never among the first, whatever the caller thinks of it.
            Change::Create => self.put_in(group, person, Rank::asking(urgency).max(Rank::Emergency)).await,
            Change::Delete => self.take_out(group, person, Rank::starting(urgency)).await,
        };
        match begun {
            Ok(()) => Ok(Started::Running(done(change))),
            // They are in it already, by whomever, or another change is not settled: the look that follows tells.
            Err(failure) if change == Change::Create && failure.kind == Kind::Conflict => {
                Ok(Started::Running(done(change)))
            }
            Err(failure) => not_begun(change, &failure),
        }
    }

    async fn put_in(&self, group: &GroupId, person: &str, rank: Rank) -> Result<(), Failure> {
        let request = self
            .aws
            .identity_store
            .create_group_membership()
            .identity_store_id(self.aws.identity_store_id())
            .group_id(group.as_str())
            .member_id(MemberId::UserId(person.to_owned()));
        self.aws.call(Op::CreateGroupMembership, rank, request.send()).await.map(drop)
    }

    async fn take_out(&self, group: &GroupId, person: &str, rank: Rank) -> Result<(), Failure> {
        let request = self
            .aws
            .identity_store
            .get_group_membership_id()
            .identity_store_id(self.aws.identity_store_id())
            .group_id(group.as_str())
            .member_id(MemberId::UserId(person.to_owned()));
        let found = self.aws.call(Op::GetGroupMembershipId, rank, request.send()).await?;
        let request = self
            .aws
            .identity_store
            .delete_group_membership()
            .identity_store_id(self.aws.identity_store_id())
            .membership_id(found.membership_id);
        self.aws.call(Op::DeleteGroupMembership, rank, request.send()).await.map(drop)
    }
}

impl Access for StoreGroups {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(self.see(holding, Rank::asking(urgency)))
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(self.begin(holding, change, urgency))
    }

    fn poll<'a>(
        &'a self,
        _change: Change,
        operation: &'a OperationId,
        _urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(async move { Ok(never_running(operation)) })
    }
}

/// Gone only when AWS says so in so many words.
fn gone(answer: Result<(), Failure>) -> Result<bool, Fault> {
    match answer {
        Ok(()) => Ok(false),
        Err(failure) if failure.kind == Kind::NotFound => Ok(true),
        Err(failure) => Err(failure.reading()),
    }
}
