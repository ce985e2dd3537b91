//! Acme, the company of the demo and of most tests. Names and ids only; change one and look for it in the stories.

use std::collections::BTreeSet;

use super::{
    Account, AccountState, Company, Group, OktaGroup, OktaGroupKind, OktaOrg, OktaRule, OrganizationalUnit,
    PermissionSet, Person, ServiceControlPolicy,
};

/// Handle, name, e-mail, role, time zone, Slack id, Discord id, Identity Store id.
type PersonRow = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

const PEOPLE: [PersonRow; 5] = [
    (
        "ana",
        "Ana Ferreira",
        "ana@acme.example",
        "engineer, payments",
        "Europe/Lisbon",
        "U0ANA",
        "1290000000000001001",
        Some("b4c8a4e8-2071-70a1-c0de-5a1f0e6b9d01"),
    ),
    (
        "bo",
        "Bo Lindqvist",
        "bo@acme.example",
        "approver, SRE lead",
        "Europe/Stockholm",
        "U0BO",
        "1290000000000001002",
        Some("b4c8a4e8-4092-7053-9b1e-77d20c4ae802"),
    ),
    (
        "cy",
        "Cy Okafor",
        "cy@acme.example",
        "engineer, data platform",
        "Africa/Lagos",
        "U0CY",
        "1290000000000001003",
        Some("b4c8a4e8-70f1-70d6-8a2c-13be94f05c03"),
    ),
    (
        "dee",
        "Dee Marsh",
        "dee@acme.example",
        "incident commander",
        "America/New_York",
        "U0DEE",
        "1290000000000001004",
        Some("b4c8a4e8-90c3-7018-b6d4-e02a5f719304"),
    ),
    (
        "eve",
        "Eve Novak",
        "eve@partner.example",
        "guest from a partner",
        "Europe/Prague",
        "U0EVE",
        "1290000000000001005",
        None,
    ),
];

/// Name, id, handles of the members, and whether the identity provider pushes it by SCIM.
///
/// `payments-oncall` has nobody in it: people ask for being in it.
const GROUPS: [(&str, &str, &[&str], bool); 8] = [
    ("payments-engineers", "64f8c4d8-1011-70b2-5e31-0d4c8a6b2f11", &["ana"], false),
    ("sre-leads", "64f8c4d8-2022-7044-a3f0-9c1b7e5d4a22", &["bo"], false),
    ("platform", "64f8c4d8-3033-70c7-8d12-b5e6f0a19c33", &["cy"], false),
    ("security", "64f8c4d8-4044-7061-9e47-2a8d3c0b7f44", &["dee"], false),
    ("incident-commanders", "64f8c4d8-5055-70e9-b8a6-4f7c1d2e0b55", &["dee"], false),
    ("sre-managers", "64f8c4d8-6066-7012-a7d4-61f0c3b98e66", &["dee"], false),
    ("payments-oncall", "64f8c4d8-7077-705d-86b9-d27a40e15c77", &[], false),
    ("all-engineers", "64f8c4d8-8088-70ae-9f35-08e6b7c2d488", &["ana", "bo", "cy"], true),
];

type OktaRow = (&'static str, &'static str, Option<(&'static str, &'static [&'static str])>);

/// The groups of Okta beside those for emergencies: id, name, and whom a rule of this name brings in.
const OKTA_GROUPS: [OktaRow; 2] = [
    ("00goncall", "oncall-okta", None),
    ("00gengineering", "engineering-okta", Some(("everybody in engineering", &["ana", "cy"]))),
];

/// The policy that ends sessions early: it denies everything to nobody, until somebody is written into it.
const ENDED_SESSIONS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"GlasskeyEndedSessions","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":["nobody"]}}}]}"#;

/// Name, id, parent.
const UNITS: [(&str, &str, &str); 6] = [
    ("Workloads", "ou-ac3e-workload", "r-ac3e"),
    ("Sandbox", "ou-ac3e-sandbox1", "r-ac3e"),
    ("Security", "ou-ac3e-security", "r-ac3e"),
    ("Prod", "ou-ac3e-wlprod01", "ou-ac3e-workload"),
    ("Staging", "ou-ac3e-wlstag01", "ou-ac3e-workload"),
    ("Teams", "ou-ac3e-sbteams1", "ou-ac3e-sandbox1"),
];

/// Id, name, parent, state.
const ACCOUNTS: [(&str, &str, &str, AccountState); 9] = [
    ("111111111111", "acme-management", "r-ac3e", AccountState::Active),
    ("222222222222", "acme-identity", "ou-ac3e-security", AccountState::Active),
    ("333333333333", "payments-prod", "ou-ac3e-wlprod01", AccountState::Active),
    ("444444444444", "payments-staging", "ou-ac3e-wlstag01", AccountState::Active),
    ("555555555555", "data-prod", "ou-ac3e-wlprod01", AccountState::Active),
    ("666666666666", "data-staging", "ou-ac3e-wlstag01", AccountState::Active),
    ("777777777777", "sandbox-ana", "ou-ac3e-sbteams1", AccountState::Active),
    ("888888888888", "sandbox-cy", "ou-ac3e-sbteams1", AccountState::Active),
    ("999999999999", "legacy-billing", "ou-ac3e-workload", AccountState::Suspended),
];

