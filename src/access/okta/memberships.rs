//! Memberships of plain groups at Okta, behind [`Access`]. A change is done when it is answered; reads may show it late.
//!
//! Who is taken out is found among those who are in, whatever became of their account: a person who left is still taken out.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use glasskey_domain::emergency::Member;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{GroupId, Holding, Person, PersonId};

use super::Okta;
use super::budget::Rank;
use super::groups::is_read_only;
use super::users::NotFound;
use crate::access::http::{Failure, Kind, fit};
use crate::access::router::{done, membership_of, never_running};
use crate::ports::{Access, Answer, Fault, Progress, Seen, Started, Urgency};

/// What Okta says of what does not exist, and nobody on the way does.
const E_NOT_FOUND: &str = "E0000007";

/// The person, as last known; `None` when nothing is known by which Okta could be asked.
pub type PersonOf = Arc<dyn Fn(&PersonId) -> BoxFuture<'static, Option<Person>> + Send + Sync>;

/// The groups of one Okta.
#[derive(Clone)]
pub struct OktaGroups {
    okta: Okta,
    person_of: PersonOf,
}

impl std::fmt::Debug for OktaGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OktaGroups").field("okta", &self.okta).finish_non_exhaustive()
    }
}

impl OktaGroups {
    /// Through this connection.
    #[must_use]
    pub fn new(okta: Okta, person_of: PersonOf) -> Self {
        Self { okta, person_of }
    }

    async fn person(&self, holding: &Holding) -> Result<Person, Fault> {
        (self.person_of)(&holding.principal).await.ok_or_else(|| Fault::Transient {
            what: format!(
                "nothing is known of `{}` by which they could be found in Okta; take them out of the group by hand if they \
                 are in it",
                holding.principal
            ),
            retry_after: None,
        })
    }

    /// The user in the group who is this person, if there is one.
    async fn inside(&self, group: &GroupId, person: &Person, rank: Rank) -> Result<Option<Member>, Fault> {
        let users = match self.okta.connection.users_in(group.as_str(), rank).await {
            Ok(users) => users,
            // Nobody is in a group that does not exist.
            Err(failure) if failure.kind == Kind::NotFound && failure.code == E_NOT_FOUND => return Ok(None),
            Err(failure) => return Err(failure.reading()),
        };
        let names =
            || std::iter::once(&person.user_name).chain(&person.emails).filter(|name| !name.is_empty());
        let mut found = users.into_iter().filter(|user| names().any(|name| user.is_called(name)));
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(one), None) => Ok(Some(one.into_member())),
            (Some(one), Some(other)) => Err(Fault::Permanent {
                what: format!(
                    "several users in the Okta group `{group}` have the names of `{}`: `{}` and `{}`; mend their e-mail \
                     addresses, or take the right one out by hand",
                    fit(&person.user_name),
                    fit(&one.profile.login),
                    fit(&other.profile.login)
                ),
            }),
        }
    }

    async fn see(&self, holding: &Holding, urgency: Urgency) -> Result<Seen, Fault> {
        let (group, person) = (membership_of(holding)?, self.person(holding).await?);
        let found = self.inside(group, &person, Rank::looking(urgency)).await?;
        Ok(Seen { direct: found.is_some(), groups: Vec::new() })
    }

    async fn put_in(&self, holding: &Holding) -> Result<Started, Fault> {
        let (group, person) = (membership_of(holding)?, self.person(holding).await?);
        let member = match self.okta.connection.find(&person).await {
            Ok(member) => member,
            Err(NotFound::Nobody(why)) => return Ok(Started::Refused { why }),
            Err(NotFound::Failed(failure)) => return Err(failure.reading()),
        };
        match self.okta.connection.assign(group.as_str(), member.id.as_str()).await {
            Ok(()) => Ok(Started::Running(done(Change::Create))),
            Err(failure) if is_for_good(&failure) => Ok(Started::Refused { why: failure.what }),
            Err(failure) => Err(failure.changing()),
        }
    }

    /// Never refused for good (P3).
    async fn take_out(&self, holding: &Holding) -> Result<Started, Fault> {
        let (group, person) = (membership_of(holding)?, self.person(holding).await?);
        let Some(member) = self.inside(group, &person, Rank::LookClosing).await? else {
            return Ok(Started::NothingThere);
        };
        match self.okta.connection.unassign(group.as_str(), member.id.as_str()).await {
            Ok(()) => Ok(Started::Running(done(Change::Delete))),
            Err(failure) if failure.kind == Kind::NotFound && failure.code == E_NOT_FOUND => {
                Ok(Started::NothingThere)
            }
            Err(failure) => Err(failure.changing()),
        }
    }
}

/// Whether trying again is of no use until somebody mends something. What Okta does not take from anybody now passes.
fn is_for_good(failure: &Failure) -> bool {
    matches!(failure.kind, Kind::Denied | Kind::Refused | Kind::NotFound) && !is_read_only(failure)
}

impl Access for OktaGroups {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(self.see(holding, urgency))
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        _urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(async move {
            match change {
                Change::Create => self.put_in(holding).await,
                Change::Delete => self.take_out(holding).await,
            }
        })
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
