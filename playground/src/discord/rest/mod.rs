//! What each operation of REST does. Who calls and what the weather is, `web.rs` has settled before.

use serde_json::Value;

use super::Shared;
use super::error::RestError;
use super::routes::{Operation, Request};
use super::world::World;

mod callback;
mod commands;
mod guild;
mod messages;
mod pins;
mod webhook;

/// A result: 200 with a body, or 204 without.
pub(crate) type Reply = Result<Option<Value>, RestError>;

pub(crate) fn perform(shared: &Shared, world: &mut World, request: &Request) -> Reply {
    use Operation as Op;
    match request.route.operation {
        Op::GatewayBot => Ok(Some(guild::gateway(shared, world))),
        Op::Application => Ok(Some(guild::application(world))),
        Op::Me => Ok(Some(guild::me(world))),
        Op::Guild => guild::guild(world, request),
        Op::GuildChannels => guild::channels(world, request),
        Op::Member => guild::member(world, request),
        Op::Channel => guild::channel(world, request),
        Op::OpenDirect => guild::open_direct(world, request),
        Op::ListMessages => messages::list(world, request),
        Op::GetMessage => messages::get(world, request),
        Op::Post => messages::post(world, request),
        Op::Edit => messages::edit(world, request),
        Op::Delete => messages::delete(world, request),
        Op::ListPins => pins::list(world, request),
        Op::Pin => pins::pin(world, request),
        Op::Unpin => pins::unpin(world, request),
        Op::ListCommands => commands::list(world, request),
        Op::PutCommands => commands::put(world, request),
        Op::Callback => callback::answer(&shared.options, world, request),
        Op::FollowUp => webhook::follow_up(world, request),
        Op::GetOriginal => webhook::get(world, request),
        Op::EditOriginal => webhook::edit(world, request),
        Op::DeleteOriginal => webhook::delete(world, request),
    }
}
