//! One company on both platforms at once: the same people, the same requests, a card in each.

use std::time::{Duration, Instant};

use glasskey::telemetry::health::Part;
use glasskey_domain::refusal::{EmergencyWord, StateWord};
use glasskey_playground::discord::Fault as DiscordFault;
use jiff::ToSpan as _;

use crate::town::{ALONE, PATIENCE, Plan, Platform, Request, Sending, Silence, Town, rules};

on_each_platform! {
    one_platform_is_down_for_an_hour_and_the_other_goes_on,
    a_platform_that_is_taken_away_and_added_again_shows_what_is_true,
}

/// What Ana asks for.
const ASK: &str = "payments-prod ReadOnly 1h INC-7 look at refunds";
/// How many times two approvers are made to meet.
const MEETINGS: usize = 20;
/// Enough that nothing gets through until they are taken back.
const ALL: usize = 300;

fn other(on: Platform) -> Platform {
    match on {
        Platform::Slack => Platform::Discord,
        Platform::Discord => Platform::Slack,
    }
}

/// Waits until both cards say this, and checks that there is one of each with these buttons.
fn both_cards_say(town: &Town, it: &Request, words: &str, buttons: &[&str]) {
    for on in Platform::ALL {
        let card = town.card_says_on(on, it, words);
        assert_eq!(card.buttons(), buttons, "{}", on.name());
        assert_eq!(town.cards_on(on, it).len(), 1, "{}", on.name());
    }
}

#[test]
fn what_is_asked_on_one_platform_is_approved_and_ended_on_the_other_and_both_cards_say_so() {
    for here in Platform::ALL {
        let (town, there) = (Town::on_both(), other(here));
        let it = town.ana().on(here).asks(ASK);
        both_cards_say(
            &town,
            &it,
            "Waits for 1 approval",
            &["Approve", "Approve for less…", "Deny…", "Withdraw"],
        );
        town.bo().on(there).approves(&it).says("needs no further approval");
        town.becomes(&it, StateWord::Active);
        both_cards_say(&town, &it, "Active", &["Extend…", "End now"]);
        town.settle();
        let told = Platform::ALL.map(|on| town.told_on(on, "ana").join("\n")).concat();
        assert!(told.contains("Granted"), "{told}");
        town.ana().on(there).ends(&it).says("is being ended");
        town.becomes(&it, StateWord::Ended);
        both_cards_say(&town, &it, "AWS confirms that it is gone", &["Repeat…"]);
        assert!(town.aws().has_nothing_for("ana"));
    }
}

#[test]
fn a_denial_on_one_platform_is_read_on_the_other() {
    let town = Town::on_both();
    let it = town.ana().asks(ASK);
    town.bo().on(Platform::Discord).denies(&it, "use the staging account");
    town.becomes(&it, StateWord::Denied);
    both_cards_say(&town, &it, "use the staging account", &[]);
    town.bo().says(&format!("/elevate approve {}", it.id)).says("too late");
}

/// P1
#[test]
fn nobody_approves_on_one_platform_what_they_asked_for_on_the_other() {
    for here in Platform::ALL {
        let (town, there) = (Town::on_both(), other(here));
        let it = town.ana().on(here).asks(ASK);
        town.ana().on(there).approves(&it).says("nobody approves their own request");
        let line = format!("/elevate approve {}", it.id);
        town.ana().on(there).says(&line).says("nobody approves their own request");
        let wrong = town.ana().on(there).denies(&it, "changed my mind");
        assert!(wrong.contains("this is your own request"), "{wrong}");
        town.settle();
        assert_eq!(town.state(&it), StateWord::Pending);
        assert_eq!(town.aws().count("CreateAccountAssignment"), 0);
        // Withdrawing is theirs, wherever they are.
        town.ana().on(there).withdraws(&it).says("is withdrawn");
    }
}

