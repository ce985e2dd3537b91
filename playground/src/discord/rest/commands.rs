//! Registered commands: read, and overwritten as a whole.

use serde_json::{Value, json};

use super::Reply;
use crate::discord::check::{self, word};
use crate::discord::error::RestError;
use crate::discord::routes::Request;
use crate::discord::world::{APPLICATION, World};

/// Commands that may be made in a day and guild.
const MADE_MAX: usize = 200;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The guild of the path; the empty name for commands of all guilds.
fn scope(world: &World, request: &Request) -> Result<String, RestError> {
    if request.route.id(0) != APPLICATION {
        let message = "You are not authorized to perform this action on this application";
        return Err(RestError::new(403, 20_012, message));
    }
    let guild = request.route.id(1);
    if !guild.is_empty() && guild != world.guild {
        return Err(RestError::missing_access());
    }
    Ok(guild.to_owned())
}

pub(super) fn list(world: &World, request: &Request) -> Reply {
    let scope = scope(world, request)?;
    Ok(Some(world.commands.get(&scope).cloned().unwrap_or_default().into()))
}

/// What is not in the body is gone; what is there under the same name keeps its id.
pub(super) fn put(world: &mut World, request: &Request) -> Reply {
    let scope = scope(world, request)?;
    world.judge("PUT commands", &check::commands(&request.body))?;
    let before = world.commands.get(&scope).cloned().unwrap_or_default();
    let given = request.body.as_array().cloned().unwrap_or_default();
    let known = |name: &str| before.iter().find(|c| word(c, "name") == name);
    let new = given.iter().filter(|c| known(word(c, "name")).is_none()).count();
    let now = world.clock.now_ms();
    world.commands_made_ms.retain(|at| *at > now - DAY_MS);
    if world.commands_made_ms.len() + new > MADE_MAX {
        let message = "Max number of daily application command creates has been reached (200)";
        return Err(RestError::new(400, 30_034, message));
    }
    world.commands_made_ms.extend(std::iter::repeat_n(now, new));
    let after: Vec<Value> = given
        .iter()
        .map(|command| {
            let id = known(word(command, "name")).map(|c| word(c, "id").to_owned());
            registered(world, &scope, command, id)
        })
        .collect();
    world.commands.insert(scope, after.clone());
    Ok(Some(after.into()))
}

/// The command object: what was sent, and what Discord adds.
fn registered(world: &mut World, scope: &str, command: &Value, id: Option<String>) -> Value {
    let id = id.unwrap_or_else(|| world.clock.snowflake());
    let mut object = json!({
        "id": id, "application_id": APPLICATION, "version": world.clock.snowflake(), "type": 1,
        "default_member_permissions": null, "nsfw": false, "dm_permission": true,
        "contexts": null, "integration_types": [0], "description": "", "name_localizations": null,
        "description_localizations": null,
    });
    if let (Some(fields), Some(given)) = (object.as_object_mut(), command.as_object()) {
        fields.extend(
            given.iter().filter(|(key, _)| *key != "id").map(|(key, value)| (key.clone(), value.clone())),
        );
        if !scope.is_empty() {
            fields.insert("guild_id".into(), scope.into());
        }
    }
    object
}
