//! What `glasskey check` finds at Discord.

use glasskey_playground::discord::{DiscordOptions, DiscordTwin};

use super::*;

const TOKEN: &str = "planted.discord.token";

/// A company on Discord alone.
struct OnDiscord {
    folder: tempfile::TempDir,
    twin: DiscordTwin,
    _aws: AwsTwin,
}

impl OnDiscord {
    async fn new() -> Self {
        let (folder, company) = (sample().await, Company::acme());
        let options = DiscordOptions { bot_token: TOKEN.to_owned(), ..DiscordOptions::default() };
        let twin = DiscordTwin::start(&company, options).await.unwrap();
        let aws = AwsTwin::start(&company, AwsOptions::default()).await.unwrap();
        let config = format!(
            "[store]\npath = \"store\"\n[discord]\ntoken = \"env:DISCORD\"\nguild = \"{}\"\nchannel = \"1290000000000000101\"\n\
             api_url = \"{}\"\n[aws]\nregion = \"eu-west-1\"\nendpoint_url = \"{}\"\n[admin]\nsocket = \"{}\"\n",
            twin.guild_id(),
            twin.url(),
            aws.url(),
            folder.path().join("s.sock").display()
        );
        fs::write(folder.path().join("glasskey.toml"), config).unwrap();
        Self { folder, twin, _aws: aws }
    }

    fn configured(&self, from: &str, to: &str) {
        let file = self.folder.path().join("glasskey.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&file, text.replace(from, to)).unwrap();
    }

    /// Name, outcome and what was found, of what concerns Discord.
    async fn check(&self) -> (Option<i32>, Vec<(String, String, String)>) {
        let environment =
            [("DISCORD", TOKEN), ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let output = run(self.folder.path(), &["--json", "check"], &environment).await;
        assert!(!text(&output).contains(TOKEN), "{}", text(&output));
        let answer = json(&output);
        let word = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
        let checks = answer["checks"].as_array().unwrap().iter();
        let ours = checks.filter(|check| word(check, "name").starts_with("discord"));
        let ours = ours.map(|check| (word(check, "name"), word(check, "outcome"), word(check, "found")));
        (output.status.code(), ours.collect())
    }

    /// The one thing that fails.
    async fn failure(&self) -> (String, String) {
        let (code, checks) = self.check().await;
        assert_eq!(code, Some(1), "{checks:#?}");
        let mut failed = checks.iter().filter(|(_, outcome, _)| outcome == "fail");
        let (name, _, found) = failed.next().unwrap_or_else(|| panic!("{checks:#?}")).clone();
        assert!(failed.next().is_none(), "{checks:#?}");
        (name, found)
    }
}

#[tokio::test]
async fn check_finds_a_good_discord_side_good_and_changes_nothing_there() {
    let town = OnDiscord::new().await;
    let (code, checks) = town.check().await;
    assert_eq!(code, Some(0), "{checks:#?}");
    let names: Vec<&str> = checks.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "discord token",
            "discord app",
            "discord gateway",
            "discord server",
            "discord commands",
            "discord channel 1290000000000000101"
        ]
    );
    assert!(checks.iter().all(|(_, outcome, _)| outcome == "ok"), "{checks:#?}");
    assert!(town.twin.calls().iter().all(|call| call.method == "GET"));
    assert_eq!(town.twin.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn check_says_when_the_token_was_reset() {
    let town = OnDiscord::new().await;
    town.twin.reset_token();
    let (name, found) = town.failure().await;
    assert_eq!(name, "discord token");
    assert!(found.contains("token refused"), "{found}");
}

#[tokio::test]
async fn check_says_what_the_bot_may_not_do_in_its_channel() {
    let town = OnDiscord::new().await;
    assert!(town.twin.set_channel("access", |channel| channel.is_read_only = true));
    let (name, found) = town.failure().await;
    assert_eq!(name, "discord channel 1290000000000000101");
    assert!(found.contains("`Send Messages`") && found.contains("#access"), "{found}");
    assert!(town.twin.set_channel("access", |channel| channel.is_hidden = true));
    let (name, found) = town.failure().await;
    assert_eq!(name, "discord channel 1290000000000000101");
    assert!(found.contains("50001"), "{found}");
}

#[tokio::test]
async fn check_says_when_the_bot_is_not_in_the_server_or_the_id_is_wrong() {
    let town = OnDiscord::new().await;
    town.configured(&town.twin.guild_id(), "1290000000000000009");
    let (name, found) = town.failure().await;
    assert_eq!(name, "discord server");
    assert!(found.contains("10004"), "{found}");
}

#[tokio::test]
async fn check_says_when_nothing_answers_at_discord() {
    let town = OnDiscord::new().await;
    town.configured(&town.twin.url(), "http://127.0.0.1:1");
    let (name, found) = town.failure().await;
    assert_eq!(name, "discord token");
    assert!(found.contains("unreachable"), "{found}");
}
