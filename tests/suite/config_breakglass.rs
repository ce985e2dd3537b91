//! The configuration of break-glass: federations under names of the operator's own, and the identity providers.

use std::collections::BTreeMap;
use std::path::Path;

use glasskey::config::{Config, ConfigFaults, Credential, Environment, Need, OktaAuth};
use glasskey_domain::emergency::{CutPlan, Level, Provider};
use glasskey_domain::{FederationId, Seconds};

const BASE: &str = r#"
[slack]
app_token = "env:SLACK_APP_TOKEN"
bot_token = "env:SLACK_BOT_TOKEN"
team = "T0ACME"
channel = "C0ACCESS"
[aws]
region = "eu-west-1"
"#;
const OKTA: &str = "[okta]\nurl = \"https://acme.okta.com\"\ntoken = \"env:OKTA_TOKEN\"\n";
const ENTRA: &str =
    "[entra]\ntenant = \"acme.onmicrosoft.com\"\nclient_id = \"1111-2222\"\nsecret = \"env:ENTRA_SECRET\"\n";
const MAIN: &str =
    "[breakglass.main]\napp = \"0oa1emergency\"\ngroups = { ro = \"00gro\", ops = \"00gops\" }\n";

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let all = [("SLACK_APP_TOKEN", "xapp-1-planted"), ("SLACK_BOT_TOKEN", "xoxb-planted")];
    Environment::Given(
        all.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    )
}

fn read(more: &[&str]) -> Result<Config, ConfigFaults> {
    let text = format!("{BASE}{}", more.concat());
    Config::read("glasskey.toml", Path::new("/etc/glasskey"), &text, &environment(&[]), Need::NoSecrets)
}

fn good(more: &[&str]) -> Config {
    read(more).unwrap_or_else(|faults| panic!("{faults}"))
}

fn faults(more: &[&str]) -> String {
    read(more).map(|_| "no fault").unwrap_err().to_string()
}

fn main() -> FederationId {
    FederationId::new("main")
}

#[test]
fn the_least_that_is_needed_has_sound_values_beside_it() {
    let config = good(&[OKTA, MAIN]);
    let federation = &config.requests.federations[&main()];
    assert_eq!(federation, &config.breakglass.federations[&main()].settings);
    let place = &federation.place;
    assert_eq!((place.provider, place.app.as_str()), (Provider::Okta, "0oa1emergency"));
    let groups = [(Level::Ro, "00gro".to_owned()), (Level::Ops, "00gops".to_owned())];
    assert_eq!(place.groups, BTreeMap::from(groups));
    assert_eq!((place.session, place.channel.as_deref()), (Seconds::hours(1), Some("C0ACCESS")));
    assert_eq!((federation.max_length, federation.length), (Seconds::hours(4), Seconds::hours(2)));
    assert_eq!((&place.cut, &federation.canary), (&None, &None));
    assert_eq!(config.breakglass.runbook, Path::new("/var/lib/glasskey/runbook.md"));
    assert!(config.drill_schedule.is_none());
}

#[test]
fn all_that_can_be_said_is_heard() {
    let config = good(&[
        OKTA,
        ENTRA,
        "[breakglass]\nrunbook = \"paper.md\"\n[schedule]\ndrill = \"0 0 10 1 * *\"\n",
        r#"
[breakglass.eu-2]
provider = "entra"
app = "aaaa-bbbb"
groups.ops = "cccc-dddd"
group_names = { ops = "aws#EmergencyAccess_Role1_Ops#555555555555" }
app_link = "https://launcher.example/x?tenantId=1"
max_duration = "1h"
channel = "C0INCIDENT"
session = "12h"
[breakglass.eu-2.cut_sessions]
assume = "arn:aws:iam::555555555555:role/path/GlasskeyEmergencySessions"
roles = ["EmergencyAccess_Role1_Ops"]
external_id = "env:EXTERNAL"
"#,
        MAIN,
        "provider = \"okta\"\ncanary = \"canary@acme.example\"\n",
    ]);
    let federation = &config.breakglass.federations[&FederationId::new("eu-2")];
    let settings = &federation.settings;
    assert_eq!(settings.place.provider, Provider::Entra);
    assert_eq!(settings.place.groups.keys().collect::<Vec<_>>(), [&Level::Ops]);
    assert_eq!((settings.max_length, settings.length), (Seconds::hours(1), Seconds::hours(1)));
    assert_eq!(
        (settings.place.session, settings.place.channel.as_deref()),
        (Seconds::hours(12), Some("C0INCIDENT"))
    );
    let plan = CutPlan {
        assume: "arn:aws:iam::555555555555:role/path/GlasskeyEmergencySessions".to_owned(),
        roles: vec!["EmergencyAccess_Role1_Ops".to_owned()],
    };
    assert_eq!(settings.place.cut, Some(plan));
    assert!(federation.external_id.is_some());
    assert_eq!(federation.app_link.as_ref().unwrap().as_str(), "https://launcher.example/x?tenantId=1");
    assert_eq!(federation.group_names[&Level::Ops], "aws#EmergencyAccess_Role1_Ops#555555555555");
    assert_eq!(config.requests.federations[&main()].canary.as_deref(), Some("canary@acme.example"));
    assert_eq!(config.breakglass.runbook, Path::new("/etc/glasskey/paper.md"));
    assert_eq!(config.drill_schedule.unwrap().to_string(), "0 0 10 1 * *");
    assert!(matches!(config.providers.entra.unwrap().credential, Credential::Secret(_)));
}

