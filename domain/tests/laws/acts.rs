//! What can happen in a history: people, time, the outside, crashes. Drawn at random, and printed as a story.

use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::InteractionId;
use glasskey_domain::person::Employment;
use glasskey_domain::reconcile::{Step, next_step};
use glasskey_domain::sessions::CutState;
use glasskey_domain::settings::INTERACTIONS_KEPT;
use glasskey_domain::*;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::town::*;
use crate::twin::*;
use crate::watch::*;

pub const PEOPLE: [&str; 4] = ["ana", "bo", "cy", "dee"];
const TARGETS: [&str; 2] = [ADMIN, READER];
/// Long enough ways out of every quiet wait: settling, looks, the slowest overdue notice.
const ENDGAME_STEPS: usize = 4000;

#[derive(Debug, Clone)]
pub enum Act {
    Asks {
        who: usize,
        target: usize,
        minutes: u32,
    },
    Approves {
        who: usize,
        which: usize,
    },
    Denies {
        who: usize,
        which: usize,
    },
    Withdraws {
        who: usize,
        which: usize,
    },
    Ends {
        who: usize,
        which: usize,
    },
    ComesAgain {
        which: usize,
    },
    Passes {
        seconds: i64,
    },
    Works {
        jobs: u8,
        dice: u64,
    },
    Crashes,
    /// The scheduled look at everything that is held.
    Sweeps {
        dice: u64,
    },
    ByHand {
        who: usize,
        target: usize,
        add: bool,
    },
    Weather {
        bad: bool,
        lag: i64,
    },
    Policy {
        approvals: u32,
        may_not_request: usize,
        may_not_approve: usize,
    },
    Employs {
        who: usize,
        enabled: bool,
    },
}

pub fn act() -> impl Strategy<Value = Act> {
    let (who, which, target) = (0..PEOPLE.len(), 0..3_usize, 0..TARGETS.len());
    prop_oneof![
        4 => (who.clone(), target.clone(), 1..180_u32)
            .prop_map(|(who, target, minutes)| Act::Asks { who, target, minutes }),
        8 => (who.clone(), which.clone()).prop_map(|(who, which)| Act::Approves { who, which }),
        1 => (who.clone(), which.clone()).prop_map(|(who, which)| Act::Denies { who, which }),
        1 => (who.clone(), which.clone()).prop_map(|(who, which)| Act::Withdraws { who, which }),
        2 => (who.clone(), which.clone()).prop_map(|(who, which)| Act::Ends { who, which }),
        1 => (0..40_usize).prop_map(|which| Act::ComesAgain { which }),
        3 => (0..8_i64).prop_map(|seconds| Act::Passes { seconds }),
        2 => (8..100_i64).prop_map(|seconds| Act::Passes { seconds }),
        1 => (100..8000_i64).prop_map(|seconds| Act::Passes { seconds }),
        16 => (1..20_u8, any::<u64>()).prop_map(|(jobs, dice)| Act::Works { jobs, dice }),
        1 => Just(Act::Crashes),
        2 => any::<u64>().prop_map(|dice| Act::Sweeps { dice }),
        2 => (who.clone(), target, any::<bool>())
            .prop_map(|(who, target, add)| Act::ByHand { who, target, add }),
        2 => (prop::bool::weighted(0.75), 0..=LAG_MAX).prop_map(|(bad, lag)| Act::Weather { bad, lag }),
        1 => (prop::sample::select(vec![0, 0, 1, 1, 2]), 0..9_usize, 0..9_usize).prop_map(|(approvals, may_not_request, may_not_approve)| {
            Act::Policy { approvals, may_not_request, may_not_approve }
        }),
        1 => (who, any::<bool>()).prop_map(|(who, enabled)| Act::Employs { who, enabled }),
    ]
}

/// One history.
pub struct Life {
    pub town: Town,
    pub twin: Twin,
    pub story: Vec<String>,
    watch: Watch,
    sent: Vec<(Timestamp, Incoming)>,
    ids: Vec<RequestId>,
    /// Answers of the outside that are not committed yet; one for a holding at a time.
    flying: Vec<(Holding, Outcome)>,
    bad: bool,
    lag: i64,
    added_by_hand: Vec<Holding>,
}

