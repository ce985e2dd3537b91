//! The Web API client against a Slack that answers by script: limits, lost replies, lists to their end, secrets.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use glasskey::chat::slack::fault::{FaultKind, SlackFault};
use glasskey::chat::slack::limits::{POST_BURST, POST_INTERVAL};
use glasskey::chat::slack::models::{Metadata, Post, Posted, Reply, Sought};
use glasskey::chat::slack::web::{SlackWeb, WebConfig, WebSetupFault};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const APP_TOKEN: &str = "xapp-s3cr3t";
const BOT_TOKEN: &str = "xoxb-s3cr3t";

/// One call as Slack saw it.
#[derive(Clone, Debug)]
struct Call {
    method: String,
    query: BTreeMap<String, String>,
    body: Value,
    authorization: Option<String>,
}

#[derive(Clone)]
enum Answer {
    Json(u16, Value),
    Text(u16, &'static str),
    Limited(&'static str),
    Hangs,
}

fn ok(mut body: Value) -> Answer {
    body["ok"] = json!(true);
    Answer::Json(200, body)
}

fn error(code: &str) -> Answer {
    Answer::Json(200, json!({"ok": false, "error": code}))
}

#[derive(Default)]
struct Script {
    /// Answers by method, in order; the last one stays.
    answers: Mutex<BTreeMap<String, VecDeque<Answer>>>,
    calls: Mutex<Vec<Call>>,
}

/// A Slack that answers by script.
struct Slack {
    script: Arc<Script>,
    base: String,
}

impl Slack {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Script::default());
        let routes = Router::new().route("/api/{method}", any(answer)).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { script, base }
    }

    fn will(&self, method: &str, answers: impl IntoIterator<Item = Answer>) {
        self.script.answers.lock().unwrap().insert(method.to_owned(), answers.into_iter().collect());
    }

    fn calls(&self) -> Vec<Call> {
        self.script.calls.lock().unwrap().clone()
    }

    fn last(&self) -> Call {
        self.calls().last().unwrap().clone()
    }

    fn client(&self) -> SlackWeb {
        self.client_with(|_| {})
    }

    fn client_with(&self, change: impl FnOnce(&mut WebConfig)) -> SlackWeb {
        client(&format!("{}/api", self.base), change).unwrap()
    }
}

fn client(url: &str, change: impl FnOnce(&mut WebConfig)) -> Result<SlackWeb, WebSetupFault> {
    let token = |text: &str| SecretString::from(text.to_owned());
    let mut config = WebConfig::new(url.parse().unwrap(), token(APP_TOKEN), token(BOT_TOKEN));
    config.paced = false;
    change(&mut config);
    SlackWeb::new(config)
}

async fn answer(
    State(script): State<Arc<Script>>,
    Path(method): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_slice(&body).unwrap_or_default();
    script.calls.lock().unwrap().push(Call { method: method.clone(), query, body, authorization });
    let answer = {
        let mut answers = script.answers.lock().unwrap();
        let queue = answers.get_mut(&method).unwrap_or_else(|| panic!("no script for {method}"));
        if queue.len() > 1 { queue.pop_front().unwrap() } else { queue.front().unwrap().clone() }
    };
    match answer {
        Answer::Json(status, body) => {
            (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
        }
        Answer::Text(status, text) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Answer::Limited(after) => {
            let body = axum::Json(json!({"ok": false, "error": "ratelimited"}));
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", after)], body).into_response()
        }
        Answer::Hangs => std::future::pending().await,
    }
}

fn post(channel: &str) -> Post<'_> {
    Post { channel, text: "hello", blocks: None, metadata: None, thread_ts: None }
}

fn posted(channel: &str) -> Answer {
    ok(json!({"channel": channel, "ts": "1700000000.000100"}))
}

fn is(fault: &SlackFault, kind: &FaultKind, transient: bool, lost: bool) {
    assert_eq!(&fault.kind, kind);
    assert_eq!((fault.is_transient(), fault.reply_lost()), (transient, lost), "{fault}");
}

