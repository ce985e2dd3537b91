//! One connection to the gateway, from the dial to the close.
//!
//! Must never wait for a handler while it reads, and never believe a connection alive that acknowledges no heartbeat.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::SecretString;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{self, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};
use url::Url;

use super::closing;
use super::crew::{Crew, count};
use super::frame::{self, Frame, Session, Unreadable};
use super::sends::{ASKED_MAX, SENDS_MAX, Sends};
use crate::chat::sockets::{describe, raised, share};

/// Largest message taken: an interaction has some kilobytes, `READY` of a large bot some more.
const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest wait for the peer to take what we write.
const WRITE_MAX: Duration = Duration::from_secs(10);

type Ws = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What outlives a connection.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) session: Option<Session>,
    /// The number of the last event that was read.
    pub(super) sequence: Option<u64>,
}

impl Memory {
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// We were told to.
    Stopped,
    /// Nothing can be sent or heard any more.
    Lost(String),
    /// Discord closed it.
    Closed(Option<u16>),
    /// Discord wants it closed and gone on with.
    Reconnect,
    /// Discord does not know the session any more.
    Forgotten,
}

/// A connection that said hello.
pub(super) struct Line<'a> {
    crew: &'a Arc<Crew>,
    memory: &'a mut Memory,
    ws: Ws,
    sends: Sends,
    beat_every: Duration,
    beat_at: time::Instant,
    /// Whether our last heartbeat was acknowledged.
    acknowledged: bool,
    /// Whether Discord confirmed the session.
    confirmed: bool,
}

impl<'a> Line<'a> {
    /// Connects and waits for the hello.
    pub(super) async fn dial(
        crew: &'a Arc<Crew>,
        memory: &'a mut Memory,
        address: &Url,
    ) -> Result<Self, String> {
        let mut ws = shake_hands(crew, address).await?;
        let hello = timeout(crew.config.hello_max, hello(&mut ws));
        let beat_every = hello.await.map_err(|_| "no hello in time".to_owned())??;
        // At random within the first interval, as Discord asks, so that a fleet does not beat as one.
        let beat_at = time::Instant::now() + beat_every.mul_f64(share());
        let sends = Sends::default();
        Ok(Self { crew, memory, ws, sends, beat_every, beat_at, acknowledged: true, confirmed: false })
    }

    /// Begins a session or goes on with one, then reads until the connection ends. Says whether it was ever confirmed.
    pub(super) async fn serve(
        mut self,
        token: &SecretString,
        stop: &mut watch::Receiver<bool>,
    ) -> (End, bool) {
        let opening = match &self.memory.session {
            Some(session) => frame::resume(token, session, self.memory.sequence),
            None => frame::identify(token),
        };
        let end = match self.write(opening, SENDS_MAX).await {
            Err(end) => end,
            Ok(()) => self.read_on(stop).await,
        };
        let code = match end {
            End::Closed(_) => None,
            // Discord shows the bot as gone at once; nobody comes back to this session.
            End::Stopped => Some(CloseCode::Normal),
            End::Lost(_) | End::Reconnect | End::Forgotten => Some(CloseCode::from(closing::OURS)),
        };
        let goodbye = goodbye(self.ws, code, self.crew.config.close_max);
        if end == End::Stopped {
            goodbye.await;
        } else {
            // Not waited for: the next connection is to be there at once.
            tokio::spawn(goodbye);
        }
        (end, self.confirmed)
    }

