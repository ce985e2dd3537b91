//! Entra ID and Keycloak: the contract, and what is peculiar to each, against twins that believe nobody without proof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use glasskey::access::entra::{Entra, EntraSettings};
use glasskey::access::keycloak::{Keycloak, KeycloakSettings};
use glasskey::access::oauth::Credential;
use glasskey::access::settings::Timeouts;
use glasskey::clock::SystemClock;
use glasskey::ports::{Fault, Federation, IdentityProvider, Observed, Urgency};
use glasskey_domain::emergency::{Level, Member};
use glasskey_domain::ids::MemberId;
use glasskey_domain::person::Employment;
use glasskey_domain::{Person, PersonId};
use glasskey_playground::idp::{self, Client, Operation, Proof, Twin, User};
use glasskey_playground::{entra, keycloak};
use serde_json::json;

use super::identity_provider::{self, Call, FarSide, Ground, Trouble};

const SECRET: &str = "a-client-secret-that-nobody-may-see";
/// Made for these tests only; nothing anywhere believes it.
const RSA_WITH_CERTIFICATE: &str = include_str!("keys/rsa-with-certificate.pem");
const RSA_PUBLIC: &str = include_str!("keys/rsa-public.pem");
const RSA_THUMBPRINT: &str = include_str!("keys/rsa-thumbprint.txt");
const EC: &str = include_str!("keys/ec.pem");
const EC_PUBLIC: &str = include_str!("keys/ec-public.pem");
const CLIENT: &str = "glasskey-bot";

/// Which provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Entra,
    Keycloak,
}

/// How the bot shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Secret,
    Rsa,
    Ec,
}

/// A provider with its twin.
struct Place {
    kind: Kind,
    twin: Arc<Twin>,
    provider: Box<dyn IdentityProvider>,
}

impl By {
    fn proof(self) -> Proof {
        match self {
            Self::Secret => Proof::Secret(SECRET.to_owned()),
            Self::Rsa => {
                Proof::Key { public_pem: RSA_PUBLIC.to_owned(), thumbprint: Some(RSA_THUMBPRINT.to_owned()) }
            }
            Self::Ec => Proof::Key { public_pem: EC_PUBLIC.to_owned(), thumbprint: None },
        }
    }

    fn credential(self) -> Credential {
        match self {
            Self::Secret => Credential::Secret(SECRET.into()),
            Self::Rsa => Credential::Key(RSA_WITH_CERTIFICATE.into()),
            Self::Ec => Credential::Key(EC.into()),
        }
    }
}

impl Kind {
    const BOTH: [Self; 2] = [Self::Entra, Self::Keycloak];

    fn app(self) -> &'static str {
        match self {
            Self::Entra => entra::APP,
            Self::Keycloak => keycloak::APP,
        }
    }

    fn groups(self) -> BTreeMap<Level, String> {
        let ids = match self {
            Self::Entra => entra::GROUPS,
            Self::Keycloak => keycloak::GROUPS,
        };
        Level::ALL.into_iter().zip(ids.map(str::to_owned)).collect()
    }

    async fn place(self, by: By) -> Place {
        self.place_with(by.proof(), by.credential()).await
    }

    async fn place_with(self, mut proof: Proof, credential: Credential) -> Place {
        if let (Self::Keycloak, Proof::Key { thumbprint, .. }) = (self, &mut proof) {
            *thumbprint = None;
        }
        let client = Client { id: CLIENT.to_owned(), proof };
        let timeouts = Timeouts {
            connect: Duration::from_secs(1),
            attempt: Duration::from_millis(1500),
            operation: Duration::from_secs(2),
        };
        let clock = Arc::new(SystemClock);
        let (twin, provider): (Twin, Box<dyn IdentityProvider>) = match self {
            Self::Entra => {
                let twin = entra::start(client).await.unwrap();
                let settings = EntraSettings {
                    graph_url: format!("{}/v1.0", twin.url()),
                    login_url: twin.url(),
                    timeouts,
                    calls_per_second: None,
                    ..EntraSettings::in_tenant(entra::TENANT, CLIENT, credential)
                };
                (twin, Box::new(Entra::new(&settings, clock).unwrap()))
            }
            Self::Keycloak => {
                let twin = keycloak::start(client).await.unwrap();
                let settings = KeycloakSettings {
                    timeouts,
                    calls_per_second: None,
                    ..KeycloakSettings::in_realm(&twin.url(), keycloak::REALM, CLIENT, credential)
                };
                (twin, Box::new(Keycloak::new(&settings, clock).unwrap()))
            }
        };
        let place = Place { kind: self, twin: Arc::new(twin), provider };
        place.know("u-ana", "ana@acme.example", true);
        place.know("u-leo", "leo@acme.example", false);
        place
    }

    async fn ground(self, by: By) -> Ground {
        let Place { kind, twin, provider } = self.place(by).await;
        Ground { provider, far: Box::new(Far { kind, twin }) }
    }
}

