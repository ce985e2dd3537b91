//! The bot's log as it grows: every fact is written to it right after it is durable, which is when it counts.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{sleep, timeout};

/// Between two looks at the file. What is measured is when a line was written, not when it was found.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Where one has read to.
pub(crate) struct Journal {
    path: PathBuf,
    at: u64,
}

impl Journal {
    /// From what is in it now on.
    pub(crate) fn at_its_end(path: PathBuf) -> Self {
        let at = std::fs::metadata(&path).unwrap().len();
        Self { path, at }
    }

    /// Waits for a fact about an emergency. Answers when it was durable.
    pub(crate) async fn fact(&mut self, fact: &str, within: Duration) -> Timestamp {
        let found = async {
            loop {
                if let Some(at) = self.lines().iter().find_map(|line| time_of(line, fact)) {
                    return at;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        let found = timeout(within, found).await;
        found.unwrap_or_else(|_| panic!("no `{fact}` within {within:?}; see {}", self.path.display()))
    }

    /// The whole lines that are new.
    fn lines(&mut self) -> Vec<String> {
        let mut file = std::fs::File::open(&self.path).unwrap();
        file.seek(SeekFrom::Start(self.at)).unwrap();
        let mut new = String::new();
        file.read_to_string(&mut new).unwrap();
        let whole = new.rfind('\n').map_or(0, |end| end + 1);
        self.at += whole as u64;
        new[..whole].lines().map(str::to_owned).collect()
    }
}

/// When this line was written, if it is this fact.
fn time_of(line: &str, fact: &str) -> Option<Timestamp> {
    let line: Value = serde_json::from_str(line).ok()?;
    let event: Value = serde_json::from_str(line.get("event")?.as_str()?).ok()?;
    let is_it = event.pointer("/fact/fact").and_then(Value::as_str) == Some(fact);
    is_it.then(|| line.get("timestamp")?.as_str()?.parse().ok())?
}
