//! Every state × every command → the answer, and the state after it. Read the snapshot as a table.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use glasskey_domain::command::{Incoming, NewRequest};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::person::Employment;
use glasskey_domain::refusal::StateWord;
use glasskey_domain::*;

use crate::town::*;

const STATES: [StateWord; 10] = [
    StateWord::Pending,
    StateWord::Scheduled,
    StateWord::Granting,
    StateWord::Active,
    StateWord::Ending,
    StateWord::Ended,
    StateWord::Denied,
    StateWord::Withdrawn,
    StateWord::Lapsed,
    StateWord::Failed,
];

/// ana asks; bo and dee may approve; cy may nothing.
const PEOPLE: [(&str, &str); 3] = [("requester", "ana"), ("approver", "dee"), ("outsider", "cy")];

fn id() -> RequestId {
    RequestId::parse("AR-7K3Q").unwrap()
}

fn operation() -> OperationId {
    OperationId::new("op-9")
}

fn tell() -> Tell {
    Tell {
        id: id().into(),
        kind: NoticeKind::Granted,
        to: Recipient::Person { person: person("ana") },
        on: Platform::Slack,
    }
}

/// A town with the request in this state, brought there by what people and the provider do.
fn town_with(word: StateWord) -> Town {
    let mut town = Town::new(1);
    town.rules.may_request.insert(person("cy"));
    let starts_at = (word == StateWord::Scheduled).then(|| Seconds::hours(2).after(town.now));
    town.wishes("ana", &NewRequest { starts_at, ..wish("AR-7K3Q", 1) }).unwrap();
    let does = |town: &mut Town, who: &str, command: Command| town.does(who, command).unwrap();
    let approve =
        |town: &mut Town| does(town, "bo", Command::Approve { id: id(), matter: Matter::Now, length: None });
    match word {
        StateWord::Pending => {}
        StateWord::Scheduled | StateWord::Granting => drop(approve(&mut town)),
        StateWord::Active => {
            approve(&mut town);
            town.settle();
        }
        StateWord::Ending | StateWord::Ended => {
            approve(&mut town);
            town.settle();
            does(&mut town, "ana", Command::End { id: id(), cut: false });
            if word == StateWord::Ended {
                town.settle();
            }
        }
        StateWord::Denied => {
            drop(does(&mut town, "bo", Command::Deny { id: id(), matter: Matter::Now, why: "no".to_owned() }))
        }
        StateWord::Withdrawn => drop(does(&mut town, "ana", Command::Withdraw { id: id() })),
        StateWord::Lapsed => {
            town.pass(3600);
            town.settle();
        }
        StateWord::Failed => {
            approve(&mut town);
            town.step(&holding("ana"));
            town.outcome(Outcome::Failed {
                holding: holding("ana"),
                change: Change::Create,
                why: "quota".to_owned(),
            });
            town.settle();
        }
    }
    if town.state(&id()).is_terminal() {
        town.settle();
    }
    assert_eq!(town.state(&id()).word(), word);
    town
}

