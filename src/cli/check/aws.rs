//! What is at AWS: who we are, the Identity Center instance, and the rights to read what the directory needs. Reads only;
//! the rights to create and delete assignments cannot be tried without doing it, so they are named instead.

use aws_config::SdkConfig;
use aws_sdk_ssoadmin::error::ProvideErrorMetadata;
use aws_sdk_ssoadmin::types::InstanceMetadata;

use super::{Check, extras};
use crate::config::Config;

/// All of them.
pub(super) async fn checks(config: &Config) -> Vec<Check> {
    let sdk = config.aws.sdk_config().await;
    let mut checks = Vec::new();
    let caller = identity(&sdk, &mut checks).await;
    if caller.is_none() {
        return checks;
    }
    if let Some((arn, store)) = instance(&sdk, config, &mut checks).await {
        checks.push(permission_sets(&sdk, &arn).await);
        checks.push(people(&sdk, &store).await);
        checks.extend(extras::at_aws(&sdk, config, &arn, &store).await);
    }
    checks.push(organization(&sdk, caller.as_deref()).await);
    checks.push(accounts(&sdk).await);
    checks
}

async fn identity(sdk: &SdkConfig, checks: &mut Vec<Check>) -> Option<String> {
    const NAME: &str = "aws identity";
    match aws_sdk_sts::Client::new(sdk).get_caller_identity().send().await {
        Ok(answer) => {
            let arn = answer.arn.unwrap_or_default();
            checks.push(Check::ok(NAME, arn.clone()));
            if arn.ends_with(":root") {
                checks.push(Check::warn(NAME, "the root user", "use a role with deploy/iam-policy.json"));
            }
            Some(answer.account.unwrap_or_default())
        }
        Err(error) => {
            checks.push(failed(
                NAME,
                &error,
                "give the bot credentials: an instance role, web identity, a profile, or AWS_ACCESS_KEY_ID",
            ));
            None
        }
    }
}

async fn instance(sdk: &SdkConfig, config: &Config, checks: &mut Vec<Check>) -> Option<(String, String)> {
    const NAME: &str = "identity center";
    let pages = aws_sdk_ssoadmin::Client::new(sdk).list_instances().into_paginator().items().send();
    let all: Vec<InstanceMetadata> = match pages.collect::<Result<_, _>>().await {
        Ok(all) => all,
        Err(error) => {
            checks.push(failed(NAME, &error, right("sso:ListInstances")));
            return None;
        }
    };
    let wanted = config.aws.instance_arn.as_deref();
    let fitting: Vec<(&str, &str)> = all
        .iter()
        .filter_map(|instance| Some((instance.instance_arn()?, instance.identity_store_id()?)))
        .filter(|(arn, _)| wanted.is_none_or(|wanted| wanted == *arn))
        .collect();
    if let [(arn, store)] = fitting.as_slice() {
        checks.push(Check::ok(NAME, (*arn).to_owned()));
        return Some(((*arn).to_owned(), (*store).to_owned()));
    }
    let region = &config.aws.region;
    checks.push(match (fitting.len(), wanted) {
        (0, Some(wanted)) => {
            Check::fail(NAME, format!("{wanted} is not in {region}"), "correct aws.instance_arn or aws.region")
        }
        (0, None) => Check::fail(
            NAME,
            format!("no instance in {region}"),
            "correct aws.region, and use the credentials of the management or the delegated administrator account",
        ),
        (several, _) => Check::fail(
            NAME,
            format!("{several} instances in {region}"),
            "say which one in aws.instance_arn (the organization's, not an account's own)",
        ),
    });
    None
}

async fn permission_sets(sdk: &SdkConfig, arn: &str) -> Check {
    const NAME: &str = "permission sets";
    let pages =
        aws_sdk_ssoadmin::Client::new(sdk).list_permission_sets().instance_arn(arn).into_paginator().items();
    match pages.send().collect::<Result<Vec<String>, _>>().await {
        Ok(all) if all.is_empty() => {
            Check::warn(NAME, "none", "create the permission sets that people may ask for")
        }
        Ok(all) => Check::ok(NAME, format!("{} can be read", all.len())),
        Err(error) => failed(NAME, &error, right("sso:ListPermissionSets and sso:DescribePermissionSet")),
    }
}

