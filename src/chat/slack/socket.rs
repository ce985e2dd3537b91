//! Socket Mode: keeps several sockets open, each with a successor before it goes. One socket is in `line`.
//!
//! Ours, because the library's listener loses acknowledgements, holds clicks up behind each other and goes deaf (libraries
//! §2). Must never stop trying, except where Slack says for good; must never log a payload or a socket's address.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::crew::Crew;
use super::envelope::EnvelopeHandler;
use super::fault::SlackFault;
use super::line::{DialFault, Line, Phase};
use super::web::{SlackWeb, WebSetupFault};
use crate::chat::sockets::{Pause, raised};
use crate::chat::tls;

/// Sockets kept open: with two, one drop leaves one.
pub const SOCKETS_DEFAULT: usize = 2;
/// Most sockets kept open. Slack allows 10 connections per app (platform-rules §1.2), and each of ours may have its
/// successor open beside it.
pub const SOCKETS_MAX: usize = 5;

/// How patient to be. Production uses the default; tests shorten what must pass.
#[derive(Debug, Clone)]
pub struct SocketConfig {
    /// Sockets kept open, brought within 1 to [`SOCKETS_MAX`].
    pub sockets: usize,
    /// Longest wait for TCP, TLS and the WebSocket handshake. `apps.connections.open` itself is bounded by the Web API
    /// client's own timeout.
    pub handshake_max: Duration,
    /// Longest wait for Slack's `hello` after the handshake.
    pub hello_max: Duration,
    /// A socket that was silent for this long is dead: Slack's own SDK expects a ping within 30 s.
    pub silence_max: Duration,
    /// How often we ping. Thrice within `silence_max`, so that a quiet but living peer is never taken for dead.
    pub ping_every: Duration,
    /// How long a replaced or stopping socket may still acknowledge. Slack closes about 10 s after its warning.
    pub drain_max: Duration,
    /// How long to wait for the peer's half of the close, so that our last acknowledgements are not reset away.
    pub close_max: Duration,
    /// First pause after a failure; doubles from there, with jitter.
    pub pause_first: Duration,
    /// Longest pause after a failure.
    pub pause_max: Duration,
    /// How long a socket must live for the pauses to start over.
    pub stable_after: Duration,
    /// How long before Slack's announced end of a socket its successor is opened; at most a quarter of the lifetime.
    pub renew_margin: Duration,
    /// Pause where an operator must act (token revoked, scope missing). Not for ever: a mended token heals by itself.
    pub recheck_every: Duration,
    /// Handlers at work at once; a handler is one database commit, so a thousand is a second's worth of a bad day.
    pub handlers_max: usize,
    /// Envelopes waiting for a handler. Beyond it they are not taken: Slack shows its error, which is true.
    pub waiting_max: usize,
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            sockets: SOCKETS_DEFAULT,
            handshake_max: Duration::from_secs(10),
            hello_max: Duration::from_secs(10),
            silence_max: Duration::from_secs(30),
            ping_every: Duration::from_secs(10),
            drain_max: Duration::from_secs(10),
            close_max: Duration::from_secs(2),
            pause_first: Duration::from_millis(250),
            pause_max: Duration::from_secs(30),
            stable_after: Duration::from_secs(30),
            renew_margin: Duration::from_secs(60),
            recheck_every: Duration::from_secs(300),
            handlers_max: 1_000,
            waiting_max: 10_000,
        }
    }
}

/// What `/readyz` and the operator need to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketHealth {
    /// Sockets that said hello and are not closed.
    pub open: usize,
    /// Why nothing will work until an operator acts.
    pub fatal: Option<String>,
    /// When a socket last said hello.
    pub last_hello: Option<Instant>,
    /// Sockets on this app token that are not ours, as of the last hello: another instance takes part of the traffic
    /// (or, right after a drop, Slack still counts the dead one).
    pub others: usize,
    /// Envelopes taken and not yet answered or given up.
    pub in_flight: usize,
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketEnd {
    /// It was told to.
    Stopped,
    /// Slack switched Socket Mode off for this app; it says to stop for good. The rest of the bot goes on without Slack:
    /// access must still be taken back.
    LinkDisabled,
}

/// The Socket Mode loop.
pub struct SocketMode {
    crew: Arc<Crew>,
    web: SlackWeb,
}