/// Name, last part of the ARN, session duration, description.
const PERMISSION_SETS: [(&str, &str, &str, &str); 4] = [
    ("ReadOnly", "ps-4a1b2c3d4e5f6071", "PT1H", "Look, change nothing"),
    ("PowerUser", "ps-5b2c3d4e5f607182", "PT4H", "Everything but IAM"),
    ("Admin", "ps-6c3d4e5f60718293", "PT1H", "Everything"),
    ("Billing", "ps-7d4e5f6071829304", "PT8H", "Invoices and cost reports"),
];

/// Emergencies enter through security's own account: no workload runs in it.
const EMERGENCY_ACCOUNT: &str = "222222222222";

const INSTANCE: &str = "ssoins-72234a9b1c5d6e7f";

impl Company {
    /// The company of the demo: Ana asks, Bo approves, Cy is of another team, Dee commands incidents, Eve is a guest.
    #[must_use]
    pub fn acme() -> Self {
        let people: Vec<Person> = PEOPLE.iter().map(person).collect();
        let bare = Self {
            slack_team_id: "T0ACME".into(),
            slack_team_name: "Acme".into(),
            discord_guild_id: "1290000000000000001".into(),
            organization_id: "o-acme000001".into(),
            root_id: "r-ac3e".into(),
            management_account: "111111111111".into(),
            delegated_account: "222222222222".into(),
            instance_arn: format!("arn:aws:sso:::instance/{INSTANCE}"),
            identity_store_id: "d-9067642ac7".into(),
            okta: okta(&people),
            people,
            groups: Vec::new(),
            organizational_units: UNITS
                .iter()
                .map(|(name, id, parent)| OrganizationalUnit {
                    id: (*id).into(),
                    name: (*name).into(),
                    parent: (*parent).into(),
                })
                .collect(),
            accounts: ACCOUNTS
                .iter()
                .map(|(id, name, parent, state)| Account {
                    id: (*id).into(),
                    name: (*name).into(),
                    parent: (*parent).into(),
                    state: *state,
                })
                .collect(),
            permission_sets: PERMISSION_SETS
                .iter()
                .map(|(name, id, duration, description)| PermissionSet {
                    arn: format!("arn:aws:sso:::permissionSet/{INSTANCE}/{id}"),
                    name: (*name).into(),
                    description: (*description).into(),
                    session_duration: (*duration).into(),
                })
                .collect(),
            assignments: Vec::new(),
            service_control_policies: vec![ServiceControlPolicy {
                id: "p-glasskey1".into(),
                name: "glasskey-ended-sessions".into(),
                content: ENDED_SESSIONS.into(),
                targets: BTreeSet::from(["r-ac3e".to_owned()]),
            }],
        };
        let groups = GROUPS.iter().map(|row| group(&bare, row)).collect();
        Self { groups, ..bare }.with_standing("cy", "data-prod", "ReadOnly").with_standing(
            "payments-engineers",
            "payments-staging",
            "ReadOnly",
        )
    }
}

fn person(row: &PersonRow) -> Person {
    let (handle, name, email, role, time_zone, slack, discord, identity) = *row;
    Person {
        handle: handle.into(),
        name: name.into(),
        email: email.into(),
        role: role.into(),
        time_zone: time_zone.into(),
        slack_user_id: slack.into(),
        slack_guest: identity.is_none(),
        discord_user_id: discord.into(),
        identity_user_id: identity.map(Into::into),
        enabled: true,
        okta_user_id: identity.map(|_| format!("00u{handle}")),
    }
}

fn group(company: &Company, row: &(&str, &str, &[&str], bool)) -> Group {
    let (name, id, handles, by_scim) = *row;
    let members: BTreeSet<String> =
        handles.iter().filter_map(|h| company.person(h)?.identity_user_id.clone()).collect();
    Group { id: id.into(), name: name.into(), members, external_id: by_scim.then(|| format!("00g{name}")) }
}

fn okta(people: &[Person]) -> OktaOrg {
    let mut org = OktaOrg::with_emergency_access(people, EMERGENCY_ACCOUNT);
    let id_of = |handle: &&str| people.iter().find(|p| p.handle == *handle)?.okta_user_id.clone();
    for (id, name, rule) in OKTA_GROUPS {
        let kind = OktaGroupKind::OktaGroup;
        org.groups.push(OktaGroup { id: id.into(), name: name.into(), kind, members: BTreeSet::new() });
        org.rules.extend(rule.map(|(rule, handles)| OktaRule {
            name: rule.into(),
            group: id.into(),
            users: handles.iter().filter_map(id_of).collect(),
        }));
    }
    org
}
