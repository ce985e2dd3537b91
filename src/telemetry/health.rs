//! Whether the bot is alive and ready, with the reasons. A part nobody reported is not ready (P9).
//!
//! Never says ready because nothing was heard: a loop that was never started is as silent as one that hangs (pitfall 22).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::metrics;

/// What must be well before the bot is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The ledger is open.
    Ledger,
    /// The directory was read at least once, or came from the ledger.
    Directory,
    /// Policies are loaded and valid.
    Policy,
    /// At least one Slack socket is open. Only where Slack is served.
    Slack,
    /// The session at Discord's gateway is open. Only where Discord is served.
    Discord,
}

/// What there is whichever platforms are served.
const ALWAYS: [Part; 3] = [Part::Ledger, Part::Directory, Part::Policy];

/// Something that must run again and again.
#[derive(Debug, Clone, Copy)]
pub struct Watched {
    /// Its name, as in `engine`.
    pub name: &'static str,
    /// Longest silence of a loop that is well.
    pub silence_max: Duration,
}

/// How a part is, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartReport {
    /// Which.
    pub part: Part,
    /// Whether it is well.
    pub ok: bool,
    /// Why not, or what there is to know.
    pub why: String,
}

/// How a loop is, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoopReport {
    /// Which.
    pub name: &'static str,
    /// Whether it ran recently enough.
    pub ok: bool,
    /// Seconds since it last ran; nothing when it never did.
    pub last_run_seconds_ago: Option<f64>,
    /// Longest silence of a loop that is well, in seconds.
    pub silence_max_seconds: f64,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Every part is well and every loop runs.
    pub ready: bool,
    /// No loop has been silent for too long, counted from the start where it never ran.
    pub alive: bool,
    /// Each part.
    pub parts: Vec<PartReport>,
    /// Each loop.
    pub loops: Vec<LoopReport>,
    /// What somebody should look at, though the bot works.
    pub notes: BTreeMap<&'static str, String>,
}

/// Shared by all who know something about health. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Health {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    started: Instant,
    watched: Vec<Watched>,
    chats: Vec<Part>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    parts: BTreeMap<Part, Result<String, String>>,
    beats: BTreeMap<&'static str, Instant>,
    notes: BTreeMap<&'static str, String>,
}

impl Health {
    /// Nothing is well yet. `watched` names every loop there must be: one that is never started is found out. `chats`: the
    /// platforms that are served.
    #[must_use]
    pub fn new(watched: Vec<Watched>, chats: Vec<Part>) -> Self {
        let state = Mutex::new(State::default());
        Self { inner: Arc::new(Inner { started: Instant::now(), watched, chats, state }) }
    }

    /// A part is well; `what` says what there is, as in `2 sockets`.
    pub fn well(&self, part: Part, what: impl Into<String>) {
        self.change(|state| {
            state.parts.insert(part, Ok(what.into()));
        });
    }

    /// A part is not well. `why` is shown to the operator: no secrets.
    pub fn ill(&self, part: Part, why: impl Into<String>) {
        self.change(|state| {
            state.parts.insert(part, Err(why.into()));
        });
    }

    /// A loop went round.
    pub fn beat(&self, name: &'static str) {
        let now = Instant::now();
        self.change(|state| {
            state.beats.insert(name, now);
        });
    }

    /// Something that somebody should look at, though the bot works; or that it is as it should be again.
    pub fn note(&self, about: &'static str, what: Option<String>) {
        self.change(|state| match what {
            Some(what) => {
                state.notes.insert(about, what);
            }
            None => {
                state.notes.remove(about);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.inner.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// How everything is.
    #[must_use]
    pub fn report(&self) -> Report {
        let state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        let parts: Vec<PartReport> = ALWAYS
            .into_iter()
            .chain(self.inner.chats.iter().copied())
            .map(|part| match state.parts.get(&part) {
                Some(Ok(what)) => PartReport { part, ok: true, why: what.clone() },
                Some(Err(why)) => PartReport { part, ok: false, why: why.clone() },
                None => PartReport { part, ok: false, why: "not yet".to_owned() },
            })
            .collect();
        let loops: Vec<LoopReport> =
            self.inner.watched.iter().map(|watched| watched.report(&state)).collect();
        let alive = self.inner.watched.iter().all(|watched| {
            let last = state.beats.get(watched.name).copied().unwrap_or(self.inner.started);
            last.elapsed() <= watched.silence_max
        });
        let notes = state.notes.clone();
        drop(state);
        let ready = parts.iter().all(|part| part.ok) && loops.iter().all(|one| one.ok);
        Report { ready, alive, parts, loops, notes }
    }

    /// Writes what is known as metrics; called when they are read.
    pub fn measure(&self) -> Report {
        let report = self.report();
        ::metrics::gauge!(metrics::READY).set(if report.ready { 1.0 } else { 0.0 });
        for one in &report.loops {
            let silence =
                one.last_run_seconds_ago.unwrap_or_else(|| self.inner.started.elapsed().as_secs_f64());
            ::metrics::gauge!(metrics::LOOP_SILENCE_SECONDS, "loop" => one.name).set(silence);
        }
        report
    }
}

impl Watched {
    fn report(&self, state: &State) -> LoopReport {
        let silence = state.beats.get(self.name).map(Instant::elapsed);
        LoopReport {
            name: self.name,
            ok: silence.is_some_and(|silence| silence <= self.silence_max),
            last_run_seconds_ago: silence.map(|silence| silence.as_secs_f64()),
            silence_max_seconds: self.silence_max.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: &str = "engine";

    fn health() -> Health {
        Health::new(vec![Watched { name: ENGINE, silence_max: Duration::from_secs(10) }], vec![Part::Slack])
    }

    fn all_well(health: &Health) {
        for part in ALWAYS.into_iter().chain([Part::Slack]) {
            health.well(part, "fine");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_ready_only_when_every_part_is_well() {
        for missing in ALWAYS.into_iter().chain([Part::Slack]) {
            let health = health();
            health.beat(ENGINE);
            all_well(&health);
            assert!(health.report().ready);
            health.ill(missing, "gone");
            let report = health.report();
            assert!(!report.ready && report.alive, "{missing:?}");
            assert!(report.parts.iter().any(|part| part.part == missing && part.why == "gone"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_note_is_told_and_keeps_nobody_from_being_ready() {
        let health = health();
        health.beat(ENGINE);
        all_well(&health);
        health.note("runbook", Some("the disk is full".to_owned()));
        let report = health.report();
        assert!(report.ready && report.notes["runbook"].contains("full"));
        health.note("runbook", None);
        assert!(health.report().notes.is_empty());
    }

    /// pitfall 22
    #[tokio::test(start_paused = true)]
    async fn a_loop_that_was_never_started_is_found_out() {
        let health = health();
        all_well(&health);
        let report = health.report();
        assert!(!report.ready && report.alive);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(!health.report().alive);
    }

    /// pitfall 22
    #[tokio::test(start_paused = true)]
    async fn a_loop_that_hangs_is_neither_ready_nor_alive() {
        let health = health();
        all_well(&health);
        health.beat(ENGINE);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(health.report().ready && health.report().alive);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!health.report().ready && !health.report().alive);
        health.beat(ENGINE);
        assert!(health.report().ready && health.report().alive);
    }
}
