//! What a grant was permitted for is not so any more: seen twice it ends, unknown it does not, and policy alone ends nothing.

use std::collections::BTreeSet;

use glasskey_domain::directory::AccountState;
use glasskey_domain::person::Employment;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::request::Lost;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::*;

use crate::town::*;

/// ana's hours, for which she is in security.
fn there() -> (Town, RequestId) {
    let mut town = Town::new(1);
    town.rules.terms.groups = vec![GroupId::new("security")];
    joins(&mut town, "security");
    let id = town.granted(&wish("AR-7K3Q", 8));
    (town, id)
}

fn joins(town: &mut Town, group: &str) {
    town.directory.memberships.entry(person("ana")).or_default().insert(GroupId::new(group));
}

fn leaves(town: &mut Town, group: &str) {
    town.directory.memberships.entry(person("ana")).or_default().remove(&GroupId::new(group));
}

fn employ(town: &mut Town, employment: Employment) {
    town.directory.people.get_mut(&person("ana")).unwrap().employment = employment;
}

fn account(town: &mut Town, state: AccountState) {
    town.directory.accounts.values_mut().for_each(|account| account.state = state);
}

/// The directory is read `times` times, five minutes apart.
fn reads(town: &mut Town, times: u32) {
    for _ in 0..times {
        town.pass(300);
        town.compares();
        town.settle();
    }
}

fn ended_for(town: &Town, id: &RequestId) -> Option<Lost> {
    match town.state(id) {
        State::Ended { cause: EndCause::ConditionsChanged { lost }, .. } => Some(lost),
        _ => None,
    }
}

type Loss = fn(&mut Town);

fn losses() -> Vec<(Loss, Lost)> {
    vec![
        (|town| drop(town.directory.people.remove(&person("ana"))), Lost::PersonGone),
        (|town| employ(town, Employment::Disabled), Lost::PersonDisabled),
        (|town| town.directory.accounts.clear(), Lost::AccountGone),
        (|town| account(town, AccountState::Closed), Lost::AccountClosed),
        (|town| town.directory.permission_sets.clear(), Lost::PermissionSetGone),
        (|town| leaves(town, "security"), Lost::Permission { groups: vec![GroupId::new("security")] }),
    ]
}

#[test]
fn what_two_readings_show_to_be_lost_ends_the_grant() {
    for (lose, lost) in losses() {
        let (mut town, id) = there();
        lose(&mut town);
        reads(&mut town, 1);
        assert_eq!(town.state(&id).word(), StateWord::Active, "one reading of {lost:?}");
        assert_eq!(town.request(&id).doubt.as_ref().map(|doubt| &doubt.lost), Some(&lost));
        reads(&mut town, 1);
        assert_eq!(ended_for(&town, &id), Some(lost));
        assert!(town.provider.has.is_empty());
    }
}

/// Policy is reloaded, or somebody asks twice: it is still one reading.
#[test]
fn the_same_reading_seen_twice_is_one_sighting() {
    for (lose, lost) in losses() {
        let (mut town, id) = there();
        lose(&mut town);
        reads(&mut town, 1);
        for _ in 0..3 {
            town.pass(60);
            town.inside(Command::Recheck { ids: vec![id.clone()] });
        }
        town.settle();
        assert_eq!(town.state(&id).word(), StateWord::Active, "{lost:?}");
    }
}

#[test]
fn what_comes_and_goes_ends_nothing() {
    let (mut town, id) = there();
    for _ in 0..5 {
        employ(&mut town, Employment::Disabled);
        reads(&mut town, 1);
        assert!(town.request(&id).doubt.is_some());
        employ(&mut town, Employment::Enabled);
        reads(&mut town, 1);
        assert!(town.request(&id).doubt.is_none());
    }
    assert_eq!(town.state(&id).word(), StateWord::Active);
}

/// Two sightings of the same, one after the other: two different losses are one sighting each.
#[test]
fn two_different_losses_are_not_two_sightings() {
    let (mut town, id) = there();
    employ(&mut town, Employment::Disabled);
    reads(&mut town, 1);
    employ(&mut town, Employment::Enabled);
    leaves(&mut town, "security");
    reads(&mut town, 1);
    assert_eq!(town.state(&id).word(), StateWord::Active);
    reads(&mut town, 1);
    assert!(matches!(ended_for(&town, &id), Some(Lost::Permission { .. })));
}

