//! The Identity Store API (`AWSIdentityStore`): users, groups, memberships. Reads only, as the bot has no right to more.

use serde_json::{Map, Value, json};

use super::paging::{HUNDRED, USERS, page};
use super::wire::{AwsError, Fields, shape};
use super::world::World;
use crate::company::{Group, Person};

/// Most group ids one `IsMemberInGroups` takes.
const GROUP_IDS_MAX: usize = 100;

/// When every record says it was made: the twin's company has always been there.
const CREATED: f64 = 1_672_531_200.0;

pub(super) fn answer(world: &World, fields: &Fields<'_>) -> Option<Result<Value, AwsError>> {
    let known: fn(&World, &Fields<'_>) -> Result<Value, AwsError> = match fields.operation {
        "ListUsers" => list_users,
        "DescribeUser" => describe_user,
        "GetUserId" => get_user_id,
        "ListGroups" => list_groups,
        "DescribeGroup" => describe_group,
        "ListGroupMemberships" => list_group_memberships,
        "ListGroupMembershipsForMember" => list_memberships_for_member,
        "IsMemberInGroups" => is_member_in_groups,
        _ => return None,
    };
    Some(store(world, fields).and_then(|()| known(world, fields)))
}

fn store(world: &World, fields: &Fields<'_>) -> Result<(), AwsError> {
    let id = fields.required("IdentityStoreId", shape::identity_store)?;
    if id == world.directory.identity_store_id { Ok(()) } else { Err(not_found("IDENTITY_STORE", id)) }
}

fn not_found(kind: &str, id: &str) -> AwsError {
    let extra = [("ResourceType".to_owned(), json!(kind)), ("ResourceId".to_owned(), json!(id))];
    AwsError { extra: Map::from_iter(extra), ..AwsError::not_found(kind, id) }
}

fn user<'w>(world: &'w World, id: &str) -> Result<&'w Person, AwsError> {
    world.directory.users.get(id).ok_or_else(|| not_found("USER", id))
}

fn group<'w>(world: &'w World, fields: &Fields<'_>) -> Result<&'w Group, AwsError> {
    let id = fields.required("GroupId", shape::identity)?;
    world.directory.groups.get(id).ok_or_else(|| not_found("GROUP", id))
}

/// `MemberId` is a union with the one member `UserId`.
fn member<'a>(world: &World, fields: &Fields<'a>) -> Result<&'a str, AwsError> {
    let id = fields.required_structure("MemberId")?.required("UserId", shape::identity)?;
    user(world, id).map(|_| id)
}

/// The value of the one filter, which must be on `path`.
fn filter<'a>(fields: &Fields<'a>, path: &str) -> Result<Option<&'a str>, AwsError> {
    let Some(Value::Object(members)) = fields.list("Filters", 1)?.first() else { return Ok(None) };
    let filter = Fields { members, ..*fields };
    if filter.required("AttributePath", shape::text)? != path {
        return Err(fields.service.invalid("INVALID_ENUM", format!("Only {path} can be filtered on")));
    }
    filter.required("AttributeValue", shape::text).map(Some)
}

fn user_row(world: &World, id: &str, person: &Person) -> Value {
    let (given, family) = person.name.split_once(' ').unwrap_or((person.name.as_str(), ""));
    json!({
        "IdentityStoreId": world.directory.identity_store_id,
        "UserId": id,
        "UserName": person.handle,
        "DisplayName": person.name,
        "Name": { "Formatted": person.name, "GivenName": given, "FamilyName": family },
        "Emails": [{ "Value": person.email, "Type": "work", "Primary": true }],
        "Timezone": person.time_zone,
        "Title": person.role,
        "UserStatus": if person.enabled { "ENABLED" } else { "DISABLED" },
        "CreatedAt": CREATED,
        "UpdatedAt": CREATED,
    })
}

fn list_users(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let name = filter(fields, "UserName")?;
    let users = world.directory.users.iter().filter(|(_, p)| name.is_none_or(|n| p.handle == n));
    let rows = users.map(|(id, person)| (id.clone(), (id, person)));
    let page = page(fields, USERS, &world.options, rows, |(id, person)| user_row(world, id, person))?;
    Ok(json!({ "Users": page.rows, "NextToken": page.next }))
}

fn describe_user(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let id = fields.required("UserId", shape::identity)?;
    Ok(user_row(world, id, user(world, id)?))
}

