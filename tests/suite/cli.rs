//! The command line as a real process: what it prints, how it ends, and the door on the host it knocks at.

mod discord;
mod releases;
mod running;

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use glasskey::chat::host::{HostDoor, HostHandler, HostRequest, HostResponse, LocalUser, REQUEST_LENGTH_MAX};
use glasskey_playground::aws::{AwsOptions, AwsTwin};
use glasskey_playground::company::Company;
use glasskey_playground::okta::{OktaOptions, OktaTwin};
use glasskey_playground::slack::{SlackOptions, SlackTwin};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::Command;

const UNIT: &str = include_str!("../../deploy/systemd/glasskey.service");
const PLANTED: &str = "xoxb-1111-planted-2222";
/// A debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

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

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {}", text(output)))
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn configured(folder: &Path, slack_url: &str, aws_url: &str) -> PathBuf {
    let socket = folder.join("s.sock");
    fs::write(
        folder.join("glasskey.toml"),
        format!(
            "[store]\npath = \"store\"\n[slack]\napp_token = \"env:APP\"\nbot_token = \"env:BOT\"\nteam = \"T0ACME\"\n\
             channel = \"C0ACCESS\"\napi_url = \"{slack_url}\"\n[aws]\nregion = \"eu-west-1\"\n\
             endpoint_url = \"{aws_url}\"\n[admin]\nsocket = \"{}\"\n",
            socket.display()
        ),
    )
    .unwrap();
    socket
}

async fn sample() -> tempfile::TempDir {
    let folder = folder();
    let wrote = run(folder.path(), &["init", "--sample"], &[]).await;
    assert!(wrote.status.success(), "{}", text(&wrote));
    folder
}

#[tokio::test]
async fn help_names_every_command() {
    let output = run(Path::new("/"), &["--help"], &[]).await;
    assert!(output.status.success());
    insta::assert_snapshot!(text(&output));
}

#[tokio::test]
async fn what_is_not_understood_ends_with_two() {
    for arguments in
        [&["frobnicate"] as &[&str], &["requests", "deny", "AR-7K3Q"], &["--log", "a=b=c", "version"], &[]]
    {
        let output = run(Path::new("/"), arguments, &[]).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output));
    }
}

#[tokio::test]
async fn a_wrong_configuration_ends_with_one_and_tells_every_fault() {
    let folder = folder();
    let config = folder.path().join("glasskey.toml");
    fs::write(&config, format!("[slack]\nbot_token = \"{PLANTED}\"\nchanel = \"C1\"\n[discord]\n[schedule]\nstanding_access_report = \"x\"\n")).unwrap();
    for command in
        [&["run"] as &[&str], &["policy", "check"], &["check"], &["--json", "run"], &["--json", "check"]]
    {
        let output = run(folder.path(), command, &[]).await;
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        for part in
            ["slack.bot_token", "slack.channel", "discord.token", "standing_access_report", "aws.region"]
        {
            assert!(said.contains(part), "{command:?}: {part}: {said}");
        }
        assert!(!said.contains("planted"), "{said}");
    }
}

/// pitfall 28: the token is in the environment and in use, and no output of any command has it.
#[tokio::test]
async fn a_secret_is_never_printed() {
    let folder = folder();
    configured(folder.path(), "http://127.0.0.1:1/api", "http://127.0.0.1:1");
    let environment = [
        ("APP", "xapp-1-planted"),
        ("BOT", PLANTED),
        ("AWS_ACCESS_KEY_ID", "AKIAplanted"),
        ("AWS_SECRET_ACCESS_KEY", "planted"),
        ("RUST_LOG", "trace"),
    ];
    for command in [&["check"] as &[&str], &["--json", "check"], &["policy", "check"], &["audit", "verify"]] {
        let said = text(&run(folder.path(), command, &environment).await);
        assert!(!said.is_empty() && !said.contains("planted"), "{command:?}: {said}");
    }
}

#[tokio::test]
async fn the_sample_is_written_once_and_works() {
    let folder = sample().await;
    let again = run(folder.path(), &["init", "--sample"], &[]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again).contains("glasskey.toml"), "{}", text(&again));
    let checked = run(folder.path(), &["--json", "policy", "check"], &[]).await;
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked));
    assert_eq!(json(&checked)["good"], true);
    let tested = run(folder.path(), &["policy", "test", "policies/starter.cases"], &[]).await;
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested));
}

