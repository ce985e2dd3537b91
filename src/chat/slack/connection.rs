//! Slack's two halves put together: the sender, which works without a socket, and the listener behind the sockets.

use std::collections::BTreeMap;
use std::sync::Arc;

use glasskey_domain::{AccountId, Book};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::listen::Listener;
use super::people::People;
use super::send::Sender;
use super::socket::{SocketConfig, SocketEnd, SocketHealth, SocketMode};
use super::web::{SlackWeb, WebConfig, WebSetupFault};
use crate::chat::hall::SignIns;
use crate::engine::Engine;
use crate::notices::Setting;
use crate::ports;

/// What Slack needs to be told.
pub struct Options {
    /// How to reach the Web API.
    pub web: WebConfig,
    /// The workspaces served.
    pub teams: Vec<String>,
    /// Where request cards go.
    pub channel: String,
    /// Sockets kept open.
    pub sockets: usize,
}

/// Slack, before the engine is there.
pub struct Chat {
    web: SlackWeb,
    people: Arc<People>,
    sender: Arc<Sender>,
    channel: String,
    sockets: usize,
}

/// Slack, listening.
pub struct Connection {
    stop: watch::Sender<bool>,
    health: watch::Receiver<SocketHealth>,
    listening: JoinHandle<()>,
}

impl Chat {
    /// Prepares to talk; asks Slack nothing yet.
    ///
    /// # Errors
    /// When a token or an address cannot be used.
    pub fn new(options: Options, book: &Book, setting: Setting) -> Result<Self, WebSetupFault> {
        let web = SlackWeb::new(options.web)?;
        let people = Arc::new(People::new(web.clone(), options.teams, book.bindings()));
        let channel = options.channel.clone();
        let sender = Arc::new(Sender::new(web.clone(), Arc::clone(&people), options.channel, setting));
        Ok(Self { web, people, sender, channel, sockets: options.sockets })
    }

    /// Where the engine tells people.
    #[must_use]
    pub fn sender(&self) -> Arc<dyn ports::Chat> {
        self.sender.clone()
    }

    /// Opens the sockets and listens.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn connect(
        self,
        engine: Engine,
        aliases: BTreeMap<String, AccountId>,
        sign_ins: Arc<SignIns>,
    ) -> Result<Connection, WebSetupFault> {
        let listener =
            Listener::new(self.web.clone(), Arc::clone(&self.people), engine.clone(), aliases, sign_ins);
        let config = SocketConfig { sockets: self.sockets, ..SocketConfig::default() };
        let sockets = SocketMode::new(config, self.web, Arc::new(listener))?;
        let (stop, stopped) = watch::channel(false);
        let health = sockets.health();
        let draining = engine.draining();
        let (people, channel) = (self.people, self.channel);
        let listening = tokio::spawn(async move {
            let warm = tokio::spawn(async move { people.keep_warm(engine, channel, draining).await });
            if sockets.run(stopped).await == SocketEnd::LinkDisabled {
                tracing::error!(
                    "Slack switched Socket Mode off for this app; access is still taken back in time, but nobody can be heard until somebody switches it on and restarts the bot"
                );
            }
            warm.abort();
        });
        Ok(Connection { stop, health, listening })
    }
}

impl Connection {
    /// How the sockets are: how many are open, or what is wrong.
    ///
    /// # Errors
    /// What is wrong.
    pub fn health(&self) -> Result<String, String> {
        let health = self.health.borrow();
        match (&health.fatal, health.open) {
            (Some(fatal), _) => Err(fatal.clone()),
            (None, _) if self.listening.is_finished() => {
                Err("nobody listens to Slack any more; restart glasskey".to_owned())
            }
            (None, 0) => Err("no socket is open".to_owned()),
            (None, open) => Ok(format!("{open} sockets")),
        }
    }

    /// Stops listening, after what was heard is acknowledged.
    pub async fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Err(failed) = (&mut self.listening).await {
            tracing::error!(%failed, "listening to Slack ended badly");
        }
    }
}
