//! The real bot as a child process with its own folder and configuration, and the twins that it talks to.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin};
use glasskey_playground::company::Company;
use glasskey_playground::okta::{OktaControl, OktaOptions, OktaTwin, SSWS_TOKEN};
use glasskey_playground::slack::{SlackOptions, SlackTwin};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// So many calls a second lift our own budgets of AWS (`src/cli/aws.rs`).
pub(crate) const LIFTED: u32 = 1_000;
/// What AWS allows.
pub(crate) const REAL: u32 = 20;
/// Between two questions whether the bot is ready: small beside what is measured.
const ASK_EVERY: Duration = Duration::from_millis(2);
const READY_WITHIN: Duration = Duration::from_secs(300);

/// Everybody may ask for anything with one approval; the members of one group approve.
pub(crate) const RULES: &str = r#"
@id("ask") @max_duration("168h") @approvals("1")
permit (principal, action == Action::"request", resource);
@id("approve")
permit (principal in Group::"group-0", action in [Action::"approve", Action::"revoke"], resource);
"#;

/// The directory is read at the start, and at New Year.
const ONLY_AT_THE_START: &str = "directory = \"0 0 0 1 1 *\"\n";

/// What a run needs.
pub(crate) struct Setup {
    pub(crate) company: Company,
    pub(crate) aws: AwsOptions,
    pub(crate) calls_per_second: u32,
    /// The ledger's folder; a fresh one when `None`.
    pub(crate) store: Option<PathBuf>,
    /// Rules other than [`RULES`].
    pub(crate) rules: Option<String>,
    /// The lines of `[schedule]`.
    pub(crate) schedule: String,
    /// More lines of `[requests]`.
    pub(crate) requests: &'static str,
    /// An Okta with the emergency app, and break-glass in the bot's configuration.
    pub(crate) okta: Option<OktaOptions>,
}

impl Setup {
    /// Nothing limits anybody: the twins' budgets and our own are lifted.
    pub(crate) fn lifted(company: Company) -> Self {
        Self {
            company,
            aws: AwsOptions::quick(),
            calls_per_second: LIFTED,
            store: None,
            rules: None,
            schedule: ONLY_AT_THE_START.to_owned(),
            requests: "",
            okta: None,
        }
    }
}

/// The twins, for one bot after another.
pub(crate) struct World {
    pub(crate) slack: SlackTwin,
    pub(crate) aws: AwsControl,
    _twin: AwsTwin,
    okta: Option<OktaTwin>,
    folder: TempDir,
    _socket_folder: TempDir,
    metrics: SocketAddr,
    store: PathBuf,
}

/// A running bot.
pub(crate) struct Bot {
    child: Child,
    metrics: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub(crate) ready_after: Duration,
}

impl World {
    pub(crate) async fn new(setup: Setup) -> Self {
        let slack = SlackTwin::start(&setup.company, SlackOptions::default()).await.unwrap();
        let twin = AwsTwin::start(&setup.company, setup.aws).await.unwrap();
        let okta = match setup.okta {
            Some(options) => Some(OktaTwin::start(&setup.company, options).await.unwrap()),
            None => None,
        };
        let folder = tempfile::Builder::new().prefix("glasskey-load-").tempdir_in(target()).unwrap();
        let metrics = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let store = setup.store.unwrap_or_else(|| folder.path().join("ledger"));
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        std::fs::write(folder.path().join("policies/load.cedar"), setup.rules.as_deref().unwrap_or(RULES))
            .unwrap();
        // The path of a Unix socket is short by nature; the folder may not be.
        let socket_folder = tempfile::Builder::new().prefix("glasskey-load-").tempdir().unwrap();
        let socket = socket_folder.path().join("s");
        let text = format!(
            "[store]\npath = {store:?}\n\
             [slack]\napp_token = \"env:SLACK_APP_TOKEN\"\nbot_token = \"env:SLACK_BOT_TOKEN\"\n\
             team = \"T0ACME\"\nchannel = \"C0ACCESS\"\napi_url = \"{slack}\"\n\
             [aws]\nregion = \"eu-west-1\"\nendpoint_url = \"{aws}\"\ncalls_per_second = {calls}\n\
             [requests]\nlapse_after = \"12h\"\nmax_duration = \"168h\"\n{requests}\
             [schedule]\n{schedule}\
             [policy]\ndir = \"policies\"\n\
             [admin]\nsocket = {socket:?}\nmetrics = \"{metrics}\"\n{break_glass}",
            break_glass = okta.as_ref().map(break_glass).unwrap_or_default(),
            slack = slack.url(),
            aws = twin.url(),
            calls = setup.calls_per_second,
            requests = setup.requests,
            schedule = setup.schedule,
        );
        std::fs::write(folder.path().join("glasskey.toml"), text).unwrap();
        Self {
            slack,
            aws: twin.control(),
            _twin: twin,
            okta,
            folder,
            _socket_folder: socket_folder,
            metrics,
            store,
        }
    }

