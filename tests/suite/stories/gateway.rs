//! Discord's gateway breaks while somebody speaks: nothing is lost, and nothing is done twice (P6).

use std::time::Duration;

use glasskey_domain::refusal::StateWord;
use glasskey_playground::discord::{DiscordOptions, DiscordTwin, Operation};

use crate::town::{DISCORD_TOKEN, PATIENCE, Plan, Platform, Request, Town};

/// What Ana asks for.
const ASK: &str = "payments-prod ReadOnly 1h INC-7 look at refunds";
/// How late an answer is that is on its way while something else happens.
const LATE: Duration = Duration::from_millis(400);

/// How a connection ends that can be gone on with.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// Without a word.
    Drop,
    /// By a close frame without a code, as load balancers do it.
    Bare,
    /// By a close frame with this code.
    Code(u16),
    /// Discord asks for a new connection (op 7).
    Reconnect,
    /// Discord says that the session is invalid now and may be resumed (op 9).
    Invalid,
}

/// All of them.
const CUTS: [Cut; 6] =
    [Cut::Drop, Cut::Bare, Cut::Code(1_001), Cut::Code(4_000), Cut::Reconnect, Cut::Invalid];

impl Cut {
    fn cuts(self, discord: &DiscordTwin) {
        let cut = match self {
            Self::Drop => discord.drop_gateways(),
            Self::Bare => discord.close_gateways(None),
            Self::Code(code) => discord.close_gateways(Some(code)),
            Self::Reconnect => discord.ask_to_reconnect(),
            Self::Invalid => discord.invalidate_sessions(true),
        };
        assert_eq!(cut, 1, "{self:?}");
    }
}

/// Discord waits for answers as long as a test does: how fast we are is measured elsewhere.
fn town() -> Town {
    let discord = DiscordOptions {
        bot_token: DISCORD_TOKEN.to_owned(),
        identify_spacing: Duration::ZERO,
        answer_limit: PATIENCE,
        ..DiscordOptions::default()
    };
    Town::planned(Plan { discord, ..Plan::on(Platform::Discord) })
}

/// One request, one card, and all of it works.
fn nothing_is_lost_or_doubled(town: &Town, it: &Request, how: &str) {
    town.settle();
    let open = town.book_shows("the book", |book, _| Some(book.requests().count()));
    assert_eq!(open, 1, "{how}");
    assert_eq!(town.cards(it).len(), 1, "{how}");
    assert_eq!(town.whispers(Platform::Discord, "ana").len(), 1, "{how}: one answer");
}

fn connected_again(town: &Town) {
    town.discord_shows("the gateway", |discord| (discord.gateways() == 1).then_some(()));
}

#[test]
fn a_command_that_is_typed_while_the_connection_breaks_arrives_over_the_next_one() {
    for cut in CUTS {
        let town = town();
        town.discord().hold_dispatches();
        let it = std::thread::scope(|both| {
            let asked = both.spawn(|| town.ana().asks(ASK));
            town.discord_shows("the command", |discord| (discord.typed("ana").len() == 1).then_some(()));
            cut.cuts(town.discord());
            town.discord().release_dispatches();
            asked.join().unwrap()
        });
        nothing_is_lost_or_doubled(&town, &it, &format!("{cut:?}"));
        connected_again(&town);
        town.bo().approves(&it).says("needs no further approval");
        town.becomes(&it, StateWord::Active);
    }
}

#[test]
fn a_click_that_arrives_as_the_connection_breaks_counts_once() {
    for cut in CUTS {
        let town = town();
        let it = town.ana().asks(ASK);
        let card = town.card(&it);
        town.discord().hold_dispatches();
        std::thread::scope(|both| {
            let clicked = both.spawn(|| town.bo().clicks_on(&card, "Approve").words());
            town.discord_shows("the click", |discord| (discord.acts("bo") == 1).then_some(()));
            // Sent, and the connection is gone before or while it is decided.
            town.discord().release_dispatches();
            cut.cuts(town.discord());
            let words = clicked.join().unwrap();
            assert!(words.contains("needs no further approval"), "{cut:?}: {words}");
        });
        town.becomes(&it, StateWord::Active);
        nothing_is_lost_or_doubled(&town, &it, &format!("{cut:?}"));
        assert_eq!(town.request(&it).approvals.len(), 1, "{cut:?}");
        assert_eq!(town.aws().count("CreateAccountAssignment"), 1, "{cut:?}");
    }
}

