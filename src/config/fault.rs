//! What is wrong with a configuration, said so that it can be mended. Never holds a secret.

use std::fmt;

use serde::Serialize;

/// Longest piece of a value shown: enough to recognise it by.
const SHOWN_MAX: usize = 60;

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigFault {
    /// The file, or `environment`.
    pub file: String,
    /// The line, from 1; none where the whole file is meant.
    pub line: Option<usize>,
    /// The key with its section, as in `slack.channel`; empty where the whole file is meant.
    pub key: String,
    /// What is there.
    pub is: String,
    /// What must be there.
    pub must: String,
    /// The nearest known key, for a key that is not known.
    pub nearest: Option<String>,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, "\n  is:      {}\n  must be: {}", self.is, self.must)?;
        match &self.nearest {
            Some(nearest) => write!(f, "\n  nearest: `{nearest}`"),
            None => Ok(()),
        }
    }
}

/// All that is wrong, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct ConfigFaults(Vec<ConfigFault>);

impl ConfigFaults {
    /// In the order of the file; what concerns no line comes first.
    #[must_use]
    pub fn new(mut faults: Vec<ConfigFault>) -> Self {
        faults.sort_by(|a, b| (a.line, &a.key).cmp(&(b.line, &b.key)));
        Self(faults)
    }

    /// Each of them.
    #[must_use]
    pub fn list(&self) -> &[ConfigFault] {
        &self.0
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{fault}")?;
        }
        let count = self.0.len();
        write!(f, "{count} {} to mend; nothing was started", if count == 1 { "thing" } else { "things" })
    }
}

/// Something that works and is probably not meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The line, from 1.
    pub line: Option<usize>,
    /// The key with its section.
    pub key: String,
    /// What to consider.
    pub text: String,
}

/// A value as it may be shown: quoted, control characters escaped, cut, and never what could be a secret.
pub(super) fn shown(text: &str) -> String {
    if looks_secret(text) {
        return "(not shown: it looks like a secret)".to_owned();
    }
    let mut cut: String = text.chars().take(SHOWN_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}

/// Whether a text could be a token, a key or a password: better hidden once too often.
fn looks_secret(text: &str) -> bool {
    let text = text.trim();
    const STARTS: [&str; 9] = ["xox", "xapp-", "xwfp-", "AKIA", "ASIA", "-----BEGIN", "SSWS", "ey", "gh"];
    let unbroken = text.len() >= 24
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte))
        && !text.starts_with('/');
    let userinfo = text.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    STARTS.iter().any(|start| text.starts_with(start)) || unbroken || userinfo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_secret_is_not_shown() {
        for secret in [
            "xoxb-1-2-abc",
            "xapp-1-A",
            "AKIAIOSFODNN7",
            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
            "https://u:p@x",
        ] {
            assert!(!shown(secret).contains(secret), "{secret}");
        }
    }

    #[test]
    fn an_ordinary_value_is_shown_cut_and_escaped() {
        assert_eq!(shown("eu-\u{1b}[31m"), r#""eu-\u{1b}[31m""#);
        assert_eq!(shown(&"a ".repeat(40)).chars().count(), SHOWN_MAX + 3);
    }
}
