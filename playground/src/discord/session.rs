//! Sessions and connections of the gateway as records: what was dispatched, what a connection has got, and the budget of
//! `IDENTIFY`. The bytes are moved by `gateway.rs`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::options::DiscordOptions;
use super::world::{APPLICATION, World};

/// The budget of `IDENTIFY` is counted in this time.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Frames that a connection may send in a minute, heartbeats among them.
const SENDS_MAX: usize = 120;

/// Dispatches that a session keeps for a resume; older ones make it start anew.
const KEPT_MAX: usize = 1_000;

/// What the task of a connection is told to do.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    /// Send this frame.
    Frame(String),
    /// Close, with this code or with none.
    Close(Option<u16>),
    /// Break the TCP connection without a word.
    Drop,
    /// Keep the connection but neither read nor write any more.
    Freeze,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Link {
    orders: UnboundedSender<Order>,
    /// The session it speaks for, once identified or resumed.
    pub(crate) session: Option<String>,
    /// Heartbeats are not acknowledged any more.
    pub(crate) is_mute: bool,
    sent_ms: Vec<i64>,
}

/// A session, connected or waiting to be resumed.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Dispatches with their numbers.
    kept: Vec<(u64, String)>,
    seq: u64,
    /// Up to where the present connection has been sent.
    delivered: u64,
    link: Option<u64>,
}

/// The gateway's memory.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    pub(crate) links: BTreeMap<u64, Link>,
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) opened: u64,
    pub(crate) identifies: u64,
    pub(crate) resumes: u64,
    pub(crate) heartbeats: u64,
    /// Close codes that clients sent, 1005 for a close without one.
    pub(crate) closed_by_client: Vec<u16>,
    /// Dispatches wait in their sessions.
    pub(crate) is_holding: bool,
    spent: u32,
    since_ms: i64,
    last_identify_ms: Option<i64>,
}

/// What a client asked for and may not have.
pub(crate) enum Denied {
    /// Op 9: not resumable.
    Invalid,
    /// This close code.
    Close(u16),
}

impl Gateway {
    /// Takes a connection in; its number.
    pub(crate) fn open(&mut self, orders: UnboundedSender<Order>) -> u64 {
        self.opened += 1;
        self.links.insert(self.opened, Link { orders, session: None, is_mute: false, sent_ms: Vec::new() });
        self.opened
    }

    /// A connection is gone. Its session stays for a resume, unless the client said goodbye (1000, 1001) or was thrown out.
    pub(crate) fn gone(&mut self, number: u64, keep_session: bool) {
        let Some(link) = self.links.remove(&number) else { return };
        let Some(id) = link.session else { return };
        if let Some(session) = self.sessions.get_mut(&id).filter(|s| s.link == Some(number)) {
            session.link = None;
            if !keep_session {
                self.sessions.remove(&id);
            }
        }
    }

    /// Tells a connection what to do. False when it is gone.
    pub(crate) fn order(&self, number: u64, order: Order) -> bool {
        self.links.get(&number).is_some_and(|link| link.orders.send(order).is_ok())
    }

    /// Counts a frame of a connection; false when it is one too many.
    pub(crate) fn may_send(&mut self, number: u64, now_ms: i64) -> bool {
        let Some(link) = self.links.get_mut(&number) else { return false };
        link.sent_ms.retain(|at| *at > now_ms - 60_000);
        link.sent_ms.push(now_ms);
        link.sent_ms.len() <= SENDS_MAX
    }

    /// `remaining` and `reset_after` of `session_start_limit`.
    pub(crate) fn budget(&mut self, options: &DiscordOptions, now_ms: i64) -> (u32, i64) {
        if now_ms >= self.since_ms + DAY_MS {
            (self.since_ms, self.spent) = (now_ms, 0);
        }
        (options.identifies.saturating_sub(self.spent), self.since_ms + DAY_MS - now_ms)
    }

    /// Sends what the connection of a session has not got yet.
    fn flush(&mut self, id: &str) {
        if self.is_holding {
            return;
        }
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(link) = session.link.and_then(|number| self.links.get(&number)) else { return };
        let got = session.delivered;
        for (seq, frame) in session.kept.iter().filter(|(seq, _)| *seq > got) {
            if link.orders.send(Order::Frame(frame.clone())).is_ok() {
                session.delivered = *seq;
            }
        }
    }

    /// Sends everything that was held back.
    pub(crate) fn release(&mut self) {
        self.is_holding = false;
        let ids: Vec<String> = self.sessions.keys().cloned().collect();
        ids.iter().for_each(|id| self.flush(id));
    }

