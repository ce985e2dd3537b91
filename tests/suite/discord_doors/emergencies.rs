//! What people do with emergencies: open, confirm, close.

use glasskey_playground::discord::Answer;
use serde_json::json;

use super::house::{ACCESS, House, INCIDENTS, Plan};

#[tokio::test(flavor = "multi_thread")]
async fn dee_opens_bo_confirms_ana_is_in_and_dee_closes() {
    let house = House::new().await;
    let ana = house.account("ana").user;
    let on = json!({
        "level": "ops", "duration": "2h", "incident": "INC-7", "reason": "nobody can sign in",
        "people": format!("<@{ana}>"),
    });
    let said = house.says("dee", "breakglass on", on).await;
    assert!(said.contains("waits for another person to confirm it"), "{said}");
    let card = house.card(INCIDENTS, "Waits for 1 confirmation").await;
    assert_eq!(card.buttons(), ["Confirm", "Decline"]);
    house.shows(|discord| (discord.pins(INCIDENTS) == [card.id.clone()]).then_some(())).await;
    assert_eq!(house.okta.shows("00gops"), (false, Vec::new()), "nothing before the second yes");
    let no = house.clicks("ana", &card, "Confirm").await.words();
    assert!(no.contains("(own-emergency)"), "{no}");
    house.clicks("bo", &card, "Confirm").await;
    let card = house.card(INCIDENTS, "ON").await;
    assert_eq!(card.buttons(), ["Close now"]);
    house.hears(INCIDENTS, "BREAK-GLASS IS ON").await;
    house.hears(ACCESS, "BREAK-GLASS IS ON").await;
    house.told("ana", "EmergencyAccess").await;
    assert_eq!(house.okta.shows("00gops"), (true, vec!["ana@acme.example".to_owned()]));
    let said = house.clicks_surely("dee", &card, ("Close now", "Close now")).await;
    assert!(said.contains("is being closed"), "{said}");
    house.hears(INCIDENTS, "Timeline").await;
    assert_eq!(house.okta.shows("00gops"), (false, Vec::new()));
    house.shows(|discord| discord.pins(INCIDENTS).is_empty().then_some(())).await;
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_alone_opens_the_form_and_who_is_chosen_in_it_gets_the_access() {
    let house = House::new().await;
    let form = house.sends("dee", "breakglass on", json!({})).await;
    assert!(matches!(form.answer, Some(Answer::Modal(_))), "{form:?}");
    let filled = json!({
        "level": "ops", "length": "3600", "incident": "INC-7", "reason": "nobody can sign in", "people": ["cy"],
    });
    let said = house.fills("dee", filled).await;
    assert!(said.contains("waits for another person"), "{said}");
    let open = house.emergencies().await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].seats.len(), 1);
    assert_eq!(open[0].seats[0].person.as_str(), "p-cy");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_the_form_stands_in_it() {
    let house = House::new().await;
    let form = house.sends("dee", "breakglass on", json!({ "level": "ops", "incident": "INC-7" })).await;
    assert!(matches!(form.answer, Some(Answer::Modal(_))), "{form:?}");
    house.fills("dee", json!({ "reason": "nobody can sign in" })).await;
    let open = house.emergencies().await;
    assert_eq!(open[0].ask.incident.as_deref(), Some("INC-7"));
    assert_eq!(open[0].seats[0].level.word(), "ops");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_federations_it_is_said_which_with_the_command() {
    let house = House::planned(Plan { federations: vec!["main", "other"], ..Plan::default() }).await;
    let said = house.says("dee", "breakglass on", json!({})).await;
    assert!(said.contains("main") && said.contains("other"), "{said}");
    let form = house.sends("dee", "breakglass on", json!({ "federation": "Main" })).await;
    assert!(matches!(form.answer, Some(Answer::Modal(_))), "{form:?}");
    house.fills("dee", json!({ "reason": "nobody can sign in" })).await;
    assert_eq!(house.emergencies().await[0].ask.federation.as_str(), "main");
    house.check();
}

/// P9: a mention counts by its link, and a bot is nobody.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_linked_is_put_into_no_emergency() {
    let house = House::new().await;
    let eve = house.account("eve").user;
    for named in [format!("<@{eve}>"), "<@1290000000000009999>".to_owned(), "@ana".to_owned()] {
        let on = json!({ "reason": "nobody can sign in", "people": named });
        let no = house.says("dee", "breakglass on", on).await;
        assert!(no.contains('('), "{named}: {no}");
    }
    assert!(house.discord.set_member("cy", |flags| flags.is_bot = true));
    house.sends("dee", "breakglass on", json!({})).await;
    let no = house.fills("dee", json!({ "reason": "nobody can sign in", "people": ["cy"] })).await;
    assert!(no.contains("Cy Okafor") && no.contains("bot"), "{no}");
    assert!(house.emergencies().await.is_empty());
    house.check();
}
