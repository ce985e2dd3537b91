//! Access that no request explains: told after two sightings, removed only where the configuration says so.

use glasskey_domain::drift::DriftState;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::*;

use crate::town::*;

fn anas() -> Holding {
    holding("ana")
}

/// Somebody assigned it to ana by hand.
fn town(remove: bool) -> Town {
    let mut town = Town::new(0);
    town.settings.drift_remove = remove;
    town.provider.has.insert(anas());
    town
}

/// All assignments to people are listed, `times` times.
fn lists(town: &mut Town, times: u32) {
    for _ in 0..times {
        town.pass(600);
        let seen = town.provider.has.iter().cloned().collect();
        let of = [ADMIN, READER].map(PermissionSetArn::new).to_vec();
        town.inside(Command::Drift(DriftCommand::Listed { of, seen }));
        town.settle();
    }
}

fn state(town: &Town) -> Option<DriftState> {
    town.book.drift(&anas()).map(|drift| drift.state.clone())
}

fn adopt(town: &mut Town, who: &str) -> Result<Reply, Refusal> {
    town.does(
        who,
        Command::Drift(DriftCommand::Adopt { holding: anas(), reason: "on call for ever".to_owned() }),
    )
}

#[test]
fn it_is_told_when_it_was_seen_twice_and_never_removed_by_itself() {
    let mut town = town(false);
    lists(&mut town, 1);
    assert_eq!(state(&town), Some(DriftState::Once));
    assert!(town.book.watch().untold.is_empty());
    lists(&mut town, 1);
    let at = town.now;
    assert_eq!(state(&town), Some(DriftState::Told { at }));
    assert_eq!(town.heard(NoticeKind::Drift { at: at.as_second() }), 1);
    lists(&mut town, 5);
    assert_eq!(state(&town), Some(DriftState::Told { at }), "told once");
    assert!(town.provider.has.contains(&anas()));
    town.provider.has.clear();
    lists(&mut town, 1);
    assert_eq!(state(&town), None);
    town.agrees();
}

#[test]
fn it_is_removed_where_the_configuration_says_so_after_the_second_sighting() {
    let mut town = town(true);
    lists(&mut town, 1);
    assert!(town.provider.has.contains(&anas()));
    lists(&mut town, 1);
    assert!(town.provider.has.is_empty());
    assert_eq!(state(&town), None);
    assert_eq!(town.book.holdings().count() + town.book.due().count(), 0);
    town.agrees();
}

#[test]
fn what_was_told_before_the_configuration_said_so_is_removed_too() {
    let mut town = town(false);
    lists(&mut town, 3);
    town.settings.drift_remove = true;
    lists(&mut town, 1);
    assert!(town.provider.has.is_empty());
}

#[test]
fn a_removal_survives_a_crash_at_every_step() {
    for steps in 0..5 {
        let mut town = town(true);
        lists(&mut town, 1);
        let seen = vec![anas()];
        let of = vec![PermissionSetArn::new(ADMIN)];
        town.inside(Command::Drift(DriftCommand::Listed { of, seen }));
        for _ in 0..steps {
            town.step(&anas());
        }
        town.crashes();
        town.settle();
        assert!(town.provider.has.is_empty(), "after {steps} steps");
        assert_eq!(state(&town), None);
        assert_eq!(town.book.holdings().count(), 0);
    }
}

#[test]
fn what_is_adopted_stays_whatever_the_configuration_says() {
    let mut town = town(false);
    lists(&mut town, 2);
    assert_eq!(adopt(&mut town, "cy"), Err(Refusal::NotAnAdministrator { why: NotPermitted::NoPolicy }));
    assert_eq!(adopt(&mut town, "dee"), Ok(Reply::Adopted { holding: anas() }));
    town.settings.drift_remove = true;
    lists(&mut town, 4);
    assert!(matches!(state(&town), Some(DriftState::Adopted { .. })));
    assert!(town.provider.has.contains(&anas()));
}

/// P5: somebody asks for what they have, and a listing comes while that is looked at.
#[test]
fn what_is_adopted_stays_after_a_request_for_it() {
    let mut town = town(true);
    lists(&mut town, 1);
    adopt(&mut town, "dee").unwrap();
    let id = town.asks("ana", "AR-0001", 1).unwrap();
    let seen = vec![anas()];
    town.inside(Command::Drift(DriftCommand::Listed { of: vec![PermissionSetArn::new(ADMIN)], seen }));
    town.settle();
    assert!(matches!(town.state(&id), State::Ended { cause: EndCause::AlreadyHeld { .. }, .. }));
    lists(&mut town, 4);
    assert!(town.provider.has.contains(&anas()));
    assert!(matches!(state(&town), Some(DriftState::Adopted { .. })));
}

