//! What can be typed after `glasskey`. Parsing only.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use glasskey_domain::emergency::Level;

/// Temporary elevated access to AWS, asked for and approved in chat.
#[derive(Debug, Parser)]
#[command(name = "glasskey", version, propagate_version = true, after_help = EXITS)]
pub struct Arguments {
    /// The configuration.
    #[arg(long, global = true, value_name = "FILE", default_value = "glasskey.toml")]
    pub config: PathBuf,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to log, as in `info` or `glasskey=debug,info`; else RUST_LOG.
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str =
    "Exit codes: 0 done; 1 refused, failed or faults found; 2 not understood; 3 no bot answers.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the bot.
    Run,
    /// Try every credential, scope, right and name the bot will need, and say what to fix.
    Check,
    /// Write a configuration and policies to start from.
    Init(InitArguments),
    /// Check, explain and test policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Ask for access as with /elevate, through the running bot.
    Elevate(Words),
    /// Emergency access: open and close it through the running bot, and be ready for it.
    #[command(subcommand)]
    Breakglass(BreakglassCommand),
    /// See and change access requests, through the running bot.
    #[command(subcommand)]
    Requests(RequestsCommand),
    /// See and say whose the chat accounts are, through the running bot.
    #[command(subcommand)]
    People(PeopleCommand),
    /// See and adopt access that no request explains, through the running bot.
    #[command(subcommand)]
    Drift(DriftCommand),
    /// Keep the roles of what can be asked for, by an assignment of an empty group. Needs no running bot.
    #[command(subcommand)]
    Anchors(AnchorsCommand),
    /// What to paste or register at a chat platform.
    #[command(subcommand)]
    Manifest(ManifestCommand),
    /// Prove the journal whole, and read it out.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Back up, restore and rebuild the ledger.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Say which release this is.
    Version,
}

/// What one would type in chat.
#[derive(Debug, Args)]
pub struct Words {
    /// What one would type in chat; `help` says more.
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
}

/// `glasskey breakglass`.
#[derive(Debug, Subcommand)]
pub enum BreakglassCommand {
    /// Open emergency access, as in `on ops for 2h INC-7 Identity Center is down bo@acme.example`.
    On(Words),
    /// Close it now.
    Off(Words),
    /// Whether it is open, for whom, until when.
    Status(Words),
    /// Give it to more people, as in `add bo@acme.example ro`.
    Add(Words),
    /// Take it from people while it stays open.
    Remove(Words),
    /// Keep it open for longer, as in `extend 1h`.
    Extend(Words),
    /// Say yes, as the second person, to opening it.
    Confirm(Words),
    /// Say no, as the second person, to opening it.
    Decline(Words),
    /// Open and close it with nobody in it, to know that it works.
    Drill(Words),
    /// Acknowledge, as an auditor, that a finished emergency was looked at, as in `review BG-7K3Q all well`.
    Review(Words),
    /// Say whether it would open tonight, and what to fix. Needs no running bot.
    Check,
    /// Print what people do by hand when nothing else works. Needs no running bot.
    Runbook,
    /// Print which group leads to which role of which accounts. Needs no running bot.
    Mapping {
        /// As what.
        #[arg(long, value_enum, default_value_t = MappingFormat::Text)]
        format: MappingFormat,
    },
}

/// Formats of the mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MappingFormat {
    /// For people, and for paper.
    Text,
    /// For spreadsheets.
    Csv,
}

/// `glasskey init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Write the sample: a pretend company's configuration with every key explained.
    #[arg(long)]
    pub sample: bool,
    /// The folder to write to.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub dir: PathBuf,
}

/// `glasskey policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Say whether the policies would come into force, and what looks like a slip.
    Check,
    /// Say what policy answers to a question, and why.
    Explain(ExplainArguments),
    /// Run a table of cases.
    Test {
        /// The table.
        file: PathBuf,
    },
}

/// The levels of break-glass, as they are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainLevel {
    /// Look.
    Ro,
    /// Operate.
    Ops,
}

impl From<ExplainLevel> for Level {
    fn from(level: ExplainLevel) -> Self {
        match level {
            ExplainLevel::Ro => Self::Ro,
            ExplainLevel::Ops => Self::Ops,
        }
    }
}

