//! Break-glass on the command line: the words for the running bot, and what works when nothing runs.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::Pin;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use glasskey::chat::host::{HostDoor, HostHandler, HostRequest, HostResponse, LocalUser};
use glasskey::cli::breakglass::runbook::{Made, runbook};
use glasskey::config::{Config, Environment, Need};
use glasskey::policy::{self, RuleSet, Source};
use glasskey_domain::Directory;
use glasskey_playground::company::Company;
use glasskey_playground::okta::{OktaOptions, OktaTwin, SSWS_TOKEN};
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::process::Command;

/// A debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const BASE: &str = r#"
[slack]
app_token = "env:APP"
bot_token = "env:BOT"
team = "T0ACME"
channel = "C0ACCESS"
[aws]
region = "eu-west-1"
"#;
const OKTA: &str = "[okta]\nurl = \"https://acme.okta.com\"\ntoken = \"env:OKTA_TOKEN\"\n";
const MAIN: &str = r#"
[breakglass.main]
provider = "okta"
app = "0oa1emergency"
groups = { ro = "00gro", ops = "00gops" }
group_names = { ro = "aws#EmergencyAccess_Role1_RO#555555555555", ops = "aws#EmergencyAccess_Role1_Ops#555555555555" }
app_link = "https://acme.okta.com/home/amazon_aws/0oa1emergency/272"
channel = "C0INCIDENT"
cut_sessions = { assume = "arn:aws:iam::555555555555:role/G", roles = ["EmergencyAccess_Role1_RO", "EmergencyAccess_Role1_Ops"] }
"#;
const COMPANY: &str = "unit Workloads\naccount 222222222222 payments-prod in Workloads\n\
                       account 111111111111 sandbox in Workloads\naccount 555555555555 emergency in Workloads\n\
                       permission set ReadOnly, session 1h\n\
                       group commanders: dee@acme.com, lea@acme.com\ngroup leads: bo@acme.com\n\
                       group auditors: au@acme.com\n";
const POLICIES: &str = r#"
@id("commanders") @approvals("1") @max_duration("4h")
permit (principal in Group::"commanders", action == Action::"breakglass", resource);
@id("confirm")
permit (principal in Group::"leads", action == Action::"approveBreakglass", resource);
@id("auditors")
permit (principal in Group::"auditors", action == Action::"audit", resource);
"#;

fn config(more: &[&str]) -> Config {
    let text = format!("{BASE}{}", more.concat());
    let environment = Environment::Given([].into());
    Config::read("glasskey.toml", Path::new("/etc/glasskey"), &text, &environment, Need::NoSecrets)
        .unwrap_or_else(|faults| panic!("{faults}"))
}

fn rules(text: &str) -> RuleSet {
    let source = Source { file: "a.cedar".to_owned(), text: text.to_owned() };
    RuleSet::from_sources(&[source], TimeZone::UTC).unwrap()
}

fn company() -> Directory {
    policy::company("company", COMPANY).unwrap()
}

fn paper(config: &Config, directory: &Directory, policies: &str) -> String {
    let rules = rules(policies);
    let at = "2026-11-21T03:04:05Z".parse().unwrap();
    let made = Made { config, directory, rules: &rules, set: "5e7", at };
    runbook(&made)
        .text()
        .replace(env!("CARGO_PKG_VERSION"), "VERSION")
        .replace(config.hash.get(..16).unwrap(), "HASH")
}

#[test]
fn the_runbook_reads_well_on_paper() {
    insta::assert_snapshot!(paper(&config(&[OKTA, MAIN]), &company(), POLICIES));
}

#[test]
fn the_runbook_knows_the_consoles_of_all_providers() {
    let entra = "[entra]\ntenant = \"acme.onmicrosoft.com\"\nclient_id = \"1-2\"\nsecret = \"env:E\"\n\
                 [breakglass.entra]\nprovider = \"entra\"\napp = \"sp-1\"\ngroups = { ops = \"g-1\" }\n";
    let keycloak = "[keycloak]\nurl = \"https://sso.acme.example/auth\"\nrealm = \"acme\"\nclient_id = \"g\"\n\
                    secret = \"env:K\"\n\
                    [breakglass.keycloak]\nprovider = \"keycloak\"\napp = \"c-1\"\ngroups = { ro = \"g-2\" }\n";
    insta::assert_snapshot!(paper(&config(&[entra, keycloak]), &Directory::empty(), ""));
}

