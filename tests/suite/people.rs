//! Whose the chat accounts are, on the host: `glasskey people`, by the running bot.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use glasskey::chat::host::desk::Desk;
use glasskey::chat::host::{HostHandler as _, HostRequest, HostResponse, LocalUser};
use glasskey::cli::arguments::{Arguments, Command as Typed, PeopleCommand};
use glasskey_domain::Platform;
use glasskey_playground::aws::{AwsOptions, AwsTwin};
use glasskey_playground::company::Company;
use glasskey_playground::discord::{DiscordOptions, DiscordTwin};
use glasskey_playground::okta::{OktaOptions, OktaTwin};
use glasskey_playground::slack::{SlackOptions, SlackTwin};
use tokio::process::Command;

use crate::town::Town;

const GUILD: &str = "1290000000000000001";
const ANAS: &str = "1290000000000001001";
const OTHER: &str = "1290000000000001009";
/// A debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The desk of this town: root is Cy, whose team administers; bo is Bo; nobody else has a line.
fn desk(town: &Town) -> Desk {
    let people = [("root", "cy@acme.example"), ("bo", "bo@acme.example"), ("old", "old@acme.example")];
    let people = people.map(|(user, email)| (user.to_owned(), email.to_owned()));
    Desk::new(town.engine().clone(), BTreeMap::new(), BTreeMap::from(people)).in_guild(Some(GUILD.to_owned()))
}

fn asks(town: &Town, desk: &Desk, user: &str, request: HostRequest) -> HostResponse {
    let user = LocalUser { uid: 1000, name: user.to_owned() };
    town.block("an answer of the desk", desk.handle(user, request))
}

fn link(person: &str, user: &str) -> HostRequest {
    HostRequest::PeopleLink { person: person.to_owned(), user: user.to_owned() }
}

fn unlink(on: Platform, user: &str) -> HostRequest {
    HostRequest::PeopleUnlink { on, user: user.to_owned() }
}

