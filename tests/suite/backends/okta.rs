//! Okta against its twin: the contract of every identity provider, and what only Okta does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use glasskey::access::okta::{Auth, Okta, OktaLimits, OktaSettings};
use glasskey::access::settings::Timeouts;
use glasskey::clock::SystemClock;
use glasskey::ports::{Fault, Federation, IdentityProvider, READ_ONLY, Urgency};
use glasskey_domain::emergency::{Level, Member};
use glasskey_domain::person::Employment;
use glasskey_domain::{Person, PersonId};
use glasskey_playground::company::{Company, OktaGroupKind};
use glasskey_playground::okta::{
    Fault as Scripted, FaultKind, OktaControl, OktaOptions, OktaTwin, RateLimits, SSWS_TOKEN, ServiceApp,
    UserStatus,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::identity_provider::{self, Call, FarSide, Ground, Trouble};

const APP: &str = "0oa1emergency";
const CLIENT: &str = "0oaglasskey";
/// Made for tests; opens nothing.
const KEY: &str = include_str!("../../../src/access/okta/key/test_rsa.json");
/// Users who are put into groups by hand, and fill seven pages.
const CROWD: usize = 1_300;

/// Okta, its back end, and a hand on it.
pub(in super::super) struct Rig {
    twin: OktaTwin,
    okta: Okta,
}

fn company() -> Company {
    let mut company = Company::acme();
    let ana = company.person("ana").unwrap().clone();
    for number in 0..CROWD {
        let mut one = ana.clone();
        one.handle = format!("crowd{number}");
        one.email = format!("crowd{number}@acme.example");
        one.okta_user_id = Some(format!("00ucrowd{number}"));
        one.identity_user_id = None;
        company.people.push(one);
    }
    company
}

fn service_app(dpop_required: bool) -> ServiceApp {
    let jwk: Value = serde_json::from_str(KEY).unwrap();
    let public = json!({"kty": "RSA", "kid": jwk["kid"], "n": jwk["n"], "e": jwk["e"]});
    ServiceApp { dpop_required, ..ServiceApp::new(CLIENT, public) }
}

fn service() -> Auth {
    Auth::Service { client_id: CLIENT.to_owned(), key: SecretString::from(KEY), key_id: None }
}

fn token() -> Auth {
    Auth::Token(SecretString::from(SSWS_TOKEN))
}

impl Rig {
    async fn start(auth: Auth, change: impl FnOnce(&mut OktaOptions)) -> Self {
        let mut options = OktaOptions { service_app: Some(service_app(false)), ..OktaOptions::default() };
        change(&mut options);
        let twin = OktaTwin::start(&company(), options).await.unwrap();
        let timeouts = Timeouts {
            connect: Duration::from_secs(1),
            attempt: Duration::from_millis(1500),
            operation: Duration::from_secs(2),
        };
        let url = twin.url().parse().unwrap();
        let settings = OktaSettings { url, auth, timeouts, limits: OktaLimits::default() };
        let okta = Okta::new(settings, Arc::new(SystemClock)).unwrap();
        Self { twin, okta }
    }

    pub(in super::super) async fn with_service_app() -> Self {
        Self::start(service(), |_| {}).await
    }

    pub(in super::super) async fn with_token() -> Self {
        Self::start(token(), |_| {}).await
    }

    pub(in super::super) fn okta(&self) -> &Okta {
        &self.okta
    }

    pub(in super::super) fn control(&self) -> OktaControl {
        self.twin.control()
    }

    fn ground(self) -> Ground {
        Ground { provider: Box::new(self.okta.clone()), far: Box::new(self) }
    }

    async fn check(&self) -> BTreeMap<String, Result<String, String>> {
        let findings = self.okta.check(Federation { app: APP, groups: &groups() }).await;
        findings.into_iter().map(|finding| (finding.what, finding.how)).collect()
    }

    async fn wrong(&self) -> BTreeMap<String, String> {
        self.check().await.into_iter().filter_map(|(what, how)| how.err().map(|how| (what, how))).collect()
    }
}

pub(in super::super) fn groups() -> BTreeMap<Level, String> {
    BTreeMap::from([(Level::Ro, "00gro".to_owned()), (Level::Ops, "00gops".to_owned())])
}

pub(in super::super) fn person(handle: &str) -> Person {
    Person {
        id: PersonId::new(format!("u-{handle}")),
        user_name: handle.to_owned(),
        display_name: handle.to_owned(),
        emails: vec![format!("{handle}@acme.example")],
        employment: Employment::Enabled,
    }
}

fn operation(call: Call) -> &'static str {
    match call {
        Call::Activate => "activateApplication",
        Call::Deactivate => "deactivateApplication",
        Call::Add => "assignUserToGroup",
        Call::Remove => "unassignUserFromGroup",
        Call::ReadApp => "getApplication",
        Call::ReadGroup => "listGroupUsers",
    }
}

