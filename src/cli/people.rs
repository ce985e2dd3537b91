//! `glasskey people …`: asks the running bot. The bot decides; here it is only said.

use std::path::Path;

use glasskey_domain::Platform;

use super::arguments::PeopleCommand;
use super::output::{Exit, Output};
use super::requests::said;
use super::socket::ask;
use crate::chat::host::HostRequest;

/// Asks, and says the answer.
pub async fn perform(out: &mut Output, socket: &Path, command: PeopleCommand) -> Exit {
    let request = match command {
        PeopleCommand::List => HostRequest::People,
        PeopleCommand::Link { person, discord } => HostRequest::PeopleLink { person, user: discord },
        PeopleCommand::Unlink { discord, slack } => {
            let discord = discord.map(|user| (Platform::Discord, user));
            // The arguments hold exactly one of them.
            let Some((on, user)) = discord.or_else(|| slack.map(|user| (Platform::Slack, user))) else {
                return Exit::Usage;
            };
            HostRequest::PeopleUnlink { on, user }
        }
    };
    said(out, ask(socket, request).await)
}
