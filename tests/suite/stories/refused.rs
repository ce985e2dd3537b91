//! Those who may not, and what they are told. Nothing is ever given to them.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::slack::UserFlags;
use serde_json::json;

use crate::town::{Platform, Request, Town};

on_each_platform! {
    nobody_approves_their_own_request,
    an_engineer_of_another_team_can_neither_approve_nor_deny_nor_withdraw,
    what_nobody_could_approve_is_refused_at_once,
}

fn nothing_happened(town: &Town, it: &Request) {
    town.settle();
    assert_eq!(town.state(it), StateWord::Pending);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    assert!(town.journal().contains("\"refused\""), "refusals are in the journal (P7)");
}

/// pitfall 13, pitfall 24
fn nobody_approves_their_own_request(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.ana().approves(&it).says("nobody approves their own request");
    town.ana().says(&format!("/elevate approve {}", it.id)).says("nobody approves their own request");
    let wrong = town.ana().denies(&it, "changed my mind");
    assert!(wrong.contains("this is your own request; withdraw it instead of denying it ("), "{wrong}");
    nothing_happened(&town, &it);
}

/// pitfall 32: a channel is no permission.
fn an_engineer_of_another_team_can_neither_approve_nor_deny_nor_withdraw(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.cy().approves(&it).says("policy does not let you decide");
    town.cy().withdraws(&it).says("only who asked can withdraw");
    let wrong = town.cy().denies(&it, "not on my watch");
    assert!(wrong.contains("policy does not let you decide"), "{wrong}");
    town.cy()
        .says(&format!("/elevate deny {} not on my watch", it.id))
        .says("policy does not let you decide");
    nothing_happened(&town, &it);
}

#[test]
fn a_guest_may_neither_ask_nor_decide() {
    let town = Town::on(Platform::Slack);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.eve()
        .says("/elevate payments-prod ReadOnly 1h INC-7 look at refunds")
        .says("guests of the workspace");
    town.eve().approves(&it).says("guests of the workspace");
    nothing_happened(&town, &it);
}

/// What becomes of a profile.
type Change = fn(&mut UserFlags);

/// pitfall 25
#[test]
fn bots_the_deactivated_strangers_and_the_unconfirmed_may_do_nothing() {
    let town = Town::on(Platform::Slack);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    let cases: [(Change, &str); 5] = [
        (|flags| flags.is_bot = true, "bots and apps"),
        (|flags| flags.deleted = true, "deactivated"),
        (|flags| flags.team = "T0OTHER".to_owned(), "another workspace"),
        (|flags| flags.is_email_confirmed = false, "not confirmed"),
        (|flags| flags.email = "bo@acme.example.evil".to_owned(), "nobody in the Identity Store"),
    ];
    for (change, words) in cases {
        let mut before = None;
        assert!(town.slack().set_user("bo", |flags| {
            before = Some(flags.clone());
            change(flags);
        }));
        town.announces("bo");
        town.bo().says(&format!("/elevate approve {}", it.id)).says(words);
        town.bo().approves(&it).says(words);
        assert!(town.slack().set_user("bo", |flags| *flags = before.unwrap()));
        town.announces("bo");
    }
    nothing_happened(&town, &it);
}

#[test]
fn an_account_of_another_workspace_is_not_whom_its_id_says() {
    let town = Town::on(Platform::Slack);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    let card = town.card(&it);
    // Bo's user id and e-mail address, clicked in from a workspace that is connected to ours.
    let payload = json!({
        "type": "block_actions",
        "team": { "id": "T0ACME", "domain": "acme" },
        "user": { "id": "U0BO", "username": "bo", "name": "bo", "team_id": "T0EVIL" },
        "channel": { "id": "C0ACCESS", "name": "access" },
        "message": { "ts": card.id },
        "actions": [{ "action_id": "request.approve", "block_id": "x", "type": "button", "value": it.id.as_str() }],
    });
    town.delivers("interactive", payload);
    assert!(town.journal().contains("other-workspace"));
    nothing_happened(&town, &it);
}

#[test]
fn nothing_is_done_from_a_channel_that_is_shared_with_another_company() {
    let town = Town::on(Platform::Slack);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    assert!(town.slack().set_channel("C0GENERAL", |flags| flags.is_ext_shared = true));
    let said = town.bo().in_channel("C0GENERAL").says(&format!("/elevate approve {}", it.id));
    said.says("shared with another company");
    nothing_happened(&town, &it);
}

fn what_nobody_could_approve_is_refused_at_once(on: Platform) {
    let town = Town::on(on);
    town.group_by_hand("dee", "incident-commanders", false);
    town.group_by_hand("bo", "sre-leads", false);
    town.reads_the_directory();
    town.ana().says("/elevate payments-prod ReadOnly 1h INC-7 look at refunds").says("this needs 1 approval");
    town.settle();
    assert!(town.posts().is_empty());
}

/// pitfall 29: an account that has another's address is not that other.
#[test]
fn an_account_whose_address_becomes_anothers_is_refused_and_alarmed() {
    let town = Town::on(Platform::Slack);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.cy().says("/elevate list");
    assert!(town.slack().set_user("cy", |flags| flags.email = "bo@acme.example".to_owned()));
    town.announces("cy");
    town.cy().approves(&it).says("has another person's e-mail address now");
    nothing_happened(&town, &it);
}

/// pitfall 29
#[test]
fn an_address_that_two_people_have_names_nobody() {
    let town = Town::on(Platform::Slack);
    assert!(town.aws().set_user_email("cy", "bo@acme.example"));
    town.reads_the_directory();
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it).says("several people in the Identity Store");
    nothing_happened(&town, &it);
}
