//! Whether break-glass would work today, and whether the door is shut: what is looked at, and what to do where it is not so.

use futures_util::future::{join, join_all};
use glasskey_domain::emergency::Level;

use super::budget::Rank;
use super::connection::Connection;
use super::groups::{GroupRule, PLAIN};
use super::token::{SCOPES, Tokens};
use crate::access::http::{Failure, fit};
use crate::ports::{Federation, Finding};

/// By so much clocks may differ; Okta accepts assertions that are minutes off, and people compare the two logs.
const SKEW_MAX_S: i64 = 30;
/// Scopes that open-and-close does not need and that would let a stolen key take the organization over.
const TOO_MUCH: &[&str] =
    &["okta.users.manage", "okta.roles.manage", "okta.clients.manage", "okta.policies.manage"];
/// Digits of an AWS account.
const ACCOUNT_DIGITS: usize = 12;

fn finding(what: impl Into<String>, how: Result<String, String>) -> Finding {
    Finding { what: what.into(), how }
}

fn unread<T>(answer: Result<T, Failure>) -> Result<T, String> {
    answer.map_err(|failure| failure.what)
}

impl Connection {
    /// All findings, in the order in which one would mend them.
    pub(super) async fn readiness(&self, federation: Federation<'_>) -> Vec<Finding> {
        let mut findings = self.credentials().await;
        let app = self.app_findings(federation.app);
        let groups = self.groups_findings(federation);
        let (app, groups) = join(app, groups).await;
        findings.extend(app.into_iter().chain(groups));
        findings.push(finding("clock against Okta", self.clock_difference()));
        findings
    }

    async fn credentials(&self) -> Vec<Finding> {
        match &*self.tokens {
            Tokens::Fixed(_) => {
                let how = unread(self.me().await).map(|user| {
                    format!(
                        "works, with all rights of `{}`; a service app can be given fewer, and outlives people",
                        fit(&user.profile.login)
                    )
                });
                vec![finding("API token of Okta", how)]
            }
            Tokens::Asked { client_id, .. } => {
                let (needed, excess) = join(self.needed(client_id), self.excess(client_id)).await;
                let how =
                    if self.proves() { "bound to a key (DPoP)" } else { "not bound to a key: consider DPoP" };
                let works = needed.clone().map(|()| format!("service app `{client_id}`, {how}"));
                vec![
                    finding("credentials and scopes at Okta", works),
                    finding("nothing beyond the needed scopes", excess),
                ]
            }
        }
    }

    /// Asked all at once, and one by one when Okta does not grant all: then it does not say which.
    async fn needed(&self, client_id: &str) -> Result<(), String> {
        if unread(self.is_granted(SCOPES).await)?.unwrap_or(true) {
            return Ok(());
        }
        let each = join_all(SCOPES.iter().map(async |scope| (*scope, self.is_granted(&[scope]).await))).await;
        let missing: Vec<String> = each
            .into_iter()
            .filter(|(_, granted)| !matches!(granted, Ok(Some(true) | None)))
            .map(|(scope, _)| format!("`{scope}`"))
            .collect();
        Err(format!(
            "the service app `{client_id}` lacks {}; a super administrator grants them under Okta API Scopes",
            missing.join(", ")
        ))
    }

    async fn excess(&self, client_id: &str) -> Result<String, String> {
        let mut granted = Vec::new();
        for scope in TOO_MUCH {
            if unread(self.is_granted(&[scope]).await)? == Some(true) {
                granted.push(format!("`{scope}`"));
            }
        }
        if granted.is_empty() {
            return Ok("no scope that could change users, roles, clients or policies".to_owned());
        }
        Err(format!(
            "the service app `{client_id}` is also granted {}; take these away, nothing here needs them",
            granted.join(", ")
        ))
    }

    async fn app_findings(&self, id: &str) -> Vec<Finding> {
        let app = match unread(self.app(id, Rank::Check).await) {
            Ok(app) => app,
            Err(why) => return vec![finding("emergency app", Err(why))],
        };
        let status = match app.is_active() {
            Ok(false) => Ok(format!("`{}` is inactive, as it should be", fit(&app.label))),
            Ok(true) => Err(format!(
                "`{}` is active while no emergency is on: find out who activated it, and deactivate it",
                fit(&app.label)
            )),
            Err(failure) => Err(failure.what),
        };
        let sign_on = match app.sign_on_mode.as_str() {
            "SAML_2_0" | "SAML_1_1" => Ok("SAML".to_owned()),
            other => Err(format!(
                "the app signs on by `{}`, and AWS takes SAML 2.0; make it from AWS Account Federation",
                fit(other)
            )),
        };
        vec![finding("emergency app", status), finding("sign-on of the emergency app", sign_on)]
    }

