//! Bundles: several things by one name, one request and one approval; all of them, or told which are missing.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use jiff::ToSpan as _;

use crate::town::{ACME, Plan, Platform, Request, Town};

on_each_platform! {
    a_bundle_is_one_request_one_approval_and_all_of_it_at_once,
    a_bundle_is_ended_early_as_one,
    what_of_a_bundle_cannot_be_given_is_told_and_the_rest_is_given,
    a_bundle_of_which_nothing_can_be_given_has_failed,
    what_somebody_had_before_is_left_alone_and_the_rest_is_given_and_taken,
    what_a_bundle_shares_with_another_request_stays_as_long_as_the_longer_of_them,
    what_of_a_bundle_is_removed_by_hand_is_told_and_the_rest_goes_on,
    a_bundle_that_there_is_not_is_refused_with_those_there_are,
    a_bundle_with_something_that_policy_does_not_permit_is_refused_whole,
    a_bundle_that_was_changed_counts_from_then_on_and_not_for_what_was_asked,
    bundles_that_cannot_be_read_leave_the_old_ones_in_force_and_are_told,
    bundles_that_cannot_be_read_keep_no_bot_from_starting_and_taking_access_back,
}

const BUNDLES: &str = r#"
[bundles.oncall-payments]
description = "All that it takes to carry the pager of payments"
targets = [
    { account = "payments-prod", permission_set = "ReadOnly" },
    { account = "payments-staging", permission_set = "PowerUser" },
    { group = "payments-oncall" },
]
[bundles.everything]
description = "More than anybody of payments may have"
targets = [{ account = "payments-prod", permission_set = "ReadOnly" }, { account = "data-prod", permission_set = "Admin" }]
"#;

const GROUP: &str = r#"
@id("oncall-group")
@max_duration("8h")
@approvals("1")
permit (principal in Group::"payments-engineers", action == Action::"request", resource in Group::"payments-oncall");
@id("leads-approve-groups")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource in Group::"payments-oncall");
"#;

/// The town, and the folder of its bundles.
fn town(on: Platform) -> (Town, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundles.toml");
    std::fs::write(&file, BUNDLES).unwrap();
    let more = format!("[requests]\nbundles = \"{}\"\n", file.display());
    (Town::planned(Plan { policies: format!("{ACME}{GROUP}"), more, ..Plan::on(on) }), folder)
}

fn asked(town: &Town, length: &str) -> Request {
    town.ana().asks(&format!("bundle oncall-payments {length} INC-7 carry the pager"))
}

fn has_all(town: &Town) -> bool {
    town.aws().has("ana", "payments-prod", "ReadOnly")
        && town.aws().has("ana", "payments-staging", "PowerUser")
        && town.aws().is_in_group("ana", "payments-oncall")
}

fn has_none(town: &Town) -> bool {
    town.aws().has_nothing_for("ana") && !town.aws().is_in_group("ana", "payments-oncall")
}

fn told_of(town: &Town, head: &str) -> usize {
    town.told("ana").iter().filter(|told| told.contains(head)).count()
}

fn a_bundle_is_one_request_one_approval_and_all_of_it_at_once(on: Platform) {
    let (town, _folder) = town(on);
    let it = asked(&town, "2h");
    let card = town.card_says(&it, "Waits for 1 approval").words();
    for words in ["oncall-payments", "3 things", "ReadOnly in payments-prod", "PowerUser in payments-staging"]
    {
        assert!(card.contains(words), "{words} is not in {card}");
    }
    assert!(card.contains("group payments-oncall"), "{card}");
    assert!(has_none(&town));
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    assert!(has_all(&town));
    town.card_says(&it, "Active");
    town.settle();
    assert_eq!(told_of(&town, "Granted"), 1, "{:?}", town.told("ana"));
    town.pass(2.hours());
    town.becomes(&it, StateWord::Ended);
    assert!(has_none(&town));
    town.card_says(&it, "AWS confirms that it is gone");
    town.settle();
    assert_eq!(told_of(&town, "Ended"), 1, "{:?}", town.told("ana"));
    assert_eq!(town.cards(&it).len(), 1);
}

