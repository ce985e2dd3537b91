//! The folder that the demo's bot runs from: an ordinary `glasskey.toml`, policies, and room for its ledger.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{DemoOptions, Twins};
use crate::company::{Company, OktaApp};

/// Whom the bot takes us for on the host: of the platform team.
const ADMINISTRATOR: &str = "cy@acme.example";

/// Acme's rules.
const ACME: &str = include_str!("../../policies/acme.cedar");

/// Acme's bundles.
const BUNDLES: &str = include_str!("../../policies/bundles.toml");

/// The folder; a temporary one is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) config: PathBuf,
    /// Where the bot will answer `/readyz`.
    pub(super) metrics: SocketAddr,
    _temporary: TempDir,
}

impl Folder {
    pub(super) fn write(options: &DemoOptions, company: &Company, twins: &Twins) -> std::io::Result<Self> {
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
        let bundles = root.join("bundles.toml");
        std::fs::write(&bundles, BUNDLES)?;
        let mut whole = configuration(&root, (&policies, &bundles), &socket, metrics, &twins.aws.url());
        whole.extend(chats(company, twins));
        whole.extend(emergency_access(company, twins));
        let text = format!(
            "# Written by `glasskey-playground demo`: the real bot against twins on this machine.\n{whole}"
        );
        std::fs::write(&config, text)?;
        Ok(Self { config, metrics, _temporary: temporary })
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn configuration(
    root: &Path,
    (policies, bundles): (&Path, &Path),
    socket: &Path,
    metrics: SocketAddr,
    aws_url: &str,
) -> toml::Table {
    let path = |path: &Path| toml::Value::from(path.display().to_string());
    document(&[
        ("store", table(&[("path", path(&root.join("ledger")))])),
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
                ("bundles", path(bundles)),
                ("cut_sessions", text("inline-policy")),
                ("reason", table(&[("required", true.into()), ("min_length", 8.into())])),
                ("ticket", table(&[("required", false.into()), ("pattern", text("^(INC|CHG)-[0-9]+$"))])),
            ]),
        ),
        // Often enough that a change made by hand at the AWS twin is noticed while one watches.
        ("schedule", table(&[("directory", text("0 * * * * *"))])),
        ("policy", table(&[("dir", path(policies))])),
        ("admin", admin(socket, metrics)),
    ])
}

/// Who starts the demo administers it, as somebody of the platform team does.
fn admin(socket: &Path, metrics: SocketAddr) -> toml::Value {
    let mut admin =
        vec![("socket", text(&socket.display().to_string())), ("metrics", text(&metrics.to_string()))];
    let user = us();
    if let Some(user) = &user {
        admin.push(("people", table(&[(user, text(ADMINISTRATOR))])));
    }
    table(&admin)
}

/// What this machine calls us: the bot asks the kernel, which a variable of the environment may not agree with.
fn us() -> Option<String> {
    let answer = Command::new("id").arg("-un").output().ok()?;
    let name = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
    (answer.status.success() && !name.is_empty()).then_some(name)
}

/// Slack, Discord, and where people show who they are to be known in the latter.
fn chats(company: &Company, twins: &Twins) -> toml::Table {
    let slack = table(&[
        ("app_token", text("env:SLACK_APP_TOKEN")),
        ("bot_token", text("env:SLACK_BOT_TOKEN")),
        ("team", text("T0ACME")),
        ("channel", text("C0ACCESS")),
        ("api_url", text(&twins.slack.url())),
    ]);
    let discord = table(&[
        ("token", text("env:DISCORD_TOKEN")),
        ("guild", text(&company.discord_guild_id)),
        ("channel", text(&twins.discord_channel("access"))),
        ("api_url", text(&twins.discord.url())),
    ]);
    let (issuer, client_id) =
        twins.okta.control().at_the_desk(|desk| (desk.issuer.clone(), desk.client_id.clone()));
    let sign_in = table(&[("issuer", text(&issuer)), ("client_id", text(&client_id))]);
    document(&[("slack", slack), ("discord", discord), ("sign_in", sign_in)])
}

/// Okta and the emergency federation in it, as the company has them.
fn emergency_access(company: &Company, twins: &Twins) -> toml::Table {
    // Groups of Okta that can be asked for, beside those of IAM Identity Center.
    let groups = vec![text("oncall-okta")];
    let okta = table(&[
        ("url", text(&twins.okta.url())),
        ("token", text("env:OKTA_TOKEN")),
        ("groups", groups.into()),
    ]);
    let discord_channel = twins.discord_channel("incidents");
    let federations =
        company.okta.apps.iter().map(|app| ("main", federation(company, app, &discord_channel)));
    let federations: Vec<(&str, toml::Value)> = federations.take(1).collect();
    document(&[("okta", okta), ("breakglass", table(&federations))])
}

fn federation(company: &Company, app: &OktaApp, discord_channel: &str) -> toml::Value {
    let levels = || ["ro", "ops"].into_iter().zip(&app.groups);
    let ids: Vec<(&str, toml::Value)> = levels().map(|(level, id)| (level, text(id))).collect();
    let name_of = |id: &String| company.okta.groups.iter().find(|group| group.id == *id);
    let names: Vec<(&str, toml::Value)> =
        levels().filter_map(|(level, id)| Some((level, text(&name_of(id)?.name)))).collect();
    table(&[
        ("app", text(&app.id)),
        ("groups", table(&ids)),
        ("group_names", table(&names)),
        ("app_link", text(&format!("https://acme.okta.com/home/amazon_aws/{}/272", app.id))),
        ("max_duration", text("4h")),
        ("channel", text("C0INCIDENT")),
        ("discord_channel", text(discord_channel)),
        ("session", text("1h")),
    ])
}

fn document(pairs: &[(&str, toml::Value)]) -> toml::Table {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn table(pairs: &[(&str, toml::Value)]) -> toml::Value {
    toml::Value::Table(document(pairs))
}

fn text(text: &str) -> toml::Value {
    toml::Value::from(text)
}