#[tokio::test]
async fn nothing_is_sent_that_slack_would_parse_link_or_unfurl_by_itself() {
    let slack = Slack::start().await;
    let web = slack.client();
    for method in ["chat.postMessage", "chat.update"] {
        slack.will(method, [posted("C1")]);
    }
    slack.will("chat.postEphemeral", [ok(json!({}))]);
    slack.will("answer", [Answer::Text(200, "ok")]);
    let blocks = json!([{"type": "divider"}]);
    let metadata = Metadata {
        event_type: "request_card".into(),
        event_payload: BTreeMap::from([("request".into(), "AR-7K3Q".into())]),
    };
    let message =
        Post { blocks: Some(&blocks), metadata: Some(&metadata), thread_ts: Some("1.2"), ..post("C1") };
    let at = web.post_message(&message).await.unwrap();
    assert_eq!(at, Posted { channel: "C1".into(), ts: "1700000000.000100".into() });
    let sent = slack.last();
    assert_eq!(
        sent.body,
        json!({
            "channel": "C1", "text": "hello", "blocks": blocks, "thread_ts": "1.2",
            "metadata": {"event_type": "request_card", "event_payload": {"request": "AR-7K3Q"}},
            "parse": "none", "link_names": false, "unfurl_links": false, "unfurl_media": false,
        })
    );
    assert_eq!(sent.authorization.unwrap(), format!("Bearer {BOT_TOKEN}"));
    web.update_message(&at, "later", Some(&blocks), None).await.unwrap();
    web.post_ephemeral("C1", "U1", "psst", None, None).await.unwrap();
    let url = SecretString::from(format!("{}/api/answer", slack.base));
    let reply = Reply { text: "done", blocks: None, in_channel: false, replace_original: true };
    web.respond(&url, &reply).await.unwrap();
    let methods: Vec<String> = slack.calls().into_iter().map(|call| call.method).collect();
    assert_eq!(methods, ["chat.postMessage", "chat.update", "chat.postEphemeral", "answer"]);
    for call in slack.calls() {
        assert_eq!(
            (&call.body["parse"], &call.body["link_names"]),
            (&json!("none"), &json!(false)),
            "{call:?}"
        );
    }
    let answer = slack.last();
    assert_eq!(answer.authorization, None, "the token went to a response_url");
    assert_eq!(answer.body["response_type"], "ephemeral");
    assert_eq!(answer.body["unfurl_links"], false);
}

/// pitfall 30
#[tokio::test]
async fn a_limit_is_kept_for_its_method_and_channel_only_and_told_at_once() {
    let slack = Slack::start().await;
    let web = slack.client();
    slack.will("chat.postMessage", [Answer::Limited("7"), posted("C2")]);
    slack.will("chat.update", [posted("C1")]);
    let fault = web.post_message(&post("C1")).await.unwrap_err();
    is(&fault, &FaultKind::RateLimited { retry_after: Duration::from_secs(7) }, true, false);
    let asked = slack.calls().len();
    let since = Instant::now();
    let again = web.post_message(&post("C1")).await.unwrap_err().retry_after().unwrap();
    assert!(again > Duration::from_secs(6) && again <= Duration::from_secs(7), "{again:?}");
    assert!(since.elapsed() < Duration::from_secs(1), "waited inside");
    assert_eq!(slack.calls().len(), asked, "asked although the gate was closed");
    web.post_message(&post("C2")).await.unwrap();
    let at = Posted { channel: "C1".into(), ts: "1.2".into() };
    web.update_message(&at, "hello", None, None).await.unwrap();
}

#[tokio::test]
async fn a_limit_without_a_readable_wait_still_closes_the_gate() {
    for answer in [Answer::Text(429, "slow down"), Answer::Limited("soon"), error("ratelimited")] {
        let slack = Slack::start().await;
        let web = slack.client();
        slack.will("chat.postMessage", [answer]);
        let first = web.post_message(&post("C1")).await.unwrap_err();
        assert_eq!(first.retry_after(), Some(Duration::from_secs(30)));
        assert!(web.post_message(&post("C1")).await.unwrap_err().retry_after().is_some());
        assert_eq!(slack.calls().len(), 1);
    }
}

