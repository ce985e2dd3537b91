//! Memberships: somebody is in a group for a time, of the Identity Store or of Okta, with the promises of any other access.

use glasskey_domain::GroupId;
use glasskey_domain::refusal::StateWord;
use glasskey_playground::company::OktaGroupKind;
use glasskey_playground::okta::{Fault, FaultKind};
use jiff::ToSpan as _;

use crate::town::{ACME, Plan, Platform, Request, Town};

on_each_platform! {
    somebody_is_in_a_group_for_a_time_and_out_of_it_at_its_end,
    somebody_is_in_a_group_of_okta_for_a_time_and_out_of_it_at_its_end,
    a_membership_is_ended_early_by_who_has_it_and_by_who_approved_it,
    who_was_in_the_group_before_stays_in_it,
    a_group_that_something_feeds_is_refused_by_what_feeds_it,
    a_name_that_two_groups_have_is_refused,
    who_is_taken_out_by_hand_is_not_put_back,
    who_is_taken_out_of_a_group_of_okta_by_hand_is_not_put_back,
    okta_that_does_not_answer_at_the_end_is_asked_until_it_does,
    who_gets_another_name_at_okta_is_taken_out_all_the_same,
    who_is_let_in_and_not_listed_yet_is_taken_out_all_the_same,
    a_group_that_no_policy_offers_is_refused,
}

/// Engineers of payments may be in these groups for a time, when a lead agrees.
const GROUPS: &str = r#"
@id("oncall-group")
@max_duration("8h")
@approvals("1")
permit (principal in Group::"payments-engineers", action == Action::"request", resource in Group::"payments-oncall");
@id("oncall-okta")
@max_duration("8h")
@approvals("1")
permit (principal in Group::"payments-engineers", action == Action::"request", resource in Group::"oncall-okta");
@id("fed-groups")
@max_duration("8h")
@approvals("1")
permit (principal in Group::"payments-engineers", action == Action::"request", resource in Group::"all-engineers");
@id("ruled-groups")
@max_duration("8h")
@approvals("1")
permit (principal in Group::"payments-engineers", action == Action::"request", resource in Group::"engineering-okta");
@id("leads-approve-groups")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource in Group::"payments-oncall");
@id("leads-approve-groups-of-okta")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource in Group::"oncall-okta");
@id("leads-approve-fed-groups")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource in Group::"all-engineers");
@id("leads-approve-ruled-groups")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource in Group::"engineering-okta");
"#;

const STORE: &str = "payments-oncall";
const OKTA: &str = "oncall-okta";

fn town(on: Platform) -> Town {
    let policies = format!("{ACME}{GROUPS}");
    Town::planned(Plan { policies, more: "[okta]\ngroups = true\n".to_owned(), ..Plan::on(on) })
}

fn in_store(town: &Town) -> bool {
    town.aws().is_in_group("ana", STORE)
}

fn in_okta(town: &Town) -> bool {
    town.okta().has_member(OKTA, "ana")
}

/// Ana is in the group.
fn given(town: &Town, group: &str, length: &str) -> Request {
    let it = town.ana().asks(&format!("group {group} {length} INC-7 carry the pager"));
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    town.settle();
    it
}

/// From the request to the last message: `has` says whether Ana is in it, `keeper` who confirms that.
fn lives_and_ends(on: Platform, group: &str, keeper: &str, has: fn(&Town) -> bool) {
    let town = town(on);
    let it = town.ana().asks(&format!("group {group} 2h INC-7 carry the pager"));
    let card = town.card_says(&it, "Waits for 1 approval");
    assert!(card.words().contains(group), "{}", card.words());
    assert!(!has(&town), "nothing is given before approval");
    town.bo().approves(&it).says("needs no further approval");
    let deadline = town.becomes(&it, StateWord::Active).deadline().unwrap();
    assert!(has(&town));
    let card = town.card_says(&it, "Active");
    assert!(card.words().contains(&town.time(deadline)), "{}", card.words());
    assert!(card.words().contains("what is opened through a group may outlive it"), "{}", card.words());
    town.settle();
    assert!(town.told("ana")[0].contains("Granted"), "{:?}", town.told("ana"));
    town.pass(119.minutes());
    town.settle();
    assert!(has(&town), "not before its time");
    town.is_told("ana", "Ends soon");
    town.pass(1.minutes());
    town.becomes(&it, StateWord::Ended);
    assert!(!has(&town));
    town.card_says(&it, &format!("{keeper} confirms that it is gone"));
    town.settle();
    assert!(town.told("ana").last().unwrap().contains("Ended"), "{:?}", town.told("ana"));
    assert_eq!(town.cards(&it).len(), 1);
}

fn somebody_is_in_a_group_for_a_time_and_out_of_it_at_its_end(on: Platform) {
    lives_and_ends(on, STORE, "AWS", in_store);
}

fn somebody_is_in_a_group_of_okta_for_a_time_and_out_of_it_at_its_end(on: Platform) {
    lives_and_ends(on, OKTA, "Okta", in_okta);
}

fn a_membership_is_ended_early_by_who_has_it_and_by_who_approved_it(on: Platform) {
    let town = town(on);
    let it = given(&town, STORE, "4h");
    town.cy().ends(&it).says("may end this");
    assert!(in_store(&town));
    town.ana().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(!in_store(&town));
    let it = given(&town, OKTA, "4h");
    town.bo().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(!in_okta(&town));
    town.card_says(&it, "ended early by");
}

