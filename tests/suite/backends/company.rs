//! The company as AWS and Okta show it: groups and what feeds them, people read anew, who has what, and how fast it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use glasskey::access::anchors::{Anchors, Pair};
use glasskey::access::assignments::Assignments;
use glasskey::access::aws::{AwsClients, AwsSettings, CallLimits};
use glasskey::access::identity_center::{IdentityCenter, groups_from};
use glasskey::access::okta::OktaGroupsWanted;
use glasskey::access::people::StorePeople;
use glasskey::directory::read::{AwsDirectory, WithOkta};
use glasskey::ports::{Access, AssignmentList, DirectorySource, Fault, LivePeople, Urgency};
use glasskey_domain::directory::{Feed, Keeper};
use glasskey_domain::holding::Change;
use glasskey_domain::person::Employment;
use glasskey_domain::{AccountId, Directory, GroupId, PermissionSetArn, PersonId};
use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin, Call, Fault as Script, FaultKind, Outcome};
use glasskey_playground::company::{Company, OktaGroupKind};
use glasskey_playground::okta::{Fault as OktaScript, FaultKind as OktaKind};
use jiff::Timestamp;

use super::okta::Rig;
use super::{holding, settings};

/// What an ending may take beside a reading, on a machine that does other things too: a turn comes within a tenth of a second.
const ENDING_MAX: Duration = Duration::from_secs(2);

struct Acme {
    company: Company,
    aws: AwsClients,
    control: AwsControl,
    _twin: AwsTwin,
}

async fn acme() -> Acme {
    let company = Company::acme();
    let twin = AwsTwin::start(&company, AwsOptions::quick()).await.unwrap();
    let aws = AwsClients::connect(settings(&twin.url())).await.unwrap();
    Acme { company, aws, control: twin.control(), _twin: twin }
}

impl Acme {
    fn person(&self, handle: &str) -> PersonId {
        PersonId::new(self.company.person(handle).unwrap().identity_user_id.clone().unwrap())
    }

    fn group(&self, name: &str) -> GroupId {
        let found = self.company.groups.iter().find(|group| group.name == name);
        GroupId::new(found.unwrap().id.clone())
    }

    fn source(&self) -> Arc<dyn DirectorySource> {
        Arc::new(AwsDirectory::new(self.aws.clone()))
    }
}

async fn read(source: &dyn DirectorySource) -> Directory {
    source.read(Timestamp::UNIX_EPOCH).await.unwrap()
}

fn fed(directory: &Directory) -> BTreeMap<&str, Option<Feed>> {
    directory.groups.values().map(|group| (group.name.as_str(), group.fed_by.clone())).collect()
}

#[tokio::test]
async fn a_group_that_scim_feeds_is_told_apart_from_one_that_people_fill() {
    let acme = acme().await;
    let directory = read(&*acme.source()).await;
    let fed = fed(&directory);
    assert_eq!((&fed["payments-oncall"], &fed["all-engineers"]), (&None, &Some(Feed::Scim)));
}

fn with_okta(acme: &Acme, rig: &Rig, wanted: OktaGroupsWanted, last: Option<Directory>) -> WithOkta {
    let except = BTreeSet::from(["00gro".to_owned(), "00gops".to_owned()]);
    let last = last.map(Arc::new);
    WithOkta::new(acme.source(), rig.okta().clone(), wanted, except, Arc::new(move || last.clone()))
}

#[tokio::test]
async fn groups_of_okta_are_read_with_what_feeds_them_and_without_those_of_emergencies() {
    let (acme, rig) = (acme().await, Rig::with_service_app().await);
    assert!(rig.control().add_group("00gapp", "jira-users", OktaGroupKind::AppGroup));
    let directory = read(&with_okta(&acme, &rig, OktaGroupsWanted::All, None)).await;
    let fed = fed(&directory);
    assert_eq!(fed["oncall-okta"], None);
    assert_eq!(fed["engineering-okta"], Some(Feed::Rule { name: "everybody in engineering".to_owned() }));
    assert_eq!(fed["jira-users"], Some(Feed::App));
    assert!(fed.values().any(|feed| *feed == Some(Feed::BuiltIn)), "everybody");
    assert_eq!(fed["payments-oncall"], None, "AWS's are there too");
    assert_eq!(directory.groups[&GroupId::new("00goncall")].kept_in, Keeper::Okta);
    for emergency in ["00gro", "00gops"] {
        assert!(!directory.groups.contains_key(&GroupId::new(emergency)), "{emergency}");
    }
    let named = OktaGroupsWanted::Named(vec!["OnCall-Okta".to_owned(), "nobody".to_owned()]);
    let directory = read(&with_okta(&acme, &rig, named, None)).await;
    let of_okta = directory.groups.values().filter(|group| group.kept_in == Keeper::Okta);
    assert_eq!(of_okta.map(|group| group.name.as_str()).collect::<Vec<_>>(), ["oncall-okta"]);
}

