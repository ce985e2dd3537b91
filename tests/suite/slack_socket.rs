//! The Socket Mode loop against a Slack that the test plays by hand: every case slack-morphism's listener fails
//! (libraries §2), and what the protocol can do besides.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::future::BoxFuture;
use glasskey::chat::slack::envelope::{Ack, Envelope, EnvelopeHandler, EnvelopeKind};
use glasskey::chat::slack::socket::{SocketConfig, SocketEnd, SocketHealth, SocketMode};
use glasskey::chat::slack::web::{SlackWeb, WebConfig};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::{Barrier, Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Nothing in these tests takes as long unless it hangs.
const HANG: Duration = Duration::from_secs(20);

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(HANG, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// How apps.connections.open answers.
#[derive(Clone)]
enum Api {
    Opens,
    Refuses(&'static str),
    Limits { retry_after_s: u32 },
    Hangs,
}

struct Shared {
    api: watch::Sender<Api>,
    asked: watch::Sender<usize>,
    sockets: mpsc::UnboundedSender<WebSocket>,
    port: u16,
}

/// A Slack whose sockets the test holds in its hands.
struct Slack {
    shared: Arc<Shared>,
    sockets: mpsc::UnboundedReceiver<WebSocket>,
}

const TICKET: &str = "s3cr3t-ticket";

impl Slack {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tx, sockets) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            api: watch::Sender::new(Api::Opens),
            asked: watch::Sender::new(0),
            sockets: tx,
            port: listener.local_addr().unwrap().port(),
        });
        let routes = axum::Router::new()
            .route("/api/apps.connections.open", post(connections_open))
            .route("/link", get(link))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { shared, sockets }
    }

    fn answers(&self, api: Api) {
        self.shared.api.send_replace(api);
    }

    fn asked(&self) -> watch::Receiver<usize> {
        self.shared.asked.subscribe()
    }

    async fn asked_times(&self, times: usize) {
        soon("apps.connections.open", async {
            self.asked().wait_for(|asked| *asked >= times).await.unwrap();
        })
        .await;
    }

    /// The next socket, before its hello.
    async fn next(&mut self) -> Socket {
        Socket(soon("a socket", self.sockets.recv()).await.unwrap())
    }

    /// The next socket, greeted.
    async fn greeted(&mut self) -> Socket {
        let mut socket = self.next().await;
        socket.hello(1).await;
        socket
    }

    fn web(&self, call_timeout: Duration) -> SlackWeb {
        let url = format!("http://127.0.0.1:{}/api", self.shared.port).parse().unwrap();
        let token = |text: &str| SecretString::from(text.to_owned());
        let config =
            WebConfig { call_timeout, ..WebConfig::new(url, token("xapp-s3cr3t"), token("xoxb-s3cr3t")) };
        SlackWeb::new(config).unwrap()
    }
}

