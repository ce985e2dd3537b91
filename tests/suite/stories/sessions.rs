//! Sessions that outlive access: told honestly, with the time, and cut where somebody wants that and it was switched on.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use glasskey_playground::company::Company;
use jiff::ToSpan as _;

use crate::town::{ACME, Plan, Platform, Request, Town};

on_each_platform! {
    the_card_and_the_messages_say_until_when_sessions_may_last,
    nobody_can_cut_sessions_where_that_is_not_switched_on,
    end_now_and_cut_sessions_denies_them_and_says_so_when_that_is_in_force,
    the_denial_is_taken_back_when_no_such_session_can_live_any_more,
    what_others_wrote_into_the_inline_policy_stays,
    where_policy_says_so_sessions_are_cut_at_every_end,
    a_policy_that_has_no_room_is_left_alone_and_that_is_told,
    the_access_ends_although_its_sessions_cannot_be_cut,
    a_permission_set_that_is_gone_leaves_nothing_to_cut,
    what_else_is_under_way_in_the_account_is_waited_for,
    sessions_are_cut_by_a_service_control_policy_made_for_it,
    without_rights_on_policies_of_the_organization_the_access_ends_and_people_are_told,
    who_gets_the_access_again_is_not_denied_by_the_cut_before,
}

const CUTS: &str = "[requests]\ncut_sessions = \"inline-policy\"\n";
const BY_SCP: &str = "[requests]\ncut_sessions = \"scp:p-glasskey1\"\n";
const CUT: &str = "End now and cut sessions";
const SET: &str = "PowerUser";

/// The role stays in the account when Ana's assignment goes: Cy has it, too.
fn town_with(on: Platform, more: &str) -> Town {
    let company = Company::acme().with_standing("cy", "payments-prod", SET);
    Town::planned(Plan { company, more: more.to_owned(), ..Plan::on(on) })
}

fn granted(town: &Town) -> Request {
    let it = town.ana().asks(&format!("payments-prod {SET} 1h INC-7 change a flag"));
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    town.settle();
    it
}

/// Whether Ana's sessions are denied in the account.
fn is_denied(town: &Town) -> bool {
    let ana = town.person_id("ana").to_string();
    let policy = town.aws().policy_in_force("payments-prod", SET).unwrap_or_default();
    policy.contains(&ana) && policy.contains("aws:TokenIssueTime") && policy.contains("Deny")
}

fn cut(town: &Town, it: &Request) {
    town.card_offers(it, CUT);
    town.bo().clicks(it, CUT).says("is being ended");
    town.becomes(it, StateWord::Ended);
    assert!(!town.aws().has("ana", "payments-prod", SET));
}

fn the_card_and_the_messages_say_until_when_sessions_may_last(on: Platform) {
    let town = town_with(on, "");
    let it = town.ana().asks(&format!("payments-prod {SET} 1h INC-7 change a flag"));
    town.card_says(&it, "may outlive the end by up to 4 h");
    town.bo().approves(&it);
    let deadline = town.becomes(&it, StateWord::Active).deadline().unwrap();
    let until = town.time(deadline.checked_add(4.hours()).unwrap());
    let card = town.card_says(&it, "Active").words();
    assert!(card.contains("may outlive it, until") && card.contains(&until), "{card}");
    town.settle();
    let told = town.told("ana").remove(0);
    assert!(
        told.contains("Sessions that are open then may live on until") && told.contains(&until),
        "{told}"
    );
    town.ana().ends(&it).says("sessions that are open may live on for up to 4 h");
    town.becomes(&it, StateWord::Ended);
    town.is_told("ana", "sessions that are open may live on until");
    town.card_says(&it, "may outlive it, until");
}

fn nobody_can_cut_sessions_where_that_is_not_switched_on(on: Platform) {
    let town = town_with(on, "");
    let it = granted(&town);
    let buttons = town.card_says(&it, "Active").buttons();
    assert!(!buttons.iter().any(|label| label == CUT), "{buttons:?}");
    town.ana().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    town.settle();
    assert_eq!(town.aws().count("PutInlinePolicyToPermissionSet"), 0);
}

