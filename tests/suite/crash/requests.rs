//! The stories of requests.

use glasskey_domain::{EndCause, RequestId, State, Who};

use super::company::{Table, holding, person};
use super::outside::Outside;
use super::promises::Past;
use super::script::Line::{Approves, Asks, Ends, Minutes, Rest};
use super::script::{BOTH, Line, SLACK, Story};

pub(crate) const REQUESTS: Story = Story {
    name: "requests",
    rules: Table::of_two,
    on: SLACK,
    cuts: false,
    lines: &LINES,
    told: &TOLD,
    perhaps_told: &[],
    ends: ends_as_told,
};

/// A request of Ana's, who is on Slack, that she ends early, and one of Bo's, who is on Discord, that ends by its time; each
/// is approved from both platforms.
pub(crate) const ON_BOTH: Story = Story {
    name: "requests on both platforms",
    rules: Table::of_two,
    on: BOTH,
    cuts: false,
    lines: &[
        Asks("ana", "Admin", 8),
        Approves("bo", 0),
        Approves("eve", 0),
        Rest,
        Asks("bo", "PowerUser", 4),
        Approves("eve", 1),
        Approves("dee", 1),
        Rest,
        Ends("ana", 0),
        Rest,
        Minutes(5),
    ],
    told: &[
        "request-1/ended/channel/#prod-access",
        "request-1/ended/person/ana",
        "request-1/granted/channel/#prod-access",
        "request-1/granted/person/ana",
        "request-2/ended/channel/#prod-access",
        "request-2/ended/person/bo",
        "request-2/granted/channel/#prod-access",
        "request-2/granted/person/bo",
    ],
    perhaps_told: &[],
    ends: |past, _| {
        let [ana, bo] = &past.requests[..] else { panic!("two requests") };
        let by_ana = EndCause::Revoked { by: Who::Person { person: person("ana") } };
        assert!(ended(&ana.state, &by_ana, None), "{:?}", ana.state);
        assert!(ended(&bo.state, &EndCause::Expired, None), "{:?}", bo.state);
    },
};

/// Two requests of Ana's that share one access, of which the first ends early and the second by its time; one of Bo's
/// that is ended early and takes its access with it; one of Cy's for what Cy has anyway, one of Dee's for what her group gives.
const LINES: [Line; 22] = [
    Asks("ana", "Admin", 8),
    Approves("bo", 0),
    Approves("dee", 0),
    Rest,
    Asks("ana", "Admin", 10),
    Approves("dee", 1),
    Approves("bo", 1),
    Rest,
    Ends("ana", 0),
    Asks("bo", "PowerUser", 9),
    Approves("eve", 2),
    Approves("dee", 2),
    Rest,
    Ends("bo", 2),
    Asks("cy", "ReadOnly", 10),
    Approves("bo", 3),
    Approves("dee", 3),
    Asks("dee", "ReadOnly", 10),
    Approves("bo", 4),
    Approves("eve", 4),
    Rest,
    Minutes(11),
];

/// What is told in it, and to whom.
const TOLD: [&str; 14] = [
    "request-1/ended/channel/#prod-access",
    "request-1/ended/person/ana",
    "request-1/granted/channel/#prod-access",
    "request-1/granted/person/ana",
    "request-2/ended/channel/#prod-access",
    "request-2/ended/person/ana",
    "request-2/granted/channel/#prod-access",
    "request-2/granted/person/ana",
    "request-3/ended/channel/#prod-access",
    "request-3/ended/person/bo",
    "request-3/granted/channel/#prod-access",
    "request-3/granted/person/bo",
    "request-4/already-held/person/cy",
    "request-5/already-held/person/dee",
];

fn ended(state: &State, why: &EndCause, keeper: Option<&RequestId>) -> bool {
    match state {
        State::Ended { cause, granted_at: Some(_), kept_by, .. } => {
            cause == why && kept_by.as_ref() == keeper
        }
        _ => false,
    }
}

fn ends_as_told(past: &Past, outside: &Outside) {
    let [first, second, third, fourth, fifth] = &past.requests[..] else { panic!("five requests") };
    let revoked = |who: &str| EndCause::Revoked { by: Who::Person { person: person(who) } };
    assert!(ended(&first.state, &revoked("ana"), Some(&second.ask.id)), "{:?}", first.state);
    assert!(ended(&second.state, &EndCause::Expired, None), "{:?}", second.state);
    assert!(ended(&third.state, &revoked("bo"), None), "{:?}", third.state);
    for held in [fourth, fifth] {
        let was_there =
            matches!(&held.state, State::Ended { cause: EndCause::AlreadyHeld { .. }, granted_at: None, .. });
        assert!(was_there, "{:?}", held.state);
    }
    assert_eq!(outside.creates_of(&holding("cy", "ReadOnly")), 0, "P5");
    assert_eq!(outside.creates_of(&holding("dee", "ReadOnly")), 0, "P5");
}
