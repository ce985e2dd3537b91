//! Microsoft Entra ID over Microsoft Graph: the emergency app is a service principal that may be signed in to or not, the
//! emergency groups are security groups.
//!
//! Graph is eventually consistent: what is read may be older than what was written, so whoever changes looks again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use glasskey_domain::Person;
use glasskey_domain::emergency::Member;
use glasskey_domain::ids::MemberId;
use url::Url;

use super::budget::Rank;
use super::http::{Failure, Http, Kind, below, is_safe};
use super::oauth::{Endpoint, Tokens};
use super::service::{Service, names_of, one_of, with_query};
use crate::ports::{Answer, Clock, Fault, Federation, Finding, IdentityProvider, Observed, Urgency};

mod check;
mod graph;
mod settings;

pub use settings::{CALLS_PER_SECOND, EntraSettings, GRAPH_URL, LOGIN_URL};

/// Its name, for people.
const NAME: &str = "Microsoft Entra ID";
/// Its label in metrics.
const LABEL: &str = "entra";
/// Microsoft asks for assertions of five to ten minutes at most.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(300);
/// Where people of the public cloud sign in to an app.
const LAUNCHER: &str = "https://launcher.myapps.microsoft.com/api/signin";

/// Entra ID.
pub struct Entra {
    service: Service,
    graph: Url,
    login: Url,
    tenant: String,
}

impl Entra {
    /// Reads the settings; asks nobody anything yet.
    ///
    /// # Errors
    /// When a URL, the key or the certificate is not one.
    pub fn new(settings: &EntraSettings, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let graph = parse(&settings.graph_url, "entra.graph_url")?;
        let login = parse(&settings.login_url, "entra.login_url")?;
        let http = Http::new(settings.timeouts)?;
        let url = below(&login, &[&settings.tenant, "oauth2", "v2.0", "token"]);
        let endpoint = Endpoint {
            provider: NAME,
            label: LABEL,
            audience: url.to_string(),
            url,
            client_id: settings.client_id.clone(),
            scope: Some(format!("{}/.default", graph.origin().ascii_serialization())),
            by_certificate: true,
            assertion_lifetime: ASSERTION_LIFETIME,
            settings: "`tenant`, `client_id` and the secret or certificate of `[entra]`",
        };
        let tokens = Tokens::new(http.clone(), endpoint, &settings.credential, clock)?;
        let service = Service::new(NAME, LABEL, http, tokens, settings.calls_per_second, graph::words);
        Ok(Self { service, graph, login, tenant: settings.tenant.clone() })
    }

    async fn look(&self, federation: Federation<'_>, urgency: Urgency) -> Observed {
        let rank = Rank::asking(urgency);
        let app = async {
            let principal = self.principal(federation.app, rank).await.map_err(Failure::reading)?;
            principal.account_enabled.ok_or_else(|| Fault::Transient {
                what: format!("{NAME} does not say whether the app `{}` is enabled", federation.app),
                retry_after: None,
            })
        };
        let groups = federation
            .groups
            .iter()
            .map(async |(level, group)| (*level, self.members(group, rank).await.map_err(Failure::reading)));
        let (app, groups) = join(app, join_all(groups)).await;
        Observed { app, groups: groups.into_iter().collect() }
    }

    async fn put_in(&self, group: &str, person: &Person) -> Result<Member, Fault> {
        let names = names_of(person);
        let found = self.users(person, &names).await.map_err(Failure::reading)?;
        let user = one_of(NAME, person, &names, found).map_err(|what| Fault::Permanent { what })?;
        match self.add_member(group, &user).await {
            Err(failure) if !graph::is_there_already(&failure) => Err(failure.adding()),
            Ok(()) | Err(_) => Ok(Member { id: MemberId::new(user.id), login: user.login }),
        }
    }

    async fn take_out(&self, group: &str, member: &Member) -> Result<(), Fault> {
        match self.remove_member(group, member).await {
            // They are not in it, or there is no such group: the group tells.
            Err(failure) if failure.kind == Kind::NotFound => {
                self.group(group, Rank::Ending).await.map(drop).map_err(Failure::reading)
            }
            answer => answer.map_err(Failure::changing),
        }
    }

    async fn federation_metadata(&self, app: &str) -> Result<(), Fault> {
        let principal = self.principal(app, Rank::Emergency).await.map_err(Failure::reading)?;
        self.metadata_of(app, &principal.app_id).await.map_err(Failure::reading)
    }

    async fn link(&self, app: &str) -> Result<Option<String>, Fault> {
        // National clouds have launchers of their own; a wrong link in an emergency is worse than none.
        if self.login.as_str().trim_end_matches('/') != LOGIN_URL {
            return Ok(None);
        }
        let principal = self.principal(app, Rank::Emergency).await.map_err(Failure::reading)?;
        Ok(Url::parse(LAUNCHER).ok().map(|launcher| {
            with_query(below(&launcher, &[&principal.app_id]), &[("tenantId", &self.tenant)]).into()
        }))
    }
}

fn parse(text: &str, key: &str) -> Result<Url, Fault> {
    let url = Url::parse(text).ok().filter(is_safe);
    url.ok_or_else(|| Fault::Permanent { what: format!("`{key}` must be an https URL, and is `{text}`") })
}

impl IdentityProvider for Entra {
    fn observe<'a>(&'a self, federation: Federation<'a>, urgency: Urgency) -> Answer<'a, Observed> {
        Box::pin(self.look(federation, urgency))
    }

    fn activate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { self.set_enabled(app, true).await.map_err(Failure::changing) })
    }

    fn deactivate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { self.set_enabled(app, false).await.map_err(Failure::changing) })
    }

    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>> {
        Box::pin(self.put_in(group, person))
    }

    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.take_out(group, member))
    }

    fn metadata<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.federation_metadata(app))
    }

    fn check<'a>(&'a self, federation: Federation<'a>) -> Answer<'a, Vec<Finding>> {
        Box::pin(self.readiness(federation))
    }

    fn sign_in_link<'a>(&'a self, app: &'a str) -> Answer<'a, Result<Option<String>, Fault>> {
        Box::pin(self.link(app))
    }
}
