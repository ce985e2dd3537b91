//! Socket Mode over real WebSockets: tickets, hello, envelopes out, acknowledgements in, and every way a connection ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::Shared;
use super::envelope::{Order, Socket};
use super::options::Redelivery;
use super::world::World;

/// Connections of one app (platform-rules §1.2).
const SOCKETS_MAX: usize = 10;

/// Slack warns this long before it asks a connection to go, and closes it as long afterwards.
const GRACE: Duration = Duration::from_secs(10);

/// Lifetime that `&debug_reconnects=true` asks for.
const DEBUG_LIFETIME: Duration = Duration::from_secs(360);

/// `GET /link/?ticket=…`.
pub(crate) async fn link(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let ticket = query.get("ticket").map(String::as_str).unwrap_or_default();
    let Some(lifetime) = shared.change(|w| w.tickets.remove(ticket)) else {
        return (StatusCode::UNAUTHORIZED, "invalid or used ticket").into_response();
    };
    let debug = query.get("debug_reconnects").is_some_and(|v| v == "true");
    let lifetime = if debug { lifetime.min(DEBUG_LIFETIME) } else { lifetime };
    upgrade.on_upgrade(move |socket| Connection::run(shared, socket, lifetime))
}

pub(crate) fn disconnect(reason: &str) -> String {
    json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "applink-playground" } })
        .to_string()
}

/// One connection while it lives.
struct Connection {
    shared: Arc<Shared>,
    socket: WebSocket,
    number: u64,
    frozen: bool,
    /// When the next step towards the end comes, and which.
    next: (Instant, Step),
}

/// Steps towards the planned end of a connection.
#[derive(Clone, Copy)]
enum Step {
    Warn,
    Refresh,
    Close,
}

impl Connection {
    async fn run(shared: Arc<Shared>, mut socket: WebSocket, lifetime: Duration) {
        let (orders, inbox) = unbounded_channel();
        let Some((number, open)) = shared.change(|w| admit(w, orders)) else {
            // A peer that does not read its dismissal is gone already.
            let _ = socket.send(Frame::text(disconnect("too_many_websockets"))).await;
            let _ = socket.send(Frame::Close(None)).await;
            return;
        };
        let hello = json!({
            "type": "hello", "num_connections": open,
            "debug_info": { "host": "applink-playground", "build_number": 1,
                "approximate_connection_time": lifetime.as_secs() },
            "connection_info": { "app_id": super::world::APP_ID },
        });
        let next = (Instant::now() + lifetime, Step::Warn);
        let mut connection = Self { shared: Arc::clone(&shared), socket, number, frozen: false, next };
        if connection.socket.send(Frame::text(hello.to_string())).await.is_ok() {
            connection.serve(inbox).await;
        }
        drop(connection);
        shared.change(|w| {
            w.sockets.remove(&number);
            if shared.options.redelivery == Redelivery::Once {
                for id in w.stranded(number) {
                    w.deliver(&shared.options, &id, Some((1, "connection_failed")));
                }
            }
        });
    }

    async fn serve(&mut self, mut inbox: UnboundedReceiver<Order>) {
        let mut stopping = self.shared.stopping();
        let mut ping = interval(self.shared.options.ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let goes_on = tokio::select! {
                order = inbox.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => false,
                },
                frame = self.socket.recv(), if !self.frozen => self.take(frame),
                _ = ping.tick(), if !self.frozen => self.socket.send(Frame::Ping("Ping from applink-playground".into())).await.is_ok(),
                () = sleep_until(self.next.0), if !self.frozen => self.step().await,
                _ = stopping.changed() => false,
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn obey(&mut self, order: Order) -> bool {
        match order {
            // A frozen connection swallows what is sent, like a peer behind a dead link.
            Order::Frame(_) | Order::Leave(_) if self.frozen => true,
            Order::Frame(text) => self.socket.send(Frame::text(text)).await.is_ok(),
            Order::Leave(text) => {
                self.next = (Instant::now() + GRACE, Step::Close);
                self.socket.send(Frame::text(text)).await.is_ok()
            }
            Order::Drop => false,
            Order::Freeze => {
                self.frozen = true;
                true
            }
        }
    }

    fn take(&self, frame: Option<Result<Frame, axum::Error>>) -> bool {
        match frame {
            Some(Ok(Frame::Text(text))) => {
                let limit = self.shared.options.ack_limit;
                self.shared.change(|w| w.receive(self.number, text.as_str(), limit));
                true
            }
            Some(Ok(Frame::Pong(_))) => {
                self.shared.change(|w| w.sockets.get_mut(&self.number).map(|socket| socket.pongs += 1));
                true
            }
            Some(Ok(Frame::Ping(_) | Frame::Binary(_))) => true,
            Some(Ok(Frame::Close(_)) | Err(_)) | None => false,
        }
    }

    async fn step(&mut self) -> bool {
        let soon = Instant::now() + GRACE;
        match self.next.1 {
            Step::Warn => {
                self.next = (soon, Step::Refresh);
                self.socket.send(Frame::text(disconnect("warning"))).await.is_ok()
            }
            Step::Refresh => {
                self.next = (soon, Step::Close);
                self.shared.change(|w| w.sockets.get_mut(&self.number).map(|socket| socket.leaving = true));
                self.socket.send(Frame::text(disconnect("refresh_requested"))).await.is_ok()
            }
            Step::Close => {
                // The connection ends either way.
                let _ = self.socket.send(Frame::Close(None)).await;
                false
            }
        }
    }
}

fn admit(world: &mut World, orders: tokio::sync::mpsc::UnboundedSender<Order>) -> Option<(u64, usize)> {
    if world.sockets.len() >= SOCKETS_MAX {
        return None;
    }
    world.sockets_opened += 1;
    world.sockets.insert(world.sockets_opened, Socket { orders, leaving: false, pongs: 0 });
    Some((world.sockets_opened, world.sockets.len()))
}
