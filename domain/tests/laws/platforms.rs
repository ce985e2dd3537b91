//! Two platforms at once: one card on each, each message where it belongs, and journals of the time when there was one.

use glasskey_domain::command::Incoming;
use glasskey_domain::event::Event;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::request::{CardState, MessageRef, Posting};
use glasskey_domain::*;

use crate::town::*;

/// Channels that policy names: Slack's, Discord's, and a name that may be either's.
const SLACKS: &str = "C0PROD";
const DISCORDS: &str = "1100000000000000007";
const NAMED: &str = "#prod-access";

fn only(platform: Platform) -> Served {
    Served([platform].into())
}

fn from(door: Door, who: &str, command: Command) -> Incoming {
    Incoming { by: Actor::person(person(who), door), interaction: None, command }
}

fn town(served: Served) -> Town {
    let mut town = Town::new(1);
    town.starts(served);
    town
}

impl Town {
    fn asks_by(&mut self, door: Door) -> RequestId {
        let id = RequestId::parse("AR-7K3Q").unwrap();
        let new = command::NewRequest {
            id: id.clone(),
            targets: vec![target()],
            bundle: None,
            length: Seconds::hours(1),
            starts_at: None,
            urgent: false,
            reason: "mend the pipeline".to_owned(),
            ticket: None,
        };
        self.send(from(door, "ana", Command::Request(new))).unwrap();
        id
    }

    fn approves(&mut self, door: Door, who: &str, id: &RequestId) -> Result<Reply, Refusal> {
        self.send(from(door, who, Command::Approve { id: id.clone(), matter: Matter::Now, length: None }))
    }

    /// The platforms whose card is to be shown anew.
    fn cards_due(&self) -> Vec<Platform> {
        let due = self.book.due().filter_map(|(_, job)| match job {
            Job::Card { on, .. } => Some(*on),
            _ => None,
        });
        due.collect()
    }

    /// The messages of a kind that wait, with where they go.
    fn untold(&self, kind: NoticeKind) -> Vec<(Platform, Recipient)> {
        let due = self.book.due().filter_map(|(_, job)| match job {
            Job::Tell { tell } if tell.kind == kind => Some((tell.on, tell.to.clone())),
            _ => None,
        });
        let mut due: Vec<_> = due.collect();
        due.sort();
        due
    }

    /// Everything but messages and cards, which stay as they are.
    fn grants(&mut self) {
        while self.step(&holding("ana")) {}
    }
}

fn to_ana() -> Recipient {
    Recipient::Person { person: person("ana") }
}

fn channel(name: &str) -> Recipient {
    Recipient::Channel { name: name.to_owned() }
}

/// P1: people are compared as people, whatever account they use.
#[test]
fn who_asked_on_slack_does_not_approve_it_on_discord() {
    let mut town = town(Served::all());
    let id = town.asks_by(Door::Slack);
    assert_eq!(town.approves(Door::Discord, "ana", &id), Err(Refusal::OwnRequest));
    assert_eq!(town.approves(Door::Host, "ana", &id), Err(Refusal::OwnRequest));
    assert_eq!(town.state(&id).word(), StateWord::Pending);
    assert_eq!(town.approves(Door::Discord, "bo", &id), Ok(Reply::Granting { id }));
}

#[test]
fn the_same_person_on_two_platforms_is_one_approver() {
    let mut town = town(Served::all());
    town.rules.terms.approvals = 2;
    let id = town.asks_by(Door::Discord);
    assert_eq!(town.approves(Door::Slack, "bo", &id), Ok(Reply::Approved { id: id.clone(), missing: 1 }));
    assert_eq!(town.approves(Door::Discord, "bo", &id), Err(Refusal::AlreadyApproved { missing: 1 }));
}

