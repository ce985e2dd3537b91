//! Who speaks in Discord is who was linked, in our own server, and nobody else (P1, P9).

use glasskey_domain::refusal::StateWord;
use glasskey_playground::discord::Scene;
use serde_json::json;

use crate::town::{Platform, Request, Town};

/// What Ana asks for.
const ASK: &str = "payments-prod ReadOnly 1h INC-7 look at refunds";

fn nothing_happened(town: &Town, it: &Request) {
    town.settle();
    assert_eq!(town.state(it), StateWord::Pending);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    assert!(town.journal().contains("\"refused\""), "refusals are in the journal (P7)");
}

#[test]
fn who_is_not_linked_may_neither_ask_nor_decide_and_is_told_how_to_link() {
    let town = Town::on(Platform::Discord);
    let it = town.ana().asks(ASK);
    town.eve().says(&format!("/elevate {ASK}")).says("/elevate link");
    town.eve().approves(&it).says("/elevate link");
    town.eve().says(&format!("/elevate show {}", it.id)).says("/elevate link");
    nothing_happened(&town, &it);
}

#[test]
fn a_link_that_is_taken_back_while_a_request_waits_counts_no_more() {
    let town = Town::on_both();
    let it = town.ana().on(Platform::Discord).asks(ASK);
    town.unlinks("bo");
    town.bo().on(Platform::Discord).approves(&it).says("/elevate link");
    let line = format!("/elevate approve {}", it.id);
    town.bo().on(Platform::Discord).says(&line).says("/elevate link");
    nothing_happened(&town, &it);
    // He is who he was in Slack, and in Discord again when somebody says so.
    town.links("bo");
    town.bo().on(Platform::Discord).approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
}

/// The person asked, not the account: what was asked goes its way, and is told where the person still is.
#[test]
fn a_request_lives_on_when_the_link_of_who_asked_is_taken_back() {
    let town = Town::on_both();
    let it = town.ana().on(Platform::Discord).asks(ASK);
    town.ana().on(Platform::Discord).says("/elevate unlink").says("linked to nobody any more");
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    town.ana().on(Platform::Discord).ends(&it).says("/elevate link");
    town.ana().on(Platform::Slack).ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
}

#[test]
fn another_server_direct_messages_and_personal_installs_are_not_served() {
    let town = Town::on(Platform::Discord);
    let it = town.ana().asks(ASK);
    let scenes = [
        (Scene::OtherGuild, "another workspace"),
        (Scene::Direct, "not in direct messages"),
        (Scene::PersonalInstall("access".to_owned()), "not in direct messages"),
    ];
    for (scene, words) in scenes {
        let filled = json!({ "id": it.id.as_str() });
        let sent = town.discord().slash_in("bo", &scene, "elevate approve", &filled);
        let said = town.block("the answer to a command", sent);
        assert!(said.words().contains(words), "{scene:?}: {}", said.words());
    }
    nothing_happened(&town, &it);
}
