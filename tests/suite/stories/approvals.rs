//! Who must say yes, who is asked, who is reminded, and whose yes counts.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::company::Company;
use glasskey_playground::discord::{Fault, Operation, Scene};
use jiff::ToSpan as _;
use serde_json::json;

use crate::town::{ACCESS, Plan, Platform, Request, Town, acme_with};

on_each_platform! {
    one_yes_of_each_group_is_needed_and_a_second_of_the_same_group_is_refused_by_name,
    who_is_in_both_groups_counts_for_one_and_leaves_the_other_to_who_can_take_it,
    an_approver_approves_for_less_and_never_for_more,
    an_approver_denies_with_a_reason_that_the_requester_reads_and_nobody_else_can,
    the_card_says_who_approved_when_and_by_which_policy,
    quiet_approvers_are_named_but_not_called_and_may_approve,
    approvers_are_reminded_at_half_time_once_and_approve_from_the_reminder,
    an_old_message_says_nothing_about_the_extension_that_was_asked_for_since,
    when_nobody_answers_the_next_group_is_asked_and_its_yes_counts,
    what_has_not_enough_yeses_in_time_lapses_though_the_bot_was_dead,
    who_left_the_group_since_the_card_was_shown_cannot_approve_any_more,
    a_yes_of_somebody_who_left_since_does_not_count,
}

/// What Ana asks for.
const ASK: &str = "payments-prod ReadOnly 1h INC-7 look at refunds";
/// One of each.
const OF_EACH: &str = r#"@approvals("1 of sre-leads, 1 of security")"#;

/// Acme with these rules, and with Cy a leader of SRE like Bo.
fn town_with_two_leads(on: Platform, annotations: &str) -> Town {
    let mut company = Company::acme();
    let cy = company.person("cy").unwrap().identity_user_id.clone().unwrap();
    let leads = company.groups.iter_mut().find(|group| group.name == "sre-leads").unwrap();
    leads.members.insert(cy);
    Town::planned(Plan { company, policies: acme_with(annotations), ..Plan::on(on) })
}

fn is_granted(town: &Town, it: &Request) {
    town.becomes(it, StateWord::Active);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
}

fn one_yes_of_each_group_is_needed_and_a_second_of_the_same_group_is_refused_by_name(on: Platform) {
    let town = town_with_two_leads(on, OF_EACH);
    let it = town.ana().asks(ASK);
    let card = town.card_says(&it, "Waits for 2 approvals");
    assert!(card.words().contains("1 of `security`, 1 of `sre-leads`"), "{}", card.words());
    town.bo().approves(&it).says("1 more approval is needed");
    town.card_says(&it, "Waits for 1 approval*: 1 of `security` ");
    town.cy().approves(&it).says("missing: 1 of `security`");
    town.bo().approves(&it).says("you have approved this already");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Pending);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    town.dee().approves(&it).says("needs no further approval");
    is_granted(&town, &it);
    let card = town.card_says(&it, "Active").words();
    for who in ["bo", "dee"] {
        assert!(card.contains(&town.mention(who)), "{card}");
    }
}

fn who_is_in_both_groups_counts_for_one_and_leaves_the_other_to_who_can_take_it(on: Platform) {
    let town = town_with_two_leads(on, OF_EACH);
    town.group_by_hand("bo", "security", true);
    town.reads_the_directory();
    let it = town.ana().asks(ASK);
    town.bo().approves(&it).says("1 more approval is needed");
    town.bo().approves(&it).says("you have approved this already");
    // Cy leads SRE and nothing else: so Bo, who was counted for that, stands for security now.
    town.cy().approves(&it).says("needs no further approval");
    is_granted(&town, &it);
}

fn an_approver_approves_for_less_and_never_for_more(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 2h INC-7 look at refunds");
    town.bo().clicks(&it, "Approve for less…");
    let wrong = town.bo().sends(&json!({ "length": "4 h" }));
    assert!(wrong.contains("an approver can approve for less than was asked for, which is 2 h"), "{wrong}");
    assert_eq!(town.state(&it), StateWord::Pending);
    if on == Platform::Discord {
        town.bo().clicks(&it, "Approve for less…");
    }
    town.bo().sends(&json!({ "length": "30 min" }));
    let deadline = town.becomes(&it, StateWord::Active).deadline().unwrap();
    assert!(deadline.duration_since(town.now()).as_secs() <= 1_800, "{deadline}");
    let card = town.card_says(&it, "Active").words();
    assert!(card.contains("2 h") && card.contains("approved for"), "{card}");
    assert!(card.contains("30 min at most"), "who approved for how much: {card}");
    town.is_told("ana", &town.time(deadline));
    town.pass_until(deadline);
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    // The same in a line.
    let it = town.ana().asks("payments-prod ReadOnly 2h INC-7 look at refunds");
    town.bo().says(&format!("/elevate approve {} for 3h", it.id)).says("for less than was asked for");
    town.bo().says(&format!("/elevate approve {} for 30m", it.id)).says("needs no further approval");
    assert_eq!(town.becomes(&it, StateWord::Active).length().to_string(), "30 min");
}

