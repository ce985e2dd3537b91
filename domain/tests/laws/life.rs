//! One history: acts, one after another, and what comes of them.

use std::collections::BTreeMap;

use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::InteractionId;
use glasskey_domain::person::Employment;
use glasskey_domain::reconcile::{Step, next_step};
use glasskey_domain::sessions::CutState;
use glasskey_domain::settings::INTERACTIONS_KEPT;
use glasskey_domain::*;
use jiff::Timestamp;

use crate::acts::*;
use crate::town::*;
use crate::twin::*;
use crate::watch::*;

/// Long enough ways out of every quiet wait: settling, looks, the slowest overdue notice.
const ENDGAME_STEPS: usize = 4000;

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
    /// What AWS denies: sessions of which holding, from before when.
    denied: BTreeMap<Holding, Timestamp>,
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

/// What people ask for.
fn thing(place: usize) -> Target {
    [target_with(ADMIN), target_with(READER), group("oncall")].into_iter().nth(place).unwrap()
}

impl Life {
    pub fn new() -> Self {
        let mut town = Town::new(1);
        town.rules.may_request = PEOPLE.iter().map(|name| person(name)).collect();
        town.rules.may_urgently = town.rules.may_request.clone();
        town.settings.cut_sessions = true;
        let mut twin = Twin::default();
        twin.by_hand(&standing(), true);
        let mut life = Self {
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
            denied: BTreeMap::new(),
        };
        life.knows_what_stands();
        life
    }

    /// What stood before us is known, and shall stay.
    fn knows_what_stands(&mut self) {
        self.lists(Dice(0), false).unwrap();
        let known = DriftCommand::Adopt { holding: standing(), reason: "cy reads for everybody".to_owned() };
        let by = Actor { who: Who::Local { user: "root".to_owned() }, door: Door::Host, sign_in: None };
        self.send(Incoming { by, interaction: None, command: Command::Drift(known) }).unwrap();
    }

    fn say(&mut self, text: String) {
        self.story.push(format!("{} {text}", self.town.now.strftime("%d %H:%M:%S")));
    }

