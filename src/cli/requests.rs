//! `glasskey requests …`: asks the running bot. The bot decides; here it is only said.

use std::path::Path;

use super::arguments::RequestsCommand;
use super::output::{Exit, Output};
use super::socket::{AskFault, ask};
use crate::chat::host::{HostRequest, HostResponse};

/// Asks, and says the answer.
pub async fn perform(out: &mut Output, socket: &Path, command: RequestsCommand) -> Exit {
    said(out, ask(socket, request(command)).await)
}

/// Says what the bot answered, or why it could not be asked.
pub(super) fn said(out: &mut Output, answer: Result<HostResponse, AskFault>) -> Exit {
    match answer {
        Ok(answer) if answer.refused => {
            out.fail(&answer.lines.join("\n"), &answer.json);
            Exit::Refused
        }
        Ok(answer) => {
            out.say(&answer.lines.join("\n"), &answer.json);
            Exit::Fine
        }
        Err(why) => {
            out.fail(&why.to_string(), &serde_json::json!({ "could_not_ask": why.to_string() }));
            match why {
                AskFault::TooLong => Exit::Usage,
                AskFault::Nobody { .. } | AskFault::Stranger { .. } | AskFault::Lost(_) => Exit::CouldNotAsk,
            }
        }
    }
}

fn request(command: RequestsCommand) -> HostRequest {
    match command {
        RequestsCommand::List { all } => HostRequest::List { all },
        RequestsCommand::Show { id } => HostRequest::Show { id },
        RequestsCommand::End { id } => HostRequest::End { id },
        RequestsCommand::Approve { id } => HostRequest::Approve { id },
        RequestsCommand::Deny { id, why } => HostRequest::Deny { id, why: why.join(" ") },
    }
}
