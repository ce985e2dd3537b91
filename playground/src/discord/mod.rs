//! Twin of Discord on loopback: REST, the gateway, and the hands of the people who type and click.
//!
//! It behaves like Discord where `platform-rules.md` §2 says how Discord behaves, and it is strict where Discord is: a
//! message that Discord would refuse is refused, and noted. It must never know what the bot is for, and never share code
//! with it: what both believe wrongly would then pass every test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::company::Company;
use crate::connection::{Connection, Cuttable};

mod check;
mod clock;
mod control;
mod drive;
mod error;
mod faults;
mod fill;
mod gateway;
mod interaction;
mod limits;
mod mentions;
mod options;
mod people;
mod read;
mod records;
mod rest;
mod routes;
mod session;
mod typing;
mod view;
mod web;
mod world;

pub use drive::Scene;
pub use faults::Fault;
pub use options::DiscordOptions;
pub use people::{ChannelFlags, MemberFlags};
pub use records::{Answer, Call, InteractionResult, Message, OpenModal, Typed};
pub use routes::Operation;

use world::World;

/// A running twin. Clones share one guild; the server stops when the last of them is dropped.
#[derive(Clone)]
pub struct DiscordTwin {
    shared: Arc<Shared>,
    _server: Arc<Server>,
}

/// What every handler sees: the guild behind a lock, and a counter that moves with each change.
pub(crate) struct Shared {
    world: std::sync::Mutex<World>,
    revision: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    pub(crate) options: DiscordOptions,
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

impl DiscordTwin {
    /// Starts the twin on loopback with the people of `company`.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(company: &Company, options: DiscordOptions) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            world: std::sync::Mutex::new(World::new(company, &options)),
            revision: watch::channel(0).0,
            stopping: watch::channel(false).0,
            options,
            address,
        });
        let service = router(Arc::clone(&shared)).into_make_service_with_connect_info::<Connection>();
        let accepting = tokio::spawn(async move {
            if let Err(error) = axum::serve(Cuttable(listener), service).await {
                tracing::error!(%error, "the Discord twin stopped");
            }
        });
        let server = Arc::new(Server { shared: Arc::clone(&shared), accepting });
        Ok(Self { shared, _server: server })
    }

    /// What `[discord] api_url` wants: `http://127.0.0.1:PORT`; the routes are below `/api/v10`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// A counter that moves with every change; what the page and `wait_for` listen to.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes()
    }

    /// The bot token that this guild accepts, without the word `Bot`.
    #[must_use]
    pub fn bot_token(&self) -> &str {
        &self.shared.options.bot_token
    }

    /// Id of the application, which is also the id of the bot's user.
    #[must_use]
    pub fn application_id(&self) -> &'static str {
        world::APPLICATION
    }

    /// Id of the guild.
    #[must_use]
    pub fn guild_id(&self) -> String {
        self.shared.read(|w| w.guild.clone())
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v10/{*path}", any(web::api))
        .route("/gateway", get(gateway::first))
        .route("/gateway/", get(gateway::first))
        .route("/resume/{session}", get(gateway::again))
        .route("/resume/{session}/", get(gateway::again))
        .fallback(web::elsewhere)
        .with_state(shared)
}

#[cfg(test)]
mod tests;
