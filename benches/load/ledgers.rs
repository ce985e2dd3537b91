//! Ledgers with a past, made by the product's own `decide`, `apply` and `commit`: as the bot would have written them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use glasskey::ledger::{self, Vault};
use glasskey::ports::{Entry, Ledger as _};
use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::directory::{Account, AccountState, PermissionSet};
use glasskey_domain::emergency::EmergencyTerms;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::{OperationId, OuId};
use glasskey_domain::person::Employment;
use glasskey_domain::request::MessageRef;
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted};
use glasskey_domain::{
    AccountId, Actor, Book, Command, Directory, Door, Holding, InteractionId, Outcome, PermissionSetArn,
    Person, PersonId, Platform, Question, Record, RequestId, Rules, Seconds, Settings, Target, Terms,
    Verdict, World, decide,
};
use glasskey_playground::company::{Assignment, Company, Principal};
use jiff::Timestamp;

/// Live grants of the large ledgers.
pub(crate) const LIVE: usize = 10_000;
/// Events of the largest.
const EVENTS: usize = 1_000_000;
/// Decisions per commit while a ledger is made.
const PER_COMMIT: usize = 128;
/// Requests whose deliveries are still remembered at a start: a day's worth of a busy company, two each.
const DELIVERIES: usize = 10_000;
/// The longest that policy can permit: a grant that it would no longer permit is told, and ten thousand of them are no
/// ordinary day.
const LONG: Seconds = Seconds::hours(24 * 7);
/// Long grants of a kept ledger live on for at least a day.
const KEPT_FOR: Duration = Duration::from_secs(6 * 24 * 3_600);
/// Raise it when what is made here changes: cached ledgers of another form are made anew.
const FORM: &str = "3";

/// The company of the load runs: enough people that nobody has more than twenty open requests.
pub(crate) fn company() -> Company {
    Company::large(1_000, 20, 2, 100, 10)
}

/// Grant `number` of [`company`]: whose, and what. Distinct for every number below 900,000; never the approvers' own.
pub(crate) fn grant(company: &Company, number: usize) -> (PersonId, Target) {
    let person = number % company.people.len();
    let round = number / company.people.len();
    let account = &company.accounts[2 + (round * 7 + person) % (company.accounts.len() - 2)];
    let set = &company.permission_sets[round % company.permission_sets.len()];
    let person = PersonId::new(company.people[person].identity_user_id.clone().unwrap());
    let permission_set = PermissionSetArn::new(set.arn.clone());
    (person, Target::Assignment { account: AccountId::parse(&account.id).unwrap(), permission_set })
}

/// Lets AWS have the first grants of [`grant`] from the start.
pub(crate) fn with_grants(company: Company, grants: usize) -> Company {
    let of = company.clone();
    with_grants_of(company, &of, grants)
}

/// The same with the grants of a smaller company, whose people, accounts and permission sets this one has too.
pub(crate) fn with_grants_of(mut company: Company, of: &Company, grants: usize) -> Company {
    for number in 0..grants {
        let (person, target) = grant(of, number);
        let Target::Assignment { account, permission_set } = target else {
            unreachable!("grants are assignments")
        };
        company.assignments.push(Assignment {
            principal: Principal::User(person.to_string()),
            account: account.to_string(),
            permission_set: permission_set.to_string(),
        });
    }
    company
}

/// Says yes to everything, under one approval: policy is not what is measured here.
struct Yes;

impl Yes {
    fn terms() -> Terms {
        Terms {
            policies: vec!["ask".to_owned()],
            set: "0".repeat(64),
            approvals: 1,
            max_length: LONG,
            ..Terms::default()
        }
    }
}

impl Rules for Yes {
    fn request(&self, _: &Directory, _: &Question) -> Verdict {
        Verdict::Permit(Self::terms())
    }
    fn approve(&self, _: &Directory, _: &Question, _: &PersonId) -> Verdict {
        Verdict::Permit(Self::terms())
    }
    fn revoke(&self, _: &Directory, _: &Question, _: &PersonId) -> Verdict {
        Verdict::Permit(Self::terms())
    }
    fn approvers(&self, _: &Directory, _: &Question, _: usize) -> Approvers {
        Approvers { people: vec![approver()], complete: true }
    }

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
    fn administer(&self, _: &Directory, _: &PersonId, _: Door, _: Timestamp) -> Result<(), NotPermitted> {
        Err(NotPermitted::NoPolicy)
    }
}

fn approver() -> PersonId {
    PersonId::new("an-approver-of-the-past")
}