fn a_bundle_is_ended_early_as_one(on: Platform) {
    let (town, _folder) = town(on);
    let it = asked(&town, "2h");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.bo().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(has_none(&town));
    town.settle();
    assert_eq!(told_of(&town, "Ended"), 1, "{:?}", town.told("ana"));
}

fn what_of_a_bundle_cannot_be_given_is_told_and_the_rest_is_given(on: Platform) {
    let (town, _folder) = town(on);
    let it = asked(&town, "1h");
    town.card(&it);
    let why = "the SAML provider of the account is missing".to_owned();
    town.aws_meets("CreateAccountAssignment", 1, FaultKind::FailAsync(why.clone()));
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.card_says(&it, "2 of 3 things");
    let card = town.card_says(&it, "· not there: ").words();
    assert!(card.contains("2 of 3 things") && card.contains(&why), "{card}");
    town.is_told("ana", "Only 2 of 3 things");
    assert!(!has_all(&town) && !has_none(&town));
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(has_none(&town));
}

fn a_bundle_of_which_nothing_can_be_given_has_failed(on: Platform) {
    let (town, _folder) = town(on);
    let it = asked(&town, "1h");
    town.card(&it);
    // Policy permits none of it any more when it is about to be created.
    assert!(town.aws().set_user_enabled("ana", false));
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Failed);
    town.card_says(&it, "no longer enabled");
    town.is_told("ana", "Failed");
    assert!(has_none(&town));
    assert_eq!(town.aws().count("CreateAccountAssignment") + town.aws().count("CreateGroupMembership"), 0);
}

/// pitfall 19
fn what_somebody_had_before_is_left_alone_and_the_rest_is_given_and_taken(on: Platform) {
    let (town, _folder) = town(on);
    let it = asked(&town, "1h");
    town.group_by_hand("ana", "payments-oncall", true);
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    assert!(has_all(&town));
    let card = town.card_says(&it, "Active").words();
    assert!(card.contains("already has this access directly"), "{card}");
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    assert!(town.aws().is_in_group("ana", "payments-oncall"));
    assert_eq!(town.aws().count("DeleteGroupMembership"), 0);
}

/// pitfall 19
fn what_a_bundle_shares_with_another_request_stays_as_long_as_the_longer_of_them(on: Platform) {
    let (town, _folder) = town(on);
    let single = town.ana().asks("payments-prod ReadOnly 3h INC-8 look at more refunds");
    town.bo().approves(&single);
    town.becomes(&single, StateWord::Active);
    let it = asked(&town, "1h");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    assert!(has_all(&town));
    town.pass(61.minutes());
    town.becomes(&it, StateWord::Ended);
    town.settle();
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"), "the other one still needs it");
    assert!(!town.aws().has("ana", "payments-staging", "PowerUser"));
    assert!(!town.aws().is_in_group("ana", "payments-oncall"));
    let card = town.card_says(&it, "still needs it").words();
    assert!(card.contains(single.id.as_str()), "{card}");
    town.pass(2.hours());
    town.becomes(&single, StateWord::Ended);
    assert!(has_none(&town));
}

fn what_of_a_bundle_is_removed_by_hand_is_told_and_the_rest_goes_on(on: Platform) {
    let (town, _folder) = town(on);
    let it = asked(&town, "1h");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    town.removed_by_hand("ana", "payments-prod", "ReadOnly");
    town.looks_at_what_is_held();
    let card = town.card_says(&it, "somebody removed it at AWS").words();
    assert!(card.contains("2 of 3 things"), "{card}");
    assert_eq!(town.state(&it), StateWord::Active);
    assert!(town.aws().has("ana", "payments-staging", "PowerUser"));
    town.ana().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(has_none(&town));
}

