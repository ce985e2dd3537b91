//! What people type: wrong in every way, and what they can ask.

use glasskey_domain::refusal::StateWord;

use crate::town::{Platform, Town};

on_each_platform! {
    what_is_wrong_is_said_with_the_right_form_and_nothing_changes,
    a_reason_longer_than_a_card_is_refused_and_the_longest_is_shown_whole,
    help_list_show_and_why_answer_and_decide_nothing,
    what_people_write_fires_no_mention_and_makes_no_link_or_line,
}

fn what_is_wrong_is_said_with_the_right_form_and_nothing_changes(on: Platform) {
    let town = Town::on(on);
    // Discord has fields, and asks for what must be filled in itself.
    let typed_in_slack: [(&str, &[&str]); 2] = [
        (
            "payments-prod ReadOnly",
            &["a duration and a reason are missing", "/elevate payments-prod ReadOnly 1h"],
        ),
        ("payments-prod ReadOnly 1h INC-7", &["reason"]),
    ];
    let cases: [(&str, &[&str]); 12] = [
        ("payments-prod ReadOnly 1x INC-7 look at refunds", &["1x"]),
        ("payment-prod ReadOnly 1h INC-7 look at refunds", &["payment-prod", "payments-prod"]),
        ("payments-prod ReadOnyl 1h INC-7 look at refunds", &["ReadOnyl"]),
        ("payments ReadOnly 1h INC-7 look at refunds", &["no single account", "payments-prod"]),
        ("123456789012 ReadOnly 1h INC-7 look at refunds", &["123456789012"]),
        ("payments-prod ReadOnly 5h INC-7 look at refunds", &["at most 4 h", "payments-prod-read"]),
        ("payments-prod ReadOnly 13h INC-7 look at refunds", &["12 h"]),
        ("payments-prod ReadOnly 1h INC-7 short", &["8 characters"]),
        ("payments-prod ReadOnly 1h JIRA-7 look at refunds", &["JIRA-7"]),
        ("acme-management ReadOnly 1h INC-7 look at refunds", &["management account"]),
        ("legacy-billing ReadOnly 1h INC-7 look at refunds", &["not active"]),
        ("approve AR-ZZZZ", &["there is no request"]),
    ];
    let more = typed_in_slack.into_iter().filter(|_| on == Platform::Slack);
    for (typed, words) in cases.into_iter().chain(more) {
        let said = town.ana().says(&format!("/elevate {typed}"));
        for word in words {
            assert!(said.words().contains(word), "{typed}: `{word}` is not in {}", said.words());
        }
    }
    town.settle();
    assert!(town.posts().is_empty());
    assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
}

fn a_reason_longer_than_a_card_is_refused_and_the_longest_is_shown_whole(on: Platform) {
    let town = Town::on(on);
    let long = "ä".repeat(501);
    town.ana().says(&format!("/elevate payments-prod ReadOnly 1h {long}")).says("longer than 500 characters");
    let longest = "ä".repeat(500);
    let it = town.ana().asks(&format!("payments-prod ReadOnly 1h {longest}"));
    town.card_says(&it, &longest);
}

#[test]
fn names_ids_prefixes_and_any_order_mean_the_same() {
    let town = Town::on(Platform::Slack);
    for line in [
        "333333333333 readonly 1h INC-7 look at refunds",
        "INC-7 1h ReadOnly payments-prod look at refunds",
        "payments-prod read 60m look at refunds INC-7",
    ] {
        let it = town.ana().asks(line);
        let request = town.request(&it);
        assert_eq!(request.ask.title(), "ReadOnly in payments-prod");
        assert_eq!(request.ask.length.to_string(), "1 h");
        town.ana().withdraws(&it).says("is withdrawn");
    }
}

fn help_list_show_and_why_answer_and_decide_nothing(on: Platform) {
    let town = Town::on(on);
    town.ana().says("/elevate help").says("/elevate");
    town.ana().says("/elevate list").says("no open requests");
    town.ana().says("/elevate why payments-prod ReadOnly").says("payments-prod-read").says("1 approval");
    town.cy().says("/elevate why payments-prod Admin").says("admin-is-for-commanders");
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    let id = it.id.as_str();
    for who in [town.ana(), town.bo()] {
        who.says("/elevate list").says(id).says("waits for approval");
    }
    town.cy().says("/elevate list").says("no open requests");
    town.ana().says(&format!("/elevate show {id}")).says("look at refunds").says("INC-7");
    town.ana().says(&format!("/elevate show {}", id.to_lowercase())).says("look at refunds");
    town.settle();
    assert_eq!(town.state(&it), StateWord::Pending);
    town.ana().withdraws(&it);
    town.settle();
    town.ana().says("/elevate list").says("The last ones").says(id).says("withdrawn");
}

fn what_people_write_fires_no_mention_and_makes_no_link_or_line(on: Platform) {
    let town = Town::on(on);
    let reason =
        "<!channel> <@U0BO> <https://evil.example|console> @here @everyone `x` *b*\u{202E}gnp.exe & more";
    let it = town.ana().asks(&format!("payments-prod ReadOnly 1h INC-7 {reason}"));
    let card = town.card_says(&it, "more");
    assert!(!card.words().contains('\u{202E}'));
    town.bo().denies(&it, "<!everyone> no\nGranted: to all");
    town.settle();
    town.card_says(&it, "Denied");
    assert!(town.told("ana").join("").contains("no Granted"), "{:?}", town.told("ana"));
    town.ana().says("/elevate <!channel> `x` <https://evil.example|y> 1h");
    // That nothing fired is checked at the end of every story.
}
