//! `glasskey run`: wires the rooms together, runs until told to stop, and stops in good order.
//!
//! It starts without AWS, without Slack and without a directory: what must be taken back is taken back as soon as it can
//! be, whatever else does not answer (P3).

mod bundles;
mod chats;
pub(super) mod holdings;
mod outside;
mod policies;
mod watching;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use glasskey_domain::settings::Bundle;
use glasskey_domain::{Command, Directory, Settings};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::aws::Aws;
use super::breakglass::paper::Paper;
use super::{federations, sign_in};
use crate::access::emergency_sessions::EmergencySessions;
use crate::access::settings::{AwsSettings, Ear};
use crate::chat::hall::SignIns;
use crate::chat::host::HostDoor;
use crate::chat::host::desk::Desk;
use crate::config::{Config, ConfigFaults, Secrets};
use crate::engine::refresh::{self, Freshness};
use crate::engine::watch::Ears;
use crate::engine::{Engine, Extras, Parts, Running, drills, sweep};
use crate::ledger::{self, Opened, Vault};
use crate::policy::{Fingerprint, SharedRules, fingerprint};
use crate::ports::DirectorySource;
use crate::telemetry::health::{Health, Part};
use crate::telemetry::metrics;
use crate::telemetry::server::Server;
use chats::Doors;
use holdings::Holdings;
pub use outside::Outside;

/// A loop that has not come round for so long is not running (pitfall 22): ten times its longest sleep.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How often health is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often the files of the policies and of the bundles are looked at.
const FILES_LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often the journal's head is logged: outside the store it anchors the journal (`glasskey audit verify --head`).
const ANCHOR_EVERY: Duration = Duration::from_secs(600);

/// Why the bot did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunFault {
    /// Something that must be there at the start is not.
    #[error("{0}")]
    Start(String),
    /// A part of it ended, and nothing may be told from what is in memory.
    #[error("{0}; the bot ends, so that a restart begins from what is durable")]
    Ended(String),
}

fn start(error: impl std::fmt::Display) -> RunFault {
    RunFault::Start(error.to_string())
}

/// Runs the bot until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start, or a part of it ends by itself.
pub async fn run(config: Config, secrets: Secrets) -> Result<(), RunFault> {
    let health = Health::new(watching::loops(&config), chats::parts(&config));
    // The ledger first: whoever starts a second bot shall hear that there is one, not that a port is taken.
    let opened = open_ledger(&config).await?;
    health.well(Part::Ledger, format!("record {}", opened.vault.head()));
    let door = HostDoor::open(&config.admin.socket).map_err(start)?;
    let measured = metrics::install().map_err(start)?;
    let server = Server::bind(config.admin.metrics, health.clone(), measured.clone()).await;
    let server = server.map_err(|error| {
        let address = config.admin.metrics;
        RunFault::Start(format!(
            "{address} cannot be listened on: {error}; free it or change `admin.metrics`"
        ))
    })?;
    tokio::spawn(server.run());
    tokio::spawn(metrics::upkeep(measured));
    // Before they are loaded: a change from here on is seen.
    let seen = Files::seen(&config);
    let rules = policies::load(&config.policy.dir, &config.policy.time_zone, &health)?;
    let bot = Bot::start(&config, opened, SharedRules::new(rules), &health, Outside::real(&config, &secrets))
        .await?;
    bot.opens(door, &config);
    bot.until_stopped(&config, &health, seen).await
}

async fn open_ledger(config: &Config) -> Result<Opened, RunFault> {
    let path = config.store.clone();
    let opened =
        tokio::task::spawn_blocking(move || ledger::open(&path)).await.map_err(start)?.map_err(start)?;
    for alert in opened.report.alerts() {
        tracing::error!(alert, "the ledger was not as it was left");
    }
    tracing::info!(head = %opened.report.head, open_requests = opened.book.open_count(), "the ledger is open");
    Ok(opened)
}

/// The directory last kept. One that cannot be read is told, and replaced as soon as AWS answers.
async fn directory_kept(opened: &Opened) -> Directory {
    let Some(kept) = opened.book.directory() else { return Directory::empty() };
    match refresh::last_kept(&opened.vault, &kept.document).await {
        Ok(directory) => directory,
        Err(fault) => {
            tracing::error!(%fault, "the last directory cannot be used; nobody is served until it was read again");
            Directory::empty()
        }
    }
}

