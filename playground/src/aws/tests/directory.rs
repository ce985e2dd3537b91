//! Reading the company: every page, every service, and strictness about what is asked.

use std::collections::BTreeSet;

use aws_sdk_identitystore::types::{AlternateIdentifier, MemberId, UniqueAttribute, UserStatus};
use aws_sdk_organizations::types::{AccountState, ParentType};
use aws_sdk_ssoadmin::error::ProvideErrorMetadata;
use aws_smithy_types::Document;

use super::Rig;
use crate::aws::AwsOptions;
use crate::company::Company;

/// pitfall 18
#[tokio::test]
async fn users_come_in_small_pages_some_of_them_empty_and_none_is_lost() {
    let options = AwsOptions { page_rows_max: 7, empty_pages: true, ..AwsOptions::quick() };
    let rig = Rig::of(Company::large(30, 3, 2, 4, 1), options).await;
    let first =
        rig.store.list_users().identity_store_id(&rig.acme.identity_store_id).send().await.expect("a page");
    assert!(first.users().is_empty() && first.next_token().is_some(), "an empty page with more to come");
    let pages = rig.store.list_users().identity_store_id(&rig.acme.identity_store_id).into_paginator();
    let users = pages.items().send().collect::<Result<Vec<_>, _>>().await.expect("all pages");
    let ids: BTreeSet<_> = users.iter().map(|u| u.user_id()).collect();
    assert_eq!((users.len(), ids.len()), (30, 30));
    assert_eq!(rig.aws.count("ListUsers"), 1 + 10, "five pages with rows, an empty one before each");
}

/// pitfall 18
#[tokio::test]
async fn the_tree_is_read_to_its_accounts_over_empty_pages() {
    let options = AwsOptions { page_rows_max: 1, empty_pages: true, ..AwsOptions::quick() };
    let rig = Rig::start(options).await;
    let roots = rig.organizations.list_roots().into_paginator().send();
    let roots = roots.collect::<Result<Vec<_>, _>>().await.expect("roots");
    let mut open: Vec<String> =
        roots.iter().flat_map(|p| p.roots()).filter_map(|r| r.id().map(str::to_owned)).collect();
    let mut found = BTreeSet::new();
    while let Some(parent) = open.pop() {
        let units =
            rig.organizations.list_organizational_units_for_parent().parent_id(&parent).into_paginator();
        let units = units.send().collect::<Result<Vec<_>, _>>().await.expect("OUs");
        open.extend(
            units.iter().flat_map(|p| p.organizational_units()).filter_map(|u| u.id().map(str::to_owned)),
        );
        let accounts = rig.organizations.list_accounts_for_parent().parent_id(&parent).into_paginator();
        let accounts = accounts.send().collect::<Result<Vec<_>, _>>().await.expect("accounts");
        found.extend(accounts.iter().flat_map(|p| p.accounts()).filter_map(|a| a.id().map(str::to_owned)));
    }
    let all: BTreeSet<String> = rig.acme.accounts.iter().map(|a| a.id.clone()).collect();
    assert_eq!(found, all);
}

#[tokio::test]
async fn an_account_has_both_its_state_and_the_retired_status() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let accounts = rig.organizations.list_accounts().into_paginator().send();
    let accounts = accounts.collect::<Result<Vec<_>, _>>().await.expect("accounts");
    let closed = accounts
        .iter()
        .flat_map(|p| p.accounts())
        .find(|a| a.name() == Some("legacy-billing"))
        .expect("the suspended one");
    assert_eq!(closed.state(), Some(&AccountState::Suspended));
    let status = closed.status().map(|s| s.as_str());
    assert_eq!(status, Some("SUSPENDED"));
    let id = rig.account("payments-prod");
    let parents = rig.organizations.list_parents().child_id(&id).send().await.expect("parents");
    assert_eq!(parents.parents()[0].r#type(), Some(&ParentType::OrganizationalUnit));
    let organization = rig.organizations.describe_organization().send().await.expect("an organization");
    let organization = organization.organization().expect("an organization");
    assert_eq!(organization.master_account_id(), Some("111111111111"));
    assert!(rig.aws.delete_account("payments-prod"));
    let gone = rig.organizations.describe_account().account_id(&id).send().await.expect_err("deleted");
    assert!(gone.into_service_error().is_account_not_found_exception());
    let odd =
        rig.organizations.list_accounts_for_parent().parent_id("Root").send().await.expect_err("malformed");
    assert!(odd.into_service_error().is_invalid_input_exception());
    let none =
        rig.organizations.list_accounts_for_parent().parent_id("r-none").send().await.expect_err("unknown");
    assert!(none.into_service_error().is_parent_not_found_exception());
}