#[tokio::test]
async fn posts_keep_slacks_pace_per_channel_before_slack_has_to_say_so() {
    let slack = Slack::start().await;
    let web = slack.client_with(|config| config.paced = true);
    slack.will("chat.postMessage", [posted("C1")]);
    for _ in 0..POST_BURST {
        web.post_message(&post("C1")).await.unwrap();
    }
    let wait = web.post_message(&post("C1")).await.unwrap_err().retry_after().unwrap();
    assert!(wait <= POST_INTERVAL);
    web.post_message(&post("C2")).await.unwrap();
    assert_eq!(slack.calls().len() as u32, POST_BURST + 1);
}

#[tokio::test]
async fn a_call_that_hangs_ends_in_time_and_may_have_been_done() {
    let slack = Slack::start().await;
    let web = slack.client_with(|config| config.call_timeout = Duration::from_millis(100));
    slack.will("chat.postMessage", [Answer::Hangs, posted("C1")]);
    let since = Instant::now();
    is(&web.post_message(&post("C1")).await.unwrap_err(), &FaultKind::Timeout, true, true);
    assert!(since.elapsed() < Duration::from_secs(5));
    web.post_message(&post("C1")).await.unwrap();
}

#[tokio::test]
async fn a_call_that_never_connected_was_certainly_not_done() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    drop(listener);
    let fault = client(&url, |_| {}).unwrap().post_message(&post("C1")).await.unwrap_err();
    is(&fault, &FaultKind::Unreachable("no connection"), true, false);
}

#[tokio::test]
async fn a_call_whose_connection_broke_after_it_was_sent_may_have_been_done() {
    for (said, why) in
        [("", "connection lost"), ("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"ok\"", "answer cut off")]
    {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                stream.read_buf(&mut request).await.unwrap();
            }
            stream.write_all(said.as_bytes()).await.unwrap();
        });
        let fault = client(&url, |_| {}).unwrap().post_message(&post("C1")).await.unwrap_err();
        is(&fault, &FaultKind::Unreachable(why), true, true);
    }
}

#[tokio::test]
async fn answers_that_are_not_slacks_are_faults_that_say_what_is_known() {
    let slack = Slack::start().await;
    let web = slack.client();
    let server = |status, code: Option<&str>| FaultKind::Server { status, code: code.map(str::to_owned) };
    let rejected = |code: &str, detail: Option<&str>| FaultKind::Rejected {
        code: code.to_owned(),
        detail: detail.map(str::to_owned),
    };
    let scope =
        json!({"ok": false, "error": "missing_scope", "needed": "chat:write", "provided": "commands"});
    let blocks = json!({"ok": false, "error": "invalid_blocks",
        "response_metadata": {"messages": ["[ERROR] must be more than 0 characters [json-pointer:/blocks/0]"]}});
    for (answer, kind, transient, lost) in [
        (Answer::Text(503, "<html>"), server(503, None), true, true),
        (error("internal_error"), server(200, Some("internal_error")), true, true),
        (Answer::Text(200, "<html>proxy</html>"), FaultKind::Garbled("no `ok` in it"), true, true),
        (Answer::Json(200, json!({"ok": true})), FaultKind::Garbled("a field is missing"), true, true),
        (Answer::Json(200, json!("ok")), FaultKind::Garbled("not the JSON of an answer"), true, true),
        (Answer::Text(404, "no"), rejected("http_404", None), false, false),
        (error("is_archived"), rejected("is_archived", None), false, false),
        (error("token_revoked"), FaultKind::Revoked("token_revoked".into()), false, false),
        (
            Answer::Json(200, scope),
            rejected("missing_scope", Some("needed chat:write, provided commands")),
            false,
            false,
        ),
        (
            Answer::Json(200, blocks),
            rejected(
                "invalid_blocks",
                Some("[ERROR] must be more than 0 characters [json-pointer:/blocks/0]"),
            ),
            false,
            false,
        ),
    ] {
        slack.will("chat.postMessage", [answer]);
        is(&web.post_message(&post("C1")).await.unwrap_err(), &kind, transient, lost);
    }
}

fn user(id: &str) -> Value {
    json!({
        "id": id, "team_id": "T1", "name": "ana", "deleted": false, "is_bot": false, "is_app_user": false,
        "is_restricted": false, "is_ultra_restricted": false, "is_email_confirmed": true, "tz": "Europe/Vienna",
        "profile": {"email": "ana@acme.example", "real_name": "Ana", "status_emoji": ""}, "updated": 1,
    })
}