/// P1: two approvals are two people, and never one person on two platforms.
#[test]
fn the_same_approver_on_both_platforms_is_one() {
    let town = Town::planned(Plan {
        serves: Platform::ALL.to_vec(),
        policies: crate::town::ACME.replacen(
            "@id(\"payments-prod-read\")\n@max_duration(\"4h\")\n@approvals(\"1\")",
            "@id(\"payments-prod-read\")\n@max_duration(\"4h\")\n@approvals(\"2\")",
            1,
        ),
        ..Plan::default()
    });
    let it = town.ana().asks(ASK);
    town.bo().approves(&it).says("1 more approval is needed");
    town.bo().on(Platform::Discord).approves(&it).says("you have approved this already");
    assert_eq!(town.state(&it), StateWord::Pending);
    town.dee().on(Platform::Discord).approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
}

/// P6
#[test]
fn two_approvers_in_the_same_instant_on_two_platforms_make_one_grant() {
    let town = Town::on_both();
    for _ in 0..MEETINGS {
        let it = town.ana().asks(ASK);
        let line = format!("/elevate approve {}", it.id);
        let answers = std::thread::scope(|both| {
            let bo = both.spawn(|| town.bo().on(Platform::Slack).says(&line).words());
            let dee = both.spawn(|| town.dee().on(Platform::Discord).says(&line).words());
            [bo.join().unwrap(), dee.join().unwrap()]
        });
        let with = |words: &str| answers.iter().filter(|answer| answer.contains(words)).count();
        assert_eq!(with("needs no further approval"), 1, "{answers:?}");
        assert_eq!(with("too late"), 1, "{answers:?}");
        assert_eq!(town.request(&it).approvals.len(), 1);
        town.becomes(&it, StateWord::Active);
        town.ana().on(Platform::Discord).says(&format!("/elevate end {}", it.id)).says("is being ended");
    }
    town.settle();
    assert!(town.aws().has_nothing_for("ana"));
    assert_eq!(town.journal().matches("\"grant-ordered\"").count(), MEETINGS);
}

/// Nothing that the bot sends there gets through, and nothing is heard from there.
fn goes_down(town: &Town, on: Platform) {
    match on {
        Platform::Slack => {
            for sending in [Sending::Post, Sending::Edit] {
                town.sending_meets(on, sending, ALL, Silence::Error);
            }
        }
        Platform::Discord => {
            town.discord().hold_dispatches();
            (0..ALL).for_each(|_| town.discord().fault_any(DiscordFault::Status(503)));
        }
    }
}

fn comes_back(town: &Town, on: Platform) {
    town.chat_is_well(on);
    match on {
        Platform::Slack => {}
        Platform::Discord => town.discord().release_dispatches(),
    }
}

/// P3, P4
fn one_platform_is_down_for_an_hour_and_the_other_goes_on(down: Platform) {
    let (town, up) = (Town::on_both(), other(down));
    let it = town.ana().on(up).asks(ASK);
    both_cards_say(
        &town,
        &it,
        "Waits for 1 approval",
        &["Approve", "Approve for less…", "Deny…", "Withdraw"],
    );
    town.settle();
    goes_down(&town, down);
    town.bo().on(up).approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    town.card_says_on(up, &it, "Active");
    let next = town.ana().on(up).asks("payments-prod PowerUser 1h INC-8 change a flag");
    town.card_says_on(up, &next, "Waits for 1 approval");
    town.pass(30.minutes());
    town.bo().on(up).approves(&next).says("needs no further approval");
    town.becomes(&next, StateWord::Active);
    town.pass(31.minutes());
    town.becomes(&it, StateWord::Ended);
    town.card_says_on(up, &it, "AWS confirms that it is gone");
    let stale = town.cards_on(down, &it).pop().unwrap();
    assert!(stale.words().contains("Waits for 1 approval"), "it was down: {}", stale.words());
    assert!(town.cards_on(down, &next).is_empty());

    comes_back(&town, down);
    town.pass(5.minutes());
    town.settle();
    let card = town.card_says_on(down, &it, "AWS confirms that it is gone");
    assert_eq!(card.edits, 1, "one update brings the card to its last state");
    town.card_says_on(down, &next, "Active");
    town.ana().on(down).ends(&next).says("is being ended");
    town.becomes(&next, StateWord::Ended);
    for on in Platform::ALL {
        town.card_says_on(on, &next, "AWS confirms that it is gone");
    }
    both_cards_say(&town, &next, "ended early by", &["Repeat…"]);
}

