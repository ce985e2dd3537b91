//! The gateway over real WebSockets: hello, heartbeats, `IDENTIFY` and `RESUME`, dispatches out, and every way a connection
//! ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::session::{Denied, Order};
use super::world::World;

/// Bytes of one frame from a client.
const FRAME_MAX: usize = 4_096;

/// `1000` and `1001` end the session; a close without a code counts as 1005.
const GOODBYES: [u16; 2] = [1000, 1001];
const NO_CODE: u16 = 1005;

/// Close codes after which a session cannot be resumed.
const SESSION_ENDS: [u16; 9] = [4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014, 4003];

/// `GET /gateway`: the address of `/gateway/bot`.
pub(crate) async fn first(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    open(shared, &query, None, upgrade)
}

/// `GET /resume/{session}`: the address of `READY`.
pub(crate) async fn again(
    State(shared): State<Arc<Shared>>,
    Path(session): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    open(shared, &query, Some(session), upgrade)
}

fn open(
    shared: Arc<Shared>,
    query: &BTreeMap<String, String>,
    session: Option<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let says = |key: &str, wanted: &str| query.get(key).is_some_and(|value| value == wanted);
    if !says("v", "10") || !says("encoding", "json") || query.contains_key("compress") {
        shared.change(|w| {
            w.violation(format!("gateway: opened with {query:?}, not with v=10 and encoding=json"))
        });
        return (StatusCode::BAD_REQUEST, "v=10&encoding=json").into_response();
    }
    upgrade.on_upgrade(move |socket| Connection::run(shared, socket, session))
}

/// One connection while it lives.
struct Connection {
    shared: Arc<Shared>,
    socket: WebSocket,
    number: u64,
    /// The session in the address it was opened by.
    address: Option<String>,
    frozen: bool,
    /// When the client's heartbeat is overdue.
    overdue: Instant,
}

/// How a connection ended, or that it did not.
enum Next {
    Stay,
    /// Keep the session or not.
    End {
        keep: bool,
    },
}

