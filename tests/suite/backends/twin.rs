//! Our own twin of AWS: the contract, and what AWS does when it hurts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use glasskey::access::aws::{AwsClients, AwsSettings, CallLimits};
use glasskey::access::identity_center::{Found, IdentityCenter, Sight, groups_from};
use glasskey::access::operation::Op;
use glasskey::directory::read::AwsDirectory;
use glasskey::ports::{Access, DirectorySource, Fault, Progress, Seen, Started, Urgency};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{AccountId, GroupId, Holding, PermissionSetArn, PersonId, Seconds};
use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin, Fault as Script, FaultKind, Outcome};
use glasskey_playground::company::Company as Acme;
use jiff::{SignedDuration, Timestamp};

use super::contract::{self, NOTHING, change, names};
use super::{Company, StandIn, holding, settings};

/// How long the twin may take for what takes no time.
const SOON: Duration = Duration::from_secs(5);

fn person(company: &Acme, handle: &str) -> PersonId {
    PersonId::new(company.person(handle).unwrap().identity_user_id.clone().unwrap())
}

fn set(company: &Acme, name: &str) -> PermissionSetArn {
    PermissionSetArn::new(company.permission_set(name).unwrap().arn.clone())
}

/// The company as the directory should show it.
fn expected(company: &Acme) -> Company {
    let groups = |id: &str| {
        let of = company.groups.iter().filter(|group| group.members.contains(id));
        of.map(|group| group.name.clone()).collect::<BTreeSet<_>>()
    };
    let people =
        company.people.iter().filter_map(|p| Some((p.handle.clone(), groups(p.identity_user_id.as_ref()?))));
    let accounts = company.accounts.iter().map(|account| {
        let mut path = company.ou_path(&account.id);
        path.reverse();
        path.push("Root".to_owned());
        (account.name.clone(), path)
    });
    let sets = company.permission_sets.iter().map(|set| {
        let session: SignedDuration = set.session_duration.parse().unwrap();
        (set.name.clone(), Seconds(u32::try_from(session.as_secs()).unwrap()))
    });
    Company { people: people.collect(), accounts: accounts.collect(), permission_sets: sets.collect() }
}

fn stand_in(twin: &AwsTwin, company: &Acme, handle: &str, account: &str, name: &str) -> StandIn {
    StandIn {
        settings: settings(&twin.url()),
        person: person(company, handle),
        account: AccountId::parse(&company.account(account).unwrap().id).unwrap(),
        permission_set: set(company, name),
        company: expected(company),
    }
}

/// Acme on a twin, with Ana who wants to read in production.
struct Town {
    acme: Acme,
    control: AwsControl,
    ana: Holding,
    center: IdentityCenter,
    aws: AwsClients,
    _twin: AwsTwin,
}

async fn town_with(options: AwsOptions) -> Town {
    let acme = Acme::acme();
    let twin = AwsTwin::start(&acme, options).await.unwrap();
    let place = stand_in(&twin, &acme, "ana", "payments-prod", "ReadOnly");
    let (aws, center) = place.connect().await;
    let control = twin.control();
    control.forget_calls();
    Town { ana: place.holding(), control, center, aws, acme, _twin: twin }
}

async fn town() -> Town {
    town_with(AwsOptions::quick()).await
}

impl Town {
    fn meets(&self, operation: &str, kind: FaultKind) {
        self.control.fault(Script::once(operation, kind));
    }

    fn held(&self, handle: &str, account: &str, name: &str) -> Holding {
        let account = AccountId::parse(&self.acme.account(account).unwrap().id).unwrap();
        holding(&person(&self.acme, handle), &account, &set(&self.acme, name))
    }

    async fn create(&self) -> Result<Started, Fault> {
        self.center.start(&self.ana, Change::Create, Urgency::Granting).await
    }

    async fn look(&self, holding: &Holding) -> Result<Seen, Fault> {
        self.center.look(holding, Urgency::Background).await
    }
}

fn transient<T: std::fmt::Debug>(answer: Result<T, Fault>) -> String {
    match answer {
        Err(Fault::Transient { what, .. }) => what,
        other => panic!("not transient: {other:?}"),
    }
}

fn lost<T: std::fmt::Debug>(answer: Result<T, Fault>) -> String {
    match answer {
        Err(Fault::Lost { what }) => what,
        other => panic!("not lost: {other:?}"),
    }
}

fn refused(answer: Result<Started, Fault>) -> String {
    match answer {
        Ok(Started::Refused { why }) => why,
        other => panic!("not refused: {other:?}"),
    }
}

