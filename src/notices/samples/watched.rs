//! What is told about what is watched.

use glasskey_domain::drift::{Drift, DriftState, StandingReport};
use glasskey_domain::watch::{EndAll, Watch};
use glasskey_domain::{EndScope, Holding, NoticeKind, RequestId, Target, Who};

use super::{account_id, arn, at, directory, person};
use crate::notices::{Message, watch};

fn holding(name: &str, digit: u8) -> Holding {
    let target = Target::Assignment { account: account_id(digit), permission_set: arn("admin") };
    Holding { principal: person(name), target }
}

/// What was seen that no request explains.
pub(crate) fn drifts(state: &DriftState, count: u8) -> Vec<Drift> {
    let of = |nth: u8| Drift { holding: holding(&format!("{nth}"), 3), since: at(10), state: state.clone() };
    let told_before =
        Drift { holding: holding("cy", 3), since: at(-90), state: DriftState::Told { at: at(-80) } };
    let adopted =
        DriftState::Adopted { at: at(0), by: Who::Local { user: "root".to_owned() }, reason: String::new() };
    let adopted = Drift { holding: holding("dee", 4), since: at(-90), state: adopted };
    let first = Drift { holding: holding("bo", 4), ..of(0) };
    [first].into_iter().chain((1..count).map(of)).chain([told_before, adopted]).collect()
}

/// What people are told about what is watched.
pub(crate) fn watched() -> Vec<(&'static str, Message)> {
    let second = at(30).as_second();
    let directory = directory();
    let drift = |state: DriftState, count: u8| {
        watch(NoticeKind::Drift { at: second }, &Watch::default(), &drifts(&state, count), &directory)
    };
    let report = |standing: u32, some: Vec<Holding>, unreviewed: Vec<RequestId>| {
        let report = Some(StandingReport { at: at(30), standing, some, unreviewed });
        let seen = Watch { report, ..Watch::default() };
        watch(NoticeKind::StandingReport { at: second }, &seen, &[], &directory)
    };
    let ended_all = |scope: EndScope, by: Who, when: i64| {
        let seen = Watch {
            ended: Some(EndAll { scope, by, at: at(when), number: at(when).as_second() }),
            ..Watch::default()
        };
        watch(NoticeKind::EndedAll { at: second }, &seen, &[], &directory)
    };
    let dee = || Who::Person { person: person("dee") };
    let unreviewed = vec![RequestId::parse("AR-7K3Q").unwrap(), RequestId::parse("AR-8N4R").unwrap()];
    vec![
        ("drift", drift(DriftState::Told { at: at(30) }, 2)),
        ("drift, removed", drift(DriftState::Removing { since: at(30) }, 1)),
        ("drift, gone meanwhile", drift(DriftState::Once, 1)),
        ("drift, much", drift(DriftState::Told { at: at(30) }, 40)),
        ("standing access", report(2, vec![holding("bo", 3), holding("cy", 4)], unreviewed)),
        ("standing access, none", report(0, Vec::new(), Vec::new())),
        (
            "standing access, much",
            report(900, (0..20).map(|nth| holding(&format!("{nth}"), 3)).collect(), Vec::new()),
        ),
        ("all is ended", ended_all(EndScope::Everything, dee(), 30)),
        (
            "all of a person is ended",
            ended_all(EndScope::Person { person: person("ana") }, Who::Local { user: "root".to_owned() }, 30),
        ),
        ("all in an account is ended", ended_all(EndScope::Account { account: account_id(3) }, dee(), 30)),
        ("all is ended, ordered twice", ended_all(EndScope::Everything, dee(), 40)),
    ]
}
