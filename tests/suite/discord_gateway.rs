//! The gateway's loop against a Discord that the test plays by hand: every case serenity's fails (libraries §3), and what
//! the protocol can do besides.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use glasskey::chat::discord::gateway::{
    Dispatch, DispatchHandler, Gateway, GatewayConfig, GatewayEnd, GatewayHealth,
};
use glasskey::chat::discord::rest::{DiscordRest, RestConfig};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Nothing in these tests takes as long unless it hangs.
const HANG: Duration = Duration::from_secs(20);
const TOKEN: &str = "bot-s3cr3t";
/// No heartbeat is due while a test runs, unless the test says so.
const QUIET_MS: u64 = 3_600_000;

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(HANG, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// How `GET /gateway/bot` answers.
#[derive(Clone)]
enum Api {
    Gives { remaining: u64, reset_after_ms: u64 },
    Refuses(u16),
}

struct Shared {
    api: watch::Sender<Api>,
    asked: watch::Sender<usize>,
    lines: mpsc::UnboundedSender<(String, WebSocket)>,
    port: u16,
}

/// A Discord whose connections the test holds in its hands.
struct Discord {
    shared: Arc<Shared>,
    lines: mpsc::UnboundedReceiver<(String, WebSocket)>,
}

impl Discord {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tx, lines) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            api: watch::Sender::new(Api::Gives { remaining: 900, reset_after_ms: 1 }),
            asked: watch::Sender::new(0),
            lines: tx,
            port: listener.local_addr().unwrap().port(),
        });
        let routes = axum::Router::new()
            .route("/api/v10/gateway/bot", get(gateway_bot))
            .route("/{which}", get(connect))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { shared, lines }
    }

    fn answers(&self, api: Api) {
        self.shared.api.send_replace(api);
    }

    fn asked(&self) -> usize {
        *self.shared.asked.borrow()
    }

    async fn asked_times(&self, times: usize) {
        let mut asked = self.shared.asked.subscribe();
        soon("a question", asked.wait_for(|asked| *asked >= times)).await.unwrap();
    }

    /// The next connection, before its hello; `which` address it came to.
    async fn next(&mut self, which: &str) -> Line {
        let (at, socket) = soon("a connection", self.lines.recv()).await.unwrap();
        assert_eq!(at, which, "the bot dialled the wrong address");
        Line { socket, port: self.shared.port }
    }

    /// The next connection, its session begun.
    async fn begun(&mut self) -> Line {
        let mut line = self.next("fresh").await;
        line.hello(QUIET_MS).await;
        assert_eq!(line.heard().await["op"], 2);
        line.ready(1).await;
        line
    }

    /// The next connection, its session resumed after event `sequence`.
    async fn resumed(&mut self, sequence: u64) -> Line {
        let mut line = self.next("resume").await;
        line.hello(QUIET_MS).await;
        line.resumes(sequence).await;
        line.says(&json!({"op": 0, "t": "RESUMED", "s": sequence, "d": {}})).await;
        line
    }

    fn rest(&self) -> DiscordRest {
        let url = format!("http://127.0.0.1:{}", self.shared.port).parse().unwrap();
        let config = RestConfig::new(url, SecretString::from(TOKEN.to_owned()));
        DiscordRest::new(RestConfig { call_timeout: Duration::from_secs(5), ..config }).unwrap()
    }
}

