//! What is offered while people type.

use glasskey_playground::discord::Answer;
use serde_json::{Value, json};

use super::house::{ACCESS, House, Plan};

async fn offers(house: &House, who: &str, line: &str, values: Value, focused: &str) -> Vec<(String, String)> {
    let result = house.discord.autocomplete(who, ACCESS, line, &values, focused).await;
    let Some(Answer::Choices(choices)) = result.answer else { panic!("{result:?}") };
    let text = |choice: &Value, key: &str| choice[key].as_str().unwrap().to_owned();
    choices.iter().map(|choice| (text(choice, "name"), text(choice, "value"))).collect()
}

fn sent(offered: &[(String, String)]) -> Vec<&str> {
    offered.iter().map(|(_, value)| value.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_found_by_name_alias_and_id_and_permission_sets_are_those_one_may_have() {
    let house = House::new().await;
    let account = |typed: &'static str| {
        let house = &house;
        async move { offers(house, "ana", "elevate request", json!({ "account": typed }), "account").await }
    };
    assert_eq!(sent(&account("PAY").await), ["111111111111", "222222222222"]);
    assert_eq!(sent(&account("stag").await), ["222222222222"]);
    assert_eq!(sent(&account("1111").await), ["111111111111"]);
    assert_eq!(account("prod").await[0].0, "payments-prod (111111111111)");
    assert!(account("nothing").await.is_empty());
    let sets = |who: &'static str, values: Value| {
        let house = &house;
        async move { offers(house, who, "elevate request", values, "permission-set").await }
    };
    assert_eq!(sent(&sets("ana", json!({ "account": "prod" })).await), ["ReadOnly"]);
    assert!(sets("bo", json!({ "account": "prod" })).await.is_empty(), "he may have none");
    assert!(sets("ana", json!({})).await.is_empty(), "it depends on the account");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_offered_to_whom_they_concern_by_what_can_be_done() {
    let house = House::new().await;
    let (id, _) = house.asked().await;
    let ids = |who: &'static str, line: &'static str| {
        let house = &house;
        async move {
            let offered = offers(house, who, line, json!({}), "id").await;
            offered.into_iter().map(|(_, value)| value).collect::<Vec<String>>()
        }
    };
    for (who, line) in [
        ("bo", "elevate approve"),
        ("bo", "elevate deny"),
        ("ana", "elevate withdraw"),
        ("ana", "elevate show"),
    ] {
        assert_eq!(ids(who, line).await, [id.to_string()], "{who} {line}");
    }
    for (who, line) in [
        ("ana", "elevate approve"),
        ("bo", "elevate withdraw"),
        ("ana", "elevate end"),
        ("cy", "elevate show"),
    ] {
        assert!(ids(who, line).await.is_empty(), "{who} {line}");
    }
    let federations =
        offers(&house, "dee", "breakglass off", json!({ "federation": "ma" }), "federation").await;
    assert_eq!(sent(&federations), ["main"]);
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_linked_is_offered_nothing() {
    let house = House::new().await;
    assert!(offers(&house, "eve", "elevate request", json!({}), "account").await.is_empty());
    house.unlinks("ana").await;
    assert!(offers(&house, "ana", "elevate request", json!({}), "account").await.is_empty());
    house.check();
}

/// Discord goes on to know who left, and so does a link (P9).
#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_company_is_shown_nothing_although_they_are_linked() {
    let house = House::planned(Plan { left: vec!["eve"], ..Plan::default() }).await;
    let (id, _) = house.asked().await;
    assert!(offers(&house, "eve", "elevate request", json!({}), "account").await.is_empty());
    for (line, values) in [
        ("elevate list", json!({})),
        ("elevate show", json!({ "id": id.as_str() })),
        ("elevate show", json!({ "id": "AR-0000" })),
        ("elevate why", json!({ "account": "payments", "permission-set": "ReadOnly" })),
        ("elevate request", json!({ "account": "prod", "permission-set": "ReadOnly", "duration": "1h" })),
        ("breakglass status", json!({})),
    ] {
        let said = house.says("eve", line, values).await;
        assert!(said.contains("(not-in-directory)"), "{line}: {said}");
    }
    house.check();
}
