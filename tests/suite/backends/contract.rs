//! What every back end keeps.

use std::time::Duration;

use glasskey::access::identity_center::IdentityCenter;
use glasskey::directory::read::AwsDirectory;
use glasskey::ports::{Access, DirectorySource, Progress, Seen, Started, Urgency};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{Directory, Holding};
use jiff::Timestamp;

use super::{Company, StandIn};

pub(super) const NOTHING: Seen = Seen { direct: false, groups: Vec::new(), member: None };

/// The whole contract, one promise after the other.
pub(super) async fn keeps(stand_in: &StandIn) {
    shows_the_whole_company(stand_in).await;
    gives_and_takes(stand_in).await;
    taking_what_is_not_there_is_harmless(stand_in).await;
    an_operation_it_does_not_know_is_unknown(stand_in).await;
}

async fn shows_the_whole_company(stand_in: &StandIn) {
    let (aws, _) = stand_in.connect().await;
    let now: Timestamp = "2026-11-21T01:02:03Z".parse().unwrap();
    let directory = AwsDirectory::new(aws.clone()).read(now).await.unwrap();
    assert_eq!(directory.read_at, now);
    assert_eq!(directory.instance, aws.instance_arn());
    assert_eq!(directory.identity_store, aws.identity_store_id());
    assert_eq!(names(&directory), stand_in.company);
    assert_eq!(directory.accounts.values().filter(|account| account.management).count(), 1);
}

pub(super) fn names(directory: &Directory) -> Company {
    let groups = |id| directory.groups_of(id).map(|group| directory.group_name(group)).collect();
    let units = |id| directory.ous_above(id).into_iter().map(|ou| ou.name.clone()).collect();
    Company {
        people: directory.people.values().map(|p| (p.user_name.clone(), groups(&p.id))).collect(),
        accounts: directory.accounts.values().map(|a| (a.name.clone(), units(&a.id))).collect(),
        permission_sets: directory.permission_sets.values().map(|p| (p.name.clone(), p.session)).collect(),
    }
}

async fn gives_and_takes(stand_in: &StandIn) {
    let (aws, center) = stand_in.connect().await;
    let holding = stand_in.holding();
    assert_eq!(center.look(&holding, Urgency::Granting).await, Ok(NOTHING));
    assert_eq!(change(&center, &holding, Change::Create).await, Some(Progress::Succeeded));
    let there = Seen { direct: true, groups: Vec::new(), member: None };
    assert_eq!(center.look(&holding, Urgency::Granting).await, Ok(there));
    assert_eq!(change(&center, &holding, Change::Delete).await, Some(Progress::Succeeded));
    assert_eq!(center.look(&holding, Urgency::Ending).await, Ok(NOTHING));
    assert_eq!(aws.identity_center_budget().outstanding(), 0, "what is over holds no place");
}

async fn taking_what_is_not_there_is_harmless(stand_in: &StandIn) {
    let (_, center) = stand_in.connect().await;
    let holding = stand_in.holding();
    let taken = change(&center, &holding, Change::Delete).await;
    assert!(matches!(taken, None | Some(Progress::Succeeded)), "{taken:?}");
    assert_eq!(center.look(&holding, Urgency::Ending).await, Ok(NOTHING));
}

async fn an_operation_it_does_not_know_is_unknown(stand_in: &StandIn) {
    let (_, center) = stand_in.connect().await;
    let nobodys = OperationId::new("1ad2f3c4-0000-4000-8000-00000000dead");
    for change in [Change::Create, Change::Delete] {
        assert_eq!(center.poll(change, &nobodys, Urgency::Ending).await, Ok(Progress::Unknown));
    }
}

/// Starts a change and asks until it has ended; `None` when there was nothing to delete.
pub(super) async fn change(center: &IdentityCenter, holding: &Holding, change: Change) -> Option<Progress> {
    let operation = match center.start(holding, change, Urgency::Ending).await.unwrap() {
        Started::Running(operation) => operation,
        Started::NothingThere => return None,
        Started::Refused { why } => panic!("{change:?} refused: {why}"),
    };
    for pause in [300, 500, 800, 1300, 2000, 3000] {
        match center.poll(change, &operation, Urgency::Ending).await.unwrap() {
            Progress::Running => tokio::time::sleep(Duration::from_millis(pause)).await,
            ended => return Some(ended),
        }
    }
    panic!("{change:?} has not ended");
}
