//! `glasskey drift …`: asks the running bot. The bot decides; here it is only said.

use std::path::Path;

use super::arguments::DriftCommand;
use super::output::{Exit, Output};
use super::requests::said;
use super::socket::ask;
use crate::chat::host::HostRequest;

/// Asks, and says the answer.
pub async fn perform(out: &mut Output, socket: &Path, command: DriftCommand) -> Exit {
    let request = match command {
        DriftCommand::List => HostRequest::Drift,
        DriftCommand::Adopt { person, account, permission_set, reason } => {
            HostRequest::DriftAdopt { person, account, permission_set, reason: reason.join(" ") }
        }
    };
    said(out, ask(socket, request).await)
}
