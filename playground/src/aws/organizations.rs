//! The AWS Organizations API (`AWSOrganizationsV20161128`): the tree of OUs, the accounts in it, and the service control
//! policies on it, which alone can be changed.

use serde_json::{Value, json};

use super::paging::{ORGANIZATIONS, page};
use super::provisioning::is_policy;
use super::wire::{AwsError, Fields, shape};
use super::world::World;
use crate::company::{Account, AccountState, OrganizationalUnit, ServiceControlPolicy};

/// Characters of one service control policy ("Quotas for AWS Organizations": 5,120, not raisable).
const POLICY_CHARACTERS_MAX: usize = 5_120;

pub(super) fn answer(world: &mut World, fields: &Fields<'_>) -> Option<Result<Value, AwsError>> {
    Some(match fields.operation {
        "DescribeOrganization" => Ok(describe_organization(world)),
        "ListRoots" => list_roots(world, fields),
        "ListOrganizationalUnitsForParent" => list_units(world, fields),
        "ListAccountsForParent" => list_accounts_for_parent(world, fields),
        "ListAccounts" => list_accounts(world, fields),
        "DescribeAccount" => describe_account(world, fields),
        "ListParents" => list_parents(world, fields),
        "DescribePolicy" => describe_policy(world, fields),
        "UpdatePolicy" => update_policy(world, fields),
        "ListPoliciesForTarget" => list_policies(world, fields),
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
        AccountState::Closed => "CLOSED",
    };
    // The retired word has none for closed accounts.
    let status = if account.state == AccountState::Closed { "SUSPENDED" } else { state };
    json!({
        "Id": account.id,
        "Arn": arn(world, "account", &account.id),
        "Email": email(account),
        "Name": account.name,
        "Status": status,
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

fn policy<'w>(world: &'w World, fields: &Fields<'_>) -> Result<&'w ServiceControlPolicy, AwsError> {
    let found = world.policies.service_control.get(fields.required("PolicyId", shape::policy)?);
    found.ok_or_else(|| {
        AwsError::new(
            "PolicyNotFoundException",
            "We can't find a policy with the PolicyId that you specified.",
        )
    })
}

fn policy_row(world: &World, policy: &ServiceControlPolicy) -> Value {
    json!({
        "Id": policy.id,
        "Arn": arn(world, "policy", &format!("service_control_policy/{}", policy.id)),
        "Name": policy.name,
        "Description": "",
        "Type": "SERVICE_CONTROL_POLICY",
        "AwsManaged": false,
    })
}

fn describe_policy(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let policy = policy(world, fields)?;
    Ok(json!({ "Policy": { "PolicySummary": policy_row(world, policy), "Content": policy.content } }))
}

fn update_policy(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let mut changed = policy(world, fields)?.clone();
    if let Some(name) = fields.optional("Name", shape::text)? {
        changed.name = name.to_owned();
    }
    if let Some(content) = fields.optional("Content", shape::text)? {
        if content.chars().count() > POLICY_CHARACTERS_MAX {
            let extra = [("Reason".to_owned(), json!("POLICY_CONTENT_LIMIT_EXCEEDED"))];
            return Err(AwsError {
                extra: extra.into_iter().collect(),
                ..AwsError::new("ConstraintViolationException", "You have exceeded the maximum policy size.")
            });
        }
        if !is_policy(content) {
            let text = "The provided policy document does not meet the requirements of the policy type.";
            return Err(AwsError::new("MalformedPolicyDocumentException", text));
        }
        changed.content = content.to_owned();
    }
    let summary = policy_row(world, &changed);
    let answer = json!({ "Policy": { "PolicySummary": summary, "Content": changed.content } });
    world.policies.service_control.insert(changed.id.clone(), changed);
    Ok(answer)
}

/// Only what is attached to the target itself, not what it inherits.
fn list_policies(world: &World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let target = fields.required("TargetId", shape::policy_target)?;
    fields.required("Filter", |word| word == "SERVICE_CONTROL_POLICY")?;
    let directory = &world.directory;
    let known = target == directory.root_id
        || directory.units.contains_key(target)
        || directory.accounts.contains_key(target);
    if !known {
        let text = "We can't find a root, OU, account, or policy with the TargetId that you specified.";
        return Err(AwsError::new("TargetNotFoundException", text));
    }
    let policies = world.policies.service_control.values().filter(|p| p.targets.contains(target));
    let rows = policies.map(|p| (p.id.clone(), p));
    let page = page(fields, ORGANIZATIONS, &world.options, rows, |p| policy_row(world, p))?;
    Ok(json!({ "Policies": page.rows, "NextToken": page.next }))
}
