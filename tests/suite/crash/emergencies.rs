//! Stories of emergencies.

use glasskey_domain::Emergency;
use glasskey_domain::Seconds;
use glasskey_domain::emergency::Level::{Ops, Ro};
use glasskey_domain::emergency::{CloseCause, EmergencyState, Happening};

use super::company::Table;
use super::script::Line::{
    Adds, AppOffByHand, ByHand, Confirms, Declines, Drills, Extends, Minutes, Offs, Opens, Removes, Rest,
    Reviews,
};
use super::script::{BOTH, SLACK, Story};

/// Those of one emergency that goes as people want it to.
pub(crate) const PLAIN: [&Story; 6] = [&ON_AND_OFF, &DEADLINE, &SOLO, &PEOPLE_AND_TIME, &DECLINED, &DRILL];
/// Those in which something comes between.
pub(crate) const CROSSED: [&Story; 5] =
    [&OFF_WHILE_OPENING, &INCIDENT_IN_A_DRILL, &AGAIN_WHILE_CLOSING, &CUT, &BY_HAND];

/// Whoever may break glass does it at once.
fn at_once() -> Table {
    Table { confirmations: 0, ..Table::of_two() }
}

/// Another must confirm, or three minutes pass.
fn solo_after_three() -> Table {
    Table { solo_after: Some(Seconds::minutes(3)), ..Table::of_two() }
}

const ON_AND_OFF: Story = Story {
    name: "on and off",
    rules: at_once,
    on: BOTH,
    cuts: false,
    lines: &[Opens("dee", Ops, 60, &["ana", "bo"]), Rest, Offs("dee"), Minutes(1), Reviews(0), Rest],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-off/person/bo",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ops/person/ana",
        "emergency-1/sign-in-ops/person/bo",
    ],
    perhaps_told: &[],
    ends: |past, _| assert!(was_on(&past.emergencies[0])),
};

const DEADLINE: Story = Story {
    name: "deadline",
    rules: at_once,
    on: SLACK,
    cuts: false,
    lines: &[Opens("dee", Ro, 2, &["ana"]), Minutes(4), Reviews(0), Rest],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ro/person/ana",
    ],
    perhaps_told: &[],
    ends: |past, _| {
        assert!(was_on(&past.emergencies[0]));
        assert_eq!(cause(&past.emergencies[0]), Some(&CloseCause::Deadline));
    },
};

const SOLO: Story = Story {
    name: "alone after three minutes",
    rules: solo_after_three,
    on: SLACK,
    cuts: false,
    lines: &[
        Opens("dee", Ops, 60, &["ana"]),
        Minutes(3),
        Confirms("dee"),
        Rest,
        Offs("ana"),
        Minutes(1),
        Reviews(0),
        Rest,
    ],
    told: &[
        "emergency-1/emergency-alone/access",
        "emergency-1/emergency-alone/channel/#incident",
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/proposed-0/channel/#incident",
        "emergency-1/proposed-0/person/bo",
        "emergency-1/proposed-0/person/eve",
        "emergency-1/proposed-1/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ops/person/ana",
    ],
    perhaps_told: &[],
    ends: |past, _| assert!(past.emergencies[0].alone && was_on(&past.emergencies[0])),
};

/// Confirmed by another, with one more person, longer than it was, and with one person less.
const PEOPLE_AND_TIME: Story = Story {
    name: "people and time",
    rules: Table::of_two,
    on: SLACK,
    cuts: false,
    lines: &[
        Opens("dee", Ops, 12, &["ana"]),
        Confirms("bo"),
        Rest,
        Adds("dee", "cy", Ro),
        Rest,
        Minutes(3),
        Extends("bo", 15),
        Removes("dee", "ana"),
        Rest,
        Offs("bo"),
        Minutes(1),
        Reviews(0),
        Rest,
    ],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-off/person/cy",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/ends-soon-0/channel/#incident",
        "emergency-1/ends-soon-0/person/dee",
        "emergency-1/extended-1/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ops/person/ana",
        "emergency-1/sign-in-ro/person/cy",
    ],
    // Who confirms before it was posted leaves nothing to be said.
    perhaps_told: &PROPOSED,
    ends: |past, _| {
        assert!(was_on(&past.emergencies[0]));
        assert_eq!(past.emergencies[0].extended, 1);
    },
};

