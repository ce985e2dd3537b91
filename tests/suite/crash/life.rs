//! One life of the bot: the real engine over a store and an outside that were there before and will be there after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use glasskey::engine::emergency::Federations;
use glasskey::engine::{Chats, Engine, Extras, Parts, Running, SharedRules, refresh};
use glasskey::ports::{
    Access, Answer as Reading, AssignmentSessions, Chat, Clock, DirectorySource, Fault, IdentityProvider,
    Ledger, SessionCutter,
};
use glasskey_domain::command::{DriftCommand, EmergencyCommand, Incoming, NewEmergency, NewRequest};
use glasskey_domain::emergency::{Level, Provider, Purpose};
use glasskey_domain::{
    Actor, Answer, Command, Directory, EmergencyId, InteractionId, Platform, RequestId, Seconds, Settings,
    Target,
};

use jiff::Timestamp;

use super::company::{MANAGED, Table, directory_without, federations, person, platform_of, target};
use super::outside::{Channel, Outside};
use super::promises::Witness;
use super::store::{Opened, Store};

/// How often a test looks whether all is quiet.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a bot is given to work with.
pub(crate) struct Wires {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) access: Arc<dyn Access>,
    pub(crate) provider: Arc<dyn IdentityProvider>,
    pub(crate) cutter: Arc<dyn SessionCutter>,
    pub(crate) sessions: Arc<dyn AssignmentSessions>,
    pub(crate) chats: Chats,
}

/// A bot that lives.
pub(crate) struct Life {
    pub(crate) engine: Engine,
    running: Running,
    in_use: Weak<()>,
    served: BTreeSet<Platform>,
}

/// What people and machines outside give a bot.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) outside: Arc<Outside>,
    pub(crate) directory: Directory,
    pub(crate) rules: SharedRules,
    pub(crate) settings: Settings,
    /// The platforms that a bot that starts now serves.
    pub(crate) served: BTreeSet<Platform>,
}

impl World {
    pub(crate) fn new(store: Store, outside: Arc<Outside>) -> Self {
        let directory = directory_without(&BTreeSet::new());
        let settings = Settings { federations: federations(false), ..Settings::default() };
        let served = BTreeSet::from([Platform::Slack]);
        Self { store, outside, directory, rules: Arc::new(Table::of_two()), settings, served }
    }

    /// Starts a bot as `glasskey run` does, with these wires.
    pub(crate) fn start(&self, wire: impl FnOnce(Wires) -> Wires) -> Life {
        let Opened { ledger, book, in_use } = self.store.open();
        let witness = Arc::new(Witness { ledger, outside: Arc::clone(&self.outside) });
        let outside = || self.outside.clone();
        let channel = |on: &Platform| Arc::new(Channel { on: *on, outside: outside() }) as Arc<dyn Chat>;
        let wires = wire(Wires {
            ledger: witness,
            access: outside(),
            provider: outside(),
            cutter: outside(),
            sessions: outside(),
            chats: self.served.iter().map(|on| (*on, channel(on))).collect(),
        });
        let mut federations = Federations::default();
        federations.providers = BTreeMap::from([(Provider::Okta, wires.provider)]);
        federations.cutter = Some(wires.cutter);
        let (engine, running) = Engine::start(Parts {
            extras: Extras { sessions: Some(wires.sessions), people: Some(outside()), offering: None },
            ledger: wires.ledger,
            access: wires.access,
            federations,
            chats: wires.chats,
            clock: self.outside.time.clone() as Arc<dyn Clock>,
            settings: self.settings.clone(),
            book,
            directory: self.directory.clone(),
            rules: self.rules.clone(),
        });
        Life { engine, running, in_use, served: self.served.clone() }
    }
}