async fn connections_open(State(slack): State<Arc<Shared>>) -> Response {
    slack.asked.send_modify(|asked| *asked += 1);
    let api = slack.api.borrow().clone();
    match api {
        Api::Opens => {
            let url = format!("ws://127.0.0.1:{}/link?ticket={TICKET}", slack.port);
            axum::Json(json!({"ok": true, "url": url})).into_response()
        }
        Api::Refuses(code) => axum::Json(json!({"ok": false, "error": code})).into_response(),
        Api::Limits { retry_after_s } => {
            let headers = [("retry-after", retry_after_s.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(json!({"ok": false, "error": "ratelimited"})))
                .into_response()
        }
        Api::Hangs => std::future::pending().await,
    }
}

async fn link(State(slack): State<Arc<Shared>>, RawQuery(query): RawQuery, up: WebSocketUpgrade) -> Response {
    assert_eq!(query.as_deref(), Some(format!("ticket={TICKET}").as_str()));
    up.on_upgrade(async move |socket| drop(slack.sockets.send(socket)))
}

/// Slack's end of one socket. Dropping it is a connection that breaks.
struct Socket(WebSocket);

impl Socket {
    async fn says(&mut self, frame: &Value) {
        self.says_raw(&frame.to_string()).await;
    }

    async fn says_raw(&mut self, frame: &str) {
        self.0.send(Message::text(frame)).await.unwrap();
    }

    async fn hello(&mut self, connections: usize) {
        self.says(&json!({"type": "hello", "num_connections": connections})).await;
    }

    async fn disconnects(&mut self, reason: &str) {
        self.says(&json!({"type": "disconnect", "reason": reason, "debug_info": {}})).await;
    }

    async fn delivers(&mut self, envelope_id: &str) {
        self.says(&envelope(envelope_id)).await;
    }

    /// The next acknowledgement, `None` once the socket is closed or broken.
    async fn heard(&mut self) -> Option<Value> {
        soon("an acknowledgement", async {
            loop {
                match self.0.recv().await {
                    Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {}
                }
            }
        })
        .await
    }

    async fn acked(&mut self) -> String {
        self.heard().await.expect("the socket closed")["envelope_id"].as_str().unwrap().to_owned()
    }

    /// Proves that all we sent so far was read, and that nothing was acknowledged meanwhile.
    async fn has_read_all_without_acking(&mut self) {
        self.0.send(Message::Ping(b"read?".to_vec().into())).await.unwrap();
        soon("a pong", async {
            loop {
                match self.0.recv().await.unwrap().unwrap() {
                    Message::Pong(echo) if &echo[..] == b"read?" => return,
                    Message::Text(text) => panic!("acknowledged too early: {text}"),
                    _ => {}
                }
            }
        })
        .await;
    }
}

fn envelope(envelope_id: &str) -> Value {
    json!({
        "envelope_id": envelope_id, "type": "slash_commands", "accepts_response_payload": true,
        "payload": {"command": "/elevate", "text": "s3cr3t-reason", "trigger_id": "s3cr3t-trigger"},
    })
}

/// A handler made of a closure; tells the test what it got.
struct Desk<F> {
    work: F,
    seen: mpsc::UnboundedSender<Envelope>,
}

impl<F> EnvelopeHandler for Desk<F>
where
    F: Fn(Envelope) -> BoxFuture<'static, Ack> + Send + Sync + 'static,
{
    fn handle(&self, envelope: Envelope) -> BoxFuture<'_, Ack> {
        self.seen.send(envelope.clone()).ok();
        (self.work)(envelope)
    }
}

/// The loop under test, running.
struct Running {
    health: watch::Receiver<SocketHealth>,
    seen: mpsc::UnboundedReceiver<Envelope>,
    stop: watch::Sender<bool>,
    end: JoinHandle<SocketEnd>,
}

impl Running {
    async fn until(&mut self, what: &str, is: impl FnMut(&SocketHealth) -> bool) -> SocketHealth {
        soon(what, self.health.wait_for(is)).await.unwrap().clone()
    }

    async fn next(&mut self) -> Envelope {
        soon("an envelope", self.seen.recv()).await.unwrap()
    }

    async fn stops(self) -> SocketEnd {
        self.stop.send_replace(true);
        soon("the end", self.end).await.unwrap()
    }
}

fn quick() -> SocketConfig {
    SocketConfig {
        sockets: 1,
        pause_first: Duration::from_millis(2),
        pause_max: Duration::from_millis(20),
        drain_max: Duration::from_secs(2),
        close_max: Duration::from_millis(200),
        ..SocketConfig::default()
    }
}

fn run<F>(slack: &Slack, config: SocketConfig, work: F) -> Running
where
    F: Fn(Envelope) -> BoxFuture<'static, Ack> + Send + Sync + 'static,
{
    let (tx, seen) = mpsc::unbounded_channel();
    let web = slack.web(Duration::from_millis(300));
    let socket = SocketMode::new(config, web, Arc::new(Desk { work, seen: tx })).unwrap();
    let (stop, stopped) = watch::channel(false);
    Running { health: socket.health(), seen, stop, end: tokio::spawn(socket.run(stopped)) }
}

fn at_once(_: Envelope) -> BoxFuture<'static, Ack> {
    Box::pin(async { Ack::Empty })
}

/// A handler that waits until the test lets one envelope through.
fn gated(gate: &Arc<Semaphore>) -> impl Fn(Envelope) -> BoxFuture<'static, Ack> + Send + Sync + use<> {
    let gate = Arc::clone(gate);
    move |_| {
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            Ack::Empty
        })
    }
}

/// pitfall 17
#[tokio::test]
async fn an_envelope_is_acknowledged_after_its_handler_is_done_and_not_before() {
    let (mut slack, gate) = (Slack::start().await, Arc::new(Semaphore::new(0)));
    let mut bot = run(&slack, quick(), gated(&gate));
    let mut socket = slack.greeted().await;
    socket.delivers("e1").await;
    bot.next().await;
    socket.has_read_all_without_acking().await;
    gate.add_permits(1);
    assert_eq!(socket.heard().await.unwrap(), json!({"envelope_id": "e1"}));
}