impl Connection {
    async fn run(shared: Arc<Shared>, socket: WebSocket, address: Option<String>) {
        let (orders, inbox) = unbounded_channel();
        let number = shared.change(|w| w.gateway.open(orders));
        // Discord allows for latency; a client that misses two beats is gone.
        let overdue = Instant::now() + shared.options.heartbeat * 2;
        let mut connection =
            Self { shared: Arc::clone(&shared), socket, number, address, frozen: false, overdue };
        let interval = u64::try_from(shared.options.heartbeat.as_millis()).unwrap_or(u64::MAX);
        let hello = json!({
            "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": interval, "_trace": ["gateway-playground"] },
        });
        let keep = if connection.socket.send(Frame::text(hello.to_string())).await.is_ok() {
            connection.serve(inbox).await
        } else {
            true
        };
        drop(connection);
        shared.change(|w| w.gateway.gone(number, keep));
    }

    /// Until the connection ends; whether the session may be resumed.
    async fn serve(&mut self, mut inbox: UnboundedReceiver<Order>) -> bool {
        let mut stopping = self.shared.stopping();
        loop {
            let next = tokio::select! {
                order = inbox.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => Next::End { keep: true },
                },
                frame = self.socket.recv(), if !self.frozen => self.take(frame),
                () = sleep_until(self.overdue), if !self.frozen => self.close(Some(4000)).await,
                _ = stopping.changed() => Next::End { keep: true },
            };
            if let Next::End { keep } = next {
                return keep;
            }
        }
    }

    async fn obey(&mut self, order: Order) -> Next {
        match order {
            // A frozen connection swallows what is sent, like a peer behind a dead link.
            Order::Frame(_) if self.frozen => Next::Stay,
            Order::Frame(text) => match self.socket.send(Frame::text(text)).await {
                Ok(()) => Next::Stay,
                Err(_) => Next::End { keep: true },
            },
            Order::Close(code) => self.close(code).await,
            Order::Drop => Next::End { keep: true },
            Order::Freeze => {
                self.frozen = true;
                Next::Stay
            }
        }
    }

    async fn close(&mut self, code: Option<u16>) -> Next {
        let frame = code.map(|code| CloseFrame { code, reason: "".into() });
        // The connection ends either way.
        let _ = self.socket.send(Frame::Close(frame)).await;
        Next::End { keep: code.is_none_or(|code| !SESSION_ENDS.contains(&code)) }
    }

    fn take(&mut self, frame: Option<Result<Frame, axum::Error>>) -> Next {
        match frame {
            Some(Ok(Frame::Text(text))) => {
                if self.shared.change(|w| self.hear(w, text.as_str())) {
                    self.overdue = Instant::now() + self.shared.options.heartbeat * 2;
                }
                Next::Stay
            }
            Some(Ok(Frame::Binary(_))) => {
                self.shared.change(|w| w.gateway.order(self.number, Order::Close(Some(4002))));
                Next::Stay
            }
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Next::Stay,
            Some(Ok(Frame::Close(frame))) => {
                let code = frame.map_or(NO_CODE, |frame| frame.code);
                self.shared.change(|w| w.gateway.closed_by_client.push(code));
                Next::End { keep: !GOODBYES.contains(&code) }
            }
            Some(Err(_)) | None => Next::End { keep: true },
        }
    }

    /// Takes in a frame; true for a heartbeat.
    fn hear(&self, world: &mut World, text: &str) -> bool {
        let now = world.clock.now_ms();
        if !world.gateway.may_send(self.number, now) {
            world.violation("gateway: more than 120 frames in a minute");
            world.gateway.order(self.number, Order::Close(Some(4008)));
            return false;
        }
        let frame = serde_json::from_str::<Value>(text).ok().filter(|_| text.len() <= FRAME_MAX);
        let Some(frame) = frame else {
            world.violation("gateway: a frame that is too long, or not JSON");
            world.gateway.order(self.number, Order::Close(Some(4002)));
            return false;
        };
        let data = frame.get("d").cloned().unwrap_or_default();
        match frame.get("op").and_then(Value::as_u64) {
            Some(1) => {
                self.heartbeat(world, &data);
                return true;
            }
            Some(op @ (2 | 6)) => self.enter(world, op, &data),
            Some(3 | 4 | 8) => {
                if world.gateway.last_seq(self.number).is_none() {
                    world.gateway.order(self.number, Order::Close(Some(4003)));
                }
            }
            _ => {
                world.violation("gateway: a frame with an unknown op");
                world.gateway.order(self.number, Order::Close(Some(4001)));
            }
        }
        false
    }

    fn heartbeat(&self, world: &mut World, data: &Value) {
        world.gateway.heartbeats += 1;
        let last = world.gateway.last_seq(self.number);
        if data.as_u64().is_some_and(|seen| last.is_some_and(|last| seen > last)) {
            world.violation(format!("gateway: a heartbeat says {data}, and the last number is {last:?}"));
        }
        let is_mute = world.gateway.links.get(&self.number).is_some_and(|link| link.is_mute);
        if !is_mute {
            let ack = json!({ "op": 11, "d": null, "s": null, "t": null });
            world.gateway.order(self.number, Order::Frame(ack.to_string()));
        }
    }

    /// `IDENTIFY` and `RESUME`.
    fn enter(&self, world: &mut World, op: u64, data: &Value) {
        let options = &self.shared.options;
        if world.gateway.last_seq(self.number).is_some() {
            world.violation("gateway: identified twice over one connection");
            world.gateway.order(self.number, Order::Close(Some(4005)));
            return;
        }
        let answer = if op == 2 {
            world.identify(options, &self.shared.address.to_string(), self.number, data)
        } else {
            let session = data.get("session_id").and_then(Value::as_str);
            if self.address.as_deref() != session {
                world.violation("gateway: resumed elsewhere than at resume_gateway_url");
            }
            world.resume(options, self.number, data)
        };
        match answer {
            Ok(()) => {}
            Err(Denied::Close(code)) => {
                world.gateway.order(self.number, Order::Close(Some(code)));
            }
            Err(Denied::Invalid) => {
                world.gateway.order(self.number, Order::Frame(invalid(false)));
            }
        }
    }
}

/// Op 9.
pub(crate) fn invalid(resumable: bool) -> String {
    json!({ "op": 9, "d": resumable, "s": null, "t": null }).to_string()
}

/// Op 7.
pub(crate) fn reconnect() -> String {
    json!({ "op": 7, "d": null, "s": null, "t": null }).to_string()
}
