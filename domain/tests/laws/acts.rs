//! What can happen in a history: people, time, the outside, crashes. Drawn at random, and printed as a story.

use proptest::prelude::*;

use crate::twin::LAG_MAX;

pub const PEOPLE: [&str; 4] = ["ana", "bo", "cy", "dee"];
/// Of these three, in any combination, people ask for access.
pub const THINGS: usize = 3;

#[derive(Debug, Clone)]
pub enum Act {
    Asks {
        who: usize,
        /// Bits: which things.
        things: usize,
        minutes: u32,
        /// In so many minutes; at once, when 0.
        start: u32,
        urgent: bool,
    },
    Approves {
        who: usize,
        which: usize,
        /// For so many minutes; as asked, when 0.
        minutes: u32,
    },
    Denies {
        who: usize,
        which: usize,
    },
    Withdraws {
        who: usize,
        which: usize,
    },
    Ends {
        who: usize,
        which: usize,
        cut: bool,
    },
    Extends {
        who: usize,
        which: usize,
        minutes: u32,
    },
    Reviews {
        who: usize,
        which: usize,
        objects: bool,
    },
    EndsAll {
        who: usize,
        scope: usize,
    },
    ComesAgain {
        which: usize,
    },
    Passes {
        seconds: i64,
    },
    Works {
        jobs: u8,
        dice: u64,
    },
    Crashes,
    /// The scheduled look at everything that is held.
    Sweeps {
        dice: u64,
    },
    /// The directory is read, and what is granted is compared with it; or policy alone is new.
    Compares {
        read: bool,
    },
    /// Everything that is assigned to people is listed.
    Lists {
        dice: u64,
        remove: bool,
    },
    ByHand {
        who: usize,
        thing: usize,
        add: bool,
    },
    Weather {
        bad: bool,
        lag: i64,
    },
    Policy {
        approvals: u32,
        quorum: usize,
        may_not_request: usize,
        may_not_approve: usize,
    },
    Employs {
        who: usize,
        employment: usize,
    },
    /// Somebody is not enabled in one reading of the directory; in the next they are back, or not.
    Vanishes {
        who: usize,
        employment: usize,
        back: bool,
    },
    /// Somebody joins a group, or leaves it.
    Moves {
        who: usize,
        group: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![30 => people(), 9 => time(), 30 => outside(), 13 => company()]
}

/// So many acts; half of the histories begin with access that is there for some hours, of which much can become.
pub fn history(acts: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Act>> {
    let things = prop::sample::select(vec![1, 2, 3, 7]);
    let opening = (0..PEOPLE.len(), things, prop::bool::weighted(0.2), any::<u64>()).prop_map(
        |(who, things, urgent, dice)| {
            let approves = (0..PEOPLE.len()).map(|who| Act::Approves { who, which: 0, minutes: 0 });
            let works = (0..9).map(|seconds| [Act::Works { jobs: 19, dice }, Act::Passes { seconds }]);
            let good = Act::Weather { bad: false, lag: 0 };
            let asks = Act::Asks { who, things, minutes: 170, start: 0, urgent };
            let bad = Act::Weather { bad: true, lag: 2 };
            [good, asks].into_iter().chain(approves).chain(works.flatten()).chain([bad]).collect::<Vec<_>>()
        },
    );
    (prop::option::of(opening), prop::collection::vec(act(), acts))
        .prop_map(|(opening, acts)| opening.into_iter().flatten().chain(acts).collect())
}

fn people() -> impl Strategy<Value = Act> {
    let (who, which) = (0..PEOPLE.len(), 0..3_usize);
    let things = prop::sample::select(vec![1, 1, 1, 2, 2, 4, 3, 3, 5, 6, 7]);
    let start = prop::sample::select(vec![0, 0, 0, 0, 1, 20, 90]);
    let less = prop::sample::select(vec![0, 0, 0, 5, 30]);
    // The requester, when nobody of the four.
    let own = 0..2 * PEOPLE.len();
    prop_oneof![
        20 => (who.clone(), things, 1..180_u32, start, prop::bool::weighted(0.2))
            .prop_map(|(who, things, minutes, start, urgent)| Act::Asks { who, things, minutes, start, urgent }),
        50 => (who.clone(), which.clone(), less).prop_map(|(who, which, minutes)| Act::Approves { who, which, minutes }),
        12 => (who.clone(), which.clone()).prop_map(|(who, which)| Act::Denies { who, which }),
        4 => (own.clone(), which.clone()).prop_map(|(who, which)| Act::Withdraws { who, which }),
        8 => (own.clone(), which.clone(), any::<bool>()).prop_map(|(who, which, cut)| Act::Ends { who, which, cut }),
        30 => (own, which.clone(), 1..120_u32)
            .prop_map(|(who, which, minutes)| Act::Extends { who, which, minutes }),
        6 => (who.clone(), which, any::<bool>()).prop_map(|(who, which, objects)| Act::Reviews { who, which, objects }),
        1 => (who, 0..8_usize).prop_map(|(who, scope)| Act::EndsAll { who, scope }),
        5 => (0..40_usize).prop_map(|which| Act::ComesAgain { which }),
    ]
}

fn time() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..8_i64).prop_map(|seconds| Act::Passes { seconds }),
        2 => (8..100_i64).prop_map(|seconds| Act::Passes { seconds }),
        2 => (100..8000_i64).prop_map(|seconds| Act::Passes { seconds }),
        1 => Just(Act::Crashes),
    ]
}

fn outside() -> impl Strategy<Value = Act> {
    prop_oneof![
        20 => (1..20_u8, any::<u64>()).prop_map(|(jobs, dice)| Act::Works { jobs, dice }),
        3 => any::<u64>().prop_map(|dice| Act::Sweeps { dice }),
        3 => (any::<u64>(), any::<bool>()).prop_map(|(dice, remove)| Act::Lists { dice, remove }),
        3 => (0..PEOPLE.len(), 0..THINGS, prop::bool::weighted(0.4)).prop_map(|(who, thing, add)| Act::ByHand { who, thing, add }),
        2 => (prop::bool::weighted(0.75), 0..=LAG_MAX).prop_map(|(bad, lag)| Act::Weather { bad, lag }),
    ]
}

fn company() -> impl Strategy<Value = Act> {
    let approvals = prop::sample::select(vec![0, 0, 1, 1, 2]);
    prop_oneof![
        2 => (approvals, 0..5_usize, 0..9_usize, 0..9_usize)
            .prop_map(|(approvals, quorum, may_not_request, may_not_approve)| {
                Act::Policy { approvals, quorum, may_not_request, may_not_approve }
            }),
        2 => (0..PEOPLE.len(), prop::sample::select(vec![0, 0, 1, 2]))
            .prop_map(|(who, employment)| Act::Employs { who, employment }),
        2 => (0..PEOPLE.len(), 1..3_usize, any::<bool>())
            .prop_map(|(who, employment, back)| Act::Vanishes { who, employment, back }),
        2 => (0..PEOPLE.len(), 0..3_usize).prop_map(|(who, group)| Act::Moves { who, group }),
        10 => prop::bool::weighted(0.8).prop_map(|read| Act::Compares { read }),
    ]
}
