//! The demo: a pretend company on loopback and the real bot beside it, started and stopped together.
//!
//! The bot gets nothing but an ordinary configuration file and environment. This module must never help it along.

use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Child;

use crate::aws::{AwsOptions, AwsTwin};
use crate::company::Company;
use crate::discord::{DiscordOptions, DiscordTwin};
use crate::okta::{OktaOptions, OktaTwin};
use crate::page::{BotState, EventFeed, Hands, Page, PageParts, Panel};
use crate::slack::{SlackOptions, SlackTwin};

mod bot;
mod folder;
mod words;

use folder::Folder;

/// Where the page is unless told otherwise.
pub const PAGE_PORT: u16 = 8484;

/// How many ports after [`PAGE_PORT`] are tried when it is taken.
const PORTS_TRIED: u16 = 20;

/// The bot has this long to become ready: reading Acme takes well under a second, a debug build on a busy machine more.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The bot has this long to drain after SIGTERM.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// Who is linked in Discord from the start: who asks, and who approves. The others link themselves, on the page.
const LINKED: [&str; 2] = ["ana", "bo"];

/// How often the bot may ask whether somebody has signed in: who watches a demo does not want to wait for Okta's five.
const SIGN_IN_ASKED_EVERY_SECS: u64 = 1;

/// Commands shown above the composer; each does something in Acme.
const EXAMPLES: [&str; 7] = [
    "/elevate payments-prod ReadOnly 2m INC-7 look at the failed refunds",
    EMERGENCY,
    "/elevate sandbox-ana PowerUser 1m try the new queue",
    "/elevate payments-prod Admin 1h INC-7 restart everything",
    "/breakglass off",
    "/elevate list",
    "/elevate help",
];

/// The same, as one types it in Discord.
const DISCORD_EXAMPLES: [&str; 6] = [
    "/elevate request account: payments-prod permission-set: ReadOnly duration: 2m ticket: INC-7 reason: look at the failed refunds",
    "/breakglass on level: ops incident: INC-7 reason: identity center is down people: @ana",
    "/elevate link",
    "/elevate request account: sandbox-ana permission-set: PowerUser duration: 1m reason: try the new queue",
    "/breakglass off",
    "/elevate list",
];

/// What Dee types when IAM Identity Center is down.
const EMERGENCY: &str = "/breakglass on ops INC-7 identity center is down @ana";

/// What the person who starts the demo may choose.
#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// Port of the page; when `None`, [`PAGE_PORT`] or the next free one.
    pub port: Option<u16>,
    /// The bot's binary; when `None`, `glasskey` beside this one.
    pub bot: Option<PathBuf>,
    /// Folder of `*.cedar` files instead of Acme's.
    pub policies: Option<PathBuf>,
    /// Folder to keep configuration and ledger in; a temporary one when `None`.
    pub keep: Option<PathBuf>,
    /// Opens the page in a browser.
    pub open: bool,
    /// Starts no bot, and says how to start one by hand.
    pub without_bot: bool,
    /// Value of `RUST_LOG` for the bot.
    pub log: String,
}

/// Why the demo cannot go on.
#[derive(Debug)]
pub enum DemoError {
    /// A port or a folder could not be had.
    Setup(String),
    /// The bot did not start, did not become ready, or died; with its last lines.
    Bot {
        /// What happened.
        what: String,
        /// The last lines it wrote.
        lines: Vec<String>,
    },
}

impl std::fmt::Display for DemoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Setup(what) => write!(f, "the demo could not be set up: {what}"),
            Self::Bot { what, lines } => write!(f, "{}", words::death(what, lines)),
        }
    }
}

impl std::error::Error for DemoError {}

/// Everything that runs, in the order in which it must stop.
struct Running {
    page: Page,
    company: Company,
    twins: Twins,
    feed: EventFeed,
    folder: Folder,
}

/// The platforms that the bot meets.
struct Twins {
    slack: SlackTwin,
    discord: DiscordTwin,
    aws: AwsTwin,
    okta: OktaTwin,
}

impl Twins {
    async fn start(company: &Company) -> Result<Self, DemoError> {
        let setup = |what: &str, error: std::io::Error| DemoError::Setup(format!("the {what} twin: {error}"));
        let slack = SlackOptions { rate_limits: true, ..SlackOptions::default() };
        let slack = SlackTwin::start(company, slack).await.map_err(|e| setup("Slack", e))?;
        let discord = DiscordOptions { rate_limits: true, ..DiscordOptions::default() };
        let discord = DiscordTwin::start(company, discord).await.map_err(|e| setup("Discord", e))?;
        let aws = AwsTwin::start(company, AwsOptions::lifelike()).await.map_err(|e| setup("AWS", e))?;
        let okta = OktaTwin::start(company, OktaOptions::lifelike()).await.map_err(|e| setup("Okta", e))?;
        okta.control().at_the_desk(|desk| desk.interval_secs = SIGN_IN_ASKED_EVERY_SECS);
        Ok(Self { slack, discord, aws, okta })
    }

    /// Id of the channel of that name in Discord.
    fn discord_channel(&self, name: &str) -> String {
        self.discord.channel_id(name).unwrap_or_default()
    }
}