#[tokio::test]
async fn four_slow_handlers_run_and_are_acknowledged_together() {
    let mut slack = Slack::start().await;
    let together = Arc::new(Barrier::new(4));
    let _bot = run(&slack, quick(), move |_| {
        let together = Arc::clone(&together);
        Box::pin(async move {
            together.wait().await;
            Ack::Empty
        })
    });
    let mut socket = slack.greeted().await;
    for n in 0..4 {
        socket.delivers(&format!("e{n}")).await;
    }
    let mut acked = Vec::new();
    for _ in 0..4 {
        acked.push(socket.acked().await);
    }
    acked.sort();
    assert_eq!(acked, ["e0", "e1", "e2", "e3"]);
}

#[tokio::test]
async fn a_handler_slower_than_the_silence_limit_does_not_cost_the_socket() {
    let (mut slack, gate) = (Slack::start().await, Arc::new(Semaphore::new(0)));
    let silence_max = Duration::from_millis(150);
    let config = SocketConfig { silence_max, ping_every: Duration::from_millis(50), ..quick() };
    let mut bot = run(&slack, config, gated(&gate));
    let mut socket = slack.greeted().await;
    socket.delivers("slow").await;
    bot.next().await;
    // Reading answers the bot's pings, as Slack does: pongs are all the bot hears, for well over the limit.
    let since = Instant::now();
    while since.elapsed() < silence_max * 3 {
        assert!(matches!(soon("a ping", socket.0.recv()).await, Some(Ok(Message::Ping(_)))));
    }
    gate.add_permits(1);
    assert_eq!(socket.acked().await, "slow");
    assert_eq!(*slack.asked().borrow(), 1);
}

#[tokio::test]
async fn a_silent_socket_is_dead_and_replaced() {
    let mut slack = Slack::start().await;
    let config = SocketConfig { silence_max: Duration::from_millis(100), ..quick() };
    let _bot = run(&slack, config, at_once);
    let _silent = slack.greeted().await;
    let mut next = slack.greeted().await;
    next.delivers("e").await;
    assert_eq!(next.acked().await, "e");
}

/// pitfall 17
#[tokio::test]
async fn a_drop_while_a_handler_runs_neither_cuts_the_handler_short_nor_loses_the_redelivery() {
    let (mut slack, gate) = (Slack::start().await, Arc::new(Semaphore::new(0)));
    let mut bot = run(&slack, quick(), gated(&gate));
    let mut socket = slack.greeted().await;
    socket.delivers("e1").await;
    assert_eq!(bot.next().await.retry_attempt, 0);
    drop(socket);
    let mut socket = slack.greeted().await;
    assert_eq!(bot.until("the handler still at work", |h| h.open == 1).await.in_flight, 1);
    gate.add_permits(1);
    bot.until("the handler done", |h| h.in_flight == 0).await;
    let mut again = envelope("e1");
    again["retry_attempt"] = json!(1);
    again["retry_reason"] = json!("timeout");
    socket.says(&again).await;
    let second = bot.next().await;
    assert_eq!((second.envelope_id.as_str(), second.retry_attempt), ("e1", 1));
    assert_eq!(second.retry_reason.as_deref(), Some("timeout"));
    gate.add_permits(1);
    assert_eq!(socket.acked().await, "e1");
}

#[tokio::test]
async fn forty_of_forty_acknowledgements_survive_a_disconnect_right_behind_them() {
    let mut slack = Slack::start().await;
    let _bot = run(&slack, quick(), |_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ack::Empty
        })
    });
    let mut socket = slack.greeted().await;
    for n in 0..40 {
        let id = format!("e{n}");
        socket.delivers(&id).await;
        socket.disconnects(if n % 2 == 0 { "warning" } else { "refresh_requested" }).await;
        let successor = slack.greeted().await;
        assert_eq!(socket.acked().await, id);
        socket = successor;
    }
}

