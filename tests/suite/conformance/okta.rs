//! Every request of the Okta back end against Okta's own OpenAPI description.

use std::collections::{BTreeMap, BTreeSet};

use glasskey::access::okta::Okta;
use glasskey::ports::{Federation, IdentityProvider, Urgency};
use glasskey_domain::emergency::Level;
use glasskey_playground::okta::Call;
use serde_json::Value;

use super::description;
use crate::backends::okta::{Rig, groups, person};

const APP: &str = "0oa1emergency";
/// Operations that are documented elsewhere: the cut-down description has the paths of apps, groups, users and logs only.
const NOT_DESCRIBED: &[&str] = &["token", "previewSAMLmetadataForApplication", "listGroupRules"];
/// What answers must have for us to read them: operation, then the way to the member.
const READ: &[(&str, &[&str])] = &[
    ("getApplication", &["status"]),
    ("getApplication", &["label"]),
    ("getApplication", &["signOnMode"]),
    ("getApplication", &["_links", "appLinks"]),
    ("listApplicationGroupAssignments", &["id"]),
    ("getGroup", &["type"]),
    ("getGroup", &["profile"]),
    ("listGroupUsers", &["id"]),
    ("listGroupUsers", &["profile", "login"]),
    ("getUser", &["id"]),
    ("getUser", &["status"]),
    ("getUser", &["profile", "login"]),
    ("getUser", &["profile", "email"]),
];

/// Everything that the port can do, once.
async fn everything(okta: &Okta) {
    let groups = groups();
    let federation = Federation { app: APP, groups: &groups };
    okta.check(federation).await;
    okta.activate(APP).await.unwrap();
    okta.metadata(APP).await.unwrap();
    okta.sign_in_link(APP).await.unwrap();
    let member = okta.add(&groups[&Level::Ro], &person("ana")).await.unwrap();
    okta.observe(federation, Urgency::Emergency).await;
    okta.deactivate(APP).await.unwrap();
    okta.remove(&groups[&Level::Ro], &member).await.unwrap();
}

struct Description(Value);

impl Description {
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(pointer) => self.resolve(self.0.pointer(pointer.trim_start_matches('#')).unwrap()),
            None => value,
        }
    }

    /// The path template and the operation of a call: templates without a variable in that place go first.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let fits = |template: &str| {
            let (template, path) = (template.split('/'), path.split('/'));
            template.clone().count() == path.clone().count()
                && template.zip(path).all(|(t, p)| t == p || (t.starts_with('{') && !p.is_empty()))
        };
        let paths = self.0["paths"].as_object().unwrap();
        let mut fitting: Vec<&String> = paths.keys().filter(|template| fits(template)).collect();
        fitting.sort_by_key(|template| template.matches('{').count());
        let template = fitting.first()?;
        let operation = paths[*template].get(method.to_lowercase())?;
        Some((template, operation))
    }

    fn parameters(&self, template: &str, operation: &Value) -> Vec<&Value> {
        let shared = self.0["paths"][template]["parameters"].as_array();
        let own = self.0.pointer(&format!("/paths/{}", template.replace('/', "~1"))).unwrap();
        let method = own.as_object().unwrap().values().find(|value| *value == operation).unwrap();
        let own = method["parameters"].as_array();
        shared.into_iter().chain(own).flatten().map(|parameter| self.resolve(parameter)).collect()
    }

    /// What is wrong with a call.
    fn faults(&self, call: &Call) -> Vec<String> {
        let url = url::Url::parse("http://okta").unwrap().join(&call.path).unwrap();
        let Some((template, operation)) = self.operation(&call.method, url.path()) else {
            return vec![format!("there is no {} {}", call.method, url.path())];
        };
        let mut faults = Vec::new();
        if operation["operationId"] != call.operation.as_str() {
            faults.push(format!("{} is not {}", operation["operationId"], call.operation));
        }
        let parameters = self.parameters(template, operation);
        for (name, value) in url.query_pairs() {
            match parameters.iter().find(|p| p["in"] == "query" && p["name"] == *name) {
                None => faults.push(format!("{template} takes no `{name}`")),
                Some(parameter) => faults.extend(self.wrong_value(&name, &value, &parameter["schema"])),
            }
        }
        for parameter in parameters.iter().filter(|p| p["in"] == "query" && p["required"] == true) {
            if !url.query_pairs().any(|(name, _)| parameter["name"] == *name) {
                faults.push(format!("{template} needs `{}`", parameter["name"]));
            }
        }
        if operation.get("requestBody").is_none() && !call.body.is_empty() {
            faults.push(format!("{template} takes no body"));
        }
        faults
    }

    fn wrong_value(&self, name: &str, value: &str, schema: &Value) -> Option<String> {
        let schema = self.resolve(schema);
        if schema["type"] != "integer" {
            return None;
        }
        let Ok(number) = value.parse::<i64>() else { return Some(format!("`{name}` is no number")) };
        let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        let fits = least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
        (!fits).then(|| format!("`{name}` is {number}, not from {least:?} to {most:?}"))
    }

    /// Whether an answer of this shape may have such a member.
    fn has(&self, schema: &Value, way: &[&str]) -> bool {
        let schema = self.resolve(schema);
        let Some((first, rest)) = way.split_first() else { return true };
        if schema["type"] == "array" {
            return self.has(&schema["items"], way);
        }
        let here = schema["properties"].get(first).is_some_and(|member| self.has(member, rest));
        let parts =
            ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|kind| schema[kind].as_array()).flatten();
        here || parts.into_iter().any(|part| self.has(part, way))
    }

    fn answer(&self, operation_id: &str) -> Option<&Value> {
        let paths = self.0["paths"].as_object()?.values();
        let operations = paths.filter_map(Value::as_object).flat_map(|path| path.values());
        let operation = operations.into_iter().find(|operation| operation["operationId"] == operation_id)?;
        let answer = self.resolve(&operation["responses"]["200"]);
        answer.pointer("/content/application~1json/schema")
    }
}

