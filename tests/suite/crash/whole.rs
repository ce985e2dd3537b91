//! The stories of all that requests can be besides asked for, approved and ended: later, longer, several at once, taken before
//! anybody says yes, ended with all the rest, not permitted any more, with sessions that are cut, and never asked for.

use glasskey_domain::request::{Cutting, Lost, UrgentReview};
use glasskey_domain::{EndCause, State};

use super::company::{Table, holding};
use super::outside::Outside;
use super::script::Line::{
    Approves, Asks, AsksAll, AsksAt, AssignedByHand, Ends, EndsAll, EndsAndCuts, Leaves, LooksForDrift,
    Minutes, Objects, Prolongs, Rest, Sleeps, Takes,
};
use super::script::{SLACK, Story};

pub(crate) const WHOLE: [&Story; 5] = [&LATER, &SEVERAL, &URGENT, &LOST, &CUT];

/// Begins after five minutes, and is extended with new approvals.
pub(crate) const LATER: Story = Story {
    name: "later and longer",
    rules: Table::of_two,
    on: SLACK,
    cuts: false,
    lines: &[
        AsksAt("ana", "Admin", 14, 5),
        Approves("bo", 0),
        Approves("dee", 0),
        Rest,
        Minutes(6),
        Prolongs("ana", 0, 6),
        Rest,
        Approves("eve", 0),
        Approves("bo", 0),
        Rest,
        Minutes(21),
    ],
    told: &[
        "request-1/ended/channel/#prod-access",
        "request-1/ended/person/ana",
        "request-1/ends-soon-1/person/ana",
        "request-1/extended-1/channel/#prod-access",
        "request-1/extended-1/person/ana",
        "request-1/extension-asked-1/person/bo",
        "request-1/extension-asked-1/person/dee",
        "request-1/extension-asked-1/person/eve",
        "request-1/granted/channel/#prod-access",
        "request-1/granted/person/ana",
        "request-1/scheduled/person/ana",
    ],
    perhaps_told: &[],
    ends: |past, _| {
        let [it] = &past.requests[..] else { panic!("one request") };
        assert!(
            matches!(it.state, State::Ended { cause: EndCause::Expired, granted_at: Some(_), .. }),
            "{it:?}"
        );
        assert_eq!(it.extensions, 1);
    },
};

/// A bundle, ended as one; of another, part is shared with a request that lasts longer.
pub(crate) const SEVERAL: Story = Story {
    name: "several things at once",
    rules: Table::of_two,
    on: SLACK,
    cuts: false,
    lines: &[
        AsksAll("ana", &["Admin", "PowerUser"], 9),
        Approves("bo", 0),
        Approves("dee", 0),
        Rest,
        Asks("ana", "Admin", 9),
        Approves("bo", 1),
        Approves("dee", 1),
        Rest,
        Ends("ana", 0),
        Rest,
        AsksAll("cy", &["ReadOnly"], 8),
        Approves("bo", 2),
        Approves("eve", 2),
        Rest,
        Minutes(10),
    ],
    told: &[
        "request-1/ended/channel/#prod-access",
        "request-1/ended/person/ana",
        "request-1/granted/channel/#prod-access",
        "request-1/granted/person/ana",
        "request-2/ended/channel/#prod-access",
        "request-2/ended/person/ana",
        "request-2/granted/channel/#prod-access",
        "request-2/granted/person/ana",
        "request-3/ended/channel/#prod-access",
        "request-3/ended/person/cy",
        "request-3/granted/channel/#prod-access",
        "request-3/granted/person/cy",
    ],
    perhaps_told: &[],
    ends: |past, outside| {
        let [first, second, third] = &past.requests[..] else { panic!("three requests") };
        for (it, expired) in [(first, false), (second, true), (third, true)] {
            let State::Ended { cause, granted_at: Some(_), .. } = &it.state else { panic!("{it:?}") };
            assert_eq!(*cause == EndCause::Expired, expired, "{it:?}");
        }
        assert_eq!(outside.creates_of(&holding("cy", "ReadOnly")), 0, "P5");
    },
};

