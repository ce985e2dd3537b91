//! The REST client against a Discord that answers by script: limits as its headers say them, lost replies, secrets, and
//! that nothing goes anywhere else.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use glasskey::chat::discord::rest::fault::{DiscordFault, FaultKind};
use glasskey::chat::discord::rest::limits::{GLOBAL_BACKGROUND_MAX, RETRY_AFTER_MAX};
use glasskey::chat::discord::rest::models::{Nonce, Posted};
use glasskey::chat::discord::rest::{DiscordRest, RestConfig, RestSetupFault, id};
use secrecy::SecretString;
use serde_json::{Value, json};
use serenity::builder::CreateMessage;
use serenity::model::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, UserId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

const TOKEN: &str = "bot-s3cr3t";
const INTERACTION_TOKEN: &str = "aW50-s3cr3t";
const C1: ChannelId = ChannelId::new(11);
const C2: ChannelId = ChannelId::new(12);
const GUILD: GuildId = GuildId::new(21);
const APP: ApplicationId = ApplicationId::new(31);
const AT: Posted = Posted { channel_id: C1, message_id: MessageId::new(41) };
/// Nothing in these tests takes as long unless it hangs.
const HANG: Duration = Duration::from_secs(20);

/// One call as Discord saw it.
#[derive(Clone, Debug)]
struct Call {
    line: String,
    body: Value,
    authorization: Option<String>,
    user_agent: String,
}

#[derive(Clone)]
enum Answer {
    Json(u16, Vec<(&'static str, &'static str)>, Value),
    Text(u16, Vec<(&'static str, &'static str)>, &'static str),
    Nothing(u16),
    Hangs,
}

fn ok(body: Value) -> Answer {
    Answer::Json(200, vec![], body)
}

fn error(status: u16, code: u64) -> Answer {
    Answer::Json(status, vec![], json!({"code": code, "message": "No."}))
}

fn too_many(scope: &'static str, retry_after: f64) -> Answer {
    let body = json!({"message": "slow", "retry_after": retry_after, "global": scope == "global"});
    Answer::Json(429, vec![("x-ratelimit-scope", scope)], body)
}

fn message() -> Value {
    json!({"id": "41", "channel_id": "11", "author": {"id": "9"}, "content": "s3cr3t-content"})
}

#[derive(Default)]
struct Script {
    /// Answers by `METHOD /path`, in order; the last one stays.
    answers: Mutex<BTreeMap<String, VecDeque<Answer>>>,
    calls: Mutex<Vec<Call>>,
    seen: watch::Sender<usize>,
}

/// A Discord that answers by script.
struct Discord {
    script: Arc<Script>,
    base: String,
}

impl Discord {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Script::default());
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { script, base }
    }

    fn will(&self, line: &str, answers: impl IntoIterator<Item = Answer>) {
        self.script.answers.lock().unwrap().insert(line.to_owned(), answers.into_iter().collect());
    }

    fn posts(&self, answers: impl IntoIterator<Item = Answer>) {
        self.will("POST /channels/11/messages", answers);
        self.will("POST /channels/12/messages", [ok(message())]);
    }

    fn calls(&self) -> Vec<Call> {
        self.script.calls.lock().unwrap().clone()
    }

    fn last(&self) -> Call {
        self.calls().last().unwrap().clone()
    }

    async fn seen(&self, calls: usize) {
        let mut seen = self.script.seen.subscribe();
        timeout(HANG, seen.wait_for(|seen| *seen >= calls)).await.expect("no call").unwrap();
    }

    fn client(&self) -> DiscordRest {
        client(&self.base, HANG).unwrap()
    }
}

fn client(url: &str, call_timeout: Duration) -> Result<DiscordRest, RestSetupFault> {
    let token = SecretString::from(TOKEN.to_owned());
    DiscordRest::new(RestConfig { call_timeout, ..RestConfig::new(url.parse().unwrap(), token) })
}