/// pitfall 32: who asked takes it back, who may approve says no, and nobody else does either.
fn an_approver_denies_with_a_reason_that_the_requester_reads_and_nobody_else_can(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks(ASK);
    let said = town.cy().denies(&it, "not on my watch");
    assert!(said.contains("policy does not let you decide"), "{said}");
    town.cy().withdraws(&it).says("only who asked can");
    let said = town.ana().denies(&it, "changed my mind");
    assert!(said.contains("withdraw it instead of denying it"), "{said}");
    assert_eq!(town.state(&it), StateWord::Pending);
    town.bo().denies(&it, "the window opens tomorrow");
    town.becomes(&it, StateWord::Denied);
    let card = town.card_says(&it, "Denied").words();
    assert!(card.contains("the window opens tomorrow") && card.contains(&town.mention("bo")), "{card}");
    town.is_told("ana", "the window opens tomorrow");
    town.settle();
    town.dee().says(&format!("/elevate approve {}", it.id)).says("too late: this request was denied");
    // What was asked anew can be taken back by who asked.
    let it = town.ana().asks(ASK);
    town.ana().withdraws(&it).says("is withdrawn");
    town.card_says(&it, "Withdrawn");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn the_card_says_who_approved_when_and_by_which_policy(on: Platform) {
    let town = Town::with_policies(on, &acme_with(r#"@approvals("2")"#));
    let it = town.ana().asks(ASK);
    town.bo().approves(&it).says("1 more approval is needed");
    let card = town.card_says(&it, "Waits for 1 approval").words();
    let at = town.request(&it).approvals[0].at;
    let row = format!("{}, {}", town.mention("bo"), town.time(at));
    assert!(card.contains(&row) && card.contains("by policy `sre-leads-approve`"), "{card}");
    town.dee().approves(&it);
    is_granted(&town, &it);
    let card = town.card_says(&it, "Active").words();
    assert!(card.contains(&row) && card.contains("by policy `commanders-approve`"), "{card}");
}

fn quiet_approvers_are_named_but_not_called_and_may_approve(on: Platform) {
    let quiet = "@approvals(\"1\")\n@quiet_approvers(\"incident-commanders\")";
    let town = Town::with_policies(on, &acme_with(quiet));
    let said = town.ana().says(&format!("/elevate {ASK}"));
    assert!(!said.words().contains(&town.mention("dee")), "{}", said.words());
    let it = said.request();
    let card = town.card_says(&it, "Waits for 1 approval").words();
    let also = card.find("also: Dee Marsh").unwrap_or_else(|| panic!("{card}"));
    assert!(card.find(&town.mention("bo")).unwrap() < also);
    assert!(!card.contains(&town.mention("dee")), "nobody is called by it: {card}");
    town.settle();
    town.pass(30.minutes());
    town.is_told("bo", "Still waits for your approval");
    town.settle();
    assert_eq!(town.told("dee"), Vec::<String>::new(), "not reminded either");
    town.dee().approves(&it).says("needs no further approval");
    is_granted(&town, &it);
}

fn approvers_are_reminded_at_half_time_once_and_approve_from_the_reminder(on: Platform) {
    let mut town = Town::on(on);
    let it = town.ana().asks(ASK);
    town.card(&it);
    town.settle();
    town.pass(29.minutes());
    town.settle();
    assert_eq!(town.told("bo"), Vec::<String>::new(), "the card is enough until then");
    town.kill();
    town.pass(1.minutes());
    town.start();
    for who in ["bo", "dee"] {
        town.is_told(who, "Still waits for your approval");
    }
    town.pass(15.minutes());
    town.settle();
    let told = town.told("bo");
    assert_eq!(told.len(), 1, "{told:?}");
    for words in [it.id.as_str(), "look at refunds", "1 h", "Missing: 1 approval"] {
        assert!(told[0].contains(words), "`{words}` is not in {told:?}");
    }
    assert!(!town.told("ana").iter().any(|told| told.contains("Still waits")));
    town.bo().clicks_told("Still waits for your approval", "Approve").says("needs no further approval");
    is_granted(&town, &it);
}

/// P1: a yes is to what stood there.
fn an_old_message_says_nothing_about_the_extension_that_was_asked_for_since(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks(ASK);
    town.card(&it);
    town.pass(30.minutes());
    town.is_told("dee", "Still waits for your approval");
    town.bo().approves(&it);
    is_granted(&town, &it);
    town.ana().says(&format!("/elevate extend {} by 1h", it.id));
    town.is_told("dee", "More time is asked for");
    let end = town.request(&it).deadline();
    for button in ["Approve", "Deny…"] {
        town.dee().clicks_told("Still waits for your approval", button).says("was approved and is active");
    }
    let request = town.request(&it);
    assert_eq!(request.deadline(), end);
    assert!(request.extension.is_some_and(|extension| extension.approvals.is_empty()), "it waits as before");
    town.dee().clicks_told("More time is asked for", "Approve").says("is extended until");
}

fn when_nobody_answers_the_next_group_is_asked_and_its_yes_counts(on: Platform) {
    let rules = "@approvals(\"1 of sre-leads\")\n@escalate(\"20m: sre-managers\")";
    let town = Town::with_policies(on, &acme_with(rules));
    let it = town.ana().asks(ASK);
    let card = town.card_says(&it, "Waits for 1 approval").words();
    assert!(!card.contains(&town.mention("dee")), "{card}");
    town.dee().approves(&it).says("missing: 1 of `sre-leads`");
    town.pass(19.minutes());
    town.settle();
    assert_eq!(town.told("dee"), Vec::<String>::new());
    town.pass(1.minutes());
    town.is_told("dee", "Your approval is asked for");
    let card = town.card_says(&it, "asked as well: `sre-managers`").words();
    assert!(card.contains(&town.mention("dee")), "{card}");
    town.dee().clicks_told("Your approval is asked for", "Approve").says("needs no further approval");
    is_granted(&town, &it);
}

fn what_has_not_enough_yeses_in_time_lapses_though_the_bot_was_dead(on: Platform) {
    let mut town = Town::with_policies(on, &acme_with(r#"@approvals("2")"#));
    let it = town.ana().asks(ASK);
    let card = town.card(&it);
    town.bo().approves(&it).says("1 more approval is needed");
    town.settle();
    town.kill();
    town.pass(1.hour());
    town.start();
    town.becomes(&it, StateWord::Lapsed);
    town.is_told("ana", "lapsed: 1 of 2 approvals came in time");
    town.card_says(&it, "Lapsed");
    // Whatever an old client still shows.
    town.dee().says(&format!("/elevate approve {}", it.id)).says("too late: this request has lapsed");
    assert_eq!(town.cards_of(on, ACCESS, it.id.as_str())[0].id, card.id);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn who_left_the_group_since_the_card_was_shown_cannot_approve_any_more(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks(ASK);
    let card = town.card_says(&it, "may approve");
    assert!(card.words().contains(&town.mention("bo")));
    town.group_by_hand("bo", "sre-leads", false);
    town.reads_the_directory();
    town.bo().approves(&it).says("policy does not let you decide about this request");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Pending);
    town.dee().approves(&it).says("needs no further approval");
    is_granted(&town, &it);
}

fn a_yes_of_somebody_who_left_since_does_not_count(on: Platform) {
    let town = town_with_two_leads(on, r#"@approvals("2")"#);
    let it = town.ana().asks(ASK);
    town.bo().approves(&it).says("1 more approval is needed");
    town.group_by_hand("bo", "sre-leads", false);
    town.reads_the_directory();
    town.dee().approves(&it).says("1 more approval is needed");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Pending);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    town.cy().approves(&it).says("needs no further approval");
    is_granted(&town, &it);
}

/// Discord says nothing in direct messages of who is in the server: who left it decides nothing there.
#[test]
fn a_button_of_a_direct_message_counts_for_members_of_the_server_alone() {
    let town = Town::on(Platform::Discord);
    let it = town.ana().asks(ASK);
    town.card(&it);
    town.settle();
    town.pass(30.minutes());
    town.is_told("bo", "Still waits for your approval");
    assert!(town.discord().set_member("bo", |flags| flags.is_member = false));
    town.bo().clicks_told("Still waits", "Approve").says("belongs to another workspace");
    assert!(town.discord().set_member("bo", |flags| flags.is_member = true));
    town.discord().fault(Operation::Member, Fault::Status(500));
    town.bo().clicks_told("Still waits", "Approve").says("did not answer who you are");
    assert_eq!(town.state(&it), StateWord::Pending);
    town.bo().clicks_told("Still waits", "Approve").says("needs no further approval");
    is_granted(&town, &it);
    // What is said there is not heard: commands are taken in the server alone.
    let nothing = json!({});
    let said = town.discord().slash_in("bo", &Scene::Direct, "elevate list", &nothing);
    let said = town.block("an answer", said);
    assert!(said.words().contains("not in direct messages"), "{said:?}");
}
