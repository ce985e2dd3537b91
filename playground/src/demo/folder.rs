//! The folder that the demo's bot runs from: an ordinary `glasskey.toml`, policies, and room for its ledger.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::DemoOptions;
use crate::slack::SlackTwin;

/// Acme's rules.
const ACME: &str = include_str!("../../policies/acme.cedar");

/// The folder; a temporary one is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) config: PathBuf,
    /// Where the bot will answer `/readyz`.
    pub(super) metrics: SocketAddr,
    _temporary: TempDir,
}

impl Folder {
    pub(super) fn write(options: &DemoOptions, slack: &SlackTwin, aws_url: &str) -> std::io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("glasskey-demo-").tempdir()?;
        let root = match &options.keep {
            Some(kept) => std::path::absolute(kept)?,
            None => temporary.path().to_owned(),
        };
        std::fs::create_dir_all(root.join("policies"))?;
        let policies = match &options.policies {
            Some(given) => std::path::absolute(given)?,
            None => {
                std::fs::write(root.join("policies/acme.cedar"), ACME)?;
                root.join("policies")
            }
        };
        let metrics = free_address()?;
        // The path of a Unix socket is short by nature, so it never lies in the folder that somebody chose.
        let socket = temporary.path().join("glasskey.sock");
        let config = root.join("glasskey.toml");
        let text = configuration(&root, &policies, &socket, metrics, &slack.url(), aws_url);
        std::fs::write(&config, text)?;
        Ok(Self { config, metrics, _temporary: temporary })
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn configuration(
    root: &Path,
    policies: &Path,
    socket: &Path,
    metrics: SocketAddr,
    slack_url: &str,
    aws_url: &str,
) -> String {
    let document = |pairs: &[(&str, toml::Value)]| -> toml::Table {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    let table = |pairs: &[(&str, toml::Value)]| toml::Value::Table(document(pairs));
    let text = |text: &str| toml::Value::from(text);
    let path = |path: &Path| toml::Value::from(path.display().to_string());
    let whole = document(&[
        ("store", table(&[("path", path(&root.join("ledger")))])),
        (
            "slack",
            table(&[
                ("app_token", text("env:SLACK_APP_TOKEN")),
                ("bot_token", text("env:SLACK_BOT_TOKEN")),
                ("team", text("T0ACME")),
                ("channel", text("C0ACCESS")),
                ("api_url", text(slack_url)),
            ]),
        ),
        (
            "aws",
            table(&[
                ("region", text("eu-west-1")),
                ("endpoint_url", text(aws_url)),
                ("portal_url", text("https://acme.awsapps.com/start")),
            ]),
        ),
        (
            "requests",
            table(&[
                ("lapse_after", text("1h")),
                ("max_duration", text("12h")),
                ("reason", table(&[("required", true.into()), ("min_length", 8.into())])),
                ("ticket", table(&[("required", false.into()), ("pattern", text("^(INC|CHG)-[0-9]+$"))])),
            ]),
        ),
        // Often enough that a change made by hand at the AWS twin is noticed while one watches.
        ("schedule", table(&[("directory", text("0 * * * * *"))])),
        ("policy", table(&[("dir", path(policies))])),
        ("admin", table(&[("socket", path(socket)), ("metrics", text(&metrics.to_string()))])),
    ]);
    format!("# Written by `glasskey-playground demo`: the real bot against twins on this machine.\n{whole}")
}
