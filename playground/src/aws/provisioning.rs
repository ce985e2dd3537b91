//! Inline policies of permission sets and how they reach accounts: the rest of IAM Identity Center's administration API.
//!
//! A changed policy is in force nowhere until it is provisioned, which takes its time, one at a time in an account.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::paging::{HUNDRED, page};
use super::policies::Provisioning;
use super::sso_admin::{account, instance, permission_set};
use super::wire::{AwsError, Fields, shape};
use super::world::{OperationStatus, World};

/// What IAM takes of an inline policy, white space not counted (platform-rules 3.2).
const POLICY_CHARACTERS_MAX: usize = 10_240;

pub(super) fn answer(world: &mut World, fields: &Fields<'_>) -> Option<Result<Value, AwsError>> {
    Some(match fields.operation {
        "GetInlinePolicyForPermissionSet" => get_inline(world, fields),
        "PutInlinePolicyToPermissionSet" => put_inline(world, fields),
        "DeleteInlinePolicyFromPermissionSet" => delete_inline(world, fields),
        "ListAccountsForProvisionedPermissionSet" => list_accounts(world, fields),
        "ProvisionPermissionSet" => provision(world, fields),
        "DescribePermissionSetProvisioningStatus" => describe(world, fields),
        "ListPermissionSetProvisioningStatus" => list_statuses(world, fields),
        _ => return None,
    })
}

fn get_inline(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let set = permission_set(world, fields)?;
    Ok(json!({ "InlinePolicy": world.policies.inline.get(set).map_or("", String::as_str) }))
}

/// The permission set, if it may be changed now: by this caller, and with no provisioning of it under way.
fn changeable<'a>(world: &World, fields: &Fields<'a>) -> Result<&'a str, AwsError> {
    instance(world, fields)?;
    let set = permission_set(world, fields)?;
    if world.policies.accounts_with(set).any(|(account, _)| world.is_forbidden(account)) {
        return Err(AwsError::access_denied(&format!("sso:{}", fields.operation)));
    }
    if world.policies.under_way().any(|p| p.permission_set == set) {
        return Err(fields.service.conflict());
    }
    Ok(set)
}

fn put_inline(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let set = changeable(world, fields)?;
    let policy = fields.required("InlinePolicy", shape::inline_policy)?;
    if !is_policy(policy) {
        return Err(fields.service.invalid("MALFORMED", "Policy document is not a valid policy.".into()));
    }
    if policy.chars().filter(|c| !c.is_whitespace()).count() > POLICY_CHARACTERS_MAX {
        let text = format!("Maximum policy size of {POLICY_CHARACTERS_MAX} bytes exceeded");
        return Err(AwsError::new("ServiceQuotaExceededException", text));
    }
    world.policies.inline.insert(set.to_owned(), policy.to_owned());
    Ok(json!({}))
}

/// Whether this is JSON with statements, each with an effect: what AWS looks at before it takes a policy.
pub(super) fn is_policy(text: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(text) else { return false };
    let statements = match policy.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => return false,
    };
    let whole = |s: &Value| {
        matches!(s.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"))
            && (s.get("Action").is_some() || s.get("NotAction").is_some())
            && (s.get("Resource").is_some() || s.get("NotResource").is_some())
    };
    !statements.is_empty() && statements.iter().all(whole)
}

fn delete_inline(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let set = changeable(world, fields)?;
    match world.policies.inline.remove(set) {
        Some(_) => Ok(json!({})),
        None => Err(AwsError::not_found("Inline policy", set)),
    }
}

fn list_accounts(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let set = permission_set(world, fields)?;
    let wanted = fields.optional("ProvisioningStatus", shape::provisioning_status)?;
    let accounts = world.policies.accounts_with(set).filter(|(_, latest)| fits(wanted, *latest));
    let rows = accounts.map(|(account, _)| (account.clone(), account));
    let page = page(fields, HUNDRED, &world.options, rows, |account| json!(account))?;
    Ok(json!({ "AccountIds": page.rows, "NextToken": page.next }))
}

/// Whether a role is asked for by this `ProvisioningStatus`.
pub(super) fn fits(wanted: Option<&str>, latest: bool) -> bool {
    match wanted {
        None => true,
        Some("LATEST_PERMISSION_SET_PROVISIONED") => latest,
        Some(_) => !latest,
    }
}

fn provision(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let set = permission_set(world, fields)?;
    let with: BTreeSet<String> =
        world.policies.accounts_with(set).map(|(account, _)| account.clone()).collect();
    let only = match fields.required("TargetType", shape::provision_target)? {
        "AWS_ACCOUNT" => Some(account(world, fields, "TargetId")?),
        _ => None,
    };
    let accounts = match only {
        Some(id) if with.contains(id) => BTreeSet::from([id.to_owned()]),
        Some(id) => return Err(AwsError::not_found("Permission set in account", id)),
        None => with,
    };
    if accounts.iter().any(|account| world.is_forbidden(account)) {
        return Err(AwsError::access_denied("sso:ProvisionPermissionSet"));
    }
    if world.policies.under_way().any(|p| !p.accounts.is_disjoint(&accounts)) {
        return Err(fields.service.conflict());
    }
    let under_way = world.policies.under_way().count();
    if world.options.provisionings_max.is_some_and(|most| under_way >= most) {
        return Err(fields
            .service
            .throttled("There are too many requests processing. Please try again later."));
    }
    let provisioning = world.provision(set, only, accounts);
    Ok(json!({ "PermissionSetProvisioningStatus": status(&provisioning) }))
}

fn status(provisioning: &Provisioning) -> Value {
    let mut status = json!({
        "Status": provisioning.state.word(),
        "RequestId": provisioning.id,
        "PermissionSetArn": provisioning.permission_set,
        "CreatedDate": provisioning.created_at,
    });
    if let Some(members) = status.as_object_mut() {
        if let Some(account) = &provisioning.account {
            members.insert("AccountId".into(), json!(account));
        }
        if let OperationStatus::Failed(reason) = &provisioning.state {
            members.insert("FailureReason".into(), json!(reason));
        }
    }
    status
}

fn describe(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let id = fields.required("ProvisionPermissionSetRequestId", shape::request_id)?;
    let found = world.policies.provisionings.get(id).ok_or_else(|| AwsError::not_found("Request", id))?;
    Ok(json!({ "PermissionSetProvisioningStatus": status(found) }))
}

fn list_statuses(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let filter = fields.structure("Filter")?;
    let only = filter.map(|f| f.optional("Status", shape::operation_status)).transpose()?.flatten();
    let all = world.policies.provisionings.values();
    let rows = all.filter(|p| only.is_none_or(|word| p.state.word() == word)).map(|p| (p.id.clone(), p));
    let page = page(
        fields,
        HUNDRED,
        &world.options,
        rows,
        |p| json!({ "Status": p.state.word(), "RequestId": p.id, "CreatedDate": p.created_at }),
    )?;
    Ok(json!({ "PermissionSetsProvisioningStatus": page.rows, "NextToken": page.next }))
}
