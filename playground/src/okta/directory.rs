//! Who and what the pretend Okta holds: people, groups, group rules, apps. Open to live change; no wire in here.

use std::collections::{BTreeMap, BTreeSet};

use crate::company::{Company, OktaGroupKind};

/// Status of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    /// May sign in.
    Active,
    /// May not for now.
    Suspended,
    /// Deactivated: left the company.
    Deprovisioned,
}

impl UserStatus {
    /// Okta's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deprovisioned => "DEPROVISIONED",
        }
    }
}

/// A user as Okta has them now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct User {
    /// `00u…`.
    pub id: String,
    /// The company's handle: `ana`.
    pub handle: String,
    /// What they sign in with: their e-mail.
    pub login: String,
    /// Work e-mail.
    pub email: String,
    /// `Ana Ferreira`.
    pub name: String,
    /// Whether they may sign in.
    pub status: UserStatus,
    #[serde(skip)]
    pub(super) changed_ms: i64,
}

/// A group as Okta has it now; its members are those put in and those that rules bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: OktaGroupKind,
    pub(super) put_in: BTreeSet<String>,
    pub(super) members_changed_ms: i64,
}

/// A group rule that is active: whom its expression fits is said, not computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) group: String,
    pub(super) users: BTreeSet<String>,
    pub(super) created_ms: i64,
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct App {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) active: bool,
    pub(super) groups: Vec<String>,
    pub(super) changed_ms: i64,
}

/// Everything, by id.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) created_ms: i64,
    pub(super) users: BTreeMap<String, User>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) rules: BTreeMap<String, Rule>,
    pub(super) apps: BTreeMap<String, App>,
    rule_count: u64,
}

impl Directory {
    pub(super) fn of(company: &Company, now_ms: i64) -> Self {
        let users = company.people.iter().filter_map(|p| {
            let id = p.okta_user_id.clone()?;
            let user = User {
                id: id.clone(),
                handle: p.handle.clone(),
                login: p.email.clone(),
                email: p.email.clone(),
                name: p.name.clone(),
                status: UserStatus::Active,
                changed_ms: now_ms,
            };
            Some((id, user))
        });
        let groups = company.okta.groups.iter().map(|g| {
            let group = Group {
                id: g.id.clone(),
                name: g.name.clone(),
                kind: g.kind,
                put_in: g.members.clone(),
                members_changed_ms: now_ms,
            };
            (g.id.clone(), group)
        });
        let apps = company.okta.apps.iter().map(|a| {
            let app = App {
                id: a.id.clone(),
                label: a.label.clone(),
                active: a.active,
                groups: a.groups.clone(),
                changed_ms: now_ms,
            };
            (a.id.clone(), app)
        });
        let mut directory = Self {
            created_ms: now_ms,
            users: users.collect(),
            groups: groups.collect(),
            rules: BTreeMap::new(),
            apps: apps.collect(),
            rule_count: 0,
        };
        for rule in &company.okta.rules {
            directory.add_rule(&rule.name, rule.group.clone(), rule.users.clone(), now_ms);
        }
        directory
    }

    /// By id, login, or the part of the login before the `@` where that is one person's only, as Okta looks users up.
    pub(super) fn user(&self, word: &str) -> Option<&User> {
        if let Some(user) = self.users.get(word) {
            return Some(user);
        }
        let by_login = self.users.values().find(|u| u.login.eq_ignore_ascii_case(word));
        by_login.or_else(|| {
            let short = |u: &&User| u.login.split('@').next().is_some_and(|s| s.eq_ignore_ascii_case(word));
            let mut found = self.users.values().filter(short);
            found.next().filter(|_| found.next().is_none())
        })
    }

    /// As a test names them: handle first.
    pub(super) fn user_named(&self, word: &str) -> Option<&User> {
        self.users.values().find(|u| u.handle == word).or_else(|| self.user(word))
    }

    /// By id or name.
    pub(super) fn group_named(&self, word: &str) -> Option<&Group> {
        self.groups.get(word).or_else(|| self.groups.values().find(|g| g.name == word))
    }

    /// By id or label.
    pub(super) fn app_named(&self, word: &str) -> Option<&App> {
        self.apps.get(word).or_else(|| self.apps.values().find(|a| a.label == word))
    }

    /// Rules that bring this user into this group.
    pub(super) fn rules_for<'d>(&'d self, group: &'d str, user: &'d str) -> impl Iterator<Item = &'d Rule> {
        self.rules.values().filter(move |r| r.group == group && r.users.contains(user))
    }

    /// Ids of everybody in the group, put in or brought by a rule.
    pub(super) fn members(&self, group: &str) -> BTreeSet<String> {
        let put_in = self.groups.get(group).map(|g| g.put_in.clone()).unwrap_or_default();
        let brought = self.rules.values().filter(|r| r.group == group).flat_map(|r| r.users.iter().cloned());
        put_in.into_iter().chain(brought).collect()
    }

    /// Makes a rule that is active at once.
    pub(super) fn add_rule(
        &mut self,
        name: &str,
        group: String,
        users: BTreeSet<String>,
        now_ms: i64,
    ) -> Rule {
        self.rule_count += 1;
        let id = format!("0pr{:017}", self.rule_count);
        let rule = Rule { id: id.clone(), name: name.to_owned(), group, users, created_ms: now_ms };
        self.rules.insert(id, rule.clone());
        rule
    }
}
