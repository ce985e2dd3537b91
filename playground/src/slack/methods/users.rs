//! `users.*`: who is who.

use serde_json::{Value, json};

use super::page;
use crate::slack::params::{Answer, Params, SlackError};
use crate::slack::world::World;

/// Users on one page of `users.list` at most; Slack recommends 200.
const PAGE_MAX: usize = 200;

pub(super) fn info(world: &World, params: &Params, with_email: bool) -> Answer {
    let id = params.need("user", "user_not_found")?;
    let user = world.users.get(id).ok_or_else(|| SlackError::new("user_not_found"))?;
    Ok(json!({ "ok": true, "user": user.object(with_email, world.now_s()) }))
}

pub(super) fn list(world: &World, params: &Params, with_email: bool) -> Answer {
    let (users, next) = page(world.users.values().collect(), params, PAGE_MAX)?;
    let members: Vec<Value> = users.iter().map(|user| user.object(with_email, world.now_s())).collect();
    Ok(json!({
        "ok": true, "members": members, "cache_ts": world.now_s(),
        "response_metadata": { "next_cursor": next },
    }))
}

/// Finds active accounts only, as Slack does.
pub(super) fn lookup_by_email(world: &World, params: &Params) -> Answer {
    let email = params.need("email", "users_not_found")?;
    let found = world.users.values().find(|u| u.flags.email.eq_ignore_ascii_case(email) && !u.flags.deleted);
    let user = found.ok_or_else(|| SlackError::new("users_not_found"))?;
    Ok(json!({ "ok": true, "user": user.object(true, world.now_s()) }))
}
