//! Every key there is: the one table that the reader, its faults and the example are held against.

/// A key, and what its value must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The section, dotted.
    pub(super) section: &'static str,
    /// The key in it.
    pub(super) name: &'static str,
    /// What the value must be, for people.
    pub(super) must: &'static str,
}

impl Key {
    /// `section.name`.
    pub(super) fn full(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

macro_rules! keys {
    ($($constant:ident = $section:literal $name:literal $must:expr;)*) => {
        $(pub(super) const $constant: Key = Key { section: $section, name: $name, must: $must };)*
        /// All of them.
        pub(super) const ALL: &[Key] = &[$($constant),*];
    };
}

const SECRET: &str = r#"where the secret is kept: "env:NAME", "file:/path" or "aws-secretsmanager:ID"; never the secret itself"#;

keys! {
    STORE_PATH = "store" "path" "the folder of the ledger, as in \"/var/lib/glasskey\"";
    SLACK_APP_TOKEN = "slack" "app_token" SECRET;
    SLACK_BOT_TOKEN = "slack" "bot_token" SECRET;
    SLACK_TEAM = "slack" "team" "the id of the workspace served, as in \"T0ACME\", or a list of up to 10 of them";
    SLACK_CHANNEL = "slack" "channel" "the id of the channel for request cards, as in \"C0ACCESS\" (not its name)";
    SLACK_API_URL = "slack" "api_url" "an https URL (http only to this machine), without user, query or fragment";
    SLACK_SOCKETS = "slack" "sockets"
        "a number from 1 to 5 (Slack allows an app 10 sockets, and each has a successor beside it at times)";
    AWS_REGION = "aws" "region" "the region of IAM Identity Center, as in \"eu-west-1\"";
    AWS_ENDPOINT_URL = "aws" "endpoint_url"
        "an https URL (http only to this machine), without user, query or fragment";
    AWS_PORTAL_URL = "aws" "portal_url"
        "the AWS access portal, as in \"https://acme.awsapps.com/start\" (http only to this machine)";
    AWS_INSTANCE_ARN = "aws" "instance_arn"
        "the ARN of the Identity Center instance, as in \"arn:aws:sso:::instance/ssoins-1234567890abcdef\"";
    AWS_CALLS_PER_SECOND = "aws" "calls_per_second"
        "a number from 1 to 10000 (IAM Identity Center allows 20 calls a second to all its clients together)";
    REQUESTS_LAPSE_AFTER = "requests" "lapse_after"
        "a length from \"1m\" to \"7d\" (a request that waits longer is about something else)";
    REQUESTS_MAX_DURATION = "requests" "max_duration"
        "a length from \"1m\" to \"7d\", as in \"12h\" (what lasts longer is standing access)";
    REASON_REQUIRED = "requests.reason" "required" "true or false";
    REASON_MIN_LENGTH = "requests.reason" "min_length"
        "a number from 0 to 500 (no reason longer than that is kept)";
    TICKET_REQUIRED = "requests.ticket" "required" "true or false";
    TICKET_PATTERN = "requests.ticket" "pattern"
        "a regular expression of up to 200 characters, as in '^(INC|CHG)-[0-9]+$'";
    SCHEDULE_DIRECTORY = "schedule" "directory"
        "a cron schedule, seconds first, in UTC, as in \"0 */5 * * * *\"";
    SCHEDULE_RECONCILE = "schedule" "reconcile"
        "a cron schedule, seconds first, in UTC, as in \"0 */10 * * * *\"";
    POLICY_DIR = "policy" "dir" "the folder of the *.cedar files, as in \"policies\"";
    POLICY_TIME_ZONE = "policy" "time_zone" "an IANA time zone, as in \"Europe/Berlin\"";
    ADMIN_SOCKET = "admin" "socket"
        "an absolute path of up to 90 bytes, as in \"/run/glasskey/glasskey.sock\" (Unix allows 107)";
    ADMIN_METRICS = "admin" "metrics"
        "an address of this machine alone, as in \"127.0.0.1:9464\"; another one needs `metrics_anywhere = true` too";
    ADMIN_METRICS_ANYWHERE = "admin" "metrics_anywhere" "true or false";
}

/// Sections whose keys are names that the operator chooses.
pub(super) const NAMED: &[Key] = &[ALIASES, PEOPLE];
/// `[aliases.accounts]`.
pub(super) const ALIASES: Key = Key {
    section: "aliases",
    name: "accounts",
    must: "a name of up to 64 small letters, digits, - and _ (not twelve digits) = a text of twelve digits",
};
/// `[admin.people]`.
pub(super) const PEOPLE: Key = Key {
    section: "admin",
    name: "people",
    must: "the name of a local Unix user = the e-mail address of the person",
};

/// What later releases will know: sections and keys of the agreed design that this one cannot act on.
pub(super) const LATER: &[&str] = &["discord", "okta", "breakglass", "schedule.standing_access_report"];
