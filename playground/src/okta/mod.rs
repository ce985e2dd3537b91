//! A pretend Okta on loopback: the Management API and the org authorization server on one port.
//!
//! It keeps state and behaves as the real thing does where that hurts: reads that lag, rate limits, DPoP, read-only mode,
//! groups that cannot be changed, lost replies. It must never be reachable from outside this machine and never know
//! anything about the bot.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::company::Company;
use crate::connection::{Connection, Cuttable};

mod access;
mod apps;
mod clock;
mod control;
mod directory;
mod filter;
mod groups;
mod jwt;
mod lag;
mod limits;
mod logs;
mod operation;
mod options;
mod paging;
mod serve;
mod sign_in;
mod snapshot;
#[cfg(test)]
mod tests;
mod token;
mod users;
mod wire;
mod world;

pub use control::{OktaControl, TimedOut};
pub use directory::{User, UserStatus};
pub use options::{Fault, FaultKind, OktaOptions, RateLimits, SCOPES, SSWS_TOKEN, ServiceApp};
pub use world::{Actor, CALLS_KEPT_MAX, Call, LogEvent, Outcome, Target};

/// A running twin; it stops when dropped.
#[derive(Debug)]
pub struct OktaTwin {
    address: SocketAddr,
    shared: Arc<serve::Shared>,
    server: JoinHandle<()>,
}

impl OktaTwin {
    /// Starts on a free port of loopback, in a task of its own.
    ///
    /// # Errors
    ///
    /// No port of loopback could be opened.
    pub async fn start(company: &Company, options: OktaOptions) -> io::Result<Self> {
        Self::start_on(company, options, 0).await
    }

    /// Starts on this port of loopback (0 means any free one), so that a twin can come back where it was.
    ///
    /// # Errors
    ///
    /// The port could not be opened.
    pub async fn start_on(company: &Company, options: OktaOptions, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let shared = Arc::new(serve::Shared::new(world::World::new(company, options, url)));
        let routes = Router::new().fallback(serve::handle).with_state(Arc::clone(&shared));
        let service = routes.into_make_service_with_connect_info::<Connection>();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(Cuttable(listener), service).await {
                tracing::error!(%error, "the pretend Okta stopped");
            }
        });
        Ok(Self { address, shared, server })
    }

    /// `http://127.0.0.1:<port>`, as `[okta] url` wants it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A hand to look at and change the twin with.
    #[must_use]
    pub fn control(&self) -> OktaControl {
        OktaControl::of(Arc::clone(&self.shared))
    }
}

impl Drop for OktaTwin {
    fn drop(&mut self) {
        // Connections outlive the listener's task; they are cut at their next call.
        self.shared.stop();
        self.server.abort();
    }
}