impl FarSide for Rig {
    fn person(&self) -> Person {
        person("ana")
    }

    fn leaver(&self) -> Person {
        self.control().set_user_status("cy", UserStatus::Deprovisioned);
        person("cy")
    }

    fn app(&self) -> String {
        APP.to_owned()
    }

    fn groups(&self) -> BTreeMap<Level, String> {
        groups()
    }

    fn is_active(&self) -> bool {
        self.control().is_active(APP)
    }

    fn members(&self, level: Level) -> BTreeSet<String> {
        let control = self.control();
        let logins = control.members(&groups()[&level]);
        control.users().into_iter().filter(|user| logins.contains(&user.login)).map(|user| user.id).collect()
    }

    fn fill(&self, level: Level, count: usize) {
        for number in 0..count {
            assert!(self.control().add_by_hand(&format!("crowd{number}@acme.example"), &groups()[&level]));
        }
    }

    fn meets(&self, call: Call, trouble: Trouble) {
        let kind = match trouble {
            Trouble::Throttled => FaultKind::RateLimited { reset_secs: 1 },
            Trouble::Error => FaultKind::Internal500,
            Trouble::Hangs => FaultKind::Hang,
            Trouble::DroppedBefore => FaultKind::DropBeforeEffect,
            Trouble::DroppedAfter => FaultKind::DropAfterEffect,
            Trouble::Garbled => FaultKind::GarbageBody,
        };
        self.control().fault(Scripted::once(operation(call), kind));
    }

    fn count(&self, call: Call) -> usize {
        self.control().count(operation(call))
    }

    fn secrets(&self) -> Vec<String> {
        let key: Value = serde_json::from_str(KEY).unwrap();
        vec![SSWS_TOKEN.to_owned(), key["d"].as_str().unwrap().to_owned(), "eyJ".to_owned()]
    }
}

#[tokio::test]
async fn okta_keeps_the_contract_with_a_service_app() {
    identity_provider::keeps(async || Rig::start(service(), |_| {}).await.ground()).await;
}

#[tokio::test]
async fn okta_keeps_the_contract_with_proof_of_possession() {
    let demanding = |options: &mut OktaOptions| options.service_app = Some(service_app(true));
    identity_provider::keeps(async || Rig::start(service(), demanding).await.ground()).await;
}

#[tokio::test]
async fn okta_keeps_the_contract_with_a_token_and_on_pages_that_are_empty() {
    let sparse = |options: &mut OktaOptions| (options.page_rows_max, options.empty_pages) = (50, true);
    identity_provider::keeps(async || Rig::start(token(), sparse).await.ground()).await;
}

#[tokio::test]
async fn tokens_are_bound_to_a_key_where_okta_wants_it_and_a_new_nonce_is_taken_up() {
    let rig = Rig::start(service(), |options| options.service_app = Some(service_app(true))).await;
    rig.okta.activate(APP).await.unwrap();
    let schemes = |control: &OktaControl| -> BTreeSet<String> {
        control.calls().into_iter().filter(|call| call.operation != "token").map(|call| call.scheme).collect()
    };
    assert_eq!(schemes(&rig.control()), BTreeSet::from(["DPoP".to_owned()]));
    assert_eq!(rig.control().count("token"), 3, "without proof, with proof, with the nonce");
    rig.control().renew_nonce();
    rig.control().revoke_access_tokens();
    rig.okta.deactivate(APP).await.unwrap();
    assert!(!rig.control().is_active(APP));
}

