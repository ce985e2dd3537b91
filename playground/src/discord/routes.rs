//! Paths of REST, parsed: which operation, on what. Nothing is done here.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Operation {
    /// `GET /gateway/bot`.
    GatewayBot,
    /// `GET /applications/@me`, also under its older name `/oauth2/applications/@me`.
    Application,
    /// `GET /users/@me`.
    Me,
    /// `GET /guilds/{guild}`.
    Guild,
    /// `GET /guilds/{guild}/channels`.
    GuildChannels,
    /// `GET /guilds/{guild}/members/{user}`.
    Member,
    /// `GET /channels/{channel}`.
    Channel,
    /// `GET /channels/{channel}/messages`.
    ListMessages,
    /// `GET /channels/{channel}/messages/{message}`.
    GetMessage,
    /// `POST /channels/{channel}/messages`.
    Post,
    /// `PATCH /channels/{channel}/messages/{message}`.
    Edit,
    /// `DELETE /channels/{channel}/messages/{message}`.
    Delete,
    /// `GET` of the pins, by the old or the new path.
    ListPins,
    /// `PUT` of a pin, by the old or the new path.
    Pin,
    /// `DELETE` of a pin, by the old or the new path.
    Unpin,
    /// `POST /users/@me/channels`.
    OpenDirect,
    /// `GET` of the commands of the guild, or of all guilds.
    ListCommands,
    /// `PUT` of the commands of the guild, or of all guilds.
    PutCommands,
    /// `POST /interactions/{interaction}/{token}/callback`.
    Callback,
    /// `POST /webhooks/{application}/{token}`.
    FollowUp,
    /// `GET …/messages/@original`.
    GetOriginal,
    /// `PATCH …/messages/@original`, or of a message that followed it.
    EditOriginal,
    /// `DELETE …/messages/@original`, or of a message that followed it.
    DeleteOriginal,
}

impl Operation {
    /// Its token is in the path, and the global limit is not for it.
    pub(crate) const fn is_interaction(self) -> bool {
        matches!(
            self,
            Self::Callback | Self::FollowUp | Self::GetOriginal | Self::EditOriginal | Self::DeleteOriginal
        )
    }
}

/// A path, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    /// Ids in the path, in order: `[channel, message]`.
    ids: Vec<String>,
    /// What buckets are counted by beside the route.
    pub(crate) major: String,
}

impl Route {
    /// The id at this place; empty when there is none.
    pub(crate) fn id(&self, at: usize) -> &str {
        self.ids.get(at).map(String::as_str).unwrap_or_default()
    }

    /// The channel, for operations on one.
    pub(crate) fn channel(&self) -> Option<&str> {
        use Operation as Op;
        let on_channel = matches!(
            self.operation,
            Op::Channel
                | Op::ListMessages
                | Op::GetMessage
                | Op::Post
                | Op::Edit
                | Op::Delete
                | Op::ListPins
                | Op::Pin
                | Op::Unpin
        );
        on_channel.then(|| self.id(0))
    }
}

/// A call as the operations see it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) route: Route,
    pub(crate) is_new_path: bool,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// The route of a path below `/api/v10`; `None` when this twin has none such.
pub(crate) fn route(method: &str, path: &str) -> Option<Route> {
    use Operation as Op;
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (operation, ids): (Op, Vec<&&str>) = match (method, words.as_slice()) {
        ("GET", ["gateway", "bot"]) => (Op::GatewayBot, vec![]),
        ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => (Op::Application, vec![]),
        ("GET", ["users", "@me"]) => (Op::Me, vec![]),
        ("POST", ["users", "@me", "channels"]) => (Op::OpenDirect, vec![]),
        ("GET", ["guilds", guild]) => (Op::Guild, vec![guild]),
        ("GET", ["guilds", guild, "channels"]) => (Op::GuildChannels, vec![guild]),
        ("GET", ["guilds", guild, "members", user]) => (Op::Member, vec![guild, user]),
        ("GET", ["channels", channel]) => (Op::Channel, vec![channel]),
        ("GET", ["channels", channel, "pins"] | ["channels", channel, "messages", "pins"]) => {
            (Op::ListPins, vec![channel])
        }
        (
            "PUT",
            ["channels", channel, "pins", message] | ["channels", channel, "messages", "pins", message],
        ) => (Op::Pin, vec![channel, message]),
        (
            "DELETE",
            ["channels", channel, "pins", message] | ["channels", channel, "messages", "pins", message],
        ) => (Op::Unpin, vec![channel, message]),
        ("GET", ["channels", channel, "messages"]) => (Op::ListMessages, vec![channel]),
        ("POST", ["channels", channel, "messages"]) => (Op::Post, vec![channel]),
        ("GET", ["channels", channel, "messages", message]) => (Op::GetMessage, vec![channel, message]),
        ("PATCH", ["channels", channel, "messages", message]) => (Op::Edit, vec![channel, message]),
        ("DELETE", ["channels", channel, "messages", message]) => (Op::Delete, vec![channel, message]),
        ("GET", ["applications", app, "commands"]) => (Op::ListCommands, vec![app]),
        ("PUT", ["applications", app, "commands"]) => (Op::PutCommands, vec![app]),
        ("GET", ["applications", app, "guilds", guild, "commands"]) => (Op::ListCommands, vec![app, guild]),
        ("PUT", ["applications", app, "guilds", guild, "commands"]) => (Op::PutCommands, vec![app, guild]),
        ("POST", ["interactions", id, token, "callback"]) => (Op::Callback, vec![id, token]),
        ("POST", ["webhooks", app, token]) => (Op::FollowUp, vec![app, token]),
        ("GET", ["webhooks", app, token, "messages", message]) => {
            (Op::GetOriginal, vec![app, token, message])
        }
        ("PATCH", ["webhooks", app, token, "messages", message]) => {
            (Op::EditOriginal, vec![app, token, message])
        }
        ("DELETE", ["webhooks", app, token, "messages", message]) => {
            (Op::DeleteOriginal, vec![app, token, message])
        }
        _ => return None,
    };
    let ids: Vec<String> = ids.into_iter().map(|id| (*id).to_owned()).collect();
    let major = match operation {
        Op::Callback | Op::FollowUp | Op::GetOriginal | Op::EditOriginal | Op::DeleteOriginal => {
            ids.iter().take(2).cloned().collect::<Vec<_>>().join("/")
        }
        Op::ListCommands | Op::PutCommands => ids.last().cloned().unwrap_or_default(),
        _ => ids.first().cloned().unwrap_or_default(),
    };
    Some(Route { operation, ids, major })
}
