//! AWS's query and JSON protocols by hand: what is asserted is what came over the wire.

use axum::body::{Body, to_bytes};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use url::form_urlencoded;

use super::file;
use crate::moto::Moto;

const REGION: &str = "us-east-1";
/// Larger than any answer that is read here.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// An AWS of one account.
pub(super) struct Cloud {
    moto: Moto,
    http: Client<HttpConnector, Body>,
}

impl Cloud {
    pub(super) async fn start() -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { moto: Moto::start().await, http }
    }

    async fn send(&self, service: &str, headers: &[(&str, &str)], body: String) -> Value {
        // moto reads the service from the signature and does not check it.
        let scope = format!("AKIDLOOPBACK/20261121/{REGION}/{service}/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none");
        let mut request = Request::post(&self.moto.url).header("Authorization", signature);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.http.request(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(Body::new(answer.into_body()), ANSWER_BYTES_MAX).await.unwrap();
        let said = String::from_utf8_lossy(&bytes);
        assert!(status.is_success(), "{service}: {status} {said}");
        serde_json::from_str(&said).unwrap_or(Value::Null)
    }

    /// The query protocol, answered in JSON where the service can.
    async fn query(&self, service: &str, version: &str, action: &str, pairs: &[(String, String)]) -> Value {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", version)
            .append_pair("ContentType", "JSON")
            .extend_pairs(pairs)
            .finish();
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = self.send(service, &headers, body).await;
        answer[format!("{action}Response")][format!("{action}Result")].clone()
    }

    pub(super) async fn iam(&self, action: &str, pairs: &[(&str, &str)]) -> Value {
        self.query("iam", "2010-05-08", action, &owned(pairs)).await
    }

    /// The JSON protocol.
    pub(super) async fn json(&self, service: &str, target: &str, version: &str, body: &Value) -> Value {
        let content = format!("application/x-amz-json-{version}");
        let headers = [("Content-Type", content.as_str()), ("X-Amz-Target", target)];
        self.send(service, &headers, body.to_string()).await
    }

    pub(super) async fn events(&self, action: &str, body: &Value) -> Value {
        self.json("events", &format!("AWSEvents.{action}"), "1.1", body).await
    }

    /// Makes a stack of one of our templates; fails unless it was made.
    pub(super) async fn stack(&self, name: &str, template: &str, parameters: &[(&str, &str)]) {
        let body = std::fs::read_to_string(file(template)).unwrap();
        let mut pairs = owned(&[
            ("StackName", name),
            ("TemplateBody", &body),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ]);
        for (n, (key, value)) in (1..).zip(parameters) {
            pairs.push((format!("Parameters.member.{n}.ParameterKey"), (*key).to_owned()));
            pairs.push((format!("Parameters.member.{n}.ParameterValue"), (*value).to_owned()));
        }
        self.query("cloudformation", "2010-05-15", "CreateStack", &pairs).await;
    }

    /// An output of a stack.
    pub(super) async fn output(&self, stack: &str, key: &str) -> String {
        let pairs = owned(&[("StackName", stack)]);
        let told = self.query("cloudformation", "2010-05-15", "DescribeStacks", &pairs).await;
        let outputs = told["Stacks"][0]["Outputs"].as_array().unwrap();
        let output = outputs.iter().find(|output| output["OutputKey"] == key).unwrap();
        output["OutputValue"].as_str().unwrap().to_owned()
    }

    /// A SAML provider, made beside the stack. IAM wants at least a thousand characters of metadata.
    pub(super) async fn saml_provider(&self) -> String {
        let metadata = format!("<EntityDescriptor>{}</EntityDescriptor>", "x".repeat(1000));
        let made =
            self.iam("CreateSAMLProvider", &[("Name", "Okta"), ("SAMLMetadataDocument", &metadata)]).await;
        // This one moto answers in XML whatever was asked for; its name is ours.
        drop(made);
        format!("arn:aws:iam::{}:saml-provider/Okta", super::ACCOUNT)
    }

    pub(super) async fn role(&self, name: &str) -> Value {
        self.iam("GetRole", &[("RoleName", name)]).await["Role"].clone()
    }

    /// Who may assume it.
    pub(super) async fn trust(&self, role: &str) -> Value {
        document(&self.role(role).await["AssumeRolePolicyDocument"])
    }

    pub(super) async fn role_names(&self) -> Vec<String> {
        names(&self.iam("ListRoles", &[]).await["Roles"], "RoleName")
    }

    pub(super) async fn inline_names(&self, role: &str) -> Vec<String> {
        let listed = self.iam("ListRolePolicies", &[("RoleName", role)]).await;
        listed["PolicyNames"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect()
    }

    pub(super) async fn inline(&self, role: &str, policy: &str) -> Value {
        let pairs = [("RoleName", role), ("PolicyName", policy)];
        document(&self.iam("GetRolePolicy", &pairs).await["PolicyDocument"])
    }

    /// The managed policy that is the most a role can ever do.
    pub(super) async fn boundary(&self, role: &str) -> Value {
        let role = self.role(role).await;
        let arn = role["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str().unwrap();
        let pairs = [("PolicyArn", arn), ("VersionId", "v1")];
        document(&self.iam("GetPolicyVersion", &pairs).await["PolicyVersion"]["Document"])
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
}

/// IAM answers policies percent-encoded, moto not always.
fn document(text: &Value) -> Value {
    let text = text.as_str().unwrap();
    if text.starts_with('{') {
        return serde_json::from_str(text).unwrap();
    }
    let pair = format!("document={text}");
    let (_, decoded) = form_urlencoded::parse(pair.as_bytes()).next().unwrap();
    serde_json::from_str(&decoded).unwrap()
}
