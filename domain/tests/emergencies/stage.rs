//! One scene at a time, with the laws looking on: what somebody says, what the provider shows, what time does.

use glasskey_domain::command::{EmergencyCommand, Incoming, NewEmergency, Which};
use glasskey_domain::emergency::{EmergencyState, Level};
use glasskey_domain::event::{EmergencyFact, Event};
use glasskey_domain::federation::{FederationChange, Made};
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::*;

use crate::acts::Dice;
use crate::life::Life;
use crate::town::*;
use crate::twin::member;

impl Life {
    /// A life in fine weather in which so many must confirm.
    pub fn fine(approvals: u32) -> Self {
        let mut life = Self::new();
        life.town.rules.approvals = [approvals; 2];
        life.town.rules.approvals_long = approvals;
        life
    }

    /// One in which the emergency 0, opened by ana for these, is on.
    pub fn on(people: &[&str]) -> Self {
        let mut life = Self::fine(0);
        life.does("ana", EmergencyCommand::Open(new(0, people))).unwrap();
        life.rest();
        assert_eq!(life.word(0), EmergencyWord::On);
        life
    }

    pub fn does(&mut self, who: &str, command: EmergencyCommand) -> Result<Reply, Refusal> {
        let incoming = Incoming {
            by: Actor::person(person(who), Door::Slack),
            interaction: None,
            command: Command::Emergency(command),
        };
        self.answers(incoming)
    }

    pub fn answers(&mut self, incoming: Incoming) -> Result<Reply, Refusal> {
        // Said twice: once to hear the answer, on a copy of the book; once to be looked at by the laws.
        let book = self.town.book.clone();
        let (records, rows, closed) =
            (self.town.journal.len(), self.town.rows.clone(), self.town.closed.clone());
        let answer = self.town.send(incoming.clone());
        self.town.journal.truncate(records);
        (self.town.book, self.town.rows, self.town.closed) = (book, rows, closed);
        self.send(incoming).unwrap();
        answer
    }

    pub fn off(&mut self, who: &str) -> Result<Reply, Refusal> {
        self.does(who, EmergencyCommand::Off { which: open(), reason: None })
    }

    pub fn confirms(&mut self, who: &str) -> Result<Reply, Refusal> {
        self.does(who, EmergencyCommand::Confirm { which: open() })
    }

    pub fn adds(&mut self, who: &str, whom: &str, level: Level) -> Result<Reply, Refusal> {
        self.does(who, EmergencyCommand::Add { which: open(), people: vec![person(whom)], level })
    }

    pub fn removes(&mut self, who: &str, whom: &str) -> Result<Reply, Refusal> {
        self.does(who, EmergencyCommand::Remove { which: open(), people: vec![person(whom)] })
    }

    pub fn extends(&mut self, who: &str, seconds: u32) -> Result<Reply, Refusal> {
        self.does(who, EmergencyCommand::Extend { which: open(), by: Seconds(seconds) })
    }

    pub fn opens(&mut self, new: NewEmergency) -> Result<Reply, Refusal> {
        self.does("ana", EmergencyCommand::Open(new))
    }

    pub fn reviews(&mut self, who: &str, number: u64) -> Result<Reply, Refusal> {
        self.does(who, EmergencyCommand::Review { id: id(number), note: None })
    }

    pub fn said(&mut self, outcome: Outcome) {
        self.send(Incoming::inside(Command::Outcome(outcome))).unwrap();
    }

    pub fn tick(&mut self, number: u64) {
        let command = EmergencyCommand::Tick { id: id(number) };
        self.send(Incoming::inside(Command::Emergency(command))).unwrap();
    }

    pub fn made(&mut self, number: u64, change: FederationChange, made: Made) {
        self.said(Outcome::FederationMade { id: id(number), results: vec![(change, made)] });
    }

    /// A look that shows how it was so many seconds ago.
    pub fn looked(&mut self, number: u64, lag: i64) {
        let looked = self.twin.shows(self.town.now, lag, true);
        self.said(Outcome::FederationLooked { id: id(number), looked, fault: None });
    }

    /// All that is due now is done.
    pub fn rest(&mut self) {
        for _ in 0..20 {
            self.settles(&mut Dice(1)).unwrap();
        }
    }

    /// Only the federation's next step.
    pub fn step(&mut self, number: u64) {
        let job = Job::Federation { id: id(number), closing: false };
        self.perform(&job, &mut Dice(1)).unwrap();
        self.land_all(false).unwrap();
    }

    pub fn wait(&mut self, seconds: i64) {
        self.passes(seconds).unwrap();
    }

    pub fn one(&self, number: u64) -> &Emergency {
        self.town.emergency(&id(number))
    }

    pub fn word(&self, number: u64) -> EmergencyWord {
        self.one(number).state.word()
    }

    pub fn deadline(&self, number: u64) -> jiff::Timestamp {
        self.one(number).deadline().unwrap()
    }

    /// How many times something of this kind was written down.
    pub fn facts(&self, which: impl Fn(&EmergencyFact) -> bool) -> usize {
        let events = self.town.journal.iter().flat_map(|record| &record.events);
        events.filter(|event| matches!(event, Event::Emergency { fact, .. } if which(fact))).count()
    }

    pub fn untold(&self, number: u64, kind: NoticeKind) -> usize {
        self.one(number).untold.keys().filter(|tell| tell.kind == kind).count()
    }

    pub fn drilled(&self) -> Option<String> {
        self.town.book.watch().drills[&federation()].fault.clone()
    }

    pub fn review_reminded(&self, number: u64) -> u32 {
        match self.one(number).review {
            emergency::Review::Wanted { reminded, .. } => reminded,
            _ => 0,
        }
    }

    pub fn overdue_told(&self, number: u64) -> u32 {
        match self.one(number).state {
            EmergencyState::Closing { overdue_told, .. } => overdue_told,
            _ => 0,
        }
    }
}

pub fn add(whom: &str) -> FederationChange {
    FederationChange::Add { level: Level::Ops, person: person(whom) }
}

pub fn remove(whom: &str) -> FederationChange {
    FederationChange::Remove { level: Level::Ops, member: member(&person(whom)) }
}

pub fn done_add(whom: &str) -> Made {
    Made::Done { member: Some(member(&person(whom))) }
}

pub fn done() -> Made {
    Made::Done { member: None }
}

pub fn lost() -> Made {
    Made::Lost { what: "timed out".to_owned() }
}

pub fn not_done() -> Made {
    Made::NotDone { what: "500".to_owned() }
}

pub fn by_id(number: u64) -> Which {
    Which::Id(id(number))
}
