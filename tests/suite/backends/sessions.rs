//! Cutting sessions that outlive access: what is written into policies, what is left alone, and every limit told.

use std::collections::BTreeSet;
use std::sync::Arc;

use glasskey::access::assignment_sessions::{CutPlace, SessionCuts};
use glasskey::access::aws::AwsClients;
use glasskey::ports::{AssignmentSessions, Denial, Fault};
use glasskey_domain::sessions::{CutState, SessionCut};
use glasskey_domain::{AccountId, Holding, PermissionSetArn, PersonId};
use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin, Fault as Script, FaultKind};
use glasskey_playground::company::Company;
use serde_json::Value;

use super::{holding, settings};

const POLICY: &str = "p-glasskey1";
const OTHERS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"#;
const AT: &str = "2026-11-21T01:02:03Z";

struct Ground {
    company: Company,
    control: AwsControl,
    cuts: SessionCuts,
    _twin: AwsTwin,
}

async fn ground(place: CutPlace) -> Ground {
    let company = Company::acme();
    let twin = AwsTwin::start(&company, AwsOptions::quick()).await.unwrap();
    let aws = AwsClients::connect(settings(&twin.url())).await.unwrap();
    let management = company.management_account.clone();
    let is_management = Arc::new(move |account: &AccountId| account.as_str() == management);
    let control = twin.control();
    // Somebody else has it there, so that its role stays.
    assert!(control.add_by_hand("bo", "payments-prod", "ReadOnly"));
    Ground { company, control, cuts: SessionCuts::new(aws, place, is_management), _twin: twin }
}

async fn inline() -> Ground {
    ground(CutPlace::InlinePolicy).await
}

async fn by_scp() -> Ground {
    ground(CutPlace::ServiceControlPolicy { policy: POLICY.to_owned() }).await
}

impl Ground {
    fn person(&self, handle: &str) -> String {
        self.company.person(handle).unwrap().identity_user_id.clone().unwrap()
    }

    fn held(&self, handle: &str, account: &str) -> Holding {
        let account = AccountId::parse(&self.company.account(account).unwrap().id).unwrap();
        let set = self.company.permission_set("ReadOnly").unwrap();
        holding(&PersonId::new(self.person(handle)), &account, &PermissionSetArn::new(set.arn.clone()))
    }

    fn cut(&self, handle: &str, account: &str) -> SessionCut {
        SessionCut {
            unheard: false,
            holding: self.held(handle, account),
            before: AT.parse().unwrap(),
            denied: None,
            state: CutState::Placing,
            requests: BTreeSet::new(),
            trouble: None,
        }
    }

    async fn deny(&self, of: &Holding, wanted: &[SessionCut]) -> Result<Denial, Fault> {
        self.cuts.deny(of, wanted).await
    }

    fn meets(&self, operation: &str, kind: FaultKind) {
        self.control.fault(Script::once(operation, kind));
    }
}

fn ours(policy: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().clone();
    let is_ours = |one: &Value| one["Sid"].as_str().is_some_and(|sid| sid.starts_with("GlasskeyCut"));
    statements.into_iter().filter(is_ours).collect()
}

fn refused(answer: Result<Denial, Fault>) -> String {
    match answer {
        Ok(Denial::Refused { why }) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn sessions_are_denied_in_the_account_and_freed_again_and_what_others_wrote_stays() {
    let ground = inline().await;
    assert!(ground.control.set_inline_policy("ReadOnly", Some(OTHERS)));
    let ana = ground.held("ana", "payments-prod");
    let cut = [ground.cut("ana", "payments-prod")];
    assert_eq!(ground.deny(&ana, &cut).await, Ok(Denial::InForce));
    let in_force = ground.control.policy_in_force("payments-prod", "ReadOnly").unwrap();
    let [denial] = &ours(&in_force)[..] else { panic!("{in_force}") };
    let condition = &denial["Condition"];
    assert_eq!(condition["DateLessThan"]["aws:TokenIssueTime"], AT);
    assert_eq!(condition["StringEquals"]["identitystore:userId"][0], ground.person("ana").as_str());
    assert_eq!(
        (&denial["Effect"], &denial["Action"], &denial["Resource"]),
        (&"Deny".into(), &"*".into(), &"*".into())
    );
    assert!(in_force.contains("s3:DeleteBucket"));
    // Once more changes nothing, and is said again.
    let puts = ground.control.count("PutInlinePolicyToPermissionSet");
    assert_eq!(ground.deny(&ana, &cut).await, Ok(Denial::InForce));
    assert_eq!(ground.control.count("PutInlinePolicyToPermissionSet"), puts);
    assert_eq!(ground.deny(&ana, &[]).await, Ok(Denial::InForce));
    let freed = ground.control.policy_in_force("payments-prod", "ReadOnly").unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&freed).unwrap(),
        serde_json::from_str::<Value>(OTHERS).unwrap()
    );
}

#[tokio::test]
async fn a_policy_of_our_own_is_made_and_goes_with_the_last_denial() {
    let ground = inline().await;
    let ana = ground.held("ana", "payments-prod");
    assert_eq!(ground.deny(&ana, &[ground.cut("ana", "payments-prod")]).await, Ok(Denial::InForce));
    assert!(ground.control.inline_policy("ReadOnly").is_some());
    assert_eq!(ground.deny(&ana, &[]).await, Ok(Denial::InForce));
    assert_eq!(ground.control.inline_policy("ReadOnly"), None);
    assert_eq!(ground.control.policy_in_force("payments-prod", "ReadOnly"), None);
}

