//! The binary: arguments → configuration → the room that does it → exit code.

use std::process::ExitCode;

use clap::Parser as _;
use glasskey::cli::arguments::{
    Arguments, AuditCommand, Command, ManifestCommand, PolicyCommand, StoreCommand,
};
use glasskey::cli::{self, Exit, Output};
use glasskey::clock::SystemClock;
use glasskey::config::{Config, Environment, Need, Secrets};
use glasskey::ports::Clock as _;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = Environment::Process;
    let mut out = Output::process(arguments.json);
    // With one provider compiled in this cannot fail; a second one would make TLS panic at first use (libraries §4).
    drop(rustls::crypto::ring::default_provider().install_default());
    if let Err(why) = cli::start_logs(&arguments, &environment) {
        out.note(&why);
        return Exit::Usage.into();
    }
    perform(&mut out, arguments, &environment).await.unwrap_or_else(|exit| exit).into()
}

async fn perform(out: &mut Output, arguments: Arguments, environment: &Environment) -> Result<Exit, Exit> {
    let file = arguments.config.as_path();
    match arguments.command {
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            out.say(&format!("glasskey {version}"), &serde_json::json!({ "version": version }));
            Ok(Exit::Fine)
        }
        Command::Init(init) => Ok(cli::init::perform(out, &init)),
        Command::Manifest(ManifestCommand::Slack) => Ok(cli::manifest::slack(out)),
        Command::Manifest(ManifestCommand::Discord) => Ok(cli::manifest::discord(out)),
        Command::Check => Ok(cli::check::perform(out, file, environment, SystemClock.now()).await),
        Command::Run => {
            let config = cli::load(out, file, environment, Need::Secrets)?;
            let secrets = config.resolve_secrets(environment).await.map_err(|faults| {
                out.fail(&faults.to_string(), &serde_json::json!({ "faults": faults }));
                Exit::Refused
            })?;
            Ok(run(out, config, secrets).await)
        }
        Command::Policy(command) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            let now = SystemClock.now();
            Ok(match command {
                PolicyCommand::Check => cli::policy::check(out, &config),
                PolicyCommand::Explain(question) => cli::policy::explain(out, &config, &question, now),
                PolicyCommand::Test { file } => cli::policy::test(out, &config, &file, now),
            })
        }
        Command::Elevate(words) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            Ok(cli::breakglass::ask::elevate(out, &config.admin.socket, &words.words).await)
        }
        Command::Breakglass(command) => {
            cli::breakglass::perform(out, file, environment, command, SystemClock.now()).await
        }
        Command::Requests(command) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            Ok(cli::requests::perform(out, &config.admin.socket, command).await)
        }
        Command::People(command) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            Ok(cli::people::perform(out, &config.admin.socket, command).await)
        }
        Command::Drift(command) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            Ok(cli::drift::perform(out, &config.admin.socket, command).await)
        }
        Command::Anchors(command) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            Ok(cli::anchors::perform(out, &config, command, SystemClock.now()).await)
        }
        Command::Audit(command) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            Ok(match command {
                AuditCommand::Verify { head } => cli::audit::verify(out, &config.store, head),
                AuditCommand::Export(what) => cli::audit::export(out, &config.store, &what),
                AuditCommand::Show { id } => cli::audit::show(out, &config.store, &id),
            })
        }
        Command::Store(command) => {
            let config = cli::load(out, file, environment, Need::NoSecrets)?;
            Ok(match command {
                StoreCommand::Backup { file } => cli::store::backup(out, &config.store, &file),
                StoreCommand::Restore { file } => cli::store::restore(out, &config.store, &file),
                StoreCommand::Rebuild => cli::store::rebuild(out, &config.store),
            })
        }
    }
}

/// Runs the bot; what ends it is printed, and the exit code tells a supervisor whether to start it again.
async fn run(out: &mut Output, config: Config, secrets: Secrets) -> Exit {
    match cli::run::run(config, secrets).await {
        Ok(()) => Exit::Fine,
        Err(fault) => {
            let why = fault.to_string();
            tracing::error!(why, "glasskey ends");
            out.fail(&why, &serde_json::json!({ "failed": why }));
            Exit::Refused
        }
    }
}
