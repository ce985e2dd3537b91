//! Access that no request explains: told after it was seen twice, left alone unless the configuration says otherwise, and never
//! taken for drift while a grant is under way.

use std::time::Duration;

use glasskey_domain::refusal::StateWord;
use glasskey_domain::{Answer, Refusal};
use glasskey_playground::aws::FaultKind;
use jiff::ToSpan as _;

use crate::town::{ACCESS, Plan, Platform, Town};

on_each_platform! {
    what_no_request_explains_is_told_when_it_is_seen_twice_and_left_alone,
    what_is_gone_at_the_second_look_is_not_told,
    what_cannot_be_listed_is_not_compared,
    where_the_configuration_says_so_it_is_removed_and_nothing_else,
    what_is_removed_is_removed_in_the_end_also_when_aws_fails,
    a_grant_under_way_is_never_drift,
    what_a_request_explains_is_no_drift_and_what_it_ended_is_none_either,
    what_was_adopted_is_not_told_and_not_removed,
    only_what_is_there_can_be_adopted,
    the_schedule_finds_it_too,
    standing_access_is_reported_every_week,
    urgent_access_that_nobody_looked_at_is_in_the_weekly_report,
}

/// Nobody looks but the story.
const BY_HAND: &str = "reconcile = \"0 0 3 1 1 *\"\n";
const REMOVES: &str = "[drift]\npermission_sets = [\"PowerUser\"]\nremove = true\n";
const HEAD: &str = "Access that no request explains";

fn town_with(on: Platform, more: &str) -> Town {
    Town::planned(Plan { schedule: BY_HAND.to_owned(), more: more.to_owned(), ..Plan::on(on) })
}

/// pitfall 20
fn what_no_request_explains_is_told_when_it_is_seen_twice_and_left_alone(on: Platform) {
    let town = town_with(on, "");
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    let first_seen = town.now();
    town.looks_for_drift();
    assert!(town.posts().is_empty(), "once is not enough: {:?}", town.posts());
    town.looks_for_drift();
    let told = town.channel_says(on, ACCESS, HEAD).words();
    // Cy's was there from the beginning.
    for words in
        ["2 assignments", "PowerUser", "payments-prod", "ReadOnly", "data-prod", "first seen", "CloudTrail"]
    {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    assert!(told.contains(&town.mention("ana")) || told.contains("Ana"), "{told}");
    assert!(told.contains(&town.time(first_seen)) || told.contains("first seen"), "{told}");
    assert!(told.contains("Glasskey removes none of it") && told.contains("glasskey drift adopt"), "{told}");
    for _ in 0..3 {
        town.looks_for_drift();
    }
    assert_eq!(town.said(HEAD), 1, "told once");
    assert!(town.aws().has("ana", "payments-prod", "PowerUser"), "never removed by itself");
    assert_eq!(town.aws().count("DeleteAccountAssignment"), 0);
    town.pass(1.minutes());
    // Something new is told by itself, and what was told before is counted.
    town.assigned_by_hand("bo", "payments-prod", "Admin");
    town.looks_for_drift();
    town.looks_for_drift();
    town.channel_says(on, ACCESS, "2 assignments that were told before are still there");
}

fn what_is_gone_at_the_second_look_is_not_told(on: Platform) {
    let town = town_with(on, "[drift]\npermission_sets = [\"PowerUser\"]\n");
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    town.removed_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    assert!(town.posts().is_empty(), "each time it was seen once: {:?}", town.posts());
    town.looks_for_drift();
    town.channel_says(on, ACCESS, HEAD);
}

/// pitfall 25
fn what_cannot_be_listed_is_not_compared(on: Platform) {
    let town = town_with(on, "[drift]\npermission_sets = [\"PowerUser\"]\n");
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    town.aws_meets("ListAccountAssignments", u32::MAX, FaultKind::Internal500);
    town.aws_meets("ListAccountsForProvisionedPermissionSet", u32::MAX, FaultKind::Internal500);
    town.looks_for_drift();
    assert!(town.posts().is_empty(), "{:?}", town.posts());
    town.aws().clear_faults();
    town.looks_for_drift();
    town.channel_says(on, ACCESS, HEAD);
}

fn where_the_configuration_says_so_it_is_removed_and_nothing_else(on: Platform) {
    let town = town_with(on, REMOVES);
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.assigned_by_hand("ana", "payments-prod", "Billing");
    town.looks_for_drift();
    assert!(town.aws().has("ana", "payments-prod", "PowerUser"), "once is not enough");
    town.looks_for_drift();
    town.channel_says(on, ACCESS, "it is being removed");
    town.aws_shows("it gone", |aws| !aws.has("ana", "payments-prod", "PowerUser"));
    town.looks_for_drift();
    assert_eq!(town.aws().count("DeleteAccountAssignment"), 1);
    assert!(town.aws().has("ana", "payments-prod", "Billing"), "it is not managed");
    assert!(town.aws().has("cy", "data-prod", "ReadOnly"), "it is not managed");
    assert_eq!(town.said(HEAD), 1);
    // Who makes it again is met again.
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    town.looks_for_drift();
    town.aws_shows("it gone again", |aws| !aws.has("ana", "payments-prod", "PowerUser"));
}

fn what_is_removed_is_removed_in_the_end_also_when_aws_fails(on: Platform) {
    let mut town = town_with(on, REMOVES);
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    town.aws_meets("DeleteAccountAssignment", 2, FaultKind::Internal500);
    town.looks_for_drift();
    town.restart();
    town.pass(5.minutes());
    town.aws_shows("it gone", |aws| !aws.has("ana", "payments-prod", "PowerUser"));
    town.settle();
    assert_eq!(town.said(HEAD), 1);
}

/// pitfall 20: the intention is read before the list.
fn a_grant_under_way_is_never_drift(on: Platform) {
    let town = town_with(on, REMOVES);
    town.aws().set_options(|options| options.operation_delay = Duration::from_millis(900));
    let it = town.ana().asks("payments-prod PowerUser 1h INC-7 change a flag");
    town.bo().approves(&it);
    town.follows_an_operation();
    for _ in 0..3 {
        town.looks_for_drift_meanwhile();
    }
    town.becomes(&it, StateWord::Active);
    for _ in 0..3 {
        town.looks_for_drift();
    }
    assert!(town.aws().has("ana", "payments-prod", "PowerUser"));
    assert_eq!(town.aws().count("DeleteAccountAssignment"), 0);
    assert_eq!(town.said(HEAD), 0);
    // Nor while it is being taken away.
    town.ana().ends(&it).says("is being ended");
    for _ in 0..3 {
        town.looks_for_drift_meanwhile();
    }
    town.becomes(&it, StateWord::Ended);
    town.looks_for_drift();
    assert_eq!((town.said(HEAD), town.aws().count("DeleteAccountAssignment")), (0, 1));
}

fn what_a_request_explains_is_no_drift_and_what_it_ended_is_none_either(on: Platform) {
    let town = town_with(on, REMOVES);
    let it = town.ana().asks("payments-prod PowerUser 1h INC-7 change a flag");
    town.card(&it);
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    // It was there before the request was granted: theirs, and no request's.
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "already has this access directly");
    assert!(town.aws().has("ana", "payments-prod", "PowerUser"));
    town.looks_for_drift();
    town.looks_for_drift();
    town.channel_says(on, ACCESS, HEAD);
}