#[tokio::test]
async fn the_successor_is_open_before_the_old_socket_is_drained() {
    let (mut slack, gate) = (Slack::start().await, Arc::new(Semaphore::new(0)));
    let config = SocketConfig { drain_max: Duration::from_millis(300), ..quick() };
    let mut bot = run(&slack, config, gated(&gate));
    let mut old = slack.greeted().await;
    old.delivers("slow").await;
    bot.next().await;
    old.disconnects("warning").await;
    let mut successor = slack.next().await;
    // No hello yet, so the old one still is the one: it reads and acknowledges.
    old.delivers("meanwhile").await;
    bot.next().await;
    gate.add_permits(1);
    assert_eq!(old.acked().await, "slow");
    successor.hello(2).await;
    bot.until("both sockets", |h| h.open == 2).await;
    gate.add_permits(1);
    assert_eq!(old.acked().await, "meanwhile", "the old socket acknowledges while it drains");
    assert_eq!(old.heard().await, None, "and is closed by the bot after the drain limit");
    bot.until("the old socket gone", |h| h.open == 1).await;
    successor.delivers("after").await;
    gate.add_permits(1);
    assert_eq!(successor.acked().await, "after");
    assert_eq!(*slack.asked().borrow(), 2);
}

#[tokio::test]
async fn the_old_socket_serves_on_while_no_successor_can_be_opened() {
    let mut slack = Slack::start().await;
    let _bot = run(&slack, quick(), at_once);
    let mut old = slack.greeted().await;
    slack.answers(Api::Refuses("internal_error"));
    old.disconnects("refresh_requested").await;
    slack.asked_times(4).await;
    old.delivers("still here").await;
    assert_eq!(old.acked().await, "still here");
    slack.answers(Api::Opens);
    slack.greeted().await;
}

#[tokio::test]
async fn a_successor_is_opened_before_the_announced_end_of_a_socket() {
    let mut slack = Slack::start().await;
    let _bot = run(&slack, quick(), at_once);
    let mut socket = slack.next().await;
    let announced = Instant::now();
    let debug_info = json!({"approximate_connection_time": 2});
    socket.says(&json!({"type": "hello", "num_connections": 1, "debug_info": debug_info})).await;
    let _successor = slack.greeted().await;
    let life = announced.elapsed();
    assert!(life > Duration::from_millis(900) && life < Duration::from_secs(2), "{life:?}");
}

#[tokio::test]
async fn a_panic_costs_only_its_own_envelope() {
    let mut slack = Slack::start().await;
    let mut bot = run(&slack, quick(), |envelope| {
        assert!(envelope.envelope_id != "at once", "on purpose, before the future exists");
        Box::pin(async move {
            assert!(envelope.envelope_id != "later", "on purpose, inside the future");
            Ack::Empty
        })
    });
    let mut socket = slack.greeted().await;
    for id in ["at once", "later", "good"] {
        socket.delivers(id).await;
    }
    assert_eq!(socket.acked().await, "good");
    bot.until("nothing left at work", |h| h.in_flight == 0).await;
    socket.has_read_all_without_acking().await;
    assert_eq!(*slack.asked().borrow(), 1, "the socket survived");
}

#[tokio::test]
async fn what_a_handler_could_not_make_durable_is_not_acknowledged() {
    let mut slack = Slack::start().await;
    let mut bot = run(&slack, quick(), |_| Box::pin(async { Ack::None }));
    let mut socket = slack.greeted().await;
    socket.delivers("e1").await;
    bot.next().await;
    bot.until("nothing left at work", |h| h.in_flight == 0).await;
    socket.has_read_all_without_acking().await;
}

#[tokio::test]
async fn an_answer_rides_on_the_acknowledgement() {
    let mut slack = Slack::start().await;
    let _bot =
        run(&slack, quick(), |_| Box::pin(async { Ack::Payload(json!({"response_action": "errors"})) }));
    let mut socket = slack.greeted().await;
    socket.delivers("form").await;
    assert_eq!(
        socket.heard().await.unwrap(),
        json!({"envelope_id": "form", "payload": {"response_action": "errors"}})
    );
}

#[tokio::test]
async fn an_api_that_hangs_is_given_up_in_time_and_asked_again_until_it_is_back() {
    let mut slack = Slack::start().await;
    slack.answers(Api::Hangs);
    let mut bot = run(&slack, quick(), at_once);
    slack.asked_times(2).await;
    assert_eq!(bot.health.borrow().open, 0);
    slack.answers(Api::Opens);
    let _socket = slack.greeted().await;
    assert_eq!(bot.until("the socket", |h| h.open == 1).await.fatal, None);
}

