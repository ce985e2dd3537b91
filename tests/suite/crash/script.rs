//! Plays stories with all that touches the outside in them, told by people who do not mind saying a thing again when the
//! bot died under their hands.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use glasskey::engine::WeakEngine;
use glasskey_domain::command::{EmergencyCommand, EndScope, NewRequest, Which};
use glasskey_domain::emergency::Level;
use glasskey_domain::{
    Answer, Book, Command, EmergencyId, EndCause, Event, InteractionId, Matter, Platform, Reply, RequestId,
    Seconds,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::company::{
    AUDITOR, INCIDENTS_ON_DISCORD, Table, directory_without, federations, holding, membership, person,
    platform_of, standing, target, through_groups,
};
use super::guillotine::{Blade, under};
use super::life::{Life, Wires, World, ask, asked, drill, open};
use super::outside::{BEGINNING, Fact, Luck, Outside};
use super::promises::{Past, all_is_well};
use super::store::Store;

/// All that is under way is done within this.
const QUIET_WITHIN: Duration = Duration::from_secs(240);

/// One line of a story.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Line {
    /// Who asks for which permission set, for how many minutes.
    Asks(&'static str, &'static str, u32),
    /// Who approves which request, counted from the first that was asked.
    Approves(&'static str, usize),
    /// Who ends which.
    Ends(&'static str, usize),
    /// Who breaks glass, at which level, for how many minutes, for whom.
    Opens(&'static str, Level, u32, &'static [&'static str]),
    /// Who rehearses it.
    Drills(&'static str),
    /// Who confirms it, or goes on alone.
    Confirms(&'static str),
    /// Who says no to it.
    Declines(&'static str),
    /// Who gives whom a seat.
    Adds(&'static str, &'static str, Level),
    /// Who takes whose seats.
    Removes(&'static str, &'static str),
    /// Who moves its end, by how many minutes.
    Extends(&'static str, u32),
    /// Who closes it.
    Offs(&'static str),
    /// The auditor looks at one, counted from the first.
    Reviews(usize),
    /// Who asks for which permission set, for how many minutes, beginning so many minutes after the story.
    AsksAt(&'static str, &'static str, u32, i64),
    /// Who asks for all of these and for being on call, for how many minutes.
    AsksAll(&'static str, &'static [&'static str], u32),
    /// Who takes which permission set at once, for how many minutes.
    Takes(&'static str, &'static str, u32),
    /// Who asks for how many minutes more of which.
    Prolongs(&'static str, usize, u32),
    /// Who objects to which.
    Objects(&'static str, usize),
    /// Who ends which, with its sessions.
    EndsAndCuts(&'static str, usize),
    /// The administrator ends all that there is.
    EndsAll,
    /// Somebody is disabled, and the directory is read.
    Leaves(&'static str),
    /// Somebody assigns a permission set to a person in the console.
    AssignedByHand(&'static str, &'static str),
    /// Somebody looks for access that no request explains.
    LooksForDrift,
    /// Somebody puts a name into the ops group in the console, or takes it out.
    ByHand(&'static str, bool),
    /// Somebody deactivates the app in the console.
    AppOffByHand,
    /// All that is under way comes to rest.
    Rest,
    /// So many minutes pass, and all comes to rest.
    Minutes(u64),
    /// The machine sleeps for so many minutes, and then all comes to rest: half a day that nobody has to live through.
    Sleeps(i64),
}
use Line::{
    Adds, AppOffByHand, Approves, Asks, AsksAll, AsksAt, AssignedByHand, ByHand, Confirms, Declines, Drills,
    Ends, EndsAll, EndsAndCuts, Extends, Leaves, LooksForDrift, Minutes, Objects, Offs, Opens, Prolongs,
    Removes, Reviews, Sleeps, Takes,
};

/// Where most stories are told.
pub(crate) const SLACK: &[Platform] = &[Platform::Slack];
/// Where every third story is told, the shorter ones, at every step: a story that is told twice over has half as many
/// steps again, and at each of them it is played anew.
pub(crate) const BOTH: &[Platform] = &Platform::ALL;

/// A story, and how it ends whoever dies in it.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) rules: fn() -> Table,
    /// The platforms that are served in it.
    pub(crate) on: &'static [Platform],
    /// Whether sessions are cut at the end of an emergency.
    pub(crate) cuts: bool,
    pub(crate) lines: &'static [Line],
    /// What is told in every telling, as it is on Slack.
    pub(crate) told: &'static [&'static str],
    /// What is told in some.
    pub(crate) perhaps_told: &'static [&'static str],
    pub(crate) ends: fn(&Past, &Outside),
}

/// A play: its people, its world, and where the knife falls in each of its lives but the last.
pub(crate) struct Play {
    world: World,
    story: &'static Story,
    requests: Vec<RequestId>,
    emergencies: Vec<EmergencyId>,
    /// Whether every delivery comes twice, and every timer fires twice.
    twice: bool,
    /// Who has left.
    left: BTreeSet<&'static str>,
    /// What was being done when the knife fell.
    pub(crate) fell_at: Vec<&'static str>,
}

/// Puts something between an engine, which will be there, and its wires.
pub(crate) type Wiring<'a> = &'a dyn Fn(&Arc<OnceLock<WeakEngine>>, Wires) -> Wires;

/// A world for a story over this store.
pub(crate) fn world(store: Store, luck: Luck) -> World {
    let outside = Outside::new(standing(), through_groups(), luck, store.clone());
    World::new(store, Arc::new(outside))
}

impl Play {
    pub(crate) fn new(story: &'static Story, mut world: World) -> Self {
        world.rules = Arc::new((story.rules)());
        world.settings.federations = federations(story.cuts);
        (world.settings.cut_sessions, world.settings.drift_remove) = (true, true);
        world.served = story.on.iter().copied().collect();
        let (requests, emergencies, fell_at) = (Vec::new(), Vec::new(), Vec::new());
        Self { world, story, requests, emergencies, twice: false, left: BTreeSet::new(), fell_at }
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
        for (number, line) in self.story.lines.iter().enumerate() {
            let begun = Instant::now();
            self.happens(*line);
            if let Leaves(name) = *line {
                self.left.insert(name);
                self.world.directory = directory_without(&self.left);
            }
            loop {
                let said = tokio::select! {
                    biased;
                    () = blade.falls() => None,
                    answer = self.say(&life, number, *line, begun) => Some(answer),
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

    /// What happens outside, whether or not a bot lives.
    fn happens(&self, line: Line) {
        match line {
            ByHand(name, so) => self.world.outside.by_hand(Fact::is_in("00gops", name), so),
            AppOffByHand => self.world.outside.by_hand(Fact::App, false),
            AssignedByHand(name, set) => self.world.outside.assign_by_hand(&holding(name, set)),
            Sleeps(minutes) => {
                self.world.outside.time.sleep_of_the_machine(SignedDuration::from_mins(minutes));
            }
            _ => {}
        }
    }

    async fn say(&self, life: &Life, number: usize, line: Line, begun: Instant) -> Option<Answer> {
        if let Minutes(minutes) = line {
            tokio::time::sleep_until(begun + Duration::from_secs(60 * minutes)).await;
        }
        match line {
            Leaves(_) => life.reads(&self.world.directory).await,
            LooksForDrift => life.looks_for_drift(&self.world.outside).await,
            _ => {}
        }
        let Some((who, command)) = self.command(line) else {
            assert!(life.rests(QUIET_WITHIN).await, "line {number}: it does not come to rest");
            return None;
        };
        let answer = life.does(who, &delivery(number), command.clone()).await;
        if self.twice {
            assert_eq!(life.does(who, &delivery(number), command).await, answer, "P6: line {number}");
            self.all_timers_fire(life).await;
        }
        Some(answer)
    }

    fn command(&self, line: Line) -> Option<(&'static str, Command)> {
        let which = || Which::Open(None);
        let (who, command) = match line {
            Opens(who, level, minutes, people) => return Some((who, open(level, minutes, people))),
            Drills(who) => return Some((who, drill())),
            Confirms(who) => (who, EmergencyCommand::Confirm { which: which() }),
            Declines(who) => (who, EmergencyCommand::Decline { which: which(), why: None }),
            Adds(who, whom, level) => {
                (who, EmergencyCommand::Add { which: which(), people: vec![person(whom)], level })
            }
            Removes(who, whom) => {
                (who, EmergencyCommand::Remove { which: which(), people: vec![person(whom)] })
            }
            Extends(who, minutes) => {
                (who, EmergencyCommand::Extend { which: which(), by: Seconds::minutes(minutes) })
            }
            Offs(who) => (who, EmergencyCommand::Off { which: which(), reason: None }),
            Reviews(number) => {
                let id = self.emergencies[number].clone();
                (AUDITOR, EmergencyCommand::Review { id, note: None })
            }
            _ => return self.about_requests(line),
        };
        Some((who, Command::Emergency(command)))
    }

    /// What people say about requests.
    fn about_requests(&self, line: Line) -> Option<(&'static str, Command)> {
        let id = |which: usize| self.requests[which].clone();
        Some(match line {
            Asks(who, set, minutes) => (who, ask(target(set), minutes)),
            AsksAt(who, set, minutes, after) => {
                let starts_at = Some(Timestamp::from_second(BEGINNING + 60 * after).unwrap());
                (who, Command::Request(NewRequest { starts_at, ..asked(vec![target(set)], minutes) }))
            }
            AsksAll(who, sets, minutes) => {
                let targets = sets.iter().map(|set| target(set)).chain([membership()]).collect();
                (who, Command::Request(asked(targets, minutes)))
            }
            Takes(who, set, minutes) => {
                (who, Command::Request(NewRequest { urgent: true, ..asked(vec![target(set)], minutes) }))
            }
            Approves(who, which) => {
                (who, Command::Approve { id: id(which), matter: Matter::Now, length: None })
            }
            Ends(who, which) => (who, Command::End { id: id(which), cut: false }),
            EndsAndCuts(who, which) => (who, Command::End { id: id(which), cut: true }),
            Prolongs(who, which, minutes) => {
                (who, Command::Extend { id: id(which), by: Seconds::minutes(minutes), reason: None })
            }
            Objects(who, which) => {
                (who, Command::Object { id: id(which), why: "nobody was called".to_owned() })
            }
            EndsAll => (AUDITOR, Command::EndAll { scope: EndScope::Everything }),
            _ => return None,
        })
    }

    /// Timers that come early, and those of requests that moved on, change nothing.
    async fn all_timers_fire(&self, life: &Life) {
        for id in &self.requests {
            let id = || id.clone();
            let timers = [
                Command::Lapse { id: id() },
                Command::Expire { id: id() },
                Command::Overdue { id: id() },
                Command::Start { id: id() },
                Command::Nudge { id: id() },
                Command::GoOnEnding,
            ];
            for timer in timers {
                life.engine.inside(timer).await.unwrap();
            }
        }
        for id in &self.emergencies {
            let tick = EmergencyCommand::Tick { id: id.clone() };
            life.engine.inside(Command::Emergency(tick)).await.unwrap();
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
        match (line, reply) {
            (Asks(..) | AsksAt(..) | AsksAll(..), Reply::Waiting { id, .. })
            | (Takes(..), Reply::Granting { id }) => self.requests.push(id.clone()),
            (
                Opens(..) | Drills(_),
                Reply::EmergencyWaiting { id, .. }
                | Reply::EmergencyOpening { id, .. }
                | Reply::DrillOpening { id },
            ) => self.emergencies.push(id.clone()),
            _ => {}
        }
        let kept = |book: &Book| book.answered(&InteractionId::new(delivery(number))).cloned();
        assert_eq!(self.world.store.durable(kept), Some(answer), "line {number}");
    }

    /// The end of the story, which is always the same.
    pub(crate) fn ends_well(&self) {
        let past = all_is_well(&self.world.store, &self.world.outside);
        let asked: Vec<&RequestId> = past.requests.iter().map(|request| &request.ask.id).collect();
        assert_eq!(asked, self.requests.iter().collect::<Vec<_>>(), "each was asked once");
        let opened: Vec<&EmergencyId> = past.emergencies.iter().map(|one| &one.ask.id).collect();
        assert_eq!(opened, self.emergencies.iter().collect::<Vec<_>>(), "each was opened once");
        (self.story.ends)(&past, &self.world.outside);
        self.told_as_ever(&past);
        if past.requests.is_empty() {
            assert!(self.world.outside.aws_was_left_alone(), "P8: Identity Center was asked");
        }
        let mut at: Option<jiff::Timestamp> = None;
        let records = self.world.store.records();
        let stopped = records.last().map(|record| record.events.clone());
        assert_eq!(stopped, Some(vec![Event::Stopped]), "the journal learns of the drain");
        for record in &records {
            assert!(at.is_none_or(|before| before <= record.at));
            at = Some(record.at);
        }
    }

    /// What people are told is the same in every telling: neither less nor more.
    fn told_as_ever(&self, past: &Past) {
        let (always, perhaps) = (self.on_each(self.story.told), self.on_each(self.story.perhaps_told));
        let told = past.said.told.iter().map(|tell| unnamed(&tell.key(), past));
        let told: BTreeSet<String> = told.filter(|key| !perhaps.contains(key)).collect();
        assert_eq!(told, always, "{}", self.story.name);
    }

    /// On Discord what is told has other keys; who asked for access is told about it where they asked, and only there.
    fn on_each(&self, on_slack: &[&str]) -> BTreeSet<String> {
        let served = &self.world.served;
        let mut keys = BTreeSet::new();
        for key in on_slack {
            let asked_by = key.strip_prefix("request-").and_then(|key| key.split_once("/person/"));
            let only = asked_by.map(|(_, name)| platform_of(name, served));
            let here = served.iter().filter(|on| only.is_none_or(|only| only == **on));
            keys.extend(here.map(|on| key_on(*on, key)));
        }
        keys
    }
}

/// The key of what is told like this on Slack.
fn key_on(on: Platform, key: &str) -> String {
    match on {
        Platform::Slack => key.to_owned(),
        Platform::Discord => {
            let parts: Vec<&str> = key.splitn(3, '/').collect();
            let [id, kind, to] = parts[..] else { panic!("{key} is not a key") };
            format!("{id}/{kind}@discord/{}", to.replace("#incident", INCIDENTS_ON_DISCORD))
        }
    }
}

fn delivery(number: usize) -> String {
    format!("delivery-{number}")
}

/// Ids are random; requests and emergencies are named by their place in the story here.
fn unnamed(key: &str, past: &Past) -> String {
    if let Some(watch) = key.strip_prefix("WATCH/") {
        // Its time is when it was seen: another one in each telling.
        return format!("watch/{}", watch.replace(|c: char| c.is_ascii_digit(), ""));
    }
    let requests = past.requests.iter().map(|request| request.ask.id.as_str());
    let emergencies = past.emergencies.iter().map(|one| one.ask.id.as_str());
    let named = |kind: &'static str| move |(place, id)| (format!("{kind}-{}", place + 1), id);
    let all =
        requests.enumerate().map(named("request")).chain(emergencies.enumerate().map(named("emergency")));
    let found = all.into_iter().find(|(_, id)| key.starts_with(*id));
    let (name, id) = found.expect("a message is about a request, or an emergency");
    key.replacen(id, &name, 1)
}
