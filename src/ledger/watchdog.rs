//! Notices that the writer stands still. sled 0.34 can deadlock for good (`reference/libraries.md` §0), and a bot that
//! cannot commit can neither grant nor take back: dying and being restarted is better.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is done when the writer stands still; it is told for how long.
pub type OnStall = Arc<dyn Fn(Duration) + Send + Sync>;

/// Without progress for this long the writer is given up: a commit takes a millisecond.
pub(crate) const STALL: Duration = Duration::from_secs(30);
/// Looks per stall time: it is noticed at most a quarter late.
const LOOKS: u32 = 4;

#[derive(Debug, Default)]
struct State {
    busy_since: Option<Instant>,
    told: bool,
    over: bool,
}

/// What the writer says of itself.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    state: Mutex<State>,
    changed: Condvar,
}

impl Pulse {
    /// Work begins or moves on.
    pub(crate) fn beat(&self) {
        self.set(|state| state.busy_since = Some(Instant::now()));
    }

    /// Nothing to do, so standing still is right.
    pub(crate) fn rest(&self) {
        self.set(|state| state.busy_since = None);
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The thread that looks. Ends when dropped.
pub(crate) struct Watchdog {
    pub(crate) pulse: Arc<Pulse>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    pub(crate) fn start(stall: Duration, on_stall: OnStall) -> std::io::Result<Self> {
        let pulse = Arc::new(Pulse::default());
        let watched = Arc::clone(&pulse);
        let look = move || watch(&watched, stall, &on_stall);
        let thread = std::thread::Builder::new().name("ledger-watchdog".to_owned()).spawn(look)?;
        Ok(Self { pulse, thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.pulse.set(|state| state.over = true);
        self.pulse.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed by its own hook; there is nothing left to watch.
            drop(thread.join());
        }
    }
}

fn watch(pulse: &Pulse, stall: Duration, on_stall: &OnStall) {
    let mut state = pulse.state.lock().unwrap_or_else(PoisonError::into_inner);
    while !state.over {
        let waited = pulse.changed.wait_timeout(state, stall / LOOKS);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let still = state.busy_since.map(|since| since.elapsed()).filter(|still| *still >= stall);
        match still {
            Some(still) if !state.told && !state.over => {
                state.told = true;
                drop(state);
                on_stall(still);
                state = pulse.state.lock().unwrap_or_else(PoisonError::into_inner);
            }
            Some(_) => {}
            None => state.told = false,
        }
    }
}

/// Says why and dies at once, without unwinding into the thread that stands still.
pub(crate) fn abort() -> OnStall {
    Arc::new(|still| {
        tracing::error!(
            seconds = still.as_secs(),
            "the ledger's writer stands still; the process ends so that a restart can go on from the journal"
        );
        std::process::abort();
    })
}
