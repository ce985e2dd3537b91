//! Twin of Slack on loopback: the Web API, Socket Mode, `response_url`, and the hands of the people who type and click.
//!
//! It behaves like Slack where `platform-rules.md` §1 says how Slack behaves, and it is strict where Slack is: a block
//! that Slack would refuse is refused. It must never know what the bot is for, and never share code with it: what both
//! believe wrongly would then pass every test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::company::Company;

mod blocks;
mod clock;
mod control;
mod drive;
mod elements;
mod envelope;
mod faults;
mod form;
mod home;
mod interaction;
mod methods;
mod modal;
mod mrkdwn;
mod options;
mod params;
mod people;
mod read;
mod records;
mod response_url;
mod shape;
mod socket;
mod web;
mod world;

pub use drive::{Click, Place};
pub use faults::Fault;
pub use options::{Redelivery, Routing, SlackOptions};
pub use people::{ChannelFlags, UserFlags};
pub use records::{Ack, Call, Ephemeral, InteractionResult, Message, OpenView, Typed};

use world::World;

/// A running twin. Clones share one workspace; the server stops when the last of them is dropped.
#[derive(Clone)]
pub struct SlackTwin {
    shared: Arc<Shared>,
    _server: Arc<Server>,
}

/// What every handler sees: the workspace behind a lock, and a counter that moves with each change.
pub(crate) struct Shared {
    world: std::sync::Mutex<World>,
    revision: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    pub(crate) options: SlackOptions,
    pub(crate) address: SocketAddr,
}

struct Server {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.send_replace(true);
        self.accepting.abort();
    }
}

impl Shared {
    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let result = act(&mut self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        self.revision.send_modify(|n| *n += 1);
        result
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Waits until `look` finds something. Ends only with an answer: callers put a timeout around it.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut(&World) -> Option<T>) -> T {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            if let Some(found) = self.read(&mut look) {
                return found;
            }
            // The sender lives in `self`, so this errs never; a closed channel would mean nothing can change any more.
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

impl SlackTwin {
    /// Starts the twin on loopback with the people of `company`.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(company: &Company, options: SlackOptions) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            world: std::sync::Mutex::new(World::new(company, &options)),
            revision: watch::channel(0).0,
            stopping: watch::channel(false).0,
            options,
            address,
        });
        let router = router(Arc::clone(&shared));
        let accepting = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the Slack twin stopped");
            }
        });
        let server = Arc::new(Server { shared: Arc::clone(&shared), accepting });
        Ok(Self { shared, _server: server })
    }

    /// Base of the Web API, as `[slack] api_url` wants it: `http://127.0.0.1:PORT/api`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api", self.shared.address)
    }

    /// A counter that moves with every change; what the page and `wait_for` listen to.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes()
    }

    /// The bot token that this workspace accepts.
    #[must_use]
    pub fn bot_token(&self) -> &str {
        &self.shared.options.bot_token
    }

    /// The app-level token that opens Socket Mode connections.
    #[must_use]
    pub fn app_token(&self) -> &str {
        &self.shared.options.app_token
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/{method}", any(web::api))
        .route("/link/", get(socket::link))
        .route("/commands/{team}/{id}/{secret}", post(response_url::post))
        .route("/actions/{team}/{id}/{secret}", post(response_url::post))
        .with_state(shared)
}

#[cfg(test)]
mod tests;