#[tokio::test]
async fn a_user_is_found_by_e_mail_and_shows_when_disabled() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let by = |path: &str, value: &str| {
        let unique = UniqueAttribute::builder().attribute_path(path).attribute_value(Document::from(value));
        let alternate = AlternateIdentifier::UniqueAttribute(unique.build().expect("whole"));
        let call = rig.store.get_user_id().identity_store_id(&rig.acme.identity_store_id);
        call.alternate_identifier(alternate).send()
    };
    let ana = by("emails.value", "ana@acme.example").await.expect("ana").user_id().to_owned();
    assert_eq!(ana, rig.user("ana"));
    let unknown = by("emails.value", "eve@partner.example").await.expect_err("eve is not in the store");
    assert!(unknown.into_service_error().is_resource_not_found_exception());
    let odd = by("displayName", "Ana Ferreira").await.expect_err("not a unique attribute");
    assert!(odd.into_service_error().is_validation_exception());
    let describe =
        || rig.store.describe_user().identity_store_id(&rig.acme.identity_store_id).user_id(&ana).send();
    assert_eq!(describe().await.expect("ana").user_status(), Some(&UserStatus::Enabled));
    assert!(rig.aws.set_user_enabled("ana", false));
    assert_eq!(describe().await.expect("ana").user_status(), Some(&UserStatus::Disabled));
    assert!(rig.aws.set_user_email("ana", "ana@other.example"));
    assert_eq!(describe().await.expect("ana").emails()[0].value(), Some("ana@other.example"));
}

#[tokio::test]
async fn memberships_are_told_from_the_group_from_the_member_and_for_the_pair() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let (ana, store) = (rig.user("ana"), rig.acme.identity_store_id.clone());
    let group = |name: &str| rig.acme.group(name).expect("a group").id.clone();
    let (payments, leads) = (group("payments-engineers"), group("sre-leads"));
    let of_group = rig.store.list_group_memberships().identity_store_id(&store).group_id(&payments);
    let of_group = of_group.send().await.expect("memberships");
    assert_eq!(of_group.group_memberships()[0].member_id(), Some(&MemberId::UserId(ana.clone())));
    let of_ana = rig.store.list_group_memberships_for_member().identity_store_id(&store);
    let of_ana = of_ana.member_id(MemberId::UserId(ana.clone())).send().await.expect("memberships");
    assert_eq!(of_ana.group_memberships()[0].group_id(), Some(payments.as_str()));
    let asked = rig.store.is_member_in_groups().identity_store_id(&store).member_id(MemberId::UserId(ana));
    let results = asked.group_ids(&payments).group_ids(&leads).send().await.expect("results");
    let results: Vec<bool> = results.results().iter().map(|r| r.membership_exists()).collect();
    assert_eq!(results, [true, false]);
    let groups = rig.store.list_groups().identity_store_id(&store).send().await.expect("groups");
    assert_eq!(groups.groups().len(), rig.acme.groups.len());
    let named =
        rig.store.describe_group().identity_store_id(&store).group_id(&leads).send().await.expect("a group");
    assert_eq!(named.display_name(), Some("sre-leads"));
}

#[tokio::test]
async fn the_instance_leads_to_permission_sets_with_their_session_durations() {
    let rig = Rig::start(AwsOptions { page_rows_max: 3, ..AwsOptions::quick() }).await;
    let instances = rig.sso.list_instances().send().await.expect("instances");
    let instance = instances.instances()[0].clone();
    assert_eq!(instance.identity_store_id(), Some("d-9067642ac7"));
    let arn = instance.instance_arn().expect("an ARN");
    let sets = rig.sso.list_permission_sets().instance_arn(arn).into_paginator().items().send();
    let sets = sets.collect::<Result<Vec<_>, _>>().await.expect("permission sets");
    let mut durations = Vec::new();
    for set in &sets {
        let described =
            rig.sso.describe_permission_set().instance_arn(arn).permission_set_arn(set).send().await;
        let described = described.expect("a permission set").permission_set.expect("a permission set");
        durations.push((described.name.expect("a name"), described.session_duration.expect("a duration")));
    }
    let durations: Vec<_> = durations.iter().map(|(n, d)| (n.as_str(), d.as_str())).collect();
    assert_eq!(
        durations,
        [("ReadOnly", "PT1H"), ("PowerUser", "PT4H"), ("Admin", "PT1H"), ("Billing", "PT8H")]
    );
    let provisioned = rig.sso.list_permission_sets_provisioned_to_account().instance_arn(arn);
    let provisioned = provisioned.account_id(rig.account("data-prod")).send().await.expect("a list");
    assert_eq!(provisioned.permission_sets(), [rig.permission_set("ReadOnly")]);
    let held = rig.sso.list_account_assignments().instance_arn(arn).account_id(rig.account("data-prod"));
    let held = held.permission_set_arn(rig.permission_set("ReadOnly")).send().await.expect("a list");
    assert_eq!(held.account_assignments()[0].principal_id(), Some(rig.user("cy").as_str()));
}

