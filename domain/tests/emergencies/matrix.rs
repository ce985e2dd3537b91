//! Every state of an emergency × every command → the answer, and the state after it. Read the snapshot as a table.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use glasskey_domain::command::{EmergencyCommand, Incoming};
use glasskey_domain::emergency::Level;
use glasskey_domain::event::Event;
use glasskey_domain::federation::FederationChange;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::request::MessageRef;
use glasskey_domain::*;

use crate::life::Life;
use crate::stage::*;
use crate::town::*;

const STATES: [EmergencyWord; 8] = [
    EmergencyWord::Proposed,
    EmergencyWord::Opening,
    EmergencyWord::On,
    EmergencyWord::Closing,
    EmergencyWord::Off,
    EmergencyWord::Declined,
    EmergencyWord::Withdrawn,
    EmergencyWord::Lapsed,
];

/// ana opens for cy; bo may open and confirm, dee may confirm, zoe is an auditor, eve may nothing.
const PEOPLE: [(&str, &str); 6] = [
    ("opener", "ana"),
    ("responder", "cy"),
    ("commander", "bo"),
    ("confirmer", "dee"),
    ("auditor", "zoe"),
    ("outsider", "eve"),
];

/// An emergency in this state, brought there by what people and the provider do.
fn life_with(word: EmergencyWord) -> Life {
    let mut life = Life::fine(1);
    life.opens(new(0, &["cy"])).unwrap();
    match word {
        EmergencyWord::Proposed => {}
        EmergencyWord::Opening => drop(life.confirms("bo")),
        EmergencyWord::On | EmergencyWord::Closing | EmergencyWord::Off => {
            life.confirms("dee").unwrap();
            life.rest();
            life.wait(60);
            if word != EmergencyWord::On {
                life.off("ana").unwrap();
            }
            if word == EmergencyWord::Off {
                life.rest();
            }
        }
        EmergencyWord::Declined => drop(life.off("bo")),
        EmergencyWord::Withdrawn => drop(life.off("ana")),
        EmergencyWord::Lapsed => {
            life.wait(600);
            life.tick(0);
        }
    }
    assert_eq!(life.word(0), word);
    life
}

const COMMANDS: usize = 15;

/// Its column's name and place. A new command must be given one, and a new place must be in the table.
fn place(command: &Command) -> (usize, &'static str) {
    match command {
        Command::Emergency(command) => match command {
            EmergencyCommand::Open(_) => (0, "on"),
            EmergencyCommand::Confirm { .. } => (1, "confirm"),
            EmergencyCommand::Decline { .. } => (2, "decline"),
            EmergencyCommand::Off { .. } => (3, "off"),
            EmergencyCommand::Add { .. } => (4, "add"),
            EmergencyCommand::Remove { .. } => (5, "remove"),
            EmergencyCommand::Extend { .. } => (6, "extend"),
            EmergencyCommand::Review { .. } => (7, "review"),
            EmergencyCommand::Tick { .. } => (8, "tick"),
        },
        Command::Started { .. } => (9, "started"),
        Command::Outcome(outcome) => match outcome {
            Outcome::FederationLooked { .. } => (10, "looked"),
            Outcome::FederationMade { .. } => (11, "made"),
            Outcome::MetadataFetched { .. } => (12, "metadata"),
            Outcome::CardShown { .. } => (13, "card-shown"),
            Outcome::Told { .. } => (14, "told"),
            other => panic!("{other:?} does not concern emergencies alone"),
        },
        other => panic!("{other:?} does not concern emergencies"),
    }
}