impl SocketMode {
    /// A loop that hands every envelope to `handler`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        config: SocketConfig,
        web: SlackWeb,
        handler: Arc<dyn EnvelopeHandler>,
    ) -> Result<Self, WebSetupFault> {
        let tls = Arc::new(tls::client_config()?);
        Ok(Self { crew: Arc::new(Crew::new(config, tls, handler)), web })
    }

    /// The health of the loop, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<SocketHealth> {
        self.crew.health()
    }

    /// Runs until `stop` turns true (or its sender goes), or Slack says for good. Handlers at work are then waited for, and
    /// acknowledged, within `drain_max`.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> SocketEnd {
        let mut lanes = JoinSet::new();
        for _ in 0..self.crew.config.sockets.clamp(1, SOCKETS_MAX) {
            lanes.spawn(Lane::new(Arc::clone(&self.crew), self.web.clone()).keep());
        }
        let mut halted = self.crew.halted();
        let end = tokio::select! {
            () = raised(&mut stop) => SocketEnd::Stopped,
            () = raised(&mut halted) => SocketEnd::LinkDisabled,
        };
        self.crew.halt();
        while lanes.join_next().await.is_some() {}
        if timeout(self.crew.config.drain_max, self.crew.idle()).await.is_err() {
            let left = self.health().borrow().in_flight;
            tracing::warn!(left, "slack envelopes still at work at shutdown, not acknowledged");
        }
        end
    }
}

/// One of the sockets kept open, over all its successors.
struct Lane {
    crew: Arc<Crew>,
    web: SlackWeb,
    pause: Pause,
    /// Whether another socket's success ends the next pause early.
    recheck: bool,
}

impl Lane {
    fn new(crew: Arc<Crew>, web: SlackWeb) -> Self {
        Self { crew, web, pause: Pause::default(), recheck: false }
    }

    async fn keep(mut self) {
        let mut halted = self.crew.halted();
        let mut leaving: Option<Line> = None;
        let mut retired: Option<Line> = None;
        loop {
            // At most one socket drains beside the one that leaves, or ten refreshes in a row would fill Slack's limit.
            if leaving.is_some() {
                line_ends(retired.take()).await;
            }
            let opened = tokio::select! {
                () = raised(&mut halted) => None,
                line = self.open() => Some(line),
            };
            let Some(line) = opened else { break };
            if let Some(old) = leaving.take() {
                old.retire();
                retired = Some(old);
            }
            let since = Instant::now();
            if line.while_live().await == Phase::Leaving {
                leaving = Some(line);
            }
            self.pause.after_life(since.elapsed(), self.crew.config.stable_after);
        }
        line_ends(leaving).await;
        line_ends(retired).await;
    }

    /// A socket that said hello, however long it takes.
    async fn open(&mut self) -> Line {
        loop {
            let wait = self.pause.next(self.crew.config.pause_first, self.crew.config.pause_max);
            let recheck = std::mem::take(&mut self.recheck);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.crew.mended(), if recheck => {}
            }
            match Line::dial(&self.crew, &self.web).await {
                Ok(line) => {
                    self.crew.clear_fatal();
                    return line;
                }
                Err(fault) => self.failed(&fault),
            }
        }
    }

    fn failed(&mut self, fault: &DialFault) {
        match fault {
            DialFault::Slack(slack) if slack.needs_operator() => {
                self.crew.fatal(&slack.to_string());
                self.pause.at_least(self.crew.config.recheck_every);
                self.recheck = true;
            }
            DialFault::LinkDisabled => self.crew.link_disabled(),
            DialFault::TooMany => {
                tracing::error!("slack refuses another socket: another instance uses the same app token");
                self.pause.at_least(self.crew.config.pause_max);
            }
            DialFault::Slack(_) | DialFault::Handshake(_) | DialFault::NoHello(_) => {
                tracing::warn!(%fault, "slack socket not opened, trying again");
                if let Some(wait) = fault.slack().and_then(SlackFault::retry_after) {
                    self.pause.at_least(wait);
                }
            }
        }
    }
}

async fn line_ends(line: Option<Line>) {
    if let Some(line) = line {
        line.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_with_jitter_up_to_the_cap_and_start_over_after_a_long_life() {
        let config = SocketConfig::default();
        let mut pause = Pause::default();
        assert_eq!(pause.next(config.pause_first, config.pause_max), Duration::ZERO);
        for whole_ms in [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let got = pause.next(config.pause_first, config.pause_max).as_millis();
            assert!((whole_ms / 2..=whole_ms).contains(&got), "{got} of {whole_ms}");
        }
        pause.after_life(config.stable_after - Duration::from_millis(1), config.stable_after);
        assert!(pause.next(config.pause_first, config.pause_max) >= config.pause_max / 2);
        pause.after_life(config.stable_after, config.stable_after);
        assert_eq!(pause.next(config.pause_first, config.pause_max), Duration::ZERO);
    }

    #[test]
    fn a_wait_that_slack_asked_for_is_kept_once() {
        let config = SocketConfig::default();
        let mut pause = Pause::default();
        pause.next(config.pause_first, config.pause_max);
        pause.at_least(Duration::from_secs(40));
        assert_eq!(pause.next(config.pause_first, config.pause_max), Duration::from_secs(40));
        assert!(pause.next(config.pause_first, config.pause_max) < Duration::from_secs(40));
    }
}
