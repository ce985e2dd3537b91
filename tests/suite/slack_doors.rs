//! The Slack door from both sides: payloads as Slack documents them go in, broken in every way too; cards come out and are
//! kept as goldens, within Slack's limits at the largest sizes.
//!
//! Shapes: docs.slack.dev, slash commands, `block_actions`, `view_submission`, `user_change`.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::aws::FaultKind;
use glasskey_playground::company::Company;
use glasskey_playground::slack::Message;
use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::town::{ACME, Plan, Platform, Request, Seen, Town};

/// Slack's limits (Block Kit reference, platform-rules §1.4): text of a section, of a field, fallback text of an update.
const SECTION_MAX: usize = 3_000;
const FIELD_MAX: usize = 2_000;
const FALLBACK_MAX: usize = 4_000;

fn slash(user: &str, text: &str) -> Value {
    json!({
        "token": "gIkuvaNzQIHg97ATvDxqgjtO", "team_id": "T0ACME", "team_domain": "acme",
        "enterprise_id": "E0001", "enterprise_name": "Globular Construct Inc",
        "channel_id": "C0ACCESS", "channel_name": "access", "user_id": user, "user_name": "Steve",
        "command": "/elevate", "text": text, "api_app_id": "A123456", "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/1234/5678", "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    })
}

fn click(user: &str, action: &str, value: Value) -> Value {
    json!({
        "type": "block_actions", "api_app_id": "A02", "token": "Shh_its_a_seekrit",
        "team": { "id": "T0ACME", "domain": "acme" }, "enterprise": null, "is_enterprise_install": false,
        "user": { "id": user, "username": "bobby", "name": "bobby", "team_id": "T0ACME" },
        "container": { "type": "message", "message_ts": "1548261231.000200", "channel_id": "C0ACCESS", "is_ephemeral": false },
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "channel": { "id": "C0ACCESS", "name": "access" },
        // What the message says, and what it would say if somebody forged it, is never read.
        "message": { "ts": "1548261231.000200", "text": "Dee asks for Admin in acme-management", "blocks": [] },
        "state": { "values": {} },
        "actions": [{ "action_id": action, "block_id": "=qXel", "type": "button", "value": value,
            "text": { "type": "plain_text", "text": "Approve" }, "action_ts": "1548426417.840180" }],
    })
}

fn form(user: &str, id: &str, why: Value) -> Value {
    json!({
        "type": "view_submission", "team": { "id": "T0ACME", "domain": "acme" },
        "user": { "id": user, "name": "bobby", "team_id": "T0ACME" }, "api_app_id": "A02",
        "view": {
            "id": "VNHU13V36", "type": "modal", "callback_id": "request.deny.form", "private_metadata": id,
            "title": { "type": "plain_text", "text": "Deny request" }, "hash": "156663117.cd33ad1f", "blocks": [],
            "state": { "values": { "why": { "why": { "type": "plain_text_input", "value": why } } } },
        },
    })
}

fn without(mut payload: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    payload.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    payload
}

fn with(mut payload: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    payload.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    payload
}

fn asked(town: &Town) -> Request {
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    it
}

#[test]
fn a_documented_slash_command_is_understood_whoever_it_says_typed_it() {
    let town = Town::on(Platform::Slack);
    let ack =
        town.delivers("slash_commands", slash("U0ANA", "payments-prod ReadOnly 1h INC-7 look at refunds"));
    let words = ack.payload.unwrap().to_string();
    assert!(words.contains("waits for 1 approval"), "{words}");
    town.settle();
    assert!(
        town.slack().messages("C0ACCESS")[0].words().contains("<@U0ANA>"),
        "the id counts, not `user_name`"
    );
}

/// pitfall 14: a click carries an opaque id and nothing else that is believed.
#[test]
fn a_click_is_about_the_request_whose_id_it_carries_whatever_the_message_says() {
    let town = Town::on(Platform::Slack);
    let it = asked(&town);
    let card = kept(&town, &town.card(&it));
    let actions = card.blocks.iter().find(|block| block["type"] == "actions").unwrap();
    for button in actions["elements"].as_array().unwrap() {
        assert_eq!(button["value"], it.id.as_str());
    }
    town.delivers("interactive", click("U0BO", "request.approve", json!(it.id.as_str())));
    let request = town.becomes(&it, StateWord::Active);
    assert!(request.ask.title().starts_with("ReadOnly in "));
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
}

#[test]
fn a_documented_form_denies() {
    let town = Town::on(Platform::Slack);
    let it = asked(&town);
    let ack = town.delivers("interactive", form("U0BO", it.id.as_str(), json!("not today")));
    assert_eq!(ack.payload, None);
    town.becomes(&it, StateWord::Denied);
}

#[test]
fn payloads_with_parts_missing_added_or_of_another_type_are_acknowledged_and_change_nothing() {
    let town = Town::on(Platform::Slack);
    let it = asked(&town);
    let id = || json!(it.id.as_str());
    let approve = || click("U0BO", "request.approve", id());
    let command = || slash("U0BO", &format!("approve {}", it.id));
    let no = |payload: Value| payload;
    let broken: Vec<(&'static str, Value)> = vec![
        ("slash_commands", without(command(), "/user_id")),
        ("slash_commands", without(command(), "/team_id")),
        ("slash_commands", without(command(), "/channel_id")),
        ("slash_commands", with(command(), "/user_id", json!(7))),
        ("slash_commands", with(command(), "/text", json!({ "a": "b" }))),
        ("slash_commands", with(command(), "/command", json!("/elevatE"))),
        ("slash_commands", with(command(), "/team_id", json!("T0OTHER"))),
        ("slash_commands", json!([])),
        ("slash_commands", json!("approve")),
        ("slash_commands", Value::Null),
        ("interactive", without(approve(), "/user")),
        ("interactive", without(approve(), "/user/id")),
        ("interactive", without(approve(), "/type")),
        ("interactive", with(approve(), "/type", json!("message_action"))),
        ("interactive", with(approve(), "/actions", json!([]))),
        ("interactive", with(approve(), "/actions", json!("approve"))),
        ("interactive", with(approve(), "/user/team_id", json!("T0OTHER"))),
        ("interactive", without(with(approve(), "/team", Value::Null), "/user/team_id")),
        ("interactive", no(click("U0BO", "request.grant", id()))),
        ("interactive", no(click("U0BO", "request.approve", json!("AR-!!!!")))),
        ("interactive", no(click("U0BO", "request.approve", json!({ "id": "x" })))),
        ("interactive", no(click("U0BO", "request.approve", Value::Null))),
        ("interactive", no(click("U0NOBODY", "request.approve", id()))),
        ("interactive", no(form("U0BO", "", json!("why")))),
        (
            "interactive",
            with(form("U0BO", it.id.as_str(), json!("why")), "/view/callback_id", json!("other")),
        ),
        ("interactive", without(form("U0BO", it.id.as_str(), json!("why")), "/view")),
        ("events_api", json!({ "event": { "type": "user_change", "user": "U0BO" } })),
        ("events_api", json!({ "event": { "type": "user_change" } })),
        ("events_api", json!({ "event": 3 })),
        ("events_api", json!(null)),
    ];
    for (kind, payload) in broken {
        let text = payload.to_string();
        let ack = town.delivers(kind, payload);
        assert!(!ack.late, "{text}");
    }
    let why = town.delivers("interactive", form("U0BO", it.id.as_str(), json!(null))).payload.unwrap();
    assert_eq!(why["response_action"], "errors");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Pending);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
    // It is as well as before.
    town.delivers("interactive", with(approve(), "/something_new", json!({ "deep": [1, 2, 3] })));
    town.becomes(&it, StateWord::Active);
}

#[test]
fn a_profile_that_slack_says_changed_is_believed_at_once() {
    let town = Town::on(Platform::Slack);
    let it = asked(&town);
    town.bo().says("/elevate list");
    let user = json!({
        "id": "U0BO", "team_id": "T0ACME", "name": "bo", "deleted": true, "is_bot": false, "is_restricted": false,
        "is_ultra_restricted": false, "is_email_confirmed": true, "profile": { "email": "bo@acme.example" },
    });
    let event = json!({
        "team_id": "T0ACME", "api_app_id": "A02", "type": "event_callback", "event_id": "Ev01", "event_time": 1,
        "event": { "type": "user_change", "user": user, "cache_ts": 1, "event_ts": "1.0" },
    });
    town.delivers("events_api", event);
    town.bo().approves(&it).says("deactivated");
    assert_eq!(town.state(&it), StateWord::Pending);
}

/// A message as Slack keeps it.
fn kept(town: &Town, card: &Seen) -> Message {
    town.slack().messages("C0ACCESS").into_iter().find(|message| message.ts == card.id).unwrap()
}

/// What is on a card, with what differs from day to day taken out.
fn golden(town: &Town, it: &Request, words: &str) -> Value {
    let card = kept(town, &town.card_says(it, words));
    let text =
        json!({ "text": card.text, "blocks": card.blocks }).to_string().replace(it.id.as_str(), "AR-XXXX");
    serde_json::from_str(&without_times(&text)).unwrap()
}

fn without_times(text: &str) -> String {
    let dates = regex_lite::Regex::new(r"<!date\^\d+\^([^|]*)\|[^>]*>").unwrap();
    let text = dates.replace_all(text, "<!date^SECONDS^$1|UTC>");
    let utc = regex_lite::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC").unwrap();
    utc.replace_all(&text, "DATE TIME UTC").into_owned()
}

#[test]
fn the_cards_of_a_request_in_each_of_its_states() {
    let town = Town::on(Platform::Slack);
    let ask = || asked(&town);
    let waiting = ask();
    insta::assert_json_snapshot!("card_pending", golden(&town, &waiting, "Waits for"));
    town.ana().withdraws(&waiting);
    insta::assert_json_snapshot!("card_withdrawn", golden(&town, &waiting, "Withdrawn"));
    let denied = ask();
    town.bo().denies(&denied, "use the staging account");
    insta::assert_json_snapshot!("card_denied", golden(&town, &denied, "Denied"));
    let lapsed = ask();
    town.settle();
    town.pass(1.hour());
    insta::assert_json_snapshot!("card_lapsed", golden(&town, &lapsed, "Lapsed"));
    town.aws_meets("CreateAccountAssignment", 1, FaultKind::FailAsync("no more roles".to_owned()));
    let failed = ask();
    town.bo().approves(&failed);
    insta::assert_json_snapshot!("card_failed", golden(&town, &failed, "Failed"));
    town.settle();
    town.aws().set_options(|options| options.operation_delay = std::time::Duration::from_secs(2));
    let it = ask();
    town.bo().approves(&it);
    insta::assert_json_snapshot!("card_granting", golden(&town, &it, "being created"));
    insta::assert_json_snapshot!("card_active", golden(&town, &it, "Active"));
    town.aws_meets("DeleteAccountAssignment", u32::MAX, FaultKind::AccessDenied);
    // Past its end, and not yet overdue.
    town.pass(3_630.seconds());
    insta::assert_json_snapshot!("card_ending", golden(&town, &it, "AWS denies"));
    town.pass(2.minutes());
    insta::assert_json_snapshot!("card_overdue", golden(&town, &it, "OVERDUE"));
    town.aws_comes_back();
    town.pass(5.minutes());
    insta::assert_json_snapshot!("card_ended", golden(&town, &it, "AWS confirms that it is gone"));
}

/// Every text of a message, with where it is.
fn texts(value: &Value, path: &str, found: &mut Vec<(String, usize)>) {
    match value {
        Value::Object(object) => {
            for (key, part) in object {
                let here = format!("{path}/{key}");
                if let (true, Some(text)) = (key == "text", part.as_str()) {
                    found.push((here, text.chars().count()));
                } else {
                    texts(part, &here, found);
                }
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| texts(part, path, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_largest_card_is_within_slacks_limits() {
    let mut company = Company::acme();
    let long = "&".repeat(250);
    company.person_mut("ana").unwrap().name = format!("Ana {long}");
    // Names of AWS at their longest: 50 characters of an account, 32 of a permission set.
    company.account_mut("payments-prod").unwrap().name = format!("p{}", "&".repeat(49));
    let plan = Plan {
        company,
        policies: ACME.replace("Account::\"payments-prod\"", "Account::\"333333333333\""),
        ..Plan::default()
    };
    let town = Town::planned(plan);
    let reason = "<&>".repeat(166);
    let it = town.ana().asks(&format!("333333333333 ReadOnly 1h INC-{} {reason}", "7".repeat(60)));
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    let trouble = "&".repeat(5_000);
    town.aws_meets("DeleteAccountAssignment", u32::MAX, FaultKind::FailAsync(trouble));
    town.pass(62.minutes());
    for words in ["OVERDUE"] {
        let card = kept(&town, &town.card_says(&it, words));
        assert!(card.text.chars().count() <= FALLBACK_MAX);
        let mut found = Vec::new();
        for block in &card.blocks {
            texts(block, block["type"].as_str().unwrap(), &mut found);
        }
        assert!(found.len() >= 6, "{found:?}");
        for (path, length) in found {
            let most =
                if path.contains("fields") || path.contains("context") { FIELD_MAX } else { SECTION_MAX };
            assert!(length <= most, "{path}: {length}");
        }
    }
    // What Slack itself would refuse is a violation of the twin, which the town looks for when it is dropped.
}
