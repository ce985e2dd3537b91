//! The configuration of signing in: where, by which client, and what takes a fresh one.

use std::path::Path;

use glasskey::config::{Config, ConfigFaults, Environment, Need, SecretRef, SignInConfig};
use glasskey_domain::settings::{StepUp, StepUpAction};
use glasskey_domain::{Directory, Seconds};

const BASE: &str = r#"
[slack]
app_token = "env:SLACK_APP_TOKEN"
bot_token = "env:SLACK_BOT_TOKEN"
team = "T0ACME"
channel = "C0ACCESS"
[aws]
region = "eu-west-1"
[sign_in]
"#;
const LEAST: &str = "issuer = \"https://acme.okta.com\"\nclient_id = \"0oa1signin\"\n";

fn environment() -> Environment {
    let all = [
        ("SLACK_APP_TOKEN", "xapp-1-planted"),
        ("SLACK_BOT_TOKEN", "xoxb-planted"),
        ("SIGN_IN_SECRET", "a-planted-sign-in-secret"),
    ];
    Environment::Given(all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn read(section: &str) -> Result<Config, ConfigFaults> {
    let text = format!("{BASE}{section}");
    Config::read("glasskey.toml", Path::new("/etc/glasskey"), &text, &environment(), Need::Secrets)
}

fn good(more: &str) -> SignInConfig {
    read(&format!("{LEAST}{more}")).unwrap_or_else(|faults| panic!("{faults}")).sign_in.unwrap()
}

fn faults(section: &str) -> String {
    read(section).map(|_| "no fault").unwrap_err().to_string()
}

fn step_up(action: StepUpAction, scope: Option<&str>) -> StepUp {
    StepUp { action, scope: scope.map(str::to_owned) }
}

#[test]
fn the_least_that_is_needed_asks_for_no_step_up() {
    let sign_in = good("");
    assert_eq!(
        (sign_in.issuer.as_str(), sign_in.client_id.as_str()),
        ("https://acme.okta.com", "0oa1signin")
    );
    assert!(sign_in.client_secret.is_none() && sign_in.step_up.is_empty());
    assert_eq!(sign_in.fresh, Seconds::minutes(5));
    let without = BASE.replace("[sign_in]\n", "");
    let without = Config::read("glasskey.toml", Path::new("/"), &without, &environment(), Need::NoSecrets);
    assert!(without.unwrap().sign_in.is_none());
}

#[test]
fn the_issuer_is_kept_to_the_letter() {
    for issuer in [
        "https://acme.okta.com",
        "https://acme.okta.com/",
        "https://SSO.acme.example/realms/A",
        "http://127.0.0.1:1/x",
    ] {
        let config = read(&format!("issuer = \"{issuer}\"\nclient_id = \"c\"\n")).unwrap();
        assert_eq!(config.sign_in.unwrap().issuer, issuer);
    }
    for issuer in [
        "http://acme.okta.com",
        "acme.okta.com",
        "https://user@acme.okta.com",
        " https://acme.okta.com",
        "https://a.example/?b=c",
        "",
    ] {
        assert!(
            faults(&format!("issuer = \"{issuer}\"\nclient_id = \"c\"\n")).contains("sign_in.issuer"),
            "{issuer}"
        );
    }
}

#[test]
fn all_that_can_be_said_is_heard() {
    let sign_in = good(
        "client_secret = \"env:SIGN_IN_SECRET\"\nfresh = \"1h\"\n\
         step_up = [\"approve:prod\", \"breakglass\", \"request\", \"approve:Core: EU\"]\n",
    );
    let secret = sign_in.client_secret.unwrap();
    assert_eq!(secret.reference(), &SecretRef::Environment("SIGN_IN_SECRET".to_owned()));
    assert_eq!(sign_in.fresh, Seconds::hours(1));
    let all = [
        step_up(StepUpAction::Approve, Some("prod")),
        step_up(StepUpAction::Breakglass, None),
        step_up(StepUpAction::Request, None),
        step_up(StepUpAction::Approve, Some("Core: EU")),
    ];
    assert_eq!(sign_in.step_up, all);
}

/// Decisions know names and ids, and nothing of aliases.
#[test]
fn what_an_alias_means_takes_a_sign_in_too() {
    let more = "fresh = \"2m\"\nstep_up = [\"approve:Prod\", \"request:core\"]\n\
                [aliases.accounts]\nprod = \"222222222222\"\n";
    let settings = read(&format!("{LEAST}{more}")).unwrap().requests;
    assert_eq!(settings.sign_in_fresh, Seconds::minutes(2));
    let all = [
        step_up(StepUpAction::Approve, Some("Prod")),
        step_up(StepUpAction::Request, Some("core")),
        step_up(StepUpAction::Approve, Some("222222222222")),
    ];
    assert_eq!(settings.step_up, all);
    let none = read(LEAST).unwrap().requests;
    assert_eq!((none.step_up.len(), none.sign_in_fresh), (0, Seconds::minutes(5)));
}

#[test]
fn what_is_about_nothing_in_the_company_is_found() {
    let company = "unit Workloads\nunit Workloads/Prod\naccount 222222222222 payments-prod in Workloads/Prod\n\
                   group leads: bo";
    let directory = glasskey::policy::company("company", company).unwrap();
    let more = "step_up = [\"approve:PROD\", \"approve:prdo\", \"approve\", \"request:222222222222\", \"breakglass\",\n\
                \"approve:payments-prod\", \"request:Pay\", \"request:gone\", \"request:333333333333\"]\n\
                [aliases.accounts]\npay = \"222222222222\"\ngone = \"999999999999\"\n";
    let config = read(&format!("{LEAST}{more}")).unwrap_or_else(|faults| panic!("{faults}"));
    let sign_in = config.sign_in.unwrap();
    let slips = ["approve:prdo", "request:gone", "request:333333333333"];
    assert_eq!(sign_in.about_nothing(&config.aliases, &directory), slips);
    let never_read = Directory::empty();
    assert!(
        sign_in.about_nothing(&config.aliases, &never_read).is_empty(),
        "nothing is known of the company"
    );
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let said = faults(
        "issuer = \"http://acme.okta.com\"\nclient_secret = \"a-literal-secret\"\nstep_up = [\"approve\", \"deny\"]\n\
         fresh = \"59s\"\nstepup = []\n",
    );
    insta::assert_snapshot!(said);
    assert!(!said.contains("a-literal-secret"));
}

#[test]
fn what_takes_a_sign_in_is_one_of_three_and_only_two_have_a_place() {
    for wrong in [
        "\"approve\"",
        "[\"\"]",
        "[\"approve:\"]",
        "[\"approve: prod\"]",
        "[\"Approve\"]",
        "[\"breakglass:main\"]",
        "[\"deny\"]",
        "[7]",
        "[\"approve\", \"approve\"]",
        "[\"request:a\\nb\"]",
    ] {
        let said = faults(&format!("{LEAST}step_up = {wrong}\n"));
        assert!(said.contains("sign_in.step_up"), "{wrong}: {said}");
    }
    let at_most = |count: usize| {
        let all: Vec<String> = (0..count).map(|number| format!("\"request:a{number}\"")).collect();
        read(&format!("{LEAST}step_up = [{}]\n", all.join(", ")))
    };
    assert_eq!(at_most(32).unwrap().sign_in.unwrap().step_up.len(), 32);
    assert!(at_most(33).is_err());
    let scope = |length: usize| read(&format!("{LEAST}step_up = [\"request:{}\"]\n", "é".repeat(length)));
    assert!(scope(128).is_ok() && scope(129).is_err());
}

#[test]
fn a_sign_in_is_fresh_from_a_minute_to_an_hour() {
    for (length, fits) in [("1m", true), ("1h", true), ("59s", false), ("1h1s", false), ("soon", false)] {
        let read = read(&format!("{LEAST}step_up = [\"request\"]\nfresh = \"{length}\"\n"));
        assert_eq!(read.is_ok(), fits, "{length}");
    }
    let advice = read(&format!("{LEAST}fresh = \"10m\"\n")).unwrap().advice;
    assert!(advice.iter().any(|advice| advice.key == "sign_in.fresh"), "{advice:?}");
}

#[tokio::test]
async fn the_secret_is_had_from_where_it_is_kept_and_shown_nowhere() {
    let config = read(&format!("{LEAST}client_secret = \"env:SIGN_IN_SECRET\"\n")).unwrap();
    let secrets = config.resolve_secrets(&environment()).await.unwrap();
    assert_eq!(secrets.sign_in.as_ref().unwrap().expose(), "a-planted-sign-in-secret");
    assert!(!format!("{secrets:?} {config:?}").contains("a-planted-sign-in-secret"));
    let missing = faults(&format!("{LEAST}client_secret = \"env:NOT_THERE\"\n"));
    assert!(missing.contains("sign_in.client_secret") && missing.contains("NOT_THERE"), "{missing}");
}
