//! The emergency account.

use std::collections::{BTreeMap, BTreeSet};

use glasskey::cli::breakglass::mapping::mapping;
use glasskey_domain::AccountId;
use glasskey_domain::emergency::Level;
use regex_lite::Regex;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::{ACCOUNT, PEOPLE, read, several, sids, statement};

const TEMPLATE: &str = "emergency-account.yaml";
const SESSIONS: &str = "GlasskeyEmergencySessions";
const BOT: &str = "arn:aws:iam::999999999999:role/glasskey";
const EXTERNAL_ID: &str = "agreed-and-long-enough";
/// Role of the emergency account and the one role name it goes on to.
const ROLES: [(&str, &str); 2] = [
    ("EmergencyAccess_Role1_RO", "EmergencyAccess_RO"),
    ("EmergencyAccess_Role1_Ops", "EmergencyAccess_Ops"),
];

async fn made(more: &[(&str, &str)]) -> Cloud {
    let cloud = Cloud::start().await;
    let provider = cloud.saml_provider().await;
    let mut parameters = vec![
        ("ExistingSamlProviderArn", provider.as_str()),
        ("SignInRegions", "us-east-2,eu-central-1"),
        ("SourceIdentityPattern", PEOPLE),
        ("OrganizationId", "o-acme123456"),
        ("WorkloadAccounts", ""),
    ];
    parameters.extend(more);
    cloud.stack("emergency", TEMPLATE, &parameters).await;
    cloud
}

fn arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

#[tokio::test]
async fn responders_sign_in_through_several_endpoints_and_only_as_themselves() {
    let cloud = made(&[]).await;
    for (role, _) in ROLES {
        let trust = cloud.trust(role).await;
        assert_eq!(sids(&trust), ["SignInThroughTheEmergencyApp", "SayWhoIsComing"]);
        let principal = json!({ "Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/Okta") });
        for statement in trust["Statement"].as_array().unwrap() {
            assert_eq!(statement["Effect"], "Allow");
            assert_eq!(statement["Principal"], principal);
        }
        let sign_in = statement(&trust, "SignInThroughTheEmergencyApp");
        assert_eq!(several(&sign_in["Action"]), ["sts:AssumeRoleWithSAML", "sts:TagSession"]);
        assert_eq!(
            sign_in["Condition"],
            json!({ "StringEquals": { "SAML:aud": [
                "https://signin.aws.amazon.com/saml",
                "https://us-east-2.signin.aws.amazon.com/saml",
                "https://eu-central-1.signin.aws.amazon.com/saml",
            ] } }),
            "an exact list: StringEquals takes a wildcard for a letter"
        );
        let who = statement(&trust, "SayWhoIsComing");
        assert_eq!(several(&who["Action"]), ["sts:SetSourceIdentity"]);
        assert_eq!(who["Condition"], json!({ "StringLike": { "sts:SourceIdentity": PEOPLE } }));
        assert_eq!(cloud.role(role).await["MaxSessionDuration"], 3600);
    }
}

#[tokio::test]
async fn an_emergency_role_reaches_its_workload_role_and_can_never_do_anything_else() {
    let cloud = made(&[("MaxSessionDuration", "7200")]).await;
    for (role, workload) in ROLES {
        let boundary = cloud.boundary(role).await;
        assert_eq!(sids(&boundary), ["GoOnToTheWorkloadRole"]);
        let reach = statement(&boundary, "GoOnToTheWorkloadRole");
        let actions: BTreeSet<_> = several(&reach["Action"]).into_iter().collect();
        assert_eq!(actions, BTreeSet::from(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]));
        assert_eq!(several(&reach["Resource"]), [format!("arn:aws:iam::*:role/{workload}")]);
        assert_eq!(reach["Condition"], json!({ "StringEquals": { "aws:ResourceOrgID": "o-acme123456" } }));
        assert_eq!(cloud.inline_names(role).await, Vec::<String>::new());
        assert_eq!(cloud.role(role).await["MaxSessionDuration"], 7200);
    }
    // moto attaches no managed policies: that a role has its boundary, and only that, is read in the template.
    for role in ["ReadOnlyRole", "OperationsRole"] {
        let properties = &read(TEMPLATE)["Resources"][role]["Properties"];
        assert_eq!(properties["ManagedPolicyArns"], json!([properties["PermissionsBoundary"]]), "{role}");
        assert_eq!(properties["Policies"], Value::Null, "{role}");
    }
}