#[tokio::test]
async fn a_socket_that_never_says_hello_is_given_up_in_time() {
    let mut slack = Slack::start().await;
    let config = SocketConfig { hello_max: Duration::from_millis(100), ..quick() };
    let mut bot = run(&slack, config, at_once);
    let _mute = slack.next().await;
    let _socket = slack.greeted().await;
    bot.until("the socket", |h| h.open == 1 && h.last_hello.is_some()).await;
}

#[tokio::test]
async fn link_disabled_ends_the_loop_for_good_and_says_so() {
    for before_hello in [true, false] {
        let mut slack = Slack::start().await;
        let mut bot = run(&slack, quick(), at_once);
        let mut socket = slack.next().await;
        if !before_hello {
            socket.hello(1).await;
            bot.until("the socket", |h| h.open == 1).await;
        }
        socket.disconnects("link_disabled").await;
        let health = bot.until("the fault", |h| h.fatal.is_some()).await;
        assert!(health.fatal.unwrap().contains("link_disabled"));
        assert_eq!(soon("the end", bot.end).await.unwrap(), SocketEnd::LinkDisabled);
        assert_eq!(*slack.asked().borrow(), 1, "no new attempt");
        assert!(bot.health.borrow().fatal.is_some(), "the fault outlives the loop");
    }
}

#[tokio::test]
async fn a_revoked_token_is_a_loud_fault_that_heals_when_the_token_is_mended() {
    for code in
        ["token_revoked", "invalid_auth", "account_inactive", "not_allowed_token_type", "missing_scope"]
    {
        let mut slack = Slack::start().await;
        slack.answers(Api::Refuses(code));
        let mut bot =
            run(&slack, SocketConfig { recheck_every: Duration::from_millis(50), ..quick() }, at_once);
        assert!(bot.until("the fault", |h| h.fatal.is_some()).await.fatal.unwrap().contains(code));
        slack.asked_times(2).await;
        slack.answers(Api::Opens);
        let _socket = slack.greeted().await;
        bot.until("health again", |h| h.open == 1 && h.fatal.is_none()).await;
    }
}

#[tokio::test]
async fn a_revoked_token_is_not_tried_again_and_again() {
    let slack = Slack::start().await;
    slack.answers(Api::Refuses("token_revoked"));
    let mut bot = run(&slack, SocketConfig { recheck_every: Duration::from_secs(3600), ..quick() }, at_once);
    bot.until("the fault", |h| h.fatal.is_some()).await;
    let mut asked = slack.asked();
    let again = asked.wait_for(|asked| *asked > 1);
    assert!(
        timeout(Duration::from_millis(200), again).await.is_err(),
        "ten back-offs long, but no second attempt"
    );
    assert_eq!(bot.stops().await, SocketEnd::Stopped);
}

#[tokio::test]
async fn one_socket_too_many_is_tried_again_after_the_longest_pause() {
    let mut slack = Slack::start().await;
    let pause_max = Duration::from_millis(150);
    let mut bot = run(&slack, SocketConfig { pause_max, ..quick() }, at_once);
    let mut refused = slack.next().await;
    let since = Instant::now();
    refused.disconnects("too_many_websockets").await;
    let _socket = slack.greeted().await;
    assert!(since.elapsed() >= pause_max, "{:?}", since.elapsed());
    bot.until("the socket", |h| h.open == 1).await;
}

#[tokio::test]
async fn the_wait_that_slack_asks_for_before_another_socket_is_kept() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let mut slack = Slack::start().await;
    slack.answers(Api::Limits { retry_after_s: 1 });
    let _bot = run(&slack, quick(), at_once);
    slack.asked_times(1).await;
    let since = Instant::now();
    slack.answers(Api::Opens);
    slack.greeted().await;
    assert!(since.elapsed() >= Duration::from_millis(900), "{:?}", since.elapsed());
    assert_eq!(*slack.asked().borrow(), 2);
    let metrics = recorder.handle().render();
    let limited = metrics.lines().find(|line| line.contains("outcome=\"rate_limited\"")).unwrap();
    assert!(limited.ends_with(" 1"), "knocked again while told to wait: {limited}");
}

