//! The alarm: events as CloudTrail writes them, put on the bus of an account that has the stack.

use serde_json::{Value, json};

use super::cloud::Cloud;
use super::{ACCOUNT, read};

const TEMPLATE: &str = "emergency-alarm.yaml";
const QUEUE: &str = "heard";
const RULES: [&str; 4] =
    ["EmergencyAlarm_SignIn", "EmergencyAlarm_GoingOn", "EmergencyAlarm_Console", "EmergencyAlarm_Change"];
const API_CALL: &str = "AWS API Call via CloudTrail";

/// An account with the alarm, whose rules tell a queue: moto delivers to no topic.
struct Listener {
    cloud: Cloud,
    queue_url: String,
}

impl Listener {
    async fn start() -> Self {
        let cloud = Cloud::start().await;
        cloud.stack("alarm", TEMPLATE, &[("AlarmEmail", "soc@acme.example")]).await;
        let queue = cloud.json("sqs", "AmazonSQS.CreateQueue", "1.0", &json!({ "QueueName": QUEUE })).await;
        let queue_url = queue["QueueUrl"].as_str().unwrap().to_owned();
        for rule in RULES {
            assert_eq!(cloud.events("DescribeRule", &json!({ "Name": rule })).await["State"], "ENABLED");
            let targets = cloud.events("ListTargetsByRule", &json!({ "Rule": rule })).await;
            let mut target = targets["Targets"][0].clone();
            assert_eq!(target["Arn"], format!("arn:aws:sns:us-east-1:{ACCOUNT}:EmergencyAlarm"));
            every_place_is_filled(&target["InputTransformer"]);
            let template = &mut target["InputTransformer"]["InputTemplate"];
            *template = json!(one_line(template.as_str().unwrap()));
            target["Arn"] = json!(format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{QUEUE}"));
            cloud.events("PutTargets", &json!({ "Rule": rule, "Targets": [target] })).await;
        }
        Self { cloud, queue_url }
    }

    /// What people are told of an event; nothing when no rule heard it.
    async fn hears(&self, source: &str, kind: &str, detail: Value) -> Vec<String> {
        let event = json!({ "Source": source, "DetailType": kind, "Detail": detail.to_string() });
        let put = self.cloud.events("PutEvents", &json!({ "Entries": [event] })).await;
        assert_eq!(put["FailedEntryCount"], 0, "{put:#}");
        let ask = json!({ "QueueUrl": self.queue_url, "MaxNumberOfMessages": 10 });
        let got = self.cloud.json("sqs", "AmazonSQS.ReceiveMessage", "1.0", &ask).await;
        let mut said = Vec::new();
        for message in got["Messages"].as_array().into_iter().flatten() {
            said.push(message["Body"].as_str().unwrap().to_owned());
            let done = json!({ "QueueUrl": self.queue_url, "ReceiptHandle": message["ReceiptHandle"] });
            self.cloud.json("sqs", "AmazonSQS.DeleteMessage", "1.0", &done).await;
        }
        said
    }
}

fn every_place_is_filled(transformer: &Value) {
    let template = transformer["InputTemplate"].as_str().unwrap();
    for place in template.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        assert!(transformer["InputPathsMap"].get(place).is_some(), "<{place}> in {template}");
    }
}

