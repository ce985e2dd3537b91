//! What a tenant holds, what was asked of it, and what is to go wrong.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::clock::now_ms;
use super::sign_in::{Desk, Step};
use super::token::Client;
use super::{Incoming, Reply};

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// A token is asked for.
    Token,
    /// Public metadata.
    Metadata,
    /// The app is looked at.
    ReadApp,
    /// The app is enabled.
    Activate,
    /// The app is disabled.
    Deactivate,
    /// A group itself is looked at.
    ReadGroup,
    /// A page of members.
    ListMembers,
    /// Users are looked for.
    FindUsers,
    /// Somebody is put into a group.
    Add,
    /// Somebody is taken out.
    Remove,
    /// The groups that new users come into.
    DefaultGroups,
    /// Somebody signs in by device code.
    SignIn(Step),
}

impl Operation {
    pub(crate) const fn is_public(self) -> bool {
        matches!(self, Self::Token | Self::Metadata | Self::SignIn(_))
    }

    const fn changes(self) -> bool {
        matches!(self, Self::Activate | Self::Deactivate | Self::Add | Self::Remove)
    }
}

/// What befalls one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After`; no effect.
    Throttle {
        /// Its value, seconds.
        secs: u64,
    },
    /// Another status; no effect.
    Status(u16),
    /// It is done, and the answer is a page that is not JSON.
    Garbage,
    /// Never answered; no effect.
    Hang,
    /// The connection breaks; no effect.
    CutBefore,
    /// It is done, and the connection breaks before the answer.
    CutAfter,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Immutable.
    pub id: String,
    /// How they sign in.
    pub login: String,
    /// Their e-mail address.
    pub mail: String,
    /// Whether they may sign in.
    pub enabled: bool,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Ids of users.
    pub members: BTreeSet<String>,
    /// What else the provider says of it, laid over what a plain group has.
    pub quirks: Map<String, Value>,
    /// Whether new users come into it.
    pub default: bool,
}

/// A tenant (realm) with one app.
#[derive(Debug)]
pub struct World {
    /// The app as the provider holds it.
    pub app: Map<String, Value>,
    /// By id.
    pub users: BTreeMap<String, User>,
    /// By id.
    pub groups: BTreeMap<String, Group>,
    /// So many reads after a change still show what was before it.
    pub stale_reads: usize,
    /// Who may ask for tokens.
    pub client: Client,
    /// What a token says that its bearer may do.
    pub claims: Value,
    /// Where people sign in by device code.
    pub desk: Desk,
    pub(crate) tokens: BTreeSet<String>,
    pub(crate) assertions: BTreeSet<String>,
    pub(crate) issued: usize,
    before: Option<Before>,
    faults: VecDeque<(Operation, Fault)>,
    calls: Vec<Operation>,
}

#[derive(Debug)]
struct Before {
    app: Map<String, Value>,
    groups: BTreeMap<String, Group>,
    reads_left: usize,
}

impl World {
    pub(crate) fn new(app: &Value, groups: &[&str], client: Client, claims: Value, desk: Desk) -> Self {
        Self {
            app: app.as_object().cloned().unwrap_or_default(),
            users: BTreeMap::new(),
            groups: groups.iter().map(|id| ((*id).to_owned(), Group::default())).collect(),
            stale_reads: 0,
            client,
            claims,
            desk,
            tokens: BTreeSet::new(),
            assertions: BTreeSet::new(),
            issued: 0,
            before: None,
            faults: VecDeque::new(),
            calls: Vec::new(),
        }
    }

    /// Makes a user known.
    pub fn know(&mut self, user: User) {
        self.users.insert(user.id.clone(), user);
    }

    /// Somebody types a code, having signed in now. False for a code that waits for nobody, and for nobody we know.
    pub fn signs_in(&mut self, user_code: &str, login: &str) -> bool {
        self.signed_in(user_code, login, 0)
    }

    /// The same by a session of so many seconds ago.
    pub fn signed_in(&mut self, user_code: &str, login: &str, secs_ago: i64) -> bool {
        let user = self.users.values().find(|user| user.login == login && user.enabled).cloned();
        let at_secs = now_ms().div_euclid(1_000) - secs_ago;
        user.is_some_and(|user| self.desk.signs_in(user_code, &user, at_secs))
    }

    pub(crate) fn sign_in(&mut self, step: Step, call: &Incoming) -> Reply {
        let users: Vec<User> = self.users.values().cloned().collect();
        let form = if step == Step::Page { call.query.clone() } else { call.form() };
        self.desk.answer(step, &form, &users, now_ms())
    }

    /// The next call of this kind meets this.
    pub fn meets(&mut self, operation: Operation, fault: Fault) {
        self.faults.push_back((operation, fault));
    }

    /// How many calls of this kind came.
    #[must_use]
    pub fn count(&self, operation: Operation) -> usize {
        self.calls.iter().filter(|call| **call == operation).count()
    }

    /// All tokens end.
    pub fn revoke_tokens(&mut self) {
        self.tokens.clear();
    }

    pub(crate) fn record(&mut self, operation: Operation) {
        self.calls.push(operation);
        if operation.changes() && self.stale_reads > 0 {
            let (app, groups) = (self.app.clone(), self.groups.clone());
            self.before = Some(Before { app, groups, reads_left: self.stale_reads });
        }
    }

    pub(crate) fn take_fault(&mut self, operation: Operation) -> Option<Fault> {
        let at = self.faults.iter().position(|(of, _)| *of == operation)?;
        self.faults.remove(at).map(|(_, fault)| fault)
    }

    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
        bearer
            .and_then(|value| value.strip_prefix("Bearer "))
            .is_some_and(|token| self.tokens.contains(token))
    }

    /// The app as a read shows it now.
    pub(crate) fn shown_app(&mut self) -> Map<String, Value> {
        self.old().map_or_else(|| self.app.clone(), |before| before.0)
    }

    /// A group as a read shows it now.
    pub(crate) fn shown_group(&mut self, id: &str) -> Option<Group> {
        match self.old() {
            Some((_, groups)) => groups.get(id).cloned(),
            None => self.groups.get(id).cloned(),
        }
    }

    fn old(&mut self) -> Option<(Map<String, Value>, BTreeMap<String, Group>)> {
        let before = self.before.as_mut().filter(|before| before.reads_left > 0)?;
        before.reads_left -= 1;
        Some((before.app.clone(), before.groups.clone()))
    }
}
