//! Discord's two halves put together: the sender, which works without the gateway, and the listener behind the gateway.

use std::collections::BTreeMap;
use std::sync::Arc;

use glasskey_domain::AccountId;
use serenity::model::id::{ChannelId, GuildId};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::gateway::{Gateway, GatewayConfig, GatewayEnd, GatewayHealth};
use super::listen::Listener;
use super::people::People;
use super::register::{Registrar, Registration};
use super::rest::refused::REFUSED_STOP;
use super::rest::{DiscordRest, RestConfig, RestHealth, RestSetupFault};
use super::send::Sender;
use crate::chat::hall::SignIns;
use crate::engine::Engine;
use crate::notices::Setting;
use crate::ports;

/// What Discord needs to be told.
pub struct Options {
    /// How to reach REST.
    pub rest: RestConfig,
    /// How patient the gateway is.
    pub gateway: GatewayConfig,
    /// The guild served.
    pub guild: GuildId,
    /// Where request cards go.
    pub channel: ChannelId,
}

/// Discord, before the engine is there.
pub struct Chat {
    rest: DiscordRest,
    people: Arc<People>,
    sender: Arc<Sender>,
    gateway: GatewayConfig,
    guild: GuildId,
}

/// Discord, listening.
pub struct Connection {
    stop: watch::Sender<bool>,
    gateway: watch::Receiver<GatewayHealth>,
    rest: watch::Receiver<RestHealth>,
    registration: Registration,
    listening: JoinHandle<()>,
}

impl Chat {
    /// Prepares to talk; asks Discord nothing yet.
    ///
    /// # Errors
    /// When the token or the address cannot be used.
    pub fn new(options: Options, setting: Setting) -> Result<Self, RestSetupFault> {
        let rest = DiscordRest::new(options.rest)?;
        let people = Arc::new(People::new(rest.clone(), options.guild));
        let sender = Arc::new(Sender::new(rest.clone(), Arc::clone(&people), options.channel, setting));
        Ok(Self { rest, people, sender, gateway: options.gateway, guild: options.guild })
    }

    /// Where the engine tells people.
    #[must_use]
    pub fn sender(&self) -> Arc<dyn ports::Chat> {
        self.sender.clone()
    }

    /// Opens the gateway, listens, and registers the commands.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn connect(
        self,
        engine: Engine,
        aliases: BTreeMap<String, AccountId>,
        sign_ins: Arc<SignIns>,
    ) -> Result<Connection, RestSetupFault> {
        self.people.learn(&engine);
        let listener = Listener::new(self.rest.clone(), self.people, engine, aliases, sign_ins);
        let gateway = Gateway::new(self.gateway, self.rest.clone(), Arc::new(listener))?;
        let registrar = Registrar::new(self.rest.clone(), self.guild);
        let (stop, stopped) = watch::channel(false);
        let (health, rest, registration) = (gateway.health(), self.rest.health(), registrar.told());
        let registered = registrar.keep(health.clone());
        let listening = tokio::spawn(async move {
            let registered = tokio::spawn(registered);
            if let GatewayEnd::Refused { code } = gateway.run(stopped).await {
                tracing::error!(
                    code,
                    "Discord refuses this bot for good; access is still taken back in time, but nobody can be heard there until somebody mends it and restarts the bot"
                );
            }
            registered.abort();
        });
        Ok(Connection { stop, gateway: health, rest, registration, listening })
    }
}

impl Connection {
    /// How Discord is: connected, or what is wrong.
    ///
    /// # Errors
    /// What is wrong.
    pub fn health(&self) -> Result<String, String> {
        let (gateway, rest) = (self.gateway.borrow(), self.rest.borrow());
        if let Some(fatal) = gateway.fatal.as_ref().or(rest.fatal.as_ref()) {
            return Err(fatal.clone());
        }
        if rest.refused >= REFUSED_STOP {
            let refused = rest.refused;
            return Err(format!(
                "Discord refused {refused} calls in ten minutes; only people are still answered, lest it bans this machine's address: look at the bot's permissions and at its log"
            ));
        }
        if self.listening.is_finished() {
            return Err("nobody listens to Discord any more; restart glasskey".to_owned());
        }
        if !gateway.live {
            let waiting = gateway.waiting.clone();
            return Err(waiting.unwrap_or_else(|| "the gateway is not connected".to_owned()));
        }
        match &*self.registration.borrow() {
            Some(wrong) => Err(wrong.clone()),
            None => Ok("connected".to_owned()),
        }
    }

    /// Stops listening, after what was heard is answered.
    pub async fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Err(failed) = (&mut self.listening).await {
            tracing::error!(%failed, "listening to Discord ended badly");
        }
    }
}
