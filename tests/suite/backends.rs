//! Back ends: one contract, kept by every stand-in for AWS that we can get: moto's server, which we did not write, and our
//! twin, which also does what moto is too kind for.

mod company;
mod contract;
mod identity_provider;
mod idps;
mod memberships;
mod moto;
pub(super) mod okta;
mod sessions;
mod sign_in;
mod twin;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_credential_types::Credentials;
use glasskey::access::aws::{AwsClients, AwsSettings, CallLimits, Timeouts};
use glasskey::access::identity_center::{IdentityCenter, groups_from};
use glasskey_domain::{AccountId, Holding, PermissionSetArn, PersonId, Seconds, Target};

/// A stand-in for AWS, and what is known to be in it.
struct StandIn {
    settings: AwsSettings,
    /// Somebody who has nothing anywhere.
    person: PersonId,
    /// An account in which nobody has anything.
    account: AccountId,
    /// A permission set.
    permission_set: PermissionSetArn,
    company: Company,
}

/// A company, by the names of things.
#[derive(Debug, Default, PartialEq, Eq)]
struct Company {
    /// The groups of each person, by user name.
    people: BTreeMap<String, BTreeSet<String>>,
    /// The units above each account, nearest first, by the name of the account.
    accounts: BTreeMap<String, Vec<String>>,
    /// The session duration of each permission set.
    permission_sets: BTreeMap<String, Seconds>,
}

impl StandIn {
    async fn connect(&self) -> (AwsClients, IdentityCenter) {
        let aws = AwsClients::connect(self.settings.clone()).await.unwrap();
        let center = IdentityCenter::connect(aws.clone(), groups_from(|_| None)).await.unwrap();
        (aws, center)
    }

    fn holding(&self) -> Holding {
        holding(&self.person, &self.account, &self.permission_set)
    }
}

fn holding(person: &PersonId, account: &AccountId, permission_set: &PermissionSetArn) -> Holding {
    let target = Target::Assignment { account: account.clone(), permission_set: permission_set.clone() };
    Holding { principal: person.clone(), target }
}

/// Settings for a stand-in on loopback: its own limits are lifted, and it answers at once or never.
fn settings(url: &str) -> AwsSettings {
    AwsSettings {
        endpoint_url: Some(url.to_owned()),
        credentials: Some(Credentials::new("AKIDLOOPBACK", "not-a-secret", None, None, "test")),
        timeouts: Timeouts {
            connect: Duration::from_secs(1),
            attempt: Duration::from_millis(1500),
            operation: Duration::from_secs(2),
        },
        limits: CallLimits::lifted(),
        ..AwsSettings::in_region("us-east-1")
    }
}
