//! Whether all is ready for an emergency, and what to do where it is not.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all, join4};
use glasskey_domain::emergency::Level;
use serde_json::Value;

use super::Keycloak;
use super::admin::{Client, Group, is_enabled};
use crate::access::budget::Rank;
use crate::access::http::{Failure, fit};
use crate::access::oauth::claims_of;
use crate::access::service::{finding, group_name};
use crate::ports::{Federation, Finding};

/// Roles of `realm-management` with which a stolen token could take the whole realm, or anybody's place in it.
const TOO_MUCH: [&str; 4] = ["realm-admin", "manage-realm", "manage-authorization", "impersonation"];

impl Keycloak {
    pub(super) async fn readiness(&self, federation: Federation<'_>) -> Vec<Finding> {
        let groups = federation.groups.iter().map(|(level, group)| self.group_is_ready(*level, group));
        let (credentials, app, groups, fed) = join4(
            self.credentials(),
            self.app_is_ready(federation.app),
            join_all(groups),
            self.nobody_is_put_in(federation),
        )
        .await;
        let groups = groups.into_iter().flatten().chain([fed]);
        credentials.into_iter().chain(app).chain(groups).collect()
    }

    async fn credentials(&self) -> Vec<Finding> {
        let token = match self.service.token().await {
            Ok(token) => token,
            Err(failure) => return vec![finding("credentials for Keycloak", Err(failure.what))],
        };
        let roles = claims_of(&token).and_then(|claims| {
            let roles = claims.pointer("/resource_access/realm-management/roles")?.as_array()?;
            Some(roles.iter().filter_map(Value::as_str).map(str::to_owned).collect::<BTreeSet<_>>())
        });
        vec![
            finding("credentials for Keycloak", Ok("a token was given".to_owned())),
            finding("rights at Keycloak", rights(roles.as_ref())),
        ]
    }

    async fn app_is_ready(&self, app: &str) -> Vec<Finding> {
        const ASLEEP: &str = "the emergency client sleeps";
        match self.client(app, Rank::Background).await {
            Ok(client) => vec![
                finding(ASLEEP, is_asleep(app, &client)),
                finding("how people sign in", signs_in_by_saml(app, &client)),
            ],
            Err(failure) => vec![finding(ASLEEP, Err(failure.what))],
        }
    }

    async fn group_is_ready(&self, level: Level, group: &str) -> Vec<Finding> {
        let name = group_name(level);
        let (what, members) =
            join(self.group(group, Rank::Background), self.members(group, Rank::Background)).await;
        let what = match what {
            Ok(what) => what,
            Err(failure) => return vec![finding(name, Err(failure.what))],
        };
        let members = members.map_err(|Failure { what, .. }| what);
        let empty = members.and_then(|members| match members.as_slice() {
            [] => Ok("nobody is in it".to_owned()),
            [first, ..] => Err(format!(
                "the group `{group}` has {} members outside an emergency, `{}` among them; take them out",
                members.len(),
                fit(&first.login)
            )),
        });
        vec![finding(name.clone(), is_plain(group, &what)), finding(format!("members of {name}"), empty)]
    }

    async fn nobody_is_put_in(&self, federation: Federation<'_>) -> Finding {
        let how = self.default_groups().await.map_err(|failure| failure.what).and_then(|defaults| {
            let ours = defaults.iter().find(|group| federation.groups.values().any(|id| *id == group.id));
            match ours {
                None => Ok("no emergency group is a default group".to_owned()),
                Some(group) => Err(format!(
                    "the group `{}` is fed by a rule: it is a default group of the realm, so every new user is put into it; \
                     take it off the default groups",
                    group.id
                )),
            }
        });
        finding("nobody is put in by rule", how)
    }
}

fn rights(roles: Option<&BTreeSet<String>>) -> Result<String, String> {
    let Some(roles) = roles else {
        return Ok(
            "the token names no roles of `realm-management`; the calls of this check will tell".to_owned()
        );
    };
    let too_much: Vec<String> =
        TOO_MUCH.into_iter().filter(|role| roles.contains(*role)).map(|role| format!("`{role}`")).collect();
    if too_much.is_empty() {
        return Ok("no role with which it could take the realm".to_owned());
    }
    Err(format!(
        "the bot's service account has {} of `realm-management`, with which it could do far more than it should; take them away",
        too_much.join(", ")
    ))
}

fn is_asleep(app: &str, client: &Client) -> Result<String, String> {
    match is_enabled(client) {
        Some(false) => Ok("it is there, and nobody can sign in to it".to_owned()),
        Some(true) => Err(format!("the client `{app}` is enabled outside an emergency; disable it")),
        None => Err(format!("Keycloak does not say whether the client `{app}` is enabled")),
    }
}

fn signs_in_by_saml(app: &str, client: &Client) -> Result<String, String> {
    let protocol = client.get("protocol").and_then(Value::as_str).unwrap_or_default();
    if protocol == "saml" {
        return Ok("by SAML".to_owned());
    }
    let protocol = fit(protocol);
    Err(format!("the client `{app}` signs in by `{protocol}`; make a SAML client, towards AWS"))
}

fn is_plain(id: &str, group: &Group) -> Result<String, String> {
    let below = group.sub_group_count.unwrap_or_default();
    if below > 0 || !group.sub_groups.is_empty() {
        return Err(format!(
            "the group `{id}` has subgroups, whose members have its roles without being in it; move them elsewhere"
        ));
    }
    Ok(format!("`{}` is a plain group", fit(group.path.as_deref().unwrap_or(id))))
}

#[cfg(test)]
mod tests;
