//! `glasskey-playground demo`: arguments in, exit code out. Everything else is in the library.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use glasskey_playground::demo::{self, DemoOptions};

/// A pretend company on loopback to try Glasskey in: Slack, IAM Identity Center, and a page to chat in.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Starts the company, the page and the real bot; stops them together on Ctrl-C.
    Demo(Demo),
}

#[derive(Debug, Args)]
struct Demo {
    /// Port of the page (8484, or the next free one).
    #[arg(long)]
    port: Option<u16>,
    /// The bot's binary (`glasskey` beside this one).
    #[arg(long, value_name = "PATH")]
    bot: Option<PathBuf>,
    /// Cedar policies to use instead of Acme's.
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    /// Keep configuration and ledger in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Open the page in a browser.
    #[arg(long)]
    open: bool,
    /// Start no bot; say how to start one by hand.
    #[arg(long, conflicts_with_all = ["bot", "open"])]
    without_bot: bool,
    /// What the bot logs.
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
}

impl From<Demo> for DemoOptions {
    fn from(demo: Demo) -> Self {
        Self {
            port: demo.port,
            bot: demo.bot,
            policies: demo.policies,
            keep: demo.keep,
            open: demo.open,
            without_bot: demo.without_bot,
            log: demo.log,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let What::Demo(demo) = Arguments::parse().what;
    match demo::run(demo.into()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("\n{error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}
