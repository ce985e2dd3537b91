//! P10: what people type stays what they typed, everywhere it is shown; and what people read, as goldens.

use serde_json::{Value, json};

use super::house::{ACCESS, House, INCIDENTS};

const WORST: &str =
    "@everyone <@&1290000000000000002> [aws](https://evil.example) **Approved** by `bo` \n# x || @here";

#[tokio::test(flavor = "multi_thread")]
async fn what_people_type_shouts_at_nobody_and_forges_nothing() {
    let house = House::new().await;
    let asks = json!({ "account": "prod", "permission-set": "ReadOnly", "duration": "1h", "reason": WORST });
    house.says("ana", "elevate request", asks).await;
    let card = house.card(ACCESS, "Waits").await;
    assert!(card.words().contains(ESCAPED), "{}", card.words());
    house.clicks("bo", &card, "Deny…").await;
    house.fills("bo", json!({ "why": WORST })).await;
    house.card(ACCESS, "Denied").await;
    house.told("ana", "evil").await;
    for (line, values) in [
        ("elevate show", json!({ "id": WORST })),
        ("elevate why", json!({ "account": WORST, "permission-set": "ReadOnly" })),
        ("breakglass off", json!({ "federation": WORST })),
    ] {
        let said = house.says("ana", line, values).await;
        assert!(!said.contains("\n#"), "{said}");
    }
    house.says("dee", "breakglass on", json!({ "reason": WORST })).await;
    let card = house.card(INCIDENTS, "Waits").await;
    house.clicks("bo", &card, "Decline").await;
    house.fills("bo", json!({ "why": WORST })).await;
    house.card(INCIDENTS, "eclined").await;
    house.check();
}

/// The worst of it, as it is sent: nothing of it means anything.
const ESCAPED: &str =
    r"\@everyone \<\@&1290000000000000002\> \[aws\](https\:\/\/evil.example) \*\*Approved\*\*";

/// Without what is another each time.
fn golden(said: &str, house: &House, ids: &[String]) -> String {
    let mut said = said.to_owned();
    for id in ids {
        said = said.replace(id, "ID");
    }
    for handle in ["ana", "bo", "cy", "dee"] {
        said = said.replace(&house.account(handle).user, handle);
    }
    let time = regex_lite::Regex::new("<t:[0-9]+:f>").unwrap();
    let mark = regex_lite::Regex::new("· [0-9a-z]{8}\n").unwrap();
    let clock = regex_lite::Regex::new("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC").unwrap();
    let said = time.replace_all(&said, "<t:TIME:f>").into_owned();
    let said = clock.replace_all(&said, "DATE").into_owned();
    mark.replace_all(&format!("{said}\n"), "· MARK\n").into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_read_of_a_request() {
    let house = House::new().await;
    let (id, card) = house.asked().await;
    let ids = [id.to_string()];
    let mut all = format!("--- waits\n{}\n", golden(&card.words(), &house, &ids));
    house.clicks("bo", &card, "Approve").await;
    let active = house.card(ACCESS, "Active").await;
    all.push_str(&format!("--- active\n{}\n", golden(&active.words(), &house, &ids)));
    let told = house.told("ana", id.as_str()).await;
    all.push_str(&format!("--- told\n{}\n", golden(&told, &house, &ids)));
    insta::assert_snapshot!("request", all);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_of_a_request_as_discord_gets_it() {
    let house = House::new().await;
    let (id, card) = house.asked().await;
    let shown: Value = json!({ "embeds": card.embeds, "components": card.components });
    let shown = golden(&serde_json::to_string_pretty(&shown).unwrap(), &house, &[id.to_string()]);
    let mark = regex_lite::Regex::new("· [0-9a-z]{8}\"").unwrap();
    insta::assert_snapshot!("card", mark.replace_all(&shown, "· MARK\""));
}
