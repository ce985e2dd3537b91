//! The Identity Store's memberships, and what changes in it: groups that come and go, people put in and taken out.
//!
//! Changes are done when they are answered (platform-rules 3.5), but reads may show them late. A group that SCIM feeds
//! is changed like any other: AWS refuses nothing, the identity provider overwrites it later.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::identity_store::{CREATED, group, not_found, store, user};
use super::lag::Lag;
use super::paging::{HUNDRED, page};
use super::wire::{AwsError, Fields, shape};
use super::world::World;
use crate::company::Group;

/// Most group ids one `IsMemberInGroups` takes.
const GROUP_IDS_MAX: usize = 100;

/// A group and a user in it.
pub(super) type Membership = (String, String);

/// What is remembered of memberships beside who is in a group.
#[derive(Debug, Default)]
pub(super) struct Memberships {
    late: Lag<Membership>,
    /// How often each began: one that begins again has another id.
    begun: BTreeMap<Membership, u32>,
    groups_made: u32,
}

pub(super) fn answer(world: &mut World, fields: &Fields<'_>) -> Option<Result<Value, AwsError>> {
    let known: fn(&mut World, &Fields<'_>) -> Result<Value, AwsError> = match fields.operation {
        "CreateGroup" => create_group,
        "DeleteGroup" => delete_group,
        "CreateGroupMembership" => create,
        "DeleteGroupMembership" => delete,
        "GetGroupMembershipId" => get_id,
        "ListGroupMemberships" => list_of_group,
        "ListGroupMembershipsForMember" => list_of_member,
        "IsMemberInGroups" => is_member_in_groups,
        _ => return None,
    };
    Some(store(world, fields).and_then(|()| known(world, fields)))
}

impl World {
    /// Puts a user into a group or takes them out; true when that changed it. `late` is how a change by API shows,
    /// unlike one by hand.
    pub(super) fn set_member(&mut self, group: &str, user: &str, member: bool, late: bool) -> bool {
        let Some(held) = self.directory.groups.get_mut(group) else { return false };
        let changed = if member { held.members.insert(user.to_owned()) } else { held.members.remove(user) };
        let membership = (group.to_owned(), user.to_owned());
        if changed {
            let from = late.then_some(self.now);
            self.memberships.late.changed(&membership, member, from, &self.options);
        }
        if changed && member {
            *self.memberships.begun.entry(membership).or_default() += 1;
        }
        changed
    }

    /// Who a read shows as members of this group, late as reads are.
    fn members_shown(&mut self, group: &Group) -> BTreeSet<String> {
        let rows = group.members.iter().map(|user| (group.id.clone(), user.clone())).collect();
        let shown = self.memberships.late.shown(rows, |(of, _)| *of == group.id, self.now);
        shown.into_iter().map(|(_, user)| user).collect()
    }

    /// Which groups a read shows this user in, late as reads are.
    pub(super) fn groups_shown(&mut self, user: &str) -> BTreeSet<String> {
        let groups = self.directory.groups.values().filter(|g| g.members.contains(user));
        let rows = groups.map(|g| (g.id.clone(), user.to_owned())).collect();
        let shown = self.memberships.late.shown(rows, |(_, whose)| whose == user, self.now);
        shown.into_iter().map(|(group, _)| group).collect()
    }

    /// Half of the group's id, which beginning it is, and the end of the user's: unique, and shaped as AWS shapes it.
    fn membership_id(&self, group: &str, user: &str) -> String {
        let begun = self.memberships.begun.get(&(group.to_owned(), user.to_owned())).copied().unwrap_or(0);
        let first = group.split_at_checked(18).map_or(group, |halves| halves.0);
        let last = user.rsplit('-').next().unwrap_or(user);
        format!("{first}-{:04x}-{last}", 0x9000 + (begun & 0xfff))
    }
}

/// `MemberId` is a union with the one member `UserId`.
fn member(world: &World, fields: &Fields<'_>) -> Result<String, AwsError> {
    let id = fields.required_structure("MemberId")?.required("UserId", shape::identity)?;
    user(world, id).map(|_| id.to_owned())
}

fn taken(fields: &Fields<'_>, message: &str) -> AwsError {
    AwsError {
        extra: Map::from_iter([("Reason".to_owned(), json!("UNIQUENESS_CONSTRAINT_VIOLATION"))]),
        message: message.to_owned(),
        ..fields.service.conflict()
    }
}