#[test]
fn what_is_approved_in_one_place_shows_in_both() {
    for by in [Door::Slack, Door::Discord] {
        let mut town = town(Served::all());
        let id = town.asks_by(Door::Slack);
        assert_eq!(town.cards_due(), Platform::ALL);
        town.settle();
        assert!(town.cards_due().is_empty());
        town.approves(by, "bo", &id).unwrap();
        assert_eq!(town.cards_due(), Platform::ALL, "approved by {by}");
        town.settle();
        let request = town.book.request(&id).unwrap();
        assert!(request.cards.are_current(request.version));
        let shown = |on| request.cards.on(on).unwrap().shown;
        assert_eq!((shown(Platform::Slack), shown(Platform::Discord)), (request.version, request.version));
        town.agrees();
    }
}

#[test]
fn a_card_that_cannot_be_shown_on_one_platform_does_not_hold_up_the_other() {
    let mut town = town(Served::all());
    let id = town.asks_by(Door::Slack);
    let subject = || Subject::Request(id.clone());
    let why = "the channel is gone".to_owned();
    town.outcome(Outcome::CardUndeliverable { id: subject(), on: Platform::Discord, why: why.clone() });
    assert_eq!(town.cards_due(), [Platform::Slack]);
    let message = MessageRef { channel: "C0ACCESS".to_owned(), message: "1.2".to_owned() };
    town.outcome(Outcome::CardIntended { id: subject(), on: Platform::Slack });
    town.outcome(Outcome::CardShown {
        id: subject(),
        on: Platform::Slack,
        version: 1,
        message: message.clone(),
    });
    assert!(town.cards_due().is_empty());
    let request = town.book.request(&id).unwrap();
    let slack = CardState { posting: Posting::Posted { message }, shown: 1, undeliverable: None };
    assert_eq!(request.cards.on(Platform::Slack), Some(&slack));
    let discord = CardState { undeliverable: Some(why), ..CardState::default() };
    assert_eq!(request.cards.on(Platform::Discord), Some(&discord));
    town.agrees();
}

#[test]
fn one_platform_alone_has_the_only_card() {
    for platform in Platform::ALL {
        let mut town = town(only(platform));
        let id = town.asks_by(platform.door());
        assert_eq!(town.cards_due(), [platform]);
        assert_eq!(town.book.request(&id).unwrap().cards.platforms().collect::<Vec<_>>(), [platform]);
    }
}

/// On the platform where they asked; everywhere, when that was the host, or is not served.
#[test]
fn the_requester_is_told_where_they_asked() {
    let (slack, discord) = ((Platform::Slack, to_ana()), (Platform::Discord, to_ana()));
    for (served, door, told) in [
        (Served::all(), Door::Slack, vec![slack.clone()]),
        (Served::all(), Door::Discord, vec![discord.clone()]),
        (Served::all(), Door::Host, vec![slack.clone(), discord]),
        (only(Platform::Slack), Door::Discord, vec![slack]),
    ] {
        let mut town = town(served);
        let id = town.asks_by(door);
        let deny = Command::Deny { id, matter: Matter::Now, why: "not today".to_owned() };
        town.send(from(Door::Host, "bo", deny)).unwrap();
        assert_eq!(town.untold(NoticeKind::Denied), told, "asked by {door}");
    }
}

#[test]
fn the_id_of_a_channel_goes_to_its_own_platform_only() {
    for (served, told) in [
        (
            Served::all(),
            vec![
                (Platform::Slack, to_ana()),
                (Platform::Slack, channel(NAMED)),
                (Platform::Slack, channel(SLACKS)),
                (Platform::Discord, channel(NAMED)),
                (Platform::Discord, channel(DISCORDS)),
            ],
        ),
        (
            only(Platform::Discord),
            vec![
                (Platform::Discord, to_ana()),
                (Platform::Discord, channel(NAMED)),
                (Platform::Discord, channel(DISCORDS)),
            ],
        ),
    ] {
        let mut town = town(served);
        town.rules.terms.notify = [SLACKS, DISCORDS, NAMED].map(str::to_owned).to_vec();
        let id = town.asks_by(Door::Slack);
        town.approves(Door::Host, "bo", &id).unwrap();
        town.grants();
        assert_eq!(town.untold(NoticeKind::Granted), told);
    }
}

