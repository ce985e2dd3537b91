//! What all connections share: the handlers at work, their limit, and the health of the loop.
//!
//! Handlers belong to the crew and not to a connection: one that drops must never cut a commit short.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, watch};

use super::frame::Dispatch;
use super::{DispatchHandler, GatewayConfig, GatewayHealth};

/// The one event that we act on: a command, a click, a form or a question of a field.
const INTERACTION: &str = "INTERACTION_CREATE";

/// Shared by all connections of one loop.
pub(super) struct Crew {
    pub(super) config: GatewayConfig,
    pub(super) tls: Arc<rustls::ClientConfig>,
    handler: Arc<dyn DispatchHandler>,
    permits: Semaphore,
    health: watch::Sender<GatewayHealth>,
}

impl Crew {
    pub(super) fn new(
        config: GatewayConfig,
        tls: Arc<rustls::ClientConfig>,
        handler: Arc<dyn DispatchHandler>,
    ) -> Self {
        let permits = Semaphore::new(config.handlers_max.clamp(1, Semaphore::MAX_PERMITS));
        Self { config, tls, handler, permits, health: watch::Sender::new(GatewayHealth::default()) }
    }

    pub(super) fn health(&self) -> watch::Receiver<GatewayHealth> {
        self.health.subscribe()
    }

    /// Discord confirmed the connection.
    pub(super) fn up(&self) {
        self.health.send_modify(|health| {
            health.live = true;
            health.fatal = None;
            health.waiting = None;
            health.last_ready = Some(Instant::now());
        });
        metrics::gauge!("glasskey_discord_gateway").set(1.0);
    }

    /// The connection is gone.
    pub(super) fn down(&self) {
        self.health.send_modify(|health| health.live = false);
        metrics::gauge!("glasskey_discord_gateway").set(0.0);
    }

    /// An operator must act. Said loudly each time.
    pub(super) fn fatal(&self, why: &str) {
        tracing::error!(why, "discord gateway needs an operator");
        self.health.send_modify(|health| health.fatal = Some(why.to_owned()));
    }

    /// It will take long, and nobody need act.
    pub(super) fn waiting(&self, why: &str) {
        tracing::error!(why, "discord gateway waits");
        self.health.send_modify(|health| health.waiting = Some(why.to_owned()));
    }

    pub(super) fn sessions_left(&self, left: u64) {
        self.health.send_modify(|health| health.sessions_left = Some(left));
    }

    /// Returns once no event is at work.
    pub(super) async fn idle(&self) {
        let _ = self.health().wait_for(|health| health.in_flight == 0).await;
    }

    /// Hands an event to the handler in a task of its own.
    pub(super) fn take(self: &Arc<Self>, dispatch: Dispatch) {
        if dispatch.name != INTERACTION {
            count("other", "ignored");
            return;
        }
        let limit = self.config.handlers_max.saturating_add(self.config.waiting_max);
        if self.health.borrow().in_flight >= limit {
            let sequence = dispatch.sequence;
            tracing::error!(sequence, limit, "discord interaction not taken: too many at work");
            count("interaction", "refused_full");
            return;
        }
        self.health.send_modify(|health| health.in_flight += 1);
        let done = AtWork(Arc::clone(self));
        tokio::spawn(async move { done.0.handle(dispatch).await });
    }

    async fn handle(&self, dispatch: Dispatch) {
        // The semaphore is never closed; without a permit the event is handled all the same.
        let _permit = self.permits.acquire().await.ok();
        let sequence = dispatch.sequence;
        let work = async { self.handler.handle(dispatch).await };
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(sequence, "handler panicked; this interaction may have no answer");
            count("interaction", "panicked");
        } else {
            count("interaction", "handled");
        }
    }
}

/// Takes one event off the count when dropped, also when its task is aborted.
struct AtWork(Arc<Crew>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.health.send_modify(|health| health.in_flight = health.in_flight.saturating_sub(1));
    }
}

/// Counts how events end.
pub(super) fn count(kind: &'static str, outcome: &'static str) {
    metrics::counter!("glasskey_discord_dispatches_total", "kind" => kind, "outcome" => outcome).increment(1);
}
