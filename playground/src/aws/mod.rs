//! A pretend AWS on loopback: IAM Identity Center, the Identity Store, Organizations and STS on one port.
//!
//! It speaks the wire protocols the AWS SDKs speak and behaves as the real thing does where that hurts: asynchronous
//! operations, budgets, small and empty pages, lists that lag, lost replies. It must never be reachable from outside
//! this machine and never know anything about the bot.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::company::Company;
use crate::connection::{Connection, Cuttable};

mod clock;
mod console;
mod control;
mod directory;
mod identity_store;
mod lag;
mod memberships;
mod options;
mod organizations;
mod paging;
mod policies;
mod provisioning;
mod serve;
mod snapshot;
mod sso_admin;
mod sts;
#[cfg(test)]
mod tests;
mod throttle;
mod wire;
mod world;

pub use control::{AwsControl, TimedOut};
pub use options::{AwsOptions, CALLS_PER_SECOND, Fault, FaultKind, OUTSTANDING_MAX, PROVISIONINGS_MAX};
pub use policies::Provisioning;
pub use world::{CALLS_KEPT_MAX, Call, Operation, OperationKind, OperationStatus, Outcome};

/// A running twin; it stops when dropped.
#[derive(Debug)]
pub struct AwsTwin {
    address: SocketAddr,
    shared: Arc<serve::Shared>,
    server: JoinHandle<()>,
}

impl AwsTwin {
    /// Starts on a free port of loopback, in a task of its own.
    ///
    /// # Errors
    ///
    /// No port of loopback could be opened.
    pub async fn start(company: &Company, options: AwsOptions) -> io::Result<Self> {
        Self::start_on(company, options, 0).await
    }

    /// Starts on this port of loopback (0 means any free one), so that a twin can come back where it was.
    ///
    /// # Errors
    ///
    /// The port could not be opened.
    pub async fn start_on(company: &Company, options: AwsOptions, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(serve::Shared::new(world::World::new(company, options)));
        let routes = Router::new().fallback(serve::handle).with_state(Arc::clone(&shared));
        let service = routes.into_make_service_with_connect_info::<Connection>();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(Cuttable(listener), service).await {
                tracing::error!(%error, "the pretend AWS stopped");
            }
        });
        Ok(Self { address, shared, server })
    }

    /// `http://127.0.0.1:<port>`, the endpoint of all services.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A hand to look at and change the twin with.
    #[must_use]
    pub fn control(&self) -> AwsControl {
        AwsControl::of(Arc::clone(&self.shared))
    }
}

impl Drop for AwsTwin {
    fn drop(&mut self) {
        // Connections outlive the listener's task; they are cut at their next call.
        self.shared.stop();
        self.server.abort();
    }
}
