//! The command line: one file per subcommand. Says what happened in plain words, with an exit code that a script can act
//! on. Never decides about access: what concerns requests is asked of the running bot.

pub mod anchors;
pub mod arguments;
pub mod audit;
pub mod aws;
pub mod breakglass;
pub mod check;
pub mod company;
pub mod drift;
pub mod federations;
pub mod init;
pub mod manifest;
pub mod output;
pub mod people;
pub mod policy;
pub mod requests;
pub mod run;
pub mod sign_in;
pub mod socket;
pub mod store;

use std::path::Path;

use crate::config::{Config, Environment, Need};
use crate::telemetry::logs::{self, Looks};
use arguments::{Arguments, Command};
pub use output::{Exit, Output};

/// Sets up the logs: what was asked for, else everything of note for `run`, and only what went wrong for the rest.
///
/// # Errors
/// What is wrong with the filter, for people.
pub fn start_logs(arguments: &Arguments, environment: &Environment) -> Result<(), String> {
    let asked = arguments.log.clone().or_else(|| environment.get("RUST_LOG"));
    let quiet = if matches!(arguments.command, Command::Run) { None } else { Some("warn") };
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let looks = if terminal { Looks::Terminal } else { Looks::Json };
    logs::init(asked.as_deref().or(quiet), looks).map_err(|why| why.to_string())
}

/// Reads the configuration; what is wrong with it is printed.
///
/// # Errors
/// The exit code, everything being said.
pub fn load(out: &mut Output, file: &Path, environment: &Environment, need: Need) -> Result<Config, Exit> {
    match Config::load(file, environment, need) {
        Ok(config) => {
            for advice in &config.advice {
                let place = advice.line.map(|line| format!(":{line}")).unwrap_or_default();
                out.note(&format!("note: {}{place}: {}: {}", file.display(), advice.key, advice.text));
            }
            Ok(config)
        }
        Err(faults) => {
            out.fail(&faults.to_string(), &serde_json::json!({ "faults": faults }));
            Err(Exit::Refused)
        }
    }
}