/// pitfall 25
#[tokio::test]
async fn nobody_with_this_address_is_another_answer_than_slack_could_not_be_asked() {
    let slack = Slack::start().await;
    let web = slack.client();
    slack.will("users.lookupByEmail", [ok(json!({"user": user("U1")}))]);
    let found = web.lookup_by_email("ana+x@acme.example").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.profile.email.as_deref()), ("U1", Some("ana@acme.example")));
    assert_eq!(slack.last().query["email"], "ana+x@acme.example");
    slack.will("users.lookupByEmail", [error("users_not_found")]);
    assert_eq!(web.lookup_by_email("nobody@acme.example").await, Ok(None));
    for answer in [
        error("missing_scope"),
        error("internal_error"),
        Answer::Text(500, ""),
        Answer::Text(404, "users_not_found"),
        ok(json!({})),
        Answer::Limited("1"),
    ] {
        slack.will("users.lookupByEmail", [answer]);
        let fault = web.lookup_by_email("ana@acme.example").await.unwrap_err();
        assert!(!fault.is_not_found(), "{fault}");
    }
}

/// pitfall 25
#[tokio::test]
async fn a_flag_that_slack_left_out_is_unknown_and_not_false() {
    let slack = Slack::start().await;
    let web = slack.client();
    slack.will(
        "users.info",
        [ok(json!({"user": user("U1")})), ok(json!({"user": {"id": "U2", "deleted": true}}))],
    );
    let ana = web.users_info("U1").await.unwrap();
    assert_eq!((ana.is_app_user, ana.is_email_confirmed, ana.is_stranger), (Some(false), Some(true), None));
    assert_eq!((ana.tz.as_deref(), ana.team_id.as_deref()), (Some("Europe/Vienna"), Some("T1")));
    let gone = web.users_info("U2").await.unwrap();
    assert_eq!((gone.deleted, gone.is_bot, gone.is_restricted), (Some(true), None, None));
    slack.will("users.info", [error("user_not_found")]);
    assert!(web.users_info("U3").await.unwrap_err().is_not_found());
    slack.will(
        "conversations.info",
        [ok(json!({"channel": {"id": "C1", "name": "x", "is_ext_shared": true}}))],
    );
    let channel = web.conversations_info("C1").await.unwrap();
    assert_eq!((channel.is_ext_shared, channel.is_archived), (Some(true), None));
}

#[tokio::test]
async fn the_other_methods_say_what_slack_expects_and_give_what_it_answers() {
    let slack = Slack::start().await;
    let web = slack.client();
    slack.will(
        "auth.test",
        [ok(json!({"team_id": "T1", "user_id": "U0", "bot_id": "B0", "url": "https://a/"}))],
    );
    let me = web.auth_test().await.unwrap();
    assert_eq!((me.team_id.as_str(), me.bot_id.as_deref()), ("T1", Some("B0")));
    slack.will("apps.connections.open", [ok(json!({"url": "wss://x/link?ticket=t"}))]);
    let url = web.connections_open().await.unwrap();
    assert_eq!(url.expose_secret(), "wss://x/link?ticket=t");
    assert_eq!(slack.last().authorization.unwrap(), format!("Bearer {APP_TOKEN}"));
    slack.will("views.open", [ok(json!({"view": {"id": "V1"}}))]);
    let view = json!({"type": "modal"});
    assert_eq!(web.views_open(&SecretString::from("1.2.3"), &view).await.unwrap(), "V1");
    assert_eq!(slack.last().body, json!({"trigger_id": "1.2.3", "view": view}));
    slack.will("conversations.open", [ok(json!({"channel": {"id": "D1"}}))]);
    assert_eq!(web.conversations_open("U1").await.unwrap(), "D1");
    assert_eq!(slack.last().body, json!({"users": "U1"}));
}

fn page(list: &str, items: Vec<Value>, cursor: &str) -> Answer {
    ok(json!({list: items, "response_metadata": {"next_cursor": cursor}}))
}

