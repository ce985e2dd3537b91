//! Keycloak over its Admin REST API: the emergency app is a SAML client that is enabled or not.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all, try_join};
use glasskey_domain::Person;
use glasskey_domain::emergency::Member;
use glasskey_domain::ids::MemberId;
use url::Url;

use super::budget::Rank;
use super::http::{Failure, Http, Kind, below, is_safe};
use super::oauth::{Endpoint, Tokens};
use super::service::{Service, names_of, one_of};
use crate::ports::{Answer, Clock, Fault, Federation, Finding, IdentityProvider, Observed, Urgency};

mod admin;
mod check;
mod settings;

pub use settings::{CALLS_PER_SECOND, KeycloakSettings};

/// Its name, for people.
const NAME: &str = "Keycloak";
/// Its label in metrics.
const LABEL: &str = "keycloak";
/// Keycloak takes assertions of 60 seconds at most, by its own clock (since 26.2): this leaves some for the clocks.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(45);

/// Keycloak, one realm of it.
pub struct Keycloak {
    service: Service,
    /// The realm, as people and other services see it.
    realm: Url,
    /// The realm, in the admin API.
    admin: Url,
}

impl Keycloak {
    /// Reads the settings; asks nobody anything yet.
    ///
    /// # Errors
    /// When a URL or the key is not one.
    pub fn new(settings: &KeycloakSettings, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let url = parse(&settings.url, "keycloak.url")?;
        let admin = settings.admin_url.as_deref().map(|text| parse(text, "keycloak.admin_url"));
        let admin =
            below(&admin.transpose()?.unwrap_or_else(|| url.clone()), &["admin", "realms", &settings.realm]);
        let realm = below(&url, &["realms", &settings.realm]);
        let http = Http::new(settings.timeouts)?;
        let endpoint = Endpoint {
            provider: NAME,
            label: LABEL,
            url: below(&realm, &["protocol", "openid-connect", "token"]),
            // Every version takes the realm's issuer for audience, and newer ones nothing else.
            audience: realm.to_string(),
            client_id: settings.client_id.clone(),
            scope: None,
            by_certificate: false,
            assertion_lifetime: ASSERTION_LIFETIME,
            settings: "`url`, `realm`, `client_id` and the secret or key of `[keycloak]`",
        };
        let tokens = Tokens::new(http.clone(), endpoint, &settings.credential, clock)?;
        let service = Service::new(NAME, LABEL, http, tokens, settings.calls_per_second, admin::words);
        Ok(Self { service, realm, admin })
    }

    async fn look(&self, federation: Federation<'_>, urgency: Urgency) -> Observed {
        let rank = Rank::asking(urgency);
        let app = async {
            let client = self.client(federation.app, rank).await.map_err(Failure::reading)?;
            admin::is_enabled(&client).ok_or_else(|| Fault::Transient {
                what: format!("{NAME} does not say whether the client `{}` is enabled", federation.app),
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

    /// Keycloak takes whole clients only: what it has is read, and written back with one thing changed.
    async fn set_enabled(&self, app: &str, enabled: bool) -> Result<(), Fault> {
        let rank = if enabled { Rank::Emergency } else { Rank::EndingStart };
        let mut client = self.client(app, rank).await.map_err(Failure::reading)?;
        client.insert("enabled".to_owned(), enabled.into());
        self.put_client(app, client, enabled).await.map_err(Failure::changing)
    }

    async fn put_in(&self, group: &str, person: &Person) -> Result<Member, Fault> {
        let names = names_of(person);
        let found = self.users(person, &names).await.map_err(Failure::reading)?;
        let user = one_of(NAME, person, &names, found).map_err(|what| Fault::Permanent { what })?;
        self.join_group(group, &user).await.map_err(Failure::adding)?;
        Ok(Member { id: MemberId::new(user.id), login: user.login })
    }

    async fn take_out(&self, group: &str, member: &Member) -> Result<(), Fault> {
        match self.leave_group(group, member).await {
            // There is no such user (any more), or no such group: the group tells.
            Err(failure) if failure.kind == Kind::NotFound => {
                self.group(group, Rank::Ending).await.map(drop).map_err(Failure::reading)
            }
            answer => answer.map_err(Failure::changing),
        }
    }

    async fn descriptor(&self, app: &str) -> Result<(), Fault> {
        let client = self.client(app, Rank::Emergency);
        try_join(client, self.metadata_of(app)).await.map(drop).map_err(Failure::reading)
    }

    async fn link(&self, app: &str) -> Result<Option<String>, Fault> {
        let client = self.client(app, Rank::Emergency).await.map_err(Failure::reading)?;
        let name = admin::attribute(&client, "saml_idp_initiated_sso_url_name");
        let name = name.filter(|name| !name.is_empty());
        Ok(name.map(|name| below(&self.realm, &["protocol", "saml", "clients", name]).into()))
    }
}

fn parse(text: &str, key: &str) -> Result<Url, Fault> {
    let url = Url::parse(text).ok().filter(is_safe);
    url.ok_or_else(|| Fault::Permanent { what: format!("`{key}` must be an https URL, and is `{text}`") })
}

impl IdentityProvider for Keycloak {
    fn observe<'a>(&'a self, federation: Federation<'a>, urgency: Urgency) -> Answer<'a, Observed> {
        Box::pin(self.look(federation, urgency))
    }

    fn activate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.set_enabled(app, true))
    }

    fn deactivate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.set_enabled(app, false))
    }

    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>> {
        Box::pin(self.put_in(group, person))
    }

    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.take_out(group, member))
    }

    fn metadata<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.descriptor(app))
    }

    fn check<'a>(&'a self, federation: Federation<'a>) -> Answer<'a, Vec<Finding>> {
        Box::pin(self.readiness(federation))
    }

    fn sign_in_link<'a>(&'a self, app: &'a str) -> Answer<'a, Result<Option<String>, Fault>> {
        Box::pin(self.link(app))
    }
}