/// Every command, those of people first. One whose place is missing here does not compile in [`place`].
fn commands() -> Vec<Command> {
    let holding = || holding("ana");
    let create = Change::Create;
    let message = request::MessageRef { channel: "C".to_owned(), message: "1".to_owned() };
    let mut all = vec![
        Command::Request(wish("AR-0002", 1)),
        Command::Approve { id: id(), matter: Matter::Now, length: None },
        Command::Deny { id: id(), matter: Matter::Now, why: "no".to_owned() },
        Command::Withdraw { id: id() },
        Command::End { id: id(), cut: false },
        Command::Extend { id: id(), by: Seconds::hours(1), reason: None },
        Command::Acknowledge { id: id(), note: None },
        Command::Object { id: id(), why: "no".to_owned() },
        Command::EndAll { scope: EndScope::Everything },
        Command::Drift(DriftCommand::Adopt { holding: holding(), reason: "known".to_owned() }),
        Command::Refuse { verb: "request".to_owned(), refusal: Refusal::NotInDirectory },
        Command::Lapse { id: id() },
        Command::Expire { id: id() },
        Command::Overdue { id: id() },
        Command::Start { id: id() },
        Command::Nudge { id: id() },
        Command::GoOnEnding,
        Command::LiftCut { holding: holding() },
        Command::Recheck { ids: vec![id()] },
        Command::Drift(DriftCommand::Listed {
            of: vec![PermissionSetArn::new(ADMIN)],
            seen: vec![holding()],
        }),
        Command::Drift(DriftCommand::Report { standing: 1, some: vec![holding()] }),
        Command::Bind {
            account: ChatAccount { door: Door::Slack, workspace: "T".to_owned(), user: "U".to_owned() },
            person: person("ana"),
            email: "ana@acme.example".to_owned(),
        },
        Command::DirectoryRead { document: "hash".to_owned(), counts: [4, 0, 1, 2] },
        Command::PolicyLoaded { set: "set-2".to_owned(), files: Vec::new() },
        Command::Started { version: "0.1.0".to_owned(), platforms: Served::default() },
        Command::Stopped,
    ];
    let outcomes = [
        Outcome::Looked { holding: holding(), direct: false, groups: Vec::new(), member: None },
        Outcome::Running { holding: holding(), change: create, operation: operation() },
        Outcome::Succeeded { holding: holding(), change: create },
        Outcome::Failed { holding: holding(), change: create, why: "quota".to_owned() },
        Outcome::ReplyLost { holding: holding(), change: create },
        Outcome::AboutToCreate { holding: holding() },
        Outcome::Trouble { holding: holding(), what: Some("throttled".to_owned()) },
        Outcome::PersonRead { holding: holding(), employment: Employment::Disabled, lost: Vec::new() },
        Outcome::SessionsCut { holding: holding(), before: jiff::Timestamp::UNIX_EPOCH },
        Outcome::SessionsFreed { holding: holding() },
        Outcome::SessionsNotCut {
            holding: holding(),
            before: jiff::Timestamp::UNIX_EPOCH,
            why: "full".to_owned(),
        },
        Outcome::SessionsTrouble { holding: holding(), what: "throttled".to_owned() },
        Outcome::CardIntended { id: id().into(), on: Platform::Slack },
        Outcome::CardShown { id: id().into(), on: Platform::Slack, version: 1, message },
        Outcome::CardUndeliverable { id: id().into(), on: Platform::Slack, why: "no channel".to_owned() },
        Outcome::TellIntended { tell: tell() },
        Outcome::Told { tell: tell() },
        Outcome::Undeliverable { tell: tell(), why: "no such user".to_owned() },
    ];
    all.extend(outcomes.map(Command::Outcome));
    all
}

const COMMANDS: usize = 44;
/// So many of them are what people bring, and what doors refuse.
const OF_PEOPLE: usize = 11;

/// Its column's name and place. A new command must be given one, and a new place must be in the table.
fn place(command: &Command) -> (usize, &'static str) {
    match command {
        Command::Request(_) => (0, "request"),
        Command::Approve { .. } => (1, "approve"),
        Command::Deny { .. } => (2, "deny"),
        Command::Withdraw { .. } => (3, "withdraw"),
        Command::End { .. } => (4, "end"),
        Command::Extend { .. } => (5, "extend"),
        Command::Acknowledge { .. } => (6, "acknowledge"),
        Command::Object { .. } => (7, "object"),
        Command::EndAll { .. } => (8, "end-all"),
        Command::Drift(DriftCommand::Adopt { .. }) => (9, "adopt"),
        Command::Refuse { .. } => (10, "refuse"),
        Command::Lapse { .. } => (11, "lapse"),
        Command::Expire { .. } => (12, "expire"),
        Command::Overdue { .. } => (13, "overdue"),
        Command::Start { .. } => (14, "start"),
        Command::Nudge { .. } => (15, "nudge"),
        Command::GoOnEnding => (16, "go-on-ending"),
        Command::LiftCut { .. } => (17, "lift-cut"),
        Command::Recheck { .. } => (18, "recheck"),
        Command::Drift(DriftCommand::Listed { .. }) => (19, "drift-listed"),
        Command::Drift(DriftCommand::Report { .. }) => (20, "report"),
        Command::Bind { .. } => (21, "bind"),
        Command::DirectoryRead { .. } => (22, "directory-read"),
        Command::PolicyLoaded { .. } => (23, "policy-loaded"),
        Command::Started { .. } => (24, "started"),
        Command::Stopped => (25, "stopped"),
        Command::Outcome(outcome) => match outcome {
            Outcome::Looked { .. } => (26, "looked-absent"),
            Outcome::Running { .. } => (27, "create-running"),
            Outcome::Succeeded { .. } => (28, "create-done"),
            Outcome::Failed { .. } => (29, "create-failed"),
            Outcome::ReplyLost { .. } => (30, "create-lost"),
            Outcome::AboutToCreate { .. } => (31, "about-to-create"),
            Outcome::Trouble { .. } => (32, "trouble"),
            Outcome::PersonRead { .. } => (33, "person-disabled"),
            Outcome::SessionsCut { .. } => (34, "cut"),
            Outcome::SessionsFreed { .. } => (35, "freed"),
            Outcome::SessionsNotCut { .. } => (36, "not-cut"),
            Outcome::SessionsTrouble { .. } => (37, "cut-trouble"),
            Outcome::CardIntended { .. } => (38, "card-intended"),
            Outcome::CardShown { .. } => (39, "card-shown"),
            Outcome::CardUndeliverable { .. } => (40, "card-never"),
            Outcome::TellIntended { .. } => (41, "tell-intended"),
            Outcome::Told { .. } => (42, "told"),
            Outcome::Undeliverable { .. } => (43, "tell-never"),
            Outcome::FederationLooked { .. }
            | Outcome::FederationMade { .. }
            | Outcome::MetadataFetched { .. } => elsewhere(),
        },
        Command::Emergency(_)
        | Command::Center { .. }
        | Command::DrillMissed { .. }
        | Command::Link { .. }
        | Command::Unlink { .. } => elsewhere(),
    }
}

