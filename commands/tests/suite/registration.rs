//! What Discord is told: within its limits, and the same as what is understood.
//!
//! The limits are those of Discord's reference of application commands.

use glasskey_commands::definition::{BREAKGLASS, COMMANDS, Command, ELEVATE, Opt, OptKind, Subcommand};
use glasskey_commands::manifest::discord;
use glasskey_commands::{Fault, Keywords, NoVocabulary, Said, TEXT_CHARS_MAX, Usage, breakglass, elevate};
use serde_json::Value;
use std::collections::BTreeSet;

fn commands() -> Vec<Value> {
    serde_json::from_str(&discord()).unwrap()
}

fn text<'a>(of: &'a Value, member: &str) -> &'a str {
    of[member].as_str().unwrap_or_else(|| panic!("no {member} in {of}"))
}

fn list<'a>(of: &'a Value, member: &str) -> &'a [Value] {
    of[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn within(text: &str, chars_max: usize) -> bool {
    (1..=chars_max).contains(&text.chars().count())
}

/// The characters that count for the sum, of this and of all in it.
fn fits(of: &Value) -> usize {
    let (name, description) = (text(of, "name"), text(of, "description"));
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(within(name, 32) && name.chars().all(good), "{name}");
    assert!(within(description, 100), "{name}: {description}");
    let (options, choices) = (list(of, "options"), list(of, "choices"));
    assert!(options.len() <= 25 && choices.len() <= 25, "{name}");
    assert!(choices.is_empty() || of.get("autocomplete").is_none(), "{name} has both");
    let names: BTreeSet<&str> = options.iter().map(|option| text(option, "name")).collect();
    assert_eq!(names.len(), options.len(), "{name} has an option twice");
    let required: Vec<bool> = options.iter().map(|option| option["required"] == true).collect();
    assert!(required.is_sorted_by(|first, second| first >= second), "{name}: required options come first");
    let choice = |choice: &Value| {
        assert!(within(text(choice, "name"), 100) && within(text(choice, "value"), 100), "{choice}");
        text(choice, "name").chars().count() + text(choice, "value").chars().count()
    };
    let sum: usize = options.iter().map(fits).chain(choices.iter().map(choice)).sum();
    name.chars().count() + description.chars().count() + sum
}

#[test]
fn every_command_is_within_what_discord_allows() {
    const CHARS_MAX: usize = 8000;
    let commands = commands();
    assert_eq!(
        commands.iter().map(|command| text(command, "name")).collect::<Vec<_>>(),
        ["elevate", "breakglass"]
    );
    for command in &commands {
        assert!(fits(command) <= CHARS_MAX);
        let options = list(command, "options").iter().flat_map(|keyword| list(keyword, "options"));
        for option in options.filter(|option| option.get("max_length").is_some()) {
            assert!((1..=6000).contains(&option["max_length"].as_u64().unwrap()));
        }
    }
}

#[test]
fn commands_are_for_the_channels_of_the_guild_alone_and_policy_says_who_may() {
    for command in commands() {
        assert_eq!(command["type"], 1);
        assert_eq!(command["contexts"], serde_json::json!([0]));
        assert_eq!(command["integration_types"], serde_json::json!([0]));
        assert_eq!(command.get("default_member_permissions"), Some(&Value::Null));
        assert_eq!(command.get("dm_permission"), None);
    }
}

/// A text that an option of this kind takes.
fn example(kind: OptKind) -> &'static str {
    match kind {
        OptKind::Account => "prod",
        OptKind::PermissionSet => "ReadOnly",
        OptKind::Group => "sre-leads",
        OptKind::Bundle => "oncall-payments",
        OptKind::Start => "02:00",
        OptKind::Duration => "1h",
        OptKind::Ticket => "INC-7",
        OptKind::Reason => "fix it",
        OptKind::Request => "AR-7K3Q",
        OptKind::Emergency => "BG-7K3Q",
        OptKind::Federation => "main",
        OptKind::Level => "ops",
        OptKind::People => "<@1> <@2>",
        OptKind::Person => "<@1>",
        OptKind::Sessions => "cut",
        OptKind::Confirm => "confirm",
        OptKind::ElevateTopic | OptKind::BreakglassTopic => "help",
    }
}

/// What is understood of options, printed.
type Understand = fn(&Said<'_>) -> Result<String, Usage>;

/// The options that cannot be given together with those of each of the others.
const ALTERNATIVES: [&[OptKind]; 3] =
    [&[OptKind::Account, OptKind::PermissionSet], &[OptKind::Group, OptKind::Person], &[OptKind::Bundle]];

/// The options of a keyword that can be given together: all of them, or once with each alternative.
fn together(said: &Subcommand) -> Vec<Vec<&'static Opt>> {
    let given = |of: &&[OptKind]| said.options.iter().any(|option| of.contains(&option.kind));
    let others: Vec<&[OptKind]> = ALTERNATIVES.into_iter().filter(given).collect();
    let without = |of: &[OptKind]| {
        let left_out = |kind| others.iter().any(|other| *other != of && other.contains(&kind));
        said.options.iter().filter(|option| !left_out(option.kind)).collect()
    };
    if others.is_empty() {
        vec![said.options.iter().collect()]
    } else {
        others.iter().map(|of| without(of)).collect()
    }
}

