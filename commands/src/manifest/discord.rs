//! The commands as Discord registers them in a guild.
//!
//! Must never leave it to Discord who may do what: its permissions only hide commands, and administrators of the guild
//! change them.

use crate::definition::{COMMANDS, Opt, OptKind, Registered, Subcommand};
use crate::json::Json;
use crate::words::TEXT_CHARS_MAX;

/// A command that is typed (`CHAT_INPUT`).
const TYPED: usize = 1;
/// The type of an option that is a keyword with options of its own (`SUB_COMMAND`).
const KEYWORD: usize = 1;
/// The type of an option that takes a text (`STRING`). People are texts, too: an option of type `USER` takes one only.
const TEXT: usize = 3;
/// The context of a guild's channels: no command is offered in direct messages.
const IN_GUILDS: usize = 0;
/// Installed by a guild, and never by a user, who would bring it to other guilds.
const BY_GUILDS: usize = 0;

/// The commands for Discord's `PUT /applications/{id}/guilds/{id}/commands`, as JSON that ends with a line break.
///
/// `default_member_permissions` is `null`, so that everybody sees the commands: what people may do is policy's, which
/// decides by who they are at the company. It is written out, so that nobody has to know what leaving it out would mean.
#[must_use]
pub fn discord() -> String {
    format!("{}\n", Json::List(COMMANDS.iter().map(|command| registered(*command)).collect()))
}

fn registered(command: &dyn Registered) -> Json {
    Json::Object(vec![
        ("type", Json::Number(TYPED)),
        ("name", Json::Text(command.name())),
        ("description", Json::Text(command.summary())),
        ("default_member_permissions", Json::Null),
        ("contexts", Json::List(vec![Json::Number(IN_GUILDS)])),
        ("integration_types", Json::List(vec![Json::Number(BY_GUILDS)])),
        ("options", Json::List(command.subcommands().iter().map(keyword).collect())),
    ])
}

fn keyword(said: &Subcommand) -> Json {
    let mut members = vec![
        ("type", Json::Number(KEYWORD)),
        ("name", Json::Text(said.name)),
        ("description", Json::Text(said.summary)),
    ];
    if !said.options.is_empty() {
        members.push(("options", Json::List(said.options.iter().map(option).collect())));
    }
    Json::Object(members)
}

fn option(option: &Opt) -> Json {
    let mut members = vec![
        ("type", Json::Number(TEXT)),
        ("name", Json::Text(option.name)),
        ("description", Json::Text(option.description)),
    ];
    if option.required {
        members.push(("required", Json::True));
    }
    if option.kind.is_completed() {
        members.push(("autocomplete", Json::True));
    }
    if option.kind == OptKind::Reason {
        members.push(("max_length", Json::Number(TEXT_CHARS_MAX)));
    }
    let choices = option.kind.choices();
    if !choices.is_empty() {
        let choice =
            |word: &&'static str| Json::Object(vec![("name", Json::Text(word)), ("value", Json::Text(word))]);
        members.push(("choices", Json::List(choices.iter().map(choice).collect())));
    }
    Json::Object(members)
}
