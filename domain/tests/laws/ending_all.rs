//! The panic switch: what it means ends, bit by bit, whatever happens in between.

use glasskey_domain::command::Incoming;
use glasskey_domain::ids::InteractionId;
use glasskey_domain::person::Employment;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::settings::{END_ALL_MAX, ENDED_AT_ONCE_MAX};
use glasskey_domain::*;

use crate::town::*;

fn all() -> Command {
    Command::EndAll { scope: EndScope::Everything }
}

/// More grants than one record ends, of as many people.
fn crowd() -> Town {
    let mut town = Town::new(0);
    for nth in 0..ENDED_AT_ONCE_MAX + 10 {
        let name = format!("p{nth:03}");
        let mut one = town.directory.people[&person("ana")].clone();
        one.id = person(&name);
        town.directory.people.insert(one.id.clone(), one);
        town.rules.may_request.insert(person(&name));
        let id = RequestId::from_bits(u64::try_from(nth).unwrap(), 4);
        town.does(&name, Command::Request(command::NewRequest { id, ..wish("AR-0000", 1) })).unwrap();
    }
    town.settle();
    assert_eq!(town.provider.has.len(), ENDED_AT_ONCE_MAX + 10);
    town
}

#[test]
fn everything_ends_though_it_crashes_between_two_bits() {
    for crash_after in 0..4 {
        let mut town = crowd();
        let count = u32::try_from(ENDED_AT_ONCE_MAX + 10).unwrap();
        assert_eq!(town.does("dee", all()), Ok(Reply::EndingAll { count }));
        for _ in 0..crash_after {
            town.inside(Command::GoOnEnding);
        }
        town.crashes();
        town.settle();
        assert!(town.provider.has.is_empty(), "crash after {crash_after}");
        assert_eq!(town.book.requests().count() + town.book.due().count(), 0);
        assert!(town.book.watch().ending.is_empty());
        assert_eq!(town.heard(NoticeKind::EndedAll { at: town.now.as_second() }), 1);
    }
}

#[test]
fn one_record_ends_no_more_than_fits() {
    let mut town = crowd();
    town.does("dee", all()).unwrap();
    town.inside(Command::GoOnEnding);
    let ending = |town: &Town| {
        town.book.requests().filter(|request| request.state.word() == StateWord::Ending).count()
    };
    assert_eq!(ending(&town), ENDED_AT_ONCE_MAX);
    assert!(!town.book.watch().ending.is_empty());
    town.inside(Command::GoOnEnding);
    assert_eq!(ending(&town), ENDED_AT_ONCE_MAX + 10);
}

#[test]
fn it_ends_what_waits_what_is_scheduled_and_what_is_there() {
    let mut town = Town::new(1);
    let there = town.granted(&wish("AR-0001", 1));
    let starts_at = Some(Seconds::hours(5).after(town.now));
    town.wishes("ana", &command::NewRequest { starts_at, ..wish("AR-0002", 1) }).unwrap();
    town.says_yes("bo", &RequestId::parse("AR-0002").unwrap()).unwrap();
    let waits = town.asks("bo", "AR-0003", 1).unwrap();
    town.does("dee", all()).unwrap();
    town.settle();
    for id in [there, RequestId::parse("AR-0002").unwrap(), waits] {
        let by = Who::Person { person: person("dee") };
        assert!(
            matches!(town.state(&id), State::Ended { cause: EndCause::Revoked { by: is }, .. } if is == by),
            "{id}"
        );
    }
    assert!(town.provider.has.is_empty());
    assert_eq!(town.book.due().count(), 0);
}

#[test]
fn what_is_asked_for_after_the_order_is_not_meant() {
    let mut town = Town::new(0);
    town.granted(&wish("AR-0001", 1));
    town.does("dee", all()).unwrap();
    town.pass(1);
    let new = town.asks("bo", "AR-0002", 1).unwrap();
    town.settle();
    assert_eq!(town.state(&new).word(), StateWord::Active);
    assert_eq!(town.provider.has.len(), 1);
}

/// Asked for while the clock was an hour ahead; it is set right, and everything is to end.
#[test]
fn what_was_asked_for_before_a_clock_was_set_back_is_meant() {
    let mut town = Town::new(1);
    let id = town.asks("ana", "AR-0001", 1).unwrap();
    town.now -= jiff::SignedDuration::from_mins(10);
    town.does("dee", all()).unwrap();
    town.settle();
    assert!(town.book.request(&id).is_none(), "{:?}", town.book.request(&id));
}