const PROPOSED: [&str; 3] = [
    "emergency-1/proposed-0/channel/#incident",
    "emergency-1/proposed-0/person/bo",
    "emergency-1/proposed-0/person/eve",
];

const DECLINED: Story = Story {
    name: "declined",
    rules: Table::of_two,
    on: BOTH,
    cuts: false,
    lines: &[Opens("dee", Ops, 30, &["ana"]), Rest, Declines("bo"), Rest],
    told: &[
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/proposed-0/channel/#incident",
        "emergency-1/proposed-0/person/bo",
        "emergency-1/proposed-0/person/eve",
    ],
    perhaps_told: &[],
    ends: |past, outside| {
        assert!(matches!(past.emergencies[0].state, EmergencyState::Declined { .. }));
        assert_eq!(outside.activations(), 0);
    },
};

const DRILL: Story = Story {
    name: "drill",
    rules: at_once,
    on: SLACK,
    cuts: true,
    lines: &[Drills("dee"), Minutes(3)],
    told: &["emergency-1/emergency-off/channel/#incident"],
    perhaps_told: &[],
    ends: |past, outside| {
        assert!(was_on(&past.emergencies[0]));
        assert_eq!(cause(&past.emergencies[0]), Some(&CloseCause::DrillDone));
        assert!(!outside.is_cut(), "nobody had a session");
    },
};

const OFF_WHILE_OPENING: Story = Story {
    name: "off while opening",
    rules: at_once,
    on: BOTH,
    cuts: true,
    lines: &[Opens("dee", Ops, 60, &["ana"]), Offs("dee"), Minutes(1), Reviews(0), Rest],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/reviewed/channel/#incident",
    ],
    // Who is quick enough is in before.
    perhaps_told: &[
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/sign-in-ops/person/ana",
    ],
    ends: |_, outside| assert!(outside.is_cut()),
};

const INCIDENT_IN_A_DRILL: Story = Story {
    name: "an incident in a drill",
    rules: at_once,
    on: SLACK,
    cuts: false,
    lines: &[
        Drills("dee"),
        Opens("bo", Ops, 30, &["ana"]),
        Rest,
        Minutes(5),
        Offs("bo"),
        Minutes(1),
        Reviews(1),
        Rest,
    ],
    told: &[
        "emergency-1/emergency-off/channel/#incident",
        "emergency-2/emergency-off/access",
        "emergency-2/emergency-off/channel/#incident",
        "emergency-2/emergency-off/person/ana",
        "emergency-2/emergency-off/person/bo",
        "emergency-2/emergency-on/access",
        "emergency-2/emergency-on/channel/#incident",
        "emergency-2/reviewed/channel/#incident",
        "emergency-2/sign-in-ops/person/ana",
    ],
    perhaps_told: &[],
    ends: |past, _| {
        assert!(was_on(&past.emergencies[1]));
        assert!(was_ordered(&past.emergencies[1]), "{:?}", past.emergencies[1].state);
    },
};

