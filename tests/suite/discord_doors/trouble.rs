//! When Discord does not take what is said, or takes it too late.

use std::time::Duration;

use glasskey_domain::refusal::StateWord;
use glasskey_playground::discord::{DiscordOptions, Fault, Operation};
use serde_json::json;

use super::house::{ACCESS, House, INCIDENTS, Plan, asks};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_stands_and_is_said_directly_where_the_answer_comes_too_late() {
    let discord = DiscordOptions { answer_limit: Duration::from_millis(300), ..DiscordOptions::default() };
    let house = House::planned(Plan { discord, ..Plan::default() }).await;
    let (id, card) = house.asked().await;
    house.discord.set_latency(Operation::Callback, Duration::from_millis(600));
    let clicked = house.discord.click("bo", &card.channel, &card.id, "Approve").await;
    assert!(clicked.timed_out(), "{clicked:?}");
    house.told("bo", id.as_str()).await;
    house.card(ACCESS, "Active").await;
    let request = house.engine.request(&id).await.unwrap().unwrap();
    assert_eq!((request.approvals.len(), request.state.word()), (1, StateWord::Active));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_on_its_way_is_sent_again_and_seen_once() {
    let house = House::new().await;
    for fault in [Fault::DropBefore, Fault::Status(502), Fault::AcceptThenDrop] {
        house.discord.fault(Operation::Callback, fault.clone());
        let said = house.says("ana", "elevate list", json!({})).await;
        assert!(said.contains("no open requests"), "{fault:?}: {said}");
    }
    house.shows(|discord| (discord.calls_of(Operation::Callback).len() == 6).then_some(())).await;
    house.says("ana", "elevate list", json!({})).await;
    let said = house.discord.direct_messages("ana");
    assert!(said.iter().all(|said| !said.words().contains("no open requests")), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_whose_answer_was_lost_is_found_again_and_not_posted_twice() {
    let house = House::new().await;
    house.discord.fault_in(Operation::Post, ACCESS, Fault::AcceptThenDrop);
    let (_, card) = house.asked().await;
    house.clicks("bo", &card, "Approve").await;
    house.card(ACCESS, "Active").await;
    let cards = house.discord.messages(ACCESS).into_iter().filter(|message| !message.buttons().is_empty());
    assert_eq!(cards.count(), 1);
    assert_eq!(house.posts_in("1290000000000000101"), 1, "it was looked for, and found by its mark");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_lost_is_found_again_and_not_said_twice() {
    let house = House::new().await;
    let (id, card) = house.asked().await;
    house.discord.fault_in(Operation::Post, "prod-access", Fault::AcceptThenDrop);
    house.clicks("bo", &card, "Approve").await;
    house.card(ACCESS, "Active").await;
    house.hears("prod-access", id.as_str()).await;
    house.all_is_said(&id).await;
    let said = house.discord.messages("prod-access");
    assert_eq!(said.iter().filter(|said| said.words().contains(id.as_str())).count(), 1);
    assert_eq!(house.posts_in("1290000000000000103"), 1, "it was looked for, and found by its mark");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn being_shut_out_of_the_access_channel_loses_nothing() {
    let house = House::new().await;
    assert!(house.discord.set_channel(ACCESS, |flags| flags.is_read_only = true));
    let said = house.says("ana", "elevate request", asks()).await;
    assert!(said.contains("waits for 1 approval"), "{said}");
    house.shows(|discord| (!discord.calls_of(Operation::Post).is_empty()).then_some(())).await;
    assert!(house.discord.set_channel(ACCESS, |flags| flags.is_read_only = false));
    house.card(ACCESS, "refunds").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_direct_messages_stops_nothing() {
    let house = House::new().await;
    assert!(house.discord.set_member("ana", |flags| flags.closes_direct = true));
    let (id, card) = house.asked().await;
    house.clicks("bo", &card, "Approve").await;
    house.card(ACCESS, "Active").await;
    house.all_is_said(&id).await;
    let said = house.discord.direct_messages("ana");
    assert!(said.iter().all(|said| !said.words().contains(id.as_str())), "{said:?}");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_there_also_where_it_cannot_be_pinned() {
    let house = House::new().await;
    assert!(house.discord.set_channel(INCIDENTS, |flags| flags.forbids_pins = true));
    house.says("dee", "breakglass on", json!({ "reason": "nobody can sign in" })).await;
    let card = house.card(INCIDENTS, "Waits for 1 confirmation").await;
    house.clicks("bo", &card, "Confirm").await;
    house.hears(INCIDENTS, "BREAK-GLASS IS ON").await;
    assert!(house.discord.pins(INCIDENTS).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_could_not_be_registered_are_told_and_tried_again() {
    let house = House::new().await;
    house.healthy().await;
    for _try in 0..2 {
        let shut_out = Fault::Refused { status: 403, code: 50_001 };
        house.discord.fault(Operation::ListCommands, shut_out);
    }
    assert!(house.discord.drop_gateways() > 0);
    house.ails("the commands are not registered").await;
    house.healthy().await;
}
