//! The configuration: broken ones as golden texts, the example as documentation that is true, secrets that stay secret.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use glasskey::config::{Config, ConfigFaults, CutSessions, Environment, Need, OktaGroups, SecretRef};
use glasskey_domain::Seconds;
use glasskey_domain::settings::BundleItem;

const EXAMPLE: &str = include_str!("../../glasskey.example.toml");
const PLANTED: &str = "xoxb-1111-planted-2222";

const WHOLE: &str = r#"
[slack]
app_token = "env:SLACK_APP_TOKEN"
bot_token = "env:SLACK_BOT_TOKEN"
team = "T0ACME"
channel = "C0ACCESS"
[aws]
region = "eu-west-1"
"#;

fn environment() -> Environment {
    let tokens = [("SLACK_APP_TOKEN", "xapp-1-planted"), ("SLACK_BOT_TOKEN", PLANTED)];
    Environment::Given(BTreeMap::from(tokens.map(|(name, value)| (name.to_owned(), value.to_owned()))))
}

fn read(text: &str) -> Result<Config, ConfigFaults> {
    Config::read("glasskey.toml", Path::new("/etc/glasskey"), text, &environment(), Need::NoSecrets)
}

/// A whole configuration with some more lines, and what is said of it.
fn faults(more: &str) -> String {
    read(&format!("{WHOLE}{more}")).map(|_| "no fault").unwrap_err().to_string()
}

#[test]
fn the_example_is_a_configuration() {
    let config = read(EXAMPLE).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(config.advice.is_empty(), "{:?}", config.advice);
    assert_eq!(config.aliases["prod"].as_str(), "222222222222");
    assert_eq!(config.admin.people["alice"], "alice@acme.example");
    assert_eq!(config.policy.dir, Path::new("/etc/glasskey/policies"));
    assert_eq!(config.requests.max_length, Seconds::hours(12));
    assert_eq!(
        config.slack.as_ref().unwrap().bot_token.reference(),
        &SecretRef::Environment("SLACK_BOT_TOKEN".to_owned())
    );
}

/// Every key of the table stands in the example, and what stands there in a comment works when it is uncommented.
#[test]
fn the_example_documents_every_key() {
    let uncommented: Vec<String> = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_toml(rest) => rest.to_owned(),
            Some(_) | None => line.to_owned(),
        })
        .collect();
    let uncommented = uncommented.join("\n");
    read(&uncommented).unwrap_or_else(|faults| panic!("{faults}"));
    for key in known_keys() {
        let name = key.rsplit('.').next().unwrap();
        assert!(uncommented.contains(name), "{key} is not in glasskey.example.toml");
    }
}

/// A commented line that is a section or a key; but not the token, which is instead of others.
fn is_toml(line: &str) -> bool {
    let name = line.split('=').next().unwrap().trim();
    line.starts_with('[') || (!line.contains("env:OKTA_TOKEN") && line.contains('=') && !name.contains(' '))
}

/// The keys as the reader itself names them, asked for with keys that nobody knows.
fn known_keys() -> Vec<String> {
    let sections = [
        "store",
        "slack",
        "aws",
        "requests",
        "requests.reason",
        "requests.ticket",
        "schedule",
        "drift",
        "policy",
        "admin",
        "okta",
        "entra",
        "keycloak",
        "sign_in",
        "breakglass",
        "breakglass.main",
        "breakglass.main.groups",
        "breakglass.main.group_names",
        "breakglass.main.cut_sessions",
    ];
    let mut keys = Vec::new();
    for section in sections {
        let faults = read(&format!("[{section}]\nzzzzzzzzzz = 1\n")).unwrap_err();
        let fault = faults.list().iter().find(|fault| fault.key.ends_with("zzzzzzzzzz")).unwrap();
        let names = fault.must.strip_prefix("one of: ").unwrap();
        keys.extend(names.split(", ").map(|name| format!("{section}.{name}")));
    }
    keys.retain(|key| !key.ends_with("<name> (a section)"));
    assert!(keys.len() > 40, "{keys:?}");
    keys
}