fn end_now_and_cut_sessions_denies_them_and_says_so_when_that_is_in_force(on: Platform) {
    let town = town_with(on, CUTS);
    let it = granted(&town);
    cut(&town, &it);
    town.card_says(&it, "what was begun before the end works no more");
    assert!(is_denied(&town), "{:?}", town.aws().policy_in_force("payments-prod", SET));
    town.is_told("ana", "Sessions are cut");
    town.thread_says(&it, "Sessions are cut");
    let others = town.aws().policy_in_force("payments-prod", SET).unwrap();
    assert!(!others.contains(town.person_id("cy").as_str()), "Cy's sessions live on: {others}");
    assert_eq!(town.cards(&it).len(), 1);
}

fn the_denial_is_taken_back_when_no_such_session_can_live_any_more(on: Platform) {
    let mut town = town_with(on, CUTS);
    let it = granted(&town);
    cut(&town, &it);
    town.card_says(&it, "were cut");
    town.pass(719.minutes());
    town.settle();
    assert!(is_denied(&town), "not before its time");
    town.restart();
    town.pass(2.minutes());
    town.aws_shows("the denial gone", |aws| {
        aws.inline_policy(SET).is_none() && aws.policy_in_force("payments-prod", SET).is_none()
    });
    town.book_shows("nothing left of it", |book, _| (book.cuts().count() == 0).then_some(()));
}

fn what_others_wrote_into_the_inline_policy_stays(on: Platform) {
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"#;
    let town = town_with(on, CUTS);
    assert!(town.aws().set_inline_policy(SET, Some(theirs)));
    let it = granted(&town);
    cut(&town, &it);
    town.card_says(&it, "were cut");
    assert!(is_denied(&town) && town.aws().inline_policy(SET).unwrap().contains("Theirs"));
    town.pass(13.hours());
    town.book_shows("nothing left of it", |book, _| (book.cuts().count() == 0).then_some(()));
    let left = town.aws().inline_policy(SET).unwrap();
    assert!(left.contains("Theirs") && !left.contains("GlasskeyCut"), "{left}");
}

fn where_policy_says_so_sessions_are_cut_at_every_end(on: Platform) {
    let policies = ACME
        .replace("@id(\"payments-prod-change\")", "@id(\"payments-prod-change\")\n@cut_sessions(\"yes\")");
    let company = Company::acme().with_standing("cy", "payments-prod", SET);
    let town = Town::planned(Plan { company, policies, more: CUTS.to_owned(), ..Plan::on(on) });
    let it = granted(&town);
    town.card_says(&it, "are cut when it ends");
    let told = town.told("ana").remove(0);
    assert!(told.contains("Sessions that are open then are cut"), "{told}");
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    town.card_says(&it, "were cut");
    assert!(is_denied(&town));
    town.is_told("ana", "Sessions are cut");
}

/// The longest that IAM takes, nearly.
fn nearly_full() -> String {
    let actions: Vec<String> = (0..591).map(|n| format!("\"s3:Nonsense{n:03}\"")).collect();
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Theirs","Effect":"Deny","Action":[{}],"Resource":"*"}}]}}"#,
        actions.join(",")
    )
}

fn a_policy_that_has_no_room_is_left_alone_and_that_is_told(on: Platform) {
    let town = town_with(on, CUTS);
    let theirs = nearly_full();
    assert!((9_900..10_240).contains(&theirs.len()), "{}", theirs.len());
    assert!(town.aws().set_inline_policy(SET, Some(&theirs)));
    let it = granted(&town);
    cut(&town, &it);
    let card = town.card_says(&it, "not cut").words();
    assert!(card.contains("inline policy") && card.contains("they may live until"), "{card}");
    town.is_told("ana", "Sessions are NOT cut");
    town.thread_says(&it, "Sessions are NOT cut");
    assert_eq!(town.aws().inline_policy(SET), Some(theirs));
}