    pub fn act(&mut self, act: &Act) -> Law {
        match act {
            Act::Asks { who, things, minutes, start, urgent } => {
                self.asks(*who, *things, (*minutes, *start), *urgent)
            }
            Act::Approves { who, which, minutes } => {
                let length = (*minutes > 0).then(|| Seconds::minutes(*minutes));
                self.about(*who, *which, |id| Command::Approve { id, matter: Matter::Now, length })
            }
            Act::Denies { who, which } => self.about(*who, *which, |id| Command::Deny {
                id,
                matter: Matter::Now,
                why: "not now".to_owned(),
            }),
            Act::Withdraws { who, which } => self.about(*who, *which, |id| Command::Withdraw { id }),
            Act::Ends { who, which, cut } => self.about(*who, *which, |id| Command::End { id, cut: *cut }),
            Act::Extends { who, which, minutes } => self.about(*who, *which, |id| Command::Extend {
                id,
                by: Seconds::minutes(*minutes),
                reason: None,
            }),
            Act::Reviews { who, which, objects: true } => {
                self.about(*who, *which, |id| Command::Object { id, why: "that was no incident".to_owned() })
            }
            Act::Reviews { who, which, objects: false } => {
                self.about(*who, *which, |id| Command::Acknowledge { id, note: None })
            }
            Act::EndsAll { who, scope } => self.ends_all(*who, *scope),
            Act::ComesAgain { which } => self.comes_again(*which),
            Act::Passes { seconds } => self.passes(*seconds),
            Act::Works { jobs, dice } => self.works(*jobs, Dice(*dice)),
            Act::Crashes => self.crashes(),
            Act::Sweeps { dice } => self.sweeps(Dice(*dice)),
            Act::Compares { read } => self.compares(*read),
            Act::Lists { dice, remove } => self.lists(Dice(*dice), *remove),
            Act::ByHand { who, thing, add } => {
                self.by_hand(*who, *thing, *add);
                Ok(())
            }
            Act::Weather { bad, lag } => {
                (self.bad, self.lag) = (*bad, *lag);
                self.say(format!("the weather is bad: {bad}, lists lag {lag} s"));
                Ok(())
            }
            Act::Policy { approvals, quorum, may_not_request, may_not_approve } => {
                self.policy((*approvals, *quorum), *may_not_request, *may_not_approve);
                Ok(())
            }
            Act::Employs { who, employment } => {
                let employment =
                    [Employment::Enabled, Employment::Disabled, Employment::Unknown][*employment];
                self.town.directory.people.get_mut(&person(PEOPLE[*who])).unwrap().employment = employment;
                self.say(format!("{} is {employment:?}", PEOPLE[*who]));
                Ok(())
            }
            Act::Vanishes { who, employment, back } => {
                self.act(&Act::Employs { who: *who, employment: *employment })?;
                self.compares(true)?;
                self.passes(2)?;
                self.act(&Act::Employs { who: *who, employment: if *back { 0 } else { *employment } })?;
                self.compares(true)
            }
            Act::Moves { who, group } => {
                self.moves(*who, *group);
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
        self.denials_are_true()
    }

    fn person_sends(&mut self, who: usize, command: Command) -> Law {
        let interaction = Some(InteractionId::new(format!("i-{}", self.sent.len())));
        let door = if self.sent.len().is_multiple_of(2) { Door::Slack } else { Door::Discord };
        let incoming = Incoming { by: Actor::person(person(PEOPLE[who]), door), interaction, command };
        self.sent.push((self.town.now, incoming.clone()));
        self.send(incoming)
    }

    fn asks(&mut self, who: usize, things: usize, (minutes, start): (u32, u32), urgent: bool) -> Law {
        let id = RequestId::from_bits(u64::try_from(self.ids.len()).unwrap(), 4);
        self.ids.push(id.clone());
        let targets: Vec<Target> = (0..THINGS).filter(|place| things & (1 << place) > 0).map(thing).collect();
        let new = NewRequest {
            id,
            bundle: (targets.len() > 1).then(|| format!("things-{things}")),
            targets,
            length: Seconds::minutes(minutes),
            starts_at: (start > 0).then(|| Seconds::minutes(start).after(self.town.now)),
            urgent,
            ..wish("AR-0000", 1)
        };
        self.person_sends(who, Command::Request(new))
    }

    fn ends_all(&mut self, who: usize, scope: usize) -> Law {
        let scope = match scope {
            0 => EndScope::Everything,
            1..=4 => EndScope::Account { account: AccountId::parse("222222222222").unwrap() },
            other => EndScope::Person { person: person(PEOPLE[other % PEOPLE.len()]) },
        };
        self.person_sends(who, Command::EndAll { scope })
    }

    fn compares(&mut self, read: bool) -> Law {
        if read {
            self.town.directory.read_at = self.town.now;
        }
        // Also what has ended meanwhile: whoever listed them did so a moment ago.
        let ids = self.ids.clone();
        ids.chunks(8).try_for_each(|ids| self.send(Incoming::inside(Command::Recheck { ids: ids.to_vec() })))
    }

    /// A listing of all assignments to people; the configuration may have changed since the last.
    fn lists(&mut self, mut dice: Dice, remove: bool) -> Law {
        self.land_all()?;
        self.town.settings.drift_remove = remove;
        let mut seen = Vec::new();
        for who in PEOPLE {
            for arn in [ADMIN, READER] {
                let holding = held(who, arn);
                if self.twin.lists(&holding, self.town.now, dice.seconds(self.lag)) {
                    seen.push(holding);
                }
            }
        }
        let of = [ADMIN, READER].map(PermissionSetArn::new).to_vec();
        self.send(Incoming::inside(Command::Drift(DriftCommand::Listed { of, seen })))
    }

    fn moves(&mut self, who: usize, group: usize) {
        let group = GroupId::new(["leads", "security", "staff"][group]);
        let groups = self.town.directory.memberships.entry(person(PEOPLE[who])).or_default();
        let joins = !groups.remove(&group);
        if joins {
            groups.insert(group.clone());
        }
        self.say(format!("{} is in {group}: {joins}", PEOPLE[who]));
    }

    /// The newest requests are spoken of most.
    fn about(&mut self, who: usize, which: usize, command: impl Fn(RequestId) -> Command) -> Law {
        let known = self.ids.len();
        let Some(id) = known.checked_sub(which + 1).and_then(|index| self.ids.get(index)) else {
            return Ok(());
        };
        let id = id.clone();
        let request = self.town.book.request(&id).or_else(|| self.town.closed.get(&id));
        let own =
            request.and_then(|request| PEOPLE.iter().position(|name| person(name) == request.ask.requester));
        let who = if who < PEOPLE.len() { who } else { own.unwrap_or_default() };
        self.person_sends(who, command(id))
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
                    // The scheduler lets one of these run at a time, and waits for its outcome.
                    if self.flying.iter().any(|(flying, _)| *flying == holding) {
                        continue;
                    }
                    let Some(command) = self.sessions(&holding, dice) else { continue };
                    match command {
                        Command::Outcome(outcome) if self.bad && dice.one_in(4) => {
                            self.flying.push((holding, outcome));
                            continue;
                        }
                        command => command,
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

    /// What AWS says to what is asked for a cut; what it denies then, it denies until it is told otherwise.
    fn sessions(&mut self, holding: &Holding, dice: &mut Dice) -> Option<Command> {
        let cut = self.town.book.cut(holding)?;
        let (holding, before) = (holding.clone(), cut.before);
        if self.bad && dice.one_in(4) {
            let what = "throttled".to_owned();
            return Some(Command::Outcome(Outcome::SessionsTrouble { holding, what }));
        }
        Some(match cut.state {
            CutState::Placing if self.bad && self.denied.get(&holding) != Some(&before) && dice.one_in(2) => {
                let why = "the policy is full".to_owned();
                Command::Outcome(Outcome::SessionsNotCut { holding, before, why })
            }
            CutState::Placing => {
                self.denied.insert(holding.clone(), before);
                Command::Outcome(Outcome::SessionsCut { holding, before })
            }
            CutState::InForce => Command::LiftCut { holding },
            CutState::Lifting => {
                self.denied.remove(&holding);
                Command::Outcome(Outcome::SessionsFreed { holding })
            }
        })
    }

    /// What is said to be denied is denied, and nothing else, once it is quiet.
    fn denials_are_true(&self) -> Law {
        for cut in self.town.book.cuts().filter(|cut| cut.state == CutState::InForce) {
            let law =
                format!("P4: {} is said to be cut before {}, not {:?}", cut.holding, cut.before, self.denied);
            holds(self.denied.get(&cut.holding) == Some(&cut.before), law)?;
        }
        Ok(())
    }

    fn sweeps(&mut self, mut dice: Dice) -> Law {
        self.land_all()?;
        let held: Vec<Holding> = self.town.book.holdings().map(|state| state.holding.clone()).collect();
        for holding in held {
            let direct = self.twin.lists(&holding, self.town.now, dice.seconds(self.lag));
            let looked = Outcome::Looked { holding, direct, groups: Vec::new(), member: None };
            self.send(Incoming::inside(Command::Outcome(looked)))?;
        }
        Ok(())
    }

    fn outside(&mut self, holding: &Holding, step: &Step, dice: &mut Dice) -> Result<Vec<Outcome>, String> {
        let trouble = Outcome::Trouble { holding: holding.clone(), what: Some("throttled".to_owned()) };
        let owned = holding.clone();
        if self.bad && dice.one_in(4) {
            return Ok(vec![trouble]);
        }
        Ok(match step {
            Step::Rest | Step::Wait { .. } => Vec::new(),
            Step::Look => {
                let lag = dice.seconds(self.lag);
                let direct = self.twin.lists(holding, self.town.now, lag);
                vec![Outcome::Looked { holding: owned, direct, groups: Vec::new(), member: None }]
            }
            Step::Call { change: Change::Create } if self.is_old(holding)? => Vec::new(),
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

    /// Whether a create is not called after all, because the look before it is old.
    fn is_old(&mut self, holding: &Holding) -> Result<bool, String> {
        let about = Outcome::AboutToCreate { holding: holding.clone() };
        self.send(Incoming::inside(Command::Outcome(about)))?;
        Ok(next_step(&self.town.book, holding, self.town.now) != Step::Call { change: Change::Create })
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

    fn by_hand(&mut self, who: usize, place: usize, add: bool) {
        // Somebody who removes, removes what they find.
        let found =
            if add { None } else { self.twin.has.iter().nth(who % self.twin.has.len().max(1)).cloned() };
        let holding =
            found.unwrap_or_else(|| Holding { principal: person(PEOPLE[who]), target: thing(place) });
        if holding == standing() {
            return;
        }
        self.twin.by_hand(&holding, add);
        if add {
            self.added_by_hand.push(holding.clone());
        }
        self.say(format!("by hand: {} {holding}", if add { "add" } else { "remove" }));
    }

    fn policy(&mut self, (approvals, quorum): (u32, usize), may_not_request: usize, may_not_approve: usize) {
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
        self.town.rules.may_urgently = all_but(may_not_request);
        self.town.rules.may_approve = all_but(may_not_approve);
        let one_of = |group: &str| Quorum { needed: 1, group: group.to_owned() };
        let from = [vec![], vec![one_of("leads")], vec![one_of("leads"), one_of("security")], vec![], vec![]]
            [quorum]
            .clone();
        let escalate = vec![Escalation { after: Seconds::minutes(20), group: "security".to_owned() }];
        let groups =
            if quorum == 3 { vec![GroupId::new("staff"), GroupId::new("security")] } else { Vec::new() };
        let needed = u32::try_from(from.len()).unwrap();
        let terms =
            Terms { from, escalate, groups, cut_sessions: quorum == 1, ..self.town.rules.terms.clone() };
        let terms = Terms { approvals: needed.max(if needed > 0 { 0 } else { approvals }), ..terms };
        self.town.rules.of_target = [(target_with(ADMIN), terms)].into();
        let rules = &self.town.rules;
        self.say(format!(
            "policy: {:?} by {:?} for {:?}",
            rules.of_target, rules.may_approve, rules.may_request
        ));
    }

    /// P3: whatever happened, once the provider is healthy and the last deadline is over, nothing of ours is left.
    pub fn comes_to_its_end(&mut self) -> Law {
        (self.bad, self.lag) = (false, 0);
        self.say("the weather is fine from here on".to_owned());
        self.crashes()?;
        self.all_is_looked_at()?;
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

    /// Whoever may looks at what was granted at once: nobody is reminded of it for ever.
    fn all_is_looked_at(&mut self) -> Law {
        for person in self.town.directory.people.values_mut() {
            person.employment = Employment::Enabled;
        }
        self.policy((0, 0), PEOPLE.len(), PEOPLE.len());
        let wanted: Vec<(RequestId, PersonId)> = self
            .town
            .book
            .requests()
            .filter(|request| request.review.is_wanted())
            .map(|request| (request.ask.id.clone(), request.ask.requester.clone()))
            .collect();
        for (id, requester) in wanted {
            let who = PEOPLE.iter().position(|name| person(name) != requester).unwrap();
            self.person_sends(who, Command::Acknowledge { id, note: None })?;
        }
        Ok(())
    }

    fn nothing_is_left(&mut self) -> Law {
        let due: Vec<_> = self.town.book.due().collect();
        holds(due.is_empty(), format!("P3: it does not come to rest: {due:?}"))?;
        let open: Vec<_> =
            self.town.book.requests().map(|request| (&request.ask.id, &request.state)).collect();
        holds(open.is_empty(), format!("P3: left open: {open:?}"))?;
        holds(self.town.book.holdings().next().is_none(), "P3: holdings are left in the book")?;
        holds(self.town.book.cuts().next().is_none(), "cuts are left in the book")?;
        holds(self.denied.is_empty(), format!("sessions are denied for ever: {:?}", self.denied))?;
        self.passes(WAY_MAX + WORK_MAX + 1)?;
        holds(self.twin.has.contains(&standing()), "P5: what stood before was removed")?;
        let mut left = self.twin.has.clone();
        left.remove(&standing());
        left.retain(|holding| !self.added_by_hand.contains(holding));
        holds(left.is_empty(), format!("P3: access of ours is left: {left:?}"))
    }
}
