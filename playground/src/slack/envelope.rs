//! Socket Mode envelopes and connections as records: who got what, when, and what came back.
//! The bytes are moved by `socket.rs`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::options::{Routing, SlackOptions};
use super::records::Ack;
use super::world::World;

/// What the task of a connection is told to do.
#[derive(Debug)]
pub(crate) enum Order {
    /// Send this frame.
    Frame(String),
    /// Send this disconnect frame, and close a while later.
    Leave(String),
    /// Break the TCP connection without a word.
    Drop,
    /// Keep the connection but neither read nor write any more.
    Freeze,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) orders: UnboundedSender<Order>,
    /// It was asked to go; envelopes prefer the others.
    pub(crate) leaving: bool,
    pub(crate) pongs: u64,
}

/// An envelope that was made, whether or not somebody got it.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) kind: &'static str,
    accepts: bool,
    payload: Value,
    /// Connections it was sent over, with the times.
    pub(crate) sent: Vec<(u64, Instant)>,
    /// The first acknowledgement.
    pub(crate) ack: Option<Ack>,
}

impl World {
    /// Makes an envelope and sends it. `None` when there is no connection to send it over.
    pub(crate) fn send(
        &mut self,
        options: &SlackOptions,
        kind: &'static str,
        payload: Value,
    ) -> Option<String> {
        let action = payload.get("type").and_then(Value::as_str).unwrap_or_default();
        let accepts = kind == "slash_commands" || matches!(action, "view_submission" | "block_suggestion");
        let number = self.next();
        let id = format!("{:08x}-9c1e-4a5b-8d2f-{number:012x}", self.now_s());
        let envelope = Envelope { kind, accepts, payload, sent: Vec::new(), ack: None };
        self.envelopes.insert(id.clone(), envelope);
        self.deliver(options, &id, None).then_some(id)
    }

    /// Sends an envelope, again under the same id when `attempt` says so. False when there is no connection.
    pub(crate) fn deliver(&mut self, options: &SlackOptions, id: &str, attempt: Option<(u32, &str)>) -> bool {
        let Some(number) = self.pick(options.routing) else { return false };
        let Some(envelope) = self.envelopes.get_mut(id) else { return false };
        let mut frame = json!({
            "envelope_id": id, "type": envelope.kind, "accepts_response_payload": envelope.accepts,
            "payload": envelope.payload,
        });
        let attempt = attempt.or_else(|| (envelope.kind == "events_api").then_some((0, "")));
        if let (Some((count, reason)), Some(fields)) = (attempt, frame.as_object_mut()) {
            fields.insert("retry_attempt".into(), Value::from(count));
            fields.insert("retry_reason".into(), Value::from(reason));
        }
        envelope.sent.push((number, Instant::now()));
        self.order(number, Order::Frame(frame.to_string()))
    }

    /// Tells a connection what to do. False when it is gone.
    pub(crate) fn order(&self, number: u64, order: Order) -> bool {
        self.sockets.get(&number).is_some_and(|socket| socket.orders.send(order).is_ok())
    }

    fn pick(&mut self, routing: Routing) -> Option<u64> {
        let staying: Vec<u64> = self.sockets.iter().filter(|(_, s)| !s.leaving).map(|(n, _)| *n).collect();
        let open = if staying.is_empty() { self.sockets.keys().copied().collect() } else { staying };
        match routing {
            Routing::Oldest => open.first().copied(),
            Routing::Newest => open.last().copied(),
            Routing::RoundRobin => {
                self.turn += 1;
                open.get(self.turn.checked_rem(open.len())?).copied()
            }
        }
    }

    /// Takes in a frame that came over a connection.
    pub(crate) fn receive(&mut self, socket: u64, frame: &str, limit: Duration) {
        let Ok(frame) = serde_json::from_str::<Value>(frame) else {
            self.violations.push(format!("socket {socket}: a frame that is not JSON"));
            return;
        };
        let Some(id) = frame.get("envelope_id").and_then(Value::as_str) else {
            self.violations.push(format!("socket {socket}: a frame without envelope_id"));
            return;
        };
        let payload = frame.get("payload").filter(|p| !p.is_null()).cloned();
        let Some(envelope) = self.envelopes.get_mut(id) else {
            self.violations.push(format!("socket {socket}: acknowledges {id}, which was never sent"));
            return;
        };
        if payload.is_some() && !envelope.accepts {
            self.violations.push(format!("socket {socket}: a payload for an envelope that accepts none"));
        }
        let after = envelope.sent.last().map_or(Duration::ZERO, |(_, at)| at.elapsed());
        let age = envelope.sent.first().map_or(Duration::ZERO, |(_, at)| at.elapsed());
        let ack = Ack {
            envelope_id: id.to_owned(),
            kind: envelope.kind.to_owned(),
            socket,
            after,
            late: age > limit,
            repeated: envelope.ack.is_some(),
            payload,
        };
        envelope.ack.get_or_insert_with(|| ack.clone());
        self.acks.push(ack);
    }

    /// Envelopes that went over this connection alone and were not acknowledged.
    pub(crate) fn stranded(&self, socket: u64) -> Vec<String> {
        let alone =
            |e: &Envelope| e.ack.is_none() && matches!(e.sent.as_slice(), [(number, _)] if *number == socket);
        self.envelopes.iter().filter(|(_, e)| alone(e)).map(|(id, _)| id.clone()).collect()
    }
}
