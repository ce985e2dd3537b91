//! The world stops at step n, for every n, before the call is made and after its effect, and a new bot goes on.
#![expect(clippy::print_stderr, reason = "a test that fails says at which step")]

use std::collections::BTreeSet;
use std::sync::Arc;

use glasskey_domain::Platform;

use super::emergencies::{CROSSED, PLAIN};
use super::guillotine::{Blade, Side};
use super::outside::{Luck, Mishap, calls};
use super::requests::{ON_BOTH, REQUESTS};
use super::script::{Play, Story, world};
use super::store::Store;
use super::whole::{CUT, LATER, LOST, SEVERAL, URGENT, WHOLE};

fn fine() -> Luck {
    Box::new(|_| Mishap::None)
}

async fn play(story: &'static Story, store: Store, blades: &[Arc<Blade>]) -> Play {
    let mut play = Play::new(story, world(store, fine()));
    play.play(blades, &|_, wires| wires).await;
    play.ends_well();
    play
}

/// How many steps the story has when nobody dies.
async fn length(story: &'static Story) -> usize {
    let blade = Blade::at(None);
    play(story, Store::in_memory(), &[Arc::clone(&blade)]).await;
    blade.steps()
}

/// Plays the story with a death at step n for n = `first`, `first + stride`, … until it is over before its knife falls.
async fn die_everywhere(
    story: &'static Story,
    store: fn() -> Store,
    first: usize,
    stride: usize,
) -> BTreeSet<&'static str> {
    let mut fell_at = BTreeSet::new();
    for step in (first..).step_by(stride) {
        let mut over = true;
        for side in [Side::Before, Side::After] {
            eprintln!("{}: death at step {step}, {side:?} its call", story.name);
            let played = play(story, store(), &[Blade::at(Some((step, side)))]).await;
            over &= played.fell_at.is_empty();
            fell_at.extend(played.fell_at);
        }
        if over {
            break;
        }
    }
    fell_at
}

async fn die_again(story: &'static Story, stride: usize) {
    let length = length(story).await;
    for first in (0..length).step_by(stride) {
        for (again, side) in [(0, Side::Before), (0, Side::After), (2, Side::After), (5, Side::Before)] {
            eprintln!(
                "{}: death at step {first} and again {again} steps later, {side:?} its call",
                story.name
            );
            let blades = [Blade::at(Some((first, Side::After))), Blade::at(Some((again, side)))];
            play(story, Store::in_memory(), &blades).await;
        }
    }
}

const ALL_STEPS: [&str; 7] = ["card", "commit", "create", "delete", "look", "poll", "tell"];
const STEPS_OF_EMERGENCIES: [&str; 8] =
    ["activate", "add", "card", "commit", "deactivate", "observe", "remove", "tell"];

#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_comes_to_the_same_end() {
    let mut fell_at = die_everywhere(&REQUESTS, Store::in_memory, 0, 1).await;
    assert!(fell_at.remove("update"), "cards are updated");
    assert_eq!(fell_at, BTreeSet::from(ALL_STEPS), "every kind of step was met");
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_on_two_platforms_comes_to_the_same_end() {
    let fell_at = die_everywhere(&ON_BOTH, Store::in_memory, 0, 1).await;
    let steps: BTreeSet<&str> = Platform::ALL.into_iter().flat_map(calls).chain(ALL_STEPS).collect();
    assert_eq!(fell_at, steps, "every kind of step was met, on each platform");
}

async fn die_in_all_of(stories: &[&'static Story]) -> BTreeSet<&'static str> {
    let mut fell_at = BTreeSet::new();
    for story in stories {
        fell_at.extend(die_everywhere(story, Store::in_memory, 0, 1).await);
    }
    assert!(fell_at.remove("update"), "cards are updated");
    fell_at
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_of_an_emergency_comes_to_the_same_end() {
    let mut steps = BTreeSet::from(STEPS_OF_EMERGENCIES);
    steps.insert("metadata");
    let met = die_in_all_of(&PLAIN).await;
    assert!(met.is_superset(&steps), "{met:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_when_something_comes_between_comes_to_the_same_end() {
    let mut steps = BTreeSet::from(STEPS_OF_EMERGENCIES);
    steps.extend(["cut", "cut-look"]);
    let met = die_in_all_of(&CROSSED).await;
    assert!(met.is_superset(&steps), "{met:?}");
}

/// Of everything that requests can be.
async fn die_in(story: &'static Story, steps: &[&str]) {
    let met = die_everywhere(story, Store::in_memory, 0, 1).await;
    let missing: Vec<&&str> = steps.iter().filter(|step| !met.contains(**step)).collect();
    assert!(missing.is_empty(), "nobody died at {missing:?}: {met:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_of_what_begins_later_and_lasts_longer_comes_to_the_same_end() {
    die_in(&LATER, &ALL_STEPS).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_of_several_things_comes_to_the_same_end() {
    die_in(&SEVERAL, &ALL_STEPS).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_of_urgent_access_comes_to_the_same_end() {
    die_in(&URGENT, &ALL_STEPS).await;
}

/// pitfall 26, pitfall 27: what is not so any more, and what nobody ever asked for.
#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_of_what_changed_comes_to_the_same_end() {
    die_in(&LOST, &ALL_STEPS).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_at_any_step_of_cutting_sessions_comes_to_the_same_end() {
    die_in(&CUT, &[ALL_STEPS.as_slice(), &["deny"]].concat()).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_over_a_real_disk_comes_to_the_same_end() {
    // Every step would take minutes of fsync; a stride that shares no factor with the story's rhythm meets all kinds.
    let mut fell_at = die_everywhere(&REQUESTS, Store::on_disk, 3, 23).await;
    fell_at.remove("update");
    assert!(fell_at.contains("commit"), "{fell_at:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_in_an_emergency_over_a_real_disk_comes_to_the_same_end() {
    let mut fell_at = BTreeSet::new();
    for (first, story) in PLAIN.into_iter().chain(CROSSED).enumerate() {
        fell_at.extend(die_everywhere(story, Store::on_disk, 3 * first, 37).await);
    }
    assert!(fell_at.contains("commit"), "{fell_at:?}");
}

#[tokio::test(start_paused = true)]
async fn who_dies_again_soon_after_a_death_comes_to_the_same_end() {
    die_again(&REQUESTS, 7).await;
    die_again(&ON_BOTH, 7).await;
    for story in PLAIN.into_iter().chain(CROSSED) {
        die_again(story, 13).await;
    }
    for story in WHOLE {
        die_again(story, 61).await;
    }
}
