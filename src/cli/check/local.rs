//! What is on this machine: the configuration, the policies, the folder of the ledger, the admin socket.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;

use super::Check;
use crate::config::Config;
use crate::ledger;
use crate::policy;

/// All of them.
pub(super) fn checks(config: &Config) -> Vec<Check> {
    let mut checks = vec![Check::ok("configuration", config.file.display().to_string())];
    checks.extend(config.advice.iter().map(|advice| {
        let line = advice.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        Check::warn("configuration", format!("{}{line}", advice.key), advice.text.clone())
    }));
    checks.extend(policies(config));
    checks.extend(bundles(config));
    checks.extend(step_ups(config));
    checks.push(folder_of_ledger(&config.store));
    checks.push(socket(&config.admin.socket));
    checks
}

fn policies(config: &Config) -> Vec<Check> {
    let report = policy::check(&config.policy.dir, None, &config.requests);
    let spoken = |fault: &policy::PolicyFault| {
        let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
        let mend = fault.mend.clone().unwrap_or_else(|| "see `glasskey policy check`".to_owned());
        (format!("{}{line}: {}", fault.file, fault.what), mend)
    };
    let mut checks: Vec<Check> = report
        .faults
        .iter()
        .map(|fault| {
            let (found, mend) = spoken(fault);
            Check::fail("policies", found, mend)
        })
        .collect();
    checks.extend(report.warnings.iter().map(|warning| {
        let (found, mend) = spoken(warning);
        Check::warn("policies", found, mend)
    }));
    if report.is_good() {
        checks.push(Check::ok(
            "policies",
            format!("{} policies in {} files", report.policies, report.files.len()),
        ));
    }
    checks
}

/// The file of the bundles, if there is one.
fn bundles(config: &Config) -> Vec<Check> {
    const NAME: &str = "bundles";
    if config.bundles_file.is_none() {
        return Vec::new();
    }
    match config.bundles() {
        Ok(bundles) => vec![Check::ok(NAME, format!("{} bundles", bundles.len()))],
        Err(faults) => super::of_file(&faults),
    }
}

/// What asks for a fresh sign-in where the company, as the bot last read it, has nothing.
fn step_ups(config: &Config) -> Vec<Check> {
    let Some(sign_in) = &config.sign_in else { return Vec::new() };
    // A ledger that cannot be read is another check's business; a company that was never read is nobody's.
    let Ok(Some(directory)) = ledger::last_directory(&config.store) else { return Vec::new() };
    let slips = sign_in.about_nothing(&config.aliases, &directory);
    let as_check = |slip: String| {
        let found =
            format!("`{slip}` is about no account and no organizational unit, so it asks nobody to sign in");
        Check::warn("sign_in.step_up", found, "write the name or the id of one, or an alias of an account")
    };
    slips.into_iter().map(as_check).collect()
}

/// Whether the folder can be written and nobody else has it.
fn folder_of_ledger(store: &Path) -> Check {
    const NAME: &str = "ledger";
    match held(&store.join("lock")) {
        Ok(true) => {
            return Check::ok(NAME, format!("{} is in use by a running bot", store.display()));
        }
        Ok(false) => {}
        Err(why) => {
            return Check::fail(NAME, format!("{}: {why}", store.display()), "run as the bot's own user");
        }
    }
    // A store that is not there yet is made at start, so its nearest folder must be writable.
    let folder = store.ancestors().find(|folder| folder.is_dir()).unwrap_or(store);
    match try_write(folder) {
        Ok(()) => Check::ok(NAME, format!("{} can be written", store.display())),
        Err(why) => Check::fail(
            NAME,
            format!("{} cannot be written: {why}", folder.display()),
            "give it to the bot's own user (mode 0700), or run this as that user",
        ),
    }
}

/// Whether a process holds the lock. A lock taken here is let go at once.
fn held(lock: &Path) -> io::Result<bool> {
    let file = match File::open(lock) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(why) => return Err(why),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(why)) => Err(why),
    }
}

pub(in crate::cli) fn try_write(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".glasskey-check-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let written = file.write_all(b"check").and_then(|()| file.sync_all());
    fs::remove_file(&path)?;
    written
}

fn socket(path: &Path) -> Check {
    const NAME: &str = "admin socket";
    match path.parent().map(fs::metadata) {
        Some(Ok(folder)) if folder.is_dir() => {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = folder.permissions().mode() & 0o7777;
            if mode & 0o022 != 0 {
                return Check::fail(
                    NAME,
                    format!("the folder of {} can be written by others (mode {mode:04o})", path.display()),
                    "`chmod go-w` it, or choose another `admin.socket`",
                );
            }
            Check::ok(NAME, path.display().to_string())
        }
        Some(Ok(_) | Err(_)) | None => Check::warn(
            NAME,
            format!("the folder of {} is not there", path.display()),
            "systemd makes it when it starts the bot (RuntimeDirectory=glasskey); else make it, mode 0700",
        ),
    }
}
