//! What the bot says, as the runner hears it: numbered lines, and whether the bot is there at all.
//! It must never interpret a line; the page shows what was said.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

/// Lines kept for pages that open later; a screenful is thirty.
const LINES_KEPT_MAX: usize = 400;

/// One line of the bot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Entry {
    pub(super) number: u64,
    /// The JSON object, or the text when it was not JSON.
    pub(super) line: Value,
}

/// Whether the bot is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BotState {
    /// Started, not ready yet.
    Starting,
    /// Answers `/readyz`.
    Ready,
    /// Gone, and why.
    Stopped(String),
}

impl BotState {
    pub(super) fn json(&self) -> Value {
        let (state, words) = match self {
            Self::Starting => ("starting", "Glasskey is starting…"),
            Self::Ready => ("ready", "Glasskey is running"),
            Self::Stopped(why) => ("stopped", why.as_str()),
        };
        serde_json::json!({ "state": state, "words": words })
    }
}

/// Where the runner pushes what the bot says. Clones share one feed.
#[derive(Clone)]
pub struct EventFeed {
    lines: Arc<Mutex<(u64, VecDeque<Entry>)>>,
    changes: watch::Sender<u64>,
    bot: watch::Sender<BotState>,
}

impl Default for EventFeed {
    fn default() -> Self {
        Self {
            lines: Arc::default(),
            changes: watch::channel(0).0,
            bot: watch::channel(BotState::Starting).0,
        }
    }
}

impl EventFeed {
    /// Takes in one line as the bot wrote it.
    pub fn push_line(&self, line: &str) {
        self.push(serde_json::from_str(line).unwrap_or_else(|_| Value::from(line)));
    }

    /// Takes in one event.
    pub fn push(&self, line: Value) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.0 += 1;
        let number = lines.0;
        lines.1.push_back(Entry { number, line });
        if lines.1.len() > LINES_KEPT_MAX {
            lines.1.pop_front();
        }
        drop(lines);
        self.changes.send_replace(number);
    }

    /// Says whether the bot is there.
    pub fn set_bot(&self, state: BotState) {
        self.bot.send_replace(state);
    }

    pub(super) fn after(&self, number: u64) -> Vec<Entry> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.1.iter().filter(|entry| entry.number > number).cloned().collect()
    }

    /// The newest lines as text, oldest first.
    #[must_use]
    pub fn last_lines(&self, most: usize) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = lines.1.len().saturating_sub(most);
        let text = |line: &Value| line.as_str().map_or_else(|| line.to_string(), str::to_owned);
        lines.1.iter().skip(skip).map(|entry| text(&entry.line)).collect()
    }

    /// A counter that moves with every line.
    #[must_use]
    pub fn lines(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn bot(&self) -> watch::Receiver<BotState> {
        self.bot.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json_and_anything_else_is_kept_as_text() {
        let feed = EventFeed::default();
        feed.push_line(r#"{"level":"INFO"}"#);
        feed.push_line("thread 'main' panicked");
        let lines: Vec<Value> = feed.after(0).into_iter().map(|e| e.line).collect();
        assert_eq!(lines, [serde_json::json!({ "level": "INFO" }), Value::from("thread 'main' panicked")]);
        assert_eq!(feed.last_lines(1), ["thread 'main' panicked"]);
    }

    #[test]
    fn old_lines_go_and_numbers_go_on() {
        let feed = EventFeed::default();
        for n in 0..=LINES_KEPT_MAX {
            feed.push(Value::from(n));
        }
        let numbers: Vec<u64> = feed.after(0).into_iter().map(|e| e.number).collect();
        assert_eq!((numbers.len(), numbers.first(), numbers.last()), (LINES_KEPT_MAX, Some(&2), Some(&401)));
    }
}
