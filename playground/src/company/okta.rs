//! The part of the company that lives in Okta: apps and groups. People are the company's own.

use std::collections::BTreeSet;

use super::Person;

/// The emergency groups: id and role.
const EMERGENCY_GROUPS: [(&str, &str); 2] =
    [("00gro", "EmergencyAccess_Role1_RO"), ("00gops", "EmergencyAccess_Role1_Ops")];

/// An app integration that signs people in to AWS by SAML.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OktaApp {
    /// `0oa…`.
    pub id: String,
    /// What people see on the tile: `AWS emergency access`.
    pub label: String,
    /// False while it sleeps (`INACTIVE`).
    pub active: bool,
    /// Ids of the groups it is assigned to, highest priority first.
    pub groups: Vec<String>,
}

/// Who manages the members of a group in Okta.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OktaGroupKind {
    /// Okta itself, by hand, API or rule.
    OktaGroup,
    /// The app the group was imported from.
    AppGroup,
    /// Nobody: `Everyone`.
    BuiltIn,
}

impl OktaGroupKind {
    /// Okta's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OktaGroup => "OKTA_GROUP",
            Self::AppGroup => "APP_GROUP",
            Self::BuiltIn => "BUILT_IN",
        }
    }
}

/// A group of Okta with its members.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OktaGroup {
    /// `00g…`.
    pub id: String,
    /// `aws#EmergencyAccess_Role1_RO#222222222222`.
    pub name: String,
    /// Who manages its members.
    pub kind: OktaGroupKind,
    /// Okta user ids.
    pub members: BTreeSet<String>,
}

/// A group rule that is active. Whom its expression fits is said, not computed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OktaRule {
    /// What the administrator called it.
    pub name: String,
    /// Id of the group it brings people into.
    pub group: String,
    /// Okta user ids.
    pub users: BTreeSet<String>,
}

/// The Okta org at its start.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct OktaOrg {
    /// All apps.
    pub apps: Vec<OktaApp>,
    /// All groups.
    pub groups: Vec<OktaGroup>,
    /// All group rules.
    pub rules: Vec<OktaRule>,
}

impl OktaOrg {
    /// Okta as AWS's guide to emergency access leaves it: an app that sleeps, groups without members.
    pub(super) fn with_emergency_access(people: &[Person], emergency_account: &str) -> Self {
        let mut groups: Vec<OktaGroup> = EMERGENCY_GROUPS
            .iter()
            .map(|(id, role)| OktaGroup {
                id: (*id).into(),
                name: format!("aws#{role}#{emergency_account}"),
                kind: OktaGroupKind::OktaGroup,
                members: BTreeSet::new(),
            })
            .collect();
        let assigned = groups.iter().map(|g| g.id.clone()).collect();
        groups.push(OktaGroup {
            id: "00geveryone".into(),
            name: "Everyone".into(),
            kind: OktaGroupKind::BuiltIn,
            members: people.iter().filter_map(|p| p.okta_user_id.clone()).collect(),
        });
        let label = "AWS emergency access".into();
        Self {
            apps: vec![OktaApp { id: "0oa1emergency".into(), label, active: false, groups: assigned }],
            groups,
            rules: Vec::new(),
        }
    }
}
