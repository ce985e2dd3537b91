//! An engine on a table, for the tests of its loops: a ledger in memory, a clock that goes with tokio's, nobody outside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use glasskey_domain::emergency::{Level, Place, Provider};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::person::Employment;
use glasskey_domain::request::MessageRef;
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{
    AccessRequest, Book, Directory, Emergency, EmergencyId, Event, FederationId, Holding, Person, PersonId,
    Platform, Record, RequestId, Seconds, Settings, Tell,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::emergency::Federations;
use super::{Engine, Parts, Running};
use crate::policy::{RuleSet, Source};
use crate::ports::{
    About, Access, Answer, Chat, Clock, Entry, Fault, Ledger, Progress, Seen, Started, Urgency,
};

/// When everything begins.
pub(super) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Ahead of, or behind, tokio's clock by what was set.
pub(super) struct TableClock {
    began: Instant,
    wrong_by: Mutex<SignedDuration>,
}

impl TableClock {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), wrong_by: Mutex::default() })
    }

    /// Somebody sets the clock.
    pub(super) fn jumps(&self, by: SignedDuration) {
        *self.wrong_by.lock().unwrap() += by;
    }
}

impl Clock for TableClock {
    fn now(&self) -> Timestamp {
        noon() + SignedDuration::try_from(self.began.elapsed()).unwrap() + *self.wrong_by.lock().unwrap()
    }
}

/// What was decided.
#[derive(Default)]
pub(super) struct Journal(Mutex<Vec<Record>>);

impl Ledger for Journal {
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>> {
        self.0.lock().unwrap().extend(batch.into_iter().map(|entry| entry.record));
        Box::pin(async { Ok(()) })
    }
    fn closed(&self, _: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        Ok(None)
    }
    fn recently_closed(&self, _: usize) -> Result<Vec<AccessRequest>, Fault> {
        Ok(Vec::new())
    }
    fn closed_emergency(&self, _: &EmergencyId) -> Result<Option<Emergency>, Fault> {
        Ok(None)
    }
    fn recently_closed_emergencies(&self, _: usize) -> Result<Vec<Emergency>, Fault> {
        Ok(Vec::new())
    }
    fn keep(&self, _: Vec<u8>) -> Answer<'_, Result<String, Fault>> {
        Box::pin(async { Ok("document".to_owned()) })
    }
    fn forget_others<'a>(&'a self, _: &'a [String]) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }
    fn kept<'a>(&'a self, _: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>> {
        Box::pin(async { Err(away()) })
    }
}

fn away() -> Fault {
    Fault::Transient { what: "nobody is there".to_owned(), retry_after: None }
}

/// Takes every message, and has no access to give.
struct Nobody;

impl Access for Nobody {
    fn look<'a>(&'a self, _: &'a Holding, _: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(async { Err(away()) })
    }
    fn start<'a>(&'a self, _: &'a Holding, _: Change, _: Urgency) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(async { Err(away()) })
    }
    fn poll<'a>(&'a self, _: Change, _: &'a OperationId, _: Urgency) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(async { Err(away()) })
    }
}

impl Chat for Nobody {
    fn post_card<'a>(
        &'a self,
        _: About<'a>,
        _: &'a Directory,
        _: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>> {
        Box::pin(async { Err(away()) })
    }
    fn update_card<'a>(
        &'a self,
        _: About<'a>,
        _: &'a Directory,
        _: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }
    fn tell<'a>(
        &'a self,
        _: &'a Tell,
        _: About<'a>,
        _: &'a Directory,
        _: Option<Timestamp>,
    ) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }
}

/// Dee may open an emergency, alone.
const COMMANDER: &str = r#"@id("commander") @broad("yes: a test") @max_duration("4h") @approvals("0")
permit (principal, action == Action::"breakglass", resource);"#;

pub(super) fn dee() -> PersonId {
    PersonId::new("dee")
}

fn company() -> Directory {
    let dee = Person {
        id: dee(),
        user_name: "dee".to_owned(),
        display_name: "Dee".to_owned(),
        emails: vec!["dee@acme.example".to_owned()],
        employment: Employment::Enabled,
    };
    Directory { people: BTreeMap::from([(dee.id.clone(), dee)]), read_at: noon(), ..Directory::empty() }
}

/// An engine that runs.
pub(super) struct Table {
    pub(super) engine: Engine,
    pub(super) running: Running,
    journal: Arc<Journal>,
}

pub(super) fn main_federation() -> FederationId {
    FederationId::new("main")
}

pub(super) fn settings(canary: Option<&str>) -> Settings {
    let place = Place {
        provider: Provider::Okta,
        app: "app".to_owned(),
        groups: BTreeMap::from([(Level::Ro, "ro".to_owned())]),
        session: Seconds::hours(1),
        channel: Some("C0INCIDENT".to_owned()),
        discord_channel: None,
        cut: None,
    };
    let canary = canary.map(str::to_owned);
    let federation =
        FederationSettings { place, max_length: Seconds::hours(4), length: Seconds::hours(2), canary };
    Settings { federations: BTreeMap::from([(main_federation(), federation)]), ..Settings::default() }
}

impl Table {
    pub(super) fn set(book: Book, settings: Settings, clock: &Arc<TableClock>) -> Self {
        let journal = Arc::new(Journal::default());
        let policy = Source { file: "a.cedar".to_owned(), text: COMMANDER.to_owned() };
        let rules = RuleSet::from_sources(&[policy], jiff::tz::TimeZone::UTC).unwrap();
        let (engine, running) = Engine::start(Parts {
            extras: crate::engine::Extras::default(),
            ledger: journal.clone(),
            access: Arc::new(Nobody),
            federations: Federations::default(),
            chats: BTreeMap::from([(Platform::Slack, Arc::new(Nobody) as _)]),
            clock: clock.clone(),
            settings,
            book,
            directory: company(),
            rules: Arc::new(rules),
        });
        Self { engine, running, journal }
    }

    /// All that was decided since this engine started.
    pub(super) fn events(&self) -> Vec<Event> {
        self.journal.0.lock().unwrap().iter().flat_map(|record| record.events.clone()).collect()
    }

    /// Waits until the events are as described.
    pub(super) async fn shows(&self, what: impl Fn(&[Event]) -> bool) {
        let mut rounds = self.engine.rounds();
        while !what(&self.events()) {
            rounds.changed().await.unwrap();
        }
    }

    /// Lets the clock come to this time, whatever happens until then.
    pub(super) async fn reaches(&self, time: Timestamp) {
        let mut rounds = self.engine.rounds();
        while self.engine.now() < time {
            rounds.changed().await.unwrap();
        }
    }

    /// The state, for another engine.
    pub(super) async fn book(&self) -> Book {
        self.engine.book().await.clone()
    }
}