/// The journal learns of the policies in force, before anybody is served.
async fn write_down_the_policies(engine: &Engine, rules: &SharedRules) -> Result<(), RunFault> {
    let current = rules.current();
    let loaded = Command::PolicyLoaded { set: current.hash().to_owned(), files: current.files().to_vec() };
    engine.inside(loaded).await.map_err(start)?;
    Ok(())
}

/// What the files say that are looked at again and again; equal as long as they say the same.
#[derive(PartialEq, Eq)]
struct Files {
    policies: Fingerprint,
    bundles: Result<BTreeMap<String, Bundle>, ConfigFaults>,
}

impl Files {
    fn seen(config: &Config) -> Self {
        Self { policies: fingerprint(&config.policy.dir), bundles: config.bundles() }
    }
}

/// The running bot.
pub struct Bot {
    engine: Engine,
    running: Running,
    holdings: Holdings,
    vault: Vault,
    rules: Arc<SharedRules>,
    /// Told when other policies are in force, so that the runbook has the right people.
    paper: Arc<Notify>,
    freshness: watch::Receiver<Freshness>,
    reading: JoinHandle<()>,
    chats: chats::Open,
}

impl Bot {
    /// Wires the rooms together and starts them.
    ///
    /// # Errors
    /// When a token or an address cannot be used, or the ledger takes nothing.
    pub async fn start(
        config: &Config,
        opened: Opened,
        rules: SharedRules,
        health: &Health,
        outside: Outside,
    ) -> Result<Self, RunFault> {
        let directory = directory_kept(&opened).await;
        if directory.is_empty() {
            health.ill(Part::Directory, "not read yet");
        } else {
            health.well(Part::Directory, format!("as of {}", directory.read_at));
        }
        let setting = federations::setting(config);
        let connect =
            |settings| sign_in::connect(settings, Arc::clone(&outside.clock)).map(|one| Arc::new(one) as _);
        let provider = outside.sign_in.map(connect).transpose().map_err(start)?;
        let doors = Doors::new(config, outside.slack, outside.discord, &opened.book, &setting)?;
        let federations::Reached { mut federations, okta } =
            federations::connect(outside.providers, Arc::clone(&outside.clock)).map_err(start)?;
        // Also when the configuration cuts none any more: an emergency that is open is closed as it was opened (P3).
        federations.cutter =
            Some(Arc::new(EmergencySessions::new(outside.aws.clone(), outside.external_ids)));
        let ears = Ears::new(Arc::clone(&outside.clock), &opened.book.watch().center);
        let (heard, since) = (ears.pulse(), drills::known_since(&opened.book, outside.clock.now()));
        let aws = AwsSettings { ear: Ear::of(Arc::new(ears)), ..outside.aws };
        let holdings = Holdings::new(config, aws, okta);
        let rules = Arc::new(rules);
        let (engine, running) = Engine::start(Parts {
            ledger: Arc::new(opened.vault.clone()),
            access: holdings.access.clone(),
            extras: Extras { offering: Some(rules.clone()), ..holdings.extras() },
            federations,
            chats: doors.chats(),
            clock: outside.clock,
            settings: Settings { bundles: bundles::load(config, health), ..config.requests.clone() },
            book: opened.book,
            directory,
            rules: rules.current(),
        });
        holdings.company.is_of(&engine);
        write_down_the_policies(&engine, &rules).await?;
        let (fresh, freshness) = watch::channel(Freshness::default());
        let schedule = config.directory_schedule.clone();
        let next_at = Box::new(move |last| schedule.next_after(last));
        let reading = tokio::spawn(refresh::run(engine.clone(), holdings.directory.clone(), next_at, fresh));
        let schedule = config.reconcile_schedule.clone();
        tokio::spawn(sweep::run(engine.clone(), Box::new(move |last| schedule.next_after(last))));
        watching::start(config, &engine, &holdings.aws, heard, since);
        tokio::spawn(watching::step_ups(config.clone(), engine.clone(), freshness.clone()));
        let sign_ins = Arc::new(SignIns::new(provider));
        let chats = doors.open(&engine, &config.aliases, &sign_ins)?;
        let paper = Arc::new(Notify::new());
        if !config.breakglass.federations.is_empty() {
            let paper = Paper {
                config: config.clone(),
                engine: engine.clone(),
                rules: Arc::clone(&rules),
                health: health.clone(),
                changed: Arc::clone(&paper),
            };
            tokio::spawn(paper.keep(freshness.clone()));
        }
        Ok(Self { engine, running, holdings, vault: opened.vault, rules, paper, freshness, reading, chats })
    }