fn person(user_name: &str, emails: &[&str]) -> Person {
    Person {
        id: PersonId::new(format!("p-{user_name}")),
        user_name: user_name.to_owned(),
        display_name: user_name.to_owned(),
        emails: emails.iter().map(|mail| (*mail).to_owned()).collect(),
        employment: Employment::Enabled,
    }
}

fn ana() -> Person {
    person("ana@acme.example", &["ana@acme.example"])
}

impl Place {
    fn know(&self, id: &str, login: &str, enabled: bool) {
        self.know_as(id, login, login, enabled);
    }

    fn know_as(&self, id: &str, login: &str, mail: &str, enabled: bool) {
        let user = User { id: id.to_owned(), login: login.to_owned(), mail: mail.to_owned(), enabled };
        self.twin.world().know(user);
    }

    fn group(&self, level: Level) -> String {
        self.kind.groups()[&level].clone()
    }

    fn meets(&self, operation: Operation, fault: idp::Fault) {
        self.twin.world().meets(operation, fault);
    }

    fn count(&self, operation: Operation) -> usize {
        self.twin.world().count(operation)
    }

    async fn add(&self, person: &Person) -> Result<Member, Fault> {
        self.provider.add(&self.group(Level::Ro), person).await
    }

    async fn remove(&self, member: &Member) -> Result<(), Fault> {
        self.provider.remove(&self.group(Level::Ro), member).await
    }

    async fn look(&self) -> Observed {
        let groups = self.kind.groups();
        self.provider.observe(Federation { app: self.kind.app(), groups: &groups }, Urgency::Emergency).await
    }

    /// What `check` finds wrong.
    async fn wrong(&self) -> Vec<String> {
        let groups = self.kind.groups();
        let findings = self.provider.check(Federation { app: self.kind.app(), groups: &groups }).await;
        findings.into_iter().filter_map(|finding| finding.how.err()).collect()
    }

    fn quirk(&self, name: &str, value: serde_json::Value) {
        let mut world = self.twin.world();
        let group = world.groups.get_mut(&self.group(Level::Ro)).unwrap();
        group.quirks.insert(name.to_owned(), value);
    }
}

/// The far side of the contract.
struct Far {
    kind: Kind,
    twin: Arc<Twin>,
}

fn operation(call: Call) -> Operation {
    match call {
        Call::Activate => Operation::Activate,
        Call::Deactivate => Operation::Deactivate,
        Call::Add => Operation::Add,
        Call::Remove => Operation::Remove,
        Call::ReadApp => Operation::ReadApp,
        Call::ReadGroup => Operation::ListMembers,
    }
}

impl FarSide for Far {
    fn person(&self) -> Person {
        ana()
    }

    fn leaver(&self) -> Person {
        person("leo@acme.example", &["leo@acme.example"])
    }

    fn app(&self) -> String {
        self.kind.app().to_owned()
    }

    fn groups(&self) -> BTreeMap<Level, String> {
        self.kind.groups()
    }

