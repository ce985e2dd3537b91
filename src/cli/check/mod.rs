//! `glasskey check`, and `glasskey breakglass check`: tries everything the bot will need and says what to fix. Changes nothing, starts nothing, and goes on
//! after a failure, so that one run tells all.

mod aws;
mod discord;
mod extras;
pub(super) mod local;
mod sign_in;
mod slack;

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::breakglass;
use super::output::{Exit, Output};
use crate::config::{Config, ConfigFaults, Environment, Need, Secrets};

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
    pub(super) fn ok(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Ok, found: found.into(), mend: None }
    }

    pub(super) fn warn(name: &str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Warn, found: found.into(), mend: Some(mend.into()) }
    }

    pub(super) fn fail(name: &str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Fail, found: found.into(), mend: Some(mend.into()) }
    }

    /// What was found says what to do.
    pub(super) fn fail_plain(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Fail, found: found.into(), mend: None }
    }
}

/// Tries everything, and says it.
pub async fn perform(out: &mut Output, file: &Path, environment: &Environment, now: Timestamp) -> Exit {
    let checks = match Config::load(file, environment, Need::Secrets) {
        Ok(config) => everything(&config, environment, now).await,
        Err(faults) => of_file(&faults),
    };
    say(out, &checks)
}

/// Tries what break-glass needs, and says it.
pub async fn breakglass(out: &mut Output, file: &Path, environment: &Environment, now: Timestamp) -> Exit {
    let config = match Config::load(file, environment, Need::Secrets) {
        Ok(config) => config,
        Err(faults) => return say(out, &of_file(&faults)),
    };
    if config.breakglass.federations.is_empty() {
        return say(out, &[Check::fail_plain("break-glass", breakglass::NONE)]);
    }
    let checks = match config.resolve_secrets(environment).await {
        Ok(secrets) => breakglass::check::checks(&config, Some(&secrets), now).await,
        Err(faults) => {
            let mut checks = of_secrets(&faults);
            checks.extend(breakglass::check::checks(&config, None, now).await);
            checks
        }
    };
    say(out, &checks)
}

/// What is wrong with the file.
fn of_file(faults: &ConfigFaults) -> Vec<Check> {
    let as_check = |fault: &crate::config::ConfigFault| {
        let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
        let name = format!("{}{line} {}", fault.file, fault.key);
        let nearest = fault.nearest.as_ref().map(|near| format!("; nearest: `{near}`"));
        let mend = format!("must be {}{}", fault.must, nearest.unwrap_or_default());
        Check::fail(name.trim_end(), fault.is.clone(), mend)
    };
    faults.list().iter().map(as_check).collect()
}

/// Which secrets cannot be had.
fn of_secrets(faults: &ConfigFaults) -> Vec<Check> {
    let as_check =
        |fault: &crate::config::ConfigFault| Check::fail(&fault.key, fault.is.clone(), fault.must.clone());
    faults.list().iter().map(as_check).collect()
}

async fn everything(config: &Config, environment: &Environment, now: Timestamp) -> Vec<Check> {
    let mut checks = local::checks(config);
    let with_secrets = async {
        let resolved = config.resolve_secrets(environment).await;
        let secrets = resolved.as_ref().ok();
        let slack = async {
            match &resolved {
                Ok(secrets) => match config.slack.as_ref().zip(secrets.slack.as_ref()) {
                    Some((config, secrets)) => slack::checks(config, secrets).await,
                    None => Vec::new(),
                },
                Err(faults) => of_secrets(faults),
            }
        };
        let discord = discord::checks(config, secrets);
        tokio::join!(
            slack,
            discord,
            emergency(config, secrets, now),
            sign_in::checks(config, secrets),
            extras::at_okta(config, secrets)
        )
    };
    let ((slack, discord, emergency, sign_in, groups), aws) = tokio::join!(with_secrets, aws::checks(config));
    checks.extend(slack);
    checks.extend(discord);
    checks.extend(aws);
    checks.extend(emergency);
    checks.extend(sign_in);
    checks.extend(groups);
    checks
}

/// Who has no federation need not be ready for break-glass.
async fn emergency(config: &Config, secrets: Option<&Secrets>, now: Timestamp) -> Vec<Check> {
    if config.breakglass.federations.is_empty() {
        return Vec::new();
    }
    breakglass::check::checks(config, secrets, now).await
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