#[tokio::test]
async fn a_list_of_accounts_limits_the_reach_instead_of_the_organization() {
    let cloud = made(&[("WorkloadAccounts", "111111111111,222222222222")]).await;
    for (role, _) in ROLES {
        let reach = cloud.boundary(role).await;
        assert_eq!(
            statement(&reach, "GoOnToTheWorkloadRole")["Condition"],
            json!({ "StringEquals": { "aws:ResourceAccount": ["111111111111", "222222222222"] } })
        );
    }
}

#[tokio::test]
async fn glasskey_may_cut_sessions_and_can_do_nothing_else() {
    let cut = [("CutSessions", "create"), ("BotRoleArn", BOT), ("BotExternalId", EXTERNAL_ID)];
    let cloud = made(&cut).await;
    let trust = cloud.trust(SESSIONS).await;
    assert_eq!(sids(&trust), ["OnlyGlasskey"]);
    let only = statement(&trust, "OnlyGlasskey");
    assert_eq!(only["Principal"], json!({ "AWS": BOT }));
    assert_eq!(several(&only["Action"]), ["sts:AssumeRole"]);
    assert_eq!(only["Condition"], json!({ "StringEquals": { "sts:ExternalId": EXTERNAL_ID } }));

    assert_eq!(cloud.inline_names(SESSIONS).await, ["CutSessionsOf_Role1"]);
    let policy = cloud.inline(SESSIONS, "CutSessionsOf_Role1").await;
    assert_eq!(sids(&policy), ["DenyOlderSessions", "ReadItBack"]);
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(several(&statement["Resource"]), ROLES.map(|(role, _)| arn(role)));
    }
    let deny = statement(&policy, "DenyOlderSessions");
    assert_eq!(several(&deny["Action"]), ["iam:PutRolePolicy", "iam:DeleteRolePolicy"]);
    // Without its boundary a role would do what an inline policy says, and Glasskey could write itself an administrator.
    let boundaries = ROLES.map(|(role, _)| format!("arn:aws:iam::{ACCOUNT}:policy/{role}_Reach"));
    assert_eq!(deny["Condition"], json!({ "StringEquals": { "iam:PermissionsBoundary": boundaries } }));
    for ((role, _), boundary) in ROLES.iter().zip(&boundaries) {
        let has = cloud.role(role).await;
        assert_eq!(has["PermissionsBoundary"]["PermissionsBoundaryArn"], **boundary);
    }
    assert_eq!(several(&statement(&policy, "ReadItBack")["Action"]), ["iam:GetRole", "iam:GetRolePolicy"]);

    let properties = &read(TEMPLATE)["Resources"]["SessionsRole"]["Properties"];
    assert_eq!((&properties["ManagedPolicyArns"], &properties["Policies"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn another_role_set_stands_beside_the_first_and_glasskey_cuts_both() {
    let cloud = made(&[("CutSessions", "create"), ("BotRoleArn", BOT)]).await;
    let provider = format!("arn:aws:iam::{ACCOUNT}:saml-provider/Okta");
    let second = [
        ("RoleSet", "Role2"),
        ("ExistingSamlProviderArn", provider.as_str()),
        ("SignInRegions", "us-west-2"),
        ("SourceIdentityPattern", PEOPLE),
        ("WorkloadAccounts", "333333333333"),
        ("CutSessions", "join"),
    ];
    cloud.stack("second", TEMPLATE, &second).await;
    let roles: BTreeSet<_> = cloud.role_names().await.into_iter().collect();
    let expected = [
        "EmergencyAccess_Role1_Ops",
        "EmergencyAccess_Role1_RO",
        "EmergencyAccess_Role2_Ops",
        "EmergencyAccess_Role2_RO",
        SESSIONS,
    ];
    assert_eq!(roles, expected.map(str::to_owned).into());
    assert_eq!(cloud.inline_names(SESSIONS).await, ["CutSessionsOf_Role1", "CutSessionsOf_Role2"]);
    let policy = cloud.inline(SESSIONS, "CutSessionsOf_Role2").await;
    assert_eq!(
        several(&statement(&policy, "DenyOlderSessions")["Resource"]),
        [arn("EmergencyAccess_Role2_RO"), arn("EmergencyAccess_Role2_Ops")]
    );
    // An external id is asked for where one was agreed.
    let trust = cloud.trust(SESSIONS).await;
    assert_eq!(trust["Statement"][0].get("Condition"), None);
}

#[tokio::test]
async fn without_a_wish_to_cut_sessions_glasskey_gets_no_role() {
    let cloud = made(&[]).await;
    let roles: BTreeSet<_> = cloud.role_names().await.into_iter().collect();
    assert_eq!(roles, ROLES.map(|(role, _)| role.to_owned()).into());
}

/// `glasskey breakglass mapping`, the stacks and Okta's filter speak of the same groups, roles and accounts.
#[tokio::test]
async fn the_groups_lead_to_the_roles_that_the_stacks_make() {
    let cloud = made(&[]).await;
    let workload = [
        ("EmergencyAccountId", ACCOUNT),
        ("SourceIdentityPattern", PEOPLE),
        ("OpsPolicyArns", "arn:aws:iam::aws:policy/job-function/SystemAdministrator"),
    ];
    cloud.stack("workload", "emergency-workload-account.yaml", &workload).await;
    let groups = BTreeMap::from([
        (Level::Ro, cloud.output("emergency", "ReadOnlyGroup").await),
        (Level::Ops, cloud.output("emergency", "OperationsGroup").await),
    ]);
    let emergency = AccountId::parse(ACCOUNT).unwrap();
    let paths = mapping(&groups, Some(&emergency), &[]).unwrap();
    for (path, (role, workload_role)) in paths.iter().zip(ROLES) {
        assert_eq!((path.role.as_str(), path.workload_role), (role, workload_role));
        cloud.role(&path.role).await;
        let trusts = cloud.trust(path.workload_role).await["Statement"][0]["Principal"]["AWS"].clone();
        assert_eq!(trusts, arn(&path.role));
    }
    let filter = okta_filter();
    for group in groups.values() {
        assert!(filter.is_match(group), "{group}");
    }
}

/// The group filter of `deploy/okta/README.md`, in the spelling of other regular expressions, for moto's account.
fn okta_filter() -> Regex {
    let guide =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/okta/README.md")).unwrap();
    let line = guide.lines().find(|line| line.contains("| Group Filter |")).unwrap();
    let filter = line.split('`').nth(1).unwrap();
    let filter = filter.replace("(?{{", "(?P<").replace("}}", ">").replace("\\#", "#");
    Regex::new(&filter.replace("555555555555", ACCOUNT)).unwrap()
}

#[test]
fn oktas_filter_lets_no_other_group_through() {
    let filter = okta_filter();
    for group in [
        "aws#Admin#123456789012",
        "aws#EmergencyAccess_Role1_RO#999999999999",
        "aws#EmergencyAccess_Role1_RO#1234567890123",
        "aws#alias#EmergencyAccess_Role1_RO#123456789012",
        "not-aws#EmergencyAccess_Role1_RO#123456789012",
        "aws#EmergencyAccess_Role1_RO#123456789012 (old)",
        "breakglass-responders",
    ] {
        assert!(!filter.is_match(group), "{group}");
    }
}

/// moto knows no SAML provider in a template and judges no rule: both are read.
#[test]
fn the_template_makes_the_provider_or_takes_one_and_wants_to_know_the_reach() {
    let template = read(TEMPLATE);
    let provider = &template["Resources"]["SamlProvider"];
    assert_eq!(provider["Condition"], "MakesProvider");
    assert_eq!(provider["Properties"]["SamlMetadataDocument"], json!({ "Ref": "SamlMetadata" }));
    let federated = json!({ "Fn::If": [
        "MakesProvider",
        { "Ref": "SamlProvider" },
        { "Ref": "ExistingSamlProviderArn" },
    ] });
    for role in ["ReadOnlyRole", "OperationsRole"] {
        let trust = &template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"];
        for statement in trust["Statement"].as_array().unwrap() {
            assert_eq!(statement["Principal"]["Federated"], federated);
        }
    }
    let rules: BTreeSet<_> = template["Rules"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(rules, BTreeSet::from(["AKnownBot", "AKnownReach", "OneSamlProvider"]));
}