fn elsewhere() -> ! {
    panic!("emergencies and links have tests of their own")
}

/// All else comes from inside.
fn actors(command: &Command) -> Vec<(&'static str, Actor)> {
    if place(command).0 < OF_PEOPLE {
        return PEOPLE.map(|(role, name)| (role, Actor::person(person(name), Door::Slack))).to_vec();
    }
    vec![("-", Actor::glasskey())]
}

fn word(answer: &Result<Reply, Refusal>) -> String {
    let (value, tag) = match answer {
        Ok(reply) => (serde_json::to_value(reply).unwrap(), "reply"),
        Err(refusal) => (serde_json::to_value(refusal).unwrap(), "refusal"),
    };
    let detail = value["state"].as_str().or_else(|| value["by"].as_str());
    let kind = if answer.is_ok() { "" } else { "NO " };
    format!("{kind}{} {}", value[tag].as_str().unwrap(), detail.unwrap_or_default()).trim_end().to_owned()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    state: StateWord,
    command: usize,
    role: &'static str,
}

fn table() -> (String, BTreeSet<Pair>) {
    let mut text = String::new();
    let mut pairs = BTreeSet::new();
    for state in STATES {
        for command in commands() {
            for (role, by) in actors(&command) {
                let mut town = town_with(state);
                let records = town.journal.len();
                let answer = town.send(Incoming { by, interaction: None, command: command.clone() });
                let events: Vec<String> = town.journal[records..]
                    .iter()
                    .flat_map(|record| &record.events)
                    .map(event_word)
                    .collect();
                let (place, name) = place(&command);
                pairs.insert(Pair { state, command: place, role });
                let (from, to) = (format!("{state:?}"), format!("{:?}", town.state(&id()).word()));
                let to = if from == to { "=".to_owned() } else { to };
                let (answer, events) = (word(&answer), events.join(" "));
                let line = format!("{from:<9} {name:<15} {role:<9} | {answer:<26} | {to:<9} | {events}");
                writeln!(text, "{}", line.trim_end()).unwrap();
            }
        }
    }
    (text, pairs)
}

fn event_word(event: &Event) -> String {
    serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned()
}

/// pitfall 26, pitfall 32, pitfall 33
#[test]
fn every_state_answers_every_command() {
    insta::assert_snapshot!(table().0);
}

#[test]
fn no_pair_of_state_and_command_is_missing() {
    let places: BTreeSet<usize> = commands().iter().map(|command| place(command).0).collect();
    assert!(places.iter().copied().eq(0..COMMANDS), "{places:?}");
    let pairs = table().1;
    assert_eq!(pairs.len(), STATES.len() * (COMMANDS + OF_PEOPLE * (PEOPLE.len() - 1)));
    for state in STATES {
        for command in 0..COMMANDS {
            assert!(pairs.iter().any(|pair| pair.state == state && pair.command == command), "{state:?}");
        }
    }
}

#[test]
fn every_state_is_in_the_table() {
    let last = match StateWord::Failed {
        // A new state must come before the last one, and into the table.
        StateWord::Pending
        | StateWord::Scheduled
        | StateWord::Granting
        | StateWord::Active
        | StateWord::Ending
        | StateWord::Ended
        | StateWord::Denied
        | StateWord::Withdrawn
        | StateWord::Lapsed
        | StateWord::Failed => STATES.len(),
    };
    assert_eq!(STATES.iter().collect::<BTreeSet<_>>().len(), last);
}
