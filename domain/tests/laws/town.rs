//! A small company, a provider that keeps a set, and a plain table for rules: enough to live whole histories in memory.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::book::{Row, RowKey};
use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::decide::refused;
use glasskey_domain::directory::{Account, AccountState, Group, PermissionSet};
use glasskey_domain::emergency::EmergencyTerms;
use glasskey_domain::event::{Answer, Record};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::{OperationId, OuId};
use glasskey_domain::person::Employment;
use glasskey_domain::reconcile::{Step, next_step};
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted};
use glasskey_domain::sessions::CutState;
use glasskey_domain::*;
use jiff::{SignedDuration, Timestamp};

pub const ADMIN: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-admin";
pub const READER: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-reader";

pub fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

pub fn holding(name: &str) -> Holding {
    Holding { principal: person(name), target: target() }
}

pub fn target() -> Target {
    target_with(ADMIN)
}

pub fn target_with(arn: &str) -> Target {
    Target::Assignment {
        account: AccountId::parse("222222222222").unwrap(),
        permission_set: PermissionSetArn::new(arn),
    }
}

/// Being in a group of the company.
pub fn group(name: &str) -> Target {
    Target::Membership { group: GroupId::new(name) }
}

/// One thing, from now on.
pub fn wish(id: &str, hours: u32) -> NewRequest {
    NewRequest {
        id: RequestId::parse(id).unwrap(),
        targets: vec![target()],
        bundle: None,
        length: Seconds::hours(hours),
        starts_at: None,
        urgent: false,
        reason: "mend the pipeline".to_owned(),
        ticket: None,
    }
}

/// Several things under one name.
pub fn bundle(id: &str, targets: &[Target]) -> NewRequest {
    NewRequest { targets: targets.to_vec(), bundle: Some("oncall-payments".to_owned()), ..wish(id, 1) }
}

pub fn held_by(name: &str, target: Target) -> Holding {
    Holding { principal: person(name), target }
}

/// So many different people of a group, for each of them.
pub fn quorums(of: &[(u32, &str)]) -> Terms {
    let from: Vec<Quorum> =
        of.iter().map(|(needed, group)| Quorum { needed: *needed, group: (*group).to_owned() }).collect();
    let approvals = from.iter().map(|quorum| quorum.needed).sum();
    Terms { approvals, from, max_length: Seconds::hours(8), ..Terms::default() }
}

/// Who may ask, who may approve, and under which terms.
#[derive(Clone)]
pub struct Table {
    pub may_request: BTreeSet<PersonId>,
    /// Who may have it at once.
    pub may_urgently: BTreeSet<PersonId>,
    pub may_approve: BTreeSet<PersonId>,
    /// What it is given under, whatever it is; with the channels that are told, the groups, and the longest grant.
    pub terms: Terms,
    /// What binds one thing besides, as a policy of its own would.
    pub of_target: BTreeMap<Target, Terms>,
    /// Whether none of it can be used.
    pub unusable: bool,
}

impl Table {
    pub fn of(&self, target: &Target) -> &Terms {
        self.of_target.get(target).unwrap_or(&self.terms)
    }

    fn verdict(&self, question: &Question, yes: bool) -> Verdict {
        let terms = self.of(&question.target).clone();
        if yes { Verdict::Permit(terms) } else { Verdict::Refuse(NotPermitted::NoPolicy) }
    }
}

