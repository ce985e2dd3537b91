//! Asking by a form, asking again, and what concerns one person: only what they may, with what it takes, and what is wrong at
//! its field.

use glasskey_domain::refusal::StateWord;
use glasskey_playground::discord::Answer;
use glasskey_playground::slack::{Click, Place};
use jiff::{SignedDuration, Unit};
use serde_json::{Map, Value, json};

use crate::town::{PATIENCE, Platform, Request, Town, acme_with, urgently};

on_each_platform! {
    only_what_somebody_may_ask_for_is_offered_with_what_it_takes,
    who_may_not_speak_here_is_offered_nothing,
    what_was_asked_before_stands_in_the_form_of_again,
    an_ended_card_is_repeated_and_decided_anew,
    again_with_nothing_before_says_so,
    people_see_what_they_have_and_wait_for_and_act_on_it,
    who_approves_sees_what_waits_for_them_and_decides_there,
}

/// What Ana asks for.
const ASK: &str = "payments-prod ReadOnly 1h INC-7 look at refunds";
const PROD: &str = "account:333333333333";
const SANDBOX: &str = "account:777777777777";

/// How Discord calls a field of the form.
fn option(field: &str) -> &'static str {
    match field {
        "place" => "account",
        "permission_set" => "permission-set",
        _ => "duration",
    }
}

/// Of one kind; of several kinds, the accounts.
fn names(offered: &Value) -> Vec<String> {
    let named = |option: &Value| option["text"]["text"].as_str().unwrap().to_owned();
    let groups = offered["option_groups"].as_array().into_iter().flatten();
    let mut groups = groups.filter(|group| group["label"]["text"] == "Accounts");
    let options = groups.next().map_or(&offered["options"], |group| &group["options"]);
    options.as_array().into_iter().flatten().map(named).collect()
}

/// Chooses in the form that is open, one field after the other, as Slack lets people: only what was offered.
fn choose(town: &Town, who: &str, chosen: &[(&str, &str)]) {
    let id = town.slack_shows("the form", |slack| slack.open_views(who).pop()).id;
    let place = Place::View { id };
    for (field, value) in chosen {
        let offered = town.block("options", town.slack().suggest(who, &place, field, ""));
        assert_eq!(offered.failure, None);
        let filled = town.block("a choice", town.slack().fill(who, field, value));
        assert_eq!(filled.failure, None, "{field}: {value} of {:?}", offered.payload);
    }
}

/// What is offered while somebody types in a field, where the others have this.
fn offered(town: &Town, who: &str, chosen: &[(&str, &str)], (field, typed): (&str, &str)) -> Vec<String> {
    match town.platform() {
        Platform::Slack => {
            choose(town, who, chosen);
            let id = town.slack().open_views(who).pop().unwrap().id;
            let place = Place::View { id };
            let result = town.block("options", town.slack().suggest(who, &place, field, typed));
            assert_eq!(result.failure, None);
            names(&result.payload.unwrap())
        }
        Platform::Discord => {
            let value = |value: &str| value.trim_start_matches("account:").to_owned();
            let mut values: Map<String, Value> = chosen
                .iter()
                .map(|(field, chosen)| (option(field).to_owned(), Value::from(value(chosen))))
                .collect();
            values.insert(option(field).to_owned(), Value::from(typed));
            let values = Value::from(values);
            let choices =
                town.discord().autocomplete(who, "access", "elevate request", &values, option(field));
            let result = town.block("choices", choices);
            let Some(Answer::Choices(choices)) = result.answer else { panic!("{result:?}") };
            choices.iter().map(|choice| choice["name"].as_str().unwrap().to_owned()).collect()
        }
    }
}

/// The request that was made last.
fn newest(town: &Town, but: &[&Request]) -> Request {
    let id = town.book_shows("a new request", |book, _| {
        let known = |id| but.iter().any(|it| it.id == id);
        book.requests().map(|request| request.ask.id.clone()).find(|id| !known(id.clone()))
    });
    Request { id }
}

