//! A day of the bot, for who looks at what it sends: requests and an emergency from the first word to the last, with every
//! kind of answer that there is.

use glasskey_domain::{AccessRequest, Emergency};
use glasskey_playground::discord::DiscordTwin;
use serde_json::json;

use super::house::{ACCESS, House, INCIDENTS, asks};

/// What the day leaves behind, to go on with.
pub(crate) struct Day {
    /// An interaction that was answered.
    pub(crate) interaction: String,
    /// Its token.
    pub(crate) token: String,
    /// The id of the access channel.
    pub(crate) channel: String,
    /// Ana's user id.
    pub(crate) user: String,
    /// A request that ended.
    pub(crate) request: AccessRequest,
    /// An emergency, as it was while it was on, and when it was off.
    pub(crate) emergencies: [Emergency; 2],
    /// It lives as long as the day.
    house: House,
}

/// Lives it.
pub(crate) async fn lived() -> (DiscordTwin, Day) {
    let house = House::new().await;
    let request = requests(&house).await;
    let emergencies = emergency(&house).await;
    for (line, values) in
        [("elevate help", json!({})), ("elevate list", json!({})), ("breakglass help", json!({}))]
    {
        house.sends("ana", line, values).await;
    }
    house.discord.autocomplete("ana", ACCESS, "elevate request", &json!({ "account": "p" }), "account").await;
    let last = house.sends("ana", "elevate list", json!({})).await.interaction;
    let token = house.discord.interaction(&last).unwrap()["token"].as_str().unwrap().to_owned();
    let channel = house.discord.messages(ACCESS)[0].channel.clone();
    house.check();
    let user = house.account("ana").user;
    let day = Day { interaction: last, token, channel, user, request, emergencies, house };
    (day.house.discord.clone(), day)
}

async fn requests(house: &House) -> AccessRequest {
    let mut without = asks();
    without.as_object_mut().unwrap().remove("reason");
    house.sends("ana", "elevate request", without).await;
    house.fills("ana", json!({ "reason": "look at the payouts" })).await;
    let card = house.card(ACCESS, "the payouts").await;
    house.clicks("bo", &card, "Deny…").await;
    house.fills("bo", json!({ "why": "not today" })).await;
    house.card(ACCESS, "Denied").await;
    let (id, card) = house.asked().await;
    house.clicks("ana", &card, "Approve").await;
    house.clicks("bo", &card, "Approve").await;
    house.card(ACCESS, "Active").await;
    house.told("ana", id.as_str()).await;
    house.clicks_surely("ana", &card, ("End now", "End now")).await;
    house.card(ACCESS, "Ended").await;
    house.engine.request(&id).await.unwrap().unwrap()
}

async fn emergency(house: &House) -> [Emergency; 2] {
    house.sends("dee", "breakglass on", json!({})).await;
    let filled = json!({
        "level": "ops", "length": "3600", "incident": "INC-7", "reason": "nobody can sign in", "people": ["ana"],
    });
    house.fills("dee", filled).await;
    let card = house.card(INCIDENTS, "Waits for 1 confirmation").await;
    house.clicks("bo", &card, "Confirm").await;
    house.hears(ACCESS, "BREAK-GLASS IS ON").await;
    house.told("ana", "EmergencyAccess").await;
    let card = house.card(INCIDENTS, "ON").await;
    let on = house.emergencies().await.remove(0);
    house.clicks_surely("dee", &card, ("Close now", "Close now")).await;
    house.hears(INCIDENTS, "Timeline").await;
    house.shows(|discord| discord.pins(INCIDENTS).is_empty().then_some(())).await;
    let card = house.card(INCIDENTS, "waits for an auditor").await;
    let off = house.emergencies().await.remove(0);
    house.clicks("cy", &card, "Acknowledge").await;
    house.fills("cy", json!({ "note": "looked at all of it" })).await;
    [on, off]
}