/// Stood before us, and must stand for ever (P5).
pub fn standing() -> Holding {
    held("cy", READER)
}

fn held(who: &str, arn: &str) -> Holding {
    Holding { principal: person(who), target: target_with(arn) }
}

/// Draws from the bits that an act brings.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        // Numerical Recipes' generator: the draws of one act need no more than to differ.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn seconds(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(most).unwrap() + 1)).unwrap()
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }
}

impl Life {
    pub fn new() -> Self {
        let mut town = Town::new(1);
        town.rules.may_request = PEOPLE.iter().map(|name| person(name)).collect();
        let mut twin = Twin::default();
        twin.by_hand(&standing(), true);
        Self {
            town,
            twin,
            story: Vec::new(),
            watch: Watch::default(),
            sent: Vec::new(),
            ids: Vec::new(),
            flying: Vec::new(),
            bad: true,
            lag: 0,
            added_by_hand: Vec::new(),
        }
    }

    fn say(&mut self, text: String) {
        self.story.push(format!("{} {text}", self.town.now.strftime("%d %H:%M:%S")));
    }

    pub fn act(&mut self, act: &Act) -> Law {
        match act {
            Act::Asks { who, target, minutes } => self.asks(*who, *target, *minutes),
            Act::Approves { who, which } => {
                self.about(*who, *which, |id| Command::Approve { id, length: None })
            }
            Act::Denies { who, which } => {
                self.about(*who, *which, |id| Command::Deny { id, why: "not now".to_owned() })
            }
            Act::Withdraws { who, which } => self.about(*who, *which, |id| Command::Withdraw { id }),
            Act::Ends { who, which } => self.about(*who, *which, |id| Command::End { id, cut: false }),
            Act::ComesAgain { which } => self.comes_again(*which),
            Act::Passes { seconds } => self.passes(*seconds),
            Act::Works { jobs, dice } => self.works(*jobs, Dice(*dice)),
            Act::Crashes => self.crashes(),
            Act::Sweeps { dice } => self.sweeps(Dice(*dice)),
            Act::ByHand { who, target, add } => {
                self.by_hand(*who, *target, *add);
                Ok(())
            }
            Act::Weather { bad, lag } => {
                (self.bad, self.lag) = (*bad, *lag);
                self.say(format!("the weather is bad: {bad}, lists lag {lag} s"));
                Ok(())
            }
            Act::Policy { approvals, may_not_request, may_not_approve } => {
                self.policy(*approvals, *may_not_request, *may_not_approve);
                Ok(())
            }
            Act::Employs { who, enabled } => {
                let employment = if *enabled { Employment::Enabled } else { Employment::Disabled };
                self.town.directory.people.get_mut(&person(PEOPLE[*who])).unwrap().employment = employment;
                self.say(format!("{} is {employment:?}", PEOPLE[*who]));
                Ok(())
            }
        }
    }

    fn send(&mut self, incoming: Incoming) -> Law {
        let (before, records) = (self.town.book.clone(), self.town.journal.len());
        let answer = self.town.send(incoming.clone());
        let who = incoming.by.as_person().map_or("-", PersonId::as_str);
        let events = self.town.journal[records..].iter().flat_map(|record| &record.events);
        let events: Vec<String> = events.map(|event| format!("\n        {event:?}")).collect();
        let said = if incoming.by.as_person().is_some() { format!(" => {answer:?}") } else { String::new() };
        self.say(format!("{who}: {:?}{said}{}", incoming.command, events.concat()));
        for record in &self.town.journal[records..] {
            self.watch.record(&self.town, &before, &incoming, record)?;
        }
        Ok(())
    }

    fn person_sends(&mut self, who: usize, command: Command) -> Law {
        let interaction = Some(InteractionId::new(format!("i-{}", self.sent.len())));
        let door = if self.sent.len().is_multiple_of(2) { Door::Slack } else { Door::Discord };
        let incoming = Incoming { by: Actor::person(person(PEOPLE[who]), door), interaction, command };
        self.sent.push((self.town.now, incoming.clone()));
        self.send(incoming)
    }

