//! How long one decision takes with 10,000 live requests in the book. Target: `decide` within 20 µs, whatever the size of
//! the book; it must never depend on policy (a table that says yes stands for it) or on a disk.
#![expect(missing_docs, reason = "criterion's macros make public functions without documentation")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up says so by failing")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::directory::{Account, AccountState, PermissionSet};
use glasskey_domain::emergency::EmergencyTerms;
use glasskey_domain::ids::OuId;
use glasskey_domain::person::Employment;
use glasskey_domain::reconcile::next_step;
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted};
use glasskey_domain::{
    AccountId, Actor, Book, Command, Decision, Directory, Door, Holding, Outcome, PermissionSetArn, Person,
    PersonId, Question, Record, RequestId, Rules, Seconds, Settings, Target, Terms, Verdict, World, decide,
};
use jiff::Timestamp;

/// The size at which issue 2 asks for the figure.
const LIVE: u64 = 10_000;
/// People who share the live requests; each below the limit of open requests.
const PEOPLE: u64 = 2_000;

/// Says yes to everything, under one approval by one approver.
struct Yes;

impl Yes {
    fn terms() -> Terms {
        Terms {
            policies: vec!["yes".to_owned()],
            set: "set".to_owned(),
            approvals: 1,
            max_length: Seconds::hours(8),
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
    PersonId::new("p-approver")
}

fn person(number: u64) -> PersonId {
    PersonId::new(format!("p-{number}"))
}

fn id(number: u64) -> RequestId {
    RequestId::from_bits(number, 5)
}

fn target(number: u64) -> Target {
    Target::Assignment {
        account: AccountId::parse("222222222222").unwrap(),
        permission_set: PermissionSetArn::new(format!("ps-{number}")),
    }
}

fn directory() -> Directory {
    let mut directory = Directory::empty();
    for id in (0..PEOPLE).map(person).chain([approver()]) {
        let person = Person {
            user_name: id.to_string(),
            display_name: id.to_string(),
            emails: vec![format!("{id}@acme.example")],
            employment: Employment::Enabled,
            id: id.clone(),
        };
        directory.people.insert(id, person);
    }
    let id = AccountId::parse("222222222222").unwrap();
    let (name, parent) = ("payments-prod".to_owned(), OuId::new("r-1"));
    let account = Account { id: id.clone(), name, state: AccountState::Active, parent, management: false };
    directory.accounts.insert(id, account);
    for number in 0..=LIVE / PEOPLE {
        let arn = PermissionSetArn::new(format!("ps-{number}"));
        let set = PermissionSet { arn: arn.clone(), name: arn.to_string(), session: Seconds::hours(1) };
        directory.permission_sets.insert(arn, set);
    }
    directory
}

struct Company {
    book: Book,
    directory: Directory,
    settings: Settings,
    now: Timestamp,
}

impl Company {
    /// Every second request is active, the others wait for an approval.
    fn with_live_requests() -> Self {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut company =
            Self { book: Book::default(), directory: directory(), settings: Settings::default(), now };
        for number in 0..LIVE {
            company.take(&request(number, number % PEOPLE, number / PEOPLE));
            if number.is_multiple_of(2) {
                company.take(&approve(number));
                let holding = Holding { principal: person(number % PEOPLE), target: target(number / PEOPLE) };
                for direct in [false, true] {
                    let looked = Outcome::Looked {
                        holding: holding.clone(),
                        direct,
                        groups: Vec::new(),
                        member: None,
                    };
                    company.take(&Incoming::inside(Command::Outcome(looked)));
                    let change = glasskey_domain::holding::Change::Create;
                    let done = Outcome::Succeeded { holding: holding.clone(), change };
                    company.take(&Incoming::inside(Command::Outcome(done)));
                }
            }
        }
        company
    }

    fn decide(&self, incoming: &Incoming) -> Decision {
        let world = World {
            book: &self.book,
            closed: None,
            directory: &self.directory,
            rules: &Yes,
            settings: &self.settings,
            now: self.now,
            emergency_on: false,
        };
        decide(&world, incoming).unwrap()
    }

    fn record(&self, incoming: &Incoming) -> Record {
        let events = self.decide(incoming).events;
        Record { at: self.now, by: incoming.by.clone(), interaction: None, answer: None, events }
    }

    fn take(&mut self, incoming: &Incoming) {
        let record = self.record(incoming);
        self.book.apply(&record);
    }
}

fn request(number: u64, who: u64, what: u64) -> Incoming {
    let new = NewRequest {
        id: id(number),
        targets: vec![target(what)],
        bundle: None,
        length: Seconds::hours(1),
        starts_at: None,
        urgent: false,
        reason: "mend the pipeline".to_owned(),
        ticket: None,
    };
    Incoming {
        by: Actor::person(person(who), Door::Slack),
        interaction: None,
        command: Command::Request(new),
    }
}

fn approve(number: u64) -> Incoming {
    let command = Command::Approve { id: id(number), matter: glasskey_domain::Matter::Now, length: None };
    Incoming { by: Actor::person(approver(), Door::Slack), interaction: None, command }
}

fn decisions(criterion: &mut Criterion) {
    let company = Company::with_live_requests();
    assert_eq!(company.book.open_count(), usize::try_from(LIVE).unwrap());
    let pending = approve(LIVE / 2 + 1);
    let asked = request(LIVE, 1, LIVE / PEOPLE);
    let mut group = criterion.benchmark_group("with 10,000 live requests");
    group.bench_function("decide: request", |bencher| bencher.iter(|| company.decide(black_box(&asked))));
    group.bench_function("decide: approve", |bencher| bencher.iter(|| company.decide(black_box(&pending))));
    let holding = Holding { principal: person(0), target: target(0) };
    let looking = black_box(&holding);
    group.bench_function("next_step", |bencher| {
        bencher.iter(|| next_step(&company.book, looking, company.now));
    });
    let approved = company.record(&pending);
    group.bench_function("apply: approve", |bencher| {
        bencher.iter_batched_ref(
            || company.book.clone(),
            |book| book.apply(black_box(&approved)),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