#[test]
fn what_is_unknown_is_told_once_and_ends_nothing() {
    let unknowns: [(Loss, Lost); 2] = [
        (|town| employ(town, Employment::Unknown), Lost::PersonUnknown),
        (|town| account(town, AccountState::Unknown), Lost::AccountUnknown),
    ];
    for (lose, lost) in unknowns {
        let (mut town, id) = there();
        lose(&mut town);
        let since = Seconds(300).after(town.now).as_second();
        reads(&mut town, 5);
        assert_eq!(town.state(&id).word(), StateWord::Active, "{lost:?}");
        assert_eq!(town.heard(NoticeKind::Unsure { since }), 1);
        assert!(town.provider.has.contains(&holding("ana")));
    }
}

/// Disabled, unknown, disabled: between the two sightings nobody could see.
#[test]
fn what_was_unknown_in_between_was_not_seen_twice() {
    let (mut town, id) = there();
    for employment in [Employment::Disabled, Employment::Unknown, Employment::Disabled] {
        employ(&mut town, employment);
        reads(&mut town, 1);
    }
    assert_eq!(town.state(&id).word(), StateWord::Active);
    reads(&mut town, 1);
    assert_eq!(ended_for(&town, &id), Some(Lost::PersonDisabled));
}

#[test]
fn what_is_known_to_be_lost_is_not_hidden_by_what_is_unknown() {
    let (mut town, id) = there();
    account(&mut town, AccountState::Unknown);
    leaves(&mut town, "security");
    reads(&mut town, 2);
    assert!(matches!(ended_for(&town, &id), Some(Lost::Permission { .. })));
}

#[test]
fn a_directory_that_was_never_read_shows_nobody_and_ends_nothing() {
    let (mut town, id) = there();
    town.directory = Directory::empty();
    reads(&mut town, 3);
    assert_eq!(town.state(&id).word(), StateWord::Active);
}

/// Stricter policy is told, and people may end what it would not permit; by itself it ends nothing.
#[test]
fn policy_that_became_stricter_ends_nothing_and_is_told() {
    let (mut town, id) = there();
    town.rules.terms.max_length = Seconds::hours(1);
    reads(&mut town, 3);
    assert_eq!(town.state(&id).word(), StateWord::Active);
    let version = town.request(&id).version;
    assert!(town.request(&id).stricter.is_some());
    assert_eq!(town.heard(NoticeKind::Stricter { version }), 1);
    town.rules.terms.max_length = Seconds::hours(8);
    reads(&mut town, 1);
    assert!(town.request(&id).stricter.is_none());
    town.rules.may_request.clear();
    reads(&mut town, 3);
    assert_eq!(town.state(&id).word(), StateWord::Active);
    assert!(town.ends("ana", &id, false).is_ok(), "taking away asks no policy");
}

/// P9: policies that cannot be used are no word about what was granted, lost groups or not.
#[test]
fn policies_that_cannot_be_used_end_nothing_and_tell_nothing() {
    let (mut town, id) = there();
    (town.rules.unusable, town.rules.may_request) = (true, BTreeSet::new());
    leaves(&mut town, "security");
    reads(&mut town, 3);
    assert_eq!(town.state(&id).word(), StateWord::Active);
    assert_eq!((&town.request(&id).stricter, &town.request(&id).doubt), (&None, &None));
    town.rules.unusable = false;
    reads(&mut town, 3);
    assert_ne!(town.state(&id).word(), StateWord::Active, "now policy says so");
}

#[test]
fn who_is_permitted_by_another_way_too_loses_nothing_with_a_group() {
    let (mut town, id) = there();
    leaves(&mut town, "security");
    town.rules.terms.groups = vec![GroupId::new("leads")];
    joins(&mut town, "leads");
    reads(&mut town, 3);
    assert_eq!(town.state(&id).word(), StateWord::Active);
}

/// Two hours more for who has one, under rules that name this group.
fn extended(groups: &[&str]) -> (Town, RequestId) {
    let mut town = Town::new(1);
    let id = town.granted(&wish("AR-7K3Q", 1));
    town.rules.terms.groups = groups.iter().map(|group| GroupId::new(*group)).collect();
    groups.iter().for_each(|group| joins(&mut town, group));
    town.does("ana", Command::Extend { id: id.clone(), by: Seconds::hours(2), reason: None }).unwrap();
    town.says_yes("bo", &id).unwrap();
    (town, id)
}