async fn people(sdk: &SdkConfig, store: &str) -> Check {
    const NAME: &str = "people and groups";
    let client = aws_sdk_identitystore::Client::new(sdk);
    let users = client.list_users().identity_store_id(store).max_results(1).send().await;
    let groups = client.list_groups().identity_store_id(store).max_results(1).send().await;
    match (users, groups) {
        (Ok(users), Ok(_)) if users.users().is_empty() => Check::warn(
            NAME,
            "nobody",
            "provision people to Identity Center (SCIM); nobody could ask for access",
        ),
        (Ok(_), Ok(_)) => Check::ok(NAME, format!("{store} can be read")),
        (Err(error), _) => failed(NAME, &error, right("identitystore:ListUsers")),
        (_, Err(error)) => {
            failed(NAME, &error, right("identitystore:ListGroups and identitystore:ListGroupMemberships"))
        }
    }
}

async fn organization(sdk: &SdkConfig, caller: Option<&str>) -> Check {
    const NAME: &str = "organization";
    match aws_sdk_organizations::Client::new(sdk).describe_organization().send().await {
        Ok(answer) => {
            let organization = answer.organization.as_ref();
            let management = organization.and_then(|o| o.master_account_id()).unwrap_or("unknown");
            let found = format!(
                "{}, management account {management}",
                organization.and_then(|o| o.id()).unwrap_or("without an id")
            );
            if caller == Some(management) {
                return Check::warn(
                    NAME,
                    format!("{found}: the bot runs in the management account"),
                    "better the delegated administrator account: it cannot give access to the management account",
                );
            }
            Check::ok(NAME, found)
        }
        Err(error) => failed(NAME, &error, right("organizations:DescribeOrganization")),
    }
}

/// Asks what the directory asks, at the top of the tree only.
async fn accounts(sdk: &SdkConfig) -> Check {
    const NAME: &str = "accounts";
    let client = aws_sdk_organizations::Client::new(sdk);
    let roots = match client.list_roots().send().await {
        Ok(answer) => answer.roots.unwrap_or_default(),
        Err(error) => return failed(NAME, &error, right("organizations:ListRoots")),
    };
    let Some(root) = roots.first().and_then(|root| root.id()) else {
        return Check::fail(NAME, "the organization has no root", right("organizations:ListRoots"));
    };
    let units = client.list_organizational_units_for_parent().parent_id(root).send().await;
    let accounts = client.list_accounts_for_parent().parent_id(root).send().await;
    match (units, accounts) {
        (Ok(_), Ok(_)) => Check::ok(NAME, format!("the tree under {root} can be read")),
        (Err(error), _) => failed(NAME, &error, right("organizations:ListOrganizationalUnitsForParent")),
        (_, Err(error)) => failed(NAME, &error, right("organizations:ListAccountsForParent")),
    }
}

/// A call that did not work. AWS's errors carry names and reasons, never credentials; where AWS said nothing, the whole
/// chain of causes is told.
pub(super) fn failed<E>(name: &str, error: &E, mend: impl Into<String>) -> Check
where
    E: ProvideErrorMetadata + std::error::Error,
{
    if let Some(code) = error.code() {
        let message = error.message().map(|message| format!(": {message}")).unwrap_or_default();
        return Check::fail(name, format!("AWS says {code}{message}"), mend);
    }
    let mut causes = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = cause {
        causes.push(one.to_string());
        cause = one.source();
    }
    let credentials = causes.iter().any(|cause| cause.contains("credential"));
    let network = "check the network, aws.region and aws.endpoint_url".to_owned();
    Check::fail(name, causes.join(": "), if credentials { mend.into() } else { network })
}

fn right(actions: &str) -> String {
    format!("allow {actions}, as in deploy/iam-policy.json")
}