impl Life {
    /// It dies: nothing more of it happens, and nobody is told.
    pub(crate) async fn dies(self) {
        let Self { engine, running, in_use, served: _ } = self;
        drop(running);
        drop(engine);
        while in_use.strong_count() > 0 {
            // Its tasks are dropped when the runtime comes to them, and a commit that had begun comes to its end.
            tokio::task::yield_now().await;
        }
    }

    /// Stops in good order, unless it dies while it does. Says whether it came to its end.
    pub(crate) async fn drains(self, death: impl Future<Output = ()>) -> bool {
        let Self { engine, running, in_use, served: _ } = self;
        let drained = tokio::select! {
            biased;
            () = death => false,
            () = async { engine.drain(running).await } => true,
        };
        drop(engine);
        while in_use.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        drained
    }

    /// A person does something, where they are at home; the delivery has this name.
    pub(crate) async fn does(&self, who: &str, delivery: &str, command: Command) -> Answer {
        let by = Actor::person(person(who), platform_of(who, &self.served).door());
        let interaction = Some(InteractionId::new(delivery));
        self.engine.submit(Incoming { by, interaction, command }).await.unwrap()
    }

    /// Reads the directory, as it does by schedule.
    pub(crate) async fn reads(&self, directory: &Directory) {
        refresh::read_once(&self.engine, &Source(directory.clone())).await.unwrap();
    }

    /// Lists what is assigned of what is given by request alone, as it does by schedule.
    pub(crate) async fn looks_for_drift(&self, outside: &Outside) {
        let of = MANAGED.iter().filter_map(|set| target(set).permission_set().cloned()).collect();
        let seen = outside.listed().into_iter().collect();
        self.engine.inside(Command::Drift(DriftCommand::Listed { of, seen })).await.unwrap();
    }

    /// Waits until nothing is due, but no longer than this.
    pub(crate) async fn rests(&self, most: Duration) -> bool {
        let until = tokio::time::Instant::now() + most;
        while tokio::time::Instant::now() < until {
            let now = self.engine.now();
            if self.engine.book().await.due().all(|(at, _)| *at > now) {
                return true;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        false
    }
}

/// The directory, as AWS would give it.
pub(crate) struct Source(pub(crate) Directory);

impl DirectorySource for Source {
    fn read<'a>(&'a self, now: Timestamp) -> Reading<'a, Result<Directory, Fault>> {
        Box::pin(async move { Ok(Directory { read_at: now, ..self.0.clone() }) })
    }
}

/// A request as a door hands it over; the engine gives it its id.
pub(crate) fn ask(target: Target, minutes: u32) -> Command {
    Command::Request(asked(vec![target], minutes))
}

/// The same, to be changed.
pub(crate) fn asked(targets: Vec<Target>, minutes: u32) -> NewRequest {
    NewRequest {
        id: RequestId::from_bits(0, RequestId::SYMBOLS_MIN),
        bundle: (targets.len() > 1).then(|| "pipelines".to_owned()),
        targets,
        starts_at: None,
        urgent: false,
        length: Seconds::minutes(minutes),
        reason: "mend the pipeline".to_owned(),
        ticket: None,
    }
}

/// An emergency as a door hands it over; the engine gives it its id.
pub(crate) fn open(level: Level, minutes: u32, people: &[&str]) -> Command {
    new_emergency(Purpose::Incident, level, Some(Seconds::minutes(minutes)), people)
}

/// A drill, with nobody in the groups.
pub(crate) fn drill() -> Command {
    new_emergency(Purpose::Drill, Level::Ro, None, &[])
}

fn new_emergency(purpose: Purpose, level: Level, length: Option<Seconds>, people: &[&str]) -> Command {
    Command::Emergency(EmergencyCommand::Open(NewEmergency {
        id: EmergencyId::from_bits(0, EmergencyId::SYMBOLS_MIN),
        federation: None,
        purpose,
        level,
        length,
        incident: Some("INC-7".to_owned()),
        reason: "Identity Center does not answer".to_owned(),
        people: people.iter().map(|name| person(name)).collect(),
        due: None,
    }))
}
