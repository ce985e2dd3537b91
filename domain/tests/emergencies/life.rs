//! One history: what people say, and an engine that performs what is due exactly as the real one does.

use glasskey_domain::command::{EmergencyCommand, Incoming, NewEmergency};
use glasskey_domain::emergency::{EmergencyState, Purpose};
use glasskey_domain::ids::InteractionId;
use glasskey_domain::job::Job;
use glasskey_domain::person::Employment;
use glasskey_domain::settings::INTERACTIONS_KEPT;
use glasskey_domain::*;
use jiff::Timestamp;

use crate::acts::*;
use crate::laws::{Law, Watch, holds};
use crate::town::*;
use crate::twin::*;

/// Long enough ways out of every quiet wait: settling, looks, the slowest overdue notice.
const ENDGAME_STEPS: usize = 3000;

pub struct Life {
    pub town: Town,
    pub twin: Twin,
    pub story: Vec<String>,
    pub watch: Watch,
    pub bad: bool,
    pub lag: i64,
    /// Answers of the provider that are not committed yet; one at a time for an emergency.
    pub flying: Vec<(EmergencyId, Timestamp, Outcome)>,
    sent: Vec<(Timestamp, Incoming)>,
    ids: Vec<EmergencyId>,
}

impl Life {
    pub fn new() -> Self {
        Self {
            town: Town::new(1),
            twin: Twin::new(),
            story: Vec::new(),
            watch: Watch::default(),
            bad: false,
            lag: 0,
            flying: Vec::new(),
            sent: Vec::new(),
            ids: Vec::new(),
        }
    }

    pub fn say(&mut self, text: String) {
        self.story.push(format!("{} {text}", self.town.now.strftime("%d %H:%M:%S")));
    }

    pub fn act(&mut self, act: &Act) -> Law {
        match act {
            Act::Opens { who, people, ops, minutes: length } => {
                let id = self.free_id();
                let people: Vec<&str> = people.iter().map(|who| PEOPLE[*who]).collect();
                let (level, length) = (level(*ops), Some(minutes(*length)));
                let new = NewEmergency { id, level, length, ..new(0, &people) };
                self.person_says(*who, EmergencyCommand::Open(new))
            }
            Act::Confirms { who } => self.person_says(*who, EmergencyCommand::Confirm { which: open() }),
            Act::GoesAlone => {
                let waits = self.town.book.open_emergency(&federation());
                let opener = match waits.map(|one| &one.ask.by) {
                    Some(Who::Person { person }) => PEOPLE.iter().position(|name| *name == person.as_str()),
                    _ => None,
                };
                self.person_says(opener.unwrap_or(0), EmergencyCommand::Confirm { which: open() })
            }
            Act::Declines { who } => {
                self.person_says(*who, EmergencyCommand::Decline { which: open(), why: None })
            }
            Act::Closes { who } => {
                self.person_says(*who, EmergencyCommand::Off { which: open(), reason: None })
            }
            Act::Adds { who, people, ops } => {
                let (people, level) = (named(people), level(*ops));
                self.person_says(*who, EmergencyCommand::Add { which: open(), people, level })
            }
            Act::Removes { who, people } => {
                self.person_says(*who, EmergencyCommand::Remove { which: open(), people: named(people) })
            }
            Act::Extends { who, minutes: length } => {
                self.person_says(*who, EmergencyCommand::Extend { which: open(), by: minutes(*length) })
            }
            Act::Drills { who, canary } => self.drills(*who, *canary),
            Act::Reviews { who, which } => {
                let Some(id) = self.ids.iter().rev().nth(*which).cloned() else { return Ok(()) };
                self.person_says(*who, EmergencyCommand::Review { id, note: None })
            }
            Act::ComesAgain { which } => self.comes_again(*which),
            other => self.happens(other),
        }
    }

