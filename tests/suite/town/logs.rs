//! What the bot logs, kept so that it can be searched: in whole, of all towns of this process.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use glasskey::telemetry::logs::{Looks, layer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ONCE: Once = Once::new();

/// Writes into memory.
#[derive(Clone, Copy)]
struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on, at the most talkative level an operator can ask for.
pub(super) fn capture() {
    ONCE.call_once(|| {
        let everything = layer(Some("trace"), Looks::Json, || Kept).unwrap();
        tracing_subscriber::registry().with(everything).init();
    });
}

/// All lines so far.
pub(crate) fn lines() -> String {
    String::from_utf8_lossy(&LINES.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
