//! What all sockets share: the handlers at work, their limit, and the health of the loop.
//!
//! Handlers belong to the crew and not to a socket: a socket that drops must never cut a commit short.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, mpsc, watch};

use super::envelope::{Envelope, EnvelopeHandler, ack_text};
use super::socket::{SocketConfig, SocketHealth};

/// Shared by all sockets of one loop.
pub(super) struct Crew {
    pub(super) config: SocketConfig,
    pub(super) tls: Arc<rustls::ClientConfig>,
    handler: Arc<dyn EnvelopeHandler>,
    permits: Semaphore,
    health: watch::Sender<SocketHealth>,
    halted: watch::Sender<bool>,
    /// Connections of ours that Slack may be counting: from before the dial to after the close.
    dialled: watch::Sender<usize>,
}

/// An acknowledgement on its way to the socket.
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) kind: &'static str,
    pub(super) received_at: Instant,
}

impl Crew {
    pub(super) fn new(
        config: SocketConfig,
        tls: Arc<rustls::ClientConfig>,
        handler: Arc<dyn EnvelopeHandler>,
    ) -> Self {
        let permits = Semaphore::new(config.handlers_max.clamp(1, Semaphore::MAX_PERMITS));
        Self {
            config,
            tls,
            handler,
            permits,
            health: watch::Sender::new(SocketHealth::default()),
            halted: watch::Sender::new(false),
            dialled: watch::Sender::new(0),
        }
    }

    pub(super) fn health(&self) -> watch::Receiver<SocketHealth> {
        self.health.subscribe()
    }

    pub(super) fn halted(&self) -> watch::Receiver<bool> {
        self.halted.subscribe()
    }

    pub(super) fn halt(&self) {
        self.halted.send_replace(true);
    }

    /// Slack says to stop for good.
    pub(super) fn link_disabled(&self) {
        // Halted first: another socket's hello in this moment must not clear the fault.
        self.halt();
        self.fatal(
            "Socket Mode is switched off for this app (`link_disabled`): switch it on and restart glasskey",
        );
    }

    /// An operator must act. Said loudly each time.
    pub(super) fn fatal(&self, why: &str) {
        tracing::error!(why, "slack socket mode needs an operator");
        self.health.send_modify(|health| health.fatal = Some(why.to_owned()));
    }

    pub(super) fn clear_fatal(&self) {
        if *self.halted.borrow() {
            return;
        }
        self.health.send_if_modified(|health| health.fatal.take().is_some());
    }

    /// Returns once no fault is left that needs an operator: another socket found the token good again.
    pub(super) async fn mended(&self) {
        let _ = self.health().wait_for(|health| health.fatal.is_none()).await;
    }

    /// Returns once no envelope is at work.
    pub(super) async fn idle(&self) {
        let _ = self.health().wait_for(|health| health.in_flight == 0).await;
    }

    /// Counts one dial; the count goes down when the guard is dropped.
    pub(super) fn dialling(self: &Arc<Self>) -> Counted {
        self.dialled.send_modify(|dialled| *dialled += 1);
        let crew = Arc::clone(self);
        Counted(Some(Box::new(move || {
            crew.dialled.send_modify(|dialled| *dialled = dialled.saturating_sub(1))
        })))
    }

    /// Counts one socket that said hello; the count goes down when the guard is dropped.
    pub(super) fn said_hello(self: &Arc<Self>, connections: Option<usize>) -> Counted {
        let others = connections.unwrap_or(0).saturating_sub(*self.dialled.borrow());
        if others > 0 {
            tracing::warn!(
                others,
                "another instance listens on the same slack app token and takes part of the clicks"
            );
        }
        self.health.send_modify(|health| {
            health.others = others;
            health.last_hello = Some(Instant::now());
        });
        self.count_open(1);
        let crew = Arc::clone(self);
        Counted(Some(Box::new(move || crew.count_open(-1))))
    }

    fn count_open(&self, by: isize) {
        self.health.send_modify(|health| {
            health.open = health.open.saturating_add_signed(by);
            let open = u32::try_from(health.open).map_or(f64::MAX, f64::from);
            metrics::gauge!("glasskey_slack_sockets").set(open);
        });
    }

    /// Hands an envelope to the handler in a task of its own. `line` is the count of what its socket still waits for.
    pub(super) fn take(
        self: &Arc<Self>,
        envelope: Envelope,
        out: &mpsc::Sender<Reply>,
        line: &watch::Sender<usize>,
    ) {
        let limit = self.config.handlers_max.saturating_add(self.config.waiting_max);
        if self.health.borrow().in_flight >= limit {
            tracing::error!(
                envelope_id = envelope.envelope_id,
                limit,
                "slack envelope not taken: too many at work"
            );
            count(envelope.kind.label(), "refused_full");
            return;
        }
        if envelope.retry_attempt > 0 {
            let Envelope { envelope_id, retry_attempt, retry_reason, .. } = &envelope;
            tracing::info!(envelope_id, retry_attempt, retry_reason, "slack delivers again");
        }
        self.health.send_modify(|health| health.in_flight += 1);
        line.send_modify(|waiting| *waiting += 1);
        let (crew, line) = (Arc::clone(self), line.clone());
        let done = Counted(Some(Box::new(move || {
            line.send_modify(|waiting| *waiting = waiting.saturating_sub(1));
            crew.health.send_modify(|health| health.in_flight = health.in_flight.saturating_sub(1));
        })));
        tokio::spawn(Arc::clone(self).handle(envelope, out.clone(), done));
    }

    async fn handle(self: Arc<Self>, envelope: Envelope, out: mpsc::Sender<Reply>, done: Counted) {
        // The semaphore is never closed; without a permit the envelope is handled all the same.
        let _permit = self.permits.acquire().await.ok();
        let Envelope { envelope_id, received_at, accepts_response_payload, .. } = &envelope;
        let (envelope_id, received_at, accepts) =
            (envelope_id.clone(), *received_at, *accepts_response_payload);
        let kind = envelope.kind.label();
        let work = async { self.handler.handle(envelope).await };
        match AssertUnwindSafe(work).catch_unwind().await {
            Err(_) => {
                tracing::error!(envelope_id, kind, "handler panicked; this envelope is not acknowledged");
                count(kind, "panicked");
            }
            Ok(ack) => match ack_text(&envelope_id, accepts, ack) {
                None => count(kind, "not_acked"),
                Some(text) => {
                    if out.send(Reply { text, kind, received_at }).await.is_err() {
                        tracing::warn!(envelope_id, kind, "socket gone before the acknowledgement");
                        count(kind, "ack_lost");
                    }
                }
            },
        }
        // Only now, when the acknowledgement is queued: a draining socket closes when nothing is left to wait for.
        drop(done);
    }
}

/// Counts how envelopes end.
pub(super) fn count(kind: &'static str, outcome: &'static str) {
    metrics::counter!("glasskey_slack_envelopes_total", "kind" => kind, "outcome" => outcome).increment(1);
}

/// Takes back one count when dropped, also when a task is aborted.
pub(super) struct Counted(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(undo) = self.0.take() {
            undo();
        }
    }
}
