//! The chat platforms that are served: told what to say before the engine is there, listened to once it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use glasskey_domain::{AccountId, Book, Platform};

use super::outside::{discord_options, slack_options};
use super::{RunFault, start};
use crate::chat::discord::{self, rest::RestConfig};
use crate::chat::hall::SignIns;
use crate::chat::slack::{self, web::WebConfig};
use crate::config::Config;
use crate::engine::{Chats, Engine};
use crate::notices::Setting;
use crate::telemetry::health::{Health, Part};

/// What must be well for each platform that is served.
pub(super) fn parts(config: &Config) -> Vec<Part> {
    let slack = config.slack.as_ref().map(|_| Part::Slack);
    let discord = config.discord.as_ref().map(|_| Part::Discord);
    [slack, discord].into_iter().flatten().collect()
}

/// The platforms before the engine is there.
pub(super) struct Doors {
    slack: Option<slack::Chat>,
    discord: Option<discord::Chat>,
}

/// The platforms that are listened to.
pub(super) struct Open {
    slack: Option<slack::Connection>,
    discord: Option<discord::Connection>,
}

impl Doors {
    pub(super) fn new(
        config: &Config,
        slack: Option<WebConfig>,
        discord: Option<RestConfig>,
        book: &Book,
        setting: &Setting,
    ) -> Result<Self, RunFault> {
        let options = config.slack.as_ref().zip(slack).map(|(config, web)| slack_options(config, web));
        let slack = options.map(|options| slack::Chat::new(options, book, setting.clone()));
        let discord =
            config.discord.as_ref().zip(discord).and_then(|(config, rest)| discord_options(config, rest));
        let discord = discord.map(|options| discord::Chat::new(options, setting.clone()));
        Ok(Self { slack: slack.transpose().map_err(start)?, discord: discord.transpose().map_err(start)? })
    }

    /// Where the engine tells people.
    pub(super) fn chats(&self) -> Chats {
        let slack = self.slack.as_ref().map(|slack| (Platform::Slack, slack.sender()));
        let discord = self.discord.as_ref().map(|discord| (Platform::Discord, discord.sender()));
        slack.into_iter().chain(discord).collect()
    }

    /// Listens.
    pub(super) fn open(
        self,
        engine: &Engine,
        aliases: &BTreeMap<String, AccountId>,
        sign_ins: &Arc<SignIns>,
    ) -> Result<Open, RunFault> {
        let connect =
            |slack: slack::Chat| slack.connect(engine.clone(), aliases.clone(), Arc::clone(sign_ins));
        let slack = self.slack.map(connect);
        let connect =
            |discord: discord::Chat| discord.connect(engine.clone(), aliases.clone(), Arc::clone(sign_ins));
        let discord = self.discord.map(connect);
        Ok(Open { slack: slack.transpose().map_err(start)?, discord: discord.transpose().map_err(start)? })
    }
}

impl Open {
    /// How each of them is.
    pub(super) fn look(&self, health: &Health) {
        if let Some(slack) = &self.slack {
            tell(health, Part::Slack, slack.health());
        }
        if let Some(discord) = &self.discord {
            tell(health, Part::Discord, discord.health());
        }
    }

    /// Stops listening, after what was heard is acknowledged.
    pub(super) async fn stop(&mut self) {
        if let Some(slack) = &mut self.slack {
            slack.stop().await;
        }
        if let Some(discord) = &mut self.discord {
            discord.stop().await;
        }
    }
}

fn tell(health: &Health, part: Part, how: Result<String, String>) {
    match how {
        Ok(how) => health.well(part, how),
        Err(why) => health.ill(part, why),
    }
}
