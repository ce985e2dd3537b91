//! What is only needed where the configuration says so: cutting sessions, looking for drift, groups, anchors. Reads only; the
//! rights to change cannot be tried without doing it, so they are named instead.

use std::sync::Arc;

use aws_config::SdkConfig;

use super::Check;
use super::aws::failed;
use crate::access::okta::Okta;
use crate::access::operation::Op;
use crate::cli::federations::{Providers, connect};
use crate::cli::run::holdings::{groups_wanted, of_emergencies};
use crate::clock::SystemClock;
use crate::config::{Config, CutSessions, Secrets};
use glasskey_domain::directory::Group;

/// Names of groups that are told.
const NAMED_MAX: usize = 5;

/// Those at AWS: `arn` is the instance, `store` its Identity Store.
pub(super) async fn at_aws(sdk: &SdkConfig, config: &Config, arn: &str, store: &str) -> Vec<Check> {
    let mut checks = vec![person(sdk, store).await];
    checks.extend(groups(sdk, store).await);
    let sso = aws_sdk_ssoadmin::Client::new(sdk);
    let sets = sso.list_permission_sets().instance_arn(arn).max_results(1).send().await;
    let set = sets.ok().and_then(|answer| answer.permission_sets?.into_iter().next());
    if let Some(set) = &set {
        checks.push(drift(&sso, arn, set).await);
    }
    match &config.cut_sessions {
        Some(CutSessions::InlinePolicy) => {
            if let Some(set) = &set {
                checks.push(inline_policy(&sso, arn, set).await);
            }
            checks.push(cannot_be_tried(
                "cutting sessions",
                &[
                    Op::PutInlinePolicyToPermissionSet,
                    Op::DeleteInlinePolicyFromPermissionSet,
                    Op::ProvisionPermissionSet,
                    Op::DescribePermissionSetProvisioningStatus,
                ],
            ));
        }
        Some(CutSessions::ServiceControlPolicy(policy)) => {
            checks.push(service_control_policy(sdk, policy).await);
            checks.push(cannot_be_tried("cutting sessions", &[Op::UpdatePolicy]));
        }
        None => {}
    }
    if config.aws.anchors {
        checks.push(cannot_be_tried("anchors", &[Op::CreateGroup]));
    }
    checks
}

/// Tried with somebody, whoever they are: what is asked right before access is created.
async fn person(sdk: &SdkConfig, store: &str) -> Check {
    const NAME: &str = "people, one by one";
    let client = aws_sdk_identitystore::Client::new(sdk);
    let some = client.list_users().identity_store_id(store).max_results(1).send().await;
    let Some(user) = some.ok().and_then(|answer| answer.users.into_iter().next()) else {
        return Check::warn(NAME, "not tried", "nobody can be read who could be asked about");
    };
    match client.describe_user().identity_store_id(store).user_id(user.user_id).send().await {
        Ok(_) => Check::ok(NAME, "can be read right before access is created"),
        Err(error) => failed(NAME, &error, mend(&[Op::DescribeUser, Op::IsMemberInGroups])),
    }
}

/// Whether people can be put into groups, which not every company wants: told, and no fault.
async fn groups(sdk: &SdkConfig, store: &str) -> Option<Check> {
    const NAME: &str = "groups";
    let client = aws_sdk_identitystore::Client::new(sdk);
    let some = client.list_groups().identity_store_id(store).max_results(1).send().await;
    let group = some.ok().and_then(|answer| answer.groups.into_iter().next())?;
    let described = client.describe_group().identity_store_id(store).group_id(group.group_id).send().await;
    Some(match described {
        Ok(_) => Check::ok(NAME, "can be looked at; those that policy permits can be asked for"),
        Err(error) => {
            let ops = [
                Op::DescribeGroup,
                Op::CreateGroupMembership,
                Op::GetGroupMembershipId,
                Op::DeleteGroupMembership,
            ];
            let told = failed(NAME, &error, "");
            let mend = format!("where groups are asked for, {}", mend(&ops));
            Check::warn(NAME, told.found, mend)
        }
    })
}