async fn gateway_bot(State(discord): State<Arc<Shared>>) -> Response {
    let api = discord.api.borrow().clone();
    let answer = match api {
        Api::Gives { remaining, reset_after_ms } => {
            let limit = json!({"total": 1000, "remaining": remaining, "reset_after": reset_after_ms,
                "max_concurrency": 1});
            let url = format!("ws://127.0.0.1:{}/fresh", discord.port);
            axum::Json(json!({"url": url, "shards": 1, "session_start_limit": limit})).into_response()
        }
        Api::Refuses(status) => {
            let body = axum::Json(json!({"code": 0, "message": "No."}));
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
    };
    discord.asked.send_modify(|asked| *asked += 1);
    answer
}

async fn connect(
    State(discord): State<Arc<Shared>>,
    Path(which): Path<String>,
    RawQuery(query): RawQuery,
    up: WebSocketUpgrade,
) -> Response {
    assert_eq!(query.as_deref(), Some("v=10&encoding=json"));
    up.on_upgrade(async move |socket| drop(discord.lines.send((which, socket))))
}

/// Discord's end of one connection. Dropping it is a connection that breaks.
struct Line {
    socket: WebSocket,
    port: u16,
}

impl Line {
    async fn says(&mut self, frame: &Value) {
        self.says_raw(&frame.to_string()).await;
    }

    async fn says_raw(&mut self, frame: &str) {
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    async fn hello(&mut self, heartbeat_ms: u64) {
        self.says(&json!({"op": 10, "d": {"heartbeat_interval": heartbeat_ms}})).await;
    }

    async fn ready(&mut self, sequence: u64) {
        let resume = format!("ws://127.0.0.1:{}/resume", self.port);
        let data = json!({"session_id": "session-s3cr3t", "resume_gateway_url": resume, "v": 10});
        self.says(&json!({"op": 0, "t": "READY", "s": sequence, "d": data})).await;
    }

    async fn delivers(&mut self, sequence: u64) {
        self.says(&json!({"op": 0, "t": "INTERACTION_CREATE", "s": sequence, "d": {"id": sequence,
            "token": "interaction-s3cr3t"}}))
            .await;
    }

    async fn closes(mut self, code: Option<u16>) {
        let frame = code.map(|code| CloseFrame { code, reason: "why".into() });
        self.socket.send(Message::Close(frame)).await.unwrap();
        while let Some(Ok(_)) = self.socket.recv().await {}
    }

    /// The next frame of the bot's.
    async fn heard(&mut self) -> Value {
        soon("a frame", async {
            loop {
                match self.socket.recv().await {
                    Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("the connection ended: {other:?}"),
                }
            }
        })
        .await
    }

    async fn resumes(&mut self, sequence: u64) {
        let data = json!({"token": TOKEN, "session_id": "session-s3cr3t", "seq": sequence});
        assert_eq!(self.heard().await, json!({"op": 6, "d": data}));
    }

    /// The code that the bot closes with.
    async fn closed_with(mut self) -> Option<u16> {
        soon("a close", async {
            loop {
                match self.socket.recv().await {
                    Some(Ok(Message::Close(close))) => return close.map(|close| close.code),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        })
        .await
    }
}

/// A handler made of a closure; tells the test what it got.
struct Desk<F> {
    work: F,
    seen: mpsc::UnboundedSender<Dispatch>,
}

impl<F> DispatchHandler for Desk<F>
where
    F: Fn(Dispatch) -> BoxFuture<'static, ()> + Send + Sync + 'static,
{
    fn handle(&self, dispatch: Dispatch) -> BoxFuture<'_, ()> {
        self.seen.send(dispatch.clone()).ok();
        (self.work)(dispatch)
    }
}

/// The loop under test, running.
struct Running {
    health: watch::Receiver<GatewayHealth>,
    seen: mpsc::UnboundedReceiver<Dispatch>,
    stop: watch::Sender<bool>,
    end: JoinHandle<GatewayEnd>,
}

impl Running {
    async fn until(&mut self, what: &str, is: impl FnMut(&GatewayHealth) -> bool) -> GatewayHealth {
        soon(what, self.health.wait_for(is)).await.unwrap().clone()
    }

    async fn next(&mut self) -> u64 {
        soon("an event", self.seen.recv()).await.unwrap().sequence.unwrap()
    }
}

fn quick() -> GatewayConfig {
    GatewayConfig {
        pause_first: Duration::from_millis(2),
        pause_max: Duration::from_millis(20),
        identify_every: Duration::from_millis(5),
        forgotten_max: Duration::from_millis(50),
        close_max: Duration::from_millis(200),
        drain_max: Duration::from_secs(2),
        ..GatewayConfig::default()
    }
}

fn run<F>(discord: &Discord, config: GatewayConfig, work: F) -> Running
where
    F: Fn(Dispatch) -> BoxFuture<'static, ()> + Send + Sync + 'static,
{
    let (tx, seen) = mpsc::unbounded_channel();
    let gateway = Gateway::new(config, discord.rest(), Arc::new(Desk { work, seen: tx })).unwrap();
    let (stop, stopped) = watch::channel(false);
    Running { health: gateway.health(), seen, stop, end: tokio::spawn(gateway.run(stopped)) }
}

fn at_once(_: Dispatch) -> BoxFuture<'static, ()> {
    Box::pin(async {})
}

/// A handler that waits until the test lets one event through.
fn gated(gate: &Arc<Semaphore>) -> impl Fn(Dispatch) -> BoxFuture<'static, ()> + Send + Sync + use<> {
    let gate = Arc::clone(gate);
    move |_| {
        let gate = Arc::clone(&gate);
        Box::pin(async move { gate.acquire().await.unwrap().forget() })
    }
}

#[tokio::test]
async fn a_session_is_begun_without_intents_and_its_interactions_arrive_byte_for_byte() {
    let mut discord = Discord::start().await;
    let mut bot = run(&discord, quick(), at_once);
    let mut line = discord.next("fresh").await;
    line.hello(QUIET_MS).await;
    let identify = line.heard().await;
    assert_eq!((&identify["op"], &identify["d"]["intents"]), (&json!(2), &json!(0)));
    assert_eq!(identify["d"]["token"], TOKEN);
    assert!(!bot.health.borrow().live);
    line.ready(1).await;
    let health = bot.until("the session", |h| h.live).await;
    assert_eq!(health.sessions_left, Some(900));
    line.says(&json!({"op": 0, "t": "GUILD_CREATE", "s": 2, "d": {}})).await;
    line.says_raw(r#"{"op":0,"t":"INTERACTION_CREATE","s":3,"d":{"id":  "7","new":[1.50]}}"#).await;
    let dispatch = soon("an event", bot.seen.recv()).await.unwrap();
    assert_eq!(dispatch.raw, r#"{"id":  "7","new":[1.50]}"#);
    assert_eq!((dispatch.name.as_str(), dispatch.sequence), ("INTERACTION_CREATE", Some(3)));
}

/// libraries §3: serenity is deaf for up to 46 s here, and busy.
#[tokio::test]
async fn a_close_without_a_code_is_resumed_within_a_second_and_at_the_right_address() {
    let mut discord = Discord::start().await;
    let _bot = run(
        &discord,
        GatewayConfig { close_max: Duration::from_secs(10), ..GatewayConfig::default() },
        at_once,
    );
    let line = discord.begun().await;
    let since = Instant::now();
    line.closes(None).await;
    let _line = discord.resumed(1).await;
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert_eq!(discord.asked(), 1, "no new session was begun");
}

#[tokio::test]
async fn a_broken_connection_loses_nothing_and_hands_on_what_was_missed() {
    let (mut discord, gate) = (Discord::start().await, Arc::new(Semaphore::new(0)));
    let mut bot = run(&discord, quick(), gated(&gate));
    let mut line = discord.begun().await;
    line.delivers(2).await;
    line.delivers(3).await;
    assert_eq!((bot.next().await, bot.next().await), (2, 3));
    drop(line);
    let mut line = discord.next("resume").await;
    line.hello(QUIET_MS).await;
    line.resumes(3).await;
    line.delivers(4).await;
    line.says(&json!({"op": 0, "t": "RESUMED", "s": 5, "d": {}})).await;
    assert_eq!(bot.next().await, 4);
    let health = bot.until("the session", |h| h.live).await;
    assert_eq!(health.in_flight, 3, "handlers outlive their connection");
    gate.add_permits(3);
    bot.until("nothing at work", |h| h.in_flight == 0).await;
}

#[tokio::test]
async fn discord_asks_for_another_connection_and_gets_one() {
    for frame in [json!({"op": 7, "d": null}), json!({"op": 9, "d": true})] {
        let mut discord = Discord::start().await;
        let mut bot = run(&discord, quick(), at_once);
        let mut line = discord.begun().await;
        line.says(&frame).await;
        assert_eq!(line.closed_with().await, Some(4_000), "1000 would end the session");
        let mut line = discord.resumed(1).await;
        line.delivers(2).await;
        assert_eq!(bot.next().await, 2);
    }
}

#[tokio::test]
async fn a_session_that_discord_forgot_is_begun_anew_after_a_pause() {
    let mut discord = Discord::start().await;
    let forgotten_max = Duration::from_millis(500);
    let _bot = run(&discord, GatewayConfig { forgotten_max, ..quick() }, at_once);
    let mut line = discord.begun().await;
    let since = Instant::now();
    line.says(&json!({"op": 9, "d": false})).await;
    let _line = discord.begun().await;
    assert!(since.elapsed() >= forgotten_max / 5);
    assert_eq!(discord.asked(), 2);
}

#[tokio::test]
async fn close_codes_that_end_the_session_begin_another_and_the_rest_resume() {
    let mut discord = Discord::start().await;
    let _bot = run(&discord, quick(), at_once);
    let mut line = discord.begun().await;
    for code in [4_000, 4_001, 4_002, 4_005, 4_008, 1_000, 1_001, 1_011] {
        line.closes(Some(code)).await;
        line = discord.resumed(1).await;
    }
    for code in [4_003, 4_007, 4_009] {
        line.closes(Some(code)).await;
        line = discord.begun().await;
    }
}

#[tokio::test]
async fn a_close_that_is_final_ends_only_discord_and_says_why() {
    for code in [4_004, 4_010, 4_011, 4_012, 4_013, 4_014] {
        let mut discord = Discord::start().await;
        let bot = run(&discord, quick(), at_once);
        let line = discord.begun().await;
        line.closes(Some(code)).await;
        assert_eq!(soon("the end", bot.end).await.unwrap(), GatewayEnd::Refused { code });
        let health = bot.health.borrow().clone();
        assert!(!health.live && health.fatal.unwrap().contains(&code.to_string()));
    }
}

#[tokio::test]
async fn heartbeats_carry_the_last_event_and_a_connection_that_ignores_them_is_left() {
    let mut discord = Discord::start().await;
    let _bot = run(&discord, quick(), at_once);
    let mut line = discord.next("fresh").await;
    line.hello(40).await;
    // The first heartbeat may come before or after the identify.
    let mut heard = [line.heard().await, json!(null)];
    if heard[0]["op"] == 1 {
        heard[1] = line.heard().await;
    }
    assert!(heard.iter().any(|frame| frame["op"] == 2));
    line.ready(7).await;
    let mut sequence = Value::Null;
    while sequence != 7 {
        line.says(&json!({"op": 11})).await;
        let beat = line.heard().await;
        assert_eq!(beat["op"], 1);
        sequence = beat["d"].clone();
    }
    // No acknowledgement from here on.
    assert_eq!(line.closed_with().await, Some(4_000));
    let _line = discord.resumed(7).await;
}

#[tokio::test]
async fn a_heartbeat_that_discord_asks_for_is_sent_at_once_but_not_without_end() {
    let mut discord = Discord::start().await;
    let mut bot = run(&discord, quick(), at_once);
    let mut line = discord.begun().await;
    line.says(&json!({"op": 1, "d": null})).await;
    assert_eq!(line.heard().await, json!({"op": 1, "d": 1}));
    for _ in 0..200 {
        line.says(&json!({"op": 1, "d": null})).await;
    }
    line.delivers(2).await;
    assert_eq!(bot.next().await, 2, "all of it was read");
    drop(line.socket.send(Message::Close(None)).await);
    let mut beats = 1;
    while let Some(Ok(message)) = line.socket.recv().await {
        beats += usize::from(matches!(message, Message::Text(_)));
    }
    assert_eq!(beats, 99, "a hundred frames with the identify");
}

#[tokio::test]
async fn a_used_up_session_limit_is_waited_for_and_said() {
    let mut discord = Discord::start().await;
    discord.answers(Api::Gives { remaining: 10, reset_after_ms: 600_000 });
    let mut bot = run(&discord, quick(), at_once);
    let health = bot.until("the wait", |h| h.waiting.is_some()).await;
    assert_eq!(
        health.waiting.unwrap(),
        "only 10 new sessions are left today; waiting 10 min for discord's reset"
    );
    assert_eq!((health.sessions_left, health.live), (Some(10), false));
    assert_eq!(discord.asked(), 1);
    assert!(discord.lines.try_recv().is_err(), "no connection was opened");
    bot.stop.send_replace(true);
    assert_eq!(soon("the end", bot.end).await.unwrap(), GatewayEnd::Stopped);

    discord.answers(Api::Gives { remaining: 0, reset_after_ms: 30 });
    let mut bot = run(&discord, quick(), at_once);
    discord.asked_times(3).await;
    discord.answers(Api::Gives { remaining: 1_000, reset_after_ms: 1 });
    let _line = discord.begun().await;
    assert_eq!(bot.until("the session", |h| h.live).await.waiting, None);
}

/// libraries §3: serenity dials an address of its own here.
#[tokio::test]
async fn a_gateway_that_cannot_be_asked_for_is_asked_for_again_and_never_guessed() {
    let mut discord = Discord::start().await;
    discord.answers(Api::Refuses(500));
    let mut bot = run(&discord, quick(), at_once);
    discord.asked_times(4).await;
    assert!(discord.lines.try_recv().is_err());
    discord.answers(Api::Gives { remaining: 900, reset_after_ms: 1 });
    let _line = discord.begun().await;
    bot.until("the session", |h| h.live).await;
}

#[tokio::test]
async fn a_refused_token_is_a_fault_for_the_operator_and_the_loop_goes_on() {
    let mut discord = Discord::start().await;
    discord.answers(Api::Refuses(401));
    let mut bot = run(&discord, quick(), at_once);
    let health = bot.until("the fault", |h| h.fatal.is_some()).await;
    assert!(health.fatal.unwrap().contains("token refused"));
    assert!(!bot.end.is_finished() && discord.lines.try_recv().is_err());
    assert_eq!(discord.asked(), 1);
}

#[tokio::test]
async fn a_resume_that_never_works_ends_in_a_new_session() {
    let mut discord = Discord::start().await;
    let _bot = run(&discord, quick(), at_once);
    drop(discord.begun().await);
    for _ in 0..5 {
        drop(discord.next("resume").await);
    }
    let _line = discord.begun().await;
    assert_eq!(discord.asked(), 2);
}

#[tokio::test]
async fn a_connection_without_hello_or_without_confirmation_is_given_up() {
    let mut discord = Discord::start().await;
    let limit = Duration::from_millis(100);
    let _bot = run(&discord, GatewayConfig { hello_max: limit, ready_max: limit, ..quick() }, at_once);
    let _silent = discord.next("fresh").await;
    let mut unconfirmed = discord.next("fresh").await;
    unconfirmed.hello(QUIET_MS).await;
    assert_eq!(unconfirmed.heard().await["op"], 2);
    let _line = discord.begun().await;
}

#[tokio::test]
async fn a_panic_and_a_slow_handler_hold_nobody_up_and_what_is_too_much_is_not_taken() {
    let mut discord = Discord::start().await;
    let gate = Arc::new(Semaphore::new(0));
    let wait = gated(&gate);
    let config = GatewayConfig { handlers_max: 2, waiting_max: 1, ..quick() };
    let mut bot = run(&discord, config, move |dispatch| match dispatch.sequence {
        Some(2) => Box::pin(async { panic!("planted") }),
        _ => wait(dispatch),
    });
    let mut line = discord.begun().await;
    line.delivers(2).await;
    assert_eq!(bot.next().await, 2);
    bot.until("the panic over", |h| h.in_flight == 0).await;
    for sequence in 3..=6 {
        line.delivers(sequence).await;
    }
    let mut first = [bot.next().await, bot.next().await];
    first.sort_unstable();
    assert_eq!(first, [3, 4]);
    // An answer to this proves that the sixth was read, and with three at work it was not taken.
    line.says(&json!({"op": 1, "d": null})).await;
    assert_eq!(line.heard().await, json!({"op": 1, "d": 6}));
    gate.add_permits(10);
    assert_eq!(bot.next().await, 5);
    bot.until("nothing at work", |h| h.in_flight == 0).await;
    assert!(bot.seen.try_recv().is_err());
}

#[tokio::test]
async fn frames_that_nobody_can_read_change_nothing() {
    let mut discord = Discord::start().await;
    let mut bot = run(&discord, quick(), at_once);
    let mut line = discord.begun().await;
    for frame in
        ["", "[]", "{", r#"{"op":0}"#, r#"{"op":99,"d":1}"#, r#"{"op":0,"s":null,"t":"READY","d":7}"#]
    {
        line.says_raw(frame).await;
    }
    line.socket.send(Message::Binary(vec![0, 159, 146].into())).await.unwrap();
    line.delivers(2).await;
    assert_eq!(bot.next().await, 2);
    assert!(bot.health.borrow().live);
}

#[tokio::test]
async fn a_stop_says_goodbye_and_waits_for_what_is_at_work() {
    let (mut discord, gate) = (Discord::start().await, Arc::new(Semaphore::new(0)));
    let mut bot = run(&discord, quick(), gated(&gate));
    let mut line = discord.begun().await;
    line.delivers(2).await;
    bot.next().await;
    bot.stop.send_replace(true);
    assert_eq!(line.closed_with().await, Some(1_000));
    assert!(!bot.end.is_finished());
    gate.add_permits(1);
    assert_eq!(soon("the end", bot.end).await.unwrap(), GatewayEnd::Stopped);
    assert_eq!(bot.health.borrow().in_flight, 0);
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
async fn neither_tokens_nor_sessions_nor_payloads_are_logged() {
    let log = Log::default();
    let lines = log.clone();
    // Libraries of frames are capped by `telemetry::logs`, however the filter is set; here the filter does it.
    let filter = "trace,tungstenite=debug,tokio_tungstenite=debug";
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(move || lines.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut discord = Discord::start().await;
    let mut bot = run(&discord, quick(), |dispatch| {
        tracing::info!(?dispatch, "handled");
        Box::pin(async {})
    });
    let mut line = discord.begun().await;
    line.says_raw(r#"{"op":"s3cr3t"}"#).await;
    line.delivers(2).await;
    bot.next().await;
    drop(line);
    let line = discord.resumed(2).await;
    line.closes(Some(4_004)).await;
    soon("the end", bot.end).await.unwrap();
    let printed = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(printed.contains("handled") && printed.contains("unreadable frame"), "no log was captured");
    if let Some(line) = printed.lines().find(|line| line.contains("s3cr3t")) {
        panic!("a secret was printed: {line}");
    }
}
