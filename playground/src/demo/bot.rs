//! The real bot as a child process: found, started, heard, waited for, stopped. Its exit is news, never ignored.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::folder::Folder;
use super::{DemoOptions, Twins};
use crate::company::Person;
use crate::okta::SSWS_TOKEN;
use crate::page::EventFeed;

/// Between two questions whether the bot is ready; it cannot tell us by itself.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// A pipe of a dead process is empty by then.
const DRAINED_WITHIN: Duration = Duration::from_millis(200);

/// The running bot answers at once; a demo is not held up by one that does not.
const LINKED_WITHIN: Duration = Duration::from_secs(10);

/// What went wrong with the bot.
#[derive(Debug)]
pub(super) enum BotError {
    Missing(PathBuf),
    Unstartable(PathBuf, std::io::Error),
    Died(ExitStatus),
    Unready(SocketAddr, Duration),
    WouldNotStop(Duration),
    Failed(ExitStatus),
    Lost(std::io::Error),
}

impl std::fmt::Display for BotError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(path) => write!(
                f,
                "there is no bot at {}; build it with `cargo build` or name it with `--bot PATH`",
                path.display()
            ),
            Self::Unstartable(path, error) => write!(f, "{} could not be started: {error}", path.display()),
            Self::Died(status) => write!(f, "the bot ended before it was ready: {status}"),
            Self::Unready(at, within) => {
                write!(f, "the bot was not ready within {} s: http://{at}/readyz", within.as_secs())
            }
            Self::WouldNotStop(within) => {
                write!(f, "the bot did not end within {} s of SIGTERM and was killed", within.as_secs())
            }
            Self::Failed(status) => write!(f, "the bot did not stop cleanly: {status}"),
            Self::Lost(error) => write!(f, "the bot was lost: {error}"),
        }
    }
}

/// Starts `glasskey run --config …`.
///
/// The environment is made from nothing: credentials of the person at the keyboard must not come near a demo.
pub(super) fn start(
    options: &DemoOptions,
    folder: &Folder,
    twins: &Twins,
    feed: &EventFeed,
) -> Result<Child, BotError> {
    let binary = binary(options)?;
    let mut command = Command::new(&binary);
    command
        .args(["run", "--config"])
        .arg(&folder.config)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("RUST_LOG", &options.log)
        .env("RUST_BACKTRACE", "1")
        .env("SLACK_APP_TOKEN", twins.slack.app_token())
        .env("SLACK_BOT_TOKEN", twins.slack.bot_token())
        .env("DISCORD_TOKEN", twins.discord.bot_token())
        .env("OKTA_TOKEN", SSWS_TOKEN)
        .env("AWS_ACCESS_KEY_ID", "playground")
        .env("AWS_SECRET_ACCESS_KEY", "playground")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C in the terminal must reach the bot as our SIGTERM and not as a second signal beside it.
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| BotError::Unstartable(binary, error))?;
    hear(child.stdout.take(), feed);
    hear(child.stderr.take(), feed);
    Ok(child)
}

fn binary(options: &DemoOptions) -> Result<PathBuf, BotError> {
    let binary = options.bot.clone().map_or_else(beside_us, Ok)?;
    if binary.is_file() { Ok(binary) } else { Err(BotError::Missing(binary)) }
}

/// Says whose a Discord account is, as its administrator does on the host: `glasskey people link …`. True when it is done.
pub(super) async fn link(options: &DemoOptions, folder: &Folder, person: &Person) -> Result<bool, BotError> {
    let mut command = Command::new(binary(options)?);
    command
        .args(["people", "link", &person.email, "--discord", &person.discord_user_id, "--config"])
        .arg(&folder.config)
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(LINKED_WITHIN, command.output()).await;
    let Ok(output) = output else { return Ok(false) };
    Ok(output.map_err(BotError::Lost)?.status.success())
}

fn beside_us() -> Result<PathBuf, BotError> {
    let us = std::env::current_exe().map_err(BotError::Lost)?;
    Ok(us.parent().unwrap_or(Path::new(".")).join("glasskey"))
}

/// Every line goes into the feed.
fn hear(pipe: Option<impl AsyncRead + Unpin + Send + 'static>, feed: &EventFeed) {
    let Some(pipe) = pipe else { return };
    let feed = feed.clone();
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            feed.push_line(&line);
        }
    });
}

/// Waits until the bot answers `/readyz` with 200.
pub(super) async fn ready(child: &mut Child, at: SocketAddr, within: Duration) -> Result<(), BotError> {
    let asking = async {
        while !answers(at).await {
            sleep(ASK_EVERY).await;
        }
    };
    tokio::select! {
        status = child.wait() => Err(status.map_or_else(BotError::Lost, BotError::Died)),
        asked = timeout(within, asking) => asked.map_err(|_| BotError::Unready(at, within)),
    }
}

async fn answers(at: SocketAddr) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(at).await?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut start = [0_u8; 12];
        stream.read_exact(&mut start).await?;
        Ok::<_, std::io::Error>(start.ends_with(b" 200"))
    };
    matches!(timeout(Duration::from_secs(2), asked).await, Ok(Ok(true)))
}

/// SIGTERM, then patience, then SIGKILL.
pub(super) async fn stop(mut child: Child, within: Duration) -> Result<(), BotError> {
    let Some(pid) = child.id() else {
        // It ended while we were being asked to stop.
        return child.wait().await.map_err(BotError::Lost).and_then(clean);
    };
    // The standard library sends no signal but SIGKILL, and `unsafe` is not for us.
    let sent =
        Command::new("/bin/sh").arg("-c").arg(r#"kill -TERM "$0""#).arg(pid.to_string()).status().await;
    sent.map_err(BotError::Lost)?;
    match timeout(within, child.wait()).await {
        Ok(status) => status.map_err(BotError::Lost).and_then(clean),
        Err(_) => {
            child.kill().await.map_err(BotError::Lost)?;
            Err(BotError::WouldNotStop(within))
        }
    }
}

fn clean(status: ExitStatus) -> Result<(), BotError> {
    if status.success() { Ok(()) } else { Err(BotError::Failed(status)) }
}

/// Gives the last lines of a dead bot time to come through the pipe.
pub(super) async fn drained(feed: &EventFeed) {
    let mut lines = feed.lines();
    while timeout(DRAINED_WITHIN, lines.changed()).await.is_ok_and(|changed| changed.is_ok()) {}
}

/// Opens the page; whoever has no browser reads the address.
pub(super) fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = Command::new(program).arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if started.is_err() {
        super::words::complain("  No browser could be opened; open the address above.");
    }
}