fn waits_until_ill(town: &Town) -> String {
    let begun = Instant::now();
    loop {
        let (well, why) = town.health_of(Part::Discord);
        if !well {
            return why;
        }
        assert!(begun.elapsed() < PATIENCE, "health says: {why}");
        // Nothing tells that a connection was given up for good: it is looked at, as the bot itself looks at it.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Discord's half ends by itself, and only that: nobody is heard there, and its cards are kept in step all the same.
#[test]
fn discord_that_refuses_the_bot_for_good_ends_its_half_and_nothing_else() {
    let town = Town::on_both();
    let it = town.ana().asks(ASK);
    both_cards_say(
        &town,
        &it,
        "Waits for 1 approval",
        &["Approve", "Approve for less…", "Deny…", "Withdraw"],
    );
    assert_eq!(town.health_of(Part::Discord), (true, "connected".to_owned()));
    assert_eq!(town.discord().close_gateways(Some(4_014)), 1);
    let why = waits_until_ill(&town);
    assert!(why.contains("4014"), "{why}");
    let opened = town.discord().gateways_opened();
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    both_cards_say(&town, &it, "Active", &["Extend…", "End now"]);
    town.pass(1.hour());
    town.becomes(&it, StateWord::Ended);
    both_cards_say(&town, &it, "AWS confirms that it is gone", &["Repeat…"]);
    assert!(town.health_of(Part::Slack).0);
    assert_eq!(town.discord().gateways_opened(), opened, "it does not come back by itself");
}

fn a_platform_that_is_taken_away_and_added_again_shows_what_is_true(gone: Platform) {
    let (mut town, stays) = (Town::on_both(), other(gone));
    let it = town.ana().on(stays).asks(ASK);
    both_cards_say(
        &town,
        &it,
        "Waits for 1 approval",
        &["Approve", "Approve for less…", "Deny…", "Withdraw"],
    );
    town.settle();
    town.stop();
    town.serves(&[stays]);
    town.start();
    town.bo().on(stays).approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    town.card_says_on(stays, &it, "Active");
    town.settle();
    let left = town.cards_on(gone, &it);
    assert!(
        left.len() == 1 && left[0].words().contains("Waits for 1 approval"),
        "nobody serves it: {left:?}"
    );
    town.stop();
    town.serves(&Platform::ALL);
    town.start();
    // The card of before is found again and brought up to date: a second one beside it would be one too many.
    both_cards_say(&town, &it, "Active", &["Extend…", "End now"]);
    town.dee().on(gone).says(&format!("/elevate approve {}", it.id)).says("too late");
    town.ana().on(gone).says(&format!("/elevate end {}", it.id)).says("is being ended");
    town.becomes(&it, StateWord::Ended);
    both_cards_say(&town, &it, "AWS confirms that it is gone", &["Repeat…"]);
}

#[test]
fn an_emergency_is_announced_on_both_platforms_and_closed_from_either() {
    let town =
        Town::planned(Plan { serves: Platform::ALL.to_vec(), policies: rules(ALONE), ..Plan::default() });
    let it = town.dee().opens("ro 1h INC-7 identity center is down");
    town.emergency_becomes(&it, EmergencyWord::On);
    for on in Platform::ALL {
        town.channel_says(on, "C0INCIDENT", "BREAK-GLASS IS ON");
        town.emergency_card_says_on(on, &it, "*ON* until");
    }
    town.dee().on(Platform::Discord).says("/breakglass off it works again").says("is being closed");
    town.emergency_becomes(&it, EmergencyWord::Off);
    for on in Platform::ALL {
        town.channel_says(on, "C0INCIDENT", "Break-glass is off");
        town.emergency_card_says_on(on, &it, "*Off* since");
    }
    assert!(town.okta_sleeps());
}
