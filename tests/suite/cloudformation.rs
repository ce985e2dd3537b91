//! `deploy/cloudformation`, read by cfn-lint and made in moto, then read back through IAM and EventBridge: what must never be
//! true of these roles is not.
//!
//! moto does not know `AWS::IAM::SAMLProvider`, `AWS::SNS::Subscription` and `AWS::SNS::TopicPolicy`, attaches no managed
//! policies to a role that CloudFormation makes, splits no default of a list parameter, and judges neither parameters nor
//! `Rules`. So the provider is made beside the stack, lists are always given, and the rest is read in the template itself.

mod alarm;
mod cloud;
mod emergency;
mod workload;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::moto::tool;

const TEMPLATES: [&str; 3] =
    ["emergency-account.yaml", "emergency-workload-account.yaml", "emergency-alarm.yaml"];

/// moto's own account.
const ACCOUNT: &str = "123456789012";
const PEOPLE: &str = "*@acme.example";

fn file(template: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/cloudformation").join(template)
}

/// The template as CloudFormation understands it: `!Ref x` is `{"Ref": "x"}`.
fn read(template: &str) -> Value {
    let program =
        "import json, sys; from cfnlint.decode import decode; print(json.dumps(decode(sys.argv[1])[0]))";
    let run = Command::new(tool("python")).args(["-c", program]).arg(file(template)).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// What a policy statement has where one or several may stand.
fn several(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().map(|value| value.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

fn statement<'p>(policy: &'p Value, sid: &str) -> &'p Value {
    let statements = policy["Statement"].as_array().unwrap();
    statements
        .iter()
        .find(|statement| statement["Sid"] == sid)
        .unwrap_or_else(|| panic!("no {sid} in {policy:#}"))
}

fn sids(policy: &Value) -> Vec<&str> {
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().map(|statement| statement["Sid"].as_str().unwrap()).collect()
}

#[test]
fn cfn_lint_finds_nothing() {
    let run = Command::new(tool("cfn-lint")).args(TEMPLATES.map(file)).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.trim().is_empty(), "{said}{}", String::from_utf8_lossy(&run.stderr));
}

/// CloudFormation takes no longer template as it is; a longer one needs a bucket.
#[test]
fn a_template_can_be_given_as_it_is() {
    const BYTES_MAX: u64 = 51_200;
    for template in TEMPLATES {
        let bytes = std::fs::metadata(file(template)).unwrap().len();
        assert!(bytes <= BYTES_MAX, "{template} has {bytes} bytes");
    }
}
