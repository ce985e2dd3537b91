//! One verdict: 500 policies, 1,000 accounts in five levels of units, 5,000 people. Promised: 200 µs at the 99th percentile.
//! One list of what somebody may ask for, while they type: 5,000 accounts and 100 permission sets. Promised: 100 ms.
#![expect(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark says what is wrong by failing, and prints what it measured"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use glasskey::policy::{RuleSet, Source, company, question};
use glasskey::ports::{Asking, Choosing, Offering, Query};
use glasskey_domain::rules::{Rules, Verdict};
use glasskey_domain::{Directory, Door, PersonId, Question, Seconds, Target};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const POLICIES: usize = 500;
const ACCOUNTS: usize = 1_000;
const PEOPLE: usize = 5_000;
const GROUPS: usize = 200;
const GROUPS_PER_PERSON: usize = 8;
const QUESTIONS: usize = 2_000;
/// For what is offered while somebody types.
const OFFERED_ACCOUNTS: usize = 5_000;
const OFFERED_SETS: usize = 100;
/// As many as Slack shows.
const OFFERED_MOST: usize = 100;

/// Four units in each of four levels below the first, as far down as Organizations lets them nest.
fn units() -> Vec<String> {
    let mut units = vec!["U".to_owned()];
    let mut level = units.clone();
    for _ in 0..4 {
        level = level
            .iter()
            .flat_map(|above| (0..4).map(move |n| format!("{above}/u{}{n}", above.len())))
            .collect();
        units.extend(level.iter().cloned());
    }
    units
}

fn acme(units: &[String], accounts: usize, sets: &[String]) -> Directory {
    let mut text: String = units.iter().map(|unit| format!("unit {unit}\n")).collect();
    for account in 0..accounts {
        let unit = &units[account * 7 % units.len()];
        text += &format!("account {account:012} account-{account} in {unit}\n");
    }
    for set in sets {
        text += &format!("permission set {set}\n");
    }
    for group in 0..GROUPS {
        let members: Vec<String> = (0..PEOPLE)
            .filter(|person| (0..GROUPS_PER_PERSON).any(|n| (person * 31 + n * 53) % GROUPS == group))
            .map(|person| format!("person-{person}@acme.com"))
            .collect();
        text += &format!("group group-{group}: {}\n", members.join(", "));
    }
    text += "group admins: root@acme.com\npeople: nobody@acme.com\n";
    company("bench", &text).unwrap()
}

/// Two thirds permits, the rest approvals and forbids; every tenth is about everybody, so that slicing has work left.
fn policies(units: &[String]) -> String {
    (0..POLICIES)
        .map(|number| {
            let principal =
                if number % 10 == 0 { "principal".to_owned() } else { format!("principal in Group::\"group-{}\"", number % GROUPS) };
            let resource = format!("resource in OU::\"{}\"", units[number * 3 % units.len()]);
            let set = ["ReadOnly", "PowerUser", "Admin"][number % 3];
            match number % 6 {
                4 => format!("permit({principal}, action == Action::\"approve\", {resource});\n"),
                5 => format!("forbid({principal}, action == Action::\"request\", {resource}) when {{ context.hour < 2 && !(context has ticket) }};\n"),
                _ => format!("permit({principal}, action == Action::\"request\", {resource}) when {{ context.permissionSet == \"{set}\" }};\n"),
            }
        })
        .collect()
}

/// The same as an ordinary company has them, about groups of people; one group may ask for everything.
fn policies_of_groups(units: &[String]) -> String {
    let all = "permit(principal in Group::\"admins\", action == Action::\"request\", resource);\n";
    policies(units).replace("(principal,", "(principal in Group::\"group-7\",") + all
}

