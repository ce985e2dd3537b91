//! Groups, who is in them, and the rules that bring people in.

use serde_json::{Value, json};

use super::clock::iso;
use super::directory::{Group, Rule, UserStatus};
use super::filter::Filter;
use super::paging::{Paging, page};
use super::serve::Incoming;
use super::users;
use super::wire::{Refusal, Reply};
use super::world::{Actor, World};
use crate::company::OktaGroupKind;

/// `listGroupUsers`: 1,000 rows unless asked for fewer.
const MEMBERS: Paging = Paging { rows_default: 1_000, rows_max: 1_000, endless: false };

/// `listGroups`: 10,000 rows, which is also the most.
const GROUPS: Paging = Paging { rows_default: 10_000, rows_max: 10_000, endless: false };

/// `listGroupRules`: 50 rows unless asked otherwise, 200 at most.
const RULES: Paging = Paging { rows_default: 50, rows_max: 200, endless: false };

fn found<'w>(world: &'w World, id: &str) -> Result<&'w Group, Refusal> {
    world.directory.groups.get(id).ok_or_else(|| Refusal::not_found("UserGroup", id))
}

pub(super) fn get(world: &World, id: &str) -> Result<Reply, Refusal> {
    Ok(Reply::json(&render(world, found(world, id)?)))
}

/// All groups, or those whose name starts with `q`, or that fit `search` or `filter`.
pub(super) fn list(world: &World, call: &Incoming) -> Result<Reply, Refusal> {
    let search = call.field("search").map(Filter::parse).transpose()?;
    let filter = call.field("filter").map(Filter::parse).transpose()?;
    let starts = call.field("q").unwrap_or_default().to_lowercase();
    let rows = world.directory.groups.values().filter(|group| {
        let rendered = render(world, group);
        group.name.to_lowercase().starts_with(&starts)
            && search.as_ref().is_none_or(|s| s.fits(&rendered, false))
            && filter.as_ref().is_none_or(|f| f.fits(&rendered, true))
    });
    page(world, call, GROUPS, rows.map(|g| (g.id.clone(), g)).collect(), |group| render(world, group))
}

fn render(world: &World, group: &Group) -> Value {
    let api = format!("/api/v1/groups/{}", group.id);
    let class = match group.kind {
        OktaGroupKind::OktaGroup | OktaGroupKind::BuiltIn => "okta:user_group",
        OktaGroupKind::AppGroup => "okta:windows_security_principal",
    };
    json!({
        "id": group.id,
        "created": iso(world.directory.created_ms),
        "lastUpdated": iso(world.directory.created_ms),
        "lastMembershipUpdated": iso(group.members_changed_ms),
        "objectClass": [class],
        "type": group.kind.word(),
        "profile": { "name": group.name, "description": "" },
        "_links": {
            "users": world.href(&format!("{api}/users")),
            "apps": world.href(&format!("{api}/apps")),
        },
    })
}

pub(super) fn members(world: &mut World, call: &Incoming, id: &str) -> Result<Reply, Refusal> {
    found(world, id)?;
    let shown = world.members_shown(id);
    let rows = shown.into_iter().filter_map(|id| Some((id.clone(), world.directory.users.get(&id)?)));
    page(world, call, MEMBERS, rows.collect(), |user| users::render(world, user))
}

/// Puts a user in; who is in already stays in.
pub(super) fn assign(world: &mut World, group: &str, user: &str, actor: Actor) -> Result<Reply, Refusal> {
    changeable(world, group)?;
    let known = world.directory.users.get(user).ok_or_else(|| Refusal::not_found("User", user))?;
    if known.status == UserStatus::Deprovisioned {
        let summary = "This operation is not allowed in the user's current status.";
        return Err(Refusal::api(403, "E0000038", summary, &[]));
    }
    world.set_member(group, user, true, actor, true);
    Ok(Reply::nothing())
}

/// Takes a user out; who is not in stays out. Whom a rule brings in cannot be taken out (platform-rules 4.1).
pub(super) fn unassign(world: &mut World, group: &str, user: &str, actor: Actor) -> Result<Reply, Refusal> {
    changeable(world, group)?;
    if !world.directory.users.contains_key(user) {
        return Err(Refusal::not_found("User", user));
    }
    // Okta publishes no code for this; 403 is the only one its OpenAPI has left for the operation.
    let rules = world.directory.rules_for(group, user);
    let causes: Vec<String> =
        rules.map(|r| format!("The user is managed by the group rule {}", r.name)).collect();
    if !causes.is_empty() {
        return Err(Refusal::forbidden(&causes));
    }
    world.set_member(group, user, false, actor, true);
    Ok(Reply::nothing())
}

/// Groups that apps or Okta itself manage are refused even to a super admin (okta/terraform-provider-okta#118).
fn changeable(world: &World, id: &str) -> Result<(), Refusal> {
    match found(world, id)?.kind {
        OktaGroupKind::OktaGroup => Ok(()),
        OktaGroupKind::AppGroup | OktaGroupKind::BuiltIn => Err(Refusal::forbidden(&[])),
    }
}

pub(super) fn rules(world: &World, call: &Incoming) -> Result<Reply, Refusal> {
    let wanted = call.field("search").unwrap_or_default().to_lowercase();
    let rows = world.directory.rules.values().filter(|r| r.name.to_lowercase().contains(&wanted));
    page(world, call, RULES, rows.map(|r| (r.id.clone(), r)).collect(), rule)
}

fn rule(rule: &Rule) -> Value {
    let fits: Vec<String> = rule.users.iter().map(|id| format!("user.id==\"{id}\"")).collect();
    json!({
        "type": "group_rule",
        "id": rule.id,
        "status": "ACTIVE",
        "name": rule.name,
        "created": iso(rule.created_ms),
        "lastUpdated": iso(rule.created_ms),
        "conditions": {
            "people": { "users": { "exclude": [] }, "groups": { "exclude": [] } },
            "expression": { "value": fits.join(" or "), "type": "urn:okta:expression:1.0" },
        },
        "actions": { "assignUserToGroups": { "groupIds": [rule.group] } },
    })
}