#[tokio::test]
async fn payloads_that_no_model_knows_reach_the_handler_whole_and_nonsense_costs_nothing() {
    let mut slack = Slack::start().await;
    let mut bot = run(&slack, quick(), at_once);
    let mut socket = slack.greeted().await;
    socket.says_raw("not json at all").await;
    socket.says_raw(r#"{"type":"interactive","payload":{"no":"envelope_id"}}"#).await;
    socket.0.send(Message::Binary(vec![0xff, 0xfe].into())).await.unwrap();
    let payload = json!({
        "type": "block_actions", "actions": [{"type": "users_select", "selected_user": "U1"}],
        "message": {"metadata": {"event_type": "x", "event_payload": {"number": 7, "list": [1]}}},
        "from_the_future": {"a": [null]},
    });
    socket.says(&json!({"envelope_id": "e1", "type": "interactive", "payload": payload})).await;
    socket.says(&json!({"envelope_id": "e2", "type": "telepathy", "payload": "thought"})).await;
    assert_eq!((socket.acked().await, socket.acked().await), ("e1".to_owned(), "e2".to_owned()));
    let first = bot.next().await;
    assert_eq!((first.kind, first.payload), (EnvelopeKind::Interactive, payload));
    let second = bot.next().await;
    assert_eq!((second.kind, second.payload), (EnvelopeKind::Other("telepathy".into()), json!("thought")));
    assert!(bot.seen.try_recv().is_err(), "nonsense reached the handler");
}

#[tokio::test]
async fn an_envelope_that_comes_before_the_hello_is_not_lost() {
    let mut slack = Slack::start().await;
    let _bot = run(&slack, quick(), at_once);
    let mut socket = slack.next().await;
    socket.delivers("early").await;
    socket.hello(1).await;
    assert_eq!(socket.acked().await, "early");
}

#[tokio::test]
async fn shutdown_waits_for_the_handlers_at_work_and_acknowledges_them() {
    let (mut slack, gate) = (Slack::start().await, Arc::new(Semaphore::new(0)));
    let mut bot = run(&slack, quick(), gated(&gate));
    let mut socket = slack.greeted().await;
    for id in ["e1", "e2", "e3"] {
        socket.delivers(id).await;
        bot.next().await;
    }
    bot.stop.send_replace(true);
    let early = timeout(Duration::from_millis(100), socket.heard()).await;
    assert!(early.is_err(), "closed or acknowledged with handlers at work: {early:?}");
    gate.add_permits(3);
    let mut acked = vec![socket.acked().await, socket.acked().await, socket.acked().await];
    acked.sort();
    assert_eq!(acked, ["e1", "e2", "e3"]);
    assert_eq!(socket.heard().await, None, "closed by the bot");
    assert_eq!(soon("the end", bot.end).await.unwrap(), SocketEnd::Stopped);
    assert_eq!(*slack.asked().borrow(), 1, "no new socket");
    assert_eq!(bot.health.borrow().open, 0);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever_for_a_handler_that_hangs() {
    let mut slack = Slack::start().await;
    let config = SocketConfig { drain_max: Duration::from_millis(100), ..quick() };
    let mut bot = run(&slack, config, |_| Box::pin(std::future::pending()));
    let mut socket = slack.greeted().await;
    socket.delivers("e1").await;
    bot.next().await;
    assert_eq!(bot.stops().await, SocketEnd::Stopped);
}

#[tokio::test]
async fn one_drop_leaves_one_socket_even_when_no_new_one_can_be_had() {
    let mut slack = Slack::start().await;
    let mut bot = run(&slack, SocketConfig { sockets: 2, ..quick() }, at_once);
    let first = slack.greeted().await;
    let mut second = slack.greeted().await;
    bot.until("two sockets", |h| h.open == 2).await;
    slack.answers(Api::Hangs);
    drop(first);
    bot.until("one socket", |h| h.open == 1).await;
    second.delivers("e").await;
    assert_eq!(second.acked().await, "e");
    slack.answers(Api::Opens);
    slack.greeted().await;
    bot.until("two sockets", |h| h.open == 2).await;
}

#[tokio::test]
async fn another_instance_on_the_same_app_token_is_noticed() {
    let mut slack = Slack::start().await;
    let mut bot = run(&slack, quick(), at_once);
    let mut socket = slack.next().await;
    socket.hello(3).await;
    assert_eq!(bot.until("the socket", |h| h.open == 1).await.others, 2);
    drop(socket);
    slack.greeted().await;
    bot.until("the other instance gone", |h| h.others == 0).await;
}

#[tokio::test]
async fn beyond_the_limit_envelopes_wait_and_beyond_that_they_are_not_taken() {
    let (mut slack, gate) = (Slack::start().await, Arc::new(Semaphore::new(0)));
    let config = SocketConfig { handlers_max: 1, waiting_max: 1, ..quick() };
    let mut bot = run(&slack, config, gated(&gate));
    let mut socket = slack.greeted().await;
    for id in ["works", "waits", "too many"] {
        socket.delivers(id).await;
    }
    assert_eq!(bot.next().await.envelope_id, "works");
    socket.has_read_all_without_acking().await;
    assert!(bot.seen.try_recv().is_err(), "a second handler ran beside the first");
    gate.add_permits(2);
    assert_eq!((socket.acked().await, socket.acked().await), ("works".to_owned(), "waits".to_owned()));
    bot.until("nothing left at work", |h| h.in_flight == 0).await;
    gate.add_permits(1);
    socket.delivers("next").await;
    assert_eq!(socket.acked().await, "next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_envelopes_at_once_over_two_sockets_are_all_acknowledged() {
    let mut slack = Slack::start().await;
    let mut bot = run(&slack, SocketConfig { sockets: 2, ..quick() }, |_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ack::Empty
        })
    });
    let mut halves = Vec::new();
    for half in 0..2 {
        let mut socket = slack.greeted().await;
        halves.push(tokio::spawn(async move {
            for n in 0..250 {
                socket.delivers(&format!("e{half}-{n:03}")).await;
            }
            let mut acked = Vec::new();
            while acked.len() < 250 {
                acked.push(socket.acked().await);
            }
            acked.sort();
            acked.dedup();
            (acked.len(), socket)
        }));
    }
    for half in halves {
        assert_eq!(half.await.unwrap().0, 250);
    }
    bot.until("nothing left at work", |h| h.in_flight == 0).await;
}

