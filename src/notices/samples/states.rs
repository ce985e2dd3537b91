//! A request in each of its states.

use glasskey_domain::request::{Cutting, Doubt, Granted, Items, Lost, Permitted, UrgentReview};
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::{AccessRequest, EndCause, GroupId, RequestId, Seconds, State, Via, Who};

use super::{
    active, approval, approved, at, bundle, cut, ended, ending, extending, membership, part_given, pending,
    person, quorum, urgent, with,
};

/// A request, and its name here.
type Named = (&'static str, AccessRequest);

/// A request in each state, by a name.
pub(crate) fn requests() -> Vec<Named> {
    [before(), live(), over()].concat()
}

fn before() -> Vec<Named> {
    vec![
        ("waits for one approval", pending()),
        ("waits for groups, was escalated", quorum()),
        (
            "begins later",
            with(approved(), |it| {
                it.ask.starts_at = Some(at(600));
                it.state = State::Scheduled { starts_at: at(600), deadline: at(720) };
            }),
        ),
        (
            "is being created",
            with(approved(), |it| {
                it.state = State::Granting { since: at(5), deadline: at(125) };
                it.trouble = Some("ThrottlingException".to_owned());
            }),
        ),
    ]
}

fn live() -> Vec<Named> {
    vec![
        ("active", active()),
        (
            "approved for less",
            with(active(), |it| it.approvals = vec![approval("bo", 5, Some(Seconds::hours(1)))]),
        ),
        ("more time waits", extending()),
        ("urgent, nobody looked", urgent()),
        (
            "urgent, acknowledged",
            with(urgent(), |it| {
                it.review = UrgentReview::Acknowledged {
                    by: person("bo"),
                    at: at(30),
                    note: Some("*thanks*".to_owned()),
                };
            }),
        ),
        (
            "urgent, objected",
            with(ending(EndCause::Objected { by: person("bo"), why: "use staging".to_owned() }, 0), |it| {
                it.ask.urgent = true;
                it.approvals.clear();
                it.review =
                    UrgentReview::Objected { by: person("bo"), at: at(30), why: "use staging".to_owned() };
            }),
        ),
        (
            "in doubt",
            with(active(), |it| {
                it.doubt = Some(Doubt {
                    lost: Lost::Permission { groups: vec![GroupId::new("g-leads")] },
                    read_at: at(20),
                });
            }),
        ),
        (
            "unsure",
            with(active(), |it| it.doubt = Some(Doubt { lost: Lost::PersonUnknown, read_at: at(20) })),
        ),
        ("policy is stricter", with(active(), |it| it.stricter = Some(NotPermitted::NoPolicy))),
        ("bundle waits", bundle()),
        ("bundle, part given", part_given()),
        (
            "group of Okta",
            with(active(), |it| {
                it.ask.items = Items::one(membership());
                it.cut = Cutting::No;
            }),
        ),
    ]
}

fn over() -> Vec<Named> {
    let revoked = || EndCause::Revoked { by: Who::Person { person: person("bo") } };
    vec![
        ("ending", ending(EndCause::Expired, 0)),
        ("overdue", ending(EndCause::Expired, 2)),
        ("ended", ended(EndCause::Expired)),
        ("ended, sessions are cut", cut(Cutting::UnderWay)),
        ("ended, sessions were cut", cut(Cutting::Done { at: at(131) })),
        (
            "ended, sessions were not cut",
            cut(Cutting::Failed { why: "the inline policy is full".to_owned() }),
        ),
        ("ended, conditions changed", ended(EndCause::ConditionsChanged { lost: Lost::PersonDisabled })),
        (
            "ended, kept",
            with(ended(revoked()), |it| {
                if let State::Ended { kept_by, .. } = &mut it.state {
                    *kept_by = Some(RequestId::parse("AR-8N4R").unwrap());
                }
            }),
        ),
        ("removed by hand", ended(EndCause::RemovedByHand)),
        (
            "held before",
            with(
                ended(EndCause::AlreadyHeld { via: Via::Groups { groups: vec![GroupId::new("g-leads")] } }),
                |it| {
                    if let State::Ended { granted_at, .. } = &mut it.state {
                        *granted_at = None;
                    }
                },
            ),
        ),
        (
            "denied",
            with(pending(), |it| {
                it.state =
                    State::Denied { at: at(9), by: person("bo"), why: "fine. *Approved* by Dee".to_owned() };
            }),
        ),
        ("withdrawn", with(pending(), |it| it.state = State::Withdrawn { at: at(9) })),
        ("lapsed", with(quorum(), |it| it.state = State::Lapsed { at: at(60) })),
        (
            "failed",
            with(approved(), |it| {
                it.granted = Some(Granted {
                    at: at(6),
                    under: Permitted {
                        policies: it.terms.policies.clone(),
                        set: it.terms.set.clone(),
                        groups: Vec::new(),
                        emergency_on: false,
                    },
                    length: None,
                });
                it.state = State::Failed {
                    at: at(9),
                    cause: EndCause::GrantFailed { why: "no more roles".to_owned() },
                };
            }),
        ),
    ]
}
