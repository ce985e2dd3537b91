//! The runbook: what people do by hand in the night when nothing else works. A pure function of the configuration, the
//! directory last kept and the policies; it asks nobody, because nobody may answer then.
//!
//! It is read on paper by somebody who was asleep ten minutes ago: short steps, exact names, nothing to look up. Names and
//! links only, never a secret.

mod console;
mod troubles;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use glasskey_domain::{AccountId, Directory, FederationId, PersonId, Rules};
use jiff::Timestamp;

use super::callers::{Callers, callers};
use super::emergency_account;
use super::mapping::{self, Path};
use crate::config::{Config, Federation};

/// Workload accounts listed: four pages. `glasskey breakglass mapping` has all.
const ACCOUNTS_MAX: usize = 150;

/// What a runbook is made from.
pub struct Made<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The directory last kept.
    pub directory: &'a Directory,
    /// The policies in force.
    pub rules: &'a (dyn Rules + Send + Sync),
    /// Their hash.
    pub set: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// A runbook, in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runbook {
    /// When it was made, and of what.
    pub made: String,
    /// All the rest: only this says whether another one is needed.
    pub body: String,
}

impl Runbook {
    /// As it is written and printed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("# Break-glass by hand\n\n{}{}", self.made, self.body)
    }
}

/// One federation with what is known around it.
struct Chapter<'a> {
    name: &'a FederationId,
    federation: &'a Federation,
    callers: Callers,
    /// Where the groups lead; nothing where the configuration does not name them.
    paths: Vec<Path>,
}

/// Makes the runbook.
#[must_use]
pub fn runbook(from: &Made<'_>) -> Runbook {
    let chapters: Vec<Chapter<'_>> =
        from.config.breakglass.federations.iter().map(|(name, one)| chapter(from, name, one)).collect();
    let mut out = String::from(FIRST);
    for chapter in &chapters {
        people(&mut out, chapter, from.directory);
    }
    for chapter in &chapters {
        console::open(&mut out, chapter, from.config);
        sign_in(&mut out, chapter, &from.config.aws.region);
        console::close(&mut out, chapter, from.config);
    }
    accounts(&mut out, &chapters, from.directory);
    troubles::all(&mut out, &chapters, from.config);
    Runbook { made: made(from), body: out }
}

/// What one reads first.
const FIRST: &str = "
Use this page when people cannot reach AWS through IAM Identity Center and Glasskey cannot help: it, Slack or its host is
down. **If Glasskey runs, use it**: `/breakglass on ops INC-… why` in Slack, or on its host `glasskey breakglass on ops INC-… why`.
It tells everybody, ends by itself, and proves that it was closed. By hand, all of that is yours.

Two people. One acts, the other reads aloud, writes down the time of every step, and says what was forgotten.

";

fn made(from: &Made<'_>) -> String {
    let Made { config, directory, set, at, .. } = from;
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let read = if directory.is_empty() { "never".to_owned() } else { time(directory.read_at) };
    format!(
        "Written {} by Glasskey {} from {} (sha256 {}), policies {}, company as read {}.\n\
         Throw away older prints. Keep one where the incident commanders are, one with the sealed credentials.\n",
        time(*at),
        env!("CARGO_PKG_VERSION"),
        plain(&config.file.display().to_string()),
        short(&config.hash),
        short(set),
        read,
    )
}

/// Enough of a hash to compare by eye.
fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

fn chapter<'a>(from: &Made<'_>, name: &'a FederationId, federation: &'a Federation) -> Chapter<'a> {
    let callers = callers(from.rules, from.directory, name, &federation.settings, from.at);
    let paths = mapping::mapping(
        &federation.group_names,
        emergency_account(federation).as_ref(),
        &workload(from.directory),
    );
    // Names that lead nowhere are told by `glasskey breakglass check`; the paper then has the names alone.
    Chapter { name, federation, callers, paths: paths.unwrap_or_default() }
}

/// The accounts of the company with their names.
pub(super) fn workload(directory: &Directory) -> Vec<(AccountId, String)> {
    directory.accounts.values().map(|account| (account.id.clone(), account.name.clone())).collect()
}

