//! The calls of the Admin REST API.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use glasskey_domain::Person;
use glasskey_domain::emergency::Member;
use glasskey_domain::ids::MemberId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Keycloak;
use crate::access::budget::Rank;
use crate::access::http::{Failure, Reply, below};
use crate::access::service::{Candidate, Errand, Order, PAGES_MAX, is_metadata, with_query};

/// What reading and changing the client takes.
const CLIENT_RIGHT: &str = "the role `manage-clients` of `realm-management`, or the fine-grained permission to view and \
                            configure this client";
/// What reading and changing group members takes.
const MEMBERS_RIGHT: &str = "the roles `query-groups` and `manage-users` of `realm-management`, or the fine-grained permissions \
                             to manage members and membership of this group";
/// What finding users takes.
const USERS_RIGHT: &str = "the roles `query-users` and `view-users` of `realm-management`";
/// What reading the realm takes.
const REALM_RIGHT: &str = "the role `view-realm` of `realm-management`";
/// Members on a page: Keycloak has no limit of its own, and this one keeps its answers small.
const PAGE_SIZE: usize = 500;
/// Users of one name that are looked at: one is right, and more are too many.
const SAME_NAME_MAX: &str = "10";

/// A client as Keycloak holds it: whole, for it is written back whole.
pub(super) type Client = Map<String, Value>;

/// A group.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) sub_groups: Vec<Value>,
    pub(super) sub_group_count: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
struct User {
    id: String,
    username: String,
    email: Option<String>,
    enabled: Option<bool>,
}

impl Keycloak {
    pub(super) async fn client(&self, app: &str, rank: Rank) -> Result<Client, Failure> {
        let doing = format!("show the client `{app}` (its internal id, not its client id)");
        let errand = Errand::new("get-app", rank, CLIENT_RIGHT, doing);
        let client: Client = self.service.get(&errand, below(&self.admin, &["clients", app])).await?;
        // Written back, it would change what was not meant.
        if client.get("id").and_then(Value::as_str) != Some(app) {
            return Err(self.service.garbled(&errand, "it is another client"));
        }
        Ok(client)
    }

    pub(super) async fn put_client(&self, app: &str, client: Client, enabled: bool) -> Result<(), Failure> {
        let (word, rank) =
            if enabled { ("activate", Rank::Emergency) } else { ("deactivate", Rank::EndingStart) };
        let errand = Errand::new(word, rank, CLIENT_RIGHT, format!("{word} the client `{app}`"));
        let url = below(&self.admin, &["clients", app]);
        let body = Value::Object(client);
        self.service.change(&errand, &Order { method: Method::PUT, url, body: Some(&body) }).await
    }

    pub(super) async fn group(&self, group: &str, rank: Rank) -> Result<Group, Failure> {
        let errand = Errand::new("get-group", rank, MEMBERS_RIGHT, format!("show the group `{group}`"));
        self.service.get(&errand, below(&self.admin, &["groups", group])).await
    }

    /// Everybody in a group. Pages are by position: who comes or goes meanwhile may move others past the reader, so what was
    /// read twice counts once, and whoever needs to be sure looks again.
    pub(super) async fn members(&self, group: &str, rank: Rank) -> Result<Vec<Member>, Failure> {
        let doing = format!("list the members of the group `{group}`");
        let errand = Errand::new("list-members", rank, MEMBERS_RIGHT, doing);
        let mut members = BTreeSet::new();
        for page in 0..PAGES_MAX {
            let (first, max) = ((page * PAGE_SIZE).to_string(), PAGE_SIZE.to_string());
            let fields = [("briefRepresentation", "true"), ("first", &*first), ("max", &*max)];
            let url = with_query(below(&self.admin, &["groups", group, "members"]), &fields);
            let users: Vec<User> = self.service.get(&errand, url).await?;
            // A page that is not full is not the end: users whom the bot may not see are left out of it.
            if users.is_empty() {
                return Ok(members.into_iter().collect());
            }
            members.extend(users.into_iter().map(User::into_member));
        }
        Err(self.service.garbled(&errand, &format!("more than {PAGES_MAX} pages")))
    }