/// `glasskey policy explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Who asks: e-mail address, user name or id.
    #[arg(long)]
    pub person: String,
    /// Where: account id, name or alias.
    #[arg(long, required_unless_present_any = ["federation", "group"])]
    pub account: Option<String>,
    /// As what: permission set name or ARN.
    #[arg(long, required_unless_present_any = ["federation", "group"])]
    pub permission_set: Option<String>,
    /// Of a group instead: its id or name.
    #[arg(long, conflicts_with_all = ["account", "permission_set", "federation"])]
    pub group: Option<String>,
    /// As urgent access, which begins before anybody looks.
    #[arg(long, conflicts_with = "federation")]
    pub urgent: bool,
    /// Beginning later: as in `2026-11-21 02:30`, in the time zone of the policies.
    #[arg(long, value_name = "TIME", conflicts_with = "federation")]
    pub start: Option<String>,
    /// Of break-glass instead: the name of the federation, as in `[breakglass.main]`.
    #[arg(long, conflicts_with_all = ["account", "permission_set"])]
    pub federation: Option<String>,
    /// The most that anybody in that emergency may do.
    #[arg(long, requires = "federation", default_value = "ops")]
    pub level: ExplainLevel,
    /// As a drill.
    #[arg(long, requires = "federation")]
    pub drill: bool,
    /// For how long.
    #[arg(long = "for", value_name = "LENGTH", default_value = "1h")]
    pub length: String,
    /// A pretend company, in a file as for `policy test`; else the real one, as the bot last read it.
    #[arg(long, value_name = "FILE")]
    pub company: Option<PathBuf>,
}

/// `glasskey drift`.
#[derive(Debug, Subcommand)]
pub enum DriftCommand {
    /// List it.
    List,
    /// Say that it is known and shall stay.
    Adopt {
        /// Whose: e-mail address, user name or id.
        person: String,
        /// Where: account id, name or alias.
        account: String,
        /// As what: permission set name.
        permission_set: String,
        /// Why, for auditors.
        #[arg(required = true, num_args = 1..)]
        reason: Vec<String>,
    },
}

/// `glasskey anchors`.
#[derive(Debug, Subcommand)]
pub enum AnchorsCommand {
    /// Say what `apply` would do.
    Plan(AnchorsArguments),
    /// Make the anchors that are missing, and remove those that are not wanted.
    Apply(AnchorsArguments),
    /// Remove all of them.
    Remove,
}

/// Where anchors are wanted: wherever policy offers something now, unless accounts and permission sets are named.
#[derive(Debug, Args)]
pub struct AnchorsArguments {
    /// An account: id, name or alias; several times for several.
    #[arg(long = "account", value_name = "ACCOUNT", requires = "permission_sets")]
    pub accounts: Vec<String>,
    /// A permission set by its name, in each of these accounts; several times for several.
    #[arg(long = "permission-set", value_name = "NAME", requires = "accounts")]
    pub permission_sets: Vec<String>,
}

/// `glasskey requests`.
#[derive(Debug, Subcommand)]
pub enum RequestsCommand {
    /// List the open requests.
    List {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
    },
    /// Show one request.
    Show {
        /// As in AR-7K3Q.
        id: String,
    },
    /// End a grant now.
    End {
        /// As in AR-7K3Q.
        id: String,
    },
    /// Approve a request.
    Approve {
        /// As in AR-7K3Q.
        id: String,
    },
    /// Deny a request.
    Deny {
        /// As in AR-7K3Q.
        id: String,
        /// Why, for the requester.
        #[arg(required = true, num_args = 1..)]
        why: Vec<String>,
    },
}

/// `glasskey people`.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Say whose a Discord account is. Takes an administrator, by policy.
    Link {
        /// Whose: e-mail address or user name.
        person: String,
        /// Discord's id of the user: in Discord, Settings, Advanced, Developer Mode; then Copy User ID.
        #[arg(long, value_name = "USER_ID")]
        discord: String,
    },
    /// Make an account nobody's: of oneself, or, as an administrator, of anybody.
    #[command(group = ArgGroup::new("account").required(true))]
    Unlink {
        /// Discord's id of the user.
        #[arg(long, value_name = "USER_ID", group = "account")]
        discord: Option<String>,
        /// Slack's id of the user. The account is found by its e-mail address again.
        #[arg(long, value_name = "USER_ID", group = "account")]
        slack: Option<String>,
    },
    /// List the accounts, whose they are, since when, and how that is known.
    List,
}

/// `glasskey manifest`.
#[derive(Debug, Subcommand)]
pub enum ManifestCommand {
    /// The Slack app manifest.
    Slack,
    /// The commands as the bot registers them in the Discord guild, as JSON.
    Discord,
}

/// `glasskey audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Follow the whole hash chain of the journal.
    Verify {
        /// A head that was noted elsewhere, as the bot logs it (`seq:hash`): shows a tail that was cut off.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<crate::ledger::Head>,
    },
    /// Read the journal out.
    Export(ExportArguments),
    /// Everything the journal says about one request.
    Show {
        /// As in AR-7K3Q.
        id: String,
    },
}

/// `glasskey audit export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Only records of this time and later, as in 2026-11-20T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub since: Option<jiff::Timestamp>,
    /// As what.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
}

/// Formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// For spreadsheets.
    Csv,
}

/// `glasskey store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Derive the state from the journal anew. The bot must not be running.
    Rebuild,
    /// Copy the journal to a new file, also while the bot runs.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Make a new store of a back-up. The store must be empty.
    Restore {
        /// The back-up.
        file: PathBuf,
    },
}
