//! `glasskey policy …`: would it load, what does it answer, does it answer what is expected. Never changes what is in
//! force.

use std::path::Path;

use glasskey_domain::rules::EmergencyQuestion;
use glasskey_domain::{Directory, Question, Seconds};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::ExplainArguments;
use super::output::{Exit, Output};
use crate::config::Config;
use crate::ledger;
use crate::policy::annotations::parse_length;
use crate::policy::{self, PolicyFault, RuleSet, cases};

/// Says whether the policies would come into force, and what looks like a slip.
pub fn check(out: &mut Output, config: &Config) -> Exit {
    // What the bot last read, where it has read anything: then names that the company does not have are seen too.
    let company = ledger::last_directory(&config.store).ok().flatten();
    let report = policy::check(&config.policy.dir, company.as_ref(), &config.requests);
    let json = json!({
        "good": report.is_good(),
        "set": report.set,
        "files": report.files,
        "policies": report.policies,
        "faults": as_json(&report.faults),
        "warnings": as_json(&report.warnings),
    });
    let mut lines: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    lines.extend(report.warnings.iter().map(|warning| format!("warning: {warning}")));
    if !report.is_good() {
        lines.push("these policies would not come into force; those before stay".to_owned());
        out.fail(&lines.join("\n"), &json);
        return Exit::Refused;
    }
    let set = report.set.unwrap_or_default();
    lines.push(format!("{} policies in {} files are valid (set {set})", report.policies, report.files.len()));
    out.say(&lines.join("\n"), &json);
    Exit::Fine
}

/// Says what policy answers to a question, and why.
pub fn explain(out: &mut Output, config: &Config, arguments: &ExplainArguments, now: Timestamp) -> Exit {
    let Some(length) = parse_length(&arguments.length) else {
        out.fail(
            &format!("`{}` is not a length, as in 30m or 1h30m", arguments.length),
            &json!({ "failed": "length" }),
        );
        return Exit::Usage;
    };
    let (rules, directory) =
        match load(config).and_then(|rules| Ok((rules, company(config, arguments.company.as_deref())?))) {
            Ok(both) => both,
            Err(faults) => return faulty(out, &faults),
        };
    let explained = match &arguments.federation {
        Some(federation) => {
            let level = arguments.level.into();
            let asked =
                policy::emergency_question(&directory, &arguments.person, federation, level, length, now);
            asked.map(|asked| {
                let asked = EmergencyQuestion { drill: arguments.drill, ..asked };
                policy::explain_emergency(&rules, &directory, &asked)
            })
        }
        None => {
            let starts_at = arguments.start.as_deref().map(|text| cases::local_time(&rules, text));
            if starts_at == Some(None) {
                let what = "the start is not a time, as in `2026-11-21 02:30`";
                out.fail(what, &json!({ "failed": "start" }));
                return Exit::Usage;
            }
            asked(config, &directory, arguments, length, now).map(|question| {
                let (starts_at, urgent) = (starts_at.flatten(), arguments.urgent);
                policy::explain(&rules, &directory, &Question { starts_at, urgent, ..question })
            })
        }
    };
    let explanation = match explained {
        Ok(explanation) => explanation,
        Err(why) => {
            out.fail(&why.to_string(), &json!({ "failed": why.to_string() }));
            return Exit::Refused;
        }
    };
    let permitted = explanation.answer.is_ok();
    let text = explanation.to_string();
    let json = json!({ "permitted": permitted, "set": explanation.set, "text": text });
    if permitted {
        out.say(&text, &json);
        return Exit::Fine;
    }
    out.fail(&text, &json);
    Exit::Refused
}

/// Who asks for what: a group, or a permission set in an account, which may be called by an alias.
fn asked(
    config: &Config,
    directory: &Directory,
    arguments: &ExplainArguments,
    length: Seconds,
    now: Timestamp,
) -> Result<Question, policy::NotFound> {
    let person = arguments.person.as_str();
    if let Some(group) = &arguments.group {
        return policy::group_question(directory, (person, group), length, now);
    }
    let typed = arguments.account.as_deref().unwrap_or_default();
    let account = config.aliases.get(&typed.to_lowercase()).map_or(typed, |account| account.as_str());
    let set = arguments.permission_set.as_deref().unwrap_or_default();
    policy::question(directory, (person, account, set), length, now)
}

/// Runs a table of cases.
pub fn test(out: &mut Output, config: &Config, file: &Path, now: Timestamp) -> Exit {
    let name = file.display().to_string();
    let ran = load(config).and_then(|rules| {
        let text = read(file)?;
        // A table that names no company of its own is about the real one.
        let real = ledger::last_directory(&config.store).ok().flatten();
        cases::run(&name, &text, &rules, real.as_ref(), now)
    });
    match ran {
        Ok(report) => {
            let json =
                json!({ "good": report.is_good(), "cases": report.cases, "failures": report.failures.len() });
            if report.is_good() {
                out.say(&report.to_string(), &json);
                return Exit::Fine;
            }
            out.fail(&report.to_string(), &json);
            Exit::Refused
        }
        Err(faults) => faulty(out, &faults),
    }
}

fn load(config: &Config) -> Result<RuleSet, Vec<PolicyFault>> {
    RuleSet::load(&config.policy.dir, config.policy.time_zone.clone())
}

/// The company of a file, else the one that the bot last read.
fn company(config: &Config, file: Option<&Path>) -> Result<Directory, Vec<PolicyFault>> {
    let Some(file) = file else { return last_read(&config.store) };
    pretended(file)
}

/// The company as the bot last read it: named by the journal, kept beside it. Reads only, also while the bot runs.
fn last_read(store: &Path) -> Result<Directory, Vec<PolicyFault>> {
    let fault = |what: String| {
        let mend = Some("start the bot once, or name a pretend company with `--company FILE`".to_owned());
        vec![PolicyFault { file: store.display().to_string(), line: None, what, mend }]
    };
    match ledger::last_directory(store) {
        Ok(Some(directory)) => Ok(directory),
        Ok(None) => Err(fault("the company was never read".to_owned())),
        Err(why) => Err(fault(why)),
    }
}

/// A company in plain lines; rows of cases below it are passed over.
fn pretended(file: &Path) -> Result<Directory, Vec<PolicyFault>> {
    let text = read(file)?;
    let company: Vec<&str> = text.lines().map(|line| if line.contains('|') { "" } else { line }).collect();
    policy::company(&file.display().to_string(), &company.join("\n"))
}

fn read(file: &Path) -> Result<String, Vec<PolicyFault>> {
    std::fs::read_to_string(file).map_err(|why| {
        let file = file.display().to_string();
        vec![PolicyFault { file, line: None, what: format!("cannot be read: {why}"), mend: None }]
    })
}

fn faulty(out: &mut Output, faults: &[PolicyFault]) -> Exit {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    out.fail(&lines.join("\n"), &json!({ "faults": as_json(faults) }));
    Exit::Refused
}

fn as_json(faults: &[PolicyFault]) -> Vec<Value> {
    faults
        .iter()
        .map(
            |fault| json!({ "file": fault.file, "line": fault.line, "what": fault.what, "mend": fault.mend }),
        )
        .collect()
}
