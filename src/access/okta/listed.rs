//! The groups of an Okta as the directory has them: which there are, and what feeds them. Complete or not at all.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::GroupId;
use glasskey_domain::directory::{Feed, Group, Keeper};
use serde::Deserialize;

use super::Okta;
use super::budget::Rank;
use super::connection::{Call, Connection};
use super::failure::Thing;
use super::groups::{GroupProfile, PLAIN};
use super::operation::Op;
use super::pages::with_limit;
use crate::access::http::Failure;
use crate::ports::Fault;

/// Most groups of an Okta that are read: a company with more names those that can be asked for.
pub const OKTA_GROUPS_MAX: usize = 10_000;
/// Groups on a page: Okta gives up to 10,000, and answers sooner with fewer.
const GROUPS_PAGE: u32 = 1_000;
/// What Okta itself fills: everybody, administrators.
const BUILT_IN: &str = "BUILT_IN";

/// Which groups of an Okta can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OktaGroupsWanted {
    /// All of them.
    All,
    /// Those of these names.
    Named(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    profile: GroupProfile,
}

impl Okta {
    /// The groups that can be asked for, without `except`: those that emergencies are opened by are never given in another way.
    ///
    /// # Errors
    /// When they could not all be read, or there are more than [`OKTA_GROUPS_MAX`].
    pub async fn groups(
        &self,
        wanted: &OktaGroupsWanted,
        except: &BTreeSet<String>,
    ) -> Result<BTreeMap<GroupId, Group>, Fault> {
        let connection = &self.connection;
        let rows = match wanted {
            OktaGroupsWanted::All => connection.groups_beginning("").await,
            OktaGroupsWanted::Named(names) => connection.groups_named(names).await,
        };
        let rows = rows.map_err(Failure::reading)?;
        let rules = connection.group_rules(Rank::Check).await.map_err(Failure::reading)?;
        let groups = rows.into_iter().filter(|row| !except.contains(&row.id)).map(|row| {
            let rule = rules.iter().find(|rule| rule.feeds(&row.id)).map(|rule| rule.name.clone());
            let fed_by = feed(&row.kind, rule);
            let id = GroupId::new(row.id);
            let name = Some(row.profile.name).filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| id.to_string());
            (id.clone(), Group { id, name, kept_in: Keeper::Okta, fed_by })
        });
        Ok(groups.collect())
    }
}

impl Connection {
    async fn groups_beginning(&self, name: &str) -> Result<Vec<Row>, Failure> {
        let mut url = with_limit(self.url(&["api", "v1", "groups"]), GROUPS_PAGE);
        if !name.is_empty() {
            url.query_pairs_mut().append_pair("q", name);
        }
        let call = Call { op: Op::ListGroups, rank: Rank::Check, thing: Thing::Nothing, url };
        self.read_up_to(call, OKTA_GROUPS_MAX).await
    }

    async fn groups_named(&self, names: &[String]) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for name in names {
            let found = self.groups_beginning(name).await?;
            rows.extend(found.into_iter().filter(|row| row.profile.name.eq_ignore_ascii_case(name)));
        }
        Ok(rows)
    }
}

/// A type that we do not know is fed by something that we do not know: nobody is put into it.
fn feed(kind: &str, rule: Option<String>) -> Option<Feed> {
    match (kind, rule) {
        (PLAIN, Some(name)) => Some(Feed::Rule { name }),
        (PLAIN, None) => None,
        (BUILT_IN, _) => Some(Feed::BuiltIn),
        (_, _) => Some(Feed::App),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_group_without_a_rule_is_filled_by_people() {
        assert_eq!(feed("OKTA_GROUP", None), None);
        assert_eq!(feed("OKTA_GROUP", Some("sre".to_owned())), Some(Feed::Rule { name: "sre".to_owned() }));
        assert_eq!(feed("APP_GROUP", None), Some(Feed::App));
        assert_eq!(feed("BUILT_IN", Some("sre".to_owned())), Some(Feed::BuiltIn));
        assert_eq!(feed("NEW_KIND", None), Some(Feed::App), "what is not known is not plain");
    }
}