    fn is_active(&self) -> bool {
        let field = match self.kind {
            Kind::Entra => "accountEnabled",
            Kind::Keycloak => "enabled",
        };
        self.twin.world().app[field].as_bool().unwrap()
    }

    fn members(&self, level: Level) -> BTreeSet<String> {
        self.twin.world().groups[&self.kind.groups()[&level]].members.clone()
    }

    fn fill(&self, level: Level, count: usize) {
        let mut world = self.twin.world();
        for number in 0..count {
            let (id, login) = (format!("u-many-{number}"), format!("many{number}@acme.example"));
            world.know(User { id: id.clone(), mail: login.clone(), login, enabled: true });
            world.groups.get_mut(&self.kind.groups()[&level]).unwrap().members.insert(id);
        }
    }

    fn meets(&self, call: Call, trouble: Trouble) {
        let fault = match trouble {
            Trouble::Throttled => idp::Fault::Throttle { secs: 1 },
            Trouble::Error => idp::Fault::Status(500),
            Trouble::Hangs => idp::Fault::Hang,
            Trouble::DroppedBefore => idp::Fault::CutBefore,
            Trouble::DroppedAfter => idp::Fault::CutAfter,
            Trouble::Garbled => idp::Fault::Garbage,
        };
        self.twin.world().meets(operation(call), fault);
    }

    fn count(&self, call: Call) -> usize {
        self.twin.world().count(operation(call))
    }

