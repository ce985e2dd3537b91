//! What people read: every notice and every state of the card, through the sender and the wire, as goldens; the largest of
//! them within Slack's limits; and nothing that anybody typed made into something else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use glasskey::chat::slack::Chat as Slack;
use glasskey::ports::{About, Chat, Watched};
use glasskey_domain::emergency::{
    CloseCause, EmergencyAsk, EmergencyState, EmergencyTerms, Happening, Level, Member, Moment, Purpose,
    Review, Seat, SeatTrouble,
};
use glasskey_domain::federation::{Sight, View};
use glasskey_domain::request::{Approval, Cards};
use glasskey_domain::settings::{REASON_LENGTH_MAX, SEATS_MAX, TICKET_LENGTH_MAX, TIMELINE_MAX};
use glasskey_domain::watch::Watch;
use glasskey_domain::{
    Book, Directory, Door, Emergency, EmergencyId, FederationId, NoticeKind, PersonId, Platform, Recipient,
    Seconds, Subject, Tell, Who,
};
use glasskey_playground::company::Company;
use glasskey_playground::slack::{Message, SlackOptions, SlackTwin};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::house::{INCIDENTS, directory, federation, id, member, options, setting};

/// Minutes after noon of a day.
fn at(minutes: i64) -> Timestamp {
    "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn who(handle: &str) -> Who {
    Who::Person { person: id(handle) }
}

fn on() -> EmergencyState {
    EmergencyState::On {
        since: at(3),
        deadline: at(122),
        reminded: 0,
        remind_at: at(33),
        warned: false,
        asked_to_close: false,
    }
}

fn off() -> EmergencyState {
    EmergencyState::Off {
        at: at(61),
        cause: by_dee(),
        on_since: Some(at(3)),
        lateness_ms: 740,
        taken_over_by: None,
    }
}

fn by_dee() -> CloseCause {
    CloseCause::Ordered { by: who("dee"), reason: Some("Identity Center answers again".to_owned()) }
}

fn proposed(alone_from: Option<Timestamp>) -> EmergencyState {
    EmergencyState::Proposed { lapses_at: at(10), alone_from, reminded: 0, remind_at: at(2) }
}

fn closing(overdue_told: u32) -> EmergencyState {
    let (due, tell_overdue_at) = (at(60), at(61));
    EmergencyState::Closing { due, cause: by_dee(), on_since: Some(at(3)), overdue_told, tell_overdue_at }
}

fn seat(person: &PersonId, level: Level) -> Seat {
    Seat {
        person: person.clone(),
        level,
        by: who("dee"),
        at: at(0),
        taken_by: None,
        member: None,
        put_in: true,
        confirmed_at: Some(at(3)),
        missed: 0,
        gone_by_hand: false,
        trouble: None,
    }
}

/// Dee's emergency with Ana in it, which Bo confirmed.
fn emergency(state: EmergencyState) -> Emergency {
    let federation = federation();
    let waits = !state.holds_federation() && !matches!(state, EmergencyState::Off { .. });
    let review = match &state {
        EmergencyState::Off { .. } => Review::Wanted { reminded: 0, remind_at: at(1_440) },
        _ => Review::NotNeeded,
    };
    let mut view = View::unknown(federation.place.groups.keys().copied());
    if matches!(state, EmergencyState::Off { .. }) {
        view.app = Sight::Seen { value: false, at: at(61) };
        for sight in view.groups.values_mut() {
            *sight = Sight::Seen { value: BTreeMap::new(), at: at(61) };
        }
    }
    let yes = Approval {
        by: id("bo"),
        at: at(2),
        door: Door::Slack,
        policies: vec!["second".to_owned()],
        length: None,
    };
    let ask = EmergencyAsk {
        id: EmergencyId::parse("BG-7K3Q").unwrap(),
        federation: FederationId::new("main"),
        place: federation.place,
        purpose: Purpose::Incident,
        by: who("dee"),
        door: Door::Slack,
        at: at(0),
        length: Seconds::hours(2),
        incident: Some("INC-7".to_owned()),
        reason: "nobody can sign in".to_owned(),
    };
    let terms =
        EmergencyTerms { policies: vec!["commanders".to_owned()], approvals: 1, ..EmergencyTerms::default() };
    let timeline = vec![
        Moment { at: at(2), what: Happening::Confirmed { by: id("bo") } },
        Moment { at: at(2), what: Happening::Ordered },
        Moment { at: at(3), what: Happening::AppActive },
        Moment { at: at(3), what: Happening::In { person: id("ana"), level: Level::Ops } },
        Moment { at: at(60), what: Happening::CloseOrdered { cause: by_dee() } },
        Moment { at: at(61), what: Happening::AppInactive },
        Moment { at: at(61), what: Happening::Emptied { level: Level::Ops } },
    ];
    Emergency {
        ask,
        terms,
        confirmers: vec![id("bo"), id("cy")],
        confirmations: if waits { Vec::new() } else { vec![yes] },
        alone_offered: false,
        alone: false,
        seats: vec![Seat { confirmed_at: Some(at(3)).filter(|_| !waits), ..seat(&id("ana"), Level::Ops) }],
        strangers: BTreeMap::new(),
        state,
        view,
        trouble: None,
        read_only: false,
        extended: 0,
        review,
        timeline: if waits { Vec::new() } else { timeline },
        version: 1,
        cards: Cards::default(),
        untold: BTreeMap::new(),
    }
}