#[test]
fn the_form_is_there_before_anything_is_asked_of_slack_and_is_taken_from_there() {
    let town = Town::on(Platform::Slack);
    town.settle();
    let before = town.slack().calls().len();
    town.ana().says("/elevate");
    town.ana().sees_a_form();
    let first = &town.slack().calls()[before];
    assert_eq!(first.method, "views.open", "the trigger lives three seconds");
    choose(&town, "ana", &[("place", PROD), ("permission_set", "ReadOnly"), ("length", "3600")]);
    assert_eq!(town.ana().sends(&json!({ "ticket": "INC-7", "reason": "look at refunds" })), "");
    let it = newest(&town, &[]);
    town.is_told("ana", "waits for 1 approval");
    town.card_says(&it, "look at refunds");
    town.bo().approves(&it);
    let request = town.becomes(&it, StateWord::Active);
    assert_eq!((request.ask.title(), request.ask.length.0), ("ReadOnly in payments-prod".to_owned(), 3_600));
    assert_eq!(request.ask.ticket.as_deref(), Some("INC-7"));
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    assert!(town.slack().open_views("ana").is_empty());
}

/// It opens before anything is asked, and counts from where it was asked for.
#[test]
fn a_form_that_was_opened_in_a_channel_shared_with_another_company_asks_for_nothing() {
    let town = Town::on(Platform::Slack);
    assert!(town.slack().set_channel("C0GENERAL", |flags| flags.is_ext_shared = true));
    town.ana().in_channel("C0GENERAL").says("/elevate");
    town.ana().sees_a_form();
    choose(&town, "ana", &[("place", PROD), ("permission_set", "ReadOnly"), ("length", "3600")]);
    let wrong = town.ana().sends(&json!({ "ticket": "INC-7", "reason": "look at refunds" }));
    assert!(wrong.contains("shared with another company"), "{wrong}");
    town.settle();
    assert!(town.journal().contains("shared-externally"));
    assert_eq!(town.slack().messages("C0ACCESS").len(), 0);
}