#[tokio::test]
async fn every_request_to_okta_is_one_that_okta_describes() {
    let Some(described) = description("okta-management.pruned.json").map(Description) else { return };
    let mut operations: BTreeMap<String, usize> = BTreeMap::new();
    let (mut beyond, mut wrong) = (BTreeSet::new(), Vec::new());
    for rig in [Rig::with_service_app().await, Rig::with_token().await] {
        everything(rig.okta()).await;
        for call in rig.control().calls() {
            if NOT_DESCRIBED.contains(&call.operation.as_str()) {
                beyond.insert(call.operation);
                continue;
            }
            let faults = described.faults(&call);
            wrong.extend(faults.into_iter().map(|fault| format!("{} {}: {fault}", call.method, call.path)));
            *operations.entry(call.operation).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for id in operations.keys() {
        let read = READ.iter().filter(|(operation, _)| operation == id);
        for (_, way) in read {
            let answer = described.answer(id).unwrap();
            assert!(described.has(answer, way), "{id} does not answer {way:?}");
        }
    }
    let requests: usize = operations.values().sum();
    println!(
        "Okta: {} operations in {requests} requests (method, path, query, no body) and {} members of their answers conform; \
         {} operations are documented elsewhere: {}",
        operations.len(),
        READ.len(),
        beyond.len(),
        NOT_DESCRIBED.join(", ")
    );
    assert_eq!(operations.len(), 9, "every operation was made: {operations:?}");
    assert_eq!(beyond.len(), NOT_DESCRIBED.len());
}

/// The check itself sees what is wrong.
#[tokio::test]
async fn a_request_that_okta_does_not_describe_is_seen() {
    let Some(described) = description("okta-management.pruned.json").map(Description) else { return };
    let rig = Rig::with_token().await;
    everything(rig.okta()).await;
    let calls = rig.control().calls();
    let made = |operation: &str| calls.iter().find(|call| call.operation == operation).unwrap().clone();
    let mut cases = Vec::new();
    for (operation, change) in [
        ("listGroupUsers", ("/users?", "/members?")),
        ("listGroupUsers", ("limit=", "size=")),
        ("listApplicationGroupAssignments", ("limit=200", "limit=201")),
        ("getUser", ("/api/v1/users/", "/api/v2/users/")),
    ] {
        let mut call = made(operation);
        call.path = call.path.replace(change.0, change.1);
        cases.push(call);
    }
    let mut call = made("activateApplication");
    call.method = "PUT".to_owned();
    cases.push(call);
    let mut call = made("assignUserToGroup");
    call.body = "{}".to_owned();
    cases.push(call);
    for call in cases {
        assert!(!described.faults(&call).is_empty(), "{} {} {}", call.method, call.path, call.body);
    }
    assert!(!described.has(described.answer("getUser").unwrap(), &["profile", "phoneNumberOfDoom"]));
}