#[tokio::test]
async fn a_revoked_access_token_is_asked_for_anew_once_and_a_revoked_api_token_is_told() {
    let rig = Rig::with_service_app().await;
    rig.okta.activate(APP).await.unwrap();
    assert_eq!(rig.control().revoke_access_tokens(), 1);
    rig.okta.deactivate(APP).await.unwrap();
    assert_eq!(rig.control().count("token"), 2);
    assert_eq!(rig.control().count("deactivateApplication"), 2, "the first was not looked at");

    let rig = Rig::start(token(), |_| {}).await;
    rig.control().revoke_tokens();
    let fault = rig.okta.deactivate(APP).await.unwrap_err();
    assert!(matches!(fault, Fault::Transient { .. }), "an operator mends it, and closing goes on: {fault:?}");
    assert!(fault.what().contains("revoked"), "{fault}");
    assert_eq!(rig.control().count("deactivateApplication"), 1);
    assert!(rig.wrong().await.contains_key("API token of Okta"));
}

#[tokio::test]
async fn one_token_serves_all_calls_at_once() {
    let rig = Rig::with_service_app().await;
    let groups = groups();
    let looks =
        (0..20).map(|_| rig.okta.observe(Federation { app: APP, groups: &groups }, Urgency::Emergency));
    let seen = futures_util::future::join_all(looks).await;
    assert!(seen.iter().all(|seen| seen.app == Ok(false)));
    assert_eq!(rig.control().count("token"), 1);
}

#[tokio::test]
async fn read_only_mode_points_to_the_runbook_and_looking_goes_on() {
    let rig = Rig::with_service_app().await;
    rig.okta.activate(APP).await.unwrap();
    rig.control().set_read_only(true);
    let member =
        Member { id: glasskey_domain::ids::MemberId::new("00uana"), login: "ana@acme.example".to_owned() };
    let faults = [
        rig.okta.deactivate(APP).await.unwrap_err(),
        rig.okta.activate(APP).await.unwrap_err(),
        rig.okta.remove("00gro", &member).await.unwrap_err(),
        rig.okta.add("00gro", &person("ana")).await.unwrap_err(),
    ];
    for fault in faults {
        assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
        assert!(fault.what().starts_with(READ_ONLY), "{fault}");
    }
    let seen = rig.okta.observe(Federation { app: APP, groups: &groups() }, Urgency::Ending).await;
    assert_eq!(seen.app, Ok(true));
    rig.control().set_read_only(false);
    rig.okta.deactivate(APP).await.unwrap();
}

#[tokio::test]
async fn reads_that_lag_are_shown_as_they_are_and_catch_up() {
    let rig = Rig::start(service(), |options| options.stale_reads = 2).await;
    rig.okta.activate(APP).await.unwrap();
    let member = rig.okta.add("00gro", &person("ana")).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let look = rig.okta.observe(Federation { app: APP, groups: &groups() }, Urgency::Emergency).await;
        seen.push((look.app, look.groups[&Level::Ro].clone()));
    }
    assert_eq!(seen[0], (Ok(false), Ok(vec![])));
    assert_eq!(seen[2], (Ok(true), Ok(vec![member])));
}

#[tokio::test]
async fn a_group_of_another_type_takes_nobody_and_says_so_for_good() {
    let rig = Rig::with_service_app().await;
    rig.control().set_group_kind("00gro", OktaGroupKind::AppGroup);
    let fault = rig.okta.add("00gro", &person("ana")).await.unwrap_err();
    assert!(matches!(fault, Fault::Permanent { .. }), "{fault:?}");
    assert!(fault.what().contains("APP_GROUP"), "{fault}");
    let wrong = rig.wrong().await;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong["emergency group ro"].contains("OKTA_GROUP"), "{wrong:?}");
}