/// Only `userName` and `emails.value` are unique attributes of a user (platform-rules 3.7).
fn get_user_id(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let alternate = fields.required_structure("AlternateIdentifier")?;
    let unique = match (alternate.structure("UniqueAttribute")?, alternate.structure("ExternalId")?) {
        (Some(unique), None) => unique,
        (None, Some(external)) => {
            external.required("Issuer", shape::text)?;
            // Nobody in the company came from an external identity provider.
            return Err(not_found("USER", external.required("Id", shape::text)?));
        }
        (Some(_), Some(_)) | (None, None) => {
            let text = "AlternateIdentifier must have exactly one of ExternalId and UniqueAttribute";
            return Err(fields.service.invalid("INPUT_REQUIRED", text.into()));
        }
    };
    let value = unique.required("AttributeValue", shape::text)?;
    let attribute: fn(&Person) -> &str = match unique.required("AttributePath", shape::text)? {
        "userName" => |p| &p.handle,
        "emails.value" => |p| &p.email,
        other => return Err(fields.service.invalid("INVALID_ENUM", format!("{other} is not unique"))),
    };
    let found = world.directory.users.iter().find(|(_, p)| attribute(p).eq_ignore_ascii_case(value));
    let (id, _) = found.ok_or_else(|| not_found("USER", value))?;
    Ok(json!({ "IdentityStoreId": world.directory.identity_store_id, "UserId": id }))
}

fn group_row(world: &World, group: &Group) -> Value {
    json!({
        "IdentityStoreId": world.directory.identity_store_id,
        "GroupId": group.id,
        "DisplayName": group.name,
        "CreatedAt": CREATED,
        "UpdatedAt": CREATED,
    })
}

fn list_groups(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let name = filter(fields, "DisplayName")?;
    let groups = world.directory.groups.values().filter(|g| name.is_none_or(|n| g.name == n));
    let rows = groups.map(|g| (g.id.clone(), g));
    let page = page(fields, HUNDRED, &world.options, rows, |g| group_row(world, g))?;
    Ok(json!({ "Groups": page.rows, "NextToken": page.next }))
}

fn describe_group(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    Ok(group_row(world, group(world, fields)?))
}

/// Half of the group's id and half of the user's: unique for the pair, and shaped as AWS shapes it.
fn membership_id(group: &str, user: &str) -> String {
    let (first, last) = (group.split_at_checked(18), user.split_at_checked(18));
    format!("{}{}", first.map_or(group, |h| h.0), last.map_or(user, |h| h.1))
}

fn membership_row(world: &World, group: &str, user: &str) -> Value {
    json!({
        "IdentityStoreId": world.directory.identity_store_id,
        "MembershipId": membership_id(group, user),
        "GroupId": group,
        "MemberId": { "UserId": user },
        "CreatedAt": CREATED,
        "UpdatedAt": CREATED,
    })
}

fn list_group_memberships(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let group = group(world, fields)?;
    let rows = group.members.iter().map(|user| (user.clone(), user));
    let page = page(fields, HUNDRED, &world.options, rows, |user| membership_row(world, &group.id, user))?;
    Ok(json!({ "GroupMemberships": page.rows, "NextToken": page.next }))
}

fn list_memberships_for_member(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let user = member(world, fields)?;
    let groups = world.directory.groups.values().filter(|g| g.members.contains(user));
    let rows = groups.map(|g| (g.id.clone(), g));
    let page = page(fields, HUNDRED, &world.options, rows, |g| membership_row(world, &g.id, user))?;
    Ok(json!({ "GroupMemberships": page.rows, "NextToken": page.next }))
}

fn is_member_in_groups(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let user = member(world, fields)?;
    let ids = fields.list("GroupIds", GROUP_IDS_MAX)?;
    if ids.is_empty() {
        return Err(fields
            .service
            .invalid("INPUT_REQUIRED", "GroupIds must have between 1 and 100 items".into()));
    }
    let mut results = Vec::new();
    for id in ids {
        let id = id.as_str().filter(|i| shape::identity(i));
        let id = id
            .ok_or_else(|| fields.service.invalid("INVALID_PATTERN", "GroupIds has a malformed id".into()))?;
        let group = world.directory.groups.get(id).ok_or_else(|| not_found("GROUP", id))?;
        results.push(json!({
            "GroupId": id,
            "MemberId": { "UserId": user },
            "MembershipExists": group.members.contains(user),
        }));
    }
    Ok(json!({ "Results": results }))
}