/// Each option is registered as the table has it.
fn walk_registration(registered: &Value, said: &Subcommand) {
    let keyword = said.name;
    let kinds: BTreeSet<OptKind> = said.options.iter().map(|option| option.kind).collect();
    assert_eq!(kinds.len(), said.options.len(), "{keyword} has a kind twice");
    assert_eq!(list(registered, "options").len(), said.options.len(), "{keyword}");
    for (Opt { name, description, kind, required }, registered) in
        said.options.iter().zip(list(registered, "options"))
    {
        assert_eq!((text(registered, "name"), text(registered, "description")), (*name, *description));
        assert_eq!(registered["type"], 3);
        assert_eq!(registered["required"] == true, *required, "{keyword} {name}");
        assert_eq!(registered["autocomplete"] == true, kind.is_completed(), "{keyword} {name}");
        let longest = registered.get("max_length").and_then(Value::as_u64);
        assert_eq!(longest, (*kind == OptKind::Reason).then_some(TEXT_CHARS_MAX as u64));
        let values: Vec<&str> =
            list(registered, "choices").iter().map(|choice| text(choice, "value")).collect();
        assert_eq!(values, kind.choices());
    }
}

/// Each option changes what is understood, and takes each of its choices.
fn walk_options(keyword: &str, options: &[&Opt], understand: Understand) {
    let all: Vec<(&str, &str)> = options.iter().map(|option| (option.name, example(option.kind))).collect();
    let whole = understand(&Said { keyword, options: &all }).unwrap();
    for Opt { name, kind, required, .. } in options {
        let others: Vec<_> = all.iter().copied().filter(|(other, _)| other != name).collect();
        match understand(&Said { keyword, options: &others }) {
            Ok(without) => assert!(!required && without != whole, "{keyword} does not hear {name}"),
            Err(_) => {
                let alternative = ALTERNATIVES.iter().any(|of| of.contains(kind));
                assert!(*required || alternative, "{keyword} needs {name}");
            }
        }
        for value in kind.choices() {
            let chosen: Vec<_> = others.iter().copied().chain([(*name, value)]).collect();
            assert!(understand(&Said { keyword, options: &chosen }).unwrap().contains(value), "{value}");
        }
    }
}

/// From the parser's keywords to the registration and back.
fn walk<K: Keywords + Sync>(command: &'static Command<K>, understand: Understand) {
    let commands = commands();
    let registered = commands.iter().find(|registered| text(registered, "name") == command.name).unwrap();
    let keywords = list(registered, "options");
    let words: Vec<&str> = K::ALL.iter().map(|keyword| keyword.word()).collect();
    assert_eq!(keywords.iter().map(|keyword| text(keyword, "name")).collect::<Vec<_>>(), words);

    let table = COMMANDS.iter().find(|other| other.name() == command.name).unwrap();
    assert_eq!(text(registered, "description"), table.summary());
    for (registered, said) in keywords.iter().zip(table.subcommands()) {
        assert_eq!(registered["type"], 1);
        assert_eq!(text(registered, "description"), said.summary);
        walk_registration(registered, &said);
        together(&said).iter().for_each(|options| walk_options(said.name, options, understand));
    }
}

#[test]
fn the_table_the_registration_and_what_is_understood_are_the_same() {
    walk(&ELEVATE, |said| elevate::from_options(said).map(|said| said.to_string()));
    walk(&BREAKGLASS, |said| breakglass::from_options(said).map(|said| said.to_string()));
}

/// A reason that only the configuration may ask for is not: the door asks for it in a form.
#[test]
fn options_are_required_where_nothing_could_be_done_without_them() {
    for command in COMMANDS {
        for said in command.subcommands() {
            let required: Vec<&str> =
                said.options.iter().filter(|option| option.required).map(|option| option.name).collect();
            let expected: &[&str] = match (command.name(), said.name) {
                ("elevate", "request") => &["account", "permission-set", "duration"],
                ("elevate", "group") => &["group", "duration"],
                ("elevate", "bundle") => &["bundle", "duration"],
                ("elevate", "deny" | "object") => &["id", "why"],
                ("elevate", "extend") => &["id", "duration"],
                ("elevate", "show" | "approve" | "withdraw" | "end" | "acknowledge")
                | ("breakglass", "review") => &["id"],
                ("breakglass", "add" | "remove") => &["people"],
                ("elevate", "urgent") | ("breakglass", "extend") => &["duration"],
                _ => &[],
            };
            assert_eq!(required, expected, "{} {}", command.name(), said.name);
        }
    }
}

#[test]
fn to_connect_takes_nothing_on_one_line_too() {
    for word in ["link", "unlink"] {
        let wrong = elevate::parse(&format!("{word} me"), &NoVocabulary).unwrap_err();
        assert!(matches!(wrong.fault(), Fault::Extra { keyword, .. } if *keyword == word), "{wrong}");
    }
}
