//! The AWS Organizations API (`AWSOrganizationsV20161128`): the tree of OUs and the accounts in it. Reads only.

use serde_json::{Value, json};

use super::paging::{ORGANIZATIONS, page};
use super::wire::{AwsError, Fields, shape};
use super::world::World;
use crate::company::{Account, AccountState, OrganizationalUnit};

pub(super) fn answer(world: &World, fields: &Fields<'_>) -> Option<Result<Value, AwsError>> {
    Some(match fields.operation {
        "DescribeOrganization" => Ok(describe_organization(world)),
        "ListRoots" => list_roots(world, fields),
        "ListOrganizationalUnitsForParent" => list_units(world, fields),
        "ListAccountsForParent" => list_accounts_for_parent(world, fields),
        "ListAccounts" => list_accounts(world, fields),
        "DescribeAccount" => describe_account(world, fields),
        "ListParents" => list_parents(world, fields),
        _ => return None,
    })
}

fn arn(world: &World, kind: &str, id: &str) -> String {
    let directory = &world.directory;
    format!(
        "arn:aws:organizations::{}:{kind}/{}/{id}",
        directory.management_account, directory.organization_id
    )
}

fn email(account: &Account) -> String {
    format!("aws+{}@acme.example", account.name)
}

fn describe_organization(world: &World) -> Value {
    let directory = &world.directory;
    let management = &directory.management_account;
    let id = &directory.organization_id;
    json!({ "Organization": {
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{id}"),
        "FeatureSet": "ALL",
        "MasterAccountArn": arn(world, "account", management),
        "MasterAccountId": management,
        "MasterAccountEmail": directory.accounts.get(management).map(email),
    }})
}

fn list_roots(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let id = &world.directory.root_id;
    let row = json!({ "Id": id, "Arn": arn(world, "root", id), "Name": "Root", "PolicyTypes": [] });
    let page = page(fields, ORGANIZATIONS, &world.options, std::iter::once((id.clone(), row)), |row| row)?;
    Ok(json!({ "Roots": page.rows, "NextToken": page.next }))
}

fn parent<'a>(world: &World, fields: &Fields<'a>) -> Result<&'a str, AwsError> {
    let id = fields.required("ParentId", shape::parent)?;
    if id == world.directory.root_id || world.directory.units.contains_key(id) {
        return Ok(id);
    }
    Err(AwsError::new("ParentNotFoundException", "You specified a root or OU that doesn't exist."))
}

fn path(world: &World, parent: &str) -> String {
    let mut path = format!("{}/{}/", world.directory.organization_id, world.directory.root_id);
    for unit in world.directory.units_above(parent) {
        path.push_str(&unit.id);
        path.push('/');
    }
    path
}

fn unit_row(world: &World, unit: &OrganizationalUnit) -> Value {
    json!({
        "Id": unit.id,
        "Arn": arn(world, "ou", &unit.id),
        "Name": unit.name,
        "Path": path(world, &unit.id),
    })
}

fn list_units(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let parent = parent(world, fields)?;
    let units = world.directory.units.values().filter(|u| u.parent == parent);
    let rows = units.map(|u| (u.id.clone(), u));
    let page = page(fields, ORGANIZATIONS, &world.options, rows, |u| unit_row(world, u))?;
    Ok(json!({ "OrganizationalUnits": page.rows, "NextToken": page.next }))
}

/// `State`, and `Status` beside it, which AWS retired on 9 September 2026 but old callers read.
fn account_row(world: &World, account: &Account) -> Value {
    let state = match account.state {
        AccountState::Active => "ACTIVE",
        AccountState::Suspended => "SUSPENDED",
    };
    json!({
        "Id": account.id,
        "Arn": arn(world, "account", &account.id),
        "Email": email(account),
        "Name": account.name,
        "Status": state,
        "State": state,
        "Paths": [format!("{}{}/", path(world, &account.parent), account.id)],
        "JoinedMethod": if account.id == world.directory.management_account { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": 1_672_531_200.0,
    })
}

fn list_accounts_for_parent(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let parent = parent(world, fields)?;
    accounts(world, fields, |account| account.parent == parent)
}

fn list_accounts(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    accounts(world, fields, |_| true)
}

fn accounts(
    world: &World,
    fields: &Fields<'_>,
    wanted: impl Fn(&Account) -> bool,
) -> Result<Value, AwsError> {
    let accounts = world.directory.accounts.values().filter(|a| wanted(a));
    let rows = accounts.map(|a| (a.id.clone(), a));
    let page = page(fields, ORGANIZATIONS, &world.options, rows, |a| account_row(world, a))?;
    Ok(json!({ "Accounts": page.rows, "NextToken": page.next }))
}

fn describe_account(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let account = world.directory.accounts.get(fields.required("AccountId", shape::account)?);
    let missing =
        || AwsError::new("AccountNotFoundException", "You specified an account that doesn't exist.");
    Ok(json!({ "Account": account_row(world, account.ok_or_else(missing)?) }))
}

fn list_parents(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let child = fields.required("ChildId", shape::child)?;
    let directory = &world.directory;
    let of_account = directory.accounts.get(child).map(|a| &a.parent);
    let parent = of_account.or_else(|| directory.units.get(child).map(|u| &u.parent));
    let missing = || AwsError::new("ChildNotFoundException", "You specified a child that doesn't exist.");
    let id = parent.ok_or_else(missing)?;
    let kind = if *id == directory.root_id { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    let row = json!({ "Id": id, "Type": kind });
    let page = page(fields, ORGANIZATIONS, &world.options, std::iter::once((id.clone(), row)), |row| row)?;
    Ok(json!({ "Parents": page.rows, "NextToken": page.next }))
}
