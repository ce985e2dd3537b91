//! `glasskey check`: tries everything the bot will need and says what to fix. Changes nothing, starts nothing, and goes on
//! after a failure, so that one run tells all.

mod aws;
mod local;
mod slack;

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::output::{Exit, Output};
use crate::config::{Config, Environment, Need};

/// How one check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it must be.
    Ok,
    /// It will work, and is probably not meant.
    Warn,
    /// The bot will not work.
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was tried.
    pub name: String,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to fix, where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Check {
    fn ok(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Ok, found: found.into(), mend: None }
    }

    fn warn(name: &str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Warn, found: found.into(), mend: Some(mend.into()) }
    }

    fn fail(name: &str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Fail, found: found.into(), mend: Some(mend.into()) }
    }
}

/// Tries everything, and says it.
pub async fn perform(out: &mut Output, file: &Path, environment: &Environment) -> Exit {
    let checks = match Config::load(file, environment, Need::Secrets) {
        Ok(config) => everything(&config, environment).await,
        Err(faults) => faults
            .list()
            .iter()
            .map(|fault| {
                let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
                let name = format!("{}{line} {}", fault.file, fault.key);
                let nearest = fault.nearest.as_ref().map(|near| format!("; nearest: `{near}`"));
                Check::fail(
                    name.trim_end(),
                    fault.is.clone(),
                    format!("must be {}{}", fault.must, nearest.unwrap_or_default()),
                )
            })
            .collect(),
    };
    say(out, &checks)
}

async fn everything(config: &Config, environment: &Environment) -> Vec<Check> {
    let mut checks = local::checks(config);
    let secrets = async {
        match config.resolve_secrets(environment).await {
            Ok(secrets) => slack::checks(config, &secrets).await,
            Err(faults) => faults
                .list()
                .iter()
                .map(|fault| Check::fail(&fault.key, fault.is.clone(), fault.must.clone()))
                .collect(),
        }
    };
    let (slack, aws) = tokio::join!(secrets, aws::checks(config));
    checks.extend(slack);
    checks.extend(aws);
    checks
}

fn say(out: &mut Output, checks: &[Check]) -> Exit {
    let failed = checks.iter().any(|check| check.outcome == Outcome::Fail);
    let text = table(checks);
    let json = json!({ "ok": !failed, "checks": checks });
    out.say(&text, &json);
    if failed { Exit::Refused } else { Exit::Fine }
}

/// Aligned, with a mark, and the mending below what needs it.
fn table(checks: &[Check]) -> String {
    let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::with_capacity(checks.len());
    for check in checks {
        let mark = match check.outcome {
            Outcome::Ok => '✓',
            Outcome::Warn => '!',
            Outcome::Fail => '✗',
        };
        lines.push(format!("{mark} {:width$}  {}", check.name, check.found));
        if let Some(mend) = &check.mend {
            lines.push(format!("  {:width$}  → {mend}", ""));
        }
    }
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let (failed, warned) = (count(Outcome::Fail), count(Outcome::Warn));
    lines.push(match (failed, warned) {
        (0, 0) => "everything is as it must be".to_owned(),
        (0, warned) => format!("the bot will work; {warned} to look at"),
        (failed, _) => format!("the bot will not work: {failed} to fix"),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned_and_says_what_to_fix() {
        let checks = [
            Check::ok("policies", "3 policies"),
            Check::warn("ledger", "in use", "nothing"),
            Check::fail("slack scopes", "`im:write` is missing", "install the app again"),
        ];
        insta::assert_snapshot!(table(&checks), @r"
        ✓ policies      3 policies
        ! ledger        in use
                        → nothing
        ✗ slack scopes  `im:write` is missing
                        → install the app again
        the bot will not work: 1 to fix
        ");
    }
}
