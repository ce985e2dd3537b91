//! What the bot logs, kept so that it can be searched: in whole, of all towns of this process.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use glasskey::telemetry::logs::{Looks, layer};
use glasskey::telemetry::metrics;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static METRICS: OnceLock<metrics_exporter_prometheus::PrometheusHandle> = OnceLock::new();

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
pub(crate) fn capture() {
    METRICS.get_or_init(|| {
        let everything = layer(Some("trace"), Looks::Json, || Kept).unwrap();
        tracing_subscriber::registry().with(everything).init();
        metrics::install().unwrap()
    });
}

/// All lines so far.
pub(crate) fn lines() -> String {
    String::from_utf8_lossy(&LINES.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// A gauge without labels, as an operator sees it.
pub(crate) fn gauge(name: &str) -> f64 {
    let text = METRICS.get().unwrap().render();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("there is no {name} in {text}")).parse().unwrap()
}