    async fn groups_findings(&self, federation: Federation<'_>) -> Vec<Finding> {
        let rules = self.group_rules(Rank::Check);
        let assigned = self.assigned_groups(federation.app, Rank::Check);
        let (rules, assigned) = join(rules, assigned).await;
        let (rules, assigned) = (unread(rules), unread(assigned));
        let each = federation.groups.iter().map(async |(level, group)| {
            let word = level.word();
            let (plain, empty) = join(self.plain(*level, group), self.empty(group)).await;
            [
                finding(format!("emergency group {word}"), plain),
                finding(format!("members of group {word}"), empty),
                finding(
                    format!("group {word} of the app"),
                    assigned.as_deref().map_err(Clone::clone).and_then(|ids| is_assigned(ids, group)),
                ),
                finding(
                    format!("rules that feed group {word}"),
                    rules.as_deref().map_err(Clone::clone).and_then(|rules| is_fed(rules, group)),
                ),
            ]
        });
        join_all(each).await.into_iter().flatten().collect()
    }

    async fn plain(&self, level: Level, id: &str) -> Result<String, String> {
        let group = unread(self.group(id, Rank::Check).await)?;
        let name = fit(&group.profile.name);
        if group.kind != PLAIN {
            return Err(format!(
                "`{name}` is of type `{}`, whose members nobody changes by hand; make one of type `{PLAIN}`",
                fit(&group.kind)
            ));
        }
        match names_a_role(&group.profile.name) {
            true => Ok(format!("`{name}`")),
            false => Err(format!(
                "`{name}` gives no role in AWS: the name must be `aws#Role#Account`, such as \
                 `aws#EmergencyAccess_Role1_{}#111122223333`",
                if level == Level::Ro { "RO" } else { "Ops" }
            )),
        }
    }

    async fn empty(&self, group: &str) -> Result<String, String> {
        const NAMED_MAX: usize = 5;
        let members = unread(self.members(group, Rank::Check).await)?;
        if members.is_empty() {
            return Ok("nobody".to_owned());
        }
        let named = members.iter().take(NAMED_MAX).map(|member| format!("`{}`", fit(&member.login)));
        let named: Vec<String> = named.collect();
        let more = members.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Err(format!(
            "{}{more} would have access as soon as the app is active: take them out",
            named.join(", ")
        ))
    }

    fn clock_difference(&self) -> Result<String, String> {
        let ahead = self.ahead_s();
        if ahead.abs() <= SKEW_MAX_S {
            return Ok(format!("{} s apart", ahead.abs()));
        }
        let which = if ahead > 0 { "slow" } else { "fast" };
        Err(format!("the clock of this machine is {} s {which}: set it by NTP", ahead.abs()))
    }
}

fn is_assigned(assigned: &[String], group: &str) -> Result<String, String> {
    if assigned.iter().any(|id| id == group) {
        return Ok("assigned".to_owned());
    }
    Err(format!(
        "the group `{group}` is not assigned to the app, so that nobody in it could sign in: assign it"
    ))
}

fn is_fed(rules: &[GroupRule], group: &str) -> Result<String, String> {
    let feeding: Vec<String> =
        rules.iter().filter(|rule| rule.feeds(group)).map(|rule| format!("`{}`", fit(&rule.name))).collect();
    if feeding.is_empty() {
        return Ok("none".to_owned());
    }
    Err(format!(
        "{} puts people into the group by itself, and they cannot be taken out while it matches: deactivate it",
        feeding.join(", ")
    ))
}

/// `aws#Role#Account`, as the app's group filter reads it.
fn names_a_role(name: &str) -> bool {
    let parts: Vec<&str> = name.split('#').collect();
    let [prefix, role, account] = parts.as_slice() else { return false };
    let digits = account.len() == ACCOUNT_DIGITS && account.bytes().all(|byte| byte.is_ascii_digit());
    *prefix == "aws" && !role.is_empty() && digits
}

#[cfg(test)]
mod tests;
