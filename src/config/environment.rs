//! The environment of the process, the only place that reads it. Never prints a value of it.

use std::collections::BTreeMap;

/// Where environment variables come from.
#[derive(Clone)]
pub enum Environment {
    /// The process's own.
    Process,
    /// Given ones, so that a test needs no process of its own.
    Given(BTreeMap<String, String>),
}

/// By hand: a value may be a secret.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// The variable's value; nothing when it is not set, empty, or not text.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the only place")]
    pub fn get(&self, name: &str) -> Option<String> {
        let value = match self {
            Self::Process => std::env::var(name).ok(),
            Self::Given(variables) => variables.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }
}
