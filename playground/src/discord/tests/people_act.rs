//! People at work: what their client sends, from where, and what it does not let them send.

use serde_json::{Value, json};

use super::client::{Gateway, callback, command, good, post, register, with_buttons};
use super::{ACCESS, ANA, BO, background, twin};
use crate::discord::{Answer, DiscordTwin, Scene};

async fn connected(twin: &DiscordTwin) -> Gateway {
    register(twin, &json!([command()])).await;
    Gateway::ready(twin).await.0
}

#[tokio::test]
async fn a_command_arrives_as_discord_sends_it() {
    let twin = twin().await;
    let mut gateway = connected(&twin).await;
    let values = json!({ "account": "payments-prod", "for": "bo", "hours": 2, "role": "Read only" });
    let typed =
        background(&twin, |t| async move { t.slash("ana", "access", "elevate request", &values).await });
    let sent = gateway.interaction().await;
    callback(&twin, &sent, 4, &good("asked")).await;
    typed.await.expect("done");
    assert_eq!((&sent["type"], &sent["context"], &sent["version"]), (&json!(2), &json!(0), &json!(1)));
    assert_eq!((&sent["guild_id"], &sent["channel_id"]), (&json!(twin.guild_id()), &json!(ACCESS)));
    assert_eq!(sent["authorizing_integration_owners"], json!({ "0": twin.guild_id() }));
    assert_eq!((&sent["member"]["user"]["id"], &sent["user"]), (&json!(ANA), &Value::Null));
    assert!(sent["member"]["permissions"].is_string() && sent["app_permissions"].is_string());
    let request = &sent["data"]["options"][0];
    assert_eq!((&request["name"], &request["type"]), (&json!("request"), &json!(1)));
    let expected = json!([
        { "name": "account", "type": 3, "value": "payments-prod" },
        { "name": "for", "type": 6, "value": BO },
        { "name": "hours", "type": 4, "value": 2 },
        { "name": "role", "type": 3, "value": "ro" },
    ]);
    assert_eq!(request["options"], expected, "in the order of registration");
    assert_eq!(sent["data"]["resolved"]["users"][BO]["username"], "bo");
    assert!(sent["data"]["resolved"]["members"][BO]["roles"].is_array());
    assert!(twin.typed("ana")[0].line.starts_with("/elevate request account: payments-prod"));
}

#[tokio::test]
async fn the_client_sends_nothing_that_is_incomplete_or_unknown() {
    let twin = twin().await;
    let _gateway = connected(&twin).await;
    let refused = async |line: &str, values: Value| {
        twin.slash("ana", "access", line, &values).await.failure.expect("why")
    };
    assert!(refused("elevator", json!({})).await.starts_with("no_such_command"));
    assert!(refused("elevate", json!({})).await.starts_with("incomplete"));
    assert!(refused("elevate up", json!({})).await.starts_with("no_such_subcommand"));
    assert_eq!(refused("elevate request", json!({})).await, "required: account");
    assert!(refused("elevate list", json!({ "account": "x" })).await.starts_with("no_such_option"));
    let wrong = json!({ "account": "x", "role": "Admin" });
    assert_eq!(refused("elevate request", wrong).await, "not_valid: role: Admin");
}

#[tokio::test]
async fn a_search_says_what_is_typed_so_far_and_gets_choices() {
    let twin = twin().await;
    let mut gateway = connected(&twin).await;
    let values = json!({ "account": "pay", "hours": 1 });
    let search = background(&twin, |t| async move {
        t.autocomplete("ana", "access", "elevate request", &values, "account").await
    });
    let sent = gateway.interaction().await;
    let option = &sent["data"]["options"][0]["options"][0];
    assert_eq!(
        (&sent["type"], &option["value"], &option["focused"]),
        (&json!(4), &json!("pay"), &json!(true))
    );
    let choices = json!({ "choices": [{ "name": "payments-prod", "value": "333333333333" }] });
    callback(&twin, &sent, 8, &choices).await;
    let result = search.await.expect("done");
    assert_eq!(result.answer, Some(Answer::Choices(vec![choices["choices"][0].clone()])));
    assert!(twin.typed("ana").is_empty());
    let not_searched = twin.autocomplete("ana", "access", "elevate request", &json!({}), "hours").await;
    assert_eq!(not_searched.failure.as_deref(), Some("no_autocomplete: hours"));
}

#[tokio::test]
async fn another_guild_a_direct_message_and_a_personal_install_look_different() {
    let twin = twin().await;
    let mut gateway = connected(&twin).await;
    for (scene, owners, context) in [
        (Scene::OtherGuild, json!({ "0": "1290000000000000666" }), 0),
        (Scene::Direct, json!({ "0": "0" }), 1),
        (Scene::PersonalInstall("access".into()), json!({ "1": ANA }), 0),
    ] {
        let at = scene.clone();
        let typed =
            background(&twin, |t| async move { t.slash_in("ana", &at, "elevate list", &json!({})).await });
        let sent = gateway.interaction().await;
        callback(&twin, &sent, 4, &good("no")).await;
        typed.await.expect("done");
        assert_eq!(sent["authorizing_integration_owners"], owners);
        assert_eq!(
            (&sent["context"], sent["guild_id"].is_string()),
            (&json!(context), scene != Scene::Direct)
        );
        assert_eq!((sent["member"].is_object(), sent["user"].is_object()), (context == 0, context == 1));
    }
}

