//! How a workspace of the twin is set up. Numbers here are Slack's own unless a test says otherwise.

use std::collections::BTreeSet;
use std::time::Duration;

/// Slack must have received the acknowledgement within this time, else the person sees `operation_timeout`
/// (platform-rules §1.1).
const ACK_LIMIT: Duration = Duration::from_secs(3);

/// Scopes of the manifest that platform-rules §1.6 recommends, and what `conversations.history` needs.
const SCOPES: [&str; 11] = [
    "commands",
    "chat:write",
    "users:read",
    "users:read.email",
    "im:write",
    "im:history",
    "channels:read",
    "channels:history",
    "groups:read",
    "groups:history",
    "pins:write",
];

/// What Slack does with an envelope that nobody acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivery {
    /// Nothing (slash commands and interactions have no documented retry).
    Never,
    /// Sent once more under the same `envelope_id`, with `retry_attempt` 1, when the time is up or its socket is gone.
    Once,
}

/// Which of the open connections gets the next envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routing {
    /// In turn, as Slack's documentation suggests ("any of the connections").
    RoundRobin,
    /// The connection that opened first among those still open.
    Oldest,
    /// The connection that opened last.
    Newest,
}

/// How the twin is set up.
#[derive(Debug, Clone)]
pub struct SlackOptions {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Bot token (`xoxb-…`) that is accepted.
    pub bot_token: String,
    /// App-level token (`xapp-…`) that is accepted by `apps.connections.open`.
    pub app_token: String,
    /// Scopes of the bot token.
    pub scopes: BTreeSet<String>,
    /// Channels of the workspace: id and name. The bot and everybody of the company is a member.
    pub channels: Vec<(String, String)>,
    /// Slash commands of the app; others are refused by Slack itself.
    pub commands: Vec<String>,
    /// Whether the app has a Home tab.
    pub home_tab: bool,
    /// Whether `@name`, `#channel` and links in slash commands become ids ("escape channels, users and links").
    pub should_escape: bool,
    /// Time until a person sees `operation_timeout`.
    pub ack_limit: Duration,
    /// What happens to envelopes that nobody acknowledged.
    pub redelivery: Redelivery,
    /// Which connection gets an envelope.
    pub routing: Routing,
    /// Time between pings of the server.
    pub ping_every: Duration,
    /// A connection lives this long, then gets `warning` and, 10 s later, `refresh_requested`. Slack: hours.
    pub socket_lifetime: Duration,
    /// Whether tier limits and one message a second and channel are enforced.
    pub rate_limits: bool,
}

impl Default for SlackOptions {
    fn default() -> Self {
        Self {
            port: 0,
            bot_token: "xoxb-playground-0000-glasskey".into(),
            app_token: "xapp-1-A0GLASSKEY-playground".into(),
            scopes: SCOPES.into_iter().map(str::to_owned).collect(),
            channels: vec![
                ("C0ACCESS".into(), "access".into()),
                ("C0INCIDENT".into(), "incidents".into()),
                ("C0GENERAL".into(), "general".into()),
            ],
            commands: vec!["/elevate".into(), "/breakglass".into()],
            home_tab: true,
            should_escape: true,
            ack_limit: ACK_LIMIT,
            redelivery: Redelivery::Never,
            routing: Routing::RoundRobin,
            ping_every: Duration::from_secs(10),
            socket_lifetime: Duration::from_secs(3600),
            rate_limits: false,
        }
    }
}
