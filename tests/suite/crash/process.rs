//! The real binary as a process that can be killed, beside twins in this process that cannot. It is started as the
//! playground starts it: an ordinary configuration, and an environment made from nothing.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use glasskey::audit::{ExportFormat, ExportOptions, export};
use glasskey_domain::Record;
use glasskey_domain::settings::SETTLE_AFTER;
use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin};
use glasskey_playground::company::Company;
use glasskey_playground::slack::{Message, Redelivery, SlackOptions, SlackTwin};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

/// How long anything may take on a busy machine. The longest: until a create whose answer died with its bot is believed
/// to be over.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40 + SETTLE_AFTER.0 as u64);
/// Between two questions whether the process is ready; it cannot tell us by itself.
const ASK_EVERY: Duration = Duration::from_millis(25);
/// The access channel.
pub(crate) const ACCESS: &str = "C0ACCESS";
const ACME: &str = include_str!("../../../playground/policies/acme.cedar");

/// One company, one store, and one bot after the other.
pub(crate) struct Site {
    folder: TempDir,
    metrics: SocketAddr,
    _twin: AwsTwin,
    pub(crate) aws: AwsControl,
    pub(crate) slack: SlackTwin,
    child: Mutex<Option<Child>>,
}

impl Site {
    pub(crate) async fn new(redelivery: Redelivery) -> Self {
        let aws = AwsOptions {
            // Long enough for a kill to come between a call, its effect, its answer and its end.
            operation_delay: Duration::from_millis(150),
            latency: Duration::from_millis(15),
            ..AwsOptions::quick()
        };
        let twin = AwsTwin::start(&Company::acme(), aws).await.unwrap();
        let slack = SlackOptions { redelivery, ack_limit: Duration::from_secs(2), ..SlackOptions::default() };
        let slack = SlackTwin::start(&Company::acme(), slack).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        std::fs::write(folder.path().join("policies/acme.cedar"), ACME).unwrap();
        let metrics = free_address();
        let aws = twin.control();
        let site = Self { folder, metrics, _twin: twin, aws, slack, child: Mutex::new(None) };
        site.write_configuration("glasskey.toml", "glasskey.sock", metrics, &site._twin.url());
        site
    }

    fn write_configuration(&self, name: &str, socket: &str, metrics: SocketAddr, aws: &str) {
        let path = |name: &str| self.path(name).display().to_string();
        let text = format!(
            r#"
[store]
path = "{store}"
[slack]
app_token = "env:SLACK_APP_TOKEN"
bot_token = "env:SLACK_BOT_TOKEN"
team = "T0ACME"
channel = "{ACCESS}"
api_url = "{slack}"
[aws]
region = "eu-west-1"
endpoint_url = "{aws}"
[schedule]
directory = "0 0 3 * * *"
[policy]
dir = "{policies}"
[admin]
socket = "{socket}"
metrics = "{metrics}"
"#,
            store = path("ledger"),
            slack = self.slack.url(),
            policies = path("policies"),
            socket = path(socket),
        );
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A configuration of a second bot on the same store; its name.
    pub(crate) fn second_configuration(&self) -> &'static str {
        self.write_configuration("second.toml", "second.sock", free_address(), &self._twin.url());
        "second.toml"
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("ledger")
    }

