//! The page over HTTP: it answers on loopback only, acts as the person it is told, and shows each what is theirs.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::{EventFeed, Hands, Page, PageParts, Panel};
use crate::aws::{AwsOptions, AwsTwin};
use crate::company::Company;
use crate::discord::{DiscordOptions, DiscordTwin};
use crate::okta::{OktaOptions, OktaTwin};
use crate::slack::{SlackOptions, SlackTwin};

async fn page() -> (Page, SlackTwin, watch::Sender<u64>) {
    let World { page, slack, moves, .. } = world().await;
    (page, slack, moves)
}

struct World {
    page: Page,
    slack: SlackTwin,
    discord: DiscordTwin,
    aws: AwsTwin,
    okta: OktaTwin,
    moves: watch::Sender<u64>,
}

/// The page with everything behind it; AWS's panel moves when it is told to, Okta's with Okta.
async fn world() -> World {
    let company = Company::acme();
    let options = SlackOptions::default();
    let channels = options.channels.clone();
    let slack = SlackTwin::start(&company, options).await.expect("a free port");
    let discord = DiscordTwin::start(&company, DiscordOptions::default()).await.expect("a free port");
    let aws = AwsTwin::start(&company, AwsOptions::quick()).await.expect("a free port");
    let okta = OktaTwin::start(&company, OktaOptions::default()).await.expect("a free port");
    let (moves, changes) = watch::channel(0);
    let seen = okta.control();
    let parts = PageParts {
        company,
        slack: slack.clone(),
        discord: discord.clone(),
        channels,
        aws: Panel::new(changes, || json!({ "accounts": [], "operations": [] })),
        okta: Panel::new(seen.subscribe(), move || seen.snapshot_json()),
        hands: Hands { aws: aws.control(), okta: okta.control() },
        feed: EventFeed::default(),
        examples: vec!["/elevate help".into()],
        discord_examples: vec!["/elevate list".into()],
    };
    let page = Page::start(parts, 0).await.expect("a free port");
    World { page, slack, discord, aws, okta, moves }
}

/// Sends a request with these headers; returns the status line, the head and the body.
async fn ask(page: &Page, request: &str, host: Option<&str>, body: &str) -> (u16, String, String) {
    let address = page.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let host = host.unwrap_or(&address).to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("the page listens");
    let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
    let text = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("status");
    (status, head.to_lowercase(), body.to_owned())
}

async fn state(page: &Page, who: &str) -> Value {
    let (status, _, body) = ask(page, &format!("GET /ui/state?as={who}"), None, "").await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("JSON")
}

#[tokio::test]
async fn every_file_the_page_names_is_there_and_none_is_from_elsewhere() {
    let (page, _slack, _aws) = page().await;
    let (_, head, index) = ask(&page, "GET /", None, "").await;
    assert!(head.contains("default-src 'none'"), "{head}");
    let scripts = [
        "app",
        "aws",
        "blocks",
        "chat",
        "combobox",
        "discord",
        "discord-composer",
        "discord-message",
        "discord-modal",
        "dom",
        "emergency",
        "home",
        "journal",
        "log",
        "markdown",
        "modal",
        "mrkdwn",
        "okta",
        "platforms",
    ]
    .map(|s| format!("/{s}.js"));
    for name in scripts.iter().map(String::as_str).chain(["/style.css", "/discord.css", "/icon.svg"]) {
        let (status, _, content) = ask(&page, &format!("GET {name}"), None, "").await;
        assert_eq!(status, 200, "{name}");
        let outside =
            ["import \"http", "from \"http", "url(http", "@import"].iter().any(|o| content.contains(o));
        assert!(!outside && !content.contains("innerHTML"), "{name}");
        for other in content.lines().filter_map(|l| l.split("from \"./").nth(1)) {
            let other = other.trim_end_matches([';', '"']);
            assert!(scripts.iter().any(|s| s == &format!("/{other}")), "{name} imports {other}");
        }
    }
    assert!(index.contains("/app.js") && index.contains("/style.css"));
}

#[tokio::test]
async fn a_foreign_name_or_a_foreign_form_gets_nothing() {
    let (page, slack, _aws) = page().await;
    let (status, _, _) = ask(&page, "GET /ui/state?as=ana", Some("evil.example:8484"), "").await;
    assert_eq!(status, 403);
    let form = r#"as=ana&channel=C0ACCESS&line=/elevate+list"#;
    let (status, _, _) = ask(&page, "POST /ui/slash", None, form).await;
    assert_eq!(status, 415, "a plain form of another site cannot act");
    assert!(slack.typed("ana").is_empty());
}