const AGAIN_WHILE_CLOSING: Story = Story {
    name: "again while it is being closed",
    rules: at_once,
    on: SLACK,
    cuts: true,
    lines: &[
        Opens("dee", Ops, 30, &["ana"]),
        Rest,
        Offs("dee"),
        Opens("bo", Ops, 30, &["ana", "cy"]),
        Minutes(5),
        Offs("cy"),
        Minutes(1),
        Reviews(0),
        Reviews(1),
        Rest,
    ],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ops/person/ana",
        "emergency-2/emergency-off/access",
        "emergency-2/emergency-off/channel/#incident",
        "emergency-2/emergency-off/person/ana",
        "emergency-2/emergency-off/person/bo",
        "emergency-2/emergency-off/person/cy",
        "emergency-2/emergency-on/access",
        "emergency-2/emergency-on/channel/#incident",
        "emergency-2/reviewed/channel/#incident",
        "emergency-2/sign-in-ops/person/ana",
        "emergency-2/sign-in-ops/person/cy",
    ],
    perhaps_told: &[],
    ends: |past, outside| {
        assert!(past.emergencies.iter().all(was_on));
        assert!(was_ordered(&past.emergencies[1]), "{:?}", past.emergencies[1].state);
        assert!(outside.is_cut());
    },
};

const CUT: Story = Story {
    name: "sessions are cut",
    rules: at_once,
    on: BOTH,
    cuts: true,
    lines: &[Opens("dee", Ro, 60, &["dee"]), Rest, Offs("dee"), Minutes(1), Reviews(0), Rest],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ro/person/dee",
    ],
    perhaps_told: &[],
    ends: |_, outside| assert!(outside.is_cut()),
};

/// The story for a provider that stumbles: with time to get up again.
pub(crate) const STUMBLING: Story = Story {
    name: "the provider stumbles",
    rules: at_once,
    on: BOTH,
    cuts: true,
    lines: &[Opens("dee", Ops, 30, &["ana"]), Minutes(2), Offs("dee"), Minutes(3), Reviews(0), Rest],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ops/person/ana",
    ],
    perhaps_told: &[
        "emergency-1/emergency-stuck/channel/#incident",
        "emergency-1/emergency-stuck/person/dee",
        "emergency-1/overdue-1/access",
        "emergency-1/overdue-1/channel/#incident",
        "emergency-1/overdue-1/person/dee",
        "emergency-1/overdue-over/channel/#incident",
    ],
    ends: |_, outside| assert!(outside.is_cut()),
};

/// Mallory comes in by the console, Ana is thrown out there, and at last somebody deactivates the app.
const BY_HAND: Story = Story {
    name: "by hand",
    rules: at_once,
    on: SLACK,
    cuts: false,
    lines: &[
        Opens("dee", Ops, 60, &["ana", "bo"]),
        Rest,
        ByHand("mallory", true),
        ByHand("ana", false),
        Minutes(5),
        AppOffByHand,
        Minutes(5),
        Reviews(0),
        Rest,
    ],
    told: &[
        "emergency-1/emergency-off/access",
        "emergency-1/emergency-off/channel/#incident",
        "emergency-1/emergency-off/person/ana",
        "emergency-1/emergency-off/person/bo",
        "emergency-1/emergency-off/person/dee",
        "emergency-1/emergency-on/access",
        "emergency-1/emergency-on/channel/#incident",
        "emergency-1/reviewed/channel/#incident",
        "emergency-1/sign-in-ops/person/ana",
        "emergency-1/sign-in-ops/person/bo",
        "emergency-1/strangers-1/channel/#incident",
    ],
    perhaps_told: &[],
    ends: |past, outside| {
        let one = &past.emergencies[0];
        assert_eq!(cause(one), Some(&CloseCause::ByHand));
        assert!(one.timeline.iter().any(|moment| matches!(moment.what, Happening::GoneByHand { .. })));
        assert!(outside.open_now().is_empty(), "Mallory is out again");
    },
};

fn cause(one: &Emergency) -> Option<&CloseCause> {
    match &one.state {
        EmergencyState::Off { cause, .. } => Some(cause),
        _ => None,
    }
}

fn was_on(one: &Emergency) -> bool {
    matches!(&one.state, EmergencyState::Off { on_since: Some(_), .. })
}

fn was_ordered(one: &Emergency) -> bool {
    matches!(cause(one), Some(CloseCause::Ordered { .. }))
}
