//! File and environment → `Config`, whole or not at all: every fault at once, each with its place and its mending.
//!
//! The only room that reads the environment. Never prints a secret, never guesses what a key may have meant.

mod aws;
mod breakglass;
mod bundles;
mod environment;
mod fault;
mod keys;
mod providers;
mod reader;
pub mod schedule;
mod secret;
mod secret_keys;
mod sections;
mod sign_in;
mod values;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use glasskey_domain::settings::Bundle;
use glasskey_domain::{AccountId, FederationId, Settings};
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use toml::de::DeTable;
use url::Url;

pub use breakglass::{Breakglass, Federation};
pub use environment::Environment;
pub use fault::{Advice, ConfigFault, ConfigFaults};
pub use providers::{Credential, Entra, Keycloak, Okta, OktaAuth, OktaGroups, Providers};
pub use schedule::Schedule;
pub use secret::{Secret, SecretRef, SecretSource};
pub use sign_in::SignInConfig;

use reader::{Reader, line_at};

/// Longest configuration: ten thousand aliases fit, a device that never ends does not.
const FILE_LENGTH_MAX: u64 = 1024 * 1024;

/// What the caller will do with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Secrets will be used: those on this machine are tried at once, so that their faults are told with the others.
    Secrets,
    /// No secret will be used; they need not be there.
    NoSecrets,
}

/// All that the operator decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from.
    pub file: PathBuf,
    /// SHA-256 of what stood there, in hexadecimal: what was made from it says so.
    pub hash: String,
    /// The folder of the ledger.
    pub store: PathBuf,
    /// `[slack]`, unless Discord alone is served.
    pub slack: Option<Slack>,
    /// `[discord]`, if it is served.
    pub discord: Option<Discord>,
    /// `[aws]`.
    pub aws: Aws,
    /// `[requests]`, with the federations and without the bundles.
    pub requests: Settings,
    /// The identity providers.
    pub providers: Providers,
    /// `[sign_in]`.
    pub sign_in: Option<SignInConfig>,
    /// `[breakglass]`.
    pub breakglass: Breakglass,
    /// `[aliases.accounts]`.
    pub aliases: BTreeMap<String, AccountId>,
    /// When the directory is read.
    pub directory_schedule: Schedule,
    /// When what people hold is looked at.
    pub reconcile_schedule: Schedule,
    /// When drills of break-glass are held, if they are.
    pub drill_schedule: Option<Schedule>,
    /// When standing access is reported, if it is.
    pub standing_report_schedule: Option<Schedule>,
    /// The names of the permission sets that are looked at for access that no request explains; all, when none is named.
    pub drift_permission_sets: Option<Vec<String>>,
    /// Where sessions that outlive access are denied, if they are.
    pub cut_sessions: Option<CutSessions>,
    /// The file of the bundles; see [`Config::bundles`].
    pub bundles_file: Option<PathBuf>,
    /// `[policy]`.
    pub policy: Policy,
    /// `[admin]`.
    pub admin: Admin,
    /// What works and is probably not meant.
    pub advice: Vec<Advice>,
}

/// `[slack]`.
#[derive(Debug, Clone)]
pub struct Slack {
    /// `xapp-…`: opens sockets.
    pub app_token: SecretSource,
    /// `xoxb-…`: everything else.
    pub bot_token: SecretSource,
    /// The workspaces served.
    pub teams: Vec<String>,
    /// Where request cards go.
    pub channel: String,
    /// The Web API.
    pub api_url: Url,
    /// Sockets kept open, 1 to 5.
    pub sockets: u32,
}

/// `[discord]`.
#[derive(Debug, Clone)]
pub struct Discord {
    /// The bot's token.
    pub token: SecretSource,
    /// The server (guild) served.
    pub guild: String,
    /// Where request cards go.
    pub channel: String,
    /// The REST API, without its version.
    pub api_url: Url,
}

/// `[aws]`.
#[derive(Debug, Clone)]
pub struct Aws {
    /// The region of IAM Identity Center.
    pub region: String,
    /// All AWS services, instead of AWS's own addresses; `AWS_ENDPOINT_URL` where the file says nothing.
    pub endpoint_url: Option<Url>,
    /// The access portal, for links.
    pub portal_url: Option<Url>,
    /// The Identity Center instance; discovered when not given.
    pub instance_arn: Option<String>,
    /// Calls a second to IAM Identity Center, at least 1.
    pub calls_per_second: u32,
    /// Whether the roles of what can be asked for are kept by anchors.
    pub anchors: bool,
    /// The name of the empty group that they are assigned to.
    pub anchor_group: String,
}