fn drill(state: EmergencyState) -> Emergency {
    let mut emergency = emergency(state);
    emergency.ask.purpose = Purpose::Drill;
    emergency.ask.by = Who::Glasskey;
    emergency.ask.incident = None;
    emergency.ask.reason = String::new();
    emergency.seats = Vec::new();
    emergency.confirmations = Vec::new();
    emergency.review = Review::NotNeeded;
    emergency
}

/// Slack, and who sends to it.
struct Post {
    slack: SlackTwin,
    sender: Arc<dyn Chat>,
    directory: Directory,
}

impl Post {
    async fn new() -> Self {
        let slack = SlackTwin::start(&Company::acme(), SlackOptions::default()).await.unwrap();
        let sender = Slack::new(options(&slack), &Book::default(), setting()).unwrap().sender();
        Self { slack, sender, directory: directory() }
    }

    async fn card(&self, emergency: &Emergency) -> Message {
        let about = About::Emergency(emergency);
        let posted = self.sender.post_card(about, &self.directory, None).await.unwrap();
        let all = self.slack.messages(INCIDENTS);
        all.into_iter().find(|message| message.ts == posted.message).unwrap()
    }

    async fn tells(&self, kind: NoticeKind, to: Recipient, emergency: &Emergency) -> Message {
        let id = Subject::Emergency(emergency.ask.id.clone());
        let (direct, tell) =
            (matches!(to, Recipient::Person { .. }), Tell { id, kind, to, on: Platform::Slack });
        self.sender.tell(&tell, About::Emergency(emergency), &self.directory, None).await.unwrap();
        let said = if direct { self.slack.direct_messages("ana") } else { self.slack.messages(INCIDENTS) };
        said.last().unwrap().clone()
    }

    async fn aloud(&self, kind: NoticeKind, emergency: &Emergency) -> Message {
        self.tells(kind, Recipient::Channel { name: INCIDENTS.to_owned() }, emergency).await
    }

    fn check(&self) {
        assert_eq!(self.slack.violations(), Vec::<String>::new());
        assert_eq!(self.slack.mentions_fired(), Vec::<String>::new());
    }
}

/// As a person reads it, with its buttons.
fn read(name: &str, message: &Message) -> String {
    let buttons = message.buttons();
    let buttons = if buttons.is_empty() { String::new() } else { format!("\n[{}]", buttons.join("] [")) };
    format!("== {name}\n{}{buttons}\n", message.words())
}

