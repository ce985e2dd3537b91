//! What the pretend Okta holds besides its directory: time, budgets, faults, the System Log and the record of calls.
//!
//! Pure but for its clock: it never sleeps and never sees a socket.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::access::Tokens;
use super::clock::{Clock, millis};
use super::directory::Directory;
use super::lag::{Fact, Lag, Lateness};
use super::limits::Budgets;
use super::options::{Fault, FaultKind, OktaOptions};
use super::sign_in;
use crate::company::Company;
use crate::idp::sign_in::Desk;

/// Calls remembered; the oldest are forgotten first, so that a long demo does not grow without end.
pub const CALLS_KEPT_MAX: usize = 100_000;

/// Events of the System Log remembered; Okta keeps them for 90 days.
const EVENTS_KEPT_MAX: usize = 20_000;

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", content = "code", rename_all = "snake_case")]
pub enum Outcome {
    /// Answered with success.
    Answered,
    /// Answered with this error code.
    Refused(String),
    /// Had its effect; the answer was lost on purpose.
    ReplyLost,
    /// Had no effect; the connection was cut on purpose.
    RequestLost,
    /// Never answered, on purpose.
    Hung,
    /// Answered with garbage, on purpose.
    Garbage,
}

/// One call that reached the twin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Call {
    /// Counts up from 1 over the life of the twin.
    pub number: u64,
    /// `GET`.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// `operationId` of Okta's OpenAPI; `unknown` for a path or method that is none.
    pub operation: String,
    /// `SSWS`, `Bearer`, `DPoP`, or nothing.
    pub scheme: String,
    /// `Accept` as sent.
    pub accept: String,
    /// `Content-Type` as sent.
    pub content_type: String,
    /// The body as text; a client assertion in it is replaced by a mark, for the page shows this.
    pub body: String,
    /// Milliseconds since the epoch, by the twin's clock.
    pub at_ms: i64,
    /// Status of the answer; `None` when there is none.
    pub status: Option<u16>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Who did something, for the System Log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Actor {
    /// `User`, `PublicClientApp` or `SystemPrincipal`.
    pub kind: String,
    /// Okta user id or client id.
    pub id: String,
    /// Login, or client id again.
    pub alternate_id: String,
    /// What people read.
    pub name: String,
}

impl Actor {
    /// An administrator in the Admin Console.
    pub(super) fn console() -> Self {
        Self {
            kind: "User".into(),
            id: "00uconsole".into(),
            alternate_id: "console@okta.example".into(),
            name: "An administrator in the console".into(),
        }
    }
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Target {
    /// `AppInstance`, `UserGroup`, `User` or `AccessToken`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What people read.
    pub name: String,
}

impl Target {
    pub(super) fn new(kind: &str, id: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_owned(), name: name.to_owned() }
    }
}

/// An event of the System Log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LogEvent {
    /// Counts up from 1.
    pub number: u64,
    /// `application.lifecycle.activate`.
    pub event_type: String,
    /// Milliseconds since the epoch, by the twin's clock.
    pub at_ms: i64,
    /// Who did it.
    pub actor: Actor,
    /// To what.
    pub targets: Vec<Target>,
}

/// Everything behind the server.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: OktaOptions,
    /// `http://127.0.0.1:<port>`: what links, audiences and proofs are about.
    pub(super) url: String,
    pub(super) clock: Clock,
    pub(super) directory: Directory,
    pub(super) lag: Lag,
    pub(super) tokens: Tokens,
    /// Where people sign in by device code.
    pub(super) desk: Desk,
    pub(super) budgets: Budgets,
    pub(super) faults: Vec<Fault>,
    pub(super) calls: VecDeque<Call>,
    pub(super) call_count: u64,
    pub(super) events: VecDeque<LogEvent>,
    event_count: u64,
}

