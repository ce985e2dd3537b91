//! Every click, command and retry takes effect at most once, and each gets a true answer (P6).

use glasskey_domain::refusal::StateWord;
use glasskey_playground::slack::Ack;

use crate::town::{Platform, Said, Town};

on_each_platform! {
    a_double_click_approves_once_and_the_second_is_told_so,
    two_approvers_in_the_same_instant_make_one_grant_and_the_second_is_told_who_was_first,
    an_approval_and_a_denial_in_the_same_instant_have_one_winner,
}

/// How many times two approvers are made to meet.
const MEETINGS: usize = 50;

/// What an acknowledgement says. Its blocks may differ: whether somebody is mentioned or named in them depends on whether
/// Slack has been asked about them by then.
fn words(ack: &Ack) -> Option<&str> {
    ack.payload.as_ref()?["text"].as_str()
}

/// Both acknowledgements of a command that was delivered twice.
fn answers(town: &Town, said: &Said) -> Vec<Ack> {
    town.slack_shows("the second acknowledgement", |slack| {
        let mine = |ack: &Ack| ack.envelope_id == said.name;
        let acks: Vec<_> = slack.acks().into_iter().filter(mine).collect();
        (acks.len() == 2).then_some(acks)
    })
}

/// pitfall 17
#[test]
fn a_command_that_is_delivered_again_has_one_effect_and_the_same_answer() {
    let town = Town::on(Platform::Slack);
    let said = town.ana().says("/elevate payments-prod ReadOnly 1h INC-7 look at refunds");
    let it = said.request();
    assert!(town.slack().redeliver(&said.name));
    let answers = answers(&town, &said);
    assert!(words(&answers[0]).is_some(), "{answers:?}");
    assert_eq!(words(&answers[0]), words(&answers[1]));
    town.settle();
    assert_eq!(town.slack().messages("C0ACCESS").len(), 1);
    town.bo().approves(&it);
    town.becomes(&it, StateWord::Active);
}

/// pitfall 17
#[test]
fn a_command_that_is_delivered_again_after_a_crash_has_one_effect() {
    let mut town = Town::on(Platform::Slack);
    let said = town.ana().says("/elevate payments-prod ReadOnly 1h INC-7 look at refunds");
    town.restart();
    assert!(town.slack().redeliver(&said.name));
    let answers = answers(&town, &said);
    assert!(words(&answers[0]).is_some(), "{answers:?}");
    assert_eq!(words(&answers[0]), words(&answers[1]));
    town.settle();
    assert_eq!(town.slack().messages("C0ACCESS").len(), 1);
}

fn a_double_click_approves_once_and_the_second_is_told_so(on: Platform) {
    let town = Town::on(on);
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    let card = town.card(&it);
    std::thread::scope(|both| {
        for _ in 0..2 {
            both.spawn(|| town.bo().clicks_on(&card, "Approve"));
        }
    });
    let answers = town.chat_shows(on, "both answers", || {
        let whispers = town.whispers(on, "bo");
        (whispers.len() == 2).then_some(whispers)
    });
    assert_eq!(
        answers.iter().filter(|words| words.contains("needs no further approval")).count(),
        1,
        "{answers:?}"
    );
    assert_eq!(answers.iter().filter(|words| words.contains("too late")).count(), 1, "{answers:?}");
    town.becomes(&it, StateWord::Active);
    assert_eq!(town.aws().count("CreateAccountAssignment"), 1);
}

/// pitfall 12, pitfall 16
fn two_approvers_in_the_same_instant_make_one_grant_and_the_second_is_told_who_was_first(on: Platform) {
    let town = Town::on(on);
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..MEETINGS {
        let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
        assert!(ids.insert(it.id.clone()));
        let line = format!("/elevate approve {}", it.id);
        let answers = std::thread::scope(|both| {
            let bo = both.spawn(|| town.bo().says(&line).words());
            let dee = both.spawn(|| town.dee().says(&line).words());
            [bo.join().unwrap(), dee.join().unwrap()]
        });
        assert_eq!(
            answers.iter().filter(|words| words.contains("needs no further approval")).count(),
            1,
            "{answers:?}"
        );
        let late = answers.iter().find(|words| words.contains("too late")).unwrap();
        assert!(late.contains(&town.mention("bo")) || late.contains(&town.mention("dee")), "{late}");
        town.ana().says(&format!("/elevate end {}", it.id));
        assert_eq!(town.request(&it).approvals.len(), 1);
    }
    town.settle();
    assert!(town.aws().has_nothing_for("ana"));
    assert_eq!(town.journal().matches("\"grant-ordered\"").count(), MEETINGS);
}

/// pitfall 12
fn an_approval_and_a_denial_in_the_same_instant_have_one_winner(on: Platform) {
    let town = Town::on(on);
    for _ in 0..10 {
        let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
        let answers = std::thread::scope(|both| {
            let bo = both.spawn(|| town.bo().says(&format!("/elevate approve {}", it.id)).words());
            let dee =
                both.spawn(|| town.dee().says(&format!("/elevate deny {} not now please", it.id)).words());
            [bo.join().unwrap(), dee.join().unwrap()]
        });
        assert_eq!(answers.iter().filter(|words| words.contains("too late")).count(), 1, "{answers:?}");
        let denied = town.state(&it) == StateWord::Denied;
        assert_eq!(denied, answers[0].contains("too late"), "{answers:?}");
        if !denied {
            town.ana().says(&format!("/elevate end {}", it.id));
        }
    }
    town.settle();
    assert!(town.aws().has_nothing_for("ana"));
}