/// Runs the demo until Ctrl-C or SIGTERM.
///
/// # Errors
/// When something could not be started, or when the bot died on its own.
pub async fn run(options: DemoOptions) -> Result<(), DemoError> {
    let running = start(&options).await?;
    words::say(&words::banner(&running.page.url(), &EXAMPLES, EMERGENCY));
    let result = if options.without_bot {
        words::say(&words::by_hand(&running.folder, &running.twins));
        running.feed.set_bot(BotState::Stopped("No bot was started (--without-bot)".into()));
        asked_to_stop().await;
        Ok(())
    } else {
        with_bot(&options, &running).await
    };
    words::say("\nStopped.\n");
    result
}

async fn start(options: &DemoOptions) -> Result<Running, DemoError> {
    let setup = |what: &str, error: std::io::Error| DemoError::Setup(format!("{what}: {error}"));
    let company = Company::acme();
    let twins = Twins::start(&company).await?;
    let feed = EventFeed::default();
    let (aws_seen, okta_seen) = (twins.aws.control(), twins.okta.control());
    let config = Folder::write(options, &company, &twins);
    let folder = config.map_err(|e| setup("the folder of the bot", e))?;
    let parts = PageParts {
        company: company.clone(),
        slack: twins.slack.clone(),
        discord: twins.discord.clone(),
        channels: SlackOptions::default().channels,
        aws: Panel::new(aws_seen.subscribe(), move || aws_seen.snapshot_json()),
        okta: Panel::new(okta_seen.subscribe(), move || okta_seen.snapshot_json()),
        hands: Hands { aws: twins.aws.control(), okta: twins.okta.control() },
        feed: feed.clone(),
        examples: EXAMPLES.map(str::to_owned).to_vec(),
        discord_examples: DISCORD_EXAMPLES.map(str::to_owned).to_vec(),
    };
    let page = serve(parts, options.port).await.map_err(|e| setup("the page", e))?;
    Ok(Running { page, company, twins, feed, folder })
}

/// The page on the port asked for, or on the first free one from [`PAGE_PORT`] on.
async fn serve(parts: PageParts, port: Option<u16>) -> std::io::Result<Page> {
    if let Some(port) = port {
        return Page::start(parts, port).await;
    }
    for port in PAGE_PORT..PAGE_PORT + PORTS_TRIED {
        match Page::start(parts.clone(), port).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            result => return result,
        }
    }
    Page::start(parts, 0).await
}

async fn with_bot(options: &DemoOptions, running: &Running) -> Result<(), DemoError> {
    let mut child = match bot::start(options, &running.folder, &running.twins, &running.feed) {
        Ok(child) => child,
        Err(error) => return Err(died(running, error.to_string()).await),
    };
    words::say(words::STARTING);
    let ready = tokio::select! {
        ready = bot::ready(&mut child, running.folder.metrics, READY_WITHIN) => ready,
        () = asked_to_stop() => return stop(child, running).await,
    };
    if let Err(error) = ready {
        return Err(died(running, error.to_string()).await);
    }
    link(options, running).await;
    running.feed.set_bot(BotState::Ready);
    words::say(&words::ready(&running.folder));
    if options.open {
        bot::open_browser(&running.page.url());
    }
    watch(child, running).await
}

/// Links who is known in Discord from the start. Where that is refused, they link themselves like everybody else.
async fn link(options: &DemoOptions, running: &Running) {
    for person in running.company.people.iter().filter(|person| LINKED.contains(&person.handle.as_str())) {
        match bot::link(options, &running.folder, person).await {
            Ok(true) => {}
            Ok(false) => words::complain(&words::not_linked(&person.name)),
            Err(error) => words::complain(&format!("  {error}")),
        }
    }
}

/// Until somebody asks to stop, or the bot ends on its own: then the page stays and says so, until somebody asks.
async fn watch(mut child: Child, running: &Running) -> Result<(), DemoError> {
    let status = tokio::select! {
        () = asked_to_stop() => return stop(child, running).await,
        status = child.wait() => status,
    };
    let what =
        status.map_or_else(|e| format!("the bot was lost: {e}"), |s| format!("the bot ended by itself: {s}"));
    running.feed.set_bot(BotState::Stopped(what.clone()));
    let error = died(running, what).await;
    words::complain(&format!(
        "{error}\n\nThe page at {} stays until Ctrl-C; AWS is at {}, Okta at {}.",
        running.page.url(),
        running.twins.aws.url(),
        running.twins.okta.url()
    ));
    asked_to_stop().await;
    Err(error)
}

async fn stop(child: Child, running: &Running) -> Result<(), DemoError> {
    words::say("\nStopping the bot…");
    match bot::stop(child, STOP_WITHIN).await {
        Ok(()) => Ok(()),
        Err(error) => Err(died(running, error.to_string()).await),
    }
}

/// What happened, with what the bot said last; that may still be on its way through the pipe.
async fn died(running: &Running, what: String) -> DemoError {
    bot::drained(&running.feed).await;
    DemoError::Bot { what, lines: running.feed.last_lines(20) }
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without a handler Ctrl-C still ends the process.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests;