/// pitfall 18: pages of two, and an empty one before each.
#[tokio::test]
async fn the_twin_keeps_the_contract_with_small_and_empty_pages() {
    let acme = Acme::acme();
    let options = AwsOptions { page_rows_max: 2, empty_pages: true, ..AwsOptions::quick() };
    let twin = AwsTwin::start(&acme, options).await.unwrap();
    contract::keeps(&stand_in(&twin, &acme, "ana", "payments-prod", "ReadOnly")).await;
}

#[tokio::test]
async fn the_twin_keeps_the_contract_at_the_pace_of_aws() {
    let acme = Acme::acme();
    let options = AwsOptions { operation_delay: Duration::from_millis(400), ..AwsOptions::default() };
    let twin = AwsTwin::start(&acme, options).await.unwrap();
    let limits = CallLimits::published();
    let place = stand_in(&twin, &acme, "ana", "payments-prod", "ReadOnly");
    contract::keeps(&StandIn { settings: AwsSettings { limits, ..place.settings }, ..place }).await;
}

/// pitfall 18: everything there is more than one page of.
#[tokio::test]
async fn a_reading_within_the_published_limits_is_whole_and_never_throttled() {
    let company = Acme::large(150, 25, 5, 45, 20);
    let twin = AwsTwin::start(&company, AwsOptions::default()).await.unwrap();
    // The twin has no limit of Organizations, as AWS publishes none: ours would only make the test slow.
    let unlimited = CallLimits::lifted().organizations;
    let limits = CallLimits { organizations: unlimited, ..CallLimits::published() };
    let settings = AwsSettings { limits, ..settings(&twin.url()) };
    let aws = AwsClients::connect(settings).await.unwrap();
    let directory = AwsDirectory::new(aws).read(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(names(&directory), expected(&company));
    let refused: Vec<_> =
        twin.control().calls().into_iter().filter(|call| call.outcome != Outcome::Answered).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[tokio::test]
async fn two_readings_at_once_are_one() {
    let town = town().await;
    let directory = AwsDirectory::new(town.aws.clone());
    let (one, other) =
        tokio::join!(directory.read(Timestamp::UNIX_EPOCH), directory.read(Timestamp::UNIX_EPOCH));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(town.control.count("ListUsers"), 1);
    directory.read(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(town.control.count("ListUsers"), 2, "and the next one reads anew");
}

/// P9: half a company is not a company.
#[tokio::test]
async fn a_page_that_stays_unreadable_fails_the_reading_and_names_the_call() {
    let town = town().await;
    let directory = AwsDirectory::new(town.aws.clone());
    for operation in ["ListGroupMemberships", "ListAccountsForParent", "DescribePermissionSet"] {
        let script =
            Script { operation: operation.to_owned(), times: u32::MAX, kind: FaultKind::AccessDenied };
        town.control.fault(script);
        let fault = directory.read(Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert!(matches!(&fault, Fault::Permanent { what } if what.contains(operation)), "{fault:?}");
        town.control.clear_faults();
    }
}

#[tokio::test]
async fn a_page_that_fails_in_passing_is_read_again() {
    let town = town().await;
    for kind in [
        FaultKind::Internal500,
        FaultKind::Throttle,
        FaultKind::GarbageBody,
        FaultKind::AcceptThenDropConnection,
    ] {
        town.meets("ListUsers", kind);
    }
    let directory = AwsDirectory::new(town.aws.clone()).read(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(names(&directory), expected(&town.acme));
    assert_eq!(town.control.count("ListUsers"), 5);
}

/// pitfall 19
#[tokio::test]
async fn what_a_group_brings_is_seen_as_the_groups_and_what_stands_as_direct() {
    let town = town().await;
    let group = GroupId::new(town.acme.group("payments-engineers").unwrap().id.clone());
    let through_group = town.held("ana", "payments-staging", "ReadOnly");
    assert_eq!(
        town.look(&through_group).await,
        Ok(Seen { direct: false, groups: vec![group], member: None })
    );
    let standing = town.held("cy", "data-prod", "ReadOnly");
    assert_eq!(town.look(&standing).await, Ok(Seen { direct: true, groups: vec![], member: None }));
    assert_eq!(
        town.look(&town.held("cy", "data-prod", "Admin")).await,
        Ok(NOTHING),
        "another permission set"
    );
    assert_eq!(town.control.count("ListAccountAssignmentsForPrincipal"), 3, "one round trip each");
}

/// AWS documents the better list for the management account only.
#[tokio::test]
async fn where_the_list_by_principal_is_denied_the_account_and_the_directory_tell_the_same() {
    let acme = Acme::acme();
    let twin = AwsTwin::start(&acme, AwsOptions::quick()).await.unwrap();
    let place = stand_in(&twin, &acme, "ana", "payments-staging", "ReadOnly");
    let aws = AwsClients::connect(place.settings.clone()).await.unwrap();
    let denied = || {
        twin.control().fault(Script::once("ListAccountAssignmentsForPrincipal", FaultKind::AccessDenied));
    };
    let group = GroupId::new(acme.group("payments-engineers").unwrap().id.clone());
    denied();
    let mine = BTreeSet::from([group.clone()]);
    let center =
        IdentityCenter::connect(aws.clone(), groups_from(move |_| Some(mine.clone()))).await.unwrap();
    assert_eq!(center.sight(), Sight::ByAccount);
    let seen = center.look(&place.holding(), Urgency::Granting).await;
    assert_eq!(seen, Ok(Seen { direct: false, groups: vec![group], member: None }));

    denied();
    let center = IdentityCenter::connect(aws.clone(), groups_from(|_| Some(BTreeSet::new()))).await.unwrap();
    assert_eq!(center.look(&place.holding(), Urgency::Granting).await, Ok(NOTHING), "a group of others");

    denied();
    let center = IdentityCenter::connect(aws, groups_from(|_| None)).await.unwrap();
    let what = transient(center.look(&place.holding(), Urgency::Granting).await);
    assert!(what.contains("directory"), "groups that are not known are not none: {what}");
    for urgency in [Urgency::Granting, Urgency::Background] {
        let free = holding(&place.person, &place.account, &set(&acme, "Admin"));
        assert_eq!(center.look(&free, urgency).await, Ok(NOTHING), "no group has it, so none must be known");
    }
    let ending = center.look(&place.holding(), Urgency::Ending).await.unwrap();
    assert!(!ending.direct, "taking away never waits for the directory: {ending:?}");
}

/// pitfall 21: what cannot be read is never "none", and a change that cannot be read may have been made.
#[tokio::test]
async fn garbage_is_never_nothing() {
    let town = town().await;
    town.meets("ListAccountAssignmentsForPrincipal", FaultKind::GarbageBody);
    transient(town.look(&town.ana).await);
    town.meets("CreateAccountAssignment", FaultKind::GarbageBody);
    lost(town.create().await);
    town.meets("DescribeAccountAssignmentDeletionStatus", FaultKind::GarbageBody);
    let operation = OperationId::new("1ad2f3c4-0000-4000-8000-00000000dead");
    transient(town.center.poll(Change::Delete, &operation, Urgency::Ending).await);
}

#[tokio::test]
async fn conflicts_throttling_and_trouble_pass_and_nothing_is_repeated_behind_our_back() {
    let town = town().await;
    type Meant = fn(Result<Started, Fault>) -> String;
    let cases: [(FaultKind, &str, Meant); 3] = [
        (FaultKind::Conflict, "ConflictException", transient),
        (FaultKind::Throttle, "ThrottlingException", transient),
        // Who is in trouble may have done it before.
        (FaultKind::Internal500, "InternalServerException", lost),
    ];
    for (kind, word, meant) in cases {
        for (change, operation) in
            [(Change::Create, "CreateAccountAssignment"), (Change::Delete, "DeleteAccountAssignment")]
        {
            town.control.forget_calls();
            town.meets(operation, kind.clone());
            let what = meant(town.center.start(&town.ana, change, Urgency::Ending).await);
            assert!(what.contains(word) && what.contains(operation), "{what}");
            assert_eq!(town.control.count(operation), 1, "one call for one decision");
        }
    }
    assert_eq!(
        town.aws.identity_center_budget().outstanding(),
        0,
        "no place is kept for what AWS said no to"
    );
}

/// pitfall 3
#[tokio::test]
async fn an_operation_that_fails_is_told_with_its_reason() {
    let town = town().await;
    let reason = "The account has reached its quota of IAM roles";
    town.meets("CreateAccountAssignment", FaultKind::FailAsync(reason.to_owned()));
    let ended = change(&town.center, &town.ana, Change::Create).await;
    assert_eq!(ended, Some(Progress::Failed { why: reason.to_owned() }));
    assert_eq!(town.look(&town.ana).await, Ok(NOTHING));
}

/// pitfall 10: nothing blocks the way back to an operation whose name was lost.
#[tokio::test]
async fn a_lost_reply_is_lost_and_its_operation_is_found_again() {
    let town =
        town_with(AwsOptions { operation_delay: Duration::from_secs(60), ..AwsOptions::quick() }).await;
    let find =
        async |holding: &Holding, change| town.center.find_running(holding, change, Urgency::Ending).await;
    assert_eq!(find(&town.ana, Change::Create).await, Ok(Found::None));
    let other = town.held("bo", "payments-prod", "ReadOnly");
    assert!(matches!(
        town.center.start(&other, Change::Create, Urgency::Granting).await,
        Ok(Started::Running(_))
    ));
    town.meets("CreateAccountAssignment", FaultKind::AcceptThenDropConnection);
    lost(town.create().await);
    assert_eq!(town.control.in_flight().len(), 2, "AWS took both");

    for holding in [&town.ana, &other] {
        let Found::Running(operation) = find(holding, Change::Create).await.unwrap() else {
            panic!("it is under way")
        };
        let taken = town.control.in_flight();
        let theirs = taken.iter().find(|taken| taken.assignment.principal.id() == holding.principal.as_str());
        assert_eq!(operation.as_str(), theirs.unwrap().id, "each finds their own");
        let progress = town.center.poll(Change::Create, &operation, Urgency::Granting).await;
        assert_eq!(progress, Ok(Progress::Running));
    }
    assert_eq!(find(&town.ana, Change::Delete).await, Ok(Found::None), "no delete is under way");
}

/// pitfall 4
#[tokio::test]
async fn a_call_that_is_never_answered_ends_and_may_have_been_made() {
    let town = town().await;
    let began = Instant::now();
    town.meets("DeleteAccountAssignment", FaultKind::Hang);
    lost(town.center.start(&town.ana, Change::Delete, Urgency::Ending).await);
    town.meets("ListAccountAssignmentsForPrincipal", FaultKind::Hang);
    transient(town.look(&town.ana).await);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_management_account_is_refused_with_the_reason() {
    let town = town().await;
    let management = town.held("ana", "acme-management", "ReadOnly");
    let why = refused(town.center.start(&management, Change::Create, Urgency::Granting).await);
    assert!(why.contains("delegated administrator") && why.contains("iam-policy.json"), "{why}");
    let fault = town.center.start(&management, Change::Delete, Urgency::Ending).await;
    assert!(matches!(fault, Err(Fault::Permanent { .. })), "a delete is tried again for ever: {fault:?}");
}

#[tokio::test]
async fn what_does_not_exist_is_refused_and_named() {
    let town = town().await;
    let nowhere = AccountId::parse("121212121212").unwrap();
    let (who, set) = (&town.ana.principal, town.ana.target.permission_set().unwrap());
    let why =
        refused(town.center.start(&holding(who, &nowhere, set), Change::Create, Urgency::Granting).await);
    assert!(why.contains("121212121212"), "{why}");
    let malformed = holding(&PersonId::new("not an id"), town.ana.target.account().unwrap(), set);
    let why = refused(town.center.start(&malformed, Change::Create, Urgency::Granting).await);
    assert!(why.contains("ValidationException"), "{why}");
}

/// P3: an assignment outlives its user, and what it was for.
#[tokio::test]
async fn what_a_deleted_user_still_has_is_seen_and_what_cannot_be_left_is_gone() {
    let town = town().await;
    assert_eq!(change(&town.center, &town.ana, Change::Create).await, Some(Progress::Succeeded));
    assert!(town.control.delete_user("ana"));
    assert_eq!(town.look(&town.ana).await, Ok(Seen { direct: true, groups: vec![], member: None }));
    assert_eq!(change(&town.center, &town.ana, Change::Delete).await, Some(Progress::Succeeded));
    assert_eq!(town.look(&town.ana).await, Ok(NOTHING));
    assert!(town.control.delete_account("payments-prod"));
    assert_eq!(town.look(&town.ana).await, Ok(NOTHING), "AWS says that the account is gone");
    assert_eq!(town.control.count("DescribeAccount"), 1);
}

#[tokio::test]
async fn everything_asked_of_the_twin_is_in_the_list_that_the_iam_policy_is_made_of() {
    let town = town_with(AwsOptions { operation_delay: Duration::ZERO, ..AwsOptions::quick() }).await;
    AwsDirectory::new(town.aws.clone()).read(Timestamp::UNIX_EPOCH).await.unwrap();
    change(&town.center, &town.ana, Change::Create).await;
    town.look(&town.ana).await.unwrap();
    change(&town.center, &town.ana, Change::Delete).await;
    town.center.find_running(&town.ana, Change::Delete, Urgency::Ending).await.unwrap();
    let listed: BTreeSet<&str> = Op::ALL.iter().map(|op| op.name()).collect();
    let calls = town.control.calls();
    assert!(calls.len() > 20);
    for call in calls {
        assert!(listed.contains(call.operation.as_str()), "{}", call.operation);
    }
}