fn directory(company: &Company) -> Directory {
    let mut directory = Directory::empty();
    let ids = company.people.iter().filter_map(|person| person.identity_user_id.as_deref());
    for id in ids.map(PersonId::new).chain([approver()]) {
        let person = Person {
            id: id.clone(),
            user_name: id.to_string(),
            display_name: id.to_string(),
            emails: vec![format!("{id}@acme.example")],
            employment: Employment::Enabled,
        };
        directory.people.insert(id, person);
    }
    for account in &company.accounts {
        let id = AccountId::parse(&account.id).unwrap();
        let (name, parent) = (account.name.clone(), OuId::new(account.parent.clone()));
        let account =
            Account { id: id.clone(), name, state: AccountState::Active, parent, management: false };
        directory.accounts.insert(id, account);
    }
    for set in &company.permission_sets {
        let arn = PermissionSetArn::new(set.arn.clone());
        let set = PermissionSet { arn: arn.clone(), name: set.name.clone(), session: Seconds::hours(1) };
        directory.permission_sets.insert(arn, set);
    }
    directory
}

/// Writes a past.
struct Scribe {
    vault: Vault,
    book: Book,
    directory: Directory,
    settings: Settings,
    now: Timestamp,
    entries: Vec<Entry>,
    events: usize,
    runtime: tokio::runtime::Runtime,
}

impl Scribe {
    fn at(path: &Path, company: &Company, now: Timestamp) -> Self {
        let opened = ledger::open(path).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let settings = Settings { max_length: LONG, ..Settings::default() };
        let directory = directory(company);
        let (vault, book) = (opened.vault, opened.book);
        Self { vault, book, directory, settings, now, entries: Vec::new(), events: 0, runtime }
    }

    fn take(&mut self, incoming: Incoming) {
        let world = World {
            book: &self.book,
            closed: None,
            directory: &self.directory,
            rules: &Yes,
            settings: &self.settings,
            now: self.now,
            emergency_on: false,
        };
        let decision = decide(&world, &incoming).unwrap();
        if decision.events.is_empty() {
            return;
        }
        self.events += decision.events.len();
        let answer = incoming.interaction.is_some().then_some(glasskey_domain::Answer::Done(decision.reply));
        let record = Record {
            at: self.now,
            by: incoming.by,
            interaction: incoming.interaction,
            answer,
            events: decision.events,
        };
        let touched = self.book.apply(&record);
        let rows = self.book.changes(&touched);
        self.entries.push(Entry { record, rows });
        if self.entries.len() >= PER_COMMIT {
            self.commit();
        }
    }

    fn commit(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        self.runtime.block_on(self.vault.commit(entries)).unwrap();
    }

    fn outcome(&mut self, outcome: Outcome) {
        self.take(Incoming::inside(Command::Outcome(outcome)));
    }

    /// Shows the card and tells what is to be told.
    fn serve(&mut self, id: &RequestId) {
        while let Some(request) = self.book.request(id) {
            let (id, version) = (id.clone(), request.version);
            if let Some(tell) = request.untold.keys().next().cloned() {
                self.outcome(Outcome::TellIntended { tell: tell.clone() });
                self.outcome(Outcome::Told { tell });
            } else if !request.cards.are_current(request.version) {
                let message = MessageRef {
                    channel: "C0ACCESS".to_owned(),
                    message: format!("{}.000100", self.now.as_second()),
                };
                self.outcome(Outcome::CardIntended { id: id.clone().into(), on: Platform::Slack });
                self.outcome(Outcome::CardShown { id: id.into(), on: Platform::Slack, version, message });
            } else {
                return;
            }
        }
    }

    /// Makes a change at the provider, from the look to the confirmation.
    fn change(&mut self, holding: &Holding, change: Change, number: usize) {
        let created = change == Change::Create;
        let looked = |direct: bool| Outcome::Looked {
            holding: holding.clone(),
            direct,
            groups: Vec::new(),
            member: None,
        };
        if created {
            self.outcome(looked(false));
        }
        let operation = OperationId::new(format!("00000000-0000-4000-8000-{number:012}"));
        self.outcome(Outcome::Running { holding: holding.clone(), change, operation });
        self.outcome(Outcome::Succeeded { holding: holding.clone(), change });
        self.outcome(looked(created));
    }

