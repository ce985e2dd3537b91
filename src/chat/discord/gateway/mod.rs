//! The gateway: keeps one connection on which commands, clicks and forms arrive. One connection is in `line`, its
//! successors are in `keeper`, the handlers in `crew`.
//!
//! Ours, because serenity's goes deaf for most of a minute when a load balancer closes without a code, resumes at the wrong
//! address, and dials an address of its own when it cannot ask for one (libraries §3). Must never stop trying, except
//! where Discord says for good, and then end only itself; must never log a payload or a session.

mod closing;
mod crew;
mod frame;
mod keeper;
mod line;
mod sends;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use self::crew::Crew;
use self::keeper::Keeper;
use super::rest::{DiscordRest, RestSetupFault};
use crate::chat::tls;

pub use self::frame::Dispatch;

/// How patient to be. Production uses the default; tests shorten what must pass.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Longest wait for TCP, TLS and the WebSocket handshake.
    pub handshake_max: Duration,
    /// Longest wait for Discord's hello after the handshake.
    pub hello_max: Duration,
    /// Longest wait from our identify or resume to its confirmation; a resume first replays what was missed.
    pub ready_max: Duration,
    /// How long to wait for the peer's half of a close.
    pub close_max: Duration,
    /// How long handlers at work are waited for at the end.
    pub drain_max: Duration,
    /// First pause after a failure; doubles from there, with jitter. Well under a second: a resume is to be at once.
    pub pause_first: Duration,
    /// Longest pause after a failure.
    pub pause_max: Duration,
    /// How long a connection must live for the pauses to start over.
    pub stable_after: Duration,
    /// Least time between two identifies: Discord takes one in 5 s.
    pub identify_every: Duration,
    /// Longest wait before a new session where Discord forgot ours; it asks for 1 to 5 s, at random.
    pub forgotten_max: Duration,
    /// Pause where an operator must act (token refused by REST). Not for ever: a mended token heals by itself.
    pub recheck_every: Duration,
    /// Handlers at work at once; a handler is one database commit, so a thousand is a second's worth of a bad day.
    pub handlers_max: usize,
    /// Events waiting for a handler. Beyond it they are not taken: Discord shows its error, which is true.
    pub waiting_max: usize,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            handshake_max: Duration::from_secs(10),
            hello_max: Duration::from_secs(10),
            ready_max: Duration::from_secs(30),
            close_max: Duration::from_secs(2),
            drain_max: Duration::from_secs(10),
            pause_first: Duration::from_millis(250),
            pause_max: Duration::from_secs(30),
            stable_after: Duration::from_secs(30),
            identify_every: Duration::from_secs(5),
            forgotten_max: Duration::from_secs(5),
            recheck_every: Duration::from_secs(300),
            handlers_max: 1_000,
            waiting_max: 10_000,
        }
    }
}

/// What `/readyz` and the operator need to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayHealth {
    /// Whether the connection is confirmed and not closed.
    pub live: bool,
    /// Why nothing will work until an operator acts.
    pub fatal: Option<String>,
    /// What is waited for, where it is long: the limit on new sessions.
    pub waiting: Option<String>,
    /// When a session was last begun or gone on with.
    pub last_ready: Option<Instant>,
    /// New sessions that Discord still allows, as it said last. At none it resets the bot's token.
    pub sessions_left: Option<u64>,
    /// Events taken and not yet handled.
    pub in_flight: usize,
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayEnd {
    /// It was told to.
    Stopped,
    /// Discord refuses this bot for good. The rest of the bot goes on without Discord: access must still be taken back.
    Refused {
        /// The close code.
        code: u16,
    },
}

/// Takes events. Called once per delivery, each call in its own task; after a resume an event can come again.
pub trait DispatchHandler: Send + Sync + 'static {
    /// Makes the event durable and answers it over REST, within Discord's 3 s (platform-rules §2). Only
    /// `INTERACTION_CREATE` comes here.
    fn handle(&self, dispatch: Dispatch) -> BoxFuture<'_, ()>;
}

/// The gateway's loop.
pub struct Gateway {
    crew: Arc<Crew>,
    rest: DiscordRest,
}

impl Gateway {
    /// A loop that hands every interaction to `handler`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        config: GatewayConfig,
        rest: DiscordRest,
        handler: Arc<dyn DispatchHandler>,
    ) -> Result<Self, RestSetupFault> {
        let tls = Arc::new(tls::client_config()?);
        Ok(Self { crew: Arc::new(Crew::new(config, tls, handler)), rest })
    }

    /// The health of the loop, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<GatewayHealth> {
        self.crew.health()
    }

    /// Runs until `stop` turns true (or its sender goes), or Discord refuses the bot for good. Handlers at work are then
    /// waited for within `drain_max`.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> GatewayEnd {
        let end = Keeper::new(Arc::clone(&self.crew), self.rest.clone()).keep(&mut stop).await;
        if timeout(self.crew.config.drain_max, self.crew.idle()).await.is_err() {
            let left = self.health().borrow().in_flight;
            tracing::warn!(left, "discord interactions still at work at shutdown");
        }
        end
    }
}
