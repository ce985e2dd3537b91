//! What no SDK sends: the twin must refuse it as AWS does, or a bot with a broken client would pass.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Rig;
use crate::aws::AwsOptions;

const SIGNED: &str =
    "authorization: AWS4-HMAC-SHA256 Credential=AKIATEST/20261120/eu-west-1/sso/aws4_request\r\n";
const JSON: &str = "content-type: application/x-amz-json-1.1\r\n";

/// Sends these headers and this body; the whole answer as text.
async fn send(rig: &Rig, headers: &str, body: &str) -> String {
    let address = rig.twin.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("the twin listens");
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn unsigned_unknown_and_broken_requests_are_refused_by_name() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let target = "x-amz-target: SWBExternalService.ListInstances\r\n";
    let unsigned = send(&rig, &format!("{JSON}{target}"), "{}").await;
    assert!(unsigned.contains("\"__type\":\"MissingAuthenticationTokenException\""), "{unsigned}");
    let broken = send(&rig, &format!("{SIGNED}{JSON}{target}"), "{").await;
    assert!(broken.contains("x-amzn-errortype: SerializationException"), "{broken}");
    let typed = send(&rig, &format!("{SIGNED}{target}"), "{}").await;
    assert!(typed.contains("UnknownOperationException"), "{typed}");
    for unknown in ["SWBExternalService.DeleteEverything", "AWSSomething.ListInstances", "ListInstances"] {
        let answer = send(&rig, &format!("{SIGNED}{JSON}x-amz-target: {unknown}\r\n"), "{}").await;
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.contains("UnknownOperationException"),
            "{answer}"
        );
    }
    let whole = send(&rig, &format!("{SIGNED}{JSON}{target}"), "{}").await;
    assert!(whole.starts_with("HTTP/1.1 200") && whole.contains("\"Instances\":[{"), "{whole}");
}

#[tokio::test]
async fn members_that_are_missing_or_of_another_type_are_validation_errors() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let headers = format!("{SIGNED}{JSON}x-amz-target: SWBExternalService.ListPermissionSets\r\n");
    for body in ["{}", "{\"InstanceArn\":7}", "{\"InstanceArn\":null}", "{\"InstanceArn\":\"\"}"] {
        let answer = send(&rig, &headers, body).await;
        assert!(answer.contains("\"__type\":\"ValidationException\""), "{body}: {answer}");
    }
    let arn = &rig.acme.instance_arn;
    for rows in ["0", "101", "-1", "\"5\"", "1.5"] {
        let answer =
            send(&rig, &headers, &format!("{{\"InstanceArn\":\"{arn}\",\"MaxResults\":{rows}}}")).await;
        assert!(answer.contains("\"__type\":\"ValidationException\""), "{rows}: {answer}");
    }
}

#[tokio::test]
async fn an_unknown_sts_action_is_refused_in_xml() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let answer = send(&rig, &format!("{SIGNED}{form}"), "Action=AssumeRole&Version=2011-06-15").await;
    assert!(answer.contains("<Code>InvalidAction</Code>"), "{answer}");
}

#[tokio::test]
async fn a_request_under_way_when_the_twin_is_dropped_is_cut_not_answered() {
    let Rig { twin, aws, .. } = Rig::start(AwsOptions::quick()).await;
    let address = twin.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("the twin listens");
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-length: 2\r\nexpect: 100-continue\r\n{SIGNED}{JSON}\
         x-amz-target: SWBExternalService.ListInstances\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.expect("the twin waits for the body");
    assert!(go_on.starts_with(b"HTTP/1.1 100"));
    drop(twin);
    stream.write_all(b"{}").await.expect("sent");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    assert_eq!(aws.count("ListInstances"), 0, "nor had it an effect");
}
