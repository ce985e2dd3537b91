//! Against an STS and an IAM of our own on loopback: the query protocol, answered in XML as AWS does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Form, Router, routing::post};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::settings::Timeouts;
use super::*;

const ASSUME: &str = "arn:aws:iam::555555555555:role/GlasskeyEmergencySessions";
const RO: &str = "EmergencyAccess_Role1_RO";
const OPS: &str = "EmergencyAccess_Role1_Ops";
const OWN_KEY: &str = "AKIDLOOPBACK";
const ASSUMED_KEY: &str = "ASIAEMERGENCY";
const EXTERNAL_ID: &str = "pl4nt3d-external-id";

type Fields = BTreeMap<String, String>;

/// What the next call of an action about a role meets.
#[derive(Clone, Copy)]
enum Meets {
    Denied,
    Throttled,
    Trouble,
    /// It is done, and the answer never comes.
    Silence,
}

#[derive(Default)]
struct Account {
    /// Each role with its inline policy, if it has ours.
    roles: BTreeMap<String, Option<String>>,
    asks_for: Option<&'static str>,
    meets: BTreeMap<(String, String), Meets>,
    calls: Vec<Fields>,
    /// Actions that were signed by whom.
    keys: Vec<(String, String)>,
}

type Shared = Arc<Mutex<Account>>;

fn error(status: StatusCode, code: &str, message: &str) -> (StatusCode, String) {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    );
    (status, body)
}

fn well(action: &str, result: &str) -> (StatusCode, String) {
    let body = format!(
        "<{action}Response><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>"
    );
    (StatusCode::OK, body)
}

