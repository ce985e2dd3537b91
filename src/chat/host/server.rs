//! The loop behind the socket. Each connection has its own task, its own time and its own bounds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::place::{self, PlaceFault};
use super::wire::{Frame, HostResponse, PROTOCOL, REQUEST_LENGTH_MAX, TIMEOUT};
use super::{HostHandler, LocalUser};

/// Connections at once: people at a prompt, and a script or two. One more waits.
const CONNECTIONS_MAX: usize = 16;
/// Bytes of an over-long request that are read and thrown away, so that its sender gets the answer.
const DISCARDED_MAX: u64 = 1024 * 1024;
/// Longest wait for them.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);
/// Pause after a failed accept (out of descriptors, say), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The door, open. Its socket goes when it is dropped.
#[derive(Debug)]
pub struct HostDoor {
    listener: UnixListener,
    path: PathBuf,
}

impl HostDoor {
    /// Takes the socket.
    ///
    /// # Errors
    /// When another bot has it, or the place is not safe.
    pub fn open(path: &Path) -> Result<Self, PlaceFault> {
        let listener = place::take(path)?;
        let listener = UnixListener::from_std(listener)
            .map_err(|why| PlaceFault::System { path: path.to_path_buf(), why })?;
        Ok(Self { listener, path: path.to_path_buf() })
    }

    /// Answers until dropped.
    pub async fn run(self, handler: Arc<dyn HostHandler>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let handler = Arc::clone(&handler);
                    tokio::spawn(async move {
                        serve(stream, handler).await;
                        drop(place);
                    });
                }
                Err(why) => {
                    tracing::warn!(%why, "a connection on the admin socket could not be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

impl Drop for HostDoor {
    fn drop(&mut self) {
        // Best effort: what stays behind is found stale by the next start.
        drop(std::fs::remove_file(&self.path));
    }
}

async fn serve(stream: UnixStream, handler: Arc<dyn HostHandler>) {
    let user = peer(&stream).await;
    let (mut read, mut write) = stream.into_split();
    let answer = match user {
        Ok(user) => answer(&mut read, user, handler).await,
        Err(why) => HostResponse::refused(why),
    };
    let Ok(mut line) = serde_json::to_vec(&answer) else { return };
    line.push(b'\n');
    match timeout(TIMEOUT, write.write_all(&line)).await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => tracing::debug!(%why, "who asked on the admin socket is gone"),
        Err(_) => tracing::debug!("who asked on the admin socket does not read the answer"),
    }
    // Closing over unread bytes would take the answer away from who still writes.
    drop(write);
    let (mut rest, mut nowhere) = (read.take(DISCARDED_MAX), tokio::io::sink());
    drop(timeout(DISCARD_TIMEOUT, tokio::io::copy(&mut rest, &mut nowhere)).await);
}

async fn answer(
    read: &mut tokio::net::unix::OwnedReadHalf,
    user: LocalUser,
    handler: Arc<dyn HostHandler>,
) -> HostResponse {
    let mut line = Vec::new();
    let most = u64::try_from(REQUEST_LENGTH_MAX).unwrap_or(u64::MAX);
    match timeout(TIMEOUT, BufReader::new(read.take(most)).read_until(b'\n', &mut line)).await {
        Err(_) => return HostResponse::refused("nothing was asked within ten seconds"),
        Ok(Err(why)) => return HostResponse::refused(format!("the request could not be read: {why}")),
        Ok(Ok(_)) if line.last() != Some(&b'\n') => {
            return HostResponse::refused(format!(
                "a request is one line of JSON of at most {REQUEST_LENGTH_MAX} bytes"
            ));
        }
        Ok(Ok(_)) => {}
    }
    match parse(&line) {
        Ok(frame) => timeout(TIMEOUT, handler.handle(user, frame.request)).await.unwrap_or_else(|_| {
            HostResponse::refused(
                "no answer within ten seconds; it may still have been done, look with `requests list`",
            )
        }),
        Err(why) => HostResponse::refused(why),
    }
}

fn parse(line: &[u8]) -> Result<Frame, String> {
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|why| format!("the request is not JSON: {why}"))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if (1..=u64::from(PROTOCOL)).contains(&version) => {}
        Some(version) if version > u64::from(PROTOCOL) => {
            return Err(format!(
                "the running bot is of an older release than this command and does not know it (it speaks version \
                 {PROTOCOL} of the socket's protocol, this takes {version}); nothing was done: restart the bot, and say it again"
            ));
        }
        Some(_) | None => return Err("the request does not say its version of the protocol".to_owned()),
    }
    serde_json::from_value(value).map_err(|why| format!("the request is not known: {why}"))
}

/// Who is at the other end, by the kernel's word; the name by the system's.
async fn peer(stream: &UnixStream) -> Result<LocalUser, String> {
    let uid = stream.peer_cred().map_err(|why| format!("the kernel does not say who asks: {why}"))?.uid();
    let found = tokio::task::spawn_blocking(move || nix::unistd::User::from_uid(uid.into())).await;
    match found {
        Ok(Ok(Some(user))) => Ok(LocalUser { uid, name: user.name }),
        Ok(Ok(None)) => Err(format!("the local user {uid} has no name on this machine")),
        Ok(Err(why)) => Err(format!("the name of the local user {uid} could not be read: {why}")),
        Err(why) => Err(format!("the name of the local user {uid} could not be read: {why}")),
    }
}