    pub(super) async fn join_group(&self, group: &str, user: &Candidate) -> Result<(), Failure> {
        let doing = format!("add `{}` to the group `{group}`", user.login);
        let errand = Errand::new("add-member", Rank::Granting, MEMBERS_RIGHT, doing);
        let url = below(&self.admin, &["users", &user.id, "groups", group]);
        self.service.change(&errand, &Order { method: Method::PUT, url, body: None }).await
    }

    pub(super) async fn leave_group(&self, group: &str, member: &Member) -> Result<(), Failure> {
        let doing = format!("remove `{}` from the group `{group}`", member.login);
        let errand = Errand::new("remove-member", Rank::Ending, MEMBERS_RIGHT, doing);
        let url = below(&self.admin, &["users", member.id.as_str(), "groups", group]);
        self.service.change(&errand, &Order { method: Method::DELETE, url, body: None }).await
    }

    /// Users with one of these names, all asked for side by side.
    pub(super) async fn users(&self, person: &Person, names: &[String]) -> Result<Vec<Candidate>, Failure> {
        let errand =
            Errand::new("find-user", Rank::Granting, USERS_RIGHT, format!("find `{}`", person.user_name));
        let asked = names.iter().flat_map(|name| [("username", name), ("email", name)]);
        let lists = asked.map(async |(field, name)| {
            let fields = [(field, name.as_str()), ("exact", "true"), ("max", SAME_NAME_MAX)];
            let users: Vec<User> =
                self.service.get(&errand, with_query(below(&self.admin, &["users"]), &fields)).await?;
            Ok::<_, Failure>(users)
        });
        let lists = try_join_all(lists).await?;
        Ok(lists.into_iter().flatten().map(User::into_candidate).collect())
    }

    /// The groups that every new user is put into.
    pub(super) async fn default_groups(&self) -> Result<Vec<Group>, Failure> {
        let errand = Errand::new("default-groups", Rank::Background, REALM_RIGHT, "list the default groups");
        self.service.get(&errand, below(&self.admin, &["default-groups"])).await
    }

    /// The metadata by which AWS trusts the realm.
    pub(super) async fn metadata_of(&self, app: &str) -> Result<(), Failure> {
        let doing = format!("send the SAML descriptor of the realm of `{app}`");
        let errand = Errand::new("metadata", Rank::Emergency, "nothing, for it is public", doing);
        let url = below(&self.realm, &["protocol", "saml", "descriptor"]);
        let reply = self.service.fetch(&errand, url).await?;
        is_metadata(&reply).map_err(|what| self.service.garbled(&errand, what))
    }
}

impl User {
    fn into_member(self) -> Member {
        Member { id: MemberId::new(self.id), login: self.username }
    }

    fn into_candidate(self) -> Candidate {
        let Self { id, username, email, enabled } = self;
        Candidate { id, login: username, mail: email.unwrap_or_default(), enabled }
    }
}

/// Whether a client is enabled, when it says.
pub(super) fn is_enabled(client: &Client) -> Option<bool> {
    client.get("enabled")?.as_bool()
}

/// An attribute of a client.
pub(super) fn attribute<'a>(client: &'a Client, name: &str) -> Option<&'a str> {
    client.get("attributes")?.get(name)?.as_str()
}

/// Keycloak's words for an error: `error` and `error_description`, or `errorMessage`.
pub(super) fn words(reply: &Reply) -> (String, String) {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        error: String,
        error_description: String,
        #[serde(rename = "errorMessage")]
        error_message: String,
    }
    let Body { error, error_description, error_message } = reply.json().unwrap_or_default();
    (error, if error_description.is_empty() { error_message } else { error_description })
}