async fn answer(
    State(account): State<Shared>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> (StatusCode, String) {
    let action = fields["Action"].clone();
    let role = fields.get("RoleName").cloned().unwrap_or_default();
    let signature = headers["authorization"].to_str().unwrap().to_owned();
    let key = signature.split("Credential=").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let (meets, said) = {
        let mut account = account.lock().unwrap();
        account.keys.push((action.clone(), key));
        account.calls.push(fields.clone());
        let meets = account.meets.get(&(action.clone(), role.clone())).copied();
        let goes_through = matches!(meets, None | Some(Meets::Silence));
        (meets, goes_through.then(|| done(&mut account, &action, &role, &fields)))
    };
    match meets {
        None => said.unwrap(),
        Some(Meets::Silence) => std::future::pending().await,
        Some(Meets::Denied) => error(StatusCode::FORBIDDEN, "AccessDenied", "not authorized to do so"),
        Some(Meets::Throttled) => error(StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded"),
        Some(Meets::Trouble) => error(StatusCode::INTERNAL_SERVER_ERROR, "ServiceFailure", "sorry"),
    }
}

fn done(account: &mut Account, action: &str, role: &str, fields: &Fields) -> (StatusCode, String) {
    if action == "AssumeRole" {
        if fields.get("ExternalId").map(String::as_str) != account.asks_for {
            return error(StatusCode::FORBIDDEN, "AccessDenied", "not authorized to perform: sts:AssumeRole");
        }
        return well(
            action,
            &format!(
                "<Credentials><AccessKeyId>{ASSUMED_KEY}</AccessKeyId><SecretAccessKey>x</SecretAccessKey>\
                 <SessionToken>t</SessionToken><Expiration>2026-11-21T15:00:00Z</Expiration></Credentials>"
            ),
        );
    }
    let Some(policy) = account.roles.get_mut(role) else {
        return error(
            StatusCode::NOT_FOUND,
            "NoSuchEntity",
            &format!("The role with name {role} cannot be found."),
        );
    };
    if action == "PutRolePolicy" {
        *policy = Some(fields["PolicyDocument"].clone());
        return well(action, "");
    }
    match policy {
        Some(policy) => {
            let encoded = utf8_percent_encode(policy, NON_ALPHANUMERIC);
            let named = format!("<RoleName>{role}</RoleName><PolicyName>{POLICY}</PolicyName>");
            well(action, &format!("{named}<PolicyDocument>{encoded}</PolicyDocument>"))
        }
        None => error(StatusCode::NOT_FOUND, "NoSuchEntity", "The role policy cannot be found."),
    }
}

struct Place {
    account: Shared,
    cutter: EmergencySessions,
    plan: CutPlan,
}

async fn place() -> Place {
    let roles = BTreeMap::from([(RO.to_owned(), None), (OPS.to_owned(), None)]);
    let account = Shared::new(Mutex::new(Account { roles, ..Account::default() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&account));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = AwsSettings {
        endpoint_url: Some(url),
        credentials: Some(Credentials::new(OWN_KEY, "not-a-secret", None, None, "test")),
        timeouts: Timeouts {
            connect: Duration::from_millis(500),
            attempt: Duration::from_millis(500),
            operation: Duration::from_secs(1),
        },
        ..AwsSettings::in_region("eu-west-1")
    };
    let external_ids = BTreeMap::from([(ASSUME.to_owned(), SecretString::from(EXTERNAL_ID))]);
    account.lock().unwrap().asks_for = Some(EXTERNAL_ID);
    let cutter = EmergencySessions::new(settings, external_ids);
    let plan = CutPlan { assume: ASSUME.to_owned(), roles: vec![RO.to_owned(), OPS.to_owned()] };
    Place { account, cutter, plan }
}

impl Place {
    fn meets(&self, action: &str, role: &str, meets: Meets) {
        self.account.lock().unwrap().meets.insert((action.to_owned(), role.to_owned()), meets);
    }

    fn policy(&self, role: &str) -> Option<String> {
        self.account.lock().unwrap().roles[role].clone()
    }

    fn has(&self, role: &str, policy: &str) {
        self.account.lock().unwrap().roles.insert(role.to_owned(), Some(policy.to_owned()));
    }

    fn puts(&self) -> usize {
        self.account.lock().unwrap().calls.iter().filter(|call| call["Action"] == "PutRolePolicy").count()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-11-21T12:00:00Z")
}

#[tokio::test]
async fn a_cut_is_on_every_role_and_is_read_back() {
    let place = place().await;
    assert_eq!(place.cutter.look(&place.plan).await, Ok(CutSeen::Not));
    place.cutter.cut(&place.plan, noon()).await.unwrap();
    assert_eq!(place.cutter.look(&place.plan).await, Ok(CutSeen::Before(noon())));
    for role in [RO, OPS] {
        let policy: Value = serde_json::from_str(&place.policy(role).unwrap()).unwrap();
        let statement = &policy["Statement"][0];
        assert_eq!(statement["Effect"], "Deny");
        assert_eq!((&statement["Action"], &statement["Resource"]), (&json!(["*"]), &json!(["*"])));
        assert_eq!(statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"], "2026-11-21T12:00:00Z");
    }
}

#[tokio::test]
async fn only_the_assumed_role_writes_and_it_says_who_it_is() {
    let place = place().await;
    place.cutter.cut(&place.plan, noon()).await.unwrap();
    let account = place.account.lock().unwrap();
    for (action, key) in &account.keys {
        let whose = if action == "AssumeRole" { OWN_KEY } else { ASSUMED_KEY };
        assert_eq!(key, whose, "{action}");
    }
    let assume = &account.calls[0];
    assert_eq!((&*assume["RoleArn"], &*assume["RoleSessionName"]), (ASSUME, "glasskey-cut"));
    assert_eq!((&*assume["DurationSeconds"], &*assume["ExternalId"]), ("900", EXTERNAL_ID));
    assert!(account.calls[1..].iter().all(|call| call["PolicyName"] == "GlasskeyCutSessions"));
}

#[tokio::test]
async fn a_role_that_asks_for_no_external_id_is_told_none() {
    let place = place().await;
    place.account.lock().unwrap().asks_for = None;
    let fault = place.cutter.cut(&place.plan, noon()).await.unwrap_err();
    assert!(
        matches!(fault, Fault::Permanent { .. }),
        "the one it does not ask for is not its own: {fault:?}"
    );
    let other = CutPlan { assume: format!("{ASSUME}2"), ..place.plan.clone() };
    place.cutter.cut(&other, noon()).await.unwrap();
    assert!(!place.account.lock().unwrap().calls.last().unwrap().contains_key("ExternalId"));
}

#[tokio::test]
async fn a_cut_only_ever_moves_forward() {
    let place = place().await;
    place.cutter.cut(&place.plan, noon()).await.unwrap();
    place.cutter.cut(&place.plan, noon()).await.unwrap();
    place.cutter.cut(&place.plan, at("2026-11-21T11:00:00Z")).await.unwrap();
    assert_eq!(place.puts(), 2, "nothing is written that is there");
    assert_eq!(place.cutter.look(&place.plan).await, Ok(CutSeen::Before(noon())));
    let later = at("2026-11-21T13:00:00Z");
    place.cutter.cut(&place.plan, later).await.unwrap();
    assert_eq!(place.cutter.look(&place.plan).await, Ok(CutSeen::Before(later)));
}

#[tokio::test]
async fn the_earliest_cut_counts_and_a_role_without_one_is_not_cut() {
    let place = place().await;
    place.cutter.cut(&place.plan, noon()).await.unwrap();
    let later = at("2026-11-21T13:00:00Z");
    place.has(OPS, &document(later).to_string());
    assert_eq!(place.cutter.look(&place.plan).await, Ok(CutSeen::Before(noon())));
    place.account.lock().unwrap().roles.insert(RO.to_owned(), None);
    assert_eq!(place.cutter.look(&place.plan).await, Ok(CutSeen::Not));
}

#[tokio::test]
async fn what_is_not_word_for_word_ours_does_not_count_and_is_put_right() {
    let ours = document(noon()).to_string();
    for other in [
        "{}".to_owned(),
        "not JSON".to_owned(),
        ours.replace("Deny", "Allow"),
        ours.replace("[\"*\"]", "[\"s3:*\"]"),
        ours.replace("DateLessThan", "DateGreaterThan"),
        ours.replace("12:00:00Z", "soon"),
        ours.replace("\"Condition\":{", "\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"},"),
        ours.replace("\"Effect\"", "\"NotAction\":[\"*\"],\"Effect\""),
    ] {
        assert_ne!(other, ours);
        let place = place().await;
        place.cutter.cut(&place.plan, noon()).await.unwrap();
        place.has(RO, &other);
        assert_eq!(place.cutter.look(&place.plan).await, Ok(CutSeen::Not), "{other}");
        place.cutter.cut(&place.plan, noon()).await.unwrap();
        assert_eq!(place.policy(RO).as_deref(), Some(&*ours));
    }
}

#[tokio::test]
async fn one_role_in_trouble_does_not_keep_the_other_from_being_cut() {
    type Expected = fn(&Fault) -> bool;
    let cases: [(Meets, Expected); 4] = [
        (Meets::Denied, |fault| matches!(fault, Fault::Permanent { .. })),
        (Meets::Throttled, |fault| matches!(fault, Fault::Transient { .. })),
        (Meets::Trouble, |fault| matches!(fault, Fault::Lost { .. })),
        (Meets::Silence, |fault| matches!(fault, Fault::Lost { .. })),
    ];
    for (meets, expected) in cases {
        for (well, ill) in [(RO, OPS), (OPS, RO)] {
            let place = place().await;
            place.meets("PutRolePolicy", ill, meets);
            let fault = place.cutter.cut(&place.plan, noon()).await.unwrap_err();
            assert!(expected(&fault), "{fault:?}");
            assert!(fault.what().contains(ill), "{fault}");
            assert!(place.policy(well).is_some());
        }
    }
}

/// "Could not ask" is never "not cut", and never "cut".
#[tokio::test]
async fn what_cannot_be_read_back_is_a_fault() {
    for meets in [Meets::Denied, Meets::Throttled, Meets::Trouble, Meets::Silence] {
        let place = place().await;
        place.cutter.cut(&place.plan, noon()).await.unwrap();
        place.meets("GetRolePolicy", OPS, meets);
        let fault = place.cutter.look(&place.plan).await.unwrap_err();
        assert!(!matches!(fault, Fault::Lost { .. }), "a look changes nothing: {fault:?}");
        let fault = place.cutter.cut(&place.plan, at("2026-11-21T13:00:00Z")).await.unwrap_err();
        assert!(
            !matches!(fault, Fault::Lost { .. }),
            "what may be later is not overwritten unseen: {fault:?}"
        );
        assert_eq!(place.policy(OPS), Some(document(noon()).to_string()));
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_told_with_what_to_do_and_no_secret() {
    let place = place().await;
    place.account.lock().unwrap().asks_for = Some("another");
    for fault in [
        place.cutter.cut(&place.plan, noon()).await.unwrap_err(),
        place.cutter.look(&place.plan).await.unwrap_err(),
    ] {
        assert!(matches!(fault, Fault::Permanent { .. }), "{fault:?}");
        assert!(
            fault.what().contains("external id") && fault.what().contains("emergency-account.yaml"),
            "{fault}"
        );
        assert!(!fault.what().contains(EXTERNAL_ID));
    }
    assert!(!format!("{:?}", place.cutter).contains(EXTERNAL_ID));
}

#[tokio::test]
async fn a_role_that_is_not_there_is_told_and_not_taken_for_cut() {
    let place = place().await;
    let plan = CutPlan { roles: vec![RO.to_owned(), "Nobody".to_owned()], ..place.plan.clone() };
    assert_eq!(place.cutter.look(&plan).await, Ok(CutSeen::Not));
    let fault = place.cutter.cut(&plan, noon()).await.unwrap_err();
    assert!(matches!(fault, Fault::Permanent { .. }) && fault.what().contains("Nobody"), "{fault:?}");
    let nobody = CutPlan { roles: Vec::new(), ..plan };
    assert!(place.cutter.look(&nobody).await.is_err(), "of nothing nothing is cut");
}

#[test]
fn one_region_is_enough_to_cut() {
    assert_eq!(region_of_iam("eu-west-1"), "us-east-1");
    assert_eq!(region_of_iam("us-gov-east-1"), "us-gov-west-1");
    assert_eq!(region_of_iam("cn-northwest-1"), "cn-north-1");
}