fn create_group(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let name = fields.required("DisplayName", shape::text)?;
    if world.directory.groups.values().any(|g| g.name == name) {
        return Err(taken(fields, "Duplicate GroupDisplayName"));
    }
    let id = world.make_group(name);
    Ok(json!({ "IdentityStoreId": world.directory.identity_store_id, "GroupId": id }))
}

impl World {
    /// Makes an empty group; its id.
    pub(super) fn make_group(&mut self, name: &str) -> String {
        self.memberships.groups_made += 1;
        let made = self.memberships.groups_made;
        let id = format!("64f8c4d8-{:04x}-70d0-a000-{made:012x}", made & 0xffff);
        let group =
            Group { id: id.clone(), name: name.to_owned(), members: BTreeSet::new(), external_id: None };
        self.directory.groups.insert(id.clone(), group);
        id
    }
}

/// Memberships go with their group; assignments to it stay, as they do after a user.
fn delete_group(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let id = group(world, fields)?.id.clone();
    world.directory.groups.remove(&id);
    Ok(json!({}))
}

fn create(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let (group, user) = (group(world, fields)?.id.clone(), member(world, fields)?);
    if !world.set_member(&group, &user, true, true) {
        return Err(taken(fields, "Member and Group relationship already exists."));
    }
    let id = world.membership_id(&group, &user);
    Ok(json!({ "IdentityStoreId": world.directory.identity_store_id, "MembershipId": id }))
}

fn delete(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let id = fields.required("MembershipId", shape::identity)?;
    let all = world.directory.groups.values().flat_map(|g| g.members.iter().map(|user| (&g.id, user)));
    let found = all.into_iter().find(|(group, user)| world.membership_id(group, user) == id);
    let (group, user) = found.ok_or_else(|| not_found("GROUP_MEMBERSHIP", id))?;
    let (group, user) = (group.clone(), user.clone());
    world.set_member(&group, &user, false, true);
    Ok(json!({}))
}

/// A look-up of one membership by its key is never late, unlike lists.
fn get_id(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let user = member(world, fields)?;
    let group = group(world, fields)?;
    if !group.members.contains(&user) {
        return Err(not_found("GROUP_MEMBERSHIP", &user));
    }
    let id = world.membership_id(&group.id, &user);
    Ok(json!({ "IdentityStoreId": world.directory.identity_store_id, "MembershipId": id }))
}

fn row(world: &World, group: &str, user: &str) -> Value {
    json!({
        "IdentityStoreId": world.directory.identity_store_id,
        "MembershipId": world.membership_id(group, user),
        "GroupId": group,
        "MemberId": { "UserId": user },
        "CreatedAt": CREATED,
        "UpdatedAt": CREATED,
    })
}

fn list_of_group(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let group = group(world, fields)?.clone();
    let shown = world.members_shown(&group);
    let rows = shown.iter().map(|user| (user.clone(), user));
    let page = page(fields, HUNDRED, &world.options, rows, |user| row(world, &group.id, user))?;
    Ok(json!({ "GroupMemberships": page.rows, "NextToken": page.next }))
}

fn list_of_member(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let user = member(world, fields)?;
    let shown = world.groups_shown(&user);
    let rows = shown.iter().map(|group| (group.clone(), group));
    let page = page(fields, HUNDRED, &world.options, rows, |group| row(world, group, &user))?;
    Ok(json!({ "GroupMemberships": page.rows, "NextToken": page.next }))
}

fn is_member_in_groups(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let user = member(world, fields)?;
    let ids = fields.list("GroupIds", GROUP_IDS_MAX)?;
    if ids.is_empty() {
        return Err(fields
            .service
            .invalid("INPUT_REQUIRED", "GroupIds must have between 1 and 100 items".into()));
    }
    let shown = world.groups_shown(&user);
    let mut results = Vec::new();
    for id in ids {
        let id = id.as_str().filter(|i| shape::identity(i));
        let id = id
            .ok_or_else(|| fields.service.invalid("INVALID_PATTERN", "GroupIds has a malformed id".into()))?;
        if !world.directory.groups.contains_key(id) {
            return Err(not_found("GROUP", id));
        }
        results.push(json!({
            "GroupId": id, "MemberId": { "UserId": user }, "MembershipExists": shown.contains(id),
        }));
    }
    Ok(json!({ "Results": results }))
}
