//! IAM Identity Center's administration API (`SWBExternalService`), as the delegated administrator sees it.
//!
//! It must never answer more than AWS would: ids are checked by AWS's patterns, lists lag, changes are asynchronous.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::paging::{HUNDRED, page};
use super::provisioning::fits;
use super::wire::{AwsError, Fields, shape};
use super::world::{Operation, OperationKind, OperationStatus, World};
use crate::company::{Assignment, Principal};

pub(super) fn answer(world: &mut World, fields: &Fields<'_>) -> Option<Result<Value, AwsError>> {
    use OperationKind::{Create, Delete};
    Some(match fields.operation {
        "ListInstances" => list_instances(world, fields),
        "ListPermissionSets" => list_permission_sets(world, fields),
        "DescribePermissionSet" => describe_permission_set(world, fields),
        "ListAccountAssignments" => list_account_assignments(world, fields),
        "ListAccountAssignmentsForPrincipal" => list_for_principal(world, fields),
        "ListPermissionSetsProvisionedToAccount" => list_provisioned(world, fields),
        "CreateAccountAssignment" => begin(world, fields, Create),
        "DeleteAccountAssignment" => begin(world, fields, Delete),
        "DescribeAccountAssignmentCreationStatus" => describe_status(world, fields, Create),
        "DescribeAccountAssignmentDeletionStatus" => describe_status(world, fields, Delete),
        "ListAccountAssignmentCreationStatus" => list_statuses(world, fields, Create),
        "ListAccountAssignmentDeletionStatus" => list_statuses(world, fields, Delete),
        _ => return None,
    })
}

pub(super) fn instance(world: &World, fields: &Fields<'_>) -> Result<(), AwsError> {
    let arn = fields.required("InstanceArn", shape::instance_arn)?;
    if arn == world.directory.instance_arn {
        return Ok(());
    }
    // A foreign instance is not told apart from a forbidden one.
    Err(AwsError::access_denied(&format!("sso:{}", fields.operation)))
}

pub(super) fn account<'a>(world: &World, fields: &Fields<'a>, name: &str) -> Result<&'a str, AwsError> {
    let id = fields.required(name, shape::account)?;
    if world.directory.accounts.contains_key(id) { Ok(id) } else { Err(AwsError::not_found("Account", id)) }
}

pub(super) fn permission_set<'a>(world: &World, fields: &Fields<'a>) -> Result<&'a str, AwsError> {
    let arn = fields.required("PermissionSetArn", shape::permission_set_arn)?;
    if world.directory.permission_sets.contains_key(arn) {
        return Ok(arn);
    }
    Err(AwsError::not_found("Permission set", arn))
}

fn principal(world: &World, fields: &Fields<'_>) -> Result<Principal, AwsError> {
    let id = fields.required("PrincipalId", shape::identity)?.to_owned();
    let kind = fields.required("PrincipalType", shape::principal_type)?;
    let principal = if kind == "USER" { Principal::User(id) } else { Principal::Group(id) };
    if world.directory.knows(&principal) {
        return Ok(principal);
    }
    Err(AwsError::not_found(principal.kind(), principal.id()))
}

fn list_instances(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    let directory = &world.directory;
    let row = json!({
        "InstanceArn": directory.instance_arn,
        "IdentityStoreId": directory.identity_store_id,
        "OwnerAccountId": directory.management_account,
        "Name": "acme",
        "CreatedDate": 1_672_531_200.0,
        "Status": "ACTIVE",
    });
    let rows = std::iter::once((directory.instance_arn.clone(), row));
    let page = page(fields, HUNDRED, &world.options, rows, |row| row)?;
    Ok(json!({ "Instances": page.rows, "NextToken": page.next }))
}

fn list_permission_sets(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let rows = world.directory.permission_sets.keys().map(|arn| (arn.clone(), arn));
    let page = page(fields, HUNDRED, &world.options, rows, |arn| json!(arn))?;
    Ok(json!({ "PermissionSets": page.rows, "NextToken": page.next }))
}

fn describe_permission_set(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let arn = permission_set(world, fields)?;
    let set =
        world.directory.permission_sets.get(arn).ok_or_else(|| AwsError::not_found("Permission set", arn))?;
    Ok(json!({ "PermissionSet": {
        "Name": set.name,
        "PermissionSetArn": set.arn,
        "Description": set.description,
        "CreatedDate": 1_672_531_200.0,
        "SessionDuration": set.session_duration,
    }}))
}

fn row(assignment: &Assignment) -> Value {
    json!({
        "AccountId": assignment.account,
        "PermissionSetArn": assignment.permission_set,
        "PrincipalType": assignment.principal.kind(),
        "PrincipalId": assignment.principal.id(),
    })
}

/// Rows in the order of a text key, which tokens can name.
fn keyed(rows: &BTreeSet<Assignment>) -> Vec<(String, &Assignment)> {
    let key = |a: &Assignment| format!("{}/{}/{}", a.account, a.permission_set, a.principal.id());
    let mut keyed: Vec<_> = rows.iter().map(|a| (key(a), a)).collect();
    keyed.sort();
    keyed
}

