//! Whether all is ready for an emergency, and what to do where it is not.

use std::collections::BTreeSet;

use futures_util::future::{join_all, join3};
use glasskey_domain::emergency::Level;
use serde_json::Value;

use super::Entra;
use super::graph::Group;
use crate::access::budget::Rank;
use crate::access::http::{Failure, fit};
use crate::access::oauth::claims_of;
use crate::access::service::{finding, group_name};
use crate::ports::{Federation, Finding};

/// Each of these lines is one right that the bot needs; any of the line is enough.
const NEEDED: [&[&str]; 3] = [
    &["Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"],
    &["GroupMember.ReadWrite.All"],
    &["User.Read.All"],
];
/// Rights with which a stolen token could give itself the whole tenant.
const TOO_MUCH: [&str; 5] = [
    "Directory.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "Group.ReadWrite.All",
];

impl Entra {
    pub(super) async fn readiness(&self, federation: Federation<'_>) -> Vec<Finding> {
        let groups = federation.groups.iter().map(|(level, group)| self.group_is_ready(*level, group));
        let (credentials, app, groups) =
            join3(self.credentials(), self.app_is_ready(federation.app), join_all(groups)).await;
        credentials.into_iter().chain(app).chain(groups.into_iter().flatten()).collect()
    }

    async fn credentials(&self) -> Vec<Finding> {
        let token = match self.service.token().await {
            Ok(token) => token,
            Err(failure) => return vec![finding("credentials for Entra ID", Err(failure.what))],
        };
        let roles = claims_of(&token).and_then(|claims| {
            let roles = claims.get("roles")?.as_array()?;
            Some(roles.iter().filter_map(Value::as_str).map(str::to_owned).collect::<BTreeSet<_>>())
        });
        vec![
            finding("credentials for Entra ID", Ok("a token was given".to_owned())),
            finding("rights at Entra ID", rights(roles.as_ref())),
        ]
    }

    async fn app_is_ready(&self, app: &str) -> Vec<Finding> {
        const ASLEEP: &str = "the emergency app sleeps";
        let principal = match self.principal(app, Rank::Background).await {
            Ok(principal) => principal,
            Err(failure) => return vec![finding(ASLEEP, Err(failure.what))],
        };
        let asleep = match principal.account_enabled {
            Some(false) => Ok("it is there, and nobody can sign in to it".to_owned()),
            Some(true) => Err(format!(
                "the app `{app}` is enabled outside an emergency; set \"Enabled for users to sign-in?\" to No"
            )),
            None => Err(format!("Entra ID does not say whether the app `{app}` is enabled")),
        };
        let mode = principal.preferred_single_sign_on_mode.unwrap_or_default();
        let signs_in = if mode == "saml" {
            Ok("by SAML".to_owned())
        } else {
            let mode = fit(&mode);
            Err(format!("the app `{app}` signs in by `{mode}`; set its single sign-on to SAML, towards AWS"))
        };
        vec![finding(ASLEEP, asleep), finding("how people sign in", signs_in)]
    }

    async fn group_is_ready(&self, level: Level, group: &str) -> Vec<Finding> {
        let name = group_name(level);
        let what = match self.group(group, Rank::Background).await {
            Ok(what) => what,
            Err(failure) => return vec![finding(name, Err(failure.what))],
        };
        let members = self.members(group, Rank::Background).await.map_err(|Failure { what, .. }| what);
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
}

fn rights(roles: Option<&BTreeSet<String>>) -> Result<String, String> {
    let Some(roles) = roles else {
        return Ok("they cannot be seen in the token; the calls of this check will tell".to_owned());
    };
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|any| !any.iter().any(|right| roles.contains(*right)))
        .filter_map(|any| any.first().copied())
        .collect();
    let too_much: Vec<&str> = TOO_MUCH.into_iter().filter(|right| roles.contains(*right)).collect();
    match (missing.as_slice(), too_much.as_slice()) {
        ([], []) => Ok("the Graph permissions are those it needs".to_owned()),
        ([], too_much) => Err(format!(
            "the bot has the Graph permissions {}, with which it could do far more than it should; replace them by the lesser ones",
            listed(too_much)
        )),
        (missing, _) => Err(format!(
            "the bot lacks the Graph permissions {}; add them as application permissions, with admin consent",
            listed(missing)
        )),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn is_plain(id: &str, group: &Group) -> Result<String, String> {
    let types = group.group_types.as_deref().unwrap_or_default();
    let wrong = if group.security_enabled != Some(true) {
        "is no security group; make one, and assign it to the app"
    } else if types.iter().any(|kind| kind == "DynamicMembership") {
        "is fed by a rule (dynamic membership), so nobody can be added or removed; set its membership type to Assigned"
    } else if group.is_assignable_to_role == Some(true) {
        "can hold directory roles, so the bot may not change it; make a group that cannot"
    } else if group.on_premises_sync_enabled == Some(true) {
        "is synced from on-premises, so it cannot be changed in the cloud; make a cloud group"
    } else {
        return Ok(format!(
            "`{}` is a plain security group",
            fit(group.display_name.as_deref().unwrap_or(id))
        ));
    };
    Err(format!("the group `{id}` {wrong}"))
}

#[cfg(test)]
mod tests;