#[test]
fn what_is_left_out_has_a_sound_value() {
    let config = read(WHOLE).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.store, Path::new("/var/lib/glasskey"));
    assert_eq!(config.slack.as_ref().unwrap().api_url.as_str(), "https://slack.com/api");
    assert_eq!(config.slack.as_ref().unwrap().sockets, 2);
    assert_eq!(config.aws.calls_per_second, 20);
    assert_eq!(config.directory_schedule.to_string(), "0 */5 * * * *");
    assert_eq!(config.admin.metrics.to_string(), "127.0.0.1:9464");
    assert_eq!(config.admin.socket, Path::new("/run/glasskey/glasskey.sock"));
    assert!(config.requests.reason_required && config.requests.reason_length_min == 8);
}

#[test]
fn all_faults_are_told_at_once() {
    let text = r#"
[slack]
app_token = "xapp-1-A-planted-3333"
bot_token = "env:xoxb-1111-planted-2222"
chanel = "C0ACCESS"
team = ["T0ACME", "acme"]
api_url = "http://slack.com/api"
sockets = 9

[aws]
region = "Frankfurt"
endpoint_url = "https://key:planted@aws.example"
instance_arn = "ssoins-1"
calls_per_second = 0

[requests]
max_duration = "12"
lapse_after = "13d"
reason = { required = "yes", min_lenght = 8 }
ticket = { pattern = "(" }

[aliases.accounts]
Prod = "222222222222"
test = "22"

[schedule]
directory = "0 0 9 1 * Mon"

[policy]
time_zone = "Europe/Bonn"

[admin]
socket = "glasskey.sock"
metrics = "0.0.0.0:9464"

[admin.people]
alice = "alice"
"#;
    let said = read(text).unwrap_err().to_string();
    assert!(!said.contains("planted"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn what_nobody_knows_is_told_with_what_is_nearest() {
    let said = faults("[schedule]\nstanding_acces_report = \"0 0 9 * * Mon\"\n[dirft]\nx = 1\n");
    assert!(said.contains("nearest: `schedule.standing_access_report`"), "{said}");
    assert!(said.contains("nearest: `drift`"), "{said}");
}

/// What gives or takes much is off unless somebody says so, and said so that it is noticed.
#[test]
fn sessions_drift_anchors_and_groups_are_off_until_somebody_turns_them_on() {
    let config = read(WHOLE).unwrap();
    assert!(config.cut_sessions.is_none() && !config.requests.cut_sessions);
    assert!(!config.requests.drift_remove && config.drift_permission_sets.is_none());
    assert!(!config.aws.anchors && config.aws.anchor_group == "glasskey-anchor");
    assert!(config.bundles_file.is_none() && config.standing_report_schedule.is_none());
    let on = "[requests]\ncut_sessions = \"scp:p-1234abcd\"\nbundles = \"bundles.toml\"\n[drift]\nremove = true\n\
              [okta]\nurl = \"https://acme.okta.com\"\nclient_id = \"0oa1\"\nprivate_key = \"env:K\"\ngroups = [\"oncall\"]\n";
    let config = read(&format!("{WHOLE}{on}")).unwrap();
    assert_eq!(config.cut_sessions, Some(CutSessions::ServiceControlPolicy("p-1234abcd".to_owned())));
    assert!(config.requests.cut_sessions && config.requests.drift_remove);
    assert_eq!(config.bundles_file.as_deref(), Some(Path::new("/etc/glasskey/bundles.toml")));
    let groups = config.providers.okta.and_then(|okta| okta.groups);
    assert_eq!(groups, Some(OktaGroups::Named(vec!["oncall".to_owned()])));
    let keys: Vec<&str> = config.advice.iter().map(|advice| advice.key.as_str()).collect();
    assert_eq!(
        keys,
        ["drift.remove"],
        "it removes from everybody; and [okta] is of use without an emergency"
    );
}

/// Whole or not at all, with the file and the line; a file that is named must be there. None of it keeps the configuration from
/// being read, and with it the bot from starting and commands from reaching it (P3).
#[test]
fn bundles_are_read_from_their_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("glasskey.toml");
    fs::write(&file, format!("{WHOLE}[requests]\nbundles = \"bundles.toml\"\n")).unwrap();
    let config = Config::load(&file, &environment(), Need::NoSecrets).unwrap();
    let missing = config.bundles().unwrap_err().to_string();
    assert!(missing.contains("bundles.toml") && missing.contains("cannot be read"), "{missing}");
    let bundles = folder.path().join("bundles.toml");
    fs::write(&bundles, "[bundles.oncall]\ntargets = [{ group = \"payments-oncall\" }]\n").unwrap();
    assert_eq!(config.bundles().unwrap()["oncall"].items, [BundleItem::Group("payments-oncall".to_owned())]);
    fs::write(&bundles, "[bundles.oncall]\ntargets = [{ grup = \"payments-oncall\" }]\n").unwrap();
    let wrong = config.bundles().unwrap_err().to_string();
    assert!(wrong.contains("bundles.toml:2") && wrong.contains("nearest: `group`"), "{wrong}");
}

#[test]
fn where_sessions_are_cut_and_which_groups_are_read_is_said_exactly() {
    for wrong in
        ["true", "\"inline\"", "\"scp:\"", "\"scp:p-1\"", "\"scp:x-1234abcd\"", "\"scp:p-1234abcd/..\""]
    {
        let said = faults(&format!("[requests]\ncut_sessions = {wrong}\n"));
        assert!(said.contains("requests.cut_sessions") && said.contains("inline-policy"), "{wrong}: {said}");
    }
    for wrong in ["\"all\"", "[]", "[\"a\", \"a\"]", "[1]"] {
        let okta = "[okta]\nurl = \"https://acme.okta.com\"\nclient_id = \"0oa1\"\nprivate_key = \"env:K\"\n";
        let said = faults(&format!("{okta}groups = {wrong}\n"));
        assert!(said.contains("okta.groups"), "{wrong}: {said}");
    }
}

#[test]
fn a_key_in_the_wrong_section_is_sent_to_its_own() {
    let said = faults("max_duration = \"1h\"\n");
    assert!(said.contains("glasskey.toml:9: aws.max_duration"), "{said}");
    assert!(said.contains("nearest: `requests.max_duration`"), "{said}");
}

#[test]
fn a_section_that_is_a_value_and_a_value_that_is_a_section_are_told() {
    let said = read(&format!("store = 3\n{WHOLE}\n[policy.dir]\nx = 1\n")).unwrap_err().to_string();
    assert!(said.contains("glasskey.toml:1: store\n  is:      3\n  must be: a section"), "{said}");
    assert!(said.contains("policy.dir\n  is:      a section"), "{said}");
}

/// pitfall 28: the library's own message would show the line, secret and all.
#[test]
fn a_file_that_is_not_toml_is_told_by_its_line_without_showing_it() {
    let said = read(&format!("{WHOLE}\n[slack2]\nbot_token = \"{PLANTED}\nx = {PLANTED}\n"))
        .unwrap_err()
        .to_string();
    assert!(said.contains("glasskey.toml:11") && said.contains("not TOML"), "{said}");
    assert!(!said.contains("planted"), "{said}");
}

/// pitfall 28
#[test]
fn a_secret_in_a_wrong_place_is_not_shown() {
    for text in [
        format!("[slack]\nbot_token = \"{PLANTED}\""),
        format!("[slack]\nbot_token = \"env:{PLANTED}\""),
        format!("[slack]\nbot_token = \"secret:{PLANTED}\""),
        format!("[slack]\nchannel = \"{PLANTED}\""),
        format!("[slack]\nbot_tokn = \"{PLANTED}\""),
        format!("[slack]\n\"{PLANTED}\" = 1"),
        format!("\"{PLANTED}\" = 1"),
        format!("[aws]\nendpoint_url = \"https://{PLANTED}@x.example\""),
        format!("[requests.ticket]\npattern = \"{PLANTED}(\""),
        format!("[schedule]\ndirectory = \"{PLANTED}\""),
        format!("[aliases.accounts]\n\"{PLANTED}\" = \"{PLANTED}\""),
        format!("[admin.people]\n\"{PLANTED} \" = \"{PLANTED}\""),
    ] {
        let faults = read(&text).unwrap_err();
        let said = format!("{faults} {faults:?} {}", serde_json::to_string(&faults).unwrap());
        assert!(!said.contains("planted"), "{text}\n{said}");
    }
}

/// pitfall 28
#[tokio::test]
async fn a_planted_secret_is_used_and_never_printed() {
    let config = read(WHOLE).unwrap();
    let secrets = config.resolve_secrets(&environment()).await.unwrap();
    assert_eq!(secrets.slack.as_ref().unwrap().bot_token.expose(), PLANTED);
    for said in [
        format!("{config:?}"),
        format!("{config:#?}"),
        format!("{secrets:?}"),
        format!("{}", secrets.slack.as_ref().unwrap().bot_token),
        format!("{:?}", environment()),
    ] {
        assert!(!said.contains("planted"), "{said}");
    }
}

#[tokio::test]
async fn every_secret_that_cannot_be_had_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("token");
    fs::write(&open, PLANTED).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let text = WHOLE
        .replace("env:SLACK_APP_TOKEN", "env:NOBODY_SET_THIS")
        .replace("env:SLACK_BOT_TOKEN", &format!("file:{}", open.display()));
    let loaded =
        Config::read("glasskey.toml", folder.path(), &text, &environment(), Need::Secrets).unwrap_err();
    let config =
        Config::read("glasskey.toml", folder.path(), &text, &environment(), Need::NoSecrets).unwrap();
    let resolved = config.resolve_secrets(&environment()).await.unwrap_err();
    for faults in [loaded, resolved] {
        let said = faults.to_string();
        assert!(said.contains("NOBODY_SET_THIS is not set") && said.contains("mode 0644"), "{said}");
        assert!(said.contains("glasskey.toml:3: slack.app_token"), "{said}");
        assert!(!said.contains("planted"), "{said}");
    }
}

#[test]
fn a_secret_beside_the_configuration_is_found_from_its_folder() {
    let text = WHOLE.replace("env:SLACK_BOT_TOKEN", "file:bot-token");
    let config = read(&text).unwrap();
    assert_eq!(
        config.slack.as_ref().unwrap().bot_token.reference(),
        &SecretRef::File("/etc/glasskey/bot-token".into())
    );
    let text = WHOLE.replace("env:SLACK_BOT_TOKEN", "aws-secretsmanager:glasskey/slack");
    let config = read(&text).unwrap();
    let id = "glasskey/slack".to_owned();
    assert_eq!(config.slack.as_ref().unwrap().bot_token.reference(), &SecretRef::SecretsManager(id));
}

#[test]
fn metrics_leave_this_machine_only_when_that_is_said_twice() {
    let once = faults("[admin]\nmetrics = \"0.0.0.0:9464\"\n");
    assert!(once.contains("metrics_anywhere = true"), "{once}");
    let twice =
        read(&format!("{WHOLE}[admin]\nmetrics = \"0.0.0.0:9464\"\nmetrics_anywhere = true\n")).unwrap();
    assert_eq!(twice.admin.metrics.to_string(), "0.0.0.0:9464");
    let for_nothing = read(&format!("{WHOLE}[admin]\nmetrics_anywhere = true\n")).unwrap();
    assert_eq!(for_nothing.advice.len(), 1);
}

#[test]
fn a_pattern_that_fits_inside_a_longer_text_is_advised_about() {
    let advice = |pattern: &str| {
        read(&format!("{WHOLE}[requests]\nticket = {{ pattern = '{pattern}' }}\n")).unwrap().advice.len()
    };
    assert_eq!((advice("INC-[0-9]+"), advice("^INC-[0-9]+"), advice("^INC-[0-9]+$")), (1, 1, 0));
}

#[test]
fn the_endpoint_of_the_environment_is_held_to_the_same_rule() {
    let with = |url: &str| {
        let environment =
            Environment::Given(BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), url.to_owned())]));
        Config::read("glasskey.toml", Path::new("/"), WHOLE, &environment, Need::NoSecrets)
    };
    let loopback = with("http://127.0.0.1:5000").unwrap();
    assert_eq!(loopback.aws.endpoint_url.unwrap().as_str(), "http://127.0.0.1:5000/");
    let said = with("http://aws.example").unwrap_err().to_string();
    assert!(said.contains("environment: AWS_ENDPOINT_URL"), "{said}");
}

