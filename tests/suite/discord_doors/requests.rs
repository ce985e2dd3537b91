//! What people do with requests: ask, approve, deny, end.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::discord::Answer;
use serde_json::json;

use super::house::{ACCESS, House, Plan, asks};

#[tokio::test(flavor = "multi_thread")]
async fn ana_asks_bo_approves_and_ana_ends_it() {
    let house = House::new().await;
    let (id, card) = house.asked().await;
    assert_eq!(card.buttons(), ["Approve", "Approve for less…", "Deny…", "Withdraw"]);
    assert!(card.words().contains(&format!("<@{}>", house.account("ana").user)), "{}", card.words());
    // P1: her own yes does not count, and that of who may not does neither.
    let no = house.clicks("ana", &card, "Approve").await.words();
    assert!(no.contains("(own-request)"), "{no}");
    let no = house.clicks("cy", &card, "Approve").await.words();
    assert!(no.contains("(not-an-approver)"), "{no}");
    assert_eq!(house.aws.holds(), 0);
    house.clicks("bo", &card, "Approve").await;
    house.card(ACCESS, "Active").await;
    assert_eq!(house.aws.holds(), 1);
    house.told("ana", id.as_str()).await;
    house.hears("prod-access", id.as_str()).await;
    let said = house.clicks_surely("ana", &card, ("End now", "End now")).await;
    assert!(said.contains("is being ended"), "{said}");
    let question = house.discord.ephemerals("ana").pop().unwrap();
    assert_eq!(question.buttons(), Vec::<String>::new(), "the question is answered, and its button gone");
    house.card(ACCESS, "Ended").await;
    assert_eq!(house.aws.holds(), 0);
    let under = house.discord.messages(ACCESS).into_iter().filter(|said| said.refers_to.is_some());
    assert!(under.into_iter().all(|said| said.refers_to == Some(card.id.clone())));
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_denies_is_asked_why_and_the_requester_is_told() {
    let house = House::new().await;
    let (id, card) = house.asked().await;
    let form = house.clicks("bo", &card, "Deny…").await;
    assert!(matches!(form.answer, Some(Answer::Modal(_))), "{form:?}");
    let said = house.fills("bo", json!({ "why": "the change window opens tomorrow" })).await;
    assert!(said.contains("is denied"), "{said}");
    house.card(ACCESS, "Denied").await;
    let told = house.told("ana", "the change window opens tomorrow").await;
    assert!(told.contains(id.as_str()), "{told}");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_its_reason_is_asked_for_it_with_all_that_was_said_in_the_form() {
    let house = House::new().await;
    let mut values = asks();
    values.as_object_mut().unwrap().remove("reason");
    let form = house.sends("ana", "elevate request", values).await;
    let Some(Answer::Modal(form)) = &form.answer else { panic!("{form:?}") };
    assert!(form.to_string().contains(r#""value":"INC-7""#), "{form}");
    let said = house.fills("ana", json!({ "reason": "look at refunds", "ticket": "INC-7" })).await;
    assert!(said.contains("waits for 1 approval"), "{said}");
    let card = house.card(ACCESS, "look at refunds").await;
    assert!(card.words().contains("INC-7") && card.words().contains("payments-prod"), "{}", card.words());
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_wrong_says_where_and_gives_back_what_was_typed() {
    let plan = Plan::default();
    let pattern = regex_lite::Regex::new("^INC-[0-9]+$").unwrap();
    let settings = glasskey_domain::Settings { ticket_pattern: Some(pattern), ..plan.settings };
    let house = House::planned(Plan { settings, ..Plan::default() }).await;
    let mut values = asks();
    values.as_object_mut().unwrap().remove("reason");
    house.sends("ana", "elevate request", values).await;
    let said = house.fills("ana", json!({ "reason": "look at the refunds", "ticket": "no such" })).await;
    assert!(said.starts_with("**Ticket**"), "{said}");
    assert!(said.contains("“look at the refunds”") && said.contains("“no such”"), "{said}");
    assert!(house.engine.book().await.requests().next().is_none());
    house.check();
}

/// P6.
#[tokio::test(flavor = "multi_thread")]
async fn a_click_that_is_delivered_twice_counts_once_and_is_answered_once() {
    let house = House::new().await;
    let (id, card) = house.asked().await;
    let clicked = house.clicks("bo", &card, "Approve").await;
    assert!(house.discord.redeliver(&clicked.interaction));
    assert!(house.discord.redeliver(&clicked.interaction));
    house.card(ACCESS, "Active").await;
    // What is handled later than the repetitions shows that they were.
    house.says("bo", "elevate show", json!({ "id": id.as_str() })).await;
    let request = house.engine.request(&id).await.unwrap().unwrap();
    assert_eq!((request.approvals.len(), request.state.word()), (1, StateWord::Active));
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_taken_back_counts_no_more() {
    let house = House::new().await;
    let (_, card) = house.asked().await;
    house.unlinks("bo").await;
    let no = house.clicks("bo", &card, "Approve").await.words();
    assert!(no.contains("/elevate link"), "{no}");
    house.links("bo").await;
    house.clicks("bo", &card, "Approve").await;
    house.card(ACCESS, "Active").await;
    house.check();
}
