//! Asking the running bot through its socket. Never believes a socket that another user put there.

use std::io;
use std::path::Path;

use nix::unistd::Uid;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::chat::host::{ANSWER_LENGTH_MAX, Frame, HostRequest, HostResponse, REQUEST_LENGTH_MAX, TIMEOUT};

/// Why the bot could not be asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum AskFault {
    /// Nobody there.
    #[error(
        "no bot answers on {path}: {why}; is `glasskey run` running, with this configuration, and may you use its socket?"
    )]
    Nobody {
        /// The socket.
        path: String,
        /// What the system says.
        why: io::Error,
    },
    /// Somebody else there.
    #[error(
        "the socket {path} is held by user {uid}, who is neither root, nor you, nor its owner; nothing was asked"
    )]
    Stranger {
        /// The socket.
        path: String,
        /// Who.
        uid: u32,
    },
    /// The connection broke, or nothing came in time: what was asked may have been done.
    #[error(
        "the bot did not answer ({0}); what was asked may have been done: look with `glasskey requests list` or `glasskey breakglass status`"
    )]
    Lost(String),
    /// What was asked is too long.
    #[error("what was asked is longer than {REQUEST_LENGTH_MAX} bytes")]
    TooLong,
}

/// Asks, and waits for the answer.
///
/// # Errors
/// See [`AskFault`].
pub async fn ask(socket: &Path, request: HostRequest) -> Result<HostResponse, AskFault> {
    let nobody = |why| AskFault::Nobody { path: socket.display().to_string(), why };
    let lost = |why: io::Error| AskFault::Lost(why.to_string());
    let mut line = serde_json::to_vec(&Frame::of(request)).map_err(|why| AskFault::Lost(why.to_string()))?;
    line.push(b'\n');
    if line.len() > REQUEST_LENGTH_MAX {
        return Err(AskFault::TooLong);
    }
    let connect = timeout(TIMEOUT, UnixStream::connect(socket)).await;
    let mut stream = connect.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(nobody)?;
    let uid = stream.peer_cred().map_err(nobody)?.uid();
    if uid != 0 && uid != Uid::effective().as_raw() && !is_owner(socket, uid) {
        return Err(AskFault::Stranger { path: socket.display().to_string(), uid });
    }
    let answer = async {
        stream.write_all(&line).await?;
        let most = u64::try_from(ANSWER_LENGTH_MAX).unwrap_or(u64::MAX);
        let mut answer = Vec::new();
        BufReader::new((&mut stream).take(most)).read_until(b'\n', &mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    // The bot gives itself as long for the reading and for the doing; its own word on a time-out is better than ours.
    let answer = timeout(TIMEOUT.saturating_mul(3), answer)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(lost)?;
    serde_json::from_slice(&answer).map_err(|why| AskFault::Lost(format!("unreadable answer: {why}")))
}

/// Whether who listens also owns the folder, which nobody else can write: a bot under a user of its own, asked by root.
fn is_owner(socket: &Path, uid: u32) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let folder = socket.parent().and_then(|folder| std::fs::metadata(folder).ok());
    folder.is_some_and(|folder| folder.uid() == uid && folder.mode() & 0o022 == 0)
}
