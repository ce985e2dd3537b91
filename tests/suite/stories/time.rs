//! Access that begins later, lasts longer, and ends: always on the server, whatever happens to the bot meanwhile.

use std::time::Duration;

use glasskey_domain::refusal::StateWord;
use glasskey_domain::request::State;
use glasskey_playground::aws::Call;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::json;

use crate::town::{ACME, Platform, Request, Town};

on_each_platform! {
    access_in_the_future_begins_in_the_persons_zone_and_ends_though_the_bot_dies_before_each,
    a_start_that_passed_while_the_bot_was_dead_still_ends_at_its_end,
    what_was_never_begun_in_its_time_never_begins,
    a_start_is_refused_in_the_past_and_too_far_ahead,
    scheduled_access_is_taken_back_by_who_asked,
    scheduled_access_that_policy_forbids_at_its_start_never_begins,
    the_deadline_counts_from_the_confirmed_grant,
    more_time_without_approval_moves_the_end_and_touches_nothing_at_aws,
    more_time_with_approval_waits_for_it_and_touches_nothing_at_aws,
    more_time_is_bounded_by_the_whole_length,
    more_time_that_is_denied_leaves_the_end_where_it_was_and_says_why,
    more_time_that_nobody_answers_lapses,
    more_time_is_taken_back_by_who_asked_for_it,
    who_has_access_is_warned_ten_minutes_before_and_extends_from_the_warning,
    who_is_done_says_so_from_the_warning,
    an_administrator_of_the_rules_ends_what_they_did_not_approve,
}

/// What Ana asks for.
const ASK: &str = "payments-prod ReadOnly 1h INC-7 look at refunds";

/// Tomorrow at two, where Cy is: Slack says Lagos, and Discord says nothing, so UTC.
fn tomorrow_at_two(town: &Town, on: Platform) -> Timestamp {
    let zone = match on {
        Platform::Slack => TimeZone::get("Africa/Lagos").unwrap(),
        Platform::Discord => TimeZone::UTC,
    };
    let tomorrow = town.now().to_zoned(zone.clone()).date().tomorrow().unwrap();
    tomorrow.at(2, 0, 0, 0).to_zoned(zone).unwrap().timestamp()
}

/// Cy asks for tomorrow at two, and Bo approves.
fn scheduled(town: &Town, on: Platform) -> (Request, Timestamp) {
    let it = town.cy().asks("data-prod PowerUser 1h at tomorrow 02:00 CHG-8 move the tables");
    let starts_at = tomorrow_at_two(town, on);
    let card = town.card_says(&it, "Waits for 1 approval").words();
    assert!(card.contains(&town.time(starts_at)) || on == Platform::Discord, "from when: {card}");
    town.bo().approves(&it).says("needs no further approval; the access begins");
    let request = town.becomes(&it, StateWord::Scheduled);
    let State::Scheduled { starts_at: kept, deadline } = &request.state else { panic!("{request:?}") };
    assert_eq!((*kept, *deadline), (starts_at, starts_at + SignedDuration::from_hours(1)));
    (it, starts_at)
}

/// Ana has access, for which Bo said yes.
fn granted(town: &Town) -> Request {
    let it = town.ana().asks(ASK);
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
    town.settle();
    it
}

fn deadline(town: &Town, it: &Request) -> Timestamp {
    town.request(it).deadline().unwrap()
}

/// For whom the bot looks when it starts, to see whether Identity Center answers.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// What happens meanwhile calls AWS for no assignment. That the directory is read once in a while is no matter.
fn calls_nobody(town: &Town, what: impl FnOnce()) {
    town.settle();
    town.aws().forget_calls();
    what();
    town.settle();
    let calls = town.aws().calls().into_iter();
    let about = |call: &Call| call.operation.contains("Assignment") || call.operation.contains("Provision");
    let ours = |call: &Call| about(call) && call.principal.as_deref() != Some(NOBODY);
    let calls: Vec<_> = calls.filter(ours).collect();
    assert_eq!(calls, Vec::new());
}