#[test]
fn a_platform_that_is_taken_away_loses_what_waits_and_the_other_keeps_it() {
    let mut town = town(Served::all());
    town.rules.terms.notify = [SLACKS, DISCORDS].map(str::to_owned).to_vec();
    let id = town.asks_by(Door::Slack);
    town.approves(Door::Slack, "bo", &id).unwrap();
    town.grants();
    town.starts(only(Platform::Slack));
    assert_eq!(town.cards_due(), [Platform::Slack]);
    let left = [(Platform::Slack, to_ana()), (Platform::Slack, channel(SLACKS))];
    assert_eq!(town.untold(NoticeKind::Granted), left);
    assert_eq!(town.book.request(&id).unwrap().cards.on(Platform::Discord), None);
    town.agrees();
    town.settle();
    assert_eq!(town.state(&id).word(), StateWord::Active, "the access does not depend on where people are");
}

#[test]
fn a_platform_that_is_added_gets_the_cards_of_what_is_open() {
    let mut town = town(only(Platform::Slack));
    let id = town.asks_by(Door::Slack);
    town.settle();
    let slack = town.book.request(&id).unwrap().cards.on(Platform::Slack).cloned();
    town.starts(Served::all());
    assert_eq!(town.cards_due(), [Platform::Discord], "what is shown is not shown again");
    assert_eq!(town.book.request(&id).unwrap().cards.on(Platform::Slack).cloned(), slack);
    town.agrees();
    town.settle();
    assert!(town.book.request(&id).unwrap().cards.on(Platform::Discord).unwrap().shown > 0);
}

#[test]
fn a_start_that_serves_the_same_changes_no_card() {
    let mut town = town(Served::all());
    let id = town.asks_by(Door::Slack);
    town.settle();
    let before = town.book.request(&id).unwrap().cards.clone();
    town.starts(Served::all());
    assert!(town.cards_due().is_empty());
    town.starts(Served([].into()));
    assert_eq!(town.book.request(&id).unwrap().cards, before, "no platform at all is no answer");
    assert_eq!(town.book.watch().served, Served::all());
}

/// A message is not told twice because it is about two platforms, and one told on one is still due on the other.
#[test]
fn a_message_is_delivered_on_each_platform_by_itself() {
    let mut town = town(Served::all());
    let id = town.asks_by(Door::Host);
    town.send(from(
        Door::Host,
        "bo",
        Command::Deny { id: id.clone(), matter: Matter::Now, why: "not today".to_owned() },
    ))
    .unwrap();
    let tell = |on| Tell { id: Subject::Request(id.clone()), kind: NoticeKind::Denied, to: to_ana(), on };
    town.outcome(Outcome::Told { tell: tell(Platform::Slack) });
    assert_eq!(town.untold(NoticeKind::Denied), [(Platform::Discord, to_ana())]);
    let why = "they take no messages".to_owned();
    town.outcome(Outcome::Undeliverable { tell: tell(Platform::Discord), why });
    assert_eq!(town.untold(NoticeKind::Denied), []);
}