/// pitfall 18
#[tokio::test]
async fn a_list_is_read_to_its_end_over_empty_pages_and_short_waits() {
    let slack = Slack::start().await;
    let web = slack.client();
    let users = |ids: std::ops::Range<u32>| ids.map(|n| user(&format!("U{n}"))).collect();
    slack.will(
        "users.list",
        [
            page("members", users(0..200), "p2"),
            page("members", Vec::new(), "p3"),
            Answer::Limited("1"),
            page("members", users(200..301), "p4"),
            page("members", users(301..302), ""),
        ],
    );
    let all = web.users_list().await.unwrap();
    assert_eq!(all.len(), 302);
    assert_eq!(all[301].id, "U301");
    let cursors: Vec<_> = slack.calls().iter().map(|call| call.query.get("cursor").cloned()).collect();
    assert_eq!(cursors, [None, Some("p2"), Some("p3"), Some("p3"), Some("p4")].map(|c| c.map(str::to_owned)));
    let channels = vec![json!({"id": "C1", "is_ext_shared": false}), json!({"id": "C2"})];
    slack.will("conversations.list", [page("channels", channels, "")]);
    assert_eq!(web.conversations_list().await.unwrap().len(), 2);
    assert_eq!(slack.last().query["exclude_archived"], "true");
}

/// pitfall 18
#[tokio::test]
async fn a_list_that_cannot_be_read_to_its_end_is_a_fault_and_not_a_short_list() {
    let slack = Slack::start().await;
    let web = slack.client();
    let endings: Vec<Vec<Answer>> = vec![
        vec![page("members", vec![user("U1")], "same"), page("members", vec![user("U2")], "same")],
        vec![page("members", vec![user("U1")], "p2"), Answer::Text(500, "")],
        vec![page("members", vec![user("U1")], "p2"), ok(json!({}))],
        vec![page("members", vec![user("U1")], "p2"), Answer::Limited("600")],
    ];
    for answers in endings {
        slack.will("users.list", answers);
        assert!(web.users_list().await.unwrap_err().is_transient());
    }
}

fn card(ts: &str, bot_id: &str, request: &str) -> Value {
    let metadata = json!({"event_type": "request_card", "event_payload": {"request": request}});
    json!({"type": "message", "ts": ts, "bot_id": bot_id, "text": request, "metadata": metadata})
}

#[tokio::test]
async fn a_message_of_ours_is_found_by_its_metadata_and_one_of_another_app_is_not() {
    let slack = Slack::start().await;
    let web = slack.client();
    let sought = Sought {
        channel: "C1",
        thread_ts: None,
        event_type: "request_card",
        key: "request",
        value: "AR-7K3Q",
        since_ts: "1700000000.000000",
        bot_id: "B0",
    };
    let noise = vec![
        json!({"type": "message", "ts": "9.0", "text": "AR-7K3Q"}),
        card("8.0", "B-forger", "AR-7K3Q"),
        card("7.0", "B0", "AR-0000"),
        json!({"ts": "6.0", "bot_id": "B0", "metadata": {"event_type": "other", "event_payload": {"request": "AR-7K3Q"}}}),
    ];
    slack.will(
        "conversations.history",
        [page("messages", noise.clone(), "p2"), page("messages", vec![card("5.0", "B0", "AR-7K3Q")], "")],
    );
    assert_eq!(web.find_by_metadata(&sought).await.unwrap().as_deref(), Some("5.0"));
    let asked = slack.last().query;
    for (key, value) in [
        ("channel", "C1"),
        ("oldest", "1700000000.000000"),
        ("include_all_metadata", "true"),
        ("cursor", "p2"),
    ] {
        assert_eq!(asked[key], value);
    }
    slack.will("conversations.history", [page("messages", noise, "")]);
    assert_eq!(web.find_by_metadata(&sought).await, Ok(None));
    slack.will("conversations.history", [ok(json!({"messages": [], "has_more": true}))]);
    assert!(web.find_by_metadata(&sought).await.is_err(), "not read to the end, but said to be absent");
    slack.will("conversations.replies", [page("messages", vec![card("5.5", "B0", "AR-7K3Q")], "")]);
    let in_thread = Sought { thread_ts: Some("5.0"), ..sought };
    assert_eq!(web.find_by_metadata(&in_thread).await.unwrap().as_deref(), Some("5.5"));
    assert_eq!(slack.last().query["ts"], "5.0");
}