#[tokio::test]
async fn a_card_in_a_direct_message_is_clicked_by_a_user_and_not_a_member() {
    let twin = twin().await;
    let mut gateway = connected(&twin).await;
    let channel = twin.direct_channel("bo").expect("bo");
    let card = post(&twin, &channel, &with_buttons("card", &["Approve"])).await.id();
    let click = background(&twin, |t| async move { t.click("bo", &channel, &card, "approve").await });
    let sent = gateway.interaction().await;
    callback(&twin, &sent, 6, &Value::Null).await;
    click.await.expect("done");
    assert_eq!(
        (&sent["user"]["id"], &sent["member"], &sent["guild_id"]),
        (&json!(BO), &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn only_what_a_person_sees_and_what_is_enabled_can_be_clicked() {
    let twin = twin().await;
    let _gateway = connected(&twin).await;
    let mut body = with_buttons("card", &["Approve"]);
    body["components"][0]["components"][0]["disabled"] = true.into();
    let card = post(&twin, ACCESS, &body).await.id();
    assert_eq!(
        twin.click("bo", "access", &card, "Approve").await.failure.as_deref(),
        Some("disabled: Approve")
    );
    let none = twin.click("bo", "access", &card, "Reject").await.failure.expect("why");
    assert!(none.contains("there are: Approve"));
    assert_eq!(twin.click("bo", "access", "77", "Approve").await.failure.as_deref(), Some("no_such_message"));
}

#[tokio::test]
async fn an_ephemeral_message_is_clicked_by_the_one_who_sees_it_alone() {
    let twin = twin().await;
    let mut gateway = connected(&twin).await;
    let typed =
        background(&twin, |t| async move { t.slash("ana", "access", "elevate list", &json!({})).await });
    let mut whispered = with_buttons("for ana", &["Cancel"]);
    whispered["flags"] = 64.into();
    callback(&twin, &gateway.interaction().await, 4, &whispered).await;
    typed.await.expect("done");
    let id = twin.ephemerals("ana")[0].id.clone();
    assert_eq!(twin.click("bo", "access", &id, "Cancel").await.failure.as_deref(), Some("no_such_message"));
    let click = background(&twin, |t| async move { t.click("ana", "access", &id, "Cancel").await });
    let sent = gateway.interaction().await;
    assert_eq!(sent["message"]["flags"], 64);
    callback(&twin, &sent, 7, &good("cancelled")).await;
    assert!(click.await.expect("done").words().starts_with("cancelled"));
    assert_eq!((twin.ephemerals("ana").len(), twin.messages("access").len()), (1, 0));
}

#[tokio::test]
async fn a_select_sends_the_values_behind_its_labels() {
    let twin = twin().await;
    let mut gateway = connected(&twin).await;
    let mut body = good("which");
    body["components"] = json!([
        { "type": 1, "components": [{ "type": 3, "custom_id": "which", "options": [
            { "label": "One hour", "value": "1h" }, { "label": "Two hours", "value": "2h" } ] }] },
        { "type": 1, "components": [{ "type": 5, "custom_id": "who" }] },
    ]);
    let card = post(&twin, ACCESS, &body).await.id();
    for (what, choice, value) in [("which", "Two hours", "2h"), ("who", "@bo", BO)] {
        let card = card.clone();
        let choose =
            background(&twin, |t| async move { t.choose("ana", "access", &card, what, &[choice]).await });
        let sent = gateway.interaction().await;
        callback(&twin, &sent, 6, &Value::Null).await;
        choose.await.expect("done");
        assert_eq!(sent["data"]["values"], json!([value]));
    }
    let wrong = twin.choose("ana", "access", &card, "which", &["a week"]).await;
    assert_eq!(wrong.failure.as_deref(), Some("no_such_choice: which"));
}

#[tokio::test]
async fn with_nobody_connected_a_command_goes_nowhere() {
    let twin = twin().await;
    register(&twin, &json!([command()])).await;
    let result = twin.slash("ana", "access", "elevate list", &json!({})).await;
    assert_eq!(result.failure.as_deref(), Some("no_session"));
}

#[tokio::test]
async fn each_person_sees_their_own_discord() {
    let twin = twin().await;
    let mut gateway = connected(&twin).await;
    post(&twin, ACCESS, &good("for all")).await;
    let typed =
        background(&twin, |t| async move { t.slash("ana", "access", "elevate list", &json!({})).await });
    let sent = gateway.interaction().await;
    let mut whispered = good("for ana");
    whispered["flags"] = 64.into();
    callback(&twin, &sent, 4, &whispered).await;
    typed.await.expect("done");
    let kinds = |user: &str| -> Vec<String> {
        let seen = twin.seen_by(user).expect("a person");
        let items = seen["timeline"].as_array().expect("a list").clone();
        items.iter().map(|i| i["message"]["content"].as_str().unwrap_or("typed").to_owned()).collect()
    };
    assert_eq!(kinds("ana"), ["for all", "typed", "for ana"]);
    assert_eq!(kinds("bo"), ["for all"]);
    assert!(twin.seen_by("nobody").is_none());
}