    fn asks(&mut self, who: usize, target: usize, minutes: u32) -> Law {
        let id = RequestId::from_bits(u64::try_from(self.ids.len()).unwrap(), 4);
        self.ids.push(id.clone());
        let new = NewRequest {
            id,
            targets: vec![target_with(TARGETS[target])],
            bundle: None,
            length: Seconds::minutes(minutes),
            starts_at: None,
            urgent: false,
            reason: "mend the pipeline".to_owned(),
            ticket: None,
        };
        self.person_sends(who, Command::Request(new))
    }

    /// The newest requests are spoken of most.
    fn about(&mut self, who: usize, which: usize, command: impl Fn(RequestId) -> Command) -> Law {
        let known = self.ids.len();
        let Some(id) = known.checked_sub(which + 1).and_then(|index| self.ids.get(index)) else {
            return Ok(());
        };
        self.person_sends(who, command(id.clone()))
    }

    /// P6: the same delivery again has no further effect, and gets the same answer.
    fn comes_again(&mut self, which: usize) -> Law {
        let Some((at, incoming)) = self.sent.get(which).cloned() else { return Ok(()) };
        if INTERACTIONS_KEPT.after(at) <= self.town.now {
            return Ok(());
        }
        let Some(interaction) = incoming.interaction.clone() else { return Ok(()) };
        let answered = self.town.book.answered(&interaction).cloned();
        let answered = answered.ok_or_else(|| format!("P6: {interaction} is forgotten"))?;
        let (before, records) = (self.town.book.clone(), self.town.journal.len());
        let answer = self.town.send(incoming);
        let same = match answered {
            event::Answer::Done(reply) => answer == Ok(reply),
            event::Answer::Refused(refusal) => answer == Err(refusal),
        };
        holds(same, format!("P6: {interaction} was answered otherwise the second time"))?;
        let untouched = before == self.town.book && records == self.town.journal.len();
        holds(untouched, format!("P6: {interaction} had an effect the second time"))
    }

    fn passes(&mut self, seconds: i64) -> Law {
        if seconds > 2 {
            self.land_all()?;
        }
        self.town.pass(seconds);
        self.twin.advance(self.town.now);
        self.say(format!("{seconds} s have passed"));
        Ok(())
    }

    fn land_all(&mut self) -> Law {
        while let Some((_, outcome)) = self.flying.pop() {
            self.send(Incoming::inside(Command::Outcome(outcome)))?;
        }
        Ok(())
    }

    fn works(&mut self, jobs: u8, mut dice: Dice) -> Law {
        for _ in 0..jobs {
            if dice.one_in(3) && !self.flying.is_empty() {
                let (_, outcome) = self.flying.remove(0);
                self.send(Incoming::inside(Command::Outcome(outcome)))?;
                continue;
            }
            let due: Vec<Job> = self
                .town
                .book
                .due()
                .filter(|(at, _)| *at <= self.town.now)
                .map(|(_, job)| job.clone())
                .collect();
            let Some(job) = due.get(usize::try_from(dice.below(due.len().max(1) as u64)).unwrap()) else {
                return Ok(());
            };
            self.perform(job, &mut dice)?;
        }
        Ok(())
    }