fn what_was_adopted_is_not_told_and_not_removed(on: Platform) {
    let town = town_with(on, REMOVES);
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.looks_for_drift();
    let answer = town.adopts("ana", "payments-prod", "PowerUser", "the migration needs it until spring");
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    for _ in 0..3 {
        town.looks_for_drift();
    }
    assert!(town.posts().is_empty(), "{:?}", town.posts());
    assert!(town.aws().has("ana", "payments-prod", "PowerUser"));
    assert!(
        town.journal().contains("the migration needs it until spring"),
        "who, what and why are in the journal"
    );
}

fn only_what_is_there_can_be_adopted(on: Platform) {
    let town = town_with(on, "");
    let answer = town.adopts("ana", "payments-prod", "PowerUser", "the migration needs it");
    assert!(matches!(answer, Answer::Refused(Refusal::NoSuchDrift)), "{answer:?}");
    town.looks_for_drift();
    let answer = town.adopts("cy", "data-prod", "ReadOnly", " ");
    assert!(matches!(answer, Answer::Refused(Refusal::ReasonTooShort { .. })), "{answer:?}");
}

/// pitfall 22
fn the_schedule_finds_it_too(on: Platform) {
    let mut town =
        Town::planned(Plan { schedule: "reconcile = \"0 0 4 * * *\"\n".to_owned(), ..Plan::on(on) });
    town.assigned_by_hand("ana", "payments-prod", "PowerUser");
    town.pass(24.hours());
    town.book_shows("it seen once", |book, _| (book.drifts().count() == 2).then_some(()));
    assert_eq!(town.said(HEAD), 0);
    // What was seen once is not forgotten by a restart.
    town.restart();
    town.pass(24.hours());
    town.channel_says(on, ACCESS, HEAD);
}

/// pitfall 22: by the schedule itself.
/// Where standing access is reported every week.
fn town_with_reports(on: Platform) -> Town {
    let schedule = format!("{BY_HAND}standing_access_report = \"0 0 9 * * Mon\"\n");
    Town::planned(Plan { schedule, ..Plan::on(on) })
}

fn standing_access_is_reported_every_week(on: Platform) {
    let town = town_with_reports(on);
    let it = town.ana().asks("payments-prod ReadOnly 4h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    assert_eq!(town.said("Standing access"), 0);
    town.pass(168.hours());
    let told = town.channel_says(on, ACCESS, "Standing access").words();
    // Cy's alone: what a request gave is over, or explained.
    assert!(
        told.contains("1 assignment") && told.contains("ReadOnly") && told.contains("data-prod"),
        "{told}"
    );
    assert!(told.contains("could become"), "{told}");
    town.pass(168.hours());
    town.chat_shows(on, "the next week's report", || (town.said("Standing access") == 2).then_some(()));
    assert_eq!(town.aws().count("DeleteAccountAssignment"), 1, "a report removes nothing");
}

fn urgent_access_that_nobody_looked_at_is_in_the_weekly_report(on: Platform) {
    let town = town_with_reports(on);
    let it = town.ana().asks("urgent payments-prod ReadOnly 30m INC-7 refunds are down");
    town.becomes(&it, StateWord::Active);
    town.pass(30.minutes());
    town.becomes(&it, StateWord::Ended);
    town.pass(168.hours());
    let told = town.channel_says(on, ACCESS, "Standing access").words();
    assert!(told.contains("nobody looked at") && told.contains(it.id.as_str()), "{told}");
    town.bo().says(&format!("/elevate acknowledge {} they were", it.id)).says("You acknowledged");
    town.pass(168.hours());
    town.channel_says(on, ACCESS, "All urgent access was looked at");
}
