//! The emergency groups: who is in them, letting in and taking out.

use std::collections::BTreeMap;

use glasskey_domain::emergency::Member;
use serde::Deserialize;

use super::budget::Rank;
use super::connection::{Call, Connection};
use super::failure::Thing;
use super::operation::Op;
use super::pages::with_limit;
use super::users::User;
use crate::access::http::{Failure, Kind};
use crate::ports::READ_ONLY;

/// Members on a page: Okta gives up to 1,000, and answers sooner with fewer.
const MEMBERS_PAGE: u32 = 200;
/// Rules on a page; Okta gives no more.
const RULES_PAGE: u32 = 200;

/// The only type whose members are changed by hand; those of the others follow an app or everybody.
pub(super) const PLAIN: &str = "OKTA_GROUP";

/// What is used of a group.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) profile: GroupProfile,
}

/// What people call it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct GroupProfile {
    #[serde(default)]
    pub(super) name: String,
}

/// A rule that puts users into groups.
#[derive(Debug, Deserialize)]
pub(super) struct GroupRule {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    actions: Actions,
}

#[derive(Debug, Default, Deserialize)]
struct Actions {
    #[serde(default, rename = "assignUserToGroups")]
    assign: Assign,
}

#[derive(Debug, Default, Deserialize)]
struct Assign {
    #[serde(default, rename = "groupIds")]
    groups: Vec<String>,
}

impl GroupRule {
    /// Whether it puts users into this group now: a rule that is invalid or inactive puts nobody anywhere.
    pub(super) fn feeds(&self, group: &str) -> bool {
        self.status == "ACTIVE" && self.actions.assign.groups.iter().any(|id| id == group)
    }
}

impl Connection {
    fn group_call<'a>(&self, op: Op, rank: Rank, group: &'a str, below: &[&str]) -> Call<'a> {
        let path = [&["api", "v1", "groups", group], below].concat();
        Call { op, rank, thing: Thing::Group(group), url: self.url(&path) }
    }

    fn membership_call<'a>(&self, op: Op, rank: Rank, group: &'a str, user: &'a str) -> Call<'a> {
        let call = self.group_call(op, rank, group, &["users", user]);
        Call { thing: Thing::Membership { group, user }, ..call }
    }

    /// The group.
    ///
    /// # Errors
    /// When it could not be read.
    pub(super) async fn group(&self, group: &str, rank: Rank) -> Result<Group, Failure> {
        self.read(&self.group_call(Op::GetGroup, rank, group, &[])).await
    }

    /// Who is in it: everybody, whatever the status of their account.
    ///
    /// # Errors
    /// When they could not all be read.
    pub(super) async fn members(&self, group: &str, rank: Rank) -> Result<Vec<Member>, Failure> {
        Ok(self.users_in(group, rank).await?.into_iter().map(User::into_member).collect())
    }

    /// The same with all that is used of them, each once, in the order of their ids.
    ///
    /// # Errors
    /// When they could not all be read.
    pub(super) async fn users_in(&self, group: &str, rank: Rank) -> Result<Vec<User>, Failure> {
        let mut call = self.group_call(Op::ListGroupUsers, rank, group, &["users"]);
        call.url = with_limit(call.url, MEMBERS_PAGE);
        let users: Vec<User> = self.read_all(call).await?;
        // Pages shift while people come and go: somebody may be on two.
        let users: BTreeMap<String, User> = users.into_iter().map(|user| (user.id.clone(), user)).collect();
        Ok(users.into_values().collect())
    }

    /// Puts a user into it.
    ///
    /// # Errors
    /// When it may not have been done; [`Kind::Refused`] when trying again is of no use.
    pub(super) async fn assign(&self, group: &str, user: &str) -> Result<(), Failure> {
        let call = self.membership_call(Op::AssignUserToGroup, Rank::Add, group, user);
        let Err(failure) = self.call(&call).await else { return Ok(()) };
        match failure.kind {
            // For a group that follows an app, Okta says the same as for a right that is missing.
            Kind::Denied | Kind::Refused if !is_read_only(&failure) => {
                let kind = self.group(group, Rank::Add).await.map(|group| group.kind);
                Err(match kind {
                    Ok(kind) if kind != PLAIN => {
                        Failure { kind: Kind::Refused, ..of_another_type(failure, group, &kind) }
                    }
                    Ok(_) | Err(_) => failure,
                })
            }
            Kind::NotFound => Err(self.missing(failure, group, Rank::Add).await),
            _ => Err(failure),
        }
    }

    /// Takes a user out of it.
    ///
    /// # Errors
    /// When they may still be in it.
    pub(super) async fn unassign(&self, group: &str, user: &str) -> Result<(), Failure> {
        let call = self.membership_call(Op::UnassignUserFromGroup, Rank::Remove, group, user);
        let Err(failure) = self.call(&call).await else { return Ok(()) };
        match failure.kind {
            Kind::NotFound => match self.group(group, Rank::Remove).await {
                // The group is there, so it is the user who is not: and who does not exist is in no group.
                Ok(_) => Ok(()),
                Err(gone) if gone.kind == Kind::NotFound => Err(gone),
                Err(_) => Err(failure),
            },
            Kind::Denied | Kind::Refused if !is_read_only(&failure) => {
                let hint =
                    "; if a group rule feeds this group, deactivate the rule or exclude the user from it";
                Err(Failure { what: failure.what.clone() + hint, ..failure })
            }
            _ => Err(failure),
        }
    }

    /// Which of the two is missing.
    async fn missing(&self, failure: Failure, group: &str, rank: Rank) -> Failure {
        match self.group(group, rank).await {
            Err(gone) if gone.kind == Kind::NotFound => gone,
            Ok(_) | Err(_) => failure,
        }
    }

    /// All rules of the organization.
    ///
    /// # Errors
    /// When they could not all be read.
    pub(super) async fn group_rules(&self, rank: Rank) -> Result<Vec<GroupRule>, Failure> {
        let url = with_limit(self.url(&["api", "v1", "groups", "rules"]), RULES_PAGE);
        self.read_all(Call { op: Op::ListGroupRules, rank, thing: Thing::Nothing, url }).await
    }
}

pub(super) fn is_read_only(failure: &Failure) -> bool {
    failure.what.starts_with(READ_ONLY)
}

fn of_another_type(failure: Failure, group: &str, kind: &str) -> Failure {
    let what = format!(
        "the group `{group}` is of type `{kind}`, whose members Okta lets nobody change by hand; make one of type `{PLAIN}` \
         ({})",
        failure.what
    );
    Failure { what, ..failure }
}