fn people(out: &mut String, chapter: &Chapter<'_>, directory: &Directory) {
    let Callers { commanders, confirmers, auditors, more } = &chapter.callers;
    line(out, format_args!("## Who decides: {}\n", chapter.name));
    if commanders.is_empty() {
        line(
            out,
            format_args!(
                "Policy lets nobody open it, or the company was not read yet. Write in who decides:\n"
            ),
        );
    } else {
        line(out, format_args!("Call one of these. Nobody opens it without a commander's word.\n"));
    }
    line(out, format_args!("| Incident commander | E-mail | May open | Telephone (write it in) |"));
    line(out, format_args!("|---|---|---|---|"));
    for commander in commanders {
        let alone = match commander.terms.approvals {
            0 => "alone".to_owned(),
            more => format!("with {more} more"),
        };
        let (name, email) = who(&commander.person, directory);
        line(out, format_args!("| {name} | {email} | {}, {alone} | |", commander.level.word()));
    }
    if commanders.is_empty() {
        line(out, format_args!("| | | | |"));
    }
    let names = |people: &[PersonId]| {
        people.iter().map(|person| who(person, directory).0).collect::<Vec<_>>().join(", ")
    };
    line(out, format_args!(""));
    if !confirmers.is_empty() {
        line(
            out,
            format_args!("May say the second yes (never for what they opened): {}.\n", names(confirmers)),
        );
    }
    if !auditors.is_empty() {
        line(out, format_args!("Look at it afterwards: {}.\n", names(auditors)));
    }
    if *more {
        line(out, format_args!("There are more; these are the first.\n"));
    }
}

fn who(person: &PersonId, directory: &Directory) -> (String, String) {
    let email = directory.people.get(person).map_or("", |person| person.email());
    (plain(&directory.name_of(person)), plain(email))
}

fn sign_in(out: &mut String, chapter: &Chapter<'_>, region: &str) {
    let federation = chapter.federation;
    line(out, format_args!("## Sign in: {}\n", chapter.name));
    let provider = federation.settings.place.provider.name();
    match &federation.app_link {
        Some(link) => line(out, format_args!("1. Open <{link}> and sign in to {provider}.")),
        None => {
            line(
                out,
                format_args!("1. Sign in to {provider}, and open the emergency app on your dashboard."),
            );
        }
    }
    line(out, format_args!("2. Choose the role of your group in the emergency account:"));
    for path in &chapter.paths {
        let arn = arn(region, path.emergency_account.as_str(), &path.role);
        line(out, format_args!("   - {}: `{}` (`{arn}`)", path.level.word(), path.role));
    }
    if chapter.paths.is_empty() {
        line(
            out,
            format_args!("   - the one that the page offers (the configuration does not name the groups)"),
        );
    }
    line(
        out,
        format_args!(
            "3. Switch to the account that you work on; ACCOUNT is its number, from the list below:"
        ),
    );
    for level in federation.settings.place.groups.keys() {
        let role = mapping::workload_role(*level);
        let link = format!("https://signin.aws.amazon.com/switchrole?account=ACCOUNT&roleName={role}");
        let arn = arn(region, "ACCOUNT", role);
        line(out, format_args!("   - {}: <{link}>", level.word()));
        line(
            out,
            format_args!("     or `aws sts assume-role --role-arn {arn} --role-session-name YOUR-NAME`"),
        );
    }
    line(out, format_args!(""));
    let session = federation.settings.place.session;
    line(
        out,
        format_args!(
            "A session in the emergency account lives for up to {session} and may outlive the closing; one that was switched to, \
         for up to an hour.\n"
        ),
    );
}

fn accounts(out: &mut String, chapters: &[Chapter<'_>], directory: &Directory) {
    let emergency: BTreeSet<&AccountId> =
        chapters.iter().flat_map(|chapter| &chapter.paths).map(|path| &path.emergency_account).collect();
    let mut sorted: Vec<(&str, &AccountId)> = directory
        .accounts
        .values()
        .map(|account| (account.name.as_str(), &account.id))
        .filter(|(_, id)| !emergency.contains(id))
        .collect();
    sorted.sort();
    line(out, format_args!("## Accounts\n"));
    if sorted.is_empty() {
        line(out, format_args!("The company was not read yet. Write in what matters most:\n"));
    }
    line(out, format_args!("| Account | Number |"));
    line(out, format_args!("|---|---|"));
    for (name, id) in sorted.iter().take(ACCOUNTS_MAX) {
        line(out, format_args!("| {} | {id} |", plain(name)));
    }
    if sorted.is_empty() {
        line(out, format_args!("| | |"));
    }
    let left = sorted.len().saturating_sub(ACCOUNTS_MAX);
    if left > 0 {
        line(
            out,
            format_args!(
                "\nand {left} more: `glasskey breakglass mapping --format csv`, printed beforehand."
            ),
        );
    }
    line(out, format_args!(""));
}

fn arn(region: &str, account: &str, role: &str) -> String {
    format!("arn:{}:iam::{account}:role/{role}", partition(region))
}

fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// A line of the paper.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "{text}");
}

/// What others typed, as text that makes neither a line, nor a column, nor a link (P10).
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            '|' | '[' | ']' | '<' | '>' | '`' | '\\' | '*' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