#[tokio::test]
async fn the_card_in_every_state() {
    let post = Post::new().await;
    let mut all = String::new();
    let mut cards = vec![
        ("proposed", emergency(proposed(Some(at(5))))),
        ("proposed, policy lets nobody go on alone", emergency(proposed(None))),
        ("opening", emergency(EmergencyState::Opening { since: at(2), deadline: at(122) })),
        ("on", emergency(on())),
        ("closing", emergency(closing(0))),
        ("overdue", emergency(closing(1))),
        ("off", emergency(off())),
        (
            "declined",
            emergency(EmergencyState::Declined {
                at: at(3),
                by: who("bo"),
                why: Some("it is back".to_owned()),
            }),
        ),
        ("withdrawn", emergency(EmergencyState::Withdrawn { at: at(3) })),
        ("lapsed", emergency(EmergencyState::Lapsed { at: at(10) })),
        ("a drill that is on", drill(on())),
        (
            "a drill that is off",
            drill(EmergencyState::Off {
                at: at(4),
                cause: CloseCause::DrillDone,
                on_since: Some(at(3)),
                lateness_ms: 0,
                taken_over_by: None,
            }),
        ),
    ];
    let mut alone = emergency(proposed(Some(at(5))));
    (alone.alone_offered, alone.confirmers) = (true, Vec::new());
    cards.push(("proposed, the opener may go on alone", alone));
    let mut busy = emergency(on());
    busy.trouble = Some("Okta: 429 too many requests".to_owned());
    busy.strangers = BTreeMap::from([(Level::Ro, BTreeSet::from([member("mallory@else.example")]))]);
    busy.seats.push(Seat { confirmed_at: None, ..seat(&id("bo"), Level::Ro) });
    let trouble =
        Some(SeatTrouble { what: "Okta has no active user cy@acme.example".to_owned(), for_good: true });
    busy.seats.push(Seat { confirmed_at: None, trouble, ..seat(&id("cy"), Level::Ro) });
    busy.seats
        .push(Seat { taken_by: Some(Who::Local { user: "root".to_owned() }), ..seat(&id("dee"), Level::Ro) });
    busy.seats.push(Seat { gone_by_hand: true, ..seat(&id("eve"), Level::Ro) });
    cards.push(("on, with everything that can be", busy));
    let mut over = emergency(off());
    let next = Some(EmergencyId::parse("BG-ABCD").unwrap());
    over.state = EmergencyState::Off {
        at: at(61),
        cause: CloseCause::Deadline,
        on_since: None,
        lateness_ms: 0,
        taken_over_by: next,
    };
    over.review = Review::Done { by: id("cy"), at: at(90), note: None };
    cards.push(("off, taken over, reviewed", over));
    for (name, emergency) in &cards {
        all.push_str(&read(name, &post.card(emergency).await));
    }
    insta::assert_snapshot!("cards", all);
    insta::assert_json_snapshot!("card_blocks", json!(post.card(&emergency(on())).await.blocks));
    post.check();
}

fn aloud() -> Vec<(NoticeKind, Emergency)> {
    let mut stuck = emergency(EmergencyState::Opening { since: at(2), deadline: at(122) });
    (stuck.trouble, stuck.read_only) = (Some("read-only: Okta is in read-only mode".to_owned()), true);
    let mut strange = emergency(on());
    strange.strangers = BTreeMap::from([(Level::Ops, BTreeSet::from([member("mallory@else.example")]))]);
    let mut alone = emergency(on());
    (alone.alone, alone.confirmations) = (true, Vec::new());
    let mut reviewed = emergency(off());
    reviewed.review =
        Review::Done { by: id("cy"), at: at(90), note: Some("nothing else was touched".to_owned()) };
    let declined = EmergencyState::Declined { at: at(3), by: who("bo"), why: Some("it is back".to_owned()) };
    let failed = CloseCause::DrillFailed { why: "Okta: 401".to_owned() };
    let failed = EmergencyState::Off {
        at: at(4),
        cause: failed,
        on_since: None,
        lateness_ms: 1_200,
        taken_over_by: None,
    };
    let passed = EmergencyState::Off {
        at: at(4),
        cause: CloseCause::DrillDone,
        on_since: Some(at(3)),
        lateness_ms: 0,
        taken_over_by: None,
    };
    vec![
        (NoticeKind::Proposed { nth: 0 }, emergency(proposed(Some(at(5))))),
        (NoticeKind::Proposed { nth: 1 }, emergency(proposed(None))),
        (NoticeKind::EmergencyOn, emergency(on())),
        (NoticeKind::EmergencyOn, alone.clone()),
        (NoticeKind::EmergencyAlone, alone),
        (NoticeKind::EmergencyStuck, stuck),
        (NoticeKind::Strangers { seen: 1 }, strange),
        (NoticeKind::StillOn { nth: 1 }, emergency(on())),
        (NoticeKind::Extended { nth: 1 }, emergency(on())),
        (NoticeKind::EndsSoon { nth: 0 }, emergency(on())),
        (NoticeKind::CloseNow, emergency(on())),
        (NoticeKind::Overdue { nth: 2 }, emergency(closing(2))),
        (NoticeKind::OverdueOver, emergency(off())),
        (NoticeKind::EmergencyOff, emergency(off())),
        (NoticeKind::EmergencyOff, emergency(declined)),
        (NoticeKind::EmergencyOff, emergency(EmergencyState::Lapsed { at: at(10) })),
        (NoticeKind::EmergencyOff, emergency(EmergencyState::Withdrawn { at: at(3) })),
        (NoticeKind::EmergencyOff, drill(passed)),
        (NoticeKind::EmergencyOff, drill(failed)),
        (NoticeKind::ReviewDue { nth: 3 }, emergency(off())),
        (NoticeKind::Reviewed, reviewed),
    ]
}