#[test]
fn limits_hold_at_the_edge_and_one_past_it() {
    for (good, bad) in [
        ("[aws]\ncalls_per_second = 10000", "[aws]\ncalls_per_second = 10001"),
        ("[slack]\nsockets = 5", "[slack]\nsockets = 6"),
        ("[requests]\nmax_duration = \"7d\"", "[requests]\nmax_duration = \"7d1s\""),
        ("[requests]\nlapse_after = \"1m\"", "[requests]\nlapse_after = \"59s\""),
        ("[requests]\nreason = { min_length = 500 }", "[requests]\nreason = { min_length = 501 }"),
    ] {
        for (text, fine) in [(good, true), (bad, false)] {
            let (section, key) = text.split_once('\n').unwrap();
            let whole = if WHOLE.contains(section) {
                WHOLE.replace(section, text)
            } else {
                format!("{WHOLE}{section}\n{key}\n")
            };
            assert_eq!(read(&whole).is_ok(), fine, "{text}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_what_to_do() {
    let said = Config::load(Path::new("/nowhere/glasskey.toml"), &environment(), Need::NoSecrets)
        .unwrap_err()
        .to_string();
    assert!(said.contains("No such file") && said.contains("glasskey init --sample"), "{said}");
    assert!(Config::load(Path::new("/dev/zero"), &environment(), Need::NoSecrets).is_err());
    let folder = Config::load(Path::new("/"), &environment(), Need::NoSecrets).unwrap_err().to_string();
    assert!(folder.contains("cannot be read"), "{folder}");
}

const DISCORD: &str = r#"
[discord]
token = "env:DISCORD_TOKEN"
guild = "1100000000000000001"
channel = "1100000000000000002"
"#;

#[test]
fn discord_is_served_beside_slack_or_alone() {
    let both = read(&format!("{WHOLE}{DISCORD}")).unwrap();
    assert!(both.slack.is_some());
    let discord = both.discord.unwrap();
    assert_eq!(
        (discord.guild.as_str(), discord.channel.as_str()),
        ("1100000000000000001", "1100000000000000002")
    );
    assert_eq!(discord.api_url.as_str(), "https://discord.com/");
    let alone = read(&format!("{DISCORD}[aws]\nregion = \"eu-west-1\"\n")).unwrap();
    assert!(alone.slack.is_none() && alone.discord.is_some());
}

#[test]
fn ids_of_discord_are_numbers_and_nothing_else() {
    for (key, wrong) in [
        ("guild", "acme"),
        ("guild", "0100000000000000001"),
        ("channel", "#access"),
        ("channel", "99999999999999999999"),
    ] {
        let text = DISCORD
            .lines()
            .map(|line| if line.starts_with(key) { format!("{key} = \"{wrong}\"") } else { line.to_owned() })
            .collect::<Vec<_>>()
            .join("\n");
        let said = faults(&text);
        assert!(said.contains(&format!("discord.{key}")) && said.contains("the id of the"), "{said}");
    }
    let said = faults("[discord]\n");
    for key in ["discord.token", "discord.guild", "discord.channel"] {
        assert!(said.contains(key), "{said}");
    }
}
