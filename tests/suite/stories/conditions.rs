//! Access ends when what it was permitted for is not so any more: after the second reading that says so, never on "unknown". Policy
//! that became stricter is told, and ends nothing. Right before access is created, the provider is asked once more.

use glasskey_domain::directory::AccountState;
use glasskey_domain::person::Employment;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::{AccountId, Directory};
use glasskey_playground::aws::FaultKind;
use jiff::ToSpan as _;

use crate::town::{ACME, Platform, Request, Town};

on_each_platform! {
    access_of_who_is_disabled_ends_after_the_second_reading,
    access_of_who_is_gone_ends_after_the_second_reading,
    access_ends_when_the_group_that_permitted_it_is_lost,
    access_to_a_closed_account_is_ended_and_not_called_gone_before_it_is,
    access_ends_when_the_account_has_left_the_organization,
    access_ends_when_its_permission_set_is_gone,
    a_membership_ends_when_its_group_is_gone,
    who_is_back_at_the_next_reading_keeps_the_access,
    another_group_that_permits_it_keeps_the_access,
    a_directory_that_does_not_know_ends_nothing_and_says_so,
    an_account_of_which_nothing_is_known_ends_nothing,
    a_reading_that_fails_ends_nothing,
    a_stricter_policy_is_told_with_a_button_and_ends_nothing,
    a_policy_that_permits_it_again_takes_the_warning_back,
    a_policy_that_cannot_be_read_ends_nothing_and_every_end_is_kept,
    what_begins_later_is_off_when_the_person_has_left,
    who_was_disabled_after_the_approval_gets_nothing_and_is_told_why,
    who_lost_the_group_after_the_approval_gets_nothing_and_is_told_why,
    a_provider_that_does_not_answer_leaves_it_to_what_was_read_last,
}

/// Ana has it.
fn granted(town: &Town, what: &str) -> Request {
    let it = town.ana().asks(&format!("{what} INC-7 look at refunds"));
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    town.settle();
    it
}

fn removals(town: &Town) -> usize {
    town.aws().count("DeleteAccountAssignment") + town.aws().count("DeleteGroupMembership")
}

/// Something changes: the first reading that shows it casts doubt, the second ends the access.
fn ends_at_the_second_reading(town: &Town, it: &Request, why: &str) {
    in_doubt_at_the_first_reading(town, it, why);
    town.reads_the_directory();
    town.becomes(it, StateWord::Ended);
    let card = town.card_says(it, "seen twice in the directory").words();
    assert!(card.contains(why), "{card}");
    town.settle();
    assert_eq!(town.cards(it).len(), 1);
}

fn in_doubt_at_the_first_reading(town: &Town, it: &Request, why: &str) {
    town.reads_the_directory();
    town.settle();
    let card = town.card_says(it, "In doubt").words();
    assert!(card.contains(why) && card.contains("if the next reading says the same"), "{card}");
    assert_eq!(town.state(it), StateWord::Active, "one reading ends nothing");
    assert_eq!(removals(town), 0);
}

fn access_of_who_is_disabled_ends_after_the_second_reading(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    assert!(town.aws().set_user_enabled("ana", false));
    ends_at_the_second_reading(&town, &it, "the person is disabled");
    assert!(town.aws().has_nothing_for("ana"));
    town.is_told("ana", "seen twice in the directory");
}

fn access_of_who_is_gone_ends_after_the_second_reading(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    town.deletes("ana");
    ends_at_the_second_reading(&town, &it, "the person is not in the directory any more");
    assert_eq!(
        town.aws().count("DeleteAccountAssignment"),
        1,
        "AWS keeps what is assigned to who was deleted"
    );
}

fn access_ends_when_the_group_that_permitted_it_is_lost(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    town.group_by_hand("ana", "payments-engineers", false);
    ends_at_the_second_reading(&town, &it, "the person is not in `payments-engineers` any more");
    assert!(town.aws().has_nothing_for("ana"));
    town.is_told("ana", "payments-engineers");
}