    fn perform(&mut self, job: &Job, dice: &mut Dice) -> Law {
        let times = if dice.one_in(8) { 2 } else { 1 };
        if let Job::Reconcile { holding, .. } = job {
            return self.reconcile(holding, times, dice);
        }
        for _ in 0..times {
            let command = match job.clone() {
                Job::Expire { id } => Command::Expire { id },
                Job::Overdue { id } => Command::Overdue { id },
                Job::Lapse { id } => Command::Lapse { id },
                Job::Start { id } => Command::Start { id },
                Job::Nudge { id } => Command::Nudge { id },
                Job::EndAll => Command::GoOnEnding,
                Job::Card { id, on } => {
                    let request = id.request().and_then(|id| self.town.book.request(id));
                    let Some(request) = request else { continue };
                    let message = request::MessageRef { channel: "C".to_owned(), message: id.to_string() };
                    Command::Outcome(Outcome::CardShown { version: request.version, id, on, message })
                }
                Job::Tell { tell } => Command::Outcome(Outcome::Told { tell }),
                Job::Sessions { holding } => {
                    let Some(cut) = self.town.book.cut(&holding) else { continue };
                    match cut.state {
                        CutState::Placing => Command::Outcome(Outcome::SessionsCut { holding }),
                        CutState::InForce => Command::LiftCut { holding },
                        CutState::Lifting => Command::Outcome(Outcome::SessionsFreed { holding }),
                    }
                }
                Job::Reconcile { .. } => continue,
                Job::Federation { .. } | Job::EmergencyTimer { .. } => {
                    return Err(format!("nobody opened an emergency: {job}"));
                }
            };
            self.send(Incoming::inside(command))?;
        }
        Ok(())
    }

    /// One step outside for a holding, done `times` times; its outcome is committed, now or later.
    fn reconcile(&mut self, holding: &Holding, times: u32, dice: &mut Dice) -> Law {
        if self.flying.iter().any(|(flying, _)| flying == holding) {
            return Ok(());
        }
        let step = next_step(&self.town.book, holding, self.town.now);
        for _ in 0..times {
            for outcome in self.outside(holding, &step, dice)? {
                self.flying.push((holding.clone(), outcome));
            }
        }
        if self.bad && dice.one_in(4) { Ok(()) } else { self.land_all() }
    }

    fn sweeps(&mut self, mut dice: Dice) -> Law {
        self.land_all()?;
        let held: Vec<Holding> = self.town.book.holdings().map(|state| state.holding.clone()).collect();
        for holding in held {
            let direct = self.twin.lists(&holding, self.town.now, dice.seconds(self.lag));
            let looked = Outcome::Looked { holding, direct, groups: Vec::new() };
            self.send(Incoming::inside(Command::Outcome(looked)))?;
        }
        Ok(())
    }

    fn outside(&mut self, holding: &Holding, step: &Step, dice: &mut Dice) -> Result<Vec<Outcome>, String> {
        let trouble = Outcome::Trouble { holding: holding.clone(), what: Some("throttled".to_owned()) };
        if self.bad && dice.one_in(4) {
            return Ok(vec![trouble]);
        }
        let owned = holding.clone();
        Ok(match step {
            Step::Rest | Step::Wait { .. } => Vec::new(),
            Step::Look => {
                let lag = dice.seconds(self.lag);
                let direct = self.twin.lists(holding, self.town.now, lag);
                vec![Outcome::Looked { holding: owned, direct, groups: Vec::new() }]
            }
            Step::Call { change } => {
                self.watch.call(&self.town, holding, *change)?;
                let outcome = self.call(holding, *change, dice);
                if matches!(outcome, Outcome::ReplyLost { .. }) {
                    vec![outcome, trouble]
                } else {
                    vec![outcome]
                }
            }
            Step::Poll { change, operation } => match self.twin.fate(operation) {
                Fate::Running => Vec::new(),
                Fate::Done => vec![Outcome::Succeeded { holding: owned, change: *change }],
                Fate::Failed => {
                    vec![Outcome::Failed { holding: owned, change: *change, why: "quota".to_owned() }]
                }
            },
        })
    }

    fn call(&mut self, holding: &Holding, change: Change, dice: &mut Dice) -> Outcome {
        let (owned, now) = (holding.clone(), self.town.now);
        if change == Change::Delete && self.twin.has_nothing_of(holding) {
            return Outcome::Succeeded { holding: owned, change };
        }
        let work = dice.seconds(WORK_MAX);
        if self.bad && dice.one_in(3) {
            // A delete that comes late is not drawn: it could cut short who came after, and only AWS could know.
            let way = if change == Change::Create { dice.seconds(WAY_MAX) } else { 0 };
            if dice.one_in(2) {
                self.twin.take(now, (holding, change), way, work, false);
            }
            return Outcome::ReplyLost { holding: owned, change };
        }
        let fails = self.bad && dice.one_in(4);
        let operation = self.twin.take(now, (holding, change), 0, work, fails);
        Outcome::Running { holding: owned, change, operation }
    }