impl World {
    pub(super) fn new(company: &Company, options: OktaOptions, url: String) -> Self {
        let clock = Clock::default();
        let now_ms = clock.now_ms();
        Self {
            options,
            tokens: Tokens::new(&url, now_ms),
            desk: sign_in::desk(&url, false),
            url,
            clock,
            directory: Directory::of(company, now_ms),
            lag: Lag::default(),
            budgets: Budgets::default(),
            faults: Vec::new(),
            calls: VecDeque::new(),
            call_count: 0,
            events: VecDeque::new(),
            event_count: 0,
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// The fault this call meets, used up by it.
    pub(super) fn take_fault(&mut self, operation: &str) -> Option<FaultKind> {
        let at = self.faults.iter().position(|f| f.times > 0 && f.concerns(operation))?;
        let fault = self.faults.get_mut(at)?;
        // An outage without end is not used up.
        fault.times = if fault.times == u32::MAX { u32::MAX } else { fault.times - 1 };
        let (kind, used_up) = (fault.kind.clone(), fault.times == 0);
        if used_up {
            self.faults.remove(at);
        }
        Some(kind)
    }

    pub(super) fn record(&mut self, call: Call) {
        if self.calls.len() >= CALLS_KEPT_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// Writes the System Log.
    pub(super) fn log(&mut self, event_type: &str, actor: Actor, targets: Vec<Target>) {
        self.event_count += 1;
        let event = LogEvent {
            number: self.event_count,
            event_type: event_type.to_owned(),
            at_ms: self.now_ms(),
            actor,
            targets,
        };
        if self.events.len() >= EVENTS_KEPT_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Activates or deactivates; true when that changed it. `late` is how a change by API shows, unlike one by hand.
    pub(super) fn set_active(&mut self, app: &str, active: bool, actor: Actor, late: bool) -> bool {
        let now_ms = self.now_ms();
        let Some(app) = self.directory.apps.get_mut(app) else { return false };
        if app.active == active {
            return false;
        }
        (app.active, app.changed_ms) = (active, now_ms);
        let target = Target::new("AppInstance", &app.id, &app.label);
        let fact = Fact::Active { app: app.id.clone() };
        self.shows(fact, active, late);
        let event =
            if active { "application.lifecycle.activate" } else { "application.lifecycle.deactivate" };
        self.log(event, actor, vec![target]);
        true
    }

    /// Puts a user into a group or takes them out; true when that changed who is in it.
    pub(super) fn set_member(
        &mut self,
        group: &str,
        user: &str,
        member: bool,
        actor: Actor,
        late: bool,
    ) -> bool {
        let now_ms = self.now_ms();
        let before = self.directory.members(group);
        let Some(held) = self.directory.groups.get_mut(group) else { return false };
        let put = if member { held.put_in.insert(user.to_owned()) } else { held.put_in.remove(user) };
        let in_group = Target::new("UserGroup", &held.id, &held.name);
        if !put || before.contains(user) == self.directory.members(group).contains(user) {
            return false;
        }
        if let Some(held) = self.directory.groups.get_mut(group) {
            held.members_changed_ms = now_ms;
        }
        self.shows(Fact::Member { group: group.to_owned(), user: user.to_owned() }, member, late);
        let who = self.directory.users.get(user);
        let who = Target::new("User", user, who.map_or(user, |u| u.name.as_str()));
        let event = if member { "group.user_membership.add" } else { "group.user_membership.remove" };
        self.log(event, actor, vec![who, in_group]);
        true
    }

    fn shows(&mut self, fact: Fact, value: bool, late: bool) {
        let now_ms = self.now_ms();
        if !late {
            self.lag.forget(&fact);
            return;
        }
        let until_ms = now_ms.saturating_add(millis(self.options.stale_for));
        let lateness = Lateness { reads: self.options.stale_reads, until_ms };
        self.lag.changed(fact, value, lateness, now_ms);
    }

    /// What a read of the group's members shows, late as reads are.
    pub(super) fn members_shown(&mut self, group: &str) -> BTreeSet<String> {
        let now_ms = self.now_ms();
        let members = self.directory.members(group);
        self.lag.members(group, members, now_ms)
    }

    /// An absolute link of this org.
    pub(super) fn href(&self, path: &str) -> Value {
        serde_json::json!({ "href": format!("{}{path}", self.url) })
    }
}
