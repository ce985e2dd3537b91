//! Access first, approval after: told to everybody who would have approved, and looked at by one of them.

use glasskey_domain::refusal::StateWord;
use jiff::ToSpan as _;
use serde_json::json;

use crate::town::{Platform, Request, Town, urgently};

on_each_platform! {
    urgent_access_is_there_at_once_told_to_everybody_and_acknowledged,
    an_approver_objects_to_urgent_access_and_it_ends,
    an_objection_after_the_end_is_kept_and_told,
    urgent_access_that_nobody_looked_at_is_told_every_day_until_somebody_does,
    urgent_access_is_refused_where_no_policy_gives_it_or_gives_less,
    what_was_approved_before_needs_nobody_to_look_at_it,
}

/// The incident channel.
const INCIDENT: &str = "C0INCIDENT";
/// What Ana says.
const URGENT: &str = "urgent payments-prod ReadOnly 30m INC-7 refunds are down";

fn taken(on: Platform) -> (Town, Request) {
    let town = Town::with_policies(on, &urgently());
    let it = town.ana().asks(URGENT);
    town.becomes(&it, StateWord::Active);
    (town, it)
}

fn urgent_access_is_there_at_once_told_to_everybody_and_acknowledged(on: Platform) {
    let (town, it) = taken(on);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"), "before anybody was asked");
    let card = town.card_says(&it, "Nobody has looked at it yet").words();
    assert!(card.contains("URGENT") && card.contains(&town.mention("bo")), "{card}");
    for who in ["bo", "dee"] {
        town.is_told(who, "URGENT access was taken, without approval");
    }
    let told = town.channel_says(on, INCIDENT, "URGENT access was taken").words();
    assert!(told.contains("refunds are down") && told.contains(it.id.as_str()), "{told}");
    town.is_told("ana", "Granted");
    town.ana().clicks(&it, "Acknowledge").says("nobody approves their own request");
    town.cy().clicks(&it, "Acknowledge").says("policy does not let you decide");
    town.bo().clicks_told("URGENT access was taken", "Acknowledge").says("You acknowledged");
    town.card_says(&it, "acknowledged it");
    town.is_told("ana", "Acknowledged");
    assert_eq!(town.state(&it), StateWord::Active, "it goes on");
    town.dee().says(&format!("/elevate acknowledge {} fine by me", it.id)).says("does not wait for anybody");
    town.pass(30.minutes());
    town.becomes(&it, StateWord::Ended);
    town.settle();
    let told = town.told("bo");
    town.pass(49.hours());
    town.settle();
    assert_eq!(town.told("bo"), told, "nobody is reminded of what was looked at");
}

fn an_approver_objects_to_urgent_access_and_it_ends(on: Platform) {
    let (town, it) = taken(on);
    town.card_says(&it, "Nobody has looked at it yet");
    town.cy().clicks(&it, "Object…");
    let said = town.cy().sends(&json!({ "why": "I was not asked" }));
    assert!(said.contains("policy does not let you decide"), "{said}");
    if on == Platform::Slack {
        // The form stays open with what was filled in.
        assert_eq!(town.slack().open_views("cy").len(), 1);
    }
    town.bo().clicks(&it, "Object…");
    town.bo().sends(&json!({ "why": "nothing was down" }));
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    let card = town.card_says(&it, "Ended").words();
    assert!(card.contains("objected") && card.contains("nothing was down"), "{card}");
    town.is_told("ana", "Objected");
    town.settle();
    let told = town.told("ana").join("\n");
    assert!(told.contains("nothing was down") && told.contains(&town.mention("bo")), "{told}");
}

fn an_objection_after_the_end_is_kept_and_told(on: Platform) {
    let (town, it) = taken(on);
    town.settle();
    town.pass(30.minutes());
    town.becomes(&it, StateWord::Ended);
    town.dee()
        .says(&format!("/elevate object {} nothing was down", it.id))
        .says("the access was over already");
    town.is_told("ana", "Objected");
    town.card_says(&it, "nothing was down");
}

fn urgent_access_that_nobody_looked_at_is_told_every_day_until_somebody_does(on: Platform) {
    let (mut town, it) = taken(on);
    town.settle();
    town.pass(30.minutes());
    town.becomes(&it, StateWord::Ended);
    town.settle();
    let due = |town: &Town, who: &str| {
        town.told(who).iter().filter(|told| told.contains("Not looked at yet")).count()
    };
    for day in 1..=2 {
        town.kill();
        town.pass(24.hours());
        town.start();
        for who in ["bo", "dee"] {
            town.chat_shows(on, "the reminder", || (due(&town, who) == day).then_some(()));
        }
        town.thread_says(&it, "Not looked at yet");
        town.settle();
        assert_eq!(due(&town, "bo"), day);
    }
    assert!(town.told("bo").last().unwrap().contains("2 days ago"), "{:?}", town.told("bo"));
    town.bo().clicks_told("Not looked at yet", "Acknowledge").says("You acknowledged");
    town.is_told("ana", "Acknowledged");
    town.pass(25.hours());
    town.settle();
    assert_eq!(due(&town, "bo"), 2);
}

fn urgent_access_is_refused_where_no_policy_gives_it_or_gives_less(on: Platform) {
    let town = Town::with_policies(on, &urgently());
    for (line, words) in [
        ("urgent payments-prod PowerUser 30m INC-7 refunds are down", "no policy permits it"),
        ("urgent payments-prod ReadOnly 2h INC-7 refunds are down", "at most 30 min"),
    ] {
        town.ana().says(&format!("/elevate {line}")).says(words);
    }
    town.cy().says(&format!("/elevate {URGENT}")).says("no policy permits it");
    town.settle();
    assert!(town.posts().is_empty());
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    assert!(town.told("bo").is_empty());
}

fn what_was_approved_before_needs_nobody_to_look_at_it(on: Platform) {
    let town = Town::with_policies(on, &urgently());
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.dee().says(&format!("/elevate acknowledge {}", it.id)).says("does not wait for anybody");
    town.dee().says(&format!("/elevate object {} never liked it", it.id)).says("does not wait for anybody");
    assert_eq!(town.state(&it), StateWord::Active);
}