#[tokio::test]
async fn malformed_and_unknown_ids_are_told_apart_as_aws_tells_them() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let assignments = |account: &str, set: &str| {
        let call = rig.sso.list_account_assignments().instance_arn(&rig.acme.instance_arn);
        call.account_id(account).permission_set_arn(set).send()
    };
    let read_only = rig.permission_set("ReadOnly");
    let short = assignments("1234", &read_only).await.expect_err("malformed").into_service_error();
    assert!(short.is_validation_exception(), "{short:?}");
    let unknown = assignments("123456789012", &read_only).await.expect_err("unknown").into_service_error();
    assert!(unknown.is_resource_not_found_exception(), "{unknown:?}");
    let named =
        assignments(&rig.account("data-prod"), "ReadOnly").await.expect_err("a name").into_service_error();
    assert!(named.is_validation_exception(), "{named:?}");
    let many =
        rig.sso.list_instances().max_results(101).send().await.expect_err("too many").into_service_error();
    assert!(many.is_validation_exception(), "{many:?}");
    let twenty = rig.organizations.list_accounts().max_results(21).send().await.expect_err("too many");
    assert!(twenty.into_service_error().is_invalid_input_exception());
    let foreign =
        rig.sso.list_permission_sets().instance_arn("arn:aws:sso:::instance/ssoins-0000000000000000");
    let foreign = foreign.send().await.expect_err("not ours").into_service_error();
    assert!(foreign.is_access_denied_exception(), "{foreign:?}");
    let token = rig.sso.list_permission_sets().instance_arn(&rig.acme.instance_arn).next_token("abc");
    let token = token.send().await.expect_err("not a token").into_service_error();
    assert!(token.is_validation_exception(), "{token:?}");
    assert_eq!(token.message(), Some("The provided NextToken is invalid or expired."));
}

#[tokio::test]
async fn a_token_is_good_for_its_own_call_only() {
    let rig = Rig::start(AwsOptions { page_rows_max: 1, ..AwsOptions::quick() }).await;
    rig.create("ana", "data-prod", "Admin").await.expect("accepted");
    rig.create("bo", "data-prod", "Admin").await.expect("accepted");
    let creations = rig.sso.list_account_assignment_creation_status().instance_arn(&rig.acme.instance_arn);
    let token = creations.send().await.expect("a page").next_token.expect("more");
    let deletions = rig.sso.list_account_assignment_deletion_status().instance_arn(&rig.acme.instance_arn);
    let refused = deletions.next_token(&token).send().await.expect_err("of another operation");
    assert!(refused.into_service_error().is_validation_exception());
    let below = |parent: &str| rig.organizations.list_organizational_units_for_parent().parent_id(parent);
    let token = below("ou-ac3e-workload").send().await.expect("a page").next_token.expect("more");
    let refused = below("r-ac3e").next_token(&token).send().await.expect_err("of another parent");
    assert!(refused.into_service_error().is_invalid_input_exception());
    below("ou-ac3e-workload").next_token(&token).send().await.expect("its own call");
}

#[tokio::test]
async fn the_caller_learns_as_whom_it_calls() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let me = rig.sts.get_caller_identity().send().await.expect("an identity");
    assert_eq!(me.account(), Some("222222222222"), "the delegated administrator");
    rig.aws.set_options(|o| o.called_as_management = true);
    let me = rig.sts.get_caller_identity().send().await.expect("an identity");
    assert_eq!(me.account(), Some("111111111111"));
}