/// P10
#[test]
fn names_of_people_and_accounts_forge_nothing_on_the_paper() {
    let mut directory = company();
    let person = directory.people.values_mut().find(|person| person.email() == "dee@acme.com").unwrap();
    person.display_name = "Dee |\n# Forged [x](https://evil.example) `rm`".to_owned();
    let said = paper(&config(&[OKTA, MAIN]), &directory, POLICIES);
    assert!(said.contains("Dee \\|"), "{said}");
    assert!(!said.contains("\n# Forged") && !said.contains("[x](https"), "{said}");
}

async fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glasskey"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().copied())
        .kill_on_drop(true);
    tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends").unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A folder with a configuration, policies, and a place for the socket.
fn folder(more: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let socket = folder.path().join("s.sock");
    let text = format!(
        "[store]\npath = \"store\"\n[admin]\nsocket = \"{}\"\n{BASE}{}",
        socket.display(),
        more.concat()
    );
    fs::write(folder.path().join("glasskey.toml"), text).unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(folder.path().join("policies/a.cedar"), POLICIES).unwrap();
    folder
}

#[tokio::test]
async fn help_names_every_command_of_break_glass() {
    let output = run(Path::new("/"), &["breakglass", "--help"], &[]).await;
    assert!(output.status.success());
    insta::assert_snapshot!(text(&output));
}

/// What was asked.
#[derive(Default)]
struct Asked(Mutex<Vec<HostRequest>>);

impl HostHandler for Asked {
    fn handle<'a>(
        &'a self,
        _user: LocalUser,
        request: HostRequest,
    ) -> Pin<Box<dyn Future<Output = HostResponse> + Send + 'a>> {
        Box::pin(async move {
            let refused = matches!(&request, HostRequest::Breakglass { text } if text.starts_with("on"));
            self.0.lock().unwrap().push(request);
            if refused {
                return HostResponse::refused("policy lets you not");
            }
            HostResponse::said(vec!["nothing is on".to_owned()], serde_json::json!({ "on": false }))
        })
    }
}

#[tokio::test]
async fn the_words_go_to_the_running_bot_as_they_were_typed() {
    let folder = folder(&[OKTA, MAIN]);
    let nobody = run(folder.path(), &["breakglass", "status"], &[]).await;
    assert_eq!(nobody.status.code(), Some(3), "{}", text(&nobody));
    let asked = Arc::new(Asked::default());
    let handler: Arc<dyn HostHandler> = Arc::<Asked>::clone(&asked);
    let door = HostDoor::open(&folder.path().join("s.sock")).unwrap();
    let _door = tokio::spawn(door.run(handler));
    let mut expected = Vec::new();
    for words in [
        &["on", "ops", "for", "2h", "INC-7", "Identity Center is down", "bo@acme.com"] as &[&str],
        &["off"],
        &["off", "all well"],
        &["status", "main"],
        &["add", "bo@acme.com", "ro"],
        &["remove", "bo@acme.com"],
        &["extend", "1h"],
        &["confirm"],
        &["decline", "not now"],
        &["drill"],
        &["review", "BG-7K3Q", "fine"],
    ] {
        let output = run(folder.path(), &[&["breakglass"], words].concat(), &[]).await;
        let code = if words[0] == "on" { 1 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", text(&output));
        expected.push(HostRequest::Breakglass { text: words.join(" ") });
    }
    let output =
        run(folder.path(), &["--json", "elevate", "prod", "ReadOnly", "1h", "look at it"], &[]).await;
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["on"], false);
    expected.push(HostRequest::Elevate { text: "prod ReadOnly 1h look at it".to_owned() });
    assert_eq!(*asked.0.lock().unwrap(), expected);
}

