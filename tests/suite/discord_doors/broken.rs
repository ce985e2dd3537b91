//! Payloads with parts missing, added, or of another type. The next of what is well is handled as ever.

use serde_json::{Value, json};

use super::house::House;

/// A click of Bo's on the button that approves, as documented.
fn approve(house: &House, number: u32, id: &str) -> Value {
    let guild = house.discord.guild_id();
    json!({
        "id": format!("12900000000007{number:05}"), "application_id": house.discord.application_id(), "type": 3,
        "token": "aW50ZXJhY3Rpb24", "version": 1, "guild_id": guild, "channel_id": "1290000000000000101", "context": 0,
        "authorizing_integration_owners": { "0": guild }, "locale": "en-GB", "entitlements": [],
        "member": { "roles": [], "user": { "id": house.account("bo").user, "username": "bo" } },
        "message": { "id": "1290000000000000999", "flags": 0 },
        "data": { "component_type": 2, "custom_id": format!("request.approve:{id}") },
    })
}

fn with(mut payload: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    payload.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    payload
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_that_are_not_as_they_should_be_change_nothing() {
    let house = House::new().await;
    let (id, card) = house.asked().await;
    let changes: [(&str, Value); 23] = [
        ("/id", Value::Null),
        ("/id", json!(7)),
        ("/id", json!("discord")),
        ("/token", Value::Null),
        ("/type", json!(99)),
        ("/type", json!("3")),
        ("/guild_id", json!("1290000000000005555")),
        ("/guild_id", Value::Null),
        ("/context", json!(1)),
        ("/context", Value::Null),
        ("/authorizing_integration_owners", json!({})),
        ("/authorizing_integration_owners", json!({ "1": "1290000000000001002" })),
        ("/authorizing_integration_owners", json!({ "0": "0" })),
        ("/member", Value::Null),
        ("/member/user", json!("bo")),
        ("/member/user/id", json!("1290000000000009999")),
        ("/member/user/bot", json!(true)),
        ("/data", Value::Null),
        ("/data", json!([])),
        ("/data/custom_id", json!("request.grant:AR-7K3Q")),
        ("/data/custom_id", json!("request.approve:AR-!!!!")),
        ("/data/custom_id", json!({ "id": "x" })),
        ("/data/custom_id", json!("request.approve:WATCH")),
    ];
    for (number, (pointer, value)) in changes.into_iter().enumerate() {
        let payload = approve(&house, u32::try_from(number).unwrap(), id.as_str());
        house.delivers(&with(payload, pointer, value));
    }
    for payload in [json!([]), json!("approve"), Value::Null, json!({})] {
        house.delivers(&payload);
    }
    for (number, data) in [
        json!({ "name": "elevate", "options": "approve" }),
        json!({ "name": "elevate", "options": [{ "name": "approve", "type": 1, "options": [{ "name": "id", "value": 7 }] }] }),
        json!({ "name": "elevatE", "options": [] }),
        json!({ "options": [] }),
    ]
    .into_iter()
    .enumerate()
    {
        let payload = approve(&house, 100 + u32::try_from(number).unwrap(), id.as_str());
        house.delivers(&with(with(payload, "/type", json!(2)), "/data", data));
    }
    let said = house.clicks("ana", &card, "Withdraw").await.words();
    assert!(said.contains("is withdrawn"), "nothing was approved: {said}");
    assert_eq!(house.discord.mentions_fired(), Vec::<String>::new());
}
