//! Logs to standard error: lines of JSON for machines, text for a terminal.
//!
//! What people typed can forge neither a line nor a colour (P10), and the frames of libraries are never written, for they
//! hold tokens and what people said.

use std::fmt;

use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, filter};

/// What is logged unless told otherwise.
const FILTER_DEFAULT: &str = "info";

/// Libraries that write what they send or receive at the levels below, however the filter is set.
const CAPPED: &[(&str, LevelFilter)] = &[
    ("slack_morphism", LevelFilter::INFO),
    // Its spans hold the bodies of requests, and tokens of interactions with them.
    ("serenity", LevelFilter::WARN),
    ("aws_", LevelFilter::INFO),
    ("h2", LevelFilter::DEBUG),
    ("hyper", LevelFilter::DEBUG),
    ("rustls", LevelFilter::DEBUG),
    ("tokio_tungstenite", LevelFilter::DEBUG),
    ("tungstenite", LevelFilter::DEBUG),
];

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// One JSON object a line.
    Json,
    /// For people at a terminal.
    Terminal,
}

/// Logs that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// The filter cannot be read.
    #[error("`{filter}` is not a log filter, as in `info` or `glasskey=debug,info`")]
    Filter {
        /// What was given.
        filter: String,
    },
    /// Logs are set up already.
    #[error("logs are set up already")]
    Twice(#[from] TryInitError),
}

/// Sends the logs of this process to standard error.
///
/// # Errors
/// When the filter cannot be read, or logs are set up already.
pub fn init(filter: Option<&str>, looks: Looks) -> Result<(), LogFault> {
    let layer = layer(filter, looks, std::io::stderr)?;
    Ok(tracing_subscriber::registry().with(layer).try_init()?)
}

/// The layer that writes, made apart from its place so that a test can read what it writes.
///
/// # Errors
/// When the filter cannot be read.
pub fn layer<S, W>(
    filter: Option<&str>,
    looks: Looks,
    writer: W,
) -> Result<Box<dyn Layer<S> + Send + Sync>, LogFault>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let text = filter.unwrap_or(FILTER_DEFAULT);
    let asked = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(text)
        .map_err(|_| LogFault::Filter { filter: text.to_owned() })?;
    let filter = filter::FilterExt::and(asked, filter::filter_fn(within_cap));
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    Ok(match looks {
        Looks::Json => layer.json().flatten_event(true).with_filter(filter).boxed(),
        Looks::Terminal => layer
            .with_ansi(true)
            .fmt_fields(debug_fn(|out, field, value| {
                let text = Escaped(format!("{value:?}"));
                match field.name() {
                    "message" => write!(out, "{text}"),
                    name => write!(out, " {name}={text}"),
                }
            }))
            .with_filter(filter)
            .boxed(),
    })
}

/// Whether a library may write at this level at all.
fn within_cap(metadata: &Metadata<'_>) -> bool {
    CAPPED
        .iter()
        .filter(|(target, _)| metadata.target().starts_with(target))
        .all(|(_, most)| metadata.level() <= most)
}

/// Text in which nothing can move the cursor, break the line or turn the writing round.
struct Escaped(String);

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if character.is_control() || turns_text(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                fmt::Write::write_char(f, character)?;
            }
        }
        Ok(())
    }
}

/// Line separators of Unicode, and the marks that change the direction of what follows.
fn turns_text(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn captured(filter: Option<&str>, looks: Looks, log: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let layer = layer(filter, looks, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        String::from_utf8(captured.0.lock().unwrap().clone()).unwrap()
    }

    fn attack() {
        let reason = "ok\n{\"level\":\"INFO\",\"message\":\"approved\"}\u{1b}[2J\u{202e}";
        tracing::info!(%reason, "asked: {reason}");
    }

    #[test]
    fn what_people_type_forges_no_line_of_json() {
        let written = captured(None, Looks::Json, attack);
        assert_eq!(written.lines().count(), 1, "{written}");
        let line: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(line["level"], "INFO");
        assert!(line["reason"].as_str().unwrap().contains("approved"));
        assert!(!written.contains('\u{1b}'));
    }

    #[test]
    fn what_people_type_forges_no_line_of_text_and_no_colour() {
        let written = captured(None, Looks::Terminal, attack);
        assert_eq!(written.lines().count(), 1, "{written}");
        assert!(!written.contains("\u{1b}[2J") && !written.contains('\u{202e}'), "{written}");
        assert!(written.contains("asked: ok") && written.contains(" reason=ok"), "{written}");
    }

    #[test]
    fn a_library_that_writes_frames_cannot_be_turned_up() {
        let all = "trace,slack_morphism=trace,slack_morphism::socket=trace,tungstenite=trace";
        let written = captured(Some(all), Looks::Json, || {
            tracing::debug!(target: "slack_morphism::socket", "planted-1");
            tracing::trace!(target: "tungstenite::protocol", "planted-2");
            tracing::debug!(target: "aws_smithy_runtime::client", "planted-3");
            tracing::info!(target: "serenity::http::request", "planted-4");
            tracing::info!(target: "slack_morphism", "fine-1");
            tracing::trace!(target: "glasskey::engine", "fine-2");
        });
        assert!(!written.contains("planted"), "{written}");
        assert!(written.contains("fine-1") && written.contains("fine-2"), "{written}");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_by_its_text() {
        let fault = layer::<tracing_subscriber::Registry, _>(Some("a=b=c"), Looks::Json, std::io::stderr);
        assert!(fault.err().unwrap().to_string().contains("`a=b=c`"));
    }
}