/// pitfall 34: without the right to write inline policies, everything else works.
fn the_access_ends_although_its_sessions_cannot_be_cut(on: Platform) {
    let town = town_with(on, CUTS);
    let it = granted(&town);
    town.aws_meets("PutInlinePolicyToPermissionSet", u32::MAX, FaultKind::AccessDenied);
    cut(&town, &it);
    town.card_says(&it, "AWS confirms that it is gone");
    let card = town.card_says(&it, "not cut").words();
    assert!(card.contains("they may live until"), "{card}");
    town.is_told("ana", "Sessions are NOT cut");
    let again = granted(&town);
    town.ana().ends(&again).says("is being ended");
    town.becomes(&again, StateWord::Ended);
}

/// AWS provisions one permission set of an account at a time, and takes one change of a policy at a time.
fn what_else_is_under_way_in_the_account_is_waited_for(on: Platform) {
    let town = town_with(on, CUTS);
    let it = granted(&town);
    town.aws_meets("PutInlinePolicyToPermissionSet", 1, FaultKind::Conflict);
    town.aws_meets("ProvisionPermissionSet", 2, FaultKind::Conflict);
    cut(&town, &it);
    town.card_says(&it, "what was begun before the end works no more");
    assert!(is_denied(&town), "{:?}", town.aws().policy_in_force("payments-prod", SET));
    town.is_told("ana", "Sessions are cut");
    assert_eq!(town.aws().count("ProvisionPermissionSet"), 3);
}

fn a_permission_set_that_is_gone_leaves_nothing_to_cut(on: Platform) {
    let town = town_with(on, CUTS);
    let it = granted(&town);
    town.aws_meets("ListAccountsForProvisionedPermissionSet", u32::MAX, FaultKind::Internal500);
    cut(&town, &it);
    town.card_says(&it, "are being cut");
    town.deletes_permission_set(SET);
    town.aws().clear_faults();
    town.pass(5.minutes());
    town.card_says(&it, "were cut");
    town.pass(13.hours());
    town.book_shows("nothing left of it", |book, _| (book.cuts().count() == 0).then_some(()));
}

fn scp(town: &Town) -> String {
    town.aws().service_control_policy("p-glasskey1").unwrap()
}

fn sessions_are_cut_by_a_service_control_policy_made_for_it(on: Platform) {
    let town = town_with(on, BY_SCP);
    let it = granted(&town);
    cut(&town, &it);
    town.card_says(&it, "were cut");
    let policy = scp(&town);
    assert!(
        policy.contains(town.person_id("ana").as_str()) && policy.contains("aws:TokenIssueTime"),
        "{policy}"
    );
    assert_eq!(town.aws().count("PutInlinePolicyToPermissionSet"), 0);
    town.pass(13.hours());
    town.book_shows("nothing left of it", |book, _| (book.cuts().count() == 0).then_some(()));
    assert!(!scp(&town).contains(town.person_id("ana").as_str()), "{}", scp(&town));
}

/// pitfall 34: Organizations that lets nobody change policies costs the cut alone.
fn without_rights_on_policies_of_the_organization_the_access_ends_and_people_are_told(on: Platform) {
    let town = town_with(on, BY_SCP);
    let before = scp(&town);
    for operation in ["UpdatePolicy", "DescribePolicy"] {
        town.aws_meets(operation, u32::MAX, FaultKind::AccessDenied);
    }
    let it = granted(&town);
    cut(&town, &it);
    town.card_says(&it, "AWS confirms that it is gone");
    town.card_says(&it, "not cut");
    town.is_told("ana", "Sessions are NOT cut");
    assert_eq!(scp(&town), before);
    let again = granted(&town);
    town.pass(1.hour());
    town.becomes(&again, StateWord::Ended);
}

fn who_gets_the_access_again_is_not_denied_by_the_cut_before(on: Platform) {
    let town = town_with(on, CUTS);
    let it = granted(&town);
    cut(&town, &it);
    town.card_says(&it, "were cut");
    let again = granted(&town);
    assert!(town.aws().has("ana", "payments-prod", SET));
    // The denial is of what was begun before the end, and names that time.
    let ended = town.request(&it).state.since().unwrap();
    let policy = town.aws().policy_in_force("payments-prod", SET).unwrap();
    assert!(policy.contains(&ended.strftime("%Y-%m-%dT%H:").to_string()), "{policy}");
    town.ana().ends(&again).says("is being ended");
    town.becomes(&again, StateWord::Ended);
}
