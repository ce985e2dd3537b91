//! The calls of Microsoft Graph, v1.0.

use std::collections::BTreeSet;

use glasskey_domain::Person;
use glasskey_domain::emergency::Member;
use glasskey_domain::ids::MemberId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::Entra;
use crate::access::budget::Rank;
use crate::access::http::{Failure, Kind, Reply, below, next_page};
use crate::access::service::{Candidate, Errand, Order, PAGES_MAX, is_metadata, with_query};

/// What enabling and disabling the app takes.
const APP_RIGHT: &str = "the Graph permission `Application.ReadWrite.OwnedBy`, with the bot's service principal among the \
                         owners of the enterprise application";
/// What reading and changing group members takes.
const MEMBERS_RIGHT: &str = "the Graph permission `GroupMember.ReadWrite.All`, and a group to which no directory role can be assigned";
/// What finding users takes.
const USERS_RIGHT: &str = "the Graph permission `User.Read.All`";
/// Graph's largest page of members.
const PAGE_SIZE: &str = "999";

/// An enterprise application.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Principal {
    pub(super) app_id: String,
    pub(super) account_enabled: Option<bool>,
    pub(super) preferred_single_sign_on_mode: Option<String>,
}

/// A group.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) display_name: Option<String>,
    pub(super) security_enabled: Option<bool>,
    pub(super) group_types: Option<Vec<String>>,
    pub(super) is_assignable_to_role: Option<bool>,
    pub(super) on_premises_sync_enabled: Option<bool>,
}

