//! The federation app: whether it is active, and what of it people and AWS see.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::budget::Rank;
use super::connection::{Call, Connection};
use super::failure::{self, Thing};
use super::operation::Op;
use super::pages::with_limit;
use crate::access::http::{Failure, is_safe};

/// Groups on a page; Okta gives no more.
const ASSIGNMENTS_PAGE: u32 = 200;

/// What is used of an app.
#[derive(Debug, Deserialize)]
pub(super) struct App {
    pub(super) status: String,
    #[serde(default)]
    pub(super) label: String,
    #[serde(default, rename = "signOnMode")]
    pub(super) sign_on_mode: String,
    #[serde(default)]
    credentials: Value,
    #[serde(default, rename = "_links")]
    links: Value,
}

#[derive(Debug, Deserialize)]
struct Assignment {
    id: String,
}

impl App {
    /// Whether it is active; unknown is neither.
    pub(super) fn is_active(&self) -> Result<bool, Failure> {
        match self.status.as_str() {
            "ACTIVE" => Ok(true),
            "INACTIVE" => Ok(false),
            _ => Err(failure::garbled(Op::GetApplication, "the app is neither active nor inactive")),
        }
    }

    /// The id of the key that signs what is sent to AWS.
    fn signing_key(&self) -> Option<&str> {
        self.credentials.get("signing")?.get("kid")?.as_str()
    }

    /// Where people sign in, when that is where we are: a link is put before people who are in a hurry.
    fn sign_in_link(&self, base: &Url) -> Option<String> {
        let links = self.links.get("appLinks")?;
        let all = links.as_array().map_or_else(|| vec![links], |several| several.iter().collect());
        let urls = all.into_iter().filter_map(|link| Url::parse(link.get("href")?.as_str()?).ok());
        let mut ours =
            urls.filter(|url| is_safe(url) && url.origin() == base.origin() && url.username().is_empty());
        ours.next().map(String::from)
    }
}

impl Connection {
    fn app_call<'a>(&self, op: Op, rank: Rank, app: &'a str, below: &[&str]) -> Call<'a> {
        let path = [&["api", "v1", "apps", app], below].concat();
        Call { op, rank, thing: Thing::App(app), url: self.url(&path) }
    }

    /// The app.
    ///
    /// # Errors
    /// When it could not be read.
    pub(super) async fn app(&self, app: &str, rank: Rank) -> Result<App, Failure> {
        self.read(&self.app_call(Op::GetApplication, rank, app, &[])).await
    }

    /// Activates or deactivates it.
    ///
    /// # Errors
    /// When it may not have been done.
    pub(super) async fn set_active(&self, app: &str, active: bool) -> Result<(), Failure> {
        let (op, rank, verb) = if active {
            (Op::ActivateApplication, Rank::Activate, "activate")
        } else {
            (Op::DeactivateApplication, Rank::Deactivate, "deactivate")
        };
        self.call(&self.app_call(op, rank, app, &["lifecycle", verb])).await.map(drop)
    }

    /// The ids of the groups that are assigned to it.
    ///
    /// # Errors
    /// When they could not all be read.
    pub(super) async fn assigned_groups(&self, app: &str, rank: Rank) -> Result<Vec<String>, Failure> {
        let mut call = self.app_call(Op::ListApplicationGroupAssignments, rank, app, &["groups"]);
        call.url = with_limit(call.url, ASSIGNMENTS_PAGE);
        let assignments: Vec<Assignment> = self.read_all(call).await?;
        Ok(assignments.into_iter().map(|assignment| assignment.id).collect())
    }

    /// Fetches the SAML metadata, signed with the key that signs sign-ins.
    ///
    /// # Errors
    /// When there is none that AWS could trust.
    pub(super) async fn saml_metadata(&self, app: &str, rank: Rank) -> Result<(), Failure> {
        let known = self.app(app, rank).await?;
        let mut call = self.app_call(Op::PreviewSamlMetadata, rank, app, &["sso", "saml", "metadata"]);
        if let Some(key) = known.signing_key() {
            call.url.query_pairs_mut().append_pair("kid", key);
        }
        let reply = self.call(&call).await?;
        let metadata = String::from_utf8_lossy(&reply.body);
        match ["EntityDescriptor", "X509Certificate"].iter().find(|part| !metadata.contains(**part)) {
            Some(missing) => Err(failure::garbled(call.op, &format!("the SAML metadata has no `{missing}`"))),
            None => Ok(()),
        }
    }

    /// Where people sign in to it.
    ///
    /// # Errors
    /// When it could not be read.
    pub(super) async fn app_link(&self, app: &str) -> Result<Option<String>, Failure> {
        Ok(self.app(app, Rank::Look).await?.sign_in_link(&self.base))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn link(href: &str) -> Option<String> {
        let app = json!({"status": "ACTIVE", "_links": {"appLinks": [{"href": href, "type": "text/html"}]}});
        let app: App = serde_json::from_value(app).unwrap();
        app.sign_in_link(&Url::parse("https://acme.okta.com").unwrap())
    }

    #[test]
    fn people_are_sent_to_this_okta_and_nowhere_else() {
        let ours = "https://acme.okta.com/home/amazon_aws/0oa1/272";
        assert_eq!(link(ours).as_deref(), Some(ours));
        for other in [
            "http://acme.okta.com/home",
            "https://acme.okta.com.evil.example/home",
            "https://evil.example/",
            "https://acme.okta.com@evil.example/",
            "https://x@acme.okta.com/home",
            "javascript:alert(1)",
            "/home",
        ] {
            assert_eq!(link(other), None, "{other}");
        }
    }

    #[test]
    fn an_app_without_links_has_no_link_and_one_of_unknown_status_is_neither_active_nor_not() {
        let app: App = serde_json::from_value(json!({"status": "DELETED"})).unwrap();
        assert_eq!(app.sign_in_link(&Url::parse("https://acme.okta.com").unwrap()), None);
        assert!(app.is_active().is_err());
    }
}
