//! The demo with small programs in the place of the bot: what it hands over, and what it says when one dies.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use super::{DemoError, DemoOptions, bot, start, with_bot};

/// A program that stands in for the bot.
fn program(folder: &tempfile::TempDir, script: &str) -> PathBuf {
    let path = folder.path().join("glasskey");
    let mut file = std::fs::File::create(&path).expect("a file");
    write!(file, "#!/bin/sh\n{script}\n").expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    path
}

fn options(bot: PathBuf) -> DemoOptions {
    DemoOptions { port: Some(0), bot: Some(bot), log: "info".into(), ..DemoOptions::default() }
}

#[tokio::test]
async fn a_bot_that_dies_at_once_is_told_with_its_last_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(program(&folder, "echo 'store is locked by another process' >&2; exit 3"));
    let running = start(&options).await.expect("twins");
    let error = with_bot(&options, &running).await.expect_err("it died");
    let DemoError::Bot { what, lines } = &error else { panic!("{error}") };
    assert!(what.contains("before it was ready") && what.contains('3'), "{what}");
    assert!(lines.iter().any(|l| l.contains("locked by another")), "{lines:?}");
}

#[tokio::test]
async fn a_bot_that_is_not_there_is_told_with_what_to_do() {
    let options = options("/nowhere/glasskey".into());
    let running = start(&options).await.expect("twins");
    let error = with_bot(&options, &running).await.expect_err("none").to_string();
    assert!(error.contains("/nowhere/glasskey") && error.contains("--bot PATH"), "{error}");
}

#[tokio::test]
async fn the_bot_gets_a_configuration_and_no_credentials_of_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(program(&folder, "env | cut -d= -f1 | sort | tr '\\n' ' '; cat \"$3\"; exit 1"));
    let running = start(&options).await.expect("twins");
    with_bot(&options, &running).await.expect_err("it ended");
    let said = running.feed.last_lines(100).join("\n");
    assert!(
        said.contains(
            "AWS_ACCESS_KEY_ID AWS_EC2_METADATA_DISABLED AWS_SECRET_ACCESS_KEY DISCORD_TOKEN OKTA_TOKEN PATH"
        ),
        "{said}"
    );
    assert!(!said.contains("HOME") && !said.contains("xoxb-"), "{said}");
    let config: toml::Table = {
        let (_, rest) = said.split_once("[admin]").expect("a configuration");
        toml::from_str(&format!("[admin]{rest}")).expect("TOML")
    };
    assert_eq!(config["slack"]["bot_token"].as_str(), Some("env:SLACK_BOT_TOKEN"));
    assert_eq!(config["discord"]["token"].as_str(), Some("env:DISCORD_TOKEN"));
    assert_eq!(config["discord"]["api_url"].as_str(), Some(running.twins.discord.url().as_str()));
    assert_eq!(config["sign_in"]["issuer"].as_str(), Some(running.twins.okta.url().as_str()));
    let main = &config["breakglass"]["main"];
    assert_eq!(config["okta"]["url"].as_str(), Some(running.twins.okta.url().as_str()));
    assert_eq!(config["okta"]["token"].as_str(), Some("env:OKTA_TOKEN"));
    assert_eq!(
        (main["groups"]["ro"].as_str(), main["groups"]["ops"].as_str()),
        (Some("00gro"), Some("00gops"))
    );
    assert_eq!(main["group_names"]["ops"].as_str(), Some("aws#EmergencyAccess_Role1_Ops#222222222222"));
    assert_eq!(config["aws"]["endpoint_url"].as_str(), Some(running.twins.aws.url().as_str()));
}

#[tokio::test]
async fn a_bot_is_asked_to_stop_before_it_is_made_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let polite =
        options(program(&folder, "trap 'echo drained; exit 0' TERM; echo up; while :; do sleep 0.02; done"));
    let running = start(&polite).await.expect("twins");
    let child = bot::start(&polite, &running.folder, &running.twins, &running.feed).expect("started");
    let mut lines = running.feed.lines();
    while running.feed.last_lines(1) != ["up"] {
        lines.changed().await.expect("the feed lives");
    }
    bot::stop(child, Duration::from_secs(10)).await.expect("a clean end");
    bot::drained(&running.feed).await;
    assert_eq!(running.feed.last_lines(1), ["drained"]);
    let folder = tempfile::tempdir().expect("a folder");
    let deaf = options(program(&folder, "trap '' TERM; echo deaf; while :; do sleep 0.02; done"));
    let child = bot::start(&deaf, &running.folder, &running.twins, &running.feed).expect("started");
    while running.feed.last_lines(1) != ["deaf"] {
        lines.changed().await.expect("the feed lives");
    }
    let error = bot::stop(child, Duration::from_millis(100)).await.expect_err("it is deaf");
    assert!(error.to_string().contains("was killed"), "{error}");
}
