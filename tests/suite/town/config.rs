//! What this town's bot is told: the same configuration file that an operator writes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use glasskey::config::{Config, Environment, Need};

use super::{ACCESS, Platform};

/// The access channel in Discord.
const DISCORD_ACCESS: &str = "1290000000000000101";
/// The incident channel in Discord.
const DISCORD_INCIDENT: &str = "1290000000000000102";

/// Where the twins are.
pub(super) struct Urls {
    pub(super) slack: String,
    pub(super) discord: String,
    pub(super) aws: String,
    pub(super) okta: String,
}

/// All that a configuration is made of.
pub(super) struct Paper {
    pub(super) folder: PathBuf,
    pub(super) urls: Urls,
    pub(super) guild: String,
    pub(super) schedule: String,
    pub(super) more: String,
    pub(super) environment: Environment,
}

impl Paper {
    /// The configuration in which these platforms are served.
    pub(super) fn config(&self, serves: &BTreeSet<Platform>) -> Config {
        let file = self.folder.join("town.toml");
        std::fs::write(&file, self.text(serves)).unwrap();
        Config::load(&file, &self.environment, Need::Secrets).unwrap()
    }

    fn text(&self, serves: &BTreeSet<Platform>) -> String {
        let ours = self.chats(serves) + &self.ordinary() + &self.emergencies(serves);
        let mut all: toml::Table = ours.parse().unwrap();
        lay_over(&mut all, self.more.parse().unwrap());
        toml::to_string(&all).unwrap()
    }

    fn path(&self, name: &str) -> String {
        Path::new(&self.folder).join(name).display().to_string()
    }

    fn chats(&self, serves: &BTreeSet<Platform>) -> String {
        let mut text = String::new();
        if serves.contains(&Platform::Slack) {
            let url = &self.urls.slack;
            write!(
                text,
                r#"
[slack]
app_token = "env:SLACK_APP_TOKEN"
bot_token = "env:SLACK_BOT_TOKEN"
team = "T0ACME"
channel = "{ACCESS}"
api_url = "{url}"
"#
            )
            .unwrap();
        }
        if serves.contains(&Platform::Discord) {
            let (url, guild) = (&self.urls.discord, &self.guild);
            write!(
                text,
                r#"
[discord]
token = "env:DISCORD_TOKEN"
guild = "{guild}"
channel = "{DISCORD_ACCESS}"
api_url = "{url}"
"#
            )
            .unwrap();
        }
        text
    }

    fn ordinary(&self) -> String {
        let Urls { aws, okta, .. } = &self.urls;
        let (store, policies, socket) =
            (self.path("ledger"), self.path("policies"), self.path("glasskey.sock"));
        let schedule = &self.schedule;
        format!(
            r#"
[store]
path = "{store}"
[aws]
region = "eu-west-1"
endpoint_url = "{aws}"
portal_url = "https://acme.awsapps.com/start"
calls_per_second = 1000
[requests]
lapse_after = "1h"
max_duration = "12h"
[requests.reason]
required = true
min_length = 8
[requests.ticket]
required = false
pattern = "^(INC|CHG)-[0-9]+$"
[schedule]
directory = "0 0 3 * * *"
{schedule}
[okta]
url = "{okta}"
token = "env:OKTA_TOKEN"
[policy]
dir = "{policies}"
[admin]
socket = "{socket}"
"#
        )
    }

    fn emergencies(&self, serves: &BTreeSet<Platform>) -> String {
        let channel = |on: &Platform| match on {
            Platform::Slack => "channel = \"C0INCIDENT\"\n".to_owned(),
            Platform::Discord => format!("discord_channel = \"{DISCORD_INCIDENT}\"\n"),
        };
        let channels: String = serves.iter().map(channel).collect();
        format!(
            r#"
[breakglass.main]
app = "0oa1emergency"
groups = {{ ro = "00gro", ops = "00gops" }}
group_names = {{ ro = "aws#EmergencyAccess_Role1_RO#222222222222", ops = "aws#EmergencyAccess_Role1_Ops#222222222222" }}
max_duration = "4h"
duration = "2h"
{channels}"#
        )
    }
}

/// Each key of `above` stands above that of `below`; what is `false` there and a section here is left out.
fn lay_over(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (Some(toml::Value::Table(_)), toml::Value::Boolean(false)) => drop(below.remove(&key)),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}