/// A user, or whatever else is a member: a nested group has neither name nor address, and can be taken out all the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    user_principal_name: Option<String>,
    mail: Option<String>,
    display_name: Option<String>,
    account_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Entry>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Entra {
    /// The enterprise application of that object id.
    pub(super) async fn principal(&self, app: &str, rank: Rank) -> Result<Principal, Failure> {
        let doing = format!("show the app `{app}` (the object id of an enterprise application)");
        let url = below(&self.graph, &["servicePrincipals", app]);
        let fields = "id,appId,accountEnabled,preferredSingleSignOnMode";
        let errand = Errand::new("get-app", rank, APP_RIGHT, doing);
        self.service.get(&errand, with_query(url, &[("$select", fields)])).await
    }

    /// Whether people may sign in to it.
    pub(super) async fn set_enabled(&self, app: &str, enabled: bool) -> Result<(), Failure> {
        let (operation, word, rank) = if enabled {
            ("activate", "activate", Rank::Emergency)
        } else {
            ("deactivate", "deactivate", Rank::EndingStart)
        };
        let errand = Errand::new(operation, rank, APP_RIGHT, format!("{word} the app `{app}`"));
        let body = json!({ "accountEnabled": enabled });
        let url = below(&self.graph, &["servicePrincipals", app]);
        self.service.change(&errand, &Order { method: Method::PATCH, url, body: Some(&body) }).await
    }

    pub(super) async fn group(&self, group: &str, rank: Rank) -> Result<Group, Failure> {
        let fields = "id,displayName,securityEnabled,groupTypes,isAssignableToRole,onPremisesSyncEnabled";
        let url = with_query(below(&self.graph, &["groups", group]), &[("$select", fields)]);
        let errand = Errand::new("get-group", rank, MEMBERS_RIGHT, format!("show the group `{group}`"));
        self.service.get(&errand, url).await
    }

    /// Everybody and everything directly in a group.
    pub(super) async fn members(&self, group: &str, rank: Rank) -> Result<Vec<Member>, Failure> {
        let doing = format!("list the members of the group `{group}`");
        let errand = Errand::new("list-members", rank, MEMBERS_RIGHT, doing);
        let url = below(&self.graph, &["groups", group, "members"]);
        let fields = [("$select", "id,userPrincipalName,mail,displayName"), ("$top", PAGE_SIZE)];
        let rows = self.all(&errand, with_query(url, &fields)).await?;
        Ok(rows.into_iter().map(Entry::into_member).collect())
    }

    pub(super) async fn add_member(&self, group: &str, user: &Candidate) -> Result<(), Failure> {
        let doing = format!("add `{}` to the group `{group}`", user.login);
        let errand = Errand::new("add-member", Rank::Granting, MEMBERS_RIGHT, doing);
        let body = json!({ "@odata.id": below(&self.graph, &["directoryObjects", &user.id]).as_str() });
        let url = below(&self.graph, &["groups", group, "members", "$ref"]);
        self.service.change(&errand, &Order { method: Method::POST, url, body: Some(&body) }).await
    }

    pub(super) async fn remove_member(&self, group: &str, member: &Member) -> Result<(), Failure> {
        let doing = format!("remove `{}` from the group `{group}`", member.login);
        let errand = Errand::new("remove-member", Rank::Ending, MEMBERS_RIGHT, doing);
        let url = below(&self.graph, &["groups", group, "members", member.id.as_str(), "$ref"]);
        self.service.change(&errand, &Order { method: Method::DELETE, url, body: None }).await
    }

    /// Users with one of these names.
    pub(super) async fn users(&self, person: &Person, names: &[String]) -> Result<Vec<Candidate>, Failure> {
        let errand =
            Errand::new("find-user", Rank::Granting, USERS_RIGHT, format!("find `{}`", person.user_name));
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let quoted = names.iter().map(|name| format!("'{}'", name.replace('\'', "''")));
        let clauses =
            quoted.flat_map(|name| ["userPrincipalName", "mail"].map(|field| format!("{field} eq {name}")));
        let filter = clauses.collect::<Vec<_>>().join(" or ");
        let fields = [("$filter", filter.as_str()), ("$select", "id,userPrincipalName,mail,accountEnabled")];
        let rows = self.all(&errand, with_query(below(&self.graph, &["users"]), &fields)).await?;
        Ok(rows.into_iter().map(Entry::into_candidate).collect())
    }

    /// The metadata by which AWS trusts the app: its own signing certificate, hence the `appid`.
    pub(super) async fn metadata_of(&self, app: &str, app_id: &str) -> Result<(), Failure> {
        let doing = format!("send the federation metadata of the app `{app}`");
        let errand = Errand::new("metadata", Rank::Emergency, "nothing, for it is public", doing);
        let path = [self.tenant.as_str(), "federationmetadata", "2007-06", "federationmetadata.xml"];
        let url = with_query(below(&self.login, &path), &[("appid", app_id)]);
        let reply = self.service.fetch(&errand, url).await?;
        is_metadata(&reply).map_err(|what| self.service.garbled(&errand, what))
    }

    /// All pages. A list that could not be read whole is never taken for a shorter one.
    async fn all(&self, errand: &Errand, first: Url) -> Result<Vec<Entry>, Failure> {
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        let mut url = first;
        for _ in 0..PAGES_MAX {
            if !seen.insert(url.to_string()) {
                return Err(self.service.garbled(errand, "the pages go round in a circle"));
            }
            let page: Page = self.service.get(errand, url).await?;
            rows.extend(page.value);
            let Some(link) = page.next else { return Ok(rows) };
            let elsewhere = || self.service.garbled(errand, "the next page is on another host");
            url = next_page(&self.graph, &link).ok_or_else(elsewhere)?;
        }
        Err(self.service.garbled(errand, &format!("more than {PAGES_MAX} pages")))
    }
}

impl Entry {
    fn into_member(self) -> Member {
        let login = self.user_principal_name.or(self.mail).or(self.display_name);
        Member { login: login.unwrap_or_else(|| self.id.clone()), id: MemberId::new(self.id) }
    }

    fn into_candidate(self) -> Candidate {
        Candidate {
            id: self.id,
            login: self.user_principal_name.unwrap_or_default(),
            mail: self.mail.unwrap_or_default(),
            enabled: self.account_enabled,
        }
    }
}

/// Graph's answer for who is a member already. It has no code of its own for it, only this sentence: "One or more added
/// object references already exist for the following modified properties: 'members'."
pub(super) fn is_there_already(failure: &Failure) -> bool {
    failure.kind == Kind::Refused && failure.what.contains("object references already exist")
}

/// Graph's name and sentence for an error.
pub(super) fn words(reply: &Reply) -> (String, String) {
    #[derive(Default, Deserialize)]
    struct Body {
        error: Words,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Words {
        code: String,
        message: String,
    }
    let Body { error } = reply.json().unwrap_or_default();
    (error.code, error.message)
}