/// Where sessions that outlive access are denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CutSessions {
    /// In the inline policy of the permission set.
    InlinePolicy,
    /// In the service control policy of this id.
    ServiceControlPolicy(String),
}

/// `[policy]`.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The folder of the `*.cedar` files.
    pub dir: PathBuf,
    /// Where the time of day is taken from.
    pub time_zone: TimeZone,
}

/// `[admin]`.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The Unix socket of the running bot.
    pub socket: PathBuf,
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    pub metrics: SocketAddr,
    /// Local Unix user → e-mail address of the person.
    pub people: BTreeMap<String, String>,
}

/// The secrets themselves.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Those for Slack.
    pub slack: Option<SlackSecrets>,
    /// The bot's token at Discord.
    pub discord: Option<Secret>,
    /// The token or the private key for Okta.
    pub okta: Option<Secret>,
    /// The secret or the private key for Microsoft Entra ID.
    pub entra: Option<Secret>,
    /// The secret or the private key for Keycloak.
    pub keycloak: Option<Secret>,
    /// The secret of the client that signs people in.
    pub sign_in: Option<Secret>,
    /// The external ids with which the roles that cut sessions are assumed.
    pub external_ids: BTreeMap<FederationId, Secret>,
}

/// The secrets for Slack.
#[derive(Debug, Clone)]
pub struct SlackSecrets {
    /// `xapp-…`.
    pub app_token: Secret,
    /// `xoxb-…`.
    pub bot_token: Secret,
}