    /// What was in memory is gone; what was stored and what was journalled agree.
    fn crashes(&mut self) -> Law {
        self.say("crash".to_owned());
        self.flying.clear();
        let replayed = self.town.replayed();
        holds(replayed == self.town.book, "P7: the journal tells another book")?;
        let reloaded = self.town.reloaded();
        holds(reloaded == self.town.book, "the stored copy tells another book")?;
        self.town.book = if self.story.len().is_multiple_of(2) { replayed } else { reloaded };
        // Whoever starts it again may serve another platform, or one less.
        let platforms = if self.story.len().is_multiple_of(3) { Served::default() } else { Served::all() };
        self.send(Incoming::inside(Command::Started { version: "0.1.0".to_owned(), platforms }))
    }

    fn by_hand(&mut self, who: usize, target: usize, add: bool) {
        // Somebody who removes, removes what they find.
        let found =
            if add { None } else { self.twin.has.iter().nth(who % self.twin.has.len().max(1)).cloned() };
        let holding = found.unwrap_or_else(|| held(PEOPLE[who], TARGETS[target]));
        if holding == standing() {
            return;
        }
        self.twin.by_hand(&holding, add);
        if add {
            self.added_by_hand.push(holding.clone());
        }
        self.say(format!("by hand: {} {holding}", if add { "add" } else { "remove" }));
    }

    fn policy(&mut self, approvals: u32, may_not_request: usize, may_not_approve: usize) {
        let all_but = |skip: usize| {
            PEOPLE
                .iter()
                .enumerate()
                .filter(|(place, _)| *place != skip)
                .map(|(_, name)| person(name))
                .collect()
        };
        self.town.rules.terms.approvals = approvals;
        self.town.rules.may_request = all_but(may_not_request);
        self.town.rules.may_approve = all_but(may_not_approve);
        let rules = &self.town.rules;
        self.say(format!("policy: {approvals} by {:?} for {:?}", rules.may_approve, rules.may_request));
    }

    /// P3: whatever happened, once the provider is healthy and the last deadline is over, nothing of ours is left.
    pub fn comes_to_its_end(&mut self) -> Law {
        (self.bad, self.lag) = (false, 0);
        self.say("the weather is fine from here on".to_owned());
        self.crashes()?;
        // Bits that draw no second performance are as good as any.
        let mut dice = Dice(1);
        for _ in 0..ENDGAME_STEPS {
            let Some((at, job)) = self.town.book.due().next().cloned() else { break };
            if at > self.town.now {
                let wait = at.duration_since(self.town.now).as_secs() + 1;
                self.passes(wait)?;
            }
            self.perform(&job, &mut dice)?;
            if self.town.book.due().all(|(at, _)| *at > self.town.now) {
                overdue_is_told(&self.town)?;
            }
            self.passes(1)?;
        }
        self.nothing_is_left()
    }

    fn nothing_is_left(&mut self) -> Law {
        let due: Vec<_> = self.town.book.due().collect();
        holds(due.is_empty(), format!("P3: it does not come to rest: {due:?}"))?;
        let open: Vec<_> =
            self.town.book.requests().map(|request| (&request.ask.id, &request.state)).collect();
        holds(open.is_empty(), format!("P3: left open: {open:?}"))?;
        holds(self.town.book.holdings().next().is_none(), "P3: holdings are left in the book")?;
        self.passes(WAY_MAX + WORK_MAX + 1)?;
        holds(self.twin.has.contains(&standing()), "P5: what stood before was removed")?;
        let mut left = self.twin.has.clone();
        left.remove(&standing());
        left.retain(|holding| !self.added_by_hand.contains(holding));
        holds(left.is_empty(), format!("P3: access of ours is left: {left:?}"))
    }
}