    /// A grant that is active for `length` from now on. Its deliveries are remembered if `delivered`.
    fn grant(
        &mut self,
        number: usize,
        held: (PersonId, Target),
        length: Seconds,
        delivered: bool,
    ) -> RequestId {
        let (person, target) = held;
        let id = RequestId::from_bits(number as u64, 5);
        let holding = Holding { principal: person.clone(), target: target.clone() };
        let delivery = |what: &str| delivered.then(|| InteractionId::new(format!("slack:{what}-{number}")));
        let new = NewRequest {
            id: id.clone(),
            targets: vec![target],
            bundle: None,
            length,
            starts_at: None,
            urgent: false,
            reason: "look into the failed refunds of this morning".to_owned(),
            ticket: Some(format!("INC-{number}")),
        };
        let command = Command::Request(new);
        self.take(Incoming { by: Actor::person(person, Door::Slack), interaction: delivery("ask"), command });
        self.serve(&id);
        let command = Command::Approve { id: id.clone(), matter: glasskey_domain::Matter::Now, length: None };
        let by = Actor::person(approver(), Door::Slack);
        self.take(Incoming { by, interaction: delivery("yes"), command });
        self.change(&holding, Change::Create, number);
        self.serve(&id);
        id
    }

    fn end(&mut self, number: usize, held: (PersonId, Target), id: &RequestId) {
        let (principal, target) = held;
        let by = Actor::person(principal.clone(), Door::Slack);
        self.take(Incoming { by, interaction: None, command: Command::End { id: id.clone(), cut: false } });
        self.change(&Holding { principal, target }, Change::Delete, number);
        self.serve(id);
    }
}

/// A ledger with [`LIVE`] live grants. Cached; hands out a copy's source.
pub(crate) fn live(company: &Company) -> PathBuf {
    cached("live", |path| {
        let mut scribe = Scribe::at(path, company, Timestamp::now());
        for number in 0..LIVE {
            scribe.grant(number, grant(company, number), LONG, number < DELIVERIES);
        }
        scribe.commit();
        assert_eq!(scribe.book.open_count(), LIVE);
        println!("  {LIVE} live grants, {} events", scribe.events);
    })
}

/// The same, with a past of ended grants up to [`EVENTS`] events.
pub(crate) fn million(company: &Company) -> PathBuf {
    cached("million", |path| {
        let mut scribe = Scribe::at(path, company, Timestamp::now());
        let mut number = LIVE;
        // Fifteen events bring a grant from its asking to being active, with all that is told.
        let live_events = LIVE * 15;
        while scribe.events < EVENTS - live_events {
            // A thousand people take turns; each has one grant at a time.
            let held = grant(company, number % 1_000);
            let id = scribe.grant(number, held.clone(), LONG, false);
            scribe.end(number, held, &id);
            number += 1;
        }
        for number in 0..LIVE {
            scribe.grant(number, grant(company, number), LONG, number < DELIVERIES);
        }
        scribe.commit();
        assert_eq!(scribe.book.open_count(), LIVE);
        println!("  {} events, {LIVE} live grants, {} ended", scribe.events, number - LIVE);
    })
}

/// Adds these grants of an hour to the ledger at `path`, which end one after the other from `first_at` on, within `within`.
/// Answers the deadline of each.
pub(crate) fn ending(
    path: &Path,
    company: &Company,
    numbers: Range<usize>,
    first_at: Timestamp,
    within: Seconds,
) -> Vec<Timestamp> {
    let length = Seconds::hours(1);
    let mut scribe = Scribe::at(path, company, first_at);
    let step_us = i64::from(within.0) * 1_000_000 / i64::try_from(numbers.len()).unwrap();
    let deadlines = numbers.enumerate().map(|(place, number)| {
        let after = jiff::SignedDuration::from_micros(step_us * i64::try_from(place).unwrap());
        let deadline = first_at.checked_add(after).unwrap();
        scribe.now = deadline.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap();
        scribe.grant(number, grant(company, number), length, false);
        deadline
    });
    let deadlines = deadlines.collect();
    scribe.commit();
    deadlines
}

fn cached(name: &str, make: impl FnOnce(&Path) + Send) -> PathBuf {
    let path = super::bot::target().join(format!("ledger-{name}-{FORM}"));
    let done = path.join("whole");
    let made = std::fs::metadata(&done).and_then(|done| done.modified()).ok();
    if made.is_none_or(|made| made.elapsed().is_ok_and(|age| age > KEPT_FOR)) {
        drop(std::fs::remove_dir_all(&path));
        println!("preparing the ledger `{name}` (kept for the next time)");
        let began = std::time::Instant::now();
        // A thread of its own, because it drives a runtime of its own.
        std::thread::scope(|scope| scope.spawn(|| make(&path.join("store"))).join().unwrap());
        std::fs::write(done, "").unwrap();
        println!("  took {:?}", began.elapsed());
    }
    path.join("store")
}

/// A copy that a bot may write to.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Requests that a ledger has open, read from the disk alone.
pub(crate) fn open_requests(path: &Path) -> std::collections::BTreeSet<String> {
    let opened = ledger::open(path).unwrap();
    opened.book.requests().map(|request| request.ask.id.to_string()).collect()
}