impl Config {
    /// Reads the file, and the environment where the file points to it.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn load(file: &Path, environment: &Environment, need: Need) -> Result<Self, ConfigFaults> {
        let name = file.display().to_string();
        let source = read_text(file).map_err(|why| {
            let must = "a configuration; `glasskey init --sample` writes one to start from";
            ConfigFaults::new(vec![whole(&name, None, why, must)])
        })?;
        let folder = std::path::absolute(file)
            .ok()
            .and_then(|file| file.parent().map(Path::to_path_buf))
            .unwrap_or_default();
        Self::read(&name, &folder, &source, environment, need)
    }

    /// Reads the file of the bundles, as often as it is asked for: they change while the bot runs. None without a file.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn bundles(&self) -> Result<BTreeMap<String, Bundle>, ConfigFaults> {
        self.bundles_file.as_deref().map_or_else(|| Ok(BTreeMap::new()), bundles::load)
    }

    /// Reads a text as if it stood in the file `name`; relative paths start at `base`.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(
        name: &str,
        base: &Path,
        source: &str,
        environment: &Environment,
        need: Need,
    ) -> Result<Self, ConfigFaults> {
        let (root, errors) = DeTable::parse_recoverable(source);
        if !errors.is_empty() {
            return Err(ConfigFaults::new(errors.iter().map(|error| syntax(name, source, error)).collect()));
        }
        let mut reader = Reader::new(name, base, source, root.get_ref());
        let store = sections::store(&mut reader);
        let slack = sections::slack(&mut reader, environment, need);
        let discord = sections::discord(&mut reader, environment, need);
        let aws = sections::aws(&mut reader, environment);
        let mut requests = sections::requests(&mut reader);
        let providers = providers::providers(&mut reader, environment, need);
        let sign_in = sign_in::sign_in(&mut reader, environment, need);
        let channel = slack.as_ref().map(|slack| slack.channel.clone());
        let discord_channel = discord.as_ref().map(|discord| discord.channel.clone());
        let around = breakglass::Around { environment, need, store: store.clone(), channel, discord_channel };
        let breakglass = breakglass::breakglass(&mut reader, &around);
        requests.federations = breakglass
            .federations
            .iter()
            .map(|(name, federation)| (name.clone(), federation.settings.clone()))
            .collect();
        let (cut_sessions, bundles_file) = sections::extras(&mut reader);
        requests.cut_sessions = cut_sessions.is_some();
        let (drift_permission_sets, drift_remove) = sections::drift(&mut reader);
        requests.drift_remove = drift_remove;
        let aliases = sections::aliases(&mut reader);
        if let Some(sign_in) = &sign_in {
            requests.step_up = sign_in.step_ups_where(&aliases);
            requests.sign_in_fresh = sign_in.fresh;
        }
        let schedules = sections::schedules(&mut reader);
        let policy = sections::policy(&mut reader);
        let admin = sections::admin(&mut reader);
        match (aws, schedules) {
            (Some(aws), Some(schedules)) if reader.faults.is_empty() => Ok(Self {
                file: base.join(name),
                hash: Sha256::digest(source).iter().map(|byte| format!("{byte:02x}")).collect(),
                store,
                slack,
                discord,
                aws,
                requests,
                providers,
                sign_in,
                breakglass,
                aliases,
                directory_schedule: schedules.directory,
                reconcile_schedule: schedules.reconcile,
                drill_schedule: schedules.drill,
                standing_report_schedule: schedules.standing,
                drift_permission_sets,
                cut_sessions,
                bundles_file,
                policy,
                admin,
                advice: reader.advice,
            }),
            _ => Err(ConfigFaults::new(reader.faults)),
        }
    }

    /// Gets the secrets from where they are kept. Asks AWS only for those that are kept there.
    ///
    /// # Errors
    /// Every secret that could not be had.
    pub async fn resolve_secrets(&self, environment: &Environment) -> Result<Secrets, ConfigFaults> {
        let mut faults = Vec::new();
        let Providers { okta, entra, keycloak } = &self.providers;
        let slack = self.slack_secrets(environment, &mut faults).await;
        let discord = self.discord.as_ref().map(|discord| &discord.token);
        let discord = self.resolve_any(discord, environment, &mut faults).await;
        let okta =
            self.resolve_any(okta.as_ref().map(|one| one.auth.source()), environment, &mut faults).await;
        let entra = self
            .resolve_any(entra.as_ref().map(|one| one.credential.source()), environment, &mut faults)
            .await;
        let keycloak = self
            .resolve_any(keycloak.as_ref().map(|one| one.credential.source()), environment, &mut faults)
            .await;
        let sign_in = self.sign_in.as_ref().and_then(|one| one.client_secret.as_ref());
        let sign_in = self.resolve_any(sign_in, environment, &mut faults).await;
        let mut external_ids = BTreeMap::new();
        for (name, federation) in &self.breakglass.federations {
            let source = federation.external_id.as_ref();
            if let Some(secret) = self.resolve_any(source, environment, &mut faults).await {
                external_ids.insert(name.clone(), secret);
            }
        }
        if !faults.is_empty() {
            return Err(ConfigFaults::new(faults));
        }
        Ok(Secrets { slack, discord, okta, entra, keycloak, sign_in, external_ids })
    }

    async fn slack_secrets(
        &self,
        environment: &Environment,
        faults: &mut Vec<ConfigFault>,
    ) -> Option<SlackSecrets> {
        let slack = self.slack.as_ref()?;
        let app_token = self.resolve(&slack.app_token, environment, faults).await;
        let bot_token = self.resolve(&slack.bot_token, environment, faults).await;
        Some(SlackSecrets { app_token: app_token?, bot_token: bot_token? })
    }

    async fn resolve_any(
        &self,
        source: Option<&SecretSource>,
        environment: &Environment,
        faults: &mut Vec<ConfigFault>,
    ) -> Option<Secret> {
        match source {
            Some(source) => self.resolve(source, environment, faults).await,
            None => None,
        }
    }

    async fn resolve(
        &self,
        source: &SecretSource,
        environment: &Environment,
        faults: &mut Vec<ConfigFault>,
    ) -> Option<Secret> {
        let local = secret::read_local(source.reference(), environment);
        let secret = match (local, source.reference()) {
            (Ok(None), SecretRef::SecretsManager(id)) => aws::read(&self.aws, id).await,
            (local, _) => local.and_then(|secret| secret.ok_or_else(|| "not on this machine".to_owned())),
        };
        secret.map_err(|why| faults.push(source.fault(&why))).ok()
    }
}

fn read_text(file: &Path) -> Result<String, String> {
    let open = std::fs::File::open(file).map_err(|why| format!("cannot be read: {why}"))?;
    let mut text = String::new();
    open.take(FILE_LENGTH_MAX.saturating_add(1))
        .read_to_string(&mut text)
        .map_err(|why| format!("cannot be read: {why}"))?;
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if length > FILE_LENGTH_MAX { Err(format!("longer than {FILE_LENGTH_MAX} bytes")) } else { Ok(text) }
}

/// A place where the text is not TOML. The library's own text would show the line, which may hold a secret.
fn syntax(name: &str, source: &str, error: &toml::de::Error) -> ConfigFault {
    let line = error.span().map(|span| line_at(source, span.start));
    whole(name, line, format!("not TOML: {}", error.message()), "TOML, as in glasskey.example.toml")
}

fn whole(name: &str, line: Option<usize>, is: String, must: &str) -> ConfigFault {
    ConfigFault { file: name.to_owned(), line, key: String::new(), is, must: must.to_owned(), nearest: None }
}
