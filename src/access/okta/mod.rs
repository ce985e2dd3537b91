//! Okta over the management API: the emergency app and its groups, and the plain groups that can be asked for.
//!
//! Everything said to Okta goes through `connection`: in turn within Okta's budget, with a token, bounded in time, counted.
//! A change is sent once; whatever is told of it that may be wrong is told as lost. Must never say a token, a key or a body.

use std::sync::Arc;

use futures_util::future::{join, join_all};
use glasskey_domain::Person;
use glasskey_domain::emergency::Member;

use crate::access::http::Failure;
use crate::ports::{Answer, Clock, Fault, Federation, Finding, IdentityProvider, Observed, Urgency};

mod apps;
mod budget;
mod check;
mod connection;
mod dpop;
mod failure;
mod groups;
mod key;
mod listed;
mod memberships;
mod operation;
mod pages;
mod settings;
mod token;
mod users;

use budget::Rank;
use connection::Connection;
pub use listed::{OKTA_GROUPS_MAX, OktaGroupsWanted};
pub use memberships::{Known, KnownOf, OktaGroups};
pub use settings::{Auth, IN_FLIGHT_MAX, OktaLimits, OktaSettings};
use users::NotFound;

/// One Okta. Clones share its connections, its token and its budget.
#[derive(Debug, Clone)]
pub struct Okta {
    connection: Connection,
}

impl Okta {
    /// Reads the key, and opens nothing yet: whether Okta is there and knows us is for `check` and for the first call, so that
    /// the bot starts while it is down.
    ///
    /// # Errors
    /// When the settings cannot be used: an address that is not encrypted, or a key that does not sign.
    pub fn new(settings: OktaSettings, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        Ok(Self { connection: Connection::new(settings, clock)? })
    }

    async fn observed(&self, federation: Federation<'_>, rank: Rank) -> Observed {
        let app = async {
            let app = self.connection.app(federation.app, rank).await;
            app.and_then(|app| app.is_active()).map_err(Failure::reading)
        };
        let groups = join_all(federation.groups.iter().map(async |(level, group)| {
            let members = self.connection.members(group, rank).await;
            (*level, members.map_err(Failure::reading))
        }));
        let (app, groups) = join(app, groups).await;
        Observed { app, groups: groups.into_iter().collect() }
    }

    async fn added(&self, group: &str, person: &Person) -> Result<Member, Fault> {
        let member = self.connection.find(person, Rank::Add).await.map_err(|nobody| match nobody {
            NotFound::Failed(failure) => failure.reading(),
            NotFound::Nobody(what) => Fault::Permanent { what },
        })?;
        self.connection.assign(group, member.id.as_str()).await.map_err(Failure::adding)?;
        Ok(member)
    }

    async fn removed(&self, group: &str, member: &Member) -> Result<(), Fault> {
        self.connection.unassign(group, member.id.as_str()).await.map_err(Failure::changing)
    }
}

impl IdentityProvider for Okta {
    fn observe<'a>(&'a self, federation: Federation<'a>, urgency: Urgency) -> Answer<'a, Observed> {
        Box::pin(self.observed(federation, Rank::looking(urgency)))
    }

    fn activate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { self.connection.set_active(app, true).await.map_err(Failure::changing) })
    }

    fn deactivate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { self.connection.set_active(app, false).await.map_err(Failure::changing) })
    }

    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>> {
        Box::pin(self.added(group, person))
    }

    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.removed(group, member))
    }

    fn metadata<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { self.connection.saml_metadata(app, Rank::Look).await.map_err(Failure::reading) })
    }

    fn check<'a>(&'a self, federation: Federation<'a>) -> Answer<'a, Vec<Finding>> {
        Box::pin(self.connection.readiness(federation))
    }

    fn sign_in_link<'a>(&'a self, app: &'a str) -> Answer<'a, Result<Option<String>, Fault>> {
        Box::pin(async { self.connection.app_link(app).await.map_err(Failure::reading) })
    }
}