#[test]
fn what_is_not_drift_cannot_be_adopted() {
    let mut town = town(true);
    assert_eq!(adopt(&mut town, "dee"), Err(Refusal::NoSuchDrift));
    lists(&mut town, 1);
    let silent = Command::Drift(DriftCommand::Adopt { holding: anas(), reason: " ".to_owned() });
    assert_eq!(town.does("dee", silent), Err(Refusal::ReasonTooShort { min: 1 }));
    let (seen, of) = (vec![anas()], vec![PermissionSetArn::new(ADMIN)]);
    town.inside(Command::Drift(DriftCommand::Listed { of, seen }));
    assert_eq!(adopt(&mut town, "dee"), Err(Refusal::NoSuchDrift), "it is being removed");
}

/// Whatever a grant is doing, its effect is never taken for drift.
#[test]
fn what_a_grant_does_is_not_drift_at_any_step() {
    for steps in 0..8 {
        let mut town = Town::new(0);
        town.settings.drift_remove = true;
        let id = town.asks("ana", "AR-0001", 1).unwrap();
        for _ in 0..steps {
            town.step(&anas());
        }
        for _ in 0..3 {
            let of = vec![PermissionSetArn::new(ADMIN)];
            town.inside(Command::Drift(DriftCommand::Listed { of, seen: vec![anas()] }));
        }
        town.settle();
        assert_eq!(town.state(&id).word(), StateWord::Active, "after {steps} steps");
        assert_eq!(state(&town), None);
    }
}

/// A listing lags: what just ended is still in it, once.
#[test]
fn what_just_ended_is_not_told() {
    let mut town = Town::new(0);
    let id = town.granted(&wish("AR-0001", 1));
    town.ends("ana", &id, false).unwrap();
    town.settle();
    let of = vec![PermissionSetArn::new(ADMIN)];
    town.inside(Command::Drift(DriftCommand::Listed { of, seen: vec![anas()] }));
    lists(&mut town, 2);
    assert_eq!(state(&town), None);
}

/// Somebody asks for it while it is being removed: it is removed, and then given under a request, whenever they ask.
#[test]
fn a_request_joins_what_is_being_removed() {
    for steps in 0..5 {
        let mut town = town(true);
        lists(&mut town, 1);
        let of = vec![PermissionSetArn::new(ADMIN)];
        town.inside(Command::Drift(DriftCommand::Listed { of, seen: vec![anas()] }));
        for _ in 0..steps {
            town.step(&anas());
        }
        let id = town.asks("ana", "AR-0001", 1).unwrap();
        town.settle();
        assert_eq!(town.state(&id).word(), StateWord::Active, "after {steps} steps");
        assert!(town.provider.has.contains(&anas()));
        assert_eq!(state(&town), None, "from now on a request explains it");
        assert!(town.book.holding(&anas()).is_some_and(|state| !state.drift));
        lists(&mut town, 3);
        assert!(town.provider.has.contains(&anas()));
        town.pass(3600);
        town.settle();
        assert!(town.provider.has.is_empty());
        assert_eq!(town.book.holdings().count(), 0);
    }
}

#[test]
fn a_listing_says_nothing_about_permission_sets_that_it_left_out() {
    let mut town = town(false);
    lists(&mut town, 2);
    let of = vec![PermissionSetArn::new(READER)];
    town.inside(Command::Drift(DriftCommand::Listed { of, seen: Vec::new() }));
    assert!(state(&town).is_some());
}

#[test]
fn the_report_names_what_nobody_looked_at() {
    let mut town = town(false);
    let urgent =
        command::NewRequest { urgent: true, targets: vec![target_with(READER)], ..wish("AR-0001", 1) };
    town.granted(&urgent);
    town.inside(Command::Drift(DriftCommand::Report { standing: 1, some: vec![anas()] }));
    let report = town.book.watch().report.clone().unwrap();
    assert_eq!((report.standing, report.some, report.unreviewed), (1, vec![anas()], vec![urgent.id]));
    town.settle();
    assert_eq!(town.heard(NoticeKind::StandingReport { at: town.now.as_second() }), 1);
}