/// The role goes with its last assignment, and every session with it; so does the permission set.
#[tokio::test]
async fn where_there_is_no_role_any_more_there_is_nothing_to_cut() {
    let ground = inline().await;
    let elsewhere = ground.held("ana", "payments-staging");
    assert!(ground.control.remove_by_hand("payments-engineers", "payments-staging", "ReadOnly"));
    assert_eq!(ground.deny(&elsewhere, &[ground.cut("ana", "payments-staging")]).await, Ok(Denial::InForce));
    assert_eq!(ground.control.inline_policy("ReadOnly"), None, "and nothing is written");
    assert!(ground.control.delete_permission_set("ReadOnly"));
    let gone = ground.held("ana", "payments-prod");
    assert_eq!(ground.deny(&gone, &[ground.cut("ana", "payments-prod")]).await, Ok(Denial::InForce));
}

/// pitfall 3: written is not in force.
#[tokio::test]
async fn a_denial_is_in_force_when_the_account_has_it_and_not_before() {
    let ground = inline().await;
    let ana = ground.held("ana", "payments-prod");
    let cut = [ground.cut("ana", "payments-prod")];
    ground.meets("ProvisionPermissionSet", FaultKind::Conflict);
    let busy = ground.deny(&ana, &cut).await;
    assert!(matches!(busy, Err(Fault::Transient { .. })), "one provisioning at a time: {busy:?}");
    ground.meets("ProvisionPermissionSet", FaultKind::FailAsync("the role cannot be changed".to_owned()));
    let failed = ground.deny(&ana, &cut).await.unwrap_err();
    assert!(failed.what().contains("the role cannot be changed"), "{failed}");
    ground.meets("PutInlinePolicyToPermissionSet", FaultKind::Throttle);
    assert_eq!(ground.deny(&ana, &cut).await, Ok(Denial::InForce), "it was written before");
    ground.meets("PutInlinePolicyToPermissionSet", FaultKind::AcceptThenDropConnection);
    ground.control.clear_faults();
    assert_eq!(ours(&ground.control.policy_in_force("payments-prod", "ReadOnly").unwrap()).len(), 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_what_to_do() {
    let ground = inline().await;
    let ana = ground.held("ana", "payments-prod");
    let cut = [ground.cut("ana", "payments-prod")];
    ground.meets("PutInlinePolicyToPermissionSet", FaultKind::AccessDenied);
    let why = refused(ground.deny(&ana, &cut).await);
    assert!(
        why.contains("deploy/iam-policy-cut-sessions.json") && why.contains("management account"),
        "{why}"
    );
    let long = OTHERS.replace("s3:DeleteBucket", &"x".repeat(10_100));
    assert!(ground.control.set_inline_policy("ReadOnly", Some(&long)));
    let why = refused(ground.deny(&ana, &cut).await);
    assert!(why.contains("10240"), "{why}");
    assert_eq!(ground.control.inline_policy("ReadOnly").as_deref(), Some(long.as_str()), "nothing half done");
    assert!(ground.control.set_inline_policy("ReadOnly", Some("not a policy")));
    assert!(refused(ground.deny(&ana, &cut).await).contains("by hand"));
    assert_eq!(ground.control.inline_policy("ReadOnly").as_deref(), Some("not a policy"));
}

#[tokio::test]
async fn a_service_control_policy_made_for_it_denies_too_and_is_never_left_empty() {
    let ground = by_scp().await;
    let before = ground.control.service_control_policy(POLICY).unwrap();
    let ana = ground.held("ana", "payments-prod");
    assert_eq!(ground.deny(&ana, &[ground.cut("ana", "payments-prod")]).await, Ok(Denial::InForce));
    let content = ground.control.service_control_policy(POLICY).unwrap();
    let [denial] = &ours(&content)[..] else { panic!("{content}") };
    let roles = denial["Condition"]["ArnLike"]["aws:PrincipalArn"].as_str().unwrap();
    assert!(roles.contains("AWSReservedSSO_ReadOnly_"), "this permission set alone: {roles}");
    assert_eq!(ground.control.count("ProvisionPermissionSet"), 0);
    assert_eq!(ground.deny(&ana, &[]).await, Ok(Denial::InForce));
    let after: Value = serde_json::from_str(&ground.control.service_control_policy(POLICY).unwrap()).unwrap();
    assert_eq!(after, serde_json::from_str::<Value>(&before).unwrap());
    let only_ours = r#"{"Version":"2012-10-17","Statement":[]}"#;
    ground.control.set_service_control_policy(POLICY, only_ours);
    assert_eq!(ground.deny(&ana, &[ground.cut("ana", "payments-prod")]).await, Ok(Denial::InForce));
    assert_eq!(ground.deny(&ana, &[]).await, Ok(Denial::InForce));
    let after: Value = serde_json::from_str(&ground.control.service_control_policy(POLICY).unwrap()).unwrap();
    assert_eq!(after["Statement"].as_array().unwrap().len(), 1, "{after}");
}

#[tokio::test]
async fn a_service_control_policy_does_not_bind_the_management_account_and_has_its_own_limit() {
    let ground = by_scp().await;
    let management = ground.held("ana", "acme-management");
    let why = refused(ground.deny(&management, &[ground.cut("ana", "acme-management")]).await);
    assert!(why.contains("management account"), "{why}");
    let long = OTHERS.replace("s3:DeleteBucket", &"x".repeat(5_000));
    assert!(ground.control.set_service_control_policy(POLICY, &long));
    let ana = ground.held("ana", "payments-prod");
    let why = refused(ground.deny(&ana, &[ground.cut("ana", "payments-prod")]).await);
    assert!(why.contains("5120"), "{why}");
}