    fn command(&self, configuration: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_glasskey"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.path(configuration))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("SLACK_APP_TOKEN", self.slack.app_token())
            .env("SLACK_BOT_TOKEN", self.slack.bot_token())
            .env("AWS_ACCESS_KEY_ID", "playground")
            .env("AWS_SECRET_ACCESS_KEY", "playground")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Any other command of the binary, to its end.
    pub(crate) async fn glasskey(&self, configuration: &str, arguments: &[&str]) -> Output {
        timeout(PATIENCE, self.command(configuration, arguments).output()).await.expect("it ends").unwrap()
    }

    /// Lets a bot begin, and does not wait for it.
    pub(crate) async fn begin(&self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let child = self.command("glasskey.toml", &["run"]).stdout(Stdio::null()).stderr(log).spawn();
        let before = self.child.lock().await.replace(child.unwrap());
        assert!(before.is_none(), "one bot at a time");
    }

    /// Starts a bot and waits until it is ready.
    pub(crate) async fn start(&self) {
        self.begin().await;
        let asking = async {
            while !self.is_ready().await {
                sleep(ASK_EVERY).await;
                let ended = self.child.lock().await.as_mut().and_then(|child| child.try_wait().unwrap());
                assert_eq!(ended, None, "the bot ended: {}", self.log());
            }
        };
        assert!(timeout(PATIENCE, asking).await.is_ok(), "the bot is not ready: {}", self.log());
    }

    async fn is_ready(&self) -> bool {
        let asked = async {
            let mut stream = TcpStream::connect(self.metrics).await?;
            let request =
                format!("GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.metrics);
            stream.write_all(request.as_bytes()).await?;
            let mut start = [0_u8; 12];
            stream.read_exact(&mut start).await?;
            Ok::<_, std::io::Error>(start.ends_with(b" 200"))
        };
        matches!(timeout(Duration::from_secs(2), asked).await, Ok(Ok(true)))
    }

    /// SIGKILL.
    pub(crate) async fn kill(&self) {
        let mut child = self.child.lock().await.take().expect("a bot");
        child.kill().await.unwrap();
        let gone = self.slack.wait_for(PATIENCE, |slack| (slack.sockets() == 0).then_some(()));
        gone.await.unwrap();
    }

    /// SIGTERM, and how it ends.
    pub(crate) async fn terminate(&self) -> ExitStatus {
        let mut child = self.child.lock().await.take().expect("a bot");
        let pid = child.id().expect("a living bot").to_string();
        // The standard library sends no signal but SIGKILL, and `unsafe` is not for us.
        let sent = Command::new("/bin/sh").args(["-c", r#"kill -TERM "$0""#, &pid]).status().await.unwrap();
        assert!(sent.success());
        timeout(PATIENCE, child.wait()).await.expect("it drains within bounds").unwrap()
    }

    /// Waits until this is true of the twins.
    pub(crate) async fn until(&self, what: &str, happened: impl Fn(&Self) -> bool) {
        let (mut aws, mut slack) = (self.aws.subscribe(), self.slack.changes());
        let waiting = async {
            loop {
                aws.borrow_and_update();
                slack.borrow_and_update();
                if happened(self) {
                    return;
                }
                tokio::select! {
                    changed = aws.changed() => changed.unwrap(),
                    changed = slack.changed() => changed.unwrap(),
                }
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            let seen = self.slack.wait_for(Duration::ZERO, |_| None::<()>).await;
            panic!("{what}: never; {:?}\nlog: {}\n{:?}", self.aws.assignments(), self.log(), seen);
        }
    }

    /// Messages of the bot with this mark, in a channel or direct.
    pub(crate) fn marked(messages: Vec<Message>, mark: &str) -> Vec<(String, Message)> {
        let key = |message: &Message| {
            let metadata = message.metadata.as_ref().filter(|metadata| metadata["event_type"] == mark)?;
            metadata["event_payload"]["key"].as_str().map(str::to_owned)
        };
        messages.into_iter().filter_map(|message| Some((key(&message)?, message))).collect()
    }

    /// The cards: request and message.
    pub(crate) fn cards(&self) -> Vec<(String, Message)> {
        Self::marked(self.slack.messages(ACCESS), "glasskey_card")
    }

    /// What somebody was told directly, by the key of the message.
    pub(crate) fn told(&self, user: &str) -> Vec<String> {
        let notices = Self::marked(self.slack.direct_messages(user), "glasskey_notice");
        notices.into_iter().map(|(key, _)| key).collect()
    }

    /// What the journal says.
    pub(crate) fn records(&self) -> Vec<Record> {
        records(&self.store())
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

fn records(store: &Path) -> Vec<Record> {
    let options = ExportOptions { since: None, format: ExportFormat::JsonLines, columns: Vec::new() };
    let mut out = Vec::new();
    export(store, &options, &mut out).unwrap();
    let lines = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let line: serde_json::Value = serde_json::from_slice(line).unwrap();
            serde_json::from_value(line["body"].clone()).unwrap()
        })
        .collect()
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