async fn drift(sso: &aws_sdk_ssoadmin::Client, arn: &str, set: &str) -> Check {
    const NAME: &str = "drift";
    let request = sso.list_accounts_for_provisioned_permission_set().instance_arn(arn);
    match request.permission_set_arn(set).max_results(1).send().await {
        Ok(_) => Check::ok(NAME, "it can be listed who has access without a request"),
        Err(error) => {
            let ops = [Op::ListAccountsForProvisionedPermissionSet, Op::ListAccountAssignments];
            failed(NAME, &error, mend(&ops))
        }
    }
}

async fn inline_policy(sso: &aws_sdk_ssoadmin::Client, arn: &str, set: &str) -> Check {
    const NAME: &str = "inline policies";
    let request = sso.get_inline_policy_for_permission_set().instance_arn(arn).permission_set_arn(set);
    match request.send().await {
        Ok(_) => Check::ok(NAME, "can be read"),
        Err(error) => failed(NAME, &error, mend(&[Op::GetInlinePolicyForPermissionSet])),
    }
}

async fn service_control_policy(sdk: &SdkConfig, policy: &str) -> Check {
    const NAME: &str = "service control policy";
    let client = aws_sdk_organizations::Client::new(sdk);
    match client.describe_policy().policy_id(policy).send().await {
        Ok(answer) => {
            let summary = answer.policy.and_then(|policy| policy.policy_summary);
            let name = summary.and_then(|summary| summary.name).unwrap_or_default();
            Check::ok(NAME, format!("{policy} {name}"))
        }
        Err(error) => failed(NAME, &error, mend(&[Op::DescribePolicy])),
    }
}

/// The groups of Okta that can be asked for.
pub(super) async fn at_okta(config: &Config, secrets: Option<&Secrets>) -> Vec<Check> {
    const NAME: &str = "groups of Okta";
    let wanted = config.providers.okta.as_ref().and_then(|okta| okta.groups.as_ref());
    let (Some(wanted), Some(secrets)) = (wanted, secrets) else { return Vec::new() };
    let okta: Okta = match connect(Providers::of(config, secrets), Arc::new(SystemClock)) {
        Ok(reached) => match reached.okta {
            Some(okta) => okta,
            None => return Vec::new(),
        },
        Err(why) => return vec![Check::fail_plain(NAME, why)],
    };
    let groups = match okta.groups(&groups_wanted(wanted), &of_emergencies(config)).await {
        Ok(groups) => groups,
        Err(fault) => return vec![Check::fail_plain(NAME, fault.to_string())],
    };
    let (fed, plain): (Vec<&Group>, Vec<&Group>) = groups.values().partition(|group| group.fed_by.is_some());
    let mut checks = vec![Check::ok(NAME, format!("{} can be asked for", plain.len()))];
    if let crate::config::OktaGroups::Named(names) = wanted {
        let is_there = |name: &&String| groups.values().any(|group| group.name.eq_ignore_ascii_case(name));
        let missing: Vec<&str> =
            names.iter().filter(|name| !is_there(name)).map(String::as_str).take(NAMED_MAX).collect();
        if !missing.is_empty() {
            let found = format!("not there: {}", missing.join(", "));
            checks.push(Check::warn(NAME, found, "correct `okta.groups`, or make them"));
        }
        if !fed.is_empty() {
            let named: Vec<&str> = fed.iter().map(|group| group.name.as_str()).take(NAMED_MAX).collect();
            let found = format!("filled by rules or apps: {}", named.join(", "));
            checks.push(Check::warn(
                NAME,
                found,
                "they cannot be asked for; name plain groups in `okta.groups`",
            ));
        }
    }
    checks
}

fn cannot_be_tried(name: &str, ops: &[Op]) -> Check {
    Check::warn(name, "the rights to change cannot be tried", mend(ops))
}

fn mend(ops: &[Op]) -> String {
    let actions: Vec<String> = ops.iter().map(|op| op.action()).collect();
    let file = ops.first().map_or("deploy/iam-policy.json", |op| op.policy_file());
    format!("allow {}, as in {file}", actions.join(", "))
}