#[tokio::test]
async fn who_is_in_a_group_by_a_rule_cannot_be_taken_out_and_that_is_told_before_and_then() {
    let rig = Rig::with_service_app().await;
    rig.control().add_group_rule("All of operations", "00gops", &["dee"]).unwrap();
    let wrong = rig.wrong().await;
    assert!(wrong["rules that feed group ops"].contains("All of operations"), "{wrong:?}");
    assert!(wrong.contains_key("members of group ops"), "{wrong:?}");
    let seen = rig.okta.observe(Federation { app: APP, groups: &groups() }, Urgency::Ending).await;
    let dee = seen.groups[&Level::Ops].clone().unwrap().remove(0);
    let fault = rig.okta.remove("00gops", &dee).await.unwrap_err();
    assert!(matches!(fault, Fault::Transient { .. }), "closing goes on until it is mended: {fault:?}");
    assert!(fault.what().contains("rule"), "{fault}");
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_and_may_be_given_later() {
    let rig = Rig::with_service_app().await;
    rig.control().set_options(|options| {
        options.forbidden.insert("assignUserToGroup".to_owned());
    });
    let fault = rig.okta.add("00gro", &person("ana")).await.unwrap_err();
    assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
    assert!(fault.what().contains("`okta.groups.manage`"), "{fault}");
}

#[tokio::test]
async fn the_check_names_scopes_that_are_missing_and_those_that_are_too_much() {
    let rig = Rig::start(service(), |options| {
        let mut app = service_app(false);
        app.scopes.remove("okta.groups.manage");
        app.scopes.insert("okta.roles.manage".to_owned());
        options.service_app = Some(app);
    })
    .await;
    let wrong = rig.wrong().await;
    let missing = &wrong["credentials and scopes at Okta"];
    assert!(missing.contains("`okta.groups.manage`") && !missing.contains("`okta.apps.manage`"), "{missing}");
    assert!(wrong["nothing beyond the needed scopes"].contains("`okta.roles.manage`"), "{wrong:?}");
}

#[tokio::test]
async fn the_check_says_when_the_clocks_differ() {
    let rig = Rig::start(token(), |_| {}).await;
    assert!(rig.check().await["clock against Okta"].is_ok());
    rig.control().push_clock(Duration::from_secs(90));
    let wrong = rig.wrong().await;
    assert!(wrong["clock against Okta"].contains("slow"), "{wrong:?}");
}

#[tokio::test]
async fn a_clock_that_differs_does_not_keep_us_out_for_long() {
    let rig = Rig::with_service_app().await;
    rig.control().push_clock(Duration::from_secs(3_000));
    // The first answer tells Okta's time; whatever it was, the next try is in time.
    let _ = rig.okta.activate(APP).await;
    rig.okta.activate(APP).await.unwrap();
}

#[tokio::test]
async fn deactivating_goes_on_while_the_buckets_of_others_are_used_up() {
    let limits = RateLimits { groups: 12, ..RateLimits::default() };
    let rig = Rig::start(service(), |options| {
        (options.rate_limits, options.enforce_rate_limits) = (limits, true);
    })
    .await;
    let rig = Arc::new(rig);
    rig.okta.activate(APP).await.unwrap();
    rig.fill(Level::Ro, 40);
    let members: Vec<Member> = rig
        .control()
        .users()
        .into_iter()
        .filter(|user| rig.control().members("00gro").contains(&user.login))
        .map(|user| Member { id: glasskey_domain::ids::MemberId::new(user.id), login: user.login })
        .collect();
    let removing = {
        let rig = Arc::clone(&rig);
        tokio::spawn(async move {
            let removals = members.iter().map(|member| rig.okta.remove("00gro", member));
            futures_util::future::join_all(removals).await
        })
    };
    let few = |control: &OktaControl| control.members("00gro").len() <= 40 - 10;
    rig.control().wait_for(Duration::from_secs(10), few).await.unwrap();
    rig.okta.deactivate(APP).await.unwrap();
    let refused = rig.control().calls().iter().filter(|call| call.status == Some(429)).count();
    assert_eq!(refused, 0, "what is left of a bucket is known from the answers");
    assert!(rig.control().count("unassignUserFromGroup") <= 12);
    removing.abort();
}

#[tokio::test]
async fn an_address_that_is_not_encrypted_or_a_key_that_is_none_is_refused_at_once() {
    let settings = |url: &str, auth: Auth| OktaSettings {
        url: url.parse().unwrap(),
        auth,
        timeouts: Timeouts::default(),
        limits: OktaLimits::default(),
    };
    let made = |url: &str, auth: Auth| Okta::new(settings(url, auth), Arc::new(SystemClock));
    assert!(made("https://acme.okta.com", service()).is_ok());
    let fault = made("http://acme.okta.com", token()).unwrap_err();
    assert!(fault.what().contains("okta.url"), "{fault}");
    let bad = Auth::Service { client_id: CLIENT.to_owned(), key: SecretString::from("s3cr3t"), key_id: None };
    let fault = made("https://acme.okta.com", bad).unwrap_err();
    assert!(fault.what().contains("private key") && !fault.what().contains("s3cr3t"), "{fault}");
    let shown = format!("{:?}", made("https://acme.okta.com", token()).unwrap());
    assert!(!shown.contains(SSWS_TOKEN), "{shown}");
}