fn only_what_somebody_may_ask_for_is_offered_with_what_it_takes(on: Platform) {
    let town = Town::with_policies(on, &acme_with(r#"@approvals("1 of sre-leads, 1 of security")"#));
    if on == Platform::Slack {
        town.ana().says("/elevate");
        town.ana().sees_a_form();
    }
    let places = |typed| offered(&town, "ana", &[], ("place", typed));
    let all =
        ["payments-prod (333333333333)", "payments-staging (444444444444)", "sandbox-ana (777777777777)"];
    assert_eq!(places(""), all);
    assert_eq!(places("stag"), all[1..2]);
    assert_eq!(places("PAY"), all[..2]);
    assert_eq!(places("7777"), all[2..]);
    assert_eq!(places("data-prod"), Vec::<String>::new(), "of another team");
    let sets = |place| offered(&town, "ana", &[("place", place)], ("permission_set", ""));
    let (of_prod, of_each) =
        (sets(PROD), |shown: &str| shown.contains("1 of sre-leads") && shown.contains("1 of security"));
    assert_eq!((of_prod.len(), of_prod[0].as_str()), (2, "PowerUser (1 approval)"));
    assert!(of_prod[1].starts_with("ReadOnly (") && of_each(&of_prod[1]), "{of_prod:?}");
    assert_eq!(sets(SANDBOX), ["PowerUser (no approval)", "ReadOnly (no approval)"]);
    let lengths = |set| offered(&town, "ana", &[("place", PROD), ("permission_set", set)], ("length", ""));
    assert_eq!(lengths("PowerUser"), ["15 min (1 approval)", "30 min (1 approval)", "1 h (1 approval)"]);
    let longest = lengths("ReadOnly").pop().unwrap();
    assert!(longest.starts_with("4 h (") && of_each(&longest), "{longest}");
    // What policy says changes what is offered, at once.
    town.changes_policies(&acme_with(r#"@approvals("0")"#));
    assert_eq!(sets(PROD), ["PowerUser (1 approval)", "ReadOnly (no approval)"]);
}

#[test]
fn urgent_access_offers_what_policy_gives_at_once() {
    let town = Town::with_policies(Platform::Slack, &urgently());
    town.ana().says("/elevate");
    town.ana().sees_a_form();
    let filled = town.block("urgent", town.slack().fill("ana", "urgent", "urgent"));
    assert_eq!(filled.failure, None);
    assert_eq!(offered(&town, "ana", &[], ("place", "")), ["payments-prod (333333333333)"]);
    let chosen = [("place", PROD), ("permission_set", "ReadOnly")];
    assert_eq!(offered(&town, "ana", &chosen, ("length", "")).len(), 2, "half an hour at most");
    choose(&town, "ana", &[("length", "1800")]);
    assert_eq!(town.ana().sends(&json!({ "ticket": "INC-7", "reason": "refunds are down" })), "");
    town.becomes(&newest(&town, &[]), StateWord::Active);
    town.is_told("bo", "URGENT access was taken");
}

fn who_may_not_speak_here_is_offered_nothing(on: Platform) {
    let town = Town::on(on);
    if on == Platform::Slack {
        town.eve().says("/elevate");
        town.eve().sees_a_form();
    }
    assert_eq!(offered(&town, "eve", &[], ("place", "")), Vec::<String>::new());
}

/// What is wrong is said at its field, and what was filled in stays.
#[test]
fn what_is_wrong_with_a_request_is_said_at_its_field() {
    let town = Town::on(Platform::Slack);
    town.ana().says("/elevate");
    town.ana().sees_a_form();
    choose(&town, "ana", &[("place", PROD), ("permission_set", "ReadOnly"), ("length", "14400")]);
    let words = json!({ "ticket": "INC-7", "reason": "look at refunds" });
    for (changed, at, words) in [
        (json!({ "ticket": "JIRA-7", "reason": "look at refunds" }), "ticket: ", "JIRA-7"),
        (json!({ "ticket": "INC-7", "reason": "short" }), "reason: ", "8 characters"),
        (json!({ "ticket": "INC-7", "reason": "look at refunds", "start": "someday" }), "start: ", "start"),
        (
            json!({ "ticket": "INC-7", "reason": "look at refunds", "start": "2020-01-01 02:00" }),
            "start: ",
            "",
        ),
    ] {
        let wrong = town.ana().sends(&changed);
        assert!(wrong.starts_with(at) && wrong.contains(words), "{changed}: {wrong}");
        let form = town.ana().sees_a_form();
        assert!(form.contains(PROD) && form.contains("14400"), "what was chosen stays: {form}");
    }
    // Chosen for another permission set, too long for this one.
    choose(&town, "ana", &[("permission_set", "PowerUser")]);
    let now = |more: &Value| {
        let mut filled = words.clone();
        filled.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        town.ana().sends(&filled)
    };
    let wrong = now(&json!({ "start": "" }));
    assert!(wrong.starts_with("length: ") && wrong.contains("at most 1 h"), "{wrong}");
    choose(&town, "ana", &[("length", "3600")]);
    assert_eq!(now(&json!({ "start": "" })), "");
    let it = newest(&town, &[]);
    town.card_says(&it, "Waits for 1 approval");
    // The same again while it waits.
    town.ana().says("/elevate again");
    let wrong = town.ana().sends(&json!({}));
    assert!(wrong.starts_with("place: ") && wrong.contains(it.id.as_str()), "{wrong}");
    assert_eq!(town.posts().len(), 1);
}

/// From the form to the last notice, beginning later.
#[test]
fn what_is_asked_for_by_form_begins_when_the_form_says() {
    let town = Town::on(Platform::Slack);
    town.ana().says("/elevate");
    town.ana().sees_a_form();
    choose(&town, "ana", &[("place", PROD), ("permission_set", "ReadOnly"), ("length", "3600")]);
    let starts_at = (town.now() + SignedDuration::from_hours(3)).round(Unit::Minute).unwrap();
    let sent = json!({ "ticket": "INC-7", "reason": "look at refunds", "start": starts_at.to_string() });
    assert_eq!(town.ana().sends(&sent), "");
    let it = newest(&town, &[]);
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Scheduled);
    assert!(town.card_says(&it, "begins").words().contains(&town.time(starts_at)));
    town.pass_until(starts_at);
    let end = town.becomes(&it, StateWord::Active).deadline().unwrap();
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    town.pass_until(end);
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    town.is_told("ana", "Ended");
}

/// Discord's forms close when they are sent: what was typed is given back.
#[test]
fn what_is_wrong_with_a_form_of_discords_is_said_with_what_was_typed() {
    let town = Town::on(Platform::Discord);
    town.ana().says("/elevate payments-prod ReadOnly 1h");
    let form = town.ana().sees_a_form();
    assert!(form.contains("reason") && form.contains("ticket"), "{form}");
    let said = town.ana().sends(&json!({ "reason": "look at refunds", "ticket": "JIRA-7" }));
    assert!(said.starts_with("*Ticket* ") && said.contains("is not a ticket of the form"), "{said}");
    assert!(said.contains("You typed at *Why?* “look at refunds”"), "{said}");
    assert!(town.posts().is_empty());
    town.ana().says("/elevate payments-prod ReadOnly 1h");
    let said = town.ana().sends(&json!({ "reason": "look at refunds", "ticket": "INC-7" }));
    assert!(said.contains("waits for 1 approval"), "{said}");
    town.card_says(&newest(&town, &[]), "look at refunds");
}

fn what_was_asked_before_stands_in_the_form_of_again(on: Platform) {
    let town = Town::on(on);
    let first = town.ana().asks(ASK);
    town.ana().withdraws(&first).says("is withdrawn");
    town.settle();
    town.ana().says("/elevate again");
    let form = town.ana().sees_a_form();
    for what in ["look at refunds", "INC-7", "333333333333", "ReadOnly", "3600"] {
        assert!(form.contains(what), "`{what}` is not in {form}");
    }
    let sent = town.ana().sends(&json!({}));
    assert!(on == Platform::Discord || sent.is_empty(), "{sent}");
    let again = newest(&town, &[&first]);
    assert_ne!(again, first);
    let (one, other) = (town.request(&first).ask, town.request(&again).ask);
    assert_eq!(
        (one.items, one.length, one.reason, one.ticket),
        (other.items, other.length, other.reason, other.ticket)
    );
    town.bo().approves(&again).says("needs no further approval");
    town.becomes(&again, StateWord::Active);
    // Of a request that is named, and only of one that is there.
    town.ana().says("/elevate again AR-ZZZZ").says("there is no request");
    town.ana().says(&format!("/elevate again {}", first.id));
    assert!(town.ana().sees_a_form().contains("look at refunds"));
}

fn an_ended_card_is_repeated_and_decided_anew(on: Platform) {
    let town = Town::on(on);
    let first = town.ana().asks(ASK);
    town.bo().approves(&first);
    town.becomes(&first, StateWord::Active);
    town.ana().ends(&first).says("is being ended");
    town.becomes(&first, StateWord::Ended);
    // By who may not: the button gives nobody anything.
    town.dee().clicks(&first, "Repeat…");
    let said = town.dee().sends(&json!({}));
    assert!(said.contains("no policy permits it"), "{said}");
    town.ana().clicks(&first, "Repeat…");
    assert!(town.ana().sees_a_form().contains("look at refunds"));
    town.ana().sends(&json!({ "reason": "look at them once more" }));
    let again = newest(&town, &[&first]);
    town.card_says(&again, "look at them once more");
    assert_eq!(town.state(&again), StateWord::Pending, "approved anew");
    town.bo().approves(&again);
    town.becomes(&again, StateWord::Active);
}

fn again_with_nothing_before_says_so(on: Platform) {
    let town = Town::on(on);
    let said = town.cy().says("/elevate again").words();
    assert!(said.contains("have not asked for anything yet"), "{said}");
}

fn people_see_what_they_have_and_wait_for_and_act_on_it(on: Platform) {
    let town = Town::on(on);
    town.ana().looks_at_theirs().says("Your access").says("Nothing now");
    let sandbox = town.ana().asks("sandbox-ana PowerUser 1h trying out a queue");
    town.becomes(&sandbox, StateWord::Active);
    let waits = town.ana().asks(ASK);
    let own = town.ana().looks_at_theirs();
    own.says("PowerUser in sandbox-ana").says("Your requests").says("ReadOnly in payments-prod");
    for (it, button) in [(&sandbox, "End now"), (&sandbox, "Extend…"), (&waits, "Withdraw")] {
        assert!(own.offers(it, button), "{button}");
    }
    assert!(!own.offers(&waits, "Approve"), "nobody approves their own");
    town.cy().looks_at_theirs().is_silent_about(waits.id.as_str());
    // More time, from there.
    own.opens(&sandbox, "Extend…");
    let before = town.request(&sandbox).deadline().unwrap();
    town.ana().sends(&json!({ "length": "1 h" }));
    assert_eq!(town.request(&sandbox).deadline().unwrap().duration_since(before).as_hours(), 1);
    let said = town.ana().looks_at_theirs().clicks(&waits, "Withdraw");
    assert!(said.contains("is withdrawn"), "{said}");
    let own = town.ana().looks_at_theirs();
    own.is_silent_about(waits.id.as_str());
    let said = own.clicks(&sandbox, "End now");
    assert!(said.contains("is being ended"), "{said}");
    town.becomes(&sandbox, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    town.ana().looks_at_theirs().is_silent_about(sandbox.id.as_str());
}

fn who_approves_sees_what_waits_for_them_and_decides_there(on: Platform) {
    let town = Town::with_policies(on, &urgently());
    let it = town.ana().asks(ASK);
    let own = town.bo().looks_at_theirs();
    own.says("Waits for your approval").says("look at refunds");
    let said = own.clicks(&it, "Approve");
    assert!(said.contains("needs no further approval"), "{said}");
    town.becomes(&it, StateWord::Active);
    town.bo().looks_at_theirs().is_silent_about(it.id.as_str());
    // More time waits for them as well, and so does urgent access for their look.
    town.ana().says(&format!("/elevate extend {} 1h", it.id)).says("waits for 1 approval");
    let own = town.bo().looks_at_theirs();
    own.says("for 1 h more");
    let said = own.clicks(&it, "Approve");
    assert!(said.contains("is extended until"), "{said}");
    town.ana().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    let urgent = town.ana().asks("urgent payments-prod ReadOnly 30m INC-7 refunds are down");
    town.becomes(&urgent, StateWord::Active);
    let own = town.bo().looks_at_theirs();
    own.says("Urgent access waits for your look");
    assert!(own.offers(&urgent, "Object…"));
    let said = own.clicks(&urgent, "Acknowledge");
    assert!(said.contains("You acknowledged"), "{said}");
    town.bo().looks_at_theirs().is_silent_about(urgent.id.as_str());
}

#[test]
fn access_is_asked_for_from_app_home() {
    let town = Town::on(Platform::Slack);
    town.ana().looks_at_theirs().says("Request access");
    let click = Click {
        place: Place::Home,
        what: "Request access".to_owned(),
        block_id: None,
        chosen: String::new(),
    };
    let clicked = town.block("the click", town.slack().act("ana", &click));
    assert_eq!(clicked.failure, None);
    assert!(clicked.acked_after.unwrap() < PATIENCE);
    town.ana().sees_a_form();
    choose(&town, "ana", &[("place", SANDBOX), ("permission_set", "PowerUser"), ("length", "1800")]);
    assert_eq!(town.ana().sends(&json!({ "reason": "trying out a queue" })), "");
    let it = newest(&town, &[]);
    town.becomes(&it, StateWord::Active);
    town.ana().looks_at_theirs().says("PowerUser in sandbox-ana");
}

#[test]
fn a_guest_sees_nothing_in_app_home() {
    let town = Town::on(Platform::Slack);
    town.ana().asks(ASK);
    town.eve().looks_at_theirs().says("does not know you").is_silent_about("payments-prod");
}

/// While somebody types an id in Discord: only what can be done about it now, by them.
#[test]
fn a_request_is_offered_where_something_can_be_done_about_it() {
    let town = Town::with_policies(Platform::Discord, &urgently());
    let offered = |who: &str, keyword: &str| -> usize {
        let (line, values) = (format!("elevate {keyword}"), json!({ "id": "" }));
        let choices = town.discord().autocomplete(who, "access", &line, &values, "id");
        match town.block("choices", choices).answer {
            Some(Answer::Choices(choices)) => choices.len(),
            other => panic!("{other:?}"),
        }
    };
    let it = town.ana().asks(ASK);
    assert_eq!([offered("bo", "approve"), offered("bo", "end"), offered("ana", "withdraw")], [1, 0, 1]);
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    assert_eq!([offered("bo", "approve"), offered("ana", "extend"), offered("ana", "end")], [0, 1, 1]);
    assert_eq!([offered("bo", "extend"), offered("cy", "show"), offered("ana", "again")], [0, 0, 1]);
    town.ana().says(&format!("/elevate extend {} 1h", it.id)).says("waits for 1 approval");
    assert_eq!([offered("bo", "approve"), offered("bo", "deny"), offered("ana", "withdraw")], [1, 1, 1]);
    assert_eq!([offered("bo", "acknowledge"), offered("bo", "object")], [0, 0]);
    town.ana().ends(&it);
    town.becomes(&it, StateWord::Ended);
    let urgent = town.ana().asks("urgent payments-prod ReadOnly 30m INC-7 refunds are down");
    town.becomes(&urgent, StateWord::Active);
    assert_eq!([offered("bo", "acknowledge"), offered("bo", "object"), offered("ana", "object")], [1, 1, 0]);
}
