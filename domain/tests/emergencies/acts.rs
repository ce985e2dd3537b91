//! What can happen in a history: people, time, the provider, crashes. Drawn at random, and printed as a story.

use glasskey_domain::Seconds;
use glasskey_domain::emergency::Level;
use proptest::prelude::*;

use crate::town::PEOPLE;
use crate::twin::LAG_MAX;

/// Who is meant: a place in [`PEOPLE`].
type Who = usize;

#[derive(Debug, Clone)]
pub enum Act {
    Opens {
        who: Who,
        people: Vec<Who>,
        ops: bool,
        minutes: u32,
    },
    Confirms {
        who: Who,
    },
    /// Whoever opened what waits.
    GoesAlone,
    Declines {
        who: Who,
    },
    Closes {
        who: Who,
    },
    Adds {
        who: Who,
        people: Vec<Who>,
        ops: bool,
    },
    Removes {
        who: Who,
        people: Vec<Who>,
    },
    Extends {
        who: Who,
        minutes: u32,
    },
    Drills {
        who: Option<Who>,
        canary: bool,
    },
    Reviews {
        who: Who,
        which: usize,
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
    /// Everything that is due now.
    Settles {
        dice: u64,
    },
    /// Time passes, and everything that becomes due is done.
    Waits {
        seconds: i64,
        dice: u64,
    },
    Lands {
        twice: bool,
    },
    Crashes,
    ByHand {
        kind: u8,
        who: Who,
        ops: bool,
    },
    Weather {
        bad: bool,
        lag: i64,
        read_only: bool,
    },
    Policy {
        ro: u32,
        ops: u32,
        long: u32,
        solo: Option<u32>,
        may_not_open: usize,
        may_not_confirm: usize,
    },
    Employs {
        who: Who,
        enabled: bool,
    },
    Cuts {
        on: bool,
    },
    Center {
        answers: bool,
    },
}

pub fn level(ops: bool) -> Level {
    if ops { Level::Ops } else { Level::Ro }
}

fn people() -> impl Strategy<Value = Vec<Who>> {
    prop::collection::vec(0..6_usize, 1..3)
}

fn said() -> impl Strategy<Value = Act> {
    let who = 0..PEOPLE.len();
    prop_oneof![
        6 => (0..3_usize, prop::collection::vec(0..6_usize, 0..3), any::<bool>(), 1..250_u32)
            .prop_map(|(who, people, ops, minutes)| Act::Opens { who, people, ops, minutes }),
        9 => (0..5_usize).prop_map(|who| Act::Confirms { who }),
        4 => Just(Act::GoesAlone),
        1 => who.clone().prop_map(|who| Act::Declines { who }),
        3 => who.clone().prop_map(|who| Act::Closes { who }),
        3 => (0..2_usize, people(), any::<bool>()).prop_map(|(who, people, ops)| Act::Adds { who, people, ops }),
        3 => (0..4_usize, people()).prop_map(|(who, people)| Act::Removes { who, people }),
        2 => (0..4_usize, 0..90_u32).prop_map(|(who, minutes)| Act::Extends { who, minutes }),
        2 => (prop::option::of(0..2_usize), any::<bool>()).prop_map(|(who, canary)| Act::Drills { who, canary }),
        2 => (who, 0..3_usize).prop_map(|(who, which)| Act::Reviews { who, which }),
        1 => (0..40_usize).prop_map(|which| Act::ComesAgain { which }),
    ]
}

fn happens() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..8_i64).prop_map(|seconds| Act::Passes { seconds }),
        3 => (8..150_i64).prop_map(|seconds| Act::Passes { seconds }),
        2 => (100..2500_i64).prop_map(|seconds| Act::Passes { seconds }),
        8 => (60..600_i64, any::<u64>()).prop_map(|(seconds, dice)| Act::Waits { seconds, dice }),
        1 => (3000..200_000_i64, any::<u64>()).prop_map(|(seconds, dice)| Act::Waits { seconds, dice }),
        8 => (1..10_u8, any::<u64>()).prop_map(|(jobs, dice)| Act::Works { jobs, dice }),
        12 => any::<u64>().prop_map(|dice| Act::Settles { dice }),
        1 => any::<bool>().prop_map(|twice| Act::Lands { twice }),
        1 => Just(Act::Crashes),
        4 => (0..4_u8, 0..6_usize, any::<bool>()).prop_map(|(kind, who, ops)| Act::ByHand { kind, who, ops }),
        2 => (prop::bool::weighted(0.6), 0..=LAG_MAX, prop::bool::weighted(0.15))
            .prop_map(|(bad, lag, read_only)| Act::Weather { bad, lag, read_only }),
        1 => (0..8_usize, prop::bool::weighted(0.6)).prop_map(|(who, enabled)| Act::Employs { who, enabled }),
        1 => any::<bool>().prop_map(|on| Act::Cuts { on }),
        1 => any::<bool>().prop_map(|answers| Act::Center { answers }),
        2 => policy(),
    ]
}

fn policy() -> impl Strategy<Value = Act> {
    let approvals = || prop::sample::select(vec![0_u32, 0, 1, 1, 2]);
    let solo = prop::option::of(0..200_u32);
    (approvals(), approvals(), 0..3_u32, solo, 0..9_usize, 0..9_usize).prop_map(
        |(ro, ops, long, solo, may_not_open, may_not_confirm)| Act::Policy {
            ro,
            ops,
            long,
            solo,
            may_not_open,
            may_not_confirm,
        },
    )
}

pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![1 => happens(), 1 => said()]
}

/// Draws from the bits that an act brings.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> u64 {
        // Numerical Recipes' generator: the draws of one act need no more than to differ.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub fn seconds(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(most).unwrap() + 1)).unwrap()
    }

    pub fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }
}

pub fn minutes(minutes: u32) -> Seconds {
    Seconds::minutes(minutes)
}
