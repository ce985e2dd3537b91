//! Okta in the way: refusing, slow, late, read-only, without a token; and hands other than ours.

use std::time::Duration;

use glasskey_domain::emergency::CloseCause;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_playground::okta::{FaultKind, UserStatus};
use jiff::ToSpan as _;

use crate::town::{ALONE, APP, OKTA_TOKEN, OPS, Platform, RO, Town};

on_each_platform! {
    a_read_only_okta_leads_to_the_runbook_and_opens_when_it_can,
    a_revoked_token_makes_the_closing_overdue_until_it_is_mended,
    what_is_done_by_hand_is_told,
}

fn opened(town: &Town) -> glasskey_domain::EmergencyId {
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    it
}

#[test]
fn okta_that_answers_429_and_500_is_asked_again() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    town.okta_meets("activateApplication", 1, FaultKind::RateLimited { reset_secs: 1 });
    town.okta_meets("assignUserToGroup", 1, FaultKind::Internal500);
    let it = opened(&town);
    town.okta_meets("deactivateApplication", 1, FaultKind::Internal500);
    town.okta_meets("unassignUserFromGroup", 1, FaultKind::RateLimited { reset_secs: 1 });
    town.dee().says("/breakglass off");
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

/// What may have been taken is looked for before anything is called closed.
#[test]
fn a_lost_activation_is_not_lost() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    town.okta_meets("activateApplication", 1, FaultKind::DropAfterEffect);
    town.okta_meets("assignUserToGroup", 1, FaultKind::DropAfterEffect);
    let it = opened(&town);
    assert!(town.okta().has_member(RO, "dee"));
    town.dee().says("/breakglass off");
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

#[test]
fn an_answer_that_comes_too_late_is_not_waited_for() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    for operation in ["activateApplication", "assignUserToGroup", "listGroupUsers"] {
        town.okta_meets(operation, 1, FaultKind::Late(Duration::from_secs(3)));
    }
    let it = opened(&town);
    assert!(town.okta().is_active(APP) && town.okta().has_member(RO, "dee"));
    town.dee().says("/breakglass off");
    town.lost_calls_settle();
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

#[test]
fn reads_that_lag_are_not_believed() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    town.okta().set_options(|options| options.stale_reads = 3);
    let it = opened(&town);
    assert!(town.okta().is_active(APP) && town.okta().has_member(RO, "dee"));
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}

fn a_read_only_okta_leads_to_the_runbook_and_opens_when_it_can(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    town.okta().set_read_only(true);
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    let stuck = town.incident_says("Break-glass does not open").words();
    assert!(stuck.contains("read-only") && stuck.contains("runbook"), "{stuck}");
    town.okta().set_read_only(false);
    town.pass(5.minutes());
    town.emergency_becomes(&it, EmergencyWord::On);
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
}

/// Closing never gives up, and is loud while it is late.
fn a_revoked_token_makes_the_closing_overdue_until_it_is_mended(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = opened(&town);
    town.okta().revoke_tokens();
    town.pass(1.hour());
    town.emergency_becomes(&it, EmergencyWord::Closing);
    town.pass(2.minutes());
    town.incident_says("OVERDUE");
    town.access_says("OVERDUE");
    town.emergency_card_says(&it, "OVERDUE");
    assert!(town.okta().is_active(APP));
    town.pass(5.minutes());
    town.incident_says("told 2 times");
    town.okta().set_options(|options| options.ssws_token = Some(OKTA_TOKEN.to_owned()));
    town.pass(5.minutes());
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
    town.incident_says("No longer overdue");
    assert!(town.lateness(&it) >= Duration::from_secs(12 * 60));
}

#[test]
fn who_is_not_in_okta_is_shown_and_the_others_go_on() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    town.okta().set_user_status("ana", UserStatus::Deprovisioned);
    let it = town.dee().opens("ops 1h INC-7 identity center is down <@U0ANA> <@U0BO>");
    town.emergency_becomes(&it, EmergencyWord::On);
    town.okta_shows("bo in", |okta| okta.has_member(OPS, "bo"));
    town.settle();
    let seats = town.emergency(&it).seats;
    let ana = seats.iter().find(|seat| seat.confirmed_at.is_none()).unwrap();
    assert!(ana.trouble.as_ref().unwrap().for_good, "{ana:?}");
    assert!(!town.okta().has_member(OPS, "ana"));
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
}

/// What people do by hand at the provider is told, and not undone; at the end everything is closed all the same.
fn what_is_done_by_hand_is_told(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    let it = opened(&town);
    assert!(town.okta().add_by_hand("cy", OPS));
    town.pass(3.minutes());
    town.incident_says("Somebody else is in the emergency groups");
    assert!(town.okta().has_member(OPS, "cy"), "left there while it is on");
    assert!(town.okta().remove_by_hand("dee", RO));
    for _ in 0..2 {
        town.pass(3.minutes());
        town.settle();
    }
    town.emergency_card_says(&it, "taken out by hand");
    assert!(!town.okta().has_member(RO, "dee"), "not put back");
    assert!(town.okta().deactivate_by_hand(APP));
    for _ in 0..2 {
        town.pass(3.minutes());
        town.settle();
    }
    let off = town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(format!("{:?}", off.state).contains(&format!("{:?}", CloseCause::ByHand)));
    assert!(town.okta_sleeps());
}

#[test]
fn two_hundred_strangers_are_taken_out() {
    let town = Town::with_break_glass(Platform::Slack, ALONE);
    let it = opened(&town);
    let users = town.okta().users();
    for user in users.iter().filter(|user| user.status == UserStatus::Active) {
        town.okta().add_by_hand(&user.login, OPS);
    }
    town.dee().says("/breakglass off");
    town.emergency_becomes(&it, EmergencyWord::Off);
    assert!(town.okta_sleeps());
}
