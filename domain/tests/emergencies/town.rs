//! A company with one emergency federation, a plain table for rules, and a clerk: enough to live emergencies in memory.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::book::{Row, RowKey};
use glasskey_domain::command::{Incoming, NewEmergency, Which};
use glasskey_domain::decide::refused;
use glasskey_domain::emergency::{CutPlan, EmergencyTerms, Level, Place, Provider, Purpose};
use glasskey_domain::person::Employment;
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted};
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::*;
use jiff::{SignedDuration, Timestamp};

/// eve signs in at the provider under a name that the directory does not know; fay the provider does not know at all;
/// zoe is an auditor who never has a part in anything.
pub const PEOPLE: [&str; 8] = ["ana", "bo", "cy", "dee", "eve", "fay", "aud", "zoe"];

pub fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

pub fn federation() -> FederationId {
    FederationId::new("main")
}

pub fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// Who may what, as policy would say it.
#[derive(Clone, Debug)]
pub struct Table {
    pub may_open: BTreeSet<PersonId>,
    pub may_confirm: BTreeSet<PersonId>,
    pub auditors: BTreeSet<PersonId>,
    /// Confirmations for ro, and for ops.
    pub approvals: [u32; 2],
    /// More of them for what is longer than an hour.
    pub approvals_long: u32,
    pub solo_after: Option<Seconds>,
    pub max_length: Seconds,
}

impl Table {
    pub fn needed(&self, level: Level, length: Seconds) -> u32 {
        let short = match level {
            Level::Ro => self.approvals[0],
            Level::Ops => self.approvals[1],
        };
        if length > Seconds::hours(1) { short.max(self.approvals_long) } else { short }
    }
}

impl Rules for Table {
    fn request(&self, _: &Directory, _: &Question) -> Verdict {
        Verdict::Refuse(NotPermitted::NoPolicy)
    }
    fn approve(&self, _: &Directory, _: &Question, _: &PersonId) -> Verdict {
        Verdict::Refuse(NotPermitted::NoPolicy)
    }
    fn revoke(&self, _: &Directory, _: &Question, _: &PersonId) -> Verdict {
        Verdict::Refuse(NotPermitted::NoPolicy)
    }
    fn approvers(&self, _: &Directory, _: &Question, _: usize) -> Approvers {
        Approvers::default()
    }
    fn breakglass(&self, _: &Directory, asked: &EmergencyQuestion) -> Result<EmergencyTerms, NotPermitted> {
        if !self.may_open.contains(&asked.opener) {
            return Err(NotPermitted::NoPolicy);
        }
        if asked.length > self.max_length {
            return Err(NotPermitted::TooLong { max: self.max_length, policy: "table".to_owned() });
        }
        Ok(EmergencyTerms {
            policies: vec!["table".to_owned()],
            set: "set-1".to_owned(),
            approvals: self.needed(asked.level, asked.length),
            max_length: self.max_length,
            solo_after: self.solo_after,
            notify: Vec::new(),
        })
    }
    fn confirm(
        &self,
        _: &Directory,
        _: &EmergencyQuestion,
        person: &PersonId,
    ) -> Result<Vec<String>, NotPermitted> {
        let may = self.may_confirm.contains(person);
        may.then(|| vec!["table".to_owned()]).ok_or(NotPermitted::NoPolicy)
    }
    fn confirmers(&self, directory: &Directory, asked: &EmergencyQuestion, most: usize) -> Approvers {
        let others =
            self.may_confirm.iter().filter(|p| **p != asked.opener && directory.enabled(p).is_some());
        Approvers { people: others.take(most).cloned().collect(), complete: true }
    }
    fn audit(&self, _: &Directory, person: &PersonId, _: Door, _: Timestamp) -> Result<(), NotPermitted> {
        if self.auditors.contains(person) { Ok(()) } else { Err(NotPermitted::NoPolicy) }
    }
    fn administer(&self, _: &Directory, _: &PersonId, _: Door, _: Timestamp) -> Result<(), NotPermitted> {
        Err(NotPermitted::NoPolicy)
    }
}

fn directory() -> Directory {
    let mut directory = Directory::empty();
    let many = (0..120).map(|number| format!("p{number:03}"));
    for name in PEOPLE.iter().map(|name| (*name).to_owned()).chain(many) {
        let person = Person {
            id: person(&name),
            user_name: name.clone(),
            display_name: name.clone(),
            emails: vec![format!("{name}@acme.example")],
            employment: Employment::Enabled,
        };
        directory.people.insert(person.id.clone(), person);
    }
    directory
}