/// Policy was asked for all the time that it comes to.
#[test]
fn what_was_extended_is_told_when_policy_would_not_give_all_of_it_any_more() {
    let (mut town, id) = extended(&[]);
    town.rules.terms.max_length = Seconds::hours(3);
    reads(&mut town, 1);
    assert!(town.request(&id).stricter.is_none());
    town.rules.terms.max_length = Seconds::hours(2);
    reads(&mut town, 1);
    assert!(matches!(town.request(&id).stricter, Some(NotPermitted::TooLong { .. })));
    assert_eq!(town.state(&id).word(), StateWord::Active);
}

/// Anybody might have the hour; the two that were added were for the leads.
#[test]
fn who_loses_the_group_for_which_it_was_extended_loses_it() {
    let (mut town, id) = extended(&["leads"]);
    leaves(&mut town, "leads");
    town.rules.may_request.clear();
    reads(&mut town, 2);
    assert_eq!(ended_for(&town, &id), Some(Lost::Permission { groups: vec![GroupId::new("leads")] }));
}

#[test]
fn what_is_gone_from_the_book_does_not_hide_the_others_of_a_listing() {
    let (mut town, id) = there();
    employ(&mut town, Employment::Disabled);
    for _ in 0..2 {
        town.pass(300);
        town.directory.read_at = town.now;
        let gone = || RequestId::parse("AR-0000").unwrap();
        town.inside(Command::Recheck { ids: vec![gone(), id.clone(), gone()] });
    }
    town.settle();
    assert_eq!(ended_for(&town, &id), Some(Lost::PersonDisabled));
}

#[test]
fn what_has_not_begun_ends_too() {
    let mut town = Town::new(0);
    let starts_at = Some(Seconds::hours(5).after(town.now));
    let later = command::NewRequest { starts_at, ..wish("AR-7K3Q", 1) };
    town.wishes("ana", &later).unwrap();
    employ(&mut town, Employment::Disabled);
    reads(&mut town, 2);
    assert_eq!(ended_for(&town, &later.id), Some(Lost::PersonDisabled));
    assert_eq!(town.book.due().count(), 0);
}

#[test]
fn a_bundle_ends_when_one_of_its_things_is_gone() {
    let mut town = Town::new(0);
    let id = town.granted(&bundle("AR-7K3Q", &[target(), group("oncall")]));
    town.directory.groups.remove(&GroupId::new("oncall"));
    reads(&mut town, 2);
    assert_eq!(ended_for(&town, &id), Some(Lost::GroupGone));
    assert!(town.provider.has.is_empty());
}

/// P1: what the provider says of a person right before the access is created stands above the snapshot.
#[test]
fn who_is_disabled_at_the_provider_gets_nothing_though_the_snapshot_knows_better() {
    for (employment, lost) in [
        (Employment::Disabled, Vec::new()),
        (Employment::Unknown, Vec::new()),
        (Employment::Enabled, vec![GroupId::new("security")]),
    ] {
        let mut town = Town::new(0);
        town.rules.terms.groups = vec![GroupId::new("security")];
        joins(&mut town, "security");
        let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
        town.step(&holding("ana"));
        town.outcome(Outcome::PersonRead { holding: holding("ana"), employment, lost: lost.clone() });
        assert_eq!(town.state(&id).word(), StateWord::Failed, "{employment:?} {lost:?}: nothing was called");
        assert!(town.book.holding(&holding("ana")).is_none());
        assert_eq!(town.book.due().filter(|(_, job)| matches!(job, Job::Reconcile { .. })).count(), 0);
    }
}

/// P3: a call before, whose reply was lost, may have made it all the same.
#[test]
fn who_is_disabled_at_the_provider_after_a_lost_reply_is_made_sure_of() {
    let mut town = Town::new(0);
    let id = town.asks("ana", "AR-7K3Q", 1).unwrap();
    town.step(&holding("ana"));
    town.outcome(Outcome::ReplyLost { holding: holding("ana"), change: holding::Change::Create });
    let (employment, lost) = (Employment::Disabled, Vec::new());
    town.outcome(Outcome::PersonRead { holding: holding("ana"), employment, lost });
    assert_eq!(town.state(&id).word(), StateWord::Ending);
    town.settle();
    town.pass(60);
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Failed);
    assert!(town.provider.has.is_empty());
}
