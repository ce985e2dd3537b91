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