/// pitfall 27
fn access_in_the_future_begins_in_the_persons_zone_and_ends_though_the_bot_dies_before_each(on: Platform) {
    let mut town = Town::on(on);
    let (it, starts_at) = scheduled(&town, on);
    town.is_told("cy", "Approved");
    let card = town.card_says(&it, "begins").words();
    assert!(card.contains(&town.time(starts_at)), "{card}");
    town.settle();
    town.restart();
    town.pass_until(starts_at - SignedDuration::from_mins(1));
    town.settle();
    assert_eq!(town.state(&it), StateWord::Scheduled);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0, "nothing is touched before its time");
    town.kill();
    town.pass(1.minutes());
    town.start();
    let end = town.becomes(&it, StateWord::Active).deadline().unwrap();
    assert!(town.aws().has("cy", "data-prod", "PowerUser"));
    let late = end.duration_since(starts_at + SignedDuration::from_hours(1));
    assert!(SignedDuration::ZERO <= late && late < SignedDuration::from_secs(20), "{late}");
    town.is_told("cy", "Granted");
    town.settle();
    town.kill();
    town.pass_until(end);
    town.start();
    town.becomes(&it, StateWord::Ended);
    assert!(!town.aws().has("cy", "data-prod", "PowerUser"));
    town.card_says(&it, "AWS confirms that it is gone");
    town.is_told("cy", "Ended");
}

/// pitfall 27: begun late, it does not end later for that.
fn a_start_that_passed_while_the_bot_was_dead_still_ends_at_its_end(on: Platform) {
    let mut town = Town::on(on);
    let (it, starts_at) = scheduled(&town, on);
    town.kill();
    town.pass_until(starts_at + SignedDuration::from_mins(40));
    town.start();
    let end = town.becomes(&it, StateWord::Active).deadline().unwrap();
    let late = end.duration_since(starts_at + SignedDuration::from_hours(1));
    assert!(late < SignedDuration::from_secs(20), "{late}");
    town.pass(20.minutes());
    town.pass_until(end);
    town.becomes(&it, StateWord::Ended);
    assert!(!town.aws().has("cy", "data-prod", "PowerUser"));
}