#[test]
fn every_fault_of_a_federation_is_told_at_once() {
    insta::assert_snapshot!(faults(&[r##"
[okta]
url = "https://acme-admin.okta.com"
token = "00planted-not-shown-3333333333"
client_id = "0oa1"
[breakglass]
runbok = "x"
[breakglass.main]
provider = "entra"
ap = "0oa1"
groups = { ro = "00g ro", opps = "00g" }
group_names = { ops = "aws#Role" }
app_link = "http://acme.okta.com/x"
max_duration = "8d"
session = "13h"
channel = "#incident"
canary = "Ca Nary"
cut_sessions = true
[breakglass."Main Office"]
app = "0oa2"
[breakglass.ops]
app = "0oa3"
[breakglass.second]
app = "0oa4"
groups = {}
max_duration = "1h"
duration = "2h"
cut_sessions = { assume = "arn:aws:iam::5:role/x", roles = ["a b"] }
"##]));
}

/// Issue 3: cutting sessions needs a role to do it with; the sentence says which.
#[test]
fn to_cut_sessions_one_says_where() {
    for value in ["true", "false", "\"yes\""] {
        let said = faults(&[OKTA, MAIN, &format!("cut_sessions = {value}\n")]);
        for part in ["breakglass.main.cut_sessions", "assume", "roles", "left out, or a section"] {
            assert!(said.contains(part), "{value}: {said}");
        }
    }
    let said = faults(&[OKTA, MAIN, "[breakglass.main.cut_sessions]\nasume = \"x\"\n"]);
    for part in [
        "breakglass.main.cut_sessions.assume\n  is:      missing",
        "breakglass.main.cut_sessions.roles\n  is:      missing",
        "nearest: `breakglass.main.cut_sessions.assume`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_provider_is_named_only_where_there_are_several() {
    let none = faults(&[MAIN]);
    assert!(none.contains("no identity provider is configured"), "{none}");
    let several = faults(&[OKTA, ENTRA, MAIN]);
    assert!(several.contains("breakglass.main.provider") && several.contains("several"), "{several}");
    let absent = faults(&[OKTA, MAIN, "provider = \"keycloak\"\n"]);
    assert!(absent.contains("no section in this file"), "{absent}");
    let named = good(&[OKTA, ENTRA, MAIN, "provider = \"entra\"\n"]);
    assert_eq!(named.requests.federations[&main()].place.provider, Provider::Entra);
    let unused: Vec<_> = named.advice.iter().map(|advice| advice.key.as_str()).collect();
    assert!(unused.contains(&"okta") && !unused.contains(&"entra"), "{unused:?}");
}

#[test]
fn two_federations_share_neither_app_nor_group() {
    let second = |app: &str, group: &str| {
        format!("[breakglass.second]\napp = \"{app}\"\ngroups = {{ ops = \"{group}\" }}\n")
    };
    good(&[OKTA, MAIN, &second("0oa2", "00g2")]);
    for (app, group, key) in [
        ("0oa1emergency", "00g2", "breakglass.second.app"),
        ("0oa2", "00gro", "breakglass.second.groups.ops"),
    ] {
        let said = faults(&[OKTA, MAIN, &second(app, group)]);
        assert!(said.contains(key) && said.contains("a second time"), "{said}");
    }
    let same = faults(&[OKTA, "[breakglass.main]\napp = \"a\"\ngroups = { ro = \"g\", ops = \"g\" }\n"]);
    assert!(same.contains("a second time"), "{same}");
}

#[test]
fn the_name_of_a_federation_is_one_that_people_can_type() {
    let named = |name: &str| {
        read(&[OKTA, &format!("[breakglass.{name}]\napp = \"a\"\ngroups = {{ ro = \"g\" }}\n")]).is_ok()
    };
    let longest = "a".repeat(32);
    for fine in ["main", "eu-2", "2", longest.as_str()] {
        assert!(named(fine), "{fine}");
    }
    let too_long = "a".repeat(33);
    for wrong in ["Main", "\"\"", "\"a b\"", "\"a.b\"", "ro", "ops", "for", "runbook", too_long.as_str()] {
        assert!(!named(wrong), "{wrong}");
    }
}

#[test]
fn limits_of_a_federation_hold_at_the_edge_and_one_past_it() {
    for (fine, wrong) in [
        ("max_duration = \"7d\"", "max_duration = \"7d1s\""),
        ("max_duration = \"2h\"\nduration = \"2h\"", "max_duration = \"2h\"\nduration = \"2h1s\""),
        ("session = \"12h\"", "session = \"12h1s\""),
        ("session = \"1h\"", "session = \"59m\""),
    ] {
        assert!(read(&[OKTA, MAIN, fine]).is_ok(), "{fine}");
        assert!(read(&[OKTA, MAIN, wrong]).is_err(), "{wrong}");
    }
    let many = |count: usize| -> String {
        let one = |n| format!("[breakglass.f{n}]\napp = \"a{n}\"\ngroups = {{ ro = \"g{n}\" }}\n");
        (0..count).map(one).collect()
    };
    assert!(read(&[OKTA, &many(16)]).is_ok());
    assert!(faults(&[OKTA, &many(17)]).contains("17 federations"));
}

#[test]
fn a_provider_is_reached_in_one_way() {
    let service =
        "[okta]\nurl = \"https://acme.okta.com\"\nclient_id = \"0oa1\"\nprivate_key = \"file:key.pem\"\n";
    let okta = good(&[service, MAIN]).providers.okta.unwrap();
    assert!(matches!(okta.auth, OktaAuth::Service { .. }));
    for (more, part) in [
        (format!("{service}token = \"env:T\"\n"), "beside `okta.token`"),
        ("[okta]\nurl = \"https://acme.okta.com\"\n".to_owned(), "okta.private_key\n  is:      missing"),
        ("[okta]\nurl = \"https://a.okta.com\"\nclient_id = \"x\"\n".to_owned(), "okta.private_key"),
        (format!("{ENTRA}private_key = \"env:K\"\n"), "beside `entra.private_key`"),
        ("[keycloak]\nurl = \"https://x.example\"\n".to_owned(), "keycloak.realm"),
        (format!("{OKTA}url2 = 1\n"), "okta.url2"),
    ] {
        let said = faults(&[&more]);
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[tokio::test]
async fn the_secrets_of_providers_are_had_with_the_others_or_told_with_the_others() {
    let cut = "cut_sessions = { assume = \"arn:aws:iam::555555555555:role/R\", roles = [\"E\"], \
               external_id = \"env:EXTERNAL\" }\n";
    let config = good(&[OKTA, MAIN, cut]);
    let missing = config.resolve_secrets(&environment(&[])).await.unwrap_err().to_string();
    for part in ["okta.token", "OKTA_TOKEN is not set", "cut_sessions.external_id", "EXTERNAL is not set"] {
        assert!(missing.contains(part), "{part}: {missing}");
    }
    let text = format!("{BASE}{OKTA}{MAIN}{cut}");
    let read =
        Config::read("glasskey.toml", Path::new("/"), &text, &environment(&[]), Need::Secrets).unwrap_err();
    assert_eq!(read.list().len(), 2, "{read}");
    let given = environment(&[("OKTA_TOKEN", "planted-okta"), ("EXTERNAL", "planted-external")]);
    let secrets = config.resolve_secrets(&given).await.unwrap();
    assert_eq!(secrets.okta.as_ref().unwrap().expose(), "planted-okta");
    assert_eq!(secrets.external_ids[&main()].expose(), "planted-external");
    assert!(!format!("{secrets:?} {config:?}").contains("planted"));
}

#[test]
fn a_secret_in_a_wrong_place_of_break_glass_is_not_shown() {
    const PLANTED: &str = "00abcDEFplanted1234567890123456789";
    for text in [
        format!("[okta]\ntoken = \"{PLANTED}\""),
        format!("[breakglass.\"{PLANTED}\"]\napp = 1"),
        format!("[breakglass.main]\n\"{PLANTED}\" = 1"),
        format!("[breakglass.main]\napp = \"{PLANTED} \""),
        format!("[breakglass]\n\"{PLANTED}\" = 1"),
    ] {
        let faults = read(&[&text]).unwrap_err();
        let said = format!("{faults} {faults:?}");
        assert!(!said.contains("planted"), "{text}\n{said}");
    }
}

#[test]
fn what_a_configuration_was_made_of_can_be_told_by_its_hash() {
    let (one, other) = (good(&[OKTA, MAIN]), good(&[OKTA, MAIN, "duration = \"1h\"\n"]));
    assert_eq!(one.hash.len(), 64);
    assert_ne!(one.hash, other.hash);
    assert_eq!(one.hash, good(&[OKTA, MAIN]).hash);
}