#[tokio::test]
async fn runbook_and_mapping_need_neither_bot_nor_secrets_nor_network() {
    let folder = folder(&[OKTA, MAIN]);
    let printed = run(folder.path(), &["breakglass", "runbook"], &[]).await;
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed));
    assert!(
        text(&printed).contains("# Break-glass by hand") && text(&printed).contains("note: without people")
    );
    let mapped = run(folder.path(), &["breakglass", "mapping", "--format", "csv"], &[]).await;
    assert_eq!(mapped.status.code(), Some(0), "{}", text(&mapped));
    assert!(text(&mapped).contains("\"EmergencyAccess_Role1_Ops\""), "{}", text(&mapped));
    let json = run(folder.path(), &["--json", "breakglass", "mapping"], &[]).await;
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["mapping"][0]["level"], "ro");
}

#[tokio::test]
async fn without_a_federation_it_says_what_to_add() {
    let folder = folder(&[]);
    for command in ["runbook", "mapping", "check"] {
        let output = run(folder.path(), &["breakglass", command], &[("APP", "x"), ("BOT", "y")]).await;
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("[breakglass.main]"), "{}", text(&output));
    }
}

async fn checked(folder: &Path) -> (Option<i32>, Value) {
    let environment = [("APP", "x"), ("BOT", "y"), ("OKTA_TOKEN", SSWS_TOKEN)];
    let output = run(folder, &["--json", "breakglass", "check"], &environment).await;
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    (output.status.code(), json)
}

fn outcome<'a>(answer: &'a Value, name: &str) -> &'a str {
    let all = answer["checks"].as_array().unwrap();
    let found = all.iter().find(|check| check["name"].as_str().unwrap() == name);
    found.unwrap_or_else(|| panic!("{name}: {answer:#}"))["outcome"].as_str().unwrap()
}

#[tokio::test]
async fn check_looks_at_the_provider_without_a_running_bot() {
    let twin = OktaTwin::start(&Company::acme(), OktaOptions::default()).await.unwrap();
    let okta = format!("[okta]\nurl = \"{}\"\ntoken = \"env:OKTA_TOKEN\"\n", twin.url());
    let main = MAIN.replace("555555555555", "222222222222");
    let folder = folder(&[&okta, &main]);
    let (code, answer) = checked(folder.path()).await;
    let failed: Vec<&Value> =
        answer["checks"].as_array().unwrap().iter().filter(|check| check["outcome"] == "fail").collect();
    assert!(failed.is_empty() && code == Some(0), "{failed:#?}");
    assert_eq!(outcome(&answer, "main: group names"), "ok");
    assert_eq!(outcome(&answer, "main: commanders"), "warn");
    assert_eq!(outcome(&answer, "runbook"), "warn");
    let before = answer["checks"].as_array().unwrap().len();
    assert!(twin.control().activate_by_hand("0oa1emergency"));
    let (code, answer) = checked(folder.path()).await;
    assert_eq!(
        (code, answer["ok"].clone()),
        (Some(1), false.into()),
        "an app that is awake is told: {answer:#}"
    );
    assert_eq!(answer["checks"].as_array().unwrap().len(), before);
}

#[tokio::test]
async fn check_tells_what_is_wrong_on_this_machine() {
    let folder = folder(&[
        "[okta]\nurl = \"http://127.0.0.1:1\"\ntoken = \"env:NOBODY\"\n",
        "[breakglass]\nrunbook = \"/proc/nowhere/runbook.md\"\n",
        &MAIN.replace("Role1_RO#555555555555\"", "Role1_Ops#555555555555\""),
    ]);
    let output = run(folder.path(), &["breakglass", "check"], &[("APP", "x"), ("BOT", "y")]).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("okta.token") && text(&output).contains("NOBODY is not set"));
    let given = [("APP", "x"), ("BOT", "y"), ("NOBODY", "planted")];
    let output = run(folder.path(), &["breakglass", "check"], &given).await;
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["✗ main: group names", "leads to a role for ops", "✗ runbook", "cannot be written"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("planted"), "{said}");
}
