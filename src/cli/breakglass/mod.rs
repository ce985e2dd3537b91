//! `glasskey breakglass …`: what concerns the emergency access of the company.

pub mod ask;
pub mod callers;
pub mod check;
pub mod group_name;
pub mod mapping;
pub mod paper;
pub mod runbook;

use std::path::Path;

use glasskey_domain::{AccountId, Directory};
use jiff::Timestamp;
use serde_json::json;

use super::arguments::{BreakglassCommand, MappingFormat};
use super::check as checks;
use super::output::{Exit, Output};
use crate::config::{Config, Environment, Federation, Need};
use crate::ledger;
use crate::policy::RuleSet;

/// Does it.
///
/// # Errors
/// The exit code, when the configuration cannot be used; everything was said.
pub async fn perform(
    out: &mut Output,
    file: &Path,
    environment: &Environment,
    command: BreakglassCommand,
    now: Timestamp,
) -> Result<Exit, Exit> {
    use BreakglassCommand as Is;
    if let Is::Check = command {
        return Ok(checks::breakglass(out, file, environment, now).await);
    }
    let config = super::load(out, file, environment, Need::NoSecrets)?;
    let (first, words) = match command {
        Is::On(words) => ("on", words),
        Is::Off(words) => ("off", words),
        Is::Status(words) => ("status", words),
        Is::Add(words) => ("add", words),
        Is::Remove(words) => ("remove", words),
        Is::Extend(words) => ("extend", words),
        Is::Confirm(words) => ("confirm", words),
        Is::Decline(words) => ("decline", words),
        Is::Drill(words) => ("drill", words),
        Is::Review(words) => ("review", words),
        Is::Check => return Ok(Exit::Usage),
        Is::Runbook => return Ok(print_runbook(out, &config, now)),
        Is::Mapping { format } => return Ok(print_mapping(out, &config, format)),
    };
    Ok(ask::breakglass(out, &config.admin.socket, first, &words.words).await)
}

/// Said where the configuration has no federation.
pub(super) const NONE: &str =
    "no emergency federation is configured; add [breakglass.main], as glasskey.example.toml has it";

/// As the bot would write it now: with the company as it last read it, also beside a running bot.
fn print_runbook(out: &mut Output, config: &Config, now: Timestamp) -> Exit {
    if config.breakglass.federations.is_empty() {
        out.fail(NONE, &json!({ "failed": NONE }));
        return Exit::Refused;
    }
    let directory = last_directory(out, config);
    let rules = match RuleSet::load(&config.policy.dir, config.policy.time_zone.clone()) {
        Ok(rules) => Some(rules),
        Err(faults) => {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            out.note(&format!("note: without people, because the policies cannot be used: {first}"));
            RuleSet::from_sources(&[], config.policy.time_zone.clone()).ok()
        }
    };
    let Some(rules) = rules else { return Exit::Refused };
    let made = runbook::Made { config, directory: &directory, rules: &rules, set: rules.hash(), at: now };
    let text = runbook::runbook(&made).text();
    out.say(text.trim_end(), &json!({ "runbook": text }));
    Exit::Fine
}

fn print_mapping(out: &mut Output, config: &Config, format: MappingFormat) -> Exit {
    if config.breakglass.federations.is_empty() {
        out.fail(NONE, &json!({ "failed": NONE }));
        return Exit::Refused;
    }
    let accounts = runbook::workload(&last_directory(out, config));
    let (mut paths, mut faults) = (Vec::new(), Vec::new());
    for (name, federation) in &config.breakglass.federations {
        if federation.group_names.is_empty() {
            faults.push(format!(
                "{name}: its groups have no names; write them into breakglass.{name}.group_names"
            ));
        }
        match mapping::mapping(&federation.group_names, emergency_account(federation).as_ref(), &accounts) {
            Ok(more) => paths.extend(more),
            Err(more) => faults.extend(more.iter().map(|fault| format!("{name}: {fault}"))),
        }
    }
    if !faults.is_empty() {
        out.fail(&faults.join("\n"), &json!({ "faults": faults }));
        return Exit::Refused;
    }
    let text = match format {
        MappingFormat::Text => mapping::text(&paths),
        MappingFormat::Csv => mapping::csv(&paths).trim_end().to_owned(),
    };
    out.say(&text, &mapping::json(&paths));
    Exit::Fine
}

/// The emergency account, where the configuration says it apart from the names of the groups.
fn emergency_account(federation: &Federation) -> Option<AccountId> {
    let plan = federation.settings.place.cut.as_ref()?;
    plan.assume.split(':').nth(4).and_then(|account| AccountId::parse(account).ok())
}

/// The company as the bot last read it; nobody, and a note, where it never did.
fn last_directory(out: &mut Output, config: &Config) -> Directory {
    let why = match ledger::last_directory(&config.store) {
        Ok(Some(directory)) => return directory,
        Ok(None) => "the company was never read; start the bot once".to_owned(),
        Err(why) => why,
    };
    out.note(&format!("note: without people and accounts: {why}"));
    Directory::empty()
}