fn a_bundle_that_there_is_not_is_refused_with_those_there_are(on: Platform) {
    let (town, _folder) = town(on);
    let said = town.ana().says("/elevate bundle oncall-billing 1h INC-7 carry the pager");
    said.says("no single bundle is meant by").says("oncall-payments");
    assert!(town.posts().is_empty());
}

fn a_bundle_with_something_that_policy_does_not_permit_is_refused_whole(on: Platform) {
    let (town, _folder) = town(on);
    town.ana()
        .says("/elevate bundle everything 1h INC-7 carry the pager")
        .says("policy does not permit this");
    assert!(has_none(&town) && town.posts().is_empty());
}

/// The same names, but who carries the pager looks and changes nothing; and one for the nights.
const CHANGED: &str = r#"
[bundles.oncall-payments]
description = "To look at payments"
targets = [{ account = "payments-prod", permission_set = "ReadOnly" }]
[bundles.nights]
targets = [{ account = "payments-prod", permission_set = "PowerUser" }]
"#;
const BROKEN: &str = "[bundles.nights]\ntargts = []\n";

/// pitfall 33: what was asked stays as it was asked.
fn a_bundle_that_was_changed_counts_from_then_on_and_not_for_what_was_asked(on: Platform) {
    let (town, folder) = town(on);
    let before = asked(&town, "1h");
    town.card_says(&before, "3 things");
    town.ana().says("/elevate bundle nights 1h INC-7 carry the pager").says("no single bundle is meant by");
    town.changes_bundles(folder.path(), CHANGED);
    let nights = town.ana().asks("bundle nights 1h INC-8 carry the pager");
    town.card_says(&nights, "PowerUser in payments-prod");
    town.ana().says("/elevate bundle everything 1h INC-9 have it all").says("no single bundle is meant by");
    town.bo().approves(&before);
    town.becomes(&before, StateWord::Active);
    assert!(has_all(&town), "as it was asked");
    town.pass(1.hour());
    town.becomes(&before, StateWord::Ended);
    assert!(has_none(&town));
    let after = asked(&town, "1h");
    assert_eq!(town.request(&after).ask.items.iter().count(), 1);
}

fn bundles_that_cannot_be_read_leave_the_old_ones_in_force_and_are_told(on: Platform) {
    let (town, folder) = town(on);
    assert_eq!(town.notes().get("bundles"), None);
    town.changes_bundles(folder.path(), BROKEN);
    let told = town.notes()["bundles"].clone();
    for words in
        ["2 from before stay in force", "bundles.toml:2", "bundles.nights.targts", "nearest: `targets`"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    let it = asked(&town, "1h");
    town.card_says(&it, "3 things");
    std::fs::remove_file(folder.path().join("bundles.toml")).unwrap();
    town.reloads();
    assert!(town.notes()["bundles"].contains("cannot be read"), "{:?}", town.notes());
    town.changes_bundles(folder.path(), CHANGED);
    assert_eq!(town.notes().get("bundles"), None);
    town.card(&town.ana().asks("bundle nights 1h INC-8 carry the pager"));
}

/// P3
fn bundles_that_cannot_be_read_keep_no_bot_from_starting_and_taking_access_back(on: Platform) {
    let (mut town, folder) = town(on);
    let it = asked(&town, "1h");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    std::fs::write(folder.path().join("bundles.toml"), BROKEN).unwrap();
    town.restart();
    assert!(town.notes()["bundles"].contains("there are none"), "{:?}", town.notes());
    town.ana().says("/elevate bundle nights 1h INC-8 carry the pager").says("no single bundle is meant by");
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(has_none(&town));
    // They are taken up when they are mended.
    town.changes_bundles(folder.path(), CHANGED);
    assert_eq!(town.notes().get("bundles"), None);
    town.card(&town.ana().asks("bundle nights 1h INC-8 carry the pager"));
}
