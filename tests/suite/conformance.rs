//! What we send, compared with what others published of their interfaces. The descriptions are not part of the repository:
//! they are found by the variable `SPECS`, or beside the repository.

mod discord;
mod okta;
mod schema;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A published description; `None` where there is none and nobody promised one. In CI that is a failure.
#[expect(clippy::disallowed_methods, reason = "a test is told by its environment where the descriptions are")]
fn description(file: &str) -> Option<Value> {
    let told = std::env::var("SPECS").ok().filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs");
    let promised = told.is_some() || std::env::var("CI").is_ok_and(|ci| ci == "true");
    let path = told.unwrap_or(beside).join(file);
    match std::fs::read(&path) {
        Ok(text) => Some(serde_json::from_slice(&text).unwrap()),
        Err(error) => {
            let say = format!("{}: {error}; set SPECS to the folder of the descriptions", path.display());
            assert!(!promised, "{say}");
            told_aloud(&say);
            None
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test that compares nothing says so to who runs it")]
fn told_aloud(why: &str) {
    eprintln!("nothing was compared: {why}");
}