fn commands(life: &Life) -> Vec<Command> {
    let which = || by_id(0);
    let (people, level) = (vec![person("eve")], Level::Ro);
    let said = [
        EmergencyCommand::Open(new(1, &["cy"])),
        EmergencyCommand::Confirm { which: which() },
        EmergencyCommand::Decline { which: which(), why: None },
        EmergencyCommand::Off { which: which(), reason: None },
        EmergencyCommand::Add { which: which(), people, level },
        EmergencyCommand::Remove { which: which(), people: vec![person("cy")] },
        EmergencyCommand::Extend { which: which(), by: Seconds(60) },
        EmergencyCommand::Review { id: id(0), note: None },
        EmergencyCommand::Tick { id: id(0) },
    ];
    let looked = life.twin.shows(life.town.now, 0, true);
    let tell =
        Tell { id: id(0).into(), kind: NoticeKind::EmergencyOff, to: Recipient::Access, on: Platform::Slack };
    let message = MessageRef { channel: "C".to_owned(), message: "1".to_owned() };
    let outcomes = [
        Outcome::FederationLooked { id: id(0), looked, fault: None },
        Outcome::FederationMade { id: id(0), results: vec![(FederationChange::Activate, lost())] },
        Outcome::MetadataFetched { id: id(0), fault: None },
        Outcome::CardShown { id: id(0).into(), on: Platform::Slack, version: 1, message },
        Outcome::Told { tell },
    ];
    let mut all: Vec<Command> = said.map(Command::Emergency).into();
    all.push(Command::Started { version: "0.1.0".to_owned(), platforms: Served::default() });
    all.extend(outcomes.map(Command::Outcome));
    all
}

/// People bring the first eight; all else comes from inside.
fn actors(command: &Command) -> Vec<(&'static str, Actor)> {
    if place(command).0 <= 7 {
        return PEOPLE.map(|(role, name)| (role, Actor::person(person(name), Door::Slack))).to_vec();
    }
    vec![("-", Actor::glasskey())]
}

fn word(answer: &Result<Reply, Refusal>) -> String {
    let (value, tag, no) = match answer {
        Ok(reply) => (serde_json::to_value(reply).unwrap(), "reply", ""),
        Err(refusal) => (serde_json::to_value(refusal).unwrap(), "refusal", "NO "),
    };
    let detail = value["state"].as_str().unwrap_or_default();
    format!("{no}{} {detail}", value[tag].as_str().unwrap()).trim_end().to_owned()
}

fn fact_word(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap();
    value["fact"]["fact"].as_str().or_else(|| value["event"].as_str()).unwrap().to_owned()
}

fn table() -> (String, BTreeSet<(EmergencyWord, usize, &'static str)>) {
    let mut text = String::new();
    let mut cells = BTreeSet::new();
    for state in STATES {
        for command in commands(&life_with(state)) {
            for (role, by) in actors(&command) {
                let mut life = life_with(state);
                let records = life.town.journal.len();
                let answer = life.answers(Incoming { by, interaction: None, command: command.clone() });
                let new = life.town.journal[records..].iter().flat_map(|record| &record.events);
                let events: Vec<String> = new.map(fact_word).collect();
                let (place, name) = place(&command);
                cells.insert((state, place, role));
                let (from, to) = (format!("{state:?}"), format!("{:?}", life.word(0)));
                let to = if from == to { "=".to_owned() } else { to };
                let (answer, events) = (word(&answer), events.join(" "));
                let line = format!("{from:<9} {name:<10} {role:<9} | {answer:<34} | {to:<9} | {events}");
                writeln!(text, "{}", line.trim_end()).unwrap();
            }
        }
    }
    (text, cells)
}

/// pitfall 26, pitfall 32, pitfall 33
#[test]
fn every_state_of_an_emergency_answers_every_command() {
    insta::assert_snapshot!(table().0);
}

#[test]
fn no_pair_of_state_and_command_is_missing() {
    let cells = table().1;
    assert_eq!(cells.len(), STATES.len() * (COMMANDS + 8 * (PEOPLE.len() - 1)));
    for state in STATES {
        for command in 0..COMMANDS {
            assert!(cells.iter().any(|(of, at, _)| *of == state && *at == command), "{state:?} {command}");
        }
    }
}

#[test]
fn every_state_is_in_the_table() {
    let last = match EmergencyWord::Lapsed {
        // A new state must come before the last one, and into the table.
        EmergencyWord::Proposed
        | EmergencyWord::Opening
        | EmergencyWord::On
        | EmergencyWord::Closing
        | EmergencyWord::Off
        | EmergencyWord::Declined
        | EmergencyWord::Withdrawn
        | EmergencyWord::Lapsed => STATES.len(),
    };
    assert_eq!(STATES.iter().collect::<BTreeSet<_>>().len(), last);
}