    pub(crate) fn store(&self) -> &Path {
        &self.store
    }

    /// Okta, in a world that has one.
    pub(crate) fn okta(&self) -> OktaControl {
        self.okta.as_ref().unwrap().control()
    }

    /// Where the bot's log is.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Starts a bot and waits until it is ready.
    pub(crate) async fn start(&self) -> Bot {
        let log = std::fs::File::create(self.log()).unwrap();
        let began = Instant::now();
        let child = Command::new(binary())
            .args(["run", "--config"])
            .arg(self.folder.path().join("glasskey.toml"))
            .env_clear()
            .env("SLACK_APP_TOKEN", self.slack.app_token())
            .env("SLACK_BOT_TOKEN", self.slack.bot_token())
            .env("OKTA_TOKEN", SSWS_TOKEN)
            .env("AWS_ACCESS_KEY_ID", "playground")
            .env("AWS_SECRET_ACCESS_KEY", "playground")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut bot = Bot { child, metrics: self.metrics, ready_after: Duration::ZERO };
        while !bot.ready().await {
            let over = bot.child.try_wait().unwrap();
            let log = || std::fs::read_to_string(self.log()).unwrap_or_default();
            assert!(
                over.is_none() && began.elapsed() < READY_WITHIN,
                "the bot is not ready: {over:?}\n{}",
                log()
            );
            tokio::time::sleep(ASK_EVERY).await;
        }
        bot.ready_after = began.elapsed();
        bot
    }

    /// Lines of the bot's log that say that something is wrong.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let bad = log.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("\"WARN\""));
        bad.map(str::to_owned).collect()
    }
}

/// The lines of the configuration that break-glass takes.
fn break_glass(okta: &OktaTwin) -> String {
    format!(
        "[okta]\nurl = \"{}\"\ntoken = \"env:OKTA_TOKEN\"\n\
         [breakglass.main]\napp = \"0oa1emergency\"\ngroups = {{ ro = \"00gro\", ops = \"00gops\" }}\n\
         max_duration = \"4h\"\nduration = \"2h\"\nchannel = \"C0INCIDENT\"\n",
        okta.url(),
    )
}

impl Bot {
    async fn get(&self, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.metrics).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    async fn ready(&self) -> bool {
        self.get("/readyz").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// What the bot says of itself.
    pub(crate) async fn metrics(&self) -> String {
        self.get("/metrics").await.unwrap()
    }

    /// A field of `/proc/PID/status`, in MiB.
    pub(crate) fn memory_mib(&self, field: &str) -> f64 {
        let pid = self.child.id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// Ends it as a power cut would.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Ends it in good order.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().unwrap().to_string();
        Command::new("/bin/sh").args(["-c", r#"kill -TERM "$0""#, &pid]).status().await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        assert!(ended.is_ok_and(|ended| ended.unwrap().success()), "the bot did not stop in good order");
    }
}

/// The binary that is measured.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("GLASSKEY_BENCH_BIN")
        .map_or_else(|| env!("CARGO_BIN_EXE_glasskey").into(), PathBuf::from)
}

/// Where prepared ledgers and results are: on the disk that is measured, out of the way of git.
pub(crate) fn target() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Posts a message as the bot, so that it can be clicked on: real cards are paced at one a second.
pub(crate) async fn post_button(slack: &SlackTwin, action: &str, value: &str) -> String {
    let body = serde_json::json!({
        "channel": "C0GENERAL", "text": value, "unfurl_links": false, "unfurl_media": false,
        "blocks": [{ "type": "actions", "elements": [{
            "type": "button", "action_id": action, "value": value, "text": { "type": "plain_text", "text": action },
        }] }],
    })
    .to_string();
    let address = slack.url();
    let address = address.trim_start_matches("http://").trim_end_matches("/api");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /api/chat.postMessage HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        slack.bot_token(),
        body.len(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let json = answer.find("\r\n\r\n").map_or("", |at| &answer[at..]);
    let json: serde_json::Value = serde_json::from_str(json.trim()).unwrap_or_else(|_| panic!("{answer}"));
    json.get("ts").and_then(serde_json::Value::as_str).unwrap_or_else(|| panic!("{answer}")).to_owned()
}
