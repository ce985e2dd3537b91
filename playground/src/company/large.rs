//! A company of any size, for load tests: names follow a pattern and nothing is random, so that runs compare.

use super::{Account, AccountState, Company, Group, OktaOrg, OrganizationalUnit, PermissionSet, Person};

/// OUs are nested this deep, which is the most AWS Organizations allows under a root.
const LEVELS: usize = 5;

/// OUs on every level; wide enough that an OU read needs several pages.
const UNITS_PER_LEVEL: usize = 8;

impl Company {
    /// A company with exactly these sizes; everybody is a member of `memberships_each` groups (no more than there are).
    ///
    /// People are `person-0` …, groups `group-0` …, accounts `account-0` … (the first is the management account, the
    /// second the delegated administrator; at least two are made), permission sets `PermissionSet0` …. Nothing is assigned.
    #[must_use]
    pub fn large(
        people: usize,
        groups: usize,
        memberships_each: usize,
        accounts: usize,
        permission_sets: usize,
    ) -> Self {
        let acme = Self::acme();
        let instance = acme.instance_arn.rsplit('/').next().unwrap_or_default().to_owned();
        let accounts: Vec<Account> = (0..accounts.max(2)).map(account).collect();
        let people: Vec<Person> = (0..people).map(person).collect();
        let mut company = Self {
            management_account: account_id(0),
            delegated_account: account_id(1),
            okta: OktaOrg::with_emergency_access(&people, &account_id(1)),
            people,
            groups: (0..groups).map(group).collect(),
            organizational_units: (0..LEVELS * UNITS_PER_LEVEL).map(unit).collect(),
            accounts,
            permission_sets: (0..permission_sets).map(|n| permission_set(&instance, n)).collect(),
            assignments: Vec::new(),
            ..acme
        };
        for n in 0..company.people.len() {
            for offset in 0..memberships_each.min(groups) {
                // A stride of one keeps the groups distinct for one person and even over all.
                if let Some(group) = company.groups.get_mut((n + offset) % groups) {
                    group.members.insert(user_id(n));
                }
            }
        }
        company
    }
}

fn user_id(n: usize) -> String {
    format!("b4c8a4e8-{:04x}-7{:03x}-8000-{n:012x}", n % 0xffff, n % 0xfff)
}

fn account_id(n: usize) -> String {
    format!("{:012}", 100_000_000_000_usize + n)
}

fn person(n: usize) -> Person {
    Person {
        handle: format!("person-{n}"),
        name: format!("Person {n}"),
        email: format!("person-{n}@acme.example"),
        role: "engineer".into(),
        time_zone: "Etc/UTC".into(),
        slack_user_id: format!("U0P{n:06}"),
        slack_guest: false,
        discord_user_id: (1_290_000_000_001_000_000_u64 + n as u64).to_string(),
        identity_user_id: Some(user_id(n)),
        enabled: true,
        okta_user_id: Some(format!("00up{n:016}")),
    }
}

fn group(n: usize) -> Group {
    Group {
        id: format!("64f8c4d8-{:04x}-70b2-9000-{n:012x}", n % 0xffff),
        name: format!("group-{n}"),
        members: Default::default(),
        external_id: None,
    }
}

fn unit_id(n: usize) -> String {
    format!("ou-ac3e-{n:08}")
}

fn unit(n: usize) -> OrganizationalUnit {
    let parent = n.checked_sub(UNITS_PER_LEVEL).map_or_else(|| "r-ac3e".into(), unit_id);
    OrganizationalUnit { id: unit_id(n), name: format!("Unit{n}"), parent }
}

fn account(n: usize) -> Account {
    let parent = if n == 0 { "r-ac3e".into() } else { unit_id(n % (LEVELS * UNITS_PER_LEVEL)) };
    Account { id: account_id(n), name: format!("account-{n}"), parent, state: AccountState::Active }
}

fn permission_set(instance: &str, n: usize) -> PermissionSet {
    PermissionSet {
        arn: format!("arn:aws:sso:::permissionSet/{instance}/ps-{n:016x}"),
        name: format!("PermissionSet{n}"),
        description: format!("Permission set {n}"),
        session_duration: "PT1H".into(),
    }
}
