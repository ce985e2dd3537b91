//! One socket: dial, hello, read and acknowledge, leave.
//!
//! Must never wait for a handler while reading, and must never stop reading because a successor is being opened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{self, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};
use url::Url;

use super::crew::{Counted, Crew, Reply, count};
use super::envelope::{Envelope, Frame, Hello, Unreadable};
use super::fault::SlackFault;
use super::web::SlackWeb;
use crate::chat::sockets::{describe, jitter, raised};
use crate::chat::tls;

/// Largest message taken: thirty times the largest payload Slack documents (a view, 250 kB).
const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest wait for the peer to take what we write.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// Renewal when Slack announces no lifetime: it refreshes "once every few hours".
const NO_RENEWAL: Duration = Duration::from_secs(24 * 3600);

type Ws = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where a socket is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Live,
    /// Still read and answered, but a successor is wanted.
    Leaving,
    Closed,
}

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialFault {
    #[error("{0}")]
    Slack(#[from] SlackFault),
    #[error("handshake failed: {0}")]
    Handshake(String),
    #[error("no hello: {0}")]
    NoHello(String),
    #[error("too many sockets on this app token")]
    TooMany,
    #[error("socket mode is switched off")]
    LinkDisabled,
}

impl DialFault {
    pub(super) fn slack(&self) -> Option<&SlackFault> {
        match self {
            Self::Slack(fault) => Some(fault),
            _ => None,
        }
    }
}

/// A socket that said hello, served by its own task.
pub(super) struct Line {
    phase: watch::Receiver<Phase>,
    retire: watch::Sender<bool>,
}

impl Line {
    pub(super) async fn dial(crew: &Arc<Crew>, web: &SlackWeb) -> Result<Self, DialFault> {
        let dialled = crew.dialling();
        let address = web.connections_open().await?;
        let address = Url::parse(address.expose_secret())
            .ok()
            .filter(tls::is_safe)
            .ok_or_else(|| DialFault::Handshake("the address is no safe one".to_owned()))?;
        let mut ws = shake_hands(crew, &address).await?;
        let (hello, early) = greet(crew, &mut ws).await?;
        let (phase_tx, phase) = watch::channel(Phase::Live);
        let (retire, retired) = watch::channel(false);
        let (reply_tx, replies) = mpsc::channel(crew.config.handlers_max.max(1));
        let work = Work {
            halted: crew.halted(),
            _open: crew.said_hello(hello.connections),
            _dialled: dialled,
            crew: Arc::clone(crew),
            ws,
            replies,
            reply_tx,
            waiting: watch::Sender::new(0),
            phase: phase_tx,
            retired,
            heard_at: time::Instant::now(),
        };
        tracing::info!(connections = hello.connections, lifetime_s = hello.lifetime_s, "slack socket open");
        tokio::spawn(work.serve(early, renewal(hello, crew.config.renew_margin)));
        Ok(Self { phase, retire })
    }

    /// Returns when the socket wants a successor, or is closed.
    pub(super) async fn while_live(&self) -> Phase {
        let mut phase = self.phase.clone();
        phase.wait_for(|phase| *phase != Phase::Live).await.map_or(Phase::Closed, |phase| *phase)
    }

    /// The successor said hello: finish what is at work, within the drain limit.
    pub(super) fn retire(&self) {
        self.retire.send_replace(true);
    }

    /// Returns when the socket is closed.
    pub(super) async fn closed(&self) {
        let _ = self.phase.clone().wait_for(|phase| *phase == Phase::Closed).await;
    }
}

async fn shake_hands(crew: &Crew, address: &Url) -> Result<Ws, DialFault> {
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let connector = Connector::Rustls(Arc::clone(&crew.tls));
    let dial = tokio_tungstenite::connect_async_tls_with_config(
        address.as_str(),
        Some(limits),
        true,
        Some(connector),
    );
    match timeout(crew.config.handshake_max, dial).await {
        Err(_) => Err(DialFault::Handshake("no answer in time".to_owned())),
        Ok(Err(error)) => Err(DialFault::Handshake(describe(&error))),
        Ok(Ok((ws, _))) => Ok(ws),
    }
}

/// Waits for `hello`. What came before it is kept: Slack does not say that nothing can.
async fn greet(crew: &Crew, ws: &mut Ws) -> Result<(Hello, Vec<Envelope>), DialFault> {
    let mut early = Vec::new();
    let greeting = async {
        loop {
            match ws.next().await {
                None => return Err(DialFault::NoHello("closed".to_owned())),
                Some(Err(error)) => return Err(DialFault::NoHello(describe(&error))),
                Some(Ok(message)) => match sort(&message) {
                    Some(Frame::Hello(hello)) => return Ok(hello),
                    Some(Frame::Envelope(envelope)) => early.push(*envelope),
                    Some(Frame::Unreadable(what)) => unreadable(&what),
                    Some(Frame::Disconnect { reason }) => {
                        return Err(match reason.as_str() {
                            "link_disabled" => DialFault::LinkDisabled,
                            "too_many_websockets" => DialFault::TooMany,
                            _ => DialFault::NoHello("disconnected".to_owned()),
                        });
                    }
                    None => {}
                },
            }
        }
    };
    let hello = timeout(crew.config.hello_max, greeting)
        .await
        .map_err(|_| DialFault::NoHello("silence".to_owned()))??;
    Ok((hello, early))
}

/// How long to keep the socket before opening its successor ourselves. With jitter, so that our sockets do not leave
/// together.
fn renewal(hello: Hello, margin: Duration) -> Duration {
    let Some(life) = hello.lifetime_s.map(Duration::from_secs) else { return NO_RENEWAL };
    let margin = margin.min(life / 4);
    life.saturating_sub(margin).saturating_sub(margin - jitter(margin)).min(NO_RENEWAL)
}

/// Why a socket ended.
enum End {
    /// Nothing can be sent any more.
    Lost(String),
    /// Replaced, and its time to drain is over.
    Drained,
    /// The loop ends.
    Halted,
}

struct Work {
    crew: Arc<Crew>,
    ws: Ws,
    replies: mpsc::Receiver<Reply>,
    reply_tx: mpsc::Sender<Reply>,
    /// Envelopes of this socket still with their handlers.
    waiting: watch::Sender<usize>,
    phase: watch::Sender<Phase>,
    retired: watch::Receiver<bool>,
    halted: watch::Receiver<bool>,
    heard_at: time::Instant,
    _open: Counted,
    _dialled: Counted,
}

impl Work {
    async fn serve(mut self, early: Vec<Envelope>, renew_in: Duration) {
        for envelope in early {
            self.crew.take(envelope, &self.reply_tx, &self.waiting);
        }
        match self.read_and_answer(renew_in).await {
            End::Lost(why) => tracing::warn!(why, "slack socket lost"),
            End::Drained => self.close().await,
            End::Halted => {
                let limit = self.crew.config.drain_max;
                if timeout(limit, self.answer_the_rest()).await.is_err() {
                    tracing::warn!("slack socket closed with handlers still at work");
                }
                self.close().await;
            }
        }
        self.replies.close();
        while let Ok(reply) = self.replies.try_recv() {
            tracing::warn!(
                kind = reply.kind,
                "socket gone before the acknowledgement; slack may deliver again"
            );
            count(reply.kind, "ack_lost");
        }
        let Self { phase, _open: open, _dialled: dialled, .. } = self;
        drop((open, dialled));
        phase.send_replace(Phase::Closed);
    }

    async fn read_and_answer(&mut self, renew_in: Duration) -> End {
        let renew_at = time::Instant::now() + renew_in;
        let mut drain_until: Option<time::Instant> = None;
        let mut ping = time::interval(self.crew.config.ping_every.max(Duration::from_millis(1)));
        ping.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            let silent_at = self.heard_at + self.crew.config.silence_max;
            let live = *self.phase.borrow() == Phase::Live;
            let step = tokio::select! {
                frame = self.ws.next() => self.heard(frame),
                Some(reply) = self.replies.recv() => self.answer(reply).await,
                _ = ping.tick() => self.write(Message::Ping(Default::default())).await,
                () = time::sleep_until(silent_at) => Err(End::Lost("silent for too long".to_owned())),
                () = time::sleep_until(renew_at), if live => {
                    self.leave("its announced time is nearly up");
                    Ok(())
                }
                () = raised(&mut self.retired), if drain_until.is_none() => {
                    drain_until = Some(time::Instant::now() + self.crew.config.drain_max);
                    Ok(())
                }
                () = until(drain_until) => Err(End::Drained),
                () = raised(&mut self.halted) => Err(End::Halted),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    fn heard(&mut self, frame: Option<Result<Message, tungstenite::Error>>) -> Result<(), End> {
        self.heard_at = time::Instant::now();
        let message = match frame {
            None => return Err(End::Lost("closed by slack".to_owned())),
            Some(Err(error)) => return Err(End::Lost(describe(&error))),
            Some(Ok(message)) => message,
        };
        match sort(&message) {
            Some(Frame::Envelope(envelope)) => self.crew.take(*envelope, &self.reply_tx, &self.waiting),
            Some(Frame::Unreadable(what)) => unreadable(&what),
            Some(Frame::Disconnect { reason }) if reason == "link_disabled" => self.crew.link_disabled(),
            Some(Frame::Disconnect { reason }) => self.leave(&reason),
            Some(Frame::Hello(_)) | None => {}
        }
        Ok(())
    }

    fn leave(&self, reason: &str) {
        let reason: String = reason.chars().filter(|c| !c.is_control()).take(60).collect();
        tracing::info!(reason, "slack socket is to go, opening its successor");
        self.phase.send_if_modified(|phase| {
            let first = *phase == Phase::Live;
            *phase = Phase::Leaving;
            first
        });
    }

    async fn answer(&mut self, reply: Reply) -> Result<(), End> {
        let Reply { text, kind, received_at } = reply;
        let written = self.write(Message::text(text)).await;
        if written.is_ok() {
            metrics::histogram!("glasskey_ack_seconds").record(received_at.elapsed().as_secs_f64());
            count(kind, "acked");
        } else {
            count(kind, "ack_lost");
        }
        written
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(WRITE_MAX, self.ws.send(message)).await {
            Err(_) => Err(End::Lost("slack does not take what we write".to_owned())),
            Ok(Err(error)) => Err(End::Lost(describe(&error))),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Waits for the handlers at work and acknowledges what they say; reads no more.
    async fn answer_the_rest(&mut self) {
        let mut waiting = self.waiting.subscribe();
        loop {
            let reply = tokio::select! {
                // Replies first: an envelope is off the count only after its reply is queued.
                biased;
                reply = self.replies.recv() => reply,
                _ = waiting.wait_for(|waiting| *waiting == 0) => self.replies.try_recv().ok(),
            };
            let Some(reply) = reply else { return };
            if self.answer(reply).await.is_err() {
                return;
            }
        }
    }

    /// Sends what is queued, then closes and waits for the peer's half: closing with unread input would reset the
    /// connection, and our last acknowledgements with it.
    async fn close(&mut self) {
        while let Ok(reply) = self.replies.try_recv() {
            if self.answer(reply).await.is_err() {
                return;
            }
        }
        let goodbye = async {
            if self.ws.close(None).await.is_ok() {
                while let Some(Ok(message)) = self.ws.next().await {
                    if let Some(Frame::Envelope(envelope)) = sort(&message) {
                        count(envelope.kind.label(), "dropped_at_close");
                    }
                }
            }
        };
        if timeout(self.crew.config.close_max, goodbye).await.is_err() {
            tracing::debug!("slack did not close its half in time");
        }
    }
}

async fn until(deadline: Option<time::Instant>) {
    match deadline {
        Some(deadline) => time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn sort(message: &Message) -> Option<Frame> {
    match message {
        Message::Text(text) => Some(Frame::read(text.as_bytes(), Instant::now())),
        Message::Binary(bytes) => Some(Frame::read(bytes, Instant::now())),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
    }
}

fn unreadable(what: &Unreadable) {
    tracing::warn!(why = what.why, bytes = what.bytes, sha256 = what.sha256, "unreadable frame from slack");
    count("unknown", "unreadable");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_renewed_before_its_announced_end_but_not_long_before() {
        let margin = Duration::from_secs(60);
        let renewal = |lifetime_s| renewal(Hello { connections: None, lifetime_s }, margin).as_secs();
        for _ in 0..50 {
            assert!((3_510..=3_540).contains(&renewal(Some(3_600))));
            assert!((7..=9).contains(&renewal(Some(12))), "margin at most a quarter");
        }
        assert_eq!(renewal(None), NO_RENEWAL.as_secs());
        assert_eq!(renewal(Some(0)), 0);
    }
}