#[tokio::test]
async fn a_sample_is_written_whole_or_not_at_all() {
    let folder = folder();
    fs::create_dir(folder.path().join("policies")).unwrap();
    let mine = folder.path().join("policies/production.cedar");
    fs::write(&mine, "// mine").unwrap();
    let refused = run(folder.path(), &["init", "--sample"], &[]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(!folder.path().join("glasskey.toml").exists());
    assert_eq!(fs::read_dir(folder.path().join("policies")).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(&mine).unwrap(), "// mine");
}

#[tokio::test]
async fn a_store_is_rebuilt_when_nobody_has_it_and_backed_up_and_restored() {
    let folder = folder();
    configured(folder.path(), "http://127.0.0.1:1/api", "http://127.0.0.1:1");
    let opened = glasskey::ledger::open(&folder.path().join("store")).unwrap();
    let held = run(folder.path(), &["store", "rebuild"], &[]).await;
    assert_eq!(held.status.code(), Some(1), "{}", text(&held));
    assert!(text(&held).contains("in use by process"), "{}", text(&held));
    drop(opened);
    let rebuilt = run(folder.path(), &["--json", "store", "rebuild"], &[]).await;
    assert_eq!((rebuilt.status.code(), json(&rebuilt)["records"].clone()), (Some(0), 0.into()));
    let saved = run(folder.path(), &["store", "backup", "saved"], &[]).await;
    assert_eq!(saved.status.code(), Some(0), "{}", text(&saved));
    let full = run(folder.path(), &["store", "restore", "saved"], &[]).await;
    assert_eq!(full.status.code(), Some(1), "a store is never written over: {}", text(&full));
    fs::rename(folder.path().join("store"), folder.path().join("old")).unwrap();
    let restored = run(folder.path(), &["store", "restore", "saved"], &[]).await;
    assert_eq!(restored.status.code(), Some(0), "{}", text(&restored));
    let verified = run(folder.path(), &["--json", "audit", "verify"], &[]).await;
    assert_eq!((verified.status.code(), json(&verified)["whole"].clone()), (Some(0), true.into()));
    let unknown = run(folder.path(), &["audit", "show", "AR-7K3Q"], &[]).await;
    assert_eq!(unknown.status.code(), Some(1), "{}", text(&unknown));
}

#[tokio::test]
async fn policy_is_explained_for_a_company_in_a_file() {
    let folder = sample().await;
    let ask = |set: &'static str| {
        let folder = folder.path().to_owned();
        async move {
            let question = [
                "policy",
                "explain",
                "--person",
                "ana@acme.com",
                "--account",
                "sandbox",
                "--permission-set",
                set,
            ];
            let arguments =
                [&question as &[&str], &["--for", "1h", "--company", "policies/starter.cases"]].concat();
            run(&folder, &arguments, &[]).await
        }
    };
    let permitted = ask("ReadOnly").await;
    assert_eq!(permitted.status.code(), Some(0), "{}", text(&permitted));
    assert!(text(&permitted).contains("engineers-read-non-prod"), "{}", text(&permitted));
    let refused = ask("AdministratorAccess").await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    let unknown = ask("Nothing").await;
    assert_eq!(unknown.status.code(), Some(1), "{}", text(&unknown));
}

#[tokio::test]
async fn a_policy_that_does_not_load_ends_with_one() {
    let folder = sample().await;
    fs::write(folder.path().join("policies/slip.cedar"), "permit (principal").unwrap();
    let checked = run(folder.path(), &["policy", "check"], &[]).await;
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked).contains("slip.cedar"), "{}", text(&checked));
}

#[tokio::test]
async fn the_manifests_are_those_in_deploy() {
    for (platform, in_deploy) in [
        ("slack", include_str!("../../deploy/slack/manifest.yaml")),
        ("discord", include_str!("../../deploy/discord/commands.json")),
    ] {
        let output = run(Path::new("/"), &["manifest", platform], &[]).await;
        assert_eq!(String::from_utf8(output.stdout).unwrap(), in_deploy, "{platform}");
    }
}

