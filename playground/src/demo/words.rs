//! What the demo says in the terminal. Short: the page is where to look.

use std::io::Write as _;

use super::Twins;
use super::folder::Folder;
use crate::okta::SSWS_TOKEN;

/// To standard output; a closed pipe is no reason to stop.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// To standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub(super) fn banner(url: &str, examples: &[&str], emergency: &str) -> String {
    let example = examples.first().copied().unwrap_or_default();
    format!(
        "\n  Glasskey playground: a pretend company, the real bot.\n\n    \
         Open   {url}\n    \
         Type   {example}\n    \
         Then   become Bo at the top of the page, and approve it: in the tab of Slack, or in that of Discord.\n    \
         Break  the glass as Dee: {emergency}\n           \
                Bo confirms, `/breakglass off` ends it; the page has a switch that takes Identity Center down.\n    \
         Stop   Ctrl-C\n"
    )
}

/// While one waits: a first look at AWS takes seconds, and silence would look like a fault.
pub(super) const STARTING: &str = "  The bot is starting: it reads people, groups and accounts first…";

pub(super) fn ready(folder: &Folder) -> String {
    format!("  The bot is ready. It runs with {}", folder.config.display())
}

pub(super) fn by_hand(folder: &Folder, twins: &Twins) -> String {
    format!(
        "  No bot was started. To start one:\n\n    \
         SLACK_APP_TOKEN={} SLACK_BOT_TOKEN={} DISCORD_TOKEN={} OKTA_TOKEN={SSWS_TOKEN} \\\n    \
         AWS_ACCESS_KEY_ID=playground AWS_SECRET_ACCESS_KEY=playground AWS_EC2_METADATA_DISABLED=true \\\n    \
         glasskey run --config {}\n",
        twins.slack.app_token(),
        twins.slack.bot_token(),
        twins.discord.bot_token(),
        folder.config.display()
    )
}

pub(super) fn not_linked(name: &str) -> String {
    format!("  {name} is not known in Discord yet; there `/elevate link` does it.")
}

pub(super) fn death(what: &str, lines: &[String]) -> String {
    let said =
        if lines.is_empty() { "    (nothing)".to_owned() } else { format!("    {}", lines.join("\n    ")) };
    format!("{what}\n  what it said last:\n{said}")
}