/// pitfall 27
fn what_was_never_begun_in_its_time_never_begins(on: Platform) {
    let mut town = Town::on(on);
    let (it, starts_at) = scheduled(&town, on);
    town.kill();
    town.pass_until(starts_at + SignedDuration::from_hours(2));
    town.start();
    town.becomes(&it, StateWord::Failed);
    let card = town.card_says(&it, "it was never begun, so nothing was created").words();
    assert!(!card.contains("confirms"), "AWS was asked nothing (P4): {card}");
    town.is_told("cy", "it was never begun, so nothing was created");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn a_start_is_refused_in_the_past_and_too_far_ahead(on: Platform) {
    let town = Town::on(on);
    for start in ["2020-01-01T02:00Z", "2999-01-01T02:00Z"] {
        let line = format!("/elevate data-prod PowerUser 1h at {start} CHG-8 move the tables");
        let said = town.cy().says(&line).words();
        assert!(said.contains("start"), "{start}: {said}");
    }
    town.settle();
    assert!(town.posts().is_empty());
}

fn scheduled_access_is_taken_back_by_who_asked(on: Platform) {
    let town = Town::on(on);
    let (it, starts_at) = scheduled(&town, on);
    town.card_says(&it, "begins");
    town.ana().clicks(&it, "Withdraw").says("only who asked can");
    town.cy().clicks(&it, "Withdraw").says("is withdrawn");
    town.card_says(&it, "Withdrawn");
    town.pass_until(starts_at);
    town.settle();
    assert_eq!(town.state(&it), StateWord::Withdrawn);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

/// pitfall 35: whether it may be granted is asked when it is granted.
fn scheduled_access_that_policy_forbids_at_its_start_never_begins(on: Platform) {
    let town = Town::on(on);
    let (it, starts_at) = scheduled(&town, on);
    let forbid =
        r#"@id("frozen") forbid (principal, action == Action::"request", resource in Account::"data-prod");"#;
    town.changes_policies(&format!("{ACME}\n{forbid}\n"));
    town.pass_until(starts_at);
    town.chat_shows(on, "how it ended", || {
        town.told("cy").iter().any(|t| t.contains("frozen")).then_some(())
    });
    town.card_says(&it, "frozen");
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn the_deadline_counts_from_the_confirmed_grant(on: Platform) {
    let town = Town::on(on);
    town.aws().set_options(|options| options.operation_delay = Duration::from_secs(2));
    let it = town.ana().asks(ASK);
    let before = town.now();
    town.bo().approves(&it);
    let request = town.becomes(&it, StateWord::Active);
    let State::Active { since, deadline, .. } = request.state else { panic!("{request:?}") };
    assert!(since.duration_since(before) >= SignedDuration::from_secs(2), "{since}");
    assert_eq!(
        deadline.duration_since(since).round(jiff::Unit::Second).unwrap(),
        SignedDuration::from_hours(1)
    );
}

fn more_time_without_approval_moves_the_end_and_touches_nothing_at_aws(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("sandbox-ana PowerUser 30m trying out a queue");
    let end = town.becomes(&it, StateWord::Active).deadline().unwrap();
    town.card_says(&it, "Active");
    calls_nobody(&town, || {
        town.bo().says(&format!("/elevate extend {} 1h", it.id)).says("only who asked can");
        town.ana().says(&format!("/elevate extend {} by 1h one more test", it.id)).says("is extended until");
        town.is_told("ana", "Extended");
    });
    assert_eq!(deadline(&town, &it), end + SignedDuration::from_hours(1));
    town.card_says(&it, &town.time(end + SignedDuration::from_hours(1)));
    town.pass_until(end);
    town.settle();
    assert!(town.aws().has("ana", "sandbox-ana", "PowerUser"), "not at its old end");
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

fn more_time_with_approval_waits_for_it_and_touches_nothing_at_aws(on: Platform) {
    let mut town = Town::on(on);
    let it = granted(&town);
    let end = deadline(&town, &it);
    calls_nobody(&town, || {
        town.ana().clicks(&it, "Extend…");
        town.ana().sends(&json!({ "length": "1 h", "reason": "the queue is not empty yet" }));
        let card = town.card_says(&it, "1 h more is asked for").words();
        assert!(
            card.contains("the queue is not empty yet") && card.contains("waits for 1 approval"),
            "{card}"
        );
        town.is_told("bo", "More time is asked for");
        assert_eq!(deadline(&town, &it), end, "nothing moves before approval");
        town.ana().says(&format!("/elevate approve {}", it.id)).says("nobody approves their own request");
        town.ana().says(&format!("/elevate extend {} 30m", it.id)).says("waits for approval until");
        town.cy().approves(&it).says("policy does not let you decide");
    });
    town.restart();
    calls_nobody(&town, || {
        town.bo().clicks_told("More time is asked for", "Approve").says("is extended until");
    });
    assert_eq!(deadline(&town, &it), end + SignedDuration::from_hours(1));
    town.is_told("ana", "Extended");
    town.pass_until(end + SignedDuration::from_mins(59));
    town.settle();
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    town.pass(1.minutes());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
}

fn more_time_is_bounded_by_the_whole_length(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town);
    let end = deadline(&town, &it);
    town.ana().clicks(&it, "Extend…");
    let wrong = town.ana().sends(&json!({ "length": "4 h" }));
    assert!(wrong.contains("all in all it can last 4 h at most"), "{wrong}");
    if on == Platform::Slack {
        assert!(wrong.starts_with("length: "), "at its field: {wrong}");
    }
    town.settle();
    assert_eq!(deadline(&town, &it), end);
    assert!(!town.card(&it).words().contains("is asked for"));
}

fn more_time_that_is_denied_leaves_the_end_where_it_was_and_says_why(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town);
    let end = deadline(&town, &it);
    calls_nobody(&town, || {
        town.ana().says(&format!("/elevate extend {} 1h", it.id)).says("waits for 1 approval");
        town.card_says(&it, "1 h more is asked for");
        let said = town.cy().denies(&it, "not on my watch");
        assert!(said.contains("policy does not let you decide"), "{said}");
        town.bo().denies(&it, "the freeze begins then");
        town.is_told("ana", "More time is denied");
    });
    let told = town.told("ana").pop().unwrap();
    assert!(told.contains("the freeze begins then") && told.contains(&town.mention("bo")), "{told}");
    assert_eq!(deadline(&town, &it), end);
    let card = town.card_says(&it, "Active");
    assert!(card.buttons().contains(&"Extend…".to_owned()), "{card:?}");
    town.pass_until(end);
    town.becomes(&it, StateWord::Ended);
}

fn more_time_that_nobody_answers_lapses(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 3h INC-7 look at refunds");
    town.bo().approves(&it);
    let end = town.becomes(&it, StateWord::Active).deadline().unwrap();
    town.ana().says(&format!("/elevate extend {} 1h", it.id)).says("waits for 1 approval");
    town.card_says(&it, "1 h more is asked for");
    town.settle();
    town.pass(1.hour());
    town.is_told("ana", "Nobody answered about more time");
    town.bo().says(&format!("/elevate approve {}", it.id)).says("too late: this request was approved");
    assert_eq!(deadline(&town, &it), end);
}

fn more_time_is_taken_back_by_who_asked_for_it(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town);
    let end = deadline(&town, &it);
    town.ana().says(&format!("/elevate extend {} 1h", it.id)).says("waits for 1 approval");
    town.card_says(&it, "1 h more is asked for");
    town.ana().clicks(&it, "Cancel extension").says("is withdrawn");
    town.card_says(&it, "Active");
    assert_eq!((town.state(&it), deadline(&town, &it)), (StateWord::Active, end));
    town.bo().says(&format!("/elevate approve {}", it.id)).says("too late: this request was approved");
}

fn who_has_access_is_warned_ten_minutes_before_and_extends_from_the_warning(on: Platform) {
    let mut town = Town::on(on);
    let it = granted(&town);
    let end = deadline(&town, &it);
    town.pass_until(end - SignedDuration::from_mins(11));
    town.settle();
    assert!(!town.told("ana").iter().any(|told| told.contains("Ends soon")));
    town.kill();
    town.pass(1.minutes());
    town.start();
    town.is_told("ana", "Ends soon");
    town.ana().clicks_told("Ends soon", "Extend…");
    town.ana().sends(&json!({ "length": "30 min" }));
    town.bo().clicks_told("More time is asked for", "Approve").says("is extended until");
    assert_eq!(deadline(&town, &it), end + SignedDuration::from_mins(30));
    // And again before the new end, once.
    town.pass_until(end + SignedDuration::from_mins(20));
    let warned = || town.told("ana").iter().filter(|told| told.contains("Ends soon")).count();
    town.chat_shows(on, "the second warning", || (warned() == 2).then_some(()));
    town.pass(5.minutes());
    town.settle();
    assert_eq!(warned(), 2);
}

fn who_is_done_says_so_from_the_warning(on: Platform) {
    let town = Town::on(on);
    let it = granted(&town);
    town.pass_until(deadline(&town, &it) - SignedDuration::from_mins(10));
    town.ana().clicks_told("Ends soon", "I'm done").says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    town.card_says(&it, "ended early by");
    town.is_told("ana", "Ended");
}

fn an_administrator_of_the_rules_ends_what_they_did_not_approve(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("sandbox-ana PowerUser 1h trying out a queue");
    town.becomes(&it, StateWord::Active);
    town.bo().ends(&it).says("may end this");
    assert!(town.aws().has("ana", "sandbox-ana", "PowerUser"));
    // Security ends anything, by policy.
    town.dee().ends(&it).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    let card = town.card_says(&it, "ended early by").words();
    assert!(card.contains(&town.mention("dee")), "{card}");
}