#[tokio::test]
async fn every_notice() {
    let post = Post::new().await;
    let mut all = String::new();
    for (kind, emergency) in aloud() {
        all.push_str(&read(&format!("{kind:?}"), &post.aloud(kind, &emergency).await));
    }
    let ana = Recipient::Person { person: id("ana") };
    for level in Level::ALL {
        let kind = NoticeKind::SignIn { level };
        all.push_str(&read(&format!("{kind:?}"), &post.tells(kind, ana.clone(), &emergency(on())).await));
    }
    let noon = at(0).as_second();
    for kind in [
        NoticeKind::CenterSilent { since: noon },
        NoticeKind::CenterAnswers { since: noon },
        NoticeKind::DrillMissed { due: noon },
    ] {
        let tell = Tell {
            id: Subject::Watch,
            kind,
            to: Recipient::Channel { name: INCIDENTS.to_owned() },
            on: Platform::Slack,
        };
        let watch = Watch::default();
        post.sender
            .tell(&tell, About::Watch(Watched { watch: &watch, drifts: &[] }), &post.directory, None)
            .await
            .unwrap();
        all.push_str(&read(&format!("{kind:?}"), post.slack.messages(INCIDENTS).last().unwrap()));
    }
    insta::assert_snapshot!("notices", all);
    post.check();
}

/// A hundred people whom Slack does not know, with names, and five hundred lines, all as long as they may be.
fn largest(post: &mut Post, state: EmergencyState) -> Emergency {
    let mut emergency = emergency(state);
    let typed = |length: usize| "<&>".repeat(length.div_ceil(3)).chars().take(length).collect::<String>();
    emergency.seats.clear();
    for number in 0..SEATS_MAX {
        let mut person = post.directory.people[&id("ana")].clone();
        person.id = PersonId::new(format!("p-crowd{number}"));
        person.emails = vec![format!("crowd{number}@acme.example")];
        person.display_name = typed(1_000);
        emergency.seats.push(seat(&person.id, Level::Ops));
        post.directory.people.insert(person.id.clone(), person);
    }
    let members = (0..2_000).map(|number| member(&format!("{number}{}", typed(100))));
    emergency.strangers = BTreeMap::from([(Level::Ops, members.collect::<BTreeSet<Member>>())]);
    emergency.timeline = (0..TIMELINE_MAX)
        .map(|number| Moment {
            at: at(i64::try_from(number).unwrap()),
            what: Happening::Trouble { what: typed(REASON_LENGTH_MAX) },
        })
        .collect();
    emergency.confirmers = emergency.seats.iter().take(20).map(|seat| seat.person.clone()).collect();
    emergency.ask.reason = typed(REASON_LENGTH_MAX);
    emergency.ask.incident = Some(typed(TICKET_LENGTH_MAX));
    emergency.trouble = Some(typed(5_000));
    emergency.terms.policies = (0..50).map(|_| typed(100)).collect();
    emergency
}

#[tokio::test]
async fn the_largest_of_everything_is_within_slacks_limits_and_the_report_says_what_it_left_out() {
    let mut post = Post::new().await;
    for state in [proposed(Some(at(5))), on(), closing(1), off()] {
        let emergency = largest(&mut post, state);
        let card = post.card(&emergency).await;
        post.sender
            .update_card(
                About::Emergency(&emergency),
                &post.directory,
                &glasskey_domain::request::MessageRef { channel: card.channel, message: card.ts },
            )
            .await
            .unwrap();
    }
    for (kind, small) in aloud() {
        let emergency = largest(&mut post, small.state);
        post.aloud(kind, &emergency).await;
    }
    let emergency = largest(&mut post, off());
    let report = post.aloud(NoticeKind::EmergencyOff, &emergency).await;
    let words = report.words();
    for part in [
        "Break-glass is off",
        "In it (100 people)",
        "Verified at Okta",
        "To be reviewed",
        "more lines, which do not fit",
    ] {
        assert!(words.contains(part), "`{part}` is not in {words}");
    }
    post.check();
}