fn list_account_assignments(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let account = account(world, fields, "AccountId")?;
    let set = permission_set(world, fields)?;
    let mut rows = world.listed_in(account);
    rows.retain(|a| a.permission_set == set);
    let page = page(fields, HUNDRED, &world.options, keyed(&rows).into_iter(), row)?;
    Ok(json!({ "AccountAssignments": page.rows, "NextToken": page.next }))
}

/// For a user: what is assigned to them, and what their groups bring them as rows of type GROUP.
fn list_for_principal(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let principal = principal(world, fields)?;
    let filter = fields.structure("Filter")?;
    let only = filter.map(|f| f.optional("AccountId", shape::account)).transpose()?.flatten();
    let mut rows = world.listed_for(&principal);
    if let Principal::User(user) = &principal {
        for group in world.groups_shown(user) {
            rows.extend(world.listed_for(&Principal::Group(group)));
        }
    }
    rows.retain(|a| only.is_none_or(|account| a.account == account));
    let page = page(fields, HUNDRED, &world.options, keyed(&rows).into_iter(), row)?;
    Ok(json!({ "AccountAssignments": page.rows, "NextToken": page.next }))
}

fn list_provisioned(world: &mut World, fields: &Fields<'_>) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let account = account(world, fields, "AccountId")?;
    let wanted = fields.optional("ProvisioningStatus", shape::provisioning_status)?;
    let mut sets: BTreeSet<String> = world.listed_in(account).into_iter().map(|a| a.permission_set).collect();
    sets.retain(|arn| fits(wanted, world.policies.is_latest(account, arn)));
    let rows = sets.iter().map(|arn| (arn.clone(), arn));
    let page = page(fields, HUNDRED, &world.options, rows, |arn| json!(arn))?;
    Ok(json!({ "PermissionSets": page.rows, "NextToken": page.next }))
}

fn begin(world: &mut World, fields: &Fields<'_>, kind: OperationKind) -> Result<Value, AwsError> {
    instance(world, fields)?;
    fields.required("TargetType", shape::target_type)?;
    let assignment = Assignment {
        account: account(world, fields, "TargetId")?.to_owned(),
        permission_set: permission_set(world, fields)?.to_owned(),
        principal: match kind {
            OperationKind::Create => principal(world, fields)?,
            OperationKind::Delete => principal_perhaps_gone(world, fields)?,
        },
    };
    let operation = world.begin(kind, assignment)?;
    Ok(json!({ member(kind): status(&operation) }))
}

/// Assignments outlive their user, and can still be deleted then.
fn principal_perhaps_gone(world: &World, fields: &Fields<'_>) -> Result<Principal, AwsError> {
    let id = fields.required("PrincipalId", shape::identity)?.to_owned();
    let kind = fields.required("PrincipalType", shape::principal_type)?;
    let named = if kind == "USER" { Principal::User(id) } else { Principal::Group(id) };
    let known = world.directory.knows(&named) || world.held().iter().any(|a| a.principal == named);
    if known { Ok(named) } else { Err(AwsError::not_found(named.kind(), named.id())) }
}

fn member(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Create => "AccountAssignmentCreationStatus",
        OperationKind::Delete => "AccountAssignmentDeletionStatus",
    }
}

fn status(operation: &Operation) -> Value {
    let failure = match &operation.state {
        OperationStatus::Failed(reason) => Some(reason),
        OperationStatus::InProgress | OperationStatus::Succeeded => None,
    };
    let mut status = json!({
        "Status": operation.state.word(),
        "RequestId": operation.id,
        "TargetId": operation.assignment.account,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": operation.assignment.permission_set,
        "PrincipalType": operation.assignment.principal.kind(),
        "PrincipalId": operation.assignment.principal.id(),
        "CreatedDate": operation.created_at,
    });
    if let (Some(reason), Some(members)) = (failure, status.as_object_mut()) {
        members.insert("FailureReason".into(), json!(reason));
    }
    status
}

fn describe_status(world: &mut World, fields: &Fields<'_>, kind: OperationKind) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let name = match kind {
        OperationKind::Create => "AccountAssignmentCreationRequestId",
        OperationKind::Delete => "AccountAssignmentDeletionRequestId",
    };
    let id = fields.required(name, shape::request_id)?;
    let operation = world.operations().get(id).filter(|o| o.kind == kind);
    let operation = operation.ok_or_else(|| AwsError::not_found("Request", id))?;
    Ok(json!({ member(kind): status(operation) }))
}

fn list_statuses(world: &mut World, fields: &Fields<'_>, kind: OperationKind) -> Result<Value, AwsError> {
    instance(world, fields)?;
    let filter = fields.structure("Filter")?;
    let only = filter.map(|f| f.optional("Status", shape::operation_status)).transpose()?.flatten();
    let rows = world
        .operations()
        .values()
        .filter(|o| o.kind == kind && only.is_none_or(|word| o.state.word() == word))
        .map(|o| (o.id.clone(), o));
    let page = page(
        fields,
        HUNDRED,
        &world.options,
        rows,
        |o| json!({ "Status": o.state.word(), "RequestId": o.id, "CreatedDate": o.created_at }),
    )?;
    let list = match kind {
        OperationKind::Create => "AccountAssignmentsCreationStatus",
        OperationKind::Delete => "AccountAssignmentsDeletionStatus",
    };
    Ok(json!({ list: page.rows, "NextToken": page.next }))
}