impl Rules for Table {
    fn are_known(&self) -> bool {
        !self.unusable
    }
    fn request(&self, directory: &Directory, question: &Question) -> Verdict {
        let terms = self.of(&question.target);
        if question.length > terms.max_length {
            let policy = "table".to_owned();
            return Verdict::Refuse(NotPermitted::TooLong { max: terms.max_length, policy });
        }
        let who = if question.urgent { &self.may_urgently } else { &self.may_request };
        let groups = &terms.groups;
        let in_group = groups.is_empty() || groups.iter().any(|id| directory.is_in(&question.requester, id));
        self.verdict(question, who.contains(&question.requester) && in_group)
    }
    fn approve(&self, _: &Directory, question: &Question, approver: &PersonId) -> Verdict {
        self.verdict(question, self.may_approve.contains(approver))
    }
    fn revoke(&self, _: &Directory, question: &Question, actor: &PersonId) -> Verdict {
        self.verdict(question, self.may_approve.contains(actor))
    }
    fn approvers(&self, directory: &Directory, question: &Question, most: usize) -> Approvers {
        let people = self
            .may_approve
            .iter()
            .filter(|p| **p != question.requester && directory.enabled(p).is_some())
            .take(most)
            .cloned()
            .collect();
        Approvers { people, complete: true }
    }
    // Emergencies have tests of their own, beside these.
    fn breakglass(&self, _: &Directory, _: &EmergencyQuestion) -> Result<EmergencyTerms, NotPermitted> {
        Err(NotPermitted::NoPolicy)
    }
    fn confirm(
        &self,
        _: &Directory,
        _: &EmergencyQuestion,
        _: &PersonId,
    ) -> Result<Vec<String>, NotPermitted> {
        Err(NotPermitted::NoPolicy)
    }
    fn confirmers(&self, _: &Directory, _: &EmergencyQuestion, _: usize) -> Approvers {
        Approvers::default()
    }
    fn audit(&self, _: &Directory, _: &PersonId, _: Door, _: Timestamp) -> Result<(), NotPermitted> {
        Err(NotPermitted::NoPolicy)
    }
    fn administer(
        &self,
        _: &Directory,
        person: &PersonId,
        _: Door,
        _: Timestamp,
    ) -> Result<(), NotPermitted> {
        if self.may_approve.contains(person) { Ok(()) } else { Err(NotPermitted::NoPolicy) }
    }
}

pub fn directory() -> Directory {
    let mut directory = Directory::empty();
    directory.read_at = Timestamp::from_second(1_800_000_000).unwrap();
    for name in ["ana", "bo", "cy", "dee"] {
        directory.people.insert(
            person(name),
            Person {
                id: person(name),
                user_name: name.to_owned(),
                display_name: name.to_owned(),
                emails: vec![format!("{name}@acme.example")],
                employment: Employment::Enabled,
            },
        );
    }
    let account = AccountId::parse("222222222222").unwrap();
    directory.accounts.insert(
        account.clone(),
        Account {
            id: account,
            name: "payments-prod".to_owned(),
            state: AccountState::Active,
            parent: OuId::new("r-1"),
            management: false,
        },
    );
    for (id, people) in [("leads", vec!["bo", "dee"]), ("security", vec!["cy", "dee"]), ("oncall", vec![])] {
        let id = GroupId::new(id);
        let group = Group::plain(id.clone(), id.to_string());
        directory.groups.insert(id.clone(), group);
        for name in people {
            directory.memberships.entry(person(name)).or_default().insert(id.clone());
        }
    }
    for (arn, name) in [(ADMIN, "Admin"), (READER, "Reader")] {
        let set = PermissionSet {
            arn: PermissionSetArn::new(arn),
            name: name.to_owned(),
            session: Seconds::hours(1),
        };
        directory.permission_sets.insert(set.arn.clone(), set);
    }
    directory
}

/// What AWS holds: a set, with operations that take their time.
#[derive(Default, Clone)]
pub struct Provider {
    pub has: BTreeSet<Holding>,
    pub running: BTreeMap<OperationId, (Holding, Change)>,
    next: u32,
}

impl Provider {
    pub fn start(&mut self, holding: &Holding, change: Change) -> OperationId {
        self.next += 1;
        let id = OperationId::new(format!("op-{}", self.next));
        self.running.insert(id.clone(), (holding.clone(), change));
        id
    }
    pub fn finish(&mut self, id: &OperationId) -> bool {
        let Some((holding, change)) = self.running.remove(id) else { return false };
        match change {
            Change::Create => self.has.insert(holding),
            Change::Delete => self.has.remove(&holding),
        };
        true
    }
    pub fn finish_all(&mut self) {
        for id in self.running.keys().cloned().collect::<Vec<_>>() {
            self.finish(&id);
        }
    }
}

fn as_result(answer: Answer) -> Result<Reply, Refusal> {
    match answer {
        Answer::Done(reply) => Ok(reply),
        Answer::Refused(refusal) => Err(refusal),
    }
}

pub struct Town {
    pub now: Timestamp,
    pub book: Book,
    pub journal: Vec<Record>,
    pub closed: BTreeMap<RequestId, AccessRequest>,
    /// The stored copy, row by row, as the ledger keeps it.
    pub rows: BTreeMap<RowKey, Row>,
    pub directory: Directory,
    pub rules: Table,
    pub settings: Settings,
    pub provider: Provider,
    /// The sessions that AWS denies: of which holding, from before when.
    pub denied: BTreeMap<Holding, Timestamp>,
}