/// Taken at once and objected to; then everything is ended, whatever it was doing.
pub(crate) const URGENT: Story = Story {
    name: "urgent, and the panic switch",
    rules: Table::of_two,
    on: SLACK,
    cuts: false,
    lines: &[
        Takes("ana", "Admin", 9),
        Rest,
        Objects("bo", 0),
        Rest,
        Asks("ana", "Admin", 9),
        Approves("bo", 1),
        Approves("dee", 1),
        Rest,
        AsksAll("bo", &["PowerUser"], 9),
        Approves("eve", 2),
        Approves("dee", 2),
        Rest,
        AsksAt("dee", "Admin", 9, 300),
        Approves("eve", 3),
        Approves("bo", 3),
        Rest,
        Asks("eve", "Admin", 9),
        EndsAll,
        Rest,
        Minutes(10),
    ],
    told: &[
        "request-1/ended/channel/#prod-access",
        "request-1/ended/person/ana",
        "request-1/granted/channel/#prod-access",
        "request-1/granted/person/ana",
        "request-1/objected/person/ana",
        "request-1/urgent/channel/#incident",
        "request-1/urgent/channel/#prod-access",
        "request-1/urgent/person/bo",
        "request-1/urgent/person/dee",
        "request-1/urgent/person/eve",
        "request-2/ended/channel/#prod-access",
        "request-2/ended/person/ana",
        "request-2/granted/channel/#prod-access",
        "request-2/granted/person/ana",
        "request-3/ended/channel/#prod-access",
        "request-3/ended/person/bo",
        "request-3/granted/channel/#prod-access",
        "request-3/granted/person/bo",
        "request-4/ended/channel/#prod-access",
        "request-4/ended/person/dee",
        "request-4/scheduled/person/dee",
        "request-5/ended/channel/#prod-access",
        "request-5/ended/person/eve",
        "watch/ended-all-/access",
    ],
    perhaps_told: &[],
    ends: |past, outside| {
        let [urgent, rest @ ..] = &past.requests[..] else { panic!("five requests") };
        assert!(matches!(urgent.state, State::Ended { cause: EndCause::Objected { .. }, .. }), "{urgent:?}");
        assert!(matches!(urgent.review, UrgentReview::Objected { .. }), "{urgent:?}");
        for it in rest {
            assert!(matches!(it.state, State::Ended { cause: EndCause::Revoked { .. }, .. }), "{it:?}");
        }
        assert_eq!(outside.creates_of(&holding("dee", "Admin")), 0, "it had not begun");
    },
};

/// Ana is disabled, and what somebody made by hand is removed.
pub(crate) const LOST: Story = Story {
    name: "lost, and drifted",
    rules: Table::of_two,
    on: SLACK,
    cuts: false,
    lines: &[
        Asks("ana", "Admin", 9),
        Approves("bo", 0),
        Approves("dee", 0),
        Rest,
        Leaves("ana"),
        Leaves("ana"),
        Rest,
        AssignedByHand("eve", "Admin"),
        LooksForDrift,
        LooksForDrift,
        Rest,
        // An absence that a lost create could still end is believed after 50 seconds.
        Minutes(2),
    ],
    told: &[
        "request-1/ended/channel/#prod-access",
        "request-1/ended/person/ana",
        "request-1/granted/channel/#prod-access",
        "request-1/granted/person/ana",
        "watch/drift-/access",
    ],
    perhaps_told: &[],
    ends: |past, outside| {
        let [lost] = &past.requests[..] else { panic!("one request") };
        let gone = EndCause::ConditionsChanged { lost: Lost::PersonDisabled };
        assert!(matches!(&lost.state, State::Ended { cause, .. } if *cause == gone), "{lost:?}");
        assert!(!outside.has(&holding("eve", "Admin")));
        assert!(outside.has(&holding("cy", "ReadOnly")), "it stood before, and is removed by nobody");
    },
};

/// Bo's sessions are cut, and freed after half a day.
pub(crate) const CUT: Story = Story {
    name: "sessions are cut",
    rules: Table::of_two,
    on: SLACK,
    cuts: false,
    lines: &[
        Asks("bo", "PowerUser", 9),
        Approves("eve", 0),
        Approves("dee", 0),
        Rest,
        EndsAndCuts("bo", 0),
        Rest,
        Minutes(2),
        Sleeps(725),
    ],
    told: &[
        "request-1/ended/channel/#prod-access",
        "request-1/ended/person/bo",
        "request-1/granted/channel/#prod-access",
        "request-1/granted/person/bo",
        "request-1/sessions-cut/person/bo",
        "request-1/sessions-cut/thread",
    ],
    perhaps_told: &[],
    ends: |past, outside: &Outside| {
        let [cut]: &[_] = &past.requests[..] else { panic!("one request") };
        assert!(matches!(cut.cut, Cutting::Done { .. }), "{cut:?}");
        assert!(!outside.denies(&holding("bo", "PowerUser")));
    },
};
