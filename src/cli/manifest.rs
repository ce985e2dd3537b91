//! `glasskey manifest …`: what to paste or register at a chat platform. Needs no configuration.

use glasskey_commands::manifest::{SlackApp, discord as discord_commands, slack as slack_manifest};
use serde_json::json;

use super::output::{Exit, Output};

/// The Slack app manifest.
pub fn slack(out: &mut Output) -> Exit {
    let manifest = slack_manifest(&SlackApp::default());
    out.say(manifest.trim_end(), &json!({ "manifest": manifest }));
    Exit::Fine
}

/// The commands that the bot registers in the Discord guild.
pub fn discord(out: &mut Output) -> Exit {
    let manifest = discord_commands();
    out.say(manifest.trim_end(), &json!({ "manifest": manifest }));
    Exit::Fine
}