impl Town {
    pub fn new(approvals: u32) -> Self {
        let people = |names: &[&str]| names.iter().map(|name| person(name)).collect();
        Self {
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            book: Book::default(),
            journal: Vec::new(),
            closed: BTreeMap::new(),
            rows: BTreeMap::new(),
            directory: directory(),
            rules: Table {
                may_request: people(&["ana", "bo"]),
                may_approve: people(&["ana", "bo", "dee"]),
                may_urgently: people(&["ana"]),
                terms: Terms {
                    policies: vec!["table".to_owned()],
                    set: "set-1".to_owned(),
                    approvals,
                    max_length: Seconds::hours(8),
                    ..Terms::default()
                },
                of_target: BTreeMap::new(),
                unusable: false,
            },
            settings: Settings::default(),
            provider: Provider::default(),
            denied: BTreeMap::new(),
        }
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    /// What the clerk does: answers a delivery that came before, else decides, and keeps what has effect.
    pub fn send(&mut self, incoming: Incoming) -> Result<Reply, Refusal> {
        if let Some(answer) = incoming.interaction.as_ref().and_then(|id| self.book.answered(id)) {
            return as_result(answer.clone());
        }
        let id = match &incoming.command {
            Command::Approve { id, .. }
            | Command::Deny { id, .. }
            | Command::Withdraw { id }
            | Command::End { id, .. }
            | Command::Extend { id, .. }
            | Command::Acknowledge { id, .. }
            | Command::Object { id, .. } => Some(id.clone()),
            _ => None,
        };
        let world = World {
            book: &self.book,
            closed: id.as_ref().and_then(|id| self.closed.get(id)),
            directory: &self.directory,
            rules: &self.rules,
            settings: &self.settings,
            now: self.now,
            emergency_on: false,
        };
        let decided = decide(&world, &incoming);
        let (events, answer) = match decided {
            Ok(decision) => (decision.events, Answer::Done(decision.reply)),
            Err(refusal) => (vec![refused(&incoming.command, &refusal)], Answer::Refused(refusal)),
        };
        let kept = incoming.interaction.is_some();
        if !events.is_empty() || kept {
            self.keep(Record {
                at: self.now,
                by: incoming.by,
                interaction: incoming.interaction,
                answer: kept.then(|| answer.clone()),
                events,
            });
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
        for closed in touched.closed {
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

    pub fn does(&mut self, who: &str, command: Command) -> Result<Reply, Refusal> {
        self.send(Incoming { by: Actor::person(person(who), Door::Slack), interaction: None, command })
    }

    /// What was journalled and what was stored tell the same book.
    pub fn agrees(&self) {
        assert_eq!(self.replayed(), self.book, "the journal tells another book");
        assert_eq!(self.reloaded(), self.book, "the stored copy tells another book");
    }

    /// The bot starts, and serves these platforms.
    pub fn starts(&mut self, platforms: Served) {
        let started = Command::Started { version: "0.1.0".to_owned(), platforms };
        self.send(Incoming::inside(started)).unwrap();
    }

    pub fn asks(&mut self, who: &str, id: &str, hours: u32) -> Result<RequestId, Refusal> {
        let new = wish(id, hours);
        self.wishes(who, &new).map(|_| new.id)
    }

    pub fn wishes(&mut self, who: &str, new: &NewRequest) -> Result<Reply, Refusal> {
        self.does(who, Command::Request(new.clone()))
    }

    pub fn says_yes(&mut self, who: &str, id: &RequestId) -> Result<Reply, Refusal> {
        self.does(who, Command::Approve { id: id.clone(), matter: Matter::Now, length: None })
    }

    /// What ana wishes is there, with bo's yes where it needs one.
    pub fn granted(&mut self, new: &NewRequest) -> RequestId {
        if let Reply::Waiting { id, .. } = self.wishes("ana", new).unwrap() {
            self.says_yes("bo", &id).unwrap();
        }
        self.settle();
        assert!(matches!(self.state(&new.id), State::Active { .. }), "{:?}", self.state(&new.id));
        new.id.clone()
    }

    pub fn ends(&mut self, who: &str, id: &RequestId, cut: bool) -> Result<Reply, Refusal> {
        self.does(who, Command::End { id: id.clone(), cut })
    }

    pub fn request(&self, id: &RequestId) -> &AccessRequest {
        self.book.request(id).or_else(|| self.closed.get(id)).unwrap()
    }

    pub fn deadline(&self, id: &RequestId) -> Timestamp {
        self.request(id).deadline().unwrap()
    }

    /// What was in memory is gone, and comes back from the journal.
    pub fn crashes(&mut self) {
        self.agrees();
        self.book = self.replayed();
        self.starts(Served::default());
    }

    pub fn inside(&mut self, command: Command) {
        self.send(Incoming::inside(command)).unwrap();
    }

    /// The directory is read anew, and what is granted is compared with it.
    pub fn compares(&mut self) {
        self.directory.read_at = self.now;
        let ids: Vec<RequestId> = self.book.requests().map(|request| request.ask.id.clone()).collect();
        self.inside(Command::Recheck { ids });
    }

    /// The messages of a kind that were decided on, ever.
    pub fn heard(&self, kind: NoticeKind) -> usize {
        let told = self.journal.iter().flat_map(|record| &record.events);
        told.filter(|event| matches!(event, Event::Told { tell } if tell.kind == kind)).count()
    }

    pub fn outcome(&mut self, outcome: Outcome) {
        self.send(Incoming::inside(Command::Outcome(outcome))).unwrap();
    }

    /// One step outside for a holding, whose outcome is committed. Says whether there was one.
    pub fn step(&mut self, holding: &Holding) -> bool {
        let holding = holding.clone();
        match next_step(&self.book, &holding, self.now) {
            Step::Rest | Step::Wait { .. } => return false,
            Step::Look => {
                let direct = self.provider.has.contains(&holding);
                self.outcome(Outcome::Looked { holding, direct, groups: Vec::new(), member: None });
            }
            Step::Call { change } => {
                let operation = self.provider.start(&holding, change);
                self.outcome(Outcome::Running { holding, change, operation });
            }
            Step::Poll { change, operation } => {
                self.provider.finish(&operation);
                self.outcome(Outcome::Succeeded { holding, change });
            }
        }
        true
    }

    /// Everything that is due now, until nothing is.
    pub fn settle(&mut self) {
        for _ in 0..1000 {
            let Some((_, job)) = self.book.due().find(|(at, _)| *at <= self.now).cloned() else { return };
            self.perform(&job);
        }
        panic!("the town does not come to rest: {:?}", self.book.due().collect::<Vec<_>>());
    }

    pub fn perform(&mut self, job: &Job) {
        let inside = |command| Incoming::inside(command);
        match job.clone() {
            Job::Reconcile { holding, .. } => {
                self.step(&holding);
            }
            Job::Expire { id } => drop(self.send(inside(Command::Expire { id }))),
            Job::Overdue { id } => drop(self.send(inside(Command::Overdue { id }))),
            Job::Lapse { id } => drop(self.send(inside(Command::Lapse { id }))),
            Job::Start { id } => drop(self.send(inside(Command::Start { id }))),
            Job::Nudge { id } => drop(self.send(inside(Command::Nudge { id }))),
            Job::EndAll => drop(self.send(inside(Command::GoOnEnding))),
            Job::Sessions { holding } => self.sessions(&holding),
            Job::Card { id, on } => {
                let version = self.book.request(id.request().unwrap()).unwrap().version;
                let message = request::MessageRef { channel: "C".to_owned(), message: id.to_string() };
                self.outcome(Outcome::CardShown { id, on, version, message });
            }
            Job::Tell { tell } => self.outcome(Outcome::Told { tell }),
            Job::Federation { .. } | Job::EmergencyTimer { .. } => {
                panic!("nobody opened an emergency: {job}")
            }
        }
    }

    /// Makes AWS deny what is to be denied of a holding, or not any more.
    fn sessions(&mut self, holding: &Holding) {
        let Some(cut) = self.book.cut(holding).cloned() else { return };
        let holding = holding.clone();
        match cut.state {
            CutState::Placing => {
                self.denied.insert(holding.clone(), cut.before);
                self.outcome(Outcome::SessionsCut { before: cut.before, holding });
            }
            CutState::InForce => drop(self.send(Incoming::inside(Command::LiftCut { holding }))),
            CutState::Lifting => {
                self.denied.remove(&holding);
                self.outcome(Outcome::SessionsFreed { holding });
            }
        }
    }

    pub fn state(&self, id: &RequestId) -> State {
        self.book.request(id).or_else(|| self.closed.get(id)).unwrap().state.clone()
    }
}