    fn happens(&mut self, act: &Act) -> Law {
        match act {
            Act::Passes { seconds } => self.passes(*seconds)?,
            Act::Works { jobs, dice } => self.works(*jobs, &mut Dice(*dice))?,
            Act::Settles { dice } => self.settles(&mut Dice(*dice))?,
            Act::Waits { seconds, dice } => {
                let mut dice = Dice(*dice);
                for _ in 0..3 {
                    self.passes(*seconds / 3)?;
                    self.settles(&mut dice)?;
                }
            }
            Act::Lands { twice } => self.land_all(*twice)?,
            Act::Crashes => self.crashes()?,
            Act::ByHand { kind, who, ops } => self.by_hand(*kind, *who, level(*ops)),
            Act::Weather { bad, lag, read_only } => {
                (self.bad, self.lag, self.twin.read_only) = (*bad, *lag, *read_only);
                self.say(format!("the weather is bad: {bad}, answers lag {lag} s, read-only: {read_only}"));
            }
            Act::Policy { .. } => self.policy(act),
            Act::Employs { who, enabled } => {
                let employment = if *enabled { Employment::Enabled } else { Employment::Disabled };
                self.town.directory.people.get_mut(&person(PEOPLE[*who])).unwrap().employment = employment;
                self.say(format!("{} is {employment:?}", PEOPLE[*who]));
            }
            Act::Cuts { on } => {
                let settings = self.town.settings.federations.get_mut(&federation()).unwrap();
                settings.place.cut = on.then(cut_plan);
                self.say(format!("sessions are cut: {on}"));
            }
            Act::Center { answers } => {
                let since = self.town.now;
                self.send(Incoming::inside(Command::Center { answers: *answers, since }))?;
            }
            other => panic!("{other:?} is something that is said"),
        }
        Ok(())
    }

    fn free_id(&mut self) -> EmergencyId {
        let id = id(u64::try_from(self.ids.len()).unwrap());
        self.ids.push(id.clone());
        id
    }

    pub fn send(&mut self, incoming: Incoming) -> Law {
        let (before, records) = (self.town.book.clone(), self.town.journal.len());
        let answer = self.town.send(incoming.clone());
        let who = incoming.by.as_person().map_or("-", PersonId::as_str);
        let events = self.town.journal[records..].iter().flat_map(|record| &record.events);
        let events: Vec<String> = events.map(|event| format!("\n        {event:?}")).collect();
        let said = if incoming.by.as_person().is_some() { format!(" => {answer:?}") } else { String::new() };
        self.say(format!("{who}: {:?}{said}{}", incoming.command, events.concat()));
        for record in &self.town.journal[records..] {
            self.watch.record(&self.town, &self.twin, &before, &incoming, record)?;
        }
        Ok(())
    }

    fn person_says(&mut self, who: usize, command: EmergencyCommand) -> Law {
        let interaction = Some(InteractionId::new(format!("i-{}", self.sent.len())));
        let by = Actor::person(person(PEOPLE[who]), Door::Slack);
        let incoming = Incoming { by, interaction, command: Command::Emergency(command) };
        self.sent.push((self.town.now, incoming.clone()));
        self.send(incoming)
    }

