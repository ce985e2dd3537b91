//! What Okta holds, as JSON for the demo page: apps, groups with who is in them, the latest events and calls.
//!
//! ```json
//! { "at_ms": 1795262400000, "read_only": false,
//!   "apps": [{ "id", "label", "active", "groups": ["00gro"] }],
//!   "groups": [{ "id", "name", "type", "members": [{ "id", "handle", "login", "email", "name", "status", "by_rule" }] }],
//!   "events": [{ "number", "event_type", "at_ms", "actor": { "kind", "id", "alternate_id", "name" },
//!                "targets": [{ "kind", "id", "name" }] }],
//!   "calls": [{ "number", "method", "path", "operation", "at_ms", "status", "outcome", "code", … }] }
//! ```
//!
//! Events and calls come latest first. It shows what is, not what late reads show.

use serde_json::{Value, json};

use super::directory::Group;
use super::world::World;

/// Calls shown; more than a page has room for.
const CALLS_SHOWN_MAX: usize = 50;

/// Events shown.
const EVENTS_SHOWN_MAX: usize = 50;

pub(super) fn of(world: &World) -> Value {
    let apps =
        world.directory.apps.values().map(
            |app| json!({ "id": app.id, "label": app.label, "active": app.active, "groups": app.groups }),
        );
    json!({
        "at_ms": world.now_ms(),
        "read_only": world.options.read_only,
        "apps": apps.collect::<Vec<_>>(),
        "groups": world.directory.groups.values().map(|g| group(world, g)).collect::<Vec<_>>(),
        "events": world.events.iter().rev().take(EVENTS_SHOWN_MAX).collect::<Vec<_>>(),
        "calls": world.calls.iter().rev().take(CALLS_SHOWN_MAX).collect::<Vec<_>>(),
    })
}

fn group(world: &World, group: &Group) -> Value {
    let members = world.directory.members(&group.id);
    let members = members.iter().filter_map(|id| {
        let mut member = serde_json::to_value(world.directory.users.get(id)?).ok()?;
        let by_rule = world.directory.rules_for(&group.id, id).next().is_some();
        member.as_object_mut()?.insert("by_rule".into(), json!(by_rule));
        Some(member)
    });
    json!({
        "id": group.id,
        "name": group.name,
        "type": group.kind.word(),
        "members": members.collect::<Vec<_>>(),
    })
}