#[tokio::test]
async fn check_finds_everything_well_in_a_company_that_is_well() {
    let folder = sample().await;
    let company = Company::acme();
    let slack = SlackTwin::start(&company, SlackOptions::default()).await.unwrap();
    let aws = AwsTwin::start(&company, AwsOptions::default()).await.unwrap();
    configured(folder.path(), &slack.url(), &aws.url());
    let okta = OktaTwin::start(&company, OktaOptions::default()).await.unwrap();
    let sign_in = format!("\n[sign_in]\nissuer = \"{}\"\nclient_id = \"glasskey-sign-in\"\n", okta.url());
    let file = folder.path().join("glasskey.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + &sign_in).unwrap();
    let environment = [
        ("APP", slack.app_token()),
        ("BOT", slack.bot_token()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let output = run(folder.path(), &["--json", "check"], &environment).await;
    let answer = json(&output);
    let outcomes: Vec<(&str, &str)> = answer["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["name"].as_str().unwrap(), check["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(output.status.code(), Some(0), "{answer:#}");
    for name in [
        "configuration",
        "policies",
        "ledger",
        "admin socket",
        "slack bot token",
        "slack app token",
        "slack scopes",
        "slack channel",
        "aws identity",
        "identity center",
        "permission sets",
        "people and groups",
        "organization",
        "accounts",
        "sign-in: discovery",
        "sign-in: device codes",
        "sign-in: signing keys",
        "sign-in: client",
    ] {
        assert!(outcomes.contains(&(name, "ok")), "{name}: {answer:#}");
    }
}

#[tokio::test]
async fn check_says_what_to_fix_where_nothing_answers() {
    let folder = folder();
    configured(folder.path(), "http://127.0.0.1:1/api", "http://127.0.0.1:1");
    let environment = [
        ("APP", "xapp-1-planted"),
        ("BOT", PLANTED),
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    let output = run(folder.path(), &["check"], &environment).await;
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for line in [
        "✗ policies",
        "✗ slack bot token",
        "✗ slack app token",
        "✗ aws identity",
        "→ ",
        "the bot will not work",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

/// What was asked, by whom.
#[derive(Default)]
struct Asked(Mutex<Vec<(LocalUser, HostRequest)>>);

impl HostHandler for Asked {
    fn handle<'a>(
        &'a self,
        user: LocalUser,
        request: HostRequest,
    ) -> Pin<Box<dyn Future<Output = HostResponse> + Send + 'a>> {
        Box::pin(async move {
            let refused = matches!(request, HostRequest::Approve { .. });
            self.0.lock().unwrap().push((user, request));
            if refused {
                HostResponse::refused("you asked for it yourself")
            } else {
                HostResponse::said(
                    vec!["AR-7K3Q  done\u{1b}[2J".to_owned()],
                    serde_json::json!({ "id": "AR-7K3Q" }),
                )
            }
        })
    }
}

fn open(socket: &Path) -> (Arc<Asked>, tokio::task::JoinHandle<()>) {
    let asked = Arc::new(Asked::default());
    let door = HostDoor::open(socket).unwrap();
    let handler: Arc<dyn HostHandler> = Arc::<Asked>::clone(&asked);
    (asked, tokio::spawn(door.run(handler)))
}

#[tokio::test]
async fn requests_are_asked_of_the_running_bot_as_the_local_user() {
    let folder = folder();
    let socket = configured(folder.path(), "http://127.0.0.1:1/api", "http://127.0.0.1:1");
    let nobody = run(folder.path(), &["requests", "list"], &[]).await;
    assert_eq!(nobody.status.code(), Some(3), "{}", text(&nobody));
    assert!(text(&nobody).contains("no bot answers"), "{}", text(&nobody));

    let (asked, door) = open(&socket);
    let listed = run(folder.path(), &["requests", "list", "--all"], &[]).await;
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed));
    assert_eq!(text(&listed), "AR-7K3Q  done\\u{1b}[2J\n");
    let shown = run(folder.path(), &["--json", "requests", "show", "AR-7K3Q"], &[]).await;
    assert_eq!(json(&shown)["id"], "AR-7K3Q");
    let denied = run(folder.path(), &["requests", "deny", "AR-7K3Q", "not", "now"], &[]).await;
    assert_eq!(denied.status.code(), Some(0));
    let refused = run(folder.path(), &["requests", "approve", "AR-7K3Q"], &[]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("you asked for it yourself"));

    let asked = std::mem::take(&mut *asked.0.lock().unwrap());
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::effective()).unwrap().unwrap();
    assert!(asked.iter().all(|(user, _)| user.name == me.name && user.uid == me.uid.as_raw()));
    let id = "AR-7K3Q".to_owned();
    let requests: Vec<HostRequest> = asked.into_iter().map(|(_, request)| request).collect();
    assert_eq!(
        requests,
        [
            HostRequest::List { all: true },
            HostRequest::Show { id: id.clone() },
            HostRequest::Deny { id: id.clone(), why: "not now".to_owned() },
            HostRequest::Approve { id },
        ]
    );
    door.abort();
    assert!(door.await.unwrap_err().is_cancelled());
    assert!(!socket.exists(), "the socket goes with its bot");
}

async fn raw(socket: &Path, bytes: &[u8]) -> HostResponse {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    serde_json::from_str(&answer).unwrap()
}

/// pitfall 33: what is not one of the verbs is not done.
#[tokio::test]
async fn the_door_refuses_what_it_does_not_know_and_asks_nobody() {
    let folder = folder();
    let socket = folder.path().join("s.sock");
    let (asked, _door) = open(&socket);
    let long = format!(
        "{{\"version\":1,\"request\":{{\"do\":\"show\",\"id\":\"{}\"}}}}\n",
        "a".repeat(REQUEST_LENGTH_MAX)
    );
    for (bytes, why) in [
        ("\n", "not JSON"),
        ("{\"version\":1,\"request\":{\"do\":\"list\",\"all\":true}}", "one line"),
        ("{\"version\":0,\"request\":{\"do\":\"list\",\"all\":true}}\n", "does not say its version"),
        ("{\"request\":{\"do\":\"list\",\"all\":true}}\n", "does not say its version"),
        ("{\"version\":1,\"request\":{\"do\":\"set\",\"state\":\"Active\"}}\n", "not known"),
        ("{\"version\":1,\"request\":{\"do\":\"end\",\"id\":\"AR-1\",\"by\":\"root\"}}\n", "not known"),
        (long.as_str(), "at most"),
    ] {
        let answer = raw(&socket, bytes.as_bytes()).await;
        assert!(answer.refused && answer.lines[0].contains(why), "{why}: {answer:?}");
    }
    assert!(asked.0.lock().unwrap().is_empty());
    assert!(!raw(&socket, b"{\"version\":1,\"request\":{\"do\":\"list\",\"all\":true}}\n").await.refused);
}

/// The two sides of the deployment agree: what systemd starts is what the binary takes.
#[tokio::test]
async fn the_unit_starts_what_the_command_line_takes() {
    let line = UNIT.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/glasskey ")).unwrap();
    let arguments: Vec<&str> = line.split(' ').chain(["--help"]).collect();
    let output = run(Path::new("/"), &arguments, &[]).await;
    assert!(output.status.success() && text(&output).contains("Run the bot"), "{}", text(&output));
    for key in [
        "DynamicUser=yes",
        "StateDirectory=glasskey",
        "RuntimeDirectory=glasskey",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "MemoryDenyWriteExecute=yes",
        "SystemCallFilter=@system-service",
        "KillSignal=SIGTERM",
        "TimeoutStopSec=30",
        "Restart=always",
        "LimitCORE=0",
        "LoadCredential=slack-bot-token:/etc/glasskey/slack-bot-token",
    ] {
        assert!(UNIT.lines().any(|line| line == key), "{key}");
    }
}

/// Where systemd is installed, its own judgement counts too.
#[tokio::test]
async fn systemd_finds_the_unit_well() {
    let folder = folder();
    let unit = folder.path().join("glasskey.service");
    fs::write(&unit, UNIT.replace("/usr/bin/glasskey", env!("CARGO_BIN_EXE_glasskey"))).unwrap();
    let verify = Command::new("systemd-analyze").arg("verify").arg(&unit).output().await;
    match verify {
        Ok(output) => assert!(output.status.success() && text(&output).is_empty(), "{}", text(&output)),
        Err(why) => assert_eq!(why.kind(), std::io::ErrorKind::NotFound),
    }
}

/// What `check` tries, the bot is allowed to do: a check that needs more rights than the bot would cry wolf.
#[test]
fn check_names_only_rights_that_the_policy_in_deploy_gives() {
    let policy = include_str!("../../deploy/iam-policy.json");
    let source = include_str!("../../src/cli/check/aws.rs");
    let rights: Vec<&str> = source
        .split(|c: char| !c.is_ascii_alphanumeric() && c != ':')
        .filter(|word| {
            ["sso:", "identitystore:", "organizations:"].iter().any(|service| word.starts_with(service))
        })
        .filter(|word| !word.contains("::"))
        .collect();
    assert!(rights.len() > 7, "{rights:?}");
    for right in rights {
        assert!(policy.contains(&format!("\"{right}\"")), "{right} is not in deploy/iam-policy.json");
    }
    assert!(!source.contains("list_accounts()"), "organizations:ListAccounts is not a right of the bot");
}