    fn secrets(&self) -> Vec<String> {
        let key = RSA_WITH_CERTIFICATE.lines().nth(30).unwrap();
        [SECRET, key, "token-number-"].map(str::to_owned).into()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_keeps_the_contract() {
    identity_provider::keeps(async || Kind::Entra.ground(By::Rsa).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keycloak_keeps_the_contract() {
    identity_provider::keeps(async || Kind::Keycloak.ground(By::Secret).await).await;
}

#[tokio::test]
async fn every_way_to_show_who_we_are_is_believed() {
    let ways = [
        (Kind::Entra, By::Secret),
        (Kind::Entra, By::Rsa),
        (Kind::Keycloak, By::Secret),
        (Kind::Keycloak, By::Rsa),
        (Kind::Keycloak, By::Ec),
    ];
    for (kind, by) in ways {
        let place = kind.place(by).await;
        assert_eq!(place.look().await.app, Ok(false), "{kind:?} {by:?}");
        assert_eq!(place.count(Operation::Token), 1, "three reads side by side share one token");
    }
}

#[tokio::test]
async fn who_is_not_believed_is_told_what_to_check_and_shows_no_secret() {
    for kind in Kind::BOTH {
        let strangers = [
            kind.place_with(Proof::Secret("another".to_owned()), By::Secret.credential()).await,
            kind.place_with(By::Ec.proof(), By::Rsa.credential()).await,
        ];
        for place in strangers {
            let fault = place.provider.deactivate(kind.app()).await.unwrap_err();
            assert!(matches!(fault, Fault::Transient { .. }), "an operator mends it: {fault:?}");
            assert!(fault.what().contains("check") && fault.what().contains("client_id"), "{fault}");
            assert!(!fault.what().contains(SECRET), "{fault}");
            assert_eq!(place.count(Operation::Deactivate), 0);
            let wrong = place.wrong().await;
            assert!(wrong.iter().all(|line| !line.contains(SECRET)) && !wrong.is_empty(), "{wrong:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_ended_early_is_replaced_once() {
    for kind in Kind::BOTH {
        let place = kind.place(By::Rsa).await;
        place.provider.activate(kind.app()).await.unwrap();
        place.twin.world().revoke_tokens();
        assert_eq!(place.provider.deactivate(kind.app()).await, Ok(()));
        assert_eq!(place.count(Operation::Token), 2);

        for _ in 0..2 {
            place.meets(Operation::Add, idp::Fault::Status(401));
        }
        let fault = place.add(&ana()).await.unwrap_err();
        assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
        assert_eq!(place.count(Operation::Add), 2, "and not a third time");
    }
}

#[tokio::test]
async fn what_is_not_allowed_says_which_right_it_takes() {
    for (kind, right) in [(Kind::Entra, "GroupMember.ReadWrite.All"), (Kind::Keycloak, "manage-users")] {
        let place = kind.place(By::Secret).await;
        place.meets(Operation::Add, idp::Fault::Status(403));
        let fault = place.add(&ana()).await.unwrap_err();
        assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
        assert!(fault.what().contains(right), "{fault}");
    }
}

#[tokio::test]
async fn how_long_to_wait_is_passed_on() {
    for kind in Kind::BOTH {
        let place = kind.place(By::Secret).await;
        place.meets(Operation::ListMembers, idp::Fault::Throttle { secs: 7 });
        let seen = place.look().await;
        let waits = seen.groups.values().filter_map(|members| match members {
            Err(Fault::Transient { retry_after, .. }) => *retry_after,
            _ => None,
        });
        assert_eq!(waits.collect::<Vec<_>>(), [Duration::from_secs(7)], "{kind:?}");
    }
}

#[tokio::test]
async fn somebody_of_two_names_is_found_by_either_and_one_of_several_by_none() {
    for kind in Kind::BOTH {
        let place = kind.place(By::Secret).await;
        place.know_as("u-miles", "mo'neil@acme.example", "miles@acme.example", true);
        for asked in [
            person("MO'Neil@acme.example", &[]),
            person("mo", &["miles@acme.example"]),
            person("mo'neil@acme.example", &["miles@acme.example", "m@acme.example"]),
        ] {
            let member = place.add(&asked).await.unwrap();
            assert_eq!((member.id.as_str(), member.login.as_str()), ("u-miles", "mo'neil@acme.example"));
        }
        place.know_as("u-twin", "twin@acme.example", "miles@acme.example", true);
        let fault = place.add(&person("mo", &["miles@acme.example"])).await.unwrap_err();
        assert!(matches!(fault, Fault::Permanent { .. }), "{fault:?}");
        assert!(fault.what().contains("twin@acme.example"), "it says which: {fault}");
    }
}

#[tokio::test]
async fn a_late_read_shows_what_was_and_then_what_is() {
    for kind in Kind::BOTH {
        let place = kind.place(By::Secret).await;
        place.look().await.app.unwrap();
        place.twin.world().stale_reads = 4;
        place.add(&ana()).await.unwrap();
        assert_eq!(place.look().await.groups[&Level::Ro], Ok(Vec::new()), "as it was before");
        place.look().await.app.unwrap();
        assert_eq!(place.look().await.groups[&Level::Ro].as_ref().map(Vec::len), Ok(1));
    }
}

#[tokio::test]
async fn entra_groups_that_are_not_plain_are_found() {
    let quirks = [
        ("groupTypes", json!(["DynamicMembership"]), "fed by a rule"),
        ("securityEnabled", json!(false), "no security group"),
        ("isAssignableToRole", json!(true), "directory roles"),
        ("onPremisesSyncEnabled", json!(true), "on-premises"),
    ];
    for (name, value, said) in quirks {
        let place = Kind::Entra.place(By::Secret).await;
        place.quirk(name, value);
        let wrong = place.wrong().await;
        assert!(wrong.len() == 1 && wrong[0].contains(said), "{name}: {wrong:?}");
    }
}

#[tokio::test]
async fn an_entra_group_fed_by_a_rule_refuses_additions_for_good_and_removals_until_it_is_mended() {
    let place = Kind::Entra.place(By::Secret).await;
    place.quirk("groupTypes", json!(["DynamicMembership"]));
    assert!(matches!(place.add(&ana()).await, Err(Fault::Permanent { .. })));
    place.meets(Operation::Remove, idp::Fault::Status(400));
    let ana = Member { id: MemberId::new("u-ana"), login: "ana@acme.example".to_owned() };
    assert!(matches!(place.remove(&ana).await, Err(Fault::Transient { .. })));
}

#[tokio::test]
async fn a_group_within_an_entra_group_is_seen_and_taken_out() {
    let place = Kind::Entra.place(By::Secret).await;
    let group = place.group(Level::Ro);
    place.twin.world().groups.get_mut(&group).unwrap().members.insert("9e0c-nested".to_owned());
    let members = place.look().await.groups[&Level::Ro].clone().unwrap();
    assert_eq!(members[0].login, "a nested group");
    place.remove(&members[0]).await.unwrap();
    assert!(place.twin.world().groups[&group].members.is_empty());
}

#[tokio::test]
async fn rights_with_which_the_bot_could_take_everything_are_found() {
    let place = Kind::Entra.place(By::Secret).await;
    place.twin.world().claims = json!({ "roles": ["Directory.ReadWrite.All"] });
    assert!(
        place.wrong().await.iter().any(|line| line.contains("`User.Read.All`")),
        "what lacks comes first"
    );
    let place = Kind::Keycloak.place(By::Secret).await;
    place.twin.world().claims =
        json!({ "resource_access": { "realm-management": { "roles": ["realm-admin"] } } });
    let wrong = place.wrong().await;
    assert!(wrong.len() == 1 && wrong[0].contains("`realm-admin`"), "{wrong:?}");
}

#[tokio::test]
async fn a_keycloak_client_keeps_all_else_that_it_has() {
    let place = Kind::Keycloak.place(By::Secret).await;
    let before = place.twin.world().app.clone();
    place.provider.activate(keycloak::APP).await.unwrap();
    let mut expected = before.clone();
    expected.insert("enabled".to_owned(), true.into());
    assert_eq!(place.twin.world().app, expected);
    place.provider.deactivate(keycloak::APP).await.unwrap();
    assert_eq!(place.twin.world().app, before);
}

#[tokio::test]
async fn a_keycloak_client_that_could_not_be_read_is_not_written() {
    let place = Kind::Keycloak.place(By::Secret).await;
    place.meets(Operation::ReadApp, idp::Fault::Hang);
    let fault = place.provider.deactivate(keycloak::APP).await.unwrap_err();
    assert!(matches!(fault, Fault::Transient { .. }), "nothing was sent that changes: {fault:?}");
    place.twin.world().app.insert("id".to_owned(), json!("another"));
    assert!(matches!(place.provider.deactivate(keycloak::APP).await, Err(Fault::Transient { .. })));
    assert_eq!(place.count(Operation::Deactivate), 0);
}

#[tokio::test]
async fn keycloak_groups_that_are_fed_or_inherited_are_found() {
    let place = Kind::Keycloak.place(By::Secret).await;
    place.quirk("subGroupCount", json!(2));
    let wrong = place.wrong().await;
    assert!(wrong.len() == 1 && wrong[0].contains("subgroups"), "{wrong:?}");

    let place = Kind::Keycloak.place(By::Secret).await;
    place.twin.world().groups.get_mut(&place.group(Level::Ops)).unwrap().default = true;
    let wrong = place.wrong().await;
    assert!(wrong.len() == 1 && wrong[0].contains("fed by a rule"), "{wrong:?}");
}

#[tokio::test]
async fn the_link_to_sign_in_is_the_providers_own() {
    let place = Kind::Keycloak.place(By::Secret).await;
    let link = place.provider.sign_in_link(keycloak::APP).await.unwrap().unwrap();
    assert_eq!(link, format!("{}/realms/acme/protocol/saml/clients/aws-emergency", place.twin.url()));
    let place = Kind::Entra.place(By::Secret).await;
    assert_eq!(place.provider.sign_in_link(entra::APP).await, Ok(None), "only the public cloud's is known");
}

#[tokio::test]
async fn metadata_that_is_none_is_not_taken_for_it() {
    for kind in Kind::BOTH {
        let place = kind.place(By::Secret).await;
        place.meets(Operation::Metadata, idp::Fault::Garbage);
        let fault = place.provider.metadata(kind.app()).await.unwrap_err();
        assert!(fault.what().contains("EntityDescriptor"), "{fault}");
    }
}
