//! What moto's server has to keep: it shows that we speak AWS's wire.

use std::collections::{BTreeMap, BTreeSet};

use aws_credential_types::Credentials;
use aws_sdk_identitystore::types::{Email, MemberId};
use glasskey_domain::{AccountId, PermissionSetArn, PersonId, Seconds};

use super::contract;
use super::{Company, StandIn, settings};
use crate::moto::Moto;

/// More than a page of a hundred.
const PEOPLE: usize = 104;
/// More than a page of twenty.
const ACCOUNTS: usize = 23;

/// A company with more people and accounts than a page holds, made through AWS's own API.
async fn company(moto: &Moto) -> StandIn {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region("us-east-1")
        .endpoint_url(&moto.url)
        .credentials_provider(Credentials::new("AKIDLOOPBACK", "not-a-secret", None, None, "test"))
        .load()
        .await;
    let mut company = Company::default();
    let sso = aws_sdk_ssoadmin::Client::new(&config);
    let instances = sso.list_instances().send().await.unwrap();
    let instance = instances.instances()[0].clone();
    let permission_set = permission_sets(&sso, instance.instance_arn().unwrap(), &mut company).await;
    let store = aws_sdk_identitystore::Client::new(&config);
    let person = people(&store, instance.identity_store_id().unwrap(), &mut company).await;
    let account = accounts(&aws_sdk_organizations::Client::new(&config), &mut company).await;
    StandIn { settings: settings(&moto.url), person, account, permission_set, company }
}

async fn permission_sets(
    sso: &aws_sdk_ssoadmin::Client,
    instance: &str,
    company: &mut Company,
) -> PermissionSetArn {
    let mut last = String::new();
    for (name, session, seconds) in
        [("ReadOnly", "PT1H", 3600), ("PowerUser", "PT4H30M", 16_200), ("Admin", "PT12H", 43_200)]
    {
        let request = sso.create_permission_set().instance_arn(instance).name(name);
        let made = request.session_duration(session).send().await.unwrap();
        last = made.permission_set().unwrap().permission_set_arn().unwrap().to_owned();
        company.permission_sets.insert(name.to_owned(), Seconds(seconds));
    }
    PermissionSetArn::new(last)
}

async fn people(store: &aws_sdk_identitystore::Client, id: &str, company: &mut Company) -> PersonId {
    let mut groups = BTreeMap::new();
    for name in ["engineers", "leads", "nobody"] {
        let made = store.create_group().identity_store_id(id).display_name(name).send().await.unwrap();
        groups.insert(name, made.group_id);
    }
    let mut last = String::new();
    for n in 0..PEOPLE {
        let name = format!("person-{n}");
        let email = Email::builder().value(format!("Person-{n}@acme.example")).primary(true).build();
        let user = store.create_user().identity_store_id(id).user_name(&name).display_name(&name);
        let names = aws_sdk_identitystore::types::Name::builder().given_name("P").family_name(&name).build();
        last = user.name(names).emails(email).send().await.unwrap().user_id;
        // All are engineers, more than a page of a group; every tenth leads.
        let of: Vec<&str> = if n % 10 == 0 { vec!["engineers", "leads"] } else { vec!["engineers"] };
        for group in &of {
            let member = MemberId::UserId(last.clone());
            let request = store.create_group_membership().identity_store_id(id).member_id(member);
            request.group_id(&groups[group]).send().await.unwrap();
        }
        company.people.insert(name, of.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
    }
    PersonId::new(last)
}

async fn accounts(organizations: &aws_sdk_organizations::Client, company: &mut Company) -> AccountId {
    organizations.create_organization().send().await.unwrap();
    let roots = organizations.list_roots().send().await.unwrap();
    let root = roots.roots()[0].id().unwrap().to_owned();
    let workloads = unit(organizations, &root, "Workloads").await;
    let prod = unit(organizations, &workloads, "Prod").await;
    company.accounts.insert("master".to_owned(), vec!["Root".to_owned()]);
    let mut last = String::new();
    for n in 0..ACCOUNTS {
        let name = format!("account-{n}");
        let request = organizations.create_account().account_name(&name);
        let made = request.email(format!("{name}@acme.example")).send().await.unwrap();
        last = made.create_account_status().unwrap().account_id().unwrap().to_owned();
        let request = organizations.move_account().account_id(&last).source_parent_id(&root);
        request.destination_parent_id(&prod).send().await.unwrap();
        company.accounts.insert(name, ["Prod", "Workloads", "Root"].map(str::to_owned).to_vec());
    }
    AccountId::parse(&last).unwrap()
}

async fn unit(organizations: &aws_sdk_organizations::Client, parent: &str, name: &str) -> String {
    let request = organizations.create_organizational_unit().parent_id(parent).name(name);
    let made = request.send().await.unwrap();
    made.organizational_unit().unwrap().id().unwrap().to_owned()
}

/// pitfall 18: more people, members and accounts than a page holds.
#[tokio::test]
async fn motos_server_keeps_the_contract() {
    let moto = Moto::start().await;
    contract::keeps(&company(&moto).await).await;
}