async fn answer(
    State(script): State<Arc<Script>>,
    verb: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().strip_prefix("/api/v10").expect("another version of the API").to_owned();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    script.calls.lock().unwrap().push(Call {
        line: format!("{verb} {path}{query}"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        authorization: header("authorization"),
        user_agent: header("user-agent").unwrap_or_default(),
    });
    script.seen.send_modify(|seen| *seen += 1);
    let answer = {
        let mut answers = script.answers.lock().unwrap();
        let line = format!("{verb} {path}");
        let queue = answers.get_mut(&line).unwrap_or_else(|| panic!("no script for {line}"));
        if queue.len() > 1 { queue.pop_front().unwrap() } else { queue.front().unwrap().clone() }
    };
    let with = |status: u16, headers: Vec<(&'static str, &'static str)>, body: Response| {
        let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
        for (name, value) in headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    };
    match answer {
        Answer::Json(status, headers, body) => with(status, headers, axum::Json(body).into_response()),
        Answer::Text(status, headers, text) => with(status, headers, text.into_response()),
        Answer::Nothing(status) => with(status, vec![], ().into_response()),
        Answer::Hangs => std::future::pending().await,
    }
}

fn token() -> SecretString {
    SecretString::from(INTERACTION_TOKEN.to_owned())
}

fn nonce() -> Nonce {
    Nonce::of("card:R-1")
}

async fn post(rest: &DiscordRest, channel: ChannelId) -> Result<Posted, DiscordFault> {
    rest.create_message(channel, &nonce(), &json!({"content": "hello"})).await
}

fn waits(fault: &DiscordFault) -> Duration {
    fault.retry_after().unwrap_or_else(|| panic!("no wait in {fault}"))
}

/// Scripts every call, makes it, and gives what Discord saw.
async fn every_call(discord: &Discord, rest: &DiscordRest) -> Vec<Call> {
    let command = json!([{"id": "51", "name": "elevate"}]);
    let guild = json!({"id": "21", "name": "Acme", "owner_id": "61"});
    let limit = json!({"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1});
    for (line, body) in [
        ("GET /gateway/bot", json!({"url": "wss://gw", "shards": 1, "session_start_limit": limit})),
        ("GET /applications/@me", json!({"id": "31", "name": "Glasskey", "bot": {"id": "9"}})),
        ("GET /guilds/21", guild),
        ("GET /guilds/21/channels", json!([{"id": "11", "type": 0, "guild_id": "21", "name": "ops"}])),
        ("GET /channels/11", json!({"id": "11", "type": 0, "name": "ops"})),
        ("GET /guilds/21/members/61", json!({"user": {"id": "61"}, "roles": ["71"], "nick": null})),
        ("POST /channels/11/messages", message()),
        ("PATCH /channels/11/messages/41", message()),
        ("GET /channels/11/messages", json!([message()])),
        ("POST /users/@me/channels", json!({"id": "81", "type": 1})),
        ("GET /applications/31/guilds/21/commands", command.clone()),
        ("PUT /applications/31/guilds/21/commands", command),
        (&format!("PATCH /webhooks/31/{INTERACTION_TOKEN}/messages/@original"), message()),
        (&format!("POST /webhooks/31/{INTERACTION_TOKEN}"), message()),
    ] {
        discord.will(line, [ok(body)]);
    }
    discord.will(&format!("POST /interactions/91/{INTERACTION_TOKEN}/callback"), [Answer::Nothing(204)]);
    discord.will("PUT /channels/11/messages/pins/41", [Answer::Nothing(204)]);
    discord.will("DELETE /channels/11/messages/pins/41", [Answer::Nothing(204)]);

    let hello = json!({"content": "@everyone", "allowed_mentions": {"parse": ["everyone"]}});
    assert_eq!(rest.gateway_bot().await.unwrap().session_start_limit.remaining, 999);
    assert_eq!(rest.application().await.unwrap().bot.unwrap().id, UserId::new(9));
    assert_eq!(rest.guild(GUILD).await.unwrap().name, "Acme");
    assert_eq!(rest.guild_channels(GUILD).await.unwrap()[0].guild_id, Some(GUILD));
    assert_eq!(rest.channel(C1).await.unwrap().kind, 0);
    assert_eq!(rest.member(GUILD, UserId::new(61)).await.unwrap().unwrap().roles.len(), 1);
    assert_eq!(rest.create_message(C1, &nonce(), &hello).await.unwrap(), AT);
    assert_eq!(rest.edit_message(AT, &hello).await.unwrap(), AT);
    assert_eq!(rest.messages_after(C1, MessageId::new(7), 255).await.unwrap()[0].at, AT);
    rest.pin(AT).await.unwrap();
    rest.unpin(AT).await.unwrap();
    assert_eq!(rest.open_dm(UserId::new(61)).await.unwrap(), ChannelId::new(81));
    assert_eq!(rest.guild_commands(APP, GUILD).await.unwrap().len(), 1);
    assert_eq!(rest.overwrite_guild_commands(APP, GUILD, &json!([])).await.unwrap().len(), 1);
    let callback = json!({"type": 4, "data": hello});
    rest.interaction_callback(InteractionId::new(91), &token(), &callback).await.unwrap();
    assert_eq!(rest.edit_original(APP, &token(), &hello).await.unwrap(), AT);
    assert_eq!(rest.followup(APP, &token(), &hello).await.unwrap(), AT);
    discord.calls()
}

/// libraries §3: serenity's own client went to discord.com while its limiter was on.
#[tokio::test]
async fn every_call_goes_to_the_configured_address_with_the_right_token_and_no_other() {
    let discord = Discord::start().await;
    let calls = every_call(&discord, &discord.client()).await;
    let lines: Vec<&str> = calls.iter().map(|call| call.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /gateway/bot",
            "GET /applications/@me",
            "GET /guilds/21",
            "GET /guilds/21/channels",
            "GET /channels/11",
            "GET /guilds/21/members/61",
            "POST /channels/11/messages",
            "PATCH /channels/11/messages/41",
            "GET /channels/11/messages?after=7&limit=100",
            "PUT /channels/11/messages/pins/41",
            "DELETE /channels/11/messages/pins/41",
            "POST /users/@me/channels",
            "GET /applications/31/guilds/21/commands",
            "PUT /applications/31/guilds/21/commands",
            "POST /interactions/91/aW50-s3cr3t/callback",
            "PATCH /webhooks/31/aW50-s3cr3t/messages/@original",
            "POST /webhooks/31/aW50-s3cr3t?wait=true",
        ]
    );
    for call in calls {
        let with_own_token = call.line.contains(INTERACTION_TOKEN);
        let expected = (!with_own_token).then(|| format!("Bot {TOKEN}"));
        assert_eq!(call.authorization, expected, "{}", call.line);
        assert!(call.user_agent.starts_with("DiscordBot ("), "{}", call.user_agent);
    }
}

/// P10
#[tokio::test]
async fn whatever_a_message_says_it_mentions_nobody() {
    let discord = Discord::start().await;
    let mut messages = 0;
    for call in every_call(&discord, &discord.client()).await {
        let body = if call.line.ends_with("/callback") { &call.body["data"] } else { &call.body };
        if body.get("content").is_some() {
            messages += 1;
            assert_eq!(body["allowed_mentions"], json!({"parse": []}), "{}", call.line);
        }
    }
    assert_eq!(messages, 5);
    let rest = discord.client();
    for kind in [5, 6, 8, 9] {
        let callback = json!({"type": kind, "data": {"title": "Why?"}});
        rest.interaction_callback(InteractionId::new(91), &token(), &callback).await.unwrap();
        assert_eq!(discord.last().body, callback, "what is no message has no such field");
    }
}

#[tokio::test]
async fn a_message_made_with_serenitys_builder_is_sent_under_a_nonce() {
    let discord = Discord::start().await;
    discord.posts([ok(message())]);
    let built = CreateMessage::new().content("hello");
    discord.client().create_message(C1, &nonce(), &built).await.unwrap();
    let body = discord.last().body;
    assert_eq!((&body["content"], &body["enforce_nonce"]), (&json!("hello"), &json!(true)));
    assert_eq!(body["nonce"], json!(nonce().as_str()));
    assert_eq!(nonce().as_str().len(), 25);
}

#[tokio::test]
async fn messages_are_read_oldest_first_and_with_components_that_nobody_knows_yet() {
    let discord = Discord::start().await;
    let newer = json!({"id": "43", "channel_id": "11", "author": {"id": "9"}, "components": [{"type": 99}]});
    discord.will("GET /channels/11/messages", [ok(json!([newer, message()]))]);
    let messages = discord.client().messages_after(C1, MessageId::new(1), 10).await.unwrap();
    let ids: Vec<u64> = messages.iter().map(|message| message.at.message_id.get()).collect();
    assert_eq!(ids, [41, 43]);
    assert_eq!(messages[1].components, [json!({"type": 99})]);
}

#[tokio::test]
async fn somebody_who_is_no_member_is_an_answer_and_an_unknown_guild_is_a_fault() {
    let discord = Discord::start().await;
    let codes = [10_007, 10_013, 10_004].map(|code| error(404, code));
    discord.will("GET /guilds/21/members/61", codes);
    let rest = discord.client();
    let user = id("61").unwrap();
    assert_eq!(rest.member(GUILD, user).await, Ok(None));
    assert_eq!(rest.member(GUILD, user).await, Ok(None));
    let fault = rest.member(GUILD, user).await.unwrap_err();
    assert!(fault.is_not_found() && fault.code() == Some(10_004), "{fault}");
}

#[tokio::test]
async fn a_job_that_meets_a_429_is_told_how_long_and_its_channel_is_left_alone() {
    let discord = Discord::start().await;
    discord.posts([too_many("user", 7.5), ok(message())]);
    let rest = discord.client();
    let fault = post(&rest, C1).await.unwrap_err();
    assert_eq!(waits(&fault), Duration::from_millis(7_500));
    assert!(!fault.reply_lost() && fault.is_transient());
    let again = waits(&post(&rest, C1).await.unwrap_err());
    assert!(again > Duration::from_secs(6) && again < Duration::from_millis(7_500), "{again:?}");
    assert_eq!(discord.calls().len(), 1, "the closed channel was asked again");
    post(&rest, C2).await.unwrap();
}

#[tokio::test]
async fn a_global_429_stops_all_but_answers_to_people() {
    let discord = Discord::start().await;
    discord.posts([too_many("global", 30.0)]);
    discord.will(&format!("POST /interactions/91/{INTERACTION_TOKEN}/callback"), [Answer::Nothing(204)]);
    let rest = discord.client();
    post(&rest, C1).await.unwrap_err();
    assert!(waits(&post(&rest, C2).await.unwrap_err()) > Duration::from_secs(29));
    assert!(waits(&rest.guild(GUILD).await.unwrap_err()) > Duration::from_secs(29));
    rest.interaction_callback(InteractionId::new(91), &token(), &json!({"type": 6})).await.unwrap();
    assert_eq!(discord.calls().len(), 2);
}

#[tokio::test]
async fn a_429_that_is_not_discords_closes_everything_for_as_long_as_it_says() {
    let discord = Discord::start().await;
    discord.posts([Answer::Text(429, vec![("retry-after", "86400")], "<html>banned</html>")]);
    let rest = discord.client();
    assert_eq!(waits(&post(&rest, C1).await.unwrap_err()), RETRY_AFTER_MAX);
    let callback = rest.interaction_callback(InteractionId::new(91), &token(), &json!({"type": 6})).await;
    assert!(waits(&callback.unwrap_err()) > Duration::from_secs(3_000));
    assert_eq!(discord.calls().len(), 1);
}

#[tokio::test]
async fn somebody_who_waits_is_served_after_a_short_429_without_noticing() {
    let discord = Discord::start().await;
    let line = format!("PATCH /webhooks/31/{INTERACTION_TOKEN}/messages/@original");
    discord.will(&line, [too_many("user", 0.05), ok(message())]);
    let since = Instant::now();
    discord.client().edit_original(APP, &token(), &json!({"content": "done"})).await.unwrap();
    assert!(since.elapsed() >= Duration::from_millis(50));
    assert_eq!(discord.calls().len(), 2);
}

#[tokio::test]
async fn nobody_waits_for_long_and_no_call_is_sent_for_ever() {
    let discord = Discord::start().await;
    let line = format!("POST /webhooks/31/{INTERACTION_TOKEN}");
    discord.will(&line, [too_many("user", 4.0)]);
    let rest = discord.client();
    let body = json!({"content": "done"});
    assert_eq!(waits(&rest.followup(APP, &token(), &body).await.unwrap_err()), Duration::from_secs(4));
    assert_eq!(discord.calls().len(), 1);
    let line = format!("PATCH /webhooks/31/{INTERACTION_TOKEN}/messages/@original");
    discord.will(&line, [too_many("user", 0.05)]);
    rest.edit_original(APP, &token(), &body).await.unwrap_err();
    assert_eq!(discord.calls().len(), 4, "three tries of the edit");
}

#[tokio::test]
async fn an_empty_bucket_is_not_asked_until_discord_says_so() {
    let discord = Discord::start().await;
    let headers = vec![
        ("x-ratelimit-bucket", "abcd"),
        ("x-ratelimit-limit", "5"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset-after", "60"),
    ];
    discord.posts([Answer::Json(200, headers, message())]);
    let rest = discord.client();
    post(&rest, C1).await.unwrap();
    assert!(waits(&post(&rest, C1).await.unwrap_err()) > Duration::from_secs(59));
    post(&rest, C2).await.unwrap();
    assert_eq!(discord.calls().len(), 2);
}

#[tokio::test]
async fn jobs_never_use_up_the_limit_of_the_whole_bot() {
    let discord = Discord::start().await;
    let rest = discord.client();
    let (since, mut refused) = (Instant::now(), 0);
    for n in 100..200 {
        discord.will(&format!("POST /channels/{n}/messages"), [ok(message())]);
        refused += usize::from(post(&rest, ChannelId::new(n)).await.is_err());
    }
    let windows = usize::try_from(since.elapsed().as_secs()).unwrap() + 1;
    let sent = discord.calls().len();
    assert_eq!(sent + refused, 100);
    assert!(sent <= GLOBAL_BACKGROUND_MAX * windows, "{sent} in {windows} s");
}

#[tokio::test]
async fn a_refused_token_is_told_to_the_operator_and_not_tried_again_and_again() {
    let discord = Discord::start().await;
    discord.will("GET /guilds/21", [error(401, 0)]);
    let rest = discord.client();
    for _ in 0..20 {
        let fault = rest.guild(GUILD).await.unwrap_err();
        assert!(fault.needs_operator() && matches!(fault.kind, FaultKind::Revoked(_)), "{fault}");
    }
    assert_eq!(discord.calls().len(), 1);
    let health = rest.health().borrow().clone();
    assert_eq!(health.refused, 1);
    assert!(health.fatal.unwrap().contains("token refused"));
    discord.will(&format!("POST /interactions/91/{INTERACTION_TOKEN}/callback"), [error(401, 50_027)]);
    let callback = rest.interaction_callback(InteractionId::new(91), &token(), &json!({"type": 6})).await;
    assert!(!callback.unwrap_err().needs_operator(), "a token of an interaction is not the bot's");
}

#[tokio::test]
async fn refused_calls_are_counted_and_shared_limits_are_not_our_doing() {
    let discord = Discord::start().await;
    let rest = discord.client();
    for (answer, counted) in [
        (error(403, 50_001), 1),
        (error(404, 10_003), 1),
        (error(400, 50_035), 1),
        (too_many("shared", 0.7), 1),
        (Answer::Nothing(503), 1),
        (Answer::Text(403, vec![], "<html>1015</html>"), 2),
        (too_many("user", 0.7), 3),
    ] {
        discord.posts([answer]);
        // A channel that is closed for longer than a job waits answers by itself; ask until Discord was asked.
        let asked = discord.calls().len();
        while discord.calls().len() == asked {
            post(&rest, C1).await.unwrap_err();
            tokio::task::yield_now().await;
        }
        assert_eq!(rest.health().borrow().refused, counted);
    }
}

#[tokio::test]
async fn a_call_without_an_answer_may_have_been_done_and_one_without_a_connection_was_not() {
    let discord = Discord::start().await;
    discord.posts([Answer::Hangs]);
    let rest = client(&discord.base, Duration::from_millis(150)).unwrap();
    let fault = post(&rest, C1).await.unwrap_err();
    assert_eq!((fault.kind.clone(), fault.reply_lost()), (FaultKind::Timeout, true));

    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let fault = post(&client(&address, HANG).unwrap(), C1).await.unwrap_err();
    assert_eq!((fault.kind.clone(), fault.reply_lost()), (FaultKind::Unreachable("no connection"), false));

    let rude = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", rude.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = rude.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4_096]).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\"").await.unwrap();
    });
    let fault = post(&client(&address, HANG).unwrap(), C1).await.unwrap_err();
    assert_eq!((fault.kind.clone(), fault.reply_lost()), (FaultKind::Unreachable("connection lost"), true));
}

