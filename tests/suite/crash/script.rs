//! One story with all that touches the outside in it, played by people who do not mind saying a thing again when the bot
//! died under their hands.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use glasskey::engine::WeakEngine;
use glasskey_domain::{Answer, Book, Command, EndCause, Event, InteractionId, Reply, RequestId, State, Who};

use super::company::{holding, person, standing, target, through_groups};
use super::guillotine::{Blade, under};
use super::life::{Life, Wires, World, ask};
use super::outside::{Luck, Outside};
use super::promises::{Past, all_is_well};
use super::store::Store;

/// All that is under way is done within this.
const QUIET_WITHIN: Duration = Duration::from_secs(240);

/// One line of the story.
#[derive(Debug, Clone, Copy)]
enum Line {
    /// Who asks for which permission set, for how many minutes.
    Asks(&'static str, &'static str, u32),
    /// Who approves which request, counted from the first that was asked.
    Approves(&'static str, usize),
    /// Who ends which.
    Ends(&'static str, usize),
    /// All that is under way comes to rest.
    Rest,
    /// So many minutes pass, and all comes to rest.
    Minutes(u64),
}
use Line::{Approves, Asks, Ends, Minutes, Rest};

/// Two requests of Ana's that share one access, of which the first ends early and the second by its time; one of Bo's
/// that is ended early and takes its access with it; one of Cy's for what Cy has anyway, one of Dee's for what her group gives.
const STORY: [Line; 21] = [
    Asks("ana", "Admin", 8),
    Approves("bo", 0),
    Approves("dee", 0),
    Rest,
    Asks("ana", "Admin", 10),
    Approves("dee", 1),
    Approves("bo", 1),
    Rest,
    Ends("ana", 0),
    Asks("bo", "PowerUser", 9),
    Approves("eve", 2),
    Approves("dee", 2),
    Rest,
    Ends("bo", 2),
    Asks("cy", "ReadOnly", 10),
    Approves("bo", 3),
    Approves("dee", 3),
    Asks("dee", "ReadOnly", 10),
    Approves("bo", 4),
    Approves("eve", 4),
    Rest,
];

/// What is told in it, and to whom.
const TOLD: [&str; 14] = [
    "request-1/ended/channel/#prod-access",
    "request-1/ended/person/ana",
    "request-1/granted/channel/#prod-access",
    "request-1/granted/person/ana",
    "request-2/ended/channel/#prod-access",
    "request-2/ended/person/ana",
    "request-2/granted/channel/#prod-access",
    "request-2/granted/person/ana",
    "request-3/ended/channel/#prod-access",
    "request-3/ended/person/bo",
    "request-3/granted/channel/#prod-access",
    "request-3/granted/person/bo",
    "request-4/already-held/person/cy",
    "request-5/already-held/person/dee",
];

/// A play: its people, its world, and where the knife falls in each of its lives but the last.
pub(crate) struct Play {
    world: World,
    requests: Vec<RequestId>,
    /// Whether every delivery comes twice, and every timer fires twice.
    twice: bool,
    /// What was being done when the knife fell.
    pub(crate) fell_at: Vec<&'static str>,
}

/// Puts something between an engine, which will be there, and its wires.
pub(crate) type Wiring<'a> = &'a dyn Fn(&Arc<OnceLock<WeakEngine>>, Wires) -> Wires;

/// A world for the story over this store.
pub(crate) fn world(store: Store, luck: Luck) -> World {
    let outside = Outside::new(standing(), through_groups(), luck, store.clone());
    World::new(store, Arc::new(outside))
}

impl Play {
    pub(crate) fn new(world: World) -> Self {
        Self { world, requests: Vec::new(), twice: false, fell_at: Vec::new() }
    }

    /// From now on every delivery comes twice and every timer fires twice.
    pub(crate) fn says_everything_twice(&mut self) {
        self.twice = true;
    }

    /// Plays it to the end. Each blade belongs to one life.
    pub(crate) async fn play(&mut self, blades: &[Arc<Blade>], wire: Wiring<'_>) {
        let never = Blade::at(None);
        let mut blades = blades.iter().chain(std::iter::repeat(&never));
        let mut blade = blades.next().unwrap();
        let mut life = self.begin(blade, wire);
        let end = [Minutes(11)];
        for (number, line) in STORY.iter().chain(&end).enumerate() {
            loop {
                let said = tokio::select! {
                    biased;
                    () = blade.falls() => None,
                    answer = self.say(&life, number, *line) => Some(answer),
                };
                if let Some(answer) = said {
                    self.hear(number, *line, answer).await;
                    break;
                }
                life.dies().await;
                (blade, life) = self.next_life(blade, &mut blades, wire);
            }
        }
        while !life.drains(blade.falls()).await {
            (blade, life) = self.next_life(blade, &mut blades, wire);
        }
    }

    /// Wires that need their engine find it there before its first step.
    fn begin(&self, blade: &Arc<Blade>, wire: Wiring<'_>) -> Life {
        let born = Arc::new(OnceLock::new());
        let life = self.world.start(|wires| under(blade, wire(&born, wires)));
        assert!(born.set(life.engine.downgrade()).is_ok());
        life
    }

    fn next_life<'a>(
        &mut self,
        fallen: &Blade,
        blades: &mut impl Iterator<Item = &'a Arc<Blade>>,
        wire: Wiring<'_>,
    ) -> (&'a Arc<Blade>, Life) {
        self.fell_at.push(fallen.fell_at().unwrap());
        let blade = blades.next().unwrap();
        (blade, self.begin(blade, wire))
    }

    async fn say(&self, life: &Life, number: usize, line: Line) -> Option<Answer> {
        let command = match line {
            Asks(_, set, minutes) => ask(target(set), minutes),
            Approves(_, which) => Command::Approve { id: self.requests[which].clone() },
            Ends(_, which) => Command::End { id: self.requests[which].clone() },
            Rest => {
                assert!(life.rests(QUIET_WITHIN).await, "line {number}: it does not come to rest");
                return None;
            }
            Minutes(minutes) => {
                tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
                assert!(life.rests(QUIET_WITHIN).await, "line {number}: it does not come to rest");
                return None;
            }
        };
        let (Asks(who, ..) | Approves(who, _) | Ends(who, _)) = line else { return None };
        let answer = life.does(who, &delivery(number), command.clone()).await;
        if self.twice {
            assert_eq!(life.does(who, &delivery(number), command).await, answer, "P6: line {number}");
            self.all_timers_fire(life).await;
        }
        Some(answer)
    }

    /// Timers that come early, and those of requests that moved on, change nothing.
    async fn all_timers_fire(&self, life: &Life) {
        for id in &self.requests {
            let id = || id.clone();
            let timers =
                [Command::Lapse { id: id() }, Command::Expire { id: id() }, Command::Overdue { id: id() }];
            for timer in timers {
                life.engine.inside(timer).await.unwrap();
            }
        }
        let after = self.world.store.records();
        let told_by_timers = after.iter().flat_map(|record| &record.events).any(|event| {
            matches!(event, Event::Lapsed { .. } | Event::OverdueTold { .. })
                || matches!(event, Event::EndOrdered { cause: EndCause::Expired, .. })
        });
        assert!(!told_by_timers, "a timer that came early had an effect");
    }

    /// What was answered is durable from then on (P6, P7).
    async fn hear(&mut self, number: usize, line: Line, answer: Option<Answer>) {
        let Some(answer) = answer else { return };
        let Answer::Done(reply) = &answer else { panic!("line {number}: {line:?} is answered {answer:?}") };
        if let (Asks(..), Reply::Waiting { id, .. }) = (line, reply) {
            self.requests.push(id.clone());
        }
        let kept = |book: &Book| book.answered(&InteractionId::new(delivery(number))).cloned();
        assert_eq!(self.world.store.durable(kept), Some(answer), "line {number}");
    }

    /// The end of the story, which is always the same.
    pub(crate) fn ends_well(&self) {
        let past = all_is_well(&self.world.store, &self.world.outside);
        let asked: Vec<&RequestId> = past.requests.iter().map(|request| &request.ask.id).collect();
        assert_eq!(asked, self.requests.iter().collect::<Vec<_>>(), "each was asked once");
        ends_as_told(&past);
        let outside = &self.world.outside;
        assert_eq!(outside.creates_of(&holding("cy", "ReadOnly")), 0, "P5");
        assert_eq!(outside.creates_of(&holding("dee", "ReadOnly")), 0, "P5");
        let mut at: Option<jiff::Timestamp> = None;
        let records = self.world.store.records();
        let stopped = records.last().map(|record| record.events.clone());
        assert_eq!(stopped, Some(vec![Event::Stopped]), "the journal learns of the drain");
        for record in &records {
            assert!(at.is_none_or(|before| before <= record.at));
            at = Some(record.at);
        }
    }
}

fn delivery(number: usize) -> String {
    format!("delivery-{number}")
}

fn ends_as_told(past: &Past) {
    let [first, second, third, fourth, fifth] = &past.requests[..] else { panic!("five requests") };
    let revoked = |who: &str| EndCause::Revoked { by: Who::Person { person: person(who) } };
    let ended = |state: &State, why: &EndCause, keeper: Option<&RequestId>| match state {
        State::Ended { cause, granted_at: Some(_), kept_by, .. } => {
            cause == why && kept_by.as_ref() == keeper
        }
        _ => false,
    };
    assert!(ended(&first.state, &revoked("ana"), Some(&second.ask.id)), "{:?}", first.state);
    assert!(ended(&second.state, &EndCause::Expired, None), "{:?}", second.state);
    assert!(ended(&third.state, &revoked("bo"), None), "{:?}", third.state);
    for held in [fourth, fifth] {
        let was_there =
            matches!(&held.state, State::Ended { cause: EndCause::AlreadyHeld { .. }, granted_at: None, .. });
        assert!(was_there, "{:?}", held.state);
    }
    // What people are told is the same in every telling: neither less nor more.
    let mut told: Vec<String> = past.told.iter().map(|key| unnamed(key, past)).collect();
    told.sort();
    assert_eq!(told, TOLD);
}

/// Ids are random; requests are named by their place in the story here.
fn unnamed(key: &str, past: &Past) -> String {
    let found = past.requests.iter().position(|request| key.starts_with(request.ask.id.as_str()));
    let place = found.expect("a message is about a request");
    key.replacen(past.requests[place].ask.id.as_str(), &format!("request-{}", place + 1), 1)
}
