//! moto's server (PyPI), which we did not write: an AWS on loopback. Too kind to show more than that we speak the wire.
//!
//! Without it the tests fail and say how to get it: they are never skipped.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Python needs a few seconds to start, more on a busy machine.
const START_MAX: Duration = Duration::from_secs(60);

/// A server of our own, ended when dropped.
pub(crate) struct Moto {
    pub(crate) url: String,
    _server: Child,
}

/// A program of the Python environment that `tests/moto/setup` makes.
pub(crate) fn tool(name: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a test may be told where its tool is")]
    let told = std::env::var("GLASSKEY_MOTO").ok().map(PathBuf::from);
    let moto = told.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/moto_server"));
    let program = if name == "moto_server" { moto } else { moto.with_file_name(name) };
    assert!(
        program.is_file(),
        "there is no `{}`: run `make tools` (or `tests/moto/setup`), or set GLASSKEY_MOTO to where moto's server is",
        program.display()
    );
    program
}

impl Moto {
    /// Starts it on a port that the system chooses, and reads from its log which one.
    pub(crate) async fn start() -> Self {
        let mut server = Command::new(tool("moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let url = tokio::time::timeout(START_MAX, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("Running on ") {
                    return Some(url.trim().to_owned());
                }
                said.push(line);
            }
            None
        });
        let url = url.await.ok().flatten();
        let url = url.unwrap_or_else(|| panic!("moto's server did not start: {said:#?}"));
        // It logs every call; a full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url, _server: server }
    }
}