#[tokio::test]
async fn when_okta_is_down_aws_is_read_all_the_same_and_its_groups_stay_which_is_told() {
    let (acme, rig) = (acme().await, Rig::with_service_app().await);
    let source = with_okta(&acme, &rig, OktaGroupsWanted::All, None);
    let before = read(&source).await;
    assert_eq!(*source.fault().borrow(), None);
    let last = before.clone();
    let source = with_okta(&acme, &rig, OktaGroupsWanted::All, Some(last));
    let down = OktaScript { operation: "*".to_owned(), times: u32::MAX, kind: OktaKind::Internal500 };
    rig.control().fault(down);
    assert!(acme.control.add_group("new-at-aws"));
    let after = read(&source).await;
    assert_eq!(after.groups.len(), before.groups.len() + 1);
    assert!(after.groups.contains_key(&GroupId::new("00goncall")));
    assert!(source.fault().borrow().is_some(), "it is told");
    let named = OktaGroupsWanted::Named(vec!["engineering-okta".to_owned()]);
    let fewer = read(&with_okta(&acme, &rig, named, Some(before.clone()))).await;
    assert!(
        !fewer.groups.contains_key(&GroupId::new("00goncall")),
        "what is not wanted any more does not stay"
    );
    rig.control().clear_faults();
    read(&source).await;
    assert_eq!(*source.fault().borrow(), None);
}

/// P1: what the provider says now stands above what was read.
#[tokio::test]
async fn a_person_is_read_anew_with_the_groups_that_count() {
    let acme = acme().await;
    let people = StorePeople::new(acme.aws.clone());
    let (bo, leads, oncall) = (acme.person("bo"), acme.group("sre-leads"), acme.group("payments-oncall"));
    let groups = [leads.clone(), oncall.clone()];
    let now = people.read(&bo, &groups).await.unwrap();
    assert_eq!((now.employment, now.lost), (Employment::Enabled, vec![oncall.clone()]));
    assert!(acme.control.delete_group("payments-oncall"));
    let now = people.read(&bo, &groups).await.unwrap();
    assert_eq!(now.lost, [oncall], "a group that is gone is lost, and the other is not");
    assert!(acme.control.set_user_enabled("bo", false));
    assert_eq!(people.read(&bo, &[]).await.unwrap().employment, Employment::Disabled);
    assert!(acme.control.delete_user("bo"));
    let now = people.read(&bo, std::slice::from_ref(&leads)).await.unwrap();
    assert_eq!((now.employment, now.lost), (Employment::Disabled, vec![leads]));
    acme.control.fault(Script::once("DescribeUser", FaultKind::Internal500));
    let fault = people.read(&bo, &[]).await.unwrap_err();
    assert!(matches!(fault, Fault::Transient { .. }), "could not ask is not gone: {fault:?}");
}

/// pitfall 18, 20 and 21: users alone, in all accounts, or nothing.
#[tokio::test]
async fn everybody_who_has_a_permission_set_is_listed_or_nobody() {
    let acme = acme().await;
    acme.control.set_options(|options| (options.page_rows_max, options.empty_pages) = (1, true));
    let set = PermissionSetArn::new(acme.company.permission_set("ReadOnly").unwrap().arn.clone());
    for (who, account) in [("ana", "payments-prod"), ("bo", "payments-prod"), ("bo", "data-prod")] {
        assert!(acme.control.add_by_hand(who, account, "ReadOnly"));
    }
    let list = Assignments::new(acme.aws.clone());
    let seen: BTreeSet<_> = list.list(&set).await.unwrap().into_iter().collect();
    let held = |who: &str, account: &str| {
        let account = AccountId::parse(&acme.company.account(account).unwrap().id).unwrap();
        holding(&acme.person(who), &account, &set)
    };
    let expected =
        [("cy", "data-prod"), ("ana", "payments-prod"), ("bo", "payments-prod"), ("bo", "data-prod")];
    assert_eq!(seen, expected.iter().map(|(who, account)| held(who, account)).collect());
    acme.control
        .fault(Script { times: u32::MAX, ..Script::once("ListAccountAssignments", FaultKind::AccessDenied) });
    assert!(list.list(&set).await.is_err(), "part of a list is none");
}