#[test]
fn an_administrator_links_and_unlinks_and_it_outlives_the_bot() {
    let mut town = Town::on(Platform::Slack);
    let all = asks(&town, &desk(&town), "root", HostRequest::People);
    assert_eq!(
        (all.lines, all.json),
        (vec!["no chat account is taken for anybody yet".to_owned()], serde_json::json!([]))
    );
    let done = asks(&town, &desk(&town), "root", link("Ana@acme.example", ANAS));
    assert!(!done.refused && done.lines[0].contains("linked to Ana Ferreira now"), "{done:?}");
    town.settle();
    assert!(town.told("ana").iter().any(|told| told.contains("A Discord account was linked to you")));
    town.restart();
    let all = asks(&town, &desk(&town), "nobody", HostRequest::People);
    let line = &all.lines[0];
    for part in [ANAS, GUILD, "Ana Ferreira", "ana@acme.example", "since 20", "by an administrator"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert_eq!(all.json[0]["account"]["user"], ANAS);
    assert_eq!(
        (&all.json[0]["email"], &all.json[0]["known"]["proof"]),
        (&"ana@acme.example".into(), &"administrator".into())
    );
    let done = asks(&town, &desk(&town), "root", unlink(Platform::Discord, ANAS));
    assert!(!done.refused, "{done:?}");
    assert_eq!(asks(&town, &desk(&town), "root", HostRequest::People).json, serde_json::json!([]));
    let again = asks(&town, &desk(&town), "root", unlink(Platform::Discord, ANAS));
    assert!(again.refused && again.lines[0].contains("linked to nobody"), "{again:?}");
}

#[test]
fn who_is_no_administrator_links_nobody_and_it_is_written_down() {
    let town = Town::on(Platform::Slack);
    let desk = desk(&town);
    for (user, code) in [
        ("bo", "(not-an-administrator)"),
        ("nobody", "(local-user-unknown)"),
        ("old", "(local-user-unknown)"),
    ] {
        let no = asks(&town, &desk, user, link("ana", ANAS));
        assert!(no.refused && no.lines[0].contains(code), "{user}: {no:?}");
    }
    asks(&town, &desk, "root", link("ana", ANAS));
    for user in ["bo", "nobody"] {
        let no = asks(&town, &desk, user, unlink(Platform::Discord, ANAS));
        assert!(no.refused, "{user}: {no:?}");
    }
    assert_eq!(town.journal().matches("not-an-administrator").count(), 2, "P7");
    assert!(asks(&town, &desk, "root", HostRequest::People).json[0]["person"].is_string());
}

#[test]
fn who_has_an_account_lets_it_go_on_the_host_too() {
    let town = Town::on(Platform::Slack);
    let desk = desk(&town);
    asks(&town, &desk, "root", link("bo", OTHER));
    assert!(!asks(&town, &desk, "bo", unlink(Platform::Discord, OTHER)).refused);
}

#[test]
fn what_is_no_person_or_no_account_is_refused_with_the_way_out_and_written_down() {
    let town = Town::on(Platform::Slack);
    let desk = desk(&town);
    asks(&town, &desk, "root", link("ana", ANAS));
    for (request, words) in [
        (link("Ana Ferreira", OTHER), "`Ana Ferreira`"),
        (link("anna@acme.example", OTHER), "did you mean `ana@acme.example`?"),
        (link("bo", "@bo"), "`@bo` is not the id of a Discord user"),
        (link("bo", "<@1290000000000001002>"), "Copy User ID"),
        (link("bo", "12900000000001"), "is not the id of a Discord user"),
        (link("bo", "99999999999999999999"), "is not the id of a Discord user"),
        (link("bo", "01290000000000001002"), "is not the id of a Discord user"),
        (link("bo", ""), "is not the id of a Discord user"),
        (link("bo", ANAS), "is linked to Ana Ferreira already"),
        (link("ana", OTHER), "has another account here already"),
        (link("ghost@acme.example", OTHER), "`ghost@acme.example`"),
        (unlink(Platform::Slack, "U0NOBODY"), "linked to nobody"),
    ] {
        let before = town.journal().len();
        let no = asks(&town, &desk, "root", request.clone());
        assert!(no.refused && no.lines[0].contains(words), "{request:?}: {no:?}");
        assert!(town.journal().len() > before, "{request:?}");
    }
    let long = asks(&town, &desk, "root", link(&"a".repeat(60_000), OTHER));
    assert!(long.refused && long.lines[0].len() < 2_000, "what is written down has its limit");
    let nowhere = Desk::new(town.engine().clone(), BTreeMap::new(), BTreeMap::new());
    let no = asks(&town, &nowhere, "root", link("ana", ANAS));
    assert!(no.lines[0].contains("serves no Discord"), "{no:?}");
}

/// Slack says itself whose an account is; an administrator can only make the bot look anew.
#[test]
fn an_account_of_slack_is_listed_with_its_address_and_forgotten_on_demand() {
    let town = Town::on(Platform::Slack);
    let desk = desk(&town);
    town.bo().says("/elevate list");
    let all = asks(&town, &desk, "root", HostRequest::People);
    assert!(
        all.lines[0].contains("slack:T0ACME:U0BO")
            && all.lines[0].contains("by the address `bo@acme.example`")
    );
    assert!(!asks(&town, &desk, "root", unlink(Platform::Slack, "U0BO")).refused);
    assert_eq!(asks(&town, &desk, "root", HostRequest::People).json, serde_json::json!([]));
    town.bo().says("/elevate list");
    assert_eq!(asks(&town, &desk, "root", HostRequest::People).lines.len(), 1, "found by its address again");
}

/// An account that is somebody's in two places, since the guild was changed, is nobody's anywhere afterwards.
#[test]
fn an_account_is_forgotten_in_all_places_at_once() {
    let town = Town::on(Platform::Slack);
    let other = Desk::new(
        town.engine().clone(),
        BTreeMap::new(),
        BTreeMap::from([("root".to_owned(), "cy@acme.example".to_owned())]),
    );
    let other = other.in_guild(Some("1290000000000000002".to_owned()));
    asks(&town, &desk(&town), "root", link("ana", ANAS));
    asks(&town, &other, "root", link("ana", ANAS));
    assert_eq!(asks(&town, &other, "root", HostRequest::People).lines.len(), 2);
    let done = asks(&town, &other, "root", unlink(Platform::Discord, ANAS));
    assert!(!done.refused && done.lines.len() == 2, "{done:?}");
    assert_eq!(asks(&town, &other, "root", HostRequest::People).json, serde_json::json!([]));
}

async fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = command(folder, arguments).output();
    tokio::time::timeout(PATIENCE, output).await.expect("it ends").unwrap()
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glasskey"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .kill_on_drop(true);
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_command_line_takes_one_account_and_says_what_is_missing() {
    let parse = |words: &[&str]| {
        let all = [&["glasskey", "people"], words].concat();
        match <Arguments as clap::Parser>::try_parse_from(all).ok()?.command {
            Typed::People(command) => Some(command),
            _ => None,
        }
    };
    assert!(matches!(parse(&["list"]), Some(PeopleCommand::List)));
    assert!(matches!(parse(&["link", "ana", "--discord", "1"]), Some(PeopleCommand::Link { .. })));
    for wrong in [
        &["link", "ana"] as &[&str],
        &["link", "--discord", "1"],
        &["link", "ana", "--slack", "U0ANA"],
        &["unlink"],
        &["unlink", "ana"],
        &["unlink", "--discord", "1", "--slack", "U0ANA"],
        &[],
    ] {
        assert!(parse(wrong).is_none(), "{wrong:?}");
    }
}

/// What `check` warns of in `sign_in.step_up`.
fn step_up_slips(checked: &Output) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    let all = json["checks"].as_array().unwrap().iter();
    let slips = all.filter(|check| check["name"] == "sign_in.step_up" && check["outcome"] == "warn");
    slips.map(|check| check["found"].as_str().unwrap().to_owned()).collect()
}

