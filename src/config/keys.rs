//! Every key there is: the one table that the reader, its faults and the example are held against.

/// Stands in the table where the operator chooses the name of a section.
pub(super) const ANY: &str = "*";

/// A key, and what its value must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'n> {
    /// The section, dotted; [`ANY`] for the part that the operator names.
    pub(super) section: &'static str,
    /// How the operator named that part.
    pub(super) named: Option<&'n str>,
    /// The key in it.
    pub(super) name: &'static str,
    /// What the value must be, for people.
    pub(super) must: &'static str,
}

impl<'n> Key<'n> {
    /// The key in the section that has this name.
    pub(super) fn of(self, named: &'n str) -> Self {
        Self { named: Some(named), ..self }
    }

    /// The parts of the section, with the operator's name.
    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        let named = self.named.unwrap_or("<name>");
        self.section.split('.').map(move |part| if part == ANY { named } else { part })
    }

    /// `section.name`.
    pub(super) fn full(&self) -> String {
        self.parts().chain([self.name]).collect::<Vec<_>>().join(".")
    }

    /// `section.name` as it stands in the table.
    pub(super) fn shape(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

macro_rules! keys {
    ($($constant:ident = $section:literal $name:literal $must:expr;)*) => {
        $(pub(super) const $constant: Key<'static> =
            Key { section: $section, named: None, name: $name, must: $must };)*
        /// All of them.
        pub(super) const ALL: &[Key<'static>] = &[$($constant),*];
    };
}

const SECRET: &str = r#"where the secret is kept: "env:NAME", "file:/path" or "aws-secretsmanager:ID"; never the secret itself"#;
const KEY_SECRET: &str = r#"where the private key is kept: "file:/path", "env:NAME" or "aws-secretsmanager:ID"; never the key itself"#;
const URL: &str = "an https URL (http only to this machine), without user, query or fragment";
const OBJECT: &str = "an id of the identity provider: up to 128 letters, digits, - and _";
const GROUP_NAME: &str = "the name of the group, as in \"aws#EmergencyAccess_Role1_RO#555555555555\"";

keys! {
    STORE_PATH = "store" "path" "the folder of the ledger, as in \"/var/lib/glasskey\"";
    SLACK_APP_TOKEN = "slack" "app_token" SECRET;
    SLACK_BOT_TOKEN = "slack" "bot_token" SECRET;
    SLACK_TEAM = "slack" "team" "the id of the workspace served, as in \"T0ACME\", or a list of up to 10 of them";
    SLACK_CHANNEL = "slack" "channel" "the id of the channel for request cards, as in \"C0ACCESS\" (not its name)";
    SLACK_API_URL = "slack" "api_url" URL;
    SLACK_SOCKETS = "slack" "sockets"
        "a number from 1 to 5 (Slack allows an app 10 sockets, and each has a successor beside it at times)";
    DISCORD_TOKEN = "discord" "token" SECRET;
    DISCORD_GUILD = "discord" "guild" "the id of the one server that is served, as in \"1100000000000000001\"";
    DISCORD_CHANNEL = "discord" "channel"
        "the id of the channel for request cards, as in \"1100000000000000002\" (not its name)";
    DISCORD_API_URL = "discord" "api_url" URL;
    AWS_REGION = "aws" "region" "the region of IAM Identity Center, as in \"eu-west-1\"";
    AWS_ENDPOINT_URL = "aws" "endpoint_url" URL;
    AWS_PORTAL_URL = "aws" "portal_url"
        "the AWS access portal, as in \"https://acme.awsapps.com/start\" (http only to this machine)";
    AWS_INSTANCE_ARN = "aws" "instance_arn"
        "the ARN of the Identity Center instance, as in \"arn:aws:sso:::instance/ssoins-1234567890abcdef\"";
    AWS_ANCHORS = "aws" "anchors"
        "true or false (whether `glasskey anchors` keeps the roles of what can be asked for)";
    AWS_ANCHOR_GROUP = "aws" "anchor_group"
        "the name of a group of the Identity Store in which nobody is, as in \"glasskey-anchor\"";
    AWS_CALLS_PER_SECOND = "aws" "calls_per_second"
        "a number from 1 to 10000 (IAM Identity Center allows 20 calls a second to all its clients together)";
    REQUESTS_LAPSE_AFTER = "requests" "lapse_after"
        "a length from \"1m\" to \"7d\" (a request that waits longer is about something else)";
    REQUESTS_MAX_DURATION = "requests" "max_duration"
        "a length from \"1m\" to \"7d\", as in \"12h\" (what lasts longer is standing access)";
    REQUESTS_CUT_SESSIONS = "requests" "cut_sessions"
        "left out, or where sessions that outlive access are denied: \"inline-policy\" (of the permission set), or \"scp:\" and the id of a service control policy that was made for it, as in \"scp:p-1234abcd\"";
    REQUESTS_BUNDLES = "requests" "bundles" "the file of the bundles, as in \"bundles.toml\"";
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
    SCHEDULE_STANDING = "schedule" "standing_access_report"
        "a cron schedule, seconds first, in UTC, as in \"0 0 9 * * Mon\" (Mondays at nine)";
    DRIFT_PERMISSION_SETS = "drift" "permission_sets"
        "a list of the names of 1 to 500 permission sets, as in [\"Admin\", \"PowerUser\"]; left out, all of them";
    DRIFT_REMOVE = "drift" "remove"
        "true or false (whether access that no request explains is removed, after it was seen twice and told)";
    SCHEDULE_DRILL = "schedule" "drill"
        "a cron schedule, seconds first, in UTC, as in \"0 0 10 1 * *\" (the first of every month at ten)";
    POLICY_DIR = "policy" "dir" "the folder of the *.cedar files, as in \"policies\"";
    POLICY_TIME_ZONE = "policy" "time_zone" "an IANA time zone, as in \"Europe/Berlin\"";
    ADMIN_SOCKET = "admin" "socket"
        "an absolute path of up to 90 bytes, as in \"/run/glasskey/glasskey.sock\" (Unix allows 107)";
    ADMIN_METRICS = "admin" "metrics"
        "an address of this machine alone, as in \"127.0.0.1:9464\"; another one needs `metrics_anywhere = true` too";
    ADMIN_METRICS_ANYWHERE = "admin" "metrics_anywhere" "true or false";
    OKTA_URL = "okta" "url"
        "the organization at Okta, as in \"https://acme.okta.com\" (not the -admin host; http only to this machine)";
    OKTA_TOKEN = "okta" "token" SECRET;
    OKTA_CLIENT_ID = "okta" "client_id" "the client id of the API service app, as in \"0oa1glasskey\"";
    OKTA_PRIVATE_KEY = "okta" "private_key" KEY_SECRET;
    OKTA_KEY_ID = "okta" "key_id" "the id of the key at Okta (its kid), when the key itself does not say";
    OKTA_GROUPS = "okta" "groups"
        "true, or a list of the names of the 1 to 100 groups that can be asked for, as in [\"oncall\", \"data-readers\"]";
    ENTRA_TENANT = "entra" "tenant" "the tenant's id, or one of its domains, as in \"acme.onmicrosoft.com\"";
    ENTRA_CLIENT_ID = "entra" "client_id" "the application (client) id of the bot's app registration";
    ENTRA_SECRET = "entra" "secret" SECRET;
    ENTRA_PRIVATE_KEY = "entra" "private_key"
        r#"where the private key is kept, in PEM and with its certificate in the same text: "file:/path", "env:NAME" or "aws-secretsmanager:ID""#;
    ENTRA_GRAPH_URL = "entra" "graph_url" "Microsoft Graph with its version, as in \"https://graph.microsoft.com/v1.0\"";
    ENTRA_LOGIN_URL = "entra" "login_url" "as in \"https://login.microsoftonline.com\" (http only to this machine)";
    KEYCLOAK_URL = "keycloak" "url" URL;
    KEYCLOAK_ADMIN_URL = "keycloak" "admin_url" URL;
    KEYCLOAK_REALM = "keycloak" "realm" "the name of the realm, as in \"acme\"";
    KEYCLOAK_CLIENT_ID = "keycloak" "client_id" "the id of the bot's own client, which has a service account";
    KEYCLOAK_SECRET = "keycloak" "secret" SECRET;
    KEYCLOAK_PRIVATE_KEY = "keycloak" "private_key" KEY_SECRET;
    SIGN_IN_ISSUER = "sign_in" "issuer"
        "the identity provider exactly as it calls itself, an https URL as in \"https://acme.okta.com\" (http only to this machine)";
    SIGN_IN_CLIENT_ID = "sign_in" "client_id" "the id of the client that signs people in by device code";
    SIGN_IN_CLIENT_SECRET = "sign_in" "client_secret" SECRET;
    SIGN_IN_STEP_UP = "sign_in" "step_up"
        "a list of up to 32 of \"request\", \"approve\" and \"breakglass\", the first two also for one account (its name, alias or id) or organizational unit, as in [\"approve:prod\", \"breakglass\"]; none of them twice";
    SIGN_IN_FRESH = "sign_in" "fresh" "a length from \"1m\" to \"1h\", as in \"5m\" (how old the sign-in may be)";
    BREAKGLASS_RUNBOOK = "breakglass" "runbook" "the file of the runbook, as in \"/var/lib/glasskey/runbook.md\"";
    FEDERATION_PROVIDER = "breakglass.*" "provider"
        "\"okta\", \"entra\" or \"keycloak\": one that has a section of its own in this file";
    FEDERATION_APP = "breakglass.*" "app" "the provider's id of the emergency app: up to 128 letters, digits, - and _";
    FEDERATION_GROUP_RO = "breakglass.*.groups" "ro" OBJECT;
    FEDERATION_GROUP_OPS = "breakglass.*.groups" "ops" OBJECT;
    FEDERATION_NAME_RO = "breakglass.*.group_names" "ro" GROUP_NAME;
    FEDERATION_NAME_OPS = "breakglass.*.group_names" "ops" GROUP_NAME;
    FEDERATION_APP_LINK = "breakglass.*" "app_link" "the https address where people sign in to the emergency app";
    FEDERATION_MAX_DURATION = "breakglass.*" "max_duration"
        "a length from \"1m\" to \"7d\", as in \"4h\" (no emergency is longer, whatever policy says)";
    FEDERATION_DURATION = "breakglass.*" "duration" "a length from \"1m\" up to `max_duration`, as in \"2h\"";
    FEDERATION_CHANNEL = "breakglass.*" "channel"
        "the id of the incident channel, as in \"C0INCIDENT\" (not its name)";
    FEDERATION_DISCORD_CHANNEL = "breakglass.*" "discord_channel"
        "the id of the incident channel in Discord, as in \"1100000000000000003\" (not its name)";
    FEDERATION_SESSION = "breakglass.*" "session"
        "the maximum session duration of the emergency roles, from \"1h\" to \"12h\" as AWS has it";
    FEDERATION_CANARY = "breakglass.*" "canary"
        "the e-mail address or user name of who is put into ro in a drill, as in \"canary@acme.example\"";
    CUT_ASSUME = "breakglass.*.cut_sessions" "assume"
        "the ARN of the role to assume in the emergency account, as in \"arn:aws:iam::555555555555:role/GlasskeyEmergencySessions\"";
    CUT_ROLES = "breakglass.*.cut_sessions" "roles"
        "a list of the names of 1 to 10 emergency roles of that account, as in [\"EmergencyAccess_Role1_RO\"]";
    CUT_EXTERNAL_ID = "breakglass.*.cut_sessions" "external_id"
        r#"where the external id is kept: "env:NAME", "file:/path" or "aws-secretsmanager:ID""#;
}

/// Sections that people write as a value, and what to write instead. By the shape of the section.
pub(super) const SHAPES: &[(&str, &str)] = &[
    (
        "breakglass.*.cut_sessions",
        "left out, or a section that says where sessions are cut: { assume = \"arn:aws:iam::555555555555:role/GlasskeyEmergencySessions\", \
         roles = [\"EmergencyAccess_Role1_RO\", …] } (a role of the emergency account that the bot may assume, and the \
         emergency roles that get the deny; deploy/cloudformation makes them)",
    ),
    (
        "breakglass.*.groups",
        "a section with the ids of the groups, as in { ro = \"00gro\", ops = \"00gops\" }",
    ),
];

/// Sections whose keys are names that the operator chooses.
pub(super) const NAMED: &[Key<'static>] = &[ALIASES, PEOPLE];
/// `[aliases.accounts]`.
pub(super) const ALIASES: Key<'static> = Key {
    section: "aliases",
    named: None,
    name: "accounts",
    must: "a name of up to 64 small letters, digits, - and _ (not twelve digits) = a text of twelve digits",
};
/// `[admin.people]`.
pub(super) const PEOPLE: Key<'static> = Key {
    section: "admin",
    named: None,
    name: "people",
    must: "the name of a local Unix user = the e-mail address of the person",
};

/// What the operator may name a section where the table has [`ANY`].
pub(super) const SECTION_NAME: &str =
    "a name of up to 32 small letters, digits and - that is no word of /breakglass, as in [breakglass.main]";
/// Words that would be taken for something else in `/breakglass on main ro for 2h`.
pub(super) const RESERVED: &[&str] =
    &["ro", "readonly", "read-only", "ops", "operations", "rw", "for", "until", "reason"];
