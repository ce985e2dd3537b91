//! What AWS holds, as JSON for the demo page: accounts with who has what, operations under way, the latest calls.
//!
//! ```json
//! { "seconds": 12.5, "down": false,
//!   "accounts": [{ "id", "name", "ou_path": ["Workloads", "Prod"], "state", "management",
//!                  "holders": [{ "type": "USER", "id", "name", "permission_set" }] }],
//!   "groups": [{ "id", "name", "by_scim", "members": [{ "id", "name" }] }],
//!   "operations": [{ "id", "kind": "create", "status": "IN_PROGRESS", "reason", "principal", "account",
//!                    "permission_set", "created_at" }],
//!   "calls": [{ "service", "operation", "seconds", "account", "principal", "permission_set", "outcome", "code" }] }
//! ```

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::world::{Operation, OperationStatus, World};
use crate::company::{Assignment, Group, Principal};

/// Calls shown; more than a page has room for.
const CALLS_SHOWN_MAX: usize = 50;

/// Ended operations shown beside those in flight.
const ENDED_SHOWN_MAX: usize = 20;

pub(super) fn of(world: &World) -> Value {
    let mut by_account: BTreeMap<&str, Vec<&Assignment>> = BTreeMap::new();
    for assignment in world.held() {
        by_account.entry(&assignment.account).or_default().push(assignment);
    }
    let accounts: Vec<Value> = world
        .directory
        .accounts
        .values()
        .map(|account| {
            let path = world.directory.units_above(&account.parent);
            let held = by_account.get(account.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            json!({
                "id": account.id,
                "name": account.name,
                "ou_path": path.iter().map(|u| &u.name).collect::<Vec<_>>(),
                "state": account.state,
                "management": account.id == world.directory.management_account,
                "holders": held.iter().map(|a| holder(world, a)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let calls = world.calls.iter().rev().take(CALLS_SHOWN_MAX).collect::<Vec<_>>();
    json!({
        "seconds": world.calendar.seconds_since_start(Instant::now()),
        "down": world.faults.iter().any(|f| f.operation == "*"),
        "accounts": accounts,
        "groups": world.directory.groups.values().map(|g| group(world, g)).collect::<Vec<_>>(),
        "operations": operations(world),
        "calls": calls,
    })
}

fn permission_set_name<'w>(world: &'w World, arn: &'w str) -> &'w str {
    world.directory.permission_sets.get(arn).map_or(arn, |p| p.name.as_str())
}

fn holder(world: &World, assignment: &Assignment) -> Value {
    json!({
        "type": assignment.principal.kind(),
        "id": assignment.principal.id(),
        "name": world.directory.principal_name(&assignment.principal),
        "permission_set": permission_set_name(world, &assignment.permission_set),
    })
}

fn group(world: &World, group: &Group) -> Value {
    let member = |id: &String| json!({ "id": id, "name": world.directory.principal_name(&Principal::User(id.clone())) });
    json!({
        "id": group.id,
        "name": group.name,
        "by_scim": group.external_id.is_some(),
        "members": group.members.iter().map(member).collect::<Vec<_>>(),
    })
}

/// Those in flight first, then the latest that ended, latest first.
fn operations(world: &World) -> Vec<Value> {
    let mut ended: Vec<&Operation> =
        world.operations().values().filter(|o| o.state != OperationStatus::InProgress).collect();
    ended.sort_by_key(|o| std::cmp::Reverse(o.end));
    ended.truncate(ENDED_SHOWN_MAX);
    world.in_flight().chain(ended).map(|o| operation(world, o)).collect()
}

fn operation(world: &World, operation: &Operation) -> Value {
    let account = world.directory.accounts.get(&operation.assignment.account);
    json!({
        "id": operation.id,
        "kind": operation.kind,
        "status": operation.state.word(),
        "reason": match &operation.state {
            OperationStatus::Failed(reason) => Some(reason),
            OperationStatus::InProgress | OperationStatus::Succeeded => None,
        },
        "principal": world.directory.principal_name(&operation.assignment.principal),
        "account": account.map_or(operation.assignment.account.as_str(), |a| a.name.as_str()),
        "permission_set": permission_set_name(world, &operation.assignment.permission_set),
        "created_at": operation.created_at,
    })
}