/// The whole way: the command as a process, the socket, and the bot as another.
#[tokio::test]
async fn the_running_bot_answers_glasskey_people() {
    let company = Company::acme();
    let slack = SlackTwin::start(&company, SlackOptions::default()).await.unwrap();
    let aws = AwsTwin::start(&company, AwsOptions::quick()).await.unwrap();
    let discord = DiscordTwin::start(&company, DiscordOptions::default()).await.unwrap();
    let okta = OktaTwin::start(&company, OktaOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::effective()).unwrap().unwrap().name;
    let config = format!(
        "[store]\npath = \"store\"\n[slack]\napp_token = \"env:APP\"\nbot_token = \"env:BOT\"\nteam = \"T0ACME\"\n\
         channel = \"C0ACCESS\"\napi_url = \"{}\"\n[discord]\ntoken = \"env:DISCORD\"\nguild = \"{GUILD}\"\n\
         channel = \"1290000000000000101\"\napi_url = \"{}\"\n[aws]\nregion = \"eu-west-1\"\nendpoint_url = \"{}\"\n\
         [sign_in]\nissuer = \"{}\"\nclient_id = \"glasskey-sign-in\"\n\
         step_up = [\"approve:prod\", \"approve:prodd\", \"request:pay\"]\n[aliases.accounts]\npay = \"333333333333\"\n\
         [policy]\ndir = \"policies\"\n[admin]\nsocket = \"{}\"\nmetrics = \"127.0.0.1:0\"\n\
         [admin.people]\n{me} = \"cy@acme.example\"\n",
        slack.url(),
        discord.url(),
        aws.url(),
        okta.url(),
        folder.path().join("s.sock").display(),
    );
    std::fs::write(folder.path().join("glasskey.toml"), config).unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    std::fs::write(folder.path().join("policies/acme.cedar"), crate::town::ACME).unwrap();
    let nobody = run(folder.path(), &["people", "list"]).await;
    assert_eq!(nobody.status.code(), Some(3), "{}", text(&nobody));
    let with_secrets = |arguments: &[&str]| {
        let mut command = command(folder.path(), arguments);
        command.env("APP", slack.app_token()).env("BOT", slack.bot_token());
        command.env("DISCORD", DiscordOptions::default().bot_token);
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        command
    };
    let mut bot = with_secrets(&["run"]);
    let mut bot = bot.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();

    // It listens to Slack once it answers on the socket; what it knows of the company may come later.
    slack.wait_for(PATIENCE, |slack| (slack.sockets() > 0).then_some(())).await.unwrap();
    let link = &["people", "link", "ana@acme.example", "--discord", ANAS];
    let linked = tokio::time::timeout(PATIENCE, async {
        loop {
            let output = run(folder.path(), link).await;
            if !text(&output).contains("has not read") {
                break output;
            }
            assert!(bot.try_wait().unwrap().is_none(), "the bot ended");
        }
    });
    let linked = linked.await.expect("the bot answers");
    assert_eq!(linked.status.code(), Some(0), "{}", text(&linked));
    assert!(text(&linked).contains("Ana Ferreira"), "{}", text(&linked));
    let refused = run(folder.path(), &["people", "link", "bo", "--discord", ANAS]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    let listed = run(folder.path(), &["--json", "people", "list"]).await;
    let json: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(
        (&json[0]["account"]["workspace"], &json[0]["account"]["user"]),
        (&GUILD.into(), &ANAS.into())
    );
    let unlinked = run(folder.path(), &["people", "unlink", "--discord", ANAS]).await;
    assert_eq!(unlinked.status.code(), Some(0), "{}", text(&unlinked));
    let listed = run(folder.path(), &["people", "list"]).await;
    assert!(text(&listed).contains("no chat account"), "{}", text(&listed));

    // A slip in what takes a fresh sign-in is found, now that the bot has read the company.
    let checked = tokio::time::timeout(PATIENCE, with_secrets(&["--json", "check"]).output());
    let slips = step_up_slips(&checked.await.expect("it ends").unwrap());
    assert!(matches!(slips.as_slice(), [slip] if slip.contains("`approve:prodd`")), "{slips:?}");
    bot.kill().await.unwrap();
}
