//! Users: by id or login, by search, and the one the API token belongs to.

use serde_json::{Value, json};

use super::access::Caller;
use super::clock::iso;
use super::directory::{User, UserStatus};
use super::filter::Filter;
use super::paging::{Paging, page};
use super::serve::Incoming;
use super::wire::{Refusal, Reply};
use super::world::World;

/// `listUsers`: 200 rows, which is also the most.
const USERS: Paging = Paging { rows_default: 200, rows_max: 200, endless: false };

/// `me` is who made the SSWS token; a service app is nobody.
pub(super) fn get(world: &World, word: &str, caller: &Caller) -> Result<Reply, Refusal> {
    let found = match (word, caller) {
        ("me", Caller::Admin { user }) => world.directory.users.get(user),
        ("me", Caller::ServiceApp { .. }) => None,
        (word, Caller::Admin { .. } | Caller::ServiceApp { .. }) => world.directory.user(word),
    };
    let user = found.ok_or_else(|| Refusal::not_found("User", word))?;
    Ok(Reply::json(&render(world, user)))
}

/// Without `search` and `filter`, those who left are not listed.
pub(super) fn list(world: &World, call: &Incoming) -> Result<Reply, Refusal> {
    let search = call.field("search").map(Filter::parse).transpose()?;
    let filter = call.field("filter").map(Filter::parse).transpose()?;
    let starts = call.field("q").unwrap_or_default().to_lowercase();
    let rows = world.directory.users.values().filter(|user| {
        let rendered = render(world, user);
        let named = [&user.name, &user.email].iter().any(|text| text.to_lowercase().starts_with(&starts));
        let asked_for = search.is_some() || filter.is_some() || user.status != UserStatus::Deprovisioned;
        named
            && asked_for
            && search.as_ref().is_none_or(|s| s.fits(&rendered, false))
            && filter.as_ref().is_none_or(|f| f.fits(&rendered, true))
    });
    page(world, call, USERS, rows.map(|u| (u.id.clone(), u)).collect(), |user| render(world, user))
}

pub(super) fn render(world: &World, user: &User) -> Value {
    let (first, last) = user.name.split_once(' ').unwrap_or((&user.name, ""));
    json!({
        "id": user.id,
        "status": user.status.word(),
        "created": iso(world.directory.created_ms),
        "activated": iso(world.directory.created_ms),
        "statusChanged": iso(user.changed_ms),
        "lastLogin": null,
        "lastUpdated": iso(user.changed_ms),
        "passwordChanged": iso(world.directory.created_ms),
        "type": { "id": "oty1twin" },
        "profile": {
            "firstName": first,
            "lastName": last,
            "displayName": user.name,
            "mobilePhone": null,
            "secondEmail": null,
            "login": user.login,
            "email": user.email,
        },
        "credentials": { "provider": { "type": "OKTA", "name": "OKTA" } },
        "_links": { "self": world.href(&format!("/api/v1/users/{}", user.id)) },
    })
}