#[tokio::test]
async fn what_ana_types_only_ana_sees_and_what_she_says_everybody_sees() {
    let (page, slack, _aws) = page().await;
    for line in ["/elevate list", "hello <b>there</b>"] {
        let act = json!({ "as": "U0ANA", "channel": "C0ACCESS", "line": line }).to_string();
        assert_eq!(ask(&page, "POST /ui/slash", None, &act).await.0, 200);
    }
    let kinds = |state: &Value| -> Vec<String> {
        let items = state["slack"]["timeline"].as_array().expect("items");
        items.iter().map(|i| i["kind"].as_str().expect("kind").to_owned()).collect()
    };
    // Nobody is connected as the bot, so Slack itself tells Ana that her command failed.
    assert_eq!(kinds(&state(&page, "ana").await), ["typed", "ephemeral", "message"]);
    assert_eq!(kinds(&state(&page, "bo").await), ["message"]);
    assert_eq!(slack.messages("access")[0].text, "hello &lt;b&gt;there&lt;/b&gt;");
}

#[tokio::test]
async fn what_is_said_in_discord_everybody_sees_there_and_a_command_only_who_types_it() {
    let World { page, discord, .. } = world().await;
    let said = json!({ "as": "ana", "channel": "access", "text": "hello <@&1>" }).to_string();
    assert_eq!(ask(&page, "POST /ui/discord/say", None, &said).await.0, 200);
    let typed =
        json!({ "as": "ana", "channel": "access", "command": "elevate list", "values": {} }).to_string();
    let (_, _, told) = ask(&page, "POST /ui/discord/slash", None, &typed).await;
    // No bot has registered anything.
    assert!(told.contains("no_such_command"), "{told}");
    for (who, handle) in [("bo", "bo"), ("U0ANA", "ana")] {
        let state = state(&page, who).await;
        assert_eq!(state["discord"]["me"]["handle"], handle);
        assert_eq!(state["discord"]["timeline"][0]["message"]["content"], "hello <@&1>");
        assert_eq!(state["discord"]["examples"], json!(["/elevate list"]));
        assert_eq!(state["discord_violations"], json!([]));
    }
    assert_eq!(discord.messages("access").len(), 1);
}

#[tokio::test]
async fn clicks_and_forms_of_discord_go_to_what_the_person_has_before_them() {
    let (page, _slack, _moves) = page().await;
    for (what, body, failure) in [
        ("click", json!({ "as": "bo", "channel": "access", "message": "1", "what": "x" }), "no_such_message"),
        (
            "click",
            json!({ "as": "bo", "channel": "access", "message": "1", "what": "x", "chosen": ["a"] }),
            "no_such_message",
        ),
        ("submit", json!({ "as": "bo", "values": {} }), "no_open_modal"),
        ("close", json!({ "as": "bo" }), "no_open_modal"),
        (
            "suggest",
            json!({ "as": "bo", "channel": "access", "command": "x", "values": {}, "focused": "y" }),
            "no_such_command: x (there are: )",
        ),
        ("say", json!({ "as": "bo", "channel": "nowhere", "text": "x" }), "no_such_channel"),
    ] {
        let (status, _, told) =
            ask(&page, &format!("POST /ui/discord/{what}"), None, &body.to_string()).await;
        let told: Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!((status, &told["failure"]), (200, &json!(failure)), "{what}");
        let (status, _, _) = ask(&page, &format!("POST /ui/discord/{what}"), None, "as=bo").await;
        assert_eq!(status, 415, "{what}: a plain form of another site cannot act");
    }
}

