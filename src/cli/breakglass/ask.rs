//! `glasskey breakglass on …` and `glasskey elevate …`: the words of chat, asked of the running bot. The bot understands
//! and decides; here it is only said.

use std::path::Path;

use crate::chat::host::HostRequest;
use crate::cli::output::{Exit, Output};
use crate::cli::requests::said;
use crate::cli::socket::ask;

/// What one would type after `/elevate`.
pub async fn elevate(out: &mut Output, socket: &Path, words: &[String]) -> Exit {
    said(out, ask(socket, HostRequest::Elevate { text: words.join(" ") }).await)
}

/// What one would type after `/breakglass`: a first word, and those behind it.
pub async fn breakglass(out: &mut Output, socket: &Path, first: &str, words: &[String]) -> Exit {
    let text = std::iter::once(first).chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    said(out, ask(socket, HostRequest::Breakglass { text }).await)
}