/// What it takes to answer each letter that somebody types who may ask for nothing, for something, and for everything. Each is
/// another person, about whom nothing is remembered, unless it says so.
fn offers(units: &[String]) -> BTreeMap<String, Vec<f64>> {
    let mut sets: Vec<String> = (0..OFFERED_SETS - 3).map(|set| format!("Set{set}")).collect();
    sets.extend(["ReadOnly", "PowerUser", "Admin"].map(str::to_owned));
    let directory = acme(units, OFFERED_ACCOUNTS, &sets);
    let text = policies_of_groups(units);
    let sources = [Source { file: "bench.cedar".to_owned(), text }];
    let load = || RuleSet::from_sources(&sources, TimeZone::UTC).unwrap();
    let rules = load();
    let none = BTreeMap::new();
    let texts = ["", "a", "account", "account-4", "account-49", "9", "nothing"];
    let list = |rules: &RuleSet, person: &PersonId, choosing: Choosing<'_>, text: &str| {
        let at = Timestamp::UNIX_EPOCH;
        let longest = Seconds::hours(12);
        let (door, starts_at, ticket) = (Door::Slack, None, None);
        let asking =
            Asking { person, door, at, starts_at, urgent: false, ticket, emergency_on: false, longest };
        let query = Query { choosing, text };
        let start = Instant::now();
        black_box(rules.offers(&directory, &asking, &query, OFFERED_MOST));
        let accounts = start.elapsed();
        let account = directory.accounts.keys().nth(4_900).unwrap();
        let set = directory.permission_sets.keys().next().unwrap();
        let target = Target::Assignment { account: account.clone(), permission_set: set.clone() };
        let start = Instant::now();
        black_box(rules.lengths(&directory, &asking, &target));
        (accounts, start.elapsed())
    };
    let accounts = Choosing::Account { aliases: &none };
    let account = directory.accounts.keys().nth(4_900).unwrap();
    let [nobody, root] = ["nobody@acme.com", "root@acme.com"].map(|name| PersonId::new(format!("p-{name}")));
    let people: Vec<PersonId> =
        (0..PEOPLE).step_by(7).map(|n| PersonId::new(format!("p-person-{n}@acme.com"))).collect();
    let (mut measured, mut lengths) = (BTreeMap::new(), Vec::new());
    let mut keep = |name: &str, mut took: Vec<Duration>| {
        took.sort();
        println!("{name}: p50 {:?}, p99 {:?}", took[took.len() / 2], took[took.len() * 99 / 100]);
        measured.insert(name.to_owned(), took.iter().map(|took| took.as_secs_f64() * 1e6).collect());
    };
    let mut ask = |rules: &RuleSet, person: &PersonId, choosing: Choosing<'_>, text: &str| {
        let (list, length) = list(rules, person, choosing, text);
        lengths.push(length);
        list
    };
    let first: Vec<Duration> = (0..20).map(|_| ask(&load(), &people[3], accounts, "")).collect();
    keep("offers, first since the company was read", first);
    let each = people.iter().zip(texts.iter().cycle());
    keep("offers, accounts, something", each.map(|(who, text)| ask(&rules, who, accounts, text)).collect());
    let again = people.iter().zip(texts.iter().cycle());
    keep("offers, accounts, remembered", again.map(|(who, text)| ask(&rules, who, accounts, text)).collect());
    for (name, who) in [("nothing", &nobody), ("everything", &root)] {
        let fresh = load();
        let took = (0..140).zip(texts.iter().cycle()).map(|(_, text)| ask(&fresh, who, accounts, text));
        keep(&format!("offers, accounts, {name}"), took.collect());
    }
    let sets = Choosing::PermissionSet { account };
    let took = people.iter().chain([&nobody, &root]).map(|who| ask(&rules, who, sets, ""));
    keep("offers, permission sets", took.collect());
    keep("offers, lengths", lengths);
    measured
}

fn questions(directory: &Directory) -> Vec<Question> {
    (0..QUESTIONS)
        .map(|number| {
            let (person, account) = (number * 37 % PEOPLE, number * 13 % ACCOUNTS);
            let (who, account) = (format!("person-{person}@acme.com"), format!("account-{account}"));
            let set = ["ReadOnly", "PowerUser", "Admin"][number % 3];
            question(directory, (&who, &account, set), Seconds::minutes(30), Timestamp::UNIX_EPOCH).unwrap()
        })
        .collect()
}

/// Answers all that it took, in microseconds.
fn percentiles(name: &str, mut ask: impl FnMut(&Question), questions: &[Question]) -> (String, Vec<f64>) {
    let mut took: Vec<Duration> = questions
        .iter()
        .map(|question| {
            let start = Instant::now();
            ask(question);
            start.elapsed()
        })
        .collect();
    took.sort();
    println!("{name}: p50 {:?}, p99 {:?}", took[took.len() / 2], took[took.len() * 99 / 100]);
    (name.to_owned(), took.iter().map(|took| took.as_secs_f64() * 1e6).collect())
}

/// For the table of `load`.
fn keep(measured: BTreeMap<String, Vec<f64>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("policy.json"), serde_json::to_vec(&measured).unwrap()).unwrap();
}

fn verdicts(criterion: &mut Criterion) {
    let units = units();
    let directory = acme(&units, ACCOUNTS, &["ReadOnly", "PowerUser", "Admin"].map(str::to_owned));
    let source = Source { file: "bench.cedar".to_owned(), text: policies(&units) };
    let rules = RuleSet::from_sources(std::slice::from_ref(&source), TimeZone::UTC).unwrap();
    let questions = questions(&directory);
    let permitted =
        questions.iter().filter(|q| matches!(rules.request(&directory, q), Verdict::Permit(_))).count();
    println!("{permitted} of {QUESTIONS} questions are permitted");
    let cold = RuleSet::from_sources(std::slice::from_ref(&source), TimeZone::UTC).unwrap();
    let mut measured = BTreeMap::from([
        percentiles("verdict, slices cached", |q| drop(black_box(rules.request(&directory, q))), &questions),
        percentiles("verdict, slices cold", |q| drop(black_box(cold.request(&directory, q))), &questions),
        percentiles(
            "twenty approvers",
            |q| drop(black_box(rules.approvers(&directory, q, 20))),
            &questions[..100],
        ),
    ]);
    measured.extend(offers(&units));
    keep(measured);
    let mut next = questions.iter().cycle();
    criterion.bench_function("policy/verdict", |bencher| {
        bencher.iter(|| next.next().map(|question| rules.request(&directory, black_box(question))));
    });
    criterion.bench_function("policy/load 500", |bencher| {
        bencher.iter(|| {
            RuleSet::from_sources(std::slice::from_ref(&source), TimeZone::UTC).map(|set| set.policy_count())
        });
    });
}

criterion_group!(benches, verdicts);
criterion_main!(benches);