    /// The way in.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// AWS, as the directory is read from it.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.holdings.aws
    }

    /// What the directory is read from: AWS and, where it is configured, Okta.
    #[must_use]
    pub fn source(&self) -> &dyn DirectorySource {
        &*self.holdings.directory
    }

    /// How the reading of the directory goes.
    #[must_use]
    pub fn freshness(&self) -> watch::Receiver<Freshness> {
        self.freshness.clone()
    }

    /// Puts what the files of the policies and of the bundles say in force, each whole or not at all.
    pub async fn reload(&self, config: &Config, health: &Health) {
        self.reload_policies(config, health).await;
        self.reload_bundles(config, health);
    }

    /// Answers on the host from now on.
    pub fn opens(&self, door: HostDoor, config: &Config) {
        let desk = Desk::new(self.engine.clone(), config.aliases.clone(), config.admin.people.clone());
        let guild = config.discord.as_ref().map(|discord| discord.guild.clone());
        tokio::spawn(door.run(Arc::new(desk.in_guild(guild))));
    }

    /// Stops in good order: no new work, what is under way finishes.
    pub async fn stop(mut self) {
        self.chats.stop().await;
        self.engine.drain(self.running).await;
    }

    async fn until_stopped(
        mut self,
        config: &Config,
        health: &Health,
        mut seen: Files,
    ) -> Result<(), RunFault> {
        let mut terminate = signal(SignalKind::terminate()).map_err(start)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(start)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(start)?;
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut anchor = tokio::time::interval(ANCHOR_EVERY);
        let mut files = tokio::time::interval(FILES_LOOK_EVERY);
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                ended = self.running.ended() => {
                    let why = ended.err().map_or_else(|| "a loop of the engine ended".to_owned(), |fault| fault.to_string());
                    return Err(RunFault::Ended(why));
                }
                _ = hang_up.recv() => self.reload(config, health).await,
                _ = files.tick() => {
                    let now = Files::seen(config);
                    if now != seen {
                        seen = now;
                        self.reload(config, health).await;
                    }
                }
                _ = anchor.tick() => tracing::info!(head = %self.vault.head(), "the journal's head"),
                _ = look.tick() => self.look(health),
            }
        }
        tracing::info!("stopping: no new work, what is under way finishes");
        self.stop().await;
        Ok(())
    }

    /// Tells health how each part is, as it is told again and again while the bot runs.
    pub fn look(&self, health: &Health) {
        let now = self.engine.now();
        for (name, last) in self.engine.beats() {
            // Either way: a clock that was set back must not make a silent loop look alive.
            if now.duration_since(last).unsigned_abs() < SILENCE_MAX {
                health.beat(name);
            }
        }
        health.well(Part::Ledger, format!("record {}", self.vault.head()));
        let fresh = self.freshness.borrow();
        let of_okta = self.holdings.okta_fault.as_ref().and_then(|fault| fault.borrow().clone());
        match (&fresh.read_at, &fresh.fault) {
            (Some(at), None) => {
                let of_okta = of_okta.map(|why| format!("; the groups of Okta are those read before: {why}"));
                health.well(Part::Directory, format!("as of {at}{}", of_okta.unwrap_or_default()));
            }
            (Some(at), Some(fault)) => {
                health.well(Part::Directory, format!("as of {at}; the last reading failed: {fault}"))
            }
            (None, Some(fault)) if self.engine.directory().is_empty() => {
                health.ill(Part::Directory, fault.clone())
            }
            (None, _) => {}
        }
        if self.reading.is_finished() {
            health.ill(Part::Directory, "nobody reads it any more; restart glasskey");
        }
        self.chats.look(health);
    }
}
