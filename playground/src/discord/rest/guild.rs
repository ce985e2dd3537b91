//! What is where: the gateway, the application, the guild, its channels and members, and conversations with one person.

use serde_json::{Value, json};

use super::Reply;
use crate::discord::Shared;
use crate::discord::check::word;
use crate::discord::error::RestError;
use crate::discord::people::{ChannelKind, Member};
use crate::discord::routes::Request;
use crate::discord::world::{APPLICATION, World};

pub(super) fn gateway(shared: &Shared, world: &mut World) -> Value {
    let now = world.clock.now_ms();
    let (remaining, reset_after) = world.gateway.budget(&shared.options, now);
    json!({
        "url": format!("ws://{}/gateway", shared.address), "shards": 1,
        "session_start_limit": {
            "total": shared.options.identifies, "remaining": remaining, "reset_after": reset_after, "max_concurrency": 1,
        },
    })
}

pub(super) fn application(world: &World) -> Value {
    let owner = world.members.get(&world.owner).map(Member::user).unwrap_or_default();
    json!({
        "id": APPLICATION, "name": "Glasskey", "icon": null, "description": "", "type": null, "bot": me(world),
        "verify_key": "0000000000000000000000000000000000000000000000000000000000000000", "flags": 0, "flags_new": "0",
        "bot_public": false, "bot_require_code_grant": false, "owner": owner, "team": null, "guild_id": world.guild,
        "redirect_uris": [], "interactions_endpoint_url": null, "role_connections_verification_url": null,
        "approximate_guild_count": 1, "approximate_user_install_count": 0, "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0, "eligible_oauth2_scopes": [], "summary": "",
        "integration_types_config": { "0": { "oauth2_install_params": { "scopes": ["applications.commands", "bot"], "permissions": "0" } } },
    })
}

pub(super) fn me(world: &World) -> Value {
    world.members.get(APPLICATION).map(Member::user).unwrap_or_default()
}

/// The bot sees its own guild and no other.
fn ours(world: &World, guild: &str) -> Result<(), RestError> {
    if guild == world.guild { Ok(()) } else { Err(RestError::new(404, 10_004, "Unknown Guild")) }
}

pub(super) fn guild(world: &World, request: &Request) -> Reply {
    ours(world, request.route.id(0))?;
    Ok(Some(world.guild_object()))
}

pub(super) fn channels(world: &World, request: &Request) -> Reply {
    ours(world, request.route.id(0))?;
    let text = world.channels.values().filter(|c| c.kind == ChannelKind::Text && !c.flags.is_hidden);
    Ok(Some(text.map(|c| world.channel_object(c)).collect()))
}

pub(super) fn member(world: &World, request: &Request) -> Reply {
    ours(world, request.route.id(0))?;
    match world.members.get(request.route.id(1)) {
        Some(member) if member.flags.is_member => Ok(Some(member.member())),
        Some(_) => Err(RestError::new(404, 10_007, "Unknown Member")),
        None => Err(RestError::new(404, 10_013, "Unknown User")),
    }
}

pub(super) fn channel(world: &World, request: &Request) -> Reply {
    let channel = world.channels.get(request.route.id(0)).ok_or_else(RestError::unknown_channel)?;
    if channel.flags.is_hidden {
        return Err(RestError::missing_access());
    }
    Ok(Some(world.channel_object(channel)))
}

/// Opens for anybody; whether a message arrives is seen when one is posted.
pub(super) fn open_direct(world: &mut World, request: &Request) -> Reply {
    let user = word(&request.body, "recipient_id").to_owned();
    if user == APPLICATION || !world.members.contains_key(&user) {
        return Err(RestError::new(400, 50_033, "Invalid Recipient(s)"));
    }
    let id = world.direct(&user);
    let channel = world.channels.get(&id).ok_or_else(RestError::unknown_channel)?;
    Ok(Some(world.channel_object(channel)))
}
