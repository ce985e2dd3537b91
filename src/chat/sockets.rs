//! What the loops that keep sockets open share: pauses that do not march in step, flags to wait for, errors in words.

use std::time::Duration;

use tokio::sync::watch;
use tokio_tungstenite::tungstenite;

/// Returns once the flag is up. A sender that is gone counts as raised: nobody is left to go on for.
pub(in crate::chat) async fn raised(flag: &mut watch::Receiver<bool>) {
    let _ = flag.wait_for(|up| *up).await;
}

/// Between half of the time and all of it. Without randomness (the system has none to give) all of it.
pub(in crate::chat) fn jitter(whole: Duration) -> Duration {
    whole.mul_f64(0.5 + share() / 2.0)
}

/// A share from nothing to all, at random. Without randomness all.
pub(in crate::chat) fn share() -> f64 {
    getrandom::u32().map_or(1.0, |n| f64::from(n) / f64::from(u32::MAX))
}

/// How long to wait before the next attempt.
#[derive(Debug, Default)]
pub(in crate::chat) struct Pause {
    attempts: u32,
    least: Duration,
}

impl Pause {
    /// None before the first attempt, then doubling from `first` to `most`, with jitter so that a fleet does not return as
    /// one.
    pub(in crate::chat) fn next(&mut self, first: Duration, most: Duration) -> Duration {
        let attempts = self.attempts;
        self.attempts = attempts.saturating_add(1);
        let least = std::mem::take(&mut self.least);
        if attempts == 0 {
            return least;
        }
        let factor = 2_u32.saturating_pow((attempts - 1).min(16));
        jitter(first.saturating_mul(factor).min(most)).max(least)
    }

    /// The next one is no shorter than this.
    pub(in crate::chat) fn at_least(&mut self, least: Duration) {
        self.least = self.least.max(least);
    }

    /// They start over after a connection that lived for long enough.
    pub(in crate::chat) fn after_life(&mut self, life: Duration, stable_after: Duration) {
        if life >= stable_after {
            self.attempts = 0;
        }
    }
}

/// The error without addresses: the path of a socket's address is its ticket.
pub(in crate::chat) fn describe(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(io) => format!("connection: {}", io.kind()),
        tungstenite::Error::Http(response) => format!("HTTP status {}", response.status().as_u16()),
        tungstenite::Error::Protocol(protocol) => format!("protocol: {protocol}"),
        tungstenite::Error::Capacity(capacity) => format!("too large: {capacity}"),
        tungstenite::Error::Tls(tls) => format!("TLS: {tls}"),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => "closed".to_owned(),
        _ => "malformed".to_owned(),
    }
}
