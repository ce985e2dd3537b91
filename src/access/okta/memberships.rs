//! Memberships of plain groups at Okta, behind [`Access`]. A change is done when it is answered; reads may show it late.
//!
//! Who is taken out is who was let in, whatever became of their name and their account: the id that Okta never changes is written
//! down by the look before the first create.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use glasskey_domain::emergency::Member;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::{MemberId, OperationId};
use glasskey_domain::{GroupId, Holding, Person};

use super::Okta;
use super::budget::Rank;
use super::groups::is_read_only;
use super::users::{NotFound, User, is_nobody};
use crate::access::http::{Failure, Kind, fit};
use crate::access::router::{done, membership_of, never_running};
use crate::ports::{Access, Answer, Fault, Progress, Seen, Started, Urgency};

/// What is known of whom a holding is about.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The person, as the directory or the ledger has them.
    pub person: Option<Person>,
    /// Who they are at Okta, as the look before the first create found out.
    pub member: Option<MemberId>,
}

/// Asks what is known.
pub type KnownOf = Arc<dyn Fn(&Holding) -> BoxFuture<'static, Known> + Send + Sync>;

/// The groups of one Okta.
#[derive(Clone)]
pub struct OktaGroups {
    okta: Okta,
    known_of: KnownOf,
}

impl std::fmt::Debug for OktaGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OktaGroups").field("okta", &self.okta).finish_non_exhaustive()
    }
}

impl OktaGroups {
    /// Through this connection.
    #[must_use]
    pub fn new(okta: Okta, known_of: KnownOf) -> Self {
        Self { okta, known_of }
    }

    /// Who is in the group. Nobody is in a group that does not exist.
    async fn users_in(&self, group: &GroupId, rank: Rank) -> Result<Vec<User>, Fault> {
        match self.okta.connection.users_in(group.as_str(), rank).await {
            Ok(users) => Ok(users),
            Err(failure) if is_nobody(&failure) => Ok(Vec::new()),
            Err(failure) => Err(failure.reading()),
        }
    }

    /// Once an id is known it alone counts: names pass to others. Before it is known we create nothing, and a name that Okta does
    /// not have is nobody's.
    async fn see(&self, holding: &Holding, urgency: Urgency) -> Result<Seen, Fault> {
        let group = membership_of(holding)?;
        let known = (self.known_of)(holding).await;
        let rank = Rank::looking(urgency);
        let users = self.users_in(group, rank).await?;
        let member = match (known.member, known.person) {
            (Some(member), _) => Some(member),
            (None, None) => return Err(nobody_knows(holding)),
            (None, Some(person)) => match of_that_name(group, &users, &person)? {
                Some(user) => Some(MemberId::new(user.id.clone())),
                None => match self.okta.connection.find(&person, rank).await {
                    Ok(member) => Some(member.id),
                    Err(NotFound::Nobody(_)) => None,
                    Err(NotFound::Failed(failure)) => return Err(failure.reading()),
                },
            },
        };
        let direct = users.iter().any(|user| member.as_ref().is_some_and(|id| id.as_str() == user.id));
        Ok(Seen { direct, groups: Vec::new(), member })
    }

    /// Only who was looked up before: nobody is let in whom we could not find again (P3).
    async fn put_in(&self, holding: &Holding) -> Result<Started, Fault> {
        let group = membership_of(holding)?;
        let Known { person, member } = (self.known_of)(holding).await;
        let person = person.ok_or_else(|| nobody_knows(holding))?;
        let found = match &member {
            Some(id) => self.okta.connection.still(&person, id).await,
            None => self.okta.connection.find(&person, Rank::Add).await,
        };
        match (found, member) {
            (Ok(member), Some(_)) => self.assign(group, &member).await,
            (Ok(_), None) => Err(not_looked_up(&person)),
            (Err(NotFound::Nobody(why)), _) => Ok(Started::Refused { why }),
            (Err(NotFound::Failed(failure)), _) => Err(failure.reading()),
        }
    }

    async fn assign(&self, group: &GroupId, member: &Member) -> Result<Started, Fault> {
        match self.okta.connection.assign(group.as_str(), member.id.as_str()).await {
            Ok(()) => Ok(Started::Running(done(Change::Create))),
            Err(failure) if is_for_good(&failure) => Ok(Started::Refused { why: failure.what }),
            Err(failure) => Err(failure.changing()),
        }
    }

    /// Never refused for good, and never left out because a list does not show them: lists lag behind what we did (P3).
    async fn take_out(&self, holding: &Holding) -> Result<Started, Fault> {
        let group = membership_of(holding)?;
        let member = match (self.known_of)(holding).await.member {
            Some(member) => member,
            None => match self.see(holding, Urgency::Ending).await? {
                Seen { direct: true, member: Some(member), .. } => member,
                Seen { .. } => return Ok(Started::NothingThere),
            },
        };
        match self.okta.connection.unassign(group.as_str(), member.as_str()).await {
            Ok(()) => Ok(Started::Running(done(Change::Delete))),
            Err(failure) if is_nobody(&failure) => Ok(Started::NothingThere),
            Err(failure) => Err(failure.changing()),
        }
    }
}

fn nobody_knows(holding: &Holding) -> Fault {
    let what = format!(
        "nothing is known of `{}` by which they could be found in Okta; take them out of the group by hand if they are in it",
        holding.principal
    );
    Fault::Transient { what, retry_after: None }
}

fn not_looked_up(person: &Person) -> Fault {
    let what = format!(
        "`{}` came to be known at Okta only now; they are looked up, then let in",
        fit(&person.user_name)
    );
    Fault::Transient { what, retry_after: None }
}

/// The user in the group who has the names of this person, if there is one.
fn of_that_name<'a>(group: &GroupId, users: &'a [User], person: &Person) -> Result<Option<&'a User>, Fault> {
    let names = || std::iter::once(&person.user_name).chain(&person.emails).filter(|name| !name.is_empty());
    let mut found = users.iter().filter(|user| names().any(|name| user.is_called(name)));
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (one, None) => Ok(one),
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
