//! The page: a chat at the left, AWS, Okta and the bot's own words at the right, served on loopback from this binary alone.
//!
//! Everything a person does here goes through the twin of Slack or of Discord as that person; what happens to AWS and Okta behind the bot's
//! back is the visitor's doing. It must never speak to the bot itself and never load anything from elsewhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::company::Company;
use crate::discord::DiscordTwin;
use crate::slack::SlackTwin;

mod acts;
mod assets;
mod discord;
mod feed;
mod guard;
mod hands;
mod stream;
mod view;

pub use feed::{BotState, EventFeed};
pub use hands::Hands;

/// A platform that the page watches: a counter that moves with every change, and what to show then.
#[derive(Clone)]
pub struct Panel {
    changes: watch::Receiver<u64>,
    snapshot: Arc<dyn Fn() -> Value + Send + Sync>,
}

impl Panel {
    /// A panel over any twin that can be watched.
    #[must_use]
    pub fn new(changes: watch::Receiver<u64>, snapshot: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        Self { changes, snapshot: Arc::new(snapshot) }
    }
}

/// What the page shows.
#[derive(Clone)]
pub struct PageParts {
    /// Who is there.
    pub company: Company,
    /// The chat in Slack.
    pub slack: SlackTwin,
    /// The chat in Discord.
    pub discord: DiscordTwin,
    /// Channels of Slack to show: id and name.
    pub channels: Vec<(String, String)>,
    /// AWS.
    pub aws: Panel,
    /// Okta.
    pub okta: Panel,
    /// What the visitor may do to AWS and Okta.
    pub hands: Hands,
    /// What the bot says.
    pub feed: EventFeed,
    /// Example commands above the composer, as one types them in Slack.
    pub examples: Vec<String>,
    /// The same, as one types them in Discord.
    pub discord_examples: Vec<String>,
}

/// The running page; it stops when dropped.
#[derive(Debug)]
pub struct Page {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Page {
    /// Serves the page on this port of loopback (0 takes a free one).
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(parts: PageParts, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let router = router(Arc::new(parts));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the page stopped");
            }
        });
        Ok(Self { address, server })
    }

    /// `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn router(parts: Arc<PageParts>) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/{file}", get(assets::file))
        .route("/ui/state", get(view::state))
        .route("/ui/stream", get(stream::stream))
        .route("/ui/slash", post(acts::slash))
        .route("/ui/click", post(acts::click))
        .route("/ui/submit", post(acts::submit))
        .route("/ui/fill", post(acts::fill))
        .route("/ui/close", post(acts::close))
        .route("/ui/home", post(acts::home))
        .route("/ui/suggest", post(acts::suggest))
        .route("/ui/discord/say", post(discord::say))
        .route("/ui/discord/slash", post(discord::slash))
        .route("/ui/discord/suggest", post(discord::suggest))
        .route("/ui/discord/click", post(discord::click))
        .route("/ui/discord/submit", post(discord::submit))
        .route("/ui/discord/close", post(discord::close))
        .route("/ui/happen", post(acts::happen))
        .layer(axum::middleware::from_fn(guard::loopback_only))
        .with_state(parts)
}

#[cfg(test)]
mod tests;