/// pitfall 19: also when the directory does not know it yet.
fn who_was_in_the_group_before_stays_in_it(on: Platform) {
    let town = town(on);
    town.group_by_hand("ana", STORE, true);
    let it = town.ana().asks(&format!("group {STORE} 1h INC-7 carry the pager"));
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "already has this access directly, and keeps it");
    town.is_told("ana", "Nothing to do");
    town.pass(2.hours());
    town.settle();
    assert!(in_store(&town));
    let calls = town.aws().count("CreateGroupMembership") + town.aws().count("DeleteGroupMembership");
    assert_eq!(calls, 0);
}

fn a_group_that_something_feeds_is_refused_by_what_feeds_it(on: Platform) {
    let town = town(on);
    let said = town.ana().says("/elevate group all-engineers 1h INC-7 carry the pager");
    said.says("all-engineers").says("the identity provider feeds it by SCIM");
    let said = town.ana().says("/elevate group engineering-okta 1h INC-7 carry the pager");
    said.says("the group rule").says("everybody in engineering").says("of Okta decides who is in it");
    assert!(town.posts().is_empty(), "{:?}", town.posts());
}

/// Nobody is put into a group that was not meant.
fn a_name_that_two_groups_have_is_refused(on: Platform) {
    let town = town(on);
    assert!(town.okta().add_group("00gpayoncall", STORE, OktaGroupKind::OktaGroup));
    // An Okta that is slow for once leaves its groups as they were read before.
    while !town.engine().directory().groups.contains_key(&GroupId::new("00gpayoncall")) {
        town.reads_the_directory();
    }
    let said = town.ana().says(&format!("/elevate group {STORE} 1h INC-7 carry the pager"));
    said.says("no single group is meant by")
        .says("in IAM Identity Center")
        .says("in Okta")
        .says("00gpayoncall");
    // A policy that names it means two groups as well, until it says the id.
    let said = town.ana().says("/elevate group 00gpayoncall 1h INC-7 carry the pager");
    said.says("could mean two things");
    assert!(!in_store(&town) && !town.okta().has_member("00gpayoncall", "ana"));
}

fn who_is_taken_out_by_hand_is_not_put_back(on: Platform) {
    let town = town(on);
    let it = given(&town, STORE, "2h");
    town.looks_at_what_is_held();
    assert_eq!(town.state(&it), StateWord::Active);
    town.group_by_hand("ana", STORE, false);
    town.looks_at_what_is_held();
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "somebody removed it at AWS");
    town.is_told("ana", "Removed by hand");
    assert!(!in_store(&town));
}

fn who_is_taken_out_of_a_group_of_okta_by_hand_is_not_put_back(on: Platform) {
    let town = town(on);
    let it = given(&town, OKTA, "2h");
    assert!(town.okta().remove_by_hand("ana", OKTA));
    town.looks_at_what_is_held();
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "somebody removed it at Okta");
    town.is_told("ana", "Removed by hand");
    assert!(!in_okta(&town));
}

/// P3
fn okta_that_does_not_answer_at_the_end_is_asked_until_it_does(on: Platform) {
    let town = town(on);
    let it = given(&town, OKTA, "1h");
    town.okta().fault(Fault { operation: "*".to_owned(), times: u32::MAX, kind: FaultKind::Internal500 });
    town.pass(60.minutes());
    town.becomes(&it, StateWord::Ending);
    town.card_says(&it, "tried again and again");
    town.pass(2.minutes());
    town.card_says(&it, "OVERDUE");
    assert!(in_okta(&town));
    town.okta().clear_faults();
    town.pass(5.minutes());
    town.becomes(&it, StateWord::Ended);
    assert!(!in_okta(&town));
    town.card_says(&it, "Okta confirms that it is gone");
}

/// P3: the id that Okta never changes was written down before they were let in, and the bot that let them in is dead.
fn who_gets_another_name_at_okta_is_taken_out_all_the_same(on: Platform) {
    let mut town = town(on);
    let it = given(&town, OKTA, "1h");
    assert!(town.okta().rename_by_hand("ana", "ana.moreira@acme.example"));
    town.restart();
    assert!(town.okta().has_member(OKTA, "ana.moreira@acme.example"));
    town.pass(60.minutes());
    town.becomes(&it, StateWord::Ended);
    assert!(!town.okta().has_member(OKTA, "ana.moreira@acme.example"));
    assert!(town.okta().members(OKTA).is_empty());
    town.card_says(&it, "Okta confirms that it is gone");
}

/// P3, pitfall 3: Okta's lists lag behind what it did, and what they do not show is taken out all the same.
fn who_is_let_in_and_not_listed_yet_is_taken_out_all_the_same(on: Platform) {
    let town = town(on);
    town.okta().set_options(|options| options.stale_reads = u32::MAX);
    let it = town.ana().asks(&format!("group {OKTA} 1h INC-7 carry the pager"));
    town.bo().approves(&it);
    town.book_shows("that they were let in", |_, _| in_okta(&town).then_some(()));
    town.ana().says(&format!("/elevate end {}", it.id)).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(!in_okta(&town));
}

fn a_group_that_no_policy_offers_is_refused(on: Platform) {
    let town = town(on);
    town.ana().says("/elevate group sre-leads 1h INC-7 carry the pager").says("policy does not permit this");
    town.cy()
        .says(&format!("/elevate group {STORE} 1h INC-7 carry the pager"))
        .says("policy does not permit");
    assert!(!town.aws().is_in_group("ana", "sre-leads"));
}