    fn dispatch_to(&mut self, id: &str, event: &str, data: &Value) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.seq += 1;
        let frame = json!({ "op": 0, "t": event, "s": session.seq, "d": data }).to_string();
        session.kept.push((session.seq, frame));
        let excess = session.kept.len().saturating_sub(KEPT_MAX);
        session.kept.drain(..excess);
        self.flush(id);
    }

    /// Dispatches to every session, connected or not. False when there is none.
    pub(crate) fn dispatch(&mut self, event: &str, data: &Value) -> bool {
        let ids: Vec<String> = self.sessions.keys().cloned().collect();
        ids.iter().for_each(|id| self.dispatch_to(id, event, data));
        !ids.is_empty()
    }

    /// The last number a session has given.
    pub(crate) fn last_seq(&self, number: u64) -> Option<u64> {
        let id = self.links.get(&number)?.session.as_ref()?;
        self.sessions.get(id).map(|session| session.seq)
    }

    /// Ends every session, so that no resume succeeds.
    pub(crate) fn forget_sessions(&mut self) {
        self.sessions.clear();
        self.links.values_mut().for_each(|link| link.session = None);
    }
}

impl World {
    /// `IDENTIFY`.
    pub(crate) fn identify(
        &mut self,
        options: &DiscordOptions,
        host: &str,
        number: u64,
        data: &Value,
    ) -> Result<(), Denied> {
        if data.get("properties").is_none_or(|p| !p.is_object()) {
            self.violation("gateway: IDENTIFY without properties");
            return Err(Denied::Close(4002));
        }
        let Some(intents) = data.get("intents").and_then(Value::as_u64) else {
            self.violation("gateway: IDENTIFY without intents");
            return Err(Denied::Close(4013));
        };
        if intents != 0 {
            self.violation(format!("gateway: intents {intents}, where interactions need none"));
        }
        let now = self.clock.now_ms();
        let (left, _) = self.gateway.budget(options, now);
        self.gateway.identifies += 1;
        if left == 0 {
            self.violation("gateway: IDENTIFY beyond the budget of the day; Discord resets the token");
            self.token_is_void = true;
        }
        self.gateway.spent += 1;
        let token = data.get("token").and_then(Value::as_str).unwrap_or_default();
        if token != options.bot_token || self.token_is_void {
            return Err(Denied::Close(4004));
        }
        let spacing_ms = i64::try_from(options.identify_spacing.as_millis()).unwrap_or(i64::MAX);
        if self.gateway.last_identify_ms.is_some_and(|at| now < at.saturating_add(spacing_ms)) {
            return Err(Denied::Invalid);
        }
        self.gateway.last_identify_ms = Some(now);
        let id = format!("{:032x}", self.clock.snowflake().parse::<u128>().unwrap_or_default());
        self.gateway.sessions.insert(id.clone(), Session { link: Some(number), ..Session::default() });
        if let Some(link) = self.gateway.links.get_mut(&number) {
            link.session = Some(id.clone());
        }
        let user = self.members.get(APPLICATION).map(super::people::Member::user).unwrap_or_default();
        let ready = json!({
            "v": 10, "user": user, "guilds": [{ "id": self.guild, "unavailable": true }], "session_id": id,
            "session_type": "normal", "resume_gateway_url": format!("ws://{host}/resume/{id}"),
            "application": { "id": APPLICATION, "flags": 0 }, "user_settings": {}, "relationships": [],
            "private_channels": [], "presences": [], "guild_join_requests": [], "_trace": ["gateway-playground"],
        });
        self.gateway.dispatch_to(&id, "READY", &ready);
        Ok(())
    }

    /// `RESUME`: everything after the number that the client has seen, then `RESUMED`.
    pub(crate) fn resume(
        &mut self,
        options: &DiscordOptions,
        number: u64,
        data: &Value,
    ) -> Result<(), Denied> {
        let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("token") != options.bot_token || self.token_is_void {
            return Err(Denied::Close(4004));
        }
        let Some(seen) = data.get("seq").and_then(Value::as_u64) else { return Err(Denied::Close(4002)) };
        let id = text("session_id").to_owned();
        let Some(session) = self.gateway.sessions.get_mut(&id) else { return Err(Denied::Invalid) };
        if seen > session.seq {
            return Err(Denied::Close(4007));
        }
        if session.kept.first().is_some_and(|(first, _)| seen + 1 < *first) {
            self.gateway.sessions.remove(&id);
            return Err(Denied::Invalid);
        }
        let before = session.link.replace(number);
        session.delivered = seen;
        self.gateway.resumes += 1;
        if let Some(link) = self.gateway.links.get_mut(&number) {
            link.session = Some(id.clone());
        }
        if let Some(old) = before.filter(|old| *old != number) {
            self.gateway.order(old, Order::Close(Some(4009)));
        }
        self.gateway.dispatch_to(&id, "RESUMED", &json!({ "_trace": ["gateway-playground"] }));
        Ok(())
    }
}