    async fn read_on(&mut self, stop: &mut watch::Receiver<bool>) -> End {
        let confirmed_by = time::Instant::now() + self.crew.config.ready_max;
        loop {
            let step = tokio::select! {
                message = self.ws.next() => self.heard(message).await,
                () = time::sleep_until(self.beat_at) => self.beat().await,
                () = time::sleep_until(confirmed_by), if !self.confirmed => {
                    Err(End::Lost("the session was not confirmed in time".to_owned()))
                }
                () = raised(stop) => Err(End::Stopped),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn heard(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> Result<(), End> {
        let received_at = Instant::now();
        match message {
            None => Err(End::Lost("closed without a word".to_owned())),
            Some(Err(error)) => Err(End::Lost(describe(&error))),
            Some(Ok(Message::Text(text))) => self.read(&text, received_at).await,
            Some(Ok(Message::Close(close))) => Err(End::Closed(close.map(|close| close.code.into()))),
            Some(Ok(Message::Binary(bytes))) => {
                unreadable(&Unreadable::new(
                    "binary, which was not asked for",
                    &String::from_utf8_lossy(&bytes),
                ));
                Ok(())
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
        }
    }

    async fn read(&mut self, text: &str, received_at: Instant) -> Result<(), End> {
        let (frame, sequence) = Frame::read(text, received_at);
        match frame {
            Frame::HeartbeatAck => self.acknowledged = true,
            Frame::HeartbeatWanted => {
                let beat = frame::heartbeat(self.memory.sequence);
                return self.write(beat, ASKED_MAX).await;
            }
            Frame::Reconnect => return Err(End::Reconnect),
            Frame::InvalidSession { resumable: true } => return Err(End::Reconnect),
            Frame::InvalidSession { resumable: false } => return Err(End::Forgotten),
            Frame::Ready(session) => {
                self.memory.session = Some(session);
                self.confirm("begun");
            }
            Frame::Resumed => self.confirm("resumed"),
            Frame::Dispatch(dispatch) => self.crew.take(dispatch),
            Frame::Unreadable(what) => unreadable(&what),
            Frame::Hello { .. } | Frame::Other => {}
        }
        // Only now: what was not taken is to come again after a resume.
        self.memory.sequence = sequence.or(self.memory.sequence);
        Ok(())
    }

    fn confirm(&mut self, how: &'static str) {
        self.confirmed = true;
        tracing::info!(how, "discord session");
        self.crew.up();
    }

    /// Our own heartbeat is due.
    async fn beat(&mut self) -> Result<(), End> {
        if !self.acknowledged {
            return Err(End::Lost("it acknowledges no heartbeat".to_owned()));
        }
        self.beat_at = time::Instant::now() + self.beat_every;
        self.acknowledged = false;
        self.write(frame::heartbeat(self.memory.sequence), SENDS_MAX).await
    }

    /// Writes a frame, where fewer than `most` were written lately.
    async fn write(&mut self, text: String, most: usize) -> Result<(), End> {
        if !self.sends.admit(most, time::Instant::now()) {
            count("heartbeat", "withheld");
            return Ok(());
        }
        match timeout(WRITE_MAX, self.ws.send(Message::text(text))).await {
            Err(_) => Err(End::Lost("discord does not take what we write".to_owned())),
            Ok(Err(error)) => Err(End::Lost(describe(&error))),
            Ok(Ok(())) => Ok(()),
        }
    }
}

async fn shake_hands(crew: &Crew, address: &Url) -> Result<Ws, String> {
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
        Err(_) => Err("no handshake in time".to_owned()),
        Ok(Err(error)) => Err(describe(&error)),
        Ok(Ok((ws, _))) => Ok(ws),
    }
}

/// Discord's first frame: how often to send heartbeats.
async fn hello(ws: &mut Ws) -> Result<Duration, String> {
    loop {
        match ws.next().await {
            Some(Ok(Message::Text(text))) => match Frame::read(&text, Instant::now()).0 {
                Frame::Hello { heartbeat_every } => return Ok(heartbeat_every),
                Frame::Unreadable(what) => unreadable(&what),
                _ => {}
            },
            Some(Ok(Message::Close(_))) | None => return Err("closed before the hello".to_owned()),
            Some(Err(error)) => return Err(describe(&error)),
            Some(Ok(_)) => {}
        }
    }
}

/// Closes, and waits for the peer's half: closing with unread input would reset the connection, and our close with it.
async fn goodbye(mut ws: Ws, code: Option<CloseCode>, limit: Duration) {
    let close = code.map(|code| CloseFrame { code, reason: Default::default() });
    let closing = async {
        if ws.close(close).await.is_ok() {
            while let Some(Ok(_)) = ws.next().await {}
        }
    };
    if timeout(limit, closing).await.is_err() {
        tracing::debug!("discord did not close its half in time");
    }
}

fn unreadable(what: &Unreadable) {
    tracing::warn!(why = what.why, bytes = what.bytes, sha256 = what.sha256, "unreadable frame from discord");
    count("unknown", "unreadable");
}