#[test]
fn what_is_decided_is_answered_though_the_connection_breaks_before_the_answer() {
    for cut in CUTS {
        let town = town();
        town.discord().set_latency(Operation::Callback, LATE);
        let it = std::thread::scope(|both| {
            let asked = both.spawn(|| town.ana().asks(ASK));
            town.book_shows("the request in the book", |book, _| {
                (book.requests().count() == 1).then_some(())
            });
            cut.cuts(town.discord());
            asked.join().unwrap()
        });
        town.discord().clear_faults();
        nothing_is_lost_or_doubled(&town, &it, &format!("{cut:?}"));
        connected_again(&town);
        town.ana().withdraws(&it).says("is withdrawn");
    }
}

/// What Discord does not deliver any more was never heard: nothing is done, and people see that nothing was answered.
#[test]
fn a_session_that_is_lost_with_a_command_in_it_does_nothing_and_the_next_one_works() {
    let discord = DiscordOptions {
        bot_token: DISCORD_TOKEN.to_owned(),
        identify_spacing: Duration::ZERO,
        answer_limit: Duration::from_secs(1),
        ..DiscordOptions::default()
    };
    let town = Town::planned(Plan { discord, ..Plan::on(Platform::Discord) });
    let identified = town.discord().identifies();
    town.discord().hold_dispatches();
    std::thread::scope(|both| {
        let asked = both.spawn(|| town.ana().says(&format!("/elevate {ASK}")));
        town.discord_shows("the command", |discord| (discord.typed("ana").len() == 1).then_some(()));
        assert_eq!(town.discord().invalidate_sessions(false), 1);
        town.discord().release_dispatches();
        asked.join().unwrap().says("did_not_respond");
    });
    town.discord_shows("a new session", |discord| {
        (discord.identifies() > identified && discord.gateways() == 1).then_some(())
    });
    town.settle();
    assert!(town.posts().is_empty());
    let it = town.ana().asks(ASK);
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
}

#[test]
fn what_a_resume_delivers_again_has_one_effect_and_one_answer() {
    let town = town();
    let said = town.ana().says(&format!("/elevate {ASK}"));
    let it = said.request();
    let card = town.card(&it);
    town.settle();
    town.bo().clicks_on(&card, "Approve").says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    for _ in 0..3 {
        let resumed = town.discord().resumes();
        assert!(town.discord().redeliver(&said.name));
        Cut::Drop.cuts(town.discord());
        town.discord_shows("the resumed session", |discord| {
            (discord.resumes() > resumed && discord.gateways() == 1).then_some(())
        });
    }
    // Later ones are heard after those.
    town.ana().says("/elevate list").says(it.id.as_str());
    town.settle();
    let answers = town.discord().calls_of(Operation::Callback).len();
    assert_eq!(answers, 3, "asked, approved, listed");
    let open = town.book_shows("the book", |book, _| Some(book.requests().count()));
    assert_eq!((open, town.cards(&it).len()), (1, 1));
}

/// What was decided and not answered before the bot died stands, once; who asks again is told so.
#[test]
fn a_bot_that_dies_between_the_decision_and_the_answer_has_decided_once() {
    let discord = DiscordOptions {
        bot_token: DISCORD_TOKEN.to_owned(),
        identify_spacing: Duration::ZERO,
        answer_limit: Duration::from_secs(1),
        ..DiscordOptions::default()
    };
    let mut town = Town::planned(Plan { discord, ..Plan::on(Platform::Discord) });
    town.discord().set_latency(Operation::Callback, PATIENCE);
    std::thread::scope(|both| {
        let asked = both.spawn(|| town.ana().says(&format!("/elevate {ASK}")));
        town.book_shows("the request in the book", |book, _| (book.requests().count() == 1).then_some(()));
        asked.join().unwrap().says("did_not_respond");
    });
    town.kill();
    town.discord().clear_faults();
    town.start();
    town.ana().says(&format!("/elevate {ASK}")).says("you already asked for this");
    town.settle();
    let id = town.book_shows("the request", |book, _| book.requests().next().map(|one| one.ask.id.clone()));
    assert_eq!(town.cards(&Request { id }).len(), 1);
}
