//! The Identity Store API (`AWSIdentityStore`): users and groups as they are read. Memberships and changes are next door.

use serde_json::{Map, Value, json};

use super::paging::{HUNDRED, USERS, page};
use super::wire::{AwsError, Fields, shape};
use super::world::World;
use crate::company::{Group, Person};

/// When every record says it was made: the twin's company has always been there.
pub(super) const CREATED: f64 = 1_672_531_200.0;

/// Who issued the ids of what came by SCIM. AWS documents only that there is an issuer, not how it reads.
const SCIM_ISSUER: &str = "https://acme.okta.com/scim";

pub(super) fn answer(world: &World, fields: &Fields<'_>) -> Option<Result<Value, AwsError>> {
    let known: fn(&World, &Fields<'_>) -> Result<Value, AwsError> = match fields.operation {
        "ListUsers" => list_users,
        "DescribeUser" => describe_user,
        "GetUserId" => get_user_id,
        "ListGroups" => list_groups,
        "DescribeGroup" => describe_group,
        _ => return None,
    };
    Some(store(world, fields).and_then(|()| known(world, fields)))
}

pub(super) fn store(world: &World, fields: &Fields<'_>) -> Result<(), AwsError> {
    let id = fields.required("IdentityStoreId", shape::identity_store)?;
    if id == world.directory.identity_store_id { Ok(()) } else { Err(not_found("IDENTITY_STORE", id)) }
}

pub(super) fn not_found(kind: &str, id: &str) -> AwsError {
    let extra = [("ResourceType".to_owned(), json!(kind)), ("ResourceId".to_owned(), json!(id))];
    AwsError { extra: Map::from_iter(extra), ..AwsError::not_found(kind, id) }
}

pub(super) fn user<'w>(world: &'w World, id: &str) -> Result<&'w Person, AwsError> {
    world.directory.users.get(id).ok_or_else(|| not_found("USER", id))
}

pub(super) fn group<'w>(world: &'w World, fields: &Fields<'_>) -> Result<&'w Group, AwsError> {
    let id = fields.required("GroupId", shape::identity)?;
    world.directory.groups.get(id).ok_or_else(|| not_found("GROUP", id))
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

/// A group that an identity provider pushes by SCIM has that provider's id for it; one made at AWS has none.
fn group_row(world: &World, group: &Group) -> Value {
    let mut row = json!({
        "IdentityStoreId": world.directory.identity_store_id,
        "GroupId": group.id,
        "DisplayName": group.name,
        "CreatedAt": CREATED,
        "UpdatedAt": CREATED,
    });
    if let (Some(id), Some(members)) = (&group.external_id, row.as_object_mut()) {
        members.insert("ExternalIds".into(), json!([{ "Issuer": SCIM_ISSUER, "Id": id }]));
    }
    row
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
