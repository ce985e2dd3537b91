//! The whole way, for what an operator does while the bot runs: the bot as a process, each command as another, and the files
//! that change beneath it.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use glasskey_playground::aws::{AwsOptions, AwsTwin};
use glasskey_playground::company::Company;
use glasskey_playground::slack::{SlackOptions, SlackTwin};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::{PATIENCE, configured, folder, json, run, text};

/// What the configuration says besides: what is held is looked at every second, so that nobody waits for it.
const LOOKED_AT: &str = "[schedule]\nreconcile = \"* * * * * *\"\n[requests]\nbundles = \"bundles.toml\"\n\
                         [drift]\npermission_sets = [\"PowerUser\"]\n";
const NIGHTS: &str = "[bundles.nights]\ntargets = [{ group = \"payments-oncall\" }]\n";

/// A company, and the folder of its bot.
struct Site {
    folder: TempDir,
    slack: SlackTwin,
    aws: AwsTwin,
}

/// A bot as a process, and the lines that it logs.
struct Bot {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Site {
    async fn new() -> Self {
        let company = Company::acme();
        let slack = SlackTwin::start(&company, SlackOptions::default()).await.unwrap();
        let aws = AwsTwin::start(&company, AwsOptions::quick()).await.unwrap();
        let site = Self { folder: folder(), slack, aws };
        site.configures(LOOKED_AT);
        fs::create_dir(site.path().join("policies")).unwrap();
        fs::write(site.path().join("policies/acme.cedar"), crate::town::ACME).unwrap();
        fs::write(site.path().join("bundles.toml"), "").unwrap();
        site
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn configures(&self, more: &str) {
        configured(self.path(), &self.slack.url(), &self.aws.url());
        let file = self.path().join("glasskey.toml");
        let ours = fs::read_to_string(&file).unwrap();
        // At AWS's own pace each look would take seconds.
        let ours = ours.replace("[aws]\n", "[aws]\ncalls_per_second = 1000\n");
        fs::write(&file, format!("{ours}metrics = \"127.0.0.1:0\"\n{more}")).unwrap();
    }

    async fn types(&self, arguments: &[&str]) -> Output {
        run(self.path(), arguments, &self.environment()).await
    }

    fn environment(&self) -> [(&str, &str); 4] {
        [
            ("APP", self.slack.app_token()),
            ("BOT", self.slack.bot_token()),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]
    }

    /// A bot that can be asked.
    async fn starts(&self) -> Bot {
        let mut command = Command::new(env!("CARGO_BIN_EXE_glasskey"));
        let mut child = command
            .arg("run")
            .current_dir(self.path())
            .env_clear()
            .envs(self.environment())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut logged = BufReader::new(child.stderr.take().unwrap()).lines();
        let (line, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(logged)) = logged.next_line().await {
                drop(line.send(logged));
            }
        });
        // It listens to Slack once it answers on the socket.
        self.slack.wait_for(PATIENCE, |slack| (slack.sockets() > 0).then_some(())).await.unwrap();
        Bot { child, lines }
    }
}

impl Bot {
    /// Waits until it logs this, from here on.
    async fn logs(&mut self, words: &str) -> String {
        let mut before = Vec::new();
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.lines.recv().await {
                if line.contains(words) {
                    return Some(line);
                }
                before.push(line);
            }
            None
        });
        let found = found.await.ok().flatten();
        found.unwrap_or_else(|| panic!("`{words}` was never logged: {before:#?}"))
    }

    async fn is_sent(&self, signal: &str) {
        let pid = self.child.id().expect("a living bot").to_string();
        // The standard library sends no signal but SIGKILL, and `unsafe` is not for us.
        let kill = Command::new("/bin/sh").args(["-c", r#"kill "-$1" "$0""#, &pid, signal]).status().await;
        assert!(kill.unwrap().success());
    }

    async fn ends(mut self, site: &Site) {
        self.child.kill().await.unwrap();
        site.slack.wait_for(PATIENCE, |slack| (slack.sockets() == 0).then_some(())).await.unwrap();
    }
}

#[tokio::test]
async fn the_running_bot_answers_glasskey_drift() {
    let site = Site::new().await;
    let aws = site.aws.control();
    assert!(aws.add_by_hand("ana", "payments-prod", "PowerUser"));
    let nobody = site.types(&["drift", "list"]).await;
    assert_eq!(nobody.status.code(), Some(3), "{}", text(&nobody));
    let bot = site.starts().await;
    let told = |slack: &SlackTwin| {
        let head = "Access that no request explains";
        slack.messages("C0ACCESS").iter().any(|one| one.words().contains(head)).then_some(())
    };
    site.slack.wait_for(PATIENCE, told).await.expect("it is told");
    let listed = site.types(&["drift", "list"]).await;
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed));
    assert!(text(&listed).contains("ana@acme.example: PowerUser in payments-prod"), "{}", text(&listed));
    let adopt = ["drift", "adopt", "ana@acme.example", "payments-prod", "PowerUser", "until", "spring"];
    let adopted = site.types(&adopt).await;
    assert_eq!(adopted.status.code(), Some(0), "{}", text(&adopted));
    bot.ends(&site).await;

    // From the next start on all the rest is removed.
    site.configures(&format!("{LOOKED_AT}remove = true\n"));
    assert!(aws.add_by_hand("bo", "payments-prod", "PowerUser"));
    let _bot = site.starts().await;
    let removed = aws.wait_for(PATIENCE, |aws| !aws.has("bo", "payments-prod", "PowerUser")).await;
    removed.expect("it is removed");
    assert!(aws.has("ana", "payments-prod", "PowerUser"));
    let known = json(&site.types(&["--json", "drift", "list"]).await);
    let of_ana = known.as_array().unwrap().iter().find(|one| one["state"]["drift"] == "adopted").unwrap();
    assert_eq!(of_ana["state"]["reason"], "until spring");
}

#[tokio::test]
async fn the_running_bot_takes_up_bundles_when_their_file_changes_and_on_sighup() {
    let site = Site::new().await;
    let file = site.path().join("bundles.toml");
    let mut bot = site.starts().await;
    fs::write(&file, NIGHTS).unwrap();
    bot.logs("other bundles are in force now").await;
    fs::write(&file, "[bundles.nights]\ntargts = []\n").unwrap();
    let kept = bot.logs("the bundles were changed and cannot be used").await;
    assert!(kept.contains("bundles.toml:2") && kept.contains("old ones stay in force"), "{kept}");
    // Commands do not need them: what takes access away least of all.
    let listed = site.types(&["requests", "list"]).await;
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed));
    let checked = site.types(&["check"]).await;
    assert!(text(&checked).contains("bundles.toml:2 bundles.nights.targts"), "{}", text(&checked));
    // Nothing changed, and yet it is looked at.
    bot.is_sent("HUP").await;
    bot.logs("the bundles were changed and cannot be used").await;
    fs::write(&file, NIGHTS.replace("nights", "days")).unwrap();
    bot.logs("other bundles are in force now").await;
}