#[tokio::test]
async fn a_history_without_end_is_a_fault_and_not_absence() {
    let slack = Slack::start().await;
    let web = slack.client();
    let two = [page("messages", Vec::new(), "a"), page("messages", Vec::new(), "b")];
    slack.will("conversations.history", two.iter().cycle().take(200).cloned());
    let sought = Sought {
        channel: "C1",
        thread_ts: None,
        event_type: "t",
        key: "k",
        value: "v",
        since_ts: "0",
        bot_id: "B0",
    };
    let fault = web.find_by_metadata(&sought).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Garbled("the list does not end"));
    assert_eq!(slack.calls().len(), 50);
}

#[tokio::test]
async fn an_answer_goes_to_slack_only_and_a_used_up_address_is_a_fault_for_good() {
    let slack = Slack::start().await;
    let web = slack.client();
    let reply = Reply { text: "hi", blocks: None, in_channel: true, replace_original: false };
    for elsewhere in ["http://169.254.169.254/latest", "https://hooks.slack.com.evil.example/", "not a url"] {
        let fault = web.respond(&SecretString::from(elsewhere), &reply).await.unwrap_err();
        assert!(!fault.is_transient() && !fault.reply_lost(), "{fault}");
        assert!(!format!("{fault} {fault:?}").contains("evil"));
    }
    assert!(slack.calls().is_empty());
    slack.will("answer", [Answer::Json(404, json!({"ok": false, "error": "expired_url"}))]);
    let url = SecretString::from(format!("{}/api/answer", slack.base));
    let fault = web.respond(&url, &reply).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Rejected { code: "expired_url".into(), detail: None });
    assert_eq!(slack.last().body["response_type"], "in_channel");
}

#[tokio::test]
async fn a_client_that_would_send_tokens_in_the_clear_or_broken_is_not_built() {
    assert!(matches!(client("http://slack.com/api", |_| {}), Err(WebSetupFault::UnsafeUrl)));
    assert!(client("https://slack.com/api", |_| {}).is_ok());
    let fault =
        client("https://slack.com/api", |c| c.bot_token = SecretString::from("xoxb-s3cr3t\n")).unwrap_err();
    assert!(matches!(fault, WebSetupFault::BadToken("bot")));
    assert!(!format!("{fault} {fault:?}").contains("s3cr3t"));
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
    let slack = Slack::start().await;
    let web = slack.client_with(|config| config.call_timeout = Duration::from_millis(200));
    let mut printed = format!("{web:?}");
    let answers = [
        Answer::Json(200, json!({"ok": false, "error": "invalid_auth", "token": BOT_TOKEN})),
        Answer::Json(500, json!({"token": BOT_TOKEN})),
        Answer::Json(200, json!({"token": BOT_TOKEN})),
        Answer::Text(200, "s3cr3t"),
        Answer::Hangs,
        Answer::Limited("1"),
    ];
    for answer in answers {
        for method in ["chat.postMessage", "users.lookupByEmail", "views.open", "s3cr3t-url"] {
            slack.will(method, [answer.clone()]);
        }
        let post = web.post_message(&post("C1")).await.map(drop);
        let lookup = web.lookup_by_email("s3cr3t@acme.example").await.map(drop);
        let open = web.views_open(&SecretString::from("s3cr3t-trigger"), &json!({})).await.map(drop);
        let url = SecretString::from(format!("{}/api/s3cr3t-url", slack.base));
        let reply = Reply { text: "s3cr3t", blocks: None, in_channel: false, replace_original: false };
        let answer = web.respond(&url, &reply).await;
        printed += &format!("{post:?} {lookup:?} {open:?} {answer:?}");
        for fault in [post, lookup, open, answer].into_iter().filter_map(Result::err) {
            printed += &fault.to_string();
        }
    }
    assert!(printed.contains("invalid_auth"), "no fault was printed");
    printed += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(printed.contains("slack limits this method"), "no log was captured");
    if let Some(line) = printed.lines().find(|line| line.contains("s3cr3t")) {
        panic!("a secret was printed: {line}");
    }
}