#[tokio::test]
async fn what_is_no_answer_of_discords_is_not_believed() {
    let discord = Discord::start().await;
    let rest = discord.client();
    for (answer, lost) in [
        (Answer::Text(200, vec![], "<html>welcome</html>"), true),
        (ok(json!({"id": "0", "channel_id": "11"})), true),
        (ok(json!([])), true),
        (Answer::Nothing(204), true),
        (Answer::Text(404, vec![], "<html>nothing here</html>"), false),
        (Answer::Text(302, vec![("location", "http://127.0.0.1:1/")], ""), true),
    ] {
        discord.posts([answer]);
        let fault = post(&rest, C1).await.unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Garbled(_)), "{fault}");
        assert_eq!(fault.reply_lost(), lost, "{fault}");
    }
}

#[tokio::test]
async fn a_call_given_up_leaves_no_place_taken() {
    let discord = Discord::start().await;
    discord.posts([Answer::Hangs]);
    let rest = discord.client();
    // More than may be on their way to a bucket that nothing is known of.
    for n in 1..=8 {
        let call = tokio::spawn({
            let rest = rest.clone();
            async move { post(&rest, C1).await }
        });
        discord.seen(n).await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
}

#[test]
fn a_client_that_would_send_its_token_in_the_clear_is_not_built() {
    for url in ["http://discord.com", "ftp://127.0.0.1", "http://localhost.evil.example"] {
        assert!(matches!(client(url, HANG), Err(RestSetupFault::UnsafeUrl)), "{url}");
    }
    for text in ["", "a b", "line\n"] {
        let config = RestConfig::new("https://discord.com".parse().unwrap(), text.to_owned().into());
        assert!(matches!(DiscordRest::new(config), Err(RestSetupFault::BadToken)));
    }
}

/// Collects what is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// pitfall 28
#[tokio::test]
async fn no_secret_is_in_a_log_a_fault_or_a_debug_print() {
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || lines.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let discord = Discord::start().await;
    let rest = client(&discord.base, Duration::from_millis(200)).unwrap();
    let mut printed = format!("{rest:?}");
    every_call(&discord, &rest).await;
    let errors = json!({"content": {"_errors": [{"code": "BAD", "message": "\"s3cr3t\" is bad"}]}});
    let followup = format!("POST /webhooks/31/{INTERACTION_TOKEN}");
    for answer in [
        Answer::Json(400, vec![], json!({"code": 50_035, "message": "Invalid Form Body", "errors": errors})),
        Answer::Text(502, vec![], "s3cr3t"),
        Answer::Text(200, vec![], "s3cr3t"),
        Answer::Json(401, vec![], json!({"code": 0, "message": "401: Unauthorized"})),
        too_many("user", 60.0),
    ] {
        discord.will(&followup, [answer]);
        let fault = rest.followup(APP, &token(), &json!({"content": "s3cr3t"})).await.unwrap_err();
        printed.push_str(&format!("{fault} {fault:?}"));
    }
    discord.will("GET /channels/11/messages", [ok(json!([message()])), Answer::Hangs]);
    let messages = rest.messages_after(C1, MessageId::new(1), 1).await.unwrap();
    let fault = rest.messages_after(C1, MessageId::new(1), 1).await.unwrap_err();
    printed.push_str(&format!("{messages:?} {fault:?}"));
    printed.push_str(&String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    assert!(printed.contains("discord limits this call"), "no log was captured");
    if let Some(line) = printed.lines().find(|line| line.contains("s3cr3t")) {
        panic!("a secret was printed: {line}");
    }
}