#[test]
fn it_can_mean_one_person_or_one_account() {
    let scopes = [
        (EndScope::Person { person: person("ana") }, 1),
        (EndScope::Account { account: AccountId::parse("222222222222").unwrap() }, 0),
        (EndScope::Account { account: AccountId::parse("333333333333").unwrap() }, 3),
    ];
    for (scope, left) in scopes {
        let mut town = Town::new(0);
        town.granted(&bundle("AR-0001", &[target(), group("oncall")]));
        town.asks("bo", "AR-0002", 1).unwrap();
        town.settle();
        town.does("dee", Command::EndAll { scope: scope.clone() }).unwrap();
        town.settle();
        assert_eq!(town.provider.has.len(), left, "{scope:?}");
    }
}

#[test]
fn only_administrators_and_who_works_on_the_host_end_everything() {
    let mut town = Town::new(0);
    town.granted(&wish("AR-0001", 1));
    assert_eq!(town.does("cy", all()), Err(Refusal::NotAnAdministrator { why: NotPermitted::NoPolicy }));
    town.directory.people.get_mut(&person("dee")).unwrap().employment = Employment::Disabled;
    assert_eq!(town.does("dee", all()), Err(Refusal::NotEnabled { person: person("dee") }));
    assert_eq!(town.send(Incoming::inside(all())), Err(Refusal::NotInDirectory));
    assert!(town.book.watch().ending.is_empty());
    // P3: on the host it needs neither policy nor a directory.
    town.directory = Directory::empty();
    town.rules.may_approve.clear();
    let by = Actor { who: Who::Local { user: "root".to_owned() }, door: Door::Host, sign_in: None };
    assert!(town.send(Incoming { by, interaction: None, command: all() }).is_ok());
    town.settle();
    assert!(town.provider.has.is_empty());
}

/// P6
#[test]
fn a_click_that_comes_twice_is_one_order() {
    let mut town = Town::new(0);
    town.granted(&wish("AR-0001", 1));
    let by = Actor::person(person("dee"), Door::Discord);
    let click = Incoming { by, interaction: Some(InteractionId::new("click-1")), command: all() };
    let first = town.send(click.clone());
    assert_eq!(town.send(click.clone()), first);
    assert_eq!(town.book.watch().ending.len(), 1);
    town.settle();
    assert_eq!(town.send(click), first);
    assert!(town.book.watch().ending.is_empty());
}

#[test]
fn orders_have_a_limit() {
    let mut town = Town::new(0);
    for _ in 0..END_ALL_MAX {
        assert!(town.does("dee", all()).is_ok());
    }
    assert_eq!(town.does("dee", all()), Err(Refusal::Full));
    town.settle();
    assert!(town.book.watch().ending.is_empty());
}

/// P5: what another person's request gives is not another's end.
#[test]
fn ending_one_persons_access_leaves_everybody_elses() {
    let mut town = Town::new(0);
    town.granted(&wish("AR-0001", 2));
    town.asks("bo", "AR-0002", 2).unwrap();
    town.settle();
    town.does("dee", Command::EndAll { scope: EndScope::Person { person: person("bo") } }).unwrap();
    town.settle();
    assert_eq!(town.provider.has.iter().collect::<Vec<_>>(), [&holding("ana")]);
}

/// P6: whoever orders it twice in one second is told twice, and each message has a name of its own.
#[test]
fn orders_of_one_second_are_told_as_two() {
    let mut town = Town::new(0);
    town.does("dee", all()).unwrap();
    town.does("dee", Command::EndAll { scope: EndScope::Person { person: person("bo") } }).unwrap();
    let orders = town.book.watch().ending.clone();
    assert_eq!(orders[0].at.as_second(), orders[1].at.as_second());
    let told: Vec<i64> = orders
        .iter()
        .map(|_| {
            town.send(Incoming::inside(Command::GoOnEnding)).unwrap();
            let mut kinds = town.book.watch().untold.keys().map(|tell| tell.kind);
            let Some(NoticeKind::EndedAll { at }) = kinds.next() else { panic!("nobody is told") };
            at
        })
        .collect();
    assert_eq!(told, orders.iter().map(|order| order.number).collect::<Vec<_>>());
    assert_ne!(told[0], told[1]);
}