/// Rule E: an empty group keeps the role; the assignments of others are not its business.
#[tokio::test]
async fn an_anchor_is_made_found_and_removed_and_nobody_else_is_touched() {
    let acme = acme().await;
    let anchors = Anchors::new(acme.aws.clone());
    let group = anchors.make_group("glasskey-anchor").await.unwrap();
    let again = anchors.make_group("glasskey-anchor").await;
    assert!(again.is_err(), "a name is taken once: {again:?}");
    let set = PermissionSetArn::new(acme.company.permission_set("ReadOnly").unwrap().arn.clone());
    let account = AccountId::parse(&acme.company.account("payments-prod").unwrap().id).unwrap();
    let pair = Pair { account, permission_set: set.clone() };
    let before = acme.control.assignments().len();
    anchors.change(Change::Create, &group, &pair).await.unwrap();
    let held = || anchors.held(&group, std::iter::once(&set));
    assert_eq!(held().await.unwrap(), BTreeSet::from([pair.clone()]), "and not what others have");
    assert_eq!(acme.control.assignments().len(), before + 1);
    let list = Assignments::new(acme.aws.clone());
    let users = list.list(&set).await.unwrap();
    assert!(users.iter().all(|held| held.principal.as_str() != group.as_str()), "an anchor is no drift");
    anchors.change(Change::Delete, &group, &pair).await.unwrap();
    assert_eq!(held().await.unwrap(), BTreeSet::new());
    assert_eq!(acme.control.assignments().len(), before);
    anchors.change(Change::Delete, &group, &pair).await.unwrap();
    acme.control
        .fault(Script::once("CreateAccountAssignment", FaultKind::FailAsync("too many roles".to_owned())));
    let fault = anchors.change(Change::Create, &group, &pair).await.unwrap_err();
    assert!(fault.what().contains("too many roles"), "{fault}");
}

/// 5,000 people, 500 groups, 5,000 memberships, 1,000 accounts: how many calls, and so how long within ten a second.
#[tokio::test]
async fn a_large_company_is_read_in_fewer_calls_than_five_minutes_have_room_for() {
    let company = Company::large(5_000, 500, 1, 1_000, 100);
    let twin = AwsTwin::start(&company, AwsOptions::quick()).await.unwrap();
    let aws = AwsClients::connect(settings(&twin.url())).await.unwrap();
    twin.control().forget_calls();
    let directory = read(&AwsDirectory::new(aws)).await;
    assert_eq!(
        (directory.people.len(), directory.groups.len(), directory.accounts.len()),
        (5_000, 500, 1_000)
    );
    assert_eq!(directory.memberships.values().map(BTreeSet::len).sum::<usize>(), 5_000);
    let calls = twin.control().calls().len();
    assert!(calls < 1_000, "{calls} calls take {} s at ten a second", calls / 10);
}

/// The budget with ranks: a reading has ten calls a second of all APIs together, and an end goes before all of them.
#[tokio::test]
async fn a_reading_keeps_to_ten_calls_a_second_and_an_ending_waits_for_none_of_it() {
    let company = Company::large(300, 20, 1, 30, 60);
    let twin = AwsTwin::start(&company, AwsOptions::default()).await.unwrap();
    let limits = CallLimits::published();
    let aws = AwsClients::connect(AwsSettings { limits, ..settings(&twin.url()) }).await.unwrap();
    let center = IdentityCenter::connect(aws.clone(), groups_from(|_| None)).await.unwrap();
    let control = twin.control();
    control.forget_calls();
    let reading = tokio::spawn(async move { AwsDirectory::new(aws).read(Timestamp::UNIX_EPOCH).await });
    let mut told = control.subscribe();
    while control.calls().len() < 30 {
        told.changed().await.unwrap();
    }
    let person = PersonId::new(company.people[0].identity_user_id.clone().unwrap());
    let account = AccountId::parse(&company.accounts[5].id).unwrap();
    let set = PermissionSetArn::new(company.permission_sets[0].arn.clone());
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let began = Instant::now();
        let ended = center.start(&holding(&person, &account, &set), Change::Delete, Urgency::Ending).await;
        assert!(ended.is_ok(), "{ended:?}");
        slowest = slowest.max(began.elapsed());
    }
    assert!(!reading.is_finished(), "the endings were made in the middle of it");
    assert!(slowest < ENDING_MAX, "an ending waited {slowest:?}");
    let directory = reading.await.unwrap().unwrap();
    assert_eq!(directory.people.len(), 300);
    let calls = control.calls();
    let throttled = |call: &&Call| matches!(&call.outcome, Outcome::Refused(code) if code.contains("Thrott") || code.contains("TooMany"));
    assert_eq!(calls.iter().filter(throttled).count(), 0, "nobody was throttled");
    let mut times: Vec<f64> = calls
        .iter()
        .filter(|call| call.operation != "DeleteAccountAssignment")
        .map(|call| call.seconds)
        .collect();
    times.sort_by(f64::total_cmp);
    // Ten leave in any second; on a busy machine some are late and arrive close to the next.
    let busiest =
        times.iter().map(|from| times.iter().filter(|at| (*from..from + 1.0).contains(at)).count()).max();
    assert!(busiest.unwrap() <= 16, "{busiest:?} calls in one second");
    let (first, last) = (times[0], times[times.len() - 1]);
    let rate = (times.len() as f64) / (last - first);
    assert!(rate <= 11.0, "{rate} calls a second over the whole reading");
}