#[tokio::test]
async fn forms_and_the_home_tab_of_slack_go_to_what_the_person_has_before_them() {
    let (page, slack, _moves) = page().await;
    assert_eq!(state(&page, "ana").await["slack"]["home"], Value::Null);
    let tab = json!({ "tab": "home" });
    for (what, body, failure) in [
        // Nobody is connected as the bot.
        ("home", json!({ "as": "ana" }), json!("dispatch_failed")),
        ("click", json!({ "as": "ana", "place": tab, "action_id": "end" }), json!("no_home_yet")),
        (
            "suggest",
            json!({ "as": "ana", "place": tab, "action_id": "x", "query": "p" }),
            json!("no_home_yet"),
        ),
        (
            "suggest",
            json!({ "as": "ana", "place": { "view": "V01" }, "action_id": "x", "query": "p" }),
            json!("no_such_view"),
        ),
        // The form is gone, and with it whatever its fields had to say.
        ("fill", json!({ "as": "ana", "view": "V01", "field": "x", "chosen": "y" }), Value::Null),
    ] {
        let (status, _, told) = ask(&page, &format!("POST /ui/{what}"), None, &body.to_string()).await;
        let told: Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!((status, &told["failure"]), (200, &failure), "{what}");
        assert_eq!(ask(&page, &format!("POST /ui/{what}"), None, "as=ana").await.0, 415, "{what}");
    }
    assert_eq!(slack.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_visitor_takes_identity_center_down_and_brings_it_back() {
    let World { page, aws, .. } = world().await;
    let down = || aws.control().snapshot_json()["down"].clone();
    assert_eq!(down(), false);
    // Twice is once: bringing it back must not leave half an outage.
    for _ in 0..2 {
        assert_eq!(happen(&page, json!({ "what": "center-goes-down" })).await, Value::Null);
    }
    assert_eq!(down(), true);
    assert_eq!(happen(&page, json!({ "what": "center-comes-back" })).await, Value::Null);
    assert_eq!(down(), false);
}

#[tokio::test]
async fn a_visitor_changes_okta_behind_the_bots_back() {
    let World { page, okta, .. } = world().await;
    let okta = okta.control();
    let added = |user: &str| json!({ "what": "added-by-hand", "user": user, "group": "00gro" });
    assert_eq!(happen(&page, added("cy")).await, Value::Null);
    assert!(okta.has_member("00gro", "cy"));
    assert_eq!(happen(&page, added("cy")).await, "nothing changed by it");
    assert_eq!(happen(&page, added("mallory")).await, "nothing changed by it");
    for (what, read_only) in [("okta-goes-read-only", true), ("okta-takes-changes", false)] {
        assert_eq!(happen(&page, json!({ "what": what })).await, Value::Null);
        assert_eq!(state(&page, "ana").await["okta"]["read_only"], read_only);
    }
}

#[tokio::test]
async fn a_visitor_changes_aws_behind_the_bots_back() {
    let World { page, aws, .. } = world().await;
    let aws = aws.control();
    let assigned = |user: &str| json!({ "what": "assigned-by-hand", "user": user, "account": "data-prod", "permission_set": "Admin" });
    assert_eq!(happen(&page, assigned("bo")).await, Value::Null);
    assert!(aws.has("bo", "data-prod", "Admin"));
    assert_eq!(happen(&page, assigned("mallory")).await, "nothing changed by it");
    for change in [
        json!({ "what": "user-left", "user": "ana", "group": "payments-engineers" }),
        json!({ "what": "user-disabled", "user": "ana" }),
    ] {
        assert_eq!(happen(&page, change.clone()).await, Value::Null, "{change}");
        assert_eq!(happen(&page, change.clone()).await, "nothing changed by it", "{change}");
    }
    assert!(!aws.is_in_group("ana", "payments-engineers"));
}

#[tokio::test]
async fn what_cannot_happen_is_refused() {
    let (page, _slack, _moves) = page().await;
    for body in [r#"{"what":"app-activated"}"#, r#"{"what":"added-by-hand","user":"cy"}"#] {
        assert_eq!(ask(&page, "POST /ui/happen", None, body).await.0, 422, "{body}");
    }
    assert_eq!(ask(&page, "POST /ui/happen", None, "what=center-goes-down").await.0, 415);
}

/// Lets something happen; returns why not, if it did not.
async fn happen(page: &Page, what: Value) -> Value {
    let (status, _, body) = ask(page, "POST /ui/happen", None, &what.to_string()).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str::<Value>(&body).expect("JSON")["failure"].clone()
}

#[tokio::test]
async fn nobody_is_nobody() {
    let (page, _slack, _aws) = page().await;
    assert_eq!(ask(&page, "GET /ui/state?as=mallory", None, "").await.0, 404);
}

#[tokio::test]
async fn the_stream_tells_everything_at_first_and_then_what_changed() {
    let (page, slack, aws) = page().await;
    let address = page.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("listens");
    let request = format!("GET /ui/stream?as=ana HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut seen = String::new();
    read_until(&mut stream, &mut seen, |s| {
        ["slack", "aws", "okta", "bot"].iter().all(|e| s.contains(&format!("event: {e}\n")))
    })
    .await;
    slack.say("bo", "access", "good morning");
    read_until(&mut stream, &mut seen, |s| s.contains("good morning")).await;
    let before = seen.matches("event: aws\n").count();
    aws.send_modify(|n| *n += 1);
    read_until(&mut stream, &mut seen, |s| s.matches("event: aws\n").count() > before).await;
}

async fn read_until(stream: &mut TcpStream, seen: &mut String, enough: impl Fn(&str) -> bool) {
    let mut buffer = [0_u8; 4096];
    while !enough(seen) {
        let read = tokio::time::timeout(std::time::Duration::from_secs(5), stream.read(&mut buffer));
        let count = read.await.unwrap_or_else(|_| panic!("not told: {seen}")).expect("open");
        assert!(count > 0, "the stream ended: {seen}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}
