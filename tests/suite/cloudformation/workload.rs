//! A workload account.

use serde_json::{Value, json};

use super::cloud::Cloud;
use super::{PEOPLE, read, several, sids, statement};

const TEMPLATE: &str = "emergency-workload-account.yaml";
const EMERGENCY: &str = "555555555555";
const SYSTEM_ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/job-function/SystemAdministrator";

async fn made(more: &[(&str, &str)]) -> Cloud {
    let cloud = Cloud::start().await;
    let mut parameters = vec![
        ("EmergencyAccountId", EMERGENCY),
        ("SourceIdentityPattern", PEOPLE),
        ("OpsPolicyArns", SYSTEM_ADMINISTRATOR),
    ];
    parameters.extend(more);
    cloud.stack("workload", TEMPLATE, &parameters).await;
    cloud
}

#[tokio::test]
async fn a_workload_role_is_reached_from_its_one_emergency_role_by_somebody_with_a_name() {
    let cloud = made(&[("RoleSet", "Role2")]).await;
    for (role, from) in [
        ("EmergencyAccess_RO", "EmergencyAccess_Role2_RO"),
        ("EmergencyAccess_Ops", "EmergencyAccess_Role2_Ops"),
    ] {
        let trust = cloud.trust(role).await;
        assert_eq!(sids(&trust), ["ComeFromTheEmergencyRole", "KeepWhoIsComing"]);
        for statement in trust["Statement"].as_array().unwrap() {
            assert_eq!(statement["Effect"], "Allow");
            let arn = format!("arn:aws:iam::{EMERGENCY}:role/{from}");
            assert_eq!(
                statement["Principal"],
                json!({ "AWS": arn }),
                "the role, not its account, not everybody"
            );
        }
        let come = statement(&trust, "ComeFromTheEmergencyRole");
        assert_eq!(several(&come["Action"]), ["sts:AssumeRole", "sts:TagSession"]);
        assert_eq!(come["Condition"], json!({ "StringLike": { "aws:SourceIdentity": PEOPLE } }));
        let keep = statement(&trust, "KeepWhoIsComing");
        assert_eq!(several(&keep["Action"]), ["sts:SetSourceIdentity"]);
        assert_eq!(keep["Condition"], json!({ "StringLike": { "sts:SourceIdentity": PEOPLE } }));
        assert_eq!(
            cloud.role(role).await["MaxSessionDuration"],
            3600,
            "a chained session lasts an hour at most"
        );
        assert_eq!(cloud.inline_names(role).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn operations_leave_nothing_behind_that_outlives_the_emergency() {
    let cloud = made(&[]).await;
    let boundary = cloud.boundary("EmergencyAccess_Ops").await;
    let denied: Vec<&str> = boundary["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["Effect"] == "Deny")
        .flat_map(|statement| several(&statement["Action"]))
        .collect();
    for action in [
        "iam:AttachRolePolicy",
        "iam:CreateAccessKey",
        "iam:CreateRole",
        "iam:CreateSAMLProvider",
        "iam:CreateUser",
        "iam:UpdateAssumeRolePolicy",
        "cloudtrail:StopLogging",
        "events:DisableRule",
    ] {
        assert!(denied.contains(&action), "{action}");
    }
    let itself = statement(&boundary, "NotTheseRolesThemselves");
    assert_eq!(
        several(&itself["Resource"]),
        [
            "arn:aws:iam::123456789012:role/EmergencyAccess_*",
            "arn:aws:iam::123456789012:policy/EmergencyAccess_*",
        ]
    );
    for action in ["iam:Create*", "iam:Delete*", "iam:Put*", "iam:Update*"] {
        assert!(several(&itself["Action"]).contains(&action), "{action}");
    }
    assert!(!cloud.role("EmergencyAccess_RO").await.to_string().contains("PermissionsBoundaryArn"));
}

#[tokio::test]
async fn a_companys_own_boundary_takes_the_place_of_ours() {
    let own = "arn:aws:iam::123456789012:policy/CompanyBoundary";
    let cloud = made(&[("OpsPermissionsBoundaryArn", own)]).await;
    let role = cloud.role("EmergencyAccess_Ops").await;
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryArn"], own);
    let policies = cloud.iam("ListPolicies", &[("Scope", "Local")]).await;
    assert_eq!(policies["Policies"], json!([]), "and ours is not made");
}

/// moto attaches no managed policies to roles of a template.
#[test]
fn looking_is_read_only_and_operating_is_what_the_company_says() {
    let resources = &read(TEMPLATE)["Resources"];
    let policies = |role: &str| resources[role]["Properties"]["ManagedPolicyArns"].clone();
    let read_only = json!([{ "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess" }]);
    assert_eq!(policies("ReadOnlyRole"), read_only);
    assert_eq!(policies("OperationsRole"), json!({ "Ref": "OpsPolicyArns" }));
    for role in ["ReadOnlyRole", "OperationsRole"] {
        assert_eq!(resources[role]["Properties"]["Policies"], Value::Null);
    }
}