/// P10: whatever is typed, its words stay its words.
#[tokio::test]
async fn nothing_that_is_typed_makes_a_mention_a_link_a_line_or_words_of_ours() {
    let post = Post::new().await;
    let code = regex_lite::Regex::new("`[^`\n]*`").unwrap();
    for typed in [
        "<!channel> <@U0BO> <https://evil.example|https://console.aws.amazon.com>",
        "x\n*OVERDUE*: all is lost\r\n\u{2028}`BG-ABCD` is on",
        "fine”. Confirmed by Bo. “really",
        "*bold* _it_ ~gone~ `code` @here #general http://evil.example",
        "\u{202E}gnihton \u{200B}hidden",
    ] {
        let mut emergency = emergency(off());
        emergency.ask.reason = typed.to_owned();
        emergency.ask.incident = Some(typed.to_owned());
        emergency.ask.federation = FederationId::new(typed);
        emergency.trouble = Some(typed.to_owned());
        emergency.strangers = BTreeMap::from([(Level::Ro, BTreeSet::from([member(typed)]))]);
        let cause =
            CloseCause::Ordered { by: Who::Local { user: typed.to_owned() }, reason: Some(typed.to_owned()) };
        emergency
            .timeline
            .push(Moment { at: at(61), what: Happening::CloseOrdered { cause: cause.clone() } });
        emergency.timeline.push(Moment {
            at: at(61),
            what: Happening::Stranger { login: typed.to_owned(), level: Level::Ro },
        });
        emergency.state =
            EmergencyState::Off { at: at(61), cause, on_since: None, lateness_ms: 0, taken_over_by: None };
        emergency.review = Review::Done { by: id("cy"), at: at(90), note: Some(typed.to_owned()) };
        let before =
            read("", &post.aloud(NoticeKind::EmergencyOff, &self::emergency(off())).await).lines().count();
        let kinds = [
            NoticeKind::EmergencyOff,
            NoticeKind::Reviewed,
            NoticeKind::EmergencyStuck,
            NoticeKind::EmergencyOn,
        ];
        let mut seen = vec![post.card(&emergency).await];
        for kind in kinds {
            seen.push(post.aloud(kind, &emergency).await);
        }
        let mut declined = emergency.clone();
        declined.state = EmergencyState::Declined { at: at(3), by: who("bo"), why: Some(typed.to_owned()) };
        seen.push(post.card(&declined).await);
        seen.push(post.aloud(NoticeKind::EmergencyOff, &declined).await);
        for message in &seen {
            // The reason of a card is plain text, of which Slack makes nothing; it is the only line that begins so.
            let words: Vec<String> =
                message.words().lines().filter(|line| !line.starts_with('“')).map(str::to_owned).collect();
            // Nor does it of what stands between code marks, which what is typed cannot end.
            let bare = code.replace_all(&words.join("\n"), "").into_owned();
            assert!(!bare.contains("*bold*") && !bare.contains("`code`"), "{bare}");
            for text in [words.join("\n"), message.text.clone()] {
                assert!(!text.contains("<!channel") && !text.contains("<https://evil"), "{text}");
                assert!(!text.contains("\u{202E}") && !text.contains('\u{2028}'), "{text}");
                assert!(!text.lines().any(|line| line.starts_with("*OVERDUE*")), "{text}");
                assert!(!text.contains("“fine”"), "{text}");
                assert!(text.lines().count() < before + 8, "{text}");
            }
        }
    }
    post.check();
}

#[tokio::test]
async fn what_is_said_in_both_channels_is_said_once_where_they_are_one() {
    let post = Post::new().await;
    let mut emergency = emergency(on());
    emergency.ask.place.channel = Some("#access".to_owned());
    let id = Subject::Emergency(emergency.ask.id.clone());
    for to in [Recipient::Access, Recipient::Channel { name: "#access".to_owned() }] {
        let tell = Tell { id: id.clone(), kind: NoticeKind::EmergencyOn, to, on: Platform::Slack };
        post.sender.tell(&tell, About::Emergency(&emergency), &post.directory, None).await.unwrap();
    }
    assert_eq!(post.slack.messages("C0ACCESS").len(), 1);
}