#[test]
fn what_is_watched_is_told_in_the_channels_of_each_platform() {
    let silent = |channels: &[&str]| Record {
        at: Town::new(0).now,
        by: Actor::glasskey(),
        interaction: None,
        answer: None,
        events: vec![Event::CenterSilent {
            since: Town::new(0).now,
            channels: channels.iter().map(|name| (*name).to_owned()).collect(),
        }],
    };
    let (slack, discord) = (Platform::Slack, Platform::Discord);
    for (channels, told) in [
        (&[SLACKS, DISCORDS] as &[&str], vec![(slack, channel(SLACKS)), (discord, channel(DISCORDS))]),
        (&[SLACKS], vec![(slack, channel(SLACKS)), (discord, Recipient::Access)]),
        (&[DISCORDS], vec![(slack, Recipient::Access), (discord, channel(DISCORDS))]),
        (&[NAMED], vec![(slack, channel(NAMED)), (discord, Recipient::Access)]),
        (&[], vec![]),
    ] {
        let mut town = town(Served::all());
        town.book.apply(&silent(channels));
        let untold = town.book.watch().untold.keys().map(|tell| (tell.on, tell.to.clone()));
        let mut untold: Vec<_> = untold.collect();
        untold.sort();
        assert_eq!(untold, told, "{channels:?}");
        town.starts(only(slack));
        assert!(town.book.watch().untold.keys().all(|tell| tell.on == slack));
        assert_eq!(town.book.watch().untold.len(), told.iter().filter(|(on, _)| *on == slack).count());
    }
}

/// Lines as the first release wrote them: no platform, nobody's sign-in. They keep their meaning.
#[test]
fn the_journal_of_the_first_release_still_reads() {
    let by = r#"{"who":{"kind":"person","person":"ana"},"door":"slack"}"#;
    let record = |events: &str| -> Record {
        let text = format!(r#"{{"at":"2026-11-20T09:00:00Z","by":{by},"events":[{events}]}}"#);
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
    };
    let on = |event: &Event| match event {
        Event::CardIntended { on, .. }
        | Event::CardShown { on, .. }
        | Event::CardUndeliverable { on, .. } => Some(*on),
        Event::Told { tell } | Event::TellIntended { tell } => Some(tell.on),
        _ => None,
    };
    for text in [
        r#"{"event":"card-intended","id":"AR-7K3Q"}"#,
        r#"{"event":"card-shown","id":"AR-7K3Q","version":2,"message":{"channel":"C","message":"1.2"}}"#,
        r#"{"event":"card-undeliverable","id":"AR-7K3Q","why":"gone"}"#,
        r#"{"event":"tell-intended","tell":"AR-7K3Q/granted/person/ana"}"#,
        r#"{"event":"told","tell":"AR-7K3Q/granted/person/ana"}"#,
    ] {
        let read = record(text);
        assert_eq!(on(&read.events[0]), Some(Platform::Slack), "{text}");
        assert_eq!(serde_json::to_string(&read.events[0]).unwrap(), text, "and is written as it was");
        assert_eq!(read.by, Actor::person(person("ana"), Door::Slack));
    }
    let started = record(r#"{"event":"started","version":"0.1.0"}"#);
    assert_eq!(
        started.events,
        [Event::Started { version: "0.1.0".to_owned(), platforms: Served::default() }]
    );
    let linked = record(
        r#"{"event":"person-linked","account":{"door":"discord","workspace":"1","user":"2"},"person":"ana"}"#,
    );
    assert!(matches!(&linked.events[0], Event::PersonLinked { sign_in: None, .. }), "{linked:?}");
    let missed = record(
        r#"{"event":"drill-missed","federation":"main","due":"2026-11-20T08:00:00Z","channel":"C0INCIDENT"}"#,
    );
    assert!(matches!(&missed.events[0], Event::DrillMissed { discord_channel: None, .. }), "{missed:?}");
}

/// A book of the first release, whose bot is started anew with Discord beside Slack.
#[test]
fn what_was_open_before_there_was_a_second_platform_gets_its_card() {
    let mut town = Town::new(1);
    let id = town.asks_by(Door::Slack);
    town.settle();
    assert_eq!(town.book.watch().served, Served::default());
    town.starts(Served::all());
    assert_eq!(town.cards_due(), [Platform::Discord]);
    assert_eq!(town.replayed(), town.book);
    assert!(town.book.request(&id).is_some());
}
