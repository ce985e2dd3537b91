//! What goes over the socket. Both sides are this binary, though not always of one release: hence the version.
//!
//! A request says the oldest version that knows it, so between two releases only what one of them does not know is refused:
//! while a new binary waits for the bot's restart, `breakglass off` works as ever. What is there never changes its meaning
//! or its fields; a new request takes the next version.

use std::time::Duration;

use glasskey_domain::Platform;
use serde::{Deserialize, Serialize};

/// The newest version of the protocol: a bot answers this one and all before it. Each new request raises it.
pub const PROTOCOL: u32 = 2;
/// Longest request in bytes, line break included: a reason of 500 characters fits a hundred times.
pub const REQUEST_LENGTH_MAX: usize = 64 * 1024;
/// Longest answer in bytes: ten thousand requests with all their lines.
pub const ANSWER_LENGTH_MAX: usize = 16 * 1024 * 1024;
/// Longest wait for the other side. A decision takes milliseconds; a bot that needs longer is not well.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// A request with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// The oldest version that knows the request.
    pub version: u32,
    /// What is asked.
    pub request: HostRequest,
}

impl Frame {
    /// The request, with the oldest version that knows it.
    #[must_use]
    pub fn of(request: HostRequest) -> Self {
        Self { version: request.since(), request }
    }
}

/// What can be asked. Verbs, never fields of a state (pitfall 33).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum HostRequest {
    /// The requests that are open; with `all`, those that are closed too.
    List {
        /// Closed ones too.
        all: bool,
    },
    /// One request.
    Show {
        /// As in `AR-7K3Q`.
        id: String,
    },
    /// End a grant now.
    End {
        /// As in `AR-7K3Q`.
        id: String,
    },
    /// Approve a request.
    Approve {
        /// As in `AR-7K3Q`.
        id: String,
    },
    /// Deny a request.
    Deny {
        /// As in `AR-7K3Q`.
        id: String,
        /// Why, for the requester.
        why: String,
    },
    /// What one would type after `/elevate`.
    Elevate {
        /// The text.
        text: String,
    },
    /// What one would type after `/breakglass`.
    Breakglass {
        /// The text.
        text: String,
    },
    /// Access that no request explains.
    Drift,
    /// Somebody says that such access is known and shall stay.
    DriftAdopt {
        /// Whose: a user name, an e-mail address or an id.
        person: String,
        /// Where: an account's id, name or alias.
        account: String,
        /// As what: the name of a permission set.
        permission_set: String,
        /// Why.
        reason: String,
    },
    /// Whose the chat accounts are.
    People,
    /// An administrator says whose an account of Discord is.
    PeopleLink {
        /// Whose: a user name or an e-mail address.
        person: String,
        /// The platform's id of the user.
        user: String,
    },
    /// An account is to be nobody's.
    PeopleUnlink {
        /// Where the account is.
        on: Platform,
        /// The platform's id of the user.
        user: String,
    },
}

impl HostRequest {
    /// The oldest version that knows it.
    #[must_use]
    pub const fn since(&self) -> u32 {
        match self {
            Self::List { .. }
            | Self::Show { .. }
            | Self::End { .. }
            | Self::Approve { .. }
            | Self::Deny { .. }
            | Self::Elevate { .. }
            | Self::Breakglass { .. } => 1,
            Self::Drift
            | Self::DriftAdopt { .. }
            | Self::People
            | Self::PeopleLink { .. }
            | Self::PeopleUnlink { .. } => 2,
        }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostResponse {
    /// For people, one line each.
    pub lines: Vec<String>,
    /// The same for programs.
    pub json: serde_json::Value,
    /// Whether the answer is no.
    pub refused: bool,
}

impl HostResponse {
    /// An answer.
    #[must_use]
    pub fn said(lines: Vec<String>, json: serde_json::Value) -> Self {
        Self { lines, json, refused: false }
    }

    /// A no, with its reason.
    #[must_use]
    pub fn refused(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { json: serde_json::json!({ "refused": why }), lines: vec![why], refused: true }
    }
}