#[tokio::test]
async fn how_each_envelope_ended_is_counted() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (mut slack, gate) = (Slack::start().await, Arc::new(Semaphore::new(0)));
    let slow = gated(&gate);
    let mut bot = run(&slack, quick(), move |envelope| match envelope.envelope_id.as_str() {
        "panic" => panic!("on purpose"),
        "refused" => Box::pin(async { Ack::None }),
        "slow" => slow(envelope),
        _ => at_once(envelope),
    });
    let mut socket = slack.greeted().await;
    socket.says_raw("nonsense").await;
    for id in ["panic", "refused", "good"] {
        socket.delivers(id).await;
    }
    assert_eq!(socket.acked().await, "good");
    socket.delivers("slow").await;
    while bot.next().await.envelope_id != "slow" {}
    drop(socket);
    let _next = slack.greeted().await;
    gate.add_permits(1);
    bot.until("one socket and nothing at work", |h| h.in_flight == 0 && h.open == 1).await;
    let metrics = recorder.handle().render();
    let mut expected: Vec<String> = ["panicked", "not_acked", "acked", "ack_lost"]
        .map(|end| format!("glasskey_slack_envelopes_total{{kind=\"slash_commands\",outcome=\"{end}\"}} 1"))
        .into();
    expected.push("glasskey_slack_envelopes_total{kind=\"unknown\",outcome=\"unreadable\"} 1".to_owned());
    expected.push("glasskey_ack_seconds_count 1".to_owned());
    expected.push("glasskey_slack_sockets 1".to_owned());
    for line in expected {
        assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
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
async fn neither_tokens_nor_tickets_nor_payloads_are_logged_at_any_level() {
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || lines.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut slack = Slack::start().await;
    let mut bot = run(&slack, quick(), |envelope| {
        assert!(envelope.retry_attempt == 0, "on purpose");
        at_once(envelope)
    });
    let mut socket = slack.greeted().await;
    socket.delivers("e1").await;
    socket.says_raw("s3cr3t nonsense").await;
    let mut again = envelope("e2");
    again["retry_attempt"] = json!(1);
    socket.says(&again).await;
    assert_eq!(socket.acked().await, "e1");
    assert!(!format!("{:?}", bot.next().await).contains("s3cr3t"));
    bot.until("the panic", |h| h.in_flight == 0).await;
    drop(socket);
    slack.answers(Api::Refuses("token_revoked"));
    bot.until("the fault", |h| h.open == 0 && h.fatal.is_some()).await;
    bot.stops().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in ["slack socket open", "unreadable frame", "handler panicked", "needs an operator"] {
        assert!(log.contains(expected), "not logged: {expected}");
    }
    if let Some(line) = log.lines().find(|line| line.contains("s3cr3t")) {
        panic!("a secret in the log: {line}");
    }
}