/// EventBridge takes several quoted lines, as its guide shows; moto takes one.
fn one_line(template: &str) -> String {
    let lines = template.trim_end().lines();
    let inside = lines.map(|line| line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap());
    format!("\"{}\"", inside.collect::<Vec<_>>().join(" "))
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn sts(call: &str, name: &str) -> Value {
    json!({
        "eventSource": "sts.amazonaws.com",
        "eventName": call,
        "eventTime": "2026-11-21T01:02:03Z",
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": { "userName": "ana@acme.example", "sessionContext": { "sourceIdentity": "ana@acme.example" } },
        "requestParameters": { "roleArn": role(name), "roleSessionName": "ana" },
    })
}

fn iam(call: &str, parameters: &Value) -> Value {
    json!({
        "eventSource": "iam.amazonaws.com",
        "eventName": call,
        "eventTime": "2026-11-21T01:02:03Z",
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": { "arn": "arn:aws:sts::123456789012:assumed-role/Admin/eve" },
        "requestParameters": parameters,
    })
}

fn sign_in(session: &str) -> Value {
    json!({
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventTime": "2026-11-21T01:02:03Z",
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": { "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{session}") },
    })
}

fn about(said: &[String], words: &[&str]) {
    let [one] = said else { panic!("told once, not: {said:?}") };
    for word in words {
        assert!(one.contains(word), "`{word}` is not in: {one}");
    }
}

#[tokio::test]
async fn every_use_of_an_emergency_role_is_told_with_who_and_where() {
    let listener = Listener::start().await;
    for (call, name) in [
        ("AssumeRoleWithSAML", "EmergencyAccess_Role1_RO"),
        ("AssumeRoleWithSAML", "EmergencyAccess_Role2_Ops"),
        ("AssumeRole", "EmergencyAccess_RO"),
        ("AssumeRole", "EmergencyAccess_Ops"),
    ] {
        let said = listener.hears("aws.sts", API_CALL, sts(call, name)).await;
        about(&said, &["BREAK-GLASS USED", call, &role(name), "ana@acme.example", "192.0.2.7", "01:02:03"]);
    }
    for kind in ["AWS Console Sign In via CloudTrail", "AWS Console Signin via CloudTrail"] {
        let said =
            listener.hears("aws.signin", kind, sign_in("EmergencyAccess_Role1_RO/ana@acme.example")).await;
        about(&said, &["BREAK-GLASS USED", "ConsoleLogin", "EmergencyAccess_Role1_RO/ana@acme.example"]);
    }
    // A refused attempt is an attempt.
    let mut refused = sts("AssumeRoleWithSAML", "EmergencyAccess_Role1_Ops");
    refused["errorCode"] = json!("AccessDenied");
    about(&listener.hears("aws.sts", API_CALL, refused).await, &["AccessDenied"]);
}

#[tokio::test]
async fn every_change_to_the_glass_is_told_with_who_did_it() {
    let listener = Listener::start().await;
    let own_role = json!({ "roleName": "GlasskeyEmergencySessions" });
    let cut = json!({ "roleName": "EmergencyAccess_Role1_RO", "policyName": "GlasskeyCutSessions" });
    let policy =
        json!({ "policyArn": format!("arn:aws:iam::{ACCOUNT}:policy/EmergencyAccess_Role1_RO_Reach") });
    let provider = json!({ "sAMLProviderArn": format!("arn:aws:iam::{ACCOUNT}:saml-provider/Okta") });
    for (call, parameters) in [
        ("UpdateAssumeRolePolicy", &json!({ "roleName": "EmergencyAccess_Ops" })),
        ("DeleteRolePermissionsBoundary", &json!({ "roleName": "EmergencyAccess_Role1_Ops" })),
        ("PutRolePolicy", &cut),
        ("UpdateAssumeRolePolicy", &own_role),
        ("CreatePolicyVersion", &policy),
        ("CreatePolicy", &json!({ "policyName": "EmergencyAccess_Boundary" })),
        ("UpdateSAMLProvider", &provider),
        ("CreateSAMLProvider", &json!({ "name": "Other", "sAMLMetadataDocument": "<x/>" })),
    ] {
        let said = listener.hears("aws.iam", API_CALL, iam(call, parameters)).await;
        about(&said, &["BREAK-GLASS CHANGED", call, "assumed-role/Admin/eve"]);
    }
}

#[tokio::test]
async fn everyday_work_does_not_wake_anybody() {
    let listener = Listener::start().await;
    for (source, kind, detail) in [
        ("aws.sts", API_CALL, sts("AssumeRoleWithSAML", "AWSReservedSSO_ReadOnly_0123456789abcdef")),
        ("aws.sts", API_CALL, sts("AssumeRole", "deploy")),
        ("aws.sts", API_CALL, sts("AssumeRole", "NotEmergencyAccess_RO")),
        ("aws.sts", API_CALL, sts("AssumeRoleWithSAML", "NotEmergencyAccess_RO")),
        ("aws.iam", API_CALL, iam("CreateRole", &json!({ "roleName": "deploy" }))),
        ("aws.signin", "AWS Console Sign In via CloudTrail", sign_in("AWSReservedSSO_ReadOnly_0123/ana")),
        ("my.app", API_CALL, sts("AssumeRole", "EmergencyAccess_RO")),
    ] {
        let said = listener.hears(source, kind, detail.clone()).await;
        assert_eq!(said, Vec::<String>::new(), "{detail:#}");
    }
}

/// moto makes neither subscriptions nor the policy of a topic.
#[test]
fn the_rules_may_speak_to_the_topic_and_somebody_listens() {
    let resources = &read(TEMPLATE)["Resources"];
    let policy = &resources["TopicPolicy"]["Properties"];
    assert_eq!(policy["Topics"], json!([{ "Ref": "Topic" }]));
    let statement = &policy["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Principal"], json!({ "Service": "events.amazonaws.com" }));
    assert_eq!(statement["Action"], "sns:Publish");
    assert_eq!(policy["PolicyDocument"]["Statement"].as_array().unwrap().len(), 1);
    for (subscription, endpoint) in [("EmailSubscription", "AlarmEmail"), ("UrlSubscription", "AlarmUrl")] {
        let properties = &resources[subscription]["Properties"];
        assert_eq!(properties["TopicArn"], json!({ "Ref": "Topic" }));
        assert_eq!(properties["Endpoint"], json!({ "Ref": endpoint }));
    }
}
