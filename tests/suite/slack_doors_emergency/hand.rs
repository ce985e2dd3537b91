//! What people do: type, fill in, click.

use glasskey_domain::refusal::EmergencyWord;
use glasskey_playground::slack::{Fault, SlackOptions};
use serde_json::{Value, json};

use super::house::{House, INCIDENTS, Plan, id, member};

fn slash(user: &str, text: &str) -> Value {
    json!({
        "token": "gIkuvaNzQIHg97ATvDxqgjtO", "team_id": "T0ACME", "team_domain": "acme",
        "channel_id": INCIDENTS, "channel_name": "incidents", "user_id": user, "user_name": "Steve",
        "command": "/breakglass", "text": text, "api_app_id": "A123456", "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/1234/5678", "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    })
}

fn form(user: &str, callback: &str, about: &str, values: Value) -> Value {
    json!({
        "type": "view_submission", "team": { "id": "T0ACME", "domain": "acme" },
        "user": { "id": user, "name": "bobby", "team_id": "T0ACME" }, "api_app_id": "A02",
        "view": {
            "id": "VNHU13V36", "type": "modal", "callback_id": callback, "private_metadata": about,
            "hash": "156663117.cd33ad1f", "blocks": [], "state": { "values": values },
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn dee_opens_bo_confirms_ana_is_in_and_dee_closes() {
    let house = House::new().await;
    let said = house.says("dee", "on ops for 2h INC-7 nobody can sign in @ana").await;
    assert!(said.contains("waits for another person to confirm it"), "{said}");
    let card = house.card("Waits for 1 confirmation").await;
    assert_eq!(card.buttons(), ["Confirm", "Decline"]);
    house.shows(|slack| (slack.pins(INCIDENTS) == [card.ts.clone()]).then_some(())).await;
    assert_eq!(house.okta.shows("00gops"), (false, Vec::new()), "nothing before the second yes");
    // Her own yes does not count, and neither does that of who gets the access.
    let no = house.clicks("dee", "Confirm").await;
    assert!(no.contains("(alone-too-early)"), "{no}");
    let no = house.clicks("ana", "Confirm").await;
    assert!(no.contains("(own-emergency)"), "{no}");
    house.clicks("bo", "Confirm").await;
    let card = house.card("*ON* until").await;
    assert_eq!(card.buttons(), ["Close now"]);
    assert_eq!(house.okta.shows("00gops"), (true, vec!["ana@acme.example".to_owned()]));
    house.hears(INCIDENTS, "*BREAK-GLASS IS ON* until").await;
    house.hears("C0ACCESS", "*BREAK-GLASS IS ON* until").await;
    house.told("ana", "EmergencyAccess_Role1_Ops").await;
    let said = house.clicks("dee", "Close now").await;
    assert!(said.contains("is being closed"), "{said}");
    house.card("Okta shows the app inactive and the groups empty").await;
    assert_eq!(house.okta.shows("00gops"), (false, Vec::new()));
    house.hears(INCIDENTS, "*Timeline*").await;
    house.shows(|slack| slack.pins(INCIDENTS).is_empty().then_some(())).await;
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_documented_payload_is_understood_whoever_it_says_typed_it_and_counts_once() {
    let house = House::new().await;
    let id = house.slack.deliver("slash_commands", slash("U0DEE", "on INC-7 nobody can sign in")).unwrap();
    let ack = |number: usize| {
        let id = id.clone();
        move |slack: &glasskey_playground::slack::SlackTwin| {
            slack.acks().into_iter().filter(|ack| ack.envelope_id == id).nth(number)
        }
    };
    let first = house.shows(ack(0)).await.payload.unwrap();
    assert!(first.to_string().contains("waits for another person"), "{first}");
    // P6: the same delivery again is answered as before.
    assert!(house.slack.redeliver(&id));
    let again = house.shows(ack(1)).await.payload.unwrap();
    assert_eq!(first["text"], again["text"]);
    let open = house.emergencies().await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].seats.iter().map(|seat| &seat.person).collect::<Vec<_>>(), [&super::house::id("dee")]);
    assert_eq!(open[0].seats[0].level.word(), "ro", "who says nothing gets the smaller one");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_named_and_nobody_of_the_company_is_refused_by_name() {
    let house = House::new().await;
    for (people, why) in [
        ("@eve", "Eve"),
        ("@eve", "they are a guest of the workspace; leave them out"),
        ("@glasskey", "that is a bot or an app"),
        ("<@U0GHOST>", "U0GHOST"),
        ("@nobody-here", "no single person is meant by `@nobody-here`; mention them, or write their e-mail"),
        ("anna@acme.example", "did you mean `ana@acme.example`?"),
        ("twin@acme.example", "did you mean `twin1 (p-twin1), twin2 (p-twin2)`?"),
    ] {
        let said = house.says("dee", &format!("on INC-7 nobody can sign in @ana {people}")).await;
        assert!(said.contains(why), "{people}: {said}");
        assert_eq!(house.emergencies().await, Vec::new(), "{people}");
    }
    let said = house.says("dee", "on INC-7 nobody can sign in @ana bo@acme.example").await;
    assert!(said.contains("waits for"), "{said}");
    let seats: Vec<_> = house.emergencies().await[0].seats.iter().map(|seat| seat.person.clone()).collect();
    assert_eq!(seats, [id("ana"), id("bo")]);
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_people_without_a_right_open_nothing() {
    let house = House::new().await;
    for (who, why) in [("eve", "(stranger)"), ("ana", "(may-not-break-glass)")] {
        let said = house.says(who, "on ops INC-7 nobody can sign in").await;
        assert!(said.contains(why), "{said}");
    }
    let ack = house.delivers("slash_commands", slash("U0DEE", "")).await;
    assert_eq!(ack.payload, None, "the form is the answer");
    let mut other = slash("U0DEE", "on INC-7 nobody can sign in");
    other["team_id"] = json!("T0OTHER");
    let said = house.delivers("slash_commands", other).await.payload.unwrap().to_string();
    assert!(said.contains("another workspace"), "{said}");
    assert_eq!(house.emergencies().await, Vec::new());
    assert_eq!(house.okta.shows("00gops"), (false, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_come_and_go_and_the_end_moves_while_it_is_on() {
    let house = House::planned(Plan { approvals: 0, ..Plan::default() }).await;
    house.says("dee", "start INC-7 nobody can sign in").await;
    house.card("*ON* until").await;
    house.says("dee", "add @ana @bo ops").await;
    house.card("<@U0BO> (ops), in").await;
    house.told("bo", "You are in").await;
    let said = house.says("dee", "remove @bo").await;
    assert!(said.contains("is being taken out of"), "{said}");
    house.card("<@U0BO> (ops), taken out by <@U0DEE>").await;
    house
        .shows(|_| {
            let (_, members) = house.okta.shows("00gops");
            (members == ["ana@acme.example"]).then_some(())
        })
        .await;
    let before = house.emergencies().await[0].deadline().unwrap();
    house.says("dee", "extend 30m").await;
    assert_eq!(house.emergencies().await[0].deadline().unwrap().duration_since(before).as_mins(), 30);
    let now = house.engine.now().strftime("%H:%M").to_string();
    let said = house.says("dee", &format!("extend until {now}")).await;
    // The next such time is tomorrow's, for Dee's zone or another's: never earlier than the end there is.
    assert!(said.contains("(too-long)") || said.contains("anyway"), "{said}");
    let said = house.says("dee", "status").await;
    for words in ["`BG-", "is on until", "<@U0ANA> (ops), in", "“nobody can sign in”"] {
        assert!(said.contains(words), "`{words}`: {said}");
    }
    house.okta.has.lock().unwrap().1.entry("00gro".to_owned()).or_default().push(member("mallory"));
    house.says("dee", "off all is well").await;
    house.hears(INCIDENTS, "Removed too, not added by Glasskey").await;
    let said = house.says("cy", "status").await;
    assert!(said.contains("Break-glass is off") && said.contains("waits for an auditor's review"), "{said}");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_extended_until_a_time_of_day_ends_then() {
    let house = House::planned(Plan { approvals: 0, ..Plan::default() }).await;
    house.says("dee", "on for 30m INC-7 nobody can sign in").await;
    house.card("*ON* until").await;
    let dee = glasskey_playground::company::Company::acme().person("dee").unwrap().clone();
    let zone = jiff::tz::TimeZone::get(&dee.time_zone).unwrap();
    let until = house.engine.now().to_zoned(zone).checked_add(jiff::Span::new().hours(2)).unwrap();
    let said = house.says("dee", &format!("extend until {}", until.strftime("%H:%M"))).await;
    assert!(said.contains("is extended until"), "{said}");
    let deadline = house.emergencies().await[0].deadline().unwrap();
    assert!(deadline.duration_since(until.timestamp()).as_secs().abs() < 60, "{deadline} {until}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_opens_at_once_and_what_is_wrong_is_said_at_its_field() {
    let house = House::new().await;
    let said = house.slack.slash("dee", INCIDENTS, "/breakglass", "").await;
    assert_eq!((said.failure.as_deref(), said.words().as_str()), (None, ""));
    let form = house.form("dee").await;
    insta::assert_json_snapshot!("form", form["blocks"]);
    let calls: Vec<String> = house.slack.calls().iter().map(|call| call.method.clone()).collect();
    assert_eq!(calls.last().map(String::as_str), Some("views.open"));
    assert!(!calls.contains(&"users.info".to_owned()), "nothing is asked before: {calls:?}");
    let send = async |values: Value| {
        let sent = house.slack.submit_view("dee", &values).await;
        assert_eq!(sent.failure, None);
        sent.payload.unwrap_or_default()
    };
    let reason = "nobody can sign in";
    let wrong = send(json!({ "reason": reason, "people": "U0ANA,U0EVE" })).await;
    assert!(wrong["errors"]["people"].as_str().unwrap().contains("guest"), "{wrong}");
    let wrong = send(json!({ "reason": "short" })).await;
    assert!(wrong["errors"]["reason"].as_str().unwrap().contains("(reason-too-short)"), "{wrong}");
    let taken = send(
        json!({ "level": "ops", "length": "3600", "incident": "INC-7", "reason": reason, "people": "U0ANA" }),
    )
    .await;
    assert_eq!(taken["response_action"], "update");
    assert!(
        taken["view"]["blocks"].to_string().contains("waits for another person to confirm it"),
        "{taken}"
    );
    let open = house.emergencies().await;
    assert_eq!(open[0].ask.length.0, 3600);
    assert_eq!((open[0].ask.incident.as_deref(), open[0].ask.reason.as_str()), (Some("INC-7"), reason));
    assert_eq!((&open[0].seats[0].person, open[0].seats[0].level.word()), (&id("ana"), "ops"));
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_several_federations_the_form_asks_which() {
    let house = House::planned(Plan { federations: vec!["eu", "us"], ..Plan::default() }).await;
    let said = house.says("dee", "on INC-7 nobody can sign in").await;
    assert!(said.contains("(which-federation)") && said.contains("eu, us"), "{said}");
    house.slack.slash("dee", INCIDENTS, "/breakglass", "").await;
    house.form("dee").await;
    let sent =
        house.slack.submit_view("dee", &json!({ "federation": "us", "reason": "nobody can sign in" })).await;
    assert_eq!(sent.failure, None);
    let open = house.emergencies().await;
    assert_eq!((open[0].ask.federation.as_str(), open[0].ask.length.0), ("us", 7_200));
    let said = house.says("dee", "on US INC-7 nobody can sign in").await;
    assert!(said.contains("(emergency-is-proposed)"), "{said}");
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_federation_there_is_no_form_but_a_sentence() {
    let house = House::planned(Plan { federations: Vec::new(), ..Plan::default() }).await;
    for text in ["", "status", "on INC-7 nobody can sign in", "off"] {
        let said = house.says("dee", text).await;
        assert!(said.contains("(no-federation)") || said.contains("(no-emergency)"), "{text}: {said}");
    }
    assert!(house.says("dee", "help on").await.contains("/breakglass on"));
    assert_eq!(house.slack.calls_of("views.open"), Vec::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn bo_declines_and_says_why_and_cy_reviews_with_a_note() {
    let house = House::new().await;
    house.says("dee", "on INC-7 nobody can sign in").await;
    let form = house.clicks("bo", "Decline").await;
    assert!(form.contains("is not opened"), "{form}");
    let sent = house.slack.submit_view("bo", &json!({ "why": "it is <!channel> back\n*all well*" })).await;
    assert_eq!((sent.failure, sent.payload), (None, None));
    let card = house.card("*Declined* by <@U0BO>").await.words();
    assert!(card.contains("“it is &lt;!channel&gt; back ∗all well∗”"), "{card}");
    house.shows(|slack| slack.pins(INCIDENTS).is_empty().then_some(())).await;
    house.says("dee", "on INC-7 nobody can sign in, again").await;
    house.says("bo", "confirm").await;
    house.card("*ON* until").await;
    house.says("dee", "off").await;
    house.clicks("cy", "Acknowledge").await;
    insta::assert_json_snapshot!("form_review", without_ids(&house.form("cy").await["blocks"]));
    // Who sends it for somebody else is asked anew: Bo confirmed it, and is no auditor.
    let id = house.emergencies().await.into_iter().find(|one| one.state.is_terminal()).unwrap().ask.id;
    let sent = form_of("U0BO", "emergency.review.form", id.as_str());
    let no = house.delivers("interactive", sent).await.payload.unwrap();
    assert!(no["errors"]["note"].as_str().unwrap().contains("(own-emergency)"), "{no}");
    let sent = house.slack.submit_view("cy", &json!({ "note": "the queue was drained" })).await;
    assert_eq!((sent.failure, sent.payload), (None, None));
    house.hears(INCIDENTS, "“the queue was drained”").await;
    house.check();
}

fn form_of(user: &str, callback: &str, about: &str) -> Value {
    form(user, callback, about, json!({ "note": { "note": { "type": "plain_text_input", "value": null } } }))
}

fn without_ids(value: &Value) -> Value {
    let ids = regex_lite::Regex::new("BG-[0-9A-Z]{4,8}").unwrap();
    // Slack numbers the blocks that have no id of their own, in the order of all that was said.
    let blocks = regex_lite::Regex::new(r#""block_id":"x[0-9]+""#).unwrap();
    let text = value.to_string();
    let text = ids.replace_all(&text, "BG-XXXX");
    serde_json::from_str(&blocks.replace_all(&text, r#""block_id":"xN""#)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn dee_goes_on_alone_when_policy_lets_her_and_that_is_said_twice() {
    let house = House::new().await;
    house.says("dee", "on INC-7 nobody can sign in").await;
    let said = house.says("dee", "confirm").await;
    assert!(said.contains("(alone-too-early)"), "{said}");
    house.card("Waits for 1 confirmation").await;
    house.pass(5 * 60 + 1);
    house.card("the opener may go on alone now").await;
    house.clicks("dee", "Go on alone").await;
    house.hears(INCIDENTS, "*Nobody confirmed it*").await;
    house.hears(INCIDENTS, "*Opened by one person alone*").await;
    house.card("nobody: the opener went on alone").await;
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_is_held_and_says_how_it_went() {
    let house = House::new().await;
    let said = house.says("dee", "drill").await;
    assert!(said.contains("is being held"), "{said}");
    house.hears(INCIDENTS, "*Passed*").await;
    assert!(house.says("dee", "status").await.contains("Last drill of `main`"));
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_slack_does_not_let_us_set_is_asked_for_once_and_holds_nothing_up() {
    let mut slack = SlackOptions::default();
    slack.scopes.remove("pins:write");
    let house = House::planned(Plan { approvals: 0, slack, ..Plan::default() }).await;
    house.says("dee", "on INC-7 nobody can sign in").await;
    house.card("*ON* until").await;
    house.says("dee", "extend 10m").await;
    house.hears(INCIDENTS, "Break-glass is extended").await;
    let added = house.slack.calls_of("pins.add");
    assert_eq!(added.iter().map(|call| call.outcome.as_str()).collect::<Vec<_>>(), ["missing_scope"]);
    house.says("dee", "off").await;
    house.card("Okta shows the app inactive").await;
    house.shows(|slack| (slack.calls_of("pins.remove").len() == 1).then_some(())).await;
    house.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_does_not_open_says_what_does_the_same() {
    let house = House::new().await;
    house.slack.fault("views.open", Fault::Error("fatal_error".to_owned()));
    house.slack.slash("dee", INCIDENTS, "/breakglass", "").await;
    let said = house.shows(|slack| slack.ephemerals("dee").pop()).await.words();
    assert!(said.contains("`/breakglass on ro for 1h INC-7 why` does the same"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_payloads_are_acknowledged_and_change_nothing() {
    let house = House::new().await;
    house.says("dee", "on INC-7 nobody can sign in").await;
    let id = house.emergencies().await[0].ask.id.to_string();
    let values = json!({ "reason": { "reason": { "value": "nobody can sign in" } } });
    for payload in [
        form("U0BO", "emergency.decline.form", "BG-!!!!", json!({})),
        form("U0BO", "emergency.decline.form", "AR-7K3Q", json!({})),
        form("U0BO", "emergency.review.form", &id, json!([])),
        form("U0EVE", "emergency.decline.form", &id, json!({})),
        form("U0EVE", "emergency.open.form", INCIDENTS, values.clone()),
        form("U0ANA", "emergency.open.form", INCIDENTS, values),
        form(
            "U0DEE",
            "emergency.open.form",
            INCIDENTS,
            json!({ "people": { "people": { "selected_users": "U1" } } }),
        ),
        form("U0DEE", "emergency.open.form", "", json!(null)),
    ] {
        let text = payload.to_string();
        assert!(!house.delivers("interactive", payload).await.late, "{text}");
    }
    for text in [
        "on on on",
        "extend",
        "add",
        "review",
        "confirm now please",
        "\u{202e}on",
        "on ops ro INC-7 why not so",
    ] {
        house.says("dee", text).await;
    }
    let open = house.emergencies().await;
    assert_eq!((open.len(), open[0].state.word()), (1, EmergencyWord::Proposed));
}
