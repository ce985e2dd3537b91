//! What the bot finds outside of itself, as plain settings. Reaches nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;

use crate::access::settings::AwsSettings;
use crate::access::sign_in::SignInSettings;
use crate::chat::discord;
use crate::chat::discord::gateway::GatewayConfig;
use crate::chat::discord::rest::RestConfig;
use crate::chat::slack;
use crate::chat::slack::web::WebConfig;
use crate::cli::federations::Providers;
use crate::cli::{aws, sign_in};
use crate::clock::SystemClock;
use crate::config::{self, Config, Secrets};
use crate::ports::Clock;

/// What the bot finds outside of its configuration. Separate so that the same wiring runs against twins, with a clock
/// that can be set.
pub struct Outside {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How AWS is reached.
    pub aws: AwsSettings,
    /// How Slack is reached, where it is served.
    pub slack: Option<WebConfig>,
    /// How Discord's REST is reached, where it is served.
    pub discord: Option<RestConfig>,
    /// Where people sign in, if they can.
    pub sign_in: Option<SignInSettings>,
    /// How the identity providers are reached.
    pub providers: Providers,
    /// The external ids with which roles are assumed to cut sessions, by the ARN of the role.
    pub external_ids: BTreeMap<String, SecretString>,
}

impl Outside {
    /// The machine's clock, AWS and Slack as the configuration says.
    #[must_use]
    pub fn real(config: &Config, secrets: &Secrets) -> Self {
        let slack = config.slack.as_ref().zip(secrets.slack.as_ref()).map(|(slack, tokens)| {
            let (app, bot) = (tokens.app_token.to_secret_string(), tokens.bot_token.to_secret_string());
            WebConfig::new(slack.api_url.clone(), app, bot)
        });
        let discord = config
            .discord
            .as_ref()
            .zip(secrets.discord.as_ref())
            .map(|(discord, token)| RestConfig::new(discord.api_url.clone(), token.to_secret_string()));
        let providers = Providers::of(config, secrets);
        let external_ids = super::watching::external_ids(config, secrets);
        let aws = aws::settings(&config.aws);
        let sign_in = sign_in::settings(config, secrets);
        Self { clock: Arc::new(SystemClock), aws, slack, discord, sign_in, providers, external_ids }
    }
}

pub(super) fn slack_options(config: &config::Slack, web: WebConfig) -> slack::Options {
    slack::Options {
        web,
        teams: config.teams.clone(),
        channel: config.channel.clone(),
        sockets: usize::try_from(config.sockets).unwrap_or(1),
    }
}

pub(super) fn discord_options(config: &config::Discord, rest: RestConfig) -> Option<discord::Options> {
    let guild = discord::rest::id(&config.guild)?;
    let channel = discord::rest::id(&config.channel)?;
    Some(discord::Options { rest, gateway: GatewayConfig::default(), guild, channel })
}
