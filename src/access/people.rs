//! People of the Identity Store, read anew: one person, and which of some groups they are in.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_identitystore::operation::describe_user::DescribeUserOutput;
use aws_sdk_identitystore::types::{MemberId, UserStatus};
use glasskey_domain::person::Employment;
use glasskey_domain::{GroupId, PersonId};

use super::aws::AwsClients;
use super::budget::Rank;
use super::failure::{Failure, Kind};
use super::operation::Op;
use crate::ports::{Answer, Fault, LivePeople, LivePerson};

/// Longest reading before access is created: somebody waits for it, and without an answer the directory counts.
const READING_MAX: Duration = Duration::from_secs(3);
/// Groups that are asked about in one call; AWS takes no more.
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_IsMemberInGroups.html>
const GROUPS_AT_ONCE: usize = 100;

impl AwsClients {
    /// One person.
    ///
    /// # Errors
    /// Whatever went wrong; [`Kind::NotFound`] when AWS says that there is none.
    pub(crate) async fn user(&self, person: &str, rank: Rank) -> Result<DescribeUserOutput, Failure> {
        let request =
            self.identity_store.describe_user().identity_store_id(self.identity_store_id()).user_id(person);
        self.call(Op::DescribeUser, rank, request.send()).await
    }

    /// Those of some groups in which a person is.
    ///
    /// # Errors
    /// Whatever went wrong; also when AWS does not say it of each of them.
    pub(crate) async fn groups_in(
        &self,
        person: &str,
        groups: &[GroupId],
        rank: Rank,
    ) -> Result<BTreeSet<GroupId>, Failure> {
        let op = Op::IsMemberInGroups;
        let request = self
            .identity_store
            .is_member_in_groups()
            .identity_store_id(self.identity_store_id())
            .member_id(MemberId::UserId(person.to_owned()))
            .set_group_ids(Some(groups.iter().map(|group| group.as_str().to_owned()).collect()));
        let results = self.call(op, rank, request.send()).await?.results;
        let said: BTreeSet<&str> = results.iter().filter_map(|result| result.group_id()).collect();
        if !groups.iter().all(|group| said.contains(group.as_str())) {
            return Err(Failure::garbled(op, "a group is missing in the answer"));
        }
        let member = results.iter().filter(|result| result.membership_exists());
        Ok(member.filter_map(|result| result.group_id()).map(GroupId::new).collect())
    }
}

/// Reads people anew from one Identity Store.
#[derive(Debug, Clone)]
pub struct StorePeople {
    aws: AwsClients,
}

impl StorePeople {
    /// Through these clients.
    #[must_use]
    pub fn new(aws: AwsClients) -> Self {
        Self { aws }
    }

    async fn person(&self, person: &PersonId, groups: &[GroupId]) -> Result<LivePerson, Failure> {
        let rank = Rank::Granting;
        let employment = match self.aws.user(person.as_str(), rank).await {
            Ok(user) => employment(user.user_status.as_ref()),
            // Who is no user any more does not work here, and is in no group.
            Err(failure) if failure.kind == Kind::NotFound => {
                return Ok(LivePerson { employment: Employment::Disabled, lost: groups.to_vec() });
            }
            Err(failure) => return Err(failure),
        };
        let mut lost = Vec::new();
        for some in groups.chunks(GROUPS_AT_ONCE) {
            match self.aws.groups_in(person.as_str(), some, rank).await {
                Ok(member) => lost.extend(some.iter().filter(|group| !member.contains(group)).cloned()),
                // One of them was deleted: only the others can be told apart from it one by one.
                Err(failure) if failure.kind == Kind::NotFound => {
                    for group in some {
                        if !self.is_in(person, group, rank).await? {
                            lost.push(group.clone());
                        }
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(LivePerson { employment, lost })
    }

    async fn is_in(&self, person: &PersonId, group: &GroupId, rank: Rank) -> Result<bool, Failure> {
        match self.aws.groups_in(person.as_str(), std::slice::from_ref(group), rank).await {
            Ok(member) => Ok(!member.is_empty()),
            Err(failure) if failure.kind == Kind::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

impl LivePeople for StorePeople {
    fn read<'a>(
        &'a self,
        person: &'a PersonId,
        groups: &'a [GroupId],
    ) -> Answer<'a, Result<LivePerson, Fault>> {
        Box::pin(async move {
            let read = tokio::time::timeout(READING_MAX, self.person(person, groups)).await;
            read.map_err(|_| Fault::Transient {
                what: format!("the person was not read anew within {} s", READING_MAX.as_secs()),
                retry_after: None,
            })?
            .map_err(|failure| failure.reading())
        })
    }
}

/// A status that is missing or new is unknown, and not enabled.
pub(crate) fn employment(status: Option<&UserStatus>) -> Employment {
    match status {
        Some(UserStatus::Enabled) => Employment::Enabled,
        Some(UserStatus::Disabled) => Employment::Disabled,
        Some(_) | None => Employment::Unknown,
    }
}