pub fn place() -> Place {
    Place {
        provider: Provider::Okta,
        app: "0oa1".to_owned(),
        groups: [(Level::Ro, "00gro".to_owned()), (Level::Ops, "00gops".to_owned())].into(),
        session: Seconds::hours(1),
        channel: Some("C0INCIDENT".to_owned()),
        discord_channel: None,
        cut: None,
    }
}

pub fn cut_plan() -> CutPlan {
    CutPlan { assume: "Cutter".to_owned(), roles: vec!["EmergencyAccess_Role1_Ops".to_owned()] }
}

pub struct Town {
    pub now: Timestamp,
    pub book: Book,
    pub journal: Vec<Record>,
    /// What left the book, as it was.
    pub closed: BTreeMap<EmergencyId, Emergency>,
    /// The stored copy, row by row, as the ledger keeps it.
    pub rows: BTreeMap<RowKey, Row>,
    pub directory: Directory,
    pub rules: Table,
    pub settings: Settings,
}

impl Town {
    pub fn new(approvals: u32) -> Self {
        let people = |names: &[&str]| names.iter().map(|name| person(name)).collect();
        let main = FederationSettings {
            place: place(),
            max_length: Seconds::hours(4),
            length: Seconds::hours(1),
            canary: None,
        };
        Self {
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            book: Book::default(),
            journal: Vec::new(),
            closed: BTreeMap::new(),
            rows: BTreeMap::new(),
            directory: directory(),
            rules: Table {
                may_open: people(&["ana", "bo"]),
                may_confirm: people(&["ana", "bo", "cy", "dee"]),
                auditors: people(&["aud", "zoe", "ana", "cy"]),
                approvals: [approvals, approvals],
                approvals_long: approvals,
                solo_after: None,
                max_length: Seconds::hours(8),
            },
            settings: Settings { federations: [(federation(), main)].into(), ..Settings::default() },
        }
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now = after(self.now, seconds);
    }

    /// What the clerk does: answers a delivery that came before, else decides, and keeps what has effect.
    pub fn send(&mut self, incoming: Incoming) -> Result<Reply, Refusal> {
        if let Some(answer) = incoming.interaction.as_ref().and_then(|id| self.book.answered(id)) {
            return as_result(answer.clone());
        }
        let world = World {
            book: &self.book,
            closed: None,
            directory: &self.directory,
            rules: &self.rules,
            settings: &self.settings,
            now: self.now,
            emergency_on: self.book.emergency_on(),
        };
        let (events, answer) = match decide(&world, &incoming) {
            Ok(decision) => (decision.events, Answer::Done(decision.reply)),
            Err(refusal) => (vec![refused(&incoming.command, &refusal)], Answer::Refused(refusal)),
        };
        let kept = incoming.interaction.is_some();
        if !events.is_empty() || kept {
            let answer = kept.then(|| answer.clone());
            let Incoming { by, interaction, .. } = incoming;
            self.keep(Record { at: self.now, by, interaction, answer, events });
        }
        as_result(answer)
    }

    fn keep(&mut self, record: Record) {
        let touched = self.book.apply(&record);
        for (key, row) in self.book.changes(&touched) {
            match row {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
        self.journal.push(record);
        for closed in touched.closed_emergencies {
            self.closed.insert(closed.ask.id.clone(), closed);
        }
    }

    /// The book as it comes out of the journal, through its text.
    pub fn replayed(&self) -> Book {
        let mut book = Book::default();
        for record in &self.journal {
            let text = serde_json::to_string(record).unwrap();
            book.apply(&serde_json::from_str(&text).unwrap());
        }
        book
    }

    /// The book as it comes out of the stored copy.
    pub fn reloaded(&self) -> Book {
        let mut book = Book::default();
        for row in self.rows.values() {
            book.load(row.clone());
        }
        book.loaded();
        book
    }

    pub fn emergency(&self, id: &EmergencyId) -> &Emergency {
        self.book.emergency(id).or_else(|| self.closed.get(id)).unwrap()
    }
}

fn as_result(answer: Answer) -> Result<Reply, Refusal> {
    match answer {
        Answer::Done(reply) => Ok(reply),
        Answer::Refused(refusal) => Err(refusal),
    }
}

pub fn id(number: u64) -> EmergencyId {
    EmergencyId::from_bits(number, 4)
}

pub fn new(number: u64, people: &[&str]) -> NewEmergency {
    NewEmergency {
        id: id(number),
        federation: None,
        purpose: Purpose::Incident,
        level: Level::Ops,
        length: None,
        incident: None,
        reason: "Identity Center is down".to_owned(),
        people: people.iter().map(|name| person(name)).collect(),
        due: None,
    }
}

pub fn drill(number: u64) -> NewEmergency {
    NewEmergency { purpose: Purpose::Drill, reason: String::new(), ..new(number, &[]) }
}

pub fn open() -> Which {
    Which::Open(None)
}