    fn drills(&mut self, who: Option<usize>, canary: bool) -> Law {
        let canaries: Vec<PersonId> = canary.then(|| person("dee")).into_iter().collect();
        let id = self.free_id();
        match who {
            Some(who) => self.person_says(who, EmergencyCommand::Open(NewEmergency { id, ..drill(0) })),
            None => {
                let new = NewEmergency { id, people: canaries, due: Some(self.town.now), ..drill(0) };
                let command = EmergencyCommand::Open(NewEmergency { purpose: Purpose::Drill, ..new });
                self.send(Incoming::inside(Command::Emergency(command)))
            }
        }
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

    pub fn passes(&mut self, seconds: i64) -> Law {
        let arrived = after(self.town.now, seconds);
        if self.flying.iter().any(|(_, since, _)| after(*since, FLIGHT_MAX) < arrived) {
            self.land_all(false)?;
        }
        self.town.pass(seconds);
        self.twin.advance(self.town.now);
        self.say(format!("{seconds} s have passed"));
        Ok(())
    }

    /// The answers that are on their way are written down, in any order.
    pub fn land_all(&mut self, twice: bool) -> Law {
        while let Some((_, _, outcome)) = self.flying.pop() {
            for _ in 0..=u8::from(twice) {
                self.send(Incoming::inside(Command::Outcome(outcome.clone())))?;
            }
        }
        Ok(())
    }

    fn due(&self) -> Vec<Job> {
        let due = self.town.book.due().filter(|(at, _)| *at <= self.town.now);
        due.map(|(_, job)| job.clone()).collect()
    }

    fn works(&mut self, jobs: u8, dice: &mut Dice) -> Law {
        for _ in 0..jobs {
            let due = self.due();
            let Some(job) = due.get(usize::try_from(dice.below(due.len().max(1) as u64)).unwrap()) else {
                return Ok(());
            };
            self.perform(job, dice)?;
            let late = self.bad && dice.one_in(4);
            if !late {
                self.land_all(dice.one_in(8))?;
            }
        }
        Ok(())
    }

    /// Everything that is due now, as far as the weather lets.
    pub fn settles(&mut self, dice: &mut Dice) -> Law {
        for _ in 0..60 {
            self.land_all(false)?;
            let Some(job) = self.due().first().cloned() else { return Ok(()) };
            self.perform(&job, dice)?;
        }
        Ok(())
    }

    /// What was in memory is gone; what was stored and what was journalled agree.
    pub fn crashes(&mut self) -> Law {
        self.say("crash".to_owned());
        self.flying.clear();
        let replayed = self.town.replayed();
        holds(replayed == self.town.book, "P7: the journal tells another book")?;
        let reloaded = self.town.reloaded();
        holds(reloaded == self.town.book, "the stored copy tells another book")?;
        self.town.book = if self.story.len().is_multiple_of(2) { replayed } else { reloaded };
        self.send(Incoming::inside(Command::Started {
            version: "0.1.0".to_owned(),
            platforms: Served::default(),
        }))
    }

    fn by_hand(&mut self, kind: u8, who: usize, level: emergency::Level) {
        use glasskey_domain::federation::FederationChange as Change;
        let whom = person(PEOPLE[who]);
        // Somebody who removes, removes whom they find.
        let all = &self.twin.has.groups[&level];
        let found = all.iter().nth(who % all.len().max(1)).cloned().unwrap_or_else(|| member(&whom));
        let change = match kind {
            0 => Change::Activate,
            1 => Change::Deactivate,
            2 => Change::Add { level, person: whom },
            _ => Change::Remove { level, member: found },
        };
        self.say(format!("by hand: {change:?}"));
        self.twin.by_hand(self.town.now, &change);
    }

    fn policy(&mut self, act: &Act) {
        let Act::Policy { ro, ops, long, solo, may_not_open, may_not_confirm } = act else { return };
        let all_but = |names: &[&str], skip: usize| {
            let kept = names.iter().enumerate().filter(|(place, _)| *place != skip);
            kept.map(|(_, name)| person(name)).collect()
        };
        let rules = &mut self.town.rules;
        rules.approvals = [*ro, (*ops).max(*ro)];
        rules.approvals_long = *long;
        rules.solo_after = solo.map(Seconds);
        rules.may_open = all_but(&["ana", "bo", "cy"], *may_not_open);
        rules.may_confirm = all_but(&["ana", "bo", "cy", "dee"], *may_not_confirm);
        let text = format!("policy: {:?}", self.town.rules);
        self.say(text);
    }

    /// P3: whatever happened, once the provider is well and the last deadline is over, everything is closed.
    pub fn comes_to_its_end(&mut self) -> Law {
        (self.bad, self.twin.read_only) = (false, false);
        self.town.directory.people.get_mut(&person("zoe")).unwrap().employment = Employment::Enabled;
        self.say("the weather is fine from here on".to_owned());
        self.crashes()?;
        let mut dice = Dice(u64::try_from(self.story.len()).unwrap());
        for _ in 0..ENDGAME_STEPS {
            let Some((at, job)) = self.town.book.due().next().cloned() else { break };
            if at > self.town.now {
                self.watch.overdue_is_told(&self.town)?;
                self.reviews_what_is_off()?;
                self.passes(at.duration_since(self.town.now).as_secs() + 1)?;
            }
            self.perform(&job, &mut dice)?;
            self.land_all(false)?;
            self.passes(1)?;
        }
        let left: Vec<_> = self.town.book.due().collect();
        holds(left.is_empty(), format!("P3: it does not come to rest: {left:?}"))?;
        let open: Vec<_> = self.town.book.emergencies().map(|one| (&one.ask.id, &one.state)).collect();
        holds(open.is_empty(), format!("P3: left open: {open:?}"))
    }

    /// An auditor acknowledges what is off: then it leaves the book.
    fn reviews_what_is_off(&mut self) -> Law {
        let off = self.town.book.emergencies().find(|one| {
            matches!(one.state, EmergencyState::Off { .. })
                && matches!(one.review, emergency::Review::Wanted { .. })
        });
        let Some(id) = off.map(|one| one.ask.id.clone()) else { return Ok(()) };
        self.town.rules.auditors.insert(person("zoe"));
        let zoe = PEOPLE.iter().position(|name| *name == "zoe").unwrap();
        self.person_says(zoe, EmergencyCommand::Review { id: id.clone(), note: None })?;
        let done = matches!(self.town.emergency(&id).review, emergency::Review::Done { .. });
        holds(done, format!("{id} cannot be reviewed by somebody who had no part in it"))
    }
}

fn named(people: &[usize]) -> Vec<PersonId> {
    people.iter().map(|who| person(PEOPLE[*who])).collect()
}