fn access_to_a_closed_account_is_ended_and_not_called_gone_before_it_is(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    assert!(town.aws().close_account("payments-prod"));
    in_doubt_at_the_first_reading(&town, &it, "the account is closed");
    town.reads_the_directory();
    town.becomes(&it, StateWord::Ending);
    // AWS changes nothing in a closed account, so it is not called gone before the account is (P4).
    town.card_says(&it, "the account is closed");
    town.card_says(&it, "is not active");
    assert!(town.aws().delete_account("payments-prod"));
    town.pass(5.minutes());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

fn access_ends_when_the_account_has_left_the_organization(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    assert!(town.aws().delete_account("payments-prod"));
    ends_at_the_second_reading(&town, &it, "the account is not in the organization any more");
}

fn access_ends_when_its_permission_set_is_gone(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod PowerUser 1h");
    town.deletes_permission_set("PowerUser");
    ends_at_the_second_reading(&town, &it, "the permission set is not there any more");
    assert!(town.aws().has_nothing_for("ana"));
}

const GROUP: &str = r#"
@id("oncall-group")
@max_duration("8h")
@approvals("1")
permit (principal in Group::"payments-engineers", action == Action::"request", resource in Group::"payments-oncall");
@id("leads-approve-groups")
permit (principal in Group::"sre-leads", action in [Action::"approve", Action::"revoke"], resource in Group::"payments-oncall");
"#;

fn a_membership_ends_when_its_group_is_gone(on: Platform) {
    let town = Town::with_policies(on, &format!("{ACME}{GROUP}"));
    let it = granted(&town, "group payments-oncall 4h");
    assert!(town.aws().delete_group("payments-oncall"));
    ends_at_the_second_reading(&town, &it, "the group is not there any more");
}

fn who_is_back_at_the_next_reading_keeps_the_access(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    for _ in 0..2 {
        town.group_by_hand("ana", "payments-engineers", false);
        town.reads_the_directory();
        town.card_says(&it, "In doubt");
        town.group_by_hand("ana", "payments-engineers", true);
        town.reads_the_directory();
        town.settle();
        town.chat_shows(on, "no doubt", || {
            let card = town.cards(&it).pop()?;
            (!card.words().contains("In doubt")).then_some(())
        });
    }
    assert_eq!(town.state(&it), StateWord::Active);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    assert_eq!(removals(&town), 0);
}

fn another_group_that_permits_it_keeps_the_access(on: Platform) {
    let town = Town::with_policies(
        on,
        &format!(
            "{ACME}\n@id(\"platform-reads\")\n@max_duration(\"4h\")\n@approvals(\"1\")\npermit (principal in \
             Group::\"platform\", action == Action::\"request\", resource in Account::\"payments-prod\") when {{ \
             context.permissionSet == \"ReadOnly\" }};\n"
        ),
    );
    let it = granted(&town, "payments-prod ReadOnly 4h");
    town.group_by_hand("ana", "payments-engineers", false);
    town.group_by_hand("ana", "platform", true);
    for _ in 0..3 {
        town.reads_the_directory();
        town.settle();
    }
    assert_eq!(town.state(&it), StateWord::Active);
    assert!(!town.card(&it).words().contains("In doubt"));
}

/// The directory says so again and again: nobody loses anything, and somebody is told to look.
fn unknown_ends_nothing(town: &Town, it: &Request, why: &str, change: fn(&mut Directory)) {
    for _ in 0..3 {
        town.reads_the_directory_as(change);
        town.settle();
    }
    let card = town.card_says(it, "Unsure").words();
    assert!(card.contains(why) && card.contains("that ends nothing"), "{card}");
    town.thread_says(it, "Look at this access");
    assert_eq!(town.thread(it).iter().filter(|said| said.contains("Look at this access")).count(), 1);
    assert_eq!(town.state(it), StateWord::Active);
    assert_eq!(removals(town), 0);
    town.reads_the_directory();
    town.settle();
    town.bo().ends(it).says("is being ended");
    town.becomes(it, StateWord::Ended);
}

/// pitfall 25
fn a_directory_that_does_not_know_ends_nothing_and_says_so(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    unknown_ends_nothing(&town, &it, "does not say whether the person is enabled", |directory| {
        for person in directory.people.values_mut().filter(|one| one.user_name.starts_with("ana")) {
            person.employment = Employment::Unknown;
        }
    });
}

/// pitfall 25
fn an_account_of_which_nothing_is_known_ends_nothing(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    unknown_ends_nothing(&town, &it, "AWS does not say whether the account is active", |directory| {
        let account = AccountId::parse("333333333333").unwrap();
        directory.accounts.get_mut(&account).unwrap().state = AccountState::Unknown;
    });
}

/// pitfall 25: half a directory is none.
fn a_reading_that_fails_ends_nothing(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    town.aws_meets("ListGroupMemberships", u32::MAX, FaultKind::Internal500);
    for _ in 0..3 {
        town.fails_to_read_the_directory();
    }
    assert_eq!(town.state(&it), StateWord::Active);
    assert!(!town.card(&it).words().contains("In doubt"));
}

fn stricter() -> String {
    format!(
        "{ACME}\n@id(\"frozen\")\nforbid (principal, action == Action::\"request\", resource in Account::\"payments-prod\");\n"
    )
}

fn a_stricter_policy_is_told_with_a_button_and_ends_nothing(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    town.changes_policies(&stricter());
    let card = town.card_says(&it, "Policy has become stricter").words();
    assert!(card.contains("frozen") && card.contains("unless somebody ends it"), "{card}");
    town.thread_says(&it, "Policy would not permit this any more");
    for _ in 0..3 {
        town.reads_the_directory();
        town.settle();
    }
    assert_eq!(town.state(&it), StateWord::Active);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    let said = town.thread(&it).iter().filter(|said| said.contains("would not permit")).count();
    assert_eq!(said, 1, "told once");
    town.bo().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

fn a_policy_that_permits_it_again_takes_the_warning_back(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 4h");
    town.changes_policies(&stricter());
    town.card_says(&it, "Policy has become stricter");
    town.changes_policies(ACME);
    town.chat_shows(on, "no warning", || {
        let card = town.cards(&it).pop()?;
        (!card.words().contains("stricter")).then_some(())
    });
    assert_eq!(town.state(&it), StateWord::Active);
}

/// P3, pitfall 9
fn a_policy_that_cannot_be_read_ends_nothing_and_every_end_is_kept(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town, "payments-prod ReadOnly 1h");
    town.changes_policies("permit (principal, action,");
    for _ in 0..2 {
        town.reads_the_directory();
        town.settle();
    }
    assert_eq!(town.state(&it), StateWord::Active);
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

fn what_begins_later_is_off_when_the_person_has_left(on: Platform) {
    let town = Town::on(on);
    let at = town.now().checked_add(3.hours()).unwrap().strftime("%Y-%m-%dT%H:%MZ").to_string();
    let it = town.ana().asks(&format!("payments-prod ReadOnly 1h at {at} INC-7 look at refunds"));
    town.bo().approves(&it).says("the access begins");
    town.becomes(&it, StateWord::Scheduled);
    assert!(town.aws().set_user_enabled("ana", false));
    town.reads_the_directory();
    town.settle();
    assert_eq!(town.state(&it), StateWord::Scheduled);
    town.reads_the_directory();
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "the person is disabled");
    town.pass(4.hours());
    town.settle();
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

/// The directory has not been read since: the provider is asked before the access is created.
fn who_was_disabled_after_the_approval_gets_nothing_and_is_told_why(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    assert!(town.aws().set_user_enabled("ana", false));
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Failed);
    town.card_says(&it, "the person is no longer enabled in the directory");
    town.is_told("ana", "no longer enabled");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn who_lost_the_group_after_the_approval_gets_nothing_and_is_told_why(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    town.group_by_hand("ana", "payments-engineers", false);
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Failed);
    town.card_says(&it, "policy no longer permitted it when it was about to be created");
    town.is_told("ana", "policy no longer permitted it");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn a_provider_that_does_not_answer_leaves_it_to_what_was_read_last(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    assert!(town.aws().set_user_enabled("ana", false));
    town.aws_meets("DescribeUser", u32::MAX, FaultKind::Internal500);
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    // What was read last counts until the directory is read again.
    town.reads_the_directory();
    town.card_says(&it, "In doubt");
    town.reads_the_directory();
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}
